"""The timetable kept: once each, never over itself, made up once, and every end on record."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace

import pytest

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.ledger import SqlJobLedger, open_ledger
from chocolate_factory.adapters.ledger.schema import metadata
from chocolate_factory.domain.errors import BusyError, NotFoundError, StoppedError, StoreError, UpstreamDownError
from chocolate_factory.domain.time import DAY, HOUR, madrid_day
from chocolate_factory.domain.work import Outcome, Run
from chocolate_factory.scheduler import runner as runner_module
from chocolate_factory.scheduler.jobs import Context, JobSpec, Result
from chocolate_factory.scheduler.runner import Runner
from chocolate_factory.scheduler.schedules import Daily, Every, Schedule

MINUTE = timedelta(minutes=1)
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
DONE = Result(Outcome.DONE, {"found": 3.0})


class Deed:
    """What a job does: notes that it ran, and what the test says."""

    def __init__(self, does: Callable[[Context], Result] = lambda _context: DONE) -> None:
        self.does = does
        self.contexts: list[Context] = []
        self.at_once = self.most_at_once = 0

    def __call__(self, _house: object, context: Context) -> Result:
        self.contexts.append(context)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self.does(context)
        finally:
            self.at_once -= 1

    @property
    def notes(self) -> list[str]:
        return [context.note for context in self.contexts]


class Log:
    """Stands in for the module's logger."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def __getattr__(self, level: str) -> Callable[..., None]:
        return lambda event, **_facts: self.lines.append((level, event))


class Stage:
    """A ledger, a clock and any number of brains that share them."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.engine = open_ledger("sqlite://")
        self.jobs = SqlJobLedger(self.engine, self.clock)
        self.alive: datetime | None = None
        self.profile = "accelerated"
        self.told: list[tuple[str, str, dict[str, float]]] = []
        self._runners: list[Runner] = []

    def brain(self, *specs: JobSpec, start: bool = True) -> Runner:
        house = SimpleNamespace(
            settings=SimpleNamespace(schedule_profile=self.profile),
            clock=self.clock,
            jobs=self.jobs,
            last_alive=lambda: self.alive,
            after_run=lambda *facts: self.told.append(facts),
        )
        runner = Runner(house, specs)
        self._runners.append(runner)
        if start:
            runner.start()
        return runner

    def at(self, moment: datetime, *runners: Runner) -> None:
        """A tick of each brain at that moment, and all that it launches to its end."""
        self.clock.set(moment)
        for runner in runners:
            runner.tick()
        for runner in runners:
            idle(runner)

    def runs(self, job_id: str = "job") -> list[Run]:
        return self.jobs.runs(job_id, limit=1000)[::-1]

    def close(self) -> None:
        for runner in self._runners:
            runner.stop()
        self.engine.dispose()


def idle(runner: Runner) -> None:
    until(lambda: not runner._running)


def until(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(2000):
        if true():
            return
        pause.wait(0.005)
    raise AssertionError("it did not come true in ten seconds")


def spec(deed: Deed, schedule: Schedule | None = None, **other) -> JobSpec:
    return JobSpec(**{"id": "job", "schedule": schedule or Every(5), "deed": deed, "summary": "a job", **other})


@pytest.fixture
def stage(monkeypatch):
    monkeypatch.setattr(runner_module, "TICK_SECONDS", 3600.0)  # the tests tick
    stage = Stage()
    yield stage
    stage.close()


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
    monkeypatch.setattr(stage.jobs, "last_run", lambda _job: None)  # it came between the looking and the claiming
    claim("job", NOON)
    monkeypatch.setattr(stage.jobs, "claim_run", lambda *a: asked.append(a[1]) or claim(*a))
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
class Gate:
    """A deed that stays inside until it is let go."""

    def __init__(self) -> None:
        self.inside, self.open = threading.Event(), threading.Event()

    def __call__(self, _context: Context) -> Result:
        self.inside.set()
        assert self.open.wait(10.0)
        return DONE


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
        (StoppedError("The service is stopping."), "The service is stopping.", None),
        (ZeroDivisionError("division by zero"), "internal error: ZeroDivisionError: division by zero", "exception"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_deed_that_raises_has_failed_and_the_timetable_goes_on(stage, monkeypatch, error, said, level):
    def fails(_context: Context) -> Result:
        raise error

    log = Log()
    monkeypatch.setattr(runner_module, "log", log)
    deed = Deed(fails)
    runner = stage.brain(spec(deed))
    stage.at(NOON, runner)
    assert (stage.runs()[0].outcome, stage.runs()[0].error) == (Outcome.FAILED, said)
    assert [line[0] for line in log.lines] == ([level] if level else [])
    deed.does = lambda _context: DONE
    stage.at(NOON + 5 * MINUTE, runner)
    assert stage.runs()[1].outcome is Outcome.DONE


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

    def breaks(*_facts):
        monkeypatch.setattr(stage.jobs, "end_run", end_run)
        raise StoreError("the disk is full")

    monkeypatch.setattr(stage.jobs, "end_run", breaks)
    stage.at(NOON, runner)
    stage.at(NOON + 5 * MINUTE, runner)
    assert [r.outcome for r in stage.runs()] == [Outcome.RUNNING, Outcome.DONE]
    until(lambda: log.lines == [("error", "a run's end is not on record")])


def test_what_a_dead_process_left_running_has_failed_and_is_not_repeated(stage):
    stage.jobs.claim_run("job", NOON)
    deed = Deed()
    stage.clock.set(NOON + MINUTE)
    runner = stage.brain(spec(deed))
    (left,) = stage.runs()
    assert (left.outcome, left.error) == (Outcome.FAILED, "the process ended before the run did")
    stage.at(NOON + MINUTE, runner)
    assert deed.contexts == []
    stage.at(NOON + 5 * MINUTE, runner)
    assert [r.outcome for r in stage.runs()] == [Outcome.FAILED, Outcome.DONE]


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
    assert stage.runs()[0].outcome is Outcome.FAILED
    stage.clock.set(NOON + 5 * MINUTE)
    runner.tick()
    with pytest.raises(StoppedError):
        runner.run_now("job")
    assert len(stage.runs()) == 1
    runner.stop()


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
    until(runner._stopping.is_set)
    gate.open.set()
    stopper.join(10.0)
    assert waiting.contexts == []
    (run,) = stage.runs("second")
    assert run.outcome is Outcome.FAILED
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
