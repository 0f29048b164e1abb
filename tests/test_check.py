"""``symnet check`` and ``symnet quality``, as a student and an author meet them."""

import json
import re
from pathlib import Path

import pytest
from made_slips import as_written, keys_of, where_it_shows

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.diagnosis.hypotheses import Hypotheses

WORKSHEETS = Path(__file__).parent.parent / "worksheets"
RELU = str(WORKSHEETS / "relu.toml")


def test_the_contract(run):
    done = run("check", RELU, "w13=5", "grad(w35)=50", "y5=10", "--json")
    assert done.returncode == 1
    assert done.stdout.count("\n") == 1
    said = json.loads(done.stdout)
    assert said["schema"] == "symnet.check/1"
    assert list(said["answers"]) == ["w13", "grad(w35)", "y5"]
    assert said["answers"]["y5"] == said["answers"]["y5"] | {
        "given": "10",
        "right": {"exact": "10", "decimal": "10"},
        "verdict": "right",
        "slips": [],
    }
    wrong = said["answers"]["w13"]
    assert wrong["verdict"] == "wrong"
    assert wrong["slips"][0] == {"id": "updated-weights", "says": "You used weights that were already updated."}


def test_the_text_quotes_the_line_where_the_slip_happens(inside):
    done = inside("check", RELU, "w13=5")
    assert done.returncode == 1
    assert "wrong (0)" in done.stdout
    assert "Right there: ∂Loss/∂y₃ = ∂Loss/∂x₅ · w₃₅ = 10·2 = 20" in done.stdout


def test_what_only_follows_from_an_own_number_is_called_carried_and_not_wrong():
    text = 'given = { x = 2, t = 1 }\nparameters = { w = 0.1233 }\nequations = { z = "w*x", y = "3*z", L = "y - t" }'
    exercise = symnet.loads(text)

    def outcomes(answers):
        lines = symnet.check(exercise, answers).as_text().splitlines()
        return [line.split()[2] for line in lines if not line.startswith(" ")]

    assert outcomes({"z": "0.3469", "y": "1.0407", "L": "0.0407"}) == ["wrong", "carried", "carried"]
    assert outcomes({"z": "0.247", "y": "0.741", "L": "-0.259"}) == ["rounded", "carried", "carried"]  # 0.7398


def test_nobody_who_writes_more_digits_rounds_every_line():
    text = 'given = { x = 1.8812, y = 0.9999 }\nequations = { b = "2*y", a = "x + 0", c = "a*b" }'
    said = symnet.check(symnet.loads(text), {"a": "1.8812", "b": "2", "c": "3.7624"}).verdicts["c"]  # 3.762024
    assert said.slips[0].says == "Right, given your b = 2, rounded as you wrote it down."
    said = symnet.check(symnet.loads(text), {"a": "1.9", "b": "2.0", "c": "3.80"}).verdicts["c"]
    assert said.slips[0].says.startswith("You rounded every line to 1 decimal")


def test_the_line_that_is_quoted_is_on_the_way_to_the_answer():
    """y2 = ReLU(−1) is dead: what is wrong above it never reaches w1."""
    text = "given = { x = [2, -1], t = [1, 1] }\nparameters = { w = [3, 1] }\nequations = { %s }"
    text %= """z = "w*x", y = "relu(z)", L = "sum((y - t)^2)/2\""""
    said = symnet.check(symnet.loads(text), {"grad(w1)": 20}).as_text()  # twice (6 − 1)·2
    assert "dropped or added a factor of 2" in said
    assert "Right there: ∂L/∂y₁ = y₁ − t₁ = 6 − 1 = 5" in said


def test_the_line_of_an_update_is_quoted_without_its_box(inside):
    done = inside("check", RELU, "w13=4", "w35=7")
    assert "Right there: w₁₃ ← w₁₃ − η · ∂Loss/∂w₁₃ = 2 − 0.1·20 = 0\n" in done.stdout
    assert done.stdout.endswith("Right there: w₃₅ ← w₃₅ − η · ∂Loss/∂w₃₅ = 2 − 0.1·50 = −3\n")


@pytest.mark.parametrize("name", ["relu", "optimizers", "gradient-descent"])
def test_every_slip_quotes_a_line(name, monkeypatch):
    """Each hypothesis's first number, given alone: the working shows where it is wrong."""
    exercise = symnet.load(WORKSHEETS / f"{name}.toml")
    keys = keys_of(exercise)
    hypotheses = Hypotheses(exercise.problem)
    right = hypotheses.right(exercise.problem)
    monkeypatch.setattr(
        "symnet.classroom.checking.check.Hypotheses", lambda problem, keys: hypotheses
    )  # told once, for all answers
    answers = {}  # several hypotheses give one number
    for hypothesis, values in hypotheses.wrong(exercise.problem):
        for key in [] if hypothesis.is_rounding else where_it_shows(keys, values, right)[:1]:
            answers[key, as_written(values[key])] = hypothesis.says
    work = symnet.check(exercise, {keys[0]: 0}).work  # the right working, which is the same for all of them
    for (key, number), says in answers.items():
        checked = symnet.check(exercise, {key: number})
        checked.work = work
        for verdict in checked.verdicts.values():
            assert checked.quoted(verdict) or not verdict.slips or verdict.slips[0].hypothesis is None, (says, verdict)


def test_right_and_rounded_answers_exit_with_0(inside):
    third = 'loss = "b"\n[given]\na = 1\n[equations]\nb = "a/3"\n'
    done = inside("check", "-", "b=0.33", "grad(a)=1/3", stdin=third)
    assert done.returncode == 0
    assert "rounded" in done.stdout
    assert "right" in done.stdout


