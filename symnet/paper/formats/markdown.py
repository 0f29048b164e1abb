"""Markdown that GitHub, GitLab, Jupyter, Quarto and pandoc show alike, with formulas in dollars.

A formula is written so that Markdown lets it through as it stands (``printing.mathjax``): it does not matter which of
the two a host reads first.  What a person typed is text and nothing else.
"""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape as attribute
from typing import assert_never

from symnet.notation.line import Line
from symnet.notation.maths import Maths, row
from symnet.paper.breaking import on_one_line, pieces, rows_of, width
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
    Items,
    Paragraph,
    Space,
    Table,
    Task,
    Terms,
    Text,
    Working,
)
from symnet.paper.pictures import svg
from symnet.paper.printing.mathjax import maths, words

ENDINGS = (".md",)
CANNOT = ("logo", "paper", "size", "columns")
FOLDS = True
ROOM = 80  # letters of maths on a line
_SIGNS = {"=": "=", "+": "+", "≈": r"\approx", "←": r"\leftarrow", "→": r"\to"}
_ACTIVE = frozenset("`*_{}[]<>#|~&^@")  # signs that mean something to one Markdown or another
_AT_THE_START = re.compile(r"^(?:([-+=:%])|(\d+)([.)]))")


def render(document: Document) -> str:
    note = f"**{escape(document.mark).strip()}**" if document.note else _name_line(document)
    layout = document.layout
    head = "".join(f"{_started(escape(line).strip())}\n\n" for line in (layout.header, " · ".join(layout.head)) if line)
    return f"{head}# {_text((document.title,))}\n\n{note}\n\n{render_blocks(document.blocks)}\n"


def _name_line(document: Document) -> str:
    """What is filled in by hand, or is known."""
    first, *others = document.layout.name or ("",)
    blank = r"\_" * 30
    name = escape(document.student).strip()
    filled = [f"Variant {document.variant}"] if document.variant else []
    filled += [f"{escape(first)}: {name or blank}"] if first else [name] * bool(name)
    return " · ".join((*filled, *(f"{escape(label)}: {blank}" for label in others)))


def render_blocks(blocks: tuple[Block, ...]) -> str:
    """Blocks with an empty line between them, without one at the end."""
    return "\n\n".join(filter(None, map(_block, blocks)))


def escape(text: str) -> str:
    """Text as every Markdown shows it: one line of words, in which nothing is a link, a formula or HTML."""
    line = re.sub(" {2,}", " ", "".join(c if c.isprintable() else " " for c in text))
    return re.sub(r"(?i)(://|www\.)", _broken_address, "".join(map(_character, line)))


def _character(c: str) -> str:
    if c == "$":
        return (
            r"<span>\$</span>"  # a dollar that is in no formula: GitHub wants the tag, pandoc and Jupyter the backslash
        )
    if c == "\\":
        return "<span>&#92;</span>"  # nor may \( start one
    return f"\\{c}" if c in _ACTIVE else c


def _broken_address(found: re.Match[str]) -> str:
    """GitHub makes a link of every address that is not written with a backslash in it."""
    return {"://": r"\://"}.get(found[0], found[0][:-1] + r"\.")


def _block(block: Block) -> str:
    match block:
        case Heading(text):
            return f"## {_text(text)}"
        case Paragraph(text):
            return _started(_text(text))
        case Items(items, ordered):
            marks = [f"{i}." if ordered else "-" for i in range(1, len(items) + 1)]
            return "\n".join(f"{mark} {_started(_text(item))}" for mark, item in zip(marks, items, strict=True))
        case Task(number, text, points):
            worth = f" *({escape(points)} point{'s' * (points != '1')})*" if points else ""
            return f"**{number}.** {_text(text)}{worth}"
        case Display(formula):
            return _display(formula)
        case Working(lines):
            return _working(lines)
        case Beside(parts):
            return "\n\n".join(map(render_blocks, parts))
        case Table():
            return _table(block)
        case Figure():
            return _figure(block)
        case Answer(blocks):
            return render_blocks(blocks)
        case Folded(blocks):
            return f"<details>\n<summary>Answer</summary>\n\n{render_blocks(blocks)}\n\n</details>"
        case Space(height):
            return "<br>" * max(1, round(height))
        case Code(code):
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
            return f"{fence}\n{code}\n{fence}"
        case Terms(items):
            return "\n".join(f"- {typed(term)} {escape(said)}".rstrip() for term, said in items)
        case _:
            assert_never(block)


