"""Half-planes and truth tables: lines on which the network's own units are 0, rows that Python works as well."""

import re
from pathlib import Path

import pytest

import symnet
from symnet import Mistake
from symnet.classroom.export import moodle
from symnet.classroom.export.bank import bank_of
from symnet.classroom.export.blanks import Precision
from symnet.exercises.asked import asked_keys
from symnet.figures.half_planes import SIDE, Boundary, Sample, half_planes
from symnet.notation.maths import Letter
from symnet.paper import formats
from symnet.paper.document import Answer, Figure
from symnet.paper.drawing import Circle, Label, Stroke

XOR = Path(__file__).parent.parent / "worksheets" / "half-planes-and-xor.toml"
UNIT = """
given = {{ x1 = 0, x2 = 0 }}
parameters = {{ a = {a}, b = {b}, c = {c} }}
[equations]
z = "a*x1 + b*x2 + c"
y = "relu(z)"
[[question]]
ask = "regions"
of = "y"
range = [-3, 3]
"""


def key_of(exercise):
    return formats.render(exercise.worksheet().key, Path("key.txt"))


def unit(a, b, c):
    return symnet.loads(UNIT.format(a=a, b=b, c=c))


@pytest.mark.parametrize(("a", "b", "c"), [(1, 1, -0.5), (2, -4, 1), (-3, 1, 0), (0, 2, 1), (0.5, 0.25, -2)])
def test_the_unit_is_0_on_its_line_and_positive_on_the_side_that_the_key_names(a, b, c):
    exercise = unit(a, b, c)
    further = exercise.solve(17).further
    slope, intercept = float(further["line_slope(z)"]), float(further["line_intercept(z)"])
    for x in (-2, 0, 1.5):
        assert a * x + b * (slope * x + intercept) + c == pytest.approx(0, abs=1e-12)
    above = a * 0 + b * (intercept + 1) + c > 0
    assert f"z > 0 {'above' if above else 'below'} the line" in key_of(exercise)


@pytest.mark.parametrize(("a", "c", "side"), [(2, -1, "right"), (-1, 1, "left")])
def test_an_upright_line_has_no_slope_and_a_side(a, c, side):
    exercise = unit(a, 0, c)
    key = key_of(exercise)
    assert f"An upright line: z is positive to its {side}" in key
    assert f"x₁ = {-c / a:g}" in key
    assert not any("line_" in key for key in asked_keys(exercise))


def test_a_unit_without_weights_has_no_line():
    assert "z does not depend on the inputs: it is positive everywhere" in key_of(unit(0, 0, 1))


@pytest.mark.parametrize("equation", ["a*x1*x2 + b*x2 + c", "a*x1^2 + b*x2 + c"])
def test_what_is_no_line_is_refused(equation):
    text = UNIT.format(a=1, b=1, c=1).replace("a*x1 + b*x2 + c", equation)
    with pytest.raises(Mistake, match=r"question\[0\].*z is no weighted sum"):
        symnet.loads(text)


# -- the picture ------------------------------------------------------------------------------------------------------


def drawn(*lines, samples=(), ends=(-2.0, 2.0), regions=False):
    return half_planes(lines, samples, ends, (Letter("x"), Letter("y")), regions)


def on_paper(x, y, ends=(-2.0, 2.0)):
    """Where a point is drawn: axes keep 30 points at the left, 8 at the right, 16 at the top and 24 at the bottom."""
    low, high = ends
    share = lambda value: (value - low) / (high - low)  # noqa: E731
    return 30 + share(x) * (SIDE - 38), SIDE + 2 - 24 - share(y) * (SIDE + 2 - 40)


