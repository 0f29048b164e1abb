"""Networks of arrays from text: both grains, print, code and training, judged by jax.grad; what is refused."""

from __future__ import annotations

from functools import cache

import entry_values
import jax.numpy as jnp
import numpy as np
import pytest
import traced

import symnet
from symnet import BATCH
from symnet.algebra.matrices import shape_of
from symnet.algebra.unrolling import entry_names
from symnet.exercises.reader import loads

# name: (text, shapes, parameters, targets)
NETS = {
    "dense": (
        "Z = X @ W + b\nA = tanh(Z)\nL = sum((A - T)^2)/2",
        {"X": (BATCH, 3), "W": (3, 2), "b": 2, "T": (BATCH, 2)},
        "W b",
        "T",
    ),
    "classes, by entries": (
        "Z[i,k] = sum[j](X[i,j]*W[j,k]) + b[k]  # of each\nP = softmax(Z)\nL = mean[i](-sum[k](T[i,k]*ln(P[i,k])))",
        {"X": (BATCH, 3), "W": (3, 2), "b": [2], "T": (BATCH, 2)},
        ["W", "b"],
        ["T"],
    ),
    "one number an example": (
        "y = X @ w + c\nL = mean((y - t)^2)",
        {"X": (BATCH, 3), "w": 3, "t": BATCH, "c": ()},
        "w c",
        "t",
    ),
    "a number that is not among the shapes": ("L = mean((c*X)^2)", {"X": (BATCH, 2, 1)}, "c", ()),
    "convolution of each": (
        "C[i] = conv(X[i], K, stride=2, padding=1, bias=c)\nM[i] = max_pool(relu(C[i]), 2)\nF[i] = flatten(M[i])\n"
        "L = sum(sigmoid(F @ V))",
        {"X": (BATCH, 2, 5, 5), "K": (3, 2, 3, 3), "c": 3, "V": (3, 2)},
        "K c V",
        (),
    ),
    "attention": (
        "S[i] = (X[i] @ Q) @ (X[i] @ K).T/sqrt(2)\nA = softmax(S)\nO = A @ X\nN = layer_norm(O)\nL = mean(N^3)",
        {"X": (BATCH, 3, 4), "Q": (4, 2), "K": (4, 2)},
        "Q K",
        (),
    ),
    "recurrence from a start": (
        "h[t,i] = tanh(X[i,t] @ W + h[t-1,i] @ U + b)\nL = mean[i](sum[k](h[3,i,k]^2))",
        {"X": (BATCH, 3, 2), "W": (2, 2), "U": (2, 2), "b": 2, "h0": (BATCH, 2)},
        "W U b",
        (),
    ),
    "recurrence of one sequence, its start learned": (
        "h[t] = tanh(X[t] @ W + h[t-1] @ U)\nd[t] = h[t] - h[t-1]\nL = sum(d^2)",
        {"X": (4, 2), "W": (2, 3), "U": (3, 3), "h0": 3},
        "W U h0",
        (),
    ),
    "recurrence backwards, with an end, its range written": (
        "r[t=1..3] = tanh(u*r[t+1] + x[t])\nL = r[1]^2",
        {"x": 3, "u": (), "r4": ()},
        "u r4",
        (),
    ),
    "look-up": (
        "E[i,t] = W[ids[i,t]]\nL = mean(tanh(E @ v))",
        {"ids": (BATCH, 2), "W": (4, 3), "v": 3},
        "W v",
        (),
    ),
    "lengths of one": ("Z = X @ W + b\nL = sum(Z^2)", {"X": (BATCH, 1), "W": (1, 1), "b": 1}, "W b", ()),
    "products of vectors, turned and not": (
        "u = W.T @ v\nr = v @ V.T\nO = X @ W.T\nL = u @ u + r @ r + mean(O^2)",
        {"X": (BATCH, 2, 4), "W": (3, 4), "V": (2, 3), "v": 3},
        "W V v",
        (),
    ),
    "two inputs": (
        "Z = A @ W + B @ V\nL = mean(log_softmax(concat(Z, A)))",
        {"A": (BATCH, 2), "B": (BATCH, 3), "W": (2, 2), "V": (3, 2)},
        "W V",
        (),
    ),
}
N = 3


def made(name):
    text, shapes, parameters, targets = NETS[name]
    return symnet.Network.parse(text, parameters, targets, shapes=shapes)


