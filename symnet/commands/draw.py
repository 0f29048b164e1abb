"""``symnet draw``."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from symnet.algebra.mistakes import Mistake
from symnet.commands.options import FORCE


@click.command()
@click.argument("file", type=click.Path())
@click.option("-o", "--output", required=True, metavar="OUT.{svg,png,pdf,dot,tex}", type=click.Path(), help="Where to.")
@click.option("--graph", is_flag=True, help="The computation graph, also where the exercise is a network of units.")
@click.option("--symbols", "level", flag_value="symbols", help="Names alone.")
@click.option("--values", "level", flag_value="values", help="With the values of the forward pass (unless told).")
@click.option("--gradients", "level", flag_value="gradients", help="With values, and gradients in a second color.")
@click.option("--path", "follow", metavar="NAME", help="Highlight the paths from this name to the loss.")
@FORCE
def draw(file: str, output: str, graph: bool, level: str | None, follow: str | None) -> None:
    """Draw the network of an exercise, or its computation graph, with values and gradients.

    The ending of OUT chooses the format; .dot is the computation graph for Graphviz.
    """
    from symnet.commands.printed import draw as printed
    from symnet.exercises.reader import load

    gc.enable()
    printed.check_ending(output)
    if file != "-" and Path(output).resolve() == Path(file).resolve():
        raise Mistake(f"{output} is the exercise itself; give the picture a name of its own")
    printed.draw(load(file), output, graph, level, follow or "")
