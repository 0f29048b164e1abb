"""Mistakes that only a whole sheet tells: which update a bare name is of, what a slip does elsewhere, signs and digits.

The numbers of every sheet are worked here, in floats, as the person worked them.
"""

from fractions import Fraction
from math import exp, log

import pytest

import symnet
from symnet.diagnosis.copied import swapped

TWO_STEPS = """
learning_rate = 0.5
[training]
steps = 2
[update]
optimizer = "momentum"
decay = 0.6
[given]
x = 0.7
t = 1.9
[parameters]
u = 1.3
c = -0.4
[equations]
o = "u*x + c"
E = "(o - t)^2"
"""

BATCH = """
learning_rate = 0.8
[training]
mode = "batch"
reduce = "mean"
steps = 1
[parameters]
u = 0.9
c = -0.3
[equations]
o = "u*x + c"
E = "(o - t)^2/2"
[[samples]]
x = 1.1
t = 0.4
[[samples]]
x = -0.6
t = 1.7
[[samples]]
x = 0.35
t = -0.8
"""

SOFTMAX = """
learning_rate = 0.3
[given]
x = 1.3
t1 = 0
t2 = 0
t3 = 1
[parameters]
w1 = 0.7
w2 = -0.9
w3 = -0.4
[equations]
s1 = "w1*x"
s2 = "w2*x"
s3 = "w3*x"
q1 = "exp(s1)/(exp(s1) + exp(s2) + exp(s3))"
q2 = "exp(s2)/(exp(s1) + exp(s2) + exp(s3))"
q3 = "exp(s3)/(exp(s1) + exp(s2) + exp(s3))"
E = "-(t1*ln(q1) + t2*ln(q2) + t3*ln(q3))"
"""

DENSE = """
learning_rate = 0.1
[given]
x1 = 1.2
x2 = -0.8
t1 = 1.6
t2 = -0.3
[parameters]
a11 = 0.5
a12 = -0.37
a21 = -0.7
a22 = 0.9
v11 = 1.1
v12 = -0.6
v21 = 0.4
v22 = 0.8
[equations]
n1 = "a11*x1 + a12*x2"
n2 = "a21*x1 + a22*x2"
h1 = "relu(n1)"
h2 = "relu(n2)"
o1 = "v11*h1 + v12*h2"
o2 = "v21*h1 + v22*h2"
E = "(o1 - t1)^2 + (o2 - t2)^2"
"""


def written(numbers, digits=4):
    return {key: f"{number:.{digits}f}" for key, number in numbers.items()}


def checked(text, numbers, digits=4):
    return symnet.check(symnet.loads(text), written(numbers, digits)).verdicts


def wrong(verdicts):
    return {key: [cause.id for cause in v.slips] for key, v in verdicts.items() if v.verdict == "wrong"}


# -- two updates -------------------------------------------------------------------------------------------------------


def two_steps(again=False, from_start=False):
    """Both updates of TWO_STEPS; ``again`` with the gradients of the first, ``from_start`` the second from there."""
    u, c, vu, vc, sheet, first = 1.3, -0.4, 0.0, 0.0, {}, None
    for end in ("", "@2"):
        o = u * 0.7 + c
        gu, gc = (2 * (o - 1.9) * 0.7, 2 * (o - 1.9)) if not (again and first) else first
        first = first or (gu, gc)
        vu, vc = 0.6 * vu + gu, 0.6 * vc + gc
        old_u, old_c = (1.3, -0.4) if from_start else (u, c)
        u, c = old_u - 0.5 * vu, old_c - 0.5 * vc
        sheet |= {f"o{end}": o, f"grad(u){end}": gu, f"grad(c){end}": gc, f"u{end}": u, f"c{end}": c}
    return sheet


def test_a_bare_name_beside_that_of_the_last_update_is_of_the_first():
    verdicts = checked(TWO_STEPS, two_steps())
    assert not wrong(verdicts)
    assert {"u@1", "c@1", "u@2", "c@2"} <= verdicts.keys()


def test_a_bare_name_alone_is_of_both_updates():
    right = two_steps()
    assert not wrong(checked(TWO_STEPS, {"u": right["u@2"], "c": right["c@2"]}))
    assert wrong(checked(TWO_STEPS, {"u": right["u"]})).keys() == {"u"}
    # Who numbers the first update as well says with that what the bare name is.
    both = {"u": right["u@2"], "u@1": right["u"], "u@2": right["u@2"]}
    assert not wrong(checked(TWO_STEPS, both))


