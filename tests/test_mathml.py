"""MathML says what the tree says: every formula of every sheet is read back into a neutral form and compared."""

import re
from html.parser import HTMLParser
from importlib.resources import files
from io import BytesIO
from xml.etree import ElementTree

import pytest
from course_sheets import SHEETS, made
from hypothesis import given, settings
from hypothesis import strategies as st

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
from symnet.paper.breaking import on_one_line, width
from symnet.paper.document import (
    Answer,
    Beside,
    Display,
    Figure,
    Folded,
    Heading,
    Items,
    Paragraph,
    Space,
    Table,
    Task,
    Working,
)
from symnet.paper.formats import html
from symnet.paper.parting import ROOM, parted
from symnet.paper.printing.mathml import escape, maths

CORE = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "msub", "msup", "msubsup"),
    *("munder", "mover", "munderover", "mtable", "mtr", "mtd"),
    *("mpadded", "mphantom"),
}
ATTRIBUTES = {
    *(
        "aria-hidden",
        "class",
        "displaystyle",
        "form",
        "stretchy",
        "lspace",
        "rspace",
        "movablelimits",
        "mathvariant",
        "accent",
        "width",
    )
}
RELATIONS = tuple(map(Operator, ("=", "≈", "←")))
BARS, CLOSING, MARKS = "()|[]{}⌊⌋", ")]⌋", {"ˆ": "hat", "¯": "bar", "˜": "tilde", "˙": "dot"}


# -- the neutral form: a flat list of tokens and nested tuples, which both sides are brought to ------------------------


def of_tree(node):
    """The tree in the neutral form: brackets are signs, rows are flat."""
    match node:
        case Number(text):
            return [("number", text)]
        case Letter(text):
            return [("letter", text)]
        case Word(text):
            return [("sign", text)] if text in ("(", ")", "|", "/", "′") else [("word", text)]
        case Operator(sign, prefix):
            return [("prefix" if prefix or sign in ("∂", "∂⁺") else "infix", sign)]
        case Times(seen):
            return [("times", seen)]
        case Row(items):
            return [token for item in items for token in of_tree(item)]
        case Fraction(above, below):
            return [("over", of_tree(above), of_tree(below))]
        case Script(base, sub, sup):
            if sub is None and sup is None:
                return of_tree(base)
            return [("script", of_tree(base), of_tree(sub) if sub else None, of_tree(sup) if sup else None)]
        case Brackets(body, left, right):
            return [*[("sign", left)][: len(left)], *of_tree(body), *[("sign", right)][: len(right)]]
        case Root(body):
            return [("root", of_tree(body))]
        case Accent(body, mark):
            return [("accent", of_tree(body), mark)]
        case Boxed(body):
            return [("boxed", of_tree(body))]
        case Arrow(label):
            return [("arrow", of_tree(label) if label is not None else None)]
        case Cases(rows):
            return [("cases", [(of_tree(value), of_tree(condition)) for value, condition in rows])]
        case Matrix(rows):
            return [("matrix", [[of_tree(entry) for entry in entries] for entries in rows])]


def of_mathml(element):
    """MathML in the neutral form, by what its elements mean."""
    children, text = list(element), (element.text or "")
    match element.tag:
        case "math" | "mrow" if "class" not in element.attrib:
            return _row(children)
        case "mrow":
            assert element.attrib["class"] == "boxed"
            return [("boxed", _row(children))]
        case "mn":
            return [("number", text)]
        case "mi" if text == "∂":
            return [("prefix", "∂")]
        case "mi":
            capital = len(text) == 1 and "Α" <= text <= "Ω"
            slanted = len(text) == 1 and "mathvariant" not in element.attrib
            return [("letter" if slanted or capital or element.get("class") == "name" else "word", text)]
        case "mtext":
            return [("word", text.replace("\u00a0", " "))]
        case "mo":
            return _sign(element, text)
        case "mspace":
            return []
        case "mpadded":  # a strut, which nobody sees or hears
            assert element.attrib == {"width": "0", "aria-hidden": "true"}
            assert [child.tag for child in children] == ["mphantom"]
            return []
        case "mfrac":
            return [("over", *map(of_mathml, children))]
        case "msqrt":
            return [("root", _row(children))]
        case "msup" if children[0].text == "∂" and children[1].tag == "mo":
            assert children[1].text == "+"
            return [("prefix", "∂⁺")]
        case "msub" | "munder":
            base, sub = map(of_mathml, children)
            return [("script", base, sub, None)]
        case "msup":
            base, sup = map(of_mathml, children)
            return [("script", base, None, sup)]
        case "msubsup" | "munderover":
            return [("script", *map(of_mathml, children))]
        case "mover" if "accent" in element.attrib:
            return [("accent", of_mathml(children[0]), MARKS[children[1].text])]
        case "mover":
            assert children[0].text == "→"
            return [("arrow", of_mathml(children[1]))]
    raise AssertionError(element.tag)


