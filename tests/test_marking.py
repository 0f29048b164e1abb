"""Marking a class: marks with follow-through, slips counted, and no student lost to somebody else's broken line."""

import csv
import io
import json
from fractions import Fraction

import make_answers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marked_class import FOLDER, RELU, SOURCE, by_name, only, outcomes, writer

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.classroom.marking import marker, summary
from symnet.classroom.marking.answers import read_answers
from symnet.classroom.variants.handouts import Job, write_variants
from symnet.classroom.variants.roster import counted
from symnet.computing.exact import Undefined
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.keys import Keys
from symnet.exercises.reader import loads
from symnet.working.quantities import keys_of
from symnet.working.solution import in_figures

KEYS = keys_of(symnet.load(RELU).problem)
QUANTITIES = Keys(symnet.load(RELU).problem)
CSV = {"encoding": "utf-8", "newline": ""}


@pytest.fixture
def relu():
    return symnet.load(RELU)


@pytest.fixture
def write(tmp_path):
    return writer(tmp_path)


# -- the class of the README ------------------------------------------------------------------------------------------


def test_the_example_is_what_its_maker_makes():
    assert make_answers.FILE.read_text(encoding="utf-8") == make_answers.text()


def test_every_student_of_the_example_is_told_the_slip_that_was_made(relu):
    students = by_name(symnet.mark(relu, make_answers.FILE))
    assert len(students) == 30
    for name in make_answers.RIGHT:
        assert not students[name].causes
        assert students[name].points == students[name].of == 19
    for (id, _), names in make_answers.SLIPS.items():
        for name in names:
            assert [first.id for first, *_ in students[name].causes] == [id], name
            assert students[name].points < 19
    for name in ("Anders Holm", "Beatriz Souza"):  # arithmetic, which no slip explains
        assert not students[name].causes
        assert sum(answer.unexplained for answer in students[name].answers.values()) == 1
        assert students[name].points == 18


def test_the_summary_counts_students_and_not_answers(relu):
    summary = symnet.mark(relu, make_answers.FILE).summary
    counts = {count.slip.id: count.students for count in summary.slips}
    made = {}
    for (id, _), names in make_answers.SLIPS.items():
        made[id] = made.get(id, 0) + len(names)
    assert {id: counts[id] for id in made} == made
    assert next(iter(summary.slips)).slip.id == "updated-weights"
    assert summary.unexplained == 2
    assert [count.students for count in summary.slips] == sorted(counts.values(), reverse=True)
    hardest = summary.quantities[0]
    assert hardest.key in ("grad(w13)", "grad(w23)")
    assert sum(hardest.outcomes.values()) == 30
    assert summary.mean == Fraction(sum(s.points for s in symnet.mark(relu, make_answers.FILE).students), 30)


# -- points -----------------------------------------------------------------------------------------------------------

QUESTIONS = """
[[question]]
ask = "gradient"
of = ["w35", "w13"]
points = 5

[[question]]
ask = "update"
of = "w13"
points = "1.5"
"""


def test_the_points_of_a_question_are_shared_by_its_quantities(write):
    marks = symnet.mark(
        loads(SOURCE + QUESTIONS), write("student,grad(w35),grad(w13),w13\nA,50,20,0\nB,50,1,\nC,,20,7\n")
    )
    a, b, c = marks.students
    assert (a.questions, a.of) == ({1: 5, 2: Fraction(3, 2)}, Fraction(13, 2))
    assert b.questions == {1: Fraction(5, 2), 2: 0}
    assert c.questions == {1: Fraction(5, 2), 2: 0}
    assert b.answers["grad(w35)"].points == Fraction(5, 2)
    assert marks.summary.mean == Fraction(13 + 5 + 5, 6)


def test_without_points_every_quantity_is_worth_one(relu, write):
    marks = symnet.mark(relu, write("student,y5,grad(w35),w13,w23\nA,10,50,0,-1\n"))
    assert [(part.number, part.points) for part in marks.parts] == [(1, 1), (2, 1), (3, 2)]
    assert only(marks).points == 4


