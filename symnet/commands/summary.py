"""``symnet summary``."""

from __future__ import annotations

import gc
from collections.abc import Sequence

import click

from symnet.commands.options import FILES


@click.command()
@FILES
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file.")
def summary(files: Sequence[str], as_json: bool) -> None:
    """Count a network: every layer with the shape of its output, its parameters and its multiply-adds."""
    from symnet.commands.printed.summary import as_json as in_json
    from symnet.commands.printed.summary import as_text
    from symnet.exercises.reader import load

    gc.enable()
    for file in files:
        click.echo((in_json if as_json else as_text)(load(file)))
