"""What authors write in words: paragraphs, lists and maths, read by us and shown by every format."""

import pytest
from texts import RELU

import symnet
from symnet import Mistake
from symnet.paper import formats
from symnet.paper.document import Answer, Items, Paragraph, Space, Task
from symnet.paper.printing import latex
from symnet.paper.printing.text import maths
from symnet.questions.prose import Vocabulary

TEXT = RELU


def with_introduction(words):
    return symnet.loads(f"introduction = '''{words}'''\n" + TEXT)


def words_of(introduction):
    return list(with_introduction(introduction).worksheet().key.blocks)


def line_of(introduction):
    return "".join(part if isinstance(part, str) else maths(part) for part in words_of(introduction)[0].text)


SAID = {
    "$w_{13}$": "w₁₃",
    "$w₁₃x₁ + w_{23}x_2^{2}$": "w₁₃·x₁ + w₂₃·x₂²",
    "$w13$ and $w₁₃$": "w₁₃ and w₁₃",
    "$x_3 = w_{13}x_1 + w_{23}x_2$": "x₃ = w₁₃·x₁ + w₂₃·x₂",
    "$∂Loss/∂w_{13}$": "∂Loss/∂w₁₃",
    r"$\frac{\partial Loss}{\partial w_{35}} = \delta_5 y_3$": "∂Loss/∂w₃₅ = δ₅·y₃",
    "$dL/dw13 > 0$": "∂Loss/∂w₁₃ > 0",
    "$0.1·∂Loss/∂w_{13}$": "0.1 · ∂Loss/∂w₁₃",
    "$-η ∂Loss/∂w_{13}$": "−η · ∂Loss/∂w₁₃",
    "$dL/dw13 = dL/dx3 · dx3/dw13$": "∂Loss/∂w₁₃ = ∂Loss/∂x₃ · ∂x₃/∂w₁₃",
    r"$\eta = 0.1$": "η = 0.1",
    "$w ← w - η g$": "w ← w − η·g",
    r"$y_3 \ge 0$": "y₃ ≥ 0",
    "$i = 1, …, n$": "i = 1, …, n",
    "$f(x) = x^2$": "f(x) = x²",
    "$relu(x_3)$": "ReLU(x₃)",
    "$σ(x3)$": "σ(x₃)",
    "$y_i - t$": "yᵢ − t",
    "costs $5 and $6": "costs $5 and $6",
    "a $ alone": "a $ alone",
    r"\$w13\$": "$w13$",
    r"\$5, and $w13$": "$5, and w₁₃",
    "one\nline": "one line",
}


@pytest.mark.parametrize("written", SAID)
def test_maths_in_words_is_set_as_the_sheet_sets_it(written):
    assert line_of(written).replace("  ", " ") == SAID[written]


REFUSED = {
    "$w_{31}$": '; did you mean "w',
    r"$\input{x}$": r"\input is not understood",
    r"$\write18{x}$": r"\write is not understood",
    r"$\mathbb{R}$": r"\mathbb is not understood",
    "$w13 +$": "a value is expected",
    "$w13 = $": None,  # a space before the dollar: no maths
    "$= w13$": None,
    "$netto$": '"netto" is no name of this exercise',
    "$(x1$": "never closed",
    "$x1 % 2$": "has no meaning",
    "$x1 = = 2$": "missing beside a relation",
}


@pytest.mark.parametrize("written", [case for case, why in REFUSED.items() if why])
@pytest.mark.parametrize("place", ["introduction", "question[0].text", "question[0].answer"])
def test_maths_that_is_not_understood_is_named_with_its_place(written, place):
    key = place.rpartition(".")[2]
    toml = TEXT.replace("[given]", "[[question]]\nask = 'text'\ntext = 'Why?'\nanswer = ''\n[given]")
    if key == "introduction":
        toml = f"introduction = '''{written}'''\n" + toml
    else:
        before = {"text": "text = 'Why?'", "answer": "answer = ''"}[key]
        toml = toml.replace(before, f"{key} = '''{written}'''")
    with pytest.raises(Mistake) as found:
        symnet.loads(toml)
    assert f"exercise: {place}: in " in str(found.value)
    assert REFUSED[written] in str(found.value)


LISTS = """First:
- one, $w_{13}$
  goes on
- two

1. a
2. b
Second.

3. is no list"""


def test_lines_that_begin_with_a_mark_are_lists():
    paragraph, dashes, numbered, last = words_of(LISTS)[:4]
    assert paragraph == Paragraph(("First:",))
    assert isinstance(dashes, Items)
    assert not dashes.ordered
    assert [len(item) for item in dashes.items] == [3, 1]
    assert dashes.items[0][2] == " goes on"
    assert numbered == Items((("a",), ("b Second.",)), ordered=True)
    assert last == Paragraph(("3. is no list",))


