"""Tables with a row for each update, against published ones and against the updates carried out here a second time."""

import json
import re
from fractions import Fraction as F
from math import sqrt
from pathlib import Path

import pytest

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.classroom.export import export
from symnet.classroom.variants.sampling import Sampler
from symnet.computing import exact
from symnet.exercises.asked import asked_keys
from symnet.paper import formats
from symnet.paper.document import Answer, Table, hide
from symnet.paper.printing.text import maths
from symnet.working.rows import parted

BIPOLAR = [(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, -1)]


def samples(rows):
    return "samples = [" + ", ".join(f"{{ x1 = {a}, x2 = {b}, t = {t} }}" for a, b, t in rows) + "]"


# Fausett, Fundamentals of Neural Networks (1994), example 2.12: AND with bipolar inputs and targets, α = 1, θ = 0; the
# weights change by α t x where the output is not the target.  Two epochs, the second without an error.
FAUSETT = f"""
learning_rate = 1
parameters = {{ w1 = 0, w2 = 0, b = 0 }}
{samples(BIPOLAR)}
training = {{ mode = "online", epochs = 2 }}
update = {{ rules = ["w = w + lr*wrong*t*input(w)"] }}
question = [{{ ask = "table", columns = ["x1", "x2", "y_in", "y", "t", "change(w)", "w"] }}]
[equations]
y_in = "b + x1*w1 + x2*w2"
y = "sign(y_in)"
wrong = "abs(sign(t - y))"
"""
FAUSETT_ROWS = """
 1  1   0  0  1   1  1  1   1  1  1
 1 -1   1  1 -1  -1  1 -1   0  2  0
-1  1   2  1 -1   1 -1 -1   1  1 -1
-1 -1  -3 -1 -1   0  0  0   1  1 -1
 1  1   1  1  1   0  0  0   1  1 -1
 1 -1  -1 -1 -1   0  0  0   1  1 -1
-1  1  -1 -1 -1   0  0  0   1  1 -1
-1 -1  -3 -1 -1   0  0  0   1  1 -1
"""
# Adaline learns OR with binary inputs and bipolar targets (scribd.com/document/690878521, second table), one epoch.
ADALINE = f"""
learning_rate = 0.1
loss = "L"
parameters = {{ w1 = 0.1, w2 = 0.1, b = 0.1 }}
{samples([(1, 1, 1), (1, 0, 1), (0, 1, 1), (0, 0, -1)])}
training = {{ mode = "online" }}
question = [{{ ask = "table" }}]
[equations]
y = "b + w1*x1 + w2*x2"
d = "t - y"
L = "d^2/2"
SqErr = "d^2"
"""
ADALINE_PRINTED = {
    "y": ["0.3", "0.34", "0.406", "0.2954"],
    "d": ["0.7", "0.66", "0.594", "-1.2954"],
    "SqErr": ["0.49", "0.4356", "0.352836", "1.67806116"],
    "w1": ["0.17", "0.236", "0.236", "0.236"],
    "w2": ["0.17", "0.17", "0.2294", "0.2294"],
    "b": ["0.17", "0.236", "0.2954", "0.16586"],
}
ADAM = """
learning_rate = 0.1
given = { x = 2, t = 3 }
parameters = { w = 1, b = 0 }
training = { steps = 4 }
update = { optimizer = "adam" }
question = [{ ask = "table" }]
[equations]
y = "w*x + b"
L = "(y - t)^2/2"
"""


def tables(document):
    return [block for block in document.blocks if isinstance(block, Table)]


def texts(table):
    return [
        ["".join(part if isinstance(part, str) else maths(part) for part in cell) for cell in row] for row in table.rows
    ]


def heads(table):
    return ["".join(part if isinstance(part, str) else maths(part) for part in cell) for cell in table.header]


def asked(text, *columns, **more):
    listed = ", ".join(f'"{column}"' for column in columns)
    question = (
        f'question = [{{ ask = "table", columns = [{listed}] }}]' if columns else 'question = [{ ask = "table" }]'
    )
    found = re.sub(r"^question = .*$", question, text, flags=re.MULTILINE)
    for old, new in more.items():
        found = re.sub(rf"^{old} = .*$", f"{old} = {new}", found, flags=re.MULTILINE)
    return symnet.loads(found)


