"""Acceptance 5: off for a week, for forty days, or twice within a minute: the start makes up for it and says so.

Acceptance 4 of issue 5: after nine days the ledger says which jobs were made up, which not, and why.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from stage import Plant, Replay, Service, until
from truth import held, twice, wrong

from chocolate_factory.domain.series import TRUE_KINDS, Observation
from chocolate_factory.domain.time import HOUR, Interval, Resolution, slots
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.scheduler.schedules import Schedule

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

#: Before the change of the clocks and the end of a month, in data that reaches forty days further.
BEFORE = datetime.fromisoformat("2026-09-29T11:07:00+02:00")
STEPS = {"pvpc": Resolution.HOUR, "spot": Resolution.QUARTER, "demand": Resolution.HOUR, "temperature": Resolution.HOUR}


@pytest.fixture
def moving(tmp_path: Path) -> Iterator[Replay]:
    """A replay of the trial's own, whose clock it may move."""
    replay = Replay(tmp_path)
    try:
        replay.start(BEFORE)
        yield replay
    finally:
        replay.close()


@pytest.fixture
def left(tmp_path: Path, moving: Replay) -> Plant:
    """A plant that ran until then and was stopped."""
    plant = Plant(tmp_path / "plant", moving.environment())
    with plant.serving() as service:
        service.settled()
    return plant


def missing_while_off(plant: Plant, until: datetime) -> dict[str, int]:
    """Slots between leaving and four hours before ``until`` that nobody observed, by series."""
    stored: list[Observation] = held(plant.store)
    assert wrong(stored) == []
    assert twice(stored) == []
    window = Interval(BEFORE, until - 4 * HOUR)
    found = {(o.series, o.start) for o in stored if o.kind in TRUE_KINDS}
    missing = {s: [t for t in slots(window, step) if (s, t) not in found] for s, step in STEPS.items()}
    return {series: len(starts) for series, starts in missing.items() if starts}


def last_recovery(service: Service) -> dict[str, Any]:
    return service.get("/gaps/summary")["last_recovery"]


def rows_since(service: Service, *, source: str | None = None) -> list[dict[str, Any]]:
    """The ledger's rows of gaps found after the time off; by default those that any source may fill."""
    rows = service.get("/gaps/ledger", limit=1000)["gaps"]
    later = [row for row in rows if datetime.fromisoformat(row["opened_at"]) > BEFORE + timedelta(days=1)]
    return [row for row in later if row["source"] == source]


def gaps(service: Service) -> list[dict[str, Any]]:
    found = service.get("/gaps/detect", days_back=17)["gaps"]
    return [gap for gap in found if gap["source"] is None]


def test_a_week_off_is_made_up_for_and_told(moving, left):
    moving.start(BEFORE + timedelta(days=7))
    with left.serving() as service:
        service.settled()
        recovery = last_recovery(service)
        assert recovery["trigger"] == "start"
        assert recovery["summary"].startswith("7 days off: ")
        assert (recovery["filled"], recovery["failed"]) == (recovery["expected"], 0)
        told = [alert for alert in service.get("/alerts")["alerts"] if alert["cause"].startswith("recovery-done:")]
        assert recovery["summary"] in told[0]["message"]
        rows = rows_since(service)
        assert {row["state"] for row in rows} == {"filled"}
        assert all(row["route"] and row["closed_at"] for row in rows)
        assert {"pvpc", "spot", "demand", "temperature", "humidity", "temperature_max"} <= {r["series"] for r in rows}
        assert gaps(service) == []
        own = rows_since(service, source="openweathermap")
        assert {(row["state"], row["why"]) for row in own} == {("unfillable", "no history on this plan")}
    assert missing_while_off(left, BEFORE + timedelta(days=7)) == {}


def test_what_a_stop_breaks_off_is_begun_again_by_the_next_start(moving, left):
    moving.start(BEFORE + timedelta(days=1))
    moving.faults(moving.fault("ree", "slow", seconds=10))
    with left.serving() as service:
        jobs = lambda: service.get("/scheduler/status")["scheduler"]["jobs"]  # noqa: E731  read at once
        until(lambda: any(j["id"] == "ree_ingestion" and j["running"] for j in jobs()), 60.0, "it runs")
    broken_off = left.run("schedule", "runs", "ree_ingestion", "--last", "1")["runs"][0]
    assert broken_off["outcome"] in ("stopped", "running"), "the latter where the stop did not wait for it"
    moving.faults()
    with left.serving() as service:
        service.settled()
    found = left.run("schedule", "runs", "ree_ingestion", "--last", "10")["runs"]
    (again,) = (run for run in found if run["due_at"] == broken_off["due_at"])
    assert (again["outcome"], again["attempts"]) == ("done", 2)
    assert again["note"].startswith(("begun again", "taken over"))


