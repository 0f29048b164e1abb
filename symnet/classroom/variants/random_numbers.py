"""Whole numbers drawn from SHA-256: the same on every machine, every Python and in every version of symnet.

Python's own generator may change between versions, and papers that were printed must not.  The stream is this:

    part     its length in bytes of UTF-8, as 8 bytes, then those bytes
    seed     SHA-256 of "symnet.draws/1" and the parts, each written like that
    block i  SHA-256 of the seed and i as 8 bytes (i = 0, 1, …); a block is eight words of 32 bits

Every number is big-endian.  ``below(k)`` takes words until one is below the largest multiple of k that a word can hold,
and gives its remainder by k, so that every number below k is equally likely.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TypeVar

STREAM = "symnet.draws/1"
_WORDS = 2**32
# No vowels, so that no code is a word, and no signs that look like others.
_SIGNS = "23456789BCDFGHJKMNPQRSTVWXYZ"

T = TypeVar("T")


def digest(*parts: str) -> bytes:
    """SHA-256 of the parts, each with its length before it, so that ("ab", "c") is not ("a", "bc")."""
    total = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        total.update(len(raw).to_bytes(8, "big") + raw)
    return total.digest()


class Draws:
    """The stream of draws that the parts determine, such as an exercise, a student, a secret and a purpose."""

    def __init__(self, *parts: str) -> None:
        self._words = _words(digest(STREAM, *parts))

    def below(self, k: int) -> int:
        """A whole number from 0 to k − 1, each equally likely."""
        if not 1 <= k <= _WORDS:
            raise ValueError(f"below({k}): k must be from 1 to 2^32")
        end = _WORDS - _WORDS % k
        return next(word for word in self._words if word < end) % k

    def choice(self, items: Sequence[T]) -> T:
        """One of the items, each equally likely."""
        return items[self.below(len(items))]

    def code(self, length: int) -> str:
        """A code that is easy to read and to copy, such as 7K3FQX; a longer one begins with the shorter."""
        return "".join(self.choice(_SIGNS) for _ in range(length))


def _words(seed: bytes) -> Iterator[int]:
    i = 0
    while True:
        block = hashlib.sha256(seed + i.to_bytes(8, "big")).digest()
        for start in range(0, 32, 4):
            yield int.from_bytes(block[start : start + 4], "big")
        i += 1
