"""Pages in a real browser: practised on by keyboard, explored, hostile text and no network."""

import json
import re
from pathlib import Path

import pytest
from browser import in_a_browser
from size_exercises import PICTURE

from symnet.algebra.mistakes import Mistake
from symnet.classroom.checking.check import check
from symnet.classroom.variants.sampling import sampler_of
from symnet.exercises.reader import load, loads
from symnet.page.sheets import Printed, packed
from symnet.page.written import page
from symnet.working.solution import solve

FOLDER = Path(__file__).parent.parent / "worksheets"
STARTS = FOLDER.parent / "symnet" / "starts"
RELU = FOLDER / "relu.toml"
WORKSHEETS = sorted(FOLDER.glob("*.toml"))
# They train.
REFUSED = (
    "fitting-a-curve", "learning-a-picture", "stopping-early", "training-a-small-net", "training-for-long",
    "training-with-a-linear-output",
)  # fmt: skip
HOSTILE = """
title = "</script><script>document.title='run'</script> {x} `${1}` \\u2028 שלום"
introduction = "<img src=x onerror=alert(1)> \\\\ --> <!--"
learning_rate = 0.1
[given]
__proto__ = 2
constructor = 3
[parameters]
toString = 4
[equations]
y = "toString*__proto__ + constructor"
L = "(y - 1)^2/2"
"""


@pytest.fixture(scope="module")
def relu():
    return page(load(str(RELU)), 5, "spring")[0]


@pytest.fixture
def opened(browser, relu, tmp_path):
    browser.messages.clear()
    browser.looks()
    (tmp_path / "page.html").write_text(relu)
    browser.open(tmp_path / "page.html")
    browser.says("localStorage.clear()")
    browser.reload()
    return browser


def numbers(problem):
    """The exact number of every key."""
    solution = solve(problem)
    gradients = {f"grad({name})": value for name, value in solution.gradients.items()}
    return {**solution.forward, **gradients, **solution.updated}


def typed(browser, key, text):
    """Types an answer with the keyboard alone; gives what the page says of it."""
    row = f"practice.rows[{json.dumps(key)}]"
    browser.says(f"{row}.input.focus(); {row}.input.select()")
    browser.type(text)
    browser.press("Enter")
    browser.until("!practice.judging")
    return browser.says(f"[{row}.row.dataset.verdict, {row}.says.textContent]")


# -- the file ----------------------------------------------------------------------------------------------------------


def test_page_is_small_and_asks_for_nothing():
    text = page(load(str(RELU)), 30, "spring")[0]
    assert len(text.encode()) <= 300_000
    assert re.search(r"Content-Security-Policy\" content=\"default-src 'none'.*script-src 'sha256-[^']+'\"", text)
    assert not re.search(r"(?:src|href)=\"(?!data:|#)|\beval\(|new Function|innerHTML|unsafe-eval|\bon\w+=\"", text)


def test_right_answers_do_not_stand_in_the_page(relu):
    told = json.loads(re.search(r"const PAGE=(.*);\n", relu)[1])
    assert {*told["lines"]["grad(w35)"]} == {"part", "left", "relation", "right", "rule"}
    words = [*told["maths"], *(line[part] for line in told["lines"].values() for part in ("right", "rule"))]
    assert "50" not in re.findall(r"[\d.]+", re.sub("\ue000\\d+;", "", " ".join(words)))


def test_variants_are_those_of_the_worksheet(relu):
    told = json.loads(re.search(r"const PAGE=(.*);\n", relu)[1])["variants"]
    sampler = sampler_of(load(str(RELU)))
    assert [told[0]["code"], len(told)] == ["", 6]
    for i, variant in enumerate(told[1:], 1):
        drawn = sampler.variant(str(i), "spring")
        assert variant["code"] == drawn.code
        assert variant["start"] == {
            f"v_{name}": float(drawn.exercise.problem.start[name]) for name in load(str(RELU)).problem.start
        }


