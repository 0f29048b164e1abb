"""Slips in counting what a layer costs: its parameters, its multiply-adds, the memory of its output."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Integer

from symnet.algebra.equations import ONE, Expr, add, multiply, names_in, symbol
from symnet.algebra.sized import Sized
from symnet.diagnosis.rewriting import Rewriting, Slipped, rebuilt, terms_of
from symnet.diagnosis.size_patterns import PLACES, at_layers, depth, number, window, without_factors
from symnet.diagnosis.slip_patterns import factors_of

_PARAMETERS, _MACS = ("parameters",), ("macs",)
_BOTH = (*_PARAMETERS, *_MACS)


def biases_not_counted(r: Rewriting) -> Iterator[Slipped]:
    """forgot the biases among the parameters"""
    yield from at_layers(r, _PARAMETERS, lambda layer, right: _biases(right, lambda bias: None))


def biases_that_are_not_there(r: Rewriting) -> Iterator[Slipped]:
    """counted biases{place} where the layer has none"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        # With biases the parameters are a sum; a recurrence always has them.
        if not right.is_Mul:
            return None
        if layer.kind == "attention":
            return add(right, multiply(Integer(4), symbol(layer.below["features"])))
        outputs = number(layer, "filters") or number(layer, "units")
        return add(right, outputs) if outputs in right.args else None

    yield from at_layers(r, _PARAMETERS, change)


def statistics_as_parameters(r: Rewriting) -> Iterator[Slipped]:
    """counted the running mean and variance of a batch norm as parameters, which nothing trains"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        return multiply(Integer(2), right) if layer.kind == "batch_norm" else None

    yield from at_layers(r, _PARAMETERS, change)


def bias_for_every_input(r: Rewriting) -> Iterator[Slipped]:
    """counted a bias for every input, where each filter or unit has one for all of them"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        inputs, filters = depth(layer), number(layer, "filters")
        if inputs is None:
            return None
        return _biases(right, lambda bias: multiply(bias, inputs) if bias == filters else inputs)

    yield from at_layers(r, _PARAMETERS, change)


def one_bias_for_all(r: Rewriting) -> Iterator[Slipped]:
    """counted one bias for the whole layer"""
    yield from at_layers(r, _PARAMETERS, lambda layer, right: _biases(right, lambda bias: ONE))


def _biases(expr: Expr, other: object) -> Expr:
    """The sum with other terms, or none, for those that count biases: filters, units, or a number of them."""

    def change(part: Expr) -> Expr | None:
        if not part.is_Add or len({*names_in(part)}) < 2:
            return None
        terms = []
        for term in terms_of(part):
            names = [factor for factor in factors_of(term) if not factor.is_Integer]
            is_bias = len(names) == 1 and names[0].is_Symbol and factors_of(term)[0] != 2  # a norm has 2 D, a gain too
            kept = other(names[0]) if is_bias else term  # type: ignore[operator]
            terms += [kept] if kept is not None else []
        return add(*terms) if terms and terms != list(terms_of(part)) else None

    return rebuilt(expr, change)


def channels_below_not_counted(r: Rewriting) -> Iterator[Slipped]:
    """forgot that a filter goes through all channels below"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        channels = depth(layer) if "filters" in layer.numbers else None
        return without_factors(right, channels) if channels is not None else None

    yield from at_layers(r, _PARAMETERS, change)
    yield from at_layers(r, _MACS, change)
    yield from at_layers(r, _BOTH, change)


def one_side_of_the_kernel(r: Rewriting) -> Iterator[Slipped]:
    """counted one side of the kernel instead of both"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        if "filters" not in layer.numbers or "channels" not in layer.below:
            return None
        return without_factors(right, window(layer)[-1], once=True)

    yield from at_layers(r, _PARAMETERS, change)
    yield from at_layers(r, _BOTH, change)


def one_filter_alone(r: Rewriting) -> Iterator[Slipped]:
    """counted the parameters of one filter alone"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        filters = number(layer, "filters")
        if filters is None:
            return None
        return add(*(ONE if term == filters else without_factors(term, filters) for term in terms_of(right)))

    yield from at_layers(r, _PARAMETERS, change)


def weights_at_every_place(r: Rewriting) -> Iterator[Slipped]:
    """counted the weights of a filter again at every place, though they are the same ones"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        if "filters" not in layer.numbers:
            return None
        weights, *biases = terms_of(right)
        return add(multiply(*_places(layer), *factors_of(weights)), *biases)

    yield from at_layers(r, _PARAMETERS, change)


