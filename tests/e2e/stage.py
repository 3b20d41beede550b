"""The stage of a trial: the replay of the upstreams and the service, both real processes on loopback.

The replay's clock is the trial's: the service follows it through CLOCK_URL. It is moved by restarting the replay on
its port. Values are moved by 728 days, whatever the clock says, so that a slot keeps its value when the clock moves.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from chocolate_factory.adapters.plant_file import document_of, read_plant
from chocolate_factory.adapters.sqlite_streams import count_again

REPOSITORY = Path(__file__).resolve().parents[2]
UPSTREAMS = REPOSITORY.parent / "shared" / "upstreams"
SHIFT = timedelta(days=728)
#: A Tuesday. The next unattended repair is due at 13:00, so that none comes between the steps of a trial.
NOW = datetime.fromisoformat("2026-11-10T11:07:00+01:00")

#: Where the replay serves each upstream, by the name that /health gives it.
PREFIX = {
    "ree": "/ree",
    "esios": "/esios",
    "omie": "/omie",
    "aemet": "/aemet",
    "openweathermap": "/owm",
    "open_meteo": "/open-meteo",
    "open_meteo_archive": "/open-meteo-archive",
    "datosclima": "/datosclima",
}
#: Seconds after which the timetable has launched everything that was missed.
TICKS = 1.5
KEYS = {"AEMET_API_KEY": "replay", "OPENWEATHERMAP_API_KEY": "replay"}

NOTHING = {"weekly": {}, "weekly_due_h": 22, "orders": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(true: Callable[[], Any], seconds: float, what: str, pause: float = 0.05) -> Any:
    """The first answer that is true; fails with ``what`` when none is in time."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(pause)
    return found


def spawn(command: list[str], log: Path, **options: Any) -> subprocess.Popen[bytes]:
    """A process that writes to a file and, where util-linux is there to arrange it, dies with this one."""
    leash = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    with log.open("ab") as out:
        return subprocess.Popen([*leash, *command], stdout=out, stderr=out, stdin=subprocess.DEVNULL, **options)


