"""What is raised when something a person wrote cannot be right."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from symnet.algebra.common_names import formula_for, loss_formula, meant


class Mistake(ValueError):
    """One line that says what is wrong, where, and what would be right."""


class NotInstalled(Mistake):
    """An optional part is missing; the message is the line that installs it.

    ``extra`` is what it is called among the extras of symnet, ``line`` the whole line for what pip does not have.
    """

    def __init__(self, what: str, extra: str = "", line: str = "") -> None:
        install = line or f"pip install 'symnet[{extra}]'"
        super().__init__(f"{what} is not installed: {install}")


class NotInLibrary(Mistake):
    """A library that computes lacks a function."""


def shown(text: object, length: int = 40) -> str:
    """The text in quotes, safe to print on one line: shortened, control characters written out."""
    word = str(text)
    if len(word) > length:
        word = word[:length] + "…"
    word = "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in word)
    return f'"{word}"'


def suggested(wrong: str, known: Iterable[str]) -> str:
    """The known name that is close to a wrong one, or is called so elsewhere; "" where there is none."""
    choices = list(known)
    if wrong.removesuffix("s") in choices:  # one of them more
        return wrong.removesuffix("s")
    small = {choice.lower(): choice for choice in reversed(choices)}  # capitals lead nowhere: Rellu is relu, not elu
    near = [small[found] for found in get_close_matches(wrong.lower(), small, n=1, cutoff=0.6)]
    return meant(wrong, choices) or next(iter(near), "")


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """``; did you mean "tanh"?`` where a known name is close or is called so elsewhere, otherwise what is known."""
    choices = list(known)
    if "tanh" in choices and not meant(wrong, choices) and (formula := formula_for(wrong)):
        return f"; write {formula}"
    formulas = "tanh" in choices or "squared_error" in choices
    if formulas and not meant(wrong, choices) and (formula := loss_formula(wrong)):
        return f"; a loss is a formula, as {formula}"
    close = suggested(wrong, choices)
    if close:
        return f'; did you mean "{close}"?'
    if 0 < len(choices) <= 40:
        return f" (known: {', '.join(choices)})"
    return ""
