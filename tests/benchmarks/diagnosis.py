"""Every slip, given back to check: how many diagnoses are wrong over random variants of the course.

    python tests/benchmarks/diagnosis.py [--variants 1000] [--seed 1] [worksheets/relu.toml …]

Each variant draws new numbers, and every hypothesis that shows in them is a candidate; some are picked, and their
numbers given to ``diagnose``, one quantity alone and all that the sheet asks for.  A diagnosis is wrong where the slip
named first neither is the one that was made nor gives the same number.  Prints the counts and the time of a diagnosis.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent))  # the tests' own helper

from made_slips import as_written, can_be_written, figures, keys_of, other_numbers, where_it_shows

import symnet
from symnet.algebra.mistakes import Mistake
from symnet.diagnosis.diagnosis import diagnose
from symnet.diagnosis.hypotheses import Hypotheses

WORKSHEETS = Path(__file__).parent.parent.parent / "worksheets"
PICKED = 4  # hypotheses a variant
LARGE = 60  # quantities; an exercise of more gets a fifth of the variants


def judged(verdict, hypothesis, same):
    """What came of one answer."""
    first = verdict.slips[0].id if verdict.slips else ""
    if verdict.verdict != "wrong":
        return "taken for the right number, rounded"
    if first == hypothesis.id:
        return "named first"
    if verdict.carried:
        return "carried forward"
    return "tied" if first in same else "silent" if not first else "WRONG"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", default=sorted(map(str, WORKSHEETS.glob("*.toml"))))
    parser.add_argument("--variants", type=int, default=1000, help="in all, shared by the exercises")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random, counts, examples, asked, spent = Random(options.seed), Counter(), [], 0, 0.0
    exercises = [e for e in map(symnet.load, options.files) if e.worked is not None]
    for number, exercise in enumerate(exercises):
        keys = keys_of(exercise)
        hypotheses, done = Hypotheses(exercise.problem, keys), 0
        share = options.variants // len(exercises) + 1
        for attempt in range(share if len(keys) <= LARGE else share // 5 + 1):
            problem = other_numbers(exercise.problem, random) if attempt else exercise.problem
            try:
                right = hypotheses.right(problem)
            except Mistake:
                continue
            done += 1
            told = [
                (hypothesis, values) for hypothesis, values in hypotheses.wrong(problem) if not hypothesis.is_rounding
            ]
            shown = [(hypothesis, values, where_it_shows(keys, values, right)) for hypothesis, values in told]
            shown = [item for item in shown if item[2]]
            for hypothesis, values, shows in random.sample(shown, min(PICKED, len(shown))):
                for alone in (True, False):
                    given = [random.choice(shows)] if alone else [k for k in keys if can_be_written(values[k])]
                    started = time.perf_counter()
                    verdicts = diagnose(hypotheses, problem, {key: as_written(values[key]) for key in given})
                    spent += time.perf_counter() - started
                    asked += 1
                    for key in given if alone else shows:
                        same = {other.id for other, others in told if figures(others[key]) == figures(values[key])}
                        outcome = judged(verdicts[key], hypothesis, same)
                        counts["one number" if alone else "all numbers", outcome] += 1
                        if outcome in ("WRONG", "silent"):
                            examples.append((exercise.name, outcome, hypothesis.says, key, as_written(values[key])))
        print(f"{number + 1:2} {exercise.name}: {done} variants", file=sys.stderr, flush=True)
    for (mode, outcome), count in sorted(counts.items()):
        print(f"{mode:12} {outcome:36} {count:7}")
    print(f"{asked} diagnoses, {1000 * spent / asked:.0f} ms each")
    for example in examples[:20]:
        print(*example)


if __name__ == "__main__":
    main()
