"""Typst: Typst itself reads our formulas back, shows hostile words as typed, and no page has anything outside it."""

import json
import os
import re
import shutil
import string
import subprocess
import unicodedata
from io import BytesIO

import pypdf
import pytest
import typst as compiler
from course_sheets import SHEETS, made
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from long_words import LONG_WORDS

from symnet.notation.line import Line
from symnet.notation.maths import (
    COMMA,
    DOT,
    EQUALS,
    IMMEDIATE,
    MINUS,
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
    Row,
    Script,
    Times,
    Word,
    joined,
    row,
)
from symnet.notation.names import GREEK
from symnet.paper.breaking import Half, pieces, rows_of, width
from symnet.paper.document import (
    Answer,
    Beside,
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
)
from symnet.paper.drawing import Box, Circle, Drawing, Label, Stroke
from symnet.paper.formats import pdf, typst
from symnet.paper.printing.typst import escape, maths, printable

X, Y, W13 = Letter("x"), Letter("y"), Script(Letter("w"), Number("13"))
HALF = Fraction(Number("1"), Number("2"))
NEAR = Times(seen=False)
PRIME = Word("′")
RELU = Word("ReLU")
SIGNS = "∘≈≤≥←→≠*<>/|"

EVERY_NODE = {
    "number": row(Number("12.5"), PLUS, Number("3")),
    "negative": row(NEGATIVE, X, EQUALS, NEGATIVE, Number("3"), MINUS, Brackets(row(NEGATIVE, Number("2")))),
    "letters": row(Letter("Loss"), PLUS, Letter("net"), EQUALS, Letter("é"), PLUS, Letter("ℓ")),
    "letters side by side": row(X, Letter("net"), Y, Word("lr"), Word("lr"), X, Script(Letter("net"), Number("1"))),
    "products": row(Number("2"), DOT, X, PLUS, Number("2"), NEAR, X, PLUS, Y, NEAR, Brackets(row(X, MINUS, Y))),
    "products of words": row(Letter("net"), NEAR, Word("lr"), NEAR, Brackets(X)),
    "words": row(X, EQUALS, Number("1"), Word(" because "), Y, Operator(">"), Number("0")),
    "functions": row(RELU, Brackets(X), PLUS, Word("tanh"), Brackets(HALF), PLUS, Word("ln"), Brackets(X)),
    "functions of two": row(Word("max"), Brackets(row(X, COMMA, Y)), PLUS, Script(Word("max"), Number("1"), PRIME)),
    "primes": row(Script(RELU, None, PRIME), Brackets(X), PLUS, Script(Word("tanh"), None, PRIME), Brackets(X), PRIME),
    "partial": row(Fraction(row(PARTIAL, Letter("Loss")), row(PARTIAL, W13)), DOT, row(IMMEDIATE, Letter("Loss"))),
    "partial beside": row(PARTIAL, X, Word("/"), PARTIAL, W13, EQUALS, IMMEDIATE, X),
    "operators": row(X, *(node for sign in SIGNS for node in (Operator(sign), X))),
    "sum": row(Script(Operator("∑", prefix=True), Letter("j")), Script(X, Letter("j")), NEAR, Script(Y, row(X, Y))),
    "scripts": row(Script(X, Number("12"), Number("2")), Script(Letter("w"), Number("13"), Brackets(Number("2")))),
    "scripts of more": row(Script(Brackets(row(X, MINUS, Y)), None, Number("2")), Script(HALF, None, Number("2"))),
    "script of a script": row(Script(Script(X, Number("1")), None, Number("2")), Script(row(X, Y), None, X)),
    "powers": row(Script(Letter("e"), None, row(NEGATIVE, HALF)), Script(Number("10"), None, row(NEGATIVE, X))),
    "fractions": row(HALF, PLUS, Fraction(HALF, row(X, PLUS, HALF)), PLUS, Fraction(X, Root(Y))),
    "brackets": row(Brackets(HALF), PLUS, Brackets(row(NEGATIVE, X), "|", "|"), PLUS, Brackets(HALF, "|", "|")),
    "other brackets": row(Brackets(X, "[", "]"), PLUS, Brackets(HALF, "{", "}"), PLUS, Brackets(X, "⌊", "⌋")),
    "nested brackets": Brackets(row(Brackets(Script(Letter("net"), Script(Y, Number("1")))), PLUS, Number("1"))),
    "bases": row(
        X, Script(Brackets(Y), None, X), RELU, Script(Brackets(Y), None, X), Word(")"), Script(Brackets(Y), X)
    ),
    "opened": row(Word("("), X, PLUS, HALF, Script(Word(")"), None, Number("2")), Word("/"), Brackets(Y)),
    "an opening half": row(HALF, Half(row(X, MINUS, Brackets(Y)), "(", "", HALF)),
    "a closing half": row(Script(Half(row(PLUS, HALF, Brackets(Y)), "", ")"), None, Number("2")), DOT, X),
    "a small half": row(Half(row(DOT, X), "", ")"), PLUS, Number("3")),
    "roots": row(Root(X), PLUS, Root(row(Script(X, None, Number("2")), PLUS, HALF))),
    "accents": row(
        Accent(X, "hat"), Accent(X, "bar"), Accent(X, "tilde"), Accent(X, "dot"), Script(Accent(X, "hat"), X)
    ),
    "boxed": row(W13, EQUALS, Boxed(row(NEGATIVE, Number("3"))), EQUALS, Boxed(HALF)),
    "arrows": row(X, Arrow(), Y, Arrow(RELU), X, Arrow(W13), Y, Arrow(row(X, PLUS, Letter("Loss"))), Y),
    "cases": row(Y, EQUALS, Cases(((HALF, row(X, Operator(">"), Number("0"))), (row(NEGATIVE, X), Word("otherwise"))))),
    "matrix": Matrix(((Number("1"), row(NEGATIVE, Number("2"))), (HALF, row(X, COMMA, Y)))),
    "turned": row(Script(Letter("X"), None, Operator("⊤")), Letter("𝟏"), Script(Letter("𝟏"), None, Word("⊤"))),
    "small matrix": row(Matrix(((Number("5"),),)), X),
    "Greek": row(*(Letter(sign) for sign in GREEK.values())),
}
DRAWING = Drawing(
    300,
    60,
    (
        Circle(40, 30, 16),
        Stroke(56, 30, 150, 30, arrow=True),
        Label(40, 30, W13),
        Label(100, 24, "words", backed=True),
        Box(150, 15, 60, 30, "gradient"),
    ),
)


