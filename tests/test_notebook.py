"""Notebooks: valid, the same twice, and every cell runs and prints the numbers of the key."""

import ast
import json
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import nbformat
import pytest
from course_sheets import FOLDER, made
from course_sheets import SHEETS as WORKSHEETS
from hypothesis import given, settings
from hypothesis import strategies as st
from nbclient import NotebookClient

import symnet
from symnet.algebra.mistakes import Mistake, NotInstalled
from symnet.exercises.for_students import for_the_key, without_answers
from symnet.paper import formats
from symnet.paper.document import Document, Paragraph
from symnet.paper.formats import notebook
from symnet.paper.python_text import literal
from symnet.sheets.exam import together
from symnet.working.solution import in_figures

SMALL = """
title = "A line"
learning_rate = 0.05

[network]
layers = [1, 2, 1]
activation = "tanh"
loss = "mean_squared_error"
output = "linear"

[data]
grid = { x = [-1, 1, 8] }
targets = { y = "2*x" }

[training]
epochs = 5
"""


def cells(document):
    found = nbformat.reads(notebook.render(document), 4)
    nbformat.validate(found)
    return found


def executed(document, folder):
    """The notebook after every cell has run, in a kernel of its own; a cell that fails is an error here."""
    found = cells(document)
    NotebookClient(found, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    return found


def printed(found):
    """Everything that the cells printed."""
    outputs = [output for cell in found.cells for output in cell.get("outputs", ())]
    assert not [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"]
    return "".join(output.text for output in outputs if output.output_type == "stream")


@pytest.mark.parametrize("path", WORKSHEETS, ids=lambda path: path.stem)
def test_every_worksheet_is_a_valid_notebook_and_the_same_twice(path):
    worksheet, again = made(path), symnet.load(path).worksheet()
    for one, other in ((worksheet.sheet, again.sheet), (worksheet.key, again.key)):
        found = cells(one)
        assert notebook.render(one) == notebook.render(other)
        assert [cell.id for cell in found.cells] == [f"cell-{i + 1}" for i in range(len(found.cells))]
        assert found.metadata.kernelspec.name == "python3"
        for cell in found.cells:
            if cell.cell_type == "code":
                assert cell.outputs == []
                ast.parse(cell.source.replace("%matplotlib inline", ""))
        setup = next(cell.source for cell in found.cells if cell.cell_type == "code")
        space = {}
        exec(setup, space)  # noqa: S102 - our own cell
        if one is worksheet.key:
            assert space["exercise"].source == path.read_text()
        assert space["exercise"].title == worksheet.key.title


def test_a_student_finds_a_cell_under_every_question_and_no_answer():
    worksheet = symnet.load(FOLDER / "relu.toml").worksheet()
    found = cells(worksheet.sheet)
    text = "\n".join(cell.source for cell in found.cells)
    assert "Answer key" not in text
    assert "solution" not in text
    assert "longrightarrow" not in text
    kinds = [cell.cell_type for cell in found.cells if cell.source.startswith(("**", "# Question"))]
    assert kinds == ["markdown", "code"] * 3
    answers = [cell.source for cell in found.cells if cell.source.startswith("# Question")]
    keys = [list(ast.literal_eval(source.partition(f"answers_{k} = ")[2])) for k, source in enumerate(answers, start=1)]
    names = ["w13", "w23", "w14", "w24", "w35", "w45"]
    assert keys == [["x3", "y3", "x4", "y4", "x5", "y5", "Loss"], [f"grad({name})" for name in names], names]
    assert not [block for cell in found.cells for block in ("<br>",) if block in cell.source]


@pytest.mark.parametrize("name", ["relu", "two-outputs"])
def test_the_key_runs_and_prints_the_numbers_of_the_key(name, tmp_path):
    exercise = symnet.load(FOLDER / f"{name}.toml")
    solution = exercise.solve()
    found = executed(exercise.worksheet().key, tmp_path)
    lines = printed(found).splitlines()
    parameters = list(exercise.problem.start)
    expected = [f"{x} = {in_figures(value, 6)}" for x, value in solution.forward.items()]
    expected += [f"grad({x}) = {in_figures(solution.gradients[x], 6)}" for x in parameters]
    expected += [f"{x} = {in_figures(solution.updated[x], 6)}" for x in parameters]
    assert lines == expected
    # The same numbers stand in the tables of the key.
    text = "\n".join(cell.source for cell in found.cells if cell.cell_type == "markdown")
    for x in parameters:
        assert f"${in_figures(solution.gradients[x], 6)}$" in text


def test_a_students_notebook_runs_and_checks_what_is_typed(tmp_path):
    """Filled in by hand: right, wrong and carried forward; the blank one runs too and says nothing."""
    names = ("relu", "one-neuron")
    found = cells(together([symnet.load(FOLDER / f"{name}.toml") for name in names]).sheet)
    blank = len(found.cells)
    typed = {"answers_1": {"x3": "5", "y3": "3 + 2", "x5": "11"}, "answers_2": {"grad(w35)": "(11 - 0)*5", "w": "1"}}
    filled = cells(together([symnet.load(FOLDER / f"{name}.toml") for name in names]).sheet)
    for cell in filled.cells:
        for name, values in typed.items():
            if f"{name} = {{" in cell.source:
                for key, value in values.items():
                    cell.source = cell.source.replace(f'"{key}": None', f'"{key}": {value}')
    answers = [cell.source for cell in filled.cells if "= {\n" in cell.source]
    assert len({source.partition("\n")[2].partition(" = ")[0] for source in answers}) == len(answers)
    # One kernel for both: the blank cells, then the filled in ones.
    found.cells += filled.cells
    NotebookClient(found, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = [output.text for cell in found.cells for output in cell.get("outputs", ()) if output.get("text")]
    assert not [text for cell in found.cells[:blank] for text in cell.get("outputs", ())]
    first, second = said[0], said[1]
    assert [line.split()[:3] for line in first.splitlines() if line[0] != " "] == [
        ["x3", "5", "right"],
        ["y3", "5", "right"],
        ["x5", "11", "wrong"],
    ]
    assert "grad(w35)  55  carried" in second
    assert "Right, given your x5 = 11." in second
    assert "(10)" not in "".join(said)
    assert "50" not in "".join(said)


def test_other_questions_run_too(tmp_path):
    exercises = [
        symnet.load(FOLDER / f"{name}.toml")
        for name in ("counting-parameters-3-4-4-1", "derivative-as-a-nudge", "one-neuron")
    ]
    text = printed(executed(together(exercises).key, tmp_path))
    assert text.startswith("41\n")
    assert "f/x = 5\n" in text
    assert "grad(w1) = 2\n" in text


def test_several_updates_show_the_first_and_the_last(tmp_path):
    toml = (FOLDER / "relu.toml").read_text() + "\n[training]\nsteps = 3\n"
    exercise = symnet.loads(toml)
    text = printed(executed(exercise.worksheet().key, tmp_path))
    once, thrice = exercise.solve().first_update.parameters, exercise.solve().updated
    first, last = (f"w13 = {in_figures(numbers['w13'], 6)}\n" for numbers in (once, thrice))
    assert text.index(first) < text.rindex(last)
    assert f"Loss = {in_figures(exercise.solve().forward_after['Loss'], 6)}" in text


def test_training_is_in_the_notebook_but_never_done_while_writing_it(tmp_path, monkeypatch):
    exercise = symnet.loads(SMALL)
    with monkeypatch.context() as patch:
        patch.setattr("symnet.training.plan.Plan.fit", lambda *_, **__: pytest.fail("a sheet never trains"))
        document = exercise.worksheet().sheet
        text = notebook.render(document)
    assert "for 5 epochs: this can take a while" in text
    found = executed(document, tmp_path)
    run = exercise.train()
    line = f"the loss before the first and the last update: {run.losses[0]} {run.losses[-1]}\n"
    assert printed(found) == line
    pictures = [o for cell in found.cells for o in cell.get("outputs", ()) if "image/png" in o.get("data", {})]
    assert len(pictures) == len(exercise.plan.figures(run))


def test_a_file_that_must_lie_beside_the_notebook_is_named(tmp_path):
    (tmp_path / "points.csv").write_text("x,y\n" + "".join(f"{i},{2 * i}\n" for i in range(6)))
    toml = SMALL.replace('grid = { x = [-1, 1, 8] }\ntargets = { y = "2*x" }',
                         'csv = "points.csv"\ninputs = ["x"]\ntargets = ["y"]')  # fmt: skip
    path = tmp_path / "line.toml"
    path.write_text(toml)
    document = symnet.load(path).worksheet().key
    assert any("It reads points.csv, which must lie beside this notebook" in c.source for c in cells(document).cells)
    assert str(tmp_path) not in notebook.render(document)
    assert "the loss before" in printed(executed(document, tmp_path))


def test_a_variant_runs_with_its_own_numbers(tmp_path):
    exercise = symnet.load(FOLDER / "relu.toml")
    problem = exercise.problem
    own = {**problem.start, "w13": Fraction(1, 3)}
    variant = replace(exercise, worked=replace(problem, start=own, given={**problem.given, "x1": Fraction(4)}))
    text = printed(executed(variant.worksheet().key, tmp_path))
    solution = variant.solve()
    assert f"x3 = {in_figures(solution.forward['x3'], 6)}\n" in text
    assert solution.forward["x3"] == Fraction(4, 3) + 3
    assert f"grad(w13) = {in_figures(solution.gradients['w13'], 6)}\n" in text


def test_an_exercise_that_its_file_does_not_give_is_refused():
    exercise = symnet.load(FOLDER / "relu.toml")
    with pytest.raises(Mistake, match="needs the text"):
        notebook.render(replace(exercise, source="").worksheet().key)
    other = replace(exercise, worked=replace(exercise.problem, sequential=True))
    with pytest.raises(Mistake, match="sequential"):
        notebook.render(other.worksheet().key)


def test_a_document_of_no_exercise_is_a_notebook_of_words():
    found = cells(Document("T", (Paragraph(("words",)),), "Answer key"))
    assert [cell.source for cell in found.cells] == ["# T\n\n**Answer key**", "words"]


@given(
    st.text(st.one_of(st.sampled_from("\"'\\\n\r\t{}r#abc"), st.characters(exclude_categories=("Cs",))), max_size=40)
)
@settings(max_examples=400, deadline=None)
def test_the_text_of_the_file_is_embedded_letter_by_letter(text):
    assert ast.literal_eval(literal(text)) == text
    assert json.loads(json.dumps(literal(text))) == literal(text)


@pytest.mark.parametrize("title", ['"""', "'''", "\\", '""" + __import__(\'os\').system(\'true\') + """', "$x$ <b>"])
def test_nothing_in_an_exercise_becomes_code(title):
    toml = f"title = {json.dumps(title)}\n" + (FOLDER / "relu.toml").read_text().partition("\n")[2]
    found = cells(symnet.loads(toml).worksheet().sheet)
    tree = ast.parse(found.cells[1].source)
    calls = [node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert calls == ["loads"]


def test_a_students_notebook_carries_the_exercise_without_comments_and_what_is_for_the_key():
    mistake = FOLDER / "find-the-mistake.toml"
    source = without_answers(mistake.read_text())
    assert "why" in mistake.read_text()
    assert "why =" not in source
    assert "The difference of output and target belongs" not in source
    assert [q.options["wrong"] for q in symnet.loads(source).questions] == [
        q.options["wrong"] for q in symnet.load(mistake).questions
    ]
    toml = """# the answer is 42
title = "a # in a title, and why = 3"  # 42
[given]
why = 1  # a name like any other
a = 2
[equations]
y = '''
why*a'''
[[ question ]]
ask = "forward"
"why" = \"\"\"because
# it is 42
\"\"\"
of = [  # 42
  "y",
]
"""
    source = without_answers(toml)
    assert "42" not in source
    assert "because" not in source
    assert 'title = "a # in a title, and why = 3"\n[given]\nwhy = 1\na = 2\n' in source
    assert symnet.loads(source).solve().forward["y"] == 2
    asked = '[[question]]\nask = "text"\ntext = "Why?"\nanswer = "because"\nroom = 3\n'
    assert without_answers(asked) == asked.replace('answer = "because"\n', "")
    assert for_the_key() == {"why", "answer"}
    with pytest.raises(Mistake, match=r"must stand under \[\[question\]\]"):
        without_answers('question = [{ ask = "forward", why = "42" }]\n')


def test_without_nbformat_the_line_that_installs_it(monkeypatch, command, tmp_path):
    monkeypatch.setitem(sys.modules, "nbformat", None)
    with pytest.raises(NotInstalled, match=r"pip install 'symnet\[notebook\]'"):
        notebook.render(Document("T", ()))
    out = tmp_path / "s.ipynb"
    code, _, err = command("worksheet", FOLDER / "relu.toml", "-o", out)
    assert (code, out.exists()) == (3, False)
    assert err == "symnet: nbformat is not installed: pip install 'symnet[notebook]'\n"


def test_the_command_writes_both_notebooks(command, tmp_path):
    sheet, key = tmp_path / "s.ipynb", tmp_path / "k.ipynb"
    code, _, err = command("worksheet", FOLDER / "relu.toml", FOLDER / "one-neuron.toml", "-o", sheet, "--key", key)
    assert (code, err) == (0, "")
    for path in (sheet, key):
        nbformat.validate(nbformat.read(path, 4))
    assert key.read_text().count("symnet.loads(") == 2


@pytest.mark.parametrize("path", WORKSHEETS, ids=lambda path: path.stem)
def test_every_key_runs_from_top_to_bottom(path, tmp_path, monkeypatch):
    """In IPython's own shell without a kernel of its own, which would take seconds to start for each."""
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.chdir(tmp_path)
    shell = InteractiveShell()
    text = formats.render(made(path).key, Path("key.ipynb"))
    cells = [cell for cell in nbformat.reads(text, as_version=4).cells if cell.cell_type == "code"]
    assert cells
    for cell in cells:
        # Where figures are shown is the kernel's affair.
        result = shell.run_cell(cell.source.replace("%matplotlib inline", ""))
        assert result.success, cell.source
    plt = sys.modules.get("matplotlib.pyplot")
    if plt is not None:
        plt.close("all")
