"""Slips of array work: what each gives is worked by ``jax.grad`` of what was done instead, or by hand in NumPy."""

from random import Random

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from array_slip_exercises import (
    ATTENTION,
    CHANNELS,
    CONVOLUTION,
    EMBEDDING,
    FLAT,
    GRU,
    LSTM,
    MEANS,
    NORM,
    NORM_OF_SIGNALS,
    POOLS,
    RECURRENT,
    arrays_of,
    by_entry,
    gradients,
)
from jax.scipy.signal import correlate2d
from made_slips import as_written, can_be_written, figures, keys_of, other_numbers, where_it_shows
from slip_exercises import DENSE, exercise
from told import gives, leaves, places

import symnet
from symnet.diagnosis import array_patterns
from symnet.diagnosis.diagnosis import diagnose
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.rewriting import Rewriting
from symnet.diagnosis.slip_patterns import averages_of
from symnet.diagnosis.slips import CATALOGUE, arrays, attention, embedding, gates, states, windows

MOST_MADE = 3  # in each exercise and in each variant of one: a sheet of an attention head takes seconds
ARRAY_SLIPS = [
    s
    for s in CATALOGUE.values()
    if s.rewrite.__module__ in {m.__name__ for m in (arrays, attention, embedding, gates, states, windows)}
]


def soft(z, axis=1, kept=None):
    e = jnp.exp(z) if kept is None else jnp.exp(z) * kept
    return e / e.sum(axis, keepdims=True)


def attend(v, scores=lambda q, k: q @ k.T / np.sqrt(2), share=soft, queries=lambda x, w: x @ w):
    return jnp.sum(v["G"] * (share(scores(queries(v["X"], v["WQ"]), v["X"] @ v["WK"])) @ (v["X"] @ v["WV"])))


def convolve(v, turned=False, stride=2, padding=1, exchanged=False):
    kernel = v["K"][::-1, ::-1] if turned else v["K"].T if exchanged else v["K"]
    full = correlate2d(jnp.pad(v["X"], padding), kernel, "valid")
    return jnp.sum(v["G"] * jnp.pad(full, ((0, 4), (0, 4)))[: 3 * stride : stride, : 3 * stride : stride])


def blocks(a):
    return a.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(2, 2, 4)


def pool(v, first=lambda b: b.max(-1), second=lambda b: b.mean(-1)):
    own = blocks(v["X"] * v["w"])
    return jnp.sum(v["G"] * first(own)) + jnp.sum(v["G"] * second(own) ** 2)


def recur(v, start=1.0, W=lambda w: w):
    h = start * v["h0"]
    for x in v["x"]:
        h = jnp.tanh(x @ W(v["W"]) + h @ v["U"])
    return jnp.sum(v["g"] * h)


def normalize(v, less=0, power=0.5, eps=0.1, axis=1, hold=lambda s: s, hold_mean=lambda s: s):
    z = v["X"] * v["w"]
    mean = hold_mean(z.mean(axis, keepdims=True))
    variance = hold(((z - mean) ** 2).sum(axis, keepdims=True) / (z.shape[axis] - less))
    return jnp.sum(v["G"] * ((z - mean) / (variance + eps) ** power) ** 2)


def fit(v, by=4, turned=False):
    return jnp.sum((v["X"] @ v["W"] + v["b"] - v["T"]) ** 2) / by


def lstm(v, forget=lambda f: f, hold=lambda s: s, swap=False, h0=1.0, own=lambda c, h: c, output=lambda o: o):
    h, c = h0 * v["h0"], v["c0"]
    for x in v["x"]:
        f, i, o = (hold(jax.nn.sigmoid(x @ v[f"W{g}"] + h @ v[f"U{g}"])) for g in "fio")
        f, i = (i, f) if swap else (f, i)
        k = jnp.tanh(x @ v["Wk"] + h @ v["Uk"])
        c = forget(f) * own(c, h) + i * k
        h = output(o) * jnp.tanh(c)
    return jnp.sum(v["g"] * h)


