"""Markdown, read by a CommonMark parser that knows nothing of maths: formulas and words come out as they went in."""

import re
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import pytest
from course_sheets import made, read
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import symnet
from symnet.notation.line import Line
from symnet.notation.maths import (
    Accent,
    Arrow,
    Boxed,
    Brackets,
    Cases,
    Fraction,
    Letter,
    Matrix,
    Number,
    Operator,
    Root,
    Row,
    Script,
    Times,
    Word,
)
from symnet.paper.document import Document, Figure, Folded, Heading, Paragraph, Table, Task, Working
from symnet.paper.drawing import Circle, Drawing
from symnet.paper.formats import markdown
from symnet.paper.printing.mathjax import maths

WORKSHEETS = sorted((Path(__file__).parent.parent / "worksheets").glob("*.toml"))
FORMULA = re.compile(r"\$\$\n(.*?)\n\$\$|\$([^$\n]+?)\$", re.DOTALL)


def parsed(text):
    """(the kinds of token, the text as shown) of a file, by CommonMark with GitHub's tables and strikethrough."""
    kinds, shown = set(), []
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        kinds.add(token.type)
        for child in token.children or ():
            kinds.add(child.type)
            shown.append("\n" if child.type == "softbreak" else child.content if child.type == "text" else "")
        if token.type == "html_block":
            shown.append(token.content)
        shown.append("\n" if token.type.endswith("_close") else "")
    return kinds, "".join(shown)


