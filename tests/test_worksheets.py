"""Every sheet of the course builds, and shows the figures of the texts the project grew from."""

import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
from course_sheets import FOLDER, SHEETS, made

import symnet
from symnet.paper import formats
from symnet.paper.document import Answer

GOLDEN = Path(__file__).parent / "golden"


def exact(values, names):
    return {name: Fraction(values[name]) for name in names}


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
@pytest.mark.parametrize("ending", sorted(formats.by_ending()))
def test_every_sheet_builds_in_every_format(path, ending):
    sheet = made(path)
    key_text = formats.render(sheet.key, Path(f"key{ending}"))
    student_text = formats.render(sheet.sheet, Path(f"sheet{ending}"))
    assert student_text != key_text
    if ending in (".tex", ".typ", ".txt") and any(isinstance(block, Answer) for block in sheet.key.blocks):
        assert len(student_text) < len(key_text)


@pytest.mark.parametrize(
    ("name", "ending"),
    [("relu", ".txt"), ("relu", ".tex"), ("relu", ".typ"), ("one-neuron", ".txt"), ("one-neuron", ".md")],
)
def test_the_key_is_the_one_that_was_reviewed(name, ending, update):
    text = formats.render(symnet.load(FOLDER / f"{name}.toml").worksheet().key, Path(f"key{ending}"))
    golden = GOLDEN / f"{name}-key{ending}"
    if update:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8"), "see the difference; python -m pytest --update renews the file"


def test_s1_the_slope_of_a_line_is_5_for_every_nudge(inside):
    key = inside("solve", str(FOLDER / "derivative-as-a-nudge.toml")).stdout
    rows = re.findall(r"^  (1|0\.0*1|10⁻⁸)  +(\S+)  +(\S+)$", key, re.MULTILINE)
    assert len(rows) == 9
    assert all(slope == "5" for _, slope, _ in rows)
    h = 1e-8
    assert float(rows[-1][2]) == pytest.approx(((5 * (3 + h) - 9) - (5 * 3 - 9)) / h, rel=1e-11)
    assert "∂f/∂x = 5" in key


def test_s2_the_computation_graph():
    solution = symnet.load(FOLDER / "computation-graph.toml").solve()
    assert solution.forward == {"e": -6, "d": 4, "L": -8}
    assert exact(solution.gradients, "dfecab") == {"d": -2, "f": 4, "e": -2, "c": -2, "a": 6, "b": -4}


def test_s4_one_tanh_neuron():
    solution = symnet.load(FOLDER / "one-neuron.toml").solve()
    assert solution.forward == {"n": 0, "o": 0}
    wanted = {"x1": -3, "w1": 2, "x2": 1, "w2": 0, "b": 1}
    assert exact(solution.gradients, wanted) == wanted


@pytest.mark.parametrize(("widths", "count"), [("3-4-2", 26), ("3-4-4-1", 41), ("1-32-1", 97)])
def test_s5_parameters_are_counted(widths, count):
    exercise = symnet.load(FOLDER / f"counting-parameters-{widths}.toml")
    assert exercise.problem.network.parameter_count == count
    assert f"= {count}" in formats.render(exercise.worksheet().key, Path("key.txt"))


S15 = {
    "forward": {"x3": "5", "y3": "5", "x4": "-3", "y4": "0", "x5": "10", "y5": "10", "Loss": "50"},
    "gradients": {"w35": "50", "w45": "0", "w13": "20", "w23": "-20", "w14": "0", "w24": "0"},
    "updated": {"w13": "0", "w23": "-1", "w14": "1", "w24": "4", "w35": "-3", "w45": "-1"},
}


def test_s15_the_worked_relu_exercise(inside):
    answer = json.loads(inside("solve", str(FOLDER / "relu.toml"), "--json").stdout)
    for table, numbers in S15.items():
        for name, number in numbers.items():
            assert answer[table][name] == {"exact": number, "decimal": number}