def gru(v, reset=lambda r: r, rest=lambda z: 1 - z, kept=lambda z: z):
    h = v["h0"]
    for x in v["x"]:
        z, r = (jax.nn.sigmoid(x @ v[f"W{g}"] + h @ v[f"U{g}"]) for g in "zr")
        n = jnp.tanh(x @ v["Wn"] + (reset(r) * h) @ v["Un"])
        h = rest(z) * n + kept(z) * h
    return jnp.sum(v["g"] * h)


def look_up(v, ids=(1, 0, 1), turned=False):
    E = v["E"].T if turned else v["E"]
    return jnp.sum(v["G"] * E[jnp.array(ids)] ** 2)


def one(gate):
    return jnp.ones_like(gate)


def worked(text, loss, *names):
    """The loss and its gradients by JAX."""
    with jax.enable_x64(True):
        values = {name: jnp.array(a, float) for name, a in arrays_of(text).items()}
        right, slopes = jax.jit(jax.value_and_grad(loss))(values)
        numbers = {"L": float(right)}
        for name in names:
            numbers |= gradients(name, slopes[name])
    return numbers


def causal(z):
    return soft(z, kept=jnp.tril(jnp.ones((2, 2))))


def after(z):
    return soft(z, kept=jnp.triu(jnp.ones((2, 2))))


def itself(z):
    return soft(z, kept=jnp.eye(2))


CAUSAL = ATTENTION.replace("softmax(S)", "causal_softmax(S)")
MASKED = ATTENTION.replace("softmax(S)", "softmax(S, mask=M)").replace(
    "[parameters]", "M = [[0, 1], [1, 1]]\n[parameters]"
)
OTHERS = MASKED.replace("[[0, 1], [1, 1]]", "[[0, 1], [1, 0]]")
ROWS = MASKED.replace("[[0, 1], [1, 1]]", "[[1, 1], [0, 1]]")
ALL = ("WQ", "WK", "WV")
SQUARE = EMBEDDING.replace(", [0.3, -1.1]]", "]")
OF_LSTM, OF_GRU = ([part + gate for part in "WU" for gate in gates] for gates in ("fiko", "zrn"))


