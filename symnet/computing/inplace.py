"""Named equations as NumPy code that writes into arrays made once, instead of making new ones at every step.

    X.dot(W1, Z1); add(Z1, b1, Z1)        # Z1 = X W1 + 1 b1ᵀ
    tanh(Z1, A1)                          # A1 = tanh(Z1)

The text is that of ``source.Writer`` taken apart into single operations, each with the place of its result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sympy

from symnet.algebra import matrices
from symnet.algebra.equations import Array, Equation, Expr, names_in
from symnet.algebra.functions import abs as absolute
from symnet.algebra.functions import exp, log, relu, sigmoid, sign, sin, sqrt, tanh
from symnet.algebra.matrices import Operation, shape_of
from symnet.algebra.optimizers import UPDATE_NUMBER
from symnet.algebra.scalar import Kind, formula
from symnet.computing.backends import named
from symnet.computing.source import Writer, is_whole, truth_of

_UFUNCS = {tanh: "tanh", exp: "exp", log: "log", sqrt: "sqrt", sin: "sin", absolute: "abs", sign: "sign"}
_BY_DEFINITION = (sigmoid,)


class InPlace(Writer):
    """Writes equations as operations on named arrays, and keeps those arrays in ``arrays``.

    ``lengths`` are those of the open dimensions; ``arrays`` may already hold what the equations start from.
    """

    def __init__(self, lengths: Mapping[Any, int], dtype: Any, arrays: Mapping[Expr, np.ndarray]) -> None:
        super().__init__(named("numpy"))
        self.lengths, self.dtype = lengths, dtype
        self.arrays: dict[str, Any] = {}
        self._same: dict[Expr, Expr] = {}  # A2 = Z2: one array under two names
        self._scaled: dict[Expr, tuple[Expr, Expr]] = {}  # m̂ = c m: (c, m), multiplied where m̂ is used
        self._roots: dict[Expr, Expr] = {}  # of m̂ = c m with c above 0: √c
        self._softened: dict[Expr, tuple[str, str, str]] = {}  # of Z: its rows from the largest on, their exp, its sums
        self._numbers: list[str] = []
        self._statements: list[str] = []
        self._spare: dict[tuple[int, ...], int] = {}
        self._sums = 0
        for name, value in arrays.items():
            self.arrays[self.names[name]] = value

    def lines(self, equations: Sequence[Equation]) -> list[str]:
        """A line an equation: its operations, and the equation itself as a comment."""
        numbers, operations = self.numbers_and_lines(equations)
        return [*numbers, *operations]

    def numbers_and_lines(self, equations: Sequence[Equation]) -> tuple[list[str], list[str]]:
        """The same in two parts: numbers that depend on nothing the equations compute, and the operations."""
        text = []
        self._numbers = []
        for i, equation in enumerate(equations):
            self._statements, self._spare = [], {}
            if not self._put_off(equation, equations[:i], equations[i + 1 :]):
                self._place(equation)
            if self._statements:
                text.append(f"{'; '.join(self._statements)}  # {_in_words(equation)}")
        return self._numbers, text

    def _put_off(self, equation: Equation, before: Sequence[Equation], after: Sequence[Equation]) -> bool:
        """Whether the name needs no array: it is that of another array, or a number times one that is used once."""
        lhs, rhs = equation.lhs, equation.rhs
        if not isinstance(lhs, Array) or self.names[lhs] in self.arrays:
            return False
        factors = rhs.args if rhs.is_Mul else (rhs,)
        arrays = [f for f in factors if shape_of(f)]
        if len(arrays) != 1 or not isinstance(arrays[0], Array) or arrays[0] in self._scaled:
            return False
        base = self._same.get(arrays[0], arrays[0])
        if any(later.lhs in (lhs, base) for later in after):  # the value is needed as it is now
            return False
        if len(factors) == 1:
            self._same[lhs] = base
            return True
        number = sympy.Mul(*(f for f in factors if not shape_of(f)), evaluate=False)
        uses = sum(part == lhs for later in after for part in sympy.preorder_traversal(later.rhs))
        if uses != 1 or _outermost_totals(number) or any(e.lhs in names_in(number) for e in (*before, *after)):
            return False
        scale = sympy.Symbol(f"scale of {lhs}")
        self.names.assign(scale, self._fresh(f"{self.names[lhs]}_scale"))
        self._numbers.append(f"{self.names[scale]} = {self.scalar(number)}  # {_in_words(equation)}")
        self._scaled[lhs] = scale, base
        if _is_positive(number) and any(
            _root_of(part) == lhs for e in after for part in sympy.preorder_traversal(e.rhs)
        ):
            root = self._roots[lhs] = sympy.Symbol(f"root of {lhs}")
            self.names.assign(root, self._fresh(f"{self.names[lhs]}_root"))
            self._numbers.append(f"{self.names[root]} = {self.names[scale]}**0.5")
        return True

    def _place(self, equation: Equation) -> None:
        lhs, rhs = equation.lhs, equation.rhs
        if not shape_of(rhs) and not isinstance(lhs, Array):
            self._statements.append(f"{self.names[lhs]} = {self.scalar(rhs)}")
        else:
            out = self._array(self.names[lhs], lhs.shape)
            if self._safe(lhs, rhs):
                self.into(out, rhs)
            else:  # the old value is still needed while the new one is made
                self._statements.append(f"{out}[...] = {self.operand(rhs)}")

    def _safe(self, lhs: Expr, rhs: Expr) -> bool:
        """Whether the result may be written over the left-hand side at once."""
        if lhs not in names_in(rhs):
            return True
        first, *rest = rhs.args if rhs.is_Add else (rhs,)
        factors = first.args if first.is_Mul else (first,)
        above = [f for f in factors if shape_of(f) and not (f.is_Pow and f.exp == -1)]
        return (
            lhs in factors
            and sum(lhs in names_in(f) for f in factors) == 1
            and all(self._has_name(f) for f in above)  # what has none is worked out first, in the place of the result
            and not any(lhs in names_in(t) for t in rest)
        )

    def _array(self, name: str, shape: tuple[Any, ...]) -> str:
        if name not in self.arrays:
            self.arrays[name] = np.empty(tuple(int(self.lengths.get(n, n)) for n in shape), self.dtype)
        return name

    def _ones(self, length: Any) -> str:
        """A vector of ones: a product with it sums rows or columns, quicker than a sum."""
        number = int(self.lengths.get(length, length))
        self.arrays[f"_ones_{number}"] = np.ones(number, self.dtype)
        return f"_ones_{number}"

    def spare(self, shape: tuple[Any, ...], kind: str = "spare") -> str:
        """An array to work in, free until the equation is done."""
        known = tuple(int(self.lengths.get(n, n)) for n in shape)
        number = self._spare[known] = self._spare.get(known, 0) + 1
        name = "_".join(["", kind, *map(str, known), str(number)])
        if name not in self.arrays:
            self.arrays[name] = np.empty(known, bool if kind == "mask" else self.dtype)
        return name

    def constant(self, text: str) -> str:
        """A number as an array without axes, which NumPy takes up faster than a Python float; others as they are."""
        try:
            value = float(eval(text, {"__builtins__": {}}))  # noqa: S307 - arithmetic of our own, printed from the tree
        except NameError:
            return text
        name = "_c_" + "".join(c if c.isalnum() else "_" for c in repr(value).replace("-", "m").replace(".", "p"))
        self.arrays[name] = np.array(value, self.dtype)
        return name

    def emit(self, call: str, *arguments: str) -> None:
        self._statements.append(f"{self.use(call)}({', '.join(arguments)})")

    def scalar(self, expr: Expr) -> str:
        """The text of a number; sums over arrays are worked out on the way."""
        found: dict[Expr, Expr] = {}
        for operation in _outermost_totals(expr):
            inside = operation.args[0]
            if inside.is_Pow and inside.exp == 2:
                base = self.whole_operand(inside.base)
                text = f"{self.use('vdot')}({base}, {base})"
            else:
                text = f"{self.use('add')}.reduce({self.whole_operand(inside)}, None)"
            self._sums += 1
            stand_in = sympy.Symbol(f"sum {self._sums}")
            self.names.assign(stand_in, text)
            found[operation] = stand_in
        return self.code(expr.xreplace(found) if found else expr)

    def whole_operand(self, expr: Expr) -> str:
        """The name of an array of the whole shape: a vector that stands for its rows is spread out."""
        if is_whole(expr):
            return self.operand(expr)
        out = self.spare(shape_of(expr))
        if isinstance(expr, (matrices.rows, matrices.columns)):
            self.emit("copyto", out, self.operand(expr))
        else:
            self.into(out, expr)
        return out

    def operand(self, expr: Expr) -> str:
        """The name (or view) of an array that holds the expression, worked out first where it has no name."""
        if isinstance(expr, Array) and expr not in self._scaled:
            return self.names[self._same.get(expr, expr)]
        if not shape_of(expr):
            return self.constant(self.scalar(expr))
        if isinstance(expr, matrices.transpose) and isinstance(expr.args[0], Array):
            name = self.operand(expr.args[0])
            turned = f"_T_{name}"
            self.arrays[turned] = self.arrays[name].T
            return turned
        if isinstance(expr, matrices.rows):
            return self.operand(expr.args[0])
        if isinstance(expr, matrices.columns):
            return f"{self.operand(expr.args[0])}[:, None]"
        out = self.spare(shape_of(expr))
        self.into(out, expr)
        return out

    def into(self, out: str, expr: Expr) -> None:
        """The operations that leave the expression in ``out``."""
        if expr in self._scaled:
            self._multiply(out, self._scaled[expr])
        elif expr.is_Add:
            self._add(out, expr.args)
        elif expr.is_Mul:
            self._multiply(out, expr.args)
        elif expr.is_Pow:
            self._raise(out, expr)
        elif isinstance(expr, Operation):
            self._operate(out, expr)
        elif type(expr) in _UFUNCS:
            self.emit(_UFUNCS[type(expr)], self._ready(expr.args[0], out), out)
        elif isinstance(expr, relu):
            self.emit("maximum", self.operand(expr.args[0]), self.constant("0"), f"out={out}")
        elif type(expr) in _BY_DEFINITION:
            function: Kind = type(expr)
            z, definition = formula(function, len(expr.args))
            inside = self._named(expr.args[0])
            self.into(out, definition.xreplace({z[0]: inside}).replace(sympy.exp, lambda a: exp(a)))
        elif (mask := self._mask(expr)) is not None:
            self._statements.append(f"{out}[...] = {mask}")
        else:
            self._statements.append(f"{out}[...] = {self._plain(expr)}")

    def _plain(self, expr: Expr) -> str:
        """The expression as ordinary text, with the arrays' one name."""
        scaled = {name: sympy.Mul(*parts, evaluate=False) for name, parts in self._scaled.items()}
        return self.code(expr.xreplace({**self._same, **scaled}))

    def _ready(self, expr: Expr, out: str) -> str:
        """Where the expression is: in an array of its own, or else worked out in ``out``."""
        if self._has_name(expr):
            return self.operand(expr)
        self.into(out, expr)
        return out

    def _named(self, expr: Expr) -> Expr:
        """A name for the expression, so that it can stand in another."""
        if isinstance(expr, Array) and expr not in self._scaled:
            return expr
        text = self.operand(expr)
        name = Array(f"value of {text}", shape_of(expr))
        self.names.assign(name, text)
        return name

    def _add(self, out: str, terms: Sequence[Expr]) -> None:
        arrays = [t for t in terms if shape_of(t)]
        numbers = [t for t in terms if not shape_of(t)]
        first, *rest = [*arrays, *numbers]
        minus, positive = _sign(first)
        if rest and not minus and self._has_name(positive):
            start = self.operand(positive)
        elif rest and minus and self._has_name(positive) and not _sign(rest[0])[0]:
            first, rest = rest[0], [first, *rest[1:]]  # −T + P is P − T
            start = self.operand(first)
        elif rest and minus and len(rest) == 1 and not shape_of(rest[0]):  # 1 − A∘A: worked out, then taken from 1
            self.into(out, positive)
            self.emit("subtract", self.operand(rest[0]), out, out)
            return
        else:
            self.into_signed(out, first)
            start = out
        for term in rest:
            minus, positive = _sign(term)
            self.emit("subtract" if minus else "add", start, self.operand(positive), out)
            start = out

    def into_signed(self, out: str, term: Expr) -> None:
        minus, positive = _sign(term)
        if self._has_name(positive):
            self.emit(
                "negative" if minus else "copyto",
                *((self.operand(positive), out) if minus else (out, self.operand(positive))),
            )
            return
        self.into(out, positive)
        if minus:
            self.emit("negative", out, out)

    def _has_name(self, expr: Expr) -> bool:
        named = (Array, matrices.rows, matrices.columns, matrices.transpose)
        return (isinstance(expr, named) and expr not in self._scaled) or not shape_of(expr)

    def _multiply(self, out: str, factors: Sequence[Expr]) -> None:
        factors = [part for f in factors for part in self._scaled.get(f, (f,))]
        numbers = [f for f in factors if not shape_of(f)]
        arrays = [f for f in factors if shape_of(f)]
        divisors = []
        for f in arrays:
            if f.is_Pow and f.exp == -1:
                number, divisor = self._apart(f.base)
                numbers += [number**-1] if number != 1 else []
                divisors.append(divisor)
        above = [f for f in arrays if not (f.is_Pow and f.exp == -1)]
        # What must be worked out is worked out in place, and a slope of 0 and 1 needs numbers to multiply.
        above.sort(key=lambda f: (truth_of(f) is not None, self._has_name(f)))
        scale = self.scalar(sympy.Mul(*numbers, evaluate=False)) if numbers else "1"
        scaled = scale not in ("1", "1.0")
        if not above:
            self.emit("divide", self.constant(scale), self.operand(divisors.pop(0)), out)
            current, scaled = out, False
        else:
            current = self._ready(above.pop(0), out)
        for factor in above:
            self.emit("multiply", current, self._mask(factor) or self.operand(factor), out)
            current = out
        for divisor in divisors:
            self.emit("divide", current, self.operand(divisor) if current == out else self._ready(divisor, out), out)
            current = out
        if scaled:
            self.emit("multiply", current, self.constant(scale), out)
        elif current != out:
            self.emit("copyto", out, current)

    def _apart(self, divisor: Expr) -> tuple[Expr, Expr]:
        """(c, D) with c D the divisor: √(c v) + ε is √c (√v + ε/√c), where only numbers are left to multiply."""
        terms = divisor.args if divisor.is_Add else (divisor,)
        inside = next((root for t in terms if (root := _root_of(t)) in self._roots), None)
        if inside is None or sum(bool(shape_of(t)) for t in terms) > 1:
            return self._scaled.get(divisor, (sympy.Integer(1), divisor))
        number, base = self._roots[inside], sqrt(self._scaled[inside][1])
        parts = [base if _root_of(t) == inside else sympy.Mul(t, number**-1, evaluate=False) for t in terms]
        return number, sympy.Add(*parts, evaluate=False) if len(parts) > 1 else base

    def _mask(self, expr: Expr) -> str | None:
        """The name of the truth values that a slope such as ReLU′ is, or None for anything else."""
        condition = truth_of(expr)
        if not isinstance(condition, sympy.StrictGreaterThan):
            return None
        left, right = condition.args
        mask = self.spare(shape_of(expr), "mask")
        self.emit("greater", self.operand(left), self.operand(right), mask)
        return mask

    def _raise(self, out: str, expr: Expr) -> None:
        if expr.exp == -1:
            self.emit("divide", self.constant("1"), self.operand(expr.base), out)
            return
        base = self._ready(expr.base, out)
        if expr.exp == 2:
            self.emit("multiply", base, base, out)
        elif expr.exp == sympy.Rational(1, 2):
            self.emit("sqrt", base, out)
        else:
            self.emit("power", base, self.operand(expr.exp), out)

    def _operate(self, out: str, expr: Expr) -> None:
        if isinstance(expr, matrices.matmul):
            a, b = (self.whole_operand(argument) for argument in expr.args)
            self._statements.append(f"{a}.dot({b}, {out})")
        elif isinstance(expr, matrices.column_sums):
            a, n = self.whole_operand(expr.args[0]), shape_of(expr.args[0])[0]
            self._statements.append(f"{self._ones(n)}.dot({a}, {out})")
        elif isinstance(expr, matrices.row_sums):
            self._sum_rows(self.whole_operand(expr.args[0]), shape_of(expr.args[0]), out)
        elif isinstance(expr, matrices.softmax):
            _, powers, sums = self._soften(expr.args[0])
            self.emit("divide", powers, f"{sums}[:, None]", out)
        elif isinstance(expr, matrices.cross_entropy):
            z, t = expr.args
            shifted, _, sums = self._soften(z)
            logs = self.spare(shape_of(z))
            self.emit("log", sums, out)
            self.emit("subtract", shifted, f"{out}[:, None]", logs)
            self.emit("multiply", logs, self.whole_operand(t), logs)
            self._sum_rows(logs, shape_of(z), out)
            self.emit("negative", out, out)
        elif isinstance(expr, matrices.fill):
            self._statements.append(f"{out}.fill({self.scalar(expr.args[0])})")
        elif isinstance(expr, (matrices.rows, matrices.columns, matrices.transpose)):
            self.emit("copyto", out, self.operand(expr))
        else:
            self._statements.append(f"{out}[...] = {self._plain(expr)}")

    def _sum_rows(self, a: str, shape: tuple[Any, ...], out: str) -> None:
        self._statements.append(f"{a}.dot({self._ones(shape[1])}, {out})")

    def _soften(self, z: Expr) -> tuple[str, str, str]:
        """What softmax and its logarithm share: S = Z less the largest of each row, exp(S), and the sums of its rows.

        Worked out once for each Z: no equation of a network changes a value that an earlier one has given.
        """
        if z in self._softened:
            return self._softened[z]
        shape = shape_of(z)
        if isinstance(z, Array) and self._has_name(z):
            text = self.operand(z)
            shifted, powers = (self._array(f"_{kind}_{text}", shape) for kind in ("shifted", "exp"))
            sums = self._array(f"_sums_{text}", shape[:1])
            self._softened[z] = shifted, powers, sums
        else:
            text = self.whole_operand(z)
            shifted, powers, sums = self.spare(shape), self.spare(shape), self.spare(shape[:1])
        self._statements.append(f"{self.use('maximum')}.reduce({text}, 1, None, {sums})")
        self.emit("subtract", text, f"{sums}[:, None]", shifted)
        self.emit("exp", shifted, powers)
        self._sum_rows(powers, shape, sums)
        return shifted, powers, sums


