"""Outputs and losses that belong together: the error p − t of a softmax or a logistic unit before its cross-entropy.

    p_k = exp(u_k)/Σ_j exp(u_j),  C = −c Σ_k t_k ln p_k                 ∂C/∂u_k = c (p_k Σ_j t_j − t_k)
    p = σ(u),                     C = −c (t ln p + (1 − t) ln(1 − p))   ∂C/∂u = c (p − t)

Where equations have that shape, with the outputs named or written within the loss, the gradient goes from the line of
the cross-entropy straight to the logits u, as it is taught and as it is computed without loss of digits.  Where the
targets sum to 1 the sum is left out.  Source: Bridle (1990); Bishop (2006), section 4.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import sympy
from sympy import Rational

from symnet.algebra import functions
from symnet.algebra.adjoints import contributions
from symnet.algebra.backprop import backprop
from symnet.algebra.derivatives import differentiate, recognized
from symnet.algebra.equations import (
    MINUS_ONE,
    ONE,
    Equation,
    Expr,
    Symbol,
    divide,
    names_in,
    negate,
    product,
    total,
)
from symnet.algebra.softmax_rows import passed_back, softmax_rows

MOST_OUTPUTS = 1_000


@dataclass(frozen=True)
class OutputError:
    """A softmax, or a logistic unit, with the cross-entropy in ``line``, of c times the targets ``targets``.

    ``logits`` are the u_k, ``outputs`` the p_k: names, or the formulas themselves where they have none.  A logistic
    unit has one of each, and ``other`` is what ln(1 − p) is multiplied by where that of ln p is its target.
    ``between`` are the names that stand between the logits and the line, which the gradient passes over.
    """

    line: Equation
    logits: tuple[Expr, ...]
    outputs: tuple[Expr, ...]
    targets: tuple[Expr, ...]
    scale: Expr
    other: Expr | None
    between: tuple[Symbol, ...]
    logarithms: tuple[tuple[Expr, Expr], ...]  # (what it is multiplied by, ln p)

    @property
    def is_logistic(self) -> bool:
        return self.other is not None

    @property
    def sum(self) -> Expr:
        """Σ_j t_j, of a logistic unit t and what stands for 1 − t."""
        targets = total(*self.targets, *(() if self.other is None else (self.other,)))
        return targets if names_in(targets) else _evaluated(targets)

    def errors(self, one: bool) -> tuple[Expr, ...]:
        """∂C/∂u_k for every logit: c (p_k − t_k) where the targets sum to ``one``, else c (p_k Σ t − t_k)."""
        whole = ONE if one else self.sum
        pairs = zip(self.outputs, self.targets, strict=True)
        return tuple(product(self.scale, total(product(whole, p), product(MINUS_ONE, t))) for p, t in pairs)


def output_errors(equations: Sequence[Equation], of: Symbol) -> tuple[OutputError, ...]:
    """Every softmax or logistic unit with its cross-entropy on the way to ``of``, in the order of their lines."""
    if not any(isinstance(part, functions.log) for e in equations for part in sympy.preorder_traversal(e.rhs)):
        return ()
    reach = Reach(equations, of)
    return tuple(error for equation in reach.equations for error in _found(equation, reach))


def joined_slopes(
    equations: Sequence[Equation], of: Symbol, one: Callable[[Expr], bool]
) -> dict[str, dict[Symbol, Expr]]:
    """{line: {x: ∂line/∂x}} for the lines of cross-entropies, with the logits in the place of the outputs.

    ``one`` says whether a sum of targets is 1.
    """
    slopes: dict[str, dict[Symbol, Expr]] = {}
    by_line: dict[str, list[OutputError]] = {}
    for error in output_errors(equations, of):
        by_line.setdefault(error.line.name, []).append(error)
    for name, errors in by_line.items():
        slopes[name] = _slopes_of_line(errors, one)
    return slopes


def joined_backprop(equations: Sequence[Equation], of: Symbol, one: Callable[[Expr], bool]) -> tuple[Equation, ...]:
    """``backprop``, with the errors of outputs that belong to their loss in the short form, and softmax in its outputs.

    The names between the logits and the loss keep their gradients, which no line uses but their own.
    """
    plain = backprop(equations, of)
    slopes = joined_slopes(equations, of, one)
    rows = softmax_rows(equations)
    if not slopes and not rows:
        return plain

    def passed(equation: Equation, upstream: Expr) -> Iterator[tuple[Symbol, Expr]]:
        if equation.name in slopes:
            return ((x, product(upstream, slope)) for x, slope in slopes[equation.name].items())
        if equation.lhs in rows:
            return passed_back(rows[equation.lhs], upstream)
        return contributions(equation, upstream)

    short = {equation.lhs: equation for equation in backprop(equations, of, passed)}
    return tuple(short.get(equation.lhs, equation) for equation in plain)


def softmax_outputs(equations: Sequence[Equation]) -> tuple[dict[Symbol, Symbol], frozenset[Symbol]]:
    """{p: z} for every named p = exp(z)/Σ exp, and the names of the exponentials and sums that only those use."""
    if not any(equation.rhs.has(functions.exp) for equation in equations):
        return {}, frozenset()
    reach = Reach(equations, *(equation.lhs for equation in equations))
    outputs: dict[Symbol, Symbol] = {}
    parts: dict[Symbol, None] = {}
    for equation in equations:
        found = reach.share(equation.lhs) if equation.rhs.is_Mul else None
        # Of a softmax of which one output alone is used, no figure could show what goes into it.
        if found is not None and all(u.is_Symbol and u in reach.names_of_shares(found[0]) for u in found[2]):
            outputs[equation.lhs] = found[1]
            parts |= dict.fromkeys((found[0], *names_in(reach.rhs(found[0])), *names_in(equation.rhs)))
    parts = dict.fromkeys(x for x in parts if x not in outputs.values() and x in reach.all)
    return outputs, frozenset(x for x in parts if reach.users.get(x, set()) <= {*outputs, *parts})


def sums_to_one(total_: Expr, examples: Sequence[Mapping[str, object]]) -> bool:
    """Whether a sum of targets is 1, whatever the names in it are, or by their numbers in all the examples."""
    if sympy.expand(_evaluated(total_)) == 1:
        return True
    names = names_in(total_)
    if not all(name.name in example for name in names for example in examples):
        return False
    for example in examples:
        at = {name: Rational(str(example[name.name])) for name in names}
        if _evaluated(total_).xreplace(at) != 1:
            return False
    return bool(examples)


def _evaluated(expr: Expr) -> Expr:
    return expr.func(*map(_evaluated, expr.args)) if expr.args else expr


# -- finding them ------------------------------------------------------------------------------------------------------


class Reach:
    """The equations that a quantity follows from, by name, and where each name is used."""

    def __init__(self, equations: Sequence[Equation], *of: Symbol) -> None:
        wanted, kept = {*of}, []
        for equation in reversed(equations):
            if equation.lhs in wanted:
                wanted.update(names_in(equation.rhs))
                kept.append(equation)
        self.equations = tuple(reversed(kept))
        self.by_name = {equation.lhs: equation for equation in self.equations}
        self.all = {equation.lhs: equation for equation in equations}
        self.users: dict[Symbol, set[Symbol]] = {}
        for equation in self.equations:
            for name in names_in(equation.rhs):
                self.users.setdefault(name, set()).add(equation.lhs)
        self._fractions: dict[Expr, dict[Expr, Symbol]] | None = None

    def rhs(self, expr: Expr) -> Expr:
        """What a name stands for, or the expression itself."""
        equation = self.by_name.get(expr) or self.all.get(expr)
        return equation.rhs if equation is not None else expr

    def exponent(self, term: Expr) -> Expr | None:
        """u for exp(u), also where that has a name."""
        exponential = self.rhs(term)
        return exponential.args[0] if isinstance(exponential, functions.exp) else None

    def share(self, p: Expr) -> tuple[Expr, Expr, tuple[Expr, ...]] | None:
        """(Σ as it is written, u, the u of every term of the sum) for exp(u)/Σ exp."""
        fraction = self.rhs(p)
        if not fraction.is_Mul or len(fraction.args) != 2:
            return None
        above, below = fraction.args
        if not (below.is_Pow and below.exp == MINUS_ONE):
            return None
        whole = self.rhs(below.base)
        exponents = tuple(map(self.exponent, whole.args)) if whole.is_Add else ()
        own = self.exponent(above)
        if own is None or None in exponents or own not in exponents or len(set(exponents)) != len(exponents):
            return None
        return below.base, own, exponents

    def names_of_shares(self, whole: Expr) -> dict[Expr, Symbol]:
        """{u: the name of exp(u)/Σ} for the names that the exercise has for a softmax's outputs."""
        if self._fractions is None:
            self._fractions = {}
            for equation in self.all.values():
                found = self.share(equation.lhs) if equation.rhs.is_Mul else None
                if found is not None:
                    self._fractions.setdefault(found[0], {}).setdefault(found[1], equation.lhs)
        return self._fractions.get(whole, {})

    def only_for(self, names: Sequence[Symbol], line: Symbol) -> bool:
        """Whether the names are used by one another and by the line alone."""
        return all(self.users.get(name, set()) <= {*names, line} for name in names)


