"""What an author wants of variants: the [vary] of an exercise file, read."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from symnet.working.numbers import plain

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}


@dataclass(frozen=True)
class Requirement:
    """What every variant must meet: a constraint of the catalogue by its name, perhaps with a bound, "<= 60"."""

    name: str
    relation: str = ""
    bound: Fraction = Fraction(0)

    def __str__(self) -> str:
        return f"{self.name} {self.relation} {plain(self.bound)}" if self.relation else self.name

    @property
    def holds(self) -> Callable[[Any], bool] | None:
        """Whether a number is as the bound says; None without a bound."""
        if not self.relation:
            return None
        compare, bound = _COMPARE[self.relation], self.bound
        return lambda x: bool(compare(x, bound))


@dataclass(frozen=True)
class Vary:
    """[vary] as its author wrote it.

    ``names`` is empty where the file does not say, ``values`` may have "*" for all names without values of their own,
    and ``require`` is None where the file leaves it to us.
    """

    names: tuple[str, ...] = ()
    values: Mapping[str, tuple[Fraction, ...]] | None = None
    require: tuple[Requirement, ...] | None = None
