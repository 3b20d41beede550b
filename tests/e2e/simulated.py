"""Days in minutes: the replay in a thread of the trial, and a house whose seconds pass as the trial lets them.

Everything else is as in life: real HTTP, a real store, a real ledger, the real timetable. What the service does in
processes of their own is done in this one, so that its memory is everybody's.
"""

from __future__ import annotations

import importlib.util
import pickle
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from stage import KEYS, PREFIX, SHIFT, UPSTREAMS

from chocolate_factory.adapters.child import Child
from chocolate_factory.adapters.clock import SystemClock
from chocolate_factory.scheduler import runner as runner_module
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.scheduler.runner import Runner
from chocolate_factory.scheduler.work import in_this_thread
from chocolate_factory.settings import read_settings
from chocolate_factory.wiring import House, build

MINUTE = timedelta(minutes=1)


class SimulatedClock(SystemClock):
    """Its seconds pass when the trial says so, or when somebody sleeps them; sleepers at one time sleep together."""

    def __init__(self, begin: datetime) -> None:
        super().__init__()
        self._begin = begin.astimezone(UTC)
        self._seconds = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return self._begin + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    def sleep(self, seconds: float) -> None:
        self._pass(self._seconds + seconds)

    def at(self, moment: datetime) -> None:
        """It is that moment, or later where somebody has slept past it."""
        self._pass((moment - self._begin).total_seconds())

    def _pass(self, until: float) -> None:
        with self._lock:
            self._seconds = max(self._seconds, until)


class OwnReplay:
    """The upstreams in a thread, at the clock's time; what is asked of them is noted with the moment."""

    def __init__(self, clock: SystemClock) -> None:
        self.asked: list[tuple[datetime, str]] = []
        self._module = _replay()
        world = self._module.World(UPSTREAMS / "data", None, SHIFT.days)
        world.now = clock.now
        asked = self.asked

        class Handler(self._module.Handler):
            def do_GET(self) -> None:  # noqa: N802  its parent's name
                if self.path != "/__control":
                    asked.append((clock.now(), self.path))
                super().do_GET()

        self._handler = Handler
        self._handler.world, self._handler.strict, self._handler.tickets = world, False, {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def serving(self) -> Iterator[OwnReplay]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def faults(self, *rules: dict[str, Any]) -> None:
        """These from now on, and no others."""
        self._module.Handler.faults = [self._module.Fault(rule) for rule in rules]

    def forget(self) -> None:
        """What the replay keeps of what was asked is not the service's memory."""
        self.asked.clear()
        self._handler.tickets.clear()
        self._module.Handler.seen.clear()

    def asked_of(self, upstream: str) -> list[datetime]:
        return [moment for moment, path in self.asked if path.startswith(f"{PREFIX[upstream]}/")]

    def environment(self) -> dict[str, str]:
        return {f"{name.upper()}_BASE_URL": f"{self.url}{prefix}" for name, prefix in PREFIX.items()} | KEYS


def _replay() -> ModuleType:
    spec = importlib.util.spec_from_file_location("replay", UPSTREAMS / "replay.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.Handler.faults, module.Handler.seen = [], Counter()
    return module


def _here(_child: Child, work: str, given: Any, _limit_s: float, tell: Any = None, **_terms: Any) -> Any:
    """In place of ``Child.call``: in this process, what is given and what comes back copied as on the way there."""
    module, _, name = work.partition(":")
    deed, told = getattr(import_module(module), name), pickle.loads(pickle.dumps(given))
    return pickle.loads(pickle.dumps(deed(told, tell) if tell is not None else deed(told)))


class Life:
    """A brain whose time the trial lets pass."""

    def __init__(self, house: House, clock: SimulatedClock) -> None:
        self.house = house
        self.clock = clock
        self.runner = Runner(house, TIMETABLE, in_this_thread)
        self.runner.start()
        self.settle()

    def until(self, moment: datetime, every: timedelta = 5 * MINUTE) -> None:
        """Let time pass to that moment, with a tick whenever something may be due, and all that it launches done."""
        now = self.clock.now()
        step = now - (now - now.replace(hour=0, minute=0, second=0, microsecond=0)) % every
        while (step := step + every) <= moment:
            self.clock.at(step)
            self.runner.tick()
            self.settle()

    def settle(self) -> None:
        pause = threading.Event()
        while len(self.runner._running):
            pause.wait(0.002)


@contextmanager
def living(
    folder: Path, replay: OwnReplay, clock: SimulatedClock, patch: pytest.MonkeyPatch, **names: str
) -> Iterator[Life]:
    """A life of a brain in a folder; upstreams that are silent cost it little of our own time."""
    patch.setattr(Child, "call", _here)
    patch.setattr(runner_module, "TICK_SECONDS", 3600.0)  # the trial ticks
    env = {**replay.environment(), "DATA_DIR": str(folder), **names}
    settings = read_settings(env, folder / "no.env")
    house = build(settings, clock=clock, again=lambda: settings)
    life = Life(house, clock)
    try:
        yield life
    finally:
        life.runner.stop()
        house.close()
