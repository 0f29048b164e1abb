"""Every optimizer of the catalogue over several updates, against plain floats written from the published formulas."""

from __future__ import annotations

import math
from fractions import Fraction
from inspect import signature

import pytest
from optimizer_rules import BY_HAND

import symnet
from symnet.algebra import optimizers
from symnet.algebra.equations import ZERO, names_in, partial, symbol

RATE = 0.05
STEPS = 7
START = {"w": 1.5, "b": -0.5}
SAMPLES = [{"x": 2.0, "t": 1.0}, {"x": -1.0, "t": 0.5}, {"x": 0.25, "t": -2.0}]


def gradient(parameters, sample):
    """Of L = (sin(w x) + b − t)²/2, by hand."""
    w, b, x = parameters["w"], parameters["b"], sample["x"]
    error = math.sin(w * x) + b - sample["t"]
    return {"w": error * math.cos(w * x) * x, "b": error}


OPTIONS = {
    "adamw": [{}, {"weight_decay": 0.5}, {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.01}],
    "adamax": [{}, {"beta1": 0.5, "beta2": 0.75, "epsilon": 0.01}],
    "adadelta": [{}, {"decay": 0.5, "epsilon": 0.01}],
    "sgd": [{}],
    "momentum": [{}, {"decay": 0.5}, {"decay": 0}],
    "nesterov": [{}, {"decay": 0.5}, {"decay": 0}],
    "adagrad": [{}, {"epsilon": 0.125}],
    "rmsprop": [{}, {"decay": 0.99}, {"decay": 0.5, "epsilon": 0.01}],
    "adam": [{}, {"beta1": 0.5, "beta2": 0.75}, {"epsilon": 0.1}, {"beta1": 0, "beta2": 0}],
}
CASES = [(name, options) for name, all_options in OPTIONS.items() for options in all_options]
IDS = [f"{name}{options or ''}" for name, options in CASES]


def solved(name, options, training, samples=SAMPLES, head=""):
    """symnet's parameters and state at the end."""
    lines = [f"learning_rate = {RATE}", head, "[parameters]", *(f"{key} = {value}" for key, value in START.items())]
    lines += ["[equations]", 'L = "(sin(w*x) + b - t)^2/2"', "[training]", *training]
    lines += ["[update]", f'optimizer = "{name}"', *(f"{key} = {value}" for key, value in options.items())]
    for sample in samples:
        lines += ["[[samples]]", *(f"{key} = {value}" for key, value in sample.items())]
    return symnet.loads("\n".join(lines)).solve().updated


def expected(name, options, batches, reduce="mean"):
    parameters, states = dict(START), {key: {} for key in START}
    for t, batch in enumerate(batches, 1):
        each = [gradient(parameters, sample) for sample in batch]
        share = len(batch) if reduce == "mean" else 1
        total = {key: math.fsum(g[key] for g in each) / share for key in START}
        parameters = {
            key: BY_HAND[name](w, total[key], states[key], t, RATE, **options) for key, w in parameters.items()
        }
    return parameters, states


def assert_same(updated, parameters, states):
    for key, value in parameters.items():
        assert float(updated[key]) == pytest.approx(value, rel=1e-9), key
    for key, state in states.items():
        for kind, value in state.items():
            assert float(updated[f"{kind}({key})"]) == pytest.approx(value, rel=1e-9), (kind, key)
    assert set(updated) == {*parameters, *(f"{kind}({key})" for key, state in states.items() for kind in state)}


def test_every_optimizer_of_the_catalogue_has_a_reference_here():
    assert set(optimizers.CATALOGUE) == set(BY_HAND) == set(OPTIONS)


@pytest.mark.parametrize("name", BY_HAND)
def test_options_and_their_defaults_are_those_of_the_reference(name):
    parameters = signature(optimizers.CATALOGUE[name]).parameters
    ours = {key: float(p.default) for key, p in parameters.items() if p.default.is_Rational}
    theirs = {key: p.default for key, p in signature(BY_HAND[name]).parameters.items() if p.default is not p.empty}
    assert ours == theirs


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_updates_with_one_sample_are_the_published_formulas(name, options):
    ours = solved(name, options, [f"steps = {STEPS}"], SAMPLES[:1])
    assert_same(ours, *expected(name, options, [SAMPLES[:1]] * STEPS))


