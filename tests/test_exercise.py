"""The exercise file, fact by fact: each number is worked out here a second time, in plain fractions or mpmath."""

import math
from fractions import Fraction as F

import mpmath
import pytest
from answers import exact
from neuron import LINE, line
from texts import RELU

# -- numbers ----------------------------------------------------------------------------------------------------------

WRITTEN = [
    ("0.1", F(1, 10)),
    ("2", F(2)),
    ("-3", F(-3)),
    ("1e-7", F(1, 10**7)),
    ("-2.50", F(-5, 2)),
    ("1_000", F(1000)),
    ("0.1000000000000000055511151231257827", F("0.1000000000000000055511151231257827")),
    ('"2"', F(2)),
    ('"0.10"', F(1, 10)),
    ('"1/3"', F(1, 3)),
    ('"-1/3"', F(-1, 3)),
    ('"1e-7"', F(1, 10**7)),
    ('"  2/4 "', F(1, 2)),
]


@pytest.mark.parametrize(("written", "value"), WRITTEN)
def test_a_given_number_bare_or_quoted_is_exact(solve, written, value):
    answer = solve(f'[given]\nx = {written}\n[equations]\ny = "x"')
    assert exact(answer["forward"]) == {"y": value}


@pytest.mark.parametrize(("written", "value"), WRITTEN)
def test_a_parameter_bare_or_quoted_is_exact(solve, written, value):
    answer = solve(f'learning_rate = 1\n[parameters]\nw = {written}\n[equations]\ny = "3*w"')
    assert exact(answer["updated"]) == {"w": value - 3}


@pytest.mark.parametrize(("written", "value"), WRITTEN)
def test_a_learning_rate_bare_or_quoted_is_exact(solve, written, value):
    answer = solve(f'learning_rate = {written}\n[parameters]\nw = 0\n[equations]\ny = "7*w"')
    assert exact(answer["updated"]) == {"w": -7 * value}


@pytest.mark.parametrize(("written", "value"), WRITTEN)
def test_a_number_of_a_sample_bare_or_quoted_is_exact(solve, written, value):
    answer = solve(f'[equations]\ny = "x"\n[[samples]]\nx = {written}')
    assert exact(answer["forward"]) == {"y": value}


@pytest.mark.parametrize(("written", "value"), WRITTEN)
def test_a_state_bare_or_quoted_is_exact(solve, written, value):
    answer = solve(
        f'[parameters]\nw = 0\n[equations]\ny = "w"\n[update]\nrules = ["w = w + s"]\nstate = {{ s = {written} }}'
    )
    assert exact(answer["updated"]) == {"w": value, "s": value}


# -- empty and absent tables ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ["", "[given]\n"])
@pytest.mark.parametrize("parameters", ["", "[parameters]\n"])
def test_given_and_parameters_may_be_empty_or_absent(solve, given, parameters):
    answer = solve(f'{given}{parameters}[equations]\ny = "2 + 3"')
    assert exact(answer["forward"]) == {"y": F(5)}
    assert answer["updated"] == {}


def test_without_parameters_nothing_is_updated(solve):
    answer = solve('learning_rate = 0.1\n[given]\nx = 3\n[equations]\ny = "x^2"')
    assert answer["updated"] == {}
    assert answer["forward_after"] == answer["forward"]


def test_without_parameters_spelled_out_rules_update_nothing(solve):
    text = '[given]\nx = 3\n[equations]\ny = "x^2"\n[update]\nrules = ["v = v + 1"]\nstate = { v = 0 }'
    answer = solve(text)
    assert answer["updated"] == {}
    assert answer["forward_after"] == answer["forward"]


def test_without_learning_rate_and_update_nothing_is_updated(solve):
    answer = solve(LINE)
    assert answer["updated"] == {}
    assert answer["forward_after"] == answer["forward"]
    assert exact(answer["gradients"])["w"] == line(3, -1, 2, 1)[1]["w"]


def test_asking_for_steps_without_learning_rate_updates_nothing(solve):
    answer = solve(LINE, "--steps", 3)
    assert answer["updated"] == {}
    assert answer["forward_after"] == answer["forward"]


