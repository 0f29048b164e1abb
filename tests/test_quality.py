"""What an exercise can see: the 2-2-1 table, by hand, and what separates slips."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.classroom.quality import by_arrays
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.labels import Sight
from symnet.diagnosis.quality import wrong_answers
from symnet.diagnosis.separation import TOLD_APART, Separation
from symnet.diagnosis.slips import CATALOGUE
from symnet.diagnosis.twins import elsewhere, twin_of
from symnet.working.arrays import whole_of

WORKSHEETS = Path(__file__).parent.parent / "worksheets"
RELU = symnet.load(WORKSHEETS / "relu.toml")
TABLE = symnet.quality(RELU)
WEIGHTS = ("w13", "w23", "w14", "w24", "w35", "w45")

# By hand, from x1 = 1, x2 = −1, y3 = 5, y4 = 0 and a dead second unit; gradients 20, −20, 0, 0, 50, 0.
BY_HAND = {
    "no-input": "hidden tied hidden hidden visible tied",  # an input of 1 is no loss; −1 loses the sign; y3 = 5; y4 = 0
    "no-slope": "hidden hidden tied tied hidden hidden",  # ReLU′ is 1 but at the dead unit
    "no-next-weight": "tied tied hidden hidden - -",  # 10 as well as half the loss's derivative
    "factor-two": "tied visible hidden hidden tied hidden",  # 20·w13 for 20·x1 is 40, too, and 10·y5 for 10·y3 is 100
    "wrong-error-sign": "tied tied hidden hidden tied hidden",  # the same as any lost sign
    "updated-weights": "visible visible hidden hidden - -",
}


@pytest.mark.parametrize("id", BY_HAND)
def test_the_2_2_1_table_by_hand(id):
    states = [TABLE.cells[id][f"grad({weight})"].state or "-" for weight in WEIGHTS]
    assert " ".join(states) == BY_HAND[id]


def test_the_canonical_exercise_is_blind_to_more_than_half_of_the_common_pairs():
    """Seven common slips in six weights: 24 of 42 give the right gradient and the right new weight, counted by hand."""
    by_hand = {
        "updated-weights": 4,  # nothing behind the dead unit, and nothing of the last layer
        "no-slope": 4,  # ReLU′ is 1 on the way to w13, w23, w35 and w45
        "no-input": 3,  # x1 = 1, and the dead unit
        "no-next-weight": 4,
        "factor-two": 3,  # the dead unit, and y4 = 0
        "wrong-error-sign": 3,
        "uphill": 3,
    }
    for id, count in by_hand.items():
        cells = [{TABLE.cells[id][key].state for key in (f"grad({weight})", weight)} for weight in WEIGHTS]
        assert sum(not {"visible", "tied"} & states for states in cells) == count
    assert sum(by_hand.values()) == 24


@pytest.mark.parametrize(
    ("id", "key", "why"),
    [
        ("no-input", "grad(w13)", "x1 = 1"),
        ("no-learning-rate", "w14", "the derivative of the activation at y4 is 0"),
        ("factor-two", "grad(w45)", "y4 = 0"),
        ("no-slope", "grad(w13)", "the derivative of the activation at y3 is 1"),
    ],
)
def test_the_author_is_told_why_a_slip_is_hidden(id, key, why):
    assert TABLE.cells[id][key].state == "hidden"
    assert TABLE.cells[id][key].why == why


def test_the_readme_of_the_course_shows_the_same_table():
    lines = (WORKSHEETS / "README.md").read_text(encoding="utf-8").splitlines()
    words = {"visible": "seen", "tied": "same as another", "hidden": "hidden", "": "–"}
    for id in BY_HAND:
        row = next(line for line in lines if line.startswith(f"| {id} |"))
        cells = [cell.strip() for cell in row.strip("|").split("|")][1:]
        assert cells == [words[TABLE.cells[id][f"grad({weight})"].state] for weight in WEIGHTS]


def test_what_is_tied_says_with_what():
    cell = TABLE.cells["no-next-weight"]["grad(w13)"]
    assert cell.state == "tied"
    assert "factor-two" in cell.ties  # forgetting w35 = 2 and halving both give 10


def test_a_twin_has_other_numbers_and_the_same_dead_units():
    problem, twin = RELU.problem, twin_of(RELU.problem)
    assert all(twin.start[name] != problem.start[name] for name in problem.start)
    assert symnet.solve(twin).forward["y4"] == 0
    assert abs(symnet.solve(twin).forward["y5"] - 10) < Fraction(1, 10)


KEYS = tuple(f"grad({weight})" for weight in WEIGHTS)


def test_what_is_sooner_said_is_what_all_labels_say():
    """Whether a slip shows, one slip at a time and from estimates, as the table of all numbers has it."""
    problem = RELU.problem
    sight = Sight(Hypotheses(problem, KEYS), KEYS)
    some = [problem, twin_of(problem), *elsewhere(problem)]
    zero = {**problem.start, "w14": Fraction(4), "w24": Fraction(4)}  # x4 is 0: at the kink, where no estimate helps
    for other in (*some, replace(problem, start=zero)):
        (table,), (again,) = sight.at(other), sight.at(other)
        shown = {id for id, places in sight.places.items() if table.shows[places].any()}
        assert {id for id in sight.ids if again.is_shown(id)} == again.shown == shown


def test_a_separation_prepared_for_many_says_the_same_of_each():
    problem = RELU.problem
    separation, alone = (Separation(Hypotheses(problem, KEYS), problem, KEYS) for _ in range(2))
    weights = dict(zip(WEIGHTS, map(Fraction, (11, -13, 2, 17, 19, -23)), strict=True))
    given = [{"x1": Fraction(x), "x2": Fraction(-5), "t": Fraction(7)} for x in range(1, 9)]
    many = [replace(problem, given=numbers, start=weights) for numbers in given]
    separation.prepare(many)
    assert [separation.holds(each) for each in many] == [not alone.mixed(each) for each in many]
    assert {alone.holds(each) for each in many} == {True, False}


def test_numbers_that_separate_the_slips_and_numbers_that_do_not():
    problem = RELU.problem
    separation = Separation(Hypotheses(problem, KEYS), problem, KEYS)
    assert not separation.holds(problem)  # x1 = 1
    good = replace(
        problem,
        given={"x1": Fraction(3), "x2": Fraction(-5), "t": Fraction(7)},
        start=dict(zip(WEIGHTS, map(Fraction, (11, -13, 2, 17, 19, -23)), strict=True)),
    )
    assert separation.holds(good)
    assert not separation.holds(replace(good, given={**good.given, "x1": Fraction(1)}))
    assert not separation.holds(replace(good, start={**good.start, "w35": Fraction(2)}))  # as much as a factor of 2


def test_wrong_answers_are_different_and_wrong():
    problem = RELU.problem
    found = wrong_answers(Hypotheses(problem, KEYS), problem, "grad(w35)")
    numbers = [value for value, _ in found]
    assert len(numbers) == len(set(numbers)) > 5
    assert 50 not in numbers
    assert {int(value): hypotheses[0].id for value, hypotheses in found if value in (10, 100, -50)} == {
        10: "no-input",
        100: "factor-two",
        -50: "wrong-error-sign",
    }


def test_a_wrong_answer_names_every_slip_that_gives_it():
    """w13 is 2 − ⅒·20 = 0; who adds 2, or has the sign of the error or of the gradient wrong, has 4."""
    problem = RELU.problem
    hypotheses = dict(wrong_answers(Hypotheses(problem), problem, "w13"))[Fraction(4)]
    assert {"uphill", "wrong-error-sign", "sign"} <= {hypothesis.id for hypothesis in hypotheses}
    assert len({hypothesis.id for hypothesis in hypotheses}) == len(hypotheses)


def test_the_common_slips_are_of_the_catalogue():
    assert set(TOLD_APART) <= set(CATALOGUE)


def test_an_exercise_that_asks_for_no_number_has_no_table():
    with pytest.raises(Mistake, match="its questions ask for no number"):
        symnet.quality(symnet.load(WORKSHEETS / "counting-parameters-3-4-2.toml"))


ENTRIES = """
[given]
X = [[0.5, -1.1, 2.3], [0.8, 0.3, -0.9]]
T = [[0.4, 1.3], [-0.7, 0.2]]
[parameters]
W = [[1.2, 0.7], [-0.4, 0.6], [-1.3, 0.9]]
[equations]
Y = "X @ W"
L = "mean((Y - T)^2)"
"""


def test_an_array_is_one_column_and_shows_what_one_of_its_entries_shows(tmp_path):
    file = tmp_path / "entries.toml"
    file.write_text(ENTRIES)
    exercise = symnet.load(file)
    found = symnet.quality(exercise)
    shown = by_arrays(found, exercise.problem)
    assert {"Y", "L", "grad(W)"} <= {*shown.keys} <= {"Y", "L", "grad(Y)", "grad(W)"}
    for id, row in shown.cells.items():
        for name, cell in row.items():
            own = [found.cells[id][key].state for key in found.keys if whole_of(key, exercise.problem.array_of) == name]
            assert (cell.state == "visible") == ("visible" in own)
            assert (cell.state == "hidden") == ("hidden" in own and not {"visible", "tied"} & {*own})
