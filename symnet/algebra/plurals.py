"""Numbers of things in words: one update, 3 updates."""

from __future__ import annotations

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def plural(n: int | str, noun: str, many: str = "") -> str:
    """The noun for so many: "update" for 1, "updates" otherwise, or the plural that is given."""
    return noun if str(n) == "1" else many or f"{noun}s"


def counted(n: int | str, noun: str, many: str = "") -> str:
    """1 update, 12,000 updates."""
    return f"{n if isinstance(n, str) else f'{n:,}'} {plural(n, noun, many)}"


def in_words(n: int, noun: str, many: str = "") -> str:
    """As a sentence says it: one parameter, nine weights, 12 weights."""
    return f"{_WORDS[n]} {plural(n, noun, many)}" if 0 <= n < len(_WORDS) else counted(n, noun, many)


def with_article(shape: str) -> str:
    """A 2-2-1, an 8-3-1: as the first number is read aloud."""
    first = shape.partition("-")[0]
    return f"{'an' if first.startswith('8') or first in ('11', '18') else 'a'} {shape}"
