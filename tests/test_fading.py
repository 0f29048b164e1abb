"""Faded sheets: blanks in place of what is worked out, each of which ``check`` knows, and nothing that tells them."""

from pathlib import Path

import pytest
from course_sheets import FOLDER, SHEETS, read
from test_no_answers import TEXTS, leaks

import symnet
from symnet.notation.line import Line
from symnet.notation.maths import Blank, Boxed, Brackets, Root, Row, Script
from symnet.notation.maths import Fraction as Over
from symnet.notation.typesetter import number
from symnet.paper import formats
from symnet.paper.document import Answer, Beside, Table, Working
from symnet.paper.printing.text import maths
from symnet.sheets import worksheet
from symnet.sheets.fading import blanks_of
from symnet.working.work import Work

ALL_KINDS = ("forward", "gradient", "deltas", "derivative", "update", "batch", "updates", "table")
RELU = symnet.load(FOLDER / "relu.toml")
FADES = [path for path in SHEETS if any(question.ask in ALL_KINDS for question in read(path).questions)]
# Every number that is wrong is diagnosed, which takes long where there are a hundred.
FADES = [path for path in FADES if len(read(path).problem.network.equations) <= 30]
FADES += [FOLDER / "relu.toml"] * (FOLDER / "relu.toml" not in FADES)


def lines(blocks):
    """The lines of working in the answers that fade, or on a sheet."""
    for block in blocks:
        if isinstance(block, Answer) and block.fades:
            yield from lines(block.blocks)
        elif isinstance(block, Beside):
            for part in block.parts:
                yield from lines(part)
        elif isinstance(block, Working):
            yield from block.lines
        elif isinstance(block, Table) and block.wide:  # of updates: a line in each row
            titles = [title[0] for title in block.header]
            for cells in block.rows:
                steps = [("=", cells[titles.index(title)][0]) for title in ("working", "new") if cells[-1]]
                yield Line(cells[0][0], tuple(steps))


def filled_in(node, right):
    """The formula with the right number in every blank, and without the brackets round one."""
    match node:
        case Blank(_, key):
            return right(key)
        case Row(items):
            return Row(tuple(filled_in(item, right) for item in items))
        case Over(above, below):
            return Over(filled_in(above, right), filled_in(below, right))
        case Script(base, sub, Brackets(Blank() as blank)):  # an exponent to write in stands in brackets
            return Script(filled_in(base, right), sub, filled_in(blank, right))
        case Script(base, sub, sup):
            return Script(filled_in(base, right), sub, filled_in(sup, right) if sup is not None else None)
        case Brackets(body, left, end):
            return Brackets(filled_in(body, right), left, end)
        case Boxed(body) | Root(body):
            return type(node)(filled_in(body, right))
        case _:
            return node


def plain(node):
    """A formula as text, without brackets: a negative number needs some, and a blank in its place does not."""
    return maths(node).translate({ord(sign): None for sign in "()[] "})


class InLines(Work):
    """Sets everything in lines, as a faded sheet does, where a key may have a table."""

    is_faded = True


@pytest.mark.parametrize("path", FADES, ids=lambda path: path.stem)
def test_the_right_numbers_in_the_blanks_give_the_lines_of_the_key(path, monkeypatch):
    exercise = symnet.load(path)
    monkeypatch.setattr(worksheet, "Work", InLines)
    made = exercise.worksheet(fade=1)
    keys = {blank.key for blank in blanks_of(made.sheet.blocks)} - {""}
    assert keys
    verdicts = symnet.check(exercise, dict.fromkeys(keys, "0")).verdicts
    assert set(verdicts) == keys
    # The sheet has the chain rule in full for every name, for which the key must be asked where there are many.
    key = exercise.worksheet(full=list(exercise.problem.network.names)).key
    key_lines = {maths(line.lhs): [] for line in lines(key.blocks) if line.lhs is not None}
    for line in lines(key.blocks):
        if line.lhs is not None:
            key_lines[maths(line.lhs)].append({plain(node) for _, node in line.steps})

    def right(key):
        return number(verdicts[key].right, 6, exercise.problem.places)

    checked = 0
    for line in lines(made.sheet.blocks):
        for _, node in line.steps:
            blanks = list(blanks_of((Working((type(line)(None, (("=", node),)),)),)))
            if blanks and all(blank.key for blank in blanks):
                text = plain(filled_in(node, right))
                assert any(text in steps for steps in key_lines[maths(line.lhs)]), (maths(line.lhs), text)
                checked += 1
    # Of an array one entry is worked out for all.
    assert checked >= len(keys) / (4 if exercise.problem.arrays else 2)


