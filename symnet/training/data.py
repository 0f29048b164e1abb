"""Arrays to train on: rows are examples, X (n, inputs) and Y (n, targets).

``checked`` refuses arrays of the wrong shape, ``grid`` lays out points, ``evaluate`` computes targets from formulas and
``fresh`` draws new points for every batch.  ``split`` holds rows back, ``batches`` shuffles an epoch, ``standardize``
gives columns mean 0 and deviation 1, ``one_hot`` turns labels into columns.  Whatever is wrong raises Mistake.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike

from symnet.algebra.equations import Expr, names_in
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.parsing import is_name, parse
from symnet.algebra.scalar import ScalarFunction, formula
from symnet.computing.arrays import Array, Rows, cast, float_type, numbers, rows_of, same_rows, written

MOST_POINTS = 10_000_000  # of a grid, and of one batch


def grid(axes: Mapping[str, tuple[float, float, int]]) -> dict[str, Array]:
    """{name: (N,) array} of evenly spaced points: from ``low`` to ``high``, both included, ``count`` of them a name.

    Several names make every combination, N the product of the counts, in the order in which nested loops over the names
    would visit them: the last name varies fastest.
    """
    if not axes:
        raise Mistake("grid has no names; write it like { x = [-2, 2, 200] }")
    lines = {}
    total = 1
    for name, axis in axes.items():
        low, high, count = _axis("grid", name, axis, "[from, to, how many]")
        how_many = _whole(count, f"grid.{name}[2]", 1)
        total *= how_many
        if total > MOST_POINTS:
            raise Mistake(f"grid.{name} makes more than {MOST_POINTS:,} points; ask for fewer")
        lines[name] = np.linspace(low, high, how_many)
    columns = {}
    outer = 1
    for name, line in lines.items():
        inner = total // (outer * len(line))
        columns[name] = np.tile(np.repeat(line, inner), outer)
        outer *= len(line)
    return columns


def evaluate(formulas: Mapping[str, str], columns: Mapping[str, ArrayLike]) -> Array:
    """The (n, k) array of k formulas over columns of n numbers, in float64: column j is formula j.

    A formula may use the names of the columns, and every function that formulas have.  Raises Mistake where a formula
    has no finite value, as 1/x at 0: the point is named.
    """
    parsed = _parsed(formulas, columns)
    arrays = {}
    for name, column in columns.items():
        _check_name("columns", name)
        array = numbers(column, name)
        if array.ndim != 1:
            raise Mistake(f"column {shown(name)} has shape {array.shape}; it must have one axis")
        arrays[name] = array.astype(np.float64)
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        found = ", ".join(f"{name} {length:,}" for name, length in list(lengths.items())[:8])
        raise Mistake(f"columns must have one number of rows, at least 1 (found: {found or 'no column'})")
    return _table(parsed, arrays)


def fresh(
    ranges: Mapping[str, tuple[float, float]], targets: Mapping[str, str], batch_size: int, seed: int
) -> Iterator[Rows]:
    """Endless batches (X, Y) of new points, uniform on [low, high) for each name, the same ones for the same seed.

    X is (batch_size, names of ``ranges`` in order); Y (batch_size, k) are the formulas of ``targets`` there.  What is
    wrong is said at once; a formula without a finite value at a point drawn later is a Mistake at that batch.
    """
    if not ranges:
        raise Mistake("uniform has no names; write it like { x = [-0.5, 0.5] }")
    limits = [_axis("uniform", name, limit, "[from, to]") for name, limit in ranges.items()]
    low, high = np.array(limits).T
    parsed = _parsed(targets, ranges)
    size = _whole(batch_size, "batch_size", 1, MOST_POINTS)
    rng = _generator(seed)

    def endless() -> Iterator[Rows]:
        while True:
            X = rng.uniform(low, high, (size, len(low)))
            yield X, _table(parsed, dict(zip(ranges, X.T, strict=True)))

    return endless()


def split(X: ArrayLike, Y: ArrayLike, fraction: float, seed: int) -> tuple[Rows, Rows]:
    """((X, Y) to train on, (X, Y) for validation): ``fraction`` of the n rows, chosen at random, is held back.

    The number held back is fraction · n rounded to the nearest whole, a half up.  Both parts keep the order of the
    rows; the same seed chooses the same rows.  Raises Mistake unless each part gets a row.
    """
    X, Y = numbers(X, "X"), numbers(Y, "Y")
    for array, name in ((X, "X"), (Y, "Y")):
        if array.ndim < 2:
            raise Mistake(f"{name} has shape {array.shape}; it must have two axes, (rows, columns), or more")
    same_rows(X, Y)
    share = _real(fraction)
    if share is None or not 0 < share < 1:
        raise Mistake(f"the fraction held back is {written(fraction)}; it must be between 0 and 1, such as 0.2")
    held = math.floor(share * len(X) + 0.5)
    if not 0 < held < len(X):
        which = "no row to validate with" if held == 0 else "no row to train on"
        raise Mistake(f"holding back {share:g} of {len(X)} rows leaves {which}; change the fraction or give more rows")
    chosen = np.zeros(len(X), dtype=bool)
    chosen[_generator(seed).permutation(len(X))[:held]] = True
    return (X[~chosen], Y[~chosen]), (X[chosen], Y[chosen])


def batches(n: int, batch_size: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """One epoch's mini-batches of n rows in random order, as row numbers: (full (k, batch_size), rest (r,)).

    Every row is in exactly one of them.  Where ``batch_size`` does not divide n, the last r rows are a smaller batch of
    their own, ``rest``; otherwise r is 0.
    """
    n = _whole(n, "the number of rows", 1)
    size = _whole(batch_size, "batch_size", 1, MOST_POINTS)
    if not isinstance(rng, np.random.Generator):
        raise Mistake("rng must be a generator such as numpy.random.default_rng(0)")
    full, rest = epochs(n, size, 1, rng)
    return full[0], rest[0]


def epochs(n: int, size: int, number: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """The same for so many epochs at once: (number, k, size) and (number, r), of int32.

    However the epochs are asked for, one by one or together, the same generator gives the same rows.
    """
    # Sorting random numbers that carry a row's number in their last bits is twice as quick as exchanging rows.
    last = np.uint64((1 << (n - 1).bit_length()) - 1)
    keys = rng.integers(0, 2**64, (number, n), dtype=np.uint64)
    keys &= ~last
    keys |= np.arange(n, dtype=np.uint64)
    keys.sort(axis=1)
    keys &= last
    order = keys.astype(np.int32)
    whole = n - n % size
    return order[:, :whole].reshape(number, whole // size, size), order[:, whole:]


@dataclass(frozen=True, eq=False)
class Standardization:
    """z = (x − mean) / scale, column by column; mean and scale have shape (columns,)."""

    mean: Array
    scale: Array

    def apply(self, X: ArrayLike) -> Array:
        """(X − mean) / scale for X (n, columns), in X's own precision."""
        rows = self._checked(X)
        return ((rows - self.mean) / self.scale).astype(rows.dtype)

    def undo(self, X: ArrayLike) -> Array:
        """mean + scale · X, what ``apply`` was given."""
        rows = self._checked(X)
        return (rows * self.scale + self.mean).astype(rows.dtype)

    def _checked(self, X: ArrayLike) -> Array:
        array = numbers(X, "X")
        return cast(rows_of(array, "X", len(self.mean), "columns"), "X", float_type(array, None))


