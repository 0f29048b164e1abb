"""The sheets of the course show the figures of the texts, and everything on them is computed from their files."""

import re
from fractions import Fraction
from pathlib import Path

import pytest
import sympy

import symnet
from symnet.algebra import functions
from symnet.algebra.equations import Equation, symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.parsing import parse
from symnet.exercises.reader import loads
from symnet.paper import charts, formats
from symnet.paper.document import Answer, Figure, Table
from symnet.paper.drawing import Curve, Label
from symnet.paper.printing.text import maths
from symnet.working.rules import Pending, evaluated, steps
from symnet.working.slopes import Slopes

FOLDER = Path(__file__).parent.parent / "worksheets"


def key(name):
    return formats.render(symnet.load(FOLDER / f"{name}.toml").worksheet().key, Path("key.txt"))


def key_of(toml):
    return formats.render(loads(toml).worksheet().key, Path("key.txt"))


def figures(name):
    blocks = symnet.load(FOLDER / f"{name}.toml").worksheet().key.blocks
    inner = [b for block in blocks if isinstance(block, Answer) for b in block.blocks]
    return [block for block in (*blocks, *inner) if isinstance(block, Figure)]


def number(text):
    return float(Fraction(text.replace("−", "-").replace("≈", "").strip()))


@pytest.fixture
def grad():
    """jax.grad of a function of one number, in float64."""
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        yield lambda f, x: float(jax.grad(f)(float(x)))


# -- S1, S2, S3: derivative, gradient, a name used twice --------------------------------------------------------------


def test_s1_a_products_derivative_in_one_factor_is_the_other_and_the_gradient_has_both():
    text = key("derivative-and-gradient")
    assert "∂L/∂d = f = −2" in text
    assert "∂L/∂f = d = 4" in text
    rows = re.findall(r"^  (?:1|0\.0*1|10⁻⁸)  +(\S+)  +(\S+)$", text, re.MULTILINE)
    assert len(rows) == 9
    assert all(number(exact) == -2 for exact, _ in rows)
    h = 1e-8
    assert number(rows[-1][1]) == pytest.approx(((4 + h) * -2 - 4 * -2) / h, rel=1e-11)
    assert number(rows[-1][1]) != -2


def test_s3_a_name_used_twice_accumulates():
    text = key("a-name-used-twice")
    assert "∂b/∂a = 1 + 1 = 2" in text
    assert "∂c/∂a     12" in text  # c = a(a + a) = 2a², so 4a


# -- S9, S10: activation functions ------------------------------------------------------------------------------------

S10 = {
    "f1": "a",
    "f2": "f₂·(1 − f₂)",
    "f3": "1 − f₃²",
    "f4": "{ 1 if x > 0; 0 if x < 0 }",
    "f5": "{ 1 if x > 0; α if x < 0 }",
    "f6": "{ 1 if x > 0; f₆ + α if x < 0 }",
    "f7": "{ 0 if x ≠ 0 }",
}


@pytest.mark.parametrize("name", S10)
def test_s10_the_table_of_derivatives_is_derived(name):
    table = symnet.load(FOLDER / "deriving-activation-functions.toml").worksheet().key.blocks[-1]
    assert isinstance(table, Table)
    (cell,) = table.rows[int(name[1]) - 1][1]
    assert maths(cell) == S10[name]


JAX = {
    "f1": lambda jax, x: 3 * x + 2,
    "f2": lambda jax, x: jax.nn.sigmoid(x),
    "f3": lambda jax, x: jax.numpy.tanh(x),
    "f4": lambda jax, x: jax.nn.relu(x),
    "f5": lambda jax, x: jax.numpy.where(x > 0, x, 0.5 * x),  # jax.nn has the slope 1 at 0
    "f6": lambda jax, x: jax.numpy.where(x >= 0, x, 0.5 * jax.numpy.expm1(x)),
    "f7": lambda jax, x: jax.numpy.where(x >= 0, 1.0, 0.0),
}


