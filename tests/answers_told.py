"""Which answers a student's sheet tells: the judge of sheets, in every format.

It looks for the numbers that the exercise comes to and the sheet does not give.  Where the text is plain (.txt, and
.html without its tags) every number is read; elsewhere a number is looked for as it would be printed, if it has digits
enough not to stand there by accident.
"""

import re
from base64 import b64decode
from binascii import Error
from fractions import Fraction
from functools import cache

from numbers_told import spellings, told

from symnet.computing import exact
from symnet.computing.exact import Undefined

ENOUGH = 4  # digits
# Numbers that count: questions, their points, gradients, samples, updates, units of a network, rows and columns.
_COUNTS = re.compile(
    r"^\d+\.|\b\d+(-\d+)+\b|\b\d+ (points?|gradients|samples|updates?|parameters)|"
    r"(?i:sample|update|row) +\d+|^  \d+ |\b\d+ × \d+\b",
    re.MULTILINE,
)
_BASE64 = re.compile(r"base64,([A-Za-z0-9+/=]{40,})")


@cache
def answers(exercise):
    """Every number that is worked out in the exercise and is not given in it."""
    solution = exercise.solve(history=True)
    values = [*solution.forward.values(), *solution.gradients.values(), *solution.updated.values()]
    values += solution.forward_after.values()
    for moment in (*solution.moments, *solution.history):
        values += [*moment.forward.values(), *moment.gradients.values()]
    found = {abs(exact.as_fraction(v)) if not isinstance(v, Fraction) else abs(v) for v in values if _is_number(v)}
    return found - given(exercise)


def given(exercise):
    """The numbers that stand in the file, or in the variant, and those of exponents and slopes."""
    problem = exercise.problem
    numbers = {number for number, _ in told(exercise.source)}
    for example in problem.examples:
        numbers |= {abs(value) for value in example.values()}
    numbers |= {abs(value) for value in (*problem.start.values(), *problem.state.values())}
    return numbers | {Fraction(n) for n in range(3)}


def indices(exercise):
    """The numbers in names, which a page without its tags shows as numbers."""
    runs = [re.findall(r"\d+", name) for name in exercise.problem.network.names]
    return {Fraction(digits) for found in runs for digits in (*found, "".join(found[1:]), "".join(found)) if digits}


def told_in(exercise, text, ending, secrets):
    """The answers that the text of a file tells."""
    if ending == ".txt":
        text = _COUNTS.sub(" ", text)
        return [value for value in secrets if _tells(text, value)]
    for found in _BASE64.findall(text):  # pictures, but not fonts
        try:
            text += b64decode(found).decode()
        except (Error, UnicodeDecodeError):
            continue
    if ending == ".html":
        # Empty axes show how far a curve goes, in round numbers.
        rest = re.sub(r"<style.*?</style>|<svg[^>]*>\s*<title>Axes .*?</svg>", "", text, flags=re.DOTALL)
        plain = re.sub(r"<[^>]*>", " ", rest)
        exactly = {number for number, digits in told(plain) if digits > 1}
        exactly -= indices(exercise)
        return [value for value in secrets if value in exactly or _is_spelled(value, text)]
    return [value for value in secrets if _is_spelled(value, text)]


def _tells(text, value):
    """Whether one of the numbers in the text is the value, or the value rounded to three digits or more."""
    exactly, rounded = spellings(value)
    return any(number in exactly or (digits > 2 and number in rounded) for number, digits in told(text))


def _is_number(value):
    return not isinstance(value, Undefined)


def _is_spelled(value, text):
    written = exact.written(exact.decimal(value, 6)).partition("e")[0]
    digits = written.replace(".", "").strip("0")
    return len(digits) >= ENOUGH and written.rstrip("0") in text
