"""What one number alone speaks for, taken back where what the person did around it is not known.

Of the numbers that somebody wrote and the right ones so many others can be made that one of a few digits, or a small
whole one, is met by accident.  So a slip that explains one number, with which nobody goes on, is not told

- below a wrong number without a cause that nobody goes on with,
- where its line in the forward pass reads a number that another slip made, and was not worked with it, or
- where such numbers without a cause clearly outnumber those that have one.
"""

from __future__ import annotations

from collections.abc import Callable

from symnet.diagnosis.evidence import Evidence
from symnet.diagnosis.hypotheses import Hypothesis

Chosen = dict[str, tuple[Hypothesis, ...]]  # {key: the slip that explains it, and others that it may be instead}

CLEARLY = 2  # times as many numbers without a cause as with one


def taken_back(evidence: Evidence, chosen: Chosen, is_misprint: Callable[[str], bool]) -> list[str]:
    """Take from ``chosen`` what one number alone speaks for and the others do not bear out; the keys taken."""
    follows, taken = evidence.written.follows, list[str]()
    roots = {root for before in follows.values() for root in before}
    while True:
        left = {*evidence.wrong} - chosen.keys() - follows.keys() - roots
        without = {key for key in left if not is_misprint(key)}
        invented = len(without) > CLEARLY * len({*evidence.wrong} - left)
        alone = []
        for key, (best, *_) in chosen.items():
            if best.is_rounding or key in roots or _others_of(evidence, chosen, key):
                continue
            own = evidence.met[key][best].own
            if (
                invented
                or any(_stands_above(evidence, other, key, own) for other in without)
                or any(_contradicts(evidence, chosen, other, key) for other in chosen)
            ):
                alone.append(key)
        if not alone:
            return taken
        for key in alone:
            del chosen[key]
        taken += alone


def _others_of(evidence: Evidence, chosen: Chosen, key: str) -> list[str]:
    """The other numbers that the slip of a number explains, but those that it cannot explain together with it."""
    best = chosen[key][0]
    alike = [other for other, (slip, *_) in chosen.items() if slip is best and other != key]
    return [o for o in alike if not _is_at_odds(evidence, best, o, key) and not _is_at_odds(evidence, best, key, o)]


def _is_at_odds(evidence: Evidence, slip: Hypothesis, above: str, key: str) -> bool:
    """Whether a slip gives a number with the right ones above it alone, and one of these as another is written.

    So it gives y = 16 of a person's own h = 7, and the error y − t of the y that it makes of the right h.
    """
    if above not in evidence.hypotheses.above(key) or not evidence.met[above][slip].own:
        return False
    return _is_pure(evidence, slip, key)


def _is_pure(evidence: Evidence, slip: Hypothesis, key: str) -> bool:
    """Whether a slip gives a number with the right ones above it, and not with the person's own."""
    if evidence.met[key][slip].own:
        return False
    answer = evidence.given[key]
    return not any(key in view.should_be and answer.matches(view.values(slip)[key]) for view in evidence.views[1:])


def _contradicts(evidence: Evidence, chosen: Chosen, other: str, key: str) -> bool:
    """Whether another slip made a number that the line of this one reads, of which the slip here knows nothing.

    In the forward pass alone, where one number is found from the one before; a gradient may have been taken from
    another page, and between numbers that are further apart there are lines that nobody has seen.
    """
    if key not in evidence.problem.network.by_name or other not in evidence.hypotheses.inputs(key):
        return False
    if chosen[other][0] is chosen[key][0]:
        return False
    if not _stands_above(evidence, other, key, own=False):
        return False
    return len(evidence.views) > 1 and _is_pure(evidence, chosen[key][0], key)


def _stands_above(evidence: Evidence, other: str, key: str, own: bool) -> bool:
    """Whether a person went on with a wrong number to this one, as far as can be seen: no right number follows it."""
    above = evidence.hypotheses.above
    if other == key or other not in above(key):
        return False
    return own or not any(other in above(good) for good in evidence.given if good not in evidence.wrong)
