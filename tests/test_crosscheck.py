"""The cross-check passes what is right and fails what is wrong: every rule and every function, one at a time."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from sympy import Integer, Rational
from traced import results

import symnet
from symnet import layers
from symnet.algebra import (
    adjoints,
    array_forms,
    derivatives,
    functions,
    losses,
    matrices,
    pulling,
    row_slopes,
    scalar,
    unrolling,
)
from symnet.algebra.equations import Equation, add, array, multiply, power, symbol
from symnet.algebra.indices import put
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.computing import compile as compiling
from symnet.computing.backends import named
from symnet.training import witnesses
from symnet.training.crosscheck import crosscheck, verify

ROOT = Path(__file__).parent.parent
COURSE = [
    path for path in sorted((ROOT / "worksheets").glob("*.toml")) if 'ask = "sizes"' not in path.read_text("utf-8")
]
PUBLISHED = [
    ROOT / "tests" / "published" / f"{name}.toml"
    for name in (
        "brownlee_logistic_regression",
        "cs231n_softmax_and_hinge",
        "gomez_lstm_two_steps",
        "google_linear_regression",
        "mazur_first_step",
        "nielsen_neuron_saturated",
        "trask_batch_sum",
    )
]
OUTPUTS = {"sigmoid_cross_entropy": "linear", "softmax_cross_entropy": "linear", "cross_entropy": "softmax"}
OUTPUTS |= {
    "softmax_kl_divergence": "linear",
    "kl_divergence": "softmax",
    "hinge": "linear",
    "multiclass_hinge": "linear",
    "negative_sampling": "linear",
}
NOTHING = np.empty((1, 0))  # the X of a network without inputs


def examples(n=3, inputs=2, outputs=2, seed=1):
    random = np.random.default_rng(seed)
    targets = random.uniform(0.1, 0.9, (n, outputs))
    return random.normal(size=(n, inputs)), targets / targets.sum(1, keepdims=True)


@pytest.fixture
def uncached(monkeypatch):
    """Nets that are equal share their code; a wrong rule must neither find the right code nor leave its own.

    What JAX makes of the code is worked out by NumPy: the same operations, without a second of XLA for each net.
    """

    def clear():
        compiling._compiled.cache_clear()
        unrolling.unroll.cache_clear()

    clear()
    monkeypatch.setattr(witnesses, "_is_long", lambda case: True)  # whose code is handed on as it is, not compiled
    worked = lambda self, function, params, examples, long: results(function, dict(params), *examples)  # noqa: E731
    monkeypatch.setattr(type(named("jax")), "once", worked)
    yield clear
    clear()


# -- what is right passes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", losses.CATALOGUE)
def test_a_net_of_every_loss_agrees(loss):
    X, T = examples()
    report = crosscheck(symnet.mlp([2, 3, 2], "tanh", OUTPUTS.get(loss, "sigmoid"), loss), X, T)
    assert report.agrees, str(report)
    assert report.ways == ("derivation", "numpy", "jax", "jax.grad", "differences")
    assert [row.verdict for row in report.rows] == ["agrees"] * 4
    assert {row.name.partition("[")[0] for row in report.rows} == {"W1", "b1", "W2", "b2"}


@pytest.mark.parametrize(
    "net",
    [
        symnet.mlp([1, 1], "tanh", "tanh"),
        symnet.mlp([1, 1, 1], "gelu", "linear", "mean_squared_error"),
        symnet.mlp([1, 2, 1], "elu", "softplus", "absolute_error", reduce="mean"),
        symnet.mlp([1, 2, 1], "leaky_relu", "linear", "huber", l2="0.1", l1="0.01"),
        symnet.mlp([1, 3, 1], "z/(1 + abs(z))", "linear", "(y - t)^4"),
        symnet.mlp([1, 2, 1], functions.sin, "sigmoid", "root_squared_error"),
    ],
    ids=lambda net: str(net.equations[1].rhs)[:30] + str(net.parameter_count),
)
def test_narrow_nets_of_several_functions_agree(net, uncached):
    n = 1 if net.parameter_count < 7 else 3
    X, T = examples(n, 1, 1)
    T = T * np.linspace(0.2, 0.9, n)[:, None]
    report = crosscheck(net, X, T, seed=3)
    assert report.agrees, str(report)


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_a_net_written_unit_by_unit_agrees_over_a_batch(reduce):
    text = "z = w*x + b\ny = sigmoid(z)\nL = -(t*log(y) + (1 - t)*log(1 - y))"
    report = crosscheck(Network.parse(text, ["w", "b"]), [[1.0, 1], [-2, 0], [0.5, 1]], reduce=reduce)
    assert report.agrees, str(report)
    assert [row.name for row in report.rows] == ["w", "b"]


def test_a_net_without_parameters_is_checked_in_its_inputs():
    report = crosscheck(Network.parse("e = a*b\nd = e + c\nL = d*f"), [[2, -3, 10, -2]])
    assert report.agrees
    assert {row.name: row.values["derivation"] for row in report.rows} == {"a": 6, "b": -4, "c": -2, "f": 4}


def test_a_large_net_is_checked_without_its_derivation_and_by_differences_in_float64():
    X, T = examples(16, 8, 3)
    report = crosscheck(symnet.mlp([8, 48, 48, 3], "tanh", "linear", "softmax_cross_entropy"), X, T)
    assert report.agrees, str(report)
    assert report.ways == ("numpy", "jax", "jax.grad", "differences")
    assert "derivation: - (unit by unit it has" in str(report)
    assert "differences: in float64, h = 1e-06" in str(report)


@pytest.mark.parametrize("path", [*COURSE, *PUBLISHED], ids=lambda path: path.stem)
def test_every_exercise_agrees(path, uncached):
    exercise = symnet.load(path)
    report = verify(exercise)
    assert report.agrees, str(report)
    if exercise.worked is None or exercise.problem.samples:  # then no solution has the same gradients
        return
    solution = symnet.solve(replace(exercise.problem, updates=0, places=None))
    for row in report.rows:
        assert row.values["derivation"] == pytest.approx(float(solution.gradients[row.name]), rel=1e-9)


def test_an_exercise_without_parameters_is_verified_in_what_is_given():
    report = verify(symnet.load(ROOT / "worksheets" / "computation-graph.toml"))
    assert [row.name for row in report.rows] == ["a", "b", "c", "f"]
    assert report.loss.values["derivation"] == -8


@pytest.mark.parametrize(("reduce", "slope"), [("mean", -4), ("sum", -8)])
def test_a_batch_of_an_exercise_is_combined_as_it_says(reduce, slope):
    text = f"""
    title = "a batch"
    loss = "L"
    parameters = {{ w = 1 }}
    given = {{ t = 3 }}
    training = {{ mode = "batch", reduce = "{reduce}" }}
    samples = [{{ x = 1 }}, {{ x = 2 }}]
    equations = {{ y = "w*x", L = "(y - t)^2" }}
    """
    report = verify(symnet.loads(text.replace("\n    ", "\n").replace("t = 3 }", "t = 3, x = 0 }")))
    assert report.agrees, str(report)
    assert report.rows[0].values["derivation"] == slope


# -- values have judges of their own ----------------------------------------------------------------------------------

JUDGES = {
    "half_squared_error": lambda y, t: optax.losses.l2_loss(y, t).sum(),
    "squared_error": lambda y, t: optax.losses.squared_error(y, t).sum(),
    "mean_squared_error": lambda y, t: optax.losses.squared_error(y, t).mean(),
    "root_squared_error": lambda y, t: jnp.linalg.norm(y - t),
    "absolute_error": lambda y, t: jnp.abs(y - t).sum(),
    "huber": lambda y, t: optax.losses.huber_loss(y, t, delta=1.0).sum(),
    "sigmoid_cross_entropy": lambda y, t: optax.losses.sigmoid_binary_cross_entropy(y, t).sum(1).mean(),
    "softmax_cross_entropy": lambda y, t: optax.losses.softmax_cross_entropy(y, t).mean(),
    # of the logits, as these are computed
    "binary_cross_entropy": lambda y, t: optax.losses.sigmoid_binary_cross_entropy(y, t).sum(1).mean(),
    "cross_entropy": lambda y, t: optax.losses.softmax_cross_entropy(y, t).mean(),
    "kl_divergence": lambda y, t: optax.losses.kl_divergence(jax.nn.log_softmax(y), t).mean(),
    "softmax_kl_divergence": lambda y, t: optax.losses.kl_divergence(jax.nn.log_softmax(y), t).mean(),
    "hinge": lambda y, t: optax.losses.hinge_loss(y, t).sum(1).mean(),
    "multiclass_hinge": lambda y, t: jnp.mean(
        jnp.array([((1 - s) * jnp.clip(1 + z - jnp.dot(s, z), 0)).sum() for z, s in zip(y, t, strict=True)])
    ),
    "negative_sampling": lambda y, t: -jnp.log(jax.nn.sigmoid((2 * t - 1) * y)).sum(1).mean(),
}


def test_every_loss_has_a_judge_of_its_value():
    assert set(JUDGES) == set(losses.CATALOGUE)


@pytest.mark.parametrize("loss", JUDGES)
def test_the_value_of_every_loss_is_that_of_an_independent_definition(loss, uncached):
    X, T = examples(4, 2, 3)
    output = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid", "kl_divergence": "softmax"}
    output = output.get(loss, "linear")
    net = symnet.mlp([2, 3], output=output, loss=loss)
    params = {name: 3 * value for name, value in net.init(seed=5).items()}
    report = crosscheck(net, X, T, params)
    expected = float(results(JUDGES[loss], X @ params["W1"] + params["b1"], T))
    assert report.agrees, str(report)
    for way, value in report.loss.values.items():
        assert value == pytest.approx(expected, rel=1e-12), way


ACTIVATIONS = {
    "relu": jax.nn.relu,
    "leaky_relu": jax.nn.leaky_relu,
    "elu": jax.nn.elu,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "softplus": jax.nn.softplus,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("z", [-1.3, 0.8])
def test_the_value_of_an_activation_is_that_of_jax_nn(name, z, uncached):
    report = crosscheck(_of_numbers(functions.CATALOGUE[name], 1, square=False), NOTHING, params={"u": z})
    expected = float(results(ACTIVATIONS[name], z))
    assert report.loss.values == pytest.approx(dict.fromkeys(report.ways, expected), rel=1e-12)


# -- a wrong rule of an operation fails -------------------------------------------------------------------------------

A, B, C, V, H = array("A", 2, 3), array("B", 3, 2), symbol("c"), array("v", 2), array("h", 3)
TWO, THREE = Integer(2), Integer(3)
# {operation: its arguments}; those that are names are what it is differentiated in.
OPERATIONS = {
    "matmul": (A, B),
    "transpose": (A,),
    "rows": (H, TWO),
    "columns": (V, THREE),
    "column_sums": (A,),
    "row_sums": (A,),
    "sum_of": (A,),
    "fill": (C, TWO, THREE),
    "softmax": (A,),
    "cross_entropy": (A, array("T", 2, 3)),
    "log_sum_exp": (A,),
}
RULES = [(name, k) for name, arguments in OPERATIONS.items() for k, a in enumerate(arguments) if a.is_Symbol]


def test_every_operation_is_swept():
    assert set(OPERATIONS) == set(matrices.CATALOGUE)


def _of_arrays(name):
    """Loss = Σ (operation(…) + D)² over parameters, so that what comes down to the operation differs by entry."""
    arguments = OPERATIONS[name]
    result = matrices.CATALOGUE[name](*arguments)
    shape = matrices.shape_of(result)
    d = array("D", *shape) if shape else symbol("d")
    r = array("R", *shape) if shape else symbol("r")
    square = power(r, TWO)
    equations = (Equation(r, add(result, d)), Equation(symbol("Loss"), matrices.sum_of(square) if shape else square))
    return Network((), (), (*(a for a in arguments if a.is_Symbol), d), equations)


def _some(net, seed=2):
    return net.init("uniform(0.1, 1)", seed)


@pytest.mark.parametrize(("name", "k"), RULES)
def test_a_wrong_rule_of_any_operation_fails_and_names_a_parameter(name, k, uncached, monkeypatch):
    net = _of_arrays(name)
    right = crosscheck(net, NOTHING, params=_some(net))
    assert right.agrees, str(right)
    uncached()
    spoiled(monkeypatch, name, lambda slope, upstream, *_: multiply(Rational(101, 100), slope), k)
    net = _of_arrays(name)
    report = crosscheck(net, NOTHING, params=_some(net))
    assert not report.agrees, str(report)
    blamed = OPERATIONS[name][k].name
    row = next(row for row in report.rows if row.name.partition("[")[0] == blamed)
    assert row.verdict == "disagrees"
    # The code has the rule; the units that are printed, JAX and the differences know nothing of it.
    assert row.why.startswith("derivation, jax.grad, differences: "), row.why
    assert "; numpy, jax: " in row.why
    assert "DISAGREEMENT in " in str(report)
    assert row.values["numpy"] == pytest.approx(1.01 * row.values["derivation"])
    assert report.loss.verdict == "agrees"


def spoiled(monkeypatch, name, wrong, k=0):
    """Let the gradient in argument k of an operation be wrong(the right one, the gradient in it, its arguments)."""
    template = adjoints._template

    def spoiled_template(kind, pattern, number):
        slope, upstream = template(kind, pattern, number)
        if kind is not matrices.CATALOGUE[name] or number != k:
            return slope, upstream
        shapes = [shape if isinstance(shape, tuple) else () for shape in pattern]
        arguments = [adjoints._stand_in(i, shape) for i, shape in enumerate(shapes)]
        return wrong(slope, upstream, *arguments), upstream

    monkeypatch.setattr(adjoints, "_template", spoiled_template)


def test_a_forgotten_transpose_fails_where_shapes_cannot_tell(uncached, monkeypatch):
    spoiled(monkeypatch, "matmul", lambda slope, upstream, a, b: matrices.matmul(upstream, b))
    X, T = examples()
    report = crosscheck(symnet.mlp([2, 2, 2]), X, T)
    assert [row.name.partition("[")[0] for row in report.disagreements] == ["W1", "b1"]


def test_a_transpose_left_out_where_it_is_recognised_does_not_fit(uncached, monkeypatch):
    monkeypatch.setattr(array_forms, "turned", lambda matrix: matrix)
    adjoints._template.cache_clear()
    with pytest.raises(Mistake, match="needs as many columns"):  # lengths are names there, and tell squares apart
        symnet.mlp([2, 2, 2]).backward  # noqa: B018 - works it out
    adjoints._template.cache_clear()


def test_a_wrong_rule_fails_in_a_net_too_large_for_its_derivation(uncached, monkeypatch):
    spoiled(monkeypatch, "rows", lambda slope, *_: multiply(TWO, slope))
    X, T = examples(8, 20, 2)
    report = crosscheck(symnet.mlp([20, 150, 2]), X, T)
    assert [row.name.partition("[")[0] for row in report.disagreements] == ["b1", "b2"]
    assert report.disagreements[0].why.startswith("numpy, jax: ")


STATED = [name for name, operation in matrices.CATALOGUE.items() if operation.states_slopes()]


@pytest.mark.parametrize("name", STATED)
def test_a_wrong_stated_derivative_is_not_proved(name, uncached, monkeypatch):
    operation = matrices.CATALOGUE[name]
    slope = operation.slope
    wrong = classmethod(lambda cls, number, *rest: multiply(Rational(101, 100), slope(number, *rest)))
    monkeypatch.setattr(operation, "slope", wrong)
    row_slopes.prove.cache_clear()
    adjoints._template.cache_clear()
    with pytest.raises(Mistake, match=f"{name}: the stated derivative"):
        _of_arrays(name).backward  # noqa: B018 - works it out
    row_slopes.prove.cache_clear()
    adjoints._template.cache_clear()


OF_ENTRIES = {
    "convolution": ((1, 4, 4), [layers.conv(1, 2, stride=2, padding=1, activation="tanh"), layers.flatten()]),
    "recurrence": ((3, 1), [layers.rnn(2, sequences=True), layers.flatten()]),
    "normalisation": ((3,), [layers.dense(3, "tanh"), layers.layer_norm()]),
}
WRONG = {
    "too large": lambda sums, target: multiply(Rational(101, 100), sums),
    "one place further": lambda sums, target: put(sums, {target[0]: target[0] + 1}) if target else sums,
}


@pytest.mark.parametrize("kind", OF_ENTRIES)
@pytest.mark.parametrize("flaw", WRONG)
def test_the_one_rule_wrong_fails_in_every_net_of_entries(kind, flaw, uncached, monkeypatch):
    shape, kinds = OF_ENTRIES[kind]
    net = symnet.sequential(shape, kinds, loss="mean_squared_error")
    generator = np.random.default_rng(0)
    X = generator.normal(size=(2, *shape))
    T = generator.normal(size=(2, *net.output.shape[1:]))
    params = {w.name: generator.normal(size=w.shape) for w in net.parameters}
    right = crosscheck(net, X, T, params)
    assert right.agrees, str(right)
    uncached()
    solved = pulling.solved
    monkeypatch.setattr(
        pulling, "solved", lambda places, term, over, target: WRONG[flaw](solved(places, term, over, target), target)
    )
    adjoints._template.cache_clear()
    net = symnet.sequential(shape, kinds, loss="mean_squared_error")
    try:
        report = crosscheck(net, X, T, params)
    except Mistake as mistake:  # a step that a recurrence does not have
        assert (kind, flaw) == ("recurrence", "one place further"), mistake  # noqa: PT017 - or a report
    else:
        assert not report.agrees, str(report)
    adjoints._template.cache_clear()


# -- a wrong derivative of a function fails ---------------------------------------------------------------------------

FUNCTIONS = {
    **functions.CATALOGUE,
    "huber_of": losses.huber_of,
    "binary_cross_entropy_of": losses.binary_cross_entropy_of,
}


def _arguments(function):
    least, most = function.arguments
    return least + 1 if most is None else most


def _slopes():
    """(name, argument) of every derivative that is not 0 everywhere."""
    for name, function in FUNCTIONS.items():
        count = _arguments(function)
        for index in range(count):
            if scalar.derived(function, index, count) != 0 and name not in ("step", "sign", "stop_gradient"):
                yield name, index


POINTS = [(0.7, 0.3, 0.2), (-0.7, 0.3, 0.2), (0.3, 0.7, 0.2), (1.6, 0.3, 0.4)]


def _of_numbers(function, count, square=True):
    u = tuple(symbol(name) for name in "uvw"[:count])
    equations = [Equation(symbol("y"), function(*u))]
    if square:
        equations.append(Equation(symbol("L"), power(symbol("y"), TWO)))
    return Network((), (), u, tuple(equations))


def _reports(name):
    function = FUNCTIONS[name]
    count = _arguments(function)
    for point in POINTS:
        yield crosscheck(_of_numbers(function, count), NOTHING, params=dict(zip("uvw", point[:count], strict=False)))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_agrees(name, uncached):
    for report in _reports(name):
        assert report.agrees, str(report)


def test_step_and_sign_have_no_slope_to_be_wrong():
    for name in ("step", "sign"):
        _, slope = functions.CATALOGUE[name], scalar.derived(functions.CATALOGUE[name], 0, 1)
        assert slope == 0 or all(piece == 0 for piece, _ in scalar.formula(slope, 1)[1].args)


@pytest.mark.parametrize(("name", "index"), list(_slopes()))
def test_a_wrong_derivative_of_any_function_fails_and_names_a_parameter(name, index, uncached, monkeypatch):
    wrong_one = FUNCTIONS[name]
    right = scalar.local_derivative

    def wrong(function, i, arguments, output=None):
        slope = right(function, i, arguments, output)
        return multiply(Rational(101, 100), slope) if (function, i) == (wrong_one, index) else slope

    monkeypatch.setattr(derivatives, "local_derivative", wrong)
    monkeypatch.setattr(scalar, "local_derivative", wrong)
    report = next((report for report in _reports(name) if not report.agrees), None)
    assert report is not None
    (row,) = report.disagreements
    assert row.name == "uvw"[index]
    assert row.why.startswith("derivation, numpy, jax: ")
    assert "; jax.grad, differences: " in row.why
    assert f"DISAGREEMENT in {row.name}." in str(report)


# -- kinks and poles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "ours"),
    [
        ("L = relu(w)", {"w": 0}, {"w": 0}),
        ("L = abs(w)", {"w": 0}, {"w": 0}),
        ("L = leaky_relu(w, 0.1)", {"w": 0}, {"w": 0.1}),
        ("L = step(w)", {"w": 0}, {"w": 0}),
        ("L = 2*max(v, w)", {"v": 3, "w": 3}, {"v": 2, "w": 0}),
        ("L = min(v, w)", {"v": 3, "w": 3}, {"v": 1, "w": 0}),
        ("a = relu(w)\nb = relu(-w)\nL = a - b", {"w": 0}, {"w": 0}),  # smooth, and yet by convention 0
    ],
)
def test_at_a_kink_differences_have_no_say_and_the_others_agree(text, at, ours, uncached):
    report = crosscheck(Network.parse(text, at), NOTHING, params=at)
    assert report.agrees, str(report)
    for row in report.rows:
        assert row.verdict == "kink: convention"
        for way in ("derivation", "numpy", "jax", "jax.grad"):
            assert row.values[way] == pytest.approx(ours[row.name])
    assert "at a kink, where differences have no say" in str(report)


def test_only_the_entries_at_a_kink_are_marked():
    net = symnet.mlp([1, 2], output="linear", loss="squared_error", l1=1)
    report = crosscheck(net, [[1.0]], [[0.0, 0.0]], {"W1": [[0.0, 2.0]], "b1": [0.0, 1.0]})
    assert report.agrees, str(report)
    assert {row.name: row.verdict for row in report.rows} == {"W1[0, 0]": "kink: convention", "b1[0]": "agrees"}
    assert "the slope is -1 before it, 1 after it, 0 by convention" in str(report)


def test_smooth_joints_and_idle_kinks_are_no_kinks(uncached):
    for text, at in (("L = elu(w)", {"w": 0}), ("L = relu(w)^2", {"w": 0}), ("L = relu(3*w)", {"w": 1})):
        (row,) = crosscheck(Network.parse(text, at), NOTHING, params=at).rows
        assert row.verdict == "agrees"


def test_another_convention_at_a_kink_fails(uncached, monkeypatch):
    right = scalar.local_derivative
    other = lambda function, *rest: Rational(1, 4) if function is functions.relu else right(function, *rest)  # noqa: E731
    monkeypatch.setattr(derivatives, "local_derivative", other)
    report = crosscheck(Network.parse("L = relu(w)", ["w"]), NOTHING, params={"w": 0})
    assert not report.agrees
    assert report.rows[0].why == "derivation, numpy, jax: 0.25; jax.grad: 0; differences: 0.5 (apart by 0.5)"


def test_a_kink_that_rounding_hides_is_no_disagreement(uncached):
    toml = """
    title = "0.1 + 0.2 - 0.3 is 0 on paper and not in float64"
    [given]
    x = 1
    [parameters]
    a = 0.1
    b = 0.2
    c = -0.3
    [equations]
    z = "a*x + b*x + c"
    L = "relu(z)"
    """
    report = verify(symnet.loads(toml.replace("\n    ", "\n")))
    assert report.agrees, str(report)
    assert [row.values["derivation"] for row in report.rows] == [0, 0, 0]
    assert [row.values["numpy"] for row in report.rows] == [1, 1, 1]
    assert "rounding every operation" in str(report)


@pytest.mark.parametrize(
    ("text", "at"),
    [("L = sqrt(w)", 0), ("L = 1/w", 0), ("L = log(w)", 0), ("L = log(w)", -1), ("y = w^2\nL = sqrt(y)", 0)],
)
def test_where_there_is_no_value_nothing_is_compared(text, at, uncached):
    report = crosscheck(Network.parse(text, ["w"]), NOTHING, params={"w": at})
    assert report.agrees, str(report)
    assert "no value" in (report.loss.verdict, report.rows[0].verdict)
    assert "1 without a value" in str(report) or "2 without a value" in str(report)


def test_a_root_of_errors_that_are_all_0_has_no_gradient():
    net = symnet.mlp([1, 1], output="linear", loss="root_squared_error")
    report = crosscheck(net, [[1.0]], [[3.0]], {"W1": [[2.0]], "b1": [1.0]})
    assert report.agrees, str(report)
    assert report.loss.verdict == "agrees"
    assert [row.verdict for row in report.rows] == ["no value", "no value"]


@pytest.mark.parametrize("z", [15, 40, 200, 2000])
def test_what_float64_loses_in_a_saturated_unit_is_no_disagreement(z, uncached):
    for text in ("y = sigmoid(w)\nL = (y - 2)^2", "y = tanh(w)\nL = y^2", "y = sigmoid(w)\nL = log(1 - y)"):
        report = crosscheck(Network.parse(text, ["w"]), NOTHING, params={"w": z})
        assert report.agrees, str(report)


def test_what_cancels_is_no_disagreement(uncached):
    text = "y = w*x\nL = (y - t)^2"
    report = crosscheck(Network.parse(text, ["w"]), [[0.1, 0.1 * 0.7]], params={"w": 0.7})
    assert report.agrees, str(report)


# -- the report -------------------------------------------------------------------------------------------------------


def test_the_report_is_a_table_that_a_person_can_read():
    text = str(verify(symnet.load(ROOT / "worksheets" / "relu.toml")))
    lines = text.splitlines()
    assert lines[2].split() == ["value", "numpy", "jax", "jax.grad", "differences"]
    assert lines[3].split()[0] == "Loss"
    assert any(line.startswith("w35 ") and line.endswith("agrees") for line in lines)
    assert "Tolerance: 1e-09 of the largest entry of a parameter's gradient" in text
    assert lines[-1].startswith("All ways agree")


def test_the_same_seed_gives_the_same_report():
    X, T = examples()
    net = symnet.mlp([2, 2])
    assert str(crosscheck(net, X, T, seed=4)) == str(crosscheck(net, X, T, seed=4))
    assert str(crosscheck(net, X, T, seed=4)) != str(crosscheck(net, X, T, seed=5))


def test_what_does_not_fit_is_a_mistake():
    X, _ = examples()
    with pytest.raises(Mistake, match="give the network a loss"):
        crosscheck(symnet.mlp([2, 2], loss=None), X)
    with pytest.raises(Mistake, match="Y is missing"):
        crosscheck(symnet.mlp([2, 2]), X)
    with pytest.raises(Mistake, match="one row of X, not 2"):
        crosscheck(Network.parse("L = a*b"), [[1, 2], [3, 4]])


def test_without_jax_the_report_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    X, T = examples()
    report = crosscheck(symnet.mlp([2, 2]), X, T)
    assert report.agrees
    assert report.ways == ("derivation", "numpy", "differences")
    assert "JAX is not installed: pip install 'symnet[jax]'" in str(report)


def test_without_jax_a_wrong_rule_still_fails(uncached, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    spoiled(monkeypatch, "rows", lambda slope, upstream, b, n: b)
    X, T = examples()
    assert [row.name.partition("[")[0] for row in crosscheck(symnet.mlp([2, 2]), X, T).disagreements] == ["b1"]


def test_importing_it_leaves_jax_alone_and_checking_leaves_its_settings():
    code = "import sys, symnet.training.crosscheck; assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
    before = jax.config.values.copy()
    X, T = examples()
    crosscheck(symnet.mlp([2, 2]), X, T)
    assert jax.config.values == before
