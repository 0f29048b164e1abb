"""What people get wrong, as check, mark and quality name it."""

from __future__ import annotations

from symnet.diagnosis import slips
from symnet.reference.entries import Entry, told

ORDER = 8
SAYS = "What people get wrong: the id of every slip that is known, and what it says the person did."


def entries() -> tuple[Entry, ...]:
    themes = {value: theme for theme in slips.THEMES for value in vars(theme).values() if callable(value)}
    return tuple(_entry(slip, told(themes.get(slip.rewrite))[0]) for slip in slips.CATALOGUE.values())


def _entry(slip: slips.Slip, theme: str) -> Entry:
    _, more = told(slip.rewrite)
    often = ("One of the common ones: it is believed for fewer digits.",) if slip.id in slips.COMMON else ()
    where = (f"Among: {theme[:1].lower()}{theme[1:]}",) if theme else ()
    example = "symnet quality FILE" if not slip.id else f"symnet quality FILE    # says whether {slip.id} shows there"
    start = "sizes" if slip.of_sizes else "relu"
    return Entry(slip.id, f"The person {slip.did_at('')}.", (*more, *often, *where), (), example, start)
