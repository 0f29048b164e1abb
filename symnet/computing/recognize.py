"""Equations of entries as code: which fast call an entry is, in one table, a row a form.

    Z[i, k] = Σ_j X[i, j] W[j, k] + b[k]        contract("ij,jk->ik", X, W) + b
    Z[i, p] = Σ_u K[u] X[i, 2p + u − 1]         convolve("i 2p+u-1, u -> i p", X, K, p=5)
    Y[i, p] = K[p] X[i, p²]                     each(lambda i, p: …, (n, 5), dtype)

``FORMS`` are asked in their order for every part that has indices; the last, entry by entry, takes any.  What stands
around the parts is code as of whole arrays.  To add a form, write a function and name it there: it gives the text, and
the index that each axis of it is, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from symnet.algebra.equations import Array, Expr, Index, multiply
from symnet.algebra.indices import At, Each, Inside, Max, Node, Same, Sum, coefficients, free_indices, put, rebuilt
from symnet.algebra.matrices import shape_of
from symnet.algebra.stable_quotients import LogSum, Share, stable
from symnet.computing import window_forms
from symnet.computing.reads import Indices, is_known, length_text, letters_for, plain
from symnet.computing.spelled import each_text

if TYPE_CHECKING:
    from symnet.computing.source import Writer

Found = tuple[str, Indices]
Form = Callable[["Writer", Expr, Indices], Found | None]


def text_of(writer: Writer, expr: Expr) -> str:
    """The text of an array (or number) written for one entry."""
    body, want = (expr.body, expr.indices) if isinstance(expr, Each) else (expr, ())
    body = separated(stable(body))
    used = tuple(i for i in want if i in free_indices(body))
    text = arrays(writer, body, used, FORMS)
    if text is None:
        return each_text(writer, body, want)
    if used == want:
        return text
    lengths = ", ".join(length_text(writer, i.length) for i in want) + "," * (len(want) == 1)
    text = _placed(writer.enclosed(text), used, want) if used else text
    return f"{writer.use('broadcast_to')}({text}, ({lengths}))"


def separated(body: Expr) -> Expr:
    """Σ_mp f(m) g(p) as Σ_m f(m) · Σ_p g(p)."""

    def apart(part: Expr) -> Expr | None:
        if not isinstance(part, Sum) or len(part.indices) == 1 or not part.body.is_Mul:
            return None
        groups: list[tuple[set[Index], list[Expr]]] = []
        for factor in part.body.args:
            own, together = {*free_indices(factor)} & {*part.indices}, [factor]
            for group in [g for g in groups if g[0] & own]:
                own, together = own | group[0], [*group[1], *together]
                groups.remove(group)
            groups.append((own, together))
        if len(groups) == 1 or not all(own for own, _ in groups):
            return None
        return multiply(*(Sum(multiply(*parts), *(i for i in part.indices if i in own)) for own, parts in groups))

    return rebuilt(body, apart)


def arrays(writer: Writer, body: Expr, want: Indices, forms: Sequence[Form]) -> str | None:
    """The text of ``body`` for all values of the indices wanted, each part by the first form that takes it."""
    shape = tuple(index.length for index in want)
    unknown = False

    def part(expr: Expr) -> Expr | None:
        nonlocal unknown
        if not isinstance(expr, (Node, Index)):
            return None
        found = next((found for form in forms if (found := form(writer, expr, want)) is not None), None)
        unknown = unknown or found is None
        return writer.stand_in(_fitted(writer, *found, want) if found else "", shape)

    whole = rebuilt(body, part)
    if unknown or not {*want} <= {*free_indices(body)}:
        return None
    return writer.code(whole)


def _fitted(writer: Writer, text: str, axes: Indices, want: Indices) -> str:
    """An array with those axes, turned so that it goes with others of all axes wanted."""
    order = [i for i in want if i in axes]
    if [*axes] != order:
        letters = letters_for(want)
        how = f"{''.join(letters[i] for i in axes)}->{''.join(letters[i] for i in order)}"
        text = f"{writer.use('contract')}('{how}', {text})"
    return _placed(text, order, want)


def _placed(text: str, kept: Sequence[Index], want: Indices) -> str:
    new = [":" if i in kept else "None" for i in want]
    while new and new[0] == "None":  # before the first axis NumPy adds them by itself
        new.pop(0)
    return f"{text}[{', '.join(new)}]" if "None" in new else text


# Forms.


def whole_array(writer: Writer, part: Expr, want: Indices) -> Found | None:
    """X[i, j] is X, b[k] in every row is b, X[i, 3] a slice of it and X[2 i + j] one of another shape."""
    found = plain(writer, part)
    return found if found and {*found[1]} <= {*want} else None


def contraction(writer: Writer, part: Expr, want: Indices) -> Found | None:
    """Σ over products of whole arrays."""
    if not isinstance(part, Sum):
        return None
    factors = part.body.args if part.body.is_Mul else (part.body,)
    numbers = [f for f in factors if not isinstance(f, Node) and not free_indices(f) and not shape_of(f)]
    entries = [f for f in factors if f not in numbers]
    if not entries or not all(isinstance(f, At) and isinstance(f.array, Array) for f in entries):
        return None
    reads = [plain(writer, entry) for entry in entries]
    used = [i for read in reads if read for i in read[1]]
    if None in reads or not {*part.indices} <= {*used} <= {*want, *part.indices}:
        return None
    kept = tuple(i for i in want if i in used)
    letters = letters_for([*want, *part.indices])
    words = ["".join(letters[i] for i in indices) for indices in (*(read[1] for read in reads if read), kept)]
    operands = ", ".join(read[0] for read in reads if read)
    text = f"{writer.use('contract')}('{','.join(words[:-1])}->{words[-1]}', {operands})"
    for number in numbers:
        text = f"{writer.code(number, 3)} * {text}"
    return (f"({text})" if numbers else text), kept


def contraction_of_formulas(writer: Writer, part: Expr, want: Indices) -> Found | None:
    """Σ over the product of two formulas, none of which has all the indices: each is worked out on its own axes."""
    if not isinstance(part, Sum) or not part.body.is_Mul:
        return None
    groups: list[tuple[set[Index], list[Expr]]] = []
    for factor in sorted(part.body.args, key=lambda factor: -len(free_indices(factor))):
        own = {*free_indices(factor)}
        group = next((group for group in groups if own <= group[0]), None)
        if group is not None:
            group[1].append(factor)
        else:
            groups.append((own, [factor]))
    if len(groups) != 2 or not {*part.indices} <= groups[0][0] & groups[1][0]:
        return None
    over = (*want, *part.indices)
    if not groups[0][0] | groups[1][0] <= {*over}:
        return None
    axes = [_axes_of(factors, tuple(i for i in over if i in own)) for own, factors in groups]
    order = [multiply(*(f for f in part.body.args if f in factors)) for _, factors in groups]
    texts = [arrays(writer, body, axis, WHOLE) for body, axis in zip(order, axes, strict=True)]
    if None in texts:
        return None
    kept = tuple(i for i in want if i in groups[0][0] | groups[1][0])
    letters = letters_for(over)
    words = ["".join(letters[i] for i in axis) for axis in (*axes, kept)]
    return f"{writer.use('contract')}('{words[0]},{words[1]}->{words[2]}', {texts[0]}, {texts[1]})", kept


def _axes_of(factors: Sequence[Expr], axes: Indices) -> Indices:
    """The axes in the order in which an array among the factors has them, so that it need not be turned."""
    reads = [factor.places for factor in factors if isinstance(factor, At)]
    return next((places for places in reads if len(places) == len(axes) and {*places} == {*axes}), axes)


def sum_of_axes(writer: Writer, part: Expr, want: Indices) -> Found | None:
    """Σ of one array along some of its axes, the others in their order; or the largest."""
    if not isinstance(part, (Sum, Max)) or (found := plain(writer, part.body)) is None:
        return None
    text, axes = found
    kept = tuple(i for i in axes if i not in part.indices)
    if not {*part.indices} <= {*axes} or not {*kept} <= {*want}:
        return None
    places = [str(axis) for axis, i in enumerate(axes) if i in part.indices]
    along = places[0] if len(places) == 1 else f"({', '.join(places)})" if kept else ""
    return f"{text}.{'max' if isinstance(part, Max) else 'sum'}({along})", kept


def along_axes(writer: Writer, part: Expr, want: Indices) -> Found | None:
    """A sum, or the largest, of what is written over whole arrays, along the axes of its indices."""
    if not isinstance(part, (Sum, Max)):
        return None
    kept = tuple(i for i in want if i in free_indices(part))
    body = arrays(writer, part.body, (*kept, *part.indices), WHOLE)
    if body is None:
        return None
    axes = [str(len(kept) + i) for i in range(len(part.indices))]
    along = axes[0] if len(axes) == 1 else f"({', '.join(axes)})"
    return f"{writer.enclosed(body)}.{'max' if isinstance(part, Max) else 'sum'}({along})", kept


def share(writer: Writer, part: Expr, want: Indices) -> Found | None:
    """exp z_j / Σ_m exp z_m is softmax(z), and log Σ_m exp z_m logsumexp(z); masked where entries are left out."""
    if not isinstance(part, (Share, LogSum)):
        return None
    (m,) = part.whole.indices
    kept = tuple(i for i in want if i in free_indices(part.whole))
    logits = arrays(writer, part.logit, (*kept, m), FORMS)
    if logits is None:
        return None
    name = "softmax" if isinstance(part, Share) else "logsumexp"
    mask = None
    if part.mask != 1:
        name = f"masked_{name}"
        over = tuple(i for i in (*kept, m) if i in free_indices(part.mask))
        mask = arrays(writer, part.mask, over, FORMS) or each_text(writer, part.mask, over)
        mask = _placed(mask, over, (*kept, m))
    text = f"{writer.use(name)}({logits}{f', {mask}' if mask else ''})"
    return text, (*kept, part.place) if isinstance(part, Share) else kept


def triangle(writer: Writer, part: Expr, want: Indices) -> Found | None:
    """[0 ≤ k − m < n] is 1 on and below the diagonal."""
    found = coefficients(part.args[0]) if isinstance(part, Inside) else None
    if found is None or found[1] or sorted(found[0].values()) != [-1, 1]:
        return None
    k, m = sorted(found[0], key=lambda index: -found[0][index])
    if {k.length, m.length} != {part.args[1]} or not {k, m} <= {*want}:
        return None
    return f"{writer.use('tri')}({length_text(writer, k.length)}, dtype=dtype)", (k, m)


def one_part(writer: Writer, part: Expr, want: Indices) -> Found | None:
    """Σ_m [0 ≤ k − 2 m < 2] f(m, k), where every k = 2 m + e has one m only: f(m, 2 m + e) in another shape."""
    if not isinstance(part, Sum):
        return None
    factors = part.body.args if part.body.is_Mul else (part.body,)
    for place, size in _ranges(factors):
        found = coefficients(place)
        if found is None or found[1] or len(found[0]) != 2:
            continue
        k, m = sorted(found[0], key=lambda index: -found[0][index])
        if found[0][k] != 1 or m not in part.indices or k not in want or found[0][m] != -size:
            continue
        if k.length != size * m.length:
            continue
        e = Index(f"{k.name}′′", size)
        rest = multiply(*(put(f, {k: size * m + e}) for f in factors if f != Inside(place, size)))
        left = [i for i in part.indices if i != m]
        body = Sum(rest, *left) if left else rest
        kept = tuple(i for i in want if i in free_indices(part))
        wider = tuple(j for i in kept for j in ((m, e) if i == k else (i,)))
        text = arrays(writer, body, wider, FORMS[:-1])
        if text is not None:
            shape = ", ".join(length_text(writer, i.length) for i in kept)
            return f"{writer.enclosed(text)}.reshape({shape})", kept
    return None


def _ranges(factors: Sequence[Expr]) -> list[tuple[Expr, Expr]]:
    """The places that must lie in a range, and how long it is: said, or since an array is 0 outside."""
    said = [(f.args[0], f.args[1]) for f in factors if isinstance(f, Inside)]
    read = [
        (place, length)
        for f in factors
        if isinstance(f, At)
        for place, length in zip(f.places, shape_of(f.array), strict=False)
    ]
    return [(place, length) for place, length in (*said, *read) if is_known(length)]


def rows_added(writer: Writer, part: Expr, want: Indices) -> Found | None:
    """Σ_t [ids[t] = i] G[t, …], the gradient of rows that data name."""
    factors = part.body.args if isinstance(part, Sum) and part.body.is_Mul else ()
    for factor in factors:
        if not isinstance(factor, Same):
            continue
        sides = factor.args if isinstance(factor.args[0], At) else factor.args[::-1]
        if sides[1] not in want or (ids := plain(writer, sides[0])) is None or {*ids[1]} != {*part.indices}:
            continue
        rest = multiply(*(f for f in factors if f is not factor))
        axes = tuple(i for i in want if i in free_indices(rest))
        values = arrays(writer, rest, (*ids[1], *axes), FORMS[:-1])
        if values is not None and sides[1] not in axes:
            count = length_text(writer, sides[1].length)
            return f"{writer.use('rows_added')}({ids[0]}, {values}, {count})", (sides[1], *axes)
    return None


def entry_by_entry(writer: Writer, part: Expr, want: Indices) -> Found | None:
    """Any other: the formula itself, over all values of all indices."""
    used = tuple(i for i in want if i in free_indices(part))
    return each_text(writer, part, used), used


WHOLE: tuple[Form, ...] = (whole_array, share, triangle, window_forms.pool, sum_of_axes, contraction)
WHOLE = (*WHOLE, contraction_of_formulas, along_axes)
FORMS: tuple[Form, ...] = (
    *WHOLE[:-2],
    window_forms.convolution,
    one_part,
    window_forms.spread,
    rows_added,
    contraction_of_formulas,
    along_axes,
    entry_by_entry,
)
