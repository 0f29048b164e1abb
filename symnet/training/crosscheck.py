"""The check behind the promise: one gradient computed in ways that know as little of one another as can be.

report = crosscheck(net, X, Y)      a network, at random parameters unless some are given
report = verify(exercise)           an exercise, at its own numbers
print(report)                       a table; report.agrees says whether every way gives the same

The ways, for the loss and for every parameter:

    derivation     the equations that are printed, unit by unit, evaluated exactly
    numpy, jax     the generated code, forward and backward
    jax.grad       the generated forward pass alone, differentiated by JAX: it knows none of our derivatives
    differences    (L(w + h) − L(w − h)) / 2h of the printed forward pass in 80 digits: it knows no derivatives at all

All of them start from our own forward pass, so they judge derivatives and never definitions: that the sigmoid is the
sigmoid has to be checked elsewhere.  The derivation is left out where writing the network out would take too long.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike

from symnet.algebra.equations import Symbol
from symnet.algebra.mistakes import Mistake, NotInLibrary, NotInstalled
from symnet.algebra.network import Network
from symnet.computing.backends import Backend, named, trainers
from symnet.training import tolerances, witnesses
from symnet.training.case import Case, Floats, case_of_network, case_of_problem
from symnet.training.witnesses import Found, Sides, distance

RELATIVE = 1e-9  # of the largest entry of a parameter's gradient
FLOOR = 1e-13  # of the largest gradient of any name: what sums that cancel leave in float64
FLOAT_RELATIVE, FLOAT_FLOOR = 1e-5, 1e-8  # of the largest entry and of the loss, for differences in float64
CURVED = 1e-18  # slopes 1e-20 to either side differ by more only at a kink
FEW = 4  # examples of a file that trains on many


@dataclass(frozen=True)
class Row:
    """One parameter (or the loss): the entry on which the ways differ most, and by how much they do."""

    name: str
    values: Mapping[str, float]  # by way, at that entry; nan where a way gives none
    differences: Mapping[str, float]  # by way, the largest over all entries; nan where a way gives none
    verdict: str  # "agrees", "kink: convention", "no value" or "disagrees"
    why: str = ""


@dataclass(frozen=True, repr=False)
class Report:
    """What each way says, for people: ``print`` it.  ``rows`` has a row a parameter, ``loss`` is that of the loss."""

    title: str
    ways: tuple[str, ...]
    loss: Row
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether no row disagrees; a kink or a value that does not exist is no disagreement."""
        return not self.disagreements

    @property
    def disagreements(self) -> tuple[Row, ...]:
        """The rows that disagree."""
        return tuple(row for row in (self.loss, *self.rows) if row.verdict == "disagrees")

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        first, *others = self.ways
        table = [["", "value", *others, ""]]
        for row in (self.loss, *self.rows):
            away = ["-" if math.isnan(x := row.differences[way]) else f"{x:.1e}" if x else "0" for way in others]
            value = row.values[first]
            table.append([row.name, f"{value:.12g}" if math.isfinite(value) else "-", *away, row.verdict])
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(
                [
                    cells[0].ljust(widths[0]),
                    *(c.rjust(w) for c, w in zip(cells[1:-1], widths[1:-1], strict=True)),
                    cells[-1],
                ]
            ).rstrip()
            for cells in table
        ]
        said = {"derivation": "the printed derivation, evaluated exactly", "numpy": "the generated NumPy code"}[first]
        reasons = [f"{row.name}: {row.why}" for row in (self.loss, *self.rows) if row.why]
        explained = [f"value: {said}; then by how much, at most, each other way differs from it.", *self.notes]
        return "\n".join([self.title, "", *lines, "", *explained, *reasons, self._verdict()])

    def _verdict(self) -> str:
        if not self.agrees:
            return f"DISAGREEMENT in {', '.join(row.name for row in self.disagreements)}."
        kinks = sum(row.verdict == "kink: convention" for row in self.rows)
        missing = sum(row.verdict == "no value" for row in (self.loss, *self.rows))
        where = [f"{kinks} at a kink, where differences have no say"] if kinks else []
        where += [f"{missing} without a value"] if missing else []
        return "All ways agree" + (f" ({'; '.join(where)})" if where else "") + "."


