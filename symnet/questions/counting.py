"""Counting what a network has."""

from __future__ import annotations

from symnet.algebra.mlp import parameter_shapes, widths_of
from symnet.notation.line import Line
from symnet.notation.maths import DOT, EQUALS, PLUS, Maths, Number, joined, row
from symnet.paper.document import Answer, Paragraph, Table, Text, Working
from symnet.questions.pieces import (
    Asked,
    Question,
    listed,
)
from symnet.questions.sizes import sizes
from symnet.working.work import Work


def parameters(work: Work, question: Question) -> Asked:
    """How many parameters there are, layer by layer where the network is a dense one."""
    if work.problem.sizes is not None:
        return sizes(work, question, columns=("parameters",))
    count = work.network.parameter_count
    layers = widths_of(work.network)
    if not layers:
        return Asked(
            ("How many parameters are there?",),
            (Answer((Paragraph((f"{count}: ", *listed(work, [p.name for p in work.network.parameters]), ".")),), 1.5),),
        )
    rows: list[tuple[Text, ...]] = []
    products, biases = [], []
    for name, shape in parameter_shapes(layers).items():
        layer = name[1:]
        if len(shape) == 2:
            weights: Maths = row(Number(str(shape[0])), DOT, Number(str(shape[1])))
            products.append(weights)
            rows.append(((layer,), (row(weights, EQUALS, Number(str(shape[0] * shape[1]))),), ()))
        else:
            biases.append(shape[0])
            rows[-1] = (rows[-1][0], rows[-1][1], (Number(str(shape[0])),))
    total = joined([*products, *(Number(str(b)) for b in biases)], PLUS)
    line = Line(None, (("", total), ("=", Number(str(count)))))
    widths = "-".join(str(width) for width in layers)
    return Asked(
        (f"How many parameters does this {widths} network have?",),
        (
            Table((("layer",), ("weights",), ("biases",)), tuple(rows), frozenset({1, 2})),
            Answer((Working((line,)),), 1.5),
        ),
    )