@pytest.mark.parametrize(
    ("text", "id", "at", "loss", "names"),
    [
        (ATTENTION, "transpose-forgotten", "of K in S", lambda v: attend(v, lambda q, k: q @ k / np.sqrt(2)), ALL),
        (ATTENTION, "rows-for-columns", "of WQ in Q", lambda v: attend(v, queries=lambda x, w: x @ w.T), ALL),
        (ATTENTION, "product-transposed", "in S", lambda v: attend(v, lambda q, k: k @ q.T / np.sqrt(2)), ALL),
        (ATTENTION, "softmax-over-columns", "in A", lambda v: attend(v, share=lambda z: soft(z, 0)), ALL),
        (ATTENTION, "softmax-over-all", "in A", lambda v: attend(v, share=lambda z: soft(z, (0, 1))), ALL),
        (ATTENTION, "scale-forgotten", "in S", lambda v: attend(v, lambda q, k: q @ k.T), ALL),
        (ATTENTION, "scale-without-root", "in S", lambda v: attend(v, lambda q, k: q @ k.T / 2), ALL),
        (CAUSAL, "mask-forgotten", "in A", attend, ALL),
        (MASKED, "mask-forgotten", "in A", attend, ALL),
        (CAUSAL, "mask-after-softmax", "in A", lambda v: attend(v, share=lambda z: jnp.tril(soft(z))), ALL),
        (CAUSAL, "mask-upside-down", "(a row sees what comes after it) in A", lambda v: attend(v, share=after), ALL),
        (OTHERS, "mask-upside-down", "(left out what it lets through) in A", lambda v: attend(v, share=itself), ALL),
        (ROWS, "mask-upside-down", "(rows for columns) in A", lambda v: attend(v, share=causal), ALL),
        (CAUSAL, "scores-times-mask", "in A", lambda v: attend(v, share=lambda z: soft(jnp.tril(z))), ALL),
        (ROWS, "scores-times-mask", "in A", lambda v: attend(v, share=lambda z: soft(jnp.triu(z))), ALL),
        (
            CAUSAL,
            "softmax-over-columns",
            "in A",
            lambda v: attend(v, share=lambda z: soft(z, 0, jnp.tril(jnp.ones((2, 2))))),
            ALL,
        ),
        (CONVOLUTION, "kernel-turned", "in Y", lambda v: convolve(v, turned=True), "XK"),
        (CONVOLUTION, "kernel-transposed", "in Y", lambda v: convolve(v, exchanged=True), "XK"),
        (CONVOLUTION, "stride-forgotten", "in Y", lambda v: convolve(v, stride=1), "XK"),
        (CONVOLUTION, "padding-forgotten", "in Y", lambda v: convolve_without_padding(v), "K"),
        (
            POOLS,
            "max-for-mean",
            ", by the mean instead of the largest number in M",
            lambda v: pool(v, first=lambda b: b.mean(-1)),
            "w",
        ),
        (
            POOLS,
            "max-for-mean",
            ", by the largest number instead of the mean in N",
            lambda v: pool(v, second=lambda b: b.max(-1)),
            "w",
        ),
        (RECURRENT, "rows-for-columns", "of W in h", lambda v: recur(v, W=lambda w: w.T), "WU"),
        (NORM, "norm-by-one-less", "in N", lambda v: normalize(v, less=1), "w"),
        (NORM, "norm-without-root", "in N", lambda v: normalize(v, power=1), "w"),
        (NORM, "norm-without-epsilon", "in N", lambda v: normalize(v, eps=0), "w"),
        (NORM, "norm-over-columns", "in N", lambda v: normalize(v, axis=0), "w"),
        (LSTM, "gate-forgotten", "f in c", lambda v: lstm(v, forget=one), OF_LSTM),
        (LSTM, "gate-forgotten", "o in h", lambda v: lstm(v, output=one), OF_LSTM),
        (LSTM, "gates-exchanged", "f and i", lambda v: lstm(v, swap=True), OF_LSTM),
        (LSTM, "state-for-cell", "(h for c)", lambda v: lstm(v, own=lambda c, h: h), OF_LSTM),
        (LSTM, "start-forgotten", ", h0", lambda v: lstm(v, h0=0.0), OF_LSTM),
        (GRU, "gate-forgotten", "r in n", lambda v: gru(v, reset=one), OF_GRU),
        (GRU, "gate-forgotten", "1 − z in h", lambda v: gru(v, rest=one), OF_GRU),
        (GRU, "gate-forgotten", "z in h", lambda v: gru(v, kept=one), OF_GRU),
        (GRU, "gates-exchanged", "z and 1 − z", lambda v: gru(v, rest=lambda z: z, kept=lambda z: 1 - z), OF_GRU),
        (EMBEDDING, "neighbouring-row", "after", lambda v: look_up(v, (2, 1, 2)), "E"),
        (SQUARE, "column-for-row", "E", lambda v: look_up(v, turned=True), "E"),
        (MEANS, "mean-by-wrong-number", "(2 instead of 4) in L", lambda v: fit(v, 2), "Wb"),
        (MEANS, "mean-by-wrong-number", "(3 instead of 4) in L", lambda v: fit(v, 3), "Wb"),
        (MEANS, "mean-by-wrong-number", "(not at all instead of by 4) in L", lambda v: fit(v, 1), "Wb"),
    ],
)
def test_another_formula_gives_its_value_and_its_gradients(text, id, at, loss, names):
    gives(exercise(text), id, at, worked(text, loss, *names))


def convolve_without_padding(v):
    """The windows of a picture without an edge; those that leave it see 0 there."""
    return convolve({**v, "X": jnp.pad(v["X"], ((0, 2), (0, 2)))}, padding=0)


def held(s):
    return jax.lax.stop_gradient(s)