def numbers(net, examples=N):
    rng = np.random.default_rng(5)
    lengths = {BATCH: examples}
    shapes = {x: [int(lengths.get(n, n)) for n in shape_of(x)] for x in (*net.inputs, *net.targets, *net.parameters)}
    return {
        x: rng.integers(0, 4, shape) if x.name == "ids" else rng.normal(size=shape) for x, shape in shapes.items()
    }, lengths


def arrays(group, given):
    """What code takes for a group of names: an array, several, or a column of numbers."""
    several = tuple(given[x][:, None] if shape_of(x) == (BATCH,) else given[x] for x in group)
    return several if len(several) > 1 else several[0]


@cache
def right(name, examples=N):
    """(loss, {name: gradient}) by jax.grad of the equations worked plainly."""
    net = made(name)
    given, lengths = numbers(net, examples)
    ids = {x: value for x, value in given.items() if x.name == "ids"}  # whole numbers, whatever is traced

    def value(chosen, others):
        known = {**{x: {**chosen, **others}[x.name] for x in given if x not in ids}, **ids}
        return entry_values.values(net.equations, known, lengths, jnp)[net.equations[-1].lhs]

    weights = {w.name: given[w] for w in net.parameters}
    others = {x.name: number for x, number in given.items() if x.name not in weights and x not in ids}
    return traced.value_and_grad(value, weights, others)


def agree(found, expected):
    (loss, gradients), (right_loss, right_gradients) = found, expected
    assert float(loss) == pytest.approx(right_loss, rel=1e-12, abs=1e-12)
    scale = max(1e-3, *(np.abs(gradient).max() for gradient in right_gradients.values()))
    assert set(gradients) == set(right_gradients)
    for name, gradient in right_gradients.items():
        assert np.shape(gradients[name]) == gradient.shape
        np.testing.assert_allclose(gradients[name], gradient, rtol=0, atol=1e-12 * scale, err_msg=name)


@pytest.mark.parametrize("name", NETS)
def test_the_gradients_of_a_text_are_those_of_jax(name):
    net = made(name)
    given, lengths = numbers(net)
    found = entry_values.values([*net.equations, *net.backward], given, lengths)
    agree((found[net.equations[-1].lhs], {w.name: found[net.gradient_of(w)] for w in net.parameters}), right(name))


@pytest.mark.parametrize("backend", ["numpy", "jax"])
@pytest.mark.parametrize("name", NETS)
def test_the_code_of_a_text_is_right(name, backend):
    net = made(name)
    given, _ = numbers(net)
    examples = [arrays(group, given) for group in (net.inputs, net.targets) if group]
    weights = {w.name: given[w] for w in net.parameters}
    step = symnet.compile(net, backend)
    if backend == "numpy":
        found = step(weights, *examples)
    elif name == "look-up":  # ids stay whole numbers
        found = traced.results(lambda weights: step.function(weights, *examples), weights)
    else:  # without XLA, which takes longer than all else
        found = traced.results(step.function, weights, *examples)
    agree(found, right(name))


@pytest.mark.parametrize("name", [name for name in NETS if name != "look-up"])
def test_written_out_entry_by_entry_it_has_the_same_gradients(name):
    net = made(name)
    given, _ = numbers(net, 1)
    units = symnet.unroll(net)
    point = {}
    for x, value in given.items():
        point |= dict(zip(entry_names(x), np.ravel(value), strict=True))
    found = entry_values.values([*units.equations, *units.backward], point)
    gradients = {
        w.name: np.reshape(
            [found[g] if (g := units.gradient_of(x)) is not None else 0 for x in entry_names(w)], np.shape(given[w])
        )
        for w in net.parameters
    }
    agree((found[units.equations[-1].lhs], gradients), right(name, 1))


@pytest.mark.parametrize("name", NETS)
def test_every_line_of_a_text_and_of_its_gradients_is_shown_as_maths(name):
    net = made(name)
    for equation in (*net.equations, *net.backward):
        shown = equation._repr_mimebundle_()
        assert shown["text/latex"], equation
        assert "′" not in shown["text/latex"], equation  # names of indices that only the program needs


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_network_of_a_text_is_trained(backend):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    net = symnet.Network.parse(
        "Z[i] = tanh(X[i] @ W + b)\nY = Z @ V\nL = mean((Y - T)^2)",
        shapes={"X": (BATCH, 3), "W": (3, 4), "b": 4, "V": (4, 1), "T": (BATCH, 1)},
        parameters=["W", "b", "V"],
        targets=["T"],
    )
    run = symnet.fit(net, X, X[:, :1] * X[:, 1:2], optimizer=symnet.adam(0.05), steps=200, backend=backend)
    assert run.losses[-1] < 0.2 * run.losses[0]
    assert run.predict(X).shape == (40, 1)
    assert symnet.crosscheck(net, X, X[:, :1], params=run.params).agrees


