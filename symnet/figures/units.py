"""Recognizing a net of units in equations: who feeds whom, by which weight.

    x3 = w13*x1 + w23*x2        a unit's pre-activation: weights times signals, and perhaps a bias
    y3 = relu(x3)               its activation; the two are one unit, drawn as one circle
    p1 = exp(z1)/(exp(z1) + …)  likewise, though a softmax uses the other z as well
    Loss = (y5 - t)^2/2         what compares the outputs with the targets

``net_of`` gives None where the equations that lead to the loss are anything else: then the computation graph is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sympy import preorder_traversal

from symnet.algebra.derivatives import recognized
from symnet.algebra.equations import MINUS_ONE, Equation, Expr, names_in
from symnet.algebra.network import Network
from symnet.algebra.output_errors import softmax_outputs
from symnet.algebra.scalar import ScalarFunction


@dataclass(frozen=True)
class Wire:
    """From an input or a unit to a unit or the loss; ``weight`` is "" where the signal passes as it is."""

    source: str
    target: str
    weight: str = ""


@dataclass(frozen=True)
class Unit:
    """A unit is called by its output; ``before`` is its pre-activation's name, "" where that has none of its own."""

    name: str
    wires: tuple[Wire, ...]
    before: str = ""
    function: type[ScalarFunction] | None = None
    bias: str = ""
    threshold: bool = False  # whether the bias is subtracted


@dataclass(frozen=True)
class Net:
    """``columns`` are the layers, the inputs first; ``outputs`` feed the loss, "" where a unit itself is the last."""

    columns: tuple[tuple[str, ...], ...]
    units: dict[str, Unit]
    loss: str = ""
    outputs: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    @cached_property
    def wires(self) -> tuple[Wire, ...]:
        """All wires, those to the loss last."""
        inner = tuple(wire for unit in self.units.values() for wire in unit.wires)
        return (*inner, *(Wire(name, self.loss) for name in self.outputs))

    @cached_property
    def column_of(self) -> dict[str, int]:
        """{name of an input, a unit or the loss: its column}."""
        places = {name: i for i, column in enumerate(self.columns) for name in column}
        return {**places, self.loss: len(self.columns)} if self.loss else places

    @property
    def shape(self) -> str:
        """3-4-4-1."""
        return "-".join(str(len(column)) for column in self.columns)


def net_of(network: Network, loss: str) -> Net | None:
    """The net of units that leads to the loss, or None; with all its outputs where nothing compares them."""
    net = _Reader(network, _leading_to(network.equations, loss), loss).net()
    if net is not None and not net.loss:
        whole = _Reader(network, list(network.equations), loss).net()
        return whole if whole is not None and not whole.loss else net
    return net


