"""Figures: what is drawn is what the equations say, and nothing in a picture lies on anything else."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from itertools import combinations
from math import hypot
from pathlib import Path

import pytest

import symnet
from symnet import figures
from symnet.algebra.mistakes import Mistake
from symnet.exercises.reader import loads
from symnet.figures import dot
from symnet.figures.graph import Filling
from symnet.figures.labels import extent, facts_of
from symnet.figures.operations import graph_of
from symnet.figures.units import net_of
from symnet.notation.maths import EQUALS, Accent, Letter, Number, Operator, Root, Script, Word, row
from symnet.notation.names import Names
from symnet.paper.breaking import width
from symnet.paper.drawing import PAGE, Box, Circle, Drawing, Label, Stroke
from symnet.paper.lettering import estimated, set_line
from symnet.paper.pictures import plotted, svg, tikz
from symnet.paper.printing.text import maths as text_of
from symnet.sheets.worksheet import solution_of
from symnet.working.work import Work

ROOT = Path(__file__).parent.parent
LEVELS = ("symbols", "values", "gradients")


def work_of(exercise):
    problem = exercise.problem
    return Work(solution_of(exercise), Names((*problem.network.names, *problem.state), exercise.notation))


def worked(name):
    folder = "worksheets" if (ROOT / "worksheets" / f"{name}.toml").exists() else "tests/published"
    return work_of(symnet.load(ROOT / folder / f"{name}.toml"))


def written(equations, parameters, given, loss=None):
    lines = ["[given]", *(f"{name} = {value}" for name, value in given.items())]
    lines += ["[parameters]", *(f"{name} = {value}" for name, value in parameters.items())]
    lines += ["[equations]", *(f'{name} = "{formula}"' for name, formula in equations.items())]
    return work_of(loads("\n".join(([f'loss = "{loss}"'] if loss else []) + lines)))


def dense(*widths):
    """A net written by the short form, with weights of every length."""
    hidden = "activation = 'relu'\n" if len(widths) > 2 else ""
    return work_of(
        loads(
            f"[network]\nlayers = {list(widths)}\n{hidden}init = 'uniform(-1, 1)'\nseed = 3\n"
            f"inputs = [{[round(0.3 + i / 7, 3) for i in range(widths[0])]}]\ntargets = [{[1] * widths[-1]}]\n"
        )
    )


def by_hand(*widths, name="u"):
    """The same sizes, written unit by unit with names of one's own."""
    equations, parameters, given = {}, {}, {f"x{i + 1}": i + 1 for i in range(widths[0])}
    below = list(given)
    for layer, count in enumerate(widths[1:], 1):
        units = [f"{name}{layer}{j + 1}" for j in range(count)]
        for j, unit in enumerate(units):
            terms = []
            for i, source in enumerate(below):
                weight = f"w{layer}_{i + 1}_{j + 1}"
                parameters[weight] = round((-1) ** (i + j) * (0.123 + 0.37 * i + 0.11 * j), 4)
                terms.append(f"{weight}*{source}")
            parameters[f"b{layer}_{j + 1}"] = 0.5
            equations[f"net_{unit}"] = " + ".join([*terms, f"b{layer}_{j + 1}"])
            equations[f"out_{unit}"] = f"sigmoid(net_{unit})"
        below = [f"out_{unit}" for unit in units]
    given |= {f"t{j + 1}": 0.5 for j in range(len(below))}
    equations["E"] = " + ".join(f"(t{j + 1} - {unit})^2/2" for j, unit in enumerate(below))
    return written(equations, parameters, given, "E")


def with_skips():
    """Wires from the inputs to every layer, and past two layers at once."""
    return written(
        {
            "h1": "tanh(a1*x1 + a2*x2)",
            "h2": "tanh(a3*x1 + a4*x2)",
            "g1": "tanh(c1*h1 + c2*h2 + c3*x1)",
            "k": "tanh(d1*g1 + d2*x2 + d3*h2 + beta)",
            "y": "v1*k + v2*x1 + v3*x2",
            "L": "(y - t)^2",
        },
        dict.fromkeys(("a1", "a2", "a3", "a4", "c1", "c2", "c3", "d1", "d2", "d3", "beta", "v1", "v2", "v3"), 0.5),
        {"x1": 1, "x2": -2, "t": 3},
    )


def rnn():
    """Three steps with shared weights; every input stands at its step."""
    return written(
        {"h1": "tanh(u*x1 + w*h0)", "h2": "tanh(u*x2 + w*h1)", "h3": "tanh(u*x3 + w*h2)", "y": "v*h3",
         "L": "(y - t)^2/2"},
        {"u": 0.5, "w": 0.8, "v": 1},
        {"x1": 1, "x2": 2, "x3": -1, "h0": 0, "t": 1},
        "L",
    )  # fmt: skip


