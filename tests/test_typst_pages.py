"""Pages of Typst: nothing stands in their margins, and no page ends between things that belong together."""

import os
import re
import shutil
import subprocess
from io import BytesIO

import pypdf
import pytest
from course_sheets import SHEETS, made
from long_words import LONG_WORDS
from typst_made import DRAWING, EVERY_NODE, NEAR, X, Y, compiled, page_of, squeezed

from symnet.notation.line import Line
from symnet.notation.maths import EQUALS, PLUS, Arrow, Boxed, Letter, Matrix, Number, Root, Script, Word, joined, row
from symnet.paper.document import (
    Answer,
    Beside,
    Display,
    Document,
    Figure,
    Heading,
    Paragraph,
    Space,
    Table,
    Task,
    Working,
)
from symnet.paper.drawing import Drawing, Label
from symnet.paper.formats import pdf, typst

# -- the page ---------------------------------------------------------------------------------------------------------

MARGIN, PAPER_WIDTH, PAPER_HEIGHT = 2.2 * 72 / 2.54, 595.3, 841.9
BELOW = 1.9 * 72 / 2.54


BLANK_BEFORE, BLANK_BEHIND = (
    tuple("「『（《【〔“‘"),
    tuple("，。、；：」』）》】〕”’"),
)  # signs of an em, ink in one half


