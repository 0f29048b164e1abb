"""Generated code as it is read: its text, its names, what is refused, and that it is made once."""

from __future__ import annotations

import ast
import builtins
import itertools
import keyword
import math
import os
import re
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from judged_nets import ACTIVATIONS, OWN, POSITIVE, WAYS, agree, drawn

import symnet
from symnet.algebra import functions
from symnet.algebra.equations import BATCH, Equation, Integer, Length, add, array, multiply, power, symbol
from symnet.algebra.matrices import softmax, sum_of
from symnet.algebra.mistakes import Mistake
from symnet.algebra.mlp import mlp
from symnet.algebra.network import Network
from symnet.algebra.unrolling import unroll
from symnet.computing.backends import by_name

# -- the text ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", by_name())
@pytest.mark.parametrize("activation", [*ACTIVATIONS, *OWN])
def test_source_is_python_with_a_line_for_every_equation_and_runs_by_itself(activation, backend):
    net = mlp([2, 3, 1], activation=activation, loss="huber", l2="1/10")
    step = symnet.compile(net, backend)
    assert isinstance(ast.parse(step.source), ast.Module)
    shown = unroll(net) if backend == "math" else net
    for equation in shown.equations:
        assert re.search(rf"^    {equation.name} = .", step.source, re.M), equation.name
    for name in ("W1", "b1", "W2", "b2"):
        assert f"params['{name}']" in step.source
    assert len(re.findall(r"^    \w+ = ", step.source, re.M)) >= len(shown.equations)
    namespace = {}
    exec(compile(step.source, "<copied>", "exec"), namespace)  # noqa: S102 - the point of the test
    params, X, T = drawn([2, 3, 1], 1, 15, positive=activation in POSITIVE)
    if backend == "math":
        lists = {k: v.tolist() for k, v in params.items()}
        found = namespace["step"](lists, X[0].tolist(), T[0].tolist())
        assert found == step(params, X, T)
        return
    with np.errstate(all="ignore"), jax.enable_x64(True):
        loss, gradients = namespace["step"](
            {k: (jnp if backend == "jax" else np).asarray(v) for k, v in params.items()}, X, T
        )
    found = WAYS["jax eagerly" if backend == "jax" else backend](net, params, X, T)[1]
    agree((loss, gradients), (float(loss), {k: np.asarray(v) for k, v in found.items()}))


def test_source_does_not_depend_on_the_batch_and_grows_by_the_same_lines_for_every_layer():
    for backend in ("numpy", "jax"):
        lines, letters = [], []
        for depth in range(2, 9):
            net = mlp([3] * (depth + 1), activation="tanh", loss="squared_error")
            step = symnet.compile(net, backend)
            before = step.source
            for rows in (1, 7):
                step.function({k: np.asarray(v) for k, v in net.init().items()}, np.ones((rows, 3)), np.ones((rows, 3)))
            assert step.source == before
            lines.append(len(before.splitlines()))
            letters.append(len(before))
        assert len(set(np.diff(lines))) == 1
        assert np.diff(letters).max() - np.diff(letters).min() <= 2


def test_source_of_units_has_a_line_for_every_equation_and_grows_with_their_number():
    counts, lines = [], []
    for width_ in (2, 4, 8, 16):
        net = unroll(mlp([width_, width_, 1]))
        source = symnet.compile(net).source
        counts.append(len(net.equations) + len(net.backward))
        lines.append(len(source.splitlines()))
    ratio = [b / a for a, b in zip(counts, lines, strict=True)]
    assert max(ratio) < 3
    assert ratio[-1] <= ratio[0]


# -- names ------------------------------------------------------------------------------------------------------------

OUR_OWN = [
    "np", "numpy", "jnp", "jax", "exp", "log", "full", "full_like", "where", "maximum", "add", "vdot", "copyto",
    "X", "T", "Y", "params", "step", "forward", "update", "n", "z", "z2", "m", "e", "E", "I", "S", "N", "O", "pi2",
    "size", "rate", "state", "t", "w", "g", "lambda", "beta", "self", "_", "__", "_1", "v1", "v_1", "a_", "a__", "_a",
    "dLoss_dw", "dLoss_dx", "Loss_2", "v", "v2", "mean_of_Loss", "dmean_of_Loss_dLoss", "ones_1", "ones_3", "c_0p5",
    "c_1p0", "c_2p0", "c_0p25", "spare_1_1", "spare_3_1", "mask_3_1", "weight_of_0", "gradient_of_0", "learning_rate",
    "update_number", "sum_1", "value_of_x", "operation_1", "erf", "sigmoid", "gelu", "relu", "max", "matmul",
    "column_sums", "turned_matmul", "logsumexp", "softmax", "huber_of", "binary_cross_entropy_of", "inf", "nan",
]  # fmt: skip


