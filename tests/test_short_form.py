"""The short form of an exercise, [network], against the same network written out and worked here in fractions."""

import json
import random
from fractions import Fraction as F

import mpmath
import pytest
from answers import decimals, exact, near

import symnet

W1 = [["0.1", "-0.2", "0.3"], ["0.4", "0.5", "-0.6"]]
B1 = ["0.01", "0.02", "-0.03"]
W2 = [["0.7", "-0.8"], ["0.9", "1.0"], ["-1.1", "1.2"]]
B2 = ["0.05", "-0.06"]
INPUTS = [["1", "-2"], ["0.5", "3"]]
TARGETS = [["0.25", "1"], ["0", "0.5"]]


def toml_rows(rows):
    return "[" + ", ".join(f"[{', '.join(row)}]" for row in rows) + "]"


def short(loss="half_squared_error", rows=2, activation="tanh", output="", more="", targets=TARGETS):
    output = output or ("softmax" if loss.startswith(("cross_entropy", "kl")) else "")
    output = output or ("sigmoid" if loss == "binary_cross_entropy" else "linear")
    return f"""
learning_rate = 0.1
[network]
layers = [2, 3, 2]
activation = "{activation}"
output = "{output}"
loss = "{loss}"
weights = {{ W1 = {toml_rows(W1)}, b1 = [{", ".join(B1)}], W2 = {toml_rows(W2)}, b2 = [{", ".join(B2)}] }}
inputs = {toml_rows(INPUTS[:rows])}
targets = {toml_rows(targets[:rows])}
{more}
"""


def start():
    """Every parameter by its name in the short form: w(layer)_(from)_(to), from zero-based W[i, j]."""
    values = {}
    for layer, (weights, biases) in enumerate(((W1, B1), (W2, B2)), 1):
        for i, row in enumerate(weights):
            for j, number in enumerate(row):
                values[f"w{layer}_{i + 1}_{j + 1}"] = mpmath.mpf(number)
        for j, number in enumerate(biases):
            values[f"b{layer}_{j + 1}"] = mpmath.mpf(number)
    return values


def outputs(p, x, activation=mpmath.tanh):
    hidden = [activation(p[f"w1_1_{j}"] * x[0] + p[f"w1_2_{j}"] * x[1] + p[f"b1_{j}"]) for j in (1, 2, 3)]
    return [sum(p[f"w2_{i}_{k}"] * hidden[i - 1] for i in (1, 2, 3)) + p[f"b2_{k}"] for k in (1, 2)]


def _sigmoid_terms(z, t):
    return -(t * mpmath.log(1 / (1 + mpmath.exp(-z))) + (1 - t) * mpmath.log(1 / (1 + mpmath.exp(z))))


def _softmax_row(zs, ts):
    total = mpmath.log(sum(mpmath.exp(z) for z in zs))
    return -sum(t * (z - total) for z, t in zip(zs, ts, strict=True))


def pairs_of(ys, ts):
    return [(y, t) for row, targets in zip(ys, ts, strict=True) for y, t in zip(row, targets, strict=True)]


LOSSES = {
    "squared_error": lambda ys, ts: sum((y - t) ** 2 for y, t in pairs_of(ys, ts)),
    "half_squared_error": lambda ys, ts: sum((y - t) ** 2 for y, t in pairs_of(ys, ts)) / 2,
    "mean_squared_error": lambda ys, ts: sum((y - t) ** 2 for y, t in pairs_of(ys, ts)) / len(pairs_of(ys, ts)),
    "root_squared_error": lambda ys, ts: mpmath.sqrt(sum((y - t) ** 2 for y, t in pairs_of(ys, ts))),
    "absolute_error": lambda ys, ts: sum(abs(y - t) for y, t in pairs_of(ys, ts)),
    "huber": lambda ys, ts: sum(
        (y - t) ** 2 / 2 if abs(y - t) <= 1 else abs(y - t) - mpmath.mpf(1) / 2 for y, t in pairs_of(ys, ts)
    ),
    "sigmoid_cross_entropy": lambda ys, ts: sum(_sigmoid_terms(z, t) for z, t in pairs_of(ys, ts)) / len(ys),
    "binary_cross_entropy": lambda ys, ts: (
        sum(_sigmoid_terms(z, t) for z, t in pairs_of(ys, ts)) / len(ys)  # of the logits
    ),
    "cross_entropy": lambda ys, ts: sum(_softmax_row(z, t) for z, t in zip(ys, ts, strict=True)) / len(ys),
    "softmax_cross_entropy": lambda ys, ts: sum(_softmax_row(z, t) for z, t in zip(ys, ts, strict=True)) / len(ys),
    "softmax_cross_entropy(smoothing=0.1, weights=[1, 3])": lambda ys, ts: (
        sum(_softmax_row(z, _changed(t)) for z, t in zip(ys, ts, strict=True)) / len(ys)
    ),
    "cross_entropy(weights=[1, 3], smoothing=1/10)": lambda ys, ts: (
        sum(_softmax_row(z, _changed(t)) for z, t in zip(ys, ts, strict=True)) / len(ys)
    ),
    "kl_divergence": lambda ys, ts: (
        sum(_softmax_row(z, t) + sum(one * mpmath.log(one) for one in t if one) for z, t in zip(ys, ts, strict=True))
        / len(ys)
    ),
    "softmax_kl_divergence": lambda ys, ts: LOSSES["kl_divergence"](ys, ts),
    "hinge": lambda ys, ts: sum(max(0, 1 - t * y) for y, t in pairs_of(ys, ts)) / len(ys),
    "multiclass_hinge": lambda ys, ts: (
        sum(
            sum((1 - t) * max(0, 1 + z - sum(map(mpmath.fmul, ts, zs))) for z, t in zip(zs, ts, strict=True))
            for zs, ts in zip(ys, ts, strict=True)
        )
        / len(ys)
    ),
    "negative_sampling": lambda ys, ts: (
        sum(mpmath.log(1 + mpmath.exp(-(2 * t - 1) * y)) for y, t in pairs_of(ys, ts)) / len(ys)
    ),
}


