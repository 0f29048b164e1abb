"""A page that is one file: MathML, a font for it and a style, no script and nothing to fetch.

``formula`` and ``fragment`` give pieces for a page that someone else makes, such as a notebook.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import assert_never

from symnet.notation.line import Line
from symnet.notation.maths import Maths
from symnet.paper.abreast import Strip, strips
from symnet.paper.beside import across
from symnet.paper.breaking import has_matrix, on_one_line, width
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
    Inline,
    Items,
    Paragraph,
    Space,
    Table,
    Task,
    Terms,
    Text,
    Working,
)
from symnet.paper.layout import Layout
from symnet.paper.logo import MEDIA
from symnet.paper.parting import NARROW, parted
from symnet.paper.pictures import svg
from symnet.paper.printing.mathml import elements, escape, maths, relation

ENDINGS = (".html",)
CANNOT = ("columns",)
_PICTURES = ("png", "jpg", "svg")  # that every browser shows
FOLDS = True
COLUMNS = (78, 38, 23.5)  # digits of maths in one column of a wide page, in each of two and of three
TELEPHONE = 32  # letters on a telephone
WIDE_TABLE = 26  # digits from which a table with formulas in it may be wider than a telephone
SHORT_TABLE = 8  # rows from which a narrow table goes on beside itself
MANY_COLUMNS = 7  # beyond which room to write is narrow, and the numbers of the rows stay while the others are moved
LONGEST_UNBROKEN = 12  # lines of working that are printed on one page
LIGHT = {
    "ink": "#1a1a1a", "paper": "#ffffff", "shade": "#f3f3f1", "line": "#8c8c8c", "muted": "#595959",
    "answer": "#143c8c", "dead": "#6b6b6b", "gradient": "#b3261e", "path": "#1b4fa0", "tile": "#1a1a1a",
}  # fmt: skip
DARK = {
    "ink": "#e8e6e3", "paper": "#16181c", "shade": "#23262c", "line": "#7d828a", "muted": "#a9aeb6",
    "answer": "#92b9ff", "dead": "#989da6", "gradient": "#ff8f85", "path": "#8fb6ff", "tile": "#1a1a1a",
}  # fmt: skip
_MOVES = ' tabindex="0"'  # for a box that is moved sideways, also by keys
_FONTS = (("Symnet Math", "symnet-math", "normal"), ("Symnet Italic", "symnet-italic", "italic"))
# The page asks nothing of the network and runs nothing, whatever may be in it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'"


def render(document: Document) -> str:
    """The whole page."""
    return page(document, Writer(document.blocks).blocks(document.blocks))


def page(document: Document, body: str, style: str = "", policy: str = "", awaited: str = "") -> str:
    """A page around a ``body`` that is printed already, with more style and a policy that lets it run its script.

    ``awaited`` is the id of what must be there before anything is shown, so that a script moves nothing that is seen.
    """
    allowed = f"{_POLICY}; {policy}" if policy else _POLICY
    title = f"{document.title} — {document.mark}" if document.mark else document.title
    note = f'<p class="note">{_words(document.mark)}</p>' if document.note else ""
    line = "" if document.note else _name_line(document)
    if document.mark and not document.note:
        note = f"<p>{_words(document.mark)}</p>"
    waits = f'<link rel="expect" href="#{awaited}" blocking="render">\n' if awaited else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{allowed}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="symnet">
<title>{escape(title)}</title>
{waits}<style>
{_style()}{_page(document.layout)}{style}</style>
</head>
<body>
<main class="symnet">
{_head(document.layout)}<h1>{_words(document.title)}</h1>
{note}{line}
{body}
</main>
</body>
</html>
"""


def _head(layout: Layout) -> str:
    """What stands above the title."""
    header = f'<p class="header">{_words(layout.header)}</p>\n' if layout.header else ""
    logo = ""
    if layout.logo is not None:
        picture = layout.logo.read(_PICTURES)
        alternative = escape(f"Logo of {layout.institution}" if layout.institution else "Logo")
        logo = f'<img alt="{alternative}" src="data:{MEDIA[picture.kind]};base64,{b64encode(picture.data).decode()}">'
    lines = "<br>".join(map(_words, layout.head))
    return f'{header}<div class="head"><p>{lines}</p>{logo}</div>\n' if lines or logo else header


