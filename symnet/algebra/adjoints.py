"""What one equation passes back to the names in it, whether they are numbers or arrays.

For z = f(x) entry by entry that is x̄ = z̄ ∘ f′(x); for an operation such as Z = X W it is the operation's own rule,
W̄ = Xᵀ Z̄.  A right-hand side may mix the two: its operations are taken out, the school's rules applied to what is left,
and then each operation passes on what has reached it.
"""

from __future__ import annotations

from collections.abc import Iterator

from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.equations import Array, Equation, Expr, Symbol, array, partial, product, replace
from symnet.algebra.matrices import Operation, fill, shape_of, sum_of


def gradient_name(of: Symbol, name: Symbol) -> Symbol:
    """The name ∂of/∂name, of the shape of ``name``."""
    gradient = partial(of.name, name.name)
    return array(gradient.name, *name.shape) if isinstance(name, Array) else gradient


def of_shape(like: Expr, expr: Expr) -> Expr:
    """The expression, spread over the shape of ``like`` where it is one number for every entry."""
    shape = shape_of(like)
    return fill(expr, *shape) if shape and not shape_of(expr) else expr


def contributions(equation: Equation, upstream: Expr) -> Iterator[tuple[Symbol, Expr]]:
    """(name, term of its gradient) for every name of the right-hand side, given the gradient in the left-hand side."""
    plain, operations = _outlined(equation.rhs)
    for x, slope in local_derivatives(Equation(equation.lhs, plain)).items():
        term = product(upstream, replace(slope, operations) if operations else slope)
        if shape_of(equation.rhs) and not shape_of(x) and term != 0:
            term = sum_of(of_shape(equation.rhs, term))  # a number in every entry collects from all of them
        if x in operations:
            operation = operations[x]
            for argument, adjoint in zip(operation.args, operation.adjoints(term, *operation.args), strict=True):
                yield from contributions(Equation(argument, argument), adjoint)
        else:
            yield x, term


def _outlined(expr: Expr) -> tuple[Expr, dict[Symbol, Expr]]:
    """The expression with a name in the place of each operation, and what the names stand for."""
    operations: dict[Symbol, Expr] = {}

    def outline(part: Expr) -> Expr:
        if isinstance(part, Operation):
            name = array(f"operation {len(operations) + 1}", *shape_of(part))
            operations[name] = part
            return name
        if not part.args:
            return part
        arguments = [outline(argument) for argument in part.args]
        return part if all(a is b for a, b in zip(arguments, part.args)) else part.func(*arguments, evaluate=False)  # noqa: B905

    return outline(expr), operations
