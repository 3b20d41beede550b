"""``chocolate-factory``: every command, and how an error ends it.

Exit codes: 0 done, 1 it failed, 2 wrong usage.
"""

from __future__ import annotations

import sys

import typer

from chocolate_factory import __version__
from chocolate_factory.cli import data, doctor, files, serve, tariff
from chocolate_factory.cli.terminal import err, out
from chocolate_factory.domain.errors import ChocolateFactoryError, InputError, SettingsError

app = typer.Typer(
    name="chocolate-factory",
    help="The autonomous brain of a chocolate plant. Settings come from the environment and .env (see .env.example).",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for room in (serve, data, tariff, files, doctor):
    room.add_to(app)


def _version(asked: bool) -> None:
    if asked:
        out.print(__version__, highlight=False)
        raise typer.Exit


@app.callback()
def options(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True)) -> None:
    """Options of every command."""


def run() -> None:
    """Run a command and exit with its code; an error of ours is a sentence, not a traceback."""
    try:
        app()
    except (InputError, SettingsError) as e:
        _fail(str(e), 2)
    except ChocolateFactoryError as e:
        _fail(str(e), 1)
    except BrokenPipeError:
        # the reader has gone, as in `… | head`; nobody is left to tell
        sys.stderr.close()
        sys.exit(0)


def _fail(sentence: str, code: int) -> None:
    err.print(f"[bold red]error[/bold red] {sentence}", highlight=False)
    sys.exit(code)
