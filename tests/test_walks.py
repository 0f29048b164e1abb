"""The first lessons of the README, carried out as they stand there, each in a folder of its own."""

import re
import shlex
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
SECTION = README.read_text(encoding="utf-8").partition("## A first lesson\n")[2].partition("\n## ")[0]
WALKS = {part.partition(":")[0]: part for part in SECTION.split("\n### ")[1:]}
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
MAY_FAIL = ("check",)  # its exit code says that an answer is wrong


def test_there_is_one_for_each_of_the_three_users():
    assert list(WALKS) == ["A teacher", "A student", "A programmer"]


@pytest.mark.parametrize("who", WALKS)
def test_the_first_lesson_works_as_it_stands(who, tmp_path, monkeypatch, command, capsys):
    monkeypatch.chdir(tmp_path)
    for language, text in _BLOCK.findall(WALKS[who]):
        if language == "console":
            for typed in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                line, *shown = typed.rstrip("\n").split("\n")
                symnet_itself, *words = shlex.split(line)
                assert symnet_itself == "symnet"
                code, out, err = command(*words)
                assert code in ((0, 1) if words[0] in MAY_FAIL else (0,)), err
                assert "\n".join(shown) in out
        elif language == "text":
            assert text.startswith("npm ")  # of another language, and a server that does not end
        elif language == "toml":
            with open("net.toml", "a", encoding="utf-8") as file:
                file.write(f"\n{text}")
        elif language == "csv":
            Path("answers.csv").write_text(text, encoding="utf-8")
        else:
            assert language == "python"
            exec(compile(text, "README.md", "exec"), {})  # noqa: S102 - our own README
            printed = capsys.readouterr().out
            assert printed.startswith("10 9/10\n")
            assert "∂L/∂z = y*∂L/∂y*(1 - y)\n∂L/∂w = x*∂L/∂z\n" in printed
            assert Path("net-key.html").exists()
            assert "functions: sigmoid\n" in printed
            assert "    dL_dW = X.T @ dL_dZ\n" in printed  # of the network of arrays
    if who == "A teacher":
        assert len(list(tmp_path.glob("paper-*.html"))) == 12
