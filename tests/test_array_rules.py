"""Rules of the gradients of arrays, as a key prints them: each gives the numbers of the gradients, entry by entry.

The gradients are those of the equations written out, which other tests hold to jax.grad; a rule is put into entries
here by itself.  Short forms are proved in symbols by SymPy, and published numbers are those of their texts.
"""

import re
from pathlib import Path
from unicodedata import normalize

import pytest
import sympy
from overlaps import complaints

import symnet
from symnet.algebra.entries import Unrolled, every_index
from symnet.algebra.equations import partial, partial_parts, symbol
from symnet.algebra.matrices import shape_of
from symnet.exercises.reader import loads
from symnet.figures.heat import heat_figures
from symnet.figures.of_arrays import array_figures
from symnet.figures.unrolled import recurrence_of
from symnet.figures.windows import windows_of
from symnet.notation.names import Names
from symnet.paper.document import Figure
from symnet.paper.drawing import Box, Curve, Label, Tile
from symnet.paper.formats import text
from symnet.paper.printing.text import maths
from symnet.working.array_rules import ArrayRules
from symnet.working.arrays import entries
from symnet.working.gathering import gathered
from symnet.working.normalised import normalised
from symnet.working.work import Work

FOLDER = Path(__file__).parent.parent / "worksheets"
LOADED = {path: symnet.load(path) for path in sorted(FOLDER.glob("*.toml"))}
SHEETS = [path for path, one in LOADED.items() if one.worked is not None and one.worked.arrays]
MASKED = """
[given]
M = [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
T = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
[parameters]
S = [[0.5, 1, -1], [0.25, 2, 0], [1, 1, 3]]
W = [[1, -1, 2], [0.5, 0, 1], [-1, 1, 1]]
[equations]
A = "softmax(S, mask=M)"
Z = "A @ W"
P = "softmax(Z)"
L = "-sum(T*ln(P))/3 + 0.1*sum(W^2)"
"""
LOGISTIC = """
[given]
x = [1, -2, 0.5]
t = [1, 0, 1]
[parameters]
w = [0.5, 1, -1]
[equations]
z = "w*x"
p = "sigmoid(z)"
L = "-sum(t*ln(p) + (1 - t)*ln(1 - p))"
"""


def work_of(exercise):
    problem = exercise.problem
    return Work(symnet.solve(problem), Names((*problem.network.names, *problem.state), exercise.notation))


def exactly(path):
    """The exercise without the rounding of its lines, which no other way of writing it shares."""
    return loads("\n".join(line for line in path.read_text().splitlines() if not line.startswith("round")))


class Written(Unrolled):
    """Entries by their names; what a recurrence reads before its first step is its start, h0."""

    def _in_range(self, name, index):
        start = f"{name.name}0"
        return symbol(start) if index[0] == -1 and start in self.starts else super()._in_range(name, index)


def agree(exercise):
    """How many numbers of gradients the rules give; they are those of the solution."""
    work = work_of(exercise)
    problem = work.problem
    rules = ArrayRules(work)

    def named(name, index, lengths):
        parts = partial_parts(name.name)
        nested = problem.arrays[parts[1] if parts else name.name]
        for i in index:
            nested = nested[i]
        return symbol(nested) if parts is None else partial(parts[0], nested)

    checked = 0
    for equation in rules.equations([*problem.arrays, *problem.start]):
        for index in every_index(shape_of(equation.lhs), {}):
            name = named(equation.lhs, index, {}).name if index else equation.name
            entries_of = Written({}, named=named, data=_ids(problem))
            entries_of.starts = problem.given
            written = entries_of.entry(equation.rhs, index)
            found = work.evaluate(written, work.values)
            assert float(found) == pytest.approx(float(work.values[name]), rel=1e-12, abs=1e-12), name
            checked += 1
    return checked


def _ids(problem):
    """{array: its numbers} of those that say which entries are used."""
    names = {x for e in problem.whole for x in e.rhs.free_symbols if x.name in problem.arrays}

    def numbers(nested):
        return [numbers(part) for part in nested] if isinstance(nested, tuple) else int(problem.given[nested])

    return {x: numbers(problem.arrays[x.name]) for x in names if {*entries(problem.arrays[x.name])} <= problem.fixed}


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_a_rule_gives_the_gradient(path):
    exercise = exactly(path)
    if exercise.problem.has_loss:
        assert agree(exercise) > 3


