"""Every slip that applies, made in variants of exercise files: how often is it named, and how often is another named?

    python tests/benchmarks/slips_of_sheets.py [--variants N] [--slips M | --each] FILE.toml ...

A sheet is worked with one slip at one place, all its numbers as a calculator shows them.  A name is wrong where it is
not that of the slip and the slip named would not give the same number either; numbers that agree with an own number
before them are carried, and are no mistake.  ``--slips`` takes so many a variant, drawn evenly among all places;
``--each`` takes every kind of slip that applies, each at one place that is drawn.
"""

import argparse
import sys
import time
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent))

from made_slips import as_written, can_be_written, figures, keys_of, where_it_shows

import symnet
from symnet.classroom.variants.sampling import sampler_of
from symnet.diagnosis.diagnosis import diagnose
from symnet.diagnosis.hypotheses import Hypotheses


def chosen(shown, most, random):
    """The slips to make: so many, or one of every kind."""
    if most is not None:
        return random.sample(shown, min(len(shown), most))
    places = {}
    for one in shown:
        places.setdefault(one[0].id, []).append(one)
    return [random.choice(some) for some in places.values()]


def judged(file, variants, most):
    exercise = symnet.load(file)
    keys = keys_of(exercise)
    hypotheses = Hypotheses(exercise.problem, keys)
    sampler = sampler_of(exercise)
    random = Random(7)
    sheets = named = numbers = 0
    wrong = []
    for number in range(variants):
        problem = sampler.variant(str(number + 1), "slips").exercise.problem
        right = hypotheses.right(problem)
        told = [*hypotheses.wrong(problem)]
        slips = ((h, values) for h, values in told if not h.is_rounding)
        shown = [(h, values) for h, values in slips if where_it_shows(keys, values, right)]
        for made, values in chosen(shown, most, random):
            sheets += 1
            answers = {key: as_written(values[key]) for key in keys if can_be_written(values[key])}
            verdicts = diagnose(hypotheses, problem, answers)
            first = False
            for key in where_it_shows(keys, values, right):
                verdict = verdicts[key]
                found = [slip.id for slip in verdict.slips]
                if verdict.verdict != "wrong" or verdict.carried or not found:
                    continue
                if verdict.slips[0].says.startswith("Right, given"):  # a number as it was rounded
                    continue
                numbers += 1
                same = {other.id for other, others in told if figures(others[key]) == figures(values[key])}
                first = first or found[0] == made.id
                if found[0] not in same | {made.id}:
                    wrong.append((made.did, key, found))
            named += first
    return sheets, named, numbers, wrong


def main():
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("files", nargs="+")
    arguments.add_argument("--variants", type=int, default=10)
    arguments.add_argument("--slips", type=int, default=10)
    arguments.add_argument("--each", action="store_true")
    given = arguments.parse_args()
    whole = [0, 0, 0, 0]
    for file in given.files:
        start = time.process_time()
        sheets, named, numbers, wrong = judged(file, given.variants, None if given.each else given.slips)
        whole = [a + b for a, b in zip(whole, (sheets, named, numbers, len(wrong)), strict=True)]
        print(
            f"{Path(file).stem:<36}{sheets:6} sheets, {named:6} named, {len(wrong):4} of {numbers} numbers by another "
            f"name, {time.process_time() - start:.0f} s",
            flush=True,
        )
        for did, key, found in wrong[:5]:
            print(f"    {key}: {found[0]} where the person {did}")
    print("{} sheets, {} named, {} numbers, {} by another name".format(*whole))


if __name__ == "__main__":
    main()
