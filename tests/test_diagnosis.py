"""Diagnosis: right, rounded or wrong, and by which slip; judged by figures worked by hand and by published ones."""

import json
from dataclasses import replace
from fractions import Fraction
from math import exp, tanh
from pathlib import Path
from random import Random

import pytest
from made_slips import as_written, figures, keys_of, other_numbers, where_it_shows

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.computing import exact
from symnet.computing.exact import Undefined
from symnet.diagnosis.answer import read_number
from symnet.diagnosis.diagnosis import diagnose
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.misprints import misprint
from symnet.exercises.reader import loads

HERE = Path(__file__).parent
WORKSHEETS = HERE.parent / "worksheets"
RELU = symnet.load(WORKSHEETS / "relu.toml").problem
HYPOTHESES = Hypotheses(RELU)


def found(problem=RELU, hypotheses=HYPOTHESES, **answers):
    """{"w13": ("wrong", "updated-weights")}; g_w13 stands for grad(w13)."""
    answers = {f"grad({key[2:]})" if key.startswith("g_") else key: str(value) for key, value in answers.items()}
    verdicts = diagnose(hypotheses, problem, answers)
    return {key: (v.verdict, v.slips[0].id if v.slips else "") for key, v in verdicts.items()}


@pytest.mark.parametrize(
    ("number", "value", "how"),
    [
        ("5", Fraction(5), "exact"),
        ("5.00", Fraction(5), "exact"),
        ("1/3", Fraction(1, 3), "exact"),
        ("\N{MINUS SIGN}0,25", Fraction(-1, 4), "exact"),
        ("2e-1", Fraction(1, 5), "exact"),
        ("0.333", Fraction(1, 3), "rounded"),
        ("0.67", Fraction(2, 3), "rounded"),
        ("0.66", Fraction(2, 3), "truncated"),
        ("-0.66", Fraction(-2, 3), "truncated"),
        ("0.65", Fraction(2, 3), ""),
        ("1/2", Fraction(2, 3), ""),
        ("0.125", Fraction(1251, 10000), "rounded"),
        ("0.13", Fraction(125, 1000), "rounded"),
        ("5", Fraction(9, 2), ""),  # nobody who finds 4.5 rounds it to 5
        ("1", Fraction(98, 100), ""),
        ("298", Fraction(29837, 100), "rounded"),
        ("0.000", Fraction(2, 10000), "rounded"),
        ("0.000", Fraction(9, 10000), "truncated"),
        ("0.0", Fraction(9, 100), ""),
        ("0", Fraction(2, 10000), ""),
        ("0", Fraction(0), "exact"),
        ("5.551115123125783e-17", Fraction(0), "float64"),
        ("-2.98e-08", Fraction(0), "float32"),
        ("0.30000000000000004", Fraction(3, 10), "float64"),
        ("0.3333333", Fraction(1, 3), "rounded"),
        ("0.33333334", Fraction(1, 3), "float32"),
        ("0.3333333432674408", Fraction(1, 3), "float32"),  # the nearest number of single precision
        ("0.3333333532674408", Fraction(1, 3), ""),  # not one of them
        ("undefined", Undefined("division by zero"), "exact"),
        ("0", Undefined("division by zero"), ""),
        ("undefined", Fraction(1), ""),
    ],
)
def test_how_a_written_number_is_a_number(number, value, how):
    assert read_number(number, "w").matches(value) == how


@pytest.mark.parametrize(
    "text", ["", "five", "1/0", "1//2", "0x10", "__import__('os')", "1e99999", "nan", "1 2", "." * 300]
)
def test_a_text_that_is_no_number_is_refused(text):
    with pytest.raises(Mistake, match="it must be a number such as 5"):
        read_number(text, "w13")


def test_a_bare_zero_is_meant_to_as_many_decimals_as_the_other_numbers():
    text = 'loss = "y"\n[given]\nx = 0.3141\n[parameters]\nw = 0.006\n[equations]\na = "x^2"\ny = "x*w"\n'
    problem = symnet.loads(text).problem
    hypotheses = Hypotheses(problem)
    assert found(problem, hypotheses, a="0.099", y="0") == {"a": ("rounded", "rounded"), "y": ("wrong", "")}
    assert found(problem, hypotheses, a="0.1", y="0")["y"][0] == "wrong"
    problem = replace(problem, start={"w": Fraction(1, 1000)})  # y = 0.0003141
    assert found(problem, hypotheses, a="0.099", y="0") == {"a": ("rounded", "rounded"), "y": ("rounded", "rounded")}
    assert found(problem, hypotheses, a="0.0987", y="0")["y"][0] == "wrong"
    assert found(problem, hypotheses, y="0")["y"][0] == "wrong"


def test_the_contract_example():
    assert found(w13=5, g_w35=50, y5=10) == {
        "y5": ("right", ""),
        "grad(w35)": ("right", ""),
        "w13": ("wrong", "updated-weights"),
    }


def test_one_consistent_hypothesis_wins_over_several_guesses():
    """−2 for w13 alone may be many things; with w35 = −5 and w23 = 2 it is the change given for the weight."""
    assert found(w13=-2, w23=2, w35=-5) == dict.fromkeys(("w13", "w23", "w35"), ("wrong", "change-for-weight"))


def test_an_error_is_carried_forward_and_no_slip_of_its_own():
    said = diagnose(HYPOTHESES, RELU, {"x3": "7.3", "y3": "7.3", "x5": "14.6", "Loss": "106.58", "grad(w35)": "106.58"})
    assert said["x3"].slips == ()
    for key in ("y3", "x5", "Loss", "grad(w35)"):
        assert said[key].verdict == "wrong"
        assert said[key].slips[0].id == "carried"
        assert said[key].carried == ("x3",)
    assert said["Loss"].slips[0].says == "Right, given your x3 = 7.3."