@pytest.mark.parametrize(("a", "b", "c"), [(1, 1, -0.5), (1, -2, 1), (1, 0, -1), (0, 1, 0.5)])
def test_a_line_is_drawn_where_the_unit_is_0_and_its_normal_points_to_the_positive_side(a, b, c):
    line = Boundary(a, b, c, Letter("z"))
    strokes = [mark for mark in drawn(line).marks if isinstance(mark, Stroke) and mark.style == "gradient"]
    (x1, y1), (x2, y2) = line.within(-2, 2)
    assert line.at(x1, y1) == pytest.approx(0, abs=1e-9)
    assert line.at(x2, y2) == pytest.approx(0, abs=1e-9)
    whole, normal = strokes[0], next(stroke for stroke in strokes if stroke.arrow)
    assert (whole.x1, whole.y1) == pytest.approx(on_paper(x1, y1))
    assert (whole.x2, whole.y2) == pytest.approx(on_paper(x2, y2))
    along = (normal.x2 - normal.x1) * (whole.x2 - whole.x1) + (normal.y2 - normal.y1) * (whole.y2 - whole.y1)
    assert along == pytest.approx(0, abs=1e-6)  # a right angle
    assert a * (normal.x2 - normal.x1) - b * (normal.y2 - normal.y1) > 0  # y runs downwards on paper


def test_a_line_outside_the_picture_is_not_drawn():
    assert Boundary(1, 1, 10, Letter("z")).within(-2, 2) is None
    assert not [mark for mark in drawn(Boundary(1, 1, 10, Letter("z"))).marks if mark.style == "gradient"]


def test_each_region_says_which_units_are_on_there():
    lines = Boundary(1, 1, -0.5, Letter("z")), Boundary(1, 1, -1.5, Letter("s"))
    marks = drawn(*lines, ends=(-1.0, 2.0), regions=True).marks
    named = {
        mark.text: (mark.x, mark.y)
        for mark in marks
        if isinstance(mark, Label) and mark.text in ("00", "10", "11", "01")
    }
    assert named.keys() == {"00", "10", "11"}  # no point is beyond the second line and before the first
    for on, (x, y) in named.items():
        here = -1 + 3 * (x - 30) / (SIDE - 38), -1 + 3 * (SIDE - 22 - y) / (SIDE - 38)
        assert on == "".join("01"[line.at(*here) >= 0] for line in lines)


def test_samples_stand_at_their_places_full_where_the_target_is_positive():
    marks = drawn(samples=(Sample(0, 1, True), Sample(1, 1, False))).marks
    circles = [mark for mark in marks if isinstance(mark, Circle)]
    full = [mark for mark in circles if (mark.x, mark.y) == pytest.approx(on_paper(0, 1))]
    empty = [mark for mark in circles if (mark.x, mark.y) == pytest.approx(on_paper(1, 1))]
    assert len(full) > 1 == len(empty)


def test_names_stand_on_no_other_line_and_on_no_sample():
    for exercise in (symnet.load(XOR), unit(1, 1, 0)):
        for figure in figures(exercise.worksheet().key):
            marks = figure.drawing.marks
            names = [m for m in marks if isinstance(m, Label) and m.backed]
            circles = [m for m in marks if isinstance(m, Circle) and m.radius > 1.5]
            for name in names:
                assert all(abs(name.x - c.x) > 8 or abs(name.y - c.y) > 7 for c in circles)
                assert 30 < name.x < SIDE
                assert 10 < name.y < SIDE - 24
                others = [m for m in names if m is not name]
                assert all(abs(name.x - m.x) > 20 or abs(name.y - m.y) > 9 for m in others)


def figures(document):
    inside = [b for block in document.blocks if isinstance(block, Answer) for b in (*block.blocks, *block.instead)]
    return [b for b in (*document.blocks, *inside) if isinstance(b, Figure) and "circles" in b.words]


def test_a_students_plane_has_the_samples_and_no_line():
    sheet = symnet.load(XOR).worksheet().sheet
    planes = figures(sheet)
    assert len(planes) == 2
    for figure in planes:
        assert "line" not in figure.words
        assert not any(isinstance(m, Stroke) and (m.arrow or m.style == "gradient") for m in figure.drawing.marks)
        assert not any(isinstance(m, Label) and m.backed for m in figure.drawing.marks)


# -- truth tables -----------------------------------------------------------------------------------------------------


