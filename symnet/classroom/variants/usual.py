"""What is drawn, and what has to come out nice, where a file has no [vary]: variants as much worth working as the file.

Parameters, inputs and targets are drawn from numbers like the ones that stand there.  A zero stays a zero (it is the
start of a memory, or a bias that is not there yet), and targets that code a class become those of any class.
A perceptron keeps its targets, its inputs are drawn from the two codes that they are, 0 and 1 or −1 and 1, and where
it begins with weights that are all 0 these are drawn too.

No gradient is 0 and no answer next to nothing where the file's own numbers give no such thing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fractions import Fraction
from math import ceil
from typing import Any

import sympy

from symnet.algebra.equations import names_in
from symnet.algebra.functions import sign, step
from symnet.classroom.variants import sizes
from symnet.exercises import constraints
from symnet.exercises.candidates import Bench, NoValue, Trial
from symnet.exercises.wanted import Requirement, Vary
from symnet.working.numbers import Place, decimal_places, places_of, value_at
from symnet.working.problem import Problem

MOST_ROWS = 1_024  # that inputs of two codes can make up
_CODES = ((Fraction(0), Fraction(1)), (Fraction(-1), Fraction(1)))
SMALLEST = Fraction(1, 1000)  # of an answer that is not 0
_UP_TO_1 = {"sigmoid", "exp", "log", "ln", "erf"}  # with one of these an output is a probability, most likely


def is_said(vary: Vary) -> bool:
    """Whether the author says anything of how variants are drawn."""
    return bool(vary.names or vary.values or vary.require is not None)


def places_drawn(problem: Problem, targets: Collection[str]) -> list[Place]:
    """The numbers that are drawn: those that are not 0, and the targets; codes of classes as ``classes_drawn`` says."""
    places = places_of(problem)
    kept = kept_targets(problem)
    if kept:
        rows, codes = coded_inputs(problem)
        inputs = {place for row in rows for place in row}
        begins = not any(problem.start.values())

        def is_drawn(place: Place) -> bool:
            if place.name in kept or (inputs and place.sample is not None):
                return place in inputs
            if place.name in problem.given and value_at(problem, place) in codes:  # the input of a bias
                return False
            return value_at(problem, place) != 0 or (begins and place.name in problem.start)

        return [place for place in places if is_drawn(place)] or places
    classes = {place for coded in classes_drawn(problem, targets) for place in coded}
    parts = {place.name for place in places if place.name in targets and _is_one_of_several(problem, place, targets)}
    fixed = {place for place in places if place.name in parts} - classes
    chosen = [p for p in places if p not in fixed and (value_at(problem, p) or p.name in targets)]
    return chosen or [place for place in places if place not in fixed] or places


def classes_drawn(problem: Problem, targets: Collection[str]) -> list[tuple[Place, ...]]:
    """The targets of each example that code its class, one of them 1 and the others 0: a class is drawn for all."""
    rows: dict[int | None, list[Place]] = {}
    for place in places_of(problem):
        if place.name in targets and _is_one_of_several(problem, place, targets):
            rows.setdefault(place.sample, []).append(place)
    return [
        tuple(sorted(row, key=str))
        for row in rows.values()
        if len(row) == len(targets) and sum(value_at(problem, place) for place in row) == 1
    ]


def kept_targets(problem: Problem) -> set[str]:
    """Given names that are only compared with what a step gives, in equations and rules, as a perceptron's target."""
    steps: set[str] = set()
    for equation in problem.network.equations:
        if equation.rhs.has(sign, step) or any(name.name in steps for name in names_in(equation.rhs)):
            steps.add(equation.name)
    given = {*problem.given, *(name for sample in problem.samples for name in sample)}
    compared: dict[str, list[bool]] = {}
    for line in (*problem.network.equations, *problem.rules):
        read = {name.name for name in names_in(line.rhs)}
        for name in read & given:
            compared.setdefault(name, []).append(not read.isdisjoint(steps))
    return {name for name, ways in compared.items() if all(ways)}


def coded_inputs(problem: Problem) -> tuple[list[tuple[Place, ...]], tuple[Fraction, ...]]:
    """The inputs of each sample of a perceptron that vary, and the two codes that they all are; nothing where not."""
    kept = kept_targets(problem)
    varying = [
        name
        for name in dict.fromkeys(name for sample in problem.samples for name in sample)
        if name not in kept and len({example[name] for example in problem.examples}) > 1
    ]
    values = {example[name] for example in problem.examples for name in varying}
    codes = next((codes for codes in _CODES if values == {*codes}), ())
    samples = enumerate(problem.samples) if kept and codes else ()
    return [tuple(Place(name, i) for name in varying if name in sample) for i, sample in samples], codes


def are_apart(problem: Problem, rows: Sequence[Sequence[Place]]) -> bool:
    """Whether no two samples have the same inputs, of so few that all there could be can be listed."""
    own = [tuple(value_at(problem, place) for place in row) for row in rows]
    return len({*own}) == len(own) and len({*map(len, own)}) == 1 and 2 ** len(own[0]) <= MOST_ROWS


def target_values(problem: Problem, place: Place) -> tuple[Fraction, ...]:
    """What a target is drawn from where an output is bounded, () where it may be any number like its own."""
    value, used = value_at(problem, place), _functions(problem)
    if used & _UP_TO_1 and 0 <= value <= 1:
        if value.denominator == 1:
            return (Fraction(0), Fraction(1))
        unit = Fraction(1, 10 ** (decimal_places(value) or 1))
        return tuple(k * unit for k in range(1, int(1 / unit)))
    if "tanh" in used and -1 <= value <= 1 and not used & _UP_TO_1:
        if abs(value) == 1:
            return (Fraction(-1), Fraction(1))
        unit = Fraction(1, 10 ** (decimal_places(value) or 1))
        return tuple(k * unit for k in range(-int(1 / unit) + 1, int(1 / unit)) if k)
    return ()


