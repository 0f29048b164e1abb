"""What occurs twice in nested expressions, named once: SymPy's ``cse`` for expressions that were made of equations.

    f = sympy.lambdify(net.parameters, net.hessian(), cse=symnet.shared)

SymPy's own looks for what two sums or products have in common and works conditions out again, which takes a minute on
the Hessian of 41 parameters.  Here a part is shared where it is the same part, as those made of one equation are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sympy
from sympy import Basic, MatrixBase, Piecewise
from sympy.core.relational import Relational
from sympy.functions.elementary.piecewise import ExprCondPair

from symnet.algebra.equations import Expr


def shared(expressions: Any) -> tuple[list[tuple[Expr, Expr]], Any]:
    """([(name, what it stands for), …] in order, the expressions with these names).

    ``expressions`` is an expression, a Matrix, or a list or tuple of them, as ``sympy.lambdify(cse=shared)`` gives.
    """
    single = [*_expressions(expressions)]
    order = [*_parts(single)]
    uses: dict[Expr, int] = dict.fromkeys(order, 0)
    for part in [*order, *single]:
        for argument in part.args if part in uses else ():
            if argument in uses:
                uses[argument] += 1
    for expr in single:
        uses[expr] = uses.get(expr, 0) + 1
    leaves = {part for whole in order for part in whole.args if not part.args} | {*single}
    names = _names({leaf.name for leaf in leaves if leaf.is_Symbol})
    new: dict[Expr, Expr] = {}
    found: list[tuple[Expr, Expr]] = []
    for part in order:
        rebuilt = _rebuilt(part, [new.get(argument, argument) for argument in part.args])
        if uses[part] > 1 and not isinstance(part, ExprCondPair):
            found.append((next(names), rebuilt))
            rebuilt = found[-1][0]
        new[part] = rebuilt
    return found, _with(expressions, new)


def _expressions(what: Any) -> Iterator[Expr]:
    if isinstance(what, (list, tuple)):
        for item in what:
            yield from _expressions(item)
    elif isinstance(what, MatrixBase):
        yield from what.flat()
    else:
        yield sympy.sympify(what)


def _parts(expressions: Iterable[Expr]) -> Iterator[Expr]:
    """Every part that has parts itself, once, after its parts."""
    met: set[Expr] = set()
    stack = [(expr, False) for expr in expressions][::-1]
    while stack:
        part, ready = stack.pop()
        if ready:
            yield part
        elif part.args and part not in met:
            met.add(part)
            stack.append((part, True))
            stack += [(argument, False) for argument in reversed(part.args)]


def _rebuilt(part: Expr, arguments: list[Expr]) -> Expr:
    if all(a is b for a, b in zip(arguments, part.args, strict=True)):
        return part
    if isinstance(part, (Piecewise, ExprCondPair)):
        return Basic.__new__(part.func, *arguments)
    if part.is_Add or part.is_Mul or part.is_Pow or isinstance(part, Relational):
        return part.func(*arguments, evaluate=False)
    return part.func(*arguments)


def _names(taken: set[str]) -> Iterator[Expr]:
    i = 0
    while True:
        if f"s{i}" not in taken:
            yield sympy.Symbol(f"s{i}", real=True)
        i += 1


def _with(what: Any, new: dict[Expr, Expr]) -> Any:
    if isinstance(what, (list, tuple)):
        return type(what)(_with(item, new) for item in what)
    if isinstance(what, MatrixBase):
        return sympy.Matrix(what.rows, what.cols, [new.get(item, item) for item in what.flat()])
    return new.get(sympy.sympify(what), what)
