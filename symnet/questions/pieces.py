"""What the kinds of question are made of: the question, its answer, and turns of phrase."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from symnet.algebra.equations import partial, symbol
from symnet.computing import exact
from symnet.notation.line import Line
from symnet.notation.maths import Maths, Word
from symnet.paper.breaking import width
from symnet.paper.document import Beside, Block, Display, Inline, Paragraph, Table, Text, Working
from symnet.working.derivation import Gradient
from symnet.working.work import Work

_BESIDE = 60  # letters of a formula and of the words beside it


@dataclass(frozen=True)
class Question:
    """One thing a sheet asks for: a kind (the name of a function of this folder) and what of.

    ``options`` are what the kind is asked with, by the names of its keyword-only parameters; ``room`` is what there is
    to write in, in centimetres, where the author says so; ``hints``, from 1 to 3, is the step of help that the sheet
    prints at its end.
    """

    ask: str
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    points: Fraction | None = None
    text: str = ""
    room: Fraction | None = None
    hints: int = 0

    @property
    def of(self) -> tuple[str, ...]:
        """The names that it asks about, where it says so."""
        return tuple(self.options.get("of", ()))

    @property
    def wrt(self) -> tuple[str, ...]:
        """The names with respect to which it asks for a derivative, where it says so."""
        return tuple(self.options.get("wrt", ()))

    @property
    def about(self) -> tuple[str, ...]:
        """The loss or the optimizers that it is about, where it says so."""
        return tuple(self.options.get("about", ()))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that it asks for, where it says so."""
        return tuple(self.options.get("columns", ()))


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


def loss_before_and_after(work: Work) -> Text:
    """What the first update does to the loss, in a sentence."""
    loss = work.problem.loss
    before, after = work.solution.forward[loss], work.solution.forward_after[loss]
    first: Text = (work.names.node(loss), f"{of_first(work)} is now ")
    return (*first, *value_of(work, after), "; it was ", *value_of(work, before), ".")


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