IDENTIFIERS = [*keyword.kwlist, *keyword.softkwlist, *(n for n in dir(builtins) if n.isidentifier()), *OUR_OWN]


STRANGE = [
    "a\nb", "a\n    raise SystemExit\n#", "a; raise SystemExit", "a' + str(1/0) + '", "a\\", '"""', "'''", "a]", "a)",
    "{0}", "{shape}", "%s", "a b", "a-b", "a+b", "a.b", "1a", "2", "", " ", "é", "é1", "è1", "λ", "η", "变量", "∂",
    "∂a/∂b", "∂Loss/∂x", "a\rb", "a\x0bb", "a\u2028b", "a\x00b", "__import__('os').system('true')", "a_b", "a__b",
    "w(1)", "v(w)", "x\tif", "#", "a#b", "lambda: 0",
]  # fmt: skip


FORBIDDEN = {"pi"}


def names_of_a_sum(names):
    """Σ i · name_i · x with the names as parameters: the gradient in name_i is i x, and no other name's."""
    x = symbol("a plain input")
    terms = [multiply(Integer(i), symbol(name), x) for i, name in enumerate(names, 1)]
    return Network((x,), (), tuple(map(symbol, names)), (Equation(symbol("Loss"), add(*terms)),))


def batches_of(names, size=12):
    kept = list(dict.fromkeys(name for name in names if name not in FORBIDDEN and name != "Loss"))
    return [kept[i : i + size] for i in range(0, len(kept), size)]


@pytest.mark.parametrize("way", ["numpy", "math", "fit", "jax"])
@pytest.mark.parametrize("names", batches_of([*IDENTIFIERS, *STRANGE], 80), ids=lambda names: ascii(names[0]))
def test_names_of_any_kind_compile_do_not_collide_and_execute_nothing(names, way, capsys):
    net = names_of_a_sum(names)
    params = {name: np.float64(k) for k, name in enumerate(names)}
    X = np.array([[0.5]])
    if way == "fit":
        run = symnet.fit(net, X, params=params, optimizer=symnet.sgd(0.5), steps=1)
        loss, gradients = run.losses[0], {name: (params[name] - run.params[name]) / 0.5 for name in names}
    else:
        loss, gradients = symnet.compile(net, way)(params, X)
    assert {name: float(g) for name, g in gradients.items()} == {name: i / 2 for i, name in enumerate(names, 1)}
    assert float(loss) == sum(k * (k + 1) for k in range(len(names))) / 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("way", ["numpy", "math", "fit"])
@pytest.mark.parametrize(
    "names", batches_of([*keyword.kwlist[:3], *OUR_OWN, *STRANGE], 20), ids=lambda names: ascii(names[0])
)  # fmt: skip
def test_any_name_may_stand_for_an_input_a_target_a_parameter_or_an_equation(names, way):
    """Loss = (w x/2 − t)² + sin w with one of the four names replaced by a hostile one."""
    for name, place in itertools.product(names, range(4)):
        x, t, w, y = (symbol(name if i == place else plain) for i, plain in enumerate(("xx", "tt", "ww", "yy")))
        equations = (
            Equation(y, multiply(sympy.Rational(1, 2), w, x)),
            Equation(symbol("Loss"), add(power(add(y, multiply(Integer(-1), t)), Integer(2)), functions.sin(w))),
        )
        net = Network((x,), (t,), (w,), equations)
        X, T, value = np.array([[3.0]]), np.array([[10.0]]), {w.name: np.float64(2)}
        if way == "fit":
            run = symnet.fit(net, X, T, params=value, optimizer=symnet.sgd(0.5), steps=1)
            loss, gradient = run.losses[0], (2 - run.params[w.name]) / 0.5
        else:
            loss, gradients = symnet.compile(net, way)(value, X, T)
            gradient = gradients[w.name]
        assert float(loss) == pytest.approx(49 + math.sin(2), rel=1e-12), (name, place)
        assert float(gradient) == pytest.approx(2 * -7 * 1.5 + math.cos(2), rel=1e-12), (name, place)


