"""A problem: a network with its numbers, its loss and its plan of updates.  Nothing here computes or prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from symnet.algebra.deltas import delta_form
from symnet.algebra.equations import Equation, Expr, Symbol, names_in, partial, symbol
from symnet.algebra.network import Network
from symnet.algebra.optimizers import LEARNING_RATE, Optimizer
from symnet.algebra.output_errors import joined_backprop, sums_to_one
from symnet.algebra.size_formulas import SizeFormulas
from symnet.computing.rounding import Rounding
from symnet.working.arrays import Arrays, owners

OF_SIZES = 40  # digits, of which no count here has more


@dataclass(frozen=True)
class Problem:
    """Everything needed to work an exercise.

    ``rules`` are the equations of one update, in order (none: nothing is updated); ``samples`` replace ``given`` one
    at a time; ``places`` rounds every line of working to so many decimals, as by hand.  ``layers`` are the equations of
    layers that the network is written out from, where it is a dense one.  ``made`` are the updates that were made
    before the first one here, for the optimizers that count them.

    Of a file with arrays ``arrays`` are these, by the names of their entries, and ``whole`` its equations of arrays, of
    which ``network`` has those of the entries.  ``fixed`` are given numbers, ids or a mask, that say what the equations
    are, so that a variant has the same ones.  Where nothing is differentiated, because the last line is an array,
    ``has_loss`` is False, and ``loss`` is its last entry, an end for what people get wrong.

    Where the sizes of layers are the exercise, ``sizes`` says which name is of which layer.
    ``further`` are lines that questions ask for and that are worked from both passes, such as second derivatives; their
    names are those of ``symnet.algebra.further``.

    Three fields are for working that is not as it should be (``slips``): ``passed_back`` is the backward pass that is
    carried out in place of the right one, ``rounding`` what becomes of the number of every line before it is used,
    ``divisors``, by the name of a gradient, what its sum over the examples is divided by in place of their number.
    """

    network: Network
    loss: str
    given: Mapping[str, Fraction]
    start: Mapping[str, Fraction]
    learning_rate: Fraction | None = None
    samples: tuple[Mapping[str, Fraction], ...] = ()
    updates: int = 1
    online: bool = False
    reduce: str = "mean"
    sequential: bool = False
    rules: tuple[Equation, ...] = ()
    state: Mapping[str, Fraction] = field(default_factory=dict)
    places: int | None = None
    layers: Network | None = None
    passed_back: tuple[Equation, ...] | None = None
    rounding: Rounding | None = None
    divisors: Mapping[str, int] = field(default_factory=dict)
    made: int = 0
    arrays: Arrays = field(default_factory=dict)
    whole: tuple[Equation, ...] = field(default=(), compare=False)  # whose bound indices have names of their own
    fixed: frozenset[str] = frozenset()
    has_loss: bool = True
    sizes: SizeFormulas | None = field(default=None, compare=False)
    further: tuple[Equation, ...] = ()

    def divisor(self, name: str, count: int) -> int:
        """What the sum of the loss or of a gradient over so many examples is divided by."""
        return self.divisors.get(name, count if self.reduce == "mean" else 1)

    def shown_in(self, digits: int) -> int:
        """To how many significant digits numbers are shown: of sizes, which are counted, none is left out."""
        return max(digits, OF_SIZES) if self.sizes is not None else digits

    @cached_property
    def array_of(self) -> dict[str, str]:
        """{"WQ1_2": "WQ"}: the array that an entry belongs to."""
        return owners(self.arrays)

    @cached_property
    def examples(self) -> tuple[dict[str, Fraction], ...]:
        """The given values of each example: one example where there are no samples."""
        return tuple({**self.given, **sample} for sample in self.samples or ({},))

    @cached_property
    def of_samples(self) -> dict[str, tuple[int, str]]:
        """{"x@2": (1, "x")}: the given numbers of samples that ``further`` lines read, and where they stand."""
        worked = {line.name for line in self.further}
        read = {name.name for line in self.further for name in names_in(line.rhs) if "@" in name.name}
        return {name: (int(at) - 1, base) for name in read - worked for base, _, at in (name.rpartition("@"),)}

    @property
    def has_schedule(self) -> bool:
        """Whether the learning rate changes from update to update: the first rule says then what it is."""
        return bool(self.rules) and self.rules[0].lhs == LEARNING_RATE

    @property
    def schedule(self) -> tuple[Equation, ...]:
        """The rule of the learning rate, if any; the others come after it."""
        return self.rules[: int(self.has_schedule)]

    @cached_property
    def backward(self) -> tuple[Equation, ...]:
        """The gradient equations that are run: one line a unit (the δ form) where every line is rounded.

        Back from a softmax or logistic unit and its cross-entropy comes p − t, as it is taught.
        """
        if self.passed_back is not None:
            return self.passed_back
        backward = joined_backprop(self.network.equations, symbol(self.loss), self.sums_to_one)
        return delta_form(self.network.equations, backward) if self.places is not None else backward

    def sums_to_one(self, targets: Expr) -> bool:
        """Whether a sum of targets is 1 in every example."""
        return sums_to_one(targets, self.examples)

    def examples_of_update(self, k: int) -> tuple[int, ...]:
        """Which examples the k-th update (from 0) uses: one, in order, when online; all of them in a batch."""
        count = len(self.examples)
        return (k % count,) if self.online else tuple(range(count))


def of_sample(name: str, n: int) -> str:
    """The name of a quantity of the n-th sample, counted from 1: x@2, as in keys of answers."""
    return f"{name}@{n}"


def rules_of(
    optimizer: Optimizer, network: Network, loss: str, sequential: bool = False
) -> tuple[tuple[Equation, ...], dict[str, Fraction]]:
    """The rules of one update of every parameter, and the state they start from."""
    parameters = parameters_in_order(network, sequential)
    rules = [rule for w in parameters for rule in optimizer.update(w, partial(loss, w.name))]
    state = {start.name: Fraction(int(start.rhs)) for w in network.parameters for start in optimizer.init(w)}
    return tuple(rules), state


def parameters_in_order(network: Network, sequential: bool) -> list[Symbol]:
    """The parameters in the order in which they are updated.

    Sequential updates follow the backward pass: parameters used last are updated first, so the gradients of those used
    earlier see them already changed.
    """
    parameters = list(network.parameters)
    if sequential:
        first_use: dict[str, int] = {}
        for i, equation in enumerate(network.equations):
            for name in names_in(equation.rhs):
                first_use.setdefault(name.name, i)
        parameters.sort(key=lambda w: -first_use.get(w.name, 0))
    return parameters
