"""The windows of a convolution of several channels: one in each, with the kernel's part for it, and all added.

    I₁ with its window   ∗   K₁,₁
                               +       →   Y₁
    I₂ with its window   ∗   K₁,₂

It is drawn for the first filter; the others do the same with kernels of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from symnet.algebra.equations import Equation, Expr
from symnet.algebra.windows import conv
from symnet.figures.grids import SIZE, TITLE, Grid, Place, Window
from symnet.figures.windows import LARGEST, listed, marked_in, numbers_of, with_border
from symnet.notation.entries import with_index
from symnet.notation.maths import Maths, Operator, row
from symnet.paper.document import Figure
from symnet.paper.drawing import Drawing, Label, Mark
from symnet.paper.lettering import width_of
from symnet.paper.printing.text import maths as text_of
from symnet.working.arrays import entries, places, shape_of
from symnet.working.work import Work

MOST = 4  # channels
_ROWS = 24  # of all pictures, one below the other
_APART, _BETWEEN, _EDGE = 26.0, 14.0, 2.0  # points between grids, between channels and around everything


@dataclass(frozen=True)
class Channels:
    """The first filter of a convolution: the pictures and the parts of the kernel, channel by channel, and the result.

    ``marked`` are the entries of the result whose windows are drawn, the thick one first.
    """

    of: tuple[str, str, str]  # the arrays of the result, the picture and the kernel
    pictures: Any  # nested names, one for each channel
    kernels: Any
    result: Any
    filters: int  # 0 where the arrays have no axis for them
    stride: int
    padding: int
    bias: str
    marked: tuple[tuple[str, Place], ...]


def channels_of(work: Work) -> Channels | None:
    """The first convolution of several channels that is small enough to draw."""
    for equation in work.problem.whole:
        for part in sorted(equation.rhs.atoms(conv), key=str):
            found = _read(work, equation, part)
            if found is not None:
                return found
    return None


def _read(work: Work, equation: Equation, part: Expr) -> Channels | None:
    picture, kernel, stride, padding, *bias = part.args
    if not (picture.is_Symbol and kernel.is_Symbol):
        return None
    arrays = work.problem.arrays
    x, k, y = (arrays.get(name, "") for name in (picture.name, kernel.name, equation.name))
    shape, several = shape_of(x), len(shape_of(k)) == 4
    if len(shape) != 3 or len(shape_of(k)) not in (3, 4) or len(shape_of(y)) != (3 if several else 2):
        return None
    high, wide = (length + 2 * int(padding) for length in shape[1:])
    if not 1 < shape[0] <= MOST or max(high, wide) > LARGEST or shape[0] * (high + 1) > _ROWS:
        return None
    kernels, result = (k[0], y[0]) if several else (k, y)
    size, within = shape_of(kernels[0]), (shape[1], shape[2])
    marked = marked_in(result, (size[0], size[1]), int(stride), int(padding), within)
    of = (equation.name, picture.name, kernel.name)
    added = next((name.name for name in bias if name.is_Symbol), "")
    return Channels(of, x, kernels, result, len(y) if several else 0, int(stride), int(padding), added, marked)


def channels_figure(work: Work, found: Channels) -> Figure:
    """The channels one below the other, and what they give together."""
    nodes = [work.names.node(entry) for entry, _ in found.marked]
    each = "a window in every channel; what each window gives with its kernel is added."
    others = " The other filters do the same with kernels of their own." if found.filters > 1 else ""
    said = (*listed(nodes), f" {'have' if len(nodes) > 1 else 'has'} {each}{others}")
    return Figure(partial(_drawing, work, found), _words(work, found), said)


def _names(work: Work, found: Channels) -> tuple[Maths, list[Maths], list[Maths]]:
    """The names of the result, of the pictures and of the kernels: Y₁, I₁, I₂ and K₁,₁, K₁,₂."""
    result, picture, kernel = map(work.names.node, found.of)
    if found.filters:
        result, kernel = with_index(result, "1"), with_index(kernel, "1")
    count = range(1, len(found.pictures) + 1)
    return result, [with_index(picture, f"{c}") for c in count], [with_index(kernel, f"{c}") for c in count]


def _drawing(work: Work, found: Channels) -> Drawing:
    result_name, picture_names, kernel_names = _names(work, found)
    size = shape_of(found.kernels[0])
    steps = [(i * found.stride, j * found.stride, size[0], size[1]) for _, (i, j) in found.marked]
    windows: tuple[Window, ...] = tuple(
        (*at, style) for at, style in reversed([*zip(steps, ("path", "second"), strict=False)])
    )
    rows = []
    for c, (x, k) in enumerate(zip(found.pictures, found.kernels, strict=True)):
        texts, edge, shape = with_border(work, x, found.padding)
        picture = Grid(picture_names[c], *shape, texts, windows, edge)
        kernel = Grid(kernel_names[c], size[0], size[1], numbers_of(work, k), ((0, 0, size[0], size[1], "path"),))
        rows.append((picture, kernel))
    marked = reversed([*zip(found.marked, ("path", "second"), strict=False)])
    of_result = tuple((i, j, 1, 1, style) for (_, (i, j)), style in marked)
    out = shape_of(found.result)
    names = {(i - 1, j - 1): work.names.node(entry) for entry, (i, j) in places(found.result)}
    result = Grid(result_name, out[0], out[1], names, of_result)
    bias = next(iter(entries(work.problem.arrays[found.bias]))) if found.bias else ""
    return _laid_out(rows, result, row(Operator("+", prefix=True), work.names.node(bias)) if bias else "")


def _laid_out(rows: list[tuple[Grid, Grid]], result: Grid, bias: Maths | str) -> Drawing:
    first = max(picture.width for picture, _ in rows)
    second = max(kernel.width for _, kernel in rows)
    beside = _EDGE + first + _APART
    marks: list[Mark] = []
    y = _EDGE
    for i, (picture, kernel) in enumerate(rows):
        high = max(picture.height, kernel.height)
        if i:
            marks.append(Label(beside + second / 2, y + _BETWEEN / 2, "+", size=SIZE + 2))
            y += _BETWEEN
        marks += picture.marks(_EDGE + (first - picture.width) / 2, y + (high - picture.height) / 2)
        marks += kernel.marks(beside + (second - kernel.width) / 2, y + (high - kernel.height) / 2)
        marks.append(Label(beside - _APART / 2, y + high / 2 + picture.head / 2, "∗", size=SIZE + 2))
        y += high
    at = beside + second + max(_APART, width_of(bias) * SIZE + 12)
    middle = _EDGE + max(y - _EDGE, result.height) / 2
    before = (beside + second + at) / 2
    marks.append(Label(before, middle + result.head / 2, "→", size=SIZE + 2))
    if bias:
        marks.append(Label(before, middle + result.head / 2 - TITLE, bias, size=SIZE))
    marks += result.marks(at, middle - result.height / 2)
    return Drawing(at + result.width + _EDGE, max(y, _EDGE + result.height) + _EDGE, tuple(marks))


def _words(work: Work, found: Channels) -> str:
    result, pictures, kernels = _names(work, found)
    size = " × ".join(map(str, shape_of(found.kernels[0])))
    each = " plus ".join(f"{text_of(x)} with {text_of(k)}" for x, k in zip(pictures, kernels, strict=True))
    border = f", with a border of {found.padding} of zeros" if found.padding else ""
    marked = " and ".join(text_of(work.names.node(entry)) for entry, _ in found.marked)
    bias = " plus the bias" if found.bias else ""
    return (
        f"{text_of(result)} is the sum over {len(pictures)} channels of what windows of {size} give{border}: "
        f"{each}{bias}; each window is {found.stride} further than the one before. Marked are those of {marked}."
    )
