"""The backward pass in δ form as a list: every δ from the last unit to the first, then each gradient as δ times what
the parameter multiplies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symnet.sheets.document import Block, Paragraph, Working
from symnet.sheets.questions.pieces import where
from symnet.sheets.questions.shared import in_line
from symnet.working.derivation import Derivation
from symnet.working.maths import EQUALS, Maths, row
from symnet.working.work import Line


def delta_list(derivation: Derivation, names: Sequence[str]) -> Iterator[Block]:
    """What δ means is said once, where several follow."""
    units = derivation.deltas()
    lines = units.lines
    if len(lines) > 1 and not derivation.work.is_faded:
        first = lines[0]
        lines = tuple(Line(line.lhs, line.steps[1:], line.stacked, line.why) for line in lines)
        shown = [in_line(Line(None, (step,))).steps[0][1] for step in first.steps[:1]]
        definition: Maths = row(first.lhs, EQUALS, *shown) if first.lhs is not None else shown[0]
        loss = derivation.work.names.node(derivation.of)
        yield Paragraph(("δ is the gradient of ", loss, " with respect to what stands in its index: ", definition, "."))
    gradients = tuple(in_line(derivation.delta_gradient(name)) for name in names)
    if derivation.has_errors(names) and lines:  # apart: δ = p − t leaves lines so short that they stand in columns
        yield Working(lines)
        yield Working(gradients)
    else:
        yield Working((*lines, *gradients))
    yield from where(units.reasons)