@pytest.mark.parametrize("toml", [MASKED, LOGISTIC])
def test_an_output_with_its_loss_gives_p_minus_t_also_beside_other_terms(toml):
    exercise = loads(toml)
    assert agree(exercise) > 3
    rules = ArrayRules(work_of(exercise))
    printed = [f"{maths(line.lhs)} = {maths(line.steps[0][1])}" for line in rules.lines(rules.equations(["W", "w"]))]
    assert any(re.fullmatch(r"Z̄ = 1/3·\(P − T\)|Z̄ = 1/3 · \(P − T\)|z̄ = p − t", line) for line in printed), printed


def key(name):
    return normalize("NFD", text.render(symnet.load(FOLDER / f"{name}.toml").worksheet().key))


def test_attention_has_the_products_of_matrices_and_the_slopes_of_softmax():
    printed = key("attention-backward")
    for rule in ("Aᵀ·Ō", "Ō·Vᵀ", "A_ik·(Ā_ik − ∑ⱼ A_ij·Ā_ij)", "∂A_ij/∂S_ik = A_ik·([j = k] − A_ij)"):
        assert normalize("NFD", rule) in printed
    assert "(3 × 3)(3 × 2) = 3 × 2" in printed


def test_the_kernel_is_turned_for_the_picture():
    printed = key("convolution-backward")
    words = " ".join(printed.split())
    assert "in a border of zeros 1 wide, convolved with K turned by half a turn" in words
    assert normalize("NFD", "∑ₖ,ₘ Z̄_km·K_(i − k + 1,j − m + 1)") in printed
    # [[1, −1], [2, 2]] from its last number to its first
    assert re.search(r"⎡ *2 +2⎤", printed)
    assert re.search(r"⎣ *−1 +1⎦", printed)


def test_what_comes_back_through_a_turned_kernel_is_the_gradient_of_the_picture():
    """δ in a border of zeros, with K turned, moved over as any convolution: done by hand here."""
    solution = symnet.load(FOLDER / "convolution-backward.toml").solve()
    delta = [[solution.gradients[f"Z{i}_{j}"] for j in (1, 2)] for i in (1, 2)]
    wide = [[0] * 4, [0, *delta[0], 0], [0, *delta[1], 0], [0] * 4]
    turned = [[2, 2], [-1, 1]]
    for i in range(3):
        for j in range(3):
            found = sum(turned[u][v] * wide[i + u][j + v] for u in (0, 1) for v in (0, 1))
            assert found == solution.gradients[f"I{i + 1}_{j + 1}"]


def test_a_step_of_a_recurrence_needs_the_next_and_a_weight_all_of_them():
    printed = key("recurrent")
    for rule in ("ȳₜ·v + h̄_(t + 1)·(1 − h_(t + 1)²)·u", "∑ₜ h̄ₜ·(1 − hₜ²)·xₜ", "∑ₜ h̄ₜ·(1 − hₜ²)·h_(t − 1)"):
        assert normalize("NFD", rule) in printed
    assert "The gradient of a step needs that of the step after it" in printed


def test_the_lstm_has_the_states_of_its_text():
    """Gomez (2016), Backpropogating an LSTM: a numerical example."""
    forward = symnet.load(FOLDER / "lstm.toml").solve().forward
    for name, value in {"h1": 0.53631, "c1": 0.78572, "h2": 0.77198, "c2": 1.51762}.items():
        assert float(forward[name]) == pytest.approx(value, abs=2e-5)


def test_a_pool_says_in_words_who_gets_what():
    words = " ".join(key("pooling").split())
    assert "gets the whole gradient of P; the others get 0" in words
    assert "Each number of a window gets 1/4 of the gradient of Q" in words


