"""What a sheet says of gradients that are stopped, and after which steps of a recurrence they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from symnet.algebra.equations import Expr
from symnet.algebra.indices import free_indices
from symnet.algebra.plurals import counted
from symnet.notation.maths import Number, Script
from symnet.notation.typesetter import function_name
from symnet.paper.document import Text

MOST = 3  # cuts that are named one by one


def said_of_stops(stops: Iterable[Expr]) -> Iterator[Text]:
    """sg(h) is h, taken for a constant; and of every period where the cuts are."""
    stops = [*stops]
    sign = function_name(type(stops[0]))
    yield (sign, " stops the gradient: its value is what stands in its brackets, and its derivative counts as 0.")
    periods = {int(s.args[2]): int(free_indices(s.args[1])[0].length) for s in stops if _is_by_steps(s)}
    for period, steps in sorted(periods.items()):
        cuts = [f"from step {step + 1} to step {step}" for step in range(period, steps, period)]
        left = f", and so on after every {counted(period, 'step')}" if len(cuts) > MOST else ""
        yield (
            Script(sign, sub=Number(str(period))),
            f" does so between pieces of {counted(period, 'step')} (truncated backpropagation through time): no "
            f"gradient goes {_listed(cuts[:MOST])}{left}.",
        )


def _is_by_steps(stop: Expr) -> bool:
    return len(stop.args) == 3 and bool(free_indices(stop.args[1])) and bool(stop.args[2].is_Integer)


def _listed(parts: list[str]) -> str:
    return " or ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
