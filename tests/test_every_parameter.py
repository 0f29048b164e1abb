"""Rules for every parameter, the input that belongs to each, and the state that a named optimizer starts from."""

from dataclasses import replace
from fractions import Fraction as F

import pytest

import symnet
from symnet.algebra import optimizers
from symnet.algebra.mistakes import Mistake
from symnet.working.solution import solve

PERCEPTRON = """
learning_rate = 1
parameters = { w1 = 0, w2 = 0, b = 0 }
samples = [{ x1 = 1, x2 = 1, t = 1 }, { x1 = 1, x2 = -1, t = -1 }, { x1 = -1, x2 = 1, t = -1 }]
training = { mode = "online", epochs = 2 }
[equations]
z = "w1*x1 + w2*x2 + b"
y = "sign(z)"
[update]
rules = [RULES]
"""
LINE = """
learning_rate = 0.1
given = { x1 = 2, x2 = -1, t = 1 }
parameters = { w1 = 1, w2 = 3, b = -1 }
training = { steps = 3 }
[equations]
y = "w1*x1 + w2*x2 + b"
L = "(y - t)^2/2"
"""


def loads(text, *rules, state=""):
    listed = ", ".join(f'"{rule}"' for rule in rules)
    if "RULES" in text:
        return symnet.loads(text.replace("RULES", listed) + (f"state = {{ {state} }}" if state else ""))
    return symnet.loads(f"{text}\n[update]\nrules = [{listed}]\n" + (f"state = {{ {state} }}" if state else ""))


def refused(text, *rules, state=""):
    with pytest.raises(Mistake) as found:
        loads(text, *rules, state=state)
    return str(found.value)


def is_near(one, other, digits):
    return abs(F(one) - F(other)) <= abs(F(other)) / 10**digits


# -- a name that stands for every parameter ---------------------------------------------------------------------------


def test_the_perceptron_rule_is_the_rules_written_out():
    """As equal formulas, so that they print and run alike: the input of a bias, 1, is not written."""
    short = loads(PERCEPTRON, "w = w + lr*(t - y)*input(w)")
    long = loads(PERCEPTRON, "w1 = w1 + lr*(t - y)*x1", "w2 = w2 + lr*(t - y)*x2", "b = b + lr*(t - y)")
    assert short.problem.rules == long.problem.rules
    assert short.solve().updated == long.solve().updated == {"w1": 3, "w2": 3, "b": -1}


def test_any_name_may_stand_for_every_parameter():
    one = loads(PERCEPTRON, "w = w + lr*(t - y)*input(w)").problem.rules
    assert loads(PERCEPTRON, "theta = theta + lr*(t - y)*input(theta)").problem.rules == one


def test_where_the_name_is_a_parameter_the_rule_is_for_it_alone():
    text = LINE.replace("w1", "w")
    updated = loads(text, "w = w + 1").solve().updated
    assert updated == {"w": 4, "w2": 3, "b": -1}


def test_state_and_new_names_are_kept_for_each_parameter():
    exercise = loads(LINE, "g = grad(w)", "v = 0.9*v - lr*g", "w = w + v", state="v = 0")
    w, v = {"w1": F(1), "w2": F(3), "b": F(-1)}, dict.fromkeys(("w1", "w2", "b"), F(0))
    for _ in range(3):
        error = w["w1"] * 2 - w["w2"] + w["b"] - 1
        for name, x in (("w1", 2), ("w2", -1), ("b", 1)):
            v[name] = F(9, 10) * v[name] - F(1, 10) * error * x
            w[name] += v[name]
    assert exercise.solve().updated == {**w, **{f"v({name})": value for name, value in v.items()}}
    assert [rule.name for rule in exercise.problem.rules][:3] == ["g(w1)", "v(w1)", "w1"]


@pytest.mark.parametrize("written", ["v = 7", '"v(w1)" = 7, "v(w2)" = 7, "v( b )" = 7', 'v = 0, "v(w1)" = 7'])
def test_state_starts_for_all_or_for_each(written):
    start = loads(LINE, "v = 0.9*v - lr*grad(w)", "w = w + v", state=written).problem.state
    others = 0 if written.startswith("v = 0") else 7
    assert start == {"v(w1)": 7, "v(w2)": others, "v(b)": others}