def refused(text, *columns, **more):
    with pytest.raises(Mistake) as found:
        asked(text, *columns, **more)
    assert "\n" not in str(found.value)
    return str(found.value)


# -- published tables -------------------------------------------------------------------------------------------------


def test_fausetts_perceptron_table_is_printed_as_it_is_in_the_book():
    exercise = symnet.loads(FAUSETT)
    (_, table) = tables(exercise.worksheet().key)
    assert heads(table) == ["update", "x₁", "x₂", "y_in", "y", "t", "Δw₁", "Δw₂", "Δb", "w₁", "w₂", "b"]
    start, *rows = texts(table)
    assert start == ["start", "", "", "", "", "", "", "", "", "0", "0", "0"]
    printed = [line.split() for line in FAUSETT_ROWS.strip().splitlines()]
    assert [[cell.replace("−", "-") for cell in row[1:]] for row in rows] == printed
    assert [row[0] for row in rows] == [str(k) for k in range(1, 9)]


def test_every_cell_of_an_adaline_table_has_its_published_number():
    exercise = symnet.loads(ADALINE)
    cells = exercise.solve().cells
    for name, column in ADALINE_PRINTED.items():
        assert [cells[f"{name}@{k}"] for k in (1, 2, 3, 4)] == [F(printed) for printed in column]
    _, before, after = tables(exercise.worksheet().key)
    assert heads(before) == ["update", "x₁", "x₂", "t", "y", "d", "L", "SqErr"]
    assert heads(after) == ["update", "Δw₁", "Δw₂", "Δb", "w₁", "w₂", "b"]


def test_adams_rows_are_those_of_the_paper_carried_out_in_floats():
    """Kingma and Ba (2015), algorithm 1."""
    cells = symnet.loads(ADAM).solve().cells
    w, m, v = {"w": 1.0, "b": 0.0}, {"w": 0.0, "b": 0.0}, {"w": 0.0, "b": 0.0}
    for k in (1, 2, 3, 4):
        y = 2 * w["w"] + w["b"]
        want = {"y": y, "L": (y - 3) ** 2 / 2}
        for name, x in (("w", 2), ("b", 1)):
            g = (y - 3) * x
            m[name], v[name] = 0.9 * m[name] + 0.1 * g, 0.999 * v[name] + 0.001 * g * g
            m_hat, v_hat = m[name] / (1 - 0.9**k), v[name] / (1 - 0.999**k)
            change = -0.1 * m_hat / (sqrt(v_hat) + 1e-8)
            w[name] += change
            want |= {f"grad({name})": g, f"m({name})": m[name], f"v({name})": v[name], f"m_hat({name})": m_hat}
            want |= {f"v_hat({name})": v_hat, f"change({name})": change, name: w[name]}
        for key, value in want.items():
            assert float(cells[f"{key}@{k}"]) == pytest.approx(value, rel=1e-12), key


# -- columns ----------------------------------------------------------------------------------------------------------


def columns_asked(exercise):
    return list(dict.fromkeys(parted(key)[0] for key in asked_keys(exercise)))


def test_the_usual_columns_are_those_of_the_exercise():
    changes = ["change(w1)", "change(w2)", "change(b)"]
    assert columns_asked(asked(FAUSETT)) == ["y_in", "y", "wrong", *changes, "w1", "w2", "b"]
    remembered = ["m(w)", "m(b)", "v(w)", "v(b)", "m_hat(w)", "m_hat(b)", "v_hat(w)", "v_hat(b)"]
    passes = ["y", "L", "grad(w)", "grad(b)"]
    assert columns_asked(asked(ADAM)) == [*passes, *remembered, "w", "b"]
    momentum = asked(ADAM, update='{ optimizer = "momentum" }')
    assert columns_asked(momentum) == [*passes, "v(w)", "v(b)", "w", "b"]


def test_of_very_many_parameters_the_first_have_columns():
    network = "[network]\nlayers = [3, 4, 4, 1]\ninit = 'uniform(-1, 1)'\ninputs = [[1, 2, 3]]\ntargets = [[1]]\n"
    text = 'learning_rate = 0.1\nquestion = [{ ask = "table" }]\nupdate = { optimizer = "adam" }\n' + network
    keys = columns_asked(symnet.loads(text + "[training]\nsteps = 2"))
    firsts = [f"w1_1_{j}" for j in (1, 2, 3)]
    assert keys[:4] == ["Loss", *(f"grad({name})" for name in firsts)]
    assert len(keys) == 1 + 6 * 4
    assert keys[-4:-1] == firsts


