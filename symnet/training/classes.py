"""Classes: labels as the columns of targets that a network learns from, and what it says of them.

A network of k ≥ 2 outputs tells k classes apart, and its largest output is its choice; one of a single output tells two
apart.  Its outputs are probabilities where they are a softmax or sigmoid; elsewhere they are logits, and the
probabilities are the softmax or sigmoid that its cross-entropy takes of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from symnet.algebra import functions, matrices
from symnet.algebra.equations import Length
from symnet.algebra.losses import binary_cross_entropy_of
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.network import Network
from symnet.algebra.rows_of import log_softmax
from symnet.computing.arrays import Array
from symnet.computing.examples import columns_of, is_several

FEW = 6  # labels named in a message


@dataclass(frozen=True)
class Classes:
    """``labels``, whole numbers or words: label i is column i of the targets, or of two the value of the only one."""

    labels: tuple[Any, ...]
    single: bool = False  # whether two classes share one column

    def targets(self, labels: Any) -> Array:
        """(n, columns) of zeros and ones: the column of the label is 1; a single column is 1 for the second label.

        Of labels (n, steps), one for each step, it is (n, steps, columns).
        """
        shape = np.shape(labels)
        places = [
            self.number(label, f"Y[{', '.join(map(str, np.unravel_index(i, shape)))}]")
            for i, label in enumerate(_plain(labels))
        ]
        return self.columns(np.array(places, int).reshape(shape))

    def number(self, label: Any, where: str = "the label") -> int:
        """Which class it is, 0 for the first."""
        if label not in self.labels:
            raise Mistake(f"{where} is {shown(label)}; the classes are {_listed(self.labels)}")
        return self.labels.index(label)

    def columns(self, places: Array) -> Array:
        """The same of classes given by number, 0 for the first."""
        return places[..., None].astype(float) if self.single else np.eye(len(self.labels))[places]

    def named(self, places: Array) -> Array:
        """The labels of classes given by number, 0 for the first."""
        found: Array = np.array(self.labels)[places]
        return found


def classes_of(network: Network, Y: Any) -> Classes | None:
    """The classes that Y names, one label a row, or None where Y is no list of labels but targets as numbers.

    Where the targets are (n, steps, classes), Y is (n, steps), one label a step.
    Words and truth values are labels; whole numbers are where the network has several outputs or the loss of a class.
    Numbers from 0 to k − 1 are the classes 0 to k − 1, whichever of them occur; of others, and of words, there are as
    many different ones as classes, sorted.  Raises Mistake where their number is another.
    """
    steps, outputs = _shape_of_labels(network)
    if outputs is None or is_several(network.targets):
        return None
    array = np.asarray(Y) if not isinstance(Y, np.ndarray) else Y
    words = array.dtype.kind in "UST" or (array.dtype.kind == "O" and all(isinstance(item, str) for item in array.flat))
    if words and steps and outputs and array.ndim == 1:
        raise Mistake(
            f"Y has shape {array.shape}; the targets are of every step, so labels are (n, steps), one for each step"
        )
    if array.ndim != 1 + len(steps) or not outputs:
        return None
    if not words and array.dtype.kind != "b":
        if outputs == 1 and kind_of(network) != "sigmoid":
            return None
        if array.dtype.kind not in "iu" and not (array.dtype.kind == "f" and (array == np.rint(array)).all()):
            return None
    if array.shape[1:] != steps:
        lengths = ", ".join(map(str, steps))
        raise Mistake(
            f"Y has shape {array.shape}; labels, one for each step, are (n, {lengths}), and targets "
            f"(n, {lengths}, {outputs})"
        )
    different = sorted(set(_plain(array)))
    count = 2 if outputs == 1 else outputs
    numbered = tuple(range(count))
    if array.dtype.kind == "b":
        numbered = (False, True)
    if not words and set(different) <= set(numbered) and len(numbered) == count:
        return Classes(numbered, outputs == 1)
    if len(different) != count:
        there = f"{len(different)} different label{'s' * (len(different) != 1)} ({_listed(different)})"
        wanted = "with its one output tells two" if outputs == 1 else f"has {outputs} outputs, one a class"
        raise Mistake(f"Y has {there}, and the network {wanted}; classes are numbered from 0, or there is one for each")
    return Classes(tuple(different), outputs == 1)


def are_labels(network: Network, Y: Any) -> bool:
    """Whether Y has an axis less than targets have, as labels do."""
    return np.ndim(Y) == 1 + len(_shape_of_labels(network)[0])


def _shape_of_labels(network: Network) -> tuple[tuple[int, ...], int | None]:
    """(the lengths of what a row has labels for, how many outputs each label has): ((5,), 3) of 5 steps."""
    if len(network.targets) == 1 and len(shape := shape_of(network.targets[0])) > 2:
        if any(isinstance(length, Length) for length in shape[1:]):
            return (), None
        *steps, outputs = (int(length) for length in shape[1:])
        return tuple(steps), outputs
    return (), columns_of(network.targets)


def kind_of(network: Network) -> str:
    """How its outputs are read: "softmax" or "sigmoid" (probabilities or the logits of them), "" where they are not."""
    output = network.output
    made = network.by_name[output.name].rhs if output.name in network.by_name else None
    if isinstance(made, (matrices.softmax, functions.sigmoid)):
        return type(made).__name__
    if _inside(network, matrices.cross_entropy, output) or _inside(network, log_softmax, output):
        return "softmax"
    return "sigmoid" if _inside(network, binary_cross_entropy_of, output) else ""


def probabilities(network: Network, outputs: Array) -> Array:
    """(n, classes) from (n, outputs), or (n, steps, classes); a single output is the probability of the second class.

    Raises Mistake.
    """
    kind, made = kind_of(network), network.by_name.get(network.output.name)
    if not kind:
        raise Mistake(
            "the network predicts numbers, not probabilities; a softmax output or loss, such as "
            'loss="softmax_cross_entropy", has them'
        )
    if made is None or not isinstance(made.rhs, (matrices.softmax, functions.sigmoid)):
        outputs = _softmax(outputs) if kind == "softmax" else _sigmoid(outputs)
    return outputs if outputs.shape[-1] > 1 else np.concatenate([1 - outputs, outputs], axis=-1)


def chosen(network: Network, outputs: Array, classes: Classes | None) -> Array:
    """The class of each row by number: the largest output, or whether the only one is on the second's side."""
    if not kind_of(network) and classes is None:
        raise Mistake("the network predicts numbers, not classes; train it on labels, one a row, to have classes")
    if outputs.shape[-1] == 1:
        second = probabilities(network, outputs)[..., 1] if kind_of(network) else outputs[..., 0]
        return np.where(second >= 0.5, 1, 0)
    places: Array = outputs.argmax(axis=-1)
    return places


def _inside(network: Network, kind: Any, output: Any) -> bool:
    return any(term.args[0] == output for equation in network.equations for term in equation.rhs.atoms(kind))


def _softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)  # type: ignore[no-any-return]


def _sigmoid(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, e) / (1 + e)  # type: ignore[no-any-return]


def _plain(labels: Any) -> list[Any]:
    """Labels as Python's own; a float that is whole is the whole number."""
    items = np.asarray(labels).reshape(-1).tolist()
    return [int(item) if isinstance(item, float) and item.is_integer() else item for item in items]


def _listed(labels: Sequence[Any]) -> str:
    some = ", ".join(shown(label) if isinstance(label, str) else str(label) for label in labels[:FEW])
    return some + (f", … ({len(labels)} in all)" if len(labels) > FEW else "")
