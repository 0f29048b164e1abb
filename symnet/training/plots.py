"""Pictures of training and of what was learned: curves, fits, regions, activation functions, confusion matrices.

Every function returns a matplotlib Figure, which ``picture`` turns into bytes and ``save`` into a file.  Figures are
drawn at the size at which they are printed, in colours that colour-blind readers tell apart and, for a grey printer,
in line styles and markers that differ too.  matplotlib is optional and imported when first used, never its pyplot:
that keeps every figure it makes and chooses a window system, where a figure here belongs to whoever asked for it.

A value that is not finite, or beyond 1e100, where matplotlib's own arithmetic overflows, is left out of a curve, and
the figure says how many were: a training that diverged is a thing to look at, not a reason to stop.
"""

from __future__ import annotations

import copy
import inspect
import io
import math
import textwrap
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import sympy
from numpy.typing import ArrayLike, NDArray
from sympy.core.relational import Relational

from symnet.algebra import functions as catalogue
from symnet.algebra.equations import Expr, Symbol, symbol
from symnet.algebra.mistakes import Mistake, NotInstalled, shown
from symnet.algebra.scalar import Kind, ScalarFunction, local_derivative
from symnet.files import write_all

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats: TypeAlias = NDArray[np.float64]

# Okabe and Ito (2008), "Color Universal Design".
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
PURPLE, SKY, YELLOW, GRAY = "#CC79A7", "#56B4E9", "#F0E442", "#999999"
CLASS_COLORS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, YELLOW, GRAY)
CLASS_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h")
DARK, FAINT = "#222222", "#BBBBBB"

ENDINGS = ("png", "pdf", "svg")
_MOST_POINTS = 2000  # a curve of more is thinned: a page is about as many dots wide
_FEW_POINTS = 20  # a curve of so few has its points marked: a line through one point cannot be seen
_LARGEST = 1e100  # what is greater, or in a logarithm smaller than its inverse, overflows in matplotlib's transforms
_LOG_FACTOR = 30  # a curve that spans more is drawn on a logarithmic scale
_SIZE = 9  # points, of all text
_REACH = 5.0  # activation functions are drawn from −5 to 5
_BESIDE = 1e-9  # as near to a kink as its limit is taken
_JUMP = 1e-6  # what differs by more on the two sides of a kink is a jump


def loss_curves(
    losses: ArrayLike,
    validation: ArrayLike | None = None,
    best: int | None = None,
    steps_per_epoch: int = 1,
    title: str = "",
) -> Figure:
    """The training loss, the validation loss and the best epoch, over epochs counted from 1.

    ``losses`` (steps,) is the loss of each step; ``steps_per_epoch`` steps make an epoch, of which the mean is drawn
    (the last epoch may be incomplete).  With one step an epoch the axis counts updates.  ``validation`` (epochs,) is
    the loss after each epoch; that of an incomplete last epoch may be missing.  ``best``, an index into ``validation``
    from 0, is marked by a vertical line.  Losses are in their own unit, on a logarithmic scale where all are positive
    and the greatest is more than 30 times the least.  Raises Mistake where shapes do not agree.
    """
    steps = _vector("losses", losses)
    size = _count("steps_per_epoch", steps_per_epoch)
    with np.errstate(all="ignore"):  # inf − inf in an epoch that diverged
        starts = np.arange(0, steps.size, size)
        training = np.add.reduceat(steps, starts) / np.diff(starts, append=steps.size)
    unit = "update" if size == 1 else "epoch"
    validated = None if validation is None else _vector("validation", validation)
    if validated is not None and validated.size != training.size:
        incomplete = steps.size % size != 0
        if not (incomplete and validated.size == training.size - 1):
            raise Mistake(
                f"validation has {validated.size} losses; {steps.size} steps, {size} an epoch, are {training.size} "
                f"epochs, and each has one"
            )
    if best is not None:
        if validated is None:
            raise Mistake("best is an index into validation, which is not given")
        if _count("best", best, least=0) >= validated.size:
            raise Mistake(f"best is {best}; validation has the indices 0 to {validated.size - 1}")

    figure = _figure(6.3, 3.6)
    axes = figure.add_subplot()
    _curve(axes, _from_one(training), training, "training", BLUE, "-")
    if validated is not None:
        _curve(axes, _from_one(validated), validated, "validation", VERMILION, "--")
    if best is not None:
        axes.axvline(best + 1, color=DARK, linestyle=":", linewidth=1.2, label=f"best: {unit} {best + 1:,}")
    _scale(axes, training, *([] if validated is None else [validated]))
    _count_axis(axes, training.size, unit)
    _words(axes, title, unit, "loss")
    _legend(figure, axes)
    return figure


