"""Exercise files with arrays: what is read, the names of entries, and every figure of the cases that came with them."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.exercises.reader import loads
from symnet.working.arrays import entries, grouped, part, places, shape_of

BATCH = """
learning_rate = 0.1
[given]
X = [[1, 0], [0, "1"], [1, 1]]
T = [[1, 0], [0, 1], [1, 1]]
[parameters]
W = [[1, 0.5], [-1, 2]]
b = [0.1, "-1/10"]
[equations]
Z = "X @ W + b"
A = "tanh(Z)"
L = "sum((A - T)^2)/6"
"""

ATTENTION = """
[given]
x = [[-0.4, 0.7, 0.9], [-0.5, 0.7, -0.7]]
G = [[0.7, -0.3], [-0.8, -0.5]]
[parameters]
Q = [[0.3, 0.4, 0.2], [0.2, -0.1, 0.1]]
K = [[-0.2, 0.8, 0.6], [0.2, 0.8, 0]]
V = [[0.9, 0.8, 0.5], [-0.6, -0.2, 0.4]]
[equations]
q = "x @ Q.T"
k = "x @ K.T"
v = "x @ V.T"
a = "softmax(q @ k.T / sqrt(2))"
o = "a @ v"
L = "sum(G*o)"
"""


def floats(values, nested):
    return np.array([float(values[name]) for name in entries(nested)]).reshape(shape_of(nested))


def test_entries_are_named_by_the_array_and_its_indices():
    problem = loads('[parameters]\nW1 = [[1, 2]]\nWQ = [[[3], [4]]]\n[equations]\nL = "sum(W1) + sum(WQ)"').problem
    assert problem.arrays == {"W1": (("W1_1_1", "W1_1_2"),), "WQ": ((("WQ1_1_1",), ("WQ1_2_1",)),)}
    assert problem.start == {"W1_1_1": 1, "W1_1_2": 2, "WQ1_1_1": 3, "WQ1_2_1": 4}


def test_numbers_in_lists_are_exact_bare_or_quoted():
    problem = loads(BATCH).problem
    assert problem.start["b2"] == Fraction(-1, 10)
    assert problem.given["X2_2"] == 1
    assert problem.start["b1"] == Fraction(1, 10)


def test_a_file_without_arrays_has_none():
    problem = loads('[parameters]\nw = 1\n[equations]\nL = "w^2"').problem
    assert problem.arrays == {}
    assert problem.whole == ()
    assert problem.has_loss


def test_the_numbers_of_a_batch_are_those_of_numpy():
    exercise = loads(BATCH)
    problem, solution = exercise.problem, exercise.solve()
    X, T = (floats(problem.given, problem.arrays[name]) for name in "XT")
    W, b = (floats(problem.start, problem.arrays[name]) for name in "Wb")
    A = np.tanh(X @ W + b)
    below = (A - T) / 3 * (1 - A * A)
    assert floats(solution.forward, problem.arrays["A"]) == pytest.approx(A, rel=1e-11)
    assert floats(solution.gradients, problem.arrays["W"]) == pytest.approx(X.T @ below, rel=1e-11)
    assert floats(solution.gradients, problem.arrays["b"]) == pytest.approx(below.sum(0), rel=1e-11)
    assert floats(solution.updated, problem.arrays["W"]) == pytest.approx(W - 0.1 * X.T @ below, rel=1e-11)


def test_the_gradients_of_attention_are_those_of_central_differences():
    exercise = loads(ATTENTION)
    problem, solution = exercise.problem, exercise.solve()
    values = {
        name: floats({**problem.given, **problem.start}, problem.arrays[name]) for name in ("x", "G", "Q", "K", "V")
    }

    def loss(**changed):
        x, G, Q, K, V = ({**values, **changed}[name] for name in ("x", "G", "Q", "K", "V"))
        s = (x @ Q.T) @ (x @ K.T).T / np.sqrt(2)
        e = np.exp(s - s.max(-1, keepdims=True))
        return float((G * (e / e.sum(-1, keepdims=True) @ (x @ V.T))).sum())

    assert float(solution.forward["L"]) == pytest.approx(loss(), rel=1e-12)
    for name in "QKV":
        for place in np.ndindex(values[name].shape):
            step = np.zeros_like(values[name])
            step[place] = 1e-6
            slope = (loss(**{name: values[name] + step}) - loss(**{name: values[name] - step})) / 2e-6
            entry = part(f"{name}[{','.join(str(i + 1) for i in place)}]", problem.arrays)
            assert float(solution.gradients[entry]) == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("rows", [([1, 2], [3, 4]), ([5, 6], [7, 8])])
def test_samples_replace_whole_arrays(rows):
    toml = '[parameters]\nw = [1, 2]\n[equations]\ny = "w @ x"\nL = "y^2"\n'
    toml += "".join(f"[[samples]]\nx = {row}\n" for row in rows)
    problem = loads(toml).problem
    assert [tuple(sample.values()) for sample in problem.samples] == [tuple(row) for row in rows]
    assert float(symnet.exercises.reader.loads(toml).solve().forward["y"]) == rows[0][0] + 2 * rows[0][1]


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ("[parameters]\nW = [[1, 2], [3]]", "parameters.W[2] has 1 number, and parameters.W[1] has 2 numbers"),
        ("[parameters]\nW = [[1, 2], 3]", "parameters.W[2] is a number, and parameters.W[1] a list"),
        ("[parameters]\nW = []", "parameters.W is an empty list"),
        ("[parameters]\nW = [[1, 2], []]", "parameters.W[2] is an empty list"),
        ('[parameters]\nW = [[1, 2], [3, "a"]]', "parameters.W[2,2]"),
        ("[parameters]\nW = [1, true]", "parameters.W[2] is"),
        ("[given]\nb = [1, 2]\nb1 = 3\n[parameters]\nW = [1]", "b1"),
        ("[given]\nW = [1]\n[parameters]\nW = [1]", "parameters.W is also under [given]"),
        ("[parameters]\nW = [1]\n[[samples]]\nx = [1, 2]\n[[samples]]\nx = [1]", "samples[1].x has the shape (1,)"),
        ("[parameters]\nW = [1]\n[[samples]]\nx = [1, 2]\n[[samples]]\nx = 1", "samples[1].x is a number"),
        ("[parameters]\nW = [1]\n[[samples]]\nx = [1, 2]\n[[samples]]\ny = 1", "missing"),
    ],
)
def test_what_is_no_array_is_refused_with_its_place(tables, says):
    with pytest.raises(Mistake) as caught:
        loads(f'{tables}\n[equations]\nL = "sum(W)"' if "[[samples]]" not in tables else _before_samples(tables))
    assert says in str(caught.value)


def _before_samples(tables):
    head, mark, tail = tables.partition("[[samples]]")
    return f'{head}[equations]\nL = "sum(W)"\n{mark}{tail}'


def test_without_a_number_at_the_end_nothing_is_differentiated():
    exercise = loads('[given]\nx = [1, 2]\n[parameters]\nW = [[1, 2], [3, 4]]\n[equations]\ny = "x @ W"')
    solution = exercise.solve()
    assert not exercise.problem.has_loss
    assert solution.gradients == {}
    assert solution.forward == {"y1": 7, "y2": 10}
    exercise.worksheet()  # asks for the forward pass alone


@pytest.mark.parametrize(
    ("top", "says"),
    [
        ('loss = "y"', "(2,)"),
        ('loss = "y[3]"', "(2,)"),
        ("learning_rate = 1", "nothing says what to go down: y"),
        ('loss = "z"', "z"),
    ],
)
def test_a_loss_is_a_single_number(top, says):
    with pytest.raises(Mistake) as caught:
        loads(f'{top}\n[given]\nx = [1, 2]\n[parameters]\nW = [[1, 2], [3, 4]]\n[equations]\ny = "x @ W"')
    assert says in str(caught.value)


def test_an_entry_can_be_the_loss():
    toml = 'loss = "y[2]"\n[given]\nx = [1, 2]\n[parameters]\nW = [[1, 2], [3, 4]]\n[equations]\ny = "x @ W"'
    assert loads(toml).solve().gradients["W2_2"] == 2


def test_names_are_grouped_into_whole_arrays():
    arrays = loads(BATCH).problem.arrays
    groups = grouped(["b1", "L", "b2", "W1_1"], arrays)
    assert [(group.array, group.names) for group in groups] == [("b", ("b1", "b2")), ("", ("L",)), ("", ("W1_1",))]
    assert dict(places(arrays["W"]))["W2_1"] == (2, 1)


CASES = Path(__file__).parent / "array_cases"


@pytest.mark.parametrize("path", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_figure_of_the_scalar_original_is_there(path):
    solution = symnet.load(path).solve()
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    count = 0
    for group, figures in expected.items():
        found = getattr(solution, group)
        for name, figure in figures.items():
            assert float(found[name]) == pytest.approx(float(figure), rel=1e-10, abs=1e-13), (group, name)
            count += 1
    assert count > 8


def test_a_sum_over_all_ways_through_a_chain_starts_from_a_row_of_its_own():
    """What the refusal of "a[t=2..3,j]" advises; the judge is the sum over all eight ways, one by one."""
    U, A = np.array([[1, 0.5], [0, 1], [1, 1]]), np.array([[0.1, 0.2], [0.3, 0.4]])
    toml = f"""
[given]
U = {U.tolist()}
[parameters]
A = {A.tolist()}
[equations]
"a0[j]" = "U[1,j]"
"a[t=1..2,j]" = "U[t+1,j] + ln(sum[k](exp(a[t-1,k] + A[k,j])))"
L = "ln(sum[j](exp(a[2,j])))"
"""
    ways = [U[0, i] + A[i, j] + U[1, j] + A[j, k] + U[2, k] for i, j, k in np.ndindex(2, 2, 2)]
    assert float(loads(toml).solve().forward["L"]) == pytest.approx(np.log(np.exp(ways).sum()), rel=1e-12)
