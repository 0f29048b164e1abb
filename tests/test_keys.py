"""Keys: whatever symnet prints and people write is one quantity, or one line that says what would be right."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spellings import ANSWERS, EXERCISES, REFUSED, RELU, outcome

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.classroom.checking.check import Checked
from symnet.commands.pairs import read_pairs
from symnet.commands.printed import solve as printed
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.keys import Keys
from symnet.diagnosis.particulars import particular
from symnet.diagnosis.typed import formula
from symnet.notation.names import Names
from symnet.paper.printing.text import maths
from symnet.working.quantities import keys_of

WORKSHEETS = sorted(Path(__file__).parent.parent.glob("worksheets/*.toml"))
BY_HAND = [path for path in WORKSHEETS if symnet.load(path).worked is not None]
SHORT = [path for path in BY_HAND if symnet.load(path).problem.updates <= 20]
KEYS = {name: Keys(exercise.problem) for name, exercise in EXERCISES.items()}

MOMENTUM = """
learning_rate = 0.1
[given]
x = 1
t = 0
[parameters]
w = 1
[equations]
y = "w*x"
L = "(y - t)^2/2"
[update]
optimizer = "momentum"
[training]
steps = 4
"""

ONLINE = """
learning_rate = 1
[parameters]
w = 1
b = 0
[equations]
z = "w*x + b"
L = "(z - t)^2/2"
[[samples]]
x = 1
t = 0
[[samples]]
x = 2
t = 3
[training]
mode = "online"
epochs = 2
"""

BATCH = ONLINE.replace('mode = "online"\nepochs = 2', "steps = 3")


@pytest.mark.parametrize(("name", "written", "key", "verdict"), ANSWERS)
def test_an_answer_is_read_however_it_is_written(name, written, key, verdict):
    checked = Checked(EXERCISES[name], read_pairs([written]))
    assert checked.verdicts[key].verdict == verdict
    assert all(other.verdict != "wrong" for other in checked.verdicts.values()) or verdict == "wrong"
    assert "\n" not in str(json.loads(checked.as_json())["answers"][key]["given"])


@pytest.mark.parametrize(("name", "written", "said"), REFUSED)
def test_what_means_nothing_or_several_things_is_one_line_that_says_what_would_be_right(name, written, said):
    with pytest.raises(Mistake) as mistake:
        Checked(EXERCISES[name], read_pairs([written]))
    assert said in str(mistake.value)
    assert "\n" not in str(mistake.value)


# -- what is printed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", BY_HAND, ids=lambda path: path.stem)
def test_every_key_of_the_solution_is_read(path):
    exercise = symnet.load(path)
    keys = Keys(exercise.problem, exercise.notation)
    solved = json.loads(printed.as_json(str(path), (), (), min(1, exercise.problem.updates), 12, False))
    for name in solved["forward"]:
        assert keys.read(name) == name
    for name in solved["gradients"]:
        assert keys.read(f"grad({name})") == f"grad({name})"
    for name in solved["partials"]:
        assert keys.read(name) == name
        assert particular(exercise.problem, name) is not None
    for name in solved["updated"]:
        assert keys.read(name) == name
    for name in solved["forward_after"]:
        assert keys.read(f"new({name})") == f"new({name})"
    for key in keys_of(exercise.problem):
        assert keys.read(key) == key


@pytest.mark.parametrize("path", BY_HAND, ids=lambda path: path.stem)
def test_every_name_on_a_sheet_is_read(path):
    """Names, derivatives and δ, in the Unicode of the terminal."""
    exercise = symnet.load(path)
    problem = exercise.problem
    keys = Keys(problem, exercise.notation)
    printed = Names((*problem.network.names, *problem.state), exercise.notation)
    deltas = printed.with_deltas(problem.network.names)
    looks = [maths(printed.node(name)) for name in problem.network.names]
    for name in problem.network.names:
        look = maths(printed.node(name))
        assert look in problem.network.names or looks.count(look) > 1 or keys.read(look) in (name, f"new({name})")
        if not problem.has_loss:  # nothing is differentiated
            continue
        derivative = maths(printed.node(f"∂{problem.loss}/∂{name}"))
        if look not in problem.network.names:
            assert keys.read(derivative) == f"grad({name})"
        assert keys.read(f"∂{problem.loss}/∂{name}") == f"grad({name})"
        delta = maths(deltas.node(f"∂{problem.loss}/∂{name}"))
        # What is an output of one function and goes into another, as into a pool, may be meant as either.
        is_one = name in keys.called.unit("") and name not in keys.called.activations
        if is_one and look not in problem.network.names:
            assert keys.read(delta) == f"grad({name})"
    for name in problem.state:
        assert keys.read(maths(printed.node(name))) == name


@pytest.mark.parametrize(("name", "written", "said"), REFUSED)
def test_every_key_that_a_message_prints_is_read(name, written, said):
    with pytest.raises(Mistake) as mistake:
        Checked(EXERCISES[name], read_pairs([written]))
    text = str(mistake.value)
    found = re.findall(r"(?<!\w)(?:(?:grad|new|change)\([a-z]\w*\)|[a-z]\w*/[a-z]\w*)(?!\w)", text)
    for key in {*found}.difference({"grad(name)", "new(name)", "change(name)", "dy/dx", "grad(h)"}):
        assert KEYS[name].find(key) or f"{key}:" in text, key  # or it is what is refused


def test_questions_and_options_name_quantities_in_any_spelling(command, exercise_file):
    text = RELU.read_text(encoding="utf-8") + '\n[[question]]\nask = "gradient"\nof = ["w₁₃", "W[2,3]"]\n'
    assert symnet.loads(text).questions[0].of == ("w13", "w23")
    plain = command("solve", exercise_file(text), "--of", "y5", "--wrt", "x3", "--json")
    assert command("solve", exercise_file(text), "--of", "y_5", "--wrt", "x₃", "--json") == plain
    code, _, err = command("solve", exercise_file(text), "--wrt", "q")
    assert (code, "is not a name of this exercise" in err) == (2, True)


# -- which name is meant ----------------------------------------------------------------------------------------------


def keys_for(*names, equations=("L = w1*2",)):
    lines = "\n".join(f'"{name}" = 1' for name in names)
    formulas = "\n".join(f'{line.partition(" = ")[0]} = "{line.partition(" = ")[2]}"' for line in equations)
    return Keys(symnet.loads(f"learning_rate = 1\n[parameters]\nw1 = 1\n{lines}\n[equations]\n{formulas}\n").problem)


def test_a_declared_name_is_never_notation():
    keys = keys_for(equations=("x5 = w1*2", "y5 = relu(x5)", "delta5 = y5*2", "dL = delta5", "L_new = dL", "L = L_new"))
    assert keys.read("delta5") == "delta5"
    assert keys.read("δ5") == "delta5"
    assert keys.read("dL") == "dL"
    assert keys.read("L_new") == "L_new"
    assert keys.read("new(L)") == "new(L)"
    assert keys.read("δ(x5)") == "grad(x5)"


def test_names_that_begin_with_d_are_names():
    keys = keys_for(equations=("r = 3*w1", "df = 2*r", "dr = df^2", "L = dr*2"))
    assert keys.read("dr/df") == "dr/df"
    assert keys.read("d(dr)/d(df)") == "dr/df"
    assert keys.read("dL/ddr") == "grad(dr)"
    assert str(formula("dr/df", keys)) == "dr/df"


def test_case_and_separators_are_free_where_one_name_is_meant():
    keys = keys_for("W1", "w_12", "θ_1")
    assert keys.read("w1") == "w1"
    assert keys.read("W1") == "W1"
    assert keys.read("W₁₂") == "w_12"
    assert keys.read("w[1,2]") == "w_12"
    assert keys.read("theta1") == "θ_1"
    assert keys.read("\\theta_{1}") == "θ_1"
    two = keys_for("w1_12", "w11_2")
    assert two.read("w1_12") == "w1_12"
    with pytest.raises(Mistake, match="may be w1_12 or w11_2"):
        two.read("w112")


def test_the_upper_name_of_a_derivative_is_the_loss_only_where_no_quantity_has_that_name():
    keys = keys_for(equations=("E = 3*w1", "C = E^2"))
    assert keys.read("dC/dE") == "grad(E)"
    assert keys.read("dE/dw1") == "E/w1"
    assert keys.read("dL/dw1") == "grad(w1)"
    with pytest.raises(Mistake, match=r"symnet solve FILE --of C2 --wrt w1"):
        keys_for(equations=("E = 3*w1", "C2 = E^2", "D = C2")).read("dC2/dw1")


def test_the_delta_of_a_unit_is_that_of_its_net_input():
    keys = keys_for(equations=("net_5 = 2*w1", "out_5 = sigmoid(net_5)", "o6 = 3*out_5", "L = o6^2"))
    assert keys.read("δ5") == "grad(net_5)"
    assert keys.read("δ_net_5") == "grad(net_5)"
    assert keys.read("δ6") == "grad(o6)"
    assert keys.read("δ") == "grad(net_5)"
    with pytest.raises(Mistake, match=r"grad\(net_5\) or grad\(out_5\)"):
        keys.read("δ_out5")


# -- their values -----------------------------------------------------------------------------------------------------


def value(exercise, key):
    return Hypotheses(exercise.problem, (key,)).right(exercise.problem)[key]


@pytest.mark.parametrize("path", SHORT, ids=lambda path: path.stem)
def test_slopes_and_values_after_the_update_are_those_of_the_solution(path):
    exercise = symnet.load(path)
    solution = exercise.solve()
    some = [*solution.partials][:: max(1, len(solution.partials) // 12)]
    ends = [f"new({name})" for name in [*solution.forward_after][-3:]]
    right = Hypotheses(exercise.problem, (*some, *ends)).right(exercise.problem)
    assert exercise.problem.places is not None or all(close(right[key], solution.partials[key]) for key in some)
    assert all(close(right[key], solution.forward_after[key[4:-1]]) for key in ends)


def close(one, other):
    if not hasattr(one, "numerator") and not hasattr(one, "adjusted"):
        return type(one) is type(other)
    return abs(float(one) - float(other)) <= 1e-10 * max(1, abs(float(one)))


@pytest.mark.parametrize("text", [MOMENTUM, ONLINE, BATCH.replace("steps = 3", "steps = 1")])
def test_the_kth_update_is_that_of_the_history(text):
    exercise = symnet.loads(text)
    solution = exercise.solve(history=True)
    problem = exercise.problem
    for k, moment in enumerate(solution.history, 1):
        if not problem.samples or problem.online:
            for name, number in moment.forward.items():
                assert value(exercise, f"{name}@{k}") == number
            for name, number in moment.gradients.items():
                assert value(exercise, f"grad({name})@{k}") == number
        after = solution.history[k].parameters if k < len(solution.history) else solution.updated
        for name in problem.start:
            assert value(exercise, f"{name}@{k}") == after[name]
            assert value(exercise, f"change({name})@{k}") == after[name] - moment.parameters[name]


def test_a_late_update_is_that_of_as_many_updates():
    exercise = symnet.loads(MOMENTUM.replace('"w*x"', '"tanh(w*x)"').replace("steps = 4", "steps = 90"))
    shorter = symnet.loads(MOMENTUM.replace('"w*x"', '"tanh(w*x)"').replace("steps = 4", "steps = 85"))
    assert abs(value(exercise, "w@85") - shorter.solve(digits=20).updated["w"]) < 1e-25


def test_in_a_batch_a_value_is_that_of_the_sample_and_a_parameter_that_after_the_update():
    exercise = symnet.loads(BATCH)
    moments = exercise.solve().moments
    assert value(exercise, "z@2") == moments[1].forward["z"] == 2
    assert value(exercise, "grad(w)@2") == moments[1].gradients["w"] == -2
    history = exercise.solve(history=True).history
    assert value(exercise, "w@2") == history[2].parameters["w"]
    assert value(exercise, "mean(grad(w))@1") == history[0].parameters["w"] - history[1].parameters["w"]
    with pytest.raises(Mistake, match="the number of the sample, here 1 to 2"):
        Keys(exercise.problem).read("z@3")
    with pytest.raises(Mistake, match="the number of the update, here 1 to 3"):
        Keys(exercise.problem).read("w@4")


def test_what_optimizers_remember_has_a_value_at_every_update():
    exercise = symnet.loads(MOMENTUM.replace("momentum", "adam"))
    assert value(exercise, "m(w)@1") == value(exercise, "grad(w)@1") / 10
    assert value(exercise, "m_hat(w)@1") == value(exercise, "grad(w)@1")
    assert Keys(exercise.problem).read("m̂_w@2") == "m_hat(w)@2"
    assert Keys(exercise.problem).read("m_w@3") == "m(w)@3"


# -- slips and errors carried forward ---------------------------------------------------------------------------------


def test_slips_are_found_in_the_new_keys():
    relu = EXERCISES["relu"]
    checked = symnet.check(relu, {"new(Loss)": "84.5", "w35@1": "-3"})
    assert checked.verdicts["new(Loss)"].verdict == "wrong"
    momentum = symnet.loads(MOMENTUM)
    wrong = [values for _, values in Hypotheses(momentum.problem, ("w@2", "w@3", "L@4")).wrong(momentum.problem)]
    right = Hypotheses(momentum.problem, ("w@2", "w@3", "L@4")).right(momentum.problem)
    assert sum(values["w@3"] != right["w@3"] for values in wrong) > 5
    no_memory = symnet.check(momentum, {"w@1": "0.9", "w@2": "0.81", "w@3": "0.729"})
    assert {v.verdict for v in no_memory.verdicts.values()} == {"right", "wrong"}
    assert no_memory.verdicts["w@3"].slips


def test_an_error_in_one_row_is_carried_into_the_next():
    exercise = symnet.loads(ONLINE)
    right = {key: value(exercise, key) for key in ("z@1", "w@1", "b@1", "z@2", "w@2")}
    assert right == {"z@1": 1, "w@1": 0, "b@1": -1, "z@2": -1, "w@2": 8}
    # w@1 is wrong: z@2 = 5·2 − 1 = 9, and w@2 = 5 − (9 − 3)·2 = −7 follow from it.
    checked = symnet.check(exercise, {"z@1": 1, "w@1": 5, "b@1": -1, "z@2": 9, "w@2": -7})
    assert checked.verdicts["w@1"].verdict == "wrong"
    assert checked.verdicts["z@2"].carried == ("w@1",)
    assert checked.verdicts["w@2"].carried == ("w@1",)
    assert checked.verdicts["b@1"].verdict == "right"


def test_an_error_in_a_new_weight_is_carried_into_the_new_loss():
    """x3 = 2, y3 = 2 … with w35 wrong: relu.toml's new(Loss) is (relu(w35·y3 + w45·y4))²/2 at the new weights."""
    relu = EXERCISES["relu"]
    new = symnet.check(relu, {"w13": 0, "w23": -1, "w35": 1, "new(Loss)": "0.5"})
    assert new.verdicts["w35"].verdict == "wrong"
    assert new.verdicts["new(Loss)"].carried == ("w35",)


