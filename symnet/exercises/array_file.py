"""Exercise files with arrays: lists under [given], [parameters] and in samples, and formulas of whole arrays.

What comes of one is a problem of entries, each a quantity with a name of its own, and the arrays they belong to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symnet.algebra.array_formulas import shape_text, uses_arrays, written
from symnet.algebra.equations import Equation, symbol
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.network import Network
from symnet.toml_tables import TomlFloat, check_name, nested, table_of, tables
from symnet.working.arrays import Arrays, entries, shape_of

MOST_ENTRIES = 20_000  # of all arrays and equations


@dataclass(frozen=True)
class ArrayFile:
    """What such a file says, entry by entry; ``whole`` are its equations of arrays, as they are printed."""

    network: Network
    given: Mapping[str, Fraction]
    start: Mapping[str, Fraction]
    samples: tuple[Mapping[str, Fraction], ...]
    arrays: Arrays
    whole: tuple[Equation, ...]
    fixed: frozenset[str]  # given entries, such as ids, that say what the equations are


def has_arrays(toml: Mapping[str, Any]) -> bool:
    """Whether a file has a list for a number, or a formula of arrays."""
    numbers = (table_of(toml, "given"), table_of(toml, "parameters"), *tables(toml, "samples"))
    return uses_arrays(table_of(toml, "equations"), [value for table in numbers for value in table.values()])


def read_arrays(toml: Mapping[str, Any]) -> ArrayFile:
    """The file entry by entry; raises Mistake."""
    formulas = _formulas(table_of(toml, "equations"))
    given, start = _values(table_of(toml, "given"), "given"), _values(table_of(toml, "parameters"), "parameters")
    samples = [_values(row, f"samples[{i}]") for i, row in enumerate(tables(toml, "samples"))]
    _check_places(given, start, samples, formulas)
    inputs = {**given, **{name: value for row in reversed(samples) for name, value in row.items()}}
    inputs = {name: inputs[name] for name in dict.fromkeys((*given, *inputs))}
    for i, row in enumerate(samples):
        for name, value in row.items():
            if shape_of(value) != shape_of(inputs[name]):
                raise Mistake(
                    f"samples[{i}].{name} {_has_shape(value)}, and the others have {shape_text(shape_of(inputs[name]))}"
                    if shape_of(inputs[name])
                    else f"samples[{i}].{name} {_has_shape(value)}, and elsewhere it is a number"
                )
    values = {**inputs, **start}
    shapes = {name: shape_of(value) for name, value in values.items()}
    if sum(1 for value in values.values() for _ in entries(value)) > MOST_ENTRIES:
        raise Mistake(
            f"more than {MOST_ENTRIES:,} numbers, more than anybody works by hand; symnet train has [network]"
        )
    data = {**given, **(samples[0] if samples else {})}
    found = written(shapes, formulas, data, tuple(start))
    arrays = dict(found.arrays)

    def flat(table: Mapping[str, Any]) -> dict[str, Fraction]:
        return {
            entry: number
            for name, value in table.items()
            for entry, number in zip(entries(arrays.get(name, name)), entries(value), strict=True)
        }

    network = Network(
        tuple(symbol(name) for name in flat(inputs)), (), tuple(symbol(name) for name in flat(start)), found.units
    )
    rows = tuple(flat(row) for row in samples)
    for name in found.fixed:
        for i, row in enumerate(samples[1:], 1):
            if row.get(name, given.get(name)) != data[name]:
                raise Mistake(
                    f"samples[{i}].{name} says which entries are used, so it cannot differ from sample to sample; put "
                    f"{name} under [given]"
                )
    fixed = frozenset(entry for name in found.fixed for entry in entries(arrays.get(name, name)))
    return ArrayFile(network, flat(given), flat(start), rows, arrays, found.equations, fixed)


def _formulas(table: Mapping[str, Any]) -> dict[str, str]:
    """{"Q": "X @ WQ", …}, a number as the text of it."""
    if not table:
        raise Mistake('equations is missing or empty; write [equations] with lines like y = "w*x + b"')
    found: dict[str, str] = {}
    for name, formula in table.items():
        if isinstance(formula, (int, TomlFloat)) and not isinstance(formula, bool):
            formula = str(formula)
        if not isinstance(formula, str):
            raise Mistake(f'equations.{shown(name)[1:-1]} must be a formula in quotes, such as "X @ W + b"')
        found[name] = formula
    return found


def _values(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    for name in table:
        check_name(name, where)
    return {name: nested(value, f"{where}.{name}") for name, value in table.items()}


def _has_shape(value: Any) -> str:
    return f"has the shape {shape_text(shape_of(value))}" if shape_of(value) else "is a number"


def _check_places(
    given: Mapping[str, Any],
    start: Mapping[str, Any],
    samples: Sequence[Mapping[str, Any]],
    formulas: Mapping[str, str],
) -> None:
    """Refuse, with a Mistake, a name in two tables, and a sample that lacks one."""
    defined = {name.partition("[")[0].strip() for name in formulas}
    for name in start:
        if name in given:
            raise Mistake(f"parameters.{name} is also under [given]; a name stands for one quantity")
    for table, where in ((given, "[given]"), (start, "[parameters]")):
        for name in table:
            if name in defined:
                raise Mistake(f"equations.{name} is also under {where}; a name stands for one quantity")
    for i, row in enumerate(samples):
        for name in row:
            if name in start or name in defined:
                place = "[parameters]" if name in start else "[equations]"
                raise Mistake(f"samples[{i}].{name} is under {place}; samples replace what is under [given]")
        for name in dict.fromkeys(name for other in samples for name in other):
            if name not in row and name not in given:
                raise Mistake(f"samples[{i}].{name} is missing, and [given] has no value for it")
