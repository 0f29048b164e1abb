"""Loss functions, each one formula over the predictions y and the targets t, arrays (n, outputs) with a row an example.

Written out unit by unit the same formula is the loss of one example.  How the examples of a batch combine is part of a
loss: ``half_squared_error`` is summed over the batch, ``mean_squared_error`` averaged.  What follows y and t are
options, given as in ``loss="softmax_cross_entropy(smoothing=0.1)"``.  To add a loss, write one function here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from inspect import getmodule, isfunction, signature
from typing import Any

from sympy import Integer, Piecewise, Rational

from symnet.algebra import functions
from symnet.algebra.common_names import understood
from symnet.algebra.entries import entry_of, lowered
from symnet.algebra.equations import BATCH, ONE, ZERO, Expr, add, divide, multiply, negate, power, replace, symbol
from symnet.algebra.indices import Each, indices_for
from symnet.algebra.matrices import columns, row_sums, shape_of, shape_text, size_of, sum_of
from symnet.algebra.matrices import cross_entropy as cross_entropy_of_logits
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.parsing import parse, rational
from symnet.algebra.rows_of import log_softmax
from symnet.algebra.scalar import ScalarFunction

Loss = Callable[..., Expr]
_TWO = Integer(2)
_WITH_OPTIONS = re.compile(r"([A-Za-z_]\w*)\s*\((.*=.*)\)", re.DOTALL)
_OPTION = re.compile(r"\s*(\w+)\s*=\s*(\[[^\[\]]*\]|[^,\[\]=]+)\s*(?:,|$)")
_AVERAGED: set[str] = set()
# Of one example in the language of exercise files: the function whose values are p, if any, and the loss in y, t and p.
IN_FILES: dict[str, tuple[str, str]] = {}


def _in_files(formula: str, p: str = "") -> Callable[[Loss], Loss]:
    """What a loss is in a file of layers, which is written entry by entry."""

    def said(loss: Loss) -> Loss:
        IN_FILES[loss.__name__] = p, formula
        return loss

    return said


def _averaged(loss: Loss) -> Loss:
    """Marks a loss that is averaged over the batch; others are summed."""
    _AVERAGED.add(loss.__name__)
    return loss


@_in_files("sum(({y} - {t})^2)/2")
def half_squared_error(y: Expr, t: Expr) -> Expr:
    """Half squared error, ½ Σ (y − t)², summed over outputs and batch.

    The ½ is Bishop's (2006, eq. 5.11); Hastie, Tibshirani and Friedman (2009, eq. 11.9) omit it.
    """
    return multiply(ONE, power(_TWO, Integer(-1)), squared_error(y, t))


@_in_files("sum(({y} - {t})^2)")
def squared_error(y: Expr, t: Expr) -> Expr:
    """Squared error, Σ (y − t)², summed over outputs and batch."""
    return sum_of(power(_difference(y, t), _TWO))


@_in_files("mean(({y} - {t})^2)")
@_averaged
def mean_squared_error(y: Expr, t: Expr) -> Expr:
    """Mean squared error, the mean of (y − t)² over outputs and batch, as in torch.nn.MSELoss."""
    outputs = size_of(shape_of(y)[1:])
    squares = squared_error(y, t)
    return squares if outputs == 1 else divide(squares, outputs)


def root_squared_error(y: Expr, t: Expr) -> Expr:
    """Root of the summed squares, √Σ (y − t)², one root over the outputs and the whole batch.

    It has no derivative where every error is 0.
    """
    return functions.sqrt(squared_error(y, t))


@_in_files("sum(abs({y} - {t}))")
def absolute_error(y: Expr, t: Expr) -> Expr:
    """Absolute error, Σ |y − t|, summed over outputs and batch; its derivative at y = t is 0 by convention."""
    return sum_of(functions.abs(_difference(y, t)))


def huber(y: Expr, t: Expr) -> Expr:
    """Huber loss with threshold 1, Σ h(|y − t|) with h(e) = e²/2 up to e = 1 and e − ½ beyond, summed over the batch.

    Source: Huber (1964).
    """
    return sum_of(huber_of(_difference(y, t)))


@_in_files("-sum({t}*ln({p}) + (1 - {t})*ln(1 - {p}))", "sigmoid")
@_averaged
def sigmoid_cross_entropy(y: Expr, t: Expr) -> Expr:
    """Cross-entropy of logits z, −Σ (t log σ(z) + (1 − t) log(1 − σ(z))) with t in [0, 1], mean over the batch."""
    return sum_of(binary_cross_entropy_of(y, t))


@_in_files("-sum({t}*ln({y}) + (1 - {t})*ln(1 - {y}))")
@_averaged
def binary_cross_entropy(y: Expr, t: Expr) -> Expr:
    """Binary cross-entropy of probabilities p, −Σ (t log p + (1 − t) log(1 − p)), mean over the batch.

    With output = "sigmoid" it is computed from the logits, as sigmoid_cross_entropy is, and its gradient there is
    p − t.  Source: Bishop (2006), eq. 4.90.
    """
    return sum_of(binary_cross_entropy_term(y, t))


@_in_files("-sum({t}*ln({p}))", "softmax")
@_averaged
def softmax_cross_entropy(y: Expr, t: Expr, smoothing: Any = 0, weights: Any = None) -> Expr:
    """Cross-entropy of logits z with target probabilities t, −Σ t_i log p_i, mean over the batch.

    p_i = exp(z_i)/Σ_j exp(z_j) is the softmax.  The short gradient p − t is right only where the t_i sum to 1.  Of K
    classes, ``smoothing`` ε takes (1 − ε) t_i + ε/K for t_i, and ``weights`` [c_1, …] then c_i t_i; the mean is still
    over the n examples.  Source of the smoothing: Szegedy et al. (2016), section 7.
    """
    t = _weighed(_smoothed(t, smoothing), weights)
    if len(shape_of(y)) != 2:
        return negate(sum_of(multiply(t, log_softmax(y))))
    return sum_of(cross_entropy_of_logits(y, t))


@_in_files("-sum({t}*ln({y}))")
@_averaged
def cross_entropy(y: Expr, t: Expr, smoothing: Any = 0, weights: Any = None) -> Expr:
    """Cross-entropy of probabilities p, −Σ t_i log p_i, mean over the batch.

    With output = "softmax" it is computed from the logits, as softmax_cross_entropy is, and its gradient there is
    p − t where the t_i sum to 1.  ``smoothing`` and ``weights`` are those there.  Source: Bishop (2006), eq. 4.108.
    """
    return negate(sum_of(multiply(_weighed(_smoothed(t, smoothing), weights), functions.log(y))))


@_in_files("sum({t}*ln({t}) - {t}*ln({y}))")
@_averaged
def kl_divergence(y: Expr, t: Expr) -> Expr:
    """Kullback–Leibler divergence of probabilities p from targets t, Σ t_i (log t_i − log p_i), mean over the batch.

    It is the cross-entropy less the entropy of the targets, and has its gradient.  With output = "softmax" it is
    computed from the logits, as softmax_kl_divergence is.  Source: Kullback and Leibler (1951).
    """
    return sum_of(add(multiply(t, functions.log(t)), negate(multiply(t, functions.log(y)))))


@_in_files("sum({t}*ln({t}) - {t}*ln({p}))", "softmax")
@_averaged
def softmax_kl_divergence(y: Expr, t: Expr) -> Expr:
    """Kullback–Leibler divergence of logits z from targets t, Σ t_i (log t_i − log p_i), mean over the batch.

    p is the softmax of z.  The gradient is that of softmax_cross_entropy.
    """
    return add(sum_of(multiply(t, functions.log(t))), softmax_cross_entropy(y, t))


@_in_files("sum(max(0, 1 - {t}*{y}))")
@_averaged
def hinge(y: Expr, t: Expr) -> Expr:
    """Hinge loss of scores y with targets t = ±1, Σ max(0, 1 − t y) over the outputs, mean over the batch.

    Its derivative at t y = 1 is 0 by convention.  Source: Cortes and Vapnik (1995).
    """
    return sum_of(functions.max(ZERO, add(ONE, negate(multiply(t, y)))))


@_averaged
def multiclass_hinge(y: Expr, t: Expr) -> Expr:
    """Hinge loss of classes, Σ_j max(0, 1 + y_j − y_c) over all j but the right class c, mean over the batch.

    t is 1 for the right class and 0 for the others, and y_c is Σ_k t_k y_k.  Crammer and Singer (2001) take the largest
    term alone; PyTorch's MultiMarginLoss divides by the number of classes.  Source: Weston and Watkins (1999).
    """
    right = columns(row_sums(multiply(t, y)), shape_of(y)[1])
    return sum_of(multiply(add(ONE, negate(t)), functions.max(ZERO, add(ONE, y, negate(right)))))


@_in_files("sum(softplus((1 - 2*{t})*{y}))")
@_averaged
def negative_sampling(y: Expr, t: Expr) -> Expr:
    """Negative sampling of scores y, −Σ log σ((2t − 1) y), mean over the batch: softplus((1 − 2t) y) is each term.

    t is 1 for the word that stood there and 0 for the words drawn; y = u·v of their vectors, as in skip-gram.  With
    such t it equals sigmoid_cross_entropy.  Source: Mikolov et al. (2013), eq. 4.
    """
    return sum_of(functions.softplus(multiply(add(ONE, multiply(Integer(-2), t)), y)))


# The losses of probabilities, with the output that makes them and the same loss of that output's logits.
OF_PROBABILITIES = {
    "cross_entropy": ("softmax", "softmax_cross_entropy"),
    "binary_cross_entropy": ("sigmoid", "sigmoid_cross_entropy"),
    "kl_divergence": ("softmax", "softmax_kl_divergence"),
}
# Of these, one example is a row of several outputs.
OF_ROWS = ("cross_entropy", "softmax_cross_entropy", "kl_divergence", "softmax_kl_divergence", "multiclass_hinge")

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
    by_function = {CATALOGUE[name]: name for name in CATALOGUE}
    loss = by_function.get(loss, loss) if callable(loss) else loss
    said, loss = loss, named(loss)[0] if isinstance(loss, str) else loss
    output = getattr(output, "__name__", "") if callable(output) else output
    for of_p, (unit, of_z) in OF_PROBABILITIES.items():
        right = f'output = "{unit}" with loss = "{of_p}", or output = "linear" with loss = "{of_z}"'
        if loss == of_p and output == unit:
            return of_z + said[said.index("(") :] if isinstance(said, str) and "(" in said else of_z
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
    return "mean" if named(loss)[0] in _AVERAGED else "sum"


def named(loss: str) -> tuple[str, dict[str, Any]]:
    """The name in the catalogue and the options of "cross_entropy(smoothing=0.1, weights=[1, 2])", exactly.

    What is no name of a loss, as a formula, is given back with no options.  Raises Mistake.
    """
    found = _WITH_OPTIONS.fullmatch(loss.strip())
    name = found[1] if found else loss
    name = understood(name, CATALOGUE) or name
    if not found or name not in CATALOGUE:
        return (name if not found else loss), {}
    known = list(signature(CATALOGUE[name]).parameters)[2:]
    options: dict[str, Any] = {}
    for part in _OPTION.finditer(found[2]):
        key, value = part[1], part[2].strip()
        if key not in known:
            right = suggestion(key, known) if known else f"; {name} has no options"
            raise Mistake(f"loss {name}: {shown(key)} is none of its options{right}")
        listed = value.startswith("[")
        numbers = [rational(f"loss {name}: {key}", each.strip()) for each in value.strip("[]").split(",")]
        options[key] = numbers if listed else numbers[0]
    if _OPTION.sub("", found[2]).strip():
        raise Mistake(f'loss is {shown(loss)}; options are written as in "{name}(smoothing=0.1, weights=[1, 2])"')
    return name, options


def formula_of(loss: str | Loss, y: Expr, t: Expr, reduce: str = "") -> Expr:
    """The loss of a batch: by name, by a function of y and t such as those above, or by a formula in y and t.

    A formula is that of one output of one example and is summed over the outputs; examples are summed or averaged as
    ``reduce`` says, otherwise as the loss itself does (a formula or function of your own: averaged).
    Raises Mistake.
    """
    options: dict[str, Any] = {}
    if isinstance(loss, str):
        loss, options = named(loss)
    if callable(loss):
        name, value = "", loss(y, t)
        if not hasattr(value, "free_symbols"):
            raise Mistake(f"the loss gives {shown(value)}; it must give an expression in y and t")
    elif loss in CATALOGUE:
        name, value = loss, CATALOGUE[loss](y, t, **options)
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


def _smoothed(t: Expr, smoothing: Any) -> Expr:
    """(1 − ε) t + ε/K."""
    share = rational("smoothing", smoothing)
    if not 0 <= share < 1:
        raise Mistake(f"smoothing is {share}; it must be in [0, 1)")
    return t if share == 0 else add(multiply(ONE - share, t), share / shape_of(t)[-1])


def _weighed(t: Expr, weights: Any) -> Expr:
    """c ∘ t with a number for each class, the last axis."""
    if weights is None:
        return t
    if not isinstance(weights, (list, tuple)) or len(weights) != shape_of(t)[-1]:
        raise Mistake(f"weights is {shown(weights)}; it must be a list of {shape_of(t)[-1]} numbers, one a class")
    every = indices_for(shape_of(t))
    exact = [rational("weights", weight) for weight in weights]
    return Each(multiply(entry_of(exact, every[-1:]), lowered(t, every)), *every)


def _difference(y: Expr, t: Expr) -> Expr:
    return add(y, negate(t))
