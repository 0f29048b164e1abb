"""Backpropagation in matrix form: the rules of one layer derived entry by entry, the output layer, then the whole net.

A bar over a name is the gradient of the loss in it, and has its shape.  The rules are what ``backprop`` itself applies
(``contributions``), put into indices: where an index is summed over that is the first of both factors, or the second
of both, the product of matrices needs a transpose.
Source: Giles (2008), section 2.2; Goodfellow, Bengio and Courville (2016), algorithm 6.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import sympy

from symnet.algebra import functions, losses
from symnet.algebra.adjoints import contributions, gradient_name
from symnet.algebra.equations import (
    BATCH,
    ONE,
    Array,
    Equation,
    Expr,
    Length,
    add,
    array,
    divide,
    multiply,
    names_in,
    negate,
    power,
    product,
    symbol,
)
from symnet.algebra.matrices import (
    Operation,
    column_sums,
    columns,
    cross_entropy,
    matmul,
    row_sums,
    rows,
    shape_of,
    softmax,
    sum_of,
    transpose,
)
from symnet.algebra.network import Network, needed
from symnet.algebra.probabilities import with_probabilities
from symnet.algebra.scalar import ScalarFunction
from symnet.notation.indices import LETTERS, SUM, IndexTypesetter, indexed
from symnet.notation.line import Line
from symnet.notation.maths import EQUALS, PARTIAL, Brackets, Fraction, Letter, Maths, Script, Times, row
from symnet.notation.matrices import ONES, MatrixTypesetter
from symnet.notation.names import Names

_I, _J, _K = LETTERS[:3]


@dataclass(frozen=True)
class Rule:
    """How the gradient reaches one name of a layer: the lines of its derivation, and the reason for a transpose."""

    lines: tuple[Line, ...]
    reason: tuple[str | Maths, ...]


class LayerForm:
    """The matrix form of a network of layers.

    Probabilities have a name, P; where every target ``sums_to_one`` the error of a softmax is P − T.
    """

    def __init__(self, network: Network, names: Names, sums_to_one: bool = False) -> None:
        self.network = with_probabilities(network)
        self.of_logits = with_probabilities(network, of_logits=True)
        self.sums_to_one = sums_to_one
        self.names = names
        self.setter = MatrixTypesetter(names)
        self.loss = network.equations[-1].lhs

    # For any layer ℓ.

    ones = ONES
    width, width_below = Letter("h"), Letter("m")

    @cached_property
    def general(self) -> tuple[Equation, Equation]:
        """Z_ℓ = A_ℓ₋₁ W_ℓ + 1 b_ℓᵀ and A_ℓ = f(Z_ℓ), with open lengths."""
        below, width = Length("m", integer=True, positive=True), Length("h", integer=True, positive=True)
        a, w, b = array("A_below", BATCH, below), array("W_layer", below, width), array("b_layer", width)
        z = array("Z_layer", BATCH, width)
        return (
            Equation(z, add(matmul(a, w), rows(b, BATCH))),
            Equation(array("A_layer", BATCH, width), f(z)),
        )

    @cached_property
    def general_names(self) -> Names:
        loss = self.loss.name
        chosen = {f"{letter}_layer": rf"{letter}_{{\ell}}" for letter in "AWbZ"} | {"A_below": r"A_{\ell-1}"}
        return Names((*chosen, loss), chosen)

    def general_lines(self) -> tuple[Line, ...]:
        """The equations of layer ℓ with their shapes."""
        setter = MatrixTypesetter(self.general_names)
        return tuple(Line(setter.maths(e.lhs), (("=", setter.maths(e.rhs)),), why=_shape(e.lhs)) for e in self.general)

    def rules(self) -> Iterator[Rule]:
        """The gradients in W_ℓ, b_ℓ, A_ℓ₋₁ and Z_ℓ, each from the chain rule entry by entry."""
        layer, activation = self.general
        typeset, entries = MatrixTypesetter(self.general_names), IndexTypesetter(self.general_names)
        upstream = gradient_name(self.loss, layer.lhs)
        terms = dict(contributions(layer, upstream))
        names: list[Array] = sorted(terms, key=lambda name: "WbA".index(name.name[0]))
        for name in names:
            index = {"W": (_J, _K), "b": (_K,), "A": (_I, _J)}[name.name[0]]
            form = indexed(terms[name], *index)
            dummy, body = form.args[1].args[0], form.args[0]
            # The entry of Z whose gradient stands in the sum.
            gradient = next(part for part in _entries(body) if part.base.args[0] == upstream)
            reached = entries.entry(layer.lhs, *gradient.indices)
            loss = self.general_names.node(self.loss.name)
            chain = row(
                Script(SUM, sub=Letter(dummy.name)),
                _slope(loss, reached),
                Times(),
                _slope(reached, entries.entry(name, *index)),
            )
            whole = Script(Brackets(typeset.maths(terms[name])), sub=_letters(index))
            yield Rule(
                (
                    Line(
                        _slope(loss, entries.entry(name, *index)),
                        (("=", chain), ("=", entries.maths(form)), ("=", whole)),
                        stacked=True,
                    ),
                    Line(
                        typeset.maths(gradient_name(self.loss, name)),
                        (("=", typeset.maths(terms[name])),),
                        why=_product_of_shapes(terms[name]),
                    ),
                ),
                _reason(terms[name], dummy.name, self.general_names),
            )
        back = dict(contributions(activation, gradient_name(self.loss, activation.lhs)))[layer.lhs]
        line = Line(
            typeset.maths(gradient_name(self.loss, layer.lhs)),
            (("=", typeset.maths(back)),),
            why=_shape(layer.lhs),
        )
        words = ("Each entry of ", self.general_names.node("A_layer"), " comes from one entry of ")
        yield Rule((line,), (*words, self.general_names.node("Z_layer"), ": no sum, a product entry by entry."))

    # The net at hand.

    def forward(self) -> tuple[Line, ...]:
        """Its equations, with their shapes."""
        return tuple(self._line(equation, _shape(equation.lhs)) for equation in self.network.equations)

    @cached_property
    def backward_equations(self) -> tuple[Equation, ...]:
        """The gradient equations that the parameters need, from the last layer to the first."""
        network = self.of_logits
        wanted = [g for w in network.parameters if (g := network.gradient_of(w)) is not None]
        lines = needed(network.backward, wanted)
        return tuple(Equation(e.lhs, self._in_probabilities(e.rhs)) for e in lines if isinstance(e.lhs, Array))

    @cached_property
    def _probabilities(self) -> dict[Expr, Array]:
        """{softmax(Z): P} for the probabilities that a line gives."""
        kinds = (softmax, functions.sigmoid)
        return {e.rhs: e.lhs for e in self.of_logits.equations if isinstance(e.rhs, kinds)}

    @cached_property
    def _sums_of_targets(self) -> list[Expr]:
        return [columns(row_sums(t), t.shape[1]) for t in self.network.targets if len(t.shape) == 2]

    def _in_probabilities(self, expr: Expr) -> Expr:
        if expr in self._probabilities:
            return self._probabilities[expr]
        if not expr.args or isinstance(expr, Array):
            return expr
        parts = [self._in_probabilities(argument) for argument in expr.args]
        if self.sums_to_one and expr.is_Mul and parts[0] in self._sums_of_targets:
            return product(*parts[1:])
        return expr.func(*parts, evaluate=False)

    def backward(self) -> tuple[Line, ...]:
        return tuple(
            self._line(e, _product_of_shapes(e.rhs) if isinstance(e.rhs, Operation) else _shape(e.lhs))
            for e in self.backward_equations
        )

    def backward_shapes(self) -> tuple[str, ...]:
        return tuple(_shape(e.lhs) for e in self.backward_equations)

    def _line(self, equation: Equation, why: str) -> Line:
        return Line(self.setter.maths(equation.lhs), (("=", self.setter.maths(equation.rhs)),), why=why)

    def output(self) -> OutputAdjoint:
        """How the loss and the output layer begin the backward pass."""
        return OutputAdjoint(self)


class OutputAdjoint:
    """The gradient of the loss in the output, derived from the formula of the loss.

    ``steps`` are equal expressions in ordinary names and in sums, from the loss of one example (or one entry) to its
    gradient; each follows from the one before it by one rule, and can be worked out and compared.
    """

    def __init__(self, form: LayerForm) -> None:
        self.form = form
        loss = form.of_logits.equations[-1].rhs
        self.kind = (
            "softmax"
            if loss.has(cross_entropy)
            else "sigmoid"
            if loss.has(losses.binary_cross_entropy_of)
            else "squares"
            if any(p.exp == 2 and shape_of(p.base) for p in loss.atoms(sympy.Pow)) and not loss.has(functions.sqrt)
            else "other"
        )

    def steps(self) -> tuple[Expr, list[Expr], list[Expr]]:
        """(the variable, forms of the loss, forms of its derivative in that variable)."""
        if self.kind == "softmax":
            return _softmax_steps()
        if self.kind == "sigmoid":
            return _sigmoid_steps()
        return self._square_steps()

    def _square_steps(self) -> tuple[Expr, list[Expr], list[Expr]]:
        """One entry's share of a loss c·Σ (a − t)², for the c that the formula has."""
        a, t = symbol("a"), symbol("t")
        loss = self.form.network.equations[-1].rhs
        factors = [f for f in loss.args if not f.has(sum_of)] if loss.is_Mul else []
        error = add(a, negate(t))
        share = multiply(*(f for f in factors if f != 1), power(error, sympy.Integer(2)))
        slope = multiply(*(f for f in factors if f != 1), sympy.Integer(2), error)
        return a, [share], [slope, product(slope)]

    def lines(self) -> tuple[Line, ...]:
        """The derivation on paper; empty where the loss is of another kind, whose gradient its formula gives."""
        if self.kind == "other":
            return ()
        variable, forms, slopes = self.steps()
        setter = IndexTypesetter(_OUTPUT_NAMES)
        share = Letter("c")
        derivative = _slope(share, setter.maths(variable))
        lines = [Line(share, tuple(("=", setter.maths(form)) for form in forms), stacked=True)]
        if self.kind == "softmax":
            p = multiply(functions.exp(_entry(_Z, _K)), power(_sum(functions.exp(_entry(_Z, _J)), _J), -ONE))
            lines.insert(0, Line(Script(Letter("p"), sub=Letter("k")), (("=", setter.maths(p)),)))
        lines.append(Line(derivative, tuple(("=", setter.maths(slope)) for slope in slopes), stacked=True))
        return tuple(lines)

    def words(self) -> tuple[tuple[str | Maths, ...], tuple[str | Maths, ...]]:
        """What is said before and after the lines."""
        output = self.form.names.node(self.form.network.output.name)
        if self.kind == "softmax":
            return (
                ("For one example with logits ", Letter("z"), ", softmax ", Letter("p"), " and target ", Letter("t"),
                 ", the cross-entropy ", Letter("c"), " and its derivative with respect to one logit:"),
                ("The last step holds because the entries of a target sum to 1. For all examples at once that is ",
                 *self._at_once(), "."),
            )  # fmt: skip
        if self.kind == "sigmoid":
            return (
                ("For one logit ", Letter("z"), " and its target ", Letter("t"), ", with σ′ = σ(1 − σ):"),
                (
                    "No σ′ is left: the logarithm takes it away. For all examples at once that is ",
                    *self._at_once(),
                    ".",
                ),
            )
        return (
            ("The share ", Letter("c"), " of one entry ", Letter("a"), " of ", output, " and its derivative:"),
            (),
        )

    def _at_once(self) -> tuple[str | Maths, ...]:
        """Z̄ = (P − T)/n, and what a sum of targets is where it may not be 1."""
        form = self.form
        line = next(
            (e for e in form.backward_equations if any(t in names_in(e.rhs) for t in form.network.targets)), None
        )
        if line is None:
            return ("the gradient below",)
        whole = row(form.setter.maths(line.lhs), EQUALS, form.setter.maths(line.rhs))
        if self.kind != "softmax" or form.sums_to_one:
            return (whole,)
        return (
            whole,
            ", where ",
            self._row_sums(),
            " holds the sum of each row of ",
            Letter("T"),
            ", which should be 1",
        )

    def _row_sums(self) -> Maths:
        (t,) = self.form.network.targets
        return self.form.setter.maths(columns(row_sums(t), t.shape[1]))


