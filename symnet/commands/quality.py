"""``symnet quality``."""

from __future__ import annotations

import gc

import click

from symnet.waiting import told


@click.command()
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="The table as one JSON object.")
def quality(file: str, as_json: bool) -> None:
    """Say which slips an exercise cannot see: those that give the right number, or the same as another slip.

    For what its numbers hide, others near them are proposed that show it, each worked out before it is said; and where
    the file has [vary], how the numbers do that are drawn.
    """
    from symnet.classroom import quality as judging
    from symnet.exercises.reader import load

    gc.enable()
    exercise = load(file)
    with told("trying other numbers") as step:
        text = judging.as_json(exercise, step) if as_json else judging.as_text(exercise, step)
    click.echo(text)