def test_keys_are_row_by_row_and_hold_what_the_author_asks_for():
    keys = asked_keys(asked(ADAM, "L", "m", "change( w )", "b", training="{ steps = 2 }"))
    assert keys == tuple(f"{key}@{k}" for k in (1, 2) for key in ("L", "m(w)", "m(b)", "change(w)", "b"))


def test_a_name_that_stands_for_every_parameter_does_so_in_columns():
    text = FAUSETT.replace('"t", "change(w)", "w"', '"grad(w)"')
    assert columns_asked(symnet.loads(text)) == ["y_in", "y", "grad(w1)", "grad(w2)", "grad(b)"]


def test_a_formula_is_a_column_that_is_printed_and_asked_for():
    exercise = asked(ADALINE, "x1", "t - y", "w1*x1", "w1")
    table = tables(exercise.worksheet().key)[1]
    assert heads(table) == ["update", "x₁", "t − y", "w₁·x₁", "w₁"]
    assert [row[2] for row in texts(table)[1:]] == ["0.7", "0.66", "0.594", "−1.2954"]
    assert texts(table)[2][3] == "0.17"  # with w1 as it is before the update
    assert columns_asked(exercise) == ["(t - y)", "(w1*x1)", "w1"]
    assert exercise.solve().cells["(t - y)@3"] == F("0.594")
    assert not any(texts(tables(hide(exercise.worksheet().key))[1])[2][2:])


def test_the_cells_of_a_formula_are_checked_by_it_in_brackets_or_bare():
    exercise = asked(ADALINE, "x1", "t - y", "w1*x1", "w1")
    checked = symnet.check(
        exercise, {"(t - y)@1": "0.7", "t−y@2": "0.66", "w1 * x1@2": "1", "y@3": "0.5", "(t-y)@3": "0.5"}
    )
    assert {key: verdict.verdict for key, verdict in checked.verdicts.items()} == {
        "(t - y)@1": "right",
        "(t - y)@2": "right",
        "(w1*x1)@2": "wrong",
        "y@3": "wrong",
        "(t - y)@3": "wrong",
    }
    assert checked.verdicts["(t - y)@3"].carried == ("y@3",)


def test_a_class_is_marked_on_the_cells_of_a_formula(tmp_path):
    exercise = asked(ADALINE, "t - y")
    path = tmp_path / "answers.csv"
    path.write_text("student,(t - y)@1,t-y@2\nann,0.7,0.66\nbob,0.7,1.66\n")
    marks = symnet.mark(exercise, path)
    assert [[a.outcome for a in student.answers.values()] for student in marks.students] == [
        ["right", "right"],
        ["right", "wrong"],
    ]
    assert "(t - y)@2: 1)" in str(marks)


@pytest.mark.parametrize("to", ["moodle", "text2qti"])
def test_the_cells_of_a_formula_are_blanks_of_a_bank(to, tmp_path):
    export(asked(ADALINE, "t - y", "w1"), tmp_path / "bank.xml", to)
    bank = (tmp_path / "bank.xml").read_text()
    assert all(number in bank for number in ("0.594", "1.2954"))


def test_a_batch_has_the_gradients_of_its_updates_and_no_values_of_single_samples():
    exercise = asked(ADALINE, training="{ steps = 2 }")
    means = ["mean(L)", *(f"mean(grad({name}))" for name in ("w1", "w2", "b"))]
    assert columns_asked(exercise) == [*means, "change(w1)", "change(w2)", "change(b)", "w1", "w2", "b"]
    cells = exercise.solve().cells
    errors = [F("0.7"), F("0.8"), F("0.8"), F("-1.1")]
    assert cells["mean(grad(b))@1"] == -sum(errors) / 4
    assert cells["mean(L)@1"] == sum(error**2 for error in errors) / 8
    assert cells["w1@1"] == F("0.1") + F("0.1") * (errors[0] + errors[1]) / 4
    _, *parts = tables(exercise.worksheet().key)
    assert heads(parts[0])[1:3] == ["mean L", "mean ∂L/∂w₁"]