NETS = {
    "2-2-1": lambda: worked("relu"),
    "one neuron": lambda: worked("one-neuron"),
    "mazur": lambda: worked("two-outputs"),
    "3-4-4-1": lambda: dense(3, 4, 4, 1),
    "3-3-2": lambda: dense(3, 3, 2),
    "1-10-1": lambda: dense(1, 10, 1),
    "2-3-1 by hand": lambda: by_hand(2, 3, 1),
    "rnn": rnn,
    "5-8-8-5": lambda: dense(5, 8, 8, 5),
    "1-8-1": lambda: dense(1, 8, 1),
    "8-8": lambda: dense(8, 8),
    "2-3-2 by hand": lambda: by_hand(2, 3, 2),
    "4-4-1 by hand": lambda: by_hand(4, 4, 1),
    "5-8-8-5 by hand": lambda: by_hand(5, 8, 8, 5),
    "long names": lambda: by_hand(2, 3, 1, name="hidden_unit_of_layer_"),
    "skips": with_skips,
    "recurrent": lambda: worked("rnn_three_steps"),
    "thresholds": lambda: worked("negnevitsky_xor_first_step"),
    "convolution": lambda: worked("d2l_convolution"),
    "bundle of 40": lambda: dense(1, 40, 1),
}
GRAPHS = {
    "gates": lambda: written({"q": "max(x, y)", "r": "2*(q + x*y)"}, {}, {"x": 3, "y": -4}, "r"),
    "e = ab": lambda: worked("computation-graph"),
    "relu": lambda: worked("relu"),
    "neuron": lambda: worked("one-neuron"),
    "fraction": lambda: worked("cs231n_fraction"),
    "softmax": lambda: worked("cs231n_softmax_and_hinge"),
    "lstm": lambda: worked("gomez_lstm_two_steps"),
    "colah": lambda: worked("colah_graph"),
    "two outputs": lambda: worked("two-outputs"),
    "twice": lambda: written({"b": "a + a", "c": "b*a*b - b/a + max(a, 2)^2 - a^b + 3"}, {}, {"a": 2}),
    "alone": lambda: written({"b": "a", "c": "2"}, {}, {"a": 2}, "b"),
}


# -- nothing lies on anything else ------------------------------------------------------------------------------------


def box_of(label):
    """A second opinion on how large a label is, by the letters that breaking.width counts."""
    letters = len(label.text) if isinstance(label.text, str) else width(label.text)
    left, top, right, bottom = extent(label)
    wide = max(letters * 0.46 * label.size, right - left)
    middle = {"middle": (left + right) / 2, "right": left + wide / 2, "left": right - wide / 2}[label.side]
    return middle - wide / 2, top, middle + wide / 2, bottom


def overlap(one, other, slack=0.3):
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > slack and min(one[3], other[3]) - max(one[1], other[1]) > slack
    )


def meets_circle(box, circle):
    x = min(max(circle.x, box[0]), box[2])
    y = min(max(circle.y, box[1]), box[3])
    return hypot(x - circle.x, y - circle.y) < circle.radius - 0.3


def inside(box, outer, slack=0.6):
    return (
        box[0] >= outer[0] - slack
        and box[1] >= outer[1] - slack
        and box[2] <= outer[2] + slack
        and box[3] <= outer[3] + slack
    )


def frame(mark):
    if isinstance(mark, Circle):
        return mark.x - mark.radius, mark.y - mark.radius, mark.x + mark.radius, mark.y + mark.radius
    return mark.x, mark.y, mark.x + mark.width, mark.y + mark.height


def crosses(stroke, box):
    """Whether a stroke runs through a box: sampled closely."""
    steps = max(2, int(hypot(stroke.x2 - stroke.x1, stroke.y2 - stroke.y1)))
    for i in range(steps + 1):
        x = stroke.x1 + (stroke.x2 - stroke.x1) * i / steps
        y = stroke.y1 + (stroke.y2 - stroke.y1) * i / steps
        if box[0] + 0.6 < x < box[2] - 0.6 and box[1] + 0.6 < y < box[3] - 0.6:
            return True
    return False


