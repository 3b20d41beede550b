"""InfluxDB 2.7, opt-in: CHOCOLATE_INFLUX2=1 builds it from its Go module, CHOCOLATE_INFLUX2=/path is one that is built.

The build takes twenty minutes on two busy cores: flux, its language, is Rust of 2023. It wants go, cargo, rustup, gcc
and pkg-config, and rustup the old toolchain: `rustup toolchain install 1.72 --profile minimal`.
"""

from __future__ import annotations

import atexit
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

import httpx
import pytest
from influx_server import MEMORY, PATIENCE_S, free_port

from chocolate_factory.adapters.influx_http import address_of
from chocolate_factory.adapters.influx_store import InfluxStore

ASKED = os.environ.get("CHOCOLATE_INFLUX2", "")
MODULE = "github.com/influxdata/influxdb/v2@v2.7.12"
BUILT = Path.home() / ".cache" / "chocolate-factory" / "influxdb2"
TOKEN, ORG = "a-token-of-the-trials", "plants"


def binary() -> Path:
    """The server's program."""
    if ASKED != "1":
        return Path(ASKED)
    target = BUILT / "bin" / "influxd"
    if not target.is_file():
        _build(target)
    return target


def _build(target: Path) -> None:
    """Not by `go install`: the module replaces another one, which that refuses."""
    if shutil.which("go") is None:
        pytest.skip("go is not installed: it builds InfluxDB 2.7 from its module")
    env = {**os.environ, "GOBIN": str(target.parent), "PATH": f"{target.parent}:{os.environ['PATH']}"}
    told = subprocess.run(["go", "mod", "download", "-json", MODULE], capture_output=True, check=True)
    source = BUILT / "source"
    shutil.copytree(json.loads(told.stdout)["Dir"], source, dirs_exist_ok=True)
    subprocess.run(["chmod", "-R", "u+w", str(source)], check=True)
    for command in (
        ["go", "install", "github.com/influxdata/pkg-config"],
        ["go", "build", "-o", target, "./cmd/influxd"],
    ):
        subprocess.run(command, cwd=source, env=env, check=True)


class Influxd2:
    """One server, set up with an organisation and a token."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="influxd2-", dir=MEMORY if MEMORY.is_dir() else None))
        self.port = free_port()
        self._numbers = itertools.count()
        command = [
            binary(), "--bolt-path", self.folder / "bolt", "--sqlite-path", self.folder / "sqlite",
            "--engine-path", self.folder / "engine", "--http-bind-address", f"127.0.0.1:{self.port}",
            "--reporting-disabled", "--log-level", "error",
        ]  # fmt: skip
        with (self.folder / "log").open("ab") as said:
            self.process = subprocess.Popen(command, stdout=said, stderr=said)
        end = time.monotonic() + PATIENCE_S
        while not self._set_up():
            if time.monotonic() > end or self.process.poll() is not None:
                raise TimeoutError((self.folder / "log").read_text())
            time.sleep(0.1)

    def _set_up(self) -> bool:
        first = {"username": "trial", "password": "trial-trial", "org": ORG, "bucket": "first", "token": TOKEN}
        try:
            return httpx.post(f"http://127.0.0.1:{self.port}/api/v2/setup", json=first, timeout=20).status_code == 201
        except httpx.HTTPError:
            return False

    def store(self, world: str = "real") -> InfluxStore:
        url = f"influxdb://127.0.0.1:{self.port}/bucket{next(self._numbers)}"
        return InfluxStore(address_of(url, TOKEN, ORG), world)

    def remove(self) -> None:
        self.process.kill()
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


@cache
def influxd2() -> Influxd2:
    """This process's own, started when it is first asked for."""
    server = Influxd2()
    atexit.register(server.remove)
    return server