def test_what_no_rule_makes_differ_stays_single():
    rules = ("k = k + 1", "e = t - y", "w = w + e*input(w)/k")
    problem = loads(PERCEPTRON, *rules, state="k = 0").problem
    assert problem.state == {"k": 0}
    assert [rule.name for rule in problem.rules] == ["k", "e", "w1", "w2", "b"]


def test_adam_spelled_out_for_every_parameter_is_the_named_one():
    rules = (
        "k = k + 1", "m = 0.9*m + (1 - 0.9)*grad(w)", "v = 0.999*v + (1 - 0.999)*grad(w)^2",
        "m_hat = m/(1 - 0.9^k)", "v_hat = v/(1 - 0.999^k)", "w = w - lr*m_hat/(sqrt(v_hat) + 1e-8)",
    )  # fmt: skip
    spelled = loads(LINE, *rules, state="m = 0, v = 0, k = 0").solve(25).updated
    named = symnet.loads(f'{LINE}\n[update]\noptimizer = "adam"').solve(25).updated
    assert spelled.keys() - named.keys() == {"k"}
    for name, value in named.items():
        assert is_near(spelled[name], value, 24)


def test_a_rule_that_reads_a_certain_parameter_sees_it_as_the_rules_before_left_it():
    """The first rule is carried out for every parameter before the second."""
    updated = loads(LINE, "d = w - w1", "w = w - d").solve().updated
    assert updated == {"w1": 1, "w2": 1, "b": 1}


def test_a_batch_gives_every_parameter_its_mean_gradient():
    text = PERCEPTRON.replace("y = ", "L = '(z - t)^2/2'\ny = ").replace('mode = "online", ', "")
    every = loads(text.replace("learning_rate = 1", 'learning_rate = 0.1\nloss = "L"'), "w = w - lr*grad(w)")
    plain = every.source.split("[update]")[0]
    assert every.solve().updated == symnet.loads(plain).solve().updated


# -- the input that belongs to a parameter ----------------------------------------------------------------------------


def test_the_input_is_the_slope_of_the_one_equation_that_reads_it():
    text = LINE.replace("w1*x1 + w2*x2 + b", "sin(w1*x1) - w2^2*x2 + b")
    problem = loads(text, "w = input(w)").problem
    wanted = loads(text, "w1 = cos(w1*x1)*x1", "w2 = -2*w2*x2", "b = 1")
    once = [symnet.solve(replace(p, updates=1)).updated for p in (problem, wanted.problem)]
    assert once[0] == once[1]


def test_an_input_with_a_parameter_in_it_is_from_before_the_update():
    text = LINE.replace("w1*x1 + w2*x2 + b", "w1*w2 + b").replace("steps = 3", "steps = 1")
    assert loads(text, "w = w + input(w)").solve().updated == {"w1": 1 + 3, "w2": 3 + 1, "b": -1 + 1}


def test_one_parameter_may_have_its_input_named():
    assert loads(LINE, "w1 = w1 + input(w1)").problem.rules == loads(LINE, "w1 = w1 + x1").problem.rules


def test_a_quantity_called_input_is_still_a_factor():
    text = LINE.replace("x1", "input")
    assert (
        loads(text, "w1 = w1 + 2*input (t - y)").problem.rules == loads(text, "w1 = w1 + 2*input*(t - y)").problem.rules
    )


# -- published updates from a given state -----------------------------------------------------------------------------

# KotlinNLP/SimpleDNN, the specs of its update methods: one update of five weights, learning rate 0.001.
KOTLIN = """
learning_rate = 0.001
given = { c1 = 0.9, c2 = 0.7, c3 = 0.4, c4 = 0.8, c5 = 0.1 }
parameters = { w1 = 0.4, w2 = 0.4, w3 = 0.5, w4 = 1.0, w5 = 0.8 }
[equations]
L = "c1*w1 + c2*w2 + c3*w3 + c4*w4 + c5*w5"
[update]
"""
VELOCITY = 'state = { "v(w1)" = 0.7, "v(w2)" = 0.8, "v(w3)" = 0.5, "v(w4)" = 0.3, "v(w5)" = 0.2 }'
SQUARES = 'state = { "s(w1)" = 1, "s(w2)" = 0.4, "s(w3)" = 0.7, s = 0, "s(w5)" = 0.2 }'
SPECS = {
    "momentum": (
        f'rules = ["v = 0.9*v + lr*grad(w)", "w = w - v"]\n{VELOCITY}',
        ["-0.2309", "-0.3207", "0.0496", "0.7292", "0.6199"],
    ),
    "nesterov": (
        f'rules = ["old = v", "v = 0.9*v + lr*grad(w)", "w = w - 1.9*v + 0.9*old"]\n{VELOCITY}',
        ["-0.16871", "-0.24933", "0.09424", "0.75548", "0.63781"],
    ),
    "adagrad": (
        f'optimizer = "adagrad"\nepsilon = 1e-8\n{SQUARES}',
        ["0.399331", "0.399258", "0.499569", "0.999000", "0.799782"],
    ),
}


