"""The command line: what is common to all commands, and the list of them (``symnet.commands``).

Exit codes: 0 fine, 1 an answer is wrong or a check failed, 2 the command or a file is wrong, 3 an optional part is not
installed.  Results go to standard output, messages to standard error.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from typing import Any, NoReturn

import click

from symnet.algebra.mistakes import Mistake, NotInstalled, suggestion
from symnet.files import STOPS, telling
from symnet.version import __version__


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


COMMANDS = (
    "solve",
    "worksheet",
    "check",
    "quality",
    "draw",
    "summary",
    "mark",
    "export",
    "page",
    "train",
    "verify",
    "describe",
    "new",
)
for _name in COMMANDS:  # in the order in which they are listed
    symnet.add_command(getattr(import_module(f"symnet.commands.{_name}"), _name))


def main() -> NoReturn:
    """Run a command; whatever a person got wrong is one line and exit code 2."""
    gc.disable()  # importing SymPy makes nothing that could be freed; looking for it takes a tenth of the start
    gc.set_threshold(50_000, 20, 20)  # of the commands that enable it again, it was a twentieth
    atexit.register(gc.freeze)  # nor is there anything to look for at the end, which takes a third of a short command
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
