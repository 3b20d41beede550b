"""Acceptance 4: whatever an upstream does, nothing breaks, nothing wrong is stored, and it is filled afterwards.

Each trial starts the service on a store with holes while the fault is in force, so that the catch-up of the start,
which nobody asked for, meets it. What then must still be missing is exactly what nobody else can give.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from stage import Plant, Replay, Service, forget, until
from truth import held, twice, wrong

from chocolate_factory.domain.time import DAY, parse_window

pytestmark = pytest.mark.slow

#: A day of this month, filled from the live services, and one of the month before, filled from history.
RECENT, OLD = "2026-11-08", "2026-10-20"
HOLES = [
    *((series, RECENT) for series in ("pvpc", "spot", "demand", "demand_forecast", "renewable_share", "generation_%")),
    *((series, day) for series in ("temperature", "humidity") for day in (RECENT, OLD)),
    *((series, day) for series in ("temperature_max", "temperature_min") for day in ("2026-11-03", OLD)),
]
DAYS_BACK = 25

GRID = {("demand", RECENT), ("demand_forecast", RECENT), ("renewable_share", RECENT)}
#: What nobody else gives. An upstream that only stands in for REE is tried while REE is silent.
ONLY_FROM = {
    "ree": GRID,
    "esios": GRID | {("pvpc", RECENT)},
    "omie": GRID | {("spot", RECENT)},
    "aemet": set(),
    "openweathermap": set(),
    "open_meteo": {("temperature", RECENT), ("humidity", RECENT)},
    "open_meteo_archive": set(),
    "datosclima": set(),
}
SECOND_ROUTES = ("esios", "omie")

#: What the parsers meet, tried on each upstream; what the client meets, which they share, on a few.
BODIES = ("empty", "garbage", "nulls")
ANSWERS = ("500", "403html", "truncate", "reset")
TRIALS = [
    *((upstream, kind) for upstream in ONLY_FROM for kind in BODIES),
    *((upstream, kind) for upstream in ("ree", "aemet", "open_meteo") for kind in ANSWERS),
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, upstreams: Replay) -> Path:
    """A data folder with everything from the middle of October on, in which no job is overdue; then punched."""
    upstreams.faults()
    plant = Plant(tmp_path_factory.mktemp("filled"), upstreams.environment())
    with plant.serving() as service:
        service.settled()
        assert service.do("/gaps/backfill", params={"days_back": DAYS_BACK})["errors"] == []
    for series, day in HOLES:
        window = parse_window(day, day, 2 * DAY)
        assert forget(plant.store, series, window.start, window.end), (series, day)
    return plant.data


@pytest.fixture
def holed(plant: Plant, filled: Path) -> Plant:
    """A plant with those holes."""
    shutil.copytree(filled, plant.data, ignore=shutil.ignore_patterns("memo.db*"))  # it asks everybody anew
    return plant


def missing(service: Service) -> set[tuple[str, str]]:
    """Series and Madrid day of each gap."""
    gaps = service.get("/gaps/detect", days_back=DAYS_BACK)["gaps"]
    return {(gap["series"], gap["start"][:10]) for gap in gaps if gap["source"] is None}


def down(service: Service) -> dict[str, dict[str, str]]:
    return {n.removeprefix("upstream:"): c for n, c in service.checks().items() if c["status"] == "down"}


def put_in_force(replay: Replay, upstream: str, kind: str, **options) -> list[str]:
    """The fault, and silence of REE where its stand-in is tried; who is down then."""
    rules = [replay.fault(upstream, kind, **options)]
    if upstream in SECOND_ROUTES:
        rules.append(replay.fault("ree", "500"))
    replay.faults(*rules)
    return ["ree", upstream] if upstream in SECOND_ROUTES else [upstream]


def check_in_force(service: Service, replay: Replay, upstream: str, suspects: list[str], began: datetime) -> None:
    assert missing(service) == ONLY_FROM[upstream]
    found = down(service)
    assert sorted(found) == sorted(suspects)
    for check in found.values():
        assert check["detail"]
        assert began <= datetime.fromisoformat(check["since"]) <= replay.now()
    assert wrong(held(service.plant.store)) == []


@pytest.mark.parametrize(("upstream", "kind"), TRIALS)
def test_a_fault_costs_only_what_nobody_else_has_and_no_longer_than_it_lasts(holed, replay, upstream, kind):
    began = replay.now().replace(microsecond=0)
    suspects = put_in_force(replay, upstream, kind)
    with holed.serving() as service:
        service.settled()
        check_in_force(service, replay, upstream, suspects, began)

        replay.faults()
        job = service.do("/gaps/backfill", params={"days_back": DAYS_BACK})
        assert (job["state"], job["errors"]) == ("done", [])
        assert missing(service) == set()
        service.post("/ingest-now")
        asked_again = {"ree", "aemet", "openweathermap", "open_meteo"}
        assert not asked_again & set(down(service))
    stored = held(holed.store)
    assert wrong(stored) == []
    assert twice(stored) == []


@pytest.mark.timeout(400)
def test_too_many_requests_are_waited_out(holed, replay):
    """Two upstreams ask for a minute of peace, and get it."""
    began = replay.now().replace(microsecond=0)
    replay.faults(replay.fault("ree", "429"), replay.fault("aemet", "429"))
    with holed.serving() as service:
        until(lambda: sorted(down(service)) == ["aemet", "ree"], 60.0, "they are known to be down")
        asked = {name: replay.asked(name) for name in ("ree", "aemet")}
        replay.faults()
        service.settled()
        for name, check in ((name, service.checks()[f"upstream:{name}"]) for name in asked):
            assert check["status"] == "ok"
            assert datetime.fromisoformat(check["since"]) - began > timedelta(seconds=59)
            assert replay.asked(name) > asked[name]
        service.do("/gaps/backfill", params={"days_back": DAYS_BACK})
        assert missing(service) == set()
    assert wrong(held(holed.store)) == []


@pytest.mark.timeout(400)
def test_silence_does_not_hold_up_the_others_for_long(holed, replay):
    """An upstream that takes the call and says nothing."""
    began = replay.now().replace(microsecond=0)
    suspects = put_in_force(replay, "open_meteo", "timeout", seconds=40)
    with holed.serving() as service:
        service.settled()
        check_in_force(service, replay, "open_meteo", suspects, began)
        replay.faults()
        service.do("/gaps/backfill", params={"days_back": DAYS_BACK})
        assert missing(service) == set()
        assert down(service) == {}


def test_a_running_service_heals_by_itself(holed, replay):
    """The unattended check, before, while and after every upstream is in trouble at once."""
    everyone = [replay.fault(upstream, "500") for upstream in ONLY_FROM]
    replay.faults(*everyone)
    with holed.serving() as service:
        service.settled()
        holes = {(series.replace("generation_%", "renewable_share"), day) for series, day in HOLES}
        assert missing(service) == holes
        assert service.do("/scheduler/jobs/auto_backfill_check/run")["state"] == "failed"
        service.do("/scheduler/jobs/health_check/run")
        alerts = {alert["cause"]: alert for alert in service.get("/alerts")["alerts"] if alert["state"] == "open"}
        assert {f"down:upstream:{name}" for name in down(service)} <= set(alerts)
        assert "recovery-failed" in alerts
        assert service.get("/dashboard/complete")["current_info"]["price_eur_kwh"] is not None

        replay.faults()
        job = service.do("/scheduler/jobs/auto_backfill_check/run")
        assert (job["message"], job["errors"]) == ("auto_backfill_check: done.", [])
        assert missing(service) == set()
        for job_id in ("ree_ingestion", "weather_ingestion", "health_check"):
            assert service.do(f"/scheduler/jobs/{job_id}/run")["state"] == "done"
        still = {alert["cause"] for alert in service.get("/alerts")["alerts"] if alert["state"] == "open"}
        assert still == {f"down:upstream:{name}" for name in down(service)}
    assert wrong(held(holed.store)) == []
