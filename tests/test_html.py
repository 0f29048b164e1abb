"""Pages: one file that fetches and runs nothing, and that says its text to whoever reads it."""

import json
import re
import unicodedata
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

import pytest
from course_sheets import SHEETS, made, read
from html_pages import NASTY, Page, document_of
from hypothesis import given, settings
from hypothesis import strategies as st

from symnet.exercises.reader import loads
from symnet.notation.maths import Letter
from symnet.paper.document import Display, Document, Figure, Table, fold
from symnet.paper.drawing import Drawing
from symnet.paper.formats import html
from symnet.sheets.exam import together

GRID = re.compile(
    r"<table[^>]*>\n<thead><tr><th[^>]*><math>(?:(?!</math>).)*</math></th>(?:<th[^>]*>[0-9]+</th>)*</tr></thead>.*?</table>",
    re.DOTALL,
)
ELEMENTS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "h2",
        "h3",
        "p",
        "div",
        "span",
        "b",
        "bdi",
        "wbr",
    ),
    *("table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "details", "summary"),
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "msub", "msup", "msubsup"),
    *("munder", "mover", "munderover", "mtable", "mpadded", "mphantom", "mtr", "mtd"),
    *("svg", "line", "rect", "circle", "polygon", "polyline", "text", "tspan"),
}


parsed = lru_cache(maxsize=4)(Page)  # the two pages of a worksheet are read by one test after another


@pytest.fixture(scope="module", params=SHEETS, ids=lambda path: path.stem)
def pages(request):
    """The student's page and the key."""
    key = made(request.param).key
    return html.render(fold(key)), html.render(key)


# -- one file ----------------------------------------------------------------------------------------------------------


def test_page_fetches_nothing_and_runs_nothing(pages):
    for text in pages:
        page = parsed(text)
        assert {tag for tag, _, _ in page.elements} <= ELEMENTS
        for _, attributes, _ in page.elements:
            assert not {"src", "href", "srcset", "action", "data", "poster", "xlink:href"} & set(attributes)
            assert not any(name.startswith("on") for name in attributes)
        addresses = re.findall(r"url\(([^)]*)\)", text)
        assert len(addresses) == 2
        assert all(address.startswith("data:font/woff2;base64,") for address in addresses)
        assert "@import" not in text
        assert "default-src 'none'" in text
        assert set(re.findall(r"https?://[^\s\"']*", text)) <= {"http://www.w3.org/2000/svg"}


def test_page_is_not_large(pages):
    for text in pages:
        own = len(html._style())
        assert own < 75_000
        assert len(text.encode()) - own < 150_000


def test_page_has_a_language_a_title_and_room_for_a_telephone(pages):
    for text in pages:
        assert text.startswith("<!DOCTYPE html>\n")
        page = parsed(text)
        assert page.elements[0][:2] == ["html", {"lang": "en"}]
        assert page.texts("title")[0].startswith(page.texts("h1")[0])
        meta = {attributes.get("name"): attributes.get("content") for _, attributes, _ in page.all("meta")}
        assert meta["viewport"] == "width=device-width, initial-scale=1"
        assert len(page.all("main")) == 1


def test_headings_go_down_a_step_at_a_time(pages):
    for text in pages:
        levels = [int(tag[1]) for tag, _, _ in parsed(text).all("h1", "h2", "h3", "h4")]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_several_exercises_have_headings_of_their_own():
    exercises = [read(path) for path in SHEETS if path.stem in ("relu", "one-neuron")]
    headings = Page(html.render(together(exercises).key)).all("h1", "h2", "h3")
    assert [text for tag, _, text in headings if tag == "h2"] == [exercise.title for exercise in exercises]
    assert headings[2][0] == "h3"
    assert headings[2][2].startswith("1. ")


def test_tables_say_what_their_columns_are(pages):
    for text in pages:
        page = parsed(text)
        assert all(attributes == {"scope": "col"} and title.strip() for _, attributes, title in page.all("th"))
        assert len(page.all("thead")) == len(page.all("table"))


