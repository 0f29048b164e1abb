"""The kinds of question a sheet can ask, each one function: from the worked exercise to blocks.

The name of a function is what ``ask`` says in an exercise file.  To add a kind, write one function in a module here;
names that begin with _ are its helpers.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from inspect import isfunction, signature
from pkgutil import iter_modules

from symnet.sheets.questions.pieces import Asked, Question
from symnet.working.work import Work

__all__ = ["CATALOGUE", "Asked", "Question"]

Kind = Callable[[Work, Question], Asked]


def _kinds() -> dict[str, Kind]:
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__) if found.name != "pieces"]
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_") and _is_a_kind(value)
    }


def _is_a_kind(function: Kind) -> bool:
    """Whether it is asked with the work and a question; other modules here have what kinds are made of."""
    return list(signature(function).parameters)[:2] == ["work", "question"]


CATALOGUE: dict[str, Kind] = _kinds()
