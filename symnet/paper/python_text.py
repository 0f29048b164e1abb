"""Text as Python reads it, for the cells of a notebook."""

from __future__ import annotations

import ast


def literal(text: str) -> str:
    """The text as Python reads it, line by line where that can be read by people too."""
    for quotes in ('"""', "'''"):
        for prefix in ("", "r"):
            written = f"{prefix}{quotes}\\\n{text}{quotes}" if not prefix else f"{prefix}{quotes}{text}{quotes}"
            if quotes not in text and _reads_as(written, text):
                return written
    return repr(text)


def quoted(text: str) -> str:
    """The text in quotes, on one line."""
    written = f'"{text}"'
    return written if _reads_as(written, text) else repr(text)


def _reads_as(written: str, text: str) -> bool:
    try:
        return bool(ast.literal_eval(written) == text) and all(c.isprintable() or c == "\n" for c in written)
    except (SyntaxError, ValueError):
        return False
