"""The README's examples do what it says."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

import symnet

README = Path(__file__).parent.parent / "README.md"


def blocks(language):
    """The blocks of the README that are marked with that language."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [text for marked, text in found if marked == language]


def test_the_exercise_shown_is_the_one_in_the_folder():
    shown = tomllib.loads(blocks("toml")[1])
    file = tomllib.loads((README.parent / "worksheets/relu.toml").read_text(encoding="utf-8"))
    assert shown["equations"] == file["equations"]
    assert shown["parameters"] == file["parameters"]
    assert shown["given"] == file["given"]


def test_the_derivation_shown_is_what_is_printed(run):
    printed = run("solve", "worksheets/relu.toml", cwd=README.parent).stdout
    assert blocks("")[0] in printed


def commands_shown():
    """[(a command of the README, what it is shown to print)]."""
    shown = [text for text in blocks("") if text.startswith("$ ")]
    return [tuple(said.split("\n", 1)) for text in shown for said in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]]


@pytest.mark.parametrize(("command", "printed"), commands_shown(), ids=lambda text: text.split("\n")[0][:60])
def test_the_commands_shown_print_what_they_say(command, printed, run):
    symnet_itself, *words = shlex.split(command)
    assert symnet_itself == "symnet"
    assert run(*words, cwd=README.parent).stdout == printed


def test_every_public_name_can_be_used():
    for name in dir(symnet):
        assert getattr(symnet, name) is not None or name.startswith("__")


def test_the_training_shown_runs(capsys):
    scope = {}
    exec(compile(blocks("python")[1], "README.md", "exec"), scope)  # noqa: S102 - our own README
    printed = capsys.readouterr().out
    assert "def step(params, X, T):" in printed
    assert "All ways agree." in printed
    assert scope["run"].losses[-1] < 0.01


def test_the_network_of_layers_shown_learns(capsys):
    scope = {}
    (shown,) = (text for text in blocks("python") if "symnet.sequential" in text)
    exec(compile(shown, "README.md", "exec"), scope)  # noqa: S102 - our own README
    printed = capsys.readouterr().out
    assert "All ways agree." in printed
    assert scope["run"].evaluate(scope["pictures"], scope["sides"]).accuracy > 0.9


@pytest.mark.parametrize("begins", ['title = "One head of attention"', "learning_rate = 0.1\n[network]"])
def test_the_files_of_arrays_and_layers_shown_are_worked(begins, tmp_path, command):
    (shown,) = (text for text in blocks("toml") if text.startswith(begins))
    file = tmp_path / "shown.toml"
    file.write_text(shown, encoding="utf-8")
    assert command("solve", file)[0] == 0
    code, out, _ = command("verify", file)
    assert code == 0
    assert "All ways agree." in out


def test_the_lines_for_sympy_do_what_they_say(capsys):
    scope = {}
    (shown,) = (text for text in blocks("python") if "from_expression" in text)
    exec(compile(shown, "README.md", "exec"), scope)  # noqa: S102 - our own README
    printed = capsys.readouterr().out
    for line in ("v1 = x*y", "v2 = log(v1)", "v3 = sin(v1)", "v4 = relu(v3)", "∂L/∂v1 = ∂L/∂v3*cos(v1) + ∂L/∂v2/v1"):
        assert line in printed.splitlines()
    assert "All ways agree." in printed
    assert scope["mlp"].jacobian("A2", ["W1", "b1"]).shape == (1, 6)
    numbers = [0.3] * len(scope["hessian"].__code__.co_varnames[: scope["hessian"].__code__.co_argcount])
    assert scope["hessian"](*numbers).shape == (9, 9)
