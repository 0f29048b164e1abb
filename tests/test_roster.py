"""Rosters as spreadsheets write them: every student gets a paper, or a line says why not."""

import csv
import io

import pytest

from symnet.algebra.mistakes import Mistake
from symnet.classroom.variants.handouts import names, roster_of, slug_of
from symnet.classroom.variants.roster import Student, counted, read_roster
from symnet.classroom.variants.sampling import clean

ODD = [
    "Lovelace, Ada",
    'Eve "the" Quote',
    "O'Neil",
    "José Ñandú",
    "Zoë 🎉",
    "محمد علي",
    "王小明",
    "../x",
    "CON",
    "=HYPERLINK(1)",
    "-1+1",
    "@cmd",
    "\\input{x}$%&#_{}",
    "<script>alert(1)</script>",
    "a" * 200,
    "🎉",
    ".",
]


@pytest.fixture
def roster(tmp_path):
    def write(content, encoding="utf-8"):
        file = tmp_path / "roster.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return read_roster(file)

    return write


def of(read):
    return [student.name for student in read.students]


def written(rows, **options):
    file = io.StringIO(newline="")
    csv.writer(file, **options).writerows(rows)
    return file.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_odd_names_are_read_as_they_were_written(roster, delimiter, encoding, end):
    rows = [["student", "group"], *([name, "A"] for name in ODD)]
    read = roster(written(rows, delimiter=delimiter, lineterminator=end), encoding)
    assert of(read) == ODD
    assert read.remarks == ()
    assert all(student.others == {"group": "A"} for student in read.students)


def test_five_thousand_students(roster):
    read = roster("student\n" + "".join(f"Student {i}\n" for i in range(5000)))
    assert of(read) == [f"Student {i}" for i in range(5000)]


def test_the_column_student_may_stand_anywhere_in_any_case(roster):
    read = roster("id, Student ,Variant,mark\n1,Ada,,\n2,Bob,A,x\n")
    assert of(read) == ["Ada", "Bob"]
    assert [student.drawn_for for student in read.students] == ["Ada", "A"]
    assert read.students[1].others == {"id": "2", "mark": "x"}


@pytest.mark.parametrize("text", ["Ada\nBob\nCarl\n", "Name,Group\nAda,1\n", "No,Student Name\n1,Ada\n"])
def test_a_roster_without_the_column_is_refused_lest_its_first_line_get_no_paper(roster, text):
    with pytest.raises(Mistake, match='its first line must name the columns, one of them "student"; it is "'):
        roster(text)


def test_empty_lines_are_no_students_and_spaces_no_part_of_a_name(roster):
    assert of(roster("\n\nstudent,x\n\n  Ada   Lovelace ,1\n,\n \nBob\n\n")) == ["Ada Lovelace", "Bob"]


@pytest.mark.parametrize(
    "text", ['student,note\nAda,"said\nBob,x\nCarl,said"\nDan,y\n', 'student\nZ\n"Ada\r\nBob"\nCarl\n']
)
def test_a_stray_quotation_mark_swallows_no_student(roster, text):
    with pytest.raises(Mistake, match=r"line [23]: a quotation mark there is closed only on line 4"):
        roster(text)


def test_what_a_spreadsheet_is_told_of_its_separator_is_no_header(roster):
    assert of(roster("sep=;\r\nstudent;x\r\nAda;1\r\n")) == ["Ada"]


def test_latin_1_is_read_and_shown(roster):
    read = roster("student\nJosé\n", "latin-1")
    assert of(read) == ["José"]
    assert "is not UTF-8 and was read as Windows-1252; look whether line 2 is right" in read.remarks[0]
    assert "José" in read.remarks[0]


