"""Find the mistake: a line as some text prints it, and the right line, derived."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated

from symnet.algebra.equations import Expr, names_in, partial, symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import needed
from symnet.algebra.parsing import parse
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.computing.program import Program, identifier
from symnet.notation.line import Line
from symnet.notation.maths import EQUALS, Maths, row
from symnet.notation.typesetter import given_number, number
from symnet.paper.document import Answer, Beside, Block, Paragraph, Working
from symnet.questions import options
from symnet.questions.options import Names
from symnet.questions.pieces import Asked, Question, commas, derived
from symnet.questions.prose import Vocabulary
from symnet.working.derivation import Derivation
from symnet.working.work import Work

_NUDGE = Fraction(1, 1000)


def mistake(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("the equation that the line is about")] = (),
    wrt: Annotated[Names, options.names("of a derivative: the name with respect to which")] = (),
    wrong: Annotated[str, options.words("the formula as it is printed, with its mistake")] = "",
    why: Annotated[str, options.words("a sentence for the key on what is wrong", for_the_key=True)] = "",
    style: Annotated[str, options.style()] = "",
) -> Asked:
    """A wrong formula for ``of``, or for d``of``/d``wrt``: what it gives, the right line, and a sentence why."""
    if len(of) != 1 or len(wrt) > 1 or not wrong:
        raise Mistake('question ask = "mistake" needs of (and wrt, for a derivative) and wrong, the formula as printed')
    y, x = of[0], wrt[0] if wrt else ""
    if y not in work.network.by_name:
        raise Mistake(f'question ask = "mistake": {y} is not an equation')
    try:
        formula = parse(wrong, work.network.names)
    except Mistake as error:
        raise Mistake(f'question ask = "mistake": wrong: {error}') from None
    lhs = work.names.node(partial(y, x).name if x else y)
    derivation = Derivation(work, y)
    right = derivation.total(x) if x else work.values[y]
    printed = work.evaluate(formula, work.values)
    if printed == right:
        raise Mistake(f'question ask = "mistake": {wrong} gives the right number here; choose other numbers')
    answer: list[Block] = [*Vocabulary(work.problem, work.names.chosen, work.names).blocks(why, "why")]
    as_printed = (Paragraph(("The line as printed:",)), Working((work.three_forms(lhs, formula, printed),)))
    right_line: list[Block] = [Paragraph(("The right line:",))]
    if x:
        right_line += derived(derivation.gradient(x, style))
    else:
        right_line.append(Working((work.three_forms(lhs, work.network.by_name[y].rhs, right),)))
    answer.append(Beside((as_printed, tuple(right_line))))
    if x:
        answer.append(Paragraph(tuple(_nudged(work, y, x))))
    printed_line = Working((Line(lhs, (("=", work.symbols(formula)),)),))
    blocks = (Paragraph(("A text prints:",)), printed_line, *_setting(work, y, formula), Answer(tuple(answer), 4))
    return Asked(("What is wrong with this line? Give the right one, and both values.",), blocks)


def _setting(work: Work, of: str, wrong: Expr) -> Iterator[Block]:
    """The equations that lead to the name, with what is given for them."""
    equations = needed(work.network.equations, [symbol(of), *names_in(wrong)])
    used = {name.name for equation in equations for name in names_in(equation.rhs)}
    given = {**work.problem.examples[0], **work.problem.start}
    values = [row(work.names.node(name), EQUALS, given_number(given[name])) for name in given if name in used]
    yield Paragraph(("Here ", *commas(values), " and"))
    yield Working(tuple(Line(work.names.node(e.name), (("=", work.symbols(e.rhs)),)) for e in equations))


def _nudged(work: Work, of: str, wrt: str) -> Iterator[str | Maths]:
    """What a nudge up and one down say, computed without any derivative."""
    up, down = (_quotient(work, of, wrt, h) for h in (_NUDGE, -_NUDGE))
    x = work.names.node(wrt)
    yield from ("A nudge of ", x, " by ", number(_NUDGE, 6), " changes ", work.names.node(of), " at the rate ")
    yield from (work.value(up), ", one by ", number(-_NUDGE, 6), " at the rate ", work.value(down), ".")


def _quotient(work: Work, of: str, wrt: str, h: Fraction) -> Value:
    start = {**work.problem.examples[0], **work.problem.start}
    if wrt not in start:
        raise Mistake(f'question ask = "mistake": wrt must be a given name or a parameter, not {wrt}')
    values: list[Value] = []
    with exact.digits_carried(60):
        for at in (start, {**start, wrt: start[wrt] + h}):
            frame = {identifier(name): value for name, value in at.items()}
            Program(needed(work.network.equations, [symbol(of)])).run(frame, undefined_allowed=True)
            values.append(frame[identifier(of)])
        here, there = values
        if isinstance(here, Undefined) or isinstance(there, Undefined):
            return here if isinstance(here, Undefined) else there
        return exact.divide(exact.add(there, exact.multiply(Fraction(-1), here)), h)
