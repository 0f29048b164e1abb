"""Small exercise files that several tests change a little."""

RELU = """
learning_rate = 0.1
[given]
x1 = 1
x2 = -1
t = 0
[parameters]
w13 = 2
w23 = -3
w14 = 1
w24 = 4
w35 = 2
w45 = -1
[equations]
x3 = "w13*x1 + w23*x2"
y3 = "relu(x3)"
x4 = "w14*x1 + w24*x2"
y4 = "relu(x4)"
x5 = "w35*y3 + w45*y4"
y5 = "relu(x5)"
Loss = "(y5 - t)^2/2"
"""
LINE = """
title = "A line"
learning_rate = 0.1
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
