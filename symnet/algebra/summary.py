"""What a network is made of: every layer with the shape of its output, its parameters and its multiplications.

A dense layer from d to h units has d·h weights and h biases, and multiplies and adds d·h times for each example.  Of
other layers ``sizes`` counts, and only the shapes are needed: of a network of any size, without its weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from symnet.algebra.equations import BATCH, Expr, names_in
from symnet.algebra.layers.layer import Shape
from symnet.algebra.matrices import Operation, matmul, shape_of, size_of
from symnet.algebra.scalar import ScalarFunction
from symnet.algebra.sizes import Sizes, sizes_of

if TYPE_CHECKING:
    from symnet.algebra.network import Network


@dataclass(frozen=True)
class Row:
    """One layer, or of a network written out unit by unit one equation with parameters.

    ``arithmetic`` is how the parameters are counted, "3·4 + 4"; ``multiply_adds`` are those of one example.  ``sizes``
    has the arithmetic of everything, where the network is made of layers of any kind.
    """

    name: str
    kind: str
    output: tuple[Any, ...]
    parameters: int
    arithmetic: str
    multiply_adds: int
    sizes: Sizes | None = None


@dataclass(frozen=True)
class Summary:
    """The layers of a network in order; ``str()`` is the table."""

    inputs: tuple[Any, ...]
    rows: tuple[Row, ...]
    parameters: int

    @property
    def multiply_adds(self) -> int:
        """Of one example, forward."""
        return sum(row.multiply_adds for row in self.rows)

    @property
    def activations(self) -> int:
        """The numbers that all layers give for one example, where they are counted, the inputs not among them."""
        return sum(row.sizes.activations.value for row in self.rows if row.sizes is not None)

    def __str__(self) -> str:
        head = ("layer", "kind", "output", "parameters", "", "multiply-adds", "", "activations", "receptive field")
        table = [head, *([("input", "", _shape(self.inputs), *[""] * 6)] if self.inputs else [])]
        for row in self.rows:
            counted = (f"{row.parameters:,}", f"= {row.arithmetic}" if row.arithmetic else "", f"{row.multiply_adds:,}")
            table.append((row.name, row.kind, _shape(row.output), *counted, *_more(row.sizes)))
        all_of_it = f"{self.activations:,}" if self.activations else ""
        table.append(("total", "", "", f"{self.parameters:,}", "", f"{self.multiply_adds:,}", "", all_of_it, ""))
        if not self.activations:
            table = [row[:6] for row in table]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        sides = ("<", "<", "<", ">", "<", ">", "<", ">", "<")[: len(widths)]
        lines = [
            "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True))
            for row in table
        ]
        said = "\n".join(line.rstrip() for line in lines)
        return "\n\n".join(filter(None, (said, self._along_axes(), self._memory() if self.activations else "")))

    def _along_axes(self) -> str:
        """How many windows fit along each axis, and how far a place sees."""
        table = []
        for row in self.rows:
            axes = row.sizes.axes if row.sizes is not None else ()
            alike = len(set(axes)) == 1
            for i, count in enumerate(axes[:1] if alike else axes):
                side = "side" if alike and len(axes) > 1 else ("height", "width")[i] if len(axes) > 1 else "length"
                seen = row.sizes.receptive[i] if row.sizes is not None and row.sizes.receptive else ""
                table.append((row.name, f"{side} {count}", f"receptive field {seen}" if seen else ""))
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in table)

    def _memory(self) -> str:
        """The memory of parameters and activations in numbers of four bytes."""
        kept = [
            f"{count:,} {what} · 4 bytes = {_bytes(4 * count)}"
            for count, what in ((self.parameters, "parameters"), (self.activations, "activations of one example"))
        ]
        return "\n".join(kept)

    __repr__ = __str__

    def as_json(self) -> dict[str, Any]:
        """The same as plain values; a length that is left open is its letter."""
        return {
            "inputs": _plain(self.inputs),
            "layers": [
                {
                    "name": row.name,
                    "kind": row.kind,
                    "output": _plain(row.output),
                    "parameters": row.parameters,
                    "arithmetic": row.arithmetic,
                    "multiply_adds": row.multiply_adds,
                    **(_sizes_as_json(row.sizes) if row.sizes is not None else {}),
                }
                for row in self.rows
            ],
            "parameters": self.parameters,
            "multiply_adds": self.multiply_adds,
            **({"activations": self.activations} if self.activations else {}),
        }


def summary_of(network: Network) -> Summary:
    """The summary of a network of layers, or of one written out unit by unit."""
    if network.layers and network.inputs:
        return summary_of_layers(tuple(map(int, shape_of(network.inputs[0])[1:])), network.layers)
    rows = _layers(network) if network.is_layered else _units(network)
    inputs = shape_of(network.inputs[0]) if network.is_layered and network.inputs else ()
    return Summary(inputs, tuple(rows), network.parameter_count)


def summary_of_layers(shape: Shape, layers: Sequence[Any]) -> Summary:
    """The summary of layers in their places on examples of that shape, see ``sequential.placed``."""
    rows = [
        Row(
            f"layer {one.position}",
            one.kind,
            (BATCH, *one.output),
            one.parameters.value,
            one.parameters.arithmetic,
            one.multiply_adds.value,
            one,
        )
        for one in sizes_of(shape, layers)
    ]
    return Summary((BATCH, *shape), tuple(rows), sum(row.parameters for row in rows))


def _more(sizes: Sizes | None) -> tuple[str, str, str]:
    """How the multiply-adds are counted, the activations and the receptive field, for the table."""
    if sizes is None:
        return "", "", ""
    seen = "everything" if sizes.receptive is None else " × ".join(f"{count.value}" for count in sizes.receptive)
    products = sizes.multiply_adds.arithmetic
    return f"= {products}" if products else "", f"{sizes.activations.value:,}", seen


def _sizes_as_json(sizes: Sizes) -> dict[str, Any]:
    seen = sizes.receptive
    return {
        "output_arithmetic": [count.arithmetic for count in sizes.axes],
        "multiply_adds_arithmetic": sizes.multiply_adds.arithmetic,
        "activations": sizes.activations.value,
        "activations_arithmetic": sizes.activations.arithmetic,
        "receptive_field": None if seen is None else [count.value for count in seen],
        "receptive_field_arithmetic": None if seen is None else [count.arithmetic for count in seen],
    }


def _bytes(count: int) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"


def _layers(network: Network) -> list[Row]:
    """A row for each equation with parameters; one that only applies a function to it gives the row its kind."""
    rows: list[Row] = []
    counted: set[Any] = set()
    last: Any = None
    for equation in network.equations:
        if equation.lhs == network.equations[-1].lhs and network.has_loss:
            break
        used = [w for w in network.parameters if w in names_in(equation.rhs)]
        if used and shape_of(equation.lhs):
            new = [w for w in used if w not in counted]
            counted.update(new)
            sizes = ["·".join(map(str, shape_of(w))) for w in new]
            products = [part for part in equation.rhs.atoms(matmul) if any(w in names_in(part) for w in used)]
            rows.append(
                Row(
                    name=f"layer {len(rows) + 1}",
                    kind="dense" if products else "",
                    output=shape_of(equation.lhs),
                    parameters=sum(size_of(shape_of(w)) for w in new),
                    arithmetic=" + ".join(sizes) if any("·" in size for size in sizes) or len(sizes) > 1 else "",
                    multiply_adds=sum(_of_one_example(part) for part in products),
                )
            )
            last = equation.lhs
        elif rows and set(names_in(equation.rhs)) == {last}:
            rows[-1] = _with_function(rows[-1], equation.rhs, last)
            last = equation.lhs
    return rows


def _with_function(row: Row, rhs: Expr, z: Any) -> Row:
    named = isinstance(rhs, (ScalarFunction, Operation)) and rhs.args[0] == z
    function = "" if rhs == z else type(rhs).__name__ if named else "formula"
    return Row(row.name, ", ".join(filter(None, (row.kind, function))), *_rest(row))


def _rest(row: Row) -> tuple[Any, ...]:
    return row.output, row.parameters, row.arithmetic, row.multiply_adds


def _of_one_example(product: Expr) -> int:
    """How often one row of the left factor meets the right one: d·h of X (n, d) and W (d, h)."""
    return size_of(shape_of(product.args[1]))


def _units(network: Network) -> list[Row]:
    """A row for each equation that uses parameters for the first time."""
    rows: list[Row] = []
    counted: set[Any] = set()
    for equation in network.equations:
        new = [w for w in network.parameters if w in names_in(equation.rhs) and w not in counted]
        counted.update(new)
        if new:
            products = sum(1 for term in _terms(equation.rhs) if term.is_Mul and len(names_in(term)) > 1)
            rows.append(Row(equation.name, "", (), len(new), "", products))
    return rows


def _terms(rhs: Expr) -> Sequence[Expr]:
    return rhs.args if rhs.is_Add else (rhs,)


def _shape(shape: tuple[Any, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})" if shape else ""


def _plain(shape: tuple[Any, ...]) -> list[Any]:
    return [int(length) if str(length).isdigit() else str(length) for length in shape]
