"""Hints that a sheet prints at its end: the ladder's steps before any number is looked at."""

from pathlib import Path

import pytest
from test_no_answers import ENDINGS, TEXTS, leaks

import symnet
from symnet.paper import formats

FOLDER = Path(__file__).parent.parent / "worksheets"
RELU = (FOLDER / "relu.toml").read_text("utf-8")


def asked(ask, step):
    return symnet.loads(f'{RELU}\n[[question]]\nask = "{ask}"\nhints = {step}\n')


@pytest.mark.parametrize(
    ("ask", "step", "said"),
    [
        ("forward", 1, "x₃ comes from w₁₃, x₁, w₂₃ and x₂. y₃ comes from x₃."),
        ("forward", 2, "x₃ is a weighted sum: multiply each input by its own weight and add the products."),
        ("forward", 3, "x₅ = w₃₅·y₃ + w₄₅·y₄"),
        ("gradient", 1, "∂Loss/∂w₁₃ comes from ∂Loss/∂x₃ and x₁."),
        ("gradient", 2, "The others are found in the same way."),
        ("gradient", 3, "∂Loss/∂y₃ = ∂Loss/∂x₅ · w₃₅"),  # not asked for, and on the way
        ("update", 2, "from the old w₁₃ subtract the learning rate times its gradient."),
        ("update", 3, "w₁₃ ← w₁₃ − η · ∂Loss/∂w₁₃"),
    ],
)
def test_each_step_is_printed_at_the_end_and_tells_no_answer(ask, step, said):
    exercise = asked(ask, step)
    sheet = exercise.worksheet().sheet
    text = formats.render(sheet, Path("sheet.txt"))
    before, _, hints = text.rpartition("Hints for question 1:")
    assert said in " ".join(hints.split())
    assert "Hints" not in before
    assert leaks(exercise, sheet, TEXTS) == {}
    assert leaks(exercise, exercise.worksheet(fade=2).sheet, TEXTS) == {}


def test_hints_are_in_every_format():
    sheet = asked("gradient", 2).worksheet().sheet
    for ending in ENDINGS:
        assert "Hints for question 1:" in formats.render(sheet, Path(f"sheet{ending}"))


@pytest.mark.parametrize("step", ["0", "4", '"2"', "true"])
def test_a_step_that_there_is_not_is_refused(step):
    with pytest.raises(symnet.Mistake, match=r"question\[0\]\.hints is .*; it must be a whole number from 1 to 3"):
        asked("forward", step)


def test_a_question_without_numbers_has_no_hints():
    text = formats.render(asked("parameters", 2).worksheet().sheet, Path("sheet.txt"))
    assert "Hints" not in text


def test_hints_of_an_exam_name_its_questions():
    text = formats.render(symnet.together([asked("forward", 3), asked("loss_after", 3)]).sheet, Path("exam.txt"))
    assert text.count("Hints for question") == text.count("Hints for question 1:") + text.count("Hints for question 2:")
    hints = text.split("Hints for question 2:")[1]
    assert "x₅^new = w₃₅^new·y₃^new + w₄₅^new·y₄^new" in hints
    assert "Loss^new = (y₅^new − t)²/2" in hints


def test_the_hints_of_an_exam_stand_after_its_last_question():
    text = formats.render(symnet.together([asked("forward", 3), asked("loss_after", 3)]).sheet, Path("exam.txt"))
    second = text.index("2. ")
    assert second < text.index("Hints for question 1:") < text.index("Hints for question 2:")