def end(process: subprocess.Popen[bytes] | None, seconds: float = 20.0) -> None:
    """Ask it to stop; kill it where it does not."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


class Replay:
    """The upstreams. ``limits=False``: it never answers 429 of its own accord."""

    def __init__(self, folder: Path, *, limits: bool = True) -> None:
        self.port = free_port()
        self._log = folder / "replay.log"
        self._limits = limits
        self._http = httpx.Client(base_url=self.url, timeout=10.0)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, now: datetime) -> None:
        """Begin, or begin again, at that moment."""
        self.stop()
        command = [sys.executable, str(UPSTREAMS / "replay.py"), "--port", str(self.port), "--now", now.isoformat()]
        command += ["--shift-days", str(SHIFT.days), *([] if self._limits else ["--no-limits"])]
        self._process = spawn(command, self._log)
        until(self._answers, 60.0, f"the replay answers; its log: {self._log}")

    def stop(self) -> None:
        end(self._process)

    def close(self) -> None:
        self._http.close()
        self.stop()

    def faults(self, *rules: dict[str, Any]) -> None:
        """These from now on, and no others."""
        self._http.post("/__control", json=list(rules)).raise_for_status()

    def fault(self, upstream: str, kind: str, **options: Any) -> dict[str, Any]:
        return {"match": f"^{PREFIX[upstream]}/", "kind": kind, **options}

    def now(self) -> datetime:
        return datetime.fromisoformat(self._control()["now"])

    def asked(self, upstream: str) -> int:
        """Requests so far."""
        return sum(n for path, n in self._control()["requests"].items() if path.startswith(f"{PREFIX[upstream]}/"))

    def asked_in_all(self) -> int:
        return sum(self._control()["requests"].values())

    def environment(self) -> dict[str, str]:
        bases = {f"{name.upper()}_BASE_URL": f"{self.url}{prefix}" for name, prefix in PREFIX.items()}
        return {**bases, **KEYS, "CLOCK_URL": f"{self.url}/__control"}

    def _control(self) -> dict[str, Any]:
        return self._http.get("/__control").json()

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        try:
            self._control()
        except httpx.TransportError:
            return False
        return True


@dataclass
class Plant:
    """One installation: a data folder and the environment that its commands and its service run in.

    Attributes:
        at_rest: nothing is ordered of it, so that no trial waits for a solver that it is not about.
    """

    folder: Path
    upstreams: dict[str, str]
    at_rest: bool = True
    env: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
        self.env = {**kept, **self.upstreams, "DATA_DIR": str(self.data), "LOG_FORMAT": "json"}
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.at_rest:
            file = self.folder / "at-rest.yaml"
            file.write_text(json.dumps(document_of(read_plant()) | {"demand": NOTHING}, default=str))
            self.env["PLANT_FILE"] = str(file)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def store(self) -> Path:
        return self.data / "timeseries.db"

    @property
    def log(self) -> Path:
        return self.folder / "plant.log"

    def command(self, *words: str) -> subprocess.Popen[bytes]:
        """A command under way; the working folder is the plant's, so that no ``.env`` of ours is read."""
        return spawn([sys.executable, "-m", "chocolate_factory", *words], self.log, env=self.env, cwd=self.folder)

    def run(self, *words: str, code: int | None = 0, seconds: float = 240.0) -> Any:
        """A command to its end; what it prints as JSON. ``code=None``: however it ends."""
        program = [sys.executable, "-m", "chocolate_factory", *words, "--json"]
        done = subprocess.run(
            program, env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert code is None or done.returncode == code, (
            f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        )
        return json.loads(done.stdout)

    @contextmanager
    def serving(self, *, ready: bool = True) -> Iterator[Service]:
        """The service, stopped at the end whatever happens, its log searched for errors."""
        service = Service(self)
        try:
            if ready:
                service.wait_until_it_answers()
            yield service
        finally:
            service.close()
        assert not service.broken(), service.broken()


class Service:
    """``chocolate-factory serve`` as a process, and HTTP to it; on a free port where none is named."""

    def __init__(self, plant: Plant, port: int | None = None) -> None:
        self.plant = plant
        self.port = port or free_port()
        self._from = plant.log.stat().st_size if plant.log.exists() else 0
        self.began = time.monotonic()
        self.answers_since: float | None = None
        self.process = plant.command("serve", "--port", str(self.port))
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=60.0)

    def wait_until_it_answers(self) -> None:
        until(lambda: self.ask("/health"), 90.0, f"the service answers; its log: {self.plant.log}")
        self.answers_since = time.monotonic()

    def ask(self, path: str, **params: Any) -> Any:
        """A JSON answer, or None while nobody listens."""
        assert self.process.poll() is None, self._said()
        try:
            return self.get(path, **params)
        except httpx.TransportError:
            return None

    def get(self, path: str, **params: Any) -> Any:
        reply = self.http.get(path, params=params)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def post(self, path: str, **options: Any) -> Any:
        reply = self.http.post(path, **options)
        assert reply.status_code in (200, 202), reply.text
        return reply.json()

    def do(self, path: str, seconds: float = 240.0, **options: Any) -> dict[str, Any]:
        """Long work to its end."""
        return self.follow(self.post(path, **options), seconds)

    def follow(self, accepted: dict[str, Any], seconds: float = 240.0) -> dict[str, Any]:
        path = f"/jobs/{accepted['job_id']}"
        until(lambda: self.get(path)["state"] in ("done", "failed"), seconds, f"{path} ends", pause=0.1)
        return self.get(path)

    def settled(self, seconds: float = 240.0) -> None:
        """The catch-up of this start has ended, and so has everything else that the start brought with it."""
        if self.answers_since is None:
            self.wait_until_it_answers()
        until(self._idle, seconds, "the catch-up of the start ends", pause=0.2)

    def checks(self) -> dict[str, dict[str, Any]]:
        return {check["name"]: check for check in self.get("/health")["checks"]}

    def close(self) -> None:
        self.http.close()
        end(self.process)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def broken(self) -> list[str]:
        """What its log holds that should never be there: errors, and tracebacks of any library."""
        return [line for line in self._said().splitlines() if re.search(r'"level": "(error|critical)"|Traceback', line)]

    def _said(self) -> str:
        with self.plant.log.open("rb") as log:
            log.seek(self._from)
            return log.read().decode("utf-8", "replace")

    def _idle(self) -> bool:
        jobs = {job["id"]: job for job in self.get("/scheduler/status")["scheduler"]["jobs"]}
        caught_up = '"trigger": "start"' in self._said()
        ticked = time.monotonic() - self.answers_since > TICKS
        return caught_up and ticked and not any(job["running"] for job in jobs.values())


def forget(store: Path, series: str, start: datetime, end: datetime) -> int:
    """Punch a hole: every row of the series' slots that begin in [start, end). Only while nothing uses the store."""
    names = "SELECT id FROM stream WHERE series LIKE ?"
    edges = [int(edge.timestamp() * 1e6) for edge in (start, end)]
    with closing(sqlite3.connect(store)) as c, c:
        gone = c.execute(
            f"DELETE FROM observation WHERE stream IN ({names}) AND start >= ? AND start < ?", (series, *edges)
        )
        count_again(c, [stream for (stream,) in c.execute(names, (series,))])
        return gone.rowcount
