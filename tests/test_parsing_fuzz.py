"""Random formulas and exercise files, whole and mutated: each is read or is a mistake in one line, and nothing else."""

import os
import random
from pathlib import Path

import pytest

import symnet
from symnet.algebra import functions
from symnet.algebra.mistakes import Mistake
from symnet.algebra.parsing import parse

FUZZ = int(os.environ.get("SYMNET_FUZZ", "5000"))
NAMES = ("x", "y", "z", "w", "b", "e")

# -- formulas ---------------------------------------------------------------------------------------------------------

FRAGMENTS = [
    *NAMES, *functions.CATALOGUE, "pi", "E", "lambda", "S", "1", "2", "0", "0.5", "1e-8", "1e", "e5", "1e999",
    "10^10", "9", ".",
    "+", "-", "*", "/", "^", "**", "(", ")", ",", " ", "\n", "\t", "(", ")", "exp(", "max(", "log(", "leaky_relu(",
    "grad(", "__",
    "'", '"', "[", "]", "{", "}", "=", "\\", ";", ":", "²", "σ", "β", "∂", "−", "·", "\u200b", "\x00", "💥", "½", "٣",
    "x1", "unknown",
]  # fmt: skip


def random_formula(generator):
    kind = generator.random()
    length = generator.choice((1, 2, 3, 5, 8, 13, 30, 80))
    if kind < 0.6:
        return "".join(generator.choices(FRAGMENTS, k=length))
    if kind < 0.8:  # a formula with a few characters changed
        text = list(generator.choice(("1/2*(t - o)^2", "sigmoid(w*x + b)", "max(x, y(1-y), 2x)", "-x^2^-y/3e-2")))
        for _ in range(generator.randint(1, 4)):
            at = generator.randrange(len(text))
            text[at] = generator.choice(FRAGMENTS)
        return "".join(text)
    largest = generator.choice((0x7F, 0x3FF, 0xFFFF, 0x10FFFF))
    return "".join(chr(generator.randint(0, largest)) for _ in range(length))


def test_random_texts_are_formulas_or_mistakes_and_nothing_else():
    generator = random.Random(20240101)
    parsed = 0
    for _ in range(FUZZ):
        text = random_formula(generator)
        try:
            expr = parse(text, NAMES)
        except Mistake as mistake:
            message = str(mistake)
            assert message.isprintable(), ascii(text)
            assert len(message) < 600, ascii(text)
        except Exception as error:
            raise AssertionError(f"{text!a} raised {type(error).__name__}") from error
        else:
            parsed += 1
            assert {str(name) for name in expr.free_symbols} <= set(NAMES), ascii(text)
    assert parsed > FUZZ // 100


# -- exercise files ---------------------------------------------------------------------------------------------------

