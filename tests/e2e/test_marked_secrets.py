"""Acceptance of issue 8: after a full run with marked secrets of every kind none of the marks is found anywhere.

The service is a process, its upstreams are the replay, and InfluxDB, PostgreSQL, MLflow and whoever is notified are
real. Searched are its log, every answer, what its commands print, every file that it keeps, the ledger's tables, and
what the system shows of its processes.
"""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from stage import Plant, Replay, Service, until

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from inbox import Inbox
from influx_server import Influxd
from postgres_server import Postgres, binaries
from tracking_server import TrackingServer
from web_house import readable

from chocolate_factory.settings import IN_FILES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

OUTSIDE = {"X-Chocolate-Factory-External": "1", "X-Forwarded-For": "203.0.113.7"}
#: Beside what the interface's document lists.
MORE = ("/metrics", "/docs", "/redoc", "/openapi.json", "/dashboard?lang=en", "/jobs/none", "/plan/none")


def mark_of(name: str) -> str:
    return f"mark-{name.lower().replace('_', '-')}-3f9a7c"


MARKS = {name: mark_of(name) for name in IN_FILES}


@dataclass
class Servers:
    """What the service speaks to, beside the upstreams."""

    influx: Influxd
    postgres: Postgres
    mlflow: TrackingServer
    inbox: Inbox

    def secrets(self) -> dict[str, str]:
        """A value for everything that may come from a file; the mark is all of it, or the password in an address."""
        where = {
            "TIMESERIES_URL": f"influxdb://plant:{{}}@127.0.0.1:{self.influx.port}/factory",
            "LEDGER_URL": f"postgresql://postgres:{{}}@127.0.0.1:{self.postgres.port}/postgres",
            "MLFLOW_TRACKING_URI": f"http://plant:{{}}@127.0.0.1:{self.mlflow.port}",
            "NOTIFY_URLS": f"json://plant:{{}}@127.0.0.1:{self.inbox.port}/alerts",
        }
        return {name: where.get(name, "{}").format(mark) for name, mark in MARKS.items()}


@pytest.fixture(scope="module")
def servers(tmp_path_factory) -> Iterator[Servers]:
    postgres = Postgres()
    made = Servers(Influxd(), postgres, TrackingServer(postgres.address(), tmp_path_factory.mktemp("mlflow")), Inbox())
    yield made
    made.inbox.close()
    made.mlflow.kill()
    made.influx.remove()
    postgres.close()


def given_as(how: str, secrets: dict[str, str], folder: Path) -> dict[str, str]:
    """The same secrets, as variables or each in a file of its own."""
    if how == "variables":
        return secrets
    folder.mkdir()
    for name, value in secrets.items():
        (folder / name).write_text(f"{value}\n")
    return {f"{name}_FILE": str(folder / name) for name in secrets}


def everything_asked_for(service: Service) -> list[str]:
    """Every answer, headers included: from here and from outside, what changes something and what is refused."""
    posts = [
        service.http.post("/ingest-now", json={"source": "all"}),
        service.http.post("/plan"),
        service.http.post("/scheduler/jobs/ml_training/pause", headers=OUTSIDE),
        service.http.post("/ingest-now", headers=OUTSIDE | {"Authorization": f"Bearer {MARKS['API_TOKEN']}"}),
        service.http.post("/gaps/backfill?days_back=banana"),
    ]
    for job in ("health_check", "token_management", "weekly_cleanup", "ml_predictions"):
        service.do(f"/scheduler/jobs/{job}/run")
    looks = [*readable(service.get("/openapi.json")), *MORE]
    looks += [f"/{path}/status?check=true" for path in ("aemet/token", "weather/openweather")]
    answers = posts + [service.http.get(path, headers=side) for path in looks for side in ({}, OUTSIDE)]
    assert len([answer for answer in answers if answer.status_code == 200]) > len(looks)
    return [f"{answer.url} {answer.status_code} {dict(answer.headers)} {answer.text}" for answer in answers]


def processes_of(service: Service) -> list[Path]:
    """The service's process and every descendant of it."""
    found, todo = [], [str(service.process.pid)]
    while todo:
        found.append(Path("/proc") / todo.pop())
        todo += shown(found[-1] / "task" / found[-1].name / "children").split()
    return found


def shown(file: Path) -> str:
    """What the system shows there of a process; nothing where it has ended meanwhile."""
    try:
        return file.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def kept(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder with its bytes, and those inside of archives."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = file.read_bytes()
        yield str(file), content
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for name in archive.namelist():
                    yield f"{file}: {name}", archive.read(name)


def ledger_of(postgres: Postgres) -> str:
    words = [binaries() / "pg_dump", "--host=127.0.0.1", f"--port={postgres.port}", "--username=postgres", "postgres"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def printed(plant: Plant) -> list[str]:
    """What commands print beside the service, trouble included."""
    told = []
    for words in (["doctor"], ["alerts"], ["alerts", "test"], ["models", "list"], ["backup"], ["schedule", "list"]):
        command = [sys.executable, "-m", "chocolate_factory", *words]
        done = subprocess.run(command, env=plant.env, cwd=plant.folder, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        assert done.stdout
        told.append(f"{done.stdout}{done.stderr}")
    return told


@pytest.mark.parametrize("how", ["variables", "files"])
def test_a_full_run_tells_none_of_them(tmp_path: Path, replay: Replay, servers: Servers, how: str) -> None:
    secrets = given_as(how, servers.secrets(), tmp_path / "secrets")
    upstreams = {name: value for name, value in replay.environment().items() if name not in IN_FILES}
    plant = Plant(tmp_path / "plant", upstreams | secrets | {"LOG_LEVEL": "debug"})
    assert all(mark in servers.secrets()[name] for name, mark in MARKS.items())
    servers.inbox.status = 500  # so that there is trouble to tell of
    with plant.serving() as service:
        service.settled()
        told = {"an answer": everything_asked_for(service)}
        until(lambda: servers.inbox.asked, 90.0, "somebody is told of an alert")
        # what a process was given in its environment the system shows to its owner; a file is shown to nobody
        kinds = ("cmdline", "environ") if how == "files" else ("cmdline",)
        told["a process"] = [shown(process / kind) for process in processes_of(service) for kind in kinds]
        assert "chocolate_factory" in told["a process"][0]
        servers.inbox.status = 200
        told["a command"] = printed(plant)
    told["the log"] = [plant.log.read_text()]
    told["the ledger"] = [ledger_of(servers.postgres)]
    assert all("CREATE TABLE" in text for text in told["the ledger"])
    assert all(len(texts) > 0 for texts in told.values())
    assert any(".zip: " in name for name, _ in kept(plant.folder)), "a backup"
    for name, mark in MARKS.items():
        for place, texts in told.items():
            assert not [text[:300] for text in texts if mark in text], f"{name} in {place}"
        assert not [file for file, content in kept(plant.folder) if mark.encode() in content], f"{name} in a file"
