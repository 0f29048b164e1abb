"""What an author writes in words: paragraphs, lists, and maths between dollars, read into blocks.

    The *error* of an output is $p_1 - t_1$:        words with a formula
    - of every sample                               a list, also 1. 2. 3.

A formula between dollars is read with the names of the exercise, in whatever spelling (w13, w_{13}, w₁₃, ∂L/∂w13), and
set as the sheet sets it; nothing is passed on to TeX, HTML or Typst.  \\$ is a dollar, and so is one that stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Any

from symnet.algebra import functions
from symnet.algebra.common_names import understood
from symnet.algebra.equations import Expr, Symbol, partial, replace, symbol
from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.algebra.parsing import parse
from symnet.algebra.scalar import derived
from symnet.diagnosis.called import Called
from symnet.diagnosis.keys import Keys
from symnet.diagnosis.spelling import bare, plain
from symnet.notation.maths import COMMA, Brackets, Letter, Maths, Operator, Script, Word, joined, row
from symnet.notation.names import GREEK, Names, default_notation
from symnet.notation.typesetter import Typesetter
from symnet.paper.document import Block, Inline, Items, Paragraph, Text
from symnet.working.problem import Problem

LONGEST = 500  # characters between two dollars
_ITEM = re.compile(r"[ \t]*(?:(-)|(\d{1,3})\.)[ \t]+(?=\S)")
# As pandoc has it: no space inside the dollars, and no digit behind them, so that $5 and $6 are prices.
_MATHS = re.compile(r"\\\$|(?<![\\$])\$(?![\s$])((?:\\.|[^$\\])*?)(?<!\s)\$(?![\d$])", re.DOTALL)
_RELATION = re.compile(r"(:=|<=|>=|!=|\\(?:leq?|geq?|neq?|approx|to|gets|leftarrow|rightarrow)\b|[=≈≠≤≥<>←→])")
_SIGNS = {
    "<=": "≤", ">=": "≥", "!=": "≠", "\\le": "≤", "\\leq": "≤", "\\ge": "≥", "\\geq": "≥", "\\ne": "≠", "\\neq": "≠",
    "\\approx": "≈", "\\to": "→", "\\rightarrow": "→", "\\gets": "←", "\\leftarrow": "←",
}  # fmt: skip
_DOTS = ("...", "…", "\\dots", "\\ldots", "\\cdots")
_GREEK_LETTERS = "".join(GREEK.values())
_SLOPE = re.compile(r"\(?(?:∂|(?<![A-Za-z])d) ?(\w+?)\)?/\(?(?:∂|d) ?(\w+)\)?")
_NAME = re.compile(rf"[A-Za-z{_GREEK_LETTERS}][A-Za-z0-9{_GREEK_LETTERS}]*(?:_[A-Za-z0-9{_GREEK_LETTERS},]+)*_?")
_WORD = re.compile(r"[^\W\d][\w,]*(?:\^\(?\w+\)?)?[\w,]*'?")
# Where an index ends and the next name begins: in w_{13}x_1 and in w₁₃x₁.
_INDEX_END = re.compile(r"(?:_\{[^{}]*\}|[₀-₉ₐ-ₜᵢⱼᵣᵤᵥ]+)(?=[^\W_₀-₉ₐ-ₜᵢⱼᵣᵤᵥ⁰-⁹]|\\)")
_FREE = re.compile(rf"[A-Za-z{_GREEK_LETTERS}](?:_[A-Za-z{_GREEK_LETTERS}]+)?|δ_?\w+")  # x, β, w_ij, δ_3: plain enough
_DERIVATIVE = re.compile(rf"([A-Za-z{_GREEK_LETTERS}]\w*)\s*['′]\s*\(([^()]*)\)")  # ReLU'(a_1)
_APPLIED = re.compile(rf"([A-Za-z{_GREEK_LETTERS}](?:_\w+)?)\s*\((.*)\)")
_SLOPES = ("∂", "δ", "Δ", "∇")
_GREEK_FUNCTIONS = {"σ": "sigmoid", "sigma": "sigmoid"}


class Vocabulary:
    """What the words of one exercise can name; without a ``problem``, as where it is trained, any name."""

    def __init__(self, problem: Problem | None, notation: Mapping[str, str], names: Names | None = None) -> None:
        self.problem = problem
        self.notation = notation
        own = (*problem.network.names, *problem.state) if problem is not None else ()
        self.names = names or Names(own, notation)

    @cached_property
    def called(self) -> Called | None:
        return Called(self.problem, self.notation) if self.problem is not None else None

    @cached_property
    def keys(self) -> Keys | None:
        return Keys(self.problem, self.notation) if self.problem is not None else None

    def blocks(self, text: str, where: str) -> tuple[Block, ...]:
        """Paragraphs and lists; raises Mistake for maths that is not understood, saying ``where``."""
        blocks: list[Block] = []
        for lines in _paragraphs(text):
            if isinstance(lines, str):
                blocks.append(Paragraph(self.inline(lines, where)))
            else:
                ordered, items = lines
                blocks.append(Items(tuple(self.inline(item, where) for item in items), ordered))
        return tuple(blocks)

    def inline(self, words: str, where: str) -> Text:
        """A paragraph: words and formulas in turn."""
        parts: list[Inline] = []
        at = 0
        for found in _MATHS.finditer(words):
            parts.append(words[at : found.start()])
            at = found.end()
            parts.append("$" if found[1] is None else self._formula(found[1], where))
        parts.append(words[at:])
        return tuple(_run_together(parts))

    def _formula(self, source: str, where: str) -> Maths:
        try:
            if len(source) > LONGEST:
                raise Mistake(f"a formula in words has at most {LONGEST} characters")
            return self.maths(source)
        except Mistake as mistake:
            advice = "" if "$" in str(mistake) else "; a dollar sign is written \\$"
            raise Mistake(f"{where}: in {shown(f'${source}$')}: {mistake}{advice}") from None

    # -- maths ---------------------------------------------------------------------------------------------------------

    def maths(self, source: str) -> Maths:
        """Formulas with relations and commas between them."""
        nodes: list[Maths] = []
        for i, part in enumerate(_RELATION.split(source)):
            if i % 2:
                nodes.append(Operator(_SIGNS.get(part, part)))
            elif part.strip():
                listed = [self._one(item.strip()) for item in _at_commas(part)]
                nodes.append(joined(listed, COMMA))
            elif i and source.strip():
                raise Mistake("a formula is missing beside a relation")
        if not nodes:
            raise Mistake("there is nothing between the dollars")
        return row(*nodes)

    def _one(self, source: str) -> Maths:
        """One name, gradient or formula."""
        if source in _DOTS:
            return Word("…")
        if not source:
            raise Mistake("a formula is missing beside a comma")
        unknown = re.search(r"\\([A-Za-z]+)", source)
        text = plain(_INDEX_END.sub(r"\g<0> ", source))
        if unknown and _is_command(unknown[1], text):
            raise Mistake(
                f"\\{unknown[1][:40]} is not understood; maths in words has names, Greek letters, _, ^ and formulas"
            )
        name = self._name(text)
        if name:
            return self.names.node(name)
        slope = self._slope(source, text)
        if slope is not None:
            return slope
        applied = _APPLIED.fullmatch(text)
        if applied and applied[1] not in self.names_known and applied[1] not in _GREEK_FUNCTIONS:
            inside = [self._one(item.strip()) for item in _at_commas(applied[2])]
            return row(default_notation(applied[1]), Brackets(joined(inside, COMMA)))
        slopes: dict[Symbol, Expr] = {}

        def put_off(found: re.Match[str]) -> str:
            """A name for ∂L/∂w within a formula, which is put in its place when the formula is read."""
            of, wrt = (self._declared(word) for word in found.groups())
            name = f"slope_{len(slopes) + 1}_"
            slopes[symbol(name)] = partial(of, wrt)
            return f"({name})"

        def put_off_derivative(found: re.Match[str]) -> str:
            """The same for ReLU'(x), where that is a function known here."""
            function = found[1] if found[1] in functions.CATALOGUE else understood(found[1], functions.CATALOGUE)
            if not function:
                return found[0]
            inner, used = self._in_names(found[2], ())
            kind: Any = functions.CATALOGUE[function]
            slope = derived(kind, 0, 1)
            argument = parse(inner, (*self.names_known, *used))
            name = f"slope_{len(slopes) + 1}_"
            slopes[symbol(name)] = slope(argument) if isinstance(slope, type) else slope
            return f"({name})"

        text = _DERIVATIVE.sub(put_off_derivative, _SLOPE.sub(put_off, text))
        formula, used = self._in_names(text, {name.name for name in slopes})
        expr = parse(formula, (*self.names_known, *used))
        return Typesetter(self.names).maths(replace(expr, slopes) if slopes else expr)

    def _name(self, text: str) -> str:
        """The name that is written so; x^2 is a power, unless the sheet prints a name with such an exponent."""
        if self.called is None or not _WORD.fullmatch(text):
            return ""
        name = self.called.find(text)
        node = self.names.node(name) if name else None
        return name if "^" not in text or (isinstance(node, Script) and node.sup is not None) else ""

    def _declared(self, word: str) -> str:
        """The name that a word means, or the word itself where no names are known."""
        name = self.called.find(word) if self.called is not None else word
        if not name and self.called is not None and self.problem is not None and self.called.loss(word):
            name = self.problem.loss
        if not name:
            raise Mistake(f"{shown(word)} is no name of this exercise{suggestion(bare(word), self.names_known)}")
        return name

    @cached_property
    def names_known(self) -> tuple[str, ...]:
        return self.called.names if self.called is not None else ()

    def _slope(self, source: str, text: str) -> Maths | None:
        """∂L/∂w13, δ3 and Δw13 as the sheet prints them, in any spelling."""
        if self.keys is None or self.problem is None:
            return None
        if not any(sign in text for sign in _SLOPES) and not re.match(r"d\w+ ?/ ?d\w", text):
            return None
        key = self.keys.find(source)
        if key.startswith("grad("):
            return self.names.node(partial(self.problem.loss, key[5:-1]).name)
        if key.startswith("change("):
            return row(Letter("Δ"), self.names.node(key[7:-1]))
        of, _, wrt = key.partition("/")
        return self.names.node(partial(of, wrt).name) if wrt else None

    def _in_names(self, text: str, own: Collection[str]) -> tuple[str, list[str]]:
        """The formula with every name as it is declared, and the names in it that are no quantity of the exercise.

        ``own`` are names that stand for something and are left alone.
        """
        used: list[str] = list(own)

        def declared(found: re.Match[str]) -> str:
            if found[0] in own:
                return found[0]
            word = found[0].rstrip(",")
            rest = found[0][len(word) :]
            applied = text[found.end() : found.end() + 1] == "("
            name = self.called.find(word) if self.called is not None else ""
            if name and not (applied and word in functions.CATALOGUE):
                return name + rest
            if applied and (word in functions.CATALOGUE or word in _GREEK_FUNCTIONS):
                return _GREEK_FUNCTIONS.get(word, word) + rest
            if word == "pi" or word in functions.CATALOGUE:
                return word + rest
            if _FREE.fullmatch(word) or self.called is None or word in GREEK:
                used.append(word.replace(",", "_"))
                return used[-1] + rest
            return self._declared(word) + rest

        return _NAME.sub(declared, text), used