def words_of(text):
    """The text as any format prints it: on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@pytest.mark.parametrize("path", WORKSHEETS, ids=lambda path: path.stem)
@pytest.mark.parametrize("style", ["paths", "deltas"])
def test_formulas_of_every_worksheet_pass_through_markdown_as_they_stand(path, style):
    worksheet = read(path).worksheet(style=style)
    for document in (worksheet.key, worksheet.sheet):
        text = markdown.render(document)
        kinds, shown = parsed(text)
        formulas = [found[0] for found in FORMULA.finditer(text)]
        assert formulas or "Name" in text
        assert [found[0] for found in FORMULA.finditer(shown)] == formulas
        # Nothing becomes a list, code or a link; the only tags are ours.
        assert not kinds & {"bullet_list_open", "ordered_list_open", "code_block", "code_inline", "link_open", "hr"}
        assert not kinds & {"fence", "blockquote_open", "s_open", "image", "hardbreak", "lheading_open"}


@pytest.mark.parametrize("path", WORKSHEETS, ids=lambda path: path.stem)
def test_a_student_is_shown_no_answer(path):
    worksheet = made(path)
    sheet, key = markdown.render(worksheet.sheet), markdown.render(worksheet.key)
    assert "Answer key" not in sheet
    assert "Name:" in sheet
    assert "Answer key" in key
    for block in worksheet.key.blocks:
        if isinstance(block, Table):
            answers = [cells[i] for cells in block.rows for i in block.blank if cells[i]]
            assert not answers or markdown._table(block) in key
            assert not answers or markdown._table(block) not in sheet


def test_the_key_has_the_derivation_and_its_numbers():
    text = markdown.render(symnet.load(WORKSHEETS[0].parent / "relu.toml").worksheet().key)
    assert r"{} & = (10 - 0) \cdot 1 \cdot 2 \cdot 1 \cdot 1 = 20" in text
    assert r"| $\partial \mathit{Loss}/\partial w_{13}$ | $20$ |" in text
    assert "$$\n\\begin{aligned}\nx_{3} & = " in text


def test_points_stand_after_the_question():
    shown = markdown.render(Document("T", (Task(1, ("What is ", Letter("x"), "?"), "4"), Task(2, ("And y?",), "1"))))
    assert "**1.** What is $x$? *(4 points)*" in shown
    assert "**2.** And y? *(1 point)*" in shown


def test_formulas_are_between_empty_lines():
    text = markdown.render(Document("T", (Paragraph(("Words",)), Working((Line(Letter("x"), (("=", Number("1")),)),)))))
    assert "\n\n$$\n\\begin{aligned}\nx & = 1\n\\end{aligned}\n$$\n" in text


# -- what a person types ----------------------------------------------------------------------------------------------

ANYTHING = st.text(
    st.one_of(
        st.sampled_from("\\`*_{}[]()<>#+-.!|~$&:^@=%'\"/0123456789 \n\tabwhtps"),
        st.characters(exclude_categories=("Cs",)),
    ),
    max_size=60,
)
NASTY = (
    "*a* _b_ **c** `d` ~~e~~ ~f~ ^g^",
    "[link](https://example.org) ![image](x.png) <https://example.org> [x]: y",
    "<script>alert(1)</script> <b>bold</b> <!-- no --> &lt; &#60; &copy;",
    "$x$ $$y$$ \\(z\\) \\[z\\] \\begin{align} $5 and $6",
    "- item", "+ item", "1. item", "12) item", "# heading", "> quote", "    code", "---", "===", "***", "| a | b |",
    "a\\", "a  ", "\\*", "``` math", "~~~", "%title", ": definition", "[^1]", "{#id}", "@name", "a|b", "a #", "<",
    "https://example.org www.example.org",
)  # fmt: skip
OURS = {
    "heading_open", "heading_close", "paragraph_open", "paragraph_close", "inline", "text", "strong_open",
    "strong_close", "em_open", "em_close", "softbreak",
}  # fmt: skip


def stands_as_typed(typed):
    """Wherever a person's words may stand they come out as typed, and nothing in them is active."""
    document = Document(
        typed, (Heading((typed,)), Paragraph((typed,)), Task(1, (typed,), ""), Paragraph(("z ", typed)))
    )
    text = markdown.render(document)
    kinds, shown = parsed(text)
    words = words_of(typed)
    lines = [" ".join(line.split()) for line in shown.split("\n")]
    assert kinds - OURS <= {"html_inline"}
    tags = set(re.findall(r"<[^>\\]*>", re.sub(r"\\<|\\>", "", text)))
    assert tags <= {"<span>", "</span>"}
    assert lines[0].strip() == words
    assert shown.count("_" * 30) >= 1
    rest = [line for line in lines if line][2 if words else 1 :]
    assert rest == ([words, words] if words else []) + [f"1. {words}".strip(), f"z {words}".strip()]
    assert "$" not in text.replace("<span>\\$</span>", "")
    assert "em_open" not in kinds


@pytest.mark.parametrize("typed", NASTY)
def test_no_markup_of_a_person_is_active(typed):
    stands_as_typed(typed)


@given(ANYTHING)
@settings(max_examples=300, deadline=None)
def test_whatever_a_person_types_comes_out_as_typed(typed):
    stands_as_typed(typed)


@given(ANYTHING, ANYTHING)
@settings(max_examples=150, deadline=None)
def test_cells_of_a_table_stay_in_their_columns(one, other):
    table = Table((("a",), ("b",)), (((one,), (other, Letter("x"), Word("|"), Brackets(Number("1"), "|", "|"))),))
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown.render(Document("T", (table,))))
    assert sum(token.type == "td_open" for token in tokens) == 2
    cells = [token for token in tokens if token.type == "inline"][-2:]
    shown = ["".join(c.content for c in cell.children if c.type == "text") for cell in cells]
    assert " ".join(shown[0].split()) == words_of(one)
    assert " ".join(shown[1].split()).endswith("$x\\vert \\left\\vert 1\\right\\vert$")


# -- any formula ------------------------------------------------------------------------------------------------------

