"""LaTeX for any TeX that has article, amsmath, geometry and xcolor (Debian: texlive-latex-recommended).

Figures, and words that TeX has no letters for, are drawn by TikZ and pgf (Debian: texlive-pictures).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import assert_never

from symnet.sheets import foreign
from symnet.sheets.breaking import is_tall, on_one_line, pieces, rows_of, width
from symnet.sheets.document import (
    Answer,
    Block,
    Display,
    Document,
    Figure,
    Folded,
    Heading,
    Items,
    Paragraph,
    Space,
    Table,
    Task,
    Text,
    Working,
)
from symnet.sheets.layout import Layout
from symnet.sheets.measure import is_narrow, laid_out, letters
from symnet.sheets.paging import statements
from symnet.sheets.pictures import tikz
from symnet.sheets.printing import text as plain
from symnet.sheets.printing.latex import escape, maths
from symnet.sheets.printing.tex import SIGNS
from symnet.sheets.widths import rooms
from symnet.working.maths import Maths, Row, Word, row
from symnet.working.work import Line

ENDINGS = (".tex",)
BLANK = r"\underline{\hspace{5cm}}"
SHORT_BLANK = r"\underline{\hspace{3cm}}"
ROOM = 70  # letters of maths that fit on a line
_SIZES = (("", 1.05), (r"\small", 1.15), (r"\footnotesize", 1.26), (r"\scriptsize", 1.43))  # and how much more fits
LONGEST_UNBROKEN = 12  # lines of working that are kept on one page
CENTIMETRE = 28.45  # points
SHORT_TABLE, TALL_TABLE = 6, 12  # rows from which a narrow table, and any table, goes on beside itself

_PREAMBLE = r"""\documentclass[@CLASS@]{article}
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
\tolerance=9999
\emergencystretch=\textwidth
\lineskip=6pt
\newcommand{\takeback}[1][{\pagebreak[1]}]{#1\vspace{-0.8\baselineskip}}
\newcommand{\tall}[1]{\raisebox{0pt}[\dimexpr\height+3pt\relax][\dimexpr\depth+3pt\relax]{$\displaystyle #1$}}
\newcommand{\heading}[1]{\par\bigskip\textbf{\large #1}\par\nopagebreak}
\newcommand{\task}[3]{\par\bigskip\pagebreak[2]%
  {\interlinepenalty=10000 \textbf{#1.}\enspace #2\worth{#3}\par}\nopagebreak}
\newcommand{\worth}[1]{\unskip\nobreak\hfill\penalty50\hspace{1em}\hbox{}\nobreak\hfill\mbox{#1}}
"""
_HEADER = r"""\makeatletter
\newcommand{\sheetheader}{}
\newcommand{\ps@headed}{\def\@oddhead{\hfil\sheetheader\hfil}\def\@oddfoot{\hfil\thepage\hfil}}
\makeatother
"""
_NARROW = r"""\setlength{\columnsep}{0.8cm}
\newsavebox{\wide}
\newcommand{\fitted}[1]{\sbox{\wide}{#1}%
  \ifdim\wd\wide>\linewidth\resizebox{\linewidth}{!}{\usebox{\wide}}\else\usebox{\wide}\fi}
"""
_PICTURES = ("png", "pdf", "jpg")  # that TeX can show


def render(document: Document) -> str:
    return render_together((document,))


def render_together(documents: Sequence[Document]) -> str:
    """Several papers, each on pages of its own that are counted from 1."""
    layout = documents[0].layout
    with laid_out(layout):
        papers = "\n\n\\clearpage\\setcounter{page}{1}\n".join(map(_paper, documents))
    outlines, body = foreign.with_outlines(papers)
    drawn = "\\usepackage{tikz}\n" if "{tikzpicture}" in body else ""
    return f"{_preamble(layout)}{drawn}{outlines}\\begin{{document}}\n{body}\n\\end{{document}}\n"


def beside(documents: Sequence[Document]) -> dict[str, bytes]:
    """{name: content} of the files that the source reads, which are to lie beside it."""
    logo = documents[0].layout.logo
    picture = logo.read(_PICTURES) if logo is not None else None
    return {picture.name: picture.data} if picture is not None else {}


def _preamble(layout: Layout) -> str:
    columns = ",twocolumn" if layout.columns == 2 else ""
    text = _PREAMBLE.replace("@CLASS@", f"{layout.size or 11}pt,{layout.paper or 'a4'}paper,fleqn{columns}")
    graphics = "\\usepackage{graphicx}\n" if layout.logo is not None or columns else ""
    return f"{text}{graphics}{_HEADER if layout.header else ''}{_NARROW if columns else ''}"


def _head(layout: Layout) -> str:
    """What stands above the title: the logo at the right, or the date."""
    left, right = list(layout.head), ""
    if layout.logo is not None:
        name = layout.logo.read(_PICTURES).name
        right = rf"\includegraphics[height=1.5cm,width=6cm,keepaspectratio]{{{name}}}"
    elif layout.date and len(left) > 1:
        right = escape(left.pop())
    if not left and not right:
        return ""
    lines = r"\\ ".join(map(escape, left))
    return (
        rf"\begin{{minipage}}[b]{{0.6\textwidth}}\raggedright {lines}\strut\end{{minipage}}"
        rf"\hfill\begin{{minipage}}[b]{{0.38\textwidth}}\raggedleft {right}\end{{minipage}}\par"
        "\n\\vspace{2pt}\\hrule\\bigskip\n"
    )


def _name_line(document: Document) -> str:
    """What is filled in by hand, or is known."""
    first, *others = document.layout.name or ("",)
    filled = f"{escape(first)}: {escape(document.student) or BLANK}" if first else escape(document.student)
    return r"\quad ".join((filled, *(rf"\mbox{{{escape(label)}: {SHORT_BLANK}}}" for label in others)))


def _paper(document: Document) -> str:
    note = _name_line(document)
    variant = f" Variant {escape(document.variant)}" if document.variant and not document.note else ""
    if document.note:
        note = rf"\textcolor{{answer}}{{\textbf{{{escape(document.mark)}}}}}"
    head = _head(document.layout) + (
        rf"{{\Large\raggedright\textbf{{{escape(document.title)}}}\par}}"
        + "\n"
        + rf"\smallskip{variant}\hspace*{{\fill}}{note}"
    )
    if document.layout.columns == 2:
        head = rf"\twocolumn[{{{head}\par\bigskip}}]"
    header = ""
    if document.layout.header:
        header = rf"\renewcommand{{\sheetheader}}{{{escape(document.layout.header)}}}\pagestyle{{headed}}" + "\n"
    return f"{header}{head}\n\n{_blocks(document.blocks)}"


def _blocks(blocks: tuple[Block, ...]) -> str:
    """Blocks one after another.

    A formula belongs to the words or the chain before it and to the reasons after it, so that no page ends between
    them; TeX sets an empty line before a formula that belongs to nothing, which is taken back.
    """
    text = ""
    kept = statements(blocks)
    for i, (before, block, after) in enumerate(zip((None, *blocks), blocks, (*blocks[1:], None), strict=False)):
        if isinstance(block, (Display, Working)):
            if isinstance(before, Display) or (isinstance(before, Paragraph) and not before.of_formula):
                text += "%\n"
            else:
                takeback = "\\takeback[\\nopagebreak]\n" if i in kept else "\\takeback\n"
                text += "\n\n" + takeback * isinstance(before, (Paragraph, Working))
        elif isinstance(block, Paragraph) and block.of_formula:
            text += "%\n"
        elif isinstance(block, Table) and isinstance(before, Paragraph):
            text += "\\par\\nopagebreak\n"  # the words that announce a table
        elif isinstance(block, Figure) and isinstance(before, (Working, Display)):
            text += "\\par\\nopagebreak\n"  # a network stays with its equations
        elif before is not None:
            text += "\n\n"
        if i in kept and i == kept[i].places[0]:
            text += "{\\samepage\n"
        match block:
            case Working(lines):
                shown = _working(lines, breakable=i not in kept)
            case Space(height) if i - 1 in kept:
                shown = rf"\pagebreak[0]\vspace{{{height - kept[i - 1].room:g}cm}}"
            case Answer(inner) if isinstance(before, Task):
                shown = _answer(inner, "\\nopagebreak\n")
            case _:
                shown = _block(block)
        reasoned = isinstance(after, Figure) or (isinstance(after, Paragraph) and after.of_formula)
        text += (
            f"{{\\postdisplaypenalty=10000 {shown}}}" if reasoned and isinstance(block, (Display, Working)) else shown
        )
        if i in kept and i == kept[i].places[-1]:
            text += "\n\\par"
            text += rf"\vspace{{{kept[i].room:g}cm}}}}" if kept[i].room else "}"
    return text


def _block(block: Block) -> str:
    match block:
        case Heading(text):
            return rf"\heading{{{_text(text)}}}"
        case Paragraph(text):
            return _text(text)
        case Items(items, ordered):
            kind = "enumerate" if ordered else "itemize"
            lines = "\n".join(rf"\item {{}}{_text(item)}" for item in items)
            return f"\\begin{{{kind}}}\\setlength{{\\itemsep}}{{0pt}}\n{lines}\n\\end{{{kind}}}"
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
            return _answer(blocks)
        case Space(height):
            return rf"\vspace{{{height:g}cm}}"
        case _:
            assert_never(block)


def _answer(blocks: tuple[Block, ...], start: str = "") -> str:
    """An answer; after the change of color TeX may end the page, unless it is told at the ``start`` that it may not."""
    return f"\\begingroup\\color{{answer}}{start}{_blocks(blocks)}\n\\par\\endgroup"


def _text(text: Text) -> str:
    return "".join(escape(part) if isinstance(part, str) else _inline(on_one_line(part)) for part in text)


def _inline(formula: Maths) -> str:
    """A formula among words; within the words of its own a line may end, as it may not where TeX sets a formula."""
    text = ""
    for are_words, items in groupby(formula.items if isinstance(formula, Row) else (formula,), _is_words):
        part = row(*items)
        text += escape(plain.maths(part)) if are_words else f"${maths(part)}$"
    return text


def _is_words(node: Maths) -> bool:
    """Whether it is several words, or one with room around it."""
    return isinstance(node, Word) and " " in node.text and not node.text.isspace()


def _display(formula: Maths) -> str:
    parts = pieces(formula, letters(ROOM), width)
    inner = r" \\ & \quad ".join(map(maths, parts))
    text = inner if len(parts) == 1 else rf"\begin{{aligned}} & {inner} \end{{aligned}}"
    return f"{{\\postdisplaypenalty=10000{_size(max(map(width, parts)))}\\[ {text} \\]}}"


def _size(widest: float) -> str:
    """The size of type in which a formula fits that cannot be broken any further."""
    return next((size for size, most in _SIZES if widest <= most * letters(ROOM)), r"\tiny")


def _working(lines: tuple[Line, ...], breakable: bool = True) -> str:
    groups, widest = [], 0.0
    column = max((width(line.lhs) for line in lines if line.lhs is not None), default=0.0)
    for line in lines:
        rows = []
        for i, (lhs, steps) in enumerate(rows_of(line, letters(ROOM))):
            left = maths(lhs) if lhs is not None else ""
            first, *others = steps
            further = r"\quad +{}" if first[0] else r"\qquad" * (i > 0)
            sign = _sign(first[0]) if first[0] not in ("", "+") else further
            right = f"{sign} {maths(first[1])}" + "".join(f" {_sign(s)} {maths(node)}" for s, node in others)
            rows.append(f"  {left} &{right}")
            widest = max(widest, column + sum(3 + width(node) for _, node in steps))
        if line.why and is_narrow():
            rows.append(rf"  & \quad\text{{{escape(line.why)}}}")
        elif line.why:
            rows[-1] += rf" \qquad\text{{{escape(line.why)}}}"
        groups.append(rows)
    # A short working stays on one page, and so does a short line; one that cannot be broken to fit is set smaller.
    breaks = r"\allowdisplaybreaks" if breakable and sum(map(len, groups)) > LONGEST_UNBROKEN else ""
    ends = (" \\\\*\n" if breaks and len(rows) <= LONGEST_UNBROKEN / 2 else " \\\\\n" for rows in groups)
    joined = " \\\\\n".join(end.join(rows) for end, rows in zip(ends, groups, strict=True))
    return f"{{{breaks}{_size(widest)}\\begin{{align*}}\n{joined}\n\\end{{align*}}}}"


def _sign(relation: str) -> str:
    return SIGNS.get(relation, relation)


def _figure(figure: Figure) -> str:
    caption = rf"\par\nopagebreak {_text(figure.caption)}" if figure.caption else ""
    return rf"{{\centering {_fitted(tikz.render(figure.drawing))}{caption}\par}}"


def _fitted(picture: str) -> str:
    """What is too wide for one of two columns is made smaller."""
    return f"\\fitted{{{picture}}}" if is_narrow() else picture


def _cell(table: Table, row: int, column: int, cell: Text) -> str:
    text = "".join(map(_in_cell, cell))
    return rf"\textcolor{{answer}}{{{text}}}" if table.is_blank(row, column) and cell else text


def _in_cell(part: str | Maths) -> str:
    """Words or a formula of a table; fractions keep their size, which they lose in a line of words."""
    tall = not isinstance(part, str) and is_tall(formula := on_one_line(part))
    return rf"\tall{{{maths(formula)}}}" if tall else _text((part,))


def _table(table: Table) -> str:
    """A table; one with many rows and few columns goes on beside itself."""
    room = rooms(table, CENTIMETRE * min(2.6, 12 / len(table.header)))
    sizes = {i: f"p{{{points / CENTIMETRE:.1f}cm}}" for i, points in room.items()}
    columns = "|".join(sizes.get(i, "l") for i in range(len(table.header)))
    header = " & ".join(_text(title) for title in table.header)
    narrow = len(table.header) <= 3
    beside = min(3, -(-len(table.rows) // SHORT_TABLE)) if narrow else 1
    height = min(TALL_TABLE if narrow else 24, -(-len(table.rows) // max(1, beside)))
    parts = []
    for start in range(0, max(1, len(table.rows)), max(1, height)):
        rows = "".join(
            f"{' & '.join(_cell(table, row, i, cell) for i, cell in enumerate(cells))} \\\\ \\hline\n"
            for row, cells in enumerate(table.rows[start : start + height], start)
        )
        table_of = f"\\begin{{tabular}}[t]{{|{columns}|}}\\hline\n{header} \\\\ \\hline\n{rows}\\end{{tabular}}"
        parts.append(_fitted(table_of))
    return "{\\raggedright\\renewcommand{\\arraystretch}{1.4}\n" + "\\quad\n".join(parts) + "\\par}"
