"""Wrong numbers that are the right one but for how it is written: the point moved, a digit changed, the last one off.

No slip of the working: whoever copied the number, or read it from a calculator, knows best what happened.
"""

from __future__ import annotations

from fractions import Fraction

from symnet.computing.exact import Undefined, Value
from symnet.diagnosis.answer import Answer, fraction_of

# What is true of the number, whatever the reason.  Digits that differ are counted from so many digits on.
CATALOGUE = {
    "other-sign": "The number is right except for its sign.",
    "decimal-point": "These are the right digits, but the decimal point is in the wrong place.",
    "swapped-digits": "These are the right digits, but two neighboring digits are swapped.",
    "one-digit": "All digits except one are right.",
    "last-digit": "Off by one or two in the last digit shown, as happens when rounding within the line.",
}
_FEWEST, _FEWEST_OF_ALL, _FEWEST_TO_ROUND = 4, 3, 2
_FARTHEST = 3  # places that a decimal point is moved


def misprint(answer: Answer, value: Value, start: Fraction | None = None, used: bool = False) -> str:
    """The id of what is wrong with how a number is written; "" where it is another number altogether.

    ``start`` is the old value where this is the new one of a parameter: its first digits are those of the old one,
    whatever the change, so only the last one tells anything, and that only beside the change.  ``used``: others of the
    person's numbers follow from this one, so that it is no accident, and two digits are enough.
    """
    true = None if isinstance(value, Undefined) else fraction_of(value)
    if answer.number is None or answer.unit is None or not true or answer.figures < _FEWEST_TO_ROUND:
        return ""
    off = abs(answer.number - true)
    if start is None and answer.figures >= (_FEWEST_TO_ROUND if used else _FEWEST_OF_ALL):
        if abs(answer.number + true) < answer.unit:
            return "other-sign"
        for places in (1, -1, 2, -2, _FARTHEST, -_FARTHEST):
            if abs(answer.number - true * Fraction(10) ** places) < answer.unit:
                return "decimal-point"
        if answer.figures >= (_FEWEST_TO_ROUND if used else _FEWEST) and answer.number * true > 0:
            for right in {round(true / answer.unit), int(true / answer.unit)}:
                found = _changed(str(int(answer.number / answer.unit)), str(right))
                if found:
                    return found
    # Nobody rounds what ends before the last digit shown.
    rounds = off <= 2 * answer.unit and (true / answer.unit).denominator > 1
    return "last-digit" if rounds and 30 * off <= abs(true - (start or 0)) else ""


def _changed(shown: str, right: str) -> str:
    """What makes one row of digits of another of the same length."""
    if len(shown) != len(right):
        return ""
    other = [i for i, (a, b) in enumerate(zip(shown, right, strict=True)) if a != b]
    if len(other) == 2:
        i, j = other
        return "swapped-digits" if j == i + 1 and shown[i : j + 1] == right[j] + right[i] else ""
    # Rounding on the way may change one of the later digits, but hardly one of the first two.
    return "one-digit" if len(other) == 1 and other[0] < 2 else ""
