"""A line with its numbers substituted and not worked out, so that nothing secret can be read off from it.

What is put in, and what is left as a blank □:

- What is worked out first is left blank where the answer for it is wrong: that has to be put right before, and is not
  told here.  So it is where its number tells a secret, as in ∂L/∂b = ∂L/∂z, in a product with 1, or in ReLU(5).
- In a line that gives a secret itself, a given number or one of the formula may be that secret: w − η·0 is w, 3·1 is 3.
  Then what is worked out is left blank, of that the zeros if there are any; where nothing is, the given number itself.
- Everything else that is given stands there as it was given, and so do the numbers of the formula.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from symnet.algebra.equations import Expr, names_in
from symnet.computing.exact import Value
from symnet.diagnosis.keyed_lines import KeyedLine, leaves
from symnet.diagnosis.rewriting import terms_of
from symnet.diagnosis.secret_numbers import BLANK, SecretNumbers
from symnet.notation.maths import Maths, Word
from symnet.notation.typesetter import _ATOM, Typesetter
from symnet.working.work import Work

WRONG, SECRET, GIVEN = "wrong", "secret", "given"  # why a number is left blank


@dataclass(frozen=True)
class Blank:
    """A number that is left out of a line: of which name or slope, and why."""

    of: Expr
    why: str


class WithBlanks(Typesetter):
    """Typesets a line with its numbers substituted, but for those that are left blank."""

    def __init__(self, work: Work, line: KeyedLine, blanks: Collection[Expr]) -> None:
        values = numbers_of(line)
        super().__init__(line.names, values, work.digits, lambda f: work.evaluate(f, values))
        self.blanks = blanks

    def _typeset(self, expr: Expr) -> tuple[Maths, int]:
        return (Word(BLANK), _ATOM) if expr in self.blanks else super()._typeset(expr)


def numbers_of(line: KeyedLine) -> Mapping[str, Value]:
    """The numbers of a line that has them."""
    if line.values is None:
        raise ValueError(f"the line of {line.key} has no numbers")
    return line.values


def blanks_of(
    work: Work,
    line: KeyedLine,
    secrets: SecretNumbers,
    is_wrong: Callable[[str], bool],
    is_unseen: Callable[[str], bool] = lambda key: False,
) -> tuple[Blank, ...]:
    """What must not be put into a line; ``is_wrong`` says of a key whether the answer for it is.

    ``is_unseen`` says whether its number is not to be told, because there is no answer for it yet.
    """
    parts = tuple(dict.fromkeys(leaves(line.rhs)))
    found = {part: why for part in parts if (why := _why(work, line, part, secrets, is_wrong, is_unseen))}
    values = numbers_of(line)
    result = work.evaluate(line.rhs, values)
    if secrets.is_told_by(result, work.digits):
        given = [part for part in parts if _is_given(line, part)]
        told = [part for part in given if secrets.is_exactly(values[part.name], work.digits)]
        worked_out = [part for part in parts if part not in given]
        if worked_out and (told or _has_plainly(line.rhs, secrets, work.digits)):
            nothing = [part for part in worked_out if work.evaluate(part, values) == 0]
            found = {**dict.fromkeys(nothing or worked_out, SECRET), **found}
        elif told and not worked_out:
            found = dict.fromkeys(told, GIVEN)
    return tuple(Blank(part, found[part]) for part in parts if part in found)


def _why(
    work: Work,
    line: KeyedLine,
    part: Expr,
    secrets: SecretNumbers,
    is_wrong: Callable[[str], bool],
    is_unseen: Callable[[str], bool],
) -> str:
    if _is_given(line, part):
        return ""
    keys = [line.sources[name.name] for name in names_in(part) if name.name in line.sources]
    if any(map(is_wrong, keys)):
        return WRONG
    if any(map(is_unseen, keys)):
        return SECRET
    return SECRET if secrets.is_told_by(work.evaluate(part, numbers_of(line)), work.digits) else ""


def _has_plainly(rhs: Expr, secrets: SecretNumbers, digits: int) -> bool:
    """Whether a number of the formula, as a term or a factor of it, is a secret."""
    parts = [part for term in terms_of(rhs) for part in (term.args if term.is_Mul else (term,))]
    return any(part.is_Rational and secrets.is_exactly(Fraction(int(part.p), int(part.q)), digits) for part in parts)


def _is_given(line: KeyedLine, part: Expr) -> bool:
    return bool(part.is_Symbol) and part.name not in line.sources
