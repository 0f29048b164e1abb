"""No hint tells a right number, and nothing else does when right numbers are hidden."""

import json
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from made_slips import as_written, can_be_written, keys_of
from numbers_told import spellings, tells, told

import symnet
from symnet.classroom.checking.check import Checked
from symnet.classroom.checking.hints import Hints
from symnet.computing.exact import Undefined
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.working.quantities import keys_of as all_keys_of

WORKSHEETS = Path(__file__).parent.parent / "worksheets"
PUBLISHED = Path(__file__).parent / "published"
RELU = str(WORKSHEETS / "relu.toml")
LEVELS = range(5)


def data_of(problem):
    """Every number that an exercise gives, those of its formulas among them."""
    given = [*problem.start.values(), *problem.state.values(), *(v for e in problem.examples for v in e.values())]
    given += [problem.learning_rate] if problem.learning_rate is not None else []
    lines = (*problem.network.equations, *problem.backward, *problem.rules)
    constants = [n for line in lines for n in line.rhs.atoms() if n.is_Rational]
    return {abs(number) for number in (*given, *(Fraction(int(n.p), int(n.q)) for n in constants))}


def can_be_judged(value, data):
    """Whether a right number is nowhere among what is given, so that no text has it but by telling it."""
    exactly, rounded = spellings(value)
    return not data & (exactly | rounded)


def invented(value):
    """A wrong number of no kind."""
    return "0.7391" if isinstance(value, Undefined) else f"{float(value) * 1.37 + 0.61:.5g}"


def leaks(exercise, answers):
    """Right numbers of wrong answers in the hints; and how many hints were searched for how many numbers."""
    hints = Hints(Checked(exercise, answers))
    data = data_of(exercise.problem)
    wrong = {key: v.right for key, v in hints.verdicts.items() if v.verdict == "wrong"}
    judged = {key: value for key, value in wrong.items() if can_be_judged(value, data)}
    found, searched = [], 0
    for key in wrong:
        for level in LEVELS:
            says = hints.hint(key, level).says
            searched += len(judged)
            found += [
                (key, level, of, str(value), says) for of, value in judged.items() if tells(says, value) is not None
            ]
    return found, searched


def sheets_of_a_slip(hypotheses, problem, keys):
    """The sheet of somebody who makes one slip, for one place of every slip."""
    view = hypotheses.view(problem)
    seen = set()
    for hypothesis in hypotheses.hypotheses:
        if hypothesis.id in seen:
            continue
        values = view.values(hypothesis)
        if any(values[key] != view.should_be[key] and can_be_written(values[key]) for key in keys):
            seen.add(hypothesis.id)
            yield {key: as_written(values[key]) for key in keys if can_be_written(values[key])}


