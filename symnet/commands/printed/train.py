"""What ``symnet train`` prints, draws and saves."""

from __future__ import annotations

import json
import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from symnet.algebra.mistakes import Mistake, NotInstalled, shown
from symnet.algebra.plurals import counted
from symnet.exercises.exercise import Exercise
from symnet.files import check_place, write_all
from symnet.training.evaluation import Evaluation
from symnet.training.plan import Plan
from symnet.training.run import Run, saved

FEW = 10  # examples whose predictions are printed
REPORTS = 10  # lines of the loss on the way


def train(
    exercise: Exercise,
    backend: str,
    steps: int | None,
    seed: int | None,
    plot: str | None,
    save: str | None,
    resume: str | None,
    as_json: bool,
) -> tuple[str, bool]:
    """Train, draw and save; returns what to print, and whether the loss stopped being a number.  Raises Mistake."""
    if plot is not None:
        from symnet.training import plots

        if find_spec("matplotlib") is None:  # said before training, not after
            raise NotInstalled("matplotlib", "plot")
        if Path(plot).suffix.removeprefix(".") not in plots.ENDINGS:
            raise Mistake(f"{shown(plot, 200)}: plots are saved as {', '.join(plots.ENDINGS)}")
    if save is not None and Path(save).suffix not in (".npz", ".safetensors"):
        raise Mistake(f"{shown(save, 200)}: parameters are saved as .npz or .safetensors")
    if save is not None and Path(save).suffix == ".safetensors" and find_spec("safetensors") is None:
        raise NotInstalled("safetensors", "safetensors")
    for path in (plot, save):
        if path is not None:
            check_place(Path(path))
    options: dict[str, Any] = {} if seed is None else {"seed": seed}
    if resume is not None:
        options["params"] = resume
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # what ended training is printed below
        run = exercise.train(backend, steps=steps, **options)
    contents: dict[Path, bytes] = {}  # written together: all of them, or none where the disk is full
    if save is not None:
        contents[Path(save)] = saved(Path(save), run.network, run.params, run.ending, run.statistics)
    if plot is not None:
        for what, figure in exercise.plan.figures(run, exercise.title).items():
            place = Path(plot) if what == "loss" else Path(plot).with_stem(f"{Path(plot).stem}-{what}")
            contents[place] = plots.picture(figure, place.suffix)
    if contents:
        write_all(contents)
    text = _as_json(exercise, run) if as_json else _as_text(exercise, run)
    return text, run.diverged


def _as_text(exercise: Exercise, run: Run) -> str:
    plan = exercise.plan
    lines = [
        exercise.title,
        "",
        f"{counted(plan.network.parameter_count, 'parameter')}, {counted(run.steps, 'update')} ({run.backend})",
        "",
    ]
    if run.steps:
        lines += ["  update  loss", *(f"{i:>8,}  {run.losses[i]:.6g}" for i in _places(run.steps)), ""]
    lines += _on_the_way(run)
    if run.best_epoch is not None:
        lowest = run.validation[run.best_epoch]
        lines.append(f"Best validation loss {lowest:.6g}, after epoch {run.best_epoch + 1:,}: its parameters are kept.")
    if run.stopped:
        lines.append(f"{run.stopped[0].upper()}{run.stopped[1:]}.")
    for what, found in _accuracies(plan, run).items():
        rows = "the rows held back" if what == "validation" else "the rows it learned from"
        lines.append(f"Accuracy on {rows}: {found.accuracy:.1%} ({found.right:,} of {found.rows:,}).")
    lines += _predictions(plan, run)
    return "\n".join(lines).rstrip()


def _on_the_way(run: Run) -> list[str]:
    """The accuracy after some of the updates, where the network tells classes."""
    seen, by_kind = run.accuracies, run.accuracies.by_kind()
    if len(seen) < 2:
        return []
    heads = {"training": "accuracy", "validation": "held back"}
    lines = ["   after  " + "  ".join(f"{heads[kind]:<9}" for kind in by_kind).rstrip()]
    for i in _places(len(seen)):
        lines.append(f"{seen.updates[i]:>8,}  " + "  ".join(f"{by_kind[kind][i]:<9.1%}" for kind in by_kind).rstrip())
    return [*lines, ""]


def _places(steps: int) -> list[int]:
    """The updates whose loss is printed: the first, the last, and some between at even distances."""
    return sorted({*(int(i) for i in np.linspace(0, steps - 1, REPORTS + 1)), 0, steps - 1})


def _accuracies(plan: Plan, run: Run) -> dict[str, Evaluation]:
    """{"training": …, "validation": …}, of a network that tells classes; otherwise nothing."""
    return {what: found for what, found in plan.evaluated(run).items() if found.confusion is not None}


def _predictions(plan: Plan, run: Run) -> list[str]:
    """What the network now says of the examples, where they are few."""
    if plan.X is None or plan.Y is None or len(plan.X) > FEW or plan.data is not None:
        return []
    predicted = run.predict(plan.X.astype(plan.dtype))
    lines = ["Predictions:"]
    for x, t, y in zip(plan.X, plan.Y, predicted, strict=True):
        lines.append(f"  {_row(x)} → {_row(y)}  (target {_row(t)})")
    return lines


def _row(values: Any) -> str:
    return ", ".join(f"{value:.6g}" for value in values)


def _as_json(exercise: Exercise, run: Run) -> str:
    return json.dumps(
        {
            "schema": "symnet.train/1",
            "file": exercise.name,
            "title": exercise.title,
            "parameters": exercise.plan.network.parameter_count,
            "updates": run.steps,
            "loss": {str(i): _number(run.losses[i]) for i in _places(run.steps)} if run.steps else {},
            "best_epoch": None if run.best_epoch is None else run.best_epoch + 1,
            "best_validation": None if run.best_epoch is None else _number(run.validation[run.best_epoch]),
            "accuracy": {what: found.accuracy for what, found in _accuracies(exercise.plan, run).items()},
            "accuracies": {
                kind: {str(done): float(share) for done, share in zip(run.accuracies.updates, shares, strict=True)}
                for kind, shares in run.accuracies.by_kind().items()
            },
            "stopped": run.stopped or None,
        },
        ensure_ascii=False,
    )


def _number(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None
