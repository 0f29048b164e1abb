"""Slips with several examples: sum or mean, one or all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from symnet.working.rewriting import Rewriting, Slipped


def sum_or_mean(r: Rewriting) -> Iterator[Slipped]:
    """took the sum over the examples for their mean, or the mean for the sum"""
    problem = r.problem
    if problem.samples and len(problem.samples) > 1 and not problem.online:
        other = "sum" if problem.reduce == "mean" else "mean"
        what = "summed instead of averaged" if other == "sum" else "averaged instead of summed"
        yield Slipped(replace(problem, reduce=other), at=f"({what})")


def one_example(r: Rewriting) -> Iterator[Slipped]:
    """used one example alone instead of all of them"""
    problem = r.problem
    if problem.samples and 1 < len(problem.samples) <= 8 and not problem.online:
        for i, sample in enumerate(problem.samples):
            yield Slipped(replace(problem, samples=(sample,)), at=f"(number {i + 1})", examples=(i,))


def update_per_example(r: Rewriting) -> Iterator[Slipped]:
    """updated after every example instead of once for all of them"""
    problem = r.problem
    if len(problem.samples) > 1 and problem.rules and not problem.online:
        yield Slipped(replace(problem, online=True, updates=problem.updates * len(problem.samples)))


def update_for_all(r: Rewriting) -> Iterator[Slipped]:
    """updated once for all examples instead of after every one"""
    problem = r.problem
    if len(problem.samples) > 1 and problem.rules and problem.online and problem.updates % len(problem.samples) == 0:
        yield Slipped(replace(problem, online=False, updates=problem.updates // len(problem.samples)))
