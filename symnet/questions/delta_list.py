"""The backward pass in δ form as a list: every δ from the last unit to the first, then each gradient as δ times what
the parameter multiplies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symnet.notation.line import Line
from symnet.notation.maths import EQUALS, Maths, row
from symnet.paper.document import Block, Paragraph, Working
from symnet.questions.outer import outer_products
from symnet.questions.pieces import where
from symnet.questions.shared import in_line
from symnet.working.derivation import Derivation


def delta_list(derivation: Derivation, names: Sequence[str], in_tables: bool = False) -> Iterator[Block]:
    """What δ means is said once, where several follow; the gradients stand ``in_tables`` where a layer makes one."""
    units = derivation.deltas()
    lines = units.lines
    if len(lines) > 1 and not derivation.work.is_faded:
        first = lines[0]
        lines = tuple(Line(line.lhs, line.steps[1:], line.stacked, line.why) for line in lines)
        shown = [in_line(Line(None, (step,))).steps[0][1] for step in first.steps[:1]]
        definition: Maths = row(first.lhs, EQUALS, *shown) if first.lhs is not None else shown[0]
        loss = derivation.work.names.node(derivation.of)
        if not derivation.has_errors(names):  # their reason has said it
            yield Paragraph(
                ("δ is the gradient of ", loss, " with respect to what stands in its index: ", definition, ".")
            )
    tables = outer_products(derivation, names) if in_tables and not derivation.work.is_faded else []
    if not tables:
        lines = (*lines, *(in_line(derivation.delta_gradient(name)) for name in names))
    yield Working(lines)
    yield from where(units.reasons)
    yield from tables
