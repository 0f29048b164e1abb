"""Working with blanks in it: what has to be worked out is left to write in, what is given stands there.

A ``FadedWork`` writes down the same lines as a ``Work``.  At level 1 the numbers that are given are put in, and every
number that is worked out is a blank, wherever it is put in: or a later line would tell what an earlier one asks for.
From level 2 on, the whole form with numbers is one blank.  Every blank has the key by which ``check`` knows its number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property

from symnet.algebra.equations import Expr, names_in, partial, partial_parts
from symnet.algebra.scalar import ScalarFunction
from symnet.computing.exact import Value
from symnet.notation.line import Line
from symnet.notation.maths import Blank, Boxed, Brackets, Fraction, Letter, Maths, Number, Row, Script, Word
from symnet.notation.names import Names
from symnet.notation.typesetter import _ATOM, Typesetter, number
from symnet.working.quantities import key_of, over_examples
from symnet.working.rows import row_key
from symnet.working.solution import Solution
from symnet.working.work import Work

WIDE = 20  # digits: room for the numbers of a line
_WIDTHS = (4, 6, 8)  # of a blank; a number does not tell how long it is, only about
_LONGEST = (3, 6)  # that are written in the first two


class FadedWork(Work):
    """A solution that is written down with blanks."""

    is_faded = True

    def __init__(self, solution: Solution, names: Names, digits: int = 6, level: int = 1) -> None:
        super().__init__(solution, names, digits)
        self.level = level
        # Of the line that is being written:
        self._moment = 0
        self._is_rule = False
        self._updated: Collection[str] = ()  # what earlier rules of the same update have changed

    def numbers(self, expr: Expr, values: Mapping[str, Value] | None = None) -> Maths:
        """The expression with the given numbers put in, and blanks for the others."""
        if self.level > 1:
            return Blank(WIDE)
        return _raised(_WithBlanks(self, self.values if values is None else values).maths(expr))

    def value(self, value: Value, name: str = "") -> Maths:
        """A given number, or a blank; of whose number is said by the line that it stands in."""
        shown = super().value(value, name)
        return shown if name in self._given and self._given[name] == value else Blank(_width(shown))

    def three_forms(
        self,
        lhs: Maths | None,
        rhs: Expr,
        value: Value,
        relation: str = "=",
        box: bool = False,
        names: Names | None = None,
        values: Mapping[str, Value] | None = None,
        moment: int = 0,
    ) -> Line:
        name = self.name_of(lhs)
        is_constant = not names_in(rhs) and not rhs.has(ScalarFunction)
        if is_constant and not (rhs == 0 and partial_parts(name)):
            return Line(lhs, ((relation, self.symbols(rhs, names)),))  # nothing is worked out
        rules = [rule.name for rule in self.problem.rules]
        self._is_rule = relation == "←" and name in rules
        several = self.problem.updates > 1 or (len(self.problem.examples) > 1 and not self._is_rule)
        self._moment = moment if several else 0
        self._updated = rules[: rules.index(name)] if self._is_rule else ()
        if is_constant:  # a gradient that is 0 because nothing leads to it: that is what is to be found out
            line = Line(lhs, ((relation, self.value(value, name)),))
        else:
            line = super().three_forms(lhs, rhs, value, relation, box, names, values)
        key = self._after(name) if self._is_rule else self.key(name)
        self._moment, self._is_rule, self._updated = 0, False, ()
        own = values is None or values is self.values or partial_parts(name) is None or moment > 0
        return keyed(line, key if own else "")

    def name_of(self, lhs: Maths | None) -> str:
        """The name of what stands on the left of a line; "" where it is none of the exercise."""
        return self._names_of.get(lhs, "") if lhs is not None else ""

    def is_given(self, name: str) -> bool:
        """Whether the sheet gives the number of a name, in the line that is being written."""
        if name in self._updated or name in self.network.by_name or partial_parts(name) is not None:
            return False
        if name in self._further:
            return False
        if self._moment <= 1 or name not in (*self.problem.start, *self.problem.state):
            return True
        # The samples of a batch are all worked with the parameters at the start.
        return len(self.problem.examples) > 1 and not self.problem.online and not self._is_rule

    def key(self, name: str) -> str:
        """The key of a number in the line that is being written; "" where ``check`` has none."""
        if name in self._updated:
            return self._after(name)
        if not name or self.is_given(name):
            return ""
        if name in self.problem.start or name in self.problem.state:
            return row_key(name, self._moment - 1)
        parts = partial_parts(name)
        if parts is not None and parts[0] != self.problem.loss:
            return ""
        # A rule of a batch takes the gradient over all examples.
        over_all = self._over_all.get(name) if self._is_rule else None
        return self._at(over_all or key_of(name))

    def slope_key(self, function: ScalarFunction) -> str:
        """y3/x3 for ReLU′(x3), where y3 = ReLU(x3) is an equation; "" for any other slope."""
        kind, index = getattr(type(function), "derivative_of", None), getattr(type(function), "index", 0)
        for equation in self.network.equations:
            same = type(equation.rhs) is kind and equation.rhs.args == function.args
            if same and function.args[index].is_Symbol:
                return self._at(f"{equation.name}/{function.args[index].name}")
        return ""

    def _at(self, key: str) -> str:
        return row_key(key, self._moment) if self._moment else key

    def _after(self, name: str) -> str:
        """The key of what a rule gives: w, or w@1 where more updates follow."""
        return row_key(name, max(1, self._moment)) if self.problem.updates > 1 else name

    @cached_property
    def _further(self) -> frozenset[str]:
        """The names of what questions ask for beyond the two passes."""
        return frozenset(equation.name for equation in self.problem.further)

    @cached_property
    def _over_all(self) -> dict[str, str]:
        return {name: key for key, name in over_examples(self.problem).items()}

    @cached_property
    def _names_of(self) -> dict[Maths, str]:
        found: dict[Maths, str] = {}
        for name in (*self.network.names, *self.problem.state, *(rule.name for rule in self.problem.rules)):
            gradient = partial(self.problem.loss, name).name
            found |= {self.names.node(name): name, self.names.node(gradient): gradient}
            found[Script(Letter("δ"), sub=self.names.node(name))] = gradient
        # A total derivative of the loss is printed as its gradient, and is that.
        return {self.names.node(name): name for name in self._further} | found


class _WithBlanks(Typesetter):
    """Typesets an expression with the numbers that are given, and blanks for the others."""

    def __init__(self, work: FadedWork, values: Mapping[str, Value]) -> None:
        counts = work.problem.sizes is not None
        super().__init__(work.names, values, work.digits, None, work.problem.places, work._given, counts)
        self.work = work
        self.at = values

    def _typeset(self, expr: Expr) -> tuple[Maths, int]:
        work = self.work
        if expr.is_Symbol and not work.is_given(expr.name):
            return Blank(_width(number(self.at[expr.name], self.digits, self.places)), work.key(expr.name)), _ATOM
        if getattr(expr, "is_slope", False) and (key := work.slope_key(expr)):
            return Blank(_WIDTHS[0], key), _ATOM
        return super()._typeset(expr)


def _width(shown: Maths) -> int:
    letters = _letters(shown)
    return next((w for w, longest in zip(_WIDTHS, _LONGEST, strict=False) if letters <= longest), _WIDTHS[-1])


def _letters(shown: Maths) -> int:
    """How many letters a number is written with."""
    match shown:
        case Number(text) | Word(text):
            return len(text)
        case Row(items):
            return sum(map(_letters, items))
        case Fraction(above, below):
            return _letters(above) + 1 + _letters(below)
        case Script(base, _, sup):
            return _letters(base) + (_letters(sup) if sup is not None else 0)
        case _:
            return 1


def _raised(node: Maths) -> Maths:
    """The same with blanks that are exponents in brackets: a line alone, however high, reads as a factor."""
    match node:
        case Row(items):
            return Row(tuple(map(_raised, items)))
        case Fraction(above, below):
            return Fraction(_raised(above), _raised(below))
        case Brackets(body):
            return replace(node, body=_raised(body))
        case Script(base, sub, Blank() as blank):
            return Script(_raised(base), sub, Brackets(blank))
        case _:
            return node


def keyed(line: Line, key: str) -> Line:
    """The line with the key in its blanks that have none: the result, and the numbers that lead to it."""
    return replace(line, steps=tuple((sign, _with_key(node, key)) for sign, node in line.steps))


def _with_key(node: Maths, key: str) -> Maths:
    match node:
        case Blank(width, ""):
            return Blank(width, key)
        case Boxed(body):
            return Boxed(_with_key(body, key))
        case _:
            return node