def _is_command(word: str, text: str) -> bool:
    """Whether a word behind a backslash was no letter or sign that is known: it is then still there as a word."""
    return (
        word not in GREEK
        and re.search(rf"(?<![A-Za-z]){word}(?![A-Za-z])", text) is not None
        and (word not in functions.CATALOGUE and word not in ("ln", "log", "exp", "tanh", "sin", "cos"))
    )


def _at_commas(text: str) -> Iterator[str]:
    """The parts between commas that stand in no brackets and no index."""
    depth, start = 0, 0
    for i, c in enumerate(text):
        depth += (c in "([{") - (c in ")]}")
        if c == "," and depth == 0:
            yield text[start:i]
            start = i + 1
    yield text[start:]


def _paragraphs(text: str) -> Iterator[str | tuple[bool, list[str]]]:
    """A string for a paragraph, (whether it is numbered, its items) for a list."""
    for part in re.split(r"\n[ \t]*\n", text):
        words: list[str] = []
        items: list[str] = []
        ordered = False
        for line in part.split("\n"):
            item = _ITEM.match(line)
            starts = item is not None and (item[1] is not None or item[2] == "1")
            goes_on = item is not None and items and (item[2] is not None) == ordered
            if item is not None and (goes_on or starts):
                if words:
                    yield " ".join(words)
                    words = []
                if items and not goes_on:
                    yield ordered, items
                    items = []
                ordered = item[2] is not None
                items.append(line[item.end() :].strip())
            elif items:
                items[-1] += f" {line.strip()}"
            elif line.strip():
                words.append(line.strip())
        if words:
            yield " ".join(words)
        if items:
            yield ordered, items


def _run_together(parts: list[Inline]) -> Iterator[Inline]:
    """The parts without empty words, words beside words as one."""
    words = ""
    for part in parts:
        if isinstance(part, str):
            words += part
            continue
        if words:
            yield words
        words = ""
        yield part
    if words:
        yield words