def loss_sections(losses: ArrayLike, sections: int = 5) -> Figure:
    """The loss in ``sections`` consecutive stretches of steps, one below the other, each on a scale of its own.

    ``losses`` (steps,) is the loss of each step, counted from 1.  One scale for a long training shows its first steps
    and a flat line; a scale for each section shows that the loss still falls.  Raises Mistake where there are more
    sections than losses.
    """
    steps = _vector("losses", losses)
    count = _count("sections", sections)
    if count > steps.size:
        raise Mistake(f"{count} sections of {steps.size} losses: each section needs at least one")

    figure = _figure(6.3, 0.6 + 1.25 * count)
    parts = zip(np.array_split(_from_one(steps), count), np.array_split(steps, count), strict=True)
    for place, (numbers, part) in enumerate(parts, start=1):
        axes = figure.add_subplot(count, 1, place)
        _curve(axes, numbers, part, "", BLUE, "-")
        _scale(axes, part)
        _count_axis(axes, part.size, "step", first=numbers[0])
        _words(axes, "", "step" if place == count else "", "")
        axes.set_title(_left_out(part), fontsize=_SIZE, loc="right")
    figure.supylabel("loss", fontsize=_SIZE)
    return figure


def fit_over_truth(
    x: ArrayLike, truth: ArrayLike, predicted: ArrayLike, samples: tuple[ArrayLike, ArrayLike] | None = None
) -> Figure:
    """A fitted curve over the true one: truth (m,) and predicted (m,) over x (m,), in any order.

    ``samples`` (xs, ys), each (n,), are the training points, drawn as dots.  Raises Mistake where shapes differ.
    """
    at = _vector("x", x)
    curves = {"truth": _vector("truth", truth), "predicted": _vector("predicted", predicted)}
    for name, curve in curves.items():
        _same_length("x", at, name, curve)
    dots = None
    if samples is not None:
        if len(samples) != 2:
            raise Mistake(f"samples has {len(samples)} parts; it is (xs, ys)")
        dots = _vector("samples xs", samples[0]), _vector("samples ys", samples[1])
        _same_length("samples xs", dots[0], "samples ys", dots[1])

    figure = _figure(6.3, 3.6)
    axes = figure.add_subplot()
    order = np.argsort(at, kind="stable")
    if dots is not None:
        xs, ys = dots[0], _gaps(dots[1])
        many = xs.size > _MOST_POINTS  # as one image in a pdf or svg
        axes.plot(xs, ys, "o", color=FAINT, markersize=4, label="training points", rasterized=many)
    _curve(axes, at[order], curves["truth"][order], "truth", DARK, "-")
    _curve(axes, at[order], curves["predicted"][order], "prediction", VERMILION, "--")
    _words(axes, "", "x", "y")
    _legend(figure, axes)
    return figure


