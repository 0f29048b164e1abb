"""What is differentiated twice: a quantity of the exercise, or, where there are samples, the loss of all of them.

The loss of a batch is the mean (or the sum) of the samples' losses, so its equations are those of every sample side by
side: y@2 is y of the second sample.  A name with an @ is none that an exercise can declare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sympy import Integer

from symnet.algebra.backprop import backprop
from symnet.algebra.equations import Equation, Expr, add, divide, names_in, partial, replace, symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import needed
from symnet.algebra.second_order import Lines, nested_backward
from symnet.paper.document import Text
from symnet.working.problem import Problem, of_sample
from symnet.working.work import Work

MOST = 8  # samples whose second derivatives anybody adds by hand


@dataclass(frozen=True)
class Differentiated:
    """A quantity ``of``: the ``equations`` it is worked by, the ``backward`` lines of its gradients, and ``lines``,
    those of the equations that no pass of the exercise has.

    Of a batch these are of the sum over the samples; what its mean has is that over ``count``.
    """

    of: str
    equations: Lines
    backward: Lines
    lines: Lines
    reduce: str = ""  # how the samples combine, where there are several
    count: int = 1

    def slope(self, x: str) -> Expr:
        """The name of the gradient in x."""
        name = partial(self.of, x)
        return symbol(f"{self.reduce}({name.name})") if self.reduce else name

    def combined(self, formula: Expr) -> Expr:
        """What is a derivative of the sum over the samples, as one of what their losses combine to."""
        return divide(formula, Integer(self.count)) if self.reduce == "mean" and formula != 0 else formula


def differentiated(problem: Problem, of: str) -> Differentiated:
    """The quantity of the exercise, of its first sample, or the loss of the batch.  Raises Mistake."""
    if not is_of_batch(problem, of):
        passed = problem.backward if of == problem.loss else nested_backward(problem.network.equations, of)
        return Differentiated(of, tuple(problem.network.equations), tuple(passed), ())
    if len(problem.samples) > MOST:
        raise Mistake(
            f"the second derivatives of the loss of {len(problem.samples)} samples are too many to be worked by hand; "
            f"give at most {MOST}"
        )
    varying = frozenset(name for sample in problem.samples for name in sample)
    return _of_batch(problem.network.equations, varying, len(problem.samples), problem.reduce, of)


def is_of_batch(problem: Problem, of: str) -> bool:
    """Whether it is the loss of several samples together."""
    return of == problem.loss and len(problem.samples) > 1 and not problem.online


@lru_cache(maxsize=64)
def _of_batch(equations: Lines, varying: frozenset[str], count: int, reduce: str, of: str) -> Differentiated:
    own = needed(equations, [symbol(of)])
    depends = {symbol(name) for name in varying}
    for equation in own:
        if depends.intersection(names_in(equation.rhs)):
            depends.add(equation.lhs)
    of_each: list[Lines] = []
    for n in range(1, count + 1):
        named = {name: symbol(of_sample(name.name, n)) for name in depends}
        of_each.append(tuple(Equation(named[e.lhs], replace(e.rhs, named)) for e in own if e.lhs in depends))
    shared = tuple(e for e in own if e.lhs not in depends)
    whole = Equation(symbol(of), add(*(symbol(of_sample(of, n)) for n in range(1, count + 1))))
    # Backward, what stands last comes first: so the first sample does.
    every = (*shared, *(line for lines in reversed(of_each) for line in lines), whole)
    in_order = tuple(line for lines in of_each for line in lines)
    return Differentiated(of, every, backprop(every, symbol(of)), in_order, reduce, count)


def said_of(work: Work, of: str) -> Text:
    """L, or the mean of L over the samples."""
    node = work.names.node(of)
    if not is_of_batch(work.problem, of):
        return (node,)
    return (f"the {work.problem.reduce} of ", node, f" over the {len(work.problem.samples)} samples")


def capital(text: Text) -> Text:
    """The same at the beginning of a sentence."""
    first, *rest = text
    return (f"{first[0].upper()}{first[1:]}" if isinstance(first, str) else first, *rest)


def used_lines(found: Differentiated, wanted: Sequence[Equation]) -> Lines:
    """The lines of the samples that others are worked from."""
    used = {name for line in wanted for name in names_in(line.rhs)}
    return needed(found.lines, [line.lhs for line in found.lines if line.lhs in used])
