"""The commands as people and scripts use them: what goes to which stream, exit codes, and the JSON to the letter."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import mpmath
import pytest
from texts import LINE

RELU = Path(__file__).parent.parent / "worksheets" / "relu.toml"
SIGMOID = """
[given]
x = "1/3"
[parameters]
w = 0.7
[equations]
z = "w*x"
y = "sigmoid(z)"
L = "-log(y)"
"""


@pytest.fixture
def line(tmp_path):
    file = tmp_path / "line.toml"
    file.write_text(LINE, encoding="utf-8")
    return file


@pytest.fixture
def sigmoid(tmp_path):
    file = tmp_path / "sigmoid.toml"
    file.write_text(SIGMOID, encoding="utf-8")
    return file


@pytest.fixture
def solved(command):
    """solved(file, *options) → the JSON object."""

    def solve(*arguments):
        code, out, err = command("solve", *arguments, "--json")
        assert (code, err) == (0, "")
        assert out.count("\n") == 1
        return json.loads(out)

    return solve


# -- solve in text ----------------------------------------------------------------------------------------------------


def test_solve_shows_forward_gradients_with_their_chain_rule_updates_and_the_new_loss(command):
    code, out, err = command("solve", RELU)
    assert (code, err) == (0, "")
    assert "x₃ = w₁₃·x₁ + w₂₃·x₂ = 2·1 + (−3)·(−1) = 5" in out
    assert "∂Loss/∂y₅ · ∂y₅/∂x₅" in out
    assert "∂Loss/∂w₁₃" in out
    assert "w₁₃ ← w₁₃ − η" in out
    assert "Loss is now 0; it was 50" in out


def test_solve_with_wrt_derives_only_that_gradient(command):
    _, out, _ = command("solve", RELU, "--wrt", "w13")
    assert "∂Loss/∂w₁₃" in out
    assert "∂Loss/∂w₂₃" not in out


def test_wrt_may_be_repeated(command):
    _, out, _ = command("solve", RELU, "--wrt", "w13", "--wrt", "w45")
    assert "∂Loss/∂w₁₃" in out
    assert "∂Loss/∂w₄₅" in out
    assert "∂Loss/∂w₂₃" not in out


def test_solve_with_of_and_wrt_derives_one_quantity_by_another(command):
    _, out, _ = command("solve", RELU, "--of", "y5", "--wrt", "x1")
    assert "∂y₅/∂x₁" in out
    assert "∂Loss" not in out


def test_steps_are_carried_out_in_text_too(command, line):
    _, one, _ = command("solve", line)
    _, three, _ = command("solve", line, "--steps", "3")
    assert "3 updates" not in one
    assert "3 updates" in three


def test_digits_are_those_shown(command, sigmoid):
    with mpmath.workdps(40):
        y = 1 / (1 + mpmath.exp(-mpmath.mpf("0.7") / 3))
        short, long = mpmath.nstr(y, 4), mpmath.nstr(y, 20)
    assert long in command("solve", sigmoid, "--digits", "20")[1]
    four = command("solve", sigmoid, "--digits", "4")[1]
    assert short in four
    assert long[:7] not in four


def test_a_long_chain_of_equations_is_worked_or_refused_in_one_line(run, tmp_path):
    file = tmp_path / "chain.toml"
    chain = "".join(f"a{i + 1} = 'a{i} + 1'\n" for i in range(1500))
    file.write_text(f"[given]\na0 = 1\n[equations]\n{chain}", encoding="utf-8")
    done = run("solve", str(file))
    assert done.returncode in (0, 2)
    assert done.stderr.count("\n") == (done.returncode == 2)


# -- JSON -------------------------------------------------------------------------------------------------------------


def test_the_json_of_solve_has_exactly_the_keys_of_its_schema(solved, line):
    answer = solved(line)
    assert list(answer) == [
        "schema", "file", "title", "forward", "gradients", "partials", "updated", "forward_after",
    ]  # fmt: skip
    assert answer["schema"] == "symnet.solve/1"
    assert answer["file"] == str(line)
    assert answer["title"] == "A line"
    assert list(answer["forward"]) == ["y", "L"]
    assert set(answer["gradients"]) == {"x", "t", "w", "b", "y", "L"}
    assert set(answer["partials"]) == {"y/w", "y/x", "y/b", "L/y", "L/t"}
    assert set(answer["updated"]) == {"w", "b"}
    assert list(answer["forward_after"]) == ["y", "L"]


def test_every_number_in_json_is_an_exact_and_a_decimal_text(solved, line):
    answer = solved(line, "--history", "--of", "y", "--wrt", "w")
    tables = [answer[key] for key in ("forward", "gradients", "partials", "updated", "forward_after", "derivatives")]
    tables += [table for moment in answer["history"] for table in moment.values()]
    for table in tables:
        for number in table.values():
            assert set(number) == {"exact", "decimal"}
            assert isinstance(number["decimal"], str)
            assert Fraction(number["exact"]) == Fraction(number["decimal"])


def test_of_and_wrt_add_total_derivatives(solved, line):
    answer = solved(line, "--of", "L", "--of", "y", "--wrt", "w", "--wrt", "t")
    exact = {pair: Fraction(number["exact"]) for pair, number in answer["derivatives"].items()}
    # L = (wx + b − t)²/2 at w = 3, x = 2, b = −1, t = 1.
    assert exact == {"L/w": 8, "L/t": -4, "y/w": 2, "y/t": 0}


def test_the_derivative_of_a_name_by_itself_is_one(solved, line):
    answer = solved(line, "--of", "w", "--wrt", "w", "--wrt", "b")
    assert {pair: number["exact"] for pair, number in answer["derivatives"].items()} == {"w/w": "1", "w/b": "0"}


def test_a_total_derivative_goes_through_everything_between(solved):
    answer = solved(RELU, "--of", "y5", "--wrt", "w13")
    assert answer["derivatives"]["y5/w13"]["exact"] == "2"  # 1·w35·1·x1


def test_without_of_there_are_no_derivatives_and_without_history_no_history(solved, line):
    assert not {"derivatives", "history"} & set(solved(line))


def test_history_has_forward_gradients_and_parameters_before_each_update(solved, line):
    history = solved(line, "--history", "--steps", "2")["history"]
    assert [set(moment) for moment in history] == [{"forward", "gradients", "parameters"}] * 2
    assert history[0]["parameters"] == {"w": {"exact": "3", "decimal": "3"}, "b": {"exact": "-1", "decimal": "-1"}}
    # After one update: w = 3 − 0.1·8, b = −1 − 0.1·4.
    assert history[1]["parameters"]["w"]["exact"] == "11/5"
    assert history[1]["forward"]["y"]["exact"] == "3"


def test_history_is_empty_where_nothing_is_updated(solved, sigmoid):
    assert solved(sigmoid, "--history")["history"] == []


def test_json_is_one_object_a_line_a_file(command, line, sigmoid):
    code, out, err = command("solve", line, sigmoid, line, "--json")
    assert (code, err) == (0, "")
    files = [json.loads(text)["file"] for text in out.splitlines()]
    assert files == [str(line), str(sigmoid), str(line)]


def test_a_title_in_any_script_stands_in_json(tmp_path, solved):
    file = tmp_path / "title.toml"
    file.write_text('title = "Übung “1” 神经\\n\\u001b"\n' + LINE.replace('title = "A line"', ""), encoding="utf-8")
    assert solved(file)["title"] == "Übung “1” 神经\n\x1b"


def truth():
    """The numbers of SIGMOID in mpmath."""
    z = mpmath.mpf("0.7") / 3
    y = 1 / (1 + mpmath.exp(-z))
    return {"z": z, "y": y, "L": -mpmath.log(y)}, {"w": (y - 1) / 3, "x": (y - 1) * mpmath.mpf("0.7"), "z": y - 1}


def is_rounded(text, value, digits):
    """Whether the decimal is within half a unit of its last digit, and no longer than allowed."""
    shown = Decimal(text)
    size = int(mpmath.floor(mpmath.log10(abs(value))))
    unit = mpmath.mpf(10) ** (size - digits + 1)
    return len(shown.normalize().as_tuple().digits) <= digits and abs(mpmath.mpf(text) - value) <= unit / 2


@pytest.mark.parametrize("digits", [None, 1, 2, 3, 5, 12, 17, 40, 200])
def test_decimals_are_correctly_rounded_to_the_digits_asked_for(solved, sigmoid, digits):
    answer = solved(sigmoid, *([] if digits is None else ["--digits", digits]))
    with mpmath.workdps(300):
        for key, numbers in zip(("forward", "gradients"), truth(), strict=True):
            for name, value in numbers.items():
                assert is_rounded(answer[key][name]["decimal"], value, digits or 12), name


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("exp(x) - 1 - x", lambda x: mpmath.exp(x) - 1 - x),
        ("1 - cos(x)", lambda x: 1 - mpmath.cos(x)),
        ("exp(1/x)", lambda x: mpmath.exp(1 / x)),
        ("sin(1/x^5)", lambda x: mpmath.sin(1 / x**5)),
        ("tanh(x) - x", lambda x: mpmath.tanh(x) - x),
    ],
)
def test_cancellation_costs_no_digit(tmp_path, solved, formula, value):
    file = tmp_path / "cancel.toml"
    file.write_text(f'[given]\nx = 1e-4\n[equations]\ny = "{formula}"', encoding="utf-8")
    with mpmath.workdps(200):
        expected = value(mpmath.mpf(10) ** -4)
        assert is_rounded(solved(file)["forward"]["y"]["decimal"], expected, 12)


@pytest.mark.parametrize("z", [10, 100, 1000])
def test_a_saturated_sigmoid_keeps_its_gap_to_one(tmp_path, solved, z):
    file = tmp_path / "saturated.toml"
    file.write_text(f'[given]\nz = {z}\n[equations]\ny = "sigmoid(z)"\nL = "1 - y"', encoding="utf-8")
    with mpmath.workdps(40):
        gap = 1 / (1 + mpmath.exp(z))
        assert is_rounded(solved(file)["forward"]["L"]["decimal"], gap, 12)


@pytest.mark.parametrize(
    ("number", "decimal"),
    [
        ("2", "2"), ("-0.10", "-0.1"), ("1/3", "0.333333333333"), ("2/3", "0.666666666667"), ("1e-7", "1e-7"),
        ("1e30", "1e30"), ("123456789012345", "123456789012000"), ("0", "0"), ("-0", "0"),
    ],
)  # fmt: skip
def test_decimals_have_the_value_they_stand_for(tmp_path, solved, number, decimal):
    file = tmp_path / "number.toml"
    file.write_text(f'[given]\nx = "{number}"\n[equations]\ny = "x"', encoding="utf-8")
    given = solved(file)["forward"]["y"]
    assert Fraction(given["exact"]) == Fraction(number)
    assert Decimal(given["decimal"]) == Decimal(decimal)


def test_the_judge_of_rounding_can_fail():
    with mpmath.workdps(30):
        assert is_rounded("0.333", mpmath.mpf(1) / 3, 3)
        assert not is_rounded("0.334", mpmath.mpf(1) / 3, 3)
        assert not is_rounded("0.3333", mpmath.mpf(1) / 3, 3)


# -- standard input and pipes -----------------------------------------------------------------------------------------


def test_a_dash_is_standard_input(run):
    done = run("solve", "-", "--json", stdin=LINE)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["forward"]["y"]["exact"] == "5"


def test_a_dash_among_files_is_standard_input(run, line):
    done = run("solve", str(line), "-", "--json", stdin=SIGMOID)
    assert (done.returncode, done.stderr) == (0, "")
    assert [set(json.loads(text)["forward"]) for text in done.stdout.splitlines()] == [{"y", "L"}, {"z", "y", "L"}]


@pytest.mark.parametrize("options", [[], ["--json"], ["--json", "--history", "--steps", "200"]])
def test_a_reader_that_goes_away_causes_no_traceback(line, options):
    files = [str(line)] * 40
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "symnet", "solve", *files, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.read(5)
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(timeout=60)
    assert err == b""


def test_no_colour_and_no_control_codes_go_into_a_pipe(run, line):
    assert "\x1b" not in run("solve", str(line)).stdout


def test_output_in_any_locale_is_no_crash(line):
    done = subprocess.run(
        [sys.executable, "-m", "symnet", "solve", str(line)],
        capture_output=True,
        env={**os.environ, "LC_ALL": "C", "LANG": "C", "PYTHONIOENCODING": "ascii"},
        timeout=60,
    )
    assert b"Traceback" not in done.stderr


# -- worksheet --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".tex", ".txt"])
def test_worksheet_writes_the_sheet_without_and_the_key_with_answers(command, tmp_path, line, ending):
    sheet, key = tmp_path / f"sheet{ending}", tmp_path / f"key{ending}"
    code, out, err = command("worksheet", line, "-o", sheet, "--key", key)
    assert (code, out, err) == (0, "", "")
    without, with_answers = sheet.read_text(encoding="utf-8"), key.read_text(encoding="utf-8")
    assert "A line" in without
    assert "A line" in with_answers
    assert "2.2" in with_answers  # w = 3 − 0.1·8
    assert "2.2" not in without.split("A line", 1)[1]
    assert len(without) < len(with_answers)


def test_a_sheet_alone_is_written_without_a_key(command, tmp_path, line):
    assert command("worksheet", line, "-o", tmp_path / "sheet.tex")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["line.toml", "sheet.tex"]


def test_a_sheet_and_its_key_may_have_different_formats(command, tmp_path, line):
    assert command("worksheet", line, "-o", tmp_path / "sheet.tex", "--key", tmp_path / "key.txt")[0] == 0
    assert (tmp_path / "sheet.tex").read_text(encoding="utf-8").startswith("\\documentclass")
    assert (tmp_path / "key.txt").read_text(encoding="utf-8").startswith("A line")


def test_the_sheet_is_the_same_with_and_without_a_key(command, tmp_path, line):
    command("worksheet", line, "-o", tmp_path / "one.tex")
    command("worksheet", line, "-o", tmp_path / "two.tex", "--key", tmp_path / "key.tex")
    assert (tmp_path / "one.tex").read_bytes() == (tmp_path / "two.tex").read_bytes()


def test_an_older_sheet_is_replaced(command, tmp_path, line):
    (tmp_path / "sheet.txt").write_text("A line\nold", encoding="utf-8")
    assert command("worksheet", line, "-o", tmp_path / "sheet.txt")[0] == 0
    assert "old" not in (tmp_path / "sheet.txt").read_text(encoding="utf-8")
    assert "A line" in (tmp_path / "sheet.txt").read_text(encoding="utf-8")


def test_a_sheet_has_the_permissions_of_an_ordinary_file(command, tmp_path, line):
    command("worksheet", line, "-o", tmp_path / "sheet.txt")
    assert (tmp_path / "sheet.txt").stat().st_mode == line.stat().st_mode


def same_places(tmp_path):
    (tmp_path / "folder").mkdir()
    return [
        tmp_path / "sheet.tex",
        tmp_path / "." / "sheet.tex",
        f"{tmp_path}/folder/../sheet.tex",
        f"{tmp_path}//sheet.tex",
    ]


@pytest.mark.parametrize("which", range(4))
def test_a_key_may_not_replace_its_sheet(command, tmp_path, line, which):
    key = same_places(tmp_path)[which]
    code, out, err = command("worksheet", line, "-o", tmp_path / "sheet.tex", "--key", key)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert "sheet.tex" in err
    assert not (tmp_path / "sheet.tex").exists()


def test_nothing_is_written_when_the_key_cannot_be(command, tmp_path, line):
    (tmp_path / "key.tex").mkdir()
    code, out, err = command("worksheet", line, "-o", tmp_path / "sheet.tex", "--key", tmp_path / "key.tex")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "key.tex" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key.tex", "line.toml"]


@pytest.mark.parametrize("key", ["line.toml/key.tex", "key.docx"])
def test_nothing_is_written_when_the_key_has_no_place(command, tmp_path, line, key):
    code, _, err = command("worksheet", line, "-o", tmp_path / "sheet.tex", "--key", tmp_path / key)
    assert code == 2
    assert Path(key).name in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["line.toml"]


def test_an_older_sheet_stays_when_the_key_cannot_be_written(command, tmp_path, line):
    old = "old\n% made by symnet\n"
    (tmp_path / "sheet.tex").write_text(old, encoding="utf-8")
    assert command("worksheet", line, "-o", tmp_path / "sheet.tex", "--key", line / "key.tex")[0] == 2
    assert (tmp_path / "sheet.tex").read_text(encoding="utf-8") == old


def test_the_same_exercise_gives_the_same_sheet_byte_for_byte(run, tmp_path):
    for name in ("one.tex", "two.tex"):
        assert run("worksheet", str(RELU), "-o", str(tmp_path / name)).returncode == 0
    assert (tmp_path / "one.tex").read_bytes() == (tmp_path / "two.tex").read_bytes()


# -- exit codes, help and what is imported ----------------------------------------------------------------------------


def test_help_of_every_command_is_fine(command):
    for name in ("solve", "worksheet"):
        code, out, err = command(name, "--help")
        assert (code, err) == (0, "")
        assert "Usage" in out
        assert "FILE" in out


def test_version_is_that_of_the_package(command):
    from symnet import __version__

    assert command("--version")[1].strip().endswith(__version__)


def imported(code):
    """The modules that a new interpreter has imported after the code."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint('\\n'.join(sys.modules), file=sys.stderr)"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


HEAVY = {"sympy", "jax", "matplotlib", "typst", "mpmath", "numpy"}
HELP = (
    "import sys\nfrom symnet import cli\nsys.argv = ['symnet', '--help']\ntry:\n    cli.main()\nexcept SystemExit: pass"
)


def test_importing_symnet_imports_nothing_heavy():
    assert not imported("import symnet") & HEAVY


def test_help_imports_nothing_heavy():
    assert not imported(HELP) & HEAVY


def test_solving_imports_neither_jax_nor_matplotlib(line):
    code = f"import symnet\nsymnet.load({str(line)!r}).solve()"
    modules = imported(code)
    assert not modules & {"jax", "matplotlib", "typst"}
    assert "sympy" in modules


def test_the_check_of_imports_can_fail():
    assert "mpmath" in imported("import symnet, mpmath") & HEAVY
    assert "sympy" in imported("import symnet\nsymnet.Network") & HEAVY


def test_the_installed_command_is_the_module(run):
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "solve" in done.stdout
    assert "worksheet" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_is_one_line():
    relu = Path(__file__).parent.parent / "worksheets/relu.toml"
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "symnet", "solve", str(relu)], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cannot be written" in done.stderr
