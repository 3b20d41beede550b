"""The five containers together, opt-in: CHOCOLATE_PODMAN=1, with podman 4.3 in Docker's place.

It wants root, podman with runc, catatonit and aardvark-dns, debootstrap, and go or what test_tailnet.py has built, and
to be run by one process: ``CHOCOLATE_PODMAN=1 .venv/bin/pytest -s tests/deploy/test_podman*.py``. The first run makes
the images, which takes some minutes and the network of Debian and of PyPI. The brain's image and MLflow's are built by
their own Dockerfiles on a stand-in for Python's; what stands in for the rest is told in podman/Containerfile: Debian's
InfluxDB 1.6 for 2.7, its PostgreSQL 15 for 17, Debian for Alpine under the door.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent / "podman"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from engine import until
from load import Load, readings_of
from town import BRAIN, CONTAINERS, DOOR, HTTP, MLOPS, PORTS, POSTGRES, STORAGE, Town, answers

NET_ADMIN = 1 << 12
WARM_S = 20.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not os.environ.get("CHOCOLATE_PODMAN"), reason="opt-in: CHOCOLATE_PODMAN=1"),
]
every_container = pytest.mark.parametrize("name", CONTAINERS)


def processes(town: Town, name: str) -> list[Path]:
    """Of a container, as this server sees them: whoever is in its process namespace."""
    inside = namespace_of(Path("/proc") / str(town.engine.state(name)["Pid"]))
    assert inside is not None
    return [p for p in Path("/proc").iterdir() if p.name.isdigit() and namespace_of(p) == inside]


def namespace_of(process: Path) -> Path | None:
    """None where it has ended meanwhile, or is none of ours to look at."""
    try:
        return (process / "ns" / "pid").readlink()
    except OSError:
        return None


def shown(file: Path) -> str:
    """What the system shows there of a process; nothing where it has ended meanwhile, as a look at its health does."""
    try:
        return file.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def statuses(town: Town, name: str) -> list[dict[str, str]]:
    """Of each process of a container."""
    found = [shown(process / "status").splitlines() for process in processes(town, name)]
    return [{n: v.strip() for n, _, v in (line.partition(":") for line in lines)} for lines in found if lines]


# ---------------------------------------------------------------------- how it starts
def test_every_part_is_healthy(town: Town):
    others = [name for name in CONTAINERS if name != DOOR]
    until(lambda: {town.engine.health(name) for name in others} == {"healthy"}, 120, "all are healthy")


def test_it_is_ready_in_time_with_a_warm_store(town: Town):
    warm = ", ".join(f"{seconds:.1f}" for seconds in town.warm_s)
    print(f"compose up to /ready, s: {town.cold_s:.1f} with nothing kept; {warm} with a warm store")
    assert town.http.get("/influxdb/verify").json()["backend"] == "influxdb"
    assert min(town.warm_s) < WARM_S


def test_what_was_kept_is_there_after_down_and_up(town: Town):
    """The fixture has had it ingested before it was taken down."""
    found = town.http.get("/influxdb/verify").json()
    assert found["problems"] == []
    assert len(found["data"]) > 10


def test_the_parts_are_the_real_ones(town: Town):
    assert town.checks()["ledger"] == "ok"
    until(lambda: town.http.get("/mlflow/status").json()["connected"], 180, "the brain has asked MLflow", pause=1.0)
    tables = town.engine.inside(POSTGRES, "sh", "-c", "psql --username=postgres ledger --tuples-only --command='\\dt'")
    assert all(re.search(rf"\b{table}\b", tables) for table in ("run", "gap", "alert"))
    assert httpx.get("http://127.0.0.1:5000/health", timeout=10).status_code == 200
    assert httpx.get("http://127.0.0.1:8086/ping", timeout=10).status_code == 204


def test_without_a_key_the_door_waits_and_the_rest_runs(town: Town):
    assert "no TAILSCALE_AUTHKEY" in town.said()
    assert town.ready()


# ---------------------------------------------------------------------- how it is guarded
@every_container
def test_nothing_can_be_written_to_its_root(town: Town, name: str):
    for place in ("/x", "/usr/local/bin/x", "/etc/x"):
        said = town.engine.inside(name, "sh", "-c", f"echo > {place}", check=False)
        assert re.search("Read-only file system|Permission denied", said), (place, said)
    assert town.engine.about(name)["HostConfig"]["ReadonlyRootfs"] is True
    mounts = (processes(town, name)[0] / "mounts").read_text().splitlines()
    [root] = [line.split()[3].split(",") for line in mounts if line.split()[1] == "/"]
    assert "ro" in root


@every_container
def test_its_processes_have_no_power_and_get_none(town: Town, name: str):
    allowed = NET_ADMIN if name == DOOR else 0
    found = statuses(town, name)
    assert len(found) >= 2  # its init, and what it was made for
    for status in found:
        assert int(status["CapBnd"], 16) & ~allowed == 0
        assert int(status["CapEff"], 16) & ~allowed == 0
        assert status["NoNewPrivs"] == "1"
        assert status["Uid"].split() == ["0" if name == DOOR else "1000"] * 4
    host = town.engine.about(name)["HostConfig"]
    assert host["Privileged"] is False
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0


def test_ports_are_this_servers_alone(town: Town):
    listed = json.loads(subprocess.run(["ip", "-json", "address"], capture_output=True, check=True).stdout)
    own = {a["local"] for link in listed for a in link["addr_info"] if a["family"] == "inet"}
    assert len(own) > 1
    for port in PORTS:
        assert [address for address in sorted(own) if answers(address, port)] == ["127.0.0.1"], port
    bound = {
        (port, place["HostIp"])
        for name in CONTAINERS
        for port, places in (town.engine.about(name)["NetworkSettings"]["Ports"] or {}).items()
        for place in places or []
    }
    assert bound == {(f"{port}/tcp", "127.0.0.1") for port in PORTS}


def test_this_server_may_change_something_and_no_other_container_may(town: Town):
    job = "/scheduler/jobs/daily_briefing/pause"
    assert town.http.post(job).status_code == 200
    asked = f"POST {job} HTTP/1.0\\r\\nHost: {BRAIN}\\r\\nContent-Length: 0\\r\\n\\r\\n"
    script = f"exec 3<>/dev/tcp/{BRAIN}/8000; printf '{asked}' >&3; head -n 1 <&3"
    assert " 403 " in town.engine.inside(POSTGRES, "bash", "-c", script)


def test_secrets_are_in_no_environment_no_command_line_no_log_and_no_answer(town: Town):
    secrets = town.secrets()
    assert len(secrets) >= 9
    paths = [p for p, has in town.http.get("/openapi.json").json()["paths"].items() if "get" in has and "{" not in p]
    told = [town.http.get(path).text for path in paths if path != "/dashboard/events"]
    told += [town.http.get("/metrics").text]
    for name in CONTAINERS:
        told += [json.dumps(town.engine.about(name)), town.engine.podman("logs", name)]
        told += [town.engine.podman("history", "--no-trunc", town.engine.about(name)["Image"])]
        # MLflow's server reads the address of its database from its own environment, where its own user alone sees it
        kinds = ("cmdline",) if name == MLOPS else ("cmdline", "environ")
        files = [process / kind for process in processes(town, name) for kind in kinds]
        told += [shown(file) for file in files]
    for secret, value in secrets.items():
        assert not [text[:200] for text in told if value in text], secret


# ---------------------------------------------------------------------- who gets in
def test_the_door_shows_exactly_the_dashboard(town: Town, visitor: httpx.Client):
    operations = [
        (method.upper(), re.sub(r"\{\w+\}", "1", path))
        for path, methods in town.http.get("/openapi.json").json()["paths"].items()
        for method in methods
        if path != "/dashboard/events"
    ]
    seen = set()
    for method, path in operations:
        time.sleep(0.25)  # who tries doors more quickly is no longer answered
        if visitor.request(method, path).status_code != 403:
            seen.add((method, path))
    assert seen == {(m, p) for m, p in operations if m == "GET" and re.match(r"/dashboard(/|$)", p)}
    assert ("GET", "/dashboard/complete") in seen
    assert "<html" in visitor.get("/dashboard").text


def test_the_door_is_healthy_and_says_where_it_is(town: Town, visitor: httpx.Client):
    until(lambda: town.engine.health(DOOR) == "healthy", 90, "the door is healthy")
    assert "chocolate-factory" in town.engine.inside(DOOR, "tailscale", "status")
    powers = [status["CapEff"] for status in statuses(town, DOOR) if status["Name"] == "nginx"]
    assert len(powers) >= 2
    assert {int(power, 16) for power in powers} == {0}


# ---------------------------------------------------------------------- each killed in turn
def test_each_killed_in_turn_under_load_comes_back_by_itself_and_nothing_is_lost(town: Town, visitor: httpx.Client):
    # the containers run by the machine's clock
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    def look() -> int:
        try:
            return visitor.get("/dashboard/complete").status_code
        except httpx.TransportError:
            return 0

    load = Load(HTTP, look, now - timedelta(days=20))
    load.start()
    try:
        for name in (STORAGE, POSTGRES, MLOPS, BRAIN, DOOR):
            load.goes_on()
            began, pid = time.monotonic(), town.engine.state(name)["Pid"]
            town.engine.kill(name)
            until(lambda n=name, p=pid: town.engine.state(n)["Pid"] not in (0, p), 60, f"{name} is started again")
            until(lambda n=name: town.engine.health(n) == "healthy", 120, f"{name} is healthy again")
            until(town.is_well, 120, f"all is well after {name}")
            load.goes_on(120)
            print(f"{name}: all is well {time.monotonic() - began:.1f} s after it was killed")
    finally:
        load.stop()
    until(town.is_well, 60, "what waits is brought")
    assert set(load.looks) <= {0, 200, 502, 503, 504}
    assert readings_of(town.held()) == sorted(load.acknowledged.items())
    assert town.http.get("/influxdb/verify").json()["problems"] == []
