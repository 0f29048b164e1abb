"""One slip at several places that give the same number, in one phrase: (second term of x3, or first term of x5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from symnet.diagnosis.hypotheses import Hypothesis

MOST = 3  # places in one phrase
_WORD = re.compile(r"\w+")


def by_slip(hypotheses: Iterable[Hypothesis]) -> Iterator[tuple[Hypothesis, str]]:
    """The first hypothesis of every slip, and what the person did, at whichever of its places."""
    groups: dict[str, list[Hypothesis]] = {}
    for hypothesis in hypotheses:
        groups.setdefault(hypothesis.id, []).append(hypothesis)
    for first, *others in groups.values():
        # Who rounds does so in one way; who may have made a slip everywhere need not be told.
        also = (
            []
            if first.is_rounding
            else [hypothesis.at for hypothesis in others if not hypothesis.slipped.is_everywhere]
        )
        yield first, first.slip.did_at(together([first.at, *also]))


def together(places: Sequence[str]) -> str:
    """The places, those left out that only add to one that is named already or say less than it does."""
    kept: list[str] = []
    for place in places:
        words = {*_WORD.findall(place)}
        if not any(words < other or other < words or place == named for named, other in _with_words(kept)):
            kept.append(place)
    kept = kept[:MOST]
    if len(kept) > 1 and all(place.startswith("(") and place.endswith(")") for place in kept):
        return f"({', or '.join(place[1:-1] for place in kept)})"
    return ", or ".join(kept)


def _with_words(places: Iterable[str]) -> Iterator[tuple[str, set[str]]]:
    return ((place, {*_WORD.findall(place)}) for place in places)
