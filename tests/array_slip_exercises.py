"""Small exercises with arrays in which slips are made on purpose, with their numbers as NumPy has them."""

import tomllib

import numpy as np

ATTENTION = """
[given]
X = [[0.5, -1.1], [0.8, 0.3]]
G = [[0.7, -0.3], [-0.8, 1.2]]
[parameters]
WQ = [[0.9, 0.4], [-0.6, 0.7]]
WK = [[-0.3, 0.8], [0.5, 1.1]]
WV = [[0.6, -0.9], [1.3, 0.2]]
[equations]
Q = "X @ WQ"
K = "X @ WK"
V = "X @ WV"
S = "Q @ K.T/sqrt(2)"
A = "softmax(S)"
O = "A @ V"
L = "sum(G*O)"
"""

CONVOLUTION = """
[given]
X = [[1.5, -2, 0.5, 1], [0.3, 1.2, -0.7, 2], [-1, 0.4, 0.9, -0.6], [2.2, -0.8, 1.1, 0.7]]
G = [[0.7, -1.3, 0.4], [1.9, 0.6, -0.2], [-0.5, 1.4, 0.8]]
[parameters]
K = [[0.5, -1.2], [0.8, 0.3]]
[equations]
Y = "conv(X, K, stride=2, padding=1)"
L = "sum(G*Y)"
"""

CHANNELS = """
[given]
X = [[[1, 2, 0], [0, 1, 1], [2, 0, 3]], [[0.5, 1, 1], [2, 0, -1], [1, 1, 0]], [[1, -2, 1], [0, 4, 1], [0, 2, 0.3]]]
G = [[[1, 0.7], [-1.3, 1]], [[0.4, 1], [2, -0.2]]]
[parameters]
K = [
  [[[1, 0.2], [-1, 1]], [[0.3, 1], [1, -2]], [[1, 1], [0.6, 0]]],
  [[[5, 1], [1, 0]], [[1, 0], [3, -1]], [[0, 7], [1, -1]]],
]
[equations]
Z = "conv(X, K)"
L = "sum(G*Z)"
"""

POOLS = """
[given]
X = [[1.5, -2, 0.5, 1], [0.3, 1.2, -0.7, 2], [-1, 0.4, 0.9, -0.6], [2.2, -0.8, 1.1, 0.7]]
G = [[0.7, -1.3], [1.9, 0.6]]
[parameters]
w = [[0.8, -0.3, 1.1, 0.4], [0.6, 1.7, -0.9, 0.2], [0.5, 1.3, 0.7, -1.6], [1.6, 0.9, -0.2, 1.2]]
[equations]
P = "X*w"
M = "max_pool(P, 2)"
N = "mean_pool(P, 2)"
L = "sum(G*M) + sum(G*N^2)"
"""

RECURRENT = """
[given]
x = [[0.5, -1.1], [0.8, 0.3], [-0.4, 0.9]]
h0 = [0.6, -0.7]
g = [1.3, -0.8]
[parameters]
W = [[0.9, 0.4], [-0.6, 0.7]]
U = [[-0.3, 0.8], [0.5, 1.1]]
[equations]
"h[t]" = "tanh(x[t] @ W + h[t-1] @ U)"
L = "sum(g*h[3])"
"""

NORM = """
[given]
X = [[0.5, -1.1, 2.3], [0.8, 0.3, -0.9]]
G = [[0.7, -0.3, 1.1], [-0.8, 1.2, 0.4]]
[parameters]
w = [[1.2, 0.7, -0.4], [0.6, -1.3, 0.9]]
[equations]
Z = "X*w"
N = "layer_norm(Z, eps=0.1)"
L = "sum(G*N^2)"
"""

MEANS = """
[given]
X = [[0.5, -1.1, 2.3], [0.8, 0.3, -0.9]]
T = [[0.4, 1.3], [-0.7, 0.2]]
[parameters]
W = [[1.2, 0.7], [-0.4, 0.6], [-1.3, 0.9]]
b = [0.3, -0.5]
[equations]
Y = "X @ W + b"
L = "mean((Y - T)^2)"
"""


LSTM = """
[given]
x = [[0.5, -1.1], [0.8, 0.3]]
h0 = [0.6, -0.7]
c0 = [0.3, 0.2]
g = [1.3, -0.8]
[parameters]
Wf = [[0.9, 0.4], [-0.6, 0.7]]
Uf = [[-0.3, 0.8], [0.5, 1.1]]
Wi = [[0.7, -0.4], [0.6, 0.2]]
Ui = [[0.3, 0.6], [-0.5, 0.1]]
Wk = [[-0.9, 0.4], [0.6, 0.7]]
Uk = [[0.3, -0.8], [0.5, 0.1]]
Wo = [[0.5, 0.4], [-0.6, 0.3]]
Uo = [[-0.3, 0.8], [0.2, 1.1]]
[equations]
"f[t]" = "sigmoid(x[t] @ Wf + h[t-1] @ Uf)"
"i[t]" = "sigmoid(x[t] @ Wi + h[t-1] @ Ui)"
"k[t]" = "tanh(x[t] @ Wk + h[t-1] @ Uk)"
"o[t]" = "sigmoid(x[t] @ Wo + h[t-1] @ Uo)"
"c[t]" = "f[t]*c[t-1] + i[t]*k[t]"
"h[t]" = "o[t]*tanh(c[t])"
L = "sum(g*h[2])"
"""