class Exercise(Protocol):
    """What is needed of an exercise: ``symnet.load`` gives one."""

    @property
    def name(self) -> str: ...

    @property
    def worked(self) -> Any: ...

    @property
    def plan(self) -> Any: ...


def crosscheck(
    net: Network,
    X: ArrayLike,
    Y: ArrayLike | None = None,
    params: Mapping[str, ArrayLike] | None = None,
    seed: int = 0,
    reduce: str = "mean",
) -> Report:
    """Compare the gradients of a network's loss by every way there is, in float64; see the module.

    ``X`` (n, inputs) and ``Y`` (n, targets); parameters are drawn with ``seed`` unless given.  ``reduce`` combines the
    examples of a network written unit by unit.  A network without parameters is checked in its inputs.  Raises Mistake.
    """
    return _report(case_of_network(net, X, Y, params, seed, reduce))


def verify(exercise: Exercise) -> Report:
    """The same for an exercise, at its own numbers: its loss, and the gradient in every parameter, before any update.

    Where the first update uses a batch, both are of the batch.  An exercise without parameters is checked in what is
    given instead; one that trains on [data] at its starting values, on a few of its examples.  Raises Mistake.
    """
    try:
        if exercise.worked is not None and exercise.worked.sizes is not None:
            raise Mistake("there is no gradient to check: it asks for the sizes of layers")
        if exercise.worked is not None and not exercise.worked.has_loss:
            raise Mistake("there is no gradient to check: the last equation is an array, and no loss is named")
        if exercise.worked is not None:
            return _report(case_of_problem(exercise.name, exercise.worked))
        plan = exercise.plan
        X, Y = plan.some(FEW)
        params = plan.network.init(plan.init, plan.seed) if plan.params is None else plan.params
        return dataclasses.replace(crosscheck(plan.network, X, Y, params, reduce=plan.reduce), title=exercise.name)
    except NotInstalled:
        raise
    except Mistake as mistake:
        raise Mistake(f"{exercise.name}: {mistake}") from None


def _report(case: Case) -> Report:
    """Every way in turn, and what the judge says of them."""
    found: dict[str, Found] = {}
    notes: list[str] = []
    if case.units is not None:
        found["derivation"], steepest, largest = witnesses.derivation(case, case.units)
    else:
        notes.append(f"derivation: - ({case.why_not}).")
    for name in trainers():
        backend = named(name)
        try:
            backend.need()
        except NotInstalled as missing:
            notes.append(f"{missing}; without it there is no {' and no '.join(_ways_of(backend))} here.")
            continue
        try:
            found[name] = witnesses.code(case, backend)
            if backend.judges:
                found[f"{name}.grad"] = witnesses.autodiff(case, backend)
        except NotInLibrary as missing:
            notes.append(f"{missing}; there is no {' and no '.join(_ways_of(backend))} here.")
    notes += [wrong for way in found.values() for wrong in way.wrong]
    if case.units is None:
        steepest = max([0.0, *(_largest(np.abs(slopes)) for slopes in found["numpy"].gradients.values())])
        largest = abs(float(found["numpy"].loss))
    sides = witnesses.differences(case, found["numpy"].loss)
    found["differences"] = sides.found
    if not sides.complete:
        notes.append("differences: of each large parameter only some entries, evenly spread.")

    judge = _Judge(case, found, sides, steepest, largest)
    loss, *rows = judge.rows()
    rounded = ""
    if case.units is not None and any(row.verdict == "disagrees" for row in (loss, *rows)):
        # Is it a mistake, or a kink that the slopes beside it hide, or only what float64 loses here?
        rounding = tolerances.rounding(case, case.units, found["derivation"])
        loss, *rows = judge.rows(rounding, tolerances.kinked_names(case.units))
        rounded = (
            f", and {tolerances.ROUNDINGS:,} times what rounding every operation of the derivation to float64 changes"
        )
    notes.append(
        f"Tolerance: {RELATIVE:g} of the largest entry of a parameter's gradient, {FLOOR:g} of the largest gradient of "
        f"any name{rounded}."
    )
    if case.units is None:
        notes.append(
            f"differences: in float64, h = {witnesses.FLOAT_STEP:g}; {FLOAT_RELATIVE:g} of the largest entry and "
            f"{FLOAT_FLOOR:g} of the loss more."
        )
    else:
        notes.append(f"differences: in {witnesses.DIGITS} digits, h = {witnesses.STEP:.0e}.")
    return Report(case.title, tuple(found), loss, tuple(rows), tuple(notes))


