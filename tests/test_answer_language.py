"""What stands behind the equals sign: numbers, lines of working and formulas, from words, files and standard input."""

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spellings import EXERCISES, RELU, SIGMOID, outcome

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.classroom.marking.cells import read_cell
from symnet.commands.pairs import read_pairs
from symnet.diagnosis.answer import read_number
from symnet.diagnosis.digits import digits_of, loosely, without_brackets
from symnet.diagnosis.keys import Keys
from symnet.diagnosis.said import read_said

EXERCISE = EXERCISES["relu"]


def one(written, exercise=EXERCISE):
    """(verdict, notes, ids of the causes) of one answer."""
    checked = symnet.check(exercise, read_pairs([written]))
    ((key, verdict),) = checked.verdicts.items()
    said = json.loads(checked.as_json())["answers"][key]
    assert said["given"] == written.partition("=")[2].strip()
    assert said["verdict"] == verdict.verdict
    return verdict.verdict, " ".join(said["notes"]), [cause.id for cause in verdict.slips]


# -- numbers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("≈0.4626", "0.4626", "1e-4"),
        ("=~ 0.079", "0.079", "1e-3"),
        ("0.079…", "0.079", "1e-3"),
        ("- 0.48", "-0.48", "1e-2"),
        ("−0,5", "-0.5", "1e-1"),
        ("\u00a00.5\u2009", "0.5", "1e-1"),
        ("5·10^1", "50", "10"),
        ("5 × 10⁻³", "0.005", "1e-3"),
        ("2,50*10**2", "250", "1"),
        ("10⁻³", "0.001", "1e-3"),
        ("1\u202f234.5", "1234.5", "1e-1"),
        ("0.123\u2009456", "0.123456", "1e-6"),
        ("1⁄3", "1/3", None),
        ("½", "1/2", None),
    ],
)
def test_a_number_is_read_however_it_is_written(text, number, unit):
    read = read_number(text, "it")
    assert read.number == Fraction(number)
    assert read.unit == (Fraction(unit) if unit else None)


@pytest.mark.parametrize("text", ["", "-", "five", "2½", "48%", "1 2", "0.5 0.6", "1/0", "e5", "++5", "5-", "1.2.3"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(Mistake, match="must be a number"):
        read_number(text, "it")


@pytest.mark.parametrize(
    ("cell", "number", "beside"),
    [
        ("0.07892 J", "0.07892", "J"),
        ("-0.15 (I think)", "-0.15", "(I think)"),
        ("0.5 m/s", "0.5", "m/s"),
        ("0.5?", "0.5", "?"),
        ("1/3 J", "1/3", "J"),
        ("2x", "", ""),
        ("48%", "", ""),
        ("1.5e", "", ""),
        ("2½", "", ""),
        ("3 or 4", "", ""),
        ("1-Mar", "", ""),
    ],
)
def test_what_stands_beside_a_number_is_told_apart(cell, number, beside):
    assert loosely(cell) == (number, beside)


# -- lines of working -------------------------------------------------------------------------------------------------


def test_a_line_that_is_right_is_said_to_be():
    assert one("grad(w13)=10*1*2*1*1 = 20") == ("right", "10*1*2*1*1 is 20, as you say.", [])


def test_a_line_whose_last_number_is_wrong_is_worked_out():
    verdict, notes, causes = one("grad(w13)=10*1*2*1*1 = 25")
    assert (verdict, causes) == ("wrong", ["arithmetic"])
    assert notes == "10*1*2*1*1 is 20, not 25."


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("grad(w13)=10*1*3*1*1 = 30", "the 3 should be w35"),
        ("grad(w13)=10*0*2*1*1 = 0", "the 0 should be relu'(x5); the rest belongs there."),
        ("grad(w13)=7*1*2*1*1=14", "the 7 should be grad(y5); the rest belongs there."),
        ("grad(w13)=7*1*2*1*1=14", "grad(y5) is 10. 7*1*2*1*1 is 14, as you say."),
        ("grad(w13)=10*2*2*1*1 = 40", "the first 2 should be relu'(x5)"),
        ("grad(w35)=10*5*7 = 350", "the 7 does not belong"),
        ("x3=2*1+(-3)*(1) = -1", "only a sign is wrong"),
        ("w13=2 - 0.1*30", "the 30 should be grad(w13)"),
        ("w13=2 - 0.2*20", "the 0.2 should be the learning rate"),
        ("change(w35)=-0.1*40 = -4", "the 40 should be grad(w35)"),
        ("grad(w13)=-10*2*1 = -20", "only a sign is wrong"),
    ],
)
def test_the_number_that_does_not_belong_is_named(written, said):
    key = written.partition("=")[0]
    text = str(symnet.check(EXERCISE, read_pairs([written])))
    assert said in text
    assert "wrong" in text
    remarks = symnet.check(EXERCISE, read_pairs([written])).answering.remarks
    verdict = symnet.check(EXERCISE, read_pairs([written])).verdicts[key]
    assert all(remark.hidden for remark in remarks(verdict))


