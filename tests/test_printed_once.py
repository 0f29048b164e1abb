"""What a key prints once: rules and the lines that follow them, sentences for a whole sheet, lines worked before."""

import re
from pathlib import Path

import pytest

import symnet
from symnet.exercises.reader import load, loads
from symnet.paper.document import Answer, Paragraph, Task, Working
from symnet.paper.formats import latex, text
from symnet.sheets.repeated import without_repeats

WORKSHEETS = Path(__file__).parent.parent / "worksheets"
NORM = (WORKSHEETS / "layer-norm.toml").read_text(encoding="utf-8")
DEVIATIONS = "(x₁ − m) + (x₂ − m)"  # the beginning of what sums to 0
SAMPLES = """
question = [{ ask = "newton" }]
samples = [{ x = 1, t = 2 }, { x = 2, t = 3 }]
parameters = { w = 2, v = 1 }
[equations]
z = "w*x"
h = "z^2"
y = "v*h"
L = "(y - t)^2/2"
"""


def _key(exercise):
    return " ".join(text.render(exercise.worksheet().key).split())


def _of(name):
    return load(WORKSHEETS / f"{name}.toml")


@pytest.mark.parametrize(("epsilon", "below"), [("", "2·s"), (" + 0.5", "2·(s + 0.5)")])
def test_the_entries_of_a_normalisation_are_worked_by_its_short_form(epsilon, below):
    shown = _key(loads(NORM.replace("sqrt(s)", f"sqrt(s{epsilon})")))
    assert f"∂L/∂s = −(∂L/∂n₁·n₁ + ∂L/∂n₂·n₂ + ∂L/∂n₃·n₃ + ∂L/∂n₄·n₄)/({below})" in shown
    assert "∂L/∂m = −(∂L/∂n₁ + ∂L/∂n₂ + ∂L/∂n₃ + ∂L/∂n₄)/√" in shown
    assert DEVIATIONS not in shown


def test_with_another_path_or_blanks_no_rule_says_that_a_term_is_0():
    assert DEVIATIONS in _key(loads(NORM.replace('"g*n + b"', '"g*n + b + x"')))
    faded = " ".join(text.render(loads(NORM).worksheet(fade=1).sheet).split())
    assert "along three paths" not in faded.replace("reaches the loss along three paths", "")
    assert DEVIATIONS in faded


def test_a_short_form_that_is_rounded_to_another_number_is_not_printed():
    """Where every line is rounded, a short line comes to its number, and the long one stands where it does not."""
    short = 0
    for last in range(2, 12):
        toml = NORM.replace("x = [1, 5, 5, 1]", f"x = [1, 5, 4, {last}]")
        exercise = loads(f"round = 1\n{toml}")
        line = " ".join(text.render(exercise.worksheet().key).split("∂L/∂m = −(∂L")[1].split("∂L/∂x")[0].split())
        if DEVIATIONS in line:
            continue
        short += 1
        values = exercise.solve().forward
        above = [g * float(exercise.problem.start[f"g{i}"]) for i, g in enumerate((2, 4, 6, -3), 1)]
        found = -sum(above) / float(values["s"]) ** 0.5
        printed = float(re.split("[=≈]", line)[-1].strip().replace("−", "-"))
        assert round(found, 1) == pytest.approx(printed, abs=1e-9)
    assert 0 < short < 10


def test_a_gradient_that_is_a_given_array_is_a_rule_and_no_array_again():
    shown = _key(_of("pooling"))
    assert "Q̄ = G, P̄ = G" in shown
    assert "∂L/∂Q = [" not in shown
    assert "∂L/∂P = [" not in shown


def test_a_vector_stands_behind_its_rule_unless_the_rules_are_a_table():
    assert "y\u0304 ∘ g = [2, 12, −6, −6]" in _key(_of("layer-norm"))
    table = _key(_of("batch-norm"))  # a product of shapes is worth a column
    assert "(2 × 3)(3 × 1) = 2 × 1" in table
    assert "∂L/∂s ≈ [" in table


def test_that_others_are_found_likewise_is_said_once():
    assert _key(_of("word2vec")).count("the others are found likewise.") == 1
    alone = loads((WORKSHEETS / "word2vec.toml").read_text(encoding="utf-8").replace('{ ask = "forward" }, ', ""))
    assert "the others are found likewise" in _key(alone)


def test_a_newton_step_after_its_hessian_does_not_work_it_again():
    exercise = _of("hessian-and-newton")
    shown = _key(exercise)
    assert shown.count("∂L/∂w = w + (y − t)·x") == 1
    assert "The gradient, as above. Each of these formulas is differentiated once more, as above." in shown
    faded = " ".join(text.render(exercise.worksheet(fade=1).sheet).split())
    assert "as above" not in faded  # every question has its blanks
    alone = (WORKSHEETS / "hessian-and-newton.toml").read_text(encoding="utf-8")
    alone = loads(alone.replace('{ ask = "hessian", points = 4 }, ', ""))
    assert "∂L/∂w = w + (y − t)·x" in _key(alone)


def test_only_lines_of_an_earlier_question_that_are_announced_are_left_out():
    line = symnet.load(WORKSHEETS / "relu.toml").worksheet().key
    working = next(b for b in line.blocks if isinstance(b, Working) and len(b.lines) > 1)
    words = Paragraph(("The lines:",))
    first = [Task(1, ("a",)), Answer((words, working, words, working), 0)]
    assert list(without_repeats(first)) == first  # twice in one answer
    *_, again = without_repeats([*first, Task(2, ("b",)), Answer((words, working), 0)])
    assert again.blocks == (Paragraph(("The lines", ", as above.")),)
    *_, bare = without_repeats([*first, Task(2, ("b",)), Answer((working,), 0)])
    assert bare.blocks == (working,)


def test_tangents_of_several_samples_stand_in_the_order_of_the_samples():
    shown = _key(loads(SAMPLES))
    places = [shown.index(f"{name} =") for name in ("∂h⁽¹⁾/∂w", "∂y⁽¹⁾/∂w", "∂h⁽²⁾/∂w", "∂y⁽²⁾/∂w")]
    assert places == sorted(places)
    assert "+ (2·" not in shown  # no brackets around some terms of a sum


def test_latex_takes_back_the_empty_line_before_an_answer_that_begins_with_a_formula():
    source = latex.render(_of("attention").worksheet().key)
    assert "\\begingroup\\color{answer}\\takeback[\\nopagebreak]\n" in source
