"""The answers of a person in whatever words: read, handed on as numbers, and what is said of their working.

``Answering`` reads {"dL/dw13": "10*1*2*1*1 = 20"}; ``numbers`` are the texts that a diagnosis goes by, and ``judged``
is the diagnosis with what formulas and lines of working add to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from symnet.algebra.equations import Expr
from symnet.algebra.mistakes import Mistake, shown
from symnet.computing import exact
from symnet.computing.exact import Undefined, Value
from symnet.diagnosis.answer import Answer, read_number
from symnet.diagnosis.compared import Compared
from symnet.diagnosis.diagnosis import Explained, Verdict
from symnet.diagnosis.factors import odd_one
from symnet.diagnosis.first_updates import of_first_update
from symnet.diagnosis.keys import Keys
from symnet.diagnosis.lists import looks_like_a_list, spread, spread_array
from symnet.diagnosis.odd_factors import OddFactor
from symnet.diagnosis.particulars import After, particular
from symnet.diagnosis.put_in_formulas import compare_as_meant
from symnet.diagnosis.roundings import comes_close
from symnet.diagnosis.said import Part, Said, read_said
from symnet.diagnosis.typed import CARRIED, formula, is_of_numbers, number_of
from symnet.diagnosis.typed_arrays import entries_of, is_of_arrays
from symnet.working.problem import Problem
from symnet.working.quantities import key_of, lines_of
from symnet.working.solution import in_figures
from symnet.working.updates import Passes, train

MOST_ANSWERS = 5_000
MOST_LINES = 5_000  # of working, to see whether an answer is a value after the updates
_FIGURES = 6  # of a number in a remark


class Remark(NamedTuple):
    """What is said of the working behind an answer; ``hidden`` is the same without any right number."""

    says: str
    hidden: str


class Answering:
    """The answers of one person; ``said`` has what each said, by the key of its quantity.  Raises Mistake."""

    def __init__(self, problem: Problem, answers: Mapping[str, str], notation: Mapping[str, str] | None = None) -> None:
        self.problem = problem
        self.keys = Keys(problem, notation)
        self.said: dict[str, Said] = {}
        for word, text in answers.items():
            for key, piece in self._each(word, text):
                said = piece if isinstance(piece, Said) else read_said(piece, self.keys, key)
                if key in self.said and not self.said[key].is_same_as(said):
                    as_well = f", as {shown(word.strip())}" if word.strip() != key else ""
                    raise Mistake(f"{shown(key)} is given twice{as_well}, and not alike; give each quantity only once")
                if len(self.said) >= MOST_ANSWERS:
                    raise Mistake(f"more than {MOST_ANSWERS:,} answers are given at once")
                self.said[key] = max(self.said.get(key, said), said, key=lambda one: len(one.parts))
        self._meant = of_first_update(problem, self.said)
        self.said = {self._meant.get(key, key): said for key, said in self.said.items()}

    def key(self, word: str) -> str:
        """The key of an answer, as it may be spelled and as it is meant beside the others; raises Mistake."""
        key = self.keys.read(word)
        return self._meant.get(key, key)

    def _each(self, word: str, text: str) -> Iterator[tuple[str, str | Said]]:
        """(key, text) of an answer, or of each entry where the word is an array; a formula of arrays is read."""
        try:
            key = self.keys.read(word)
        except Mistake as mistake:
            entries = self.keys.vector(word)
            if not entries:
                raise self._better(mistake, word, text) from None
            shape = self.keys.shape(entries)
            if shape:
                texts: Sequence[str | Said]
                try:
                    texts = spread_array(word.strip(), text, shape)
                except Mistake:
                    if not is_of_arrays(text, self.keys):
                        raise
                    texts = self._of_arrays(word.strip(), text, shape)
                yield from zip((key for key, _ in entries), texts, strict=True)
                return
            declared = sorted((key for key, _ in entries), key=self._place)
            yield from zip((key for key, _ in entries), spread(word.strip(), text, entries, declared), strict=True)
            return
        if text.strip().startswith("["):
            raise Mistake(f"{key} is one number, and a list was given: {shown(text.strip())}")
        if not is_of_arrays(text, self.keys):
            yield key, text
            return
        try:
            yield key, read_said(text, self.keys, key)
        except Mistake:
            yield key, self._of_arrays(word.strip(), text, ())[0]

    def _of_arrays(self, word: str, text: str, shape: tuple[int, ...]) -> list[Said]:
        """What a formula of whole arrays says of every entry; behind a sign of equality may stand its numbers."""
        typed, _, behind = text.partition("=")
        found = entries_of(word, typed.strip(), shape, self.keys)
        firsts = [Part(typed.strip(), expr=e, value=number_of(e) if is_of_numbers(e) else None) for e in found]
        if not behind.strip():
            return [Said(text, (first,)) for first in firsts]
        texts = spread_array(word, behind, shape) if shape else [behind]
        numbers = [read_said(one, self.keys, word) for one in texts]
        return [Said(text, (first, *said.parts), said.beside) for first, said in zip(firsts, numbers, strict=True)]

    def _place(self, key: str) -> int:
        names = self.keys.called.names
        return next((i for i, name in enumerate(names) if name in (key, key.partition("(")[2].rstrip(")"))), 0)

    def _better(self, mistake: Mistake, word: str, text: str) -> Mistake:
        """What would be right, for who names a formula or a list instead of a quantity."""
        problem = self.problem
        try:
            typed = formula(word, self.keys)
        except Mistake:
            if looks_like_a_list(text):
                if (rest := word.strip()[1:]) and word.strip()[0] == "d" and self.keys.vector(rest):
                    return Mistake(f"{shown(word.strip())} may be grad({rest}) or change({rest}); write which")
                return Mistake(
                    f"{shown(word.strip())} is no vector of this exercise; a list is for quantities of one stem, as "
                    "h=[0.5, 0.3] is for h1 and h2, and grad(h)=[…] for their gradients"
                )
            return mistake
        if is_of_numbers(typed) or typed.is_Symbol:
            return mistake
        lines = (*((e.rhs, e.name) for e in problem.network.equations), *((e.rhs, e.name) for e in problem.backward))
        same = next((key_of(name) for rhs, name in lines if rhs == typed), "")
        part = next((key_of(name) for rhs, name in lines if typed in rhs.args), self.keys.known[0])
        right = (
            f"here it is {same}, so write {same}=…" if same else f"write that of what it stands in, such as {part}=…"
        )
        return Mistake(f"{shown(word.strip())} is a formula, and an answer is for a quantity that has a name; {right}")

    # -- formulas ------------------------------------------------------------------------------------------------------

    @cached_property
    def compared(self) -> dict[str, Compared]:
        """Every formula that is the whole answer, or its first part, beside the quantity it is for."""
        found = {}
        for key, said in self.said.items():
            part = next((part for part in said.parts if part.is_formula), None)
            if part is not None and part.expr is not None:
                found[key] = compare_as_meant(self.problem, key, part.expr)
        return found

    def numbers(self, right: Mapping[str, Value]) -> dict[str, str]:
        """The number of each answer as text; of a worked out one the form that is the right number, if any is."""
        found = {}
        for key, said in self.said.items():
            texts = list(said.numbers(self.compared[key].here if said.last.is_formula else None))
            found[key] = next((text for text in texts if _is(text, right.get(key))), texts[0])
        return found

    @property
    def is_plain(self) -> bool:
        """Whether all answers are numbers and nothing else."""
        return all(said.is_plain for said in self.said.values())

    def plain_numbers(self) -> dict[str, str]:
        """The same where ``is_plain``."""
        return self.numbers({})

    # -- what is said --------------------------------------------------------------------------------------------------

    def judged(self, verdicts: Mapping[str, Verdict]) -> dict[str, Verdict]:
        """The verdicts, in the order of the answers, with what the working adds to them."""
        return {key: self._judged(said, verdicts[key]) for key, said in self.said.items()}

    def _judged(self, said: Said, verdict: Verdict) -> Verdict:
        key = verdict.key
        if said.last.is_formula:
            compared = self.compared[key]
            if compared.same:
                return replace(verdict, verdict="right", slips=(), carried=(), vague=False)
            if compared.same_here:
                cause = Explained("only-here", _only_here(key, compared))
                return replace(verdict, verdict="wrong", slips=(cause,), carried=(), vague=False)
            if verdict.verdict != "wrong":  # its number is close, of digits that were put in for a name
                cause = Explained("only-here", _only_here(key, compared))
                return replace(verdict, verdict="wrong", slips=(cause,), carried=(), vague=False)
            return verdict
        if verdict.verdict != "wrong" or verdict.carried:
            return verdict
        worked = said.last if said.last.value is not None else _numbers_before(said)
        if worked is not None and (
            _comes_to(worked, verdict.right) or comes_close(worked.text, self.keys, verdict.right)
        ):
            if said.last.given is not None and not _gives(worked, said.last.given):
                says = f"The line is right, but its last number is not: work {worked.text} out again."
                return replace(verdict, slips=(Explained("arithmetic", says),), vague=False)
            if self._odd(key, said) is None:  # every number in it is the right one, rounded
                nearly = Explained("rounded", "Right, from rounded numbers.")
                return replace(verdict, verdict="rounded", slips=(nearly,), vague=False)
        odd, line = self._odd(key, said), _line(said)
        if odd is not None and line is not None and not (odd.odd.sign and verdict.slips):
            return replace(verdict, slips=odd.blamed(self.problem, key, line, verdict.slips), vague=False)
        if not verdict.slips and key in self._at_the_end and _is(verdict.given, self._at_the_end[key]):
            says = f"This is {key} after the update, whose key is new({key}); {key} alone is the value before it."
            return replace(verdict, slips=(Explained("after-the-update", says),), vague=False)
        if (name := self._left_as_it_was(verdict)) is not None:
            says = f"This is {name} before the update, whose key is {name}; {key} is the value with the new parameters."
            return replace(verdict, slips=(Explained("before-the-update", says),), vague=False)
        return verdict

    def _left_as_it_was(self, verdict: Verdict) -> str | None:
        """The name of which a new value is asked and the old one was given, where no other slip gives that."""
        what = particular(self.problem, verdict.key)
        others = [cause for cause in verdict.slips if cause.id != "not-updated"]
        if not isinstance(what, After) or others or not _is(verdict.given, self._at_the_start.get(what.name)):
            return None
        return what.name

    @cached_property
    def _at_the_start(self) -> Mapping[str, Value]:
        """The values of the equations before the updates, at the first sample."""
        with exact.digits_carried(CARRIED):
            try:
                return Passes(self.problem).forward_again(0, {**self.problem.start})
            except (ArithmeticError, Mistake):
                return {}

    @cached_property
    def _at_the_end(self) -> Mapping[str, Value]:
        """The values of the equations after the updates, where these are few."""
        problem = self.problem
        if not problem.rules or lines_of(problem) > MOST_LINES:
            return {}
        with exact.digits_carried(CARRIED):
            passes = Passes(problem)
            try:
                return passes.forward_again(0, train(passes).parameters)
            except (ArithmeticError, Mistake):
                return {}

    def remarks(self, verdict: Verdict) -> tuple[Remark, ...]:
        """What there is to say of the working of an answer, beside its verdict."""
        key, said = verdict.key, self.said[verdict.key]
        found = [*self._of_formula(key, said)]
        odd = self._odd(key, said) if verdict.verdict == "wrong" and not verdict.carried else None
        worked = [*_of_arithmetic(said)]
        if odd is not None and not any(cause.id == "arithmetic" for cause in verdict.slips):
            if not any(odd.text in cause.says for cause in verdict.slips):
                found.append(Remark(f"{odd.says} {odd.value}".strip(), odd.says))
            elif worked and odd.value:
                worked[0] = Remark(f"{odd.value} {worked[0].says}", worked[0].hidden)
        found += worked
        if said.beside:
            left = f"What stands beside the number, {shown(said.beside)}, is left out."
            found.append(Remark(left, left))
        return tuple(found)

    def _of_formula(self, key: str, said: Said) -> Iterator[Remark]:
        compared = self.compared.get(key)
        if compared is None:
            return
        if compared.put_in:
            numbers = " and ".join(
                f"{in_figures(value, _FIGURES)} put in for {n}" for n, value in compared.put_in.items()
            )
            yield Remark(f"Right, with {numbers}.", f"Right, with {numbers}.")
        if compared.same and not compared.everywhere:
            slopes = [f"{name} = {in_figures(value, _FIGURES)}" for name, value in compared.slopes.items()]
            which = f": {' and '.join(slopes)} here" if slopes else ""
            yield Remark(
                f"Right as long as the same units are active{which}.", "Right as long as the same units are active."
            )
        elif not compared.same and not said.last.is_formula:
            text = next(part.text for part in said.parts if part.is_formula)
            says = _only_here(key, compared) if compared.same_here else f"{text} is not {_what(key)}."
            yield Remark(says, says)

    def _odd(self, key: str, said: Said) -> OddFactor | None:
        """The one number of a line of numbers that does not belong there."""
        part = next((part for part in said.parts if part.value is not None), None)
        if part is None or part.expr is None:
            return None
        odd = odd_one(self.problem, key, part.expr)
        return OddFactor(part.text, odd) if odd is not None else None


def _line(said: Said) -> Expr | None:
    return next((part.expr for part in said.parts if part.value is not None), None)


def _is(text: str, value: Value | None) -> bool:
    return value is not None and bool(read_number(text, "it").matches(value))


def _numbers_before(said: Said) -> Part | None:
    """The last part of a line, before its number, that is of numbers to be worked out."""
    return next((part for part in reversed(said.parts[:-1]) if part.value is not None), None)


def _comes_to(part: Part, right: Value) -> bool:
    return any(_is(text, right) for text in Said(part.text, (part,)).numbers())


def _of_arithmetic(said: Said) -> Iterator[Remark]:
    for part, after in zip(said.parts, (*said.parts[1:], None), strict=True):
        if part.value is None or isinstance(part.value, Undefined):
            continue
        comes_to = f"{part.text} is {in_figures(part.value, _FIGURES)}"
        if after is None:
            yield Remark(f"{comes_to}.", f"{comes_to}.")
        elif after.given is not None:
            if _gives(part, after.given):
                yield Remark(f"{comes_to}, as you say.", f"{comes_to}, as you say.")
            else:
                yield Remark(f"{comes_to}, not {after.text}.", f"{part.text} is not {after.text}.")


def _gives(part: Part, given: Answer) -> bool:
    """Whether a number is what the part before it comes to, as closely as its own numbers say."""
    if part.value is None:
        return False
    return bool(given.matches(part.value)) or any(
        given.matches(number)
        for text in Said(part.text, (part,)).numbers()
        if (number := read_number(text, "it").number)
    )


def _only_here(key: str, compared: Compared) -> str:
    names = [*compared.only_for]
    if not names:
        return f"It comes to the right number here, but as a formula it is not {_what(key)}."
    numbers = ", ".join(f"{name} = {in_figures(compared.only_for[name], _FIGURES)}" for name in names[:4])
    more = " …" * (len(names) > 4)
    return f"It comes to the right number only because {numbers}{more}; with another it would not be {_what(key)}."


def _what(key: str) -> str:
    return "the derivative" if key.startswith(("grad(", "mean(grad(", "sum(grad(")) or "/" in key else key
