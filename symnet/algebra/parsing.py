"""Formulas as people type them, parsed and never evaluated by Python.

    expression = term (("+" | "-") term)*
    term       = unary (("*" | "/" | nothing) unary)*      "nothing" is implicit multiplication: 2x, y(1-y)
    unary      = ("-" | "+") unary | power
    power      = atom (("^" | "**") unary-power)?          binds to the right, and tighter than a minus in front
    atom       = number | name | function "(" expression ("," expression)* ")" | "(" expression ")"

Signs as they are printed are read too: w₁₃·x₁, (y − t)², ½, √x, |x|, σ(z), ReLU(z).
``1/2x`` reads from the left, (1/2)·x.  A declared name shadows a function of that name unless a bracket follows
directly.  Every limit below turns an attack, or an accident, into one clear line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy

from symnet.algebra import functions
from symnet.algebra.common_names import understood
from symnet.algebra.equations import MINUS_ONE, ONE, Expr, add, multiply, negate, number_of, power, symbol
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.no_formula import instead_of
from symnet.algebra.plurals import counted
from symnet.algebra.scalar import ScalarFunction
from symnet.algebra.signs import LOWERED, TYPED, on_the_line
from symnet.algebra.tokens import KINDS, NAME, NUMBER, Token, tokens

LONGEST = 20_000  # characters of one formula
DEEPEST = 50  # brackets, powers and signs inside one another
LARGEST_EXPONENT = 1_000  # of a number raised to a number, and of ten in 1e1000
MOST_FACTORS = 100  # of one product, and arguments of max and min
MOST_DIGITS = 1_000  # of one number

_COMMA = re.compile(r"[0-9],[0-9]")
_PI = sympy.pi

# A function that reads the bare name in its bracket, such as grad(w13) in an update rule.
NameReader = Callable[[str], Expr]


def parse(formula: str, names: Collection[str], readers: dict[str, NameReader] | None = None) -> Expr:
    """The expression a formula stands for; ``names`` are those it may use.

    The tree is exactly what was typed: nothing is simplified, 0.1 is 1/10, and the order stays the author's.
    Raises Mistake, a single line that quotes the place.
    """
    if len(formula) > LONGEST:
        raise Mistake(f"a formula of {len(formula):,} characters is too long; the longest is {LONGEST:,}")
    return Parser(formula, names, readers or {}).whole()


def plain_name(text: str) -> str:
    """The name that a printed one stands for, w13 for w₁₃; "" where that is no name either."""
    name = on_the_line(text.strip())
    return name if is_name(name) else ""


def exact_number(text: str) -> Fraction:
    """The exact value of "2", "-0.10", "1/3" or "1e-7"; raises Mistake for anything else, infinity and nan too."""
    top, slash, bottom = text.replace("_", "").partition("/")
    value = _decimal(top, signed=True)
    if not slash:
        return value
    divisor = _decimal(bottom, signed=True)
    if divisor == 0:
        raise Mistake(f"{shown(text)} divides by zero")
    return value / divisor


def is_name(text: str) -> bool:
    """Whether a name may be used in formulas: letters (Greek ones too), digits and _, not starting with a digit."""
    return len(text) <= 64 and NAME.fullmatch(text) is not None


def _decimal(text: str, signed: bool = False) -> Fraction:
    text = text.strip().translate(TYPED)
    digits = text[1:] if signed and text[:1] in ("-", "+") else text
    if len(digits) > MOST_DIGITS:
        raise Mistake(f"a number of {len(digits):,} digits is too long; the longest is {MOST_DIGITS:,}")
    if not NUMBER.fullmatch(digits):
        point = text.replace(",", ".")
        if text.count(",") == 1 and NUMBER.fullmatch(point.lstrip("+-")):
            raise Mistake(f"{shown(text)} has a comma; a decimal number has a point, {point}")
        raise Mistake(f'{shown(text)} is not a number; write it like 2, 0.10, 1e-7 or "1/3"')
    _, _, exponent = digits.lower().partition("e")
    if exponent and abs(int(exponent)) > LARGEST_EXPONENT:
        raise Mistake(f"{shown(text)} is too large or too small; exponents go to {LARGEST_EXPONENT}")
    return Fraction(text)


class Parser:
    """Reads one formula.  Formulas of arrays read more kinds of token and put their own in the place of the hooks."""

    kinds = KINDS
    instead = staticmethod(instead_of)  # what to say of a sign that has no meaning
    known_functions: Mapping[str, Any] = functions.CATALOGUE  # those that are suggested

    def __init__(self, formula: str, names: Collection[str], readers: dict[str, NameReader]) -> None:
        self.formula = formula
        self.names = names
        self.readers = readers
        self.depth = 0
        self.bars = 0  # | that are open
        self.tokens = tokens(formula, self.kinds, self.instead)
        self.token = next(self.tokens)

    # Each method reads one rule of the grammar above and leaves ``self.token`` at the first token it did not use.

    def whole(self) -> Expr:
        if self.token.kind == "end":
            raise Mistake("the formula is empty")
        expr = self.expression()
        if self.token.kind != "end":
            if self.token.text == ")":
                raise self.wrong('a ")" closes no bracket')
            if self.token.text == "," and _COMMA.match(self.formula, self.token.at - 1):
                raise self.wrong("a decimal number has a point, and here is a comma")
            raise self.wrong("an operator is missing" if self.token.kind == "number" else "not expected here")
        return expr

    def expression(self) -> Expr:
        terms = [self.term()]
        while self.token.text in ("+", "-"):
            minus = self.take().text == "-"
            term = self.term()
            terms.append(negate(term) if minus else term)
        return self.entrywise(add, terms)

    def term(self) -> Expr:
        start = self.token
        factors = [self.unary()]
        while True:
            if self.token.text in ("*", "/"):
                divides = self.take().text == "/"
                factor = self.unary()
                factors.append(power(factor, MINUS_ONE) if divides else factor)
            elif (
                self.token.kind == "name" or self.token.text in ("(", "√") or (self.token.text == "|" and not self.bars)
            ):
                factors.append(self.beside(factors, self.token))
            elif not self.further(factors, start):
                break
            if len(factors) > MOST_FACTORS:
                raise self.wrong(f"a product has more than {MOST_FACTORS} factors; give its parts names of their own")
        if len(factors) > 1 and factors[0].is_Mul and factors[0].args[0] == MINUS_ONE:
            factors[:1] = factors[0].args  # -x*y is -(x*y), printed without a bracket
        return self.entrywise(multiply, factors)

    def unary(self) -> Expr:
        if self.token.text in ("-", "+"):
            minus = self.take().text == "-"
            with Deeper(self):
                operand = self.unary()
            return negate(operand) if minus else operand
        return self.power()

    def power(self) -> Expr:
        base = self.atom()
        if self.token.kind == "raised":
            raised = self.take()
            whole = _decimal(raised.text, signed=True)
            if abs(whole) > LARGEST_EXPONENT:
                raise self.wrong(f"the exponent is too large; the largest is {LARGEST_EXPONENT}", raised)
            return power(base, sympy.Integer(int(whole)))
        if self.token.text not in ("^", "**"):
            return base
        self.take()
        at = self.token
        with Deeper(self):
            exponent = self.unary()
        size = _constant(exponent)
        if size is not None:
            if abs(size) > LARGEST_EXPONENT:
                raise self.wrong(f"the exponent is too large; the largest is {LARGEST_EXPONENT}", at)
            exponent = sympy.Rational(size.numerator, size.denominator) if size.denominator == 1 else exponent
        return self.entrywise(power, (base, exponent))

    # Hooks: what formulas of arrays do otherwise.

    def entrywise(self, build: Callable[..., Expr], parts: Sequence[Expr]) -> Expr:
        return build(*parts)

    def beside(self, factors: Sequence[Expr], token: Token) -> Expr:
        """One more factor, without a sign before it."""
        return self.power()

    def further(self, factors: list[Expr], start: Token) -> bool:
        """Whether a further sign of products stood there, and was worked into the factors."""
        return False

    def quantity(self, name: str) -> Expr:
        return symbol(name)

    def atom(self) -> Expr:
        token = self.take()
        if token.kind == "number":
            try:
                value = _decimal(token.text)
            except Mistake as mistake:
                raise self.wrong(str(mistake), token) from None
            return sympy.Rational(value.numerator, value.denominator)
        if token.text == "(":
            inside = self.bracketed(token)
            if len(inside) != 1:
                raise self.wrong("a comma stands outside a function's brackets", token)
            return inside[0]
        if token.kind == "half":
            return sympy.Rational(token.text)
        if token.text == "√":
            return self.root(token)
        if token.text == "|":
            return self.absolute(token)
        if token.kind == "name":
            return self.named(token)
        if token.kind == "end":
            raise Mistake(f"{shown(self.formula)} ends where a value is expected")
        raise self.wrong("a value is expected here", token)

    def root(self, sign: Token) -> Expr:
        """√x and √(x + 1); of √x² it is not clear what is squared."""
        with Deeper(self):
            radicand = self.atom()
        if self.token.kind == "raised" or self.token.text in ("^", "**"):
            raise self.wrong("it is not clear what the root is of; write sqrt(x^2) or sqrt(x)^2", sign)
        return functions.sqrt(radicand, evaluate=False)

    def absolute(self, opening: Token) -> Expr:
        self.bars += 1
        with Deeper(self):
            inside = self.expression()
        self.bars -= 1
        if self.token.text != "|":
            raise self.wrong("a | is never closed; write abs(x)", opening)
        self.take()
        return functions.abs(inside, evaluate=False)

    def named(self, token: Token) -> Expr:
        name = self.as_declared(token.text)
        declared = name in self.names
        if name in self.readers and (token.bracket_follows if declared else self.token.text == "("):
            return self.read_name(name)
        function = functions.CATALOGUE.get(name)
        if function is not None and (token.bracket_follows if declared else self.token.text == "("):
            return self.call(name, function)
        if declared:
            return self.quantity(name)
        if self.token.text == "(" and (meant := understood(name, functions.CATALOGUE)):
            return self.call(name, functions.CATALOGUE[meant])
        if name in ("pi", "π"):
            return _PI
        if function is not None:
            raise self.wrong(f"the function {name} needs its argument in brackets", token)
        what = "function" if self.token.text == "(" else "name"
        hint = suggestion(name, self.known_functions) if what == "function" else self.nearest(name)
        if name == "e":
            hint = "; write exp(x) for the exponential"
        if name[0] == "Σ":
            hint = "; write the sum out, as in z1 + z2 + z3"
        raise Mistake(f"{what} {shown(name)} is not known here{hint}")

    def nearest(self, name: str) -> str:
        """What a name that is not known may mean, or what is known."""
        return suggestion(name, self.names)

    def as_declared(self, text: str) -> str:
        """The declared name that a printed one stands for: w₁₃ is w13, or w_13, or w1_3."""
        if text.isascii() or text in self.names:
            return text
        plain = on_the_line(text)
        if plain == text:
            return text
        stem = text.rstrip("".join(LOWERED))
        index = plain[len(stem) :]
        spelled = (plain, f"{stem}_{index}", f"{stem}{'_'.join(index)}", f"{stem}_{'_'.join(index)}")
        return next((name for name in spelled if name in self.names), plain)

    def call(self, name: str, function: type[ScalarFunction]) -> Expr:
        opening = self.take()
        arguments = self.bracketed(opening)
        least, most = function.arguments
        if len(arguments) < least or (most is not None and len(arguments) > most):
            allowed = f"{least}" if most == least else f"{least} or more" if most is None else f"{least} to {most}"
            raise self.wrong(f"{name} takes {counted(allowed, 'argument')}, not {len(arguments)}", opening)
        return self.entrywise(lambda *parts: function(*parts, evaluate=False), arguments)

    def read_name(self, reader: str) -> Expr:
        opening = self.take()
        inside = self.take()
        if inside.kind != "name" or self.token.text != ")":
            raise self.wrong(f"{reader} takes one name, like {reader}(w)", opening)
        self.take()
        return self.readers[reader](inside.text)

    def bracketed(self, opening: Token) -> list[Expr]:
        with Deeper(self):
            items = [self.expression()]
            while self.token.text == ",":
                self.take()
                items.append(self.expression())
                if len(items) > MOST_FACTORS:
                    raise self.wrong(f"max and min take at most {MOST_FACTORS} arguments")
        if self.token.text != ")":
            if self.token.kind == "end":
                raise self.wrong("a bracket is never closed", opening)
            raise self.wrong('an operator or ")" is missing', self.token)
        self.take()
        return items

    def take(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.token = next(self.tokens)
        return token

    def wrong(self, why: str, token: Token | None = None) -> Mistake:
        at = (token or self.token).at
        return Mistake(f"{why}: {shown(self.formula[at : at + 30])} at character {at + 1}")


class Deeper:
    """Counts how deep the grammar's rules stand inside one another, so that Python's stack never runs out."""

    def __init__(self, parser: Parser) -> None:
        self.parser = parser

    def __enter__(self) -> None:
        self.parser.depth += 1
        if self.parser.depth > DEEPEST:
            raise Mistake(f"the formula is nested more than {DEEPEST} deep; give its parts names of their own")

    def __exit__(self, *_: object) -> None:
        self.parser.depth -= 1


def _constant(expr: Expr) -> Fraction | None:
    """The value of an expression of numbers, as far as exponents need it; None if names or functions stand in it."""
    number = number_of(expr)
    if number is not None:
        return Fraction(int(number.p), int(number.q))
    if not expr.args or expr.is_Function:
        return None
    parts = [_constant(argument) for argument in expr.args]
    values = [part for part in parts if part is not None]
    if len(values) < len(parts):
        return None
    if expr.is_Pow:
        base, exponent = values
        if exponent.denominator != 1 or (base == 0 and exponent < 0):
            return None
        if base.numerator.bit_length() * abs(exponent) > 8 * LARGEST_EXPONENT:
            return Fraction(LARGEST_EXPONENT + 1)  # too large whatever it is
        return base ** int(exponent)
    result = Fraction(0) if expr.is_Add else Fraction(ONE.p)
    for value in values:
        result = result + value if expr.is_Add else result * value
    return result


def rational(key: str, value: Any) -> Expr:
    """0.1 as the exact 1/10 it was typed as; also of "1/3", a Fraction or a whole number."""
    if isinstance(value, (sympy.Rational, Fraction)):
        return sympy.Rational(value.numerator, value.denominator)
    try:
        number = exact_number(
            value if isinstance(value, str) else repr(value.item() if hasattr(value, "item") else value)
        )
    except Mistake as mistake:
        raise Mistake(f"{key}: {mistake}") from None
    return sympy.Rational(number.numerator, number.denominator)
