"""Why the error of an output that goes with its loss is p − t: derived once, and proved, before it is used.

    ∂L/∂z₁ = ∂L/∂p₁·∂p₁/∂z₁ + ∂L/∂p₂·∂p₂/∂z₁ = −t₁/p₁·p₁(1 − p₁) − t₂/p₂·(−p₂p₁)
           = −t₁(1 − p₁) + t₂p₁ = p₁(t₁ + t₂) − t₁ = p₁ − t₁

Every line is proved equal to the one before, and the first to SymPy's derivative of the loss.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import sympy

from symnet.algebra.equations import (
    MINUS_ONE,
    ONE,
    Expr,
    Symbol,
    add,
    divide,
    multiply,
    names_in,
    negate,
    product,
    symbol,
    total,
)
from symnet.algebra.equations import replace as put
from symnet.algebra.output_errors import OutputError
from symnet.notation.line import Line
from symnet.notation.maths import DOT, EQUALS, MINUS, PARTIAL, Brackets, Fraction, Letter, Maths, Script, row
from symnet.notation.names import default_notation
from symnet.working.rules import same
from symnet.working.work import Work

MOST_WRITTEN = 4  # classes whose chain rule is written out term by term
MOST_PROVED = 12  # classes for which SymPy is asked
Text = tuple[str | Maths, ...]


@dataclass(frozen=True)
class Forms:
    """Equal expressions for the derivative in one logit, from the chain rule to the short one, in plain names."""

    logit: Symbol
    chain: Expr
    rest: tuple[Expr, ...]


class ErrorReason:
    """The derivation of ∂C/∂u for the first logit of a softmax, or the only one of a logistic unit."""

    def __init__(self, work: Work, error: OutputError) -> None:
        self.work, self.error = work, error
        self.one = work.problem.sums_to_one(error.sum)
        self.known = self._known_of_targets() if self.one and not error.is_logistic else {}
        taken = set(work.network.names)
        self.logits = _named(error.logits, "zuvq", taken)
        self.outputs = _named(error.outputs, "pqab", taken)
        # Of targets that are numbers, −ln p₂ alone, the logit of the class that is meant shows more.
        self.at = next((k for k, t in enumerate(error.targets) if t != 0), 0)

    def text(self) -> Text:
        """What the lines are about, with names for what has none."""
        kind = "a logistic unit" if self.error.is_logistic else "a softmax"
        here = [
            (n, e)
            for n, e in zip((*self.logits, *self.outputs), (*self.error.logits, *self.error.outputs), strict=True)
            if n != e
        ]
        new = [row(self._maths(name), EQUALS, self.work.symbols(expr)) for name, expr in here[:MOST_WRITTEN]]
        named: Text = (" (with ", *_commas(new), ")") if new else ()
        return (
            f"The error of {kind} with its cross-entropy, derived once",
            *named,
            ". With ",
            *self._slopes_in_words(),
        )

    def _slopes_in_words(self) -> Text:
        z, p = self.logits[self.at], self.outputs[self.at]
        of_loss = row(self._partial(self.error.line.lhs, p), EQUALS, self._maths(self._of_output(self.at)))
        own = row(self._partial(p, z), EQUALS, self._maths(self._slope(self.at)))
        if self.error.is_logistic:
            return (of_loss, " and ", own, " the chain rule gives:")
        other = next(k for k in range(len(self.outputs)) if k != self.at)
        cross = row(self._partial(self.outputs[other], z), EQUALS, self._maths(self._slope(other)))
        return (of_loss, ", ", own, ", ", cross, " and so on, the chain rule gives:")

    def lines(self) -> tuple[Line, ...]:
        """The chain rule for the logit, and what is left of it, as many forms a line as there is room for."""
        forms = self.forms()
        lhs = self._partial(self.error.line.lhs, forms.logit)
        rest = [("=", self._maths(form)) for form in dict.fromkeys(forms.rest)]
        if len(self.outputs) > MOST_WRITTEN:
            return (Line(lhs, tuple(rest)),)
        first = Line(lhs, (("=", self._maths(forms.chain)),))
        return (first, Line(None, tuple(rest)))

    def because(self) -> Text:
        """Why the last step holds, that the other logits go alike, and what δ with an index is."""
        said = self._why_it_holds()
        return (*said, " " * bool(said), "Here ", self._whose(), ".")

    def _why_it_holds(self) -> Text:
        error = self.error
        every = " at every logit" if len(self.logits) > 1 else ""
        if not self.one and not names_in(error.sum):
            return ("The targets sum to ", self._maths(error.sum), f", which stays in the error{every}.")
        if not self.one:
            return ("The targets do not sum to 1, so ", self._maths(error.sum), f" stays in the error{every}.")
        if error.is_logistic:
            return ()
        if not names_in(error.sum):
            return (f"So δ is output minus target{every}: the target is 1 for the true class and 0 for the others.",)
        whole = row(self._maths(error.sum), EQUALS, self._maths(ONE))
        return ("The last step holds because ", whole, ". So ", self._delta(), f"{every}.")

    def _whose(self) -> Maths:
        """∂L/∂z, which δ with the index z stands for."""
        logit = self.logits[self.at]
        return row(Script(Letter("δ"), sub=self._maths(logit)), EQUALS, self._partial(self.error.line.lhs, logit))

    def _delta(self) -> Maths:
        """δ = p − t, in the letters of the exercise."""
        p, t = (default_notation(stem) for stem in (_stem(self.outputs, "p"), _stem(self.error.targets, "t")))
        factor = (self._maths(self.error.scale), DOT) if self.error.scale != 1 else ()
        error = row(p, MINUS, t)
        return row(Letter("δ"), EQUALS, *factor, Brackets(error) if factor else error)

    # -- the forms ----------------------------------------------------------------------------------------------------

    def forms(self) -> Forms:
        """The forms; AssertionError where SymPy does not find them equal."""
        error, p, c = self.error, self.outputs[self.at], self.error.scale
        chain = total(*(multiply(*_factors(self._of_output(k)), *self._slope_factors(k)) for k in self._counting))
        if error.is_logistic:
            chain = multiply(self._of_output(0), *_factors(self._slope(0)))
        cancelled = total(*(self._cancelled(k) for k in self._counting))
        if error.other is not None and error.other != 0:
            cancelled = total(cancelled, product(c, error.other, p))
        t = error.targets[self.at]
        collected = product(c, total(product(p, error.sum), _minus(t)))
        short = product(c, total(p, _minus(t)))
        rest = [cancelled, collected, *([short] if self.one else [])]
        if error.is_logistic and self.one:
            rest = [cancelled, short]
        if len(self.outputs) <= MOST_PROVED:
            self._prove(chain, *rest)
        return Forms(self.logits[self.at], chain, tuple(rest))

    @property
    def _counting(self) -> list[int]:
        """The outputs whose logarithm is in the loss."""
        return [k for k, t in enumerate(self.error.targets) if t != 0]

    def _of_output(self, k: int) -> Expr:
        """∂C/∂p_k."""
        error, p = self.error, self.outputs[k]
        own = product(MINUS_ONE, error.scale, divide(error.targets[k], p)) if error.targets[k] != 0 else sympy.S.Zero
        if not error.other:
            return own
        return total(own, product(error.scale, divide(error.other, add(ONE, negate(p)))))

    def _slope(self, k: int) -> Expr:
        """∂p_k/∂u: p(1 − p) for the logit's own output, −p_k p for another."""
        p = self.outputs[self.at]
        return multiply(p, add(ONE, negate(p))) if k == self.at else negate(multiply(self.outputs[k], p))

    def _slope_factors(self, k: int) -> tuple[Expr, ...]:
        """p and 1 − p, or −p_k p in brackets."""
        return _factors(self._slope(k)) if k == self.at else (self._slope(k),)

    def _cancelled(self, k: int) -> Expr:
        p, weight = self.outputs[self.at], product(self.error.scale, self.error.targets[k])
        return product(MINUS_ONE, weight, add(ONE, negate(p))) if k == self.at else product(weight, p)

    def _prove(self, *forms: Expr) -> None:
        """That each form equals the one before, and the first the derivative by SymPy."""
        error = self.error
        u = [sympy.Dummy(f"u{k}", real=True) for k in range(len(self.logits))]
        if error.is_logistic:
            values = [1 / (1 + sympy.exp(-u[0]))]
            cost = error.targets[0] * sympy.log(values[0]) + (error.other or 0) * sympy.log(1 - values[0])
        else:
            whole = sum(map(sympy.exp, u))
            values = [sympy.exp(x) / whole for x in u]
            cost = sum(t * sympy.log(p) for t, p in zip(error.targets, values, strict=True))
        at = dict(zip(self.outputs, values, strict=True))
        slope = sympy.diff(-error.scale * cost, u[self.at])
        shown = [self._summing_to_one(form, at) for form in forms]
        for one, other in pairwise([self._summing_to_one(slope, at), *shown]):
            if not same(one, other):
                raise AssertionError(f"{other} is not {one}, the derivative of {error.line.rhs}")

    def _summing_to_one(self, form: Expr, at: dict[Expr, Expr]) -> Expr:
        """The form in the logits, with what is known of the targets where they sum to 1."""
        return put(form, at).doit().subs(self.known)

    def _known_of_targets(self) -> dict[Expr, Expr]:
        """What stands for a name where the targets sum to 1: 1 − t₁ for t₂, 1 for t alone; of t², its number."""
        whole = self.error.sum.doit()
        slopes = {t: sympy.diff(whole, t) for t in names_in(whole)}
        if not any(sympy.expand(slope) for slope in slopes.values()):
            return {}
        for t, slope in reversed(slopes.items()):
            if slope.is_number and slope != 0:
                return {t: sympy.expand(t + (1 - whole) / slope)}
        numbers = self.work.problem.examples[0]
        return {t: sympy.Rational(str(numbers[t.name])) for t in slopes}

    # -- on paper -----------------------------------------------------------------------------------------------------

    def _maths(self, expr: Expr) -> Maths:
        return self.work.symbols(expr)

    def _partial(self, of: Symbol, wrt: Symbol) -> Maths:
        return Fraction(row(PARTIAL, self._maths(of)), row(PARTIAL, self._maths(wrt)))


