"""One neuron on a line, with one example and with three, and its values and gradients in plain fractions."""

from fractions import Fraction as F

LINE = """
[given]
x = 2
t = 1
[parameters]
w = 3
b = -1
[equations]
y = "w*x + b"
L = "(y - t)^2/2"
"""


SAMPLES = ((F(2), F(1)), (F(-1), F(3)), (F(1, 2), F(0)))


LINE_WITH_SAMPLES = """
learning_rate = 0.1
[parameters]
w = 3
b = -1
[equations]
y = "w*x + b"
L = "(y - t)^2/2"
[[samples]]
x = 2
t = 1
[[samples]]
x = -1
t = 3
[[samples]]
x = 0.5
t = 0
"""


def line(w, b, x, t):
    """The forward values and gradients of LINE."""
    y = w * x + b
    return {"y": y, "L": (y - t) ** 2 / 2}, {"w": (y - t) * x, "b": y - t}
