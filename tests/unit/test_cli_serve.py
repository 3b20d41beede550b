"""``serve`` and ``demo`` as processes: how they start and end, what they leave; and commands at the end of a pipe."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from chocolate_factory import __version__
from chocolate_factory.settings import Settings

pytestmark = pytest.mark.slow
KEYS = {"AEMET_API_KEY": "k" * 40, "OPENWEATHERMAP_API_KEY": "k" * 32}


MULTIPART = b"Content-Type: multipart/form-data; boundary=x"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def follow() -> None:
    """Die with the tests, however they end."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield server.getsockname()[1]


def environment(folder: Path, upstream: int, **names: str) -> dict[str, str]:
    urls = {
        name.upper(): f"http://127.0.0.1:{upstream}" for name in Settings.model_fields if name.endswith("_base_url")
    }
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**keep, **urls, "DATA_DIR": str(folder / "data"), "LOG_FORMAT": "json", **names}


def command(folder: Path, *words: object, upstream: int = 9, **names: str) -> dict[str, Any]:
    """What ``subprocess`` needs for a command in a folder; port 9 refuses at once."""
    arguments = [sys.executable, "-m", "chocolate_factory", *map(str, words)]
    return {"args": arguments, "cwd": folder, "env": environment(folder, upstream, **names), "preexec_fn": follow}


