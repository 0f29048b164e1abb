"""The values of the keys of ``particulars``: local slopes, what new parameters give, samples and updates one by one.

They are worked by the same passes as everything else, the right ones or those of somebody's slip, and go on with the
numbers that a person has written down where there are such.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from symnet.algebra.equations import Equation, partial, symbol
from symnet.computing import exact
from symnet.computing.exact import Number, Undefined, Value
from symnet.computing.program import Printer, Program, identifier
from symnet.diagnosis.particulars import After, At, Particular, Slope, is_of_a_pass, slope_of, written_again
from symnet.working.problem import Problem
from symnet.working.quantities import changes, key_of, over_examples
from symnet.working.rows import by_samples
from symnet.working.updates import Frame, Passes

Follow = Callable[[str, Any], Any]


class Moments:
    """Works out the keys ``wanted`` of a problem, by the lines of a ``way`` of working, right or wrong."""

    def __init__(
        self, problem: Problem, wanted: Mapping[str, Particular], printer: Printer, way: Problem | None = None
    ) -> None:
        self.problem = problem
        self.wanted = wanted
        slopes = {key: what for key, what in wanted.items() if isinstance(what, Slope)}
        self._slopes = Program(
            [Equation(symbol(key), slope_of(way or problem, what)) for key, what in slopes.items()], printer
        )
        self._after = {key: what.name for key, what in wanted.items() if isinstance(what, After)}
        at = {key: what for key, what in wanted.items() if isinstance(what, At)}
        self._samples = {
            key: what for key, what in at.items() if by_samples(problem) and is_of_a_pass(problem, what.key)
        }
        self._updates = {key: what for key, what in at.items() if key not in self._samples}

    def values(
        self,
        passes: Passes,
        frames: Sequence[Frame],
        after: Mapping[str, Value],
        worked: dict[str, Value],
        instead: Mapping[str, Number],
        swapped: bool = False,
    ) -> dict[str, Value]:
        """The value of every key wanted; raises EquationError where a line has none.

        ``frames`` are the examples before the first update, ``after`` the parameters after the last, ``worked`` what
        the lines of ``instead`` have come to.  ``swapped``: gradients are those with parameters updated already.
        """
        found: dict[str, Value] = {}
        if self._slopes.equations:
            frame = dict(frames[0])
            self._slopes.run(frame, passes.keep, undefined_allowed=True)
            found |= {e.name: frame[identifier(e.name)] for e in self._slopes.equations}
        for key, what in self._samples.items():
            found[key] = _of_pass(passes, frames[what.k - 1], what.key)
        if self._updates:
            found |= self._walked(passes, instead, worked, swapped)
        found |= {key: worked[key] for key in found if key in worked}
        if self._after:
            own = after_of(instead, worked) if any(key in instead for key in self._after) else None
            end = passes.forward_again(0, {n: after[n] for n in (*passes.problem.start, *passes.problem.state)}, own)
            found |= {key: worked.get(key, end[name]) for key, name in self._after.items()}
        return {key: found.get(key, Undefined(f"{key} is not worked")) for key in self.wanted}

    def _walked(
        self, passes: Passes, instead: Mapping[str, Number], worked: dict[str, Value], swapped: bool
    ) -> dict[str, Value]:
        """The updates one after another, as far as anything is wanted of them."""
        problem = passes.problem
        found: dict[str, Value] = {}
        parameters: dict[str, Value] = {**problem.start, **problem.state}
        batch, changed = over_examples(self.problem), changes(self.problem)
        for k in range(1, max(what.k for what in self._updates.values()) + 1):
            keys = {what.key: key for key, what in self._updates.items() if what.k == k}
            follow = follow_at(k, instead, worked)
            examples = problem.examples_of_update(k - 1)
            frames = [passes.frame(i, parameters, True, None if j else follow) for j, i in enumerate(examples)]
            passed = {inner: key for inner, key in keys.items() if is_of_a_pass(self.problem, inner)}
            found |= {key: _of_pass(passes, frames[0], inner) for inner, key in passed.items()}
            if not problem.rules or k > problem.updates:
                continue
            before = dict(parameters)
            update = passes.update(frames, parameters, k - 1, instead=follow)
            values: dict[str, Value] = {rule.name: update.values[i] for i, rule in enumerate(problem.rules)}
            parameters = dict(update.parameters)
            if swapped:
                found |= {key: _of_pass(passes, frames[0], i) for i, key in passed.items() if i.startswith("grad(")}
            for inner, key in passed.items():
                again = written_again(partial(problem.loss, inner[5:-1]).name) if inner.startswith("grad(") else ""
                found[key] = values.get(again, found[key])
            for change, name in changed.items():
                by = instead.get(f"{change}@{k}")
                if (
                    by is not None and name in values and f"{name}@{k}" not in instead
                ):  # who has another change goes on with that
                    worked[f"{change}@{k}"] = _less(values[name], before[name])
                    values[name] = parameters[name] = _more(before[name], by)
            values = {**parameters, **values}
            for inner, key in keys.items():
                if inner in changed:
                    name = changed[inner]
                    line = worked.get(f"{name}@{k}", values.get(name, before[name]))
                    found[key] = worked.get(key, _less(line, before[name]))
                elif inner in batch:
                    name = batch[inner]
                    used = values.get(written_again(name), update.gradients.get(name))
                    found[key] = passes.over_all(frames, name) if used is None else used
                elif inner not in passed:
                    found[key] = values.get(inner, Undefined(f"{inner} has no value"))
        return found


def follow_at(k: int, instead: Mapping[str, Number], worked: dict[str, Value]) -> Follow | None:
    """What the lines of sample or update k go on with: the number given for them there; None where there is none."""
    if not any(key.endswith(f"@{k}") for key in instead):
        return None

    def follow(name: str, value: Any) -> Any:
        key = f"{key_of(name)}@{k}"
        if key in instead:
            worked[key] = value
            return instead[key]
        return value

    return follow


def after_of(instead: Mapping[str, Number], worked: dict[str, Value]) -> Follow:
    """The same for the forward pass after the updates."""

    def follow(name: str, value: Any) -> Any:
        key = f"new({name})"
        if key in instead:
            worked[key] = value
            return instead[key]
        return value

    return follow


def _of_pass(passes: Passes, frame: Frame, key: str) -> Value:
    if key.startswith("grad("):
        return passes.gradients_of(frame)[key[5:-1]]
    value: Value = frame[identifier(key)]
    return value


def _less(new: Value, old: Value) -> Value:
    if isinstance(new, Undefined) or isinstance(old, Undefined):
        return new if isinstance(new, Undefined) else old
    return exact.add(new, -old)


def _more(old: Value, by: Number) -> Value:
    return old if isinstance(old, Undefined) else exact.add(old, by)
