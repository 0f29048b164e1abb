"""A text that is not TOML is answered with the line, what is wrong there and what would be right."""

import pytest

import symnet
from symnet import starts
from symnet.algebra.mistakes import Mistake

FILE = "[given]\nx = 1\n[parameters]\n{}\n[equations]\ny = 'x'\n"


def said(text):
    with pytest.raises(Mistake) as refused:
        symnet.loads(text, "bad.toml")
    assert str(refused.value).isprintable()
    return str(refused.value)


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("w13 = 1,5", "write w13 = 1.5"),
        ("w13 = -0,25 # as in Europe", "write w13 = -0.25"),
        ("w = x + 1", 'write w = "x + 1"'),
        ("w = relu(x)", 'write w = "relu(x)"'),
        ("w = w₁₃·x²", 'write w = "w₁₃·x²"'),
        ("w = 1/3", 'write w = "1/3"'),
        ("η = 0.1", 'write "η" = 0.1'),
        ("w(1) = 0.1", 'write "w(1)" = 0.1'),
        ("w 1 = 2", "write w_1"),
        ("w = .5", "write w = 0.5"),
        ("w = 5.", "write w = 5.0"),
        ("w = -.5", "write w = -0.5"),
        ("w = 03", "write w = 3"),
        ("w = −3", "write w = -3"),
        ("w: 3", "write w = 3"),
        ("w := 3", "write w = 3"),
        ("w =", "nothing stands behind ="),
        ("w = True", "write w = true"),
        ("w = 1;", "write w = 1"),
        ('w = "1",', 'write w = "1"'),
        ("w = “1”", 'write w = "1"'),
        ("w = 2 v = 3", "a line of its own"),
        ('w = "1" v = 3', "a line of its own"),
        ("w = 'abc", "write w = 'abc'"),
        ('w = "\\alpha"', 'write w = "\\\\alpha"'),
        ("w = [1 2]", "between commas"),
        ("w = [1, 2", "never closed"),
        ("w = { a = 1", "never closed"),
        ("w = [a, b]", 'write "a"'),
        ("w", "a key, =, and its value"),
        ("// a note", "begins with #"),
        ("% a note", "begins with #"),
    ],
)
def test_the_line_is_shown_with_what_would_be_right(line, right):
    message = said(FILE.format(line))
    assert message.startswith("bad.toml: line 4: ")
    assert right in message


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[given\nx = 1", ["line 1", "write [given]"]),
        ("given]\nx = 1", ["line 1", "write [given]"]),
        ("[[samples]\nx = 1", ["line 1", "write [[samples]]"]),
        ("[given]\nx = 1\n[given]\ny = 1", ["line 3", "[given]", "line 1"]),
        ("[given]\nx = 1\nx = 2", ["line 3", '"x"', "line 2"]),
        ("title = 'a\u2028b'\n[given]\nx = 1\nx = 2", ["line 4", "line 3"]),
        ("title = 'a\u2028b\x0cc'", ["line 1"]),
        ("title = '\x85\u2029'\n[given]\nx = 1,5", ["line 3", "x = 1.5"]),
        ("[given]\r\nx = 1,5\r\n", ["line 2", "x = 1.5"]),
        ('title = """a\n[given]\nx = 1', ["line 1", "never closed"]),
        ('[equations]\ny = "x\nz = "y"', ["line 2", "never closed"]),
    ],
)
def test_tables_and_ends_are_named_by_their_lines(text, parts):
    message = said(text)
    for part in parts:
        assert part in message


def test_a_long_line_and_a_long_list_take_no_time():
    assert "line 1" in said("a" + " " * 200_000 + "b")
    assert "line 1" in said("a = [\n" * 20_000)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("inputs = [2, 2]", "write inputs = [[2, 2]]"),
        ("inputs = [[2, 2], [1]]", "row 2 has 1 number"),
        ("inputs = [1, 2, 3]", "rows of 2 numbers"),
        ("inputs = [[2, 2]]\ntargets = [1, 0]", "[[1], [0]]"),
    ],
)
def test_rows_of_numbers_are_shown_as_rows(text, right):
    network = "[network]\nlayers = [2, 1]\nweights = { W1 = [[1], [2]], b1 = [0] }\n"
    assert right in said(network + text)


def test_a_printed_name_is_answered_with_the_typed_one():
    assert "write w13" in said('[parameters]\n"w₁₃" = 1\n[equations]\ny = "2"')
    assert "write a_b" in said('[parameters]\na-b = 1\n[equations]\ny = "2"')


# -- names from elsewhere ---------------------------------------------------------------------------------------------