def test_a_slip_after_an_error_carried_forward():
    """x3 = 7.3 is nobody's slip; from it y5 = 14.6, and −14.6·2 is the gradient with target minus output."""
    got = found(x3="7.3", y5="14.6", g_y3="-29.2")
    assert got == {"x3": ("wrong", ""), "y5": ("wrong", "carried"), "grad(y3)": ("wrong", "wrong-error-sign")}


def test_a_slip_above_a_right_answer_is_no_cause():
    """x5 = 12 comes of adding in x3; but x3 and y3 are right here."""
    assert found(x5=12)["x5"] == ("wrong", "added-in-sum")
    assert found(x3=5, y3=5, x5=12)["x5"] == ("wrong", "")
    assert found(x5=13)["x5"] == ("wrong", "negative-passed")
    assert found(y4=0, x5=13)["x5"] == ("wrong", "pre-activation-for-output")  # y4 is right, but x4 went into x5


def test_numbers_beyond_everything_are_only_wrong():
    text = 'loss = "y"\n[given]\nx = 10000000\n[parameters]\nw = 0.3\n[equations]\ny = "exp({}w*x)"\n'
    large, small = (symnet.loads(text.format(sign)).problem for sign in ("", "-"))
    assert found(large, Hypotheses(large), y="5", g_x="7") == {"y": ("wrong", ""), "grad(x)": ("wrong", "")}
    assert found(small, Hypotheses(small), y="5", g_x="7") == {"y": ("wrong", ""), "grad(x)": ("wrong", "")}


def test_a_hundred_thousand_updates_are_not_worked_for_a_check():
    problem = replace(RELU, updates=1_000_000)
    with pytest.raises(Mistake, match="1,000,000 updates are too many"):
        Hypotheses(problem, ("w13",))
    assert found(problem, Hypotheses(problem, ("x3",)), x3=5) == {"x3": ("right", "")}


@pytest.mark.parametrize("number", ["17.3", "-0.777", "1234", "0.001", "33.3333"])
def test_an_invented_number_has_no_cause(number):
    assert found(w13=number)["w13"] == ("wrong", "")


def test_invented_figures_of_a_sigmoid_network_have_no_cause():
    """Five hundred random figures of three and four digits: hardly one is met by accident."""
    problem = symnet.load(WORKSHEETS / "delta-form.toml").problem
    hypotheses = Hypotheses(problem)
    right, random = hypotheses.right(problem), Random(1)
    keys = [key for key in hypotheses.keys if right[key] and key not in problem.given]
    blamed = 0
    for _ in range(500):
        key = random.choice(keys)
        number = f"{float(right[key]) * random.uniform(-3, 3):.{random.choice((3, 4))}g}"
        verdict = diagnose(hypotheses, problem, {key: number})[key]
        blamed += verdict.verdict == "wrong" and bool(verdict.slips)
    assert blamed <= 15


@pytest.mark.parametrize(
    ("name", "places"), [("delta-form.toml", 2), ("cross-entropy.toml", 2), ("one-neuron.toml", 1)]
)
def test_rounding_every_line_is_named_with_its_digits(name, places):
    text = (WORKSHEETS / name).read_text(encoding="utf-8").replace('"tanh(n)"', '"tanh(n/7 + 1)"')
    problem = symnet.loads(text).problem
    worked = symnet.solve(replace(problem, places=places))
    answers = {f"grad({x})": exact.written(exact.decimal(value, 9)) for x, value in worked.gradients.items()}
    verdicts = diagnose(Hypotheses(problem), problem, answers)
    wrong = [v for v in verdicts.values() if v.verdict == "wrong"]
    assert wrong
    for verdict in wrong:
        assert verdict.slips[0].id == "rounded-lines", verdict
        assert f"to {places} decimal" in verdict.slips[0].says


def test_numbers_that_follow_from_rounded_ones():
    """Sivanandam, Sumathi and Deepa: yin = 0.4·(−0.1974) + 0.1·0.5370 − 0.2 = −0.22526; exactly it is −0.225245."""
    problem = symnet.load(HERE / "published" / "sivanandam_bipolar.toml").problem
    said = diagnose(Hypotheses(problem), problem, {"z1": "-0.1974", "z2": "0.5370", "yin": "-0.22526"})
    assert [said[key].verdict for key in said] == ["rounded", "rounded", "wrong"]
    assert said["yin"].slips[0].id in ("rounded-lines", "rounded-forward")  # they are all of the forward pass
    assert "to 4 decimals" in said["yin"].slips[0].says


PUBLISHED = [path.stem for path in sorted((HERE / "published").glob("*.toml"))]


@pytest.mark.parametrize("name", PUBLISHED)
def test_no_right_published_figure_is_called_wrong(name):
    expected = json.loads((HERE / "published" / f"{name}.expected.json").read_text(encoding="utf-8"))
    problem = symnet.load(HERE / "published" / f"{name}.toml").problem
    answers, remarked = {}, set()
    for figure in expected["figures"]:
        key = {"forward": "{}", "gradients": "grad({})", "updated": "{}"}.get(figure["in"], "").format(figure["name"])
        if key and (figure["in"] != "updated" or problem.updates <= 100):
            answers[key] = figure["printed"]
            remarked |= {key} if "remark" in figure else set()
    if not answers or expected.get("options"):
        pytest.skip("it prints no figure that check takes")
    for key, verdict in diagnose(Hypotheses(problem, tuple(answers)), problem, answers).items():
        assert verdict.verdict != "wrong" or key in remarked, verdict


