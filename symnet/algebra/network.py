"""A network: its inputs, targets, parameters and the named equations between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from symnet.algebra.backprop import backprop
from symnet.algebra.equations import Equation, Expr, Symbol, names_in, symbol
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.parsing import is_name, parse


@dataclass(frozen=True)
class Network:
    """An ordered tuple of named equations, each using only inputs, targets, parameters and what stands above it.

    Raises Mistake where a name is defined twice or used before it is defined.
    """

    inputs: tuple[Symbol, ...]
    targets: tuple[Symbol, ...]
    parameters: tuple[Symbol, ...]
    equations: tuple[Equation, ...]

    def __post_init__(self) -> None:
        known: set[Symbol] = set()
        for name in (*self.inputs, *self.targets, *self.parameters):
            if name in known:
                raise Mistake(f"{name} is declared twice; each name stands for one quantity")
            known.add(name)
        for equation in self.equations:
            for name in names_in(equation.rhs):
                if name not in known:
                    raise Mistake(f"{equation.name} uses {name}, which no earlier equation defines")
            if equation.lhs in known:
                raise Mistake(f"{equation.name} is defined twice; each name stands for one quantity")
            known.add(equation.lhs)

    @classmethod
    def parse(cls, text: str, parameters: Iterable[str] = ()) -> Network:
        """The network written out as lines ``name = formula``; names without a line of their own are inputs.

        ``Network.parse("e = a*b\\nd = e + c\\nL = d*f")`` has the inputs a, b, c and f.
        """
        pairs = []
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                name, equals, formula = (part.strip() for part in line.partition("="))
                if not equals or not is_name(name):
                    raise Mistake(f"line {number}: {shown(line)} is not of the form name = formula")
                pairs.append((name, formula))
        return cls.from_formulas(pairs, parameters)

    @classmethod
    def from_formulas(cls, pairs: Iterable[tuple[str, str]], parameters: Iterable[str] = ()) -> Network:
        """The same from (name, formula) pairs."""
        equations = tuple(Equation(symbol(name), parse(formula, _AnyName())) for name, formula in pairs)
        return cls._of(equations, parameters)

    @classmethod
    def from_expression(cls, expr: Expr, name: str = "y") -> Network:
        """The network of a SymPy expression, one named equation an operation: v1, v2, … and ``name`` at the end."""
        equations: list[Equation] = []

        def named(part: Expr, lhs: Symbol | None = None) -> Expr:
            if not part.args:
                return symbol(part.name) if part.is_Symbol else part
            rhs = part.func(*(named(argument) for argument in part.args), evaluate=False)
            if not names_in(rhs):
                return rhs
            equations.append(Equation(lhs or symbol(f"v{len(equations) + 1}"), rhs))
            return equations[-1].lhs

        named(expr, symbol(name))
        return cls._of(tuple(equations), ())

    @classmethod
    def _of(cls, equations: tuple[Equation, ...], parameters: Iterable[str]) -> Network:
        defined = {equation.lhs for equation in equations}
        chosen = tuple(symbol(name) for name in parameters)
        used = dict.fromkeys(name for equation in equations for name in names_in(equation.rhs))
        inputs = tuple(name for name in used if name not in defined and name not in chosen)
        return cls(inputs, (), chosen, equations)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, in the order inputs, targets, parameters, equations."""
        declared = (*self.inputs, *self.targets, *self.parameters)
        return (*(str(name) for name in declared), *(equation.name for equation in self.equations))

    @property
    def parameter_count(self) -> int:
        """How many numbers training changes."""
        return len(self.parameters)

    @cached_property
    def by_name(self) -> dict[str, Equation]:
        """{name: the equation that defines it}."""
        return {equation.name: equation for equation in self.equations}

    @cached_property
    def backward(self) -> tuple[Equation, ...]:
        """The equations of the gradients of the last equation."""
        return self.gradients_of(self.equations[-1].name)

    def gradients_of(self, name: str) -> tuple[Equation, ...]:
        """The equations of ∂name/∂x for every x that it depends on."""
        if name not in self.names:
            raise Mistake(f"{shown(name)} is not a name of this network{suggestion(name, self.names)}")
        return backprop(self.equations, symbol(name))


class _AnyName(frozenset[str]):
    """Every name counts as declared: what is undefined is an input."""

    def __contains__(self, name: object) -> bool:
        return name != "pi"
