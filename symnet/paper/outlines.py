"""A word as a path: the letters that a format has no font for, drawn.

Matplotlib (3.11 and later) sets the word as its script wants it, joined and from right to left, in DejaVu, which comes
with it, or else in a font that is installed.  It is imported when a word is first drawn; where it is not installed, or
no font has all the signs of a word, there is no outline.
"""

from __future__ import annotations

import unicodedata
import warnings
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from symnet.paper.scripts import is_seen

EM = 1000  # the units of an outline
SIZE = 0.9  # of DejaVu beside Computer Modern, whose small letters are lower
# With Matplotlib; the first is nearest to Computer Modern.
BROUGHT = ("DejaVuSerif", "DejaVuSans", "STIXGeneral", "DejaVuSansDisplay", "DejaVuSansMono")
_LAST_RESORT = "LastResort"  # has a box for every sign there is


@dataclass(frozen=True)
class Outline:
    """The filled path of a word; lengths are in thousandths of an em, upwards from the line it stands on."""

    width: int
    height: int
    depth: int
    moves: tuple[tuple[str, tuple[int, ...]], ...]  # as in SVG: M, L, C with absolute points, and Z


@lru_cache(maxsize=4096)
def outline(word: str) -> Outline | None:
    """The word by the first font that has all its signs; None where none has."""
    found = (_drawn(word, font) for font in _fonts() if _has(font, word))
    return next((drawn for drawn in found if drawn is not None), None)


@cache
def brought(names: tuple[str, ...] = BROUGHT) -> tuple[Path, ...]:
    """The files of fonts that come with Matplotlib; none where it is not installed."""
    try:
        import matplotlib
    except ImportError:
        return ()
    files = (Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf") for name in names)
    return tuple(file for file in files if file.exists())


@cache
def _fonts() -> tuple[Path, ...]:
    """The files of all fonts, in the same order every time; none where Matplotlib would not join letters."""
    try:
        from matplotlib.font_manager import findSystemFonts, fontManager
        from matplotlib.ft2font import __libraqm_version__  # noqa: F401
    except ImportError:
        return ()
    installed = sorted(
        (font.style != "normal", abs(_weight(font.weight) - 400), font.name, font.fname)
        for font in fontManager.ttflist
        if _LAST_RESORT not in font.fname
    )
    # Matplotlib remembers its list, so a font that was installed since stands only in the folders.
    new = sorted(path for path in findSystemFonts() if _LAST_RESORT not in path)
    return tuple(dict.fromkeys((*brought(), *(Path(font[-1]) for font in installed), *map(Path, new))))


def _weight(weight: int | str) -> int:
    return weight if isinstance(weight, int) else {"bold": 700, "light": 300}.get(weight, 400)


@cache
def _signs(font: Path) -> frozenset[int]:
    """The signs that a font has outlines of; none where it cannot be read, or holds pictures made of dots."""
    from matplotlib.font_manager import get_font

    try:
        face = get_font(font)
        return frozenset(face.get_charmap()) if face.scalable else frozenset()
    except (OSError, RuntimeError, ValueError):
        return frozenset()


def _has(font: Path, word: str) -> bool:
    signs = _signs(font)
    return all(
        ord(c) in signs or all(ord(part) in signs for part in unicodedata.normalize("NFD", c))
        for c in word
        if is_seen(c)
    )


def _drawn(word: str, font: Path) -> Outline | None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    properties = FontProperties(fname=font, size=text_to_path.FONT_SCALE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of marks without a shape, such as a joiner
        points, codes = text_to_path.get_text_path(properties, word)
        wide, _, _ = text_to_path.get_text_width_height_descent(word, properties, ismath=False)
    scale = SIZE * EM / text_to_path.FONT_SCALE
    moves = _moves([(scale * float(x), scale * float(y)) for x, y in points], list(map(int, codes)))
    heights = [y for _, places in moves for y in places[1::2]]
    if not heights:
        return None
    return Outline(round(scale * wide), max(0, *heights), max(0, *(-y for y in heights)), tuple(moves))


def _moves(points: list[tuple[float, float]], codes: list[int]) -> list[tuple[str, tuple[int, ...]]]:
    """Matplotlib's path with a parabola's arc as the cubic that it is."""
    from matplotlib.path import Path as Codes

    moves: list[tuple[str, tuple[int, ...]]] = []
    at, i = (0.0, 0.0), 0
    while i < len(codes):
        code, here = codes[i], points[i]
        if code == Codes.MOVETO:
            moves.append(("M", _rounded(here)))
            at, i = here, i + 1
        elif code == Codes.LINETO:
            moves.append(("L", _rounded(here)))
            at, i = here, i + 1
        elif code == Codes.CURVE3:
            end = points[i + 1]
            inner = [_between(at, here), _between(end, here)]
            moves.append(("C", _rounded(*inner, end)))
            at, i = end, i + 2
        elif code == Codes.CURVE4:
            moves.append(("C", _rounded(*points[i : i + 3])))
            at, i = points[i + 2], i + 3
        else:
            if code == Codes.CLOSEPOLY:
                moves.append(("Z", ()))
            i += 1
    return moves


def _between(end: tuple[float, float], control: tuple[float, float]) -> tuple[float, float]:
    return end[0] + 2 / 3 * (control[0] - end[0]), end[1] + 2 / 3 * (control[1] - end[1])


def _rounded(*points: tuple[float, float]) -> tuple[int, ...]:
    return tuple(round(length) for point in points for length in point)