def test_a_rule_that_reads_the_loss_of_a_batch_is_worked_with_that_of_all_samples():
    text = ADALINE.replace("question = ", 'update = { rules = ["w = w - L*grad(w)"] }\nquestion = ')
    exercise = asked(text, training="{ steps = 1 }")
    errors = [F("0.7"), F("0.8"), F("0.8"), F("-1.1")]
    loss, slope = sum(error**2 for error in errors) / 8, -sum(errors) / 4
    assert exercise.solve().updated["b"] == F("0.1") - loss * slope
    printed = formats.render(exercise.worksheet().key, Path("x.txt"))
    assert f"b ← b − L · ∂L/∂b = 0.1 − {float(loss):g}·(−0.3) = [ {float(F('0.1') - loss * slope):g} ]" in printed


def test_an_update_that_was_made_before_counts_for_adam_and_not_for_the_rows():
    exercise = asked(ADAM, "w", update='{ optimizer = "adam", state = { m = 0.5, t = 7 } }')
    (table,) = tables(exercise.worksheet().key)
    assert heads(table) == ["update", "k", "w"]  # k, because this exercise has a t of its own
    assert [row[:2] for row in texts(table)] == [["start", "7"], ["1", "8"], ["2", "9"], ["3", "10"], ["4", "11"]]


REFUSED = {
    "an unknown one": (
        ["y", "net"],
        ['"net" is no column', "known: x1, x2, t, y_in, y, wrong", "change(w1)", "grad(x1)"],
    ),
    "a near one": (["y_inn"], ['"y_inn" is no column', 'did you mean "y_in"']),
    "a formula with an unknown name": (["t - q"], ['"t - q" is no column', '"q" is not known']),
    "a gradient of nothing": (["grad(q)"], ['"grad(q)" is no column']),
    "a kind that is not remembered": (["m"], ['"m" is no column']),
    "a cell": (["w1@2"], ['"w1@2" is no column']),
    "markup": (["<b>"], ['"<b>" is no column']),
    "nothing": ([""], ['"" is no column']),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_column_that_there_is_not_is_refused(case):
    columns, parts = REFUSED[case]
    message = refused(FAUSETT, *columns)
    for part in ("question[0].columns", *parts):
        assert part in message


def test_a_column_of_single_samples_is_refused_in_a_batch():
    for column in ("y", "grad(w1)"):
        assert f"columns: {column} differs from sample to sample" in refused(ADALINE, column, training="{ steps = 2 }")
    assert '"x1 - t" is no column' in refused(ADALINE, "x1 - t", training="{ steps = 2 }")


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ('ask = "table", columns = []', ["columns is empty"]),
        ('ask = "table", columns = [1]', ["columns has", "names in quotes"]),
        ('ask = "table", of = ["w1"]', ["question[0].of", "columns"]),
        ('ask = "table", style = "paths"', ["question[0].style"]),
        ('ask = "forward", columns = ["y"]', ["question[0].columns", 'ask = "table"', "forward"]),
    ],
)
def test_what_a_question_has_no_use_for_is_refused(question, parts):
    with pytest.raises(Mistake) as found:
        symnet.loads(re.sub(r"^question = .*$", f"question = [{{ {question} }}]", FAUSETT, flags=re.MULTILINE))
    for part in parts:
        assert part in str(found.value)


def test_a_table_needs_updates():
    assert "needs updates" in refused(ADAM, training="{ steps = 0 }")
    assert "there are none without" in refused(ADAM.replace("update = ", "# ").replace("learning_rate", "# "))


# -- on paper ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [FAUSETT, ADALINE, ADAM], ids=["perceptron", "adaline", "adam"])
def test_the_student_gets_what_is_given_and_the_start_and_fills_in_the_rest(text):
    exercise = symnet.loads(text)
    key, sheet = (tables(document)[-1:] for document in (exercise.worksheet().key, exercise.worksheet().sheet))
    given = set(exercise.problem.given) | {name for sample in exercise.problem.samples for name in sample}
    for full, empty in zip(key, sheet, strict=True):
        names = {maths(exercise_name): name for name in given for exercise_name in [_node(name)]}
        for i, (right, left) in enumerate(zip(texts(full), texts(empty), strict=True)):
            for head, a, b in zip(heads(full), right, left, strict=True):
                is_given = head.startswith("update") or head in names or right[0] == "start"
                assert (b == a) if is_given else (a != "" and b == ""), (i, head)