def _ways_of(backend: Backend) -> tuple[str, ...]:
    """The generated code on a backend, and what the backend itself makes of the forward pass: ("jax", "jax.grad")."""
    return (backend.name, f"{backend.name}.grad") if backend.judges else (backend.name,)


# -- the judgement ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Judge:
    """What every way finds, and by how much they may differ."""

    case: Case
    found: Mapping[str, Found]  # by way
    sides: Sides
    steepest: float  # the largest gradient of any name
    largest: float  # the largest value of the forward pass

    def rows(self, rounding: Found | None = None, kinks: Set[str] = frozenset()) -> list[Row]:
        """A row for the loss and one for every parameter.

        ``rounding`` is what float64 may lose, ``kinks`` the entries that reach a kink.
        """
        quantities = [self._loss(rounding)]
        quantities += [self._gradient(w, rounding, kinks) for w in self.case.network.parameters]
        return [quantity.row() for quantity in quantities]

    def _loss(self, rounding: Found | None) -> _Quantity:
        by_way = {way: found.loss for way, found in self.found.items()}
        tolerance = RELATIVE * _largest(np.abs(_first(by_way))) + FLOOR * self.largest
        unknown = np.full((), np.nan)
        return _Quantity(
            self.case.loss,
            by_way,
            np.asarray(tolerance + (rounding.loss if rounding else 0.0)),
            0.0,
            np.zeros((), bool),
            (unknown, unknown),
        )

    def _gradient(self, w: Symbol, rounding: Found | None, kinks: Set[str]) -> _Quantity:
        by_way = {way: found.gradients[w.name] for way, found in self.found.items()}
        reference = _first(by_way)
        most = _largest(np.abs(reference))
        tolerance = np.full(reference.shape, RELATIVE * most + FLOOR * self.steepest)
        if rounding:
            tolerance = tolerance + rounding.gradients[w.name]
        left, right = self.sides.left[w.name], self.sides.right[w.name]
        apart = distance(left, right)
        if self.case.units is None:
            loss = abs(float(self.found["numpy"].loss))
            more = FLOAT_RELATIVE * most + FLOAT_FLOOR * (max(loss, 1e-300) if math.isfinite(loss) else 1.0)
            kinked = apart > 10 * more
        else:
            more = CURVED
            kinked = apart > RELATIVE * np.fmax(np.abs(left), np.abs(right)) + CURVED
        if kinks:
            own = np.array([entry in kinks for entry in self.case.entries(w)]).reshape(kinked.shape)
            kinked = kinked | (own & ~(distance(by_way["differences"], reference) <= tolerance + more))
        return _Quantity(w.name, by_way, tolerance, more, kinked, (left, right))


