"""The stated derivatives of functions of a whole row, such as softmax, are proved before they are first used."""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy

from symnet.algebra.entries import Unrolled
from symnet.algebra.equations import Expr, array
from symnet.algebra.indices import Each, indices_for
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake

_WIDTH = 2  # one entry of the row and one that stands for all others


@cache
def prove(kind: Any) -> None:
    """Prove that the stated slopes of an operation are sympy.diff of its definition; raises Mistake if not.

    Every term of a row's sum is of one form, so a row of two entries shows what happens to the entry itself and to
    another one.
    """
    count = kind.check.__code__.co_argcount - 1
    arguments = [array("zt"[i], 1, _WIDTH) for i in range(count)]
    made = kind(*arguments)
    written = Unrolled({})
    entry = indices_for(shape_of(made))
    (m,) = indices_for((sympy.Integer(_WIDTH),), entry)
    for number, argument in enumerate(arguments):
        stated = Each(kind.slope(number, entry, m, *arguments), *entry, m)
        for place in range(_WIDTH if len(entry) > 1 else 1):
            index = (0, place)[: len(entry)]
            value = written.entry(made, index).doit()
            for other in range(_WIDTH):
                right = sympy.diff(value, written.entry(argument, (0, other)))
                said = written.entry(stated, (*index, other)).doit()
                if not _is_zero(said - right):
                    raise Mistake(f"{kind.__name__}: the stated derivative {said} is not that of {value}, {right}")


def _is_zero(expr: Expr) -> bool:
    """Whether a rational expression in exp(z), z and t is 0, with e = exp(z) in the place of z."""
    logits = sorted((name for name in expr.free_symbols if name.name.startswith("z")), key=str)
    powers = {z: sympy.log(sympy.Symbol(f"e{i}", positive=True)) for i, z in enumerate(logits)}
    in_powers = sympy.expand_log(expr.subs(powers), force=True)
    return bool(sympy.numer(sympy.together(in_powers)).expand() == 0)
