"""Slips in the gates of an LSTM or a GRU, where they are arrays: c[t] = f[t]*c[t-1] + i[t]*k[t]."""

from __future__ import annotations

from collections.abc import Iterator

from symnet.algebra import functions
from symnet.algebra.equations import ONE, Array, Equation, Expr, add, multiply, negate, product, symbol
from symnet.algebra.indices import At, Each, rebuilt
from symnet.algebra.matrices import matmul, shape_of
from symnet.diagnosis.array_patterns import Line, indices_of, other_arrays, parts, replaced_in
from symnet.diagnosis.rewriting import Rewriting, Slipped, terms_of
from symnet.diagnosis.slip_patterns import edges_of, factors_of


def gate_forgotten(r: Rewriting) -> Iterator[Slipped]:
    """left out the gate"""
    gates = _gates(r)

    def without(part: Expr) -> Iterator[tuple[Expr, str]]:
        for factor in part.args if part.is_Mul and part.args[0] != -1 else ():
            gate = _gate_in(factor, gates)
            if gate is not None:
                yield multiply(*(other for other in part.args if other is not factor)), _words(factor, gate)

    yield from other_arrays(r, replaced_in(r, without) if gates else ())
    for gate in gates:  # on the way back alone, to what it multiplies: to U, of r ∘ (U h)
        own = {symbol(entry) for entry in indices_of(r, gate.name)}
        slopes = {
            (y, x): product(*(f for f in factors_of(d) if f not in own))
            for y, x in edges_of(r)
            if x not in own and not own.isdisjoint(factors_of(d := r.slopes[y][x]))
        }
        if slopes:
            yield Slipped(
                r.passing(lambda e, x, d, slopes=slopes: slopes.get((e.name, x), d)),  # type: ignore[misc]
                at=f"{gate} on the way back",
            )


def gates_exchanged(r: Rewriting) -> Iterator[Slipped]:
    """exchanged the gates"""
    gates, lines = _gates(r), list[Line]()
    for equation in r.problem.whole if gates else ():
        used = [*dict.fromkeys(gate for part in parts(equation.rhs) if (gate := _gate_of(part, gates)) is not None)]
        for i, one in enumerate(used):
            lines += [
                (equation.name, _exchanged(equation.rhs, {one: other, other: one}), f"{one} and {other}")
                for other in used[i + 1 :]
                if shape_of(one) == shape_of(other)
            ]
            if any(_is_rest(part, one) for part in parts(equation.rhs)):
                lines.append((equation.name, _with_rest(equation.rhs, one), f"{one} and 1 − {one}"))
    yield from other_arrays(r, lines)


def gates_constant(r: Rewriting) -> Iterator[Slipped]:
    """passed nothing back through the gate"""
    gates = _gates(r)
    for gate in gates:
        own = indices_of(r, gate.name)
        yield Slipped(r.passing(lambda e, x, d, own=own: None if x.name in own else d), at=gate.name)  # type: ignore[misc]
    if len(gates) > 1:
        every = {entry for gate in gates for entry in indices_of(r, gate.name)}
        yield Slipped(r.passing(lambda e, x, d: None if x.name in every else d), at="(none of them)")


def state_for_cell(r: Rewriting) -> Iterator[Slipped]:
    """took one state of the step before for another"""
    carried = [e.lhs for e in r.problem.whole if any(_is_before(part, e.lhs) for part in parts(e.rhs))]
    read = {part.array for e in r.problem.whole for part in parts(e.rhs) if _is_before(part, None)}
    lines: list[Line] = []
    for equation in r.problem.whole if _gates(r) else ():
        if equation.lhs not in carried:
            continue
        for other in read - {equation.lhs}:
            if shape_of(other) == shape_of(equation.lhs):

                def change(part: Expr, own: Expr = equation.lhs, other: Expr = other) -> Expr | None:
                    return At(other, *part.places) if _is_before(part, own) else None

                lines.append((equation.name, rebuilt(equation.rhs, change), f"({other} for {equation.name})"))
    yield from other_arrays(r, lines)


