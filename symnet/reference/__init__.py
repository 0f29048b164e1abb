"""The reference: everything that an exercise file, a formula or an answer may say, from the definitions themselves.

``describe()`` lists the topics, ``describe("questions")`` a topic, ``describe("questions", "gradient")`` one entry with
an example; each gives a Document, which shows itself in Jupyter and can be rendered in every format.  ``whole()`` is
all of it.  Nothing is listed twice: a function, loss, optimizer, slip, question, key or format is described as soon as
it is defined.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from symnet.algebra.mistakes import Mistake, shown, suggestion
from symnet.paper.document import Block, Document, Heading, Paragraph, Terms
from symnet.reference import topics
from symnet.reference.entries import Entry, Topic

NOTE = "Reference"
MOST_FOUND = 20  # entries that speak of some words; where more do, the words say too little


@cache
def all_topics() -> dict[str, Topic]:
    """{"questions": its module, …}, in the order in which they are listed."""
    found: dict[str, Topic] = {
        module.name: import_module(f"{topics.__name__}.{module.name}")  # type: ignore[misc]
        for module in iter_modules(topics.__path__)
    }
    return dict(sorted(found.items(), key=lambda item: item[1].ORDER))


@cache
def entries_of(topic: str) -> tuple[Entry, ...]:
    """The entries of a topic; raises Mistake for one that there is not."""
    known = all_topics()
    if topic not in known:
        raise Mistake(f"there is no topic {shown(topic)}{suggestion(topic, known)}")
    return known[topic].entries()


def describe(topic: str = "", name: str = "") -> Document:
    """The topics, the entries of a topic, or one entry with an example; raises Mistake for what there is not.

    Other words than the name of a topic are looked for in all of them: "leaky relu", "two samples".
    """
    if not topic:
        lines = tuple((name, module.SAYS) for name, module in all_topics().items())
        how = "symnet describe TOPIC lists its entries, symnet describe TOPIC NAME shows one with an example."
        return Document("symnet describe", (Terms(lines), Paragraph((how,))), NOTE)
    if topic not in all_topics():
        return _searched(f"{topic} {name}".strip())
    found = entries_of(topic)
    if name:
        entry = _entry(found, topic, name)
        return Document(f"{topic}: {entry.name}", tuple(entry.blocks()), NOTE)
    lines = tuple((entry.name, entry.says) for entry in found if entry.listed)
    blocks: tuple[Block, ...] = (Paragraph((all_topics()[topic].SAYS,)), Terms(lines))
    if found:
        how = f"symnet describe {topic} {_in_quotes(found[0].name)}, for one of them, says more."
        blocks = (*blocks, Paragraph((how,)))
    return Document(topic, blocks, NOTE)


def whole(topic: str = "") -> Document:
    """Every entry of a topic in full, or of all topics."""
    blocks: list[Block] = []
    for each in (topic,) if topic else all_topics():
        entries = entries_of(each)
        if not topic:
            blocks.append(Heading((each,)))
        blocks.append(Paragraph((all_topics()[each].SAYS,)))
        for entry in entries:
            if entry.listed:
                blocks += [Terms(((entry.name, entry.says),)), *entry.rest()]
    return Document(topic or "symnet", tuple(blocks), NOTE)


def _searched(words: str) -> Document:
    """What some words are about: the one entry that is called so, or a list of those that speak of them."""
    every = [(topic, entry) for topic in all_topics() for entry in entries_of(topic)]
    found = [pair for pair in every if pair[0] == "tasks" and _bare(pair[1].name) == _bare(words)]
    found = found or [pair for pair in every if _is_called(pair[1], words)]
    if not found:
        parts = [_stem(word) for word in _bare(words).split("-") if len(word) > 1]
        found = [(t, entry) for t, entry in every if parts and all(part in _said_of(entry) for part in parts)]
    if not found or len(found) > MOST_FOUND:
        entries_of(words)  # there is no such topic
    if len(found) == 1:
        topic, entry = found[0]
        return Document(f"{topic}: {entry.name}", tuple(entry.blocks()), NOTE)
    lines = tuple((f"symnet describe {topic} {_in_quotes(entry.name)}", entry.says) for topic, entry in found)
    return Document(words, (Terms(lines),), NOTE)


def _said_of(entry: Entry) -> str:
    return _bare(" ".join((entry.name, *entry.also, entry.says)))


def _stem(word: str) -> str:
    """A word without the ending of its plural, which may be missing where it is looked for."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _entry(entries: tuple[Entry, ...], topic: str, name: str) -> Entry:
    for entry in entries:
        if entry.name == name:
            return entry
    for entry in entries:
        if _is_called(entry, name):
            return entry
    words = [word for entry in entries for word in (entry.name, *entry.also)]
    hint = suggestion(name, words) or f"; symnet describe {topic} lists what it has"
    raise Mistake(f"{topic} has no {shown(name)}{hint}")


def _is_called(entry: Entry, name: str) -> bool:
    return _bare(name) in {_bare(word) for word in (entry.name, *entry.also)}


def _bare(name: str) -> str:
    return name.strip("[] ").lower().replace("_", "-").replace(" ", "-")


def _in_quotes(name: str) -> str:
    return f"'{name}'" if set(name) & set(" []()'\"*?") else name
