"""The commands.  Each reads its files, calls the wings and prints; SymPy is imported only by the commands that work.

Exit codes: 0 fine, 1 an answer is wrong or a check failed, 2 the command or a file is wrong, 3 an optional part is not
installed.  Results go to standard output, messages to standard error.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

import click

from symnet import __version__
from symnet.algebra.mistakes import Mistake, NotInstalled, suggestion
from symnet.files import STOPS, overwriting, telling
from symnet.sheets.layout import settings
from symnet.waiting import told

_DIGITS = click.IntRange(1, 500)
_FILES = click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())


def _allow(context: click.Context, option: click.Parameter, value: bool) -> bool:
    context.with_resource(overwriting(value))
    return value


_FORCE = click.option(
    "--force", is_flag=True, expose_value=False, callback=_allow, help="Replace a file that symnet did not write."
)


def _layout_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """An option for every setting of a layout, in the words of ``symnet.sheets.layout``."""
    for name, setting in reversed(settings().items()):
        command = click.option(
            f"--{name}", metavar=setting.metavar, help=f"{setting.says[:1].upper()}{setting.says[1:]}."
        )(command)
    return command


class _Commands(click.Group):
    """Suggests the command that was meant."""

    def resolve_command(self, context: click.Context, args: list[str]) -> Any:
        if args and self.get_command(context, args[0]) is None and not args[0].startswith("-"):
            raise click.UsageError(f"there is no command {args[0]!r}{suggestion(args[0], self.commands)}")
        return super().resolve_command(context, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="symnet")
@click.pass_context
def symnet(context: click.Context) -> None:
    """Backpropagation worked by hand: exact derivations, worksheets and answer keys from exercise files.

    A first try: symnet solve worksheets/relu.toml
    """
    context.with_resource(telling(lambda what: click.echo(f"symnet: {what}", err=True)))


@symnet.command()
@_FILES
@click.option("--wrt", multiple=True, metavar="NAME", help="Only the gradient with respect to NAME; may be repeated.")
@click.option("--of", multiple=True, metavar="NAME", help="With --wrt: the derivative of this quantity, not the loss.")
@click.option("--steps", type=click.IntRange(0, 10_000_000), metavar="N", help="Carry out N updates.")
@click.option("--digits", type=_DIGITS, metavar="N", help="Significant digits (6; 12 with --json).")
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
    from symnet.sheets import answers

    gc.enable()
    if history and not as_json:
        raise Mistake("--history goes with --json; the text shows the updates in a table")
    if style and as_json:
        raise Mistake("--style is how derivations are printed; --json has numbers alone")
    failed = False
    for file in files:
        try:
            if as_json:
                text = answers.as_json(file, wrt, of, steps, digits or 12, history)
            else:
                text = answers.as_text(file, wrt, of, steps, digits or 6, style or "")
        except Mistake as mistake:
            click.echo(f"symnet: {mistake}", err=True)
            failed = True
        else:
            click.echo(text, nl=as_json)
    if failed:
        sys.exit(2)


@symnet.command()
@_FILES
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT",
    type=click.Path(),
    help="The student's sheet: .pdf, .html, .tex, .typ, .md, .ipynb or .txt.",
)
@click.option("--key", metavar="OUT", type=click.Path(), help="The answer key: the same document with every step.")
@click.option("--digits", type=_DIGITS, default=6, metavar="N", help="Significant digits shown (6).")
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
    "--force", is_flag=True, callback=_allow, help="Replace a file that symnet did not write, and a key of variants."
)
@_layout_options
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
    from symnet.sheets import exam, formats
    from symnet.sheets.exercise import load

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
        from symnet.sheets.variants.papers import Job, roster_of, write_variants

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


@symnet.command()
@click.argument("file", type=click.Path())
@click.argument("answers", metavar="NAME=NUMBER...", nargs=-1)
@click.option("--answers", "lines", metavar="FILE", type=click.Path(), help="Answers in a file, a line each.")
@click.option("--digits", type=_DIGITS, metavar="N", help="Significant digits shown (6; 12 with --json).")
@click.option("--hint", metavar="0..4", help="In place of the slips, a hint: 1 where to look … 4 all but the number.")
@click.option("--hide", is_flag=True, help="Without the right numbers.")
@click.option("--json", "as_json", is_flag=True, help="The verdicts as one JSON object.")
def check(
    file: str,
    answers: Sequence[str],
    lines: str | None,
    digits: int | None,
    hint: str | None,
    hide: bool,
    as_json: bool,
) -> None:
    """Say of numbers worked by hand whether they are right, and if not, which slip gives them.

    A name is its forward value, grad(name) its gradient, a parameter its new value: symnet check worksheets/relu.toml
    w13=5 'grad(w35)=50' y5=10. Give all the numbers of a person at once: they tell more together than one by one, and
    what follows from an earlier mistake is then seen to follow. - reads them from standard input, a line each.

    Names are read as they are printed and usually written: ∂L/∂w13, dL/dw13, δ5, w13_new, new(L), dy/dz, relu'(x3); y@2
    is that of the second sample or update. An answer may be a line of working, 'grad(w13) = 10*2*1 = 20', or a
    formula, 'grad(w35)=(y5-t)*y3'.

    --hint goes up a ladder of help that never says the right number: 0 right or wrong, 1 where to look, 2 which rule,
    3 the rule with the names of this exercise, 4 with its numbers but the last.
    """
    from symnet.sheets.checked import Checked
    from symnet.sheets.exercise import load
    from symnet.sheets.hints import Hints, read_level
    from symnet.sheets.pairs import read_words

    gc.enable()
    level = read_level(hint) if hint is not None else None
    if level is not None and digits is not None:
        raise Mistake("--digits goes with the right numbers, and --hint never says them")
    pairs = read_words(file, answers, lines)
    checked = Checked(load(file), pairs)
    if level is not None:
        hints = Hints(checked)
        click.echo(hints.as_json(level) if as_json else hints.as_text(level))
    else:
        click.echo(checked.as_json(digits or 12, hide) if as_json else checked.as_text(digits or 6, hide))
    if not checked.all_right:
        sys.exit(1)


@symnet.command()
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="The table as one JSON object.")
def quality(file: str, as_json: bool) -> None:
    """Say which slips an exercise cannot see: those that give the right number, or the same as another slip.

    For what its numbers hide, others near them are proposed that show it, each worked out before it is said; and where
    the file has [vary], how the numbers do that are drawn.
    """
    from symnet.sheets import judged
    from symnet.sheets.exercise import load

    gc.enable()
    exercise = load(file)
    with told("trying other numbers") as step:
        text = judged.as_json(exercise, step) if as_json else judged.as_text(exercise, step)
    click.echo(text)


@symnet.command()
@click.argument("file", type=click.Path())
@click.option("-o", "--output", required=True, metavar="OUT.{svg,png,pdf,dot,tex}", type=click.Path(), help="Where to.")
@click.option("--graph", is_flag=True, help="The computation graph, also where the exercise is a network of units.")
@click.option("--symbols", "level", flag_value="symbols", help="Names alone.")
@click.option("--values", "level", flag_value="values", help="With the values of the forward pass (unless told).")
@click.option("--gradients", "level", flag_value="gradients", help="With values, and gradients in a second color.")
@click.option("--path", "follow", metavar="NAME", help="Highlight the paths from this name to the loss.")
@_FORCE
def draw(file: str, output: str, graph: bool, level: str | None, follow: str | None) -> None:
    """Draw the network of an exercise, or its computation graph, with values and gradients.

    The ending of OUT chooses the format; .dot is the computation graph for Graphviz.
    """
    from symnet.sheets import drawn
    from symnet.sheets.exercise import load

    gc.enable()
    drawn.check_ending(output)
    if file != "-" and Path(output).resolve() == Path(file).resolve():
        raise Mistake(f"{output} is the exercise itself; give the picture a name of its own")
    drawn.draw(load(file), output, graph, level, follow or "")


@symnet.command()
@_FILES
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file.")
def summary(files: Sequence[str], as_json: bool) -> None:
    """Count a network: every layer with the shape of its output, its parameters and its multiply-adds."""
    from symnet.sheets.exercise import load
    from symnet.sheets.summarized import as_json as in_json
    from symnet.sheets.summarized import as_text

    gc.enable()
    for file in files:
        click.echo((in_json if as_json else as_text)(load(file)))


@symnet.command()
@click.argument("file", type=click.Path())
@click.argument("answers", metavar="ANSWERS.csv", type=click.Path())
@click.option("--key", metavar="KEY.json", type=click.Path(), help="The key of the variants: everybody's numbers.")
@click.option("--carry", default="1", metavar="X", help="Share of the points for an answer carried forward (1).")
@click.option("--json", "as_json", is_flag=True, help="Everything as one JSON object.")
@click.option("--plot", metavar="OUT.{png,pdf,svg}", type=click.Path(), help="Draw what was hard, and the slips.")
@click.option("-o", "--output", metavar="OUT.csv", type=click.Path(), help="Everybody's marks as a table.")
@_FORCE
def mark(
    file: str, answers: str, key: str | None, carry: str, as_json: bool, plot: str | None, output: str | None
) -> None:
    """Mark a class: points with errors carried forward, the slip behind each wrong answer, and what was hard.

    ANSWERS.csv has a column student, if need be a column variant, and a column for each quantity, named as in check:
    w13, grad(w35), y5.  An answer that is right given an earlier wrong one earns its points; --carry 0.5 gives half.
    """
    from symnet.sheets.exercise import load
    from symnet.sheets.marking import marks

    gc.enable()
    paths = marks.places(output, plot, (file, answers, key))
    done = marks.mark(load(file), answers, key, carry, _watched)
    done.save(*paths)
    for line in (*done.remarks, *(f"{done.file}, {problem}" for problem in done.problems)):
        click.echo(f"symnet: {line}", err=True)
    click.echo(done.as_json() if as_json else done, nl=as_json)
    if done.problems:
        sys.exit(1)


@symnet.command()
@click.argument("file", type=click.Path())
@click.option("--to", required=True, metavar="moodle|text2qti", help="Moodle XML, or text2qti for Canvas.")
@click.option("-o", "--output", required=True, metavar="OUT", type=click.Path(), help="Where to: bank.xml, quiz.txt.")
@click.option("-n", "variants", type=click.IntRange(1, 10_000), default=1, metavar="N", help="So many variants (1).")
@click.option("--salt", metavar="TEXT", help="The secret that variants are drawn with; the same gives the same bank.")
@click.option("--digits", type=click.IntRange(1, 12), default=4, metavar="N", help="Significant digits asked for (4).")
@click.option("--tolerance", metavar="X", help="How far an answer may be off, whatever its size.")
@_FORCE
def export(
    file: str, to: str, output: str, variants: int, salt: str | None, digits: int, tolerance: str | None
) -> None:
    """Write a question bank for Moodle or Canvas: a blank for every number, and what each usual slip gives.

    Without -n the questions have the numbers of the file, otherwise those of the papers that worksheet --variants N
    gives with the same salt.
    """
    from symnet.sheets.exercise import load
    from symnet.sheets.export import check_name, export, tolerance_of

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


@symnet.command()
@click.argument("file", type=click.Path())
@click.option("--backend", type=click.Choice(["numpy", "jax"]), default="numpy", help="What computes (numpy).")
@click.option("--steps", type=click.IntRange(0), metavar="N", help="So many updates, whatever the file says.")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="Another seed for the starting values and the order.")
@click.option("--plot", metavar="OUT.{png,pdf,svg}", type=click.Path(), help="Draw the loss, and what was learned.")
@click.option("--save", metavar="OUT.{npz,safetensors}", type=click.Path(), help="Save the parameters.")
@click.option("--resume", metavar="SAVED.{npz,safetensors}", type=click.Path(), help="Go on where that one ended.")
@click.option("--json", "as_json", is_flag=True, help="The outcome as one JSON object.")
@_FORCE
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
    from symnet.sheets import trained
    from symnet.sheets.exercise import load

    gc.enable()
    text, diverged = trained.train(load(file), backend, steps, seed, plot, save, resume, as_json)
    click.echo(text)
    if diverged:
        sys.exit(1)


@symnet.command()
@_FILES
def verify(files: Sequence[str]) -> None:
    """Check every gradient: printed derivation, generated code, jax.grad and finite differences."""
    from symnet.sheets.exercise import load
    from symnet.training.crosscheck import verify as check

    gc.enable()
    failed = wrong = False
    for file in files:
        try:
            report = check(load(file))
        except Mistake as mistake:
            click.echo(f"symnet: {mistake}", err=True)
            wrong = True
            continue
        click.echo(f"{file}\n{report}\n")
        failed |= not report.agrees
    if wrong or failed:
        sys.exit(2 if wrong else 1)


@symnet.command()
@click.argument("topic", default="")
@click.argument("name", nargs=-1)
@click.option("-o", "--output", metavar="OUT", type=click.Path(), help="Write it in full, as .md, .html, .pdf or .txt.")
@click.option("--to", metavar="FORMAT", help="Print it in full, as md, html, txt or another format of text.")
@_FORCE
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


@symnet.command()
@click.argument("kind", default="")
@click.option("-o", "--output", metavar="FILE", type=click.Path(), help="Where to; without it, the file is printed.")
@click.option("--force", is_flag=True, callback=_allow, help="Replace a file that is there already.")
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


def _watched(rows: Sequence[Any]) -> Iterator[Any]:
    """The rows, with a bar on the terminal where there are many."""
    if len(rows) < 100 or not sys.stderr.isatty():
        yield from rows
        return
    with click.progressbar(rows, label="symnet: marking", file=sys.stderr) as bar:
        yield from bar


def main() -> NoReturn:
    """Run a command; whatever a person got wrong is one line and exit code 2."""
    gc.disable()  # importing SymPy makes nothing that could be freed; looking for it takes a tenth of the start
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal that knows no ∂ gets an escape, not an error
            stream.reconfigure(errors="backslashreplace")
    try:
        with _ended_tidily():
            symnet.main(standalone_mode=False)
        code = 0
    except NotInstalled as missing:
        _complain(str(missing))
        code = 3
    except ModuleNotFoundError as missing:
        if missing.name != "numpy":  # paper and marking do without, as they must in a browser
            raise
        _complain("this needs NumPy, which is not installed; install it with: pip install numpy")
        code = 3
    except Mistake as mistake:
        code = _complain(str(mistake))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = 2
    except click.ClickException as error:
        code = _complain(error.format_message().replace("\n", " "))
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.Abort:
        click.echo("symnet: stopped", err=True)
        code = 130
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; say nothing more
        code = 0
    except OSError as error:
        code = _complain(f"the output cannot be written: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains again at the end
    sys.exit(code)


@contextmanager
def _ended_tidily() -> Iterator[None]:
    """Being told to end leaves the command as Ctrl-C does, by way of everything that tidies up."""

    def end(number: int, frame: Any) -> NoReturn:
        os.write(2, b"symnet: stopped\n")  # a handler must not print: it may have interrupted another print
        sys.exit(128 + number)

    # Who runs it under nohup has said that the terminal may close.
    numbers = [number for number in STOPS if signal.getsignal(number) is signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _complain(message: str) -> int:
    click.echo(f"symnet: {message}", err=True)
    return 2