def _node(name):
    from symnet.notation.names import Names

    return Names([name]).node(name)


def test_two_rows_are_worked_line_by_line_in_the_key_alone():
    worksheet = symnet.loads(FAUSETT).worksheet()
    key = formats.render(worksheet.key, Path("key.txt"))
    first, second = key.partition("Row 1:")[2].partition("Row 2:")[::2]
    assert "y_in = b + x₁·w₁ + x₂·w₂ = 0 + 1·0 + 1·0 = 0" in first
    assert "w₁ ← w₁ + η·wrong·t·x₁ = 0 + 1·1·1·1 = [ 1 ]" in first
    assert "y_in = b + x₁·w₁ + x₂·w₂ = 1 + 1·1 + (−1)·1 = 1" in second
    assert "Row 3:" not in key
    assert "Row" not in formats.render(worksheet.sheet, Path("sheet.txt"))
    assert not any(isinstance(block, Answer) for block in worksheet.sheet.blocks)


def test_many_columns_make_several_tables_and_a_kind_stays_together():
    parts = tables(asked(ADAM).worksheet().key)
    assert len(parts) > 1
    shown = [head for table in parts for head in heads(table)[1:]]
    assert len(shown) == len(set(shown)) == len(columns_asked(asked(ADAM)))
    for table in parts:
        assert table.header[0] == parts[0].header[0]
    assert any({"v_w", "v_b"} <= set(heads(table)) for table in parts)


@pytest.mark.parametrize("ending", sorted(formats.by_ending()))
@pytest.mark.parametrize("text", [FAUSETT, ADAM], ids=["perceptron", "adam"])
def test_every_format_shows_every_cell_of_the_key_and_of_the_sheet_only_what_is_given(ending, text):
    if ending == ".pdf":
        pytest.skip("its source is .typ")
    worksheet = symnet.loads(text).worksheet(digits=5)
    key, sheet = (formats.render(document, Path(f"x{ending}")) for document in (worksheet.key, worksheet.sheet))
    value = "0.19881" if text is ADAM else None
    for table in tables(worksheet.key):
        for row in texts(table):
            for cell in row:
                number = cell.replace("−", "")
                assert number in key.replace("−", "-").replace("{,}", ",") or not number.replace(".", "").isdigit()
    for cell in _answers_of(worksheet) if text is ADAM else ():
        assert cell in key
        assert cell not in sheet
    assert value is None or value not in sheet


def _answers_of(worksheet):
    """Numbers of many digits, which stand nowhere by accident."""
    found = {cell.replace("−", "") for table in tables(worksheet.key) for row in texts(table)[1:] for cell in row[1:]}
    return [cell for cell in found if len(cell) > 5]


def test_no_line_of_latex_is_too_wide():
    """About as many letters as fit on a line, and room to write for every column of a hand."""
    for text in (FAUSETT, ADALINE, ADAM):
        source = formats.render(symnet.loads(text).worksheet().sheet, Path("x.tex"))
        for columns in re.findall(r"\\begin\{tabular\}\[t\]\{(.*)\}\\hline", source):
            widths = [float(width) for width in re.findall(r"p\{([\d.]+)cm\}", columns)]
            assert sum(widths) + 0.45 * columns.count("|") + 0.4 * columns.count("l") <= 16.6
            assert all(width >= 0.75 for width in widths)


def test_a_long_training_shows_its_first_hundred_rows():
    exercise = asked(ADALINE, training='{ mode = "online", epochs = 300 }')
    assert len([key for key in asked_keys(exercise) if key.startswith("w1@")]) == 100
    table = tables(exercise.worksheet().key)[-1]
    assert [row[0] for row in texts(table)] == ["start", *map(str, range(1, 101))]
    assert "These are the first 100 of 1,200 updates." in formats.render(exercise.worksheet().sheet, Path("x.txt"))
    once = asked(ADALINE, training='{ mode = "online", steps = 1 }')
    assert [row[0] for row in texts(tables(once.worksheet().key)[-1])] == ["start", "1"]


