"""Which rule gives a line, in the words of a teacher: a weighted sum, the chain rule at a weight, an update.

No sentence here has a number in it: right numbers are not to be told.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TypeAlias

from symnet.algebra.derivatives import recognized
from symnet.algebra.equations import Equation, Expr, Symbol, add, multiply, names_in, negate, partial, symbol
from symnet.algebra.optimizers import LEARNING_RATE
from symnet.algebra.scalar import ScalarFunction
from symnet.diagnosis.further_words import rule_of_further
from symnet.diagnosis.keyed_lines import KeyedLines, after, changed, of_moment
from symnet.diagnosis.rewriting import terms_of
from symnet.notation.maths import Maths
from symnet.notation.typesetter import function_name
from symnet.working.quantities import further_of

Said: TypeAlias = tuple[str | Maths, ...]  # words, and maths between them


class RuleWords:
    """The rules behind the lines of one exercise."""

    def __init__(self, lines: KeyedLines) -> None:
        self.lines, self.problem = lines, lines.problem
        self.name = lines.work.names.node

    def rule(self, key: str) -> Said:
        """The rule of the line that gives a key."""
        key, _ = of_moment(key)
        match self.lines.part(key):
            case "forward":
                return self._forward(self.problem.network.by_name[key])
            case "backward":
                return self._backward(key[5:-1])
            case "examples":
                return self._over_examples(key)
            case "update":
                return self._update(key)
            case "slope":
                return self._slope(*key.split("/"))
            case "after":
                how = "{} after the update is the forward pass once more, with the new parameters all the way through."
                return _said(how, self.name(after(key)))
            case "further":
                return self._further(key)
            case "fixed":
                return _said(
                    "{} is given with the exercise. Does any update change it?", self.name(changed(key) or key)
                )
            case _:
                return _said("Write down the rule that gives this number before you substitute any numbers.")

    def _further(self, key: str) -> Said:
        name = further_of(self.problem)[key]
        return _said(*rule_of_further(name, self.name))

    # -- forward ------------------------------------------------------------------------------------------------------

    def _forward(self, equation: Equation) -> Said:
        lhs, rhs, terms = self.name(equation.name), recognized(equation.rhs), terms_of(recognized(equation.rhs))
        if isinstance(rhs, ScalarFunction) and len(rhs.args) == 1:
            function, x = function_name(type(rhs)), rhs.args[0]
            if x.is_Symbol:
                return _said("{} is {} of {}: apply {} to your number for {}.", lhs, *[function, self.name(x.name)] * 2)
            return _said(
                "{} is {} of an expression: work out what is inside, then take {} of it.", lhs, *[function] * 2
            )
        products = [term for term in terms if self._weight(term) is not None]
        plain = [term for term in terms if term.is_Symbol]
        if products and len(products) + len(plain) == len(terms) > 1:
            bias = ", and add the bias at the end" if plain else ""
            return _said(
                f"{{}} is a weighted sum: multiply each input by its own weight and add the products{bias}.", lhs
            )
        if any(_is_squared_difference(factor) for term in terms for factor in (term.args if term.is_Mul else (term,))):
            rest = "take the difference first, then square it, then do what is left around the square"
            return _said(f"{{}} is a squared error: {rest}.", lhs)
        return _said(f"{{}} is {_shape(rhs)}.", lhs)

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
            return _said("This asks how fast {} changes when it is {} itself that changes.", loss, loss)
        if self._gradient(name) not in self._passed_back:
            return _said("Follow {} through the equations. Does {} depend on it?", x, loss)
        equations = [e for e in self.problem.network.equations if self._gradient(e.name) in self._passed_back]
        users = [e for e in equations if symbol(name) in names_in(e.rhs)]
        if len(users) > 1:
            return self._over_paths(name, users)
        return self._in_the_loss(name) if users[0].name == self.problem.loss else self._through(name, users[0])

    def _in_the_loss(self, name: str) -> Said:
        """The derivative of the loss in a name that stands in its formula alone."""
        loss, x, gradient = map(self.name, (self.problem.loss, name, self._gradient(name)))
        rhs = recognized(self.problem.network.by_name[self.problem.loss].rhs)
        if isinstance(rhs, ScalarFunction) and rhs.args[0] == symbol(name):
            return _said("{} is the derivative of {} at {}.", gradient, function_name(type(rhs)), x)
        if any(term in (symbol(name), negate(symbol(name))) for term in terms_of(rhs)):
            return _said("{} stands in {} as it is: how does {} change when {} does? Mind the sign.", x, loss, loss, x)
        return _said(
            "{} is the derivative of the loss: differentiate the formula of {} with respect to {}, and hold all other "
            "names fixed. Take the derivative of the outside first, then multiply by that of the inside, sign and all.",
            *(gradient, loss, x),
        )

    def _through(self, name: str, user: Equation) -> Said:
        """The chain rule where a name is used by one line alone."""
        x, y, gradient = map(self.name, (name, user.name, self._gradient(name)))
        rhs = recognized(user.rhs)
        if isinstance(rhs, ScalarFunction) and rhs.args[0] == symbol(name):
            f = function_name(type(rhs))
            if partial(self.problem.loss, user.name) in names_in(self._passed_back[self._gradient(name)].rhs):
                return self._chain_rule("through {}", "the derivative of {} at {}", gradient, f, y, f, x)
            how = "This line takes a unit at once: multiply all that comes back to {} by the derivative of {} at {}."
            return _said(how, y, f, x)
        match self._how_used(name, rhs):
            case "bias":
                how = "{} is a bias and is only added in {}, so the gradient that arrives there goes straight on to it."
                return _said(how, x, y)
            case "weight":
                return self._chain_rule("at a weight", "what {} multiplies there", gradient, y, x)
            case "input":
                return self._chain_rule("along a connection", "the weight from {} to {}", gradient, y, x, y)
        return self._chain_rule("", "the derivative of {} with respect to {}", gradient, y, y, x)

    def _chain_rule(self, where: str, factor: str, *nodes: Maths) -> Said:
        rule = f"the chain rule {where}".strip()
        return _said(f"You get {{}} by {rule}: multiply the gradient that arrives at {{}} by {factor}.", *nodes)

    def _over_paths(self, name: str, users: Sequence[Equation]) -> Said:
        """The chain rule where a name goes into several lines."""
        x, loss, into = self.name(name), self.name(self.problem.loss), [self.name(user.name) for user in users]
        listed = ", ".join("{}" for _ in into[1:]) + " and {}"
        through = {self._how_used(name, recognized(user.rhs)) for user in users}
        if through == {"bias"}:
            return _said(f"{{}} is added in {listed}: add up the gradients that arrive there.", x, *into)
        times = "the derivative of that line"
        if len(through) == 1:
            factors = {"input": "the weight on that connection", "weight": "what the weight multiplies there"}
            times = factors.get(next(iter(through)), times)
        return _said(
            f"{{}} reaches {{}} by several paths, through {listed}. Add up a term for each of them: the gradient that "
            f"arrives there, times {times}.",
            *(x, loss, *into),
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

    def _slope(self, of: str, wrt: str) -> Said:
        """The derivative of one equation."""
        y, x, rhs = self.name(of), self.name(wrt), recognized(self.problem.network.by_name[of].rhs)
        if isinstance(rhs, ScalarFunction) and rhs.args[0] == symbol(wrt):
            return _said("It is the slope of {} alone, taken at {}.", function_name(type(rhs)), x)
        return _said("It is the derivative of the formula of {} alone with respect to {}, all else held fixed.", y, x)

    # -- examples and updates -----------------------------------------------------------------------------------------

    def _over_examples(self, key: str) -> Said:
        reduce = self.problem.reduce
        rest = ", add, and divide by how many there are" if reduce == "mean" else ", and add"
        how = f"{{}} over the batch is the {reduce} of what every example gives: work it out for each{rest}."
        return _said(how, self.name(self.lines.batch[key]))

    def _update(self, key: str) -> Said:
        name = changed(key) or key
        w, plain = self.name(name), self._is_plain_descent(name)
        if name not in self.problem.start:
            return _said("{} is worked out before the new weight: take its rule term by term, and mind every sign.", w)
        if changed(key):
            much = "minus the learning rate times the gradient" if plain else "what the rule adds to it"
            return _said(f"Δ{{}} is the new value minus the old one, so the old one is not in it: {much}.", w)
        if plain:
            return _said("Gradient descent: from the old {} subtract the learning rate times its gradient.", w)
        return _said("The update rule of {}: work it term by term, and mind every sign.", w)

    def _is_plain_descent(self, name: str) -> bool:
        """Whether the only rule of a parameter is w ← w − η ∂L/∂w."""
        rules = [rule for rule in self.problem.rules if rule.name == name]
        step = multiply(LEARNING_RATE, partial(self.problem.loss, name))
        return len(rules) == 1 and rules[0].rhs == add(symbol(name), negate(step))


def _said(words: str, *nodes: Maths) -> Said:
    """The words, with one node for each {} in them."""
    parts = words.split("{}")
    mixed: list[str | Maths] = [parts[0]]
    for node, part in zip(nodes, parts[1:], strict=True):
        mixed += [node, part]
    return tuple(part for part in mixed if part != "")


def _is_squared_difference(expr: Expr) -> bool:
    return bool(expr.is_Pow and expr.exp == 2 and expr.base.is_Add)


def _shape(rhs: Expr) -> str:
    """What an expression is, and what that says about the order of the work."""
    if rhs.is_Symbol:
        return "taken over as it is"
    if not names_in(rhs):
        return "a plain number in the exercise: nothing goes into it"
    if rhs.is_Add:
        return "a sum: work out each term with its sign, then add"
    if rhs.is_Mul and rhs.args[0] == -1:
        return "worked from the inside out, with the minus sign last"
    if rhs.is_Mul and any(factor.is_Pow and factor.exp.is_Rational and factor.exp < 0 for factor in rhs.args):
        return "a quotient: work out what is above and below the line, then divide"
    if rhs.is_Mul:
        return "a product: work out each factor with its sign, then multiply"
    return "a power: work out the base first" if rhs.is_Pow else "worked from the inside out"
