"""What ``symnet quality`` tells the author of a sheet: which slips its numbers cannot see, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from symnet.algebra.mistakes import Mistake
from symnet.sheets.asked import asked_keys
from symnet.sheets.document import Block, Document, Paragraph, Table, Text
from symnet.sheets.formats import text
from symnet.sheets.worksheet import Exercise
from symnet.working.proposals import Proposals
from symnet.working.quality import Proposal, Quality, Survey
from symnet.working.slips import CATALOGUE
from symnet.working.stories import Stories

SIGNS = {"visible": "✓", "tied": "=", "hidden": "✗", "": ""}
WIDEST = 8  # quantities side by side


def quality(exercise: Exercise) -> Quality:
    """The table slip × quantity of an exercise: ``.cells["no-input"]["grad(w13)"].state`` is "hidden".

    ``.proposals`` are other numbers that show what its own hide: ``.proposals[0].change`` is {"x1": "3"}.

    Raises Mistake where its questions ask for no numbers.
    """
    keys = asked_keys(exercise)
    if not keys:
        raise Mistake(f"{exercise.name}: its questions ask for no number that a slip could change")
    problem = exercise.problem
    try:
        survey = Survey(Stories(problem, keys), problem, keys)
        return replace(survey.table(), proposals=Proposals(survey).all())
    except Mistake as mistake:
        raise Mistake(f"{exercise.name}: {mistake}") from None


def as_json(exercise: Exercise) -> str:
    """One line of JSON, ``symnet.quality/1``."""
    found = quality(exercise)
    slips = {
        id: {
            "did": CATALOGUE[id].did_at(""),
            "quantities": {
                key: {"state": cell.state or "none", "ties": list(cell.ties), "why": cell.why}
                for key, cell in row.items()
            },
        }
        for id, row in found.cells.items()
    }
    counts = {state or "none": found.count(state) for state in SIGNS}
    proposals = [
        {
            "change": dict(proposal.change),
            "instead": dict(proposal.instead),
            "shows": _as_objects(proposal.shows),
            "hides": _as_objects(proposal.hides),
            "revives": list(proposal.revives),
        }
        for proposal in found.proposals
    ]
    head = {"schema": "symnet.quality/1", "file": exercise.name, "counts": counts}
    return json.dumps({**head, "slips": slips, "proposals": proposals})


def as_text(exercise: Exercise) -> str:
    """The table as text, and below it every slip that is hidden by a number, with that number."""
    found = quality(exercise)
    return text.render(Document(f"What the numbers of {exercise.title!r} can see", tuple(_blocks(found)))).rstrip()


def _blocks(found: Quality) -> Iterator[Block]:
    shown, tied, hidden = (found.count(state) for state in ("visible", "tied", "hidden"))
    yield Paragraph(
        (
            f"{shown + tied + hidden} pairs of a slip and a quantity that it could change: {shown} visible (✓), "
            f"{tied} give the same number as another slip (=; --json says which), {hidden} hidden: the slip gives the "
            "right number (✗).",
        )
    )
    for start in range(0, len(found.keys), WIDEST):
        keys = found.keys[start : start + WIDEST]
        rows: list[tuple[Text, ...]] = []
        for id, row in found.cells.items():
            if any(row[key].state for key in keys):
                rows.append(((id,), *((SIGNS[row[key].state],) for key in keys)))
        if rows:
            yield Table((("slip",), *((key,) for key in keys)), tuple(rows))
    for why, pairs in _reasons(found).items():
        said = "; ".join(f"{id} in {', '.join(keys)}" for id, keys in pairs.items())
        yield Paragraph((f"Hidden {f'because {why}' if why else 'by several numbers together'}: {said}.",))
    for proposal in found.proposals:
        yield Paragraph((_said(proposal),))


def _said(proposal: Proposal) -> str:
    """What the author is told: "x1 = 3 instead of 1 shows no-input in grad(w13)."."""
    change = " and ".join(f"{name} = {x} instead of {proposal.instead[name]}" for name, x in proposal.change.items())
    shows = _listed(proposal.shows)
    verb = "shows" if len(proposal.change) == 1 else "together show"
    if not proposal.revives:
        return f"{change} {verb} {shows}."
    units = " and ".join(proposal.revives)
    hides = _listed(proposal.hides)
    return (
        f"An option, for a dead unit may be the point: {change} makes {units} live and {verb} {shows}"
        f"{f', but hides {hides}' if hides else ''}."
    )


def _listed(pairs: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{id} in {', '.join(keys)}" for id, keys in _by_slip(pairs).items())


def _as_objects(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str | list[str]]]:
    return [{"slip": id, "quantities": keys} for id, keys in _by_slip(pairs).items()]


def _by_slip(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id, key in pairs:
        found.setdefault(id, []).append(key)
    return found


def _reasons(found: Quality) -> dict[str, dict[str, list[str]]]:
    """{why: {slip: [quantities]}}, the numbers an author can change first."""
    reasons: dict[str, dict[str, list[str]]] = {}
    for id, row in found.cells.items():
        for key, cell in row.items():
            if cell.state == "hidden":
                reasons.setdefault(cell.why, {}).setdefault(id, []).append(key)
    return dict(sorted(reasons.items(), key=lambda item: (not item[0], -sum(map(len, item[1].values())))))
