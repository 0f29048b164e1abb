"""A layered layout: every edge goes to the right, few of them cross, and each runs as straight as it may.

After Sugiyama, Tagawa and Toda (1981): layers by the longest way from the left, an order in each layer by the mean
place of its neighbours, and heights as near to the neighbours' as the order lets them be.  An edge that passes over
layers has a place of its own in each, so it never runs through a box.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SWEEPS = 12
_APART = 7.0  # between two things in a layer
_LANE = 5.0  # height of the place of an edge that passes
_STUB = 4.0  # the least level end of an edge, at each side


@dataclass(frozen=True)
class Layout:
    """``centers`` of the vertices; ``ways`` of the edges, each as the corners of a broken line."""

    centers: dict[str, tuple[float, float]]
    ways: tuple[tuple[tuple[float, float], ...], ...]
    width: float
    height: float


def lay_out(
    sizes: Mapping[str, tuple[float, float]], edges: Sequence[tuple[str, str]], least_gap: float = 14.0
) -> Layout:
    """``sizes`` are {key: (width, height)}, in the order in which vertices without neighbours to go by are stacked."""
    return _Layered(sizes, edges, least_gap).layout()


class _Layered:
    def __init__(
        self, sizes: Mapping[str, tuple[float, float]], edges: Sequence[tuple[str, str]], least: float
    ) -> None:
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

    def _ways(self) -> list[tuple[tuple[float, float], ...]]:
        """Each edge from the right of its source to the left of its target; a value used twice has two lines."""
        total = {edge: list(self.edges).count(edge) for edge in self.edges}
        drawn: dict[tuple[str, str], int] = {}
        ways = []
        for u, v in self.edges:
            k = drawn[u, v] = drawn.get((u, v), 0) + 1
            off = 6.0 * (k - 1 - (total[u, v] - 1) / 2)
            y = self.y[u] + off
            points = [(self.x_of[self.layer[u]] + self.sizes[u][0] / 2, y)]
            for layer in range(self.layer[u] + 1, self.layer[v] + 1):
                key = v if layer == self.layer[v] else self.chains[u][layer]
                points.append((self.x_of[layer - 1] + self.widths[layer - 1] / 2 + _STUB, y))
                y = self.y[key] + off
                points.append((self.x_of[layer] - self.widths[layer] / 2 - _STUB, y))
            points.append((self.x_of[self.layer[v]] - self.sizes[v][0] / 2, y))
            ways.append(tuple(points))
        return ways


def _by_mean(keys: list[str], neighbours: Mapping[str, list[str]], beside: Mapping[str, int]) -> list[str]:
    """Keys by the mean place of their neighbours; one without any keeps its place among the others."""
    means: dict[str, float] = {}
    for i, key in enumerate(keys):
        near = neighbours[key]
        means[key] = sum(beside[n] for n in near) / len(near) if near else -1.0
        if not near:
            means[key] = means[keys[i - 1]] if i else -1.0
    return sorted(keys, key=means.__getitem__)
