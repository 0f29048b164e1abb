"""Sheets on paper: real LaTeX compiles every one without an error, an overfull line or a missing character."""

import os
import random
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from course_sheets import SHEETS, made

import symnet
from symnet.paper import formats

MOST_OVERFULL = 5.0  # points
AT_ONCE = 2


def _sum_of_forty():
    names = [f"w{i}" for i in range(1, 41)]
    given = "\n".join(f"x{i} = {(-1) ** i * i}" for i in range(1, 41))
    parameters = "\n".join(f"{name} = {i % 7 - 3}" for i, name in enumerate(names))
    total = " + ".join(f"w{i}*x{i}" for i in range(1, 41))
    return f"""
title = "A sum of forty terms"
learning_rate = 0.01
[given]
{given}
t = 1
[parameters]
{parameters}
[equations]
z = "{total}"
y = "z"
L = "(y - t)^2/2"
"""


def _long_numbers():
    return """
title = "Thirty digits"
learning_rate = "0.123456789012345678901234567890"
[given]
x1 = "3.14159265358979323846264338327"
x2 = "-271828182845904523536028747135"
t = "1234567890/9876543211"
[parameters]
w1 = "-0.000000000000000000000000000001"
w2 = "123456789012345678901234567890"
b = "-1/3"
[equations]
z = "w1*x1 + w2*x2 + b"
y = "tanh(z/1e60)"
L = "(y - t)^2/2"
"""


def _long_names():
    return """
title = "Names that go on and on"
learning_rate = 0.1
[given]
number_of_passengers_waiting = 12
averageTemperatureOfTheCoolant = -3
[parameters]
sensitivity_of_the_first_sensor_unit = 2
offsetOfTheSecondSensorInMillivolts = -1
[equations]
combined_reading_of_both_sensors = "sensitivity_of_the_first_sensor_unit*number_of_passengers_waiting \
+ offsetOfTheSecondSensorInMillivolts*averageTemperatureOfTheCoolant"
rectified_reading_of_both_sensors = "relu(combined_reading_of_both_sensors)"
squared_deviation_from_the_target = "(rectified_reading_of_both_sensors - averageTemperatureOfTheCoolant)^2/2"
"""


def _greek_names():
    names = [
        *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi"),
        *("omicron", "rho", "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi"),
        *("Sigma", "Phi", "Psi", "Omega", "Alpha", "Omicron", "α", "Ω", "η", "eta", "sigma", "beta_1", "Δx", "alpha2"),
        *("pi_1", "σ"),
    ]
    parameters = "\n".join(f'"{name}" = {i % 5 - 2}' for i, name in enumerate(names))
    return f"""
title = "Greek names: α, Ω and ∂"
learning_rate = 0.1
[parameters]
{parameters}
[equations]
z = "{" + ".join(names)}"
L = "z^2/2"
[[question]]
ask = "forward"
[[question]]
ask = "gradient"
of = ["alpha", "Omega", "omicron"]
[[question]]
ask = "update"
"""


def _negative_numbers():
    return """
title = "Negative numbers and fractions"
learning_rate = "1/7"
[given]
x1 = -1
x2 = "-2/3"
x3 = 1
x4 = 0
t = "-5/11"
[parameters]
w1 = -1
w2 = "-3/7"
w3 = -0.5
w4 = 1
c = -2
[equations]
z = "-w1*x1 - w2*x2 + w3*x3 - w4*x4 - c*-x1 + 2*w3 - (-w1)"
p = "-z^2 - (-z)^3 + z^-2 - -z"
q = "-(p - z)/(z - -p) - p/-3 + w1^2*x1 - 1/w2"
y = "leaky_relu(q, -w3) - abs(-q) + max(-q, z) - min(-p, -z)"
L = "-(t - y)^2/2 - -t"
"""


