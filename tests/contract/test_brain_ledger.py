"""What every ledger promises about brains that die, stop, or fall silent in the middle of a run."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from chocolate_factory.adapters.ledger import SqlJobLedger
from chocolate_factory.adapters.ledger.schema import brains
from chocolate_factory.domain.work import JobState, Outcome

DUE = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WHY = "the process ended first"


@pytest.fixture
def other(another_brain, clock):
    return SqlJobLedger(another_brain, clock, "the other")


def silence(jobs, brain: str) -> None:
    with jobs._engine.begin() as c:
        c.execute(sa.update(brains).where(brains.c.id == brain).values(alive_until=0.0))


def test_a_brain_lives_while_it_says_so(jobs, other):
    assert not jobs.pulse.beat(), "the first beat comes after a silence"
    assert jobs.pulse.beat()
    assert jobs.pulse.alive() == ["the only one"]
    other.pulse.beat()
    assert jobs.pulse.alive() == ["the only one", "the other"]
    silence(jobs, "the other")
    assert jobs.pulse.alive() == ["the only one"]
    assert not other.pulse.beat()
    jobs.pulse.bury("the other")
    assert jobs.pulse.alive() == ["the only one"]


def test_a_run_of_a_living_brain_is_nobody_elses(jobs, other):
    run = jobs.claim_run("a", DUE)
    assert other.claim_run("a", DUE) is None
    assert other.left_runs() == []
    other.abandon_run(run, WHY)
    assert jobs.run("a", DUE) == run


def test_a_run_of_a_dead_brain_is_taken_over_and_its_own_end_does_not_count(jobs, other, clock):
    run = jobs.claim_run("a", DUE)
    silence(jobs, "the only one")
    assert other.left_runs() == [run]
    clock.sleep(90.0)
    taken = other.claim_run("a", DUE)
    assert (taken.brain, taken.attempts, taken.started_at) == ("the other", 2, clock.now())
    assert taken.note == "taken over from the only one, for its brain died in the middle of it"
    assert jobs.end_run(run, Outcome.DONE, {"found": 1.0}) is None
    assert other.runs("a") == [taken]
    assert other.end_run(taken, Outcome.DONE, {}).outcome is Outcome.DONE


def test_a_dead_brains_run_gives_way_to_a_later_occurrence(jobs, other, clock):
    jobs.claim_run("a", DUE, "made up")
    silence(jobs, "the only one")
    clock.sleep(3600.0)
    assert other.claim_run("a", DUE + MINUTE) is not None
    left = other.run("a", DUE)
    assert (left.outcome, left.ended_at, left.note) == (Outcome.FAILED, clock.now(), "made up")
    assert "died" in left.error


def test_a_dead_brains_run_can_be_ended(jobs, other, clock):
    run, done = jobs.claim_run("a", DUE, "made up"), jobs.end_run(jobs.claim_run("b", DUE), Outcome.DONE, {})
    silence(jobs, "the only one")
    other.abandon_run(run, WHY)
    left = other.run("a", DUE)
    assert (left.outcome, left.error, left.ended_at) == (Outcome.FAILED, WHY, clock.now())
    assert other.last_run("b") == done
    assert other.left_runs() == []


def test_an_occurrence_is_begun_three_times_at_most(jobs, other):
    run = jobs.claim_run("a", DUE)
    for attempt in (2, 3):
        silence(jobs, "the only one")
        silence(jobs, "the other")
        run = (other if attempt == 2 else jobs).claim_run("a", DUE)
        assert run.attempts == attempt
    silence(jobs, "the only one")
    assert other.claim_run("a", DUE) is None


def test_a_run_that_was_stopped_is_given_again_to_whoever_asks(jobs, other, clock):
    jobs.end_run(jobs.claim_run("a", DUE, "made up"), Outcome.STOPPED, {"filled": 2.0}, "The service stopped.")
    clock.sleep(30.0)
    again = other.claim_run("a", DUE)
    assert (again.brain, again.attempts, again.outcome) == ("the other", 2, Outcome.RUNNING)
    assert (again.started_at, again.ended_at, again.counts, again.error) == (clock.now(), None, {}, "")
    assert again.note == "begun again, for it was stopped before: The service stopped."
    assert jobs.claim_run("a", DUE) is None
    other.end_run(again, Outcome.STOPPED, {}, "The service stopped.")
    jobs.end_run(jobs.claim_run("a", DUE), Outcome.STOPPED, {}, "The service stopped.")
    assert other.claim_run("a", DUE) is None, "three times at most"
    assert not jobs.run("a", DUE).may_resume


def test_a_run_that_was_stopped_waits_for_the_one_that_runs(jobs, other):
    stopped = jobs.end_run(jobs.claim_run("a", DUE), Outcome.STOPPED, {}, "The service stopped.")
    jobs.claim_run("a", DUE + MINUTE)
    assert other.claim_run("a", DUE) is None
    assert jobs.run("a", DUE) == stopped
    assert stopped.may_resume


def test_a_brain_knows_which_runs_are_its_own(jobs, other):
    mine, over_ = jobs.claim_run("a", DUE), jobs.end_run(jobs.claim_run("b", DUE), Outcome.DONE, {})
    others = other.claim_run("c", DUE)
    assert (jobs.own_runs(), other.own_runs()) == ([mine], [others])
    assert over_ is not None


def test_a_beat_of_another_thread_of_the_same_brain_is_no_error(jobs, another_brain, clock):
    again = SqlJobLedger(another_brain, clock)
    for _ in range(5):
        silence(jobs, "the only one")
        both = [threading.Thread(target=ledger.pulse.beat) for ledger in (jobs, again)]
        problems: list[object] = []
        threading.excepthook, before = problems.append, threading.excepthook
        for thread in both:
            thread.start()
        for thread in both:
            thread.join(30.0)
        threading.excepthook = before
        assert problems == []
        assert jobs.pulse.alive() == ["the only one"]


def test_long_work_of_a_living_brain_is_not_abandoned(jobs, other):
    jobs.pulse.beat()
    job = jobs.add_job("init")
    assert other.abandon_jobs(WHY) == 0
    silence(jobs, "the only one")
    assert other.abandon_jobs(WHY) == 1
    assert jobs.job(job.id).state is JobState.FAILED
