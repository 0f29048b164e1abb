"""The kinds of question a sheet can ask, each one function: from the worked exercise to blocks.

The name of a function is what ``ask`` says in an exercise file, and its keyword-only parameters are the other keys of
such a question, each ``Annotated`` with an ``Option`` that says what it is and reads it.  To add a kind, or a key of
one, write it in a module here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from inspect import Parameter, isfunction, signature
from pkgutil import iter_modules
from typing import Any, get_type_hints

from symnet.questions.options import Option
from symnet.questions.pieces import Asked, Question
from symnet.working.work import Work

__all__ = ["CATALOGUE", "Asked", "Question", "answered", "options_of"]

Kind = Callable[..., Asked]
_TAKES = ["work", "question"]  # what a kind takes first; other functions of the folder are what kinds are made of


CATALOGUE: dict[str, Kind]  # by name


@cache
def _kinds() -> dict[str, Kind]:
    found = [module.name for module in iter_modules(__path__)]
    return {
        name: value
        for module in (import_module(f"{__name__}.{name}") for name in found)
        for name, value in vars(module).items()
        if isfunction(value) and value.__module__ == module.__name__ and list(signature(value).parameters)[:2] == _TAKES
    }


def __getattr__(name: str) -> Any:
    # Who has a file without questions need not import all the kinds that there are.
    if name == "CATALOGUE":
        return _kinds()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def options_of(ask: str) -> dict[str, Option]:
    """The keys of a kind of question, beside those that all kinds have (``options.COMMON``)."""
    kind = _kinds()[ask]
    hints = get_type_hints(kind, include_extras=True)
    keys = [name for name, given in signature(kind).parameters.items() if given.kind is Parameter.KEYWORD_ONLY]
    return {key: next(item for item in hints[key].__metadata__ if isinstance(item, Option)) for key in keys}


def answered(work: Work, question: Question) -> Asked:
    """The question in words, with its answer."""
    return _kinds()[question.ask](work, question, **question.options)
