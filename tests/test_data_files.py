"""Data of exercises: CSV files, however they are written, and the [data] table."""

import re

import numpy as np
import pytest
from data_told import HUGE, S12, S13, mistake

from symnet.toml_tables import TomlFloat
from symnet.training import data, datafile
from symnet.training.data import fresh, split
from symnet.training.datafile import Data, read, read_csv

# CSV


@pytest.fixture
def points(tmp_path):
    """points(text) → a CSV file of that text."""

    def write(text):
        path = tmp_path / "points.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        "a,b,y\n1,2.5,-3e2\n4,0,6\n",
        "\ufeffa,b,y\r\n1,2.5,-3e2\r\n4,0,6",
        "\n a ; b ; y \n 1 ; 2.5 ; -3e2 \n\n 4;0;6\n \n",
        "a\tb\ty\n1\t2.5\t-3e2\n4\t0\t6\n",
        'note,"a","b",y,,\n"x, and ""z""",1, "2.5",-3e2,,\n\x0b,4,0,6,1,2\n',
        "a,b,y\r1,2.5,-3e2\r4,0,6\r",
    ],
)
def test_csv_is_read_however_it_is_written(points, text):
    X, Y = read_csv(points(text), ["a", "b"], ["y"])
    assert X.dtype == Y.dtype == np.float64
    assert X.tolist() == [[1, 2.5], [4, 0]]
    assert Y.tolist() == [[-300], [6]]


def test_columns_come_in_the_order_asked(points):
    X, Y = read_csv(points("2020,2021,2022\n1,2,3\n"), ("2022", "2020"), ())
    assert X.tolist() == [[3, 1]]
    assert Y.shape == (1, 0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("weight,y\n1,2\n", ' has no column "wieght"; did you mean "weight"?'),
        ("a,b\n1,2\n", ' has no column "wieght" (known: a, b)'),
        ('"a\nb",c\n1,2\n', " (known: a\\nb, c)"),
        ("1,2\n3,4\n", " begins with numbers; its first line must name the columns"),
        ("wieght,y\n1,2\n3,abc\n", ', line 3, column "y": "abc" is not a finite number; write it like 2, -0.10 or'),
        ("wieght,y\n1,2\n3,\n", ', line 3, column "y": the cell is empty; every cell needs a number'),
        ("wieght,y\n1,2\n,\n", ', line 3, column "wieght": the cell is empty'),
        ("wieght;y\n1;1,5\n", ', line 2, column "y": "1,5" has a decimal comma; write "1.5"'),
        ("wieght,y\n1,nan\n", '"nan" is not a finite number'),
        ("wieght,y\n1,1e999\n", '"1e999" is not a finite number'),
        ("wieght,y\n1,a\x1b[2Jb\n", '"a\\x1b[2Jb" is not a finite number'),
        ("wieght,y\n1,2\n\n1\n", ", line 4 has 1 cells; the first line names 2"),
        ("wieght,y\n1,2,3\n", ", line 2 has 3 cells; the first line names 2"),
        ("wieght,y,y\n1,2,3\n", ' has two columns named "y"; each needs a name of its own'),
        ("", " is empty; its first line must name the columns"),
        (" \n\n", " is empty; its first line must name the columns"),
        ("wieght,y\n\n", " has a first line and no rows; each row is one example"),
        ('wieght,y\n1,"2\n', "is a quotation mark missing?"),
        ('wieght\ty\n"1"x\t2\n', "line 2: '\\t' expected after '\"'; is a quotation mark missing?"),
        (b"wieght,y\n1,\xe9\n", " is not UTF-8 text (at byte 12); save it as CSV in UTF-8"),
        ("wieght,y\n1,2\n".encode("utf-16"), " is not UTF-8 text (at byte 1)"),
    ],
)
def test_csv_says_what_is_wrong_and_where(points, text, says):
    path = points(text)
    line = mistake(read_csv, path, ["wieght"], ["y"], name="data.csv")
    assert line.startswith(f'data.csv "{path}"')
    assert says in line


def test_csv_files_that_cannot_be_read(tmp_path, points, monkeypatch):
    assert mistake(read_csv, tmp_path / "no.csv", ["a"], []).endswith('no.csv": there is no such file')
    assert mistake(read_csv, tmp_path, ["a"], []).endswith(" is a folder; name the CSV file in it")
    assert mistake(read_csv, "a\0b", ["a"], []) == 'csv "a\\x00b": it cannot be read'
    assert "File name too long" in mistake(read_csv, "a" * 5000, ["a"], [])
    monkeypatch.setattr(datafile, "LARGEST_FILE", 2_000_000)
    path = points(b"a\n" + b"1\n" * 1_000_000)
    too_large = ": larger than 2,000,000 bytes, which is more than any CSV file needs"
    assert mistake(read_csv, path, ["a"], []).endswith(too_large)


