"""Blanks and the command: which answers are accepted, which wrong numbers are told apart, what is a mistake."""

import re
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
from texts import LINE

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.classroom.export import by_name
from symnet.classroom.export.bank import bank_of
from symnet.classroom.export.blanks import MOST_WRONG, Precision, blank, written
from symnet.computing.exact import Undefined
from symnet.exercises.asked import asked_keys
from symnet.exercises.reader import load, loads
from symnet.notation.maths import Letter

WORKSHEETS = sorted((Path(__file__).parent.parent / "worksheets").glob("*.toml"))
RELU = Path(__file__).parent.parent / "worksheets" / "relu.toml"


def asked(right, wrong=(), **precision):
    told = [(value, [f"slip {i}"]) for i, value in enumerate(wrong)]
    return blank("w", Letter("w"), "", right, told, 1, Precision(**precision))


def takes(number, tolerance, answer):
    return abs(Fraction(answer) - number) <= tolerance


# -- which answers are right ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("digits", [1, 2, 3, 4, 6, 9])
@pytest.mark.parametrize(
    "value",
    [
        Fraction(2, 3), Fraction(-2, 3), Fraction(1, 7), Decimal("0.731058578630004879251159944902"), Fraction(1000, 3),
        Decimal("-1234567.891"), Fraction(1, 3_000_000), Fraction(99999, 100_001), Fraction(1, 4), Fraction(20),
        Fraction(123_456), Fraction(0), Decimal("6.02214076e23"), Decimal("1.5e-12"), Fraction(10_625, 10_000),
    ],
)  # fmt: skip
def test_a_correctly_rounded_answer_is_right_and_another_in_the_digits_asked_for_is_not(value, digits):
    found = asked(value, digits=digits)
    rounded = f"{Decimal(value.numerator) / value.denominator if isinstance(value, Fraction) else value:.{digits - 1}e}"
    if not (isinstance(value, Fraction) and value.denominator == 1):
        assert takes(found.number, found.tolerance, rounded)
    assert takes(found.number, found.tolerance, written(found.number))
    last = Fraction(Decimal(1).scaleb(Decimal(rounded).adjusted() + 1 - digits)) if value else Fraction(1, 10**digits)
    for off in (-2, 2):
        assert not takes(found.number, found.tolerance, Fraction(rounded) + off * last)


@pytest.mark.parametrize("value", [0, 1, -7, 20, 1234, 123_456])
def test_a_whole_number_is_not_rounded(value):
    found = asked(Fraction(value))
    assert written(found.number) == str(value)
    assert found.tolerance <= Fraction(1, 100)


def test_the_tolerance_asked_for_is_the_one_taken():
    found = asked(Fraction(2, 3), [Fraction(2, 3) + Fraction(3, 10)], fixed=Fraction(1, 10))
    assert (found.tolerance, [wrong.tolerance for wrong in found.wrong]) == (Fraction(1, 10), [Fraction(1, 10)])
    assert takes(found.number, found.tolerance, "0.76")


def test_an_exercise_that_rounds_to_places_takes_one_in_the_last_place():
    found = asked(Fraction("12.3457"), [Fraction("12.3458"), Fraction("12.3467")], places=4)
    assert written(found.number) == "12.3457"
    assert takes(found.number, found.tolerance, "12.34571")
    assert [wrong.says for wrong in found.wrong] == ["You slip 0.", "You slip 1."]


# -- which wrong numbers are told apart -------------------------------------------------------------------------------


def test_no_answer_is_both_right_and_a_slip_or_two_slips():
    around = [Fraction(n, d) for n in range(-6, 7) for d in (1, 2, 3, 7, 1000, 12345)]
    for right in (Fraction(2, 3), Fraction(20), Fraction(0), Fraction(1, 1000), Decimal("0.3333")):
        for scale in (1, Fraction(1, 100), Fraction(1, 2000), Fraction(1, 10**6)):
            found = asked(right, [Fraction(right) + n * scale for n in around if n])
            accepted = [(found.number, found.tolerance), *((wrong.number, wrong.tolerance) for wrong in found.wrong)]
            assert scale < 1 or len(accepted) == 9
            for (one, t), (other, u) in combinations(accepted, 2):
                assert abs(one - other) > t + u


