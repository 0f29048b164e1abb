"""What a sheet can be written as, by the ending of its name, and what a question bank can be written for."""

from __future__ import annotations

from symnet.classroom import export
from symnet.paper import formats
from symnet.reference.entries import Entry, told

ORDER = 10
SAYS = "What sheets, keys and question banks can be written as."

_NEEDS = {".pdf": "needs pip install 'symnet[pdf]', or any LaTeX", ".ipynb": "needs pip install 'symnet[notebook]'"}


def entries() -> tuple[Entry, ...]:
    sheets = [_sheet(ending) for ending in formats.by_ending()]
    return (*sheets, *(_bank(to) for to in export.by_name()))


def _sheet(ending: str) -> Entry:
    module = formats.by_ending()[ending]
    says, more = told(module)
    terms = []
    if getattr(module, "FOLDS", False):
        terms.append(("--self-study", "folds the answers away in the sheet"))
    if hasattr(module, "ENGINES"):
        terms.append(("--engine", " or ".join(module.ENGINES)))
    if hasattr(module, "render_together"):
        terms.append(("--together", "with --variants, all papers in one file"))
    if ending in _NEEDS:
        terms.append(("installed", _NEEDS[ending]))
    command = f"symnet worksheet FILE -o sheet{ending} --key key{ending}"
    return Entry(ending, says, more, tuple(terms), command, also=(ending[1:],))


def _bank(to: str) -> Entry:
    says, more = told(export.by_name()[to])
    ending = "xml" if to == "moodle" else "txt"
    command = f"symnet export FILE --to {to} -n 30 --salt SECRET -o bank.{ending}"
    return Entry(to, says, more, (), command, also=("canvas",) if to == "text2qti" else ())