def complaints(drawing):
    """Everything that is wrong with a drawing, in words."""
    labels = [mark for mark in drawing.marks if isinstance(mark, Label)]
    shapes = [mark for mark in drawing.marks if isinstance(mark, (Circle, Box))]
    strokes = [mark for mark in drawing.marks if isinstance(mark, Stroke)]
    boxes = {id(label): box_of(label) for label in labels}

    def says(label):
        return label.text if isinstance(label.text, str) else text_of(label.text)

    for one, other in combinations(labels, 2):
        if overlap(boxes[id(one)], boxes[id(other)]):
            yield f"{says(one)} lies on {says(other)}"
    for one, other in combinations(shapes, 2):
        if overlap(frame(one), frame(other)):
            yield f"{one} lies on {other}"
    for label in labels:
        box = boxes[id(label)]
        if not inside(box, (0, 0, drawing.width, drawing.height), 0.01):
            yield f"{says(label)} leaves the picture"
        homes = [shape for shape in shapes if inside(box, frame(shape))]
        for shape in shapes:
            touches = meets_circle(box, shape) if isinstance(shape, Circle) else overlap(box, frame(shape))
            if touches and shape not in homes:
                yield f"{says(label)} lies across {shape}"
        if not label.backed:
            for stroke in strokes:
                if crosses(stroke, box):
                    yield f"{stroke} runs through {says(label)}"
    for stroke in strokes:
        for shape in shapes:
            outer = frame(shape)
            ends_inside = inside((stroke.x1, stroke.y1, stroke.x1, stroke.y1), outer) and inside(
                (stroke.x2, stroke.y2, stroke.x2, stroke.y2), outer
            )
            if ends_inside:
                continue  # what divides a circle or a box
            if isinstance(shape, Circle):
                reach = shape.radius * 0.7
                outer = shape.x - reach, shape.y - reach, shape.x + reach, shape.y + reach
            if crosses(stroke, outer):
                yield f"{stroke} runs through {shape}"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("net", NETS)
def test_in_a_network_nothing_lies_on_anything_else(net, level):
    assert list(complaints(figures.network_figure(NETS[net](), level).drawing)) == []


@pytest.mark.parametrize("level", [*LEVELS, "blank", "half blank"])
@pytest.mark.parametrize("graph", GRAPHS)
def test_in_a_graph_nothing_lies_on_anything_else(graph, level):
    fillings = {"blank": Filling("gradients", True, True), "half blank": Filling("values", blank_gradients=True)}
    assert list(complaints(figures.graph_figure(GRAPHS[graph](), fillings.get(level, level)).drawing)) == []


def test_the_judge_of_overlaps_sees_them():
    label = Label(50, 50, "words", size=9)
    bad = {
        "lies on": (label, Label(55, 52, "more", size=9)),
        "leaves": (Label(2, 50, "words", size=9),),
        "lies across": (label, Circle(35, 50, 10)),
        "runs through words": (label, Stroke(0, 50, 100, 50)),
        "runs through Circle": (Circle(50, 50, 10), Stroke(0, 50, 100, 50)),
    }
    for words, marks in bad.items():
        assert any(words in complaint for complaint in complaints(Drawing(100, 100, marks))), words


@pytest.mark.parametrize("name", ["2-2-1", "mazur", "3-4-4-1", "5-8-8-5", "skips", "one neuron", "8-8"])
@pytest.mark.parametrize("level", LEVELS)
def test_letters_are_at_least_7_points_high_in_print(name, level):
    drawing = figures.network_figure(NETS[name](), level).drawing
    printed = min(1, PAGE / drawing.width)
    assert all(mark.size * printed >= 6.99 for mark in drawing.marks if isinstance(mark, Label))
    assert drawing.height <= 640


def wires_of(drawing):
    """The lines from circle to circle or to the loss, each of one stroke, with the arrow of a bias left out."""
    return [m for m in drawing.marks if isinstance(m, Stroke) and m.x2 - m.x1 > 15 and m.style != "gradient"]


def inner_length(stroke, box):
    """How much of a stroke lies in a box: sampled closely."""
    n = 400
    points = [(stroke.x1 + (stroke.x2 - stroke.x1) * i / n, stroke.y1 + (stroke.y2 - stroke.y1) * i / n)
              for i in range(n + 1)]  # fmt: skip
    inside_it = sum(box[0] < x < box[2] and box[1] < y < box[3] for x, y in points)
    return inside_it / n * hypot(stroke.x2 - stroke.x1, stroke.y2 - stroke.y1)


DEMANDED = ["2-2-1", "3-3-2", "2-3-1 by hand", "3-4-4-1", "1-10-1", "mazur", "rnn"]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", DEMANDED)
def test_every_wire_is_straight_from_circle_to_circle_and_its_label_is_nearest_to_it(name, level):
    work = NETS[name]()
    net = net_of(work.network, work.problem.loss)
    drawing = figures.network_figure(work, level).drawing
    circles = [mark for mark in drawing.marks if isinstance(mark, Circle)]
    boxes = [frame(mark) for mark in drawing.marks if isinstance(mark, Box)]
    wires = wires_of(drawing)
    assert len(wires) == len(net.wires)

    def on_a_shape(x, y):
        return any(abs(hypot(x - c.x, y - c.y) - c.radius) < 0.05 for c in circles) or any(
            abs(x - box[0]) < 0.05 and box[1] <= y <= box[3] for box in boxes
        )

    for wire in wires:
        assert wire.arrow
        assert on_a_shape(wire.x1, wire.y1)
        assert on_a_shape(wire.x2, wire.y2)
    stacks = {}  # the lines of one label stand under one another
    for label in drawing.marks:
        if isinstance(label, Label) and label.backed:
            box = extent(label)
            key = next((k for k, b in stacks.items() if k[0] == label.x and abs(b[3] - box[1]) < 1), (label.x, label.y))
            old = stacks.get(key, box)
            stacks[key] = (min(old[0], box[0]), min(old[1], box[1]), max(old[2], box[2]), max(old[3], box[3]))
    for box in stacks.values():
        lengths = sorted(inner_length(wire, box) for wire in wires)
        assert lengths[-1] > 3
        assert lengths[-2] < 0.8 * lengths[-1]
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        assert sum(distance(wire, *middle) < 1 for wire in wires) >= 1
    if level == "gradients":
        assert any("gradient below in red" in text for text in texts(drawing, "gradient"))
        assert "value above," in texts(drawing, "plain")
        assert not any("value above" in text for text in texts(drawing, "gradient"))