# -- reading back -----------------------------------------------------------------------------------------------------

# What Typst would only keep as a style is kept as an element that we do not use.
READER = """
#let italic(body) = math.underline(body)
#let upright(body) = math.overbrace(body)
#let bold(body) = math.underbrace(body)
#let display(body) = body
#let boxed(body) = math.cancel(body)
#let xarrow(label) = math.overline(label)
#let strut(body) = math.overbracket(body)
"""
SIDES = tuple("()[]{}|⌊⌋")
ACCENTS = {"\u0302": "hat", "\u0304": "bar", "\u0303": "tilde", "\u0307": "dot"}


def read_by_typst(nodes):
    """The formulas as Typst understands what we print, in neutral form."""
    source = READER + "".join(f"#metadata(${maths(node).strip()}$) <m>\n" for node in nodes)
    found = json.loads(compiler.query(source.encode(), "<m>", field="value", ignore_system_fonts=True))
    return [tuple(understood(content["body"])) for content in found]


def understood(content):
    """Typst's content in neutral form: a list of nested tuples."""
    match content:
        case {"func": "sequence", "children": children}:
            return in_a_row(children)
        case {"func": "space"} | {"func": "align-point"}:
            return []
        case {"func": "h", "amount": "0.17em"}:
            return [("near",)]
        case {"func": "text", "text": text}:
            return [("number" if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else "word", text)] if text else []
        case {"func": "symbol", "text": "⋅"}:
            return [("times",)]
        case {"func": "symbol", "text": "⟶"}:
            return [("arrow",)]
        case {"func": "symbol", "text": text}:
            return [("letter" if text.isalpha() else "sign", text)]
        case {"func": "underline", "body": {"text": text}}:
            return [("letter", text)]
        case {"func": "overbrace", "body": {"text": text}} | {"func": "op", "text": {"text": text}}:
            return [("word", text)]
        case {"func": "underbrace", "body": {"text": "1"}}:
            return [("letter", "𝟏")]
        case {"func": "lr", "body": {"func": "lr"} as inner}:
            return understood(inner)
        case {"func": "lr", "body": {"children": [left, *body, right]}}:
            opening, closing = (end["text"] if end.get("text") in SIDES else "" for end in (left, right))
            body = body if opening else [left, *body]
            return [("brackets", opening, closing, *in_a_row(body if closing else [*body, right]))]
        case {"func": "overbracket", "body": body}:
            return [("strut", *understood(body))]
        case {"func": "frac", "num": above, "denom": below}:
            return [("fraction", tuple(understood(above)), tuple(understood(below)))]
        case {"func": "root", "radicand": body}:
            return [("root", *understood(body))]
        case {"func": "cancel", "body": body}:
            return [("boxed", *understood(body))]
        case {"func": "overline", "body": label}:
            return [("arrow", *understood(label))]
        case {"func": "accent", "base": body, "accent": mark}:
            return [("accent", ACCENTS[mark], *understood(body))]
        case {"func": "mat", "delim": ["[", "]"], "rows": rows}:
            return [("matrix", *(tuple(tuple(understood(entry)) for entry in entries) for entries in rows))]
        case {"func": "cases", "children": lines}:
            return [("cases", *map(understood_case, lines))]
        case {"func": "attach"}:
            return understood_script(content)
    raise AssertionError(f"Typst reads something we never mean: {content}")


