"""Typst's source, for Typst 0.15 and later: what the PDF is made from, and what a teacher can edit.

Every formula carries its text as alternative text, so that a PDF made from it can be read aloud (PDF/UA).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import assert_never

from symnet.notation.line import Line
from symnet.notation.maths import Maths
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
from symnet.paper.layout import NAME, Layout
from symnet.paper.lettering import is_long
from symnet.paper.measure import columns_of, is_narrow, laid_out, letters, picture_width
from symnet.paper.paging import statements
from symnet.paper.pictures import svg
from symnet.paper.printing import text as plain
from symnet.paper.printing.typst import SIGNS, continued, escape, maths, printable, string
from symnet.paper.set_width import set_width
from symnet.paper.widths import TO_WRITE_BESIDE, beside, rooms, size_of

ENDINGS = (".typ",)
ROOM = 81  # digits of maths that fit on a line
COLUMNS = (ROOM, 38.5, 24)  # … and on one of a page, of two columns beside each other and of three
_BLANK = "#box(width: 5cm, stroke: (bottom: 0.4pt), outset: (bottom: 2pt))"
_SHORT_BLANK = "#box(width: 3cm, stroke: (bottom: 0.4pt), outset: (bottom: 2pt))"
LONGEST_UNBROKEN = 6  # rows of lines of working that are kept on one page
LONGEST_LINE = 12  # … of a single line
TALL_TABLE = 12  # rows that stay on one page
MOST_ROOM = 12.0  # centimetres that are kept on one page
HIGHEST_FIGURE = 600.0  # points
CENTIMETRE = 28.35  # points
INSET = 12.0  # points beside what stands in a cell, which are part of the width of its column

_PREAMBLE = r"""#set page(paper: "@PAPER@", margin: (x: 2.2cm, y: 1.9cm), numbering: "1")
#set text(font: "New Computer Modern", size: @SIZE@pt, lang: "en", ligatures: false) // -- stays --
#set par(leading: 0.6em, spacing: 1.1em)
#set block(spacing: 1.1em)
#set table(stroke: 0.4pt, inset: (x: 6pt, y: 5.5pt), align: start + horizon)
#set figure(numbering: none)
#show figure.caption: it => it.body
#show title: set text(size: @TITLE@pt)
#show heading: set text(size: @SIZE@pt, weight: "regular")
#show heading: it => block(above: 1.7em, below: 1em, sticky: true, width: 100%, it.body)
#set math.lr(size: 100% - 0.3em) // as TeX does, or a small index would make the brackets grow
#show math.equation.where(block: true): set align(left)
#show math.equation.where(block: true): set par(leading: 0.4em)

