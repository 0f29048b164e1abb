"""Reading the files that people hand over: what cannot be read is named, and what would be right."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path

from symnet.algebra.mistakes import Mistake, shown

SEPARATORS = ",;\t"


def read_bytes(path: str | Path, where: str, most: int, kind: str) -> bytes:
    """The content of a file, or of standard input for "-"; raises Mistake, also for more than so many bytes.

    ``where`` is what messages call the file, ``kind`` what it is: "exercise", "CSV".
    """
    if str(path) == "-" and sys.stdin is None:  # closed by whoever started the program
        raise Mistake(f"{where}: there is none; name a file, or send one: symnet solve - < FILE")
    try:
        if str(path) == "-":
            raw = sys.stdin.buffer.read(most + 1)
        else:
            with open(path, "rb") as file:
                raw = file.read(most + 1)
    except FileNotFoundError:
        raise Mistake(f"{where}: there is no such file") from None
    except IsADirectoryError:
        raise Mistake(f"{where} is a folder; name the {kind} file in it") from None
    except (OSError, ValueError) as error:
        raise Mistake(f"{where}: {getattr(error, 'strerror', None) or 'it cannot be read'}") from None
    if len(raw) > most:
        raise Mistake(f"{where}: larger than {most:,} bytes, which is more than any {kind} file needs")
    return raw


def text_of(raw: bytes, where: str, form: str = "CSV") -> tuple[str, list[str]]:
    """(text, remarks) of what a spreadsheet saved: UTF-8, UTF-16 with its mark, or what Windows writes in the west.

    ``form`` is what it is to be saved as: "CSV", "text".  Raises Mistake.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return raw.decode("utf-16"), []
        except UnicodeDecodeError:
            raise Mistake(f"{where}: it begins as UTF-16 does, but is not; save it as {form} in UTF-8") from None
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        raise Mistake(f"{where}: line {line} is not UTF-8; save it as {form} in UTF-8") from None
    odd = shown(text.split("\n")[line - 1].strip())
    return text, [f"{where}: it is not UTF-8 and was read as Windows-1252; look whether line {line} is right: {odd}"]


def separator_of(line: str) -> str:
    """What separates the cells of a table with such a first line; what stands in quotes does not count."""
    return max(SEPARATORS, key="".join(line.split('"')[::2]).count)
