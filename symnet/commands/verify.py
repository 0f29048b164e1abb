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
    """Check every gradient: printed derivation, generated code, jax.grad and finite differences.

    Sizes of layers are checked against what is counted on the equations of the layers.
    """
    gc.enable()
    failed = wrong = False
    for file in files:
        try:
            report, agrees = _checked(file)
        except Mistake as mistake:
            click.echo(f"symnet: {mistake}", err=True)
            wrong = True
            continue
        click.echo(f"{file}\n{report}\n")
        failed |= not agrees
    if wrong or failed:
        sys.exit(2 if wrong else 1)


def _checked(file: str) -> tuple[str, bool]:
    """What is said of a file, and whether all agrees."""
    from symnet.exercises.reader import load

    exercise = load(file)
    if exercise.worked is not None and exercise.worked.sizes is not None:
        from symnet.exercises.sizes_checked import differences

        compared, off = differences(exercise)
        fine = f"{compared} sizes by their formulas are those counted on the layers' equations."
        return "\n".join(off) or fine, not off
    from symnet.training.crosscheck import verify as check

    report = check(exercise)
    return str(report), report.agrees