SIGMOIDS = """
loss = "E"
learning_rate = 0.5
[given]
x1 = 0.35
x2 = 0.9
t = 0.2
[parameters]
v11 = 0.1
v21 = 0.8
v12 = 0.4
v22 = 0.6
w1 = 0.3
w2 = 0.9
[equations]
z1 = "v11*x1 + v21*x2"
h1 = "sigmoid(z1)"
z2 = "v12*x1 + v22*x2"
h2 = "sigmoid(z2)"
z = "w1*h1 + w2*h2"
y = "sigmoid(z)"
E = "(y - t)^2/2"
"""


def worked_in_floats(forward=lambda x: x, updated=False, no_slope=False):
    """The numbers of somebody who works SIGMOIDS on a calculator, rounding the lines forward, with a slip."""
    v11, v21, v12, v22, w1, w2 = 0.1, 0.8, 0.4, 0.6, 0.3, 0.9
    z1, z2 = forward(v11 * 0.35 + v21 * 0.9), forward(v12 * 0.35 + v22 * 0.9)
    h1, h2 = forward(1 / (1 + exp(-z1))), forward(1 / (1 + exp(-z2)))
    z = forward(w1 * h1 + w2 * h2)
    y = forward(1 / (1 + exp(-z)))
    dz = (y - 0.2) * y * (1 - y)
    new = {"w1": w1 - 0.5 * dz * h1, "w2": w2 - 0.5 * dz * h2}
    u1, u2 = (new["w1"], new["w2"]) if updated else (w1, w2)
    d1, d2 = (u * dz * (1 if no_slope else h * (1 - h)) for u, h in ((u1, h1), (u2, h2)))
    new |= {"v11": v11 - 0.5 * d1 * 0.35, "v21": v21 - 0.5 * d1 * 0.9}
    new |= {"v12": v12 - 0.5 * d2 * 0.35, "v22": v22 - 0.5 * d2 * 0.9}
    lines = {"z1": z1, "h1": h1, "z2": z2, "h2": h2, "z": z, "y": y}
    return lines, {"grad(z)": dz, "grad(z1)": d1, "grad(z2)": d2}, new


def printed(numbers, places):
    return {key: f"{value:.{places}f}" for key, value in numbers.items()}


def causes_of(answers):
    problem = symnet.loads(SIGMOIDS).problem
    verdicts = diagnose(Hypotheses(problem, tuple(answers)), problem, answers)
    assert all(v.verdict != "wrong" or v.slips for v in verdicts.values() if not v.carried)
    return {v.slips[0].says for v in verdicts.values() if v.verdict == "wrong" and v.slips[0].id != "carried"}


@pytest.mark.parametrize("places", [5, 6, 8])
def test_updated_weights_are_told_from_the_new_weights_alone(places):
    """Each number alone may be met by accident, at five decimals; four of them are not."""
    *_, new = worked_in_floats(updated=True)
    assert causes_of(printed(new, places)) == {"You used weights that were already updated."}


def test_more_numbers_never_tell_less():
    lines, gradients, new = worked_in_floats(no_slope=True)
    said = {"You forgot the derivative of the activation at h1 and h2."}
    for answers in (new, {**gradients, **new}, {**lines, **gradients, **new}):
        assert causes_of(printed(answers, 4)) == said


@pytest.mark.parametrize("places", [2, 3])
def test_a_rounded_forward_pass_is_told_with_the_digits_that_it_shows(places):
    lines, gradients, new = worked_in_floats(forward=lambda x: round(x, places))
    answers = printed(lines, places) | printed({**gradients, **new}, 6)
    told = causes_of(answers)
    assert told == {
        f"You rounded every line of the forward pass to {places} decimals and carried on with the rounded numbers."
    }


EXERCISES = [path.name for path in sorted(WORKSHEETS.glob("*.toml")) if symnet.load(path).worked is not None]


@pytest.mark.parametrize("name", EXERCISES)
def test_every_slip_is_found_in_every_exercise(name):
    """Each hypothesis's number is given to check alone; it is named first, or a slip that gives the same number is.

    A few hypotheses, in the exercise and in a random variant of it; tests/benchmarks/diagnosis.py asks many more.
    """
    loaded, random = symnet.load(WORKSHEETS / name), Random(name)
    keys = keys_of(loaded)
    hypotheses, most = Hypotheses(loaded.problem, keys), 60 if len(keys) < 40 else 600 // len(keys)
    for variant in range(2):
        problem = other_numbers(loaded.problem, random) if variant else loaded.problem
        try:
            right = hypotheses.right(problem)
        except Mistake:  # the logarithm of a negative number, say
            continue
        view, asked = hypotheses.view(problem), 0
        # In any order, and no more of them worked exactly than are asked about.
        for hypothesis in sorted(hypotheses.hypotheses, key=lambda _: random.random()):
            values = right if hypothesis.is_rounding or asked == most else view.values(hypothesis)
            shows = where_it_shows(keys, values, right)
            if not shows:
                continue
            key, asked = random.choice(shows), asked + 1
            verdict = diagnose(hypotheses, problem, {key: as_written(values[key])})[key]
            if verdict.verdict == "wrong":
                named = [cause.hypothesis for cause in verdict.slips[:1] if cause.hypothesis is not None]
                assert any(same_number(view, other, values[key], key) for other in named), (
                    hypothesis.says,
                    key,
                    verdict,
                )
            elif verdict.slips and verdict.slips[0].id == "unrounded":  # of who keeps all digits
                off = float(hypotheses.unrounded(problem)[key]) - float(values[key])
                assert abs(off) <= 10.0**-problem.places
            elif verdict.right == right[key]:  # then it is so close to it that it may be that, rounded
                assert abs(float(values[key]) - float(right[key])) <= 0.1 * abs(float(right[key])) + 1e-6
            else:  # or it happens to be the right one over all examples
                assert verdict.right == right[hypotheses.batch[key]]


def same_number(view, named, value, key):
    """Whether the slip that is named gives a number, at that place or at another."""
    others = (hypothesis for hypothesis in view.hypotheses if hypothesis.id == named.id)
    return any(figures(view.values(hypothesis)[key]) == figures(value) for hypothesis in (named, *others))


