"""A number as people and spreadsheets write it, as plain digits: ≈ 0,48…, 5·10¹, − 0.48, 0.07892 J, -0.15 (I think).

``digits_of`` takes what only says how a number is written; ``loosely`` also what stands beside it, and says so.
"""

from __future__ import annotations

import re
import unicodedata

from symnet.diagnosis.spelling import plain

LONGEST = 200  # characters of an answer
_ABOUT = re.compile(r"(?:[≈~=∼≅≃]|\\approx|(?:about|circa|ca\.?|approx\.?)(?![^\W\d_]))\s*", re.IGNORECASE)
_NUMBER = r"\d*(?:[.,]\d*)?"
_POWER = re.compile(
    rf"([+-]?{_NUMBER})\s*(?:\*|\sx\s)\s*10\s*(?:\^|\*\*)\s*[({{]?\s*([+-]?\s*\d{{1,4}})\s*[)}}]?", re.IGNORECASE
)
_TEN = re.compile(r"([+-]?)10\s*(?:\^|\*\*)\s*[({]?\s*([+-]?\s*\d{1,4})\s*[)}]?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?: \d{3})+(?:[.,]\d+)?|[+-]?\d+[.,]\d{3}(?: \d{3})*(?: \d{1,3})")
_PLAIN = re.compile(rf"[+-]?(?=[.,]?\d){_NUMBER}(?:[eE][+-]?\d{{1,4}})?")
_EXPONENT_APART = re.compile(  # 9.8 E-3, as calculators show it
    rf"([+-]?(?=[.,]?\d){_NUMBER})\s*([eE])\s*([+-])\s*(\d{{1,4}})"
)
_FRACTION = re.compile(r"[+-]?\d+\s*/\s*\d+")
_BRACKETS = re.compile(r"([+-]?)\s*\((.*)\)")
_DIVIDED = re.compile(
    r"([+-]?)\s*\(?\s*([+-]?\d+)\s*\)?\s*/\s*\(?\s*(?:10\s*(?:\^|\*\*)\s*\(?(\d{1,2})\)?|(\d+))\s*\)?"
)
_BESIDE = re.compile(
    r"([^A-Za-z(]*?(?:\d[eE][+-]?\d+|[\d.,…]))\s*"
    r"(\(.*\)|\[.*\]|[^\d\s%^*/+=.,-][^\d%*+=]{0,40}|[.,;!?]+|[,;:]\s+[^\W\d_][^\d%*+=]{0,40})"
)
_GIVE_OR_TAKE = re.compile(r"(.*?[\d.,])\s*((?:±|\+\s*/\s*[-−–]|\\pm)\s*[\d.,eE−-]+)")  # 0.5976 ± 0.0001

_THREES = re.compile(r"(?<![\d.,'’])\d{1,3}(?:[,.'’]\d{3})+(?![\d.,'’eE]|\s*[*·×x]\s*10)")  # 61,706, 61'706; no 1.244e8
_ZEROS = re.compile(r"\s*([+-]?[1-9]\d{0,2})[.,](000)\s*")  # 14.000: fourteen, or fourteen thousand

_NO_UNIT = ("e", "E", "x", "X", "i", "j")  # half a power of ten, a product, an imaginary number


def digits_of(text: str) -> str:
    """The number in plain digits, "0.48" or "5e1" or "1/3"; "" where the text is none."""
    word = text.strip()
    if not word or len(word) > LONGEST or half_beside_digits(word):
        return ""
    word = _ABOUT.sub("", plain(word), count=1) if _ABOUT.match(plain(word)) else plain(word)
    for _ in range(2):  # =~0.5
        found = _ABOUT.match(word)
        word = word[found.end() :] if found else word
    word = re.sub(r"\s*(?:\.{3,}|…)$", "", word).strip()
    word = re.sub(r"^([+-])\s+", r"\1", word)
    if _GROUPED.fullmatch(word):
        return word.replace(" ", "")
    if (apart := _EXPONENT_APART.fullmatch(word)) is not None:
        return "".join(apart.groups())
    power, ten = _POWER.fullmatch(word), _TEN.fullmatch(word)
    if power is not None and any(c.isdigit() for c in power[1]):
        return f"{power[1]}e{power[2].replace(' ', '')}"
    if ten is not None:
        return f"{ten[1]}1e{ten[2].replace(' ', '')}"
    return word if _PLAIN.fullmatch(word) or _FRACTION.fullmatch(word) else ""


def run_together(text: str) -> str:
    """The text with the digits of numbers that are whole, 61,706 or 61.706, run together: 61706.

    A 14.000 at its end may be a 14 with zeros, and is left for ``in_thousands``.
    """
    *before, last = re.split(r"(?<==)", text)
    if (zeros := _ZEROS.fullmatch(last)) is not None:
        return f"{_run_together(''.join(before))}{zeros[1]}.000"
    return _run_together(text)


def in_thousands(text: str) -> str:
    """14000 for 14.000, "" for what has no such zeros."""
    zeros = _ZEROS.fullmatch(text)
    return f"{zeros[1]}000" if zeros is not None else ""


def _run_together(text: str) -> str:
    return _THREES.sub(lambda found: re.sub(r"\D", "", found[0]), text)


def without_brackets(text: str) -> str:
    """The number that stands in brackets, -(0.28) or ((1/3)), or the fraction (28)/(100); "" where the text is none.

    In a cell of a spreadsheet, brackets may be a minus; so this is for lines of working alone.
    """
    word = plain(text.strip()) if len(text) <= LONGEST and not half_beside_digits(text) else ""
    divided, found = _DIVIDED.fullmatch(word), _BRACKETS.fullmatch(word)
    if divided is not None and word.count("(") == word.count(")"):
        below = divided[4] or "1" + "0" * int(divided[3])
        sign, digits = divided[1], digits_of(f"{divided[2]}/{below}")
    elif found is not None:
        sign, digits = found[1], digits_of(found[2]) or without_brackets(found[2])
    else:
        return ""
    if sign == "-" and digits:
        return digits[1:] if digits.startswith("-") else f"-{digits.removeprefix('+')}"
    return digits


def loosely(text: str) -> tuple[str, str]:
    """(the number in plain digits, what stands beside it): of "0.07892 J", "-0.15 (I think)", "0.5 ± 0.1".

    ("", "") where there is no number, or more than one.
    """
    found = digits_of(text)
    if found:
        return found, ""
    give = _GIVE_OR_TAKE.fullmatch(text.strip()) if len(text.strip()) <= LONGEST else None
    if give is not None:
        number = digits_of(give[1])
        return (number, give[2]) if number else ("", "")
    beside = _BESIDE.fullmatch(text.strip()) if len(text.strip()) <= LONGEST else None
    if beside is None or beside[2].strip() in _NO_UNIT or any(c.isnumeric() for c in beside[2].partition("(")[0]):
        return "", ""
    number = digits_of(beside[1])
    return (number, beside[2].strip()) if number else ("", "")


def half_beside_digits(word: str) -> bool:
    """Whether one sign is a fraction and stands beside a digit: 2½ is neither 21/2 nor 2·½ for certain."""
    signs = [i for i, c in enumerate(word) if unicodedata.decomposition(c).startswith("<fraction>")]
    return any(word[max(0, i - 1) : i].isdigit() or word[i + 1 : i + 2].isdigit() for i in signs)
