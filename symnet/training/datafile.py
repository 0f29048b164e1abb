"""The [data] table of an exercise file, and the CSV files it names.

``read`` makes Data of the table: rows from a CSV file (``read_csv``), rows on a grid with targets by formula, or ranges
from which every batch is drawn fresh.
"""

from __future__ import annotations

import csv
import io
import math
import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from sys import intern
from typing import Any

import numpy as np

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.parsing import exact_number
from symnet.computing.arrays import Array, Rows, written
from symnet.reading import read_bytes, separator_of
from symnet.training.data import Standardization, evaluate, fresh, grid, split, standardize

LARGEST_FILE = 64_000_000  # bytes
MOST_COLUMNS = 100_000  # that one range of names stands for

KEYS = ("csv", "inputs", "targets", "grid", "uniform", "validation", "seed", "standardize")
_NO_NUMBERS = ("nan", "na", "n/a", "inf", "infinity", "none", "null")  # where a number is missing, not a class
_RANGE = re.compile(r"(\D*)(\d{1,6})\.\.(\D*)(\d{1,6})")
_SOURCES = ("csv", "grid", "uniform")


@dataclass(frozen=True, eq=False)
class Data:
    """What to train on: rows X (n, inputs) and Y (n, targets), or ``ranges`` to draw fresh rows from.

    ``inputs`` and ``targets`` name the columns.  ``validation`` is the share of rows to hold back (0 for none), by
    ``split`` with ``seed``.  ``formulas`` are the targets, where formulas give them.  With ``ranges`` X and Y have no
    rows; ``batches`` draws them.  ``standardization`` is what X has already been through, None for nothing.  ``words``
    are the labels that the numbers of a single target column, 0, 1, …, stand for where the file has words there.
    """

    X: Array
    Y: Array
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    validation: float = 0.0
    seed: int = 0
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    formulas: Mapping[str, str] = field(default_factory=dict)
    standardization: Standardization | None = None
    words: tuple[str, ...] = ()

    def batches(self, batch_size: int) -> Iterator[Rows]:
        """Endless fresh batches (X, Y), the same ones at every call; only for data with ``ranges``."""
        if not self.ranges:
            raise Mistake("these data are fixed rows, X and Y; only data.uniform has fresh batches")
        return fresh(self.ranges, self.formulas, batch_size, self.seed)


def read(table: Mapping[str, Any], folder: str | Path) -> Data:
    """The data that a [data] table describes; a CSV file is looked for in ``folder``.

    Exactly one of ``csv`` (a file, with lists ``inputs`` and ``targets`` of its columns, "p0..p63" being 64), ``grid``
    and ``uniform`` (with ``targets``, a table of formulas).  Numbers are ints, or the text of a number as the file has
    it.  ``standardize = true`` gives every input mean 0 and deviation 1 over the rows that ``validation`` leaves to
    train on, and moves the rows held back by the same amounts.  Raises Mistake, whose line starts with the key.
    """
    for key in table:
        if key not in KEYS:
            raise Mistake(f"data.{shown(key)[1:-1]} is not a key here{suggestion(key, KEYS)}")
    sources = [key for key in _SOURCES if key in table]
    if len(sources) > 1:
        raise Mistake(f"data.{sources[0]} and data.{sources[1]} exclude each other; give one")
    if not sources:
        raise Mistake("data.csv, data.grid or data.uniform is missing; give one of them")
    source = sources[0]
    wants_standard = table.get("standardize", False)
    if not isinstance(wants_standard, bool):
        raise Mistake(f"data.standardize is {written(wants_standard)}; it must be true or false")
    validation = _validation(table.get("validation", 0))
    seed = _number(table.get("seed", 0), "data.seed")
    if type(seed) is not int or not 0 <= seed < 2**63:
        raise Mistake(f"data.seed is {written(seed)}; it must be a whole number, 0 or more, below 2^63")
    if source == "uniform":
        for key, given in (("validation", validation), ("standardize", wants_standard)):
            if given:
                why = "every batch is new, so there are no rows to hold back and its loss is a validation already"
                if key == "standardize":
                    why = "no rows are there beforehand to take a mean of; choose the ranges instead"
                raise Mistake(f"data.{key} does not go with data.uniform: {why}")
    data = _from_csv(table, folder) if source == "csv" else _from_formulas(table, source, seed)
    return _prepared(data, validation, seed, wants_standard)


