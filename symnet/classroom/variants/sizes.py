"""What is drawn where sizes are asked and the file does not say: windows, filters and pictures like its own."""

from __future__ import annotations

from fractions import Fraction

from symnet.algebra.sized import role_of
from symnet.working.numbers import Place, places_of
from symnet.working.problem import Problem

# In these the lengths of one layer are tied to those of another, so that they are drawn on the author's word alone.
_TIED = ("residual", "attention", "transformer")
_UNTIED = ("height", "width", "time", "words", "hidden", "blocks")
_AS_THEY_ARE = ("bytes", "channels")  # a gray picture stays one, and a colored one


def places_drawn(problem: Problem) -> list[Place]:
    """The numbers that are drawn; where layers are added to one another, or share heads, no widths and windows."""
    assert problem.sizes is not None
    tied = any(layer.kind in _TIED for layer in problem.sizes.layers)
    roles = {place: role_of(place.name) for place in places_of(problem)}
    drawn = [place for place, role in roles.items() if (role in _UNTIED if tied else role not in _AS_THEY_ARE)]
    return drawn or [*roles]


def values_like(name: str, value: Fraction) -> tuple[Fraction, ...]:
    """Numbers such as this one: an odd kernel stays odd, a stride small, 28 becomes 24, 28, 32 or 36."""
    n, role = int(value), role_of(name)
    if role.startswith("kernel"):
        found = [n - 2, n, n + 2] if n % 2 else [n, n + 1]
    elif role == "size":
        found = [2, 3] if n in (2, 3) else [n - 1, n, n + 1]
    elif role == "stride":
        found = [1, 2] if n < 3 else [n - 1, n, n + 1]
    elif role in ("padding", "blocks"):
        found = [n - 1, n, n + 1]
    elif role in ("height", "width", "time"):
        step = _power_of_two(n // 7)
        found = [n - step, n, n + step, n + 2 * step]
    else:
        step = _power_of_two(n // 4)
        found = [n + k * step for k in (-2, -1, 0, 1, 2)]
    least = 0 if role == "padding" else 1
    return tuple(Fraction(number) for number in found if number >= least)


def _power_of_two(most: int) -> int:
    """The largest power of two that is not above ``most``, or 1."""
    return 1 << max(0, most.bit_length() - 1)
