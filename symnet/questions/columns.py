"""The columns of a table with a row for each update, as perceptron, Adaline, momentum and Adam exercises print it.

A column is a key: the name of a given number, an equation, a parameter, of what is remembered or named in between;
``grad(w)``, ``change(w)``; or a formula of the exercise's names, such as "t - y", which goes by the key ``(t - y)``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symnet.algebra.equations import Equation, Expr, names_in, partial, partial_parts, symbol
from symnet.algebra.further import formula_in, worked_formula
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.optimizers import state_parts
from symnet.algebra.parsing import is_name, parse
from symnet.notation.maths import Letter, Maths, Word, row
from symnet.notation.names import Names
from symnet.notation.typesetter import Typesetter
from symnet.paper.document import Text
from symnet.questions.further import Further
from symnet.questions.pieces import Question
from symnet.toml_tables import closed_up
from symnet.working.arrays import entries, part
from symnet.working.problem import Problem
from symnet.working.quantities import changes
from symnet.working.rows import is_batch
from symnet.working.work import Work

MOST = 40  # columns
FEW = 4  # parameters whose columns are shown where those of all would be more than that
MOST_EQUATIONS = 6  # of which all have a column unless the author says which; of more, the loss


@dataclass(frozen=True)
class Column:
    """``expr`` is that of a column which is a formula.  ``given`` ones are filled in on the student's sheet."""

    key: str
    given: bool = False
    expr: Expr | None = None

    @property
    def is_asked(self) -> bool:
        """Whether its cells are asked for."""
        return not self.given


def columns_of(problem: Problem, keys: Sequence[str] = ()) -> tuple[Column, ...]:
    """The columns of those keys, as ``read_columns`` gives them; without any the usual ones."""
    known = _known(problem)
    given = {name.name for name in problem.network.inputs}
    return tuple(
        Column(key, key in given) if key in known else Column(worked_formula(key).name, False, _formula(key, problem))
        for key in keys or _usual(problem)
    )


def formulas_of(question: Question, problem: Problem) -> Further:
    """The columns that are formulas, as lines that are worked in every row."""
    if not (problem.rules and problem.updates):
        return Further()
    columns = (column for column in columns_of(problem, question.columns) if column.expr is not None)
    return Further(tuple(Equation(symbol(column.key), column.expr) for column in columns if column.expr is not None))


def heading(column: Column, work: Work) -> Text:
    """What stands above a column: y_in, ∂L/∂w, Δw, or the formula."""
    if column.expr is not None:
        return (work.symbols(column.expr),)
    return (printed(column.key, work.problem, work.names),)


def printed(key: str, problem: Problem, names: Names) -> Maths:
    """The maths of a key: ∂L/∂w for grad(w), Δw for change(w), t − y for (t - y), any name as it is printed."""
    if formula_in(key):
        return Typesetter(names).maths(next(line.rhs for line in problem.further if line.name == key))
    of, name = state_parts(key) or ("", key)
    if of == problem.reduce and is_batch(problem):
        return row(Word(f"{of} "), printed(name, problem, names))
    if of == "grad":
        return names.node(partial(problem.loss, name).name)
    return row(Letter("Δ"), names.node(name)) if of == "change" else names.node(key)


def starts(column: Column, problem: Problem) -> Fraction | None:
    """Where a parameter, or what is remembered, stands before the first update."""
    return problem.start.get(column.key, problem.state.get(column.key))


def read_columns(written: object, problem: Problem, every: str, where: str) -> tuple[str, ...]:
    """The keys of the columns that a file asks for, each once.  Raises Mistake for what the exercise does not have.

    m stands for m(w1), m(w2), …, and ``every``, the name that stands for every parameter, for each of them.
    """
    items = written if isinstance(written, list) else [written]
    if not items:
        raise Mistake(f'{where}columns is empty; give names such as ["{problem.loss}"], or leave it out')
    keys: dict[str, None] = {}
    for item in items:
        if not isinstance(item, str):
            raise Mistake(f'{where}columns has {shown(item)}; it must be names in quotes, such as ["{problem.loss}"]')
        keys |= dict.fromkeys(_read(item, problem, every, where))
    if len(keys) > MOST:
        raise Mistake(f"{where}columns has {len(keys)} columns; a table has at most {MOST}")
    return tuple(keys)


def _read(item: str, problem: Problem, every: str, where: str) -> list[str]:
    known = _known(problem)
    key = closed_up(item)
    if key in known:
        return [key]
    if of_entries := _of_entries(key, problem, where):
        return [found for name in of_entries for found in _read(name, problem, every, where)]
    several = _standing_for_several(known, problem, every)
    if key in several:
        return several[key]
    if is_batch(problem):
        if key in problem.network.names or key.startswith("grad("):
            raise Mistake(
                f"{where}columns: {key} differs from sample to sample, and a row is an update of all of them; "
                f'train with mode = "online", or ask for others (known: {_listed(known)})'
            )
        raise Mistake(f"{where}columns: {shown(item)} is no column{_hint(key, known)}")
    try:
        _formula(item, problem)
    except Mistake as mistake:
        said = "is no column" if is_name(key) or state_parts(key) else f"is no column: {mistake}"
        raise Mistake(f"{where}columns: {shown(item)} {said}{_hint(key, known)}") from None
    return [item.strip()]