def read_csv(path: str | Path, inputs: Sequence[str], targets: Sequence[str], name: str = "csv") -> Rows:
    """X (n, inputs) and Y (n, targets), float64, from the columns of a CSV file in UTF-8 whose first line names them.

    Y is (n,), the words, where the single column of targets begins with one that is no number: the labels of classes.
    Commas, semicolons or tabs separate the cells, whichever the first line has most of; numbers have a decimal point.
    Empty lines are passed over.  ``name`` begins every message; what is wrong is located by file, line and column.
    """
    wanted = [*_column_names(inputs, f"{name} inputs"), *_column_names(targets, f"{name} targets")]
    if not inputs:
        raise Mistake(f"{name} inputs is empty; name at least one column")
    where = f"{name} {shown(path, 200)}"
    text = _contents(path, where)
    first = text.lstrip().partition("\n")[0]
    # A list of lines would split at form feeds and other signs that may stand in a cell.
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=separator_of(first), skipinitialspace=True, strict=True
    )
    values, words = array("d"), list[str]()
    try:
        header = _header(reader, where)
        places = _places(wanted, header, where)
        for cells in reader:
            if _blank(cells):
                continue
            if len(cells) != len(header):
                raise Mistake(
                    f"{where}, line {reader.line_num} has {len(cells)} cells; the first line names {len(header)}"
                )
            if len(targets) == 1 and (words or not values):
                label = cells[places[-1]].strip()
                if _is_word(label):
                    words.append(intern(label))
                elif words:
                    at = f"{where}, line {reader.line_num}, column {shown(wanted[-1])}"
                    raise Mistake(f"{at}: {shown(label)} is not the name of a class, as {shown(words[0])} above is")
            for column, place in zip(wanted[:-1] if words else wanted, places, strict=False):
                value = _float(cells[place])
                if value is None:
                    at = f"{where}, line {reader.line_num}, column {shown(column)}"
                    raise Mistake(f"{at}: {_why_no_number(cells[place])}")
                values.append(value)
    except csv.Error as error:
        raise Mistake(
            f"{where}, line {reader.line_num}: {shown(error, 80)[1:-1]}; is a quotation mark missing?"
        ) from None
    if not values:
        raise Mistake(f"{where} has a first line and no rows; each row is one example")
    if words:
        return np.array(values).reshape(-1, len(inputs)), np.array(words)
    rows = np.array(values).reshape(-1, len(wanted))
    return rows[:, : len(inputs)].copy(), rows[:, len(inputs) :].copy()


# CSV files.


def _contents(path: str | Path, where: str) -> str:
    raw = read_bytes(path, where, LARGEST_FILE, "CSV")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Mistake(f"{where} is not UTF-8 text (at byte {error.start + 1}); save it as CSV in UTF-8") from None


def _header(reader: Iterator[list[str]], where: str) -> list[str]:
    header = [cell.strip() for cell in next((cells for cells in reader if not _blank(cells)), [])]
    if not header:
        raise Mistake(f"{where} is empty; its first line must name the columns")
    return header


def _places(wanted: list[str], header: list[str], where: str) -> list[int]:
    """Where in a line the wanted columns stand."""
    for column in wanted:
        if column not in header:
            if all(_float(cell) is not None for cell in header):
                raise Mistake(f"{where} begins with numbers; its first line must name the columns")
            known = [shown(name)[1:-1] for name in header if name]
            raise Mistake(f"{where} has no column {shown(column)}{suggestion(column, known)}")
    for i, column in enumerate(header):
        if column and column in header[:i]:  # unnamed columns, of empty cells at the edge of a sheet, are harmless
            raise Mistake(f"{where} has two columns named {shown(column)}; each needs a name of its own")
    return [header.index(column) for column in wanted]


def _blank(cells: list[str]) -> bool:
    return len(cells) <= 1 and not "".join(cells).strip()


def _is_word(cell: str) -> bool:
    """Whether it names a class: it begins with a letter, and does not say that a number is missing or too large."""
    return cell[:1].isalpha() and cell.isprintable() and cell.lower() not in _NO_NUMBERS