def in_a_row(children):
    """Typst shows a blank between a string and a name beside it where the source has one; ours has none."""
    for before, space, after in zip(children, children[1:], children[2:], strict=False):
        if space == {"func": "space"}:
            kinds = {before["func"], after["func"]}
            strings = [c for c in (before, after) if c["func"] in ("text", "underline", "overbrace")]
            letters = any(not c.get("text", "a").replace(".", "").isdigit() for c in strings)
            signs = any(c["func"] == "symbol" and not c["text"].isalpha() for c in (before, after))
            beside = kinds & {"h", "op", "align-point", "overline", "frac", "lr"}
            assert signs or beside or not letters, f"a blank is seen in {children}"
    return [atom for child in children for atom in understood(child)]


def understood_script(content):
    assert set(content) <= {"func", "base", "b", "t", "tr"}
    base = understood(content["base"])
    if base == [("sign", "∂")] and content.get("t", {}).get("text") == "+":
        return [("sign", "∂⁺")]
    above = content.get("t")
    raised = tuple(understood(above)) if above is not None else None
    if "tr" in content:
        assert content["tr"] == {"func": "primes", "count": 1}
        assert raised is None
        raised = (("sign", "′"),)
    lower = tuple(understood(content["b"])) if "b" in content else None
    return [("script", tuple(base), lower, raised)]


def understood_case(line):
    place = next(i for i, child in enumerate(line["children"]) if child["func"] == "align-point")
    value, condition = line["children"][:place], line["children"][place + 1 :]
    assert value[-2:-1] == [{"func": "h", "amount": "1em"}]
    return tuple(in_a_row(value[:-2])), tuple(in_a_row(condition))


def meant(node):
    """The tree in neutral form."""
    match node:
        case Number(text):
            return [("number" if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else "word", text)] if text else []
        case Letter(text):
            return [("letter", text)]
        case Word("(" | ")" | "|" | "/" | "′" as sign):
            return [("sign", sign)]
        case Word(text):
            return [("word", text)] if text else []
        case Operator("·") | Times(True):
            return [("times",)]
        case Operator("*"):
            return [("sign", "∗")]
        case Operator(sign):
            return [("word" if sign.isalpha() and sign.isascii() and len(sign) > 1 else "sign", sign)]
        case Times():
            return [("near",)]
        case Row(items):
            return [
                atom
                for i, item in enumerate(items)
                if not (item == NEAR and i + 1 < len(items) and isinstance(items[i + 1], Brackets))
                for atom in meant(item)
            ]
        case Fraction(above, below):
            return [("fraction", tuple(meant(above)), tuple(meant(below)))]
        case Script(base, sub, sup):
            lower, raised = (None if script is None else tuple(meant(script)) for script in (sub, sup))
            return [("script", tuple(meant(base)), lower, raised)]
        case Half(body, left, right, strut):
            other = [("strut", *meant(strut))] if strut is not None else []
            return [("brackets", left, right, *meant(body), *other)]
        case Brackets(body, left, right):
            return [("brackets", left, right, *meant(body))]
        case Root(body):
            return [("root", *meant(body))]
        case Accent(body, mark):
            return [("accent", mark, *meant(body))]
        case Boxed(body):
            return [("boxed", *meant(body))]
        case Arrow(label):
            return [("arrow", *(meant(label) if label is not None else ()))]
        case Cases(rows):
            return [("cases", *((tuple(meant(value)), tuple(condition(when))) for value, when in rows))]
        case Matrix(rows):
            return [("matrix", *(tuple(tuple(meant(entry)) for entry in entries) for entries in rows))]


def condition(node):
    return [("word", node.text)] if isinstance(node, Word) else [("word", "if "), *meant(node)]