def test_changes_and_what_an_optimizer_keeps_are_read_alike():
    right = two_steps()
    changes = {"change(u)": right["u"] - 1.3, "change(u)@2": right["u@2"] - right["u"]}
    kept = {"v(u)": right["grad(u)"], "v(u)@2": 0.6 * right["grad(u)"] + right["grad(u)@2"]}
    assert not wrong(checked(TWO_STEPS, changes | kept, digits=6))


def test_a_hint_is_about_the_first_update_too():
    exercise, answers = symnet.loads(TWO_STEPS), written(two_steps() | {"u": 1.9})
    assert symnet.hint(exercise, answers, "u", 0) == symnet.hint(exercise, answers, "u@1", 0) == "Not right yet."


def test_a_column_of_a_class_is_read_as_on_a_sheet(tmp_path):
    right = written(two_steps())
    file = tmp_path / "class.csv"
    file.write_text(f"student,{','.join(right)}\nAda,{','.join(right.values())}\n", encoding="utf-8")
    marks = symnet.mark(symnet.loads(TWO_STEPS), file)
    (student,) = marks.students
    assert {"u@1", "u@2"} <= student.answers.keys()
    assert all(answer.verdict != "wrong" for answer in student.answers.values())
    assert student.points == student.of
    assert student.answers["u@1"].points == student.answers["u@2"].points == 1  # both are what the update asks for


def test_the_gradient_of_the_first_update_is_written_down_again():
    sheet = two_steps(again=True)
    del sheet["o@2"]
    named = wrong(checked(TWO_STEPS, sheet))
    assert set(named) == {"grad(u)@2", "grad(c)@2", "u@2", "c@2"}
    assert {*map(tuple, named.values())} == {("gradient-of-first-step",)}


def test_a_later_update_starts_from_the_starting_values():
    named = wrong(checked(TWO_STEPS, two_steps(from_start=True)))
    assert named == {"u@2": ["update-from-start"], "c@2": ["update-from-start"]}


# -- batches -----------------------------------------------------------------------------------------------------------

SAMPLES = [(1.1, 0.4), (-0.6, 1.7), (0.35, -0.8)]


def one_by_one():
    """BATCH by somebody who updates after every example."""
    u, c, sheet = 0.9, -0.3, {}
    for k, (x, t) in enumerate(SAMPLES, 1):
        o = u * x + c
        end = f"@{k}" if k > 1 else ""
        sheet |= {f"o{end}": o, f"grad(u){end}": (o - t) * x, f"grad(c){end}": o - t}
        u, c = u - 0.8 * (o - t) * x, c - 0.8 * (o - t)
    return sheet | {"u": u, "c": c}


def test_an_update_after_every_example_shows_at_the_second():
    named = wrong(checked(BATCH, one_by_one()))
    assert {"o@2", "o@3", "u", "c"} <= named.keys()
    assert {*map(tuple, named.values())} == {("update-per-example",)}
    forward = {key: number for key, number in one_by_one().items() if key.startswith("o")}
    assert wrong(checked(BATCH, forward)) == {"o@2": ["update-per-example"], "o@3": ["update-per-example"]}


def batch():
    """BATCH worked rightly, with the gradients of every example and of all, and E of all."""
    errors = [0.9 * x - 0.3 - t for x, t in SAMPLES]
    sheet = {"E": sum(e * e / 2 for e in errors) / 3}
    for k, (e, (x, _)) in enumerate(zip(errors, SAMPLES, strict=True), 1):
        end = f"@{k}" if k > 1 else ""
        sheet |= {f"grad(u){end}": e * x, f"grad(c){end}": e}
    gu, gc = sum(e * x for e, (x, _) in zip(errors, SAMPLES, strict=True)) / 3, sum(errors) / 3
    return sheet | {"mean(grad(u))": gu, "mean(grad(c))": gc, "u": 0.9 - 0.8 * gu, "c": -0.3 - 0.8 * gc}


def test_the_loss_of_all_stands_beside_the_gradients_of_each():
    assert not wrong(checked(BATCH, batch()))
    assert wrong(checked(BATCH, batch() | {"E": 1.0})).keys() == {"E"}
    both = batch() | {"mean(E)": batch()["E"]}
    assert wrong(checked(BATCH, both)).keys() == {"E"}  # which is of the first example then


# -- signs and digits --------------------------------------------------------------------------------------------------


def softmax(lost=()):
    s = {1: 0.91, 2: -1.17, 3: -0.52}
    e = {k: exp(abs(s[k]) if k in lost else s[k]) for k in s}
    q = {k: e[k] / sum(e.values()) for k in s}
    return {f"s{k}": s[k] for k in s} | {f"q{k}": q[k] for k in s} | {"E": -log(q[3]), "grad(s2)": q[2]}