NETWORK = """
[network]
layers = [1, 1, 1]
weights = {{ W1 = [[1]], b1 = [0], W2 = [[2]], b2 = [1] }}
inputs = [[2]]
targets = [[1]]
{}
"""


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ('activation = "ReLU"', 'activation = "relu"'),
        ('activation = "LeakyReLU"', 'activation = "leaky_relu"'),
        ('activation = "logistic"', 'activation = "sigmoid"'),
        ('output = "identity"', 'output = "linear"'),
        ('loss = "mse"', 'loss = "mean_squared_error"'),
        ('loss = "MSELoss"', 'loss = "mean_squared_error"'),
        ('loss = "sse"', 'loss = "squared_error"'),
    ],
)
def test_a_name_that_can_mean_one_thing_is_understood(theirs, ours):
    one, other = symnet.loads(NETWORK.format(theirs)), symnet.loads(NETWORK.format(ours))
    assert one.problem == other.problem


@pytest.mark.parametrize("name", ["SGD", "Adam", "RMSprop", "AdamW", "gradient_descent"])
def test_an_optimizer_is_understood_by_its_name_elsewhere(name):
    text = 'learning_rate = 0.1\n[given]\nx = 1\n[parameters]\nw = 2\n[equations]\ny = "w*x"\n[update]\n'
    text += f'optimizer = "{name}"'
    assert symnet.loads(text).solve().updated["w"] != 2


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ('loss = "l1"', '"absolute_error"'),
        ('loss = "BCEWithLogitsLoss"', '"sigmoid_cross_entropy"'),
        ('loss = "rmse"', '"root_squared_error"'),
        ('activation = "swish"', "z*sigmoid(z)"),
        ('activation = "Relu6"', "min(max(z, 0), 6)"),
        ("hidden_activation = 'relu'", '"activation"'),
        ("labels = [[1]]", '"targets"'),
    ],
)
def test_what_only_comes_near_is_answered_with_the_right_name(line, right):
    assert right in said(NETWORK.format(line))


@pytest.mark.parametrize(
    ("line", "right"), [("lr = 0.1", "learning_rate"), ("eta = 0.1", "learning_rate"), ("[weights]", "parameters")]
)
def test_a_key_of_other_programs_is_answered_with_ours(line, right):
    text = f'{line}\n[given]\nx = 1\n[equations]\ny = "x"'
    assert f'did you mean "{right}"?' in said(text)


LINE = '[given]\nx = 1\n[parameters]\nw = 2\n[equations]\ny = "w*x"\n'


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("steps = 3\n" + LINE, "steps stands under [training]"),
        (LINE + "[training]\nlearning_rate = 3", "learning_rate stands at the top of the file"),
        ("learning_rate = 1\n" + LINE + '[update]\noptimizer = "Adam"\nlr = 0.1', "learning_rate stands at the top"),
        ("learning_rate = 1\n" + LINE + '[update]\noptimizer = "SGD"\nmomentum = 0.9', 'optimizer = "momentum"'),
        ("learning_rate = 1\n" + LINE + '[update]\noptimizer = "Adam"\neps = 0.9', '"epsilon"'),
        (LINE + '[[question]]\nask = "backward"', '"gradient"'),
    ],
)
def test_a_key_in_the_wrong_table_is_sent_to_the_right_one(text, right):
    assert right in said(text)


# -- keys that would change nothing -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ('[network]\nlayers = [1, 1]\nactivation = "relu"\nweights = { W1 = [[1]], b1 = [0] }\ninputs = [[1]]',
         "network.output"),
        ("[network]\nlayers = [1, 1]\nseed = 1\nweights = { W1 = [[1]], b1 = [0] }\ninputs = [[1]]", "init"),
        ("[network]\nlayers = [1, 1]\nl2 = 1\nweights = { W1 = [[1]], b1 = [0] }\ninputs = [[1]]", "targets"),
        ('[given]\nx = 1\n[equations]\ny = "x"\n[training]\nsteps = 3', "learning_rate"),
    ],
)  # fmt: skip
def test_a_key_without_use_is_refused_with_what_it_is_for(text, right):
    assert right in said(text)


def test_an_option_without_use_is_refused(command, exercise_file):
    file = exercise_file('[given]\nx = 1\n[equations]\ny = "x"')
    curve = exercise_file(starts.text_of("training"), "curve.toml")
    assert "--style" in command("worksheet", curve, "-o", curve.with_suffix(".md"), "--style", "deltas")[2]
    assert "--json" in command("solve", file, "--json", "--style", "deltas")[2]
    assert "--hint" in command("check", file, "y=1", "--hint", "1", "--digits", "5")[2]
