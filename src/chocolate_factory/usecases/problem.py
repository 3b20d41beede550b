"""A planning problem from series of spot prices and weather: what is not known yet is a marked guess, never a blank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import fmean

from chocolate_factory.billing.tables import tolls_at
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plan import Problem, SlotInput
from chocolate_factory.domain.plant import Order, Plant
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.tariff import Period, energy_eur_kwh, period, prices_at
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import DAY, HOUR, Interval, Resolution, floor, isoformat_madrid, madrid_date, slots
from chocolate_factory.usecases.tariff import terms_on

#: Where no table of tolls holds on a day, these do, and the plan's notes say so.
STAND_IN_TABLES = date(2026, 1, 1)
#: An unknown price or hour of weather is taken from the same hour up to so many days before.
LOOK_BACK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Expected:
    """What a forecast says of the prices that are not published.

    Attributes:
        prices: P50 by start of its hour or quarter-hour, EUR/MWh.
        source: model and version, e.g. ``spot_price/3``; empty where nobody forecast.
        made_at: when they were forecast.
    """

    prices: Mapping[datetime, float] = field(default_factory=dict)
    source: str = ""
    made_at: datetime | None = None


NOTHING_EXPECTED = Expected()


def problem_of(
    plant: Plant,
    window: Interval,
    resolution: Resolution,
    spot_eur_mwh: Mapping[datetime, float],
    weather: Mapping[datetime, Air],
    orders: tuple[Order, ...] | None = None,
    known_as: Kind = Kind.OBSERVED,
    expected: Expected = NOTHING_EXPECTED,
) -> tuple[Problem, list[str]]:
    """The problem and what was assumed for it.

    Args:
        window: the horizon.
        resolution: a quarter-hour or an hour.
        spot_eur_mwh: by the start of its hour or quarter-hour; what lies before the window is the last known profile.
        weather: by the start of its hour.
        orders: None for the plant's own demand.
        known_as: what sort of truth the given prices are; ``simulated`` in the demo.
        expected: takes the place of prices that are not given, before the last known profile does.

    Raises:
        InputError: ``prices`` or ``weather`` cannot be continued to the end of the window.
    """
    guesses, prices = Guesses(expected.source), Prices(spot_eur_mwh, expected.prices, known_as)
    inputs = tuple(_slot(plant, start, resolution, prices, weather, guesses) for start in slots(window, resolution))
    if not inputs:
        raise InputError("start", window.start.isoformat(), "the horizon holds no slot")
    due = plant.orders(window) if orders is None else orders
    stocks = plant.stocked_kg()
    problem = Problem(plant, inputs, due, stocks, finished_kg=dict(plant.stocks.finished_kg))
    return problem, list(guesses.notes())


@dataclass
class Guesses:
    """What had to be assumed: the first slot of each kind, and the days without a table of tolls."""

    forecast_by: str = ""
    forecast_from: datetime | None = None
    price_from: datetime | None = None
    air_from: datetime | None = None
    untabled: list[date] = field(default_factory=list)

    def notes(self) -> Iterator[str]:
        """In plain words."""
        profile = "are those of the same hour of the last day that is known: estimated."
        if self.forecast_from is not None:
            since, who = isoformat_madrid(self.forecast_from), self.forecast_by
            yield f"Prices from {since} on are not published yet; those used are the median forecast of {who}."
        if self.price_from is not None:
            yield f"Prices from {isoformat_madrid(self.price_from)} on are not known yet; those used {profile}"
        if self.air_from is not None:
            yield f"Weather from {isoformat_madrid(self.air_from)} on is not known yet; the values used {profile}"
        if self.untabled:
            days = " to ".join(dict.fromkeys(f"{day}" for day in (self.untabled[0], self.untabled[-1])))
            yield f"No table of tolls holds on {days}: those of {STAND_IN_TABLES.year} stand in."


@dataclass(frozen=True)
class Prices:
    """Spot prices as given and as expected, EUR/MWh."""

    given: Mapping[datetime, float]
    expected: Mapping[datetime, float]
    known_as: Kind

    def of(self, start: datetime, resolution: Resolution) -> tuple[float, Kind]:
        """A slot's price: its own, or what is expected of it, or that of the last day that has one.

        Raises:
            InputError: none has.
        """
        if (own := _spot_of(self.given, start, resolution)) is not None:
            return own, self.known_as
        if (expected := _spot_of(self.expected, start, resolution)) is not None:
            return expected, Kind.FORECAST
        for days in range(1, LOOK_BACK_DAYS + 1):
            if (before := _spot_of(self.given, start - days * DAY, resolution)) is not None:
                return before, Kind.ESTIMATED
        allowed = f"a price for that hour, or for it in the {LOOK_BACK_DAYS} days before"
        raise InputError("prices", start.isoformat(), allowed)


def _slot(
    plant: Plant,
    start: datetime,
    resolution: Resolution,
    prices: Prices,
    weather: Mapping[datetime, Air],
    guesses: Guesses,
) -> SlotInput:
    slot = Interval(start, start + resolution.span)
    price, kind = prices.of(start, resolution)
    if kind is Kind.ESTIMATED:
        guesses.price_from = guesses.price_from or start
    elif kind is Kind.FORECAST:
        guesses.forecast_from = guesses.forecast_from or start
    in_period = period(start, plant.contract.tariff)
    eur_kwh = _eur_kwh(plant, start, price, in_period, guesses)
    air = _air(weather, start, guesses)
    return SlotInput(slot, eur_kwh, kind, Period(in_period), air, plant.crew.present(start))


def _spot_of(spot: Mapping[datetime, float], start: datetime, resolution: Resolution) -> float | None:
    """A quarter's own price or its hour's; an hour's own or the mean of its four quarters."""
    quarters = [spot.get(start + i * Resolution.QUARTER.span) for i in range(4)]
    if resolution is Resolution.QUARTER:
        return spot.get(start, spot.get(floor(start, Resolution.HOUR)))
    known = [q for q in quarters if q is not None]
    return fmean(known) if len(known) == 4 else spot.get(start)


def _air(weather: Mapping[datetime, Air], start: datetime, guesses: Guesses) -> Air:
    hour = floor(start, Resolution.HOUR)
    for days in range(LOOK_BACK_DAYS + 1):
        if (hour - days * 24 * HOUR) in weather:
            if days:
                guesses.air_from = guesses.air_from or hour
            return weather[hour - days * 24 * HOUR]
    raise InputError("weather", hour.isoformat(), f"weather of that hour, or of it in the {LOOK_BACK_DAYS} days before")


def _eur_kwh(plant: Plant, start: datetime, spot_eur_mwh: float, in_period: Period, guesses: Guesses) -> float:
    """All-in marginal price by the day's own tables, or by those that stand in for them."""
    day, contract = madrid_date(start), plant.contract
    if prices_at(day, contract.tariff) is None:
        guesses.untabled.append(day)
        day = STAND_IN_TABLES
    return energy_eur_kwh(spot_eur_mwh, in_period, tolls_at(day, contract.tariff), terms_on(day, contract))
