"""S6, S7, S8, S12, S13 and S14 of the course, trained from their files; the figures are the teaching texts'."""

from pathlib import Path

import numpy as np
import pytest

import symnet
from symnet.paper.drawing import PAGE, Tile
from symnet.paper.pictures import svg, tikz
from symnet.sheets import learned

SHEETS = Path(__file__).parent.parent / "worksheets"
SEEDS = range(5)


def load(name):
    return symnet.load(SHEETS / f"{name}.toml")


@pytest.mark.parametrize("backend", ["numpy", "jax"])
def test_fifty_steps_teach_the_small_net(backend):
    exercise = load("training-a-small-net")
    runs = [exercise.train(backend, seed=seed) for seed in SEEDS]
    assert all(run.steps == 50 for run in runs)
    assert np.median([run.losses[-1] for run in runs]) < 0.01  # the text: 0.0057
    assert np.median([run.predict([[4, 5, -3]])[0, 0] for run in runs]) > 0.9  # the text: 0.966


def test_a_hundred_thousand_steps_on_the_root_loss_reach_the_texts_figure():
    exercise = load("training-for-long")
    runs = [exercise.train("jax", seed=seed) for seed in SEEDS]
    assert runs[0].losses.dtype == np.float32
    assert np.median([run.losses[-1] for run in runs]) <= 1.3e-4  # the text: 1.265e-4
    targets = exercise.plan.Y
    assert np.median([np.abs(run.predict(exercise.plan.X) - targets).max() for run in runs]) < 1e-4


def test_a_linear_output_and_mean_squared_error_reach_the_texts_figure_in_single_precision():
    runs = [load("training-with-a-linear-output").train("jax", seed=seed) for seed in SEEDS]
    assert runs[0].params["W1"].dtype == np.float32
    assert np.median([run.losses[-1] for run in runs]) <= 2e-11  # the text: 5.3e-12


def test_the_cost_of_the_picture_falls_and_every_batch_is_fresh():
    exercise = load("learning-a-picture")
    batches = exercise.plan.data.batches(100)
    (first, _), (second, _) = next(batches), next(batches)
    assert first.shape == (100, 2)
    assert not np.isin(first, second).any()
    run = exercise.train(steps=1000)
    assert run.losses[-10:].mean() < run.losses[:10].mean() / 2


def test_the_sheet_that_learns_a_picture_shows_it_and_goes_on_until_it_is_there():
    exercise = load("learning-a-picture")
    assert exercise.plan.steps >= 10_000  # seconds; after a hundred there is nothing to be seen
    early, later = (exercise.train(steps=steps) for steps in (100, 6000))
    target, before = exercise.plan.picture(early, 24)
    after = exercise.plan.picture(later, 24)[1]
    spread = np.var(target)  # what a picture of the average alone misses
    assert np.mean((before - target) ** 2) > 0.5 * spread
    assert np.mean((after - target) ** 2) < 0.1 * spread
    figure = learned.picture(exercise.plan, later)
    tiles = [mark for mark in figure.drawing.marks if isinstance(mark, Tile)]
    assert len(tiles) == 2 * learned.SIDE**2
    assert {0.0, 1.0} <= {tile.light for tile in tiles}
    assert "after 6,000 updates" in figure.words
    assert figure.drawing.width <= PAGE
    dark = tiles[0]  # the first row is the top: the greatest second input, the least first one
    light = (target[-1, 0] - target.min()) / (target.max() - target.min())
    assert dark.light == pytest.approx(float(light), abs=0.05)
    assert svg.render(figure.drawing).count("crispEdges") == len(tiles) == tikz.render(figure.drawing).count("fill[")


