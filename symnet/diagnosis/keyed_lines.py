"""The line of working behind every key: what stands on its right, what of that is given, and what is worked out first.

Keys are those of ``quantities``: x3, grad(x3), mean(grad(w)), change(w) and, after an update, w; and y3/x3 for a local
derivative, new(L) for a value after the updates, KEY@2 for one of the second example or update.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction as Rational
from functools import cached_property
from typing import Literal, TypeAlias

import sympy

from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import Equation, Expr, add, divide, names_in, partial, partial_parts, symbol
from symnet.computing.exact import Value
from symnet.diagnosis.slip_patterns import change_of
from symnet.notation.maths import PARTIAL, Brackets, Fraction, Maths, Number, Operator, Script, Word, row
from symnet.notation.names import Names
from symnet.working.order_of_use import in_order_of_use
from symnet.working.quantities import key_of, keys_of, over_examples
from symnet.working.work import Work

Part: TypeAlias = Literal["forward", "backward", "examples", "update", "slope", "after", "further", "fixed", ""]
DELTA = Operator("Δ", prefix=True)
MOST_EXAMPLES = 6  # whose sum is written out


@dataclass(frozen=True)
class KeyedLine:
    """One line of working, lhs = rhs, with the numbers of all names on its right.

    ``sources`` are those of them that are worked out themselves, each with its key; the others are given.
    ``values`` is None where the numbers are not at hand, such as those of a later update.
    """

    key: str
    part: Part
    lhs: Maths
    relation: str
    rhs: Expr
    names: Names
    values: Mapping[str, Value] | None
    sources: Mapping[str, str]


class KeyedLines:
    """The lines of an exercise by their keys."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.problem = work.problem
        self.batch = over_examples(self.problem)
        self.keys = keys_of(self.problem)
        self._further = {key_of(line.name): line for line in self.problem.further}

    def part(self, key: str) -> Part:
        """The part of the work that a key belongs to; "" for a key of another kind."""
        key, _ = of_moment(key)
        equations = self.problem.network.by_name
        if key in equations:
            return "forward"
        if key in self.batch:
            return "examples"
        if key in self._further:
            return "further"
        name = changed(key) or key
        if name in self._last_rules and self.problem.updates:
            return "update"
        if key.startswith("grad(") and key[5:-1] in self.problem.network.names:
            return "backward"
        if after(key) in equations:
            return "after"
        of, _, wrt = key.partition("/")
        if of in equations and symbol(wrt) in names_in(equations[of].rhs):
            return "slope"
        return "fixed" if name in (*self.problem.start, *self.problem.state, *self.problem.examples[0]) else ""

    def node(self, key: str) -> Maths | None:
        """What a key is called on paper; None for a key of another kind."""
        key, _ = of_moment(key)
        name = self.work.names.node
        match self.part(key):
            case "":
                return None
            case "examples":
                return name(self.batch[key])
            case "further":
                return name(self._further[key].name)
            case "backward":
                return name(partial(self.problem.loss, key[5:-1]).name)
            case "slope":
                of, _, wrt = key.partition("/")
                return Fraction(row(PARTIAL, name(of)), row(PARTIAL, name(wrt)))
            case "after":
                return _renewed(name(after(key)))
        return row(DELTA, name(changed(key))) if changed(key) else name(key)

    def line(self, key: str) -> KeyedLine | None:
        """The line that gives a key; None where there is none, as for a gradient that nothing passes back to."""
        inner, k = of_moment(key)
        if k:
            return self._at(key, inner, k)
        part, equations = self.part(key), self.problem.network.by_name
        if part == "forward":
            return self._plain(key, part, equations[key])
        if part == "backward":
            equation = self._backward.get(partial(self.problem.loss, key[5:-1]).name)
            if equation is None:
                return None
            return self._plain(key, part, Equation(equation.lhs, in_order_of_use(self.problem, equation.rhs)))
        if part == "examples":
            return self._over_examples(key)
        if part == "further":
            return self._plain(key, part, self._further[key])
        if part == "slope":
            of, _, wrt = key.partition("/")
            slope = local_derivatives(equations[of])[symbol(wrt)]
            return replace(self._plain(key, part, Equation(equations[of].lhs, slope)), lhs=self._lhs(key))
        if part == "after":
            line = self._plain(key, part, equations[after(key)])
            sources = {name.name: self._afterwards(name.name) for name in names_in(line.rhs)}
            sources = {name: source for name, source in sources.items() if source}
            names = _NewNames(self.work.names, sources)
            return replace(line, lhs=self._lhs(key), names=names, values=None, sources=sources)
        return self._update(key) if part == "update" else None

    def inputs(self, key: str) -> tuple[str, ...]:
        """The keys of what a line is worked from, but for what is given."""
        inner, _ = of_moment(key)
        if self.part(key) == "examples":
            return (key_of(self.batch[inner]),)
        line = self.line(key)
        return tuple(dict.fromkeys(line.sources.values())) if line is not None else ()

    def above(self, key: str) -> tuple[str, ...]:
        """The keys of all lines that a line follows from, in the order of the work."""
        found: set[str] = set()
        left = [key]
        while left:
            new = [other for other in self.inputs(left.pop()) if other not in found]
            found.update(new)
            left += new
        places = {other: i for i, other in enumerate((*self.keys, *self._last_rules))}

        def place(other: str) -> tuple[bool, int, int]:
            inner, k = of_moment(other)
            return bool(after(inner)), k, places.get(after(inner) or inner, 0)

        return tuple(sorted(found - {key}, key=place))

    def first_other_rule(self, key: str, rules: Sequence[Equation]) -> str:
        """The key of the first rule on the way to a new value that is another one, or missing, in other rules."""
        if self.part(key) != "update":
            return key
        wanted = {changed(key) or key, *(name for name in self.above(key) if name in self._last_rules)}
        other = {rule.name: rule.rhs for rule in rules}
        differ = [r.name for r in self.problem.rules if r.name in wanted and other.get(r.name) != r.rhs]
        return differ[0] if differ and differ[0] != changed(key) else key

    # -- one kind of line after another -------------------------------------------------------------------------------

    def _lhs(self, key: str) -> Maths:
        node = self.node(key)
        assert node is not None
        return node

    def _afterwards(self, name: str) -> str:
        """The key of a name's value after the updates; "" where it is the same."""
        return f"new({name})" if name in self.problem.network.by_name else name if name in self._last_rules else ""

    def _at(self, key: str, inner: str, k: int) -> KeyedLine | None:
        """A line of one example, with its numbers, or of one update, after the first without them."""
        line, moments = self.line(inner), self.work.solution.moments
        if line is None:
            return None
        sources = {name: f"{source}@{k}" for name, source in line.sources.items()}
        if k == 1:
            return replace(line, key=key, sources=sources)
        if line.part not in ("forward", "backward") or self.problem.online or not k <= len(moments) > 1:
            return replace(line, key=key, values=None, sources=sources)
        moment, loss = moments[k - 1], self.problem.loss
        gradients = {str(partial(loss, name).name): value for name, value in moment.gradients.items()}
        values = {**self.work.values, **self.problem.examples[k - 1], **moment.forward, **gradients}
        return replace(line, key=key, values=values, sources=sources)

    @cached_property
    def _backward(self) -> dict[str, Equation]:
        return {equation.name: equation for equation in self.problem.backward}

    @cached_property
    def _last_rules(self) -> dict[str, int]:
        return {rule.name: i for i, rule in enumerate(self.problem.rules)}

    @cached_property
    def _over_all(self) -> dict[str, str]:
        """{"∂Loss/∂w": "mean(grad(w))"}: under what key a rule of a batch takes a gradient."""
        return {name: key for key, name in self.batch.items()}

    def _plain(self, key: str, part: Part, equation: Equation) -> KeyedLine:
        names = [name.name for name in names_in(equation.rhs)]
        further = {line.name for line in self.problem.further}
        worked_out = [
            n for n in names if n in self.problem.network.by_name or partial_parts(n) is not None or n in further
        ]
        sources = {name: key_of(name) for name in worked_out}
        lhs, values = self.work.names.node(equation.name), self.work.values
        return KeyedLine(key, part, lhs, "=", equation.rhs, self.work.names, values, sources)

    def _update(self, key: str) -> KeyedLine | None:
        """The rule of the first update; the others go the same way."""
        first, name = self.work.solution.first_update, changed(key) or key
        if first is None:
            return None
        at = self._last_rules[name]
        before = {rule.name: first.values[i] for i, rule in enumerate(self.problem.rules[:at])}
        rule = self.problem.rules[at]
        sources = {}
        for used in (n.name for n in names_in(rule.rhs)):
            if used in before or used in self.problem.network.by_name:
                sources[used] = used
            elif partial_parts(used) is not None:
                sources[used] = self._over_all.get(used, key_of(used))
        values = {**self.work.values, **first.gradients, **before}
        # A gradient of something the loss does not depend on has no line: it is 0.
        values |= {used: values.get(used, Rational(0)) for used in sources}
        lhs, names = self.work.names.node(name), self.work.names
        if changed(key):
            return KeyedLine(key, "update", row(DELTA, lhs), "=", change_of(rule.lhs, rule.rhs), names, values, sources)
        return KeyedLine(key, "update", lhs, "←", rule.rhs, names, values, sources)

    def _over_examples(self, key: str) -> KeyedLine | None:
        """The mean or sum of what every example gives; None for more examples than anybody writes out."""
        moments, name = self.work.solution.moments, self.batch[key]
        if not 1 < len(moments) <= MOST_EXAMPLES:
            return None
        wrt = (partial_parts(name) or ("", ""))[1]
        values = {
            _of_example(name, i): moment.gradients[wrt] if wrt else moment.forward[name]
            for i, moment in enumerate(moments, 1)
        }
        total = add(*map(symbol, values))
        rhs = divide(total, sympy.Integer(len(values))) if self.problem.reduce == "mean" else total
        names = _ExampleNames(self.work.names)
        sources = dict.fromkeys(values, key_of(name))
        return KeyedLine(key, "examples", self.work.names.node(name), "=", rhs, names, values, sources)


