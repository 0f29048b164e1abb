"""Bad input: one line on standard error that names the file and the key and what would be right, and exit code 2."""

import re

import pytest
from refusals import LINE, NETWORK, equations

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
    "[true]",  # of numbers, a list is an array
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