def test_a_negative_learning_rate_goes_uphill(solve):
    answer = solve("learning_rate = -0.1" + LINE)
    values, slopes = line(3, -1, 2, 1)
    assert exact(answer["updated"]) == {"w": 3 + slopes["w"] / F(10), "b": -1 + slopes["b"] / F(10)}
    assert exact(answer["forward_after"])["L"] > values["L"]


def test_a_learning_rate_of_zero_updates_to_the_same_numbers(solve):
    answer = solve("learning_rate = 0" + LINE)
    assert exact(answer["updated"]) == {"w": F(3), "b": F(-1)}


# -- the loss ---------------------------------------------------------------------------------------------------------


def test_without_a_loss_the_last_equation_is_differentiated(solve):
    answer = solve('[given]\nx = 3\n[equations]\na = "x^2"\nb = "5*a"')
    assert exact(answer["gradients"]) == {"x": F(30), "a": F(5), "b": F(1)}


def test_a_loss_may_be_any_equation_and_those_after_it_are_computed_all_the_same(solve):
    answer = solve('loss = "a"\n[given]\nx = 3\nu = 2\n[equations]\na = "x^2"\nb = "5*a + u"')
    assert exact(answer["forward"]) == {"a": F(9), "b": F(47)}
    assert exact(answer["gradients"]) == {"x": F(6), "u": F(0), "a": F(1), "b": F(0)}
    assert exact(answer["partials"]) == {"a/x": F(6), "b/a": F(5), "b/u": F(1)}


def test_an_update_follows_the_loss_that_is_named(solve):
    text = 'loss = "a"\nlearning_rate = 1\n[parameters]\nw = 3\n[equations]\na = "w^2"\nb = "100*a"'
    answer = solve(text)
    assert exact(answer["updated"]) == {"w": F(-3)}
    assert exact(answer["forward_after"]) == {"a": F(9), "b": F(900)}


def test_gradients_are_given_for_every_name(solve):
    answer = solve(RELU)
    names = {"x1", "x2", "t", "w13", "w23", "w14", "w24", "w35", "w45", "x3", "y3", "x4", "y4", "x5", "y5", "Loss"}
    assert set(answer["gradients"]) == names
    assert exact(answer["gradients"])["Loss"] == 1


def test_the_gradient_in_an_unrelated_name_is_zero(solve):
    answer = solve('[given]\nx = 3\nu = 7\n[parameters]\np = 5\n[equations]\ns = "u*p"\ny = "x^2"')
    assert exact(answer["gradients"]) == {"x": F(6), "u": F(0), "p": F(0), "s": F(0), "y": F(1)}


def test_an_unrelated_parameter_stays_as_it_is(solve):
    answer = solve('learning_rate = 1\n[parameters]\nw = 3\np = 5\n[equations]\ny = "w^2"')
    assert exact(answer["updated"]) == {"w": F(-3), "p": F(5)}


def test_a_name_used_twice_gathers_both_gradients(solve):
    answer = solve('[given]\na = 3\n[equations]\nb = "a + a"')
    assert exact(answer["gradients"])["a"] == 2
    assert exact(answer["partials"]) == {"b/a": F(2)}


def test_partials_are_of_each_equation_by_each_name_in_it(solve):
    answer = solve(RELU)
    assert exact(answer["partials"]) == {
        "x3/w13": F(1), "x3/x1": F(2), "x3/w23": F(-1), "x3/x2": F(-3), "y3/x3": F(1),
        "x4/w14": F(1), "x4/x1": F(1), "x4/w24": F(-1), "x4/x2": F(4), "y4/x4": F(0),
        "x5/w35": F(5), "x5/y3": F(2), "x5/w45": F(0), "x5/y4": F(-1), "y5/x5": F(1),
        "Loss/y5": F(10), "Loss/t": F(-10),
    }  # fmt: skip


def test_the_worked_relu_exercise_has_its_printed_numbers(solve):
    answer = solve(RELU)
    assert exact(answer["forward"]) == {"x3": 5, "y3": 5, "x4": -3, "y4": 0, "x5": 10, "y5": 10, "Loss": 50}
    slopes = exact(answer["gradients"])
    expected = {"w35": 50, "w45": 0, "w13": 20, "w23": -20, "w14": 0, "w24": 0}
    assert {name: slopes[name] for name in expected} == expected
    assert exact(answer["updated"]) == {"w13": 0, "w23": -1, "w14": 1, "w24": 4, "w35": -3, "w45": -1}


