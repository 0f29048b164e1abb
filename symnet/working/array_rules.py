"""The backward pass of equations of arrays: of whole arrays where that reads well, otherwise for any entry.

    V̄ = Aᵀ Ō        S̄ = A ∘ (Ā − ((A ∘ Ā) 𝟏) 𝟏ᵀ)        ∂L/∂K_ij = Σ_km Z̄_km I_{i+k−1,j+m−1}

A bar is the gradient in an array.  Back from a softmax or logistic units and their cross-entropy comes P − T, and what
an equation has a name for stands by its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from sympy import Integer, preorder_traversal

from symnet.algebra import functions
from symnet.algebra.adjoints import contributions
from symnet.algebra.backprop import backprop
from symnet.algebra.equations import Array, Equation, Expr, Symbol, add, names_in, negate, partial, product, symbol
from symnet.algebra.indices import Same
from symnet.algebra.matrices import Operation, softmax
from symnet.algebra.network import needed
from symnet.algebra.output_errors import OutputError, output_errors
from symnet.algebra.scalar import ScalarFunction
from symnet.notation.equations import EquationTypesetter
from symnet.notation.line import Line
from symnet.working.arrays import entries
from symnet.working.layer_rules import product_of_shapes, shape
from symnet.working.work import Work


class ArrayRules:
    """The gradient equations of a worked exercise whose file has equations of arrays."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.problem = work.problem
        self.by_name = {equation.name: equation for equation in self.problem.whole}
        self.loss = symbol(self.problem.loss)

    def equations(self, wanted: Sequence[str]) -> tuple[Equation, ...]:
        """Those that the gradients of these arrays and numbers need, from the loss on, but for ∂L/∂L = 1."""
        gradients = {e.name: e.lhs for e in self._backward}
        targets = [gradients[name] for x in wanted if (name := partial(self.loss.name, x).name) in gradients]
        return tuple(e for e in needed(self._backward, targets) if e.lhs != partial(self.loss.name, self.loss.name))

    def lines(self, equations: Sequence[Equation]) -> tuple[Line, ...]:
        """The equations on paper, with the shapes of arrays."""
        setter = EquationTypesetter(self.work.names, self.problem.whole, by_entries=True)
        found = []
        for equation in equations:
            of_arrays = isinstance(equation.lhs, Array) and setter.is_of_arrays(equation)
            is_product = of_arrays and isinstance(equation.rhs, Operation)
            said = product_of_shapes(equation.rhs) if is_product else shape(equation.lhs)
            found.append(setter.line(equation, why=said))
        return tuple(found)

    @cached_property
    def _backward(self) -> tuple[Equation, ...]:
        errors = self._errors()
        over = {x for ends in errors.values() for _, passed, _ in ends for x in passed}

        def passed(equation: Equation, upstream: Expr) -> Iterator[tuple[Symbol, Expr]]:
            ends = errors.get(equation.name, ())
            for logits, _, error in ends:
                yield logits, product(upstream, error)
            for name, term in contributions(equation, upstream):
                if not (ends and name in over):
                    yield name, term

        found = backprop(self.problem.whole, self.loss, passed)
        return tuple(Equation(e.lhs, _in_order(self._named(e.rhs))) for e in found)

    # -- what has a name ----------------------------------------------------------------------------------------------

    @cached_property
    def _outputs(self) -> dict[Expr, Symbol]:
        """{softmax(S): A}."""
        return {e.rhs: e.lhs for e in self.problem.whole if isinstance(e.rhs, (Operation, ScalarFunction))}

    def _named(self, expr: Expr) -> Expr:
        if expr in self._outputs:
            return self._outputs[expr]
        if not expr.args or expr.is_Symbol:
            return expr
        parts = [self._named(argument) for argument in expr.args]
        if all(a is b for a, b in zip(parts, expr.args, strict=True)):
            return expr
        return expr.func(*parts, evaluate=False)

    # -- outputs that belong to their loss ----------------------------------------------------------------------------

    def _errors(self) -> Mapping[str, list[tuple[Symbol, tuple[Symbol, ...], Expr]]]:
        """{line: [(Z, what the gradient passes over, c (P − T))]} for whole arrays of logits."""
        by_logits: dict[tuple[str, str], list[OutputError]] = {}
        for error in output_errors(self.work.network.equations, self.loss):
            arrays = {self.problem.array_of.get(u.name, "") if u.is_Symbol else "" for u in error.logits}
            if len(arrays) == 1 and self.problem.sums_to_one(error.sum):
                by_logits.setdefault((error.line.name, arrays.pop()), []).append(error)
        found: dict[str, list[tuple[Symbol, tuple[Symbol, ...], Expr]]] = {}
        for (line, logits), errors in by_logits.items():
            end = self._error(line, logits, errors) if logits and line in self.by_name else None
            if end is not None:
                found.setdefault(line, []).append(end)
        return found

    def _error(
        self, line: str, logits: str, errors: Sequence[OutputError]
    ) -> tuple[Symbol, tuple[Symbol, ...], Expr] | None:
        """Of all entries of an array of logits, if they have one scale, and one array or number for their targets."""
        z = next((x for e in self.problem.whole for x in (*names_in(e.rhs), e.lhs) if x.name == logits), None)
        at = {u.name: (p, t) for e in errors for u, p, t in zip(e.logits, e.outputs, e.targets, strict=True)}
        places = list(entries(self.problem.arrays[logits]))
        if z is None or set(at) != set(places) or len({e.scale for e in errors}) > 1 or names_in(errors[0].scale):
            return None
        targets = self._whole([at[name][1] for name in places])
        outputs = [at[name][0] for name in places]
        function = functions.sigmoid if errors[0].is_logistic else softmax
        if all(p.is_Symbol for p in outputs):
            p = self._whole(outputs)
            if targets is None or p is None or self.by_name[p.name].rhs != function(z):
                return None
        else:  # written within the loss: nothing else there may read the logits
            uses = [part for part in preorder_traversal(self.by_name[line].rhs) if part == z]
            if targets is None or len(uses) > 1 or function is softmax:
                return None
            p = function(z)
        minus = Integer(-1) * targets if targets.is_Integer else negate(targets)
        return z, (p,) if p.is_Symbol else (z,), product(errors[0].scale, add(p, minus))

    def _whole(self, parts: Sequence[Expr]) -> Expr | None:
        """The array with these entries, or the number that all of them are."""
        if len(set(parts)) == 1 and parts[0].is_Integer:
            return parts[0]
        owners = {self.problem.array_of.get(part.name) if part.is_Symbol else None for part in parts}
        (owner,) = owners if len(owners) == 1 else (None,)
        if owner is None or [part.name for part in parts] != list(entries(self.problem.arrays[owner])):
            return None
        return next((x for e in self.problem.whole for x in (e.lhs, *names_in(e.rhs)) if x.name == owner), None)


def _in_order(expr: Expr) -> Expr:
    """[j = 1] … + [j = 2] …, of terms for one entry each; they are found from the last one on."""
    by_entries = expr.is_Add and all(term.has(Same) for term in expr.args)
    return add(*reversed(expr.args)) if by_entries else expr