def changed(key: str) -> str:
    """w for the key change(w), "" for any other."""
    return key[7:-1] if key.startswith("change(") and key.endswith(")") else ""


def after(key: str) -> str:
    """L for the key new(L), "" for any other."""
    return key[4:-1] if key.startswith("new(") and key.endswith(")") else ""


def of_moment(key: str) -> tuple[str, int]:
    """("y", 2) for the key y@2, (key, 0) for one without a number."""
    inner, at, k = key.rpartition("@")
    return (inner, int(k)) if at and k.isdecimal() else (key, 0)


def _of_example(name: str, i: int) -> str:
    return f"{name}@{i}"


def _renewed(node: Maths) -> Maths:
    """p₁ with "new" above it, beside what stands there already."""
    if isinstance(node, Script):
        return replace(node, sup=row(node.sup, Word(" new")) if node.sup is not None else Word("new"))
    return Script(node, sup=Word("new"))


class _NewNames(Names):
    """The names of an exercise after its updates: those of values that are ``new`` say so."""

    def __init__(self, names: Names, new: Collection[str]) -> None:
        super().__init__()
        self._own, self._new = names, new

    def node(self, name: str) -> Maths:
        node = self._own.node(name)
        return _renewed(node) if name in self._new else node


class _ExampleNames(Names):
    """The names of an exercise, and the loss and the gradients of one example: L⁽²⁾ and ∂L⁽²⁾/∂w."""

    def __init__(self, names: Names) -> None:
        super().__init__()
        self._own = names

    def node(self, name: str) -> Maths:
        of, at, i = name.rpartition("@")
        if not at:
            return self._own.node(name)
        above, wrt = partial_parts(of) or (of, "")
        quantity = Script(self._own.node(above), sup=Brackets(Number(i)))
        return Fraction(row(PARTIAL, quantity), row(PARTIAL, self._own.node(wrt))) if wrt else quantity


def leaves(expr: Expr) -> Iterator[Expr]:
    """What stands for a number in an expression: its names, and slopes such as ReLU′(x3) whole."""
    if expr.is_Symbol or getattr(expr, "is_slope", False):
        yield expr
    else:
        for argument in expr.args:
            yield from leaves(argument)