def _colliding_names():
    return """
title = "Names that look alike"
learning_rate = 0.1
[given]
x1 = 1
x_1 = 2
x__1 = 3
x1_ = 4
x01 = 5
x_01 = 6
w12_3 = 7
w1_23 = 8
w1_2_3 = 9
w_1_2_3 = 10
[parameters]
beta = -1
"β" = 2
t = 3
k = 4
eta = 5
lr = 6
[equations]
y_ = "x1*beta + x_1*β + x__1*t + x1_*k + x01*eta + x_01*lr"
y__ = "w12_3 + w1_23 + w1_2_3 + w_1_2_3 + y_"
L = "y__^2/2"
[update]
optimizer = "adam"
"""


def _dense(layers="[3, 8, 8, 2]"):
    return f"""
title = "Many parameters: a 3-8-8-2 network"
learning_rate = 0.1
[network]
layers = {layers}
activation = "sigmoid"
output = "linear"
loss = "softmax_cross_entropy"
init = "uniform(-1, 1)"
seed = 5
inputs = [[1, -0.5, "1/3"]]
targets = [[0, 1]]
"""


def _every_function():
    z = "(x*w)"
    functions = [
        *(f"{name}{z}" for name in ("exp", "abs", "sin", "cos", "erf", "tanh", "sigmoid", "relu", "softplus", "gelu")),
        *("log(w)", "ln(w)", "sqrt(w)", f"step{z}", f"pi*{z}", "max(x, w, 1)", "min(x*w, w, -1)", "x*w^x", f"{z}^3"),
        *("leaky_relu(x*w, 1/5)", "elu(x*w, 2)", "exp(-(x*w)^2/2)", "sqrt(x^2 + w^2)", "-exp(-w)/(1 + exp(-w))^2"),
    ]
    lines = "\n".join(f'f{i} = "{formula}"' for i, formula in enumerate(functions))
    total = " + ".join(f"f{i}" for i in range(len(functions)))
    return f"""
title = "Every function"
learning_rate = 0.1
[given]
x = -0.7
[parameters]
w = 1.3
[equations]
{lines}
L = "({total})^2/2"
"""


def _batch():
    samples = "\n".join(f"[[samples]]\nx = {i / 4 - 1}\nt = {(-1) ** i * i}" for i in range(9))
    return f"""
title = "A batch of nine samples, momentum, every line rounded, 30 steps"
introduction = "Text with every sign: # $ % & _ {{ }} ~ ^ \\\\ < > | ' \\" ` and “quotes” – dashes — …"
learning_rate = 0.05
round = 3
[parameters]
w = -1.5
b = "2/3"
[equations]
z = "w*x + b"
y = "tanh(z)"
L = "(y - t)^2/2"
{samples}
[training]
steps = 30
reduce = "mean"
[update]
optimizer = "momentum"
"""


def _spelled_out():
    return """
title = "Rules spelled out, with state"
learning_rate = 0.1
[given]
x = 2
[parameters]
w = -3
b = 1
[equations]
y = "w*x + b"
L = "y^2/2"
[training]
order = "sequential"
[update]
rules = [
    "g = grad(w)",
    "v = 0.9*v - lr*g",
    "w = w + v - -0.1*m",
    "m = -g/(1 - 0.9^2)",
    "b = b - lr*grad(b)/(abs(m) + 1e-8)",
]
state = { v = -1, m = 0 }
[[question]]
ask = "update"
points = 7.5
[[question]]
ask = "gradient"
of = ["w", "b"]
style = "deltas"
[[question]]
ask = "derivative"
of = "y"
wrt = "x"
[notation]
v = "\\\\hat{v}_{\\\\mathrm{old}}'"
"""


NASTY = {
    "a sum of forty terms": _sum_of_forty(),
    "thirty digits": _long_numbers(),
    "long names": _long_names(),
    "Greek names": _greek_names(),
    "negative numbers": _negative_numbers(),
    "colliding names": _colliding_names(),
    "3-8-8-2": _dense(),
    "every function": _every_function(),
    "a batch": _batch(),
    "rules spelled out": _spelled_out(),
}
EXERCISES = [*(path.stem for path in SHEETS), *NASTY]


