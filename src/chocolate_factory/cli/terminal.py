"""What commands share: how they open the house, say things, show progress and end."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.table import Table
from rich.text import Text

from chocolate_factory import logs
from chocolate_factory.settings import Settings, read_settings
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.wiring import House, build

#: In a pipe nobody's window limits the line.
out = Console(soft_wrap=True, width=None if sys.stdout.isatty() else 200, emoji=False)
err = Console(stderr=True, soft_wrap=True, emoji=False)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def settings(*, quiet: bool = True) -> Settings:
    """The settings, with logs set up; a command's own output is not buried in log lines unless asked for."""
    found = read_settings()
    level = "warning" if quiet and found.log_level == "info" else found.log_level
    logs.configure(level, found.log_format)
    return found


@contextmanager
def house() -> Iterator[House]:
    """The house of these settings, closed at the end."""
    opened = build(settings())
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def progress(*, as_json: bool) -> Iterator[Progress]:
    """A bar on a terminal, nothing in a pipe; problems are told at the end."""
    if as_json or not sys.stderr.isatty():
        heard = Progress()
        yield heard
    else:
        columns = (TextColumn("{task.description:<52.52}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with RichProgress(*columns, console=err, transient=True) as bar:
            task = bar.add_task("…", total=1.0)
            heard = Progress(lambda share, message, _counts: bar.update(task, completed=share, description=message))
            yield heard
    if not as_json:
        for problem in heard.problems:
            warn(problem)


def say(sentence: str) -> None:
    """A sentence on standard output, letter by letter as it is: what looks like markup in it is not."""
    out.print(Text(sentence), highlight=False)


def warn(sentence: str) -> None:
    """A trouble that does not end the command."""
    err.print(Text.assemble(("!", "yellow"), " ", sentence), highlight=False)


def fail(sentence: str) -> None:
    """What ends the command."""
    err.print(Text.assemble(("error", "bold red"), " ", sentence), highlight=False)


def print_json(document: BaseModel | dict[str, Any] | Sequence[Any]) -> None:
    """JSON on standard output."""
    if isinstance(document, BaseModel):
        document = document.model_dump(mode="json")
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table for people; numbers stand to the right."""
    table = Table(title=title, title_justify="left", header_style="bold", pad_edge=False)
    for i, name in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[i], int | float) for row in rows)
        table.add_column(name, justify="right" if numeric else "left", no_wrap=i < len(columns) - 1, overflow="fold")
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    out.print(table)
