"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from symnet.files import overwriting
from symnet.paper.layout import settings

DIGITS = click.IntRange(1, 500)
FILES = click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())


def allow(context: click.Context, option: click.Parameter, value: bool) -> bool:
    context.with_resource(overwriting(value))
    return value


FORCE = click.option(
    "--force", is_flag=True, expose_value=False, callback=allow, help="Replace a file that symnet did not write."
)


def layout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """An option for every setting of a layout, in the words of ``symnet.paper.layout``."""
    for name, setting in reversed(settings().items()):
        command = click.option(
            f"--{name}", metavar=setting.metavar, help=f"{setting.says[:1].upper()}{setting.says[1:]}."
        )(command)
    return command