def test_what_is_right_given_an_earlier_wrong_answer_earns_its_points(relu, write):
    # x5 = 12 by bad arithmetic; y5 = 12, grad(w35) = 12·5 and w35 = 2 − 0.1·60 follow from it; grad(w45) = 7 does not
    path = write("student,x5,y5,grad(w35),grad(w45),w35\nA,12,12,60,7,-4\n")
    student = only(symnet.mark(relu, path))
    assert outcomes(student) == {
        "x5": "wrong", "y5": "carried", "grad(w35)": "carried", "grad(w45)": "wrong", "w35": "carried",
    }  # fmt: skip
    assert student.points == 3
    assert student.answers["w35"].carried == ("x5",)
    assert only(symnet.mark(relu, path, carry="0.5")).points == Fraction(3, 2)
    assert only(symnet.mark(relu, path, carry=0)).points == 0


def test_rounded_answers_are_right(write):
    exercise = loads('[parameters]\nw = "1/3"\n[equations]\ny = "w*2"\nL = "y^2"\n')
    marks = symnet.mark(exercise, write("student,y,L\nA,0.67,0.44\nB,0.66,4/9\nC,0.6,0.4444\n"))
    assert [outcomes(s) for s in marks.students] == [
        {"y": "rounded", "L": "rounded"}, {"y": "rounded", "L": "right"}, {"y": "rounded", "L": "rounded"},
    ]  # fmt: skip
    assert marks.summary.ways == {"rounded": 2, "truncated": 2}


def test_a_blank_cell_is_no_answer_and_a_column_of_blanks_is_left_out(relu, write):
    marks = symnet.mark(relu, write("student,w13,w23,w14\nA,0,,-\nB,,-1,\nC,,, –\n"))
    assert marks.keys == ("w13", "w23")
    assert [student.points for student in marks.students] == [1, 1, 0]
    assert [flag.id for flag in marks.students[2].flags] == ["nothing"]
    assert any('nobody answered "w14"' in remark for remark in marks.remarks)


def test_what_no_question_asks_helps_to_explain_and_earns_nothing(write):
    marks = symnet.mark(
        loads(SOURCE + '\n[[question]]\nask = "update"\nof = "w35"\n'), write("student,y3,w35\nA,6,-4\nB,0,-3\n")
    )
    a, b = marks.students
    assert (a.points, a.of, b.points) == (0, 1, 1)
    assert any("worth nothing: y3" in remark for remark in marks.remarks)


# -- an early 0 -------------------------------------------------------------------------------------------------------

ALL = "x3,y3,x4,y4,x5,y5,Loss,grad(w35),grad(w13),w13,w35"


def test_old_weights_copied_earn_nothing_however_near_the_new_ones_are(write):
    """w = 0.4 − 0.1·0.02·x is 0.398 and v 0.298: to one decimal nothing has changed, and nothing shows that it was."""
    text = (
        'loss = "L"\nlearning_rate = 0.1\n[given]\nx = 1\n[parameters]\nw = 0.4\nv = 0.3\n[equations]\n'
        'L = "0.02*w*x + 0.02*v*x"\n[[question]]\nask = "update"\n'
    )
    copied, rounded = symnet.mark(loads(text), write("student,w,v\nA,0.4,0.3\nB,0.398,0.298\n")).students
    assert (copied.points, [first.id for first, *_ in copied.causes]) == (0, ["not-updated"])
    assert rounded.points == rounded.of == 2


def test_who_is_seen_to_round_may_have_a_weight_that_stays(write):
    """w = 0.4 − 0.1·1.2 is 0.28 and v = 0.3 − 0.1·0.3 is 0.27: to one decimal 0.3 and 0.3."""
    text = (
        'loss = "L"\nlearning_rate = 0.1\n[given]\nx = 1\n[parameters]\nw = 0.4\nv = 0.3\n[equations]\n'
        'L = "1.2*w*x + 0.3*v*x"\n[[question]]\nask = "update"\n'
    )
    student = only(symnet.mark(loads(text), write("student,w,v\nA,0.3,0.3\n")))
    assert outcomes(student) == {"w": "rounded", "v": "rounded"}


