"""What a person may have done instead: the other slips that give the same numbers as the likeliest one.

A mistake is made wherever it can be made, by most who make it.  So the whole sheet tells alternatives apart that give
the same number at one place: what they would have done at other places, to numbers that are right there, or wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

from symnet.diagnosis.evidence import Evidence
from symnet.diagnosis.hypotheses import Hypothesis

MOST_SLIPS = 4  # named for one number, where several give it
CHANCE = 0.03  # beyond which a hypothesis may have met the number by accident


def others(evidence: Evidence, best: Hypothesis, explained: Sequence[str]) -> list[Hypothesis]:
    """The other hypotheses that give the same answers: of every other slip the first, of the same one other places.

    Who may have made a slip everywhere need not be told that one place is enough, nor be told one thing in the words of
    two slips, nor of a slip that the rest of the sheet speaks against.
    """
    found: dict[str, Hypothesis] = {}
    sheet = _Sheet(evidence, best)
    for hypothesis in evidence.hypotheses.hypotheses:
        if hypothesis.id == best.id and best.slipped.is_everywhere:
            continue
        met = all(hypothesis in evidence.met[key] for key in explained)
        if met and _as_good(evidence, hypothesis, best, explained) and not sheet.refutes(hypothesis):
            found.setdefault(hypothesis.says if hypothesis.id == best.id else hypothesis.id, hypothesis)
    found.pop(best.says, None)
    told = [best]
    for hypothesis in found.values():
        known = (other for other in told if other.id != hypothesis.id)
        if len(told) < MOST_SLIPS and not any(evidence.hypotheses.are_one(other, hypothesis) for other in known):
            told.append(hypothesis)
    return told[1:]


def _as_good(evidence: Evidence, hypothesis: Hypothesis, best: Hypothesis, explained: Sequence[str]) -> bool:
    """Whether nothing speaks against a hypothesis beside the best; no way of rounding is likelier than another."""
    if evidence.against(hypothesis) > evidence.against(best):
        return False
    return (best.is_rounding and hypothesis.is_rounding) or evidence.accident(hypothesis, explained) <= CHANCE


class _Sheet:
    """What the other numbers of a sheet say of a slip beside the ``best``, at whichever of its places."""

    def __init__(self, evidence: Evidence, best: Hypothesis) -> None:
        self.evidence, self.best = evidence, best
        self._roots = [key for key in evidence.wrong if key not in evidence.written.follows]

    def refutes(self, hypothesis: Hypothesis) -> bool:
        """Whether the best explains more, or right numbers show that only the other was not made at other places."""
        id, best = hypothesis.id, self.best.id
        if id == best or self.best.is_rounding:
            return False
        return self._explained_by(id) < self._explained_by(best) or (
            self._is_seen_not_made(id) and not self._is_seen_not_made(best)
        )

    def _explained_by(self, id: str) -> set[str]:
        """The wrong answers that a slip gives, but for those that follow from others."""
        return {key for key in self._roots if any(hypothesis.id == id for hypothesis in self.evidence.met[key])}

    def _is_seen_not_made(self, id: str) -> bool:
        """Whether the slip would have changed a right answer at any of its places."""
        places = [hypothesis for hypothesis in self.evidence.hypotheses.hypotheses if hypothesis.id == id]
        return any(self.evidence.contradicted(hypothesis) for hypothesis in places)