# -- hostile words ----------------------------------------------------------------------------------------------------

HOSTILE = [
    "x" * 10_000,
    "(" * 10_000,
    "grad(" * 3_000 + "w13" + ")" * 3_000,
    "∂" * 10_000 + "/∂w13",
    "d" * 5_000 + "/d" * 5_000,
    "'" * 10_000,
    "_" * 10_000,
    "{" * 5_000 + "}" * 5_000,
    "\\frac{" * 2_000,
    "__import__('os').system('true')",
    "lambda: 0",
    "w13@" + "9" * 10_000,
    "\x00\x1b[2J",
    "grad(grad(grad(grad(grad(grad(grad(grad(w13))))))))",
]


@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_key_is_a_line(word):
    with pytest.raises(Mistake) as mistake:
        symnet.check(EXERCISES["relu"], {word: "5"})
    assert len(str(mistake.value)) < 1_500
    assert str(mistake.value).isprintable()


@settings(max_examples=400, deadline=None)
@given(st.text("wxyL135_'()∂δΔd/@+ ^{}\\grad new²₃=[],~", max_size=24) | st.text(max_size=24))
def test_no_key_is_a_traceback(word):
    for keys in KEYS.values():
        line, key = outcome(keys.read, word)
        assert line.isprintable()
        assert line or key in keys.known or particular(keys.problem, key) is not None


