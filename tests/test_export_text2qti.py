"""The text for text2qti, read back from the QTI that text2qti itself makes of it."""

import io
import re
import zipfile
from dataclasses import dataclass, replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

import symnet
from symnet.classroom.export import text2qti
from symnet.classroom.export.bank import bank_of
from symnet.classroom.export.blanks import Precision
from symnet.exercises.reader import load, loads

pytest.importorskip("text2qti", minversion="0.8")
from text2qti.config import Config
from text2qti.qti import QTI
from text2qti.quiz import Quiz

WORKSHEETS = Path(__file__).parent.parent / "worksheets"
BY_HAND = ["a-name-used-twice", "activation-functions", "cross-entropy", "gradient-descent", "one-neuron", "relu"]
LINE = """
title = {title}
introduction = {introduction}
learning_rate = 0.1
[given]
x = 2
t = 1
[parameters]
w = {w}
[equations]
y = "w*x"
L = "(y - t)^2/2"
"""
QUESTION = '[[question]]\nask = "forward"\n[[question]]\nask = "gradient"\n'
NASTY = [
    "</script>", "<b>bold</b>", "<!-- no comment -->", "]]>", "&", "&amp;", "&lt;", "<", ">", "{", "}", "{.run}", "~",
    "~~~", "#", "# no heading", "=", "% no comment", "*", "*a) right", "* item", "**b**", "_i_", "__b__", "\\", "\\$",
    "\\num{1e5}", "\\SI{1}{m}", "$", "$x$", "$$x$$", "`", "``code``", "```{.python .run}", "'", '"', "'q'", '"q"', "--",
    "---", "...", "... feedback", "+   right", "-   wrong", "- item", "!   solution", "___", "^^^", "1. list", "1.  2",
    "2) b",
    "a)  choice", "[*] right", "[ ] wrong", "[a](b)", "![a](/etc/passwd)", "[^1]", "[^1]: note", ": definition", "a|b",
    "| a | b |", "GROUP", "END_GROUP", "COMMENT", "pick: 1", "Points: 5", "Title: x", "Quiz title: x", "=   5", "😀",
    "👩‍🔬", "שלום", "{1:NUMERICAL:=1}", "@@PLUGINFILE@@", "https://example.org/?a=b&c=d", "<https://example.org>",
    "x\\",
    "&#36;x&#36;", "    indented", "\u00a0hard",
]  # fmt: skip