def test_slips_that_give_the_same_numbers_are_counted_together(relu, write, tmp_path):
    """Who takes t − y for y − t, or adds the change, gets the same new weights: nobody can tell from those alone."""
    marks = symnet.mark(relu, write("student,w13,w35\nA,4,7\nB,4,7\nC,4,7\n"))
    (count,) = marks.summary.slips
    assert (count.slip.id, count.students) == ("uphill", 3)
    assert {slip.id: n for slip, n in count.instead.items()}["wrong-error-sign"] == 3
    assert "; or used target minus output instead of output minus target" in " ".join(str(marks).split())
    marks.save(tmp_path / "marks.csv")
    told = (tmp_path / "marks.csv").read_text(encoding="utf-8-sig")
    assert "w13: You updated with the wrong sign" in told
    assert ", or used target minus output" in told


@pytest.mark.parametrize("cell", ["n/a", "N/A", "#N/A", "–"])
def test_what_a_gradebook_writes_for_nothing_is_blank(relu, write, cell):
    first, _ = symnet.mark(relu, write(f"student,w13,w35\nA,{cell},-3\nB,0,-3\n")).students
    assert outcomes(first) == {"w13": "blank", "w35": "right"}


def test_a_column_that_is_worth_nothing_excuses_no_other(write):
    """grad(y) is asked by no question: w = 3 − 2·x·grad(y), wrong because of it, is wrong, and not carried forward."""
    text = (
        'loss = "L"\nlearning_rate = 0.5\n[given]\nx = 2\n[parameters]\nw = 3\n[equations]\ny = "w*x"\nL = "y^2"\n'
        '[[question]]\nask = "update"\n'
    )
    excused = write("student,grad(y),w\nA,13,-10\n")
    assert only(symnet.mark(loads(text), excused)).points == 0
    both = text + '[[question]]\nask = "gradient"\nof = ["y"]\n'
    assert outcomes(only(symnet.mark(loads(both), excused))) == {"grad(y)": "wrong", "w": "carried"}


def test_a_zero_for_everything_earns_only_where_zero_is_right(relu, write):
    student = only(symnet.mark(relu, write(f"student,{ALL}\nA,{','.join('0' * 11)}\n")))
    earned = [key for key, answer in student.answers.items() if answer.points]
    assert earned == ["y4", "w13"]


def test_answers_that_an_early_zero_makes_zero_earn_no_follow_through(relu, write):
    # x3 = −5 kills the unit: all that follows is 0 and no weight moves, whatever the student can do.
    student = only(symnet.mark(relu, write(f"student,{ALL}\nA,-5,0,-3,0,0,0,0,0,0,2,2\n")))
    assert [key for key, answer in student.answers.items() if answer.points] == ["x4", "y4"]
    (flag,) = student.flags
    assert flag.id == "early-0"
    assert flag.says.startswith("With x3 = -5, y3, x5, y5, Loss, grad(w35), grad(w13), w13, w35 come out without work")


def test_who_takes_a_live_unit_for_dead_has_its_derivative_for_0_as_well(relu, write):
    """x3 = 5 is right and y3 = 0 wrong: ∂Loss/∂w13 and the weight that stays 2 follow from it, and take no work."""
    student = only(symnet.mark(relu, write("student,x3,y3,grad(w13),w13\nA,5,0,0,2\n")))
    assert [student.answers[key].carried for key in ("grad(w13)", "w13")] == [("y3",)] * 2
    assert [key for key, answer in student.answers.items() if answer.points] == ["x3"]
    assert [flag.id for flag in student.flags] == ["early-0"]


def test_a_zero_that_was_worked_out_is_carried_forward(relu, write):
    # y4 = 10 is wrong; 2·5 − 1·10 = 0 takes work, but from there on everything is 0 by itself.
    student = only(symnet.mark(relu, write("student,y4,x5,y5,Loss,grad(w35),w35\nA,10,0,0,0,0,2\n")))
    assert outcomes(student) == {
        "y4": "wrong", "x5": "carried", "y5": "wrong", "Loss": "wrong", "grad(w35)": "wrong", "w35": "wrong",
    }  # fmt: skip


def test_numbers_carried_forward_that_are_not_zero_raise_no_flag(relu, write):
    student = only(symnet.mark(relu, write("student,x5,y5,grad(w35),w35\nA,12,12,60,-4\n")))
    assert student.flags == ()


