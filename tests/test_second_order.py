"""Second derivatives, Newton steps and stable rates against jax.hessian, jax.grad and NumPy's linear algebra.

The functions that judge are written here by hand; they share nothing with the equations of the files.
"""

import csv
import json
import re
from fractions import Fraction
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from told import gives

import symnet
from symnet import Mistake
from symnet.algebra.further import second, second_parts, total_slope_parts, worked_parts
from symnet.classroom.export import moodle
from symnet.classroom.export.bank import bank_of, named
from symnet.classroom.export.blanks import Precision
from symnet.exercises.asked import asked_keys
from symnet.notation.names import Names
from symnet.paper import formats
from symnet.working.quantities import further_of

WORKSHEETS = Path(__file__).parent.parent / "worksheets"
SINGULAR = ("a line", "a logistic unit with its cross-entropy")  # of one example with two parameters

# name: (file, names, their values, the loss as a function of them)
NETS = {
    "a polynomial": (
        'parameters = { w = 2, v = -3 }\nequations = { L = "w^3*v + 2*w*v^2 - w/v" }',
        [2.0, -3.0],
        lambda p: p[0] ** 3 * p[1] + 2 * p[0] * p[1] ** 2 - p[0] / p[1],
    ),
    "a line": (
        'given = { x = 2, t = 5 }\nparameters = { w = 1, b = -1 }\n[equations]\ny = "w*x + b"\nL = "(y - t)^2/2"',
        [1.0, -1.0],
        lambda p: (p[0] * 2 + p[1] - 5) ** 2 / 2,
    ),
    "a deep tanh net": (
        "given = { x = 0.7, t = 1 }\nparameters = { w = 0.5, b = -0.3, v = 1.5, c = 0.2 }\n[equations]\n"
        'z = "w*x + b"\nh = "tanh(z)"\ny = "v*h + c*h^2"\nL = "(y - t)^2"',
        [0.5, -0.3, 1.5, 0.2],
        lambda p: (
            p[2] * jnp.tanh(p[0] * 0.7 + p[1]) + p[3] * jnp.tanh(p[0] * 0.7 + p[1]) ** 2 - 1
        ) ** 2,
    ),
    "a logistic unit with its cross-entropy": (
        "given = { x = 2, t = 1 }\nparameters = { w = 0.5, b = -0.25 }\n[equations]\n"
        'z = "w*x + b"\np = "sigmoid(z)"\nL = "-t*ln(p) - (1 - t)*ln(1 - p)"',
        [0.5, -0.25],
        lambda p: -jax.nn.log_sigmoid(p[0] * 2 + p[1]),
    ),
    "a softmax": (
        "given = { x = 1.5 }\nparameters = { a = 0.5, b = -1, c = 0.3 }\n[equations]\n"
        'e1 = "exp(a*x)"\ne2 = "exp(b*x)"\ne3 = "exp(c)"\ns = "e1 + e2 + e3"\np = "e2/s"\nL = "-ln(p)"',
        [0.5, -1.0, 0.3],
        lambda p: -jax.nn.log_softmax(jnp.array([p[0] * 1.5, p[1] * 1.5, p[2]]))[1],
    ),
    "the mean over samples": (
        "given = { x = 1, t = 2 }\nsamples = [{ t = 2 }, { x = 2, t = 3 }, { x = -1, t = 0.5 }]\n"
        'parameters = { w = 0.5, b = 0 }\n[equations]\ny = "w*x + b"\nL = "(y - t)^2/2"',
        [0.5, 0.0],
        lambda p: ((p[0] * jnp.array([1, 2, -1]) + p[1] - jnp.array([2, 3, 0.5])) ** 2).mean() / 2,
    ),
    "the sum over samples": (
        "given = { x = 1, t = 2, s = 0.5 }\nsamples = [{ x = 1 }, { x = -0.4 }]\nparameters = { w = 0.5, v = -0.3 }\n"
        '[equations]\nq = "v^2*s"\nh = "tanh(w*x + q)"\ny = "v*h"\nL = "(y - t)^2"\n[training]\nreduce = "sum"',
        [0.5, -0.3],
        lambda p: ((p[1] * jnp.tanh(p[0] * jnp.array([1, -0.4]) + p[1] ** 2 * 0.5) - 2) ** 2).sum(),
    ),
    "a ReLU that is on": (
        "given = { x = 2, t = 1 }\nparameters = { w = 0.5, v = 3 }\n[equations]\n"
        'h = "relu(w*x)"\ny = "v*h"\nL = "(y - t)^2/2"',
        [0.5, 3.0],
        lambda p: (p[1] * jax.nn.relu(p[0] * 2) - 1) ** 2 / 2,
    ),
    "arrays": (
        "given = { X = [[1, 2], [0.5, -1], [3, 0]], t = [1, 0, 2] }\nparameters = { w = [0.4, -0.6] }\n[equations]\n"
        'y = "X @ w"\nL = "mean((y - t)^2)"',
        [0.4, -0.6],
        lambda p: jnp.mean((jnp.array([[1, 2], [0.5, -1], [3, 0]]) @ p - jnp.array([1.0, 0, 2])) ** 2),
    ),
}  # fmt: skip


