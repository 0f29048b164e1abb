"""LaTeX for any TeX that has article, amsmath, geometry and xcolor (Debian: texlive-latex-recommended)."""

from __future__ import annotations

import unicodedata
from typing import assert_never

from symnet.sheets.breaking import pieces, rows_of, width
from symnet.sheets.document import (
    Answer,
    Block,
    Display,
    Document,
    Heading,
    Paragraph,
    Space,
    Table,
    Task,
    Text,
    Working,
)
from symnet.working.maths import (
    Accent,
    Arrow,
    Boxed,
    Brackets,
    Cases,
    Fraction,
    Letter,
    Maths,
    Number,
    Operator,
    Root,
    Row,
    Script,
    Times,
    Word,
    row,
)
from symnet.working.names import GREEK
from symnet.working.work import Line

ENDINGS = (".tex",)
ROOM = 70  # letters of maths that fit on a line
_SIZES = (("", 1.05), (r"\small", 1.15), (r"\footnotesize", 1.26), (r"\scriptsize", 1.43))  # and how much more fits
LONGEST_UNBROKEN = 12  # lines of working that are kept on one page
SHORT_TABLE, TALL_TABLE = 6, 12  # rows from which a narrow table, and any table, goes on beside itself

_PREAMBLE = r"""\documentclass[11pt,a4paper,fleqn]{article}
\usepackage[utf8]{inputenc}
\usepackage{amsmath}
\usepackage[margin=2.2cm]{geometry}
\usepackage{xcolor}
\definecolor{answer}{RGB}{20,60,140}
\setlength{\mathindent}{1.5em}
\AtBeginDocument{%
  \setlength{\abovedisplayskip}{4pt plus 2pt}\setlength{\belowdisplayskip}{4pt plus 2pt}%
  \setlength{\abovedisplayshortskip}{2pt}\setlength{\belowdisplayshortskip}{2pt}}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\raggedbottom
\emergencystretch=4em
\lineskip=6pt
\newcommand{\takeback}{\pagebreak[1]\vspace{-0.8\baselineskip}}
\newcommand{\heading}[1]{\par\bigskip\textbf{\large #1}\par\nopagebreak}
\newcommand{\task}[3]{\par\bigskip\pagebreak[2]\textbf{#1.}\enspace #2\hfill #3\par\nopagebreak}
"""

_COMMANDS = {sign: f"\\{name}" for name, sign in GREEK.items() if name not in ("omicron", "Omicron")} | {
    "ο": "o", "ε": r"\varepsilon", "ℓ": r"\ell", "φ": r"\varphi", "𝟏": r"\mathbf{1}",
}  # fmt: skip
# Greek capitals that look Latin have no command of their own in TeX.
_COMMANDS |= {greek: rf"\mathrm{{{latin}}}" for greek, latin in zip("ΑΒΕΖΗΙΚΜΝΟΡΤΧ", "ABEZHIKMNOPTX", strict=True)}
_SIGNS = {
    "−": "-", "·": r"\cdot", "∘": r"\circ", "⊤": r"\top", "≈": r"\approx", "≤": r"\le", "≥": r"\ge",
    "←": r"\leftarrow", "→": r"\to", "∂": r"\partial ", "∂⁺": r"\partial^{+}", "≠": r"\ne", "*": r"\ast",
}  # fmt: skip
_FUNCTIONS = {"tanh", "exp", "log", "ln", "sin", "cos", "max", "min"}
_TEXT = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "'": "'", "`": r"\textasciigrave{}", "-": "-", "–": "--", "—": "---",
    "‘": "`", "’": "'", "“": "``", "”": "''", "…": r"\ldots{}", "\n": " ", "\u00a0": "~", "½": r"$\tfrac12$",
    "²": r"$^2$", "³": r"$^3$", "×": r"$\times$", "·": r"$\cdot$", "→": r"$\to$", "′": r"$'$", "∂": r"$\partial$",
    "−": "$-$", "≤": r"$\le$", "≥": r"$\ge$", "≈": r"$\approx$", "Σ": r"$\Sigma$", "√": r"$\surd$", "°": r"$^\circ$",
}  # fmt: skip
_TEXT['"'] = "''"
_DIACRITICS = {
    "\u0300": r"\`", "\u0301": r"\'", "\u0302": r"\^", "\u0303": r"\~", "\u0308": r'\"', "\u030a": r"\r",
    "\u0327": r"\c",    "\u030c": r"\v", "\u0304": r"\=", "\u0306": r"\u", "\u0307": r"\.", "\u030b": r"\H",
}  # fmt: skip
_LETTERS = {"ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ø": r"\o{}", "Ø": r"\O{}", "œ": r"\oe{}", "Œ": r"\OE{}",
            "ł": r"\l{}", "Ł": r"\L{}", "ı": r"\i{}"}  # fmt: skip


