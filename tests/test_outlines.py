"""Words that a format has no letters for: drawn joined and in the right order, found when copied, and never markup."""

import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
from long_words import LONG_WORDS, NOWHERE

from symnet.notation.line import Line
from symnet.notation.maths import EQUALS, Letter, Number, Script, Word, row
from symnet.paper import foreign, formats, outlines
from symnet.paper.document import Document, Heading, Paragraph, Table, Task, Working
from symnet.paper.drawing import Drawing, Label
from symnet.paper.formats import latex, pdf
from symnet.paper.pictures import tikz
from symnet.paper.printing.latex import escape, maths
from symnet.paper.scripts import RIGHT_TO_LEFT, as_seen, clusters, may_end_between, runs, segments
from symnet.sheets import display

ft2font = pytest.importorskip("matplotlib.ft2font")
pytestmark = pytest.mark.skipif(not hasattr(ft2font, "__libraqm_version__"), reason="Matplotlib before 3.11 joins none")
needs_tex = pytest.mark.skipif(
    shutil.which("pdflatex") is None or shutil.which("pdftotext") is None, reason="no pdflatex or no poppler here"
)

ARABIC, HEBREW, RUSSIAN, EMOJI = "مرحبا بالعالم", "שלום עולם", "Привет", "😀"
EVERYWHERE = f"Say {ARABIC}, {HEBREW} and {RUSSIAN} {EMOJI}{NOWHERE} \\end{{document}} $ 100% #eval(1)"


@pytest.fixture
def no_matplotlib(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    kept = (outlines.outline, outlines.brought, outlines._fonts)
    for function in kept:
        function.cache_clear()
    yield
    for function in kept:
        function.cache_clear()


def sheet(*blocks, title="Title"):
    return formats.render(Document(title, blocks), Path("sheet.tex"))


def body(tex):
    return tex.split(r"\begin{document}", 1)[1]


def copied(folder, tex, *options):
    """What poppler finds on the pages that pdflatex makes; fails where TeX complains."""
    (folder / "sheet.tex").write_text(tex, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "sheet.tex"],
        cwd=folder, capture_output=True, timeout=60,
    )  # fmt: skip
    log = (folder / "sheet.log").read_text(encoding="latin-1")
    assert done.returncode == 0, log[-2000:]
    assert not re.search(r"Overfull|Missing character|undefined|problem", log)
    found = subprocess.run(["pdftotext", *options, "sheet.pdf", "-"], cwd=folder, capture_output=True, check=True)
    return re.sub("[\u202a-\u202e\u2066-\u2069]", "", found.stdout.decode())


# -- a word as a path -------------------------------------------------------------------------------------------------


def places(path, shift=0):
    """The path with every x so far to the right, without the differences that rounding makes."""
    return [
        (kind, tuple(round((n + (0 if i % 2 else shift)) / 4) for i, n in enumerate(numbers)))
        for kind, numbers in path.moves
    ]


def near(one, other):
    return len(one) == len(other) and all(
        a[0] == b[0] and all(abs(m - n) <= 1 for m, n in zip(a[1], b[1], strict=True))
        for a, b in zip(one, other, strict=True)
    )


def test_hebrew_runs_from_right_to_left():
    both, shin, lamed = map(outlines.outline, ("של", "ש", "ל"))
    assert near(places(both), places(lamed) + places(shin, lamed.width))
    assert not near(places(both), places(shin) + places(lamed, shin.width))


def test_arabic_letters_join():
    word = outlines.outline("ببب")
    alone = outlines.outline("ب")
    assert word.width < 2.5 * alone.width  # the letters inside have another, shorter shape
    assert not near(places(word), [move for i in range(3) for move in places(alone, i * alone.width)])


def test_russian_is_set_by_a_font_with_serifs_from_left_to_right():
    both, first, second = map(outlines.outline, ("ПЖ", "П", "Ж"))
    assert near(places(both), places(first) + places(second, first.width))
    assert outlines._has(outlines.brought()[0], RUSSIAN)
    assert outlines.brought()[0].stem == "DejaVuSerif"


def test_a_path_has_the_size_of_its_letters_and_is_closed():
    path = outlines.outline("Щ")
    assert 600 < path.height < 800
    assert 100 < path.depth < 300  # its tail
    assert 700 < path.width < 1100
    kinds = [kind for kind, _ in path.moves]
    assert kinds.count("M") == kinds.count("Z") >= 1
    assert {len(numbers) for kind, numbers in path.moves if kind == "C"} <= {6}


