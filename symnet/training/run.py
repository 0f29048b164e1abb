"""What training leaves behind: the parameters, the losses on the way, and the network they belong to.

``run.save("net.npz")`` writes the parameters with the network's equations; ``load_parameters`` reads them back, and
refuses a file that belongs to another network.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from symnet.algebra.mistakes import Mistake, NotInstalled, shown
from symnet.algebra.network import Network
from symnet.algebra.optimizers import Optimizer
from symnet.computing.arrays import Array, checked_parameters
from symnet.computing.examples import checked_examples, checked_inputs, leaving_nothing_out
from symnet.computing.inplace import shown as equation_text
from symnet.computing.prediction import loss_of, worked
from symnet.files import write_all
from symnet.training.accuracies import Accuracies
from symnet.training.classes import Classes, are_labels, chosen, classes_of, probabilities
from symnet.training.evaluation import Evaluation, evaluated
from symnet.training.npz import ABOUT, PARAMETER, read_npz
from symnet.training.resuming import Ending

SCHEMA = "symnet.parameters/1"
_STATISTIC = "statistic "


@dataclass(frozen=True, eq=False, repr=False)
class Run:
    """The outcome of ``fit``.

    ``params`` are the last parameters, or the best where validation chose them; ``losses[i]`` is the loss before update
    i; ``validation[e]`` that of the rows held back after epoch e, ``best_epoch`` the epoch with the lowest (from 0).
    ``stopped`` says why training ended before its time, and is empty where it did not.  ``labels`` are the classes that
    it learned from, where the targets were given as labels.  ``ending`` is what another ``fit`` goes on from.
    ``accuracies`` says how many rows were taken for the right class on the way, where the network tells classes.
    ``statistics`` are the means and variances that batch normalization predicts with: those of the rows it learned from
    (the first 8,192 of them, or of the last batches where all are fresh), with the parameters that it ended with.
    """

    network: Network
    optimizer: Optimizer
    params: Mapping[str, Array]
    losses: Array
    validation: Array = field(default_factory=lambda: np.zeros(0))
    best_epoch: int | None = None
    steps_per_epoch: int = 1
    stopped: str = ""
    diverged: bool = False
    backend: str = "numpy"
    labels: Classes | None = None
    ending: Ending | None = None
    accuracies: Accuracies = field(default_factory=Accuracies)
    statistics: Mapping[str, Array] = field(default_factory=dict)

    def __repr__(self) -> str:
        """One line: how large, how long, and what came of it."""
        losses = [f"{self.losses[0]:.4g}", f"{self.losses[-1]:.4g}"] if self.steps else []
        parts = [
            f"{self.network.parameter_count:,} parameters",
            f"{self.steps:,} update{'s' * (self.steps != 1)} on {self.backend}",
            *(["loss " + " → ".join(losses)] if losses else []),
            *([f"best epoch {self.best_epoch + 1:,}"] if self.best_epoch is not None else []),
            *([self.stopped] if self.stopped else []),
        ]
        return f"Run({', '.join(parts)})"

    @property
    def steps(self) -> int:
        """How many updates were made."""
        return len(self.losses)

    def predict(self, X: Any) -> Array:
        """What the network gives for X (n, inputs): an array (n, outputs)."""
        return self._outputs(checked_inputs(self.network, leaving_nothing_out(self.network, X)))

    def _outputs(self, X: Any) -> Array:
        return worked(self.network.to_predict, self.network.output, {**self.params, **self.statistics}, X)

    def predict_proba(self, X: Any) -> Array:
        """The probability of every class for X (n, inputs): (n, classes), also where the outputs are logits.

        A network of one output has two columns, of its first class and of its second.  Raises Mistake where the
        outputs are no probabilities.
        """
        return probabilities(self.network, self.predict(X))

    def classes(self, X: Any) -> Array:
        """The class of every row of X (n, inputs), as the labels it learned from, else by number: an array (n,).

        Where the network gives something for every step, it is (n, steps).
        """
        found = chosen(self.network, self.predict(X), self.labels)
        return found if self.labels is None else self.labels.named(found)

    def evaluate(self, X: Any, Y: Any) -> Evaluation:
        """The loss on X (n, inputs) and Y, targets (n, outputs) or labels (n,), and the accuracy where it has one."""
        labels = self.labels or classes_of(self.network, Y)
        if labels is not None and are_labels(self.network, Y):
            Y = labels.targets(Y)
        X, Y = checked_examples(self.network, leaving_nothing_out(self.network, X), Y)
        loss = loss_of(self.network.to_predict, {**self.params, **self.statistics}, X, Y)
        return evaluated(self.network, self._outputs(X), Y, loss, labels)

    def plot(self, title: str = "") -> Any:
        """The loss, and the validation loss with its best epoch, as a Matplotlib figure; below it the accuracy."""
        from symnet.training.plots import loss_curves

        validation = self.validation if len(self.validation) else None
        seen = (self.accuracies.updates, self.accuracies.by_kind()) if len(self.accuracies) else None
        return loss_curves(self.losses, validation, self.best_epoch, self.steps_per_epoch, title, seen)

    def save(self, path: str | Path) -> None:
        """Write the parameters and the network's equations to a file ending in .npz or .safetensors."""
        save_parameters(path, self.network, self.params, self.ending, self.statistics)


def save_parameters(
    path: str | Path,
    network: Network,
    params: Mapping[str, Any],
    ending: Ending | None = None,
    statistics: Mapping[str, Any] | None = None,
) -> None:
    """Write parameters with the equations of their network to a .npz or .safetensors file; raises Mistake.

    With ``ending`` the file holds also what training goes on from, and with ``statistics`` what it predicts with.
    """
    path = path_of(path)
    write_all({path: saved(path, network, params, ending, statistics)})