def test_variants_are_kept_as_what_is_different_in_them():
    def sheet(*blocks):
        return [Printed(kind, question, text) for kind, question, text in blocks]

    first = sheet(("Prose", 0, "<p>x<mn>1</mn>"), ("Table", 0, "<td><mn>5</mn>"), ("Task", 1, "<h2>do"))
    same, more, less = (
        sheet(
            ("Prose", 0, '<p>x<mo form="prefix">−</mo><mn>2</mn>'),
            ("Table", 0, "<td><mn>5</mn>"),
            ("Task", 1, "<h2>do"),
        ),
        sheet(
            ("Prose", 0, "<p>x<mn>3</mn>"),
            ("Note", 0, "<p>round"),
            ("Table", 0, "<td><mn>7</mn>"),
            ("Task", 1, "<h2>do"),
        ),
        sheet(("Prose", 0, "<p>x<mn>1</mn>"), ("Task", 1, "<h2>do")),
    )
    kept = packed([first, same, more, less])
    assert kept["sheets"][0] == {}
    assert [len(kept["sheets"][1][0]), 1 in kept["sheets"][1]] == [1, False]
    for other, own in zip((same, more, less), kept["sheets"][1:], strict=True):
        whole = [
            [*map(kept["pieces"].__getitem__, kept["blocks"].get(i, ()))] or [block.text]
            for i, block in enumerate(first)
        ]
        for i, pieces in own.items():
            if isinstance(pieces, list):
                whole[i] = [kept["pieces"][piece] for piece in pieces]
            else:
                whole[i] = [kept["pieces"][pieces.get(k, piece)] for k, piece in enumerate(kept["blocks"][i])]
        assert "".join(text for part in whole for text in part) == "".join(block.text for block in other)


@pytest.mark.parametrize("path", WORKSHEETS, ids=lambda path: path.stem)
def test_every_worksheet_has_a_page_or_says_why_not(path, browser, tmp_path):
    if path.stem in REFUSED:
        with pytest.raises(Mistake, match=r"symnet train"):
            page(load(str(path)), 0)
        return
    text = page(load(str(path)), 0)[0]
    browser.messages.clear()
    (tmp_path / "page.html").write_text(text)
    browser.open(tmp_path / "page.html")
    assert browser.says("practice.keys.length") > 0
    browser.says("localStorage.clear(); explore.box.open = true")
    assert browser.says("new Promise((done) => setTimeout(() => done(Boolean(explore.work)), 60))")
    browser.says(
        "practice.keys.slice(0, 3).forEach((key, i) => { practice.rows[key].input.value = ['7', '1/', '3'][i];"
        "practice.answered(key); for (let level = 0; level < 6; level++) practice.help(key) })"
    )
    assert not re.search(r"\[object|undefined|NaN", browser.says("document.querySelector('main').innerText"))
    browser.looks(1000, 900, dark=len(path.stem) % 2 == 0)  # by day or by night
    assert browser.barriers() == []
    browser.looks(360, 800)
    assert browser.says("document.documentElement.scrollWidth") <= 360
    browser.looks(media="print")
    of_the_page = "document.querySelectorAll('main :is(input, button, progress, .explore)')"
    assert browser.says(f"[...{of_the_page}].filter((part) => part.offsetParent).length") == 0
    assert browser.messages == []


# -- practice ----------------------------------------------------------------------------------------------------------


@in_a_browser
def test_every_way_to_be_right_and_wrong_is_told_as_check_tells_it(opened):
    exercise = load(str(RELU))
    assert typed(opened, "x3", "2·1 + (−3)·(−1) = 5") == ["right", "Right."]
    assert typed(opened, "y3", "10/2") == ["right", "Right."]
    assert typed(opened, "x4", "-3,0")[0] == "right"
    said = typed(opened, "y4", "-3")
    told = check(exercise, {"x3": "5", "y3": "5", "x4": "-3", "y4": "-3"}).verdicts["y4"]
    assert [said[0], said[1].split(" Or: ")[0]] == ["wrong", told.slips[0].says]
    assert typed(opened, "x5", "13") == ["carried", "Right, given your y₄ = -3."]
    assert typed(opened, "y4", "0")[0] == "right"
    assert opened.says("practice.rows.x5.row.dataset.verdict") == "wrong"
    assert typed(opened, "x5", "<b>10</b>")[0] == "unread"
    assert typed(opened, "x5", "10")[0] == "right"
    said = typed(opened, "w13", "4")
    told = check(exercise, {"x3": "5", "w13": "4"}).verdicts["w13"]
    assert said[1].split(" Or: ")[0] == told.slips[0].says
    assert opened.says("practice.told.textContent").startswith("5 of 19 numbers")
    assert opened.messages == []


