"""Breaking long formulas: how wide a formula is, about, and where a person would go to the next line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from symnet.notation.line import Line
from symnet.notation.maths import (
    Accent,
    Arrow,
    Blank,
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
    kept,
    row,
)

FURTHER = 5  # letters before what goes on in another line, and before a further path


@dataclass(frozen=True)
class Half(Brackets):
    """One bracket of two that stand on different lines; ``strut`` is what is tall on the other lines."""

    strut: Maths | None = None


@kept
def width(node: Maths) -> float:
    """About how many letters wide the formula is when fractions are stacked and scripts are small."""
    match node:
        case Number(text) | Letter(text) | Word(text):
            return len(text)
        case Operator(sign, prefix):
            return len(sign) if sign.isalpha() else 1 if prefix or sign == "," else 3  # max, or one sign
        case Times(seen):
            return 2 if seen else 0.5
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
        case Blank(letters):
            return 1.4 * letters
        case Arrow(label):
            return 4 + (0.7 * width(label) if label is not None else 0)
        case Cases(rows):
            return max(width(value) + width(condition) + 6 for value, condition in rows)
        case Matrix(rows):
            return sum(2 + max(map(width, column)) for column in zip(*rows, strict=True))


def rows_of(
    line: Line, room: float, measure: Callable[[Maths], float] = width
) -> Iterator[tuple[Maths | None, list[tuple[str, Maths]]]]:
    """The printed lines of a line of working: (lhs or None, [(relation, formula), …]), each at most ``room`` wide.

    Steps share a line where all of them fit, unless they are stacked; else the value shares one with the numbers it
    comes from, and paths with each other.  A step that is too wide alone goes on, before a + or a ·, in further lines
    whose relation is "".
    """
    indent = measure(line.lhs) if line.lhs is not None else 0
    steps = list(line.steps)
    if not line.stacked and _fits(steps, room - indent, measure):
        yield line.lhs, steps
        return
    rows: list[list[tuple[str, Maths]]] = []
    symbols, others = (steps[:-2], steps[-2:]) if not line.stacked else ([], steps)
    if symbols and not _fits(symbols, room - indent, measure):
        symbols, others = [], steps
    if symbols:
        rows.append(symbols)
    for relation, node in others:
        if relation == "+" and _fits([*rows[-1], (relation, node)], room - indent, measure):
            rows[-1] = [*rows[-1], (relation, node)]
            continue
        own = room - indent - (3 if relation != "+" else FURTHER)
        broken = pieces(node, max(20.0, own), measure)
        if len(broken) > 1:
            broken = pieces(node, max(20.0, room - indent - FURTHER), measure)
        rows += [[(relation if i == 0 else "", piece)] for i, piece in enumerate(broken)]
    # The total of several paths stands beside them where they share a line, and otherwise under all of them.
    has_value = len(rows) > 1 and rows[-1] == steps[-1:] and rows[-2][0][0] != "+"
    if has_value and _fits(rows[-2] + rows[-1], room - indent, measure):
        rows[-2:] = [rows[-2] + rows[-1]]
    for i, found in enumerate(rows):
        yield line.lhs if i == 0 else None, found


def _fits(steps: Sequence[tuple[str, Maths]], room: float, measure: Callable[[Maths], float]) -> bool:
    return sum(measure(node) + 3 for _, node in steps) <= room


def pieces(node: Maths, room: float, measure: Callable[[Maths], float]) -> list[Maths]:
    """The formula in pieces of at most ``room``: broken before a further = or ≈, a + or −, a factor; brackets last.

    Of several formulas in a row each goes whole into the next line where it has no room.
    """
    if measure(node) <= room:
        return [node]
    if len(several := listed(node)) > 1:
        return in_rows(several, room, lambda formula: pieces(formula, room, measure), measure)
    items = node.items if isinstance(node, Row) else (node,)
    sums, factors = _split(items, _is_sign), _factors(items)
    label, *values = _split(items, _is_relation)
    parts = sums if len(sums) > 1 else factors
    if len(values) > 1:  # f̄ = W ȳ ≈ […] is broken before ≈, and f keeps what it is equal to
        parts = [[*label, *values[0]], *values[1:]]
    if len(parts) == 1:
        return _opened(list(items), room, measure)
    lines: list[Maths] = []
    closed = False  # whether a line may go on: what follows a broken term starts a line of its own
    for part in parts:
        joined = row(lines[-1], *part) if lines else row(*part)
        if closed and measure(joined) <= room:
            lines[-1] = joined
            continue
        if lines and parts is factors and _is_number(lines[-1]) and measure(row(*part)) > room:
            opened = _opened(list(row(lines[-1], *part).items), room, measure)  # type: ignore[union-attr]
            if len(opened) > 1:  # a number is not left alone on its line
                lines[-1:] = opened
                closed = True
                continue
        if lines and part[0] == Times(seen=False):
            part = [Times(seen=True), *part[1:]]  # at the start of a line nearness would not say that it goes on
        broken = pieces(row(*part), room, measure)
        lines += broken
        closed = len(broken) == 1 or parts is factors
    return lines


def listed(node: Maths) -> list[Maths]:
    """Several formulas in a row, each with the comma and the room after it."""
    parts: list[list[Maths]] = [[]]
    spaced = False
    for item in node.items if isinstance(node, Row) else (node,):
        is_space = isinstance(item, Word) and not item.text.strip()
        if spaced and not is_space:
            parts.append([])
        parts[-1].append(item)
        spaced = is_space
    return [row(*part) for part in parts]


def in_rows(
    formulas: Sequence[Maths],
    room: float,
    broken: Callable[[Maths], list[Maths]],
    measure: Callable[[Maths], float],
) -> list[Maths]:
    """As many of the formulas on each line as there is room for; one that has none alone is ``broken``."""
    lines: list[Maths] = []
    for formula in formulas:
        joined = row(lines[-1], formula) if lines else formula
        if lines and measure(joined) <= room:
            lines[-1] = joined
        else:
            lines += broken(formula)
    return lines


def _split(items: Sequence[Maths], starts: Callable[[Maths], bool]) -> list[list[Maths]]:
    """The items in parts, each from one that ``starts`` a part to the next."""
    parts: list[list[Maths]] = [[]]
    for item in items:
        if starts(item):
            parts.append([])
        parts[-1].append(item)
    return [part for part in parts if part]


def _factors(items: Sequence[Maths]) -> list[list[Maths]]:
    """The items in parts, each from a sign of multiplication or division on; ∂L/∂f is one thing."""
    parts: list[list[Maths]] = []
    for part in _split(items, _starts_factor):
        if parts and part[0] == Word("/") and part[1:2] == [Operator("∂", prefix=True)]:
            parts[-1] += part
        else:
            parts.append(part)
    return parts


def _opened(items: list[Maths], room: float, measure: Callable[[Maths], float]) -> list[Maths]:
    """A factor broken inside its widest brackets, and a fraction as (a)/(b)."""
    i = max(range(len(items)), key=lambda i: measure(items[i]) if _can_open(items[i]) else -1)
    before, after = items[:i], items[i + 1 :]
    match items[i]:
        case Fraction(above, below) if measure(items[i]) > room / 2:
            one, other = (Brackets(part) if isinstance(part, Row) else part for part in (above, below))
            return pieces(row(*before, one, Word("/"), other, *after), room, measure)
        case Brackets(body, "(", ")") | Script(Brackets(body, "(", ")")) as whole:
            beside = measure(row(*before)) + measure(row(*after)) + 2
            inner = pieces(body, max(room / 2, room - beside), measure)
            if len(inner) == 1:
                return [row(*items)]
            first, *middle, last = inner
            start, end = Half(first, "(", "", _strut(body, first)), Half(last, "", ")", _strut(body, last))
            closed = Script(end, whole.sub, whole.sup) if isinstance(whole, Script) else end
            return [row(*before, start), *middle, row(closed, *after)]
        case _:
            return [row(*items)]


def on_lines(half: Half, parts: list[Maths]) -> list[Maths]:
    """The parts of what is beside one of two brackets, each for a line of its own, the bracket at the first or last."""
    i = 0 if half.left else -1
    tall = [strut for strut in (half.strut, _strut(half.body, parts[i])) if strut is not None]
    parts[i] = replace(half, body=parts[i], strut=row(*tall) if tall else None)
    return parts


def _is_number(node: Maths) -> bool:
    """0.5 or −0.5."""
    return isinstance(node, Number) or (isinstance(node, Row) and [*map(type, node.items)] == [Operator, Number])


def _can_open(node: Maths) -> bool:
    match node:
        case Fraction() | Brackets(_, "(", ")") | Script(Brackets(_, "(", ")")):
            return True
        case _:
            return False


def _strut(body: Maths, shown: Maths) -> Maths | None:
    """What is tall in the brackets and does not stand on the line where ``shown`` does."""
    here, all_items = (node.items if isinstance(node, Row) else (node,) for node in (shown, body))
    tall = [item for item in all_items if is_tall(item) and item not in here]
    return row(*tall) if tall else None


@kept
def is_tall(node: Maths) -> bool:
    """Whether brackets round it must grow."""
    match node:
        case Fraction() | Root() | Cases() | Matrix():
            return True
        case Row(items):
            return any(map(is_tall, items))
        case Half(body, _, _, strut):
            return strut is not None or is_tall(body)
        case Brackets(body) | Script(body) | Accent(body) | Boxed(body):
            return is_tall(body)
        case _:
            return False


def has_matrix(node: Maths) -> bool:
    """Whether it is an equation of a matrix, or several of them: numbers, which nothing below needs on its page."""
    return any(isinstance(item, Matrix) for item in (node.items if isinstance(node, Row) else (node,)))


def _starts_factor(node: Maths) -> bool:
    return isinstance(node, (Times, Arrow)) or node in (Operator("∘"), Word("/"))


def _is_relation(node: Maths) -> bool:
    return isinstance(node, Operator) and not node.prefix and node.sign in "=≈"


def _is_sign(node: Maths) -> bool:
    return isinstance(node, Operator) and not node.prefix and node.sign in "+−"


def on_one_line(node: Maths) -> Maths:
    """∂L/∂w and ∂⁺L/∂w with a slash, as it stands in a line of text or a table."""
    match node:
        case Fraction(Row((Operator("∂" | "∂⁺"), *_)) as above, Row((Operator("∂"), *_)) as below):
            return row(above, Word("/"), below)
        case Row(items):
            return row(*map(on_one_line, items))
        case Fraction(above, below):
            return Fraction(on_one_line(above), on_one_line(below))
        case Brackets(body) | Root(body):
            return replace(node, body=on_one_line(body))
        case _:
            return node