def test_unknown_quantities_are_refused_with_a_suggestion():
    with pytest.raises(Mistake, match=r'"grad\(w31\)" is not a quantity of this exercise, .*; did you mean "grad'):
        diagnose(HYPOTHESES, RELU, {"grad(w31)": "1"})


BATCH = (
    'learning_rate = 0.1\nloss = "L"\n[given]\nx = 0\nt = 0\n[parameters]\nw = 2\n[equations]\ny = "w*x"\n'
    'L = "(y - t)^2"\n[training]\nmode = "batch"\nreduce = "mean"\n'
    "[[samples]]\nx = 1\nt = 1\n[[samples]]\nx = 3\nt = 2\n[[samples]]\nx = 2\nt = 3\n"
)  # L is 1, 16 and 1, the mean 6; the gradients 2(y − t)x are 2, 24 and 4, their mean 10


def test_in_a_batch_loss_and_gradient_may_be_meant_over_all_examples():
    problem = symnet.loads(BATCH).problem
    hypotheses = Hypotheses(problem)
    right = {"L": ("right", ""), "grad(w)": ("right", ""), "w": ("right", "")}
    assert found(problem, hypotheses, L="6", g_w="10", w="1") == right
    assert found(problem, hypotheses, L="1", g_w="2", w="1") == right
    assert found(problem, hypotheses, L="1", g_w="10", w="1") == right
    assert found(problem, hypotheses, L="6", g_w="2", w="1") == right
    said = diagnose(hypotheses, problem, {"grad(w)": "30", "w": "-1"})
    assert {key: (v.right, v.slips[0].id) for key, v in said.items()} == {
        "grad(w)": (10, "sum-or-mean"), "w": (1, "sum-or-mean"),
    }  # fmt: skip
    said = diagnose(hypotheses, problem, {"mean(grad(w))": "11", "w": "0.9"})
    assert said["w"].carried == ("mean(grad(w))",)
    said = diagnose(hypotheses, problem, {"grad(w)": "11", "w": "0.9"})["w"]
    assert (said.carried, said.slips[0].says) == (("grad(w)",), "Right, given your grad(w) = 11.")


def test_a_mean_follows_from_the_own_numbers_of_the_samples():
    """17.3 for 16, and −5 for 24: (1 + 17.3 + 1)/3 is 6.433, and (2 − 5 + 4)/3 a third."""
    problem = symnet.loads(BATCH).problem
    answers = {"L@1": "1", "L@2": "17.3", "L@3": "1", "mean(L)": "6.433", "grad(w)@1": "2", "grad(w)@2": "-5"}
    answers |= {"grad(w)@3": "4", "mean(grad(w))": "0.333", "w": "1.967"}
    said = diagnose(Hypotheses(problem, [*answers]), problem, answers)
    assert [key for key, verdict in said.items() if not verdict.follows and verdict.verdict == "wrong"] == [
        "L@2", "grad(w)@2",
    ]  # fmt: skip
    assert said["mean(L)"].carried == ("L@2",)
    assert said["mean(grad(w))"].carried == ("grad(w)@2",)
    assert said["w"].carried == ("grad(w)@2",)


@pytest.mark.parametrize(
    ("mean", "new", "says"),
    [
        ("15", "0.5", "You divided the sum over the examples by the wrong number (2 instead of 3)."),  # (2 + 24 + 4)/2
        ("3.3333", "1.6667", "You divided by the number of examples a second time."),
        ("8.6667", "1.1333", "You left out an example (number 3, but divided by 3)."),  # (2 + 24)/3
    ],
)
def test_who_takes_another_mean_has_the_gradients_of_the_examples_right(mean, new, says):
    problem = symnet.loads(BATCH).problem
    right = {"grad(w)@1": "2", "grad(w)@2": "24", "grad(w)@3": "4", "mean(L)": "6"}
    said = diagnose(Hypotheses(problem, [*right]), problem, right | {"mean(grad(w))": mean, "w": new})
    assert {key: said[key].slips[0].says for key in said if key not in right} == {"mean(grad(w))": says, "w": says}


def test_who_sums_the_weights_gradients_alone_has_those_of_the_examples_right():
    """At y = 0, 0 the gradients of v and w are -4, -2 and -2, -8 where t is 4 and 2, and those of b -4 and -2."""
    problem = symnet.loads(
        "learning_rate = 0.5\nloss = 'L'\n[given]\nx = 0\nu = 0\nt = 0\n[parameters]\nv = 0\nw = 0\nb = 0\n"
        "[equations]\ny = 'v*x + w*u + b'\nL = '(y - t)^2/2'\n[training]\nmode = 'batch'\nreduce = 'mean'\n"
        "[[samples]]\nx = 1\nu = 0.5\nt = 4\n[[samples]]\nx = 1\nu = 4\nt = 2\n"
    ).problem
    right = {"grad(v)@1": "-4", "grad(v)@2": "-2", "grad(w)@1": "-2", "grad(w)@2": "-8", "mean(grad(b))": "-3"}
    wrong = {"mean(grad(v))": "-6", "mean(grad(w))": "-10", "v": "3", "w": "5"}
    said = diagnose(Hypotheses(problem, [*right, *wrong]), problem, right | wrong)
    assert {said[key].slips[0].says for key in wrong} == {
        "You did not treat weights and biases alike over the batch "
        "(summed the weights' gradients, averaged the biases')."
    }


