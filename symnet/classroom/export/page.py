"""Blocks as HTML for a page of Moodle, with formulas for MathJax in \\( … \\) and pictures beside it.

What a person typed is text and nothing else: the signs that Moodle or one of its filters looks for stand in an element
of their own, which an editor of Moodle keeps.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape as escaped
from typing import assert_never

from symnet.classroom.export import formulas
from symnet.classroom.export.lines import plain
from symnet.paper.document import (
    Answer,
    Beside,
    Block,
    Code,
    Display,
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

_MEANT_FOR_MOODLE = re.compile(r"[{}\\$@\[\]]")
_TURNING = ("R", "AL", "AN", "RLE", "RLO", "LRE", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI")
ENLARGED = 1.7  # pixels a point: letters of a picture as large as those beside it
_CELL = 'style="padding:.2em .8em"'


class Page:
    """Writes blocks; ``files`` are the pictures that belong to what has been written, by name."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def blocks(self, blocks: tuple[Block, ...]) -> str:
        return "\n".join(filter(None, map(self.block, blocks)))

    def block(self, block: Block) -> str:
        match block:
            case Heading(words):
                return f"<h4>{text(words)}</h4>"
            case Paragraph(words):
                return f"<p>{text(words)}</p>"
            case Items(items, ordered):
                kind = "ol" if ordered else "ul"
                return f"<{kind}>{''.join(f'<li>{text(item)}</li>' for item in items)}</{kind}>"
            case Task(number, words):
                return f"<p><strong>{number}.</strong> {text(words)}</p>"
            case Display(shown):
                return f"<p>{_in_display(formulas.display(shown))}</p>"
            case Working(lines):
                return f"<p>{_in_display(formulas.working(lines))}</p>"
            case Beside(parts):
                return "\n".join(map(self.blocks, parts))
            case Table(header, rows):
                return table(header, [[text(cell, r"\displaystyle ") for cell in cells] for cells in rows])
            case Figure():
                return self._figure(block)
            case Answer(blocks) | Folded(blocks):
                return self.blocks(blocks)
            case Space():
                return ""  # there is nothing to write on
            case Code(code):
                return f"<pre>{_said(code)}</pre>"
            case Terms(items):
                return "\n".join(f"<p><code>{_said(term)}</code> {_said(of_it)}</p>" for term, of_it in items)
            case _:
                assert_never(block)

    def _figure(self, figure: Figure) -> str:
        name = f"figure-{len(self.files) + 1}.svg"
        self.files[name] = svg.render(figure.drawing, figure.words).encode()
        size = f'style="width:{figure.drawing.width * ENLARGED:.0f}px;max-width:100%;height:auto"'
        image = f'<img src="@@PLUGINFILE@@/{name}" alt="{_attribute(figure.words)}" {size}>'
        return f"<p>{image}</p>" + (f"<p>{text(figure.caption)}</p>" if figure.caption else "")


def table(header: tuple[Text, ...], rows: list[list[str]]) -> str:
    """A table of cells that are HTML already."""
    titles = "".join(f'<th scope="col" {_CELL}>{text(title)}</th>' for title in header)
    lines = "\n".join(f"<tr>{''.join(f'<td {_CELL}>{cell}</td>' for cell in cells)}</tr>" for cells in rows)
    head = f"<thead><tr>{titles}</tr></thead>\n" if titles else ""
    return f'<table class="table table-sm w-auto" style="width:auto">\n{head}<tbody>\n{lines}\n</tbody>\n</table>'


def text(parts: Text, style: str = "") -> str:
    """Words and formulas."""
    return "".join(words(part) if isinstance(part, str) else _in_line(formulas.inline(part, style)) for part in parts)


def words(said: str) -> str:
    """Words alone; those that run from right to left keep their direction to themselves."""
    shown = _MEANT_FOR_MOODLE.sub(lambda found: f'<span class="nolink">{found[0]}</span>', escaped(plain(said)))
    turns = any(unicodedata.bidirectional(c) in _TURNING for c in said)
    return f"<bdi>{shown}</bdi>" if turns else shown


def _said(said: str) -> str:
    return words(said)


def _attribute(said: str) -> str:
    """Words in an attribute, where no element can stand: those signs are written by number."""
    return _MEANT_FOR_MOODLE.sub(lambda found: f"&#{ord(found[0])};", escaped(" ".join(plain(said).split())))


def _in_line(latex: str) -> str:
    return rf"\({escaped(latex, quote=False)}\)"


def _in_display(latex: str) -> str:
    return rf"\[{escaped(latex, quote=False)}\]"