@pytest.mark.parametrize("spec", SPECS)
def test_a_published_update_from_a_given_state(spec):
    update, printed = SPECS[spec]
    updated = symnet.loads(KOTLIN + update).solve().updated
    for i, figure in enumerate(printed, 1):
        assert abs(F(updated[f"w{i}"]) - F(figure)) <= F(1, 2 * 10**6)


# -- what is refused --------------------------------------------------------------------------------------------------

REFUSED = {
    "several equations read it": (
        LINE.replace("L =", 'q = "w1^2"\nL ='), ["w = w + input(w)"], ["input(w1)", "y and q"],
    ),
    "no equation reads it": (LINE.replace(" + b", ""), ["w = w + input(w)"], ["input(b)", "no equation"]),
    "its input differs in a batch": (
        PERCEPTRON.replace('mode = "online", ', ""), ["w = w + t*input(w)"], ["x1 for input(w1)", "online"],
    ),
    "two names": (LINE, ["w = w - grad(w)", "u = u - grad(u)"], ["w and u", "one name"]),
    "a misspelt parameter": (LINE, ["w1 = w1 - grad(w1)", "w_2 = w_2 - grad(w_2)"], ["update.rules[0]", "w_2"]),
    "one of its own": (LINE, ["w = w - grad(w)", "b = b - 1"], ["update.rules[1]", "changes b"]),
    "a name that is used too soon": (LINE, ["w1 = w1 - u", "u = grad(w1)"], ["update.rules[0]", "u"]),
    "an unknown input": (LINE, ["w1 = w1 - input(q)"], ["input(q)", "parameter"]),
    "the input of what is given": (LINE, ["w1 = w1 - input(x1)"], ["input(x1)", "parameter"]),
    "a name that means something": (LINE, ["mean = grad(w)", "w = w - mean"], ["mean(w)", "another name"]),
    "state that was forgotten": (LINE, ["v = 0.9*v + grad(w)", "w = w - v"], ["w and v", "state = { v = 0 }"]),
    "state of one that was forgotten": (LINE, ["v = 0.9*v + grad(b)", "b = b - v"], ["changes b", "state = { v = 0 }"]),
    "x for the input": (LINE, ["w = w + x*(t - y)"], ['"x"', "input(w)"]),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_meant_is_refused(case):
    text, rules, parts = REFUSED[case]
    message = refused(text, *rules)
    assert "\n" not in message
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("state", "parts"),
    [
        ('"v(w9)" = 1', ["v(w9)", "not a parameter"]),
        ('"v(w1)" = 1', ["no", "v(w2)"]),
        ('v = 0, "k(w1)" = 1', ["k(w1)", "call it k"]),
        ("x1 = 1", ["update.state.x1", "name of the exercise"]),
        ('"x1(w1)" = 1', ["x1(w1)", "name of the exercise"]),
        ('"v(w1" = 1', ["v(w1", "name"]),
        ('v = 0, "v (w1)" = 1, "v(w1)" = 2', ["v(w1)", "twice"]),
    ],
)
def test_state_that_belongs_to_nothing_is_refused(state, parts):
    message = refused(LINE, "v = 0.9*v - lr*grad(w)", "w = w + v", state=state)
    for part in parts:
        assert part in message


# -- a named optimizer from a given state -----------------------------------------------------------------------------


def with_optimizer(name, state="", steps=3):
    text = LINE.replace("steps = 3", f"steps = {steps}").replace("y = ", 'h = "w1*x1"\ny = ')
    return symnet.loads(f'{text}\n[update]\noptimizer = "{name}"\n' + (f"state = {{ {state} }}" if state else ""))


