"""A backtest, with all that is shown of it, in one call for a child process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chocolate_factory.usecases.backtest.day_table import day_rows
from chocolate_factory.usecases.backtest.deed import Kept, Tell, Wanted, backtest
from chocolate_factory.usecases.backtest.document import document_of
from chocolate_factory.usecases.backtest.plots import plots_of
from chocolate_factory.usecases.backtest.price_walk import Mapper
from chocolate_factory.usecases.backtest.report import report_of


@dataclass(frozen=True)
class Commission:
    """What a child process is given.

    Attributes:
        mapper: who does the pieces.
        kept: where finished pieces are found and put; None for nowhere.
        draw: whether pictures are wanted.
    """

    wanted: Wanted
    mapper: Mapper
    kept: Kept | None = None
    draw: bool = False


@dataclass(frozen=True)
class Proof:
    """What it gives back: the document, the page, the days' rows, and PNG by file name."""

    document: dict[str, Any]
    report: str
    days: Sequence[tuple[object, ...]]
    pictures: Mapping[str, bytes]


def proved(asked: Commission, tell: Tell = lambda _share, _message: None) -> Proof:
    """The whole of it. Errors as ``backtest``."""
    result = backtest(asked.wanted, asked.mapper, asked.kept, tell)
    document = document_of(result)
    return Proof(document, report_of(document), list(day_rows(result)), plots_of(result) if asked.draw else {})
