"""What is done in child processes: whatever needs MLflow, scikit-learn or minutes of a core.

``House.child`` calls these by name; each opens what it needs, and closes it. Orders and answers are pickled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from chocolate_factory import __version__
from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.mlflow_registry import MlflowRegistry
from chocolate_factory.adapters.model_shelf import FileShelf
from chocolate_factory.adapters.parallel import mapper_of
from chocolate_factory.adapters.plant_file import PlantSource
from chocolate_factory.domain.models import (
    PRICE_MODELS,
    ModelName,
    ModelVersion,
    RegistryState,
    Trained,
    Training,
    Verdict,
)
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.series import TRUE_KINDS, Kind
from chocolate_factory.ports import TimeSeriesStore
from chocolate_factory.usecases.advice_models import make_energy_optimization, make_production_recommendation
from chocolate_factory.usecases.advice_outcomes import AdviceOutcomes
from chocolate_factory.usecases.came import ScoreOutcomes
from chocolate_factory.usecases.lessons import Lesson
from chocolate_factory.usecases.model_life import ModelLife
from chocolate_factory.usecases.outcomes import Outcomes
from chocolate_factory.usecases.price_history import PriceHistory
from chocolate_factory.usecases.price_models import make_price_model
from chocolate_factory.usecases.regrets import Regrets
from chocolate_factory.usecases.shadow import Shadow
from chocolate_factory.wiring.orders import Place, TrainOrder, labels
from chocolate_factory.wiring.stores import open_store

#: Cores that a training may keep busy; the service goes first (see ``adapters.child.NICER``).
CORES = 2

Tell = Callable[[float, str], None]
Champion = tuple[ModelVersion, bytes] | None


class Told(NamedTuple):
    """What a maker of models is told beside its store."""

    name: ModelName
    reason: str
    champion: Champion
    tell: Tell


def train(order: TrainOrder, tell: Tell) -> list[Trained]:
    """Train one model after another; the shelf is refreshed at the end, whatever was trained."""
    trained: list[Trained] = []
    with _life(order.place) as life:
        try:
            for done, (name, reason) in enumerate(order.reasons.items()):
                share = partial(_part, tell, done / len(order.reasons), 1 / len(order.reasons), name)
                trained.append(life.train(name, partial(_make, order.place, name, reason, share)))
        finally:
            life.refresh()
    return trained


def refresh(place: Place) -> RegistryState:
    """The shelf brought to what the registry says."""
    with _life(place) as life:
        return life.refresh()


def promote(order: tuple[Place, ModelName, int]) -> ModelVersion:
    """A version made champion."""
    place, name, number = order
    with _life(place) as life:
        version = life.promote(name, number)
        life.refresh()
        return version


def roll_back(order: tuple[Place, ModelName]) -> ModelVersion:
    """The champion before, champion again."""
    place, name = order
    with _life(place) as life:
        version = life.roll_back(name)
        life.refresh()
        return version


def settle(order: tuple[Place, ModelName]) -> Verdict:
    """The challenger judged by what it said in the shadow."""
    place, name = order
    with _life(place) as life, _store(place) as store:
        clock, filling = FixedClock(place.now), _filling(place)
        of_score = ScoreOutcomes(store, clock, PlantSource(place.settings.plant_file), filling)
        of_advice = AdviceOutcomes(of_score, labels(place.settings))
        outcomes = Outcomes(PriceHistory(store, filling), clock, of_advice.came, of_score.percentile)
        shadow = Shadow(store, clock, outcomes, Regrets(_plant(place), _mapper(place), of_advice.regrets))
        verdict = life.settle(name, shadow)
        life.refresh()
        return verdict


# ------------------------------------------------------------------------------------------------------------- inside
@contextmanager
def _life(place: Place) -> Iterator[ModelLife]:
    registry = MlflowRegistry(place.settings.tracking(simulated=place.world == "simulated"), FixedClock(place.now))
    yield ModelLife(registry, FileShelf(place.settings.data_dir / "models"))


@contextmanager
def _store(place: Place) -> Iterator[TimeSeriesStore]:
    store = open_store(place.settings, place.world)
    try:
        yield store
    finally:
        store.close()


def _make(place: Place, name: ModelName, reason: str, tell: Tell, champion: Champion) -> Training:
    """Learn a model from the store."""
    with _store(place) as store:
        return _MAKERS[name](place, store, Told(name, reason, champion, tell))


def _part(tell: Tell, low: float, span: float, name: ModelName, share: float, message: str) -> None:
    tell(low + span * share, f"{name}: {message}")


def _filling(place: Place) -> frozenset[Kind]:
    return frozenset({Kind.SIMULATED}) if place.world == "simulated" else TRUE_KINDS


def _plant(place: Place) -> Plant:
    return PlantSource(place.settings.plant_file)()


def _price_model(place: Place, store: TimeSeriesStore, told: Told) -> Training:
    series = next(series for series, name in PRICE_MODELS.items() if name is told.name)
    return make_price_model(
        series,
        store,
        _filling(place),
        _plant(place),
        at=place.now,
        code_version=code_version(),
        reason=told.reason,
        champion=told.champion,
        mapper=_mapper(place),
        tell=told.tell,
    )


def _energy_optimization(place: Place, store: TimeSeriesStore, told: Told) -> Training:
    return make_energy_optimization(_lesson(place, store, told))


def _production_recommendation(place: Place, store: TimeSeriesStore, told: Told) -> Training:
    return make_production_recommendation(_lesson(place, store, told), labels(place.settings), _mapper(place))


def _lesson(place: Place, store: TimeSeriesStore, told: Told) -> Lesson:
    return Lesson(
        store, _filling(place), _plant(place), place.now, code_version(), told.reason, told.champion, told.tell
    )


_MAKERS: dict[ModelName, Callable[[Place, TimeSeriesStore, Told], Training]] = {
    ModelName.SPOT_PRICE: _price_model,
    ModelName.PVPC_PRICE: _price_model,
    ModelName.ENERGY_OPTIMIZATION: _energy_optimization,
    ModelName.PRODUCTION_RECOMMENDATION: _production_recommendation,
}


def _mapper(place: Place) -> Any:
    return mapper_of(CORES, place.settings.dask_scheduler)


@cache
def code_version() -> str:
    """The program's version, and a hash of what learns: another hash, another way of learning."""
    package = Path(__file__).resolve().parents[1]
    rooms = ("modelling", "forecasting", "learning", "usecases", "billing", "planning", "domain")
    files = sorted(file for room in rooms for file in (package / room).rglob("*.py"))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    return f"{__version__}+{digest[:12]}"