def _name_line(document: Document) -> str:
    """What is filled in by hand; the student's name is in the mark, where it is known."""
    labels = document.layout.name[1:] if document.student else document.layout.name
    return f'<p class="name-line">{" ".join(f"{_words(label)}: <span></span>" for label in labels)}</p>' * bool(labels)


def _page(layout: Layout) -> str:
    """The paper and the size of type with which the page is printed, where the author says so."""
    paper = f"@page{{size:{layout.paper}}}\n" if layout.paper else ""
    size = f"@media print{{body{{font-size:{layout.size}pt}}}}\n" if layout.size else ""
    return paper + size


def formula(node: Maths) -> str:
    """A formula as MathML."""
    return maths(node, display=True)


def fragment(blocks: Iterable[Block]) -> str:
    """Blocks as a <div> with its own style, in the colours and with the maths font of whatever page it is put in."""
    shown = tuple(blocks)
    own = {"ink": "currentcolor", "paper": "var(--jp-layout-color0,var(--vscode-editor-background,#ffffff))"}
    night = ":is([data-jp-theme-light=false],.vscode-dark) .symnet"
    style = f".symnet{{{_variables(LIGHT | own)}}}\n{night}{{{_variables(DARK | own)}}}"
    return f'<div class="symnet"><style>\n{style}\n{_rules()}</style>\n{Writer(shown).blocks(shown)}\n</div>'


# -- the style --------------------------------------------------------------------------------------------------------


def _variables(colours: dict[str, str]) -> str:
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())


@cache
def _rules() -> str:
    return files(__package__).joinpath("html.css").read_text("utf-8")


def colors() -> str:
    """The colours of pages as variables of a style, by day and by night."""
    return f""":root{{color-scheme:light;{_variables(LIGHT)}}}
@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark;{_variables(DARK)}}}}}
"""


@cache
def _style() -> str:
    faces = ""
    for name, file, slant in _FONTS:
        font = b64encode(files(__package__).joinpath("fonts", f"{file}.woff2").read_bytes()).decode()
        source = f"url(data:font/woff2;base64,{font}) format('woff2')"
        faces += f'@font-face{{font-family:"{name}";font-style:{slant};src:{source}}}\n'
    return f"""{faces}{colors()}\
body{{margin:0;background:var(--paper);font-size:1.0625rem;font-family:Charter,"Sitka Text",Cambria,Georgia,serif}}
main{{max-width:46rem;margin:0 auto;padding:1.5rem 1rem 4rem}}
@page{{margin:2cm}}
@media print{{main{{max-width:none;padding:0}}}}
{_rules()}"""


# -- words and formulas in lines --------------------------------------------------------------------------------------


_TURNING = ("R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI")
_WHOLE = re.compile(r"\d+(?:-\d+)+")  # 2-2-1, which no line may end within
_CLOSING = re.compile(r"[.,;:!?)]+")


def _words(text: str) -> str:
    """Words; those that run from right to left, or say so of others, keep their direction to themselves."""
    shown = _WHOLE.sub(lambda found: f'<span class="close">{found[0]}</span>', escape(text))
    turns = any(unicodedata.bidirectional(c) in _TURNING for c in text)
    return f"<bdi>{shown}</bdi>" if turns else shown


def _text(text: Text, display: bool = False) -> str:
    """A line of words and formulas; what closes after a formula stays at its side."""
    parts: list[str] = []
    formula = False
    for part in text:
        if not isinstance(part, str):
            parts += _inline(part, display)
            formula = True
            continue
        closing = _CLOSING.match(part) if formula else None
        if closing:
            parts[-1] = f'<span class="close">{parts[-1]}{closing[0]}</span>'
        parts.append(_words(part[closing.end() :] if closing else part))
        formula = False
    return "".join(parts)


def _inline(node: Maths, display: bool) -> list[str]:
    first, *others = (maths(unit, display) for unit in parted(on_one_line(node)))
    return [first, *(f"<wbr>{unit}" for unit in others)]


def _wide(room: float, *nodes: Maths) -> tuple[str, str]:
    """(a class, an attribute) for a box that is moved sideways on a telephone, by keys too."""
    return (" wide", _MOVES) if any(width(unit) > room for node in nodes for unit in parted(node)) else ("", "")


