"""Every table of an exercise file and every key in it, each with the line that describes it.

The reader refuses what is not here, and the reference (``symnet describe file``) is written from it; so no key can be
read that is not described.  To add a key: one line here, and what reads it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from symnet.algebra.common_names import meant, understood
from symnet.algebra.mistakes import Mistake, shown, suggested
from symnet.paper.layout import settings
from symnet.toml_tables import known_keys


@dataclass(frozen=True)
class Key:
    """What a key is for, and an example of it as it stands in a file; a table in the file's top is its ``table``."""

    says: str
    example: str


@dataclass(frozen=True)
class FileTable:
    """A table of the file: how it is headed, what it is for, and its keys.

    ``names`` says what else stands there where its keys are names that the author gives; then ``keys`` may be empty.
    """

    heading: str
    says: str
    keys: Mapping[str, Key] = field(default_factory=dict)
    names: str = ""
    example: str = ""


TOP = FileTable(
    "at the top",
    "What is said before the first table.",
    {
        "title": Key("the title of the sheet", 'title = "One step through a small network"'),
        "introduction": Key("what the sheet says before the exercise, in plain words",
                            'introduction = "Work by hand."'),
        "learning_rate": Key('η, exactly: 0.1 or "1/3"; without it, and without [update], nothing is updated',
                             "learning_rate = 0.1"),
        "loss": Key("the equation to differentiate; the last one unless named", 'loss = "L"'),
        "round": Key("round every line of working to so many decimals, as a person with a calculator does",
                     "round = 2"),
    },
    example='title = "A unit"\nlearning_rate = 0.1\nround = 2',
)  # fmt: skip

