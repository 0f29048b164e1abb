"""Which learning rates gradient descent bears on a quadratic: the curvature λ, the factor 1 − ηλ, the rate 2/λ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated

from sympy import Integer

from symnet.algebra import functions, optimizers
from symnet.algebra.equations import ONE, Equation, Expr, add, divide, multiply, negate, power, symbol
from symnet.algebra.further import worked
from symnet.algebra.mistakes import Mistake
from symnet.algebra.optimizers import LEARNING_RATE
from symnet.algebra.second_order import Lines
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.notation.further import HESSIAN, LAMBDA
from symnet.notation.line import Line
from symnet.notation.maths import EQUALS, MINUS, Brackets, Maths, Number, Operator, Script, Word, row
from symnet.paper.document import Answer, Block, Display, Paragraph, Table, Text, Working
from symnet.questions import options
from symnet.questions.further import Further, works
from symnet.questions.loss_of_batch import capital, differentiated, said_of
from symnet.questions.options import Names
from symnet.questions.pieces import Asked, Question, columns, listed, room, value_of
from symnet.questions.second_order import (
    derived_again,
    each_sample,
    entry,
    gradient_lines,
    hessian_matrix,
    inverted,
    is_quadratic,
    lines_of_hessian,
    lines_of_newton,
)
from symnet.working.problem import Problem, rules_of
from symnet.working.quantities import key_of
from symnet.working.solution import solve
from symnet.working.work import Work

MOST = 2  # parameters: the eigenvalues of a larger matrix are no exercise in learning
STEPS = 4  # that the claim is checked with
TWO = Integer(2)


def _wrt(question: Question, problem: Problem) -> tuple[str, ...]:
    """The parameters that it is about; raises Mistake where the question has no answer."""
    wrt = question.wrt or tuple(problem.start)
    says = 'ask = "stability"'
    if not problem.has_loss or not wrt:
        raise Mistake(f"{says} is about gradient descent on a loss; the file needs parameters and a loss")
    if problem.learning_rate is None:
        raise Mistake(f"{says} needs a learning_rate at the top of the file, whose effect is asked")
    if len(wrt) > MOST:
        raise Mistake(f"{says} with {len(wrt)} parameters needs the eigenvalues of a large matrix; say wrt, one or two")
    if problem.online and len(problem.examples) > 1:
        raise Mistake(f'{says} is about one loss, and online each sample has its own; leave out mode = "online"')
    if not is_quadratic(problem, wrt):
        raise Mistake(
            f"{says}: the second derivatives of {problem.loss} change with {', '.join(wrt)}, so it is no quadratic and "
            'has no one stable rate; ask = "hessian" gives its curvature at a point'
        )
    return wrt


def _which(wrt: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The ends of the names eigenvalue(max), factor(max) …; one parameter has one of each."""
    return ((),) if len(wrt) == 1 else (("max",), ("min",))


def _eigenvalues(problem: Problem, wrt: Sequence[str]) -> Iterator[Equation]:
    if len(wrt) == 1:
        yield Equation(worked("eigenvalue"), entry(problem.loss, wrt, 0, 0))
        return
    a, b, d = (entry(problem.loss, wrt, i, j) for i, j in ((0, 0), (0, 1), (1, 1)))
    mixed = next(line.rhs for line in lines_of_hessian(problem, problem.loss, wrt) if line.lhs == b)
    half = divide(add(a, d), TWO)
    root = functions.sqrt(add(power(divide(add(a, negate(d)), TWO), TWO), power(b, TWO)))
    for which in ("max", "min"):
        if mixed == 0:  # the parameters do not meet in the loss
            yield Equation(worked("eigenvalue", which), getattr(functions, which)(a, d))
        else:
            yield Equation(worked("eigenvalue", which), add(half, root if which == "max" else negate(root)))


def lines_of_stability(problem: Problem, wrt: Sequence[str]) -> Lines:
    """The Hessian, its eigenvalues λ, the factors 1 − ηλ, the largest stable rate 2/λ, and where the minimum is."""
    lines = [*lines_of_newton(problem, wrt), *_eigenvalues(problem, wrt)]
    for which in _which(wrt):
        eigenvalue = worked("eigenvalue", *which)
        lines.append(Equation(worked("factor", *which), add(ONE, negate(multiply(LEARNING_RATE, eigenvalue)))))
    lines.append(Equation(worked("rate", "max"), divide(TWO, worked("eigenvalue", *_which(wrt)[0]))))
    return tuple(lines)


def _asked(wrt: Sequence[str]) -> list[str]:
    kinds = ("eigenvalue", "factor")
    return [*(worked(kind, *which).name for kind in kinds for which in _which(wrt)), worked("rate", "max").name]


def _stability_lines(question: Question, problem: Problem) -> Further:
    wrt = _wrt(question, problem)
    return Further(lines_of_stability(problem, wrt), tuple(map(key_of, _asked(wrt))))