@pytest.mark.parametrize(
    ("written", "ids", "said"),
    [
        # Four slips give 14, and all of them by a y5 of 7: none is told from the others.
        (
            "grad(w13)=7*1*2*1*1 = 14",
            ["wrong-factor"],
            "In 7*1*2*1*1 the 7 should be grad(y5); the rest belongs there.",
        ),
        (
            "grad(w13)=10*1*-3*1*1 = -30",
            ["updated-weights"],
            "You used weights that were already updated: in 10*1*-3*1*1 the -3 should be w35.",
        ),
        (
            "grad(w35)=10*1*15 = 150",
            ["wrong-factor"],
            "In 10*1*15 the 15 should be y3; the rest belongs there.",
        ),
    ],
)
def test_a_slip_is_the_cause_of_a_line_only_if_it_gives_the_number_that_is_odd_there(written, ids, said):
    (verdict,) = symnet.check(EXERCISE, read_pairs([written])).verdicts.values()
    assert ([cause.id for cause in verdict.slips], verdict.slips[0].says) == (ids, said)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-0.2891*0.3*2=-0.1735", "the 0.3 should be sigmoid'(z); the rest belongs there."),
        ("-0.2891*0.2055*3=-0.1782", "the 3 should be x; the rest belongs there."),
        ("0.3*0.2055*2=0.1233", "the 0.3 should be grad(y); the rest belongs there."),
    ],
)
def test_a_slope_may_be_one_number_of_a_line(line, said):
    """y(1 − y) = 0.2055, as whoever looks up σ′ has it."""
    assert one(f"grad(w)={line}", ONE_UNIT)[2] == ["wrong-factor"]
    assert said in str(symnet.check(ONE_UNIT, {"grad(w)": line}))


ONE_UNIT = symnet.loads(
    'learning_rate = 0.5\nloss = "L"\n[given]\nx = 2\nt = 1\n[parameters]\nw = 0.4\nb = 0.1\n[equations]\n'
    'z = "w*x + b"\ny = "sigmoid(z)"\nL = "(y - t)^2/2"\n'
)


@pytest.mark.parametrize(
    ("formula", "note"),
    [
        ("(y-1)*y*(1-y)*x", "Right, with 1 put in for t."),
        ("(y-1)*y*(1-y)*2", "Right, with 1 put in for t and 2 put in for x."),
        ("(y-t)*y*(1-y)*2", "Right, with 2 put in for x."),
    ],
)
def test_numbers_of_the_exercise_may_stand_in_a_formula_for_their_names(formula, note):
    assert one(f"grad(w)={formula}", ONE_UNIT) == ("right", note, [])
    assert one(f"grad(w)={formula.replace('*y*', '*y*y*')}", ONE_UNIT)[0] == "wrong"


def test_a_factor_of_too_few_digits_is_called_that_and_nothing_else(net):
    verdict, notes, causes = one("dE/dv1=0.4*0.67=0.268", net)
    assert (verdict, causes) == ("wrong", ["wrong-factor"])
    assert notes == "grad(y) is 0.402762. 0.4*0.67 is 0.268, as you say."
    assert "the 0.4 is grad(y) with too few digits" in str(symnet.check(net, {"dE/dv1": "0.4*0.67=0.268"}))