def learned_picture(
    target: ArrayLike,
    predicted: ArrayLike,
    losses: ArrayLike,
    extent: tuple[float, float, float, float] = (-0.5, 0.5, -0.5, 0.5),
) -> Figure:
    """A function of two inputs, what a network made of it, and the cost of each step, side by side.

    ``target`` and ``predicted`` (k, k) are values on a grid, on one color scale: columns are the first input from left
    to right, rows the second from bottom to top, as ``numpy.meshgrid`` gives them; ``extent`` is (left, right, bottom,
    top) in the inputs' own units.  ``losses`` (steps,) is the cost of each step.  What is not finite is gray.  Raises
    Mistake where the pictures are not two tables of one shape.
    """
    pictures = {"target": _table("target", target), "prediction": _table("predicted", predicted)}
    shapes = [picture.shape for picture in pictures.values()]
    if shapes[0] != shapes[1]:
        raise Mistake(f"target has shape {shapes[0]} and predicted {shapes[1]}; they are the same grid")
    steps = _vector("losses", losses)
    left, right, bottom, top = _extent(extent)
    finite = np.concatenate([picture[_drawable(picture)] for picture in pictures.values()])
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    if low == high:  # one color, in the middle of the scale
        half = abs(low) / 10 or 0.5
        low, high = low - half, high + half

    note = _left_out(steps)
    figure = _figure(7.2, 3.0 if note else 2.6, between=0.06)
    panels = [figure.add_subplot(1, 3, place) for place in (1, 2, 3)]
    for axes in panels:
        axes.set_box_aspect(1)
    for axes, (name, values) in zip(panels, pictures.items(), strict=False):
        axes.set_facecolor(GRAY)
        image = axes.imshow(
            _gaps(values), vmin=low, vmax=high, origin="lower", extent=(left, right, bottom, top), aspect="auto"
        )
        axes.locator_params(nbins=3)
        _words(axes, name, "first input", "second input" if name == "target" else "")
    panels[1].tick_params(labelleft=False)
    bar = figure.colorbar(image, cax=panels[1].inset_axes((1.05, 0, 0.07, 1)))
    bar.ax.tick_params(labelsize=_SIZE)
    bar.ax.locator_params(nbins=5)
    _curve(panels[2], _from_one(steps), steps, "", BLUE, "-")
    _scale(panels[2], steps)
    _count_axis(panels[2], steps.size, "step", nbins=3)
    _words(panels[2], f"cost\n{note}" if note else "cost", "step", "", 24)
    return figure


