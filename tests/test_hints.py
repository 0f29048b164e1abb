"""Hints: a ladder that helps with a wrong answer, step by step, as a tutor would."""

import json
from fractions import Fraction
from math import tanh
from pathlib import Path

import pytest
from numbers_told import tells

import symnet
from symnet.algebra.mistakes import Mistake

WORKSHEETS = Path(__file__).parent.parent / "worksheets"
PUBLISHED = Path(__file__).parent / "published"
RELU = str(WORKSHEETS / "relu.toml")
LEVELS = range(5)


def ladder(exercise, answers, key):
    return [symnet.hint(exercise, answers, key, level) for level in LEVELS]


# -- what would give the number away without being worked out ---------------------------------------------------------


def exercise_of(equations, given="x = 3", parameters="", more=""):
    lines = "\n".join(f'{name} = "{rhs}"' for name, rhs in equations.items())
    return symnet.loads(f"{more}\n[given]\n{given}\n[parameters]\n{parameters}\n[equations]\n{lines}\n")


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("a", "a = w·v = 7·5"),  # two numbers, to be multiplied
        ("b", "b = a = □"),  # one term
        ("c", "c = b·x = □·1"),  # a product with 1
        ("d", "d = ReLU(c) = ReLU(□)"),
        ("s", "s = d + e = □ + 0"),  # a sum with 0
        ("m", "m = −s = −□"),  # another sign
        ("e", "e = k·x = □·1"),  # what is given, times 1
        ("grad(u)", "∂L/∂u = ∂L/∂q = □"),  # a bias
        ("f", "f = 6 + a·g = 6 + 35·□"),  # a term that is 0, beside a number of the formula
        ("w", "w ← w − η · ∂L/∂w = 7 − 0.1·□"),  # an update with a gradient of 0
        ("change(w)", "Δw = −η · ∂L/∂w = −0.1·□"),
        ("grad(w)", "∂L/∂w = ∂L/∂a · v = □·5"),  # a product with 0
    ],
)
def test_what_would_be_the_answer_itself_is_left_blank(key, shown):
    exercise = exercise_of(
        {
            "a": "w*v",
            "b": "a",
            "c": "b*x",
            "d": "relu(c)",
            "e": "k*x",
            "s": "d + e",
            "m": "-s",
            "g": "e*x",
            "f": "6 + a*g",
            "z": "relu(m)",
            "q": "h*y + u",
            "L": "(q - 2)^2 + z",
        },
        given="v = 5\nx = 1\nk = 0\ny = 3",
        parameters="w = 7\nh = 4\nu = 11",
        more='learning_rate = 0.1\nloss = "L"',
    )
    says = symnet.hint(exercise, {key: "0.7391"}, key, 4)
    assert f"  {shown}\n" in says


def test_a_blank_is_followed_up_to_the_line_that_has_to_be_worked_out():
    says = symnet.hint(symnet.load(RELU), {"grad(w13)": 5.3}, "grad(w13)", 4).split("\n")
    assert says == [
        "The line for ∂Loss/∂w₁₃, with its numbers substituted:",
        "  ∂Loss/∂w₁₃ = ∂Loss/∂x₃ · x₁ = □·1",
        "The □ is ∂Loss/∂x₃. Find that first:",
        "  ∂Loss/∂x₃ = ∂Loss/∂y₃ · ReLU′(x₃) = □·1",
        "The □ is ∂Loss/∂y₃. Find that first:",
        "  ∂Loss/∂y₃ = ∂Loss/∂x₅ · w₃₅ = 10·2",
        "Work that out.",
    ]


def test_a_wrong_number_above_is_not_put_in():
    """Two mistakes: the hint for the second does not tell the right number of the first."""
    answers = {"grad(x5)": "20", "w35": 7}
    says = symnet.hint(symnet.load(RELU), answers, "w35", 4)
    assert "2 − 0.1·50" in says  # what was not answered is put in
    says = symnet.hint(symnet.load(RELU), {"grad(w35)": "100", "w35": 7}, "w35", 4)
    assert "2 − 0.1·□" in says
    assert "The □ is ∂Loss/∂w₃₅, which is not right yet: put that right first." in says


# -- the steps --------------------------------------------------------------------------------------------------------


