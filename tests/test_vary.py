"""[vary]: what can be written in it, what is refused, and every constraint judged by plain fractions."""

from fractions import Fraction as F
from pathlib import Path

import pytest
from texts import RELU

import symnet
from symnet import starts
from symnet.algebra.mistakes import Mistake
from symnet.classroom.variants.sampling import Sampler, sampler_of
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.separation import Mixed
from symnet.exercises import constraints
from symnet.exercises.constraints import CATALOGUE
from symnet.exercises.reader import loads
from symnet.paper.formats import text as plain_text
from symnet.working.numbers import decimal_places

FOLDER = Path(__file__).parent.parent / "worksheets"
NET = 'title = "A net"' + RELU


def net(vary, toml=NET):
    return loads(f"{toml}\n[vary]\n{vary}\n", "net.toml")


def by_hand(n):
    """The 2-2-1 net in plain Python: {key: number} and what goes into each ReLU."""
    relu = lambda z: max(z, F(0))  # noqa: E731
    x3, x4 = n["w13"] * n["x1"] + n["w23"] * n["x2"], n["w14"] * n["x1"] + n["w24"] * n["x2"]
    y3, y4 = relu(x3), relu(x4)
    x5 = n["w35"] * y3 + n["w45"] * y4
    y5 = relu(x5)
    loss = (y5 - n["t"]) ** 2 / 2
    d5 = (y5 - n["t"]) * (x5 > 0)
    d3, d4 = d5 * n["w35"] * (x3 > 0), d5 * n["w45"] * (x4 > 0)
    gradients = {
        "w13": d3 * n["x1"], "w23": d3 * n["x2"], "w14": d4 * n["x1"], "w24": d4 * n["x2"],
        "w35": d5 * y3, "w45": d5 * y4,
    }  # fmt: skip
    answers = {"x3": x3, "y3": y3, "x4": x4, "y4": y4, "x5": x5, "y5": y5, "Loss": loss}
    answers |= {f"grad({w})": g for w, g in gradients.items()}
    answers |= {w: n[w] - F(1, 10) * g for w, g in gradients.items()}
    return answers, (x3, x4, x5)


def forward(n):
    return by_hand(n)[0]["Loss"]


def variants(vary, count=40):
    sampler = sampler_of(net(vary))
    return [sampler.variant(str(i), "salt") for i in range(count)]


VALUES = 'values = { "*" = ["-6..-1", "1..6"], x1 = "-2..3", x2 = "-2..3", w35 = [-1, 2, "1/2"] }'


# -- reading ----------------------------------------------------------------------------------------------------------


def test_a_list_holds_numbers_exactly_and_a_range_every_step_of_its_last_place():
    values = net(
        'values = { w13 = [-3, 0.5, "1/3"], w23 = "-2..1", w14 = ["0.1..0.3", 1], w24 = "-1.0..-0.9" }'
    ).vary.values
    assert values["w13"] == (F(-3), F(1, 2), F(1, 3))
    assert values["w23"] == (-2, -1, 0, 1)
    assert values["w14"] == (F(1, 10), F(2, 10), F(3, 10), 1)
    assert values["w24"] == (-1, F(-9, 10))


@pytest.mark.parametrize(
    ("vary", "drawn"),
    [
        ("", {"t", "x1", "x2", "w13", "w23", "w14", "w24", "w35", "w45"}),
        ('values = { "*" = [1, 2] }', {"x1", "x2", "w13", "w23", "w14", "w24", "w35", "w45"}),
        ("values = { w13 = [1, 2] }", {"w13"}),
        ('values = { t = [1, 2], "*" = [3] }', {"t", "x1", "x2", "w13", "w23", "w14", "w24", "w35", "w45"}),
        ('names = ["w13", "t"]', {"w13", "t"}),
        ('names = ["w13"]\nvalues = { w13 = [1], "*" = [2] }', {"w13"}),
    ],
)
def test_what_is_drawn(vary, drawn):
    assert set(sampler_of(net(vary)).drawn) == drawn


