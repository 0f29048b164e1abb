"""The layers of a network as boxes one below the other, with the shape of what goes from each to the next.

    ┌──────────────────────────┐
    │ 1  convolution, 6 filters │  156 parameters
    └────────────┬─────────────┘
     6 × 28 × 28 ↓

What goes around layers, as in a residual network, goes down at their right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symnet.algebra.sized import Sized
from symnet.notation.maths import Maths
from symnet.paper.document import Figure
from symnet.paper.drawing import Box, Drawing, Label, Mark, Stroke
from symnet.paper.lettering import width_of
from symnet.paper.printing.text import maths as text_of
from symnet.working.sizes import digits, said, shape
from symnet.working.work import Work

SIZE = 9.0  # of the letters, in points
_HIGH, _GAP, _BESIDE, _MARGIN = 20.0, 22.0, 26.0, 4.0


def sizes_figure(work: Work, values: bool = True) -> Figure:
    """The layers of an exercise about sizes; without ``values`` nothing that is asked stands in it."""
    sized = work.problem.sizes
    assert sized is not None
    drawing = _Picture(work, values).drawing(sized.layers)
    steps = [f"input {text_of(shape(work, sized.inputs.values()))}"]
    for layer in sized.layers:
        gives = f", giving {text_of(shape(work, layer.shape.values()))}" if values else ""
        steps.append(f"{layer.where} {said(work, layer)}{gives}")
    return Figure(drawing, f"Layers from top to bottom: {'; '.join(steps)}.")


@dataclass
class _Picture:
    work: Work
    values: bool

    def drawing(self, layers: Sequence[Sized]) -> Drawing:
        sized = self.work.problem.sizes
        assert sized is not None
        self.marks: list[Mark] = []
        around = [_is_around(layers, i) for i in range(len(layers))]
        wide = max(_wide(self._words(layer)) for layer, beside in zip(layers, around, strict=True) if not beside)
        self.wide, self.middle, self.right = wide, _MARGIN + wide / 2, 0.0
        y = _MARGIN + SIZE
        self._label(self.middle, y, "input")
        bottom = y + SIZE * 0.7
        fork = start = 0.0  # where the way around the layers leaves, and where the next box on it may begin
        shown: Maths | str = shape(self.work, sized.inputs.values())
        for layer, beside in zip(layers, around, strict=True):
            if beside:
                start = self._beside(layer, start)
                continue
            if layer.place.endswith("a"):
                fork = start = bottom + _GAP / 2
            self._down(bottom, bottom + _GAP, shown)
            top = bottom + _GAP
            if layer.kind == "residual":
                self._around(fork, top, start)
            self._box(self.middle, top, self.wide, layer)
            bottom = top + _HIGH
            shown = shape(self.work, layer.shape.values()) if self.values else ""
        self._down(bottom, bottom + _GAP, shown)
        return Drawing(self.right + _MARGIN, bottom + _GAP + _MARGIN, tuple(self.marks))

    def _words(self, layer: Sized) -> str:
        return f"{layer.where}  {said(self.work, layer)}"

    def _label(self, x: float, y: float, text: Maths | str, side: str = "middle", style: str = "plain") -> None:
        self.marks.append(Label(x, y, text, side, style, SIZE))
        reach = SIZE * width_of(text) * {"middle": 0.5, "right": 1.0, "left": 0.0}[side]
        self.right = max(self.right, x + reach)

    def _down(self, top: float, bottom: float, shown: Maths | str) -> None:
        self.marks.append(Stroke(self.middle, top, self.middle, bottom, arrow=True))
        if shown:
            self._label(self.middle - 6, (top + bottom) / 2 - 1, shown, "left")

    def _box(self, x: float, top: float, wide: float, layer: Sized) -> None:
        self.marks.append(Box(x - wide / 2, top, wide, _HIGH))
        self._label(x, top + _HIGH / 2, self._words(layer))
        self.right = max(self.right, x + wide / 2)
        name = layer.lines.get("parameters", "")
        if self.values and name and self.work.values[name] and x == self.middle:
            count = f"{digits(self.work, name)} parameters"
            self._label(x + wide / 2 + 6, top + _HIGH / 2, count, "right", "gradient")

    @property
    def _aside(self) -> float:
        """The middle of what goes around: clear of the numbers beside the boxes."""
        return self.middle + self.wide / 2 + 6 + SIZE * width_of("1,000,000 parameters") + _BESIDE / 2

    def _beside(self, layer: Sized, start: float) -> float:
        """A box on the way around; gives where the next one may begin."""
        wide = _wide(self._words(layer))
        x, top = self._aside + wide / 2 - _BESIDE / 2, start + _GAP
        self.marks.append(Stroke(self._aside, start, self._aside, top, arrow=True))
        self._box(x, top, wide, layer)
        return top + _HIGH

    def _around(self, fork: float, top: float, start: float) -> None:
        """The way around layers: out where they begin, down, and into their sum."""
        x, into = self._aside, top + _HIGH / 2
        self.marks.append(Stroke(self.middle, fork, x, fork))
        self.marks.append(Stroke(x, start, x, into))
        self.marks.append(Stroke(x, into, self.middle + self.wide / 2, into, arrow=True))
        self.right = max(self.right, x)


def _is_around(layers: Sequence[Sized], at: int) -> bool:
    """Whether a layer stands on the way around others: its place has a letter, and the first of them reads the same."""
    place = layers[at].place
    number = place.rstrip("abcdefghijklmnopqrstuvwxyz")
    if number == place:
        return False
    inside = [
        layer for layer in layers[: at + 1] if layer.place.startswith(number) and layer.place[len(number) :].isalpha()
    ]
    again = [i for i, layer in enumerate(inside) if i and layer.below == inside[0].below and _starts_anew(inside, i)]
    return bool(again)


def _starts_anew(inside: Sequence[Sized], at: int) -> bool:
    """Whether a layer does not read what the one before it gives."""
    return inside[at].below != inside[at - 1].shape


def _wide(words: str) -> float:
    return SIZE * width_of(words) + 14