class _Reader:
    """Reads the equations in order; ``units`` are those found so far, ``rest`` what is no unit."""

    def __init__(self, network: Network, equations: list[Equation], loss: str) -> None:
        self.loss = loss
        self.parameters = {name.name for name in network.parameters}
        self.given = tuple(name.name for name in (*network.inputs, *network.targets))
        self.equations = equations
        self.users: dict[str, int] = {}
        for equation in self.equations:
            for name in names_in(equation.rhs):
                self.users[name.name] = self.users.get(name.name, 0) + 1
        self.signals = {
            name
            for equation in self.equations
            for factors in _products(equation.rhs)
            for name in self._signal_of(factors)
        }
        self.units: dict[str, Unit] = {}
        self.inputs: dict[str, None] = {}
        self.rest: dict[str, Equation] = {}
        self.softmax, self.softened = softmax_outputs(equations)

    def net(self) -> Net | None:
        for equation in self.equations:
            if equation.lhs in self.softened:
                continue  # the exponentials and the sum of a softmax are drawn as part of its units
            unit = self._of_softmax(equation) or self._activation(equation) or self._linear(equation)
            if unit is None:
                self.rest[equation.name] = equation
                if not self._is_of_the_loss(equation):
                    return None
            else:
                self.units.pop(unit.before, None)
                self.units[unit.name] = unit
        if not any(wire.weight for unit in self.units.values() for wire in unit.wires):
            return None
        for unit in self.units.values():
            for wire in unit.wires:
                if wire.source in self.rest:
                    return None
                if wire.source not in self.units:
                    self.inputs[wire.source] = None
        return self._arranged()

    def _arranged(self) -> Net:
        depth: dict[str, int] = dict.fromkeys(self.inputs, 0)
        for unit in self.units.values():
            depth[unit.name] = 1 + max(depth[wire.source] for wire in unit.wires)
        columns: list[list[str]] = [[] for _ in range(1 + max(depth.values()))]
        declared = [name for name in self.given if name in self.inputs]
        others = [name for name in self.inputs if name not in declared]
        for name in (*declared, *others, *self.units):
            columns[depth[name]].append(name)
        used = dict.fromkeys(name.name for equation in self.rest.values() for name in names_in(equation.rhs))
        outputs = tuple(name for name in self.units if name in used)
        known = {*self.units, *self.rest, *self.parameters, *self.inputs}
        targets = tuple(name for name in used if name not in known)
        loss = self.loss if self.rest else ""
        return Net(tuple(map(tuple, columns)), self.units, loss, outputs, targets)

    # -- one equation -------------------------------------------------------------------------------------------------

    def _linear(self, equation: Equation, rhs: Expr | None = None) -> Unit | None:
        """The unit of a sum of weights times signals, with at most one bias."""
        wires: list[Wire] = []
        bias, threshold = "", False
        for factors in _products(equation.rhs if rhs is None else rhs):
            signal = self._signal_of(factors)
            if signal:
                (source,) = signal
                weight = next(name for name in factors if name != source)
                wires.append(Wire(source, equation.name, weight))
            elif len(factors) == 1 and self._is_signal(factors[0]):
                wires.append(Wire(factors[0], equation.name))
            elif factors[-1] not in self.rest and factors[-1] not in self.units and not bias and self._is_bias(factors):
                bias, threshold = factors[-1], len(factors) == 2
            else:
                return None
        if not any(wire.weight for wire in wires) or any(wire.source in self.rest for wire in wires):
            return None
        return Unit(equation.name, tuple(wires), bias=bias, threshold=threshold)

    def _of_softmax(self, equation: Equation) -> Unit | None:
        """The unit p = exp(z)/Σ exp, drawn with its own z, which the other outputs use as well."""
        z = self.softmax.get(equation.lhs)
        unit = self.units.get(z.name) if z is not None else None
        if unit is None or unit.before or unit.function is not None:
            return None
        wires = tuple(replace(wire, target=equation.name) for wire in unit.wires)
        return replace(unit, name=equation.name, wires=wires, before=unit.name)

    def _activation(self, equation: Equation) -> Unit | None:
        """The unit y = f(x) with x a sum that only y uses, or y = f(sum)."""
        rhs = recognized(equation.rhs)
        function = type(rhs) if isinstance(rhs, ScalarFunction) else None
        names = [name.name for name in names_in(rhs)]
        inner = [name for name in names if name not in self.parameters]
        # With a parameter in it a formula is no activation, but a unit of its own.
        sum_of = self.units.get(inner[0]) if len(inner) == 1 == len(names) else None
        if sum_of is not None and self.users[inner[0]] == 1 and sum_of.function is None and not sum_of.before:
            last = equation.name == self.loss
            # A formula in one output alone is its activation, but at the very end it is the loss.
            if function is not None or rhs.is_Symbol or not last:
                wires = tuple(replace(wire, target=equation.name) for wire in sum_of.wires)
                return replace(sum_of, name=equation.name, wires=wires, before=inner[0], function=function)
        if function is None or len(rhs.args) == 0:
            return None
        unit = self._linear(equation, rhs.args[0])
        return replace(unit, function=function) if unit is not None else None

    def _is_signal(self, name: str) -> bool:
        return name in self.units or (name in self.signals and name in self.given)

    def _signal_of(self, factors: tuple[str, ...]) -> tuple[str, ...]:
        """The signal of a product of one parameter and one name that is none."""
        if len(factors) != 2 or "" in factors or "−" in factors:
            return ()
        signals = tuple(name for name in factors if name not in self.parameters)
        return signals if len(signals) == 1 else ()

    def _is_bias(self, factors: tuple[str, ...]) -> bool:
        """b or −b, with b a name that nothing computes."""
        name = factors[-1]
        return factors[:-1] in ((), ("−",)) and (name in self.parameters or name in self.given)

    def _is_of_the_loss(self, equation: Equation) -> bool:
        """Whether what is no unit may stand behind the loss: it compares one output with a target, or sums such.

        What multiplies units, or what is made of them, with parameters is a part of the net that no unit is drawn for.
        """
        names = [name.name for name in names_in(equation.rhs)]
        outputs = [name for name in names if name in self.units]
        if equation.name == self.loss:
            return not self._is_a_unit(equation, outputs)
        if (outputs or any(name in self.rest for name in names)) and any(name in self.parameters for name in names):
            return False
        targets = [name for name in names if name in self.given and name not in self.signals]
        return (len(outputs) == 1 and bool(targets)) or not outputs

    def _is_a_unit(self, equation: Equation, outputs: Sequence[str]) -> bool:
        """Whether the last line weighs units or is a function of them, though with numbers for which no unit is drawn.

        What compares with a target is a loss, also where it adds a penalty on weights.
        """
        rhs = recognized(equation.rhs)
        if not outputs or any(n.name in self.given and n.name not in self.signals for n in names_in(rhs)):
            return False
        products = [{f.name for f in e.args if f.is_Symbol} for e in preorder_traversal(rhs) if e.is_Mul]
        weighs = any(names & {*outputs} and names & self.parameters for names in products)
        return weighs or (isinstance(rhs, ScalarFunction) and len(outputs) > 1)


def _leading_to(equations: tuple[Equation, ...], last: str) -> list[Equation]:
    """The equations that the last one needs, itself included, in order."""
    wanted, kept = {last}, []
    for equation in reversed(equations):
        if equation.name in wanted:
            wanted.update(name.name for name in names_in(equation.rhs))
            kept.append(equation)
    return kept[::-1]


def _products(expr: Expr) -> Iterator[tuple[str, ...]]:
    """The terms of a sum, each as its factors' names: w*x is ("w", "x"), −b is ("−", "b"); anything else is ("",)."""
    for term in expr.args if expr.is_Add else (expr,):
        factors = term.args if term.is_Mul else (term,)
        if factors[0] == MINUS_ONE:
            factors = factors[1:]
            names = ["−"]
        else:
            names = []
        names += [str(factor.name) if factor.is_Symbol else "" for factor in factors]
        yield tuple(names) if "" not in names else ("",)
