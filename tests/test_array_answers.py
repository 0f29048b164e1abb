"""Arrays in rules, in what is remembered, in ``solve --json`` and in answers to check."""

import json
from fractions import Fraction

import numpy as np
import pytest

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.classroom.checking.check import Checked
from symnet.commands.printed.solve import as_json
from symnet.exercises.reader import loads

NET = """
learning_rate = 0.1
[given]
x = [1, 2]
y = [1, 0]
[parameters]
W1 = [[1, 0], [0.5, 1]]
b1 = [0, 0]
[equations]
h = "tanh(x @ W1 + b1)"
L = "sum((h - y)^2)/2"
"""
x, y = np.array([1.0, 2.0]), np.array([1.0, 0.0])
W, B = np.array([[1, 0], [0.5, 1]]), np.zeros(2)


def slopes(W, b):
    h = np.tanh(x @ W + b)
    below = (h - y) * (1 - h * h)
    return np.outer(x, below), below


def rows(values, name, shape):
    flat = [float(value) for key, value in values.items() if key.startswith(name)]
    return np.array(flat).reshape(shape)


def test_a_rule_for_every_parameter_keeps_state_for_each_entry():
    toml = f'{NET}[update]\nrules = ["v = 0.9*v + grad(w)", "w = w - lr*v"]\nstate = {{ v = 0 }}\n[training]\nsteps = 2'
    solution = loads(toml).solve()
    w, b, v, u = W.copy(), B.copy(), 0 * W, 0 * B
    for _ in range(2):
        g, d = slopes(w, b)
        v, u = 0.9 * v + g, 0.9 * u + d
        w, b = w - 0.1 * v, b - 0.1 * u
    assert rows(solution.updated, "W1_", (2, 2)) == pytest.approx(w, rel=1e-10)
    assert rows(solution.updated, "v(W1_", (2, 2)) == pytest.approx(v, rel=1e-10)
    assert loads(toml).problem.arrays["v(W1)"] == (("v(W1_1_1)", "v(W1_1_2)"), ("v(W1_2_1)", "v(W1_2_2)"))


def test_rules_of_arrays_go_entry_by_entry():
    rules = 'rules = ["V = 0.9*V + grad(W1)", "d = lr*V", "W1 = W1 - d"]'
    toml = f'{NET}[update]\n{rules}\nstate = {{ V = [[1, 0], [0, "1/2"]] }}'
    problem, solution = loads(toml).problem, loads(toml).solve()
    g, _ = slopes(W, B)
    v = 0.9 * np.array([[1, 0], [0, 0.5]]) + g
    assert rows(solution.updated, "W1_", (2, 2)) == pytest.approx(W - 0.1 * v, rel=1e-10)
    assert problem.state["V2_2"] == Fraction(1, 2)
    assert problem.arrays["d"] == (("d1_1", "d1_2"), ("d2_1", "d2_2"))
    assert solution.updated["b1_1"] == 0  # no rule changes it


def test_a_named_optimizer_starts_from_arrays():
    toml = """
learning_rate = 0.01
[given]
x = [1, 2]
[parameters]
W = [0.5, -0.5]
[equations]
L = "(W @ x - 1)^2/2"
[update]
optimizer = "adam"
state = { "m(W)" = [0.1, 0.2], "v(W)" = 0.01, "v(W[2])" = 0.02, t = 3 }
"""
    problem, updated = loads(toml).problem, loads(toml).solve().updated
    assert problem.made == 3
    assert problem.state == {
        "m(W1)": Fraction(1, 10),
        "m(W2)": Fraction(1, 5),
        "v(W1)": Fraction(1, 100),
        "v(W2)": Fraction(1, 50),
    }
    g = np.array([-1.5, -3.0])
    m, v = 0.9 * np.array([0.1, 0.2]) + 0.1 * g, 0.999 * np.array([0.01, 0.02]) + 0.001 * g**2
    after = np.array([0.5, -0.5]) - 0.01 * (m / (1 - 0.9**4)) / (np.sqrt(v / (1 - 0.999**4)) + 1e-8)
    assert rows(updated, "W", 2) == pytest.approx(after, rel=1e-9)


def test_the_input_of_an_array_is_that_of_each_entry():
    toml = """
learning_rate = 1
[given]
x = [3, 4]
t = 1
[parameters]
w = [1, -1]
[equations]
z = "w @ x"
y = "step(z)"
L = "(t - y)^2/2"
[update]
rules = ["w = w + lr*(t - y)*input(w)"]
"""
    assert loads(toml).solve().updated == {"w1": 4, "w2": 3}