@pytest.mark.parametrize(
    ("inputs", "targets", "says"),
    [
        ("ab", ["y"], 'csv inputs is "ab"; it must be a list of column names like ["a", "b"]'),
        ([1], ["y"], "csv inputs is [1]; it must be a list"),
        ([""], ["y"], "csv inputs is ['']; it must be a list"),
        ([], ["y"], "csv inputs is empty; name at least one column"),
        (["a"], ["y", "y"], 'csv targets has "y" twice; name each column once'),
    ],
)
def test_column_names_are_checked(points, inputs, targets, says):
    assert says in mistake(read_csv, points("a,y\n1,2\n"), inputs, targets)


# The [data] table

GRID = {"grid": {"x": [-2, 2, 200]}, "targets": {"y": S13}}
UNIFORM = {"uniform": {"x0": [TomlFloat("-0.5"), TomlFloat("0.5")], "x1": ["-1/3", "1/3"]}, "targets": S12}
CSV = {"csv": "points.csv", "inputs": ["a", "b"], "targets": ["y"]}


def test_a_grid_in_a_table(tmp_path):
    table = {**GRID, "validation": TomlFloat("0.2"), "seed": 5}
    found = read(table, tmp_path)
    x = np.linspace(-2, 2, 200)
    assert (found.inputs, found.targets, found.validation, found.seed) == (("x",), ("y",), 0.2, 5)
    assert np.array_equal(found.X, x[:, None])
    assert np.allclose(found.Y[:, 0], 0.1 * x**3 - 0.5 * x**2 + 2 * np.sin(3 * x))
    assert found.formulas == GRID["targets"]
    assert found.standardization is None
    assert "only data.uniform has fresh batches" in mistake(found.batches, 10)


def test_counts_and_limits_may_be_text(tmp_path):
    found = read({"grid": {"x": ["-1/2", TomlFloat("0.5"), "3"]}, "targets": {"y": "x"}}, tmp_path)
    assert found.X.tolist() == [[-0.5], [0], [0.5]]


def test_uniform_ranges_in_a_table(tmp_path):
    found = read({**UNIFORM, "seed": 7}, tmp_path)
    assert found.ranges == {"x0": (-0.5, 0.5), "x1": (-1 / 3, 1 / 3)}
    assert found.X.shape == (0, 2)
    assert found.Y.shape == (0, 1)
    for _ in range(2):
        X, Y = next(found.batches(100))
        expected = next(fresh(found.ranges, S12, 100, 7))
        assert np.array_equal(X, expected[0])
        assert np.array_equal(Y, expected[1])


def test_a_csv_file_is_looked_for_beside_the_exercise(points):
    path = points("a,b,y\n1,2,3\n4,5,6\n")
    found = read(CSV, path.parent)
    assert isinstance(found, Data)
    assert (found.inputs, found.targets, found.validation, found.seed) == (("a", "b"), ("y",), 0, 0)
    assert found.X.tolist() == [[1, 2], [4, 5]]
    assert found.Y.tolist() == [[3], [6]]