def test_a_hint_on_a_line_starts_at_the_line_and_says_a_thing_once():
    line = {"grad(w13)": "10*1*-3*1*1 = -30"}
    said = symnet.hint(EXERCISE, line, "grad(w13)", 2)
    assert said.count("already updated") == 1
    assert said.endswith("In 10*1*-3*1*1 the -3 should be w35.")
    said = symnet.hint(EXERCISE, {"grad(w13)": "7*1*2*1*1 = 14"}, "grad(w13)", 1)
    assert said == "Look at the line that you wrote, number by number: it is right but for one thing."


def test_rounded_factors_give_a_rounded_answer():
    sigmoid = EXERCISES["sigmoid"]
    assert one("grad(z)=-0.3976*0.2395", sigmoid)[0] == "rounded"
    assert one("grad(z)=(0.6024-1)*0.6024*(1-0.6024) = -0.0952", sigmoid)[0] == "rounded"
    assert one("grad(z)=-0.3976*0.3395", sigmoid)[0] == "wrong"


def test_every_part_of_a_long_line_is_looked_at():
    verdict, notes, _ = one("grad(w13)=(y5-t)*w35*x1 = 10*2*1 = 5*4 = 21")
    assert verdict == "wrong"
    assert "5*4 is 20, not 21." in notes
    _, notes, _ = one("grad(w13)=(y5-t)*x1 = 20")
    assert "(y5-t)*x1 is not the derivative." in notes


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("(-0.28)", "-0.28"),
        ("-(0.28)", "-0.28"),
        ("−(−0,28)", "0,28"),
        ("( (( 5e-3 )) )", "5e-3"),
        ("(28/100)", "28/100"),
        (r"-\frac{28}{100}", "-28/100"),
        (r"\dfrac{-7028}{10000}", "-7028/10000"),
        ("-28/10^2", "-28/100"),
        ("28/(10**2)", "28/100"),
        ("(1/3)", "1/3"),
        ("(0.5)*(0.3)", ""),
        ("(0.5)(0.3)", ""),
        ("((0.5)", ""),
        ("(28)/(100", ""),
        ("2(3)", ""),
        ("()", ""),
        ("0.28", ""),
        ("2½", ""),
        ("(2½)", ""),
        ("(½)", "1/2"),
        ("(1/0)", "1/0"),
        ("(" * 90 + "1" + ")" * 90, "1"),
    ],
)
def test_a_number_may_stand_in_brackets(text, number):
    assert without_brackets(text) == number


@pytest.mark.parametrize(
    ("text", "unit", "figures"), [("811/10000", "1e-4", 3), ("-5/10", "1e-1", 1), ("0/100", "1e-2", 0)]
)
def test_a_quotient_by_a_power_of_ten_is_a_decimal(text, unit, figures):
    read = read_number(text, "it")
    assert (read.unit, read.figures) == (Fraction(unit), figures)
    assert read_number("1/25", "it").unit is None


NET = """title = "two hidden units"
learning_rate = 0.5
[given]
x1 = 0.5
x2 = -1.25
t = 0.3
[parameters]
a11 = 0.2
a12 = -0.4
b1 = 0.1
a21 = 0.7
a22 = 0.35
b2 = -0.2
v1 = 0.6
v2 = -0.9
c = 0.05
[equations]
z1 = "a11*x1 + a12*x2 + b1"
h1 = "sigmoid(z1)"
z2 = "a21*x1 + a22*x2 + b2"
h2 = "tanh(z2)"
y = "v1*h1 + v2*h2 + c"
E = "(y - t)^2/2"
"""


@pytest.fixture(scope="module")
def net():
    return symnet.loads(NET)


@pytest.mark.parametrize(
    "written",
    [
        "dE/dv1=0.403*0.668=0.2692",
        "dE/db1=0.403*0.6*0.222=0.0537",
        "dE/da12=0.4028*0.6*0.222*(-1.25)=-0.0671",
        "v1=0.6-0.5*0.269",
        "v1=0.6 - 0.5*0.269 = 0.4655",
        "v1=0.6-0.5*0.27",
        "h1=1/1.497",
        "h1=1-0.332",
    ],
)
def test_a_line_of_rounded_numbers_that_is_worked_out_rightly_is_right(written, net):
    verdict, notes, causes = one(written, net)
    assert (verdict, causes) == ("rounded", ["rounded"])
    assert "not" not in notes
    assert "again" not in str(symnet.check(net, read_pairs([written])))