@in_a_browser
def test_right_or_wrong_is_known_before_slips_are_looked_for(opened):
    opened.says("window.steps = practice.judge.told({ x3: '5', y4: '-3' }); window.first = steps.next()")
    shown = "Object.entries(TOLD).map(([key, { verdict, says }]) => [key, verdict, says])"
    known = opened.says(shown.replace("TOLD", "first.value"))
    assert [opened.says("first.done"), known] == [False, [["x3", "right", "Right."], ["y4", "wrong", "Not right."]]]
    known = opened.says(shown.replace("TOLD", "finished(steps)"))
    slip = check(load(str(RELU)), {"x3": "5", "y4": "-3"}).verdicts["y4"].slips[0].says
    assert [known[0][1], known[1][2].split(" Or: ")[0]] == ["right", slip]
    # Who is stuck meanwhile is led to the slip all the same.
    typed(opened, "y4", "-3")
    opened.says("practice.judging = practice.judge.told(practice.state.typed); practice.known = null")
    opened.says("practice.help('y4'); practice.help('y4')")
    assert "Could it be that you" in opened.says("practice.rows.y4.help.textContent")
    assert [opened.says("practice.judging"), opened.messages] == [None, []]


@in_a_browser
def test_whole_sheet_is_solved_by_keyboard_and_survives_a_reload(opened):
    exact = numbers(load(str(RELU)).problem)
    opened.says("practice.rows.x3.input.focus()")
    for key in opened.says("practice.keys"):
        assert opened.says(f"document.activeElement === practice.rows[{json.dumps(key)}].input")
        opened.type(str(exact[key]))
        opened.press("Enter")
    assert opened.says("practice.told.textContent") == "19 of 19 numbers · 19 of 19 points"
    opened.reload()
    assert opened.says("practice.told.textContent") == "19 of 19 numbers · 19 of 19 points"


@in_a_browser
def test_hints_lead_to_one_line_at_a_time_and_never_say_the_number_before(opened):
    stuck = "practice.rows['grad(w35)'].stuck"
    opened.says(f"{stuck}.focus()")
    for _ in range(4):
        opened.press("Enter")
    said = opened.says("practice.rows['grad(w35)'].help.textContent")
    assert ["itself" in said, "▢" in said, "50" in said] == [True, True, False]
    lines = opened.says("practice.judge.above('grad(w35)').filter((key) => PAGE.lines[key]).length")
    for i in range(lines):
        assert ("50" in opened.says("practice.rows['grad(w35)'].help.textContent")) is False, i
        opened.press("Enter")
    assert opened.says("practice.rows['grad(w35)'].help.lastChild.textContent").endswith("50")
    said = opened.says("practice.rows['grad(w35)'].help.textContent")
    opened.reload()
    assert opened.says("practice.rows['grad(w35)'].help.textContent") == said
    assert opened.messages == []


@in_a_browser
def test_new_numbers_are_in_the_sheet_and_judge_the_answers(opened):
    opened.says("practice.next.click()")
    drawn = sampler_of(load(str(RELU))).variant("1", "spring").exercise
    assert opened.says("practice.code.textContent") == f"Variant {drawn.variant_code}"
    x1 = drawn.problem.given["x1"]
    assert f"x1={x1}".replace("-", "−") in opened.says("document.querySelector('main').textContent")
    assert typed(opened, "x3", str(solve(drawn.problem).forward["x3"]))[0] == "right"