def _found(line: Equation, reach: Reach) -> Iterator[OutputError]:
    logarithms = list(_logarithms(line.rhs, ()))
    if not logarithms:
        return
    softmaxes: dict[tuple[Expr, tuple[Expr, ...]], list[tuple[Expr, Expr, Expr]]] = {}
    logistic: dict[Expr, list[tuple[Expr, Expr, bool]]] = {}
    for factor, log in logarithms:
        inside = log.args[0]
        share = reach.share(inside)
        unit, is_other = (inside, False) if _logit(inside, reach) is not None else (_complement(inside), True)
        if share is not None:
            softmaxes.setdefault((share[0], share[2]), []).append((factor, log, share[1]))
        elif unit is not None and _logit(unit, reach) is not None:
            logistic.setdefault(unit, []).append((factor, log, is_other))
    for (whole, logits), members in softmaxes.items():
        yield from _softmax(line, reach, whole, logits, members)
    for p, pair in logistic.items():
        yield from _logistic(line, reach, p, pair)


def _softmax(
    line: Equation, reach: Reach, whole: Expr, logits: tuple[Expr, ...], members: list[tuple[Expr, Expr, Expr]]
) -> Iterator[OutputError]:
    given = {u: (factor, log) for factor, log, u in members}
    if len(given) != len(members) or len(logits) > MOST_OUTPUTS:
        return
    names = reach.names_of_shares(whole)
    above = dict(zip(logits, reach.rhs(whole).args, strict=True))
    outputs = tuple(given[u][1].args[0] if u in given else names.get(u, divide(above[u], whole)) for u in logits)
    scale, factors = _common([given[u][0] for u in logits if u in given])
    targets = iter(factors)
    parts = (*outputs, whole, *above.values(), *names.values())
    between = tuple(dict.fromkeys(part for part in parts if part.is_Symbol))
    error = OutputError(
        line,
        logits,
        outputs,
        tuple(next(targets) if u in given else sympy.S.Zero for u in logits),
        scale,
        None,
        between,
        tuple((factor, log) for factor, log, _ in members),
    )
    if _stands_alone(error, reach):
        yield error