def test_a_minus_is_lost_in_one_exponential_of_every_line():
    verdicts = checked(SOFTMAX, softmax(lost=(2,)))
    named = wrong(verdicts)
    assert {"q1", "q2", "q3"} <= named.keys()
    assert {*map(tuple, named.values())} == {("sign-inside",)}
    assert "(exp of s2)" in verdicts["q1"].slips[0].says
    assert not wrong(checked(SOFTMAX, softmax()))


@pytest.mark.parametrize(
    ("number", "others"),
    [("0.45", ["0.54"]), ("-1.23", ["-2.13", "-1.32"]), ("0.5", []), ("1.1", []), ("10", []), ("1/3", [])],
)
def test_two_digits_are_swapped(number, others):
    assert [*swapped(Fraction(number))] == [*map(Fraction, others)]


def test_a_number_is_copied_with_its_digits_swapped():
    verdict = checked(DENSE, {"n1": 0.5 * 1.2 + 0.73 * 0.8}, digits=3)["n1"]
    assert [cause.says for cause in verdict.slips] == ["You copied a12 = -0.37 as -0.73, with two digits swapped."]


@pytest.mark.parametrize("number", ["1.183", "1.185", "1.2", "0.912", "-1.184", "1.0"])
def test_a_number_that_is_no_swap_to_all_its_digits_has_no_such_name(number):
    causes = symnet.check(symnet.loads(DENSE), {"n1": number}).verdicts["n1"].slips
    assert "copied-digits" not in [cause.id for cause in causes]


# -- what the rest of a sheet refutes ----------------------------------------------------------------------------------


def dense(slopes=(1, 0), paths=((0, 1), (0, 1))):
    """DENSE; ``slopes`` are those of the units, of which the second is dead, ``paths`` the outputs each hears from."""
    x, v = (1.2, -0.8), ((1.1, -0.6), (0.4, 0.8))
    n = (0.5 * 1.2 + 0.37 * 0.8, -0.7 * 1.2 - 0.9 * 0.8)
    h = tuple(max(0.0, z) for z in n)
    d = [2 * (v[i][0] * h[0] + v[i][1] * h[1] - t) for i, t in enumerate((1.6, -0.3))]
    sheet = {"n1": n[0], "n2": n[1], "grad(o1)": d[0], "grad(o2)": d[1]}
    for j in (0, 1):
        back = slopes[j] * sum(d[i] * v[i][j] for i in paths[j])
        sheet |= {f"grad(n{j + 1})": back} | {f"grad(a{j + 1}{i + 1})": back * x[i] for i in (0, 1)}
    return sheet


@pytest.mark.parametrize("deltas", [True, False])
def test_a_slope_that_is_forgotten_at_a_dead_unit_has_one_name(deltas):
    sheet = {key: n for key, n in dense(slopes=(1, 1)).items() if deltas or not key.startswith("grad(n")}
    named = wrong(checked(DENSE, sheet))
    assert {"grad(a21)", "grad(a22)"} <= named.keys()
    assert {*map(tuple, named.values())} == {("no-slope",)}


def test_a_path_that_is_forgotten_at_both_units_has_one_name():
    """Of either unit another path: at the second alone it may be that the first term was passed on too early."""
    named = wrong(checked(DENSE.replace("relu", "tanh"), tanh_sheet()))
    assert {*map(tuple, named.values())} == {("one-path",)}


def tanh_sheet():
    from math import tanh

    v = ((1.1, -0.6), (0.4, 0.8))
    h = [tanh(0.5 * 1.2 + 0.37 * 0.8), tanh(-0.7 * 1.2 - 0.9 * 0.8)]
    d = [2 * (v[i][0] * h[0] + v[i][1] * h[1] - t) for i, t in enumerate((1.6, -0.3))]
    return {"grad(o1)": d[0], "grad(o2)": d[1]} | {f"grad(n{j + 1})": d[j] * v[j][j] * (1 - h[j] ** 2) for j in (0, 1)}


# -- words -------------------------------------------------------------------------------------------------------------


def test_the_two_of_a_square_is_spoken_of_where_there_is_one():
    right = dense()
    half = {key: right[key] / 2 for key in ("grad(o1)", "grad(o2)")}
    (cause,) = checked(DENSE, half)["grad(o1)"].slips
    assert (cause.id, cause.beside) == ("factor-two", "You forgot the two of the square's derivative.")
    e = 0.9 * 1.1 - 0.3 - 0.4
    one = BATCH.replace("[[samples]]", "[given]", 1).partition("[[samples]]")[0]
    one = one.replace('mode = "batch"\nreduce = "mean"\n', "")
    (cause, *_) = checked(one, {"grad(o)": 2 * e})["grad(o)"].slips
    assert (cause.id, cause.beside) == ("factor-two", "The half before the square cancels the two of its derivative.")
