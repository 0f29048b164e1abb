"""Exercises about the sizes of layers: how a file is read, and every command on them.

The judges are PyTorch's modules, the support of a gradient by ``jax.grad``, and published counts.
"""

import json
import re
from fractions import Fraction
from pathlib import Path
from random import Random

import jax
import jax.numpy as jnp
import pytest
from refusals import one_line
from size_exercises import PICTURE, WORDS

import symnet
from symnet.exercises.asked import asked_keys
from symnet.exercises.sizes_checked import differences
from symnet.paper import formats
from symnet.paper.printing.text import maths

COURSE = Path(__file__).parent.parent / "worksheets"
CONV = '[[layer]]\nkind = "conv"\nchannels = 4\nkernel = 3\n'
SMALL = f"[network]\ninput_shape = [2, 9, 9]\n{CONV}"


def values(exercise):
    return {name: int(value) for name, value in exercise.solve().forward.items()}


# -- the file ---------------------------------------------------------------------------------------------------------


def test_a_file_without_weights_asks_for_shapes_and_parameters_of_its_own_accord():
    exercise = symnet.loads(SMALL)
    assert asked_keys(exercise) == ("channels1", "height1", "width1", "parameters1", "parameters")
    assert values(exercise) == {"channels1": 4, "height1": 7, "width1": 7, "parameters1": 76, "parameters": 76}


def test_the_shape_is_that_of_the_inputs_where_the_file_has_some():
    weights = "weights = { K1 = [[[[1, 0], [0, 1]]]], b1 = [0] }\n"
    text = (
        f'[network]\ninputs = [[[[1, 2, 3], [4, 5, 6], [7, 8, 9]]]]\n{weights}[[layer]]\nkind = "conv"\nchannels = 1\n'
    )
    asked = symnet.loads(text + 'kernel = 2\n[[question]]\nask = "sizes"\n')
    assert values(asked)["height1"] == 2
    assert "K1_1_1_1_1" not in values(asked)
    worked = symnet.loads(text + "kernel = 2\n")
    assert worked.problem.sizes is None


def test_dense_widths_are_layers_too():
    exercise = symnet.loads('[network]\nlayers = [784, 128, 10]\n[[question]]\nask = "sizes"\n')
    assert values(exercise)["parameters"] == 784 * 128 + 128 + 128 * 10 + 10
    asked = symnet.loads(f'{SMALL}[[question]]\nask = "parameters"\n')
    assert asked_keys(asked) == ("parameters1", "parameters")


