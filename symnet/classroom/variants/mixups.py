"""Which slips the numbers that were drawn mixed up, and at which numbers: what to leave out of [vary]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations

from symnet.diagnosis.separation import Mixed
from symnet.working.numbers import plain

MOST_KEPT = 200  # draws that are remembered
MOST_SAID, MOST_NUMBERS = 3, 8


class Mixups:
    """Draws that "slips differ" rejected, with what each of them did not tell apart."""

    def __init__(self) -> None:
        self._noted: list[tuple[Mapping[str, Fraction], Callable[[], Sequence[Mixed]]]] = []

    def note(self, numbers: Mapping[str, Fraction], mixed: Callable[[], Sequence[Mixed]]) -> None:
        """Remember a draw that was rejected, if there is room; ``mixed`` is asked when somebody wants to know."""
        if len(self._noted) < MOST_KEPT:
            self._noted.append((numbers, mixed))

    @property
    def draws(self) -> list[tuple[Mapping[str, Fraction], frozenset[Mixed]]]:
        """The numbers of each draw, and what they did not tell apart."""
        return [(numbers, frozenset(mixed())) for numbers, mixed in self._noted]

    def said(self) -> str:
        """What happens most: "no-next-weight gives the right grad(w13) (where w35 = 1), or the like, in 31 of 87"."""
        found: list[str] = []
        left = draws = self.draws
        while left and len(found) < MOST_SAID:
            by_slips = Counter(slips for _, mixed in left for slips in {each.slips for each in mixed})
            if not by_slips:
                break
            slips = max(by_slips, key=lambda slips: (by_slips[slips], slips))
            each_of = Counter(sorted(each for _, mixed in left for each in mixed if each.slips == slips))
            most = max(each_of, key=lambda each: (each_of[each], each.key.startswith("grad(")))
            having = [numbers for numbers, mixed in draws if any(each.slips == slips for each in mixed)]
            at = _common([numbers for numbers, mixed in draws if most in mixed], [n for n, _ in draws])
            found.append(f"{most} ({at}), or the like, in {len(having):,} of {len(draws):,}")
            left = [draw for draw in left if not any(each.slips == slips for each in draw[1])]
        return "; ".join(found)


def _common(having: Sequence[Mapping[str, Fraction]], every: Sequence[Mapping[str, Fraction]]) -> str:
    """What the numbers of some draws have in common and those of all have not, or the numbers of the first."""
    first = having[0]

    def is_common(name: str) -> bool:
        return len({numbers[name] for numbers in having}) == 1 < len({numbers[name] for numbers in every})

    fixed = [f"{name} = {plain(first[name])}" for name in first if is_common(name)]
    if fixed and len(having) > 1:
        return "where " + " and ".join(fixed[:2])
    for a, b in combinations(first, 2):
        same = [abs(numbers[a]) == abs(numbers[b]) for numbers in having]
        if all(same) and len(having) > 1 and not all(abs(numbers[a]) == abs(numbers[b]) for numbers in every):
            signs = all(numbers[a] == numbers[b] for numbers in having)
            return f"where {a} = {b}" if signs else f"where {a} is {b} but for the sign"
    return "as with " + ", ".join(f"{name} = {plain(x)}" for name, x in list(first.items())[:MOST_NUMBERS])
