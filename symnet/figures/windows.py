"""The windows of a convolution or a pool, drawn on the picture that they move over.

    I with a border of zeros   ∗   K   =   Y      the window of Y₁₁ and, dashed, the next one

On a sheet the numbers of the picture and of the kernel stand there where they are given; of the result the names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import prod

from symnet.algebra.array_formulas import Nested
from symnet.algebra.equations import Equation, Expr
from symnet.algebra.windows import Pool, conv
from symnet.figures.grids import SIZE, Grid, Place, Window
from symnet.notation.maths import Maths, Number, row
from symnet.notation.typesetter import given_number
from symnet.paper.document import Figure
from symnet.paper.drawing import PAGE, Drawing, Label, Mark, shifted
from symnet.paper.printing.text import maths as text_of
from symnet.working.arrays import places, shape_of
from symnet.working.work import Work

LARGEST = 8  # rows or columns of a picture with its border
_APART = 26.0  # points between two grids
_BESIDE, _BELOW = 40.0, 12.0  # and between one operation and the next
_EDGE = 2.0  # around everything, for half of the widest line


@dataclass(frozen=True)
class Windows:
    """One operation: ``name`` is the result, ``picture`` what the windows are on, ``kernel`` "" for a pool."""

    name: str
    picture: str
    kernel: str
    size: Place
    stride: int
    padding: int
    marked: tuple[tuple[str, Place], ...]  # the entries of the result whose windows are drawn, the thick one first


def windows_of(work: Work) -> Iterator[Windows]:
    """The convolutions and pools of matrices whose pictures are small enough to draw."""
    for equation in work.problem.whole:
        for part in equation.rhs.atoms(conv, Pool):
            found = _read(work, equation, part)
            if found is not None:
                yield found


def _read(work: Work, equation: Equation, part: Expr) -> Windows | None:
    picture, second = part.args[0], part.args[1]
    shape = shape_of(_matrix(work, getattr(picture, "name", "")))
    result = _matrix(work, equation.name)
    if len(shape) != 2 or len(shape_of(result)) != 2:
        return None
    if isinstance(part, conv):
        kernel = second.name if second.is_Symbol else ""
        size = shape_of(_matrix(work, kernel))
        stride, padding = int(part.args[2]), int(part.args[3])
    else:
        kernel, size, stride, padding = "", (int(second),) * 2, int(part.args[2]), 0
    if len(size) != 2 or max(shape) + 2 * padding > LARGEST:
        return None
    marked = marked_in(result, (size[0], size[1]), stride, padding, (shape[0], shape[1]))
    return Windows(equation.name, picture.name, kernel, (size[0], size[1]), stride, padding, marked)


def _matrix(work: Work, name: str) -> Nested:
    """The entries of an array in rows; of one with a single channel, or filter, those of that one."""
    found = work.problem.arrays.get(name, "")
    while len(shape_of(found)) > 2 and len(found) == 1:
        found = found[0]
    return found


def marked_in(result: Nested, size: Place, stride: int, padding: int, shape: Place) -> tuple[tuple[str, Place], ...]:
    """The first entry whose window lies most inside the picture, which is the one worked out, and the one beside it."""

    def inside(place: Place) -> int:
        counts = (
            min(stride * at - padding + window, length) - max(stride * at - padding, 0)
            for at, window, length in zip(place, size, shape, strict=True)
        )
        return prod(counts)

    found = {(i - 1, j - 1): name for name, (i, j) in places(result)}
    first = max(found, key=inside)
    i, j = first
    beside = [place for place in ((i, j + 1), (i, j - 1), (i + 1, j), (i - 1, j)) if place in found]
    return tuple((found[place], place) for place in (first, *beside[:1]))


def windows_figure(work: Work, found: list[Windows]) -> Figure:
    """The pictures, each with the window of one entry and the next one."""
    said: list[str | Maths] = ["The windows of "]
    for i, one in enumerate(found):
        said += [*((", and of ",) if i else ()), *listed([work.names.node(entry) for entry, _ in one.marked])]
    return Figure(partial(_drawing, work, found), " ".join(_words(work, one) for one in found), tuple(said))


def listed(nodes: list[Maths]) -> list[str | Maths]:
    """Z₁₁ and, dashed, Z₁₂."""
    return [nodes[0], *(part for node in nodes[1:] for part in (" and, dashed, ", node))]


def _drawing(work: Work, found: list[Windows]) -> Drawing:
    rows: list[list[tuple[float, float, list[Mark]]]] = [[]]
    for one in found:
        part = _part(work, one)
        if rows[-1] and sum(width + _BESIDE for width, _, _ in rows[-1]) + part[0] > PAGE:
            rows.append([])
        rows[-1].append(part)
    marks: list[Mark] = []
    width, y = 0.0, _EDGE
    for parts in rows:
        x = _EDGE
        high = max(height for _, height, _ in parts)
        for wide, height, own in parts:
            marks += [shifted(mark, x, y + (high - height) / 2) for mark in own]
            x += wide + _BESIDE
        width, y = max(width, x - _BESIDE + _EDGE), y + high + _BELOW
    return Drawing(width, y - _BELOW + _EDGE, tuple(marks))


def _part(work: Work, one: Windows) -> tuple[float, float, list[Mark]]:
    """The width, the height and the marks of one operation."""
    grids, signs = _grids(work, one)
    high = max(grid.height for grid in grids)
    marks: list[Mark] = []
    x = 0.0
    for grid, sign in zip(grids, (*signs, ""), strict=True):
        marks += grid.marks(x, (high - grid.height) / 2)
        x += grid.width
        if sign:
            marks.append(Label(x + _APART / 2, high / 2 + grid.head / 2, sign, size=SIZE + 2))
            x += _APART
    return x, high, marks


def _grids(work: Work, one: Windows) -> tuple[list[Grid], tuple[str, ...]]:
    node, border = work.names.node, one.padding
    texts, edge, (rows, columns) = with_border(work, _matrix(work, one.picture), border)
    out = shape_of(_matrix(work, one.name))
    windows: list[Window] = []
    of_output: list[Window] = []
    for (_, (i, j)), style in zip(one.marked, ("path", "second"), strict=False):
        windows.insert(0, (i * one.stride, j * one.stride, *one.size, style))
        of_output.insert(0, (i, j, 1, 1, style))
    names = {(i - 1, j - 1): node(entry) for entry, (i, j) in places(_matrix(work, one.name))}
    picture = Grid(node(one.picture), rows, columns, texts, tuple(windows), edge)
    result = Grid(node(one.name), out[0], out[1], names, tuple(of_output))
    if not one.kernel:
        return [picture, result], ("→",)
    kernel = Grid(
        node(one.kernel), *one.size, numbers_of(work, _matrix(work, one.kernel)), ((0, 0, *one.size, "path"),)
    )
    return [picture, kernel, result], ("∗", "→")


def with_border(work: Work, matrix: Nested, border: int) -> tuple[dict[Place, Maths], frozenset[Place], Place]:
    """The texts of a picture in its border of zeros, the places of the border, and the rows and columns of all."""
    rows, columns = shape_of(matrix)
    texts = {(i + border, j + border): text for (i, j), text in numbers_of(work, matrix).items()}
    edge = frozenset(
        (i, j)
        for i in range(rows + 2 * border)
        for j in range(columns + 2 * border)
        if not (border <= i < rows + border and border <= j < columns + border)
    )
    return texts | dict.fromkeys(edge, Number("0")), edge, (rows + 2 * border, columns + 2 * border)


def numbers_of(work: Work, matrix: Nested) -> dict[Place, Maths]:
    """The numbers of a matrix of the file, nothing of one that is worked out."""
    known = {**work.problem.examples[0], **work.problem.start}
    return {(i - 1, j - 1): row(given_number(known[name])) for name, (i, j) in places(matrix) if name in known}


def _words(work: Work, one: Windows) -> str:
    shapes = {name: " × ".join(map(str, shape_of(_matrix(work, name)))) for name in (one.picture, one.name)}
    said = {name: text_of(work.names.node(name)) for name in (one.picture, one.name)}
    border = f", with a border of {one.padding} of zeros" if one.padding else ""
    kernel = f" with the kernel {text_of(work.names.node(one.kernel))}" if one.kernel else ""
    marked = " and ".join(text_of(work.names.node(entry)) for entry, _ in one.marked)
    return (
        f"{said[one.name]} ({shapes[one.name]}) comes from windows of {one.size[0]} × {one.size[1]} on "
        f"{said[one.picture]} ({shapes[one.picture]}){border}{kernel}; each is {one.stride} further than the one "
        f"before. Marked are those of {marked}."
    )