def test_a_rounded_number_may_be_divided_by_a_very_small_one():
    """v is 0.001·7.6² = 0.05776, and v̂ a thousand times that: 57.8 of 0.0578, 400 units of the fourth decimal off."""
    problem = symnet.loads(
        'learning_rate = 0.1\nloss = "L"\n[update]\noptimizer = "adam"\n[given]\nx = -2.5\nt = 0.6\n[parameters]\n'
        'w = 1.4\nb = 0.3\n[equations]\ny = "w*x + b"\nL = "(y - t)^2"\n'
    ).problem
    answers = {"grad(b)": "-7.6", "v(b)": "0.0578", "v_hat(b)": "57.8000"}
    said = diagnose(Hypotheses(problem, [*answers]), problem, answers)["v_hat(b)"]
    assert said.follows
    assert not diagnose(Hypotheses(problem, [*answers]), problem, answers | {"v_hat(b)": "57.9000"})["v_hat(b)"].follows


def test_what_has_no_value_takes_none_from_the_other_numbers():
    """v(b) is −0.0076 without the square: there is no root of it, but v(w) and y after any new b are worked on."""
    problem = symnet.loads(
        'learning_rate = 0.1\nloss = "L"\n[training]\nsteps = 2\n[update]\noptimizer = "adam"\n[given]\nx = -2.5\n'
        't = 0.6\n[parameters]\nw = 1.4\nb = 0.3\n[equations]\ny = "w*x + b"\nL = "(y - t)^2"\n'
    ).problem
    answers = {"v(w)@1": "0.019", "w@1": "0.9641", "v(b)@1": "-0.0076", "b@1": "0.5757", "y@2": "-1.8346"}
    said = diagnose(Hypotheses(problem, [*answers]), problem, answers)
    assert [said[key].slips[0].id for key in ("v(w)@1", "v(b)@1")] == ["no-square-in-update"] * 2
    assert not said["b@1"].slips
    assert said["w@1"].carried == ("v(w)@1",)
    assert said["y@2"].follows


def test_a_sheet_of_four_decimals_rounds_a_small_number_to_four():
    """(y - t)²/2 is 0.0000605: of four numbers to four decimals 0.0001 is it, beside one other it may be another."""
    problem = symnet.loads(
        'learning_rate = 0.1\nloss = "L"\n[given]\nx = 0.7\nt = 0.12\n[parameters]\nw = 0.3\nb = -0.101\n[equations]\n'
        'y = "w*x + b"\nL = "(y - t)^2/2"\n'
    ).problem
    hypotheses = Hypotheses(problem)
    few = {"L": "0.0001", "y": "0.109"}
    assert found(problem, hypotheses, **few)["L"] == ("wrong", "")
    said = found(problem, hypotheses, **few, g_w="-0.0077", w="0.3008", b="-0.0999")
    assert said["L"] == ("rounded", "rounded")


def test_numbers_that_happen_to_be_the_mean_do_not_make_a_batch_of_the_first_example():
    """The sign of b₂ lost in z₂: −13½ for −10½; −23 and 69 could be cut from the means −23⅙ and 69½ of all examples."""
    problem = symnet.loads(
        '[network]\nlayers = [2, 2, 1]\nactivation = "relu"\noutput = "linear"\nloss = "mean_squared_error"\n'
        "weights = { W1 = [[-1, -0.5], [-1.5, 2]], b1 = [-2, 2], W2 = [[-0.5], [-3]], b2 = [1.5] }\n"
        "inputs = [[4, 2], [0.5, 1], [-2, 1.5]]\ntargets = [[-2], [0.5], [-0.5]]\n"
    ).problem
    answers = {"z2_1": "-13.5", "Loss": "132.25", "g_w1_1_2": 276, "g_w1_2_2": 138, "g_w2_2_1": -92}
    said = found(problem, Hypotheses(problem), **answers, g_b1_2=69, g_b2_1=-23)
    assert said == dict.fromkeys(said, ("wrong", "term-sign"))


def test_used_updated_weights_in_a_batch_is_told_from_gradients_and_weights():
    """With v = 2 − ½·(−6 − 2)/2 = 4, found first: ∂L/∂w is (−6·4·1 − 2·4·1)/2, −24 of it from the first example."""
    problem = symnet.loads(
        "learning_rate = 0.5\nloss = 'L'\n[given]\nx = 0\nt = 0\n[parameters]\nw = 1\nv = 2\n[equations]\nh = 'w*x'\n"
        "y = 'v*h'\nL = '(y - t)^2/2'\n[training]\nmode = 'batch'\nreduce = 'mean'\n"
        "[[samples]]\nx = 1\nt = 8\n[[samples]]\nx = 1\nt = 4\n"
    ).problem
    said = found(problem, Hypotheses(problem), g_v=-6, v=4, g_w=-24, w=9)
    wrong = ("wrong", "updated-weights")
    assert said == {"grad(v)": ("right", ""), "v": ("right", ""), "grad(w)": wrong, "w": wrong}


def test_used_updated_weights_in_a_batch_are_seen_in_the_gradients_of_every_example():
    """The mean of (y − t)h is −6, so v = 2 + 0.5·6 = 5: −8·5 and −4·5 in place of −8·2 and −4·2."""
    problem = symnet.loads(
        "learning_rate = 0.5\nloss = 'L'\n[given]\nx = 0\nt = 0\n[parameters]\nw = 1\nv = 2\n[equations]\nh = 'w*x'\n"
        "y = 'v*h'\nL = '(y - t)^2/2'\n[training]\nmode = 'batch'\nreduce = 'mean'\n"
        "[[samples]]\nx = 1\nt = 10\n[[samples]]\nx = 1\nt = 6\n"
    ).problem
    right = {"grad(y)@1": "-8", "grad(y)@2": "-4", "grad(v)": "-6", "v": "5"}
    answers = right | {"grad(h)@1": "-40", "grad(h)@2": "-20", "grad(w)": "-30", "w": "16"}
    said = diagnose(Hypotheses(problem, [*answers]), problem, answers)
    slips = {key: verdict.slips[0].id for key, verdict in said.items() if verdict.verdict == "wrong"}
    assert slips == dict.fromkeys(answers.keys() - right.keys(), "updated-weights")


