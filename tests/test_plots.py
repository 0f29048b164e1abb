"""What is drawn, judged from the figures' own objects; the judges of the curves are NumPy and the conventions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn_plots import SQUARE, data, drawn, legend, line
from matplotlib.colors import to_hex

from symnet.algebra.mistakes import Mistake
from symnet.training import plots

NAN, INF = math.nan, math.inf
NOISE = np.random.default_rng(7)


# Loss curves


def test_the_training_loss_of_an_epoch_is_the_mean_of_its_steps_and_epochs_count_from_one():
    figure = drawn(plots.loss_curves([1, 3, 5, 7, 20], [2, 6, 19], steps_per_epoch=2, title=r"a $\frac$ title"))
    (axes,) = figure.axes
    epochs, losses = data(axes, "training")
    assert epochs.tolist() == [1, 2, 3]
    assert losses.tolist() == [2, 6, 20]
    assert [values.tolist() for values in data(axes, "validation")] == [[1, 2, 3], [2, 6, 19]]
    assert axes.get_xlabel() == "epoch"
    assert axes.get_title() == r"a $\frac$ title"  # no formula, which would fail when drawn
    assert legend(figure) == ["training", "validation"]


def test_the_best_epoch_is_a_vertical_line_and_counts_from_one():
    validation = np.linspace(2, 1, 50)
    figure = drawn(plots.loss_curves(np.ones(100), validation, best=36, steps_per_epoch=2))
    best = line(figure.axes[0], "best")
    assert best.get_label() == "best: epoch 37"
    assert list(best.get_xdata()) == [37, 37]
    assert "best: epoch 37" in legend(figure)


def test_with_one_step_an_epoch_the_axis_counts_updates():
    figure = drawn(plots.loss_curves([3, 2, 1], [3, 2, 1], best=2))
    assert figure.axes[0].get_xlabel() == "update"
    assert "best: update 3" in legend(figure)


def test_an_incomplete_last_epoch_may_have_no_validation_loss():
    axes = plots.loss_curves([1, 2, 3], [1], steps_per_epoch=2).axes[0]
    assert data(axes, "training")[1].tolist() == [1.5, 3]
    assert data(axes, "validation")[0].tolist() == [1]
    with pytest.raises(Mistake, match="2 epochs"):
        plots.loss_curves([1, 2, 3, 4], [1], steps_per_epoch=2)


@pytest.mark.parametrize(
    ("losses", "validation", "scale"),
    [
        ([31, 1], None, "log"),
        ([29, 1], None, "linear"),
        ([2, 1], [50, 40], "log"),  # the two together
        ([31, 1, 0], None, "linear"),
        ([31, -1], None, "linear"),
        ([-1, -100], None, "linear"),
        ([31, 1, NAN, INF], None, "log"),
        ([1, 2, INF], None, "linear"),
        ([NAN], None, "linear"),
    ],
)
def test_the_scale_is_logarithmic_where_positive_losses_span_more_than_a_factor_30(losses, validation, scale):
    assert drawn(plots.loss_curves(losses, validation)).axes[0].get_yscale() == scale


def test_curves_differ_in_color_and_in_line_style():
    axes = plots.loss_curves([3, 2], [3, 2], best=1).axes[0]
    assert len({drawn_line.get_color() for drawn_line in axes.lines}) == 3
    assert len({drawn_line.get_linestyle() for drawn_line in axes.lines}) == 3


def test_a_loss_that_is_not_finite_is_left_out_and_counted():
    figure = drawn(plots.loss_curves([3, NAN, 2, INF, -INF, 1e200], [1, 1, 1, 1, 1, NAN]))
    losses = data(figure.axes[0], "training")[1]
    assert losses[[0, 2]].tolist() == [3, 2]
    assert np.isnan(losses[[1, 3, 4, 5]]).all()
    assert legend(figure) == ["training (4 of 6 not finite or beyond 1e100)", "validation (1 of 6 not finite)"]


def test_an_epoch_with_a_step_that_is_not_finite_has_no_mean():
    losses = data(drawn(plots.loss_curves([1, 3, INF, -INF, 1, 2], steps_per_epoch=2)).axes[0], "training")[1]
    assert losses[[0, 2]].tolist() == [2, 1.5]
    assert np.isnan(losses[1])


def test_the_whole_legend_is_on_the_page():
    figure = plots.loss_curves([NAN, 1e200, 1], [NAN, 1e200, 1], best=0)
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1


def test_a_long_title_is_on_the_page():
    figure = plots.loss_curves([1, 2], title="a title of many words " * 12)
    figure.draw_without_rendering()
    box = figure.axes[0].title.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.x1
    assert box.y1 <= figure.bbox.y1


@pytest.mark.usefixtures("fonts")
@pytest.mark.parametrize("ending", plots.ENDINGS)
def test_a_sign_that_no_font_has_is_an_empty_box_and_no_warning(ending):
    assert plots.picture(plots.loss_curves([1, 2], title="神经网络 \U0010fffe"), ending)


def test_a_single_point_can_be_seen():
    for losses in ([0.5], [0.5, NAN, NAN] + [NAN] * 50):
        assert line(drawn(plots.loss_curves(losses)).axes[0], "training").get_marker() == "o"
    assert line(plots.loss_curves(np.ones(100)).axes[0], "training").get_marker() in ("", "None", None)


def test_a_long_curve_is_thinned_and_keeps_its_ends_its_spike_and_its_minimum():
    losses = 2 + NOISE.random(100_000)
    losses[[50_001, 70_003]] = 40, 1
    steps, kept = data(drawn(plots.loss_curves(losses)).axes[0], "training")
    assert steps.size <= 2000
    assert steps[[0, -1]].tolist() == [1, 100_000]
    assert {50_002, 70_004} <= set(steps)
    assert (kept == losses[steps.astype(int) - 1]).all()  # every point is one of the curve's own
    assert (np.diff(steps) > 0).all()


def test_a_gap_in_a_long_curve_stays_a_gap():
    losses = np.ones(100_000)
    losses[30_000:60_000] = NAN
    steps, kept = data(drawn(plots.loss_curves(losses)).axes[0], "training")
    inside = (steps > 30_200) & (steps < 59_800)
    assert inside.any()
    assert np.isnan(kept[inside]).all()
    assert np.isfinite(kept[(steps < 29_800) | (steps > 60_200)]).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([],), r"losses has shape \(0,\)"),
        (([[1, 2]],), r"losses has shape \(1, 2\)"),
        ((["a"],), "losses is not a table of numbers"),
        (([1, 2], [1]), "validation has 1 losses"),
        (([1, 2], [1, 2], 2), "best is 2; validation has the indices 0 to 1"),
        (([1, 2], [1, 2], -1), "best is"),
        (([1, 2], None, 0), "best is an index into validation"),
        (([1, 2], None, None, 0), "steps_per_epoch"),
        (([1, 2], None, None, 1.5), "steps_per_epoch"),
    ],
)
def test_bad_losses_are_refused_in_one_line(arguments, words):
    with pytest.raises(Mistake, match=words) as caught:
        plots.loss_curves(*arguments)
    assert "\n" not in str(caught.value)


def test_where_nothing_is_drawn_there_is_no_scale():
    axes = drawn(plots.loss_curves([NAN, INF])).axes[0]
    assert list(axes.get_yticks()) == []
    assert list(plots.loss_curves([NAN, 1]).axes[0].get_yticks()) != []


# Sections


def test_sections_are_consecutive_and_each_has_its_own_scale():
    losses = np.array([100.0, 99, 98, 3, 2, 1, 0.003, 0.002, 0.001, 7])
    figure = drawn(plots.loss_sections(losses, 3))
    parts = [axes.lines[0].get_data() for axes in figure.axes]
    assert np.concatenate([x for x, _ in parts]).tolist() == list(range(1, 11))
    assert np.concatenate([y for _, y in parts]).tolist() == losses.tolist()
    assert [len(x) for x, _ in parts] == [4, 3, 3]
    for axes, (x, _) in zip(figure.axes, parts, strict=True):
        assert axes.get_xlim()[0] < x[0] < x[-1] < axes.get_xlim()[1]
        assert np.ptp(axes.get_xlim()) <= np.ptp(x) + 1
    limits = [axes.get_ylim() for axes in figure.axes]
    assert limits[0][1] > 100
    assert limits[1][1] < 3
    assert [axes.get_yscale() for axes in figure.axes] == ["log", "log", "log"]
    assert plots.loss_sections([5, 4, 3, 2], 2).axes[0].get_yscale() == "linear"


def test_there_are_five_sections_unless_said_otherwise_and_a_long_one_is_thinned():
    figure = drawn(plots.loss_sections(np.exp(-np.arange(100_000) / 2e4)))
    assert len(figure.axes) == 5
    assert all(axes.lines[0].get_xdata().size <= 2000 for axes in figure.axes)
    assert figure.axes[4].lines[0].get_xdata()[[0, -1]].tolist() == [80_001, 100_000]


def test_a_section_says_what_it_leaves_out():
    figure = drawn(plots.loss_sections([1, 2, NAN, NAN], 2))
    assert [axes.get_title(loc="right") for axes in figure.axes] == ["", "2 of 2 not finite"]


@pytest.mark.parametrize("sections", [0, 5, True, 1.0])
def test_impossible_sections_are_refused(sections):
    with pytest.raises(Mistake, match="section"):
        plots.loss_sections([1, 2, 3, 4], sections)


# A fit


def test_a_fit_is_drawn_in_the_order_of_x_with_the_training_points_as_dots():
    figure = drawn(plots.fit_over_truth([2, 0, 1], [4, 0, 1], [5, NAN, 2], samples=([1, 1], [3, 4])))
    axes = figure.axes[0]
    assert [values.tolist() for values in data(axes, "truth")] == [[0, 1, 2], [0, 1, 4]]
    predicted = data(axes, "prediction")[1]
    assert np.isnan(predicted[0])
    assert predicted[1:].tolist() == [2, 5]
    dots = line(axes, "training points")
    assert dots.get_linestyle() == "None"
    assert [list(values) for values in dots.get_data()] == [[1, 1], [3, 4]]
    assert line(axes, "truth").get_linestyle() != line(axes, "prediction").get_linestyle()
    assert "training points" not in legend(plots.fit_over_truth([1], [1], [1]))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([1, 2], [1], [1, 2]), "x has 2 points and truth 1"),
        (([1, 2], [1, 2], [1, 2, 3]), "x has 2 points and predicted 3"),
        (([1], [1], [1], ([1, 2], [1])), "samples xs has 2 points and samples ys 1"),
        (([1], [1], [1], ([1, 2],)), "samples has 1 parts"),
        (([[1]], [1], [1]), r"x has shape \(1, 1\)"),
    ],
)
def test_bad_fits_are_refused(arguments, words):
    with pytest.raises(Mistake, match=words):
        plots.fit_over_truth(*arguments)


# A learned picture


def test_target_and_prediction_share_one_color_scale_and_the_cost_stands_beside():
    target, predicted = np.array([[0.0, 1], [2, 3]]), np.array([[-5.0, 1], [NAN, 3]])
    figure = drawn(plots.learned_picture(target, predicted, [3, 2, 1]))
    left, middle, right = figure.axes[:3]
    assert [axes.get_title() for axes in (left, middle, right)] == ["target", "prediction", "cost"]
    images = [axes.images[0] for axes in (left, middle)]
    assert [image.get_clim() for image in images] == [(-5, 3), (-5, 3)]
    assert [tuple(image.get_extent()) for image in images] == [(-0.5, 0.5, -0.5, 0.5)] * 2
    assert images[0].origin == "lower"
    assert images[0].get_array().tolist() == target.tolist()
    assert np.ma.getmaskarray(images[1].get_array()).tolist() == [[False, False], [True, False]]
    assert [list(values) for values in right.lines[0].get_data()] == [[1, 2, 3], [3, 2, 1]]


def test_the_words_around_a_learned_picture_are_on_the_page():
    figure = plots.learned_picture(np.eye(9), np.eye(9), [1, 2, 1e200, NAN])
    figure.draw_without_rendering()
    for axes in figure.axes[:3]:
        box = axes.get_tightbbox()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.x1
        assert box.y1 <= figure.bbox.y1


@pytest.mark.parametrize("value", [0.0, 7.0, -7.0])
def test_two_constant_pictures_have_the_same_color(value):
    figure = drawn(plots.learned_picture(np.full((3, 3), value), np.full((3, 3), value), [1]))
    images = [axes.images[0] for axes in figure.axes[:2]]
    assert images[0].get_clim() == images[1].get_clim()
    low, high = images[0].get_clim()
    assert low < value < high


def test_pictures_without_a_finite_value_are_drawn():
    figure = drawn(plots.learned_picture([[NAN]], [[INF]], [NAN, 1], extent=(0, 1, 0, 2)))
    assert figure.axes[2].get_title() == "cost\n1 of 2 not finite"
    assert tuple(figure.axes[0].images[0].get_extent()) == (0, 1, 0, 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([[1, 2]], [[1], [2]], [1]), r"target has shape \(1, 2\) and predicted \(2, 1\)"),
        (([1, 2], [1, 2], [1]), r"target has shape \(2,\)"),
        (([[1]], [[1]], []), "losses has shape"),
        (([[1]], [[1]], [1], (0, 0, 0, 1)), "extent"),
        (([[1]], [[1]], [1], (0, 1, 0)), "extent"),
        (([[1]], [[1]], [1], (0, 1, 0, INF)), "extent"),
    ],
)
def test_bad_pictures_are_refused(arguments, words):
    with pytest.raises(Mistake, match=words):
        plots.learned_picture(*arguments)


# Decision boundaries


def region_colors(figure):
    """(the colors there are, the number of the one at each pixel (row, column))."""
    pixels = np.asarray(figure.axes[0].images[0].get_array(), dtype=float)
    colors, classes = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    return colors, classes.reshape(pixels.shape[:2])


@pytest.mark.parametrize(("threshold", "border"), [(0.5, 0.5), (0.0, 0.0)])
def test_one_score_divides_the_plane_at_the_threshold(threshold, border):
    figure = drawn(plots.decision_boundary(lambda q: q[:, :1], SQUARE, [0, 1, 0, 1], 101, threshold))
    image = figure.axes[0].images[0]
    colors, classes = region_colors(figure)
    assert len(colors) == 2
    left, right, bottom, top = image.get_extent()
    centers = left + (np.arange(101) + 0.5) * (right - left) / 101
    second = centers >= border
    assert (classes[:, second] == classes[0, -1]).all()
    assert (classes[:, ~second] == classes[0, 0]).all()
    assert classes[0, 0] != classes[0, -1]
    vertices = np.concatenate([path.vertices for path in figure.axes[0].collections[0].get_paths()])
    assert np.allclose(vertices[:, 0], border)
    assert bottom < 0 < 1 < top


def test_many_scores_divide_the_plane_by_the_greatest_and_rows_go_up():
    def predict(q):  # class 0 below y = ½; above it class 1 left and class 2 right of x = ½
        left = q[:, 0] < 0.5
        return 3 + np.stack([1 - 2 * q[:, 1], np.where(left, 0.0, -9), np.where(left, -9, 0.0)], axis=1)

    figure = drawn(plots.decision_boundary(predict, SQUARE, [0, 2, 1, 0], 60))
    colors, classes = region_colors(figure)
    assert len(colors) == 3
    assert len({classes[0, 0], classes[-1, 0], classes[-1, -1]}) == 3
    assert (classes[:29] == classes[0, 0]).all()
    assert (classes[31:, :29] == classes[-1, 0]).all()
    assert legend(figure) == ["class 0", "class 1", "class 2"]
    borders = [path.vertices for drawn in figure.axes[0].collections for path in drawn.get_paths()]
    x, y = np.concatenate(borders).T
    level, upright = np.abs(y - 0.5) < 0.02, np.abs(x - 0.5) < 0.02
    assert (level | upright).all()
    assert level.any()
    assert (upright & ~level).any()


def test_a_region_has_the_tint_of_its_points_and_classes_differ_in_marker_too():
    figure = drawn(plots.decision_boundary(lambda q: q[:, :1] - 0.5, SQUARE, [-1, 1, -1, 1], 50, threshold=0))
    axes = figure.axes[0]
    first, second = line(axes, "class −1"), line(axes, "class 1")
    assert np.asarray(first.get_data()).T.tolist() == [[0, 0], [0, 1]]
    assert np.asarray(second.get_data()).T.tolist() == [[1, 1], [1, 0]]
    assert first.get_marker() != second.get_marker()
    pixels = np.asarray(axes.images[0].get_array(), dtype=float)
    for points, pixel in ((first, pixels[0, 0]), (second, pixels[0, -1])):
        solid = np.array([int(to_hex(points.get_color())[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        assert np.allclose(pixel, 1 - (1 - solid) / 3)


def test_a_plane_of_one_class_and_a_single_point_are_drawn():
    figure = drawn(plots.decision_boundary(lambda q: 0 * q[:, :1], [[2, 3]], [1], 20))
    assert len(region_colors(figure)[0]) == 1
    assert not figure.axes[0].collections  # no border


def test_huge_scores_are_drawn():
    figure = drawn(plots.decision_boundary(lambda q: 1e308 * np.sign(q - 0.5), SQUARE, [0, 1, 0, 1], 20))
    assert len(region_colors(figure)[0]) == 2


def test_every_point_of_the_plane_is_asked_for_once():
    asked = []

    def predict(q):
        asked.append(q)
        return q[:, :1]

    plots.decision_boundary(predict, SQUARE, [0, 1, 0, 1], 10)
    (grid,) = asked
    assert grid.shape == (100, 2)
    assert np.unique(grid, axis=0).shape == (100, 2)


@pytest.mark.parametrize(
    ("predict", "X", "labels", "words"),
    [
        (lambda q: q[:, :1], [[0, 0, 0]], [0], r"X has shape \(1, 3\)"),
        (lambda q: q[:, :1], [[0, NAN]], [0], "X has a point"),
        (lambda q: q[:, :1], SQUARE, [0, 1], "X has 4 points and labels 2"),
        (lambda q: q[:, :1], SQUARE, [0, 1, 2, 0], "labels has 2; for 1 scores a point labels are 0 and 1"),
        (lambda q: q[:, :1], SQUARE, [0, 1, -1, 0], "labels are −1 and 1"),
        (lambda q: q, SQUARE, [0, 1, 2, 0], "labels are 0 to 1"),
        (lambda q: q, SQUARE, [0, 0.5, 1, 0], "labels has 0.5"),
        (lambda q: q, SQUARE, [0, NAN, 1, 0], "labels has nan"),
        (lambda q: q[:, 0], SQUARE, [0, 1, 1, 0], "the scores of predict"),
        (lambda q: q[:5], SQUARE, [0, 1, 1, 0], "predict maps"),
        (lambda q: q * NAN, SQUARE, [0, 1, 1, 0], "not finite"),
    ],
)
def test_bad_boundaries_are_refused(predict, X, labels, words):
    with pytest.raises(Mistake, match=words):
        plots.decision_boundary(predict, X, labels, 20)


# Confusion matrices


def luminance(color):
    """Relative luminance, WCAG 2.1."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_cell_has_its_number_in_a_readable_color():
    counts = np.arange(100).reshape(10, 10) * 7
    (axes,) = drawn(plots.confusion_matrix(counts)).axes
    cells = {tuple(map(int, text.get_position())): text for text in axes.texts}
    assert len(cells) == 100
    for (column, row), text in cells.items():
        assert text.get_text() == str(counts[row, column])
        background = luminance(axes.images[0].to_rgba(counts[row, column])[:3])
        foreground = {"white": 1.0, "black": 0.0}[text.get_color()]
        contrast = (max(background, foreground) + 0.05) / (min(background, foreground) + 0.05)
        assert contrast >= 4.5
    assert {text.get_color() for text in axes.texts} == {"white", "black"}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted", "true")


