"""What shows that a file was written by symnet, so that it may be replaced: a mark in it that readers do not see.

Text that has comments ends with one; a PNG has it as a text chunk; a PDF as its creator or a keyword, or as a comment
at its end; a notebook among its metadata.  JSON and saved parameters name symnet anyway.  CSV and plain text have no
room for a mark: they count as ours where their first line is the one that is about to be written, such as the header
of a table of marks.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

MARK = "made by symnet"
_HTML = f"<!-- {MARK} -->\n"
_COMMENTS = {
    ".tex": f"% {MARK}\n", ".typ": f"// {MARK}\n", ".dot": f"// {MARK}\n",
    ".html": _HTML, ".htm": _HTML, ".svg": _HTML, ".xml": _HTML, ".md": _HTML,
}  # fmt: skip
_NAMED = {".json": b'"symnet.', ".npz": b"symnet.npy", ".safetensors": b'"symnet"'}
_PNG = b"\x89PNG\r\n\x1a\n"


def marked(content: str | bytes, suffix: str) -> bytes:
    """The content of a file with such an ending, with its mark."""
    data = content.encode() if isinstance(content, str) else content
    if MARK.encode() in data:
        return data
    comment = _COMMENTS.get(suffix, "").encode()
    if suffix == ".pdf" and data.startswith(b"%PDF"):
        comment = f"%{MARK}\n".encode()
    if comment:
        return data + (b"" if data.endswith(b"\n") else b"\n") + comment
    if data.startswith(_PNG):
        end = 8 + 12 + 13  # its first chunk, which says the size
        chunk = b"tEXt" + f"Software\0{MARK}".encode("latin-1")
        length, check = struct.pack(">I", len(chunk) - 4), struct.pack(">I", zlib.crc32(chunk))
        return data[:end] + length + chunk + check + data[end:]
    return data


def is_ours(path: Path, content: bytes | None = None) -> bool:
    """Whether the file, which is there, may be replaced by the content (None: it is not known yet).

    One that is empty or the same may; raises OSError where it cannot be read.
    """
    data = path.read_bytes()
    if not data or data == content or MARK.encode() in data:
        return True
    suffix = path.suffix.lower()
    if suffix in _NAMED:
        return _NAMED[suffix] in data
    if suffix in _COMMENTS or suffix in (".pdf", ".png", ".ipynb"):
        return False
    if content is None:
        return True  # said when it is known
    first = data.splitlines()[0].strip()
    return bool(first) and first == content.partition(b"\n")[0].strip()
