"""Is this hand work right, and if not, which slip gives these numbers?

All answers are weighed together.  An answer that is wrong but follows from an earlier wrong one is carried forward, and
no mistake of its own.  Of the stories that give the others, the one that explains most of them wins, then the one that
contradicts fewest of the right answers, then the commoner slip.  A story whose number is only met to a few digits must
be unlikely to be met by chance; where none is left nothing is said, because a wrong diagnosis is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.computing.exact import Value
from symnet.computing.rounding import Rounding
from symnet.working.evidence import Evidence
from symnet.working.given import NEARLY, Given, read_number
from symnet.working.problem import Problem
from symnet.working.slips import CATALOGUE
from symnet.working.stories import Stories, Story

MOST_SLIPS = 4  # named for one number, where several give it
CHANCE = 0.03  # beyond which a story may have met the number by accident
LIKELY = 0.5  # the same for a way of rounding that right numbers show


@dataclass(frozen=True)
class Explained:
    """One cause of a number: an id, a sentence, and the ``story`` where it is a slip."""

    id: str
    says: str
    story: Story | None = None


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


def read_answers(stories: Stories, answers: Mapping[str, str]) -> dict[str, Given]:
    """The numbers of the answers, in the order of the work; raises Mistake for a key or a number that is none.

    A bare 0 is meant to as many decimals as the other numbers: nobody writes out its zeros.
    """
    for key in answers:
        if key not in stories.keys:
            raise Mistake(
                f"{shown(key)} is not a quantity of this exercise, where a name is its value, grad(name) its gradient "
                f"and a parameter its new value{suggestion(key, stories.keys)}"
            )
    given = {key: read_number(answers[key], key) for key in stories.keys if key in answers}
    places = max((answer.decimals for answer in given.values()), default=0)
    return {
        key: replace(answer, unit=Fraction(1, 10**places)) if answer.is_bare_zero else answer
        for key, answer in given.items()
    }


def diagnose(stories: Stories, problem: Problem, answers: Mapping[str, str]) -> dict[str, Verdict]:
    """The verdict on every answer, in the order of the work.

    Raises Mistake for an unknown key, a text that is no number, and an exercise that has no values itself.
    """
    given = read_answers(stories, answers)
    right = stories.right(problem)
    how = {key: answer.matches(right[key]) for key, answer in given.items()}
    for key, value in stories.unrounded(problem).items() if not all(how.values()) else ():
        if key in given and not how[key] and given[key].matches(value):
            how[key] = "unrounded"
    verdicts = {}
    wrong = [key for key in given if not how[key]]
    evidence = Evidence(stories, problem, given, right, wrong) if wrong else None
    causes = _causes(evidence) if evidence is not None else {}
    for key, answer in given.items():
        if how[key] == "exact":
            verdicts[key] = Verdict(key, answer.text, right[key], "right")
        elif how[key]:
            way = Explained(how[key], NEARLY[how[key]].says)
            verdicts[key] = Verdict(key, answer.text, right[key], "rounded", (way,))
        else:
            slips, carried = causes[key]
            vague = not slips and evidence is not None and bool(evidence.met[key])
            verdicts[key] = Verdict(key, answer.text, right[key], "wrong", slips, carried, vague)
    return verdicts


def _causes(evidence: Evidence) -> dict[str, tuple[tuple[Explained, ...], tuple[str, ...]]]:
    """{key: (causes, the earlier wrong answers it follows from)} for every wrong answer."""
    follows = evidence.follows
    chosen: dict[str, tuple[Story, ...]] = {}
    left = [key for key in evidence.wrong if key not in follows]
    while left:
        # Nobody rounds in two ways at once.
        rounds = any(stories[0].is_rounding for stories in chosen.values())
        best = _best(evidence, left, list(follows), rounds)
        if best is None:
            break
        explained = [key for key in left if best in evidence.met[key]]
        for key in explained:
            chosen[key] = (best, *_others(evidence, best, explained))
        left = [key for key in left if key not in explained]
    rounding = next((stories[0] for stories in chosen.values() if stories[0].is_rounding), None)
    causes: dict[str, tuple[tuple[Explained, ...], tuple[str, ...]]] = {}
    for key in evidence.wrong:
        before = follows.get(key, ())
        roots = (chosen[root][0] for root in before if root in chosen)
        stories = chosen.get(key) or tuple(story for story in roots if story in evidence.met[key])[:1]
        causes[key] = tuple(Explained(s.id, s.says, s) for s in stories), before
        if not stories and (before or key in evidence.rounded):
            cause = _carried(evidence, key, before) if before else _rounded_above(evidence, key, rounding)
            causes[key] = (cause,), before
    return causes


def _carried(evidence: Evidence, key: str, before: Sequence[str]) -> Explained:
    said = ", ".join(f"{other} = {evidence.given[other].text}" for other in before[:3])
    also = " and the other numbers as you wrote them" if key in evidence.with_all else ""
    return Explained("carried", f"Right, given your {said}{also}.")


def _rounded_above(evidence: Evidence, key: str, told: Story | None) -> Explained:
    """The cause of a number that follows from the rounded numbers above it; ``told`` is how the person rounds."""
    if told is not None:
        return Explained(told.id, told.says, told)
    forward = evidence.problem.network.by_name.keys()
    seen = (evidence.stories.above(key) | forward) & evidence.given.keys() - {key, *evidence.wrong}
    places, places_back = (
        max((evidence.given[other].decimals for other in found), default=0)
        for found in (seen & forward, seen - forward)
    )
    # Who writes more digits in the backward pass rounded the forward pass alone, as far as can be seen.
    alone = places and places < max(places_back, evidence.given[key].decimals)
    lines = seen & forward if alone else seen
    cut = any(evidence.given[other].matches(evidence.right[other]) == "truncated" for other in lines)
    cut = cut and not any(evidence.is_rounded_up(other) for other in lines)
    slip = CATALOGUE[f"{'truncated' if cut else 'rounded'}-{'forward' if alone else 'lines'}"]
    digits = places if alone or places_back in (0, places) else places_back if not places else 0
    return Explained(slip.id, f"You {slip.did_at(f'to {Rounding(digits)}' if digits else '')}.")


def _best(evidence: Evidence, left: Sequence[str], carried: Sequence[str], rounds: bool) -> Story | None:
    """The story that explains most of the answers that are left, contradicts fewest others, and is commonest.

    ``rounds`` says that a story of rounding has been told already.
    """
    best: tuple[float, ...] | None = None
    found: Story | None = None
    for place, story in enumerate(evidence.stories.stories):
        explained = sum(story in evidence.met[key] for key in left)
        if not explained or (rounds and story.is_rounding):
            continue
        accident, against = evidence.accident(story, left), len(evidence.contradicted.get(story, ()))
        most = LIKELY if evidence.is_seen(story) else CHANCE
        # Who rounds, rounds everything; and what is met to a few digits alone must not be contradicted by the rest.
        doubts = against + (len(left) - explained + (against > 0) if story.is_rounding else 0)
        if accident > most or ((story.is_rounding or accident) and doubts > explained):
            continue
        certain = not accident and not story.is_rounding
        also = sum(story in evidence.met[key] for key in carried)
        score = (explained, certain, -against, -accident, also, -place)
        if best is None or score > best:
            best, found = score, story
    return found


def _others(evidence: Evidence, best: Story, explained: Sequence[str]) -> list[Story]:
    """The other stories that give the same answers, one for each sentence."""
    same = {
        story.says: story
        for story in reversed(evidence.met[explained[0]])
        if all(story in evidence.met[key] for key in explained) and _as_good(evidence, story, best, explained)
    }
    same.pop(best.says, None)
    return list(reversed(same.values()))[: MOST_SLIPS - 1]


def _as_good(evidence: Evidence, story: Story, best: Story, explained: Sequence[str]) -> bool:
    """Whether nothing speaks against a story beside the best; of ways of rounding none is likelier than another."""
    if best.is_rounding and story.is_rounding:
        return len(evidence.contradicted.get(story, ())) <= len(evidence.contradicted.get(best, ()))
    return evidence.accident(story, explained) <= CHANCE


def told(verdicts: Mapping[str, Verdict]) -> Iterator[Story]:
    """The slips that explain a person's answers, each once, the first first."""
    stories = (verdict.slips[0].story for verdict in verdicts.values() if verdict.slips)
    yield from dict.fromkeys(story for story in stories if story is not None)
