"""``symnet export``."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from symnet.algebra.mistakes import Mistake
from symnet.commands.options import FORCE


@click.command()
@click.argument("file", type=click.Path())
@click.option("--to", required=True, metavar="moodle|text2qti", help="Moodle XML, or text2qti for Canvas.")
@click.option("-o", "--output", required=True, metavar="OUT", type=click.Path(), help="Where to: bank.xml, quiz.txt.")
@click.option("-n", "variants", type=click.IntRange(1, 10_000), default=1, metavar="N", help="So many variants (1).")
@click.option("--salt", metavar="TEXT", help="The secret that variants are drawn with; the same gives the same bank.")
@click.option("--digits", type=click.IntRange(1, 12), default=4, metavar="N", help="Significant digits asked for (4).")
@click.option("--tolerance", metavar="X", help="How far an answer may be off, whatever its size.")
@FORCE
def export(
    file: str, to: str, output: str, variants: int, salt: str | None, digits: int, tolerance: str | None
) -> None:
    """Write a question bank for Moodle or Canvas: a blank for every number, and what each usual slip gives.

    Without -n the questions have the numbers of the file, otherwise those of the papers that worksheet --variants N
    gives with the same salt.
    """
    from symnet.classroom.export import check_name, export, tolerance_of
    from symnet.exercises.reader import load

    gc.enable()
    check_name(to)
    if output == "-":
        raise Mistake("a bank is written to a file: -o bank.xml")
    if file != "-" and Path(output).resolve() == Path(file).resolve():
        raise Mistake(f"{output} is the exercise itself; give the bank a name of its own")
    if salt is not None and variants == 1:
        raise Mistake("--salt is for variants, and there is one alone, with the numbers of the file; add -n 30")
    for remark in export(load(file), Path(output), to, variants, salt, digits, tolerance_of(tolerance)):
        click.echo(f"symnet: {remark}", err=True)