def test_inputs_are_standardized_by_the_rows_trained_on(tmp_path):
    table = {**GRID, "validation": "0.2", "seed": 5}
    raw, found = read(table, tmp_path), read({**table, "standardize": True}, tmp_path)
    (training, _), (held, _) = split(found.X, found.Y, 0.2, 5)
    assert abs(training.mean()) < 1e-15
    assert abs(training.std() - 1) < 1e-15
    assert abs(held.mean()) > 1e-3
    assert np.allclose(found.standardization.undo(found.X), raw.X)
    assert np.array_equal(found.Y, raw.Y)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({**GRID, "grid": {"x": [-2, 2]}}, "data.grid.x is [-2, 2]; it must be [from, to, how many]"),
        ({**GRID, "grid": {"x": [2, -2, 9]}}, "data.grid.x goes from 2 to -2; the first must be smaller"),
        ({**GRID, "grid": {"x": [-2, 2, TomlFloat("2.5")]}}, "data.grid.x[2] is 2.5"),
        ({**GRID, "grid": {"x": [-2, "abc", 3]}}, 'data.grid.x: "abc" is not a number'),
        ({**GRID, "grid": {"x": [-2, "nan", 3]}}, 'data.grid.x: "nan" is not a number'),
        ({**GRID, "grid": {"x": ["-1e400", 2, 3]}}, "data.grid.x is "),
        ({**GRID, "grid": {"x": [0, f"{10**400}/3", 3]}}, " is too large for float64"),
        ({**GRID, "grid": {"x": [-2, HUGE, 3]}}, "data.grid.x is a number of too many digits; it must be"),
        ({**GRID, "grid": {"x": TomlFloat("0.5")}}, "data.grid.x is 0.5; it must be"),
        ({**GRID, "grid": {"x y": [1, 2, 3]}}, 'data.grid."x y": a name is'),
        ({**GRID, "grid": 3}, "data.grid is 3; it must be a table like { x = [-2, 2, 200] }"),
        ({**GRID, "grid": {}}, "data.grid is {}; it must be a table"),
        ({**GRID, "targets": ["y"]}, "data.targets is ['y']; it must be a table like { y = "),
        ({"grid": GRID["grid"]}, "data.targets is missing; write it like { y = "),
        ({**GRID, "targets": {"y": 3}}, "data.targets.y is 3; it must be a formula in quotes"),
        ({**GRID, "targets": {"y": "2*"}}, 'data.targets.y: "2*" ends where a value is expected'),
        ({**GRID, "targets": {"x": "2"}}, "data.targets.x is the name of an input too; choose another"),
        ({**GRID, "grid": {"x": [-1, 1, 3]}, "targets": {"y": "1/x"}}, 'data.targets.y: "1/x" has no finite value in'),
        ({**GRID, "inputs": ["x"]}, "data.inputs goes with csv; with grid the inputs are the names under data.grid"),
        ({**GRID, "validation": 1}, "data.validation is 1; it must be from 0, for none, to below 1, such as 0.2"),
        ({**GRID, "validation": True}, "data.validation is True; it must be a number"),
        ({**GRID, "validation": "some"}, 'data.validation: "some" is not a number'),
        ({**GRID, "validation": HUGE}, "data.validation is a number of too many digits; it must be from 0"),
        ({**GRID, "validation": "0.001"}, "data.validation: holding back 0.001 of 200 rows leaves no row to validate"),
        ({**GRID, "seed": -1}, "data.seed is -1; it must be a whole number, 0 or more"),
        ({**GRID, "seed": TomlFloat("1.5")}, "data.seed is 1.5; it must be a whole number, 0 or more"),
        ({**GRID, "seed": False}, "data.seed is False; it must be a number"),
        ({**GRID, "seed": HUGE}, "data.seed is a number of too many digits"),
        ({**GRID, "standardize": "yes"}, 'data.standardize is "yes"; it must be true or false'),
        ({**GRID, "uniform": {}}, "data.grid and data.uniform exclude each other; give one"),
        ({**CSV, "grid": {}}, "data.csv and data.grid exclude each other; give one"),
        ({"targets": {}}, "data.csv, data.grid or data.uniform is missing; give one of them"),
        ({**GRID, "sed": 1}, 'data.sed is not a key here; did you mean "seed"?'),
        ({**UNIFORM, "validation": "0.2"}, "data.validation does not go with data.uniform: every batch is new"),
        ({**UNIFORM, "standardize": True}, "data.standardize does not go with data.uniform: no rows are there"),
        ({**UNIFORM, "uniform": {"x0": [1, 2, 3]}}, "data.uniform.x0 is [1, 2, 3]; it must be [from, to]"),
        ({**UNIFORM, "uniform": {"x0": [1, 2]}}, 'data.targets.t: name "x1" is not known here'),
        ({**CSV, "csv": TomlFloat("1.5")}, "data.csv is 1.5; it must be the name of a file in quotes"),
        ({**CSV, "csv": ""}, 'data.csv is ""; it must be the name of a file in quotes'),
        ({**CSV, "csv": "other.csv"}, 'other.csv": there is no such file'),
        ({**CSV, "inputs": ["a", "c"]}, 'points.csv" has no column "c"'),
        ({**CSV, "inputs": [TomlFloat("0.5")]}, "data.inputs is ['0.5']; it must be a list of column names"),
        ({**CSV, "targets": {"y": "a"}}, "data.targets is {'y': 'a'}; it must be a list of column names"),
        ({**CSV, "targets": ["y", "y"]}, 'data.targets has "y" twice'),
        ({"csv": "points.csv", "inputs": ["a"]}, "data.targets is missing; with csv it is a list of columns"),
        ({"csv": "points.csv", "targets": ["a"]}, "data.inputs is missing; with csv it is a list of columns"),
        ({**CSV, "inputs": ["big"], "standardize": True}, "data.standardize: column 0 of X is too large"),
    ],
)
def test_the_table_says_what_is_wrong(points, table, says):
    path = points("a,b,y,big\n1,2,3,1.5e308\n4,5,6,1.4e308\n")
    line = mistake(read, table, path.parent)
    assert line.startswith("data.")
    assert says in line


def test_keys_of_the_table_are_documented():
    assert all(re.search(rf"\b{key}\b", f"{read.__doc__} {Data.__doc__}") for key in datafile.KEYS)


def test_limits_are_those_promised():
    assert data.MOST_POINTS == 10_000_000
    assert datafile.LARGEST_FILE == 64_000_000
