"""Figures as SVG, TikZ, DOT, files and words: each says what is drawn, and no word in it becomes markup."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from drawn_nets import NETS, worked

from symnet import figures
from symnet.figures import dot
from symnet.figures.graph import Filling
from symnet.figures.labels import facts_of
from symnet.notation.maths import EQUALS, Accent, Letter, Number, Operator, Root, Script, Word, row
from symnet.paper.drawing import PAGE, Circle, Drawing, Label
from symnet.paper.lettering import estimated, set_line
from symnet.paper.pictures import plotted, svg, tikz
from symnet.paper.printing.text import maths as text_of

# -- words ------------------------------------------------------------------------------------------------------------


def test_the_words_say_who_feeds_whom():
    words = figures.network_figure(worked("relu"), "gradients").words
    assert words.startswith("A 2-2-1 network, with the values of the forward pass and the gradients")
    for part in (
        "inputs x₁ = 1, x₂ = −1", "hidden units y₃ = 5 (from x₃ = 5), y₄ = 0 (from x₄ = −3)", "y₅ = 10 (from x₅ = 10)",
        "compares y₅ with t = 0", "Loss = 50", "w₃₅ = 2 from y₃ to y₅", "∂Loss/∂w₁₃ = 20", "∂Loss/∂y₄ = −10",
    ):  # fmt: skip
        assert part in words
    assert "=" not in figures.network_figure(worked("relu")).words
    assert figures.graph_figure(worked("computation-graph")).words == (
        "The computation graph of e = a·b; d = e + c; L = d·f."
    )


def test_the_words_of_a_graph_say_the_numbers_that_it_shows_and_no_others():
    work = worked("computation-graph")
    words = figures.graph_figure(work, "gradients").words
    assert "values a = 2, b = −3, c = 10, f = −2, e = −6, d = 4, L = −8" in words
    assert "∂L/∂a = 6" in words
    empty = figures.graph_figure(work, Filling("gradients", True, True)).words
    assert "values a = 2, b = −3, c = 10, f = −2." in empty
    half = figures.graph_figure(work, Filling("values", blank_gradients=True)).words
    assert "L = −8" in half
    assert "∂" not in empty + half


# -- pictures ---------------------------------------------------------------------------------------------------------


def test_estimated_widths_are_at_least_those_of_the_letters_drawn():
    pytest.importorskip("matplotlib")
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    fonts = [FontProperties(family="STIXGeneral", style=style) for style in ("normal", "italic")]

    def measured(text, italic):
        return text_to_path.get_text_width_height_descent(text, fonts[italic], False)[0] / fonts[0].get_size_in_points()

    w = Script(Letter("w"), Number("13"), row(Word("("), Number("2"), Word(")")))
    for node in [
        w, row(w, EQUALS, Operator("−", prefix=True), Number("0.5933")), Script(Letter("net"), Letter("h")),
        row(Letter("Loss"), Operator("≈"), Number("12.345")), Accent(Letter("y"), "hat"), Word("LeakyReLU"),
        row(Operator("∂", prefix=True), Letter("Loss"), Word("/"), Operator("∂", prefix=True), Letter("ω")),
    ]:  # fmt: skip
        assert set_line(node, estimated)[1] >= 0.98 * set_line(node, measured)[1], text_of(node)


@pytest.mark.parametrize("name", ["2-2-1", "5-8-8-5", "skips"])
def test_svg_is_xml_with_its_words_and_styles(name):
    figure = figures.network_figure(NETS[name](), "gradients")
    text = svg.render(figure.drawing, 'words <with> & "quotes"')
    root = ElementTree.fromstring(text)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root[0].tag == f"{space}title"
    assert root[0].text == 'words <with> & "quotes"'
    assert len(root.findall(f"{space}circle")) == len([m for m in figure.drawing.marks if isinstance(m, Circle)])
    assert {"line plain", "text gradient", "ground"} <= {element.get("class") for element in root.iter()} | {"ground"}
    assert "id=" not in text.replace("width=", "")  # several may stand in one page


def test_a_root_of_a_power_is_in_brackets():
    label = Label(0, 0, Root(Script(Letter("x"), None, Number("2"))))
    assert "".join(piece.text for piece in set_line(label.text)[0]) == "√(x2)"


def test_svg_sets_letters_slanted_numbers_upright_and_indices_low():
    label = Label(0, 0, Script(Letter("w"), Number("13")), size=10)
    text = svg.render(Drawing(10, 10, (label,)))
    assert '<tspan font-style="italic">w</tspan><tspan dy="2.2" font-size="7">13</tspan>' in text
    stacked = svg.render(Drawing(10, 10, (Label(0, 0, Script(Letter("z"), Number("1"), Number("2"))),)))
    assert re.search(r'dy="-4" font-size="7">2</tspan><tspan dx="-[\d.]+" dy="6.2" font-size="7">1<', stacked)
    assert "−3" in svg.render(Drawing(10, 10, (Label(0, 0, row(Operator("−", prefix=True), Number("3"))),))).replace(
        "<tspan>", ""
    )


@pytest.mark.parametrize("evil", ["</text><script>", 'a"b\\', "%\\input{x}$&#_^~{}", "\x07\u202e"])
def test_words_never_become_markup(evil):
    drawing = Drawing(50, 20, (Label(5, 10, evil), Label(5, 10, Word(evil))))
    root = ElementTree.fromstring(svg.render(drawing, evil))
    assert len(list(root)) == 3
    if "\x07" not in evil:
        assert root[0].text == evil
    assert "\\input{x}" not in tikz.render(drawing)


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_matplotlib_gives_the_bytes_of_a_file_and_the_same_ones_again(kind):
    pytest.importorskip("matplotlib")
    figure = figures.network_figure(NETS["mazur"](), "gradients")
    data = plotted.render(figure.drawing, kind, figure.words)
    assert data.startswith({"png": b"\x89PNG", "pdf": b"%PDF"}[kind])
    assert data == plotted.render(figure.drawing, kind, figure.words)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no TeX here")
@pytest.mark.parametrize("name", ["2-2-1", "mazur", "3-4-4-1", "5-8-8-5", "long names", "skips"])
def test_tikz_compiles_without_a_warning(name, tmp_path):
    drawing = figures.network_figure(NETS[name](), "gradients").drawing
    (tmp_path / "picture.tex").write_text(tikz.standalone(drawing), encoding="utf-8")
    subprocess.run(
        ["pdflatex", "-halt-on-error", "picture"], cwd=tmp_path, check=True, stdout=subprocess.DEVNULL, timeout=60
    )
    log = (tmp_path / "picture.log").read_text(encoding="latin-1")
    assert not re.search(r"Overfull|Warning|Missing character", log)
    assert "(1 page" in log


def test_tikz_is_no_wider_than_a_page():
    wide = tikz.render(Drawing(2 * PAGE, 100, ()))
    assert "scale=0.500,transform shape" in wide
    assert "scale" not in tikz.render(Drawing(PAGE, 100, ()))


def test_dot_says_names_values_gradients_and_edges():
    work = worked("computation-graph")
    text = dot.render(figures.graph_to_draw(work), facts_of(work), "gradients")
    assert r'label="e = −6\n∂L/∂e = −2", shape=box' in text
    assert text.count(" -> ") == 9
    assert text.count("shape=circle") == 3
    assert dot._quoted('\\N "x"') == '"\\\\N \\"x\\""'
    followed = figures.followed_in_graph(work, "a")
    highlighted = dot.render(figures.graph_to_draw(work), facts_of(work), "symbols", followed)
    assert highlighted.count("color=") == 7 + 6  # boxes and circles, and the edges between them


@pytest.mark.skipif(shutil.which("dot") is None, reason="no Graphviz here")
def test_graphviz_reads_the_dot(tmp_path):
    work = worked("relu")
    text = dot.render(figures.graph_to_draw(work), facts_of(work), "gradients", figures.followed_in_graph(work, "w13"))
    made = subprocess.run(["dot", "-Tsvg"], input=text.encode(), capture_output=True, check=True, timeout=60)
    assert made.stdout.count(b"<ellipse") == 4 + 4 + 4 + 4  # of each unit, and −, +, ( )², ÷ 2