@in_a_browser
def test_cells_of_a_table_go_on_from_ones_own_numbers(browser, tmp_path):
    exercise = load(str(FOLDER / "perceptron.toml"))
    (tmp_path / "page.html").write_text(page(exercise, 0)[0])
    browser.open(tmp_path / "page.html")
    right = {key: str(value) for key, value in solve(exercise.problem, history=True).cells.items()}
    assert typed(browser, "w1@1", right["w1@1"])[0] == "right"
    given = {"y_in@2": "3", "y@2": "1", "e@2": str(float(right["e@2"]) + 1)}
    told = check(exercise, given).verdicts
    for key, number in given.items():
        typed(browser, key, number)
    shown = browser.says(f"{json.dumps([*given])}.map((key) => practice.rows[key].row.dataset.verdict)")
    assert shown == ["carried" if told[key].carried else told[key].verdict for key in given]
    cells = browser.says("[...document.querySelectorAll('.cells tbody tr')].map((row) => row.children.length)")
    assert len(cells) == 9
    assert len({*cells}) == 1
    hidden = browser.says("[...document.querySelectorAll('.of-cells .row')].filter((row) => row.offsetParent).length")
    assert hidden == 1
    assert browser.messages == []


@in_a_browser
def test_entries_of_arrays_stand_in_grids(browser, tmp_path):
    browser.messages.clear()
    exercise = load(str(STARTS / "convolution.toml"))
    (tmp_path / "page.html").write_text(page(exercise, 0)[0])
    browser.open(tmp_path / "page.html")
    exact = numbers(exercise.problem)
    browser.says("practice.rows.Z1_1.input.focus()")
    for key in browser.says("practice.keys"):
        assert browser.says(f"document.activeElement === practice.rows[{json.dumps(key)}].input")
        browser.type(str(exact[key]))
        browser.press("Enter")
    assert browser.says("practice.told.textContent").startswith("15 of 15 numbers")
    assert browser.messages == []


# -- a real page -------------------------------------------------------------------------------------------------------


@in_a_browser
def test_without_scripts_it_is_the_sheet(opened):
    opened.without_scripts()
    opened.reload()
    shown = opened.says("[document.querySelectorAll('td.blank').length, document.querySelectorAll('input').length]")
    visible = opened.says("getComputedStyle(document.querySelector('td.blank').closest('div')).display")
    opened.without_scripts(False)
    assert [shown[0] > 10, shown[1], visible == "none"] == [True, 0, False]


@in_a_browser
def test_hostile_text_stays_text(browser, tmp_path):
    browser.messages.clear()
    (tmp_path / "page.html").write_text(page(loads(HOSTILE, "h.toml"), 3, "</script>")[0])
    browser.open(tmp_path / "page.html")
    assert browser.says("document.title").startswith("</script>")
    assert browser.says("document.querySelectorAll('main img, main b:not(.task b)').length") == 0
    assert typed(browser, "y", "11")[0] == "right"
    assert typed(browser, "L", "<img src=x onerror=alert(1)>")[0] == "unread"
    assert browser.messages == []


@in_a_browser
def test_sizes_are_practised_on_in_whole_numbers(browser, tmp_path):
    browser.messages.clear()
    (tmp_path / "page.html").write_text(page(loads(f"{PICTURE}points = 12\n"), 2, "spring")[0])
    browser.open(tmp_path / "page.html")
    browser.says("localStorage.clear()")
    browser.reload()
    assert re.search(r"· 0 of (\d+) points", browser.says("practice.told.textContent"))[1] == "12"
    assert typed(browser, "macs1", "24,300")[0] == "right"
    assert typed(browser, "macs1", "24.300")[0] == "right"
    assert "forgot the biases among the parameters" in typed(browser, "parameters1", "300")[1]
    assert typed(browser, "height1", "7")[0] == "wrong"
    assert "given your" in typed(browser, "height2", "3")[1]
    assert browser.messages == []