def exercise(name, ask):
    return symnet.loads(f'{NETS[name][0]}\n[[question]]\nask = "{ask}"\n')


def hessian_of(exercise):
    """The matrix that the exercise's lines come to, in the order of its parameters."""
    found = {
        second_parts(e.name)[1:]: float(exercise.solve(17).further[key])
        for e, key in zip(exercise.problem.further, exercise.solve(17).further, strict=True)
        if second_parts(e.name)
    }
    names = list(exercise.problem.start)
    return np.array([[found.get((a, b), found.get((b, a))) for b in names] for a in names])


@pytest.fixture(autouse=True)
def in_float64():
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("name", NETS)
def test_a_hessian_is_that_of_jax(name):
    _, at, loss = NETS[name]
    wanted = jax.jit(jax.hessian(loss))(np.array(at))
    np.testing.assert_allclose(hessian_of(exercise(name, "hessian")), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in NETS if len(NETS[name][1]) == 2 and name not in SINGULAR])
def test_a_newton_step_is_that_of_numpy(name):
    _, at, loss = NETS[name]
    gradient, hessian = jax.jit(jax.grad(loss))(np.array(at)), jax.jit(jax.hessian(loss))(np.array(at))
    wanted = np.array(at) - np.linalg.solve(hessian, gradient)
    asked = exercise(name, "newton")
    found = [float(asked.solve(17).further[f"newton({w})"]) for w in asked.problem.start]
    np.testing.assert_allclose(found, wanted, rtol=1e-11)


@pytest.mark.parametrize("name", SINGULAR)
def test_a_singular_hessian_gives_no_step_and_the_key_says_so(name):
    asked = exercise(name, "newton")
    assert "has no inverse, so there is no step" in key_of(asked)
    assert asked.solve().further["det(H)"] == 0


BATCH = exercise("the mean over samples", "newton")


def test_the_key_of_a_batch_reads_as_the_field_writes_it():
    key = " ".join(key_of(BATCH).split())
    assert "Newton's method on the mean of L over the 3 samples, in w, b." in key
    assert "y⁽²⁾ = w·x⁽²⁾ + b = 0.5·2 + 0 = 1" in key
    assert "mean(∂L/∂b) = (y⁽¹⁾ − t⁽¹⁾ + y⁽²⁾ − t⁽²⁾ + y⁽³⁾ − t⁽³⁾)/3" in key
    assert "(∂²L)/∂w² = ((x⁽¹⁾)² + (x⁽²⁾)² + (x⁽³⁾)²)/3 = (1² + 2² + (−1)²)/3 = 2" in key
    assert "The mean of L over the 3 samples is now" in key
    assert "so one step leads to the minimum itself" in key