def formulas(blocks):
    """Every formula of the blocks, whole and in the pieces in which it is printed."""
    for block in blocks:
        match block:
            case Heading(text) | Paragraph(text) | Task(_, text) | Figure(caption=text):
                yield from (part for part in text if not isinstance(part, str))
            case Display(formula):
                yield from (formula, *pieces(formula, typst.ROOM, width), *pieces(formula, 20, width))
            case Working(lines):
                for line in lines:
                    yield from (node for node in (line.lhs, *(node for _, node in line.steps)) if node is not None)
                    yield from (node for _, steps in rows_of(line, typst.ROOM) for _, node in steps)
            case Table(header, rows):
                yield from (
                    part for cells in (header, *rows) for cell in cells for part in cell if part not in cell[:0]
                )
            case Answer(inner) | Folded(inner):
                yield from formulas(inner)
            case Space():
                pass


def compare(nodes):
    nodes = [node for node in nodes if not isinstance(node, str)]
    for node, read in zip(nodes, read_by_typst(nodes), strict=True):
        assert read == tuple(meant(node)), maths(node)
    return len(nodes)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_typst_reads_every_formula_of_a_sheet_as_it_is_meant(path):
    assert compare(list(formulas(made(path).key.blocks))) > 3


@pytest.mark.parametrize("name", EVERY_NODE)
def test_typst_reads_every_kind_of_node_as_it_is_meant(name):
    assert compare([EVERY_NODE[name]]) == 1


@pytest.mark.parametrize(
    ("source", "node"),
    [
        ("x_12 3", Script(X, Number("123"))),
        ("x (y)", row(X, Brackets(X))),
        ("frac(x, y)", Fraction(Y, X)),
        ('"x"', Letter("x")),
        ("x - y", row(X, PLUS, Y)),
        ("x y", row(X, NEAR, Y)),
    ],
)
def test_a_formula_that_is_read_differently_is_noticed(source, node, monkeypatch):
    monkeypatch.setattr("test_typst.maths", lambda _: source)
    with pytest.raises(AssertionError):
        compare([node])


def test_a_blank_that_would_be_seen_is_noticed(monkeypatch):
    monkeypatch.setattr("test_typst.maths", lambda _: 'x "net"')
    with pytest.raises(AssertionError, match="blank"):
        compare([row(X, Word("net"))])


# Every sign on a keyboard stands for a name or an operator; words may hold anything.
WORDS = st.text(
    st.sampled_from(string.ascii_letters + string.digits + string.punctuation + " éßЖ"), min_size=1, max_size=6
)
ATOMS = st.one_of(
    st.sampled_from(["1", "12", "0.5"]).map(Number),
    st.sampled_from([*"xyZe", "net", "Loss", "dot", "frac", "sqrt", *GREEK.values(), "𝟏"]).map(Letter),
    st.sampled_from(["tanh", "max", "ReLU", "lr", " because ", "(", ")", "|", "/", "′", "a", "dot"]).map(Word),
    WORDS.filter(lambda text: not re.fullmatch(r"[0-9]+(\.[0-9]+)?|[()|/]", text)).map(Word),
    st.sampled_from([PLUS, MINUS, NEGATIVE, EQUALS, COMMA, PARTIAL, IMMEDIATE, DOT, NEAR, Arrow()]),
    st.sampled_from([*SIGNS, *"!%&:;#$@^_~`'\"\\?.{}[]"]).map(Operator),
)


def _compound(inner):
    # A prime is a script of names alone; a partial with a raised plus is the immediate one.
    bases = st.one_of(st.sampled_from([X, Letter("net"), RELU, Word("max"), Number("12"), Brackets(X), HALF]), inner)
    bases = bases.filter(lambda node: node not in (PARTIAL, IMMEDIATE, PRIME) and meant(node))
    scripts = inner.filter(lambda node: node != PRIME and meant(node))
    return st.one_of(
        st.lists(inner, min_size=1, max_size=4).map(lambda items: row(*items)),
        st.builds(Fraction, inner, inner),
        st.builds(Script, bases, scripts, scripts),
        st.builds(Script, bases, scripts),
        st.builds(Script, st.sampled_from([X, Letter("net"), RELU, Word("tanh")]), st.none(), st.just(PRIME)),
        st.builds(Brackets, inner),
        st.builds(lambda name, body, power: row(name, Script(Brackets(body), None, power)), ATOMS, inner, scripts),
        st.builds(lambda body: Brackets(body, "|", "|"), inner),
        st.builds(Root, inner),
        st.builds(
            Accent, st.sampled_from([X, Letter("net"), row(X, Y)]), st.sampled_from(["hat", "bar", "tilde", "dot"])
        ),
        st.builds(Boxed, inner),
        st.builds(Arrow, inner),
        st.builds(lambda a, b: Matrix(((a, b), (b, a))), inner, inner),
        st.builds(lambda a, b: Cases(((a, b), (b, Word("otherwise")))), inner, inner),
    )


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.recursive(ATOMS, _compound, max_leaves=12))
def test_typst_reads_any_tree_as_it_is_meant(node):
    compare([node])


