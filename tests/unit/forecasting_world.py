"""A made-up market whose rules are known: what a forecaster should find in it can be told beforehand.

The level of a day remembers four fifths of the day before's, weekends are cheaper, demand moves the price; the rest is
noise. The EPF naive takes Monday, Saturday and Sunday from last week, when the level was another.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import numpy as np

from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.model_shelf import FileShelf
from chocolate_factory.domain.catalogue import observations, spec_of
from chocolate_factory.domain.models import Alias, MadeModel, ModelCard, ModelName, ModelVersion, RegistryState
from chocolate_factory.domain.series import TRUE_KINDS, Kind
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Interval, Resolution, madrid_midnight, slots
from chocolate_factory.forecasting.days import Days, days_known_at
from chocolate_factory.forecasting.files import to_bytes
from chocolate_factory.forecasting.fit import fit_naive
from chocolate_factory.forecasting.panel import Panel, panel_of
from chocolate_factory.usecases.price_history import PriceHistory

FIRST = date(2023, 3, 1)
SPOT = spec_of("spot").published
DEMAND = spec_of("demand_forecast").published
PROFILE = 20 * np.sin((np.arange(24) - 15) * np.pi / 12)


def noon(day: date) -> datetime:
    """12:00 in Madrid."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=MADRID).astimezone(UTC)


def market(days: int = 260, seed: int = 1, first: date = FIRST) -> tuple[dict, dict]:
    """(spot, demand forecast) by start of hour, of whole Madrid days."""
    chance = np.random.default_rng(seed)
    level, spot, demand = 0.0, {}, {}
    for day in (first + n * DAY for n in range(days)):
        level = 0.8 * level + chance.normal(0, 10)
        surprise = chance.normal(0, 2000)
        weekend = -20.0 if day.weekday() >= 5 else 0.0
        for start in slots(Interval(madrid_midnight(day), madrid_midnight(day + DAY)), Resolution.HOUR):
            shape = PROFILE[start.astimezone(MADRID).hour]
            demand[start] = 28_000 + 200 * shape + surprise
            spot[start] = 70 + shape + level + weekend + 0.005 * surprise + chance.normal(0, 2)
    return spot, demand


def known(hours: dict, at: datetime, published=SPOT) -> dict:
    return {start: value for start, value in hours.items() if published(start) <= at}


def days_at(hours: dict, at: datetime, published=SPOT) -> Days:
    return days_known_at(at, known(hours, at, published), published)


def panel_at(at: datetime, spot: dict, demand: dict | None = None) -> Panel:
    guides = {} if demand is None else {"demand_forecast": days_at(demand, at, DEMAND)}
    return panel_of(days_at(spot, at), guides)


def whole_panel(days: int = 260, seed: int = 1, *, guided: bool = True) -> Panel:
    """All days, known long after."""
    spot, demand = market(days, seed)
    return panel_at(max(spot) + timedelta(days=1), spot, demand if guided else None)


def quarters_of(hours: dict, offsets=(-6.0, -2.0, 2.0, 6.0)) -> dict:
    """Each hour as four quarters that climb."""
    return {t + n * HOUR / 4: v + offset for t, v in hours.items() for n, offset in enumerate(offsets)}


# ------------------------------------------------------------------------------------------------- a store and a shelf
def written(store, series: str, values: dict, kind: Kind = Kind.OBSERVED, source: str = "ree") -> None:
    """History as it is loaded: received long after, and published when the rule says so."""
    store.write(observations(series, source, kind, sorted(values.items()), max(values) + timedelta(days=400)))


def store_of(world: str = "real", **series: dict) -> MemoryStore:
    """A store with these series; all that it holds was published by the catalogue's rules."""
    store, kind = MemoryStore(world), Kind.SIMULATED if world == "simulated" else Kind.OBSERVED
    for name, values in series.items():
        written(store, name, values, kind)
    return store


def version_of(made: MadeModel, number: int, *aliases: Alias) -> ModelVersion:
    return ModelVersion(made.card, number, sha256(made.file).hexdigest(), f"run-{number}", frozenset(aliases))


def put_on(shelf: FileShelf, *versions: tuple[ModelVersion, bytes]) -> None:
    """What a registry with these versions would put there."""
    state = RegistryState(True, "memory", (), tuple(v for v, _ in versions), datetime(2026, 1, 1, tzinfo=UTC))
    shelf.put(state, {v.sha256: body for v, body in versions})


def naive_file(store: MemoryStore, at: datetime, filling: frozenset[Kind] = TRUE_KINDS) -> bytes:
    """The baseline of spot prices, with margins from what the store holds."""
    return to_bytes(fit_naive("spot", PriceHistory(store, filling).panel("spot", at))[0])


def made(body: bytes) -> MadeModel:
    """A model of spot prices of which nobody knows more than its file."""
    hours = Interval(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    card = ModelCard(
        ModelName.SPOT_PRICE, "epf_naive", True, hours.end, hours, 1, (), "fingerprint", "code", None, {}, {}
    )
    return MadeModel(card, body)