def distance(stroke, x, y):
    dx, dy = stroke.x2 - stroke.x1, stroke.y2 - stroke.y1
    along = max(0, min(1, ((x - stroke.x1) * dx + (y - stroke.y1) * dy) / (dx * dx + dy * dy)))
    return hypot(x - stroke.x1 - along * dx, y - stroke.y1 - along * dy)


@pytest.mark.parametrize("name", ["e = ab", "gates"])
def test_in_a_graph_every_edge_ends_on_its_box_or_circle(name):
    drawing = figures.graph_figure(GRAPHS[name](), "gradients").drawing
    arrows = [mark for mark in drawing.marks if isinstance(mark, Stroke) and mark.arrow]
    assert len(arrows) == len(graph_of(GRAPHS[name]().network.equations, GRAPHS[name]().names).edges)
    for arrow in arrows:
        shapes = [mark for mark in drawing.marks if isinstance(mark, (Circle, Box))]
        assert any(
            abs(hypot(arrow.x2 - s.x, arrow.y2 - s.y) - s.radius) < 0.05
            if isinstance(s, Circle) else abs(arrow.x2 - s.x) < 0.05 and s.y <= arrow.y2 <= s.y + s.height
            for s in shapes
        )  # fmt: skip


# -- what is drawn is what the equations say --------------------------------------------------------------------------


def test_units_are_recognized_in_equations_written_by_hand():
    net = net_of(worked("relu").network, "Loss")
    assert net.columns == (("x1", "x2"), ("y3", "y4"), ("y5",))
    assert [(w.source, w.target, w.weight) for w in net.wires] == [
        ("x1", "y3", "w13"), ("x2", "y3", "w23"), ("x1", "y4", "w14"), ("x2", "y4", "w24"),
        ("y3", "y5", "w35"), ("y4", "y5", "w45"), ("y5", "Loss", ""),
    ]  # fmt: skip
    assert (net.units["y3"].before, net.units["y3"].function.__name__) == ("x3", "relu")
    assert (net.loss, net.outputs, net.targets) == ("Loss", ("y5",), ("t",))


def test_a_shared_bias_a_threshold_and_a_sigmoid_written_out_are_recognized():
    assert {unit.bias for unit in net_of(worked("two-outputs").network, "E").units.values()} == {"b1", "b2"}
    network = worked("negnevitsky_xor_first_step").network
    units = net_of(network, "E").units
    assert all(unit.threshold for unit in units.values())
    assert units["y5"].bias == "theta5"
    assert units["y5"].before == "X5"


@pytest.mark.parametrize(
    ("name", "shape"),
    [("training-a-small-net", "3-4-4-1"), ("counting-parameters-3-4-2", "3-4-2"), ("rnn_three_steps", "3-2-2-2-1")],
)
def test_the_short_form_and_a_recurrent_net_have_their_shapes(name, shape):
    work = worked(name)
    assert net_of(work.network, work.problem.loss).shape == shape


@pytest.mark.parametrize(
    "name", ["computation-graph", "derivative-as-a-nudge", "gomez_lstm_two_steps", "cs231n_softmax_and_hinge"]
)
def test_what_is_no_net_of_units_is_none(name):
    work = worked(name)
    assert net_of(work.network, work.problem.loss) is None
    assert not figures.is_net(work)


@pytest.mark.parametrize(
    ("last", "is_loss"),
    [
        ("v1*h1 + v2*h2 + 1", False),  # a unit with a number for its bias
        ("step(2*h1 - h2 - 0.5)", False),
        ("v1*h1*h2", False),
        ("(h1 - t)^2 + v1^2", True),  # with a penalty
        ("t*v1*h1 + h2^2", True),
        ("h1*h1 + h2", True),
    ],
)
def test_what_weighs_units_and_compares_with_nothing_is_not_drawn_as_the_loss(last, is_loss):
    units = 'h1 = "relu(w1*x1 + w2*x2)"\nh2 = "relu(w3*x1 + w4*x2)"'
    start = "given = { x1 = 1, x2 = 2, t = 0 }\nparameters = { w1 = 1, w2 = 2, w3 = 3, w4 = 4, v1 = 5, v2 = 6 }"
    problem = loads(f'{start}\n[equations]\n{units}\ny = "{last}"').problem
    net = net_of(problem.network, "y")
    assert (net is not None and net.loss == "y") == is_loss


