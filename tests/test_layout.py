"""What stands around the questions: [sheet], the same as options, several exercises as one exam."""

import base64
import shutil
import zlib
from io import BytesIO

import pypdf
import pytest
from neuron import LINE

import symnet
from symnet import Mistake
from symnet.paper import formats
from symnet.paper.document import Figure, Heading, Space, Table, Task
from symnet.paper.layout import USUAL, settings

HEAD = 'course = "Nets & layers"\ninstitution = "U_1"\ndate = 2026-11-28\nheader = "No $ here"\n'
SHEET = f"{LINE}\n[sheet]\n{HEAD}"
QUESTION = '\n[[question]]\nask = "{ask}"\npoints = {points}\n'
ODD = {
    "paper": ('"a5"', "'a4' or 'letter'"),
    "size": ("13", "10, 11 or 12"),
    "columns": ("3", "1 or 2"),
    "room": ('"much"', '"3 cm"'),
    "figure": ('"big"', "'usual' or 'none'"),
    "points": ('"all"', "'table'"),
    "course": ("5", "text in quotes"),
    "name": ('["a", "b", "c", "d", "e"]', "room for 4"),
    "kourse": ('"x"', 'did you mean "course"?'),
}


def png(*chunks):
    def chunk(kind, data):
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    header = (1).to_bytes(4) * 2 + bytes((8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0\0")), *chunks, chunk(b"IEND", b""))
    )


def written(document, ending, tmp_path):
    text = formats.render(document, tmp_path / f"a{ending}")
    return text if isinstance(text, str) else text.decode("latin-1")


@pytest.mark.parametrize("key", ODD)
def test_a_setting_that_cannot_be_is_refused_with_what_can(key):
    value, right = ODD[key]
    with pytest.raises(Mistake) as found:
        symnet.loads(f"{LINE}\n[sheet]\n{key} = {value}\n")
    assert f"sheet.{key} " in str(found.value)
    assert right in str(found.value)


def test_every_setting_is_an_option_and_is_described(command):
    code, out, _ = command("worksheet", "--help")
    assert code == 0
    for name, setting in settings().items():
        assert f"--{name} " in out
        assert 10 < len(setting.says) < 90


@pytest.mark.parametrize("ending", [".txt", ".md", ".html", ".tex", ".typ", ".ipynb"])
def test_every_format_shows_the_words_at_the_head_as_words(ending, tmp_path):
    text = written(symnet.loads(SHEET).worksheet().sheet, ending, tmp_path)
    plain = text.replace("\\", "").replace("&amp;", "&").replace("<span>$</span>", "$")
    for words in ("Nets & layers", "U_1", "28 November 2026", "No $ here"):
        assert words in plain


def test_options_and_arguments_are_the_settings_of_the_file(command, tmp_path):
    file = tmp_path / "line.toml"
    file.write_text(LINE, encoding="utf-8")
    options = {"course": "Nets", "date": "today", "room": "2 cm", "name": "Name, Number", "size": "12"}
    typed = [word for name, value in options.items() for word in (f"--{name}", value)]
    assert command("worksheet", file, "-o", tmp_path / "a.tex", *typed)[0] == 0
    toml = "".join(f'{name} = "{value}"\n' for name, value in options.items())
    said = symnet.loads(f"{LINE}\n[sheet]\n{toml}", str(file)).worksheet().sheet
    called = symnet.load(file).worksheet(**options).sheet
    text = (tmp_path / "a.tex").read_text(encoding="utf-8")
    assert text == formats.render(said, tmp_path / "a.tex") == formats.render(called, tmp_path / "a.tex")
    assert text.startswith(r"\documentclass[12pt,a4paper,fleqn]")


def test_what_a_format_cannot_do_is_refused_on_the_command_line_and_left_out_from_the_file(command, tmp_path):
    file = tmp_path / "line.toml"
    file.write_text(f"{LINE}\n[sheet]\ncolumns = 2\n", encoding="utf-8")
    assert command("worksheet", file, "-o", tmp_path / "a.html")[0] == 0
    code, _, err = command("worksheet", file, "-o", tmp_path / "b.html", "--columns", "2")
    assert (code, (tmp_path / "b.html").exists()) == (2, False)
    assert ".html has no use for columns; .pdf, .tex, .typ have" in err


@pytest.mark.parametrize(("room", "heights"), [("0", []), ("2", [3.0, 5.0]), ('"4 cm"', [4.0, 4.0])])
def test_room_to_write_in_is_a_factor_or_centimetres(room, heights):
    toml = LINE + '\n[[question]]\nask = "forward"\n[[question]]\nask = "gradient"\nof = "w"\n'
    sheet = symnet.loads(f"{toml}\n[sheet]\nroom = {room}\n").worksheet().sheet
    assert [block.height for block in sheet.blocks if isinstance(block, Space)] == heights


def test_no_figure_is_left_where_none_is_wanted_but_those_that_are_asked_for():
    toml = LINE + QUESTION.format(ask="gradient", points=1) + QUESTION.format(ask="graph", points=1)
    key = symnet.loads(toml).worksheet(figure="none").key
    assert not any(isinstance(block, Figure) for block in key.blocks)
    assert len([b for b in key.blocks for inner in getattr(b, "blocks", ()) if isinstance(inner, Figure)]) == 1


# -- a logo -----------------------------------------------------------------------------------------------------------


def with_logo(tmp_path, content, name="logo.png"):
    (tmp_path / name).write_bytes(content)
    (tmp_path / "line.toml").write_text(f'{LINE}\n[sheet]\nlogo = "{name}"\n', encoding="utf-8")
    return symnet.load(tmp_path / "line.toml")


def test_a_logo_is_in_the_page_and_beside_the_latex(tmp_path):
    sheet = with_logo(tmp_path, png()).worksheet()
    (tmp_path / "out").mkdir()
    sheet.save(tmp_path / "out" / "a.html", tmp_path / "out" / "a.tex")
    assert base64.b64encode(png()).decode() in (tmp_path / "out" / "a.html").read_text(encoding="utf-8")
    (picture,) = (tmp_path / "out").glob("logo-*.png")
    assert picture.read_bytes()[-30:] == png()[-30:]  # a mark is added to it, as to all that is written
    assert f"{{{picture.name}}}" in (tmp_path / "out" / "a.tex").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        png()[:-8],
        png().replace(b"IDAT", b"IDAU"),
        b"<svg><script/></svg>",
        b"\xff\xd8\xff\xd9",
    ],
)
def test_what_is_no_picture_goes_into_no_file(content, tmp_path):
    with pytest.raises(Mistake, match=r"sheet.logo .* is no picture"):
        with_logo(tmp_path, content).worksheet().save(tmp_path / "a.html")
    assert not (tmp_path / "a.html").exists()