def some(items, most):
    """At most so many of them, evenly spread."""
    items = list(items)
    return items[:: -(-len(items) // most)] if items else []


@pytest.fixture(scope="module")
def prepared():
    """The hypotheses of an exercise of the course, which are those of its variants too: prepared once."""
    return cache(lambda name: Hypotheses(symnet.load(WORKSHEETS / f"{name}.toml").problem))


@pytest.fixture
def hypotheses_of(monkeypatch, prepared):
    """The hypotheses of an exercise, told once for all the answers that are checked."""

    def told_once(exercise):
        hypotheses = prepared(exercise) if isinstance(exercise, str) else Hypotheses(exercise.problem)
        monkeypatch.setattr("symnet.classroom.checking.check.Hypotheses", lambda problem, keys: hypotheses)
        return hypotheses

    return told_once


CHECKABLE = [
    "a-name-used-twice",
    "activation-functions",
    "computation-graph",
    "cross-entropy",
    "delta-form",
    "find-the-mistake",
    "forward-pass",
    "gradient-descent",
    "losses",
    "one-neuron",
    "optimizers",
    "relu",
    "two-outputs",
]


@pytest.mark.parametrize("name", CHECKABLE)
def test_no_hint_tells_a_right_number(name, hypotheses_of):
    """Quantities of an exercise and of a variant of it, wrong alone, and all wrong at once by one slip."""
    original = symnet.load(WORKSHEETS / f"{name}.toml")
    searched, hypotheses = 0, hypotheses_of(name)
    for exercise in (original, symnet.variant(original, "Ada", salt="hints")):
        right = hypotheses.right(exercise.problem)
        sheets = [{key: invented(right[key])} for key in some(all_keys_of(exercise.problem), 16)]
        sheets += some(sheets_of_a_slip(hypotheses, exercise.problem, keys_of(exercise)), 6)
        for answers in sheets:
            found, count = leaks(exercise, answers)
            assert not found
            searched += count
    assert searched > 20


@pytest.mark.parametrize("file", sorted(PUBLISHED.glob("*.toml")), ids=lambda path: path.stem)
def test_no_hint_tells_a_right_number_of_a_published_exercise(file, hypotheses_of):
    """Batches, optimizers, rules of one's own, layers: some quantities wrong alone, and all of them at once."""
    exercise = symnet.load(file)
    keys = keys_of(exercise)
    right = hypotheses_of(exercise).right(exercise.problem)
    for answers in [
        {key: invented(right[key]) for key in keys},
        *({key: invented(right[key])} for key in some(keys, 4)),
    ]:
        found, _ = leaks(exercise, answers)
        assert not found


def test_the_search_finds_what_is_told():
    third = Fraction(1, 3)
    for text in ("so it is 0.33.", "= 0.333333", "(1/3)", "= −0.3333·2", "about 3.3·10⁻¹"):
        assert tells(text, third) is not None, text
    for text in ("x₃ = 0.32", "0.34 or 2/3", "w13, y3 and 3", "0.3"):
        assert tells(text, third) is None, text
    assert tells("ends in 20.", Fraction(20)) == 20
    assert tells("10·2", Fraction(20)) is None
    assert [number for number, _ in told("2·10⁻⁵ − 0.1·(−3)")] == [Fraction(2, 10**5), 2, Fraction(1, 10), 3]


def test_the_search_is_not_of_nothing():
    """What check says without a hint is found at once."""
    checked = symnet.check(symnet.load(RELU), {"w13": 5, "grad(w45)": 7})
    assert tells(checked.as_text(), Fraction(20)) is not None


@pytest.mark.parametrize("name", CHECKABLE)
def test_every_quantity_has_every_step(name, hypotheses_of):
    """Each step of a ladder says something of its own, and nothing is left unsaid."""
    exercise = symnet.load(WORKSHEETS / f"{name}.toml")
    right = hypotheses_of(name).right(exercise.problem)
    for key in some(all_keys_of(exercise.problem), 10):
        hints = Hints(Checked(exercise, {key: invented(right[key])}))
        steps = [hints.hint(key, level).says for level in LEVELS]
        assert all(step.strip() and step.rstrip()[-1] not in ":,;" for step in steps), steps
        assert steps[0] == "Not right yet."
    assert symnet.hint(exercise, {key: invented(right[key])}, key, 4) == steps[4]


@pytest.mark.parametrize("name", ["relu", "delta-form", "cross-entropy"])
def test_what_is_hidden_is_nowhere(name, hypotheses_of):
    exercise = symnet.variant(symnet.load(WORKSHEETS / f"{name}.toml"), "Ada", salt="hidden")
    data, hypotheses = data_of(exercise.problem), hypotheses_of(name)
    for answers in some(sheets_of_a_slip(hypotheses, exercise.problem, keys_of(exercise)), 6):
        checked = Checked(exercise, answers)
        judged = [v.right for v in checked.verdicts.values() if v.verdict == "wrong" and can_be_judged(v.right, data)]
        said = json.loads(checked.as_json(hide=True))["answers"]
        causes = [slip["says"] for answer in said.values() for slip in answer["slips"]]
        own = {number for text in answers.values() for number, _ in told(text)}
        for value in judged:
            if own.isdisjoint(frozenset().union(*spellings(value))):
                assert tells(" ".join((*causes, *(answer["line"] for answer in said.values()))), value) is None
                assert tells(checked.as_text(hide=True), value) is None


@pytest.mark.parametrize(
    "name", ["relu", "delta-form", "cross-entropy", "adam-in-a-table", "recurrent", "hessian-and-newton"]
)
def test_who_is_stuck_is_told_no_number(name):
    exercise = symnet.load(WORKSHEETS / f"{name}.toml")
    right = Hypotheses(exercise.problem).right(exercise.problem)
    data = data_of(exercise.problem)
    told_of = {key: value for key, value in right.items() if can_be_judged(value, data)}
    assert told_of
    for key in some(right, 24):
        hints = [symnet.hint(exercise, {}, key, level) for level in LEVELS]
        assert all(hints)
        for text in hints:  # neither its own number nor that of any line on the way
            assert [of for of, value in told_of.items() if tells(text, value) is not None] == [], (key, text)
