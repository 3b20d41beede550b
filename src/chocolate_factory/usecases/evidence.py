"""What the system knew when it decided, found again in store and ledger: by what had been received, not by the record.

The record says when its inputs had been read, which plan was in force and whose forecast; every value comes from where
it is kept for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chocolate_factory.domain.errors import UnreadableError
from chocolate_factory.domain.plan_record import Grounds, PlanRecord
from chocolate_factory.domain.replay import Evidence, Lack
from chocolate_factory.domain.retention import Kept, kept_since
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.forecasting.quarters import WEEKS
from chocolate_factory.ports import ModelShelf, PlanLedger, TimeSeriesStore
from chocolate_factory.usecases.stored_forecasts import QUANTILES, forecast_window

SPOT: Final = "spot"
AIR: Final = ("temperature", "humidity")
FORECAST: Final = tuple(f"{SPOT}_{quantile}" for quantile in QUANTILES)
#: What may stand in for what is not known, and the hours by which a reading is judged, lie so far back.
BACK: Final = 10 * DAY
#: The shape of quarter-hours is of so many weeks, and a day that is not over.
BACK_IN_QUARTERS: Final = WEEKS + 3 * DAY


@dataclass(frozen=True)
class Gather:
    """The deed, with its ports."""

    store: TimeSeriesStore
    plans: PlanLedger
    shelf: ModelShelf
    now: Callable[[], datetime]

    def __call__(self, record: PlanRecord) -> Evidence:
        """The evidence of a plan of the ledger.

        Raises:
            StoreError: store or ledger cannot serve.
        """
        grounds = record.grounds
        if grounds is None:
            return Evidence((), None, (), None, {}, (Lack.GROUNDS,))
        rows = tuple(o for query in queries(record, grounds) for o in self.store.read(query))
        before, lack = self._before(grounds, record.made_at)
        forecast_is_gone = bool(grounds.forecast) and not any(o.series in FORECAST for o in rows)
        return Evidence(
            observations=rows,
            before=before,
            locked=tuple(sorted(self.plans.locked_batches(grounds.known_at))),
            count=self.plans.last_count(grounds.known_at),
            model=self._model(grounds.forecast),
            lacks=(*([lack] if lack else []), *([Lack.FORECAST] if forecast_is_gone else [])),
        )

    def _before(self, grounds: Grounds, made_at: datetime) -> tuple[PlanRecord | None, Lack | None]:
        """The plan that was in force; where it is lacking, why."""
        if not grounds.before:
            return None, None
        try:
            found = self.plans.plan(grounds.before)
        except UnreadableError:
            return None, Lack.PLAN
        if found is not None:
            return found, None
        is_old = made_at < kept_since(Kept.PLANS, self.now()) + DAY  # the one before may be of the day before
        return None, Lack.FORGOTTEN_PLAN if is_old else Lack.PLAN

    def _model(self, source: str) -> dict[str, str]:
        """What the registry said of a version when it was asked last."""
        state = self.shelf.state() if source else None
        found = [v for v in state.versions if v.source == source] if state is not None else []
        return {
            name: value
            for v in found
            for name, value in {
                "version": v.source,
                "sha256": v.sha256,
                "sort": v.card.sort,
                "made_at": v.card.made_at.isoformat(),
            }.items()
        } or ({"version": source} if source else {})


def queries(record: PlanRecord, grounds: Grounds) -> Iterator[Query]:
    """What was known of all that a plan may be made from; wider than needed rather than narrower."""
    horizon, kinds = record.task.looked_at, frozenset(grounds.kinds)
    known, foretold = grounds.known_at, forecast_kind(grounds)
    back = BACK_IN_QUARTERS if record.task.problem.step_h < 1 else BACK
    window = Interval(min(horizon.start, record.made_at) - back, horizon.end + HOUR)
    yield Query(SPOT, window, kinds=kinds, received_by=known)
    for series in AIR:
        yield Query(series, window, kinds=kinds | {foretold}, received_by=known)
    if grounds.forecast:
        for series in FORECAST:
            ahead, by = forecast_window(record.made_at), frozenset({grounds.forecast})
            yield Query(series, ahead, by, frozenset({foretold}), received_by=known)


def forecast_kind(grounds: Grounds) -> Kind:
    """Of forecasts in a decision's world."""
    return Kind.SIMULATED if Kind.SIMULATED in grounds.kinds else Kind.FORECAST
