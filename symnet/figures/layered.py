"""A layered layout: every edge goes to the right, few of them cross, and each runs as straight as it may.

After Sugiyama, Tagawa and Toda (1981): layers by the longest way from the left, an order in each layer by the mean
place of its neighbours, and heights as near to the neighbours' as the order lets them be.  An edge that passes over
layers has a place of its own in each, so it never runs through a box.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import atan2, cos, sin
from typing import TypeAlias

from symnet.figures.wiring import Segment, chord

SWEEPS = 12
_APART = 7.0  # between two things in a layer
_LANE = 5.0  # height of the place of an edge that passes
_STUB = 4.0  # beside a layer, where an edge that passes turns
_CLEAR = 1.5  # between an edge and what it passes

Way: TypeAlias = tuple[tuple[float, float], ...]  # the corners of a broken line


@dataclass(frozen=True)
class Layout:
    """``centers`` of the vertices; ``ways`` of the edges."""

    centers: dict[str, tuple[float, float]]
    ways: tuple[Way, ...]
    width: float
    height: float


def lay_out(
    sizes: Mapping[str, tuple[float, float]],
    edges: Sequence[tuple[str, str]],
    least_gap: float = 14.0,
    circles: Collection[str] = (),
) -> Layout:
    """``sizes`` are {key: (width, height)}, in the order in which vertices without neighbours to go by are stacked.

    ``circles`` are the keys of those that are round.
    """
    return _Layered(sizes, edges, least_gap, circles).layout()


class _Layered:
    def __init__(
        self,
        sizes: Mapping[str, tuple[float, float]],
        edges: Sequence[tuple[str, str]],
        least: float,
        circles: Collection[str],
    ) -> None:
        self.round = frozenset(circles)
        self.sizes: dict[str, tuple[float, float]] = dict(sizes)
        self.edges, self.least = edges, least
        self.layer = self._layers()
        self.chains: dict[str, dict[int, str]] = {}  # {source: {layer: the place where its edges pass}}
        self.links: list[tuple[str, str]] = []  # between neighbouring layers
        self._through_every_layer()
        self.after: dict[str, list[str]] = {key: [] for key in self.sizes}
        self.before: dict[str, list[str]] = {key: [] for key in self.sizes}
        for u, v in self.links:
            self.after[u].append(v)
            self.before[v].append(u)

    def _layers(self) -> dict[str, int]:
        """By the longest way; what is given stands right before its first use, and what is made of that alone too."""
        sources: dict[str, list[str]] = {key: [] for key in self.sizes}
        users: dict[str, list[str]] = {key: [] for key in self.sizes}
        for u, v in self.edges:
            sources[v].append(u)
            users[u].append(v)
        layer: dict[str, int] = {}
        waiting = list(reversed(list(self.sizes)))
        while waiting:
            key = waiting[-1]
            missing = [u for u in sources[key] if u not in layer]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            layer[key] = max((layer[u] + 1 for u in sources[key]), default=0)
        for made_of_given in (True, False):
            for key in sorted(self.sizes, key=lambda key: -layer[key]):
                given = not sources[key] if not made_of_given else not any(sources[u] for u in sources[key])
                if given and users[key]:
                    layer[key] = min(layer[v] for v in users[key]) - 1
        least = min(layer.values(), default=0)
        return {key: at - least for key, at in layer.items()}

    def _through_every_layer(self) -> None:
        seen: set[tuple[str, str]] = set()
        for u, v in self.edges:
            at = u
            for k in range(self.layer[u] + 1, self.layer[v]):
                place = self.chains.setdefault(u, {}).get(k)
                if place is None:
                    place = self.chains[u][k] = f"pass {u} {k}"
                    self.sizes[place] = (0.0, _LANE)
                    self.layer[place] = k
                if (at, place) not in seen:
                    seen.add((at, place))
                    self.links.append((at, place))
                at = place
            if (at, v) not in seen:
                seen.add((at, v))
                self.links.append((at, v))

    # -- the order in each layer --------------------------------------------------------------------------------------

    def _ordered(self) -> list[list[str]]:
        count = 1 + max(self.layer.values(), default=-1)
        layers: list[list[str]] = [[] for _ in range(count)]
        for key in self._as_read():
            layers[self.layer[key]].append(key)
        best, fewest = [list(keys) for keys in layers], self._crossings(layers)
        for sweep in range(SWEEPS):
            forward = sweep % 2 == 0
            inward = self.before if forward else self.after
            for k in range(1, count) if forward else range(count - 2, -1, -1):
                beside = {key: i for i, key in enumerate(layers[k - 1 if forward else k + 1])}
                layers[k] = _by_mean(layers[k], inward, beside)
            crossings = self._crossings(layers)
            if crossings < fewest:
                best, fewest = [list(keys) for keys in layers], crossings
            if fewest == 0:
                break
        return best

    def _as_read(self) -> list[str]:
        """Everything in the order of a walk from the results back to what they are made of, operands in order."""
        seen: dict[str, None] = {}
        ends = [key for key in self.sizes if not self.after[key]]
        waiting = list(reversed(ends))
        while waiting:
            key = waiting.pop()
            if key not in seen:
                seen[key] = None
                waiting += reversed(self.before[key])
        return [*seen, *(key for key in self.sizes if key not in seen)]

    def _crossings(self, layers: list[list[str]]) -> int:
        place = {key: i for keys in layers for i, key in enumerate(keys)}
        total = 0
        for keys in layers:
            links = sorted((place[u], place[v]) for u in keys for v in self.after[u])
            total += sum(
                links[i][0] < links[j][0] and links[i][1] > links[j][1]
                for i in range(len(links))
                for j in range(i + 1, len(links))
            )
        return total

    # -- places -------------------------------------------------------------------------------------------------------

    def layout(self) -> Layout:
        layers = self._ordered()
        y = self._heights(layers)
        widths = [max((self.sizes[key][0] for key in keys), default=0.0) for keys in layers]
        x = 0.0
        xs: list[float] = []
        for k, width in enumerate(widths):
            if k:
                steep = max((abs(y[u] - y[v]) for u in layers[k - 1] for v in self.after[u]), default=0.0)
                x += max(self.least, min(46.0, 0.35 * steep)) + 2 * _STUB
            xs.append(x + width / 2)
            x += width
        top = min((y[key] - self.sizes[key][1] / 2 for key in y), default=0.0)
        bottom = max((y[key] + self.sizes[key][1] / 2 for key in y), default=0.0)
        self.x_of, self.widths, self.y = xs, widths, {key: at - top for key, at in y.items()}
        centers = {key: (xs[self.layer[key]], self.y[key]) for key in self.sizes if not key.startswith("pass ")}
        return Layout(centers, tuple(self._ways()), x, bottom - top)

    def _heights(self, layers: list[list[str]]) -> dict[str, float]:
        y: dict[str, float] = {}
        for keys in layers:
            at = 0.0
            for key in keys:
                y[key] = at + self.sizes[key][1] / 2
                at += self.sizes[key][1] + _APART
            for key in keys:
                y[key] -= at / 2
        for sweep in range(3 * SWEEPS):
            forward = sweep % 2 == 0
            for keys in layers if forward else reversed(layers):
                self._settle(keys, y, self.before if forward else self.after)
        # At last everything goes straight on from what it is made of, and what is given stands by its use.
        for sweep in range(SWEEPS):
            forward = sweep % 2 == 1
            near = {key: self.before[key] or self.after[key] for key in y}
            for keys in layers if forward else reversed(layers):
                self._settle(keys, y, near if forward else {k: [] if self.before[k] else near[k] for k in keys})
        return y

    def _settle(self, keys: list[str], y: dict[str, float], neighbours: Mapping[str, list[str]]) -> None:
        """Moves a layer as near to its wishes as its order allows: the least squares, by pooling neighbours."""
        offsets, wishes, at = [], [], 0.0
        for i, key in enumerate(keys):
            if i:
                at += (self.sizes[keys[i - 1]][1] + self.sizes[key][1]) / 2 + _APART
            near = neighbours[key]
            wish = sum(y[n] for n in near) / len(near) if near else y[key]
            offsets.append(at)
            wishes.append(wish - at)
        pools: list[tuple[float, float, int]] = []  # (sum of weighted wishes, weight, how many)
        for key, wish in zip(keys, wishes, strict=True):
            weight = 3.0 if key.startswith("pass ") else 1.0 if neighbours[key] else 0.05
            pool = (wish * weight, weight, 1)
            while pools and pools[-1][0] / pools[-1][1] > pool[0] / pool[1]:
                last = pools.pop()
                pool = (last[0] + pool[0], last[1] + pool[1], last[2] + pool[2])
            pools.append(pool)
        means = [total / weight for total, weight, count in pools for _ in range(count)]
        for key, offset, mean in zip(keys, offsets, means, strict=True):
            y[key] = mean + offset

    def _ways(self) -> list[Way]:
        """Each edge from its source to its target, straight where nothing is in the way; a value used twice has two."""
        total = Counter(self.edges)
        drawn: Counter[tuple[str, str]] = Counter()
        ways = []
        for u, v in self.edges:
            off = 6.0 * (drawn[u, v] - (total[u, v] - 1) / 2)
            drawn[u, v] += 1
            first, last = self.layer[u], self.layer[v]
            lanes = [(layer, self.y[self.chains[u][layer]] + off) for layer in range(first + 1, last)]
            way = [(x, y) for layer, y in lanes for x in (self._left(layer), self._right(layer))]
            ends = (way[0], way[-1]) if way else (self._middle(v), self._middle(u))
            start, end = self._port(u, ends[0], off, 1), self._port(v, ends[1], off, -1)
            next_to_start, next_to_end = (way[0], way[-1]) if way else (end, start)
            if self._hits(start, next_to_start, first, u, v):
                start = (start[0], self.y[u] + off) if u not in self.round else self._port(u, (1e9, self.y[u]), off, 1)
                way.insert(0, (self._right(first), start[1]))
                next_to_end = way[-1]
            if self._hits(next_to_end, end, last, u, v):
                end = self._port(v, (-1e9, self.y[v]), off, -1)
                way.append((self._left(last), end[1]))
            ways.append((start, *way, end))
        return ways

    def _left(self, layer: int) -> float:
        return self.x_of[layer] - self.widths[layer] / 2 - _STUB

    def _right(self, layer: int) -> float:
        return self.x_of[layer] + self.widths[layer] / 2 + _STUB

    def _middle(self, key: str) -> tuple[float, float]:
        return self.x_of[self.layer[key]], self.y[key]

    def _port(self, key: str, other: tuple[float, float], off: float, side: int) -> tuple[float, float]:
        """Where an edge that goes to the other place meets the thing: at the middle of a side, on a circle's edge."""
        x, y = self._middle(key)
        if key not in self.round:
            return x + side * self.sizes[key][0] / 2, y + off
        angle = side * atan2(other[1] - y, side * (other[0] - x))
        radius = self.sizes[key][0] / 2
        angle += side * off / radius
        return x + side * radius * cos(angle), y + side * radius * sin(angle)

    def _hits(self, start: tuple[float, float], end: tuple[float, float], layer: int, u: str, v: str) -> bool:
        """Whether the straight way goes through anything in the layer but its own ends."""
        way = Segment(*start, *end)
        for key, (width, height) in self.sizes.items():
            if self.layer[key] == layer and key not in (u, v) and not key.startswith("pass "):
                x, y = self._middle(key)
                half, tall = width / 2 + _CLEAR, height / 2 + _CLEAR
                if chord(way, (x - half, y - tall, x + half, y + tall)) > 0:
                    return True
        return False


def _by_mean(keys: list[str], neighbours: Mapping[str, list[str]], beside: Mapping[str, int]) -> list[str]:
    """Keys by the mean place of their neighbours; one without any keeps its place among the others."""
    means: dict[str, float] = {}
    for i, key in enumerate(keys):
        near = neighbours[key]
        means[key] = sum(beside[n] for n in near) / len(near) if near else -1.0
        if not near:
            means[key] = means[keys[i - 1]] if i else -1.0
    return sorted(keys, key=means.__getitem__)
