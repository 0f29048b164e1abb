"""What a network has learned: a picture of its values, where it decides, the classes that it takes for others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from symnet.algebra.mistakes import Mistake
from symnet.computing.examples import columns_of
from symnet.training.classes import kind_of
from symnet.training.plots.drawing import (
    BLUE,
    CLASS_COLORS,
    CLASS_MARKERS,
    DARK,
    GRAY,
    LARGEST,
    MOST_POINTS,
    SIZE,
    count_axis,
    draw_curve,
    drawable,
    from_one,
    gaps,
    left_out,
    legend_below,
    new_figure,
    set_scale,
    short_name,
    tint,
    write_words,
)
from symnet.training.plots.given import Floats, count_of, extent_of, same_length, table_of, vector_of
from symnet.training.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
    pictures = {"target": table_of("target", target), "prediction": table_of("predicted", predicted)}
    shapes = [picture.shape for picture in pictures.values()]
    if shapes[0] != shapes[1]:
        raise Mistake(f"target has shape {shapes[0]} and predicted {shapes[1]}; they are the same grid")
    steps = vector_of("losses", losses)
    left, right, bottom, top = extent_of(extent)
    finite = np.concatenate([picture[drawable(picture)] for picture in pictures.values()])
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    if low == high:  # one color, in the middle of the scale
        half = abs(low) / 10 or 0.5
        low, high = low - half, high + half

    note = left_out(steps)
    figure = new_figure(7.2, 3.0 if note else 2.6, between=0.06)
    panels = [figure.add_subplot(1, 3, place) for place in (1, 2, 3)]
    for axes in panels:
        axes.set_box_aspect(1)
    for axes, (name, values) in zip(panels, pictures.items(), strict=False):
        axes.set_facecolor(GRAY)
        image = axes.imshow(
            gaps(values), vmin=low, vmax=high, origin="lower", extent=(left, right, bottom, top), aspect="auto"
        )
        axes.locator_params(nbins=3)
        write_words(axes, name, "first input", "second input" if name == "target" else "")
    panels[1].tick_params(labelleft=False)
    bar = figure.colorbar(image, cax=panels[1].inset_axes((1.05, 0, 0.07, 1)))
    bar.ax.tick_params(labelsize=SIZE)
    bar.ax.locator_params(nbins=5)
    draw_curve(panels[2], from_one(steps), steps, "", BLUE, "-")
    set_scale(panels[2], steps)
    count_axis(panels[2], steps.size, "step", nbins=3)
    write_words(panels[2], f"cost\n{note}" if note else "cost", "step", "", 24)
    return figure


def decision_boundary(
    predict: Callable[[Floats], ArrayLike] | Run,
    X: ArrayLike,
    labels: ArrayLike,
    resolution: int = 200,
    threshold: float = 0.5,
) -> Figure:
    """The regions into which a network divides the plane, and the points it was to tell apart.

    ``X`` (n, 2) are the points.  ``predict`` maps points (m, 2) to scores (m, k); it is asked once, on a grid of
    ``resolution`` × ``resolution`` points a little wider than X.  For k = 1 a score of at least ``threshold`` (½ for a
    sigmoid, 0 for a pre-activation or tanh) is the second class, and ``labels`` (n,) are 0 and 1 or −1 and 1; for
    k > 1 the greatest score is the class, the first of equals, and the labels are 0 to k − 1.  A run, or its
    ``predict``, is asked for the probabilities of its classes where it has them, and the labels may be those it
    learned from, words too.  Raises Mistake where shapes or labels do not fit, or scores are not finite.
    """
    predict, labels, names_of_classes = _of_run(predict, labels)
    points = table_of("X", X)
    if points.shape[1] != 2:
        raise Mistake(f"X has shape {points.shape}; it is a table (n, 2) of points")
    if not drawable(points).all():
        raise Mistake("X has a point that is not finite or too far away to be drawn")
    given = vector_of("labels", labels)
    same_length("X", points, "labels", given)
    per_side = count_of("resolution", resolution, least=2)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.08 * np.where(high > low, high - low, 1.0)
    across, up = (np.linspace(low[i] - margin[i], high[i] + margin[i], per_side) for i in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    scores = table_of("the scores of predict", predict(grid))
    if scores.shape[0] != grid.shape[0]:
        raise Mistake(
            f"predict maps {grid.shape} to {scores.shape}; {grid.shape[0]} points have as many rows of scores"
        )
    if not np.isfinite(scores).all():
        raise Mistake("predict gives scores that are not finite")
    scores = np.clip(scores, -LARGEST, LARGEST)
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

    figure = new_figure(4.6, 4.2)
    axes = figure.add_subplot()
    tints = np.array([tint(CLASS_COLORS[i % len(CLASS_COLORS)]) for i in range(len(known))])
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
                label=names_of_classes[i] if names_of_classes else f"class {label:g}".replace("-", "−"),
                rasterized=given.size > MOST_POINTS,
            )
    axes.set_xlim(across[0], across[-1])
    axes.set_ylim(up[0], up[-1])
    write_words(axes, "", "first input", "second input")
    legend_below(figure, axes, columns=4)
    return figure


def _of_run(predict: Any, labels: ArrayLike) -> tuple[Callable[[Floats], ArrayLike], ArrayLike, list[str]]:
    """(what gives scores, labels as numbers, names of the classes if they have some) of a run or a function."""
    run = predict if isinstance(predict, Run) else getattr(predict, "__self__", None)
    if not isinstance(run, Run) or not (run is predict or predict.__name__ == "predict"):
        return predict, labels, []
    names: list[str] = []
    if run.labels is not None:
        names = [short_name(label) for label in run.labels.labels]
        labels = [run.labels.number(label) for label in np.asarray(labels).tolist()]
    if not kind_of(run.network):
        return run.predict, labels, names
    if (columns_of(run.network.targets) or 0) > 1:
        return run.predict_proba, labels, names
    return lambda points: run.predict_proba(points)[:, 1:], labels, names


def confusion_matrix(counts: ArrayLike, labels: Sequence[object] | None = None) -> Figure:
    """How many examples of each class (rows) were taken for which class (columns), and the share taken rightly.

    ``counts`` (k, k) are whole numbers; ``labels`` names the k classes, 0 to k − 1 unless given.  Raises Mistake where
    counts is not square or not of whole numbers, or labels has not k names.
    """
    table = table_of("counts", counts)
    size = len(table)
    if table.shape != (size, size):
        raise Mistake(f"counts has shape {table.shape}; it is square, (k, k)")
    if not (np.isfinite(table).all() and (table >= 0).all() and (table == np.rint(table)).all()):
        raise Mistake("counts has a value that is not a whole number of examples")
    names = [short_name(name) for name in (range(size) if labels is None else labels)]
    if len(names) != size:
        raise Mistake(f"labels has {len(names)} names; counts has {size} classes")

    side = 0.42 * max(size, 5)  # inches
    room = 0.07 * max(map(len, names))
    slanted = max(map(len, names)) > 3
    figure = new_figure(side + room + 0.8, side + (0.7 * room if slanted else 0) + 1)
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
            fontsize=min(SIZE, 36 / longest),
        )
    turn: dict[str, Any] = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    axes.set_xticks(range(size), names, parse_math=False, **turn)
    axes.set_yticks(range(size), names, parse_math=False)
    total, right = table.sum(), np.trace(table)
    share = (
        "over 99.9%" if 0.9995 * total <= right < total else f"{right / max(total, 1):.1%}"
    )  # never 100% by rounding
    accuracy = f"accuracy {share}\n({right:,.0f} of {total:,.0f})" if total else "accuracy: no examples"
    write_words(axes, accuracy, "predicted", "true")
    return figure
