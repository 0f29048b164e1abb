"""What Jupyter shows: every object in four notations, on screen and on paper."""

import copy
import re
import shutil
import subprocess
from xml.etree import ElementTree

import nbformat
import pytest
from IPython.core.formatters import DisplayFormatter
from nbclient import NotebookClient

import symnet
from symnet.algebra.equations import Equations
from symnet.notation.names import Names
from symnet.paper.document import Document
from symnet.sheets.display import latex
from symnet.working.derivation import Derivation
from symnet.working.work import Work

EXERCISE = """
title = "A & B <i> $x$"
introduction = "Work *it* out."
learning_rate = 0.1
[given]
x = 2
t = 1
[parameters]
w = 3
b = -1
[equations]
z = "w*x + b"
y = "sigmoid(z)"
L = "(y - t)^2/2"
"""
KINDS = {"text/plain", "text/html", "text/latex", "text/markdown"}


def objects():
    exercise = symnet.loads(EXERCISE)
    solution = exercise.solve()
    work = Work(solution, Names(exercise.problem.network.names))
    net = symnet.mlp([3, 4, 1], activation="tanh", loss="squared_error")
    return {
        "network of layers": net,
        "backward pass of layers": net.backward,
        "network": symnet.Network.parse("e = a*b\nd = e + c\nL = d*f"),
        "equations": exercise.problem.network.equations,
        "backward pass": exercise.problem.network.backward,
        "equation": exercise.problem.network.equations[0],
        "gradient": Derivation(work, "L").gradient("w"),
        "solution": solution,
        "exercise": exercise,
        "worksheet": exercise.worksheet(),
        "key": exercise.worksheet().key,
        **{name: make(0.1) for name, make in symnet.optimizers.CATALOGUE.items()},
    }


OBJECTS = objects()
each = pytest.mark.parametrize("name", OBJECTS)


@each
def test_ipython_gets_every_notation(name):
    data, _ = DisplayFormatter().format(OBJECTS[name])
    assert set(data) == KINDS
    assert all(data.values())
    assert "<math" in data["text/html"]
    assert "$" in data["text/markdown"]


@each
def test_html_is_one_well_formed_div(name):
    html = OBJECTS[name]._repr_mimebundle_()["text/html"]
    assert html.startswith('<div class="symnet">')
    ElementTree.fromstring(re.sub("<wbr>|<br>", "", html))
    assert "<script" not in html
    assert "<i>" not in html


@each
def test_latex_has_every_formula_in_dollars(name):
    text = OBJECTS[name]._repr_mimebundle_()["text/latex"]
    assert text.count(r"\begin{aligned}") == text.count(r"$$\begin{aligned}")
    assert text.count(r"\end{aligned}") == text.count(r"\end{aligned}$$")
    outside = re.sub(r"\$\$.*?\$\$|\$[^$]*\$", "", text.replace(r"\$", ""), flags=re.DOTALL)
    assert not re.search(r"\\(?:frac|partial|cdot|sigma|bar|leftarrow)\b", outside)


def test_include_and_exclude_choose_the_notations():
    net = OBJECTS["network"]
    assert set(net._repr_mimebundle_(include={"text/plain"})) == {"text/plain"}
    assert set(net._repr_mimebundle_(exclude={"text/html"})) == KINDS - {"text/html"}
    assert net._repr_mimebundle_(include={"image/png"}) == {}


def test_plain_text_is_unicode_working():
    plain = {name: thing._repr_mimebundle_(include={"text/plain"})["text/plain"] for name, thing in OBJECTS.items()}
    assert plain["equations"].splitlines() == ["  z = w·x + b", "  y = σ(z)", "  L = (y − t)²/2"]
    assert "W̄₁ = Xᵀ·Z̄₁" in plain["backward pass of layers"]
    assert "∂L/∂w" in plain["gradient"]
    assert plain["sgd"].startswith("  w ← w − η·g")
    assert plain["worksheet"] == "Worksheet('A & B <i> $x$', 3 questions)"
    assert plain["exercise"] == "Exercise('A & B <i> $x$', 'exercise')"


