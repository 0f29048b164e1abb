"""The text of an exercise file as a student may read it: without comments, and without what is for the key alone.

A notebook carries the exercise with it, so that its cells can work with it and check what is typed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any

from symnet.algebra.mistakes import Mistake
from symnet.questions import CATALOGUE, options_of

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}]|\n|[^"\'#\[\]{}\n]+',
    re.DOTALL,
)
_KEY = re.compile(r"""\s*(["']?)([\w-]+)\1\s*=""")
_QUESTION = re.compile(r"\s*\[\[\s*question\s*\]\]\s*")


@cache
def for_the_key() -> frozenset[str]:
    """The keys of questions that a student may not read."""
    kinds = map(options_of, CATALOGUE)
    return frozenset(key for options in kinds for key, option in options.items() if option.for_the_key)


def without_answers(toml: str) -> str:
    """The file without comments and what is for the key; raises Mistake where that cannot be taken out of it."""
    table = ""
    kept = []
    for statement in _statements(toml.replace("\r\n", "\n")):
        if statement.lstrip().startswith("["):
            table = statement
        key = _KEY.match(statement)
        if not (_QUESTION.fullmatch(table) and key is not None and key[2] in for_the_key()):
            kept.append(statement)
    text = re.sub(r"\n{3,}", "\n\n", "".join(kept)).lstrip("\n")
    said = tomllib.loads(text, parse_float=str)
    if said != _read(toml):
        raise Mistake(
            "a notebook for students leaves answers out; for that each question must stand under [[question]]"
        )
    return text


def _read(toml: str) -> dict[str, Any]:
    """What the file says to a student."""
    said = tomllib.loads(toml, parse_float=str)
    for question in said.get("question", ()):
        for key in for_the_key():
            question.pop(key, None)
    return said


def _statements(toml: str) -> Iterator[str]:
    """The lines of a file without comments; what goes on over several lines, in brackets or quotes, is one."""
    statement, depth = "", 0
    for token in _TOKEN.findall(toml):
        if token.startswith("#"):
            statement = statement.rstrip(" \t")
            continue
        depth += (token in ("[", "{")) - (token in ("]", "}"))
        statement += token
        if token == "\n" and depth <= 0:
            yield statement
            statement, depth = "", 0
    yield statement