# The four steps of each weight in the LaTeX of the key: arrow chain, chain rule, local derivatives, numbers.
S16 = {
    "w13": ("x_{3}", "y_{3}", "w_{35}", "x_{1}", r"(10 - 0) \cdot 1 \cdot 2 \cdot 1 \cdot 1", "20"),
    "w23": ("x_{3}", "y_{3}", "w_{35}", "x_{2}", r"(10 - 0) \cdot 1 \cdot 2 \cdot 1 \cdot (-1)", "-20"),
    "w14": ("x_{4}", "y_{4}", "w_{45}", "x_{1}", r"(10 - 0) \cdot 1 \cdot (-1) \cdot 0 \cdot 1", "0"),
    "w24": ("x_{4}", "y_{4}", "w_{45}", "x_{2}", r"(10 - 0) \cdot 1 \cdot (-1) \cdot 0 \cdot (-1)", "0"),
}
RELU = r"\xrightarrow{\;\mathrm{ReLU}\;}"


def key_of_relu():
    text = formats.render(symnet.load(FOLDER / "relu.toml").worksheet().key, Path("key.tex"))
    return re.sub(r" \\\\ & ?\\q?quad", "", re.sub(r"\s+", " ", text))  # with broken formulas on one line


def fraction(above, below):
    return rf"\frac{{\partial {above}}}{{\partial {below}}}"


@pytest.mark.parametrize("weight", S16)
def test_s16_a_hidden_weight_has_its_chain_and_four_steps(weight):
    key = key_of_relu()
    x, y, w, factor, numbers, value = S16[weight]
    name = f"w_{{{weight[1:]}}}"
    loss = r"\mathit{Loss}"
    assert (
        rf"{name} \longrightarrow {x} {RELU} {y} \xrightarrow{{\;{w}\;}} x_{{5}} {RELU} y_{{5}} \longrightarrow {loss}"
        in key
    )
    links = [(loss, "y_{5}"), ("y_{5}", "x_{5}"), ("x_{5}", y), (y, x), (x, name)]
    chain_rule = r" \cdot ".join(fraction(*link) for link in links)
    local = rf"(y_{{5}} - t) \cdot \mathrm{{ReLU}}'(x_{{5}}) \cdot {w} \cdot \mathrm{{ReLU}}'({x}) \cdot {factor}"
    steps = [f"{fraction(loss, name)} &= {chain_rule}", f"&= {local}", f"&= {numbers} = {value}"]
    place = 0
    for step in steps:
        assert step in key[place:], step
        place = key.index(step, place)


@pytest.mark.parametrize(
    ("weight", "unit", "numbers", "value"),
    [("w35", 3, r"(10 - 0) \cdot 1 \cdot 5", 50), ("w45", 4, r"(10 - 0) \cdot 1 \cdot 0", 0)],
)
def test_s16_an_output_weight_has_its_chain_and_four_steps(weight, unit, numbers, value):
    key = key_of_relu()
    name = f"w_{{{weight[1:]}}}"
    loss = r"\mathit{Loss}"
    links = [(loss, "y_{5}"), ("y_{5}", "x_{5}"), ("x_{5}", name)]
    chain_rule = r" \cdot ".join(fraction(*link) for link in links)
    assert rf"{name} \longrightarrow x_{{5}} {RELU} y_{{5}} \longrightarrow {loss}" in key
    assert f"{fraction(loss, name)} &= {chain_rule}" in key
    assert rf"&= (y_{{5}} - t) \cdot \mathrm{{ReLU}}'(x_{{5}}) \cdot y_{{{unit}}}" in key
    assert rf"&= {numbers} = {value} " in key


@pytest.mark.parametrize("weight", S15["updated"])
def test_s16_every_new_weight_is_worked_in_its_row(weight):
    key = re.sub(r"\\textcolor\{answer\}\{(\$.*?\$)\}", r"\1", key_of_relu())
    name = f"w_{{{weight[1:]}}}"
    exercise = symnet.load(FOLDER / "relu.toml")
    before, slope, after = exercise.problem.start[weight], S15["gradients"][weight], S15["updated"][weight]
    numbers = rf"{before} - 0.1 \cdot {slope if not slope.startswith('-') else f'({slope})'}"
    assert f"${name}$ & ${slope}$ & ${numbers}$ & ${after}$" in key
    assert r"w_{13} \leftarrow w_{13} - \eta \cdot \partial \mathit{Loss}/\partial w_{13}$, and so on" in key


def test_dead_paths_say_why():
    assert r"\mathrm{ReLU}'(x_{4}) = 0$ because $x_{4} = -3 \le 0" in key_of_relu()
