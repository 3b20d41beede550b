"""Which feeds fill a hole, in which order: two routes, by calendar month of Madrid.

The month at hand comes from the live services, earlier months from history; each route falls back on the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.series_spec import Family
from chocolate_factory.domain.time import Interval, madrid_month_start, madrid_month_starts
from chocolate_factory.ports import Feed

LIVE: dict[Family, tuple[str, ...]] = {
    Family.PRICES: ("ree.prices", "esios.pvpc", "omie.spot", "demo.prices"),
    Family.DEMAND: ("ree.demand", "demo.demand"),
    Family.GENERATION: ("ree.generation", "demo.generation"),
    Family.WEATHER: ("aemet.observations", "open_meteo.forecast", "open_meteo.archive", "demo.weather"),
    Family.DAILY_WEATHER: ("aemet.daily", "datosclima.daily", "demo.daily_weather"),
}
HISTORY: dict[Family, tuple[str, ...]] = {
    **LIVE,
    Family.WEATHER: ("open_meteo.archive", "open_meteo.forecast", "demo.weather"),
    Family.DAILY_WEATHER: ("datosclima.daily", "aemet.daily", "demo.daily_weather"),
}

#: Feeds that answer by calendar month: a window that straddles two would cost two requests for one answer.
BY_MONTH = frozenset({"datosclima.daily"})

#: Sources that have no archive on our plan: their own holes stay.
NO_HISTORY = {"openweathermap": "no history on this plan"}


def route(series: str, window: Interval, feeds: Mapping[str, Feed], now: datetime) -> list[Feed]:
    """The feeds to ask for a hole, the best first: those that give the series and reach some of the window."""
    table = LIVE if window.end > madrid_month_start(now) else HISTORY
    names = table[spec_of(series).family]
    able = (feeds[n] for n in names if n in feeds)
    return [f for f in able if series in f.series and f.reach(now).overlap(window) is not None]


def requests(feed: Feed, window: Interval) -> list[Interval]:
    """The window cut into what the feed takes at once, in order."""
    pieces = window.partition(madrid_month_starts(window)) if feed.name in BY_MONTH else [window]
    return [chunk for piece in pieces for chunk in piece.chunks(feed.longest)]