def test_students_unfold_the_answers_and_the_key_has_them_open(pages):
    student, key = map(parsed, pages)
    assert len(student.all("details")) == len(student.all("summary"))
    assert not key.all("details")
    answers = [element for element in key.elements if element[1].get("class") == "answer" and element[2].strip()]
    assert bool(answers) == bool(student.all("details"))
    assert [text for _, attributes, text in key.elements if attributes.get("class") == "note"] == ["Answer key"]
    assert all(attributes.get("class") != "note" for _, attributes, _ in student.elements)


def test_folded_answers_are_those_of_the_key(pages):
    """Every formula of the key is on the student's page, which has beside them only empty cells and what opens them."""
    # In place of a matrix of the key there is a grid to write it in, with a heading and numbers of its own.
    pages = [GRID.sub("", pages[0]), pages[1]]
    student, key = (re.findall(r"<math.*?</math>", text) for text in pages)
    assert set(student) == set(key)
    # A figure may be an empty one, to fill in.
    pages = [re.sub(r"<summary>.*?</summary>|<svg.*?</svg>", "", text, flags=re.DOTALL) for text in pages]
    words = [Page(re.sub(r"</(td|th|p|div|h\d)>", r"\g<0> ", text)).text.split() for text in pages]
    assert set(words[0]) - set(words[1]) <= {"Name:"}
    assert set(words[1]) - set(words[0]) <= {"Answer", "key"}


def test_columns_to_fill_in_are_empty_cells():
    table = Table((("a",), ("b",)), ((("1",), ("2",)),), frozenset({1}))
    student = Page(html.render(fold(Document("T", (table,)))))
    cells = [(attributes.get("class"), text) for _, attributes, text in student.all("td")]
    assert cells == [(None, "1"), ("blank", ""), (None, "1"), ("answer", "2")]
    assert student.texts("summary") == ["Answer"]


def test_pictures_say_what_they_show(pages):
    for text in pages:
        page = parsed(text)
        for at, (tag, attributes, _) in enumerate(page.elements):
            if tag == "svg":
                assert attributes["role"] == "img"
                assert page.elements[at + 1][0] == "title"
                assert page.elements[at + 1][2].strip()


def test_words_of_a_picture_are_its_title():
    words = 'a "quoted" <b>'
    page = html.render(Document("T", (Figure(Drawing(10, 10, ()), words),)))
    assert Page(page).texts("title") == ["T", words]


def test_fonts_and_their_licence_are_in_the_package():
    fonts = files("symnet.paper.formats").joinpath("fonts")
    for name in ("symnet-math.woff2", "symnet-italic.woff2"):
        assert fonts.joinpath(name).read_bytes()[:4] == b"wOF2"
    assert "GUST Font License" in fonts.joinpath("GUST-FONT-LICENSE.txt").read_text()


def test_worksheet_command_writes_the_page_and_the_key_and_folds_answers_when_told(command, tmp_path):
    sheet, key = tmp_path / "sheet.html", tmp_path / "key.html"
    file = next(path for path in SHEETS if path.stem == "relu")
    assert command("worksheet", file, "-o", sheet, "--key", key)[0] == 0
    assert "<details" not in sheet.read_text("utf-8")
    assert "Answer key" in key.read_text("utf-8")
    assert command("worksheet", file, "-o", sheet, "--self-study")[0] == 0
    assert "<details" in sheet.read_text("utf-8")


# -- colours -----------------------------------------------------------------------------------------------------------