TABLES: dict[str, FileTable] = {
    "given": FileTable(
        "[given]", "Inputs, targets, constants: numbers that an update never changes.", {},
        'a name for each number: 2, 0.1, or exactly in quotes, "1/3"; or for a list of numbers, a vector [1, 2], or of '
        "lists, a matrix [[1, 0], [2, 1]], whose entries are called x1, x2 and X1_1, X1_2, …",
        '[given]\nx = 2\nt = "1/3"',
    ),
    "parameters": FileTable(
        "[parameters]", "What an update changes, weights and biases, with their starting values.", {},
        "a name for each number or array; W[1,2] is the entry W1_2 of an array W", "[parameters]\nw = 0.5\nb = 1",
    ),
    "equations": FileTable(
        "[equations]", "The formulas, in the order in which they are worked; each uses only what stands above it.", {},
        "name = \"formula\" in quotes, with + - * / ^, brackets, 2x and y(1-y), and the functions of "
        "'symnet describe functions'; pi is the constant. The last one is the loss unless loss names another. "
        "Of arrays: X @ W is the product, X * Y goes entry by entry, X.T turns, a vector beside a matrix goes to every "
        "row; softmax, layer_norm … go along the last axis; sum(A), mean(A), max(A) take all entries. Of one entry: "
        '"m[j]" = "sum[i](X[i,j])/3"; of one row, from the one before: "h[t]" = "tanh(x[t] @ W + h[t-1] @ U)"; with a '
        'range where no axis says it: "s[t=1..3]"',
        '[equations]\nz = "w*x + b"\ny = "sigmoid(z)"\nL = "(y - t)^2/2"',
    ),
    "network": FileTable(
        "[network]", "A dense network in short, in place of [given], [parameters] and [equations].",
        {
            "layers": Key("the widths, from the inputs to the outputs", "layers = [2, 3, 1]"),
            "activation": Key("that of the hidden layers (tanh): a name or a formula in z, or a list, one for each",
                              'activation = ["relu"]'),
            "output": Key("the activation of the last layer (linear): a name, or a formula in z", 'output = "sigmoid"'),
            "loss": Key("a name of 'symnet describe losses' (half_squared_error), or a formula in y and t",
                        'loss = "half_squared_error"'),
            "weights": Key("the starting values: W1 has a row for each unit below and a column for each unit, b1 one "
                           "number a unit", "weights = { W1 = [[1, 2, 0], [0, 1, -1]], b1 = [0, 0, 1], "
                           "W2 = [[1], [-1], [2]], b2 = [0] }"),
            "init": Key('in place of weights, how they are drawn: "uniform(-1, 1)", "fan_in", "glorot", "he"',
                        'init = "uniform(-1, 1)"'),
            "seed": Key("of what init draws (0): a whole number; another one draws other weights", "seed = 1"),
            "inputs": Key("a row of numbers for each example", "inputs = [[2, -1]]"),
            "input_shape": Key("with [[layer]], in place of inputs, where [data] has the examples or sizes alone are "
                               "asked: the shape of one example", "input_shape = [1, 28, 28]"),
            "targets": Key("a row of numbers for each example, one for each output", "targets = [[1]]"),
            "l2": Key("λ of the penalty λ/2 Σ w², which is weight decay (0); biases are not counted", "l2 = 0.01"),
            "l1": Key("λ of the penalty λ Σ |w| (0); biases are not counted", "l1 = 0.01"),
        },
        example='[network]\nlayers = [2, 2, 1]\nactivation = "relu"\nweights = { W1 = [[1, 2], [-1, 1]], b1 = [0, 1], '
        "W2 = [[1], [2]], b2 = [0] }\ninputs = [[2, -1]]\ntargets = [[1]]",
    ),
    "layer": FileTable(
        "[[layer]]", "In place of network.layers, any layers one after the other, a table each, in short.", {},
        "kind, a name of 'symnet describe layers', and the options of that kind; repeat = 12 for so many equal ones; "
        "parameters end in the layer's place, all kinds counted: K1, b1, W3. Under [network] are inputs (examples "
        "first: pictures (channels, height, width), sequences (time, features)), targets, loss, weights, or init and "
        "seed; or input_shape alone, where sizes are asked",
        '[network]\ninputs = [[[[1, 2, 0], [0, 1, 1], [2, 0, 1]]]]\ntargets = [[1, 0]]\n'
        'loss = "softmax_cross_entropy"\nweights = { K1 = [[[[1, 0], [-1, 1]]]], b1 = [0], '
        'W3 = [[1, 0], [0, 1], [1, 1], [0, 0]], b3 = [0, 0] }\n[[layer]]\nkind = "conv"\nchannels = 1\nkernel = 2\n'
        'activation = "relu"\n[[layer]]\nkind = "flatten"\n[[layer]]\nkind = "dense"\nunits = 2',
    ),
    "samples": FileTable(
        "[[samples]]", "Several examples, a table each: values that replace those under [given].", {},
        "the names of what differs from example to example", "[[samples]]\nx = 1\nt = 0\n[[samples]]\nx = 2\nt = 1",
    ),
    "training": FileTable(
        "[training]", "How many updates, and on what; without it, one update.",
        {
            "steps": Key("how many updates", "steps = 3"),
            "epochs": Key("in place of steps, how many passes over the samples", "epochs = 2"),
            "mode": Key('"batch": one update on all samples (unless told); "online": one a sample, in order',
                        'mode = "online"'),
            "reduce": Key('in a batch, how the losses of the samples combine: "mean" (unless told) or "sum"',
                          'reduce = "sum"'),
            "order": Key('"simultaneous": all gradients before any update (unless told); "sequential": each gradient '
                         "with the parameters updated before it", 'order = "sequential"'),
            "schedule": Key('the learning rate as a formula in t, which counts updates from 0, and lr, the '
                            'learning_rate; or "constant"', 'schedule = "lr*0.5^t"'),
            "batch_size": Key("to train: so many rows an update; all of them without it", "batch_size = 32"),
            "patience": Key("to train: stop after so many passes without a better validation loss, and keep the best "
                            "parameters", "patience = 20"),
            "dtype": Key('to train: "float64" (unless told) or "float32"', 'dtype = "float32"'),
            "init": Key('to train: how the parameters are drawn: "uniform(-1, 1)", "fan_in", "glorot", "he"',
                        'init = "fan_in"'),
        },
        example='[training]\nepochs = 2\nmode = "online"',
    ),
    "update": FileTable(
        "[update]", "How a parameter changes; gradient descent without it.",
        {
            "optimizer": Key("a name of 'symnet describe optimizers'; its options are further keys here",
                             'optimizer = "momentum"'),
            "rules": Key("in place of optimizer, the rules of an update, in order: lr is the learning rate, grad(w) a "
                         "gradient, input(w) what w multiplies; a w that is no name of the exercise stands for every "
                         "parameter; of arrays a rule goes entry by entry",
                         'rules = ["v = 0.9*v - lr*grad(w)", "w = w + v"]'),
            "state": Key('what is remembered at the start: v = 0 for all, "m(w1)" = 0.1 for one, "m(W)" = [[0.1, 0]] '
                         "for an array, t = 3 after three updates", "state = { v = 0 }"),
        },
        example='[update]\nrules = ["v = 0.9*v - lr*grad(w)", "w = w + v"]\nstate = { v = 0 }',
    ),
    "data": FileTable(
        "[data]", "What symnet train trains on, with [network]: one of csv, grid and uniform.",
        {
            "csv": Key("a file of rows, its first line naming the columns", 'csv = "houses.csv"'),
            "inputs": Key('with csv: the columns that are inputs; "p0..p63" stands for 64',
                          'inputs = ["area", "rooms"]'),
            "targets": Key("with csv the columns that are targets; with grid and uniform a formula for each",
                           'targets = { y = "sin(3*x)" }'),
            "grid": Key("points on a grid: from, to, how many", "grid = { x = [-2, 2, 200] }"),
            "uniform": Key("fresh random points for every batch: from, to", "uniform = { x = [-0.5, 0.5] }"),
            "validation": Key("the share of rows that is held back at random (0)", "validation = 0.2"),
            "seed": Key("of what is held back and drawn (0)", "seed = 1"),
            "standardize": Key("true gives every input mean 0 and deviation 1 (false)", "standardize = true"),
        },
        example='[data]\ngrid = { x = [-2, 2, 200] }\ntargets = { y = "sin(3*x)" }',
    ),
    "vary": FileTable(
        "[vary]", "How the numbers of variants are drawn; without it, from numbers like the file's own.",
        {
            "names": Key("draw only these", 'names = ["w", "x"]'),
            "values": Key('what each is drawn from: a list of numbers and ranges, under the name of an array for '
                          'each of its entries; "*" is for all others',
                          'values = { "*" = ["-4..-1", "1..4"], x = [2, 3] }'),
            "require": Key("what every variant must meet: see 'symnet describe constraints'",
                           'require = ["no kink", "short decimals", "magnitude <= 60"]'),
        },
        example='[vary]\nvalues = { "*" = ["-4..-1", "1..4"] }\nrequire = ["no kink"]',
    ),
    "notation": FileTable(
        "[notation]", "How a name is printed, as LaTeX: letters, indices, accents.", {},
        "a name of the exercise for each; w13 is w with the index 13, and beta is β, without being told; of an "
        "array, whose entries have their indices behind it: W_{Q,12}",
        '[notation]\nw = "w_{1}"\nz = "\\\\mathrm{net}"',
    ),
    "sheet": FileTable(
        "[sheet]", "What stands at the head of the sheet, and on what paper; also options of symnet worksheet.",
        {name: Key(setting.says, setting.example) for name, setting in settings().items()},
        example='[sheet]\ncourse = "Neural networks"\ndate = 2026-11-28\npaper = "letter"',
    ),
    "question": FileTable(
        "[[question]]", "What the sheet asks, a table each; without any: forward pass, gradients, update.",
        {
            "ask": Key("the kind of question, a name of 'symnet describe questions', which lists its other keys",
                       'ask = "gradient"'),
        },
        example='[[question]]\nask = "gradient"\nof = "w"\npoints = 4',
    ),
}  # fmt: skip