def test_a_wrong_number_that_rounding_could_give_is_no_slip():
    near = [Fraction("0.6667"), Fraction("0.66668")]
    assert asked(Fraction(2, 3), [*near, Fraction(3, 5)]).wrong[0].says == "You slip 2."
    assert len(asked(Fraction(2, 3), near).wrong) == 0


def test_slips_that_give_one_number_share_its_feedback():
    told = [(Fraction(3), ["forgot the bias", "lost a sign"]), (Fraction("3.00001"), ["lost a term"])]
    (wrong,) = blank("w", Letter("w"), "", Fraction(1), told, 1, Precision()).wrong
    assert wrong.says == "You forgot the bias, or lost a sign, or lost a term."
    (wrong,) = blank("w", Letter("w"), "", Fraction(1), [(Fraction(3), list("abcd"))], 1, Precision()).wrong
    assert wrong.says == "You a, or b, or c, or made another slip."


def test_a_tolerance_shrinks_to_tell_a_near_slip_from_the_right_answer():
    far, near = asked(Fraction(1, 4)), asked(Fraction(1, 4), [Fraction("0.2501")])
    assert near.tolerance < far.tolerance
    assert [wrong.says for wrong in near.wrong] == ["You slip 0."]
    assert not takes(near.number, near.tolerance, "0.2501")


def test_at_most_eight_slips_and_the_most_telling_first():
    found = asked(Fraction(0), [Undefined("why"), *(Fraction(n) for n in range(1, 30)), Fraction(5)])
    assert [wrong.says for wrong in found.wrong] == [
        "You slip 5, or slip 30." if i == 5 else f"You slip {i}." for i in range(1, MOST_WRONG + 1)
    ]


def test_what_is_no_number_is_a_mistake():
    with pytest.raises(Mistake, match=r"w has no number \(division by zero\)"):
        asked(Undefined("division by zero"))
    with pytest.raises(Mistake, match="cannot hold"):
        asked(Decimal("1e400"))
    with pytest.raises(Mistake, match="cannot hold"):
        asked(Decimal("1e-400"))


# -- the bank ---------------------------------------------------------------------------------------------------------


def bank(text, **precision):
    exercise = loads(text)
    return bank_of(exercise, [exercise], Precision(**precision))


def test_the_questions_of_the_sheet_are_those_of_the_bank():
    (item,) = bank(LINE).items
    assert [blank.key for blank in item.blanks] == ["y", "L", "grad(b)", "grad(w)", "w", "b"]
    assert [written(blank.number) for blank in item.blanks] == ["5", "8", "4", "8", "2.2", "-1.4"]
    assert [len(part.blanks) for part in item.parts] == [2, 2, 2]


def test_points_are_shared_by_the_blanks_of_a_question():
    questions = """
[[question]]
ask = "forward"
points = 3
[[question]]
ask = "gradient"
of = "w"
points = 1
[[question]]
ask = "gradient"
"""
    (item,) = bank(LINE + questions).items
    assert {blank.key: blank.weight for blank in item.blanks} == {"y": 3, "L": 3, "grad(w)": 2, "grad(b)": 2}


@pytest.mark.parametrize("points", ["0", '"1/3"', "1e9"])
def test_points_of_any_size_are_whole_numbers_from_0(points):
    questions = f'[[question]]\nask = "forward"\npoints = {points}\n[[question]]\nask = "gradient"\npoints = 0.7\n'
    (item,) = bank(LINE + questions).items
    assert all(0 <= blank.weight <= 1000 for blank in item.blanks)
    assert item.blanks[-1].weight > 0


def test_a_quantity_is_asked_once():
    (item,) = bank(LINE + '[[question]]\nask = "gradient"\nof = "w"\n[[question]]\nask = "gradient"\n').items
    assert [[blank.key for blank in part.blanks] for part in item.parts] == [["grad(w)"], ["grad(b)"]]


def test_after_several_updates_the_parameters_at_the_end_are_asked():
    (item,) = bank(LINE + "[training]\nsteps = 3\n").items
    by_key = {blank.key: blank for blank in item.blanks}
    assert by_key["w"].after == " after 3 updates"
    assert by_key["w"].number == Fraction(load_line(3).updated["w"])
    assert "Carry out 3 updates" in str(item.parts[-1].text)
    assert str(item.key).count("Carry out 3 updates") == 1
    assert "Number(text='1.7')" in str(item.key)  # b at the end is −1.7, in the table of the updates