@pytest.mark.parametrize(
    ("words", "means"), [("mean and variance", held), ("the variance", lambda s: s)], ids=["both", "variance"]
)
def test_statistics_of_a_layer_norm_held_constant(words, means):
    numbers = worked(NORM, lambda v: normalize(v, hold=held, hold_mean=means), "w", "X")
    gives(exercise(NORM), "norm-statistics-constant", words, numbers)


def attention_by_hand(kept=1.0):
    v = arrays_of(ATTENTION)
    q, k, value = (v["X"] @ v[name] for name in ALL)
    a = np.exp(q @ k.T / np.sqrt(2)) * kept
    a /= a.sum(1, keepdims=True)
    da = v["G"] @ value.T
    ds = a * (da - (a * da).sum(1, keepdims=True))
    return v, q, k, value, a, da, ds


def test_the_diagonal_of_the_jacobian_alone():
    v, _, k, _, a, da, _ = attention_by_hand()
    wrong = da * a * (1 - a)
    numbers = gradients("S", wrong) | gradients("WQ", v["X"].T @ (wrong @ k / np.sqrt(2)))
    gives(exercise(ATTENTION), "softmax-diagonal-alone", "in A", numbers)


def test_the_scale_forgotten_in_the_gradients_alone():
    v, _, k, *_, ds = attention_by_hand()
    numbers = gradients("S", ds) | gradients("WQ", v["X"].T @ ds @ k)
    gives(exercise(ATTENTION), "scale-forgotten", "in the gradients from S back", numbers)


def test_transposes_in_the_gradients_of_products():
    v, q, k, value, a, _, ds = attention_by_hand()
    problem, dq = exercise(ATTENTION), ds @ k / np.sqrt(2)
    gives(problem, "transpose-forgotten", "of X in the gradient of WQ", gradients("WQ", v["X"] @ dq))
    gives(problem, "transpose-forgotten", "of A in the gradient of V", gradients("V", a @ v["G"]))
    gives(problem, "transpose-forgotten", "of V in the gradient of A", gradients("A", v["G"] @ value))
    gives(problem, "rows-for-columns", "of K in the gradient of Q", gradients("Q", ds @ k.T / np.sqrt(2)))
    of_k = gradients("K", ds @ q / np.sqrt(2))
    gives(problem, "arriving-gradient-not-transposed", "at S, in the gradient of K", of_k)
    gives(problem, "gradient-transposed", "of WQ", gradients("WQ", (v["X"].T @ dq).T))


@pytest.mark.parametrize(
    ("text", "kept"),
    [(ATTENTION, np.ones((2, 2))), (CAUSAL, np.tril(np.ones((2, 2)))), (ROWS, np.triu(np.ones((2, 2))))],
    ids=["all", "causal", "masked"],
)
def test_gradients_of_attention_with_and_without_a_mask(text, kept):
    """Also in what a mask leaves out, whose gradient is rightly 0, and in a row that it leaves one entry."""
    v, q, k, _, a, da, ds = attention_by_hand(kept)
    problem, root = exercise(text), np.sqrt(2)
    of_wk = gradients("K", ds @ q / root) | gradients("WK", v["X"].T @ ds @ q / root)
    gives(problem, "arriving-gradient-not-transposed", "at S, in the gradient of K", of_wk)
    of_wq = gradients("Q", ds.T @ k / root) | gradients("WQ", v["X"].T @ ds.T @ k / root)
    gives(problem, "arriving-gradient-transposed", "at S, in the gradient of Q", of_wq)
    gives(problem, "gradient-transposed", "of A", gradients("A", da.T))
    columns = a * (da - (a * da).sum(0))
    numbers = gradients("S", columns) | gradients("WQ", v["X"].T @ columns @ k / root)
    gives(problem, "softmax-jacobian-over-columns", "in A", numbers)
    without = gradients("S", da * kept) | gradients("WQ", v["X"].T @ (da * kept) @ k / root)
    gives(problem, "no-softmax-slope", "", without)
    masked = places(problem, "no-softmax-slope").keys() - {""}
    assert masked == ({"and left the mask out of the gradients"} if kept.min() == 0 else set())
    for at in masked:
        gives(problem, "no-softmax-slope", at, gradients("S", da) | gradients("WQ", v["X"].T @ da @ k / root))