# -- blocks -----------------------------------------------------------------------------------------------------------


class Writer:
    """Writes blocks; it knows how deep headings are and which question was asked last."""

    def __init__(self, blocks: tuple[Block, ...]) -> None:
        self.level = 3 if any(isinstance(block, Heading) for block in blocks) else 2
        self.question = 0
        self.rooms: tuple[float, ...] = COLUMNS

    def blocks(self, blocks: tuple[Block, ...]) -> str:
        return "\n".join(map(self.block, blocks))

    def block(self, block: Block) -> str:
        match block:
            case Heading(text):
                return f'<h2 class="part">{_text(text)}</h2>'
            case Paragraph(text, of_formula):
                return _paragraph(text, of_formula)
            case Items(items, ordered):
                kind = "ol" if ordered else "ul"
                return f"<{kind}>\n{''.join(f'<li>{_text(item)}</li>{chr(10)}' for item in items)}</{kind}>"
            case Task(number, text, points):
                self.question = number
                worth = f' <span class="points">{_points(points)}</span>' if points else ""
                heading = f"h{self.level}"
                return f'<{heading} class="task"><b>{number}.</b> {_text(text)}{worth}</{heading}>'
            case Display(shown):
                units = "<wbr>".join(maths(unit, display=True) for unit in parted(shown))
                kind, attributes = _wide(NARROW + 4, shown)
                several = " several" * has_matrix(shown)
                return f'<div class="display{several}{kind}"{attributes}>{units}</div>'
            case Working(lines, units):
                room = self.rooms[0]
                return "\n".join(_strip(strip) for strip in strips(lines, room, units))
            case Beside():
                return "\n".join(self._beside(parts, room) for parts, room in across(block, self.rooms))
            case Table():
                return _table(block)
            case Figure():
                return _figure(block)
            case Answer(blocks):
                return f'<div class="answer">\n{self.blocks(blocks)}\n</div>'
            case Folded(blocks, space):
                summary = f"Answer to question {self.question}" if self.question else "Answer"
                tall = f'style="--room:{space:g}cm"'
                return f"<details {tall}><summary>{summary}</summary>\n{self.blocks(blocks)}\n</details>"
            case Space(height):
                return f'<div class="space" style="height:{height:g}cm"></div>'
            case Code(code):
                return f"<pre{_MOVES}><code>{escape(code)}</code></pre>"
            case Terms(items):
                rows = "".join(
                    f"<dt><code>{escape(term)}</code></dt>\n<dd>{_words(said)}</dd>\n" for term, said in items
                )
                return f'<dl class="terms">\n{rows}</dl>'
            case _:
                assert_never(block)

    def _beside(self, parts: tuple[tuple[Block, ...], ...], room: float) -> str:
        """Parts in columns of one width, where the page is wide enough."""
        n = self.rooms.index(room) + 1
        outside, self.rooms = self.rooms, (room,)
        shown = [self.blocks(part) for part in parts]
        self.rooms = outside
        if n == 1:
            return "\n".join(shown)
        columns = "".join(f"<div>\n{part}\n</div>\n" for part in shown)
        return f'<div class="beside" style="--columns:{n}">\n{columns}</div>'


def _points(points: str) -> str:
    return escape(f"{points} point{'s' * (points != '1')}")


def _paragraph(text: Text, of_formula: bool) -> str:
    kind, attributes = _wide(NARROW + 4, *(on_one_line(part) for part in text if not isinstance(part, str)))
    classes = ("reason" if of_formula else "") + kind
    start = f'<p class="{classes.strip()}"{attributes}>' if classes else "<p>"
    return f"{start}{_text(text)}</p>"


def _strip(strip: Strip) -> str:
    """Lines in columns, where the page is wide enough: in the order in which they are read, which is that of one."""
    n = len(strip.columns)
    if n == 1:
        return _working(strip.cells[0])
    if not strip.across:
        return f'<div class="abreast">\n{"".join(map(_working, strip.cells))}\n</div>'
    lines = tuple(line for unit in strip.cells for line in unit)
    shown = "".join(
        _line(unit[i], beside=i > 0) if i < len(unit) else '<div class="none"></div>' * 2
        for unit in strip.cells
        for i in range(n)
    )
    kind, attributes = _wide(NARROW, *(node for line in lines for _, node in line.steps))
    long = " long" if len(strip.cells) > LONGEST_UNBROKEN else ""
    return f'<div class="working across{long}{kind}" style="--columns:{n}"{attributes}>\n{shown}</div>'