def test_an_early_zero_of_an_exercise_without_parameters_is_found_too(write):
    exercise = loads('[given]\na = 2\nb = -3\nc = 10\nf = -2\n[equations]\ne = "a*b"\nd = "e + c"\nL = "d*f"\n')
    worked, idle = symnet.mark(exercise, write("student,e,d,L\nA,-10,0,0\nB,-6,0,0\n")).students
    assert outcomes(worked) == {"e": "wrong", "d": "carried", "L": "wrong"}
    assert outcomes(idle) == {"e": "right", "d": "wrong", "L": "wrong"}


PERCEPTRON = (
    "learning_rate = 0.5\nparameters = { w1 = -0.3, b = 0.1 }\n"
    'samples = [{ x = 0, t = 0 }, { x = 1, t = 1 }]\ntraining = { mode = "online" }\n'
    'update = { rules = ["w = w + lr*(t - y)*input(w)"] }\n[equations]\nn = "w1*x + b"\ny = "step(n)"\n'
    '[[question]]\nask = "table"\ncolumns = ["n", "y", "change(w1)", "change(b)", "w1", "b"]\n'
)


def test_a_step_that_comes_out_as_its_target_is_no_early_zero(write):
    """y = 1 is wrong and no 0: t − y = 0, and the weights that stay as they are, take as much work as any number."""
    cells = "student,n@1,y@1,change(b)@1,b@1,n@2,y@2,change(w1)@2,change(b)@2,w1@2,b@2"
    file = write(f"{cells}\nright,0.1,1,-0.5,-0.4,-0.7,0,0.5,0.5,0.2,0.1\nstep,0.1,1,-0.5,-0.4,-0.7,1,0,0,-0.3,-0.4\n")
    right, step = symnet.mark(loads(PERCEPTRON), file).students
    assert step.flags == ()
    assert {key for key, answer in step.answers.items() if answer.outcome == "wrong"} == {"y@2"}
    assert {step.answers[key].outcome for key in ("change(w1)@2", "change(b)@2", "w1@2", "b@2")} == {"carried"}
    assert step.points == right.points - right.answers["y@2"].points


def test_a_weight_of_one_update_may_stay_where_a_step_comes_out_as_its_target(write):
    exercise = loads(
        "learning_rate = 0.5\nparameters = { w1 = -0.3, b = 0.1 }\ngiven = { x = 1, t = 1 }\n"
        'update = { rules = ["w = w + lr*(t - y)*input(w)"] }\n[equations]\nn = "w1*x + b"\ny = "step(n)"\n'
        '[[question]]\nask = "forward"\n[[question]]\nask = "update"\n'
    )
    student = only(symnet.mark(exercise, write("student,n,y,w1,b\nA,-0.2,1,-0.3,0.1\n")))
    assert student.flags == ()
    assert (student.answers["w1"].outcome, student.answers["b"].outcome) == ("carried", "carried")


# -- the file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfstudent,w13,grad(w35),y5\r\nZo\xc3\xab,-0.5,50,10\r\n",
        "student;w13;grad(w35);y5\nZoë;-0,5;50,0;1e1\n",
        "sep=;\nstudent;w13;grad(w35);y5\nZoë;-0,5;50;10\n",
        "Student\tw13\tGRAD ( w35 )\ty5\nZoë\t-0.5\t50\t10\n".encode("utf-16"),
        '"student", " w13", Grad (w35) ,y5\n\n"Zoë",−0.5," 50 ",10\n,,,\n',
        "y5,∂Loss/∂w35,student,w13\r10,50,Zoë,-1/2\r".encode(),
        "student,w13,grad(w35),y5\nZoë,-0.5,50,10\n".encode("cp1252"),
        'student,w13,grad(w35),y5,,\n"Zoë","-0,5",50,10,,\n',
    ],
)
def test_files_are_read_as_spreadsheets_write_them(relu, write, text):
    marks = symnet.mark(relu, write(text))
    student = only(marks)
    assert student.name == "Zoë"
    assert outcomes(student) == {"y5": "right", "grad(w35)": "right", "w13": "wrong"}
    assert student.answers["w13"].given.replace(",", ".").replace("−", "-") in ("-0.5", "-1/2")
    assert not marks.problems


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("\n\n", "it is empty"),
        ("name,w13\nA,1\n", 'its first line names "name", "w13"; one column must be called "student"'),
        ("student,w12\nA,1\n", 'the column "w12" is no quantity of this exercise; did you mean "w'),
        ("student,w13,grad(w31)\nA,1,1\n", 'did you mean "grad('),
        ("student,w13,w99\nA,1,1\n", '"w99" is no quantity'),
        ("student,w13, w13\nA,1,1\n", 'two columns for "w13"'),
        ("student,email\nA,1\n", "no column is a quantity"),
        ("student,w13\n", "it has no students"),
        ('student,"w13\nA,1\n', "line 1, which names the columns: a quotation mark is not closed"),
        ("student,variant,w13\nA,7K3FQX,1\n", "--key"),
    ],
)
def test_a_file_that_cannot_be_marked_is_said_to_be_wrong_in_a_line(relu, write, text, said):
    with pytest.raises(Mistake) as mistake:
        symnet.mark(relu, write(text))
    assert said in str(mistake.value)
    assert "\n" not in str(mistake.value)


