"""The tables of the exercise file that say how is updated: each number is worked out here a second time."""

from fractions import Fraction as F

import mpmath
import pytest
from answers import decimals, exact, near
from neuron import LINE, LINE_WITH_SAMPLES, SAMPLES, line
from texts import RELU

# -- steps and epochs -------------------------------------------------------------------------------------------------


def trained(samples, updates, online=False, reduce="mean", rate=F(1, 10), w=F(3), b=F(-1)):
    """The parameters before every update and at the end."""
    passed = [(w, b)]
    for k in range(updates):
        chosen = [samples[k % len(samples)]] if online else samples
        slopes = [line(w, b, x, t)[1] for x, t in chosen]
        share = len(slopes) if reduce == "mean" else 1
        w, b = (
            w - rate * sum(slope["w"] for slope in slopes) / share,
            b - rate * sum(slope["b"] for slope in slopes) / share,
        )
        passed.append((w, b))
    return passed


def test_without_training_there_is_one_step(solve):
    answer = solve("learning_rate = 0.1" + LINE)
    w, b = trained([(F(2), F(1))], 1)[-1]
    assert exact(answer["updated"]) == {"w": w, "b": b}
    assert exact(answer["forward_after"]) == line(w, b, 2, 1)[0]


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
def test_steps_count_updates(solve, steps):
    answer = solve(f"learning_rate = 0.1\n{LINE}\n[training]\nsteps = {steps}", "--history")
    w, b = trained([(F(2), F(1))], steps)[-1]
    assert exact(answer["updated"]) == {"w": w, "b": b}
    assert len(answer["history"]) == steps


def test_steps_in_batch_mode_count_updates_and_not_samples(solve):
    answer = solve(LINE_WITH_SAMPLES + '[training]\nmode = "batch"\nreduce = "sum"\nsteps = 2', "--history")
    w, b = trained(SAMPLES, 2, reduce="sum")[-1]
    assert exact(answer["updated"]) == {"w": w, "b": b}
    assert len(answer["history"]) == 2


def test_epochs_in_batch_mode_are_one_update_each(solve):
    answer = solve(LINE_WITH_SAMPLES + '[training]\nreduce = "mean"\nepochs = 2', "--history")
    w, b = trained(SAMPLES, 2)[-1]
    assert exact(answer["updated"]) == {"w": w, "b": b}
    assert len(answer["history"]) == 2


def test_epochs_online_are_one_update_a_sample(solve):
    answer = solve(LINE_WITH_SAMPLES + '[training]\nmode = "online"\nepochs = 2', "--history")
    w, b = trained(SAMPLES, 6, online=True)[-1]
    assert exact(answer["updated"]) == {"w": w, "b": b}
    assert len(answer["history"]) == 6


@pytest.mark.parametrize("plan", ["", "[training]\nsteps = 7", "[training]\nepochs = 4"])
def test_the_option_steps_overrides_the_file(solve, plan):
    answer = solve(f"learning_rate = 0.1\n{LINE}\n{plan}", "--steps", "2")
    w, b = trained([(F(2), F(1))], 2)[-1]
    assert exact(answer["updated"]) == {"w": w, "b": b}


def test_the_option_steps_counts_updates_online_too(solve):
    answer = solve(LINE_WITH_SAMPLES + '[training]\nmode = "online"\nepochs = 2', "--steps", "4")
    w, b = trained(SAMPLES, 4, online=True)[-1]
    assert exact(answer["updated"]) == {"w": w, "b": b}


def test_no_steps_leave_the_start(solve):
    answer = solve("learning_rate = 0.1" + LINE, "--steps", "0")
    assert exact(answer["updated"]) == {"w": F(3), "b": F(-1)}
    assert answer["forward_after"] == answer["forward"]


# -- samples ----------------------------------------------------------------------------------------------------------


def test_samples_replace_what_is_given_one_table_a_sample(solve):
    text = '[given]\nx = 10\nc = 4\n[equations]\ny = "x + c"\n[[samples]]\nx = 1\n[[samples]]\nx = 2'
    answer = solve(text)
    assert exact(answer["forward"]) == {"y": F(5)}


def test_a_sample_overlays_only_the_names_it_has(solve):
    text = """
learning_rate = 1
[given]
x = 10
c = 4
[parameters]
w = 0
[equations]
y = "w*x + w*c"
[training]
mode = "online"
epochs = 1
[[samples]]
x = 1
[[samples]]
c = 5
"""
    answer = solve(text, "--history")
    # First sample x = 1, c = 4: slope 5.  Second x = 10, c = 5: slope 15.
    assert exact(answer["updated"]) == {"w": F(-20)}
    assert exact(answer["history"][1]["gradients"])["w"] == 15


