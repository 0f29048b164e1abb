"""Functions of one variable: their derivatives from the definition, in terms of the output, at a kink, and plotted."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated

import sympy

from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import Equation, Expr, Symbol, names_in, symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.scalar import ScalarFunction
from symnet.computing.floats import evaluate_in_floats
from symnet.notation.line import Line
from symnet.notation.maths import COMMA, EQUALS, Brackets, Cases, Maths, Operator, Row, Script, Word, joined, row
from symnet.notation.typesetter import function_name, given_number
from symnet.paper.charts import Series, chart, grid, without_data
from symnet.paper.document import Answer, Block, Display, Figure, Paragraph, Table, Text, Working
from symnet.paper.drawing import Drawing
from symnet.questions import options
from symnet.questions.options import Names, Span
from symnet.questions.pieces import Asked, Question, between, commas, leaves, ruled
from symnet.working.composed import composed, curves, leaves_of, reached_from
from symnet.working.rules import RulesTypesetter, evaluated
from symnet.working.slopes import Case, Kink, Slopes
from symnet.working.work import Work

POINTS = 60  # of a curve, in each case of its function
_LESS = Operator("<")


def function(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("the equations y = f(x) (all of them without it)")] = (),
    wrt: Annotated[Names, options.names("x, the name that f is a function of")] = (),
) -> Asked:
    """f′ from the definition of f, line by line with the rule of each line, then in terms of the output."""
    y, _, slopes = _asked(work, question.ask, of, wrt)[0]
    here = _Here(work, y, slopes)
    lines: list[Block] = []
    for case in slopes.cases:
        lines += here.derivation(case)
    for kink in slopes.kinks:
        lines.append(Paragraph(tuple(here.at_kink(kink))))
    lines += here.at_given()
    by_output: Text = ("; then write it in terms of the output ", here.y) if _has_output_form(slopes) else ()
    text: Text = ("Derive ", here.slope_of_x, " from the definition", *by_output, ".")
    meet: Text = ("Say what happens where two cases meet. ",) if slopes.kinks else ()
    space = min(16.0, 2.5 + 2.0 * len(slopes.cases) + 4.0 * _has_output_form(slopes))
    given = (Paragraph((*meet, "The function:")), Display(here.definition()))
    return Asked(text, (*given, Answer(tuple(lines), space)))


def slopes(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("the equations y = f(x) (all of them without it)")] = (),
    wrt: Annotated[Names, options.names("x, the name that f is a function of")] = (),
) -> Asked:
    """A table of functions with their derivatives, in terms of the output where they are written so."""
    rows: list[tuple[Text, ...]] = []
    for y, _, found in _asked(work, question.ask, of, wrt):
        here = _Here(work, y, found)
        rows.append(((row(here.y, EQUALS, work.symbols(found.rhs)),), (here.whole_slope(),)))
    return Asked(
        ("Give the derivative of each function, in terms of its output where that is shorter.",),
        (Table((("function",), ("derivative",)), tuple(rows), frozenset({1})),),
    )


def plot(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("the equations y = f(x) (all of them without it)")] = (),
    wrt: Annotated[Names, options.names("x, the name that f is a function of")] = (),
    range: Annotated[Span, options.span("the part of the axis that is shown, [-5, 5] without it")] = None,
) -> Asked:
    """Every function beside its derivative, in a grid."""
    low, high = (float(end) for end in range or (-5, 5))
    charts: list[Drawing] = []
    drawn: list[tuple[str, Maths, bool]] = []  # x, y(x), whether it depends on other names too
    for y in of or tuple(work.network.by_name):
        for x in wrt or (_variable(work, y),):
            others = [name for name in leaves_of(work.network, y) if name != x]
            pair, title = _drawn(work, y, x, low, high)
            charts += pair
            drawn.append((x, title, bool(others)))
    one = len({x for x, *_ in drawn}) == 1 and not any(several for *_, several in drawn)
    names = [title.items[0] if one and isinstance(title, Row) else title for _, title, _ in drawn]
    many = f"{len(names)} functions, each beside its derivative" if names[1:] else "A function beside its derivative"
    each = "each " if names[1:] else ""
    columns = 4 if len(charts) > 2 else 2
    ends = [given_number(end) for end in range or (Fraction(-5), Fraction(5))]
    as_given = ", everything else as given" if any(several for *_, several in drawn) else ""
    size: Text = ("from ", ends[0], " to ", ends[1])
    figure = Figure(
        grid(charts, columns),
        f"{many}, from {low:g} to {high:g}.".replace("-", "−"),
        ("Each function beside its derivative, ", *size, "."),
    )
    empty = Figure(without_data(figure.drawing), "Empty axes: a pair for each function and its derivative.")
    return Asked(
        ("Sketch ", *commas(names), " ", *size, f", {each}with its derivative beside it{as_given}."),
        (Answer((figure,), 0, (empty,)),),
    )


def _has_output_form(slopes: Slopes) -> bool:
    return any(case.by_output is not None for case in slopes.cases)


def _drawn(work: Work, y: str, x: str, low: float, high: float) -> tuple[tuple[Drawing, Drawing], Maths]:
    """A function beside its derivative: from its cases where they can be found, otherwise point by point."""
    _is_equation(work, "plot", y)
    _depends(work, "plot", y, x)
    own = Slopes(work.network.by_name[y], symbol(x)) if _is_direct(work, y, x) else None
    try:
        if own is not None:
            here = _Here(work, y, own)
            return here.charts(low, high), here.y_of_x
    except Mistake:
        pass  # cases that depend on other names, too
    at = {name: float(work.values[name]) for name in leaves(work)}  # type: ignore[arg-type]
    values, slopes = curves(work.network, y, x, low, high, at)
    node, of_x = work.names.node(y), Brackets(work.names.node(x))
    title = row(node, of_x)
    return (_chart([values], "path", title), _chart([slopes], "gradient", row(_primed(node), of_x))), title


def _is_direct(work: Work, y: str, x: str) -> bool:
    """Whether x stands in the formula of y, and in no other way counts for it."""
    names = [name.name for name in names_in(work.network.by_name[y].rhs)]
    through = [name for name in names if name != x and name in work.network.by_name]
    return x in names and not any(x in reached_from(work.network, name) for name in through)


def _variable(work: Work, y: str) -> str:
    """The name that y is a function of where the author does not say: the first that it depends on."""
    _is_equation(work, "plot", y)
    return next(leaves_of(work.network, y), leaves(work)[0])


def _is_equation(work: Work, ask: str, name: str) -> None:
    if name not in work.network.by_name:
        raise Mistake(f'question ask = "{ask}": {name} is not an equation')


def _depends(work: Work, ask: str, y: str, x: str) -> None:
    if x == y or x not in reached_from(work.network, y):
        raise Mistake(f'question ask = "{ask}": {y} does not depend on {x}')


def _asked(work: Work, ask: str, of: Names, wrt: Names) -> list[tuple[str, str, Slopes]]:
    """(y, x, y = f(x) taken apart) for each equation asked about, what stands between y and x put in."""
    if len(wrt) > 1:
        raise Mistake(f'question ask = "{ask}" is about functions of one name; wrt has {len(wrt)}: {", ".join(wrt)}')
    found = []
    for y in of or tuple(work.network.by_name):
        _is_equation(work, ask, y)
        x = wrt[0] if wrt else _variable(work, y)
        _depends(work, ask, y, x)
        equation = composed(work.network, y, x)
        try:
            slopes = Slopes(equation, symbol(x)) if equation is not None else None
            if slopes is not None and (slopes.cases or slopes.kinks):
                found.append((y, x, slopes))
                continue
        except (Mistake, NotImplementedError) as error:
            if _is_direct(work, y, x) and isinstance(error, Mistake):
                raise
        raise Mistake(
            f'question ask = "{ask}": {y} depends on {x} through other quantities, and cannot be written as one '
            f'function of {x}; ask = "plot" draws it, and ask = "derivative" goes through all of them'
        )
    return found


def _primed(node: Maths) -> Maths:
    return Script(node.base, node.sub, Word("′")) if isinstance(node, Script) else Script(node, sup=Word("′"))


class _Here:
    """How one function, y = f(x), is written on this sheet."""

    def __init__(self, work: Work, of: str, found: Slopes) -> None:
        self.work, self.of, self.found = work, of, found
        self.y, self.x = work.names.node(of), work.names.node(found.x.name)
        self.y_of_x = row(self.y, Brackets(self.x))
        self.slope_of_x = row(_primed(self.y), Brackets(self.x))
        self.setter = RulesTypesetter(work.names)

    def maths(self, expr: Expr) -> Maths:
        return self.setter.maths(expr)

    def definition(self) -> Maths:
        """y(x) = σ(x) = 1/(1 + e^(−x)), or its cases."""
        parts = [self.y_of_x]
        if isinstance(self.found.rhs, ScalarFunction):
            others = [self.maths(a) for a in self.found.rhs.args]
            parts.append(row(function_name(type(self.found.rhs)), Brackets(joined(others, COMMA))))
        parts.append(self.maths(self.found.definition))
        return joined(parts, EQUALS)

    def derivation(self, case: Case) -> Iterator[Block]:
        """The lines of one case, each with its rules, and its derivative in terms of the output."""
        where: Text = ("For ", self.interval(case), ", ") if len(self.found.cases) > 1 else ()
        yield Paragraph((*where, "one rule per line:" if where else "One rule per line:"))
        first, *others = case.lines
        lines = [Line(self.slope_of_x, (("=", self.maths(first.expr)),))]
        lines += [line for s in others for line in ruled(self.maths(s.expr), ", ".join(s.rules))]
        yield Working(tuple(lines))
        if case.by_output is None:
            return
        forms = self.found.equal_forms(case)
        whys = ["substituting the output", *(["worked out"] * (len(forms) - 1))]
        yield Paragraph(("In terms of the output it is ", self.maths(case.by_output), ", because"))
        left: list[Maths | None] = [self.maths(case.by_output), *([None] * (len(forms) - 1))]
        shown = zip(forms, whys, left, strict=True)
        lines = [line for form, why, lhs in shown for line in ruled(self.maths(form), why, lhs)]
        yield Working((*lines, Line(None, (("=", self.slope_of_x),))))

    def at_kink(self, kink: Kink) -> Iterator[str | Maths]:
        """What happens at a kink, in words."""
        at = self.maths(kink.at)
        left, right = (self.maths(evaluated(value)) for value in (kink.values if kink.jumps else kink.slopes))
        if kink.jumps:
            yield from ("At ", row(self.x, EQUALS, at), " the function jumps from ", left, " to ", right)
            yield ", so it has no derivative there"
        elif kink.has_derivative:
            yield from ("At ", row(self.x, EQUALS, at), " the slope is ", right, " from both sides")
            yield ", so the derivative exists there"
        else:
            yield from ("At ", row(self.x, EQUALS, at), " the slope is ", left, " from the left and ", right)
            yield " from the right, so there is no derivative there"
            if kink.agree_where:
                equal = [row(self.maths(name), EQUALS, self.maths(value)) for name, value in kink.agree_where]
                yield from (" unless ", *between(equal, " or "))
        if kink.convention is not None and not kink.has_derivative:
            primed = row(self.slope_of_x.items[0] if hasattr(self.slope_of_x, "items") else self.y, Brackets(at))
            yield from ("; by convention ", row(primed, EQUALS, self.maths(kink.convention)))
        yield "."

    def at_given(self) -> Iterator[Block]:
        """The derivative at the x that the sheet gives, from the formula that runs."""
        work, x = self.work, self.found.x
        slope = local_derivatives(Equation(self.found.y, self.found.rhs)).get(x, sympy.Integer(0))
        given = row(self.x, EQUALS, work.value(work.values[x.name]))
        value = work.evaluate(slope, work.values)
        yield Paragraph(("At ", given, " the output is ", row(self.y, *self._shown(work.values[self.of])), ", and"))
        yield Working((work.three_forms(self.slope_of_x, slope, value),))

    def _shown(self, value: object) -> tuple[Maths, Maths]:
        return Operator(self.work.relation(value)), self.work.value(value)  # type: ignore[arg-type]

    def interval(self, case: Case) -> Maths:
        """x < 0, 0 < x < 1 or x > 1."""
        if case.low == -sympy.oo:
            return row(self.x, _LESS, self.maths(case.high))
        if case.high == sympy.oo:
            return row(self.x, Operator(">"), self.maths(case.low))
        return row(self.maths(case.low), _LESS, self.x, _LESS, self.maths(case.high))

    def whole_slope(self) -> Maths:
        """The derivative, case by case, with the output in it where it is written so."""
        parts = [(c, self.maths(c.slope if c.by_output is None else c.by_output)) for c in self.found.cases]
        slopes = {node for _, node in parts}
        gaps = [kink.at for kink in self.found.kinks if not kink.has_derivative]
        if len(slopes) == 1 and gaps:
            apart = joined([row(self.x, Operator("≠"), self.maths(at)) for at in gaps], COMMA)
            return Cases(((parts[0][1], apart),))
        if len(slopes) == 1:
            return parts[0][1]
        return Cases(tuple((node, self.interval(case)) for case, node in reversed(parts)))

    def charts(self, low: float, high: float) -> tuple[Drawing, Drawing]:
        """The function and its derivative, each over its cases; other names have the values of the sheet."""
        at = {name: float(self.work.values[name]) for name in leaves(self.work)}  # type: ignore[arg-type]
        value = [self._points(case, case.formula, low, high, at) for case in self.found.cases]
        slope = [self._points(case, case.slope, low, high, at) for case in self.found.cases]
        return (
            _chart(value, "path", self.y_of_x),
            _chart(slope, "gradient", self.slope_of_x),
        )

    def _points(
        self, case: Case, formula: Expr, low: float, high: float, at: dict[str, float]
    ) -> list[tuple[float, float]]:
        start, end = max(low, float(case.low)), min(high, float(case.high))
        if start >= end:
            return []
        xs = [start + (end - start) * i / POINTS for i in range(POINTS + 1)]
        return [(x, _value(formula, self.found.x, x, at)) for x in xs]


def _value(formula: Expr, name: Symbol, x: float, at: dict[str, float]) -> float:
    answer = symbol("answer")
    try:
        return evaluate_in_floats([Equation(answer, formula)], {**at, name.name: x})["answer"]
    except (ArithmeticError, ValueError):
        return float("nan")


def _chart(parts: list[list[tuple[float, float]]], style: str, title: Maths) -> Drawing:
    """The cases as one curve where they meet, with a gap where they jump."""
    points: list[tuple[float, float]] = []
    for part in parts:
        if points and part and abs(points[-1][1] - part[0][1]) > 1e-9:
            points.append((part[0][0], float("nan")))
        points += part
    return chart([Series(tuple(points), style)], title, width=113, height=96)
