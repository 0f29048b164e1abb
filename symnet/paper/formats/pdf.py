"""PDF: made by Typst (``pip install 'symnet[pdf]'``, nothing else is needed) or by a TeX that is installed.

Typst makes a tagged PDF with alternative texts that keeps to PDF/UA-1, the standard for readers who cannot see the
page; it comes with its fonts (New Computer Modern) and asks no network.  The same document gives the same bytes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from symnet.algebra.mistakes import Mistake, NotInstalled, shown
from symnet.ours import MARK
from symnet.paper import outlines
from symnet.paper.document import Document
from symnet.paper.formats import latex, typst
from symnet.paper.scripts import is_seen, may_end_between

ENDINGS = (".pdf",)
ENGINES = ("typst", "latex")
TEX = ("pdflatex", "xelatex", "lualatex", "tectonic")
MOST_RUNS = 3  # of TeX, until what it writes for its next run stays the same; of Typst, until it misses no sign
LONGEST_RUN = 120  # seconds
WITH_TYPST = ("DejaVuSans", "DejaVuSans-Bold", "STIXGeneral")  # fonts of Matplotlib
_BREAK = "\u200b"  # nothing, after which a line may end
_MISSING = re.compile(r'the text `"(.+?)"` could not be displayed')

# Without these, pdfTeX and LuaTeX put an identifier of the time and the folder into the file.
_QUIET = {
    "pdflatex": r"\pdftrailerid{}\pdfsuppressptexinfo=-1\input{sheet.tex}",
    "lualatex": r"\pdfvariable trailerid{}\pdfvariable suppressoptionalinfo 767\input{sheet.tex}",
}

_FIRST_LINE = re.compile(rb"\\documentclass\[\d\dpt,\w+paper,fleqn(,twocolumn)?\]\{article\}\n")  # of a sheet of ours


class NoTeX(NotInstalled):
    """Asked for a PDF by TeX where there is none."""

    def __init__(self) -> None:
        Mistake.__init__(
            self,
            "no TeX (pdflatex, xelatex, lualatex, tectonic) is installed: apt-get install texlive-latex-recommended "
            "texlive-pictures, or without TeX: pip install 'symnet[pdf]'",
        )


def render(document: Document, engine: str = "") -> bytes:
    """The PDF by ``engine`` ("typst" or "latex"), else by Typst where it is installed, else by TeX."""
    return _made(lambda module: module.render(document), (document,), engine)


def render_together(documents: Sequence[Document], engine: str = "") -> bytes:
    """Several papers in one PDF, each on pages of its own that are counted from 1."""
    return _made(lambda module: module.render_together(documents), documents, engine)


def _made(source: Callable[[Any], str], documents: Sequence[Document], engine: str) -> bytes:
    """The PDF of what a module, ``typst`` or ``latex``, gives as the source of the documents."""
    chosen = engine or available()
    if chosen == "latex":
        return _by_tex(source(latex), latex.files_beside(documents))
    if chosen == "typst":
        return _by_typst(f'#set document(keywords: "{MARK}")\n{source(typst)}')
    if chosen:
        raise Mistake(f"{shown(chosen)} is no engine for PDF; it must be typst or latex")
    raise NotInstalled("Typst", "pdf")


def available() -> str:
    """The engine that is used when none is asked for; "" where none is installed."""
    if find_spec("typst") is not None:
        return "typst"
    return "latex" if _tex() else ""


def instead(path: Path) -> Path:
    """The path itself, or where no engine is installed that of the LaTeX; raises Mistake where it would overwrite."""
    if available():
        return path
    source = path.with_suffix(".tex")
    if source.exists() and not _FIRST_LINE.match(source.read_bytes()):
        raise Mistake(
            f"{shown(path, 200)} needs Typst: pip install 'symnet[pdf]'; {shown(source, 200)}, which would be written "
            "instead, is there already and is no sheet"
        )
    return source


def _by_typst(source: str) -> bytes:
    """Typst's fonts have every sign of a formula; words may need those of Matplotlib or of this machine.

    A sign that no font has is shown by its number in Unicode.
    """
    try:
        import typst as compiler
    except ImportError:
        raise NotInstalled("Typst", "pdf") from None
    with tempfile.TemporaryDirectory(prefix="symnet-") as folder:
        for options, last in _fonts(source, Path(folder)):
            try:
                return bytes(compiler.compile(source.encode(), format="pdf", pdf_standards=["ua-1"], **options))
            except (RuntimeError, ValueError) as error:
                missing = _missing(getattr(error, "diagnostic", "") or str(error))
                if not missing:
                    break
                if last:
                    source = _numbered(source, missing)
        try:  # an older Typst knows no PDF/UA
            return bytes(compiler.compile(source.encode(), format="pdf", **options))
        except (RuntimeError, ValueError) as error:
            raise Mistake(f"Typst cannot set this sheet: {_first_line(str(error))}") from None


def _fonts(source: str, folder: Path) -> Iterator[tuple[dict[str, Any], bool]]:
    """Which fonts Typst is to use, one choice after another; whether they are all there are."""
    # Of Typst's own fonts, only one in which all letters are equally wide has Arabic.
    if not any(unicodedata.bidirectional(c) in ("AL", "AN") for c in source):
        yield {"ignore_system_fonts": True}, False
    paths: dict[str, Any] = {}
    if fonts := outlines.brought(WITH_TYPST):
        for font in fonts:
            shutil.copy(font, folder)  # alone, since beside them lies one that has a box for every sign
        paths = {"font_paths": [str(folder)]}
        yield {"ignore_system_fonts": True, **paths}, False
    for _ in range(MOST_RUNS):
        yield {"ignore_system_fonts": False, **paths}, True


def _missing(complaint: str) -> set[str]:
    """The signs that Typst says no font has."""
    texts = (re.sub(r"\\u\{(\w+)\}", lambda c: chr(int(c[1], 16)), text) for text in _MISSING.findall(complaint))
    return {c for text in texts for c in text if not c.isascii()}


def _numbered(source: str, missing: set[str]) -> str:
    """The source with the numbers of the signs that are missing; a line may end before each, as before the sign."""
    numbered = missing - {_BREAK} or missing  # Typst names the whole text in which one is missing
    text = before = ""
    for c in source:
        if c not in numbered:
            text += c
        elif is_seen(c):
            text += _BREAK * may_end_between(before or " ", c, long=True) + f"[U+{ord(c):04X}]"
        before = c
    return text


def _tex() -> str | None:
    """The path of the TeX that is installed."""
    return next((path for name in TEX if (path := shutil.which(name))), None)


def _by_tex(source: str, beside: Mapping[str, bytes]) -> bytes:
    program = _tex()
    if program is None:
        raise NoTeX()
    name = Path(program).stem
    if name == "tectonic":
        command = [program, "--untrusted", "sheet.tex"]
    else:
        options = ["-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "-jobname=sheet"]
        command = [program, *options, _QUIET.get(name, "sheet.tex")]
    dated = {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1"}
    kept_in = {"openin_any": "p", "openout_any": "p", "max_print_line": "1000"}
    with tempfile.TemporaryDirectory(prefix="symnet-") as folder:
        (Path(folder) / "sheet.tex").write_text(source, encoding="utf-8")
        for picture, content in beside.items():
            (Path(folder) / picture).write_bytes(content)
        notes = None
        for _ in range(MOST_RUNS):
            try:
                done = subprocess.run(
                    command,
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=LONGEST_RUN,
                    env={**os.environ, **dated, **kept_in},
                )
            except subprocess.TimeoutExpired:
                raise Mistake(f"{name} did not end within {LONGEST_RUN} seconds") from None
            except OSError as error:
                raise Mistake(f"{name} cannot be run: {error.strerror}") from None
            made = Path(folder) / "sheet.pdf"
            if done.returncode != 0 or not made.exists():
                said = (done.stdout + b"\n" + done.stderr).decode("utf-8", "replace")
                raise Mistake(f"{name} cannot set this sheet: {_complaint(said)}")
            auxiliary = Path(folder) / "sheet.aux"
            before, notes = notes, auxiliary.read_bytes() if auxiliary.exists() else b""
            if notes == before or notes.strip() in (b"", b"\\relax"):
                break
        return made.read_bytes()


def _complaint(log: str) -> str:
    """What TeX says is wrong, on one line."""
    lines = log.splitlines()
    marked = [line for line in lines if line.startswith(("!", "error:"))]
    said = marked or [line for line in lines if line.strip()][-1:]
    return _first_line("\n".join(said).removeprefix("!"))


def _first_line(text: str) -> str:
    line = next((line for line in text.splitlines() if line.strip()), "it says nothing")
    return shown(line.strip(), 200)