def _logistic(line: Equation, reach: Reach, p: Expr, pair: list[tuple[Expr, Expr, bool]]) -> Iterator[OutputError]:
    if len({is_other for _, _, is_other in pair}) != len(pair):
        return
    scale, factors = _common([factor for factor, _, _ in pair])
    of_p, of_other = sympy.S.Zero, sympy.S.Zero
    for factor, (_, _, is_other) in zip(factors, pair, strict=True):
        of_p, of_other = (of_p, factor) if is_other else (factor, of_other)
    logarithms = tuple((factor, log) for factor, log, _ in pair)
    between = (p,) if p.is_Symbol else ()
    error = OutputError(line, (_logit(p, reach),), (p,), (of_p,), scale, of_other, between, logarithms)
    if _stands_alone(error, reach):
        yield error


def _stands_alone(error: OutputError, reach: Reach) -> bool:
    """Whether the outputs go into this cross-entropy alone, and the logits are names that something is learned in."""
    inside = {name for _, log in error.logarithms for name in names_in(log)}
    rest = _without(error.line.rhs, [log for _, log in error.logarithms])
    factors = [name for factor, _ in error.logarithms for name in names_in(factor)]
    own = set(error.between)
    return (
        reach.only_for(error.between, error.line.lhs)
        and not own.intersection(names_in(rest))
        and not own.intersection(factors)
        and bool(inside)
    )


