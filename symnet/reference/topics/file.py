"""Every table of an exercise file and every key in it."""

from __future__ import annotations

from collections.abc import Iterator

from symnet.exercises.keys_of_the_file import TABLES, TOP, FileTable
from symnet.reference.entries import Entry

ORDER = 1
SAYS = "The exercise file: its tables, and every key of them."


def entries() -> tuple[Entry, ...]:
    return tuple(_all())


def _all() -> Iterator[Entry]:
    yield _table("", TOP)
    for name, table in TABLES.items():
        yield _table(name, table)
    for name, table in {"": TOP, **TABLES}.items():
        for key, about in table.keys.items():
            where = table.heading
            heading = f"{where}\n" if name else ""
            yield Entry(
                f"{name}.{key}" if name else key, about.says, (), (), heading + about.example, also=(key,), listed=False
            )


def _table(name: str, table: FileTable) -> Entry:
    terms = tuple((key, about.says) for key, about in table.keys.items())
    more = (f"Its keys: {table.names}.",) if table.names else ()
    return Entry(table.heading, table.says, more, terms, table.example, also=(name,) if name else ("top",))