@pytest.mark.parametrize("way", ["numpy", "jax", "math", "fit"])
@pytest.mark.parametrize("function", sorted(ACTIVATIONS))
def test_an_equation_or_a_parameter_may_have_the_name_of_the_function_in_it(function, way):
    """A declared name shadows a function unless a bracket follows."""
    with jax.enable_x64(True):
        value = float(ACTIVATIONS[function](jnp.float64(1.5)))
    for text, parameter in (
        (f"{function} = {function}(w*x)\nL = {function}*2", "w"),
        (f"y = {function}({function}*x)\nL = y*2", function),
    ):
        net = Network.parse(text, [parameter])
        params, X = {parameter: np.float64(3)}, np.array([[0.5]])
        if way == "fit":
            loss = symnet.fit(net, X, params=params, optimizer=symnet.sgd(0.5), steps=1).losses[0]
        else:
            loss, _ = symnet.compile(net, way)(params, X)
        assert float(loss) == pytest.approx(2 * value, rel=1e-12)


def test_lengths_may_have_any_name():
    for name in ("lambda", "W1", "Z1", "params", "np", "m", "X", "2", "a\nb"):
        length = Length(name, integer=True, positive=True)
        net = mlp([2, length, 2], activation=softmax)
        params, X, T = drawn([2, 3, 2], 2, 16)
        expected = symnet.compile(mlp([2, 3, 2], activation=softmax))(params, X, T)
        agree(symnet.compile(net)(params, X, T), (float(expected[0]), expected[1]))


def test_a_matrix_named_like_the_transpose_of_another_is_not_confused_with_it_in_training():
    from symnet.algebra.matrices import matmul, transpose

    w, v, x = array("W", 2, 2), array("W_T", 2, 2), array("X", BATCH, 2)
    a, b = array("A", 2, 2), array("B", 2, 2)
    net = Network(
        (x,), (), (w, v),
        (
            Equation(a, matmul(w, transpose(w))),
            Equation(b, matmul(v, transpose(v))),
            Equation(
                symbol("Loss"), add(sum_of(power(a, Integer(2))), multiply(Integer(3), sum_of(power(b, Integer(2)))))
            ),
        ),
    )  # fmt: skip
    params = {"W": np.array([[1.0, 2], [3, 4]]), "W_T": np.array([[0.5, -1], [2, 0]])}
    run = symnet.fit(net, np.ones((2, 2)), params=params, optimizer=symnet.sgd(0.25), steps=1)
    for name, factor in (("W", 4), ("W_T", 12)):
        m = params[name]
        np.testing.assert_allclose(params[name] - run.params[name], 0.25 * factor * m @ m.T @ m, rtol=1e-12)


def test_totals_inside_totals_are_not_confused_in_training():
    b, w, x = array("b", 3), array("W", 2, 3), array("X", BATCH, 2)
    inner = multiply(b, sum_of(power(b, Integer(2))))
    net = Network((x,), (), (w, b), (Equation(symbol("Loss"), add(sum_of(power(w, Integer(3))), sum_of(inner))),))
    params = {"W": np.full((2, 3), 2.0), "b": np.array([1.0, 2, 3])}
    run = symnet.fit(net, np.ones((1, 2)), params=params, optimizer=symnet.sgd(0.5), steps=1)
    assert run.losses[0] == 48 + 6 * 14
    np.testing.assert_allclose(params["b"] - run.params["b"], 0.5 * (14 + 2 * params["b"] * 6))
    np.testing.assert_allclose(params["W"] - run.params["W"], 0.5 * 12)


# -- what is refused --------------------------------------------------------------------------------------------------

GOOD = {"W1": np.ones((2, 3)), "b1": np.ones(3), "W2": np.ones((3, 1)), "b2": np.ones(1)}


XS, TS = np.ones((4, 2)), np.ones((4, 1))