def _row(children):
    """Side by side; a table between brackets is a matrix, one after a brace is cases."""
    if children and children[-1].tag == "mtable":
        assert [children[0].text, len(children)] == ["{", 2]
        rows = [[of_mathml_row(cell) for cell in line] for line in children[1]]
        return [("cases", [(value, _condition(condition)) for value, condition in rows])]
    if len(children) == 3 and children[1].tag == "mtable":
        assert [children[0].text, children[2].text] == ["[", "]"]
        return [("matrix", [[of_mathml_row(cell) for cell in line] for line in children[1]])]
    return [token for child in children for token in of_mathml(child)]


def of_mathml_row(cell):
    assert cell.tag == "mtd"
    return _row(list(cell))


def _condition(tokens):
    return tokens[1:] if tokens[0] == ("word", "if ") else tokens


def _sign(element, text):
    if text == "\u2061":
        return []
    if text == "\u2062":
        return [("times", False)]
    if text == "·":
        return [("times", True)]
    if text == "⟶":
        return [("arrow", None)]
    if text in ("′", "/") or text in BARS:
        assert text in "|′/" or element.get("form") == ("postfix" if text in CLOSING else "prefix")
        return [("sign", text)]
    assert "-" not in text, "a minus is U+2212"
    return [("prefix" if element.get("form") == "prefix" else "infix", "*" if text == "∗" else text)]


def read(mathml):
    root = ElementTree.fromstring(mathml)
    for element in root.iter():
        assert element.tag in CORE
        assert set(element.attrib) <= ATTRIBUTES
        assert not (element.tail or "").strip()
    return of_mathml(root)


# -- every formula of every sheet --------------------------------------------------------------------------------------


def formulas(blocks):
    """Every formula of the blocks, in the order of the page."""
    for block in blocks:
        match block:
            case Heading(text) | Paragraph(text) | Task(_, text) | Figure(_, _, text):
                yield from (on_one_line(part) for part in text if not isinstance(part, str))
            case Display(shown):
                yield shown
            case Working(lines):
                for line in lines:
                    if line.lhs is not None:
                        yield line.lhs
                    for sign, node in line.steps:
                        yield row(Operator(sign), node) if sign else node
            case Table(header, rows):
                yield from _of_table(header, rows)
            case Answer(inner) | Folded(inner):
                yield from formulas(inner)
            case Beside(parts):
                for part in parts:
                    yield from formulas(part)
            case Items(items):
                for text in items:
                    yield from (on_one_line(part) for part in text if not isinstance(part, str))
            case Space():
                pass