@pytest.mark.parametrize(
    ("counts", "title"),
    [
        ([[3, 1], [0, 4]], "accuracy 87.5%\n(7 of 8)"),
        ([[1, 0], [0, 1]], "accuracy 100.0%\n(2 of 2)"),
        ([[0, 1], [1, 0]], "accuracy 0.0%\n(0 of 2)"),
        ([[99_999, 1], [0, 0]], "accuracy over 99.9%\n(99,999 of 100,000)"),
        ([[9_994, 6], [0, 0]], "accuracy 99.9%\n(9,994 of 10,000)"),
        ([[0, 0], [0, 0]], "accuracy: no examples"),
    ],
)
def test_the_title_is_the_accuracy_and_never_rounds_to_all(counts, title):
    assert drawn(plots.confusion_matrix(counts)).axes[0].get_title() == title


def test_long_names_are_shortened_and_lie_on_the_page():
    names = ["a name that is far longer than any cell", "$x", "c"]
    figure = plots.confusion_matrix(np.eye(3, dtype=int) * 123456, names)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    for ticks in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [tick.get_text() for tick in ticks] == ["a name that is far …", "$x", "c"]
        for tick in ticks:
            box = tick.get_window_extent()
            assert box.x0 >= 0
            assert box.y0 >= 0
    assert axes.bbox.width / figure.dpi > 2  # inches: the names have taken no room from the cells
    for text in axes.texts:  # each number in its cell
        assert text.get_window_extent().width < axes.bbox.width / 3


@pytest.mark.parametrize(
    ("counts", "labels", "words"),
    [
        ([[1, 2]], None, r"counts has shape \(1, 2\)"),
        ([[1, 2], [3]], None, "counts is not a table"),
        ([[1.5]], None, "whole number"),
        ([[-1]], None, "whole number"),
        ([[NAN]], None, "whole number"),
        ([[1]], ["a", "b"], "labels has 2 names; counts has 1 classes"),
    ],
)
def test_bad_counts_are_refused(counts, labels, words):
    with pytest.raises(Mistake, match=words):
        plots.confusion_matrix(counts, labels)