def outside(made, folder):
    """The words that stand in the margins, as poppler finds them."""
    if shutil.which("pdftotext") is None:
        if "CI" in os.environ:
            pytest.fail("pdftotext is not installed, and here it must be")
        pytest.skip("pdftotext is not installed; on Debian: apt-get install poppler-utils")
    file = folder / "page.pdf"
    file.write_bytes(made)
    boxes = subprocess.run(["pdftotext", "-bbox", file, "-"], capture_output=True, check=True).stdout.decode(
        "utf-8", "replace"
    )
    found = []
    for word in re.finditer(r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>', boxes):
        left, top, right, bottom = (float(word[i]) for i in range(1, 5))
        # At the ends of a line Typst lets the blank half of such a sign stand over.
        half = 0.45 * (bottom - top)
        left += half * word[5].startswith(BLANK_BEFORE)
        right -= half * word[5].endswith(BLANK_BEHIND)
        is_page_number = bottom > PAPER_HEIGHT - BELOW and word[5].isdigit()
        inside = left > MARGIN - 3 and right < PAPER_WIDTH - MARGIN + 3 and bottom < PAPER_HEIGHT - BELOW + 8
        if not inside and not is_page_number:
            found.append((word[5], left, top, right, bottom))
    return found


@pytest.mark.parametrize("kind", ["sheet", "key"])
@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_a_sheet_compiles_as_pdf_ua_with_nothing_in_the_margins(path, kind, tmp_path):
    worksheet = made(path)
    assert not outside(compiled(typst.render(getattr(worksheet, kind))), tmp_path)


@pytest.mark.usefixtures("fonts")
def test_no_word_is_too_long_for_a_page(tmp_path):
    papers = [
        Document(words, (Paragraph((words,)), Heading((words,)), Task(1, (words,)))) for words in LONG_WORDS.values()
    ]
    assert not outside(pdf.render_together(papers, "typst"), tmp_path)


LONG = "A title that goes on and on " * 11
TERMS = [row(Script(Letter("weight"), Number(str(i))), NEAR, Script(X, Number(str(i)))) for i in range(1, 41)]
SUM = joined(TERMS, PLUS)
WIDE = {
    "a long title": (LONG, (Paragraph((LONG,)), Task(1, (LONG,), "2"), Heading((LONG,)))),
    "a long word": ("W" * 300, (Paragraph(("W" * 300,)), Task(1, ("W" * 300,)), Table((("W" * 99,),), (((X,),),)))),
    "a long sum": ("Sum", (Display(SUM), Working((Line(Y, (("=", SUM), ("=", Number("3")))),)), Paragraph((SUM,)))),
    "what cannot be broken": ("Sum", (Display(Root(SUM)), Working((Line(Y, (("=", Boxed(SUM)),), why="because"),)))),
    "a long name": ("Name", (Display(Letter("a" * 200)), Working((Line(Letter("a" * 99), (("=", X),)),)))),
    "long names in a line": ("Name", (Paragraph((row(Letter("a" * 200), EQUALS, X), "; ", row(*[X] * 200), " end")),)),
    "a table of long names": ("Name", (Table((("a",), ("b",)), (((Letter("a" * 90),), (Letter("b" * 90),)),)),)),
    "a table of long numbers": ("Numbers", (Table((("a",),) * 12, ((("12345.678901",),) * 12,) * 30),)),
    "a long reason": ("Reason", (Working((Line(Y, (("=", X),), why="because " * 20),)),)),
    "a wide matrix": ("Matrix", (Display(Matrix(((Number("123.45678"),) * 20,) * 3)),)),
    "a wide table": ("Table", (Table((("column",),) * 12, ((("1.23456",),) * 12,) * 30, frozenset({3})),)),
    "many narrow tables": ("Table", (Table((("name",), ("value",)), (((X,), ("12345.678901",)),) * 60),)),
    "a wide figure": ("Figure", (Figure(Drawing(2000, 300, (Label(1990, 150, "end"),)), "wide", ("caption",)),)),
    "a high figure": ("Figure", (Figure(Drawing(300, 3000, (Label(150, 2990, "end"),)), "high", ("caption",)),)),
}  # fmt: skip


@pytest.mark.parametrize("name", WIDE)
def test_nothing_long_stands_in_the_margins(name, tmp_path):
    title, blocks = WIDE[name]
    assert not outside(page_of(*blocks, Answer(blocks, 3), title=title), tmp_path)


def test_what_stands_in_the_margins_is_noticed(tmp_path):
    title = '#set document(title: "t")\n#set page(paper: "a4", margin: 2.2cm)\n#title[t]\n'
    assert outside(compiled(title + "#box(width: 17.5cm)[a #h(1fr) b]"), tmp_path)
    assert not outside(compiled(title + "text"), tmp_path)


def test_a_page_of_every_node_compiles_as_pdf_ua(tmp_path):
    lines = tuple(Line(Word(name), (("=", node),)) for name, node in EVERY_NODE.items())
    words = Paragraph(tuple(part for node in EVERY_NODE.values() for part in (node, " and ")))
    made = page_of(Working(lines), words, Table((("a",),), tuple(((node,),) for node in EVERY_NODE.values())))
    assert not outside(made, tmp_path)
    assert len(pypdf.PdfReader(BytesIO(made)).pages) >= 3


# -- where pages end --------------------------------------------------------------------------------------------------


def pages_of(*blocks):
    return [squeezed(page.extract_text()) for page in pypdf.PdfReader(BytesIO(page_of(*blocks))).pages]


def where(pages, words):
    """The page on which the words stand."""
    return next(i for i, page in enumerate(pages) if words in page)


def lines(count, start=100):
    return tuple(Line(X, (("=", Number(str(start + i))),)) for i in range(count))


FIRST, LAST = Line(None, (("=", Word("FIRST")),)), Line(None, (("=", Word("LAST")),))
TOGETHER = {
    "a heading and its words": (Heading(("FIRST",)), Paragraph(("LAST",))),
    "a task and its working": (Task(1, ("FIRST",)), Working((*lines(3), LAST))),
    "a task and its answer": (Task(1, ("FIRST",)), Answer((Paragraph(("LAST",)),), 2)),
    "a task and its table": (Task(1, ("FIRST",)), Table((("a",),), ((("b",),), (("LAST",),)))),
    "words and the formula they announce": (Paragraph(("FIRST",)), Working((LAST,))),
    "words and the table they announce": (Paragraph(("FIRST",)), Table((("a",),), ((("b",),), (("LAST",),)))),
    "chains and their working": (Display(row(Word("FIRST"), Arrow(), X)), Display(X), Working((*lines(2), LAST))),
    "a working and its reasons": (Working((FIRST, *lines(3))), Paragraph(("LAST",), of_formula=True)),
    "a short working": (Working((FIRST, *lines(8), LAST)),),
    "a figure and its caption": (Paragraph(("FIRST",)), Figure(DRAWING, "a drawing", ("LAST",))),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_no_page_ends_between(name):
    """The blocks are moved down in small steps over the end of a page."""
    turned = set()
    for room in (16, 19, 20.5, 21.5, 22, 22.5, 23, 23.5, 24):
        pages = pages_of(Space(room), *TOGETHER[name])
        first = where(pages, "FIRST")
        assert first == where(pages, "LAST")
        turned.add(first)
    assert turned == {0, 1}, "the end of the page was not passed over"


def test_the_header_of_a_table_is_repeated_on_every_page():
    rows = tuple(((str(i),), ("b",), ("c",), ("d",)) for i in range(70))
    pages = pages_of(Table((("HEADER",), ("b",), ("c",), ("d",)), rows))
    assert len(pages) >= 2
    assert all("HEADER" in page for page in pages)


def test_a_table_goes_on_beside_itself_only_where_its_column_of_the_page_has_room():
    """Two pieces of which a column has room for one would be squeezed until their headers lie on each other."""
    header, rows = (("W",), ("1",), ("2",)), tuple(((str(i),), (), ()) for i in range(8))
    to_fill = Table(header, rows, frozenset({1, 2}))
    assert "grid(columns: 2, column-gutter: 1em" in typst.render(Document("Title", (to_fill,), ""))
    alone = Table((("W",), ("1",)), (((" ",), ()),), frozenset({1}))
    columns = typst.render(Document("Title", (Beside(((alone,), (to_fill,))),), ""))
    assert "#beside(2)" in columns
    assert columns.count("table(columns") == 2


def test_a_long_working_goes_on_on_the_next_page():
    wide = tuple(Line(X, (*line.steps, ("=", Word("m" * 30)))) for line in lines(30))  # too wide for two columns
    pages = pages_of(Space(15), Working(wide))
    assert "x=100" in pages[0]
    assert "x=129" in pages[1]


def test_room_right_under_a_task_is_not_split():
    pages = pages_of(Space(15), Task(1, ("FIRST",)), Space(8), Paragraph(("AFTER",)))
    assert where(pages, "FIRST") == where(pages, "AFTER") == 1


def test_room_under_a_table_goes_on_on_the_next_page():
    table = Table((("a",), ("b",)), ((("TABLE",), ("b",)),))
    pages = pages_of(
        Space(15), Task(1, ("FIRST",)), table, Space(8), Paragraph(("AFTER",)), Space(19), Paragraph(("END",))
    )
    assert (where(pages, "TABLE"), where(pages, "AFTER"), where(pages, "END")) == (0, 1, 1)
    pages = pages_of(
        Space(15), Task(1, ("FIRST",)), table, Space(8), Paragraph(("AFTER",)), Space(24), Paragraph(("END",))
    )
    assert (where(pages, "TABLE"), where(pages, "AFTER"), where(pages, "END")) == (0, 1, 2)


def test_room_at_the_end_makes_no_empty_page():
    assert len(pages_of(Space(15), Paragraph(("FIRST",)), Space(12))) == 1