def test_the_loss_of_a_batch_of_logistic_units_is_differentiated_from_p_minus_t():
    text = (
        "given = { x = 1, t = 0 }\nsamples = [{ x = 1 }, { x = 2, t = 1 }, { x = -1, t = 1 }]\n"
        "parameters = { w = 0.5, b = -0.25 }\n[equations]\n"
        'z = "w*x + b"\np = "sigmoid(z)"\nL = "-(t*ln(p) + (1 - t)*ln(1 - p)) + w^2/10"\n'
    )
    asked = symnet.loads(text + '[[question]]\nask = "hessian"\n')
    key = " ".join(key_of(asked).split())
    assert "mean(∂L/∂b) = (p⁽¹⁾ − t⁽¹⁾ + p⁽²⁾ − t⁽²⁾ + p⁽³⁾ − t⁽³⁾)/3" in key
    assert "logged" not in key
    x, p = np.array([1.0, 2, -1]), 1 / (1 + np.exp(-np.array([0.25, 0.75, -0.75])))
    slopes = p * (1 - p)
    wanted = [[(slopes * x**2).mean() + 0.2, (slopes * x).mean()], [(slopes * x).mean(), slopes.mean()]]
    np.testing.assert_allclose(hessian_of(asked), wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("targets", "shown"), [("[1, 0]", "p⁽¹⁾₁ − t⁽¹⁾₁"), ("[1, 1]", "(t⁽¹⁾₁ + t⁽¹⁾₂)·p⁽¹⁾₁ − t⁽¹⁾₁")]
)
def test_a_softmax_of_a_batch_leaves_out_the_sum_of_targets_only_where_it_is_one(targets, shown):
    text = (
        f"given = {{ x = 1, t = [0, 1] }}\nsamples = [{{ t = {targets} }}, {{ x = 2 }}]\n"
        'parameters = { w = 1, v = -1 }\n[equations]\nz1 = "w*x"\nz2 = "v*x"\np1 = "exp(z1)/(exp(z1) + exp(z2))"\n'
        'p2 = "exp(z2)/(exp(z1) + exp(z2))"\nL = "-(t1*ln(p1) + t2*ln(p2))"\n[[question]]\nask = "hessian"\n'
    )
    asked = symnet.loads(text)
    assert shown in key_of(asked)
    p = 1 / (1 + np.exp([-2.0, -4.0]))
    both = [sum(map(int, targets.strip("[]").split(","))), 1]
    h = (np.array(both) * p * (1 - p) * [1, 4]).mean()
    np.testing.assert_allclose(hessian_of(asked), [[h, -h], [-h, h]], rtol=1e-12)


def test_the_slope_of_a_guarded_logarithm_is_differentiated_once_more_as_it_is_printed():
    text = (
        'given = { t = 3 }\nparameters = { w = 2 }\n[equations]\ny = "w^2"\nL = "y - t*ln(y)"\n'
        '[[question]]\nask = "hessian"\n'
    )
    asked = symnet.loads(text)
    assert "logged" not in key_of(asked)
    assert asked.solve().further["d2L/dw^2"] == Fraction(7, 2)  # 2 + 2t/w²
    assert symnet.loads(text.replace("t = 3", "t = 0").replace("w = 2", "w = 0")).solve().further["d2L/dw^2"] == 2


def test_who_adds_over_the_samples_instead_of_averaging_is_told_so():
    gives(BATCH.problem, "second-sum-or-mean", "", {"d2L/dw^2": 6, "d2L/dwdb": 2, "d2L/db^2": 3})


def test_online_it_is_of_the_first_sample_and_of_very_many_it_is_refused():
    text = NETS["the mean over samples"][0] + '\n[training]\nmode = "online"\n[[question]]\nask = "hessian"\n'
    assert symnet.loads(text).solve().further["d2L/dw^2"] == 1
    assert "Hessian matrix for the first sample" in key_of(symnet.loads(text))
    many = text.replace("[{ t = 2 }", f"[{'{ x = 1 }, ' * 8}{{ t = 2 }}").replace('mode = "online"', "")
    with pytest.raises(Mistake, match=r"question\[0\].*loss of 11 samples are too many .* at most 8"):
        symnet.loads(many)


def test_fields_of_a_batch_are_of_no_first_sample():
    text = NETS["the mean over samples"][0] + '\n[training]\nmode = "MODE"\n'
    text += '[[question]]\nask = "newton"\n[[question]]\nask = "hessian"\nof = "y"\nwrt = ["w"]\n'
    for mode, of_first in (("batch", {"d2y/dw^2"}), ("online", None)):
        asked = symnet.loads(text.replace("MODE", mode))
        further = further_of(asked.problem)
        words = {key: named(key, asked.problem, Names(asked.problem.network.names))[1] for key in further}
        assert {"mean(grad(w))", "newton(w)"} <= {*words} or mode == "online"
        assert {key for key, said in words.items() if said == " for the first sample"} == (of_first or {*words})


