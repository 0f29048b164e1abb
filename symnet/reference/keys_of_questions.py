"""The keys of each kind of question, from where the reader of exercise files has them."""

from __future__ import annotations

from symnet.questions import options_of
from symnet.questions.options import COMMON


def keys_of(ask: str) -> dict[str, str]:
    """{"of": what it is, …} of a kind of question, its own keys first."""
    return {key: option.says for key, option in {**options_of(ask), **COMMON}.items()}
