"""The real timetable over a change of the clocks: every job as often as that day has it, whoever restarts when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from runner_world import MINUTE, Deed, Stage, staged

from chocolate_factory.domain.time import HOUR, MADRID, Interval, madrid_day
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.scheduler.schedules import Daily, Schedule
from chocolate_factory.scheduler.spec import JobSpec

stage = pytest.fixture(staged)

SPRING, AUTUMN = "2026-03-29", "2026-10-25"
DAYS = pytest.mark.parametrize("day", [SPRING, AUTUMN])
PROFILES = pytest.mark.parametrize("profile", ["accelerated", "normal"])
#: The contract's weekly job stands at the hour that is missing in March and comes twice in October.
WEEKLY = Daily(time(2, 0), weekday=6)


def stand_ins(stage: Stage) -> dict[str, JobSpec]:
    """The timetable with deeds that only note that they ran, and what the contract wants beside it."""
    specs = [replace(spec, deed=Deed()) for spec in TIMETABLE]
    if all(spec.schedule_in(stage.profile) != WEEKLY for spec in specs):
        specs.append(JobSpec("weekly", WEEKLY, Deed(), "at the hour that is odd"))
    return {spec.id: spec for spec in specs}


def whole_day(day: str) -> Interval:
    return madrid_day(datetime.fromisoformat(day).date())


def ticks(window: Interval) -> Iterator[datetime]:
    """From before the day to its end, as often as the shortest interval."""
    moment = window.start - HOUR
    while moment < window.end:
        yield moment
        moment += 5 * MINUTE


def occurrences(schedule: Schedule, window: Interval) -> int:
    """Counted by hand: an interval's from midnight UTC, a daily one's by the date."""
    if isinstance(schedule, Daily):
        return int(schedule.weekday in (None, window.start.astimezone(MADRID).weekday()))
    first, last = (int(edge.timestamp()) // 60 for edge in (window.start, window.end))
    return sum((minute - schedule.offset) % schedule.minutes == 0 for minute in range(first, last))


def times_run(stage: Stage, window: Interval) -> dict[str, int]:
    """How often each job ran for an occurrence of that day; what runs after a start, or a stop, is none."""
    runs = [run for run in stage.jobs.runs(limit=10_000) if run.due_at in window and run.note != "after start"]
    assert all(run.attempts == 1 for run in runs)
    return {job_id: sum(run.job_id == job_id for run in runs) for job_id in {run.job_id for run in runs}}


def should_run(specs: dict[str, JobSpec], profile: str, window: Interval) -> dict[str, int]:
    return {spec.id: occurrences(spec.schedule_in(profile), window) for spec in specs.values()}


@PROFILES
@DAYS
@pytest.mark.slow
def test_every_job_runs_as_often_as_the_day_has_it(stage, day, profile):
    stage.profile = profile
    specs, window = stand_ins(stage), whole_day(day)
    stage.clock.set(window.start - HOUR)
    runner = stage.brain(*specs.values())
    for moment in ticks(window):
        stage.at(moment, runner)
    assert times_run(stage, window) == should_run(specs, profile, window)


@PROFILES
@DAYS
def test_every_daily_job_runs_once_though_the_brain_restarts_all_night(stage, day, profile):
    """Every ten minutes a new life, from an hour before the odd hour to an hour after it; the last one goes on."""
    stage.profile = profile
    daily = {id_: spec for id_, spec in stand_ins(stage).items() if isinstance(spec.schedule_in(profile), Daily)}
    window = whole_day(day)
    odd = datetime.fromisoformat(f"{day}T02:00").replace(tzinfo=MADRID)
    night = [odd.astimezone(window.start.tzinfo) + n * 10 * MINUTE for n in range(-7, 15)]
    stage.clock.set(window.start - HOUR)
    runner = stage.brain(*daily.values())
    for moment in [window.start - HOUR, *night, *(window.start + n * HOUR for n in range(6, 26))]:
        if moment in night:
            runner.stop()
            runner = stage.brain(*daily.values())
        for seconds in (0, 1):
            stage.at(moment + timedelta(seconds=seconds), runner)
    assert times_run(stage, window) == dict.fromkeys(daily, 1)


@DAYS
def test_a_brain_that_slept_through_the_odd_hour_makes_each_daily_job_up_once(stage, day):
    daily = {id_: spec for id_, spec in stand_ins(stage).items() if isinstance(spec.schedule, Daily)}
    window = whole_day(day)
    runner = stage.brain(*daily.values())
    stage.at(window.start - MINUTE, runner)
    runner.stop()
    later = stage.brain(*daily.values())
    for seconds in range(3):
        stage.at(window.start + 6 * HOUR + timedelta(seconds=seconds), later)
    ran = times_run(stage, window)
    early = {id_ for id_, spec in daily.items() if spec.schedule.at < time(6)}
    assert ran == dict.fromkeys(early, 1)
    assert {run.note.partition(":")[0] for run in stage.jobs.runs(limit=100) if run.due_at in window} == {"made up"}