def decision_boundary(
    predict: Callable[[Floats], ArrayLike],
    X: ArrayLike,
    labels: ArrayLike,
    resolution: int = 200,
    threshold: float = 0.5,
) -> Figure:
    """The regions into which a network divides the plane, and the points it was to tell apart.

    ``X`` (n, 2) are the points.  ``predict`` maps points (m, 2) to scores (m, k); it is asked once, on a grid of
    ``resolution`` × ``resolution`` points a little wider than X.  For k = 1 a score of at least ``threshold`` (½ for a
    sigmoid, 0 for a pre-activation or tanh) is the second class, and ``labels`` (n,) are 0 and 1 or −1 and 1; for
    k > 1 the greatest score is the class, the first of equals, and the labels are 0 to k − 1.  Raises Mistake where
    shapes or labels do not fit, or scores are not finite.
    """
    points = _table("X", X)
    if points.shape[1] != 2:
        raise Mistake(f"X has shape {points.shape}; it is a table (n, 2) of points")
    if not _drawable(points).all():
        raise Mistake("X has a point that is not finite or too far away to be drawn")
    given = _vector("labels", labels)
    _same_length("X", points, "labels", given)
    per_side = _count("resolution", resolution, least=2)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.08 * np.where(high > low, high - low, 1.0)
    across, up = (np.linspace(low[i] - margin[i], high[i] + margin[i], per_side) for i in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    scores = _table("the scores of predict", predict(grid))
    if scores.shape[0] != grid.shape[0]:
        raise Mistake(
            f"predict maps {grid.shape} to {scores.shape}; {grid.shape[0]} points have as many rows of scores"
        )
    if not np.isfinite(scores).all():
        raise Mistake("predict gives scores that are not finite")
    scores = np.clip(scores, -_LARGEST, _LARGEST)
    # how far each class is ahead: positive in its own region, zero on its border
    if scores.shape[1] == 1:
        region = (scores[:, 0] >= threshold).astype(int)
        borders = [scores[:, 0] - threshold]
        known, names = ({-1.0: 0, 1.0: 1}, "−1 and 1") if (given == -1).any() else ({0.0: 0, 1.0: 1}, "0 and 1")
    else:
        region = scores.argmax(axis=1)
        borders = [scores[:, i] - np.delete(scores, i, axis=1).max(axis=1) for i in range(scores.shape[1])]
        known, names = {float(i): i for i in range(scores.shape[1])}, f"0 to {scores.shape[1] - 1}"
    if strange := set(given.tolist()) - set(known):
        raise Mistake(f"labels has {min(strange):g}; for {scores.shape[1]} scores a point labels are {names}")

    figure = _figure(4.6, 4.2)
    axes = figure.add_subplot()
    tints = np.array([_tint(CLASS_COLORS[i % len(CLASS_COLORS)]) for i in range(len(known))])
    half = [(side[1] - side[0]) / 2 for side in (across, up)]
    axes.imshow(
        tints[region].reshape(per_side, per_side, 3),
        origin="lower",
        extent=(across[0] - half[0], across[-1] + half[0], up[0] - half[1], up[-1] + half[1]),
        aspect="auto",
        interpolation="nearest",
    )
    for border in borders:
        if border.min() < 0 < border.max():
            axes.contour(across, up, border.reshape(per_side, per_side), [0.0], colors=DARK, linewidths=1)
    for label, i in known.items():
        mine = given == label
        if mine.any():
            axes.plot(
                *points[mine].T,
                CLASS_MARKERS[i % len(CLASS_MARKERS)],
                color=CLASS_COLORS[i % len(CLASS_COLORS)],
                markeredgecolor=DARK,
                markeredgewidth=0.6,
                markersize=5 if given.size <= 500 else 3,
                label=f"class {label:g}".replace("-", "−"),
                rasterized=given.size > _MOST_POINTS,
            )
    axes.set_xlim(across[0], across[-1])
    axes.set_ylim(up[0], up[-1])
    _words(axes, "", "first input", "second input")
    _legend(figure, axes, columns=4)
    return figure


def activation_gallery(functions: Sequence[Kind] | None = None) -> Figure:
    """Activation functions on [−5, 5], three a row, each with its derivative (dashed) in the same axes.

    ``functions`` are classes of ``symnet.functions`` or made by ``define``; without them sigmoid, tanh, ReLU, leaky
    ReLU, linear and step.  Values and derivatives are those of the definitions, and where a curve jumps the dot is the
    value that counts by convention (ReLU′(0) = 0).  Raises Mistake for what is not a function of one variable.
    """
    kinds = functions
    if kinds is None:
        kinds = [getattr(catalogue, name) for name in ("sigmoid", "tanh", "relu", "leaky_relu", "linear", "step")]
    if not kinds:
        raise Mistake("functions is empty; name at least one")
    for kind in kinds:
        if not (isinstance(kind, type) and issubclass(kind, ScalarFunction)):
            raise Mistake(f"{shown(kind)} is not an activation function; choose from symnet.functions")
        if kind.arguments[0] > 1:
            raise Mistake(f"{kind.__name__} has {kind.arguments[0]} arguments; only a function of one can be drawn")

    columns = min(3, len(kinds))
    rows = math.ceil(len(kinds) / columns)
    figure = _figure(max(2.1 * columns, 3.4), 2.1 * rows + 0.3)
    z = symbol("z")
    jumps = False
    for place, kind in enumerate(kinds, start=1):
        axes = figure.add_subplot(rows, columns, place)
        axes.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
        axes.axvline(0, color=FAINT, linewidth=0.8, zorder=0)
        value = kind(z).doit()
        slope = sympy.sympify(local_derivative(kind, 0, (z,))).doit()
        jumps |= _formula(axes, value, z, value, "f(z)", BLUE, "-")
        jumps |= _formula(axes, slope, z, value, "f′(z)", VERMILION, "--")
        axes.set_xlim(-_REACH, _REACH)
        last_row = place > len(kinds) - columns
        _words(axes, _title(kind), "z" if last_row else "", "", 26)
        axes.set_xticks([-4, -2, 0, 2, 4])
    if jumps:
        axes.plot([], [], "o", color=DARK, markersize=4, label="value at a jump")
    _legend(figure, axes)
    return figure


def confusion_matrix(counts: ArrayLike, labels: Sequence[object] | None = None) -> Figure:
    """How many examples of each class (rows) were taken for which class (columns), and the share taken rightly.

    ``counts`` (k, k) are whole numbers; ``labels`` names the k classes, 0 to k − 1 unless given.  Raises Mistake where
    counts is not square or not of whole numbers, or labels has not k names.
    """
    table = _table("counts", counts)
    size = len(table)
    if table.shape != (size, size):
        raise Mistake(f"counts has shape {table.shape}; it is square, (k, k)")
    if not (np.isfinite(table).all() and (table >= 0).all() and (table == np.rint(table)).all()):
        raise Mistake("counts has a value that is not a whole number of examples")
    names = [_short(name) for name in (range(size) if labels is None else labels)]
    if len(names) != size:
        raise Mistake(f"labels has {len(names)} names; counts has {size} classes")

    side = 0.42 * max(size, 5)  # inches
    room = 0.07 * max(map(len, names))
    slanted = max(map(len, names)) > 3
    figure = _figure(side + room + 0.8, side + (0.7 * room if slanted else 0) + 1)
    axes = figure.add_subplot()
    image = axes.imshow(table, cmap="Blues", vmin=0, vmax=max(table.max(), 1))
    longest = max(len(f"{count:.0f}") for count in table.flat)
    for row, column in np.ndindex(table.shape):
        red, green, blue, _ = (part**2.2 for part in image.to_rgba(table[row, column]))
        dark = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.18  # where white has more contrast (WCAG 2.1)
        axes.text(
            column,
            row,
            f"{table[row, column]:.0f}",
            ha="center",
            va="center",
            color="white" if dark else "black",
            fontsize=min(_SIZE, 36 / longest),
        )
    turn: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    axes.set_xticks(range(size), names, parse_math=False, **turn)
    axes.set_yticks(range(size), names, parse_math=False)
    total, right = table.sum(), np.trace(table)
    share = (
        "over 99.9%" if 0.9995 * total <= right < total else f"{right / max(total, 1):.1%}"
    )  # never 100% by rounding
    accuracy = f"accuracy {share}\n({right:,.0f} of {total:,.0f})" if total else "accuracy: no examples"
    _words(axes, accuracy, "predicted", "true")
    return figure


def picture(figure: Figure, ending: str) -> bytes:
    """The figure as the bytes of a file: ending is png, pdf or svg.

    The same figure gives the same bytes: no date is written, and the names inside an svg are not drawn by lot.  Raises
    Mistake for another ending.
    """
    kind = ending.lower().removeprefix(".")
    if kind not in ENDINGS:
        raise Mistake(f"a picture cannot end in {shown(ending)} (known: {', '.join(ENDINGS)})")
    try:
        import matplotlib
    except ImportError:
        raise NotInstalled("matplotlib", "plot") from None
    dates: dict[str, dict[str, Any]] = {"png": {}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}
    file = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "symnet"}):
        # a copy, because to lay a figure out moves its axes, a little further each time it is drawn
        copy.deepcopy(figure).savefig(file, format=kind, dpi=200, metadata=dates[kind])
    return file.getvalue()