def test_a_ladder_for_a_slip_further_up():
    assert ladder(symnet.load(RELU), {"w13": 5, "grad(w35)": 50}, "w13") == [
        "Not right yet.",
        "Look further up: it seems to go wrong in the backward pass, in the line for ∂Loss/∂y₃.",
        "You get ∂Loss/∂y₃ by the chain rule along a connection: multiply the gradient that arrives at x₅ by the "
        "weight from y₃ to x₅. Could it be that you used weights that were already updated?",
        "The line for ∂Loss/∂y₃, with the names of this exercise:\n  ∂Loss/∂y₃ = ∂Loss/∂x₅ · w₃₅",
        "The line for ∂Loss/∂y₃, with its numbers substituted:\n  ∂Loss/∂y₃ = ∂Loss/∂x₅ · w₃₅ = 10·2\n"
        "Work that out. Then go on from there to w₁₃.",
    ]


def test_what_follows_from_a_wrong_number_is_sent_there():
    steps = ladder(symnet.load(RELU), {"x3": 4, "y3": 4, "x5": 8}, "x5")
    assert steps[0] == "Not right yet, but it follows correctly from your x₃."
    assert all(step.startswith("Put your x₃ right first; your x₅ follows from it.\n") for step in steps[1:])
    assert steps[1].endswith("Look at the line for x₃ itself.")
    assert steps[4].endswith("x₃ = w₁₃·x₁ + w₂₃·x₂ = 2·1 + (−3)·(−1)\nWork that out.")


def test_what_has_no_cause_is_sent_to_the_first_wrong_line_above():
    steps = ladder(symnet.load(RELU), {"x3": 4.4, "grad(w35)": "61.7"}, "grad(w35)")
    assert steps[0] == "Not right yet."
    assert steps[1].startswith(
        "Your x₃, further up, is not right yet. Put that right first, then work ∂Loss/∂w₃₅ again."
    )


def test_what_has_no_cause_nor_a_wrong_line_above_is_asked_for_more():
    exercise = symnet.load(RELU)
    step = symnet.hint(exercise, {"grad(w35)": "61.7"}, "grad(w35)", 1)
    assert step.endswith(
        "then what goes into it: ∂Loss/∂x₅ and y₃. Give grad(x5) and y3 too, and the next hint can say more."
    )
    step = symnet.hint(exercise, {"grad(w35)": "61.7", "y3": 5}, "grad(w35)", 1)
    assert step.endswith("then what goes into it: ∂Loss/∂x₅. Give grad(x5) too, and the next hint can say more.")
    step = symnet.hint(exercise, {"grad(w35)": "61.7", "y3": 5, "grad(x5)": 10}, "grad(w35)", 1)
    assert step == "Look at the line for ∂Loss/∂w₃₅ itself. What goes into it is right."


def test_a_right_number_gets_no_hint():
    exercise = symnet.load(RELU)
    assert ladder(exercise, {"w13": 0, "y5": 9}, "w13") == ["Right."] * 5
    third = exercise_of({"b": "a/x"}, given="a = 1\nx = 3", more='loss = "b"')
    assert ladder(third, {"b": "0.33"}, "b") == ["Right, rounded to the digits shown."] * 5


def test_how_a_number_is_written_and_rounded():
    exercise = symnet.load(WORKSHEETS / "two-outputs.toml")
    steps = ladder(exercise, {"out_o1": "0.571365"}, "out_o1")  # 0.751365
    assert steps[1] == "Your working looks right. Look at how you wrote the number down."
    assert "two neighboring digits are swapped" in steps[2]
    rounding = {
        "net_h1": "0.38",
        "out_h1": "0.59",
        "net_h2": "0.39",
        "out_h2": "0.60",
        "net_o1": "1.11",
        "out_o1": "0.752",
    }
    wrong = [key for key, v in symnet.check(exercise, rounding).verdicts.items() if v.verdict == "wrong"]
    assert all("how many digits you carry" in symnet.hint(exercise, rounding, key, 1) for key in wrong)


def test_a_batch_is_put_together_from_its_examples():
    exercise = symnet.load(PUBLISHED / "trask_batch_sum.toml")
    key = "sum(grad(w1))"
    steps = ladder(exercise, {key: "0.777"}, key)
    assert "over the batch is the sum of what every example gives" in steps[2]
    assert "⁽¹⁾" in steps[3]
    assert steps[4].count("⁽²⁾") == 1