def test_columns_that_are_no_quantities_are_left_alone_and_named(relu, write):
    marks = symnet.mark(relu, write("Email,student,grade,w13,points,Q1\na@b,A,5,0,3,2\n"))
    assert only(marks).points == 1
    assert any('"Email", "grade", "points", "Q1" are no quantities' in remark for remark in marks.remarks)


def test_broken_lines_are_named_and_cost_nobody_else_anything(relu, write):
    text = (
        'student,w13,y5\nA,0,10\nB,0\nC,0,1,2\n"D,0,10\nE,zero,10\nF\0,0,10\nA,0,10\n,0,10\nG,"1,234",1-Mar\nH,0,10\n'
    )
    marks = symnet.mark(relu, write(text))
    assert {name: student.points for name, student in by_name(marks).items()} == {"A": 2, "E": 1, "G": 0, "H": 2}
    assert [problem.line for problem in marks.problems] == [3, 4, 5, 6, 7, 8, 9, 10, 10]
    said = "\n".join(map(str, marks.problems))
    assert '"zero" is not a number' in said
    assert '"1,234" may be 1.234 or 1234' in said
    assert "a spreadsheet makes a date of 1/3" in said
    assert '"A" stands on line 2 already' in said
    assert outcomes(by_name(marks)["E"]) == {"y5": "right", "w13": "wrong"}
    assert by_name(marks)["E"].answers["w13"].verdict == "unreadable"


def test_a_name_may_go_on_over_lines(relu, write):
    marks = symnet.mark(relu, write('student,w13\n"Ada\nLovelace",0\n"Li, ""Bo""\nWen",4\nZ,0\n'))
    assert list(by_name(marks)) == ["Ada\nLovelace", 'Li, "Bo"\nWen', "Z"]
    assert not marks.problems


CLASS = ["student,w13,y5", *(f"S{i},{i},{i}.5" for i in range(9)), '"Berg, Sven",1,2', '"Lee\nAnn",3,4', "Zoë,-1,1e2"]


@settings(max_examples=300, deadline=None)
@given(st.integers(1, len(CLASS) - 1), st.data())
def test_one_broken_line_never_loses_the_others(tmp_path_factory, place, data):
    """Whatever is put into one line, every other student is read as before."""
    line = CLASS[place]
    at = data.draw(st.integers(0, len(line)))
    junk = data.draw(st.text('"",;\0x1\t', min_size=1, max_size=4))
    broken = [*CLASS[:place], line[:at] + junk + line[at:], *CLASS[place + 1 :]]
    path = tmp_path_factory.getbasetemp() / "broken.csv"

    def read(lines):
        path.write_bytes(("\n".join(lines) + "\n").encode())
        return {row.student: row.answers for row in read_answers(path, QUANTITIES).rows}

    whole = read(CLASS)
    own = next(name for name in whole if line.replace('"', "").startswith(name))
    found = read(broken)
    for name in whole:
        if name != own:
            assert found.get(name) == whole[name], broken


# -- variants ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def paper(tmp_path, command):
    """(the key as JSON, its path) of four papers."""
    key = tmp_path / "key.json"
    assert command("worksheet", RELU, "-o", tmp_path / "s.txt", "--key", key, "--variants", 4, "--salt", "s")[0] == 0
    return json.loads(key.read_text(encoding="utf-8")), key