def load_line(steps):
    return loads(f"{LINE}[training]\nsteps = {steps}\n").solve()


@pytest.mark.parametrize("path", WORKSHEETS, ids=lambda path: path.stem)
def test_the_right_numbers_are_those_of_solve(path):
    exercise = load(path)
    if exercise.worked is None or (exercise.trains and not exercise.questions) or not asked_keys(exercise):
        return
    (item,) = bank_of(exercise, [exercise], Precision()).items
    assert {found.key for found in item.blanks} == set(asked_keys(exercise))
    solution = exercise.solve(history=True)
    for found in item.blanks:
        key, _, row = found.key.partition("@")
        moments = solution.history or solution.moments  # of updates, or of samples where there are none
        moment = moments[int(row) - 1] if row else solution
        after = moment.after(exercise.problem.rules) if row else solution.updated
        of = key.removeprefix("grad(").removesuffix(")")
        named = {**moment.forward, **after, **solution.further}
        value = moment.gradients[of] if key.startswith("grad(") else named[key]
        assert takes(found.number, found.tolerance / 2, Fraction(value))
        assert all(not takes(wrong.number, wrong.tolerance, Fraction(value)) for wrong in found.wrong)


# -- the command ------------------------------------------------------------------------------------------------------


def test_every_format_writes_its_file(command, tmp_path):
    for to in by_name():
        out = tmp_path / f"out.{to}"
        assert command("export", RELU, "--to", to, "-o", out) == (0, "", "")
        assert out.stat().st_size > 5_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "moodel"], 'did you mean "moodle"?'),
        (["--to", "gift"], "moodle, text2qti"),
        (["--to", "moodle", "--tolerance", "0"], "must be a positive number"),
        (["--to", "moodle", "--tolerance", "much"], 'is "much"; it must be a positive number'),
        (["--to", "moodle", "--tolerance", "1/0"], "must be a positive number"),
        (["--to", "moodle", "-n", "0"], "0 is not in the range"),
        (["--to", "moodle", "--digits", "0"], "0 is not in the range"),
        (["--to", "moodle", "--salt", "s"], "add -n 30"),
    ],
)
def test_what_is_asked_for_wrongly_is_one_line(command, tmp_path, arguments, said):
    out = tmp_path / "out.xml"
    code, text, err = command("export", RELU, *arguments, "-o", out)
    assert (code, text) == (2, "")
    assert err.startswith("symnet: ")
    assert (err.count("\n"), said in err) == (1, True)
    assert not out.exists()


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        (LINE + '[[question]]\nask = "matrix"\n', "no number that could be filled in"),
        ('[network]\nlayers = [1, 2, 1]\n[data]\ngrid = {x = [0, 1, 5]}\ntargets = {y = "x"}\n', "symnet train"),
        (
            "[network]\nlayers = [1, 1]\nweights = {W1 = [[1]], b1 = [0]}\ninputs = [[1]]\ntargets = [[2]]\n"
            '[training]\ndtype = "float32"\n',
            "symnet train",
        ),
        ('[given]\nx = 0\n[equations]\ny = "sqrt(x)"\nL = "y"\n', "grad(x) has no number"),
        ('[given]\nx = 1000\n[equations]\ny = "exp(x)"\nL = "y"\n', "cannot hold"),
    ],
)
def test_an_exercise_that_has_no_bank_says_so(command, tmp_path, toml, said):
    file, out = tmp_path / "exercise.toml", tmp_path / "out.xml"
    file.write_text(toml, encoding="utf-8")
    code, text, err = command("export", file, "--to", "moodle", "-o", out)
    assert (code, text) == (2, "")
    assert err.startswith(f"symnet: {file}: ")
    assert (err.count("\n"), said in err) == (1, True)
    assert not out.exists()


def test_the_exercise_itself_is_never_overwritten(command, tmp_path):
    file = tmp_path / "line.toml"
    file.write_text(LINE, encoding="utf-8")
    code, _, err = command("export", file, "--to", "moodle", "-o", tmp_path / "." / "line.toml")
    assert (code, "is the exercise itself" in err) == (2, True)
    assert file.read_text(encoding="utf-8") == LINE


