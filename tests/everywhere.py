"""Commands that must come to the same, byte by byte, on every Python: without NumPy, and in a browser."""

import json

FILES = {
    "answers.csv": "student,x3,y5,grad(w13)\nAda,5,10,20\nBen,5,10,5\n",
    "relu.toml": """
title = "One step of a 2-2-1 ReLU network"
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
y5 = "w35*y3 + w45*y4"
Loss = "(y5 - t)^2/2"
""",
    "sigmoid.toml": """
learning_rate = 0.5

[given]
x = 0.7
t = 1

[parameters]
w = 0.3
b = -0.2

[equations]
z = "w*x + b"
y = "sigmoid(z)"
L = "(y - t)^2/2 + sin(w)*erf(b) + max(y, tanh(w))/10"
""",
    "drawn.toml": """
learning_rate = 0.5

[network]
layers = [2, 2, 1]
activation = "tanh"
output = "sigmoid"
loss = "half_squared_error"
init = "uniform(-1, 1)"
seed = 3
inputs = [[0, 1], [1, 1]]
targets = [[1], [0]]
""",
    "neuron.toml": """
learning_rate = 0.5
[given]
x = 2
t = 1
[parameters]
w = 3
[equations]
y = "w*x"
L = "(y - t)^2/2"
[vary]
values = { "*" = [-3, -2, 2, 3] }
require = ["integers", "slips differ"]
""",
    "enormous.toml": """
[parameters]
w = 3
[equations]
y = "exp(w*10^7)"
z = "y*y*y*y*y*y*y*y*y"
L = "z*z*z*z"
""",
}

COMMANDS = [
    ("solve", "sigmoid.toml", "drawn.toml"),
    ("solve", "relu.toml", "--json", "--digits", "40"),
    ("solve", "enormous.toml"),
    ("check", "relu.toml", "w13=5", "grad(w35)=10", "y5=10", "grad(w13)=-20", "--json"),
    ("check", "sigmoid.toml", "y=0.5025", "grad(w)=-0.2487", "w=0.2"),
    ("mark", "relu.toml", "answers.csv", "-o", "marks.csv"),
    ("quality", "neuron.toml"),
    ("worksheet", "relu.toml", "-o", "relu.html", "--key", "relu-key.html"),
    ("worksheet", "neuron.toml", "-o", "neuron.md", "--key", "key.md", "--variants", "2", "--salt", "a"),
]


def written(folder):
    """The folder, with the exercises in it."""
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def made(folder):
    """{name: text} of what the commands have made."""
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.iterdir()) if file.name not in FILES}


def compared(command, monkeypatch, here, there, results):
    """Assert that the commands come to the same in this interpreter, in the folder ``here``, as they did ``there``."""
    monkeypatch.chdir(here)
    for arguments, (code, out, err) in zip(COMMANDS, results, strict=True):
        here_code, here_out, here_err = command(*arguments)
        assert (code, out) == (here_code, here_out), arguments
        assert sorted(err.splitlines()) == sorted((here_err + command.wrote).splitlines()), arguments
    assert made(here) == made(there)
    assert len(made(here)) >= 6


def plan_of(file, **more):
    """Write what to do where the commands run."""
    file.write_text(json.dumps({"commands": COMMANDS, **more}), encoding="utf-8")
    return file
