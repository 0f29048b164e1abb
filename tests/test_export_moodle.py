r"""Moodle XML, read back by Moodle's own rules.

The reader below follows ``qtype_multianswer_extract_question`` and the regular expressions above it, in
question/type/multianswer/questiontype.php of Moodle 4: every blank is found in the text as Moodle finds it, and HTML
entities, ``\}`` and ``\#`` in what is said are undone as Moodle undoes them.
"""

import re
from base64 import b64decode
from dataclasses import dataclass
from fractions import Fraction
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

import symnet
from symnet.classroom.export import moodle
from symnet.classroom.export.bank import Bank, bank_of
from symnet.classroom.export.blanks import Precision
from symnet.classroom.export.page import words
from symnet.exercises.reader import load, loads

WORKSHEETS = Path(__file__).parent.parent / "worksheets"
BY_HAND = [
    "a-name-used-twice", "activation-functions", "computation-graph", "cross-entropy", "delta-form", "gradient-descent",
    "losses", "one-neuron", "relu", "two-outputs",
]  # fmt: skip

# -- Moodle's rules ---------------------------------------------------------------------------------------------------

FRACTION = r"=|%(-?[0-9]+(?:[.,][0-9]*)?)%"
ANSWER = r".+?(?<!\\)(?<!&)(?<!&amp;)(?=[~#}]|$)"  # PHP's (?<!\\|&|&amp;)
FEEDBACK = r".*?(?<!\\)(?=[~}]|$)"
ALTERNATIVE = f"({FRACTION})?({ANSWER})(#({FEEDBACK}))?"
TYPES = (
    "NUMERICAL|NM|MULTICHOICE|MC|MULTICHOICE_V|MCV|MULTICHOICE_H|MCH|SHORTANSWER|SA|MW|SHORTANSWER_C|SAC|MWC|"
    "MULTICHOICE_S|MCS|MULTICHOICE_VS|MCVS|MULTICHOICE_HS|MCHS|MULTIRESPONSE|MR|MULTIRESPONSE_H|MRH|MULTIRESPONSE_S|"
    "MRS|MULTIRESPONSE_HS|MRHS"
)
BLANK = re.compile(rf"\{{([0-9]*):({TYPES}):(?P<all>{ALTERNATIVE}(~{ALTERNATIVE})*)\}}", re.DOTALL)
ONE = re.compile(f"~?{ALTERNATIVE}", re.DOTALL)
NUMBER = r"-?(?:(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?)"
NUMERICAL = re.compile(f"({NUMBER})(?::({NUMBER}))?")
FRACTIONS = {"=": 1.0, None: 0.0}


@dataclass
class Alternative:
    fraction: float
    number: Fraction | None  # None for *
    tolerance: Fraction
    feedback: str


@dataclass
class Question:
    name: str
    text: str  # with {#1}, {#2} … where the blanks were
    blanks: list[tuple[int, list[Alternative]]]
    feedback: str
    files: dict[str, dict[str, bytes]]
    idnumber: str


def read_alternatives(text: str) -> list[Alternative]:
    found = []
    while text:
        match = ONE.match(text)
        assert match, text
        fraction = FRACTIONS[match[1]] if match[1] in FRACTIONS else float(match[2].replace(",", ".")) / 100
        number = NUMERICAL.fullmatch(match[3])
        if number is None:
            assert match[3] == "*"
        said = unescape(match[5] or "").replace(r"\}", "}").replace(r"\#", "#")
        right = Fraction(number[1]) if number else None
        found.append(Alternative(fraction, right, Fraction(number[2] or 0) if number else Fraction(0), said))
        text = text[match.end() :]
    return found


def read(xml: str) -> tuple[str, list[Question]]:
    """The category and the questions, as Moodle imports them."""
    assert xml.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    root = ElementTree.fromstring(xml.encode())
    assert root.tag == "quiz"
    first, *others = root
    assert first.get("type") == "category"
    return first.findtext("category/text") or "", list(map(read_question, others))


