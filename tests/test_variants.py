"""Variants: the stream of draws, the papers and keys of a class, and that nothing is ever half-written."""

import csv
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from fractions import Fraction as F
from pathlib import Path

import pytest

import symnet
from symnet import files
from symnet.algebra.mistakes import Mistake
from symnet.classroom.variants import sampling
from symnet.classroom.variants.keys import as_text, load_key, read_key
from symnet.classroom.variants.random_numbers import Draws, digest
from symnet.classroom.variants.sampling import sampler_of
from symnet.exercises.reader import loads
from symnet.files import write_all
from symnet.ours import MARK

RELU = Path(__file__).parent.parent / "worksheets" / "relu.toml"
SMALL = """
title = "A unit"
learning_rate = 0.1
[given]
x = 2
t = 1
[parameters]
w = 3
b = -1
[equations]
z = "w*x + b"
y = "relu(z)"
L = "(y - t)^2/2"
"""
VARY = """
[vary]
names = ["x", "w", "b"]
values = { "*" = ["-4..-1", "1..4"], x = [2, 3, "1/2"] }
require = ["no kink", "magnitude <= 40", "dead units = 0"]
"""


@pytest.fixture
def small(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(SMALL + VARY, encoding="utf-8")
    return file


def contents(folder):
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


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


# -- the command ------------------------------------------------------------------------------------------------------


def test_a_class_gets_papers_keys_and_tables(command, small, tmp_path):
    roster = tmp_path / "class.csv"
    roster.write_text(
        'student,group,variant\n"Lovelace, Ada",A,\nBob,B,\n"=1+1",B,twins\nTwin,B,twins\n', encoding="utf-8"
    )
    out = tmp_path / "out"
    out.mkdir()
    arguments = ("worksheet", small, "-o", out / "p.txt", "--key", out / "k.md", "--variants", roster, "--salt", "x")
    code, stdout, err = command(*arguments)
    assert (code, stdout) == (0, "")
    assert err.startswith("symnet: 4 papers, ")
    key = json.loads((out / "k.json").read_text(encoding="utf-8"))
    assert key["schema"] == "symnet.key/1"
    assert key["salt"] == "x"
    assert key["stream"] == "symnet.draws/1"
    assert key["fixed"] == {"t": "1"}
    assert [entry["student"] for entry in key["variants"]] == ["Lovelace, Ada", "Bob", "=1+1", "Twin"]
    assert key["variants"][0]["roster"] == {"group": "A"}
    assert key["variants"][2]["label"] == "twins"
    assert key["variants"][2]["numbers"] == key["variants"][3]["numbers"]
    codes = [entry["variant"] for entry in key["variants"]]
    slugs = ["lovelace-ada", "bob", "1-1", "twin"]
    papers = [f"{slug}-{code}" for slug, code in zip(slugs, codes, strict=True)]
    assert set(contents(out)) == {"k.csv", "k.json", *(f"p-{p}.txt" for p in papers), *(f"k-{p}.md" for p in papers)}
    for entry, paper in zip(key["variants"], papers, strict=True):
        sheet, answers = (out / f"p-{paper}.txt").read_text("utf-8"), (out / f"k-{paper}.md").read_text("utf-8")
        assert f"A unit — Variant {entry['variant']} · {entry['student']}" in sheet
        assert f"Answer key · Variant {entry['variant']} · " in answers
        assert "x" not in {key["salt"]} - set("x")
        shown = {name: F(x) for name, x in entry["numbers"].items()}
        assert f"w = {shown['w']}".replace("-", "−") in sheet
        # The answers, by hand.
        z = shown["w"] * shown["x"] + shown["b"]
        assert entry["answers"]["z"] == {"exact": str(z), "decimal": entry["answers"]["z"]["decimal"]}
        assert F(entry["answers"]["grad(w)"]["exact"]) == (z - 1) * shown["x"]
        assert F(entry["answers"]["w"]["decimal"]) == shown["w"] - F(1, 10) * (z - 1) * shown["x"]
    rows = list(csv.reader((out / "k.csv").read_text("utf-8-sig").splitlines()))
    assert rows[0][:7] == ["student", "variant", "label", "roster group", "drawn x", "drawn w", "drawn b"]
    assert rows[3][0] == "'=1+1"  # a spreadsheet would work it out
    assert [row[1] for row in rows[1:]] == codes
    assert all(len(row) == len(rows[0]) for row in rows)
    before = contents(out)
    assert command(*arguments)[0] == 0  # the keys are known as such
    assert contents(out) == before
    assert read_key(out / "k.csv").students == read_key(out / "k.json").students


def test_the_key_marks_an_old_paper_without_the_salt(command, small, tmp_path):
    command(
        "worksheet", small, "-o", tmp_path / "p.txt", "--key", tmp_path / "k.json", "--variants", "5", "--salt", "x"
    )
    command("worksheet", small, "-o", tmp_path / "p.txt", "--key", tmp_path / "k.csv", "--variants", "5", "--salt", "x")
    exercise = symnet.load(small)
    from_json, from_csv = load_key(tmp_path / "k.json"), symnet.load_key(tmp_path / "k.csv")
    for student in range(1, 6):
        variant = symnet.variant(exercise, str(student), "x")
        assert symnet.with_numbers(exercise, from_json[variant.variant_code]).problem == variant.problem
        assert symnet.with_numbers(exercise, from_csv[variant.variant_code]).problem == variant.problem
        assert read_key(tmp_path / "k.json").students[str(student)] == variant.variant_code
        assert read_key(tmp_path / "k.csv").students[str(student)] == variant.variant_code
    assert from_json[variant.variant_code]["t"] == 1  # what is not drawn is in the key too


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_a_key_that_is_a_table_is_that_alone(command, small, tmp_path, ending):
    out = tmp_path / "out"
    out.mkdir()
    command("worksheet", small, "-o", out / "p.txt", "--key", out / f"k.{ending}", "--variants", "2", "--salt", "x")
    assert sorted(name.split(".")[-1] for name in contents(out)) == sorted([ending, "txt", "txt"])
    assert all("Name" not in name for name in contents(out))


def test_without_a_salt_one_is_made_up_and_said(command, small, tmp_path):
    _, _, err = command("worksheet", small, "-o", tmp_path / "p.txt", "--key", tmp_path / "k.json", "--variants", "2")
    salt = json.loads((tmp_path / "k.json").read_text())["salt"]
    assert len(salt) == 16
    assert f"no --salt was given, so one was made up; the same papers again: --salt {salt}" in err
    before = contents(tmp_path)
    code, _, err = command(
        "worksheet", small, "-o", tmp_path / "p.txt", "--key", tmp_path / "k.json", "--variants", "2"
    )
    assert code == 2
    assert "is a key that is there already; give the --salt it was made with" in err
    assert contents(tmp_path) == before
    code, _, err = command(
        "worksheet", small, "-o", tmp_path / "p.txt", "--key", tmp_path / "k.json", "--variants", "2", "--salt", salt
    )
    assert code == 0
    assert contents(tmp_path) == before  # the same class, byte by byte


def test_the_salt_is_on_no_paper(command, small, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    for ending in ("tex", "html", "md", "txt", "typ", "ipynb"):
        arguments = ("-o", out / f"p.{ending}", "--key", out / f"k-{ending}.{ending}", "--variants", "1")
        assert command("worksheet", small, *arguments, "--salt", "hidden-secret")[0] == 0
    for name, content in contents(out).items():
        assert (b"hidden-secret" in content) == name.endswith(".json")
        if not name.endswith((".csv", ".json")):
            assert b"Variant" in content


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_a_key_is_replaced_by_one_that_has_all_its_variants_and_by_no_other(command, small, tmp_path, ending):
    def written(variants, salt, *more):
        where = ("-o", tmp_path / "p.txt", "--key", tmp_path / f"k.{ending}")
        return command("worksheet", small, *where, "--variants", variants, "--salt", salt, *more)

    assert written("5", "x")[0] == 0
    assert written("6", "x")[0] == 0  # a student came late
    before = contents(tmp_path)
    code, _, err = written("6", "y")
    assert code == 2
    assert "is a key that is there already, and 6 of its 6 variants are not in the new one" in err
    assert written("4", "x")[0] == 2
    assert contents(tmp_path) == before
    assert written("6", "y", "--force")[0] == 0
    assert contents(tmp_path) != before


def test_what_is_no_key_is_not_overwritten(command, small, tmp_path):
    (tmp_path / "k.json").write_text("precious")
    arguments = ("worksheet", small, "-o", tmp_path / "p.txt", "--key", tmp_path / "k.json", "--variants", "2")
    code, _, err = command(*arguments, "--salt", "x")
    assert code == 2
    assert "is there already, and symnet did not write it; give another name, or --force" in err
    assert (tmp_path / "k.json").read_text() == "precious"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"schema": "symnet.key/2"}', '{"schema": "symnet.key/1"}', "a,b\n1,2\n", "student,variant\n",
     '{"schema": "symnet.key/1", "fixed": {}, "variants": [{"variant": "A", "student": "B", "numbers": {"x": "1/0"}}]}',
     '{"schema": "symnet.key/1", "fixed": {}, "variants": 3}', "student,variant,drawn x\nA,B,cat\n", '"'],
)  # fmt: skip
def test_what_is_no_key_is_said(tmp_path, text):
    file = tmp_path / "key"
    file.write_text(text)
    with pytest.raises(Mistake, match="key: "):
        load_key(file)
    with pytest.raises(Mistake, match="there is no such file"):
        load_key(tmp_path / "none")


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_key_that_a_spreadsheet_saved_again_is_read(command, small, tmp_path, separator, encoding):
    key = tmp_path / "k.csv"
    command("worksheet", small, "-o", tmp_path / "p.txt", "--key", key, "--variants", "3", "--salt", "x")
    before = load_key(key)
    rows = list(csv.reader(key.read_text(encoding="utf-8-sig").splitlines()))
    with open(key, "w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    assert load_key(key) == before
    assert len(before) == 3


def test_students_with_the_same_numbers_are_told(command, small, tmp_path):
    small.write_text(SMALL + "[vary]\nvalues = { w = [3, 4] }\nrequire = []\n")
    code, _, err = command("worksheet", small, "-o", tmp_path / "p.txt", "--variants", "9", "--salt", "x")
    assert code == 0
    assert "the same numbers were drawn for " in err
    assert "; only 2 sets of numbers can be drawn; give vary.values more numbers to choose from" in err
    assert "no --key was asked for" in err
    assert len(list(tmp_path.glob("p-*.txt"))) == 9


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--salt", "x"], "--salt goes with --variants"),
        (["--variants", "0"], "--variants 0: it must be from 1 to 100,000"),
        (["--variants", "none.csv"], "none.csv: there is no such file"),
        (["--variants", "2", "--key", "k.doc"], "the ending must be"),
        (["--variants", "2", "--run"], "--variants is for one exercise that is worked by hand"),
        ([RELU, "--variants", "2"], "--variants is for one exercise that is worked by hand"),
        (["--variants", "2", "--key", "folder.json"], "is a folder"),
    ],
)
def test_what_is_wrong_is_one_line_and_writes_nothing(command, small, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.json").mkdir()
    before = sorted(os.listdir(tmp_path))
    code, out, err = command("worksheet", small, "-o", "p.txt", *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert message in err
    assert sorted(os.listdir(tmp_path)) == before


def test_an_exercise_for_training_has_no_variants(command, tmp_path):
    for name in ("fitting-a-curve", "stopping-early", "training-for-long"):
        file = RELU.with_name(f"{name}.toml")
        code, _, err = command("worksheet", file, "-o", tmp_path / "p.txt", "--variants", "2", "--salt", "x")
        assert code == 2
        assert "variants are for exercises that are worked by hand" in err


def test_a_student_whose_variant_fails_stops_all_of_them(command, small, tmp_path):
    roster = tmp_path / "class.csv"
    roster.write_text("student\nAda\nBob\nBob\n")
    code, _, err = command("worksheet", small, "-o", tmp_path / "p.txt", "--variants", roster, "--salt", "x")
    assert code == 2
    assert '"Bob" on lines 3 and 4' in err
    assert not list(tmp_path.glob("p-*"))


def test_cells_that_a_spreadsheet_would_carry_out_are_words():
    for cell in ("=1", "+1", "-1", "@x", "\tx", "\rx"):
        assert as_text(cell) == f"'{cell}"
    assert as_text("Ada = x") == "Ada = x"


@pytest.mark.parametrize("ending", ["tex", "typ"])
def test_all_papers_together_are_those_of_each_alone(command, small, tmp_path, ending):
    where = ("-o", tmp_path / f"p.{ending}", "--key", tmp_path / f"k.{ending}", "--variants", "3", "--salt", "x")
    assert command("worksheet", small, *where)[0] == 0
    assert command("worksheet", small, *where, "--together")[0] == 0
    start, turn = {
        "tex": ("\\begin{document}", "\\clearpage\\setcounter{page}{1}"),
        "typ": ("#title[", "#pagebreak()\n#counter(page).update(1)"),
    }[ending]
    for name in "pk":
        together = (tmp_path / f"{name}.{ending}").read_text("utf-8")
        assert together.count(turn) == 2
        for alone in sorted(tmp_path.glob(f"{name}-*.{ending}")):
            text = alone.read_text("utf-8").removesuffix(f"{'%' if ending == 'tex' else '//'} {MARK}\n")
            body = text.partition(start)[2].removesuffix("\\end{document}\n").strip()
            assert body
            assert body in together


def test_all_papers_together_are_one_pdf(command, small, tmp_path):
    pytest.importorskip("typst")
    from pypdf import PdfReader

    where = ("-o", tmp_path / "p.pdf", "--key", tmp_path / "k.json", "--variants", "3", "--salt", "x", "--together")
    assert command("worksheet", small, *where)[0] == 0
    assert sorted(contents(tmp_path)) == ["k.json", "p.pdf", "small.toml"]
    texts = [page.extract_text() for page in PdfReader(tmp_path / "p.pdf").pages]
    codes = [entry["variant"] for entry in json.loads((tmp_path / "k.json").read_text())["variants"]]
    starts = [next(i for i, text in enumerate(texts) if f"Variant {code}" in text) for code in codes]
    assert len(set(starts)) == 3
    assert all(texts[i].split()[-1] == "1" for i in starts)  # every paper is counted from 1
    code, _, err = command("worksheet", small, "-o", tmp_path / "p.txt", "--variants", "3", "--together")
    assert code == 2
    assert "papers can stand together in .pdf, .tex, .typ, which have pages" in err


def test_thirty_pdfs_and_keys(command, tmp_path):
    pytest.importorskip("typst")
    started = time.process_time()
    where = ("-o", tmp_path / "p.pdf", "--key", tmp_path / "k.pdf")
    code, _, _ = command("worksheet", RELU, *where, "--variants", "30", "--salt", "x")
    assert code == 0
    assert len(list(tmp_path.glob("*.pdf"))) == 60
    assert time.process_time() - started < 60
    assert {path.read_bytes()[:5] for path in tmp_path.glob("*.pdf")} == {b"%PDF-"}


# -- nothing half-written ---------------------------------------------------------------------------------------------


def test_files_may_be_made_one_by_one(tmp_path):
    def made():
        for i in range(3000):
            yield tmp_path / f"{i}.txt", f"text {i}"
        assert not (tmp_path / "0.txt").exists()  # not before all of them are there

    write_all(made())
    assert len(os.listdir(tmp_path)) == 3000
    assert (tmp_path / "2999.txt").read_text() == "text 2999"


@pytest.mark.parametrize("error", [Mistake("no"), KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_stops_the_making_leaves_everything_as_it_was(tmp_path, error):
    (tmp_path / "a").write_text("old")

    def made():
        yield tmp_path / "a", "new"
        yield tmp_path / "b", "new"
        raise error

    with pytest.raises((Mistake, KeyboardInterrupt)):
        write_all(made())
    assert contents(tmp_path) == {"a": b"old"}


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_file_that_cannot_take_its_place_takes_the_others_back(tmp_path, monkeypatch, at, links):
    for name in "ab":
        (tmp_path / name).write_text(f"old {name}")
    replace = os.replace
    count = iter(range(1, 100))

    def failing(source, target):
        if not str(source).endswith("before") and not str(target).endswith("before") and next(count) == at:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", failing)
    if not links:
        monkeypatch.setattr(files.os, "link", lambda *_: (_ for _ in ()).throw(OSError(95, "not supported")))
    with pytest.raises(Mistake, match="No space left on device"), files.overwriting():
        write_all({tmp_path / name: "new" for name in "acb"})
    assert contents(tmp_path) == {"a": b"old a", "b": b"old b"}


def test_an_unwritable_folder_is_said_before_anything_is_drawn(command, small, tmp_path, monkeypatch):
    access = os.access
    monkeypatch.setattr(files.os, "access", lambda path, mode: Path(path) != tmp_path / "shut" and access(path, mode))
    (tmp_path / "shut").mkdir()
    monkeypatch.setattr(sampling.Sampler, "variant", lambda *_: pytest.fail("a variant was drawn"))
    for where in (["-o", tmp_path / "shut/p.txt"], ["-o", tmp_path / "p.txt", "--key", tmp_path / "shut/k.json"]):
        code, _, err = command("worksheet", small, *where, "--variants", "3", "--salt", "x")
        assert code == 2
        assert "shut" in err
        assert "nothing can be written in this folder" in err
    assert sorted(os.listdir(tmp_path)) == ["shut", "small.toml"]


@pytest.mark.parametrize("number", files.STOPS)
def test_ctrl_c_while_files_take_their_places_waits_until_all_have(tmp_path, monkeypatch, number):
    replace = os.replace

    def interrupted(source, target):
        signal.raise_signal(number)
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", interrupted)
    handler = signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            write_all({tmp_path / name: "new" for name in "abc"})
    finally:
        signal.signal(number, handler)
    assert contents(tmp_path) == dict.fromkeys("abc", b"new")


INTERRUPTED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it, under nohup the others
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from symnet import cli
sys.argv = ["symnet", *sys.argv[1:]]
cli.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a child there")
@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_run_that_is_stopped_leaves_nothing(small, tmp_path, number, code):
    out = tmp_path / "out"
    out.mkdir()
    (out / "p-0001.txt").write_text("mine")
    arguments = [small, "-o", out / "p.txt", "--key", out / "k.txt", "--variants", "5000", "--salt", "x"]
    child = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, "worksheet", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for _ in range(1200):
            hidden = next(out.glob(".symnet-*"), None)
            if hidden is not None and len(os.listdir(hidden)) > 5:
                break
            assert child.poll() is None, child.communicate()
            time.sleep(0.1)
        else:
            pytest.fail("nothing was written in two minutes")
        child.send_signal(getattr(signal, number))
        _, err = child.communicate(timeout=60)
    finally:
        child.kill()
    assert (child.returncode, err.strip()) == (code, "symnet: stopped")
    assert contents(out) == {"p-0001.txt": b"mine"}


# -- what a teacher would lose ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--key", "class.txt", "--salt", "s", "--force"), '"class.csv" is the roster itself'),
        (("--key", "s.txt", "--salt", "s"), "the sheet and the key are both"),
        (("--key", "k.txt", "--salt", " "), "--salt is empty"),
    ],
)
def test_what_would_be_lost_or_open_to_all_is_refused(inside, monkeypatch, small, tmp_path, options, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class.csv").write_text("student\nAda\nBob\n", encoding="utf-8")
    before = contents(tmp_path)
    done = inside("worksheet", str(small), "-o", "s.txt", "--variants", "class.csv", *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert contents(tmp_path) == before


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
