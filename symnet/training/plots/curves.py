"""Curves: losses as training goes on, and what was learned over what is true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from symnet.algebra.mistakes import Mistake
from symnet.training.plots.drawing import (
    BLUE,
    DARK,
    FAINT,
    MOST_POINTS,
    SIZE,
    VERMILION,
    count_axis,
    draw_curve,
    from_one,
    gaps,
    left_out,
    legend_below,
    new_figure,
    set_scale,
    write_words,
)
from symnet.training.plots.given import count_of, same_length, vector_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def loss_curves(
    losses: ArrayLike,
    validation: ArrayLike | None = None,
    best: int | None = None,
    steps_per_epoch: int = 1,
    title: str = "",
    accuracies: tuple[ArrayLike, Mapping[str, ArrayLike]] | None = None,
) -> Figure:
    """The training loss, the validation loss and the best epoch, over epochs counted from 1.

    ``losses`` (steps,) is the loss of each step; ``steps_per_epoch`` steps make an epoch, of which the mean is drawn
    (the last epoch may be incomplete).  With one step an epoch the axis counts updates.  ``validation`` (epochs,) is
    the loss after each epoch; that of an incomplete last epoch may be missing.  ``best``, an index into ``validation``
    from 0, is marked by a vertical line.  Losses are in their own unit, on a logarithmic scale where all are positive
    and the greatest is more than 30 times the least.  ``accuracies`` (updates, {"training": shares, "validation": …})
    are shares of 1 after so many updates, drawn below.  Raises Mistake where shapes do not agree.
    """
    steps = vector_of("losses", losses)
    size = count_of("steps_per_epoch", steps_per_epoch)
    with np.errstate(all="ignore"):  # inf − inf in an epoch that diverged
        starts = np.arange(0, steps.size, size)
        training = np.add.reduceat(steps, starts) / np.diff(starts, append=steps.size)
    unit = "update" if size == 1 else "epoch"
    validated = None if validation is None else vector_of("validation", validation)
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
        if count_of("best", best, least=0) >= validated.size:
            raise Mistake(f"best is {best}; validation has the indices 0 to {validated.size - 1}")

    figure = new_figure(6.3, 3.6 if accuracies is None else 5.4)
    axes, *below = [figure.add_subplot()] if accuracies is None else figure.subplots(2, height_ratios=(3, 2))
    draw_curve(axes, from_one(training), training, "training", BLUE, "-")
    if validated is not None:
        draw_curve(axes, from_one(validated), validated, "validation", VERMILION, "--")
    if best is not None:
        axes.axvline(best + 1, color=DARK, linestyle=":", linewidth=1.2, label=f"best: {unit} {best + 1:,}")
    set_scale(axes, training, *([] if validated is None else [validated]))
    count_axis(axes, training.size, unit)
    write_words(axes, title, unit if accuracies is None else "", "loss")
    if accuracies is not None:
        _draw_accuracies(below[0], *accuracies, size, best)
        count_axis(below[0], training.size, unit)
        write_words(below[0], "", unit, "accuracy")
    legend_below(figure, axes)
    return figure


def _draw_accuracies(
    axes: Axes, updates: ArrayLike, shares: Mapping[str, ArrayLike], size: int, best: int | None
) -> None:
    """Shares of 1 after so many updates, of which ``size`` make an epoch."""
    at = vector_of("updates", updates) / size
    for (kind, values), color, style in zip(shares.items(), (BLUE, VERMILION), ("-", "--"), strict=False):
        drawn = vector_of(f"accuracies {kind}", values)
        same_length("updates", at, f"accuracies {kind}", drawn)
        draw_curve(axes, at, drawn, kind, color, style)
    if best is not None:
        axes.axvline(best + 1, color=DARK, linestyle=":", linewidth=1.2)
    axes.yaxis.set_major_formatter("{x:.0%}")


def loss_sections(losses: ArrayLike, sections: int = 5) -> Figure:
    """The loss in ``sections`` consecutive stretches of steps, one below the other, each on a scale of its own.

    ``losses`` (steps,) is the loss of each step, counted from 1.  One scale for a long training shows its first steps
    and a flat line; a scale for each section shows that the loss still falls.  Raises Mistake where there are more
    sections than losses.
    """
    steps = vector_of("losses", losses)
    count = count_of("sections", sections)
    if count > steps.size:
        raise Mistake(f"{count} sections of {steps.size} losses: each section needs at least one")

    figure = new_figure(6.3, 0.6 + 1.25 * count)
    parts = zip(np.array_split(from_one(steps), count), np.array_split(steps, count), strict=True)
    for place, (numbers, part) in enumerate(parts, start=1):
        axes = figure.add_subplot(count, 1, place)
        draw_curve(axes, numbers, part, "", BLUE, "-")
        set_scale(axes, part)
        count_axis(axes, part.size, "step", first=numbers[0])
        write_words(axes, "", "step" if place == count else "", "")
        axes.set_title(left_out(part), fontsize=SIZE, loc="right")
    figure.supylabel("loss", fontsize=SIZE)
    return figure


def fit_over_truth(
    x: ArrayLike, truth: ArrayLike, predicted: ArrayLike, samples: tuple[ArrayLike, ArrayLike] | None = None
) -> Figure:
    """A fitted curve over the true one: truth (m,) and predicted (m,) over x (m,), in any order.

    ``samples`` (xs, ys), each (n,), are the training points, drawn as dots.  Raises Mistake where shapes differ.
    """
    at = vector_of("x", x)
    curves = {"truth": vector_of("truth", truth), "predicted": vector_of("predicted", predicted)}
    for name, curve in curves.items():
        same_length("x", at, name, curve)
    dots = None
    if samples is not None:
        if len(samples) != 2:
            raise Mistake(f"samples has {len(samples)} parts; it is (xs, ys)")
        dots = vector_of("samples xs", samples[0]), vector_of("samples ys", samples[1])
        same_length("samples xs", dots[0], "samples ys", dots[1])

    figure = new_figure(6.3, 3.6)
    axes = figure.add_subplot()
    order = np.argsort(at, kind="stable")
    if dots is not None:
        xs, ys = dots[0], gaps(dots[1])
        many = xs.size > MOST_POINTS  # as one image in a pdf or svg
        axes.plot(xs, ys, "o", color=FAINT, markersize=4, label="training points", rasterized=many)
    draw_curve(axes, at[order], curves["truth"][order], "truth", DARK, "-")
    draw_curve(axes, at[order], curves["predicted"][order], "prediction", VERMILION, "--")
    write_words(axes, "", "x", "y")
    legend_below(figure, axes)
    return figure
