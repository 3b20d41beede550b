"""A real influxd of Debian's, on free ports and with its files in memory; what it is started with is a server's own."""

from __future__ import annotations

import atexit
import itertools
import shutil
import socket
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

import httpx
import pytest

from chocolate_factory.adapters.influx_http import address_of
from chocolate_factory.adapters.influx_store import InfluxStore

#: A start takes half a second; on a machine that does other things too, several times that.
PATIENCE_S = 60.0
MEMORY = Path("/dev/shm")
CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{backup}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  index-version = "inmem"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
[monitor]
  store-enabled = false
[logging]
  level = "warn"
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Influxd:
    """One server, which may be stopped and started again.

    Args:
        where: its files lie in a folder of this one; None for memory, where there is such a place.
        http: lines for its section of that name.
    """

    def __init__(self, where: Path | None = None, http: str = "") -> None:
        if shutil.which("influxd") is None:
            pytest.skip("influxd is not installed (apt-get install influxdb)")
        self.folder = Path(tempfile.mkdtemp(prefix="influxd-", dir=where or (MEMORY if MEMORY.is_dir() else None)))
        self.port = free_port()
        self._config = self.folder / "influxdb.conf"
        config = CONFIG.format(folder=self.folder, port=self.port, backup=free_port())
        self._config.write_text(config.replace("[http]", f"[http]\n{http}"))
        self._numbers = itertools.count()
        self.start()

    def start(self) -> None:
        with (self.folder / "log").open("ab") as said:
            self.process = subprocess.Popen(["influxd", "-config", self._config], stdout=said, stderr=said)
        end = time.monotonic() + PATIENCE_S
        while not self._answers():
            if time.monotonic() > end or self.process.poll() is not None:
                raise TimeoutError((self.folder / "log").read_text())
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/ping", timeout=2).status_code == 204
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def remove(self) -> None:
        self.process.kill()
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str | None = None) -> str:
        """Of a database that nobody had before."""
        return f"influxdb://127.0.0.1:{self.port}/{database or f'db{next(self._numbers)}'}"

    def store(self, world: str = "real", database: str | None = None) -> InfluxStore:
        return InfluxStore(address_of(self.url(database)), world)


@cache
def influxd() -> Influxd:
    """This process's own, started when it is first asked for."""
    server = Influxd()
    atexit.register(server.remove)
    return server