def parameters_of_a_pool(r: Rewriting) -> Iterator[Slipped]:
    """gave a pool parameters, of which it has none"""

    def filters(layer: Sized, right: Expr) -> Expr | None:
        weights = _of_a_pool(layer)
        return add(multiply(*weights, weights[0]), weights[0]) if weights else None

    yield from at_layers(r, _PARAMETERS, filters)
    yield from at_layers(
        r, _PARAMETERS, lambda layer, right: multiply(*_of_a_pool(layer)) if _of_a_pool(layer) else None
    )


def _of_a_pool(layer: Sized) -> list[Expr]:
    if "size" not in layer.numbers:
        return []
    return [depth(layer), *window(layer) * (1 + ("channels" in layer.below))]


def one_gate_alone(r: Rewriting) -> Iterator[Slipped]:
    """counted one gate alone"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        gates = {"lstm": Integer(4), "gru": Integer(3)}.get(layer.kind)
        return without_factors(right, gates) if gates is not None else None

    yield from at_layers(r, _PARAMETERS, change)
    yield from at_layers(r, _BOTH, change)


def state_not_counted(r: Rewriting) -> Iterator[Slipped]:
    """forgot the weights from the state before"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        if layer.kind not in ("rnn", "lstm", "gru"):
            return None
        units = number(layer, "units")

        def without(part: Expr) -> Expr | None:
            kept = [term for term in terms_of(part) if factors_of(term) != (units, units)]
            return add(*kept) if part.is_Add and 0 < len(kept) < len(part.args) else None

        return rebuilt(right, without)

    yield from at_layers(r, _PARAMETERS, change)
    yield from at_layers(r, _BOTH, change)


def output_of_attention_not_counted(r: Rewriting) -> Iterator[Slipped]:
    """forgot the matrix of the output of attention beside those for Q, K and V"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        if layer.kind not in ("attention", "transformer"):
            return None
        three = Integer(3)
        return rebuilt(
            right, lambda part: multiply(three, *part.args[1:]) if part.is_Mul and part.args[0] == 4 else None
        )

    yield from at_layers(r, _PARAMETERS, change)


def one_block_alone(r: Rewriting) -> Iterator[Slipped]:
    """counted one of several equal layers alone"""
    sized = r.problem.sizes
    blocks = [symbol(layer.numbers["blocks"]) for layer in sized.layers if layer.count > 1] if sized is not None else []
    for role in ("parameters", "macs", "activations", "memory") if blocks else ():
        if (line := r.problem.network.by_name.get(role)) is not None:
            yield Slipped(r.forward({role: without_factors(line.rhs, *blocks)}), at=f"(in {role})")


# -- multiply-adds and memory -----------------------------------------------------------------------------------------


def one_place_alone(r: Rewriting) -> Iterator[Slipped]:
    """counted the multiply-adds of one place alone"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        return without_factors(right, *_places(layer)) if right != 0 else None

    yield from at_layers(r, _MACS, change)


def places_of_the_input(r: Rewriting) -> Iterator[Slipped]:
    """took the places of what is below for those of the output"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        if "filters" not in layer.numbers:
            return None
        below = {symbol(layer.lines[p]): symbol(layer.below[p]) for p in PLACES if p in layer.lines}
        return rebuilt(right, below.get)

    yield from at_layers(r, _MACS, change)


def additions_counted_apart(r: Rewriting) -> Iterator[Slipped]:
    """counted multiplications and additions apart, which are one operation here"""
    yield from at_layers(r, _MACS, lambda layer, right: multiply(Integer(2), right) if right != 0 else None)


def scores_not_counted(r: Rewriting) -> Iterator[Slipped]:
    """forgot the scores of attention and the sums that they weight"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        if layer.kind not in ("attention", "transformer"):
            return None
        time = symbol(layer.below["time"])
        return add(*(term for term in terms_of(right) if factors_of(term).count(time) < 2))

    yield from at_layers(r, _MACS, change)


def numbers_for_bytes(r: Rewriting) -> Iterator[Slipped]:
    """counted numbers where bytes are asked"""
    yield from at_layers(r, ("memory",), lambda layer, right: without_factors(right, symbol("bytes")))


def _places(layer: Sized) -> list[Expr]:
    """The lengths of the output along which windows move, or along time."""
    shape = layer.shape if "time" not in layer.below or layer.lines.get("time") else layer.below
    return [symbol(shape[place]) for place in PLACES if place in shape]
