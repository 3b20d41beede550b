"""The demo's feeds: the simulated world behind the same port as the real upstreams.

Each value is ``simulated`` and its source is ``demo`` (``demo_forecast`` for what the demo's own forecaster said), so
that the store can refuse to mix it with real data. The feeds keep the real publication hours: tomorrow's spot is there
from 14:00, PVPC from 20:20, a measured hour when it is over, a day's totals when the day is over.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from statistics import fmean

from chocolate_factory.adapters.demo_sky import Air
from chocolate_factory.adapters.demo_world import DISPATCH, STEADY_MW, World
from chocolate_factory.domain.catalogue import RENEWABLE, observation, spec_of
from chocolate_factory.domain.errors import UpstreamEmptyError
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import (
    DAY,
    HOUR,
    Interval,
    Resolution,
    floor,
    madrid_date,
    madrid_day,
    madrid_days,
    madrid_midnight,
    slot_end,
    slots,
)
from chocolate_factory.ports import Clock, Feed

UPSTREAM = "demo"
HISTORY = timedelta(days=800)
FORECAST_RUNS_H = 6  # the forecaster speaks at 00, 06, 12 and 18 UTC
FORECAST_DEPTH = timedelta(days=7)
WEATHER = frozenset({"temperature", "humidity", "dew_point", "pressure", "wind_speed"})
TECHNOLOGIES = frozenset({*DISPATCH, *STEADY_MW, "solar_pv", "solar_thermal", "wind", "nuclear"})

Point = tuple[str, datetime, float]  # series, start of its slot, value


class DemoFeed(ABC):
    """What the six have in common; each says which points a Madrid day has."""

    name: str
    series: frozenset[str]
    upstream = UPSTREAM
    source = UPSTREAM
    longest = timedelta(days=1000)

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock

    def reach(self, now: datetime) -> Interval:
        """From 800 days ago to the end of the last slot that is out."""
        return Interval(madrid_midnight(madrid_date(now - HISTORY)), self._until(now))

    def fetch(self, window: Interval, patience: float) -> list[Observation]:  # noqa: ARG002  nothing to wait for
        """What this world says of the window by now.

        Raises:
            UpstreamEmptyError: nothing of it is out.
        """
        now = self._clock.now()
        asked = window.overlap(self.reach(now))
        found = list(self._said(asked, now)) if asked else []
        if not found:
            raise UpstreamEmptyError(UPSTREAM, f"{self.name} has nothing for {window} by {now:%Y-%m-%dT%H:%MZ}")
        return found

    def _said(self, asked: Interval, now: datetime) -> Iterator[Observation]:
        for day in madrid_days(asked):
            over = madrid_midnight(day + DAY) <= now
            for series, start, value in self._points(day, now):
                if start in asked and (over or self._is_out(series, start, now)):
                    yield observation(series, self.source, Kind.SIMULATED, start, value, now)

    def _is_out(self, series: str, start: datetime, now: datetime) -> bool:
        """At its publication, if that lies before the slot; else when the slot is over."""
        spec = spec_of(series)
        return min(spec.published(start), spec.end(start)) <= now

    @abstractmethod
    def _until(self, now: datetime) -> datetime:
        """The end of what is out."""

    @abstractmethod
    def _points(self, day: date, now: datetime) -> Iterator[Point]:
        """Every point of a Madrid day, out or not."""

    def _end_of_published_days(self, now: datetime) -> datetime:
        """Midnight after tomorrow once any series of tomorrow is out, else the midnight to come."""
        tomorrow = madrid_midnight(madrid_date(now) + DAY)
        out = any(self._is_out(series, tomorrow, now) for series in self.series)
        return slot_end(tomorrow, Resolution.DAY) if out else tomorrow


class DemoPrices(DemoFeed):
    """PVPC by the hour; spot by the quarter-hour since the market trades them, by the hour before."""

    name = "demo.prices"
    series = frozenset({"pvpc", "spot"})

    def _until(self, now: datetime) -> datetime:
        return self._end_of_published_days(now)

    def _points(self, day: date, now: datetime) -> Iterator[Point]:  # noqa: ARG002
        quarters = list(slots(madrid_day(day), Resolution.QUARTER))
        prices = [self._world.spot_eur_mwh(start + Resolution.QUARTER.span / 2) for start in quarters]
        hours = [(quarters[i], fmean(prices[i : i + 4])) for i in range(0, len(quarters), 4)]
        by_quarter = spec_of("spot").resolution(quarters[0]) is Resolution.QUARTER
        for start, price in zip(quarters, prices, strict=True) if by_quarter else hours:
            yield "spot", start, round(price, 2)
        for start, price in hours:
            yield "pvpc", start, round(self._world.pvpc_eur_mwh(start, price), 2)


class DemoDemand(DemoFeed):
    """The country's demand by the hour, what the day before expected, and five-minute points of today and yesterday."""

    name = "demo.demand"
    series = frozenset({"demand", "demand_forecast", "demand_5min"})

    def _until(self, now: datetime) -> datetime:
        return self._end_of_published_days(now)

    def _points(self, day: date, now: datetime) -> Iterator[Point]:
        for start in slots(madrid_day(day), Resolution.HOUR):
            yield "demand", start, float(round(self._world.demand_mw(start + HOUR / 2)))
            yield "demand_forecast", start, float(round(self._world.demand_forecast_mw(start + HOUR / 2)))
        if day >= madrid_date(now) - DAY:
            for start in slots(madrid_day(day), Resolution.FIVE_MINUTES):
                yield "demand_5min", start, float(round(self._world.demand_mw(start)))


