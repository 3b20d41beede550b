"""Drift watched: the data as known now are held against earlier years, the models against their own promise.

Sensors are looked at each time; what needs years of data once a Madrid day, and its findings stand until the next.

Invariants:
    What a broken sensor says is never told as a change of the world, nor as a model's fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, TypeAlias

from pydantic import TypeAdapter

from chocolate_factory.domain.alarms.data import MODEL_WORSE, SENSOR_BROKEN, WORLD_CHANGED
from chocolate_factory.domain.models import Alias, ModelName, ModelVersion
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import DAY, Interval, madrid_date
from chocolate_factory.forecasting.days import Days, days_known_at
from chocolate_factory.learning.drift import DriftFinding, DriftKind, Remedy
from chocolate_factory.learning.seasons import FEWEST_YEARS, WINDOW, YEAR, DayTable
from chocolate_factory.learning.shifts import PRICE_MARGIN, moved, scale_changed, without_level
from chocolate_factory.learning.skill import DailyLosses, skill_lost
from chocolate_factory.ports import AlertLedger, Clock, Memo, ModelShelf, TimeSeriesStore
from chocolate_factory.usecases.drift_causes import PRICES, WEATHER, promise, told_apart, trouble_of
from chocolate_factory.usecases.outcomes import OUTPUTS, days_of, is_price, said_in_time
from chocolate_factory.usecases.price_history import PriceHistory
from chocolate_factory.usecases.sensors import broken_sensors
from chocolate_factory.usecases.tell import Look, keep_to

#: Read for the heavy part: three earlier years with their seasons.
BACK: Final = (3 * YEAR + 84) * DAY
#: Days of a changed world after which training again brings something new.
AGAIN_AFTER: Final = (7, 14, 28)
#: What is kept between two looks.
REPORT, SLOW = "drift-report", "drift-slow"

#: A champion's losses and the naive forecast's on the last days that came; may be slow.
Losses: TypeAlias = Callable[[ModelVersion], DailyLosses]


@dataclass(frozen=True)
class DriftReport:
    """What was found, and when.

    Attributes:
        day: the last whole Madrid day that the slow part has seen.
        findings: by model; a finding may concern several.
    """

    at: datetime
    day: date
    findings: Mapping[ModelName, tuple[DriftFinding, ...]]

    @property
    def all_findings(self) -> tuple[DriftFinding, ...]:
        """Each once."""
        return tuple({f.cause: f for found in self.findings.values() for f in found}.values())

    @property
    def broken(self) -> frozenset[str]:
        """``series/source`` whose values must not be learnt from."""
        return frozenset(f.what for f in self.all_findings if f.kind is DriftKind.SENSOR)

    def baseline_serves(self, name: ModelName) -> bool:
        """Whether the model has been beaten for so long that its baseline should serve."""
        return any(f.remedy is Remedy.BASELINE for f in self.findings[name])


@dataclass
class Drift:
    """The deed, with its ports.

    Attributes:
        filling: the kinds of truth that count.
        losses: see ``Losses``.
        memo: keeps what was found, so that the slow part is done once a day, whichever process looks.
    """

    store: TimeSeriesStore
    shelf: ModelShelf
    alerts: AlertLedger
    clock: Clock
    filling: frozenset[Kind]
    losses: Losses
    memo: Memo

    def __call__(self) -> DriftReport:
        """Look, and raise or close the alerts. Every half hour is meant; once a day it takes seconds."""
        now = self.clock.now()
        champions = self._champions()
        slow = self._slow_part(now, champions)
        sensors = broken_sensors(self.store, now, self.filling)
        today = madrid_date(now)
        told = {n: told_apart(n, champions.get(n), today, sensors, slow.world, slow.own[n]) for n in ModelName}
        report = DriftReport(now, slow.day, told)
        self.memo.note(REPORT, _REPORT.dump_python(report, mode="json"))
        self._tell(report)
        return report

    @property
    def report(self) -> DriftReport | None:
        """What was found last; None before the first look."""
        told = self.memo.recall(REPORT)
        return None if told is None else _REPORT.validate_python(told)

    def reason(self, name: ModelName) -> str:
        """Why the model should be trained because of drift; empty where it should not, as on broken data."""
        report = self.report
        findings = report.findings[name] if report is not None else ()
        if any(f.remedy is Remedy.LEAVE_OUT for f in findings):
            return ""
        trained = self._trained_on(name)
        return next((f.why for f in findings if trained is None or self._is_worth(f, trained)), "")

    def _is_worth(self, finding: DriftFinding, trained: date) -> bool:
        """Whether the changed world has become old enough, since the last training, to learn more from it."""
        today = madrid_date(self.clock.now())
        return any(trained < finding.since + days * DAY <= today for days in AGAIN_AFTER)

    # ------------------------------------------------------------------ the slow part, once a day
    def _slow_part(self, now: datetime, champions: Mapping[ModelName, ModelVersion]) -> _Slow:
        serving = tuple(version.source for version in champions.values())
        last = madrid_date(now) - DAY
        told = self.memo.recall(SLOW)
        found = None if told is None else _SLOW.validate_python(told)
        if found is None or (found.day, found.serving) != (last, serving):
            own = {name: self._own(name, champions.get(name), now, last) for name in ModelName}
            found = _Slow(last, serving, self._world(now, last), own)
            self.memo.note(SLOW, _SLOW.dump_python(found, mode="json"))
        return found

    def _world(self, now: datetime, last: date) -> tuple[DriftFinding, ...]:
        tables = {name: self._table(name, now) for name in (*PRICES, *WEATHER, "demand")}
        known = {name: table for name, table in tables.items() if table is not None}
        prices: dict[str, DayTable] = {name: known[name] for name in PRICES if name in known}
        scale = scale_changed(prices, last) if len(prices) == len(PRICES) else None
        shapes = (moved(name, without_level(table), last, PRICE_MARGIN) for name, table in prices.items())
        others = (moved(name, table, last) for name, table in known.items() if name not in prices)
        return tuple(f for f in (scale, *shapes, *others) if f is not None)

    def _table(self, series: str, now: datetime) -> Days | None:
        hours = PriceHistory(self.store, self.filling).slots(series, Interval(now - BACK, now + DAY), now)
        return days_of(hours, now) if hours else None

    def _own(
        self, name: ModelName, champion: ModelVersion | None, now: datetime, last: date
    ) -> tuple[DriftFinding, ...]:
        """Lost skill and strange predictions; a baseline has promised nothing but to be the baseline."""
        if champion is None or champion.card.is_baseline:
            return ()
        lost = skill_lost(name, self.losses(champion), promise(champion.card))
        return tuple(f for f in (lost, self._strange_predictions(name, now, last)) if f is not None)

    def _strange_predictions(self, name: ModelName, now: datetime, last: date) -> DriftFinding | None:
        """Whether the last fortnight's predictions lie where those of the same weeks of earlier years never did."""
        since = now - FEWEST_YEARS * YEAR * DAY
        if not self.store.starts(Query(OUTPUTS[name], Interval(since - WINDOW * DAY, since))):
            return None  # no years to compare with, so they need not be read
        said = said_in_time(self.store, name, None, Interval(now - BACK, now))
        table = days_known_at(now, said, lambda start: start)
        found = moved(f"{name} predictions", without_level(table) if is_price(name) else table, last)
        return None if found is None else replace(found, kind=DriftKind.MODEL, remedy=Remedy.RETRAIN)

    # ------------------------------------------------------------------ the models
    def _champions(self) -> dict[ModelName, ModelVersion]:
        state = self.shelf.state()
        versions = state.versions if state is not None else ()
        return {v.card.name: v for v in versions if Alias.CHAMPION in v.aliases}

    def _trained_on(self, name: ModelName) -> date | None:
        """The day of the newest training, champion or not."""
        state = self.shelf.state()
        learnt = [v.card for v in (state.versions if state else ()) if v.card.name is name and not v.card.is_baseline]
        return max((madrid_date(card.made_at) for card in learnt), default=None)

    # ------------------------------------------------------------------ alerts
    def _tell(self, report: DriftReport) -> None:
        found = tuple(trouble_of(finding) for finding in report.all_findings)
        keep_to(self.alerts, [Look((SENSOR_BROKEN, WORLD_CHANGED, MODEL_WORSE), found)])


@dataclass(frozen=True)
class _Slow:
    """What stands for a day.

    Attributes:
        serving: the champions it was found for.
        own: by model, what it may itself be at fault for.
    """

    day: date
    serving: tuple[str, ...]
    world: tuple[DriftFinding, ...]
    own: Mapping[ModelName, tuple[DriftFinding, ...]]


_REPORT: Final = TypeAdapter(DriftReport)
_SLOW: Final = TypeAdapter(_Slow)