CURVED = {
    "a maximum of one": ("w = 1", "-w^2", "second derivative is negative: the step leads to the maximum"),
    "a saddle": ("w = 1, b = 2", "w^2 - b^2 + w", "its determinant is negative: the step leads to the saddle point"),
    "a maximum": ("w = 1, b = 2", "w*b - w^2 - b^2", "(∂²L)/∂w² is negative: the step leads to the maximum"),
    "a minimum": ("w = 1, b = 2", "w^2 + w*b + b^2", ""),
}


@pytest.mark.parametrize("name", CURVED)
def test_a_newton_step_that_leads_to_no_minimum_says_so(name):
    parameters, loss, said = CURVED[name]
    asked = symnet.loads(
        f'parameters = {{ {parameters} }}\nequations = {{ L = "{loss}" }}\n[[question]]\nask = "newton"\n'
    )
    key = " ".join(key_of(asked).split())
    assert said in key
    assert ("not to a minimum" in key) == bool(said)


def test_a_variant_of_samples_has_its_own_second_derivatives():
    from symnet.classroom.variants.sampling import sampler_of

    text = NETS["the mean over samples"][0].replace("[equations]", '[vary]\nnames = ["x", "t"]\n[equations]')
    drawn = sampler_of(symnet.loads(text + '\n[[question]]\nask = "hessian"\n')).variant("1", "salt").exercise
    squares = [sample["x"] ** 2 for sample in drawn.problem.examples]
    assert drawn.solve().further["d2L/dw^2"] == sum(squares) / 3


def test_the_second_derivative_of_another_quantity_is_worked_from_its_own_gradient():
    text = NETS["a deep tanh net"][0] + '\n[[question]]\nask = "hessian"\nof = "h"\nwrt = ["w", "b"]\n'
    found = symnet.loads(text).solve(17).further
    wanted = jax.jit(jax.hessian(lambda p: jnp.tanh(p[0] * 0.7 + p[1])))(np.array([0.5, -0.3]))
    assert float(found["d2h/dwdb"]) == pytest.approx(float(wanted[0, 1]), rel=1e-12)


def key_of(exercise):
    """The key as text, its paragraphs on one line each."""
    text = formats.render(exercise.worksheet().key, Path("key.txt"))
    return re.sub(r"(?<=\S)\n(?=\S)", " ", text)


def test_the_key_reads_as_the_field_writes_it():
    key = key_of(symnet.load(WORKSHEETS / "hessian-and-newton.toml"))
    assert "∂L/∂w = w + (y − t)·x = 2 + (1 − 3)·1 = 0" in key
    assert "(∂²L)/∂w² = 1 + x² = 1 + 1² = 2" in key
    assert "H = [2, 1; 1, 2]" in key
    assert "H⁻¹ = 1/3[2, −1; −1, 2] = [2/3, −1/3; −1/3, 2/3]" in key
    assert "one step leads to the minimum itself" in key


def test_a_newton_step_on_a_quadratic_leaves_no_gradient():
    asked = symnet.load(WORKSHEETS / "hessian-and-newton.toml")
    new = {w: asked.solve().further[f"newton({w})"] for w in asked.problem.start}
    after = symnet.loads(asked.source.replace("{ w = 2, b = -1 }", f"{{ w = {new['w']}, b = {new['b']} }}"))
    assert all(after.solve().gradients[w] == 0 for w in new)


# -- keys -------------------------------------------------------------------------------------------------------------

SPELLED = {
    "d2L/dwdb": ("d2L/dbdw", "∂²L/∂w∂b", "d^2L/dwdb", "H(w,b)", "H(b, w)", "H12", "H_21", "∂²L/(∂w∂b)"),
    "d2L/dw^2": ("∂²L/∂w²", "d2L/dw2", "d2L/dwdw", "H(w,w)", "H11"),
    "newton(w)": ("w_new", "new(w)", "w_newton"),
    "det(H)": ("det(H)", "det H"),
}


@pytest.mark.parametrize(("key", "word"), [(key, word) for key, words in SPELLED.items() for word in words])
def test_what_is_printed_and_what_people_write_is_understood(key, word):
    asked = symnet.load(WORKSHEETS / "hessian-and-newton.toml")
    right = asked.solve().further[key]
    assert symnet.check(asked, {word: str(right)}).verdicts[key].verdict == "right"