@pytest.mark.parametrize(
    ("written", "causes"),
    [
        ("dE/dv1=0.403*0.668=0.2792", ["arithmetic"]),
        ("dE/dv1=0.403*0.664=0.2676", ["wrong-factor"]),
        ("dE/dv1=0.403*0.768=0.3095", ["wrong-factor"]),
        ("v1=0.6+0.5*0.269", ["wrong-factor"]),
        ("v1=0.6-0.5*0.259", ["wrong-factor"]),
        ("v1=0.6-0.05*0.269", ["wrong-factor"]),
        ("v1=0.6-0.5*0.269=0.4855", ["arithmetic"]),
        ("h1=2/3", []),
        ("h1=(2/3)", []),
    ],
)
def test_a_line_that_rounding_does_not_explain_is_wrong(written, causes, net):
    found, _, named = one(written, net)
    assert (found, named) == ("wrong", causes)


@pytest.mark.parametrize(
    ("written", "verdict"),
    [
        ("h2=(-0.28)", "rounded"),
        ("h2=-(0.28)", "rounded"),
        ("h1=(0.67)", "rounded"),
        ("h1=0.6+0.068=(0.668)", "rounded"),
        ("E=811/10000", "rounded"),
        ("h2=-28/100", "rounded"),
        ("h2=-28/10^2", "rounded"),
        (r"y=\frac{7028}{10000}", "rounded"),
        ("z2=(-29/80)", "wrong"),
        ("z2=(-23/80)", "right"),
        ("h2=(0.28)", "wrong"),
        ("h2=-29/100", "wrong"),
        ("E=812/10000", "wrong"),
    ],
)
def test_a_number_is_the_same_in_brackets_and_as_a_quotient(written, verdict, net):
    assert one(written, net)[0] == verdict


def test_digits_put_in_for_a_name_are_no_formula(net):
    assert one("dE/dv1=(y - t)*0.668187772168", net)[::2] == ("wrong", ["only-here"])
    assert "noise" not in str(symnet.check(net, read_pairs(["dE/dv1=(y - t)*0.668187772168"])))


# -- formulas ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "verdict", "said"),
    [
        ("grad(w13)=(y5-t)*relu'(x5)*w35*relu'(x3)*x1", "right", ""),
        ("grad(w13)=(y5-t)*w35*x1", "right", "relu'(x3) = 1 and relu'(x5) = 1 here"),
        ("grad(w14)=(y5-t)*w45*relu'(x4)*x1", "right", "relu'(x4) = 0"),
        ("grad(w14)=0*x1", "right", "relu'(x4) = 0"),
        ("grad(w35)=δ5*y3", "right", ""),
        ("grad(w13)=dL/dy5*dy5/dx5*dx5/dy3*dy3/dx3*dx3/dw13", "right", ""),
        ("x5=w35*relu(x3)+w45*relu(x4)", "right", ""),
        ("y5=max(0, x5)", "right", ""),
        ("w13=w13-η*grad(w13)", "right", ""),
        ("change(w13)=-0.1*grad(w13)", "right", ""),
    ],
)
def test_a_formula_is_right_when_it_is_the_quantity(written, verdict, said):
    found, notes, causes = one(written)
    assert (found, causes) == (verdict, [])
    assert said in notes
    assert bool(said) == bool(notes)


@pytest.mark.parametrize(
    ("written", "cause"),
    [
        ("grad(w13)=(y5-t)*w35", "only because x1 = 1"),
        ("grad(w13)=y5*w35*x1", "only because t = 0"),
        ("grad(w13)=(y5-t)*3*x1 - y5*x1", "only because"),
        ("grad(w23)=(t-y5)*w35*x1", "only because"),
    ],
)
def test_numbers_that_meet_prove_no_formula(written, cause):
    verdict, _, causes = one(written)
    assert (verdict, causes) == ("wrong", ["only-here"])
    assert cause in str(symnet.check(EXERCISE, read_pairs([written])))


def test_a_wrong_formula_has_its_slip_named():
    verdict, _, causes = one("grad(w13)=(y5-t)*x1")
    assert verdict == "wrong"
    assert "no-next-weight" in causes