SEED_FILES = [
    """
title = "Everything"
learning_rate = 0.1
loss = "L"
round = 4
[given]
x = 1
t = "1/3"
[parameters]
w = 2
b = -0.5
[equations]
z = "w*x + b"
y = "sigmoid(z)"
L = "(y - t)^2/2"
[notation]
z = "z_{1}"
[training]
steps = 2
mode = "batch"
reduce = "mean"
order = "simultaneous"
[[samples]]
x = 2.7
t = 0
[[samples]]
x = 1e-3
t = 1
[update]
optimizer = "momentum"
decay = 0.9
[[question]]
ask = "gradient"
of = "w"
points = 4
""",
    """
learning_rate = "1/10"
[parameters]
w = 1
[equations]
L = "w^2"
[training]
epochs = 3
mode = "online"
[update]
rules = ["v = 0.9*v - lr*grad(w)", "w = w + v"]
state = { v = 0 }
""",
    """
title = "short form"
learning_rate = 0.1
[network]
layers = [2, 2, 1]
activation = "tanh"
output = "linear"
loss = "half_squared_error"
weights = { W1 = [[1, 2], [3, 4]], b1 = [0, 0.5], W2 = [["1/2"], [-1]], b2 = [0] }
inputs = [[2, 3], [1, -1]]
targets = [[1], [0]]
""",
    """
[network]
layers = [3, 4, 1]
init = "uniform(-1, 1)"
seed = 3
inputs = [[2, 3, -1]]
""",
    *(
        path.read_text(encoding="utf-8")
        for path in sorted((Path(__file__).parent.parent / "worksheets").glob("*.toml"))
    ),
]
VALUES = [
    "1", "-1", "0", "0.0", "1e400", "1e99999", "inf", "nan", "true", "false", '""', '"x"', '"1/0"', '"w*x"', "[]",
    "[[]]", "{}",
    "[1]", '["x"]', "[[1, 2], [3]]", "1979-05-27", "07:32:00", "9223372036854775808", "0x10", "1_000", '"é"',
    "'''a\nb'''",
    '"\\u0000"', '"grad(w)"', '"w = 1"', "{ a = 1 }", "[{}]", '"L"', '"inf"', '"nan"', '"sgd"', '"adam"',
    "10_000_000", "-0.0",
]  # fmt: skip
KEYS = [
    "title", "introduction", "learning_rate", "loss", "round", "given", "parameters", "equations", "notation",
    "training",
    "samples", "update", "question", "vary", "network", "data", "x", "w", "L", "steps", "epochs", "mode", "optimizer",
    "rules",
    "state", "ask", "of", "layers", "weights", "W1", "b1", "inputs", "targets", "init", "seed", "unknown", '"é"',
    '""', "a.b", "lr",
]  # fmt: skip


def mutated(generator):
    """A valid file with a few of its lines, values, keys or characters changed."""
    lines = generator.choice(SEED_FILES).strip().split("\n")
    for _ in range(generator.randint(1, 3)):
        kind, at = generator.randrange(8), generator.randrange(len(lines))
        line = lines[at]
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(generator.randrange(len(lines) + 1), line)
        elif kind == 2 and "=" in line:
            lines[at] = line.partition("=")[0] + "= " + generator.choice(VALUES)
        elif kind == 3 and "=" in line:
            lines[at] = generator.choice(KEYS) + " =" + line.partition("=")[2]
        elif kind == 4:
            lines.insert(at, f"{generator.choice(KEYS)} = {generator.choice(VALUES)}")
        elif kind == 5:
            lines.insert(at, generator.choice(("[{}]", "[[{}]]")).format(generator.choice(KEYS)))
        elif kind == 6 and "=" in line:
            lines[at] = f'{line.partition("=")[0]}= "{random_formula(generator)}"'
        elif line:
            i = generator.randrange(len(line))
            lines[at] = line[:i] + generator.choice((*FRAGMENTS, "")) + line[i + 1 :]
        if not lines:
            lines = [""]
    return "\n".join(lines)


def test_the_files_that_are_mutated_are_right():
    for text in SEED_FILES:
        exercise = symnet.loads(text)
        assert exercise.plan.network.parameter_count if exercise.trains else exercise.solve()


def test_mutated_exercise_files_are_exercises_or_mistakes_and_nothing_else():
    generator = random.Random(20240102)
    read = 0
    for _ in range(FUZZ // 5):
        text = mutated(generator)
        try:
            exercise = symnet.loads(text, "fuzz")
        except Mistake as mistake:
            message = str(mistake)
            assert message.startswith("fuzz: "), ascii(text)
            assert message.isprintable(), ascii(text)
            assert len(message) < 1500, ascii(text)
        except Exception as error:
            raise AssertionError(f"{text!a} raised {type(error).__name__}") from error
        else:
            read += 1
            assert isinstance(exercise, symnet.Exercise)
    assert read > FUZZ // 100


@pytest.mark.parametrize(
    "init", ["uniform(-1, 1e999)", "uniform(-1e308, 1e308)", "uniform(1, 1)", "uniform(0, inf)", "he("]
)
def test_bounds_that_cannot_be_drawn_from_are_a_mistake(init):
    with pytest.raises(Mistake, match="network"):
        symnet.loads(f'[network]\nlayers = [1, 1]\ninit = "{init}"\ninputs = [[1]]')
