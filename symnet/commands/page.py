"""``symnet page``."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from symnet.algebra.mistakes import Mistake
from symnet.commands.options import FORCE
from symnet.waiting import told


@click.command()
@click.argument("file", type=click.Path())
@click.option("-o", "--output", required=True, metavar="page.html", type=click.Path(), help="Where to.")
@click.option("-n", "variants", type=click.IntRange(0, 200), default=30, metavar="N", help="New numbers to deal (30).")
@click.option("--salt", metavar="TEXT", help="The secret that variants are drawn with; the same gives the same page.")
@FORCE
def page(file: str, output: str, variants: int, salt: str | None) -> None:
    """Write one offline page to practise on and to explore: every number asked is a field.

    The page says right, rounded, right given an earlier number, or which slip gives a wrong one; it has hints, new
    numbers and sliders, needs no network and no Python, and works from a USB stick, a web server or in Moodle.  New
    numbers are those of the papers that worksheet --variants gives with the same salt.
    """
    from symnet.exercises.reader import load
    from symnet.page.written import write_page

    gc.enable()
    if not output.endswith(".html"):
        raise Mistake(f"-o {output[:80]}: a page is an .html file, such as page.html")
    if file != "-" and Path(output).resolve() == Path(file).resolve():
        raise Mistake(f"{output} is the exercise itself; give the page a name of its own")
    exercise = load(file)
    with told("drawing numbers", variants) as step:
        remarks = write_page(exercise, Path(output), variants, salt, step)
    for remark in remarks:
        click.echo(f"symnet: {remark}", err=True)
