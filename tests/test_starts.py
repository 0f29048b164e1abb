"""The files to start from: each is one of its kind, loads, is worked and makes a sheet."""

import pytest
from refusals import one_line

from symnet import starts
from symnet.exercises.reader import loads


@pytest.mark.parametrize("kind", starts.kinds())
def test_a_file_to_start_from_works(kind):
    text = starts.text_of(kind)
    exercise = loads(text)
    assert starts.says(kind).endswith(".") or exercise.trains
    assert len(text.splitlines()) <= 60
    assert all(len(line) <= 100 for line in text.splitlines())
    if exercise.trains:
        assert exercise.plan.optimizer is not None
    else:
        assert exercise.solve().forward
    assert exercise.worksheet().key.blocks


def test_a_file_is_written_and_never_lost(command, tmp_path):
    file = tmp_path / "net.toml"
    code, out, _ = command("new", "relu", "-o", file)
    assert (code, out) == (0, "")
    assert file.read_text(encoding="utf-8") == starts.text_of("relu") == command("new", "relu")[1]
    file.write_text(starts.text_of("relu") + "# mine\n", encoding="utf-8")
    assert "--force" in one_line(*command("new", "softmax", "-o", file))
    assert "--force" in one_line(*command("new", "relu", "-o", file))
    assert file.read_text(encoding="utf-8").endswith("# mine\n")
    assert command("new", "softmax", "-o", file, "--force")[0] == 0
    assert file.read_text(encoding="utf-8") == starts.text_of("softmax")


def test_the_kinds_are_listed_and_suggested(command):
    code, out, _ = command("new")
    assert code == 0
    assert all(kind in out and starts.says(kind) in out for kind in starts.kinds())
    assert 'did you mean "softmax"?' in one_line(*command("new", "sofmax"))
    assert "-o" in one_line(*command("new", "relu", "--force"))