def compiled(folder, tex):
    """What pdflatex says of one run over the text: (exit code, its log)."""
    folder.mkdir()
    (folder / "sheet.tex").write_text(tex, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-no-shell-escape", "sheet.tex"],
        cwd=folder,
        capture_output=True,
        timeout=60,
        env={**os.environ, "max_print_line": "10000"},
    )
    log = folder / "sheet.log"
    return done.returncode, log.read_text(encoding="latin-1") if log.exists() else done.stdout.decode("latin-1")


def faults(code, log):
    """What is wrong with a run of LaTeX."""
    found = [line for line in log.splitlines() if line.startswith("!")]
    if code != 0:
        found.append(f"exit code {code}")
    found += [
        line
        for line in log.splitlines()
        if (over := re.match(r"Overfull \\hbox \(([0-9.]+)pt too wide\)", line)) and float(over[1]) > MOST_OVERFULL
    ]
    return found + re.findall(r"Missing character:.*", log) + re.findall(r".*[Uu]ndefined.*", log)


def rendered():
    """{(exercise, "sheet" or "key"): LaTeX}."""
    texts = {}
    sheets = {path.stem: made(path) for path in SHEETS}
    for name, worksheet in (sheets | {name: symnet.loads(text).worksheet() for name, text in NASTY.items()}).items():
        for kind in ("sheet", "key"):
            texts[name, kind] = formats.render(getattr(worksheet, kind), Path("sheet.tex"))
    return texts


@pytest.fixture(scope="module")
def texts():
    return rendered()


@pytest.fixture(scope="module")
def runs(texts, tmp_path_factory):
    """{(exercise, kind): faults} of every sheet and key, two at a time."""
    if shutil.which("pdflatex") is None:
        if "CI" in os.environ:
            pytest.fail("pdflatex is not installed, and here it must be")
        pytest.skip("pdflatex is not installed; on Debian: apt-get install texlive-latex-recommended")
    folder = tmp_path_factory.mktemp("latex")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = {key: pool.submit(compiled, folder / f"{i}-{key[1]}", tex) for i, (key, tex) in enumerate(texts.items())}
        return {key: faults(*job.result()) for key, job in jobs.items()}


@pytest.mark.parametrize("kind", ["sheet", "key"])
@pytest.mark.parametrize("name", EXERCISES)
def test_a_sheet_compiles_without_error_overfull_line_or_missing_character(runs, name, kind):
    assert not runs[name, kind]


@pytest.mark.parametrize(
    "body",
    [
        r"\undefinedcommand",
        r"$a^b^c$",
        r"\noindent\rule{30cm}{1pt}",
        r"{\tracinglostchars=1 \font\x=cmr10 \x\char200}",
        r"\begin{align*}a",
    ],
)
def test_a_fault_of_latex_is_noticed(tmp_path, body):
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    tex = rf"\documentclass{{article}}\usepackage{{amsmath}}\begin{{document}}{body}\end{{document}}"
    assert faults(*compiled(tmp_path / "bad", tex))


# -- the working itself -----------------------------------------------------------------------------------------------

UGLY = {
    "+ -": r"\+\s*-",
    "- -": r"-\s*-",
    "- +": r"-\s*\+",
    "+ +": r"\+\s*\+",
    "a dot and a sign": r"\\cdot\s*[-+]",
    "a sign and a dot": r"[-+(=]\s*\\cdot",
    "two dots": r"\\cdot\s*\\cdot",
    # A local derivative 1 among others may stand: f · 1 · b, and = 1 · b.
    "one times a name": r"(?<![\d.])(?<!\\cdot )(?<!= )1\s*(\\cdot|\\,)\s*(\\mathit|\\mathrm|(?!e\^)[A-Za-z])",
    "one beside a name": r"(?<![\d.}_^{])1\s*[A-Za-z]",
    "two equals signs": r"=\s*=",
    "a minus beside a bar, set like a difference": r"(?<!\\left)\|\s*-",
    "a prime over max or min": r"\\(max|min)(_\{\d\})?'",
    "a fraction with idle brackets": r"\\frac\{\([^()]*\)\}|\}\{\([^()]*\)\}",
    "an empty bracket": r"\(\s*\)",
    "a sign before a bracket's end": r"[-+]\s*\)",
    "brackets in brackets": r"\(\([^()]*\)\)",
}