@pytest.mark.parametrize("name", JAX)
@pytest.mark.parametrize("x", ["-1", "0", "2"])
def test_s10_the_value_printed_is_that_of_jax_grad(name, x, grad):
    import jax

    toml = (FOLDER / "deriving-activation-functions.toml").read_text().replace("x = -1", f"x = {x}")
    sections = re.split(r"^\d\. ", key_of(toml), flags=re.MULTILINE)
    printed = sections[int(name[1])].strip().splitlines()[-1]
    value = number(re.split(r"[=≈]", printed)[-1])
    assert value == pytest.approx(grad(lambda z: JAX[name](jax, z), x), rel=1e-5)


def test_s10_every_rule_is_named():
    text = key("deriving-activation-functions")
    for rule in ("quotient rule", "reciprocal rule", "sum rule", "constant factor", "chain rule", "exponential"):
        assert rule in text


def test_s10_conventions_and_jumps_are_stated():
    text = " ".join(key("deriving-activation-functions").split())
    assert (
        "At x = 0 the slope is 0 from the left and 1 from the right, so there is no derivative there; by convention"
        in text
    )
    assert "by convention f′₄(0) = 0." in text
    assert "unless α = 1; by convention f′₆(0) = 1." in text
    assert "the function jumps from 0 to 1" in text


SMOOTH = [name for name in functions.CATALOGUE if name not in ("max", "min")]


@pytest.mark.parametrize("name", SMOOTH)
def test_every_function_can_be_derived_line_by_line(name):
    x, y = symbol("x"), symbol("y")
    found = Slopes(Equation(y, parse(f"{name}(x)", ("x",))), x)
    for case in found.cases:
        assert case.lines[0].expr == Pending(case.formula, x, evaluate=False)
        assert not case.slope.has(Pending)
        inside = max(float(case.low), -3.0) / 2 + min(float(case.high), 3.0) / 2 + 0.3
        difference = case.slope.doit() - sympy.diff(functions.CATALOGUE[name](x).doit(), x)
        assert abs(complex(difference.subs(x, inside).evalf())) < 1e-12
        if case.by_output is not None:
            value = case.by_output.subs(y, functions.CATALOGUE[name](x).doit())
            assert abs(complex((value - case.slope.doit()).subs(x, inside).evalf())) < 1e-12


def test_a_wrong_line_is_refused(monkeypatch):
    from symnet.working import rules

    monkeypatch.setattr(rules, "negate", lambda expr: expr)  # the reciprocal rule without its minus
    with pytest.raises(AssertionError, match="is not the derivative"):
        steps(1 / symbol("x"), symbol("x"))


def test_a_wrong_form_in_terms_of_the_output_is_refused(monkeypatch):
    found = Slopes(Equation(symbol("y"), parse("exp(3*x)", ("x",))), symbol("x"))
    monkeypatch.setattr(Slopes, "_eliminated", lambda self, formula, slope: 2 * self.y)
    with pytest.raises(AssertionError, match="is not the derivative"):
        _ = found.cases


def test_s9_six_functions_each_beside_its_derivative():
    (figure,) = (figure for figure in figures("activation-functions") if "beside its derivative" in figure.words)
    curves = [mark for mark in figure.drawing.marks if isinstance(mark, Curve)]
    titles = [maths(m.text) for m in figure.drawing.marks if isinstance(m, Label) and m.size == 9]
    assert titles == [t for i in "₁₂₃₄₅₆" for t in (f"f{i}(x)", f"f′{i}(x)")]
    assert {curve.style for curve in curves} == {"path", "gradient"}
    assert len([c for c in curves if c.style == "path"]) == 7  # the step has two pieces
    assert len([c for c in curves if c.style == "gradient"]) == 8  # ReLU's and leaky ReLU's have two


def test_a_function_that_does_not_depend_on_the_name_is_refused():
    with pytest.raises(Mistake, match="does not depend on"):
        key_of('[given]\nx = 1\nz = 2\n[equations]\nf = "2*x"\n[[question]]\nask = "function"\nof = "f"\nwrt = "z"\n')


# -- losses -----------------------------------------------------------------------------------------------------------