@pytest.mark.parametrize("name", ["layer-norm", "batch-norm"])
def test_three_paths_come_to_the_short_form(name):
    printed = " ".join(key(name).split())
    assert "along three paths: straight, through s and through m" in printed
    exercise = exactly(FOLDER / f"{name}.toml")
    (one,) = normalised(exercise.problem.whole)
    gradients, values = exercise.solve().gradients, exercise.solve().forward
    whole = exercise.problem.arrays[one.output.name]
    rows = whole if isinstance(whole[0], tuple) else tuple((x,) for x in whole)
    inputs = exercise.problem.arrays[one.x.name]
    inputs = inputs if isinstance(inputs[0], tuple) else tuple((x,) for x in inputs)
    for j, column in enumerate(zip(*rows, strict=True)):  # along the examples, or along the numbers of one
        up, out = [float(gradients[n]) for n in column], [float(values[n]) for n in column]
        n = len(column)
        variance = float(values.get(f"s{j + 1}", values.get("s")))
        weighted = sum(u * o for u, o in zip(up, out, strict=True)) / n
        for i, (u, o) in enumerate(zip(up, out, strict=True)):
            short = (u - sum(up) / n - o * weighted) / variance**0.5
            assert short == pytest.approx(float(gradients[inputs[i][j]]), abs=1e-12)


def test_the_short_form_is_proved_with_epsilon_for_any_numbers():
    x, g = sympy.symbols("x:3", real=True), sympy.symbols("g:3", real=True)
    eps = sympy.Symbol("ε", positive=True)
    mean = sum(x) / 3
    root = sympy.sqrt(sum((v - mean) ** 2 for v in x) / 3 + eps)
    out = [(v - mean) / root for v in x]
    loss = sum(a * b for a, b in zip(g, out, strict=True))
    short = (g[0] - sum(g) / 3 - out[0] * sum(a * b for a, b in zip(g, out, strict=True)) / 3) / root
    assert sympy.simplify(sympy.diff(loss, x[0]) - short) == 0


def test_a_residual_beside_a_normalisation_is_a_further_path():
    toml = '[given]\nG = [1, 2, 4]\n[parameters]\nx = [1, 2, 6]\n[equations]\nm = "mean(x)"\ns = "mean((x - m)^2)"\n'
    toml += 'n = "(x - m)/sqrt(s)"\nL = "sum(G*n)"\n'
    assert "three paths" in text.render(loads(toml).worksheet().key)
    further = text.render(loads(toml.replace('"sum(G*n)"', '"sum(G*(n + x))"')).worksheet().key)
    assert "three paths" not in further


def test_what_only_looks_like_a_normalisation_is_none():
    toml = '[given]\nG = [1, 2, 4]\n[parameters]\nx = [1, 2, 6]\n[equations]\nm = "max(x)"\ns = "mean((x - m)^2)"\n'
    toml += 'n = "(x - m)/sqrt(s)"\nL = "sum(G*n)"\n'
    assert not list(normalised(loads(toml).problem.whole))


def test_terms_over_the_same_are_written_over_it_once():
    a, b, c, s = map(symbol, "abcs")
    over = sympy.Pow(s, -1, evaluate=False)
    terms = [sympy.Mul(a, over, evaluate=False), sympy.Mul(b, over, evaluate=False), c]
    found = gathered(terms, 20)
    assert str(found.args[0]) in ("(a + b)/s",)
    assert sympy.simplify(found - (a + b) / s - c) == 0
    beside = gathered(terms, 1)  # two names are too wide above one line
    assert beside.args[0].args == (over, sympy.Add(a, b, evaluate=False))
    assert sympy.simplify(beside - found) == 0


# -- figures ----------------------------------------------------------------------------------------------------------


def labels(drawing):
    return [maths(m.text) if not isinstance(m.text, str) else m.text for m in drawing.marks if isinstance(m, Label)]


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_no_letters_of_a_figure_of_arrays_lie_on_others(path):
    exercise = symnet.load(path)
    work = work_of(exercise)
    found = array_figures(work)
    found += heat_figures(work, work.network.names)
    for figure in found:
        wrong = complaints(figure.drawing)
        if list(windows_of(work)):  # windows lie on one another and on the lines of their grid
            wrong = (said for said in wrong if "Box(" not in said)
        assert list(wrong) == []
        assert figure.words


