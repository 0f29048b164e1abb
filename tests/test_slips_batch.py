"""Slips with a batch, a penalty or a normalization, each given by hand from what its words say."""

import numpy as np
import pytest
from slip_exercises import BATCH, BATCH_NORM, L1_PENALTY, NAMED_PENALTY, PENALTY, USED_TWICE, exercise, optimizing
from told import gives, leaves, places

from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.rewriting import Rewriting
from symnet.diagnosis.slips import CATALOGUE

X = np.array([1.5, -0.5, 2.5])
T = np.array([1, 0.3, -1.2])
E = 0.4 * X + 0.2 - T
X_TURNED = np.array([1.5, 0.5, 2.5])
E_TURNED = 0.4 * X_TURNED + 0.2 - T


def batch(dw, db):
    return {
        "mean(grad(w))": float(dw),
        "mean(grad(b))": float(db),
        "w": float(0.4 - 0.6 * dw),
        "b": float(0.2 - 0.6 * db),
    }


@pytest.mark.parametrize(
    ("id", "at", "numbers"),
    [
        ("averaged-twice", "", batch((E * X).mean() / 3, E.mean() / 3)),
        (
            "averaged-twice",
            "in the update, where the gradient is a mean already",
            {**batch((E * X).mean(), E.mean()), "w": 0.4 - 0.2 * (E * X).mean(), "b": 0.2 - 0.2 * E.mean()},
        ),
        ("number-sign", "x of example 2", batch((E_TURNED * X_TURNED).mean(), E_TURNED.mean())),
        ("example-dropped", "(number 1)", batch((E * X)[1:].mean(), E[1:].mean())),
        ("example-dropped", "(number 3, but divided by 3)", batch((E * X)[:2].sum() / 3, E[:2].sum() / 3)),
        (
            "bias-not-averaged",
            "(averaged the weights' gradients, summed the biases')",
            batch((E * X).mean(), E.sum()),
        ),
        (
            "bias-not-averaged",
            "(summed the weights' gradients, averaged the biases')",
            batch((E * X).sum(), E.mean()),
        ),
        (
            "target-of-other-sample",
            "(the next one)",
            batch(((0.4 * X + 0.2 - np.roll(T, -1)) * X).mean(), (0.4 * X + 0.2 - T).mean()),
        ),
        (
            "target-of-other-sample",
            "(the previous one)",
            batch(((0.4 * X + 0.2 - np.roll(T, 1)) * X).mean(), (0.4 * X + 0.2 - T).mean()),
        ),
        (
            "target-of-other-sample",
            "(the first one, for all)",
            batch(((0.4 * X + 0.2 - T[0]) * X).mean(), (0.4 * X + 0.2 - T[0]).mean()),
        ),
    ],
)
def test_a_slip_in_a_batch(id, at, numbers):
    gives(exercise(BATCH), id, at, numbers)


def test_where_sums_are_asked_for_the_biases_may_be_averaged():
    problem = exercise(BATCH.replace('"mean"', '"sum"'))
    told = places(problem, "bias-not-averaged")["(summed the weights' gradients, averaged the biases')"]
    assert float(told["b"]) == pytest.approx(0.2 - 0.6 * E.mean())
    assert float(told["w"]) == pytest.approx(0.4 - 0.6 * (E * X).sum())
    assert not places(problem, "averaged-twice")


def test_the_penalty_again_in_the_update():
    """The gradient of w has the penalty, 0.3·0.8; the update takes η times that off once more."""
    problem = exercise(PENALTY)
    right, at = Hypotheses(problem).right(problem), "in the update, where the gradient has it already"
    eta = float(problem.learning_rate)
    numbers = {"w": float(right["w"]) - eta * 0.3 * 0.8, "v": float(right["v"]) - eta * 0.3 * -1.2}
    gives(problem, "penalty-doubled", at, numbers)
    leaves(problem, "penalty-doubled", at, ["grad(w)", "grad(v)", "L"])


def test_a_number_of_one_example_with_the_wrong_sign_leaves_the_other_examples_right():
    problem = exercise(BATCH)
    keys = [f"{key}@{k}" for k in (1, 2, 3) for key in ("p", "J", "grad(w)")]
    hypotheses = Hypotheses(problem, [*keys, "w"], ["number-sign"])
    assert [hypothesis.at for hypothesis in hypotheses.hypotheses] == [f"x of example {k}" for k in (1, 2, 3)]
    right, (values, *_) = hypotheses.right(problem), [v for h, v in hypotheses.wrong(problem) if h.at[-1] == "2"]
    assert {key for key in (*keys, "w") if values[key] != right[key]} == {"p@2", "J@2", "grad(w)@2", "w"}
    assert float(values["grad(w)@2"]) == pytest.approx(E_TURNED[1] * 0.5)


