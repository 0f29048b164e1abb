"""Which update a bare name is of, where the same sheet has that of the last update too: w beside w@2 is w@1.

A parameter alone is its value after all updates, and so is its change and what an optimizer keeps.  But nobody gives
one value twice: who writes w and w@2 of two updates numbers the second and leaves the first as it is, as in y and y@2.
"""

from __future__ import annotations

from collections.abc import Collection

from symnet.working.problem import Problem
from symnet.working.quantities import changes


def of_first_update(problem: Problem, keys: Collection[str]) -> dict[str, str]:
    """{"w": "w@1"}: the bare ones among the keys of one sheet that are of the first update, and what they are then."""
    if not problem.rules or problem.updates < 2:
        return {}
    moved = {*problem.start, *problem.state, *changes(problem)}
    return {
        key: f"{key}@1"
        for key in keys
        if key in moved and f"{key}@{problem.updates}" in keys and f"{key}@1" not in keys
    }


def bare_key(problem: Problem, key: str) -> str:
    """The name that a question asks for: w of w@1, the update on a sheet, and of w@2 after both; else the key."""
    bare, at, k = key.rpartition("@")
    moved = {*problem.start, *problem.state, *changes(problem)}
    return bare if at and bare in moved and k in ("1", str(problem.updates)) else key