class DemoGeneration(DemoFeed):
    """Energy by technology and the renewable share that follows from it, for days that are over."""

    name = "demo.generation"
    series = frozenset({f"generation_{technology}" for technology in TECHNOLOGIES} | {"renewable_share"})

    def _until(self, now: datetime) -> datetime:
        return floor(now, Resolution.DAY)

    def _points(self, day: date, now: datetime) -> Iterator[Point]:  # noqa: ARG002
        start = madrid_midnight(day)
        made = {t: float(round(energy)) for t, energy in self._world.generation_mwh(day).items()}
        for technology, energy in made.items():
            yield f"generation_{technology}", start, energy
        renewable = sum(energy for technology, energy in made.items() if technology in RENEWABLE)
        yield "renewable_share", start, round(100.0 * renewable / sum(made.values()), 2)


class DemoWeather(DemoFeed):
    """Linares by the hour, until now."""

    name = "demo.weather"
    series = WEATHER

    def _until(self, now: datetime) -> datetime:
        return floor(now, Resolution.HOUR)

    def _points(self, day: date, now: datetime) -> Iterator[Point]:  # noqa: ARG002
        for start in slots(madrid_day(day), Resolution.HOUR):
            yield from _weather_points(start, self._world.sky.air(start + HOUR / 2))


class DemoWeatherForecast(DemoFeed):
    """The hours from the present one to seven days ahead, as the last of four runs a day saw them.

    The error shrinks as an hour comes nearer, so that a slot is revised with each run.
    """

    name = "demo.weather_forecast"
    series = WEATHER
    source = "demo_forecast"

    def reach(self, now: datetime) -> Interval:
        """The hour that is under way and those to come."""
        return Interval(floor(now, Resolution.HOUR), self._until(now))

    def _until(self, now: datetime) -> datetime:
        return floor(now, Resolution.HOUR) + FORECAST_DEPTH

    def _is_out(self, series: str, start: datetime, now: datetime) -> bool:  # noqa: ARG002
        return True  # a forecast is out when it is made; the reach says for which slots

    def _points(self, day: date, now: datetime) -> Iterator[Point]:
        hour = floor(now, Resolution.HOUR)
        run = hour - (hour.hour % FORECAST_RUNS_H) * HOUR
        for start in slots(madrid_day(day), Resolution.HOUR):
            yield from _weather_points(start, self._world.sky.forecast_air(start + HOUR / 2, run))


class DemoDailyWeather(DemoFeed):
    """Extremes, means and sums of the same hours, for days that are over."""

    name = "demo.daily_weather"
    series = frozenset(
        {"temperature_max", "temperature_min", "temperature_mean", "humidity_mean"}
        | {"wind_speed_mean", "wind_gust", "precipitation", "radiation"}
    )

    def _until(self, now: datetime) -> datetime:
        return floor(now, Resolution.DAY)

    def _points(self, day: date, now: datetime) -> Iterator[Point]:  # noqa: ARG002
        hours = list(slots(madrid_day(day), Resolution.HOUR))
        airs = [self._world.sky.air(start + HOUR / 2) for start in hours]
        temperatures, winds = [air.temperature for air in airs], [air.wind_speed for air in airs]
        values = {
            "temperature_max": max(temperatures),
            "temperature_min": min(temperatures),
            "temperature_mean": fmean(temperatures),
            "humidity_mean": fmean(air.humidity for air in airs),
            "wind_speed_mean": fmean(winds),
            "wind_gust": 2.1 * max(winds),
            "precipitation": sum(self._world.sky.rain_mm(start) for start in hours),
            "radiation": sum(self._world.sky.radiation_mj_m2(start) for start in hours),
        }
        for series, value in values.items():
            yield series, hours[0], round(value, 1)


def _weather_points(start: datetime, air: Air) -> Iterator[Point]:
    for series in sorted(WEATHER):
        yield series, start, round(getattr(air, series), 1)


def demo_feeds(clock: Clock, seed: int) -> list[Feed]:
    """Every feed of one simulated world."""
    world = World(seed)
    kinds = (DemoPrices, DemoDemand, DemoGeneration, DemoWeather, DemoWeatherForecast, DemoDailyWeather)
    return [kind(world, clock) for kind in kinds]
