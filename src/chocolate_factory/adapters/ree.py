"""REE's apidatos (no key): prices, demand and generation of the Spanish system.

``GET {base}/es/datos/{category}/{widget}?start_date&end_date&time_trunc``, dates in Madrid's wall time, the end
inclusive. A series is chosen by its ``id``: titles, types and the order of a body are no promise. A geo parameter
would drop series 600, so none is sent. Source: ../shared/facts/upstreams.md and the recorded bodies.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from chocolate_factory.adapters.http import PoliteClient
from chocolate_factory.domain.catalogue import RENEWABLE, TECHNOLOGIES, observation, observations, spec_of
from chocolate_factory.domain.errors import UpstreamEmptyError, UpstreamLiedError
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import (
    DAY,
    HOUR,
    Interval,
    Resolution,
    floor,
    madrid_date,
    madrid_days,
    madrid_midnight,
    slot_end,
)
from chocolate_factory.ports import Clock
from chocolate_factory.quality.resample import Point, in_order, points_to_slots

REE = "ree"
#: PVPC exists since that day; older demand and generation serve nobody here.
FIRST_DAY = date(2014, 4, 1)
#: REE says "no data" with either of these and a JSON body (a 502 with HTML is a server in trouble).
NO_DATA = frozenset({400, 502})

PRICES = {"1001": "pvpc", "600": "spot"}
ACTUAL = "1293"
#: What the operator published about the day ahead, kept as a fact of its own series: OBSERVED, known at its hour.
AHEAD = {"544": "demand_forecast", "545": "demand_scheduled"}
#: Share of an hour's five-minute points that make its mean: 9 of 12.
ENOUGH_OF_AN_HOUR = 0.75

T = TypeVar("T")


# ---------------------------------------------------------------------- reading a body
def read_series(body: Any, wanted: Collection[str]) -> dict[str, list[Point]]:
    """The points of each wanted id that has any, whether the body is flat or nested.

    Raises:
        UpstreamEmptyError: it says that it has no data, or none of the wanted.
        UpstreamLiedError: it is not what the format promises.
    """
    if isinstance(body, dict) and "errors" in body:
        raise UpstreamEmptyError(REE, "it has no data for that window (unpublished, or more than it gives at once)")
    found: dict[str, list[Point]] = defaultdict(list)
    for entry in _entries(body):
        if (id_ := str(_member(entry, "id", object))) in wanted:
            found[id_] += [_point(row) for row in _member(_member(entry, "attributes", dict), "values", list)]
    if not any(found.values()):
        raise UpstreamEmptyError(REE, f"its body has no values of {', '.join(sorted(wanted))}")
    return {id_: in_order(points, REE) for id_, points in found.items() if points}


def _entries(body: Any) -> Iterator[Any]:
    """Every series: ``included[]`` (flat), and what stands in an entry's ``content[]`` (nested)."""
    for entry in _member(body, "included", list):
        yield entry
        if "content" in (attributes := _member(entry, "attributes", dict)):
            yield from _member(attributes, "content", list)


def _point(row: Any) -> Point:
    value, moment = _member(row, "value", object), _moment(_member(row, "datetime", str))
    # Comparing, unlike math.isfinite, takes the whole numbers of any size that JSON allows; NaN compares false.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= sys.float_info.max:
        raise UpstreamLiedError(REE, f"the value at {moment:%Y-%m-%dT%H:%MZ} is no number ({value!r:.30})")
    return moment, float(value)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError) as e:
        raise UpstreamLiedError(REE, f"{text[:40]!r} is no date") from e
    if moment.tzinfo is None or floor(utc, Resolution.FIVE_MINUTES) != utc:
        raise UpstreamLiedError(REE, f"{text[:40]!r} has no offset or lies between five-minute steps")
    return utc


def _member(holder: Any, key: str, kind: type[T]) -> T:
    value = holder.get(key) if isinstance(holder, dict) else None
    if not isinstance(value, kind):
        raise UpstreamLiedError(REE, f"its {key!r} is missing or no {kind.__name__}")
    return value


# ---------------------------------------------------------------------- prices
def parse_prices(body: Any, received_at: datetime) -> list[Observation]:
    """PVPC and spot, EUR/MWh.

    Quarter-hours of spot before the market traded them are its hour four times over: their mean, where all four are
    there. Hours of spot since then are no quarter-hour's price and are left out.
    """
    found = read_series(body, PRICES)
    slots = {PRICES[id_]: points_to_slots(points, spec_of(PRICES[id_])) for id_, points in found.items()}
    return [o for name, points in slots.items() for o in observations(name, REE, Kind.OBSERVED, points, received_at)]


# ---------------------------------------------------------------------- demand
def parse_demand(body: Any, received_at: datetime) -> list[Observation]:
    """Demand, MW: the hours that are over, today's five minutes, and what was forecast and scheduled."""
    found = read_series(body, {ACTUAL, *AHEAD})
    actual = found.get(ACTUAL, [])
    hours = [(start, value) for start, value in _hours("demand", actual) if start + HOUR <= received_at]
    slots = {
        "demand": hours,
        "demand_5min": points_to_slots(actual, spec_of("demand_5min")),
        **{series: _hours(series, found.get(id_, [])) for id_, series in AHEAD.items()},
    }
    return [
        observation(series, REE, Kind.OBSERVED, start, value, received_at)
        for series, held in slots.items()
        for start, value in held
    ]


