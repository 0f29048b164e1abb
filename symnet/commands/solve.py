"""``symnet solve``."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

import click

from symnet.algebra.mistakes import Mistake
from symnet.commands.options import DIGITS, FILES


@click.command()
@FILES
@click.option("--wrt", multiple=True, metavar="NAME", help="Only the gradient with respect to NAME; may be repeated.")
@click.option("--of", multiple=True, metavar="NAME", help="With --wrt: the derivative of this quantity, not the loss.")
@click.option("--steps", type=click.IntRange(0, 10_000_000), metavar="N", help="Carry out N updates.")
@click.option("--digits", type=DIGITS, metavar="N", help="Significant digits (6; 12 with --json).")
@click.option("--style", type=click.Choice(["paths", "deltas"]), help="One product a path, or δ for every unit.")
@click.option("--history", is_flag=True, help="With --json: the numbers before every update.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file.")
def solve(
    files: Sequence[str],
    wrt: Sequence[str],
    of: Sequence[str],
    steps: int | None,
    digits: int | None,
    style: str | None,
    history: bool,
    as_json: bool,
) -> None:
    """Work exercises: forward pass, every gradient with its chain rule, updates, the new loss."""
    from symnet.commands.printed import solve as printed

    gc.enable()
    if history and not as_json:
        raise Mistake("--history goes with --json; the text shows the updates in a table")
    if style and as_json:
        raise Mistake("--style is how derivations are printed; --json has numbers alone")
    failed = False
    for file in files:
        try:
            if as_json:
                text = printed.as_json(file, wrt, of, steps, digits or 12, history)
            else:
                text = printed.as_text(file, wrt, of, steps, digits or 6, style or "")
        except Mistake as mistake:
            click.echo(f"symnet: {mistake}", err=True)
            failed = True
        else:
            click.echo(text, nl=as_json)
    if failed:
        sys.exit(2)