BAD = {
    "X of one axis": (GOOD, np.ones(2), TS, r"X has shape \(2,\)"),
    "X of three axes": (GOOD, np.ones((4, 2, 1)), TS, r"X has shape \(4, 2, 1\)"),
    "X too wide": (GOOD, np.ones((4, 3)), TS, r"X has shape \(4, 3\); it must be \(4, 2\)"),
    "X turned": (GOOD, np.ones((2, 4)), np.ones((2, 1)), r"X has shape \(2, 4\)"),
    "X without rows": (GOOD, np.ones((0, 2)), np.ones((0, 1)), "no rows"),
    "X a number": (GOOD, 3.0, TS, "X has shape"),
    "X of text": (GOOD, [["a", "b"]] * 4, TS, "X holds text"),
    "X ragged": (GOOD, [[1, 2], [3]], TS, "X is not a table"),
    "X with nan": (GOOD, np.full((4, 2), np.nan), TS, r"X\[0, 0\] is nan"),
    "X complex": (GOOD, np.ones((4, 2), complex), TS, "complex"),
    "Y of one axis": (GOOD, XS, np.ones(4), r"Y has shape \(4,\); it must be \(4, 1\)"),
    "Y too wide": (GOOD, XS, np.ones((4, 2)), r"Y has shape \(4, 2\)"),
    "Y of fewer rows": (GOOD, XS, np.ones((3, 1)), r"X has shape \(4, 2\) and Y \(3, 1\)"),
    "Y of one row": (GOOD, XS, np.ones((1, 1)), r"\(4, 2\) and Y \(1, 1\)"),
    "Y missing": (GOOD, XS, None, "Y is missing"),
    "Y infinite": (GOOD, XS, np.full((4, 1), np.inf), r"Y\[0, 0\] is inf"),
    "W1 turned": (GOOD | {"W1": np.ones((3, 2))}, XS, TS, r"W1 has shape \(3, 2\); it must be \(2, 3\)"),
    "b1 a row": (GOOD | {"b1": np.ones((1, 3))}, XS, TS, r"b1 has shape \(1, 3\); it must be \(3,\)"),
    "b1 a number": (GOOD | {"b1": 1.0}, XS, TS, r"b1 has shape \(\); it must be \(3,\)"),
    "b1 of one": (GOOD | {"b1": np.ones(1)}, XS, TS, r"b1 has shape \(1,\); it must be \(3,\)"),
    "W1 with inf": (GOOD | {"W1": np.full((2, 3), np.inf)}, XS, TS, "W1 holds a number that is not finite"),
    "W1 of text": (GOOD | {"W1": "abc"}, XS, TS, "W1 holds text"),
    "W2 missing": ({k: v for k, v in GOOD.items() if k != "W2"}, XS, TS, 'no "W2"'),
    "W3 too many": (GOOD | {"W3": np.ones(1)}, XS, TS, '"W3", which is not a parameter'),
    "a list of parameters": ([1, 2], XS, TS, "params is"),
}


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("what", BAD)
def test_what_does_not_fit_is_refused_in_one_line(what, backend):
    params, X, Y, message = BAD[what]
    step = symnet.Step(mlp([2, 3, 1]), backend)
    for seen in (False, True):
        if seen:
            assert np.isfinite(step(GOOD, XS, TS)[0])
            if what == "W1 with inf":
                break  # arrays of a kind that was seen are looked at again only where the loss is not finite
        with pytest.raises(Mistake, match=message) as caught:
            step(params, X, Y)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 200


def test_an_unknown_backend_is_refused_with_a_suggestion():
    net = mlp([2, 1])
    with pytest.raises(Mistake, match=r'backend is "numpi"; did you mean "numpy"'):
        symnet.compile(net, "numpi")
    for backend in ("torch", "", "NUMPY\n", None, 3, ["numpy"]):
        with pytest.raises(Mistake, match=r"^backend is [^\n]*$"):
            symnet.compile(net, backend)


def test_math_works_one_example_and_refuses_several():
    step = symnet.compile(mlp([2, 3, 1]), "math")
    loss, gradients = step(GOOD, XS[:1], TS[:1])
    assert isinstance(loss, float)
    assert np.shape(gradients["W1"]) == (2, 3)
    with pytest.raises(Mistake, match=r'^backend "math" works one example at a time, but X has 4 rows$'):
        step(GOOD, XS, TS)