#let answer = rgb(20, 60, 140)
#let answered(body) = text(fill: answer, body)
#let name-line = align(right)[Name: #box(width: 5cm, stroke: (bottom: 0.4pt), outset: (bottom: 2pt))]
#let head(note, title) = grid(columns: (1fr, auto), column-gutter: 1em, align: bottom, title, note)
#let part(body) = heading(level: 1, text(size: 1.2em, weight: "bold", body))
#let task(level, number, points, body) = heading(level: level)[*#number.* #h(0.17em)#body #h(1fr)#box(points)]
#let announcing(body) = block(sticky: true, body)
#let statement(body) = block(breakable: false, above: 1.7em, body)
#let whole(body) = block(breakable: false, body)
#let room(height, breakable: true) = block(height: height, width: 100%, breakable: breakable)
// A formula in a line, and on a line of its own: smaller where it would not fit.
#let m(alt, body) = math.equation(alt: alt, body)
#let tall(alt, body) = box({ set par(leading: 0pt); m(alt, body) }) // pushes the lines around it apart
#let formula(alt, sticky: false, breakable: false, body) = block(
  sticky: sticky, breakable: breakable, width: 100%, inset: (left: 1.5em), above: 0.65em, below: 0.65em,
  layout(size => {
    show math.equation: set block(breakable: breakable)
    let it = math.equation(block: true, alt: alt, body)
    let wide = measure(it).width
    set text(size: 1em * calc.min(1, size.width / wide)) if wide > 0pt
    it
  }),
)
#let boxed(body) = context { set par(leading: 0pt); box(stroke: 0.4pt + text.fill, inset: 0.27em, $display(#body)$) }
#let more = math.class("binary", sym.plus) // goes on with a sum
#let strut(body) = context { let it = $display(#body)$; hide(it); h(-measure(it).width) } // as tall as the body
#let beside(n, sticky: false, ..parts) = block(
  breakable: false, sticky: sticky, above: 0.9em, below: 0.9em,
  grid(columns: (1fr,) * n, column-gutter: 0.5em, ..parts.pos()),
)
#let blank(width) = box(width: width, height: 1.3em, baseline: 0.2em, stroke: (bottom: 0.4pt))
#let xarrow(label) = $attach(limits(stretch(arrow.r, size: #(100% + 0.9em))), t: #label)$
"""
_NARROW = r"""#set page(columns: 2)
#set columns(gutter: 0.8cm)
#let task(level, number, points, body) = heading(level: level)[
  #grid(columns: (1fr, auto), column-gutter: 0.5em, [*#number.* #h(0.17em)#body], align(bottom, box(points)))
]
#let fitted(body) = layout(size => { // what is too wide for one of two columns is made smaller
  let wide = measure(body).width
  if wide > size.width { scale(size.width / wide * 100%, reflow: true, body) } else { body }
})
"""


def render(document: Document) -> str:
    return render_together((document,))


def render_together(documents: Sequence[Document]) -> str:
    """Several papers, each on pages of its own that are counted from 1."""
    layout = documents[0].layout
    head = f"#set document(title: {string(_title(documents[0]))}, date: none)\n{_preamble(layout)}"
    with laid_out(layout):
        return f"{head}\n" + "\n#pagebreak()\n#counter(page).update(1)\n".join(map(_paper, documents))


def _preamble(layout: Layout) -> str:
    size = layout.size or 11
    paper = {"letter": "us-letter"}.get(layout.paper, layout.paper or "a4")
    values = {"PAPER": paper, "SIZE": str(size), "TITLE": f"{14.4 * size / 11:.1f}"}
    text = _PREAMBLE
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    header = f"#set page(header: align(center)[{_words(layout.header)}])\n" if layout.header else ""
    return f"{text}{header}{_NARROW if layout.columns == 2 else ''}"


def _head(layout: Layout) -> str:
    """What stands above the title: the logo at the right, or the date."""
    left, right = list(layout.head), "[]"
    if layout.logo is not None:
        picture = layout.logo.read()
        content = string(picture.data.decode("utf-8-sig")) if picture.kind == "svg" else f"({_numbers(picture.data)})"
        alternative = string(f"Logo of {layout.institution}" if layout.institution else "Logo")
        kind = f'format: "{picture.kind}"'
        right = f'image(bytes({content}), {kind}, height: 1.5cm, width: 6cm, fit: "contain", alt: {alternative})'
    elif layout.date and len(left) > 1:
        right = f"[{_words(left.pop())}]"
    if not left and right == "[]":
        return ""
    lines = " \\ ".join(map(_words, left))
    grid = f"#grid(columns: (1fr, auto), align: (left + bottom, right + bottom), [{lines}], {right})"
    return f"{grid}\n#v(-0.6em)#line(length: 100%, stroke: 0.4pt)\n\n"


def _numbers(data: bytes) -> str:
    return ", ".join(map(str, data))


def _title(document: Document) -> str:
    return printable(document.title).strip() or "Worksheet"


def _paper(document: Document) -> str:
    title = f"#title[{_words(_title(document))}]"
    if document.note:
        title = f"#head(answered(strong[{escape(document.mark)}]))[{title}]"
    else:
        title += f"\n{_name_line(document)}"
    first = next((block for block in document.blocks if isinstance(block, (Heading, Task))), None)
    level = 2 if isinstance(first, Heading) else 1  # of tasks: no level may be left out
    head = f"{_head(document.layout)}{title}\n"
    if document.layout.columns == 2:
        head = f'#place(top + left, scope: "parent", float: true, clearance: 1.5em, block(width: 100%)[\n{head}])\n'
    return f"{head}\n{_blocks(document.blocks, level)}\n"


def _name_line(document: Document) -> str:
    """What is filled in by hand, or is known: the variant and the student."""
    labels = document.layout.name
    if not document.variant and labels == NAME:
        return "#name-line"
    name = f"[Name: {escape(document.student)}]" if document.student else "name-line"
    if labels != NAME:
        name = f"[{_labels(labels, document.student)}]"
    if not document.variant:
        return f"#align(right, {name})"
    return f"#grid(columns: (auto, 1fr), [Variant {escape(document.variant)}], align(right, {name}))"


def _labels(labels: Sequence[str], student: str) -> str:
    """What is filled in by hand, each with a line for it; the student's name where it is known."""
    first, *others = labels or ("",)
    filled = f"{_words(first)}: {escape(student) or _BLANK}" if first else escape(student)
    return " #h(1em) ".join((filled, *(f"#box[{_words(label)}: {_SHORT_BLANK}]" for label in others)))