def test_a_truth_table_has_what_python_works():
    exercise = symnet.load(XOR)
    rows = re.findall(r"^  ([01])   ([01])   (\S+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +([01])$", key_of(exercise), re.M)
    assert len(rows) == 4
    for row in rows:
        x1, x2, z1, h1, z2, h2, z, y, t = (float(cell.replace("−", "-")) for cell in row)
        assert z1 == x1 + x2 - 0.5
        assert h1 == (z1 >= 0)
        assert z2 == 2 * x1 + 3 * x2 - 4
        assert h2 == (z2 >= 0)
        assert z == h1 - 2 * h2 - 0.5
        assert y == (z >= 0) == (int(x1) ^ int(x2)) == t
    assert "y is t in every row" in key_of(exercise)


def test_the_first_row_is_worked_in_symbols_and_the_samples_are_not_told_twice():
    key = key_of(symnet.load(XOR))
    assert re.findall(r"^ *z₁ = (.*) = \S+$", key, re.M)[:4] == [
        "w₁₁·x₁ + w₂₁·x₂ + b₁ = 1·0 + 1·0 + (−0.5)", "1·0 + 1·1 + (−0.5)", "1·1 + 1·0 + (−0.5)", "1·1 + 1·1 + (−0.5)",
    ]  # fmt: skip
    assert "The 4 samples are the rows of the table in question 1." in key


def test_wrong_rows_are_named():
    text = XOR.read_text(encoding="utf-8").replace("v2 = -2", "v2 = 2")
    assert "y is t in every row but row 4" in key_of(symnet.loads(text))


def test_the_cells_of_a_truth_table_are_checked_by_their_samples():
    said = symnet.check(symnet.load(XOR), {"z2@2": "-1", "y@4": "0", "z1@3": "1"}).verdicts
    assert {key: verdict.verdict for key, verdict in said.items()} == {"z2@2": "right", "y@4": "right", "z1@3": "wrong"}
    assert "no-bias" in {cause.id for cause in said["z1@3"].slips}


def test_a_bank_has_the_table_with_a_blank_in_every_cell():
    exercise = symnet.load(XOR)
    bank = bank_of(exercise, [exercise], Precision())
    (grid,) = bank.items[0].parts[0].grids
    assert len(grid.header) == 3 + 6  # x₁, x₂ and t are given
    assert sum(hasattr(cell, "key") for row in grid.rows for cell in row) == 24
    text, _ = moodle.render(bank)
    assert text.count("NUMERICAL") >= 24


def test_a_file_without_samples_has_no_truth_table():
    with pytest.raises(Mistake, match="give \\[\\[samples\\]\\]"):
        symnet.loads('parameters = { w = 1 }\nequations = { y = "w^2" }\n[[question]]\nask = "truth table"\n')


# -- slips: of the sheet, z₂ = 2x₁ + 3x₂ − 4, so x₂ = −2/3 x₁ + 4/3 ----------------------------------------------------

BY_HAND = [
    ({"line_slope(z2)": "2/3"}, "slope-of-line-sign"),
    ({"line_slope(z2)": "-1.5"}, "slope-of-line-upside-down"),
    ({"line_intercept(z2)": "-4/3"}, "intercept-sign"),
    ({"line_intercept(z2)": "-4"}, "intercept-for-bias"),
    ({"line_intercept(z2)": "2"}, "intercept-of-other-axis"),
]


@pytest.mark.parametrize(("answers", "slip"), BY_HAND, ids=[slip for _, slip in BY_HAND])
def test_a_slip_is_told_from_the_number_that_it_gives(answers, slip):
    said = symnet.check(symnet.load(XOR), answers).verdicts
    assert all(slip in {cause.id for cause in verdict.slips} for verdict in said.values())


@pytest.mark.parametrize("word", ["m_z2", "line_slope(z2)", "slope_z₂"])
def test_a_slope_is_known_by_what_people_write(word):
    assert symnet.check(symnet.load(XOR), {word: "-2/3"}).verdicts["line_slope(z2)"].verdict == "right"


def test_a_truth_table_beside_updates_says_which_parameters_it_is_of():
    text = (XOR.parent / "perceptron.toml").read_text(encoding="utf-8")
    exercise = symnet.loads(
        text.replace('[{ ask = "table" }]', '[{ ask = "truth table", target = "t", columns = ["y"] }]')
    )
    key = " ".join(key_of(exercise).split())
    assert "with the parameters before any update" in key
    assert "y is t in every row but rows 2, 3 and 4" in key  # all weights are 0, and step(0) is 1
