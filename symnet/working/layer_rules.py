"""How the gradient reaches one name of an equation of arrays: entry by entry, and in matrices where it is one.

The terms are what ``backprop`` itself passes back (``contributions``), put into indices: where an index is summed over
that is the first of both factors, or the second of both, the product of matrices needs a transpose.
Source: Giles (2008), section 2.2; Goodfellow, Bengio and Courville (2016), algorithm 6.4.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from symnet.algebra.adjoints import contributions, gradient_name
from symnet.algebra.equations import BATCH, ONE, Array, Equation, Expr, Index, Length, Symbol, names_in, total
from symnet.algebra.indices import At, Inside, free_indices
from symnet.algebra.matrices import Operation, column_sums, matmul, shape_of, transpose
from symnet.notation.equations import EquationTypesetter
from symnet.notation.indices import SUM, letter, letters
from symnet.notation.line import Line
from symnet.notation.maths import COMMA, PARTIAL, Brackets, Fraction, Maths, Script, Times, joined, row
from symnet.notation.matrices import reads_as_matrices

Words = tuple[str | Maths, ...]
ONE_OF_SEVERAL = "one of its terms"
ROUND_A_CONDITION = "Square brackets are 1 where what stands in them holds, and 0 elsewhere."


@dataclass(frozen=True)
class Rule:
    """How the gradient reaches one name of a layer: the lines of its derivation, and the reason for a transpose."""

    lines: tuple[Line, ...]
    reason: Words
    first_says_why: bool = False  # whether the reason comes before the line


class RuleMaker:
    """Derives the rules of equations, for a loss; ``runs_over`` says of lengths what they count: n the examples."""

    def __init__(self, setter: EquationTypesetter, loss: Symbol, runs_over: Mapping[Expr, str] | None = None) -> None:
        self.setter, self.loss = setter, loss
        self.runs_over = {BATCH: "the examples", **(runs_over or {})}

    def rules(
        self, equation: Equation, wanted: Sequence[Symbol], several: Container[Symbol] = frozenset()
    ) -> list[Rule]:
        """The rule of each name that is wanted, in that order; of names used in ``several`` equations one term."""
        upstream = gradient_name(self.loss, equation.lhs) if equation.lhs != self.loss else ONE
        terms: dict[Symbol, list[Expr]] = {}
        for name, term in contributions(equation, upstream):
            terms.setdefault(name, []).append(term)
        found = [(name, total(*terms[name])) for name in wanted if name in terms and total(*terms[name]) != 0]
        return [self.rule(equation, name, term, ONE_OF_SEVERAL if name in several else "") for name, term in found]

    def rule(self, equation: Equation, name: Symbol, term: Expr, why: str = "") -> Rule:
        """∂L/∂name, which is ``term``, or has it as a term."""
        gradient = Equation(gradient_name(self.loss, name), term)
        own, body = self.setter.entry_form(gradient)
        reached = self._reached(body, equation.lhs)
        if self._is_plain(gradient, own, reached):
            return self._entry_by_entry(equation, gradient, why)
        steps = [("=", self.setter.body(body, own))]
        over = self._over(reached, own)
        if reached is not None and equation.lhs != self.loss:
            steps.insert(0, ("=", self._chain(equation.lhs, name, own, reached, over)))
        first = Line(self.setter.entry(gradient.lhs, own), tuple(steps), stacked=True, why=why)
        if not self._is_array_form(gradient):
            return Rule((first,), self._of_entries(equation.lhs, name, own, reached, over, body))
        whole = self.setter.matrices.maths(term)
        in_matrices = Script(Brackets(whole), sub=letters(own)) if own else whole
        lines = (
            Line(first.lhs, (*first.steps, ("=", in_matrices)), stacked=True, why=why),
            Line(self.setter.matrices.maths(gradient.lhs), (("=", whole),), why=why or product_of_shapes(term)),
        )
        return Rule(lines, self._transpose(equation.lhs, term, over))

    def _is_array_form(self, gradient: Equation) -> bool:
        return bool(shape_of(gradient.lhs)) and self.setter.is_of_arrays(gradient)

    def _is_plain(self, gradient: Equation, own: Sequence[Index], reached: Sequence[Expr] | None) -> bool:
        """Whether each entry is reached from the same entry of the result alone, and by no operation."""
        no_operation = reads_as_matrices(gradient.rhs) and not gradient.rhs.has(Operation)
        return bool(own) and no_operation and reached is not None and tuple(reached) == tuple(own)

    def _entry_by_entry(self, equation: Equation, gradient: Equation, why: str) -> Rule:
        setter = self.setter.matrices
        line = Line(setter.maths(gradient.lhs), (("=", setter.maths(gradient.rhs)),), why=why or shape(equation.lhs))
        (below,) = (n for n in names_in(equation.rhs) if gradient_name(self.loss, n) == gradient.lhs)
        words = ("Each entry of ", setter.maths(equation.lhs), " comes from one entry of ", setter.maths(below))
        return Rule((line,), (*words, ": no sum, a product entry by entry."), first_says_why=True)

    def _reached(self, body: Expr, name: Expr) -> tuple[Expr, ...] | None:
        """The places of the entry of ``name`` whose gradient stands in the body, where it is one."""
        if not isinstance(name, Array):
            return ()
        upstream = gradient_name(self.loss, name)
        places = {at.places for at in body.atoms(At) if at.array == upstream}
        return next(iter(places)) if len(places) == 1 else None

    def _over(self, reached: Sequence[Expr] | None, own: Sequence[Index]) -> tuple[Index, ...]:
        """The indices over which the chain rule sums."""
        used = dict.fromkeys(index for place in reached or () for index in free_indices(place))
        return tuple(index for index in used if index not in own)

    def _chain(
        self, result: Expr, name: Expr, own: Sequence[Index], reached: Sequence[Expr], over: Sequence[Index]
    ) -> Maths:
        """Σ_i ∂L/∂z_ik · ∂z_ik/∂w_jk."""
        entries = self.setter.entries
        loss = self.setter.matrices.maths(self.loss)
        entry = entries.entry(result, *reached) if reached else self.setter.matrices.maths(result)
        below = entries.entry(name, *own) if own else self.setter.matrices.maths(name)
        slopes: list[Maths] = [slope(loss, entry), Times(), slope(entry, below)]
        sign = [Script(SUM, sub=joined([letter(index) for index in over], COMMA))] if over else []
        return row(*sign, *slopes)

    def _of_entries(
        self,
        result: Expr,
        name: Expr,
        own: Sequence[Index],
        reached: Sequence[Expr] | None,
        over: Sequence[Index],
        body: Expr,
    ) -> Words:
        """Why the sum runs over what it does, where no product of matrices says it."""
        used = self.setter.entries.entry(name, *own) if own else self.setter.matrices.maths(name)
        whole = self.setter.matrices.maths(result)
        conditions = (f" {ROUND_A_CONDITION}",) if body.has(Inside) else ()
        if reached is None:
            return ("Every entry of ", whole, " that ", used, " is used in has a term.", *conditions)
        if not over:
            return ("No sum: ", used, " is used in this entry of ", whole, " alone.", *conditions)
        running = _listed([letter(index) for index in over])
        return (
            "The sum runs over ",
            *running,
            ", as ",
            used,
            " is used in all these entries of ",
            whole,
            ".",
            *conditions,
        )

    def _transpose(self, result: Expr, term: Expr, over: Sequence[Index]) -> Words:
        """Why a factor is turned, and where the sum comes from."""
        whole = self.setter.matrices.maths(result)
        if result == self.loss:
            return ("Every place where that entry stands in ", whole, " has a term.")
        if isinstance(term, column_sums) and term.args[0] == gradient_name(self.loss, result):
            return (*self._summed(over, ": a bias is added in every row of "), whole, ".")
        if not isinstance(term, matmul) or len(over) != 1:
            return self._summed(over, ".") if over else ("No sum: one entry of ", whole, " has it.")
        left, right = term.args
        if isinstance(left, transpose):
            return (
                *self._summed(
                    over,
                    ", the first index of both factors. A product of matrices sums over the second index of its first "
                    "factor, so ",
                ),
                self.setter.matrices.maths(left.args[0]),
                " is transposed.",
            )
        if isinstance(right, transpose):
            return (
                *self._summed(
                    over,
                    ", the second index of both factors. A product of matrices sums over the first index of its "
                    "second factor, so ",
                ),
                self.setter.matrices.maths(right.args[0]),
                " is transposed.",
            )
        return self._summed(over, ", as in a product of matrices.")

    def _summed(self, over: Sequence[Index], then: str) -> Words:
        what = self.runs_over.get(over[0].length, "") if len(over) == 1 else ""
        then = f", {what}{then}" if what else then
        return ("The sum runs over ", *_listed([letter(index) for index in over]), then)


def slope(of: Maths, wrt: Maths) -> Maths:
    """∂of/∂wrt."""
    return Fraction(row(PARTIAL, of), row(PARTIAL, wrt))


def _listed(nodes: Sequence[Maths]) -> Words:
    """i, p and q."""
    words: list[str | Maths] = []
    for i, node in enumerate(nodes):
        words += [*(() if i == 0 else (" and ",) if i == len(nodes) - 1 else (", ",)), node]
    return tuple(words)


def length_text(length: Expr) -> str:
    return length.name if isinstance(length, Length) else str(length)


def shape(expr: Expr) -> str:
    """n × 3, and 3 × 1 for a vector, which is a column; nothing for a number."""
    lengths = shape_of(expr)
    return " × ".join(map(length_text, (*lengths, ONE) if len(lengths) == 1 else lengths))


def product_of_shapes(expr: Expr) -> str:
    """(3 × n)(n × 2) = 3 × 2 for a product of matrices, otherwise the shape alone."""
    if isinstance(expr, matmul) and all(len(shape_of(side)) == 2 for side in expr.args):
        left, right = (shape(side) for side in expr.args)
        return f"({left})({right}) = {shape(expr)}"
    if isinstance(expr, column_sums):
        n, h = map(length_text, shape_of(expr.args[0]))
        return f"({h} × {n})({n} × 1) = {h} × 1"
    return shape(expr)
