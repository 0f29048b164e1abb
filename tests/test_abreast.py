"""Working in columns: which lines stand beside each other, in which order they are read, and that nothing is lost."""

import pytest
from course_sheets import FOLDER, SHEETS, made

import symnet
from symnet.notation.line import Line
from symnet.notation.maths import Fraction, Letter, Number, Word
from symnet.notation.names import Names
from symnet.paper import document as blocks
from symnet.paper.abreast import strips
from symnet.paper.beside import across
from symnet.paper.document import Beside, Display, Table, Working
from symnet.paper.formats import text
from symnet.paper.printing.text import maths
from symnet.paper.set_width import set_width
from symnet.working.together import unit_sizes

ROOM = 81
SIGMOID = """
learning_rate = 0.5
[network]
layers = [3, 3, 2]
activation = "sigmoid"
output = "sigmoid"
loss = "half_squared_error"
inputs = [[1, 0, 1]]
targets = [[1, 0]]
weights = { W1 = [[0.2, -0.3, 0.4], [0.1, -0.2, 0.3], [-0.5, 0.2, 0.1]], b1 = [-0.4, 0.2, 0.1], \
W2 = [[-0.3, 0.4], [-0.2, 0.3], [0.1, -0.2]], b2 = [0.1, 0.2] }
"""
RULES = """
learning_rate = 0.1
[parameters]
w = 4
u = 2
[equations]
L = "w^2/2 + 5*u^2"
[update]
optimizer = "KIND"
[[question]]
ask = "update"
"""


def lines(names, digits=1):
    return tuple(Line(Letter(name), (("=", Number("1" * digits)),)) for name in names)


def names_of(found):
    return [["".join(maths(line.lhs) for line in cell) for cell in strip.cells] for strip in found]


def wide(strip):
    """The width of all columns with the gaps between them."""
    total = 4.5 * (len(strip.columns) - 1)
    for column in strip.columns:
        rows = [row for row in column if row is not None]
        left = max((set_width(row.lhs) for row in rows if row.lhs is not None), default=0)
        total += left + max((sum(3 + set_width(node) for _, node in row.steps) for row in rows), default=0)
    return total


def node(exercise, name):
    return Names(exercise.problem.network.names).node(name)


def workings(some):
    for block in some:
        match block:
            case Working():
                yield block
            case Beside(parts):
                for part in parts:
                    yield from workings(part)
            case blocks.Answer(inner):
                yield from workings(inner)


def test_short_lines_stand_in_columns_that_are_read_downwards():
    (strip,) = strips(lines("abcdef"), ROOM)
    assert not strip.across
    assert names_of([strip]) == [["ab", "cd", "ef"]]
    assert [maths(row.lhs) for row in next(iter(strip.rows))] == ["a", "c", "e"]


def test_the_net_input_of_a_unit_and_its_output_stand_on_one_row():
    (strip,) = strips(lines("zahbuo"), ROOM, (2, 2, 2))
    assert strip.across
    assert names_of([strip]) == [["za", "hb", "uo"]]
    network = symnet.load(FOLDER / "relu.toml").problem.network
    assert unit_sizes(network.equations) == (2, 2, 2, 1)


def test_few_lines_and_long_ones_have_the_whole_width():
    assert names_of(strips(lines("abc"), ROOM)) == [["abc"]]
    assert names_of(strips(lines("abcdef", digits=60), ROOM)) == [["abcdef"]]


def test_a_long_line_among_short_ones_has_a_strip_of_its_own():
    found = strips((*lines("abcdef"), *lines("g", digits=75), *lines("hijklm")), ROOM)
    assert names_of(found) == [["ab", "cd", "ef"], ["g"], ["hi", "jk", "lm"]]


def test_what_goes_on_without_a_left_side_stays_under_its_line():
    more = Line(None, (("=", Number("2")),))
    for strip in strips([part for line in lines("abcdef") for part in (line, more)], ROOM):
        assert all(cell[0].lhs is not None and cell[-1] is more for cell in strip.cells)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_every_line_is_there_once_in_order_and_columns_fit(path):
    for block in workings(made(path).key.blocks):
        found = strips(block.lines, ROOM, block.units)
        assert [line for strip in found for cell in strip.cells for line in cell] == list(block.lines)
        for strip in found:
            left = [row.lhs for column in strip.columns for row in column if row is not None and row.lhs is not None]
            assert len(left) == sum(line.lhs is not None for cell in strip.cells for line in cell)
            if len(strip.columns) > 1:
                assert max(len(column) for column in strip.columns) <= 12 or strip.across
                assert wide(strip) <= ROOM


def test_parts_stand_beside_each_other_where_they_are_narrow():
    narrow, wide = (Display(Word("m" * n)) for n in (12, 40))
    found = across(Beside(((narrow,),) * 4), (81, 38.5))
    assert [len(parts) for parts, _ in found] == [2, 2]
    found = across(Beside(((narrow,), (narrow,), (wide,), (narrow,), (narrow,))), (81, 38.5))
    assert [(len(parts), room) for parts, room in found] == [(2, 38.5), (1, 81), (2, 38.5)]
    assert [len(parts) for parts, _ in across(Beside(((wide,), (wide,))), (81, 38.5))] == [1, 1]


