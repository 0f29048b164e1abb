"""A schedule of the learning rate counts in working by hand as it does in training."""

import json

import pytest

# w ← w − η·4w on L = (w x − t)², with x = 1 and t = 0: each update multiplies w by 1 − 2η.
TEXT = """
learning_rate = 0.1
[given]
x = 1
t = 0
[parameters]
w = 2
[equations]
L = "(w*x - t)^2"
[training]
steps = 3
schedule = "0.1*0.5^t"
"""


def losses(solved):
    return [moment["forward"]["L"]["decimal"] for moment in solved["history"]]


def test_t_counts_updates_from_0_and_hides_a_quantity_t(solve):
    solved = solve(TEXT, "--history")
    assert losses(solved) == ["4", "2.56", "2.0736"]
    assert solved["updated"]["w"]["exact"] == "171/125"  # 2 · 0.8 · 0.9 · 0.95


def test_lr_is_the_learning_rate_of_the_file_in_a_rule_and_in_an_optimizer(solve):
    by_rule = solve(TEXT.replace("0.1*0.5^t", "lr/(1 + t)") + '[update]\nrules = ["w = w - lr*grad(w)"]\n', "--history")
    assert losses(by_rule) == losses(solve(TEXT.replace("0.1*0.5^t", "lr/(1 + t)"), "--history"))
    assert by_rule["updated"]["w"]["exact"] == "168/125"  # 2 · 0.8 · 0.9 · 14/15


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_working_by_hand_and_training_agree(optimizer, solve, exercise_file, command):
    text = TEXT + f'[update]\noptimizer = "{optimizer}"\n'
    by_hand = [float(loss) for loss in losses(solve(text, "--history"))]
    code, out, err = command("train", exercise_file(text))
    rows = out[out.index("update  loss") :].splitlines()[1:]
    trained = [float(row.split()[1]) for row in rows if row.split()[:1] in (["0"], ["1"], ["2"])]
    assert (code, err) == (0, "")
    assert trained == pytest.approx(by_hand, rel=1e-5)


def test_the_sheet_shows_the_rate_of_each_update(exercise_file, command):
    code, out, _ = command("solve", exercise_file(TEXT))
    assert code == 0
    assert "η ← 0.1·0.5^(k−1)" in out  # t is a quantity of the exercise
    assert "Learning rate: η = 0.1" not in out
    rows = [line.split() for line in out.splitlines()]
    assert ["update", "η", "L", "w"] in rows
    assert ["2", "0.05", "2.56", "1.6"] in rows
    assert ["3", "0.025", "2.0736", "1.44"] in rows


@pytest.mark.parametrize(
    ("answers", "slip"),
    [
        (["w@2=1.2800", "w=1.0240"], "first-rate"),  # 0.1 in every update
        (["w@1=1.8000", "w@2=1.7100", "w=1.66725"], "schedule-ahead"),  # 0.05, 0.025, 0.0125
        (["w@1=2.4000", "w@2=2.6400"], "uphill"),
    ],
)
def test_slips_with_the_rate_are_seen(answers, slip, exercise_file, command):
    code, out, _ = command("check", exercise_file(TEXT), *answers, "--json")
    assert code == 1
    told = json.loads(out)["answers"].values()
    assert all(slip in [one["id"] for one in answer["slips"]] for answer in told)


def test_a_formula_answer_uses_the_rate_of_the_first_update(exercise_file, command):
    file = exercise_file(TEXT.replace("steps = 3", "steps = 1").replace("0.1*0.5^t", "lr/(2 + t)"))
    for formula, verdict in (("w=w-lr*grad(w)", 0), ("w=w-0.05*grad(w)", 0), ("w=w-0.1*grad(w)", 1)):
        assert command("check", file, formula)[0] == verdict


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (TEXT.replace("0.1*0.5^t", "0.1*0.5^k"), 'training.schedule: name "k" is not known'),
        (TEXT.replace("learning_rate = 0.1", ""), "there are none without a learning_rate"),
        (TEXT + '[update]\nrules = ["w = w - 0.1*grad(w)"]\n', "which no rule of the update uses"),
    ],
)
def test_what_cannot_be_is_refused(text, says, refusal):
    assert says in refusal(text)
