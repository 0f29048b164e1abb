"""Derivations: the paths, the δ form and the numbers agree; the working is printed as a person writes it."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

import symnet
from symnet.notation.names import Names
from symnet.notation.typesetter import Typesetter
from symnet.paper import formats
from symnet.paper.printing.text import maths
from symnet.working.derivation import Derivation
from symnet.working.work import Work

RELU = (Path(__file__).parent.parent / "worksheets/relu.toml").read_text(encoding="utf-8")
SKIPPING = """
learning_rate = 0.1
[given]
x = 2
t = 1
[parameters]
u = 3
v = -1
[equations]
a = "u*x"
b = "relu(a + v)"
c = "a*b + u"
d = "min(c, b + x)*v"
L = "(d - t)^2 + u^2"
"""
DEEP = """
learning_rate = 0.5
[network]
layers = [2, 3, 3, 2]
activation = "relu"
weights = { W1 = [[1, -1, 2], [0.5, 3, -2]], b1 = [0, 1, 0.5], W2 = [[1, 2, -1], [0, 1, 1], [-2, 1, 3]], b2 = [1, 0, 0], W3 = [[1, -1], [2, 0.5], [1, 1]], b3 = [0, 0.1] }
inputs = [[1, -2]]
targets = [[0, 1]]
"""  # noqa: E501


def work_of(toml):
    exercise = symnet.loads(toml)
    return Work(exercise.solve(), Names(exercise.problem.network.names, exercise.notation))


def sum_over_paths(partials, of, wrt):
    """Σ over every path of the product of the local derivatives along it, from the numbers alone."""
    if of == wrt:
        return Fraction(1)
    links = [(key.split("/")[1], value) for key, value in partials.items() if key.split("/")[0] == of]
    return sum((value * sum_over_paths(partials, name, wrt) for name, value in links), Fraction(0))


@pytest.mark.parametrize("toml", [RELU, SKIPPING, DEEP])
def test_the_sum_over_all_paths_is_the_gradient(toml):
    solution = symnet.loads(toml).solve()
    loss = solution.problem.loss
    for name, gradient in solution.gradients.items():
        assert sum_over_paths(solution.partials, loss, name) == gradient


@pytest.mark.parametrize("toml", [RELU, SKIPPING, DEEP])
def test_both_styles_end_in_the_same_number(toml):
    work = work_of(toml)
    derivation = Derivation(work, work.problem.loss)
    for name, gradient in work.solution.gradients.items():
        ends = {maths(derivation.gradient(name, style).lines[-1].steps[-1][1]) for style in ("paths", "deltas")}
        assert ends == {maths(work.value(gradient))}


def test_a_name_on_several_paths_has_one_product_a_path():
    work = work_of(SKIPPING)
    steps = Derivation(work, "L").gradient("u", "paths").lines[0].steps
    relations = [relation for relation, _ in steps]
    products = relations.index("=", 1)
    assert relations[:products] == ["=", *["+"] * (products - 1)]
    assert len(Derivation(work, "L").gradient("u", "paths").chains) == products


def test_few_paths_are_written_out_and_many_are_given_by_deltas():
    work = work_of(DEEP)
    derivation = Derivation(work, "Loss")
    assert derivation.gradient("w3_1_1").chains  # one path
    assert not derivation.gradient("x1").chains  # eighteen


def test_what_the_loss_does_not_depend_on_has_gradient_0_and_says_why():
    work = work_of('[given]\na = 1\nb = 2\n[equations]\ny = "a^2"')
    line = Derivation(work, "y").gradient("b").lines[0]
    assert [maths(node) for _, node in line.steps] == ["0"]
    assert line.why == "y does not depend on b"


@pytest.mark.parametrize(
    ("formula", "numbers", "printed"),
    [
        ("a*b + c*d", "2 1 -3 -1", "2·1 + (−3)·(−1)"),
        ("a - b*c + d", "-1 -2 3 -4", "−1 − (−2)·3 + (−4)"),
        ("-a*b", "-2 3 0 0", "−(−2)·3"),
        ("(a + b)^2/c", "-2 -3 4 0", "(−2 + (−3))²/4"),
        ("a^2 - b^-2", "-2 3 0 0", "(−2)² − 1/3²"),
        ("a/b*c", "1 -2 3 0", "1/(−2) · 3"),
        ("2(a - b)", "1 -1 0 0", "2·(1 − (−1))"),
        ("a*(b*c)", "1 2 3 0", "1·(2·3)"),
        ("relu(a) - abs(b)", "-1 -2 0 0", "ReLU(−1) − |−2|"),
    ],
)
def test_numbers_are_put_in_with_the_brackets_a_person_writes(formula, numbers, printed):
    given = "\n".join(f"{name} = {value}" for name, value in zip("abcd", numbers.split(), strict=True))
    work = work_of(f'[given]\n{given}\n[equations]\ny = "{formula}"')
    assert maths(work.numbers(work.network.equations[0].rhs)) == printed


def test_rounding_by_hand_says_so_and_carries_the_rounded_number_on():
    work = work_of(RELU.replace("relu(", "sigmoid(") + '\n[notation]\ny5 = "o"'.replace("[notation]", "[notation]"))
    assert maths(work.value(work.solution.forward["y3"])) == "0.993307"
    rounded = work_of("round = 2\n" + RELU.replace("relu(", "sigmoid("))
    assert rounded.solution.forward["y3"] == Fraction(99, 100)
    assert rounded.solution.forward["x5"] == 2 * Fraction(99, 100) - rounded.solution.forward["y4"]
    line = Derivation(rounded, "Loss").gradient("w13").lines[-1]
    assert line.steps[-1][0] in ("=", "≈")


@pytest.mark.parametrize(
    "written_out", ["1/(1 + exp(-z))", "1/(exp(-z) + 1)", "(1 + exp(-z))^-1", "1/(1 + exp(-(a + b)))"]
)
def test_a_sigmoid_written_out_has_the_derivative_of_the_field(written_out):
    work = work_of(f'[given]\na = 1\nb = -3\n[equations]\nz = "a*b"\ny = "{written_out}"')
    wrt = "a" if "a +" in written_out else "z"
    steps = Derivation(work, "y").gradient(wrt, "paths").lines[0].steps
    assert "y·(1 − y)" in "".join(maths(node) for _, node in steps)
    plain = work_of(f'[given]\na = 1\nb = -3\n[equations]\nz = "a*b"\ny = "{written_out}*1"')
    assert abs(plain.solution.gradients[wrt] - work.solution.gradients[wrt]) < Fraction(1, 10**25)


DIRECT = """
[given]
x = 3
w = 2
[equations]
a = "w*x"
s = "step(w)"
L = "a + w^2 - 5w + s"
"""


def test_a_direct_use_beside_another_path_is_not_taken_for_the_whole_derivative():
    gradient = Derivation(work_of(DIRECT), "L").gradient("w", "paths")
    steps = [(relation, maths(node)) for relation, node in gradient.lines[0].steps]
    assert ("+", "∂⁺L/∂w") in steps
    assert any("∂⁺L/∂w counts only the direct use" in maths(reason) for reason in gradient.reasons)


def test_a_path_that_a_step_ends_is_said_to_be_flat():
    gradient = Derivation(work_of(DIRECT), "L").gradient("w", "paths")
    assert "∂s/∂w = 0 everywhere" in [maths(reason) for reason in gradient.reasons]


def test_a_product_that_starts_with_a_minus_is_bracketed_after_a_plus():
    work = work_of('[given]\na = 2\n[equations]\nb = "a^2"\nL = "b - 2a"\nM = "b + -3a*b"')
    for of in ("L", "M"):
        for relation, node in Derivation(work, of).gradient("a", "paths").lines[0].steps:
            assert not (relation == "+" and maths(node).startswith("−"))


def test_names_that_look_like_eta_or_e_keep_their_own_meaning():
    work = work_of('learning_rate = 0.1\n[given]\neta = 3\ne = 2\n[parameters]\nw = 1\n[equations]\nL = "exp(w)*eta^e"')
    assert maths(work.names.node("learning rate")) == "lr"
    assert maths(work.symbols(work.network.equations[0].rhs)) == "exp(w)·η^e"


SIGNED = """
learning_rate = 1
[given]
x = 1
t = 0
[parameters]
w = 1
[equations]
z = "w*x"
y = "sigmoid(z)"
d = "0*y"
L = "y - t"
"""


def test_a_sign_says_whether_the_numbers_that_are_put_in_are_rounded():
    work = work_of(SIGNED)
    signs = {maths(line.lhs): "".join(sign for sign, _ in line.steps) for line in work.forward()}
    assert signs == {"z": "===", "y": "==≈", "d": "=≈=", "L": "=≈≈"}
    (line,) = Derivation(work, "L").gradient("w", "paths").lines
    assert [sign for sign, _ in line.steps] == ["=", "=", "≈", "≈"]
    (update,) = work.update()
    assert [sign for sign, _ in update.steps] == ["←", "≈", "≈"]


def test_a_short_fraction_is_put_in_exactly():
    work = work_of(SIGNED.replace("w = 1", 'w = "1/3"'))
    assert [sign for sign, _ in work.forward()[0].steps] == ["=", "=", "="]


def test_where_every_line_is_rounded_worked_numbers_have_all_decimals_and_given_ones_are_as_typed():
    toml = """
round = 4
learning_rate = 0.5
[given]
x = 0.05
[parameters]
w = 0.3
b = 0.002
[equations]
z = "w*x + b"
y = "relu(z)"
d = "relu(-y)"
L = "y^2/2 + 1000.5*y + d"
"""
    text = formats.render(symnet.loads(toml).worksheet().key, Path("key.txt"))
    assert "z = w·x + b = 0.3·0.05 + 0.002 = 0.0170" in text
    assert "d = ReLU(−y) = ReLU(−0.0170) = 0" in text
    assert "L = y²/2 + 1000.5·y + d = 0.0170²/2 + 1000.5·0.0170 + 0 ≈ 17.0086" in text
    # The gradient in full, the number before as typed, the one after in full.
    assert re.search(r"\bw +\d+\.\d{4} +0\.3 − 0\.5·\d+\.\d{4} +−?\d+\.\d{4}\n", text)


def test_a_root_of_a_power_cannot_be_read_as_a_power_of_a_root():
    network = symnet.Network.parse("y = sqrt(x^2) + sqrt(x) + sqrt(x + 1)^2")
    assert maths(Typesetter(Names(("x", "y"))).maths(network.equations[0].rhs)) == "√(x²) + √x + (√(x + 1))²"