H = 0.8 * 1.3 + 0.2
ERROR = -1.2 * H - 0.4
DATA = {"w": ERROR * -1.2 * 1.3, "v": ERROR * H, "b": ERROR * -1.2}
LOSS = ERROR**2 / 2


def penalized(dw, dv, db=0.0, loss=None):
    extra = {"w": dw, "v": dv, "b": db}
    numbers = {f"grad({name})": DATA[name] + extra[name] for name in DATA}
    starts = {"w": 0.8, "v": -1.2, "b": 0.2}
    numbers |= {name: start - 0.2 * (DATA[name] + extra[name]) for name, start in starts.items()}
    return numbers if loss is None else numbers | {"L": LOSS + loss}


SQUARES = 0.8**2 + 1.2**2
RIGHT = 0.15 * SQUARES
PENALTIES = [
    ("penalty-forgotten", "in the gradients", penalized(0, 0, loss=RIGHT)),
    ("penalty-forgotten", "in the loss and in the gradients", penalized(0, 0, loss=0)),
    ("penalty-forgotten", "in the loss", penalized(0.24, -0.36, loss=0)),
    ("penalty-doubled", "in the gradients", penalized(0.48, -0.72, loss=RIGHT)),
    ("penalty-doubled", "in the loss and in the gradients", penalized(0.48, -0.72, loss=2 * RIGHT)),
    ("penalty-halved", "in the gradients", penalized(0.12, -0.18, loss=RIGHT)),
    ("penalty-halved", "in the loss", penalized(0.24, -0.36, loss=RIGHT / 2)),
    ("penalty-sign", "in the gradients", penalized(-0.24, 0.36, loss=RIGHT)),
    ("penalty-sign", "in the loss and in the gradients", penalized(-0.24, 0.36, loss=-RIGHT)),
    ("penalty-rate-forgotten", "in the gradients", penalized(0.8, -1.2, loss=RIGHT)),
    ("penalty-rate-forgotten", "in the loss", penalized(0.24, -0.36, loss=SQUARES / 2)),
    ("penalty-on-bias", "in the gradients", penalized(0.24, -0.36, 0.06, loss=RIGHT)),
    ("penalty-on-bias", "in the loss and in the gradients", penalized(0.24, -0.36, 0.06, loss=RIGHT + 0.15 * 0.2**2)),
    ("penalty-square-kept", "", penalized(0.3 * 0.8**2, 0.3 * 1.2**2, loss=RIGHT)),
    ("other-penalty", "(|w| for w², in its derivative)", penalized(0.3, -0.3, loss=RIGHT)),
]


@pytest.mark.parametrize("text", [PENALTY, NAMED_PENALTY], ids=["in one line", "with lines of its own"])
@pytest.mark.parametrize(("id", "at", "numbers"), PENALTIES, ids=[f"{id} {at}" for id, at, _ in PENALTIES])
def test_a_slip_with_a_squared_penalty(text, id, at, numbers):
    gives(exercise(text), id, at, numbers)


@pytest.mark.parametrize(
    ("id", "at", "numbers"),
    [
        ("penalty-forgotten", "in the gradients", penalized(0, 0, loss=0.3 * 2.0)),
        ("penalty-sign", "in the gradients", penalized(-0.3, 0.3, loss=0.3 * 2.0)),
        ("penalty-rate-forgotten", "in the gradients", penalized(1, -1, loss=0.3 * 2.0)),
        ("penalty-on-bias", "in the loss and in the gradients", penalized(0.3, -0.3, 0.3, loss=0.3 * 2.2)),
        ("other-penalty", "(w² for |w|, in its derivative)", penalized(0.3 * 0.8, 0.3 * -1.2, loss=0.3 * 2.0)),
    ],
)
def test_a_slip_with_a_penalty_of_absolute_values(id, at, numbers):
    gives(exercise(L1_PENALTY), id, at, numbers)


def test_weight_decay_is_a_penalty_in_the_update():
    """AdamW's first step from w = 1: w ← w − ηλw with η = ½ and λ = 1/100, then η·g/(|g| + ε) off."""
    step = 0.5 * 6 / (6 + 1e-8)
    for id, decay in (("forgotten", 0), ("doubled", 0.01), ("halved", 0.0025), ("sign", -0.005)):
        gives(exercise(optimizing("adamw", 1)), f"penalty-{id}", "in the update", {"w": 1 - decay - step})
    gives(exercise(optimizing("adamw", 1)), "penalty-rate-forgotten", "in the update", {"w": 1 - 0.5 - step})