def test_a_formula_is_compared_with_a_second_derivative():
    asked = symnet.load(WORKSHEETS / "hessian-and-newton.toml")
    said = symnet.check(asked, {"d2L/dw^2": "1 + x^2", "d2L/dwdb": "x^2"}).verdicts
    assert said["d2L/dw^2"].verdict == "right"
    assert said["d2L/dwdb"].verdict == "wrong"  # though 1² is 1


def test_a_name_of_the_file_that_is_a_key_is_refused():
    text = 'learning_rate = 0.1\nparameters = { w = 1 }\nequations = { factor = "2*w", L = "factor^2" }\n'
    with pytest.raises(Mistake, match=r"question\[0\]: factor is a name of the file"):
        symnet.loads(text + '[[question]]\nask = "stability"\n')


def test_the_names_of_further_lines_are_no_identifiers_and_fall_into_their_parts():
    assert second_parts(second("L", "w_1", "d2").name) == ("L", "w_1", "d2")
    assert not second("L", "a", "b").name.isidentifier()
    assert second_parts("∂L/∂w") is None
    assert total_slope_parts("∂L/∂w") is None
    assert worked_parts("w1") is None


# -- stability --------------------------------------------------------------------------------------------------------

QUADRATICS = {
    "one weight": ("given = { x = 2, t = 3 }", "w = 0", 'L = "(w*x - t)^2/2"', [[4.0]]),
    "of three samples": (
        "given = { x = 1, t = 1 }\nsamples = [{ x = 1 }, { x = 2 }, { x = -1 }]", "w = 3, b = 1",
        'L = "(w*x + b - t)^2/2"', [[2.0, 2 / 3], [2 / 3, 1.0]],
    ),
    "two apart": ("given = { t = 1 }", "w1 = 3, w2 = 1", 'L = "2*(w1 - t)^2 + w2^2/2"', [[4.0, 0.0], [0.0, 1.0]]),
    "two together": (
        "given = { t = 1 }", "w1 = 3, w2 = 1", 'L = "w1^2 + w1*w2 + 3*w2^2 - t*w1"', [[2.0, 1.0], [1.0, 6.0]],
    ),
}  # fmt: skip


def quadratic(name, rate):
    given, parameters, equation, hessian = QUADRATICS[name]
    text = f"learning_rate = {rate}\n{given}\nparameters = {{ {parameters} }}\nequations = {{ {equation} }}\n"
    return symnet.loads(text + '[training]\nsteps = 60\n[[question]]\nask = "stability"\n'), np.array(hessian)


@pytest.mark.parametrize("name", QUADRATICS)
def test_curvatures_factors_and_the_stable_rate_are_those_of_numpy(name):
    asked, hessian = quadratic(name, 0.1)
    eigenvalues = np.linalg.eigvalsh(hessian)
    found = {key: float(value) for key, value in asked.solve(17).further.items()}
    ends = ("",) if len(eigenvalues) == 1 else ("_min", "_max")
    np.testing.assert_allclose([found[f"lambda{end}"] for end in ends], eigenvalues, rtol=1e-12)
    np.testing.assert_allclose([found[f"factor{end}"] for end in ends], 1 - 0.1 * eigenvalues, rtol=1e-12)
    assert found["rate_max"] == pytest.approx(2 / eigenvalues[-1], rel=1e-12)


@pytest.mark.parametrize("name", QUADRATICS)
def test_below_the_largest_stable_rate_gradient_descent_converges_and_above_it_does_not(name):
    most = float(quadratic(name, 0.1)[0].solve().further["rate_max"])
    ends = []
    for rate in (0.95 * most, 1.05 * most):
        asked, _ = quadratic(name, f'"{rate:.6f}"')
        solution = asked.solve()
        low = [float(solution.further[f"newton({w})"]) for w in asked.problem.start]
        before = max(abs(float(asked.problem.start[w]) - at) for w, at in zip(asked.problem.start, low, strict=True))
        after = max(abs(float(solution.updated[w]) - at) for w, at in zip(asked.problem.start, low, strict=True))
        ends.append(after / before)
        said = "diverges" if rate > most else "converges"
        assert f"gradient descent {said}" in key_of(asked)
    assert ends[0] < 0.2
    assert ends[1] > 2


