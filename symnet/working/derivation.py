"""From a question to lines of working: the chain rule in symbols, with the local derivatives, with numbers, the value.

``Work`` holds what every line needs (the solution, the names, the digits shown); its functions give lines.  A line has
a left-hand side and steps, each a relation and what stands at its right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from itertools import pairwise

import sympy

from symnet.algebra.backprop import backprop
from symnet.algebra.deltas import delta_form
from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import Equation, Expr, names_in, partial, partial_parts, symbol
from symnet.algebra.functions import Kind, ScalarFunction, formula
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.computing.program import Program, identifier
from symnet.working.maths import EQUALS, Arrow, Boxed, Maths, Operator, Word, row
from symnet.working.notation import Names, Typesetter, function_name, is_shown_exactly, number
from symnet.working.solution import Solution

MOST_PATHS = 6  # beyond which the δ form is clearer, unless the reader asks for the paths
MOST_PATHS_EVER = 200


@dataclass(frozen=True)
class Line:
    """lhs, then steps: ("=", …), ("+", …) for a further path, ("≈", …), ("←", …).

    ``stacked`` steps stand one under the other; others share a line where there is room.
    """

    lhs: Maths | None
    steps: tuple[tuple[str, Maths], ...]
    stacked: bool = False
    why: str = ""


@dataclass(frozen=True)
class Gradient:
    """The derivation of one ∂of/∂wrt: the arrow chains, the lines and the reasons for factors such as ReLU′(x4) = 0."""

    of: str
    wrt: str
    chains: tuple[Maths, ...]
    lines: tuple[Line, ...]
    reasons: tuple[Maths, ...]


class Work:
    """A solution and the way it is written down."""

    def __init__(self, solution: Solution, names: Names, digits: int = 6) -> None:
        self.solution = solution
        self.problem = solution.problem
        self.names = names
        self.digits = digits
        self.network = solution.problem.network

    @cached_property
    def values(self) -> dict[str, Value]:
        """Every number before the first update, by name: given, parameters, forward values and gradients."""
        problem, solution = self.problem, self.solution
        values: dict[str, Value] = {**problem.examples[0], **problem.start, **problem.state, **solution.forward}
        for name, value in solution.gradients.items():
            values[partial(problem.loss, name).name] = value
        if problem.learning_rate is not None:
            values[LEARNING_RATE.name] = problem.learning_rate
        values[UPDATE_NUMBER.name] = Fraction(1)
        return values

    # -- the pieces of a line -----------------------------------------------------------------------------------------

    def symbols(self, expr: Expr, names: Names | None = None) -> Maths:
        return Typesetter(names or self.names).maths(expr)

    def numbers(self, expr: Expr, values: Mapping[str, Value] | None = None) -> Maths:
        """The expression with numbers put in."""
        at = self.values if values is None else values
        return Typesetter(self.names, at, self.digits, lambda f: self.evaluate(f, at)).maths(expr)

    def value(self, value: Value) -> Maths:
        return number(value, self.digits)

    def relation(self, value: Value) -> str:
        """ "=" before a number shown exactly, "≈" before one that is rounded."""
        return "=" if is_shown_exactly(value, self.digits) else "≈"

    def evaluate(self, expr: Expr, values: Mapping[str, Value]) -> Value:
        """The number of an expression of names that have numbers."""
        for name in names_in(expr):
            at = values[name.name]
            if isinstance(at, Undefined):
                return at
        answer = symbol("answer")
        frame = {identifier(name.name): values[name.name] for name in names_in(expr)}
        with exact.digits_carried(max(30, self.digits + 20)):
            Program([Equation(answer, expr)]).run(frame, undefined_allowed=True)
        result: Value = frame[identifier("answer")]
        return result

    def three_forms(
        self,
        lhs: Maths | None,
        rhs: Expr,
        value: Value,
        relation: str = "=",
        box: bool = False,
        names: Names | None = None,
        values: Mapping[str, Value] | None = None,
    ) -> Line:
        """Symbols, the same with numbers put in, the value; a form that says nothing new is left out."""
        steps = [(relation, self.symbols(rhs, names))]
        result = self.value(value)
        if names_in(rhs) or rhs.has(sympy.Function):
            with_numbers = self.numbers(rhs, values)
            if with_numbers != result:
                steps.append(("=", with_numbers))
        final = Boxed(result) if box else result
        if steps[-1][1] != result or box:
            steps.append((self.relation(value), final))
        return Line(lhs, tuple(steps))

    # -- forward ------------------------------------------------------------------------------------------------------

    def forward(self) -> tuple[Line, ...]:
        """One line an equation: x₃ = w₁₃x₁ + w₂₃x₂ = 2·1 + (−3)·(−1) = 5."""
        return tuple(
            self.three_forms(self.names.node(e.name), e.rhs, self.solution.forward[e.name])
            for e in self.network.equations
        )

    # -- gradients ----------------------------------------------------------------------------------------------------

    def gradient(self, wrt: str, of: str | None = None, style: str = "") -> Gradient:
        """∂of/∂wrt by ``style`` "paths" (one product a path) or "deltas" (one line a unit); of defaults to the loss.

        Without a style the paths are written out while they are few.
        """
        of = of or self.problem.loss
        count = self._path_counts(of).get(wrt, 0)
        if self.problem.places is not None and of == self.problem.loss:
            style = "deltas"  # where every line is rounded, these are the lines
        if not style:
            style = "paths" if count <= MOST_PATHS else "deltas"
        if count == 0:
            return self._no_path(of, wrt)
        if style == "deltas" or count > MOST_PATHS_EVER:
            return self._by_deltas(of, wrt)
        return self._by_paths(of, wrt)

    @cache  # noqa: B019 - a Work lives as long as its sheet
    def _slopes(self) -> dict[str, dict[str, Expr]]:
        """{"y5": {"x5": ∂y5/∂x5, …}, …}: every local derivative that is not 0."""
        return {
            equation.name: {x.name: slope for x, slope in local_derivatives(equation).items() if slope != 0}
            for equation in self.network.equations
        }

    @cache  # noqa: B019
    def _path_counts(self, of: str) -> dict[str, int]:
        """How many ways lead from each name to ``of``."""
        counts = {of: 1}
        for equation in reversed(self.network.equations):
            for x in self._slopes()[equation.name] if counts.get(equation.name) else ():
                counts[x] = counts.get(x, 0) + counts[equation.name]
        return counts

    def _paths(self, of: str, wrt: str) -> Iterator[tuple[str, ...]]:
        """Every way from wrt to of, as the names along it; wrt first."""
        ways = self._path_counts(of)
        if wrt == of:
            yield (of,)
            return
        for equation in self.network.equations:
            if wrt in self._slopes()[equation.name] and ways.get(equation.name):
                for rest in self._paths(of, equation.name):
                    yield (wrt, *rest)

    def _no_path(self, of: str, wrt: str) -> Gradient:
        lhs = self.names.node(partial(of, wrt).name)
        why = f"{of} does not depend on {wrt}"
        return Gradient(of, wrt, (), (Line(lhs, (("=", self.value(Fraction(0))),), why=why),), ())

    def _by_paths(self, of: str, wrt: str) -> Gradient:
        paths = list(self._paths(of, wrt))
        chain_rule, symbols, numbers = [], [], []
        slopes: list[Expr] = []
        for path in paths:
            links = [(y, x) for x, y in pairwise(path)][::-1]
            factors = [self._slopes()[y][x] for y, x in links] or [sympy.Integer(1)]
            slopes += factors
            chain_rule.append([self.names.node(partial(y, x).name) for y, x in links])
            symbols.append([self.symbols(factor) for factor in factors])
            numbers.append([self.numbers(factor) for factor in factors])
        lhs = self.names.node(partial(of, wrt).name)
        value = self._total(of, wrt)
        steps: list[tuple[str, Maths]] = []
        if len(paths) > 1 or len(paths[0]) > 2:
            steps += _sum_of_products(chain_rule)
        for form in (symbols, numbers):
            new = _sum_of_products(form)
            if new != steps[-len(new) :]:
                steps += new
        result = self.value(value)
        if steps[-1][1] != result:
            steps.append((self.relation(value), result))
        chains = tuple(self.chain(path) for path in paths if len(path) > 1)
        return Gradient(of, wrt, chains, (Line(lhs, tuple(steps), stacked=True),), self._reasons(slopes))

    def _by_deltas(self, of: str, wrt: str) -> Gradient:
        """The lines of the δ form that ∂of/∂wrt needs, from the loss down."""
        lines = []
        slopes: list[Expr] = []
        names = self._delta_names(of)
        wanted = {partial(of, wrt)}
        for equation in reversed(self._delta_equations(of)):
            if equation.lhs in wanted:
                wanted.update(names_in(equation.rhs))
                lines.append(self._delta_line(of, equation, names))
                slopes.append(equation.rhs)
        return Gradient(of, wrt, (), tuple(reversed(lines)), self._reasons(slopes))

    def deltas(self, style_of: str | None = None) -> tuple[tuple[Line, ...], tuple[Maths, ...]]:
        """Every δ of the network with the reasons for its factors, then nothing of the weights."""
        of = style_of or self.problem.loss
        names = self._delta_names(of)
        kept = [e for e in self._delta_equations(of) if (partial_parts(e.name) or ("", ""))[1] in names.deltas]
        used = {name for e in self._delta_equations(of) for name in names_in(e.rhs)}
        kept = [e for e in kept if e.lhs in used]
        lines = tuple(self._delta_line(of, equation, names) for equation in kept)
        return lines, self._reasons([equation.rhs for equation in kept])

    def delta_gradient(self, wrt: str) -> Line:
        """∂Loss/∂w in terms of the δ above it: one line."""
        of = self.problem.loss
        for equation in self._delta_equations(of):
            if equation.lhs == partial(of, wrt):
                return self._delta_line(of, equation, self._delta_names(of))
        return self._no_path(of, wrt).lines[0]

    @cache  # noqa: B019
    def _delta_equations(self, of: str) -> tuple[Equation, ...]:
        return delta_form(self.network.equations, backprop(self.network.equations, symbol(of)))

    @cache  # noqa: B019
    def _delta_names(self, of: str) -> Names:
        return self.names.with_deltas([e.name for e in self.network.equations if e.name != of])

    def _delta_line(self, of: str, equation: Equation, names: Names) -> Line:
        _, wrt = partial_parts(equation.name) or ("", "")
        values = self._values_for(of)
        line = self.three_forms(None, equation.rhs, values[equation.name], names=names, values=values)
        lhs = names.node(equation.name)
        if wrt in names.deltas:
            return Line(lhs, (("=", self.names.node(equation.name)), *line.steps))
        return Line(lhs, line.steps)

    def _values_for(self, of: str) -> Mapping[str, Value]:
        """The numbers of the gradients of ``of``, with all others."""
        if of == self.problem.loss:
            return self.values
        frame = {identifier(name): value for name, value in self.values.items()}
        backward = backprop(self.network.equations, symbol(of))
        with exact.digits_carried(max(30, self.digits + 20)):
            Program(backward).run(frame, undefined_allowed=True)
        return {**self.values, **{e.name: frame[identifier(e.name)] for e in backward}}

    def _total(self, of: str, wrt: str) -> Value:
        if of == self.problem.loss:
            return self.solution.gradients[wrt]
        return self._values_for(of).get(partial(of, wrt).name, Fraction(0))

    # -- arrows and reasons -------------------------------------------------------------------------------------------

    def chain(self, path: tuple[str, ...]) -> Maths:
        """w13 → x3 —ReLU→ y3 —w35→ x5 —ReLU→ y5 → Loss: over an arrow, the function or the weight it goes through."""
        nodes: list[Maths] = [self.names.node(path[0])]
        for x, y in pairwise(path):
            nodes += [Arrow(self._label(x, y)), self.names.node(y)]
        return row(*nodes)

    def _label(self, x: str, y: str) -> Maths | None:
        equation = self.network.by_name[y]
        if isinstance(equation.rhs, ScalarFunction):
            return function_name(type(equation.rhs))
        slope = self._slopes()[y][x]
        along_weight = slope.is_Symbol and slope in self.network.parameters and symbol(x) not in self.network.parameters
        return self.names.node(slope.name) if along_weight else None

    def _reasons(self, slopes: Iterable[Expr]) -> tuple[Maths, ...]:
        """ReLU′(x₄) = 0 because x₄ = −3 ≤ 0, for every factor that a case decides."""
        found: dict[Expr, Maths] = {}
        for slope in slopes:
            for node in sympy.preorder_traversal(slope):
                if isinstance(node, ScalarFunction) and hasattr(node, "derivative_of") and node not in found:
                    found[node] = self._reason(node)
        return tuple(found.values())

    def _reason(self, function: ScalarFunction) -> Maths:
        value = self.evaluate(function, self.values)
        parts: list[Maths] = [self.symbols(function), Operator(self.relation(value)), self.value(value)]
        condition = self._condition(function)
        if condition is not None:
            left, right = condition.args
            sign = Operator({"Gt": ">", "Ge": "≥", "Lt": "<", "Le": "≤"}[_short(condition)])
            parts += [Word(" because "), self._with_value(left), sign, self._with_value(right)]
        return row(*parts)

    def _with_value(self, expr: Expr) -> Maths:
        """x₄ = −3 for a name, otherwise the number alone."""
        value = self.value(self.evaluate(expr, self.values))
        return row(self.names.node(expr.name), EQUALS, value) if expr.is_Symbol else value

    def _condition(self, function: ScalarFunction) -> Expr | None:
        """The condition under which the function's formula takes the case that it takes here; None without cases."""
        kind: Kind = type(function)
        z, definition = formula(kind, len(function.args))
        if not isinstance(definition, sympy.Piecewise):
            return None
        at = {name.name: self.evaluate(argument, self.values) for name, argument in zip(z, function.args, strict=True)}
        arguments = dict(zip(z, function.args, strict=True))
        failed: Expr | None = None
        for _, condition in definition.args:
            if condition == True:  # noqa: E712 - SymPy's true
                return _put(sympy.Not(failed), arguments) if failed is not None else None
            holds, part = self._decided(condition, at)
            if part is None:
                return None
            if holds:
                return _put(part, arguments)
            failed = part
        return None

    def _decided(self, condition: Expr, at: Mapping[str, Value]) -> tuple[bool, Expr | None]:
        """Whether a condition holds and the comparison that decides it; None where a number does not exist."""
        if not isinstance(condition, (sympy.And, sympy.Or)):
            difference = self.evaluate(condition.lhs - condition.rhs, at)
            return (False, None) if isinstance(difference, Undefined) else (_holds(condition, difference), condition)
        decides = isinstance(condition, sympy.Or)
        part: Expr | None = None
        for argument in condition.args:
            holds, part = self._decided(argument, at)
            if part is None or holds == decides:
                return holds, part
        return not decides, part

    # -- updates ------------------------------------------------------------------------------------------------------

    def update(self, wanted: Callable[[str], bool] = lambda name: True) -> tuple[Line, ...]:
        """The rules of the first update: symbols, numbers, and the new value in a box for parameters."""
        first = self.solution.first_update
        if first is None:
            return ()
        values = {**self.values, **first.gradients}
        lines = []
        for i, rule in enumerate(self.problem.rules):
            new = first.values[i]
            if wanted(rule.name):
                box = rule.name in self.problem.start
                lhs = self.names.node(rule.name)
                lines.append(self.three_forms(lhs, rule.rhs, new, "←", box=box, values=values))
            values[rule.name] = new
        return tuple(lines)


