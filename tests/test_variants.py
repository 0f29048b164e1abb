"""Variants: the stream of draws, and that exercise, student and salt alone say which numbers a student gets."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from fractions import Fraction as F

import pytest
from varied_exercises import RELU, SMALL, VARY

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.classroom.variants import sampling
from symnet.classroom.variants.random_numbers import Draws, digest
from symnet.classroom.variants.sampling import sampler_of
from symnet.exercises.reader import loads

# -- the stream -------------------------------------------------------------------------------------------------------

# Worked out with SHA-256 as the docstring of ``draws`` says.  A stream that gives anything else makes the papers of old
# classes other papers: these numbers are never to change.


def test_the_seed_and_the_first_words_are_those_of_sha256():
    def part(text):
        return len(text.encode()).to_bytes(8, "big") + text.encode()

    seed = hashlib.sha256(b"".join(map(part, ("symnet.draws/1", "a", "Ada Lovelace", "salt")))).digest()
    assert seed.hex() == "3fb6fa87729e85fff7b1efc57bf8b8f9cb20a4c0517e912c81a84f9d4565a218"
    draws = Draws("a", "Ada Lovelace", "salt")
    words = [draws.below(2**32) for _ in range(9)]
    blocks = [hashlib.sha256(seed + i.to_bytes(8, "big")).digest() for i in (0, 1)]
    expected = [int.from_bytes(block[k : k + 4], "big") for block in blocks for k in range(0, 32, 4)]
    assert words == expected[:9]
    assert words[:3] == [3485687875, 1833739013, 3636156708]


def test_draws_are_the_same_for_ever():
    draws = Draws("a", "Ada Lovelace", "salt")
    assert [draws.below(6) for _ in range(12)] == [1, 5, 0, 4, 0, 4, 3, 2, 0, 1, 0, 2]
    assert Draws("a", "Ada Lovelace", "salt").code(10) == "Q3MWB4NBGC"
    # 3·2^30 is so large that a quarter of the words are passed over, here the first and the third.
    draws = Draws("a", "Ada Lovelace", "salt")
    assert [draws.below(3 * 2**30) for _ in range(4)] == [1833739013, 966980500, 1561252092, 2280660958]


def test_variants_are_the_same_for_ever():
    sampler = sampler_of(loads(SMALL + VARY))
    assert sampler.identity == "03f81c19100ec891a011e400df696400abb3b6e4ec2207e52973d4bcc5d6c310"
    expected = {
        "Ada": ("3JBTCR", {"x": F(1, 2), "w": 3, "b": 2}),
        "Bob": ("WM5SZX", {"x": 2, "w": 3, "b": -1}),
        "José": ("XC6QSS", {"x": F(1, 2), "w": 1, "b": 3}),
    }
    for student, (code, numbers) in expected.items():
        variant = sampler.variant(student, "salt")
        assert (variant.code, variant.numbers) == (code, numbers)


def test_every_number_is_as_likely_as_another():
    draws = Draws("evenly")
    count = Counter(draws.below(7) for _ in range(70_000))
    assert all(abs(count[k] - 10_000) < 400 for k in range(7))  # four standard deviations are 370


def test_parts_are_kept_apart():
    assert digest("ab", "c") != digest("a", "bc") != digest("abc")
    assert Draws("x", "", "y").below(2**32) != Draws("x", "y", "").below(2**32)


@pytest.mark.parametrize("k", [0, -1, 2**32 + 1])
def test_what_cannot_be_drawn_is_refused(k):
    with pytest.raises(ValueError, match="must be from 1"):
        Draws("x").below(k)


def test_a_longer_code_begins_with_the_shorter_and_has_no_vowels_or_signs_that_look_alike():
    long = Draws("code").code(400)
    assert long.startswith(Draws("code").code(6))
    assert set(long) == set("23456789BCDFGHJKMNPQRSTVWXYZ")


# -- which variant a student gets -------------------------------------------------------------------------------------


def test_a_variant_depends_on_exercise_student_and_salt_alone():
    exercise = loads(SMALL + VARY)
    ada = symnet.variant(exercise, "Ada", "salt")
    symnet.variant(exercise, "Bob", "salt")
    assert symnet.variant(exercise, "Ada", "salt").problem == ada.problem
    assert symnet.variant(loads(SMALL + VARY), " Ada ", "salt").variant_code == ada.variant_code
    others = [
        symnet.variant(exercise, "Ada", "pepper"),
        symnet.variant(exercise, "ada", "salt"),
        symnet.variant(exercise, "Adа", "salt"),
    ]
    others.append(symnet.variant(loads(SMALL.replace("0.1", "0.2") + VARY), "Ada", "salt"))
    assert len({ada.variant_code, *(other.variant_code for other in others)}) == 5


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_another_process_draws_the_same(seed):
    code = (
        "import sys, symnet; e = symnet.loads(sys.stdin.read()); "
        "drawn = [symnet.variant(e, s, 'x') for s in 'abc']; "
        "print([(v.variant_code, {**v.problem.given, **v.problem.start}) for v in drawn])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=SMALL + VARY,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
        check=True,
    )
    exercise = loads(SMALL + VARY)
    variants = [symnet.variant(exercise, student, "x") for student in "abc"]
    assert done.stdout.strip() == str([(v.variant_code, {**v.problem.given, **v.problem.start}) for v in variants])


CHANGES_NOTHING = {
    "title": lambda toml: toml.replace("A unit", "One unit, reworded"),
    "comment": lambda toml: "# by me\n" + toml.replace("w = 3", "w = 3  # three"),
    "spaces in a formula": lambda toml: toml.replace("w*x + b", "w  * x+b"),
    "order of given": lambda toml: toml.replace("x = 2\nt = 1", "t = 1\nx = 2"),
    "the same number": lambda toml: toml.replace("x = 2", "x = 2.0").replace("0.1", '"1/10"'),
    "range for a list": lambda toml: toml.replace('["-4..-1", "1..4"]', '[-4, -3, -2, -1, "1..3", 4]'),
    "order of require": lambda toml: toml.replace('"no kink", "magnitude <= 40"', '"magnitude <= 40.0", "no kink"'),
    "notation": lambda toml: toml + '\n[notation]\nw = "\\\\omega"\n',
    "introduction": lambda toml: 'introduction = "Work with care."\n' + toml,
}
CHANGES = {
    "equation": lambda toml: toml.replace("w*x + b", "b + w*x"),
    "number": lambda toml: toml.replace("t = 1", "t = 2"),
    "rate": lambda toml: toml.replace("0.1", "0.2"),
    "values": lambda toml: toml.replace("x = [2, 3", "x = [2, 5, 3"),
    "require": lambda toml: toml.replace("<= 40", "<= 41"),
    "steps": lambda toml: toml + "\n[training]\nsteps = 2\n",
    "question": lambda toml: toml + '\n[[question]]\nask = "forward"\n',
    "round": lambda toml: "round = 3\n" + toml,
}


@pytest.mark.parametrize("change", CHANGES_NOTHING)
def test_what_is_no_part_of_an_exercise_changes_no_paper(change):
    toml = CHANGES_NOTHING[change](SMALL + VARY)
    assert toml != SMALL + VARY
    assert sampler_of(loads(toml)).identity == sampler_of(loads(SMALL + VARY)).identity
    assert (
        symnet.variant(loads(toml), "Ada", "s").problem.start
        == symnet.variant(loads(SMALL + VARY), "Ada", "s").problem.start
    )


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_a_part_of_an_exercise_makes_it_another(change):
    toml = CHANGES[change](SMALL + VARY)
    assert sampler_of(loads(toml)).identity != sampler_of(loads(SMALL + VARY)).identity


def test_a_variant_is_an_exercise_like_any_other():
    variant = symnet.variant(symnet.load(RELU), "Ada", salt="s")
    solution = variant.solve()
    given, start = variant.problem.given, variant.problem.start
    assert solution.forward["x3"] == start["w13"] * given["x1"] + start["w23"] * given["x2"]
    assert variant.worksheet().sheet.variant == variant.variant_code


def test_answers_that_are_no_fractions_are_right_to_the_last_digit_of_the_key():
    variant = sampler_of(symnet.load(RELU.with_name("delta-form.toml"))).variant("Ada", "s")
    solution = variant.exercise.solve(20)
    for key, value in variant.answers.items():
        exact = {**solution.forward, **solution.updated, **{f"grad({n})": g for n, g in solution.gradients.items()}}[
            key
        ]
        assert (
            abs(value - exact) <= abs(exact) * F(1, 10**12) if isinstance(value, F) else abs(value / exact - 1) < 1e-12
        )


def test_numbers_that_cannot_be_met_name_what_rejects_most():
    exercise = loads(SMALL + VARY.replace("magnitude <= 40", "magnitude <= 0.1"), "small.toml")
    with pytest.raises(Mistake) as raised:
        symnet.variant(exercise, "Ada", "salt")
    message = str(raised.value)
    assert message.startswith("small.toml: none of the 192 sets of numbers that can be drawn meets what is required: ")
    assert '"magnitude <= 0.1" rejected ' in message
    assert "; give vary.values more numbers, or require less" in message


def test_a_perceptron_that_begins_at_the_step_has_variants():
    """Weights of 0 and whole inputs put z at step(0) in the file itself, so that need not be ruled out."""
    exercise = loads("""