def targets_of(problem: Problem) -> set[str]:
    """Given names that an output is only compared with: they keep their values, for a class may be coded in them."""
    network = problem.network
    if network.targets:
        return {name.name for name in network.targets}
    uses = {equation.name: {name.name for name in names_in(equation.rhs)} for equation in network.equations}
    given = {*problem.given, *(name for sample in problem.samples for name in sample)}
    numbers = {*given, *problem.start}

    def ends_in_the_loss(name: str) -> bool:
        """Whether the loss is all that is made of it, with no other number on the way."""
        users = [user for user, used in uses.items() if name in used and user != problem.loss]
        return all(not uses[user] & numbers and ends_in_the_loss(user) for user in users)

    def compares(user: str, name: str) -> bool:
        between = not (uses[user] | uses[problem.loss]) & (numbers - {name}) and ends_in_the_loss(user)
        return (user == problem.loss or between) and not uses[user] <= numbers

    users = {name: [user for user, used in uses.items() if name in used] for name in given}
    return {name for name in given if users[name] and all(compares(user, name) for user in users[name])}


def values_like(problem: Problem, place: Place) -> tuple[Fraction, ...]:
    """Numbers such as the file's own; smaller ones in an array, for its entries are many and their products add up."""
    if problem.sizes is not None:
        return sizes.values_like(place.name, value_at(problem, place))
    value = value_at(problem, place)
    begins = not value and place.name in problem.start and kept_targets(problem)  # the weights of a perceptron
    return _like(value, 2 if place.name in problem.array_of or begins else 4)


def _like(value: Fraction, least: int) -> tuple[Fraction, ...]:
    """Numbers such as this one, up to ``least`` units at least: −4 to 4 without 0 for 1, −0.4 to 0.4 for 0.2 with 4."""
    places = decimal_places(value)
    unit = Fraction(1, value.denominator if places is None else 10**places)
    most = max(least, ceil(abs(value / unit)))
    while most > 999:  # of a number with many digits, the first few
        most, unit = -(-most // 10), unit * 10
    return tuple(k * unit for k in range(-most, most + 1) if k)


def required(bench: Bench) -> tuple[Requirement, ...]:
    """What the file's own numbers meet of what makes work by hand worth while."""
    try:
        trial = bench.trial(bench.problem)
        return (*off_kinks(bench), *_of_answers(trial), *_of_gradients(trial))
    except NoValue:
        return off_kinks(bench)


def off_kinks(bench: Bench) -> tuple[Requirement, ...]:
    """That no unit sits at a kink, unless one does in the file: a perceptron begins with weights of 0, at step(0).

    Of units that pass a derivative on, none should: what it is at a kink is a convention.
    """
    if not bench.kinks.equations:
        return ()
    if not any(equation.rhs.has(sign, step) for equation in bench.problem.network.equations):
        return (Requirement("no kink"),)
    try:
        own = bench.trial(bench.problem).at_a_kink
    except NoValue:
        own = False
    return () if own else (Requirement("no kink"),)


def _of_answers(trial: Trial) -> list[Requirement]:
    answers: list[Any] = list(trial.answers.values())
    if not answers:
        return []
    places = [decimal_places(x) for x in answers]
    longest = max(constraints.SHORT + 1 if count is None else count for count in places)
    found = []
    if longest <= constraints.SHORT:  # whole numbers alone would leave too few variants
        found.append(Requirement("short decimals", "<=", Fraction(max(1, longest))))
    sizes = [abs(Fraction(x)) for x in answers if x != 0]
    found.append(Requirement("magnitude", "<=", Fraction(max(100, ceil(2 * max(sizes, default=Fraction(0)))))))
    bound = SMALLEST
    while sizes and min(sizes) < bound:  # the file's own numbers meet it
        bound /= 10
    found.append(Requirement("smallest", ">=", bound))
    return found


def _of_gradients(trial: Trial) -> list[Requirement]:
    gradients = [x for key, x in trial.answers.items() if key.startswith("grad(")]
    nonzero = sum(x != 0 for x in gradients)
    if not nonzero:
        return []
    if nonzero == len(gradients):
        return [Requirement("nonzero gradients")]
    return [Requirement("nonzero gradients", ">=", Fraction(nonzero))]


def _functions(problem: Problem) -> set[str]:
    """The functions of the lines that a target is compared with, and of the loss."""
    uses = {equation.name: equation for equation in problem.network.equations}
    loss = uses[problem.loss]
    lines = [loss, *(uses[name.name] for name in names_in(loss.rhs) if name.name in uses)]
    return {type(part).__name__ for line in lines for part in sympy.preorder_traversal(line.rhs)}


def _is_one_of_several(problem: Problem, place: Place, targets: Collection[str]) -> bool:
    """Whether it is a part of a class that is coded by several targets of 0 and 1, whose sum is 1."""
    if len(targets) < 2:
        return False
    rows = [problem.given, *problem.samples]
    coded = [[row[name] for name in targets if name in row] for row in rows]
    return any(place.name in row for row in rows) and all(
        set(values) <= {0, 1} and sum(values) == 1 for values in coded if len(values) == len(targets)
    )