def runs_since(plant: Plant, began: datetime) -> dict[str, list[dict[str, Any]]]:
    """By job, the runs of the ledger that were begun since, as the command line tells them."""
    runs = plant.run("schedule", "runs", "--last", "1000")["runs"]
    later = [run for run in runs if datetime.fromisoformat(run["started_at"]) >= began]
    return {job_id: [run for run in later if run["job"] == job_id] for job_id in {run["job"] for run in later}}


def test_nine_days_off_and_the_ledger_says_what_was_made_up_and_what_not(moving, left):
    now = BEFORE + timedelta(days=9)
    held_before = runs_since(left, BEFORE - timedelta(days=1))
    moving.start(now)
    with left.serving() as service:
        service.settled()
        recovery = last_recovery(service)
        assert recovery["summary"].startswith("9 days off: ")
        assert (recovery["filled"], recovery["failed"]) == (recovery["expected"], 0)
        assert gaps(service) == []
        assert all(run["outcome"] != "running" for runs in runs_since(left, now).values() for run in runs)
    runs = runs_since(left, now)
    assert set(runs) == {spec.id for spec in TIMETABLE}, "every job"
    for spec in TIMETABLE:
        last = max(datetime.fromisoformat(run["due_at"]) for run in held_before[spec.id])
        passed = passed_between(spec.schedule, last, now)
        why = [run["note"] for run in runs[spec.id] if run["note"].startswith(("after start", "made up"))]
        assert [note.partition(" since")[0] for note in why] == [made_up(passed, at_start=spec.at_start)], spec.id
    assert missing_while_off(left, now) == {}


def made_up(passed: int, *, at_start: bool) -> str:
    """Why a job ran of which so many occurrences passed, without the moment since when; a weekly one has but one."""
    if at_start:
        return f"after start: it stands for {passed} occurrences"
    return f"made up: the newest occurrence; {passed - 1} earlier ones" if passed > 1 else "made up"


def passed_between(schedule: Schedule, last: datetime, now: datetime) -> int:
    """Occurrences after the last one that ran, counted one by one."""
    count, moment = 0, schedule.next(last)
    while moment <= now:
        count, moment = count + 1, schedule.next(moment)
    return count


def test_forty_days_off_are_made_up_for_by_two_routes(moving, left):
    now = BEFORE + timedelta(days=40)
    moving.start(now)
    with left.serving() as service:
        service.settled()
        recovery = last_recovery(service)
        assert recovery["summary"].startswith("40 days off: ")
        assert (recovery["trigger"], recovery["failed"]) == ("start", 0)
        assert recovery["filled"] == recovery["expected"]
        rows = rows_since(service)
    assert {row["state"] for row in rows} == {"filled"}
    november = datetime.fromisoformat("2026-11-01T00:00:00+01:00")
    routes = {(row["series"], datetime.fromisoformat(row["end"]) <= november): row["route"] for row in rows}
    earlier, this_month = True, False
    assert routes["temperature", earlier] == "open_meteo.archive"
    assert routes["temperature", this_month] == "open_meteo.forecast"
    assert routes["temperature_max", earlier] == "datosclima.daily"
    assert routes["temperature_max", this_month] == "aemet.daily"
    for part in (earlier, this_month):  # some of it "already there": another job may have asked for a day of it first
        assert routes["pvpc", part].endswith("ree.prices")
    assert missing_while_off(left, now) == {}


def test_two_restarts_within_a_minute_lose_and_double_nothing(moving, left):
    moving.start(BEFORE + timedelta(days=7))
    for _ in range(2):
        with left.serving():
            pass  # stopped as soon as it answers: in the middle of its catch-up
    with left.serving() as service:
        service.settled()
        assert gaps(service) == []
        assert {row["state"] for row in rows_since(service)} == {"filled"}
        runs = service.get("/scheduler/status")["scheduler"]["jobs"]
        # A plan that is cut off by a stop has failed, and one that is being made is not made twice.
        ended = {run["last_outcome"] for run in runs if run["id"] != "production_optimization"}
        assert ended <= {"done", "nothing"}
    assert moving.now() < (BEFORE + timedelta(days=7, minutes=2)).astimezone(UTC)
    assert missing_while_off(left, BEFORE + timedelta(days=7)) == {}
