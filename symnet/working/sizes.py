"""Layers whose sizes are asked, in words and whole numbers: convolution, 6 filters of 5 × 5; 6 × 28 × 28; 117,600."""

from __future__ import annotations

import re
from collections.abc import Iterable

from symnet.algebra.sized import Sized
from symnet.notation.maths import Maths, Number, Operator, joined
from symnet.working.work import Work

_BY = Operator("×")
_ONE = re.compile(r"(?<![\d.,])1 (filter|unit|hidden unit|word|feature)s\b")
_NAME = re.compile(r"\{(\w+)\}")


def digits(work: Work, name: str) -> str:
    """The digits of a whole number, in threes."""
    return f"{int(work.values[name]):,}"  # type: ignore[arg-type]


def shape(work: Work, names: Iterable[str]) -> Maths:
    """Lengths as they are written: 6 × 28 × 28."""
    return joined([Number(digits(work, name)) for name in names], _BY)


def said(work: Work, layer: Sized) -> str:
    """A layer in words with its numbers: convolution, 6 filters of 5 × 5, stride 1."""
    words = _NAME.sub(lambda name: digits(work, layer.numbers[name[1]]), layer.says)
    words = _ONE.sub(r"1 \1", words).replace(" × ", "\u00a0×\u00a0")
    return f"{words} ({layer.count} of these; count one)" if layer.count > 1 else words