def _float(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _why_no_number(cell: str) -> str:
    if not cell.strip():
        return "the cell is empty; every cell needs a number"
    if re.fullmatch(r"[+-]?[0-9]*,[0-9]+", cell.strip()):
        return f"{shown(cell)} has a decimal comma; write {shown(cell.strip().replace(',', '.'))}"
    return f"{shown(cell)} is not a finite number; write it like 2, -0.10 or 1e-7"


def _column_names(names: Any, where: str) -> list[str]:
    # type and not isinstance: a TOML float comes as its text, a kind of str.
    if not isinstance(names, (list, tuple)) or not all(type(name) is str and name for name in names):
        raise Mistake(f'{where} is {written(names)}; it must be a list of column names like ["a", "b"]')
    for i, name in enumerate(names):
        if name in names[:i]:
            raise Mistake(f"{where} has {shown(name)} twice; name each column once")
    return list(names)


# The table.


def _from_csv(table: Mapping[str, Any], folder: str | Path) -> Data:
    file = table["csv"]
    if type(file) is not str or not file:
        raise Mistake(f'data.csv is {written(file)}; it must be the name of a file in quotes, like "points.csv"')
    columns = {}
    for key in ("inputs", "targets"):
        if not table.get(key):
            raise Mistake(f'data.{key} is missing; with csv it is a list of columns like ["a", "b"]')
        columns[key] = tuple(_column_names(_spread(table[key]), f"data.{key}"))
    X, Y = read_csv(Path(folder) / file, columns["inputs"], columns["targets"], "data.csv")
    words: tuple[str, ...] = ()
    if Y.ndim == 1:
        words = tuple(sorted(set(Y.tolist())))
        Y = np.searchsorted(words, Y)[:, None].astype(float)
    return Data(X, Y, columns["inputs"], columns["targets"], words=words)


def _spread(names: Any) -> Any:
    """Names with "p0..p63" written out as the 64 that it stands for."""
    if not isinstance(names, list):
        return names
    found = []
    for name in names:
        ends = _RANGE.fullmatch(name) if type(name) is str else None
        if ends is None or ends[1] != ends[3] or not 0 <= int(ends[4]) - int(ends[2]) < MOST_COLUMNS:
            found.append(name)
        else:
            found += [f"{ends[1]}{i}" for i in range(int(ends[2]), int(ends[4]) + 1)]
    return found


def _from_formulas(table: Mapping[str, Any], source: str, seed: int) -> Data:
    """The data of ``grid`` or ``uniform``."""
    example = "{ x = [-2, 2, 200] }" if source == "grid" else "{ x = [-0.5, 0.5] }"
    axes = _table_at(table, source, example)
    formulas = _table_at(table, "targets", '{ y = "2*sin(3*x)" }')
    if "inputs" in table:
        raise Mistake(f"data.inputs goes with csv; with {source} the inputs are the names under data.{source}")
    for name in formulas:
        if name in axes:
            raise Mistake(f"data.targets.{shown(name)[1:-1]} is the name of an input too; choose another")
    limits = {name: _plain(value, f"data.{source}.{shown(name)[1:-1]}") for name, value in axes.items()}
    try:
        if source == "uniform":
            fresh(limits, formulas, 1, seed)  # says what is wrong with them
            ranges = {name: (float(low), float(high)) for name, (low, high) in limits.items()}
            X, Y = np.empty((0, len(ranges))), np.empty((0, len(formulas)))
        else:
            columns = grid(limits)
            ranges = {}
            X, Y = np.column_stack(list(columns.values())), evaluate(formulas, columns)
    except Mistake as mistake:
        raise Mistake(f"data.{mistake}") from None
    return Data(X, Y, tuple(axes), tuple(formulas), ranges=ranges, formulas=formulas)


def _prepared(data: Data, validation: float, seed: int, wants_standard: bool) -> Data:
    """The data with their plan: what is held back, and X standardized where that is wanted."""
    X, standardization, training = data.X, None, data.X
    if validation:
        try:
            (training, _), _ = split(data.X, data.Y, validation, seed)
        except Mistake as mistake:
            raise Mistake(f"data.validation: {mistake}") from None
    if wants_standard:
        try:
            # The same seed will hold the same rows back, so these are the rows that will be trained on.
            standardization = standardize(training)
        except Mistake as mistake:
            raise Mistake(f"data.standardize: {mistake}") from None
        X = standardization.apply(data.X)
    return replace(data, X=X, validation=validation, seed=seed, standardization=standardization)


def _validation(value: Any) -> float:
    number = _number(value, "data.validation")
    if not 0 <= number < 1:
        raise Mistake(f"data.validation is {written(number)}; it must be from 0, for none, to below 1, such as 0.2")
    return float(number)


def _table_at(table: Mapping[str, Any], key: str, example: str) -> dict[str, Any]:
    if key not in table:
        raise Mistake(f"data.{key} is missing; write it like {example}")
    value = table[key]
    if not isinstance(value, dict) or not value:
        raise Mistake(f"data.{key} is {written(value)}; it must be a table like {example}")
    return value


def _plain(value: Any, where: str) -> Any:
    """The numbers in a range as Python's own, anything else as it is: ``grid`` and ``fresh`` say what is wrong."""
    if isinstance(value, list):
        return [_number(item, where) if isinstance(item, str) else item for item in value]
    return value


def _number(value: Any, where: str) -> int | float:
    """An int, or the number that a text stands for."""
    if type(value) is int:
        return value
    if not isinstance(value, str):
        raise Mistake(f"{where} is {written(value)}; it must be a number")
    try:
        exact = exact_number(value)
        return int(exact) if exact.denominator == 1 else float(exact)
    except Mistake as mistake:
        raise Mistake(f"{where}: {mistake}") from None
    except OverflowError:
        raise Mistake(f"{where}: {shown(value)} is too large for float64") from None
