"""Small exercises in which slips are made by hand: each its text, and its numbers as Python writes them."""

from size_exercises import BARE, PICTURE, WORDS

import symnet

DENSE = """
loss = "L"
learning_rate = 0.5
[given]
x1 = 0.6
x2 = -1.1
t1 = 0.4
t2 = -0.9
[parameters]
w11 = 0.7
w12 = -0.2
b1 = 0.3
w21 = 0.5
w22 = 0.9
b2 = -0.4
v11 = 1.2
v12 = -0.8
c1 = 0.1
v21 = 0.35
v22 = 0.6
c2 = -0.25
[equations]
z1 = "w11*x1 + w12*x2 + b1"
z2 = "w21*x1 + w22*x2 + b2"
h1 = "tanh(z1)"
h2 = "tanh(z2)"
o1 = "v11*h1 + v12*h2 + c1"
o2 = "v21*h1 + v22*h2 + c2"
L = "((o1 - t1)^2 + (o2 - t2)^2)/2"
"""

SIGMOID = """
loss = "E"
learning_rate = 0.5
[given]
x1 = 0.6
x2 = 0.9
t = 1
[parameters]
a = 0.3
b = -0.4
c = 0.7
d = 0.2
u = 0.5
v = -0.8
[equations]
n1 = "a*x1 + b*x2"
h1 = "sigmoid(n1)"
n2 = "c*x1 + d*x2"
h2 = "sigmoid(n2)"
no = "u*h1 + v*h2"
o = "sigmoid(no)"
E = "(t-o)^2/2"
"""

RELU = """
loss = "L"
learning_rate = 0.01
[given]
x = 3
t = -2
[parameters]
w1 = 2
w2 = 1
w3 = -3
v1 = 2
v2 = -3
v3 = -4
[equations]
z1 = "w1*x"
z2 = "w2*x"
z3 = "w3*x"
a1 = "relu(z1)"
a2 = "relu(z2)"
a3 = "relu(z3)"
y = "v1*a1 + v2*a2 + v3*a3"
L = "(y - t)^2/2"
"""

LEAKY = """
loss = "L"
[given]
x = 2
t = 0.5
[parameters]
w1 = 0.7
w2 = -1.2
v1 = 1.3
v2 = -0.6
[equations]
z1 = "w1*x"
z2 = "w2*x"
a1 = "leaky_relu(z1, 0.2)"
a2 = "leaky_relu(z2, 0.2)"
y = "v1*a1 + v2*a2"
L = "(y - t)^2/2"
"""

SOFTMAX = """
loss = "L"
learning_rate = 0.2
[given]
x = 1.5
t1 = 0
t2 = 1
t3 = 0
[parameters]
w1 = 0.5
w2 = 0.1
w3 = -0.4
[equations]
z1 = "w1*x"
z2 = "w2*x"
z3 = "w3*x"
p1 = "exp(z1)/(exp(z1) + exp(z2) + exp(z3))"
p2 = "exp(z2)/(exp(z1) + exp(z2) + exp(z3))"
p3 = "exp(z3)/(exp(z1) + exp(z2) + exp(z3))"
L = "-(t1*ln(p1) + t2*ln(p2) + t3*ln(p3))"
"""

BATCH = """
loss = "J"
learning_rate = 0.6
[training]
mode = "batch"
reduce = "mean"
steps = 1
[parameters]
w = 0.4
b = 0.2
[equations]
p = "w*x + b"
J = "(p - t)^2/2"
[[samples]]
x = 1.5
t = 1
[[samples]]
x = -0.5
t = 0.3
[[samples]]
x = 2.5
t = -1.2
"""

PENALTY = """
loss = "L"
learning_rate = 0.2
[given]
x = 1.3
t = 0.4
lam = 0.3
[parameters]
w = 0.8
v = -1.2
b = 0.2
[equations]
h = "w*x + b"
y = "v*h"
L = "(y - t)^2/2 + lam/2*(w^2 + v^2)"
"""

NAMED_PENALTY = PENALTY.replace(
    'L = "(y - t)^2/2 + lam/2*(w^2 + v^2)"', 'R = "w^2 + v^2"\nD = "(y - t)^2/2"\nL = "D + lam/2*R"'
)
L1_PENALTY = PENALTY.replace("lam/2*(w^2 + v^2)", "lam*(abs(w) + abs(v))")

RECURRENT = """
loss = "L"
learning_rate = 0.2
[given]
h0 = 0.3
x1 = 0.8
x2 = -1.1
x3 = 0.45
t1 = 0.2
t2 = 0.6
t3 = -0.4
[parameters]
wx = -0.7
wh = 0.9
b = 0.2
wy = 1.1
[equations]
a1 = "wx*x1 + wh*h0 + b"
h1 = "tanh(a1)"
y1 = "wy*h1"
a2 = "wx*x2 + wh*h1 + b"
h2 = "tanh(a2)"
y2 = "wy*h2"
a3 = "wx*x3 + wh*h2 + b"
h3 = "tanh(a3)"
y3 = "wy*h3"
L = "(y1 - t1)^2/2 + (y2 - t2)^2/2 + (y3 - t3)^2/2"
"""