def adam(parameters, y, steps=3):
    return symnet.loads(
        f"learning_rate = 0.1\ngiven = {{ x = 2, t = 3 }}\nparameters = {{ {parameters} }}\n"
        f'update = {{ optimizer = "adam" }}\ntraining = {{ steps = {steps} }}\n'
        f'[equations]\ny = "{y}"\nL = "(y - t)^2/2"\n'
    )


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("m@1", "m(w)@1"),
        ("v@3", "v(w)@3"),
        ("m_hat@2", "m_hat(w)@2"),
        ("mhat@2", "m_hat(w)@2"),
        ("m\u0302@2", "m_hat(w)@2"),
        ("\\hat{v}@1", "v_hat(w)@1"),
        ("m", "m(w)"),
        ("v", "v(w)"),
    ],
)
def test_what_one_parameter_alone_has_is_called_as_the_head_of_its_column(word, key):
    assert Keys(adam("w = 1", "w*x").problem).read(word) == key


@pytest.mark.parametrize(("word", "key"), [("m_hat", "m_hat(w)"), ("v̂", "v_hat(w)")])
def test_what_is_worked_in_between_has_one_value_where_there_is_one_update(word, key):
    assert Keys(adam("w = 1", "w*x", 1).problem).read(word) == key


@pytest.mark.parametrize("word", ["m@1", "m_hat@2", "m̂@2", "v"])
def test_what_several_parameters_have_is_asked_for_by_its_whole_name(word):
    kind = {"m̂": "m_hat"}.get(word.split("@")[0], word.split("@")[0])
    with pytest.raises(Mistake, match=rf"may be {kind}\(w\) or {kind}\(b\); write which"):
        Keys(adam("w = 1, b = 0", "w*x + b").problem).read(word)


def test_a_declared_name_or_a_vector_comes_before_what_is_kept():
    exercise = adam("m1 = 1", "m1*x")
    assert Keys(exercise.problem).read("m1") == "m1"
    both = Keys(adam("v1 = 1, v2 = 2", "v1*x + v2").problem)
    assert [key for key, _ in both.vector("v")] == ["v1", "v2"]
    assert both.find("v") == ""


def test_the_cells_of_a_table_are_checked_under_the_heads_of_their_columns():
    exercise = symnet.load(Path(__file__).parent.parent / "worksheets" / "adam-in-a-table.toml")
    checked = symnet.check(exercise, {"m@1": "-0.2", "v@1": "0.004", "m̂@1": "-2", "m_hat@2": "7"})
    assert {key: verdict.verdict for key, verdict in checked.verdicts.items()} == {
        "m(w)@1": "right", "v(w)@1": "right", "m_hat(w)@1": "right", "m_hat(w)@2": "wrong",
    }  # fmt: skip