def test_of_two_slips_that_hardly_differ_the_one_that_gives_every_digit_is_told():
    """a = σ(20) is 1 but for 2e-9: taken for its weight v = 3, or left out with it, its error is nearly the same."""
    problem = symnet.loads(
        "[given]\nx = 1\nt = 1\n[parameters]\nw = 20\nv = 3\nu = 2\n[equations]\na = 'sigmoid(w*x)'\n"
        "y = 'v*a + u*x'\nL = '(y - t)^2/2'\n"
    ).problem
    hypotheses = Hypotheses(problem)
    for id in ("no-next-weight", "output-for-weight"):
        values = next(v for s, v in hypotheses.wrong(problem) if (s.id, s.at) == (id, "(from y back to a)"))
        said = found(problem, hypotheses, g_w=as_written(values["grad(w)"]), g_x=as_written(values["grad(x)"]))
        assert said == {"grad(w)": ("wrong", id), "grad(x)": ("wrong", id)}


def test_a_batch_without_updates_has_a_gradient_too():
    problem = symnet.loads(BATCH.replace("learning_rate = 0.1\n", "")).problem
    assert found(problem, Hypotheses(problem, ("grad(w)",)), g_w="10") == {"grad(w)": ("right", "")}


def test_the_change_of_a_weight_may_be_given():
    hypotheses = Hypotheses(RELU, ("change(w13)", "w13"))
    said = diagnose(hypotheses, RELU, {"change(w13)": "-2", "w13": "0"})
    assert [v.verdict for v in said.values()] == ["right", "right"]
    said = diagnose(hypotheses, RELU, {"change(w13)": "-2.5", "w13": "-0.5"})
    assert (said["w13"].slips[0].id, said["w13"].carried) == ("carried", ("change(w13)",))
    assert diagnose(hypotheses, RELU, {"change(w13)": "2"})["change(w13)"].slips[0].id == "uphill"


def test_delta_with_the_other_sign_is_told_where_the_new_weights_are_right():
    said = diagnose(HYPOTHESES, RELU, {"grad(x5)": "-10", "w35": "-3"})["grad(x5)"]
    assert said.slips[0].id == "wrong-error-sign"
    assert said.slips[0].says.endswith("it is right: the new weights are.")
    assert diagnose(HYPOTHESES, RELU, {"grad(x5)": "-10"})["grad(x5)"].slips[0].says.endswith("output minus target.")


def test_a_slip_that_nearly_gives_some_numbers_and_not_the_others_is_not_named():
    """New weights to four decimals, from o² for o(1 − o): 1.97 times the change.  Two updates give nearly twice it."""
    problem = symnet.loads(
        "learning_rate = 0.5\n[given]\ni1 = 0.1\ni2 = 0.4\nb1 = 0.3\nb2 = 0.5\nt = 0.9\n"
        "[parameters]\nw1 = 0.2\nw2 = -0.3\nw3 = 0.45\nw4 = 0.15\nw5 = 0.6\nw6 = -0.25\n"
        "[equations]\nn1 = 'w1*i1 + w2*i2 + b1'\nh1 = 'sigmoid(n1)'\n"
        "n2 = 'w3*i1 + w4*i2 + b1'\nh2 = 'sigmoid(n2)'\nn = 'w5*h1 + w6*h2 + b2'\no = 'sigmoid(n)'\nE = '(t - o)^2/2'\n"
    ).problem
    given = {"w5": "0.6286", "w6": "-0.2188", "w1": "0.2009", "w2": "-0.2962", "w3": "0.4495", "w4": "0.1481"}
    said = found(problem, Hypotheses(problem, tuple(given)), **given)
    assert "steps-off-by-one" not in {cause for _, cause in said.values()}


@pytest.mark.parametrize(
    ("unit", "answers", "id"),
    [
        ("leaky_relu(w*x)", {"a": "0", "g_w": "0"}, "no-leak"),  # for −0.02 and −0.0204
        ("leaky_relu(w*x)", {"g_w": "0"}, "no-leak"),
        ("sigmoid(w*x)", {"g_w": "-1.5515"}, "other-half-of-slope"),  # (a − 1)(1 − a)x with a = 0.1192
    ],
)
def test_other_slopes_and_units(unit, answers, id):
    problem = symnet.loads(
        f"[given]\nx = 2\nt = 1\n[parameters]\nw = -1\n[equations]\na = '{unit}'\nL = '(a - t)^2/2'\n"
    ).problem
    hypotheses = Hypotheses(problem)
    answers = {f"grad({key[2:]})" if key.startswith("g_") else key: number for key, number in answers.items()}
    for verdict in diagnose(hypotheses, problem, answers).values():
        assert id in [cause.id for cause in verdict.slips]


def test_the_slopes_of_one_layer_are_one_place_also_where_each_output_has_an_error_of_its_own():
    """σ′ left out at both outputs, and nowhere else: every number follows from that one slip."""
    problem = symnet.load(HERE / "published" / "mazur_first_step.toml").problem
    slip = [hypothesis for hypothesis in Hypotheses(problem).hypotheses if hypothesis.id == "no-slope"]
    assert "at out_o1 and out_o2" in {hypothesis.at for hypothesis in slip}


@pytest.mark.parametrize(
    ("key", "number", "place"),
    [
        ("grad(w23)", "0", " (second term of x3, or first term of x5)."),
        ("x4", "0", " in x4 (w24 for w14), or in x4 (w14 for w24)."),
        ("w14", "2", " at y4."),  # and at every unit, which need not be said
    ],
)
def test_one_slip_at_several_places_is_one_sentence(key, number, place):
    causes = diagnose(HYPOTHESES, RELU, {key: number})[key].slips
    assert any(cause.says.endswith(place) for cause in causes), causes
    assert len({cause.id for cause in causes}) == len(causes)


