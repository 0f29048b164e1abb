"""The public names of the package."""

from __future__ import annotations

from inspect import getdoc, isclass, isfunction, ismodule, signature

import symnet
from symnet.reference.entries import Entry, told

ORDER = 13
SAYS = "The names of import symnet, for programs and notebooks."


def entries() -> tuple[Entry, ...]:
    public = [name for name in dir(symnet) if not name.startswith("_") and name in symnet._HOMES]
    return tuple(_entry(name, getattr(symnet, name)) for name in public)


def _entry(name: str, value: object) -> Entry:
    says, more = told(value) if getdoc(value) else ("", ())
    call = f"symnet.{name}"
    if isfunction(value):
        given = [p.replace(annotation=p.empty) for p in signature(value).parameters.values()]
        call += str(signature(value).replace(parameters=given, return_annotation=signature(value).empty))
    elif ismodule(value) or isclass(value):
        more = more[:4]
    return Entry(name, says, (call, *more))