def _hours(series: str, points: list[Point]) -> list[Point]:
    return points_to_slots(points, spec_of(series), ENOUGH_OF_AN_HOUR)


# ---------------------------------------------------------------------- generation
def parse_generation(body: Any, received_at: datetime) -> list[Observation]:
    """Energy by technology, MWh a day, and the renewable share, %; a day that is not over is ESTIMATED."""
    days: dict[datetime, dict[str, float]] = defaultdict(dict)
    for id_, points in read_series(body, TECHNOLOGIES).items():
        for start, energy in points:
            days[_day_start(start)][TECHNOLOGIES[id_]] = energy
    return [o for start, mix in sorted(days.items()) for o in _day(start, mix, received_at)]


def _day(start: datetime, mix: Mapping[str, float], received_at: datetime) -> Iterator[Observation]:
    kind = Kind.OBSERVED if slot_end(start, Resolution.DAY) <= received_at else Kind.ESTIMATED
    for technology, energy in mix.items():
        yield observation(f"generation_{technology}", REE, kind, start, energy, received_at)
    share = renewable_share(mix)
    if share is not None:
        yield observation("renewable_share", REE, kind, start, share, received_at)


def renewable_share(mix: Mapping[str, float]) -> float | None:
    """Renewable energy over all of it, %, of a day's MWh by technology.

    Negative energy (pumping, a plant's own use) is no generation and is left out. None where one side is wholly
    absent: a technology that the body lacks is not zero, and 0 or 100 % would say so.
    """
    renewable = sum(energy for technology, energy in mix.items() if technology in RENEWABLE and energy > 0)
    other = sum(energy for technology, energy in mix.items() if technology not in RENEWABLE and energy > 0)
    return 100.0 * (renewable / (renewable + other)) if renewable > 0 and other > 0 else None


def _day_start(start: datetime) -> datetime:
    if floor(start, Resolution.DAY) != start:
        raise UpstreamLiedError(REE, f"a day of generation begins at {start:%Y-%m-%dT%H:%MZ}, no midnight of Madrid")
    return start


# ---------------------------------------------------------------------- the feeds
class _ReeFeed:
    """What the three share: one request for whole Madrid days, and of its answer what lies in the window."""

    name: str
    upstream = REE
    series: frozenset[str]
    longest = timedelta(days=28)  # of hours, 31 days work and 92 do not: beyond, "no data" would say nothing
    _widget: str
    _trunc = "hour"
    _days_ahead = 1
    _parse: Callable[[Any, datetime], list[Observation]]

    def __init__(self, client: PoliteClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def reach(self, now: datetime) -> Interval:
        """From the first day of PVPC to the end of today or tomorrow."""
        return Interval(madrid_midnight(FIRST_DAY), madrid_midnight(madrid_date(now) + DAY * (1 + self._days_ahead)))

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """What REE has in the window; nothing is asked that it cannot have yet."""
        asked = window.overlap(self.reach(self._clock.now()))
        if asked is None:
            raise UpstreamEmptyError(REE, f"{window} lies outside what it can have; ask again when its days are near")
        found = self._client.read_json(
            f"/es/datos/{self._widget}", self._params(asked), parse=self._parse, patience=patience, meaningful=NO_DATA
        )
        inside = [o for o in found if o.start in window]
        if not inside:
            raise UpstreamEmptyError(REE, f"it has nothing for {window} yet; ask again later")
        return inside

    def _params(self, asked: Interval) -> dict[str, str]:
        days = list(madrid_days(asked))
        return {"start_date": f"{days[0]}T00:00", "end_date": f"{days[-1]}T23:59", "time_trunc": self._trunc}


class ReePrices(_ReeFeed):
    """PVPC by the hour and spot by the market's step, in one request."""

    name = "ree.prices"
    series = frozenset(PRICES.values())
    _widget = "mercados/precios-mercados-tiempo-real"
    _parse = staticmethod(parse_prices)


class ReeDemand(_ReeFeed):
    """Actual, forecast and scheduled demand by the hour, and the actual one of today by five minutes."""

    name = "ree.demand"
    series = frozenset({"demand", "demand_5min", *AHEAD.values()})
    _widget = "demanda/demanda-tiempo-real"
    _parse = staticmethod(parse_demand)


class ReeGeneration(_ReeFeed):
    """Energy of each technology by the day, and the renewable share of it."""

    name = "ree.generation"
    series = frozenset({"renewable_share", *(f"generation_{technology}" for technology in TECHNOLOGIES.values())})
    longest = timedelta(days=365)
    _widget = "generacion/estructura-generacion"
    _trunc = "day"
    _days_ahead = 0
    _parse = staticmethod(parse_generation)