def test_there_are_no_slips_of_masks_and_of_turned_gradients_where_there_is_no_such_thing():
    of_masks = ("mask-upside-down", "scores-times-mask")
    assert not any(places(exercise(ATTENTION), id) for id in of_masks)
    plain = exercise(ATTENTION.replace("Q @ K.T", "Q @ K"))
    assert not places(plain, "arriving-gradient-transposed")
    assert {*places(exercise(RECURRENT), "gradient-transposed")} == {"of W", "of U"}
    one = exercise('[parameters]\nz = [1, 2]\n[equations]\np = "softmax(z)"\nL = "p[1]^2"')
    assert not places(one, "softmax-jacobian-over-columns")


@pytest.mark.parametrize("text", [ATTENTION, CAUSAL], ids=["all", "causal"])
def test_a_slip_leaves_right_lines_as_the_exercise_rounds_them(text):
    """Worked in exponentials a right line would be off in its last place, and the person be told of rounding."""
    problem = exercise("round = 2\n" + text)
    keys = [*gradients("S", np.zeros((2, 2))), *gradients("WK", np.zeros((2, 2)))]
    leaves(problem, "one-path", "(from Q2_1 through S2_1)", keys)


def test_one_row_in_the_gradients_of_what_all_rows_share():
    v, problem = arrays_of(MEANS), exercise(MEANS)
    dy = (v["X"] @ v["W"] + v["b"] - v["T"]) / 2
    gives(problem, "gradient-of-one-row", "of W (row 1 of Y)", gradients("W", np.outer(v["X"][0], dy[0])))
    gives(problem, "gradient-of-one-row", "of b (row 2 of Y)", gradients("b", dy[1]))


def test_means_over_the_rows_that_are_forgotten_in_the_gradients():
    v, text = (
        arrays_of(MEANS),
        MEANS.replace("mean((Y - T)^2)", "sum((Y - T)^4)/4").replace("]]\nT", "], [1, 2, 3], [-1, 1, 0]]\nT"),
    )
    problem = exercise(text.replace("0.2]]", "0.2], [1, 0], [0, 1]]"))
    X = np.vstack([v["X"], [1, 2, 3], [-1, 1, 0]])
    dy = 4 * (X @ v["W"] + v["b"] - np.vstack([v["T"], np.eye(2)])) ** 3
    of_w, of_b = gradients("W", X.T @ dy), gradients("b", dy.sum(0))
    gives(problem, "not-averaged-back", "(4, in L)", of_w | of_b)
    at = "(averaged the weights' gradients, summed the biases')"
    gives(problem, "bias-not-averaged", at, gradients("W", X.T @ dy / 4) | of_b)
    at = "(summed the weights' gradients, averaged the biases')"
    gives(problem, "bias-not-averaged", at, of_w | gradients("b", dy.sum(0) / 4))
    halved = exercise(MEANS.replace("mean((Y - T)^2)", "sum((Y - T)^2)/2"))
    assert not averages_of(Rewriting(halved))  # ½ of a squared error is no mean over two rows


def test_a_kernel_averaged_over_its_windows():
    right = worked(CONVOLUTION, convolve, "K")
    numbers = {key: number / 9 for key, number in right.items() if key != "L"}
    gives(exercise(CONVOLUTION), "kernel-averaged", "K", numbers)
    turned = dict(zip(numbers, [right[key] for key in reversed(numbers)], strict=True))
    gives(exercise(CONVOLUTION), "kernel-gradient-turned", "K", turned)