def test_whole_numbers_and_lists_are_taken_as_float64():
    step = symnet.compile(mlp([2, 3, 1]))
    lists = {name: value.astype(int).tolist() for name, value in GOOD.items()}
    loss, gradients = step(lists, XS.astype(int).tolist(), [[True]] * 4)
    expected, right = step(GOOD, XS, TS)
    assert loss == expected
    assert all(gradients[k].dtype == np.float64 and (gradients[k] == right[k]).all() for k in right)


def test_nothing_given_is_changed():
    for way in ("numpy", "jax", "fit"):
        params, X, T = drawn([2, 3, 1], 4, 17)
        kept = {k: v.copy() for k, v in params.items()}, X.copy(), T.copy()
        WAYS[way](mlp([2, 3, 1], activation="relu", l1="0.1"), params, X, T)
        assert all((params[k] == kept[0][k]).all() for k in params)
        assert (kept[1] == X).all()
        assert (kept[2] == T).all()


def test_the_gradients_of_one_call_are_not_those_of_the_next():
    step = symnet.compile(mlp([2, 3, 1]))
    params, X, T = drawn([2, 3, 1], 4, 18)
    _, first = step(params, X, T)
    kept = {k: v.copy() for k, v in first.items()}
    step({k: 2 * v for k, v in params.items()}, X, T)
    assert all((first[k] == kept[k]).all() for k in kept)


# -- once, and without a trace ----------------------------------------------------------------------------------------


def test_equal_networks_compile_once():
    for backend in by_name():
        one = symnet.compile(mlp([2, 3, 1], activation="relu"), backend)
        assert symnet.compile(mlp([2, 3, 1], activation="relu"), backend) is one
        assert symnet.compile(mlp([2, 3, 1], activation="tanh"), backend) is not one
        assert symnet.compile(mlp([2, 4, 1], activation="relu"), backend) is not one
        units = unroll(mlp([2, 3, 1]))
        assert symnet.compile(units, backend) is symnet.compile(unroll(mlp([2, 3, 1])), backend)
    assert symnet.compile(units, reduce="sum") is not symnet.compile(units, reduce="mean")
    assert symnet.compile(units, "jax") is not symnet.compile(units, "numpy")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_jax_is_left_as_it_was(dtype):
    environment = dict(os.environ)
    settings_before = {
        name: getattr(jax.config, name) for name in ("jax_enable_x64", "jax_disable_jit", "jax_debug_nans")
    }
    assert settings_before["jax_enable_x64"] is False
    printed, filters = np.get_printoptions(), list(warnings.filters)
    errors = np.geterr()
    params, X, T = drawn([2, 3, 1], 4, 19)
    params = {k: v.astype(dtype) for k, v in params.items()}
    loss, gradients = symnet.compile(mlp([2, 3, 1]), "jax")(params, X.astype(dtype), T.astype(dtype))
    assert np.asarray(loss).dtype == dtype
    assert np.isfinite([float(np.sum(g)) + float(loss) for g in gradients.values()]).all()
    with pytest.raises(Mistake):
        symnet.compile(mlp([2, 3, 1]), "jax")(params, X[:, :1], T)
    assert {name: getattr(jax.config, name) for name in settings_before} == settings_before
    assert jnp.asarray([1.0]).dtype == np.float32
    assert dict(os.environ) == environment
    assert np.geterr() == errors
    assert np.get_printoptions() == printed
    assert warnings.filters == filters


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_step_computes_in_the_precision_of_its_examples(backend):
    net = symnet.mlp([2, 3, 1])
    loss, gradients = symnet.compile(net, backend)(
        net.init(seed=0), np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)
    )
    assert loss.dtype == np.float32
    assert {gradient.dtype for gradient in gradients.values()} == {np.dtype(np.float32)}


def test_a_loss_given_for_every_output_is_summed_like_a_formula():
    own = symnet.mlp([2, 3, 2], loss=lambda y, t: (y - t) ** 4)
    formula = symnet.mlp([2, 3, 2], loss="(y - t)^4")
    X, Y, params = np.ones((3, 2)), np.zeros((3, 2)), own.init(seed=1)
    assert symnet.compile(own)(params, X, Y)[0] == pytest.approx(symnet.compile(formula)(params, X, Y)[0], rel=1e-14)
