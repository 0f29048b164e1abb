"""Figures: what is drawn is what the equations say, and nothing in a picture lies on anything else."""

from itertools import combinations
from math import hypot

import pytest
from drawn_nets import NETS, ROOT, dense, worked, written
from overlaps import complaints, frame

import symnet
from symnet import figures
from symnet.algebra.mistakes import Mistake
from symnet.exercises.reader import loads
from symnet.figures.graph import Filling
from symnet.figures.labels import extent
from symnet.figures.operations import graph_of
from symnet.figures.units import net_of
from symnet.paper.drawing import PAGE, Box, Circle, Drawing, Label, Stroke
from symnet.paper.printing.text import maths as text_of

LEVELS = ("symbols", "values", "gradients")
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