def test_one_example_and_many_have_the_same_text():
    text, shapes, parameters, targets = NETS["convolution of each"]
    given, _ = numbers(net := made("convolution of each"))
    whole = symnet.compile(net)({w.name: given[w] for w in net.parameters}, *[arrays(net.inputs, given)])
    lines = text.replace("[i]", "")  # of one picture
    one = symnet.Network.parse(lines, parameters, targets, shapes={**shapes, "X": shapes["X"][1:]})
    step = symnet.compile(one)
    X = arrays(net.inputs, given)
    parts = [step({w.name: given[w] for w in net.parameters}, x) for x in X]
    assert whole[0] == pytest.approx(sum(loss for loss, _ in parts), rel=1e-12)
    for name in ("K", "c", "V"):
        np.testing.assert_allclose(whole[1][name], sum(found[name] for _, found in parts), rtol=0, atol=1e-12)


def test_ids_count_from_0():
    net = symnet.Network.parse("L = sum(W[ids[1]])", "W", shapes={"ids": 1, "W": (2, 2)})
    _, gradients = symnet.compile(net)({"W": np.ones((2, 2))}, np.array([1]))
    np.testing.assert_array_equal(gradients["W"], [[0, 0], [1, 1]])


X3 = {"X": (BATCH, 3)}


@pytest.mark.parametrize(
    ("text", "shapes", "said"),
    [
        (
            "Z = X @ W",
            {**X3, "W": (2, 4)},
            "line 1: Z: X (n, 3) @ W (2, 4): the left has 3 columns and the right 2 rows",
        ),
        ("Z = X @ W", {**X3, "W": (2, 3)}, "the right turned would fit, with .T"),
        ("# rows\n\nZ = X + Y", {**X3, "Y": (BATCH, 2)}, "line 3: Z: X (n, 3) and Y (n, 2) do not fit entry by entry"),
        ("Z = X + b", {**X3, "b": 2}, "X (n, 3) and b (2,) do not fit entry by entry"),
        ("Z = X + c", X3, 'line 1: Z: name "c" is not known here (known: X); a name needs a shape'),
        ("Z = X\nZ = X", X3, "line 2: Z is defined twice, first in line 1"),
        ("Z[i] = X[i]\nZ[j] = X[j]", X3, "line 2: Z is defined twice, first in line 1"),
        ("Z = X", {**X3, "b": 2}, 'shapes: "b" stands in no formula'),
        ("Z = X", {**X3, "Z": 2}, "shapes: Z is defined in line 1, and its shape follows"),
        ("Z = X[1]", X3, "line 1: Z: X has as many entries there as there are examples"),
        ("Z[i=1..2] = X[i]", X3, "line 1: Z[i=1..2]: i=1..2 goes over X, which has as many entries"),
        ("Z = flatten(X)", X3, "write Y[i] = flatten(X[i])"),
        ("Z = layer_norm(X.T)", X3, "layer_norm of X.T (3, n): it is of one example"),
        ("Z = W[V[1]]", {"V": 2, "W": (2, 2)}, "V is used as an index, so it must be whole numbers among the inputs"),
        ("h[t] = tanh(h[t-1] + x[t])", {"x": (3, 2), "h0": 3}, "line 1: h[t]: h[t-1] (3,) and x[t] (2,) do not fit"),
        ("r[t] = r[t+1] + x[t]", {"x": (3, 2), "r4": 5}, "line 1: r[t]: r4 (5,) stands for a row of r (3, 2)"),
        ("Z = X X", X3, "two arrays stand side by side"),
        ("Z = X", {"X": (3, BATCH)}, 'shapes: X is "(3, n)"; the examples, BATCH, are its first axis'),
        ("Z = X", {"X": (0, 2)}, "a shape is whole numbers from 1 on"),
        ("Z = X", {"X": (True, 2)}, "a shape is whole numbers from 1 on"),
        ("Z = X", {"X": "3"}, "a shape is whole numbers from 1 on"),
        ("Z = X", {"X": (1,) * 9}, "shapes: X has 9 axes; an array has at most 8"),
        ("Z = X", {"X[1]": 2}, "is not a name"),
        ("Z = X", ["X"], "it must be those of the names"),
    ],
)
def test_what_does_not_fit_is_said_with_line_array_and_shapes(text, shapes, said):
    with pytest.raises(symnet.Mistake) as refused:
        symnet.Network.parse(text, parameters=["V"] if "V" in shapes else (), shapes=shapes)
    assert said in str(refused.value)