# -- derivations of the short adjoints ---------------------------------------------------------------------------------

_CLASSES = Length("h", integer=True, positive=True)
_Z, _T = (sympy.IndexedBase(sympy.Symbol(letter), shape=(_CLASSES,)) for letter in "zt")
_P = sympy.IndexedBase(sympy.Symbol("p"), shape=(_CLASSES,))
_OUTPUT_NAMES = Names(("z", "t", "p", "a", "c"))


def _entry(base: Expr, index: Expr) -> Expr:
    return sympy.Indexed(base, index)


def _sum(body: Expr, index: Expr) -> Expr:
    return sympy.Sum(body, (index, 1, _CLASSES))


def _softmax_steps() -> tuple[Expr, list[Expr], list[Expr]]:
    t, z, zk = _entry(_T, _J), _entry(_Z, _J), _entry(_Z, _K)
    whole = functions.log(_sum(functions.exp(_entry(_Z, _I)), _I))
    share = divide(functions.exp(zk), _sum(functions.exp(_entry(_Z, _I)), _I))
    p, tk, ones = _entry(_P, _K), _entry(_T, _K), _sum(t, _J)
    return (
        zk,
        [
            negate(_sum(multiply(t, functions.log(_entry(_P, _J))), _J)),
            negate(_sum(multiply(t, add(z, negate(whole))), _J)),
            add(negate(_sum(multiply(t, z), _J)), multiply(ones, whole)),
        ],
        [add(negate(tk), multiply(ones, share)), add(multiply(ones, p), negate(tk)), add(p, negate(tk))],
    )