def render(document: Document) -> str:
    note = r"Name: \underline{\hspace{5cm}}"
    if document.note:
        note = rf"\textcolor{{answer}}{{\textbf{{{escape(document.note)}}}}}"
    head = (
        rf"{{\Large\raggedright\textbf{{{escape(document.title)}}}\par}}" + "\n" + rf"\smallskip\hspace*{{\fill}}{note}"
    )
    return f"{_PREAMBLE}\\begin{{document}}\n{head}\n\n{_blocks(document.blocks)}\n\\end{{document}}\n"


def escape(text: str) -> str:
    """Text as LaTeX shows it, whatever it contains; nothing in it is a command."""
    return "".join(_character(c) for c in text)


def _character(c: str) -> str:
    if c in _TEXT:
        return _TEXT[c]
    if " " <= c <= "~":
        return c
    if c in _LETTERS:
        return _LETTERS[c]
    if c in _COMMANDS:
        return f"${_COMMANDS[c]}$"
    parts = unicodedata.normalize("NFD", c)
    if len(parts) == 2 and parts[0].isascii() and parts[0].isalpha() and parts[1] in _DIACRITICS:
        base = {"i": r"\i", "j": r"\j"}.get(parts[0], parts[0])
        return f"{_DIACRITICS[parts[1]]}{{{base}}}"
    return "" if unicodedata.category(c) in ("Cc", "Cf", "Mn") else rf"\fbox{{\tiny U+{ord(c):04X}}}"


def _blocks(blocks: tuple[Block, ...]) -> str:
    """Blocks one after another.

    A formula belongs to the words or the chain before it and to the reasons after it, so that no page ends between
    them; TeX sets an empty line before a formula that belongs to nothing, which is taken back.
    """
    text = ""
    for before, block, after in zip((None, *blocks), blocks, (*blocks[1:], None), strict=False):
        if isinstance(block, (Display, Working)):
            if isinstance(before, Display) or (isinstance(before, Paragraph) and not before.of_formula):
                text += "%\n"
            else:
                text += "\n\n\\takeback\n" if isinstance(before, (Paragraph, Working)) else "\n\n"
        elif isinstance(block, Paragraph) and block.of_formula:
            text += "%\n"
        elif isinstance(block, Table) and isinstance(before, Paragraph):
            text += "\\par\\nopagebreak\n"  # the words that announce a table
        elif before is not None:
            text += "\n\n"
        reasoned = isinstance(after, Paragraph) and after.of_formula
        text += f"{{\\postdisplaypenalty=10000 {_block(block)}}}" if reasoned else _block(block)
    return text


def _block(block: Block) -> str:
    match block:
        case Heading(text):
            return rf"\heading{{{_text(text)}}}"
        case Paragraph(text):
            return _text(text)
        case Task(number, text, points):
            worth = f"[{escape(points)} point{'s' * (points != '1')}]" if points else ""
            return rf"\task{{{number}}}{{{_text(text)}}}{{{worth}}}"
        case Display(formula):
            return _display(formula)
        case Working(lines):
            return _working(lines)
        case Table():
            return _table(block)
        case Answer(blocks):
            return f"\\begingroup\\color{{answer}}{_blocks(blocks)}\n\\par\\endgroup"
        case Space(height):
            return rf"\vspace{{{height:g}cm}}"
        case _:
            assert_never(block)


