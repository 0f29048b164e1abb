"""What stands in the cell of an answer: the number, however it is written, and what is to be said of how.

A sign too many, a unit or a word beside a number costs nobody a mark, but a teacher should know how it was read.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from symnet.algebra.mistakes import Mistake, shown
from symnet.classroom.marking.worked_cells import worked_out
from symnet.diagnosis.answer import read_number
from symnet.diagnosis.digits import digits_of, loosely

BLANK = ("", "-", "–", "—", "−", "n/a", "na", "#n/a")  # as gradebooks and spreadsheets write what is missing
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_DATE = re.compile(r"\d{1,2}[-./ ]+(?:[^\W\d]{3,9}\.?|\d{1,2}[-./]+\d{2,4}|\d{1,2}\.?)")
_AS_USUAL = re.compile(r"[+−-]?(?=[.,]?\d)\d*(?:[.,]\d*)?(?:[eE][+−-]?\d{1,4})?|[+−-]?\d+\s*/\s*\d+")
_PERCENT = re.compile(r"([+−-]?\d{1,30}(?:[.,]\d{1,30})?)\s*%")
_RELATION = re.compile(r"=\s*[~≈]?|≈")


class Cell(NamedTuple):
    """The ``number`` as text, or ``why`` there is none; ``read_as`` where that is not how it is written.

    Of 59.76% ``share`` is 0.5976, which only who knows what is right can take for the number.
    """

    number: str
    read_as: str = ""
    why: str = ""
    share: str = ""


@cache
def read_cell(cell: str, separator: str) -> Cell:
    """What a cell says that is not blank."""
    if separator == "," and _THOUSANDS.fullmatch(cell):
        why = f"{shown(cell)} may be {cell.replace(',', '.')} or {cell.replace(',', '')}; write one of them"
        return Cell("", why=why)
    if _is_number(cell):
        usual = _AS_USUAL.fullmatch(cell) or not digits_of(cell)  # a word for a number that there is not
        return Cell(cell, "" if usual else digits_of(cell))
    if _DATE.fullmatch(cell):
        why = f"{shown(cell)} is not a number; a spreadsheet makes a date of 1/3: format the column as text"
        return Cell("", why=why)
    number, _ = loosely(cell)
    last = _RELATION.split(cell)[-1].strip()
    if not number and last != cell and len(cell) < 1_000:
        number = last if _is_number(last) else loosely(last)[0]  # of a line of working its last number
    number = number or worked_out(cell)
    if number and _is_number(number):
        return Cell(number, digits_of(number) or number)
    return Cell("", why=f"{shown(cell)} is not a number", share=_share(cell))


def is_answer(cell: str) -> bool:
    """Whether a cell may be somebody's answer, as one is usually written."""
    return cell.strip().lower() not in BLANK and _is_number(cell.strip())


def _share(cell: str) -> str:
    """0.5976 for 59.76%, "" for what is no percentage."""
    percent = _PERCENT.fullmatch(cell)
    return f"{Decimal(percent[1].replace('−', '-').replace(',', '.')).scaleb(-2):f}" if percent is not None else ""


def _is_number(text: str) -> bool:
    try:
        read_number(text, "it")
    except Mistake:
        return False
    return True
