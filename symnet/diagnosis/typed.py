"""A formula as a person types it for an answer, read by our own parser: (y5 − t)·w₃₅·σ′(x₃)·x1, or numbers alone.

Names may be spelled as keys may; ∂L/∂y5, dy5/dx5, relu'(x3), δ5 and grad(x5) stand for what they stand for as keys.
Nothing is evaluated by Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from symnet.algebra import functions
from symnet.algebra.common_names import understood
from symnet.algebra.equations import ONE, Equation, Expr, names_in, partial, replace, symbol
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.optimizers import LEARNING_RATE
from symnet.algebra.parsing import is_name, parse
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.computing.program import EquationError, Program, identifier
from symnet.diagnosis.digits import half_beside_digits
from symnet.diagnosis.keys import Keys
from symnet.diagnosis.particulars import Slope, particular, slope_of
from symnet.diagnosis.spelling import plain, spelled

LONGEST = 1_000  # characters of a formula in an answer
CARRIED = 40  # digits
_D = r"(?:∂|d)\s*(?:\(\s*\w+\s*\)|\w+)"
QUANTITY = re.compile(
    rf"(?<!\w)(?:\(\s*{_D}\s*\)|{_D})\s*/\s*(?:\(\s*{_D}\s*\)|{_D})(?!\w)"
    r"|[^\W\d]\w*\s*'\s*\(\s*\w+\s*\)"
    r"|(?<!\w)(?:gradient|grad|slope|delta|δ)\s*\(\s*[^()]{1,60}\)"
    r"|(?<!\w)(?:δ|delta)_?\w*(?!\w)"
)
_WORD = re.compile(r"[^\W\d]\w*(?:\^\(\d+\)_\w+)?")
_EXPONENT = re.compile(r"[\d.][eE][+-]?\d+(?!\w)")  # of 2e-3
_SIGNED = re.compile(r"[^\W\d_]+_?\d+(?:_\d+)*|[^\W\d_]+")
_ROOT = re.compile(r"√\s*([\w.]+)")
RATE = ("lr", "eta", "η", "alpha", "α", "learning_rate", "rate")
_COMMA = re.compile(r"(?<=\d),(?=\d)")
MANY = re.compile(r"\b(?:max|min|leaky_relu|elu|linear)\s*\(")


def formula(text: str, keys: Keys) -> Expr:
    """The expression of a formula; raises Mistake for one that makes no sense, or uses a name that is none here."""
    if len(text) > LONGEST:
        raise Mistake(f"{shown(text)} is too long for an answer; the longest formula is {LONGEST:,} characters")
    if half_beside_digits(text):
        raise Mistake(f"{shown(text)} may be a sum or a product; write 2.5, or 2*1/2")
    reader = _Reader(keys)
    typed = plain(text)
    if "." not in typed and not MANY.search(typed):
        typed = _COMMA.sub(".", typed)
    typed = _ROOT.sub(lambda found: f"sqrt({found[1]})", typed.replace("√(", "sqrt("))
    typed = _WORD.sub(reader.word, QUANTITY.sub(reader.quantity, typed))
    return replace(parse(typed, reader.names), reader.stand_for)


def is_of_numbers(expr: Expr) -> bool:
    """Whether no name stands in an expression."""
    return not names_in(expr)


def number_of(expr: Expr) -> Value:
    """The value of an expression of numbers alone."""
    frame: dict[str, Value] = {}
    with exact.digits_carried(CARRIED):
        try:
            Program([Equation(symbol("answer"), expr)]).run(frame)
        except EquationError as error:
            return Undefined(error.why)
    return frame[identifier("answer")]


class _Reader:
    """Puts a name of its own in the place of every quantity, however it is spelled."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self.stand_for: dict[Expr, Expr] = {}
        self.names: set[str] = {name for name in keys.called.names if is_name(name)}

    def quantity(self, found: re.Match[str]) -> str:
        sides = [side.strip() for side in found[0].split("/")]
        if all(side in self.keys.called for side in sides):  # a name itself, or two of them divided
            return found[0]
        try:
            key = self.keys.read(found[0])
        except Mistake:
            if "/" in found[0] or "'" in found[0] or "(" in found[0]:
                raise
            return found[0]
        return self._name_for(self._expression(key, found[0]))

    def _expression(self, key: str, word: str) -> Expr:
        problem = self.keys.problem
        if key.startswith("grad("):
            return ONE if key[5:-1] == problem.loss else partial(problem.loss, key[5:-1])
        what = particular(problem, key)
        if isinstance(what, Slope):
            return slope_of(problem, what)
        if key in self.keys.called:
            return symbol(key)
        raise Mistake(f"{shown(word)} is a number of its own, {key}, and cannot stand in a formula")

    def word(self, found: re.Match[str]) -> str:
        word = found[0]
        if word in self.names or word == "pi" or _EXPONENT.match(found.string, max(0, found.start() - 1)):
            return word
        behind = found.string[found.end() :].lstrip()
        if behind.startswith("(") and (function := function_named(word)):
            return function
        if word == "π":
            return "pi"
        if word == "e":  # never a quantity E
            return self._name_for(functions.exp(ONE, evaluate=False))
        name = self.keys.name(word)
        if not name and "^" in word:
            base, _, rest = word.partition("^")
            return f"{self._named(base)}^{rest}"
        return self._name_for(symbol(name)) if name else self._named(word)

    def _named(self, word: str) -> str:
        name = self.keys.name(word)
        if name:
            return self._name_for(symbol(name))
        if spelled(word) in RATE and self.keys.problem.learning_rate is not None:
            return self._name_for(LEARNING_RATE)
        parts = [self.keys.name(part) for part in _SIGNED.findall(word)]
        if len(parts) > 1 and all(parts):  # w13x1, without a sign between them
            return "*".join(self._name_for(symbol(part)) for part in parts)
        return word

    def _name_for(self, expr: Expr) -> str:
        for known, other in self.stand_for.items():
            if other == expr:
                return str(known)
        name = next(f"q{i}_" for i in _counting() if f"q{i}_" not in self.names)
        self.names.add(name)
        self.stand_for[symbol(name)] = expr
        return f" {name} "


def _counting() -> Iterator[int]:
    i = 0
    while True:
        yield i
        i += 1


def function_named(word: str) -> str:
    """The catalogue's name of a function: ReLU as it is printed is relu, σ is sigmoid."""
    name = understood(word, functions.CATALOGUE) or understood(spelled(word), functions.CATALOGUE)
    if name or word == "Phi":
        return name or "sigmoid"
    printed = {kind.notation.lower(): name for name, kind in functions.CATALOGUE.items()}
    return printed.get(word.lower(), "")
