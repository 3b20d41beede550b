"""A timetable whose ticks the tests make."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import sqlalchemy as sa

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.ledger import SqlAlertLedger, SqlJobLedger, open_ledger
from chocolate_factory.adapters.ledger.schema import brains
from chocolate_factory.domain.work import Outcome, Run
from chocolate_factory.scheduler import runner as runner_module
from chocolate_factory.scheduler.runner import Hands, Runner
from chocolate_factory.scheduler.schedules import Every, Schedule
from chocolate_factory.scheduler.spec import Context, JobSpec, Result
from chocolate_factory.scheduler.work import in_this_thread

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


class Stage:
    """A ledger, a clock and any number of brains that share them."""

    def __init__(self) -> None:
        self.clock = FixedClock(NOON)
        self.engine = open_ledger("sqlite://")
        self.jobs = SqlJobLedger(self.engine, self.clock)
        self.alerts = SqlAlertLedger(self.engine, self.clock)
        self.watched: list[str] = []
        self.notify = SimpleNamespace(gather=lambda: 0, pending=lambda: False)
        self.alive: datetime | None = None
        self.profile = "accelerated"
        self.told: list[tuple[str, str, dict[str, float]]] = []
        self._runners: list[Runner] = []

    def another_ledger(self, brain: str = "another") -> SqlJobLedger:
        """The ledger as another brain has it."""
        return SqlJobLedger(self.engine, self.clock, brain)

    def silence(self, brain: str) -> None:
        """A brain has not said that it lives for longer than the lease."""
        with self.engine.begin() as c:
            c.execute(sa.update(brains).where(brains.c.id == brain).values(alive_until=0.0))

    def dead_brains(self, job_id: str, due: datetime, brain: str = "another") -> None:
        """A run that another brain began, which then died."""
        assert self.another_ledger(brain).claim_run(job_id, due) is not None
        self.silence(brain)

    def brain(self, *specs: JobSpec, start: bool = True, hands: Hands = in_this_thread) -> Runner:
        """One more life of a brain; the first has the stage's own name."""
        lives = len(self._runners)
        house = SimpleNamespace(
            settings=SimpleNamespace(schedule_profile=self.profile),
            clock=self.clock,
            jobs=self.another_ledger(f"life {lives}") if lives else self.jobs,
            alerts=self.alerts,
            last_alive=lambda: self.alive,
            notify=self.notify,
            watch=SimpleNamespace(run_ended=self.watched.append),
            after_run=lambda *facts: self.told.append(facts),
        )
        runner = Runner(house, specs, hands)
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


def until(true: Callable[[], bool], seconds: float = 10.0) -> None:
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"it did not come true in {seconds:g} s"
        pause.wait(0.005)


def spec(deed: Deed, schedule: Schedule | None = None, **other) -> JobSpec:
    return JobSpec(**{"id": "job", "schedule": schedule or Every(5), "deed": deed, "summary": "a job", **other})


def staged(monkeypatch):
    monkeypatch.setattr(runner_module, "TICK_SECONDS", 3600.0)  # the tests tick
    stage = Stage()
    yield stage
    stage.close()


class Gate:
    """A deed that stays inside until it is let go."""

    def __init__(self) -> None:
        self.inside, self.open = threading.Event(), threading.Event()

    def __call__(self, _context: Context) -> Result:
        self.inside.set()
        assert self.open.wait(10.0)
        return DONE
