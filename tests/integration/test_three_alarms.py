"""A job that hangs, one that fails, one that brings nothing: three alarms, each told once, each closed by itself.

Runs are real processes, upstreams and the person who is told are servers on loopback.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from inbox import Inbox
from ree_bodies import NO_DATA, entry, flat
from runner_world import until
from web_house import settings

from chocolate_factory.adapters.clock import SystemClock
from chocolate_factory.adapters.file_lock import FileTurn
from chocolate_factory.domain.time import MADRID, Interval, Resolution, slots
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler import postman
from chocolate_factory.scheduler import runner as runner_module
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.scheduler.runner import Runner
from chocolate_factory.usecases import notify
from chocolate_factory.wiring import build

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

HANGS, FAILS, VAIN = "daily_backfill", "weather_ingestion", "ree_ingestion"
#: Seconds after which the job that hangs is killed.
LIMIT_S = 4.0


class Upstreams:
    """REE has nothing and Open-Meteo is down, until all is well."""

    def __init__(self) -> None:
        self.well = False

    def answer(self, target: str) -> tuple[int, object]:
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if path.startswith("/ree"):
            wanted = self.well and "precios-mercados" in path
            return (200, self._prices(query)) if wanted else (400, NO_DATA)
        if path.startswith("/open_meteo/"):
            return (200, self._weather()) if self.well else (503, {})
        return 404, NO_DATA

    def _prices(self, query: dict[str, list[str]]) -> object:
        first, last = (
            datetime.fromisoformat(query[name][0]).replace(tzinfo=MADRID) for name in ("start_date", "end_date")
        )
        window = Interval(first, last)
        return flat(
            *(
                entry(series, [(start, 50.0 + start.hour) for start in slots(window, step)])
                for series, step in (("1001", Resolution.HOUR), ("600", Resolution.QUARTER))
            )
        )

    def _weather(self) -> object:
        now = datetime.now(UTC)  # the service runs by the machine's clock here
        hours = [f"{now:%Y-%m-%d}T{hour:02d}:00" for hour in range(24)]
        names = ("temperature_2m", "relative_humidity_2m", "dew_point_2m", "surface_pressure", "wind_speed_10m")
        values = {name: [value] * 24 for name, value in zip(names, (15.0, 60.0, 7.0, 957.0, 2.0), strict=True)}
        return {"utc_offset_seconds": 0, "hourly": {"time": hours, **values}}


@contextmanager
def serving(upstreams: Upstreams) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, document = upstreams.answer(self.path)
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """No noise."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    yield inbox
    inbox.close()


@pytest.fixture
def upstreams() -> Upstreams:
    return Upstreams()


@pytest.fixture
def runner(tmp_path, inbox, upstreams, monkeypatch) -> Iterator[Runner]:
    """Three jobs of the timetable, run when the trial says; people are told within a second."""
    monkeypatch.setattr(runner_module, "TICK_SECONDS", 3600.0)
    monkeypatch.setattr(postman, "EVERY_S", 0.0)
    monkeypatch.setattr(notify, "SETTLE", notify.SETTLE / 50)
    monkeypatch.setattr(notify, "DISTANCE", notify.DISTANCE / 600)
    with serving(upstreams) as url:
        names = ("ree", "esios", "omie", "open_meteo", "open_meteo_archive", "datosclima", "aemet", "openweathermap")
        bases = {f"{name.upper()}_BASE_URL": f"{url}/{name}" for name in names}
        found = settings(tmp_path, NOTIFY_URLS=inbox.url(), **bases)
        house = build(found, clock=SystemClock(), again=lambda: found)
        specs = [spec for spec in TIMETABLE if spec.id in (HANGS, FAILS, VAIN)]
        made = Runner(house, tuple(replace(s, limit_s=LIMIT_S) if s.id == HANGS else s for s in specs))
        yield made
        made.stop()
        house.close()


def run(runner: Runner, job: str) -> Outcome:
    """A run to its end; whether it hung is in the ledger."""
    due = runner.run_now(job)
    jobs = runner._house.jobs
    until(lambda: jobs.run(job, due).outcome is not Outcome.RUNNING, seconds=60)
    until(lambda: job not in runner._running)
    return jobs.run(job, due).outcome


def told(runner: Runner, inbox: Inbox, words: tuple[str, ...]) -> str:
    """What the person got, once it holds all these words."""

    def all_there() -> bool:
        runner._postman.look()
        return all(word in text() for word in words)

    def text() -> str:
        return "\n".join(f"{letter.title}\n{letter.message}" for letter in inbox.letters)

    until(all_there, seconds=60)
    return text()


def test_three_troubles_are_three_alarms_told_once_and_closed_by_themselves(runner, inbox, upstreams, tmp_path):
    causes = (f"job-hung:{HANGS}", f"job-failed:{FAILS}", f"job-brought-nothing:{VAIN}")
    with FileTurn(tmp_path / "repair.lock").take(wait=True):  # somebody repairs and comes to no end
        assert run(runner, HANGS) is Outcome.FAILED
    assert runner._house.jobs.last_run(HANGS).hung
    for _ in range(3):
        assert run(runner, VAIN) is Outcome.NOTHING
        assert run(runner, FAILS) is Outcome.FAILED

    first = told(runner, inbox, causes)
    alive = {alert.cause: alert for alert in runner._house.alerts.alerts() if alert.cause in causes}
    assert set(alive) == set(causes)
    assert len({alert.action for alert in alive.values()}) == 3
    for cause, alert in alive.items():
        assert first.count(cause) == 1, first
        assert alert.action in first, "each with its way out"

    upstreams.well = True
    for job in (HANGS, VAIN, FAILS):
        assert run(runner, job) is Outcome.DONE, runner._house.jobs.last_run(job)
    assert {a.state.value for a in runner._house.alerts.alerts() if a.cause in causes} == {"closed"}
    closings = told(runner, inbox, tuple(f"Resuelto: {cause}" for cause in causes))[len(first) :]
    assert all(closings.count(cause) == 1 for cause in causes), closings