LOSSES = {  # of the errors 2, 1, −2, and its derivative in the first output
    "2": ("L", lambda np, y, t: np.sum((y - t) ** 2)),
    "3": ("L", lambda np, y, t: np.sum((y - t) ** 2) / 2),
    "4": ("L", lambda np, y, t: np.mean((y - t) ** 2)),
    "5": ("L", lambda np, y, t: np.sqrt(np.sum((y - t) ** 2))),
    "6": ("L", lambda np, y, t: np.sum(np.abs(y - t))),
}


def printed_losses(section):
    text = re.split(r"^\d\. ", key("losses"), flags=re.MULTILINE)[section].partition("With the numbers of the sheet:")[
        2
    ]
    values = []
    for part in re.split(r"^ *(?:L|∂L/∂\w+) =", text.partition("Where")[0], flags=re.MULTILINE)[1:]:
        values.append(number(re.split(r" [=≈] ", " " + part.strip())[-1]))
    return values


@pytest.mark.parametrize("section", LOSSES)
def test_losses_and_their_derivatives_are_those_of_jax(section, grad):
    import jax.numpy as np

    _, loss = LOSSES[section]
    rest, targets = np.array([0.0, 1.0]), np.array([1.0, -1.0, 3.0])
    of_first = lambda y: loss(np, np.concatenate([np.reshape(y, 1), rest]), targets)  # noqa: E731
    assert printed_losses(int(section)) == pytest.approx([float(of_first(3.0)), grad(of_first, 3.0)])


def test_huber_and_cross_entropy_are_those_of_optax_and_jax(grad):
    import jax

    optax = pytest.importorskip("optax")
    errors = jax.numpy.array([2.0, 1.0, -2.0])
    slope = grad(lambda e: optax.losses.huber_loss(jax.numpy.asarray(e)), 2.0)
    assert printed_losses(7) == pytest.approx([float(optax.losses.huber_loss(errors).sum()), slope])
    one = jax.numpy.asarray(1.0)
    entropy = lambda z: optax.losses.sigmoid_binary_cross_entropy(jax.numpy.asarray(z), one)  # noqa: E731
    assert printed_losses(8) == pytest.approx([float(entropy(1.0)), grad(entropy, 1.0)], rel=1e-5)


def test_the_root_says_where_it_has_no_derivative():
    text = " ".join(key("losses").split())
    assert "Where every error is 0 (y₁ = t₁, y₂ = t₂, y₃ = t₃) there is no derivative" in text
    assert "Along y₁ alone the slope jumps from −1 to 1." in text


def test_softmax_and_cross_entropy_give_output_minus_target(grad):
    import jax

    text = key("cross-entropy")
    logits, targets = jax.numpy.array([2.0, 1.0, 0.0]), jax.numpy.array([0.0, 1.0, 0.0])
    wanted = jax.grad(lambda z: -jax.numpy.sum(targets * jax.nn.log_softmax(z)))(logits)
    for i, sign in enumerate("₁₂₃"):
        printed = re.search(rf"∂L/∂z{sign} = p{sign} − t{sign} ≈ .* ≈ (\S+)", text)[1]
        assert number(printed) == pytest.approx(float(wanted[i]), rel=1e-5)


def test_softmax_needs_targets_that_sum_to_one():
    toml = (FOLDER / "cross-entropy.toml").read_text().replace("t3 = 0", "t3 = 1")
    with pytest.raises(Mistake, match="must sum to 1"):
        key_of(toml)


# -- several examples, several steps ----------------------------------------------------------------------------------


def test_a_batch_forwards_by_hand():
    import numpy as np

    X, T = np.array([[1, 2], [3, 1], [-2, 0]]), np.array([-1, 2, 0])
    hidden = np.maximum(X @ [[1, 0.5], [-1, 1]] + [0, -1], 0)
    y = hidden @ [2, -1] + 0.5
    text = key("forward-pass")
    for i in range(3):
        cells = re.search(rf"^  {i + 1}  +(−?[\d.]+.*)$", text.partition("Forward pass of")[2], re.MULTILINE)[1].split()
        assert number(cells[-2]) == y[i]
        assert number(cells[-1]) == (y[i] - T[i]) ** 2
    assert "over the batch is 5/12" in text
    assert Fraction(5, 12) == pytest.approx(np.mean((y - T) ** 2))


