"""The timetable kept: each occurrence once, and never over itself."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from runner_world import MINUTE, NOON, Deed, Gate, idle, spec, staged, until

from chocolate_factory.domain.errors import BusyError
from chocolate_factory.domain.time import DAY, madrid_day
from chocolate_factory.scheduler import runner as runner_module
from chocolate_factory.scheduler.schedules import Daily

stage = pytest.fixture(staged)


# ---------------------------------------------------------------------- each occurrence once
def test_what_is_due_runs_once(stage):
    deed = Deed()
    runner = stage.brain(spec(deed))
    for seconds in (0, 1, 2, 60, 299):
        stage.at(NOON + timedelta(seconds=seconds), runner)
    assert len(deed.contexts) == 1
    stage.at(NOON + 5 * MINUTE, runner)
    assert [r.due_at for r in stage.runs()] == [NOON, NOON + 5 * MINUTE]
    assert deed.notes == ["", ""]


def test_nothing_of_the_timetable_runs_before_the_first_tick(stage):
    deed = Deed()
    idle(stage.brain(spec(deed)))
    assert deed.contexts == []


def test_the_engine_ticks_by_itself(stage, monkeypatch):
    monkeypatch.setattr(runner_module, "TICK_SECONDS", 0.01)
    deed = Deed()
    runner = stage.brain(spec(deed))
    until(lambda: bool(stage.runs()))
    idle(runner)
    assert len(deed.contexts) == 1


def test_a_machine_that_was_off_makes_up_each_job_once(stage):
    often, daily, weekly = Deed(), Deed(), Deed()
    specs = (
        spec(often, id="often"),
        spec(daily, Daily(time(1, 0)), id="daily"),
        spec(weekly, Daily(time(2, 0), weekday=6), id="weekly"),
    )
    stage.at(NOON, stage.brain(*specs))
    later = NOON + 9 * DAY + 4 * MINUTE
    runner = stage.brain(*specs)
    for seconds in range(5):
        stage.at(later + timedelta(seconds=seconds), runner)
    assert often.notes == ["", "made up"]
    assert daily.notes == ["made up", "made up"]
    assert weekly.notes == ["made up", "made up"]
    assert stage.runs("often")[-1].due_at == NOON + 9 * DAY
    assert stage.runs("daily")[-1].due_at == datetime(2026, 3, 19, 0, 0, tzinfo=UTC)
    assert stage.runs("weekly")[-1].due_at == datetime(2026, 3, 15, 1, 0, tzinfo=UTC)


def test_a_job_that_is_a_little_late_is_not_made_up(stage):
    deed = Deed()
    runner = stage.brain(spec(deed))
    stage.at(NOON + 2 * MINUTE, runner)
    assert deed.notes == [""]


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_over_a_change_of_the_clocks_every_daily_job_runs_once(stage, day):
    times = {"t0200": time(2, 0), "t0230": time(2, 30), "t0300": time(3, 0)}
    specs = [spec(Deed(), Daily(at), id=name) for name, at in times.items()]
    specs.append(spec(Deed(), Daily(time(2, 0), weekday=6), id="weekly_cleanup"))
    window = madrid_day(datetime.fromisoformat(day).date())
    runner = stage.brain(*specs)
    stage.at(window.start - MINUTE, runner)
    for i in range(int(window.duration / (20 * MINUTE))):
        stage.at(window.start + i * 20 * MINUTE, runner)
    for name in (*times, "weekly_cleanup"):
        assert len([r for r in stage.runs(name) if r.due_at in window]) == 1, name


def test_two_brains_run_each_occurrence_once_between_them(stage):
    deeds = Deed(), Deed()
    brains = [stage.brain(spec(deed)) for deed in deeds]
    for i in range(12):
        stage.at(NOON + i * 5 * MINUTE, *(brains if i % 2 else brains[::-1]))
    assert len(stage.runs()) == 12
    assert sum(len(d.contexts) for d in deeds) == 12
    assert all(d.contexts for d in deeds)


def test_what_another_brain_has_claimed_is_not_asked_for_again_and_again(stage, monkeypatch):
    deed = Deed()
    runner = stage.brain(spec(deed))
    stage.clock.set(NOON)
    asked: list[datetime] = []
    claim = stage.jobs.claim_run
    claim("job", NOON)
    monkeypatch.setattr(stage.jobs, "claim_run", lambda *a: asked.append(a[1]) or claim(*a))
    with monkeypatch.context() as blind:
        blind.setattr(stage.jobs, "last_run", lambda _job: None)  # it came between the looking and the claiming
        runner.tick()
    for _ in range(5):
        runner.tick()
    assert asked == [NOON]
    assert deed.contexts == []


def test_a_clock_that_was_ahead_does_not_stop_a_job_for_ever(stage):
    deed = Deed()
    runner = stage.brain(spec(deed))
    stage.at(NOON + 4000 * DAY, runner)
    stage.at(NOON, runner)
    stage.at(NOON + 5 * MINUTE, runner)
    assert [c.note for c in deed.contexts] == ["", "", ""]
    assert [r.due_at for r in stage.runs()] == [NOON, NOON + 5 * MINUTE, NOON + 4000 * DAY]


# ---------------------------------------------------------------------- never over itself
def test_a_job_never_overlaps_itself(stage):
    gate = Gate()
    deed = Deed(gate)
    runner = stage.brain(spec(deed))
    runner.tick()
    assert gate.inside.wait(10.0)
    for i in range(1, 5):
        stage.clock.set(NOON + i * 5 * MINUTE)
        runner.tick()
    with pytest.raises(BusyError, match="job"):
        runner.run_now("job")
    assert len(stage.runs()) == 1
    gate.open.set()
    idle(runner)
    stage.at(NOON + 23 * MINUTE, runner)
    assert [r.due_at for r in stage.runs()] == [NOON, NOON + 20 * MINUTE], "of those that passed the newest, once"
    assert deed.notes == ["", "made up"]
    assert deed.most_at_once == 1


def test_one_that_is_slow_holds_no_other_up(stage):
    gate, quick = Gate(), Deed()
    runner = stage.brain(spec(Deed(gate), id="slow"), spec(quick, id="quick"))
    runner.tick()
    assert gate.inside.wait(10.0)
    until(lambda: bool(quick.contexts))
    gate.open.set()
    idle(runner)
