"""What a key has printed once: lines of working that an earlier question had, and sentences for the whole sheet.

A step of Newton's method needs the gradient and the Hessian, which the question before it may have asked for.  Then
the words above the lines stay, "The gradient, as above.", and the lines stand where they were worked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from symnet.paper.document import Answer, Block, Paragraph, Task, Working

FEWEST = 2  # lines of working that are not printed again; a single one is as short as what is said instead
_AS_ABOVE = ", as above."


def without_repeats(blocks: Iterable[Block]) -> Iterator[Block]:
    """The same blocks; of an answer, without what stands in the answer to an earlier question."""
    earlier: set[Block] = set()
    own: set[Block] = set()
    for block in blocks:
        if isinstance(block, Task):
            earlier |= own
            own = set()
        if isinstance(block, Answer):
            own |= {part for part in block.blocks if _may_be_left_out(part)}
            block = replace(block, blocks=tuple(_new(block.blocks, earlier)))
        yield block


def _may_be_left_out(block: Block) -> bool:
    return block.once if isinstance(block, Paragraph) else isinstance(block, Working) and len(block.lines) >= FEWEST


def _new(blocks: Iterable[Block], earlier: set[Block]) -> list[Block]:
    found: list[Block] = []
    for block in blocks:
        if not _may_be_left_out(block) or block not in earlier:
            found.append(block)
        elif isinstance(block, Working):
            said = _as_above(found[-1]) if found else None
            if said is None:
                found.append(block)
                continue
            before = found[-2] if len(found) > 1 else None
            if isinstance(before, Paragraph) and before.text[-1] == said.text[-1] == _AS_ABOVE:
                found[-2:] = [Paragraph((*before.text, " ", *said.text))]
            else:
                found[-1] = said
    return found


def _as_above(block: Block) -> Paragraph | None:
    """What announces lines, "The gradient:", where they stand above; None of what announces none."""
    if not isinstance(block, Paragraph):
        return None
    *before, last = block.text
    if not (isinstance(last, str) and last.endswith(":")):
        return None
    return Paragraph((*before, last.removesuffix(":"), _AS_ABOVE))
