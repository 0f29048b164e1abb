"""The line of working behind every key, and the rule of it in words."""

from pathlib import Path

import symnet
from symnet.diagnosis.keyed_lines import KeyedLines
from symnet.diagnosis.rule_words import RuleWords
from symnet.notation.names import Names
from symnet.paper.printing.text import maths
from symnet.working.quantities import keys_of
from symnet.working.work import Work

WORKSHEETS = Path(__file__).parent.parent / "worksheets"
PUBLISHED = Path(__file__).parent / "published"
RELU = WORKSHEETS / "relu.toml"


def lines_of(exercise):
    problem = exercise.problem
    return KeyedLines(Work(symnet.solve(problem), Names((*problem.network.names, *problem.state), exercise.notation)))


def written(lines, key):
    line = lines.line(key)
    return f"{maths(line.lhs)} {line.relation} {maths(lines.work.symbols(line.rhs, line.names))}"


def test_keys_of_slopes_and_of_later_values_have_lines():
    lines = lines_of(symnet.load(RELU))
    assert written(lines, "y3/x3") == "∂y₃/∂x₃ = ReLU′(x₃)"
    assert written(lines, "x5/w35") == "∂x₅/∂w₃₅ = y₃"
    assert written(lines, "new(x5)") == "x₅^new = w₃₅^new·y₃^new + w₄₅^new·y₄^new"
    assert lines.inputs("new(x5)") == ("w35", "new(y3)", "w45", "new(y4)")
    assert written(lines, "w13@1") == "w₁₃ ← w₁₃ − η · ∂Loss/∂w₁₃"
    assert lines.line("w13@1").values is not None
    assert lines.line("nothing") is None
    assert lines.node("nothing") is None


def test_the_line_of_an_example_has_its_own_numbers():
    exercise = symnet.load(PUBLISHED / "trask_batch_sum.toml")
    lines = lines_of(exercise)
    for k in range(1, len(exercise.problem.examples) + 1):
        line = lines.line(f"z@{k}")
        assert all(line.values[name] == number for name, number in exercise.problem.examples[k - 1].items())
    assert lines.line("w1@2").values is None  # of the second update
    assert "z@2" in lines.above("grad(w1)@2")


def test_every_key_of_an_exercise_has_a_part_and_a_name():
    for name in ("relu", "two-outputs", "optimizers"):
        exercise = symnet.load(WORKSHEETS / f"{name}.toml")
        lines, words = lines_of(exercise), RuleWords(lines_of(exercise))
        for key in keys_of(exercise.problem):
            assert lines.part(key)
            assert lines.node(key) is not None
            said = "".join(part for part in words.rule(key) if isinstance(part, str))
            assert said.endswith((".", "?"))
            assert not any(c.isdigit() for c in said)
