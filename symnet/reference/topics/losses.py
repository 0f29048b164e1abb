"""The losses by name, and how examples combine."""

from __future__ import annotations

from symnet.algebra import losses
from symnet.algebra.common_names import other_words
from symnet.reference.entries import Entry, told

ORDER = 4
SAYS = "The losses of [network] and symnet.mlp by name; and losses of your own."

_NETWORK = """[network]
layers = [2, {outputs}]
loss = "{loss}"
weights = {{ W1 = [[{first}], [{second}]], b1 = [{bias}] }}
inputs = [[2, -1]]
targets = [[{target}]]"""


def entries() -> tuple[Entry, ...]:
    return (*map(_entry, losses.CATALOGUE), _own())


def _entry(name: str) -> Entry:
    says, more = told(losses.CATALOGUE[name])
    combined = "summed" if losses.reduction(name) == "sum" else "averaged"
    terms = [("batch", f'the examples are {combined}; [training] reduce = "sum" or "mean" says otherwise')]
    if name == "root_squared_error":
        terms = [("batch", "one root over the whole batch; it takes no reduce")]
    if other_words(name):
        terms.append(("also", f"understood as well: {', '.join(other_words(name))}"))
    return Entry(name, says, more, tuple(terms), _network(name), also=other_words(name))


def _network(name: str) -> str:
    """A file with that loss, and the output that belongs to it where it takes probabilities."""
    output = losses.OF_PROBABILITIES.get(name, ("",))[0]
    several = name in losses.OF_ROWS
    numbers = (
        {"outputs": 2, "first": "1, 0.5", "second": "-1, 2", "bias": "0, 0", "target": "0, 1"}
        if several
        else {"outputs": 1, "first": "1", "second": "-1", "bias": "0", "target": "1"}
    )
    text = _NETWORK.format(loss=name, **numbers)
    return text.replace("loss =", f'output = "{output}"\nloss =', 1) if output else text


def _own() -> Entry:
    more = (
        "In [equations] the loss is whatever formula stands last, or the one that loss names at the top.",
        "In [network] and in symnet.mlp it may be a formula in y and t, the output and its target: it is summed over "
        "the outputs and averaged over the batch.",
    )
    example = _network("(y - t)^4")
    return Entry("own", "A loss of your own is a formula.", more, (), example, also=("formula", "custom"))
