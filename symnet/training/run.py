"""What training leaves behind: the parameters, the losses on the way, and the network they belong to.

``run.save("net.npz")`` writes the parameters with the network's equations; ``load_parameters`` reads them back, and
refuses a file that belongs to another network.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from symnet.algebra.mistakes import Mistake, NotInstalled, shown
from symnet.algebra.network import Network
from symnet.algebra.optimizers import Optimizer
from symnet.computing.arrays import Array, checked, checked_parameters
from symnet.computing.compile import columns_of, defined, forward_source
from symnet.computing.inplace import shown as equation_text
from symnet.files import write_all
from symnet.training.npz import ABOUT, PARAMETER, read_npz

SCHEMA = "symnet.parameters/1"


@dataclass(frozen=True, eq=False)
class Run:
    """The outcome of ``fit``.

    ``params`` are the last parameters, or the best where validation chose them; ``losses[i]`` is the loss before update
    i; ``validation[e]`` that of the rows held back after epoch e, ``best_epoch`` the epoch with the lowest (from 0).
    ``stopped`` says why training ended before its time, and is empty where it did not.
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

    @property
    def steps(self) -> int:
        """How many updates were made."""
        return len(self.losses)

    @cached_property
    def _predict(self) -> Callable[..., Any]:
        return defined(forward_source(self.network, "numpy", self.network.output), "forward")  # type: ignore[no-any-return]

    def predict(self, X: Any) -> Array:
        """What the network gives for X (n, inputs): an array (n, outputs)."""
        X, _ = checked(X, None, columns_of(self.network.inputs), 0)
        with np.errstate(all="ignore"):
            found = np.asarray(self._predict(self.params, X))
        return found if found.ndim == 2 else np.broadcast_to(found, (len(X),))[:, None]

    def plot(self, title: str = "") -> Any:
        """The loss, and the validation loss with its best epoch, as a Matplotlib figure."""
        from symnet.training.plots import loss_curves

        validation = self.validation if len(self.validation) else None
        return loss_curves(self.losses, validation, self.best_epoch, self.steps_per_epoch, title)

    def save(self, path: str | Path) -> None:
        """Write the parameters and the network's equations to a file ending in .npz or .safetensors."""
        save_parameters(path, self.network, self.params)


def save_parameters(path: str | Path, network: Network, params: Mapping[str, Any]) -> None:
    """Write parameters with the equations of their network to a .npz or .safetensors file; raises Mistake."""
    path = path_of(path)
    arrays = {name: np.asarray(value, order="C") for name, value in checked_parameters(network, params).items()}
    about = json.dumps({"schema": SCHEMA, "equations": _equations(network)})
    if path.suffix == ".npz":
        buffer = io.BytesIO()
        named: dict[str, Any] = {f"{PARAMETER}{name}": value for name, value in arrays.items()}
        savez: Any = np.savez
        savez(buffer, **{ABOUT: np.array(about)}, **named)
        content = buffer.getvalue()
    elif path.suffix == ".safetensors":
        content = _safetensors().save(arrays, {"symnet": about})
    else:
        raise Mistake(f"{shown(path, 200)}: parameters are saved as .npz or .safetensors")
    write_all({path: content})


def path_of(path: Any) -> Path:
    """The path, if it is one."""
    if not isinstance(path, (str, Path)):
        raise Mistake(f"{shown(path)} is not the path of a file")
    return Path(path)


def load_parameters(path: str | Path, network: Network) -> dict[str, Array]:
    """The parameters in a file that ``save`` wrote for an equal network; raises Mistake where it does not fit."""
    path = path_of(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Mistake(f"{shown(path, 200)}: {error.strerror or 'it cannot be read'}") from None
    try:
        about, arrays = _from_safetensors(raw) if path.suffix == ".safetensors" else read_npz(raw, network)
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
    try:
        return checked_parameters(network, arrays)
    except Mistake as mistake:
        raise Mistake(f"{shown(path, 200)}: {mistake}") from None


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
