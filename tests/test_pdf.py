"""PDF: which engine makes it, that it can be read aloud, that it is the same every time, and what fails how."""

import json
import shutil
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path

import pypdf
import pytest

import symnet
from symnet.algebra.mistakes import Mistake, NotInstalled
from symnet.notation.maths import Letter, Operator, row
from symnet.paper import formats
from symnet.paper.document import Answer, Document, Figure, Heading, Paragraph, Task
from symnet.paper.drawing import Circle, Drawing
from symnet.paper.formats import latex, pdf

RELU = Path(__file__).parent.parent / "worksheets" / "relu.toml"
SMALL = Document(
    "A small sheet",
    (
        Paragraph(("Given ", row(Letter("x"), Operator("="), Letter("β")), ".")),
        Task(1, ("Look.",), "2"),
        Figure(Drawing(60, 60, (Circle(30, 30, 20),)), "one lonely unit"),
        Answer((Paragraph(("It is round.",)),), 2),
    ),
)
needs_tex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")


@pytest.fixture
def no_typst(monkeypatch):
    """As where the extra is not installed."""
    monkeypatch.setitem(sys.modules, "typst", None)
    monkeypatch.setattr(pdf, "find_spec", lambda name: None)


@pytest.fixture
def no_tex(monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)


@pytest.fixture
def tex(monkeypatch, tmp_path):
    """tex("pdflatex", script) → a program of that name is the only TeX there is."""

    def install(name, script):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setattr(pdf.shutil, "which", lambda wanted: str(program) if wanted == name else None)

    return install


def reader(made):
    return pypdf.PdfReader(BytesIO(made))


def text_of(made):
    return "\n".join(page.extract_text() for page in reader(made).pages)


def made_by(made):
    information = reader(made).metadata
    return f"{information.creator} {information.producer}"


# -- what is in it ----------------------------------------------------------------------------------------------------


def elements(node, kind):
    """The elements of the structure tree of a kind, such as /Formula."""
    node = node.get_object()
    if isinstance(node, list):
        return [found for child in node for found in elements(child, kind)]
    if not isinstance(node, dict):
        return []
    mine = [node] if node.get("/S") == kind else []
    return mine + (elements(node["/K"], kind) if "/K" in node else [])


