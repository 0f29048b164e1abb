"""Named equations as readable Python: one line an equation, by its own name, for NumPy, JAX or plain ``math``.

    writer = Writer(named("numpy"))
    writer.lines(equations)       Z1 = X @ W1 + b1, A1 = tanh(Z1), …
    writer.prelude()              the imports and the definitions of the functions that those lines use

No text that a user typed is in the code: it is printed from the parsed tree, and every name is made a safe identifier.
"""

from __future__ import annotations

import builtins
import keyword
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import sympy

from symnet.algebra import functions
from symnet.algebra.borrowed import Borrowed
from symnet.algebra.entries import lowered
from symnet.algebra.equations import BATCH, MINUS_ONE, Array, Equation, Expr, Length, array, partial_parts
from symnet.algebra.indices import Each, Node, indices_for
from symnet.algebra.matrices import Operation, columns, fill, rows, shape_of, transpose
from symnet.algebra.mistakes import Mistake
from symnet.algebra.scalar import Kind, ScalarFunction, formula
from symnet.algebra.zero_logarithms import guarded
from symnet.computing.backends import Backend
from symnet.computing.recognize import text_of

# How tightly a piece of text binds; what binds less than its surroundings goes into brackets.
_COMPARED, _ADDED, _MULTIPLIED, _SIGNED, _RAISED, _ATOM = range(6)
_COMPARISONS = {"StrictGreaterThan": ">", "GreaterThan": ">=", "StrictLessThan": "<", "LessThan": "<="}
_SYMPYS_OWN = {"Abs": functions.abs, "Max": functions.max, "Min": functions.min}
_PLACEHOLDER = re.compile(r"\{(\d)\}")
_CALLED = re.compile(r"\w+\(|[(,] ?$")
_USED = frozenset({"params", "step", "update", "forward", "n", "size", "dtype", "X", "T"})

Text = tuple[str, int]