def test_the_first_steps_in_the_key_are_multiplied_by_the_factor():
    key = key_of(symnet.load(WORKSHEETS / "learning-rate-on-a-quadratic.toml"))
    rows = [line.split() for line in key.splitlines() if len(line.split()) == 3 and line.split()[0] in "01234"]
    apart = [float(row[2].replace("−", "-")) for row in rows]
    assert len(apart) == 5
    np.testing.assert_allclose(np.array(apart[1:]) / np.array(apart[:-1]), -0.6, rtol=1e-9)


def test_a_loss_that_is_no_quadratic_has_no_one_stable_rate():
    text = 'learning_rate = 0.1\nparameters = { w = 1 }\nequations = { L = "w^4" }\n[[question]]\nask = "stability"\n'
    with pytest.raises(Mistake, match=r"question\[0\].*no quadratic"):
        symnet.loads(text)


def test_a_loss_without_a_lowest_point_is_said_to_have_no_stable_rate():
    text = 'learning_rate = 0.1\nparameters = { a = 1, b = 2 }\nequations = { L = "a*b" }\n[[question]]\n'
    assert "no learning rate is stable" in key_of(symnet.loads(text + 'ask = "stability"\n'))


# -- slips ------------------------------------------------------------------------------------------------------------

# Of the sheets, by hand: x = 1, t = 3, w = 2, b = −1 give g = (0, −3) and H = [2 1; 1 2]; λ = 4, η = 0.4.
HESSIAN, RATE = "hessian-and-newton", "learning-rate-on-a-quadratic"
BY_HAND = [
    (HESSIAN, {"d2L/dwdb": "0"}, "mixed-for-nothing"),
    (HESSIAN, {"d2L/dw^2": "4", "d2L/db^2": "4"}, "second-factor-two"),
    (HESSIAN, {"d2L/db^2": "9"}, "gradient-squared"),
    (HESSIAN, {"det(H)": "5"}, "determinant-sign"),
    (HESSIAN, {"newton(w)": "5", "newton(b)": "5"}, "hessian-for-inverse"),  # H g = (−3, −6)
    (HESSIAN, {"newton(w)": "2", "newton(b)": "0.5"}, "diagonal-alone"),
    (HESSIAN, {"newton(w)": "3", "newton(b)": "-3"}, "newton-uphill"),  # H⁻¹g = (1, −2)
    (HESSIAN, {"newton(w)": "-1", "newton(b)": "5"}, "determinant-forgotten"),
    (RATE, {"rate_max": "0.25"}, "rate-of-one"),
    (RATE, {"rate_max": "2"}, "rate-upside-down"),
    (RATE, {"factor": "1.6"}, "factor-without-one"),
    (RATE, {"factor": "2.6"}, "factor-sign"),
    (RATE, {"factor": "-3"}, "factor-without-rate"),
]


@pytest.mark.parametrize(("sheet", "answers", "slip"), BY_HAND, ids=[slip for *_, slip in BY_HAND])
def test_a_slip_is_told_from_the_numbers_that_it_gives(sheet, answers, slip):
    said = symnet.check(symnet.load(WORKSHEETS / f"{sheet}.toml"), answers).verdicts
    assert {verdict.verdict for verdict in said.values()} == {"wrong"}
    assert all(slip in {cause.id for cause in verdict.slips} for verdict in said.values())


def test_an_error_is_carried_forward_into_the_step():
    asked = symnet.load(WORKSHEETS / "hessian-and-newton.toml")
    # With 6 for ∂L/∂w: H⁻¹(6, −3) = (5, −4).
    said = symnet.check(asked, {"grad(w)": "6", "newton(w)": "-3", "newton(b)": "3"}).verdicts
    assert said["newton(w)"].carried == said["newton(b)"].carried == ("grad(w)",)


# -- classes, banks and papers ----------------------------------------------------------------------------------------


def test_a_class_is_marked_by_the_columns_that_are_printed(tmp_path):
    path = tmp_path / "answers.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["student", "∂²L/∂w²", "H(w,b)", "d2L/db^2", "det(H)", "w_new", "newton(b)"])
        writer.writerow(["Ada", 2, 1, 2, 3, 1, 1])
        writer.writerow(["Bo", 2, 0, 2, 4, 2, 0.5])
    marks = {
        student.name: student for student in symnet.mark(symnet.load(WORKSHEETS / f"{HESSIAN}.toml"), path).students
    }
    assert {answer.outcome for answer in marks["Ada"].answers.values()} == {"right"}
    bo = {key: answer.outcome for key, answer in marks["Bo"].answers.items()}
    assert bo["d2L/dwdb"] == "wrong"
    assert bo["det(H)"] == "carried"


