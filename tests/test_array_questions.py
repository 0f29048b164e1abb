"""What sheets, keys, hints, marks and banks make of arrays: grids of blanks, one entry worked out, shared points."""

import csv
import re
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.classroom.export import export
from symnet.classroom.marking.points import parts_of
from symnet.classroom.variants.sampling import sampler_of
from symnet.cli import symnet as cli
from symnet.exercises.asked import asked_keys
from symnet.exercises.reader import loads
from symnet.notation.maths import Matrix
from symnet.paper.document import Answer, Beside, Display, Table, hide
from symnet.paper.formats import text, typst
from symnet.paper.printing.text import maths as as_text
from symnet.paper.set_width import set_width
from symnet.working.arrays import entries

COURSE = Path(__file__).parent.parent / "worksheets"
BATCH = """
title = "A batch"
learning_rate = 0.1
[given]
X = [[1, 0], [0, 1], [1, 1]]
T = [[1, 0], [0, 1], [1, 1]]
[parameters]
W = [[1, 0.5], [-1, 2]]
b = [0.1, -0.1]
[equations]
Z = "X @ W + b"
A = "tanh(Z)"
L = "sum((A - T)^2)/6"
"""
RNN = """
[given]
x = [[1, 0], [0, 1], [1, 1], [0, 2]]
h0 = [0.5, -0.5]
[parameters]
W = [[0.5, -0.3], [0.2, 0.8]]
U = [[0.1, 0.4], [-0.2, 0.3]]
[equations]
"h[t]" = "tanh(x[t] @ W + h[t-1] @ U)"
L = "sum(h^2)/2"
"""


def tables(blocks):
    for block in blocks:
        if isinstance(block, Table):
            yield block
        elif isinstance(block, Beside):
            for part in block.parts:
                yield from tables(part)


def test_an_array_asked_for_is_a_grid_of_blanks_and_a_matrix_in_the_key():
    toml = f'{BATCH}[[question]]\nask = "gradient"\nof = "W"'
    sheet = loads(toml).worksheet()
    (grid,) = tables(sheet.sheet.blocks)
    assert len(grid.header) == 3
    assert len(grid.rows) == 2
    assert all(cell == () for row in grid.rows for cell in row[1:])
    key = text.render(sheet.key)
    assert "⎡" in key
    assert "-0.321016" in key.replace("−", "-")


def test_no_format_shows_an_answer_on_the_sheet():
    sheet = loads(BATCH).worksheet()
    assert "0.321016" not in text.render(sheet.sheet)
    assert "0.321016" in text.render(sheet.key)
    assert not any(isinstance(block, Answer) for block in hide(sheet.key).blocks)


@pytest.mark.parametrize("fade", [1, 2, 3])
def test_a_faded_sheet_has_no_array_of_values(fade):
    sheet = text.render(loads(BATCH).worksheet(fade=fade).sheet)
    assert "0.321016" not in sheet
    assert "0.379949" not in sheet
    assert "0.108366" not in sheet


def test_one_entry_is_worked_out_and_the_others_are_likewise():
    key = text.render(loads(BATCH).worksheet().key)
    worked = re.findall(r"^ *(Z\S+) = ", key, re.MULTILINE)
    assert worked == ["Z₁₁"]
    assert "likewise" in key


def test_those_entries_are_worked_out_that_are_asked():
    key = text.render(loads(f'{BATCH}[[question]]\nask = "gradient"\nof = "W[2,1]"').worksheet().key)
    assert "∂L/∂W₂₁ = " in key
    assert "∂L/∂W₁₁ = " not in key


def test_a_recurrence_is_worked_out_at_its_first_two_steps():
    key = text.render(loads(RNN).worksheet().key)
    assert re.findall(r"^ *(h\S+) = tanh\(W₁₁", key, re.MULTILINE) == ["h₁₁", "h₂₁"]
    # Back through time the last steps come first.
    assert re.findall(r"^ *(∂L/∂h\S+) = ", key, re.MULTILINE) == ["∂L/∂h₄₁", "∂L/∂h₃₁"]