def gate_beyond_weights(r: Rewriting) -> Iterator[Slipped]:
    """moved the gate{place} from one side of the weights to the other"""
    gates = _gates(r)

    def moved(part: Expr) -> Iterator[tuple[Expr, str]]:
        if isinstance(part, matmul):
            left, right = part.args
            if (found := _apart(left, gates)) is not None:  # (r ∘ h) U as r ∘ (h U)
                yield multiply(found[0], matmul(found[1], right)), str(_array_of(found[0]))
            if (found := _apart(right, gates)) is not None:
                yield multiply(found[0], matmul(left, found[1])), str(_array_of(found[0]))
        elif (found := _apart(part, gates)) is not None:
            gate, terms = found[0], terms_of(found[1])
            inside = [_before_weights(gate, term) if isinstance(term, matmul) else term for term in terms]
            if None not in inside and inside != [*terms]:  # of r ∘ (U h + c) the bias stays where it is
                yield add(*inside), str(_array_of(gate))

    yield from other_arrays(r, replaced_in(r, moved) if gates else ())


def _before_weights(gate: Expr, whole: Expr) -> Expr | None:
    """(r ∘ h) U for h U, and U (r ∘ h) for U h; None where the gate is not as long as h."""
    left, right = whole.args
    if len(shape_of(left)) <= len(shape_of(right)):
        return matmul(multiply(gate, left), right) if shape_of(left) == shape_of(gate) else None
    return matmul(left, multiply(gate, right)) if shape_of(right) == shape_of(gate) else None


def _apart(part: Expr, gates: tuple[Array, ...]) -> tuple[Expr, Expr] | None:
    """(r, h) of r ∘ h."""
    if not part.is_Mul or len(part.args) != 2:
        return None
    gate = next((factor for factor in part.args if _gate_of(factor, gates) is not None), None)
    return None if gate is None else (gate, next(factor for factor in part.args if factor is not gate))


def _gates(r: Rewriting) -> tuple[Array, ...]:
    """The arrays that are a sigmoid and that multiply in another line: i, f and o of an LSTM, z and r of a GRU."""
    found = [e.lhs for e in r.problem.whole if isinstance(e.lhs, Array) and isinstance(_body(e), functions.sigmoid)]
    factors = {
        factor
        for e in r.problem.whole
        if found
        for part in parts(e.rhs)
        if part.is_Mul and part.args[0] != -1
        for factor in map(_array_of, part.args)
    }
    return tuple(gate for gate in found if gate in factors)


def _body(equation: Equation) -> Expr:
    return equation.rhs.body if isinstance(equation.rhs, Each) else equation.rhs


def _array_of(part: Expr) -> Expr:
    """f of f and f[t]; z of 1 − z[t]."""
    rest = _rest_of(part)
    part = part if rest is None else rest
    return part.array if isinstance(part, At) else part


def _rest_of(part: Expr) -> Expr | None:
    """z[t] of 1 − z[t]."""
    if part.is_Add and len(part.args) == 2 and ONE in part.args:
        other = next(term for term in part.args if term != ONE)
        if other.is_Mul and len(other.args) == 2 and other.args[0] == -1:
            return other.args[1]
    return None


def _gate_of(part: Expr, gates: tuple[Array, ...]) -> Array | None:
    array = part.array if isinstance(part, At) else None if isinstance(part, Array) and not part.shape else part
    return array if isinstance(array, Array) and array in gates else None


def _gate_in(factor: Expr, gates: tuple[Array, ...]) -> Array | None:
    array = _array_of(factor)
    return array if isinstance(array, Array) and array in gates else None


def _words(factor: Expr, gate: Array) -> str:
    return f"1 − {gate}" if factor.is_Add else f"{gate}"


def _is_before(part: Expr, array: Expr | None) -> bool:
    """Whether it is c[t − 1], of this array or of any."""
    if not isinstance(part, At) or not isinstance(part.array, Array) or len(part.places) != 1:
        return False
    place = part.places[0]
    return place.is_Add and -1 in place.args and (array is None or part.array == array)


def _exchanged(rhs: Expr, other: dict[Array, Array]) -> Expr:
    def change(part: Expr) -> Expr | None:
        if isinstance(part, At) and part.array in other:
            return At(other[part.array], *part.places)
        return other.get(part) if isinstance(part, Array) else None

    return rebuilt(rhs, change)


def _is_rest(part: Expr, gate: Array) -> bool:
    """Whether it is 1 − z."""
    return _rest_of(part) is not None and _array_of(part) == gate


def _with_rest(rhs: Expr, gate: Array) -> Expr:
    """z for 1 − z and 1 − z for z."""

    def change(part: Expr) -> Expr | None:
        if _is_rest(part, gate):
            return _rest_of(part)
        if part == gate or (isinstance(part, At) and part.array == gate):
            return add(ONE, negate(part))
        return None

    return rebuilt(rhs, change)
