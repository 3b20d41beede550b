"""What was walked through, as JSON: a month of a chain, a step of the forecasts; read again, equal to the digit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

import numpy as np

from chocolate_factory.domain.plan import Batch
from chocolate_factory.domain.tariff import Period
from chocolate_factory.forecasting.model import Variant
from chocolate_factory.forecasting.walk import Told
from chocolate_factory.planning.carry import Standing
from chocolate_factory.usecases.backtest.chain import DayRecord, State, Walked
from chocolate_factory.usecases.backtest.execution import Executed, Metered
from chocolate_factory.usecases.backtest.price_walk import Asked

Json = dict[str, Any]


# --------------------------------------------------------------------------------------------------------- a chain
def walked_to_json(walked: Walked) -> Json:
    """Days, and where the chain then stands."""
    return {"days": [_record_to_json(record) for record in walked.days], "state": _state_to_json(walked.state)}


def walked_of(told: Json) -> Walked:
    """The inverse."""
    return Walked(tuple(_record_of(record) for record in told["days"]), _state_of(told["state"]))


def _record_to_json(record: DayRecord) -> Json:
    return {
        "day": record.day.isoformat(),
        "decided_at": record.decided_at.isoformat(),
        "known_until": record.known_until.isoformat(),
        "decision": record.decision,
        "note": record.note,
        "went": _executed_to_json(record.went),
    }


def _record_of(told: Json) -> DayRecord:
    return DayRecord(
        day=date.fromisoformat(told["day"]),
        decided_at=datetime.fromisoformat(told["decided_at"]),
        known_until=datetime.fromisoformat(told["known_until"]),
        decision=told["decision"],
        note=told["note"],
        went=_executed_of(told["went"]),
    )


def _executed_to_json(went: Executed) -> Json:
    return {
        "metered": {period: [m.kwh, m.eur, m.peak_kw] for period, m in went.metered.items()},
        "good_kg": went.good_kg,
        "due_kg": went.due_kg,
        "late_kg": went.late_kg,
        "starts": went.starts,
        "left": _standing_to_json(went.left),
    }


def _executed_of(told: Json) -> Executed:
    return Executed(
        metered={Period(period): Metered(*figures) for period, figures in told["metered"].items()},
        good_kg=told["good_kg"],
        due_kg=told["due_kg"],
        late_kg=told["late_kg"],
        starts=told["starts"],
        left=_standing_of(told["left"]),
    )


def _state_to_json(state: State) -> Json:
    return {"there": _standing_to_json(state.there), "announced": _batches_to_json(state.announced)}


def _state_of(told: Json) -> State:
    return State(_standing_of(told["there"]), _batches_of(told["announced"]))


def _standing_to_json(there: Standing) -> Json:
    return {
        "stocks_kg": dict(there.stocks_kg),
        "finished_kg": dict(there.finished_kg),
        "running": _batches_to_json(there.running),
        "line_before": there.line_before,
    }


def _standing_of(told: Json) -> Standing:
    return Standing(told["stocks_kg"], told["finished_kg"], _batches_of(told["running"]), told["line_before"])


def _batches_to_json(batches: Iterable[Batch]) -> list[list[Any]]:
    """What is done when; reasons are for people, and nobody reads these."""
    return [[b.id, b.product, b.stage, b.machine, b.start.isoformat(), b.end.isoformat(), b.kg] for b in batches]


def _batches_of(told: Iterable[list[Any]]) -> tuple[Batch, ...]:
    return tuple(_batch_of(*fields) for fields in told)


def _batch_of(id_: str, product: str, stage: str, machine: str, start: str, end: str, kg: float) -> Batch:
    return Batch(id_, product, stage, machine, datetime.fromisoformat(start), datetime.fromisoformat(end), kg)


# ------------------------------------------------------------------------------------------------------- forecasts
def asked_to_json(asked: Asked) -> Json:
    """A step of the forecasts, by variant and member."""
    return {"rows": asked.rows.tolist(), "by": asked.by, "told": [_told_to_json(*item) for item in asked.told.items()]}


def asked_of(told: Json) -> Asked:
    """The inverse."""
    forecast = dict(_told_of(one) for one in told["told"])
    return Asked(np.array(told["rows"], dtype=np.int64), told["by"], forecast)


def _told_to_json(variant: Variant, told: Told) -> Json:
    members = {name: prices.tolist() for name, prices in told.members.items()}
    return {"lead": variant.lead, "guided": variant.guided, "targets": told.targets.tolist(), "members": members}


def _told_of(told: Mapping[str, Any]) -> tuple[Variant, Told]:
    members = {name: np.array(prices).reshape(-1, 24) for name, prices in told["members"].items()}
    return Variant(told["lead"], told["guided"]), Told(np.array(told["targets"], dtype=np.int64), members)
