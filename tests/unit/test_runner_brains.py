"""The timetable kept by several brains, and over their deaths, stops and silences."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from runner_world import DONE, MINUTE, NOON, Deed, Gate, idle, spec, staged, until

from chocolate_factory.domain.errors import StoppedError, StoreError
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.living import living
from chocolate_factory.scheduler.schedules import Every
from chocolate_factory.scheduler.spec import Context, Result

stage = pytest.fixture(staged)

PULSE = timedelta(seconds=15)


class UntilTold:
    """A deed that goes on until it is told to stop."""

    def __init__(self) -> None:
        self.inside, self.stopped = threading.Event(), threading.Event()

    def __call__(self, context: Context) -> Result:
        self.inside.set()
        while not context.stopping():
            threading.Event().wait(0.005)
        self.stopped.set()
        raise StoppedError("told to stop")


# ---------------------------------------------------------------------- a brain that died
def test_what_a_dead_brain_left_is_begun_again_while_it_is_the_newest(stage):
    stage.dead_brains("job", NOON)
    deed = Deed()
    runner = stage.brain(spec(deed))
    stage.at(NOON + MINUTE, runner)
    (run,) = stage.runs()
    assert (run.outcome, run.attempts, run.brain) == (Outcome.DONE, 2, stage.jobs.pulse.brain)
    assert run.note == "taken over from another, for its brain died in the middle of it"
    assert len(deed.contexts) == 1
    assert [(a.cause, a.message) for a in stage.alerts.alerts()] == [
        ("brain-lost:another", "The brain another died while job ran; what it left is begun again, or the next run is.")
    ]
    stage.at(NOON + 5 * MINUTE, runner)
    assert [r.attempts for r in stage.runs()] == [2, 1]


def test_what_a_dead_brain_left_of_an_older_occurrence_has_failed(stage):
    stage.dead_brains("job", NOON - 5 * MINUTE)
    deed = Deed()
    runner = stage.brain(spec(deed))
    (left,) = stage.runs()
    assert (left.outcome, left.error, left.attempts) == (Outcome.FAILED, "its brain died in the middle of it", 1)
    stage.at(NOON + MINUTE, runner)
    assert [r.outcome for r in stage.runs()] == [Outcome.FAILED, Outcome.DONE]


def test_an_occurrence_that_kills_its_brain_each_time_is_given_up(stage):
    for brain in ("first", "second", "third"):
        stage.dead_brains("job", NOON, brain)
    deed = Deed()
    runner = stage.brain(spec(deed))
    stage.at(NOON + MINUTE, runner)
    (run,) = stage.runs()
    assert (run.outcome, run.attempts) == (Outcome.FAILED, 3)
    assert deed.contexts == []


def test_a_brain_that_was_silent_too_long_stops_what_another_has_taken_over(stage):
    stopped = threading.Event()

    def until_told(context: Context) -> Result:
        while not context.stopping():
            threading.Event().wait(0.005)
        stopped.set()
        raise StoppedError("told to stop")

    deed = Deed(until_told)
    runner = stage.brain(spec(deed))
    stage.clock.set(NOON)
    runner.tick()
    until(lambda: bool(deed.contexts))
    stage.silence(stage.jobs.pulse.brain)
    other = stage.another_ledger()
    taken = other.claim_run("job", NOON)
    assert (taken.attempts, taken.brain) == (2, "another")
    stage.clock.set(NOON + MINUTE)
    runner.tick()
    assert stopped.wait(10.0)
    idle(runner)
    assert other.end_run(taken, Outcome.DONE, {}).outcome is Outcome.DONE
    assert [(r.outcome, r.brain) for r in stage.runs()] == [(Outcome.DONE, "another")]


def test_a_claim_between_two_pulses_does_not_hide_that_it_was_silent(stage):
    """Every claim says that its brain lives, one that somebody asks for too."""
    deed = UntilTold()
    runner = stage.brain(spec(Deed(deed)), spec(Deed(), Every(120), id="other"))
    runner.tick()
    assert deed.inside.wait(10.0)
    until(lambda: "other" not in runner._running)
    stage.silence(stage.jobs.pulse.brain)
    assert stage.another_ledger().claim_run("job", NOON) is not None
    stage.clock.set(NOON + timedelta(seconds=1))
    until(lambda: "other" not in runner._running)
    runner.run_now("other")
    stage.clock.set(NOON + MINUTE)
    runner.tick()
    assert deed.stopped.wait(10.0)
    idle(runner)


def test_after_a_ledger_was_away_the_other_brain_has_a_moment_to_say_that_it_lives(stage):
    gate = Gate()
    busy, idle_one = Deed(gate), Deed()
    first, second = stage.brain(spec(busy)), stage.brain(spec(idle_one))
    first.tick()
    assert gate.inside.wait(10.0)
    second.tick()
    for brain in stage.jobs.pulse.alive():
        stage.silence(brain)
    stage.clock.set(NOON + MINUTE)
    second.tick()
    assert idle_one.contexts == []
    first.tick()
    stage.clock.set(NOON + MINUTE + PULSE)
    second.tick()
    gate.open.set()
    idle(first)
    (run,) = stage.runs()
    assert (run.outcome, run.attempts, idle_one.contexts) == (Outcome.DONE, 1, [])


def test_a_run_that_goes_on_elsewhere_is_not_asked_for_again_and_again(stage, monkeypatch):
    gate = Gate()
    first, second = stage.brain(spec(Deed(gate))), stage.brain(spec(Deed()))
    first.tick()
    assert gate.inside.wait(10.0)
    claim, asked = second._house.jobs.claim_run, []
    monkeypatch.setattr(second._house.jobs, "claim_run", lambda *a: asked.append(a) or claim(*a))
    for seconds in range(300, 305):
        stage.clock.set(NOON + timedelta(seconds=seconds))
        second.tick()
    assert asked == []
    gate.open.set()
    idle(first)
    stage.at(stage.clock.now(), second)
    assert [(r.due_at, r.outcome) for r in stage.runs()] == [(NOON, Outcome.DONE), (NOON + 5 * MINUTE, Outcome.DONE)]


# ---------------------------------------------------------------------- a brain that was stopped
def test_what_was_stopped_is_begun_again_by_the_next_life_and_done_once(stage):
    broken_off, deed = UntilTold(), Deed()
    runner = stage.brain(spec(Deed(broken_off)))
    runner.tick()
    assert broken_off.inside.wait(10.0)
    runner.stop()
    assert stage.runs()[0].may_resume
    again = stage.brain(spec(deed))
    for seconds in range(20, 24):
        stage.at(NOON + timedelta(seconds=seconds), again)
    (run,) = stage.runs()
    assert (run.outcome, run.attempts, len(deed.contexts)) == (Outcome.DONE, 2, 1)
    assert run.note == "begun again, for it was stopped before: told to stop"


def test_what_was_stopped_gives_way_to_a_later_occurrence(stage):
    broken_off, deed = UntilTold(), Deed()
    runner = stage.brain(spec(Deed(broken_off)))
    runner.tick()
    assert broken_off.inside.wait(10.0)
    runner.stop()
    stage.at(NOON + 6 * MINUTE, stage.brain(spec(deed)))
    assert [(r.due_at, r.outcome) for r in stage.runs()] == [(NOON, Outcome.STOPPED), (NOON + 5 * MINUTE, Outcome.DONE)]


# ---------------------------------------------------------------------- a ledger that goes away at the wrong moment
def test_a_claim_whose_answer_was_lost_is_begun_all_the_same(stage, monkeypatch):
    """The commit was done, and nobody heard of it: the ledger has a run that its living brain does not know."""
    deed = Deed()
    runner = stage.brain(spec(deed))
    claim = stage.jobs.claim_run

    def lost(*facts):
        claim(*facts)
        monkeypatch.setattr(stage.jobs, "claim_run", claim)
        raise StoreError("the server closed the connection unexpectedly")

    monkeypatch.setattr(stage.jobs, "claim_run", lost)
    stage.at(NOON, runner)
    assert (stage.runs()[0].outcome, deed.contexts) == (Outcome.RUNNING, [])
    for seconds in (1, 16, 17):
        stage.at(NOON + timedelta(seconds=seconds), runner)
    (run,) = stage.runs()
    assert (run.outcome, run.attempts, len(deed.contexts)) == (Outcome.DONE, 2, 1)
    assert "the ledger went away" in run.note


def test_an_end_that_waits_is_no_lost_claim(stage, monkeypatch):
    runner = stage.brain(spec(Deed()))
    end_run, away = stage.jobs.end_run, [True]

    def ends(run, outcome, *facts, **more):
        if away:
            raise StoreError("away")
        return end_run(run, outcome, *facts, **more)

    monkeypatch.setattr(stage.jobs, "end_run", ends)
    stage.at(NOON, runner)
    runner._running.compare()
    away.clear()
    stage.at(NOON + MINUTE, runner)
    (run,) = stage.runs()
    assert (run.outcome, run.counts, run.attempts) == (Outcome.DONE, DONE.counts, 1)


# ---------------------------------------------------------------------- a command beside them
def test_a_command_that_runs_a_job_lives_for_as_long_as_it_does(stage):
    command = stage.another_ledger("a command")
    command.claim_run("job", NOON)
    with living(command.pulse, every_s=0.01):
        stage.silence("a command")
        until(lambda: "a command" in stage.jobs.pulse.alive())
    stage.silence("a command")
    threading.Event().wait(0.05)
    assert stage.jobs.pulse.alive() == []
