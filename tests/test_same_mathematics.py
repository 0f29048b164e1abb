"""The same derivation is the same mathematics in LaTeX and in MathML: both are read back and compared with the tree.

LaTeX is read by math-core, a converter to MathML that knows nothing of symnet; Typst is read back by Typst itself in
test_typst.  What is compared is a stream: the characters in order, with fractions, indices, roots, accents, boxes and
tables as parts of their own.  Spaces and fonts are left out, which differ between the formats and mean nothing.
"""

import re
import unicodedata
import xml.etree.ElementTree as ET
from html import unescape

import math_core
import pytest
from course_sheets import SHEETS, made

from symnet.notation import maths as tree
from symnet.paper import document as blocks
from symnet.paper.printing import latex, mathml

SAME = {"⋅": "·", "−": "-", "∗": "*", "⟶": "→", "∣": "|", "𝟏": "1", "ϵ": "ε", "φ": "ϕ", "∑": "Σ",
        "¯": "⎺", "ˉ": "⎺", "‾": "⎺", "^": "ˆ", "˜": "∼", "~": "∼", "˙": "⋆"}  # fmt: skip
ACCENTS = {"hat": "ˆ", "bar": "⎺", "tilde": "∼", "dot": "⋆"}
INVISIBLE = "\u2061\u2062\u2063\u2064"


def letters(text):
    """Characters without fonts: 𝐿 is L and, at the judges, ⋅ is ·."""
    plain = unicodedata.normalize("NFKC", "".join(SAME.get(c, c) for c in text if c not in INVISIBLE))
    return [SAME.get(c, c) for c in plain if not c.isspace()]


def of_tree(node):
    match node:
        case None:
            return []
        case tree.Number(text) | tree.Letter(text) | tree.Word(text):
            return letters(text)
        case tree.Operator("∂⁺"):
            return ["∂", ("sup", ("+",))]
        case tree.Operator(sign):
            return letters(sign)
        case tree.Times(seen):
            return ["·"] if seen else []
        case tree.Row(items):
            return [part for item in items for part in of_tree(item)]
        case tree.Fraction(above, below):
            return [("fraction", tuple(of_tree(above)), tuple(of_tree(below)))]
        case tree.Script(base, sub, sup):
            scripts = [(kind, tuple(of_tree(part))) for kind, part in (("sub", sub), ("sup", sup)) if part is not None]
            return [*of_tree(base), *scripts]
        case tree.Brackets(body, left, right):
            return [left, *of_tree(body), right]
        case tree.Root(body):
            return [("root", tuple(of_tree(body)))]
        case tree.Accent(body, mark):
            return [("over", tuple(of_tree(body)), (ACCENTS[mark],))]
        case tree.Boxed(body):
            return [("boxed", tuple(of_tree(body)))]
        case tree.Arrow(label):
            return ["→"] if label is None else [("over", ("→",), tuple(of_tree(label)))]
        case tree.Cases(rows):

            def condition(when):
                return of_tree(when) if isinstance(when, tree.Word) else [*"if", *of_tree(when)]

            return ["{", ("table", tuple((tuple(of_tree(v)), tuple(condition(when))) for v, when in rows))]
        case tree.Matrix(rows):
            return ["[", ("table", tuple(tuple(tuple(of_tree(e)) for e in entries) for entries in rows)), "]"]
    raise AssertionError(node)