class Identifiers:
    """A safe Python identifier for every name, different for different names: ∂Loss/∂W1 is dLoss_dW1.

    None starts with an underscore, so that names which do are free for the code around the equations.
    """

    def __init__(self, reserved: Iterable[str] = ()) -> None:
        self._taken = {*_USED, *reserved, *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
        self._known: dict[tuple[str, Any], str] = {_key(BATCH): "n"}

    def assign(self, name: Expr, text: str) -> None:
        """Let a name stand for this text."""
        self._known[_key(name)] = text

    def __getitem__(self, name: Expr) -> str:
        key = _key(name)
        if key not in self._known:
            parts = partial_parts(name.name)
            self._known[key] = self.fresh(f"d{parts[0]}_d{parts[1]}" if parts else name.name)
        return self._known[key]

    def fresh(self, wanted: str) -> str:
        """An identifier that nothing has yet, like the one wanted."""
        stem = re.sub(r"[^A-Za-z0-9_]+", "_", wanted).strip("_") or "v"
        stem = stem if stem[0].isalpha() else f"v{stem}"
        chosen, number = stem, 2
        while chosen in self._taken:
            chosen, number = f"{stem}_{number}", number + 1
        self._taken.add(chosen)
        return chosen


def _key(name: Expr) -> tuple[str, Any]:
    return name.name, "length" if isinstance(name, Length) else getattr(name, "shape", ())


class Writer:
    """Prints expressions in the names of one library, a backend's, and notes which of them it used."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.used: dict[str, None] = {}  # names of the library, in the order met
        self.written: dict[str, str] = {}  # functions printed from their own formula: {name: definition}
        self.names = Identifiers({*backend.imports, *backend.definitions})
        self._fresh = self.names.fresh
        self._functions: dict[tuple[Kind, tuple[bool, ...]], str] = {}

    def lines(self, equations: Sequence[Equation]) -> list[str]:
        """``name = expression`` for every equation."""
        return [f"{self.names[equation.lhs]} = {self._right_side(equation)}" for equation in equations]

    def _right_side(self, equation: Equation) -> str:
        parts = partial_parts(equation.name)
        if isinstance(equation.rhs, fill) and parts:  # in the precision of what the gradient is of
            like = array(parts[1], *equation.lhs.shape)
            return f"{self.use('full_like')}({self.names[like]}, {self.code(equation.rhs.args[0])})"
        return self.whole(equation.rhs, _COMPARED) if isinstance(equation.lhs, Array) else self.code(equation.rhs)

    def whole(self, expr: Expr, level: int = _ATOM) -> str:
        """The text of an array that has its whole shape: a vector that stands for its rows is spread out."""
        if is_whole(expr):
            return self.code(expr, level)
        return f"{self.use('broadcast_to')}({self.code(expr)}, {self._shape(expr)})"

    def _shape(self, expr: Expr) -> str:
        lengths = [self.names[n] if isinstance(n, Length) else str(n) for n in shape_of(expr)]
        return f"({', '.join(lengths)}{',' if len(lengths) == 1 else ''})"

    def prelude(self) -> list[str]:
        """The imports and definitions that the lines written so far need."""
        imports, definitions = self.backend.imports, self.backend.definitions
        needed = [*self.used]
        defined: list[str] = []
        for name in needed:  # grows while definitions name further functions
            if name in definitions:
                defined.append(definitions[name])
                words = set(re.findall(r"[A-Za-z_]\w*", definitions[name].split(":", 1)[1]))
                needed += [word for word in sorted(words) if self._has(word) and word not in needed]
        modules: dict[str, list[str]] = {}
        for name in needed:
            if name in imports:
                modules.setdefault(imports[name], []).append(name)
        lines = [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(modules.items())]
        return [*lines, *defined[::-1], *self.written.values()]

    def _has(self, name: str) -> bool:
        """Whether the backend has a function of that name."""
        return name in self.backend.imports or name in self.backend.definitions

    def code(self, expr: Expr, level: int = _COMPARED) -> str:
        """The text of an expression, in brackets where it binds less than ``level``."""
        text, own = self._text(expr)
        return text if own >= level else f"({text})"

    def stand_in(self, text: str, shape: Any) -> Expr:
        """What stands for a piece of text in an expression."""
        name = Array(f"the text {text}", shape) if shape else sympy.Symbol(f"the text {text}")
        self.names.assign(name, self.enclosed(text))
        return name

    def enclosed(self, text: str) -> str:
        """The text, in brackets where it is more than a name or a call."""
        return text if _is_atom(text) else f"({text})"

    def use(self, name: str) -> str:
        """The name of a library function, noted as used."""
        self.used.setdefault(name)
        return name

    def _text(self, expr: Expr) -> Text:
        if expr.is_Symbol:
            return self.names[expr], _ATOM
        if isinstance(expr, Node):
            text = text_of(self, expr)
            return text, _ATOM if _is_atom(text) else _COMPARED
        if expr.is_Rational:
            return number(expr)
        if expr is sympy.pi or expr is sympy.E or _is_constant(expr):
            value = float(expr.doit())  # as one number: NumPy's sqrt(2) would bring its own precision
            return repr(value), _ATOM if value >= 0 else _SIGNED
        if expr.is_Add:
            return self._sum(expr.args), _ADDED
        if expr.is_Mul:
            return self._product(expr.args)
        if expr.is_Pow:
            return self._power(expr)
        if isinstance(expr, sympy.Piecewise):
            return self._cases(expr)
        if isinstance(expr, (sympy.And, sympy.Or)):
            word = self.backend.both if isinstance(expr, sympy.And) else self.backend.either
            return word.join(f"({self.code(part)})" for part in expr.args), _COMPARED
        if isinstance(expr, Operation):
            return self._operation(expr)
        if isinstance(expr, ScalarFunction):
            return self._call(expr)
        kind = type(expr).__name__
        if kind in _SYMPYS_OWN:  # SymPy makes |z| of √z² by itself
            return self._call(_SYMPYS_OWN[kind](*expr.args))
        if kind in _COMPARISONS:
            left, right = (self.code(side, _ADDED) for side in expr.args)
            return f"{left} {_COMPARISONS[kind]} {right}", _COMPARED
        if kind in self.backend.imports:  # SymPy's own exp, log, tanh, …
            return f"{self.use(kind)}({', '.join(map(self.code, expr.args))})", _ATOM
        computed: Kind = type(expr)
        if _is_computed(computed):
            return f"{self._special(kind)}({', '.join(map(self.code, expr.args))})", _ATOM
        from symnet.computing.program import no_formula

        raise Mistake(no_formula(kind))

    def _sum(self, terms: Sequence[Expr]) -> str:
        text = ""
        for term in terms:
            positive, minus = _unsigned(term)
            if self.backend.numbers_are_arrays and minus and text == "1" and _is_decay(positive):
                # 1 − βᵗ loses half its digits in float32; exp(t log β) − 1 does not
                rate = math.log(positive.base)
                text = f"-{self.use('expm1')}({rate!r} * {self.code(positive.exp, _SIGNED)})"
                continue
            code = self.code(positive, _MULTIPLIED)
            text += (f" {'-' if minus else '+'} {code}") if text else f"-{code}" if minus else code
        return text

    def _product(self, factors: Sequence[Expr]) -> Text:
        factors = guarded(factors)
        minus = factors[0] == MINUS_ONE and len(factors) > 1
        above = [f for f in (factors[1:] if minus else factors) if not _below(f) and f != 1]
        below = [f.base for f in factors if _below(f)]
        if above and not minus and above[0].is_Rational and above[0] < 0:
            minus, above = True, [-above[0], *above[1:]] if above[0] != -1 else above[1:]
        # After an array of floats a condition counts as 0 or 1, in every precision.
        floats = any(shape_of(f) and truth_of(f) is None for f in above)
        if floats:
            above.sort(key=lambda f: truth_of(f) is not None)
        first = above[0] if above else sympy.Integer(1)
        text = " * ".join(self._side(f, _SIGNED if i else _MULTIPLIED, floats) for i, f in enumerate(above or [first]))
        if len(below) == 1:
            text += f" / {self.code(below[0], _SIGNED)}"
        elif below:
            text += f" / ({' * '.join(self.code(f, _SIGNED) for f in below)})"
        if minus:
            return f"-{text}", _SIGNED if len(above) <= 1 and not below else _MULTIPLIED
        return text, _MULTIPLIED if len(above) > 1 or below else self._text(first)[1]

    def _side(self, factor: Expr, level: int, floats: bool) -> str:
        condition = truth_of(factor) if floats else None
        if condition is not None and shape_of(condition):
            return f"({self.code(condition)})"
        return self.code(factor, level)

    def _power(self, expr: Expr) -> Text:
        if expr.exp == MINUS_ONE:
            return f"1 / {self.code(expr.base, _SIGNED)}", _MULTIPLIED
        if expr.exp == sympy.Rational(1, 2):
            return f"{self.use('sqrt')}({self.code(expr.base)})", _ATOM
        if expr.exp == sympy.Rational(-1, 2):
            return f"1 / {self.use('sqrt')}({self.code(expr.base)})", _MULTIPLIED
        return f"{self.code(expr.base, _ATOM)}**{self.code(expr.exp, _ATOM)}", _RAISED

    def _cases(self, expr: Expr) -> Text:
        *pieces, (last, always) = expr.args
        if always != True:  # noqa: E712 - SymPy's true
            raise TypeError(f"{expr} leaves a case without a value")
        over = next((arr for _, condition in pieces if (arr := _array_in(condition)) is not None), None)
        if over is None and not self.backend.numbers_are_arrays:
            text = self.code(last, _ADDED)
            for value, condition in reversed(pieces):
                text = f"{self.code(value, _ADDED)} if {self.code(condition, _COMPARED)} else {text}"
            return f"({text})", _ATOM
        constant = over is not None and not any(shape_of(value) for value, _ in expr.args)
        text = self.code(last)
        for i, (value, condition) in reversed([*enumerate(pieces)]):
            first = self.code(value)
            if constant and i == len(pieces) - 1:  # constants alone would be of another precision
                first = f"{self.use('full_like')}({self.code(over)}, {first})"
            text = f"{self.use('where')}({self.code(condition)}, {first}, {text})"
        return text, _ATOM

    def _operation(self, expr: Expr) -> Text:
        if type(expr).__name__ in self.backend.calls:
            return self._called(expr), _ATOM
        if not expr.code:
            own = indices_for(shape_of(expr))
            return self._text(Each(lowered(expr, own), *own) if own else lowered(expr, own))
        return self._filled(expr.code.replace("{shape}", self._shape(expr)), expr.args, type(expr) in (rows, columns))

    def _called(self, expr: Expr) -> str:
        """A call of the backend's own function for an operation, which may know a transpose by another name."""
        calls, kind, arguments = self.backend.calls, type(expr).__name__, list(expr.args)
        name = calls[kind]
        for i, turned in enumerate((f"{kind} of a transpose", f"{kind} by a transpose")):
            if name == calls[kind] and turned in calls and isinstance(arguments[i], transpose):
                name, arguments[i] = calls[turned], arguments[i].args[0]
        return f"{self.use(name)}({', '.join(self.whole(argument, _COMPARED) for argument in arguments)})"

    def _call(self, expr: Expr) -> Text:
        function: Kind = type(expr)
        name = function.__name__
        if (function.is_slope and name not in self.backend.imports) or name == "linear":
            z, definition = formula(function, len(expr.args))
            return self._text(definition.subs(dict(zip(z, expr.args, strict=True)), simultaneous=True))
        arguments = ", ".join(map(self.code, expr.args))
        if isinstance(expr, Borrowed) and _is_computed(function.lender) and not self._has(name):
            return f"{self._special(name)}({arguments})", _ATOM
        if self._has(name) and not function.of_a_user:
            return f"{self.use(name)}({arguments})", _ATOM
        return f"{self._own_function(function, expr.args)}({arguments})", _ATOM

    def _special(self, kind: str) -> str:
        """The name of a function that only SymPy's libraries have."""
        key: tuple[Kind, tuple[bool, ...]] = (kind, ())
        if key not in self._functions:
            text = self.backend.special(kind)
            name = self._functions[key] = self._fresh(kind)
            self.written[name] = text.format(name)
            if self._has("special_function") and "special_function(" in text:
                self.use("special_function")
        return self._functions[key]

    def _own_function(self, function: Kind, arguments: Sequence[Expr]) -> str:
        """The name of a function printed from its formula, over arrays where its arguments are."""
        arrays = tuple(bool(shape_of(argument)) for argument in arguments)
        key = (function, arrays)
        if key not in self._functions:
            z, definition = formula(function, len(arguments))
            spread = self.backend.numbers_are_arrays and not any(arrays)
            inner = [
                Array(name.name, ("any",)) if array or (spread and i == 0) else name
                for i, (name, array) in enumerate(zip(z, arrays, strict=True))
            ]
            name = self._fresh(function.__name__)
            inside = Writer(self.backend)
            inside.used, inside.written, inside._functions = self.used, self.written, self._functions
            inside._fresh = self._fresh
            body = inside.code(definition.subs(dict(zip(z, inner, strict=True)), simultaneous=True))
            parameters = ", ".join(inside.names[part] for part in inner)
            self.written[name] = f"def {name}({parameters}): return {body}"
            self._functions[key] = name
        return self._functions[key]

    def _filled(self, template: str, arguments: Sequence[Expr], spreads: bool) -> Text:
        """A template with its arguments; in brackets where they stand beside an operator."""

        def put(match: re.Match[str]) -> str:
            argument = arguments[int(match[1])]
            before, after = template[: match.start()], template[match.end() :]
            alone = not before.strip() and not after.strip()
            enclosed = before.endswith(("(", ", ")) and after.startswith((")", ","))
            level = _COMPARED if enclosed or alone else _ATOM
            return self.code(argument, level) if spreads or not shape_of(argument) else self.whole(argument, level)

        for word in re.findall(r"([A-Za-z_]\w*)\(", template):
            if self._has(word):
                self.use(word)
        text = _PLACEHOLDER.sub(put, template)
        bare = template
        while (shorter := re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", bare)) != bare:
            bare = shorter
        if bare == "{0}":
            return text, self._text(arguments[0])[1]
        return text, _ADDED if " + " in bare or " - " in bare else _MULTIPLIED if re.search(r"[@*/]", bare) else _ATOM


def is_whole(expr: Expr) -> bool:
    """Whether the text of an expression has its shape, rather than one that NumPy would spread out beside others."""
    if isinstance(expr, Array) or not shape_of(expr):
        return True
    if isinstance(expr, (Operation, Node)):
        return not isinstance(expr, (rows, columns))
    return any(is_whole(argument) for argument in expr.args if shape_of(argument))


def _is_atom(text: str) -> bool:
    """Whether it is a name, a call or something in brackets, with what follows a dot or a bracket."""
    depth = 0
    for letter in text:
        depth -= letter in ")]"
        if depth == 0 and not (letter.isalnum() or letter in "_.()[]"):
            return False
        depth += letter in "(["
    return True


def number(value: Expr) -> Text:
    """A rational as Python: 2, 0.1 or 1 / 3."""
    if value.is_Integer:
        text = str(value) if abs(value) < 2**53 else repr(float(value))
        return text, _ATOM if value >= 0 else _SIGNED
    decimal = repr(float(value))
    if sympy.Rational(decimal) == value or max(abs(value.p), value.q) >= 2**53:
        return decimal, _ATOM if value >= 0 else _SIGNED
    return f"{value.p} / {value.q}", _MULTIPLIED


def _unsigned(term: Expr) -> tuple[Expr, bool]:
    """(w, True) for −w: a minus in front becomes the sign of the sum."""
    if term.is_Rational and term < 0:
        return -term, True
    if term.is_Mul and term.args[0].is_Rational and term.args[0] < 0:
        first, *rest = term.args
        kept = rest if first == -1 else [-first, *rest]
        return (sympy.Mul(*kept, evaluate=False) if len(kept) > 1 else kept[0]), True
    return term, False


def _is_constant(expr: Expr) -> bool:
    """Whether it is a function or root of plain numbers."""
    if isinstance(expr, Operation) or not (expr.is_Function or expr.is_Pow) or expr.free_symbols:
        return False
    return not (expr.is_Pow and expr.exp.is_Integer)


def _is_decay(term: Expr) -> bool:
    return bool(term.is_Pow and term.base.is_Rational and 0 < term.base < 1 and term.exp.is_Symbol)


def truth_of(factor: Expr) -> Expr | None:
    """The condition z > 0 of a slope such as ReLU′(z), which is 1 where it holds and 0 elsewhere; else None."""
    function: Kind = type(factor)
    if not (isinstance(factor, ScalarFunction) and factor.is_slope):
        return None
    arguments: Any = factor.args
    z, definition = formula(function, len(arguments))
    pieces: Any = definition.args if isinstance(definition, sympy.Piecewise) else ()
    if len(pieces) != 2 or pieces[0][0] != 1 or pieces[1][0] != 0 or pieces[1][1] != True:  # noqa: E712
        return None
    return pieces[0][1].xreplace(dict(zip(z, arguments, strict=True)))


def _below(factor: Expr) -> bool:
    return bool(factor.is_Pow and factor.exp == MINUS_ONE)


def _array_in(condition: Expr) -> Expr | None:
    """The side of a condition that is an array, if any."""
    for side in condition.args:
        if shape_of(side):
            return side
    return None


def _is_computed(kind: Kind) -> bool:
    # Functions of SymPy's that are none of ours are rare, and what works them exactly takes long to import.
    from symnet.computing.special import is_computed

    return is_computed(kind)
