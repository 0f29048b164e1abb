"""Second derivatives: the Hessian of a quantity, and the step of Newton's method that it gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction as Rational
from typing import Annotated

from sympy import Integer

from symnet.algebra.equations import Equation, Expr, add, divide, multiply, negate, power, symbol
from symnet.algebra.further import second, worked
from symnet.algebra.mistakes import Mistake
from symnet.algebra.second_order import Lines, depends_on, gradient_formula, second_derivatives
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.notation.further import HESSIAN, INVERSE
from symnet.notation.line import Line
from symnet.notation.maths import EQUALS, Maths, Matrix, Number, Operator, row
from symnet.notation.maths import Fraction as Over
from symnet.paper.document import Answer, Block, Display, Paragraph, Table, Text, Working
from symnet.questions import options
from symnet.questions.further import Further, works
from symnet.questions.loss_of_batch import Differentiated, capital, differentiated, is_of_batch, said_of, used_lines
from symnet.questions.options import Names
from symnet.questions.pieces import Asked, Question, columns, listed, of_first, room, value_of
from symnet.working.problem import Problem
from symnet.working.quantities import key_of
from symnet.working.solution import solve
from symnet.working.work import Work

MOST = 4  # names whose Hessian anybody works by hand
MOST_OF_NEWTON = 2  # parameters: the inverse of a larger matrix is no exercise in learning


def _of(question: Question, problem: Problem) -> tuple[str, tuple[str, ...]]:
    """(the quantity, the names) of a question about second derivatives, as it says them or as usual."""
    if len(question.of) > 1:
        raise Mistake(f'ask = "{question.ask}": of is one quantity, and {", ".join(question.of)} are several')
    of = question.of[0] if question.of else problem.loss
    if of not in problem.network.by_name:
        raise Mistake(f'ask = "{question.ask}": of is {of}; it must be an equation')
    if of == problem.loss and not problem.has_loss:
        raise Mistake(f'ask = "{question.ask}" is about a loss; add one, or say of = "…"')
    wrt = question.wrt or tuple(problem.start) or tuple(name.name for name in problem.network.inputs)
    for name in wrt:
        if name in problem.network.by_name:
            raise Mistake(
                f'ask = "{question.ask}": wrt is {name}, which is an equation; it must be a parameter or given'
            )
    return of, wrt


def lines_of_hessian(problem: Problem, of: str, wrt: Sequence[str]) -> Lines:
    """The lines of every second derivative, and of what they are worked from."""
    found = differentiated(problem, of)
    lines = second_derivatives(found.equations, found.backward, of, wrt)
    if not found.reduce:
        return lines
    asked = {*entries(of, wrt)}
    lines = tuple(Equation(e.lhs, found.combined(e.rhs)) if e.name in asked else e for e in lines)
    gradients = [Equation(found.slope(x), _gradient_in(found, x)) for x in wrt]  # which no pass works
    return (*used_lines(found, [*lines, *gradients]), *gradients, *lines)


def _gradient_in(found: Differentiated, x: str) -> Expr:
    """The gradient as a formula in the names of the forward pass."""
    return found.combined(gradient_formula(found.backward, found.of, x))


def entries(of: str, wrt: Sequence[str]) -> list[str]:
    """The names of the second derivatives on and above the diagonal, row by row."""
    return [second(of, a, b).name for i, a in enumerate(wrt) for b in wrt[i:]]


def entry(of: str, wrt: Sequence[str], i: int, j: int) -> Expr:
    """The second derivative in row i and column j."""
    return second(of, wrt[min(i, j)], wrt[max(i, j)])


def _hessian_lines(question: Question, problem: Problem) -> Further:
    of, wrt = _of(question, problem)
    if len(wrt) > MOST:
        many = f"{len(wrt)} names has {len(wrt) ** 2} entries"
        raise Mistake(f'ask = "hessian" with {many}; say wrt, at most {MOST} names')
    return Further(lines_of_hessian(problem, of, wrt), tuple(map(key_of, entries(of, wrt))))


@works(_hessian_lines)
def hessian(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("the quantity that is differentiated twice (the loss without it)")] = (),
    wrt: Annotated[Names, options.names("the names with respect to which (every parameter without it)")] = (),
) -> Asked:
    """The Hessian matrix H of second derivatives ∂²L/∂a∂b, each worked from the formula of a gradient.

    Where there are [[samples]] it is that of their mean (or summed) loss, and online that of the first one's.
    """
    y, names = _of(question, work.problem)
    cells = entries(y, names)
    table = columns(
        ("second derivative", "value"),
        [((work.names.node(name),), value_of(work, work.values[name])) for name in cells],
        blank={1},
    )
    blocks: list[Block] = [
        *each_sample(work, y, names),
        Paragraph(("The gradient first, as a formula:",)),
        Working(tuple(gradient_lines(work, y, names))),
        *derived_again(work, y, names),
    ]
    if len(names) > 1:
        blocks.append(Display(row(HESSIAN, EQUALS, hessian_matrix(work, y, names))))
    blocks.append(Paragraph(tuple(_curvature(work, y, names))))
    what: Text = (*said_of(work, y), " with respect to ", *listed(work, names), ".")
    return Asked(
        (f"Derive the Hessian matrix{_of_first(work, y)}, the second derivatives of ", *what),
        (table, Answer(tuple(blocks), room(len(cells), 2), fades=True)),
    )


def _of_first(work: Work, of: str) -> str:
    return "" if is_of_batch(work.problem, of) else of_first(work)


def each_sample(work: Work, of: str, wrt: Sequence[str]) -> Iterator[Block]:
    """The forward pass of every sample, where the loss is that of all of them."""
    samples = {line.name for line in differentiated(work.problem, of).lines}
    lines = [line for line in lines_of_hessian(work.problem, of, wrt) if line.name in samples]
    if lines:
        yield Paragraph(("The forward pass of each sample:",))
        yield Working(tuple(_line(work, line) for line in lines))


def gradient_lines(work: Work, of: str, wrt: Sequence[str]) -> Iterator[Line]:
    """∂L/∂w₁ = (y − t)x₁ with its numbers, for each of the names."""
    found = differentiated(work.problem, of)
    for x in wrt:
        formula = _gradient_in(found, x)
        name = found.slope(x).name
        value = work.values[name] if name in work.values else work.evaluate(formula, work.values)
        yield work.three_forms(work.names.node(name), formula, value)


def derived_again(work: Work, of: str, wrt: Sequence[str]) -> Iterator[Block]:
    """The lines of the second derivatives, those that they are worked from before them."""
    lines = lines_of_hessian(work.problem, of, wrt)
    second_ones = {*entries(of, wrt)}
    found = differentiated(work.problem, of)
    others = {line.name for line in found.lines} | {found.slope(x).name for x in wrt}
    first = [line for line in lines if line.name not in second_ones | others]
    if first:
        yield Paragraph(("How what stands in it changes with each name:",))
        yield Working(tuple(_line(work, line) for line in first))
    what = "Each of these formulas" if len(wrt) > 1 else "This formula"
    yield Paragraph((f"{what} is differentiated once more:",))
    yield Working(tuple(_line(work, line) for line in lines if line.name in second_ones))


def _line(work: Work, line: Equation) -> Line:
    return work.three_forms(work.names.node(line.name), line.rhs, work.values[line.name])


def hessian_matrix(work: Work, of: str, wrt: Sequence[str]) -> Matrix:
    """H with its numbers."""
    count = range(len(wrt))
    return Matrix(tuple(tuple(work.value(work.values[entry(of, wrt, i, j).name]) for j in count) for i in count))


def _curvature(work: Work, of: str, wrt: Sequence[str]) -> Iterator[str | Maths]:
    """What the second derivatives say of the shape of the quantity here."""
    values = [work.values[name] for name in entries(of, wrt)]
    if any(isinstance(value, Undefined) for value in values):
        yield "Not every second derivative exists here."
        return
    y = said_of(work, of)
    if len(wrt) == 1:
        bends = {1: "upwards, as at a minimum", -1: "downwards, as at a maximum", 0: ""}[_sign(values[0])]
        yield from (
            *capital(y),
            f" bends {bends}." if bends else " does not bend here, as far as second derivatives tell.",
        )
        return
    yield from ("The order of differentiating does not matter, so ", HESSIAN, " is symmetric.")
    if len(wrt) > 2:
        return
    a, det = values[0], work.evaluate(_determinant(of, wrt), work.values)
    yield from (" Its determinant is ", *_worked_out(work, _determinant(of, wrt)))
    if _sign(det) < 0:
        yield from (": in some directions ", *y, " bends upwards, in others downwards.")
    elif _sign(det) == 0:
        yield from (": there is a direction in which ", *y, " does not bend.")
    elif _sign(a) > 0:
        yield from (", and its diagonal is positive: ", *y, " bends upwards in every direction.")
    else:
        yield from (", and its diagonal is negative: ", *y, " bends downwards in every direction.")


def _sign(value: Value) -> int:
    return 0 if isinstance(value, Undefined) else (value > 0) - (value < 0)


def _worked_out(work: Work, formula: Expr) -> Text:
    value = work.evaluate(formula, work.values)
    shown = (work.numbers(formula), Operator(work.relation(value, work.shows_exactly(formula))), work.value(value))
    return (row(*shown),)


def _determinant(of: str, wrt: Sequence[str]) -> Expr:
    a, b, d = (entry(of, wrt, i, j) for i, j in ((0, 0), (0, 1), (1, 1)))
    return add(multiply(a, d), negate(power(b, Integer(2))))


# -- Newton's method ---------------------------------------------------------------------------------------------------

DET = worked("det", "H")


def lines_of_newton(problem: Problem, wrt: Sequence[str]) -> Lines:
    """The Hessian, its inverse and the step: w ← w − H⁻¹∇L."""
    loss = problem.loss
    found = differentiated(problem, loss)
    lines = [*lines_of_hessian(problem, loss, wrt)]
    slopes = [found.slope(w) for w in wrt]
    if len(wrt) == 1:
        step = divide(slopes[0], entry(loss, wrt, 0, 0))
        return (*lines, Equation(worked("newton", wrt[0]), add(symbol(wrt[0]), negate(step))))
    a, b, d = (entry(loss, wrt, i, j) for i, j in ((0, 0), (0, 1), (1, 1)))
    (first, last) = wrt
    lines += [
        Equation(DET, _determinant(loss, wrt)),
        Equation(worked("inverse", first, first), divide(d, DET)),
        Equation(worked("inverse", first, last), divide(negate(b), DET)),
        Equation(worked("inverse", last, last), divide(a, DET)),
    ]
    for w in wrt:
        rows = [worked("inverse", *(sorted((w, other), key=wrt.index))) for other in wrt]
        step = add(*(multiply(part, slope) for part, slope in zip(rows, slopes, strict=True)))
        lines.append(Equation(worked("newton", w), add(symbol(w), negate(step))))
    return tuple(lines)


def _newton_lines(question: Question, problem: Problem) -> Further:
    loss, wrt = _of(question, problem)
    if len(wrt) > MOST_OF_NEWTON:
        raise Mistake(
            f'ask = "newton" with {len(wrt)} names needs the inverse of a {len(wrt)}×{len(wrt)} matrix; say wrt, one '
            "name or two"
        )
    asked = [key_of(differentiated(problem, loss).slope(w).name) for w in wrt] + [
        key_of(name) for name in entries(loss, wrt)
    ]
    asked += [DET.name] * (len(wrt) > 1) + [worked("newton", w).name for w in wrt]
    return Further(lines_of_newton(problem, wrt), tuple(asked))


@works(_newton_lines)
def newton(
    work: Work,
    question: Question,
    *,
    wrt: Annotated[Names, options.names("the one or two names that change (every parameter without it)")] = (),
) -> Asked:
    """One step of Newton's method, w − H⁻¹∇L: the gradient, the Hessian and its inverse, and the new values."""
    loss, names = _of(question, work.problem)
    cells = [*(differentiated(work.problem, loss).slope(w).name for w in names), *entries(loss, names)]
    cells += [DET.name] * (len(names) > 1) + [worked("newton", w).name for w in names]
    values = [(work.names.node(name), work.values.get(name, Rational(0))) for name in cells]
    table = columns(("quantity", "value"), [((node,), value_of(work, value)) for node, value in values], blank={1})
    blocks: list[Block] = [
        *each_sample(work, loss, names),
        Paragraph(("The gradient:",)),
        Working(tuple(gradient_lines(work, loss, names))),
        *derived_again(work, loss, names),
    ]
    lines = {line.name: line for line in lines_of_newton(work.problem, names)}
    if len(names) > 1:
        blocks.append(Display(row(HESSIAN, EQUALS, hessian_matrix(work, loss, names))))
        if _sign(work.values[DET.name]) == 0:
            blocks.append(Working((_line(work, lines[DET.name]),)))
            blocks.append(Paragraph((HESSIAN, " has no inverse, so there is no step.")))
            return _asked_newton(work, names, table, blocks)
        how = "Its inverse: the diagonal changes places, the others change their sign, all over the determinant."
        blocks.append(Paragraph((how,)))
        blocks += inverted(work, names)
    elif _sign(work.values[cells[1]]) == 0:
        blocks.append(Paragraph(("The second derivative is 0, and nothing is divided by 0: there is no step.",)))
        return _asked_newton(work, names, table, blocks)
    quotient = "the gradient divided by the second derivative"
    what: Text = (INVERSE, " times the gradient") if len(names) > 1 else (quotient,)
    blocks += [
        Paragraph(("The step subtracts ", *what, ":")),
        Working(tuple(_line(work, lines[worked("newton", w).name]) for w in names)),
        *_afterwards(work, names),
    ]
    return _asked_newton(work, names, table, blocks)


