"""Is this hand work right, and if not, which slip gives these numbers?

All answers are weighed together.  An answer that is wrong but follows from an earlier wrong one is carried forward, and
no mistake of its own.  Of the hypotheses that give the others, the one that explains most of them wins, then the one
that contradicts fewest of the right answers, then the commoner slip.  A hypothesis whose number is only met to a few
digits must be unlikely to be met by chance, and one that a single number speaks for must be borne out by the others
(``taken_back``); where none is left nothing is said, because a wrong diagnosis is worse than
none, but that the digits are those of the right number and something is wrong with how it is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from symnet.computing.exact import Value
from symnet.computing.rounding import Rounding
from symnet.diagnosis.alternatives import CHANCE, others
from symnet.diagnosis.answer import NEARLY, Answer, read_number
from symnet.diagnosis.batch_reading import as_meant, readings
from symnet.diagnosis.copied import copied
from symnet.diagnosis.evidence import Evidence, digits_shown
from symnet.diagnosis.handwork import Handwork
from symnet.diagnosis.hypotheses import Hypotheses, Hypothesis, one_of_each
from symnet.diagnosis.lapses import lapse
from symnet.diagnosis.misprints import CATALOGUE as MISPRINTS
from symnet.diagnosis.misprints import misprint
from symnet.diagnosis.places import by_slip
from symnet.diagnosis.slips import CATALOGUE
from symnet.diagnosis.taken_back import taken_back
from symnet.diagnosis.term_points import misplaced_point
from symnet.working.problem import Problem

UNLIKELY = CHANCE / 10  # the same where half as many answers speak against the hypothesis
FOLLOWING = 3  # answers that follow from a number, from where on it was meant as it is written
LIKELY = 0.5  # the same for a way of rounding that right numbers show


@dataclass(frozen=True)
class Explained:
    """One cause of a number: an id, a sentence, and the ``hypothesis`` where it is a slip.

    ``beside`` is what the sentence says beside the slip itself.
    """

    id: str
    says: str
    hypothesis: Hypothesis | None = None
    beside: str = ""


@dataclass(frozen=True)
class Verdict:
    """What is said of one answer.

    ``carried`` are the earlier wrong answers that it follows from; ``slips`` the causes found, the likeliest first.
    ``vague`` says that a slip gives this number, but that so few digits may be met by accident.
    """

    key: str
    given: str
    right: Value
    verdict: str  # "right", "rounded" or "wrong"
    slips: tuple[Explained, ...] = ()
    carried: tuple[str, ...] = ()
    vague: bool = False

    @property
    def follows(self) -> bool:
        """Whether the method is right here: it follows from an own number further up, or is off by rounding there."""
        first = self.slips[0].id if self.slips else ""
        return first == "carried" or first.startswith(("rounded-", "truncated-"))

    def renamed(self, names: Mapping[str, str]) -> Verdict:
        """The verdict with the ``names`` of keys that are its keys now."""
        slips = list(self.slips)
        for key, name in names.items():
            slips = [replace(slip, says=slip.says.replace(f"{key} = ", f"{name} = ")) for slip in slips]
        carried = tuple(names.get(key, key) for key in self.carried)
        return replace(self, key=names.get(self.key, self.key), slips=tuple(slips), carried=carried)


def diagnose(hypotheses: Hypotheses, problem: Problem, answers: Mapping[str, str]) -> dict[str, Verdict]:
    """The verdict on every answer, in the order of the work.

    In a batch the answers are read in the way that makes all of them right; where none does, as those of the first
    example if causes are found for all of these, else in the way that explains most.
    Raises Mistake for an unknown key, a text that is no number, and an exercise that has no values itself.
    """
    ways = readings(hypotheses, problem.loss, answers)
    if len(ways) > 1:
        right = hypotheses.right(problem)
        fits = [sum(bool(answer.matches(right[key])) for key, answer in way.given.items()) for way in ways]
        most = len(answers) if len(answers) in fits else fits[0]
        ways = [way for way, fit in zip(ways, fits, strict=True) if fit >= most]
    best: dict[str, Verdict] = {}
    for way in ways:
        found = _diagnosed(hypotheses, problem, way.given)
        if not best or _explained(found) > _explained(best):
            best = {way.own_keys.get(key, key): verdict.renamed(way.own_keys) for key, verdict in found.items()}
        if _explained(best)[0] == len(answers):
            break
    return best


def _explained(verdicts: Mapping[str, Verdict]) -> tuple[int, int, int]:
    """How many answers are right or have a cause, are right, and follow from another."""
    wrong = [verdict for verdict in verdicts.values() if verdict.verdict == "wrong"]
    right, causes = len(verdicts) - len(wrong), sum(bool(verdict.slips) for verdict in wrong)
    return right + causes, right, sum(bool(verdict.carried) for verdict in wrong)


def _diagnosed(hypotheses: Hypotheses, problem: Problem, given: Mapping[str, Answer]) -> dict[str, Verdict]:
    right = hypotheses.right(problem)
    given = as_meant(problem, given, right)
    how = {key: answer.matches(right[key]) for key, answer in given.items()}
    for key, value in hypotheses.unrounded(problem).items() if not all(how.values()) else ():
        if key in given and not how[key] and given[key].matches(value):
            how[key] = "unrounded"
    verdicts = {}
    wrong = [key for key in given if not how[key]]
    evidence = Evidence(Handwork(hypotheses, problem, given, right, wrong)) if wrong else None
    causes = _causes(evidence) if evidence is not None else {}
    for key, answer in given.items():
        if how[key] == "exact":
            verdicts[key] = Verdict(key, answer.text, right[key], "right")
        elif how[key]:
            way = Explained(how[key], NEARLY[how[key]].says)
            verdicts[key] = Verdict(key, answer.text, right[key], "rounded", (way,))
        else:
            slips, carried = causes[key]
            if not slips and evidence is not None:
                slips = _misprinted(evidence, key) or _copied(evidence, key)
            vague = not slips and evidence is not None and bool(evidence.met[key])
            verdicts[key] = Verdict(key, answer.text, right[key], "wrong", slips, carried, vague)
    return verdicts


def _misprinted(evidence: Evidence, key: str) -> tuple[Explained, ...]:
    answer, right, start = evidence.given[key], evidence.right[key], evidence.problem.start.get(key)
    used = sum(key in roots for roots in evidence.written.follows.values()) >= FOLLOWING
    id = misprint(answer, right, start, used)
    if id:
        return (Explained(id, MISPRINTS[id]),)
    own = evidence.written.as_written.get(key, right)
    id = misprint(answer, own, start)
    return (
        (Explained(id, f"With your own numbers above it: {MISPRINTS[id][0].lower()}{MISPRINTS[id][1:]}"),) if id else ()
    )


def _copied(evidence: Evidence, key: str) -> tuple[Explained, ...]:
    if evidence.met[key]:
        return ()
    for id, says in (("copied-digits", copied(evidence, key)), ("point-of-term", misplaced_point(evidence, key))):
        if says:
            return (Explained(id, says),)
    return ()


def _causes(evidence: Evidence) -> dict[str, tuple[tuple[Explained, ...], tuple[str, ...]]]:
    """{key: (causes, the earlier wrong answers it follows from)} for every wrong answer."""
    follows = evidence.written.follows
    chosen: dict[str, tuple[Hypothesis, ...]] = {}
    left = [key for key in evidence.wrong if key not in follows]
    while left:
        # Nobody rounds in two ways at once.
        rounds = any(hypotheses[0].is_rounding for hypotheses in chosen.values())
        best = _best(evidence, left, list(follows), rounds)
        if best is None:
            break
        explained = [key for key in left if best in evidence.met[key]]
        for key in explained:
            chosen[key] = (best, *others(evidence, best, explained))
        left = [key for key in left if key not in explained]
    follows |= {key: before for key in left if (before := evidence.written.follows_closely(key))}
    left = [key for key in left if key not in follows]
    left += taken_back(evidence, chosen, lambda key: bool(_misprinted(evidence, key)))
    rounding = next((hypotheses[0] for hypotheses in chosen.values() if hypotheses[0].is_rounding), None)
    causes: dict[str, tuple[tuple[Explained, ...], tuple[str, ...]]] = {}
    for key in evidence.wrong:
        before = follows.get(key, ())
        roots = (chosen[root][0] for root in before if root in chosen)
        hypotheses = chosen.get(key) or tuple(hypothesis for hypothesis in roots if hypothesis in evidence.met[key])[:1]
        if not hypotheses and not before:  # what a slip that is told already gives exactly, no rounding need explain
            known = dict.fromkeys(first for first, *_ in chosen.values() if not first.is_rounding)
            hypotheses = tuple(hypothesis for hypothesis in known if evidence.gives(hypothesis, key))[:1]
        causes[key] = tuple(_explained_by(evidence, s, did) for s, did in by_slip(hypotheses)), before
        if not hypotheses and left == [key] and (found := lapse(evidence, key)) is not None:
            causes[key] = (_lapsed(*found),), before
        elif not hypotheses and (before or key in evidence.written.rounded):
            cause = _carried(evidence, key, before) if before else _rounded_above(evidence, key, rounding)
            causes[key] = (cause,) if cause is not None else (), before
    return causes


def _explained_by(evidence: Evidence, hypothesis: Hypothesis, did: str) -> Explained:
    beside = _beside(evidence, hypothesis)
    return Explained(hypothesis.id, f"You {did}.{beside}", hypothesis, beside.strip())


def _lapsed(hypothesis: Hypothesis, did: str) -> Explained:
    alone = "The lines beside it are right."
    return Explained(hypothesis.id, f"You {did}. {alone}", hypothesis, alone)


def _beside(evidence: Evidence, hypothesis: Hypothesis) -> str:
    """What is said beside a slip: what is wrong with it here, or how it would be right.

    Many books write δ for −∂Loss/∂x; with it the new weights come out right.
    """
    right = evidence.given.keys() & evidence.problem.start.keys() - {*evidence.wrong}
    if hypothesis.id == "not-updated" and any(
        hypothesis in evidence.met[key] and read_number(evidence.given[key].text, key).matches(evidence.right[key])
        for key in evidence.wrong
    ):
        return " If you did update it, give digits enough to show that."
    if hypothesis.id == "wrong-error-sign" and right & evidence.contradicted(hypothesis):
        return " If you write it for minus the gradient, as many do for δ, it is right: the new weights are."
    because = hypothesis.slipped.because
    return f" {because}" if because else ""


def _carried(evidence: Evidence, key: str, before: Sequence[str]) -> Explained:
    """Right, given the first wrong numbers; where those between them are rounded too, given the nearest ones."""
    named = before if evidence.written.follows_from(key, before) else evidence.written.nearest(key) or before
    said = ", ".join(f"{other} = {evidence.given[other].text}" for other in named[:3])
    also = " and the other numbers as you wrote them" if key in evidence.written.with_all or len(named) > 3 else ""
    return Explained("carried", f"Right, given your {said}{also}.")


def _rounded_above(evidence: Evidence, key: str, told: Hypothesis | None) -> Explained | None:
    """The cause of a number that follows from the rounded numbers above it; ``told`` is how the person rounds.

    None where none of them enters it.
    """
    if told is not None:
        return Explained(told.id, told.says, told)
    forward = evidence.problem.network.by_name.keys()
    right = evidence.given.keys() - {key, *evidence.wrong}
    seen = [other for other in evidence.given if other in (evidence.hypotheses.above(key) | forward) & right]
    places, places_back = (
        max((evidence.given[other].decimals for other in seen if (other in forward) == ahead), default=0)
        for ahead in (True, False)
    )
    # Who writes more digits in the backward pass rounded the forward pass alone, as far as can be seen.
    alone = places and places < max(places_back, evidence.given[key].decimals)
    lines = [other for other in seen if other in forward] if alone else seen
    how = {other: evidence.given[other].matches(evidence.right[other]) for other in lines}
    cut = "truncated" in how.values() and not any(evidence.written.is_rounded_up(other) for other in lines)
    slip = CATALOGUE[f"{'truncated' if cut else 'rounded'}-{'forward' if alone else 'lines'}"]
    kept = [other for other in lines if how[other] != "exact"]
    exact = [number for other in lines if other not in kept and (number := evidence.given[other].number) is not None]
    for significant in (False, True):
        digits = max((digits_shown(evidence.given[other], significant) for other in kept), default=0)
        rounding = Rounding(digits, significant, cut, bool(alone))
        if not digits or any(rounding(number) != number for number in exact):  # a line of more digits than that
            continue
        if all(evidence.written.is_kept_as(other, rounding) for other in kept):
            return Explained(slip.id, f"You {slip.did_at(f'to {rounding}')}.")
    entering = [other for other in kept if other in evidence.hypotheses.above(key)]
    near = [other for other in evidence.hypotheses.inputs(key) if other in kept] or entering[-3:]
    if not near:
        return None
    said = ", ".join(f"{other} = {evidence.given[other].text}" for other in near[:3])
    return Explained(slip.id, f"Right, given your {said}, {'cut off' if cut else 'rounded'} as you wrote it down.")


def _best(evidence: Evidence, left: Sequence[str], carried: Sequence[str], rounds: bool) -> Hypothesis | None:
    """The hypothesis that explains most of the answers that are left, contradicts fewest others, and is commonest.

    ``rounds`` says that a hypothesis of rounding has been told already.
    """
    best: tuple[float, ...] | None = None
    found: Hypothesis | None = None
    count = Counter(hypothesis for key in left for hypothesis in evidence.met[key])
    for place, hypothesis in enumerate(evidence.hypotheses.hypotheses):
        explained = count[hypothesis]
        if not explained or (rounds and hypothesis.is_rounding):
            continue
        accident, against = evidence.accident(hypothesis, left), evidence.against(hypothesis)
        most = LIKELY if evidence.is_seen(hypothesis) else CHANCE
        # What is met to a few digits alone must not be contradicted by the rest, and the less the looser it is met.
        groups = evidence.groups(hypothesis, left)
        doubts = evidence.doubts(hypothesis, left)
        loose = not hypothesis.is_rounding and (accident > UNLIKELY or evidence.is_vague(hypothesis, left))
        doubtful = doubts > len(groups) or (loose and 2 * doubts >= explained)
        if accident > most or (doubtful and (hypothesis.is_rounding or not all(group.long for group in groups))):
            continue
        certain = not accident and not hypothesis.is_rounding
        also = sum(hypothesis in evidence.met[key] for key in carried)
        # What gives every digit comes before what gives them but for noise.
        inexact = sum(evidence.met[key][hypothesis].chance > 0 for key in left if hypothesis in evidence.met[key])
        score = (explained, certain, -against, -inexact, -accident, also, -place)
        if best is None or score > best:
            best, found = score, hypothesis
    return found


def told(verdicts: Mapping[str, Verdict]) -> Iterator[tuple[Hypothesis, ...]]:
    """The slips that explain a person's answers, each once, the first first, with the others that it may be instead."""
    seen = set()
    for verdict in verdicts.values():
        hypotheses = one_of_each(cause.hypothesis for cause in verdict.slips if cause.hypothesis is not None)
        if hypotheses and verdict.slips[0].hypothesis is hypotheses[0] and hypotheses[0] not in seen:
            seen.add(hypotheses[0])
            yield hypotheses
