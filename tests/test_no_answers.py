"""A student's sheet holds no answers: in no format, of no variant, on no faded sheet."""

from pathlib import Path

import pytest
from answers_told import answers, told_in

import symnet
from symnet.sheets import formats
from symnet.sheets.document import Answer, Table

FOLDER = Path(__file__).parent.parent / "worksheets"
SHEETS = sorted(FOLDER.glob("*.toml"))
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
    exercise = symnet.load(path)
    sheet = exercise.worksheet().sheet
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
