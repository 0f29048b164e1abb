"""A network with the cross-entropy of its logits written as books teach it: in probabilities, which have names.

    Loss = sum_of(cross_entropy(Z, T))      becomes      P = softmax(Z),  Loss = −sum_of(T ∘ log P)

The two are equal.  The first is what runs over arrays, since it overflows nowhere; the second is what is written out
unit by unit and worked by hand.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import preorder_traversal

from symnet.algebra import functions, losses
from symnet.algebra.equations import Array, Equation, Expr, array, multiply, names_in, negate, replace
from symnet.algebra.matrices import cross_entropy, row_sums, shape_of, softmax, sum_of
from symnet.algebra.network import Network

NAME = "P"  # of the probabilities of a network that has no name for them


def with_probabilities(network: Network, of_logits: bool = False) -> Network:
    """The same network with a line for the probabilities of every cross-entropy of logits, and the loss in them.

    ``of_logits`` leaves the loss as it is.  A linear output, A = Z, goes where nothing but that loss uses it: its
    probabilities are what comes out.
    """
    losses_of_logits = [e for e in network.equations if any(_of_logits(part) for part in preorder_traversal(e.rhs))]
    if not losses_of_logits:
        return network
    taken = set(network.names)
    named = {equation.rhs: equation.lhs for equation in network.equations}
    linear = {
        equation.lhs: equation.rhs
        for equation in network.equations
        if isinstance(equation.rhs, Array)
        and equation.rhs in named.values()
        and all(equation.lhs not in names_in(other.rhs) or other in losses_of_logits for other in network.equations)
    }
    equations: list[Equation] = []

    def name_of(formula: Expr) -> Expr:
        if formula not in named:
            name = next(word for word in _words() if word not in taken)
            taken.add(name)
            named[formula] = array(name, *shape_of(formula))
            equations.append(Equation(named[formula], formula))
        return named[formula]

    def taught(expr: Expr) -> Expr:
        if _of_logits(expr):
            z, t = (replace(argument, linear) for argument in expr.args)
            formula = softmax(z) if isinstance(expr, cross_entropy) else functions.sigmoid(z)
            p = name_of(formula)
            if of_logits:
                return expr.func(z, t, evaluate=False)
            if isinstance(expr, cross_entropy):
                return negate(row_sums(multiply(t, functions.log(p))))
            return losses.binary_cross_entropy_term(p, t)
        if not expr.args or isinstance(expr, Array):
            return linear.get(expr, expr)
        if isinstance(expr, sum_of) and isinstance(expr.args[0], cross_entropy) and not of_logits:
            z, t = (replace(argument, linear) for argument in expr.args[0].args)
            return negate(sum_of(multiply(t, functions.log(name_of(softmax(z))))))
        parts = [taught(argument) for argument in expr.args]
        if all(a is b for a, b in zip(parts, expr.args, strict=True)):
            return expr
        if expr.is_Mul:  # −total/n, one product
            return multiply(*(factor for part in parts for factor in (part.args if part.is_Mul else (part,))))
        return expr.func(*parts, evaluate=False)

    for equation in network.equations:
        if equation.lhs not in linear:
            rhs = taught(equation.rhs)
            equations.append(Equation(equation.lhs, rhs))
    return Network(network.inputs, network.targets, network.parameters, tuple(equations))


def _of_logits(expr: Expr) -> bool:
    return isinstance(expr, cross_entropy) or (
        isinstance(expr, losses.binary_cross_entropy_of) and bool(shape_of(expr))
    )


def _words() -> Iterator[str]:
    yield NAME
    number = 2
    while True:
        yield f"{NAME}{number}"
        number += 1
