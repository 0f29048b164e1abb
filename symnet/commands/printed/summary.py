"""What ``symnet summary`` prints."""

from __future__ import annotations

import json

from symnet.algebra.sequential import summary
from symnet.algebra.summary import Summary
from symnet.exercises.exercise import Exercise


def as_text(exercise: Exercise) -> str:
    return f"{exercise.title}\n\n{_summary(exercise)}"


def as_json(exercise: Exercise) -> str:
    about = {"schema": "symnet.summary/1", "file": exercise.name, "title": exercise.title}
    return json.dumps(about | _summary(exercise).as_json(), ensure_ascii=False)


def _summary(exercise: Exercise) -> Summary:
    """Of the layers, where the exercise has some, and otherwise of its equations."""
    if exercise.layers is not None:
        return summary(*exercise.layers)
    if exercise.worked is None:
        return exercise.plan.network.summary()
    return (exercise.problem.layers or exercise.problem.network).summary()
