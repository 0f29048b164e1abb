"""What ``symnet draw`` does: an exercise as a picture in the format of the file's ending."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from symnet import figures
from symnet.algebra.mistakes import Mistake, shown
from symnet.exercises.exercise import Exercise
from symnet.figures import dot
from symnet.figures.arrays import arrays_figure
from symnet.figures.labels import Level, facts_of
from symnet.figures.sizes import sizes_figure
from symnet.files import write_all
from symnet.notation.names import Names
from symnet.paper.document import Figure
from symnet.paper.pictures import plotted, svg, tikz
from symnet.working.solution import solve
from symnet.working.work import Work

ENDINGS = (".svg", ".png", ".pdf", ".dot", ".tex")


def draw(exercise: Exercise, path: str, graph: bool = False, level: str | None = None, follow: str = "") -> None:
    """Write the picture; raises Mistake for an unknown ending and for what cannot be drawn.

    The network where the exercise is a net of units, few enough where its file has arrays, which otherwise are drawn as
    such; for all else, for ``graph`` and for DOT, the computation graph;
    at ``level`` (values unless said, or symbols along a path); ``follow`` highlights the paths from a name to the loss.
    """
    check_ending(path)
    try:
        write_all({Path(path): _picture(exercise, Path(path).suffix, graph, _level(level), follow)})
    except Mistake as mistake:
        if str(mistake).startswith((shown(path, 200), "Matplotlib")):
            raise
        raise Mistake(f"{exercise.name}: {mistake}") from None


def check_ending(path: str) -> None:
    """Raises Mistake for a file name whose ending is no picture's."""
    if Path(path).suffix not in ENDINGS:
        raise Mistake(f"{shown(path, 200)}: the ending must be {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}")


def _level(level: str | None) -> Level | None:
    match level:
        case None | "symbols" | "values" | "gradients":
            return level
        case _:
            raise Mistake(f'level is {shown(level)}; it must be "symbols", "values" or "gradients"')


def _picture(exercise: Exercise, ending: str, graph: bool, level: Level | None, follow: str) -> str | bytes:
    if exercise.worked is None:
        return _rendered(_architecture(exercise, ending, graph, level, follow), ending)
    problem = replace(exercise.worked, updates=0)  # a picture shows the passes before the first update
    names = Names((*problem.network.names, *problem.state), exercise.notation)
    work = Work(solve(problem), names)
    if problem.sizes is not None and not (graph or follow or ending == ".dot"):
        return _rendered(sizes_figure(work, level != "symbols"), ending)
    chosen: Level = level or ("symbols" if follow else "values")
    if ending == ".dot":
        followed = figures.followed_in_graph(work, follow) if follow else frozenset[str]()
        return dot.render(figures.graph_to_draw(work), facts_of(work), chosen, followed)
    if follow:
        figure = figures.path_figure(work, follow, chosen, graph)
    elif not graph and level in (None, "symbols") and problem.whole and figures.sheet_figure(work) is None:
        figure = arrays_figure(work)
    elif graph or not figures.is_net(work):
        figure = figures.graph_figure(work, chosen)
    elif figures.repeats_its_examples(work) and level in (None, "symbols"):
        figure = figures.architecture_figure(exercise.plan.network)
    else:
        figure = figures.network_figure(work, chosen)
    return _rendered(figure, ending)


def _architecture(exercise: Exercise, ending: str, graph: bool, level: Level | None, follow: str) -> Figure:
    """The network of a file whose examples are in [data]: names alone, since nothing has been worked."""
    asked = (
        "--graph" if graph else f"a {ending} file" if ending == ".dot" else "--path" if follow
        else f"--{level}" if level not in (None, "symbols") else ""
    )  # fmt: skip
    if asked:
        raise Mistake(f"{asked} needs an exercise that is worked by hand; the examples of this one are in [data]")
    return figures.architecture_figure(exercise.plan.network)


def _rendered(figure: Figure, ending: str) -> str | bytes:
    if ending == ".svg":
        return svg.render(figure.drawing, figure.words) + "\n"
    if ending == ".tex":
        return tikz.standalone(figure.drawing)
    return plotted.render(figure.drawing, ending[1:], figure.words)