def _text(text: Text) -> str:
    return "".join(escape(part) if isinstance(part, str) else f"${maths(_on_one_line(part))}$" for part in text)


def _on_one_line(node: Maths) -> Maths:
    """∂L/∂w with a slash, as it stands in a line of text or a table."""
    match node:
        case Fraction(Row((Operator("∂"), *_)) as above, Row((Operator("∂"), *_)) as below):
            return row(above, Word("/"), below)
        case Row(items):
            return row(*map(_on_one_line, items))
        case _:
            return node


def _display(formula: Maths) -> str:
    parts = pieces(formula, ROOM, width)
    inner = r" \\ & \quad ".join(map(maths, parts))
    text = inner if len(parts) == 1 else rf"\begin{{aligned}} & {inner} \end{{aligned}}"
    return f"{{\\postdisplaypenalty=10000{_size(max(map(width, parts)))}\\[ {text} \\]}}"


def _size(widest: float) -> str:
    """The size of type in which a formula fits that cannot be broken any further."""
    return next((size for size, most in _SIZES if widest <= most * ROOM), r"\tiny")


def _working(lines: tuple[Line, ...]) -> str:
    rows, widest = [], 0.0
    column = max((width(line.lhs) for line in lines if line.lhs is not None), default=0.0)
    for line in lines:
        for lhs, steps in rows_of(line, ROOM):
            left = maths(lhs) if lhs is not None else ""
            first, *others = steps
            sign = _sign(first[0]) if first[0] not in ("", "+") else r"\quad +{}" if first[0] else r"\qquad"
            right = f"{sign} {maths(first[1])}" + "".join(f" {_sign(s)} {maths(node)}" for s, node in others)
            rows.append(f"  {left} &{right}")
            widest = max(widest, column + sum(3 + width(node) for _, node in steps))
        if line.why:
            rows[-1] += rf" \qquad\text{{{escape(line.why)}}}"
    joined = " \\\\\n".join(rows)
    # A short working stays on one page, and one that cannot be broken to fit is set smaller.
    breaks = r"\allowdisplaybreaks" if len(rows) > LONGEST_UNBROKEN else ""
    return f"{{{breaks}{_size(widest)}\\begin{{align*}}\n{joined}\n\\end{{align*}}}}"


def _sign(relation: str) -> str:
    return _SIGNS.get(relation, relation)


def _cell(table: Table, column: int, cell: Text) -> str:
    return rf"\textcolor{{answer}}{{{_text(cell)}}}" if column in table.blank and cell else _text(cell)


