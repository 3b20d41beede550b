"""A real PostgreSQL, of Debian's package: a cluster of its own for a trial, or one for all trials of a process."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import psycopg
import pytest

#: A start takes a few seconds; on a machine that does other things too, several times that.
PATIENCE_S = 120.0


def binaries() -> Path:
    """Where Debian keeps PostgreSQL's programs, which are not on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    return found[-1].parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(ready, what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(what)
        time.sleep(0.1)


class Postgres:
    """A cluster of its own in a folder that its user may enter; PostgreSQL refuses to run as root."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")
        self._do("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "postgres", "--no-sync")
        self.start()
        with psycopg.connect(self.address("postgres"), autocommit=True) as there:
            there.execute("CREATE DATABASE mlflow")

    def address(self, database: str = "mlflow") -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        data, log = self.folder / "data", self.folder / "log"
        where = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        self._do("pg_ctl", "-D", data, "-l", log, "-o", where, "-w", "start")

    def kill(self) -> None:
        """As the power going: connections break, and what was not committed is gone."""
        self._do("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "-w", "stop")

    def kill_nine(self) -> None:
        """As the kernel ends a container: every process at once, none of which hears of it; its lock file stays."""
        all_of_it = self._processes()
        self._signal(signal.SIGKILL)
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in all_of_it), "PostgreSQL's processes are gone")

    def hang(self, *, hung: bool) -> None:
        """As on a disk that does not answer: connections stand, the system acknowledges, and nobody says a word."""
        self._signal(signal.SIGSTOP if hung else signal.SIGCONT)

    def _lives(self) -> bool:
        return (self.folder / "data" / "postmaster.pid").exists() and Path(f"/proc/{self._chief()}").exists()

    def _chief(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])

    def _processes(self) -> list[int]:
        """The chief and its crew."""
        chief = self._chief()
        return [chief, *map(int, Path(f"/proc/{chief}/task/{chief}/children").read_text().split())]

    def _signal(self, number: signal.Signals) -> None:
        for pid in self._processes():
            with suppress(ProcessLookupError):  # one of the crew that ended just now
                os.kill(pid, number)

    def empty(self) -> None:
        """No run, no version; the tables stay."""
        with psycopg.connect(self.address()) as there:
            tables = there.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            names = ", ".join(name for (name,) in tables if name != "alembic_version")
            there.execute(f"TRUNCATE {names} CASCADE")

    def close(self) -> None:
        if self._lives():
            self.hang(hung=False)
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _do(self, program: str, *words: object) -> None:
        command = [*self._as, str(binaries() / program), *map(str, words)]
        # no pipes: the server that pg_ctl leaves behind would hold them open
        with (self.folder.parent / f"{self.folder.name}.out").open("w+") as out:
            done = subprocess.run(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd="/", check=False)
            out.seek(0)
            assert done.returncode == 0, out.read()
        Path(out.name).unlink()


@cache
def postgres() -> Postgres:
    """The one of this process; it ends with it."""
    server = Postgres()
    atexit.register(server.close)
    return server
