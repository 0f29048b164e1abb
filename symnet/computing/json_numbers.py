"""Numbers as the JSON of every command has them."""

from __future__ import annotations

from fractions import Fraction

from symnet.computing import exact
from symnet.computing.exact import Undefined, Value


def as_number(value: Value, digits: int) -> dict[str, str | None]:
    """{"exact": "1/10" or null, "decimal": "0.1"}, the decimal correctly rounded to ``digits`` significant digits."""
    if isinstance(value, Undefined):
        return {"exact": None, "decimal": None, "why": value.why}
    return {
        "exact": str(value) if isinstance(value, Fraction) else None,
        "decimal": exact.written(exact.decimal(value, digits)),
    }