def _logit(p: Expr, reach: Reach) -> Expr | None:
    """u for σ(u), also written out and also where it has a name."""
    rhs = recognized(reach.rhs(p))
    return rhs.args[0] if isinstance(rhs, functions.sigmoid) else None


def _complement(expr: Expr) -> Expr | None:
    """p for 1 − p."""
    if expr.is_Add and len(expr.args) == 2 and expr.args[0] == 1:
        minus = expr.args[1]
        if minus.is_Mul and minus.args[0] == MINUS_ONE and len(minus.args) == 2:
            return minus.args[1]
    return None


def _logarithms(expr: Expr, factors: tuple[Expr, ...]) -> Iterator[tuple[Expr, Expr]]:
    """(c, ln x) for every term c ln x of an expression, its sums multiplied out."""
    if isinstance(expr, functions.log):
        yield product(*factors), expr
    elif expr.is_Add:
        yield from chain.from_iterable(_logarithms(term, factors) for term in expr.args)
    elif expr.is_Mul:
        with_logs = [factor for factor in expr.args if factor.has(functions.log)]
        if len(with_logs) == 1:
            others = tuple(factor for factor in expr.args if factor is not with_logs[0])
            yield from _logarithms(with_logs[0], (*factors, *others))


def _without(expr: Expr, logs: Sequence[Expr]) -> Expr:
    """The terms of an expression that are no multiples of these logarithms."""
    if expr in logs:
        return sympy.S.Zero
    if expr.is_Add:
        return total(*(_without(term, logs) for term in expr.args))
    if expr.is_Mul and any(expr.has(log) for log in logs):
        return product(*(_without(f, logs) if any(f == log or f.has(log) for log in logs) else f for f in expr.args))
    return expr


def _common(factors: Sequence[Expr]) -> tuple[Expr, tuple[Expr, ...]]:
    """(c, targets) for factors −c t: the size of the number in front and the divisors that all of them share."""
    numbers, rests = zip(*map(_apart, factors), strict=True)
    if not all(number < 0 for number in numbers) or len(set(numbers)) > 1:
        return ONE, tuple(negate(factor) if not factor.is_Mul else product(MINUS_ONE, factor) for factor in factors)
    shared = [part for part in _parts(rests[0]) if _divides(part) and all(part in _parts(rest) for rest in rests)]
    # One factor alone is a target: of what it consists cannot be told, but a divisor is none.
    targets = tuple(product(*(part for part in _parts(rest) if part not in shared)) for rest in rests)
    if all(rest == 1 for rest in rests):
        return -numbers[0], targets
    return product(-numbers[0], *shared), targets


def _divides(part: Expr) -> bool:
    return bool(part.is_Pow and part.exp.is_Rational and part.exp < 0)


def _parts(expr: Expr) -> tuple[Expr, ...]:
    return tuple(expr.args) if expr.is_Mul else (expr,)


def _apart(factor: Expr) -> tuple[Expr, Expr]:
    """(−½, t) for −½ t."""
    first, *rest = _parts(product(factor))
    if not first.is_Rational:
        return ONE, factor
    return first, product(*rest)


def _slopes_of_line(errors: Sequence[OutputError], one: Callable[[Expr], bool]) -> dict[Symbol, Expr]:
    """The derivatives of a line with cross-entropies in every name that reaches it but by way of the outputs."""
    line = errors[0].line
    logarithms = [pair for error in errors for pair in error.logarithms]
    rest = _without(line.rhs, [log for _, log in logarithms])
    terms: dict[Symbol, list[Expr]] = {}
    for error in errors:
        for u, slope in zip(error.logits, error.errors(one(error.sum)), strict=True):
            for x in names_in(u):
                terms.setdefault(x, []).append(product(slope, differentiate(u, x)))
    for factor, log in logarithms:
        for x in names_in(factor):
            terms.setdefault(x, []).append(product(differentiate(factor, x), log))
    for x in names_in(rest):
        terms.setdefault(x, []).append(differentiate(rest, x))
    order = [x for x in names_in(line.rhs) if x in terms]
    return {x: total(*terms[x]) for x in dict.fromkeys((*(x for x in terms if x not in order), *order))}