def test_the_windows_of_a_stride_are_so_far_apart_and_the_border_is_0():
    work = work_of(symnet.load(FOLDER / "convolution.toml"))
    plain, padded = windows_of(work)
    assert (plain.stride, plain.padding, padded.stride, padded.padding) == (1, 0, 2, 1)
    assert [name for name, _ in padded.marked] == ["Z2_2", "Z2_1"]  # the one that is worked out, and the one beside it
    drawing = array_figures(work)[0].drawing
    thick = [m for m in drawing.marks if isinstance(m, Box) and m.style == "path" and m.width > 40]
    dashed = [m for m in drawing.marks if isinstance(m, Box) and m.style == "second" and m.width > 40]
    cell = thick[0].width / 3
    assert dashed[0].x - thick[0].x == pytest.approx(cell)
    assert dashed[1].x - thick[2].x == pytest.approx(-2 * cell)
    assert labels(drawing).count("0") >= 20


def test_a_sheet_has_no_number_of_the_result_in_its_windows():
    exercise = symnet.load(FOLDER / "small-cnn.toml")
    (figure,) = (block for block in exercise.worksheet().sheet.blocks if isinstance(block, Figure))
    told = {label for label in labels(figure.drawing) if re.fullmatch(r"−?[\d.]+", label)}
    assert told <= {"0", "1", "2", "3", "−1", "0.5"}  # of the picture and of the kernel


@pytest.mark.parametrize(
    ("name", "states", "into", "on", "out"),
    [
        ("recurrent", ("h",), ("w",), ("u",), ("v",)),
        ("lstm", ("h", "c"), ("W",), ("U",), ()),
        ("gru", ("h",), ("W",), ("U",), ()),
    ],
)
def test_an_unrolled_cell_has_the_same_weights_at_every_step(name, states, into, on, out):
    work = work_of(symnet.load(FOLDER / f"{name}.toml"))
    found = recurrence_of(work)
    assert (found.states, found.into, found.on, found.out) == (states, into, on, out)
    shown = labels(array_figures(work)[0].drawing)
    assert [shown.count(w) for w in into] == [found.steps]
    assert [shown.count(u) for u in on] == [found.steps]


def test_of_many_steps_the_first_and_the_last_are_drawn():
    toml = "[given]\nx = [1, 2, 1, 0, 1, 2, 1]\n[parameters]\nw = 0.5\nu = 0.25\n[equations]\n"
    toml += '"h[t]" = "tanh(w*x[t] + u*h[t-1])"\nL = "sum(h^2)"\n'
    (figure,) = array_figures(work_of(loads(toml)))
    shown = labels(figure.drawing)
    assert "…" in shown
    assert {"x₁", "x₂", "x₇"} <= set(shown)
    assert "x₃" not in shown
    assert list(complaints(figure.drawing)) == []


MAPS = """
[network]
inputs = [[[[1, 2, 0, 1], [0, 1, 1, 2], [2, 0, 1, 0], [1, 1, 0, 2]]]]
targets = [[1, 0]]
loss = "softmax_cross_entropy"
seed = 1
[[layer]]
kind = "conv"
channels = 2
kernel = 3
padding = 1
activation = "relu"
[[layer]]
kind = "max_pool"
size = 2
[[layer]]
kind = "flatten"
[[layer]]
kind = "dense"
units = 2
"""


def test_maps_with_channels_have_their_sizes_and_stand_one_behind_the_other():
    (figure,) = array_figures(work_of(loads(MAPS)))
    shown = labels(figure.drawing)
    assert [size for size in shown if re.fullmatch(r"[\d × ]+", size)] == [
        "1 × 4 × 4",
        "2 × 4 × 4",
        "2 × 2 × 2",
        "8",
        "2",
    ]
    assert {"K₁", "max 2 × 2", "W₄", "Z₁, A₁"} <= {label.replace(",A", ", A") for label in shown} | set(shown)
    assert len([mark for mark in figure.drawing.marks if isinstance(mark, Curve)]) == 2  # the second channels
    assert list(complaints(figure.drawing)) == []
    picture, first, pooled = (mark for mark in figure.drawing.marks if isinstance(mark, Box) and mark.width > 10)
    assert (first.width, first.height) == (picture.width, picture.height)
    assert pooled.width == pytest.approx(picture.width / 2)