def test_forward_gradients_and_partials_are_at_the_first_sample(solve):
    answer = solve(LINE_WITH_SAMPLES + '[training]\nmode = "online"\nepochs = 2')
    values, slopes = line(F(3), F(-1), *SAMPLES[0])
    assert exact(answer["forward"]) == values
    assert {name: exact(answer["gradients"])[name] for name in slopes} == slopes
    assert exact(answer["partials"])["y/w"] == SAMPLES[0][0]


def test_forward_after_is_at_the_first_sample_with_the_final_parameters(solve):
    answer = solve(LINE_WITH_SAMPLES + '[training]\nmode = "online"\nepochs = 2')
    w, b = trained(SAMPLES, 6, online=True)[-1]
    assert exact(answer["forward_after"]) == line(w, b, *SAMPLES[0])[0]


def test_online_history_entry_is_epoch_times_samples_plus_i_at_that_sample_before_its_update(solve):
    answer = solve(LINE_WITH_SAMPLES + '[training]\nmode = "online"\nepochs = 2', "--history")
    before = trained(SAMPLES, 6, online=True)
    for epoch in range(2):
        for i, (x, t) in enumerate(SAMPLES):
            entry = answer["history"][epoch * len(SAMPLES) + i]
            w, b = before[epoch * len(SAMPLES) + i]
            values, slopes = line(w, b, x, t)
            assert exact(entry["parameters"]) == {"w": w, "b": b}
            assert exact(entry["forward"]) == values
            assert {name: exact(entry["gradients"])[name] for name in slopes} == slopes


def test_batch_history_has_the_parameters_before_each_update(solve):
    answer = solve(LINE_WITH_SAMPLES + '[training]\nreduce = "sum"\nsteps = 3', "--history")
    before = trained(SAMPLES, 3, reduce="sum")
    assert [exact(entry["parameters"]) for entry in answer["history"]] == [{"w": w, "b": b} for w, b in before[:3]]


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_a_batch_takes_the_mean_or_the_sum_of_the_gradients(solve, reduce):
    answer = solve(f'{LINE_WITH_SAMPLES}[training]\nmode = "batch"\nreduce = "{reduce}"')
    w, b = trained(SAMPLES, 1, reduce=reduce)[-1]
    assert exact(answer["updated"]) == {"w": w, "b": b}


def test_one_sample_gives_the_same_whether_summed_averaged_or_online(solve):
    text = LINE_WITH_SAMPLES.split("[[samples]]\nx = -1")[0]
    answers = [
        solve(f"{text}\n[training]\n{plan}")["updated"]
        for plan in ('reduce = "sum"', 'reduce = "mean"', 'mode="online"')
    ]
    assert answers[0] == answers[1] == answers[2]


# -- order ------------------------------------------------------------------------------------------------------------


def test_in_sequential_order_the_hidden_gradient_uses_the_updated_output_weight_and_old_activations(solve):
    answer = solve(RELU + '\n[training]\norder = "sequential"')
    # w35 ← 2 − 0.1·10·5 = −3 first; then δ3 = 10·(−3), so w13 ← 2 − 0.1·(−30)·1 = 5 and w23 ← −3 − 0.1·30 = −6.
    assert exact(answer["updated"]) == {"w13": 5, "w23": -6, "w14": 1, "w24": 4, "w35": -3, "w45": -1}


def test_simultaneous_order_is_the_default(solve):
    assert solve(RELU)["updated"] == solve(RELU + '\n[training]\norder = "simultaneous"')["updated"]


def test_sequential_order_changes_neither_forward_nor_gradients(solve):
    one, other = solve(RELU), solve(RELU + '\n[training]\norder = "sequential"')
    assert one["forward"] == other["forward"]
    assert one["gradients"] == other["gradients"]


def test_sequential_order_over_a_batch_sums_gradients_at_the_updated_weight(solve):
    text = """
learning_rate = 0.1
[parameters]
u = 2
w = 3
[equations]
h = "u*x"
y = "w*h"
L = "y^2/2"
[training]
order = "sequential"
reduce = "sum"
[[samples]]
x = 1
[[samples]]
x = 2
"""
    h, y = [2, 4], [6, 12]
    w = 3 - F(1, 10) * sum(a * b for a, b in zip(y, h, strict=True))
    u = 2 - F(1, 10) * sum(a * w * x for a, x in zip(y, [1, 2], strict=True))
    assert exact(solve(text)["updated"]) == {"u": u, "w": w}


# -- rules ------------------------------------------------------------------------------------------------------------


