"""The reference in a terminal: 80 columns, what can be typed in bold where the terminal shows it."""

from __future__ import annotations

import os
import textwrap

from symnet.paper.document import Block, Code, Document, Heading, Paragraph, Terms
from symnet.paper.formats import text

WIDTH = 80
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def render(document: Document, bold: bool = False) -> str:
    """The document as text; ``bold`` for a terminal that can."""
    bold = bold and not os.environ.get("NO_COLOR")
    parts = [_strong(document.title, bold), *(_block(block, bold) for block in document.blocks)]
    return "\n\n".join(parts) + "\n"


def _block(block: Block, bold: bool) -> str:
    match block:
        case Heading(words):
            return _strong("".join(map(str, words)), bold)
        case Paragraph(words) if all(isinstance(part, str) for part in words):
            return textwrap.fill("".join(map(str, words)), WIDTH, break_long_words=False, break_on_hyphens=False)
        case Terms(items):
            shown = text.terms(items, WIDTH)
            return _terms_in_bold(shown, items) if bold else shown
        case Code(code):
            return textwrap.indent(code, "    ")
        case _:
            return text._block(block)


def _terms_in_bold(shown: str, items: tuple[tuple[str, str], ...]) -> str:
    lines = shown.split("\n")
    waiting = [term for term, _ in items if term]
    for i, line in enumerate(lines):
        if waiting and line.startswith(f"  {waiting[0]}"):
            term = waiting.pop(0)
            lines[i] = f"  {_strong(term, True)}{line[2 + len(term) :]}"
    return "\n".join(lines)


def _strong(words: str, bold: bool) -> str:
    return f"{_BOLD}{words}{_PLAIN}" if bold else words
