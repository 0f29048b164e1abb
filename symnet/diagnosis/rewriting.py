"""Rewriting a problem as somebody works it who gets one thing wrong: other lines forward, backward or in the update."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from symnet.algebra.adjoints import contributions
from symnet.algebra.backprop import backprop
from symnet.algebra.deltas import delta_form, fold
from symnet.algebra.derivatives import local_derivatives, recognized
from symnet.algebra.equations import ONE, Equation, Expr, Symbol, names_in, partial, product, symbol, total
from symnet.algebra.network import Network
from symnet.algebra.scalar import ScalarFunction
from symnet.algebra.softmax_rows import slopes_in_outputs, softmax_rows
from symnet.algebra.stopping import stop_gradient
from symnet.working.problem import Problem

# What stands in the place of ∂y/∂x where the equation of y passes back to x: another slope, or None for no term at all.
Slope = Callable[[Equation, Symbol, Expr], Expr | None]


EVERYWHERE = ("", "everywhere", "at every unit")


@dataclass(frozen=True)
class Slipped:
    """A problem as it is worked with a slip ``at`` a place: "at y3", or "" throughout.

    ``examples`` are those of the exercise that are used, where they are not all.  ``throughout`` says that ``at`` is no
    place but how it was done, everywhere.  ``because`` is a sentence about what is wrong with that in this exercise.
    """

    problem: Problem
    at: str = ""
    examples: tuple[int, ...] | None = None
    throughout: bool = False
    because: str = ""

    @property
    def is_everywhere(self) -> bool:
        return self.throughout or self.at in EVERYWHERE


@dataclass(frozen=True)
class Layer:
    """Sums of the same inputs: ``weights[j][i]`` multiplies ``inputs[i]`` in ``sums[j]``."""

    inputs: tuple[Symbol, ...]
    sums: tuple[Equation, ...]
    weights: tuple[tuple[Symbol, ...], ...]


class Rewriting:
    """A problem and its lines, to be rewritten."""

    def __init__(self, problem: Problem) -> None:
        self.backward = problem.backward
        # Whoever gets another line wrong passes the same back.
        self.problem = replace(problem, passed_back=self.backward)
        self.loss = problem.loss
        self.passed_back = {equation.name for equation in self.backward}
        # Only what the loss depends on is passed back through.
        self.equations = tuple(e for e in problem.network.equations if self.gradient(e.name) in self.passed_back)

    def gradient(self, name: str) -> str:
        """The name ∂Loss/∂name."""
        return str(partial(self.loss, name).name)

    # -- what the lines are ------------------------------------------------------------------------------------------

    @cached_property
    def slopes(self) -> dict[str, dict[Symbol, Expr]]:
        """{"x5": {w35: y3, y3: w35, …}, …}: every local derivative on the way to the loss that is not 0."""
        return {name: {x: d for x, d, _ in passed if d != 0} for name, passed in self._passed.items()}

    @cached_property
    def _passed(self) -> dict[str, tuple[tuple[Symbol, Expr, Expr], ...]]:
        """{"x5": ((y3, w35, ∂Loss/∂x5·w35), …), …}: every local derivative, and what it rightly passes back."""
        passed, rows = {}, softmax_rows(self.problem.network.equations)
        for e in self.equations:
            upstream = self.upstream(e.name)
            slopes = slopes_in_outputs(rows[e.lhs]) if e.lhs in rows else local_derivatives(e)
            passed[e.name] = tuple((x, d, product(upstream, d)) for x, d in slopes.items())
        return passed

    @cached_property
    def by_name(self) -> Mapping[str, Equation]:
        return {equation.name: equation for equation in self.equations}

    @cached_property
    def activations(self) -> dict[str, Expr]:
        """{"y3": relu(x3)}: the equations that are one function of one thing."""
        found = {equation.name: recognized(equation.rhs) for equation in self.problem.network.equations}
        return {
            name: rhs
            for name, rhs in found.items()
            if isinstance(rhs, ScalarFunction) and not isinstance(rhs, stop_gradient) and len(rhs.args) < 3
        }

    @cached_property
    def depths(self) -> dict[str, int]:
        """{"x3": 0, "y3": 1, "x5": 1, "y5": 2}: through how many activations each line goes; a layer has one depth."""
        depths: dict[str, int] = {}
        for equation in self.problem.network.equations:
            above = max((depths.get(name.name, 0) for name in names_in(equation.rhs)), default=0)
            depths[equation.name] = above + (equation.name in self.activations)
        return depths

    @cached_property
    def users(self) -> dict[Symbol, tuple[str, ...]]:
        """{y3: ("x5", "x6")}: the lines that a name goes into on its ways to the loss."""
        users: dict[Symbol, list[str]] = {}
        for name, slopes in self.slopes.items():
            for x in slopes:
                users.setdefault(x, []).append(name)
        return {x: tuple(names) for x, names in users.items()}

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The weighted sums that take the same inputs, where there are several of each."""
        groups: dict[tuple[Symbol, ...], list[tuple[Equation, tuple[Symbol, ...]]]] = {}
        for equation in self.problem.network.equations:
            pairs = [self._weighted(term) for term in terms_of(equation.rhs)]
            kept = [pair for pair in pairs if pair is not None]
            if len(kept) > 1:
                inputs = tuple(x for _, x in kept)
                groups.setdefault(inputs, []).append((equation, tuple(w for w, _ in kept)))
        return tuple(
            Layer(inputs, tuple(e for e, _ in group), tuple(weights for _, weights in group))
            for inputs, group in groups.items()
            if len(group) > 1
        )

    def _weighted(self, term: Expr) -> tuple[Symbol, Symbol] | None:
        """(w13, x1) for w13·x1."""
        if not term.is_Mul or len(term.args) != 2 or not all(factor.is_Symbol for factor in term.args):
            return None
        weights = [factor for factor in term.args if factor.name in self.problem.start]
        if len(weights) != 1:
            return None
        return weights[0], term.args[0] if weights[0] is term.args[1] else term.args[1]

    @cached_property
    def last_rules(self) -> dict[str, int]:
        """{"w13": the index of the rule that gives its new value}."""
        return {rule.name: i for i, rule in enumerate(self.problem.rules) if rule.name in self.problem.start}

    @cached_property
    def in_deltas(self) -> Problem:
        """The problem with one line a unit in the backward pass, as most people write it."""
        return replace(self.problem, passed_back=delta_form(self.problem.network.equations, self.backward))

    # -- other lines -------------------------------------------------------------------------------------------------

    def forward(self, lines: Mapping[str, Expr], backward: bool = False) -> Problem:
        """The problem with other right-hand sides forward; the backward pass is the right one, or that of these."""
        network = self.problem.network
        equations = tuple(Equation(e.lhs, lines[e.name]) if e.name in lines else e for e in network.equations)
        other = Network(network.inputs, network.targets, network.parameters, equations)
        if backward and self.problem.places is not None:
            return replace(self.problem, network=other, passed_back=None)
        if backward:
            passed = backprop(equations, symbol(self.loss), self.passed_by)
            return replace(self.problem, network=other, passed_back=self._as_printed(passed))
        return replace(self.problem, network=other, passed_back=self.backward)

    def passing(self, slope: Slope) -> Problem:
        """The problem with other local derivatives in the backward pass."""
        changed: dict[tuple[str, Symbol], Expr | None] = {}
        for equation in self.equations:
            for x, right, _ in self._passed[equation.name]:
                other = slope(equation, x, right)
                if other is not right:
                    changed[equation.name, x] = None if other is None else product(self.upstream(equation.name), other)
        return self.passing_terms(changed)

    def passing_terms(self, changed: Mapping[tuple[str, Symbol], Expr | None]) -> Problem:
        """The problem with other terms in the backward pass: {(y, x): what y passes back to x, or None for nothing}."""
        lines = self._plain_by_name.copy()
        for x in dict.fromkeys(x for _, x in changed):
            terms = [changed.get((y, x), term) for y, term in self._terms[x]]
            kept = [term for term in terms if term is not None]
            if not kept:  # nothing reaches x any more, nor what only x passes on
                return self.passing_back(lambda e, _: self._with_terms(e, changed))
            name = self.gradient(x.name)
            lines[name] = Equation(lines[name].lhs, total(*kept))
        return self._worked_back(tuple(lines.values()))

    def passed_by(self, equation: Equation, upstream: Expr) -> Iterable[tuple[Symbol, Expr]]:
        """What an equation rightly passes back."""
        own = self._passed[equation.name] if self.by_name.get(equation.name) is equation else ()
        return [(x, term) for x, _, term in own] or contributions(equation, upstream)

    def upstream(self, y: str) -> Expr:
        """∂Loss/∂y, which is 1 for the loss itself."""
        return ONE if y == self.loss else partial(self.loss, y)

    def _with_terms(
        self, equation: Equation, changed: Mapping[tuple[str, Symbol], Expr | None]
    ) -> Iterator[tuple[Symbol, Expr]]:
        for x, _, term in self._passed[equation.name]:
            other = changed.get((equation.name, x), term)
            if other is not None:
                yield x, other

    @cached_property
    def _plain(self) -> tuple[Equation, ...]:
        """The right backward pass with an equation for every name."""
        return backprop(self.problem.network.equations, symbol(self.loss), self.passed_by)

    @cached_property
    def _plain_by_name(self) -> dict[str, Equation]:
        return {line.name: line for line in self._plain}

    @cached_property
    def _terms(self) -> dict[Symbol, list[tuple[str, Expr]]]:
        """{x: [("y", ∂Loss/∂y·∂y/∂x), …]} in the order of the backward pass."""
        terms: dict[Symbol, list[tuple[str, Expr]]] = {}
        for equation in reversed(self.equations):
            for x, _, term in self._passed[equation.name]:
                terms.setdefault(x, []).append((equation.name, term))
        return terms

    def passing_back(self, passed: Callable[[Equation, Expr], Iterable[tuple[Symbol, Expr]]]) -> Problem:
        """The problem with another rule for what an equation passes back."""
        return self._worked_back(backprop(self.problem.network.equations, symbol(self.loss), passed))

    def with_backward(self, backward: Sequence[Equation]) -> Problem:
        """The problem with these lines backward."""
        return replace(self.problem, passed_back=tuple(self._folded(backward)))

    def _worked_back(self, backward: Sequence[Equation]) -> Problem:
        """The same of lines with one equation for every name, where what no slip touches is worked as it is printed."""
        return replace(self.problem, passed_back=self._as_printed(self._folded(backward)))

    def _folded(self, backward: Sequence[Equation]) -> Sequence[Equation]:
        return backward if self.problem.places is None else fold(self.problem.network.equations, backward)

    def _as_printed(self, backward: Sequence[Equation]) -> tuple[Equation, ...]:
        """The lines, but the exercise's own for those that are right.

        Its backward pass may have p − t where ``_plain`` goes by way of p.  Worked otherwise a right line would be off
        in its last place where lines are rounded, and in its fortieth digit where they are not.
        """
        wrong: set[str] = set()
        lines = []
        for line in backward:
            name = line.name
            known = self._known.get(name)
            if known is None or not (line is known[0] or line.rhs == known[0].rhs):
                wrong.add(name)
                lines.append(line)
                continue
            _, right, read, alike = known
            # Below a wrong line the exercise's own is as wrong if it reads the same gradients.
            if not wrong.isdisjoint(read):
                wrong.add(name)
                lines.append(right if alike else line)
            else:
                lines.append(right)
        return tuple(lines)

    @cached_property
    def _known(self) -> dict[str, tuple[Equation, Equation, frozenset[str], bool]]:
        """{name of a gradient: (its line in ``_plain``, that of the exercise, the names that the first reads, whether
        both read the same gradients)} for those that have both."""
        right = {line.name: line for line in self.backward}
        both = [(line, right[line.name]) for line in self._folded(self._plain) if line.name in right]
        reads = [[frozenset(name.name for name in names_in(line.rhs)) for line in lines] for lines in both]
        gradients = frozenset(self.passed_back)
        return {
            plain.name: (plain, own, read, read & gradients == others & gradients)
            for (plain, own), (read, others) in zip(both, reads, strict=True)
        }

    def changing_gradients(self, lines: Mapping[str, Expr]) -> Problem:
        """The problem with other right-hand sides for some gradients, by the names on their left.

        A gradient that is rightly 0, and has no line, gets one.
        """
        changed = [Equation(e.lhs, lines[e.name]) if e.name in lines else e for e in self.backward]
        new = [Equation(symbol(name), rhs) for name, rhs in lines.items() if name not in self.passed_back]
        return self.with_backward(in_order([*changed, *new]))

    def changing_rules(self, change: Callable[[Symbol, Expr], Expr], names: Iterable[str] = ()) -> Problem:
        """The problem with another last rule for every parameter, or for those named."""
        wanted = set(names) or set(self.last_rules)
        rules = list(self.problem.rules)
        for name, i in self.last_rules.items():
            if name in wanted:
                rules[i] = Equation(rules[i].lhs, change(rules[i].lhs, rules[i].rhs))
        return replace(self.problem, rules=tuple(rules))


def in_order(lines: Sequence[Equation]) -> list[Equation]:
    """The lines, but none above one that it uses: a gradient that is changed may need one from further down."""
    waiting, ordered = {line.name: line for line in lines}, list[Equation]()

    def put_down(line: Equation) -> None:
        for name in names_in(line.rhs):
            if name.name in waiting:
                put_down(waiting.pop(name.name))
        ordered.append(line)

    for line in lines:
        if line.name in waiting:
            put_down(waiting.pop(line.name))
    return ordered


def terms_of(expr: Expr) -> tuple[Expr, ...]:
    """The terms of a sum; anything else is its own only term."""
    return tuple(expr.args) if expr.is_Add else (expr,)


def rebuilt(expr: Expr, change: Callable[[Expr], Expr | None]) -> Expr:
    """The expression with every part that ``change`` has another expression for replaced, from the outside in."""
    other = change(expr)
    if other is not None:
        return other
    if not expr.args:
        return expr
    arguments = [rebuilt(argument, change) for argument in expr.args]
    if all(a is b for a, b in zip(arguments, expr.args, strict=True)):
        return expr
    return expr.func(*arguments, evaluate=False)