def _asked_newton(work: Work, names: Sequence[str], table: Table, blocks: Sequence[Block]) -> Asked:
    loss = work.problem.loss
    what: Text = ("on ", *said_of(work, loss), ", ") if is_of_batch(work.problem, loss) else ()
    return Asked(
        ("Carry out one step of Newton's method ", *what, "in ", *listed(work, names), "."),
        (table, Answer(tuple(blocks), room(len(table.rows), 1.5), fades=True)),
    )


def inverted(work: Work, wrt: Sequence[str]) -> Iterator[Block]:
    """The determinant of H and its inverse."""
    line = next(line for line in work.problem.further if line.lhs == DET)
    yield Working((_line(work, line),))
    yield Display(_inverse(work, work.problem.loss, wrt))


def _inverse(work: Work, of: str, wrt: Sequence[str]) -> Maths:
    """H⁻¹ = 1/det H · (…) = the numbers."""
    a, b, d = (work.values[entry(of, wrt, i, j).name] for i, j in ((0, 0), (0, 1), (1, 1)))
    minus_b = work.value(exact.multiply(Rational(-1), b))  # type: ignore[arg-type]
    over = Over(Number("1"), work.value(work.values[DET.name]))
    turned = Matrix(((work.value(d), minus_b), (minus_b, work.value(a))))
    parts = [[work.values[worked("inverse", *sorted((x, y), key=wrt.index)).name] for y in wrt] for x in wrt]
    result = Matrix(tuple(tuple(work.value(value) for value in cells) for cells in parts))
    exactly = all(work.relation(value) == "=" for cells in parts for value in cells)
    return row(INVERSE, EQUALS, over, turned, Operator("=" if exactly else "≈"), result)


