"""A made-up plant's hours: prices with a day's and a week's course and chance, weather with a day's course."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.catalogue import observations
from chocolate_factory.domain.models import ModelCard, ModelName, ModelVersion
from chocolate_factory.domain.series import TRUE_KINDS, Kind
from chocolate_factory.domain.time import HOUR, Interval
from chocolate_factory.learning.history import History
from chocolate_factory.learning.hours import Hours
from chocolate_factory.usecases.lessons import Lesson

PLANT = read_plant()
#: Madrid's midnight of Monday, 2 January 2023.
FIRST = datetime(2023, 1, 1, 23, tzinfo=UTC)


def hours(days: int = 40, seed: int = 1, first: datetime = FIRST) -> Hours:
    """Consecutive hours; the level of a day wanders, weekends are cheap."""
    chance = np.random.default_rng(seed)
    count = 24 * days
    hour, day = np.arange(count) % 24, np.arange(count) // 24
    level = np.cumsum(chance.normal(0, 0.006, days))[day]
    price = 0.14 + level + 0.04 * np.cos((hour - 20) * np.pi / 6) - 0.03 * (day % 7 >= 5)
    price = np.clip(price + chance.normal(0, 0.004, count), 0.03, None)
    warm = 16 + 9 * np.cos((hour - 15) * np.pi / 12) + np.cumsum(chance.normal(0, 0.6, days))[day]
    damp = np.clip(60 - 2 * (warm - 16) + chance.normal(0, 2, count), 15, 98)
    demand = 27_000 + 4000 * np.cos((hour - 13) * np.pi / 12) + chance.normal(0, 300, count)
    return Hours(first, PLANT.contract.tariff, price + 0.02, price, demand, warm, damp)


def history(days: int = 40, seed: int = 1) -> History:
    return History(hours(days, seed), PLANT)


def filled_store(days: int = 40, seed: int = 1, kind: Kind = Kind.OBSERVED, world: str = "real") -> MemoryStore:
    """The same hours as a store holds them; the market's price is what the plant pays less 0.08 EUR/kWh."""
    store, made = MemoryStore(world), hours(days, seed)
    series = {
        "pvpc": ("ree", 1000 * made.pvpc_eur_kwh),
        "spot": ("ree", 1000 * (made.energy_eur_kwh - 0.08)),
        "demand": ("ree", made.demand_mw),
        "temperature": ("aemet", made.temperature_c),
        "humidity": ("aemet", made.humidity_pct),
    }
    received = made.window.end + timedelta(days=30)
    for name, (source, values) in series.items():
        points = list(zip(made.starts, np.round(values, 4).tolist(), strict=True))
        store.write(observations(name, source, kind, points, received))
    return store


def lesson(store=None, at: datetime | None = None, champion=None, filling=TRUE_KINDS) -> Lesson:
    return Lesson(store, filling, PLANT, at or FIRST + timedelta(days=500), "test", "asked for", champion)


def version(name: ModelName, sort: str = "percentile_7d", number: int = 1, learnt_until: datetime = FIRST):
    whole = Interval(learnt_until - HOUR, learnt_until)
    card = ModelCard(name, sort, False, learnt_until, whole, 1, (), "f", "c", None, {}, {})
    return ModelVersion(card, number, "sha", "run")


class Shelf:
    """A shelf whose versions a test puts there."""

    def __init__(self, held=None) -> None:
        self.held, self.changes = dict(held or {}), 0

    def put_there(self, name, alias, found, body) -> None:
        self.held[name, alias] = (found, body)
        self.changes += 1

    def stamp(self) -> str:
        return str(self.changes)

    def take(self, name, alias):
        return self.held.get((name, alias))