def test_names_without_values_get_numbers_like_their_own():
    toml = NET.replace("w13 = 2", "w13 = 0.25").replace("w23 = -3", 'w23 = "1/3"').replace("w14 = 1", "w14 = 20")
    sampler = sampler_of(net('names = ["w13", "w23", "w14", "w24"]', toml))
    values = dict(zip(sampler.drawn, sampler.values, strict=True))
    assert values["w13"] == tuple(F(k, 100) for k in range(-25, 26) if k)
    assert values["w23"] == tuple(F(k, 3) for k in range(-4, 5) if k)
    assert values["w14"] == tuple(F(k) for k in range(-20, 21) if k)
    assert values["w24"] == tuple(F(k) for k in range(-4, 5) if k)


def test_a_number_of_many_digits_varies_in_its_first_ones():
    sampler = sampler_of(net('names = ["w13"]', NET.replace("w13 = 2", "w13 = 0.123456789")))
    (values,) = sampler.values
    assert len(values) < 2000
    assert max(values) == F(124, 1000)


@pytest.mark.parametrize(
    ("vary", "message"),
    [
        ('names = ["w135"]', 'vary.names: "w135" is not a number of this exercise; did you mean "w35"?'),
        ('names = ["x3"]', "vary.names: x3 is an equation; what varies is a number under [given] or [parameters]"),
        ('names = ["w13", "w13"]', "vary.names has w13 twice"),
        ("names = []", 'vary.names must be a list of names in quotes, such as ["w13", "x1"]'),
        ('names = "w13"', 'vary.names must be a list of names in quotes, such as ["w13", "x1"]'),
        ("values = { w135 = [1] }", 'vary.values: "w135" is not a number of this exercise; did you mean "w35"?'),
        ("values = { w13 = [] }", "vary.values.w13 is empty"),
        ("values = { w13 = 3 }", 'must be a list of numbers, such as [-3, -2, 2], or a range in quotes, "-4..4"'),
        ('values = { w13 = "abc" }', "vary.values.w13 must be a list of numbers"),
        ("values = { w13 = [1, 1.0] }", "vary.values.w13 has 1 twice"),
        ('values = { w13 = ["1..3", 2] }', "vary.values.w13 has 2 twice"),
        ('values = { w13 = ["x"] }', 'vary.values.w13: "x" is not a number'),
        ("values = { w13 = [true] }", 'vary.values.w13 is "True"; it must be a number'),
        ('values = { w13 = "4..-4" }', 'vary.values.w13: "4..-4" goes from the larger to the smaller number'),
        ('values = { w13 = "1/3..2" }', 'goes from one decimal to another, such as "-4..4", and "1/3..2" does not'),
        ('values = { w13 = "1..1e9" }', 'such as "-4..4", and "1..1e9" does not'),
        ('values = { w13 = "0..1000000000" }', 'vary.values.w13: "0..1000000000" has more than 10,000 values'),
        ('values = { w13 = ["0.000..9.999", "10..20"] }', "vary.values.w13 has 10,011 values; at most 10,000"),
        ('names = ["w23"]\nvalues = { w13 = [1] }', "w13 has values, but w13 is not in vary.names; add it there"),
        ('require = ["integer"]', 'vary.require: "integer" cannot be required; did you mean "integers"?'),
        ('require = "integers"', 'vary.require must be a list of texts, such as ["integers", "magnitude <= 60"]'),
        ("require = [3]", "vary.require must be a list of texts"),
        ('require = ["magnitude"]', 'vary.require: "magnitude" needs a bound, such as "magnitude <= 60"'),
        ('require = ["dead units"]', 'vary.require: "dead units" needs a bound, such as "dead units = 1"'),
        ('require = ["integers <= 3"]', 'vary.require: "integers" takes no bound, and "integers <= 3" has one'),
        ('require = ["magnitude <= "]', 'vary.require: magnitude: "" is not a number'),
        ('require = ["magnitude <= many"]', 'vary.require: magnitude: "many" is not a number'),
        ('require = ["dead units = 1", "dead units = 2"]', '"dead units = 1" and "dead units = 2" contradict'),
        ('require = ["magnitude <= -1"]', 'vary.require: "magnitude <= -1" cannot be met'),
        ('require = ["magnitude <= 3", "magnitude > 3"]', '"magnitude <= 3" and "magnitude > 3" contradict each other'),
        ('require = ["no kink", "no kink"]', 'vary.require has "no kink" twice'),
        ("values = [1]", "vary.values"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(vary, message):
    with pytest.raises(Mistake) as raised:
        net(vary)
    assert str(raised.value).startswith("net.toml: vary.")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_more_dead_units_than_there_are_are_refused_before_anything_is_drawn():
    with pytest.raises(Mistake, match='"dead units = 4" cannot be met: there are 3 ReLUs'):
        sampler_of(net('require = ["dead units = 4"]'))


def test_bounds_that_go_together_are_no_contradiction():
    require = net('require = ["magnitude <= 60", "magnitude >= 2", "dead units < 2", "dead units > 0"]').vary.require
    assert [str(requirement) for requirement in require] == [
        "magnitude <= 60", "magnitude >= 2", "dead units < 2", "dead units > 0",
    ]  # fmt: skip


def test_signs_and_spaces_may_be_written_as_people_do():
    require = net('require = ["Magnitude≤60", " dead   units == 1 ", "short decimals<=2"]').vary.require
    assert list(map(str, require)) == ["magnitude <= 60", "dead units = 1", "short decimals <= 2"]


def test_an_exercise_that_trains_on_data_has_no_vary():
    toml = (FOLDER / "fitting-a-curve.toml").read_text(encoding="utf-8")
    with pytest.raises(Mistake, match=r"\[vary\] is for exercises that are worked by hand"):
        loads(toml + '\n[vary]\nnames = ["x"]\n')


# -- constraints ------------------------------------------------------------------------------------------------------


def require(text):
    return f'{VALUES}\nrequire = ["{text}"]'


JUDGES = {
    "numbers differ": lambda n, a, z: len({n[k] for k in n if k != "t"}) == 8,
    "dead units = 1": lambda n, a, z: sum(x <= 0 for x in z) == 1,
    "dead units = 0": lambda n, a, z: all(x > 0 for x in z),
    "dead units >= 2": lambda n, a, z: sum(x <= 0 for x in z) >= 2,
    "no kink": lambda n, a, z: all(x != 0 for x in z),
    "integers": lambda n, a, z: all(x.denominator == 1 for x in a.values()),
    "short decimals <= 1": lambda n, a, z: all((10 * x).denominator == 1 for x in a.values()),
    "magnitude <= 40": lambda n, a, z: all(-40 <= x <= 40 for x in a.values()),
    "smallest >= 2": lambda n, a, z: all(abs(x) >= 2 for x in a.values() if x),
    "nonzero gradients": lambda n, a, z: all(x for key, x in a.items() if key.startswith("grad")),
    "nonzero gradients >= 3": lambda n, a, z: sum(x != 0 for key, x in a.items() if key.startswith("grad")) >= 3,
    "loss falls": lambda n, a, z: forward({**n, **{w: a[w] for w in n if w[0] == "w"}}) < forward(n),
}


@pytest.mark.parametrize("text", JUDGES)
def test_a_constraint_holds_for_what_is_drawn_and_fails_for_what_is_rejected(text):
    judge = JUDGES[text]
    for variant in variants(require(text), 15):
        numbers = {**dict(variant.numbers), "t": F(0)}
        answers, into = by_hand(numbers)
        assert dict(variant.answers) == answers
        assert judge(numbers, answers, into)
    # And the test itself says no exactly where the judge does.
    bench = sampler_of(net(require(text))).bench
    sampler = sampler_of(net(VALUES + "\nrequire = []"))
    verdicts = set()
    for i in range(150):
        numbers = {**dict(sampler.variant(str(i), "other").numbers), "t": F(0)}
        exercise = symnet.with_numbers(sampler.exercise, numbers)
        trial = bench.trial(exercise.problem, [numbers[name] for name in sampler.drawn])
        (requirement,) = net(require(text)).vary.require
        bound = (requirement.holds,) if requirement.holds else ()
        meets = CATALOGUE[requirement.name].meets(trial, *bound)
        assert meets == judge(numbers, *by_hand(numbers)), (text, numbers)
        verdicts.add(meets)
    assert verdicts == {True, False}  # so that neither answer is always the same


def test_every_constraint_has_a_judge():
    judged = {text.partition(" =")[0].partition(" >")[0].partition(" <")[0] for text in JUDGES}
    assert judged | {"slips show", "slips differ", "short decimals", "windows fit"} >= set(CATALOGUE)


def test_windows_of_variants_fit():
    """Drawn sizes that leave no window are drawn again: of kernels up to 7 on pictures of 6, those up to 6 are left."""
    text = """
[network]
input_shape = [1, 6, 6]
[[layer]]
kind = "conv"
channels = 2
kernel = 3
[[layer]]
kind = "max_pool"
size = 2
[vary]
values = { kernel1 = [2, 3, 4, 5, 6, 7] }
"""
    sampler = sampler_of(loads(text))
    drawn = {int(sampler.variant(str(i), "salt").numbers["kernel1"]) for i in range(60)}
    assert drawn == {2, 3, 4, 5}  # 6 - 5 + 1 is 2, one window of the pool; a kernel of 6 leaves none


@pytest.mark.parametrize(
    ("number", "places"),
    [
        ("3", 0),
        ("0.5", 1),
        ("1/8", 3),
        ("1/3", None),
        ("-1.25", 2),
        ("0.0001", 4),
        ("7/40", 3),
        ("0", 0),
        ("22/7", None),
    ],
)
def test_decimal_places(number, places):
    assert decimal_places(F(number)) == places


def test_short_decimals_are_four_places_unless_told():
    toml = '[given]\nx = 1\n[equations]\ny = "x"\n'
    of = lambda vary: {v.numbers["x"] for v in (sampler_of(net(vary, toml)).variant(str(i), "") for i in range(60))}  # noqa: E731
    values = 'values = { x = [2, "0.5", "0.0625", "0.03125", "1/3"] }\n'
    assert of(values + 'require = ["short decimals"]') == {2, F(1, 2), F(1, 16)}
    assert of(values + 'require = ["short decimals <= 1"]') == {2, F(1, 2)}
    assert of(values + 'require = ["integers"]') == {2}
    assert of(values + "require = []") == {2, F(1, 2), F(1, 16), F(1, 32), F(1, 3)}


KINKS = {
    "relu(x - 1)": {1},
    "abs(x + 2)": {-2},
    "max(x, 2)": {2},
    "max(x, 1, -1)": {1},
    "max(x, x, x - 1)": {-2, -1, 0, 1, 2},
    "min(x, x^2)": {0, 1},
    "leaky_relu(x, 0.1)": {0},
    "elu(x + 1)": {-1},
    "step(x - 2)": {2},
    "relu(relu(x) - 1)": {0, 1},
    "sigmoid(x)": set(),
    "x^2": set(),
}


@pytest.mark.parametrize("formula", KINKS)
def test_no_kink_knows_every_function_that_has_one(formula):
    toml = f'[given]\nx = 1\n[equations]\ny = "{formula}"\n'
    bench = sampler_of(net("", toml)).bench
    exercise = net("", toml)
    at = {k for k in range(-2, 3) if bench.trial(symnet.with_numbers(exercise, {"x": F(k)}).problem).at_a_kink}
    assert at == KINKS[formula]


def test_no_kink_looks_at_every_sample_and_every_update():
    toml = """
learning_rate = 1
[given]
t = 0
[parameters]
w = 1
[equations]
y = "relu(w*x)"
L = "y - t"
[[samples]]
x = 1
[[samples]]
x = 2
"""
    exercise = net("", toml)
    trial = lambda toml, **numbers: (  # noqa: E731
        lambda e: sampler_of(e).bench.trial(symnet.with_numbers(e, {k: F(v) for k, v in numbers.items()}).problem)
    )(net("", toml))
    assert sampler_of(exercise).drawn == ("t", "x[1]", "x[2]", "w")
    assert not trial(toml).at_a_kink
    with_zero = symnet.with_numbers(net("", toml), {"x[2]": F(0)})
    assert with_zero.problem.samples[1]["x"] == 0
    assert sampler_of(net("", toml)).bench.trial(with_zero.problem).at_a_kink
    # One step of w = 1 with the mean gradient 3/2 goes to −1/2; online, x = 1 brings w to 0, where x = 2 meets it.
    assert not trial(toml + "[training]\nsteps = 2\n").at_a_kink
    assert trial(toml + '[training]\nmode = "online"\nsteps = 2\n').at_a_kink


def test_dead_units_count_relus_and_those_written_as_a_maximum():
    toml = (
        '[given]\nx = 1\n[equations]\na = "relu(x)"\nb = "max(0, -x)"\nc = "max(x + 1, 0) + relu(x)"\nd = "a + b + c"\n'
    )
    exercise = net("", toml)
    dead = lambda x: sampler_of(exercise).bench.trial(symnet.with_numbers(exercise, {"x": F(x)}).problem).dead  # noqa: E731
    assert dead(1) == 1  # max(0, −x); relu(x) stands twice and is one unit
    assert dead(-2) == 2
    assert dead(0) == 2


def test_an_answer_that_does_not_exist_is_never_drawn():
    toml = '[given]\nx = 1\ny = 1\n[equations]\nz = "log(x)/y"\n'
    sampler = sampler_of(net('values = { "*" = "-3..3" }\nrequire = []', toml))
    drawn = [sampler.variant(str(i), "") for i in range(30)]
    assert all(v.numbers["x"] > 0 and v.numbers["y"] != 0 for v in drawn)
    assert any(v.rejected["every number exists"] for v in drawn)


def test_cheap_constraints_come_before_dear_ones():
    names = list(CATALOGUE)
    assert names.index("dead units") < names.index("magnitude") < names.index("slips differ")
    assert names[-1] == "slips differ"
    sampler = sampler_of(net(VALUES + '\nrequire = ["magnitude <= 60", "dead units = 1"]'))
    assert [requirement.name for requirement in sampler.require] == ["dead units", "magnitude"]


def test_slips_differ_asks_for_their_separation(monkeypatch):
    asked, ahead = [], []

    class Never:
        def prepare(self, problems):
            ahead.extend(problems)

        def holds(self, problem):
            asked.append(problem)
            return len(asked) > 3

        def mixed(self, problem):
            assert problem is asked[-1]
            return (Mixed(("no-input",), "grad(w13)"),)

    exercise = net(VALUES + '\nrequire = ["slips differ", "dead units = 1"]')
    monkeypatch.setitem(sampler_of(exercise).bench.__dict__, "separation", Never())
    variant = sampler_of(exercise).variant("Ada", "salt")
    assert variant.rejected["slips differ"] == 3
    assert all(sum(z <= 0 for z in by_hand({**p.given, **p.start})[1]) == 1 for p in (*asked, *ahead))
    assert [id(problem) for problem in ahead][:4] == [id(problem) for problem in asked]


def test_drawing_ahead_changes_no_paper():
    """One at a time, or as many as are drawn ahead: the same numbers, and as many rejected."""
    vary = VALUES + '\nrequire = ["slips differ", "dead units = 1"]'
    one_by_one, ahead = sampler_of(net(vary)), Sampler(net(vary))
    ahead._expected = 40.0
    for who in ("Ada", "Emmy"):
        variant, other = Sampler(one_by_one.exercise).variant(who, "salt"), ahead.variant(who, "salt")
        assert (variant.numbers, variant.rejected) == (other.numbers, other.rejected)


def test_slips_show_where_the_forgotten_weight_is_not_1():
    """By hand: y = v·(w·x), so the gradient of w is v·x, and v = 1 hides that v was forgotten."""
    toml = '[given]\nx = 2\n[parameters]\nw = 3\nv = 2\n[equations]\nh = "w*x"\ny = "v*h"\n'
    vary = 'values = { x = [2, 3], w = [-1, 1], v = [1, 5] }\nrequire = ["slips show"]'
    sampler = sampler_of(net(vary, "learning_rate = 0.1\n" + toml))
    drawn = [sampler.variant(str(i), "salt") for i in range(20)]
    assert {variant.numbers["v"] for variant in drawn} == {5}
    assert sum(variant.rejected["slips show"] for variant in drawn) > 5


def test_slips_that_cannot_differ_are_named_with_the_numbers():
    """x = 2 makes a forgotten x a factor of two, and x = 1 hides it; no other x can be drawn."""
    toml = '[given]\nx = 2\nt = 1\n[parameters]\nw = 3\nb = 1\n[equations]\ny = "w*x + b"\nL = "(y - t)^2/2"\n'
    vary = 'values = { x = [1, 2], w = [3, 4, 5] }\nrequire = ["slips differ"]'
    with pytest.raises(Mistake) as raised:
        sampler_of(net(vary, "learning_rate = 0.1\n" + toml)).variant("Ada", "salt")
    said = str(raised.value)
    assert "no-input gives the right grad(w) (where x = 1)" in said
    assert "no-input and factor-two give the same grad(w) (where x = 2)" in said


SATURATED = """
learning_rate = 0.1
given = { x1 = 1, x2 = -1, t = 0 }
parameters = { w13 = 2, w23 = -3, w14 = 1, w24 = 4, w35 = 2, w45 = -1 }
vary = { require = ["slips differ"] }
[equations]
x3 = "w13*x1 + w23*x2"
y3 = "sigmoid(x3)"
x4 = "w14*x1 + w24*x2"
y4 = "sigmoid(x4)"
x5 = "w35*y3 + w45*y4"
y5 = "sigmoid(x5)"
Loss = "(y5 - t)^2/2"
"""


def test_estimates_reject_what_exact_working_rejects_and_little_is_worked_exactly(monkeypatch):
    """Of units that saturate digits cancel, and exact working must tell what slips make of them."""
    sampler = Sampler(loads(SATURATED))
    told, real = [], Hypotheses.told
    monkeypatch.setattr(Hypotheses, "told", lambda self, *each: (told.append(1), real(self, *each))[1])
    drawn = [sampler.variant(str(i), "salt") for i in range(3)]
    rejected = sum(variant.rejected["slips differ"] for variant in drawn)
    assert rejected > 200
    assert len(told) < rejected
    assert all(mixed for _, mixed in sampler.mixups.draws[:60])  # each of them mixes slips up, worked exactly
    for variant in drawn:
        assert not sampler.bench.separation.mixed(variant.exercise.problem)


def test_what_slips_must_differ_in_does_not_hang_by_who_is_drawn_first():
    """The numbers with which slips are compared are none of those that are drawn, which may be far out."""
    exercise = loads(SATURATED)
    sampler = Sampler(exercise)
    together = {student: sampler.variant(student, "salt").numbers for student in ("Ada", "Ben", "Cat")}
    assert together == {name: Sampler(exercise).variant(name, "salt").numbers for name in reversed(together)}


def test_slips_differ_is_met_by_an_exercise_that_can_meet_it():
    toml = '[given]\nx = 2\nt = 1\n[parameters]\nw = 3\nb = 1\n[equations]\ny = "w*x + b"\nL = "(y - t)^2/2"\n'
    vary = 'values = { "*" = "2..9", t = [3, 5] }\nrequire = ["slips differ"]'
    variant = sampler_of(net(vary, "learning_rate = 0.1\n" + toml)).variant("Ada", "salt")
    n = variant.numbers
    assert variant.answers["grad(w)"] == (n["w"] * n["x"] + n["b"] - n["t"]) * n["x"]


def test_the_catalogue_teaches():
    for name, constraint in CATALOGUE.items():
        assert constraint.meets.__doc__, name
        assert constraint.example or not constraint.needs_bound, name
    assert constraints.SHORT == 4


# -- without [vary] ---------------------------------------------------------------------------------------------------


def test_without_vary_the_files_own_numbers_say_what_is_nice():
    sampler = sampler_of(loads(NET))
    assert [str(requirement) for requirement in sampler.require] == [
        "no kink", "short decimals <= 1", "magnitude <= 100", "smallest >= 0.001", "nonzero gradients >= 3",
    ]  # fmt: skip
    assert all(set(values) == {-4, -3, -2, -1, 1, 2, 3, 4} for values in sampler.values)


def test_with_vary_what_is_nice_stays_as_it_was():
    """Papers of files with [vary] are to be the same in every version."""
    sampler = sampler_of(net("values = { w13 = [1, 2] }"))
    assert [str(requirement) for requirement in sampler.require] == [
        "no kink", "short decimals <= 1", "magnitude <= 100", "nonzero gradients >= 1",
    ]  # fmt: skip


def test_a_class_of_several_targets_is_drawn_as_one():
    exercise = loads(SOFTMAX)
    drawn = [sampler_of(exercise).variant(str(i), "s").numbers for i in range(20)]
    codes = {tuple(numbers[t] for t in ("t1", "t2", "t3")) for numbers in drawn}
    assert codes == {(1, 0, 0), (0, 1, 0), (0, 0, 1)}
    two = SOFTMAX.replace("[[1, 2]]", "[[1, 2], [2, 1]]").replace("[[0, 1, 0]]", "[[0, 1, 0], [1, 0, 0]]")
    for i in range(5):
        numbers = sampler_of(loads(two)).variant(str(i), "s").numbers
        assert [sum(numbers[f"t{k}[{row}]"] for k in (1, 2, 3)) for row in (1, 2)] == [1, 1]
    graph = '[given]\na = 2\nb = 1\nc = 1\nf = 3\n[equations]\ne = "a*b"\nd = "e + c"\nL = "d*f"\n'
    assert set(sampler_of(loads(graph)).drawn) >= {"a", "b", "c"}


SOFTMAX = """
[network]
layers = [2, 3]
loss = "softmax_cross_entropy"
inputs = [[1, 2]]
targets = [[0, 1, 0]]
weights = { W1 = [[0.2, -0.1, 0.4], [0.3, 0.5, -0.2]], b1 = [0.1, 0, -0.1] }
"""
CLASS = """
learning_rate = 0.5
[given]
x = 2
t = {t}
[parameters]
w = 0.5
b = -0.2
[equations]
z = "w*x + b"
p = "{f}(z)"
L = "{loss}"
"""


@pytest.mark.parametrize(
    ("t", "f", "loss", "values"),
    [
        ("1", "sigmoid", "-(t*log(p) + (1 - t)*log(1 - p))", {0, 1}),
        ("0", "sigmoid", "(p - t)^2/2", {0, 1}),
        ("0.1", "sigmoid", "(p - t)^2/2", {F(k, 10) for k in range(1, 10)}),
        ("-1", "tanh", "(p - t)^2/2", {-1, 1}),
        ("0.5", "tanh", "(p - t)^2/2", {F(k, 10) for k in range(-9, 10) if k}),
        ("3", "linear", "(p - t)^2/2", {-4, -3, -2, -1, 1, 2, 3, 4}),
    ],
)
def test_a_target_is_drawn_from_what_the_output_can_be(t, f, loss, values):
    sampler = sampler_of(loads(CLASS.format(t=t, f=f, loss=loss)))
    assert set(dict(zip(sampler.drawn, sampler.values, strict=True))["t"]) == values


PERCEPTRON = """
learning_rate = {rate}
given = {{ x0 = 1 }}
parameters = {{ w0 = {w0}, w1 = 0, w2 = 0 }}
samples = [{samples}]
training = {{ mode = "online" }}
update = {{ rules = ["w = w + lr*(t - y)*input(w)"] }}
question = [{{ ask = "table" }}]
[equations]
z = "w0*x0 + w1*x1 + w2*x2"
y = "{f}(z)"
"""


@pytest.mark.parametrize(("f", "low", "w0"), [("step", 0, 0), ("sign", -1, 0), ("step", 0, "0.3")])
def test_a_perceptron_keeps_its_targets_and_its_inputs_are_codes(f, low, w0):
    truth = [(a, b, 1 if a == b == 1 else low) for a in (low, 1) for b in (low, 1)]
    samples = ", ".join(f"{{ x1 = {a}, x2 = {b}, t = {t} }}" for a, b, t in truth)
    exercise = loads(PERCEPTRON.format(rate=1, w0=w0, samples=samples, f=f))
    seen = set()
    for student in range(12):
        problem = symnet.variant(exercise, f"S{student}", salt="codes").problem
        rows = [(sample["x1"], sample["x2"]) for sample in problem.samples]
        assert [sample["t"] for sample in problem.samples] == [t for *_, t in truth]
        assert sorted(rows) == sorted((a, b) for a, b, _ in truth)  # in another order
        assert problem.given["x0"] == 1
        weights = [problem.start[name] for name in ("w0", "w1", "w2")]
        if w0 == 0:
            assert all(w and abs(w) <= 2 for w in weights)
        else:  # a zero beside others stays one
            assert weights[0]
            assert weights[1:] == [0, 0]
        seen.add((*weights, *rows))
    assert len(seen) > 8


def test_a_zero_stays_a_zero():
    text = CLASS.format(t="1", f="sigmoid", loss="(p - t)^2/2").replace("b = -0.2", "b = 0")
    assert "b" not in sampler_of(loads(text)).drawn


@pytest.mark.parametrize("kind", [kind for kind in starts.kinds() if kind != "training"])
def test_variants_without_vary_are_worth_working(kind):
    """Many papers of each file to start from: no gradient of 0, nothing next to nothing, and how to round is said."""
    exercise = loads(starts.text_of(kind))
    sampler = sampler_of(exercise)
    count = 30 if kind in ("relu", "sigmoid") else 10
    papers = [sampler.variant(str(i), "salt") for i in range(count)]
    assert len({tuple(paper.numbers.values()) for paper in papers}) > (count / 2 if sampler.space > 100 else 3)
    for paper in papers:
        for key, value in paper.answers.items():
            assert value == 0 or abs(F(value)) >= F(1, 1000), (key, paper.numbers)
            assert value != 0 or not key.startswith("grad("), (key, paper.numbers)
    asked = papers[0].answers.values()
    if exercise.problem.places is None:
        says = "Round every number to 4 significant digits." in plain_text.render(papers[0].exercise.worksheet().sheet)
        counted = exercise.problem.sizes is not None  # such numbers are never rounded
        assert says == (not counted and any(len(str(float(x)).replace(".", "").strip("-0")) > 4 for x in asked))


WORKED = [file for file in sorted(FOLDER.glob("*.toml")) if not symnet.load(file).trains]


@pytest.mark.parametrize("file", WORKED, ids=lambda file: file.stem)
def test_every_sheet_of_the_course_that_is_worked_by_hand_has_variants(file):
    exercise = symnet.load(file)
    first, second, third = (symnet.variant(exercise, student, "salt") for student in ("Ada", "Bob", "Eve"))
    assert first.variant_code != second.variant_code
    if file.stem == "find-the-mistake":  # its wrong lines are wrong with some numbers only, which it says itself
        return
    assert first.problem != second.problem or first.problem != third.problem
    assert first.worksheet().key.variant == first.variant_code


@pytest.mark.parametrize("file", [f for f in WORKED if "[vary]" in f.read_text(encoding="utf-8")], ids=lambda f: f.stem)
def test_the_numbers_of_the_file_are_such_as_its_own_vary_draws(file):
    """Except what one sheet was made to show: one-neuron's n = 0 and a learner that starts at 0."""
    sampler = sampler_of(symnet.load(file))
    drawn = [sampler.variant(str(i), "salt") for i in range(10)]
    assert sum(sum(v.rejected.values()) for v in drawn) < 400
    assert len({tuple(v.numbers.values()) for v in drawn}) > 5
