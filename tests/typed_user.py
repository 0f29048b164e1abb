"""What a user writes, for mypy --strict: nothing here needs a cast or a remark to the type checker."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import symnet


def halved(progress: symnet.Progress) -> bool:
    return progress.loss < 0.5 * float(progress.losses[0])


def main(folder: Path) -> None:
    random = np.random.default_rng(0)
    X: NDArray[np.float64] = random.normal(size=(60, 2))
    labels = np.where(X[:, 0] > X[:, 1], "below", "above")
    net: symnet.Network = symnet.mlp([2, 8, 2], activation="relu", output="softmax", loss="cross_entropy")
    run: symnet.Run = symnet.fit(
        net, X, labels, optimizer=symnet.adam(0.01), epochs=20, batch_size=16, validation=0.2, callbacks=[halved]
    )
    probabilities: NDArray[np.float64] = run.predict_proba(X)
    found = run.evaluate(X, labels)
    accuracy: float | None = found.accuracy
    again = symnet.fit(net, X, labels, optimizer=symnet.adam(0.01), steps=5, params=run)
    step: symnet.Step = symnet.compile(net)
    loss, gradients = step(run.params, X, np.eye(2)[np.where(labels == "above", 0, 1)])
    exercise: symnet.Exercise = symnet.load("worksheets/relu.toml")
    exercise.worksheet().save(folder / "relu.html", key=folder / "relu-key.html")
    print(probabilities.shape, accuracy, again.steps, loss, sorted(gradients), net.summary(), exercise.solve().updated)
