"""What a derivative is."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from symnet.algebra.mistakes import Mistake
from symnet.computing import exact
from symnet.computing.floats import evaluate_in_floats
from symnet.computing.program import Program, identifier
from symnet.notation.maths import MINUS, PLUS, Brackets, Letter, row
from symnet.notation.maths import Fraction as Over
from symnet.notation.typesetter import number
from symnet.paper.document import Answer, Paragraph, Table
from symnet.questions import options
from symnet.questions.options import Names
from symnet.questions.pieces import (
    Asked,
    Question,
    derived,
    leaves,
)
from symnet.working.derivation import Derivation
from symnet.working.work import Work


def nudge(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("f, the quantity whose slope it is (the loss without it)")] = (),
    wrt: Annotated[Names, options.names("x, the given name or parameter that is nudged")] = (),
) -> Asked:
    """The slope (f(x + h) − f(x))/h for smaller and smaller h, exactly and in floating point, and its limit."""
    y = of[0] if of else work.problem.loss
    nudged = wrt[0] if wrt else leaves(work)[0]
    h, f, x = Letter("h"), work.names.node(y), work.names.node(nudged)
    quotient = Over(
        row(f, Brackets(row(x, PLUS, h)), MINUS, f, Brackets(x)),
        h,
    )
    rows = []
    for k in range(9):
        step = Fraction(1, 10**k)
        rows.append(
            (
                (number(step, 9),),
                (number(_quotient(work, y, nudged, step), 12),),
                (number(Fraction(_float_quotient(work, y, nudged, float(step))), 12),),
            )
        )
    derivation = derived(Derivation(work, y).gradient(nudged))
    note = Paragraph(
        (
            "The exact quotient tends to the derivative. In floating point, with about 16 digits, the subtraction "
            "loses more and more digits as ",
            h,
            " shrinks, and rounding takes over.",
        )
    )
    return Asked(
        ("Nudge ", x, " by ", h, " and compute ", quotient, " for smaller and smaller ", h, "."),
        (
            Table(((h,), ("exact",), ("floating point",)), tuple(rows), frozenset({1, 2})),
            Answer((note, *derivation), 3),
        ),
    )


def _quotient(work: Work, of: str, wrt: str, h: Fraction) -> exact.Value:
    at = _with_nudge(work, wrt, h)
    with exact.digits_carried(60):
        values = []
        for inputs in (at, _with_nudge(work, wrt, Fraction(0))):
            frame = {identifier(name): value for name, value in inputs.items()}
            Program(work.network.equations).run(frame, undefined_allowed=True)
            values.append(frame[identifier(of)])
        if any(isinstance(value, exact.Undefined) for value in values):
            return next(value for value in values if isinstance(value, exact.Undefined))
        return exact.divide(exact.add(values[0], exact.multiply(Fraction(-1), values[1])), h)


def _float_quotient(work: Work, of: str, wrt: str, h: float) -> float:
    at = {name: float(value) for name, value in _with_nudge(work, wrt, Fraction(0)).items()}
    here = evaluate_in_floats(work.network.equations, at)[of]
    there = evaluate_in_floats(work.network.equations, {**at, wrt: at[wrt] + h})[of]
    return (there - here) / h


def _with_nudge(work: Work, wrt: str, h: Fraction) -> dict[str, Fraction]:
    values = {**work.problem.examples[0], **work.problem.start}
    if wrt not in values:
        raise Mistake(f'question ask = "nudge": wrt must be a given name or a parameter, not {wrt}')
    return {**values, wrt: values[wrt] + h}
