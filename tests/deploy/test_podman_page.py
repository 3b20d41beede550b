"""The commands of docs/deploy.md that need containers, on the same five as test_podman.py, and opt-in as it is.

``docker`` is podman/docker: Docker Compose itself, and podman. What asks for a build, for InfluxDB 2.7's own command or
for Tailscale's console is left out.
"""

from __future__ import annotations

import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent / "podman"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import follow
from engine import until
from load import readings_of
from town import MLOPS, Town

PAGE = Path(__file__).resolve().parents[2] / "docs" / "deploy.md"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not os.environ.get("CHOCOLATE_PODMAN"), reason="opt-in: CHOCOLATE_PODMAN=1"),
]


def block(phrase: str) -> tuple[str, ...]:
    """The lines of the page's one block that says so."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follow, "NEEDS", ())
        [found] = [b.run for b in follow.blocks(PAGE) if phrase in "\n".join(b.run)]
    return found


def test_the_commands_of_every_day_work(town: Town, address: str):
    said = town.follow(tuple(line for line in block("tailscale status") if line != "docker compose stop"))
    assert "chocolate_factory_brain" in said
    assert address in said
    until(town.is_well, 120, "all is well after its restart")


@pytest.mark.parametrize("name", ["ledger_password", "mlflow_password", "postgres_password"])
def test_a_password_is_renewed(town: Town, name: str):
    before = town.secrets()[name]
    town.follow(block(f"renew {name}"))
    assert town.secrets()[name] != before
    until(lambda: town.is_well() and town.engine.health(MLOPS) == "healthy", 180, "all is well with the new one")


def test_what_was_backed_up_is_there_on_an_empty_server(town: Town):
    reading = f"start_utc,kwh\n{datetime.now(UTC) - timedelta(days=40):%Y-%m-%dT%H:00:00Z},1.5\n"
    taken = town.http.post("/meter/readings", content=reading, headers={"Content-Type": "text/csv"})
    assert taken.json()["taken"] == 1
    assert town.http.post("/scheduler/jobs/ml_training/pause").status_code == 200
    kept = readings_of(town.held())
    assert kept
    town.follow(block("pg_dumpall"))
    town.compose("down", "--volumes")
    for place in ("docker/services/influxdb/data", "docker/services/postgres/data", "docker/services/fastapi",
                  "docker/services/mlflow/artifacts", "docker/secrets"):  # fmt: skip
        shutil.rmtree(town.folder / place)
    (town.folder / ".env").unlink()
    town.follow(block("tar --extract"))
    until(town.is_well, 120, "all is well after the restore")
    assert readings_of(town.held()) == kept
    jobs = {job["id"]: job for job in town.http.get("/scheduler/status").json()["scheduler"]["jobs"]}
    assert jobs["ml_training"]["paused"]
