"""Which change concerns which model, and whose fault it is: the data's, the world's or the model's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from chocolate_factory.domain.alarms import Trouble
from chocolate_factory.domain.alarms.data import MODEL_WORSE, SENSOR_BROKEN, WORLD_CHANGED
from chocolate_factory.domain.models import ModelCard, ModelName, ModelVersion
from chocolate_factory.domain.time import madrid_date
from chocolate_factory.learning.drift import DriftFinding, DriftKind, Remedy
from chocolate_factory.learning.regimes import regimes_met

_ALARMS: Final = {
    DriftKind.SENSOR: SENSOR_BROKEN,
    DriftKind.WORLD: WORLD_CHANGED,
    DriftKind.MODEL: MODEL_WORSE,
}
PRICES: Final = ("spot", "pvpc")
WEATHER: Final = ("temperature", "humidity")
#: What each model reads, ``tariff`` standing for periods, tolls and charges.
_ALL: Final = frozenset({*PRICES, *WEATHER, "demand", "tariff"})
READS: Final[Mapping[ModelName, frozenset[str]]] = {
    ModelName.SPOT_PRICE: frozenset({"spot", "demand"}),
    ModelName.PVPC_PRICE: frozenset({"pvpc", "spot", "tariff"}),
    ModelName.ENERGY_OPTIMIZATION: _ALL,
    ModelName.PRODUCTION_RECOMMENDATION: _ALL,
}


def told_apart(
    name: ModelName,
    champion: ModelVersion | None,
    today: date,
    sensors: Iterable[DriftFinding],
    world: Iterable[DriftFinding],
    own: Iterable[DriftFinding],
) -> tuple[DriftFinding, ...]:
    """What concerns a model: broken data first, then the world without what is broken, then its own fault.

    Args:
        sensors, world: all that were found.
        own: the model's, whatever explains them.
    """
    reads = READS[name]
    broken = [f for f in sensors if series_of(f) in reads]
    faulty = {series_of(f) for f in broken}
    moved = [f for f in world if touches(f, reads) and f.what not in faulty]
    causes = [*broken, *_rules(champion, today, reads), *moved]
    return (*causes, *(fault for f in own if (fault := _own_fault(f, explained=bool(causes))) is not None))


def trouble_of(finding: DriftFinding) -> Trouble:
    """What is told of a finding, whoever found it; its cause is the finding's own."""
    message = f"{finding.why} Since {finding.since}."
    return _ALARMS[finding.kind].trouble(message, finding.what, action=finding.action)


def promise(card: ModelCard) -> float:
    """What share of the best baseline's mean absolute error a model had when it was judged; 1 where nothing says."""
    own = {key: value for key, value in card.scores.items() if key.startswith("mae")}
    for key, value in own.items():
        baselines = [scores[key] for scores in card.baselines.values() if scores.get(key)]
        if baselines:
            return value / min(baselines)
    return 1.0


def series_of(finding: DriftFinding) -> str:
    """The series of a broken source, ``series/source``."""
    return finding.what.partition("/")[0]


def touches(finding: DriftFinding, reads: frozenset[str]) -> bool:
    """Whether a change of the world concerns what a model reads; the price level concerns all that read prices."""
    return finding.what in reads or (finding.what not in _ALL and bool(reads & set(PRICES)))


def _rules(champion: ModelVersion | None, today: date, reads: frozenset[str]) -> list[DriftFinding]:
    if champion is None or champion.card.is_baseline:
        return []
    return regimes_met(madrid_date(champion.card.learnt_from.end - timedelta.resolution), today, reads)


def _own_fault(found: DriftFinding, *, explained: bool) -> DriftFinding | None:
    """It is the model's only where its inputs are as before; beaten, it makes way in any case."""
    if not explained:
        return found
    return replace(found, kind=DriftKind.WORLD) if found.remedy is Remedy.BASELINE else None