def test_without_shapes_lines_are_of_numbers_and_say_where_arrays_are_declared():
    with pytest.raises(symnet.Mistake, match="of arrays give the shapes"):
        symnet.Network.parse("h[t=1..3] = tanh(h[t-1])")


def test_the_loss_stays_the_last_line_where_a_unit_is_used_by_nothing():
    """M[1] reads R[1] alone, and R[2] is read by nobody: differentiated was R[2], a line behind the loss."""
    text = "R[i,j] = X[i,j]*w[j]\nM[i] = R[i,1]\nL = sum(M^2)"
    net = symnet.Network.parse(text, "w", shapes={"X": (BATCH, 2), "w": 2})
    units = symnet.unroll(net)
    assert units.equations[-1].name == "L"
    _, gradients = symnet.compile(units)({"w1": 3.0, "w2": 5.0}, np.array([[2.0, 7.0]]))
    assert gradients == {"w1": 24.0, "w2": 0.0}  # 2 (3·2) 2


COLUMN = {"U": (4, 2), "W": (3, 4), "x": 2, "g": 3}


def test_matrices_times_vectors_pass_back_matrices_times_vectors():
    """W̄ = Xᵀ ē and not sums of columns; and a vector times itself has the slope 2 e, said once.  The judge is NumPy."""
    ridge = symnet.Network.parse(
        "e = X @ w - t\nL = e @ e/2 + 0.05*(w @ w)", ["w"], ["t"], shapes={"X": (3, 2), "w": 2, "t": 3}
    )
    step, values = symnet.compile(ridge), np.random.default_rng(0)
    assert "dL_de = e\n" in step.source
    assert "dL_dw = 0.1 * w + X.T @ dL_de\n" in step.source
    X, w, t = values.normal(size=(3, 2)), values.normal(size=2), values.normal(size=3)
    assert step({"w": w}, X, t)[1]["w"] == pytest.approx(X.T @ (X @ w - t) + 0.1 * w, rel=1e-12)
    column = symnet.Network.parse("h = tanh(U @ x)\nL = g @ (W @ h)", ["U", "W"], shapes=COLUMN)
    step, v = symnet.compile(column), {name: values.normal(size=shape) for name, shape in COLUMN.items()}
    assert "dL_dh = W.T @ " in step.source
    h = np.tanh(v["U"] @ v["x"])
    slopes = step({"U": v["U"], "W": v["W"]}, tuple(v[x.name] for x in column.inputs))[1]
    assert slopes["U"] == pytest.approx(np.outer(v["W"].T @ v["g"] * (1 - h * h), v["x"]), rel=1e-12)


@pytest.mark.parametrize("scores", ["A = softmax(Q @ K.T/sqrt(2))", "S = Q @ K.T/sqrt(2)\nA = softmax(S)"])
def test_attention_over_examples_multiplies_and_makes_no_array_of_four_axes(scores):
    """The softmax was worked out four times, and its gradients by sums over (n, 4, 4, 2).  The judge is JAX."""
    shapes = {"X": (BATCH, 4, 3), "WQ": (3, 2), "WK": (3, 2), "T": (BATCH, 4, 3)}
    text = f"Q = X @ WQ\nK = X @ WK\n{scores}\nL = mean((A @ X - T)^2)"
    net = symnet.Network.parse(text, ["WQ", "WK"], ["T"], shapes=shapes)
    step, values = symnet.compile(net), np.random.default_rng(0)
    assert step.source.count("softmax(") == 2  # its definition and its use
    assert "[:, None, :, :]" not in step.source
    assert "[:, :, None, :]" not in step.source
    given = {name: values.normal(size=[5 if n == BATCH else n for n in shape]) for name, shape in shapes.items()}
    _, slopes = step({name: given[name] for name in ("WQ", "WK")}, given["X"], given["T"])
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):

        def loss(params):
            scores = (given["X"] @ params["WQ"]) @ jax.numpy.swapaxes(given["X"] @ params["WK"], 1, 2)
            return jax.numpy.mean((jax.nn.softmax(scores / 2**0.5) @ given["X"] - given["T"]) ** 2)

        right = jax.grad(loss)({name: jax.numpy.asarray(given[name]) for name in ("WQ", "WK")})
        for name in right:
            assert slopes[name] == pytest.approx(np.asarray(right[name]), rel=1e-10, abs=1e-12)


