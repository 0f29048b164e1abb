"""Rewrites of a list of operations: each makes it quicker and leaves what it computes as it is.

``REWRITES`` is the table, in the order in which they are applied.  To add one, write a function and name it there.  A
value never changes, but its place may be taken by a newer value of the same name; a rewrite that lets a value be read
later asks ``Places.lasts``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sympy

from symnet.algebra import matrices
from symnet.algebra.equations import MINUS_ONE, ONE, Array, Expr, names_in
from symnet.algebra.functions import sqrt
from symnet.algebra.matrices import shape_of
from symnet.algebra.optimizers import UPDATE_NUMBER
from symnet.computing.operations import HALF, Op, Operations
from symnet.computing.source import truth_of

_BY_ENTRY = ("add", "subtract", "multiply", "divide")


class vdot(sympy.Function):  # type: ignore[misc]
    """The sum of the products of the entries of two arrays, a number."""


class ones(sympy.Function):  # type: ignore[misc]
    """A vector of ones: a product with it sums rows or columns, quicker than a sum."""


class Places:
    """When values are read, and when their places are taken."""

    def __init__(self, found: Operations) -> None:
        self.uses: Counter[Expr] = Counter()
        self.first: dict[Expr, int] = {}
        self.last: dict[Expr, int] = {}
        self.writes: dict[Expr, list[int]] = {}
        self.home = found.home
        for i, op in enumerate(found.ops):
            for value in op.reads:
                self.first.setdefault(value, i)
                self.last[value] = i
            for part in op.inputs:
                self.uses.update(name for name in sympy.preorder_traversal(part) if isinstance(name, Array))
            self.writes.setdefault(self.home.get(op.out, op.out), []).append(i)

    def lasts(self, value: Expr, since: int, until: int) -> bool:
        """Whether nothing takes the place of a value that is there at operation ``since``, before ``until``."""
        return not any(since < i < until for i in self.writes.get(self.home.get(value, value), ()))


def same_array(found: Operations) -> None:
    """A2 = Z2: one array under two names."""
    places = Places(found)
    same: dict[Expr, Expr] = {}
    kept = []
    for i, op in enumerate(found.ops):
        op = _renamed(op, same)
        source = op.inputs[0] if op.name == "copy" else None
        if isinstance(source, Array) and found.is_free(op.out) and _is_once(op.out, places):
            last = max(places.last.get(op.out, i), i)
            if places.lasts(source, i, last + 1) or places.last.get(op.out, -1) < 0:
                same[op.out] = source
                places.last[source] = max(places.last.get(source, 0), last)
                continue
        kept.append(op)
    found.ops = kept


def constant_arrays(found: Operations) -> None:
    """A number in every entry, as a gradient that reaches a mean, is the number itself beside another array."""
    filled: dict[Expr, Expr] = {}
    read = {value for op in found.ops for value in op.reads}
    assigned = Counter(op.out for op in found.ops if op.name == "number")
    for i, op in enumerate(found.ops):
        if op.name in _BY_ENTRY and any(part in filled for part in op.inputs):
            a, b = op.inputs
            if b in filled and shape_of(a) == shape_of(b):
                found.ops[i] = op = replace(op, inputs=(a, filled[b]))
            elif a in filled and shape_of(a) == shape_of(b):
                inputs = (b, filled[a]) if op.name in ("add", "multiply") else (filled[a], b)
                found.ops[i] = op = replace(op, inputs=inputs)
        if op.name == "fill" and _is_alone(op.inputs[0]) and not any(assigned[n] > 1 for n in names_in(op.inputs[0])):
            filled[op.out] = op.inputs[0]
    _drop_unused(found, read)


def computed_once(found: Operations) -> None:
    """What is worked out a second time from the same values is what was found the first time."""
    places = Places(found)
    known: dict[Any, tuple[int, Expr]] = {}
    same: dict[Expr, Expr] = {}
    kept = []
    for i, op in enumerate(found.ops):
        op = _renamed(op, same)
        key = op.name, op.inputs
        if isinstance(op.out, Array) and op.name not in ("copy", "fill"):
            at, value = known.get(key, (i, op.out))
            if at < i and places.lasts(value, at, max(places.last.get(op.out, i), i) + 1):
                if found.is_free(op.out) and places.uses[op.out] and _is_once(op.out, places):
                    same[op.out] = value
                    continue
                op = replace(op, name="copy", inputs=(value,))
            else:
                known[key] = i, op.out
        kept.append(op)
    found.ops = kept


def scale_put_off(found: Operations) -> None:
    """A number times an array is multiplied where the product is used, together with the numbers there.

    m̂ = c m in w − η m̂/(√v̂ + ε) costs nothing: it is (η c) m/(√v̂ + ε).  Of v̂ = c v with c above 0 the root is √c √v, and
    √c √v + ε is √c (√v + ε/√c).
    """
    places = Places(found)
    consumer = {value: i for i, op in enumerate(found.ops) for value in op.reads}
    assigned = {op.out for op in found.ops if op.name == "number"}
    put_off: dict[Expr, tuple[Expr, Expr]] = {}  # value: (array, number)
    kept: list[Op] = []

    def waits(op: Op, array: Expr, number: Expr, i: int) -> bool:
        """Whether c a can be multiplied by whatever uses it."""
        if not found.is_free(op.out) or places.uses[op.out] != 1 or not isinstance(array, Array):
            return False
        at = consumer[op.out]
        user = found.ops[at]
        if op.out not in user.inputs or not places.lasts(array, i, at) or not _is_alone(number):
            return False
        if op.out in found.home and assigned.intersection(names_in(number)):  # it is worked before all equations
            return False
        if user.name == "add":
            goes_on = user.inputs[0] == op.out and not shape_of(user.inputs[1])
            return goes_on and _is_positive(number) and _divides(found, places, consumer, user)
        return user.name in ("multiply", "divide", "negative") or (user.name == "sqrt" and _is_positive(number))

    for i, op in enumerate(found.ops):
        if op.name in ("multiply", "divide", "negative", "sqrt", "add") and any(x in put_off for x in op.inputs):
            op, number = _with_numbers_apart(found, op, put_off)
        else:
            number = ONE
        if op.name == "multiply" and not shape_of(op.inputs[1]) and isinstance(op.inputs[0], Array):
            array, number = op.inputs[0], _times(op.inputs[1], number)
        elif number != ONE:
            array = found.temporary(op.out.shape)
            kept.append(replace(op, out=array))
            places.uses[array] = 1
        else:
            kept.append(op)
            continue
        if waits(op, array, number, i):
            put_off[op.out] = array, _first_worked(found, op, number)
        else:
            kept.append(Op(op.out, "multiply", (array, number), op.line))
    found.ops = kept


def _with_numbers_apart(found: Operations, op: Op, put_off: dict[Expr, tuple[Expr, Expr]]) -> tuple[Op, Expr]:
    """(the operation on the arrays alone, the number that its result is to be multiplied by)."""
    first = put_off.get(op.inputs[0], (op.inputs[0], ONE))
    second = put_off.get(op.inputs[1], (op.inputs[1], ONE)) if len(op.inputs) > 1 else (ONE, ONE)
    if op.name == "sqrt":
        return replace(op, inputs=(first[0],)), _root(found, first[1])
    if op.name == "negative":
        return replace(op, name="multiply", inputs=(first[0], _times(MINUS_ONE, first[1]))), ONE
    if op.name == "add":
        return replace(op, inputs=(first[0], _over(second[0], first[1]))), first[1]
    if op.name == "divide":
        number = _over(first[1], second[1])
        if not shape_of(first[0]):
            return replace(op, inputs=(_times(first[0], number), second[0])), ONE
        return replace(op, inputs=(first[0], second[0])), number
    return replace(op, inputs=(first[0], second[0])), _times(first[1], second[1])


def _divides(found: Operations, places: Places, consumer: dict[Expr, int], op: Op) -> bool:
    """Whether the result is used once, in a product or quotient, which takes a number up."""
    if not found.is_free(op.out) or places.uses[op.out] != 1:
        return False
    return found.ops[consumer[op.out]].name in ("multiply", "divide")


def _first_worked(found: Operations, op: Op, number: Expr) -> Expr:
    """A name for the number where the equation had one: m̂ = c m is worked as ``m_hat_scale = c``, before all arrays."""
    if op.out not in found.home:
        return number
    scale = sympy.Symbol(f"scale of {found.home[op.out]}", positive=_is_positive(number) or None)
    found.numbers.append((scale, number, op.line))
    return scale


def _root(found: Operations, number: Expr) -> Expr:
    if not (number.is_Symbol and any(name == number for name, _, _ in found.numbers)):
        return sqrt(number)
    root = sympy.Symbol(f"root of {number.name.removeprefix('scale of ')}", positive=True)
    if all(name != root for name, _, _ in found.numbers):
        found.numbers.append((root, sympy.Pow(number, HALF, evaluate=False), None))
    return root


def mask_of_slope(found: Operations) -> None:
    """A slope of 0 and 1, such as ReLU′(z), is the truth of z > 0, and an array is multiplied by that."""
    multiplied = {x for op in found.ops if op.name == "multiply" for x in op.inputs}
    otherwise = {x for op in found.ops if op.name != "multiply" for x in op.reads}
    for i, op in enumerate(found.ops):
        condition = truth_of(op.inputs[0]) if op.name == "plain" else None
        if isinstance(condition, sympy.StrictGreaterThan) and op.out not in found.home and op.out in multiplied:
            sides = condition.args
            if op.out not in otherwise and all(isinstance(side, Array) or not shape_of(side) for side in sides):
                found.ops[i] = replace(op, name="greater", inputs=sides)


def sum_of_products(found: Operations) -> None:
    """The sum of all A∘B is one call, ``vdot``, which makes no array of the products."""
    places, read = Places(found), {value for op in found.ops for value in op.reads}
    products = {
        op.out: (i, op.inputs)
        for i, op in enumerate(found.ops)
        if op.name == "multiply" and places.uses[op.out] == 1 and op.out not in found.home
    }

    def summed(expr: Expr, at: int) -> Expr:
        if isinstance(expr, matrices.sum_of):
            i, (a, b) = products.get(expr.args[0], (0, (ONE, ONE)))
            whole = isinstance(a, Array) and isinstance(b, Array) and a.shape == b.shape
            if whole and places.lasts(a, i, at) and places.lasts(b, i, at):
                return vdot(a, b)
        if not expr.has(matrices.sum_of):
            return expr
        return expr.func(*(summed(part, at) for part in expr.args), evaluate=False)

    found.ops = [
        replace(op, inputs=tuple(summed(part, i) if not shape_of(part) else part for part in op.inputs))
        for i, op in enumerate(found.ops)
    ]
    _drop_unused(found, read)


def sums_as_products(found: Operations) -> None:
    """The sums of rows or columns are a product with a vector of ones."""
    for i, op in enumerate(found.ops):
        if op.name in ("column_sums", "row_sums"):
            (a,) = op.inputs
            inputs = (ones(shape_of(a)[0]), a) if op.name == "column_sums" else (a, ones(shape_of(a)[1]))
            found.ops[i] = replace(op, name="matmul", inputs=inputs)


REWRITES: tuple[Callable[[Operations], None], ...] = (
    same_array,
    constant_arrays,
    computed_once,
    scale_put_off,
    mask_of_slope,
    sum_of_products,
    sums_as_products,
)


def rewritten(found: Operations) -> Operations:
    """The list after every rewrite in turn."""
    for rewrite in REWRITES:
        rewrite(found)
    return found


def _renamed(op: Op, same: dict[Expr, Expr]) -> Op:
    if not any(value in same for value in op.reads):
        return op
    return replace(op, inputs=tuple(part.xreplace(same) for part in op.inputs))


def _drop_unused(found: Operations, before: set[Expr]) -> None:
    """Leave out what was read before and is read no more."""
    read: set[Expr] = set()
    kept = []
    for op in reversed(found.ops):
        if found.is_free(op.out) and op.out in before and op.out not in read:
            continue
        read.update(op.reads)
        kept.append(op)
    found.ops = kept[::-1]


def _is_once(value: Expr, places: Places) -> bool:
    """Whether its name is assigned once, so that another name can stand for it."""
    return len(places.writes[places.home.get(value, value)]) == 1


def _is_alone(number: Expr) -> bool:
    """Whether no array has to be summed for it."""
    return not any(isinstance(part, (matrices.sum_of, vdot)) for part in sympy.preorder_traversal(number))


def _times(a: Expr, b: Expr) -> Expr:
    return b if a == ONE else a if b == ONE else sympy.Mul(*_factors(a), *_factors(b), evaluate=False)


def _over(a: Expr, b: Expr) -> Expr:
    return a if b == ONE else sympy.Mul(*_factors(a), sympy.Pow(b, MINUS_ONE, evaluate=False), evaluate=False)


def _factors(number: Expr) -> tuple[Expr, ...]:
    return number.args if number.is_Mul else (number,) if number != ONE else ()


def _is_positive(number: Expr) -> bool:
    """Whether a number is surely above 0: made of such by · and /, or 1 − βᵗ at an update t, with β between 0 and 1."""
    if number.is_Rational or number.is_Symbol:
        return bool(number.is_positive)
    if isinstance(number, sqrt):
        return _is_positive(number.args[0])
    if number.is_Mul or (number.is_Pow and number.exp.is_Integer):
        return all(map(_is_positive, number.args if number.is_Mul else (number.base,)))
    if not number.is_Add or len(number.args) != 2 or number.args[0] != 1:
        return False
    decay = number.args[1]
    if not decay.is_Mul or len(decay.args) != 2 or decay.args[0] != -1 or not decay.args[1].is_Pow:
        return False
    base, exponent = decay.args[1].args
    return bool(base.is_Rational and 0 < base < 1 and exponent == UPDATE_NUMBER)