def texts(drawing, style=None):
    return [
        mark.text if isinstance(mark.text, str) else text_of(mark.text)
        for mark in drawing.marks
        if isinstance(mark, Label) and style in (None, mark.style)
    ]


def test_the_network_shows_every_number_of_the_worked_relu_exercise():
    drawing = figures.network_figure(worked("relu"), "gradients").drawing
    for name, value, gradient in [
        ("w₁₃", "2", "20"), ("w₂₃", "−3", "−20"), ("w₁₄", "1", "0"), ("w₂₄", "4", "0"), ("w₃₅", "2", "50"),
        ("w₄₅", "−1", "0"), ("x₃", "5", "20"), ("y₃", "5", "20"), ("x₄", "−3", "0"), ("y₄", "0", "−10"),
        ("x₅", "10", "10"), ("y₅", "10", "10"),
    ]:  # fmt: skip
        assert f"{name} = {value}" in texts(drawing, "plain")
        assert f"∂Loss/∂{name} = {gradient}" in texts(drawing, "gradient")
    assert "target t = 0" in texts(drawing)


def test_symbols_give_no_number_away():
    for name in ("relu", "two-outputs", "training-a-small-net"):
        work = worked(name)
        figure = figures.sheet_figure(work)
        assert not any("=" in text or "≈" in text for text in texts(figure.drawing))
        assert not any(mark.style in ("dead", "gradient") for mark in figure.drawing.marks)


def test_a_rounded_number_is_not_said_to_be_equal():
    drawing = figures.network_figure(worked("two-outputs"), "values").drawing
    assert "h₁ ≈ 0.5933" in texts(drawing)
    assert "w₁ = 0.15" in texts(drawing)


def test_a_dead_unit_and_what_leaves_it_are_grey():
    drawing = figures.network_figure(worked("relu"), "values").drawing
    dead = [mark for mark in drawing.marks if mark.style == "dead"]
    (circle,) = [mark for mark in dead if isinstance(mark, Circle)]
    assert {text for text in texts(drawing, "dead") if not text.startswith("dashed: ")} == {"x₄", "y₄"}
    strokes = [mark for mark in dead if isinstance(mark, Stroke)]
    assert any(abs(hypot(mark.x1 - circle.x, mark.y1 - circle.y) - circle.radius) < 0.01 for mark in strokes)
    alive = written({"z": "w*x", "y": "leaky_relu(z)"}, {"w": 0}, {"x": 1})
    assert not any(mark.style == "dead" for mark in figures.network_figure(alive, "values").drawing.marks)


def test_large_nets_say_less_by_rule():
    drawing = figures.network_figure(dense(5, 8, 8, 5), "values").drawing
    said = texts(drawing)
    assert {"W⁽¹⁾", "W⁽²⁾", "W⁽³⁾"} <= set(said)
    assert not any(text.startswith("w⁽") for text in said)
    assert "w⁽²⁾₁₃" in texts(figures.network_figure(dense(3, 4, 4, 1)).drawing)


def test_a_path_is_highlighted_from_the_weight_to_the_loss():
    drawing = figures.path_figure(worked("relu"), "w13").drawing
    path = [mark for mark in drawing.marks if mark.style == "path"]
    assert set(texts(drawing, "path")) == {"w₁₃", "w₃₅", "in blue: every path from w₁₃ to Loss"}
    assert len([mark for mark in path if isinstance(mark, Circle)]) == 2
    assert len([mark for mark in path if isinstance(mark, Box)]) == 1
    both = figures.path_figure(worked("two-outputs"), "w1").drawing
    assert {"w₁", "w₅", "w₇"} < set(texts(both, "path"))  # one hidden unit, two outputs
    assert not {"w₂", "w₃", "w₄", "w₆", "w₈"} & set(texts(both, "path"))
    bias = figures.path_figure(worked("one-neuron"), "b").drawing
    assert texts(bias, "path") == ["b", "in blue: every path from b to o"]
    target = figures.path_figure(worked("relu"), "t")  # no wire has it: the graph shows it
    assert target.words.startswith("The computation graph")
    assert "highlighted" in target.words


@pytest.mark.parametrize(("name", "words"), [("w99", "is not a name"), ("Loss", "does not depend on")])
def test_a_path_from_nowhere_is_a_mistake(name, words):
    with pytest.raises(Mistake, match=words):
        figures.path_figure(worked("relu"), name)


