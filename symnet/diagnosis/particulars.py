"""Keys beyond the plain ones of ``quantities``: a local derivative, a value after the updates, a sample or an update.

    y5/x5      the local derivative ∂y5/∂x5, of one equation by a name in it
    new(L)     the value of an equation after the updates, at the first sample
    KEY@k      a value or gradient at sample k, or at update k, before it; a parameter, state or change after update k

They are so many that nobody lists them: one exists when it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import ONE, ZERO, Expr, names_in, partial, partial_parts, replace, symbol
from symnet.algebra.further import formula_in
from symnet.working.problem import Problem
from symnet.working.quantities import changes, key_of, keys_of, over_examples
from symnet.working.rows import by_samples

_AT = re.compile(r"(.+)@([1-9]\d{0,8})")


def written_again(gradient: str) -> str:
    """What a rule calls a gradient that somebody writes down for an update in place of that of the update itself."""
    return f"again {gradient}"


@dataclass(frozen=True)
class Slope:
    """The local derivative ∂of/∂wrt."""

    of: str
    wrt: str


@dataclass(frozen=True)
class After:
    """The value of an equation after the updates."""

    name: str


@dataclass(frozen=True)
class At:
    """A quantity at one sample or update, counted from 1."""

    key: str
    k: int


Particular: TypeAlias = Slope | After | At


def particular(problem: Problem, key: str) -> Particular | None:
    """What such a key stands for; None for any other key, also for one of a sample or update that there is not."""
    equations = problem.network.by_name
    if key.startswith("new(") and key[4:-1] in equations:
        return After(key[4:-1])
    found = _AT.fullmatch(key)
    if found is not None:
        at = At(found[1], int(found[2]))
        return at if at.k <= how_many(problem, at.key)[0] else None
    of, slash, wrt = key.partition("/")
    if slash and of in equations and symbol(wrt) in names_in(equations[of].rhs):
        return Slope(of, wrt)
    return None


def particulars(problem: Problem, keys: Iterable[str]) -> dict[str, Particular]:
    """Those of the keys that are such, in the order of the work: slopes, samples and updates in turn, the end."""
    plain = {*keys_of(problem)}
    found = {key: what for key in keys if key not in plain and (what := particular(problem, key)) is not None}
    place = {name: i for i, name in enumerate((*keys_of(problem), *(rule.name for rule in problem.rules)))}

    def order(key: str) -> tuple[int, int, int]:
        match found[key]:
            case Slope(of, _):
                return 0, 0, place.get(of, 0)
            case At(inner, k):
                return 1, k, place.get(inner, len(place))
            case After(name):
                return 2, 0, place.get(name, 0)

    return {key: found[key] for key in sorted(found, key=order)}


def is_of_a_pass(problem: Problem, key: str) -> bool:
    """Whether a key is a forward value or a gradient of one example, which every sample has, or a formula of such."""
    if formula_in(key):
        return any(line.name == key for line in problem.further)
    return key in problem.network.by_name or (key.startswith("grad(") and key[5:-1] in problem.network.names)


def how_many(problem: Problem, key: str) -> tuple[int, str]:
    """(how many samples or updates have a key, "sample" or "update"); none where the key has none of its own."""
    updates = problem.updates if problem.rules else 0
    if is_of_a_pass(problem, key):
        return (len(problem.examples), "sample") if by_samples(problem) else (max(1, updates), "update")
    changed = {*problem.start, *problem.state, *(rule.name for rule in problem.rules)}
    if key in changed or key in changes(problem) or key in over_examples(problem):
        return updates, "update"
    return 0, "update"


def updates_needed(problem: Problem, keys: Collection[str], plain: int | None) -> int | None:
    """How many updates must be carried out for these keys; ``plain`` are those that the plain keys need, None for all.

    None where a value after all of them is among them.
    """
    most = plain
    for key in keys:
        what = particular(problem, key)
        if most is None or isinstance(what, After):
            return None
        if isinstance(what, At):
            if not is_of_a_pass(problem, what.key):
                most = max(most, what.k)
            elif not by_samples(problem):
                most = max(most, what.k if problem.rules else 0)
    return most


def slope_of(problem: Problem, slope: Slope) -> Expr:
    """The formula of a local derivative: as it stands in the line of the backward pass that uses it.

    So whoever passes something else back has another slope too.  Where it stands in no line alone it is the school's.
    """
    line = next((e for e in problem.backward if e.name == partial(problem.loss, slope.wrt).name), None)
    above = partial(problem.loss, slope.of)
    if line is not None and problem.places is None:
        passed = [name for name in names_in(line.rhs) if partial_parts(name.name) is not None]
        directly = symbol(slope.wrt) in names_in(problem.network.by_name[problem.loss].rhs)
        # With 1 for what is passed back from one line, and 0 for the others, its slope is left.
        if (above in passed and not directly) or (slope.of == problem.loss and directly):
            return replace(line.rhs, {name: ONE if name == above else ZERO for name in passed})
    # A slip may leave the name out of the line, and then nothing passes through it.
    return local_derivatives(problem.network.by_name[slope.of]).get(symbol(slope.wrt), ZERO)


def follows_from(
    problem: Problem, wanted: Mapping[str, Particular], above: Mapping[str, frozenset[str]]
) -> dict[str, frozenset[str]]:
    """{key: the keys that it follows from, and its own}; ``above`` says so of the plain keys."""
    found: dict[str, frozenset[str]] = {}
    later = _Later(problem, wanted)
    for key, what in wanted.items():
        match what:
            case Slope():
                names = (key_of(name.name) for name in names_in(slope_of(problem, what)))
                keys = frozenset[str]().union(*(above[name] for name in names if name in above))
            case After(name):
                equations = _ancestors(problem, name)
                keys = frozenset(f"new({other})" for other in equations if f"new({other})" in wanted)
                read = {n.name for other in equations for n in names_in(problem.network.by_name[other].rhs)}
                keys = keys.union(*(above[other] for other in read if other in problem.start and other in above))
            case At(inner, k):
                keys = later.above(inner, k)
                if by_samples(problem) and is_of_a_pass(problem, inner):
                    keys = frozenset(f"{other}@{k}" for other in above.get(inner, ()) if f"{other}@{k}" in wanted)
                if k == 1 and is_of_a_pass(problem, inner):
                    keys |= above.get(inner, frozenset()) - {inner}
        found[key] = keys | {key}
    return found


def _ancestors(problem: Problem, name: str) -> list[str]:
    """The equations that one follows from, and itself."""
    seen = {name}
    for equation in reversed(problem.network.equations):
        if equation.name in seen:
            seen |= {n.name for n in names_in(equation.rhs)}
    return [e.name for e in problem.network.equations if e.name in seen]


class _Later:
    """What a value at an update follows from: what was there in the same update, and in those before it."""

    def __init__(self, problem: Problem, wanted: Mapping[str, Particular]) -> None:
        self.problem = problem
        self.wanted = wanted
        last = max((what.k for what in wanted.values() if isinstance(what, At)), default=0)
        self._known: dict[tuple[str, int], frozenset[str]] = {}
        if any(isinstance(what, At) for what in wanted.values()):
            for k in range(1, last + 1):
                self._update(k)

    def above(self, key: str, k: int) -> frozenset[str]:
        return self._known.get((key, k), frozenset())

    def _update(self, k: int) -> None:
        problem, moved = self.problem, {*self.problem.start, *self.problem.state}
        batch = {name: key for key, name in over_examples(problem).items()}
        for equation in (*problem.network.equations, *problem.backward, *problem.further):
            # A pass reads the parameters as the update before left them.
            read = (self._read(n.name, k - 1 if n.name in moved else k) for n in names_in(equation.rhs))
            self._keep(key_of(equation.name), k, read)
        done: set[str] = set()
        for rule in problem.rules:
            names = [n.name for n in names_in(rule.rhs)]
            for name in names:
                if name in batch:
                    self._keep(batch[name], k, [self._read(name, k)])
            keys = [
                self._read(batch.get(name, name), k - 1 if name in moved and name not in done else k) for name in names
            ]
            if f"change({rule.name})@{k}" in self.wanted:
                keys.append(frozenset((f"change({rule.name})@{k}",)))
            self._keep(rule.name, k, keys)
            self._known[f"change({rule.name})", k] = self._known[rule.name, k] - {f"{rule.name}@{k}"}
            done.add(rule.name)

    def _read(self, name: str, k: int) -> frozenset[str]:
        return self._known.get((key_of(name), k), frozenset())

    def _keep(self, key: str, k: int, parts: Iterable[frozenset[str]]) -> None:
        own = frozenset((f"{key}@{k}",)) if f"{key}@{k}" in self.wanted else frozenset[str]()
        self._known[key, k] = own.union(*parts)