def test_a_curve_is_under_fitted_after_five_epochs_and_better_after_a_hundred():
    exercise = load("fitting-a-curve")
    assert exercise.plan.network.parameter_count == 97
    run = exercise.train("jax")
    assert run.steps == 100 * 5  # 160 rows in batches of 32
    assert len(run.validation) == 100
    assert run.validation[4] > 2 * run.validation[-1]
    # What you get back is the best so far, judged by a forward pass written here.
    held_x, held_y = symnet.data.split(exercise.plan.X, exercise.plan.Y, 0.2, 0)[1]
    hidden = np.maximum(held_x @ run.params["W1"] + run.params["b1"], 0)
    error = hidden @ run.params["W2"] + run.params["b2"] - held_y
    assert np.mean(error**2) == pytest.approx(run.validation.min(), rel=1e-12)


def test_the_large_net_stops_early_by_itself():
    exercise = load("stopping-early")
    run = exercise.train("jax")
    epochs = len(run.validation)
    assert epochs < exercise.plan.epochs
    assert run.best_epoch + 1 == epochs - exercise.plan.patience  # stopped at N, best at N − patience
    assert f"epoch {epochs:,}" in run.stopped
    assert f"epoch {run.best_epoch + 1:,}" in run.stopped
    assert run.validation.argmin() == run.best_epoch


def test_both_backends_train_alike():
    for name in ("fitting-a-curve", "learning-a-picture"):
        steps = 100 if name == "learning-a-picture" else None
        ours, theirs = (load(name).train(backend, steps=steps) for backend in ("numpy", "jax"))
        np.testing.assert_allclose(ours.losses, theirs.losses, rtol=1e-9)


@pytest.mark.parametrize("name", ["fitting-a-curve", "learning-a-picture", "stopping-early"])
def test_files_with_data_say_that_they_are_for_training(command, name):
    code, out, err = command("solve", SHEETS / f"{name}.toml")
    assert (code, out) == (2, "")
    assert "symnet train" in err
    assert err.count("\n") == 1


def test_train_prints_draws_and_saves(command, tmp_path):
    plot, saved = tmp_path / "curve.png", tmp_path / "net.npz"
    code, out, err = command("train", SHEETS / "fitting-a-curve.toml", "--plot", plot, "--save", saved)
    assert (code, err) == (0, "")
    assert "97 parameters, 500 updates" in out
    assert "Best validation loss" in out
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "curve-fit.png").exists()
    network = load("fitting-a-curve").plan.network
    assert symnet.load_parameters(saved, network)["W1"].shape == (1, 32)


def test_train_gives_json(command):
    import json

    code, out, _ = command("train", SHEETS / "training-a-small-net.toml", "--steps", 7, "--json")
    answer = json.loads(out)
    assert code == 0
    assert (answer["schema"], answer["updates"], answer["parameters"]) == ("symnet.train/1", 7, 41)