def _sigmoid_steps() -> tuple[Expr, list[Expr], list[Expr]]:
    z, t = symbol("z"), symbol("t")
    s = functions.sigmoid(z)
    one_less, t_less = add(ONE, negate(s)), add(ONE, negate(t))
    slope = multiply(s, one_less)
    return (
        z,
        [negate(add(multiply(t, functions.log(s)), multiply(t_less, functions.log(one_less))))],
        [
            add(
                negate(multiply(t, divide(slope, s))),
                multiply(t_less, divide(slope, one_less)),
            ),
            add(negate(multiply(t, one_less)), multiply(t_less, s)),
            add(s, negate(t)),
        ],
    )


# -- pieces -----------------------------------------------------------------------------------------------------------


class f(ScalarFunction):
    """An activation of which nothing is known but that it acts entry by entry."""

    notation = "f"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.Function("f")(z)


def _entries(expr: Expr) -> list[Expr]:
    return (
        [expr] if isinstance(expr, sympy.Indexed) else [part for argument in expr.args for part in _entries(argument)]
    )


def _letters(index: tuple[Expr, ...]) -> Maths:
    return row(*(Letter(letter.name) for letter in index))


def _slope(of: Maths, wrt: Maths) -> Maths:
    return Fraction(row(PARTIAL, of), row(PARTIAL, wrt))