def test_a_formula_is_judged_where_lines_are_rounded_and_at_a_kink():
    rounded = symnet.loads(SIGMOID.replace('title = "2-2-1 sigmoid with biases"', "round = 2"))
    assert one("grad(v1)=(y-t)*y*(1-y)*h1", rounded)[0] == "right"
    kink = symnet.loads('loss = "L"\n[given]\nx = 0\nw = 3\n[equations]\ny = "relu(x)"\nL = "w*y"\n')
    assert one("grad(x)=w*relu'(x)", kink)[0] == "right"
    assert one("grad(x)=w", kink)[0] == "wrong"


# -- where answers come from ------------------------------------------------------------------------------------------

LINES = "# hidden layer\n\ny5 = 10   # right\ndL/dw13 = 10*2 = 20\n  w13: 0\n"


def test_answers_come_from_standard_input_and_from_a_file(inside, tmp_path):
    done = inside("check", str(RELU), "-", stdin=LINES)
    assert (done.returncode, done.stderr) == (0, "")
    file = tmp_path / "answers.txt"
    file.write_text(LINES, encoding="utf-8")
    same = inside("check", str(RELU), "--answers", str(file))
    assert same.stdout == done.stdout
    more = inside("check", str(RELU), "x3=5", "-", "--json", stdin=LINES)
    assert list(json.loads(more.stdout)["answers"]) == ["x3", "y5", "grad(w13)", "w13"]


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (("-", "-"), "", "standard input is read once"),
        ((str(RELU), "-", "--answers", "-"), "", "standard input is read once"),
        ((str(RELU), "-"), "y5 = 10\nnothing\n", 'standard input, line 2: "nothing" is not of the form NAME=NUMBER'),
        ((str(RELU), "-"), "# nothing\n", "nothing to check"),
        ((str(RELU), "--answers", "none.txt"), "", "none.txt: there is no such file"),
        ((str(RELU), "w13=1", "w13_new=2"), "", '"w13" is given twice, as "w13_new", and not alike'),
    ],
)
def test_what_is_wrong_with_a_file_of_answers_is_a_line(inside, arguments, stdin, said):
    done = inside("check", *arguments, stdin=stdin)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("twice", [("w13_new=0",), ("w13=0.0",), ("new(w13)=2 - 0.1*20 = 0",), ("w13'=0", "w13=-0")])
def test_a_quantity_that_is_given_twice_with_one_number_is_one(inside, twice):
    done = inside("check", str(RELU), "w13=0", "y5=10", *twice)
    assert (done.returncode, done.stderr, done.stdout.count("  right")) == (0, "", 2)
    lines = "\n".join((*twice, "w13=0", "y5=10"))
    done = inside("check", str(RELU), "-", stdin=lines)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_class_is_read_as_it_writes_and_told_how(tmp_path):
    file = tmp_path / "class.csv"
    file.write_text(
        "student,∂Loss/∂w₁₃,y5,relu'(x3),new(Loss),Δw13,w35 new,E-mail\n"
        "Ada,≈20,10 J,1,0,- 2,−3,a@b\n"
        "Bob,10*2=20,10 (I think),1,0,\u00a0-2 , -3 ,\n"
        "Eve,20,10,1,0,-2,-3,\n"
        "Dot,1-Mar,2x,,,,,\n",
        encoding="utf-8",
    )
    marks = symnet.mark(EXERCISE, file)
    assert set(marks.keys) == {"grad(w13)", "y5", "y3/x3", "new(Loss)", "change(w13)", "w35"}
    ada, bob, eve, dot = marks.students
    assert ada.points == bob.points == eve.points > dot.points == 0
    assert all(answer.verdict == "right" for student in (ada, bob, eve) for answer in student.answers.values())
    remarks = "\n".join(marks.remarks)
    for said in ('"≈20" is read as 20', '"10 J" is read as 10', '"- 2" is read as -2', '"10 (I think)" is read as 10'):
        assert said in remarks
    assert "Eve" not in remarks
    assert [problem.student for problem in marks.problems] == ["Dot", "Dot"]


SHARES = """
[given]
x = 0.3954
[equations]
s = "0.2 + 0.0484*x/x"
y = "1/(1 + exp(-x))"
n = "100*x"
"""