def test_gradient_descent_reaches_what_a_loop_reaches_and_plots_it():
    w = b = 0.0
    losses = []
    for _ in range(6):
        error = w * 2 + b - 5
        losses.append(error**2 / 2)
        w, b = w - 0.1 * error * 2, b - 0.1 * error
    losses.append((w * 2 + b - 5) ** 2 / 2)
    text = key("gradient-descent")
    assert text.count("Update ") == 6
    boxed = [number(x) for x in re.findall(r"\[ (\S+) \]", text)]
    assert boxed[-2:] == pytest.approx([w, b], rel=1e-5)
    (figure,) = (figure for figure in figures("gradient-descent") if "over 6 updates" in figure.words)
    (curve,) = (mark for mark in figure.drawing.marks if isinstance(mark, Curve))
    assert len(curve.points) == 7
    heights = [y for _, y in curve.points]
    scale = (heights[0] - heights[-1]) / (losses[0] - losses[-1])
    assert heights == pytest.approx([heights[0] + scale * (loss - losses[0]) for loss in losses])


OPTAX = {
    "Gradient descent": lambda optax: optax.sgd(0.1),
    "Momentum": lambda optax: optax.sgd(0.1, momentum=0.9),
    "Nesterov momentum": lambda optax: optax.sgd(0.1, momentum=0.9, nesterov=True),
    "RMSProp": lambda optax: optax.rmsprop(0.1, decay=0.9, eps=1e-8),
    "Adam": lambda optax: optax.adam(0.1),
}


@pytest.mark.parametrize("name", OPTAX)
def test_three_steps_by_each_optimizer_are_those_of_optax(name):
    optax = pytest.importorskip("optax")
    import jax

    with jax.enable_x64(True):
        optimizer = OPTAX[name](optax)
        w = jax.numpy.array(1.0)
        state = optimizer.init(w)
        for _ in range(3):
            change, state = optimizer.update(w - 3, state)
            w = w + change
    text = key("optimizers")
    row = re.search(rf"^  {name}  +(\S+)  +(\S+)$", text, re.MULTILINE)
    assert number(row[1]) == pytest.approx(float(w), rel=5e-6)
    assert number(row[2]) == pytest.approx((float(w) - 3) ** 2 / 2, rel=2e-5)
    section = re.split(rf"^{name}:$", text, flags=re.MULTILINE)[1]
    third = section.partition("Update 3")[2]
    assert re.search(r"\[ (\S+) \]", third)[1] == row[1]  # the last boxed weight is the one in the table


def test_updates_by_hand_end_where_the_solution_ends():
    toml = (
        'learning_rate = 0.5\n[given]\nt = 2\n[parameters]\nw = 1\n[equations]\nL = "(w - t)^2"\n'
        "[training]\nsteps = 4\n"
        '[update]\noptimizer = "adam"\n[[question]]\nask = "updates"\n'
    )
    exercise = loads(toml)
    end = exercise.solve().updated["w"]
    boxed = re.findall(r"\[ (\S+) \]", formats.render(exercise.worksheet().key, Path("key.txt")))
    assert len(boxed) == 4
    assert number(boxed[-1]) == pytest.approx(float(end), rel=1e-5)


# -- find the mistake -------------------------------------------------------------------------------------------------


def test_every_erratum_is_refuted_by_a_nudge():
    sections = re.split(r"^\d\. ", key("find-the-mistake"), flags=re.MULTILINE)[1:]
    assert len(sections) == 6
    for section in sections:
        wrong, _, right = section.partition("The line as printed:")[2].partition("The right line:")
        rates = re.findall(r"at the rate (−?[\d.]+)", " ".join(right.split()))
        if not rates:
            continue
        printed = number(re.split(r" [=≈] ", " ".join(wrong.split()))[-1])
        up, down = (number(rate.rstrip(".")) for rate in rates)
        value = re.findall(r"[=≈] (−?[\d.]+|undefined)(?: |$)", " ".join(right.split()))
        if "undefined" in right:
            assert (printed, up, down) == (0, 1, -1)  # the two sides do not agree
        else:
            assert up == pytest.approx(down, rel=2e-3)
            assert abs(printed - up) > 0.1 * abs(up)
            assert any(number(v) == pytest.approx(up, rel=2e-3) for v in value)


