"""Backpropagation of a network of arrays: the rules of its layers derived entry by entry, the output, the whole net.

A bar over a name is the gradient of the loss in it, and has its shape.  Of a dense network one layer ℓ stands for all;
of any other the rules of its own equations are derived, those of one form once.
Source: Giles (2008), section 2.2; Goodfellow, Bengio and Courville (2016), algorithm 6.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import sympy

from symnet.algebra import functions
from symnet.algebra.entries import lowered
from symnet.algebra.equations import Array, Equation, Expr, Length, Symbol, add, names_in, product, replace
from symnet.algebra.indices import canonical, indices_for
from symnet.algebra.matrices import Operation, columns, matmul, row_sums, rows, shape_of, softmax
from symnet.algebra.mlp import mlp
from symnet.algebra.network import Network, needed
from symnet.algebra.probabilities import with_probabilities
from symnet.algebra.scalar import ScalarFunction
from symnet.notation.equations import EquationTypesetter
from symnet.notation.line import Line
from symnet.notation.maths import Letter
from symnet.notation.matrices import ONES
from symnet.notation.names import Names
from symnet.working.layer_rules import Rule, RuleMaker, product_of_shapes, shape
from symnet.working.output_adjoint import Beginning, OutputAdjoint, output_adjoint


class LayerForm:
    """The matrix form of a network of layers.

    Probabilities have a name, P; where every target ``sums_to_one`` the error of a softmax is P − T.
    """

    def __init__(self, network: Network, names: Names, sums_to_one: bool = False) -> None:
        self.network = with_probabilities(network)
        self.of_logits = with_probabilities(network, of_logits=True)
        self.sums_to_one = sums_to_one
        self.names = names
        self.equations = EquationTypesetter(names, self.network.equations)
        self.setter = self.equations.matrices
        self.loss = network.equations[-1].lhs

    # For any layer ℓ.

    ones = ONES
    width, width_below = Letter("h"), Letter("m")

    @cached_property
    def is_dense(self) -> bool:
        """Whether every array of parameters belongs to a dense layer, Z = A W + 1 bᵀ."""
        parameters = set(self.network.parameters)
        reading = [e for e in self.network.equations if isinstance(e.lhs, Array) and parameters & {*names_in(e.rhs)}]
        return bool(reading) and all(_is_dense(equation, parameters) for equation in reading)

    @cached_property
    def general(self) -> tuple[Equation, Equation]:
        """Z_ℓ = A_ℓ₋₁ W_ℓ + 1 b_ℓᵀ and A_ℓ = f(Z_ℓ), with open lengths: the layer that mlp makes."""
        below, width = (Length(name, integer=True, positive=True) for name in "mh")
        layer, activation = mlp([below, width], output=f, loss=None).equations
        return layer, activation

    @cached_property
    def general_names(self) -> Names:
        layer, activation = self.general
        below, *others = names_in(layer.rhs)
        own = (*others, layer.lhs, activation.lhs)
        chosen = {name.name: rf"{name.name.rstrip('1')}_{{\ell}}" for name in own}
        chosen[below.name] = rf"{activation.name.rstrip('1')}_{{\ell-1}}"
        return Names((*chosen, self.loss.name), chosen)

    @cached_property
    def _of_general(self) -> EquationTypesetter:
        return EquationTypesetter(self.general_names, self.general)

    def general_lines(self) -> tuple[Line, ...]:
        """The equations of layer ℓ with their shapes."""
        return tuple(self._of_general.line(equation, why=shape(equation.lhs)) for equation in self.general)

    def rules(self) -> Iterator[Rule]:
        """How the gradient passes through each equation: of a dense network through one layer, W_ℓ, b_ℓ, A_ℓ₋₁, Z_ℓ."""
        if self.is_dense:
            width = self.general[0].lhs.shape[1]
            maker = RuleMaker(self._of_general, self.loss, {width: "the units of the layer"})
            layer, activation = self.general
            below, *parameters = names_in(layer.rhs)
            yield from maker.rules(layer, (*parameters, below))
            yield from maker.rules(activation, names_in(activation.rhs))
            return
        uses = [name for equation in self.of_logits.equations for name in names_in(equation.rhs)]
        several = {name for name in uses if uses.count(name) > 1}
        for equation, names in self._distinct():
            yield from self._maker.rules(equation, names, several)

    @cached_property
    def _maker(self) -> RuleMaker:
        return RuleMaker(self.equations, self.loss)

    def _distinct(self) -> Iterator[tuple[Equation, tuple[Symbol, ...]]]:
        """The equations of arrays, one of each form, with the names whose gradients are needed."""
        wanted = {equation.lhs for equation in self.backward_equations}
        seen: set[Expr] = set()
        for equation in self.of_logits.equations:
            names = tuple(n for n in names_in(equation.rhs) if self.of_logits.gradient_of(n) in wanted)
            form = _form(equation)
            if isinstance(equation.lhs, Array) and names and form not in seen:
                seen.add(form)
                yield equation, names

    @cached_property
    def likewise(self) -> bool:
        """Whether equations of a form that was derived already are left out."""
        forms = [_form(e) for e in self.of_logits.equations if isinstance(e.lhs, Array)]
        return len(set(forms)) < len(forms)

    # The net at hand.

    def forward(self) -> tuple[Line, ...]:
        """Its equations, with their shapes."""
        return tuple(self.equations.line(equation, why=shape(equation.lhs)) for equation in self.network.equations)

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
        return [columns(row_sums(t), t.shape[1]) for t in self.network.targets if len(shape_of(t)) == 2]

    def _in_probabilities(self, expr: Expr) -> Expr:
        if expr in self._probabilities:
            return self._probabilities[expr]
        if not expr.args or isinstance(expr, Array):
            return expr
        parts = [self._in_probabilities(argument) for argument in expr.args]
        if self.sums_to_one and expr.is_Mul and parts[0] in self._sums_of_targets:
            return product(*parts[1:])
        if all(a is b for a, b in zip(parts, expr.args, strict=True)):
            return expr
        return expr.func(*parts, evaluate=False)

    def backward(self) -> tuple[Line, ...]:
        return tuple(self.equations.line(e, why=self._shapes(e)) for e in self.backward_equations)

    def _shapes(self, equation: Equation) -> str:
        is_product = isinstance(equation.rhs, Operation) and self.equations.is_of_arrays(equation)
        return product_of_shapes(equation.rhs) if is_product else shape(equation.lhs)

    def backward_shapes(self) -> tuple[str, ...]:
        return tuple(shape(e.lhs) for e in self.backward_equations)

    def output(self) -> OutputAdjoint | None:
        """How the loss and the output layer begin the backward pass."""
        start = Beginning(
            self.network, self.of_logits, self.backward_equations, self.sums_to_one, self.setter, self._maker
        )
        return output_adjoint(start)


class f(ScalarFunction):
    """An activation of which nothing is known but that it acts entry by entry."""

    notation = "f"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.Function("f")(z)


def _is_dense(equation: Equation, parameters: set[Symbol]) -> bool:
    """Whether it is Z = A W + 1 bᵀ, of a layer's own parameters and what is below it."""
    names = names_in(equation.rhs)
    if len(names) != 3 or not {names[1], names[2]} <= parameters or len(shape_of(names[2])) != 1:
        return False
    a, w, b = names
    return len(shape_of(a)) == len(shape_of(w)) == 2 and equation.rhs == add(matmul(a, w), rows(b, shape_of(a)[0]))


def _form(equation: Equation) -> Expr:
    """The equation with its names numbered, so that two of one form are equal."""
    own = indices_for(shape_of(equation.lhs))
    body = canonical(lowered(equation.rhs, own))
    numbered = {name: sympy.Symbol(f"name {i}") for i, name in enumerate(names_in(equation.rhs))}
    return replace(body, numbered)