def handed_in(key, spelled=str, **wrong):
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["student", "variant", *key["asked"]])
    for variant in key["variants"]:
        answers = {name: answer["decimal"] for name, answer in variant["answers"].items()}
        answers |= wrong.get(f"s{variant['student']}", {})
        writer.writerow([variant["student"], spelled(variant["variant"]), *answers.values()])
    return file.getvalue()


def test_every_paper_is_marked_with_its_own_numbers(relu, write, paper):
    key, path = paper
    marks = symnet.mark(relu, write(handed_in(key, str.lower, s2={"Loss": "-1"})), key=path)
    assert [student.points for student in marks.students] == [19, 18, 19, 19]
    assert [student.variant for student in marks.students] == [variant["variant"] for variant in key["variants"]]


def test_old_papers_are_marked_from_the_key_alone(write, paper):
    """The file has other numbers by now; the key has those of the papers."""
    key, path = paper
    changed = loads(SOURCE.replace("w13 = 2", "w13 = 77").replace("t = 0", "t = 5"))
    marks = symnet.mark(changed, write(handed_in(key)), key=path)
    assert [student.points for student in marks.students] == [19] * 4
    assert any("another version of this exercise" in remark for remark in marks.remarks)


def test_the_key_knows_whose_paper_it_is_where_the_file_does_not_say(relu, write, paper):
    key, path = paper
    marks = symnet.mark(relu, write(handed_in(key, lambda code: "")), key=path)
    assert [student.points for student in marks.students] == [19] * 4


def test_unknown_variants_are_reported_and_swapped_papers_flagged(relu, write, paper):
    key, path = paper
    codes = [variant["variant"] for variant in key["variants"]]
    text = handed_in(key, lambda code: {codes[0]: "WRONG1", codes[1]: codes[2]}.get(code, code)) + f"new,,{',' * 18}\n"
    marks = symnet.mark(relu, write(text), key=path)
    assert [student.name for student in marks.students] == ["2", "3", "4"]
    assert [flag.id for flag in marks.students[0].flags][:1] == ["other-variant"]
    assert [problem.line for problem in marks.problems] == [2, 6]
    assert 'no variant "WRONG1"' in str(marks.problems[0])


def test_a_key_of_another_version_of_the_exercise_marks_nobody(relu, write, tmp_path):
    path = tmp_path / "key.json"
    write_variants(relu, counted(2), "s", Job(tmp_path / "s.txt", path))
    other = loads(SOURCE.replace("learning_rate = 0.1", "learning_rate = 0.2"))
    answers = write("student,w13,w35\n1,0,0\n2,0,0\n")
    for key in (path, tmp_path / "key.csv"):
        if key.exists():
            marks = symnet.mark(other, answers, key=key)
            assert not marks.students
            assert "another version of the exercise" in str(marks.problems[0])
    assert len(symnet.mark(relu, answers, key=path).students) == 2


# -- a whole class ----------------------------------------------------------------------------------------------------


def test_the_same_answers_are_judged_once(relu, write, monkeypatch):
    judged = []
    real = marker.diagnose
    monkeypatch.setattr(marker, "diagnose", lambda *arguments: judged.append(1) or real(*arguments))
    rows = "".join(f"S{i},{i % 3},{10 + i % 2}\n" for i in range(5000))
    marks = symnet.mark(relu, write("student,w13,y5\n" + rows))
    assert len(marks.students) == 5000
    assert len(judged) == 6
    assert "5,000 students are not listed here" in str(marks)


def test_a_mistake_that_several_made_is_told_even_without_a_name(relu, write):
    marks = symnet.mark(relu, write("student,w13,grad(w13)\nA,3.7,-17\nB,,-17.0\nC,5.1,20\nD,5.1,20\n"))
    assert [(one.key, one.students) for one in marks.summary.shared] == [("grad(w13)", ("A", "B")), ("w13", ("C", "D"))]
    assert "2 of them have" in str(marks)


