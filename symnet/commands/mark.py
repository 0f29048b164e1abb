"""``symnet mark``."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click

from symnet.commands.options import FORCE


@click.command()
@click.argument("file", type=click.Path())
@click.argument("answers", metavar="ANSWERS.csv", type=click.Path())
@click.option("--key", metavar="KEY.json", type=click.Path(), help="The key of the variants: everybody's numbers.")
@click.option("--carry", default="1", metavar="X", help="Share of the points for an answer carried forward (1).")
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
@click.option("--plot", metavar="OUT.{png,pdf,svg}", type=click.Path(), help="Draw what was hard, and the slips.")
@click.option("-o", "--output", metavar="OUT.csv", type=click.Path(), help="Everybody's marks as a table.")
@FORCE
def mark(
    file: str, answers: str, key: str | None, carry: str, as_json: bool, plot: str | None, output: str | None
) -> None:
    """Mark a class: points with errors carried forward, the slip behind each wrong answer, and what was hard.

    ANSWERS.csv has a column student, if need be a column variant, and a column for each quantity, named as in check:
    w13, grad(w35), y5.  An answer that is right given an earlier wrong one earns its points; --carry 0.5 gives half.
    """
    from symnet.classroom.marking import marks
    from symnet.exercises.reader import load

    gc.enable()
    paths = marks.places(output, plot, (file, answers, key))
    done = marks.mark(load(file), answers, key, carry, _watched)
    done.save(*paths)
    for line in (*done.remarks, *(f"{done.file}, {problem}" for problem in done.problems)):
        click.echo(f"symnet: {line}", err=True)
    click.echo(done.as_json() if as_json else done, nl=as_json)
    if done.problems:
        sys.exit(1)


def _watched(rows: Sequence[Any]) -> Iterator[Any]:
    """The rows, with a bar on the terminal where there are many."""
    if len(rows) < 100 or not sys.stderr.isatty():
        yield from rows
        return
    with click.progressbar(rows, label="symnet: marking", file=sys.stderr) as bar:
        yield from bar
