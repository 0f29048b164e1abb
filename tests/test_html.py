"""Pages: one file that fetches and runs nothing, that says its text to whoever reads it, in a real browser too."""

import json
import re
import shutil
import subprocess
import unicodedata
from functools import cache, lru_cache
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise

import pytest
from course_sheets import FOLDER, SHEETS, made, read
from hypothesis import given, settings
from hypothesis import strategies as st
from installed_fonts import with_some_font

from symnet.exercises.reader import loads
from symnet.notation.line import Line
from symnet.notation.maths import (
    DOT,
    EQUALS,
    NEGATIVE,
    PARTIAL,
    PLUS,
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
    Script,
    Word,
    row,
)
from symnet.paper.breaking import Half
from symnet.paper.document import (
    Answer,
    Display,
    Document,
    Figure,
    Folded,
    Heading,
    Paragraph,
    Space,
    Table,
    Task,
    Working,
    fold,
)
from symnet.paper.drawing import Drawing, Label
from symnet.paper.formats import html
from symnet.sheets.exam import together

VOID = {"meta", "wbr", "br", "img"}
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
BROWSER = next(filter(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome")), None)
in_a_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium here (apt-get install chromium)")


class Page(HTMLParser):
    """Elements as (name, attributes, text in them), their order, and whether every one is closed."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.open, self.text = [], [], ""
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        assert len(dict(attributes)) == len(attributes), "an attribute twice"
        self.elements.append([tag, dict(attributes), ""])
        if tag not in VOID:
            self.open.append(self.elements[-1])

    def handle_startendtag(self, tag, attributes):
        self.elements.append([tag, dict(attributes), ""])

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        for element in self.open:
            element[2] += data
        if not any(element[0] in ("style", "title") for element in self.open):
            self.text += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def all(self, *tags):
        return [element for element in self.elements if element[0] in tags]

    def texts(self, *tags):
        return [text for _, _, text in self.all(*tags)]


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

NASTY = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"'&amp;&lt;<b>&",
    "]]><!-- --!><![CDATA[",
    "</title></style></math></svg></details></main>",
    "\u202eevil\u202c \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u05e2\u05d1\u05e8\u05d9\u05ea",
    "👩‍🔬 emoji 🧮",
    "x" * 300,
    "Title " * 50,
    "null \x00 bell \x07 \x1b[31m \x7f \x85 \ufffe \ud800 end",
    "{{7*7}} ${x} `x` %s \\n",
]


def plain(text):
    """The text as a page can hold it."""
    return "".join(" " if _is_control(c) or _is_noncharacter(c) else c for c in text)


def _is_control(c):
    return unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"


def _is_noncharacter(c):
    return ord(c) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(c) <= 0xFDEF


def _document(text):
    drawing = Drawing(100, 50, (Label(10, 10, "a"),))
    blocks = (
        Heading((text,)),
        Paragraph((text, Letter("x"), text)),
        Task(1, (text,), text),
        Display(row(Letter(text), PLUS, Word(text))),
        Working((Line(Letter(text), (("=", Word(text)),), why=text),)),
        Table(((text,), (Letter(text),)), (((text,), (text,)),), frozenset({1})),
        Figure(drawing, text, (text,)),
        Answer((Paragraph((text,)),), 1),
        Space(1),
        Folded((Paragraph((text,)),)),
    )
    return Document(text, blocks, text)


def _shape(text):
    return [(tag, sorted(attributes)) for tag, attributes, _ in Page(html.render(_document(text))).elements]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_nasty_text_is_text(text):
    _is_only_text(text)


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=1, alphabet=st.characters(exclude_characters="\r")))
def test_any_text_is_text(text):
    _is_only_text(text)


def _is_only_text(text):
    rendered = html.render(_document(text))
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


# -- in a browser ------------------------------------------------------------------------------------------------------

_MEASURE = """
const pages = JSON.parse(document.getElementById("pages").textContent), found = [];
const rect = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
async function all() {
  for (const page of pages) {
    const frame = document.createElement("iframe");
    frame.style = "border:0;width:" + WIDTH + "px;height:900px";
    const loaded = new Promise(done => frame.onload = done);
    frame.srcdoc = page;
    document.body.append(frame);
    await loaded;
    const doc = frame.contentDocument;
    await Promise.all([...doc.fonts].map(face => face.load()));
    doc.querySelectorAll("details").forEach(d => d.open = true);
    found.push(measure(doc, frame.contentWindow));
    frame.remove();
  }
  document.getElementById("found").textContent = JSON.stringify(found);
}
all();
"""


def measure(pages, width, script, tmp_path):
    """What a script finds in each of the pages, shown ``width`` pixels wide."""
    data = json.dumps(pages).replace("</", "<\\/")
    harness = tmp_path / "harness.html"
    harness.write_text(
        f'<!DOCTYPE html><meta charset="utf-8"><body><script type="application/json" id="pages">{data}</script>'
        f'<pre id="found"></pre><script>const WIDTH={width};{script}{_MEASURE}</script>',
        "utf-8",
    )
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
    options.append("--virtual-time-budget=60000")
    finished = subprocess.run(
        [BROWSER, *options, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", harness.as_uri()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        env={**with_some_font(tmp_path), "HOME": str(tmp_path)},
    )
    found = re.search(r'<pre id="found">(\[.*\])</pre>', finished.stdout, re.DOTALL)
    assert found, finished.stderr[-2000:]
    return json.loads(Page(f"<p>{found[1]}</p>").texts("p")[0])


_BOXES = """
function measure(doc, win) {
  const wide = [...doc.querySelectorAll("main *")].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 &&
      win.getComputedStyle(e).overflowX == "auto");
  const edge = doc.documentElement.clientWidth;
  const moves = e => e.closest("[tabindex]") != null;
  return {
    page: [doc.documentElement.scrollWidth, edge],
    fonts: [...doc.fonts].map(f => f.status),
    cannot_move: wide.filter(e => !moves(e)).map(e => e.outerHTML.slice(0, 300)),
    outside: [...doc.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > edge + 1 && !moves(e))
        .map(e => e.outerHTML.slice(0, 300)),
    cut: [...doc.querySelectorAll("mn, mi, mtext")].filter(e => {
        const range = doc.createRange(), text = e.firstChild, n = text.length;
        if (!/[0-9a-z]$/i.test(text.data)) return false;
        range.setStart(text, n - 1); range.setEnd(text, n);
        const last = range.getBoundingClientRect(), all = e.getBoundingClientRect();
        return last.width == 0 || last.right > all.right + 4 || last.bottom > all.bottom + 8; })
        .map(e => e.outerHTML),
  };
}
"""


@cache
def shown_folded():
    """The pages of the course's keys, folded, and of what is hard to show."""
    return [html.render(fold(key)) for key in [*(made(path).key for path in SHEETS), *map(_document, NASTY)]]


@in_a_browser
@pytest.mark.parametrize(
    ("fonts", "width"), [("as found", 360), ("as found", 800), ("hidden", 360)], indirect=["fonts"]
)
def test_no_page_is_wider_than_its_screen(fonts, width, tmp_path):
    texts = shown_folded()
    for text, found in zip(texts, measure(texts, width, _BOXES, tmp_path), strict=True):
        title = re.search("<title>(.*?)</title>", text)[1]
        assert not found["outside"], title
        assert found["page"] == [width, width], title
        assert found["fonts"] == ["loaded", "loaded"]
        assert not found["cannot_move"], title
        assert not found["cut"], title


_SHOWN = {
    "fraction": Fraction(row(PARTIAL, Letter("Loss")), row(PARTIAL, Letter("w"))),
    "scripts": Script(Letter("x"), Number("1"), Number("2")),
    "root": Root(Fraction(Letter("x"), Number("2"))),
    "matrix": Matrix(((Number("1"), Number("2")), (Number("3"), Number("4")))),
    "brackets": Brackets(Fraction(Letter("x"), Number("2"))),
    "low brackets": Brackets(Letter("x")),
    "an opening half": Half(Letter("x"), "(", "", Fraction(Letter("x"), Number("2"))),
    "a closing half": Half(row(PLUS, Letter("x")), "", ")", Fraction(Letter("x"), Number("2"))),
    "cases": Cases(((Letter("x"), row(Letter("x"), Operator(">"), Number("0"))), (Number("0"), Word("otherwise")))),
    "boxed": Boxed(Number("5")),
    "accent": Accent(Letter("W"), "bar"),
    "arrow": row(Letter("x"), Arrow(row(Letter("w"), DOT, Word("ReLU"))), Letter("y")),
    "prime": Script(Word("ReLU"), sup=Word("′")),
    "negative": row(NEGATIVE, Number("3"), EQUALS, Letter("x"), PLUS, Number("4")),
    "applied": row(Word("tanh"), Brackets(Letter("x"))),
    "nested": Fraction(Fraction(Number("1"), Number("2")), Letter("x")),
    "sum": row(Script(Operator("∑", prefix=True), Letter("i")), Letter("x")),
}
_PARTS = """
function measure(doc, win) {
  const rect = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const size = e => parseFloat(win.getComputedStyle(e).fontSize);
  const seen = e => ({tag: e.localName, text: e.textContent, rect: rect(e), size: size(e),
                      inner: [...e.children].map(seen)});
  return [...doc.querySelectorAll(".display > math")].map(seen);
}
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """{name: the boxes of a formula}."""
    text = html.render(Document("Formulas", tuple(map(Display, _SHOWN.values()))))
    (found,) = measure([text], 800, _PARTS, tmp_path_factory.mktemp("browser"))
    assert len(found) == len(_SHOWN)
    return {name: boxes["inner"] for name, boxes in zip(_SHOWN, found, strict=True)}


def _find(boxes, tag):
    for box in boxes:
        if box["tag"] == tag:
            yield box
        yield from _find(box["inner"], tag)


LEFT, TOP, RIGHT, BOTTOM = range(4)


@in_a_browser
def test_a_fraction_is_one_part_above_the_other(shown):
    (fraction,) = shown["fraction"]
    above, below = fraction["inner"]
    height = fraction["rect"][BOTTOM] - fraction["rect"][TOP]
    assert height > 1.5 * fraction["size"]
    assert above["rect"][BOTTOM] < below["rect"][TOP]
    middle = [(part["rect"][LEFT] + part["rect"][RIGHT]) / 2 for part in (above, below)]
    assert middle[0] == pytest.approx(middle[1], abs=1)


@in_a_browser
def test_a_fraction_in_a_fraction_is_not_smaller(shown):
    sizes = {box["size"] for tag in ("mn", "mi") for box in _find(shown["nested"], tag)}
    assert len(sizes) == 1


@in_a_browser
def test_scripts_are_small_one_lower_and_one_higher(shown):
    base, lower, higher = shown["scripts"][0]["inner"]
    assert lower["size"] < 0.8 * base["size"]
    assert higher["size"] < 0.8 * base["size"]
    assert lower["rect"][BOTTOM] > base["rect"][BOTTOM]
    assert higher["rect"][TOP] < base["rect"][TOP]
    assert higher["rect"][BOTTOM] <= lower["rect"][TOP]


@in_a_browser
def test_a_root_covers_its_body(shown):
    (root,) = shown["root"]
    body = root["inner"][0]["rect"]
    assert root["rect"][LEFT] + 5 < body[LEFT]
    assert root["rect"][TOP] < body[TOP]
    assert root["rect"][RIGHT] >= body[RIGHT]
    assert root["rect"][BOTTOM] >= body[BOTTOM] - 1


@in_a_browser
def test_rows_of_a_matrix_are_stacked_and_its_brackets_cover_them(shown):
    cells = [cell["rect"] for cell in _find(shown["matrix"], "mtd")]
    assert cells[0][BOTTOM] <= cells[2][TOP]
    assert cells[0][LEFT] == cells[2][LEFT]
    assert cells[0][RIGHT] <= cells[1][LEFT]
    left, right = _find(shown["matrix"], "mo")
    assert left["rect"][TOP] <= cells[0][TOP] + 2
    assert left["rect"][BOTTOM] >= cells[3][BOTTOM] - 2
    assert left["rect"][RIGHT] <= cells[0][LEFT] < cells[1][RIGHT] <= right["rect"][LEFT] + 1


@in_a_browser
def test_brackets_grow_with_what_they_hold(shown):
    tall, low = (next(_find(shown[name], "mo"))["rect"] for name in ("brackets", "low brackets"))
    (fraction,) = _find(shown["brackets"], "mfrac")
    assert tall[BOTTOM] - tall[TOP] > 1.7 * (low[BOTTOM] - low[TOP])
    assert tall[TOP] <= fraction["rect"][TOP] + 1
    assert tall[BOTTOM] >= fraction["rect"][BOTTOM] - 1


@in_a_browser
def test_brackets_on_two_lines_are_as_tall_as_on_one(shown):
    names = ("brackets", "an opening half", "a closing half")
    rects = [box["rect"] for name in names for box in _find(shown[name], "mo") if box["text"] in "()"]
    heights = [rect[BOTTOM] - rect[TOP] for rect in rects]
    assert len(heights) == 4
    assert heights == pytest.approx([heights[0]] * 4, abs=1)
    (_, x, strut) = shown["an opening half"][0]["inner"]
    assert strut["rect"][LEFT] == strut["rect"][RIGHT] == pytest.approx(x["rect"][RIGHT], abs=1)


@in_a_browser
def test_cases_are_left_aligned_under_one_brace(shown):
    (brace,) = (box for box in _find(shown["cases"], "mo") if box["text"] == "{")
    starts = [box["inner"][0]["rect"][LEFT] for box in _find(shown["cases"], "mtd")]
    assert starts[0] == pytest.approx(starts[2], abs=1)
    assert starts[1] == pytest.approx(starts[3], abs=1)
    assert brace["rect"][BOTTOM] - brace["rect"][TOP] > 2 * brace["size"]


@in_a_browser
def test_a_box_surrounds_its_result(shown):
    (boxed,) = shown["boxed"]
    number = boxed["inner"][0]["rect"]
    assert boxed["rect"][LEFT] + 3 < number[LEFT]
    assert boxed["rect"][RIGHT] - 3 > number[RIGHT]
    assert boxed["rect"][TOP] + 1 < number[TOP]
    assert boxed["rect"][BOTTOM] - 1 > number[BOTTOM]


@in_a_browser
def test_an_arrow_is_under_its_label_and_apart_from_its_neighbours(shown):
    (over,) = _find(shown["arrow"], "mover")
    arrow, label = over["inner"]
    assert label["rect"][BOTTOM] <= arrow["rect"][BOTTOM]
    middles = [(box["rect"][LEFT] + box["rect"][RIGHT]) / 2 for box in (arrow, label)]
    assert middles[0] == pytest.approx(middles[1], abs=1)
    assert label["size"] < arrow["size"]
    x, y = shown["arrow"][0]["rect"], shown["arrow"][-1]["rect"]
    assert x[RIGHT] + 2 < over["rect"][LEFT] < over["rect"][RIGHT] < y[LEFT] - 2


@in_a_browser
def test_a_minus_in_front_is_close_and_a_plus_between_has_room(shown):
    minus, three, _, x, plus, four = (box["rect"] for box in shown["negative"])
    assert three[LEFT] == pytest.approx(minus[RIGHT], abs=0.6)
    assert plus[LEFT] - x[RIGHT] > 3
    assert four[LEFT] - plus[RIGHT] > 3


@in_a_browser
def test_brackets_touch_what_they_hold_and_a_function_its_brackets(shown):
    function, _, (opened, x, closed) = (
        box["inner"] if box["tag"] == "mrow" else box["rect"] for box in shown["applied"]
    )
    assert opened["rect"][LEFT] == pytest.approx(function[RIGHT], abs=0.6)
    assert x["rect"][LEFT] == pytest.approx(opened["rect"][RIGHT], abs=0.6)
    assert closed["rect"][LEFT] == pytest.approx(x["rect"][RIGHT], abs=1.5)


@in_a_browser
def test_a_sum_runs_over_what_stands_below_it(shown):
    sign, index = next(_find(shown["sum"], "munder"))["inner"]
    assert index["rect"][TOP] >= sign["rect"][BOTTOM] - 1
    assert sign["rect"][BOTTOM] - sign["rect"][TOP] > 1.2 * sign["size"]


_SIGNS = """
function measure(doc, win) {
  const line = doc.createElement("p");
  line.style.textRendering = "geometricPrecision";  // whole pixels or not is the machine's choice
  const math = (sign, family) => `<math style="font:100px ${family}"><mi>${sign}</mi></math>`;
  const signs = ["∂", "w", "α", "h"];
  line.innerHTML = signs.map(s => math(s, "'Symnet Math'") + math(s, "sans-serif")).join("");
  const plain = "<math><mi>∂</mi></math>", size = doc.createElement("p");
  size.innerHTML = plain;
  doc.querySelector("main").append(line, size);
  const widths = [...line.querySelectorAll("mi")].map(e => e.getBoundingClientRect().width);
  const drawn = size.querySelector("mi"), em = parseFloat(win.getComputedStyle(drawn).fontSize);
  return {widths, drawn: 100*drawn.getBoundingClientRect().width/em,
          family: win.getComputedStyle(drawn).fontFamily};
}
"""


@in_a_browser
@pytest.mark.usefixtures("fonts")
def test_letters_are_those_of_the_embedded_font(tmp_path):
    (found,) = measure([html.render(Document("Letters", ()))], 800, _SIGNS, tmp_path)
    own, others = found["widths"][::2], found["widths"][1::2]
    # Advances of 𝜕 𝑤 𝛼 ℎ in Latin Modern Math, in hundredths of an em.
    assert own == pytest.approx([53.1, 71.6, 64.0, 57.6], abs=0.2)
    assert any(abs(one - other) > 2 for one, other in zip(own, others, strict=True))
    assert found["drawn"] == pytest.approx(own[0], abs=1.5)
    assert found["family"].startswith('"Symnet Math"')


_LINES = """
function measure(doc, win) {
  const rect = e => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  return [...doc.querySelectorAll(".working")].map(w => [...w.querySelectorAll(".rhs")].map(r => ({
    lhs: rect(r.previousElementSibling), empty: r.previousElementSibling.textContent == "",
    signs: [...r.querySelectorAll(".step:not(.further)")].map(s => rect(s.querySelector("mo"))),
    further: [...r.querySelectorAll(".step.further")].map(s => rect(s.querySelector("mo"))),
    left: r.previousElementSibling.querySelector("math") ? rect(r.previousElementSibling.querySelector("math")) : null,
  })));
}
"""


@in_a_browser
@pytest.mark.parametrize("width", [360, 800])
def test_relations_stand_in_one_column(width, tmp_path):
    texts = [html.render(made(path).key) for path in SHEETS if path.stem in ("relu", "two-outputs")]
    for blocks in measure(texts, width, _LINES, tmp_path):
        assert len(blocks) > 5
        for lines in blocks:
            starts = sorted(line["signs"][0][LEFT] for line in lines if line["signs"])
            columns = 1 + sum(after - before >= 0.6 for before, after in pairwise(starts))
            assert columns <= (1 if width == 360 else 3)
            assert starts[-1] - starts[0] < 0.6 or starts[-1] - starts[0] > 50
            for line in lines:
                sign = line["signs"][0]
                if not line["empty"]:
                    assert line["left"][RIGHT] <= sign[LEFT] + 1
                    # The left side is on the first line of what it equals.
                    assert line["left"][TOP] - 2 < (sign[TOP] + sign[BOTTOM]) / 2 < line["left"][BOTTOM] + 2
                assert all(further[LEFT] > sign[LEFT] + 5 for further in line["further"])


@in_a_browser
@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext here (apt-get install poppler-utils)")
def test_printing_gives_room_instead_of_folded_answers(tmp_path):
    key = made(FOLDER / "relu.toml").key
    printed = []
    for name, document in (("sheet", fold(key)), ("key", key)):
        page, pdf = tmp_path / f"{name}.html", tmp_path / f"{name}.pdf"
        page.write_text(html.render(document), "utf-8")
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-pdf-header-footer"]
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        subprocess.run(
            [BROWSER, *options, profile, f"--print-to-pdf={pdf}", page.as_uri()],
            capture_output=True,
            timeout=120,
            check=True,
            env={**with_some_font(tmp_path), "HOME": str(tmp_path)},
        )
        printed.append(subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, text=True).stdout)
    sheet, answers = printed
    assert "Name:" in sheet
    assert "Answer to question" not in sheet
    assert "because" not in sheet
    assert "because" in answers
    assert "Name:" not in answers


def test_words_of_a_picture_are_its_title():
    words = 'a "quoted" <b>'
    page = html.render(Document("T", (Figure(Drawing(10, 10, ()), words),)))
    assert Page(page).texts("title") == ["T", words]
