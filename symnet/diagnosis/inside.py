"""What stands inside a line instead of on a line of its own: the tanh of y = o·tanh(c), the mean of z = w·mean(v) + b.

Whoever writes it so makes the same slips as with q = tanh(c) and y = o·q; nothing but the names for q are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from symnet.algebra import functions
from symnet.algebra.derivatives import differentiate, recognized
from symnet.algebra.equations import Equation, Expr, Symbol, names_in, product, symbol, total
from symnet.algebra.equations import replace as put
from symnet.algebra.scalar import ScalarFunction
from symnet.algebra.stopping import stop_gradient
from symnet.diagnosis.rewriting import Rewriting, rebuilt, terms_of
from symnet.diagnosis.slip_patterns import MOST_ALONE, by_layer, listed, ordinal
from symnet.diagnosis.statistics import averaged, statistics
from symnet.diagnosis.structure import targets_of

MOST_ACTIVATIONS = 3  # of one kind in a line, of which each is taken alone
_OPERATIONS = (functions.linear, functions.step, functions.abs, functions.sign, functions.floor, functions.max,
               functions.min, functions.exp, functions.log, functions.sqrt, functions.sin, functions.cos, functions.erf,
               stop_gradient)  # fmt: skip
_NAMES: dict[type[Expr], str] = {functions.relu: "ReLU", functions.leaky_relu: "leaky ReLU"}
_INSIDE = symbol("□")

Parts = Mapping[str, tuple[Expr, ...]]  # {"y1": (tanh(c1),)}: of each line, the parts that are meant


def activations_inside(r: Rewriting) -> Iterator[tuple[str, Parts]]:
    """("tanh", {"y1": (tanh(c1),), …}): the lines in which an activation is a part, for every kind of activation.

    Where a line has a few of one kind, those alone follow that are its first, its second, …
    """
    found: dict[type[Expr], dict[str, tuple[Expr, ...]]] = {}
    for e in r.problem.network.equations:
        own = [part for part in _outside_logarithms(e.rhs) if part != recognized(e.rhs) and _is_activation(part)]
        for part in dict.fromkeys(own):
            if not (isinstance(part, functions.softplus) and e.name == r.loss):  # there it is a cross-entropy
                lines = found.setdefault(type(part), {})
                lines[e.name] = (*lines.get(e.name, ()), part)
    for kind, lines in found.items():
        called = _NAMES.get(kind, kind.__name__)
        yield called, lines
        most = max(map(len, lines.values()))
        for i in range(most) if 1 < most <= MOST_ACTIVATIONS else ():
            alone = {name: (parts[i],) for name, parts in lines.items() if i < len(parts)}
            yield f"the {ordinal(i + 1)} {called}", alone


def together(r: Rewriting, lines: Parts) -> Iterator[tuple[Parts, str, bool]]:
    """(some of the lines, the words for where that is, whether it is all of several): one, an array, a layer, all."""
    groups = {tuple(some): words for some, words in by_array(r, lines)}
    groups |= {tuple(own): listed(own) for own in by_layer(r, [*lines]) if tuple(own) not in groups}
    groups |= {(name,): name for name in lines if len(lines) <= MOST_ALONE and (name,) not in groups}
    for own, words in groups.items():
        yield {name: lines[name] for name in own}, words, 1 < len(own) == len(lines)


def by_array(r: Rewriting, lines: Parts) -> Iterator[tuple[Parts, str]]:
    """(the lines, the words for where that is): of all arrays together, and of each."""
    arrays: dict[str, dict[str, tuple[Expr, ...]]] = {}
    for name, parts in lines.items():
        arrays.setdefault(r.problem.array_of.get(name, name), {})[name] = parts
    if len(arrays) > 1:
        yield lines, listed([*arrays])
    for array, own in arrays.items():
        yield own, array


def means_inside(r: Rewriting) -> Parts:
    """{"v1": ((c1 + c2 + c3)/3,), …}: the means that the network goes on with, and not those of an error.

    What measures the error is another matter (``batch.not_averaged_back``), and so are the statistics of a
    normalization (``normalization.statistics_not_averaged``).
    """
    means, variances = statistics(r)
    targets = {*targets_of(r)}
    ends = {r.loss, *(term.name for term in terms_of(r.by_name[r.loss].rhs) if term.is_Symbol)}
    found: dict[str, tuple[Expr, ...]] = {}
    for e in r.equations:
        if e.name not in (ends | means.keys() | variances.keys()) and targets.isdisjoint(names_in(e.rhs)):
            own = [part for part in _outside_logarithms(e.rhs) if len(averaged(part)) > 1 and not _is_half(part)]
            found |= {e.name: tuple(own)} if own else {}
    return found


def _is_half(part: Expr) -> bool:
    """Whether it is (a² + b²)/2, half a sum of squares as likely as a mean."""
    terms = averaged(part)
    return len(terms) == 2 and all(term.is_Pow and term.exp == 2 for term in terms)


def without(r: Rewriting, lines: Parts, instead: Callable[[Expr], Expr]) -> dict[str, Expr]:
    """The right-hand sides with something else in the place of the parts."""
    rhs = {e.name: e.rhs for e in r.problem.network.equations}
    return {name: rebuilt(rhs[name], {part: instead(part) for part in own}.get) for name, own in lines.items()}


def slopes_with(r: Rewriting, lines: Parts, slope: Callable[[Expr, Symbol], Expr]) -> dict[tuple[str, Symbol], Expr]:
    """{("y1", c1): o1}: the slopes of the lines, with another derivative ``slope(part, x)`` of each of the parts."""
    found: dict[tuple[str, Symbol], Expr] = {}
    for name, own in lines.items():
        for x in r.slopes.get(name, {}):
            terms = [_with_own(r.by_name[name], own, x)]
            for part in own:
                around = rebuilt(r.by_name[name].rhs, {part: _INSIDE}.get)
                terms.append(product(put(differentiate(around, _INSIDE), {_INSIDE: part}), slope(part, x)))
            kept = [term for term in terms if term != 0]
            other = total(*kept)
            if other != r.slopes[name][x]:
                found[name, x] = other
    return found


def _with_own(e: Equation, parts: tuple[Expr, ...], x: Symbol) -> Expr:
    """∂y/∂x where x stands outside the parts."""
    names = {part: symbol(f"□{i}") for i, part in enumerate(parts)}
    around = differentiate(rebuilt(e.rhs, names.get), x)
    return put(around, {name: part for part, name in names.items()})


def _is_activation(part: Expr) -> bool:
    return isinstance(part, ScalarFunction) and not isinstance(part, _OPERATIONS) and len(part.args) < 3


def _outside_logarithms(expr: Expr) -> Iterator[Expr]:
    """The parts of an expression, but those of a logarithm: −t log σ(z) is a loss, whatever stands in it."""
    if not isinstance(expr, (functions.log, stop_gradient)):
        yield expr
        for argument in expr.args:
            yield from _outside_logarithms(argument)