# The same without a gradient from the third step to the second.
TRUNCATED = RECURRENT.replace("wx*x3 + wh*h2", "wx*x3 + wh*stop_gradient(h2)")

BATCH_NORM = """
loss = "L"
[given]
x1 = 1
x2 = 2
x3 = 6
t1 = 0
t2 = 0.5
t3 = 1
[parameters]
g = 1.5
b = 0.2
[equations]
mu = "(x1+x2+x3)/3"
v = "((x1-mu)^2+(x2-mu)^2+(x3-mu)^2)/3"
s = "sqrt(v + 0.01)"
n1 = "(x1-mu)/s"
n2 = "(x2-mu)/s"
n3 = "(x3-mu)/s"
y1 = "g*n1+b"
y2 = "g*n2+b"
y3 = "g*n3+b"
L = "((y1-t1)^2+(y2-t2)^2+(y3-t3)^2)/2"
"""

USED_TWICE = """
loss = "f"
[given]
a = 1
[parameters]
x = 1
[equations]
xa = "x*a"
x2 = "x*x"
f1 = "x*xa"
f2 = "x*xa"
f3 = "x2*a"
f = "f1 + f3 + f2"
"""

GRAPH = """
loss = "F"
[given]
a = 1.5
b = -0.4
c = 5.2
d = 0.7
f = 1.9
[equations]
u = "a*b + c"
v = "d^2"
q = "u*v - f"
r = "exp(q)"
m = "a + r"
k = "m/f"
o = "ln(m)"
n = "k/v"
F = "k*o - n"
"""


def optimizing(optimizer, steps):
    """L = 3w² from w = 1: the gradient is 6w."""
    return (
        'loss = "L"\nlearning_rate = 0.5\n[parameters]\nw = 1\n[equations]\nL = "3*w^2"\n'
        f'[update]\noptimizer = "{optimizer}"\n[training]\nsteps = {steps}\n'
    )


SCHEDULED = """
learning_rate = 0.5
[parameters]
w = 2
[equations]
L = "w^2"
[training]
steps = 2
schedule = "lr/(1 + t)"
"""

TWO_CURVATURES = """
learning_rate = 0.2
[given]
t = 1.3
[parameters]
a = 0.7
b = -0.4
[equations]
L = "1.5*a^2 + 0.8*a*b + 2.2*b^2 - t*a + 0.6*b"
[[question]]
ask = "stability"
"""

CURVATURE_OF_SAMPLES = """
given = { x = 0.7, t = 1.2 }
samples = [{ x = 0.7 }, { x = -1.3 }, { x = 2.1 }]
parameters = { w = 0.6, b = -0.2 }
[equations]
L = "(w*x + b - t)^2"
[[question]]
ask = "newton"
"""

TANGENTS = """
[given]
x = 0.6
t = 0.9
[parameters]
w = 1.3
v = -0.7
[equations]
h1 = "tanh(w*x)"
h2 = "sigmoid(w*h1)"
y = "v*h1 + w*h2"
L = "(y - t)^2/2"
[[question]]
ask = "forward_mode"
wrt = "w"
"""

# Three steps of a recurrent net with a loss at each; {whole} is what is made of them.
STEPS = """
loss = "L"
learning_rate = 0.5
[given]
x1 = 0.7
x2 = -1.2
x3 = 0.4
t1 = 0.3
t2 = -0.6
t3 = 0.9
[parameters]
w = 0.8
u = -0.5
v = 1.3
[equations]
h1 = "tanh(w*x1)"
E1 = "(v*h1 - t1)^2"
h2 = "tanh(w*x2 + u*h1)"
E2 = "(v*h2 - t2)^2"
h3 = "tanh(w*x3 + u*h2)"
E3 = "(v*h3 - t3)^2"
L = "{whole}"
"""

TEXTS = (
    DENSE, SIGMOID, RELU, LEAKY, SOFTMAX, BATCH, PENALTY, NAMED_PENALTY, L1_PENALTY, RECURRENT, BATCH_NORM, USED_TWICE,
    GRAPH, SCHEDULED, optimizing("adam", 3), optimizing("momentum", 3), optimizing("adamw", 2), PICTURE, WORDS, BARE,
    TWO_CURVATURES, TANGENTS, TRUNCATED, CURVATURE_OF_SAMPLES,
    STEPS.format(whole="E1 + E2 + E3"), STEPS.format(whole="(E1 + E2 + E3)/3"),
)  # fmt: skip


def exercise(text):
    return symnet.loads(text).problem
