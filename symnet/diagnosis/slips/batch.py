"""Slips with several examples: sum or mean, one or all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sympy import Integer, Rational

from symnet.algebra.equations import divide, product, symbol
from symnet.algebra.optimizers import LEARNING_RATE
from symnet.diagnosis.loss_terms import losses_of
from symnet.diagnosis.rewriting import Rewriting, Slipped
from symnet.diagnosis.slip_patterns import as_factor, averages_of, biases_of, with_rate
from symnet.working.problem import Problem


def sum_or_mean(r: Rewriting) -> Iterator[Slipped]:
    """used the sum over the examples instead of their mean, or the mean instead of the sum"""
    problem = r.problem
    if problem.samples and len(problem.samples) > 1 and not problem.online:
        other = "sum" if problem.reduce == "mean" else "mean"
        what = "summed instead of averaged" if other == "sum" else "averaged instead of summed"
        yield Slipped(replace(problem, reduce=other), at=f"({what})")


def losses_averaged(r: Rewriting) -> Iterator[Slipped]:
    """took the mean of the losses instead of their sum"""
    if (losses := losses_of(r)) and not losses.averaged:
        for count in losses.counts:
            mean = losses.times(Rational(1, count))
            yield Slipped(r.forward({r.loss: mean}, backward=True), at=f"(divided by {count})", throughout=True)


def losses_summed(r: Rewriting) -> Iterator[Slipped]:
    """took the sum of the losses instead of their mean"""
    if (losses := losses_of(r)) and losses.averaged:
        whole = losses.times(Integer(losses.counts[0]))
        yield Slipped(r.forward({r.loss: whole}, backward=True))


def one_example(r: Rewriting) -> Iterator[Slipped]:
    """used only one example instead of all of them"""
    problem = r.problem
    if problem.samples and 1 < len(problem.samples) <= 8 and not problem.online:
        for i, sample in enumerate(problem.samples):
            yield Slipped(replace(problem, samples=(sample,)), at=f"(number {i + 1})", examples=(i,))


def not_averaged_back(r: Rewriting) -> Iterator[Slipped]:
    """forgot on the way back to divide by the number of examples or entries"""
    for name, count in averages_of(r).items():
        problem = r.passing(lambda e, x, d, name=name, n=count: product(Integer(n), d) if e.name == name else d)  # type: ignore[misc]
        yield Slipped(problem, at=f"({count}, in {name})", throughout=True)


def update_per_example(r: Rewriting) -> Iterator[Slipped]:
    """updated after every example instead of once for all of them"""
    problem = r.problem
    if len(problem.samples) > 1 and problem.rules and not problem.online:
        yield Slipped(replace(problem, online=True, updates=problem.updates * len(problem.samples)))


def update_for_all(r: Rewriting) -> Iterator[Slipped]:
    """updated once for all examples instead of after each one"""
    problem = r.problem
    if len(problem.samples) > 1 and problem.rules and problem.online and problem.updates % len(problem.samples) == 0:
        yield Slipped(replace(problem, online=False, updates=problem.updates // len(problem.samples)))


def averaged_twice(r: Rewriting) -> Iterator[Slipped]:
    """divided by the number of examples a second time"""
    problem = r.problem
    count = len(problem.samples)
    rows = {*averages_of(r).values()}
    if count > 1 and not problem.online and problem.reduce == "mean":
        yield Slipped(_dividing(r, count * count))
        for slipped in _divided(r, count, problem.start, "in the gradients of the examples, whose mean is taken"):
            yield replace(slipped, throughout=True)
        for slipped in with_rate(r, (Rational(1, count), LEARNING_RATE)):
            yield replace(slipped, at="in the update, where the gradient is a mean already", throughout=True)
    elif not count and len(rows) == 1:
        (count,) = rows
        arrays = {w: problem.array_of.get(w, w) for w in problem.start}
        used = {w: len(r.users.get(symbol(w), ())) for w in arrays}
        yield from _divided(r, count, arrays, "")
        biases = [w for w in arrays if w in biases_of(r)]
        groups = {"s of the biases": biases} if len({arrays[w] for w in biases}) > 1 else {}
        for array in dict.fromkeys(arrays.values()):
            groups[f" of {array}"] = [w for w, of in arrays.items() if of == array]
        for words, own in groups.items():
            if len(own) < len(arrays) and {used[w] for w in own} == {count}:  # each once in every row
                yield from _divided(r, count, own, f"in the gradient{words}")


def _divided(r: Rewriting, count: int, weights: Iterable[str], at: str) -> Iterator[Slipped]:
    learned = {r.gradient(w) for w in weights}
    lines = {e.name: divide(as_factor(e.rhs), Integer(count)) for e in r.backward if e.name in learned}
    if lines:
        yield Slipped(r.changing_gradients(lines), at=at)


def batch_by_one_less(r: Rewriting) -> Iterator[Slipped]:
    """divided the sum over the examples by the wrong number"""
    problem = r.problem
    count = len(problem.samples)
    if count < 3 or problem.online or problem.reduce != "mean":
        return
    for divisor in dict.fromkeys((count - 1, 2)):
        yield Slipped(_dividing(r, divisor), at=f"({divisor} instead of {count})", throughout=True)


def _dividing(r: Rewriting, divisor: int) -> Problem:
    """The problem with the sum of every gradient over the examples divided by that for their mean."""
    return replace(r.problem, divisors={r.gradient(w): divisor for w in r.problem.start})


def example_dropped(r: Rewriting) -> Iterator[Slipped]:
    """left out an example"""
    problem = r.problem
    count = len(problem.samples)
    if not 2 < count <= 8 or problem.online:
        return
    for i in range(count):
        rest = tuple(k for k in range(count) if k != i)
        samples = tuple(problem.samples[k] for k in rest)
        yield Slipped(replace(problem, samples=samples), at=f"(number {i + 1})", examples=rest)
        if problem.reduce == "mean":
            fewer = replace(_dividing(r, count), samples=samples)
            yield Slipped(fewer, at=f"(number {i + 1}, but divided by {count})", examples=rest)