def test_a_bank_asks_for_what_the_sheet_asks(tmp_path):
    asked = symnet.load(WORKSHEETS / f"{HESSIAN}.toml")
    bank = bank_of(asked, [asked], Precision())
    assert [blank.key for item in bank.items for blank in item.blanks] == list(asked_keys_in_turn(asked))
    text, _ = moodle.render(bank)
    assert text.count("NUMERICAL") == len(asked_keys(asked))


def asked_keys_in_turn(asked):
    first = ("d2L/dw^2", "d2L/dwdb", "d2L/db^2")
    yield from (*first, *(key for key in asked_keys(asked) if key not in first))


@pytest.mark.parametrize("sheet", [HESSIAN, RATE])
@pytest.mark.parametrize("ending", [".txt", ".tex", ".html", ".md", ".typ", ".ipynb"])
def test_a_students_sheet_holds_no_answer(sheet, ending, tmp_path):
    text = symnet.load(WORKSHEETS / f"{sheet}.toml").source.replace("x = 1,", "x = 31,").replace("x = 2,", "x = 31,")
    asked = symnet.loads(text)
    sheet_text = formats.render(asked.worksheet().sheet, tmp_path / f"sheet{ending}")
    key_text = formats.render(asked.worksheet().key, tmp_path / f"key{ending}")
    for answer in ("962", "963") if sheet == HESSIAN else ("961", "383.4"):  # 1 + 31², det H; λ = 31², 1 − ηλ
        assert answer in str(key_text)
        assert answer not in str(sheet_text)


def test_json_of_solve_has_what_questions_ask_for(capsys):
    from symnet.commands.printed.solve import as_json

    found = json.loads(as_json(str(WORKSHEETS / f"{HESSIAN}.toml"), [], [], None, 12, False))
    assert found["further"]["d2L/dwdb"] == {"exact": "1", "decimal": "1"}


def test_a_faded_sheet_has_blanks_for_second_derivatives_and_what_follows_from_them():
    sheet = symnet.load(WORKSHEETS / f"{HESSIAN}.toml").worksheet(fade=1).sheet
    text = formats.render(sheet, Path("sheet.txt"))
    assert "(∂²L)/∂w² = 1 + x² = 1 + 1² = ____" in text
    assert "det H = (∂²L)/∂w² · (∂²L)/∂b² − ((∂²L)/(∂w∂b))² = ____·____ − (____)² = ____" in text
    assert "d2L/dwdb, d2L/db^2, det(H)" in text  # what the blanks are called


def test_a_notebook_asks_for_them_by_their_keys_and_its_key_shows_them():
    asked = symnet.load(WORKSHEETS / f"{HESSIAN}.toml")
    code = asked.in_code()
    first, second_question = asked.questions
    assert code.asked_for(first) == ("d2L/dw^2", "d2L/dwdb", "d2L/db^2")
    assert "newton(b)" in code.asked_for(second_question)
    assert code.calls(first) == 'solution.show("further", "d2L/dw^2", "d2L/dwdb", "d2L/db^2")'


def test_show_prints_them(capsys):
    symnet.load(WORKSHEETS / f"{HESSIAN}.toml").solve().show("further", "det(H)", "newton(w)")
    assert capsys.readouterr().out == "det(H) = 3\nnewton(w) = 1\n"


def test_a_variant_says_how_to_round_what_is_asked_beyond_the_passes():
    from symnet.classroom.variants.sampling import sampler_of

    text = symnet.load(WORKSHEETS / f"{HESSIAN}.toml").source
    sampler = sampler_of(symnet.loads(re.sub(r"x = \[1, 2, 3\]", "x = [2]", text)))  # det H = 6: the step is in sixths
    papers = [sampler.variant(str(i), "salt").exercise for i in range(6)]
    steps = [[p.solve().further[f"newton({w})"] for w in ("w", "b")] for p in papers]
    long = [any(value.denominator % 3 == 0 for value in step) for step in steps]
    assert any(long)
    assert long == ["Round every number" in formats.render(p.worksheet().sheet, Path("sheet.txt")) for p in papers]