def _length(length: Expr) -> str:
    return length.name if isinstance(length, Length) else str(length)


def _shape(expr: Expr) -> str:
    """n × 3, and 3 × 1 for a vector, which is a column; nothing for a number."""
    shape = shape_of(expr)
    return " × ".join(map(_length, (*shape, ONE) if len(shape) == 1 else shape))


def _product_of_shapes(expr: Expr) -> str:
    """(3 × n)(n × 2) = 3 × 2 for a product of matrices, otherwise the shape alone."""
    if isinstance(expr, matmul):
        left, right = (_shape(side) for side in expr.args)
        return f"({left})({right}) = {_shape(expr)}"
    if isinstance(expr, column_sums):
        n, h = map(_length, shape_of(expr.args[0]))
        return f"({h} × {n})({n} × 1) = {h} × 1"
    return _shape(expr)


def _reason(term: Expr, dummy: str, names: Names) -> tuple[str | Maths, ...]:
    summed = ("The sum runs over ", Letter(dummy))
    if isinstance(term, column_sums):
        return (*summed, ", the examples: a bias is added in every row of ", names.node("Z_layer"), ".")
    left, right = term.args
    if isinstance(left, transpose):
        turned = names.node(left.args[0].name)
        return (
            *summed,
            ", the examples, the first index of both factors. A product of matrices sums over the second index of its "
            "first factor, so ",
            turned,
            " is transposed.",
        )
    turned = names.node(right.args[0].name)
    return (
        *summed,
        ", the units of the layer, the second index of both factors. A product of matrices sums over the first index "
        "of its second factor, so ",
        turned,
        " is transposed.",
    )
