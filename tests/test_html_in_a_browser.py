"""Pages in a real browser: formulas are laid out as mathematics, no page is wider than its screen, and sheets print."""

import json
import re
import shutil
import subprocess
from functools import cache
from itertools import pairwise

import pytest
from browser import BROWSER, in_a_browser
from course_sheets import FOLDER, SHEETS, made
from html_pages import NASTY, Page, document_of
from installed_fonts import with_some_font

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
from symnet.paper.document import Display, Document, fold
from symnet.paper.formats import html

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
    return [html.render(fold(key)) for key in [*(made(path).key for path in SHEETS), *map(document_of, NASTY)]]


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
