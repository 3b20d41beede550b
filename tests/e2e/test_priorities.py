"""Acceptance 10: thirty mixed gaps, filled in the order of their priority."""

from __future__ import annotations

import pytest
from stage import Plant, forget
from truth import held, wrong

from chocolate_factory.adapters.ledger import SqlGapLedger, open_ledger
from chocolate_factory.domain.time import HOUR, parse_moment
from chocolate_factory.domain.work import Gap, GapState

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

#: Series, where the hole begins (Madrid) and its hours, with the priority that it must get on 2026-11-10 at 11:07.
HOLES = [
    *(("pvpc", f"2026-11-10T{hour}:00", 1, 1) for hour in ("02", "15")),
    *(("spot", f"2026-11-10T{hour}:00", 2, 1) for hour in ("01", "20")),
    *(("temperature", f"2026-11-10T{hour}:00", 1, 1) for hour in ("03", "07")),
    *(("humidity", f"2026-11-10T{hour}:00", 1, 1) for hour in ("04", "06")),
    *(("pvpc", f"2026-11-{day}T10:00", 3, 2) for day in ("04", "07")),
    *(("spot", f"2026-11-{day}T10:00", 3, 2) for day in ("05", "08")),
    *(("temperature", f"2026-11-{day}T10:00", 4, 2) for day in ("06", "09")),
    *(("demand", f"2026-11-{day}T06:00", 2, 3) for day in ("05", "07", "10")),
    *(("demand_forecast", f"2026-11-{day}T12:00", 2, 3) for day in ("06", "08")),
    ("renewable_share", "2026-11-07T00:00", 24, 3),
    *(("pvpc", f"2026-10-{day}T10:00", 5, 4) for day in ("20", "24")),
    *(("temperature", f"2026-10-{day}T10:00", 5, 4) for day in ("21", "25")),
    *(("demand", f"2026-10-{day}T12:00", 5, 4) for day in ("22", "26")),
    *((series, "2026-10-23T00:00", 24, 4) for series in ("temperature_max", "temperature_min")),
    ("renewable_share", "2026-10-27T00:00", 24, 4),
    ("humidity", "2026-11-02T10:00", 2, 4),
]


def ledger(plant: Plant) -> list[Gap]:
    """Its rows, to the microsecond; over HTTP a moment is a second."""
    engine = open_ledger(f"sqlite:///{plant.data / 'ledger.db'}")
    try:
        return SqlGapLedger(engine).gaps(limit=1000)
    finally:
        engine.dispose()


def test_thirty_mixed_gaps_are_filled_in_the_order_of_their_priority(plant):
    plant.run("backfill", "--start", "2026-10-16", "--end", "2026-11-10")
    known = max(row.id for row in ledger(plant))
    for series, text, hours, _ in HOLES:
        start = parse_moment(text, "start")
        assert forget(plant.store, series, start, start + hours * HOUR)

    recovery = plant.run("backfill", "--days-back", "25")
    assert recovery["filled"] == recovery["expected"]
    rows = sorted((row for row in ledger(plant) if row.id > known), key=lambda row: row.closed_at)
    expected = {(series, parse_moment(text, "start")): priority for series, text, _, priority in HOLES}
    assert {(row.series, row.window.start): row.priority for row in rows} == expected
    assert {row.state for row in rows} == {GapState.FILLED}
    order = [row.priority for row in rows]
    assert len(order) == 30
    assert order == sorted(order)
    assert len({row.closed_at for row in rows}) == 30, "one after another"
    shown = plant.run("gaps", "--ledger")["gaps"]
    assert {row["state"] for row in shown} == {"filled"}
    assert wrong(held(plant.store)) == []