def test_the_wrong_axis_of_a_mean_and_of_the_gradient_of_a_bias():
    v, problem = arrays_of(MEANS), exercise(MEANS)
    dy = (v["X"] @ v["W"] + v["b"] - v["T"]) / 2
    gives(problem, "wrong-axis", "in the gradient of b", gradients("b", dy.sum(1)))
    columns = '[parameters]\nx = [[1, 2.5], [4, -3]]\n[equations]\n"m[j]" = "mean[i](x[i,j])"\nL = "sum(m^2)"'
    gives(exercise(columns), "rows-for-columns", "of x in m", {"m1": 1.75, "m2": 0.5})
    assert not places(
        exercise('[parameters]\nx = [[1, 2.5], [4, -3]]\n[equations]\nL = "sum(x)^2"'), "rows-for-columns"
    )


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("the first alone", [0]),
        ("the last alone", [2]),
        ("all but the last", [0, 1]),
        ("all but the first", [1, 2]),
    ],
)
def test_a_convolution_that_does_not_sum_over_all_channels(words, kept):
    v = arrays_of(CHANNELS)
    windows = np.lib.stride_tricks.sliding_window_view(v["X"], (2, 2), (1, 2))[kept]
    Z = np.einsum("ocuv,cpquv->opq", v["K"][:, kept], windows)
    dK = np.zeros_like(v["K"])
    dK[:, kept] = np.einsum("opq,cpquv->ocuv", v["G"], windows)
    numbers = by_entry("Z", Z) | gradients("K", dK) | {"L": (v["G"] * Z).sum()}
    gives(exercise(CHANNELS), "channels-not-summed", f"in Z ({words})", numbers)


def test_no_channels_are_left_out_where_there_is_one():
    assert not places(exercise(CONVOLUTION), "channels-not-summed")


def test_a_batch_norm_with_the_statistics_of_one_example():
    v = arrays_of(NORM_OF_SIGNALS)

    def normalized(w):
        z = v["X"] * w
        m = z[0].mean(1)
        s = ((z[0] - m[:, None]) ** 2).mean(1)
        return m, s, (z - m[:, None]) / np.sqrt(s + 0.1)[:, None]

    m, s, N = normalized(v["w"])
    # A step along the imaginary axis: its slope has no error of a difference.
    steps = [(v["G"] * normalized(v["w"] + 1e-30j * e)[2] ** 2).sum().imag / 1e-30 for e in np.eye(3)]
    numbers = by_entry("m", m) | by_entry("s", s) | by_entry("N", N) | {"L": (v["G"] * N**2).sum()}
    problem = exercise(NORM_OF_SIGNALS)
    gives(problem, "statistics-of-one-example", "(the first)", numbers | gradients("w", np.array(steps)))
    for text in (NORM, MEANS):  # by rows, and over a batch of which each has one number
        assert not places(exercise(text), "statistics-of-one-example")


def test_gradients_of_a_convolution():
    v, problem = arrays_of(CONVOLUTION), exercise(CONVOLUTION)
    padded = np.pad(v["X"], 1)
    for at, p in (("K (the first)", 0), ("K (the last)", 2)):
        window = padded[2 * p : 2 * p + 2, 2 * p : 2 * p + 2]
        gives(problem, "kernel-of-one-window", at, gradients("K", v["G"][p, p] * window))
    back = np.zeros((6, 6))
    for p, q in np.ndindex(3, 3):
        back[2 * p : 2 * p + 2, 2 * q : 2 * q + 2] += v["G"][p, q] * v["K"][::-1, ::-1]
    gives(problem, "kernel-not-turned", "(X)", gradients("X", back[1:5, 1:5]))


def test_gradients_of_pools():
    v, problem = arrays_of(POOLS), exercise(POOLS)
    own = blocks(v["X"] * v["w"])
    mean, largest = own.mean(-1), own == own.max(-1, keepdims=True)
    g = v["G"][..., None]

    def spread(b):
        return gradients("P", b.reshape(2, 2, 2, 2).transpose(0, 2, 1, 3).reshape(4, 4))

    of_mean = 2 * g * mean[..., None] / 4
    gives(problem, "maximum-to-all", "in M", spread(g + of_mean + 0 * own))
    gives(problem, "maximum-to-all", "in M (shared out among them)", spread(g / 4 + of_mean + 0 * own))
    gives(problem, "mean-not-shared", "in N", spread(g * largest + 4 * of_mean))


