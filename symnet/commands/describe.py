"""``symnet describe``."""

from __future__ import annotations

import gc
import sys

import click

from symnet.commands.options import FORCE


@click.command()
@click.argument("topic", default="")
@click.argument("name", nargs=-1)
@click.option("-o", "--output", metavar="OUT", type=click.Path(), help="Write it in full, as .md, .html, .pdf or .txt.")
@click.option("--to", metavar="FORMAT", help="Print it in full, as md, html, txt or another format of text.")
@FORCE
def describe(topic: str, name: tuple[str, ...], output: str | None, to: str | None) -> None:
    """Say what a file, a formula or an answer may say: the reference.

    Without TOPIC, the topics; with one, its entries; with a NAME too, that entry and an example.  Other words than
    these are looked for in all topics.
    """
    from symnet.reference import written

    gc.enable()
    text = written.as_asked(topic, " ".join(name), output, to, sys.stdout.isatty())
    if text:
        click.echo(text, nl=False)