def of_mathml(element):
    kids = [child for child in element if child.tag not in ("mspace", "annotation", "mtr")]
    parts = [of_mathml(child) for child in kids]
    match element.tag:
        case "mi" | "mn" | "mo" | "mtext":
            return letters("".join(element.itertext()))
        case "mfrac":
            return [("fraction", tuple(parts[0]), tuple(parts[1]))]
        case "msub" | "munder":
            return [*parts[0], ("sub", tuple(parts[1]))]
        case "msup":
            return [*parts[0], ("sup", tuple(parts[1]))]
        case "msubsup" | "munderover":
            return [*parts[0], ("sub", tuple(parts[1])), ("sup", tuple(parts[2]))]
        case "msqrt":
            return [("root", tuple(part for p in parts for part in p))]
        case "mover" if parts[1:] and parts[1]:
            return [("over", tuple(parts[0]), tuple(parts[1]))]
        case "mover":  # over nothing but room
            return parts[0]
        case "menclose":
            return [("boxed", tuple(part for p in parts for part in p))]
        case "mrow" if element.get("class") == "boxed":
            return [("boxed", tuple(part for p in parts for part in p))]
        case "mtable":
            rows = [[tuple(of_mathml(cell)) for cell in row] for row in element if row.tag == "mtr"]
            return [("table", tuple(map(tuple, rows)))]
        case "math" | "mrow" | "mstyle" | "mtd" | "mpadded" | "semantics":
            return [part for p in parts for part in p]
    raise AssertionError(element.tag)


def formulas(some):
    for block in some:
        for name in ("text", "caption"):
            yield from (part for part in getattr(block, name, ()) if not isinstance(part, str))
        match block:
            case blocks.Display(maths):
                yield maths
            case blocks.Working(lines):
                for line in lines:
                    yield from ([line.lhs] if line.lhs is not None else [])
                    yield from (step for _, step in line.steps)
            case blocks.Table(header, rows):
                yield from (part for cells in (header, *rows) for cell in cells for part in cell
                            if not isinstance(part, str))  # fmt: skip
            case blocks.Answer(inner) | blocks.Folded(inner):
                yield from formulas(inner)


def read_latex(text):
    converter = math_core.LatexToMathML()
    while text != (text := re.sub(r"\\text\{([^{}$]*)\$([^$]*)\$", r"\\text{\1}\2\\text{", text)):
        pass  # math-core knows no maths within words
    markup = converter.convert_with_local_state(text, displaystyle=True)
    return of_mathml(ET.fromstring(re.sub(r"&(?!lt;|gt;|amp;|quot;)\w+;", lambda found: unescape(found[0]), markup)))


def primes(stream):
    """A prime after an index and one before it are the same: TeX sorts f'_1 and f_1' alike."""
    found = []
    for part in stream:
        part = tuple(primes(inner) if isinstance(inner, tuple) else inner for inner in part) \
            if isinstance(part, tuple) else part  # fmt: skip
        if found and part == ("sup", ("′",)) and isinstance(found[-1], tuple) and found[-1][0] == "sup":
            found[-1] = ("sup", (*found[-1][1], "′"))
        else:
            found.append(part)
    return tuple(found)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_every_formula_is_the_same_in_latex_and_mathml(path):
    seen = set(formulas(made(path).key.blocks))
    assert seen
    for formula in seen:
        meant = primes(of_tree(formula))
        assert primes(of_mathml(ET.fromstring(mathml.maths(formula)))) == meant
        assert primes(read_latex(latex.maths(formula))) == meant, latex.maths(formula)


def test_a_wrong_formula_is_noticed():
    x, one, two = tree.Letter("x"), tree.Number("1"), tree.Number("2")
    right = tree.row(tree.Fraction(tree.row(x, tree.PLUS, one), two), tree.DOT, tree.Script(x, sub=two))
    wrong = [
        tree.row(tree.Fraction(tree.row(x, tree.MINUS, one), two), tree.DOT, tree.Script(x, sub=two)),
        tree.row(tree.Fraction(two, tree.row(x, tree.PLUS, one)), tree.DOT, tree.Script(x, sub=two)),
        tree.row(tree.Fraction(tree.row(x, tree.PLUS, one), two), tree.DOT, tree.Script(x, sup=two)),
        tree.row(x, tree.PLUS, tree.Fraction(one, two), tree.DOT, tree.Script(x, sub=two)),
    ]
    assert read_latex(latex.maths(right)) == of_tree(right)
    for formula in wrong:
        assert read_latex(latex.maths(formula)) != of_tree(right)
        assert of_mathml(ET.fromstring(mathml.maths(formula))) != of_tree(right)