def test_a_long_step_of_a_recurrence_stands_for_all_and_nothing_is_said_where_all_have_lines():
    key = text.render(symnet.load(COURSE / "lstm.toml").worksheet().key)
    assert re.findall(r"^ *([kcifoh][₁₂]) = ", key, re.MULTILINE) == ["k₂", "i₂", "f₂", "o₂", "c₂", "h₂"]
    assert "One entry of each array is worked out in step 2; the others are found likewise." in key
    # Every number of the arrays stands there all the same.
    assert "k = [0.81775, 0.84980]" in key
    every = 'given = { x = [1, 2] }\nparameters = { w = [3, 4] }\n[equations]\ny = "w*x"\nL = "sum(y^2)"'
    assert "likewise" not in text.render(loads(every).worksheet().key)


def test_matrices_share_lines_that_have_room_for_them():
    blocks = symnet.load(COURSE / "transformer-block.toml").worksheet().key.blocks
    lines = [block.maths for block in blocks if isinstance(block, Display)]
    assert [len([item for item in line.items if isinstance(item, Matrix)]) for line in lines] == [3, 4, 1]
    assert max(map(set_width, lines)) <= typst.ROOM


def test_a_number_has_a_cell_beside_the_grids():
    sheet = loads(BATCH).worksheet()
    cells = [part[0] for block in sheet.sheet.blocks if isinstance(block, Beside) for part in block.parts]
    assert [(as_text(*cell.header[0]), cell.rows) for cell in cells if len(cell.header) == 1] == [("L", (((),),))]
    assert "L ≈ 0.2" in text.render(sheet.key)


def test_given_arrays_and_equations_are_printed_as_matrices():
    sheet = text.render(loads(BATCH).worksheet().sheet)
    assert "Z = X·W + 𝟏·bᵀ" in sheet
    assert "⎡1  0⎤" in sheet


@pytest.mark.parametrize(
    ("of", "keys"),
    [
        ('"W"', ["grad(W2_2)", "grad(W2_1)", "grad(W1_2)", "grad(W1_1)"]),
        ('"W[1,2]"', ["grad(W1_2)"]),
        ('"W[1]"', ["grad(W1_2)", "grad(W1_1)"]),
        ('["W[2]", "b1"]', ["grad(b1)", "grad(W2_2)", "grad(W2_1)"]),
    ],
)
def test_a_question_is_of_an_array_a_row_or_an_entry(of, keys):
    assert sorted(asked_keys(loads(f'{BATCH}[[question]]\nask = "gradient"\nof = {of}'))) == sorted(keys)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ('ask = "gradient"\nof = "W[3,1]"', "W has the shape (2, 2)"),
        ('ask = "gradient"\nof = "V"', "V"),
        ('ask = "update"\nof = "Z"', "parameter"),
        ('ask = "gradient"\nof = "W[i,1]"', "whole numbers"),
    ],
)
def test_what_is_no_entry_is_refused_with_the_shape(question, says):
    with pytest.raises(Mistake) as caught:
        loads(f"{BATCH}[[question]]\n{question}")
    assert says in str(caught.value)


def test_default_questions_ask_the_equations_the_parameters_and_the_update():
    keys = asked_keys(loads(BATCH))
    assert {"Z3_2", "A1_1", "L", "grad(W2_1)", "grad(b2)", "W1_1", "b1"} <= set(keys)
    assert "grad(Z1_1)" not in keys


def test_the_points_of_an_array_are_shared_by_its_entries():
    exercise = loads(f'{BATCH}[[question]]\nask = "gradient"\nof = ["W", "b"]\npoints = 4')
    (part,), _ = parts_of(exercise, asked_keys(exercise))
    worth = {key: part.worth(key) for key in part.keys}
    assert worth["grad(W1_1)"] == Fraction(1, 2)
    assert worth["grad(b1)"] == 1
    assert sum(worth.values()) == 4


def test_an_array_counts_as_one_quantity_where_no_points_are_said():
    exercise = loads(BATCH)
    parts, _ = parts_of(exercise, asked_keys(exercise))
    assert [part.points for part in parts] == [3, 2, 2]  # Z, A, L; ∂L/∂W, ∂L/∂b; W, b


