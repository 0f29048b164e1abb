"""The answers that ``symnet check`` is given: words NAME=NUMBER, or lines of a file or of standard input."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from symnet.algebra.mistakes import Mistake, shown
from symnet.diagnosis.answer import read_number
from symnet.reading import read_bytes, text_of

LARGEST_FILE = 1_000_000  # bytes
STANDARD_INPUT = "-"
_RELATION = re.compile(r"=\s*[~≈∼]|[=≈≅≃∼]|←|<-|~(?=\s*[-+\d.,−])")
_COMMENT = re.compile(r"(?:^|\s)#.*$")


def read_words(exercise: str, words: Sequence[str], path: str | None = None) -> dict[str, str]:
    """{"w13": "5"} of the words ``w13=5``, of the lines of standard input for a word ``-``, and of the file ``path``.

    Raises Mistake, also where standard input is wanted twice, the ``exercise`` counted.
    """
    if [exercise, *words, path].count(STANDARD_INPUT) > 1:
        raise Mistake("standard input is read once, for the exercise or for the answers; name a file for the other")
    lines = lines_of(path) if path is not None else ()
    said = (line for word in words for line in (lines_of(word) if word == STANDARD_INPUT else (word,)))
    return read_pairs((*said, *lines))


def read_pairs(words: Sequence[str]) -> dict[str, str]:
    """{"w13": "5"} of the words ``w13=5``; raises Mistake."""
    answers: dict[str, str] = {}
    for word in words:
        key, number = _pair(word)
        if key in answers and not _is_same(answers[key], number):
            raise Mistake(f"{shown(key)} is given twice, and not alike; give each quantity only once")
        answers.setdefault(key, number)
    return answers


def _is_same(one: str, other: str) -> bool:
    """Whether two answers are the same text or number."""
    try:
        return one == other or read_number(one, "it").number == read_number(other, "it").number
    except Mistake:
        return False


def lines_of(path: str | Path) -> Iterator[str]:
    """The answers in a file, or on standard input for "-": a line each, without empty lines and what follows #."""
    file = "standard input" if str(path) == STANDARD_INPUT else shown(path, 200)[1:-1]
    text, _ = text_of(read_bytes(path, file, LARGEST_FILE, "answers"), file, "text")
    if "\0" in text:
        raise Mistake(f"{file}: it holds bytes of 0, so it is no text; save it as text in UTF-8, a line an answer")
    for number, line in enumerate(text.splitlines(), 1):
        line = _COMMENT.sub("", line).strip()
        if line:
            try:
                _pair(line)
            except Mistake as mistake:
                raise Mistake(f"{file}, line {number}: {mistake}") from None
            yield line


def _pair(word: str) -> tuple[str, str]:
    """("w13", "5") of w13=5, w13 ≈ 5 and w13: 5."""
    found = _RELATION.search(word) or re.search(":", word)
    if found is None or not word[: found.start()].strip():
        raise Mistake(f"{shown(word)} is not of the form NAME=NUMBER, such as w13=5 or 'grad(w35)=50'")
    return word[: found.start()].strip().removesuffix(":").strip(), word[found.end() :].strip()