CHANNELS = """
[given]
I = [[[1, 2, 0, 1], [0, 1, 1, 3], [2, 0, 1, 1]], [[0, 1, 1, 2], [2, 0, 0, 0], [1, 1, 2, 1]]]
[parameters]
K = [[[[4, 5], [6, 7]], [[8, 9], [-4, -5]]], [[[0, 1], [1, 0]], [[1, 1], [-1, 0]]]]
c = [1, 0]
[equations]
Y = "conv(I, K, stride=2, padding=1, bias=c)"
L = "sum(Y^2)"
"""


def test_every_channel_has_its_window_and_its_part_of_the_kernel():
    (figure,) = array_figures(work_of(loads(CHANNELS)))
    drawing = figure.drawing
    shown = labels(drawing)
    assert {"I₁", "I₂", "K₁,₁", "K₁,₂", "Y₁", "+", "→", "+c₁"} <= set(shown)
    assert "K₂,₁" not in shown  # the first filter alone
    assert (shown.count("∗"), shown.count("0")) == (2, 2 * 18 + 7)  # the borders, and the zeros of the pictures
    windows = [m for m in drawing.marks if isinstance(m, Box) and m.style == "path" and m.width > 20]
    upper, lower = (m for m in windows if m.x == windows[0].x)
    assert (upper.width, upper.height) == (lower.width, lower.height)
    thick, dashed = (next(m for m in drawing.marks if isinstance(m, Box) and m.style == s) for s in ("path", "second"))
    assert abs(thick.x - dashed.x) == pytest.approx(thick.width)  # the stride is as wide as a window
    wrong = (said for said in complaints(drawing) if "Box(" not in said)
    assert list(wrong) == []
    assert "I₁ with K₁,₁ plus I₂ with K₁,₂ plus the bias" in figure.words


def test_channels_are_drawn_beside_the_maps_of_a_net_and_large_ones_not():
    net = MAPS.replace('kind = "max_pool"\nsize = 2', 'kind = "conv"\nchannels = 1\nkernel = 2')
    maps, channels = array_figures(work_of(loads(net)))
    assert "Feature maps" in maps.words
    assert "A₁,₁ with K₂,₁,₁ plus A₁,₂ with K₂,₁,₂" in channels.words
    large = CHANNELS.replace("[0, 1, 1, 2]", "[0, 1, 1, 2, 1, 1, 1]").replace("padding=1", "padding=3")
    large = re.sub(r"\[(\d, \d, \d, \d)\]", r"[\1, 1, 1, 1]", large)
    (figure,) = array_figures(work_of(loads(large)))
    assert "Feature maps" in figure.words


def test_a_net_of_layers_with_one_channel_has_its_windows():
    (one,) = array_figures(work_of(loads(MAPS.replace("channels = 2", "channels = 1"))))
    assert "Marked are those of" in one.words


def test_weights_of_attention_are_darker_where_they_are_larger_and_only_in_the_key():
    exercise = symnet.load(FOLDER / "attention.toml")
    work = work_of(exercise)
    (figure,) = heat_figures(work, work.network.names)
    tiles = [mark.light for mark in figure.drawing.marks if isinstance(mark, Tile)]
    values = [float(work.values[name]) for name in entries(work.problem.arrays["A"])]
    assert sorted(range(9), key=tiles.__getitem__) == sorted(range(9), key=lambda i: -values[i])
    assert not any(isinstance(block, Figure) for block in exercise.worksheet().sheet.blocks)


def test_a_softmax_that_weighs_nothing_has_no_table():
    work = work_of(symnet.load(FOLDER / "softmax-of-a-batch.toml"))
    assert heat_figures(work, work.network.names) == []


@pytest.mark.parametrize("name", ["gru", "dropout-residual"])
def test_a_part_of_a_net_that_no_unit_stands_for_is_not_drawn_as_its_target(name):
    work = work_of(symnet.load(FOLDER / f"{name}.toml"))
    assert not symnet.figures.is_net(work)


def test_files_of_the_course_with_arrays_are_short():
    assert {path.stem: n for path in SHEETS if (n := len(path.read_text().splitlines())) > 20} == {}
