"""From a gradient to its derivation: the chain rule in symbols, with the local derivatives, with numbers, the value.

Two styles give the same value: one product for every path from the name to the loss, and their sum; or the δ form, one
line a unit, δ_j = f′(z_j) Σ_k w_jk δ_k.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction as Rational
from functools import cached_property
from itertools import pairwise

from symnet.algebra.backprop import backprop
from symnet.algebra.deltas import delta_form
from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import ONE, Equation, Expr, names_in, partial, partial_parts, symbol
from symnet.algebra.network import needed
from symnet.algebra.output_errors import OutputError, joined_backprop, joined_slopes, output_errors
from symnet.algebra.scalar import ScalarFunction
from symnet.algebra.shows_as_maths import ShowsAsMaths
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.computing.program import Program, identifier
from symnet.notation.line import Line
from symnet.notation.maths import (
    DOT,
    EQUALS,
    IMMEDIATE,
    NEGATIVE,
    PARTIAL,
    Arrow,
    Brackets,
    Fraction,
    Maths,
    Number,
    Operator,
    Row,
    Word,
    joined,
    row,
)
from symnet.notation.names import Names
from symnet.notation.typesetter import function_name
from symnet.working.reasons import reasons
from symnet.working.work import Work

MOST_PATHS = 6  # beyond which the δ form is clearer, unless the reader asks for the paths
MOST_PATHS_EVER = 200


@dataclass(frozen=True)
class Gradient(ShowsAsMaths):
    """The derivation of one ∂of/∂wrt: the arrow chains, the lines and the reasons for factors such as ReLU′(x4) = 0."""

    of: str
    wrt: str
    chains: tuple[Maths, ...]
    lines: tuple[Line, ...]
    reasons: tuple[Maths, ...]


class Derivation:
    """The gradients of one quantity, ``of``, ready to be written out."""

    def __init__(self, work: Work, of: str) -> None:
        self.work = work
        self.of = of
        self.equations = work.network.equations
        self.is_loss = of == work.problem.loss

    @cached_property
    def errors(self) -> tuple[OutputError, ...]:
        """The outputs that go with their loss: what comes back to their logits is p − t."""
        return output_errors(self.equations, symbol(self.of))

    @cached_property
    def _between(self) -> frozenset[str]:
        """The names that the gradient of such a loss passes over."""
        return frozenset(name.name for error in self.errors for name in error.between)

    @cached_property
    def _link_by_link(self) -> Derivation:
        """The derivation that passes over nothing, for what stands between the logits and the loss."""
        other = Derivation(self.work, self.of)
        other.errors = ()
        return other

    def has_errors(self, names: Iterable[str]) -> bool:
        """Whether an error p − t comes back to one of these names."""
        reached = set(names) - self._between
        for equation in self.equations if self.errors else ():
            if reached.intersection(name.name for name in names_in(equation.rhs)):
                reached.add(equation.name)
        return any(name.name in reached for error in self.errors for u in error.logits for name in names_in(u))

    def gradient(self, wrt: str, style: str = "") -> Gradient:
        """∂of/∂wrt by ``style`` "paths" (one product a path) or "deltas" (one line a unit).

        Without a style the paths are written out while they are few.
        """
        if wrt in self._between:
            return self._link_by_link.gradient(wrt, style)
        count = self.count_paths(wrt)
        if count == 0:
            return Gradient(self.of, wrt, (), (self._nothing(wrt),), ())
        if self.is_loss and self.work.problem.places is not None:
            style = "deltas"  # where every line is rounded, these are the lines
        if not style:
            style = "paths" if count <= MOST_PATHS and not self.has_errors([wrt]) else "deltas"
        return self._by_deltas(wrt) if style == "deltas" or count > MOST_PATHS_EVER else self._by_paths(wrt)

    def users(self, name: str) -> tuple[str, ...]:
        """The equations that use the name and lead to ``of``."""
        return tuple(self._users.get(name, ()))

    def slope(self, of: str, wrt: str) -> Expr:
        """∂of/∂wrt of an equation and a name that it uses."""
        return self._slopes[of][wrt]

    def delta(self, name: str) -> Maths | None:
        """The δ of a name; None where it has none."""
        return self._names.node(partial(self.of, name).name) if name in self._names.deltas else None

    def has_many_paths(self, wrt: str) -> bool:
        """Whether the δ form is clearer for this name."""
        return self.count_paths(wrt) > MOST_PATHS

    def count_paths(self, wrt: str) -> int:
        """How many ways lead from the name to ``of``."""
        return self._path_counts.get(wrt, 0)

    def deltas(self) -> Gradient:
        """Every δ that another line uses, from the last unit to the first."""
        of_logits = {partial(self.of, x.name) for error in self.errors for u in error.logits for x in names_in(u)}
        wanted = {partial(self.of, name.name) for name in self.work.network.parameters} | of_logits
        used = {name for e in needed(self._delta_equations, wanted) for name in names_in(e.rhs)} | of_logits
        kept = [e for e in self._delta_equations if e.lhs in used and _wrt(e) in self._names.deltas]
        # The errors of the outputs come first, in the order of the outputs.
        uses_others = {e.lhs for e in kept if any(name.name in _names_of(kept) for name in names_in(e.rhs))}
        first = [e for e in reversed(kept) if e.lhs in of_logits and e.lhs not in uses_others]
        kept = [*first, *(e for e in kept if e not in first)]
        return Gradient(self.of, "", (), tuple(map(self._delta_line, kept)), reasons(self.work, (e.rhs for e in kept)))

    def delta_gradient(self, wrt: str) -> Line:
        """∂of/∂wrt from the δ above it: one line."""
        lines = (self._delta_line(e) for e in self._delta_equations if _wrt(e) == wrt)
        return next(lines, None) or self._nothing(wrt)

    def chain(self, path: tuple[str, ...]) -> Maths:
        """w13 → x3 —ReLU→ y3 —w35→ x5 —ReLU→ y5 → Loss: over an arrow, the function or the weight it goes through."""
        nodes: list[Maths] = [self.work.names.node(path[0])]
        for x, y in pairwise(path):
            nodes += [Arrow(self._label(x, y)), self.work.names.node(y)]
        return row(*nodes)

    # -- paths --------------------------------------------------------------------------------------------------------

    @cached_property
    def _slopes(self) -> dict[str, dict[str, Expr]]:
        """{"y5": {"x5": ∂y5/∂x5, …}, …}: every local derivative that is not 0."""
        slopes = {equation.name: local_derivatives(equation) for equation in self.equations}
        if self.errors:
            slopes |= joined_slopes(self.equations, symbol(self.of), self.work.problem.sums_to_one)
        return {name: {x.name: slope for x, slope in own.items() if slope != 0} for name, own in slopes.items()}

    @cached_property
    def _users(self) -> dict[str, list[str]]:
        """{name: the names of the equations that use it and lead to ``of``}."""
        users: dict[str, list[str]] = {}
        for equation in self.equations:
            for x in self._slopes[equation.name] if equation.name in self._path_counts else ():
                users.setdefault(x, []).append(equation.name)
        return users

    @cached_property
    def _path_counts(self) -> dict[str, int]:
        """How many ways lead from each name to ``of``."""
        counts = {self.of: 1}
        for equation in reversed(self.equations):
            for x in self._slopes[equation.name] if equation.name in counts else ():
                counts[x] = counts.get(x, 0) + counts[equation.name]
        return counts

    @cached_property
    def _places(self) -> dict[str, int]:
        """{name: the place of its equation}."""
        return {equation.name: i for i, equation in enumerate(self.equations)}

    @cached_property
    def _first_use(self) -> dict[str, int]:
        """{name: the place of the first equation that depends on it}."""
        first: dict[str, int] = {}
        for i, equation in enumerate(self.equations):
            for x in self._slopes[equation.name]:
                first.setdefault(x, i)
        return first

    def _has_detour(self, y: str, x: str) -> bool:
        """Whether x, which stands in the equation of y, reaches y in another way too.

        Nothing before the first equation that uses x depends on it, so in a deep net few are looked at.
        """
        waiting = [name for name in self._slopes[y] if name != x]
        first, seen = self._first_use.get(x, len(self.equations)), set[str]()
        while waiting:
            name = waiting.pop()
            if name in seen or self._places.get(name, -1) < first:
                continue
            seen.add(name)
            if x in self._slopes[name]:
                return True
            waiting += self._slopes[name]
        return False

    def _paths(self, wrt: str) -> Iterator[tuple[str, ...]]:
        """Every way from wrt to ``of``, as the names along it; wrt first."""
        waiting: list[tuple[str, ...]] = [(wrt,)]
        while waiting:
            path = waiting.pop()
            if path[-1] == self.of:
                yield path
            else:
                waiting += [(*path, y) for y in reversed(self._users.get(path[-1], []))]

    def _by_paths(self, wrt: str) -> Gradient:
        work, paths = self.work, list(self._paths(wrt))
        chain_rule, symbols, numbers = [], [], []
        slopes: list[Expr] = []
        direct: dict[tuple[str, str], None] = {}
        for path in paths:
            links = [(y, x) for x, y in pairwise(path)][::-1]
            factors = [self._slopes[y][x] for y, x in links] or [ONE]
            slopes += factors
            chain_rule.append([self._local(y, x) for y, x in links])
            direct |= {(y, x): None for y, x in links if self._has_detour(y, x)}
            symbols.append([work.symbols(factor) for factor in factors])
            numbers.append([work.numbers(factor) for factor in factors])
        steps: list[tuple[str, Maths]] = []
        if len(paths) > 1 or len(paths[0]) > 2:
            steps += _sum_of_products(chain_rule)
        exactly = all(map(work.shows_exactly, slopes))
        for form, relation in ((symbols, "="), (numbers, "=" if exactly else "≈")):
            new = _sum_of_products(form)
            if new != steps[-len(new) :]:
                steps += [(relation, new[0][1]), *new[1:]]
        value = self.total(wrt)
        result = work.value(value)
        if steps[-1][1] != result:
            steps.append((work.relation(value, exactly), result))
        chains = tuple(self.chain(path) for path in paths if len(path) > 1)
        lhs = work.names.node(partial(self.of, wrt).name)
        remarks = list(self._undefined(value))
        remarks += [row(self._local(*link), Word(" counts only the direct use")) for link in direct]
        line = Line(lhs, tuple(steps), True)
        return Gradient(self.of, wrt, chains, (line,), (*reasons(work, slopes), *self._flat(wrt), *remarks))

    def _undefined(self, value: Value) -> Iterator[Maths]:
        """What has no value, and why not."""
        if isinstance(value, Undefined):
            name, says, why = value.why.partition(" has no value: ")
            yield row(self.work.names.node(name), Word(f"{says}{why}")) if says else Word(value.why)

    def _local(self, y: str, x: str) -> Maths:
        """∂y/∂x for one link of a path: ∂⁺ where x reaches y in other ways too, so that ∂y/∂x means more."""
        of, wrt = self.work.names.node(y), self.work.names.node(x)
        return Fraction(row(IMMEDIATE if self._has_detour(y, x) else PARTIAL, of), row(PARTIAL, wrt))

    def _flat(self, wrt: str) -> Iterator[Maths]:
        """∂s/∂z = 0 everywhere, for each link such as a step that ends a path without a product."""
        reached = {wrt}
        for equation in self.equations:
            for x in names_in(equation.rhs):
                if x.name in reached:
                    reached.add(equation.name)
                    if x.name not in self._slopes[equation.name]:
                        zero = row(self._local(equation.name, x.name), EQUALS, Number("0"))
                        yield row(zero, Word(" everywhere"))

    def _label(self, x: str, y: str) -> Maths | None:
        rhs = self.work.network.by_name[y].rhs
        if isinstance(rhs, ScalarFunction):
            return function_name(type(rhs))
        slope, parameters = self._slopes[y][x], self.work.network.parameters
        along_weight = slope.is_Symbol and slope in parameters and symbol(x) not in parameters
        return self.work.names.node(slope.name) if along_weight else None

    def _nothing(self, wrt: str) -> Line:
        lhs = self.work.names.node(partial(self.of, wrt).name)
        return Line(lhs, (("=", self.work.value(Rational(0))),), why=f"{self.of} does not depend on {wrt}")

    # -- δ ------------------------------------------------------------------------------------------------------------

    @cached_property
    def _delta_equations(self) -> tuple[Equation, ...]:
        return delta_form(self.equations, self._backward)

    @cached_property
    def _backward(self) -> tuple[Equation, ...]:
        if not self.errors:
            return backprop(self.equations, symbol(self.of))
        return joined_backprop(self.equations, symbol(self.of), self.work.problem.sums_to_one)

    @cached_property
    def _names(self) -> Names:
        """The names with δ for the gradient of every unit."""
        return self.work.names.with_deltas([e.name for e in self.equations if e.name != self.of])

    def _by_deltas(self, wrt: str) -> Gradient:
        """The lines that ∂of/∂wrt needs, from the last unit down."""
        wanted = {partial(self.of, wrt)}
        kept = []
        for equation in reversed(self._delta_equations):
            if equation.lhs in wanted:
                wanted.update(names_in(equation.rhs))
                kept.append(equation)
        kept.reverse()
        return Gradient(self.of, wrt, (), tuple(map(self._delta_line, kept)), reasons(self.work, (e.rhs for e in kept)))

    def _delta_line(self, equation: Equation) -> Line:
        line = self.work.three_forms(
            self._names.node(equation.name),
            equation.rhs,
            self._values[equation.name],
            names=self._names,
            values=self._values,
        )
        if _wrt(equation) not in self._names.deltas:
            return line
        return Line(line.lhs, (("=", self.work.names.node(equation.name)), *line.steps))

    @cached_property
    def _values(self) -> dict[str, Value]:
        """The numbers of the gradients of ``of``, with all others."""
        if self.is_loss:
            return self.work.values
        frame = {identifier(name): value for name, value in self.work.values.items()}
        backward = self._backward
        with exact.digits_carried(max(30, self.work.digits + 20)):
            Program(backward).run(frame, undefined_allowed=True)
        return self.work.values | {e.name: frame[identifier(e.name)] for e in backward}

    def total(self, wrt: str) -> Value:
        """The number ∂of/∂wrt."""
        return self._values.get(partial(self.of, wrt).name, Rational(0))


def _names_of(equations: Iterable[Equation]) -> set[str]:
    return {equation.name for equation in equations}


def _wrt(equation: Equation) -> str:
    """The x of the equation of ∂of/∂x."""
    return (partial_parts(equation.name) or ("", ""))[1]


def _sum_of_products(paths: list[list[Maths]]) -> list[tuple[str, Maths]]:
    """= first path, + second path, …"""
    products = [joined([_factor(n) for n in nodes], DOT) if len(nodes) > 1 else nodes[0] for nodes in paths]
    return [("=", products[0]), *(("+", _closed(product)) for product in products[1:])]


def _closed(node: Maths) -> Maths:
    """In brackets where it starts with a minus, which cannot follow a +."""
    return Brackets(node) if isinstance(node, Row) and node.items[0] == NEGATIVE else node


def _factor(node: Maths) -> Maths:
    """In brackets where it has a + or − of its own."""
    is_sum = isinstance(node, Row) and any(isinstance(item, Operator) and item.sign in "+−" for item in node.items)
    return Brackets(node) if is_sum else node
