"""``symnet new``."""

from __future__ import annotations

from pathlib import Path

import click

from symnet.algebra.mistakes import Mistake
from symnet.commands.options import allow


@click.command()
@click.argument("kind", default="")
@click.option("-o", "--output", metavar="FILE", type=click.Path(), help="Where to; without it, the file is printed.")
@click.option("--force", is_flag=True, callback=allow, help="Replace a file that is there already.")
def new(kind: str, output: str | None, force: bool) -> None:
    """Write a short exercise file to start from: relu, softmax, regression …

    Without KIND, the kinds are listed.
    """
    from symnet import starts

    if output is None and force:
        raise Mistake("--force goes with -o")
    text = starts.text_of(kind) if kind else starts.listed()
    if output is None or not kind:
        if output is not None:
            raise Mistake(f"say what to write into {output}: symnet new relu -o {output}")
        click.echo(text, nl=False)
        return
    starts.write(text, Path(output), force)