@pytest.mark.parametrize("reduce", ["mean", "sum"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_updates_of_a_batch_use_its_combined_gradient(name, options, reduce):
    ours = solved(name, options, [f"steps = {STEPS}", f'reduce = "{reduce}"'])
    assert_same(ours, *expected(name, options, [SAMPLES] * STEPS, reduce))


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_online_updates_take_one_sample_each_in_order(name, options):
    ours = solved(name, options, ["epochs = 3", 'mode = "online"'])
    assert_same(ours, *expected(name, options, [[sample] for sample in SAMPLES] * 3))


@pytest.mark.parametrize("name", BY_HAND)
def test_many_updates_go_on_the_same(name):
    # Beyond some forty, RMSProp around a minimum magnifies the rounding of the floats it is compared with.
    ours = solved(name, {}, ["steps = 40"])
    parameters, states = expected(name, {}, [SAMPLES] * 40)
    for key, value in parameters.items():
        assert float(ours[key]) == pytest.approx(value, rel=1e-6), key
    assert states["w"].keys() == {key.partition("(")[0] for key in ours if key.endswith("(w)")}


def test_gradient_descent_without_a_table_is_sgd():
    text = "learning_rate = 0.25\n[parameters]\nw = 3\n[equations]\nL = 'w^2'\n[training]\nsteps = 3"
    # w ← w − ¼·2w halves w at every update.
    assert symnet.loads(text).solve().updated == {"w": Fraction(3, 8)}


def test_sequential_updates_see_parameters_already_updated():
    head = "learning_rate = 0.5\n[given]\nx = 2\n[parameters]\nw = 3\nv = 5\n"
    equations = "[equations]\nh = 'w*x'\nL = 'v*h'\n"
    together = symnet.loads(head + equations).solve().updated
    assert together == {"w": 3 - 0.5 * 5 * 2, "v": 5 - 0.5 * 6}
    in_turn = symnet.loads(head + equations + "[training]\norder = 'sequential'").solve().updated
    assert in_turn == {"w": 3 - 0.5 * 2 * 2, "v": 2}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_rules_are_in_order_and_end_with_the_parameter(name):
    w, g = symbol("w"), partial("L", "w")
    optimizer = optimizers.CATALOGUE[name]()
    known = {w, g, optimizers.LEARNING_RATE, optimizers.UPDATE_NUMBER, *(start.lhs for start in optimizer.init(w))}
    rules = optimizer.update(w, g)
    for rule in rules:
        assert set(names_in(rule.rhs)) <= known
        known.add(rule.lhs)
    assert rules[-1].lhs == w
    assert all(start.rhs == ZERO for start in optimizer.init(w))


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("momentum", "decay", "1.5"),
        ("momentum", "decay", "1"),
        ("nesterov", "decay", "-0.1"),
        ("rmsprop", "decay", "1"),
        ("rmsprop", "epsilon", "-1"),
        ("adagrad", "epsilon", "-1e-8"),
        ("adam", "beta1", "1"),
        ("adam", "beta2", "2"),
        ("adam", "epsilon", "-1"),
        ("adam", "beta3", "0.5"),
        ("sgd", "decay", "0.5"),
        ("momentun", "decay", "0.5"),
    ],
)
def test_options_out_of_range_are_refused_by_name(name, option, value):
    with pytest.raises(symnet.Mistake, match=option if name != "momentun" else 'did you mean "momentum"') as caught:
        solved(name, {option: value}, ["steps = 1"])
    assert "\n" not in str(caught.value)


def test_adams_first_step_is_the_learning_rate_whatever_the_gradient():
    # Kingma and Ba (2015), section 2.1: the step is about the rate; exactly η g/(|g| + ε) at the first.
    for scale in ("1e-3", "1", "1e6"):
        head = f"learning_rate = 0.1\n[given]\nk = '{scale}'\n[parameters]\nw = 2\n"
        text = head + "[equations]\nL = 'k*w'\n[update]\noptimizer = 'adam'"
        assert float(symnet.loads(text).solve().updated["w"]) == pytest.approx(1.9, abs=1e-5)


def test_adagrad_without_any_gradient_stands_still():
    text = "learning_rate = 0.1\n[parameters]\nw = 2\n[equations]\nL = '0*w'\n[update]\noptimizer = 'adagrad'"
    assert symnet.loads(text).solve().updated == {"w": 2, "s(w)": 0}
