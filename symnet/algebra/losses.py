"""Loss functions, each one formula over the predictions y and targets t of one example.

How the examples of a batch combine is part of a loss: ``half_squared_error`` is summed over the batch,
``mean_squared_error`` averaged.  To add a loss, write one function here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import getmodule, isfunction

from sympy import Integer, Rational

from symnet.algebra import functions
from symnet.algebra.equations import ONE, Expr, add, divide, multiply, negate, power

Loss = Callable[[Sequence[Expr], Sequence[Expr]], Expr]
_TWO = Integer(2)
_AVERAGED: set[str] = set()


def _averaged(loss: Loss) -> Loss:
    """Marks a loss that is averaged over the batch; others are summed."""
    _AVERAGED.add(loss.__name__)
    return loss


def half_squared_error(predictions: Sequence[Expr], targets: Sequence[Expr]) -> Expr:
    """Half squared error, ½ Σ (y − t)², summed over outputs and batch.

    The ½ is Bishop's (2006, eq. 5.11); Hastie, Tibshirani and Friedman (2009, eq. 11.9) omit it.
    """
    return multiply(ONE, power(_TWO, Integer(-1)), squared_error(predictions, targets))


def squared_error(predictions: Sequence[Expr], targets: Sequence[Expr]) -> Expr:
    """Squared error, Σ (y − t)², summed over outputs and batch."""
    return add(*(power(difference, _TWO) for difference in _differences(predictions, targets)))


@_averaged
def mean_squared_error(predictions: Sequence[Expr], targets: Sequence[Expr]) -> Expr:
    """Mean squared error, the mean of (y − t)² over outputs and batch, as in torch.nn.MSELoss."""
    squares = squared_error(predictions, targets)
    return squares if len(predictions) == 1 else divide(squares, Integer(len(predictions)))


def root_squared_error(predictions: Sequence[Expr], targets: Sequence[Expr]) -> Expr:
    """Root of the summed squares, √Σ (y − t)², one root over the outputs and the whole batch.

    It has no derivative where every error is 0.
    """
    return functions.sqrt(squared_error(predictions, targets))


def absolute_error(predictions: Sequence[Expr], targets: Sequence[Expr]) -> Expr:
    """Absolute error, Σ |y − t|, summed over outputs and batch; its derivative at y = t is 0 by convention."""
    return add(*(functions.abs(difference) for difference in _differences(predictions, targets)))


def huber(predictions: Sequence[Expr], targets: Sequence[Expr]) -> Expr:
    """Huber loss with threshold 1, Σ h(|y − t|) with h(e) = e²/2 up to e = 1 and e − ½ beyond.

    Written m(e − m/2) with m = min(e, 1).  Source: Huber (1964).
    """
    terms = []
    for difference in _differences(predictions, targets):
        error = functions.abs(difference)
        inner = functions.min(error, ONE)
        terms.append(multiply(inner, add(error, negate(multiply(Rational(1, 2), inner)))))
    return add(*terms)


@_averaged
def sigmoid_cross_entropy(predictions: Sequence[Expr], targets: Sequence[Expr]) -> Expr:
    """Cross-entropy of logits z, −Σ (t log σ(z) + (1 − t) log(1 − σ(z))) with t in [0, 1], mean over the batch."""
    terms = []
    for z, t in zip(predictions, targets, strict=True):
        p = functions.sigmoid(z)
        terms.append(multiply(t, functions.log(p)))
        terms.append(multiply(add(ONE, negate(t)), functions.log(add(ONE, negate(p)))))
    return negate(add(*terms))


@_averaged
def softmax_cross_entropy(predictions: Sequence[Expr], targets: Sequence[Expr]) -> Expr:
    """Cross-entropy of logits z with target probabilities t, −Σ t_i log p_i, mean over the batch.

    p_i = exp(z_i)/Σ_j exp(z_j) is the softmax.  The short gradient p − t is right only where the t_i sum to 1.
    """
    total = add(*(functions.exp(z) for z in predictions))
    terms = [
        multiply(t, functions.log(divide(functions.exp(z), total))) for z, t in zip(predictions, targets, strict=True)
    ]
    return negate(add(*terms))


def _differences(predictions: Sequence[Expr], targets: Sequence[Expr]) -> list[Expr]:
    return [add(y, negate(t)) for y, t in zip(predictions, targets, strict=True)]


CATALOGUE: dict[str, Loss] = {
    name: value
    for name, value in list(globals().items())
    if isfunction(value) and getmodule(value).__name__ == __name__ and not name.startswith("_")  # type: ignore[union-attr]
}


def reduction(loss: str) -> str:
    """How the losses of the examples of a batch combine, where nothing else is said: "sum" or "mean"."""
    return "mean" if loss in _AVERAGED else "sum"
