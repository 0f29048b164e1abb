"""What stands behind the key of an answer: a number, a line of working with its last number, a formula.

20          10*1*2*1*1 = 20          (y5-t)*w35*x1          (y5-t)*w35*x1 = 10*2*1 = 20          ≈ 0.079
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from symnet.algebra.equations import Expr
from symnet.algebra.mistakes import Mistake, shown
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.diagnosis.answer import Answer, read_number
from symnet.diagnosis.digits import digits_of, loosely, run_together, without_brackets
from symnet.diagnosis.keys import Keys
from symnet.diagnosis.roundings import NUMBER
from symnet.diagnosis.typed import formula, is_of_numbers, number_of

LONGEST = 2_000  # characters of an answer
MOST_PARTS = 12  # of one line
FORMS = 'it must be a number such as 5, -0.25 or 1/3, or "undefined"; or a line such as 10*2 = 20, or a formula'
_RELATION = re.compile(r"\s*(?:=\s*[~≈∼]|≈|≅|≃|[~∼](?=\s*[\d+.,−-])|==?|←|<-|->|→|⇒)\s*")
_NONE = ("undefined", "none", "does not exist")
_FULL = 35  # digits of a value that is not rounded


@dataclass(frozen=True)
class Part:
    """One part of a line: its text, and the number that is written or the expression, with its value if of numbers."""

    text: str
    given: Answer | None = None
    expr: Expr | None = None
    value: Value | None = None

    @property
    def is_formula(self) -> bool:
        return self.given is None and self.value is None


@dataclass(frozen=True)
class Said:
    """An answer as it was written.

    ``parts`` stand between signs of equality, the last of them is the answer; ``beside`` is what stood beside a number
    and was left out, such as its unit.
    """

    text: str
    parts: tuple[Part, ...]
    beside: str = ""
    none: bool = field(default=False)

    @property
    def last(self) -> Part:
        return self.parts[-1]

    @property
    def is_plain(self) -> bool:
        """Whether this is one number, and there is nothing to be said of its working."""
        return len(self.parts) == 1 and self.last.given is not None

    def is_same_as(self, other: Said) -> bool:
        """Whether another answer to the same quantity is the same, or the same number in the end."""
        if self.text == other.text:
            return True
        one, two = self.last.given, other.last.given
        return one is not None and two is not None and one.number == two.number

    def numbers(self, here: Value | None = None) -> Iterator[str]:
        """The texts that the answer's number may be written as, the exact one first.

        ``here`` is the value of the formula.  What is worked from rounded factors is as rounded as they are.
        """
        part = self.last
        if part.given is not None:
            yield part.given.text
            return
        value = part.value if part.value is not None else here
        if value is None or isinstance(value, Undefined):
            yield "undefined"
            return
        exactly = str(value) if isinstance(value, Fraction) else ""
        yield exactly if 0 < len(exactly) < 100 else exact.written(exact.decimal(value, _FULL))
        figures = _rounded_figures(part.text) if part.value is not None else []
        fewest = min(figures, default=0)
        # Rounded numbers leave the last of their digits in doubt, and of three digits only where several are rounded.
        for count in (fewest, fewest - 1) if fewest > 3 or len(figures) > 1 else (fewest,) if figures else ():
            yield exact.written(exact.decimal(value, count), count)


def _rounded_figures(text: str) -> list[int]:
    """How many significant digits the numbers in a text show that may be rounded: three and more, with decimals."""
    given = [read_number(found[0], "") for found in NUMBER.finditer(text) if digits_of(found[0])]
    return [number.figures for number in given if number.decimals and number.figures > 2]


def read_said(text: str, keys: Keys, key: str) -> Said:
    """What an answer says; raises Mistake, one line, where it says nothing."""
    text = text.strip() if keys.problem.sizes is None else run_together(text.strip())
    if len(text) > LONGEST:
        raise Mistake(f"{key} is {shown(text)}, {len(text):,} characters; an answer has at most {LONGEST:,}")
    if text.lower() in _NONE or digits_of(text):
        return Said(text, (Part(text, read_number(text, key)),))
    texts = [part for part in _RELATION.split(text) if part.strip()]
    if not texts or len(texts) > MOST_PARTS:
        many = f", {len(texts)} parts; a line has at most {MOST_PARTS}" if texts else f"; {FORMS}"
        raise Mistake(f"{key} is {shown(text)}{many}")
    parts, beside = [], ""
    for i, word in enumerate(texts):
        try:
            part = _part(word, keys)
        except Mistake as mistake:
            number, beside = loosely(word) if i == len(texts) - 1 else ("", "")
            if not number:
                why = FORMS if len(texts) == 1 and not _looks_like_working(word) else f"{mistake}; {FORMS}"
                raise Mistake(f"{key} is {shown(text)}; {why}") from None
            part = Part(number, read_number(number, key))
        parts.append(part)
    return Said(text, tuple(parts), beside)


def _part(text: str, keys: Keys) -> Part:
    text = text.strip()
    if digits_of(text):
        return Part(text, read_number(text, "it"))
    if number := without_brackets(text):
        return Part(text, read_number(number, "it"))
    expr = formula(text, keys)
    if not is_of_numbers(expr):
        return Part(text, expr=expr)
    return Part(text, expr=expr, value=number_of(expr))


def _looks_like_working(text: str) -> bool:
    return re.search(r"[-+*/^·×()]|\d\s*\w", text.strip()[1:]) is not None and "__" not in text
