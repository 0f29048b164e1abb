"""What one equation passes back to the names in it, whether they are numbers or arrays.

For z = f(x) entry by entry that is x̄ = z̄ ∘ f′(x).  A right-hand side may hold operations on whole arrays: they are
taken out, the school's rules applied to what is left, and then each passes on what has reached it.  What that is
follows from its definition, by the rule of ``pulling``, once for each kind of operation: W̄ = Xᵀ Z̄ for Z = X W.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sympy import Integer, preorder_traversal

from symnet.algebra.array_forms import array_form
from symnet.algebra.derivatives import local_derivatives
from symnet.algebra.entries import lowered, opened
from symnet.algebra.equations import (
    ONE,
    Array,
    Equation,
    Expr,
    Length,
    Shape,
    Symbol,
    array,
    multiply,
    partial,
    product,
    replace,
    symbol,
    total,
)
from symnet.algebra.indices import At, Each, Node, canonical, free_indices, fresh, indices_for, rebuilt, summed
from symnet.algebra.matrices import (
    Operation,
    columns,
    fill,
    rows,
    shape_of,
    sum_of,
    transpose,
    turned,
)
from symnet.algebra.pulling import pulled_back
from symnet.algebra.row_slopes import prove


def gradient_name(of: Symbol, name: Symbol) -> Symbol:
    """The name ∂of/∂name, of the shape of ``name``."""
    gradient = partial(of.name, name.name)
    return array(gradient.name, *name.shape) if isinstance(name, Array) else gradient


def of_shape(like: Expr, expr: Expr) -> Expr:
    """The expression, spread over the shape of ``like`` where it is one number for every entry."""
    shape = shape_of(like)
    return fill(expr, *shape) if shape and not shape_of(expr) else expr


def contributions(equation: Equation, upstream: Expr) -> Iterator[tuple[Symbol, Expr]]:
    """(name, term of its gradient) for every name of the right-hand side, given the gradient in the left-hand side."""
    plain, operations = _outlined(equation.rhs)
    for x, slope in local_derivatives(Equation(equation.lhs, plain)).items():
        term = product(upstream, replace(slope, operations) if operations else slope)
        if shape_of(equation.rhs) and not shape_of(x) and term != 0:
            term = sum_of(of_shape(equation.rhs, term))  # a number in every entry collects from all of them
        if x in operations:
            is_whole = equation.lhs.is_Symbol and plain == x  # then the derivative may be said in the output
            yield from _through(operations[x], term, equation.lhs if is_whole else None)
        else:
            yield x, term


def _through(operation: Expr, upstream: Expr, output: Expr | None = None) -> Iterator[tuple[Symbol, Expr]]:
    """(name, term) for what an operation, named ``output`` if it has a name, passes to the names in its arguments."""
    if isinstance(operation, Operation) and _has_form(operation):
        passed = [*zip(operation.args, adjoints(operation, upstream), strict=True)]
        for argument, adjoint in dict.fromkeys(passed):
            if adjoint is not None:
                count = Integer(passed.count((argument, adjoint)))  # 2 of e @ e, where both factors pass back the same
                yield from contributions(Equation(argument, argument), product(count, adjoint))
        return
    if isinstance(operation, Operation) and output is None and operation.states_slopes():
        # Its definition has below a line what may be 0, or too large, as a float.
        back = of_shape(operation, upstream)
        for number, argument in enumerate(operation.args):
            found = opened(array_form(_by_slopes(type(operation), operation.args, number, back)))
            yield from contributions(Equation(argument, argument), found)
        return
    whole = operation.definition(*operation.args) if isinstance(operation, Operation) else operation
    each = _by_entries(whole if isinstance(whole, Each) else Each(whole))
    inner, arguments = _named_arrays(each)
    for name, terms in pulled_back(inner, of_shape(operation, upstream), output).items():
        for term in terms:
            found = opened(replace(array_form(term), arguments))
            yield from contributions(Equation(arguments.get(name, name), arguments.get(name, name)), found)


def _by_entries(each: Expr) -> Expr:
    """The same with a number for its body: rows, and operations of one row alone, are written entry by entry."""

    def open_inside(part: Expr) -> bool:
        whole = part.array if isinstance(part, At) else part
        return isinstance(part, (At, Operation)) and not isinstance(whole, Array) and bool(free_indices(whole))

    if not shape_of(each.body) and not any(open_inside(part) for part in preorder_traversal(each.body)):
        return each
    own = tuple(fresh(index) for index in indices_for(shape_of(each)))
    return Each(lowered(each, own), *own)


def _named_arrays(each: Expr) -> tuple[Expr, dict[Symbol, Expr]]:
    """The same with a name in the place of each array that is an expression, and what the names stand for."""
    arguments: dict[Symbol, Expr] = {}
    names: dict[Expr, Symbol] = {}

    def outline(part: Expr) -> Expr | None:
        if isinstance(part, At) and not part.array.is_Symbol:
            whole = canonical(part.array)  # read twice, as by a softmax, it is one array
            name = names.setdefault(whole, array(f"array {len(names) + 1}", *shape_of(whole)))
            arguments[name] = whole
            return At(name, *(rebuilt(place, outline) for place in part.places))
        return None

    return rebuilt(each, outline), arguments


def adjoints(operation: Expr, upstream: Expr) -> tuple[Expr | None, ...]:
    """The gradient in each argument when ``upstream`` is the gradient in the result; None for a length."""
    lengths: dict[Any, Length] = {}
    pattern = tuple(_pattern(argument, lengths, type(operation)) for argument in operation.args)
    found: list[Expr | None] = []
    number, rest = _scalar_in_front(upstream)
    known = {length: value for value, length in lengths.items()}
    stand_ins = {_stand_in(i, shape): operation.args[i] for i, shape in enumerate(pattern) if isinstance(shape, tuple)}
    shape = shape_of(operation)
    kind: Any = type(operation)
    for i, of_argument in enumerate(pattern):
        if not isinstance(of_argument, tuple):
            found.append(None)
            continue
        template, reached = _template(kind, pattern, i)
        whole = rest if shape_of(rest) or not shape else fill(rest, *shape)
        value = _fitted(template, {**known, **stand_ins, reached: whole})
        found.append(product(number, value))
    return tuple(found)


def _has_form(operation: Expr) -> bool:
    """Whether the gradients in its arguments are operations on whole arrays, of one form for all lengths."""
    kind: Any = type(operation)
    if not kind.of_any_lengths or any(len(shape_of(argument)) > 2 for argument in (operation, *operation.args)):
        return False
    lengths: dict[Any, Length] = {}
    pattern = tuple(_pattern(argument, lengths, kind) for argument in operation.args)
    return not any(
        _template(kind, pattern, i)[0].has(Node) for i, shape in enumerate(pattern) if isinstance(shape, tuple)
    )


def _pattern(argument: Expr, lengths: dict[Any, Length], kind: Any) -> Any:
    """Its shape in lengths of which only is known which are equal; of a length (not an array), that length."""

    def of(length: Any) -> Length:
        return lengths.setdefault(length, Length(f"length {len(lengths) + 1}", integer=True, positive=True))

    is_length = isinstance(argument, Length) or argument.is_Integer
    if kind in (rows, columns, fill) and is_length:
        return of(argument)
    return tuple(of(length) for length in shape_of(argument))


def _stand_in(number: int, shape: Shape) -> Symbol:
    return array(f"argument {number + 1}", *shape) if shape else symbol(f"argument {number + 1}")


@cache
def _template(kind: Any, pattern: tuple[Any, ...], number: int) -> tuple[Expr, Symbol]:
    """(the gradient in one argument, the name of the gradient in the result), for arguments of these shapes."""
    arguments = [_stand_in(i, shape) if isinstance(shape, tuple) else shape for i, shape in enumerate(pattern)]
    shape = shape_of(kind(*arguments))
    reached = array("upstream", *shape) if shape else symbol("upstream")
    if kind.states_slopes():
        return array_form(_by_slopes(kind, arguments, number, reached)), reached
    definition = kind.definition(*arguments)
    each = definition if isinstance(definition, Each) else Each(definition)
    terms = pulled_back(each, reached).get(arguments[number], ())
    return total(*map(array_form, terms)), reached


def _by_slopes(kind: Any, arguments: Sequence[Expr], number: int, reached: Expr) -> Expr:
    """The gradient in one argument of an operation on rows by its stated slopes, which are proved first."""
    prove(kind)
    entry, shape = indices_for(shape_of(kind(*arguments))), shape_of(arguments[number])
    (m,) = indices_for(shape[-1:], entry)
    lead = entry[: len(shape) - 1]
    back = At(reached, *entry)
    slope = kind.slope(number, entry, m, *arguments)
    body = summed(product(slope, back), entry[len(lead) :]) if len(entry) > len(lead) else product(back, slope)
    return Each(body, *lead, m)


def _fitted(template: Expr, known: Mapping[Expr, Expr]) -> Expr:
    """The template with what it stands for: (Aᵀ)ᵀ is A, and a number in every row is the number."""
    if template in known:
        return known[template]
    if not template.args:
        return template
    if isinstance(template, Node):
        return replace(template, dict(known))
    parts = [_fitted(part, known) for part in template.args]
    if isinstance(template, transpose):
        return turned(parts[0])
    if isinstance(template, (rows, columns)) and isinstance(parts[0], fill):
        return parts[0].args[0]
    if template.is_Mul:
        return product(*(part.args[0] if isinstance(part, fill) else part for part in parts))
    return template.func(*parts, evaluate=False)


def _scalar_in_front(expr: Expr) -> tuple[Expr, Expr]:
    """(2/n, G) for 2/n · G: a number can wait outside of what is linear."""
    if not expr.is_Mul or not shape_of(expr):
        return ONE, expr
    numbers = [factor for factor in expr.args if not shape_of(factor)]
    arrays = [factor for factor in expr.args if shape_of(factor)]
    return (multiply(*numbers) if numbers else ONE), multiply(*arrays)


def _outlined(expr: Expr) -> tuple[Expr, dict[Symbol, Expr]]:
    """The expression with a name in the place of each operation, and what the names stand for."""
    operations: dict[Symbol, Expr] = {}

    def outline(part: Expr) -> Expr:
        if isinstance(part, (Operation, Node)):
            shape, text = shape_of(part), f"operation {len(operations) + 1}"
            name = array(text, *shape) if shape else symbol(text)
            operations[name] = part
            return name
        if not part.args:
            return part
        arguments = [outline(argument) for argument in part.args]
        return part if all(a is b for a, b in zip(arguments, part.args)) else part.func(*arguments, evaluate=False)  # noqa: B905

    return outline(expr), operations