def test_a_change_of_nothing_is_zero_where_digits_are_carried():
    """The ReLU of the second sample is dead: its weight keeps digits that never end, and changes by exactly 0."""
    text = """
learning_rate = 0.1
loss = "L"
parameters = { w = 1 }
samples = [{ x = 1 }, { x = -1 }]
training = { mode = "online", epochs = 2 }
question = [{ ask = "table" }]
[equations]
h = "relu(w*x)"
L = "exp(h)"
"""
    cells = symnet.loads(text).solve().cells
    assert cells["change(w)@1"] != 0
    assert [cells["change(w)@2"], cells["change(w)@4"]] == [0, 0]
    assert cells["w@2"] == cells["w@1"]


# -- banks, variants, notebooks ---------------------------------------------------------------------------------------


def test_a_bank_has_a_blank_in_every_cell_to_fill_in(tmp_path):
    exercise = symnet.loads(FAUSETT)
    export(exercise, tmp_path / "bank.xml", "moodle")
    text = (tmp_path / "bank.xml").read_text()
    blanks = re.findall(r"\{1:NUMERICAL:=(-?[\d.]+):", text)
    cells = exercise.solve().cells
    assert [F(blank) for blank in blanks] == [cells[key] for key in asked_keys(exercise)]
    (header,) = re.findall(r"<tr><th[^>]*>update</th>.*?</tr>", text.partition("NUMERICAL")[0])
    assert header.count("<th") == 12


def test_a_quiz_asks_for_a_cell_by_its_update(tmp_path):
    export(asked(ADAM, "L", "m", "change(w)"), tmp_path / "quiz.txt", "text2qti")
    text = (tmp_path / "quiz.txt").read_text()
    assert "before update 2." in text
    assert "after update 4." in text
    assert "in update 3." in text
    assert text.count("\n=   ") == 16


def test_variants_have_the_numbers_of_their_own_rows():
    exercise = symnet.loads(
        FAUSETT + '[vary]\nvalues = { w1 = "-2..2", w2 = "-2..2", b = "-2..2" }\nrequire = ["integers"]'
    )
    one, other = (Sampler(exercise).variant(student, "salt") for student in ("Ada", "Ben"))
    assert one.answers != other.answers
    for variant in (one, other):
        w = {name: F(variant.numbers[name]) for name in ("w1", "w2", "b")}
        for k in range(8):
            x1, x2, t = BIPOLAR[k % 4]
            net = w["b"] + x1 * w["w1"] + x2 * w["w2"]
            assert variant.answers[f"y_in@{k + 1}"] == net
            if (net > 0) - (net < 0) != t:
                w = {"w1": w["w1"] + t * x1, "w2": w["w2"] + t * x2, "b": w["b"] + t}
            assert [variant.answers[f"{name}@{k + 1}"] for name in w] == list(w.values())


def test_a_notebook_asks_for_the_cells_and_its_key_prints_them(capsys):
    exercise = asked(ADAM, "L", "w", training="{ steps = 2 }")
    worksheet = exercise.worksheet()
    sheet, key = (json.loads(formats.render(d, Path("x.ipynb"))) for d in (worksheet.sheet, worksheet.key))
    source = "\n".join("".join(cell["source"]) for cell in sheet["cells"] if cell["cell_type"] == "code")
    for name in ("L@1", "w@1", "L@2", "w@2"):
        assert f'"{name}": None' in source
    (call,) = re.findall(r"solution\.show\(.*\)", "\n".join("".join(cell["source"]) for cell in key["cells"]))
    assert call == 'solution.show("cells", "L", "w")'
    exercise.solve().show("cells", "L", "w")
    assert capsys.readouterr().out.split("\n")[:3] == ["L@1 = 0.5", "w@1 = 1.10000", "L@2 = 0.245000"]


def test_rounding_every_line_rounds_the_cells():
    exercise = symnet.loads("round = 2\n" + asked(ADALINE).source)
    cells = exercise.solve().cells
    assert cells["w2@3"] == F("0.23")
    for value in cells.values():
        assert exact.as_fraction(value) * 100 % 1 == 0