def _not_to_a_minimum(work: Work, wrt: Sequence[str]) -> Iterator[Block]:
    """Where H is not positive definite: that the step leads to no minimum of the quadratic that it is worked from."""
    first = entry(work.problem.loss, wrt, 0, 0).name
    ends = "the step leads to the {} of the quadratic that has this gradient and {}, not to a minimum."
    bends_up = _sign(work.values[first]) > 0
    if len(wrt) == 1:
        if not bends_up:
            said = ends.format("maximum", "second derivative")
            yield Paragraph((f"The second derivative is negative: {said}",))
    elif _sign(work.values[DET.name]) < 0:
        said = ends.format("saddle point", "this Hessian")
        yield Paragraph((HESSIAN, f" is not positive definite, for its determinant is negative: {said}"))
    elif not bends_up:
        why = (work.names.node(first), f" is negative: {ends.format('maximum', 'this Hessian')}")
        yield Paragraph((HESSIAN, " is not positive definite, for ", *why))


def _afterwards(work: Work, wrt: Sequence[str]) -> Iterator[Block]:
    """The loss at the new values beside that at the old, and whether it can be the lowest: of a quadratic it is."""
    problem, loss = work.problem, work.problem.loss
    new = {w: work.values[worked("newton", w).name] for w in wrt}
    if any(isinstance(value, Undefined) for value in new.values()):
        return
    yield from _not_to_a_minimum(work, wrt)
    start = {**problem.start, **{w: exact.as_fraction(value) for w, value in new.items() if w in problem.start}}  # type: ignore[arg-type]
    given = {**problem.given, **{w: exact.as_fraction(value) for w, value in new.items() if w in problem.given}}  # type: ignore[arg-type]
    moved = replace(problem, start=start, given=given, rules=(), further=())
    after, was = (_loss_of(work, at) for at in (moved, replace(problem, rules=(), further=())))
    said: Text = (
        *capital(said_of(work, loss)),
        " is now ",
        *value_of(work, after),
        "; it was ",
        *value_of(work, was),
        ".",
    )
    if is_quadratic(problem, wrt):
        second_ones = [work.values[name] for name in entries(loss, wrt)]
        up = _sign(second_ones[0]) > 0 and (len(wrt) == 1 or _sign(work.values[DET.name]) > 0)
        where = "the minimum" if up else "the place where the gradient is 0"
        said = (*said, " The second derivatives are the same everywhere, so one step leads to ", where, " itself.")
    yield Paragraph(said)


def _loss_of(work: Work, problem: Problem) -> Value:
    """The loss, of all samples where there are several."""
    solution = solve(problem, max(12, work.digits))
    if not is_of_batch(problem, problem.loss):
        return solution.forward[problem.loss]
    losses = [moment.forward[problem.loss] for moment in solution.moments]
    undefined = next((loss for loss in losses if isinstance(loss, Undefined)), None)
    if undefined is not None:
        return undefined
    whole = exact.add(*losses)  # type: ignore[arg-type]
    return exact.divide(whole, Rational(len(losses))) if problem.reduce == "mean" else whole


def is_quadratic(problem: Problem, wrt: Sequence[str]) -> bool:
    """Whether the second derivatives of the loss are the same wherever the parameters stand."""
    lines = lines_of_hessian(problem, problem.loss, wrt)
    every = (*differentiated(problem, problem.loss).equations, *lines)
    return not any(depends_on(every, symbol(name), wrt) for name in entries(problem.loss, wrt))
