"""Loss functions, each one formula over the predictions y and the targets t, arrays (n, outputs) with a row an example.

Written out unit by unit the same formula is the loss of one example.  How the examples of a batch combine is part of a
loss: ``half_squared_error`` is summed over the batch, ``mean_squared_error`` averaged.  To add a loss, write one
function here.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import getmodule, isfunction

from sympy import Integer, Piecewise, Rational

from symnet.algebra import functions
from symnet.algebra.common_names import understood
from symnet.algebra.equations import BATCH, ONE, Expr, add, divide, multiply, negate, power, replace, symbol
from symnet.algebra.matrices import cross_entropy as cross_entropy_of_logits
from symnet.algebra.matrices import shape_of, shape_text, sum_of
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.parsing import parse
from symnet.algebra.scalar import ScalarFunction

Loss = Callable[[Expr, Expr], Expr]
_TWO = Integer(2)
_AVERAGED: set[str] = set()


def _averaged(loss: Loss) -> Loss:
    """Marks a loss that is averaged over the batch; others are summed."""
    _AVERAGED.add(loss.__name__)
    return loss


def half_squared_error(y: Expr, t: Expr) -> Expr:
    """Half squared error, ½ Σ (y − t)², summed over outputs and batch.

    The ½ is Bishop's (2006, eq. 5.11); Hastie, Tibshirani and Friedman (2009, eq. 11.9) omit it.
    """
    return multiply(ONE, power(_TWO, Integer(-1)), squared_error(y, t))


def squared_error(y: Expr, t: Expr) -> Expr:
    """Squared error, Σ (y − t)², summed over outputs and batch."""
    return sum_of(power(_difference(y, t), _TWO))


@_averaged
def mean_squared_error(y: Expr, t: Expr) -> Expr:
    """Mean squared error, the mean of (y − t)² over outputs and batch, as in torch.nn.MSELoss."""
    outputs = shape_of(y)[1]
    squares = squared_error(y, t)
    return squares if outputs == 1 else divide(squares, outputs)


def root_squared_error(y: Expr, t: Expr) -> Expr:
    """Root of the summed squares, √Σ (y − t)², one root over the outputs and the whole batch.

    It has no derivative where every error is 0.
    """
    return functions.sqrt(squared_error(y, t))


def absolute_error(y: Expr, t: Expr) -> Expr:
    """Absolute error, Σ |y − t|, summed over outputs and batch; its derivative at y = t is 0 by convention."""
    return sum_of(functions.abs(_difference(y, t)))


def huber(y: Expr, t: Expr) -> Expr:
    """Huber loss with threshold 1, Σ h(|y − t|) with h(e) = e²/2 up to e = 1 and e − ½ beyond, summed over the batch.

    Source: Huber (1964).
    """
    return sum_of(huber_of(_difference(y, t)))


@_averaged
def sigmoid_cross_entropy(y: Expr, t: Expr) -> Expr:
    """Cross-entropy of logits z, −Σ (t log σ(z) + (1 − t) log(1 − σ(z))) with t in [0, 1], mean over the batch."""
    return sum_of(binary_cross_entropy_of(y, t))


@_averaged
def binary_cross_entropy(y: Expr, t: Expr) -> Expr:
    """Binary cross-entropy of probabilities p, −Σ (t log p + (1 − t) log(1 − p)), mean over the batch.

    With output = "sigmoid" it is computed from the logits, as sigmoid_cross_entropy is, and its gradient there is
    p − t.  Source: Bishop (2006), eq. 4.90.
    """
    return sum_of(binary_cross_entropy_term(y, t))


@_averaged
def softmax_cross_entropy(y: Expr, t: Expr) -> Expr:
    """Cross-entropy of logits z with target probabilities t, −Σ t_i log p_i, mean over the batch.

    p_i = exp(z_i)/Σ_j exp(z_j) is the softmax.  The short gradient p − t is right only where the t_i sum to 1.
    """
    return sum_of(cross_entropy_of_logits(y, t))


@_averaged
def cross_entropy(y: Expr, t: Expr) -> Expr:
    """Cross-entropy of probabilities p, −Σ t_i log p_i, mean over the batch.

    With output = "softmax" it is computed from the logits, as softmax_cross_entropy is, and its gradient there is
    p − t where the t_i sum to 1.  Source: Bishop (2006), eq. 4.108.
    """
    return negate(sum_of(multiply(t, functions.log(y))))


# The losses of probabilities, with the output that makes them and the same loss of that output's logits.
OF_PROBABILITIES = {
    "cross_entropy": ("softmax", "softmax_cross_entropy"),
    "binary_cross_entropy": ("sigmoid", "sigmoid_cross_entropy"),
}

CATALOGUE: dict[str, Loss] = {
    name: value
    for name, value in list(globals().items())
    if isfunction(value) and getmodule(value).__name__ == __name__ and not name.startswith("_")  # type: ignore[union-attr]
}


class huber_of(ScalarFunction):
    """Huber's function of one error e: e²/2 for |e| ≤ 1, |e| − ½ beyond.  Derivative: e, kept within ±1.

    On sheets m(|e| − m/2) with m = min(|e|, 1).
    """

    notation = "h"

    @staticmethod
    def definition(e: Expr) -> Expr:
        half = Rational(1, 2)
        return Piecewise((e - half, e > 1), (-e - half, e < -1), (e**2 / 2, True))

    @staticmethod
    def written(e: Expr) -> Expr:
        error = functions.abs(e)
        inner = functions.min(error, ONE)
        return multiply(inner, add(error, negate(multiply(Rational(1, 2), inner))))


class binary_cross_entropy_of(ScalarFunction):
    """Cross-entropy of one logit z and target t, −(t log σ(z) + (1 − t) log(1 − σ(z))).  Derivative σ(z) − t."""

    notation = "H"
    arguments = (2, 2)

    @staticmethod
    def definition(z: Expr, t: Expr) -> Expr:
        return binary_cross_entropy_term(functions.sigmoid(z), t)

    @staticmethod
    def written(z: Expr, t: Expr) -> Expr:
        return binary_cross_entropy_of.definition(z, t)

    @staticmethod
    def derivative(y: Expr, z: Expr, t: Expr) -> Expr:
        return add(functions.sigmoid(z), negate(t))


def of_logits(output: object, loss: object) -> str:
    """The loss of logits that an output and a loss of its probabilities come to, "" for any other pair.

    Raises Mistake where the two do not belong together, or the output would be applied twice.
    """
    named = {CATALOGUE[name]: name for name in CATALOGUE}
    loss = named.get(loss, loss) if callable(loss) else loss
    output = getattr(output, "__name__", "") if callable(output) else output
    for of_p, (unit, of_z) in OF_PROBABILITIES.items():
        right = f'output = "{unit}" with loss = "{of_p}", or output = "linear" with loss = "{of_z}"'
        if loss == of_p and output == unit:
            return of_z
        if loss == of_z and output in ("softmax", "sigmoid"):
            twice = f"so the {unit} would be applied twice" if output == unit else "to numbers of any size"
            raise Mistake(f'output is "{output}", but loss "{of_z}" applies the {unit} itself, {twice}; write {right}')
        if (loss == of_p and output in functions.CATALOGUE) or (loss == of_p and output == "softmax"):
            raise Mistake(
                f'output is {shown(output)}, but loss "{of_p}" is of the probabilities of a {unit}; write {right}'
            )
    return ""


def reduction(loss: str) -> str:
    """How the losses of the examples of a batch combine, where nothing else is said: "sum" or "mean"."""
    return "mean" if loss in _AVERAGED else "sum"


def formula_of(loss: str | Loss, y: Expr, t: Expr, reduce: str = "") -> Expr:
    """The loss of a batch: by name, by a function of y and t such as those above, or by a formula in y and t.

    A formula is that of one output of one example and is summed over the outputs; examples are summed or averaged as
    ``reduce`` says, otherwise as the loss itself does (a formula or function of your own: averaged).
    Raises Mistake.
    """
    if isinstance(loss, str):
        loss = understood(loss, CATALOGUE) or loss
    if callable(loss):
        name, value = "", loss(y, t)
        if not hasattr(value, "free_symbols"):
            raise Mistake(f"the loss gives {shown(value)}; it must give an expression in y and t")
    elif loss in CATALOGUE:
        name, value = loss, CATALOGUE[loss](y, t)
    else:
        name, value = "", _own(loss, y, t)
    if shape_of(value) == shape_of(y):  # the loss of every output: their sum, as with a formula
        value = sum_of(value)
    if shape_of(value):
        raise Mistake(
            f"the loss has the shape {shape_text(shape_of(value))}; it must be one number, or one for each output"
        )
    if loss == "root_squared_error" and reduce:
        raise Mistake("root_squared_error is one root over the whole batch; it takes no reduce")
    averaged = (reduce or (reduction(name) if name else "mean")) == "mean"
    return divide(value, BATCH) if averaged else value


def _own(formula: str, y: Expr, t: Expr) -> Expr:
    if formula.isidentifier() and formula not in ("y", "t"):
        raise Mistake(f"loss is {shown(formula)}{suggestion(formula, CATALOGUE)}")
    try:
        entry = parse(formula, ("y", "t"))
    except Mistake as mistake:
        raise Mistake(
            f'loss is {shown(formula)}: {mistake}; a formula of your own is in y and t, as "(y - t)^4"'
        ) from None
    return sum_of(replace(entry, {symbol("y"): y, symbol("t"): t}))


def binary_cross_entropy_term(p: Expr, t: Expr) -> Expr:
    """−(t log p + (1 − t) log(1 − p))."""
    others = multiply(add(ONE, negate(t)), functions.log(add(ONE, negate(p))))
    return negate(add(multiply(t, functions.log(p)), others))


def _difference(y: Expr, t: Expr) -> Expr:
    return add(y, negate(t))
