"""What ``symnet quality`` tells the author of a sheet: which slips its numbers cannot see, and why."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from symnet.algebra.mistakes import Mistake
from symnet.classroom.variants.sampling import sampler_of
from symnet.diagnosis.hypotheses import Hypotheses
from symnet.diagnosis.proposals import Proposals
from symnet.diagnosis.quality import Cell, Proposal, Quality, Survey
from symnet.diagnosis.slips import CATALOGUE
from symnet.exercises.asked import asked_keys
from symnet.exercises.exercise import Exercise
from symnet.paper.document import Block, Document, Paragraph, Table, Text
from symnet.paper.formats import text
from symnet.waiting import Step, silent
from symnet.working.arrays import whole_of
from symnet.working.problem import Problem

SIGNS = {"visible": "✓", "tied": "=", "hidden": "✗", "": ""}
OF_ARRAYS = (
    "An array has one column: a slip that shows in one of its entries is seen. What is hidden in single entries alone "
    "is in --json."
)
WIDEST = 8  # quantities side by side
VARIANTS = 20  # that are drawn, where the file has [vary]


def quality(exercise: Exercise, step: Step = silent) -> Quality:
    """The table slip × quantity of an exercise: ``.cells["no-input"]["grad(w13)"].state`` is "hidden".

    ``.proposals`` are other numbers that show what its own hide: ``.proposals[0].change`` is {"x1": "3"}.

    Raises Mistake where its questions ask for no numbers.
    """
    keys = asked_keys(exercise)
    if not keys:
        raise Mistake(f"{exercise.name}: its questions ask for no number that a slip could change")
    problem = exercise.problem
    try:
        survey = Survey(Hypotheses(problem, keys), problem, keys, step)
        return replace(survey.table(), proposals=Proposals(survey).all())
    except Mistake as mistake:
        raise Mistake(f"{exercise.name}: {mistake}") from None


def as_json(exercise: Exercise, step: Step = silent) -> str:
    """One line of JSON, ``symnet.quality/1``."""
    found = quality(exercise, step)
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
    variants: dict[str, Any] = {}
    try:
        drawn = _drawn(exercise)
        if drawn is not None:
            variants = {"variants": {"drawn": VARIANTS, "hidden": drawn}}
    except Mistake as mistake:
        variants = {"variants": {"drawn": 0, "why": str(mistake)}}
    return json.dumps({**head, "slips": slips, "proposals": proposals, **variants})


def as_text(exercise: Exercise, step: Step = silent) -> str:
    """The table as text, and below it every slip that is hidden by a number, with that number."""
    found = quality(exercise, step)
    shown = by_arrays(found, exercise.problem)
    head = (_counted(found), *([Paragraph((OF_ARRAYS,))] if shown is not found else []))
    blocks = (*head, *_blocks(shown), *_of_variants(exercise))
    return text.render(Document(f"What the numbers of {exercise.title!r} can see", blocks)).rstrip()


def by_arrays(found: Quality, problem: Problem) -> Quality:
    """The table with one column for every array: what a slip shows in one entry of it, it shows."""
    label = {key: whole_of(key, problem.array_of) for key in found.keys}
    members: dict[str, list[str]] = {}
    for key in found.keys:
        members.setdefault(label[key], []).append(key)
    if len(members) == len(found.keys):
        return found
    cells = {id: {name: _together(row, keys) for name, keys in members.items()} for id, row in found.cells.items()}

    def grouped(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        return tuple(dict.fromkeys((id, label[key]) for id, key in pairs))

    proposals = (replace(p, shows=grouped(p.shows), hides=grouped(p.hides)) for p in found.proposals)
    return Quality(tuple(members), cells, tuple(proposals))


def _together(row: Mapping[str, Cell], keys: Sequence[str]) -> Cell:
    """What a slip does to the entries of an array: the most that can be seen of it."""
    return next((row[key] for state in SIGNS for key in keys if row[key].state == state), Cell(""))


def _drawn(exercise: Exercise) -> dict[str, int] | None:
    """{slip: in how many of the variants that [vary] draws it shows nowhere}; None without [vary]."""
    vary = exercise.vary
    if not (vary.names or vary.values or vary.require):
        return None
    sampler = sampler_of(exercise)
    drawn = [sampler.variant(str(i), "symnet quality").exercise.problem for i in range(VARIANTS)]
    count = Counter(slip for problem in drawn for slip in sampler.bench.separation.hidden(problem))
    return dict(sorted(count.items(), key=lambda item: -item[1]))


def _of_variants(exercise: Exercise) -> Iterator[Block]:
    try:
        drawn = _drawn(exercise)
    except Mistake as mistake:
        yield Paragraph((f"No variants can be drawn: {mistake}.",))
        return
    if drawn:
        said = ", ".join(f"{slip} in {count}" for slip, count in drawn.items())
        advice = 'require = ["slips show"] in [vary] leaves such numbers out'
        yield Paragraph((f"Of {VARIANTS} variants drawn as [vary] says, these slips show nowhere: {said}; {advice}.",))
    elif drawn is not None:
        yield Paragraph((f"In each of {VARIANTS} variants drawn as [vary] says, every common slip shows somewhere.",))


def _counted(found: Quality) -> Paragraph:
    shown, tied, hidden = (found.count(state) for state in ("visible", "tied", "hidden"))
    return Paragraph(
        (
            f"{shown + tied + hidden} pairs of a slip and a quantity that it could change: {shown} visible (✓), "
            f"{tied} give the same number as another slip (=; --json says which), {hidden} hidden: the slip gives the "
            "right number (✗).",
        )
    )


def _blocks(found: Quality) -> Iterator[Block]:
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
        f"An option, since a dead unit may be the point: {change} makes {units} live and {verb} {shows}"
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
