"""How names are printed: w13 as w with 13 below it, net_h1 as net with h1 below, beta as β, or as the author says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from symnet.algebra.equations import partial_parts
from symnet.algebra.mistakes import Mistake, shown
from symnet.algebra.optimizers import LEARNING_RATE, UPDATE_NUMBER, state_parts
from symnet.notation.further import further_node
from symnet.notation.maths import (
    COMMA,
    PARTIAL,
    Accent,
    Brackets,
    Fraction,
    Letter,
    Maths,
    Number,
    Operator,
    Row,
    Script,
    Word,
    joined,
    row,
)

_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi "
    "psi omega"
)
GREEK = dict(zip(_GREEK_NAMES.split(), "αβγδεζηθικλμνξοπρστυφχψω", strict=True))
GREEK |= {name.capitalize(): sign.upper() for name, sign in GREEK.items()}
ETA = Letter("η")
_LAYERED = re.compile(r"([A-Za-z]+)(\d+)((?:_\d+)+)")
_INDEXED = re.compile(r"(.*?)_*(\d*)((?:_+[^_]+)*)_*")


class Names:
    """How the names of one exercise are printed: w13 as w₁₃, w2_1_3 as w⁽²⁾₁₃, net_h1 as net with h1 below.

    ``chosen`` is the author's own LaTeX for a name.  Two names that would look alike are printed as they are typed.
    ``deltas`` holds the names v whose ∂L/∂v is printed δ_v.
    """

    def __init__(
        self, names: Iterable[str] = (), chosen: Mapping[str, str] | None = None, deltas: Collection[str] = ()
    ) -> None:
        self.deltas = frozenset(deltas)
        self.chosen = dict(chosen or {})
        self._nodes: dict[str, Maths] = {}
        looks: dict[Maths, list[str]] = {}
        for name in names:
            if state_parts(name) is not None:  # printed from the name it belongs to
                continue
            latex = (chosen or {}).get(name)
            self._nodes[name] = parse_latex(latex) if latex is not None else default_notation(name)
            looks.setdefault(self._nodes[name], []).append(name)
        for alike in looks.values():
            for name in alike if len(alike) > 1 else ():
                if name not in (chosen or {}):
                    self._nodes[name] = Word(name)
        # The learning rate and the number of the update, unless the exercise means something else by η and t.
        self.rate: Maths = ETA if ETA not in looks else Word("lr")
        self.has_e = Letter("e") in looks  # then e^x cannot mean the exponential
        self._count = Letter("t") if Letter("t") not in looks else Letter("k")

    def with_deltas(self, deltas: Collection[str]) -> Names:
        """The same names, with δ for the gradients of ``deltas``."""
        other = Names(chosen=self.chosen, deltas=deltas)
        other._nodes, other._count = self._nodes, self._count
        other.rate, other.has_e = self.rate, self.has_e
        return other

    def with_nodes(self, nodes: Mapping[str, Maths]) -> Names:
        """The same names, and these beside them."""
        other = self.with_deltas(self.deltas)
        other._nodes = {**self._nodes, **nodes}
        return other

    def has(self, node: Maths) -> bool:
        """Whether a name of the exercise is printed like that."""
        return node in self._nodes.values()

    def node(self, name: str) -> Maths:
        """The maths of any name, also of a gradient (∂L/∂w), of a state variable (v(w)) and of the learning rate."""
        if name in self._nodes:
            return self._nodes[name]
        parts = partial_parts(name)
        if parts is not None:
            of, wrt = parts
            if wrt in self.deltas:
                return Script(Letter("δ"), sub=self.node(wrt))
            return Fraction(row(PARTIAL, self.node(of)), row(PARTIAL, self.node(wrt)))
        over, _, gradient = name.partition("(")
        if over in ("mean", "sum") and partial_parts(gradient[:-1]) is not None:
            return row(Word(over), Brackets(self.node(gradient[:-1])))
        further = further_node(name, self.node, self.rate)
        if further is not None:
            return further
        state = state_parts(name)
        if state is not None:
            return _of_parameter(state[0], self.node(state[1]))
        if name == LEARNING_RATE.name:
            return self.rate
        base, at, sample = name.rpartition("@")
        if at and sample.isdigit():
            return of_sample(self.node(base), sample)
        if name in self.chosen:  # of a whole array
            return parse_latex(self.chosen[name])
        return self._count if name == UPDATE_NUMBER.name else default_notation(name)


def of_sample(node: Maths, sample: str) -> Maths:
    """x⁽²⁾, x of the second sample."""
    own, number = Script(node) if not isinstance(node, Script) else node, Brackets(Number(sample))
    return Script(own.base, own.sub, number) if own.sup is None else Script(Brackets(node), sup=number)


def _of_parameter(kind: str, parameter: Maths) -> Maths:
    """What is kept for one parameter: v(w1) is v with w₁ below it, m_hat(w1) has a hat, g_old(w1) has old and w₁."""
    letters, _, accent = kind.partition("_")
    if accent in _ACCENTS:
        return Script(Accent(Letter(letters), accent), sub=parameter)
    own = default_notation(kind)
    if isinstance(own, Script) and own.sup is None and own.sub is not None:
        return Script(own.base, sub=row(own.sub, COMMA, parameter))
    return Script(own, sub=parameter)


def default_notation(name: str) -> Maths:
    """The maths of a name by its spelling: digits and what follows _ are indices, Greek letters are Greek."""
    layered = _LAYERED.fullmatch(name)
    if layered:
        indices = layered[3].split("_")[1:]
        short = all(len(index) == 1 for index in indices)
        return Script(_word(layered[1]), Number(("" if short else ",").join(indices)), Brackets(Number(layered[2])))
    indexed = _INDEXED.fullmatch(name)
    if not indexed or not indexed[1].strip("_"):
        return Word(name)
    base, digits, rest = indexed.groups()
    indices = [digits, *(part for part in rest.split("_") if part)] if digits else rest.split("_")[1:]
    indices = [index for index in indices if index]
    if not indices:
        return _word(base)
    if len(indices) > 1 and any(len(index) > 2 and index.isalpha() for index in indices):
        return Script(_word(base), Word("_".join(indices)))  # words, not indices
    nodes: list[Maths] = [Number(index) if index.isdigit() else _word(index) for index in indices]
    return Script(_word(base), joined(nodes, COMMA))


def _word(text: str) -> Maths:
    return Letter(GREEK.get(text, text))


# -- LaTeX that an author chooses for a name --------------------------------------------------------------------------

LONGEST = 100  # characters of it
_STYLES: dict[str, type[Word] | type[Letter]] = {
    "mathrm": Word,
    "text": Word,
    "textrm": Word,
    "operatorname": Word,
    "mathit": Letter,
    "mathbf": Letter,
}
_ACCENTS = ("hat", "bar", "tilde", "dot")
_TOKEN = re.compile(r"\\([A-Za-z]+|[,_ ])|([A-Za-z])|([0-9.]+)|([_^{}'()|,+=*/ -])|([\u0391-\u03c9])")


def parse_latex(latex: str) -> Maths:
    """The maths of a short piece of LaTeX: letters, digits, _ ^ { } ' ( ), Greek letters, \\hat \\bar \\tilde \\dot,
    \\mathrm \\text \\mathit.  Nothing else is let through; raises Mistake.
    """
    if not latex.strip() or len(latex) > LONGEST:
        raise Mistake(f"{shown(latex)} must be LaTeX of 1 to {LONGEST} characters")
    tokens: list[str] = []
    at = 0
    while at < len(latex):
        found = _TOKEN.match(latex, at)
        if not found:
            raise Mistake(f"{shown(latex[at])} cannot stand in a name's LaTeX")
        tokens.append(found[0])
        at = found.end()
    tokens.reverse()  # a stack: the next token is the last
    node = _latex_row(tokens, "", 0)
    if not isinstance(node, Row) or node.items:
        return node
    raise Mistake(f"{shown(latex)} shows nothing")


def _latex_row(tokens: list[str], closing: str, depth: int) -> Maths:
    if depth > 8:
        raise Mistake("a name's LaTeX is nested more than 8 deep")
    items: list[Maths] = []
    while tokens and tokens[-1] != closing:
        token = tokens.pop()
        if token in ("_", "^", "'"):
            script: Maths = Word("′") if token == "'" else _latex_atom(tokens, depth)
            base = items.pop() if items else Row(())
            old = base if isinstance(base, Script) else Script(base)
            taken = old.sub if token == "_" else old.sup
            if taken is not None:
                raise Mistake(f"two {'indices' if token == '_' else 'exponents'} stand at one place; put one in braces")
            items.append(Script(old.base, script, old.sup) if token == "_" else Script(old.base, old.sub, script))
        elif token not in (" ", r"\,", r"\ "):
            tokens.append(token)
            items.append(_latex_atom(tokens, depth))
    if closing:
        if not tokens:
            raise Mistake(f"a {'{'} is never closed")
        tokens.pop()
    return row(*items) if items else Row(())


def _latex_atom(tokens: list[str], depth: int) -> Maths:
    while tokens and tokens[-1] == " ":
        tokens.pop()
    if not tokens:
        raise Mistake("something is missing at the end of a name's LaTeX")
    token = tokens.pop()
    if token == "{":
        return _latex_row(tokens, "}", depth + 1)
    if token == "}":
        raise Mistake("a } closes no {")
    if token in ("_", "^", "'"):
        raise Mistake(f"a {token} follows an index or an exponent with nothing between them")
    if token.startswith("\\"):
        command = token[1:]
        if command in GREEK:
            return Letter(GREEK[command])
        if command in ("varepsilon", "ell", "prime"):
            return Letter({"varepsilon": "ε", "ell": "ℓ", "prime": "′"}[command])
        if command in _ACCENTS:
            return Accent(_latex_atom(tokens, depth + 1), command)
        if command in _STYLES:
            return _STYLES[command](_plain(tokens, command))
        if command == "_":
            return Word("_")
        known = ", ".join(f"\\{name}" for name in ("alpha … \\omega", *_ACCENTS, *_STYLES))
        raise Mistake(f"\\{command[:40]} is not allowed in a name; allowed are {known}")
    if token[0].isdigit() or token[0] == ".":
        return Number(token)
    if token.isalpha():
        return Letter(token)
    return Word(token) if token in "()|" else Operator("−" if token == "-" else token)


def _plain(tokens: list[str], command: str) -> str:
    """The letters and digits in the braces after \\mathrm and the like."""
    if not tokens or tokens.pop() != "{":
        raise Mistake(f"\\{command} needs its text in braces")
    text = ""
    while tokens and tokens[-1] != "}":
        token = tokens.pop()
        if token.startswith("\\") or token in "_^{":
            raise Mistake(f"\\{command} takes plain letters and digits")
        text += token
    if not tokens:
        raise Mistake("a { is never closed")
    tokens.pop()
    return text
