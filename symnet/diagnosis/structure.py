"""What an exercise has, found by its equations alone: targets, outputs, biases, softmaxes, time steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from itertools import pairwise
from typing import TypeVar

from symnet.algebra import functions
from symnet.algebra.equations import ONE, ZERO, Equation, Expr, Symbol, add, divide, names_in, negate, symbol
from symnet.algebra.equations import replace as put
from symnet.algebra.stopping import without_stops
from symnet.diagnosis.rewriting import Rewriting, rebuilt, terms_of
from symnet.diagnosis.slip_patterns import as_factor, biases_of, factors_of, inputs_of, is_parameter, listed, parts_of

T = TypeVar("T")
_BLANK = symbol("□")


def once(view: Callable[[Rewriting], T]) -> Callable[[Rewriting], T]:
    """``view``, worked out once for each exercise: slips ask the same at every line of a deep net."""
    key = f"_{view.__module__}.{view.__name__}"

    @wraps(view)
    def of(r: Rewriting) -> T:
        if key not in r.__dict__:
            r.__dict__[key] = view(r)
        found: T = r.__dict__[key]
        return found

    return of


@once
def follows_from(r: Rewriting) -> dict[str, frozenset[str]]:
    """{"x3": {"x3", "w13", "x1", …}}: every name that a line follows from, and its own."""
    above: dict[str, frozenset[str]] = {}
    for equation in r.problem.network.equations:
        names = [name.name for name in names_in(equation.rhs)]
        above[equation.name] = frozenset((equation.name, *names)).union(*(above.get(name, ()) for name in names))
    return above


@once
def targets_of(r: Rewriting) -> tuple[Symbol, ...]:
    """The given numbers that what comes out is compared with: t in z = w·x + b, L = (z − t)²/2.

    No parameter stands in a line with them, and none but a penalty's comes after them.
    """
    start, lines = r.problem.start, follows_from(r)
    given = [name for name in (*r.problem.network.inputs, *r.problem.network.targets) if name.name not in start]
    uses: dict[Symbol, list[Equation]] = {}
    for equation in r.equations:
        for name in names_in(equation.rhs):
            uses.setdefault(name, []).append(equation)

    def learned(equation: Equation) -> bool:
        return any(name.name in start for name in names_in(equation.rhs))

    def compares(equation: Equation, t: Symbol) -> bool:
        if not start:
            return equation.name == r.loss and any(name.name in r.by_name for name in names_in(equation.rhs))
        if learned(equation):  # all in one line, L = (w·x − t)²
            taken_away = negate(t)
            return equation.name == r.loss and any(taken_away in terms_of(part) for part in parts_of(equation.rhs))
        below = [e for e in r.equations if equation.name in lines[e.name] and e.name not in (equation.name, r.loss)]
        return any(start.keys() & lines[equation.name]) and not any(map(learned, below))

    return tuple(
        t
        for t in given
        if t in uses and all(compares(equation, t) and _is_compared(equation.rhs, t) for equation in uses[t])
    )


def _is_compared(expr: Expr, t: Symbol) -> bool:
    """Whether something is taken away from t or t from something, or t multiplies a logarithm."""
    for part in parts_of(expr):
        if part.is_Add and len(names_in(part)) > 1 and (t in part.args or negate(t) in part.args):
            return True
        if part.is_Mul and t in part.args and any(isinstance(factor, functions.log) for factor in part.args):
            return True
    return False


def measures_an_error(r: Rewriting) -> bool:
    """Whether the loss is one: it compares, squares or takes a logarithm, in a line of its own or above it."""
    if targets_of(r):
        return True
    lines = [e.rhs for e in r.equations if e.name == r.loss or symbol(e.name) in names_in(r.by_name[r.loss].rhs)]
    return any(_is_error(part) for rhs in lines for part in parts_of(rhs))


def _is_error(part: Expr) -> bool:
    squared = part.is_Pow and part.exp == 2
    return bool(squared or isinstance(part, (functions.log, functions.abs)) or _is_difference(part))


def _is_difference(part: Expr) -> bool:
    return bool(part.is_Add and any(term.is_Mul and term.args[0] == -1 for term in part.args))


def outputs_of(r: Rewriting) -> tuple[str, ...]:
    """The lines that stand beside a target: y in L = (y − t)²."""
    targets = set(targets_of(r))
    beside = [e for e in r.equations if targets.intersection(names_in(e.rhs))]
    found = (name.name for e in beside for name in names_in(e.rhs) if name.name in r.by_name)
    return tuple(dict.fromkeys(found))


def bias_edges(r: Rewriting) -> list[tuple[str, Symbol]]:
    """(z, b) for every bias b that stands alone in a sum z with weights, where the loss depends on it."""
    biases, weighted = biases_of(r), inputs_of(r)
    edges = []
    for e in r.equations:
        weighs = any(name.name in weighted and weighted[name.name] for name in names_in(e.rhs))
        edges += [(e.name, term) for term in terms_of(e.rhs) if weighs and term.is_Symbol and term.name in biases]
    return edges


def inputs_of_line(r: Rewriting, name: str) -> tuple[Symbol, ...]:
    """What the parameters in the weighted sum multiply, in order."""
    found = []
    for term in terms_of(r.by_name[name].rhs):
        factors = [factor for factor in factors_of(term) if factor.is_Symbol]
        if any(is_parameter(r, factor) for factor in factors):
            found += [factor for factor in factors if not is_parameter(r, factor)]
    return tuple(found)


@dataclass(frozen=True)
class Softmax:
    """p_k = exp(z_k)/Σ exp: each z (a name) with its p (a name, or the fraction itself where it has none).

    ``targets`` are the t_k of a cross-entropy −Σ t_k log p_k, where one stands behind it as it is.
    """

    z: tuple[Symbol, ...]
    p: tuple[Expr, ...]
    targets: tuple[Expr, ...]


def softmaxes(r: Rewriting) -> Iterator[Softmax]:
    """Every softmax, however it is written: e = exp(z), s = Σ e, p = e/s; in one line; or within the loss.

    One p at least leads to the loss; −log p₁ needs no other, and who asks for p₁ alone may have no line for another.
    """
    inside = {e.lhs: e.rhs.args[0] for e in r.equations if isinstance(e.rhs, functions.exp)}
    sums = {e.lhs: e.rhs for e in r.equations if e.rhs.is_Add}
    names = {below: name for name, below in sums.items()}
    groups: dict[Expr, dict[Expr, Expr]] = {}
    for equation in r.problem.network.equations:
        for part in parts_of(equation.rhs):
            found = _fraction(part, inside, sums)
            if found is not None:
                below, z = found
                p = equation.lhs if part is equation.rhs else part
                groups.setdefault(below, {}).setdefault(z, p)
    for below, members in groups.items():
        inner = [_exponent(term, inside) for term in below.args]
        z = [_only_name(exponent) for exponent in inner]
        led = [p for p in members.values() if not p.is_Symbol or p.name in r.by_name]
        if led and all(name is not None for name in z):
            p = tuple(
                members.get(exponent, divide(term, names.get(below, as_factor(below))))
                for exponent, term in zip(inner, below.args, strict=True)
            )
            if len(set(z)) == len(z) and all(r.gradient(name.name) in r.passed_back for name in z):
                yield Softmax(tuple(z), p, _cross_entropy(r, p))


def fraction_of(r: Rewriting, p: Expr) -> Expr:
    """exp(z)/Σ exp, of a p that has a name or is that."""
    return r.problem.network.by_name[p.name].rhs if p.is_Symbol else p


def _exponent(term: Expr, inside: Mapping[Expr, Expr]) -> Expr | None:
    return term.args[0] if isinstance(term, functions.exp) else inside.get(term)


def _fraction(part: Expr, inside: Mapping[Expr, Expr], sums: Mapping[Expr, Expr]) -> tuple[Expr, Expr] | None:
    """(Σ exp, z) for exp(z)/Σ exp."""
    if not part.is_Mul or len(part.args) != 2 or not (part.args[1].is_Pow and part.args[1].exp == -1):
        return None
    below = sums.get(part.args[1].base, part.args[1].base)
    z = _exponent(part.args[0], inside)
    if z is None or not below.is_Add or part.args[0] not in below.args:
        return None
    return (below, z) if all(_exponent(term, inside) is not None for term in below.args) else None


def _only_name(exponent: Expr) -> Symbol | None:
    """z for z and z − 3."""
    names = names_in(exponent) if exponent is not None else ()
    return names[0] if len(names) == 1 and names[0] in terms_of(exponent) else None


def _cross_entropy(r: Rewriting, p: tuple[Expr, ...]) -> tuple[Expr, ...]:
    """The targets where the loss is −Σ t_k log p_k; −log p₂ alone has the targets 0, 1, 0."""
    rhs = r.by_name[r.loss].rhs
    factors = factors_of(rhs)
    if factors[0] != -1 or len(factors) < 2:
        return ()
    rest = factors[1] if len(factors) == 2 else None
    terms = terms_of(rest) if rest is not None else (rhs.func(*factors[1:], evaluate=False),)
    targets: dict[Expr, Expr] = {}
    for term in terms:
        logs = [f for f in factors_of(term) if isinstance(f, functions.log)]
        others = [f for f in factors_of(term) if not isinstance(f, functions.log)]
        if len(logs) != 1 or logs[0].args[0] not in p or len(others) > 1 or logs[0].args[0] in targets:
            return ()
        targets[logs[0].args[0]] = others[0] if others else ONE
    return tuple(targets.get(each, ZERO) for each in p)


@dataclass(frozen=True)
class Steps:
    """The time steps of a recurrent net: lines that do the same with the same parameters, each after the one before.

    ``of`` says in which step (from 1) a line is worked, ``alike`` which lines do in other steps what a line does in its
    own (a1, a2, a3), ``passed_on`` the edges (a2, h1) by which a step takes up what the one before left.
    """

    count: int
    of: Mapping[str, int]
    alike: Mapping[str, tuple[str, ...]]
    passed_on: tuple[tuple[str, Symbol], ...]

    def other(self, name: str, distance: int) -> str | None:
        """The line that does the same so many steps later."""
        group = self.alike.get(name, ())
        i = group.index(name) + distance if name in group else -1
        return group[i] if 0 <= i < len(group) else None


def steps_of(r: Rewriting) -> Steps | None:
    """The time steps, where the equations have any."""
    above = follows_from(r)
    shared = {w for w, users in r.users.items() if w.name in r.problem.start and len(users) > 1}
    groups: dict[Expr, list[Equation]] = {}
    for e in r.equations if shared else ():
        groups.setdefault(_pattern(r, e), []).append(e)
    _with_first_steps(r, groups, shared, above)
    chains = [
        group
        for group in groups.values()
        if len(group) > 1
        and shared.intersection(names_in(group[0].rhs))
        and all(before.name in above[after.name] for before, after in pairwise(group))
    ]
    if not chains:
        return None
    first = {e.name: i for chain in chains for i, e in enumerate(chain, 1)}
    of: dict[str, int] = {}
    for e in r.equations:
        of[e.name] = max((first.get(e.name, 0), *(of.get(name.name, 0) for name in names_in(e.rhs))))
    alike: dict[str, tuple[str, ...]] = {}
    for group in groups.values():
        for kind in _one_a_step([e.name for e in group], of):
            alike |= dict.fromkeys(kind, kind)
    passed_on = [
        (e.name, name)
        for e in r.equations
        if e.name in alike
        for name in names_in(e.rhs)
        if 0 < of.get(name.name, 0) < of[e.name]
    ]
    return Steps(max(len(chain) for chain in chains), of, alike, tuple(passed_on)) if passed_on else None


def _with_first_steps(
    r: Rewriting,
    groups: dict[Expr, list[Equation]],
    shared: set[Symbol],
    above: Mapping[str, frozenset[str]],
) -> None:
    """Put the line w·x1 + b of a first step, before which there is no state, with the later w·x2 + u·h1 + b, …"""
    alone = [(pattern, own[0]) for pattern, own in groups.items() if len(own) == 1]
    for later in [own for own in groups.values() if shared.intersection(names_in(own[0].rhs))]:
        used = {*names_in(later[0].rhs)}
        for pattern, first in alone:
            passed = {x for x in used if first.name in above.get(x.name, ())}
            mine = shared.intersection(names_in(first.rhs))
            if not passed or not mine or not mine < shared.intersection(used):
                continue

            def without(part: Expr, passed: set[Symbol] = passed) -> Expr | None:
                kept = [term for term in terms_of(part) if passed.isdisjoint(names_in(term))]
                return add(*kept) if part.is_Add and 0 < len(kept) < len(part.args) else None

            if _pattern(r, Equation(first.lhs, rebuilt(later[0].rhs, without))) == pattern:
                later.insert(0, first)
                groups.pop(pattern)
                break


def _pattern(r: Rewriting, e: Equation) -> Expr:
    """The right-hand side with a blank for every name that is no parameter: wx·□ + wh·□ + b; a stop is no other sum."""
    return put(without_stops(e.rhs), {name: _BLANK for name in names_in(e.rhs) if name.name not in r.problem.start})


def _one_a_step(names: list[str], of: Mapping[str, int]) -> Iterator[tuple[str, ...]]:
    """Lines of one pattern with one of each step together: (h1, h2), (k1, k2)."""
    by_step: dict[int, list[str]] = {}
    for name in names:
        by_step.setdefault(of[name], []).append(name)
    if len({len(own) for own in by_step.values()}) == 1 and len(by_step) > 1:
        yield from zip(*by_step.values(), strict=True)


def counterpart(r: Rewriting, steps: Steps, line: str, x: Symbol, distance: int) -> Symbol | None:
    """What x would be in this line so many steps later: h2 for the h1 in a2 = wx·x2 + wh·h1 one step on."""
    same = steps.other(x.name, distance)
    if same is not None:
        return symbol(same)
    there = steps.other(line, distance)
    if there is None:
        return None
    here, other = (_names_in_order(r.by_name[name].rhs) for name in (line, there))
    if len(here) != len(other):  # one of the two is a first step
        return _in_same_term(r, line, there, x)
    found: Symbol = other[here.index(x)]
    return found if found != x else None


def _in_same_term(r: Rewriting, line: str, there: str, x: Symbol) -> Symbol | None:
    """What stands in another line in the place of x, in a term with the same parameters; None where it has none."""

    def term(name: str, fits: Callable[[Expr], bool]) -> Expr | None:
        sums = (part for part in parts_of(r.by_name[name].rhs) if part.is_Add)
        return next((term for part in sums for term in part.args if fits(term)), None)

    def parameters(term: Expr) -> list[Symbol]:
        return [name for name in names_in(term) if name.name in r.problem.start]

    own = term(line, lambda term: x in names_in(term))
    if own is None or not parameters(own):
        return None
    same = term(there, lambda term: parameters(term) == parameters(own))
    here, other = (_names_in_order(term) if term is not None else () for term in (own, same))
    found: Symbol | None = other[here.index(x)] if len(here) == len(other) else None
    return found if found != x else None


def _names_in_order(expr: Expr) -> tuple[Symbol, ...]:
    """The names as often as they are written."""
    return tuple(part for part in parts_of(expr) if part.is_Symbol)


def in_every_step(r: Rewriting, names: list[str]) -> Iterator[tuple[list[str], str]]:
    """(units that do the same in every time step, what they are called), where those are not all units: k1, k2 of k.

    Who leaves the tanh out of the candidate of a GRU leaves it out in every step, though each is a layer of its own.
    """
    steps = steps_of(r)
    alike = steps.alike if steps is not None else {}
    groups: dict[object, list[str]] = {}
    for name in names:
        groups.setdefault(r.problem.array_of.get(name) or alike.get(name), []).append(name)
    for same, own in groups.items():
        if same is not None and len({r.depths[name] for name in own}) > 1 and len(own) < len(names):
            yield own, same if isinstance(same, str) else listed(own)
