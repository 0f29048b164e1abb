"""What a layer is: formulas of one example, and the shapes of its parameters."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from functools import update_wrapper
from math import isfinite
from numbers import Real
from typing import Any

from symnet.algebra import functions
from symnet.algebra.common_names import understood
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.parsing import parse

Shape = tuple[int, ...]

_EXACTLY = Context(prec=1000, traps=[Inexact])


@dataclass(frozen=True)
class Parameter:
    """An array that training changes: its shape, how many numbers reach one unit through it (``fan_in``), the number
    it starts from where nothing is drawn, and whether it is a weight, which a penalty counts."""

    shape: Shape
    fan_in: int
    start: int | None = None
    is_weight: bool = True


@dataclass(frozen=True)
class Mask:
    """An array of this shape that comes with each example beside x: in training 0 with the probability ``rate`` and
    else 1/(1 − rate), drawn anew for each batch; 1 to predict."""

    shape: Shape
    rate: Fraction


@dataclass(frozen=True)
class Window:
    """What one place sees of an axis below: so many places, a stride apart, with zeros at both ends."""

    size: int
    stride: int = 1
    padding: int = 0

    def then(self, above: Window) -> Window:
        """The window of a layer above seen through this one."""
        size, stride = self.size + (above.size - 1) * self.stride, self.stride * above.stride
        return Window(size, stride, self.padding + self.stride * above.padding)


@dataclass(frozen=True)
class Layer:
    """What a layer does to one example.

    ``formulas`` are in the language of exercise files; {x} is the array below, {W} a parameter or an equation of the
    layer: {"Z": "{x} @ {W} + {b}"}.  ``output`` is the equation that the next layer reads.  ``constants`` are arrays
    of numbers that stand in the formulas and that no update changes; ``masks`` are arrays that come with each example
    beside x.  ``windows`` say what a place sees; None is everything.
    """

    parameters: Mapping[str, Parameter]
    formulas: Mapping[str, str]
    output: str
    constants: Mapping[str, Any] = field(default_factory=dict)
    masks: Mapping[str, Mask] = field(default_factory=dict)
    reads_ids: bool = False  # whether what is below are whole numbers that name rows, not quantities
    windows: tuple[Window, ...] | None = None  # along each axis of places; () where a place sees itself alone
    by_rows: bool = False  # whether the formulas are those of many examples too, where x has a row for each


@dataclass(frozen=True, repr=False)
class Spec:
    """A kind of layer with its options, which waits for the shape of what is below it."""

    kind: Kind
    options: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.kind.name}({', '.join(f'{key}={value!r}' for key, value in self.options.items())})"

    def on(self, shape: Shape) -> Layer:
        """The layer on examples of that shape.  Raises Mistake."""
        try:
            for key, value in self.options.items():
                if self.kind.options[key].annotation == "bool" and not isinstance(value, bool):
                    raise Mistake(f"{key} is {shown(value)}; it must be true or false")
            return self.kind.function(shape, **self.options)
        except Mistake as mistake:
            raise Mistake(f"{self.kind.name}: {mistake}") from None


class Kind:
    """A kind of layer: call it with its options, as in ``conv(8, 3, padding=1)``."""

    def __init__(self, function: Callable[..., Layer]) -> None:
        self.function = function
        self.name = function.__name__
        signature = inspect.signature(function)
        self.options = dict([*signature.parameters.items()][1:])
        self.__signature__ = signature.replace(parameters=[*self.options.values()], return_annotation=Spec)
        update_wrapper(self, function, updated=())

    def __repr__(self) -> str:
        return f"symnet.layers.{self.name}{self.__signature__}"

    def __reduce__(self) -> tuple[Any, ...]:
        return kind_called, (self.name,)  # its function's name is that of the kind, so pickle would not find it

    def __call__(self, *arguments: Any, **options: Any) -> Spec:
        try:
            bound = self.__signature__.bind(*arguments, **options)
        except TypeError as error:
            wrong = next((key for key in options if key not in self.options), "")
            plain = [p.replace(annotation=p.empty) for p in self.options.values()]
            form = f"it is {self.name}{inspect.Signature(plain)}"
            if missing := _missing(plain, arguments, options):
                are = "is" if len(missing) == 1 else "are"
                raise Mistake(f"layers.{self.name}: {' and '.join(missing)} {are} missing; {form}") from None
            hint = suggestion(wrong, self.options) if wrong else f"; {form}"
            raise Mistake(f"layers.{self.name}: {error}{hint}".replace("got an unexpected", "there is no")) from None
        return Spec(self, dict(bound.arguments))


def _missing(
    parameters: Sequence[inspect.Parameter], arguments: Sequence[Any], options: Mapping[str, Any]
) -> list[str]:
    """The options that have to be given and are not."""
    left = [p.name for p in parameters[len(arguments) :] if p.default is p.empty and p.name not in options]
    return left if {*options} <= {p.name for p in parameters} else []


def kind_called(name: str) -> Kind:
    """The kind of that name."""
    from symnet.algebra.layers import CATALOGUE  # which is made of the files that import this one

    return CATALOGUE[name]


def layer(function: Callable[..., Layer]) -> Kind:
    """Marks a function of the shape below, and of its options, as a kind of layer."""
    return Kind(function)


def whole(key: str, value: Any, least: int = 1) -> int:
    """An option that is a whole number of at least ``least``; raises Mistake."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        typed = str(value).lower() if isinstance(value, bool) else shown(value)  # true, as a file has it
        raise Mistake(f"{key} is {typed}; it must be a whole number of {least} or more")
    return value


