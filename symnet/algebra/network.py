"""A network: its inputs, targets, parameters and the named equations between them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

from symnet.algebra.adjoints import gradient_name
from symnet.algebra.backprop import backprop
from symnet.algebra.equations import (
    BATCH,
    Array,
    Equation,
    Equations,
    Expr,
    Length,
    Symbol,
    array,
    divide,
    names_in,
    replace,
    symbol,
)
from symnet.algebra.initial import DEFAULT, draw
from symnet.algebra.lines import chosen_names, equations_of_numbers, lines_of, natural_order
from symnet.algebra.matrices import shape_of, shape_text, size_of, sum_of
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.recurrence import blocks
from symnet.algebra.shows_as_maths import ShowsAsMaths

if TYPE_CHECKING:
    from symnet.algebra.summary import Summary


@dataclass(frozen=True)
class Network(ShowsAsMaths):
    """An ordered tuple of named equations, each using only inputs, targets, parameters and what stands above it.

    Raises Mistake where a name is defined twice or used before it is defined.
    """

    inputs: tuple[Symbol, ...]
    targets: tuple[Symbol, ...]
    parameters: tuple[Symbol, ...]
    equations: tuple[Equation, ...]
    written_as: Mapping[Symbol, Expr] = field(default_factory=dict, compare=False, repr=False)  # in SymPy, by name
    layers: tuple[Any, ...] = field(default=(), compare=False, repr=False)  # that it is made of, see ``sequential``

    def __post_init__(self) -> None:
        object.__setattr__(self, "equations", Equations(self.equations))
        given: set[Symbol] = set()
        for name in (*self.inputs, *self.targets, *self.parameters):
            if name in given:
                raise Mistake(f"{name} is declared twice; each name stands for one quantity")
            given.add(name)
        known, of_numbers = set(given), not any(isinstance(name, Array) for name in given)
        for equation in self.equations:
            if equation.lhs in known:
                raise Mistake(f"{equation.name} is defined twice; each name stands for one quantity")
            if not known.issuperset(read := names_in(equation.rhs)):
                _check_known(equation, [name for name in read if not isinstance(name, Array)], known)
                of_numbers = False
            known.add(equation.lhs)
            of_numbers = of_numbers and not isinstance(equation.lhs, Array)
            _check_shape(equation)
        # Only arrays can be read before they are worked, a step of a recurrence at a time.
        known = given
        for block in () if of_numbers else blocks(self.equations):
            own = {equation.lhs for equation in block.equations if block.is_recurrence}
            for equation in block.equations:
                _check_known(equation, [name for name in names_in(equation.rhs) if name not in own], known)
                known.add(equation.lhs)

    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)}  # what follows is worked out again

    @classmethod
    def parse(
        cls,
        text: str,
        parameters: Iterable[Any] = (),
        targets: Iterable[Any] = (),
        shapes: Mapping[str, Any] | None = None,
    ) -> Network:
        """The network written out as lines ``name = formula``; names without a line of their own are inputs.

        ``Network.parse("e = a*b\\nd = e + c\\nL = d*f")`` has the inputs a, b, c and f, and
        ``Network.parse("y = w*x\\nL = (y - t)^2", parameters=["w"], targets=["t"])`` the input x.

        With the shapes of what no line defines, names stand for arrays, and formulas are those of exercise files:
        ``shapes={"X": (BATCH, 3), "W": (3, 2), "b": 2}`` and ``"Z = X @ W + b"``.  BATCH, the number of examples, is
        left open, and () is the shape of a number.  See ``lines_of_arrays``.  Raises Mistake with the line.
        """
        lines = lines_of(text)
        if shapes is None:
            return cls._of(equations_of_numbers(lines), parameters, targets)
        # Nobody who writes equations of numbers needs the language of arrays.
        from symnet.algebra.lines_of_arrays import equations_of_arrays

        return cls._of(equations_of_arrays(lines, shapes, parameters, targets), parameters, targets)

    @classmethod
    def from_expression(
        cls,
        expr: Expr,
        name: str | None = None,
        parameters: Iterable[Any] = (),
        targets: Iterable[Any] = (),
    ) -> Network:
        """The network of a SymPy expression, one named equation an operation: v1, v2, … and ``name`` at the end.

        Any functions that SymPy can differentiate may stand in it; a matrix gives an equation an entry.  ``parameters``
        and ``targets`` are names or SymPy symbols, a MatrixSymbol for all its entries; all others are inputs, sorted by
        their names.  ``name`` is y unless the expression uses it.  See ``from_sympy``.  Raises Mistake.
        """
        # What reads SymPy's expressions needs no network, and nobody who writes equations needs it.
        from symnet.algebra.from_sympy import equations_of

        equations, results, written_as = equations_of(expr, name)
        net = cls._of(needed(equations, results), parameters, targets, written_as)
        inputs = tuple(sorted(net.inputs, key=lambda x: natural_order(x.name)))
        return cls(inputs, net.targets, net.parameters, net.equations, written_as)

    @classmethod
    def _of(
        cls,
        equations: tuple[Equation, ...],
        parameters: Iterable[Any],
        targets: Iterable[Any],
        written_as: Mapping[Symbol, Expr] | None = None,
    ) -> Network:
        defined = {equation.lhs: equation for equation in equations}
        used = dict.fromkeys(name for equation in equations for name in names_in(equation.rhs))
        free = {name.name: name for name in used if name not in defined}
        chosen = chosen_names(
            {"parameters": parameters, "targets": targets}, free, [*map(str, defined)], written_as or {}
        )
        inputs = tuple(name for name in free.values() if name not in (*chosen["parameters"], *chosen["targets"]))
        return cls(inputs, chosen["targets"], chosen["parameters"], equations, written_as or {})

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, in the order inputs, targets, parameters, equations."""
        declared = (*self.inputs, *self.targets, *self.parameters)
        return (*(name.name for name in declared), *(equation.name for equation in self.equations))

    @property
    def parameter_count(self) -> int:
        """How many numbers training changes."""
        return sum(size_of(shape_of(name)) for name in self.parameters)

    @cached_property
    def by_name(self) -> dict[str, Equation]:
        """{name: the equation that defines it}."""
        return {equation.name: equation for equation in self.equations}

    @cached_property
    def backward(self) -> tuple[Equation, ...]:
        """The equations of the gradients of the last equation."""
        return self.gradients_of(self.equations[-1].name)

    @cached_property
    def is_layered(self) -> bool:
        """Whether its names stand for arrays, layer by layer, rather than for numbers, unit by unit."""
        return any(isinstance(name, Array) for name in (*self.inputs, *self.parameters))

    @property
    def has_loss(self) -> bool:
        """Whether the last equation is one number, whose gradients there are."""
        return bool(self.equations) and not isinstance(self.equations[-1].lhs, Array)

    @cached_property
    def output(self) -> Symbol:
        """What it predicts: the last equation that an input reaches and no target does.

        Where no targets are declared that is a name used by the last equation, or the last equation itself.
        """
        reached: dict[Symbol, bool] = dict.fromkeys(self.inputs, True)  # True: by inputs alone
        reached |= dict.fromkeys(self.targets, False)
        predictions: list[Symbol] = []
        for equation in self.equations:
            used = [reached[name] for name in names_in(equation.rhs) if name in reached]
            if used:
                reached[equation.lhs] = all(used)
                predictions += [equation.lhs] if all(used) else []
        last = self.equations[-1]
        if not self.targets and predictions and not isinstance(last.lhs, Array):
            defined = {equation.lhs for equation in self.equations}
            predictions = [name for name in names_in(last.rhs) if name in defined] or predictions
        return predictions[-1] if predictions else last.lhs

    @cached_property
    def masks(self) -> dict[str, Any]:
        """{name: ``layers.layer.Mask``} of the inputs that leave numbers out in training, as dropout does."""
        return {name: mask for layer in self.layers for name, mask in layer.masks.items()}

    @cached_property
    def statistics(self) -> tuple[Symbol, ...]:
        """What its output takes from all examples of a batch together, as batch normalization takes a mean."""
        needed: set[Symbol] = {self.output}
        for equation in reversed(self.equations):
            needed.update(names_in(equation.rhs) if equation.lhs in needed else ())
        of_examples: set[Symbol] = {name for name in self.inputs if BATCH in shape_of(name)}
        found = []
        for equation in self.equations[:-1]:  # the last is the loss, or where there is no target what is predicted
            if not of_examples.isdisjoint(names_in(equation.rhs)):
                of_examples.add(equation.lhs)
                if equation.lhs in needed and BATCH not in shape_of(equation.lhs):
                    found.append(equation.lhs)
        return tuple(found)

    @cached_property
    def to_predict(self) -> Network:
        """The same with its statistics as parameters, so that what it gives of an example depends on that alone."""
        if not self.statistics:
            return self
        own = tuple(equation for equation in self.equations if equation.lhs not in self.statistics)
        return Network(self.inputs, self.targets, (*self.parameters, *self.statistics), own, layers=self.layers)

    def gradient_of(self, name: Symbol) -> Symbol | None:
        """The name of the gradient of the last equation in ``name``, or None where it does not depend on it."""
        gradient = gradient_name(self.equations[-1].lhs, name)
        return gradient if gradient in self._gradients else None

    @cached_property
    def _gradients(self) -> frozenset[Symbol]:
        return frozenset(equation.lhs for equation in self.backward)

    def batched(self, reduce: str = "mean") -> Network:
        """The same equations over a batch: what depends on an input is a vector, one number an example.

        The last equation, the loss of one example, is followed by the mean or the sum over the batch.  A network of
        layers is of a batch already.
        """
        if self.is_layered:
            return self
        if reduce not in ("mean", "sum"):
            raise Mistake(f'reduce is {shown(reduce)}; it must be "mean" or "sum"')
        spread: dict[Symbol, Expr] = {name: array(name.name, BATCH) for name in (*self.inputs, *self.targets)}
        equations = []
        for equation in self.equations:
            if any(name in spread for name in names_in(equation.rhs)):
                spread[equation.lhs] = array(equation.name, BATCH)
            equations.append(Equation(spread.get(equation.lhs, equation.lhs), replace(equation.rhs, spread)))
        loss = equations[-1].lhs
        if isinstance(loss, Array):
            whole = sum_of(loss) if reduce == "sum" else divide(sum_of(loss), BATCH)
            equations.append(Equation(symbol(f"{reduce} of {loss.name}"), whole))
        columns = tuple(spread[name] for name in self.inputs), tuple(spread[name] for name in self.targets)
        return Network(*columns, self.parameters, tuple(equations))

    def init(self, init: str = DEFAULT, seed: int = 0) -> dict[str, Any]:
        """Starting values {"W1": (3, 4) array, "b1": (4,) array, …}; see ``initial.draw`` for the ways there are."""
        shapes = {}
        for name in self.parameters:
            lengths = shape_of(name)
            if any(isinstance(length, Length) for length in lengths):
                raise Mistake(f"{name} has the shape {shape_text(lengths)}; only known lengths can be drawn")
            shapes[name.name] = tuple(int(length) for length in lengths)
        told = {name: parameter for layer in self.layers for name, parameter in layer.parameters.items()}
        return draw(shapes, init, seed, told)

    def predict(self, params: Mapping[str, Any], X: Any) -> Any:
        """What it gives for X (n, inputs) with these parameters: an array (n, outputs).  Raises Mistake.

        Statistics of the batch, as batch normalization takes them, are those of X, or are given beside the parameters:
        ``{**run.params, **run.statistics}``.  Masks of dropout leave nothing out.
        """
        # What computes stands on what a network is, and is asked here only when somebody predicts.
        from symnet.computing.prediction import predict

        return predict(self, params, X)

    def summary(self) -> Summary:
        """Every layer with the shape of its output, its parameters and its multiply-adds."""
        # Sizes stand on every kind of layer, of which a network of dense ones needs none.
        from symnet.algebra.summary import summary_of

        return summary_of(self)

    def expression(self, of: Any = None) -> Expr:
        """One nested SymPy expression of a name, the last equation unless told; of an array a Matrix of its entries.

        A network of layers is that of one example, in the names of ``unroll``.  What ``from_expression`` made comes
        back in the symbols it was given; elsewhere they are those in ``inputs``, ``targets`` and ``parameters``.
        """
        return self._nested.expression(of)

    def jacobian(self, of: Any = None, wrt: Any = None) -> Any:
        """The SymPy Matrix of ∂of/∂wrt, nested: a row for every name in ``of``, a column for every one in ``wrt``.

        Both are a name, a symbol, or a list of them; an array or a matrix is all its entries.  ``of`` is the last
        equation unless told, ``wrt`` the parameters, or the inputs where there are none.  ``sympy.lambdify`` makes it
        a function: ``lambdify(net.parameters, net.jacobian(), cse=True)``.
        """
        return self._nested.jacobian(self.equations[-1].lhs if of is None else of, wrt)

    def hessian(self, wrt: Any = None, of: Any = None) -> Any:
        """The SymPy Matrix of the second derivatives of the last equation (or of ``of``) in ``wrt``, nested."""
        return self._nested.hessian(wrt, of)

    @cached_property
    def _nested(self) -> Any:
        # One nested expression stands on layers written out unit by unit, which are networks.
        from symnet.algebra.nested import Nested

        return Nested(self)

    def gradients_of(self, name: str) -> tuple[Equation, ...]:
        """The equations of ∂name/∂x for every x that it depends on."""
        if name not in self.names:
            raise Mistake(f"{shown(name)} is not a name of this network{suggestion(name, self.names)}")
        if self.is_layered and name in self.by_name and isinstance(self.by_name[name].lhs, Array):
            raise Mistake(f"{name} is an array; gradients are of one number, such as a loss")
        return Equations(backprop(self.equations, symbol(name)))


