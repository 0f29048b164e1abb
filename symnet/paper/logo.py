"""The picture at the head of a sheet: read when a sheet is made, and looked at before it goes into any file."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from symnet.algebra.mistakes import Mistake, shown
from symnet.reading import read_bytes

LARGEST = 2_000_000  # bytes
MEDIA = {"png": "image/png", "jpg": "image/jpeg", "svg": "image/svg+xml", "pdf": "application/pdf"}
_NOTHING_MORE = "a logo must be a picture: png, jpg, svg or pdf"


@dataclass(frozen=True)
class Picture:
    """``kind`` is png, jpg, svg or pdf, by what is in it and not by its name."""

    kind: str
    data: bytes

    @property
    def name(self) -> str:
        """What it is called beside a sheet that shows it: by what is in it, so that no other file is ever replaced."""
        return f"logo-{sha256(self.data).hexdigest()[:8]}.{self.kind}"


@dataclass(frozen=True)
class Logo:
    """A picture in a file, named as ``path``; ``where`` stands in messages."""

    path: Path
    where: str = "logo"

    def read(self, allowed: tuple[str, ...] = tuple(MEDIA)) -> Picture:
        """The picture; raises Mistake where there is none, it is too large, or is none of the ``allowed`` kinds."""
        name = f"{self.where} {shown(self.path, 200)}"
        data = read_bytes(self.path, name, LARGEST, "logo")
        kind = next((kind for kind, test in _TESTS.items() if test(data)), "")
        if not kind:
            raise Mistake(f"{name} is no picture that can be read; {_NOTHING_MORE}")
        if kind not in allowed:
            raise Mistake(f"{name} is a {kind}; here it can be {', '.join(allowed[:-1])} or {allowed[-1]}")
        return Picture(kind, data)


def _is_png(data: bytes) -> bool:
    """A header, whole chunks whose sums are right, and the end."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return False
    at, kinds = 8, []
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        chunk = data[at + 4 : at + 8 + length]
        if len(chunk) != 4 + length or zlib.crc32(chunk) != int.from_bytes(data[at + 8 + length : at + 12 + length]):
            return False
        kinds.append(chunk[:4])
        at += 12 + length
        if kinds[-1] == b"IEND":
            break
    return kinds[:1] == [b"IHDR"] and b"IDAT" in kinds and kinds[-1] == b"IEND"


def _is_jpg(data: bytes) -> bool:
    """Segments from the start of the image to its frame and scan, and the end."""
    at, framed = 2, False
    if not data.startswith(b"\xff\xd8\xff") or b"\xff\xd9" not in data[-64:]:
        return False
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xDA:
            return framed
        framed |= 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return False


def _is_svg(data: bytes) -> bool:
    """A drawing without entities, which could name other files, and without a script."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    start = re.match(r"\s*(?:<\?xml[^>]*\?>\s*|<!--.*?-->\s*|<!DOCTYPE svg[^>\[]*>\s*)*<svg[\s>]", text, re.DOTALL)
    return bool(start) and text.rstrip().endswith("</svg>") and not re.search(r"<!ENTITY|<script", text, re.I)


def _is_pdf(data: bytes) -> bool:
    return data.startswith(b"%PDF-1.") and b"%%EOF" in data[-1024:]


_TESTS: dict[str, Callable[[bytes], bool]] = {"png": _is_png, "jpg": _is_jpg, "svg": _is_svg, "pdf": _is_pdf}
