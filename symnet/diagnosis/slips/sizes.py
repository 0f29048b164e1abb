"""Slips in the sizes of layers: how many windows fit, how many channels there are, how far a place sees."""

from __future__ import annotations

from collections.abc import Iterator

from symnet.algebra import functions
from symnet.algebra.equations import ONE, Expr, add, multiply, names_in, negate, symbol
from symnet.algebra.sized import Sized
from symnet.diagnosis.rewriting import Rewriting, Slipped, rebuilt, terms_of
from symnet.diagnosis.size_patterns import PLACES, at_layers, depth, number, window, without_factors, without_terms
from symnet.diagnosis.slip_patterns import as_factor

_FIELDS = ("field", "field_height", "field_width")


# -- how many windows fit ---------------------------------------------------------------------------------------------


def padding_not_counted(r: Rewriting) -> Iterator[Slipped]:
    """forgot the padding in the size of the output"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        padding = number(layer, "padding")
        return without_terms(right, padding) if padding is not None else None

    yield from at_layers(r, PLACES, change)


def padding_on_one_side(r: Rewriting) -> Iterator[Slipped]:
    """counted the padding on one side only"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        padding = number(layer, "padding")
        if padding is None:
            return None
        return rebuilt(right, lambda part: padding if part.is_Mul and padding in part.args else None)

    yield from at_layers(r, PLACES, change)


def stride_not_counted(r: Rewriting) -> Iterator[Slipped]:
    """did not divide by the stride in the size of the output"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        stride = number(layer, "stride") or number(layer, "size")
        return without_factors(right, stride) if stride is not None else None

    yield from at_layers(r, PLACES, change)


def first_window_not_counted(r: Rewriting) -> Iterator[Slipped]:
    """forgot the + 1 in the size of the output"""
    yield from at_layers(
        r, PLACES, lambda layer, right: next((t for t in terms_of(right) if isinstance(t, functions.floor)), None)
    )


def window_not_taken_off(r: Rewriting) -> Iterator[Slipped]:
    """did not take the side of the window off in the size of the output"""

    def change(layer: Sized, right: Expr) -> Expr:
        for side in window(layer):
            right = rebuilt(right, lambda part, side=side: _without_side(part, side))  # type: ignore[misc]
        return right

    yield from at_layers(r, PLACES, change)


def _without_side(part: Expr, side: Expr) -> Expr | None:
    kept = [term for term in terms_of(part) if term != negate(side)]
    return add(*kept) if part.is_Add and 0 < len(kept) < len(part.args) else None


def rounded_up(r: Rewriting) -> Iterator[Slipped]:
    """rounded up where the last window does not fit"""

    def change(layer: Sized, right: Expr) -> Expr:
        return rebuilt(
            right,
            lambda part: (
                negate(functions.floor(negate(as_factor(part.args[0])))) if isinstance(part, functions.floor) else None
            ),
        )

    yield from at_layers(r, PLACES, change)


def size_kept(r: Rewriting) -> Iterator[Slipped]:
    """took the size of what is below for that of the output"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        if not right.has(functions.floor):
            return None
        return next(symbol(layer.below[p]) for p in PLACES if symbol(layer.below.get(p, "")) in names_in(right))

    yield from at_layers(r, PLACES, change)


# -- channels ---------------------------------------------------------------------------------------------------------


def channels_kept(r: Rewriting) -> Iterator[Slipped]:
    """took the channels below for those of the output, of which there is one a filter"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        return depth(layer) if right == number(layer, "filters") else None

    yield from at_layers(r, ("channels", "features"), change)


def channels_added_up(r: Rewriting) -> Iterator[Slipped]:
    """made one channel of all in a pool, which keeps them apart"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        return ONE if layer.kind in ("max_pool", "mean_pool") and right == symbol(layer.below["channels"]) else None

    yield from at_layers(r, ("channels",), change)


def channels_not_flattened(r: Rewriting) -> Iterator[Slipped]:
    """left the channels out of the numbers of a picture"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        channels = [symbol(shape["channels"]) for shape in (layer.below, layer.shape) if "channels" in shape]
        return without_factors(right, *channels)

    yield from at_layers(r, ("features", "activations", "memory"), change)


# -- how far a place sees ---------------------------------------------------------------------------------------------


def field_without_jump(r: Rewriting) -> Iterator[Slipped]:
    """added windows to a receptive field without the jump, the strides below"""
    yield from at_layers(r, _FIELDS, lambda layer, right: without_factors(right, *_jumps(right)))


def field_with_own_stride(r: Rewriting) -> Iterator[Slipped]:
    """counted the stride of a layer in its own receptive field and not in those above"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        stride = number(layer, "stride") or number(layer, "size")
        jump = _jumps(right)
        if not jump or stride is None:
            return None
        return rebuilt(
            right, lambda part: multiply(*part.args, stride) if part.is_Mul and jump[0] in part.args else None
        )

    yield from at_layers(r, _FIELDS, change)


def field_without_minus_one(r: Rewriting) -> Iterator[Slipped]:
    """added the whole window to a receptive field, forgetting the − 1"""

    def change(layer: Sized, right: Expr) -> Expr:
        return rebuilt(
            right, lambda part: part.args[0] if part.is_Add and len(part.args) == 2 and part.args[1] == -1 else None
        )

    yield from at_layers(r, _FIELDS, change)


def field_multiplied(r: Rewriting) -> Iterator[Slipped]:
    """multiplied receptive fields instead of adding to them"""

    def change(layer: Sized, right: Expr) -> Expr | None:
        below = [name for name in names_in(right) if name.name.startswith("field")]
        side = [name for name in window(layer) if name in names_in(right)]
        return multiply(below[0], side[0]) if below and side else None

    yield from at_layers(r, _FIELDS, change)


def jump_of_one_layer(r: Rewriting) -> Iterator[Slipped]:
    """took the stride of one layer for the jump, the product of all strides so far"""
    yield from at_layers(r, ("jump",), lambda layer, right: without_factors(right, *_jumps(right)))


def jumps_added(r: Rewriting) -> Iterator[Slipped]:
    """added the strides instead of multiplying them"""
    yield from at_layers(r, ("jump",), lambda layer, right: add(*right.args) if right.is_Mul else None)


def _jumps(expr: Expr) -> list[Expr]:
    return [name for name in names_in(expr) if name.name.startswith("jump")]
