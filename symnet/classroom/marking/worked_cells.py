"""A cell of numbers to be worked out, as spreadsheets have them: 0.2+0.0484, =1/(1+EXP(-0.3954)).

It is read by the parser of formulas and worked exactly, and only where nothing else can be meant by it: 3-1 may be a
date, 0.2-0.3 what lies between, and a spreadsheet has a logarithm and a power of a minus of its own.
"""

from __future__ import annotations

import re
from fractions import Fraction

from symnet.algebra.mistakes import Mistake
from symnet.algebra.parsing import parse
from symnet.computing import exact
from symnet.computing.exact import Undefined
from symnet.diagnosis.answer import read_number
from symnet.diagnosis.digits import digits_of
from symnet.diagnosis.roundings import NUMBER
from symnet.diagnosis.said import Part, Said
from symnet.diagnosis.spelling import plain
from symnet.diagnosis.typed import MANY, function_named, is_of_numbers, number_of

LONGEST = 200  # characters
MOST_DECIMALS = 12  # of a number, and its digits, where nothing in it is rounded
_WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")
_COMMA = re.compile(r"(?<=\d),(?=\d)")
_WHOLE_NUMBERS = re.compile(r"\s*\d+(?:\s*[-/]\s*\d+)+\s*")
_BETWEEN = re.compile(r"\s*([\d.]+)\s*-\s*([\d.]+)\s*")
_GIVE_OR_TAKE = re.compile(r"[+*/^-]\s*[-+]")
_MINUS_TO_A_POWER = re.compile(r"(?:^|[(,*/^+-])\s*-\s*(?:[\w.]+|\([^()]*\))\s*(?:\^|\*\*)")


def worked_out(cell: str) -> str:
    """The number of such a cell as text, as exactly as its own numbers say; "" for any other."""
    text = plain(cell).strip() if len(cell) <= LONGEST else ""
    is_of_a_sheet = text.startswith("=")
    text = text.removeprefix("=")
    text = text if "." in text or MANY.search(text.lower()) else _COMMA.sub(".", text)
    between = _BETWEEN.fullmatch(text)
    if not text or _WHOLE_NUMBERS.fullmatch(text) or _GIVE_OR_TAKE.search(text.replace("*-", "*")):
        return ""
    if between is not None and all(map(digits_of, between.groups())):
        low, high = (read_number(digits, "it").number or 0 for digits in between.groups())
        if low < high:
            return ""
    if is_of_a_sheet and (_MINUS_TO_A_POWER.search(text) or re.search(r"log", text, re.IGNORECASE)):
        return ""
    try:
        expr = parse(_WORD.sub(_function, text), ())
        value = number_of(expr) if is_of_numbers(expr) else Undefined("it has names")
    except (Mistake, ArithmeticError):
        return ""
    if isinstance(value, Undefined):
        return ""
    places = max((read_number(n[0], "").decimals for n in NUMBER.finditer(text) if digits_of(n[0])), default=0)
    if isinstance(value, Fraction) and places <= MOST_DECIMALS and (value * 10**places).denominator == 1:
        return f"{exact.decimal(value, 60):.{places}f}"
    exactly, *rounded = Said(text, (Part(text, expr=expr, value=value),)).numbers()
    if rounded or "/" in exactly:
        return rounded[0] if rounded else exactly
    return exact.written(exact.decimal(value, MOST_DECIMALS), MOST_DECIMALS)


def _function(found: re.Match[str]) -> str:
    """The name of a function as formulas have it: EXP is exp."""
    called = found.string[found.end() :].lstrip().startswith("(")
    return (function_named(found[0]) if called else "") or found[0]
