"""Marks written down: on the terminal, as JSON, as a table and as a plot, whole or not at all."""

import csv
import io
import json
import sys

import make_answers
import pytest
from marked_class import FOLDER, RELU, SOURCE, writer

import symnet
from symnet.classroom.marking import printed
from symnet.exercises.reader import loads


@pytest.fixture
def relu():
    return symnet.load(RELU)


@pytest.fixture
def write(tmp_path):
    return writer(tmp_path)


# -- on the terminal --------------------------------------------------------------------------------------------------


def test_the_terminal_says_how_many_did_what(command):
    code, out, err = command("mark", RELU, make_answers.FILE)
    assert (code, err) == (0, "")
    assert "  11 of 30 used weights that were already updated\n" in out
    assert "  Xenia Papadaki" in out
    assert all(len(line) < 100 for line in out.splitlines())


def test_the_readme_shows_what_is_printed(relu):
    readme = (FOLDER.parent / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Marking a class")[2]
    shown = section.partition("\n```\n30 students")[2].partition("```")[0]
    assert "11 of 30" in shown
    assert "30 students" + shown in str(symnet.mark(relu, make_answers.FILE))


def test_marks_are_the_same_from_python(relu, capsys):
    symnet.mark(relu, make_answers.FILE).show()
    assert "11 of 30 used weights that were already updated" in capsys.readouterr().out


def test_names_are_safe_on_a_terminal_and_columns_stay_in_line(relu, write):
    text = "student,w13\nplain,0\n狐狸,0\n👩\u200d👩\u200d👧,0\nשלום,0\nJose\u0301,0\n\x1b[31mred\x07,0\n\u202eevil,0\n"
    shown = str(symnet.mark(relu, write(text)))
    table = shown[shown.index("Marks\n") :].splitlines()[1:]
    assert len({printed.columns(line) for line in table}) == 1
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\\x1b[31mred\\x07" in shown
    assert "\u2068שלום\u2069" in shown


# -- as JSON and as a table -------------------------------------------------------------------------------------------


def test_json_holds_every_answer(command, write):
    path = write('student,w13,grad(w13),y5\nA,-2,40,10\n"B",x,,10.0\nC,1\n')
    code, out, err = command("mark", RELU, path, "--json")
    told = json.loads(out)
    assert code == 1
    assert out.count("\n") == 1
    assert told["schema"] == "symnet.mark/1"
    assert [student["student"] for student in told["students"]] == ["A", "B"]
    a, b = told["students"]
    assert a["answers"]["grad(w13)"]["verdict"] == "wrong"
    assert a["answers"]["w13"] == {
        "given": "-2",
        "right": {"exact": "0", "decimal": "0"},
        "verdict": "wrong",
        "outcome": "carried",
        "slips": a["answers"]["w13"]["slips"],
        "carried": ["grad(w13)"],
        "points": {"exact": "1", "decimal": "1"},
    }
    assert (a["points"], a["of"]) == ({"exact": "2", "decimal": "2"}, {"exact": "3", "decimal": "3"})
    assert (b["answers"]["w13"]["verdict"], b["answers"]["grad(w13)"]["verdict"]) == ("unreadable", "blank")
    assert [flag["id"] for flag in b["flags"]] == ["unreadable"]
    assert [problem["line"] for problem in told["problems"]] == [3, 4]
    assert told["summary"]["students"] == 2
    assert f'{path}, line 4, "C": it has 2 cells' in err


def test_the_table_cannot_be_a_formula_and_keeps_who_was_not_marked(relu, write, tmp_path):
    names = ["=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)", "\u202eevil", "🦊 Фокс", "שלום", "a\nb", 'x "y", z']
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows([["student", "w13"], *([name, "0"] for name in names), ["short"]])
    marks = symnet.mark(relu, write(file.getvalue()))
    marks.save(tmp_path / "out.csv")
    raw = (tmp_path / "out.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert rows[0][:3] == ["student", "question 3 of 1", "total of 1"]
    assert [row[0].removeprefix("'") for row in rows[1:]] == [*names, "short"]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row)
    assert rows[-1][-1].startswith("Not marked: line ")


def test_the_table_is_spelled_as_the_file_that_was_read(relu, write, tmp_path):
    exercise = loads(SOURCE + '[[question]]\nask = "gradient"\nof = ["w13", "w35"]\npoints = 1\n')
    symnet.mark(exercise, write("student;grad(w13);grad(w35)\nA;20,0;1\n")).save(tmp_path / "out.csv")
    assert "A;0,5;0,5" in (tmp_path / "out.csv").read_text(encoding="utf-8")


# -- the plot ---------------------------------------------------------------------------------------------------------

LONG = """
[parameters]
the_weight_from_the_first_input_to_the_only_output_unit = 2
[equations]
y = "3*the_weight_from_the_first_input_to_the_only_output_unit"
L = "y^2/2"
"""


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_the_summary_is_drawn(command, tmp_path, ending):
    pytest.importorskip("matplotlib")
    path = tmp_path / f"class.{ending}"
    assert command("mark", RELU, make_answers.FILE, "--plot", path)[0] == 0
    assert path.read_bytes()[:5] in (b"\x89PNG\r", b"%PDF-", b"<?xml")


@pytest.mark.parametrize(
    ("exercise", "text"),
    [
        (SOURCE, "student,w13\nA,0\n"),
        (SOURCE, "student,w13\nA\n"),
        (LONG, "student,y,L\nA,5,12.5\nB,6,36\n"),
        (LONG, "student,y,L\n" + "".join(f"S{i},{i},{i}\n" for i in range(40))),
    ],
)
def test_every_class_can_be_drawn(write, exercise, text):
    pytest.importorskip("matplotlib")
    from symnet.classroom.marking import plot

    summary = symnet.mark(loads(exercise), write(text)).summary
    figure = plot.figure(summary)
    figure.draw_without_rendering()
    top, bottom = figure.axes
    shown = [label.get_text().rstrip("…") for label in top.get_yticklabels()]
    assert len(shown) == len(summary.quantities)
    assert all(q.key.startswith(label) for q, label in zip(summary.quantities, shown, strict=True))
    wrong = sum(count.students for count in summary.slips[: plot.MOST_SLIPS]) + summary.unexplained
    assert sum(bar.get_width() for bar in bottom.patches) >= wrong
    labels = [label for axes in figure.axes if axes.axison for label in axes.get_yticklabels()]
    assert all(label.get_window_extent().x0 >= 0 for label in labels)
    ends = [axes.get_tightbbox().x1 for axes in figure.axes]
    assert all(end <= figure.bbox.x1 for end in ends)


# -- the command ------------------------------------------------------------------------------------------------------


def test_answers_come_from_standard_input_too(run):
    done = run("mark", str(RELU), "-", stdin="student,w13\nA,0\nB,2;3\n")
    assert done.returncode == 1
    assert "standard input, line 3" in done.stderr
    assert "2 students, mean mark 0.5 of 1 (50 %)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none.csv",), "there is no such file"),
        (("{folder}",), "is a folder"),
        (("{answers}", "--carry", "2"), "from 0 to 1"),
        (("{answers}", "--carry", "half"), "carry"),
        (("{answers}", "-o", "{answers}"), "a name of their own"),
        (("{answers}", "-o", "marks.xlsx"), ".csv"),
        (("{answers}", "--plot", "plot.gif"), ".png"),
        (("{answers}", "--key", "{answers}"), "not a key"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_written(command, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    answers = tmp_path / "answers.csv"
    answers.write_text("student,w13\nA,0\n", encoding="utf-8")
    code, out, err = command("mark", RELU, *(a.format(folder=tmp_path, answers=answers) for a in arguments))
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == [answers]


def test_an_exercise_that_trains_cannot_be_marked(command):
    code, _, err = command("mark", FOLDER / "stopping-early.toml", make_answers.FILE)
    assert code == 2
    assert "nothing to work by hand" in err


def test_marks_and_plot_are_written_together_or_not_at_all(command, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    code, out, err = command("mark", RELU, make_answers.FILE, "-o", tmp_path / "a.csv", "--plot", tmp_path / "b.png")
    assert (code, out) == (3, "")
    assert "pip install 'symnet[plot]'" in err
    assert not list(tmp_path.iterdir())