def _table(table: Table) -> str:
    """A table; one with many rows and few columns goes on beside itself."""
    empty = {i for i in table.blank if not any(cells[i] for cells in table.rows)}
    room = f"p{{{min(2.6, 12 / len(table.header)):.1f}cm}}"
    columns = "|".join(room if i in empty else "l" for i in range(len(table.header)))
    header = " & ".join(_text(title) for title in table.header)
    narrow = len(table.header) <= 3
    beside = min(3, -(-len(table.rows) // SHORT_TABLE)) if narrow else 1
    height = min(TALL_TABLE if narrow else 24, -(-len(table.rows) // max(1, beside)))
    parts = []
    for start in range(0, max(1, len(table.rows)), max(1, height)):
        rows = "".join(
            f"{' & '.join(_cell(table, i, cell) for i, cell in enumerate(cells))} \\\\ \\hline\n"
            for cells in table.rows[start : start + height]
        )
        parts.append(f"\\begin{{tabular}}[t]{{|{columns}|}}\\hline\n{header} \\\\ \\hline\n{rows}\\end{{tabular}}")
    return "{\\raggedright\\renewcommand{\\arraystretch}{1.4}\n" + "\\quad\n".join(parts) + "\\par}"


# -- maths ------------------------------------------------------------------------------------------------------------


def maths(node: Maths) -> str:
    """The formula in LaTeX, without dollars."""
    match node:
        case Number(text):
            return text
        case Letter(text):
            return _letter(text)
        case Word(text):
            return _word(text)
        case Operator(sign):
            return _SIGNS.get(sign, sign)
        case Times(seen):
            return r" \cdot " if seen else r"\,"
        case Row(items):
            return _row(items)
        case Fraction(above, below):
            # A fraction in a fraction keeps its size, or nobody could read it.
            sizes = [r"\displaystyle " if _is_tall(part) else "" for part in (above, below)]
            return rf"\frac{{{sizes[0]}{maths(above)}}}{{{sizes[1]}{maths(below)}}}"
        case Script(base, sub, sup):
            return _script(base, sub, sup)
        case Brackets(body, left, right):
            tall = _is_tall(body) or left == "|"
            return rf"\left{left}{maths(body)}\right{right}" if tall else f"{left}{maths(body)}{right}"
        case Root(body):
            return rf"\sqrt{{{maths(body)}}}"
        case Accent(body, mark):
            return rf"\{mark}{{{maths(body)}}}"
        case Boxed(body):
            return rf"\boxed{{{maths(body)}}}"
        case Arrow(label):
            return rf" \xrightarrow{{\;{maths(label)}\;}} " if label is not None else r" \longrightarrow "
        case Cases(rows):
            lines = r" \\ ".join(f"{maths(value)} & {_condition(condition)}" for value, condition in rows)
            return rf"\begin{{cases}} {lines} \end{{cases}}"
        case _:
            assert_never(node)


def _row(items: tuple[Maths, ...]) -> str:
    parts: list[str] = []
    for i, item in enumerate(items):
        if isinstance(item, Times) and not item.seen and i + 1 < len(items) and isinstance(items[i + 1], Brackets):
            continue  # nearness alone: y(1 − y)
        text = maths(item)
        # A command such as \delta must not run into the letter after it.
        if parts and text[:1].isalpha() and parts[-1][-1:].isalpha():
            parts.append(" ")
        if isinstance(item, Operator) and not item.prefix and item.sign != ",":
            text = f" {text} "
        parts.append(text)
    return "".join(parts)


def _letter(text: str) -> str:
    if text in _COMMANDS:
        return _COMMANDS[text]
    return text if len(text) == 1 and text.isascii() else rf"\mathit{{{_plain(text)}}}"


def _word(text: str) -> str:
    if text in _FUNCTIONS:
        return f"\\{text}"
    if text == "′":
        return "'"
    if text in ("(", ")", "|", "/"):
        return text
    return rf"\text{{{escape(text)}}}" if " " in text else rf"\mathrm{{{_plain(text)}}}"


def _plain(text: str) -> str:
    """A word inside \\mathit or \\mathrm."""

    def letter(c: str) -> str:
        if c in _COMMANDS:
            return f"{{{_COMMANDS[c]}}}"
        return c if c.isascii() and c.isalnum() else r"\_" if c == "_" else rf"\text{{{escape(c)}}}"

    return "".join(map(letter, text))


def _script(base: Maths, sub: Maths | None, sup: Maths | None) -> str:
    # A prime stands over an operator such as \max, and after a word.
    text = rf"\mathrm{{{base.text}}}" if isinstance(base, Word) and base.text in ("max", "min") else maths(base)
    if not isinstance(base, (Letter, Word, Number, Brackets, Accent)):
        text = f"{{{text}}}"
    if sub is not None:
        text += f"_{{{maths(sub)}}}"
    if sup == Word("′"):
        return text + "'"
    return text if sup is None else f"{text}^{{{maths(sup)}}}"


def _condition(node: Maths) -> str:
    return rf"\text{{{escape(node.text)}}}" if isinstance(node, Word) else rf"\text{{if }} {maths(node)}"


def _is_tall(node: Maths) -> bool:
    match node:
        case Fraction() | Root() | Cases():
            return True
        case Row(items):
            return any(_is_tall(item) for item in items)
        case Brackets(body) | Script(body) | Accent(body):
            return _is_tall(body)
        case _:
            return False
