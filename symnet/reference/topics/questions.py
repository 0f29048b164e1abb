"""The kinds of question, with the keys of each."""

from __future__ import annotations

from symnet import questions
from symnet.reference.entries import Entry, plain, told
from symnet.reference.keys_of_questions import keys_of

ORDER = 2
SAYS = 'What a sheet can ask: ask = "…" of a [[question]], and its keys.'

# The lines under ask, and the file that they are added to, where "relu" will not do.
EXAMPLES: dict[str, tuple[str, str]] = {
    "forward": ('of = ["x3", "y3"]\npoints = 2', "relu"),
    "gradient": ('of = "w13"\npoints = 4', "relu"),
    "derivative": ('of = "y5"\nwrt = "x3"', "relu"),
    "update": ('of = ["w13", "w35"]', "relu"),
    "deltas": ("points = 6", "relu"),
    "nudge": ('of = "L"\nwrt = "w13"', "relu"),
    "function": ('of = "f1"', "activation"),
    "slopes": ('of = ["f1", "f2"]', "activation"),
    "plot": ('of = "f1"\nrange = [-5, 5]', "activation"),
    "graph": ("points = 4", "graph"),
    "matrix": ("", "softmax"),
    "loss": ('about = "half_squared_error"\nof = "y5"\nwrt = "t"', "relu"),
    "softmax": ('of = ["p1", "p2", "p3"]\nwrt = ["z1", "z2", "z3"]', "cross-entropy"),
    "mistake": ('of = "y5"\nwrt = "w35"\nwrong = "w35"\nwhy = "The input of the weight is y3."', "relu"),
    "table": ('columns = ["y", "grad(w)", "w"]', "optimizer"),
    "optimizer": ('about = ["sgd", "momentum"]', "optimizer"),
    "batch": ("", "regression"),
    "updates": ("", "optimizer"),
    "curve": ("", "optimizer"),
    "training": ("", "optimizer"),
    "text": ('text = "Why does $w_{13}$ grow?"\nanswer = "Its gradient is negative."\nroom = 3', "relu"),
    "loss_after": ("points = 3", "relu"),
    "sizes": ('columns = ["shape", "parameters", "multiply-adds"]', "sizes"),
    "hessian": ('wrt = ["w35", "w45"]', "relu"),
    "newton": ('wrt = "w"', "optimizer"),
    "stability": ('wrt = "w"', "optimizer"),
    "jacobian": ('of = ["y3", "y4"]\nwrt = ["x1", "x2"]', "relu"),
    "vanishing": ('of = ["h1", "h2", "h3"]\nwrt = "h0"', "rnn"),
    "forward_mode": ('wrt = "w13"', "relu"),
    "truth_table": ('columns = ["z", "y"]\ntarget = "t"', "perceptron"),
    "regions": ('of = "y"\ntarget = "t"\nrange = [-1, 2]', "perceptron"),
}


def entries() -> tuple[Entry, ...]:
    return tuple(_entry(ask) for ask in questions.CATALOGUE)


def _entry(ask: str) -> Entry:
    says, more = told(questions.CATALOGUE[ask])
    keys = keys_of(ask)
    lines, start = EXAMPLES.get(ask, ("", "relu"))
    example = "\n".join(filter(None, ("[[question]]", f'ask = "{ask}"', lines)))
    return Entry(ask, says, more, tuple((key, plain(words)) for key, words in keys.items()), example, start)