def counts(name):
    return any(optimizers.UPDATE_NUMBER in rule.rhs.free_symbols for rule in with_optimizer(name).problem.rules)


@pytest.mark.parametrize("name", [name for name in optimizers.CATALOGUE if name != "sgd"])
def test_five_steps_are_three_and_two_from_where_those_ended(name):
    exercise = with_optimizer(name, steps=3)
    after = exercise.solve(40).updated
    state = {key: str(F(value)) for key, value in after.items() if "(" in key}
    written = ", ".join(f'"{key}" = "{value}"' for key, value in state.items()) + ", t = 3" * counts(name)
    later = with_optimizer(name, written, steps=2)
    start = {key: F(after[key]) for key in exercise.problem.start}
    further = symnet.solve(replace(later.problem, start=start), 20).updated
    at_once = with_optimizer(name, steps=5).solve(20).updated
    for key, value in at_once.items():
        assert is_near(further[key], value, 18)


def test_a_kind_without_a_parameter_is_the_start_of_all_and_one_of_its_own_goes_before():
    problem = with_optimizer("adam", '"v(w2)" = 5, m = 0.1, v = 2, t = "3"').problem
    assert {key: value for key, value in problem.state.items() if key.startswith("m")} == dict.fromkeys(
        ("m(w1)", "m(w2)", "m(b)"), F(1, 10)
    )
    assert (problem.state["v(w1)"], problem.state["v(w2)"], problem.made) == (2, 5, 3)


@pytest.mark.parametrize(
    ("name", "state", "parts"),
    [
        ("momentum", "t = 3", ["update.state.t", "momentum", "v(w1)"]),
        ("adam", "s = 3", ["update.state.s", "adam", "m(w1)", "t"]),
        ("adam", '"m(w9)" = 3', ["m(w9)", "m(w"]),
        ("adam", "m_hat = 3", ["m_hat"]),
        ("adam", "t = 0.5", ["update.state.t", "whole number"]),
        ("adam", "t = -1", ["update.state.t", "whole number"]),
        ("sgd", "v = 0", ["update.state.v", "sgd remembers nothing"]),
        ("adam", "m = [1, 2]", ["update.state.m", "number"]),
    ],
)
def test_state_that_an_optimizer_does_not_have_is_refused(name, state, parts):
    with pytest.raises(Mistake) as found:
        with_optimizer(name, state)
    for part in parts:
        assert part in str(found.value)


def test_training_does_not_pass_over_a_starting_state():
    exercise = with_optimizer("adam", "m = 1")
    with pytest.raises(Mistake, match=r"update\.state is worked by symnet solve"):
        exercise.train(progress=False)


# -- on the sheet -----------------------------------------------------------------------------------------------------


def test_the_sheet_says_the_rules_and_what_is_remembered(command, tmp_path):
    file = tmp_path / "adam.toml"
    file.write_text(f'{LINE}\n[update]\noptimizer = "adam"\nstate = {{ m = 0.5, t = 3 }}')
    _, shown, _ = command("solve", file)
    given = shown.partition("1. ")[0]
    assert "Update number k of w₁, and likewise for the others:" in given
    assert "m̂_w₁ ← m_w₁/(1 − 0.9^k)" in given
    assert "Remembered after 3 updates: m_w₁ = 0.5, v_w₁ = 0" in given
    assert "/(1 − 0.9⁴)" in shown


def test_the_history_has_what_is_remembered_and_what_each_update_gives():
    rules = '["g = grad(w)", "v = 0.9*v - lr*g", "w = w + v"]'
    problem = symnet.loads(f"{LINE}\n[update]\nrules = {rules}\nstate = {{ v = 1 }}").problem
    first, second, third = solve(replace(problem, updates=3), history=True).history
    assert first.state == {"v(w1)": 1, "v(w2)": 1, "v(b)": 1}
    assert second.state == {key: first.after(problem.rules)[key] for key in ("v(w1)", "v(w2)", "v(b)")}
    assert second.parameters == {key: first.after(problem.rules)[key] for key in ("w1", "w2", "b")}
    after = third.after(problem.rules)
    assert after["change(w1)"] == after["w1"] - third.parameters["w1"] == after["v(w1)"]
    assert after["g(w1)"] == third.gradients["w1"]