@dataclass(frozen=True)
class _Quantity:
    """The loss or a parameter's gradient by every way, as arrays of one shape, and what is allowed."""

    name: str
    by_way: Mapping[str, Floats]
    tolerance: Floats  # entry by entry
    more: float  # allowed of differences
    kinked: Any  # where differences have no say
    sides: tuple[Floats, Floats]

    def row(self) -> Row:
        """The verdict, and the entry that shows it best."""
        reference = _first(self.by_way)
        off = {way: distance(value, reference) for way, value in self.by_way.items()}
        differs = {way: ~(off[way] <= self.tolerance + self._more(way)) for way in off}
        finite = {way: np.isfinite(value) for way, value in self.by_way.items()}

        none = ~np.isfinite(reference)  # there is no such number; then what is computed must not look like one
        hopeless = np.isinf(self.tolerance)  # it exists, but not in float64
        confirmed = finite["differences"] & ~differs["differences"]
        differs["differences"] &= finite["differences"] & ~self.kinked
        for judge in (way for way in differs if way.endswith(".grad")):
            # A library differentiates the branch not taken too, and may find no number there.
            differs[judge] &= finite[judge] | ~confirmed
        for way, mask in differs.items():
            code = way in trainers()
            differs[way] = np.where(none, finite[way] & code, mask) & ~hopeless
        wrong = np.logical_or.reduce(list(differs.values()))
        convention = self.kinked & ~none
        verdict, where = "agrees", np.ones(reference.shape, bool)
        for name, mask in (("disagrees", wrong), ("kink: convention", convention), ("no value", none | hopeless)):
            if mask.any():
                verdict, where = name, mask
                break
        worst = self._worst(where, off, differs)
        values = {way: float(value[worst]) for way, value in self.by_way.items()}
        return Row(
            f"{self.name}[{', '.join(map(str, worst))}]" if worst else self.name,
            values,
            {way: _largest(away, math.nan) for way, away in off.items()},
            verdict,
            self._reason(verdict, values, worst),
        )

    def _more(self, way: str) -> float:
        return self.more if way == "differences" else 0.0

    def _worst(self, where: Any, off: Mapping[str, Floats], differs: Mapping[str, Any]) -> tuple[int, ...]:
        score = np.full(where.shape, -1.0)
        for way, away in off.items():
            known = np.where(np.isnan(away), np.where(differs[way], np.inf, 0.0), away)
            score = np.maximum(score, np.where(where, known, -1.0))
        return tuple(int(i) for i in np.unravel_index(int(np.argmax(score)), score.shape)) if score.shape else ()

    def _reason(self, verdict: str, values: Mapping[str, float], worst: tuple[int, ...]) -> str:
        if verdict == "disagrees":
            return self._quarrel(values, float(self.tolerance[worst]))
        if verdict == "kink: convention":
            left, right = (float(side[worst]) for side in self.sides)
            ours = next(iter(values.values()))
            if math.isfinite(left) and math.isfinite(right):
                return f"at a kink; the slope is {left:.6g} before it, {right:.6g} after it, {ours:.6g} by convention."
            return f"at a kink; the slope is {ours:.6g} by convention."
        return "it has no value, or none in float64." if verdict == "no value" else ""

    def _quarrel(self, values: Mapping[str, float], tolerance: float) -> str:
        """Which ways say what: "derivation, numpy: 1.01; jax.grad, differences: 1 (apart by 0.01)"."""
        camps: list[tuple[float, list[str]]] = []
        for way, value in values.items():
            if math.isnan(value) and way == "differences":
                continue
            allowed = tolerance + self._more(way)
            for other, members in camps:
                if abs(value - other) <= allowed or not (math.isfinite(value) or math.isfinite(other)):
                    members.append(way)
                    break
            else:
                camps.append((value, [way]))
        finite = [value for value, _ in camps if math.isfinite(value)]
        apart = f" (apart by {max(finite) - min(finite):.3g})" if len(finite) > 1 else ""
        said = "; ".join(
            f"{', '.join(members)}: {f'{value:.12g}' if math.isfinite(value) else 'no value'}"
            for value, members in camps
        )
        return f"{said}{apart}"


def _first(by_way: Mapping[str, Floats]) -> Floats:
    """By the way that the others are compared with."""
    return next(iter(by_way.values()))


def _largest(values: Floats, none: float = 0.0) -> float:
    """The largest finite entry, ``none`` where there is none."""
    finite = np.asarray(values)[np.isfinite(values)]
    return float(finite.max()) if finite.size else none
