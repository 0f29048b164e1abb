"""The random numbers of NumPy's default generator, bit by bit, without NumPy: the same file is the same exercise.

NumPy promises that neither half changes: how a seed becomes a state (NEP 19) and the generator itself, PCG64.
"""

from __future__ import annotations

from collections.abc import Iterator

_32, _64, _128 = (1 << 32) - 1, (1 << 64) - 1, (1 << 128) - 1
_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645  # of PCG64 (O'Neill, 2014)
_POOL = 4  # words of 32 bits into which a seed is mixed


class Seeded:
    """``numpy.random.default_rng(seed)``, as far as it draws floats; ``seed`` is a whole number of 0 or more."""

    def __init__(self, seed: int) -> None:
        words = _words(int(seed), 8)
        start, sequence = (
            sum(word << (32 * place) for place, word in zip((2, 3, 0, 1), words[i : i + 4], strict=True))
            for i in (0, 4)
        )
        self._increment = (sequence << 1 | 1) & _128
        self._state = self._increment
        self._state = self._after(self._state + start)

    def _after(self, state: int) -> int:
        return (state * _MULTIPLIER + self._increment) & _128

    def uniform(self, low: float, high: float) -> float:
        """A float from [low, high), each of 2⁵³ steps as likely as any other."""
        self._state = self._after(self._state)
        mixed, turn = (self._state >> 64 ^ self._state) & _64, self._state >> 122
        bits = (mixed >> turn | mixed << (64 - turn)) & _64
        return low + (high - low) * ((bits >> 11) * 2.0**-53)


def _words(seed: int, number: int) -> list[int]:
    """So many words of 32 bits from a seed, which differ in about half their bits from those of any other seed.

    The mixing is Melissa O'Neill's seed_seq_fe ("Developing a seed_seq Alternative", 2015), as NumPy has it.
    """
    entropy = [seed >> shift & _32 for shift in range(0, max(1, seed.bit_length()), 32)]
    hashed = _hash(0x43B0D7E5, 0x931E8875)
    pool = [hashed(entropy[i] if i < len(entropy) else 0) for i in range(_POOL)]
    for i in range(_POOL):
        for j in range(_POOL):
            if i != j:
                pool[j] = _mixed(pool[j], hashed(pool[i]))
    for word in entropy[_POOL:]:
        for j in range(_POOL):
            pool[j] = _mixed(pool[j], hashed(word))
    hashed = _hash(0x8B51F9DD, 0x58F38DED)
    return [hashed(pool[i % _POOL]) for i in range(number)]


class _hash:
    """A function of words whose constant changes from one call to the next."""

    def __init__(self, start: int, multiplier: int) -> None:
        self._constants = _constants(start, multiplier)

    def __call__(self, word: int) -> int:
        before, after = next(self._constants)
        word = (word ^ before) * after & _32
        return word ^ word >> 16


def _constants(start: int, multiplier: int) -> Iterator[tuple[int, int]]:
    while True:
        after = start * multiplier & _32
        yield start, after
        start = after


def _mixed(x: int, y: int) -> int:
    result = (0xCA01F9DD * x - 0x4973F715 * y) & _32
    return result ^ result >> 16