@pytest.mark.parametrize(
    ("update", "says"),
    [
        ('rules = ["W1 = W1 - lr*b1"]', "W1 has the shape (2, 2) and b1 (2,)"),
        ('rules = ["V = V + grad(W1)"]\nstate = { V = 0 }', "V starts as a number"),
        ('rules = ["V = V + grad(W1)"]\nstate = { V = [0, 0] }', "(2,)"),
        ('rules = ["W1[1,2] = 1"]', "is not a name"),
        ('rules = ["W1_1_1 = W1_1_1 - b1"]', "W1_1_1 starts as a number, and what is assigned has the shape (2,)"),
        ('rules = ["h = h + 1"]', "h, which is an equation"),
        ('rules = ["x = x + 1"]', "x, which is given"),
        ('rules = ["W1 = W1 - grad(Q)"]', "Q"),
        ('rules = ["w = w - lr*grad(w)*x"]', "w stands for every parameter, and beside it x is an array; the input"),
        ('rules = ["v = v + grad(w)", "w = w - lr*v"]\nstate = { v = [0, 0] }', "one number, v = 0, is kept for each"),
        ('optimizer = "adam"\nstate = { "m(W1)" = [1, 2] }', "(2,), and W1 has (2, 2)"),
        ('optimizer = "adam"\nstate = { m = [[1, 2], [3, 4]] }', '"m(W)"'),
        ('optimizer = "adam"\nstate = { "m(W1[3,1])" = 1 }', "W1 has the shape (2, 2)"),
    ],
)
def test_rules_and_state_that_do_not_fit_are_refused_with_shapes(update, says):
    with pytest.raises(Mistake) as caught:
        loads(f"{NET}[update]\n{update}")
    assert says in str(caught.value)


def test_json_names_every_entry_and_nests_them_in_arrays(tmp_path):
    path = tmp_path / "net.toml"
    path.write_text(NET, encoding="utf-8")
    found = json.loads(as_json(str(path), (), (), None, 12, False))
    assert found["arrays"]["W1"] == [["W1_1_1", "W1_1_2"], ["W1_2_1", "W1_2_2"]]
    assert found["arrays"]["h"] == [
        "h1",
        "h2",
    ]
    assert set(found["partials"]) == {"L/h1", "L/h2", "L/y1", "L/y2"}  # of the array h none, unless asked for
    asked = json.loads(as_json(str(path), ["W1[1,2]"], ["h"], None, 12, False))
    assert list(asked["derivatives"]) == ["h1/W1_1_2", "h2/W1_1_2"]
    assert "h2/W1_1_2" in asked["partials"]
    whole = json.loads(as_json(str(path), ["W1"], ["L"], None, 12, False))
    assert len(whole["derivatives"]) == 4


def test_json_of_a_file_without_arrays_does_not_speak_of_them(tmp_path):
    path = tmp_path / "unit.toml"
    path.write_text('[parameters]\nw = 1\n[equations]\nL = "w^2"', encoding="utf-8")
    assert "arrays" not in json.loads(as_json(str(path), (), (), None, 12, False))


def verdicts(toml, **answers):
    checked = json.loads(Checked(loads(toml), answers).as_json(12, False))["answers"]
    return {key: answer["verdict"] for key, answer in checked.items()}


@pytest.mark.parametrize("word", ["grad(W1)", "∂L/∂W1", "dL/dW1"])
def test_a_whole_array_counts_as_its_entries(word):
    g, _ = slopes(W, B)
    given = f"[[{g[0, 0]:.6f}, {g[0, 1]:.6f}], [{g[1, 0]:.6f}, {g[1, 1]:.6f}]]"
    found = verdicts(NET, **{word: given})
    assert found == dict.fromkeys(("grad(W1_1_1)", "grad(W1_1_2)", "grad(W1_2_1)", "grad(W1_2_2)"), "rounded")


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("W1[1,2]", "W1_1_2"),
        ("grad(W1[1, 2])", "grad(W1_1_2)"),
        ("∂L/∂W1[2,1]", "grad(W1_2_1)"),
        ("new(h[2])", "new(h2)"),
        ("change(b1[1])", "change(b1_1)"),
        ("h[1]", "h1"),
        ("W1[2,2]@1", "W1_2_2@1"),
    ],
)
def test_an_entry_is_understood_by_its_indices(word, key):
    assert list(verdicts(NET, **{word: "1"})) == [key]


