"""Numbers that are proposed to an author: by hand, and each tried as the author would."""

import io
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import symnet
from symnet import waiting
from symnet.classroom import quality
from symnet.classroom.variants.sampling import with_numbers
from symnet.exercises.reader import loads

WORKSHEETS = Path(__file__).parent.parent / "worksheets"
RELU = symnet.load(WORKSHEETS / "relu.toml")
# Every weight but v and the input x1 differ from 1: who forgets v or x1 loses nothing, and only they are to blame.
SIGMOID = loads("""
learning_rate = 0.5
[given]
x1 = 1
x2 = 0.5
t = 1
[parameters]
w1 = 0.4
w2 = -0.6
b = 0.1
v = 1
[equations]
z = "w1*x1 + w2*x2 + b"
h = "sigmoid(z)"
y = "v*h"
L = "(y - t)^2/2"
""")
EXERCISES = {"relu": RELU, "sigmoid": SIGMOID}


def states(table):
    return {(id, key): cell.state for id, row in table.cells.items() for key, cell in row.items()}


def changed(exercise, proposal):
    return with_numbers(exercise, {name: Fraction(x) for name, x in proposal.change.items()})


@pytest.mark.parametrize("name", EXERCISES)
def test_what_is_proposed_shows_what_it_says_and_hides_nothing(name):
    exercise = EXERCISES[name]
    table = symnet.quality(exercise)
    before = states(table)
    assert table.proposals
    for proposal in table.proposals:
        other = changed(exercise, proposal)
        after = states(symnet.quality(other))
        shown = {pair for pair, state in before.items() if state == "hidden" and after.get(pair) in ("visible", "tied")}
        hidden = {
            pair for pair, state in before.items() if state in ("visible", "tied") and after.get(pair) == "hidden"
        }
        assert shown == set(proposal.shows)
        assert hidden == set(proposal.hides)
        assert bool(proposal.revives) or not hidden
        was, now = symnet.solve(exercise.problem), symnet.solve(other.problem)
        assert not [x for x, g in now.gradients.items() if g == 0 and was.gradients[x] != 0]
        dead = {x for x, g in was.gradients.items() if g == 0} - {x for x, g in now.gradients.items() if g == 0}
        assert bool(dead) == bool(proposal.revives)


def test_the_input_of_the_canonical_exercise_by_hand():
    """x1 = 1 hides a forgotten x1 in w13.

    With 2 or -2 it looks like a factor of two, or of two with the sign; with 3, x3 = 2·3 + 3 = 9 and y4 stays dead:
    the gradient is 18·2·3 = 108, and without the input 36.
    """
    first = next(proposal for proposal in symnet.quality(RELU).proposals if "x1" in proposal.change)
    assert first.change == {"x1": "3"}
    assert first.instead == {"x1": "1"}
    assert set(first.shows) == {("no-input", "grad(w13)"), ("no-input", "w13")}
    assert not first.revives
    after = symnet.solve(changed(RELU, first).problem)
    assert after.gradients["w13"] == 108
    assert after.forward["y4"] == 0


def test_a_dead_unit_is_an_option():
    """x4 = 1·x1 - 4 is 2 with x1 = 6: the second unit lives."""
    (option,) = [proposal for proposal in symnet.quality(RELU).proposals if proposal.revives]
    assert option.revives == ("y4",)
    assert symnet.solve(changed(RELU, option).problem).forward["y4"] > 0
    assert ("no-input", "grad(w14)") in option.shows
    assert ("no-slope", "grad(w14)") in option.hides  # the slope of a live ReLU is 1
    assert "An option, since a dead unit may be the point: " in quality.as_text(RELU)


