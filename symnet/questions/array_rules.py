"""How the gradient passes through equations of arrays, in the key: a rule for each array, and what its windows mean.

Of a convolution the rule of the picture is said with the kernel turned, of a softmax with its slopes,
of a pool in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from symnet.algebra.equations import Equation, Expr, Index, add, multiply, names_in, negate, partial, symbol
from symnet.algebra.indices import LETTERS, At, First, Inside, Same
from symnet.algebra.matrices import softmax
from symnet.algebra.rows_of import masked_softmax
from symnet.algebra.stopping import passes, stop_gradient
from symnet.algebra.windows import conv, max_pool, mean_pool
from symnet.notation.equations import EquationTypesetter
from symnet.notation.line import Line
from symnet.notation.maths import COMMA, EQUALS, InRows, Maths, Operator, Script, Word, holds, row
from symnet.notation.matrices import ENTRYWISE, ONES
from symnet.paper.breaking import on_one_line, width
from symnet.paper.document import Block, Display, Paragraph, Table, Text, Working
from symnet.questions.array_grids import displays
from symnet.questions.shared import in_line
from symnet.working.array_lines import Labelled
from symnet.working.array_rules import ArrayRules
from symnet.working.arrays import mapped, shape_of
from symnet.working.layer_rules import ROUND_A_CONDITION, slope
from symnet.working.normalised import Normalised, name_of, normalised, short_form
from symnet.working.work import Work

WIDEST_IN_TABLE = 55.0  # letters of a rule in the table
FEW_ROWS = 2  # of rules side by side
WIDEST = 160.0  # of one that still says more than the entry that is worked out; one that goes back in time always does
_SUMMED = " What works at every step gets the sum over all of them."
THROUGH_TIME = f"The gradient of a step needs that of the step after it, 0 after the last.{_SUMMED}"
TRUNCATED = (
    "The gradient of a step needs that of the step after it; after the last one it is 0, and where it is stopped it "
    f"counts as 0.{_SUMMED} What is left out there is what the state does to the loss through all later steps. "
    "So these are not the gradients of the loss but a part of them, for which no more steps at a time have to be kept."
)


def rules_of_arrays(work: Work, names: Sequence[str]) -> list[Block]:
    """The rules that the gradients of these arrays and numbers need; nothing where a sheet leaves blanks."""
    return rules_with_values(work, names, ())[0]


def rules_with_values(
    work: Work, names: Sequence[str], arrays: Sequence[Labelled]
) -> tuple[list[Block], list[Labelled]]:
    """The rules, and those of the ``arrays`` of gradients whose numbers do not stand in them.

    Where rules stand side by side, a vector stands behind its own: z̄ = p − t = [0.1 −0.1].
    """
    if work.is_faded or not work.problem.whole:
        return [], [*arrays]
    rules = _Rules(work, names, arrays)
    return _in_one_paragraph(rules.blocks()), [one for one in arrays if one not in rules.told]


def _in_one_paragraph(blocks: Iterable[Block]) -> list[Block]:
    """The same with what is said in several sentences together, but for what announces a formula."""
    found: list[Block] = []
    for block in blocks:
        before = found[-1] if found else None
        if isinstance(block, Paragraph) and isinstance(before, Paragraph) and not _announces(before, block):
            found[-1] = Paragraph((*before.text, " ", *block.text))
        else:
            found.append(block)
    return found


def _announces(*paragraphs: Paragraph) -> bool:
    lasts = [paragraph.text[-1] for paragraph in paragraphs]
    return any(isinstance(last, str) and last.endswith(":") for last in lasts)


class _Rules:
    """The rules of some gradients; once they are printed, ``told`` are the arrays whose numbers stand in them."""

    def __init__(self, work: Work, names: Sequence[str], arrays: Sequence[Labelled]) -> None:
        self.work = work
        self.told: list[Labelled] = []
        self._vectors = [one for one in arrays if isinstance(one[2], InRows) and len(one[2].rows) == 1]
        rules = ArrayRules(work)
        found = rules.equations(names)
        self.reached = {e.name for e in found}
        self.together = [one for one in normalised(work.problem.whole) if _is_whole(work, one, self.reached)]
        apart = {partial(work.problem.loss, name.name).name for one in self.together for name in one.inner}
        told = [e for e in found if not _is_of_windows(e) and e.name not in apart]
        self.back = _back_in_time(found)
        self.pairs = [
            (e, line)
            for e, line in zip(told, rules.lines(told), strict=True)
            if _width(line) <= WIDEST or e.name in self.back
        ]

    def blocks(self) -> Iterator[Block]:
        work = self.work
        short = [(e, line) for e, line in self.pairs if _width(line) <= WIDEST_IN_TABLE]
        if self.pairs:
            loss = work.names.node(work.problem.loss)
            yield Paragraph(("The rules, where a bar marks the gradient of ", loss, *self._signs(), ":"))
        listed = self._listed(short)
        yield from listed
        if len(short) < len(self.pairs):
            if listed and isinstance(listed[-1], Table):
                yield Paragraph(("Those that are too long for the table:",))
            yield Working(tuple(in_line(replace(line, why="")) for e, line in self.pairs if (e, line) not in short))
        if any(e.rhs.has(Inside, Same, passes) for e, _ in self.pairs):
            yield Paragraph((ROUND_A_CONDITION,))
        if self.back:
            stopped = any(equation.rhs.has(stop_gradient) for equation in work.problem.whole)
            yield Paragraph((TRUNCATED if stopped else THROUGH_TIME,))
        for equation in work.problem.whole:
            yield from _reasons(work, equation, self.reached)
        for one in self.together:
            yield from _put_together(work, one)

    def _signs(self) -> Text:
        """What the signs of matrices mean that stand in the rules."""
        meaning = ((ENTRYWISE, " multiplies entry by entry"), (ONES, " is a column of ones"))
        used = [(sign, says) for sign, says in meaning if any(holds(line.steps, sign) for _, line in self.pairs)]
        return tuple(
            part
            for i, (sign, says) in enumerate(used)
            for part in (" and " if i == len(used) - 1 else ", ", sign, says)
        )

    def _listed(self, rules: Sequence[tuple[Equation, Line]]) -> list[Block]:
        """In a table, or side by side where they are few and no shape comes from those of a product."""
        lines = [line for _, line in rules]
        if len([*_side_by_side(lines)]) <= FEW_ROWS and not any(EQUALS.sign in line.why for line in lines):
            return [*_side_by_side([self._with_value(e, line) for e, line in rules])]
        rows = tuple(((line.lhs,), (line.steps[0][1],), (line.why,)) for line in lines if line.lhs is not None)
        return [Table((("gradient",), ("rule",), ("shape",)), rows)]

    def _with_value(self, rule: Equation, line: Line) -> Line:
        name = on_one_line(self.work.names.node(rule.name))
        own = next((one for one in self._vectors if on_one_line(one[0]) == name), None)
        setter = EquationTypesetter(self.work.names, self.work.problem.whole, by_entries=True)
        if own is None or not setter.is_of_arrays(rule):  # a rule with indices is that of an entry
            return line
        self.told.append(own)
        return replace(line, steps=(*line.steps, own[1:]))


def _side_by_side(lines: Sequence[Line]) -> Iterator[Display]:
    def right(line: Line) -> Maths:
        (_, first), *others = line.steps
        return row(first, *(part for relation, node in others for part in (Operator(relation), node)))

    yield from displays([(on_one_line(line.lhs), line.steps[0][0], right(line)) for line in lines if line.lhs])


def _width(line: Line) -> float:
    return sum(width(node) for _, node in line.steps)


def _back_in_time(found: Sequence[Equation]) -> set[str]:
    """The gradients that are made of themselves one step later, or of what comes from those."""
    place = {equation.lhs: i for i, equation in enumerate(found)}
    return {e.name for i, e in enumerate(found) if any(place.get(name, -1) >= i for name in names_in(e.rhs))}


def _is_of_windows(equation: Equation) -> bool:
    """Whether the rule is one of a pool or of a stride, which words say better than its conditions."""
    return equation.rhs.has(First) or len(equation.rhs.atoms(Inside)) > 1


def _reasons(work: Work, equation: Equation, reached: set[str]) -> Iterator[Block]:
    """What is to be said of how the gradient passes through an equation of the file, to names that are ``reached``."""
    output = work.names.node(equation.name)
    for part in sorted(equation.rhs.atoms(conv, max_pool, mean_pool, softmax, masked_softmax), key=str):
        below = part.args[0]
        if not any(partial(work.problem.loss, name.name).name in reached for name in names_in(below)):
            continue
        if isinstance(part, conv):
            yield from _turned(work, equation, *part.args)
        elif isinstance(part, max_pool):
            words = "The largest number of a window, the first of equal ones, gets the whole gradient of "
            yield Paragraph((words, output, "; the others get 0."))
        elif isinstance(part, mean_pool):
            share = f"Each number of a window gets 1/{int(part.args[1]) ** 2} of the gradient of "
            yield Paragraph((share, output, "."))
        elif part == equation.rhs and below.is_Symbol and partial(work.problem.loss, equation.name).name in reached:
            yield from _slopes_of_softmax(work, equation, below)


def _turned(
    work: Work, equation: Equation, picture: Expr, kernel: Expr, stride: Expr, padding: Expr, *_: Expr
) -> Iterator[Block]:
    """The kernel read from its last number to its first; said of one picture and one kernel that moves by 1."""
    names = work.problem.arrays.get(kernel.name) if kernel.is_Symbol and picture.is_Symbol else None
    if names is None or len(shape_of(names)) != 2 or stride != 1:
        return
    turned = tuple(tuple(reversed(line)) for line in reversed(names))
    numbers = mapped(lambda name: work.value(work.values[name], name), turned)
    rows, columns = (length - 1 - int(padding) for length in shape_of(names))
    border = f"{rows}" if rows == columns else f"{rows} high and {columns}"
    node = work.names.node
    gradient = Word(" turned")
    yield Paragraph(
        (
            *("In the rule of ", node(picture.name), " the indices of ", node(kernel.name), " run backwards. So the "),
            *("gradient of ", node(picture.name), " is that of ", node(equation.name), ", in a border of "),
            *(f"zeros {border} wide, convolved with ", node(kernel.name), " turned by half a turn:"),
        )
    )
    yield Display(row(Script(node(kernel.name), sub=gradient), EQUALS, InRows(numbers)))


def _is_whole(work: Work, one: Normalised, reached: set[str]) -> bool:
    """Whether the gradient of what is normalised is needed, and has no path but the three."""
    return partial(work.problem.loss, one.x.name).name in reached and one.is_only_path(work.problem.whole)


def _put_together(work: Work, one: Normalised) -> Iterator[Block]:
    """The three paths through a normalisation, and the short form that they come to."""
    node = work.names.node
    x, m, s, n = (node(name_of(part).name) for part in (one.x, one.mean, one.variance, one.output))
    setter = EquationTypesetter(work.names, work.problem.whole, by_entries=True)
    root = setter.body(one.root, one.own)
    yield Paragraph(
        (
            *(x, " reaches ", node(work.problem.loss), " along three paths: straight, through ", s, " and through "),
            *(
                m,
                ". The deviations ",
                x,
                " − ",
                m,
                " sum to 0 and are ",
                root,
                " times ",
                n,
                ". Put together:",
            ),
        )
    )
    *inner, whole = map(in_line, short_form(one, symbol(work.problem.loss), setter))
    if len([*_side_by_side(inner)]) == 1:
        # A line of working, not a formula that stays with the next: a page may end after it.
        inner = [_in_one_line(*inner)]
    yield Working(tuple(inner))
    yield Working((whole,))  # on its own: high fractions that all stay on one page leave much of another empty


def _in_one_line(first: Line, second: Line) -> Line:
    *before, (relation, last) = first.steps
    ((_, other),) = second.steps
    rest = (COMMA, Word("  "), second.lhs, EQUALS, other) if second.lhs is not None else ()
    return replace(first, steps=(*before, (relation, row(last, *rest))))


def _slopes_of_softmax(work: Work, equation: Equation, logits: Expr) -> Iterator[Block]:
    """∂A_ij/∂S_ik = A_ik ([j = k] − A_ij), once for all rows."""
    setter = EquationTypesetter(work.names, work.problem.whole, by_entries=True)
    own = setter.entry_form(equation)[0]
    taken = {index.name for index in own} | set(work.network.names)
    *before, j = own
    k = Index(next(letter for letter in LETTERS if letter not in taken), j.length)
    formula = multiply(At(equation.lhs, *before, k), add(Same(j, k), negate(At(equation.lhs, *before, j))))
    of, wrt = setter.entry(equation.lhs, own), setter.entry(logits, (*before, k))
    what = "each row of " if before else ""
    yield Paragraph(
        (f"The slopes of {what}the softmax: ", row(slope(of, wrt), EQUALS, setter.body(formula, (*own, k))), ".")
    )