def test_rows_and_turned_matrices_are_read_in_their_order():
    g, _ = slopes(W, B)
    assert verdicts(NET, **{"grad(W1[2])": f"[{g[1, 0]:.7f}, {g[1, 1]:.7f}]"}) == {
        "grad(W1_2_1)": "rounded",
        "grad(W1_2_2)": "rounded",
    }
    turned = f"[[{g[0, 0]:.7f}, {g[1, 0]:.7f}], [{g[0, 1]:.7f}, {g[1, 1]:.7f}]]^T"
    assert set(verdicts(NET, **{"grad(W1)": turned}).values()) == {"rounded"}


@pytest.mark.parametrize(
    ("word", "given", "says"),
    [
        ("W1", "[[1, 2, 3], [4, 5, 6]]", "W1 has the shape (2, 2), and (2, 3) was given"),
        ("grad(W1)", "[1, 2, 3, 4]", "rows go in brackets of their own"),
        ("W1", "3", "(2, 2)"),
        ("h", "[1, 2, 3]", "h has the shape (2,), and (3,) was given"),
        ("W1[3,1]", "1", "W1 has the shape (2, 2)"),
        ("W1[1,1,1]", "1", "W1 has the shape (2, 2)"),
        ("W1", "[[1, 2], [3]]", "(2, 2)"),
    ],
)
def test_what_has_another_shape_is_refused_with_both(word, given, says):
    with pytest.raises(Mistake) as caught:
        Checked(loads(NET), {word: given})
    assert says in str(caught.value)


def test_one_wrong_entry_is_named_by_its_slip():
    g, _d = slopes(W, B)
    answers = {"grad(W1)": f"[[{g[0, 0]:.8f}, {-g[0, 1]:.8f}], [{g[1, 0]:.8f}, {g[1, 1]:.8f}]]"}
    checked = json.loads(Checked(loads(NET), answers).as_json(12, False))["answers"]
    assert [answer["verdict"] for answer in checked.values()].count("wrong") == 1
    assert checked["grad(W1_1_2)"]["slips"]


def test_the_swapped_weights_of_a_product_are_told():
    toml = '[given]\nx = [1, 2]\n[parameters]\nW = [[1, 2], [3, 4]]\n[equations]\ny = "x @ W"'
    wrong = np.array([[1, 2], [3, 4]]) @ [1, 2]  # W x for x W
    checked = json.loads(Checked(loads(toml), {"y": f"[{wrong[0]}, {wrong[1]}]"}).as_json(12, False))["answers"]
    said = [[slip["says"] for slip in answer["slips"]] for answer in checked.values()]
    assert said == [["You took rows for columns of W in y."]] * 2


@pytest.mark.parametrize("word", ["new(W)", "W_new", "W'", "W"])
def test_a_new_array_is_read_however_new_is_said(word):
    exercise = symnet.loads(
        "learning_rate = 0.5\n[given]\nx = [1, 2]\n[parameters]\nW = [[1, 0], [2, 1]]\nc = [3, 4]\n"
        '[equations]\ny = "x @ W + c"\nL = "sum(y^2)/2"'
    )
    read = symnet.check(exercise, {word: "[[1, 2], [3, 4]]"}).verdicts
    assert {key: verdict.given for key, verdict in read.items()} == {"W1_1": "1", "W1_2": "2", "W2_1": "3", "W2_2": "4"}
    # A vector of the exercise is itself, whatever books call the loss.
    read = symnet.check(exercise, {word.replace("W", "c"): "[5, 6]"}).verdicts
    assert {key: verdict.given for key, verdict in read.items()} == {"c1": "5", "c2": "6"}
    assert list(symnet.check(exercise, {"new(cost)": "7"}).verdicts) == ["new(L)"]


@pytest.mark.parametrize("word", ["new(W1)[1,2]", "W1_new[1,2]", "new(W1[1,2])", "updated(W1)[1, 2]"])
def test_an_entry_of_what_is_new_is_the_new_entry(word):
    right = float(loads(NET).solve().updated["W1_1_2"])
    assert verdicts(NET, **{word: f"{right:.9f}"}) == {"W1_1_2": "rounded"}


