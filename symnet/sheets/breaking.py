"""Breaking long formulas: how wide a formula is, about, and where a person would go to the next line."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from symnet.working.maths import (
    Accent,
    Arrow,
    Boxed,
    Brackets,
    Cases,
    Fraction,
    Letter,
    Maths,
    Matrix,
    Number,
    Operator,
    Root,
    Row,
    Script,
    Times,
    Word,
    row,
)
from symnet.working.work import Line


def width(node: Maths) -> float:
    """About how many letters wide the formula is when fractions are stacked and scripts are small."""
    match node:
        case Number(text) | Letter(text) | Word(text):
            return len(text)
        case Operator(sign, prefix):
            return 1 if prefix or sign == "," else 3
        case Times():
            return 2
        case Row(items):
            return sum(width(item) for item in items)
        case Fraction(above, below):
            return max(width(above), width(below)) + 0.5
        case Script(base, sub, sup):
            return width(base) + 0.7 * max(width(script) if script is not None else 0 for script in (sub, sup))
        case Brackets(body):
            return width(body) + 2
        case Root(body) | Boxed(body):
            return width(body) + 2
        case Accent(body):
            return width(body)
        case Arrow(label):
            return 4 + (width(label) if label is not None else 0)
        case Cases(rows):
            return max(width(value) + width(condition) + 6 for value, condition in rows)
        case Matrix(rows):
            return sum(2 + max(map(width, column)) for column in zip(*rows, strict=True))


def rows_of(
    line: Line, room: float, measure: Callable[[Maths], float] = width
) -> Iterator[tuple[Maths | None, list[tuple[str, Maths]]]]:
    """The printed lines of a line of working: (lhs or None, [(relation, formula), …]), each at most ``room`` wide.

    Steps share a line where all of them fit, unless they are stacked; a step that is too wide alone goes on, before a
    + or a ·, in further lines whose relation is "".
    """
    indent = measure(line.lhs) if line.lhs is not None else 0
    steps = list(line.steps)
    if not line.stacked and indent + sum(measure(node) + 3 for _, node in steps) <= room:
        yield line.lhs, steps
        return
    lhs = line.lhs
    for relation, node in steps:
        for i, piece in enumerate(pieces(node, max(20.0, room - indent - 3), measure)):
            yield lhs, [(relation if i == 0 else "", piece)]
            lhs = None


def pieces(node: Maths, room: float, measure: Callable[[Maths], float]) -> list[Maths]:
    """The formula in pieces of at most ``room``, broken before a + or −, else a · or an arrow, brackets opened last."""
    if measure(node) <= room:
        return [node]
    if not isinstance(node, Row):
        opened = row(*_opened([node]))
        return pieces(opened, room, measure) if isinstance(opened, Row) else [node]
    at_sums = any(_is_sign(item) for item in node.items)
    parts: list[list[Maths]] = [[]]
    for item in node.items:
        if _is_sign(item) if at_sums else isinstance(item, (Times, Arrow)):
            parts.append([])
        parts[-1].append(item)
    lines: list[list[Maths]] = [[]]
    for part in parts:
        if lines[-1] and measure(Row((*lines[-1], *part))) > room:
            lines.append([])
        lines[-1] += part
    broken: list[Maths] = []
    for line in filter(None, lines):
        if broken and line[0] == Times(seen=False):
            line[0] = Times(seen=True)  # at the start of a line nearness would not say that it goes on
        inside = _opened(line)
        if measure(row(*line)) > room and inside != line:
            broken += pieces(row(*inside), room, measure)
        else:
            broken.append(row(*line))
    return broken


def _opened(items: list[Maths]) -> list[Maths]:
    """The items with brackets as signs beside what was in them, so that a line can end inside; a/b for a fraction."""
    opened: list[Maths] = []
    for item in items:
        match item:
            case Brackets(body, "(", ")"):
                opened += [Word("("), body, Word(")")]
            case Script(Brackets(body, "(", ")"), sub, sup):
                opened += [Word("("), body, Script(Word(")"), sub, sup)]
            case Fraction(above, below):
                closed = [Brackets(part) if isinstance(part, Row) else part for part in (above, below)]
                opened += [closed[0], Word("/"), closed[1]]
            case _:
                opened.append(item)
    return opened


def _is_sign(node: Maths) -> bool:
    return isinstance(node, Operator) and not node.prefix and node.sign in "+−"


def on_one_line(node: Maths) -> Maths:
    """∂L/∂w with a slash, as it stands in a line of text or a table."""
    match node:
        case Fraction(Row((Operator("∂"), *_)) as above, Row((Operator("∂"), *_)) as below):
            return row(above, Word("/"), below)
        case Row(items):
            return row(*map(on_one_line, items))
        case _:
            return node