def test_a_logo_that_is_too_large_missing_or_of_another_kind_is_named(tmp_path):
    large = with_logo(tmp_path, png() + bytes(3_000_000))
    with pytest.raises(Mistake, match="larger than 2,000,000 bytes"):
        large.worksheet().save(tmp_path / "a.html")
    svg = with_logo(tmp_path, b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "logo.svg")
    with pytest.raises(Mistake, match="is a svg; here it can be png, pdf or jpg"):
        svg.worksheet().save(tmp_path / "a.tex")
    with pytest.raises(Mistake, match="there is no such file"):
        svg.worksheet(logo=str(tmp_path / "none.png")).save(tmp_path / "a.html")


# -- an exam ----------------------------------------------------------------------------------------------------------


def exam(tmp_path, **settings):
    first = symnet.loads(LINE + QUESTION.format(ask="forward", points=2) + QUESTION.format(ask="gradient", points=1.5))
    second = symnet.loads(SHEET + QUESTION.format(ask="forward", points=4))
    return symnet.together([first, second], **settings)


def test_an_exam_numbers_its_questions_through_and_counts_their_points(tmp_path):
    key = exam(tmp_path, title="Exam").key
    assert key.title == "Exam"
    assert [block.number for block in key.blocks if isinstance(block, Task)] == [1, 2, 3]
    assert sum(isinstance(block, Heading) for block in key.blocks) == 2
    table = next(block for block in key.blocks if isinstance(block, Table))
    assert [cell[0] for cell in table.header] == ["question", "1", "2", "3", "total"]
    assert [cell[0] for cell in table.rows[0]] == ["points", "2", "1.5", "4", "7.5"]
    assert table.rows[1] == (("reached",), (), (), (), ())
    assert exam(tmp_path).sheet.blocks[0] == key.blocks[0]


def test_an_exam_is_laid_out_as_the_first_file_that_says_how(tmp_path):
    assert exam(tmp_path).key.layout.course == "Nets & layers"
    assert exam(tmp_path, course="Other").key.layout.course == "Other"
    assert exam(tmp_path, points="none").key.layout.date == "28 November 2026"
    assert not any(isinstance(block, Table) and block.marked for block in exam(tmp_path, points="none").key.blocks)


def test_a_sheet_with_points_says_how_many_there_are():
    toml = LINE + QUESTION.format(ask="forward", points=2) + QUESTION.format(ask="gradient", points=1.5)
    assert symnet.loads(toml).worksheet().key.blocks[0].text == ("3.5 points in all.",)
    assert symnet.loads(LINE).layout == USUAL


needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


@pytest.mark.parametrize("engine", ["typst", pytest.param("latex", marks=needs_tex)])
def test_an_exam_in_two_columns_on_letter_paper_is_a_pdf(engine, tmp_path):
    with_logo(tmp_path, png())
    sheet = exam(tmp_path, columns=2, paper="letter", size=10, logo=str(tmp_path / "logo.png"), title="Exam")
    made = pypdf.PdfReader(BytesIO(formats.render(sheet.key, tmp_path / "exam.pdf", engine)))
    assert [round(float(side)) for side in made.pages[0].mediabox] == [0, 0, 612, 792]
    text = " ".join("".join(page.extract_text() for page in made.pages).split())
    assert text.index("Nets & layers") < text.index("Exam") < text.index("reached") < text.index("[2 points]")