def lines_of(tex):
    """The lines of working and the formulas between dollars."""
    for display in re.findall(r"\\begin\{align\*\}(.*?)\\end\{align\*\}", tex, re.DOTALL):
        for line in display.split("\\\\\n"):
            # Steps of one line are judged one by one; an alignment mark or a break is no operator.
            yield line.replace("&", " ").replace(r"\quad +{}", "").strip()
    yield from re.findall(r"\$(.+?)\$", tex.split(r"\begin{document}", 1)[1])


def is_ugly(line):
    return [name for name, pattern in UGLY.items() if re.search(pattern, line)]


@pytest.mark.parametrize("name", EXERCISES)
def test_no_line_of_working_has_double_signs_or_idle_ones(texts, name):
    ugly = {line: found for line in lines_of(texts[name, "key"]) if (found := is_ugly(line))}
    assert not ugly


@pytest.mark.parametrize(
    "line",
    [
        "2 + -3",
        "2 - -3",
        "2 +-3",
        r"1 \cdot x",
        r"-1\,x",
        "= = 2",
        r"2\cdot -3",
        r"2 \cdot \cdot 3",
        "1x",
        "((2))",
        "|-2|",
        r"\max'(x)",
        r"\frac{(a - b)}{c}",
    ],
)
def test_an_ugly_line_is_noticed(line):
    assert is_ugly(line)


@pytest.mark.parametrize("line", [r"2\cdot 1 + (-3)\cdot (-1)", "x_{1} - 2", r"10 \cdot x", "w_{1}x", r"x^{1}y", "-1"])
def test_an_ordinary_line_is_let_through(line):
    assert not is_ugly(line)


@pytest.mark.parametrize("kind", ["sheet", "key"])
@pytest.mark.parametrize(
    "number", ["3.14159265358979323846264338327", "-271828182845904523536028747135", "0.12345678", "1234567.25"]
)
def test_what_an_exercise_gives_is_printed_in_full(number, kind):
    text = f'learning_rate = "{number}"\n[given]\nx = "{number}"\n[parameters]\nw = "{number}"\n[equations]\ny = "w*x"'
    tex = formats.render(getattr(symnet.loads(text).worksheet(), kind), Path("sheet.tex"))
    given = tex.split("Equations:")[0].split(r"\begin{document}")[1].replace(".", "")
    digits = number.replace(".", "").lstrip("-0")  # perhaps as 2.718… · 10²⁹
    assert given.count(digits) == 3


def _random_formula(draw, depth=0):
    kind = draw.choice("xwcn") if depth > 2 else draw.choice("xwcn+-*/-+*p!")
    if kind in "xwc":
        return kind
    if kind == "n":
        return draw.choice(["2", "0.5", "3", "7"])
    if kind == "!":
        return f"-({_random_formula(draw, depth + 1)})"
    if kind == "p":
        return f"({_random_formula(draw, depth + 1)})^2"
    return f"({_random_formula(draw, depth + 1)}){kind}({_random_formula(draw, depth + 1)})"


def test_the_working_of_random_formulas_has_no_double_signs():
    draw = random.Random(20)
    ugly = {}
    for _ in range(150):
        formula = _random_formula(draw)
        text = f'[given]\nx = -2\nc = "-1/3"\n[parameters]\nw = -5\n[equations]\ny = "{formula}"\nL = "y - x*w"'
        try:
            key = symnet.loads(text).worksheet().key
        except symnet.Mistake:
            continue  # a division by zero
        tex = formats.render(key, Path("key.tex"))
        ugly |= {(formula, line): found for line in lines_of(tex) if (found := is_ugly(line))}
    assert not ugly
