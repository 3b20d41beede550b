"""OMIE's files of the day-ahead market: spot of one Madrid day. The second route where apidatos fails.

``GET {base}/es/file-download?parents=marginalpdbc&filename=marginalpdbc_YYYYMMDD.1`` gives ``MARGINALPDBC;``, one line
``year;month;day;period;Portugal;Spain;`` for each period of the day, EUR/MWh, and ``*``. Periods are numbered from
local midnight and run through the clock change, so a period's time is midnight plus its place.

Which column is Spain: the sixth. In the recorded file of 2025-10-01 the two part in periods 40 and 73, and the sixth
is the lower in both; that alone proves nothing. OMIE's report INT_PBC_EV_H of 2026-03-01, which names its rows, has
-2.00 for the Spanish system and -1.51 for the Portuguese in period 46, where the file says ``-1.51;-2``. OMIE's manual
of its public files (6.18) has the same order.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from chocolate_factory.adapters.by_day import day_by_day, reach_since
from chocolate_factory.adapters.http import PoliteClient, Reply
from chocolate_factory.domain.catalogue import observation, spec_of
from chocolate_factory.domain.errors import UpstreamLiedError
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import Interval, Resolution, madrid_day, slots
from chocolate_factory.ports import Clock
from chocolate_factory.quality.resample import Point, points_to_slots

OMIE = "omie"
#: How far back single days' files are kept is not documented; what is not there answers 404, which means no data.
FIRST_DAY = date(2018, 1, 1)
LINE = re.compile(r"(?P<day>\d{4};\d{1,2};\d{1,2});(?P<period>\d+);[^;]*;(?P<spain>-?\d+(\.\d+)?);?")


class OmieSpot:
    """Spot by the market's step, one request for each day."""

    name = "omie.spot"
    upstream = OMIE
    series = frozenset({"spot"})
    longest = timedelta(days=1)

    def __init__(self, client: PoliteClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def reach(self, now: datetime) -> Interval:
        """To the end of tomorrow."""
        return reach_since(FIRST_DAY, now)

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """Spot of each day that the window touches; a day without a file does not take the other's away."""
        reach = self.reach(self._clock.now())
        return day_by_day(OMIE, window, reach, self._day, self._clock, patience)

    def _day(self, day: date, patience: float) -> list[Observation]:
        params = {"parents": "marginalpdbc", "filename": f"marginalpdbc_{day:%Y%m%d}.1"}
        return self._client.read(
            "/es/file-download",
            params,
            parse=lambda reply: parse_marginal(reply.body, day, reply.received_at),
            patience=patience,
            check=_must_be_whole,
        )


def parse_marginal(body: bytes, day: date, received_at: datetime) -> list[Observation]:
    """Spot of Spain, EUR/MWh, of the day that was asked for.

    Quarter-hours of a day on which the market still traded hours become their mean, where all four are there.

    Raises:
        UpstreamLiedError: it is cut off, another day's, or does not have as many periods as the day.
    """
    prices = _prices(_lines(body), day)
    step = Resolution.QUARTER if len(prices) > 25 else Resolution.HOUR
    starts = list(slots(madrid_day(day), step))
    spec = spec_of("spot")
    if len(prices) != len(starts) or step > spec.resolution(starts[0]):
        raise UpstreamLiedError(OMIE, f"{len(prices)} periods for {day}, which has {len(starts)} of {step} minutes")
    points: list[Point] = list(zip(starts, prices, strict=True))
    return [
        observation("spot", OMIE, Kind.OBSERVED, start, price, received_at)
        for start, price in points_to_slots(points, spec)
    ]


def _prices(lines: list[str], day: date) -> list[float]:
    """By period, from the first, none left out."""
    found = dict(_period(line, day) for line in lines)
    if len(found) != len(lines) or sorted(found) != list(range(1, len(lines) + 1)):
        raise UpstreamLiedError(OMIE, f"the periods of {day} are not 1 to {len(lines)}, each once")
    return [found[period] for period in sorted(found)]


def _period(line: str, day: date) -> tuple[int, float]:
    match = LINE.fullmatch(line)
    if match is None:
        raise UpstreamLiedError(OMIE, f"the file of {day} has the line {line[:40]!r}")
    if tuple(int(part) for part in match["day"].split(";")) != (day.year, day.month, day.day):
        raise UpstreamLiedError(OMIE, f"it gave {match['day']} when asked for {day}")
    return int(match["period"]), float(match["spain"])


def _lines(body: bytes) -> list[str]:
    """The lines between the heading and the closing asterisk."""
    lines = [line.strip() for line in body.decode("latin-1").splitlines() if line.strip()]
    if not lines or not lines[0].startswith("MARGINALPDBC"):
        raise UpstreamLiedError(OMIE, "its file does not begin with MARGINALPDBC")
    if lines[-1] != "*":
        raise UpstreamLiedError(OMIE, "its file is cut off: the closing asterisk is missing")
    return lines[1:-1]


def _must_be_whole(reply: Reply) -> None:
    _lines(reply.body)
