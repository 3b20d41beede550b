"""ESIOS archive 70: PVPC of one Madrid day, without a token. The second route where apidatos fails.

``GET {base}/archives/70/download_json?locale=es&date=YYYY-MM-DD`` gives one row an hour, all of them strings with a
decimal comma; ``PCB`` is the peninsula. ``Hora`` is a counter, not a wall time (spring skips 02-03, autumn runs to
24-25), so an hour's time is local midnight plus its place in the body. Source: ../shared/facts/upstreams.md.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from chocolate_factory.adapters.by_day import day_by_day, reach_since
from chocolate_factory.adapters.http import PoliteClient
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.errors import UpstreamEmptyError, UpstreamLiedError
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import Interval, Resolution, madrid_day, slots
from chocolate_factory.ports import Clock

ESIOS = "esios"
#: Since the 2.0TD tariff the archive has ``PCB``; before, three tariffs that ended with it.
FIRST_DAY = date(2021, 6, 1)
NOT_PUBLISHED = "No values for specified archive"
#: 116,33 · 1.116,33 · -0,01 · 80; never 116.33, which would be a thousand times dearer read as thousands.
NUMBER = re.compile(r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?")


class EsiosPvpc:
    """PVPC by the hour, one request for each day."""

    name = "esios.pvpc"
    upstream = ESIOS
    series = frozenset({"pvpc"})
    longest = timedelta(days=1)

    def __init__(self, client: PoliteClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def reach(self, now: datetime) -> Interval:
        """From the 2.0TD tariff's first day to the end of tomorrow."""
        return reach_since(FIRST_DAY, now)

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """PVPC of each day that the window touches; a day without values does not take the other's away."""
        reach = self.reach(self._clock.now())
        return day_by_day(ESIOS, window, reach, self._day, self._clock, patience)

    def _day(self, day: date, patience: float) -> list[Observation]:
        params = {"locale": "es", "date": day.isoformat()}
        return self._client.read_json(
            "/archives/70/download_json",
            params,
            parse=lambda body, received_at: parse_archive(body, day, received_at),
            patience=patience,
        )


def parse_archive(body: Any, day: date, received_at: datetime) -> list[Observation]:
    """PVPC of the peninsula, EUR/MWh, of the day that was asked for.

    Raises:
        UpstreamEmptyError: not published yet, said in words or by a whole day of zeros (one zero hour is a price).
        UpstreamLiedError: it is another day, or not as many rows as the day has hours, or not in order.
    """
    rows = _rows(body, day)
    hours = list(slots(madrid_day(day), Resolution.HOUR))
    if len(rows) != len(hours):
        raise UpstreamLiedError(ESIOS, f"{len(rows)} rows for {day}, a day of {len(hours)} hours")
    prices = [_price(row, day) for row in rows]
    if not any(prices):
        raise UpstreamEmptyError(ESIOS, f"{day} is not published yet (its prices are all zero)")
    return [
        observation("pvpc", ESIOS, Kind.OBSERVED, start, price, received_at)
        for start, price in zip(hours, prices, strict=True)
    ]


def _rows(body: Any, day: date) -> list[Any]:
    if isinstance(body, dict) and body.get("message") == NOT_PUBLISHED:
        raise UpstreamEmptyError(ESIOS, f"{day} is not published yet")
    rows = body.get("PVPC") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UpstreamLiedError(ESIOS, f"its archive for {day} has no rows under 'PVPC'")
    _check_day_and_order(rows, day)
    return rows


def _check_day_and_order(rows: list[dict[str, Any]], day: date) -> None:
    """Time is taken from the order of the rows, so the order must be the counter's."""
    wrong = [row.get("Dia") for row in rows if row.get("Dia") != f"{day:%d/%m/%Y}"]
    if wrong:
        raise UpstreamLiedError(ESIOS, f"it gave {wrong[0]!r:.20} when asked for {day}")
    counter = [str(row.get("Hora")) for row in rows]
    if counter != sorted(counter):
        raise UpstreamLiedError(ESIOS, f"the hours of {day} are not in order")


def _price(row: dict[str, Any], day: date) -> float:
    text = row.get("PCB")
    if not isinstance(text, str) or not NUMBER.fullmatch(text.strip()):
        raise UpstreamLiedError(ESIOS, f"'PCB' of {day} {row.get('Hora')!s:.10} is no price ({text!r:.30})")
    return float(text.strip().replace(".", "").replace(",", "."))
