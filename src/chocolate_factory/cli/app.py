"""``chocolate-factory``: every command, and how an error ends it.

Exit codes: 0 done, 1 it failed, 2 wrong usage.
"""

from __future__ import annotations

import os
import sys

import typer

from chocolate_factory import __version__
from chocolate_factory.cli import (
    alerts,
    backtest,
    bill,
    brief,
    data,
    doctor,
    files,
    forecast,
    migrate,
    models,
    plan,
    plant,
    predict,
    replay,
    savings,
    schedule,
    serve,
    simulate,
    tariff,
)
from chocolate_factory.cli.terminal import fail, say
from chocolate_factory.domain.errors import ChocolateFactoryError, InputError, SettingsError

app = typer.Typer(
    name="chocolate-factory",
    help="The autonomous brain of a chocolate plant. Settings come from the environment and .env (see .env.example).",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
ROOMS = (
    serve, data, tariff, bill, plant, forecast, predict, plan, simulate, backtest, savings, replay, files, migrate,
    models, schedule, alerts, brief, doctor,
)  # fmt: skip
for room in ROOMS:
    room.add_to(app)


def _version(asked: bool) -> None:
    if asked:
        say(__version__)
        raise typer.Exit


@app.callback()
def options(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True)) -> None:
    """Options of every command."""


def run() -> None:
    """Run a command and exit with its code; an error of ours is a sentence, not a traceback."""
    try:
        _run()
    except (InputError, SettingsError) as e:
        fail(str(e))
        sys.exit(2)
    except ChocolateFactoryError as e:
        fail(str(e))
        sys.exit(1)
    except BrokenPipeError:
        # the reader has gone, as in `… | head`: nobody is left to tell, and the flush at the exit must find a place
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as e:
        fail(f"{e.filename or 'the machine'}: {e.strerror or e}.")
        sys.exit(1)


def _run() -> None:
    try:
        app()
    except SystemExit as ended:
        # Typer answers a broken pipe with 1
        if isinstance(ended.__context__, BrokenPipeError):
            raise ended.__context__ from None
        sys.stdout.flush()
        raise