# -- round ------------------------------------------------------------------------------------------------------------


def by_hand(x, places=4):
    """x to so many places, a half away from zero."""
    scaled = abs(F(x)) * 10**places
    return (1 if x >= 0 else -1) * F(math.floor(scaled + F(1, 2)), 10**places)


@pytest.mark.parametrize(
    ("value", "rounded"), [("0.00005", "0.0001"), ("-0.00005", "-0.0001"), ("0.00004999", "0"), ("1.00015", "1.0002")]
)
def test_round_takes_a_half_away_from_zero(solve, value, rounded):
    answer = solve(f'round = 4\n[given]\nx = {value}\n[equations]\ny = "x"')
    assert exact(answer["forward"]) == {"y": F(rounded)}


def test_round_rounds_every_line_and_carries_the_rounded_number_on(solve):
    answer = solve('round = 4\n[given]\nx = 1\n[equations]\na = "x/3"\nb = "3*a"\nc = "exp(b)"\nd = "c - c + b/7"')
    b = 3 * F("0.3333")
    c = by_hand(F(mpmath.nstr(mpmath.exp(mpmath.mpf("0.9999")), 15)))
    assert exact(answer["forward"]) == {"a": F("0.3333"), "b": b, "c": c, "d": by_hand(b / 7)}


def test_round_rounds_gradients_and_updates(solve):
    text = 'round = 4\nlearning_rate = 0.1\n[parameters]\nw = 1.23456\n[given]\nx = "1/3"\n'
    answer = solve(text + '[equations]\ny = "w*x"\nL = "y^3"')
    y = by_hand(F("1.23456") / 3)
    slope = by_hand(3 * y**2)
    assert exact(answer["forward"]) == {"y": y, "L": by_hand(y**3)}
    slopes = exact(answer["gradients"])
    assert slopes["y"] == slope
    assert slopes["w"] == by_hand(slope / 3)
    w = by_hand(F("1.23456") - slopes["w"] / 10)
    assert exact(answer["updated"]) == {"w": w}
    y = by_hand(w / 3)
    assert exact(answer["forward_after"]) == {"y": y, "L": by_hand(y**3)}


def test_round_rounds_partials(solve):
    answer = solve('round = 4\n[given]\nx = 1\n[equations]\na = "x/3"\nb = "a^2"')
    assert exact(answer["partials"]) == {"a/x": F("0.3333"), "b/a": 2 * F("0.3333")}


def test_round_rounds_the_combined_gradient_of_a_batch(solve):
    text = 'round = 1\nlearning_rate = 1\n[parameters]\nw = 0\n[equations]\nL = "w*x"\n'
    answer = solve(text + "[[samples]]\nx = 0.1\n[[samples]]\nx = 0.2\n[[samples]]\nx = 0.2")
    assert exact(answer["updated"]) == {"w": -by_hand(F(1, 6), 1)}


def test_round_zero_gives_whole_numbers(solve):
    answer = solve('round = 0\n[given]\nx = 2.5\n[equations]\na = "x"\nb = "-x"')
    assert exact(answer["forward"]) == {"a": F(3), "b": F(-3)}


# -- notation ---------------------------------------------------------------------------------------------------------


def test_names_have_a_default_notation(paper):
    text = '[given]\nw13 = 1\nnet_h1 = 2\nbeta = 3\n[equations]\ny = "w13 + net_h1*beta"'
    tex = paper(text, ".tex").replace(" ", "")
    assert "w_{13}" in tex
    assert "net}_{h1}" in tex.replace(r"\mathit{", "").replace("{h}{1}", "{h1}") or r"net}_{\mathit{h1}}" in tex
    assert r"\beta" in tex


def test_notation_chooses_the_latex_of_a_name(paper):
    text = '[given]\nout_h1 = 1\n[equations]\ny = "2*out_h1"\n[notation]\nout_h1 = "o_{h_1}"\ny = "\\\\hat{y}"'
    tex = paper(text, ".tex").replace(" ", "")
    assert "o_{h_{1}}" in tex
    assert r"\hat{y}" in tex
    assert "out" not in tex.split(r"\begin{document}")[1]