BAD = {
    "no rate": ('[network]\nlayers = [1, 1]\nloss = "squared_error"\n[data]\ngrid = { x = [0, 1, 5] }\n'
                'targets = { y = "x" }\n', "learning_rate"),
    "negative rate": ('learning_rate = -1\n[network]\nlayers = [1, 1]\n[data]\ngrid = { x = [0, 1, 5] }\n'
                      'targets = { y = "x" }\n', "negative"),
    "wrong width": ('learning_rate = 1\n[network]\nlayers = [2, 1]\n[data]\ngrid = { x = [0, 1, 5] }\n'
                    'targets = { y = "x" }\n', "network.layers is 2"),
    "batch": ('learning_rate = 1\n[network]\nlayers = [1, 1]\n[data]\ngrid = { x = [0, 1, 5] }\n'
              'targets = { y = "x" }\n[training]\nbatch_size = 9\n', "5 rows"),
    "patience": ('learning_rate = 1\n[network]\nlayers = [1, 1]\n[data]\ngrid = { x = [0, 1, 5] }\n'
                 'targets = { y = "x" }\n[training]\npatience = 9\n', "validation"),
    "dtype": ('learning_rate = 1\n[network]\nlayers = [1, 1]\ninputs = [[1]]\ntargets = [[1]]\ninit = "he"\n'
              '[training]\ndtype = "float16"\n', "dtype"),
    "schedule": ('learning_rate = 1\n[network]\nlayers = [1, 1]\ninputs = [[1]]\ntargets = [[1]]\ninit = "he"\n'
                 '[training]\nschedule = "0.1*u"\n', "schedule"),
    "no csv": ('learning_rate = 1\n[network]\nlayers = [1, 1]\n[data]\ncsv = "nowhere.csv"\ninputs = ["a"]\n'
               'targets = ["b"]\n', "nowhere.csv"),
    "both": ('learning_rate = 1\n[network]\nlayers = [1, 1]\ninputs = [[1]]\n[data]\ngrid = { x = [0, 1, 5] }\n'
             'targets = { y = "x" }\n', "network.inputs"),
    "epochs of fresh": ('learning_rate = 1\n[network]\nlayers = [1, 1]\n[data]\nuniform = { x = [0, 1] }\n'
                        'targets = { y = "x" }\n[training]\nbatch_size = 4\nepochs = 3\n', "training.epochs"),
    "rules": ('learning_rate = 1\n[given]\nx = 1\n[parameters]\nw = 1\n[equations]\nL = "w*x"\n[update]\n'
              'rules = ["w = w - lr*grad(w)"]\n', "update.rules"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_trained_is_one_line(command, tmp_path, case):
    text, expected = BAD[case]
    file = tmp_path / "wrong.toml"
    file.write_text(text)
    code, out, err = command("train", file)
    assert (code, out) == (2, "")
    assert expected in err
    assert err.count("\n") == 1


def test_divergence_is_told_and_counts_as_a_failure(command, tmp_path):
    file = tmp_path / "wild.toml"
    file.write_text(
        'learning_rate = 1000\n[network]\nlayers = [1, 4, 1]\nactivation = "relu"\ninputs = [[3]]\ntargets = [[1]]\n'
        'init = "uniform(0.1, 1)"\n[training]\nsteps = 100\n'
    )
    code, out, _ = command("train", file)
    assert code == 1
    assert "Stopped at step" in out


def test_an_exercise_of_units_trains_as_it_is_solved(command, tmp_path):
    exercise = symnet.load(SHEETS / "relu.toml")
    run = exercise.train(steps=1)
    assert {name: float(value) for name, value in run.params.items()} == {
        name: float(value) for name, value in exercise.solve().updated.items()
    }


@pytest.mark.parametrize("loss", ["mean_squared_error", "half_squared_error", "softmax_cross_entropy"])
@pytest.mark.parametrize("reduce", ["", 'reduce = "mean"', 'reduce = "sum"'])
@pytest.mark.parametrize("mode", ["batch", "online"])
def test_training_and_working_by_hand_give_the_same_numbers(loss, reduce, mode):
    exercise = symnet.loads(
        f'learning_rate = 0.1\n[network]\nlayers = [2, 3, 2]\nloss = "{loss}"\ninit = "uniform(-1, 1)"\nseed = 3\n'
        "inputs = [[1, 2], [0.5, -1], [3, 1]]\ntargets = [[0, 1], [1, 0], [0.5, 0.5]]\n"
        f'[training]\nsteps = 4\nmode = "{mode}"\n{reduce}\n'
    )
    by_hand = exercise.solve().updated
    trained = exercise.train().params["W1"]
    worked = [[float(by_hand[f"w1_{i + 1}_{j + 1}"]) for j in range(3)] for i in range(2)]
    np.testing.assert_allclose(trained, worked, rtol=1e-13)


def test_a_schedule_may_have_cases():
    exercise = symnet.loads(
        "learning_rate = 1\n[network]\nlayers = [1, 1]\ninputs = [[1]]\ntargets = [[2]]\n"
        "weights = { W1 = [[0]], b1 = [0] }\n"
        '[training]\nsteps = 4\nschedule = "0.25*step(1 - t)"\n'
    )
    assert exercise.train().losses.tolist() == [2, 0.5, 0.125, 0.125]
