"""A student's sheet holds no answers: in no format, of no variant, on no faded sheet."""

from pathlib import Path

import pytest
from answers_told import answers, told_in
from course_sheets import FOLDER, SHEETS, made, read

import symnet
from symnet.paper import formats
from symnet.paper.document import Answer, Table

ENDINGS = sorted(set(formats.by_ending()) - {".pdf"})  # made of the .typ or the .tex
TEXTS = (".txt", ".html")  # of which every number is read


def leaks(exercise, document, endings=ENDINGS):
    """{ending: answers that the sheet tells in that format}."""
    secrets = answers(exercise)
    texts = {ending: formats.render(document, Path(f"sheet{ending}")) for ending in endings}
    found = {ending: told_in(exercise, text, ending, secrets) for ending, text in texts.items()}
    return {ending: [float(value) for value in told] for ending, told in found.items() if told}


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_a_sheet_tells_no_answer_in_any_format(path):
    exercise, sheet = read(path), made(path).sheet
    assert not any(isinstance(block, Answer) for block in sheet.blocks)
    for block in sheet.blocks:
        if isinstance(block, Table):
            assert all(row[column] == () for row in block.rows for column in block.blank)
    if not exercise.trains:
        assert leaks(exercise, sheet) == {}


@pytest.mark.parametrize("name", ["relu", "two-outputs", "gradient-descent"])
def test_a_key_tells_its_answers_to_the_same_judge(name):
    exercise = symnet.load(FOLDER / f"{name}.toml")
    assert set(leaks(exercise, exercise.worksheet().key)) >= set(TEXTS)


@pytest.mark.parametrize("student", ["a", "b"])
@pytest.mark.parametrize("name", ["relu", "cross-entropy"])
def test_a_variant_tells_no_answer_in_any_format(name, student):
    exercise = symnet.variant(symnet.load(FOLDER / f"{name}.toml"), student, "salt")
    assert leaks(exercise, exercise.worksheet().sheet) == {}
    assert leaks(exercise, exercise.worksheet(fade=1).sheet) == {}


def test_papers_of_a_class_hold_answers_folded_only_when_told(command, tmp_path):
    asked = ("worksheet", FOLDER / "relu.toml", "--variants", "1", "--salt", "s")
    assert command(*asked, "-o", tmp_path / "a.html", "--key", tmp_path / "key.html")[0] == 0
    assert command(*asked, "-o", tmp_path / "b.html", "--self-study")[0] == 0
    (sheet,), (folded,) = (list(tmp_path.glob(f"{letter}-*.html")) for letter in "ab")
    assert "<details" not in sheet.read_text("utf-8")
    assert "<details" in folded.read_text("utf-8")
    code, _, err = command(*asked, "-o", tmp_path / "c.pdf", "--self-study")
    assert code == 2
    assert "--self-study is for .html and .md" in err


def test_python_folds_answers_when_told(tmp_path):
    made = symnet.load(FOLDER / "relu.toml").worksheet()
    for ending, folded in ((".html", "<details"), (".md", "<details>")):
        made.save(tmp_path / f"sheet{ending}")
        assert folded not in (tmp_path / f"sheet{ending}").read_text("utf-8")
        made.save(tmp_path / f"sheet{ending}", self_study=True)
        assert folded in (tmp_path / f"sheet{ending}").read_text("utf-8")
    with pytest.raises(symnet.Mistake, match=r"--self-study is for \.html and \.md"):
        made.save(tmp_path / "sheet.txt", self_study=True)


TRAINS = """
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


def test_what_training_comes_to_is_asked_for_and_in_the_key():
    exercise = symnet.loads(TRAINS)
    made = exercise.worksheet(run=True)
    for ending in ENDINGS:
        key, sheet = (formats.render(document, Path(f"a{ending}")) for document in (made.key, made.sheet))
        assert "After 5 updates the loss is" in key
        assert "After 5 updates" not in sheet
        assert "Plot the loss over the updates" in sheet
    assert "Plot the loss" not in formats.render(exercise.worksheet().key, Path("a.txt"))