@pytest.mark.parametrize(
    "text",
    [
        'loss = "L"\n[parameters]\nw = 1\n[equations]\nL = "3*w^2"\n',
        'loss = "L"\n[given]\nx = 2\n[parameters]\nw = 1\nv = 2\n[equations]\ny = "w*x"\nL = "y^2 + v^2"\n',
        'loss = "L"\n[given]\nx = 2\n[parameters]\nw = 1\n[equations]\nL = "(w*x - 1)^2/2"\n',
    ],
)
def test_what_is_no_penalty_is_not_taken_for_one(text):
    slips = [slip for id, slip in CATALOGUE.items() if "penalty" in id]
    assert len(slips) == 8
    assert not [s for slip in slips for s in slip.rewrite(Rewriting(exercise(text)))]


def normalized(mean=True, variance=True, less=0, root=True):
    """Batch normalization of 1, 2, 6 and its gradients; what is not counted on the way back is False."""
    x, t = np.array([1.0, 2, 6]), np.array([0, 0.5, 1])
    centered = x - x.mean()
    v = (centered**2).sum() / (3 - less)
    s = (v + 0.01) ** 0.5 if root else v + 0.01
    n = centered / s
    dn = (1.5 * n + 0.2 - t) * 1.5
    dx = dn / s
    if variance:
        dx = dx - (dn * n).sum() / s * 2 * centered / 3 / (2 * s) * 1
    if mean:
        dx = dx - (dn / s).mean()
    return {f"n{k + 1}": float(n[k]) for k in range(3)}, {f"grad(x{k + 1})": float(dx[k]) for k in range(3)}


@pytest.mark.parametrize(
    ("at", "counted"),
    [
        ("mean and variance", {"mean": False, "variance": False}),
        ("the mean", {"mean": False}),
        ("the variance", {"variance": False}),
    ],
)
def test_statistics_held_constant_on_the_way_back(at, counted):
    gives(exercise(BATCH_NORM), "statistics-constant", at, normalized(**counted)[1])
    leaves(exercise(BATCH_NORM), "statistics-constant", at, ["grad(g)", "grad(b)", "grad(n1)", "grad(s)"])


def test_slips_in_the_variance():
    gives(exercise(BATCH_NORM), "divided-by-one-less", "in v", normalized(less=1)[0])
    gives(exercise(BATCH_NORM), "variance-for-deviation", "in s", normalized(root=False)[0])


def test_a_name_that_is_visited_again_with_every_term():
    """f = 2x²a + x²a at 1: the gradient is 6; xa is visited by f1 and by f2, and hands on 1 and then 2."""
    gives(exercise(USED_TWICE), "incomplete-gradient", "(and again with every further term)", {"grad(x)": 7})
    gives(exercise(USED_TWICE), "incomplete-gradient", "(at xa, with the first term alone)", {"grad(x)": 5})


GAIN = """
[given]
x = [3, -1, 12, 4]
r = [2, -2, 1, 0.5]
[parameters]
g = 1.5
[equations]
m = "sum(x)/4"
v = "sum((x - m)^2)/4"
s = "sqrt(v)"
n = "(x - m)/s"
L = "sum(r*g*n)"
"""


def test_the_variance_beside_a_deviation_with_a_name_and_the_input_for_the_normalized_value():
    x, r = np.array([3, -1, 12, 4.0]), np.array([2, -2, 1, 0.5])
    n = (x - x.mean()) / x.var()
    numbers = {f"n{i + 1}": number for i, number in enumerate(n)} | {"s": x.std(), "grad(g)": r @ n}
    gives(exercise(GAIN), "variance-for-deviation", "(divided by the variance instead)", numbers)
    gives(exercise(GAIN), "input-for-normalized", "", {"grad(g)": r @ x})
    n = (x - x.mean()) / x.std()
    in_lines = exercise(GAIN.replace("L = ", 'y = "g*n"\nL = ').replace("r*g*n", "r*y"))
    gives(in_lines, "gain-forgotten", "in the forward pass", {"L": r @ n, "grad(g)": r @ n})
    gives(in_lines, "averaged-over-uses", "of g", {"grad(g)": r @ n / 4, "L": 1.5 * (r @ n)})