def saved(
    path: Path,
    network: Network,
    params: Mapping[str, Any],
    ending: Ending | None = None,
    statistics: Mapping[str, Any] | None = None,
) -> bytes:
    """The content of that file; the ending of the path says of which kind."""
    arrays = {name: np.asarray(value, order="C") for name, value in checked_parameters(network, params).items()}
    # No parameter has a space in its name, so these are told from it.
    arrays |= {f"{_STATISTIC}{name}": np.asarray(value, order="C") for name, value in (statistics or {}).items()}
    described: dict[str, Any] = {"schema": SCHEMA, "equations": _equations(network)}
    if ending is not None:
        described["ending"] = {"updates": ending.updates, "epochs": ending.epochs, "memory": list(ending.memory)}
        arrays |= {f"last {name}": np.asarray(value, order="C") for name, value in ending.params.items()}
        for kind, kept in ending.memory.items():
            arrays |= {f"{kind} of {name}": np.asarray(value, order="C") for name, value in kept.items()}
    about = json.dumps(described)
    if path.suffix == ".npz":
        buffer = io.BytesIO()
        named: dict[str, Any] = {f"{PARAMETER}{name}": value for name, value in arrays.items()}
        savez: Any = np.savez
        savez(buffer, **{ABOUT: np.array(about)}, **named)
        return buffer.getvalue()
    if path.suffix == ".safetensors":
        return _safetensors().save(arrays, {"symnet": about})  # type: ignore[no-any-return]
    raise Mistake(f"{shown(path, 200)}: parameters are saved as .npz or .safetensors")


def path_of(path: Any) -> Path:
    """The path, if it is one."""
    if not isinstance(path, (str, Path)):
        raise Mistake(f"{shown(path)} is not the path of a file")
    return Path(path)


def load_parameters(path: str | Path, network: Network) -> dict[str, Array]:
    """The parameters in a file that ``save`` wrote for an equal network; raises Mistake where it does not fit.

    Beside them are the statistics that batch normalization predicts with, where the network has such.
    """
    path = path_of(path)
    _, arrays = _read(path, network)
    try:
        found = checked_parameters(network, {name: value for name, value in arrays.items() if " " not in name})
        known = {name.removeprefix(_STATISTIC): v for name, v in arrays.items() if name.startswith(_STATISTIC)}
        return checked_parameters(network.to_predict, {**found, **known}) if known else found
    except Mistake as mistake:
        raise Mistake(f"{shown(path, 200)}: {mistake}") from None


def ending_of(network: Network, params: Any) -> Ending | None:
    """Where training goes on: the end of a run, or of the one saved in a file; None of parameters.  Raises Mistake."""
    if isinstance(params, Run):
        if _equations(params.network) != _equations(network):
            raise Mistake("params is a run of another network; give one of this network, or its parameters")
        return params.ending
    if not isinstance(params, (str, Path)):
        return None
    described, arrays = _read(Path(params), network)
    said = described.get("ending")
    if said is None:
        raise Mistake(
            f"{shown(params, 200)} holds parameters alone, not where training stood; give them as "
            "params=symnet.load_parameters(…)"
        )
    names = [name.name for name in network.parameters]
    try:
        last = {name: arrays[f"last {name}"] for name in names}
        memory = {kind: {name: arrays[f"{kind} of {name}"] for name in names} for kind in said["memory"]}
        return Ending(last, memory, int(said["updates"]), int(said["epochs"]))
    except (KeyError, TypeError, ValueError):
        raise Mistake(f"{shown(params, 200)} holds no parameters that symnet has saved") from None


def _read(path: Path, network: Network) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a file says of itself, and its arrays, if it was saved for an equal network."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise Mistake(f"{shown(path, 200)}: {error.strerror or 'it cannot be read'}") from None
    try:
        with file:
            about, arrays = _from_safetensors(file.read()) if path.suffix == ".safetensors" else read_npz(file, network)
        described = json.loads(about)
        equations = described["equations"]
        known = described["schema"] == SCHEMA and isinstance(equations, list)
    except NotInstalled:
        raise
    except Mistake as mistake:
        raise Mistake(f"{shown(path, 200)}: {mistake}") from None
    except Exception:  # whatever a damaged archive raises
        raise Mistake(f"{shown(path, 200)} holds no parameters that symnet has saved") from None
    if not known:
        raise Mistake(f"{shown(path, 200)} was saved in a way that this version of symnet does not know")
    mine = _equations(network)
    for i in range(max(len(mine), len(equations))):
        theirs = str(equations[i]) if i < len(equations) else "nothing"
        own = mine[i] if i < len(mine) else "nothing"
        if theirs != own:
            raise Mistake(
                f"{shown(path, 200)} is of another network: it has {shown(theirs, 80)} where this has {shown(own, 80)}"
            )
    return described, arrays


def _equations(network: Network) -> list[str]:
    """The network as text: every name with its shape, then every equation."""
    declared = [
        f"{name}: {getattr(name, 'shape', ())}" for name in (*network.inputs, *network.targets, *network.parameters)
    ]
    return [*declared, *(f"{e.lhs} = {equation_text(e.rhs)}" for e in network.equations)]


def _from_safetensors(raw: bytes) -> tuple[str, dict[str, Any]]:
    library = _safetensors()
    length = int.from_bytes(raw[:8], "little")
    return json.loads(raw[8 : 8 + length])["__metadata__"]["symnet"], library.load(raw)


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise NotInstalled("safetensors", "safetensors") from None
    return safetensors.numpy