def test_equal_layers_are_written_once():
    repeated = symnet.loads(WORDS)
    spelled_out = symnet.loads(
        WORDS.replace("repeat = 2, heads = 2 },", 'heads = 2 },\n  { kind = "attention", heads = 2 },')
    )
    assert values(repeated) == values(spelled_out)
    assert values(repeated)["parameters"] == 400 + 2 * 256 + 532 + 144 + 135


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SMALL.replace("[2, 9, 9]", "[2, 9, 9]\ninputs = [[1]]"), "exclude each other; both say what goes in"),
        (SMALL.replace("[2, 9, 9]", "[2, 9, 9]\nseed = 1"), "network.seed and network.input_shape exclude each other"),
        (SMALL.replace("[2, 9, 9]", "[]"), "network.input_shape is empty"),
        (SMALL.replace("[2, 9, 9]", "[2, 0, 9]"), "such as [1, 28, 28]"),
        (SMALL.replace("[2, 9, 9]", "[2, 2, 2]"), "no window of 3 fits into 2"),
        (SMALL.replace("[2, 9, 9]", "[2, 2, 9, 9]"), "layer 1"),
        (f"learning_rate = 1\n{SMALL}", "learning_rate has no use beside network.input_shape"),
        (f'{SMALL}[[question]]\nask = "gradient"\n', "into a file of its own"),
        (f'{SMALL}[[question]]\nask = "sizes"\ncolumns = ["shapes"]\n', 'did you mean "shape"?'),
        (f'{SMALL}[[question]]\nask = "sizes"\ncolumns = []\n', "is empty"),
        (f'{SMALL}[[question]]\nask = "sizes"\ncolumns = ["shape", "shape"]\n', "twice"),
        (f"{SMALL}repeat = 0\n", 'layer 1: repeat is "0"'),
        (f"{SMALL}[vary]\nvalues = {{ kernel1 = [0, 3] }}\n", "whole numbers of 1 or more"),
        (f"{SMALL}[vary]\nvalues = {{ kernel2 = [3] }}\n", 'did you mean "kernel1"?'),
        (f"{SMALL}[vary]\nvalues = {{ height1 = [3] }}\n", "height1 is an equation"),
        ("[network]\nlayers = [2, 1]\ninput_shape = [2]\n", "layers = [3, 4, 1] says the inputs already"),
        ('[given]\nx = 1\n[equations]\ny = "x"\n[[question]]\nask = "sizes"\n', "needs [network]"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(text, said, command, tmp_path):
    file = tmp_path / "net.toml"
    file.write_text(text, encoding="utf-8")
    assert said in one_line(*command("worksheet", file, "-o", tmp_path / "sheet.txt"))


# -- numbers ----------------------------------------------------------------------------------------------------------


def some_convolutions(random):
    """A chain of convolutions and pools on a picture, as tables of a file, and its input."""
    shape = [random.randint(1, 3), random.randint(12, 30), random.randint(12, 30)]
    layers = []
    for _ in range(random.randint(1, 3)):
        layers.append(
            {
                "kind": "conv",
                "channels": random.randint(1, 5),
                "kernel": random.choice([1, 2, 3, [3, 2]]),
                "stride": random.randint(1, 2),
                "padding": random.randint(0, 2),
                "bias": random.random() < 0.7,
            }
        )
        if random.random() < 0.5:
            layers.append({"kind": "max_pool", "size": 2})
    return shape, layers


def file_of(shape, layers, columns=("shape", "parameters", "multiply-adds", "receptive field")):
    tables = "".join(
        "[[layer]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in layer.items()) for layer in layers
    )
    return f'[network]\ninput_shape = {shape}\n{tables}[[question]]\nask = "sizes"\ncolumns = {json.dumps(columns)}\n'


@pytest.mark.parametrize("seed", range(6))
def test_convolutions_are_as_large_as_pytorch_s(seed):
    torch = pytest.importorskip("torch")
    shape, layers = some_convolutions(Random(seed))
    found = values(exercise := symnet.loads(file_of(shape, layers)))
    x, total = torch.zeros(1, *shape), 0
    for i, layer in enumerate(layers, 1):
        if layer["kind"] == "conv":
            options = {key: layer[key] for key in ("stride", "padding", "bias")}
            kernel = layer["kernel"]
            module = torch.nn.Conv2d(
                x.shape[1], layer["channels"], kernel if isinstance(kernel, int) else (*kernel,), **options
            )
        else:
            module = torch.nn.MaxPool2d(2)
        x = module(x)
        count = sum(p.numel() for p in module.parameters())
        total += count
        assert [found[f"{role}{i}"] for role in ("channels", "height", "width")] == list(x.shape[1:])
        assert found[f"parameters{i}"] == count
    assert found["parameters"] == total
    assert differences(exercise)[1] == []


@pytest.mark.parametrize("seed", range(3))
def test_a_receptive_field_is_where_a_gradient_of_jax_is_not_0(seed):
    """Of linear convolutions with ones in their kernels, on a picture so large that no border is seen."""
    random = Random(seed)
    layers = [
        {"kind": "conv", "channels": 1, "kernel": random.choice([2, 3, [3, 2], 5]), "stride": random.randint(1, 2)}
        for _ in range(3)
    ]
    found = values(symnet.loads(file_of([1, 90, 90], layers)))

    def output(x):
        for layer in layers:
            size = layer["kernel"] if isinstance(layer["kernel"], list) else [layer["kernel"]] * 2
            x = jax.lax.conv(x, jnp.ones((1, 1, *size)), (layer["stride"],) * 2, "VALID")
        return x

    y = output(jnp.zeros((1, 1, 90, 90)))
    assert y.shape[2:] == (found["height3"], found["width3"])
    slopes = jax.grad(lambda x: output(x)[0, 0, y.shape[2] // 2, y.shape[3] // 2])(jnp.zeros((1, 1, 90, 90)))[0, 0]
    reached = [int((slopes != 0).any(axis=axis).sum()) for axis in (1, 0)]
    fields = [found[name] for name in ("field_height3", "field_width3") if name in found] or [found["field3"]] * 2
    assert reached == fields


@pytest.mark.parametrize("name", ["sizes-of-a-convolutional-network", "parameters-of-gpt-2"])
def test_sheets_of_the_course_agree_with_what_is_counted_on_the_layers(name):
    compared, off = differences(symnet.load(COURSE / f"{name}.toml"))
    assert compared > 20
    assert off == []


def test_a_wrong_formula_is_seen(command, tmp_path, monkeypatch):
    from symnet.algebra import size_kinds

    def flatten(at, options):
        at.says = "flatten"
        at.line("features", at["height"])
        at.costs()

    file = tmp_path / "net.toml"
    file.write_text(PICTURE, encoding="utf-8")
    assert command("verify", file)[0] == 0
    monkeypatch.setitem(size_kinds.KINDS, "flatten", flatten)
    code, out, _ = command("verify", file)
    assert code == 1
    assert "features4 is 4 by its formula and 96 as counted" in out


# -- commands ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def net(tmp_path):
    file = tmp_path / "net.toml"
    file.write_text(PICTURE, encoding="utf-8")
    return file


def test_the_key_has_the_arithmetic_of_every_number(net):
    key = formats.render(symnet.load(net).worksheet().key, Path("key.txt"))
    text = key if isinstance(key, str) else key.decode()
    for line in (
        "H₁ = ⌊(H₀ + 2·p₁ − k₁)/s₁⌋ + 1 = ⌊(20 + 2·1 − 5)/2⌋ + 1 = 9",
        "P₁ = F₁·C₀·k₁·k₁ + F₁ = 4·3·5·5 + 4 = 304",
        "M₁ = H₁·W₁·F₁·C₀·k₁·k₁ = 9·9·4·3·5·5 = 24,300",
        "B₁ = b·C₁·H₁·W₁ = 4·4·9·9 = 1,296",
        "r₃ = r₂ + (k₃ − 1)·j₂ = 7 + (3 − 1)·4 = 15",
        "P = P₁ + P₃ + P₅ = 304 + 222 + 970 = 1,496",
    ):
        assert line in text


def test_no_number_is_rounded_however_large(command):
    file = COURSE / "parameters-of-gpt-2.toml"
    _, out, _ = command("solve", file)
    assert "12·7,087,872 + 1,536 = 124,439,808" in out
    _, out, _ = command("check", file, "parameters=124439807", "macs=145,824,153,600")
    assert "124439808" in out
    assert re.search(r"macs +145824153600 +right", out)


def test_a_count_is_right_or_it_is_not_unless_it_is_written_as_a_rounded_number(command):
    file = COURSE / "parameters-of-gpt-2.toml"
    assert command("check", file, "parameters=124439808")[0] == 0
    for typed in ("124439809", "124,439,806", "124439810"):
        code, out, _ = command("check", file, f"parameters={typed}")
        assert (code, "wrong (124439808)" in out) == (1, True), out
    for typed in ("1.244e8", "124.4*10^6"):
        code, out, _ = command("check", file, f"parameters={typed}")
        assert (code, "rounded" in out) == (0, True), out


@pytest.mark.parametrize("typed", ["24300", "24,300", "24.300", "24'300", "9*9*4*75 = 24,300", "24.3e3"])
def test_thousands_may_be_set_apart(net, command, typed):
    code, out, _ = command("check", net, f"macs1={typed}")
    assert code == 0, out


@pytest.mark.parametrize("zeros", [".000", ",000"])
def test_zeros_behind_a_point_are_decimals_or_thousands_whichever_is_right(command, tmp_path, zeros):
    file, answers = tmp_path / "sizes.toml", tmp_path / "class.csv"
    file.write_text('[network]\ninput_shape = [100]\n[[layer]]\nkind = "dense"\nunits = 100\nbias = false\n')
    assert command("check", file, f"features1=100{zeros}", f"parameters1=10{zeros}")[0] == 0
    assert command("check", file, f"parameters1=100*100 = 10{zeros}")[0] == 0
    for wrong in (f"features1=101{zeros}", f"parameters1=11{zeros}", f"features1=10{zeros}"):
        assert command("check", file, wrong)[0] == 1
    answers.write_text(f'student,features1,parameters1\nAda,"100{zeros}","10{zeros}"\nBen,101.000,11.000\n')
    students = json.loads(command("mark", file, answers, "--json")[1])["students"]
    assert [[a["verdict"] for a in s["answers"].values()] for s in students] == [["right"] * 2, ["wrong"] * 2]


def test_names_may_be_spelled_as_they_are_printed(net, command):
    for key in ("height1", "H1", "H₁", "H_1", "height(1)"):
        assert command("check", net, f"{key}=9")[0] == 0


def test_a_class_is_marked_with_the_slips_behind_its_answers(net, command, tmp_path):
    answers = tmp_path / "class.csv"
    answers.write_text('student,height1,parameters1,macs1\nAda,9,304,"24,300"\nBen,10,300,30000\n', encoding="utf-8")
    code, out, err = command("mark", net, answers)
    assert code == 0
    assert "no number" not in err
    assert "forgot the biases among the parameters" in out
    assert "rounded up where the last window does not fit" in out


@pytest.mark.parametrize("text", [PICTURE, WORDS], ids=["picture", "words"])
def test_every_variant_fits_and_gives_its_own_numbers(text):
    exercise = symnet.loads(text)
    seen = set()
    for student in range(12):
        variant = symnet.variant(exercise, str(student), "salt")
        found = values(variant)
        assert (
            min(found[name] for layer in variant.problem.sizes.layers for name in layer.lines.values() if name in found)
            >= 0
        )
        lengths = [found.get(name, 1) for layer in variant.problem.sizes.layers for name in layer.shape.values()]
        assert min(lengths) >= 1
        seen.add(tuple(found.values()))
    assert len(seen) > 3


def test_what_is_varied_is_drawn_from_its_list_and_what_does_not_fit_is_drawn_again():
    text = f"{SMALL}[vary]\nvalues = {{ kernel1 = [3, 12], padding1 = [0, 1, 2] }}\n"
    exercise = symnet.loads(text)
    drawn = [symnet.variant(exercise, str(i), "s").problem.given for i in range(30)]
    assert {(int(given["kernel1"]), int(given["padding1"])) for given in drawn} == {(3, 0), (3, 1), (3, 2), (12, 2)}


def test_a_platform_gets_the_layers_and_a_table_of_blanks(net, command, tmp_path):
    assert command("export", net, "--to", "moodle", "-n", "2", "--salt", "s", "-o", tmp_path / "bank.xml")[0] == 0
    bank = (tmp_path / "bank.xml").read_text("utf-8")
    assert bank.count("convolution, ") >= 4
    assert bank.count(":NUMERICAL:") == 2 * len(asked_keys(symnet.load(net)))
    assert "You forgot the biases among the parameters (layer 1)." in bank
    assert command("export", net, "--to", "text2qti", "-o", tmp_path / "quiz.txt")[0] == 0


def test_a_picture_has_a_box_for_every_layer_and_the_shapes_only_where_they_may_be_told(net, command, tmp_path):
    assert command("draw", net, "-o", tmp_path / "net.svg")[0] == 0
    told = (tmp_path / "net.svg").read_text("utf-8")
    assert "304 parameters" in told
    assert command("draw", net, "-o", tmp_path / "names.svg", "--symbols")[0] == 0
    hidden = (tmp_path / "names.svg").read_text("utf-8")
    assert "304" not in hidden
    assert "dense, 10 units" in hidden


def test_a_way_around_layers_is_drawn_beside_them(command, tmp_path):
    inner = '{ kind = "conv", channels = 4, kernel = 3, padding = 1, stride = 2 }'
    short = '{ kind = "conv", channels = 4, kernel = 1, stride = 2 }'
    (tmp_path / "net.toml").write_text(
        f'[network]\ninput_shape = [2, 8, 8]\n[[layer]]\nkind = "residual"\nlayers = [{inner}]\nshortcut = [{short}]\n',
        encoding="utf-8",
    )
    assert command("draw", tmp_path / "net.toml", "-o", tmp_path / "net.svg")[0] == 0
    exercise = symnet.load(tmp_path / "net.toml")
    assert [layer.place for layer in exercise.problem.sizes.layers] == ["1a", "1b", "1"]
    assert values(exercise)["parameters"] == 4 * 2 * 9 + 4 + 4 * 2 + 4


def test_quality_says_which_slips_the_numbers_hide(net, command):
    code, out, _ = command("quality", net)
    assert code == 0
    assert "padding-not-counted" in out
    assert "updated-weights" not in out


def test_solve_gives_the_numbers_by_name(net, command):
    _, out, _ = command("solve", net, "--json")
    found = json.loads(out)
    assert found["forward"]["parameters1"] == {"exact": "304", "decimal": "304"}
    assert found["gradients"] == {}


def test_the_summary_of_such_a_file_is_that_of_its_layers(net, command):
    _, out, _ = command("summary", net, "--json")
    assert json.loads(out)["parameters"] == 1496
    assert [layer["kind"] for layer in json.loads(out)["layers"]] == ["conv", "max_pool", "conv", "flatten", "dense"]


def test_a_faded_sheet_has_blanks_and_no_answers(net):
    sheet = symnet.load(net).worksheet(fade=1).sheet
    text = formats.render(sheet, Path("sheet.txt"))
    text = text if isinstance(text, str) else text.decode()
    assert "P₁ = F₁·C₀·k₁·k₁ + F₁ = 4·3·5·5 + 4 = ____" in text
    assert "P₂ = 0" not in text


def test_floor_stands_in_formulas_of_any_exercise(solve):
    exercise = symnet.loads('[given]\nx = 7\n[equations]\ny = "floor(x/2) + floor(-x/2)"\n')
    assert exercise.solve().forward["y"] == Fraction(-1)
    equation = exercise.problem.network.equations[0]
    from symnet.notation.names import Names
    from symnet.notation.typesetter import Typesetter

    assert maths(Typesetter(Names(("x", "y"))).maths(equation.rhs)) == "⌊x/2⌋ + ⌊−x/2⌋"
