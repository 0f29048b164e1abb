"""Slips made on purpose in random variants of an exercise, for the tests and the benchmark of diagnosis."""

from dataclasses import replace
from fractions import Fraction

from symnet.computing import exact
from symnet.computing.exact import Undefined
from symnet.exercises.asked import asked_keys
from symnet.working.quantities import can_be_worked

LARGE = 30  # parameters
DIGITS = 14
LONGEST = 60  # signs of a fraction; who meets a longer one writes a decimal number
FARTHEST = 300  # a number of more digits, or as many zeros, is on nobody's sheet


def keys_of(exercise):
    """What the sheet asks for; where it asks for no number, every value, gradient and new parameter of the work."""
    problem = exercise.problem
    named = (*problem.start, *(name for name in problem.network.names if name in problem.given))
    values = tuple(equation.name for equation in problem.network.equations)
    news = tuple(problem.start) if can_be_worked(problem) else ()
    return asked_keys(exercise) or (*values, *(f"grad({name})" for name in named), *news)


def other_numbers(problem, random):
    """The problem with numbers of ±½ to ±4; the weights of a large network a quarter of that, or its units saturate."""

    def drawn(values, shrunk=1):
        numbers = {name: random.choice((-4, -3, -2, -1, 1, 2, 3, 4)) for name in values}
        return {name: Fraction(number, shrunk * random.choice((1, 1, 2))) for name, number in numbers.items()}

    samples = tuple(drawn(sample) for sample in problem.samples)
    start = drawn(problem.start, 4 if len(problem.start) > LARGE else 1)
    return replace(problem, given=drawn(problem.given), start=start, samples=samples)


def as_written(value):
    """The number as somebody would hand it in who works with all the digits."""
    if isinstance(value, Fraction) and len(str(value)) <= LONGEST:
        return str(value)
    return exact.written(exact.decimal(value, DIGITS), DIGITS)


def figures(value):
    """What two numbers share that nobody can tell apart."""
    if isinstance(value, Undefined):
        return "undefined"
    number = exact.decimal(value, 12)
    return exact.written(number) if number.adjusted() > -30 else "0"


def where_it_shows(keys, values, right):
    """The quantities that a slip makes wrong, and that have a number which a person could write."""
    return [key for key in keys if can_be_written(values[key]) and values[key] != right[key]]


def can_be_written(value):
    return isinstance(value, Fraction) or (not isinstance(value, Undefined) and abs(value.adjusted()) < FARTHEST)
