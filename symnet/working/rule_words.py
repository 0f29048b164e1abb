"""Which rule gives a line, in the words of a teacher: a weighted sum, the chain rule at a weight, an update.

No sentence here has a number in it: right numbers are not to be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TypeAlias

from symnet.algebra.derivatives import recognized
from symnet.algebra.equations import Equation, Expr, Symbol, add, multiply, names_in, negate, partial, symbol
from symnet.algebra.optimizers import LEARNING_RATE
from symnet.algebra.scalar import ScalarFunction
from symnet.working.keyed_lines import KeyedLines, changed
from symnet.working.maths import Maths
from symnet.working.notation import function_name
from symnet.working.rewriting import terms_of

Said: TypeAlias = tuple[str | Maths, ...]  # words, and maths between them


class RuleWords:
    """The rules behind the lines of one exercise."""

    def __init__(self, lines: KeyedLines) -> None:
        self.lines, self.problem = lines, lines.problem
        self.name = lines.work.names.node

    def rule(self, key: str) -> Said:
        """The rule of the line that gives a key."""
        match self.lines.part(key):
            case "forward":
                return self._forward(self.problem.network.by_name[key])
            case "backward":
                return self._backward(key[5:-1])
            case "examples":
                return self._over_examples(key)
            case "update":
                return self._update(key)
            case "fixed":
                return (self.name(changed(key) or key), " is given with the exercise. Does any update change it?")
            case _:
                return ("Write down the rule that gives this number before you put any numbers in.",)

    # -- forward ------------------------------------------------------------------------------------------------------

    def _forward(self, equation: Equation) -> Said:
        lhs, rhs = self.name(equation.name), recognized(equation.rhs)
        if isinstance(rhs, ScalarFunction) and len(rhs.args) == 1:
            function, x = function_name(type(rhs)), rhs.args[0]
            if x.is_Symbol:
                return (
                    lhs,
                    " is ",
                    function,
                    " of ",
                    self.name(x.name),
                    ": put the number for ",
                    self.name(x.name),
                    " in.",
                )
            return (lhs, " is a function of an expression: work out the inside first, then take ", function, " of it.")
        terms = terms_of(rhs)
        products = [term for term in terms if self._weight(term) is not None]
        plain = [term for term in terms if term.is_Symbol]
        if products and len(products) + len(plain) == len(terms) > 1:
            bias = ", and add the bias at the end" if plain else ""
            return (lhs, f" is a weighted sum: multiply each input by its own weight and add the products{bias}.")
        if any(_is_squared_difference(term) for term in _parts(rhs)):
            what = "the loss" if equation.name == self.problem.loss else "a squared error"
            return (
                lhs,
                f" is {what}: take the difference first, then square it, then do what stands around the square.",
            )
        if equation.name == self.problem.loss:
            return (lhs, " is the loss: work it from the inside out, brackets and functions first, signs included.")
        return (lhs, f" is {_shape(rhs)}.")

    def _weight(self, term: Expr) -> Symbol | None:
        """The parameter in a product of a parameter and something else."""
        if not term.is_Mul or len(term.args) != 2 or not all(factor.is_Symbol for factor in term.args):
            return None
        return next((factor for factor in term.args if factor.name in self.problem.start), None)

    # -- backward -----------------------------------------------------------------------------------------------------

    @cached_property
    def _passed_back(self) -> dict[str, Equation]:
        return {equation.name: equation for equation in self.problem.backward}

    def _gradient(self, name: str) -> str:
        return str(partial(self.problem.loss, name).name)

    def _backward(self, name: str) -> Said:
        loss, x = self.name(self.problem.loss), self.name(name)
        if name == self.problem.loss:
            return ("This asks how fast ", loss, " changes when it is ", loss, " itself that changes.")
        if self._gradient(name) not in self._passed_back:
            return ("Follow ", x, " through the equations. Does ", loss, " depend on it at all, and how steeply?")
        users = [
            e
            for e in self.problem.network.equations
            if symbol(name) in names_in(e.rhs) and self._gradient(e.name) in self._passed_back
        ]
        return self._through(name, users[0]) if len(users) == 1 else self._over_paths(name, users)

    def _through(self, name: str, user: Equation) -> Said:
        """The chain rule where a name is used by one line alone."""
        x, y, loss, gradient = map(self.name, (name, user.name, self.problem.loss, self._gradient(name)))
        rhs = recognized(user.rhs)
        function = function_name(type(rhs)) if isinstance(rhs, ScalarFunction) and rhs.args[0] == symbol(name) else None
        if user.name == self.problem.loss:
            if function is not None:
                return (gradient, " is the derivative of ", function, " at ", x, ".")
            return (
                *(
                    gradient,
                    " is the derivative of the loss: differentiate the formula of ",
                    loss,
                    " with respect to ",
                    x,
                ),
                " and hold all other names fixed. Take the derivative of the outside first, then, by the chain rule, "
                "that of the inside with its sign.",
            )
        arrives: Said = ("the gradient that arrives at ", y)
        if function is not None:
            slope: Said = (", times the derivative of ", function, " at ", x, ".")
            if partial(self.problem.loss, user.name) in names_in(self._passed_back[self._gradient(name)].rhs):
                return (gradient, " comes by the chain rule through an activation: ", *arrives, *slope)
            return (gradient, " takes a whole unit in one line: everything that comes back to ", y, *slope)
        how = self._how_used(name, rhs)
        if how == "bias":
            return (x, " is a bias and is only added: what arrives at ", y, " goes straight on to it.")
        if how == "weight":
            return (
                gradient,
                " comes by the chain rule at a weight: ",
                *arrives,
                ", times what ",
                x,
                " multiplies there.",
            )
        if how == "input":
            connection: Said = (", times the weight of that connection.",)
            return (gradient, " comes by the chain rule back along a connection: ", *arrives, *connection)
        return (
            gradient,
            " comes by the chain rule: ",
            *arrives,
            ", times the derivative of ",
            y,
            " with respect to ",
            x,
            ".",
        )

    def _over_paths(self, name: str, users: Sequence[Equation]) -> Said:
        """The chain rule where a name goes into several lines."""
        x, gradient, where = self.name(name), self.name(self._gradient(name)), _listed(self.name(e.name) for e in users)
        through = {self._how_used(name, recognized(user.rhs)) for user in users}
        if through == {"bias"}:
            return (x, " is added in ", *where, ": add up the gradients that arrive there.")
        factor = {"input": "the weight of that connection", "weight": "what the weight multiplies there"}
        times = (
            factor.get(*through, "the derivative of that line") if len(through) == 1 else "the derivative of that line"
        )
        return (
            *(gradient, " is a sum over the paths, because ", x, " goes into ", *where, ". There is a term for each: "),
            f"the gradient that arrives there, times {times}.",
        )

    def _how_used(self, name: str, rhs: Expr) -> str:
        """Whether a name is a "weight", the "input" of one or a "bias" in a sum; "" for anything else."""
        using = [term for term in terms_of(rhs) if symbol(name) in names_in(term)]
        if len(using) != 1:
            return ""
        if using[0] == symbol(name) and rhs.is_Add:
            return "bias" if name in {**self.problem.start, **self.problem.given} else ""
        weight = self._weight(using[0])
        return "" if weight is None else "weight" if weight.name == name else "input"

    # -- examples and updates -----------------------------------------------------------------------------------------

    def _over_examples(self, key: str) -> Said:
        of = self.name(self.lines.batch[key])
        over: Said = (
            of,
            " over the batch is the ",
            self.problem.reduce,
            " of what every example gives: work it out for each",
        )
        return (*over, ", add, and divide by how many there are." if self.problem.reduce == "mean" else ", and add.")

    def _update(self, key: str) -> Said:
        name = changed(key) or key
        w = self.name(name)
        if name not in self.problem.start:
            return (w, " is worked out before the new weight: take its rule term by term, from what stands above it.")
        plain = self._is_plain_descent(name)
        if changed(key):
            much: Said = ("minus the learning rate times the gradient.",) if plain else ("what the rule adds to it.",)
            return ("Δ", w, " is the new value minus the old one, so the old one is not in it: ", *much)
        if plain:
            return ("Gradient descent: from the old ", w, " subtract the learning rate times its gradient.")
        return ("The update rule of ", w, ": work it term by term, and mind every sign.")

    def _is_plain_descent(self, name: str) -> bool:
        """Whether the only rule of a parameter is w ← w − η ∂L/∂w."""
        rules = [rule for rule in self.problem.rules if rule.name == name]
        step = multiply(LEARNING_RATE, partial(self.problem.loss, name))
        return len(rules) == 1 and rules[0].rhs == add(symbol(name), negate(step))


def _parts(rhs: Expr) -> Iterable[Expr]:
    """The terms of a sum and the factors of them."""
    for term in terms_of(rhs):
        yield from term.args if term.is_Mul else (term,)


def _is_squared_difference(expr: Expr) -> bool:
    return bool(expr.is_Pow and expr.exp == 2 and expr.base.is_Add)


def _shape(rhs: Expr) -> str:
    """What an expression is, and what that says about the order of the work."""
    if rhs.is_Symbol:
        return "taken over as it is"
    if rhs.is_Add:
        return "a sum: work out each term with its sign, then add"
    if rhs.is_Mul and any(factor.is_Pow and factor.exp.is_Rational and factor.exp < 0 for factor in rhs.args):
        return "a quotient: work out what is above and below the line, then divide"
    if rhs.is_Mul:
        return "a product: work out each factor with its sign, then multiply"
    return "a power: work out the base first" if rhs.is_Pow else "worked from the inside out"


def _listed(nodes: Iterable[Maths]) -> Said:
    """a, b and c."""
    names = list(nodes)
    said: list[str | Maths] = []
    for i, node in enumerate(names):
        said += [" and " if i and i == len(names) - 1 else ", " if i else "", node]
    return tuple(part for part in said if part)
