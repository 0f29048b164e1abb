"""Long formulas over several lines: every line fits, nothing is lost, and brackets on two lines are of one size."""

import json
import re
import shutil
import subprocess

import pytest
from course_sheets import SHEETS, made

from symnet.notation.maths import (
    DOT,
    MINUS,
    NEGATIVE,
    PARTIAL,
    PLUS,
    Brackets,
    Fraction,
    Letter,
    Matrix,
    Number,
    Operator,
    Row,
    Script,
    Times,
    Word,
    joined,
    row,
)
from symnet.paper import document as blocks
from symnet.paper.breaking import Half, is_tall, on_lines, on_one_line, pieces, width
from symnet.paper.formats import typst as typst_sheet
from symnet.paper.layout import USUAL
from symnet.paper.printing import latex, mathjax, mathml, text, typst

X, Y, ONE = Letter("x"), Letter("y"), Number("1")
HALF = Fraction(ONE, Number("2"))
LONG = row(HALF, DOT, X, PLUS, Y)
TALL = row(Letter("t"), Times(False), Brackets(row(X, PLUS, Y)), MINUS, Fraction(X, Y))


def formulas(some):
    for block in some:
        match block:
            case blocks.Display(formula):
                yield formula
            case blocks.Working(lines):
                yield from (node for line in lines for _, node in line.steps)
            case blocks.Answer(inner) | blocks.Folded(inner):
                yield from formulas(inner)


def letters(node):
    """What is printed, without blanks and products that nearness says."""
    return re.sub(r"[\s·]", "", text.maths(node))


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
@pytest.mark.parametrize("room", [62, 40, 22])
def test_the_pieces_of_a_formula_are_the_formula(path, room):
    for node in formulas(made(path).key.blocks):
        broken = "".join(letters(piece) for piece in pieces(node, room, width))
        # A fraction that is opened has brackets round what stood above its line.
        assert re.sub(r"[()]", "", broken) == re.sub(r"[()]", "", letters(node))
        assert broken.count("(") == broken.count(")") >= letters(node).count("(")


def test_every_line_fits_where_a_line_may_end_anywhere():
    terms = [row(Letter(f"w{i}"), DOT, Brackets(row(X, MINUS, Y))) for i in range(40)]
    total = joined([Brackets(joined(terms[i : i + 5], MINUS)) for i in range(0, 40, 5)] + terms, PLUS)
    for room in (20, 33, 70):
        assert all(width(line) <= room for line in pieces(total, room, width))


def test_a_formula_is_broken_at_a_sum_before_a_product_and_outside_brackets_before_inside():
    product = row(X, DOT, Brackets(row(X, PLUS, Y)))
    assert pieces(row(product, PLUS, product), 13, width) == [product, row(PLUS, product)]
    assert pieces(product, 9, width) == [X, row(DOT, Brackets(row(X, PLUS, Y)))]
    circle = row(X, Operator("∘"), Brackets(row(ONE, MINUS, Y)))
    assert pieces(circle, 10, width) == [X, row(Operator("∘"), Brackets(row(ONE, MINUS, Y)))]


def test_formulas_in_a_row_go_whole_into_the_next_line():
    gap, equals = Word("  "), Operator("=")
    several = row(X, equals, ONE, Operator(","), gap, Y, equals, ONE, Operator(","), gap, X, equals, ONE)
    assert [letters(line) for line in pieces(several, 17, width)] == ["x=1,y=1,", "x=1"]


def test_a_number_is_not_left_alone_before_broken_brackets():
    product = row(Number("0.5"), DOT, Brackets(row(Number("0.123456"), PLUS, Number("0.654321"))))
    assert [letters(line) for line in pieces(product, 15, width)] == ["0.5(0.123456", "+0.654321)"]


def test_what_follows_a_broken_factor_goes_on_beside_it():
    product = row(X, DOT, Brackets(row(Number("0.123456"), PLUS, Number("0.654321"))), DOT, ONE)
    assert [letters(line) for line in pieces(product, 17, width)] == ["x", "(0.123456", "+0.654321)1"]


def test_a_new_term_starts_a_line_after_a_broken_one():
    wide = Brackets(row(Number("0.123456"), PLUS, Number("0.654321")))
    assert [letters(line) for line in pieces(row(wide, PLUS, ONE), 17, width)] == ["(0.123456", "+0.654321)", "+1"]


def test_a_product_by_nearness_is_seen_at_the_start_of_a_line():
    _, second = pieces(row(Number("123456"), Times(False), Brackets(row(X, PLUS, Y))), 12, width)
    assert second.items[0] == DOT


def test_a_wide_fraction_is_broken_before_its_slash():
    wide = Fraction(row(*[X, PLUS] * 6, Y), row(*[Y, PLUS] * 6, X))
    assert [letters(line) for line in pieces(wide, 20, width)] == ["(x+x+x+x+x", "+x+y)", "/(y+y+y+y+y", "+y+x)"]


