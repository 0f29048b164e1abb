"""Slips in forward mode: tangents without a local derivative or a term, and multiplications counted otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from symnet.algebra.equations import Expr, multiply
from symnet.algebra.further import worked, worked_parts
from symnet.diagnosis.rewriting import Rewriting, Slipped, terms_of
from symnet.diagnosis.slip_patterns import as_factor, further_at

_FORWARD, _REVERSE = (worked("multiplications", mode).name for mode in ("forward", "reverse"))


def tangent_without_slope(r: Rewriting) -> Iterator[Slipped]:
    """forgot the derivative of the activation in a tangent"""
    yield from further_at(
        r,
        {
            name: next(factor for factor in rhs.args if _is_tangent(factor))
            for name, rhs in _tangents(r).items()
            if (worked_parts(name) or ("", ("",)))[1][0] in r.activations and rhs.is_Mul
            if any(_is_tangent(factor) for factor in rhs.args)
        },
    )


def tangent_of_input_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """gave the local derivative for a tangent, without the tangent of what comes before"""
    lines = {}
    for name, rhs in _tangents(r).items():
        if rhs.is_Mul and sum(map(_is_tangent, rhs.args)) == 1:
            lines[name] = multiply(*(factor for factor in rhs.args if not _is_tangent(factor)))
    yield from further_at(r, lines)


def tangent_on_one_path(r: Rewriting) -> Iterator[Slipped]:
    """followed one path alone in a tangent"""
    for name, rhs in _tangents(r).items():
        terms = terms_of(rhs)
        for term in terms if len(terms) > 1 else ():
            yield from further_at(r, {name: term})


def one_pass_forward(r: Rewriting) -> Iterator[Slipped]:
    """counted the multiplications of one direction alone in forward mode"""
    yield from further_at(r, {name: terms_of(rhs)[0] for name, rhs in _counts(r, _FORWARD).items()}, together=True)


def pass_back_for_each(r: Rewriting) -> Iterator[Slipped]:
    """counted a pass back for each name in reverse mode"""
    directions = [len(terms_of(rhs)) for rhs in _counts(r, _FORWARD).values()]
    lines = {name: multiply(*directions[:1], as_factor(rhs)) for name, rhs in _counts(r, _REVERSE).items()}
    if directions and directions[0] > 1:
        yield from further_at(r, lines, together=True)


def _is_tangent(expr: Expr) -> bool:
    return bool(expr.is_Symbol and expr.name.startswith("dot("))


def _tangents(r: Rewriting) -> dict[str, Expr]:
    return {line.name: line.rhs for line in r.problem.further if line.name.startswith("dot(")}


def _counts(r: Rewriting, name: str) -> dict[str, Expr]:
    return {line.name: line.rhs for line in r.problem.further if line.name == name}