def numbers_in(key: str, value: Any, shape: Shape) -> Any:
    """An option that is an array of finite numbers of that shape, in lists; raises Mistake."""

    def checked(part: Any, lengths: Shape) -> Any:
        if not lengths and _is_number(part):
            return part
        if lengths and isinstance(part, (list, tuple)) and len(part) == lengths[0]:
            return [checked(one, lengths[1:]) for one in part]
        raise Mistake(f"{key} is {shown(value)}; it must be numbers in lists, in the shape {shape}")

    return checked(value.tolist() if hasattr(value, "tolist") else value, shape)


def decimal(key: str, value: Any) -> Fraction:
    """An option that is a number, as it is written, exactly: 0.1 is 1/10.  Raises Mistake."""
    if not _is_number(value):
        raise Mistake(f"{key} is {shown(value)}; it must be a number")
    return value if isinstance(value, Fraction) else Fraction(str(value))


def literal(value: Fraction) -> str:
    """A number in a formula: 0.00001, which prints as a number where 1/100000 would be a quotient."""
    try:
        return format(_EXACTLY.divide(Decimal(value.numerator), Decimal(value.denominator)), "f")
    except ArithmeticError:  # no finite decimal
        return f"({value})"


def _is_number(value: Any) -> bool:
    """Whether it is a finite number; one that is exact may be larger than any float."""
    exact = isinstance(value, (int, Fraction)) and not isinstance(value, bool)
    return exact or (isinstance(value, Real) and not isinstance(value, bool) and isfinite(value))


def rank(shape: Shape, count: int, what: str) -> Shape:
    """The shape, where it has so many axes; ``what`` says which, as in "(channels, height, width)"."""
    if len(shape) != count:
        raise Mistake(f"what is below has the shape {shape}; it must be {what}")
    return shape


def activated(formulas: dict[str, str], z: str, a: str, activation: str) -> str:
    """Adds the equation of an activation, by name or a formula in z, and gives the name of the output."""
    name = understood(activation, functions.CATALOGUE) or activation if isinstance(activation, str) else activation
    if name == "linear":
        return z
    if name in ("softmax", "log_softmax"):
        formulas[a] = f"{name}({{{z}}})"
        return a
    if not isinstance(name, str):
        raise Mistake(f"activation is {shown(activation)}; it must be a name, or a formula in z")
    if name in functions.CATALOGUE:
        formulas[a] = f"{name}({{{z}}})"
        return a
    if name.isidentifier() and name != "z":
        raise Mistake(f"activation is {shown(activation)}{suggestion(name, functions.CATALOGUE)}")
    try:
        parse(name, ("z",))
    except Mistake as mistake:
        raise Mistake(f"activation is {shown(activation)}: {mistake}") from None
    formulas[a] = re.sub(r"(?<![A-Za-z0-9_])z(?![A-Za-z0-9_])", f"{{{z}}}", name.replace("{", "").replace("}", ""))
    return a
