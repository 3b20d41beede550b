"""Long work in the background: one piece after another, each end on record."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.ledger import SqlJobLedger, open_ledger
from chocolate_factory.domain.errors import BusyError, InputError, StoppedError, StoreError, UpstreamDownError
from chocolate_factory.domain.work import Job, JobState
from chocolate_factory.usecases import workshop as workshop_module
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.workshop import MOST_WAITING, WRITE_EVERY, Workshop

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
UNDER_WAY = (JobState.QUEUED, JobState.RUNNING)


class Log:
    """Stands in for the module's logger."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda event, **_facts: self.lines.append((level, event))


@pytest.fixture
def log(monkeypatch):
    log = Log()
    monkeypatch.setattr(workshop_module, "log", log)
    return log


@pytest.fixture
def clock():
    return FixedClock(NOW)


@pytest.fixture
def ledger(clock):
    engine = open_ledger("sqlite://")
    yield SqlJobLedger(engine, clock)
    engine.dispose()


@pytest.fixture
def workshop(ledger, clock):
    workshop = Workshop(ledger, clock)
    yield workshop
    workshop.close()


def until(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(2000):
        if true():
            return
        pause.wait(0.005)
    raise AssertionError("it did not come true in ten seconds")


def ended(ledger: SqlJobLedger, job: Job) -> Job:
    until(lambda: ledger.job(job.id).state not in UNDER_WAY)
    return ledger.job(job.id)


class Gate:
    """A deed that stays inside until it is let go, telling how far it is."""

    def __init__(self) -> None:
        self.inside, self.open = threading.Event(), threading.Event()

    def __call__(self, progress: Progress) -> str:
        self.inside.set()
        assert self.open.wait(10.0)
        progress.step(1.0, "through")
        return "Through."


# ---------------------------------------------------------------------- how it goes
def test_a_deed_is_on_record_from_the_moment_it_is_asked_for(workshop, ledger, clock):
    gate = Gate()
    job = workshop.start("backfill", gate)
    assert (job.deed, job.state, job.created_at) == ("backfill", JobState.QUEUED, NOW)
    assert gate.inside.wait(10.0)
    running = ledger.job(job.id)
    assert (running.state, running.started_at, running.ended_at) == (JobState.RUNNING, NOW, None)
    clock.sleep(90.0)
    gate.open.set()
    done = ended(ledger, job)
    assert (done.state, done.progress, done.message) == (JobState.DONE, 1.0, "Through.")
    assert (done.ended_at, done.errors) == (clock.now(), [])


def test_deeds_run_one_after_another_in_the_order_they_came(workshop, ledger):
    gate, order = Gate(), []
    workshop.start("first", gate)

    def note(name: str) -> Callable[[Progress], str]:
        return lambda _progress: order.append(name) or name

    jobs = [workshop.start(name, note(name)) for name in ("second", "third", "fourth")]
    assert gate.inside.wait(10.0)
    assert [ledger.job(j.id).state for j in jobs] == [JobState.QUEUED] * 3
    gate.open.set()
    ended(ledger, jobs[-1])
    assert order == ["second", "third", "fourth"]


def test_progress_is_written_down_as_time_goes_by(workshop, ledger, clock):
    seen: list[Job] = []

    def tell(progress: Progress) -> str:
        for i in range(1, 5):
            clock.sleep(1.0)
            progress.problem("omie: down")
            progress.step(i / 5, f"month {i}", found=10.0 * i)
            seen.append(ledger.jobs()[0])
        return "Done."

    done = ended(ledger, workshop.start("init", tell))
    assert [(j.progress, j.message, j.counts) for j in seen] == [
        (i / 5, f"month {i}", {"found": 10.0 * i}) for i in range(1, 5)
    ]
    assert all(j.errors == ["omie: down"] for j in seen)
    assert (done.counts, done.errors) == ({"found": 40.0}, ["omie: down"])


def test_progress_that_nobody_can_see_is_not_written(ledger, clock, monkeypatch):
    saved: list[Job] = []
    save = ledger.save_job
    monkeypatch.setattr(ledger, "save_job", lambda job: saved.append(job) or save(job))
    workshop = Workshop(ledger, clock)

    def many_steps(progress: Progress) -> str:
        for i in range(1000):
            progress.step(i / 1000, "slot", found=float(i))
        return "Done."

    done = ended(ledger, workshop.start("init", many_steps))
    workshop.close()
    assert len(saved) == 2, "its beginning and its end"
    assert done.counts == {"found": 999.0}, "the newest counts are in the last word"


def test_a_part_that_failed_is_told_and_the_deed_is_done(workshop, ledger):
    def partly(progress: Progress) -> str:
        progress.problem("omie: down")
        progress.problem("omie: down")
        progress.problem("esios: no data")
        progress.step(1.0, "x", expected=10.0, filled=4.0)
        return "4 of 10."

    done = ended(ledger, workshop.start("backfill", partly))
    assert (done.state, done.errors, done.message) == (JobState.DONE, ["omie: down", "esios: no data"], "4 of 10.")


def test_a_deed_that_came_to_nothing_has_failed(workshop, ledger):
    def vainly(progress: Progress) -> str:
        progress.problem("ree: down")
        progress.step(1.0, "x", expected=10.0, filled=0.0)
        return "0 of 10."

    done = ended(ledger, workshop.start("backfill", vainly))
    assert (done.state, done.errors, done.message) == (JobState.FAILED, ["ree: down"], "0 of 10.")


# ---------------------------------------------------------------------- how it goes wrong
def test_an_error_of_our_tree_is_the_jobs_last_word(workshop, ledger, log):
    def fails(progress: Progress) -> str:
        progress.problem("omie: down")
        progress.step(0.25, "a quarter")
        raise UpstreamDownError("ree", "no answer in time")

    job = ended(ledger, workshop.start("backfill", fails))
    assert (job.state, job.progress, job.message) == (JobState.FAILED, 0.25, "failed")
    assert job.errors == ["omie: down", "ree: no answer in time"]
    assert log.lines == [("warning", "job failed")]


@pytest.mark.parametrize("error", [ValueError("key=hunter2"), SystemExit(1), KeyboardInterrupt()], ids=repr)
def test_a_fault_of_ours_ends_the_job_is_seen_and_stops_nobody(workshop, ledger, log, error):
    def breaks(_progress: Progress) -> str:
        raise error

    first = workshop.start("backfill", breaks)
    second = workshop.start("backfill", lambda _progress: "Fine.")
    assert ended(ledger, second).state is JobState.DONE
    job = ledger.job(first.id)
    assert (job.state, job.errors) == (JobState.FAILED, [f"internal error: {type(error).__name__}"])
    assert ("exception", "job broke") in log.lines


def test_a_ledger_that_is_away_for_a_while_costs_no_deed_and_no_last_word(workshop, ledger, clock, log, monkeypatch):
    save, away = ledger.save_job, [True] * 9

    def breaks(job: Job) -> None:
        if away:
            away.pop()
            raise StoreError("the ledger cannot serve")
        save(job)

    def deed(progress: Progress) -> str:
        for _ in range(3):
            clock.sleep(WRITE_EVERY)
            progress.step(0.5, "half")
        away.extend([True] * 3)
        return "Fine."

    monkeypatch.setattr(ledger, "save_job", breaks)
    job = ended(ledger, workshop.start("first", deed))
    assert (job.state, job.message, away) == (JobState.DONE, "Fine.", [])
    assert log.lines == []


def test_a_ledger_that_stays_away_is_not_passed_over_in_silence(workshop, ledger, log, monkeypatch):
    save, ran = ledger.save_job, []

    def breaks(job: Job) -> None:
        if job.deed == "first":
            raise StoreError("the disk is full")
        save(job)

    monkeypatch.setattr(ledger, "save_job", breaks)
    workshop.start("first", lambda _progress: ran.append(1) or "x")
    second = workshop.start("second", lambda _progress: "Fine.")
    assert ended(ledger, second).state is JobState.DONE
    assert ("exception", "job broke") in log.lines
    assert ran == []


def test_a_last_word_that_cannot_be_written_is_seen(workshop, ledger, log, monkeypatch):
    save = ledger.save_job

    def breaks_at_the_end(job: Job) -> None:
        if job.deed == "first" and job.ended_at is not None:
            raise StoreError("the disk is full")
        save(job)

    monkeypatch.setattr(ledger, "save_job", breaks_at_the_end)
    first = workshop.start("first", lambda _progress: "x")
    second = workshop.start("second", lambda _progress: "Fine.")
    assert ended(ledger, second).state is JobState.DONE
    assert ("exception", "job broke") in log.lines
    assert ledger.abandon_jobs("the service stopped") == 1, "the next start ends what stayed open"
    assert ledger.job(first.id).state is JobState.FAILED


def test_a_job_that_cannot_be_recorded_is_not_begun(workshop, ledger, monkeypatch):
    def breaks(_deed: str) -> Job:
        raise StoreError("the disk is full")

    ran: list[int] = []
    monkeypatch.setattr(ledger, "add_job", breaks)
    with pytest.raises(StoreError):
        workshop.start("first", lambda _progress: ran.append(1) or "x")
    workshop.close()
    assert ran == []


# ---------------------------------------------------------------------- too much, and the end
def test_more_than_so_many_do_not_wait(workshop, ledger):
    gate = Gate()
    workshop.start("first", gate)
    assert gate.inside.wait(10.0)
    waiting = [workshop.start(f"{i}", lambda _progress: "x") for i in range(MOST_WAITING)]
    with pytest.raises(BusyError, match="GET /jobs"):
        workshop.start("one more", lambda _progress: "x")
    assert len(ledger.jobs(100)) == MOST_WAITING + 1, "the one that was turned away is not on record"
    gate.open.set()
    ended(ledger, waiting[-1])
    until(lambda: workshop._unfinished == 0)
    assert ended(ledger, workshop.start("one more", lambda _progress: "x")).state is JobState.DONE


def test_a_stop_ends_what_runs_at_its_next_step_and_drops_what_waits(workshop, ledger):
    gate, ran = Gate(), []
    running = workshop.start("running", gate)
    waiting = workshop.start("waiting", lambda _progress: ran.append(1) or "x")
    assert gate.inside.wait(10.0)
    workshop.close(wait=False)
    gate.open.set()
    job = ended(ledger, running)
    assert (job.state, job.message) == (JobState.FAILED, "stopped")
    assert "taken up after the start" in job.errors[0]
    workshop.close()
    assert ran == []
    assert ledger.job(waiting.id).state is JobState.QUEUED
    assert ledger.abandon_jobs("the service stopped before it was done") == 1, "the next start says what became of it"


def test_after_the_stop_nothing_is_begun_and_nothing_put_on_record(workshop, ledger):
    workshop.close()
    with pytest.raises(StoppedError):
        workshop.start("late", lambda _progress: "x")
    assert ledger.jobs() == []


def test_a_wrong_value_found_late_is_told_by_its_name(workshop, ledger, log):
    def refuses(_progress: Progress) -> str:
        raise InputError("station", "9999Z", "only 5279X is known")

    job = ended(ledger, workshop.start("etl", refuses))
    assert job.errors == ["station: '9999Z' is not allowed; only 5279X is known."]
    assert job == replace(job, state=JobState.FAILED)