def with_rules(rules, state="", rate="learning_rate = 0.1", plan=""):
    listed = ", ".join(f'"{rule}"' for rule in rules)
    return f"{rate}\n{LINE}\n[update]\nrules = [{listed}]\n{f'state = {{ {state} }}' if state else ''}\n{plan}"


def test_momentum_spelled_out_runs_in_order_with_its_state_in_updated(solve):
    answer = solve(with_rules(["v = 0.9*v - lr*grad(w)", "w = w + v"], "v = 0", plan="[training]\nsteps = 2"))
    w, v = F(3), F(0)
    for _ in range(2):
        v = F(9, 10) * v - F(1, 10) * line(w, F(-1), F(2), F(1))[1]["w"]
        w += v
    assert exact(answer["updated"]) == {"w": w, "b": F(-1), "v": v}


def test_a_rule_sees_what_earlier_rules_made_of_a_parameter(solve):
    answer = solve(with_rules(["w = w + 1", "b = 10*w"]))
    assert exact(answer["updated"]) == {"w": F(4), "b": F(40)}


def test_a_rule_before_sees_the_old_value(solve):
    answer = solve(with_rules(["b = 10*w", "w = w + 1"]))
    assert exact(answer["updated"]) == {"w": F(4), "b": F(30)}


def test_a_gradient_in_a_rule_keeps_the_value_of_this_updates_backward_pass(solve):
    answer = solve(with_rules(["w = w + 100", "b = grad(w)"]))
    assert exact(answer["updated"]) == {"w": F(103), "b": F(8)}


def test_the_name_of_an_equation_in_a_rule_keeps_the_value_of_this_updates_forward_pass(solve):
    answer = solve(with_rules(["w = w + 100", "b = y + L"]))
    assert exact(answer["updated"]) == {"w": F(103), "b": F(5 + 8)}


def test_any_given_name_may_stand_in_a_rule(solve):
    assert exact(solve(with_rules(["w = w - x*t"]))["updated"])["w"] == 1


def test_grad_may_ask_for_an_equation_or_a_given_name(solve):
    answer = solve(with_rules(["w = grad(y)", "b = grad(x)"]))
    assert exact(answer["updated"]) == {"w": F(4), "b": F(12)}


def test_grad_of_an_unrelated_name_in_a_rule_is_zero(solve):
    text = '[parameters]\nw = 3\np = 5\n[equations]\ny = "w^2"\n[update]\nrules = ["p = p - grad(p)", "w = grad(y)"]'
    assert exact(solve(text)["updated"]) == {"w": F(1), "p": F(5)}


def test_a_rule_may_assign_a_new_name_which_lives_until_the_update_ends(solve):
    answer = solve(with_rules(["g = grad(w)", "g2 = g^2", "w = w - g2/64 - g"]))
    assert exact(answer["updated"]) == {"w": F(3 - 1 - 8), "b": F(-1)}


def test_a_new_name_may_be_assigned_again(solve):
    assert exact(solve(with_rules(["g = 1", "g = g + 1", "w = g"]))["updated"])["w"] == 2


def test_a_new_name_cannot_be_used_before_it_is_assigned(refusal):
    assert "u" in refusal(with_rules(["w = w - u", "u = grad(w)"], plan="[training]\nsteps = 2"))


def test_a_parameter_may_be_assigned_twice_in_an_update(solve):
    assert exact(solve(with_rules(["w = w + 1", "w = 2*w"]))["updated"])["w"] == 8


def test_rules_run_once_an_update(solve):
    answer = solve(with_rules(["k = k + 1"], "k = 0", plan="[training]\nsteps = 5"))
    assert exact(answer["updated"]) == {"w": F(3), "b": F(-1), "k": F(5)}


def test_lr_is_the_learning_rate(solve):
    assert exact(solve(with_rules(["w = lr"], rate='learning_rate = "2/7"'))["updated"])["w"] == F(2, 7)


def test_lr_without_a_learning_rate_is_an_error(refusal):
    message = refusal(with_rules(["w = w - lr*grad(w)"], rate=""))
    assert "lr" in message
    assert "learning_rate" in message


def test_rules_need_no_learning_rate(solve):
    assert exact(solve(with_rules(["w = w - grad(w)"], rate=""))["updated"])["w"] == -5


def test_state_is_not_visible_in_equations(refusal):
    text = '[parameters]\nw = 1\n[equations]\ny = "w*v"\n[update]\nrules = ["w = w + v"]\nstate = { v = 1 }'
    assert "equations.y" in refusal(text)