# -- words ------------------------------------------------------------------------------------------------------------

HOSTILE = [
    "#eval(1)", "#read(\"/etc/passwd\")", "$x$", "*bold* _italic_", "@label", "<label>", "// not a comment",
    "/* nor this */ seen", "back\\slash \\u{41}", "`code` ```raw```", "= heading", "== two", "- item", "+ item",
    "/ term: x", "1. one", "a -- b --- c ... d -? e ~ f", "it's \"quoted\" ‘so’ “so”", "[content] {code} (brackets);",
    "https://example.org/a", "#\"", "\\", "\\\"", "]#set page(width: 1pt)[", "%&^|", "Zoë Müller Вася Σαπφω",
    "a\u00a0b",
]  # fmt: skip


def text_of(pdf_bytes):
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf_bytes)).pages)


def squeezed(text):
    """Without blanks, which lines that end and fonts without kerning make uncertain, and with ligatures opened."""
    return re.sub(r"\s|\u200b|\u00ad", "", unicodedata.normalize("NFKC", text))


def compiled(source):
    """The PDF; fails where it is no PDF/UA-1 with Typst's own fonts, or Typst warns."""
    made, warnings = compiler.compile_with_warnings(
        source.encode(), format="pdf", pdf_standards=["ua-1"], ignore_system_fonts=True
    )
    assert warnings == []
    return made


def page_of(*blocks, title="Title", note=""):
    return compiled(typst.render(Document(title, blocks, note)))


def test_hostile_words_are_shown_as_they_were_typed_wherever_they_stand():
    for place in (
        lambda words: (Paragraph((words,)),),
        lambda words: (Heading((words,)),),
        lambda words: (Task(1, (words,)),),
        lambda words: (Table(((words,), ("b",)), (((words,), (X,)),)),),
        lambda words: (Working((Line(X, (("=", Y),), why=words),)),),
        lambda words: (Display(row(X, Word(words))),),
        lambda words: (Paragraph((Word(words), Letter(words))),),
        lambda words: (Figure(DRAWING, words, (words,)),),
    ):
        shown = squeezed(text_of(page_of(*(block for words in HOSTILE for block in place(words)))))
        assert not [words for words in HOSTILE if squeezed(words) not in shown]


@pytest.mark.parametrize("words", HOSTILE)
def test_a_hostile_title_is_shown_and_is_the_title_of_the_document(words):
    made = page_of(Paragraph(("Text",)), title=words, note=words)
    assert squeezed(text_of(made)).count(squeezed(words)) == 2
    assert pypdf.PdfReader(BytesIO(made)).metadata.title == printable(words)


LETTERS = st.one_of(
    st.sampled_from("#$*_@<>/\\`'\"=-+~.:;[](){}%&^|!?, \n\t\0\x07\x1b\u202e\u200f\ufeffaé1"),
    st.characters(min_codepoint=33, max_codepoint=0x17F, exclude_categories=["Cc", "Cf", "Zs"]),
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(st.text(LETTERS, min_size=1, max_size=30), min_size=1, max_size=6))
def test_any_words_are_shown_as_they_were_typed(lines):
    numbered = [f"{i}⟨{words}⟩{i}" for i, words in enumerate(lines)]
    shown = squeezed(text_of(page_of(*(Paragraph((words,)) for words in numbered))))
    for i, words in enumerate(lines):
        assert squeezed(printable(words)) in shown.split(f"{i}⟨")[1].split(f"⟩{i}")[0]


def test_words_without_a_glyph_in_typsts_fonts_still_make_a_pdf():
    words = ("😀 王 أحمد שלום \ue000 \ud800", Letter("王"), Word("😀"))
    made = pdf.render(Document("😀 王", (Paragraph(words), Paragraph(("after",)))), "typst")
    assert made.startswith(b"%PDF")
    shown = text_of(made)
    assert "after" in shown
    # By a font of this machine, or by the number of the sign: none is left out in silence.
    for sign in "😀王\ue000":
        assert sign in shown or f"[U+{ord(sign):04X}]" in shown


def test_control_characters_and_turning_marks_are_left_out():
    assert escape("a\0b\x1bc\u202ed\ud800e\nf") == '#"abcde f"'
    assert escape("\0") == ""


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