def _of_table(header, rows):
    beside = min(3, -(-len(rows) // html.SHORT_TABLE)) if len(header) <= 3 and rows else 1
    height = max(1, -(-len(rows) // beside))
    for start in range(0, max(1, len(rows)), height):
        for cells in (header, *rows[start : start + height]):
            for cell in cells:
                yield from (on_one_line(part) for part in cell if not isinstance(part, str))


@pytest.fixture(scope="module", params=SHEETS, ids=lambda path: path.stem)
def key(request):
    return made(request.param).key


def test_mathml_of_every_formula_says_what_its_tree_says(key):
    seen = list(formulas(key.blocks))
    assert seen
    for node in seen:
        for display in (False, True):
            assert read(maths(node, display)) == of_tree(node)


def units_of(node):
    """The pieces that the page makes of a formula; a relation in front of it takes none of its room."""
    if isinstance(node, Row) and node.items[0] in RELATIONS:
        first, *others = parted(row(*node.items[1:]))
        return [row(node.items[0], first), *others]
    return parted(node)


def test_page_holds_the_formulas_of_the_document_in_order(key):
    """Pieces of a formula between which a line may end make up the formula."""
    page = html.render(key)
    printed = [token for found in re.findall(r"<math.*?</math>", page) for token in read(found)]
    expected = []
    for node in formulas(key.blocks):
        units = units_of(node)
        if width(node) <= ROOM:
            assert of_tree(row(*units)) == of_tree(node)
        expected += of_tree(row(*units))
    assert printed == expected


@pytest.fixture(scope="module")
def characters():
    """The characters of the two fonts."""
    ttlib = pytest.importorskip("fontTools.ttLib")
    pytest.importorskip("brotli")
    fonts = files("symnet.paper.formats").joinpath("fonts")
    contents = (BytesIO(fonts.joinpath(f"symnet-{name}.woff2").read_bytes()) for name in ("math", "italic"))
    return [set(ttlib.TTFont(content).getBestCmap()) for content in contents]


def test_every_sign_that_is_printed_is_in_the_fonts(key, characters):
    known, slanted = characters
    for found in re.findall(r"<math.*?</math>", html.render(key)):
        for element in ElementTree.fromstring(found).iter():
            have = known | slanted if element.get("class") == "name" else known
            for sign in element.text or "":
                assert ord(sign) in have, f"{sign!r} in {found}"
                assert element.tag != "mi" or _italic(sign) in known


def _italic(sign):
    """The character that a browser shows for a lone letter."""
    if sign == "h":
        return 0x210E
    for first, last, slanted in (("A", "Z", 0x1D434), ("a", "z", 0x1D44E), ("α", "ω", 0x1D6FC)):
        if first <= sign <= last:
            return slanted + ord(sign) - ord(first)
    return {"∂": 0x1D715}.get(sign, ord(sign))


# -- every kind of node ------------------------------------------------------------------------------------------------

_atoms = st.one_of(
    st.builds(Number, st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,3})?", fullmatch=True)),
    st.builds(Letter, st.sampled_from(["x", "h", "α", "Γ", "net", "Loss", "Δx", "𝟏", "é", "a<b", "ℓ"])),
    st.builds(Word, st.sampled_from(["tanh", "a", "if any", "<b>", "&amp;", "'\"", "ReLU", "rate of change"])),
    st.sampled_from([row(PARTIAL, Letter("y")), row(IMMEDIATE, Letter("y")), Arrow()]),
)
_signs = st.sampled_from([PLUS, MINUS, EQUALS, COMMA, DOT, Times(False), Operator("∘"), Operator("≤"), Operator("*")])


def _larger(inner):
    def some(items, signs):
        parts = [items[0]]
        for sign, item in zip(signs, items[1:], strict=False):
            parts += [sign, item]
        return row(*parts)

    tables = st.integers(1, 3).flatmap(
        lambda columns: st.lists(st.tuples(*[inner] * columns), min_size=1, max_size=3).map(tuple)
    )
    return st.one_of(
        st.builds(some, st.lists(inner, min_size=1, max_size=4), st.lists(_signs, min_size=3, max_size=3)),
        st.builds(lambda node: row(NEGATIVE, node), inner),
        st.builds(Fraction, inner, inner),
        st.builds(Script, inner, st.none() | inner, st.none() | inner | st.just(Word("′"))),
        st.builds(lambda body, ends: Brackets(body, *ends), inner, st.sampled_from(["()", "||", "[]"])),
        st.builds(Root, inner),
        st.builds(Accent, inner, st.sampled_from(["hat", "bar", "tilde", "dot"])),
        st.builds(Boxed, inner),
        st.builds(Arrow, inner),
        st.builds(Matrix, tables),
        st.builds(Cases, st.lists(st.tuples(inner, inner | st.just(Word("otherwise"))), min_size=1).map(tuple)),
    )


@settings(max_examples=300, deadline=None)
@given(st.recursive(_atoms, _larger, max_leaves=12))
def test_mathml_of_any_tree_says_what_the_tree_says(node):
    assert read(maths(node)) == of_tree(node)


def test_a_wrong_formula_is_noticed():
    right, wrong = Fraction(Letter("x"), Number("2")), Fraction(Number("2"), Letter("x"))
    assert read(maths(right)) != of_tree(wrong)
    assert read(maths(row(NEGATIVE, Number("3")))) != of_tree(row(MINUS, Number("3")))
    assert read(maths(Word("a"))) != of_tree(Letter("a"))


def test_a_negative_number_has_no_room_after_its_minus():
    product = row(Number("2"), DOT, Number("1"), PLUS, Brackets(row(NEGATIVE, Number("3"))), DOT, Number("4"))
    assert '<mo form="prefix">−</mo><mn>3</mn>' in maths(product)
    assert "-" not in re.sub(r"<[^>]*>", "", maths(product))


def test_brackets_grow_round_what_is_tall_and_only_then():
    assert 'stretchy="true"' in maths(Brackets(Fraction(Number("1"), Number("2"))))
    assert 'stretchy="true"' in maths(
        Brackets(row(Number("1"), PLUS, Script(Brackets(Root(Number("2"))), Number("1"))))
    )
    assert 'stretchy="true"' not in maths(Brackets(Script(Letter("x"), Number("1"), Number("2"))))


def test_a_function_is_applied_and_a_factor_is_multiplied():
    applied = maths(row(Script(Word("ReLU"), sup=Word("′")), Brackets(Letter("x"))))
    assert "\u2061" in applied
    factor = maths(row(Letter("y"), Times(False), Brackets(row(Number("1"), MINUS, Letter("y")))))
    assert "\u2061" not in factor
    assert "\u2062" in factor


def test_a_fraction_in_a_fraction_keeps_its_size():
    assert 'displaystyle="true"' in maths(Fraction(Fraction(Number("1"), Number("2")), Letter("x")))
    assert 'displaystyle="true"' not in maths(Fraction(Number("1"), Letter("x")))


class _Collected(HTMLParser):
    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.data = [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)

    def handle_data(self, data):
        self.data += data

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = unknown_decl = handle_pi = handle_comment


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_whatever_a_name_holds_is_text(text):
    page = _Collected(f"<mi>{escape(text)}</mi>")
    assert page.tags == ["mi"]
    assert len(page.data) == len(text)
    assert all(shown in (c, " ") for c, shown in zip(text, page.data, strict=True))
    assert all(shown == c for c, shown in zip(text, page.data, strict=True) if c.isprintable())