@pytest.mark.parametrize("given", ["[0.1, 0.2]/3", "2*[0.1, 0.2]", "[0.1, 0.2] * 3"])
def test_a_list_in_a_formula_is_refused_and_not_read_in_part(given):
    """[13, −2]/3 was taken for 13 and −2/3."""
    with pytest.raises(Mistake, match=r"stands outside the brackets|was given"):
        Checked(loads(NET), {"grad(b1)": given})


@pytest.mark.parametrize(
    ("word", "given", "says"),
    [
        ("dW1", "[[1, 2], [3, 4]]", "may be grad(W1) or change(W1); write which"),
        ("grad(M)", "[[1, 2], [3, 4], [5, 6]]", "rows and columns are exchanged"),
        ("grad(M)", "[[1, 2, 3], [4, 5, 6]]^T", "(2, 3) turned was given; rows and columns are exchanged"),
    ],
)
def test_what_may_be_meant_is_said(word, given, says):
    net = NET.replace("[equations]", "M = [[1, 2, 3], [4, 5, 6]]\n[equations]").replace("/2", "/2 + sum(M^2)")
    with pytest.raises(Mistake) as refused:
        Checked(loads(net), {word: given})
    assert says in str(refused.value)


LINEAR = """
learning_rate = 0.1
[given]
X = [[1, 0.5], [-2, 1], [1, 1]]
T = [[1], [0], [2]]
[parameters]
W = [[0.5], [-1]]
b = [0.25]
[equations]
Z = "X @ W + b"
L = "sum((Z - T)^2)/2"
"""


@pytest.mark.parametrize(
    ("word", "given"),
    [
        ("grad(W)", "X.T @ (Z - T)"),
        ("grad(W)", "X^T @ (Z - T)"),
        ("dL/dW", "Xᵀ @ grad(Z)"),
        ("grad(W)", "X.T @ dL/dZ = [[0.5], [-4.375]]"),
        ("grad(Z)", "Z - T"),
        ("grad(b)", "sum[i](Z[i] - T[i])"),
        ("Z", "X @ W + b"),
        ("L", "sum((Z - T)^2)/2"),
    ],
)
def test_a_formula_of_whole_arrays_is_judged_entry_by_entry(word, given):
    checked = Checked(loads(LINEAR), {word: given})
    assert {verdict.verdict for verdict in checked.verdicts.values()} == {"right"}


def test_a_wrong_formula_of_arrays_is_told_its_slip_in_every_entry():
    verdicts = Checked(loads(LINEAR), {"grad(W)": "X.T @ (T - Z)"}).verdicts
    assert [*verdicts] == ["grad(W1_1)", "grad(W2_1)"]
    assert {verdict.verdict for verdict in verdicts.values()} == {"wrong"}
    assert all(verdict.slips for verdict in verdicts.values())
    last = Checked(loads(LINEAR), {"grad(W)": "X.T @ (Z - T) = [[0.5], [4.375]]"}).verdicts
    assert [verdict.verdict for verdict in last.values()] == ["right", "wrong"]


@pytest.mark.parametrize(
    ("word", "given", "says"),
    [
        ("grad(W)", "X @ grad(Z)", r"X \(3, 2\) @ grad\(Z\) \(3, 1\): .*the left turned would fit, with \.T"),
        ("grad(W)", "Xᵀ (Z - T)", r"write Xᵀ @ \(Z - T\) for their product"),
        ("grad(W)", "Z - T", r'grad\(W\) has the shape \(2, 1\), and "Z - T" has the shape \(3, 1\)'),
        ("grad(b)", "sum(Z - T)", r"has the shape \(1,\), and .* is one number; sum\[i\]"),
        ("Z", '__import__("os") @ X', 'function "__import__" is not known'),
        ("Z", "X.__class__ @ X", "has no meaning in a formula"),
        ("grad(W)", "@".join(["X.T @ X"] * 9) + " @ W", r"at most|more than"),
    ],
)
def test_a_formula_of_arrays_that_does_not_fit_is_refused_with_what_would_be_right(word, given, says):
    with pytest.raises(Mistake, match=says):
        Checked(loads(LINEAR), {word: given})


def test_a_unit_that_is_called_as_an_array_is_no_formula():
    assert Checked(loads(LINEAR), {"L": "4.34375 T"}).verdicts["L"].verdict == "right"
    assert Checked(loads(LINEAR), {"grad(b)": "(-4.75)^T"}).answering.is_plain
