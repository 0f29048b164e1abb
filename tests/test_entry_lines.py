"""Worked lines of one entry, and the matrix sheet of any network of arrays."""

from fractions import Fraction

import numpy as np
import pytest
from entry_values import values
from test_entries import LOSS, NETS, convolution, dense, numbers

import symnet
from symnet.algebra.equations import BATCH, Array, partial, partial_parts
from symnet.algebra.unrolling import entry_names, unroll
from symnet.notation.equations import EquationTypesetter
from symnet.notation.names import Names
from symnet.paper.document import Document
from symnet.paper.formats import html, latex, text, typst
from symnet.paper.printing.text import maths
from symnet.questions.layers import matrix
from symnet.questions.pieces import Question
from symnet.working.entry_lines import LIKEWISE, EntryLines
from symnet.working.problem import Problem
from symnet.working.solution import solve
from symnet.working.work import Work

COUNT = 2


def lines_of(net):
    """What works its entries, and the arrays worked out by another way."""
    given, lengths = numbers(net, COUNT)
    given = {x: np.round(value, 1) for x, value in given.items()}
    found = values([*net.equations, *net.backward], given, lengths)
    by_entry = {}
    for x, value in found.items():
        flat = [Fraction(repr(float(v))) if x in given else Fraction(float(v)) for v in np.ravel(value)]
        parts = partial_parts(x.name)
        if not isinstance(x, Array):
            names = [x.name]
        elif parts:
            like = next(name for name in found if name.name == parts[1])
            names = [partial(parts[0], entry.name).name for entry in entry_names(like, COUNT)]
        else:
            names = [entry.name for entry in entry_names(x, COUNT)]
        by_entry |= dict(zip(names, flat, strict=True))
    setter = EquationTypesetter(Names(net.names), net.equations)
    return EntryLines(setter, by_entry, lengths), found


@pytest.mark.parametrize("name", NETS)
def test_the_value_of_a_worked_entry_is_that_of_the_array(name):
    net = NETS[name]()
    lines, found = lines_of(net)
    for equation in (*net.equations, *net.backward):
        shape = np.shape(found[equation.lhs])
        for place in {tuple(n for n in shape), tuple(1 for n in shape)}:
            line = lines.line(equation, place)
            shown = maths(line.steps[-1][1]).replace("−", "-")
            right = float(np.asarray(found[equation.lhs])[tuple(i - 1 for i in place)])
            if "·10" not in shown and "/" not in shown:
                assert float(shown) == pytest.approx(right, rel=1e-5, abs=1e-12), (equation.name, place)
            assert bool(line.why) == (np.size(found[equation.lhs]) > 1)


def test_a_line_has_symbols_the_sum_written_out_numbers_and_the_value():
    net = dense()
    lines, _ = lines_of(net)
    line = lines.line(net.equations[0], (1, 2))
    symbols, written, put_in, value = (maths(step) for _, step in line.steps)
    assert maths(line.lhs) == "Z₁₂"
    assert symbols == "∑ⱼ X₁ⱼ·Wⱼ₂ + b₂"
    assert written == "X₁₁·W₁₂ + X₁₂·W₂₂ + X₁₃·W₃₂ + X₁₄·W₄₂ + b₂"
    assert put_in.count("·") == 4
    assert eval(put_in.replace("−", "-").replace("·", "*")) == pytest.approx(float(value.replace("−", "-")))  # noqa: S307 - numbers
    assert line.why == LIKEWISE


def test_a_long_sum_has_dots_in_the_middle():
    net = convolution()
    lines, _ = lines_of(net)
    shown = [maths(step) for _, step in lines.line(net.equations[0], (1, 1, 2, 2)).steps]
    assert shown[1].count("K") == 4
    assert "… + c₁" in shown[1]
    assert "…" in shown[2]


@pytest.mark.parametrize("place", [(0, 1), (1,), (1, 3), (3, 1)])
def test_an_entry_that_is_not_there_is_refused(place):
    net = dense()
    with pytest.raises(symnet.Mistake, match=r"Z \(2, 2\) has no entry .*; indices count from 1"):
        lines_of(net)[0].line(net.equations[0], place)


def sheet(net):
    """The matrix question of an exercise with these equations, two examples and round numbers."""
    rng = np.random.default_rng(4)
    units = unroll(net, 1)

    def drawn(group):
        return {e.name: Fraction(int(rng.integers(-20, 20)), 10) for x in group for e in entry_names(x)}

    samples = tuple(drawn((*net.inputs, *net.targets)) for _ in range(COUNT))
    problem = Problem(units, LOSS.name, {}, drawn(net.parameters), samples=samples, layers=net, reduce="sum")
    work = Work(solve(problem), Names(problem.network.names))
    return Document("Sheet", matrix(work, Question("matrix")).blocks)


@pytest.mark.parametrize("name", NETS)
def test_any_network_of_arrays_has_a_matrix_sheet(name):
    document = sheet(NETS[name]())
    shown = text.render(document)
    has_output = name != "attention by operations"  # which is one equation, of the loss
    assert ("Where the backward pass begins" in shown) == has_output
    assert "With numbers, n = 2:" in shown
    assert "At(" not in shown
    assert "Each(" not in shown
    for render in (html.render, latex.render, typst.render):
        assert render(document)


def test_the_sheet_of_a_layer_norm():
    shown = text.render(sheet(NETS["layer norm"]()))
    assert "Mᵢ = (∑ⱼ Z_ij)/5   (n × 1)" in shown
    assert "W\u0304 = Xᵀ·Z\u0304   ((5 × n)(n × 5) = 5 × 5)" in shown
    assert "(one of its terms)" in shown  # Z is used by the mean, the variance and the output
    assert "M₁ = (∑ⱼ Z₁ⱼ)/5" in shown
    assert "= (Z₁₁ + Z₁₂ + Z₁₃ + Z₁₄ + Z₁₅)/5" in shown


def test_equations_of_one_form_are_derived_once():
    shown = text.render(sheet(NETS["attention"]()))
    assert "one of each form" in shown
    assert BATCH.name in shown
    assert shown.count("∂Loss/∂WQ_ef = ∑ᵢ,ₜ ∂Loss/∂Q_(i,t,f)") == 1
    assert "∂Loss/∂WK_ef = ∑ᵢ,ₜ ∂Loss/∂K_(i,t,f)" not in shown