# -- from Python and the command line ---------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [-1, 5, 2.5, True, "two", None, "", "٣"])
def test_a_level_that_there_is_not(level):
    with pytest.raises(Mistake, match="it must be a whole number from 0 to 4: 0 right or wrong, 1 where to look"):
        symnet.hint(symnet.load(RELU), {"w13": 5}, "w13", level)


def test_a_key_that_is_not_among_the_answers():
    exercise = symnet.load(RELU)
    with pytest.raises(Mistake, match='"w99" is not a quantity'):
        symnet.hint(exercise, {"w13": 5}, "w99", 1)
    with pytest.raises(Mistake, match='"w31" is not a quantity'):
        symnet.hint(exercise, {"w31": 5}, "w31", 1)
    assert symnet.hint(exercise, {" Grad( w35 ) ": 5}, "grad(w35)", 0) == "Not right yet."


def test_who_is_stuck_is_helped_without_a_number():
    exercise = symnet.load(RELU)
    steps = ladder(exercise, {}, "dLoss/dw35")
    assert steps[0] == "There is no number for ∂Loss/∂w₃₅ yet."
    assert steps[1] == "Look at the line for ∂Loss/∂w₃₅, and first at what goes into it: ∂Loss/∂x₅ and y₃."
    assert "chain rule at a weight" in steps[2]
    assert "∂Loss/∂w₃₅ = ∂Loss/∂x₅ · y₃" in steps[3]
    assert "∂Loss/∂w₃₅ = ∂Loss/∂x₅ · y₃ = □·□" in steps[4]
    own = ladder(exercise, {"y3": 5, "grad(x5)": 10}, "grad(w35)")
    assert own[1].endswith("What goes into it is right.")
    assert "= 10·5" in own[4]
    wrong = ladder(exercise, {"y3": 4}, "grad(w35)")
    assert wrong[1].startswith("Your y₃, further up, is not right yet. Put that right first, then work ∂Loss/∂w₃₅.")


def test_the_command_gives_a_hint_in_place_of_the_number(inside):
    done = inside("check", RELU, "w13=5", "grad(w35)=50", "--hint", "1")
    assert done.returncode == 1
    assert done.stdout.splitlines()[0] == "w13         5  wrong"
    assert "Look further up" in done.stdout
    assert inside("check", RELU, "w13=0", "--hint", "4").stdout == "w13  0  right\n"
    for level in ("5", "-1", "x"):
        done = inside("check", RELU, "w13=5", "--hint", level)
        assert done.returncode == 2
        assert "from 0 to 4" in done.stderr
        assert done.stdout == ""


def test_hints_as_json_tell_no_more_than_their_step(inside):
    for level in LEVELS:
        done = inside("check", RELU, "w13=5", "y5=10", "--hint", str(level), "--json")
        assert done.returncode == 1
        said = json.loads(done.stdout)["answers"]
        assert said["w13"]["hint"] == {"level": level, "says": symnet.hint(symnet.load(RELU), {"w13": 5}, "w13", level)}
        assert said["y5"]["hint"] == {"level": level, "says": "Right."}
        assert said["w13"]["right"] is None
        assert said["y5"]["right"] is None
        assert bool(said["w13"]["slips"]) == (level >= 2)
        assert bool(said["w13"]["line"]) == (level >= 3)


def test_hiding_leaves_out_every_right_number(inside):
    words = ("w13=5", "grad(w45)=7.7", "w35=7", "x3=5", "grad(y4)=-10.000")
    done = inside("check", RELU, *words, "--hide")
    assert done.returncode == 1
    assert "Right there: ∂Loss/∂y₃ = ∂Loss/∂x₅ · w₃₅\n" in done.stdout
    assert "You used weights that were already updated." in done.stdout
    assert tells(done.stdout, Fraction(20)) is None
    assert "(" not in done.stdout.splitlines()[0]
    said = json.loads(inside("check", RELU, *words, "--hide", "--json").stdout)["answers"]
    assert [answer["right"] for answer in said.values()] == [None] * 5
    assert said["w13"]["line"] == "∂Loss/∂y₃ = ∂Loss/∂x₅ · w₃₅"
    assert said["x3"]["verdict"] == "right"


# -- what one step says and the next does not take back ---------------------------------------------------------------

