"""Where the backward pass begins: the gradient of any loss in the output, from the loss's own equation.

A softmax or a logistic unit with its cross-entropy gives p − t, and why; a sum over the entries of the output, the
derivative of one entry's share; any other loss the rule of gradients entry by entry, as every other equation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from symnet.algebra import losses
from symnet.algebra.equations import Array, Equation, Expr, names_in
from symnet.algebra.matrices import columns, cross_entropy, row_sums
from symnet.algebra.network import Network
from symnet.notation.indices import IndexTypesetter
from symnet.notation.line import Line
from symnet.notation.maths import EQUALS, Letter, Script, row
from symnet.notation.matrices import MatrixTypesetter
from symnet.notation.names import Names
from symnet.working.layer_rules import RuleMaker, Words, slope
from symnet.working.loss_share import A, Share, share_of
from symnet.working.probability_errors import Steps, sigmoid_steps, softmax_entry, softmax_steps

_NAMES = Names(("z", "t", "p", "a", "c"))
_C = Letter("c")


@dataclass(frozen=True)
class OutputAdjoint:
    """The derivation on paper, and what is said before and after it."""

    before: Words
    lines: tuple[Line, ...]
    after: Words = ()
    steps: Steps | None = None  # the variable, equal forms of the loss, equal forms of its derivative
    share: Share | None = None


@dataclass(frozen=True)
class Beginning:
    """What a derivation starts from: the network, also with its loss of logits, and its gradient equations."""

    network: Network
    of_logits: Network
    backward: tuple[Equation, ...]
    sums_to_one: bool
    setter: MatrixTypesetter
    maker: RuleMaker = field(repr=False)

    @property
    def loss(self) -> Equation | None:
        """The equation of a number that reads the output: the loss, or what a penalty is added to."""
        output = self.network.output
        numbers = (e for e in self.network.equations if not isinstance(e.lhs, Array))
        return next((e for e in numbers if output in names_in(e.rhs)), None)

    def at_once(self) -> Words:
        """Z̄ = (P − T)/n."""
        targets = self.network.targets
        line = next((e for e in self.backward if any(t in names_in(e.rhs) for t in targets)), None)
        if line is None:
            return ("the gradient below",)
        return (row(self.setter.maths(line.lhs), EQUALS, self.setter.maths(line.rhs)),)


def output_adjoint(start: Beginning) -> OutputAdjoint | None:
    """The derivation of the gradient in the output; None where no loss reads one."""
    loss = start.of_logits.equations[-1].rhs if start.loss is None else _of_logits(start)
    if loss.has(cross_entropy):
        return _softmax(start)
    if loss.has(losses.binary_cross_entropy_of):
        return _sigmoid(start)
    equation, output = start.loss, start.network.output
    if equation is None or not isinstance(output, Array):
        return None
    share = share_of(equation, output, start.network.targets)
    return _of_share(start, equation, share) if share is not None else _by_the_rule(start, equation)


def _of_logits(start: Beginning) -> Expr:
    assert start.loss is not None
    return start.of_logits.by_name[start.loss.name].rhs


def _softmax(start: Beginning) -> OutputAdjoint:
    steps = softmax_steps()
    p = Line(Script(Letter("p"), sub=Letter("k")), (("=", IndexTypesetter(_NAMES).maths(softmax_entry())),))
    before = (
        *("For one example with logits ", Letter("z"), ", softmax ", Letter("p"), " and target ", Letter("t")),
        *(", the cross-entropy ", _C, " and its derivative with respect to one logit:"),
    )
    after = (
        "The last step holds because the entries of a target sum to 1. For all examples at once that is ",
        *start.at_once(),
        *(() if start.sums_to_one else _not_one(start)),
        ".",
    )
    return OutputAdjoint(before, (p, *_lines(steps)), after, steps)


def _not_one(start: Beginning) -> Words:
    """What stands in the place of the sum of targets that may not be 1."""
    if not any(names_in(e.rhs) and start.network.targets[0] in names_in(e.rhs) for e in start.backward):
        return ()
    (t,) = start.network.targets
    sums = start.setter.maths(columns(row_sums(t), t.shape[1]))
    return (", where ", sums, " holds the sum of each row of ", Letter("T"), ", which should be 1")


def _sigmoid(start: Beginning) -> OutputAdjoint:
    steps = sigmoid_steps()
    before = ("For one logit ", Letter("z"), " and its target ", Letter("t"), ", with σ′ = σ(1 − σ):")
    words = "No σ′ is left: the logarithm takes it away. For all examples at once that is "
    return OutputAdjoint(before, _lines(steps), (words, *start.at_once(), "."), steps)


def _lines(steps: Steps) -> tuple[Line, ...]:
    variable, forms, slopes = steps
    setter = IndexTypesetter(_NAMES)
    return (
        Line(_C, tuple(("=", setter.maths(form)) for form in forms), stacked=True),
        Line(slope(_C, setter.maths(variable)), tuple(("=", setter.maths(s)) for s in slopes), stacked=True),
    )


def _of_share(start: Beginning, equation: Equation, share: Share) -> OutputAdjoint:
    output, loss = start.setter.maths(start.network.output), start.setter.maths(equation.lhs)
    what: Words = ("The share ", _C, " of one entry ", Letter("a"), " of ", output)
    if share.outer is not None:
        what = (*what, ", with target ", Letter("t"), ", in the sum ", Letter("S"), " that ", loss, " is made of,")
    steps = (A, [share.term], share.slopes)
    return OutputAdjoint((*what, " and its derivative:"), tuple(share.lines(loss)), (), steps, share)


def _by_the_rule(start: Beginning, equation: Equation) -> OutputAdjoint:
    """A loss that is no sum over entries: its gradient in one entry, by the rule for any equation."""
    output = start.network.output
    (rule,) = start.maker.rules(equation, (output,))
    what = ("The derivative with respect to one entry of ", start.setter.maths(output), ":")
    first = start.maker.setter.entry_line(equation)
    return OutputAdjoint(what, (first, *rule.lines), rule.reason)
