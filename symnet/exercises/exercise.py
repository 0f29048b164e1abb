"""An exercise: a problem with its title, its notation, its questions and its layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from symnet.algebra.layers import Spec
from symnet.algebra.layers.layer import Shape
from symnet.algebra.mistakes import Mistake, NotInstalled
from symnet.algebra.shows_as_maths import ShowsAsMaths
from symnet.paper.layout import USUAL, Layout
from symnet.questions import Question
from symnet.working.problem import Problem
from symnet.working.solution import Solution, solve

if TYPE_CHECKING:
    from symnet.exercises.wanted import Vary
    from symnet.sheets.in_code import InCode
    from symnet.sheets.worksheet import Worksheet
    from symnet.training.plan import Plan
    from symnet.training.run import Run


@dataclass(frozen=True, eq=False)
class Exercise(ShowsAsMaths):
    """An exercise as its author wrote it: a problem, how its names are printed, and what is asked.

    One whose examples are in [data] is for training: it has a plan and no ``worked`` problem.
    """

    name: str
    title: str
    introduction: str
    worked: Problem | None
    notation: Mapping[str, str]
    questions: tuple[Question, ...]
    vary: Vary
    plan_of: Callable[[], Plan]
    trains: bool = False  # whether the sheet shows the plan of training rather than working by hand
    says_loss: bool = False  # whether the file names what is differentiated
    layers: tuple[Shape, tuple[Spec, ...]] | None = None  # the shape of an example, and the [[layer]] tables
    layout: Layout = USUAL  # what its [sheet] says
    source: str = ""  # the text of its file
    variant_code: str = ""  # of a variant: what stands on the paper and in the key
    student: str = ""  # whose variant it is, where a paper says so

    def __repr__(self) -> str:
        return f"Exercise({self.title!r}, {self.name!r})"

    @property
    def problem(self) -> Problem:
        """The problem to work by hand; raises Mistake where there is none."""
        if self.worked is None:
            raise Mistake(
                f"{self.name}: its examples are in [data], for symnet train; there is nothing to work by hand"
            )
        return self.worked

    @cached_property
    def plan(self) -> Plan:
        """The plan of training; raises Mistake where the file cannot be trained."""
        try:
            return self.plan_of()
        except NotInstalled:
            raise
        except Mistake as mistake:
            raise Mistake(f"{self.name}: {mistake}") from None

    def train(self, backend: str = "numpy", **options: Any) -> Run:
        """Train as the file says; ``options`` go to ``symnet.fit``."""
        plan = self.plan
        try:
            return plan.fit(backend, **options)
        except NotInstalled:
            raise
        except Mistake as mistake:
            raise Mistake(f"{self.name}: {mistake}") from None

    def solve(self, digits: int = 12, history: bool = False) -> Solution:
        """The numbers of this exercise, right to ``digits`` significant digits."""
        return solve(self.problem, digits, history)

    def laid_out(self, **layout: Any) -> Exercise:
        """The exercise with other settings of its [sheet], given as in a file; raises Mistake."""
        return replace(self, layout=self.layout.with_(**layout))

    def worksheet(
        self,
        digits: int = 6,
        style: str = "",
        full: Sequence[str] = (),
        run: bool = False,
        fade: int = 0,
        **layout: Any,
    ) -> Worksheet:
        """The sheet and its key: ``.save("relu.tex")``, ``.save("relu.tex", key="relu-key.tex")``.

        ``digits`` are the significant digits shown; ``style`` ("paths" or "deltas") is how gradients are derived where
        the exercise does not say.  ``full`` are the names whose gradients are derived in full; of the others the
        values alone are shown.  Without any, all are in full unless they are very many.  The sheet of a file that
        trains shows the plan; with ``run`` it is carried out, and the key shows the curves.

        ``fade`` 1, 2 or 3 shows the working on the sheet with its last steps left out, most, or all but the names.
        ``layout`` are settings of [sheet], such as ``course="Neural nets"``, ``columns=2``.
        """
        from symnet.sheets.worksheet import worksheet  # a convenience: sheets are made of exercises, above here

        exercise = self.laid_out(**layout) if layout else self
        return worksheet(exercise, digits, style, full, run, fade)

    def in_code(self) -> InCode:
        """The calls that a notebook makes of this exercise."""
        from symnet.sheets.in_code import InCode

        return InCode(self)
