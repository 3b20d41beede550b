"""The timetable kept: how runs end, and how it ends itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import time, timedelta

import pytest
import structlog
from runner_world import DONE, MINUTE, NOON, Deed, Gate, idle, spec, staged, until
from structlog.testing import capture_logs

from chocolate_factory.adapters.ledger.schema import metadata
from chocolate_factory.domain.errors import (
    ChocolateFactoryError,
    OverTimeError,
    StoppedError,
    StoreError,
    UpstreamDownError,
)
from chocolate_factory.domain.time import HOUR
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler import runner as runner_module
from chocolate_factory.scheduler import work as work_module
from chocolate_factory.scheduler.schedules import Daily
from chocolate_factory.scheduler.spec import Context, Result
from chocolate_factory.usecases.watch import HEALTH_CHECK

stage = pytest.fixture(staged)


class Log:
    """Stands in for the module's logger; the lines that every run has are left out."""

    ordinary = ("run begins", "run ended")

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda event, **_facts: None if event in self.ordinary else self.lines.append((level, event))


# ---------------------------------------------------------------------- how runs end
@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.NOTHING, Outcome.FAILED])
def test_how_a_run_ended_is_on_record_with_its_counts(stage, outcome):
    deed = Deed(lambda _context: Result(outcome, {"found": 0.0, "asked": 4.0}, "omie: down"))
    runner = stage.brain(spec(deed))
    stage.at(NOON, runner)
    (run,) = stage.runs()
    assert (run.outcome, run.counts, run.error) == (outcome, {"found": 0.0, "asked": 4.0}, "omie: down")
    assert run.ended_at == NOON
    assert stage.told == [("job", outcome.value, {"found": 0.0, "asked": 4.0})]