def test_a_bank_has_a_table_of_blanks_for_an_array(tmp_path):
    exercise = loads(
        f'{BATCH}[[question]]\nask = "gradient"\nof = "W"\npoints = 4\n[[question]]\nask = "forward"\nof = "L"'
    )
    export(exercise, tmp_path / "bank.xml", "moodle")
    xml = (tmp_path / "bank.xml").read_text(encoding="utf-8")
    grid = re.findall(r"<table.*?</table>", xml.partition("<generalfeedback")[0], re.DOTALL)
    blanks = [re.findall(r"\{(\d+):NUMERICAL:=(-?[\d.]+)", one) for one in grid]
    of_grid = next(one for one in blanks if len(one) == 4)
    assert [number for _, number in of_grid] == ["-0.321016", "0.10819", "-0.413389", "-0.00142506"]
    assert {weight for weight, _ in of_grid} == {"1"}


def test_variants_draw_entries_by_the_list_of_their_array_unless_they_have_their_own():
    toml = (
        f'{BATCH}[vary]\nnames = ["W", "X"]\nvalues = {{ W = [-2, -1, 3], X = [1, 2], "W[1,2]" = [5] }}\nrequire = []'
    )
    exercise = loads(toml)
    assert exercise.vary.values["W1_2"] == (5,)
    assert exercise.vary.values["W2_2"] == (-2, -1, 3)
    assert set(exercise.vary.names) == {*entries(exercise.problem.arrays["W"]), *entries(exercise.problem.arrays["X"])}
    drawn = [sampler_of(exercise).variant(str(i), "salt").exercise.problem for i in range(20)]
    assert all(problem.start["W1_2"] == 5 and problem.start["b1"] == Fraction(1, 10) for problem in drawn)
    assert len({tuple(problem.start.values()) for problem in drawn}) > 5


def test_ids_are_the_same_in_every_variant():
    toml = "[given]\nids = [2, 3]\n[parameters]\nE = [[1, 2], [3, 4], [5, 6]]\n"
    toml += '[equations]\nC = "embedding(E, ids)"\nL = "sum(C^2)"'
    exercise = loads(toml)
    assert exercise.problem.fixed == {"ids1", "ids2"}
    drawn = [sampler_of(exercise).variant(str(i), "salt").exercise.problem for i in range(5)]
    assert all(problem.given == {"ids1": 2, "ids2": 3} for problem in drawn)
    with pytest.raises(Mistake, match="which entries are used"):
        loads(f'{toml}\n[vary]\nnames = ["ids"]')


def test_notation_of_an_array_goes_to_its_entries():
    exercise = loads(f'{BATCH}[notation]\nW = "W_Q"\nb = "\\\\beta"\n"W[2,2]" = "v"')
    assert exercise.notation["W1_2"] == "{W}_{Q,12}"
    assert exercise.notation["W2_2"] == "v"
    sheet = text.render(exercise.worksheet().key)
    assert "∂L/∂W_Q" in sheet
    assert "β₁" in sheet


def test_marks_go_by_the_columns_of_entries(tmp_path):
    from symnet.classroom.marking.answers import read_answers
    from symnet.diagnosis.keys import Keys

    path = tmp_path / "answers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["student", "Z[1,1]", "grad(W[2,1])", "∂L/∂b1"], ["Ada", "1.1", "-0.4134", "1"]])
    answers = read_answers(path, Keys(loads(BATCH).problem))
    assert dict(answers.rows[0].answers) == {"Z1_1": "1.1", "grad(W2_1)": "-0.4134", "grad(b1)": "1"}


def printed(tmp_path, *asked):
    """What symnet solve prints, below the equations."""
    file = tmp_path / "batch.toml"
    file.write_text(BATCH)
    found = CliRunner().invoke(cli, ["solve", str(file), *asked])
    assert found.exit_code == 0, found.output
    return found.output[found.output.index("\n1. ") :]