def _named(exprs: tuple[Expr, ...], letters: str, taken: set[str]) -> tuple[Symbol, ...]:
    """Names for the expressions that are none: p₁, p₂, … with a letter that the exercise does not use."""
    if all(expr.is_Symbol for expr in exprs):
        return exprs
    count = range(1, len(exprs) + 1)
    free = [c for c in letters if not any(f"{c}{k}" in taken for k in count) and c not in taken]
    letter = free[0] if free else "out_"
    return tuple(
        expr if expr.is_Symbol else symbol(letter if len(exprs) == 1 else f"{letter}{k}")
        for k, expr in zip(count, exprs, strict=True)
    )


def _stem(exprs: Sequence[Expr], otherwise: str) -> str:
    """z for z1, z2, z3; ``otherwise`` where there is no such thing."""
    stems = {str(expr.name).rstrip("0123456789_") if expr.is_Symbol else "" for expr in exprs}
    stem = stems.pop() if len(stems) == 1 else ""
    return re.sub(r"[\d_]+$", "", stem) or otherwise


def _minus(t: Expr) -> Expr:
    return sympy.S.Zero if t == 0 else negate(t)


def _factors(expr: Expr) -> tuple[Expr, ...]:
    return tuple(expr.args) if expr.is_Mul else (expr,)


def _commas(items: list[Maths]) -> Text:
    return tuple(part for item in items for part in (", ", item))[1:]