class Seen(HTMLParser):
    """The text of a page, a formula between dollars, and the elements there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shown = ""
        self.tags: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        if tag == "img":
            self.shown += f"${dict(attributes)['data-equation-content']}$"

    def handle_data(self, data):
        self.shown += data


@dataclass
class Item:
    title: str
    points: Fraction
    html: str
    exactly: Fraction
    low: Fraction
    high: Fraction
    general: str
    incorrect: str
    group: int | None


def read(text: str) -> tuple[str, list[str], list[Item]]:
    """(title, texts between the questions, questions) of the QTI."""
    with zipfile.ZipFile(io.BytesIO(QTI(Quiz(text, config=Config())).zip_bytes())) as made:
        (name,) = [name for name in made.namelist() if re.fullmatch(r"(\w+)/\1\.xml", name)]
        root = ElementTree.fromstring(made.read(name))
    for element in root.iter():
        element.tag = element.tag.split("}")[-1]
    texts, items = [], []
    outer = root.find("assessment/section")
    for i, child in enumerate(outer):
        if child.tag == "section":
            assert child.findtext("selection_ordering/selection/selection_number") == "1"
            worth = child.findtext(".//points_per_item")
            items += [read_item(item, i, worth) for item in child.findall("item")]
        elif child.tag == "item" and "text_only_question" in fields(child).values():
            texts.append(child.findtext("presentation/material/mattext"))
        elif child.tag == "item":
            items.append(read_item(child, None, None))
    return root.find("assessment").get("title"), texts, items


def fields(item) -> dict[str, str]:
    return {f.findtext("fieldlabel"): f.findtext("fieldentry") for f in item.iter("qtimetadatafield")}


def read_item(item, group, worth) -> Item:
    assert fields(item)["question_type"] == "numerical_question"
    said = {one.get("ident"): one.findtext(".//mattext") for one in item.iter("itemfeedback")}
    numbers = [Fraction(next(item.iter(name)).text) for name in ("varequal", "vargte", "varlte")]
    return Item(
        item.get("title"),
        Fraction(worth or fields(item)["points_possible"]),
        item.findtext("presentation/material/mattext"),
        *numbers,
        said["general_fb"],
        said.get("general_incorrect_fb", ""),
        group,
    )


def made(exercise, *variants, **precision):
    bank = bank_of(exercise, variants or [exercise], Precision(**precision))
    return bank, *text2qti.render(bank)


def close(number) -> Fraction:
    return round(number * 10_000) / Fraction(10_000)


# -- what is read back is what was meant ------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", BY_HAND)
def test_text2qti_makes_of_every_blank_the_question_that_was_meant(stem):
    exercise = load(WORKSHEETS / f"{stem}.toml")
    bank, text, left_out = made(exercise)
    assert left_out == ()
    title, (given,), items = read(text)
    assert title == exercise.title
    blanks = bank.items[0].blanks
    assert [item.title for item in items] == [blank.key for blank in blanks]
    for item, blank in zip(items, blanks, strict=True):
        assert (item.points, item.exactly) == (blank.weight, close(blank.number))
        assert item.low <= blank.number - blank.tolerance / 2 < blank.number + blank.tolerance / 2 <= item.high
        assert item.high - item.low <= 2 * blank.tolerance + Fraction(5, 10_000)
        assert blank.after.strip() in Seen(item.html).shown
        incorrect = Seen(item.incorrect).shown
        for wrong in blank.wrong:
            assert f": {wrong.says}" in incorrect
        assert incorrect.count("\n$") == len(blank.wrong)
        for html in (item.html, item.general, item.incorrect, given):
            assert Seen(html).tags <= {"p", "img", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"}


def test_the_working_of_each_quantity_is_what_is_said_of_it():
    _, text, _ = made(load(WORKSHEETS / "relu.toml"))
    by_key = {item.title: item for item in read(text)[2]}
    assert r"2 \cdot 1 + (-3) \cdot (-1) = 5" in Seen(by_key["x3"].general).shown
    assert r"\frac{\partial \mathit{Loss}}{\partial y_{5}}" in Seen(by_key["grad(w13)"].general).shown
    assert r"2 - 0.1 \cdot 20 = \boxed{0}" in Seen(by_key["w13"].general).shown
    assert "already updated" in Seen(by_key["grad(w13)"].incorrect).shown


def test_with_variants_canvas_draws_one_question_for_every_quantity():
    exercise = load(WORKSHEETS / "relu.toml")
    variants = [symnet.variant(exercise, str(i), "s") for i in range(3)]
    bank, text, _ = made(exercise, *variants)
    _, texts, items = read(text)
    assert texts == []
    assert len(items) == 3 * 19
    groups = {item.group: {other.title for other in items if other.group == item.group} for item in items}
    assert sorted(key for (key,) in groups.values()) == sorted(blank.key for blank in bank.items[0].blanks)
    for i, variant in enumerate(variants):
        for item in items[i::3]:
            shown = Seen(item.html).shown
            for name, value in variant.problem.start.items():
                assert rf"${name[0]}_{{{name[1:]}}} = {value}$" in shown


def test_points_are_those_of_the_sheet_in_groups_too():
    questions = '[[question]]\nask = "forward"\npoints = 3\n[[question]]\nask = "gradient"\npoints = 1\n'
    exercise = loads(LINE.format(title='"t"', introduction='""', w=3) + questions)
    for variants in ([exercise], [exercise, symnet.variant(exercise, "1", "s")]):
        _, text, _ = made(exercise, *variants)
        assert {item.title: item.points for item in read(text)[2]} == {"y": 3, "L": 3, "grad(w)": 2}


# -- numbers that Canvas keeps ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "w", ["3", "1/3", "0.5", "0.49995", "0.50005", "1/7000", "0.00025", "-0.0003", "0", "123456.789", "-1/3", "1e9"]
)
@pytest.mark.parametrize("digits", [2, 4, 8])
def test_four_decimals_never_make_a_right_answer_wrong(w, digits):
    exercise = loads(LINE.format(title='"t"', introduction='""', w=f'"{w}"') + QUESTION)
    bank, text, left_out = made(exercise, digits=digits)
    kept = {item.title: item for item in read(text)[2]}
    assert len(kept) + len(left_out) == 3
    for blank in bank.items[0].blanks:
        if blank.key in kept:
            item = kept[blank.key]
            answers = {blank.number}
            if blank.number.denominator != 1:
                answers |= {close(blank.number), Fraction(f"{float(blank.value):.{digits}g}")}
            for answer in answers:
                assert item.low <= answer <= item.high
        else:
            assert abs(blank.number) < Fraction(6, 10_000)


def test_what_canvas_takes_for_0_is_not_asked_and_said(tmp_path, command):
    file, out = tmp_path / "small.toml", tmp_path / "quiz.txt"
    file.write_text(LINE.format(title='"t"', introduction='""', w="0.00003") + QUESTION, encoding="utf-8")
    code, shown, err = command("export", file, "--to", "text2qti", "-o", out)
    assert (code, shown) == (0, "")
    assert err == "symnet: not asked: y is 0.00006; Canvas keeps four decimals\n"
    assert [item.title for item in read(out.read_text(encoding="utf-8"))[2]] == ["L", "grad(w)"]


def test_a_quiz_of_which_nothing_is_left_is_a_mistake(tmp_path, command):
    file, out = tmp_path / "small.toml", tmp_path / "quiz.txt"
    toml = LINE.format(title='"t"', introduction='""', w="0.00003") + '[[question]]\nask = "forward"\nof = "y"\n'
    file.write_text(toml, encoding="utf-8")
    code, _, err = command("export", file, "--to", "text2qti", "-o", out)
    assert (code, out.exists()) == (2, False)
    assert "none of its numbers is large enough" in err


def test_names_that_look_alike_are_two_questions():
    toml = LINE.format(title='"t"', introduction='""', w=3) + '[notation]\ny = "z"\nL = "z"\n'
    _, text, _ = made(loads(toml))
    assert [item.title for item in read(text)[2]] == ["y", "L", "grad(w)", "w"]


# -- whatever a person types is text ----------------------------------------------------------------------------------


def toml_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def shown_as(text: str) -> str:
    return re.sub(" {2,}", " ", text)


def paragraph_as(text: str) -> str:
    """A paragraph: a dollar sign after a backslash is one, and a dash begins a list."""
    return shown_as(re.sub("^- ", "• ", text.replace(r"\$", "$")))


def test_every_paragraph_that_a_person_types_is_shown_as_it_was_typed():
    typed = [*NASTY, *(f"q {nasty} q" for nasty in NASTY), *(f"q{nasty}q" for nasty in NASTY), " ".join(NASTY)]
    for several in (False, True):
        exercise = loads(LINE.format(title='"t"', introduction=toml_text("\n\n".join(typed)), w=3) + QUESTION)
        _, text, _ = made(exercise, *([exercise, symnet.variant(exercise, "1", "s")] if several else []))
        _, texts, items = read(text)
        html = items[0].html if several else texts[0]
        paragraphs = [Seen(part).shown for part in re.findall("<p>(.*?)</p>", html, re.DOTALL)]
        for one, other in zip(paragraphs, typed, strict=False):
            assert one.strip() == paragraph_as(other).strip()
        assert Seen(html).tags <= {"p", "img", "ul", "li"}
        assert len(items) == (6 if several else 3)


@pytest.fixture(scope="module")
def bank():
    exercise = loads(LINE.format(title='"t"', introduction='""', w=3) + QUESTION)
    return bank_of(exercise, [exercise], Precision())


@pytest.mark.parametrize("nasty", [*NASTY, " ".join(NASTY), "one\nline"])
def test_a_title_is_shown_as_it_was_typed(bank, nasty):
    text, _ = text2qti.render(replace(bank, title=nasty))
    title, _, items = read(text)
    assert title == " ".join(nasty.split())
    assert len(items) == 3


@pytest.mark.parametrize("nasty", [*NASTY, " ".join(NASTY)])
def test_what_is_said_of_a_slip_comes_out_as_it_went_in(nasty):
    for said in (nasty, f"You {nasty}.", f"{nasty} x"):
        text = f"1.  a\n-   b\n\n    - $1$: {text2qti.escape(said)}\n=   1 +- 0.1\n"
        quiz = "\n".join(("Quiz title: t", "", *text.split("\n")))
        with_general = quiz.replace("1.  a\n", "1.  a\n... c\n")
        (item,) = read(with_general)[2]
        assert Seen(item.incorrect).shown.split("$1$: ")[1].strip() == shown_as(said).strip()


@pytest.mark.parametrize(("places", "right"), [(3, "0.017"), (4, "0.0170"), (6, "0.0170")])
def test_a_number_has_all_the_places_to_which_every_line_is_rounded(places, right):
    exercise = loads(
        f'title = "x"\nround = {places}\nloss = "L"\n[given]\nx = 0.5\n[equations]\na = "0.034*x"\nL = "a^2"\n'
        '[[question]]\nask = "forward"\nof = ["a"]\n'
    )
    _, text, _ = made(exercise, places=places)
    assert re.search(r"^=\s+(\S+) \+-", text, re.M)[1] == right
