"""Hints on paper: for each quantity that a question asks for, a step of the ladder that tells no number.

Nobody has given an answer yet, so a hint says what ``symnet check --hint`` says of a line before it looks at the
numbers: 1 what the line is worked from, 2 which rule it is, 3 the rule with the names of the exercise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symnet.algebra.equations import names_in
from symnet.diagnosis.keyed_lines import KeyedLine, KeyedLines, of_moment
from symnet.diagnosis.rule_words import RuleWords
from symnet.notation.line import Line
from symnet.paper.document import Block, HintsFor, Paragraph, Text, Working
from symnet.questions import Question
from symnet.questions.keys_asked import cells_asked, keys_asked
from symnet.questions.pieces import commas
from symnet.working.work import Work

STEPS = (1, 2, 3)


def hints(work: Work, asked: Sequence[Question]) -> Iterator[Block]:
    """The hints for the questions that have some, to stand after the last of them."""
    lines = KeyedLines(work)
    for number, question in enumerate(asked, 1):
        if question.hints:
            keys = (*keys_asked(question, work.problem), *cells_asked(question, work.problem))
            found = tuple(_hints(work, lines, _on_the_way(lines, [of_moment(key)[0] for key in keys]), question.hints))
            if found:
                yield HintsFor.question(number)
                yield from found


def _on_the_way(lines: KeyedLines, keys: Sequence[str]) -> list[str]:
    """The keys, each after the gradients that it is worked from, and a new loss after the new values on the way."""
    found = [
        other
        for key in keys
        for other in (*(above for above in lines.above(key) if lines.part(above) in ("backward", "after")), key)
        if lines.part(key) in ("backward", lines.part(other))
    ]
    return list(dict.fromkeys(found))


def _hints(work: Work, lines: KeyedLines, keys: Sequence[str], step: int) -> Iterator[Block]:
    found = [(key, lines.line(key)) for key in keys]
    worked = [(key, line) for key, line in found if line is not None and names_in(line.rhs)]
    if not worked:
        return
    if step == 3:
        yield Working(tuple(Line(li.lhs, ((li.relation, work.symbols(li.rhs, li.names)),)) for _, li in worked))
        return
    if step == 1:
        said = [_from(line) for _, line in worked]
    else:
        # The same rule is said once, of the first that it gives.
        words = RuleWords(lines)
        rules = [words.rule(key) for key, _ in worked]
        first: dict[Text, Text] = {}
        for text in rules:
            first.setdefault(tuple(part for part in text if isinstance(part, str)), text)
        said = list(first.values())
        said += [("The others are found in the same way.",)] * (len(said) < len(rules))
    yield Paragraph(tuple(part for text in said for part in (*text, " "))[:-1])


def _from(line: KeyedLine) -> Text:
    """x₃ comes from w₁₃, x₁, w₂₃ and x₂."""
    names = [line.names.node(name.name) for name in names_in(line.rhs)]
    last: Text = (" and ", names[-1]) if len(names) > 1 else (names[-1],)
    return (line.lhs, " comes from ", *commas(names[:-1]), *last, ".")