def test_what_no_font_has_has_no_outline():
    assert outlines.outline(NOWHERE) is None
    assert outlines.outline(RUSSIAN + NOWHERE) is None


def test_an_accent_beside_its_letter_counts_as_the_letter_with_it():
    assert outlines.outline("e\u0302\u0301") is not None


def test_without_matplotlib_there_is_no_outline(no_matplotlib):
    assert outlines.outline(RUSSIAN) is None
    assert outlines.brought() == ()


def test_a_sheet_without_such_signs_imports_no_matplotlib():
    program = (
        "import sys, symnet, pathlib\n"
        f"key = symnet.load({str(Path(__file__).parent.parent / 'worksheets' / 'relu.toml')!r}).worksheet().key\n"
        "from symnet.paper import formats\n"
        "formats.render(key, pathlib.Path('x.tex'))\n"
        "formats.render(key, pathlib.Path('x.pdf'))\n"
        "assert not [name for name in sys.modules if name.startswith('matplotlib')]\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


# -- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc", ["a", "b", "c"]),
        ("e\u0301\u0323x", ["e\u0301\u0323", "x"]),
        ("👩\u200d👧!", ["👩\u200d👧", "!"]),
        ("🇫🇷🇩🇪", ["🇫🇷", "🇩🇪"]),
        ("👍🏽❤\ufe0f", ["👍🏽", "❤\ufe0f"]),
        ("हि", ["हि"]),
        ("a\0\u202eb\u200b", ["a", "b"]),
    ],
)
def test_what_belongs_together_is_one_cluster(text, expected):
    assert clusters(text) == expected


@pytest.mark.parametrize(
    ("text", "backwards"),
    [
        ("plain words", []),
        (f"Say {HEBREW}!", [HEBREW]),
        ("אב 12% גד, x", ["אב 12% גד"]),
        ("אב 12%, x", ["אב 12%"]),
        ("אב (גד) x", ["אב (גד)"]),
        ("(אב) x", ["אב"]),
        ("אב x גד", ["אב", "גד"]),
        ("12 אב", ["אב"]),
    ],
)
def test_runs_from_right_to_left_are_those_of_unicode(text, backwards):
    found = list(runs(text))
    assert "".join(piece for piece, _ in found) == text
    assert [piece for piece, turned in found if turned] == backwards


def test_a_word_is_never_half_in_one_font():
    known = str.isascii
    assert list(segments("Nguyễn,", known)) == [("Nguyễn", False), (",", True)]
    assert list(segments("x–Вася!", known)) == [("x", True), ("–", False), ("Вася", False), ("!", True)]
    assert list(segments("用tanh函数", known)) == [("用", False), ("tanh", True), ("函", False), ("数", False)]


def test_a_line_may_end_beside_chinese_but_not_before_its_full_stop():
    assert may_end_between("函", "数", long=False)
    assert may_end_between("用", "t", long=False)
    assert not may_end_between("数", "。", long=True)
    assert not may_end_between("（", "数", long=True)
    assert may_end_between("。", "。", long=True)
    assert not may_end_between("a", "b", long=False)
    assert may_end_between("a", "b", long=True)


def test_signs_as_seen_from_left_to_right():
    assert as_seen("Вас") == ["В", "а", "с"]
    assert as_seen(RIGHT_TO_LEFT + "(אב12)") == ["(", "1", "2", "ב", "א", ")"]


# -- LaTeX ------------------------------------------------------------------------------------------------------------


def test_in_latex_words_stand_by_the_numbers_of_their_signs():
    assert escape("я and b") == r"\drawn{044F} and b"
    assert escape("אב ג") == r"\rtl{\drawn{200F.05D0.05D1} \drawn{200F.05D2}}"
    assert escape("a\u3000b\nc\u200f\u202ed") == r"a b c\rtl{}d"
    assert escape("naïve Übung") == r"na\"{\i}ve \"{U}bung"
    assert escape("q\u0303 e\u0301") == r"\~{q} \'{e}"
    assert maths(Script(Letter("x"), Word("Вася"))) == r"x_{\mathrm{\text{\drawn{0412.0430.0441.044F}}}}"
    assert escape("a--b ''c") == r"a-{}-b '{}'c"
    assert escape("–-’'“‘") == "--{}-'{}'``{}`"