def test_the_state_before_the_first_step():
    problem, v = exercise(RECURRENT), arrays_of(RECURRENT)
    gives(problem, "start-forgotten", ", h0", worked(RECURRENT, lambda v: recur(v, start=0.0), "W", "U"))
    right = worked(RECURRENT, recur, "W")
    h = [v["h0"]]
    for x in v["x"]:
        h.append(np.tanh(x @ v["W"] + h[-1] @ v["U"]))
    d, of_u = v["g"] * (1 - h[3] ** 2), np.zeros((2, 2))
    for t in (3, 2):
        of_u += np.outer(h[t - 1], d)
        d = (v["U"] @ d) * (1 - h[t - 1] ** 2)
    gives(problem, "start-forgotten", ", h0, in the gradients", right | gradients("U", of_u))


def test_a_state_before_the_first_step_that_gets_no_gradient():
    """The hint points to its own line in the backward pass, not to the line forward that reads it."""
    problem = exercise(RECURRENT)
    wrong = {"grad(h0_1)": 0.0, "grad(h0_2)": 0.0}
    gives(problem, "start-without-gradient", ", h0", worked(RECURRENT, recur, "W", "U") | wrong)
    numbers = worked(RECURRENT, lambda v: recur(v, start=jnp.array([0.0, 0.0])), "W", "U")
    shifted = worked(RECURRENT, lambda v: recur({**v, "h0": v["h0"] - jnp.array([0.6, -0.7])}), "h0")
    gives(problem, "start-forgotten", ", h0", numbers | {"grad(h0_1)": shifted["grad(h01)"]})
    hypotheses = Hypotheses(problem, ["grad(h0_1)"])
    verdict = diagnose(
        hypotheses, problem, {"grad(h0_1)": "0", "grad(h1_1)": as_written(hypotheses.right(problem)["grad(h1_1)"])}
    )
    (slip,) = verdict["grad(h0_1)"].slips
    assert slip.id == "start-without-gradient"
    assert hypotheses.line_of(slip.hypothesis, problem, "grad(h0_1)") == "grad(h0_1)"


def test_gates_that_pass_nothing_back():
    """All gates as if they were numbers: the path through k and c alone."""
    numbers = worked(LSTM, lambda v: lstm(v, hold=held), "Wk", "Uk", "Wf")
    gives(exercise(LSTM), "gates-constant", "(none of them)", numbers)


def test_a_row_that_is_looked_up_twice():
    v, problem = arrays_of(EMBEDDING), exercise(EMBEDDING)
    rows = 2 * v["G"] * v["E"][[1, 0, 1]]
    for at, second in (("(the first look-up in E alone)", rows[0]), ("(the last look-up in E alone)", rows[2])):
        gives(problem, "row-counted-once", at, gradients("E", np.array([rows[1], second, [0, 0]])))
    gives(problem, "row-averaged", "(E)", gradients("E", np.array([rows[1], (rows[0] + rows[2]) / 2, [0, 0]])))


def test_inputs_and_states_of_the_step_before():
    """In the gradients alone, where the line is h = tanh(x W + h U)."""
    v, problem = arrays_of(RECURRENT), exercise(RECURRENT)
    h = [v["h0"]]
    for x in v["x"]:
        h.append(np.tanh(x @ v["W"] + h[-1] @ v["U"]))
    d, of_w, of_u = v["g"] * (1 - h[3] ** 2), np.zeros((2, 2)), np.zeros((2, 2))
    for t in (3, 2, 1):
        of_w += np.outer(v["x"][max(t - 2, 0)], d)
        of_u += np.outer(h[max(t - 2, 0)], d)
        d = (v["U"] @ d) * (1 - h[t - 1] ** 2)
    at = "in the gradient of {} (that of the step before)"
    gives(problem, "input-of-other-step", at.format("W"), gradients("W", of_w))
    gives(problem, "state-of-other-step", at.format("U"), gradients("U", of_u))