@pytest.mark.parametrize("path", FADES, ids=lambda path: path.stem)
def test_no_level_tells_a_number_that_it_asks_for(path):
    exercise = read(path)
    for level in (1, 2, 3):
        assert leaks(exercise, exercise.worksheet(fade=level).sheet, TEXTS) == {}


def test_each_level_shows_less_and_all_formats_have_room_to_write(tmp_path):
    made = [RELU.worksheet(fade=level).sheet for level in (1, 2, 3)]
    first = [next(line for line in lines(sheet.blocks) if maths(line.lhs) == "∂Loss/∂w₁₃") for sheet in made]
    assert [[maths(node) for _, node in line.steps] for line in first] == [
        [
            "∂Loss/∂y₅ · ∂y₅/∂x₅ · ∂x₅/∂y₃ · ∂y₃/∂x₃ · ∂x₃/∂w₁₃",
            "(y₅ − t)·ReLU′(x₅)·w₃₅·ReLU′(x₃)·x₁",
            "(____ − 0)·____·2·____·1",
            "____",
        ],
        [
            "∂Loss/∂y₅ · ∂y₅/∂x₅ · ∂x₅/∂y₃ · ∂y₃/∂x₃ · ∂x₃/∂w₁₃",
            "(y₅ − t)·ReLU′(x₅)·w₃₅·ReLU′(x₃)·x₁",
            "_" * 20,
            "____",
        ],
        ["_" * 30],
    ]
    rules = {
        ".txt": "____",
        ".md": r"\underline{\rule{",
        ".ipynb": r"\\underline{\\rule{",
        ".tex": r"\underline{\rule{",
        ".typ": "blank(#",
        ".html": '<mtext class="blank">',
    }
    for ending, rule in rules.items():
        for sheet in made:
            assert formats.render(sheet, Path(f"sheet{ending}")).count(rule) >= 19


def test_the_key_is_the_same_whatever_is_faded():
    assert RELU.worksheet(fade=2).key == RELU.worksheet().key


def test_a_variant_fades_with_its_own_numbers_and_the_names_of_its_blanks(command, tmp_path):
    out, key = tmp_path / "sheet.txt", tmp_path / "key.csv"
    asked = ("worksheet", FOLDER / "relu.toml", "-o", out, "--key", key)
    assert command(*asked, "--variants", "2", "--salt", "s", "--fade", "1")[0] == 0
    for path in tmp_path.glob("sheet-*.txt"):
        text = path.read_text("utf-8")
        assert "____" in text
        assert "symnet check" not in text  # of the file, which has other numbers
    assert len(list(tmp_path.glob("sheet-*.txt"))) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-o", "sheet.html", "--fade", "2", "--self-study"), "exclude each other"),
        (("-o", "sheet.pdf", "--self-study"), "--self-study is for .html and .md, in which answers can be folded"),
        (("-o", "sheet.md", "--fade", "4"), "4 is not in the range 1<=x<=3"),
    ],
)
def test_what_cannot_be_together_is_said(command, options, said):
    code, _, err = command("worksheet", FOLDER / "relu.toml", *options)
    assert code == 2
    assert said in err


def test_a_sheet_without_numbers_to_work_out_cannot_fade():
    with pytest.raises(symnet.Mistake, match="none of the questions here has any"):
        symnet.load(FOLDER / "matrix-form.toml").worksheet(fade=1)
    with pytest.raises(symnet.Mistake, match="fade is for working by hand"):
        symnet.load(FOLDER / "fitting-a-curve.toml").worksheet(fade=1)
    with pytest.raises(symnet.Mistake, match="it must be 1, 2 or 3"):
        RELU.worksheet(fade=True)
