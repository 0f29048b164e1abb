"""``symnet train``."""

from __future__ import annotations

import gc
import sys
from typing import Any

import click

from symnet.commands.options import FORCE


class _Trainer(click.ParamType):  # type: ignore[type-arg]
    """A backend that trains; which there are is looked up when it is asked, for they import what they stand on."""

    name = "backend"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return f"[{'|'.join(self._choice().choices)}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return self._choice().convert(value, param, ctx)

    def _choice(self) -> click.Choice[str]:
        from symnet.computing.backends import trainers

        return click.Choice(trainers())


@click.command()
@click.argument("file", type=click.Path())
@click.option("--backend", type=_Trainer(), default="numpy", help="What computes (numpy).")
@click.option("--steps", type=click.IntRange(0), metavar="N", help="So many updates, whatever the file says.")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Another seed for the starting values and the order.")
@click.option("--plot", metavar="OUT.{png,pdf,svg}", type=click.Path(), help="Draw the loss, and what was learned.")
@click.option("--save", metavar="OUT.{npz,safetensors}", type=click.Path(), help="Save the parameters.")
@click.option("--resume", metavar="SAVED.{npz,safetensors}", type=click.Path(), help="Go on where that one ended.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
@FORCE
def train(
    file: str,
    backend: str,
    steps: int | None,
    seed: int | None,
    plot: str | None,
    save: str | None,
    resume: str | None,
    as_json: bool,
) -> None:
    """Train the network of an exercise file: the loss on the way, what it predicts, plots."""
    from symnet.commands.printed import train as printed
    from symnet.exercises.reader import load

    gc.enable()
    text, diverged = printed.train(load(file), backend, steps, seed, plot, save, resume, as_json)
    click.echo(text)
    if diverged:
        sys.exit(1)
