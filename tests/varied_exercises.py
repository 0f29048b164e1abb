"""Exercises whose numbers vary, for the tests of variants."""

from pathlib import Path

RELU = Path(__file__).parent.parent / "worksheets" / "relu.toml"
SMALL = """
title = "A unit"
learning_rate = 0.1
[given]
x = 2
t = 1
[parameters]
w = 3
b = -1
[equations]
z = "w*x + b"
y = "relu(z)"
L = "(y - t)^2/2"
"""
VARY = """
[vary]
names = ["x", "w", "b"]
values = { "*" = ["-4..-1", "1..4"], x = [2, 3, "1/2"] }
require = ["no kink", "magnitude <= 40", "dead units = 0"]
"""