def test_rows_have_columns_of_their_own_where_that_is_lower():
    narrow, middle = (Working(lines("abc", digits)) for digits in (10, 30))
    found = across(Beside(((middle,),) * 4 + ((narrow,),) * 3), (81, 38.5, 24))
    assert [(len(parts), room) for parts, room in found] == [(2, 38.5), (2, 38.5), (3, 24)]


def test_a_letter_is_as_wide_as_in_computer_modern():
    assert set_width(Number("12345")) == 5
    assert set_width(Letter("w")) > set_width(Letter("x")) > set_width(Letter("i"))


def test_of_many_gradients_one_of_each_unit_is_in_full_and_the_others_come_from_what_they_share():
    exercise = symnet.loads(SIGMOID)
    names = list(exercise.problem.start)
    key, full = (text.render(exercise.worksheet(full=chosen).key) for chosen in ([], names))
    printed = {name: maths(node(exercise, name)) for name in names}
    # A unit has as many paths to the loss as its layer leaves open: two for one of three hidden units, else one.
    assert (key.count("→ Loss"), full.count("→ Loss")) == (3 * 2 + 2, 12 * 2 + 8)
    for name in names:
        assert f"∂Loss/∂{printed[name]} = " in key
    shared = next(line for line in key.splitlines() if f"∂Loss/∂{printed['w1_2_1']} = " in line)
    assert shared.split(" = ")[1].split(" ≈ ")[0] == "∂Loss/∂z⁽¹⁾₁·x₂"
    assert len(key.splitlines()) < 0.7 * len(full.splitlines())


def test_updates_are_a_table_with_the_numbers_of_the_solution():
    exercise = symnet.load(FOLDER / "relu.toml")
    (table,) = (block for block in exercise.worksheet().key.blocks if isinstance(block, Table) and block.wide)
    first = exercise.solve().first_update
    assert [maths(cells[-1][0]) for cells in table.rows] == [
        str(first.values[i]).replace("-", "−") for i in range(len(table.rows))
    ]
    assert maths(table.rows[1][2][0]) == "−3 − 0.1·(−20)"
    (empty,) = (block for block in exercise.worksheet().sheet.blocks if isinstance(block, Table) and block.wide)
    assert all(not any(cells[1:]) for cells in empty.rows)


def test_what_momentum_remembers_has_a_column_and_adam_stands_line_by_line():
    momentum, adam = (symnet.loads(RULES.replace("KIND", kind)).worksheet().key.blocks for kind in ("momentum", "adam"))
    (table,) = (block for block in momentum if isinstance(block, Table) and block.wide)
    assert ["".join(map(str, title)) if isinstance(title[0], str) else maths(title[0]) for title in table.header] == [
        "name", "gradient", "v", "working", "new",
    ]  # fmt: skip
    assert [maths(cells[2][0]) for cells in table.rows] == ["0.9·0 + 4 = 4", "0.9·0 + 20 = 20"]
    assert not any(isinstance(block, Table) and block.wide for block in adam)
    (beside,) = (block for answer in adam if isinstance(answer, blocks.Answer) for block in answer.blocks
                 if isinstance(block, Beside) and len(block.parts[0][0].lines) == 5)  # fmt: skip
    assert len(beside.parts) == 2


def test_the_gradients_of_a_layer_are_the_table_of_an_outer_product():
    exercise = symnet.load(FOLDER / "softmax.toml")
    names, solution = list(exercise.problem.start), exercise.solve()
    (outer,) = (block for answer in exercise.worksheet().key.blocks if isinstance(answer, blocks.Answer)
                for block in answer.blocks if isinstance(block, Table))  # fmt: skip
    assert ["".join(map(maths, title)) for title in outer.header[1:]] == ["x₁ = 1", "x₂ = 2", "1"]
    cells = [maths(cell[0]) for row in outer.rows for cell in row[1:]]
    assert len(cells) == len(names)
    for name in names:
        (cell,) = (cell for cell in cells if cell.startswith(f"∂Loss/∂{maths(node(exercise, name))} "))
        value = float(cell.split(" ")[-1].replace("−", "-"))
        assert value == pytest.approx(float(solution.gradients[name]), rel=1e-5)
    full = exercise.worksheet(full=names).key  # in which every gradient has a line of its own
    assert not any(isinstance(block, Table) for answer in full.blocks if isinstance(answer, blocks.Answer)
                   for block in answer.blocks)  # fmt: skip


def test_a_kind_of_lines_is_not_parted_for_the_sake_of_the_height():
    names = Names(("z1", "z2", "z3", "p1", "p2", "p3", "Loss"))
    tall = Fraction(Number("1"), Number("2" * 20))
    given = [Line(names.node(name), (("=", tall if name[0] == "p" else Number("1" * 30)),)) for name in
             ("z1", "z2", "z3", "p1", "p2", "p3", "Loss")]  # fmt: skip
    assert names_of(strips(given, ROOM)) == [["z₁z₂z₃", "p₁p₂p₃"], ["Loss"]]