def _working(lines: tuple[Line, ...]) -> str:
    left = [line.lhs for line in lines if line.lhs is not None]
    kind, attributes = _wide(NARROW, *left, *(node for line in lines for _, node in line.steps))
    under = " under" if any(width(lhs) > NARROW / 2 for lhs in left) else ""
    rows = sum(len(line.steps) if line.stacked else 1 for line in lines)
    long = " long" if rows > LONGEST_UNBROKEN else ""
    return f'<div class="working{under}{long}{kind}"{attributes}>\n{"".join(map(_line, lines))}</div>'


def _line(line: Line, beside: bool = False) -> str:
    lhs = maths(line.lhs, display=True) if line.lhs is not None else ""
    steps = "".join(_step(sign, node) for sign, node in line.steps)
    why = f'<span class="why">{_words(line.why)}</span>' if line.why else ""
    stacked = " stacked" if line.stacked else ""
    next_to = " next" * beside
    return f'<div class="lhs{next_to}">{lhs}</div><div class="rhs{stacked}">{steps}{why}</div>\n'


def _step(sign: str, node: Maths) -> str:
    first, *others = parted(node)
    start = f'<math displaystyle="true">{relation(sign)}{elements(first)}</math>'
    further = " further" if sign == "+" else ""
    units = "<wbr>".join((start, *(maths(unit, display=True) for unit in others)))
    return f'<div class="step{further}">{units}</div>'


def _table(table: Table) -> str:
    """A table; a narrow one with many rows goes on beside itself."""
    header = "".join(f'<th scope="col">{_text(title)}</th>' for title in table.header)
    rows = [
        f"<tr>{''.join(_cell(table, i, j, cell) for j, cell in enumerate(cells))}</tr>\n"
        for i, cells in enumerate(table.rows)
    ]
    beside = min(3, -(-len(rows) // SHORT_TABLE)) if len(table.header) <= 3 and rows else 1
    height = max(1, -(-len(rows) // beside))
    parts = [
        f"<table>\n<thead><tr>{header}</tr></thead>\n<tbody>\n{''.join(rows[start : start + height])}</tbody>\n</table>"
        for start in range(0, max(1, len(rows)), height)
    ]
    widths = (max(map(_letters, column)) for column in zip(table.header, *table.rows, strict=True))
    room = sum(3 + (max(at, 9) if i in table.blank | table.to_write_in else at) for i, at in enumerate(widths))
    attributes = _MOVES if room > WIDE_TABLE else ""
    many = " many" if len(table.header) > MANY_COLUMNS else ""
    return f'<div class="table{many}"{attributes}>\n{"".join(parts)}\n</div>'


def _letters(text: Text) -> float:
    """How wide a cell is that takes as few lines as it can."""
    return max(
        (max(map(len, [*part.split(), ""])) if isinstance(part, str) else width(part) for part in text), default=0
    )


def _cell(table: Table, row: int, column: int, cell: Text) -> str:
    if column in table.marked and not cell:
        return '<td class="blank"></td>'
    if not table.is_blank(row, column):
        return f"<td>{_text(tuple(map(_unbroken, cell)), display=True)}</td>"
    return f'<td class="answer">{_text(cell, display=True)}</td>' if cell else '<td class="blank"></td>'


def _unbroken(part: Inline) -> Inline:
    """A shape such as 2 × 3 stays on one line."""
    return part.replace(" × ", "\u00a0×\u00a0") if isinstance(part, str) else part


def _figure(figure: Figure) -> str:
    caption = f"<figcaption>{_text(figure.caption)}</figcaption>" if figure.caption else ""
    picture = svg.render(figure.drawing, figure.words)
    attributes = _MOVES if figure.drawing.width > 10 * TELEPHONE else ""
    return f'<figure style="--width:{figure.drawing.width:g}"{attributes}>{picture}{caption}</figure>'