def test_a_file_that_cannot_be_written_is_a_mistake(command, tmp_path):
    code, _, err = command("export", RELU, "--to", "moodle", "-o", tmp_path)
    assert (code, "is a folder" in err) == (2, True)
    assert list(tmp_path.iterdir()) == []


# -- variants ---------------------------------------------------------------------------------------------------------


def test_the_variants_are_the_papers_of_the_same_salt(command, tmp_path):
    out = tmp_path / "bank.xml"
    assert command("export", RELU, "--to", "moodle", "-n", 3, "--salt", "s", "-o", out) == (0, "", "")
    first = out.read_bytes()
    codes = [symnet.variant(load(RELU), str(i), "s").variant_code for i in (1, 2, 3)]
    assert re.findall("<idnumber>(.*)</idnumber>", first.decode()) == codes
    assert command("export", RELU, "--to", "moodle", "-n", 3, "--salt", "s", "-o", out) == (0, "", "")
    assert out.read_bytes() == first
    code, _, err = command("worksheet", RELU, "-o", tmp_path / "s.txt", "--variants", 3, "--salt", "s")
    assert (code, sorted(path.stem[-6:] for path in tmp_path.glob("s-*"))) == (0, sorted(codes)), err


def test_without_a_salt_one_is_made_up_and_said(command, tmp_path):
    one, two = tmp_path / "one.xml", tmp_path / "two.xml"
    code, _, err = command("export", RELU, "--to", "moodle", "-n", 2, "-o", one)
    assert (code, err.count("\n")) == (0, 1)
    salt = err.split("--salt ")[-1].strip()
    assert command("export", RELU, "--to", "moodle", "-n", 2, "--salt", salt, "-o", two) == (0, "", "")
    assert one.read_bytes() == two.read_bytes()


def test_numbers_that_are_drawn_twice_are_asked_once(command, tmp_path):
    file, out = tmp_path / "line.toml", tmp_path / "bank.xml"
    file.write_text(LINE + "[vary]\nvalues = { x = [2, 3] }\nrequire = []\n", encoding="utf-8")
    code, _, err = command("export", file, "--to", "moodle", "-n", 20, "--salt", "s", "-o", out)
    assert (code, out.read_text(encoding="utf-8").count('type="cloze"')) == (0, 2)
    assert "2 of 20 variants" in err


def test_each_variant_is_asked_with_its_own_numbers():
    exercise = load(RELU)
    variants = [symnet.variant(exercise, str(i), "s") for i in range(5)]
    for item, variant in zip(bank_of(exercise, variants, Precision()).items, variants, strict=True):
        solution = variant.solve()
        assert [found.number for found in item.blanks[:7]] == list(solution.forward.values())
        for found in item.blanks:
            for other in found.wrong:
                assert abs(other.number - found.number) > other.tolerance + found.tolerance


def test_questions_that_are_left_out_are_said(command, tmp_path):
    file, out = tmp_path / "line.toml", tmp_path / "bank.xml"
    questions = (
        '[[question]]\nask = "gradient"\n[[question]]\nask = "graph"\n[[question]]\nask = "gradient"\nof = ["w"]\n'
    )
    file.write_text(LINE + questions, encoding="utf-8")
    code, _, err = command("export", file, "--to", "moodle", "-o", out)
    assert code == 0
    assert err.splitlines() == [
        "symnet: not asked: question 2 (graph): it asks for no number",
        "symnet: not asked: question 3 (gradient): questions before it ask for all its numbers",
    ]
    assert out.read_text(encoding="utf-8").count("NUMERICAL") == 2


@pytest.mark.parametrize("to", by_name())
def test_the_words_of_a_question_are_kept(command, tmp_path, to):
    file, out = tmp_path / "line.toml", tmp_path / "out"
    file.write_text(LINE + '[[question]]\nask = "gradient"\ntext = "Which way is up"\n', encoding="utf-8")
    assert command("export", file, "--to", to, "-o", out)[0] == 0
    assert "Which way is up" in out.read_text(encoding="utf-8")
