"""The text of an exercise file as a student may read it: without comments, and without what is for the key alone.

A notebook carries the exercise with it, so that its cells can work with it and check what is typed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from symnet.algebra.mistakes import Mistake

FOR_THE_KEY = ("why",)  # keys of a question
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}]|\n|[^"\'#\[\]{}\n]+',
    re.DOTALL,
)
_KEY = re.compile(rf"""\s*(["']?)(?:{"|".join(FOR_THE_KEY)})\1\s*=""")
_QUESTION = re.compile(r"\s*\[\[\s*question\s*\]\]\s*")


def without_answers(toml: str) -> str:
    """The file without comments and ``why``; raises Mistake where that is written so that it cannot be taken out."""
    table = ""
    kept = []
    for statement in _statements(toml.replace("\r\n", "\n")):
        if statement.lstrip().startswith("["):
            table = statement
        if not (_QUESTION.fullmatch(table) and _KEY.match(statement)):
            kept.append(statement)
    text = re.sub(r"\n{3,}", "\n\n", "".join(kept)).lstrip("\n")
    said = tomllib.loads(text, parse_float=str)
    if said != _read(toml):
        raise Mistake("a notebook for students leaves out why; for that each question must stand under [[question]]")
    return text


def _read(toml: str) -> dict[str, Any]:
    """What the file says to a student."""
    said = tomllib.loads(toml, parse_float=str)
    for question in said.get("question", ()):
        for key in FOR_THE_KEY:
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