def test_a_weight_and_an_input_of_a_sigmoid_net_by_hand():
    """grad(w1) = (y - t)·v·h(1 - h)·x1: with v = 1 and x1 = 1 neither is missed, and it takes both to show both."""
    proposals = symnet.quality(SIGMOID).proposals
    by_names = {tuple(sorted(proposal.change)): proposal for proposal in proposals}
    assert set(by_names) == {("v",), ("x1",), ("v", "x1")}
    assert {("no-next-weight", f"grad({w})") for w in ("w1", "w2", "b")} <= set(by_names["v",].shows)
    assert set(by_names["x1",].shows) == {("no-input", "grad(w1)"), ("no-input", "w1")}
    assert set(by_names["v", "x1"].shows) == set(by_names["v",].shows) | set(by_names["x1",].shows)
    assert "together show" in quality.as_text(SIGMOID)


def test_numbers_are_of_the_same_kind():
    for exercise in EXERCISES.values():
        for proposal in symnet.quality(exercise).proposals:
            for name, x in proposal.change.items():
                assert len(x.partition(".")[2]) == len(proposal.instead[name].partition(".")[2])
                assert Fraction(x) != 0


def test_numbers_that_hide_nothing_need_no_others():
    toml = '[given]\nx = 3\n[parameters]\nw = 5\n[equations]\nh = "w*x"\nL = "h^2/2"\n'
    table = symnet.quality(loads(toml))
    assert table.count("hidden") == 0
    assert table.proposals == ()


def test_the_code_of_a_class_is_left_alone():
    """t is what the one output, a probability, is compared with: 0 or 1, and nothing else."""
    toml = '[given]\nx = 3\nt = 1\n[parameters]\nw = 0.5\n[equations]\np = "sigmoid(w*x)"\nL = "(p - t)^2/2"\n'
    assert not [proposal for proposal in symnet.quality(loads(toml)).proposals if "t" in proposal.change]


def test_json_has_the_same_proposals_and_what_vary_draws():
    found = json.loads(quality.as_json(RELU))
    table = symnet.quality(RELU)
    assert [entry["change"] for entry in found["proposals"]] == [dict(p.change) for p in table.proposals]
    first = next(entry for entry in found["proposals"] if "x1" in entry["change"])
    assert first["shows"] == [{"slip": "no-input", "quantities": ["grad(w13)", "w13"]}]
    assert found["variants"] == {"drawn": quality.VARIANTS, "hidden": {}}
    assert "variants" not in json.loads(quality.as_json(SIGMOID))


def test_variants_that_hide_a_slip_are_reported():
    text = (WORKSHEETS / "relu.toml").read_text(encoding="utf-8").partition("[vary]")[0]
    vary = "[vary]\nvalues = { w13 = [2, 3], w35 = [1], w45 = [-1] }\n"
    said = quality.as_text(loads(text + vary))
    assert (
        f"Of {quality.VARIANTS} variants drawn as [vary] says, these slips show nowhere: no-next-weight in"
        in " ".join(said.split())
    )


def test_the_text_says_what_to_change():
    done = subprocess.run(
        [sys.executable, "-m", "symnet", "quality", str(WORKSHEETS / "relu.toml")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "x1 = 3 instead of 1 shows no-input in grad(w13), w13." in done.stdout
    assert done.stderr == ""  # no terminal, no line


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_is_told_what_takes_a_while(monkeypatch):
    moments = iter([0.0, 1.0, 2.5, 2.6, 4.0])
    monkeypatch.setattr(waiting.time, "monotonic", lambda: next(moments))
    out = Terminal()
    with waiting.told("drawing numbers", 4, out) as step:
        for _ in range(4):
            step()
    first, last = "symnet: drawing numbers, 2 of 4", "symnet: drawing numbers, 4 of 4"
    assert out.getvalue() == f"\r{first}\r{last}\r{' ' * len(last)}\r"


def test_nobody_is_told_elsewhere_or_of_what_is_quick(monkeypatch):
    out = Terminal()
    with waiting.told("drawing numbers", 1, out) as step:
        monkeypatch.setattr(waiting.time, "monotonic", lambda: 0.0)
        step()
    assert out.getvalue() == ""
    pipe = io.StringIO()
    with waiting.told("drawing numbers", 1, pipe) as step:
        step()
    assert pipe.getvalue() == ""