@pytest.mark.parametrize("text", [ATTENTION, CONVOLUTION, POOLS, RECURRENT, NORM, EMBEDDING, GRU])
def test_right_numbers_are_right_and_invented_ones_have_no_name(text, tmp_path):
    file = tmp_path / "arrays.toml"
    file.write_text(text)
    loaded, random = symnet.load(file), Random(11)
    keys = [*[key for key in keys_of(loaded) if key.startswith("grad(")][::3], "L"]
    hypotheses = Hypotheses(loaded.problem, keys)
    right = hypotheses.right(loaded.problem)
    verdicts = diagnose(hypotheses, loaded.problem, {key: as_written(right[key]) for key in keys})
    assert {verdict.verdict for verdict in verdicts.values()} <= {"right", "rounded"}
    invented = {key: f"{random.uniform(-9, 9):.7f}" for key in keys}
    verdicts = diagnose(hypotheses, loaded.problem, invented)
    assert all(verdict.verdict == "wrong" and not verdict.slips for verdict in verdicts.values())


@pytest.mark.parametrize("text", [ATTENTION, CAUSAL, MASKED, CONVOLUTION, POOLS, RECURRENT, NORM, MEANS, LSTM, GRU])
def test_arrays_written_out_again_are_the_equations_of_the_problem(text):
    """What slips rewrite is the equation of arrays, so unchanged it must give the lines that are worked."""
    r = Rewriting(exercise(text))
    unchanged = {e.name: e.rhs for e in r.problem.whole}
    assert not array_patterns.written_out(r, unchanged)
    assert array_patterns.written_out(r, {**unchanged, "L": unchanged["L"] * 2})


def test_a_unit_exercise_has_no_slips_of_arrays():
    for slip in ARRAY_SLIPS:
        assert not list(slip.rewrite(Rewriting(exercise(DENSE)))), slip.id


def test_every_slip_of_arrays_is_made_in_one_of_the_exercises():
    made = set()
    for text in (ATTENTION, CAUSAL, CONVOLUTION, CHANNELS, POOLS, RECURRENT, NORM, MEANS, LSTM, GRU, EMBEDDING, FLAT):
        r = Rewriting(exercise(text))
        made |= {slip.id for slip in ARRAY_SLIPS if any(True for _ in slip.rewrite(r))}
    assert made == {slip.id for slip in ARRAY_SLIPS}


@pytest.mark.parametrize("text", [ATTENTION, CAUSAL, CONVOLUTION, POOLS, RECURRENT, NORM, MEANS, EMBEDDING])
def test_a_made_slip_is_named_and_never_another(text, tmp_path):
    """All numbers of the sheet, worked with one slip at one place, in the exercise and in a variant of it."""
    file = tmp_path / "arrays.toml"
    file.write_text(text)
    loaded, random = symnet.load(file), Random(5)
    keys = keys_of(loaded)
    hypotheses, wrong, named = Hypotheses(loaded.problem, keys), [], 0
    for problem in (loaded.problem, other_numbers(loaded.problem, random)):
        right = hypotheses.right(problem)
        told = [(h, values) for h, values in hypotheses.wrong(problem) if not h.is_rounding]
        own = [(h, values) for h, values in told if h.slip in ARRAY_SLIPS and where_it_shows(keys, values, right)]
        for made, values in random.sample(own, min(len(own), MOST_MADE)):
            shows = where_it_shows(keys, values, right)
            answers = {key: as_written(values[key]) for key in keys if can_be_written(values[key])}
            verdicts = diagnose(hypotheses, problem, answers)
            for key in shows:
                found, verdict = [slip.id for slip in verdicts[key].slips], verdicts[key]
                if verdict.verdict != "wrong" or verdict.carried or not found:
                    continue
                same = {other.id for other, others in told if figures(others[key]) == figures(values[key])}
                named += found[0] == made.id
                wrong += [(made.did, key, found)] if found[0] not in same | {made.id} else []
    assert not wrong
    assert named > 2