def test_the_derivative_of_an_array_in_an_array_is_a_matrix_for_each_entry_and_one_is_worked_out(tmp_path):
    shown = printed(tmp_path, "--of", "Z", "--wrt", "W")
    lines = shown.splitlines()
    assert shown.count("Derive") == 1
    for i, row in enumerate([(1, 0), (0, 1), (1, 1)], 1):
        for j in (1, 2):  # ∂Z_ij/∂W has X_i in its column j, and 0 elsewhere
            below = [[x if column == j else 0 for column in (1, 2)] for x in row]
            name = f"∂Z{'₀₁₂₃'[i]}{'₀₁₂₃'[j]}/∂W"
            found = [(k, m.span(1)) for k, line in enumerate(lines) if (m := re.search(rf"{name} = ⎡(.*?)⎤", line))]
            ((k, (start, end)),) = found  # several stand beside each other
            assert [[int(n) for n in line[start:end].split()] for line in lines[k : k + 2]] == below
    assert len(re.findall(r"∂Z₁₁/∂W₁₁ = X₁₁ = 1", shown)) == 1
    assert "∂Z₁₂/∂W₁₂ =" not in shown


def test_the_entry_that_is_worked_out_is_not_one_that_is_0(tmp_path):
    shown = printed(tmp_path, "--of", "Z", "--wrt", "W[2,1]")
    assert "∂Z₂₁/∂W₂₁ = X₂₂ = 1" in shown
    assert "depend" not in shown


def test_of_the_loss_in_an_array_the_backward_pass_is_printed_array_by_array(tmp_path):
    assert printed(tmp_path, "--of", "L", "--wrt", "W") == printed(tmp_path, "--wrt", "W")


def test_a_derivative_of_arrays_is_a_grid_of_blanks_on_the_sheet():
    asked = '[[question]]\nask = "derivative"\nof = ["Z[1,1]"]\nwrt = ["W"]\n'
    sheet = text.render(loads(BATCH + asked).worksheet().sheet)
    assert "∂Z₁₁/∂W" in sheet
    assert "X₁₁ = 1" not in sheet


def test_arrays_are_shown_whole_where_one_entry_is_asked(tmp_path, command):
    """What is on no way to ∂L/∂W₁₁ has its own gradient too, and is not 0."""
    file = tmp_path / "bptt.toml"
    file.write_text("""
[given]
x = [[1, 0.5], [-1, 2], [0.5, 0]]
y = [[0.5], [0], [1]]
h0 = [0.1, -0.2]
[parameters]
W = [[0.5, -0.3], [0.2, 0.8]]
U = [[0.1, 0.4], [-0.2, 0.3]]
b = [0, 0.1]
V = [[1], [-1]]
[equations]
"a[t]" = "x[t] @ W + h[t-1] @ U + b"
"h[t]" = "tanh(a[t])"
O = "h @ V"
L = "sum((O - y)^2)/2"
""")
    gradients = symnet.load(file).solve().gradients
    code, out, _ = command("solve", file, "--wrt", "W[1,1]")
    assert code == 0
    for name in ("h1_1", "h1_2", "a1_2", "h2_2", "a3_2"):
        assert f"{float(gradients[name]):.6g}".replace("-", "−") in out, name


def test_a_sheet_says_what_the_signs_of_its_matrices_mean(exercise_file, command):
    """The 𝟏 of 𝟏·bᵀ was explained on the sheets of matrices alone."""
    code, out, _ = command("solve", exercise_file(BATCH))
    told = " ".join(out.split())
    assert code == 0
    assert "Z = X·W + 𝟏·bᵀ" in told
    assert "𝟏 is a column of ones: what stands beside it goes to every row." in told
    assert "a bar marks the gradient of L, ∘ multiplies entry by entry and 𝟏 is a column of ones:" in told
    code, out, _ = command("solve", exercise_file(BATCH.replace(" + b", "").replace("b = [0.1, -0.1]\n", "")))
    assert code == 0
    assert "𝟏" not in out
    assert "column of ones" not in out


def test_the_rule_of_log_softmax_has_no_quotient_of_quotients(exercise_file, command):
    toml = BATCH.replace("(A - T)^2)/6", "T*log_softmax(A))")
    code, out, _ = command("solve", exercise_file(toml))
    assert code == 0
    rule = next(line for line in out.splitlines() if line.strip().startswith("∂L/∂A_i"))
    assert "T_ij − e^(A_ij)/(∑ₖ e^(A_ik)) · ∑ₖ T_ik" in rule
