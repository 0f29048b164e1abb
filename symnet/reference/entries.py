"""What the reference is made of: entries, each of which describes one thing that can be typed.

A topic is a module of ``topics``: ``SAYS`` is its line in the list, ``entries()`` makes its entries from the
definitions themselves.  ``ORDER`` is its place in the list.  To add a topic, add a module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import getdoc
from typing import Protocol

from symnet.paper.document import Block, Code, Paragraph, Terms


@dataclass(frozen=True)
class Entry:
    """One thing that can be typed: its name, a line that says what it is, and more for who asks for it by name.

    ``terms`` are what can be said with it, ``example`` is how it is typed.  ``start`` is the kind of file
    (``symnet new``) that the example is added to, "" where it is a file or a command by itself.  ``also`` are other
    words that it is found by; one that is not ``listed`` is only found by its name.
    """

    name: str
    says: str
    more: tuple[str, ...] = ()
    terms: tuple[tuple[str, str], ...] = ()
    example: str = ""
    start: str = ""
    also: tuple[str, ...] = ()
    listed: bool = True

    def blocks(self) -> Iterator[Block]:
        """The entry in full, but for its name."""
        yield Paragraph((self.says,))
        yield from self.rest()

    def rest(self) -> Iterator[Block]:
        """What is said beside its one line."""
        yield from (Paragraph((words,)) for words in self.more)
        if self.terms:
            yield Terms(self.terms)
        if self.example:
            if self.start:
                yield Paragraph((f"For example, added to the file that symnet new {self.start} writes:",))
            yield Code(self.example)


class Topic(Protocol):
    """What a module of ``topics`` has."""

    ORDER: int
    SAYS: str

    @staticmethod
    def entries() -> tuple[Entry, ...]: ...


def told(described: object) -> tuple[str, tuple[str, ...]]:
    """A docstring as (its first sentence or paragraph, the other paragraphs), in plain words."""
    paragraphs = [plain(part) for part in (getdoc(described) or "").split("\n\n")]
    return (paragraphs[0] if paragraphs else "", tuple(paragraphs[1:]))


def plain(text: str) -> str:
    """Words of a docstring with plain quotes around names, on one line."""
    return " ".join(re.sub(r"``([^`]*)``", r'"\1"', text).replace('""', '"').split())