GRU = """
[given]
x = [[0.5, -1.1], [0.8, 0.3]]
h0 = [0.6, -0.7]
g = [1.3, -0.8]
[parameters]
Wz = [[0.9, 0.4], [-0.6, 0.7]]
Uz = [[-0.3, 0.8], [0.5, 1.1]]
Wr = [[0.7, -0.4], [0.6, 0.2]]
Ur = [[0.3, 0.6], [-0.5, 0.1]]
Wn = [[-0.9, 0.4], [0.6, 0.7]]
Un = [[0.3, -0.8], [0.5, 0.1]]
[equations]
"z[t]" = "sigmoid(x[t] @ Wz + h[t-1] @ Uz)"
"r[t]" = "sigmoid(x[t] @ Wr + h[t-1] @ Ur)"
"n[t]" = "tanh(x[t] @ Wn + (r[t]*h[t-1]) @ Un)"
"h[t]" = "(1 - z[t])*n[t] + z[t]*h[t-1]"
L = "sum(g*h[2])"
"""

EMBEDDING = """
[given]
ids = [2, 1, 2]
G = [[0.7, -0.3], [-0.8, 1.2], [0.4, 0.9]]
[parameters]
E = [[0.9, 0.4], [-0.6, 0.7], [0.3, -1.1]]
[equations]
C = "embedding(E, ids)"
L = "sum(G*C^2)"
"""

DROPOUT_RESIDUAL = """
[given]
x = [1.3, -2.1]
m = [1, 0, 1]
p = 0.8
t = [2.2, 1.4]
[parameters]
W = [[1.2, 2.3, 0.7], [-1.1, -0.6, 0.9]]
V = [[1.4, -0.8], [2.1, 1.6], [-1.2, 0.5]]
[equations]
h = "tanh(x @ W)"
d = "m*h/p"
y = "x + d @ V"
L = "sum((y - t)^2)/2"
"""

BATCH_NORM = """
[given]
X = [[1.2, 3.1], [0.7, -0.4], [4.3, 2.6]]
G = [[1.1, 0.3], [-0.9, 2.2], [1.7, -1.3]]
[parameters]
g = [1.8, 0.6]
b = [0.9, -1.2]
[equations]
"m[j]" = "mean[i](X[i,j])"
"s[j]" = "mean[i]((X[i,j] - m[j])^2)"
"N[i,j]" = "(X[i,j] - m[j])/sqrt(s[j] + 0.1)"
Y = "g*N + b"
L = "sum(G*Y^2)"
"""

NORM_OF_SIGNALS = """
[given]
X = [[[1.2, 3.1, 0.5], [0.7, -0.4, 2.2]], [[4.3, 2.6, -1.1], [0.9, 1.4, 3.3]]]
G = [[[1.1, 0.3, 0.8], [-0.9, 2.2, 0.1]], [[1.7, -1.3, 0.6], [0.2, 1.5, -0.7]]]
[parameters]
w = [0.8, 1.5, -0.6]
[equations]
"Z[n,d,t]" = "X[n,d,t]*w[t]"
"m[d]" = "mean[n,t](Z[n,d,t])"
"s[d]" = "mean[n,t]((Z[n,d,t] - m[d])^2)"
"N[n,d,t]" = "(Z[n,d,t] - m[d])/sqrt(s[d] + 0.1)"
L = "sum(G*N^2)"
"""

FLAT = """
loss = "L"
[given]
X = [[1, -2, 0.5], [3, 0.25, -1]]
g = [1, 2, -1, 0.5, 3, -2]
[parameters]
w = 0.5
[equations]
P = "w*X"
f = "flatten(P)"
L = "sum(g*f)"
"""

CAUSAL = ATTENTION.replace("softmax(S)", "causal_softmax(S)")
ALL_TEXTS = (
    ATTENTION,
    CAUSAL,
    CONVOLUTION,
    POOLS,
    RECURRENT,
    NORM,
    MEANS,
    LSTM,
    GRU,
    EMBEDDING,
    DROPOUT_RESIDUAL,
    BATCH_NORM,
    CHANNELS,
    NORM_OF_SIGNALS,
    FLAT,
)


def arrays_of(text):
    """{"X": array, …}: the numbers of an exercise."""
    toml = tomllib.loads(text)
    return {name: np.array(value, float) for name, value in {**toml["given"], **toml["parameters"]}.items()}


def by_entry(name, values):
    """{"W1_2": …} of an array, {"L": …} of a number."""
    values = np.asarray(values)
    return {name + "_".join(str(i + 1) for i in place): float(values[place]) for place in np.ndindex(values.shape)}


def gradients(name, values):
    return {f"grad({entry})": value for entry, value in by_entry(name, values).items()}
