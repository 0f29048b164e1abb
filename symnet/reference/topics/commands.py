"""The commands and their options."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from symnet.reference.entries import Entry, plain

ORDER = 12
SAYS = "The commands of the terminal, with every option."


def entries() -> tuple[Entry, ...]:
    commands: dict[str, Any] = import_module("symnet.cli").symnet.commands
    return tuple(_entry(name, command) for name, command in commands.items())


def _entry(name: str, command: Any) -> Entry:
    first, *more = [plain(part) for part in (command.help or "").split("\n\n")]
    terms, usage = [], [f"symnet {name}"]
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            usage.append(parameter.metavar or parameter.name.upper())
            continue
        words = ", ".join(parameter.opts)
        value = "" if parameter.is_flag else f" {_metavar(parameter)}"
        terms.append((f"{words}{value}", parameter.help or ""))
    return Entry(name, first, (" ".join(usage), *more), tuple(terms))


def _metavar(option: Any) -> str:
    choices = getattr(option.type, "choices", None)
    return "|".join(choices) if choices else str(option.metavar or option.type.name.upper())
