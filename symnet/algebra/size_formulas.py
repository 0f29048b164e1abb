"""The sizes of a network as named equations: what an exercise about them asks, where the options of layers are given.

    height1     = floor((height0 + 2*padding1 - kernel1)/stride1) + 1      28
    parameters1 = filters1*channels0*kernel1*kernel1 + filters1            156
    macs1       = height1*width1*filters1*channels0*kernel1*kernel1        117,600
    field1      = kernel1                    how far a place sees the input; jump1 = stride1, how far apart two see it
    parameters  = parameters1 + parameters3 + …                            of all layers

The formulas of a kind of layer are in ``size_kinds``; ``sizes`` counts the same from the equations of the layers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

from symnet.algebra.layers.layer import Shape, Spec
from symnet.algebra.sequential import Placed, placed
from symnet.algebra.size_kinds import KINDS
from symnet.algebra.sized import COLUMNS, COSTS, At, Below, Book, Sized, roles_of
from symnet.algebra.sizes import sizes_of

_REPEATED = ("transformer", "attention")  # equal ones in a row are one row of the table


@dataclass(frozen=True)
class SizeFormulas:
    """Given numbers, equations in their order, how each name is printed, the layers, and the lengths of the input.

    ``agree`` are pairs of lengths that are equal, because what they are of is added.
    """

    given: Mapping[str, int]
    equations: Mapping[str, str]
    notation: Mapping[str, str]
    layers: tuple[Sized, ...]
    inputs: Mapping[str, str]
    agree: tuple[tuple[str, str], ...]

    def asked(self, columns: Sequence[str]) -> Iterator[str]:
        """The names of what stands in these columns of a table with a row for each layer and one for all."""
        roles = [role for column in columns for role in COLUMNS[column]]
        for layer in self.layers:
            yield from (layer.lines[role] for role in roles if role in layer.lines)
        yield from (role for role in roles if role in COSTS)


def size_formulas(
    shape: Shape, specs: Sequence[Spec], columns: Collection[str] = tuple(COLUMNS), varied: Collection[str] = ()
) -> SizeFormulas:
    """The formulas of layers on examples of that shape, those of the ``columns`` that are asked (``sized.COLUMNS``).

    ``varied`` are numbers that need a name also where they are left out.  Raises Mistake for layers that do not fit.
    """
    found = placed(shape, specs)
    book = Book(varied, _is_square(shape, specs, varied), columns)
    inputs = below = book.inputs(shape, found[0].layer.reads_ids)
    rows: list[Sized] = []
    at, under = 0, shape
    while at < len(specs):
        count = _equal(specs, at)
        new, below = _written(book, found[at], under, str(at + 1), below, count)
        rows += new
        at += count
        under = found[at - 1].shape
    for cost in filter(book.wanted.__contains__, COSTS):
        book.line(cost, "", " + ".join(_terms(book, rows, cost)) or "0")
    return SizeFormulas(
        book.given, book.equations, book.notation, tuple(rows), inputs.shape, tuple(dict.fromkeys(book.agree))
    )


def _terms(book: Book, rows: Sequence[Sized], cost: str) -> Iterator[str]:
    """What is added up to the total: a layer without any has no term."""
    for row in rows:
        name = row.lines[cost]
        if book.equations[name] != "0":
            yield f"{row.numbers['blocks']}*{name}" if row.count > 1 else name


def _equal(specs: Sequence[Spec], at: int) -> int:
    """How many layers from here on are one block again and again."""
    first, count = specs[at], 1
    while first.kind.name in _REPEATED and at + count < len(specs) and repr(specs[at + count]) == repr(first):
        count += 1
    return count


def _is_square(shape: Shape, specs: Sequence[Spec], varied: Collection[str]) -> bool:
    """Whether both sides of every picture are equal, in every variant."""
    apart = any(name == "width0" or name.startswith("kernel_") for name in varied)
    return len(shape) == 3 and shape[1] == shape[2] and not apart and all(map(_is_of_squares, specs))


def _is_of_squares(spec: Spec) -> bool:
    kernel = spec.options.get("kernel", 1)
    inner = (*spec.options.get("layers", ()), *spec.options.get("shortcut", ()))
    return (not isinstance(kernel, (list, tuple)) or len(set(kernel)) == 1) and all(map(_is_of_squares, inner))


def _written(
    book: Book, layer: Placed, shape: Shape, place: str, below: Below, count: int = 1
) -> tuple[list[Sized], Below]:
    """The rows of a layer, several where others stand in it, and what the next one reads."""
    spec = layer.spec
    if spec.kind.name == "residual":
        return _around(book, layer, shape, place, below)
    at = At(book, place, below)
    if count > 1:
        at.number("blocks", count)
    options = {key: parameter.default for key, parameter in spec.kind.options.items()} | dict(spec.options)
    write = KINDS.get(spec.kind.name)
    windows = None
    if write is not None:
        windows = write(at, options)
    else:
        _as_counted(at, layer, shape)
    if windows is not None:
        above = at.sees(*windows)
    else:
        above = Below(at.shape, None) if layer.layer.windows is None else Below(at.shape, below.fields, below.jump)
    sees = "all" if above.fields is None else "" if windows else "same" if below.fields else "itself"
    return [Sized(place, spec.kind.name, at.says, below.shape, at.numbers, at.lines, at.shape, sees, count)], above


def _as_counted(at: At, layer: Placed, shape: Shape) -> None:
    """A kind whose formulas are not written down: its numbers as they are counted."""
    (counted,) = sizes_of(shape, [layer])
    at.says = layer.spec.kind.name.replace("_", " ")
    if counted.output != shape:
        for role, length in zip(roles_of(counted.output), counted.output, strict=True):
            at.line(role, str(length))
    at.costs(*(_formula(count) for count in (counted.parameters, counted.multiply_adds)))


def _formula(count: Any) -> str:
    return (count.arithmetic or str(count.value)).replace("·", "*")


def _around(book: Book, layer: Placed, shape: Shape, place: str, below: Below) -> tuple[list[Sized], Below]:
    """The layers inside one, with a letter each, and the sum of what comes both ways."""
    letters = iter(ascii_lowercase)
    rows: list[Sized] = []
    ways = []
    for inner in (layer.spec.options["layers"], layer.spec.options.get("shortcut", ())):
        end, under = below, shape
        for spec in inner:
            (one,) = placed(under, [spec])
            new, end = _written(book, one, under, place + next(letters), end)
            rows += new
            under = one.shape
        ways.append(end)
    main, other = ways
    pairs = zip(main.shape.values(), other.shape.values(), strict=True)
    book.agree += [(one, another) for one, another in pairs if one != another]
    at = At(book, place, main)
    at.says = "sum of both ways"
    at.costs()
    above, sees = Below(main.shape, None), "all"
    if main.fields is not None and other.fields is not None and below.fields is not None:
        further = {role: name for role, name in main.fields.items() if other.fields.get(role, name) != name}
        kept = {role: name for role, name in further.items() if other.fields[role] != below.fields.get(role, "")}
        seen = {role: at.line(role, f"max({name}, {other.fields[role]})") for role, name in kept.items()}
        above, sees = Below(main.shape, {**main.fields, **seen}, main.jump), "" if seen else "same"
    return [*rows, Sized(place, "residual", at.says, main.shape, {}, at.lines, main.shape, sees)], above
