"""LaTeX for any TeX that has article, amsmath, geometry and xcolor (Debian: texlive-latex-recommended)."""

from __future__ import annotations

from typing import assert_never

from symnet.sheets.breaking import on_one_line, pieces, rows_of, width
from symnet.sheets.document import (
    Answer,
    Block,
    Display,
    Document,
    Figure,
    Folded,
    Heading,
    Paragraph,
    Space,
    Table,
    Task,
    Text,
    Working,
)
from symnet.sheets.pictures import tikz
from symnet.sheets.printing.latex import SIGNS, escape, maths
from symnet.working.maths import Maths
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


def render(document: Document) -> str:
    note = r"Name: \underline{\hspace{5cm}}"
    if document.note:
        note = rf"\textcolor{{answer}}{{\textbf{{{escape(document.note)}}}}}"
    head = (
        rf"{{\Large\raggedright\textbf{{{escape(document.title)}}}\par}}" + "\n" + rf"\smallskip\hspace*{{\fill}}{note}"
    )
    body = _blocks(document.blocks)
    drawn = "\\usepackage{tikz}\n" if "{tikzpicture}" in body else ""
    return f"{_PREAMBLE}{drawn}\\begin{{document}}\n{head}\n\n{body}\n\\end{{document}}\n"


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
        case Figure():
            return _figure(block)
        case Answer(blocks) | Folded(blocks):
            return f"\\begingroup\\color{{answer}}{_blocks(blocks)}\n\\par\\endgroup"
        case Space(height):
            return rf"\vspace{{{height:g}cm}}"
        case _:
            assert_never(block)


def _text(text: Text) -> str:
    return "".join(escape(part) if isinstance(part, str) else f"${maths(on_one_line(part))}$" for part in text)


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
    return SIGNS.get(relation, relation)


def _figure(figure: Figure) -> str:
    caption = rf"\par\nopagebreak {_text(figure.caption)}" if figure.caption else ""
    return rf"{{\centering {tikz.render(figure.drawing)}{caption}\par}}"


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