@works(_stability_lines)
def stability(
    work: Work,
    question: Question,
    *,
    wrt: Annotated[
        Names, options.names("the one or two parameters that change (every parameter without it)", (), "parameters")
    ] = (),
) -> Asked:
    """What the learning rate does on a quadratic loss: curvature λ, factor 1 − ηλ, the largest stable rate 2/λ."""
    names = _wrt(question, work.problem)
    rows = [((work.names.node(name),), value_of(work, work.values[name])) for name in _asked(names)]
    blocks = tuple(_answer(work, names))
    rate: Maths = row(work.names.rate, EQUALS, work.value(work.problem.learning_rate, LEARNING_RATE.name))  # type: ignore[arg-type]
    what = "the curvature" if len(names) == 1 else "the largest and the smallest curvature"
    return Asked(
        (
            *("Gradient descent with ", rate, " on ", *said_of(work, work.problem.loss), ", in "),
            *listed(work, names),
            f": give {what}, what a step multiplies the distance to the minimum by, and the largest stable learning "
            "rate. Does it converge?",
        ),
        (columns(("quantity", "value"), rows, blank={1}), Answer(blocks, room(len(rows), 2), fades=True)),
    )


def _answer(work: Work, wrt: Sequence[str]) -> Iterator[Block]:
    problem, loss = work.problem, work.problem.loss
    lines = {line.name: line for line in lines_of_stability(problem, wrt)}

    def worked_lines(*names: str) -> Working:
        return Working(tuple(_line(work, lines[name]) for name in names))

    yield from each_sample(work, loss, wrt)
    yield Working(tuple(gradient_lines(work, loss, wrt)))
    yield from derived_again(work, loss, wrt)
    eigen = [worked("eigenvalue", *which).name for which in _which(wrt)]
    if len(wrt) > 1:
        yield Display(row(HESSIAN, EQUALS, hessian_matrix(work, loss, wrt)))
        yield Paragraph(("The curvatures are the eigenvalues of ", HESSIAN, ":"))
    else:
        yield Paragraph(("This is the curvature, the same everywhere:",))
    yield worked_lines(*eigen)
    largest, smallest = work.values[eigen[0]], work.values[eigen[-1]]
    if isinstance(smallest, Undefined) or isinstance(largest, Undefined):
        return
    if not smallest > 0:
        y = capital(said_of(work, loss))
        yield Paragraph(
            (*y, " has no lowest point, since not every curvature is positive: no learning rate is stable.")
        )
        yield Working(tuple(_factor(_line(work, lines[worked("factor", *which).name])) for which in _which(wrt)))
        return
    steps = [worked("newton", w).name for w in wrt]
    yield Paragraph(("The lowest point, where the gradient is 0, is a Newton step away:",))
    if len(wrt) > 1:
        yield from inverted(work, wrt)
    if len(wrt) > 1:
        lowest = [replace(_line(work, lines[name]), lhs=_lowest(work, w)) for name, w in zip(steps, wrt, strict=True)]
    else:
        formula = add(symbol(wrt[0]), negate(divide(differentiated(problem, loss).slope(wrt[0]), worked("eigenvalue"))))
        lowest = [work.three_forms(_lowest(work, wrt[0]), formula, work.values[steps[0]])]
    yield Working(tuple(lowest))
    yield from _why(work, wrt)
    yield Working(tuple(_factor(_line(work, lines[worked("factor", *which).name])) for which in _which(wrt)))
    yield Paragraph(("The distance shrinks as long as this is between −1 and 1: for ", *_below(work, wrt), "."))
    yield worked_lines(worked("rate", "max").name)
    yield Paragraph(tuple(_verdict(work, wrt)))
    yield from _iterates(work, wrt)


def _line(work: Work, line: Equation) -> Line:
    return work.three_forms(work.names.node(line.name), line.rhs, work.values[line.name])


def _factor(line: Line) -> Line:
    """1 − ηλ = 1 − 0.3·4 = −0.2: its name is its formula already."""
    return replace(line, steps=(("=", line.steps[1][1]), *line.steps[2:]) if len(line.steps) > 2 else line.steps[1:])


def _lowest(work: Work, w: str) -> Maths:
    """w with a star: the parameter at the minimum."""
    node = work.names.node(w)
    if isinstance(node, Script) and node.sup is None:
        return Script(node.base, node.sub, Word("*"))
    return Script(Brackets(node) if isinstance(node, Script) else node, sup=Word("*"))