@pytest.mark.parametrize(
    ("error", "said", "level"),
    [
        (UpstreamDownError("ree", "no answer in time"), "ree: no answer in time", "warning"),
        (ZeroDivisionError("division by zero"), "internal error: ZeroDivisionError: division by zero", "exception"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_deed_that_raises_has_failed_and_the_timetable_goes_on(stage, monkeypatch, error, said, level):
    def fails(_context: Context) -> Result:
        raise error

    log = Log()
    monkeypatch.setattr(work_module, "log", log)
    deed = Deed(fails)
    runner = stage.brain(spec(deed))
    stage.at(NOON, runner)
    assert (stage.runs()[0].outcome, stage.runs()[0].error) == (Outcome.FAILED, said)
    assert [line[0] for line in log.lines] == ([level] if level else [])
    deed.does = lambda _context: DONE
    stage.at(NOON + 5 * MINUTE, runner)
    assert stage.runs()[1].outcome is Outcome.DONE


@pytest.mark.parametrize("error", [ChocolateFactoryError("No process could be started."), OSError("no memory")])
def test_hands_that_fail_leave_no_run_open(stage, monkeypatch, error):
    def fails(_house, _errand):
        raise error

    monkeypatch.setattr(runner_module, "log", Log())
    runner = stage.brain(spec(Deed()), hands=fails)
    for i in range(2):
        stage.at(NOON + i * 5 * MINUTE, runner)
    assert [r.outcome for r in stage.runs()] == [Outcome.FAILED, Outcome.FAILED]
    assert str(error) in stage.runs()[0].error


def test_every_run_has_a_line_at_its_beginning_and_one_at_its_end(stage):
    runner = stage.brain(spec(Deed()))
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        stage.at(NOON, runner)
    told = {"job": "job", "run": "2026-03-10T12:00:00+00:00", "log_level": "info"}
    assert lines == [
        {"event": "run begins", "why": "due", **told},
        {"event": "run ended", "outcome": "done", "seconds": 0.0, "counts": {"found": 3.0}, **told},
    ]


def test_the_end_is_on_record_before_the_job_is_free_again(stage):
    """Otherwise the next run could begin, and somebody look, while this one still seems to run."""
    seen: list[Outcome] = []
    runner = stage.brain(spec(Deed()), start=False)
    runner._house.after_run = lambda *_facts: seen.append((stage.runs()[0].outcome, "job" in runner._running))
    runner.start()
    stage.at(NOON, runner)
    assert seen == [(Outcome.DONE, True)]


def test_a_run_whose_end_cannot_be_written_is_seen_and_leaves_the_job_free(stage, monkeypatch):
    log = Log()
    monkeypatch.setattr(runner_module, "log", log)
    deed = Deed()
    runner = stage.brain(spec(deed))
    end_run = stage.jobs.end_run

    def breaks(*_facts, **_more):
        monkeypatch.setattr(stage.jobs, "end_run", end_run)
        raise StoreError("the disk is full")

    monkeypatch.setattr(stage.jobs, "end_run", breaks)
    stage.at(NOON, runner)
    assert log.lines == [("warning", "the end of a run waits until the ledger serves")]
    assert stage.told == [("job", "done", DONE.counts)], "it has ended all the same"
    assert [r.outcome for r in stage.runs()] == [Outcome.RUNNING]
    stage.at(NOON + 5 * MINUTE, runner)
    assert [r.outcome for r in stage.runs()] == [Outcome.DONE, Outcome.DONE], "the end is written once it can be"


# ---------------------------------------------------------------------- a limit, and what comes after
def test_a_run_that_is_killed_at_its_limit_has_failed_and_hung(stage):
    def hangs(_house, errand):
        raise OverTimeError("do was stopped at its limit of 240 s.")

    runner = stage.brain(spec(Deed(), limit_s=240.0), hands=hangs)
    stage.at(NOON, runner)
    (run,) = stage.runs()
    assert (run.outcome, run.hung, run.error) == (Outcome.FAILED, True, "It was stopped at its limit of 240 s.")


def test_what_a_run_brings_may_call_for_another_job_at_once(stage):
    first, other = Deed(), Deed()
    runner = stage.brain(spec(first), spec(other, Daily(time(1, 0)), id="other"))
    stage.at(NOON + MINUTE, runner)
    first.does = lambda _context: Result(Outcome.DONE, {}, then={"other": "new prices", "unknown": "nothing"})
    stage.at(NOON + 5 * MINUTE, runner)
    until(lambda: "new prices" in other.notes)
    idle(runner)
    assert [r.note for r in stage.runs("other")] == ["made up", "new prices"]


# ---------------------------------------------------------------------- the end, and a ledger that is away
def test_a_stop_tells_what_runs_and_lets_nothing_new_begin(stage):
    inside = threading.Event()
    pause = threading.Event()

    def until_told(context: Context) -> Result:
        inside.set()
        while not context.stopping():
            pause.wait(0.005)
        raise StoppedError("The service is stopping.")

    deed = Deed(until_told)
    runner = stage.brain(spec(deed))
    runner.tick()
    assert inside.wait(10.0)
    runner.stop()
    assert (stage.runs()[0].outcome, stage.runs()[0].error) == (Outcome.STOPPED, "The service is stopping.")
    stage.clock.set(NOON + 5 * MINUTE)
    runner.tick()
    with pytest.raises(StoppedError):
        runner.run_now("job")
    assert len(stage.runs()) == 1
    runner.stop()


def test_what_a_stop_makes_fail_was_stopped_and_is_begun_again(stage):
    """As an ingestion whose every feed was cut off: each says that its upstream is down."""
    inside, pause = threading.Event(), threading.Event()

    def cut_off(context: Context) -> Result:
        inside.set()
        while not context.stopping():
            pause.wait(0.005)
        return Result(Outcome.FAILED, {"found": 0}, "ree does not answer")

    runner = stage.brain(spec(Deed(cut_off)))
    runner.tick()
    assert inside.wait(10.0)
    runner.stop()
    (run,) = stage.runs()
    assert (run.outcome, run.counts, run.error) == (Outcome.STOPPED, {"found": 0}, "ree does not answer")


def test_a_stop_in_the_middle_of_a_tick_waits_for_nothing_that_waits_for_it(stage, monkeypatch):
    """The tick has just claimed; the stop comes; neither may hang, and no run is left open."""
    monkeypatch.setattr(runner_module, "TICK_SECONDS", 0.01)
    deed, claimed, go_on = Deed(), threading.Event(), threading.Event()
    claim = stage.jobs.claim_run

    def slow_claim(*facts):
        run = claim(*facts)
        claimed.set()
        assert go_on.wait(10.0)
        return run

    monkeypatch.setattr(stage.jobs, "claim_run", slow_claim)
    runner = stage.brain(spec(deed))
    assert claimed.wait(10.0)
    stopper = threading.Thread(target=runner.stop)
    stopper.start()
    stopper.join(0.05)
    go_on.set()
    stopper.join(10.0)
    assert not stopper.is_alive()
    assert stage.runs()[0].outcome is not Outcome.RUNNING


def test_what_waits_for_its_turn_when_the_service_stops_has_not_run(stage, monkeypatch):
    monkeypatch.setattr(runner_module, "DEEDS", 1)
    gate, waiting = Gate(), Deed()
    runner = stage.brain(spec(Deed(gate), id="first"), spec(waiting, id="second"))
    runner.tick()
    assert gate.inside.wait(10.0)
    stopper = threading.Thread(target=runner.stop)
    stopper.start()
    until(lambda: runner._running.is_stopping)
    gate.open.set()
    stopper.join(10.0)
    assert waiting.contexts == []
    (run,) = stage.runs("second")
    assert run.outcome is Outcome.STOPPED
    assert "stopped before" in run.error


def test_its_own_state(stage):
    runner = stage.brain(spec(Deed()), start=False)
    assert runner.checks()[0].status == "down"
    runner.start()
    assert runner.checks()[0].status == "ok"
    stage.clock.set(NOON + 31 * HOUR)
    assert runner.checks()[0].status == "degraded"
    runner.tick()
    assert runner.checks()[0].status == "ok"
    idle(runner)


def test_a_ledger_that_is_away_costs_one_line_going_and_one_coming_back(stage, monkeypatch):
    log = Log()
    monkeypatch.setattr(runner_module, "log", log)
    deed = Deed()
    runner = stage.brain(spec(deed))
    metadata.drop_all(stage.engine)
    for seconds in range(5):
        stage.at(NOON + timedelta(seconds=seconds), runner)
    assert log.lines == [("error", "nothing runs: the ledger cannot serve")]
    assert deed.contexts == []
    metadata.create_all(stage.engine)
    for seconds in range(5, 8):
        stage.at(NOON + timedelta(seconds=seconds), runner)
    assert log.lines[1:] == [("info", "the ledger serves again")]
    assert len(deed.contexts) == 1


# ---------------------------------------------------------------------- being told
def test_a_runs_trouble_is_looked_at_as_soon_as_it_is_over(stage):
    runner = stage.brain(spec(Deed()))
    stage.at(NOON, runner)
    assert stage.watched == ["job"]


def test_notices_are_gathered_as_time_passes_and_carried_once_at_a_time(stage):
    gate, told = Gate(), []
    stage.notify.gather = lambda: told.append("gathered")
    stage.notify.pending = lambda: True
    stage.notify.deliver = lambda: told.append("carried") or (gate(None) and {})
    runner = stage.brain(start=False)
    for seconds in (0, 1, 2, 6, 7, 12):
        stage.clock.set(NOON + timedelta(seconds=seconds))
        runner.tick()
    assert gate.inside.wait(10.0)
    gate.open.set()
    until(lambda: told.count("carried") == 1)
    assert told.count("gathered") == 3


def test_a_health_check_that_begins_in_this_very_tick_is_not_missed(stage, monkeypatch):
    """A clock goes on between the look at what is due and the claim."""
    stage.at(NOON - 9 * HOUR, stage.brain(spec(Deed(), id=HEALTH_CHECK)))
    runner = stage.brain(spec(Deed(), id=HEALTH_CHECK))
    stage.clock.set(NOON)
    now = stage.clock.now

    def goes_on():
        stage.clock.sleep(0.001)
        return now()

    monkeypatch.setattr(stage.clock, "now", goes_on)
    runner.tick()
    idle(runner)
    assert stage.alerts.alerts() == []
