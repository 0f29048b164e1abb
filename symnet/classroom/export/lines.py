"""What a person typed, as it may stand in a file of text."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """The text with a space for what no file may hold; marks that join an emoji or turn words stay."""
    return "".join(c if _is_allowed(c) else " " for c in text)


def title(text: str) -> str:
    """The text on one line, or "Exercise" where nothing of it is seen."""
    line = " ".join(plain(text).split())
    return line if any(c.isprintable() for c in line) else "Exercise"


def _is_allowed(c: str) -> bool:
    return unicodedata.category(c) not in ("Cc", "Cs", "Zl", "Zp") and ord(c) & 0xFFFE != 0xFFFE
