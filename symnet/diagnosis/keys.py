"""What a person calls a quantity, read as the key that ``symnet`` has for it.

    y5                         the value                        dy3/dx3, ∂y3/∂x3, relu'(x3), slope(y3)   y3/x3
    ∂L/∂w13, dL/dw13, δ5, …    grad(w13), grad(x5)              w13_new, w13', new(w13)                  w13
    Δw13, delta w13            change(w13)                      new(L), L_new, L'                        new(L)
    y@2, w13@2                 of the second sample or update

Everything that is printed, on sheets, in JSON and in messages, is read here, and so are the columns of a class's
answers.  A declared name is never notation: an equation called dL or delta5 is itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from symnet.algebra import functions
from symnet.algebra.equations import names_in, symbol
from symnet.algebra.further import numbered, spellings, total_slope_parts
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.output_errors import output_errors
from symnet.diagnosis.called import Called
from symnet.diagnosis.particulars import how_many
from symnet.diagnosis.spelling import bare as without_separators
from symnet.diagnosis.spelling import plain, spelled
from symnet.working.arrays import places
from symnet.working.problem import Problem
from symnet.working.quantities import further_of, keys_of

LONGEST = 300  # characters of a key
MOST_VECTOR = 10_000  # quantities that one list may be of
_ENTRY = re.compile(r"[^\W\dΔδ∇∂]\w*\[[^\[\]]*\]")  # W[1,2]
_BEHIND = re.compile(r"(?P<whole>.*[^\s\[\]])\s*(?P<index>\[[^\[\]]*\])\s*")  # new(W)[1,2], W_new[1,2]
_AT = re.compile(r"(.+)@(.*)")
_CALL = re.compile(r"([^\W\d_]+|[∇δΔ∂])\s*\((.*)\)")
_PRIMED = re.compile(r"([^\W\d]\w*|σ)\s*'\s*\((.*)\)")
_D = re.compile(r"(?:∂⁺|∂|d(?=\W|[^\W\d_])|partial)\s*(?P<name>.+)")
_OPERATOR = re.compile(r"\(?\s*(?:∂|d|partial)\s*\)?\s*/\s*\(?\s*(?:∂|d|partial)\s*(?P<wrt>\w+)\s*\)?\s*(?P<of>.+)")
_NEW = re.compile(
    r"(?P<name>.+?)\s*(?:'|\+|_?\^?\(?(?:new|after|neu|next|updated|t\+1|k\+1|n\+1)\)?|_?\^?\+)|"
    r"(?:new|updated)[\s_]+(?P<behind>.+)",
    re.IGNORECASE,
)
_DELTA = re.compile(r"(?:δ|delta)[\s_]*(?P<rest>.*)", re.IGNORECASE)
_CHANGE = re.compile(r"(?:Δ|Delta|change)[\s_]*(?P<rest>.+)")
_GRADIENT = re.compile(r"(?:(?:gradient|grad)(?:[\s_]+(?:of\s+)?|(?=\W))|∇\s*)(?P<rest>.+)", re.IGNORECASE)
_GRAD_OF = re.compile(r"(?P<rest>.+?)(?:\.|_|\s)grad(?:ient)?", re.IGNORECASE)  # w13.grad, as in PyTorch
_GREEK_FUNCTIONS = {"sigma": "sigmoid", "logistic": "sigmoid", "logsig": "sigmoid"}
_ANY_FUNCTION = ("f", "g", "phi", "varphi", "act", "activation")
KINDS = (
    "a name is its value, grad(name) its gradient, a parameter its new value and change(name) what changes it; "
    "dy/dx is a local derivative, new(name) a value after the update, name@2 that of the second sample or update"
)


class Keys:
    """Reads the keys of one problem; ``notation`` is how its author has names printed."""

    def __init__(self, problem: Problem, notation: Mapping[str, str] | None = None) -> None:
        self.problem = problem
        self.called = Called(problem, notation)
        self.known = keys_of(problem)
        self._known = frozenset(self.known)

    def read(self, word: str) -> str:
        """The key that a word means; raises Mistake, one line, where it means none, or may mean several."""
        if len(word) > LONGEST:
            raise Mistake(f"{shown(word)} is too long for the name of a quantity")
        word = self._index_inside(word)
        if any(self.called.part(found[0]) is not None for found in _ENTRY.finditer(word)):
            raise self.unknown(word)  # of a whole row: ``vector`` has its entries
        key = self._read(plain(word).strip(), word.strip())
        if not key:
            raise self.unknown(word)
        return key

    def find(self, word: str) -> str:
        """The same, but "" where it means none or several."""
        try:
            return self.read(word)
        except Mistake:
            return ""

    def name(self, word: str) -> str:
        """The declared name that a word means, "" where it is none."""
        return self.called.find(word) if len(word) <= LONGEST else ""

    def vector(self, word: str) -> list[tuple[str, tuple[int, ...]]]:
        """(key, index) of every quantity of a word that stands for a vector: of h, or of grad(h), for h1 and h2."""
        if len(word) > LONGEST:
            return []
        word = self._index_inside(word)
        for found in _ENTRY.finditer(word):
            row = self.called.part(found[0])
            if row is not None:
                before, after = word[: found.start()], word[found.end() :]
                return [(self.find(f"{before}{name}{after}"), place) for name, place in places(row)]
        text = plain(word)
        for found in re.finditer(r"([Δδ∇d]?)([^\W\d]\w*)", text):  # Δw is one word, and w its vector
            at, stem = (found.start(), found[0]) if self.called.vector(found[0]) else (found.start(2), found[2])
            entries = self.called.vector(stem)
            if 0 < len(entries) <= MOST_VECTOR:
                before, after = text[:at], text[found.end() :]
                keys = [(self.find(f"{before}{name}{after}"), place) for name, place in entries.items()]
                if all(key for key, _ in keys):
                    return keys
        if (newer := _NEW.fullmatch(text)) is not None:  # W_new is one word, too
            entries = self.called.vector((newer["name"] or newer["behind"]).rstrip("_^ "))
            return [(self.new(name), place) for name, place in entries.items()] if len(entries) <= MOST_VECTOR else []
        return []

    def _index_inside(self, word: str) -> str:
        """new(W[1,2]) for new(W)[1,2] and W_new[1,2]: an entry of what is new is the new entry."""
        found = _BEHIND.fullmatch(word)
        if found is None or found["whole"] in self.problem.arrays:
            return word
        call = _CALL.fullmatch(found["whole"])
        if call is not None:
            inner = call[2].strip()
            return f"{call[1]}({inner}{found['index']})" if inner in self.problem.arrays else word
        newer = _NEW.fullmatch(found["whole"])
        name = (newer["name"] or newer["behind"]).rstrip("_^ ") if newer is not None else ""
        return f"new({name}{found['index']})" if name in self.problem.arrays else word

    def shape(self, entries: Sequence[tuple[str, tuple[int, ...]]]) -> tuple[int, ...]:
        """The shape of the array, or of the row of one, that the entries of a ``vector`` are; () of any other."""
        owner = self.problem.array_of
        names = {self._name_of(key) for key, _ in entries}
        if not names or not all(name in owner for name in names):
            return ()
        return tuple(max(place[i] for _, place in entries) for i in range(len(entries[0][1])))

    def _name_of(self, key: str) -> str:
        """W1_2 of grad(W1_2), mean(grad(W1_2)), W1_2@3."""
        found = [name for name in re.findall(r"[^\W\d]\w*(?:\([^\W\d]\w*\))?", key) if name in self.problem.array_of]
        return found[0] if found else next(iter(re.findall(r"[^\W\d]\w*(?=\W*(?:@\d+)?$)", key)), "")

    def unknown(self, word: str) -> Mistake:
        """That a word is no quantity: what is near, and what forms there are."""
        near = suggestion(word.strip(), self._near)
        return Mistake(f"{shown(word.strip())} is not a quantity of this exercise, where {KINDS}{near}")

    @cached_property
    def _passed_over(self) -> frozenset[str]:
        errors = output_errors(self.problem.network.equations, symbol(self.problem.loss))
        return frozenset(name.name for error in errors for name in error.between)

    @cached_property
    def _near(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.known, *self.called.names)))

    # -- the forms, one after another ----------------------------------------------------------------------------------

    def _read(self, text: str, raw: str = "", depth: int = 0) -> str:
        if not text or depth > 6:
            return ""
        for known in (raw, text, "".join(text.split())):
            if known in self._known or known in self.called:
                return known  # a declared name is itself
        forms: tuple[Callable[[str, int], str], ...] = (
            self._moment,
            self._wrapped,
            self._named,
            self._further,
            self._quotient,
            self._primed,
            self._after,
            self._delta,
        )
        for form in forms:
            key = form(text, depth + 1)
            if key:
                return key
        inside = _inside(text)
        return self._read(inside, inside, depth + 1) if inside else ""

    def _named(self, text: str, _: int) -> str:
        return self.called.find(text) if "/" not in text and "'" not in text else ""

    def _moment(self, text: str, depth: int) -> str:
        found = _AT.fullmatch(text)
        if found is None:
            return ""
        key, k = self._read(found[1].strip(), found[1].strip(), depth), found[2].strip()
        if not key:
            return ""
        most, what = how_many(self.problem, key)
        if not most:
            raise Mistake(f"{key} has no value of its own at a sample or update, so {shown(text)} is nothing; {KINDS}")
        if not re.fullmatch(r"0*[1-9][0-9]{0,8}", k) or int(k) > most:
            only = f"1 to {most}" if most > 1 else "1 alone"
            raise Mistake(f"{shown(text)}: after @ stands the number of the {what}, here {only}, as in {key}@{most}")
        return f"{key}@{int(k)}"

    def _wrapped(self, text: str, depth: int) -> str:
        """grad(w), mean(dL/dw), change(w), delta(x5), new(L), slope(h1)."""
        found = _CALL.fullmatch(text)
        if found is None or not _closes_last(text):
            found = _GRADIENT.fullmatch(text) or _GRAD_OF.fullmatch(text)
            return self.gradient(found["rest"], depth) if found is not None else ""
        head, inner = found[1], found[2].strip()
        match head.lower() if head.isascii() else head:
            case "grad" | "gradient" | "∇" | "nabla":
                return self.gradient(inner, depth)
            case "mean" | "average" | "avg" | "sum" | "total" as over:
                key = self._read(inner, inner, depth)
                both = (f"mean({key})", f"sum({key})")
                wanted = both[over in ("sum", "total")]
                other = next((known for known in both if known in self._known), "")
                if key and other and wanted not in self._known:
                    raise Mistake(f"{shown(text)}: the losses of this batch are combined as {other}")
                return wanted if wanted in self._known else ""
            case "delta" if head[0] == "D":
                return self.change(inner)
            case "change" | "Δ":
                return self.change(inner)
            case "delta" | "δ":
                return self.delta(inner)
            case "new" | "updated" | "after":
                return self.new(inner)
            case "slope":
                return self.slope(inner)
        return ""

    def _quotient(self, text: str, depth: int) -> str:
        """∂L/∂w, d(y)/d(z), and y/z as JSON has it for a local derivative."""
        operator = _OPERATOR.fullmatch(text)
        if operator is not None and (name := self.called.find(_inside(operator["of"]) or operator["of"])):
            return self.derivative(name, operator["wrt"])
        above, slash, below = text.partition("/")
        if not slash:
            return self._underlined(text)
        if self._stands_in(above, below):
            return text  # as JSON has it, also where a name begins with d
        above, below = (_inside(part.strip()) or part.strip() for part in (above, below))
        upper, lower = _D.fullmatch(above), _D.fullmatch(below)
        if upper is not None and lower is not None:
            over, under = (_inside(part["name"].strip()) or part["name"].strip() for part in (upper, lower))
            return self.derivative(over, under)
        of, wrt = self.called.find(above), self.called.find(below)
        return f"{of}/{wrt}" if of and wrt and self._stands_in(of, wrt) else ""

    def _underlined(self, text: str) -> str:
        """dL_dw, as programs call it and the code that is printed for a network does."""
        for found in re.finditer("_d", text) if text[:1] == "d" else ():
            of, wrt = text[1 : found.start()], text[found.end() :]
            if self.called.find(wrt) and (self.called.find(of) or self.called.loss(of)):
                return self.derivative(of, wrt)
        return ""

    def _further(self, text: str, _: int) -> str:
        """∂²L/∂w1∂w2, H(w1,w2), H12, λ: what questions ask for beyond the two passes."""
        for form in (_closed_up, _bare):
            meant = {key for key, looks in self._spellings.items() if form(text) in map(form, looks)}
            if len(meant) == 1:
                key = meant.pop()
                of, wrt = total_slope_parts(further_of(self.problem)[key]) or ("", "")
                return f"grad({wrt})" if of == self.problem.loss else key
        return ""

    @cached_property
    def _spellings(self) -> dict[str, tuple[str, ...]]:
        """{"d2L/dw1dw2": ("d2L/dw2dw1", "H(w1,w2)", "H_1_2", …)}"""
        return {
            key: (key, *spellings(name), *numbered(name, tuple(self.problem.further)))
            for key, name in further_of(self.problem).items()
        }

    def _primed(self, text: str, _: int) -> str:
        """relu'(x3), σ′(z): the slope of the activation, by its function and what it is taken of."""
        found = _PRIMED.fullmatch(text)
        if found is None:
            return ""
        word, name = spelled(found[1]).lower(), self.called.find(found[2])
        function = _GREEK_FUNCTIONS.get(word, word)
        printed = {kind.notation.lower(): name for name, kind in functions.CATALOGUE.items()}
        function = printed.get(function, function)
        if function not in functions.CATALOGUE and function not in _ANY_FUNCTION:
            return ""
        made = self.called.made_by.get(name, [])
        if not made and name in self.called.activations:
            of = self.called.argument(name)
            raise Mistake(
                f"{shown(text)}: {name} is what the function makes of {of}; its slope is that at {of}, {name}/{of}"
            )
        for activation in made:
            if function in _ANY_FUNCTION or self.called.function(activation).__name__ == function:
                return f"{activation}/{name}"
        if made:
            kind = self.called.function(made[0]).__name__
            raise Mistake(f"{shown(text)}: the function of {name} here is {kind}, so its slope is {kind}'({name})")
        return ""

    def _after(self, text: str, _: int) -> str:
        found = _NEW.fullmatch(text)
        if found is None:
            return ""
        word = found["name"] or found["behind"]
        name = self.called.find(word.rstrip("_^ "))
        if name in self.called.activations and text.endswith("'"):
            of = self.called.argument(name)
            raise Mistake(
                f"{shown(text)} may be {name}/{of}, the slope of its activation, or new({name}), its value after the "
                "update; write which"
            )
        return self.new(word.rstrip("_^ ")) if name or self.called.loss(word) else ""

    def _delta(self, text: str, _: int) -> str:
        found = _CHANGE.fullmatch(text)
        if found is not None and (name := self.called.find(found["rest"])):
            return self.change(name)
        found = _DELTA.fullmatch(text)
        if found is not None:
            return self.delta(found["rest"].strip())
        if text[:1] == "d" and (name := self.called.find(text[1:])):
            raise Mistake(f"{shown(text)} may be grad({name}) or change({name}); write which")
        return ""

    # -- what they mean ------------------------------------------------------------------------------------------------

    def gradient(self, word: str, depth: int = 0) -> str:
        """grad(name); of a derivative in brackets, that derivative."""
        name = self.called.find(word)
        if f"grad({name})" in self._known:
            return f"grad({name})"
        key = "" if name else self._read(word, word, depth)
        return key if key.startswith(("grad(", "mean(grad(", "sum(grad(")) else ""

    def derivative(self, of: str, wrt: str) -> str:
        """∂of/∂wrt: the gradient where ``of`` is the loss, else a local derivative; raises Mistake for any other."""
        over, under = self.called.find(of), self.called.find(wrt)
        if not under:
            return ""
        if over == self.problem.loss or (not over and self.called.loss(of)):
            return f"grad({under})" if f"grad({under})" in self._known else ""
        if not over:
            return ""
        if self._stands_in(over, under):
            return f"{over}/{under}"
        raise Mistake(
            f"∂{over}/∂{under}: {under} does not stand in the equation of {over}, so this is no local derivative; "
            f"symnet solve FILE --of {over} --wrt {under} gives the total one, and grad({under}) is that of "
            f"{self.problem.loss}"
        )

    def change(self, word: str) -> str:
        name = self.called.find(word)
        if f"change({name})" in self._known:
            return f"change({name})"
        if name and not self.problem.rules:
            raise Mistake(f"change({name}): nothing is updated in this exercise")
        if name:
            raise Mistake(f"change({name}): {name} is not a parameter, so no update changes it")
        return ""

    def new(self, word: str) -> str:
        """What a name is after the updates: of a parameter its own key, of an equation new(name)."""
        name = self.called.find(word) or (self.problem.loss if self.called.loss(word) else "")
        if name in self.problem.network.by_name:
            return f"new({name})"
        if not self.problem.rules and f"newton({name})" in self._known:
            return f"newton({name})"
        if name in self.problem.given:
            raise Mistake(f"new({name}): {name} is given, and no update changes it")
        return name

    def slope(self, word: str) -> str:
        """The slope of the activation that makes a name, or that is taken of it."""
        name = self.called.find(word)
        if name in self.called.activations:
            return f"{name}/{self.called.argument(name)}"
        made = self.called.made_by.get(name, [])
        if len(made) == 1:
            return f"{made[0]}/{name}"
        if name:
            many = (
                f"may be {' or '.join(f'{other}/{name}' for other in made)}" if made else "has no activation function"
            )
            raise Mistake(f"slope({name}): {name} {many}; a local derivative is written dy/dx")
        return ""

    def delta(self, word: str) -> str:
        """δ of a unit: the gradient of its net input; of a parameter it is the change."""
        name = self.called.find(word)
        if name and f"change({name})" in self._known:
            return f"change({name})"
        units = self.called.unit(word) if name and spelled(word) != spelled(name) else []
        if len(units) == 1 and units[0] in self.called.unit(""):
            name = units[0]  # δ_o1, where the file says net_o1 and out_o1
        meant = [name] if name else self.called.unit(word)
        if name in self.called.activations and self.called.argument(name) in self.called.unit(""):
            meant = [self.called.argument(name), name]
        if len(meant) > 1:  # of an output that goes with its loss it is the error at the logit
            meant = [one for one in meant if one not in self._passed_over] or meant
        if len(meant) > 1:
            grads = " or ".join(f"grad({one})" for one in meant[:5]) + " …" * (len(meant) > 5)
            raise Mistake(f"δ{f' of {word}' if word else ''} may be {grads} here; write which")
        return f"grad({meant[0]})" if meant and f"grad({meant[0]})" in self._known else ""

    def _stands_in(self, of: str, wrt: str) -> bool:
        equation = self.problem.network.by_name.get(of)
        return equation is not None and any(name.name == wrt for name in names_in(equation.rhs))


def _closed_up(text: str) -> str:
    """The text with d for ∂, Greek letters written out and no spaces."""
    return spelled(text).replace("∂", "d").replace("d^2", "d2", 1)


def _bare(text: str) -> str:
    return without_separators(_closed_up(text))


def _inside(text: str) -> str:
    """What stands in the brackets around the whole text; "" where there are none."""
    return text[1:-1].strip() if text[:1] == "(" and text[-1:] == ")" and _closes_last(text) else ""


def _closes_last(text: str) -> bool:
    """Whether the first bracket of a text is closed at its end, and nothing is wrong between them."""
    depth = 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth < 0 or (c == ")" and depth == 0 and i < len(text) - 1):
            return False
    return depth == 0