def told(how: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """What a command said, once it has ended."""
    return subprocess.run(**how, capture_output=True, text=True, timeout=120, check=False)


class Service:
    """One that runs."""

    def __init__(self, folder: Path, *words: object, port: int | None = None, upstream: int = 9, **names: str) -> None:
        self.port = port or free_port()
        self.log = folder / f"{self.port}.log"
        with self.log.open("w") as log:
            started = command(folder, *words, "--port", self.port, upstream=upstream, **names)
            self.process = subprocess.Popen(**started, stdout=subprocess.PIPE, stderr=log, text=True)
        self.web = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20)

    def answers(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                self.web.get("/health").raise_for_status()
            except httpx.HTTPError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Its exit code, and the seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(30), time.monotonic() - began


@contextmanager
def service(folder: Path, *words: object, **how: Any) -> Iterator[Service]:
    made = Service(folder, *(words or ("serve",)), **how)
    try:
        yield made
    finally:
        made.process.kill()
        made.process.wait()
        made.process.stdout.close()
        made.web.close()


def is_whole_and_free(path: Path) -> bool:
    with closing(sqlite3.connect(path, timeout=1)) as c:
        c.execute("BEGIN EXCLUSIVE")
        return c.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def traceless(log: Path) -> bool:
    return "Traceback" not in log.read_text() and "Exception in thread" not in log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(tmp_path, number):
    with service(tmp_path) as s:
        s.answers()
        s.web.get("/dashboard/complete")
        code, seconds = s.end(number)
        assert (code, seconds < 10) == (0, True)
        assert traceless(s.log)
    assert is_whole_and_free(tmp_path / "data/timeseries.db")
    assert is_whole_and_free(tmp_path / "data/ledger.db")


def test_open_pages_are_told_that_it_ends(tmp_path):
    """Their streams end by themselves: nothing is cut off, and nobody is waited for."""
    with service(tmp_path) as s:
        s.answers()
        with s.web.stream("GET", "/dashboard/events", timeout=30) as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith("retry:")
            code, seconds = s.end()
            assert (code, seconds < 3) == (0, True), seconds
            assert "event: news" in list(lines), "to its end: a stream that is cut off raises here"
        assert traceless(s.log)
        assert '"level": "error"' not in s.log.read_text()


def test_sigterm_does_not_wait_for_silent_upstreams_or_long_work(tmp_path, silent):
    with service(tmp_path, upstream=silent, **KEYS) as s:
        s.answers()
        job = s.web.post("/init/all?years=3").json()["job_id"]
        with pytest.raises(httpx.TimeoutException):  # somebody waits for an answer when the signal comes
            s.web.post("/ingest-now", timeout=1)
        code, seconds = s.end()
        assert (code, seconds < 10) == (0, True), seconds
    assert is_whole_and_free(tmp_path / "data/timeseries.db")
    with service(tmp_path) as s:
        s.answers()
        left = s.web.get(f"/jobs/{job}").json()
        assert left["state"] == "failed"
        assert left["errors"]
        assert s.end()[0] == 0


def test_sigterm_ends_the_demo_also_while_it_makes_its_world(tmp_path):
    with service(tmp_path, "demo", "--json") as s:
        deadline = time.monotonic() + 60
        while not (tmp_path / "data-demo/ledger.db").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        code, seconds = s.end()
        assert (code, seconds < 10) == (0, True)
    with service(tmp_path, "demo", "--json") as s:
        s.answers()
        where = json.loads("".join(s.process.stdout.readline() for _ in range(4)))
        assert where == {"dashboard": f"http://localhost:{s.port}/dashboard", "api": f"http://localhost:{s.port}/docs"}
        assert s.web.get("/health").json()["world"] == "simulated"
        assert s.web.get("/dashboard/complete").json()["current_info"]["price_eur_kwh"] is not None
        assert s.end()[0] == 0
    assert not (tmp_path / "data").exists()


def test_a_port_in_use_is_told_and_the_one_who_has_it_goes_on(tmp_path):
    with service(tmp_path) as s:
        s.answers()
        other = command(tmp_path / "other", "serve", "--port", s.port)
        (tmp_path / "other").mkdir()
        ended = told(other)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert f"127.0.0.1:{s.port}" in ended.stderr
        assert "--port" in ended.stderr
        assert not (tmp_path / "other/data").exists()
        assert s.web.get("/ready").status_code == 200


def test_a_second_service_on_one_data_folder_is_refused_and_the_first_goes_on(tmp_path):
    with service(tmp_path) as first:
        first.answers()
        ended = told(command(tmp_path, "serve", "--port", str(free_port())))
        assert ended.returncode == 1
        assert "Another service runs on" in ended.stderr
        assert "DATA_DIR" in ended.stderr
        done = told(command(tmp_path, "backup", "--json"))  # a command beside it may
        assert done.returncode == 0, done.stderr
        assert first.web.get("/influxdb/verify").json()["problems"] == []
        assert first.end()[0] == 0
        assert traceless(first.log)
    with service(tmp_path) as again:
        again.answers()


def test_who_may_change_something_over_a_real_connection(tmp_path):
    with service(tmp_path, API_TOKEN="tok-ñ-1") as s:
        s.answers()
        deed = "/scheduler/jobs/health_check/pause"
        forwarded = {"X-Forwarded-For": "100.64.0.7"}
        assert s.web.post(deed).status_code == 200
        assert s.web.post(deed, headers=forwarded).status_code == 403
        assert s.web.post(deed, headers={**forwarded, "Authorization": "Bearer tok-ñ-1".encode()}).status_code == 200
        assert (
            s.web.post(deed, headers={**forwarded, "Authorization": "Bearer \xff".encode("latin-1")}).status_code == 403
        )
        assert s.web.post(deed, headers={"Origin": f"http://127.0.0.1:{s.port}"}).status_code == 200
        assert s.web.post(deed, headers={"Origin": "http://evil.example", "Host": "evil.example"}).status_code == 403
        head = s.web.head("/dashboard")
        assert (head.status_code, head.content) == (200, b"")
        assert "server" not in head.headers


def test_garbage_on_the_line_costs_nobody_else_anything(tmp_path):
    sent = [
        b"GET / HTTP/1.1\r\nHost: [\r\n\r\n",
        b"GET /tariff?start=\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET " + b"/" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /ingest-now HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /ingest-now HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
        b"POST /init/datosclima/etl HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        + MULTIPART
        + b"\r\n\r\nzz\r\n",
    ]
    with service(tmp_path) as s:
        s.answers()
        for request in sent:
            with socket.create_connection(("127.0.0.1", s.port), timeout=10) as line:
                line.sendall(request)
                line.shutdown(socket.SHUT_WR)
                first = line.makefile("rb").readline()
            assert first == b"" or not first.startswith(b"HTTP/1.1 5"), (request[:60], first)
            assert s.web.get("/ready").status_code == 200
        assert s.end()[0] == 0
        assert traceless(s.log)


# ---------------------------------------------------------------------- pipes
def test_a_reader_who_leaves_is_no_failure(tmp_path):
    year = ("tariff", "--start", "2026-01-01", "--end", "2026-12-31")
    for words in [(*year, "--json"), year, ("gaps", "--json"), ("export", "-"), ("tariff", "--help")]:
        with subprocess.Popen(**command(tmp_path, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout.read(1)
            process.stdout.close()
            assert process.wait(60) == 0, words
            assert process.stderr.read() == b"", words


def test_in_a_pipe_there_is_no_bar_no_colour_and_no_log(tmp_path):
    words = ("init", "--part", "ree", "--years", "0.02")
    ended = told(command(tmp_path, *words))
    assert ended.returncode == 1
    assert "\x1b" not in ended.stdout + ended.stderr
    assert "\r" not in ended.stdout + ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("error Nothing could be filled")
    assert ended.stdout.splitlines()[-1].startswith("- ")


def test_python_dash_m_is_the_same_program(tmp_path):
    module = told(command(tmp_path, "--version"))
    script = told({"args": [Path(sys.executable).with_name("chocolate-factory"), "--version"]})
    assert (module.returncode, module.stdout) == (script.returncode, script.stdout) == (0, f"{__version__}\n")
