"""What a figure of matplotlib holds, read from its own objects, for the tests of plots."""

import numpy as np

from symnet.training import plots


def line(axes, label):
    """The one line whose label begins so."""
    (found,) = [line for line in axes.lines if str(line.get_label()).startswith(label)]
    return found


def data(axes, label):
    return tuple(np.asarray(values, dtype=float) for values in line(axes, label).get_data())


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def drawn(figure):
    """Draw everything: what fails or warns only then fails here."""
    assert plots.picture(figure, "png").startswith(b"\x89PNG")
    return figure


SQUARE = [[0, 0], [1, 1], [0, 1], [1, 0]]
