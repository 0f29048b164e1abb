"""Scalar functions: activations and the elementary functions of formulas.

A function is one class: its definition as a SymPy formula, its symbol on paper and, where the field writes one, its
derivative in terms of its output.  Its derivative is what ``sympy.diff`` makes of the definition; a form stated here
(σ′ = y(1 − y)) is proved equal to that before it is first used, never trusted.  To add one, write a class below, or
``define`` it from a formula at run time; the parser, the derivation, the numbers and the tests find it by itself.

Kinks follow one convention everywhere: relu′(0) = 0, step(0) = 1, leaky_relu′(0) = slope, elu′(0) = 1, abs′(0) = 0,
and a tie in max or min goes to the first argument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Piecewise

from symnet.algebra import stopping
from symnet.algebra.equations import ONE, ZERO, Expr, add, divide, multiply, negate, power, symbol
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.scalar import Kind, ScalarFunction, formula, prove


class relu(ScalarFunction):
    """Rectified linear unit, relu(z) = z for z > 0 and 0 otherwise.

    Derivative 1 for z > 0 and 0 otherwise; at 0, where there is none, 0 by convention.  Range [0, ∞).
    Source: Nair and Hinton (2010).
    """

    notation = "ReLU"
    kink = "0"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return Piecewise((z, z > 0), (0, True))


class leaky_relu(ScalarFunction):
    """Leaky (or parametric) rectified linear unit, z for z > 0 and slope · z otherwise.

    Derivative 1 for z > 0, otherwise slope, also at 0.  With a slope that is a parameter this is PReLU.
    Sources: Maas, Hannun and Ng (2013); He et al. (2015), eq. 1.
    """

    notation = "LeakyReLU"
    kink = "slope"
    arguments = (1, 2)

    @staticmethod
    def definition(z: Expr, slope: Expr = sympy.Rational(1, 100)) -> Expr:
        return Piecewise((z, z > 0), (slope * z, True))


class elu(ScalarFunction):
    """Exponential linear unit, z for z ≥ 0 and α(exp(z) − 1) otherwise; α is 1 unless given.

    Derivative 1 for z ≥ 0, otherwise y + α with y the output: true for z < 0 only.
    Source: Clevert, Unterthiner and Hochreiter (2016), eq. 15.
    """

    notation = "ELU"
    kink = "1"
    arguments = (1, 2)

    @staticmethod
    def definition(z: Expr, alpha: Expr = ONE) -> Expr:
        return Piecewise((z, z >= 0), (alpha * (sympy.exp(z) - 1), True))


class sigmoid(ScalarFunction):
    """Logistic sigmoid, σ(z) = 1 / (1 + exp(−z)).

    Derivative y(1 − y), with y the output.  Range (0, 1).
    """

    notation = r"\sigma"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return 1 / (1 + sympy.exp(-z))

    @staticmethod
    def derivative(y: Expr, z: Expr) -> Expr:
        return multiply(y, add(ONE, negate(y)))


class tanh(ScalarFunction):
    """Hyperbolic tangent, tanh(z) = (exp(z) − exp(−z)) / (exp(z) + exp(−z)).

    Derivative 1 − y², with y the output.  Range (−1, 1).
    """

    notation = "tanh"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.tanh(z)

    @staticmethod
    def derivative(y: Expr, z: Expr) -> Expr:
        return add(ONE, negate(power(y, sympy.Integer(2))))


class softplus(ScalarFunction):
    """Softplus, log(1 + exp(z)).  Derivative σ(z).  Range (0, ∞).  Source: Dugas et al. (2001)."""

    notation = "softplus"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.log(1 + sympy.exp(z))

    @staticmethod
    def derivative(y: Expr, z: Expr) -> Expr:
        return sigmoid(z)


class gelu(ScalarFunction):
    """Gaussian error linear unit, z Φ(z) = z/2 · (1 + erf(z/√2)): the exact form, not the tanh approximation.

    Derivative Φ(z) + z φ(z).  Source: Hendrycks and Gimpel (2016).
    """

    notation = "GELU"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return z / 2 * (1 + sympy.erf(z / sympy.sqrt(2)))


class step(ScalarFunction):
    """Heaviside step, 1 for z ≥ 0 and 0 otherwise.  Derivative 0 (at 0, where there is none, by convention)."""

    notation = "step"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return Piecewise((1, z >= 0), (0, True))


class bipolar_sigmoid(ScalarFunction):
    """Bipolar sigmoid, 2σ(z) − 1 = 2 / (1 + exp(−z)) − 1.

    Derivative ½(1 + y)(1 − y), with y the output.  Range (−1, 1).  Source: Fausett (1994), section 2.3.
    """

    notation = "bipolar"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.tanh(z / 2)  # the same, and finite everywhere

    @staticmethod
    def derivative(y: Expr, z: Expr) -> Expr:
        return multiply(divide(ONE, sympy.Integer(2)), add(ONE, y), add(ONE, negate(y)))


class linear(ScalarFunction):
    """Linear activation, a z + c; the identity unless a and c are given.  Derivative a."""

    notation = "linear"
    arguments = (1, 3)

    @staticmethod
    def definition(z: Expr, a: Expr = ONE, c: Expr = ZERO) -> Expr:
        return a * z + c

    @staticmethod
    def derivative(y: Expr, z: Expr, a: Expr = ONE, c: Expr = ZERO) -> Expr:
        return a


class abs(ScalarFunction):
    """Absolute value |z|.  Derivative sign(z), which is 0 at 0 by convention."""

    notation = "abs"
    kink = "0"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return Piecewise((z, z > 0), (-z, z < 0), (0, True))

    @staticmethod
    def derivative(y: Expr, z: Expr) -> Expr:
        return sign(z)


class sign(ScalarFunction):
    """Sign of z: 1, 0 or −1.  Derivative 0."""

    notation = "sign"
    is_slope = True

    @staticmethod
    def definition(z: Expr) -> Expr:
        return Piecewise((1, z > 0), (-1, z < 0), (0, True))


class floor(ScalarFunction):
    """Floor ⌊z⌋, the largest whole number that is not above z.  Derivative 0 (also at the jumps, by convention)."""

    notation = "floor"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.floor(z)


class max(ScalarFunction):
    """The largest argument; a tie goes to the first.  Derivative 1 in that argument, 0 in the others."""

    notation = "max"
    arguments = (1, None)

    @staticmethod
    def definition(*z: Expr) -> Expr:
        if len(z) > 2:  # halved, so that many arguments do not nest deeply
            return max(max(*z[: len(z) // 2]), max(*z[len(z) // 2 :]))
        return Piecewise((z[0], z[0] >= z[-1]), (z[-1], True)) if len(z) == 2 else z[0]


class min(ScalarFunction):
    """The smallest argument; a tie goes to the first.  Derivative 1 in that argument, 0 in the others."""

    notation = "min"
    arguments = (1, None)

    @staticmethod
    def definition(*z: Expr) -> Expr:
        if len(z) > 2:
            return min(min(*z[: len(z) // 2]), min(*z[len(z) // 2 :]))
        return Piecewise((z[0], z[0] <= z[-1]), (z[-1], True)) if len(z) == 2 else z[0]


class exp(ScalarFunction):
    """Exponential function e^z.  Derivative y, the output itself."""

    notation = "exp"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.exp(z)

    @staticmethod
    def derivative(y: Expr, z: Expr) -> Expr:
        return y


class log(ScalarFunction):
    """Natural logarithm of z > 0.  Derivative 1/z."""

    notation = "log"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.log(z)

    @staticmethod
    def derivative(y: Expr, z: Expr) -> Expr:
        return divide(ONE, z)


class ln(log):
    """Natural logarithm of z > 0, the same function as log.  Derivative 1/z."""

    notation = "ln"


class sqrt(ScalarFunction):
    """Square root of z ≥ 0.  Derivative 1/(2y), with y the output; there is none at 0."""

    notation = "sqrt"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.sqrt(z)

    @staticmethod
    def derivative(y: Expr, z: Expr) -> Expr:
        return divide(ONE, multiply(sympy.Integer(2), y))


class sin(ScalarFunction):
    """Sine of z in radians.  Derivative cos(z)."""

    notation = "sin"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.sin(z)

    @staticmethod
    def derivative(y: Expr, z: Expr) -> Expr:
        return cos(z)


class cos(ScalarFunction):
    """Cosine of z in radians.  Derivative −sin(z)."""

    notation = "cos"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.cos(z)

    @staticmethod
    def derivative(y: Expr, z: Expr) -> Expr:
        return negate(sin(z))


class erf(ScalarFunction):
    """Error function, 2/√π times the integral of exp(−t²) from 0 to z.  Derivative 2/√π · exp(−z²)."""

    notation = "erf"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.erf(z)

    @staticmethod
    def derivative(y: Expr, z: Expr) -> Expr:
        return multiply(divide(sympy.Integer(2), sqrt(sympy.pi)), exp(negate(power(z, sympy.Integer(2)))))


stop_gradient = stopping.stop_gradient

CATALOGUE: dict[str, type[ScalarFunction]] = {
    name: value
    for name, value in list(globals().items())
    if isinstance(value, type) and issubclass(value, ScalarFunction) and value is not ScalarFunction
}


def define(
    name: str,
    definition: Callable[..., Expr] | str,
    derivative: Callable[..., Expr] | None = None,
    notation: str = "",
    arguments: tuple[int, int | None] = (1, 1),
) -> Kind:
    """A function of your own from its formula: ``define("swish", "z*sigmoid(z)")``, in z and with the functions here.

    With SymPy it is a function of its arguments, as ``lambda z: z/(1 + sympy.exp(-z))``, and may have several.
    ``derivative(y, z)``, in terms of the output y, is optional; it is proved here.  The name can then be used in
    formulas.  Raises Mistake where the name is taken by a function of another definition, or the derivative is wrong.
    """
    if isinstance(definition, str):
        definition = _of_text(name, definition)
    if not callable(definition):
        raise Mistake(f'define("{name}"): {shown(definition)} is neither a formula in quotes nor a function of z')
    new = made(name, definition, derivative, notation or name, arguments)
    known: Kind = CATALOGUE.get(name)
    if known is not None and formula(known)[1] != formula(new)[1]:
        raise Mistake(f'define("{name}"): there is a function of that name already; choose another')
    if derivative is not None:
        prove(new)
    CATALOGUE[name] = new
    return new


def made(
    name: str,
    definition: Callable[..., Expr],
    derivative: Callable[..., Expr] | None,
    notation: str,
    arguments: tuple[int, int | None],
) -> Kind:
    """A class of functions that stands in no catalogue yet."""
    members: dict[str, Any] = {
        "definition": staticmethod(definition),
        "notation": notation,
        "arguments": arguments,
        "of_a_user": True,
    }
    if derivative is not None:
        members["derivative"] = staticmethod(derivative)
    return type(name, (ScalarFunction,), members)


def _of_text(name: str, text: str) -> Callable[[Expr], Expr]:
    """The definition that a formula in z says, in terms of SymPy's functions alone."""
    # The parser knows the functions of this file, so it is asked for only when a formula is there.
    from symnet.algebra.parsing import parse

    try:
        parsed = parse(text, ("z",))
    except Mistake as mistake:
        raise Mistake(f'define("{name}"): {mistake}; a formula is in z, as "z*sigmoid(z)"') from None
    if symbol("z") not in parsed.free_symbols:
        raise Mistake(f'define("{name}"): {shown(text)} does not use z; a formula is in z, as "z*sigmoid(z)"')
    plain = _spelled_out(parsed)
    if plain.has(sympy.logic.boolalg.ITE):
        raise Mistake(
            f'define("{name}"): {shown(text)} has cases within cases; give it as a function of z with sympy.Piecewise'
        )
    return lambda z: plain.xreplace({symbol("z"): z})


def _spelled_out(expr: Expr) -> Expr:
    if not expr.args:
        return expr
    parts = [_spelled_out(part) for part in expr.args]
    return type(expr).definition(*parts) if isinstance(expr, ScalarFunction) else expr.func(*parts)
