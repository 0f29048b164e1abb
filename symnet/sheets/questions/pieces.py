"""What the kinds of question are made of: the question, its answer, and turns of phrase."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from symnet.algebra.equations import partial, symbol
from symnet.computing import exact
from symnet.sheets.breaking import width
from symnet.sheets.document import Beside, Block, Display, Inline, Paragraph, Table, Text, Working
from symnet.working.derivation import Gradient
from symnet.working.maths import Maths, Word
from symnet.working.work import Line, Work

_BESIDE = 60  # letters of a formula and of the words beside it


@dataclass(frozen=True)
class Question:
    """One thing a sheet asks for: a kind (the name of a function below) and what of.

    ``about`` names a loss or optimizers; ``span`` is the part of the axis that a plot shows; ``wrong`` is the formula
    in which a mistake is to be found, and ``why`` a sentence on it for the key; ``full`` are the names whose working is
    shown where there are too many to show all; ``columns`` are the keys of a table's columns; ``hints``, from 1
    to 3, is the step of help that the sheet prints at its end.
    """

    ask: str
    of: tuple[str, ...] = ()
    wrt: tuple[str, ...] = ()
    points: Fraction | None = None
    style: str = ""
    text: str = ""
    about: tuple[str, ...] = ()
    span: tuple[Fraction, Fraction] | None = None
    wrong: str = ""
    why: str = ""
    full: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    hints: int = 0


@dataclass(frozen=True)
class Asked:
    """A question put into words, and the blocks of its answer."""

    text: Text
    blocks: tuple[Block, ...]


def derived(derivation: Gradient) -> list[Block]:
    return [*without_reasons(derivation), *where(derivation.reasons)]


def without_reasons(derivation: Gradient) -> list[Block]:
    return [*_chains(derivation.chains), Working(derivation.lines)]


def side_by_side(derivations: Sequence[Gradient], others: Sequence[tuple[Block, ...]] = ()) -> list[Block]:
    """Several derivations and what else stands beside them; what is said of a factor is said once."""
    if len(derivations) + len(others) == 1:
        return derived(derivations[0])
    parts = (*(tuple(without_reasons(derivation)) for derivation in derivations), *others)
    reasons = dict.fromkeys(reason for derivation in derivations for reason in derivation.reasons)
    return [Beside(parts), *where(list(reasons))]


def _chains(chains: Sequence[Maths]) -> list[Block]:
    """The paths, beside each other where there is room."""
    shown = [Display(chain) for chain in chains]
    return [Beside(tuple((chain,) for chain in shown))] if len(shown) > 1 else [*shown]


def ruled(node: Maths, why: str, lhs: Maths | None = None) -> Iterator[Line]:
    """A line and its reason, which goes on a line of its own where it would not fit beside the formula."""
    if width(node) + 0.8 * len(why) <= _BESIDE:
        yield Line(lhs, (("=", node),), why=why)
    else:
        yield Line(lhs, (("=", node),))
        yield Line(None, (("", Word(f"({why})")),))


def where(reasons: Sequence[Maths]) -> list[Block]:
    return [Paragraph(("where ", *between(reasons, "; "), "."), of_formula=True)] if reasons else []


def columns(header: Sequence[str], rows: Iterable[tuple[Text, ...]], blank: set[int]) -> Table:
    return Table(tuple((title,) for title in header), tuple(rows), frozenset(blank))


def name_of(work: Work, name: str) -> Text:
    return (work.names.node(name),)


def gradient_of(work: Work, of: str, wrt: str) -> Text:
    return (work.names.node(partial(of, wrt).name),)


def value_of(work: Work, value: exact.Value, name: str = "") -> Text:
    return (work.value(value, name),)


def of_first(work: Work) -> str:
    """What a single forward pass is of, where there are several samples."""
    return " for the first sample" if len(work.problem.examples) > 1 else ""


def listed(work: Work, names: Iterable[str]) -> Text:
    return commas([work.names.node(name) for name in names])


def commas(items: Sequence[Inline]) -> Text:
    return between(items, ", ")


def between(items: Sequence[Inline], separator: str) -> Text:
    return tuple(part for item in items for part in (separator, item))[1:]


def room(lines: int, each: float) -> float:
    """Centimetres to write in."""
    return max(1.5, min(18.0, lines * each))


def leaves(work: Work) -> tuple[str, ...]:
    """What is given or a parameter, in order."""
    return tuple(
        name for name in work.network.names if symbol(name) in (*work.network.inputs, *work.network.parameters)
    )
