"""Several numbers for one word: h=[0.5, 0.2689], h = 0,5; 0,25, grad(W)=[[1, 2], [3, 4]]."""

from __future__ import annotations

import re
from collections.abc import Sequence

from symnet.algebra.mistakes import Mistake, shown
from symnet.diagnosis.digits import digits_of

LONGEST = 100_000  # characters of a list
_TURNED = re.compile(r"(?:\s*(?:\^\{?T\}?|ᵀ|\.T|⊤))\s*$")
_BRACKET = re.compile(r"[\[\](){}]")
_APART = (re.compile(r"[,;]"), re.compile(r"[,;\s]+"), re.compile(r"[;\s]+"), re.compile(r";"))
_NAMED = 6


def looks_like_a_list(text: str) -> bool:
    """Whether a text has square brackets around it, or numbers beside one another."""
    text = _TURNED.sub("", text.strip())
    if text.startswith(("[", "{")):
        return True
    return not digits_of(text) and any(len(pieces) > 1 for pieces in _ways(text))


def spread(word: str, text: str, entries: Sequence[tuple[str, tuple[int, ...]]], declared: Sequence[str]) -> list[str]:
    """The text of each number of a list, for the ``entries`` (key, index) of a word; raises Mistake.

    ``declared`` are the same keys in the order of the file: a list of a matrix's entries without rows of its own must
    leave no doubt about their order.
    """
    keys = [key for key, _ in entries]
    if len(text) > LONGEST:
        raise Mistake(f"{word}: a list of {len(text):,} characters is too long")
    text = _TURNED.sub("", text.strip())
    found = next((pieces for pieces in _ways(text) if len(pieces) == len(keys)), None)
    if found is None:
        counted = max((len(pieces) for pieces in _ways(text)), default=1)
        many = f"{counted} numbers were given" if counted > 1 else f"{shown(text)} was given"
        raise Mistake(f"{word} stands for {len(keys)} numbers, {_listed(keys)}, and {many}; or name one of them")
    rows = text.count("[") - 1 if text.startswith(("[[", "[ [")) else 0
    first = len({place[0] for _, place in entries})
    if rows and len({len(place) for _, place in entries}) == 1 and len(entries[0][1]) == 2 and rows != first:
        raise Mistake(f"{word} has {first} rows, {_listed(keys)}, and {rows} were given; a row is for a first index")
    if not rows and len(entries[0][1]) > 1 and list(declared) != keys:
        raise Mistake(f"{word}: in which order? Give rows, [[…], […]], in the order {_listed(keys)}, or name each")
    return found


def _ways(text: str) -> list[list[str]]:
    """The numbers of a list, split at commas and semicolons, at spaces too, or where commas are decimal."""
    inside = _BRACKET.sub(" ", text)
    ways = ([piece.strip() for piece in apart.split(inside) if piece.strip()] for apart in _APART)
    return [pieces for pieces in ways if pieces and all(map(digits_of, pieces))]


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(keys[:_NAMED]) + ", …" * (len(keys) > _NAMED)