def test_words_that_look_like_ours_are_words():
    for words in (r"\drawn{0041}", r"\rtl{x}", r"\outline{0041}{}", r"\drawn{044F} я"):
        tex = sheet(Paragraph((words,)))
        assert r"\textbackslash{}" in body(tex)
        assert set(re.findall(r"\\drawn\{.*?\}", body(tex))) <= {r"\drawn{044F}"}


def test_a_path_is_numbers_and_our_commands_alone():
    tex = sheet(Paragraph((EVERYWHERE,)), title=EVERYWHERE)
    defined = re.findall(r"\\outline\{[0-9A-F.]+\}\{\{.*?\}\}\n", tex, re.DOTALL)
    assert len(defined) >= 6
    for path in defined:
        assert re.fullmatch(r"(\\(outline|copied|[MLCZ])|[0-9A-F.{}% \n-])+", path)


def test_a_word_is_defined_once_however_often_it_stands():
    tex = sheet(*(Paragraph((RUSSIAN,)) for _ in range(5)))
    assert tex.count(r"\outline{") == 1
    assert tex.count(r"\drawn{041F") == 5


def test_a_sign_without_outline_is_framed_and_its_neighbours_are_drawn():
    tex = body(sheet(Paragraph((f"я{NOWHERE}ж😀{NOWHERE}",))))
    assert tex.count(r"\fbox{\tiny U+10FFFE}") == 2
    assert tex.count(r"\drawn") == 3


def test_without_matplotlib_every_sign_is_framed(no_matplotlib):
    tex = sheet(Paragraph((f"{RUSSIAN} {HEBREW} {EMOJI}",)))
    assert "pgf" not in tex
    assert r"\drawn" not in tex
    assert r"\rtl" not in tex
    assert tex.count(r"\fbox") == len(RUSSIAN) + len(HEBREW) - 1 + 1
    assert r"\fbox{\tiny U+05E9}" in tex


def test_in_someone_elses_document_every_sign_is_framed():
    tex = display.latex((Paragraph((f"{HEBREW} и",)), Working((Line(Letter("x"), (("=", Number("1")),), why="я"),))))
    assert r"\drawn" not in tex
    assert r"\rtl" not in tex
    assert all(code in tex for code in ("U+05E9", "U+0438", "U+044F"))


def test_framing_keeps_everything_else():
    assert foreign.framed(r"a \drawn{044F} \rtl{\drawn{200F.05D0}} {b}") == (
        r"a \fbox{\tiny U+044F} \fbox{\tiny U+05D0} {b}"
    )


@needs_tex
@pytest.mark.usefixtures("fonts")
def test_words_are_found_on_the_page_wherever_they_stand(tmp_path):
    words = f"{HEBREW} {RUSSIAN}"
    found = copied(
        tmp_path,
        sheet(
            Paragraph((words,)),
            Heading((words,)),
            Task(1, (words, row(Letter("x"), EQUALS, Word(RUSSIAN)))),
            Table(((words,), ("b",)), (((words,), ("c",)),)),
            Working((Line(Letter("x"), (("=", Number("2")),), why=words),)),
            title=words,
        ),
        "-layout",
    )
    assert found.count(HEBREW) == 7
    assert found.count(RUSSIAN) == 8


@needs_tex
@pytest.mark.usefixtures("fonts")
def test_every_script_in_one_sentence_compiles_and_is_found(tmp_path):
    found = copied(tmp_path, sheet(Paragraph((EVERYWHERE,)), title=EVERYWHERE), "-layout")
    words = " ".join(found.split())
    assert words.count(ARABIC) == words.count(HEBREW) == 2
    for part in (RUSSIAN, EMOJI, "U+10FFFE", "$ 100% #eval(1)"):
        assert words.count(part) == 2


@needs_tex
def test_words_from_right_to_left_stand_so_on_every_line(tmp_path):
    tex = sheet(Paragraph((" ".join(["אא", "בב", "גג", "דד"] * 12),)))
    page = copied(tmp_path, tex, "-bbox")
    boxes = re.findall(r'<word xMin="([\d.]+)" yMin="([\d.]+)" [^>]*>([א-ד]+)</word>', page)
    assert len(boxes) == 48
    lines = {}
    for x, y, word in boxes:
        lines.setdefault(y, []).append((float(x), word))
    assert len(lines) >= 2
    read = [word for y in sorted(lines, key=float) for _, word in sorted(lines[y], reverse=True)]
    assert read == ["אא", "בב", "גג", "דד"] * 12