def _blocks(blocks: tuple[Block, ...], level: int, room: float = 0) -> str:
    room = room or letters(ROOM)
    parts: list[str] = []
    kept = statements(blocks)
    for i, (before, block, after) in enumerate(zip((None, *blocks), blocks, (*blocks[1:], None), strict=False)):
        if isinstance(block, Space) and i - 1 in kept:
            block = Space(block.height - kept[i - 1].room)
        parts.append(_block(block, before, after, level, room))
        if i in kept and i == kept[i].places[-1]:
            # Typst lets a page end between what is sticky and what is kept whole.
            inside = parts[-len(kept[i].places) :] + [f"#v({kept[i].room:g}cm)"] * (kept[i].room > 0)
            parts[-len(kept[i].places) :] = ["#statement[\n" + "\n\n".join(inside) + "\n]"]
    return "\n\n".join(parts)


def _block(block: Block, before: Block | None, after: Block | None, level: int, room: float) -> str:
    """A block between its neighbours.

    A formula belongs to the words or the chain before it and to the reasons after it, so that no page ends between
    them; what is ``sticky`` is kept with what follows.
    """
    reasoned = isinstance(after, Figure) or (isinstance(after, Paragraph) and after.of_formula)
    match block:
        case Heading(text):
            return f"#part[{_text(text)}]"
        case Paragraph(text, of_formula):
            announces = isinstance(block, HintsFor) or isinstance(after, (Table, Figure))
            announces |= isinstance(after, (Display, Working)) and not of_formula
            return f"#announcing[{_text(text)}]" if announces else _text(text)
        case Items(items, ordered):
            return f"#{'enum' if ordered else 'list'}({', '.join(f'[{_text(item)}]' for item in items)})"
        case Task(number, text, points):
            worth = f"[{points} point{'s' * (points != '1')}]" if points else ""
            return f"#task({level}, {number}, {string(worth)})[{_text(text)}]"
        case Display(formula):
            belongs = isinstance(after, (Display, Working, Beside)) and not has_matrix(formula)
            return _display(formula, reasoned or belongs, room)
        case Working():
            return _working(block, reasoned, room)
        case Beside():
            follows = reasoned or isinstance(after, (Display, Working, Beside))
            if room != letters(ROOM):  # in a column already
                return "\n\n".join(_blocks(part, level, room) for part in block.parts)
            found = across(block, columns_of(COLUMNS))
            return "\n\n".join(_beside(parts, level, room, follows) for parts, room in found)
        case Table():
            return _table(block) if room == letters(ROOM) else _table(block, TO_WRITE_BESIDE, _columns(room))
        case Figure():
            return _figure(block)
        case Answer(blocks) | Folded(blocks):
            return f"#[\n#set text(fill: answer)\n\n{_blocks(blocks, level)}\n]"
        case Space(height):
            # Room right under a question stays with it; other room goes on on the next page, but makes no empty one.
            whole = isinstance(before, Task) and height <= MOST_ROOM
            return f"#room({height:g}cm{', breakable: false' * whole})" if whole or after else f"#v({height:g}cm)"
        case Code(code):
            typed = ", ".join(map(string, code.split("\n")))
            return f'#block(inset: (left: 1.5em), raw(block: true, ({typed},).join("\\n")))'
        case Terms(items):
            rows = ", ".join(f"terms.item(raw({string(term)}), [{_words(said)}])" for term, said in items)
            return f"#terms({rows})"
        case _:
            assert_never(block)