MOST_STRANGE = 100  # keys that are looked for in other tables: of a file with more, the first are told
TO_TRAIN = ("batch_size", "patience", "dtype", "init")  # of [training]: for symnet train


def check_keys(toml: Mapping[str, Any], table: str, more: Collection[str] = (), without: Collection[str] = ()) -> None:
    """Refuse, with a Mistake, a key of that table ("" for the top) that is not described here, nor in ``more``."""
    own = TABLES[table].keys if table else (*TOP.keys, *TABLES)
    known = [key for key in (*own, *more) if key not in without]
    strange = (item for item in toml.items() if item[0] not in known)
    for key, value in islice(strange, MOST_STRANGE):
        # A key of another table is taken for that one and not for what merely looks like it; a table under such a
        # name, [inputs], is a heading that is called so elsewhere.
        exact = not isinstance(value, (dict, list)) and any(key in about.keys for about in TABLES.values())
        close = not exact and suggested(key, known)
        if not close and (place := _elsewhere(key, table)):
            raise Mistake(f"{table}{'.' * bool(table)}{shown(key)[1:-1]} is not a key here; {place}")
    known_keys(toml, known, f"{table}." if table else "")


def _elsewhere(key: str, table: str) -> str:
    """Where a key stands that is written in the wrong table, "" where there is none such."""
    for name, about in {"": TOP, **TABLES}.items():
        if name != table and (found := understood(key, about.keys) or (meant(key, about.keys) if not name else "")):
            return f"{found} stands {'at the top of the file' if not name else f'under {about.heading}'}"
    return ""
