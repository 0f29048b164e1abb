"""Several numbers for one word: h=[0.5, 0.2689], h = 0,5; 0,25, grad(W)=[[1, 2], [3, 4]]."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

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
    _nothing_outside(word, text)
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


def spread_array(word: str, text: str, shape: Sequence[int]) -> list[str]:
    """The text of each entry of an array, row by row, where rows stand in brackets of their own.

    A vector may stand without brackets, or as a column, [[1], [2]]; a matrix marked with ᵀ is turned.  Raises Mistake,
    with the shape that is right and the one that was given.
    """
    if len(text) > LONGEST:
        raise Mistake(f"{word}: a list of {len(text):,} characters is too long")
    bare = _TURNED.sub("", text.strip())
    turned = bare != text.strip() and len(shape) > 1
    _nothing_outside(word, bare)
    rows = _rows(bare)
    wanted = (*shape[:-2], shape[-1], shape[-2]) if turned else tuple(shape)
    if len(shape) == 1 and isinstance(rows, list) and all(isinstance(row, str) for row in rows):
        rows = ", ".join(map(str, rows))
    found = list(_leaves(rows, wanted))
    if None in found or len(found) != math.prod(shape):
        sizes = _lengths(rows)
        is_told = sizes not in ((), (1,), wanted)
        exchanged = len(sizes) > 1 and sizes == (*wanted[:-2], wanted[-1], wanted[-2])
        given = f"{_shape(sizes)}{' turned' * turned} was given" if is_told else f"{shown(text)} was given"
        right = ", ".join(["[…]"] * min(shape[0], 3)) + ", …" * (shape[0] > 3)
        flat = len(shape) > 1 and len(sizes) < 2 and not bare.startswith(("[[", "{{"))
        says = f"; its rows go in brackets of their own, [{right}]" * flat
        says += "; rows and columns are exchanged" * exchanged
        raise Mistake(f"{word} has the shape {_shape(shape)}, and {given}{says}")
    texts = [str(one) for one in found]
    if turned:
        a, b = shape[-2:]
        texts = [texts[k * a * b + j * a + i] for k in range(len(texts) // (a * b)) for i in range(a) for j in range(b)]
    return texts


def _nothing_outside(word: str, text: str) -> None:
    """Raises Mistake where a list is a part of a formula, as [13, -2]/3 is: its numbers are not those of the list."""
    if not text.startswith(("[", "{")):
        return
    depth, outside = 0, ""
    for c in text:
        depth += (c in "[{") - (c in "]}")
        outside += c if depth <= 0 and c not in "]}" else ""
    if (more := outside.strip(" \t\n,;")) != "":
        raise Mistake(f"{word}: {shown(more)} stands outside the brackets of a list; give its numbers alone")


def _rows(text: str) -> list[Any] | str:
    """[["1, 2"], …]: what stands in the innermost brackets, nested as the brackets are."""
    text = text.strip()
    if text[:1] not in ("[", "{"):
        return text
    stack: list[list[Any]] = [[]]
    piece = ""
    for c in text.replace("{", "[").replace("}", "]"):
        if c == "[":
            stack.append([])
            piece = ""
        elif c == "]" and len(stack) > 1:
            done = stack.pop()
            stack[-1].append(done if done else piece.strip())
            piece = ""
        else:
            piece += c
    top: list[Any] | str = stack[0][0] if len(stack) == 1 and len(stack[0]) == 1 and not piece.strip() else text
    return top


def _leaves(rows: list[Any] | str, shape: Sequence[int]) -> Iterator[str | None]:
    """The numbers of the rows, None for a row that has not as many as it should."""
    if isinstance(rows, str):
        pieces = next((pieces for pieces in _ways(rows) if len(pieces) == shape[-1]), None) if len(shape) == 1 else None
        yield from pieces if pieces is not None else [None]
    elif len(rows) != shape[0] or len(shape) == 1:
        yield None
    else:
        for row in rows:
            yield from _leaves(row, shape[1:])


def _lengths(rows: list[Any] | str) -> tuple[int, ...]:
    """The shape of what was given, () where it has none."""
    if isinstance(rows, str):
        counted = max((len(pieces) for pieces in _ways(rows)), default=0)
        return (counted,) if counted > 1 else (1,) if counted else ()
    inner = {_lengths(row) for row in rows}
    return (len(rows), *inner.pop()) if len(inner) == 1 else ()


def _shape(lengths: Sequence[int]) -> str:
    return f"({lengths[0]},)" if len(lengths) == 1 else f"({', '.join(map(str, lengths))})"


def _ways(text: str) -> list[list[str]]:
    """The numbers of a list, split at commas and semicolons, at spaces too, or where commas are decimal."""
    inside = _BRACKET.sub(" ", text)
    ways = ([piece.strip() for piece in apart.split(inside) if piece.strip()] for apart in _APART)
    return [pieces for pieces in ways if pieces and all(map(digits_of, pieces))]


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(keys[:_NAMED]) + ", …" * (len(keys) > _NAMED)
