"""Regions: the half-plane in which a unit of two inputs is on, its boundary derived and drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import isfinite
from typing import Annotated

from symnet.algebra.derivatives import local_derivatives, recognized
from symnet.algebra.equations import Equation, Expr, divide, names_in, negate, symbol
from symnet.algebra.equations import total as sum_of
from symnet.algebra.further import worked
from symnet.algebra.mistakes import Mistake
from symnet.algebra.scalar import ScalarFunction
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.figures.half_planes import Boundary, Sample, half_planes
from symnet.notation.line import Line
from symnet.notation.maths import COMMA, EQUALS, MINUS, PLUS, Brackets, Maths, Number, Operator, joined, row
from symnet.paper.document import Answer, Beside, Block, Figure, Paragraph, Table, Text, Working
from symnet.questions import options
from symnet.questions.further import Further, works
from symnet.questions.options import Names, Span
from symnet.questions.pieces import Asked, Question, commas, listed, name_of, value_of
from symnet.working.problem import Problem
from symnet.working.work import Work

MOST = 6  # lines in one picture
BESIDE = 2  # whose working stands beside the picture
MOST_NAMED = 3  # … whose regions are named
ZERO = Number("0")
SAYS = 'ask = "regions"'


@dataclass(frozen=True)
class Unit:
    """A unit as a·x + b·y + c: the equation of its sum, the two inputs, and formulas of the three numbers."""

    sum: Equation
    x: str
    y: str
    a: Expr
    b: Expr
    c: Expr

    @property
    def slope(self) -> Equation:
        return Equation(worked("line_slope", self.sum.name), negate(divide(self.a, self.b)))

    @property
    def intercept(self) -> Equation:
        return Equation(worked("line_intercept", self.sum.name), negate(divide(self.c, self.b)))


def _units(question: Question, problem: Problem) -> list[Unit]:
    """The units that are asked about; raises Mistake for what is no unit of two inputs."""
    equations = problem.network.by_name
    asked = question.of or tuple(name for name in equations if _inputs(equations[name], problem) is not None)
    found: dict[str, Unit] = {}
    for name in asked:
        if name not in equations:
            raise Mistake(f"{SAYS}: of is {name}; it must be an equation")
        equation = equations[name]
        rhs = recognized(equation.rhs)
        if isinstance(rhs, ScalarFunction) and rhs.args[0].is_Symbol and rhs.args[0].name in equations:
            equation = equations[rhs.args[0].name]  # the sum that an activation is taken of
        inputs = question.wrt or _inputs(equation, problem)
        if inputs is None or len(inputs) != 2:
            raise Mistake(
                f"{SAYS}: {equation.name} is no weighted sum of two inputs, which alone cuts a plane; name those that "
                "are, with of, and the two inputs, with wrt"
            )
        found.setdefault(equation.name, _unit(equation, *inputs))
    if not found:
        raise Mistake(f'{SAYS} is about units such as z = "w1*x1 + w2*x2 + b", and no equation is one of two inputs')
    if not question.of:  # those of the first layer, or whichever come first
        first = next(iter(found.values()))
        found = {name: unit for name, unit in found.items() if (unit.x, unit.y) == (first.x, first.y)}
    if len(found) > MOST:
        raise Mistake(f"{SAYS}: {len(found)} lines are too many for one picture; name at most {MOST} with of")
    if len({(unit.x, unit.y) for unit in found.values()}) > 1:
        raise Mistake(f"{SAYS}: the units have different inputs, and need questions of their own; say which with of")
    return list(found.values())


def _inputs(equation: Equation, problem: Problem) -> tuple[str, ...] | None:
    """The two names in a weighted sum that are no parameters and stand in no product of each other."""
    names = [name for name in names_in(equation.rhs) if name.name not in problem.start]
    if len(names) != 2 or isinstance(recognized(equation.rhs), ScalarFunction):
        return None
    slopes = local_derivatives(equation)
    if any({*names_in(slopes[name])} & {*names} for name in names):
        return None
    return tuple(name.name for name in names)


def _unit(equation: Equation, x: str, y: str) -> Unit:
    slopes, inputs = local_derivatives(equation), (symbol(x), symbol(y))
    if any(name not in slopes or {*names_in(slopes[name])} & {*inputs} for name in inputs):
        raise Mistake(f"{SAYS}: {equation.name} is no weighted sum of {x} and {y}, so where it is 0 is no line")
    terms = equation.rhs.args if equation.rhs.is_Add else (equation.rhs,)
    rest = sum_of(*(term for term in terms if not {*names_in(term)} & {*inputs}))
    return Unit(equation, x, y, slopes[inputs[0]], slopes[inputs[1]], rest)


def _region_lines(question: Question, problem: Problem) -> Further:
    units = _units(question, problem)
    lines = [line for unit in units for line in (unit.slope, unit.intercept)]
    # A line that stands upright has no slope.
    asked = [line.name for unit in units for line in (unit.slope, unit.intercept) if not _is_upright(unit, problem)]
    return Further(tuple(lines), tuple(asked))


def _is_upright(unit: Unit, problem: Problem) -> bool:
    return unit.b.is_Symbol and problem.start.get(unit.b.name, problem.given.get(unit.b.name)) == 0


@works(_region_lines)
def regions(
    work: Work,
    question: Question,
    *,
    of: Annotated[
        Names,
        options.names("the units, by their sums or outputs (those of the first layer without it)", (), "equations"),
    ] = (),
    wrt: Annotated[Names, options.names("the two inputs that span the plane")] = (),
    target: Annotated[Names, options.names("the target of the samples: drawn full where it is positive")] = (),
    range: Annotated[Span, options.span("the part of both axes that is shown, such as [-1, 2]")] = None,
) -> Asked:
    """The half-plane in which each unit is on: its boundary derived, its positive side, both drawn with the samples."""
    units = _units(question, work.problem)
    ends = tuple(map(float, range)) if range is not None else _ends(work, units)
    rows = [(name_of(work, unit.sum.name), *_cells(work, unit)) for unit in units]
    header: tuple[Text, ...] = (("unit",), ("slope of its line",), ("intercept",), ("positive side",))
    samples = [*_samples(work, units[0], target)]
    axes = (work.names.node(units[0].x), work.names.node(units[0].y))
    lines = [line for unit in units if (line := _boundary(work, unit)) is not None]
    full = f"{_names(units)}: a line for each, with its normal and strokes on the side where it is positive."
    named = 1 < len(lines) <= MOST_NAMED
    said: Text = ("In each region: which of ", *listed(work, [unit.sum.name for unit in units]), " are positive (1).")
    caption = said if named else ()
    low, high = ends
    drawn = Figure(lambda: half_planes(lines, samples, (low, high), axes, named), _said(full, samples, target), caption)
    empty = Figure(lambda: half_planes((), samples, (low, high), axes, False), _said("Empty axes.", samples, target))
    derived = [(*_derived(work, unit),) for unit in units]
    answer: tuple[Block, ...] = (Beside(tuple(derived)), drawn)
    if len(derived) <= BESIDE:  # under each other they are about as high as the picture
        answer = (Beside((tuple(block for part in derived for block in part), (drawn,))),)
    many = len(units) > 1
    zeros = [row(work.names.node(unit.sum.name), EQUALS, ZERO) for unit in units]
    return Asked(
        (
            "In the plane of ", row(axes[0], COMMA, axes[1]), f", derive the line{'s' * many} ", *_and(zeros),
            f": slope, intercept, and on which side of {'each' if many else 'it'} the unit is positive. "
            f"Draw {'them' if many else 'it'}.",
        ),
        (Table(header, tuple(rows), frozenset({1, 2, 3})), Answer(answer, 0, (empty,))),
    )  # fmt: skip


def _and(nodes: Sequence[Maths]) -> Text:
    return (*commas(nodes[:-1]), " and ", nodes[-1]) if len(nodes) > 1 else tuple(nodes)


def _names(units: Sequence[Unit]) -> str:
    return ", ".join(unit.sum.name for unit in units)


def _said(words: str, samples: Sequence[Sample], target: Sequence[str]) -> str:
    if not samples:
        return words
    full = f", full where {target[0]} is positive" if target else ""
    return f"{words} The samples are circles{full}."


def _value(work: Work, expr: Expr) -> Value:
    return work.evaluate(expr, work.values)


def _cells(work: Work, unit: Unit) -> Iterator[Text]:
    """Slope, intercept and side of a line; an upright line has none of the first two."""
    a, b = _value(work, unit.a), _value(work, unit.b)
    if b == 0:
        yield from (("none",), ("none",))
        right = isinstance(a, Undefined) or a > 0
        yield ("everywhere or nowhere",) if a == 0 else ("right" if right else "left",)
        return
    yield value_of(work, work.values[unit.slope.name])
    yield value_of(work, work.values[unit.intercept.name])
    yield ("above" if isinstance(b, Undefined) or b > 0 else "below",)


def _derived(work: Work, unit: Unit) -> Iterator[Block]:
    """The boundary from z = 0 to y = m·x + c, and which side is positive."""
    z, x, y = (work.names.node(name) for name in (unit.sum.name, unit.x, unit.y))
    a, b, c = (_value(work, part) for part in (unit.a, unit.b, unit.c))
    if any(isinstance(value, Undefined) for value in (a, b, c)):
        yield Paragraph((z, " has no value for these numbers."))
        return
    formula = work.symbols(unit.sum.rhs)
    lines = [Line(z, (("=", formula), ("=", ZERO)))]
    lines.append(Line(None, (("", row(_sum(work, ((a, x), (b, y), (c, None))), EQUALS, ZERO)),)))
    if a == 0 and b == 0:
        yield Working(tuple(lines))
        sign = "positive everywhere" if c > 0 else "positive nowhere"  # type: ignore[operator]
        yield Paragraph((z, f" does not depend on the inputs: it is {sign}, and there is no line."))
        return
    if b == 0:
        at = work.evaluate(negate(divide(unit.c, unit.a)), work.values)
        lines.append(Line(x, ((work.relation(at), work.value(at)),)))
        yield Working(tuple(lines))
        side = "right" if a > 0 else "left"  # type: ignore[operator]
        yield Paragraph(
            ("An upright line: ", z, f" is positive to its {side}; its normal is ", _normal(work, a, b), ".")
        )
        return
    slope, intercept = work.values[unit.slope.name], work.values[unit.intercept.name]
    lines.append(Line(y, ((work.relation(slope), _sum(work, ((slope, x), (intercept, None)))),)))
    yield Working(tuple(lines))
    both = (unit.slope, unit.intercept)
    yield Working(tuple(work.three_forms(work.names.node(e.name), e.rhs, work.values[e.name]) for e in both))
    side, relation = ("above", ">") if b > 0 else ("below", "<")  # type: ignore[operator]
    factor = row(work.value(b), Operator(relation), ZERO)
    above = row(z, Operator(">"), ZERO)
    normal = _normal(work, a, b)
    yield Paragraph(
        ("The factor of ", y, " is ", factor, ": ", above, f" {side} the line. Its normal is ", normal, ".")
    )


def _normal(work: Work, a: Value, b: Value) -> Maths:
    return Brackets(joined([work.value(a), work.value(b)], COMMA))


def _sum(work: Work, terms: Sequence[tuple[Value, Maths | None]]) -> Maths:
    """2x₁ − x₂ + 0.5 from numbers and names, without terms of 0 and factors of 1."""
    parts: list[Maths] = []
    for value, name in terms:
        if isinstance(value, Undefined) or value == 0:
            continue
        size = value if value > 0 else exact.multiply(Fraction(-1), value)
        shown = work.value(size) if name is None else name if size == 1 else row(work.value(size), name)
        sign = Operator("−", prefix=True) if value < 0 and not parts else MINUS if value < 0 else PLUS
        parts += [shown] if value > 0 and not parts else [sign, shown]
    return row(*parts) if parts else ZERO


# -- the picture -------------------------------------------------------------------------------------------------------


def _boundary(work: Work, unit: Unit) -> Boundary | None:
    numbers = [_value(work, part) for part in (unit.a, unit.b, unit.c)]
    if any(isinstance(value, Undefined) for value in numbers):
        return None
    a, b, c = (float(value) for value in numbers)  # type: ignore[arg-type]
    if not all(map(isfinite, (a, b, c))) or a == b == 0:
        return None
    return Boundary(a, b, c, row(work.names.node(unit.sum.name), EQUALS, ZERO))


def _places(work: Work, unit: Unit) -> Iterator[tuple[int, float, float]]:
    """(which sample, x, y) of every sample in the plane of a unit: of inputs, or of hidden units."""
    for i, (example, moment) in enumerate(zip(work.problem.examples, work.solution.moments, strict=False)):
        values = {**example, **moment.forward}
        at = [values.get(name) for name in (unit.x, unit.y)]
        if all(value is not None and not isinstance(value, Undefined) for value in at):
            yield i, float(at[0]), float(at[1])  # type: ignore[arg-type]


def _samples(work: Work, unit: Unit, target: Sequence[str]) -> Iterator[Sample]:
    for i, x, y in _places(work, unit):
        wish = work.problem.examples[i].get(target[0]) if target else None
        yield Sample(x, y, None if wish is None else wish > 0)


def _ends(work: Work, units: Sequence[Unit]) -> tuple[float, float]:
    """From where to where both axes go, so that the samples and where the lines meet the axes are seen."""
    shown = [value for _, x, y in _places(work, units[0]) for value in (x, y)]
    size = max(map(abs, shown), default=1.0) or 1.0
    for unit in units:
        line = _boundary(work, unit)
        for part in (line.a, line.b) if line is not None else ():
            if part and abs(line.c / part) <= 3 * size:  # type: ignore[union-attr]
                shown.append(-line.c / part)  # type: ignore[union-attr]
    low, high = min((0.0, *shown)), max((0.0, *shown))
    room = max(0.25 * (high - low), 0.5)
    return float(Fraction(round((low - room) * 2), 2)), float(Fraction(round((high + room) * 2), 2))
