"""``forecast``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from chocolate_factory.adapters.price_chart import price_chart
from chocolate_factory.cli.terminal import AsJson, house, print_json, print_table, progress, warn
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.forecast import HORIZON_H, ExpectedPrice
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import Resolution, isoformat_madrid
from chocolate_factory.usecases.outlook import Outlook, PriceSlot, outlook_document

COLUMNS = ("start (Madrid)", "P10", "P50", "P90", "kind", "from")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: chocolate-factory forecast --series pvpc --hours 48 --png week.png")(forecast)


def forecast(
    series: Annotated[str, typer.Option(help="spot or pvpc.")] = "spot",
    hours: Annotated[int, typer.Option(help=f"From now on, 1 to {HORIZON_H}.")] = HORIZON_H,
    resolution: Annotated[int, typer.Option(help="60 or 15 minutes.")] = 60,
    png: Annotated[Path | None, typer.Option("--png", dir_okay=False, help="Write the chart as a picture.")] = None,
    as_json: AsJson = False,
) -> None:
    """Published prices, then P10, P50 and P90 of what is expected, EUR/MWh; made again where prices have changed."""
    if resolution not in (15, 60):
        raise InputError("resolution", resolution, "15 or 60 minutes")
    with house() as h, progress(as_json=as_json) as heard:
        heard.step(0.1, "forecasting")
        h.forecasts.refresh(h.clock.now())
        heard.step(0.9, "reading")
        outlook = h.forecasts.prices(series, hours, Resolution(resolution))
    if png is not None:
        png.write_bytes(_chart(outlook))
    if as_json:
        print_json(outlook_document(outlook))
    else:
        _print(outlook)


def _chart(outlook: Outlook) -> bytes:
    published = [_drawn(s) for s in outlook.slots if s.kind is not Kind.FORECAST]
    expected = [_drawn(s) for s in outlook.slots if s.kind is Kind.FORECAST]
    return price_chart(outlook.series, published, expected)


def _drawn(s: PriceSlot) -> ExpectedPrice:
    return ExpectedPrice(s.slot, s.p10, s.p50, s.p90)


def _print(outlook: Outlook) -> None:
    print_table(f"{outlook.series}, EUR/MWh", COLUMNS, [_row(slot) for slot in outlook.slots])
    if outlook.problem:
        warn(outlook.problem)


def _row(s: PriceSlot) -> tuple[object, ...]:
    start = isoformat_madrid(s.slot.start)[:16].replace("T", " ")
    return start, round(s.p10, 2), round(s.p50, 2), round(s.p90, 2), s.kind.value, s.source
