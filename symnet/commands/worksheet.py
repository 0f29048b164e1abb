"""``symnet worksheet``."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from symnet.algebra.mistakes import Mistake
from symnet.commands.options import DIGITS, FILES, allow, layout_options
from symnet.waiting import told


@click.command()
@FILES
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT",
    type=click.Path(),
    help="The student's sheet: .pdf, .html, .tex, .typ, .md, .ipynb or .txt.",
)
@click.option("--key", metavar="OUT", type=click.Path(), help="The answer key: the same document with every step.")
@click.option("--digits", type=DIGITS, default=6, metavar="N", help="Significant digits shown (6).")
@click.option("--style", type=click.Choice(["paths", "deltas"]), help="One product a path, or δ for every unit.")
@click.option("--full", multiple=True, metavar="NAME", help="Derive this gradient in full, the others in a table.")
@click.option("--run", is_flag=True, help="Of a file that trains: train; the key shows the curves.")
@click.option(
    "--engine", type=click.Choice(["typst", "latex"]), help="What makes a PDF (typst if installed, else latex)."
)
@click.option("--variants", metavar="N|ROSTER.csv", help="A paper with numbers of its own for each student.")
@click.option("--salt", metavar="TEXT", help="The secret that variants are drawn with; the same gives the same papers.")
@click.option("--together", is_flag=True, help="With --variants: all papers in one file (.pdf, .tex or .typ).")
@click.option("--self-study", is_flag=True, help="With the answers folded away in the sheet (.html or .md).")
@click.option(
    "--fade",
    type=click.IntRange(1, 3),
    metavar="1|2|3",
    help="With the working, its last, most or all steps left blank.",
)
@click.option(
    "--force", is_flag=True, callback=allow, help="Replace a file that symnet did not write, and a key of variants."
)
@layout_options
def worksheet(
    files: Sequence[str],
    output: str,
    key: str | None,
    digits: int,
    style: str | None,
    full: Sequence[str],
    run: bool,
    engine: str | None,
    variants: str | None,
    salt: str | None,
    together: bool,
    self_study: bool,
    fade: int | None,
    force: bool,
    **layout: str | None,
) -> None:
    """Write the student's sheet of one or more exercises, and its answer key.

    Several exercises are one sheet with one numbering of the questions, such as an exam; --title names it. What stands
    at its head, the paper and the room to write in are settings: those of [sheet] in the first file that has some, and
    the options below.

    The ending of a name chooses the format.  For a .pdf: pip install 'symnet[pdf]', or any LaTeX; without either the
    .tex is written.

    With --variants, OUT and the key become a file for each student, and the key also a .csv and a .json with every
    number; --key KEY.csv or KEY.json writes that alone.
    """
    from symnet.exercises.reader import load
    from symnet.paper import formats
    from symnet.sheets import exam

    gc.enable()
    alone = [name for name, said in (("--salt", salt is not None), ("--together", together)) if said]
    if variants is None and alone:
        raise Mistake(f"{alone[0]} goes with --variants")
    targets = [Path(path) for path in (output, key) if path is not None]
    tables = [Path(key)] if variants is not None and key is not None and key.endswith((".csv", ".json")) else []
    for target in targets:
        if target not in tables:
            formats.check_ending(target)
        if any(file != "-" and target.resolve() == Path(file).resolve() for file in files):
            raise Mistake(f"{target} is the exercise itself; give the sheet a name of its own")
    documents = [target for target in targets if target not in tables]
    formats.check_engine(documents, engine or "")
    settings: dict[str, Any] = {name: value for name, value in layout.items() if value is not None}
    formats.check_layout(documents, settings)
    if self_study:
        formats.check_folds(targets[0])
        if fade:
            raise Mistake("--fade leaves steps out and --self-study folds them in; they exclude each other")
    written = [target if target in tables else formats.possible(target, engine or "") for target in targets]
    if variants is not None:
        if len(files) > 1 or run:
            raise Mistake("--variants is for one exercise that is worked by hand; write the papers of each by itself")
        from symnet.classroom.variants.handouts import Job, roster_of, write_variants

        to_key = written[1] if key is not None else None
        job = Job(written[0], to_key, digits, style or "", full, engine or "", force, together, self_study, fade or 0)
        roster = roster_of(variants)
        with told("drawing numbers", len(roster.students)) as step:
            remarks = write_variants(load(files[0]).laid_out(**settings), roster, salt, job, step)
        for remark in remarks:
            click.echo(f"symnet: {remark}", err=True)
        return
    options: dict[str, Any] = {"digits": digits, "style": style or "", "full": full, "run": run, "fade": fade or 0}
    exercises = [load(file) for file in files]
    if (style or full) and all(exercise.trains and not exercise.questions for exercise in exercises):
        raise Mistake(f"--{'style' if style else 'full'} is for working by hand; {files[0]} is for symnet train")
    sheet = exam.together(exercises, **options, **settings)
    sheet.save(written[0], written[1] if key is not None else None, engine or "", self_study)
    for target, path in zip(targets, written, strict=True):
        if path != target:
            click.echo(f"symnet: wrote {path} instead of {target}; for the PDF: pip install 'symnet[pdf]'", err=True)