def test_names_alike_in_unicode_are_one_and_what_is_invisible_is_dropped():
    assert clean("Jose\u0301") == clean("José") == "José"
    assert clean("\u202eAda\u202c \u200fB\x00ob\ufeff") == "Ada Bob"
    assert clean("👩\u200d🏫") == "👩\u200d🏫"  # one sign, held together by what joins its parts
    assert clean("\ud800x") == "x"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", 'it is empty; its first line names the columns, such as "student"'),
        ("\n\n", "it is empty"),
        ("student\n", "it has no students"),
        ("student\nAda\nBob\nAda\n", 'the same name stands twice: "Ada" on lines 2 and 4; make the names differ'),
        ("student\nAda\n Ada  \n", '"Ada" on lines 2 and 3'),
        ("student\n" + "A\nB\nC\nD\nE\n" * 2, "(and 2 more)"),
        ("student\nLovelace, Ada\n", "line 2 has 2 fields, but the first line names 1; a name with a comma stands in"),
        ("student,x\nAda,1\n,2\n", "line 3 names no student; give one, or take the line out"),
        ("student,x,X\nAda,1,2\n", 'it has two columns "x"'),
        ('student\n"Ada\n', "line 2: unexpected end of data"),
        ('student\n"Ada" Lovelace\n', "line 2: ',' expected after '\"'"),
        ("student\n" + "a" * 201, "line 2: a name has at most 200 characters"),
        ("student\n" + "a" * 140_000, "line 2: field larger than field limit"),
        (b"PK\x03\x04\x00\x00", "it holds bytes of 0, so it is no CSV; save it as CSV in UTF-8"),
        (b"student\nA\x81\n", "line 2 is not UTF-8; save it as CSV in UTF-8"),
        (b"\xff\xfes\x00t", None),
        (b"\xff\xfe\x00\xd8", "begins as UTF-16"),
    ],
)
def test_what_would_leave_a_student_without_a_paper_is_refused(roster, content, message):
    with pytest.raises(Mistake) as raised:
        roster(content)
    assert "roster.csv: " in str(raised.value)
    assert "\n" not in str(raised.value)
    assert (message or "") in str(raised.value)


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path):
    with pytest.raises(Mistake, match=r"none\.csv: there is no such file"):
        read_roster(tmp_path / "none.csv")
    with pytest.raises(Mistake, match="is a folder; name the roster file in it"):
        read_roster(tmp_path)


def test_a_number_of_variants_is_students_without_names():
    assert [student.name for student in roster_of("12").students] == [str(i) for i in range(1, 13)]
    assert not any(student.named for student in counted(3).students)
    for wrong in ("0", "100001", "9" * 50):
        with pytest.raises(Mistake, match="must be from 1 to 100,000"):
            roster_of(wrong)
    with pytest.raises(Mistake, match="-3: there is no such file"):
        roster_of("-3")


# -- names of files ---------------------------------------------------------------------------------------------------


class Coded:
    def __init__(self, code):
        self.code = code


def test_names_of_files_are_safe_whatever_a_student_is_called():
    papers = [(Student(name), Coded("7K3FQX")) for name in [*ODD, *ODD]]
    found = names(papers)
    assert len({name.lower() for name in found}) == len(papers)
    for name in found:
        assert not set(name) & set('/\\:*?"<>|.\0\n ')
        assert "7K3FQX" in name
        assert len(name.encode()) < 120
    assert found[:4] == ["lovelace-ada-7K3FQX", "eve-the-quote-7K3FQX", "o-neil-7K3FQX", "jose-nandu-7K3FQX"]
    assert found[ODD.index("🎉")] == "7K3FQX"


def test_a_slug_keeps_letters_of_any_script():
    assert slug_of("王小明") == "王小明"
    assert slug_of("../x") == "x"
    assert slug_of("ﬁ Ⅷ") == "fi-viii"
    assert len(slug_of("王" * 300).encode()) <= 80


def test_students_who_are_counted_sort_as_they_are_counted():
    found = names([(student, Coded("X")) for student in counted(12).students])
    assert found == sorted(found)
    assert found[0] == "01-X"