def typed(code: str) -> str:
    """What is typed, among words."""
    fence = "`" * (1 + max(map(len, re.findall("`+", code)), default=0))
    return f"{fence}{code}{fence}" if code else ""


def _text(text: Text, style: str = "") -> str:
    """Words and formulas on one line; ``style`` stands before each that is tall."""
    parts: list[str | Maths] = []
    for part in text:
        if parts and not isinstance(part, str) and not isinstance(parts[-1], str):
            parts[-1] = row(parts[-1], part)  # two formulas side by side would have $$ between them
        elif part != "":
            parts.append(part)
    line = "".join(escape(part) if isinstance(part, str) else _inline(part, style) for part in parts)
    return re.sub(" {2,}", " ", line).strip(" ")


def _inline(node: Maths, style: str = "") -> str:
    latex = maths(on_one_line(node)).strip()
    return f"${style}{latex}$" if "frac{" in latex else f"${latex}$"


def _started(line: str) -> str:
    """The line as the start of a paragraph: not of a list, a rule or a definition."""
    return _AT_THE_START.sub(lambda found: f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}", line)


def _display(formula: Maths) -> str:
    parts = [maths(part).strip() for part in pieces(formula, ROOM, width)]
    if len(parts) == 1:
        return _formula(parts[0])
    return _formula(_aligned([f"& {part}" if i == 0 else rf"& \quad {part}" for i, part in enumerate(parts)]))


def _working(lines: tuple[Line, ...]) -> str:
    rows: list[str] = []
    for line in lines:
        for i, (lhs, steps) in enumerate(rows_of(line, ROOM)):
            first, *others = steps
            further = r"\quad +" if first[0] else r"\qquad" * (i > 0)
            sign = _sign(first[0]) if first[0] not in ("", "+") else further
            right = f"{sign} {maths(first[1]).strip()}"
            right += "".join(f" {_sign(s)} {maths(node).strip()}" for s, node in others)
            rows.append(f"{maths(lhs).strip() if lhs is not None else '{}'} & {right}")
        if line.why:
            rows[-1] += rf" \qquad {words(f'({line.why})')}"
    return _formula(_aligned(rows))


def _sign(relation: str) -> str:
    return _SIGNS.get(relation, relation)


def _aligned(rows: list[str]) -> str:
    body = " \\cr\n".join(rows)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def _formula(latex: str) -> str:
    """A formula on lines of its own, none of which starts as a list or a rule does."""
    lines = [f"{{}}{line}" if re.match(r"[-+=\d]", line) else line for line in latex.split("\n")]
    return "\n".join(("$$", *lines, "$$"))


def _table(table: Table) -> str:
    header = " | ".join(_text(title) for title in table.header)
    rule = " | ".join("---" for _ in table.header)
    rows = [" | ".join(_text(cell, r"\displaystyle ") for cell in cells) for cells in table.rows]
    return "\n".join(f"| {line} |" for line in (header, rule, *rows))


def _figure(figure: Figure) -> str:
    """The picture in the file itself; a host that strips it still says what it shows."""
    picture = b64encode(svg.render(figure.drawing, figure.words).encode()).decode()
    words_of = " ".join(figure.words.split())
    image = f'<img alt="{attribute(words_of)}" src="data:image/svg+xml;base64,{picture}">'
    caption = f"\n\n{_started(_text(figure.caption))}" if figure.caption else ""
    return f"{image}\n\n*Figure: {escape(words_of)}*{caption}"
