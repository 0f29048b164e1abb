"""What [update] says is remembered: the numbers of its state, for names, for parameters and for entries of arrays.

state = { v = 0 }                                      # kept for each parameter, as v(w1), v(w2), …
state = { "m(W)" = [[0.1, 0], [0, 0.2]], t = 3 }       # m(W1_1) = 0.1, m(W1_2) = 0, …
state = { V = [[0, 0], [0, 0]] }                       # V1_1 = 0, …
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from symnet.algebra.array_formulas import Nested, shape_text
from symnet.algebra.array_formulas.names import nested as named
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.optimizers import state_parts
from symnet.algebra.parsing import is_name
from symnet.toml_tables import closed_up, nested, table_of
from symnet.working.arrays import Arrays, entries, of_state, part, shape_of


def read_state(table: Mapping[str, Any], arrays: Arrays) -> tuple[dict[str, Fraction], dict[str, Nested]]:
    """{"v": 0, "m(W1_2)": 0.1} of update.state, and the arrays that are remembered; raises Mistake."""
    found: dict[str, Fraction] = {}
    new: dict[str, Nested] = {}
    before: dict[str, Fraction] = {}
    for written, value in table_of(table, "state", "update.").items():
        name = closed_up(written)
        kind, of = state_parts(name) or ("", name)
        if not all(map(is_name, (kind or "v", of if part(of, arrays) is None else "w"))):
            raise Mistake(
                f"update.state.{shown(written)}: a name is letters (a-z, Greek), digits and _, not starting with a "
                'digit; what belongs to one parameter is written "v(w1)"'
            )
        if name in found:
            raise Mistake(f"update.state has {key_in_file(name)} twice")
        numbers, own = _remembered(name, value, f"update.state.{key_in_file(name)}", arrays)
        new |= own
        (before if len(numbers) > 1 else found).update(numbers)  # m(W1_2) says more than m(W)
    return {**before, **found}, new


def _remembered(name: str, value: Any, where: str, arrays: Arrays) -> tuple[dict[str, Fraction], dict[str, Nested]]:
    """What one key of update.state says of entries, {"m(W1_2)": 0.1, …}, and the arrays that it is of.

    A number for m(W) is that of every entry.  Raises Mistake.
    """
    numbers = nested(value, where)
    kind, of = state_parts(name) or ("", "")
    own = part(of, arrays) if kind else None
    if own is not None:
        names = of_state(kind, own)
        if isinstance(numbers, tuple) and shape_of(numbers) != shape_of(own):
            given = shape_text(shape_of(own)) if shape_of(own) else "a number"
            raise Mistake(f"{where} has the shape {shape_text(shape_of(numbers))}, and {of} {_has(given)}")
        values = entries(numbers) if isinstance(numbers, tuple) else (numbers for _ in entries(names))
        found = dict(zip(entries(names), values, strict=True))
        return found, {name: names} if of in arrays else {}
    if not isinstance(numbers, tuple):
        return {name: numbers}, {}
    if kind:
        raise Mistake(f"{where} has the shape {shape_text(shape_of(numbers))}, and {of} is a number")
    names = named(name, shape_of(numbers))
    return dict(zip(entries(names), entries(numbers), strict=True)), {name: names}


def _has(shape: str) -> str:
    return f"has {shape}" if shape.startswith("(") else f"is {shape}"


def state_arrays(state: Mapping[str, Fraction], arrays: Arrays) -> dict[str, Nested]:
    """{"v(W)": (("v(W1_1)", …), …)} of what is kept for every entry of an array."""
    found: dict[str, Nested] = {}
    kinds = dict.fromkeys(kind for name in state for kind, _ in [state_parts(name) or ("", "")] if kind)
    for array, whole in arrays.items():
        for kind in kinds:
            names = of_state(kind, whole)
            if all(name in state for name in entries(names)):
                found[f"{kind}({array})"] = names
    return found


def key_in_file(name: str) -> str:
    """The name as it stands in a TOML file."""
    return f'"{name}"' if "(" in name else name
