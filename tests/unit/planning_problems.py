"""Problems to plan: the packaged plant and small ones, with prices and weather made up here."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.plan import Problem, SlotInput
from chocolate_factory.domain.plant import Order, Plant
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.tariff import Period, Tariff, period
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import Interval, Resolution
from chocolate_factory.usecases.problem import problem_of

MONDAY = datetime(2026, 2, 9, tzinfo=UTC) - timedelta(hours=1)  # midnight in Madrid
PLANT = read_plant()


def small_plant(**line) -> Plant:
    """One product whose conching takes three hours, in one conche of 500 kg; cheap to enumerate."""
    dark = replace(PLANT.product("dark"), conche_hours=3, conche_kw=(10.0, 16.0, 6.0))
    tank = replace(PLANT.tanks[0], capacity_kg=1500.0)
    plant_line = replace(PLANT.line, **{"min_on_h": 2, "setup_h": 1, "start_eur": 2.0, **line})
    return replace(
        PLANT,
        products=(dark,),
        tanks=(tank,),
        conches=replace(PLANT.conches, count=1, batch_kg=500.0),
        line=plant_line,
    )


def with_contract(plant: Plant, kw: float) -> Plant:
    return replace(plant, contract=replace(plant.contract, contracted_kw=dict.fromkeys(Period, kw)))


def two_peaks(hour: int) -> float:
    """A day's prices with the sun's valley, EUR/kWh."""
    return 0.12 + 0.05 * math.cos((hour - 20) / 24 * 4 * math.pi) - 0.06 * math.exp(-(((hour % 24) - 14) ** 2) / 12)


def problem(
    plant: Plant = PLANT,
    *,
    start: datetime = MONDAY,
    hours: int = 48,
    step: float = 1.0,
    prices=two_peaks,
    air=lambda hour: Air(15.0, 60.0),
    orders: tuple[Order, ...] | None = None,
    stocks: dict[str, float] | None = None,
    crew=None,
    **more,
) -> Problem:
    """A stand-alone problem; prices and air by the hour since its start."""
    slots = []
    for i in range(round(hours / step)):
        at = start + timedelta(hours=i * step)
        hour = int(i * step)
        there = plant.crew.present(at) if crew is None else crew(hour)
        span = Interval(at, at + timedelta(hours=step))
        slots.append(SlotInput(span, prices(hour), Kind.OBSERVED, period(at, Tariff.TD30), air(hour), there))
    horizon = Interval(slots[0].slot.start, slots[-1].slot.end)
    if orders is None:
        orders = plant.orders(horizon)
    if stocks is None:
        stocks = {t.product: plant.stocks.tanks_kg[t.name] for t in plant.tanks}
    return Problem(plant, tuple(slots), orders, stocks, **more)


def order(kg: float, hour: float, product: str = "dark", start: datetime = MONDAY) -> Order:
    return Order(f"{product}-{hour}", product, kg, start + timedelta(hours=hour))


# ------------------------------------------------------------------------------------------------------- real weeks
#: The public data of 2023 to 2025, read where it lies; absent in a bare clone.
DATA = Path(__file__).resolve().parents[3] / "shared" / "upstreams" / "data"
#: A Monday's midnight in Madrid of each season.
SEASONS = {
    "winter": datetime(2024, 1, 14, 23, tzinfo=UTC),
    "spring": datetime(2024, 4, 14, 22, tzinfo=UTC),
    "summer": datetime(2024, 7, 21, 22, tzinfo=UTC),
    "autumn": datetime(2024, 10, 13, 22, tzinfo=UTC),
}


@cache
def spot_2024() -> dict[datetime, float]:
    """Spot of 2024, EUR/MWh, by the start of its hour."""
    return {start: values[0] for start, values in _rows("spot_hourly", "eur_mwh")}


@cache
def weather_2024() -> dict[datetime, Air]:
    """The weather of Linares in 2024, by the start of its hour."""
    return {start: Air(*values) for start, values in _rows("linares_weather_hourly", "temperature_c", "humidity_pct")}


def _rows(name: str, *columns: str) -> Iterator[tuple[datetime, tuple[float, ...]]]:
    with gzip.open(DATA / f"{name}.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            if row["start_utc"][:7] in {"2023-12", *(f"2024-{month:02}" for month in range(1, 13))}:
                yield datetime.fromisoformat(row["start_utc"]), tuple(float(row[c]) for c in columns)


def one_product_plant(kw: float = 150.0) -> Plant:
    """The default plant with dark alone: all tanks are its own, half full, and 2 t are due each day from Monday on."""
    tanks = tuple(replace(tank, product="dark") for tank in PLANT.tanks)
    weekly = {day: {"dark": 2000.0} for day in PLANT.demand.weekly}
    stocks = replace(PLANT.stocks, tanks_kg={tank.name: 1000.0 for tank in tanks}, finished_kg={"dark": 0.0})
    plant = replace(
        PLANT,
        products=(PLANT.product("dark"),),
        tanks=tanks,
        demand=replace(PLANT.demand, weekly=weekly),
        stocks=stocks,
    )
    return with_contract(plant, kw)


def real_problem(plant: Plant, start: datetime, hours: int, resolution: Resolution = Resolution.HOUR) -> Problem:
    """The plant's own demand with prices and weather of 2024 as they came; tolls of 2026, for no others are kept."""
    window = Interval(start, start + timedelta(hours=hours))
    return problem_of(plant, window, resolution, spot_2024(), weather_2024())[0]