def test_notation_changes_no_number_and_no_name_in_json(solve):
    text = '[given]\nx = 1\n[equations]\ny = "2*x"\n'
    assert solve(text) == solve(text + '[notation]\nx = "\\\\xi"')


def test_notation_may_name_a_state_variable(paper):
    text = (
        '[parameters]\nw = 1\n[equations]\ny = "2*w"\n[update]\nrules = ["w = w + vel"]\nstate = { vel = 1 }\n'
        '[notation]\nvel = "\\\\nu"'
    )
    assert r"\nu" in paper(text, ".tex")


# -- formulas ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("2x", 6), ("x(1-x)", -6), ("2(x+1)(x-1)", 16), ("-x^2", -9), ("2^3^2", 512), ("x**2", 9), ("(-x)^2", 9),
        ("2*-x", -6), ("1/2x", F(3, 2)), ("0.1*x", F(3, 10)), ("1e-8", F(1, 10**8)), ("2e + 1e-1", F(41, 10)),
        ("max(x, 1, 7, 2)", 7), ("min(x, 1, 7, 2)", 1), ("max(x)", 3), ("abs(-x)", 3), ("sqrt(x + 1)", 2),
        ("step(0)", 1), ("relu(-1)", 0), ("leaky_relu(-x, 0.5)", F(-3, 2)), ("leaky_relu(-x)", F(-3, 100)),
        ("E + beta + lambda + S", 1 + 2 + 5 + 7), ("x^-1", F(1, 3)), ("2^-x", F(1, 8)),
    ],
)  # fmt: skip
def test_a_formula_means_what_mathematics_means(solve, formula, value):
    names = "[given]\nx = 3\ne = 2\nE = 1\nbeta = 2\nlambda = 5\nS = 7\n"
    assert exact(solve(f'{names}[equations]\ny = "{formula}"')["forward"]) == {"y": value}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("pi", lambda: mpmath.pi),
        ("exp(x)", lambda: mpmath.exp(0.5)),
        ("log(x)", lambda: mpmath.log(0.5)),
        ("ln(x)", lambda: mpmath.log(0.5)),
        ("sqrt(x)", lambda: mpmath.sqrt(0.5)),
        ("sin(x)", lambda: mpmath.sin(0.5)),
        ("cos(x)", lambda: mpmath.cos(0.5)),
        ("erf(x)", lambda: mpmath.erf(0.5)),
        ("tanh(x)", lambda: mpmath.tanh(0.5)),
        ("sigmoid(x)", lambda: 1 / (1 + mpmath.exp(-0.5))),
        ("elu(-x, 2)", lambda: 2 * (mpmath.exp(-0.5) - 1)),
        ("softplus(x)", lambda: mpmath.log(1 + mpmath.exp(0.5))),
        ("gelu(x)", lambda: 0.5 * mpmath.ncdf(0.5)),
        ("2^x", lambda: mpmath.sqrt(2)),
    ],
)
def test_a_function_has_its_value_to_every_digit_asked_for(solve, formula, value):
    answer = solve(f'[given]\nx = 0.5\n[equations]\ny = "{formula}"', "--digits", "30")
    with mpmath.workdps(50):
        assert abs(mpmath.mpf(answer["forward"]["y"]["decimal"]) / value() - 1) < mpmath.mpf("5.1e-30")
    assert answer["forward"]["y"]["exact"] is None


def test_a_declared_name_shadows_a_function_unless_a_bracket_follows_directly(solve):
    text = '[given]\nexp = 2\n[equations]\na = "exp"\nb = "exp(0)"\nc = "exp (3)"\nd = "3exp"'
    assert exact(solve(text)["forward"]) == {"a": F(2), "b": F(1), "c": F(6), "d": F(6)}


def test_a_declared_pi_shadows_the_constant(solve):
    assert exact(solve('[given]\npi = 3\n[equations]\ny = "2pi"')["forward"]) == {"y": F(6)}


def test_e_is_a_name_and_1e8_is_a_number(solve):
    text = '[given]\ne = 5\n[equations]\na = "1e-8"\nb = "e"\nc = "2e"\nd = "1e2"'
    assert exact(solve(text)["forward"]) == {"a": F(1, 10**8), "b": F(5), "c": F(10), "d": F(100)}