def test_the_words_say_who_feeds_whom():
    words = figures.network_figure(worked("relu"), "gradients").words
    assert words.startswith("A 2-2-1 network, with the values of the forward pass and the gradients")
    for part in (
        "inputs x₁ = 1, x₂ = −1", "hidden units y₃ = 5 (from x₃ = 5), y₄ = 0 (from x₄ = −3)", "y₅ = 10 (from x₅ = 10)",
        "compares y₅ with t = 0", "Loss = 50", "w₃₅ = 2 from y₃ to y₅", "∂Loss/∂w₁₃ = 20", "∂Loss/∂y₄ = −10",
    ):  # fmt: skip
        assert part in words
    assert "=" not in figures.network_figure(worked("relu")).words
    assert figures.graph_figure(worked("computation-graph")).words == (
        "The computation graph of e = a·b; d = e + c; L = d·f."
    )


def test_the_words_of_a_graph_say_the_numbers_that_it_shows_and_no_others():
    work = worked("computation-graph")
    words = figures.graph_figure(work, "gradients").words
    assert "values a = 2, b = −3, c = 10, f = −2, e = −6, d = 4, L = −8" in words
    assert "∂L/∂a = 6" in words
    empty = figures.graph_figure(work, Filling("gradients", True, True)).words
    assert "values a = 2, b = −3, c = 10, f = −2." in empty
    half = figures.graph_figure(work, Filling("values", blank_gradients=True)).words
    assert "L = −8" in half
    assert "∂" not in empty + half


# -- the computation graph --------------------------------------------------------------------------------------------


def edges_of(work):
    graph = graph_of(work.network.equations, work.names)
    says = {v.key: v.name or text_of(v.operation) for v in graph.vertices}
    return [(says[u], says[v]) for u, v in graph.edges]


def test_the_graph_of_s3_has_its_boxes_circles_values_and_gradients():
    work = worked("computation-graph")
    assert sorted(edges_of(work)) == sorted(
        [("a", "×"), ("b", "×"), ("×", "e"), ("e", "+"), ("c", "+"), ("+", "d"), ("d", "×"), ("f", "×"), ("×", "L")]
    )
    after = texts(figures.graph_figure(work, "gradients").drawing)
    for name, value, gradient in [
        ("a", "2", "6"), ("b", "−3", "−4"), ("c", "10", "−2"), ("f", "−2", "4"), ("e", "−6", "−2"), ("d", "4", "−2"),
        ("L", "−8", "1"),
    ]:  # fmt: skip
        assert f"{name} = {value}" in after
        assert f"∂L/∂{name} = {gradient}" in after
    before = texts(figures.graph_figure(work, Filling("values", blank_gradients=True)).drawing)
    assert "e = −6" in before
    assert "∂L/∂e = " in before
    empty = texts(figures.graph_figure(work, Filling("gradients", True, True)).drawing)
    assert "e = " in empty
    assert "a = 2" in empty  # what is given stays
    assert not any("−6" in text or "−8" in text for text in empty)


def test_a_name_used_twice_has_two_edges_drawn_apart():
    work = written({"b": "a + a"}, {}, {"a": 3})
    assert edges_of(work) == [("a", "+"), ("a", "+"), ("+", "b")]
    drawing = figures.graph_figure(work).drawing
    arrows = [mark for mark in drawing.marks if isinstance(mark, Stroke) and mark.arrow]
    (circle,) = [mark for mark in drawing.marks if isinstance(mark, Circle)]
    into = [mark.y2 for mark in arrows if abs(hypot(mark.x2 - circle.x, mark.y2 - circle.y) - circle.radius) < 0.01]
    assert len(into) == 2
    assert abs(into[0] - into[1]) > 4
    assert work.solution.gradients["a"] == 2


@pytest.mark.parametrize(
    ("formula", "operations"),
    [
        ("x - y", ["−", "+"]),
        ("(x - y)^2/2", ["−", "+", "( )²", "÷ 2"]),
        ("2*x + 1", ["× 2", "+ 1"]),
        ("5*x - 9", ["× 5", "− 9"]),
        ("x/y", ["1/( )", "×"]),
        ("1/(1 + exp(-x))", ["−", "exp", "+ 1", "1/( )"]),
        ("x*y*x", ["×"]),
        ("leaky_relu(x, 0.1)", ["LeakyReLU(·, 0.1)"]),
        ("leaky_relu(x, y)", ["LeakyReLU(x, y)"]),
        ("max(x, y, 0)", ["max(·, ·, 0)"]),
        ("x^y", ["x^y"]),
        ("sqrt(abs(x))", ["abs", "sqrt"]),
        ("x", ["="]),
    ],
)
def test_the_operations_of_a_formula(formula, operations):
    work = written({"r": formula}, {}, {"x": 3, "y": 2})
    graph = graph_of(work.network.equations, work.names)
    assert [text_of(v.operation) for v in graph.vertices if v.operation is not None] == operations