def save(figure: Figure, path: str | Path) -> None:
    """Write the figure to a file, completely or not at all; the ending says how: .png, .pdf or .svg.

    Raises Mistake for another ending and where the file cannot be written.
    """
    place = Path(path)
    if not place.suffix:
        raise Mistake(f"{shown(place, 200)} has no ending that says the kind of picture (known: {', '.join(ENDINGS)})")
    write_all({place: picture(figure, place.suffix)})


# What is given


def _array(name: str, values: ArrayLike, shape: str, dimensions: int) -> Floats:
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise Mistake(f"{name} is not a table of numbers of shape {shape}") from None
    if array.ndim != dimensions or array.size == 0:
        raise Mistake(f"{name} has shape {array.shape}; it is {shape}, with at least one number")
    return array


def _vector(name: str, values: ArrayLike) -> Floats:
    return _array(name, values, "(n,)", 1)


def _table(name: str, values: ArrayLike) -> Floats:
    return _array(name, values, "(m, k)", 2)


def _count(name: str, number: int, least: int = 1) -> int:
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < least:
        raise Mistake(f"{name} is {shown(number)}; it is a whole number, at least {least}")
    return int(number)


def _same_length(one: str, first: Floats, other: str, second: Floats) -> None:
    if len(first) != len(second):
        raise Mistake(f"{one} has {len(first)} points and {other} {len(second)}; each point has one")