@each
def test_repr_and_print_are_short(name):
    if not isinstance(OBJECTS[name], (Equations, tuple, symnet.Network)) and name not in ("equation", "gradient"):
        assert len(repr(OBJECTS[name])) < 200
        assert len(str(OBJECTS[name])) < 200


def test_a_worksheet_hides_its_answers_until_they_are_asked_for():
    bundle = OBJECTS["worksheet"]._repr_mimebundle_()
    assert "<details" in bundle["text/html"]
    assert r"\sigma(5)" not in bundle["text/latex"]
    assert r"\sigma(5)" in OBJECTS["key"]._repr_mimebundle_()["text/latex"]


def test_equations_are_the_tuple_they_were():
    equations = symnet.Network.parse("e = a*b\nL = e*c").equations
    plain = tuple(equations)
    assert isinstance(equations, tuple)
    assert equations == plain
    assert plain == equations
    assert hash(equations) == hash(plain)
    assert {equations: 1}[plain] == 1
    assert equations[0] is plain[0]
    assert equations + plain == plain + plain
    assert copy.copy(equations) == plain
    one, other = symnet.mlp([2, 1]), symnet.mlp([2, 1])
    assert one == other
    assert hash(one) == hash(other)
    assert isinstance(one.backward, Equations)


def test_showing_an_exercise_works_no_update(monkeypatch):
    exercise = symnet.loads(EXERCISE + "[training]\nsteps = 10_000_000\n")
    text = exercise._repr_mimebundle_(include={"text/markdown"})["text/markdown"]
    assert "Learning rate: $\\eta = 0.1$." in text
    assert "**1.**" not in text


def test_an_exercise_without_numbers_shows_its_equations():
    exercise = symnet.loads('[given]\nx = 0\n[equations]\ny = "log(x)"\n')
    assert r"\log(x)" in exercise._repr_mimebundle_()["text/latex"]


def test_of_a_large_network_the_first_equations_are_shown():
    net = symnet.unroll(symnet.mlp([16, 16, 16, 1], activation="tanh", loss="squared_error"), 1)
    text = net.backward._repr_mimebundle_(include={"text/plain"})["text/plain"]
    assert len(net.backward) > 500
    assert f"and {len(net.backward) - 200:,} more equations" in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_tex_sets_all_of_it(tmp_path):
    bodies = "\n\n".join(thing._repr_mimebundle_()["text/latex"] for thing in OBJECTS.values())
    sheet = latex(symnet.loads(EXERCISE).worksheet().key.blocks)
    head = "\\documentclass{article}\\usepackage{amsmath}\\begin{document}\n"
    (tmp_path / "t.tex").write_text(f"{head}{bodies}\n\n{sheet}\n\\end{{document}}\n")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"],
        cwd=tmp_path, capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-1500:]


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A notebook of three objects, executed."""
    source = f"import symnet\nexercise = symnet.loads({EXERCISE!r})\n"
    calls = (f"{source}exercise.problem.network.backward", "exercise.solve()", "symnet.sgd(0.1)")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(call) for call in calls])
    folder = str(tmp_path_factory.mktemp("shown"))
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    return notebook


def test_a_kernel_sends_every_notation(shown):
    for cell in shown.cells:
        (output,) = cell.outputs
        assert set(output.data) == KINDS


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of nbconvert's own
def test_nbconvert_shows_maths_on_a_page_and_on_paper(shown):
    from nbconvert import HTMLExporter, LatexExporter

    page, _ = HTMLExporter().from_notebook_node(shown)
    assert page.count('<div class="symnet">') == 3
    assert "<mfrac>" in page
    paper, _ = LatexExporter().from_notebook_node(shown)
    assert r"\frac{\partial L}{\partial w} & = " in paper
    assert r"$\displaystyle w \leftarrow w - \eta\,g$" in paper


def test_nothing_else_is_shown_as_maths():
    with pytest.raises(TypeError, match="not shown as maths"):
        symnet.algebra.shows_as_maths.ShowsAsMaths._repr_mimebundle_(3)
    assert Document("T", ())._repr_mimebundle_(include={"text/plain"}) == {"text/plain": "Document('T', 0 blocks)"}