def _of_entries(key: str, problem: Problem, where: str) -> list[str]:
    """The keys of the entries for W, W[1,2], grad(W), change(W) or m(W); none of what is no array."""
    kind, name = state_parts(key) or ("", key)
    over, kind = (kind, "grad") if kind in ("mean", "sum") and name.startswith("grad(") else ("", kind)
    name = name[len("grad(") : -1] if over else name
    try:
        whole = part(name, problem.arrays)
    except Mistake as mistake:
        raise Mistake(f"{where}columns: {mistake}") from None
    if whole is None:
        return []
    keys = [f"{kind}({entry})" if kind else entry for entry in entries(whole)]
    return [f"{over}({found})" if over else found for found in keys]


def _standing_for_several(known: Iterable[str], problem: Problem, every: str) -> dict[str, list[str]]:
    """{"m": ["m(w1)", "m(w2)"]}, and with ``every`` = "w": {"w": ["w1", "w2"], "change(w)": […], "m(w)": […]}."""
    found: dict[str, list[str]] = {}
    for key in known:
        kind, name = state_parts(key) or ("", key)
        if kind and name in problem.start and kind not in ("grad", "change"):
            found.setdefault(kind, []).append(key)
        for w in problem.start if every else ():
            if key == w:
                found.setdefault(every, []).append(key)
            elif f"({w})" in key:
                found.setdefault(key.replace(f"({w})", f"({every})"), []).append(key)
    return found


def _hint(key: str, known: Collection[str]) -> str:
    said = suggestion(key, known)
    return said if "did you mean" in said else f" (known: {_listed(known)})"


def _listed(known: Collection[str]) -> str:
    names = list(known)
    return ", ".join(names[:MOST]) + (", …" if len(names) > MOST else "")


def _known(problem: Problem) -> dict[str, None]:
    """The keys that have a number in every row."""
    network = problem.network
    after = dict.fromkeys(
        (*(rule.name for rule in problem.rules if rule.name not in problem.start), *changes(problem), *problem.state)
    )
    if is_batch(problem):
        varying = {name for sample in problem.samples for name in sample}
        fixed = [name.name for name in network.inputs if name.name not in varying]
        used = [f"{problem.reduce}({key})" for key in (problem.loss, *_gradients(problem))]
        return dict.fromkeys((*fixed, *used, *after, *problem.start))
    gradients = (f"grad({name})" for name in network.names)
    inputs = (name.name for name in network.inputs)
    return dict.fromkeys((*inputs, *network.by_name, *after, *problem.start, *gradients))


def _gradients(problem: Problem) -> list[str]:
    """The gradients that the rules use, as grad(w)."""
    used = dict.fromkeys(name.name for rule in problem.rules for name in names_in(rule.rhs))
    return [f"grad({parts[1]})" for parts in map(partial_parts, used) if parts is not None]


def _usual(problem: Problem) -> list[str]:
    """What textbooks print; of very many parameters, that of the first."""
    updated = {rule.name for rule in problem.rules}
    names = [name for name in problem.start if name in updated]
    keys = list(_usual_of(problem, names))
    return keys if len(keys) <= MOST else list(_usual_of(problem, names[:FEW]))[:MOST]


def _usual_of(problem: Problem, parameters: Sequence[str]) -> Iterator[str]:
    """What varies from row to row, the forward pass, what the rules make of some parameters, and these.

    Gradients stand where something is remembered of them, changes where nothing stands between them and the parameters.
    """
    batch = is_batch(problem)
    if not batch:
        equations = tuple(problem.network.by_name)
        yield from dict.fromkeys(name for sample in problem.samples for name in sample)
        yield from equations if len(equations) <= MOST_EQUATIONS else (problem.loss,)
    made = dict.fromkeys(
        rule.name for rule in problem.rules if rule.name not in problem.start and not rule.name.startswith("input(")
    )
    if (made or batch) and not problem.sequential:  # else the rules use others than those before the update
        used = [key for key in _gradients(problem) if key[len("grad(") : -1] in parameters]
        yield from (f"{problem.reduce}({key})" for key in (problem.loss, *used)) if batch else used
    kinds: dict[str, list[str]] = {}
    for name in made:
        kind, of = state_parts(name) or (name, "")
        if not of or of in parameters:
            kinds.setdefault(kind, []).append(name)
    yield from (name for names in kinds.values() for name in names)
    yield from (key for key, name in changes(problem).items() if name in parameters and not made)
    yield from parameters


def _formula(text: str, problem: Problem) -> Expr:
    """A column that is a formula of names before the update; raises Mistake."""

    def gradient(name: str) -> Expr:
        if name not in problem.network.names:
            raise Mistake(f"grad({name}): {shown(name)} is not a name of this exercise")
        return partial(problem.loss, name)

    return parse(text, problem.network.names, {"grad": gradient})