def test_what_a_spreadsheet_or_a_careful_person_writes_is_read_and_told(tmp_path):
    file = tmp_path / "class.csv"
    file.write_text(
        "student,s,y,n\n"
        "Ada,=0.2+0.0484,=1/(1+EXP(-0.3954)),39.54\n"
        'Bob,"0.2484, I guess",59.76%,39.54 ± 0.01\n'
        "Cat,0.2-0.3,58%,39.54%\n"
        'Dan,"0,2+0,0484",1/(1+exp(-0.3954)) = 0.5976,=-2^2\n',
        encoding="utf-8",
    )
    marks = symnet.mark(symnet.loads(SHARES), file)
    verdicts = {s.name: [answer.verdict for answer in s.answers.values()] for s in marks.students}
    assert {name: [v in ("right", "rounded") for v in row] for name, row in verdicts.items()} == {
        "Ada": [True] * 3,
        "Bob": [True] * 3,
        "Cat": [False] * 3,
        "Dan": [True, True, False],
    }
    remarks = "\n".join(marks.remarks)
    for cell, read in (
        ("=0.2+0.0484", "0.2484"),
        ("=1/(1+EXP(-0.3954))", "0.5976"),
        ("0.2484, I guess", "0.2484"),
        ("59.76%", "a share, 0.5976"),
        ("39.54 ± 0.01", "39.54"),
    ):
        assert f'"{cell}" is read as {read}' in remarks
    assert [problem.student for problem in marks.problems] == ["Cat", "Cat", "Cat", "Dan"]


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("=MAX(1,2)", "2.0"),
        ("=1/3*2", "2/3"),
        ("0.7-0.2", "0.5"),
        ("12.5*0.251", "3.14"),
        ("=LOG(10)", ""),  # of base ten in a spreadsheet, and not here
        ("=-2^2", ""),  # 4 in a spreadsheet
        ("0.2-0.3", ""),
        ("5+-3", ""),
        ("2024-05-12", ""),
        ("=A1*2", ""),
        ("=__import__('os')", ""),
        ("9**9**9", ""),
    ],
)
def test_a_cell_is_worked_out_where_it_can_mean_one_number(cell, number):
    assert read_cell(cell, ",").number == number


def test_an_exponent_is_no_letter(inside):
    done = inside("check", str(RELU), "y5=2e-3*5000", "grad(w35)=1/2e-2")
    assert (done.returncode, done.stdout.count("  right")) == (0, 2)


# -- hostile answers --------------------------------------------------------------------------------------------------

HOSTILE = [
    "9" * 10_000,
    "(" * 900,
    "(" * 10_000,
    "1+" * 5_000 + "1",
    "2^2^2^2^2^2^2",
    "9**9**9",
    "1e99999999",
    "1/" * 400 + "3",
    "=" * 10_000,
    "1=" * 500 + "1",
    "__import__('os').system('true')",
    "(lambda: 1)()",
    "x1.__class__",
    "w13 if 1 else 2",
    "[" * 5_000,
    "≈" * 10_000,
    "δ" * 1_000,
    "1 " * 900,
    "d/d" * 300,
    "exp(exp(exp(exp(9))))",
    "x1\x00",
    "\\frac{" * 300,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_answer_is_a_line(text):
    line, checked = outcome(symnet.check, EXERCISE, {"grad(w13)": text})
    assert line.isprintable()
    assert len(line) < 1_000
    assert line or checked.verdicts["grad(w13)"].verdict == "wrong"


@settings(max_examples=300, deadline=None)
@given(st.text("0123456789.,eE+-*/^()= ≈~·×xyw35t'[]½²", max_size=20) | st.text(max_size=20))
def test_no_answer_is_a_traceback(text):
    line, said = outcome(read_said, text, Keys(EXERCISE.problem), "w13")
    assert line.isprintable()
    assert line or [*said.numbers()]
    found = digits_of(text)
    assert not found or found.isascii()


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["grad(w13)", "y5", "w13", "y3/x3", "new(Loss)", "w13@1"]),
    st.text("0123456789.+-*/()=yxw35t ", min_size=1, max_size=14),
)
def test_no_check_is_a_traceback(key, text):
    line, checked = outcome(symnet.check, EXERCISE, {key: text})
    assert line.isprintable()
    assert line or checked.as_text()
