"""Files that mean harm, files that are none, and wrong commands: one line each, within seconds, and nothing left."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from refusals import LINE, NETWORK, one_line

# -- attacks ----------------------------------------------------------------------------------------------------------

CODE = [
    "__import__('os').system('touch X')",
    "().__class__.__bases__[0].__subclasses__()",
    "exec('open(chr(88),chr(119))')",
    "open('X', 'w')",
    "lambda: 0",
    "[c for c in ()]",
    "{}.items()",
    "eval(chr(49))",
    "x if x else w",
    "x; w",
    "`id`",
    "$(touch X)",
    "f'{x}'",
    "x or __builtins__",
    "import os",
    "\\\\u0028x\\\\u0029",
]


def test_code_in_a_formula_is_refused_and_never_run(tmp_path, run):
    files = []
    for i, code in enumerate(CODE):
        files.append(f"bad{i}.toml")
        (tmp_path / files[-1]).write_text(f'[given]\nx = 1\nw = 2\n[equations]\ny = "{code}"', encoding="utf-8")
    done = run("solve", *files, cwd=tmp_path, timeout=20)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == len(files)
    for file, line in zip(files, lines, strict=True):
        assert file in line
        assert "equations.y" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)


@pytest.mark.parametrize("table", ["given", "parameters", "equations", "notation", "samples", "state"])
@pytest.mark.parametrize("name", ["__import__('os').system('touch X')", "x\\ny", "a;b", "a\\u0000b", "${x}", "%s", "1"])
def test_a_name_that_is_code_is_refused(message, table, name):
    text = {
        "given": f'[given]\n"{name}" = 1\n[equations]\ny = "2"',
        "parameters": f'[parameters]\n"{name}" = 1\n[equations]\ny = "2"',
        "equations": f'[equations]\n"{name}" = "1"\ny = "2"',
        "notation": f'[equations]\ny = "2"\n[notation]\n"{name}" = "y"',
        "samples": f'[equations]\ny = "2"\n[[samples]]\n"{name}" = 1',
        "state": f'{LINE}[update]\nrules = ["w = 1"]\nstate = {{ "{name}" = 1 }}',
    }[table]
    assert table in message(text)


@pytest.mark.parametrize("name", ["class", "lambda", "import", "None", "True", "self", "__builtins__", "exec", "print"])
def test_a_python_word_is_a_plain_name(tmp_path, command, name):
    file = tmp_path / "fine.toml"
    file.write_text(
        f'learning_rate = 1\n[parameters]\n{name} = 3\n[equations]\ny = "{name}^2"\nz = "{name}*y"\n'
        f'[update]\nrules = ["{name} = grad({name})"]\n[training]\nsteps = 2',
        encoding="utf-8",
    )
    code, out, err = command("solve", file, "--json")
    assert (code, err) == (0, "")
    assert f'"{name}": {{"exact": "2187"' in out  # 3·3² = 27, then 3·27²


ATTACKS = {
    "a power of powers": ("[equations]\ny = '9**9**9'", "equations.y"),
    "a thousand brackets": (f"[equations]\ny = '{'(' * 1000}1{')' * 1000}'", "nested"),
    "a thousand signs": (f"[equations]\ny = '{'-' * 1000}1'", "nested"),
    "a thousand powers": (f"[given]\nx = 1\n[equations]\ny = '{'x^' * 1000}x'", "nested"),
    "a thousand functions": (f"[given]\nx = 1\n[equations]\ny = '{'exp(' * 1000}x{')' * 1000}'", "nested"),
    "ten thousand open brackets": (f"[equations]\ny = '{'(' * 10_000}'", "equations.y"),
    "a formula of 100,000 characters": (f"[given]\nx = 1\n[equations]\ny = '{'x+' * 50_000}x'", "too long"),
    "a file of 10 MB": (b"[equations]\ny = '2'\n" + b"# padding\n" * 1_000_000, "larger"),
    "a line of 10 MB": (b"title = '" + b"a" * 10_000_000 + b"'", "larger"),
    "a deep dotted key": (".".join(["a"] * 20_000) + " = 1", "deep"),
    "a deep quoted dotted key": (".".join(['"a"'] * 20_000) + " = 1", ""),
    "a deep table": (f"[{'.'.join(['a'] * 20_000)}]", "deep"),
    "deeply nested arrays": (f"x = {'[' * 20_000}{']' * 20_000}", "deep"),
    "deeply nested tables": (f"x = {'{a=' * 20_000}1{'}' * 20_000}", ""),
    "a comment of 900,000 letters": (f"[equations]\ny = 'q' # {'a' * 900_000}", "equations.y"),
    "the largest of 60 values and a mistake": (
        f"[given]\nx = 1\n[equations]\na = 'max({'x, ' * 59}x)'\nb = '1/(a - x)'",
        "division by zero",
    ),
    "a product of 3000 and a mistake": (f"[given]\nx = 1\n[equations]\na = '{'x*' * 3000}x'\nb = '1/(a - x)'", ""),
    "5000 equations and a mistake in the last": (
        "[given]\na0 = 1\n[equations]\n" + "".join(f"a{i + 1} = 'a{i} + 1'\n" for i in range(5000)) + "y = '1/0'",
        "y",
    ),
    "100,000 tables": ("".join(f"[a{i}]\n" for i in range(100_000)), "a0"),
    "a nul byte": (b"[equations]\ny = '2\x003'", "TOML"),
    "an escaped nul": ('[equations]\ny = "2\\u00003"', "equations.y"),
    "a whole number of 100,000 digits": (f"[given]\nx = {'9' * 100_000}\n[equations]\ny = 'x'", ""),
    "a network of a hundred million weights": (
        "[network]\nlayers = [10000, 10000, 10000]\ninit = 'he'\ninputs = [[1]]\ntargets = [[1]]",
        "network",
    ),
    "a binary file": (bytes(range(256)) * 100, ""),
    "a file of nul bytes": (bytes(1000), ""),
    "UTF-16": ("[equations]\ny = '2'".encode("utf-16"), "UTF-8"),
    "an empty file": ("", ""),
    "a file of spaces": ("  \n\n", ""),
    "a file with only a comment": ("# nothing", ""),
}


@pytest.mark.parametrize("case", ATTACKS)
def test_an_attack_is_one_clear_line(attack, case):
    text, part = ATTACKS[case]
    assert part in attack(text)


# -- files ------------------------------------------------------------------------------------------------------------


def test_a_missing_file_is_named(command, tmp_path):
    assert "nowhere.toml" in one_line(*command("solve", tmp_path / "nowhere.toml"))


def test_a_folder_is_named(command, tmp_path):
    (tmp_path / "folder.toml").mkdir()
    assert "folder.toml" in one_line(*command("solve", tmp_path / "folder.toml"))


def test_a_file_name_with_control_characters_is_printed_on_one_line(command, tmp_path):
    assert "nowhere" in one_line(*command("solve", tmp_path / "nowhere\n\x1b[31m.toml"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="an administrator may read every file")
def test_a_file_that_may_not_be_read_is_named(command, tmp_path):
    file = tmp_path / "secret.toml"
    file.write_text(LINE, encoding="utf-8")
    file.chmod(0)
    assert "secret.toml" in one_line(*command("solve", file))


def test_bad_standard_input_is_called_so(run):
    done = run("solve", "-", stdin="[equations]\ny = 'q'", timeout=20)
    assert "standard input" in one_line(done.returncode, done.stdout, done.stderr)


def test_one_bad_file_does_not_stop_the_others(command, tmp_path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(LINE, encoding="utf-8")
    bad.write_text("[equations]\ny = 'q'", encoding="utf-8")
    code, out, err = command("solve", good, bad, good, "--json")
    assert code == 2
    assert out.count("\n") == 2
    assert err.count("\n") == 1


@pytest.fixture
def good(tmp_path):
    file = tmp_path / "good.toml"
    file.write_text(LINE, encoding="utf-8")
    return file


def test_an_output_in_a_missing_folder_makes_it_unless_a_file_is_in_the_way(command, tmp_path, good):
    target = tmp_path / "missing" / "sheet.tex"
    assert command("worksheet", good, "-o", target)[0] == 0
    assert target.exists()
    assert "sheet.tex" in one_line(*command("worksheet", good, "-o", target / "sheet.tex"))


def test_an_output_that_is_a_folder_is_refused_and_nothing_is_left_behind(command, tmp_path, good):
    (tmp_path / "sheet.tex").mkdir()
    assert "sheet.tex" in one_line(*command("worksheet", good, "-o", tmp_path / "sheet.tex"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.toml", "sheet.tex"]


def test_an_output_below_a_file_is_refused(command, good):
    assert "sheet.tex" in one_line(*command("worksheet", good, "-o", good / "sheet.tex"))


@pytest.mark.parametrize("name", ["sheet.docx", "sheet", "sheet.TEX.exe", ".tex"])
def test_an_unknown_ending_is_refused_with_those_that_are_known(command, tmp_path, good, name):
    line = one_line(*command("worksheet", good, "-o", tmp_path / name))
    assert ".tex" in line
    assert ".txt" in line
    assert [path.name for path in tmp_path.iterdir()] == ["good.toml"]


def test_a_bad_exercise_writes_no_sheet(command, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text("[equations]\ny = 'q'", encoding="utf-8")
    line = one_line(*command("worksheet", bad, "-o", tmp_path / "sheet.tex", "--key", tmp_path / "key.tex"))
    assert "bad.toml" in line
    assert [path.name for path in tmp_path.iterdir()] == ["bad.toml"]


def test_a_question_that_cannot_be_answered_names_the_file(command, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text(LINE + '[[question]]\nask = "derivative"\nof = "y"', encoding="utf-8")
    assert "bad.toml" in one_line(*command("worksheet", bad, "-o", tmp_path / "sheet.tex"))
    assert "bad.toml" in one_line(*command("solve", bad))


# -- commands and options ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["slove", "{}"], "solve"),
        (["workseet", "{}"], "worksheet"),
        (["frobnicate"], "frobnicate"),
        (["solve", "{}", "--jsno"], "--json"),
        (["solve", "{}", "--frobnicate"], "--frobnicate"),
        (["--frobnicate"], "--frobnicate"),
        (["solve"], "FILE"),
        (["worksheet", "{}"], "-o"),
        (["solve", "{}", "--digits", "many"], "--digits"),
        (["solve", "{}", "--digits", "0"], "--digits"),
        (["solve", "{}", "--digits", "1000000000"], "--digits"),
        (["solve", "{}", "--steps", "-1"], "--steps"),
        (["solve", "{}", "--steps", "1.5"], "--steps"),
        (["solve", "{}", "--steps"], "--steps"),
        (["solve", "{}", "--wrt", "q"], "q"),
        (["solve", "{}", "--of", "q", "--wrt", "w"], "q"),
        (["solve", "{}", "--of", "L", "--wrt", "q"], "q"),
        (["solve", "{}", "--wrt", "__import__('os')"], "__import__"),
    ],
)
def test_a_wrong_command_or_option_is_one_line(command, good, arguments, part):
    line = one_line(*command(*(argument.format(good) for argument in arguments)))
    assert part in line


def test_no_arguments_show_how_to_use_it_and_exit_2(command):
    code, out, err = command()
    assert code == 2
    assert "Usage" in out + err
    assert "solve" in out + err
    assert "Traceback" not in out + err


def test_the_real_command_exits_2_with_one_line(run, tmp_path):
    done = run("slove", cwd=tmp_path, timeout=20)
    assert "solve" in one_line(done.returncode, done.stdout, done.stderr)


# -- the judge can fail -----------------------------------------------------------------------------------------------


def test_a_traceback_would_be_noticed(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "raise SystemError"], capture_output=True, text=True, cwd=tmp_path, timeout=20
    )
    with pytest.raises(AssertionError):
        one_line(done.returncode, done.stdout, done.stderr)


def test_no_case_above_is_fine_as_it_stands(command, tmp_path):
    for i, text in enumerate((LINE, NETWORK)):
        file = Path(tmp_path / f"{i}.toml")
        file.write_text(text, encoding="utf-8")
        assert command("solve", file, "--json")[0] == 0