def test_the_sign_alone_may_be_wrong():
    assert misprint(read_number("-0.4055", ""), Fraction(40547, 100000)) == "other-sign"


@pytest.mark.parametrize(
    ("number", "value", "id"),
    [
        ("0.06692", Fraction(66928, 10**7), "decimal-point"),  # and cut off
        ("0.06693", Fraction(66928, 10**7), "decimal-point"),
        ("593.27", Fraction(59327, 10**5), "decimal-point"),
        ("0.5923", Fraction(59327, 10**5), "swapped-digits"),
        ("0.5327", Fraction(59327, 10**5), ""),
        ("0.5833", Fraction(59327, 10**5), "one-digit"),
        ("0.5983", Fraction(59327, 10**5), ""),  # rounding on the way may do that
        ("0.5931", Fraction(59327, 10**5), "last-digit"),
        ("-0.0084", Fraction(-834992, 10**8), "last-digit"),
        ("-0.0088", Fraction(-834992, 10**8), ""),
        ("0.5930", Fraction(59327, 10**5), ""),
        ("0.998", Fraction(999, 1000), ""),  # nobody rounds what ends there
        ("0.06", Fraction(6, 10), ""),  # two digits may be anything
        ("12", Fraction(21), ""),
        ("-0.5923", Fraction(59327, 10**5), ""),
        ("1", Fraction(0), ""),
        ("5", Undefined("division by zero"), ""),
    ],
)
def test_how_a_number_is_misprinted(number, value, id):
    assert misprint(read_number(number, "w"), value) == id


def test_a_misprint_is_told_where_no_slip_gives_the_number():
    problem = symnet.loads(SIGMOIDS).problem
    right = Hypotheses(problem).right(problem)
    digits = exact.written(exact.decimal(right["h1"], 5))
    other = digits[:-2] + digits[-1] + digits[-2]
    said = diagnose(Hypotheses(problem, ("h1",)), problem, {"h1": other})["h1"]
    assert [cause.id for cause in said.slips] == ["swapped-digits"]


def test_a_step_function_that_came_out_the_other_way_names_no_slip():
    text = (
        '[given]\nx1 = 1\nx2 = -3\n[parameters]\nw1 = 0.5\nw2 = 0.5\nb = 0.25\n[equations]\nnet = "w1*x1 + w2*x2 + b"\n'
        'y = "step(net)"\ne = "1 - y"\n'
    )  # net = −0.75: forget a term, turn a sign, swap two numbers, and it is positive
    problem = symnet.loads(text).problem
    assert found(problem, Hypotheses(problem), y="1", e="0") == {"y": ("wrong", ""), "e": ("wrong", "carried")}
    told = found(problem, Hypotheses(problem), net="0.75", y="1")  # 0.5 + 0.25: the second term is missing
    assert told["net"] == ("wrong", "no-term")
    assert told["y"][0] == "wrong"


def test_rounded_numbers_above_are_quoted_where_they_have_different_digits():
    text = '[parameters]\na = 2\nb = 3\n[equations]\nu = "a/3"\nv = "b/7"\nz = "u*v"\n'
    problem = symnet.loads(text).problem
    said = diagnose(Hypotheses(problem), problem, {"u": "0.67", "v": "0.4286", "z": "0.2872"})["z"]
    assert [cause.says for cause in said.slips] == [
        "Right, given your u = 0.67, v = 0.4286, rounded as you wrote it down."
    ]


def test_what_an_update_names_in_between_may_be_given():
    text = (
        'learning_rate = 0.001\nloss = "L"\n[given]\ng = 0.1\n[parameters]\nw = 1\n[equations]\nL = "g*w"\n'
        '[update]\noptimizer = "adam"\n'
    )
    problem = symnet.loads(text).problem
    said = diagnose(
        Hypotheses(problem, ("m_hat(w)", "m(w)")), problem, {"m(w)": "0.01", "m_hat(w)": "0.1", "v_hat(w)": "0.01"}
    )
    assert [v.verdict for v in said.values()] == ["right"] * 3
    with pytest.raises(Mistake, match=r"known: L, .* m\(w\), v\(w\), m_hat\(w\)"):
        diagnose(Hypotheses(problem, ("q",)), problem, {"q": "1"})


def test_what_follows_names_the_number_that_it_was_worked_from():
    text = '[parameters]\na = 0.3\n[equations]\nu = "2*a"\nv = "u^2"\nz = "v/3"\n'
    problem = symnet.loads(text).problem
    said = diagnose(Hypotheses(problem), problem, {"u": "0.7", "v": "0.5", "z": "0.17"})
    assert said["v"].slips[0].says == "Right, given your u = 0.7."
    assert said["z"].slips[0].says == "Right, given your v = 0.5."  # 0.7²/3 is 0.16
    assert said["z"].carried == ("u",)


@pytest.mark.parametrize(("key", "number"), [("h1", "0.67"), ("z", "0.800"), ("y", "0.689"), ("grad(w2)", "0.0689")])
def test_one_number_alone_tells_no_way_of_rounding(key, number):
    """Some way of rounding gives any number that is a little off; only more numbers tell which."""
    problem = symnet.loads(SIGMOIDS).problem
    said = diagnose(Hypotheses(problem), problem, {key: number})[key]
    assert said.verdict == "wrong"
    assert not any(cause.id.startswith(("rounded-", "truncated-")) for cause in said.slips)


TRAINED = """
learning_rate = 0.05
loss = "L"
[training]
steps = 2
[update]
optimizer = "momentum"
[given]
x = 1.5
t = 2.3
[parameters]
w = 0.7
b = -0.4
[equations]
y = "w*x + b"
L = "(y - t)^2"
"""


