"""Why what comes back to a logit is output minus target, as blocks before the working that uses it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from symnet.paper.document import Block, Paragraph, Working
from symnet.working.derivation import Derivation
from symnet.working.error_reason import ErrorReason
from symnet.working.work import Work


def error_reasons(work: Work, derivation: Derivation, names: Iterable[str]) -> Iterator[Block]:
    """Why the errors are p − t that come back to these names, once for each kind of output."""
    shown: set[bool] = set()
    for error in derivation.errors if derivation.has_errors(names) else ():
        if error.is_logistic not in shown:
            shown.add(error.is_logistic)
            reason = ErrorReason(work, error)
            yield Paragraph(reason.text())
            yield Working(reason.lines())
            if because := reason.because():
                yield Paragraph(because, of_formula=True)
