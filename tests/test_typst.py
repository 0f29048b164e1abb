"""Typst: Typst itself reads our formulas back as they are meant, and shows hostile words as they were typed."""

import json
import re
import string
from io import BytesIO

import pypdf
import pytest
import typst as compiler
from course_sheets import SHEETS, made
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typst_made import DRAWING, EVERY_NODE, HALF, NEAR, PRIME, RELU, SIGNS, X, Y, page_of, squeezed

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
    row,
)
from symnet.notation.names import GREEK
from symnet.paper.breaking import Half, pieces, rows_of, width
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
)
from symnet.paper.formats import pdf, typst
from symnet.paper.printing.typst import escape, maths, printable

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
