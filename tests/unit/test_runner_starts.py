"""The timetable kept: right after the start, and by hand."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from runner_world import MINUTE, NOON, Deed, Gate, idle, spec, staged

from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.schedules import Daily, Every
from chocolate_factory.scheduler.spec import Result

stage = pytest.fixture(staged)


# ---------------------------------------------------------------------- right after the start
def test_a_job_for_the_start_runs_at_once_and_knows_how_long_it_was_dark(stage):
    stage.alive = NOON - 7 * DAY
    deed, other = Deed(), Deed()
    runner = stage.brain(spec(deed, Every(120), at_start=True), spec(other, id="other"))
    idle(runner)
    assert deed.notes == ["after start"]
    assert deed.contexts[0].off_since == NOON - 7 * DAY
    assert other.contexts == []
    stage.at(NOON + MINUTE, runner)
    assert deed.notes == ["after start"], "the occurrence before the start is done by it"
    stage.at(NOON + 2 * HOUR, runner)
    assert deed.notes == ["after start", ""]


@pytest.mark.parametrize(
    ("off", "stands_for"),
    [
        (HOUR, ""),
        (2 * HOUR, ": it stands for the occurrence of 2026-03-10T15:00:00+01:00, which nobody ran"),
        (9 * DAY, ": it stands for 108 occurrences since 2026-03-10T15:00:00+01:00, which nobody ran"),
    ],
)
def test_a_run_after_a_start_says_what_it_stands_for(stage, off, stands_for):
    for moment in (NOON, NOON + off):
        stage.clock.set(moment)
        runner = stage.brain(spec(Deed(), Every(120), at_start=True))
        idle(runner)
        runner.stop()
    assert [run.note for run in stage.runs()] == ["after start", f"after start{stands_for}"]


def test_a_run_that_is_made_up_says_which_others_are_not(stage):
    specs = spec(Deed(), id="often"), spec(Deed(), Daily(time(3, 0)), id="daily")
    for moment in (NOON, NOON + 2 * DAY + 3 * MINUTE):
        stage.at(moment, stage.brain(*specs))
    first, made_up = (run.note for run in stage.runs("often"))
    assert (first, made_up.partition(";")[0]) == ("", "made up: the newest occurrence")
    others = "575 earlier ones since 2026-03-10T13:05:00+01:00 are not, for it stands for them"
    assert made_up.partition("; ")[2] == others
    assert [run.note for run in stage.runs("daily")] == [
        "made up",
        "made up: the newest occurrence; an earlier one, of 2026-03-11T03:00:00+01:00, is not, for it stands for them",
    ]


def test_each_start_has_its_own_even_within_a_minute(stage):
    deed = Deed()
    for seconds in (0, 20, 40):
        stage.clock.set(NOON + timedelta(seconds=seconds))
        runner = stage.brain(spec(deed, Every(120), at_start=True))
        idle(runner)
        stage.at(stage.clock.now() + timedelta(seconds=1), runner)
        runner.stop()
    assert deed.notes == ["after start"] * 3


# ---------------------------------------------------------------------- by hand
def test_a_job_runs_when_somebody_asks(stage):
    deed = Deed()
    runner = stage.brain(spec(deed))
    stage.clock.set(NOON + 3 * MINUTE)
    moment = runner.run_now("job")
    idle(runner)
    assert moment == NOON + 3 * MINUTE
    assert [(r.due_at, r.note, r.outcome) for r in stage.runs()] == [(moment, "asked for", Outcome.DONE)]


@pytest.mark.parametrize(
    "deed", [lambda r: r.run_now("x"), lambda r: r.pause("x", paused=True), lambda r: r.must_know("x")]
)
def test_a_job_that_is_not_there_is_named_with_those_that_are(stage, deed):
    runner = stage.brain(spec(Deed()), spec(Deed(), id="other"))
    with pytest.raises(NotFoundError, match=r"'x' is not allowed; one of job, other"):
        deed(runner)


def test_a_paused_job_waits_and_runs_once_when_it_is_resumed(stage):
    deed = Deed()
    runner = stage.brain(spec(deed))
    runner.pause("job", paused=True)
    for i in range(3):
        stage.at(NOON + i * 5 * MINUTE, runner)
    assert deed.contexts == []
    assert runner.view()[0].paused
    runner.pause("job", paused=False)
    stage.at(NOON + 11 * MINUTE, runner)
    assert [r.due_at for r in stage.runs()] == [NOON + 10 * MINUTE]
    assert not runner.view()[0].paused


def test_a_paused_job_runs_neither_after_a_start_nor_because_of_another(stage):
    held, first = Deed(), Deed(lambda _context: Result(Outcome.DONE, {}, then={"held": "new prices"}))
    stage.jobs.pause("held")
    runner = stage.brain(spec(held, Every(120), id="held", at_start=True), spec(first, id="first"))
    stage.at(NOON, runner)
    assert (len(first.contexts), held.contexts) == (1, [])
    runner.run_now("held")
    idle(runner)
    assert held.notes == ["asked for"], "whoever asks by hand gets it"


def test_what_people_see(stage):
    gate = Gate()
    stage.profile = "normal"
    runner = stage.brain(spec(Deed(gate), normal=Every(60, 5)), spec(Deed(), Daily(time(3, 0)), id="daily"))
    first, second = runner.view()
    assert (first.id, first.schedule, first.next_run) == ("job", "every 1 h at :05", NOON + 5 * MINUTE)
    assert (first.last, first.running, first.paused) == (None, False, False)
    assert second.next_run == datetime(2026, 3, 11, 2, 0, tzinfo=UTC)
    runner.run_now("job")
    assert gate.inside.wait(10.0)
    assert runner.view()[0].running
    assert runner.view()[0].last.outcome is Outcome.RUNNING
    gate.open.set()
    idle(runner)
    assert runner.view()[0].last.outcome is Outcome.DONE
