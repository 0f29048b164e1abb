"""The first update as a table: a row a parameter, with its gradient, the numbers in the rule, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symnet.algebra.equations import names_in, partial
from symnet.algebra.optimizers import state_parts
from symnet.notation.line import Line
from symnet.notation.maths import Maths, Operator, row
from symnet.paper.document import Beside, Block, Inline, Table, Text, Working
from symnet.paper.set_width import set_width
from symnet.paper.widths import beside
from symnet.questions.pieces import between, name_of, value_of
from symnet.working.work import Work

ROOM = 81.0  # digits across a page
AROUND = 2.4  # … beside what stands in a cell
SHORT = 6  # rows; a table of more had better go on beside itself


def kinds_of(work: Work, names: Sequence[str]) -> tuple[str, ...]:
    """What is worked for each of the parameters, in order: ("",) by gradient descent, ("v", "") by momentum.

    Nothing where the rules of one differ from those of another, or belong to none.
    """
    found: dict[str, list[str]] = {name: [] for name in names}
    for rule in work.problem.rules:
        kind, of = state_parts(rule.name) or ("", rule.name)
        if of not in work.problem.start:
            return ()
        if of in found:
            found[of].append(kind)
    kinds = {tuple(of_one) for of_one in found.values()}
    return kinds.pop() if len(kinds) == 1 else ()


def update_table(work: Work, names: Sequence[str], lines: Sequence[Line]) -> tuple[Table, Text] | None:
    """The table, and the rule in words; None for one parameter alone, rules that differ, or where it does not fit.

    ``lines`` are the rules of these parameters, worked.
    """
    kinds = kinds_of(work, names)
    if len(names) < 2 or not kinds or kinds[-1]:
        return None
    wanted = {name: [line for rule, line in _paired(work, names, lines) if _of(rule) == name] for name in names}
    found = [_table(work, wanted, kinds, with_gradients) for with_gradients in (True, False)]
    fitting = [table for table in found if _fits(table)]
    if not fitting:
        return None
    # A tall table had rather stand beside itself than repeat the gradients, which stand in the working.
    both = [table for table in fitting if beside(table) > 1 or len(names) <= SHORT]
    return (both or fitting)[0], _rule(wanted[names[0]], len(names) > 1)


def _table(work: Work, wanted: Mapping[str, Sequence[Line]], kinds: Sequence[str], with_gradients: bool) -> Table:
    names = list(wanted)
    header: list[Text] = [("name",)]
    columns: list[list[Text]] = [[name_of(work, name) for name in names]]
    if with_gradients and (gradients := _gradients(work, names)):
        header.append(("gradient",))
        columns.append(gradients)
    for i, kind in enumerate(kinds[:-1]):
        header.append(name_of(work, kind))
        columns.append([(_with_value(wanted[name][i]),) for name in names])
    header += [("working",), ("new",)]
    columns += [[(_numbers(wanted[name][-1]),) for name in names], [(_value(wanted[name][-1]),) for name in names]]
    rows = tuple(zip(*columns, strict=True))
    blank = frozenset(range(1, len(header)))
    wide = frozenset(range(len(header) - len(kinds) - 1, len(header) - 1))
    return Table(tuple(header), rows, blank, wide=wide)


def _fits(table: Table) -> bool:
    columns = zip(table.header, *table.rows, strict=True)
    return sum(AROUND + max(map(_width, cells)) for cells in columns) <= ROOM


def update_parts(work: Work, names: Sequence[str], lines: Sequence[Line]) -> Block:
    """The rules worked, those of one parameter beside those of another where each has several."""
    kinds = kinds_of(work, names)
    if len(kinds) < 2 or len(names) < 2:
        return Working(tuple(lines))
    pairs = _paired(work, names, lines)
    return Beside(tuple((Working(tuple(line for rule, line in pairs if _of(rule) == name)),) for name in names))


def _paired(work: Work, names: Sequence[str], lines: Sequence[Line]) -> list[tuple[str, Line]]:
    rules = [rule.name for rule in work.problem.rules if _of(rule.name) in names]
    return list(zip(rules, lines, strict=True))


def _of(rule: str) -> str:
    """The parameter that a rule belongs to."""
    return (state_parts(rule) or ("", rule))[1]


def _gradients(work: Work, names: Sequence[str]) -> list[Text]:
    """The gradients that the rules use; nothing where they use none."""
    used = {name.name for rule in work.problem.rules for name in names_in(rule.rhs)}
    keys = [partial(work.problem.loss, name).name for name in names]
    first = work.solution.first_update
    if first is None or not all(key in used and key in first.gradients for key in keys):
        return []
    return [value_of(work, first.gradients[key]) for key in keys]


def _rule(lines: Sequence[Line], others: bool) -> Text:
    """By the rule w₁₃ ← w₁₃ − η · ∂L/∂w₁₃, and so on."""
    rules: list[Inline] = []
    for line in lines:
        relation, symbols = line.steps[0]
        rules.append(row(*([line.lhs] if line.lhs is not None else []), Operator(relation), symbols))
    words = f"By the rule{'s' * (len(rules) > 1)} "
    return (words, *between(rules, ", "), ", and so on." if others else ".")


def _numbers(line: Line) -> Maths:
    """The numbers in the rule; the value itself where nothing is to be worked."""
    return line.steps[-2][1] if len(line.steps) > 2 else line.steps[-1][1]


def _value(line: Line) -> Maths:
    return line.steps[-1][1]


def _with_value(line: Line) -> Maths:
    """0.9 · 0 + 20 = 20"""
    if len(line.steps) < 3:
        return _value(line)
    (_, numbers), (relation, value) = line.steps[-2:]
    return row(numbers, Operator(relation), value)


def _width(cell: Text) -> float:
    return sum(len(part) if isinstance(part, str) else set_width(part) for part in cell)