def test_keys_may_be_spaced_and_numbers_have_a_comma(inside):
    done = inside("check", RELU, " Grad( w35 ) = 50,0", "--json")
    assert done.returncode == 0
    assert list(json.loads(done.stdout)["answers"]) == ["grad(w35)"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "nothing to check; give numbers such as w13=5"),
        (("w13",), '"w13" is not of the form NAME=NUMBER'),
        (("w13=five",), 'w13 is "five"; it must be a number'),
        (("w13=5", "w13=6"), '"w13" is given twice'),
        (("w31=5",), '"w31" is not a quantity of this exercise, where a name is its value'),
        (("grad(nothing)=5",), '"grad(nothing)" is not a quantity'),
        (("__import__('os').system('true')=5",), "is not a quantity"),
        (("w13=__import__('os')",), "it must be a number"),
    ],
)
def test_what_is_wrong_is_one_line(inside, words, said):
    done = inside("check", RELU, *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_exercise_that_trains_has_nothing_to_check(inside):
    done = inside("check", RELU.replace("relu", "stopping-early"), "w=1")
    assert done.returncode == 2
    assert "there is nothing to work by hand" in done.stderr


def test_a_derivative_that_does_not_exist(inside):
    root = 'loss = "L"\n[given]\nx = 0\n[equations]\nL = "sqrt(x)"\n'
    assert inside("check", "-", "grad(x)=undefined", stdin=root).returncode == 0
    done = inside("check", "-", "grad(x)=0", "--json", stdin=root)
    assert done.returncode == 1
    assert json.loads(done.stdout)["answers"]["grad(x)"]["right"]["exact"] is None


def test_quality_prints_the_table_and_the_reasons(inside):
    done = inside("quality", RELU)
    assert done.returncode == 0
    assert "Hidden because x1 = 1: no-input in grad(w13), w13." in done.stdout
    said = json.loads(inside("quality", RELU, "--json").stdout)
    assert said["schema"] == "symnet.quality/1"
    assert said["slips"]["no-input"]["quantities"]["grad(w13)"] == {"state": "hidden", "ties": [], "why": "x1 = 1"}


def test_python_takes_numbers_and_texts():
    exercise = symnet.load(RELU)
    checked = symnet.check(exercise, {"w13": 5, "grad(w35)": "50"})
    assert not checked.all_right
    assert checked.verdicts["w13"].slips[0].id == "updated-weights"
    assert symnet.check(exercise, {"w13": 0}).all_right


def test_all_the_digits_are_right_where_the_exercise_rounds(tmp_path, command):
    """The exercise rounds every line to 1 decimal: a = 0.3, b = 0.6; a student who keeps all digits has the method."""
    text = 'loss = "L"\nround = 1\n[given]\nx = 1\n[equations]\na = "x/3"\nb = "2*a"\nL = "10*b"\n'
    checked = symnet.check(symnet.loads(text), {"a": "0.3333", "b": "2/3", "L": "6.6667"})
    assert [(v.verdict, v.slips[0].id) for v in checked.verdicts.values()] == [("rounded", "unrounded")] * 3
    assert "Right, except that this exercise asks for every line" in str(checked)
    by_hand = symnet.check(symnet.loads(text), {"a": "0.3", "b": "0.6", "L": "6"})
    assert by_hand.all_right
    assert all(v.verdict == "right" for v in by_hand.verdicts.values())
    assert symnet.check(symnet.loads(text), {"b": "0.7", "L": "6.3"}).verdicts["L"].verdict == "wrong"


def test_a_right_number_has_all_the_places_to_which_every_line_is_rounded():
    exercise = symnet.loads(
        'round = 4\nloss = "L"\n[given]\nx = 0.5\nk = 2\n[equations]\na = "0.034*x"\nb = "-0.25*x"\nc = "k*x"\n'
        'L = "a + b + c"\n'
    )
    text = str(symnet.check(exercise, dict.fromkeys(("a", "b", "c", "x"), "7")))
    assert [re.search(rf"^{key} .*\((.*)\)$", text, re.M)[1] for key in "abcx"] == ["0.0170", "-0.1250", "1", "0.5"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04\x00\x00", "bytes of 0, so it is no text; save it as text in UTF-8, a line an answer"),
        (b"y5=20\nw13=\x81\n", "line 2 is not UTF-8; save it as text in UTF-8"),
        (b"\xff\xfey", "it begins as UTF-16 does, but is not; save it as text in UTF-8"),
    ],
)
def test_a_file_of_answers_that_is_no_text_is_to_be_saved_as_text(tmp_path, command, content, said):
    file = tmp_path / "answers.txt"
    file.write_bytes(content)
    code, _, err = command("check", RELU, "--answers", file)
    assert code != 0
    assert said in err
    assert "CSV" not in err


@pytest.mark.parametrize("number", ["1/0", "-1/0", "0/0", "≈ 5 / 0", "10/2 = 1/0"])
def test_a_division_by_zero_is_called_one(number):
    with pytest.raises(Mistake, match=r'a division by zero; it must be a number such as .* or "undefined"'):
        symnet.check(symnet.load(RELU), {"y5": number})


def test_a_local_derivative_is_checked_where_a_slip_leaves_its_name_out_of_the_line():
    exercise = symnet.loads('[given]\nz = 2\n[parameters]\nw = -1\n[equations]\nm = "max(z, w)"\nf = "2*m + 1"\n')
    verdicts = symnet.check(exercise, {"m/w": "1", "m/z": "1", "f": "5"}).verdicts
    assert [verdict.verdict for verdict in verdicts.values()] == ["wrong", "right", "right"]
