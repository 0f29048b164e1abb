"""Figures of an exercise: its network of units, its computation graph, and the path that a gradient takes.

``network_figure`` draws inputs, units and wires where the equations are a net of units (``units.net_of``);
``graph_figure`` draws any equations as boxes and operations; ``path_figure`` shows what ∂loss/∂w goes through.  Each
gives a ``Figure``: a drawing for the pictures, and words for whoever cannot see it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial

from symnet.algebra.equations import names_in
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.mlp import widths_of
from symnet.algebra.network import Network
from symnet.algebra.plurals import with_article
from symnet.algebra.unrolling import unroll
from symnet.figures import graph, network, words
from symnet.figures.cells import Followed
from symnet.figures.graph import Filling
from symnet.figures.labels import Facts, Level, facts_of
from symnet.figures.operations import Graph, graph_of
from symnet.figures.units import Net, net_of
from symnet.notation.names import Names
from symnet.paper.document import Figure
from symnet.paper.printing.text import maths as text_of
from symnet.working.arrays import entries, shape_of
from symnet.working.work import Work

WIDEST_LAYER, MOST_LAYERS = 40, 12  # of a network that can be drawn
WIDEST_ON_A_SHEET, MOST_ON_A_SHEET = 8, 4  # units in a layer and layers, of one that a sheet shows by itself
HIGHEST_ON_A_SHEET = 330.0  # points, of the network above the questions
MOST_VERTICES = 150  # boxes and operations of a computation graph


def is_net(work: Work) -> bool:
    """Whether the exercise can be drawn as a network of units."""
    return net_of(work.network, work.problem.loss) is not None


def repeats_its_examples(work: Work) -> bool:
    """Whether a dense network is written out once for every example, because its loss is of all of them at once."""
    widths, net = widths_of(work.network), net_of(work.network, work.problem.loss)
    return bool(widths) and net is not None and len(net.columns[0]) > widths[0]


def network_figure(work: Work, level: Level = "symbols") -> Figure:
    """The network; raises Mistake where the equations are no net of units, or one too large to draw."""
    return _network(_net(work.network, work.problem.loss), facts_of(work), level)


def architecture_figure(layered: Network) -> Figure:
    """A network of layers drawn unit by unit, names alone; raises Mistake where it is too large."""
    widths = [name.shape[-1] for name in (*layered.inputs, *layered.parameters) if len(name.shape) == 2]
    if max(widths) > WIDEST_LAYER:
        raise _too_large("-".join(map(str, widths)))
    units = unroll(layered, 1)
    loss = units.equations[-1].name
    return _network(_net(units, loss), Facts(Names(units.names), loss), "symbols")


def sheet_figure(work: Work, level: Level = "symbols", asked: Collection[str] = ()) -> Figure | None:
    """The network where a sheet shows it by itself: a net of units of at most 8 in a layer and 4 layers.

    ``asked`` are the names whose gradients its words tell, where that is not all of them.
    """
    if any(
        len(shape_of(whole)) > 1 and next(entries(whole)) in work.problem.given
        for whole in work.problem.arrays.values()
    ):
        return None  # a batch, whose examples would stand in it as units of their own
    net = net_of(work.network, work.problem.loss)
    if net is not None and len(net.columns) == 2 and work.passed_over and len(net.columns[1]) > 1:
        return None  # a softmax on the inputs: its equations say as much, and its key is to fit two pages
    if net is None or len(net.columns) > MOST_ON_A_SHEET or max(map(len, net.columns)) > WIDEST_ON_A_SHEET:
        return None
    highest = HIGHEST_ON_A_SHEET if level == "symbols" else network.HIGHEST
    return _network(net, facts_of(work), level, highest=highest, asked=asked)


def graph_figure(work: Work, filling: Filling | Level = "symbols") -> Figure:
    """The computation graph of all equations; raises Mistake where it is too large to draw."""
    chosen = filling if isinstance(filling, Filling) else Filling(filling)
    drawing = graph.lay_out(graph_to_draw(work), facts_of(work), chosen)
    return Figure(drawing, words.of_graph(work, chosen))


def path_figure(work: Work, name: str, level: Level = "symbols", as_graph: bool = False) -> Figure:
    """The network, otherwise the graph, with everything highlighted through which ``name`` reaches the loss.

    Raises Mistake for an unknown name, and for one on which the loss does not depend.
    """
    _check_path(work, name)
    loss = work.problem.loss
    more = f", with the paths from {text_of(work.names.node(name))} to {text_of(work.names.node(loss))} highlighted"
    net = None if as_graph else net_of(work.network, loss)
    followed = _followed(net, name) if net is not None else None
    if net is not None and followed is not None:
        return _network(net, facts_of(work), level, followed, more)
    drawing = graph.lay_out(graph_to_draw(work), facts_of(work), Filling(level), followed_in_graph(work, name), name)
    return Figure(drawing, words.of_graph(work, Filling(level), more))


def followed_in_graph(work: Work, name: str) -> frozenset[str]:
    """The keys of the graph that lie on a way from the name to the loss; raises Mistake as ``path_figure`` does."""
    _check_path(work, name)
    edges = graph_to_draw(work).edges
    backward = [(v, u) for u, v in edges]
    return _reached(f"name {name}", edges) & _reached(f"name {work.problem.loss}", backward)


def _check_path(work: Work, name: str) -> None:
    if name not in work.network.names:
        raise Mistake(f"{shown(name)} is not a name of this exercise{suggestion(name, work.network.names)}")
    reached = {name}
    for equation in work.network.equations:
        if any(used.name in reached for used in names_in(equation.rhs)):
            reached.add(equation.name)
    if work.problem.loss not in reached or name == work.problem.loss:
        raise Mistake(f"no path to highlight: {work.problem.loss} does not depend on {name}")


def graph_to_draw(work: Work) -> Graph:
    """The computation graph; raises Mistake where it is too large to draw."""
    drawn = graph_of(work.network.equations, work.names)
    if len(drawn.vertices) > MOST_VERTICES:
        raise Mistake(
            f"the computation graph has {len(drawn.vertices):,} boxes and operations, too many to draw (at most "
            f"{MOST_VERTICES}); draw a smaller exercise"
        )
    return drawn


def _net(network: Network, loss: str) -> Net:
    net = net_of(network, loss)
    if net is None:
        raise Mistake("these equations are no network of units (weights times signals, then a function); use --graph")
    return net


def _network(
    net: Net,
    facts: Facts,
    level: Level,
    followed: Followed | None = None,
    more: str = "",
    highest: float = network.HIGHEST,
    asked: Collection[str] = (),
) -> Figure:
    if len(net.columns) > MOST_LAYERS or max(map(len, net.columns)) > WIDEST_LAYER:
        raise _too_large(net.shape)
    said = words.of_network(net, facts, level, more, asked)
    return Figure(partial(network.lay_out, net, facts, level, followed, highest), said)


def _too_large(shape: str) -> Mistake:
    return Mistake(
        f"{with_article(shown(shape, 60)[1:-1])} network is too large to draw: at most {WIDEST_LAYER} units in a "
        f"layer and {MOST_LAYERS} layers; draw one with fewer"
    )


# -- what a path goes through -----------------------------------------------------------------------------------------


def _followed(net: Net, name: str) -> Followed | None:
    """The wires and units between a weight, bias, input or unit and the end of the net; None for any other name."""
    units = net.units.values()
    ends = {net.loss} if net.loss else set(net.columns[-1])
    useful = set(ends)
    for wire in sorted(net.wires, key=lambda wire: net.column_of[wire.target], reverse=True):
        if wire.target in useful:
            useful.add(wire.source)
    first = [wire for wire in net.wires if wire.weight == name]
    starts = {wire.target for wire in first} | {unit.name for unit in units if name in (unit.bias, unit.before)}
    if name in net.column_of:
        starts.add(name)
    if not starts:
        return None
    names, wires = set(starts), set(first)
    for wire in sorted(net.wires, key=lambda wire: net.column_of[wire.source]):
        if wire.source in names and wire.target in useful:
            names.add(wire.target)
            wires.add(wire)
    return Followed(frozenset(wires), frozenset(names | {name}), name)


def _reached(start: str, edges: Iterable[tuple[str, str]]) -> frozenset[str]:
    after: dict[str, list[str]] = {}
    for u, v in edges:
        after.setdefault(u, []).append(v)
    seen, waiting = {start}, [start]
    while waiting:
        for key in after.get(waiting.pop(), []):
            if key not in seen:
                seen.add(key)
                waiting.append(key)
    return frozenset(seen)
