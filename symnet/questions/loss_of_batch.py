"""What is differentiated twice: a quantity of the exercise, or, where there are samples, the loss of all of them.

The loss of a batch is the mean (or the sum) of the samples' losses, so its equations are those of every sample side by
side: y@2 is y of the second sample.  A name with an @ is none that an exercise can declare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from sympy import Integer

from symnet.algebra.equations import Equation, Expr, add, divide, names_in, partial, replace, symbol
from symnet.algebra.further import second_parts, total_slope_parts, worked_parts
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import needed
from symnet.algebra.output_errors import joined_backprop, output_errors
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
    equations = tuple(problem.network.equations)
    ones = frozenset(targets for targets in _sums_of_targets(equations, of) if problem.sums_to_one(targets))
    return _of_batch(equations, varying, len(problem.samples), problem.reduce, of, ones)


def is_of_batch(problem: Problem, of: str) -> bool:
    """Whether it is the loss of several samples together."""
    return of == problem.loss and len(problem.samples) > 1 and not problem.online


def is_worked_of_batch(problem: Problem, name: str) -> bool:
    """Whether a line beyond the passes is of all samples together, as det H is, or of one that it names, as ∂p@2/∂w is.

    Another quantity's second derivative is of the first sample, and so is what goes forward: ∂y/∂x and ẏ.
    """
    if "@" in name:
        return True
    twice, (kind, _) = second_parts(name), worked_parts(name) or ("", ())
    of = twice[0] if twice is not None else problem.loss
    return is_of_batch(problem, of) and total_slope_parts(name) is None and kind != "dot"


@lru_cache(maxsize=64)
def _sums_of_targets(equations: Lines, of: str) -> tuple[Expr, ...]:
    """What the targets of each softmax or logistic unit with its cross-entropy add up to, in one sample."""
    return tuple(error.sum for error in output_errors(equations, symbol(of)))


@lru_cache(maxsize=64)
def _of_batch(
    equations: Lines, varying: frozenset[str], count: int, reduce: str, of: str, ones: frozenset[Expr]
) -> Differentiated:
    """``ones`` are the sums of targets that are 1 in every sample: back from their outputs comes p − t."""
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
    of_one = {symbol(of_sample(name.name, n)): name for name in depends for n in range(1, count + 1)}
    backward = joined_backprop(every, symbol(of), lambda targets: replace(targets, of_one) in ones)
    # … and forward, as for the tangents, they are read in the order of the samples.
    return Differentiated(of, (*shared, *in_order, whole), backward, in_order, reduce, count)


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