def test_a_formula_that_is_right_is_no_mistake():
    toml = '[given]\nx = 1\n[equations]\nf = "2*x"\n[[question]]\nask = "mistake"\nof = "f"\nwrt = "x"\nwrong = "2"\n'
    with pytest.raises(Mistake, match="gives the right number"):
        key_of(toml)


def test_the_students_sheet_of_mistakes_gives_the_wrong_line_and_no_right_one():
    text = formats.render(symnet.load(FOLDER / "find-the-mistake.toml").worksheet().sheet, Path("sheet.txt"))
    assert text.count("A text prints:") == 6
    assert "δ" not in text
    assert "right line" not in text


# -- charts and keys --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "first", "last"), [(0, 12.5, 0, 15), (-5, 5, -6, 6), (0.01, 0.013, 0.01, 0.013), (3, 3, 2.4, 3.6)]
)
def test_ticks_are_round_and_hold_the_data(low, high, first, last):
    found = charts.ticks(low, high, 4)
    assert float(found[0]) <= low + 1e-12
    assert float(found[-1]) >= high - 1e-12
    assert 3 <= len(found) <= 8
    step = found[1] - found[0]
    assert str(float(step) / 10 ** sympy.floor(sympy.log(step, 10))).strip("0.") in "125"


def test_a_curve_is_broken_where_there_is_no_number():
    drawing = charts.chart([charts.Series(((0, 1), (1, 2), (1, float("nan")), (1, 3), (2, 4)))])
    assert len([mark for mark in drawing.marks if isinstance(mark, Curve)]) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('about = "no_loss"', "about is"),
        ("range = [1]", "two numbers"),
        ("range = [2, 1]", "smaller number"),
        ('wrong = "2*("', "wrong"),
    ],
)
def test_wrong_keys_of_a_question_are_one_line(line, said):
    ask = "mistake" if line.startswith("wrong") else "plot"
    toml = f'[given]\nx = 1\n[equations]\nf = "2*x"\n[[question]]\nask = "{ask}"\nof = "f"\n{line}\n'
    with pytest.raises(Mistake, match=said) as mistake:
        key_of(toml)
    assert "\n" not in str(mistake.value)


def test_training_sheets_typeset_their_target_and_schedule():
    toml = (
        (FOLDER / "fitting-a-curve.toml").read_text().replace("batch_size", 'schedule = "lr*0.5^(t/1000)"\nbatch_size')
    )
    text = " ".join(key_of(toml).split())
    assert "Target: y = 0.1·x³ − 0.5·x² + 2·sin(3·x)." in text
    assert "a learning rate of η₀ = 0.01, following the schedule η = η₀·0.5^(t/1000) after t updates" in text


def test_the_readme_lists_every_sheet_once():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \d+ \| \[[^]]+\]\(([\w-]+)\.toml\)", readme, re.MULTILINE)
    assert sorted(listed) == sorted(path.stem for path in FOLDER.glob("*.toml"))
    pictured = re.findall(r'src="pictures/([\w-]+)\.png"', readme)
    assert pictured == listed
    keys = (path.stem for path in (FOLDER / "pictures").iterdir() if not path.stem.startswith("page-"))
    assert sorted(keys) == sorted(listed)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_introduction_is_short(path):
    introduction = symnet.load(path).introduction
    assert 1 <= len(re.findall(r"[.!?](?:\s|$)", introduction)) <= 4


def test_evaluated_keeps_the_value():
    x = symbol("x")
    assert evaluated(sympy.Mul(x, x, evaluate=False)) == x**2
