"""Networks of layers one after the other, from what each layer does to one example.

    sequential((1, 28, 28), [layers.conv(8, 3, activation="relu"), layers.max_pool(2), layers.flatten(),
                             layers.dense(10)], loss="softmax_cross_entropy")

The names of a layer end in its position, all kinds counted: K1, b1, Z1, A1, M2, F3, W4.  X has the examples first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from symnet.algebra import losses
from symnet.algebra.array_forms import array_form
from symnet.algebra.entries import entry_of, lowered
from symnet.algebra.equations import BATCH, Array, Equation, Expr, Index, array, names_in, symbol
from symnet.algebra.indices import At, Each, indices_for, rebuilt
from symnet.algebra.layers.inner import lengths
from symnet.algebra.layers.layer import Layer, Mask, Parameter, Shape, Spec
from symnet.algebra.layers.whole import equations_in, shapes_in
from symnet.algebra.losses import Loss
from symnet.algebra.matrices import shape_of
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.network import Network
from symnet.algebra.summary import Summary, summary_of_layers


@dataclass(frozen=True)
class Placed:
    """A layer in its place in a network: its kind, the names of its parameters and of its output, and its formulas."""

    spec: Spec
    layer: Layer  # as it is without a place
    position: int
    parameters: Mapping[str, Parameter]
    formulas: Mapping[str, str]
    output: str
    shape: Shape  # of the output, for one example
    constants: Mapping[str, Any] = field(default_factory=dict)
    masks: Mapping[str, Mask] = field(default_factory=dict)  # arrays beside X

    @property
    def kind(self) -> str:
        return self.spec.kind.name


def placed(shape: Shape, specs: Sequence[Spec], x: str = "X") -> tuple[Placed, ...]:
    """The layers on an example ``x`` of that shape, in formulas that name arrays.  Raises Mistake with the position."""
    found: list[Placed] = []
    known: dict[str, Shape] = {x: shape}
    below: dict[str, Shape] = {}  # parameters of the layers below, which a tied one reads
    given_by: dict[tuple[str, Shape], Shape] = {}  # what equal layers give of equal shapes
    for position, spec in enumerate(specs, 1):
        if not isinstance(spec, Spec):
            raise Mistake(f"layer {position} is {shown(spec)}; it must be a layer, as symnet.layers.dense(10)")
        try:
            layer = spec.on(known[x])
            names = _Names(x, position)
            parameters = {names[name]: parameter for name, parameter in layer.parameters.items()}
            formulas = {
                _named(key, names): type(formula)(formula.format_map(names)) for key, formula in layer.formulas.items()
            }
            constants = {names[name]: value for name, value in layer.constants.items()}
            masks = {names[name]: mask for name, mask in layer.masks.items()}
            given = {name: mask.shape for name, mask in masks.items()}
            below |= {name: parameter.shape for name, parameter in parameters.items()}
            shapes = {x: known[x], **below, **given, **{name: lengths(value) for name, value in constants.items()}}
            if layer.reads_ids and position > 1:
                raise Mistake(f"{spec.kind.name} reads whole numbers; only the first layer has them, the inputs")
            if (alike := (repr(spec), known[x])) in given_by:
                known[names[layer.output]] = given_by[alike]
            else:
                ids = {x: _ones(known[x])} if layer.reads_ids else {}
                known |= shapes_in(shapes, formulas, ids, shapes.keys() - {x, *given})
                given_by[alike] = known[names[layer.output]]
        except Mistake as mistake:
            raise Mistake(f"layer {position}: {mistake}") from None
        x = names[layer.output]
        found.append(Placed(spec, layer, position, parameters, formulas, x, known[x], constants, masks))
    return tuple(found)


def summary(shape: int | Sequence[int], layers: Sequence[Spec]) -> Summary:
    """Every layer with its output, parameters, multiply-adds and receptive field, without a network: of any size.

    ``shape`` and ``layers`` are those of ``sequential``.  Raises Mistake.
    """
    of_one = _of_one(shape, layers)
    return summary_of_layers(of_one, placed(of_one, layers))


class _Names(dict[str, str]):
    """{x} is what is below; any other name ends in the position of the layer."""

    def __init__(self, x: str, position: int) -> None:
        super().__init__(x=x)
        self.position = position

    def __missing__(self, name: str) -> str:
        return f"{name}{self.position}"


def _spelled(formula: str, names: Mapping[str, str]) -> str:
    return type(formula)(formula.format_map(names))  # one of a batch stays one


def _named(key: str, names: _Names) -> str:
    name, bracket, index = key.partition("[")
    return names[name] + bracket + index


def sequential(
    shape: int | Sequence[int],
    layers: Sequence[Spec],
    loss: str | Loss | None = None,
    reduce: str = "",
) -> Network:
    """The network of these layers, and the equation of its loss; without a loss there are no targets.

    ``shape`` is that of one example: a number of features, (time, features), (channels, height, width).  The arrays X
    and T have the examples first; ``loss`` and ``reduce`` are those of ``mlp``.  Raises Mistake.
    """
    of_one = _of_one(shape, layers)
    found = placed(of_one, layers)
    parameters = {name: parameter for layer in found for name, parameter in layer.parameters.items()}
    shapes = {"X": of_one, **{name: parameter.shape for name, parameter in parameters.items()}}
    formulas = {key: formula for layer in found for key, formula in layer.formulas.items()}
    constants = {name: value for layer in found for name, value in layer.constants.items()}
    given = {name: mask.shape for layer in found for name, mask in layer.masks.items()}
    shapes |= {**given, **{name: lengths(value) for name, value in constants.items()}}
    ids = {"X": _ones(of_one)} if found[0].layer.reads_ids else {}
    shared = {**parameters, **constants}
    equations = [*of_batch(equations_in(shapes, formulas, ids, shared), shared, constants)]
    x = (array("X", BATCH, *of_one), *(array(name, BATCH, *shape) for name, shape in given.items()))
    named = tuple(array(name, *parameter.shape) for name, parameter in parameters.items())
    if loss is None:
        return Network(x, (), named, tuple(equations), layers=found)
    y = array(found[-1].output, BATCH, *found[-1].shape)
    t = array("T", BATCH, *found[-1].shape)
    equations.append(Equation(symbol("Loss"), losses.formula_of(loss, y, t, reduce)))
    return Network(x, (t,), named, tuple(equations), layers=found)


def _of_one(shape: int | Sequence[int], layers: Sequence[Spec]) -> Shape:
    """The shape of one example, checked."""
    of_one = (shape,) if isinstance(shape, int) else tuple(shape)
    if not of_one or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in of_one):
        raise Mistake(f"shape is {shown(shape)}; it must be that of one example, such as 4 or (1, 28, 28)")
    if not layers:
        raise Mistake("layers is empty; a network needs one layer at least")
    return of_one


def _ones(shape: Shape) -> Any:
    """Numbers of rows that every table has, for formulas whose equations no number changes."""
    return [_ones(shape[1:])] * shape[0] if shape else 1


def of_batch(
    equations: Iterable[tuple[Equation, bool]], shared: Collection[str], constants: Mapping[str, Any]
) -> tuple[Equation, ...]:
    """The equations over a batch: what depends on the examples has one axis more, the first.

    Each comes with whether it is written for the batch already.  ``shared`` are the names that are the same for every
    example; in the place of ``constants`` stand their numbers.
    """
    example = Index("n′", BATCH)
    every = [*equations]
    batched = _with_examples(every, shared)

    def with_example(part: Expr) -> Expr | None:
        if isinstance(part, At) and part.array.name in constants:
            return entry_of(constants[part.array.name], part.places)
        if isinstance(part, At) and part.array in batched:
            return At(batched[part.array], example, *(rebuilt(place, with_example) for place in part.places))
        return At(batched[part], example) if part in batched else None

    found = []
    for equation, whole in every:
        own = indices_for(shape_of(equation.lhs))
        body = lowered(equation.rhs, own)
        if whole:
            found.append(Equation(equation.lhs, array_form(Each(body, *own) if own else body)))
            continue
        body, lhs = rebuilt(body, with_example), batched.get(equation.lhs)
        found.append(
            Equation(equation.lhs, array_form(Each(body, *own) if own else body))
            if lhs is None
            else Equation(lhs, array_form(Each(body, example, *own)))
        )
    return tuple(found)


def _with_examples(equations: Sequence[tuple[Equation, bool]], shared: Collection[str]) -> dict[Expr, Array]:
    """The names that depend on the examples, as arrays of one axis more."""
    reads = {
        equation.lhs: names_in(lowered(equation.rhs, indices_for(shape_of(equation.lhs))))
        for equation, whole in equations
        if not whole
    }
    statistics = {e.lhs.name for e, whole in equations if whole and shape_of(e.lhs)[:1] != (BATCH,)}
    found: dict[Expr, Array] = {}
    known = -1
    while known < len(found):  # in a recurrence a name is read above its equation
        known = len(found)
        for lhs, names in reads.items():
            for name in (*names, lhs):
                is_input = name not in reads and name.name not in shared and name.name not in statistics
                if name not in found and (is_input or (name == lhs and any(other in found for other in names))):
                    found[name] = array(name.name, BATCH, *shape_of(name))
    return found
