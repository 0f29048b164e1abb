"""The number of a printed formula, read from what is on paper alone: indices count from 1, an entry outside is 0."""

from __future__ import annotations

import itertools
import math

from symnet.notation.maths import (
    COMMA,
    Accent,
    Brackets,
    Fraction,
    Letter,
    Number,
    Operator,
    Root,
    Row,
    Script,
    Times,
    Word,
)

FUNCTIONS = {
    "tanh": math.tanh, "log": math.log, "ReLU": lambda z: max(z, 0.0), "ReLU′": lambda z: float(z > 0),
    "σ": lambda z: 1 / (1 + math.exp(-z)),
}  # fmt: skip


class Paper:
    """``arrays`` by the way they look on paper; ``ranges`` says how far an index goes, by its letter."""

    def __init__(self, arrays, ranges, numbers=()):
        self.arrays, self.ranges, self.numbers = arrays, ranges, dict(numbers)

    def value(self, node, at):
        items = list(node.items) if isinstance(node, Row) else [node]
        total, sign, term = 0.0, 1.0, []
        for item in [*items, Operator("+")]:
            if isinstance(item, Operator) and item.sign in "+−":
                if term:
                    total += sign * self.term(term, at)
                    term, sign = [], 1.0
                sign *= -1.0 if item.sign == "−" else 1.0
            else:
                term.append(item)
        return total

    def term(self, items, at):
        result = 1.0
        while items:
            first, *items = items
            if isinstance(first, Script) and isinstance(first.base, Operator):
                return result * self.over(first, items, at)
            if isinstance(first, Times):
                continue
            name = self.function(first)
            if name is not None and items and isinstance(items[0], Brackets):
                result *= FUNCTIONS[name](self.value(items[0].body, at))
                items = items[1:]
                continue
            result *= self.factor(first, at)
        return result

    def function(self, node):
        if isinstance(node, Script) and node.sup == Word("′"):
            return f"{node.base.text}′"
        return node.text if isinstance(node, (Word, Letter)) and node.text in FUNCTIONS else None

    def over(self, sign, items, at):
        letters = [part.text for part in parts(sign.sub)]
        values = {}
        for places in itertools.product(*(range(1, self.ranges[letter] + 1) for letter in letters)):
            values[places] = self.term(list(items), {**at, **dict(zip(letters, places, strict=True))})
        if sign.base.sign == "∑":
            return sum(values.values())
        largest = max(values.values())
        return largest if sign.base.sign == "max" else next(k for k, v in values.items() if v == largest)

    def factor(self, node, at):
        match node:
            case Number(text):
                return float(text)
            case Letter(text):
                return at[text] if text in at else self.numbers[text]
            case Brackets(body, "["):
                return float(self.holds(body, at))
            case Brackets(body):
                return self.value(body, at)
            case Fraction(above, below):
                return self.value(above, at) / self.value(below, at)
            case Root(body):
                return math.sqrt(self.value(body, at))
            case Script(Letter("e"), None, power):
                return math.exp(self.value(power, at))
            case Script(base, None, power):
                return self.factor(base, at) ** self.value(power, at)
            case Script(base, sub, power):
                array, places = self.behind_its_own(base, sub)
                found = self.entry(array, [self.value(part, at) for part in places])
                return found if power is None else found ** self.value(power, at)
            case Row():
                return self.value(node, at)
        raise AssertionError(node)

    def behind_its_own(self, base, sub):
        """(how the array looks, the places): of H_{1,ik} H_1 and i, k, where an array looks so."""
        items = sub.items if isinstance(sub, Row) else (sub,)
        for look in self.arrays:
            if isinstance(look, Script) and look.base == base and look.sub is not None:
                own = look.sub.items if isinstance(look.sub, Row) else (look.sub,)
                if items[: len(own) + 1] == (*own, COMMA):
                    return look, parts(row(items[len(own) + 1 :]))
        return base, parts(sub)

    def entry(self, look, places):
        array = self.arrays[look]
        assert len(places) == array.ndim
        if not all(1 <= i <= n for i, n in zip(places, array.shape, strict=True)):
            return 0.0
        return float(array[tuple(int(i) - 1 for i in places)])

    def holds(self, node, at):
        items = list(node.items)
        if Operator("≤") in items:
            low, middle, high = split(items, Operator("≤"))
            return self.value(row(low), at) <= self.value(row(middle), at) <= self.value(row(high), at)
        left, right = split(items, Operator("="))
        if isinstance(right[0], Script) and isinstance(right[0].base, Operator):
            places = parts(left[0].body) if isinstance(left[0], Brackets) else [row(left)]
            return tuple(self.value(place, at) for place in places) == self.over(right[0], right[1:], at)
        return self.value(row(left), at) == self.value(row(right), at)


def row(items):
    return items[0] if len(items) == 1 else Row(tuple(items))


def split(items, separator):
    groups = [[]]
    for item in items:
        if item == separator:
            groups.append([])
        else:
            groups[-1].append(item)
    return groups


def parts(node):
    """The places of an index: between commas, or single letters side by side."""
    items = list(node.items) if isinstance(node, Row) else [node]
    if Operator(",") in items:
        return [row(group) for group in split(items, Operator(","))]
    return [node] if any(isinstance(item, (Operator, Times)) for item in items) else items


def barred(node):
    """The look of the gradient in what looks so."""
    if isinstance(node, Script):
        return Script(Accent(node.base, "bar"), node.sub, node.sup)
    return Accent(node, "bar")