def test_the_index_of_brackets_stays_at_the_one_that_closes():
    first, last = pieces(Script(Brackets(LONG), sup=Number("2")), 9, width)
    assert first == Half(row(HALF, DOT, X), "(", "", None)
    assert last == Script(Half(row(PLUS, Y), "", ")", HALF), sup=Number("2"))


def test_a_half_in_parts_keeps_its_bracket_at_one_end_and_its_size():
    opening = on_lines(Half(row(X, PLUS, HALF), "(", "", None), [X, row(PLUS, HALF)])
    assert opening == [Half(X, "(", "", HALF), row(PLUS, HALF)]
    closing = on_lines(Half(row(HALF, PLUS, X), "", ")", Matrix(((ONE,),))), [HALF, row(PLUS, X)])
    assert closing == [HALF, Half(row(PLUS, X), "", ")", row(Matrix(((ONE,),)), HALF))]


def test_partial_derivatives_stand_on_one_line_with_a_slash():
    for sign in ("∂", "∂⁺"):
        d = Operator(sign, prefix=True)
        assert on_one_line(Fraction(row(d, X), row(PARTIAL, Y))) == row(d, X, Word("/"), PARTIAL, Y)
    assert on_one_line(HALF) == HALF


# -- the size of brackets ---------------------------------------------------------------------------------------------

INSIDE = {
    "a fraction on one line": (row(ONE, MINUS, X), row(PLUS, HALF)),
    "matrices": (ONE, row(MINUS, Matrix(((ONE,), (X,), (Y,))), Operator("∘"), X)),
    "brackets in brackets": (row(X, DOT, Brackets(row(HALF, PLUS, X))), row(PLUS, Brackets(row(X, MINUS, Y)))),
    "a minus first": (row(NEGATIVE, X), row(PLUS, Fraction(HALF, Y))),
    "nothing tall": (row(NEGATIVE, X), row(PLUS, Y)),
}


def halves(name):
    """(the formula in brackets, its two lines)."""
    first, last = INSIDE[name]
    whole = Brackets(row(first, last))
    found = pieces(whole, max(width(first), width(last)) + 2, width)
    assert [type(line) for line in found] == [Half, Half]
    return whole, found


def test_halves_are_tall_where_the_whole_is():
    for name in INSIDE:
        whole, (one, other) = halves(name)
        assert is_tall(one) == is_tall(other) == is_tall(whole) == (name != "nothing tall")


def test_halves_balance_in_latex():
    for printed in (latex.maths, mathjax.maths):
        for name in INSIDE:
            for line in halves(name)[1]:
                source = printed(line)
                assert source.count(r"\left") == source.count(r"\right")
                assert (r"\left" in source) == (name != "nothing tall")


def test_nobody_hears_what_makes_a_bracket_tall():
    _, (one, other) = halves("a fraction on one line")
    assert re.findall(r"<mpadded[^>]*>", mathml.maths(one)) == ['<mpadded width="0" aria-hidden="true">']
    assert "mpadded" not in mathml.maths(other)


def test_typst_sets_both_halves_as_high_as_the_whole():
    compiler = pytest.importorskip("typst")
    for name in INSIDE:
        whole, lines = halves(name)
        shown = "".join(f"#context [#metadata(measure($display({typst.maths(n)})$).height.pt()) <m>]\n"
                        for n in (whole, *lines))  # fmt: skip
        source = typst_sheet._preamble(USUAL) + shown
        found = json.loads(compiler.query(source.encode(), "<m>", field="value", ignore_system_fonts=True))
        assert found[1:] == pytest.approx([found[0]] * 2, abs=0.01), name


def test_tex_sets_both_halves_as_high_as_the_whole(tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    shown = "".join(
        rf"\sbox0{{$\displaystyle {latex.maths(node)}$}}\typeout{{height \the\ht0 \the\dp0}}" + "\n"
        for name in INSIDE
        for whole, lines in [halves(name)]
        for node in (whole, *lines)
    )
    source = rf"\documentclass{{article}}\usepackage{{amsmath}}\begin{{document}}{shown}\end{{document}}"
    (tmp_path / "sheet.tex").write_text(source)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "sheet.tex"]
    log = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=True).stdout.decode()
    found = re.findall(r"^height (\S+)", log, re.MULTILINE)
    assert len(found) == 3 * len(INSIDE)
    for i in range(0, len(found), 3):
        assert found[i] == found[i + 1] == found[i + 2]


def test_a_row_of_one_is_no_row():
    assert not isinstance(row(X), Row)


def test_a_wide_vector_keeps_its_label_and_what_it_is_equal_to():
    numbers = Matrix((tuple(Number(f"0.12345{i}") for i in range(9)),))
    label = on_one_line(Fraction(row(PARTIAL, Letter("L")), row(PARTIAL, Letter("f"))))
    about, equal = Operator("≈"), Operator("=")
    whole = row(label, about, numbers)
    assert pieces(whole, 30, width) == [whole]  # it can be set smaller, and is no quotient of ∂L by ∂f
    product = row(Letter("W"), Times(False), Letter("y"))
    worked = row(label, equal, product, about, numbers)
    assert pieces(worked, 40, width) == [row(label, equal, product), row(about, numbers)]