def standardize(X: ArrayLike) -> Standardization:
    """The mean and the standard deviation of every column of X (n, columns), to subtract and to divide by.

    It is the population's, √(Σ(x − mean)² / n), as scikit-learn's StandardScaler takes it; a sample's would divide by
    n − 1.  A column that never changes has deviation 0 and is divided by 1, so it becomes 0.
    """
    array = numbers(X, "X")
    if array.ndim != 2:
        raise Mistake(f"X has shape {array.shape}; it must have two axes, (rows, columns)")
    rows = cast(rows_of(array, "X", array.shape[1], "columns"), "X", np.float64)
    # Compared and not computed: the rounded mean of 0.1, 0.1, 0.1 is not 0.1, which leaves a deviation of 1e-17.
    constant = (rows == rows[0]).all(axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = np.where(constant, rows[0], rows.mean(axis=0))
        away = rows - mean
        # Squares of what is at most 1 neither overflow nor vanish.
        largest = np.abs(away).max(axis=0)
        away /= np.where(largest > 0, largest, 1)
        scale = largest * np.sqrt(np.mean(away**2, axis=0))
    if not np.isfinite(scale).all():
        raise Mistake(f"column {int(np.argmin(np.isfinite(scale)))} of X is too large to standardize in float64")
    return Standardization(mean, np.where(scale > 0, scale, 1.0))


def one_hot(labels: Iterable[Any], classes: Iterable[Any] | None = None) -> Array:
    """(n, k) of 0 and 1: row i has its 1 in the column of label i.

    Labels are whole numbers or text.  The columns are the ``classes`` in the order given, or without them the labels
    that occur, sorted.
    """
    found = _labels(labels, "labels")
    order = sorted(set(found)) if classes is None else _labels(classes, "classes")
    columns = {label: i for i, label in enumerate(order)}
    if len(columns) < len(order):
        twice = next(label for i, label in enumerate(order) if label in order[:i])
        raise Mistake(f"classes has {written(twice)} twice; each class is one column")
    for i, label in enumerate(found):
        if label not in columns:
            known = suggestion(str(label), [shown(one)[1:-1] for one in order])
            raise Mistake(f"labels[{i}] is {written(label)}, which is not one of the classes{known}")
    rows = np.zeros((len(found), len(order)))
    rows[np.arange(len(found)), [columns[label] for label in found]] = 1
    return rows


def confusion(labels: Iterable[Any], predicted: Iterable[Any], classes: Iterable[Any] | None = None) -> Array:
    """(k, k) counts: row i, column j counts the examples of class i that were taken for class j.

    Classes are those of ``one_hot``: the ones given, or the labels and predictions that occur, sorted.
    """
    true, guessed = _labels(labels, "labels"), _labels(predicted, "predicted")
    if len(true) != len(guessed):
        raise Mistake(f"there are {len(true)} labels but {len(guessed)} predictions; each example has one of both")
    order = sorted({*true, *guessed}) if classes is None else list(classes)
    return (one_hot(true, order).T @ one_hot(guessed, order)).astype(np.int64)


# Arrays, checked.


def _labels(values: Iterable[Any], name: str) -> list[Any]:
    """The values as Python's own int or str, all of one kind."""
    if isinstance(values, np.ndarray) and values.ndim != 1:
        raise Mistake(f"{name} has shape {values.shape}; it must have one axis, such as {name}[:, 0]")
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise Mistake(f"{name} is {written(values)}; it must be a list of whole numbers or of text")
    plain: list[Any] = []
    for i, value in enumerate(values):
        if isinstance(value, str):
            plain.append(str(value))
        elif isinstance(value, Integral) and not isinstance(value, bool):
            plain.append(int(value))
        else:
            raise Mistake(f"{name}[{i}] is {written(value)}; a label is a whole number or text")
        if type(plain[i]) is not type(plain[0]):
            raise Mistake(f"{name}[{i}] is {written(value)}; labels are all whole numbers or all text")
    if not plain:
        raise Mistake(f"{name} is empty; give at least one")
    return plain


# Single values, checked.


def _real(value: object) -> float | None:
    """The value as a float, None if it is no finite number."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _whole(value: object, what: str, least: int, most: int | None = None) -> int:
    whole = int(value) if isinstance(value, Integral) and not isinstance(value, bool) else least - 1
    if whole < least or (most is not None and whole > most):
        allowed = f"{least} or more" if most is None else f"from {least} to {most:,}"
        raise Mistake(f"{what} is {written(value)}; it must be a whole number, {allowed}")
    return whole


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(_whole(seed, "seed", 0))


def _axis(where: str, name: str, value: object, form: str) -> tuple[float, float, *tuple[Any, ...]]:
    """(low, high, whatever ``form`` has after them) of the range that one name has."""
    _check_name(where, name)
    parts = list(value) if isinstance(value, (list, tuple, np.ndarray)) else []
    low, high = (_real(part) for part in parts[:2]) if len(parts) == form.count(",") + 1 else (None, None)
    if low is None or high is None:
        raise Mistake(f"{where}.{name} is {written(value)}; it must be {form}")
    if not low < high:
        raise Mistake(f"{where}.{name} goes from {low:g} to {high:g}; the first must be smaller")
    if not math.isfinite(high - low):
        raise Mistake(f"{where}.{name} goes from {low:g} to {high:g}, which is too wide for float64")
    return low, high, *parts[2:]


def _check_name(where: str, name: object) -> None:
    if not isinstance(name, str) or not is_name(name):
        raise Mistake(f"{where}.{shown(name)}: a name is letters (a-z, Greek), digits and _, not starting with a digit")


# Formulas over columns.


def _parsed(formulas: Mapping[str, str], columns: Iterable[str]) -> dict[str, tuple[str, Expr]]:
    """{target: (its formula as written, parsed)}."""
    if not formulas:
        raise Mistake('targets has no formula; write it like { y = "2*sin(3*x)" }')
    parsed = {}
    names = dict.fromkeys(columns)  # in order: messages list them
    for name, text in formulas.items():
        _check_name("targets", name)
        if not isinstance(text, str):
            raise Mistake(f"targets.{name} is {written(text)}; it must be a formula in quotes")
        try:
            parsed[name] = (text, parse(text, names))
        except Mistake as mistake:
            raise Mistake(f"targets.{name}: {mistake}") from None
    return parsed


def _table(parsed: Mapping[str, tuple[str, Expr]], columns: Mapping[str, Array]) -> Array:
    """(n, k): every formula at every point, in float64."""
    n = len(next(iter(columns.values())))
    table = np.empty((n, len(parsed)))
    for j, (name, (text, expr)) in enumerate(parsed.items()):
        with np.errstate(all="ignore"):  # what is not finite is looked for below
            table[:, j] = _column(expr, columns)
        for i in np.flatnonzero(~np.isfinite(table[:, j]))[:1]:
            place = ", ".join(f"{used} = {columns[str(used)][i]:g}" for used in names_in(expr)[:8])
            raise Mistake(f"targets.{name}: {shown(text)} has no finite value in float64{' at ' * bool(place)}{place}")
    return table


_FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "floor": np.floor,
    "erf": np.vectorize(math.erf, otypes=[np.float64]),
    # Not −∞ at 0, so that relu(log(0)) has no value either.
    "log": lambda z: np.log(np.where(z > 0, z, np.nan)),
}


def _column(expr: Expr, columns: Mapping[str, Array]) -> Any:
    """The expression over columns, a single number where it is constant; nan at points where it has no value."""
    if expr.is_Symbol:
        return columns[str(expr)]
    if expr.is_number and not expr.args:
        return _constant(expr)
    if isinstance(expr, sympy.Piecewise):
        conditions = [_where(condition, columns) for _, condition in expr.args]
        return np.select(conditions, [_column(value, columns) for value, _ in expr.args], np.nan)
    values = [np.asarray(_column(argument, columns), dtype=np.float64) for argument in expr.args]
    if expr.is_Add:
        return sum(values[1:], values[0])
    if expr.is_Mul:
        return math.prod(values[1:], start=values[0])
    if expr.is_Pow:
        base, exponent = values
        # NumPy has nan^0 = 1 and 1/0 = ∞, which a later step could make a number again.
        nowhere = np.isnan(base) | np.isnan(exponent) | ((base == 0) & (exponent < 0))
        return np.where(nowhere, np.nan, base**exponent)
    if isinstance(expr, ScalarFunction):
        z, definition = formula(expr.func, len(values))
        result = _column(definition, dict(zip(map(str, z), values, strict=True)))
        # A comparison with nan is false, so relu would make it 0.
        return np.where(np.logical_or.reduce(np.broadcast_arrays(*map(np.isnan, values))), np.nan, result)
    name = type(expr).__name__
    if name not in _FUNCTIONS:
        raise Mistake(f"{shown(name)} is not known to data; write the function with {', '.join(_FUNCTIONS)}")
    return _FUNCTIONS[name](*values)


def _constant(expr: Expr) -> float:
    try:
        # Division of whole numbers rounds once; SymPy's own float goes through a decimal of its own.
        return int(expr.p) / int(expr.q) if expr.is_Rational else float(expr)
    except (OverflowError, TypeError):
        return math.nan


def _where(condition: Expr, columns: Mapping[str, Array]) -> Any:
    """Where a condition of a Piecewise holds."""
    if condition in (sympy.true, sympy.false):
        return np.asarray(bool(condition))
    if isinstance(condition, (sympy.And, sympy.Or)):
        parts = np.broadcast_arrays(*(_where(part, columns) for part in condition.args))
        return (np.logical_and if isinstance(condition, sympy.And) else np.logical_or).reduce(parts)
    compare = {">": np.greater, ">=": np.greater_equal, "<": np.less, "<=": np.less_equal}
    sign = getattr(condition, "rel_op", type(condition).__name__)
    if sign not in compare:
        raise Mistake(f"the condition {shown(sign)} is not known to data; write it with >, >=, < or <=")
    left, right = (_column(side, columns) for side in condition.args)
    return compare[sign](left, right)
