"""A judge of drawings: what lies on what, and what leaves the picture."""

from itertools import combinations
from math import hypot

from symnet.figures.labels import extent
from symnet.paper.breaking import width
from symnet.paper.drawing import Box, Circle, Label, Stroke
from symnet.paper.printing.text import maths as text_of


def box_of(label):
    """A second opinion on how large a label is, by the letters that breaking.width counts."""
    letters = len(label.text) if isinstance(label.text, str) else width(label.text)
    left, top, right, bottom = extent(label)
    wide = max(letters * 0.46 * label.size, right - left)
    middle = {"middle": (left + right) / 2, "right": left + wide / 2, "left": right - wide / 2}[label.side]
    return middle - wide / 2, top, middle + wide / 2, bottom


def overlap(one, other, slack=0.3):
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > slack and min(one[3], other[3]) - max(one[1], other[1]) > slack
    )


def meets_circle(box, circle):
    x = min(max(circle.x, box[0]), box[2])
    y = min(max(circle.y, box[1]), box[3])
    return hypot(x - circle.x, y - circle.y) < circle.radius - 0.3


def inside(box, outer, slack=0.6):
    return (
        box[0] >= outer[0] - slack
        and box[1] >= outer[1] - slack
        and box[2] <= outer[2] + slack
        and box[3] <= outer[3] + slack
    )


def frame(mark):
    if isinstance(mark, Circle):
        return mark.x - mark.radius, mark.y - mark.radius, mark.x + mark.radius, mark.y + mark.radius
    return mark.x, mark.y, mark.x + mark.width, mark.y + mark.height


def crosses(stroke, box):
    """Whether a stroke runs through a box: sampled closely."""
    steps = max(2, int(hypot(stroke.x2 - stroke.x1, stroke.y2 - stroke.y1)))
    for i in range(steps + 1):
        x = stroke.x1 + (stroke.x2 - stroke.x1) * i / steps
        y = stroke.y1 + (stroke.y2 - stroke.y1) * i / steps
        if box[0] + 0.6 < x < box[2] - 0.6 and box[1] + 0.6 < y < box[3] - 0.6:
            return True
    return False


def complaints(drawing):
    """Everything that is wrong with a drawing, in words."""
    labels = [mark for mark in drawing.marks if isinstance(mark, Label)]
    shapes = [mark for mark in drawing.marks if isinstance(mark, (Circle, Box))]
    strokes = [mark for mark in drawing.marks if isinstance(mark, Stroke)]
    boxes = {id(label): box_of(label) for label in labels}

    def says(label):
        return label.text if isinstance(label.text, str) else text_of(label.text)

    for one, other in combinations(labels, 2):
        if overlap(boxes[id(one)], boxes[id(other)]):
            yield f"{says(one)} lies on {says(other)}"
    for one, other in combinations(shapes, 2):
        if overlap(frame(one), frame(other)):
            yield f"{one} lies on {other}"
    for label in labels:
        box = boxes[id(label)]
        if not inside(box, (0, 0, drawing.width, drawing.height), 0.01):
            yield f"{says(label)} leaves the picture"
        homes = [shape for shape in shapes if inside(box, frame(shape))]
        for shape in shapes:
            touches = meets_circle(box, shape) if isinstance(shape, Circle) else overlap(box, frame(shape))
            if touches and shape not in homes:
                yield f"{says(label)} lies across {shape}"
        if not label.backed:
            for stroke in strokes:
                if crosses(stroke, box):
                    yield f"{stroke} runs through {says(label)}"
    for stroke in strokes:
        for shape in shapes:
            outer = frame(shape)
            ends_inside = inside((stroke.x1, stroke.y1, stroke.x1, stroke.y1), outer) and inside(
                (stroke.x2, stroke.y2, stroke.x2, stroke.y2), outer
            )
            if ends_inside:
                continue  # what divides a circle or a box
            if isinstance(shape, Circle):
                reach = shape.radius * 0.7
                outer = shape.x - reach, shape.y - reach, shape.x + reach, shape.y + reach
            if crosses(stroke, outer):
                yield f"{stroke} runs through {shape}"