def _text(text: Text) -> str:
    return "".join(_words(part) if isinstance(part, str) else _inline(on_one_line(part)) for part in text)


def _words(text: str) -> str:
    """Words as typed; one that no line has room for may be broken anywhere."""
    return escape(" ".join(_breakable(word) if is_long(word) else word for word in text.split(" ")))


def _breakable(word: str) -> str:
    """Typst itself breaks beside signs that fill a square, as Chinese, whose fonts may not have the sign for it."""
    squares = ["W" in unicodedata.east_asian_width(a) + unicodedata.east_asian_width(b) for a, b in pairwise(word)]
    return word[0] + "".join(c if square else f"\u200b{c}" for c, square in zip(word[1:], squares, strict=True))


def _inline(formula: Maths, in_cell: bool = False) -> str:
    """A formula among words; in a cell of a table fractions keep their size."""
    source = maths(formula).strip()
    if in_cell and is_tall(formula):
        source = f"display({source})"
    kind = "tall" if any(part in source for part in ("display(", "cases(", "mat(", "xarrow(")) else "m"
    room = letters(ROOM)
    widest = max(map(set_width, pieces(formula, room, set_width)))
    smaller = f"#set text(size: {0.9 * room / widest:.3f}em); " if widest > room else ""
    text = f"#{kind}({_alternative(formula)}, ${source}$)"
    return f"#[{smaller}{text}]" if smaller else text


def _alternative(formula: Maths) -> str:
    """What a formula is to whoever cannot see it."""
    return string(plain.maths(formula).strip() or "empty")


def _options(sticky: bool, breakable: bool = False) -> str:
    return ", sticky: true" * sticky + ", breakable: true" * breakable


def _beside(parts: tuple[tuple[Block, ...], ...], level: int, room: float, sticky: bool) -> str:
    """Parts in columns of one width, which stay on one page."""
    if len(parts) == 1 and room not in columns_of(COLUMNS)[1:]:
        return _blocks(parts[0], level)
    columns = "".join(f"[\n{_blocks(part, level, room)}\n]" for part in parts)
    return f"#beside({_columns(room)}{_options(sticky)}){columns}"


def _columns(room: float) -> int:
    """How many columns of the page have this room each."""
    return columns_of(COLUMNS).index(room) + 1


def _display(formula: Maths, sticky: bool, room: float) -> str:
    first, *others = pieces(formula, room, set_width)
    inner = maths(first).strip() + "".join(rf" \ & quad {continued(part)}" for part in others)
    return f"#formula({_alternative(formula)}{_options(sticky)}, $ & {inner} $)"


def _working(block: Working, sticky: bool, room: float) -> str:
    *found, last = strips(block.lines, room, block.units)
    return "\n\n".join([*(_strip(strip, False) for strip in found), _strip(last, sticky)])


def _strip(strip: Strip, sticky: bool) -> str:
    """Rows aligned on their relations, in as many columns as there are."""
    rows = list(strip.rows)
    text = " \\\n".join("  " + " & quad quad ".join(map(_row, cells)) for cells in map(filled, rows))
    alternative = string("; ".join(_in_words(line) for lines in strip.cells for line in lines))
    # A short working stays on one page, and so do columns that are read downwards.
    longest = LONGEST_LINE if sum(map(len, strip.cells)) == 1 else LONGEST_UNBROKEN
    breakable = len(rows) > longest and (strip.across or len(strip.columns) == 1)
    return f"#formula({alternative}{_options(sticky, breakable)}, $\n{text}\n$)"