def _sum_of_products(paths: list[list[Maths]]) -> list[tuple[str, Maths]]:
    """= first path, + second path, …"""
    from symnet.working.maths import DOT, Brackets, joined

    def factor(node: Maths) -> Maths:
        return Brackets(node) if _is_sum(node) else node

    products = [joined([factor(n) for n in nodes], DOT) if len(nodes) > 1 else nodes[0] for nodes in paths]
    return [("=" if i == 0 else "+", node) for i, node in enumerate(products)]


def _is_sum(node: Maths) -> bool:
    """Whether a node needs brackets as a factor: it has a + or − of its own."""
    return hasattr(node, "items") and any(isinstance(n, Operator) and n.sign in "+−" for n in node.items)


def _put(condition: Expr, arguments: Mapping[Expr, Expr]) -> Expr:
    """The condition with the function's arguments in place of its symbols, left unevaluated."""
    return condition.func(*(arguments.get(side, side) for side in condition.args), evaluate=False)


def _holds(condition: Expr, difference: exact.Number) -> bool:
    return {
        "Gt": difference > 0,
        "Ge": difference >= 0,
        "Lt": difference < 0,
        "Le": difference <= 0,
    }[_short(condition)]


def _short(condition: Expr) -> str:
    return {"StrictGreaterThan": "Gt", "GreaterThan": "Ge", "StrictLessThan": "Lt", "LessThan": "Le"}[
        type(condition).__name__
    ]