def _changed(t):
    """Targets smoothed by 1/10 over two classes, then weighed 1 and 3."""
    return [c * (one * mpmath.mpf(9) / 10 + mpmath.mpf(1) / 20) for c, one in zip((1, 3), t, strict=True)]


def numbers_of(rows):
    return [[mpmath.mpf(number) for number in row] for row in rows]


@pytest.mark.parametrize("loss", LOSSES)
def test_the_short_form_has_every_loss_of_the_contract_for_one_example(solve, loss):
    answer = solve(short(loss, rows=1))
    p, xs, ts = start(), numbers_of(INPUTS[:1]), numbers_of(TARGETS[:1])
    assert near(decimals(answer["forward"])["Loss"], LOSSES[loss]([outputs(p, xs[0])], ts))


def combined_slope(loss, name, p, xs, ts):
    """The derivative of the loss of the whole batch in one parameter, by differences with many digits."""

    def at(value):
        moved = {**p, name: value}
        return LOSSES[loss]([outputs(moved, x) for x in xs], ts)

    with mpmath.workdps(60):
        return mpmath.diff(at, p[name])


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss != "root_squared_error"])
def test_the_short_form_updates_by_the_loss_of_the_whole_batch(solve, loss):
    answer = decimals(solve(short(loss))["updated"])
    with mpmath.workdps(60):
        p, xs, ts = start(), numbers_of(INPUTS), numbers_of(TARGETS)
        for name in ("w1_2_3", "w1_1_2", "b1_1", "w2_3_1", "b2_2"):
            slope = combined_slope(loss, name, p, xs, ts)
            assert near(answer[name], p[name] - slope / 10), name


def test_the_root_loss_over_a_batch_is_one_root_or_refused(tmp_path, command):
    file = tmp_path / "root.toml"
    file.write_text(short("root_squared_error"), encoding="utf-8")
    code, out, err = command("solve", file, "--json")
    if code == 2:
        assert "root_squared_error" in err
        assert out == ""
        return
    answer = decimals(json.loads(out)["updated"])
    with mpmath.workdps(60):
        p, xs, ts = start(), numbers_of(INPUTS), numbers_of(TARGETS)
        slope = combined_slope("root_squared_error", "w1_2_3", p, xs, ts)
        assert near(answer["w1_2_3"], p["w1_2_3"] - slope / 10)


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_reduce_overrides_how_a_loss_by_name_combines(solve, reduce):
    answer = decimals(solve(short("half_squared_error", more=f'[training]\nreduce = "{reduce}"'))["updated"])
    with mpmath.workdps(60):
        p, xs, ts = start(), numbers_of(INPUTS), numbers_of(TARGETS)
        slope = combined_slope("half_squared_error", "w1_2_3", p, xs, ts) / (2 if reduce == "mean" else 1)
        assert near(answer["w1_2_3"], p["w1_2_3"] - slope / 10)


def test_the_short_form_names_parameters_from_and_to(solve):
    answer = solve(short(activation="relu"))
    assert set(answer["updated"]) == set(start())
    # w1_2_3 is W1[1, 2] in NumPy: from x2 (−2) to unit 3.
    forward = exact(answer["forward"])
    assert forward["z1_3"] == F("0.3") * 1 + F("-0.6") * -2 + F("-0.03")
    assert exact(answer["partials"])["z1_3/x2"] == F("-0.6")
    assert exact(answer["partials"])["z1_3/w1_2_3"] == -2


def test_the_short_form_names_units_inputs_and_targets(solve):
    answer = solve(short(activation="relu"))
    units = {f"{kind}{layer}_{i}" for kind in "za" for layer, width in ((1, 3), (2, 2)) for i in range(1, width + 1)}
    assert set(answer["forward"]) == units | {"Loss"}
    assert {"x1", "x2", "t1", "t2"} <= set(answer["gradients"])