_TEXTS = st.text(st.sampled_from("abcxyzABW0123_ αδΩε′,.:;=<>|*[]{}()#$%&~^\\`!é中-+"), min_size=1, max_size=8)
_ATOMS = st.one_of(
    st.builds(Number, st.sampled_from(["0", "1", "12.5", "0.001"])),
    st.builds(Letter, _TEXTS),
    st.builds(Word, _TEXTS),
    st.builds(Operator, st.sampled_from("+−=·∘≈≤≥<>←→,*|"), st.booleans()),
    st.builds(Times, st.booleans()),
)


def _larger(part):
    return st.one_of(
        st.builds(lambda items: Row(tuple(items)), st.lists(part, min_size=1, max_size=4)),
        st.builds(Fraction, part, part),
        st.builds(Script, part, st.none() | part, st.none() | part | st.just(Word("′"))),
        st.builds(lambda body, pair: Brackets(body, *pair), part, st.sampled_from(["()", "[]", "||", "{}"])),
        st.builds(Root, part),
        st.builds(Accent, part, st.sampled_from(["hat", "bar", "tilde", "dot"])),
        st.builds(Boxed, part),
        st.builds(Arrow, st.none() | part),
        st.builds(lambda a, b: Cases(((a, b), (b, Word("otherwise")))), part, part),
        st.builds(lambda a, b: Matrix(((a, b), (b, a))), part, part),
    )


@given(st.recursive(_ATOMS, _larger, max_leaves=12))
@settings(max_examples=400, deadline=None)
def test_any_formula_passes_through_markdown_as_it_stands(node):
    latex = maths(node).strip()
    for text in (f"a ${latex}$, b ${latex}$ c", f"$$\n\\begin{{aligned}}\nx & = {latex}\n\\end{{aligned}}\n$$"):
        kinds, shown = parsed(text)
        assert kinds <= {"paragraph_open", "paragraph_close", "inline", "text", "softbreak"}
        assert re.sub(" *\n", "\n", shown.strip()) == re.sub(" *\n", "\n", text)
    # A backslash stands before letters, or before the space that an underline is drawn under.
    assert not re.findall(r"\\(?![A-Za-z ])", latex)
    assert not re.findall(r"[*`~#<>$!\[\]|]", latex)


@given(_TEXTS)
def test_braces_of_any_name_are_closed(text):
    latex = maths(Script(Letter(text), Word(text)))
    depth = 0
    for c in latex:
        depth += (c == "{") - (c == "}")
        assert depth >= 0
    assert depth == 0


# -- figures ----------------------------------------------------------------------------------------------------------


class _Images(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("words", ["A unit.", '"><script>alert(1)</script>', "a *b* [c](d)", "two\n\nlines"])
def test_a_figure_is_in_the_file_and_in_words(words):
    figure = Figure(Drawing(40, 40, (Circle(20, 20, 10),)), words, ("Caption of ", Letter("x")))
    text = markdown.render(Document("T", (figure, Paragraph(("after",)))))
    reader = _Images()
    reader.feed(text.split("\n\n")[2])
    ((tag, attributes),) = reader.found
    assert tag == "img"
    assert attributes["alt"] == " ".join(words.split())
    kind, _, data = attributes["src"].partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert b64decode(data).startswith(b"<svg ")
    assert b"<circle" in b64decode(data)
    kinds, shown = parsed(text)
    assert f"Figure: {' '.join(words.split())}" in shown
    assert "Caption of $x$" in shown
    assert "link_open" not in kinds


def test_folded_answers_open_on_a_click():
    text = markdown.render(Document("T", (Folded((Paragraph(("x is 1",)),)),)))
    assert "<details>\n<summary>Answer</summary>\n\nx is 1\n\n</details>" in text


def test_the_command_writes_both_files(command, tmp_path):
    sheet, key = tmp_path / "s.md", tmp_path / "k.md"
    code, _, err = command("worksheet", WORKSHEETS[0].parent / "relu.toml", "-o", sheet, "--key", key)
    assert (code, err) == (0, "")
    assert sheet.read_text().startswith("# One step of gradient descent through a 2-2-1 ReLU network\n")
    assert "**Answer key**" in key.read_text()
