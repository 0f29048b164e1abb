"""What is written: said on standard error, in folders that are made, and never over a stranger's file."""

import os
from pathlib import Path

import pytest

from symnet import files
from symnet.algebra.mistakes import Mistake
from symnet.files import overwriting, telling, write_all
from symnet.ours import MARK, is_ours

ROOT = Path(__file__).parent.parent
RELU = ROOT / "worksheets" / "relu.toml"
ENDINGS = ["tex", "typ", "html", "md", "ipynb", "txt"]
COMMANDS = {
    **dict.fromkeys(ENDINGS, ("worksheet", RELU, "-o")),
    **dict.fromkeys(("svg", "dot", "png"), ("draw", RELU, "-o")),
    "xml": ("export", RELU, "--to", "moodle", "-o"),
    "quiz.txt": ("export", RELU, "--to", "text2qti", "-o"),
    "npz": ("train", ROOT / "worksheets" / "training-a-small-net.toml", "--steps", "1", "--save"),
    "csv": ("mark", RELU, "answers.csv", "-o"),
}


@pytest.mark.parametrize("ending", COMMANDS)
def test_what_is_written_is_said_and_replaced_when_it_is_ours_alone(command, tmp_path, monkeypatch, ending):
    if ending in ("png", "svg"):
        pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    Path("answers.csv").write_text("student,y5\nAda,10\n", encoding="utf-8")
    target = Path("new") / "folder" / f"out.{ending}"
    arguments = (*COMMANDS[ending], target)
    for _ in range(2):  # the second time it replaces its own
        code, _, err = command(*arguments)
        assert code == 0, err
        assert command.wrote == f"symnet: wrote {target}\n"
    target.write_bytes(b"a stranger's own words\n")
    code, _, err = command(*arguments)
    assert (code, command.wrote) == (2, "")
    assert "is there already, and symnet did not write it; give another name, or --force" in err
    assert target.read_bytes() == b"a stranger's own words\n"
    assert command(*arguments, "--force")[0] == 0
    assert b"stranger" not in target.read_bytes()
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_nothing_of_it_is_on_standard_output(command, tmp_path):
    assert command("worksheet", RELU, "-o", tmp_path / "s.md", "--key", tmp_path / "k.md") == (0, "", "")
    assert command.wrote == f"symnet: wrote {tmp_path / 's.md'} and {tmp_path / 'k.md'}\n"


def test_a_key_is_not_written_when_the_sheet_would_replace_a_strangers_file(command, tmp_path):
    (tmp_path / "s.md").write_text("# Shopping", encoding="utf-8")
    assert command("worksheet", RELU, "-o", tmp_path / "s.md", "--key", tmp_path / "k" / "k.md")[0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["s.md"]


def test_papers_are_counted(command, tmp_path):
    code, _, _ = command(
        "worksheet", RELU, "-o", tmp_path / "s.md", "--key", tmp_path / "k.md", "--variants", "5", "--salt", "a"
    )
    assert code == 0
    assert command.wrote == (
        f"symnet: wrote 5 papers to {tmp_path / 's-….md'}, their keys to {tmp_path / 'k-….md'}, "
        f"{tmp_path / 'k.csv'} and {tmp_path / 'k.json'}\n"
    )


def test_many_files_are_counted_by_folder(tmp_path):
    said = []
    with telling(said.append):
        write_all({tmp_path / f"{i}.tex": "x" for i in range(6)})
    assert said == [f"wrote 6 files to {tmp_path}{os.sep} (0.tex … 5.tex)"]


def test_a_folder_that_was_made_goes_again_where_nothing_could_be_written(tmp_path):
    def texts():
        yield tmp_path / "a" / "b" / "one.tex", "x"
        raise Mistake("the second cannot be made")

    with pytest.raises(Mistake, match="second"):
        write_all(texts())
    assert list(tmp_path.iterdir()) == []


def test_what_stands_in_the_way_is_said(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(Mistake, match="is a file, not a folder"):
        write_all({tmp_path / "file" / "a.tex": "x"})
    with pytest.raises(Mistake, match="is a folder; name the file in it"):
        write_all({tmp_path: "x"})


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_in(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(Mistake, match="nothing can be written in this folder"):
        write_all({closed / "deep" / "a.tex": "x"})


def test_in_python_a_block_allows_it(tmp_path):
    place = tmp_path / "a.svg"
    place.write_text("<svg/>", encoding="utf-8")
    with pytest.raises(Mistake, match="replace it inside symnet"):
        write_all({place: "<svg>ours</svg>"})
    with overwriting():
        write_all({place: "<svg>ours</svg>"})
    assert place.read_text(encoding="utf-8") == f"<svg>ours</svg>\n<!-- {MARK} -->\n"
    write_all({place: "<svg>ours again</svg>"})


def test_an_empty_file_and_the_same_file_are_no_loss(tmp_path):
    place = tmp_path / "a.csv"
    place.touch()
    write_all({place: "student,points\nAda,1\n"})
    write_all({place: "student,points\nAda,2\n"})  # the same header
    with pytest.raises(Mistake, match="is there already"):
        write_all({place: "name,marks\n"})


def test_a_marked_png_is_still_a_picture(tmp_path):
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread, imsave

    imsave(tmp_path / "plain.png", [[0.0, 1.0], [1.0, 0.0]])
    data = (tmp_path / "plain.png").read_bytes()
    assert not is_ours(tmp_path / "plain.png")
    write_all({tmp_path / "ours.png": data})
    assert is_ours(tmp_path / "ours.png")
    assert (imread(tmp_path / "ours.png") == imread(tmp_path / "plain.png")).all()


def test_nothing_is_told_outside_a_command(tmp_path, capsys):
    write_all({tmp_path / "a.tex": "x"})
    assert capsys.readouterr() == ("", "")
    assert files._say.get() is None
