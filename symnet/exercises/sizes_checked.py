"""The sizes that an exercise works by formulas, against what is counted on the equations of its layers."""

from __future__ import annotations

from symnet.algebra.mistakes import Mistake
from symnet.algebra.sequential import summary
from symnet.algebra.sized import FIELDS
from symnet.algebra.sizes import Sizes
from symnet.exercises.exercise import Exercise
from symnet.working.solution import solve


def differences(exercise: Exercise) -> tuple[int, list[str]]:
    """(how many numbers were compared, a line for each that is not as counted); raises Mistake where none is asked.

    The layers inside one are counted as part of it: their shapes and costs are compared in its own, and in all.
    """
    sized = exercise.problem.sizes
    if sized is None or exercise.layers is None:
        raise Mistake(f"{exercise.name}: it asks for no sizes")
    counted = summary(*exercise.layers)
    value = {**exercise.problem.given, **solve(exercise.problem).forward}
    pairs: list[tuple[str, int]] = []
    for layer in sized.layers:
        if not layer.place.isdigit():
            continue
        sizes = counted.rows[int(layer.place) - 1].sizes
        assert sizes is not None
        pairs += zip(layer.shape.values(), sizes.output, strict=True)
        if layer.kind != "residual":
            pairs += [(name, n) for role, name in layer.lines.items() if (n := _count(sizes, role)) is not None]
    pairs += [
        (total, n)
        for total, n in (("parameters", counted.parameters), ("macs", counted.multiply_adds))
        if total in value
    ]
    wrong = [f"{name} is {value[name]} by its formula and {n} as counted" for name, n in pairs if value[name] != n]
    return len(pairs), wrong


def _count(sizes: Sizes, role: str) -> int | None:
    """What is counted of a layer under that name; None where nothing is."""
    match role:
        case "parameters":
            return sizes.parameters.value
        case "macs":
            return sizes.multiply_adds.value
        case "activations":
            return sizes.activations.value
        case "memory":
            return 4 * sizes.activations.value
        case _ if role in FIELDS[1:] and sizes.receptive:
            return sizes.receptive[-1 if role.endswith("width") else 0].value
        case _:
            return None