TWO_UNITS = """learning_rate = 0.5
given = { x1 = 0.5, x2 = -1.25, t = 0.3 }
parameters = { a11 = 0.2, a12 = -0.4, b1 = 0.1, a21 = 0.7, a22 = 0.35, b2 = -0.2, v1 = 0.6, v2 = -0.9, c = 0.05 }
[equations]
z1 = "a11*x1 + a12*x2 + b1"
h1 = "sigmoid(z1)"
z2 = "a21*x1 + a22*x2 + b2"
h2 = "tanh(z2)"
y = "v1*h1 + v2*h2 + c"
E = "(y - t)^2/2"
"""


def test_what_goes_into_a_line_is_cleared_only_where_no_slip_of_the_next_step_lies_there():
    exercise = symnet.loads(TWO_UNITS)
    where, rule = (symnet.hint(exercise, {"y": "0.1989"}, "y", level) for level in (1, 2))
    assert where == "Look at the line for y itself."
    assert rule.endswith("(second term of y), or that you lost a minus sign, or added one (wrong sign) in z2?")


def test_what_goes_into_a_line_is_cleared_where_it_was_given_and_is_right():
    exercise, answers = symnet.loads(TWO_UNITS), {"y": "0.1989"}
    solution = exercise.solve()
    answers |= {name: f"{float(solution.forward[name]):.6f}" for name in ("h1", "h2")}
    assert symnet.hint(exercise, answers, "y", 1).endswith("itself. What goes into it is right.")


@pytest.mark.parametrize(("key", "other"), [("new(E)", "E"), ("E", "new(E)"), ("new(y)", "y"), ("y", "new(y)")])
def test_the_value_before_the_update_is_told_from_the_one_after_it(key, other):
    exercise = symnet.loads(TWO_UNITS)
    right = symnet.check(exercise, {other: "9"}).verdicts[other].right
    answers = {key: f"{float(right):.6f}"}
    (cause,) = symnet.check(exercise, answers).verdicts[key].slips
    assert cause.id == ("before-the-update" if key.startswith("new") else "after-the-update")
    assert f"whose key is {other};" in cause.says
    assert symnet.hint(exercise, answers, key, 1).startswith("Look at which value is asked for")
    assert cause.says in symnet.hint(exercise, answers, key, 2)


def test_where_a_gradient_is_stopped_the_hint_and_the_check_name_one_line_and_say_why():
    text = """
    network.inputs = [[[1], [2]]]
    network.targets = [[1]]
    network.loss = "half_squared_error"
    network.weights = { W1 = [[0.5]], U1 = [[0.8]], b1 = [0] }
    layer = [{ kind = "rnn", units = 1, truncate = 1 }]"""
    exercise, first = symnet.loads(text), tanh(0.5)
    last = tanh(0.5 * 2 + 0.8 * first)
    delta = (last - 1) * (1 - last**2)
    answers = {"grad(W1_1_1)": f"{delta * 2 + delta * 0.8 * (1 - first**2) * 1:.9f}"}  # all the way back
    why = "The gradient is stopped before it comes back to H₁,₁₁."
    said = symnet.check(exercise, answers).as_text()
    assert "You let the gradient through where it is stopped." in said
    assert f"∂Loss/∂H₁,₁₁ = 0. {why}" in said
    hints = [symnet.hint(exercise, answers, "grad(W1_1_1)", level) for level in (1, 2, 3, 4)]
    assert "∂Loss/∂H₁,₁₁" in hints[0]
    assert all(why in hint for hint in hints[1:])


def test_terms_stand_in_the_order_of_the_sheet(exercise_file, command):
    """An autoencoder with tied weights: h first and then y, as the sheet goes along W → h and W → y."""
    toml = '[given]\nx = [1, 0, 2]\n[parameters]\nW = [[1, 0], [0.5, 1], [-1, 2]]\n[equations]\nh = "x @ W"\n'
    path = exercise_file(toml + 'y = "W @ h"\nL = "sum((y - x)^2)/2"')
    _, sheet, _ = command("solve", path)
    assert sheet.index("W₁₁ → h₁") < sheet.index("W₁₁ → y₁")
    _, out, _ = command("check", path, "grad(W)=[[1,2],[3,4],[5,6]]", "--hint", "3")
    assert "∂L/∂W₁₁ = ∂L/∂h₁ · x₁ + ∂L/∂y₁ · h₁" in out
    _, out, _ = command("check", path, "grad(W1_1)=-7.25")  # without the path by y
    assert "Right there: ∂L/∂W₁₁ = ∂L/∂h₁ · x₁ + ∂L/∂y₁ · h₁" in out
