"""Bad input: one line on standard error that names the file and the key and what would be right, and exit code 2."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

LINE = """
learning_rate = 0.1
[given]
x = 2
t = 1
[parameters]
w = 3
[equations]
y = "w*x"
L = "(y - t)^2/2"
"""
NETWORK = """
[network]
layers = [2, 2, 1]
weights = { W1 = [[1, 2], [3, 4]], b1 = [5, 6], W2 = [[7], [8]], b2 = [9] }
inputs = [[1, 2]]
targets = [[1]]
"""


def one_line(code, out, err):
    """The message, which must be one line without a traceback, with nothing on standard output."""
    assert code == 2, (code, out, err)
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert all(c.isprintable() for c in err[:-1]), err
    assert len(err) < 1000
    return err


@pytest.fixture
def message(exercise_file, command):
    """message(text) → what is said of that exercise, in text and in JSON alike; the file is always named."""

    def said(text, *options):
        file = exercise_file(text, "bad.toml")
        line = one_line(*command("solve", file, "--json", *options))
        assert one_line(*command("solve", file, *options)) == line
        assert "bad.toml" in line
        return line

    return said


@pytest.fixture
def attack(tmp_path, run):
    """attack(text) → what a process of its own says, within seconds, leaving nothing behind."""

    def said(text, *options):
        file = tmp_path / "bad.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        done = run("solve", "bad.toml", *options, cwd=tmp_path, timeout=20)
        line = one_line(done.returncode, done.stdout, done.stderr)
        assert "bad.toml" in line
        assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.toml"]
        return line

    return said


def equations(*lines):
    return "[given]\nx = 2\n[parameters]\nw = 3\n[equations]\n" + "\n".join(lines)


# -- names ------------------------------------------------------------------------------------------------------------

NAMES = {
    "an undefined name": (equations('y = "w*q"'), "equations.y", "q"),
    "a near name, suggested": (
        "[given]\nweight = 1\n[equations]\ny = 'wieght*2'",
        "equations.y",
        'did you mean "weight"?',
    ),
    "an undefined name in an unused equation": (equations('y = "w*x"', 'z = "q"'), "equations.z", "q"),
    "a name in given and parameters": ('[given]\nw = 1\n[parameters]\nw = 2\n[equations]\ny = "w"', "w", "given"),
    "a name in given and equations": ('[given]\nw = 1\n[equations]\nw = "2"', "equations.w", "given"),
    "a name in parameters and equations": ('[parameters]\nw = 1\n[equations]\nw = "2"', "equations.w", "parameters"),
    "a name twice among equations": (equations('yy = "w"', 'yy = "x"', 'z = "x"'), "twice", "yy"),
    "a name twice among equations, at the end": (equations('yy = "w"', 'yy = "x"'), "twice", "yy"),
    "a name twice among parameters": ('[parameters]\nww = 1\nww = 2\n[equations]\ny = "ww"', "twice", "ww"),
    "a table twice": ('[given]\nx = 1\n[given]\ny = 2\n[equations]\nz = "x"', "bad.toml", "given"),
    "a sample that names a parameter": (LINE + "[[samples]]\nw = 1", "samples[0].w", "parameters"),
    "a sample that names an equation": (LINE + "[[samples]]\ny = 1", "samples[0].y", "equations"),
    "a cycle of two": (equations('a = "b + 1"', 'b = "a + 1"'), "equations.a", "cycle"),
    "a cycle of three": (equations('a = "c"', 'b = "a"', 'c = "b"'), "equations.a", "cycle"),
    "a name that uses itself": (equations('w2 = "w2 + 1"'), "equations.w2", "itself"),
    "a name used before its definition": (equations('a = "b"', 'b = "x"'), "equations.a", "below"),
    "a value missing from a sample": (
        '[equations]\ny = "x + c"\n[[samples]]\nx = 1\nc = 2\n[[samples]]\nx = 3',
        "samples[1].c",
        "missing",
    ),
    "a name that starts with a digit": ('[given]\n1x = 1\n[equations]\ny = "2"', "given", "1x"),
    "a name with a hyphen": ('[parameters]\na-b = 1\n[equations]\ny = "2"', "parameters", "a-b"),
    "an empty name": ('[given]\n"" = 1\n[equations]\ny = "2"', "given", "name"),
    "an equation with a name that is none": ('[equations]\n"y z" = "2"', "equations", "name"),
    "a name of a thousand letters": (f"[given]\n{'a' * 1000} = 1\n[equations]\ny = '2'", "given", "name"),
    "a loss that is no equation": ('loss = "los"\n[equations]\nloss1 = "2"', "loss", 'did you mean "loss1"?'),
    "a loss that is a parameter": ('loss = "w"\n' + LINE, "loss", "equation"),
    "notation of an unknown name": (LINE + '[notation]\nyy = "a"', "notation", "yy"),
    "e, which is no constant": (equations('y = "e^x"'), "equations.y", "exp(x)"),
}


@pytest.mark.parametrize("case", NAMES)
def test_a_wrong_name_is_refused(message, case):
    text, *parts = NAMES[case]
    line = message(text)
    for part in parts:
        assert part in line


# -- formulas ---------------------------------------------------------------------------------------------------------

FORMULAS = {
    "a misspelt function, suggested": ("sigmod(x)", 'did you mean "sigmoid"?'),
    "another misspelt function, suggested": ("1 + thanh(x)", 'did you mean "tanh"?'),
    "an unknown function": ("frobnicate(x)", "frobnicate"),
    "a function without its brackets": ("tanh x", "tanh"),
    "a function as a name": ("2*exp", "exp"),
    "too many arguments": ("tanh(x, w)", "tanh"),
    "no arguments": ("tanh()", "value"),
    "nothing": ("", "empty"),
    "spaces": ("   ", "empty"),
    "an open bracket": ("(x + w", "closed"),
    "a closing bracket": ("x + w)", "bracket"),
    "an operator at the end": ("x +", "ends"),
    "an operator at the beginning": ("*x", "value"),
    "two numbers side by side": ("2 3", "operator"),
    "a comma": ("x, w", ""),
    "a question mark": ("x ? w", "?"),
    "an equals sign": ("y = x", "="),
    "a comparison": ("x < w", "<"),
    "an attribute": ("x.real", ""),
    "an index": ("x[0]", "["),
    "a number of 2000 digits": ("1" * 2000, "digits"),
    "a huge exponent": ("1e999999", "too large"),
    "infinity": ("inf*x", "inf"),
    "not a number": ("nan", "nan"),
    "a Python power of powers": ("9**9**9", "exponent"),
    "a tower of powers": ("2^2^2^2^2^2", "exponent"),
    "an exponent in disguise": ("x^(99999*99999)", "exponent"),
    "a quotient of towers": ("1/9^9^9", "exponent"),
}


@pytest.mark.parametrize("case", FORMULAS)
def test_a_wrong_formula_is_refused(message, case):
    formula, part = FORMULAS[case]
    line = message(equations(f"y = '{formula}'"))
    assert "equations.y" in line
    assert part in line


@pytest.mark.parametrize(
    ("rules", "parts"),
    [
        ('["w = w - lr*grad(q)"]', ["update.rules[0]", "q"]),
        ('["w = w - lr*grad(w*x)"]', ["update.rules[0]", "grad"]),
        ('["w = w - lr*gard(w)"]', ["update.rules[0]", "gard"]),
        ('["w = w", "x = 1"]', ["update.rules[1]", "x", "given"]),
        ('["y = 1"]', ["update.rules[0]", "y", "equation"]),
        ('["lr = 1"]', ["update.rules[0]", "lr"]),
        ('["w == 2"]', ["update.rules[0]"]),
        ('["w"]', ["update.rules[0]", "w = w - lr*grad(w)"]),
        ("[1]", ["update.rules[0]"]),
        ("[]", ["update.rules"]),
        ('"w = 1"', ["update.rules"]),
        ('["1w = 2"]', ["update.rules[0]", "name"]),
        ('["w = undefined"]', ["update.rules[0]", "undefined"]),
        ("[\"__import__('os').system('touch X') = 1\"]", ["update.rules[0]", "name"]),
    ],
)
def test_a_wrong_rule_is_refused(message, rules, parts):
    line = message(f"{LINE}[update]\nrules = {rules}")
    for part in parts:
        assert part in line


def test_a_state_named_like_something_else_is_refused(message):
    for name in ("w", "x", "y"):
        line = message(f'{LINE}[update]\nrules = ["w = 1"]\nstate = {{ {name} = 0 }}')
        assert f"update.state.{name}" in line


# -- keys -------------------------------------------------------------------------------------------------------------

KEYS = {
    "at the top": ("learnng_rate = 0.1\n" + LINE, "learnng_rate", "learning_rate"),
    "a table": ('[equatoins]\ny = "1"', "equatoins", "equations"),
    "in training": (LINE + "[training]\nstps = 2", "training.stps", "steps"),
    "in update": (LINE + '[update]\noptimiser = "adam"', "optimi", "optimizer"),
    "an option of an optimizer": (LINE + '[update]\noptimizer = "momentum"\ndecya = 0.9', "update.decya", "decay"),
    "beside rules": (LINE + '[update]\nrules = ["w = 1"]\nstaet = { v = 0 }', "update.staet", "state"),
    "an optimizer": (LINE + '[update]\noptimizer = "momentmu"', "update.optimizer", "momentum"),
    "in a question": (LINE + '[[question]]\nask = "forward"\npoint = 3', "question[0].point", "points"),
    "a kind of question": (LINE + '[[question]]\nask = "gradeint"', "question[0].ask", "gradient"),
    "a name in a question": (LINE + '[[question]]\nask = "gradient"\nof = "W"', "question[0].of", "w"),
    "in the network": (NETWORK.replace("layers", "layrs"), "network.layrs", "layers"),
    "an activation": (NETWORK + 'activation = "sigmod"', "network.activation", "sigmoid"),
    "an output": (NETWORK + 'output = "lineer"', "network.output", "linear"),
    "a loss": (NETWORK + 'loss = "half_sqared_error"', "network.loss", "half_squared_error"),
    "in the weights": (NETWORK.replace("b2 =", "c2 ="), "network.weights.c2", "b2"),
    "a mode": (LINE + '[training]\nmode = "onlin"', "training.mode", "online"),
    "a way to reduce": (LINE + '[training]\nreduce = "men"', "training.reduce", "mean"),
    "an order": (LINE + '[training]\norder = "sequental"', "training.order", "sequential"),
    "in vary": (LINE + '[vary]\nnmaes = ["w"]', "vary.nmaes", "names"),
}


@pytest.mark.parametrize("case", KEYS)
def test_a_misspelt_key_or_choice_is_refused_with_a_suggestion(message, case):
    text, key, meant = KEYS[case]
    line = message(text)
    assert key in line
    assert meant in line


# -- numbers that do not exist ----------------------------------------------------------------------------------------

VALUES = {
    "a division by zero": (equations('y = "w/(x - 2)"'), ["y", "division by zero"]),
    "zero to a negative power": (equations('y = "(x - 2)^-1"'), ["y", "division by zero"]),
    "the log of zero": (equations('y = "log(x - 2)"'), ["y", "log", "zero"]),
    "the log of a negative number": (equations('y = "log(1 - x)"'), ["y", "log", "negative"]),
    "the root of a negative number": (equations('y = "sqrt(1 - x)"'), ["y", "negative"]),
    "a broken power of a negative number": (equations('y = "(1 - x)^0.3"'), ["y", "negative"]),
    "a number beyond all bounds": (equations('a = "exp(exp(exp(x*x)))"', 'y = "exp(a)"'), ["too large"]),
    "a division by zero at the second sample": (
        '[equations]\ny = "1/x"\n[[samples]]\nx = 1\n[[samples]]\nx = 0',
        ["y", "division by zero"],
    ),
    "a division by zero at a later update": (
        'learning_rate = 1\n[parameters]\nw = 3\n[equations]\ny = "w"\nz = "1/w"\n[training]\nsteps = 5\n',
        ["z", "division by zero", "update 4"],
    ),
    "a log of a negative number at a later update": (
        'learning_rate = 1\n[parameters]\nw = 2.5\n[equations]\ny = "w"\nz = "log(w)"\n[training]\nsteps = 9\n',
        ["z", "log", "negative", "update 4"],
    ),
    "a division by zero in a rule": (
        LINE + '[update]\nrules = ["w = w/(x - 2)"]',
        ["w", "division by zero"],
    ),
    "a log of a negative number in a rule": (
        LINE + '[update]\nrules = ["v = log(-x)", "w = v"]',
        ["v", "log", "negative"],
    ),
    "a division by zero in a rule at a later update": (
        LINE + '[update]\nrules = ["k = k - 1", "w = w/k"]\nstate = { k = 3 }\n[training]\nsteps = 5\n',
        ["w", "division by zero", "update 3"],
    ),
}


@pytest.mark.parametrize("case", VALUES)
def test_a_value_that_does_not_exist_is_refused_and_its_equation_named(message, case):
    text, parts = VALUES[case]
    if "\nloss" not in text and 'z = "' in text:
        text = 'loss = "y"\n' + text
    line = message(text)
    for part in parts:
        assert part in line


# -- numbers in the file ----------------------------------------------------------------------------------------------

NO_NUMBERS = [
    "nan",
    "inf",
    "-inf",
    "+nan",
    '"nan"',
    '"inf"',
    '"-Infinity"',
    '"1/0"',
    '"0x10"',
    '"two"',
    '""',
    '"1/2/3"',
    '"1e9999999"',
    "1e9999999",
    f'"{"9" * 5000}"',
    "true",
    "[1]",
    "{ a = 1 }",
    "1979-05-27",
    '"1+1"',
    '"٣"',
]
PLACES = {
    "learning_rate": "learning_rate = {}\n[parameters]\nw = 1\n[equations]\ny = 'w'",
    "given.x": "[given]\nx = {}\n[equations]\ny = 'x'",
    "parameters.w": "[parameters]\nw = {}\n[equations]\ny = 'w'",
    "samples[0].x": "[equations]\ny = 'x'\n[[samples]]\nx = {}",
    "update.state.v": "[parameters]\nw = 1\n[equations]\ny = 'w'\n[update]\nrules = ['w = v']\nstate = {{ v = {} }}",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("number", NO_NUMBERS, ids=lambda number: number[:12])
def test_what_is_no_number_is_refused_and_its_key_named(message, place, number):
    assert place in message(PLACES[place].format(number))


@pytest.mark.parametrize("number", ["nan", "inf", '"nan"', '"inf"'])
def test_what_is_no_number_is_refused_in_weights_and_inputs(message, number):
    assert "network.weights.W1" in message(NETWORK.replace("[[1, 2]", f"[[{number}, 2]", 1))
    assert "network.inputs" in message(NETWORK.replace("inputs = [[1", f"inputs = [[{number}"))
    assert "network.targets" in message(NETWORK.replace("targets = [[1", f"targets = [[{number}"))


# -- types ------------------------------------------------------------------------------------------------------------

OTHER = {"a number": "5", "a text": '"text"', "a truth value": "true", "a list": "[1, 2]", "a date": "1979-05-27"}
TABLES = ["given", "parameters", "equations", "notation", "training", "update", "vary", "network", "data"]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("kind", OTHER)
def test_a_table_that_is_something_else_is_refused(message, table, kind):
    rest = "" if table == "equations" else '[equations]\ny = "2"\n'
    assert table in message(f"{table} = {OTHER[kind]}\n{rest}")


@pytest.mark.parametrize("table", ["samples", "question"])
@pytest.mark.parametrize("value", ["5", '"text"', "[1]", "{ ask = 1 }", "[[1]]"])
def test_a_list_of_tables_that_is_something_else_is_refused(message, table, value):
    assert table in message(f'{table} = {value}\n[equations]\ny = "2"')


WRONG_TYPES = {
    "title": 'title = 3\n[equations]\ny = "2"',
    "title ": 'title = 1.5\n[equations]\ny = "2"',
    "introduction": 'introduction = ["a"]\n[equations]\ny = "2"',
    "loss": 'loss = 3\n[equations]\ny = "2"',
    "loss ": 'loss = ["y"]\n[equations]\ny = "2"',
    "round": 'round = "4"\n[equations]\ny = "2"',
    "round ": 'round = 1.5\n[equations]\ny = "2"',
    "round  ": 'round = -1\n[equations]\ny = "2"',
    "round   ": 'round = 1000000\n[equations]\ny = "2"',
    "round    ": 'round = true\n[equations]\ny = "2"',
    "equations.y": "[equations]\ny = [1]",
    "equations.y ": "[equations]\ny = true",
    "equations.y  ": "[equations]\ny = { z = 1 }",
    "notation.y": '[equations]\ny = "2"\n[notation]\ny = 3',
    "training.steps": LINE + '[training]\nsteps = "3"',
    "training.steps ": LINE + "[training]\nsteps = -1",
    "training.steps  ": LINE + "[training]\nsteps = 1.5",
    "training.steps   ": LINE + "[training]\nsteps = 100000000000000000000",
    "training.epochs": LINE + "[training]\nepochs = true",
    "training.mode": LINE + "[training]\nmode = 1",
    "training.mode ": LINE + '[training]\nmode = ["online"]',
    "training.reduce": LINE + "[training]\nreduce = { }",
    "training.order": LINE + "[training]\norder = 0.5",
    "update.optimizer": LINE + "[update]\noptimizer = 3",
    "update.decay": LINE + '[update]\noptimizer = "momentum"\ndecay = "much"',
    "update": LINE + "[update]\n",
    "decay": LINE + '[update]\noptimizer = "momentum"\ndecay = 1.5',
    "update.state": LINE + '[update]\nrules = ["w = 1"]\nstate = [0]',
    "question[0].ask": LINE + "[[question]]\nask = 3",
    "question[0].ask ": LINE + "[[question]]\npoints = 3",
    "question[0].of": LINE + '[[question]]\nask = "gradient"\nof = 3',
    "question[0].of ": LINE + '[[question]]\nask = "gradient"\nof = [["w"]]',
    "question[0].of  ": LINE + '[[question]]\nask = "gradient"\nof = { w = 1 }',
    "question[0].points": LINE + '[[question]]\nask = "gradient"\npoints = "many"',
    "question[0].text": LINE + '[[question]]\nask = "gradient"\ntext = 3',
    "network.layers": NETWORK.replace("[2, 2, 1]", '"2-2-1"'),
    "network.layers ": NETWORK.replace("[2, 2, 1]", "[2, 2.0, 1]"),
    "network.layers  ": NETWORK.replace("[2, 2, 1]", "[2, true, 1]"),
    "network.layers   ": NETWORK.replace("[2, 2, 1]", "[2, [2], 1]"),
    "network.activation": NETWORK + "activation = 3",
    "network.loss": NETWORK + 'loss = ["huber"]',
    "network.weights": NETWORK.replace("weights = {", "weights = 3\n#"),
    "network.weights.W1": NETWORK.replace("[[1, 2], [3, 4]]", "1"),
    "network.weights.b1": NETWORK.replace("[5, 6]", "5"),
    "network.inputs": NETWORK.replace("[[1, 2]]", "3"),
    "network.inputs ": NETWORK.replace("[[1, 2]]", "[1, 2]"),
    "network.init": re.sub(r"weights.*\n", "init = 3\n", NETWORK),
    "network.init ": re.sub(r"weights.*\n", 'init = "unifrom(-1, 1)"\n', NETWORK),
    "network.init  ": re.sub(r"weights.*\n", 'init = "uniform(1, -1)"\n', NETWORK),
    "network.init   ": re.sub(r"weights.*\n", 'init = "uniform(0, nan)"\n', NETWORK),
    "network.init    ": re.sub(r"weights.*\n", 'init = "uniform(0, 1e999)"\n', NETWORK),
    "network.seed": re.sub(r"weights.*\n", 'init = "he"\nseed = -1\n', NETWORK),
    "network.seed ": re.sub(r"weights.*\n", 'init = "he"\nseed = "a"\n', NETWORK),
}


@pytest.mark.parametrize("case", WRONG_TYPES)
def test_a_value_of_the_wrong_kind_is_refused_and_its_key_named(message, case):
    assert case.strip() in message(WRONG_TYPES[case])


CONTRADICTIONS = {
    "steps and epochs": (LINE + "[training]\nsteps = 1\nepochs = 1", ["training.steps", "training.epochs"]),
    "an optimizer and rules": (LINE + '[update]\noptimizer = "adam"\nrules = ["w = 1"]', ["update"]),
    "a network and equations": (NETWORK + '[equations]\ny = "2"', ["equations", "network"]),
    "a network and parameters": (NETWORK + "[parameters]\nw = 2", ["parameters", "network"]),
    "no equations": ("[given]\nx = 1", ["equations"]),
    "empty equations": ("[given]\nx = 1\n[equations]\n", ["equations"]),
    "only a title": ('title = "nothing else"', ["equations"]),
    "an optimizer without a rate": (
        '[parameters]\nw = 1\n[equations]\ny = "w"\n[update]\noptimizer = "momentum"',
        ["learning_rate"],
    ),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_a_file_that_does_not_fit_together_is_refused(message, case):
    text, parts = CONTRADICTIONS[case]
    line = message(text)
    for part in parts:
        assert part in line


SHAPES = {
    "a missing row of weights": (NETWORK.replace("[[1, 2], [3, 4]]", "[[1, 2]]"), "network.weights.W1"),
    "a short row of weights": (NETWORK.replace("[[1, 2], [3, 4]]", "[[1, 2], [3]]"), "network.weights.W1"),
    "weights the other way round": (NETWORK.replace("[[7], [8]]", "[[7, 8]]"), "network.weights.W2"),
    "too many biases": (NETWORK.replace("[5, 6]", "[5, 6, 7]"), "network.weights.b1"),
    "missing biases": (NETWORK.replace(", b2 = [9]", ""), "network.weights.b2"),
    "missing weights": (NETWORK.replace("W2 = [[7], [8]], ", ""), "network.weights.W2"),
    "no weights at all": (re.sub(r"weights.*\n", "", NETWORK), "network.weights"),
    "weights and init": (NETWORK + 'init = "he"', "network.init"),
    "a layer too many": (NETWORK.replace("b2 = [9]", "b2 = [9], W3 = [[1]]"), "network.weights.W3"),
    "inputs of another width": (NETWORK.replace("inputs = [[1, 2]]", "inputs = [[1, 2, 3]]"), "network.inputs"),
    "no inputs": (re.sub(r"inputs.*\n", "", NETWORK), "network.inputs"),
    "empty inputs": (NETWORK.replace("inputs = [[1, 2]]", "inputs = []"), "network.inputs"),
    "targets of another width": (NETWORK.replace("targets = [[1]]", "targets = [[1, 2]]"), "network.targets"),
    "targets in one row": (NETWORK.replace("targets = [[1]]", "targets = [1]"), "network.targets"),
    "more inputs than targets": (NETWORK.replace("inputs = [[1, 2]]", "inputs = [[1, 2], [3, 4]]"), "network.targets"),
    "one layer": (NETWORK.replace("[2, 2, 1]", "[2]"), "network.layers"),
    "no layers": (NETWORK.replace("[2, 2, 1]", "[]"), "network.layers"),
    "a layer of no units": (NETWORK.replace("[2, 2, 1]", "[2, 0, 1]"), "network.layers"),
    "a layer of fewer than no units": (NETWORK.replace("[2, 2, 1]", "[2, -2, 1]"), "network.layers"),
    "layers missing": (re.sub(r"layers.*\n", "", NETWORK), "network.layers"),
}


@pytest.mark.parametrize("case", SHAPES)
def test_a_network_of_the_wrong_shape_is_refused(message, case):
    text, key = SHAPES[case]
    assert key in message(text)


# -- attacks ----------------------------------------------------------------------------------------------------------

CODE = [
    "__import__('os').system('touch X')",
    "().__class__.__bases__[0].__subclasses__()",
    "exec('open(chr(88),chr(119))')",
    "open('X', 'w')",
    "lambda: 0",
    "[c for c in ()]",
    "{}.items()",
    "eval(chr(49))",
    "x if x else w",
    "x; w",
    "`id`",
    "$(touch X)",
    "f'{x}'",
    "x or __builtins__",
    "import os",
    "\\\\u0028x\\\\u0029",
]


def test_code_in_a_formula_is_refused_and_never_run(tmp_path, run):
    files = []
    for i, code in enumerate(CODE):
        files.append(f"bad{i}.toml")
        (tmp_path / files[-1]).write_text(f'[given]\nx = 1\nw = 2\n[equations]\ny = "{code}"', encoding="utf-8")
    done = run("solve", *files, cwd=tmp_path, timeout=20)
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == len(files)
    for file, line in zip(files, lines, strict=True):
        assert file in line
        assert "equations.y" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)


@pytest.mark.parametrize("table", ["given", "parameters", "equations", "notation", "samples", "state"])
@pytest.mark.parametrize("name", ["__import__('os').system('touch X')", "x\\ny", "a;b", "a\\u0000b", "${x}", "%s", "1"])
def test_a_name_that_is_code_is_refused(message, table, name):
    text = {
        "given": f'[given]\n"{name}" = 1\n[equations]\ny = "2"',
        "parameters": f'[parameters]\n"{name}" = 1\n[equations]\ny = "2"',
        "equations": f'[equations]\n"{name}" = "1"\ny = "2"',
        "notation": f'[equations]\ny = "2"\n[notation]\n"{name}" = "y"',
        "samples": f'[equations]\ny = "2"\n[[samples]]\n"{name}" = 1',
        "state": f'{LINE}[update]\nrules = ["w = 1"]\nstate = {{ "{name}" = 1 }}',
    }[table]
    assert table in message(text)


@pytest.mark.parametrize("name", ["class", "lambda", "import", "None", "True", "self", "__builtins__", "exec", "print"])
def test_a_python_word_is_a_plain_name(tmp_path, command, name):
    file = tmp_path / "fine.toml"
    file.write_text(
        f'learning_rate = 1\n[parameters]\n{name} = 3\n[equations]\ny = "{name}^2"\nz = "{name}*y"\n'
        f'[update]\nrules = ["{name} = grad({name})"]\n[training]\nsteps = 2',
        encoding="utf-8",
    )
    code, out, err = command("solve", file, "--json")
    assert (code, err) == (0, "")
    assert f'"{name}": {{"exact": "2187"' in out  # 3·3² = 27, then 3·27²


ATTACKS = {
    "a power of powers": ("[equations]\ny = '9**9**9'", "equations.y"),
    "a thousand brackets": (f"[equations]\ny = '{'(' * 1000}1{')' * 1000}'", "nested"),
    "a thousand signs": (f"[equations]\ny = '{'-' * 1000}1'", "nested"),
    "a thousand powers": (f"[given]\nx = 1\n[equations]\ny = '{'x^' * 1000}x'", "nested"),
    "a thousand functions": (f"[given]\nx = 1\n[equations]\ny = '{'exp(' * 1000}x{')' * 1000}'", "nested"),
    "ten thousand open brackets": (f"[equations]\ny = '{'(' * 10_000}'", "equations.y"),
    "a formula of 100,000 characters": (f"[given]\nx = 1\n[equations]\ny = '{'x+' * 50_000}x'", "too long"),
    "a file of 10 MB": (b"[equations]\ny = '2'\n" + b"# padding\n" * 1_000_000, "larger"),
    "a line of 10 MB": (b"title = '" + b"a" * 10_000_000 + b"'", "larger"),
    "a deep dotted key": (".".join(["a"] * 20_000) + " = 1", "deep"),
    "a deep quoted dotted key": (".".join(['"a"'] * 20_000) + " = 1", ""),
    "a deep table": (f"[{'.'.join(['a'] * 20_000)}]", "deep"),
    "deeply nested arrays": (f"x = {'[' * 20_000}{']' * 20_000}", "deep"),
    "deeply nested tables": (f"x = {'{a=' * 20_000}1{'}' * 20_000}", ""),
    "a comment of 900,000 letters": (f"[equations]\ny = 'q' # {'a' * 900_000}", "equations.y"),
    "the largest of 60 values and a mistake": (
        f"[given]\nx = 1\n[equations]\na = 'max({'x, ' * 59}x)'\nb = '1/(a - x)'",
        "division by zero",
    ),
    "a product of 3000 and a mistake": (f"[given]\nx = 1\n[equations]\na = '{'x*' * 3000}x'\nb = '1/(a - x)'", ""),
    "5000 equations and a mistake in the last": (
        "[given]\na0 = 1\n[equations]\n" + "".join(f"a{i + 1} = 'a{i} + 1'\n" for i in range(5000)) + "y = '1/0'",
        "y",
    ),
    "100,000 tables": ("".join(f"[a{i}]\n" for i in range(100_000)), "a0"),
    "a nul byte": (b"[equations]\ny = '2\x003'", "TOML"),
    "an escaped nul": ('[equations]\ny = "2\\u00003"', "equations.y"),
    "a whole number of 100,000 digits": (f"[given]\nx = {'9' * 100_000}\n[equations]\ny = 'x'", ""),
    "a network of a hundred million weights": (
        "[network]\nlayers = [10000, 10000, 10000]\ninit = 'he'\ninputs = [[1]]\ntargets = [[1]]",
        "network",
    ),
    "a binary file": (bytes(range(256)) * 100, ""),
    "a file of nul bytes": (bytes(1000), ""),
    "UTF-16": ("[equations]\ny = '2'".encode("utf-16"), "UTF-8"),
    "an empty file": ("", ""),
    "a file of spaces": ("  \n\n", ""),
    "a file with only a comment": ("# nothing", ""),
}


@pytest.mark.parametrize("case", ATTACKS)
def test_an_attack_is_one_clear_line(attack, case):
    text, part = ATTACKS[case]
    assert part in attack(text)


# -- files ------------------------------------------------------------------------------------------------------------


def test_a_missing_file_is_named(command, tmp_path):
    assert "nowhere.toml" in one_line(*command("solve", tmp_path / "nowhere.toml"))


def test_a_folder_is_named(command, tmp_path):
    (tmp_path / "folder.toml").mkdir()
    assert "folder.toml" in one_line(*command("solve", tmp_path / "folder.toml"))


def test_a_file_name_with_control_characters_is_printed_on_one_line(command, tmp_path):
    assert "nowhere" in one_line(*command("solve", tmp_path / "nowhere\n\x1b[31m.toml"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="an administrator may read every file")
def test_a_file_that_may_not_be_read_is_named(command, tmp_path):
    file = tmp_path / "secret.toml"
    file.write_text(LINE, encoding="utf-8")
    file.chmod(0)
    assert "secret.toml" in one_line(*command("solve", file))


def test_bad_standard_input_is_called_so(run):
    done = run("solve", "-", stdin="[equations]\ny = 'q'", timeout=20)
    assert "standard input" in one_line(done.returncode, done.stdout, done.stderr)


def test_one_bad_file_does_not_stop_the_others(command, tmp_path):
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(LINE, encoding="utf-8")
    bad.write_text("[equations]\ny = 'q'", encoding="utf-8")
    code, out, err = command("solve", good, bad, good, "--json")
    assert code == 2
    assert out.count("\n") == 2
    assert err.count("\n") == 1


@pytest.fixture
def good(tmp_path):
    file = tmp_path / "good.toml"
    file.write_text(LINE, encoding="utf-8")
    return file


def test_an_output_in_a_missing_folder_is_refused(command, tmp_path, good):
    target = tmp_path / "missing" / "sheet.tex"
    assert "sheet.tex" in one_line(*command("worksheet", good, "-o", target))


def test_an_output_that_is_a_folder_is_refused_and_nothing_is_left_behind(command, tmp_path, good):
    (tmp_path / "sheet.tex").mkdir()
    assert "sheet.tex" in one_line(*command("worksheet", good, "-o", tmp_path / "sheet.tex"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.toml", "sheet.tex"]


def test_an_output_below_a_file_is_refused(command, good):
    assert "sheet.tex" in one_line(*command("worksheet", good, "-o", good / "sheet.tex"))


@pytest.mark.parametrize("name", ["sheet.docx", "sheet", "sheet.TEX.exe", ".tex"])
def test_an_unknown_ending_is_refused_with_those_that_are_known(command, tmp_path, good, name):
    line = one_line(*command("worksheet", good, "-o", tmp_path / name))
    assert ".tex" in line
    assert ".txt" in line
    assert [path.name for path in tmp_path.iterdir()] == ["good.toml"]


def test_a_bad_exercise_writes_no_sheet(command, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text("[equations]\ny = 'q'", encoding="utf-8")
    line = one_line(*command("worksheet", bad, "-o", tmp_path / "sheet.tex", "--key", tmp_path / "key.tex"))
    assert "bad.toml" in line
    assert [path.name for path in tmp_path.iterdir()] == ["bad.toml"]


def test_a_question_that_cannot_be_answered_names_the_file(command, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text(LINE + '[[question]]\nask = "derivative"\nof = "y"', encoding="utf-8")
    assert "bad.toml" in one_line(*command("worksheet", bad, "-o", tmp_path / "sheet.tex"))
    assert "bad.toml" in one_line(*command("solve", bad))


# -- commands and options ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["slove", "{}"], "solve"),
        (["workseet", "{}"], "worksheet"),
        (["frobnicate"], "frobnicate"),
        (["solve", "{}", "--jsno"], "--json"),
        (["solve", "{}", "--frobnicate"], "--frobnicate"),
        (["--frobnicate"], "--frobnicate"),
        (["solve"], "FILE"),
        (["worksheet", "{}"], "-o"),
        (["solve", "{}", "--digits", "many"], "--digits"),
        (["solve", "{}", "--digits", "0"], "--digits"),
        (["solve", "{}", "--digits", "1000000000"], "--digits"),
        (["solve", "{}", "--steps", "-1"], "--steps"),
        (["solve", "{}", "--steps", "1.5"], "--steps"),
        (["solve", "{}", "--steps"], "--steps"),
        (["solve", "{}", "--wrt", "q"], "q"),
        (["solve", "{}", "--of", "q", "--wrt", "w"], "q"),
        (["solve", "{}", "--of", "L", "--wrt", "q"], "q"),
        (["solve", "{}", "--wrt", "__import__('os')"], "__import__"),
    ],
)
def test_a_wrong_command_or_option_is_one_line(command, good, arguments, part):
    line = one_line(*command(*(argument.format(good) for argument in arguments)))
    assert part in line


def test_no_arguments_show_how_to_use_it_and_exit_2(command):
    code, out, err = command()
    assert code == 2
    assert "Usage" in out + err
    assert "solve" in out + err
    assert "Traceback" not in out + err


def test_the_real_command_exits_2_with_one_line(run, tmp_path):
    done = run("slove", cwd=tmp_path, timeout=20)
    assert "solve" in one_line(done.returncode, done.stdout, done.stderr)


# -- hostile words on paper -------------------------------------------------------------------------------------------

HOSTILE = {
    "a file read": r"\\input{/etc/passwd}",
    "a shell command": r"\\write18{touch X}",
    "an immediate write": r"\\immediate\\openout5=X",
    "the end": r"\\end{document}",
    "a definition": r"\\def\\task{X}\\catcode`\\$=11",
    "hat notation": "^^5cinput{X}",
    "a dollar": "costs $5 and $6",
    "a percent": "100% right",
    "braces": "}}} {{{",
    "every special sign": "# $ % & _ { } ~ ^ < > | ' ` *",
    "an emoji": "well done 🎉👩‍👧",
    "right to left": "\u202eshalom שלום",
    "Chinese": "神经网络",
    "accents": "Übung für Åsa, Łódź, naïve",
    "300 characters": "a very long title " * 17,
    "300 letters": "a" * 300,
    "an escape": "\\u001b[31mred",
    "newlines": "one\\n\\n\\ntwo",
    "a nul": "nul\\u0000nul",
    "dashes": "-- --- ?` !` << >> ,,",
}
# What may follow a backslash in a sheet that is made of our own words and these.
OUR_COMMANDS = set(
    """documentclass usepackage definecolor setlength AtBeginDocument abovedisplayskip belowdisplayskip
    abovedisplayshortskip belowdisplayshortskip mathindent parindent parskip raggedbottom newcommand heading task par
    bigskip smallskip textbf large Large nopagebreak pagebreak enspace hfill begin end raggedright underline hspace fill
    textcolor color begingroup endgroup vspace quad qquad renewcommand arraystretch hline postdisplaypenalty
    allowdisplaybreaks frac cdot partial mathit mathrm text left right approx le ge leftarrow to xrightarrow
    longrightarrow boxed sqrt textbackslash textasciicircum textasciitilde textless textgreater textbar textquotedbl
    textasciigrave ldots fbox tiny ast eta delta tfrac sloppy emergencystretch samepage tall vphantom
    v c r H u i j ss ae o l L O AE
    centering draw node fill useasboundingbox fontsize selectfont allowbreak drawn rtl""".split()  # noqa: SIM905
)


@pytest.mark.parametrize("place", ["title", "introduction", "text"])
@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_words_are_printed_and_never_obeyed(command, tmp_path, place, case):
    words = HOSTILE[case]
    text = {
        "title": f'title = "{words}"\n{LINE}',
        "introduction": f'introduction = "{words}"\n{LINE}',
        "text": f'{LINE}[[question]]\nask = "forward"\ntext = "{words}"',
    }[place]
    file, sheet = tmp_path / "hostile.toml", tmp_path / "sheet.tex"
    file.write_text(text, encoding="utf-8")
    code, _, err = command("worksheet", file, "-o", sheet)
    assert (code, err) == (0, "")
    tex = sheet.read_text(encoding="utf-8")
    assert not unescaped(tex)
    assert all(c == "\n" or " " <= c <= "~" for c in tex)
    assert tex.count(r"\end{document}") == 1


def unescaped(tex):
    """What in a sheet is no command of ours, or a sign that TeX obeys in words."""
    body = tex.split(r"\begin{document}", 1)[1]
    found = [name for name in re.findall(r"\\([A-Za-z]+)", body) if name not in OUR_COMMANDS]
    bare = re.sub(r"\\[^A-Za-z]", "", body)  # without \$, \%, …
    found += re.findall(r"(?<!\n)%(?!\n)|\^\^|#", bare)
    assert bare.count("$") % 2 == 0
    assert bare.count("{") == bare.count("}")
    return found


def test_the_search_for_unescaped_words_finds_them():
    for bad in (r"\input{/etc/passwd}", r"\write18{x}", r"100% right", "^^5c", "#1"):
        assert unescaped(rf"\begin{{document}}a {bad} b\end{{document}}")


NOTATION = [
    r"\\input{/etc/passwd}",
    r"\\write18{touch X}",
    "$",
    "%",
    "#",
    "&",
    r"\\end{document}",
    r"\\def\\x{1}",
    "^^5c",
    "~",
    "🎉",
    "\u202ex",
    "a" * 300,
    "",
    "{",
    "}",
    "x_",
    "x_1_2",
    "x__",
    "x^_y",
    "^^",
    r"\\frac{1}{2}",
    r"\\\\",
    "x\\ny",
    "a\\u0000b",
    r"\\text{\\input{X}}",
    "<b>",
    '\\"',
    "{" * 60 + "x" + "}" * 60,
    r"\\hat",
]


@pytest.mark.parametrize("latex", NOTATION, ids=lambda latex: ascii(latex)[:20])
def test_hostile_notation_is_refused(message, latex):
    assert "notation.y" in message(f'{LINE}[notation]\ny = "{latex}"')


@pytest.mark.parametrize(
    "latex", [r"o_{h_1}", r"\\hat{y}", r"w^{(2)}_{13}", r"\\mathrm{net}_1", r"\\beta'", "αβ", "x*"]
)
def test_ordinary_notation_is_let_through(command, tmp_path, latex):
    file = tmp_path / "fine.toml"
    file.write_text(f'{LINE}[notation]\ny = "{latex}"', encoding="utf-8")
    assert command("worksheet", file, "-o", tmp_path / "sheet.tex")[0] == 0


def test_a_hostile_title_is_no_terminal_command(command, tmp_path):
    file = tmp_path / "hostile.toml"
    file.write_text(f'title = "a\\u001b[31m\\u0007b\\u202e"\n{LINE}', encoding="utf-8")
    code, out, _ = command("solve", file)
    assert code == 0
    assert all(c.isprintable() or c == "\n" for c in out)


# -- the judge can fail -----------------------------------------------------------------------------------------------


def test_a_traceback_would_be_noticed(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "raise SystemError"], capture_output=True, text=True, cwd=tmp_path, timeout=20
    )
    with pytest.raises(AssertionError):
        one_line(done.returncode, done.stdout, done.stderr)


def test_no_case_above_is_fine_as_it_stands(command, tmp_path):
    for i, text in enumerate((LINE, NETWORK)):
        file = Path(tmp_path / f"{i}.toml")
        file.write_text(text, encoding="utf-8")
        assert command("solve", file, "--json")[0] == 0