def _extent(extent: Sequence[float]) -> tuple[float, ...]:
    sides = tuple(_vector("extent", extent).tolist())
    if len(sides) != 4 or not all(map(math.isfinite, sides)) or sides[0] == sides[1] or sides[2] == sides[3]:
        raise Mistake(f"extent is {extent}; it is (left, right, bottom, top)")
    return sides


# What is drawn


def _figure(width: float, height: float, between: float = 0.02) -> Figure:
    """An empty figure of that size in inches; ``between`` its axes is a share of their width."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise NotInstalled("matplotlib", "plot") from None
    figure = Figure(figsize=(width, height))
    figure.set_layout_engine("constrained", wspace=between)
    return figure


def _words(axes: Axes, title: str, across: str, up: str, length: int = 75) -> None:
    """The title, in lines of at most ``length`` letters, and the names of the axes."""
    # Not matplotlib's own wrapping, which reads a $ in the title as a formula although it was told not to.
    lines = "\n".join(textwrap.fill(part, length) for part in title.splitlines())
    axes.set_title(lines, fontsize=_SIZE + 1, parse_math=False)
    axes.set_xlabel(across, fontsize=_SIZE)
    axes.set_ylabel(up, fontsize=_SIZE)
    axes.tick_params(labelsize=_SIZE, which="both")


def _legend(figure: Figure, axes: Axes, columns: int = 3) -> None:
    """Below the axes, where it never lies over what is drawn."""
    handles, labels = axes.get_legend_handles_labels()
    columns = min(columns, len(handles)) if max(map(len, labels)) <= 24 else 1
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, fontsize=_SIZE, frameon=False)


def _from_one(values: Floats) -> Floats:
    return np.arange(1, values.size + 1, dtype=float)


def _drawable(values: Floats) -> NDArray[np.bool_]:
    return np.abs(values) <= _LARGEST  # False for NaN too


def _gaps(values: Floats) -> Floats:
    """The values with NaN, which a line leaves out, for whatever cannot be drawn."""
    return np.where(_drawable(values), values, np.nan)


def _left_out(values: Floats) -> str:
    """``3 of 50 not finite``, or nothing where every value is drawn."""
    missing = values.size - int(_drawable(values).sum())
    if not missing:
        return ""
    beyond = np.isfinite(values).sum() > values.size - missing
    return f"{missing:,} of {values.size:,} not finite{' or beyond 1e100' if beyond else ''}"


def _thinned(y: Floats) -> NDArray[np.intp]:
    """Which points draw the curve: all, or of many the first, the last and the least and greatest of each block.

    Every point is one of the curve's own, so that spikes and the minimum stay, which a block's mean would hide.
    """
    if y.size <= _MOST_POINTS:
        return np.arange(y.size)
    keep = {0, y.size - 1}
    for start, stop in pairwise(np.linspace(1, y.size - 1, _MOST_POINTS // 2).astype(int).tolist()):
        block = y[start:stop]
        if np.isnan(block).all():
            keep.add(start)  # a gap stays a gap
        else:
            keep |= {start + int(np.nanargmin(block)), start + int(np.nanargmax(block))}
    return np.array(sorted(keep))


def _curve(axes: Axes, x: Floats, y: Floats, label: str, color: str, style: str) -> None:
    note = _left_out(y)
    if label and note:
        label = f"{label} ({note})"
    y = _gaps(y)
    kept = _thinned(y)
    marker = "o" if np.isfinite(y).sum() <= _FEW_POINTS else ""
    axes.plot(x[kept], y[kept], color=color, linestyle=style, linewidth=1.4, marker=marker, markersize=4, label=label)


def _scale(axes: Axes, *curves: Floats) -> None:
    """A logarithmic scale where all values are positive and span more than a factor 30."""
    values = np.concatenate(curves)
    finite = values[_drawable(values)]
    if not finite.size:
        axes.set_yticks([])  # no scale for nothing
    elif finite.min() > 1 / _LARGEST and finite.max() > _LOG_FACTOR * finite.min():
        axes.set_yscale("log")
    else:
        axes.ticklabel_format(axis="y", useOffset=False)  # a nearly constant loss is not "+1.2645e−4"


def _count_axis(axes: Axes, size: int, unit: str, first: float = 1.0, nbins: int = 8) -> None:
    """Whole numbers from ``first`` on the x axis."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axes.xaxis.set_major_locator(MaxNLocator(nbins, integer=True, min_n_ticks=1, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    margin = max(0.5, 0.02 * size)
    axes.set_xlim(first - margin, first + size - 1 + margin)