SHOWN = {
    ".txt": ("  • two", "  1. a"),
    ".md": ("- two", "1. a"),
    ".html": ("<ul>", "<li>two</li>", "<ol>"),
    ".tex": (r"\begin{itemize}", r"\item {}two", r"\begin{enumerate}"),
    ".typ": ("#list(", "#enum("),
}


@pytest.mark.parametrize("ending", SHOWN)
def test_every_format_shows_a_list(ending, tmp_path):
    text = formats.render(with_introduction(LISTS).worksheet().sheet, tmp_path / f"a{ending}")
    for part in SHOWN[ending]:
        assert part in text


def test_a_list_cannot_be_markup():
    sheet = with_introduction("- #panic()\n- \\input{x}\n- <b>").worksheet().sheet
    assert "<li>&lt;b&gt;</li>" in formats.html.render(sheet)
    assert r"\input" not in formats.latex.render(sheet)
    assert '#"#panic()"' in formats.typst.render(sheet)


# -- questions in words, and the loss after the update ----------------------------------------------------------------


def asked(*questions):
    return symnet.loads(TEXT + "".join(f"\n[[question]]\n{question}\n" for question in questions))


def test_a_question_in_words_has_room_on_the_sheet_and_its_answer_on_the_key():
    exercise = asked("ask = 'text'\ntext = '''Why $w_{13}$?\n\n- a\n- b'''\nanswer = 'Because.'\nroom = 4\npoints = 2")
    key, sheet = exercise.worksheet().key, exercise.worksheet().sheet
    at = next(i for i, block in enumerate(key.blocks) if isinstance(block, Task))
    assert key.blocks[at + 1] == Items((("a",), ("b",)))
    assert key.blocks[at + 2] == Answer((Paragraph(("Because.",)),), 4.0)
    assert sheet.blocks[-1] == Space(4.0)
    with pytest.raises(Mistake, match=r'question\[0\].ask = "text" needs text'):
        asked("ask = 'text'")


@pytest.mark.parametrize("ask", ["loss_after", "loss-after"])
def test_the_loss_after_the_update_is_worked_with_the_new_parameters(ask, command, tmp_path):
    exercise = asked(f"ask = '{ask}'")
    key = formats.render(exercise.worksheet(digits=12).key, tmp_path / "a.txt")
    after = exercise.solve().forward_after["Loss"]
    assert f"[ {after} ]" in key
    file = tmp_path / "a.toml"
    file.write_text(exercise.source, encoding="utf-8")
    assert command("check", file, f"new(Loss)={after}")[0] == 0
    (tmp_path / "class.csv").write_text(f"student,new(Loss)\nAda,{after}\nBob,50\n", encoding="utf-8")
    code, out, _ = command("mark", file, tmp_path / "class.csv")
    assert code == 0
    assert "mean mark 0.5 of 1" in out


def test_the_loss_after_needs_an_update():
    with pytest.raises(Mistake, match="needs an update"):
        symnet.loads(f"{exercise_without_rate()}\n[[question]]\nask = 'loss_after'\n").worksheet()


def exercise_without_rate():
    return TEXT.replace("learning_rate = 0.1", "")


def test_a_bank_asks_a_question_with_all_its_words(command, tmp_path):
    file = tmp_path / "a.toml"
    words = "ask = 'forward'\ntext = '''Compute them:\n- $x_3$\n- and $y_3$\n\nCarefully.'''"
    file.write_text(asked(words).source, encoding="utf-8")
    assert command("export", file, "--to", "moodle", "-o", tmp_path / "bank.xml")[0] == 0
    bank = (tmp_path / "bank.xml").read_text(encoding="utf-8")
    for part in ("Compute them:", " • ", "and ", "Carefully."):
        assert part in bank


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("ReLU'(x_3)", "ReLU′(x₃)"),
        ("w_{35} ReLU′(x_3) x_1", "w₃₅·ReLU′(x₃)·x₁"),
        ("σ'(x3 + x4)", "σ′(x₃ + x₄)"),
        ("-0.1·relu'(w13*x1)", "−0.1·ReLU′(w₁₃·x₁)"),
    ],
)
def test_the_slope_of_a_function_is_written_with_a_prime(typed, printed):
    exercise = symnet.loads(RELU)
    assert maths(Vocabulary(exercise.problem, exercise.notation).maths(typed)) == printed


@pytest.mark.parametrize(
    ("typed", "printed"),
    [("0.05·(-2)", r"0.05 \cdot (-2)"), ("w13*(-2)", r"w_{13} \cdot (-2)"), ("y5(1 - y5)", r"y_{5}(1 - y_{5})")],
)
def test_a_number_in_brackets_is_multiplied_with_a_dot(typed, printed):
    """0.05(−2) could be read as 0.05 of −2, or w(−2) as a function."""
    vocabulary = Vocabulary(symnet.loads(RELU).problem, {})
    assert "".join(latex.maths(vocabulary.maths(typed)).split()) == "".join(printed.split())