def value_by(graph, values, key):
    """What the drawn graph computes, by its circles alone."""
    vertex = next(v for v in graph.vertices if v.key == key)
    operands = [value_by(graph, values, u) for u, v in graph.edges if v == key]
    if vertex.name:
        return operands[0] if operands else values[vertex.name]
    says = text_of(vertex.operation)
    sums = {"+": sum(operands), "−": -operands[0], "( )²": operands[0] ** 2, "1/( )": 1 / (operands[0] or 1)}
    if says in sums:
        return sums[says]
    if says == "×":
        product = 1
        for operand in operands:
            product *= operand
        return product
    sign, number = says.split(" ")
    return {"×": operands[0] * int(number), "÷": operands[0] / int(number), "+": operands[0] + int(number),
            "−": operands[0] - int(number)}[sign]  # fmt: skip


@pytest.mark.parametrize(
    "formula", ["(x - y)^2/2 + 3*x*y", "x - y - 2", "-(x + y)*x/y", "(x + 1)*(y - 1)/(x*y)", "-x^2 + 2*(x - y)"]
)
def test_the_drawn_graph_computes_what_the_formula_says(formula):
    from fractions import Fraction

    work = written({"r": formula}, {}, {"x": 7, "y": 3})
    graph = graph_of(work.network.equations, work.names)
    values = {"x": Fraction(7), "y": Fraction(3)}
    assert value_by(graph, values, "name r") == work.values["r"]


def test_edges_go_to_the_right_and_the_layout_of_a_tree_crosses_nothing():
    drawing = figures.graph_figure(worked("computation-graph")).drawing
    strokes = [mark for mark in drawing.marks if isinstance(mark, Stroke)]
    assert all(mark.x2 >= mark.x1 for mark in strokes)
    for one, other in combinations(strokes, 2):
        if max(one.x1, other.x1) < min(one.x2, other.x2) - 0.01:  # in one gap: they may meet at an end, not cross
            assert (one.y1 - other.y1) * (one.y2 - other.y2) >= -1e-9


# -- pictures ---------------------------------------------------------------------------------------------------------


def test_estimated_widths_are_at_least_those_of_the_letters_drawn():
    pytest.importorskip("matplotlib")
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    fonts = [FontProperties(family="STIXGeneral", style=style) for style in ("normal", "italic")]

    def measured(text, italic):
        return text_to_path.get_text_width_height_descent(text, fonts[italic], False)[0] / fonts[0].get_size_in_points()

    w = Script(Letter("w"), Number("13"), row(Word("("), Number("2"), Word(")")))
    for node in [
        w, row(w, EQUALS, Operator("−", prefix=True), Number("0.5933")), Script(Letter("net"), Letter("h")),
        row(Letter("Loss"), Operator("≈"), Number("12.345")), Accent(Letter("y"), "hat"), Word("LeakyReLU"),
        row(Operator("∂", prefix=True), Letter("Loss"), Word("/"), Operator("∂", prefix=True), Letter("ω")),
    ]:  # fmt: skip
        assert set_line(node, estimated)[1] >= 0.98 * set_line(node, measured)[1], text_of(node)


@pytest.mark.parametrize("name", ["2-2-1", "5-8-8-5", "skips"])
def test_svg_is_xml_with_its_words_and_styles(name):
    figure = figures.network_figure(NETS[name](), "gradients")
    text = svg.render(figure.drawing, 'words <with> & "quotes"')
    root = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root[0].tag == f"{space}title"
    assert root[0].text == 'words <with> & "quotes"'
    assert len(root.findall(f"{space}circle")) == len([m for m in figure.drawing.marks if isinstance(m, Circle)])
    assert {"line plain", "text gradient", "ground"} <= {element.get("class") for element in root.iter()} | {"ground"}
    assert "id=" not in text.replace("width=", "")  # several may stand in one page


def test_a_root_of_a_power_is_in_brackets():
    label = Label(0, 0, Root(Script(Letter("x"), None, Number("2"))))
    assert "".join(piece.text for piece in set_line(label.text)[0]) == "√(x2)"


def test_svg_sets_letters_slanted_numbers_upright_and_indices_low():
    label = Label(0, 0, Script(Letter("w"), Number("13")), size=10)
    text = svg.render(Drawing(10, 10, (label,)))
    assert '<tspan font-style="italic">w</tspan><tspan dy="2.2" font-size="7">13</tspan>' in text
    stacked = svg.render(Drawing(10, 10, (Label(0, 0, Script(Letter("z"), Number("1"), Number("2"))),)))
    assert re.search(r'dy="-4" font-size="7">2</tspan><tspan dx="-[\d.]+" dy="6.2" font-size="7">1<', stacked)
    assert "−3" in svg.render(Drawing(10, 10, (Label(0, 0, row(Operator("−", prefix=True), Number("3"))),))).replace(
        "<tspan>", ""
    )


