"""Every part looked at: what is down and since when, which series is late, which job did not run."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from fakes import Plant, at, expected_specs, span

from chocolate_factory.adapters.plant_file import PlantSource
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.domain.work import Check, Outcome, Severity, UpstreamHealth
from chocolate_factory.usecases.watch import DEGRADED, DOWN, OK, UNKNOWN, Watch

NOW = at("2026-11-20T10:20")


def health(name: str, up: bool | None, since: datetime | None = None, error: str = "") -> UpstreamHealth:
    return UpstreamHealth(name, up, since, None, error, 3, 0, 1, 30)


@pytest.fixture
def plant(tmp_path):
    plant = Plant(NOW)
    plant.upstreams = []
    plant.watch = Watch(
        plant.store, plant.jobs, plant.alerts, plant.clock, lambda: plant.upstreams, tmp_path, plant.filling,
        PlantSource(None),
    )  # fmt: skip
    yield plant
    plant.close()


def ran(plant, job: str, outcome: Outcome, error: str = "") -> None:
    run = plant.jobs.claim_run(job, plant.clock.now())
    assert run is not None
    if outcome is not Outcome.RUNNING:
        plant.jobs.end_run(run, outcome, {}, error)
    plant.clock.sleep(300)


# ---------------------------------------------------------------------- parts
def test_all_is_well(plant):
    plant.upstreams = [health("ree", True, NOW), health("omie", None)]
    checks = plant.watch.checks()
    assert [(c.name, c.status) for c in checks] == [
        ("store", OK),
        ("ledger", OK),
        ("disk", OK),
        ("plant file", OK),
        ("tariff tables", OK),
        ("upstream:ree", OK),
        ("upstream:omie", UNKNOWN),
    ]
    assert plant.watch.status(checks) == OK
    assert all(c.detail for c in checks)


def test_an_upstream_that_is_down_is_named_with_since_when_and_degrades(plant):
    since = NOW - 2 * HOUR
    plant.upstreams = [health("ree", False, since, "no answer in time"), health("omie", True, NOW)]
    checks = plant.watch.checks()
    assert Check("upstream:ree", DOWN, "no answer in time", since) in checks
    assert plant.watch.status(checks) == DEGRADED


def test_a_store_that_fails_is_down_and_so_is_everything(plant):
    def broken(*_):
        raise StoreError("the disk is gone")

    plant.store.last = broken
    checks = plant.watch.checks()
    assert checks[0] == Check("store", DOWN, "the disk is gone")
    assert plant.watch.status(checks) == DOWN


def test_a_data_folder_that_is_gone_is_told(plant, tmp_path):
    tmp_path.rmdir()
    disk = plant.watch.checks()[2]
    assert (disk.status, str(tmp_path) in disk.detail) == (DOWN, True)


def test_a_nearly_full_disk_is_degraded_and_an_alert(plant, monkeypatch):
    full = type("usage", (), {"free": 10 * 2**20})
    monkeypatch.setattr("shutil.disk_usage", lambda _path: full)
    assert plant.watch.status(plant.watch.alarm({})) == DEGRADED
    assert plant.causes() == {"down:disk"}


# ---------------------------------------------------------------------- alerts
def test_an_upstreams_trouble_is_an_alert_until_it_answers(plant):
    plant.upstreams = [health("ree", False, NOW, "no answer in time")]
    plant.watch.alarm({})
    plant.watch.alarm({})
    (alert,) = plant.alive()
    assert (alert.cause, alert.severity, alert.times) == ("down:upstream:ree", Severity.WARNING, 2)
    assert "no answer in time" in alert.message
    plant.upstreams = [health("ree", None)]
    plant.watch.alarm({})
    assert plant.causes() == {"down:upstream:ree"}, "after a restart nobody knows yet"
    plant.upstreams = [health("ree", True, NOW)]
    plant.watch.alarm({})
    assert plant.causes() == set()


def test_a_job_that_did_not_run_in_time_is_an_alert_until_it_does(plant):
    ran(plant, "ree_ingestion", Outcome.DONE)
    allowed = {"ree_ingestion": 40 * timedelta(minutes=1), "never_ran": HOUR}
    plant.watch.alarm(allowed)
    assert plant.causes() == set()
    plant.clock.sleep(3600)
    plant.watch.alarm(allowed)
    assert plant.causes() == {"job-did-not-run:ree_ingestion"}
    ran(plant, "ree_ingestion", Outcome.DONE)
    plant.watch.alarm(allowed)
    assert plant.causes() == set()


def test_a_failed_job_is_an_alert_until_it_has_succeeded_not_until_it_has_begun(plant):
    ran(plant, "ml", Outcome.FAILED, "no answer in time")
    plant.watch.alarm({"ml": DAY})
    (alert,) = plant.alive()
    assert (alert.cause, "no answer in time" in alert.message) == ("job-failed:ml", True)
    ran(plant, "ml", Outcome.RUNNING)
    plant.watch.alarm({"ml": DAY})
    assert plant.causes() == {"job-failed:ml"}
    ran(plant, "ml", Outcome.DONE)
    plant.watch.alarm({"ml": DAY})
    assert plant.causes() == set()


def test_three_runs_in_a_row_that_brought_nothing_are_an_alert(plant):
    for outcome, causes in (
        (Outcome.DONE, set()),
        (Outcome.NOTHING, set()),
        (Outcome.NOTHING, set()),
        (Outcome.NOTHING, {"job-brought-nothing:ree"}),
        (Outcome.RUNNING, {"job-brought-nothing:ree"}),
        (Outcome.DONE, set()),
    ):
        ran(plant, "ree", outcome)
        plant.watch.alarm({"ree": DAY})
        assert plant.causes() == causes, outcome


# ---------------------------------------------------------------------- freshness
def fresh(plant) -> dict:
    return {f.series: f for f in plant.watch.freshness()}


def test_every_expected_series_is_missing_before_anything_came(plant):
    told = fresh(plant)
    assert set(told) == {s.name for s in expected_specs()}
    assert {(f.status, f.last, f.behind_hours) for f in told.values()} == {("missing", None, None)}


def test_a_forecast_makes_nothing_fresh(plant):
    plant.fill("temperature", span("2026-11-20", "2026-11-21"), kind=Kind.FORECAST)
    assert fresh(plant)["temperature"].status == "missing"


@pytest.mark.parametrize(
    ("series", "until", "clock", "status", "behind"),
    [
        ("pvpc", "2026-11-21T00:00", "2026-11-20T23:19", "fresh", 0.0),
        ("pvpc", "2026-11-21T00:00", "2026-11-20T23:21", "late", 0.0),
        ("spot", "2026-11-21T00:00", "2026-11-20T16:59", "fresh", 0.0),
        ("spot", "2026-11-21T00:00", "2026-11-20T17:01", "late", 0.0),
        ("temperature", "2026-11-20T05:00", "2026-11-20T09:59", "fresh", 4.98),
        ("temperature", "2026-11-20T05:00", "2026-11-20T10:01", "late", 5.02),
        ("temperature_max", "2026-11-13T00:00", "2026-11-20T02:59", "fresh", 170.98),
        ("temperature_max", "2026-11-13T00:00", "2026-11-20T03:01", "late", 171.02),
    ],
)
def test_a_series_is_late_three_hours_after_its_next_slot_was_due(plant, series, until, clock, status, behind):
    plant.fill(series, span("2026-11-11", until), source="ree")
    plant.clock.set(at(clock))
    told = fresh(plant)[series]
    assert (told.status, told.behind_hours, told.last, told.source) == (status, behind, at(until), "ree")


# ---------------------------------------------------------------------- what ends
def tariff_tables(plant) -> Check:
    return next(c for c in plant.watch.checks() if c.name == "tariff tables")


def test_a_table_of_tolls_that_ends_within_a_month_is_told(plant):
    plant.clock.set(at("2026-11-30T12:00"))
    assert tariff_tables(plant).status == OK
    plant.clock.set(at("2026-12-02T12:00"))
    assert tariff_tables(plant).status == DEGRADED
    assert "ends on 2026-12-31" in tariff_tables(plant).detail
    plant.watch.alarm({})
    [alert] = [a for a in plant.alerts.alerts() if a.cause == "down:tariff tables"]
    assert alert.severity is Severity.WARNING
    plant.clock.set(at("2027-01-02T12:00"))
    assert "none holds today" in tariff_tables(plant).detail


def test_a_weather_value_that_lies_ahead_does_not_make_a_series_fresh(plant):
    plant.fill("temperature", span("2026-11-18", "2026-11-19"))
    plant.fill("temperature", span("2026-11-25", "2026-11-26"))
    [fresh] = [f for f in plant.watch.freshness() if f.series == "temperature"]
    assert (fresh.last, fresh.status) == (at("2026-11-19"), "late")