# -- other exercises --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_right_answers_to_every_sheet_of_the_course_get_full_marks(path, write):
    exercise = symnet.load(path)
    if exercise.worked is None:
        pytest.skip("nothing to work by hand")
    problem = exercise.problem
    keys = keys_of(problem)
    if problem.updates > 100:  # the sheets for training: their weights after all updates take a while
        keys = tuple(key for key in keys if key in problem.network.by_name or key.startswith("grad("))
    values = Hypotheses(problem, keys).right(problem)
    numbers = {key: in_figures(x, problem.shown_in(8)) for key in keys if not isinstance(x := values[key], Undefined)}
    file = io.StringIO()
    csv.writer(file).writerows([["student", *numbers], ["A", *numbers.values()]])
    student = only(symnet.mark(exercise, write(file.getvalue())))
    assert student.points == student.of > 0
    assert set(outcomes(student).values()) <= {"right", "rounded"}


def test_who_rounds_on_the_way_has_the_method_right(write):
    two = symnet.load(FOLDER / "two-outputs.toml")
    marks = symnet.mark(two, write("student,w2,w4\nA,0.1996,0.2995\nB,0.199562,0.299503\n"))
    assert [student.points for student in marks.students] == [marks.students[0].of] * 2
    assert marks.students[1].answers["w2"].slips[0].id == "rounded-lines"


def test_who_takes_a_bias_for_constant_works_its_update_all_the_same(write):
    text = 'learning_rate = 0.1\nloss = "L"\n[given]\nx = 2\n[parameters]\nw = 3\nb = 1\n[equations]\n'
    path = write(text + 'y = "w*x + b"\nL = "y^2/2"\n', "bias.toml")
    marks = symnet.mark(symnet.load(path), write("student,grad(w),grad(b),w,b\nA,14,0,1.6,1\n"))
    assert not only(marks).flags
    assert outcomes(only(marks))["b"] == "carried"


def test_the_entries_of_an_array_are_counted_together(tmp_path):
    text = """
[parameters]
W = [[1, 2], [3, 4]]
[equations]
Y = "W*W"
L = "sum(Y)"
"""
    exercise, answers = loads(text, "entries.toml"), tmp_path / "answers.csv"
    answers.write_text("student,Y1_1,Y1_2,Y2_1,Y2_2,L\nAda,1,4,9,16,30\nBen,1,4,9,17,31\n")
    marks = symnet.mark(exercise, answers)
    (whole,) = (q for q in summary.by_arrays(marks.summary.quantities, exercise.problem.array_of) if q.key == "Y")
    assert (whole.outcomes["right"], whole.outcomes["wrong"]) == (7, 1)
    assert whole.mean == sum(q.mean for q in marks.summary.quantities if q.key.startswith("Y"))
    lines = str(marks).splitlines()
    assert [line.split()[:2] for line in lines if line.startswith("  Y")] == [["Y", "7"]]


ARRAYS = """
[given]
x = [1, 2]
[parameters]
W = [[1, 0, 2], [3, 1, -1]]
[equations]
z = "x @ W"
L = "sum(z^2)/2"
[[question]]
ask = "gradient"
of = "W"
points = 6
"""


def test_a_column_may_be_of_a_whole_array(write):
    """One cell for an array is what one cell for each of its entries is."""
    exercise = loads(ARRAYS)
    whole = write('student,grad(W),z\nAnn,"[[7, 2, 0], [14, 4, 1]]",7 2 0\nBob,"[[7, 14], [2, 4], [0, 0]]",\n')
    marks = symnet.mark(exercise, whole)
    entries = [f"grad(W{i}_{j})" for i in (1, 2) for j in (1, 2, 3)]
    single = write(f"student,{','.join(entries)},z1,z2,z3\nAnn,7,2,0,14,4,1,7,2,0\n")
    (ann, bob), (same,) = marks.students, symnet.mark(exercise, single).students
    assert ann.points == same.points == 5
    assert ann.answers == same.answers
    assert bob.points == 0
    (flag,) = bob.flags
    assert "rows and columns are exchanged" in flag.says


def test_an_array_and_one_of_its_entries_are_two_columns_for_one_quantity(write):
    with pytest.raises(Mistake, match=r"two columns for .grad\(W1_2\)"):
        symnet.mark(loads(ARRAYS), write('student,grad(W),"grad(W[1,2])"\nAnn,"[[7, 2, 0], [14, 4, 0]]",2\n'))