@pytest.mark.parametrize("evil", ["</text><script>", 'a"b\\', "%\\input{x}$&#_^~{}", "\x07\u202e"])
def test_words_never_become_markup(evil):
    drawing = Drawing(50, 20, (Label(5, 10, evil), Label(5, 10, Word(evil))))
    root = ElementTree.fromstring(svg.render(drawing, evil))
    assert len(list(root)) == 3
    if "\x07" not in evil:
        assert root[0].text == evil
    assert "\\input{x}" not in tikz.render(drawing)


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_matplotlib_gives_the_bytes_of_a_file_and_the_same_ones_again(kind):
    pytest.importorskip("matplotlib")
    figure = figures.network_figure(NETS["mazur"](), "gradients")
    data = plotted.render(figure.drawing, kind, figure.words)
    assert data.startswith({"png": b"\x89PNG", "pdf": b"%PDF"}[kind])
    assert data == plotted.render(figure.drawing, kind, figure.words)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX here")
@pytest.mark.parametrize("name", ["2-2-1", "mazur", "3-4-4-1", "5-8-8-5", "long names", "skips"])
def test_tikz_compiles_without_a_warning(name, tmp_path):
    drawing = figures.network_figure(NETS[name](), "gradients").drawing
    (tmp_path / "picture.tex").write_text(tikz.standalone(drawing), encoding="utf-8")
    subprocess.run(
        ["pdflatex", "-halt-on-error", "picture"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL, timeout=60
    )
    log = (tmp_path / "picture.log").read_text(encoding="latin-1")
    assert not re.search(r"Overfull|Warning|Missing character", log)
    assert "(1 page" in log


def test_tikz_is_no_wider_than_a_page():
    wide = tikz.render(Drawing(2 * PAGE, 100, ()))
    assert "scale=0.500,transform shape" in wide
    assert "scale" not in tikz.render(Drawing(PAGE, 100, ()))


def test_dot_says_names_values_gradients_and_edges():
    work = worked("computation-graph")
    text = dot.render(figures.graph_to_draw(work), facts_of(work), "gradients")
    assert r'label="e = −6\n∂L/∂e = −2", shape=box' in text
    assert text.count(" -> ") == 9
    assert text.count("shape=circle") == 3
    assert dot._quoted('\\N "x"') == '"\\\\N \\"x\\""'
    followed = figures.followed_in_graph(work, "a")
    highlighted = dot.render(figures.graph_to_draw(work), facts_of(work), "symbols", followed)
    assert highlighted.count("color=") == 7 + 6  # boxes and circles, and the edges between them


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz here")
def test_graphviz_reads_the_dot(tmp_path):
    work = worked("relu")
    text = dot.render(figures.graph_to_draw(work), facts_of(work), "gradients", figures.followed_in_graph(work, "w13"))
    made = subprocess.run(["dot", "-Tsvg"], input=text.encode(), capture_output=True, check=True, timeout=60)
    assert made.stdout.count(b"<ellipse") == 4 + 4 + 4 + 4  # of each unit, and −, +, ( )², ÷ 2


# -- on the sheets ----------------------------------------------------------------------------------------------------


def test_a_sheet_shows_the_network_and_its_key_the_gradients():
    from symnet.paper.document import Answer, Figure

    sheet = symnet.load(ROOT / "worksheets" / "relu.toml").worksheet()
    (shown,) = [block for block in sheet.sheet.blocks if isinstance(block, Figure)]
    assert "w₁₃" in texts(shown.drawing)
    answers = [block for block in sheet.key.blocks if isinstance(block, Answer)]
    (answer,) = [block for whole in answers for block in whole.blocks if isinstance(block, Figure)]
    assert "∂Loss/∂w₁₃ = 20" in texts(answer.drawing)


def test_the_answer_about_one_weight_shows_its_path():
    from symnet.paper.document import Answer, Figure

    toml = (ROOT / "worksheets" / "relu.toml").read_text(encoding="utf-8")
    sheet = loads(toml + '\n[[question]]\nask = "gradient"\nof = "w13"\n').worksheet()
    (answer,) = [block for block in sheet.key.blocks if isinstance(block, Answer)]
    (figure,) = [block for block in answer.blocks if isinstance(block, Figure)]
    assert "path" in {mark.style for mark in figure.drawing.marks}


def test_a_question_asks_for_the_graph():
    from symnet.paper.document import Answer, Figure

    toml = (ROOT / "worksheets" / "computation-graph.toml").read_text(encoding="utf-8").partition("[[question]]")[0]
    sheet = loads(toml + '\n[[question]]\nask = "graph"\n').worksheet()
    (empty,) = [block for block in sheet.sheet.blocks if isinstance(block, Figure)]
    assert "e = " in texts(empty.drawing)
    assert "∂L/∂e = " in texts(empty.drawing)
    (answer,) = [block for block in sheet.key.blocks if isinstance(block, Answer)]
    assert "∂L/∂e = −2" in texts(answer.blocks[0].drawing)