@pytest.mark.parametrize(
    ("formula", "slope"),
    [("relu(x)", 0), ("leaky_relu(x, 0.2)", F(1, 5)), ("abs(x)", 0), ("elu(x, 3)", 1), ("step(x)", 0),
     ("max(x, -x)", 1), ("max(-x, x)", -1), ("min(x, 2x, 3x)", 1), ("max(2x, x, 3x)", 2)],
)  # fmt: skip
def test_a_derivative_at_a_kink_follows_the_convention(solve, formula, slope):
    assert exact(solve(f'[given]\nx = 0\n[equations]\ny = "{formula}"')["gradients"])["x"] == slope


# -- numbers that do not exist ----------------------------------------------------------------------------------------


def test_a_derivative_at_a_pole_is_null_and_says_why(solve):
    answer = solve('[given]\nx = 0\n[equations]\ny = "sqrt(x)"')
    for number in (answer["gradients"]["x"], answer["partials"]["y/x"]):
        assert set(number) == {"exact", "decimal", "why"}
        assert number["exact"] is None
        assert number["decimal"] is None
        assert number["why"].strip()
    assert exact(answer["forward"]) == {"y": F(0)}


def test_what_depends_on_a_pole_is_null_and_the_rest_is_not(solve):
    answer = solve('learning_rate = 1\n[parameters]\nw = 0\np = 1\n[equations]\na = "sqrt(w)"\nL = "a + p^2"')
    assert answer["gradients"]["w"]["decimal"] is None
    assert answer["gradients"]["p"]["exact"] == "2"
    assert answer["updated"]["w"]["decimal"] is None
    assert answer["updated"]["p"]["exact"] == "-1"
    assert answer["forward_after"]["a"]["decimal"] is None


def test_a_total_derivative_at_a_pole_is_null(solve):
    answer = solve('[given]\nx = 0\n[equations]\na = "x^(1/2)"\nL = "a^2"', "--of", "a", "--wrt", "x")
    assert answer["derivatives"]["a/x"]["decimal"] is None
    assert answer["derivatives"]["a/x"]["why"]


def test_the_root_loss_has_no_derivative_where_every_error_is_zero(solve):
    text = '[network]\nlayers = [1, 1]\nloss = "root_squared_error"\nweights = { W1 = [[1]], b1 = [0] }\n'
    answer = solve(text + "inputs = [[2]]\ntargets = [[2]]")
    assert exact(answer["forward"])["Loss"] == 0
    assert answer["gradients"]["w1_1_1"]["decimal"] is None


# -- questions --------------------------------------------------------------------------------------------------------


def test_without_questions_a_sheet_asks_for_forward_gradients_and_update(paper):
    text = paper("learning_rate = 0.1" + LINE).lower()
    places = [text.index(word) for word in ("1. forward", "2. backward", "3. update")]
    assert places == sorted(places)


@pytest.mark.parametrize("ask", ["forward", "gradient", "update", "derivative", "training"])
def test_every_kind_of_question_of_the_contract_can_be_asked(paper, ask):
    names = {"gradient": 'of = "w"', "derivative": 'of = "y"\nwrt = "w"'}.get(ask, "")
    assert "1. " in paper(f'learning_rate = 0.1\n{LINE}\n[[question]]\nask = "{ask}"\n{names}')


def test_a_question_shows_its_points_and_only_what_is_asked(paper):
    text = paper(LINE + '\n[[question]]\nask = "gradient"\nof = "w"\npoints = 4')
    assert "[4 points]" in text
    assert "∂L/∂w" in text
    assert "∂L/∂b" not in text


def test_a_title_heads_the_sheet_and_the_json(paper, solve):
    text = 'title = "A line, worked"\n' + LINE
    assert paper(text).startswith("A line, worked")
    assert solve(text)["title"] == "A line, worked"


def test_vary_is_kept_for_variants_and_changes_no_number(solve):
    vary = '\n[vary]\nnames = ["w"]\nvalues = { w = [-3, 2], "*" = [1, 2] }\nrequire = ["integers"]'
    assert solve(LINE + vary) == solve(LINE)
