"""Reads the [[question]] tables of an exercise file.

Every kind of question says itself which keys it has (``questions.options_of``); what it does not use is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from symnet import questions
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.exercises.keys_of_the_file import TOP
from symnet.questions import Question
from symnet.questions.options import COMMON, Asking
from symnet.toml_tables import text

FEW = 3  # kinds that have a key; where more have it, none is named


def read_questions(tables: Sequence[Mapping[str, Any]], asking: Asking) -> tuple[Question, ...]:
    """The questions, each with its options as read; raises Mistake for a kind or a key that there is not."""
    return tuple(_question(table, f"question[{i}].", asking) for i, table in enumerate(tables))


def _question(table: Mapping[str, Any], where: str, asking: Asking) -> Question:
    if "ask" not in table:
        kind = "text" if "text" in table else "forward"
        raise Mistake(
            f'{where}ask is missing, the kind of question: ask = "{kind}"{suggestion("", questions.CATALOGUE)}'
        )
    ask = text(table, "ask", "", where).replace("-", "_").replace(" ", "_")
    if ask not in questions.CATALOGUE:
        raise Mistake(f"{where}ask is {shown(ask)}{suggestion(ask, questions.CATALOGUE)}")
    own = questions.options_of(ask)
    for key in table:
        if key not in ("ask", *COMMON, *own):
            raise Mistake(f"{where}{shown(key)[1:-1]} {_no_key(key, ask)}")
    if ask == "table":
        _can_be_a_table(asking, where)
    if ask == "text" and "text" not in table:
        raise Mistake(f'{where}ask = "text" needs text, the question in words')
    options = {key: option.read(table, key, where, asking) for key, option in own.items() if key in table}
    common = {key: option.read(table, key, where, asking) for key, option in COMMON.items() if key in table}
    return Question(ask, options, **common)


def _no_key(key: str, ask: str) -> str:
    """Why there is no such key: which it may be, which kinds have it, which this kind has."""
    own = questions.options_of(ask)
    for meant, option in own.items():
        if key in option.instead_of:
            return f'is not a key of ask = "{ask}"; use {meant}: {option.says}'
    others = [f'"{kind}"' for kind in _kinds_with(key)]
    if others:
        for_those = f"is for ask = {' or '.join(others)}" if len(others) <= FEW else "is not a key here"
        return f'{for_those}; ask = "{ask}" has {", ".join((*own, *COMMON))}'
    if key in TOP.keys:
        return f'is not a key of ask = "{ask}"; {key} stands at the top of the file'
    return f'is not a key of ask = "{ask}"{suggestion(key, ("ask", *own, *COMMON))}'


def _kinds_with(key: str) -> Iterator[str]:
    return (kind for kind in questions.CATALOGUE if key in questions.options_of(kind))


def _can_be_a_table(asking: Asking, where: str) -> None:
    if asking.problem is None:
        raise Mistake(f'{where}ask = "table" is worked by hand, and with [data] there is nothing to work')
    if not asking.problem.rules or not asking.problem.updates:
        raise Mistake(f'{where}ask = "table" needs updates; give a learning_rate or [update], and [training]')
