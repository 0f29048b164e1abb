"""What can be required of the numbers of a variant, from cheap to dear.

A constraint is one function of a ``Trial``; its name, with spaces, is what is written in [vary].  One that compares a
number takes ``holds``, which says whether the number is as the bound asks ("magnitude <= 60"); where ``holds`` may be
None, the bound may be left out.  To add one, write a function below, before those that take longer.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from symnet.working.numbers import decimal_places

if TYPE_CHECKING:
    from symnet.exercises.candidates import Trial

Holds: TypeAlias = Callable[[Any], bool]

SHORT = 4  # decimal places of a short decimal, unless another bound is given


def numbers_differ(trial: Trial) -> bool:
    """No two of the numbers that are drawn are the same, so that each can be told from where it stands."""
    return len(set(trial.drawn)) == len(trial.drawn)


def windows_fit(trial: Trial) -> bool:
    """Of sizes: every length is 1 or more, and what is added has equal lengths; always required of them."""
    return trial.fits


def dead_units(trial: Trial, holds: Holds) -> bool:
    """So many ReLUs get 0 or less and pass nothing on: "dead units = 1"; before the update, at the first sample.

    max(0, z) counts as the ReLU that it is.
    """
    return holds(trial.dead)


def no_kink(trial: Trial) -> bool:
    """No ReLU, |x|, max, … sits where it has no derivative, at any sample and update that the sheet works."""
    return not trial.at_a_kink


def integers(trial: Trial) -> bool:
    """Every number that is asked for is whole."""
    return all(isinstance(x, Fraction) and x.denominator == 1 for x in trial.answers.values())


def short_decimals(trial: Trial, holds: Holds | None = None) -> bool:
    """Every number that is asked for ends after at most 4 decimal places, or as many as "short decimals <= 2" says."""
    enough = holds or (lambda places: places <= SHORT)
    places = [decimal_places(x) for x in trial.answers.values()]
    return all(count is not None and enough(count) for count in places)


def magnitude(trial: Trial, holds: Holds) -> bool:
    """Every number that is asked for, without its sign, is as the bound says: "magnitude <= 60"."""
    return all(holds(abs(x)) for x in trial.answers.values())


def smallest(trial: Trial, holds: Holds) -> bool:
    """Every number that is asked for and is not 0, without its sign, is as the bound says: "smallest >= 0.001"."""
    return all(holds(abs(x)) for x in trial.answers.values() if x != 0)


def nonzero_gradients(trial: Trial, holds: Holds | None = None) -> bool:
    """No gradient that is asked for is 0; or at least so many are not, "nonzero gradients >= 2"."""
    gradients = [x for key, x in trial.answers.items() if key.startswith("grad(")]
    nonzero = sum(x != 0 for x in gradients)
    return holds(nonzero) if holds is not None else nonzero == len(gradients)


def loss_falls(trial: Trial) -> bool:
    """The loss (at the first sample) is smaller after the updates than before."""
    return trial.loss_falls


def slips_show(trial: Trial) -> bool:
    """What people get wrong shows: no slip gives the right answer everywhere, though two may give the same answers."""
    return not trial.hidden


def slips_differ(trial: Trial) -> bool:
    """What people get wrong shows: no slip gives the right answer everywhere, and no two give the same answers."""
    return trial.separates


@dataclass(frozen=True)
class Constraint:
    """A constraint of the catalogue: whether it takes a bound, whether it needs one, and one for an example."""

    meets: Callable[..., bool]
    takes_bound: bool
    needs_bound: bool
    example: str


def _constraint(function: Callable[..., bool]) -> Constraint:
    bound = inspect.signature(function).parameters.get("holds")
    quoted = (function.__doc__ or "").partition(f'"{_name(function)} ')[2].partition('"')[0]
    return Constraint(function, bound is not None, bound is not None and bound.default is bound.empty, quoted)


def _name(function: Callable[..., bool]) -> str:
    return function.__name__.replace("_", " ")


# In the order above: what is cheap is tested first.
CATALOGUE: dict[str, Constraint] = {
    _name(function): _constraint(function)
    for function in list(globals().values())
    if inspect.isfunction(function) and list(inspect.signature(function).parameters)[:1] == ["trial"]
}
