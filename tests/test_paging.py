"""What stays on one page: a question's words and formulas, and some of the room under them."""

import re
import shutil
import subprocess

import pytest

from symnet.notation.line import Line
from symnet.notation.maths import EQUALS, Letter, Number, row
from symnet.paper.document import Answer, Display, Document, Paragraph, Space, Table, Task, Working, hide
from symnet.paper.formats import latex, typst
from symnet.paper.paging import MOST_ROOM, statements

TASK, WORDS = Task(1, ("What is wrong?",)), Paragraph(("A text prints:",))
FORMULA = Display(row(Letter("x"), EQUALS, Number("1")))
LINES = Working(tuple(Line(Letter("x"), (("=", Number(str(i))),)) for i in range(6)))
TABLE = Table((("a",), ("b",)), ((("1",), ("2",)),))


def places(*blocks):
    return [list(found.places) for i, found in statements(blocks).items() if i == found.places[0]]


def test_a_statement_goes_from_the_task_to_its_last_formula_or_table():
    assert places(WORDS, TASK, WORDS, FORMULA, WORDS, LINES, Answer((), 3), TASK) == [[1, 2, 3, 4, 5]]
    assert places(TASK, TABLE, Space(3), TASK, FORMULA) == [[0, 1], [3, 4]]


def test_words_after_the_last_formula_are_apart_unless_they_belong_to_it():
    assert places(TASK, FORMULA, WORDS) == [[0, 1]]
    assert places(TASK, FORMULA, Paragraph(("where …",), of_formula=True)) == [[0, 1, 2]]


def test_a_task_alone_is_no_statement():
    assert not places(TASK, WORDS, Space(3), TASK)


def test_what_is_too_long_for_a_page_is_not_kept_on_one():
    assert places(TASK, *[LINES] * 3)
    assert not places(TASK, *[LINES] * 12)


def test_half_of_the_room_under_a_formula_is_kept_with_it():
    assert statements((TASK, FORMULA, Space(5)))[0].room == 2.5
    assert statements((TASK, FORMULA, Space(MOST_ROOM + 1)))[0].room == 0
    assert statements((TASK, TABLE, Space(5)))[0].room == 0
    for printed, unit in ((latex.render, r"\\(?:vspace|room)\{(.*?)cm\}"), (typst.render, r"(?:#v|#room)\((.*?)cm")):
        source = printed(Document("Room", (TASK, WORDS, FORMULA, Space(5), TASK)))
        body = source.split(r"\begin{document}")[-1].split("#title[")[-1]
        assert sum(map(float, re.findall(unit, body))) == 5


# -- on pages ---------------------------------------------------------------------------------------------------------


def sheet(lines_before):
    """A question after so many lines, in two lines of words and seven of formulas, and its answer."""
    lines = tuple(Paragraph((f"Line {i}.",)) for i in range(lines_before))
    answer = Answer((Paragraph(("The answer.",)), FORMULA), 4)
    return Document("Pages", (*lines, TASK, WORDS, FORMULA, Paragraph(("Here", " and")), LINES, answer))


def pages(pdf, tmp_path):
    path = tmp_path / "sheet.pdf"
    path.write_bytes(pdf)
    found = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True, timeout=60)
    return found.stdout.decode().split("\f")


@pytest.mark.parametrize("engine", ["typst", "latex"])
@pytest.mark.parametrize("hidden", [True, False])
def test_a_question_never_comes_apart_between_pages(engine, hidden, tmp_path):
    from symnet.paper.formats import pdf

    if shutil.which("pdftotext") is None or (engine == "latex" and shutil.which("pdflatex") is None):
        pytest.skip("pdftotext or pdflatex is not installed")
    if engine == "typst":
        pytest.importorskip("typst")
    apart = set()
    for before in (20, 24, 26, 28, 30, 32, 34, 36):
        document = hide(sheet(before)) if hidden else sheet(before)
        found = pages(pdf.render(document, engine), tmp_path)
        first = next(page for page in found if "What is wrong?" in page)
        assert "Here and" in first
        assert re.search(r"= *5", first)
        apart.add(found.index(first))
    assert apart == {0, 1}  # it did stand at the end of a page


@pytest.mark.parametrize("engine", ["typst", "latex"])
def test_room_that_a_page_has_not_goes_on_on_the_next(engine, tmp_path):
    from symnet.paper.formats import pdf

    if shutil.which("pdftotext") is None or (engine == "latex" and shutil.which("pdflatex") is None):
        pytest.skip("pdftotext or pdflatex is not installed")
    if engine == "typst":
        pytest.importorskip("typst")
    lines = tuple(Paragraph((f"Line {i}.",)) for i in range(24))
    document = Document("Pages", (*lines, TASK, TABLE, Space(20), Task(2, ("What is next?",))))
    path = tmp_path / "sheet.pdf"
    path.write_bytes(pdf.render(document, engine))
    found = subprocess.run(["pdftotext", "-bbox", str(path), "-"], capture_output=True, check=True, timeout=60)
    first, second = found.stdout.decode().split("<page ")[1:]
    assert "wrong?" in first
    assert float(re.search(r'yMin="([0-9.]+)"[^>]*>next\?', second)[1]) > 250  # points below the rest of the room


@pytest.mark.parametrize("engine", ["typst", "latex"])
def test_a_task_is_never_alone_at_the_foot_of_a_page(engine, tmp_path):
    from symnet.paper.formats import pdf

    if shutil.which("pdftotext") is None or (engine == "latex" and shutil.which("pdflatex") is None):
        pytest.skip("pdftotext or pdflatex is not installed")
    if engine == "typst":
        pytest.importorskip("typst")
    for before in range(30, 42, 2):
        lines = tuple(Paragraph((f"Line {i}.",)) for i in range(before))
        document = Document("Pages", (*lines, TASK, Answer((WORDS, FORMULA), 4)))
        found = pages(pdf.render(document, engine), tmp_path)
        assert "A text prints" in next(page for page in found if "What is wrong?" in page)
