"""Lines by number: two ways of working are one where their lines have the same numbers."""

from __future__ import annotations

from collections.abc import Sequence

from symnet.algebra.equations import Equation


class Numbering:
    """Numbers lines, equal ones alike: thousands of ways have most of theirs in common, which are told by identity."""

    def __init__(self) -> None:
        self._by_id: dict[int, int] = {}
        self._by_line: dict[Equation, int] = {}
        self._kept: list[Equation] = []  # or another line might have the id of one that is gone

    def __call__(self, lines: Sequence[Equation] | None) -> tuple[int | None, ...] | None:
        if lines is None:
            return None
        numbers = tuple(map(self._by_id.get, map(id, lines)))
        if None not in numbers:
            return numbers
        for line in lines:
            if id(line) not in self._by_id:
                self._kept.append(line)
                self._by_id[id(line)] = self._by_line.setdefault(line, len(self._by_line))
        return tuple(self._by_id[id(line)] for line in lines)