def test_a_pdf_is_tagged_and_says_that_it_is_pdf_ua_with_its_title_and_language():
    root = reader(pdf.render(SMALL)).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert "A small sheet" in root["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data().decode()


def test_formulas_and_figures_have_alternative_texts():
    tree = reader(pdf.render(SMALL)).trailer["/Root"]["/StructTreeRoot"]
    assert [found["/Alt"] for found in elements(tree, "/Formula")] == ["x = β"]
    assert [found["/Alt"] for found in elements(tree, "/Figure")] == ["one lonely unit"]


def test_every_formula_of_the_key_has_the_text_notation_as_alternative_text():
    tree = reader(pdf.render(symnet.load(RELU).worksheet().key)).trailer["/Root"]["/StructTreeRoot"]
    texts = [str(found["/Alt"]) for found in elements(tree, "/Formula")]
    assert all(texts)
    assert any("x₃ = w₁₃·x₁ + w₂₃·x₂ = 2·1 + (−3)·(−1) = 5" in text for text in texts)
    assert len(texts) > 40


@pytest.mark.parametrize("several", [False, True])
def test_tasks_are_headings_and_in_the_outline(several):
    blocks = (Heading(("Part",)), *SMALL.blocks) if several else SMALL.blocks
    made = reader(pdf.render(Document("Title", blocks)))
    tree = made.trailer["/Root"]["/StructTreeRoot"]
    assert len(elements(tree, "/H1")) == 1
    assert len(elements(tree, "/H2")) == several
    entries = json.dumps(made.outline, default=str)
    assert "1. Look." in entries
    assert ("Part" in entries) is several


def test_a_task_before_the_first_heading_is_no_level_too_deep():
    made = pdf.render(Document("Title", (*SMALL.blocks, Heading(("Part",)), *SMALL.blocks)))
    assert "<pdfuaid:part>1</pdfuaid:part>" in reader(made).trailer["/Root"]["/Metadata"].get_data().decode()


@pytest.mark.parametrize("engine", ["typst", pytest.param("latex", marks=needs_tex)])
def test_a_pdf_is_the_same_bytes_twice_and_holds_no_date(engine):
    first = pdf.render(SMALL, engine)
    time.sleep(1.1)
    assert pdf.render(SMALL, engine) == first
    year = time.strftime("%Y").encode()
    assert b"D:" + year not in first
    assert b"<xmp:CreateDate>" not in first


def test_a_sheet_takes_a_second_at_most_the_first_time_and_then_a_fraction():
    key = symnet.load(RELU).worksheet().key
    pdf.render(SMALL)
    start = time.process_time()
    pdf.render(key)
    assert time.process_time() - start < 1  # about 0.03 s


def test_the_students_pdf_has_no_answer_and_the_key_has():
    worksheet = symnet.load(RELU).worksheet()
    assert "Answer key" in text_of(pdf.render(worksheet.key))
    assert "Name:" in text_of(pdf.render(worksheet.sheet))
    assert "because" in text_of(pdf.render(worksheet.key))
    assert "because" not in text_of(pdf.render(worksheet.sheet))


def test_typst_is_asked_for_nothing_of_the_machine(monkeypatch):
    import typst

    asked = []

    def compile_and_note(source, **options):
        asked.append(options)
        return compile_itself(source, **options)

    compile_itself = typst.compile
    monkeypatch.setattr(typst, "compile", compile_and_note)
    pdf.render(SMALL)
    assert asked == [{"format": "pdf", "ignore_system_fonts": True, "pdf_standards": ["ua-1"]}]


# -- which engine -----------------------------------------------------------------------------------------------------


def test_typst_makes_it_where_it_is_installed():
    assert "Typst" in made_by(pdf.render(SMALL))


@needs_tex
def test_tex_makes_it_where_typst_is_not_installed(no_typst):
    made = pdf.render(SMALL)
    assert "TeX" in made_by(made)
    assert "A small sheet" in text_of(made)


@needs_tex
def test_the_engine_that_is_asked_for_makes_it(command, tmp_path):
    for engine, name in (("typst", "Typst"), ("latex", "TeX")):
        code, _, err = command("worksheet", RELU, "-o", tmp_path / "sheet.pdf", "--engine", engine)
        assert (code, err) == (0, "")
        assert name in made_by((tmp_path / "sheet.pdf").read_bytes())


@pytest.mark.parametrize("name", ["pdflatex", "lualatex", "xelatex"])
def test_every_tex_that_is_installed_makes_the_same_bytes_twice(name, monkeypatch, tmp_path):
    program = shutil.which(name)
    if program is None:
        pytest.skip(f"{name} is not installed")
    empty = r"\documentclass{article}\begin{document}x\end{document}"
    options = ["-interaction=nonstopmode", "-halt-on-error", empty]
    if subprocess.run([program, *options], cwd=tmp_path, capture_output=True).returncode:
        pytest.skip(f"{name} is not complete: it cannot set a letter")
    monkeypatch.setattr(pdf.shutil, "which", lambda wanted: program if wanted == name else None)
    assert pdf.render(SMALL, "latex") == pdf.render(SMALL, "latex")


def test_asking_for_an_engine_that_is_not_installed_says_how_to_get_it(command, tmp_path, no_typst, no_tex):
    for engine, words in (
        ("typst", "pip install 'symnet[pdf]'"),
        ("latex", "apt-get install texlive-latex-recommended"),
    ):
        code, out, err = command("worksheet", RELU, "-o", tmp_path / "sheet.pdf", "--engine", engine)
        assert (code, out, err.count("\n")) == (3, "", 1)
        assert words in err
        assert not list(tmp_path.iterdir())


def test_an_engine_for_what_is_no_pdf_is_a_mistake(command, tmp_path):
    code, _, err = command("worksheet", RELU, "-o", tmp_path / "sheet.tex", "--engine", "latex")
    assert (code, err.count("\n")) == (2, 1)
    assert "--engine" in err
    assert not list(tmp_path.iterdir())


def test_an_engine_is_for_the_pdf_among_two_files(command, tmp_path):
    code, _, err = command(
        "worksheet", RELU, "-o", tmp_path / "a.pdf", "--key", tmp_path / "b.typ", "--engine", "typst"
    )
    assert (code, err) == (0, "")
    assert {path.name for path in tmp_path.iterdir()} == {"a.pdf", "b.typ"}


def test_an_unknown_engine_is_a_mistake(command, tmp_path):
    code, _, err = command("worksheet", RELU, "-o", tmp_path / "a.pdf", "--engine", "word")
    assert code == 2
    assert "word" in err
    with pytest.raises(Mistake, match="typst or latex"):
        pdf.render(SMALL, "word")


def test_from_python_a_missing_engine_is_named(no_typst, no_tex, tmp_path):
    with pytest.raises(NotInstalled, match=r"pip install 'symnet\[pdf\]'"):
        symnet.load(RELU).worksheet().save(tmp_path / "sheet.pdf")


# -- without an engine ------------------------------------------------------------------------------------------------


def test_without_an_engine_the_latex_is_written_and_a_line_says_how_to_get_the_pdf(command, tmp_path, no_typst, no_tex):
    for _ in range(2):  # and again, over what it wrote
        code, out, err = command("worksheet", RELU, "-o", tmp_path / "sheet.pdf", "--key", tmp_path / "key.txt")
        assert (code, out) == (0, "")
        assert err.count("\n") == 1
        assert "sheet.tex" in err
        assert "pip install 'symnet[pdf]'" in err
    assert {path.name for path in tmp_path.iterdir()} == {"sheet.tex", "key.txt"}
    assert (tmp_path / "sheet.tex").read_text(encoding="utf-8").startswith(r"\documentclass")


def test_without_an_engine_no_file_of_the_user_is_written_over(command, tmp_path, no_typst, no_tex):
    (tmp_path / "sheet.tex").write_text("My own lecture.", encoding="utf-8")
    code, _, err = command("worksheet", RELU, "-o", tmp_path / "sheet.pdf")
    assert (code, err.count("\n")) == (2, 1)
    assert (tmp_path / "sheet.tex").read_text(encoding="utf-8") == "My own lecture."


def test_without_an_engine_sheet_and_key_cannot_be_one_file(command, tmp_path, no_typst, no_tex):
    code, _, err = command("worksheet", RELU, "-o", tmp_path / "a.pdf", "--key", tmp_path / "a.tex")
    assert (code, err.count("\n")) == (2, 1)
    assert not list(tmp_path.iterdir())


# -- what fails -------------------------------------------------------------------------------------------------------


@needs_tex
def test_latex_that_fails_is_one_line_and_nothing_is_written(command, tmp_path, monkeypatch):
    monkeypatch.setattr(
        latex, "render", lambda document: r"\documentclass{article}\begin{document}\nonsense\end{document}"
    )
    monkeypatch.setattr(pdf, "find_spec", lambda name: None)
    code, out, err = command("worksheet", RELU, "-o", tmp_path / "a.txt", "--key", tmp_path / "b.pdf")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "Undefined control sequence" in err
    assert not list(tmp_path.iterdir())


def test_typst_that_fails_is_one_line(monkeypatch):
    monkeypatch.setattr(formats.typst, "render", lambda document: "#nonsense")
    with pytest.raises(Mistake, match="unknown variable: nonsense"):
        pdf.render(SMALL, "typst")


def test_tex_that_hangs_is_stopped(tex, monkeypatch):
    tex("pdflatex", "exec sleep 30")
    monkeypatch.setattr(pdf, "LONGEST_RUN", 0.2)
    with pytest.raises(Mistake, match="did not end"):
        pdf.render(SMALL, "latex")


def test_tex_that_makes_nothing_is_a_mistake(tex):
    tex("xelatex", "echo nothing to say")
    with pytest.raises(Mistake, match="nothing to say"):
        pdf.render(SMALL, "latex")


def test_tex_runs_again_until_its_notes_stay_the_same(tex):
    tex("pdflatex", 'echo run >> count; head -c 3 count > sheet.aux; wc -l < count >> sheet.aux; cp count sheet.pdf\n'
        '[ "$(wc -l < count)" -lt 2 ] || echo same > sheet.aux')  # fmt: skip
    assert pdf.render(SMALL, "latex") == b"run\n" * 3


def test_tex_runs_once_where_there_are_no_notes(tex):
    tex("pdflatex", r'echo run >> count; printf "%s\n" "\relax " > sheet.aux; cp count sheet.pdf')
    assert pdf.render(SMALL, "latex") == b"run\n"


def test_tectonic_is_run_as_it_wants_to_be(tex):
    tex("tectonic", 'echo "$@" > sheet.pdf')
    assert pdf.render(SMALL, "latex") == b"--untrusted sheet.tex\n"


def test_the_shell_is_closed_to_tex(tex):
    tex("pdflatex", 'echo "$@ $openin_any" > sheet.pdf')
    said = pdf.render(SMALL, "latex").decode()
    assert "-no-shell-escape" in said
    assert "-interaction=nonstopmode" in said
    assert said.strip().endswith(" p")


def test_help_names_the_endings_and_the_engines(command):
    code, out, _ = command("worksheet", "--help")
    assert code == 0
    assert all(words in out for words in (".pdf", ".typ", ".tex", "--engine", "typst", "latex", "symnet[pdf]"))
