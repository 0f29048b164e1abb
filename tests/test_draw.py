"""symnet draw: a picture in every format, and one line for what cannot be drawn."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

SHEETS = Path(__file__).parent.parent / "worksheets"
RELU = SHEETS / "relu.toml"
STARTS = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF", "dot": b"digraph {", "tex": b"\\documentclass"}


def words_of(path):
    return ElementTree.parse(path).getroot()[0].text


def letters_of(path):
    space = "{http://www.w3.org/2000/svg}"
    return ["".join(text.itertext()) for text in ElementTree.parse(path).getroot().iter(f"{space}text")]


@pytest.mark.parametrize("ending", STARTS)
@pytest.mark.parametrize("options", [(), ("--gradients",), ("--graph", "--symbols"), ("--path", "w13")])
def test_every_ending_with_every_option(command, tmp_path, ending, options):
    if ending in ("png", "pdf"):
        pytest.importorskip("matplotlib")
    target = tmp_path / f"picture.{ending}"
    assert command("draw", RELU, "-o", target, *options) == (0, "", "")
    assert target.read_bytes().startswith(STARTS[ending])
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


def test_the_levels_say_more_and_more(command, tmp_path):
    letters = {}
    for option in ("--symbols", "--values", "--gradients"):
        command("draw", RELU, "-o", tmp_path / "a.svg", option)
        letters[option] = letters_of(tmp_path / "a.svg")
    assert "w13" in letters["--symbols"]
    assert "w13=2" in letters["--values"]
    assert not any("∂" in text for text in letters["--values"])
    assert "∂Loss/∂w13=20" in letters["--gradients"]
    command("draw", RELU, "-o", tmp_path / "b.svg")
    assert letters_of(tmp_path / "b.svg") == letters["--values"]


def test_the_network_by_default_and_the_graph_where_there_is_none(command, tmp_path):
    target = tmp_path / "a.svg"
    command("draw", RELU, "-o", target)
    assert words_of(target).startswith("A 2-2-1 network")
    command("draw", RELU, "-o", target, "--graph")
    assert words_of(target).startswith("The computation graph")
    command("draw", SHEETS / "computation-graph.toml", "-o", target, "--gradients")
    assert words_of(target).startswith("The computation graph of e = a·b")
    assert "∂L/∂a=6" in letters_of(target)


@pytest.mark.parametrize("path", sorted(SHEETS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_exercise_of_the_course_is_drawn_or_says_why_not(command, tmp_path, path):
    target = tmp_path / "a.svg"
    code, out, err = command("draw", path, "-o", target)
    assert out == ""
    if path.stem in ("stopping-early", "learning-a-picture"):  # 512 and 100 units in a layer
        assert (code, target.exists()) == (2, False)
        assert "too large to draw" in err
    else:
        assert (code, err) == (0, "")
        ElementTree.parse(target)


def test_an_exercise_with_data_alone_is_drawn_without_values(command, tmp_path):
    target = tmp_path / "a.svg"
    assert command("draw", SHEETS / "fitting-a-curve.toml", "-o", target)[0] == 0
    assert words_of(target).startswith("A 1-32-1 network: input x₁")
    for options in (["--values"], ["--gradients"], ["--graph"], ["--path", "w"]):
        code, _, err = command("draw", SHEETS / "fitting-a-curve.toml", "-o", target, *options)
        assert code == 2
        assert f"{options[0]} needs an exercise that is worked by hand" in err
    code, _, err = command("draw", SHEETS / "fitting-a-curve.toml", "-o", tmp_path / "a.dot")
    assert code == 2
    assert "a .dot file needs" in err


def test_a_net_whose_loss_is_of_all_examples_is_drawn_once(command, tmp_path):
    command("draw", SHEETS / "training-for-long.toml", "-o", tmp_path / "a.svg")
    assert words_of(tmp_path / "a.svg").startswith("A 3-4-4-1 network:")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((RELU, "-o", "a.jpg"), "the ending must be .svg, .png, .pdf, .dot or .tex"),
        ((RELU, "-o", "a"), "the ending must be"),
        ((RELU, "-o", "a.svg", "--path", "w1"), '"w1" is not a name of this exercise; did you mean "w14"?'),
        ((RELU, "-o", "a.svg", "--path", "Loss"), "no path to highlight"),
        (("none.toml", "-o", "a.svg"), "there is no such file"),
        ((SHEETS / "stopping-early.toml", "-o", "a.svg"), "a 1-512-1 network is too large to draw: at most 40 units"),
    ],
)
def test_what_is_wrong_is_one_line(command, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    code, out, err = command("draw", *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert err.startswith("symnet: ")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_graph_too_large_says_how_large_it_is(command, tmp_path):
    code, _, err = command("draw", SHEETS / "training-for-long.toml", "-o", tmp_path / "a.svg", "--graph")
    assert code == 2
    assert re.search(r"the computation graph has \d{3} boxes and operations, too many to draw \(at most 150\)", err)


def test_the_exercise_itself_is_not_overwritten(command, tmp_path):
    copy = tmp_path / "a.svg"
    copy.write_bytes(RELU.read_bytes())
    code, _, err = command("draw", copy, "-o", copy)
    assert code == 2
    assert "is the exercise itself" in err
    assert copy.read_bytes() == RELU.read_bytes()


def test_without_matplotlib_svg_works_and_png_says_what_to_install(command, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    assert command("draw", RELU, "-o", tmp_path / "a.svg")[0] == 0
    code, _, err = command("draw", RELU, "-o", tmp_path / "a.png")
    assert (code, err) == (3, "symnet: Matplotlib is not installed: pip install 'symnet[plot]'\n")


def test_an_svg_needs_no_optional_part(tmp_path):
    code = (
        "import sys\n"
        "for name in ('matplotlib', 'jax', 'typst', 'nbformat'): sys.modules[name] = None\n"
        "from symnet.commands.printed import draw as drawn\nfrom symnet.exercises.reader import load\n"
        f"drawn.draw(load({str(RELU)!r}), {str(tmp_path / 'a.svg')!r})\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
    assert "w13=2" in letters_of(tmp_path / "a.svg")


def test_help_says_what_the_options_do(command):
    code, out, _ = command("draw", "--help")
    assert code == 0
    for option in ("--graph", "--symbols", "--values", "--gradients", "--path"):
        assert option in out
