"""LaTeX for any TeX that has article, amsmath, geometry and xcolor (Debian: texlive-latex-recommended).

Figures, and words that TeX has no letters for, are drawn by TikZ and pgf (Debian: texlive-pictures).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import assert_never

from symnet.notation.maths import Maths, Row, Word, row
from symnet.paper import foreign
from symnet.paper.abreast import Printed, Strip, filled, strips
from symnet.paper.beside import across
from symnet.paper.breaking import has_matrix, is_tall, on_one_line, pieces
from symnet.paper.document import (
    Answer,
    Beside,
    Block,
    Code,
    Display,
    Document,
    Figure,
    Folded,
    Heading,
    HintsFor,
    Items,
    Paragraph,
    Space,
    Table,
    Task,
    Terms,
    Text,
    Working,
)
from symnet.paper.formats.latex_head import PICTURES, name_line
from symnet.paper.formats.latex_head import head as head_of
from symnet.paper.layout import Layout
from symnet.paper.measure import columns_of, is_narrow, laid_out, letters
from symnet.paper.paging import MOST_ROOM, statements
from symnet.paper.pictures import tikz
from symnet.paper.printing import text as plain
from symnet.paper.printing.latex import escape, maths
from symnet.paper.printing.metadata import about
from symnet.paper.printing.tex import SIGNS
from symnet.paper.set_width import set_width
from symnet.paper.widths import TO_WRITE_BESIDE, beside, rooms

ENDINGS = (".tex",)
ROOM = 81  # digits of maths that fit on a line
COLUMNS = (ROOM, 38.5, 24)  # … and on one of a page, of two columns beside each other and of three
_SIZES = (("", 1.02), (r"\small", 1.1), (r"\footnotesize", 1.2), (r"\scriptsize", 1.35))  # and how much more fits
LONGEST_UNBROKEN = 6  # rows of lines of working that are kept on one page
LONGEST_LINE = 12  # … of a single line
CENTIMETRE = 28.45  # points
COLUMN_SEPARATION = 6.0  # points on either side of what stands in a cell
TALL_TABLE = 12  # rows that stay on one page

_PREAMBLE = r"""\documentclass[@CLASS@]{article}
\usepackage[utf8]{inputenc}
\usepackage{amsmath}
\usepackage[hmargin=2.2cm,vmargin=1.9cm]{geometry}
\usepackage{xcolor}
\definecolor{answer}{RGB}{20,60,140}
\setlength{\mathindent}{1.5em}
\setlength{\jot}{0pt}\setlength{\normallineskip}{3pt}
\AtBeginDocument{%
  \setlength{\abovedisplayskip}{3pt plus 2pt}\setlength{\belowdisplayskip}{3pt plus 2pt}%
  \setlength{\abovedisplayshortskip}{2pt}\setlength{\belowdisplayshortskip}{2pt}}