def test_formulas_of_formulas_are_written_in_entries_and_the_same_each_time():
    """Bound indices had a number of the process in them, so a copy said its gradients in other letters."""
    shapes = {"X": (BATCH, 4, 3), "K": (BATCH, 4, 3)}
    net = symnet.Network.parse("S = X @ K.T/2\nL = sum(S^2)", shapes=shapes)
    (line,) = (str(equation) for equation in net.backward if equation.lhs.name == "∂L/∂K")
    assert line == "∂L/∂K[i,j,k] = sum[m](∂L/∂S[i,m,j]*X[i,m,k])/2"


def test_what_is_declared_as_one_number_an_example_is_given_so():
    """It was refused with a wish for (5, 1), the shape that nobody had declared."""
    shapes = {"X": (BATCH, 2), "w": 2, "T": BATCH}
    net = symnet.Network.parse("y = X @ w\nL = mean((y - T)^2)", ["w"], ["T"], shapes=shapes)
    values = np.random.default_rng(0)
    X, w, T = values.normal(size=(5, 2)), values.normal(size=2), values.normal(size=5)
    for step in (symnet.compile(net), symnet.compile(net, backend="jax")):
        loss, slopes = step({"w": w}, X, T)
        assert loss == pytest.approx(np.mean((X @ w - T) ** 2), rel=1e-5)
        assert slopes["w"] == pytest.approx(2 * X.T @ (X @ w - T) / 5, rel=1e-4)
        assert step({"w": w}, X, T[:, None])[0] == pytest.approx(loss)
        with pytest.raises(symnet.Mistake, match="same number of rows"):
            step({"w": w}, X, T[:4])
    assert symnet.crosscheck(net, X, T)
    run = symnet.fit(net, X, T, params={"w": w}, optimizer=symnet.sgd(0.1), steps=200)
    assert run.losses[-1] < run.losses[0]
    with pytest.raises(symnet.Mistake, match=r"must be \(5, 1\)"):  # of a layer's output it stays a mistake
        symnet.compile(symnet.mlp([2, 1]))(symnet.mlp([2, 1]).init(seed=0), X, T)


