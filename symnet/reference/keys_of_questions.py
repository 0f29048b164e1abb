"""The keys of each kind of question, from where the reader of exercise files has them."""

from __future__ import annotations

from typing import Any

from symnet.sheets import questions
from symnet.sheets.keys_of_the_file import TABLES


def keys_of(ask: str) -> dict[str, str]:
    """{"of": what it is, …} of a kind of question, its own keys first."""
    found: Any = getattr(questions, "options_of", None)
    if found is None:
        return {key: about.says for key, about in TABLES["question"].keys.items() if key != "ask"}
    common: Any = getattr(questions, "options").COMMON  # noqa: B009
    return {key: option.says for key, option in {**found(ask), **common}.items()}