def _luminance(colour):
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """As WCAG 2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_text_is_read_easily_by_day_and_by_night():
    css = html._style()
    themes = [dict(re.findall(r"--([a-z]+):(#[0-9a-f]{6})", found)) for found in re.findall(r":root\{(.*?)\}", css)]
    assert len(themes) == 2
    assert _luminance(themes[0]["paper"]) > 0.9
    assert _luminance(themes[1]["paper"]) < 0.05
    for theme in themes:
        for ground in ("paper", "shade"):
            for ink in ("ink", "muted", "answer", "dead", "gradient", "path"):
                assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)
        assert contrast(theme["line"], theme["paper"]) >= 3
    # No colour stands outside the variables.
    assert not re.search(r"(?<![\w-])#[0-9a-f]{3,8}\b", html._rules())
    assert set(re.findall(r"var\(--([a-z]+)\)", html._rules())) - {"width", "room", "columns"} <= set(themes[0])


# -- whatever somebody types -------------------------------------------------------------------------------------------


def plain(text):
    """The text as a page can hold it."""
    return "".join(" " if _is_control(c) or _is_noncharacter(c) else c for c in text)


def _is_control(c):
    return unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"


def _is_noncharacter(c):
    return ord(c) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(c) <= 0xFDEF


def _shape(text):
    return [(tag, sorted(attributes)) for tag, attributes, _ in Page(html.render(document_of(text))).elements]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_nasty_text_is_text(text):
    _is_only_text(text)


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=1, alphabet=st.characters(exclude_characters="\r")))
def test_any_text_is_text(text):
    _is_only_text(text)


def _is_only_text(text):
    rendered = html.render(document_of(text))
    page = Page(rendered)
    shown = plain(text)
    ours = {"span", "bdi", "mtext", "mi", "mo", "math", "wbr"}  # what surrounds words depends on the words
    shape = [(tag, sorted(attributes)) for tag, attributes, _ in page.elements if tag not in ours]
    expected = [(tag, attributes) for tag, attributes in _shape("words") if tag not in ours]
    assert [tag for tag, _ in shape] == [tag for tag, _ in expected]
    for (_, attributes), (_, usual) in zip(shape, expected, strict=True):
        assert set(attributes) <= {*usual, "class", "tabindex"}
    assert page.texts("title")[0] == f"{shown} — {shown}"
    assert page.texts("h1") == [shown]
    assert page.texts("h2") == [shown]
    assert page.texts("p")[1] == f"{shown}x{shown}"
    assert page.texts("th")[0] == shown
    assert page.texts("figcaption") == [shown]
    assert [found for _, attributes, found in page.elements if attributes.get("class") == "why"] == [shown]
    assert "\x00" not in rendered
    rendered.encode("utf-8")


def test_text_from_right_to_left_keeps_to_itself():
    assert "<bdi>" in html.render(Document("\u202egpj.exe", ()))
    assert "<h1><bdi>" in html.render(Document("עברית 1", ()))
    assert "<bdi>" not in html.render(Document("déjà 2-2-1", ()))


def test_an_exercise_full_of_markup_is_words():
    bad = "<script>alert('x')</script> & </style> \u202e"
    exercise = loads(f"""
title = {json.dumps(bad)}
introduction = {json.dumps(bad)}
learning_rate = 0.1
[given]
x = 1
[parameters]
w = 2
[equations]
L = "(w*x)^2/2"
[[question]]
ask = "gradient"
text = {json.dumps(bad)}
""")
    page = Page(html.render(exercise.worksheet().key))
    assert page.texts("h1") == [bad]
    assert page.texts("p")[1] == bad
    assert not page.all("script")
    assert bad in page.texts("h2")[0]


# -- pieces for other pages --------------------------------------------------------------------------------------------


def test_fragment_is_one_element_with_its_own_style_and_no_font():
    blocks = made(SHEETS[0]).key.blocks
    piece = html.fragment(blocks)
    page = Page(piece)
    assert page.elements[0][:2] == ["div", {"class": "symnet"}]
    assert piece.count('class="symnet"') == 1
    assert not page.all("html", "head", "body", "main", "title", "script") or page.all("svg")
    assert "@font-face" not in piece
    assert "prefers-color-scheme" not in piece
    for selectors in re.findall(
        r"(?:^|\})\s*([^{}@/]+)\{", re.sub(r"/\*.*?\*/", "", page.texts("style")[0], flags=re.S)
    ):
        assert ".symnet" in selectors, selectors


def test_fragment_takes_any_blocks():
    assert "<math" in html.fragment(block for block in [Display(Letter("x"))])


def test_formula_is_mathml_alone():
    assert html.formula(Letter("x")) == '<math displaystyle="true"><mi>x</mi></math>'