def _row(row: Printed | None) -> str:
    if row is None:
        return "&"
    left = maths(row.lhs).strip() if row.lhs is not None else ""
    (relation, node), *others = row.steps
    if relation in ("", "+"):
        start = "quad more " + maths(node) if relation else "quad quad " * row.further + continued(node)
    else:
        start = f"{_sign(relation)} {maths(node)}"
    right = start + "".join(f" {_sign(s)} {maths(node)}" for s, node in others)
    gap = " \\\n  &quad" if is_narrow() else " quad quad"
    return f"{left} &{right}".rstrip() + f"{gap} {string(row.why)}" * bool(row.why)


def _in_words(line: Line) -> str:
    left = plain.maths(line.lhs) if line.lhs is not None else ""
    text = left + "".join(f" {relation} {plain.maths(node)}" for relation, node in line.steps)
    return f"{text} ({line.why})".strip() if line.why else text.strip()


def _sign(relation: str) -> str:
    return SIGNS.get(relation, relation)


def _figure(figure: Figure) -> str:
    drawing = figure.drawing
    picture = svg.render(drawing, figure.words)
    scale = min(1, picture_width() / max(drawing.width, 1), HIGHEST_FIGURE / max(drawing.height, 1))
    caption = f", caption: [{_text(figure.caption)}]" if figure.caption else ""
    alternative = string(figure.words.strip() or "figure")
    image = f'image(bytes({string(picture)}), format: "svg", width: {scale * drawing.width:g}pt, alt: {alternative})'
    return f"#figure({image}{caption})"


def _cell(table: Table, row: int, column: int, cell: Text) -> str:
    text = "".join(_words(part) if isinstance(part, str) else _inline(on_one_line(part), True) for part in cell)
    return f"answered[{text}]" if table.is_blank(row, column) and cell else f"[{text}]"


def _table(table: Table, hand: float = CENTIMETRE * 3, columns_of_page: int = 1) -> str:
    """A table, with ``hand`` points for each number to write in; one of many short rows goes on beside itself."""
    room = rooms(table, min(hand, CENTIMETRE * 14 / len(table.header)) - INSET)
    sizes = {i: f"{(points + INSET) / CENTIMETRE:.1f}cm" for i, points in room.items()}
    columns = "".join(f"{sizes.get(i, 'auto')}, " for i in range(len(table.header)))
    header = ", ".join(f"[{_text(title)}]" for title in table.header)
    narrow = len(table.header) <= 3
    in_pieces = beside(table, columns_of_page)
    x, y = (4 if in_pieces > 1 and table.wide else 6), (5.5 if table.to_write_in else 4)
    close = "" if (x, y) == (6, 5.5) else f", inset: (x: {x}pt, y: {y}pt)"
    height = -(-len(table.rows) // in_pieces)
    height = min(TALL_TABLE, height) if narrow or in_pieces > 1 else max(1, height)
    parts = []
    for start in range(0, max(1, len(table.rows)), max(1, height)):
        rows = "".join(
            "  "
            + ", ".join(_cell(table, row, i, cell if any(cells) else ("\u00a0",)) for i, cell in enumerate(cells))
            + ",\n"
            for row, cells in enumerate(table.rows[start : start + height], start)
        )
        table_of = f"table(columns: ({columns}){close},\n  table.header({header}),\n{rows})"
        parts.append(f"fitted({table_of})" if is_narrow() else table_of)
    size = size_of(table) if not is_narrow() else 1.0  # then it is fitted
    if len(parts) == 1:
        text = f"whole({parts[0]})" if len(table.rows) <= TALL_TABLE else parts[0]
        return f"#[#set text(size: {size:.3f}em)\n#{text}]" if size < 1 else f"#{text}"
    parts = [f"whole({part})" for part in parts]
    return f"#grid(columns: {in_pieces}, column-gutter: 1em, row-gutter: 1em,\n" + ",\n".join(parts) + ")"