\setlength{\parindent}{0pt}
\setlength{\arraycolsep}{3pt}
\setlength{\parskip}{6pt}
\raggedbottom
\clubpenalty=10000 \widowpenalty=10000 \displaywidowpenalty=10000
\tolerance=9999
\emergencystretch=\textwidth
\lineskip=6pt
\newcommand{\takeback}[1][{\pagebreak[1]}]{#1\vspace{-0.8\baselineskip}}
\newcommand{\tall}[1]{\raisebox{0pt}[\dimexpr\height+3pt\relax][\dimexpr\depth+3pt\relax]{$\displaystyle #1$}}
\newenvironment{beside}[1]{\begin{minipage}[t]{#1}\raggedright\setlength{\parskip}{4pt}%
  \setlength{\abovedisplayskip}{2pt}\setlength{\belowdisplayskip}{2pt}\vspace{0pt}}{\end{minipage}}
\newcommand{\heading}[1]{\par\bigskip\textbf{\large #1}\par\nopagebreak}
\newcommand{\task}[3]{\par\medskip\pagebreak[2]%
  {\interlinepenalty=10000 \textbf{#1.}\enspace #2\worth{#3}\par}\nopagebreak}
\newcommand{\room}[2][5mm]{\par{\dimen0=#2\relax
  \loop\ifdim\dimen0>0pt\nointerlineskip\vbox to \ifdim\dimen0<#1\dimen0\else#1\fi{}%
  \advance\dimen0-#1\ifdim\dimen0>0pt\penalty-151\fi\repeat\nointerlineskip\vskip0pt minus 4mm}}
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


def render(document: Document) -> str:
    return render_together((document,))


def render_together(documents: Sequence[Document]) -> str:
    """Several papers, each on pages of its own that are counted from 1."""
    layout = documents[0].layout
    with laid_out(layout):
        papers = "\n\n\\clearpage\\setcounter{page}{1}\n".join(map(_paper, documents))
    outlines, body = foreign.with_outlines(papers)
    drawn = "\\usepackage{tikz}\n" if "{tikzpicture}" in body else ""
    preamble = f"{_preamble(layout)}{about(documents[0].title)}{drawn}{outlines}"
    return f"{preamble}\\begin{{document}}\n{body}\n\\end{{document}}\n"


def files_beside(documents: Sequence[Document]) -> dict[str, bytes]:
    """{name: content} of the files that the source reads, which are to lie beside it."""
    logo = documents[0].layout.logo
    picture = logo.read(PICTURES) if logo is not None else None
    return {picture.name: picture.data} if picture is not None else {}


def _preamble(layout: Layout) -> str:
    columns = ",twocolumn" if layout.columns == 2 else ""
    text = _PREAMBLE.replace("@CLASS@", f"{layout.size or 11}pt,{layout.paper or 'a4'}paper,fleqn{columns}")
    graphics = "\\usepackage{graphicx}\n" if layout.logo is not None or columns else ""
    return f"{text}{graphics}{_HEADER if layout.header else ''}{_NARROW if columns else ''}"


def _paper(document: Document) -> str:
    title = rf"\textbf{{{escape(document.title)}}}"
    variant = f" Variant {escape(document.variant)}" if document.variant and not document.note else ""
    if document.note:
        mark = rf"\normalsize\textcolor{{answer}}{{\textbf{{{escape(document.mark)}}}}}"
        head = head_of(document.layout) + rf"{{\Large {title}\worth{{{mark}}}\par}}"
    else:
        head = head_of(document.layout) + rf"{{\Large\raggedright{title}\par}}"
        head += "\n" + rf"\smallskip{variant}\hspace*{{\fill}}{name_line(document)}"
    if document.layout.columns == 2:
        head = rf"\twocolumn[{{{head}\par\bigskip}}]"
    header = ""
    if document.layout.header:
        header = rf"\renewcommand{{\sheetheader}}{{{escape(document.layout.header)}}}\pagestyle{{headed}}" + "\n"
    return f"{header}{head}\n\n{_blocks(document.blocks)}"


def _blocks(blocks: tuple[Block, ...], room: float = 0) -> str:
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
                together = i in kept or isinstance(before, Beside)  # the paths to what is derived from them
                takeback = "\\takeback[\\nopagebreak]\n" if together else "\\takeback\n"
                text += "\n\n" + takeback * isinstance(before, (Paragraph, Working, Beside))
        elif isinstance(block, Paragraph) and block.of_formula:
            text += "\\par\\nopagebreak\n" if isinstance(before, Beside) else "%\n"
        elif isinstance(before, HintsFor) or (isinstance(block, Table) and isinstance(before, Paragraph)):
            text += "\\par\\nopagebreak\n"  # the words that announce a table
        elif isinstance(block, Figure) and isinstance(before, (Working, Display)):
            text += "\\par\\nopagebreak\n"  # a network stays with its equations
        elif before is not None:
            text += "\n\n"
        if i in kept and i == kept[i].places[0]:
            text += "{\\samepage\n"
        match block:
            case Working():
                shown = _working(block, room, breakable=i not in kept)
            case Display(formula):
                shown = _display(formula, room, isinstance(after, (Display, Working, Beside)))
            case Table() if room not in (0, letters(ROOM)):
                shown = _table(block, TO_WRITE_BESIDE - 2 * COLUMN_SEPARATION)
            case Beside():
                shown = _beside(block, room)
            case Space(height) if after is not None or isinstance(before, Task):
                # Room right under a question stays with it; other room goes on on the next page, making no empty one.
                whole = isinstance(before, Task) and height <= MOST_ROOM
                rest = height - (kept[i - 1].room if i - 1 in kept else 0)
                shown = rf"\room[{rest:g}cm]{{{rest:g}cm}}" if whole else rf"\room{{{rest:g}cm}}"
            case Space(height) if i - 1 in kept:
                shown = rf"\pagebreak[0]\vspace{{{height - kept[i - 1].room:g}cm}}"
            case Answer((Display() | Working(), *_) as inner) if isinstance(before, Task):
                shown = _answer(inner, "\\takeback[\\nopagebreak]\n")
            case Answer(inner) if isinstance(before, Task):
                shown = _answer(inner, "\\nopagebreak\n")
            case Answer((Display() | Working(), *_) as inner) if isinstance(before, (Table, Answer)):
                shown = _answer(inner, "\\takeback\n")
            case _:
                shown = _block(block)
        reasoned = isinstance(after, Figure) or (isinstance(after, Paragraph) and after.of_formula)
        if reasoned and isinstance(block, (Display, Working)):
            shown = f"{{\\postdisplaypenalty=10000 {shown}}}"
        if isinstance(block, Display) and isinstance(before, Display):
            shown = f"{{\\lineskip=2pt {shown}}}"  # rows of matrices, with what formulas leave around them between
        text += shown
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
        case Working():
            return _working(block)
        case Beside():
            return _beside(block)
        case Table():
            return _table(block)
        case Figure():
            return _figure(block)
        case Answer(blocks) | Folded(blocks):
            return _answer(blocks)
        case Space(height):
            return rf"\vspace{{{height:g}cm}}"
        case Code(code):
            return _code(code)
        case Terms(items):
            return "\n\n".join(rf"{_typed(term)}\enspace {escape(said)}" for term, said in items)
        case _:
            assert_never(block)


def _code(code: str) -> str:
    lines = "\\\\\n".join(_typed(line) or r"\strut" for line in code.split("\n"))
    return f"{{\\raggedright\\leftskip=1.5em\n{lines}\\par}}"


def _typed(line: str) -> str:
    """What is typed, in the letters of a typewriter, with its spaces."""
    straight = r"\char34{}".join(r"\char39{}".join(map(escape, part.split("'"))) for part in line.split('"'))
    return rf"\texttt{{{straight.replace(' ', '~')}}}" if line else ""


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


def _beside(block: Beside, room: float = 0) -> str:
    if room not in (0, letters(ROOM)):  # in a column already
        return "\n\n".join(_blocks(part, room) for part in block.parts)
    found = across(block, columns_of(COLUMNS))
    return "\n\n".join(_columns(parts, room) for parts, room in found)


def _columns(parts: tuple[tuple[Block, ...], ...], room: float) -> str:
    """Parts in columns of one width, which stay on one page."""
    usual = columns_of(COLUMNS)
    if len(parts) == 1 and room not in usual[1:]:
        return _blocks(parts[0], room)
    n = usual.index(room) + 1
    each = rf"\begin{{beside}}{{{(1 - 0.02 * (n - 1)) / n - 0.001:.3f}\textwidth}}"
    columns = (f"{each}{_taken_back(part)}\n{_blocks(part, room)}\n\\end{{beside}}" for part in parts)
    return "\\noindent" + "\\nobreak\\hspace{0.02\\textwidth}%\n".join(columns)


def _taken_back(part: tuple[Block, ...]) -> str:
    """TeX sets an empty line before a formula at the start of a column, too."""
    return r"\vspace{-0.9\baselineskip}" * isinstance(part[0], (Display, Working))


def _display(formula: Maths, room: float = 0, belongs: bool = True) -> str:
    """A formula, with which what it ``belongs`` to stands on one page, unless it is high."""
    room = room or letters(ROOM)
    parts = pieces(formula, room, set_width)
    inner = r" \\ & \quad ".join(map(maths, parts))
    text = inner if len(parts) == 1 else rf"\begin{{aligned}} & {inner} \end{{aligned}}"
    if is_narrow() and max(map(set_width, parts)) > room:
        return rf"\par\noindent\fitted{{$\displaystyle {text}$}}\par"
    penalty = "" if has_matrix(formula) or not belongs else "\\postdisplaypenalty=10000"
    return f"{{{penalty}{_size(max(map(set_width, parts)), room)}\\[ {text} \\]}}"


def _size(widest: float, room: float) -> str:
    """The size of type in which a formula fits that cannot be broken any further."""
    return next((size for size, most in _SIZES if widest <= most * room), r"\tiny")


def _working(block: Working, room: float = 0, breakable: bool = True) -> str:
    room = room or letters(ROOM)
    found = strips(block.lines, room, block.units)
    return "%\n".join(_strip(strip, room, breakable) for strip in found)


def _strip(strip: Strip, room: float, breakable: bool) -> str:
    """Rows aligned on their relations, in as many columns as there are."""
    columns = [[row for row in column if row is not None] for column in strip.columns]
    left = (max((set_width(row.lhs) for row in rows if row.lhs is not None), default=0.0) for rows in columns)
    right = (max((sum(3 + set_width(node) for _, node in row.steps) for row in rows), default=0.0) for rows in columns)
    # A short working stays on one page, and so does a short line; one that cannot be broken to fit is set smaller.
    rows = list(strip.rows)
    longest = LONGEST_LINE if sum(map(len, strip.cells)) == 1 else LONGEST_UNBROKEN
    may_break = breakable and len(rows) > longest and (strip.across or len(columns) == 1)
    breaks = r"\allowdisplaybreaks" if may_break else ""
    text = ""
    for i, (cells, after) in enumerate(zip(rows, (*rows[1:], None), strict=True)):
        shown = [f"{left} &{right}" for left, right in map(_cells, filled(cells))]
        text += "  " + " &\\qquad ".join(shown)
        if after is not None:
            goes_on = all(row is None or row.further for row in after)
            text += " \\\\*\n" if breaks and goes_on and _rows_of_line(rows, i) <= LONGEST_UNBROKEN else " \\\\\n"
    name = "align*" if len(columns) == 1 else "alignat*"
    number = "" if len(columns) == 1 else f"{{{len(columns)}}}"
    size = _size(sum(left) + sum(right) if len(columns) == 1 else 0, room)
    return f"{{{breaks}{size}\\begin{{{name}}}{number}\n{text}\n\\end{{{name}}}}}"


def _rows_of_line(rows: Sequence[tuple[Printed | None, ...]], i: int) -> int:
    """How many rows the line has that row i belongs to."""
    further = [all(row is None or row.further for row in cells) for cells in rows]
    start = max(j for j in range(i + 1) if not further[j])
    return next((j for j in range(start + 1, len(rows)) if not further[j]), len(rows)) - start


def _cells(row: Printed | None) -> tuple[str, str]:
    """What stands on the left of the relation, and what begins with it."""
    if row is None:
        return "", ""
    first, *others = row.steps
    further = r"\quad +{}" if first[0] else r"\qquad" * row.further
    sign = _sign(first[0]) if first[0] not in ("", "+") else further
    right = f"{sign} {maths(first[1])}" + "".join(f" {_sign(s)} {maths(node)}" for s, node in others)
    if row.why:
        right += rf" {chr(92) * 2 + chr(10)}  & \quad" * is_narrow() or r" \qquad"
        right += rf"\text{{{escape(row.why)}}}"
    return maths(row.lhs) if row.lhs is not None else "", right


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


def _table(table: Table, hand: float = 2.6 * CENTIMETRE) -> str:
    """A table, with ``hand`` points for each number to write in; one of many short rows goes on beside itself."""
    room = rooms(table, min(hand, CENTIMETRE * 12 / len(table.header)))
    sizes = {i: f"p{{{points / CENTIMETRE:.1f}cm}}" for i, points in room.items()}
    columns = "|".join(sizes.get(i, "l") for i in range(len(table.header)))
    header = " & ".join(_text(title) for title in table.header)
    narrow = len(table.header) <= 3
    height = min(TALL_TABLE if narrow else 24, -(-len(table.rows) // beside(table)))
    parts = []
    for start in range(0, max(1, len(table.rows)), max(1, height)):
        rows = "".join(
            f"{' & '.join(_cell(table, row, i, cell) for i, cell in enumerate(cells))} \\\\ \\hline\n"
            for row, cells in enumerate(table.rows[start : start + height], start)
        )
        table_of = f"\\begin{{tabular}}[t]{{|{columns}|}}\\hline\n{header} \\\\ \\hline\n{rows}\\end{{tabular}}"
        parts.append(_fitted(table_of))
    close = r"\setlength{\tabcolsep}{4pt}" * (len(parts) > 1 and bool(table.wide))
    stretch = 1.4 if table.to_write_in else 1.2
    return f"{{\\raggedright{close}\\renewcommand{{\\arraystretch}}{{{stretch}}}\n" + "\\quad\n".join(parts) + "\\par}"