def test_credit_is_for_numbers_that_enter_the_one_that_is_judged():
    """The second update of w sees b, which the wrong gradient moved; the loss enters neither gradient."""
    problem = loads(TRAINED, "momentum").problem
    answers = {"y": "0.65", "L": "2.722", "grad(w)": "-4.95", "grad(b)": "-4.95", "w": "1.325", "b": "0.2249"}
    verdict = diagnose(Hypotheses(problem, tuple(answers)), problem, answers)["w"]
    assert verdict.carried == ("grad(b)",)
    assert "L = " not in verdict.slips[0].says


@pytest.mark.parametrize(("v", "verdict"), [("0.3", "rounded"), ("0.30", "rounded"), ("0.31", "wrong")])
def test_on_a_sheet_of_two_decimals_a_new_weight_may_be_the_old_one(v, verdict):
    """Of 0.2989 two decimals are 0.30, and nothing on the sheet says that it was left as it was; three would."""
    forward = "".join(f'z{i} = "v*x{i}"\n' for i in range(1, 7))
    inputs = "".join(f"x{i} = 0.{i}7\n" for i in range(1, 7))
    text = f"learning_rate = 0.03\n[given]\n{inputs}[parameters]\nv = 0.3\n[equations]\n{forward}"
    problem = loads(text + 'L = "(z1 + z2 + z3 - 0.22)^2"', "two-decimals").problem
    answers = {"z1": "0.05", "z2": "0.08", "z3": "0.11", "z4": "0.14", "z5": "0.17", "z6": "0.20", "v": v}
    assert diagnose(Hypotheses(problem, tuple(answers)), problem, answers)["v"].verdict == verdict
    finer = {
        **answers,
        "v": "0.3",
        "z1": "0.051",
        "z2": "0.081",
        "z3": "0.111",
        "z4": "0.141",
        "z5": "0.171",
        "z6": "0.201",
    }
    assert diagnose(Hypotheses(problem, tuple(finer)), problem, finer)["v"].verdict == "wrong"


def test_zeros_at_the_end_of_a_new_weight_may_be_left_out():
    """1.3 is 1.300 among numbers of four digits, and no copy of the old 1.3, where 1.29955 is right."""
    text = 'learning_rate = 0.1\nloss = "L"\n[given]\nx = 0.0045\nu = 3.17\n[parameters]\nw = 1.3\nv = 0.7\n'
    problem = loads(text + '[equations]\nL = "w*x + v*u"\n', "zeros").problem
    hypotheses = Hypotheses(problem)
    assert found(problem, hypotheses, w="1.3", v="0.383") == {"w": ("rounded", "rounded"), "v": ("right", "")}
    assert found(problem, hypotheses, w="1.3", v="0.38300")["w"] == ("wrong", "not-updated")


def test_a_zero_of_few_decimals_is_meant_to_those_of_the_sheet():
    text = 'loss = "y"\n[given]\nx = 0.3141\n[parameters]\nw = 0.0014\n[equations]\na = "x^2"\nb = "4*x"\ny = "4*w"\n'
    problem = loads(text, "zeros").problem
    hypotheses = Hypotheses(problem)
    assert found(problem, hypotheses, a="0.10", b="1.26", y="0.0")["y"] == ("rounded", "truncated")  # 0.0056
    problem = replace(problem, start={"w": Fraction(1, 1000)})
    assert found(problem, hypotheses, a="0.10", b="1.26", y="0.0")["y"] == ("rounded", "rounded")
    assert found(problem, hypotheses, a="0.0987", b="1.2564", y="0.0")["y"][0] == "wrong"


@pytest.mark.parametrize(("number", "how"), [("0.504998396209", "last-place"), ("0.504998396219", ""), ("0.5051", "")])
def test_twelve_digits_by_hand_may_be_one_or_two_off_in_the_last(number, how):
    assert read_number(number, "it").matches(Fraction("0.504998396207772")) == how


@pytest.mark.parametrize(
    ("number", "how"), [("1446257064290", "rounded"), ("1446260000000", "rounded"), ("1446270000000", ""), ("140", "")]
)
def test_zeros_before_the_point_fill_up_a_number_of_many_digits(number, how):
    value = Fraction("1446257064292.5") if len(number) > 3 else Fraction("138.2")
    assert read_number(number, "it").matches(value) == how


@pytest.mark.parametrize(("value", "how"), [("1.5e-40", "float64"), ("5e-301", "float64"), ("1e-9", "")])
def test_a_zero_is_what_a_machine_makes_of_next_to_nothing(value, how):
    assert read_number("0", "it").matches(exact.Decimal(value)) == how


def test_a_slip_worked_in_full_where_lines_are_rounded_is_seen_by_a_number_that_shows_it():
    text = """round = 3
given = { x = [1.37, -0.68, 0.11, 0.2], t = 0.4 }
parameters = { w = [0.83, 0.46, 0, 0], b = -0.112, v = 1.7 }
equations = { z = "w @ x + b", h = "tanh(z)", y = "v*h", L = "(y - t)^2/2" }"""
    x = (1.37, -0.68, 0.11, 0.2)
    delta = (1.7 * tanh(0.83 * x[0] + 0.46 * x[1] - 0.112) - 0.4) * 1.7  # without 1 − h²
    full = {f"grad(w{i})": f"{delta * x[i - 1]:.3f}" for i in (1, 2, 3, 4)} | {"grad(b)": f"{delta:.3f}"}
    exercise = symnet.loads(text)
    told = symnet.check(exercise, full).verdicts.values()
    assert [[slip.id for slip in verdict.slips][:1] for verdict in told] == [["no-slope"]] * 5
    off = {key: full[key] for key in ("grad(w1)", "grad(w2)", "grad(b)")}  # each a thousandth from what rounding gives
    assert not any(verdict.slips for verdict in symnet.check(exercise, off).verdicts.values())
