"""Slips at what stands inside a line: an activation, a mean, a product written entry by entry, a statistic.

What each gives is worked by ``jax.grad`` of what was done instead, or by hand in NumPy.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from array_slip_exercises import GRU, LSTM, RECURRENT, arrays_of, by_entry, gradients
from slip_exercises import exercise
from told import gives, places

import symnet
from symnet.classroom.checking.check import check

GATED = """
[given]
x = [0.7, -1.2]
t = [0.4, 0.1]
[parameters]
W = [[0.9, 0.4], [-0.6, 0.7]]
V = [[-0.3, 0.8], [0.5, 1.1]]
[equations]
u = "W @ x"
g = "V @ x"
y = "g*tanh(u) + tanh(g) - x"
L = "sum((y - t)^2)/2"
"""

NUMBERS = """
[given]
x = 0.7
t = 0.4
[parameters]
a = 0.9
w = -1.3
b = 0.2
[equations]
z = "w*x + b"
y = "a*sigmoid(z) + x"
L = "(y - t)^2/2"
"""

SUMS = RECURRENT.replace(
    '"h[t]" = "tanh(x[t] @ W + h[t-1] @ U)"',
    '"z[t,j]" = "sum[i](W[i,j]*x[t,i]) + sum[k](U[k,j]*h[t-1,k])"\n"h[t,j]" = "tanh(z[t,j])"',
)

SCORES = """
[given]
X = [[0.5, -1.1], [0.8, 0.3]]
G = [[0.7, -0.3], [-0.8, 1.2]]
[parameters]
WQ = [[0.9, 0.4], [-0.6, 0.7]]
WK = [[-0.3, 0.8], [0.5, 1.1]]
[equations]
Q = "X @ WQ"
K = "X @ WK"
"S[i,j]" = "sum[k](Q[i,k]*K[j,k])"
R = "tanh(S) @ WQ"
L = "sum(G*R)"
"""

POOLED = """
[given]
X = [[0.5, -1.1], [0.8, 0.3], [-0.4, 0.9], [1.2, 0.6]]
t = [0.4, -0.2]
[parameters]
W = [[0.9, 0.4], [-0.6, 0.7]]
V = [[-0.3, 0.8], [0.5, 1.1]]
a = 0.6
[equations]
H = "tanh(X @ W)"
"v[j]" = "mean[n](H[n,j])"
y = "v @ V + a*mean(H)"
L = "sum((y - t)^2)/2"
"""

STANDARD = """
[given]
X = [[1.5, -0.5, 0.3], [0.2, 2, -1.1], [-0.7, 0.4, 0.9]]
T = [[0, 1, 0.5], [1, -1, 0], [0.5, 0, 2]]
[parameters]
w = [0.7, -1.2, 1.6]
c = [0.1, 0.4, -0.3]
[equations]
"Z[i,j]" = "X[i,j]*w[j]"
"m[j]" = "mean[i](Z[i,j])"
"D[i,j]" = "Z[i,j] - m[j]"
"v[j]" = "mean[i](D[i,j]^2)"
"s[j]" = "sqrt(v[j] + 0.01)"
"N[i,j]" = "D[i,j]/s[j]"
"Y[i,j]" = "N[i,j] + c[j]"
L = "sum((Y - T)^2)/2"
"""


def straight(f):
    """The function without its slope on the way back."""
    return lambda z: z + jax.lax.stop_gradient(f(z) - z)


def itself(z):
    return z


def worked(text, loss, *names):
    with jax.enable_x64(True):
        values = {name: jnp.array(a, float) for name, a in arrays_of(text).items()}
        right, slopes = jax.value_and_grad(loss)(values)
        numbers = {"L": float(right)}
        for name in names:
            of = np.array(slopes[name])
            numbers |= gradients(name, of) if of.shape else {f"grad({name})": float(of)}
        return numbers


def gated(first=jnp.tanh, second=jnp.tanh):
    def loss(v):
        u, g = v["W"] @ v["x"], v["V"] @ v["x"]
        return jnp.sum((g * first(u) + second(g) - v["x"] - v["t"]) ** 2) / 2

    return loss


def back_by_itself(h, U):
    """h U, which passes d U back to h and not d Uᵀ."""
    held = jax.lax.stop_gradient
    right, turned = held(h) @ U, h @ held(U).T
    return right + turned - held(turned)


def cell(f, product=jnp.matmul):
    def loss(v):
        h, c = v["h0"], v["c0"]
        for x in v["x"]:
            forget, i, o = (jax.nn.sigmoid(x @ v[f"W{g}"] + product(h, v[f"U{g}"])) for g in "fio")
            c = forget * c + i * jnp.tanh(x @ v["Wk"] + product(h, v["Uk"]))
            h = o * f(c)
        return jnp.sum(v["g"] * h)

    return loss


def candidate(f):
    def loss(v):
        h = v["h0"]
        for x in v["x"]:
            z, r = (jax.nn.sigmoid(x @ v[f"W{g}"] + h @ v[f"U{g}"]) for g in "zr")
            h = (1 - z) * f(x @ v["Wn"] + (r * h) @ v["Un"]) + z * h
        return jnp.sum(v["g"] * h)

    return loss


@pytest.mark.parametrize(
    ("text", "at", "loss", "names"),
    [
        (GATED, "tanh in y", gated, "WV"),
        (LSTM, "tanh in h", cell, ("Wf", "Uk", "Wo")),
        (GRU, "the activation function at n", candidate, ("Wn", "Wz", "Ur")),
    ],
    ids=["gated", "LSTM", "GRU"],
)
def test_an_activation_inside_a_line_or_in_every_step_is_left_out_or_its_slope_is(text, at, loss, names):
    functions = [itself] * (2 if text is GATED else 1)
    gives(exercise(text), "no-activation", at, worked(text, loss(*functions), *names))
    back = [straight(jnp.tanh) for _ in functions]
    where = f"({at})" if text is not GRU else "at n"
    gives(exercise(text), "no-slope", where, worked(text, loss(*back), *names))


def test_each_of_two_activations_in_a_line():
    without = straight(jnp.tanh)
    for which, own in (("first", (without, jnp.tanh)), ("second", (jnp.tanh, without))):
        gives(exercise(GATED), "no-slope", f"(the {which} tanh in y)", worked(GATED, gated(*own), "W", "V"))


def test_an_activation_inside_a_line_of_numbers():
    z = -1.3 * 0.7 + 0.2
    y = 0.9 * z + 0.7
    back = {"grad(a)": (y - 0.4) * z, "grad(w)": (y - 0.4) * 0.9 * 0.7}
    gives(exercise(NUMBERS), "no-activation", "sigmoid in y", {"y": y} | back)
    p = 1 / (1 + np.exp(-z))
    e = 0.9 * p + 0.7 - 0.4
    gives(exercise(NUMBERS), "no-slope", "(sigmoid in y)", {"grad(a)": e * p, "grad(w)": e * 0.9 * 0.7})
    logistic = NUMBERS.replace("(y - t)^2/2", "-t*ln(sigmoid(y))").replace("a*sigmoid(z)", "a*z")
    assert not places(exercise(logistic), "no-activation")  # what stands in a logarithm is a loss


def test_the_transpose_forgotten_in_a_product_that_is_written_as_a_sum():
    v, h = arrays_of(SUMS), [arrays_of(SUMS)["h0"]]
    for x in v["x"]:
        h.append(np.tanh(x @ v["W"] + h[-1] @ v["U"]))
    d, of_u = v["g"] * (1 - h[3] ** 2), np.zeros((2, 2))
    for t in (3, 2, 1):
        of_u += np.outer(h[t - 1], d)
        d = (d @ v["U"]) * (1 - h[t - 1] ** 2)
    gives(exercise(SUMS), "transpose-forgotten", "of U in the gradient of h", gradients("U", of_u))
    beside = SUMS.replace("sum[k](U[k,j]*h[t-1,k])", "h[t-1] @ U").replace("z[t,j]", "z[t]").replace("h[t,j]", "h[t]")
    beside = beside.replace("sum[i](W[i,j]*x[t,i])", "x[t] @ W")
    gives(exercise(beside), "transpose-forgotten", "of U in the gradient of h", gradients("U", of_u))


def test_the_transposes_of_all_gates_forgotten():
    numbers = worked(LSTM, cell(jnp.tanh, back_by_itself), "Wf", "Uk", "Wo")
    gives(exercise(LSTM), "transpose-forgotten", "of Uf, Ui, Uk and Uo in the gradient of h", numbers)


def test_rows_for_columns_of_a_factor_and_the_transpose_of_one_beside_what_has_no_name():
    v = arrays_of(SCORES)
    q, k = v["X"] @ v["WQ"], v["X"] @ v["WK"]
    ds = (v["G"] @ v["WQ"].T) * (1 - np.tanh(q @ k.T) ** 2)
    problem = exercise(SCORES)
    gives(problem, "rows-for-columns", "of K in the gradient of Q", gradients("Q", ds @ k.T))
    other = (v["G"] @ v["WQ"]) * (1 - np.tanh(q @ k.T) ** 2)
    gives(problem, "transpose-forgotten", "of WQ in the gradient of S", gradients("S", other))


def test_a_mean_inside_the_network_that_nobody_divides_by_on_the_way_back():
    v = arrays_of(POOLED)
    H = np.tanh(v["X"] @ v["W"])
    e = H.mean(0) @ v["V"] + v["a"] * H.mean() - v["t"]
    rows, all_of_it = np.tile(v["V"] @ e, (4, 1)), e.sum() * float(v["a"]) * np.ones((4, 2))
    problem = exercise(POOLED)
    gives(problem, "mean-not-shared", "in v", gradients("H", rows + all_of_it / 8))
    gives(problem, "mean-not-shared", "in y", gradients("H", rows / 4 + all_of_it))
    gives(problem, "mean-not-shared", "in v and y", gradients("H", rows + all_of_it))
    without = POOLED.replace("a*mean(H)", "a").replace("mean[n](H[n,j])", "H[1,j]")
    assert not places(exercise(without), "mean-not-shared")


def test_a_mean_that_is_forgotten_on_the_way_back_is_named_at_three_decimals():
    text = POOLED.replace(" + a*mean(H)", "").replace("a = 0.6\n", "")
    v = arrays_of(text)
    H = np.tanh(v["X"] @ v["W"])
    y = H.mean(0) @ v["V"]
    of_h = np.tile(v["V"] @ (y - v["t"]), (4, 1))
    numbers = by_entry("v", H.mean(0)) | by_entry("y", y) | gradients("v", v["V"] @ (y - v["t"])) | gradients("H", of_h)
    assert named(text, numbers, 3) == {"mean-not-shared"}


@pytest.mark.parametrize("alone", [True, False], ids=["forward", "both ways"])
def test_mean_and_variance_along_the_other_axis(alone):
    def loss(v):
        return jnp.sum((standard(v, 1)[-1] - v["T"]) ** 2) / 2

    numbers = {}
    for name, value in zip("ZmDvsNY", standard(arrays_of(STANDARD), 1), strict=True):
        numbers |= by_entry(name, np.squeeze(value))
    if not alone:
        numbers |= worked(STANDARD, loss, "w", "c")
    gives(exercise(STANDARD), "wrong-axis", "in m and v", numbers)
    assert named(STANDARD, numbers, 4) == {"wrong-axis"}


def standard(v, axis):
    Z = v["X"] * v["w"]
    m = Z.mean(axis, keepdims=True)
    D = Z - m
    variance = (D**2).mean(axis, keepdims=True)
    s = (variance + 0.01) ** 0.5
    return Z, m, D, variance, s, D / s, D / s + v["c"]


def named(text, numbers, decimals):
    """The slips that are named for the numbers so rounded, all wrong ones."""
    verdicts = check(symnet.loads(text), {k: f"{float(x):.{decimals}f}" for k, x in numbers.items()}).verdicts
    wrong = [verdict for verdict in verdicts.values() if verdict.verdict == "wrong"]
    assert wrong
    return {verdict.slips[0].id if verdict.slips else "" for verdict in wrong}
