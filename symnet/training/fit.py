"""Training: ``fit`` updates the parameters of a network on examples, batch by batch, on NumPy or on JAX.

The update is the optimizer's own equations, compiled together with the gradients.  Here is what happens around it: the
order of the examples, epochs, validation and early stopping, progress, and what happens when a loss is not a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from symnet.algebra.initial import DEFAULT
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.network import Network
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER, Optimizer
from symnet.computing.backends import trainers
from symnet.computing.examples import checked_examples, is_several, leaving_nothing_out, rows_first
from symnet.training.classes import classes_of
from symnet.training.fresh import batches_of
from symnet.training.progress import Progress, Training
from symnet.training.run import Run, ending_of
from symnet.training.settings import Settings


def fit(
    net: Network,
    X: Any,
    Y: Any = None,
    *,
    optimizer: Optimizer | None = None,
    params: Mapping[str, Any] | Run | str | Path | None = None,
    steps: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    backend: str = "numpy",
    validation: Any = None,
    patience: int | None = None,
    schedule: str | Callable[[int], float] | None = None,
    init: str = DEFAULT,
    seed: int = 0,
    dtype: Any = None,
    reduce: str | None = None,
    callbacks: Sequence[Callable[[Progress], Any]] = (),
    every: int | None = None,
    progress: bool | None = None,
    devices: Any = None,
) -> Run:
    """Train a network and return the run: its parameters, losses and plots.

    X (n, inputs) and Y (n, targets), or Y (n,) the labels of classes, words or whole numbers, one for each row, or
    (n, steps), one for each step of a network that gives as many (the losses of its steps are added); or X gives
    batches (X, Y): an iterator one for each of ``steps`` updates, a list or a DataLoader its batches again in each of
    ``epochs``.  Where the inputs are several arrays X is (A, B) or {"A": A, "B": B}; their first axis, and that of an
    array of any rank, is the examples.  Masks of dropout that X leaves out are drawn anew for every epoch of rows and
    every batch of an iterator, by ``seed``.
    ``optimizer`` is one of ``symnet.optimizers`` with its rate, as ``symnet.sgd(0.05)``.  ``steps`` counts updates,
    ``epochs`` passes over the examples; without ``batch_size`` they are the same, and every update sees all examples.
    Mini-batches are shuffled by ``seed`` alike on every backend; the last one of an epoch may be smaller.

    ``params`` are copied; without them ``init`` draws them with ``seed``.  A run, or the file that it was saved in,
    goes on where it ended, with what the optimizer remembers: 50 updates and 50 more are the same as 100.  Arithmetic
    is in X's precision, or ``dtype``.

    ``reduce``, "mean" unless told "sum", says how the losses of the examples combine where the equations are of one
    example; a network of layers is made with that of its loss.

    ``validation`` is a share of the rows to hold back, such as 0.2, or a pair (X, Y): its loss is taken after every
    epoch, as it predicts, and the best parameters are the ones you get.  ``patience`` ends training after so many
    epochs without a better one.  ``schedule`` is the learning rate of update t = 0, 1, …, as a formula in t (and lr,
    the optimizer's) or a function.  ``callbacks`` are called with a Progress after every ``every`` updates (or now and
    then); one that returns True ends training.  Ctrl-C ends it too, and keeps what was learned.  ``progress`` shows a
    line on the terminal; without it only where there is one.

    On JAX the loop is compiled, what is compiled is kept in the user's cache folder for the next process (SYMNET_CACHE
    names another folder, or "off"), and batches are shared over ``devices`` (all of them, as far as they divide one).
    An equal network, optimizer, shapes and precision are compiled once.  Raises Mistake; where the loss stops being a
    finite number it warns, ends, and gives the last good parameters.
    """
    if backend not in trainers():
        raise Mistake(f"backend is {shown(backend)}{suggestion(str(backend), trainers())}")
    if not isinstance(optimizer, Optimizer):
        raise Mistake(f"optimizer is {shown(optimizer)}; give one with its learning rate, such as symnet.sgd(0.05)")
    if not isinstance(net, Network):
        raise Mistake(f"{shown(net)} is not a network; symnet.mlp and symnet.Network.parse make one")
    if reduce not in ("mean", "sum", None):
        raise Mistake(f'reduce is {shown(reduce)}; it must be "mean" or "sum"')
    if reduce is not None and net.is_layered:
        raise Mistake(
            f"how the loss of layers combines examples is said where they are made: mlp(…, reduce={reduce!r})"
        )
    if not isinstance(callbacks, (list, tuple)) or not all(map(callable, callbacks)):
        raise Mistake(f"callbacks is {shown(callbacks)}; it must be a list of functions")
    network = net.batched(reduce or "mean")
    if own := {LEARNING_RATE.name, UPDATE_NUMBER.name}.intersection(network.names):
        raise Mistake(f"{shown(own.pop())} is the optimizer's own name; call it something else")
    if not network.parameters:
        raise Mistake("the network has no parameters; there is nothing to train")
    rows_first(network)
    one = isinstance(X, Iterator) or (isinstance(X, tuple) and is_several(network.inputs))
    if isinstance(X, Iterable) and not one and (again := batches_of(X, Y, epochs)) is not None:
        X, updates = again
        steps, epochs = (updates, None) if updates is not None else (steps, epochs)
    plan = Settings(network, optimizer, schedule, steps, epochs, batch_size, patience, validation, seed)
    if isinstance(params, Mapping):  # a file gives them with the statistics that the last training ended with
        params = {name: value for name, value in params.items() if name not in map(str, network.statistics)}
    before = ending_of(network, params)
    before = None if before is None else before.checked(network, optimizer)
    start: Any = network.init(init, seed) if params is None else params if before is None else before.params
    if isinstance(X, Iterator):
        return Training(plan, backend, callbacks, every, progress, devices, None, before).on_fresh(X, Y, start, dtype)
    labels = classes_of(network, Y)
    if labels is not None and isinstance(params, Run) and params.labels is not None:
        labels = params.labels
    if labels is not None:
        Y = labels.targets(Y)
    whole = leaving_nothing_out(network, X)
    draws = whole is not X
    X, Y = checked_examples(network, whole, Y, dtype)
    return Training(plan, backend, callbacks, every, progress, devices, labels, before, draws).on_rows(X, Y, start)