def test_state_that_no_rule_changes_is_in_updated(solve):
    answer = solve(with_rules(["w = w - mu"], "mu = 0.5, spare = 7"))
    assert exact(answer["updated"]) == {"w": F(5, 2), "b": F(-1), "mu": F(1, 2), "spare": F(7)}


def test_over_a_batch_grad_in_a_rule_is_combined(solve):
    text = LINE_WITH_SAMPLES.replace("learning_rate = 0.1", "") + '[update]\nrules = ["w = grad(w)"]\n'
    slopes = [line(F(3), F(-1), x, t)[1]["w"] for x, t in SAMPLES]
    assert exact(solve(text + '[training]\nreduce = "sum"')["updated"])["w"] == sum(slopes)
    assert exact(solve(text + '[training]\nreduce = "mean"')["updated"])["w"] == sum(slopes) / 3


def test_the_loss_in_a_rule_is_the_combined_loss_of_the_batch(solve):
    text = LINE_WITH_SAMPLES + '[update]\nrules = ["w = L"]\n[training]\nreduce = "mean"'
    losses = [line(F(3), F(-1), x, t)[0]["L"] for x, t in SAMPLES]
    assert exact(solve(text)["updated"])["w"] == sum(losses) / 3


def test_online_a_rule_sees_the_values_of_its_own_sample(solve):
    text = LINE_WITH_SAMPLES + '[update]\nrules = ["b = b + x"]\n[training]\nmode = "online"\nepochs = 1'
    assert exact(solve(text)["updated"]) == {"w": F(3), "b": F(-1) + sum(x for x, _ in SAMPLES)}


# -- optimizers by name -----------------------------------------------------------------------------------------------

RATE, STEPS = mpmath.mpf("0.1"), 3


def by_formula(update):
    """w after three updates of ½(2w − 2)², whose gradient is 4w − 4."""
    w, memory = mpmath.mpf(3), {}
    for k in range(1, STEPS + 1):
        w = update(w, 4 * w - 4, memory, k)
    return w


def _momentum(w, g, m, k):
    m["v"] = mpmath.mpf("0.9") * m.get("v", 0) + g
    return w - RATE * m["v"]


def _nesterov(w, g, m, k):
    m["v"] = mpmath.mpf("0.9") * m.get("v", 0) + g
    return w - RATE * (g + mpmath.mpf("0.9") * m["v"])


def _adagrad(w, g, m, k):
    m["s"] = m.get("s", 0) + g**2
    return w - RATE * g / (mpmath.sqrt(m["s"]) + mpmath.mpf("1e-10"))


def _rmsprop(w, g, m, k):
    m["s"] = mpmath.mpf("0.9") * m.get("s", 0) + mpmath.mpf("0.1") * g**2
    return w - RATE * g / (mpmath.sqrt(m["s"]) + mpmath.mpf("1e-8"))


def _adam(w, g, m, k):
    m["m"] = mpmath.mpf("0.9") * m.get("m", 0) + mpmath.mpf("0.1") * g
    m["v"] = mpmath.mpf("0.999") * m.get("v", 0) + mpmath.mpf("0.001") * g**2
    m_hat, v_hat = m["m"] / (1 - mpmath.mpf("0.9") ** k), m["v"] / (1 - mpmath.mpf("0.999") ** k)
    return w - RATE * m_hat / (mpmath.sqrt(v_hat) + mpmath.mpf("1e-8"))


OPTIMIZERS = {
    "sgd": (lambda w, g, m, k: w - RATE * g, ""),
    "momentum": (_momentum, "decay = 0.9"),
    "nesterov": (_nesterov, "decay = 0.9"),
    "adagrad": (_adagrad, "epsilon = 1e-10"),
    "rmsprop": (_rmsprop, "decay = 0.9\nepsilon = 1e-8"),
    "adam": (_adam, "beta1 = 0.9\nbeta2 = 0.999\nepsilon = 1e-8"),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_by_name_makes_its_published_updates(solve, name):
    formula, options = OPTIMIZERS[name]
    text = f"""
learning_rate = 0.1
[parameters]
w = 3
[equations]
L = "(2*w - 2)^2/2"
[training]
steps = {STEPS}
[update]
optimizer = "{name}"
{options}
"""
    assert near(decimals(solve(text)["updated"])["w"], by_formula(formula))


@pytest.mark.parametrize("name", ["momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "adamw", "adamax"])
def test_every_optimizer_of_the_contract_is_known_and_shows_its_state(solve, name):
    text = f'learning_rate = 0.1\n[parameters]\nw = 3\n[equations]\nL = "w^2"\n[update]\noptimizer = "{name}"'
    answer = solve(text)
    assert len(answer["updated"]) > 1
    assert decimals(answer["updated"])["w"] < 3
