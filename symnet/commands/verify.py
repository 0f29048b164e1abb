"""``symnet verify``."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

import click

from symnet.algebra.mistakes import Mistake
from symnet.commands.options import FILES


@click.command()
@FILES
def verify(files: Sequence[str]) -> None:
    """Check every gradient: printed derivation, generated code, jax.grad and finite differences."""
    from symnet.exercises.reader import load
    from symnet.training.crosscheck import verify as check

    gc.enable()
    failed = wrong = False
    for file in files:
        try:
            report = check(load(file))
        except Mistake as mistake:
            click.echo(f"symnet: {mistake}", err=True)
            wrong = True
            continue
        click.echo(f"{file}\n{report}\n")
        failed |= not report.agrees
    if wrong or failed:
        sys.exit(2 if wrong else 1)
