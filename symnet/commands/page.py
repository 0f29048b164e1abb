"""``symnet page``."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path

import click

from symnet.algebra.mistakes import Mistake
from symnet.commands.options import FORCE
from symnet.waiting import told


@click.command()
@click.argument("files", metavar="FILE", nargs=-1, type=click.Path())
@click.option("-o", "--output", required=True, metavar="page.html", type=click.Path(), help="Where to.")
@click.option("-n", "variants", type=click.IntRange(0, 200), metavar="N", help="New numbers to deal (30).")
@click.option("--salt", metavar="TEXT", help="The secret that variants are drawn with; the same gives the same page.")
@click.option("--live", is_flag=True, help="A folder in which symnet itself runs in the browser: any exercise.")
@click.option(
    "--pyodide", envvar="SYMNET_PYODIDE", metavar="FOLDER", type=click.Path(),
    help="With --live: where npm put Pyodide (node_modules/pyodide, or SYMNET_PYODIDE).",
)  # fmt: skip
@FORCE
def page(
    files: Sequence[str], output: str, variants: int | None, salt: str | None, live: bool, pyodide: str | None
) -> None:
    """Write one offline page to practise on and to explore: every number asked is a field.

    The page says right, rounded, right given an earlier number, or which slip gives a wrong one; it has hints, new
    numbers and sliders, needs no network and no Python, and works from a USB stick, a web server or in Moodle.  New
    numbers are those of the papers that worksheet --variants gives with the same salt.

    With --live, -o is a folder for a web server: in it any exercise can be typed, and is solved, printed and practised
    on in the browser. FILEs, if there are, are its first examples.
    """
    gc.enable()
    if live:
        if variants is not None or salt is not None:
            raise Mistake(f"{'-n' if salt is None else '--salt'} is for the page of one exercise, without --live")
        _live(files, output, pyodide)
        return
    if len(files) != 1:
        raise Mistake("a page is for one FILE" + (f"; there are {len(files)}" if files else ": symnet page relu.toml"))
    _page(files[0], output, 30 if variants is None else variants, salt)


def _page(file: str, output: str, variants: int, salt: str | None) -> None:
    from symnet.exercises.reader import load
    from symnet.page.written import write_page

    if not output.endswith(".html"):
        raise Mistake(f"-o {output[:80]}: a page is an .html file, such as page.html")
    if file != "-" and Path(output).resolve() == Path(file).resolve():
        raise Mistake(f"{output} is the exercise itself; give the page a name of its own")
    exercise = load(file)
    with told("drawing numbers", variants) as step:
        remarks = write_page(exercise, Path(output), variants, salt, step)
    for remark in remarks:
        click.echo(f"symnet: {remark}", err=True)


def _live(files: Sequence[str], output: str, pyodide: str | None) -> None:
    from symnet import starts
    from symnet.exercises.reader import load
    from symnet.page.live.folder import write_live

    if output.endswith(".html"):
        raise Mistake(f"-o {output[:80]}: with --live it is a folder, such as live")
    examples = {Path(file).name: (load(file).title, Path(file).read_text("utf-8")) for file in files}
    for kind in starts.kinds():
        examples.setdefault(f"{kind}.toml", (starts.says(kind).rstrip("."), starts.text_of(kind)))
    for remark in write_live(Path(output), Path(pyodide) if pyodide else None, examples):
        click.echo(f"symnet: {remark}", err=True)