def test_several_rows_of_inputs_are_samples_and_the_first_one_is_shown(solve):
    both, first = solve(short(rows=2)), solve(short(rows=1))
    assert both["forward"] == first["forward"]
    assert both["gradients"] == first["gradients"]
    assert both["updated"] != first["updated"]


def test_rows_of_inputs_may_be_taken_online(solve):
    answer = solve(short(more='[training]\nmode = "online"\nepochs = 1'), "--history")
    assert len(answer["history"]) == 2
    second = decimals(answer["history"][1]["forward"])
    p = decimals(answer["history"][1]["parameters"])
    for k, y in enumerate(outputs(p, numbers_of(INPUTS)[1]), 1):
        assert near(second[f"a2_{k}"], y)


EACH = """
learning_rate = 0.1
[network]
layers = [1, 1, 1, 1]
activation = ["relu", "z^3"]
weights = { W1 = [[2]], b1 = [1], W2 = [[3]], b2 = [-4], W3 = [[1]], b3 = [0] }
inputs = [[1]]
targets = [[1]]
"""


def test_each_hidden_layer_may_have_its_own_activation(solve):
    """By hand: relu(2·1 + 1) = 3, (3·3 − 4)³ = 125."""
    answer = decimals(solve(EACH)["forward"])
    assert (answer["a1_1"], answer["a2_1"], answer["a3_1"]) == (3, 125, 125)


@pytest.mark.parametrize(
    ("activations", "said"),
    [
        ('["relu"]', "network.activation has 1 function, and there are 2 hidden layers"),
        ('["relu", "rellu"]', 'network.activation is "rellu"; did you mean "relu"?'),
        (
            '["relu", 1.5]',
            'network.activation[1] is "1.5"; each hidden layer\'s is a name or a formula in z, in quotes',
        ),
        ('["relu", "softmax"]', 'activation "softmax" is of a whole layer'),
    ],
)
def test_a_list_of_activations_fits_the_layers(activations, said):
    with pytest.raises(symnet.Mistake) as raised:
        symnet.loads(EACH.replace('["relu", "z^3"]', activations))
    assert said in str(raised.value)


def test_hidden_layers_have_the_activation_and_the_last_layer_the_output(solve):
    answer = decimals(solve(short(activation="relu", output="sigmoid"))["forward"])
    assert answer["a1_1"] == max(0, answer["z1_1"])
    assert near(answer["a2_1"], 1 / (1 + mpmath.exp(-answer["z2_1"])))


INIT = """
[network]
layers = [3, 4, 4, 1]
activation = "tanh"
output = "tanh"
init = "{init}"
seed = {seed}
inputs = [[2, 3, -1]]
targets = [[1]]
[update]
rules = ["b1_1 = b1_1"]
"""


def test_the_same_seed_draws_the_same_numbers(solve):
    one, other = (solve(INIT.format(init="uniform(-1, 1)", seed=3)) for _ in range(2))
    assert one == other
    assert len(one["updated"]) == 41


def test_another_seed_draws_other_numbers(solve):
    one, other = (solve(INIT.format(init="uniform(-1, 1)", seed=seed))["updated"] for seed in (3, 4))
    assert all(one[name] != other[name] for name in one)


def test_uniform_draws_between_its_bounds(solve):
    drawn = decimals(solve(INIT.format(init="uniform(-0.1, 0.3)", seed=0))["updated"]).values()
    assert all(mpmath.mpf("-0.1") <= value <= mpmath.mpf("0.3") for value in drawn)
    assert min(drawn) < 0 < mpmath.mpf("0.2") < max(drawn)


@pytest.mark.parametrize("init", ["fan_in", "glorot", "he"])
def test_the_named_ways_of_drawing_start_values_are_known(solve, init):
    drawn = decimals(solve(INIT.format(init=init, seed=0))["updated"])
    assert len({value for name, value in drawn.items() if name.startswith("w")}) == 12 + 16 + 4


def test_drawing_leaves_the_random_numbers_of_others_alone(solve):
    random.seed(1)
    before = random.random()
    random.seed(1)
    solve(INIT.format(init="uniform(-1, 1)", seed=3))
    assert random.random() == before


def test_a_short_form_gives_the_numbers_of_the_same_network_written_out(solve):
    text = """
learning_rate = 0.5
[network]
layers = [2, 1]
output = "relu"
loss = "half_squared_error"
weights = { W1 = [["1/3"], [-2]], b1 = [0.25] }
inputs = [[3, -1]]
targets = [["1/7"]]
"""
    z = F(1, 3) * 3 + -2 * -1 + F(1, 4)
    error = z - F(1, 7)
    answer = solve(text)
    assert exact(answer["forward"]) == {"z1_1": z, "a1_1": z, "Loss": error**2 / 2}
    assert exact(answer["updated"]) == {
        "w1_1_1": F(1, 3) - error * 3 / 2,
        "w1_2_1": -2 - error * -1 / 2,
        "b1_1": F(1, 4) - error / 2,
    }