def _why(work: Work, wrt: Sequence[str]) -> Iterator[Block]:
    """w − ηλ(w − w*) − w* = (1 − ηλ)(w − w*)."""
    rate = work.names.rate
    if len(wrt) == 1:
        w, low = work.names.node(wrt[0]), _lowest(work, wrt[0])
        apart = Brackets(row(w, MINUS, low))
        slope = differentiated(work.problem, work.problem.loss).slope(wrt[0])
        gradient = row(work.names.node(slope.name), EQUALS, LAMBDA, apart)
        factor = Brackets(row(Number("1"), MINUS, rate, LAMBDA))
        yield Paragraph(("Since ", gradient, ", a step makes of the distance to it"))
        yield Display(row(w, MINUS, rate, LAMBDA, apart, MINUS, low, EQUALS, factor, apart))
        yield Paragraph(("so every step multiplies it by",), of_formula=True)
        return
    yield Paragraph(
        (
            "In the direction of each eigenvector of ", HESSIAN, " the gradient is ", LAMBDA, " times the distance to "
            "it, so a step multiplies the distance in that direction by ",
            Brackets(row(Number("1"), MINUS, rate, LAMBDA)), ":",
        )
    )  # fmt: skip


def _below(work: Work, wrt: Sequence[str]) -> Text:
    largest = work.names.node(worked("eigenvalue", *_which(wrt)[0]).name)
    return (row(Number("0"), Operator("<"), work.names.rate, Operator("<"), Number("2"), Word("/"), largest),)


def _verdict(work: Work, wrt: Sequence[str]) -> Iterator[str | Maths]:
    """Whether this rate converges, and how."""
    rate = work.problem.learning_rate
    most: Value = work.values[worked("rate", "max").name]
    factors: list[Value] = [work.values[worked("factor", *which).name] for which in _which(wrt)]
    assert rate is not None
    shown = row(work.names.rate, EQUALS, work.value(rate, LEARNING_RATE.name))
    relation = "below" if rate < most else "above" if rate > most else "just"  # type: ignore[operator]
    yield from (shown, f" is {relation} it: ", *_moves(factors), ".")


def _moves(factors: Sequence[Value]) -> Iterator[str]:
    known = [exact.as_fraction(factor) for factor in factors if not isinstance(factor, Undefined)]
    worst = max(abs(factor) for factor in known)
    if worst > 1:
        yield "gradient descent diverges, to and fro across the minimum and ever further away"
    elif worst == 1:
        yield "gradient descent neither converges nor diverges, and goes to and fro across the minimum for ever"
    elif any(factor < 0 for factor in known):
        yield "gradient descent converges"
        where = "" if len(factors) == 1 else " in the direction of a negative factor"
        yield f", and oscillates around the minimum{where}"
    elif worst == 0:
        yield "a single step reaches the minimum"
    else:
        yield "gradient descent converges, from one side without passing the minimum"


# -- the first iterates ------------------------------------------------------------------------------------------------


def _iterates(work: Work, wrt: Sequence[str]) -> Iterator[Block]:
    """The first steps of gradient descent, and that each multiplies the distances by their factors."""
    problem = work.problem
    rules = [rule for rule in rules_of(optimizers.sgd(), problem.network, problem.loss)[0] if rule.name in wrt]
    plain = replace(
        problem, rules=tuple(rules), state={}, updates=STEPS, made=0, online=False, sequential=False, further=()
    )
    solution = solve(plain, max(12, work.digits), history=True)
    places = [*(moment.parameters for moment in solution.history), solution.updated]
    directions = [*_directions(work, wrt)]
    header: list[Text] = [("step",), *((work.names.node(w),) for w in wrt)]
    header += [_heading(work, formula, wrt, i) for i, formula in enumerate(directions)]
    rows = []
    for k, at in enumerate(places):
        values = {**work.values, **at}
        cells = [value_of(work, at[w], "") for w in wrt]
        rows.append(((str(k),), *cells, *(value_of(work, work.evaluate(formula, values)) for formula in directions)))
    words = "its factor" if len(directions) > 1 else "the factor"
    yield Paragraph((f"The first steps show it: from row to row, each distance is multiplied by {words}.",))
    yield Table(tuple(header), tuple(rows))


def _directions(work: Work, wrt: Sequence[str]) -> Iterator[Expr]:
    """The distance to the minimum in the direction of each eigenvector, b(w₁ − w₁*) + (λ − a)(w₂ − w₂*)."""
    apart = [add(symbol(w), negate(worked("newton", w))) for w in wrt]
    if len(wrt) == 1:
        yield apart[0]
        return
    a, b, d = (entry(work.problem.loss, wrt, i, j) for i, j in ((0, 0), (0, 1), (1, 1)))
    if work.values[b.name] == 0:
        larger = 0 if work.values[a.name] >= work.values[d.name] else 1  # type: ignore[operator]
        yield from (apart[larger], apart[1 - larger])
        return
    for which in ("max", "min"):
        yield add(multiply(b, apart[0]), multiply(add(worked("eigenvalue", which), negate(a)), apart[1]))


def _heading(work: Work, formula: Expr, wrt: Sequence[str], i: int) -> Text:
    if len(wrt) == 1:
        return (row(work.names.node(wrt[0]), MINUS, _lowest(work, wrt[0])),)
    return ("distance, direction of ", Script(LAMBDA, sub=Word(("max", "min")[i])))