def from_expression(
    expr: Expr, name: str | None = None, parameters: Iterable[Any] = (), targets: Iterable[Any] = ()
) -> Network:
    """``Network.from_expression``: the network of a SymPy expression, one named equation an operation."""
    return Network.from_expression(expr, name, parameters, targets)


def needed(equations: Sequence[Equation], wanted: Iterable[Symbol]) -> tuple[Equation, ...]:
    """The equations that the wanted names need, directly or through others, in order."""
    uses = set(wanted)
    known = -1
    while known < len(uses):  # in a recurrence a name is read above its equation
        known = len(uses)
        for equation in reversed(equations):
            if equation.lhs in uses:
                uses.update(names_in(equation.rhs))
    return tuple(equation for equation in equations if equation.lhs in uses)


def _check_known(equation: Equation, read: Iterable[Symbol], known: Collection[Symbol]) -> None:
    for name in read:
        if name not in known:
            raise Mistake(f"{equation.name} uses {name}, which no earlier equation defines")


def _check_shape(equation: Equation) -> None:
    try:
        shape = shape_of(equation.rhs)
    except Mistake as mistake:
        raise Mistake(f"{equation.name}: {mistake}") from None
    if shape != shape_of(equation.lhs):
        raise Mistake(
            f"{equation.name} has the shape {shape_text(shape_of(equation.lhs))} "
            f"but {equation.rhs} has {shape_text(shape)}"
        )