@pytest.mark.parametrize("shape", [(3,), (BATCH, 3), (BATCH, 4, 3)])
@pytest.mark.parametrize("loss", ["L = -sum(T*log_softmax(w*X))", "l = log_softmax(w*X)\nL = -sum(T*l)"])
def test_the_gradient_of_log_softmax_is_a_number_however_far_apart_the_logits_are(shape, loss):
    """exp(z) was divided by a share that is 0 as a float: nan from 750 on, and from 89 in float32.

    The judge is ∂L/∂z = P Σ T − T, with P computed with the largest logit taken off.
    """
    net = symnet.Network.parse(loss, ["w"], ["T"], shapes={"X": shape, "T": shape, "w": ()})
    values = np.random.default_rng(0)
    X, T = (values.random(size=[2 if n == BATCH else n for n in shape]) for _ in "XT")
    w = 5000.0
    shares = np.exp(w * X - (w * X).max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    right = ((shares * T.sum(-1, keepdims=True) - T) * X).sum()
    for dtype, close in ((np.float64, 1e-10), (np.float32, 1e-4)):
        step = symnet.compile(net)
        assert step({"w": dtype(w)}, X.astype(dtype), T.astype(dtype))[1]["w"] == pytest.approx(right, rel=close)


@pytest.mark.parametrize(
    "lines",
    [
        "L = -sum(T*ln(softmax(X @ W)))",
        "p = softmax(X @ W)\nL = -sum(T*ln(p))",
        "p = softmax(X @ W)\nL = -sum(T*ln(p)) + sum(p^2)",
        "p[i] = softmax(X[i] @ W)\nL = -sum(T*ln(p))",
        "p = softmax(X @ W)\nL = -sum[i,j](T[i,j]*ln(p[i,j]))",
        "z = X @ W\np[i,j] = exp(z[i,j])/sum[k](exp(z[i,k]))\nL = -sum(T*ln(p))",
    ],
)
@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_the_logarithm_of_a_softmax_is_a_number_in_code_however_far_apart_the_logits_are(lines, backend):
    """A share of e^(−1000) is 0 as a float, its logarithm −∞ and the gradient nan; jax.grad is the judge."""
    import jax

    net = symnet.Network.parse(lines, ["W"], ["T"], shapes={"X": (BATCH, 3), "T": (BATCH, 3), "W": (3, 3)})
    X, T = np.array([[1.0, 0, 0.5], [0, 1, 0.25]]), np.array([[0, 1.0, 0], [1, 0, 0]])
    W = np.array([[500.0, -500, 3], [-500, 500, 0], [1, 2, -500]])
    squares = "p^2" in lines

    def loss(w, x, t, softmax):
        p, logarithms = softmax(x @ w)
        return -(t * logarithms).sum() + squares * (p**2).sum()

    with jax.enable_x64(True):
        judge = jax.value_and_grad(loss)(W, X, T, lambda z: (jax.nn.softmax(z), jax.nn.log_softmax(z)))
    right, slopes = float(judge[0]), np.asarray(judge[1])
    assert right > 1000
    found = symnet.compile(net, backend=backend)({"W": W}, X, T)
    assert found[0] == pytest.approx(right, rel=1e-12)
    assert found[1]["W"] == pytest.approx(slopes, rel=1e-12, abs=1e-12)
    run = symnet.fit(net, X, T, params={"W": W}, optimizer=symnet.sgd(0.5), steps=1, backend=backend)
    assert run.params["W"] == pytest.approx(W - 0.5 * slopes, rel=1e-12)
    assert "ln(" in str(net.equations[-1])  # the formula stays as it was written


def test_the_gradient_of_far_logits_is_that_of_torch():
    torch = pytest.importorskip("torch")
    net = symnet.Network.parse("L = -sum(T*ln(softmax(X + W)))", ["W"], ["T"], shapes=dict.fromkeys("XWT", (2, 3)))
    X, T = np.array([[500.0, -500, 3], [-500, 500, 0]]), np.array([[0, 1.0, 0], [0.5, 0, 0.5]])
    x = torch.tensor(X, requires_grad=True)
    loss = -(torch.tensor(T) * torch.log_softmax(x, -1)).sum()
    loss.backward()
    found = symnet.compile(net)({"W": X}, np.zeros((2, 3)), T)
    assert found[0] == pytest.approx(loss.item(), rel=1e-12)
    assert found[1]["W"] == pytest.approx(x.grad.numpy(), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    "equations",
    [
        'p = "softmax(X @ W)"\nL = "-sum(T*ln(p))"',
        'L = "-sum(T*ln(softmax(X @ W)))"',
        '"p[i]" = "softmax(X[i] @ W)"\nL = "-sum(T*ln(p))"',
    ],
)
@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_a_file_with_far_logits_is_compiled_to_code_with_a_gradient(equations, backend):
    """A file is written out entry by entry, p1_1 = e^z/Σ e^z, and its logarithm read as that of a whole row."""
    T, W = np.array([[0, 1], [1, 0]]), np.array([[500, -500], [-500, 500]])
    toml = f"[given]\nX = [[1, 0], [0, 1]]\nT = {T.tolist()}\n[parameters]\nW = {W.tolist()}\n[equations]\n{equations}"
    net = loads(toml).problem.network
    params = {f"W{i + 1}_{j + 1}": np.asarray(float(W[i, j])) for i, j in np.ndindex(2, 2)}
    given = {"X": np.eye(2), "T": T}
    X, Y = (
        np.array([[float(given[x.name[0]][int(x.name[1]) - 1, int(x.name[3]) - 1]) for x in group]])
        for group in (net.inputs, net.targets)
    )
    loss, slopes = symnet.compile(net, backend=backend)(params, X, *([Y] if net.targets else []))
    assert loss == pytest.approx(2000, rel=1e-12)
    assert [float(slopes[name]) for name in params] == pytest.approx([1, -1, -1, 1], rel=1e-12)