learning_rate = 1
given = { x1 = 0, x2 = 0, t = 0 }
parameters = { w1 = 0, w2 = 0, b = 0 }
samples = [{ x1 = 0, x2 = 1, t = 0 }, { x1 = 1, x2 = 0, t = 0 }, { x1 = 1, x2 = 1, t = 1 }]
training = { mode = "online", epochs = 2 }
update = { rules = ["w = w + lr*(t - y)*input(w)"] }
equations = { z = "w1*x1 + w2*x2 + b", y = "step(z)" }
question = [{ ask = "table" }]
""")
    numbers = [symnet.variant(exercise, student, "salt").problem.samples for student in ("Ada", "Ben")]
    assert numbers[0] != numbers[1]


def test_many_numbers_that_cannot_be_met_are_given_up(monkeypatch):
    monkeypatch.setattr(sampling, "MOST_DRAWS", 300)
    exercise = loads(SMALL + VARY.replace('"1..4"]', '"1..200"]').replace("magnitude <= 40", "magnitude <= 0.5"))
    with pytest.raises(Mistake, match=r'none of 300 draws met what is required: "magnitude <= 0\.5" rejected \d+'):
        symnet.variant(exercise, "Ada", "salt")
    monkeypatch.setattr(sampling, "MOST_LINES", 0)
    with pytest.raises(Mistake, match="none of 0 draws"):
        symnet.variant(exercise, "Ada", "salt")


def test_one_set_of_numbers_that_fails_is_tried_once():
    exercise = loads(SMALL + '[vary]\nvalues = { w = [-3] }\nrequire = ["dead units = 0"]')
    with pytest.raises(Mistake, match="the only set of numbers that can be drawn does not meet"):
        symnet.variant(exercise, "Ada", "salt")


def test_codes_that_would_be_alike_grow(monkeypatch):
    monkeypatch.setattr(sampling, "CODE", 1)
    sampler = sampler_of(loads(SMALL + VARY))
    students = [str(i) for i in range(300)]
    monkeypatch.setattr(sampler, "code", lambda student, salt, length=1: Draws(student, salt).code(length))
    found = sampling.codes(sampler, students, "s")
    assert len(set(found.values())) < 300  # a code has at most four times the usual length
    monkeypatch.setattr(sampling, "CODE", 2)
    found = sampling.codes(sampler, students, "s")
    assert len(set(found.values())) == 300
    assert all(code == Draws(student, "s").code(len(code)) for student, code in found.items())


def test_samples_vary_too():
    toml = SMALL.replace("x = 2\n", "") + "[[samples]]\nx = 1\n[[samples]]\nx = 2\n[vary]\nvalues = { x = '1..9' }\n"
    exercise = loads(toml + "require = []")
    assert sampler_of(exercise).drawn == ("x[1]", "x[2]")
    variant = sampler_of(exercise).variant("Ada", "s")
    assert [sample["x"] for sample in variant.exercise.problem.samples] == list(variant.numbers.values())
    again = symnet.with_numbers(exercise, variant.numbers)
    assert again.problem == variant.exercise.problem


def test_a_name_that_is_no_number_of_the_exercise_is_refused():
    exercise = loads(SMALL, "small.toml")
    with pytest.raises(Mistake, match=r'small\.toml: "v" is not a number of this exercise'):
        symnet.with_numbers(exercise, {"v": F(1)})


def test_the_requirement_that_nothing_meets_is_named_first():
    hard = SMALL + VARY.replace('"no kink"', '"no kink", "magnitude <= 0"')
    with pytest.raises(Mistake, match=r'"magnitude <= 0" rejected .*nothing that met the others met "magnitude <= 0"'):
        symnet.variant(loads(hard), "Ada", "salt")


def test_slips_differ_where_the_values_allow_it():
    """Inputs of ±1 and ±2 hide a forgotten input or make it a factor of two; with larger ones the slips part."""
    text = (
        RELU.read_text(encoding="utf-8").partition("[vary]")[0]
        + """
[vary]
values = { "*" = ["-6..-1", "1..6"], x1 = [-5, -4, -3, 3, 4, 5], x2 = [-5, -4, -3, 3, 4, 5] }
require = ["dead units = 1", "nonzero gradients >= 1", "no kink", "slips differ"]
"""
    )
    exercise = loads(text)
    for student in "abc":
        problem = symnet.variant(exercise, student, "salt").problem
        solution = symnet.solve(problem)
        live = {name: g for name, g in solution.gradients.items() if name in problem.start and g}
        assert live
        for name, gradient in live.items():  # by hand: without the input, without the next weight, twice, with the sign
            source = {"w13": "x1", "w23": "x2", "w14": "x1", "w24": "x2", "w35": "y3", "w45": "y4"}[name]
            after = {"3": problem.start["w35"], "4": problem.start["w45"], "5": F(1)}[name[-1]]
            x = solution.forward.get(source, problem.given.get(source))
            wrong = [gradient / x, 2 * gradient, -gradient, *([gradient / after] if name[-1] != "5" else [])]
            assert len({gradient, *wrong}) == len(wrong) + 1