def long_words():
    """A paper with one of the words in every place that the words of a person have, for each of them."""
    return latex.render_together(
        [
            Document(words, (Paragraph((words,)), Heading((words,)), Task(1, (words,), "2")), student=words[:30])
            for words in LONG_WORDS.values()
        ]
    )


@needs_tex
def test_no_word_is_too_long_for_a_page(fonts, tmp_path):
    tex = long_words()
    assert (r"\drawn{6F22}" in tex) is (r"U+6F22" not in tex)
    if fonts != "as found":
        assert (r"\drawn{6F22}" in tex) is (fonts == "with Chinese")
    copied(tmp_path, tex)


@needs_tex
def test_no_word_of_numbers_alone_is_too_long_for_a_page(no_matplotlib, tmp_path):
    copied(tmp_path, long_words())


def test_a_line_may_end_between_any_two_numbers_of_signs(no_matplotlib):
    for words in ("Вася", "שלום", "字，字", NOWHERE * 3):
        tex = body(sheet(Paragraph((words,))))
        assert tex.count(r"\fbox") == len(words)
        assert tex.count(r"}\allowbreak{}\fbox") == len(words) - 1
    assert display.latex((Paragraph(("я" * 5,)),)).count(r"}\allowbreak{}\fbox") == 4


def test_a_line_may_end_on_both_sides_of_a_number_in_a_word():
    tex = body(sheet(Paragraph((f"яяя{NOWHERE}жжж",))))
    assert r"\drawn{044F.044F.044F}\allowbreak{}\fbox{\tiny U+10FFFE}\allowbreak{}\drawn{0436.0436.0436}" in tex


@needs_tex
@pytest.mark.usefixtures("fonts")
def test_a_label_of_a_figure_is_drawn(tmp_path):
    picture = tikz.standalone(Drawing(200, 40, (Label(100, 20, f"{HEBREW} {RUSSIAN}", style="gradient"),)))
    found = copied(tmp_path, picture)
    assert HEBREW in found
    assert RUSSIAN in found


# -- Typst ------------------------------------------------------------------------------------------------------------


def fonts_of(made):
    pages = pypdf.PdfReader(BytesIO(made)).pages
    return {font.get_object()["/BaseFont"] for page in pages for font in page["/Resources"]["/Font"].values()}


@pytest.mark.usefixtures("fonts")
def test_typst_sets_arabic_in_no_typewriter_font():
    made = pdf.render(Document(ARABIC, (Paragraph((ARABIC, EMOJI)),)), "typst")
    assert not [name for name in fonts_of(made) if "Mono" in name]
    assert any("DejaVuSans" in name for name in fonts_of(made))
    assert b"pdfuaid" in made


def test_typst_shows_signs_that_no_font_has_by_their_numbers_all_at_once(monkeypatch):
    import typst

    runs_of_typst = []
    compile_itself = typst.compile
    monkeypatch.setattr(typst, "compile", lambda *args, **options: runs_of_typst.append(0) or
                        compile_itself(*args, **options))  # fmt: skip
    missing = [chr(0x10FF00 + i) for i in range(40)]
    made = pdf.render(Document("x", (Paragraph((" ".join(missing) + " a\u200d" + NOWHERE,)),)), "typst")
    shown = "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(made)).pages)
    assert all(f"[U+{ord(c):04X}]" in shown for c in (*missing, NOWHERE))
    assert "200D" not in shown
    assert b"pdfuaid" in made
    assert len(runs_of_typst) <= 4


def test_without_matplotlib_typst_still_makes_it(no_matplotlib):
    made = pdf.render(Document(HEBREW, (Paragraph((EVERYWHERE,)),)), "typst")
    assert made.startswith(b"%PDF")


def test_a_long_chinese_paragraph_breaks_in_typst():
    from symnet.paper.formats.typst import _words

    assert "\u200b" not in _words("神经网络" * 75)
    assert _words("a" * 50).count("\u200b") == 49
