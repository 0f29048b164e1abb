"""Values out of a TOML table, checked: every message names the key and says what would be right."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.parsing import exact_number, is_name, plain_name
from symnet.algebra.plurals import counted

DEEPEST = 12  # lists in lists, of an array


class TomlFloat(str):
    """A TOML float as it is written, so that 0.1 is 1/10."""


def known_keys(table: Mapping[str, Any], known: Collection[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise Mistake(f"{where}{shown(key)[1:-1]} is not a key here{suggestion(key, known)}")


def table_of(parent: Mapping[str, Any], key: str, where: str = "") -> dict[str, Any]:
    value = parent.get(key, {})
    if not isinstance(value, dict):
        raise Mistake(f"{where}{key} must be a table, [{where}{key}]")
    return value


def tables(parent: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    value = parent.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Mistake(f"{key} must be a list of tables, each under [[{key}]]")
    return value


def text(table: Mapping[str, Any], key: str, default: str, where: str = "") -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or isinstance(value, TomlFloat):
        raise Mistake(f"{where}{key} must be text in quotes")
    return value


def choice(table: Mapping[str, Any], key: str, choices: tuple[str, ...], where: str, default: str = "") -> str:
    value = table.get(key, default or choices[0])
    if value not in choices:
        raise Mistake(f"{where}{key} is {shown(value)}; it must be {' or '.join(f'{c!r}' for c in choices)}")
    return str(value)


def whole(table: Mapping[str, Any], key: str, where: str, least: int, most: int) -> int:
    value = table[key]
    if type(value) is not int or not least <= value <= most:
        raise Mistake(f"{where}{key} is {shown(value)}; it must be a whole number from {least} to {most:,}")
    return value


def closed_up(name: str) -> str:
    """A name such as v(w1) without spaces at its ends and beside its brackets."""
    return re.sub(r" *([()]) *", r"\1", name.strip(" "))


def check_name(name: str, where: str) -> None:
    """Refuse, with a Mistake, what is no name; one that is printed so is answered with how it is typed."""
    if is_name(name):
        return
    plain = plain_name(name) or plain_name("_".join(name.replace("-", " ").split()))
    hint = f"; write {plain}" if plain else ""
    raise Mistake(
        f"{where}.{shown(name)}: a name is letters (a-z, Greek), digits and _, not starting with a digit{hint}"
    )


def numbers(table: Mapping[str, Any], where: str) -> dict[str, Fraction]:
    for name in table:
        check_name(name, where)
    return {name: number(value, f"{where}.{name}") for name, value in table.items()}


def number(value: Any, where: str) -> Fraction:
    """Exactly the number written, bare or in quotes."""
    if isinstance(value, str):
        try:
            return exact_number(value)
        except Mistake as mistake:
            raise Mistake(f"{where}: {mistake}") from None
    if type(value) is int:
        if value.bit_length() > 3_400:
            raise Mistake(f"{where} has too many digits; numbers have at most 1,000")
        return Fraction(value)
    raise Mistake(f'{where} is {shown(value)}; it must be a number like 2, 0.10 or "1/3"')


def nested(value: Any, where: str) -> Any:
    """Exactly the number written, or nested tuples of those of a list; raises Mistake, with the place of what is wrong.

    ``where`` is the key of the whole: of the second number of the first row of parameters.W it is parameters.W[1,2].
    """
    return _nested(value, where, ()) if isinstance(value, list) else number(value, where)


def _nested(value: Any, where: str, place: tuple[int, ...]) -> Any:
    if not isinstance(value, list):
        return number(value, _at(where, place))
    if len(place) >= DEEPEST:
        raise Mistake(f"{where} is nested more than {DEEPEST} lists deep")
    if not value:
        raise Mistake(f"{_at(where, place)} is an empty list; an array has at least one number along each axis")
    parts = []
    for i, part in enumerate(value, 1):
        here = (*place, i)
        if isinstance(part, list) != isinstance(value[0], list):
            raise Mistake(
                f"{_at(where, here)} is {_said(part)}, and {_at(where, (*place, 1))} {_said(value[0])}; the rows of an "
                "array are all lists or all numbers"
            )
        parts.append(_nested(part, where, here))
        if _lengths(parts[-1]) != _lengths(parts[0]):
            raise Mistake(
                f"{_at(where, here)} has {_counted(parts[-1])}, and {_at(where, (*place, 1))} has "
                f"{_counted(parts[0])}; the rows of an array are equally long"
            )
    return tuple(parts)


def _at(where: str, place: tuple[int, ...]) -> str:
    return f"{where}[{','.join(map(str, place))}]" if place else where


def _said(part: Any) -> str:
    return "a list" if isinstance(part, list) else "a number"


def _lengths(part: Any) -> tuple[int, ...]:
    return (len(part), *_lengths(part[0])) if isinstance(part, tuple) else ()


def _counted(part: Any) -> str:
    lengths = _lengths(part)
    return counted(lengths[0], "number") if len(lengths) == 1 else f"{' × '.join(map(str, lengths))} numbers"


def matrix(table: Mapping[str, Any], key: str, width: int, where: str = "network.") -> list[list[Fraction]]:
    rows = table.get(key, [])
    if not isinstance(rows, list):
        raise Mistake(f"{where}{key} must be a list of rows of {counted(width, 'number')}")
    if rows and not any(isinstance(row, list) for row in rows):
        numbers = ", ".join(str(value) for value in rows[:6]) + (", …" if len(rows) > 6 else "")
        if len(rows) == width:
            raise Mistake(f"{where}{key} is one row; it is a list of rows, so write {key} = [[{numbers}]]")
        column = "], [".join(str(value) for value in rows[:6]) + ("], […" if len(rows) > 6 else "")
        right = f", such as [[{column}]]" if width == 1 else ""
        raise Mistake(f"{where}{key} is a list of numbers; it is a list of rows of {counted(width, 'number')}{right}")
    for i, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != width:
            count = counted(len(row), "number") if isinstance(row, list) else shown(row)
            raise Mistake(f"{where}{key}: row {i} has {count}; each needs {width}")
    return [[number(value, f"{where}{key}[{i}]") for value in row] for i, row in enumerate(rows)]