def read_question(element) -> Question:
    assert element.get("type") == "cloze"
    for part in ("questiontext", "generalfeedback"):
        assert element.find(part).get("format") == "html"
    text = element.findtext("questiontext/text").strip()
    blanks = []
    while (match := BLANK.search(text)) is not None:
        blanks.append((int(match[1] or 1), read_alternatives(match["all"])))
        text = f"{text[: match.start()]}{{#{len(blanks)}}}{text[match.end() :]}"
    files = {
        part: {file.get("name"): b64decode(file.text) for file in element.findall(f"{part}/file")}
        for part in ("questiontext", "generalfeedback")
    }
    name = element.findtext("name/text").strip()
    return Question(name, text, blanks, element.findtext("generalfeedback/text"), files, element.findtext("idnumber"))


def marked(alternatives: list[Alternative], answer: str) -> Alternative:
    """What Moodle finds for an answer: the first number that fits."""
    for one in alternatives:
        if one.number is None or abs(Fraction(answer) - one.number) <= one.tolerance:
            return one
    raise AssertionError("* takes everything")


class Seen(HTMLParser):
    """What a browser shows, and the elements there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shown = ""
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.shown += data

    def handle_comment(self, data):
        raise AssertionError(data)

    def handle_decl(self, data):
        raise AssertionError(data)


PLAIN_TAGS = {
    "p", "strong", "span", "table", "thead", "tbody", "tr", "th", "td", "img", "bdi", "h4",
}  # fmt: skip


def bank(exercise, *variants, **precision) -> Bank:
    return bank_of(exercise, variants or [exercise], Precision(**precision))


def exported(exercise, *variants, **precision) -> tuple[Bank, str, list[Question]]:
    made = bank(exercise, *variants, **precision)
    text, left_out = moodle.render(made)
    assert left_out == ()
    category, questions = read(text)
    return made, category, questions


# -- what is read back is what was meant ------------------------------------------------------------------------------


def check(made: Bank, questions: list[Question]) -> None:
    assert len(questions) == len(made.items)
    for item, question in zip(made.items, questions, strict=True):
        assert question.idnumber == (item.code or None)
        assert len(question.blanks) == len(item.blanks)
        assert re.findall(r"\{#(\d+)\}", question.text) == [str(i + 1) for i in range(len(item.blanks))]
        for (weight, alternatives), blank in zip(question.blanks, item.blanks, strict=True):
            right, *wrong, other = alternatives
            assert weight == blank.weight
            assert (right.fraction, right.number, right.tolerance) == (1.0, blank.number, blank.tolerance)
            assert [one.fraction for one in (*wrong, other)] == [0.0] * (len(wrong) + 1)
            assert [(one.number, one.tolerance) for one in wrong] == [(w.number, w.tolerance) for w in blank.wrong]
            assert [Seen(one.feedback).shown for one in wrong] == [w.says for w in blank.wrong]
            assert other.number is None
            assert other.feedback
            for one in alternatives:
                assert Seen(one.feedback).tags <= {"span", "bdi"}
        for part, html in (("questiontext", question.text), ("generalfeedback", question.feedback)):
            seen = Seen(html)
            assert seen.tags <= PLAIN_TAGS
            used = [value for name, value in seen.attributes if name == "src"]
            assert used == [f"@@PLUGINFILE@@/{name}" for name in question.files[part]]
            for picture in question.files[part].values():
                assert ElementTree.fromstring(picture).tag.endswith("svg")


@pytest.mark.parametrize("stem", BY_HAND)
def test_moodle_reads_every_blank_as_it_was_meant(stem):
    made, _, questions = exported(load(WORKSHEETS / f"{stem}.toml"))
    check(made, questions)


def test_moodle_reads_every_variant_with_its_own_numbers():
    exercise = load(WORKSHEETS / "relu.toml")
    variants = [symnet.variant(exercise, str(i), "s") for i in range(4)]
    made, category, questions = exported(exercise, *variants)
    check(made, questions)
    assert category == "$course$/symnet/One step of gradient descent through a 2-2-1 ReLU network"
    assert len({question.idnumber for question in questions}) == 4
    for question, variant in zip(questions, variants, strict=True):
        assert question.name.endswith(f"({variant.variant_code})")
        shown = Seen(question.text).shown
        for name, value in variant.problem.start.items():
            assert rf"{name[0]}_{{{name[1:]}}} = {value}\)" in shown


def test_the_slip_of_a_wrong_answer_is_what_moodle_says():
    _, _, (question,) = exported(load(WORKSHEETS / "relu.toml"))
    by_hand = {"20": 1.0, "20.001": 1.0, "-30": 0.0, "20.1": 0.0}
    weight, w13 = question.blanks[12]  # ∂Loss/∂w13, by the order of the work
    assert weight == 1
    assert {answer: marked(w13, answer).fraction for answer in by_hand} == by_hand
    assert "already updated" in marked(w13, "-30").feedback
    assert "none of the usual slips" in marked(w13, "12345").feedback


def test_a_number_that_does_not_end_is_asked_to_so_many_digits():
    toml = '[given]\nx = "1/3"\n[parameters]\nw = 0.7\n[equations]\nz = "w*x"\ny = "sigmoid(z)"\nL = "-log(y)"\n'
    for digits, right, wrong in ((3, "0.558", "0.556"), (6, "0.558070", "0.558073")):
        _, _, (question,) = exported(loads(toml), digits=digits)
        alternatives = question.blanks[1][1]
        assert marked(alternatives, right).fraction == 1
        assert marked(alternatives, wrong).fraction == 0
        assert f"{digits} significant digits" in Seen(question.text).shown


def test_the_tolerance_asked_for_is_said():
    _, _, (question,) = exported(load(WORKSHEETS / "relu.toml"), fixed=Fraction(1, 2))
    assert "off by 0.5." in Seen(question.text).shown
    assert marked(question.blanks[12][1], "20.5").fraction == 1


def test_another_reader_finds_the_same_answers():
    parser = pytest.importorskip("moodle_xml_parser.parser")
    made = bank(load(WORKSHEETS / "relu.toml"))
    (question,) = parser.parse_string(moodle.render(made)[0])["cloze"]
    gaps = [gap for gap in question.gaps if gap.sub_type == "NUMERICAL"]
    first = [Fraction(gap.options[0].answer.split(":")[0]) for gap in gaps]
    assert first == [blank.number for blank in made.items[0].blanks]


# -- whatever a person types is text ----------------------------------------------------------------------------------

NASTY = [
    "</script>", "<script>alert(1)</script>", "<b>bold</b>", "<!-- no comment -->", "]]>", "<![CDATA[", "&", "&amp;",
    "&lt;b&gt;", "<", ">", "a<b", "{", "}", "{}", "~", "#", "=", "%", "*", "%50%", "\\", "\\}", "\\#", "\\(x\\)",
    "\\[x\\]", "$", "$$x$$", "`", "``", "'", '"', "😀", "👩‍🔬", "שלום", "a שלום b", "{1:NUMERICAL:=1}", "{#1}",
    "{1:NM:=1:0.1#f~*}", "{:SA:=x}", "@@PLUGINFILE@@", "@@PLUGINFILE@@/figure-1.svg", "[tex]x[/tex]", "<tex>x</tex>",
    "[[x]]", "https://example.org/?a=b&c=d", "{mlang en}x{mlang}", "~%0%1#x}", "x\\",
]  # fmt: skip
LINE = """
title = {title}
introduction = {introduction}
learning_rate = 0.1
[given]
x = 2
t = 1
[parameters]
w = 3
[equations]
y = "w*x"
L = "(y - t)^2/2"
[[question]]
ask = "forward"
text = {question}
[[question]]
ask = "gradient"
"""


def toml_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def test_every_paragraph_that_a_person_types_is_shown_as_it_was_typed():
    typed = [f"q {nasty} q" for nasty in (*NASTY, " ".join(NASTY))]
    text = LINE.format(title='"t"', introduction=toml_text("\n\n".join(typed)), question='""')
    made, _, (question,) = exported(loads(text))
    check(made, [question])
    paragraphs = [Seen(part).shown for part in re.findall("<p>(.*?)</p>", question.text, re.DOTALL)]
    assert paragraphs[: len(typed)] == typed


@pytest.mark.parametrize(
    "nasty", [" ".join(NASTY), "{1:NUMERICAL:=1}", "]]>", "a/b", "one\nline", "tab\tbed", "bell\a"]
)
def test_what_a_person_types_is_shown_and_never_read(nasty):
    typed = toml_text(f"q {nasty} q").replace("\a", "\\u0007").replace("\t", "\\t")
    made, category, (question,) = exported(loads(LINE.format(title=typed, introduction='""', question=typed)))
    check(made, [question])
    assert len(question.blanks) == 3
    said = "q " + re.sub("[\x00-\x1f]", " ", nasty) + " q"
    assert Seen(re.sub(r"\{#\d+\}", "", question.text)).shown.count(said) == 1
    assert Seen(question.feedback).shown.count(said) == 1
    title = re.sub(r"<(?=\S)", "< ", " ".join(said.split()))[:250].strip()
    assert question.name == title
    path = re.split("(?<!/)/(?!/)", category)  # as Moodle parts it
    assert [part.replace("//", "/") for part in path] == ["$course$", "symnet", title]


@pytest.mark.parametrize("nasty", NASTY)
def test_no_filter_of_moodle_finds_its_signs_in_words(nasty):
    html = words(nasty)
    for sign in ("\\(", "\\)", "\\[", "\\]", "$$", "@@", "{", "[tex]", "[[", "{mlang"):
        assert sign not in re.sub(r'<span class="nolink">.</span>', "", html)
    assert Seen(html).shown == nasty


@pytest.mark.parametrize("nasty", [*NASTY, " ".join(NASTY)])
def test_what_is_said_of_a_slip_comes_out_as_it_went_in(nasty):
    for said in (nasty, f"You {nasty}.", f"{nasty} }}", f"#{nasty}"):
        text = f"{{3:NUMERICAL:=1:0.1#Right.~%0%2:0.1#{moodle._said(said)}~*#{moodle._said(said)}}} rest {{#9}}"
        match = BLANK.search(text)
        assert text[match.end() :] == " rest {#9}"
        right, slip, other = read_alternatives(match["all"])
        assert (Seen(slip.feedback).shown, Seen(other.feedback).shown) == (said, said)
        assert (right.number, slip.number, other.number) == (1, 2, None)


@pytest.mark.parametrize("latex", [r"\text{1}", r"\mathrm{NM}", "w_{1}^{*}", r"\hat{w}'", "{1}", "w_{13}/2"])
def test_notation_never_becomes_a_blank(latex):
    toml = LINE.format(title='"t"', introduction='""', question='""') + f"[notation]\nw = {toml_text(latex)}\n"
    made, _, (question,) = exported(loads(toml))
    check(made, [question])


def test_words_in_a_formula_never_become_a_blank():
    from symnet.classroom.export import formulas
    from symnet.notation.line import Line
    from symnet.notation.maths import Word

    nasty = "1:NUMERICAL:=1 x"
    line = Line(Word(nasty), (("=", Word(nasty)),), why=nasty)
    for latex in (formulas.inline(Word(nasty)), formulas.working((line,)), formulas.display(Word(nasty))):
        assert "NUMERICAL" in latex
        assert BLANK.search(latex + "}") is None
        assert not re.search(r"\{[0-9]*:", latex)


def test_a_cdata_section_is_never_left():
    text = moodle._text("a ]]> b ]]]]> c <![CDATA[ d")
    assert ElementTree.fromstring(text).text == "a ]]> b ]]]]> c <![CDATA[ d"


def test_a_title_that_is_very_long_or_of_nothing_that_shows():
    for title, name in (("x" * 600, "x" * 250), ("\u200b", "Exercise"), ("a/b//c", "a/b//c")):
        exercise = loads(LINE.format(title=toml_text(title), introduction='""', question='""'))
        _, category, (question,) = exported(exercise)
        assert question.name == name
        assert category == f"$course$/symnet/{name.replace('/', '//')}"