def _outermost_totals(expr: Expr) -> list[Expr]:
    if isinstance(expr, matrices.total):
        return [expr]
    return [found for argument in expr.args for found in _outermost_totals(argument)]


def _root_of(expr: Expr) -> Expr | None:
    """v for √v, else None."""
    if isinstance(expr, sqrt):
        return expr.args[0]
    return expr.base if expr.is_Pow and expr.exp == sympy.Rational(1, 2) else None


def _is_positive(number: Expr) -> bool:
    """Whether a number is surely above 0: made of such by · and /, or 1 − βᵗ at an update t, with β between 0 and 1."""
    if number.is_Rational:
        return bool(number > 0)
    if number.is_Mul or (number.is_Pow and number.exp.is_Integer):
        return all(map(_is_positive, number.args if number.is_Mul else (number.base,)))
    if not number.is_Add or len(number.args) != 2 or number.args[0] != 1:
        return False
    minus, decay = _sign(number.args[1])
    return bool(minus and decay.is_Pow and decay.base.is_Rational and 0 < decay.base < 1 and decay.exp == UPDATE_NUMBER)


def _in_words(equation: Equation) -> str:
    return f"{shown(equation.lhs)} = {shown(equation.rhs)}"


def shown(expr: Expr) -> str:
    """The expression on one line, for a comment, in the author's order."""
    text = sympy.sstr(expr, order="none")
    return "".join(
        c if c.isprintable() else "?" for c in text
    )  # a name may hold anything, a comment ends with its line


def _sign(term: Expr) -> tuple[bool, Expr]:
    if term.is_Rational and term < 0:
        return True, -term
    if term.is_Mul and term.args[0] == -1:
        return True, sympy.Mul(*term.args[1:], evaluate=False) if len(term.args) > 2 else term.args[1]
    return False, term
