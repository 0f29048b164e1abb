"""Nets large and small, to be drawn in the tests of figures."""

from pathlib import Path

import symnet
from symnet.exercises.reader import loads
from symnet.notation.names import Names
from symnet.sheets.worksheet import solution_of
from symnet.working.work import Work

ROOT = Path(__file__).parent.parent


def work_of(exercise):
    problem = exercise.problem
    return Work(solution_of(exercise), Names((*problem.network.names, *problem.state), exercise.notation))


def worked(name):
    folder = "worksheets" if (ROOT / "worksheets" / f"{name}.toml").exists() else "tests/published"
    return work_of(symnet.load(ROOT / folder / f"{name}.toml"))


def written(equations, parameters, given, loss=None):
    lines = ["[given]", *(f"{name} = {value}" for name, value in given.items())]
    lines += ["[parameters]", *(f"{name} = {value}" for name, value in parameters.items())]
    lines += ["[equations]", *(f'{name} = "{formula}"' for name, formula in equations.items())]
    return work_of(loads("\n".join(([f'loss = "{loss}"'] if loss else []) + lines)))


def dense(*widths):
    """A net written by the short form, with weights of every length."""
    hidden = "activation = 'relu'\n" if len(widths) > 2 else ""
    return work_of(
        loads(
            f"[network]\nlayers = {list(widths)}\n{hidden}init = 'uniform(-1, 1)'\nseed = 3\n"
            f"inputs = [{[round(0.3 + i / 7, 3) for i in range(widths[0])]}]\ntargets = [{[1] * widths[-1]}]\n"
        )
    )


def by_hand(*widths, name="u"):
    """The same sizes, written unit by unit with names of one's own."""
    equations, parameters, given = {}, {}, {f"x{i + 1}": i + 1 for i in range(widths[0])}
    below = list(given)
    for layer, count in enumerate(widths[1:], 1):
        units = [f"{name}{layer}{j + 1}" for j in range(count)]
        for j, unit in enumerate(units):
            terms = []
            for i, source in enumerate(below):
                weight = f"w{layer}_{i + 1}_{j + 1}"
                parameters[weight] = round((-1) ** (i + j) * (0.123 + 0.37 * i + 0.11 * j), 4)
                terms.append(f"{weight}*{source}")
            parameters[f"b{layer}_{j + 1}"] = 0.5
            equations[f"net_{unit}"] = " + ".join([*terms, f"b{layer}_{j + 1}"])
            equations[f"out_{unit}"] = f"sigmoid(net_{unit})"
        below = [f"out_{unit}" for unit in units]
    given |= {f"t{j + 1}": 0.5 for j in range(len(below))}
    equations["E"] = " + ".join(f"(t{j + 1} - {unit})^2/2" for j, unit in enumerate(below))
    return written(equations, parameters, given, "E")


def with_skips():
    """Wires from the inputs to every layer, and past two layers at once."""
    return written(
        {
            "h1": "tanh(a1*x1 + a2*x2)",
            "h2": "tanh(a3*x1 + a4*x2)",
            "g1": "tanh(c1*h1 + c2*h2 + c3*x1)",
            "k": "tanh(d1*g1 + d2*x2 + d3*h2 + beta)",
            "y": "v1*k + v2*x1 + v3*x2",
            "L": "(y - t)^2",
        },
        dict.fromkeys(("a1", "a2", "a3", "a4", "c1", "c2", "c3", "d1", "d2", "d3", "beta", "v1", "v2", "v3"), 0.5),
        {"x1": 1, "x2": -2, "t": 3},
    )


def rnn():
    """Three steps with shared weights; every input stands at its step."""
    return written(
        {"h1": "tanh(u*x1 + w*h0)", "h2": "tanh(u*x2 + w*h1)", "h3": "tanh(u*x3 + w*h2)", "y": "v*h3",
         "L": "(y - t)^2/2"},
        {"u": 0.5, "w": 0.8, "v": 1},
        {"x1": 1, "x2": 2, "x3": -1, "h0": 0, "t": 1},
        "L",
    )  # fmt: skip


NETS = {
    "2-2-1": lambda: worked("relu"),
    "one neuron": lambda: worked("one-neuron"),
    "mazur": lambda: worked("two-outputs"),
    "3-4-4-1": lambda: dense(3, 4, 4, 1),
    "3-3-2": lambda: dense(3, 3, 2),
    "1-10-1": lambda: dense(1, 10, 1),
    "2-3-1 by hand": lambda: by_hand(2, 3, 1),
    "rnn": rnn,
    "5-8-8-5": lambda: dense(5, 8, 8, 5),
    "1-8-1": lambda: dense(1, 8, 1),
    "8-8": lambda: dense(8, 8),
    "2-3-2 by hand": lambda: by_hand(2, 3, 2),
    "4-4-1 by hand": lambda: by_hand(4, 4, 1),
    "5-8-8-5 by hand": lambda: by_hand(5, 8, 8, 5),
    "long names": lambda: by_hand(2, 3, 1, name="hidden_unit_of_layer_"),
    "skips": with_skips,
    "recurrent": lambda: worked("rnn_three_steps"),
    "thresholds": lambda: worked("negnevitsky_xor_first_step"),
    "convolution": lambda: worked("d2l_convolution"),
    "bundle of 40": lambda: dense(1, 40, 1),
}
