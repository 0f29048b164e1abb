"""``symnet check``."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

import click

from symnet.algebra.mistakes import Mistake
from symnet.commands.options import DIGITS


@click.command()
@click.argument("file", type=click.Path())
@click.argument("answers", metavar="NAME=NUMBER...", nargs=-1)
@click.option("--answers", "lines", metavar="FILE", type=click.Path(), help="Answers in a file, a line each.")
@click.option("--digits", type=DIGITS, metavar="N", help="Significant digits shown (6; 12 with --json).")
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
    formula, 'grad(w35)=(y5-t)*y3', of arrays 'grad(W)=X.T @ (Z - T)'.

    --hint goes up a ladder of help that never says the right number: 0 right or wrong, 1 where to look, 2 which rule,
    3 the rule with the names of this exercise, 4 with its numbers but the last.
    """
    from symnet.classroom.checking.check import Checked
    from symnet.classroom.checking.hints import Hints, read_level
    from symnet.commands.pairs import read_words
    from symnet.exercises.reader import load

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