def _tint(color: str) -> tuple[float, float, float]:
    """The color, two thirds of the way to white."""
    from matplotlib.colors import to_rgb

    red, green, blue = (1 - (1 - part) / 3 for part in to_rgb(color))
    return red, green, blue


def _short(name: object) -> str:
    text = " ".join(str(name).split())
    return text if len(text) <= 20 else text[:19] + "…"


# Functions


def _title(kind: Kind) -> str:
    """``LeakyReLU, slope = 0.01``: the name on paper and the arguments that have a value of their own."""
    name = kind.notation if kind.notation and "\\" not in kind.notation else kind.__name__
    settings = [
        f"{parameter.name} = {float(parameter.default):g}"
        for parameter in inspect.signature(kind.definition).parameters.values()
        if parameter.default is not parameter.empty
    ]
    return ", ".join([name, *settings])


def _kinks(expr: Expr, z: Symbol) -> list[float]:
    """Where the definition goes over from one piece to the next, between −5 and 5."""
    found: set[float] = set()
    for condition in expr.rewrite(sympy.Piecewise).atoms(Relational):
        points = sympy.solveset(condition.lhs - condition.rhs, z, sympy.Interval.open(-_REACH, _REACH))
        if isinstance(points, sympy.FiniteSet):
            found.update(float(point) for point in points)
    return sorted(found)


def _in_floats(expr: Expr, z: Symbol) -> Callable[[float], float]:
    """The formula as a function of floats, NaN where it has no value."""
    program = sympy.lambdify(z, expr, "math")

    def run(at: float) -> float:
        try:
            value = program(at)
        except (ArithmeticError, ValueError):
            return math.nan
        except (NameError, TypeError):  # SymPy's DiracDelta, the slope it gives Heaviside, is no function of floats
            raise Mistake(f"{expr} cannot be computed in floating point, and so not drawn") from None
        return math.nan if isinstance(value, complex) else float(value)

    return run


def _formula(axes: Axes, expr: Expr, z: Symbol, exists: Expr, label: str, color: str, style: str) -> bool:
    """Draw expr over z where ``exists`` has a value, one piece at a time; whether it has jumps, each with a dot."""
    run, domain = _in_floats(expr, z), _in_floats(exists, z)
    kinks = _kinks(expr, z)
    xs: list[float] = []
    ys: list[float] = []
    dots: list[float] = []
    for start, stop in pairwise([-_REACH, *kinks, _REACH]):
        # Each piece begins and ends so close beside a kink that what is drawn there is its limit.
        piece = np.linspace(start + _BESIDE, stop - _BESIDE, 201).tolist()
        values = [math.nan if math.isnan(domain(at)) else run(at) for at in piece]
        if ys and abs(values[0] - ys[-1]) > _JUMP:
            dots.append(start)
            xs.append(start)
            ys.append(math.nan)  # no line through the jump
        xs += piece
        ys += values
    axes.plot(xs, _gaps(np.array(ys)), color=color, linestyle=style, linewidth=1.6, label=label)
    if dots:
        axes.plot(dots, [run(at) for at in dots], "o", color=color, markersize=4)
    return bool(dots)
