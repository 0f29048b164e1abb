"""Losses: the formula, its derivative line by line, its value at a small example, and where it has no derivative."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated

import sympy

from symnet.algebra import functions, losses
from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.entries import entry
from symnet.algebra.equations import (
    BATCH,
    Equation,
    Expr,
    Symbol,
    add,
    array,
    multiply,
    names_in,
    negate,
    product,
    replace,
    symbol,
    total,
)
from symnet.algebra.mistakes import Mistake
from symnet.algebra.network import Network
from symnet.algebra.output_errors import output_errors
from symnet.algebra.scalar import ScalarFunction
from symnet.algebra.unrolling import entry_names
from symnet.algebra.zero_logarithms import unmarked
from symnet.computing.exact import Undefined, Value
from symnet.notation.line import Line
from symnet.notation.maths import (
    DOT,
    EQUALS,
    PARTIAL,
    PLUS,
    Brackets,
    Letter,
    Maths,
    Script,
    Word,
    joined,
    row,
)
from symnet.notation.maths import Fraction as Over
from symnet.notation.typesetter import function_name
from symnet.paper.document import Answer, Block, Display, Paragraph, Text, Working
from symnet.questions import options
from symnet.questions.options import Names
from symnet.questions.pieces import Asked, Question, commas, ruled
from symnet.working.cases import cases
from symnet.working.rules import RulesTypesetter, evaluated, in_order, same, steps
from symnet.working.slopes import Slopes
from symnet.working.work import Work

_LOSS = "L"  # what a loss is called on a sheet that has no name of its own for it


def loss(
    work: Work,
    question: Question,
    *,
    about: Annotated[Names, options.about("the loss, by its name in the catalogue")] = (),
    of: Annotated[Names, options.names("the outputs, in order")] = (),
    wrt: Annotated[Names, options.names("the targets, one for each output")] = (),
) -> Asked:
    """A loss of the catalogue: its formula in the outputs ``of`` and targets ``wrt``, its derivative and its value.

    Several outputs are several examples of one output, except for the softmax's losses, where they are one example.
    """
    name = about[0] if about else ""
    if name not in losses.CATALOGUE or not of or len(of) != len(wrt):
        raise Mistake(
            'question ask = "loss" needs about, the name of a loss, and of and wrt, outputs and their targets'
        )
    formula = _written(name, of, wrt)
    y = symbol(of[0])
    setter = RulesTypesetter(work.names, several=True)
    loss_node = Letter(_LOSS)
    slope_node = Over(row(PARTIAL, loss_node), row(PARTIAL, setter.maths(y)))
    blocks: list[Block] = []
    for function in sorted({type(f) for f in formula.atoms(ScalarFunction) if isinstance(f, losses.huber_of)}, key=str):
        blocks += _cases(work, function)
    lines = [step.expr for step in steps(formula, y)]
    rules = [step.rules for step in steps(formula, y)]
    later = [line for e, r in zip(lines[1:], rules[1:], strict=True) for line in ruled(setter.maths(e), ", ".join(r))]
    blocks.append(Paragraph(("The derivative, one rule per line:",)))
    blocks.append(Working((Line(slope_node, (("=", setter.maths(lines[0])),)), *later)))
    value = work.evaluate(formula, work.values)
    slope = lines[-1]
    slope_value = work.evaluate(slope, work.values)
    blocks.append(Paragraph(("With the numbers of the sheet:",)))
    blocks.append(
        Working((work.three_forms(loss_node, formula, value), work.three_forms(slope_node, slope, slope_value)))
    )
    remark = tuple(_without_errors(work, list(zip(of, wrt, strict=True)), slope, slope_node))
    if remark:
        blocks.append(Paragraph(remark))
    definition = Display(row(loss_node, EQUALS, setter.maths(formula)))
    words = (losses.CATALOGUE[name].__doc__ or "").strip().partition("\n")[0].rstrip(".")
    title = words.partition(",")[0]
    text: Text = (f"{title}: derive ", slope_node, ", and compute the loss and this derivative.")
    given = (Paragraph((f"{words[:1].upper()}{words[1:]}:",)), definition)
    return Asked(text, (*given, Answer(tuple(blocks), min(10.0, 2 + 0.9 * len(lines)))))


def _written(name: str, outputs: Sequence[str], targets: Sequence[str]) -> Expr:
    """The formula of a loss in the names of the sheet."""
    one = name in losses.OF_ROWS
    shape = (BATCH, len(outputs) if one else 1)
    examples = 1 if one else len(outputs)
    Y, T = array("y", *shape), array("t", *shape)
    whole = losses.formula_of(name, Y, T)
    if whole.has(losses.huber_of):  # by its name, not written out: its cases are what a sheet shows
        whole = whole.replace(losses.huber_of, lambda e: _huber(e))
    formula = entry(whole, (), {BATCH: examples})
    new = dict(zip(entry_names(Y, examples), map(symbol, outputs), strict=True))
    new |= dict(zip(entry_names(T, examples), map(symbol, targets), strict=True))
    return _plain(replace(formula, new))


_huber = type("huber_of", (losses.huber_of,), {"written": staticmethod(lambda *z: None)})


def _plain(formula: Expr) -> Expr:
    """Without factors of 1."""
    if not formula.args:
        return formula
    parts = [_plain(part) for part in formula.args]
    if formula.is_Mul:
        kept = [part for part in parts if part != 1]
        return sympy.Mul(*kept, evaluate=False) if len(kept) > 1 else kept[0] if kept else sympy.Integer(1)
    return formula.func(*parts, evaluate=False)


def _cases(work: Work, function: type[ScalarFunction]) -> Iterator[Block]:
    """h(e) and h′(e) of a function that a loss uses, case by case."""
    e = symbol("e")
    found = Slopes(Equation(symbol("h"), function(e)), e)
    setter = RulesTypesetter(work.names)
    node, at = function_name(function), Brackets(setter.maths(e))

    yield Paragraph(("Each case is differentiated by itself; where two meet, the slopes agree:",))
    yield Display(row(node, at, EQUALS, cases(found, setter)))
    yield Display(row(Script(node, sup=Word("′")), at, EQUALS, cases(found, setter, slope=True)))
    if not all(kink.has_derivative for kink in found.kinks):
        raise AssertionError(f"{function} has a kink")


def _without_errors(work: Work, pairs: Sequence[tuple[str, str]], slope: Expr, node: Maths) -> Iterator[str | Maths]:
    """What the derivative is where every output equals its target, if that is worth saying."""
    values = {**work.values, **{output: work.values[target] for output, target in pairs}}
    there: Value = work.evaluate(slope, values)
    equal = [row(work.names.node(y), EQUALS, work.names.node(t)) for y, t in pairs]
    if isinstance(there, Undefined):
        why = there.why.partition("has no value: ")[2] or there.why
        yield from (
            "Where every error is 0 (",
            *commas(equal),
            f") there is no derivative: the formula ends in a {why}",
        )
        left, right = (_one_sided(slope, pairs, sign) for sign in "-+")
        yield from (". Along ", work.names.node(pairs[0][0]), " alone the slope jumps from ", *_shown(work, left))
        yield from (" to ", *_shown(work, right), ".")
    elif slope.has(functions.sign):
        yield from ("Where ", equal[0], " there is none; by convention it is ", work.value(there), " there.")


def _one_sided(slope: Expr, pairs: Sequence[tuple[str, str]], sign: str) -> Expr:
    """The slope in the first output just beside its target, the other outputs being right."""
    (y, t), *others = pairs
    alone = replace(slope, {symbol(output): symbol(target) for output, target in others}).doit()
    e = sympy.Dummy("e", real=True)
    return sympy.limit(sympy.simplify(alone.subs(symbol(y), symbol(t) + e)), e, 0, sign)


def _shown(work: Work, number: Expr) -> Text:
    return (work.symbols(sympy.sympify(number)),)


def softmax(
    work: Work,
    question: Question,
    *,
    of: Annotated[Names, options.names("the outputs of the softmax, in order; without them those of the loss")] = (),
    wrt: Annotated[Names, options.names("its logits, one for each output")] = (),
) -> Asked:
    """∂L/∂z for the logits of a softmax with its cross-entropy: p − t, derived, proved and computed.

    ``of`` and ``wrt`` are its outputs and its logits; without them it is the softmax that the loss has.
    """
    here = _the_softmax(work, of, wrt)
    if not work.problem.sums_to_one(add(*here.targets)):
        raise Mistake('question ask = "softmax": the targets must sum to 1')
    node = here.slope_node(here.loss, here.logits[0])
    return Asked(
        ("Derive ", node, " in terms of the outputs and the targets, and give it for every logit."),
        (Answer(tuple(here.blocks()), 11),),
    )


def _the_softmax(work: Work, of: Names, wrt: Names) -> _Softmax:
    """The softmax that is asked for; raises Mistake where the loss has none such."""
    found = [e for e in output_errors(work.network.equations, symbol(work.problem.loss)) if not e.is_logistic]
    named = [e for e in found if all(part.is_Symbol for part in (*e.logits, *e.outputs))]
    if not of and not wrt:
        if not named:
            raise Mistake(
                'question ask = "softmax": the loss is no cross-entropy −Σ t ln p of outputs p = exp(z)/Σ exp(z), each '
                "with a line of its own; give of, its outputs, and wrt, its logits"
            )
        return _Softmax(work, named[0].outputs, named[0].logits, named[0].targets)
    outputs, logits = [symbol(name) for name in of], [symbol(name) for name in wrt]
    for error in named:
        if set(outputs) <= set(error.outputs) and set(logits) <= set(error.logits) and len(outputs) == len(logits):
            place = [error.logits.index(z) for z in logits]
            if [error.outputs[k] for k in place] == outputs and len(place) == len(error.logits):
                return _Softmax(work, outputs, logits, [error.targets[k] for k in place])
    given = (*work.network.inputs, *work.network.targets)
    targets = [name for name in names_in(work.network.by_name[work.problem.loss].rhs) if name in given]
    if not outputs or not len(outputs) == len(logits) == len(targets):
        raise Mistake('question ask = "softmax" needs of and wrt, as many outputs as logits, and a target for each')
    return _Softmax(work, outputs, logits, targets)


class _Softmax:
    """The derivation of p − t; every line is proved equal to the one before by SymPy."""

    def __init__(
        self, work: Work, outputs: Sequence[Symbol], logits: Sequence[Symbol], targets: Sequence[Expr]
    ) -> None:
        self.work = work
        self.outputs, self.logits, self.targets = tuple(outputs), tuple(logits), tuple(targets)
        self.loss = symbol(work.problem.loss)
        self.setter = RulesTypesetter(work.names, several=True)
        self.by_logits = {p: _unfolded(work.network, p, self.logits) for p in outputs}

    def blocks(self) -> Iterator[Block]:
        z, p, t = self.logits[0], self.outputs[0], self.targets[0]
        yield Paragraph(("The derivatives of the outputs with respect to ", self.maths(z), ":"))
        slopes = [self.of_output(q, z) for q in self.outputs]
        for i, q in enumerate(self.outputs):
            lines = self.lines_of_output(q, z)
            like_before = Line(lines[0].lhs, lines[-1].steps, why="like the one before")
            yield Working(lines if i < 2 else (like_before,))
        of_loss = local_derivatives(self.work.network.by_name[self.loss.name])
        direct = {q: unmarked(slope) for q, slope in of_loss.items()}
        pairs = [(direct[q], slope) for q, slope in zip(self.outputs, slopes, strict=True) if q in direct]
        chain = add(*(multiply(*pair) for pair in pairs))
        cancelled = in_order(sympy.expand(evaluated(chain)))
        collected = add(product(p, add(*self.targets)), negate(t))
        self.prove(chain, cancelled, collected)
        short = add(p, negate(t))
        if names_in(last := self.targets[-1]):
            others = add(sympy.Integer(1), *map(negate, self.targets[:-1]))
            self.prove(*(replace(form, {last: others}) for form in (collected, short)))
        links = [row(self.slope_node(self.loss, q), DOT, self.slope_node(q, z)) for q in self.outputs if q in direct]
        shown = (chain, cancelled, collected) if names_in(add(*self.targets)) else (chain, cancelled)
        forms = [("=", joined(links, PLUS)), *(("=", self.maths(form)) for form in dict.fromkeys(shown))]
        yield Paragraph(("The chain rule over every output:",))
        yield Working((Line(self.slope_node(self.loss, z), tuple(forms), stacked=True),))
        one = row(self.maths(add(*self.targets)), EQUALS, self.maths(sympy.Integer(1)))
        here: Text = ("Here ", one, ", and by") if names_in(add(*self.targets)) else ("By",)
        yield Paragraph((*here, " the same lines for every logit:"))
        yield Working(
            tuple(
                self.work.three_forms(
                    self.slope_node(self.loss, logit),
                    total(q, product(sympy.Integer(-1), target)),
                    self.work.solution.gradients[logit.name],
                )
                for logit, q, target in zip(self.logits, self.outputs, self.targets, strict=True)
            )
        )

    def of_output(self, q: Symbol, z: Symbol) -> Expr:
        """∂q/∂z in terms of the outputs: p(1 − p) for the logit's own output p, −q p for another; proved."""
        p = self.outputs[self.logits.index(z)]
        slope = multiply(p, add(sympy.Integer(1), negate(p))) if q == p else negate(multiply(q, p))
        self.prove(replace(slope, self.by_logits), sympy.diff(self.by_logits[q].doit(), z))
        return slope

    def lines_of_output(self, q: Symbol, z: Symbol) -> tuple[Line, ...]:
        worked = steps(self.by_logits[q], z, shorten=False)
        names = {s.expr: ", ".join(s.rules) for s in worked}
        middle = [line for e, why in list(names.items())[1:] for line in ruled(self.maths(e), why)]
        first = Line(self.slope_node(q, z), (("=", self.maths(worked[0].expr)),))
        return (first, *middle, Line(None, (("=", self.maths(self.of_output(q, z))),), why="the outputs put in"))

    def prove(self, *forms: Expr) -> None:
        for one, other in pairwise(forms):
            if not same(one.doit(), other.doit()):
                raise AssertionError(f"{one} is not {other}")

    def maths(self, expr: Expr) -> Maths:
        return self.setter.maths(expr)

    def slope_node(self, of: Symbol, wrt: Symbol) -> Maths:
        return Over(row(PARTIAL, self.maths(of)), row(PARTIAL, self.maths(wrt)))


def _unfolded(network: Network, name: Symbol, logits: Sequence[Symbol]) -> Expr:
    """The formula of a name in the logits, everything between put in."""
    expr = network.by_name[name.name].rhs
    lines = {e.lhs: e.rhs for e in network.equations if e.lhs not in logits}
    while inner := {n: lines[n] for n in names_in(expr) if n in lines}:
        expr = replace(expr, inner)
    return expr
