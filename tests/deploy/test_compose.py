"""The Compose files: of the specification's form, and as guarded as they say."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent))

from compose import COMPOSE, DOOR, FOREIGN, REPOSITORY, compose, services, whole

from chocolate_factory.settings import IN_FILES, Settings, read_settings

FILES = [REPOSITORY / "compose.yaml", *sorted((REPOSITORY / "docker").glob("docker-compose*.yml"))]
NAMES = {
    "fastapi-app": "chocolate_factory_brain",
    "influxdb": "chocolate_factory_storage",
    "mlops": "chocolate_factory_mlops",
    "postgres": "chocolate_factory_postgres",
    DOOR: DOOR,
}
PORTS = {"fastapi-app": 8000, "influxdb": 8086, "mlops": 5000}
#: Of the settings: what the containers decide themselves, whatever .env says.
THEIR_OWN = {
    "API_HOST", "API_PORT", "API_LOCAL_NETWORKS", "DATA_DIR", "TIMESERIES_URL", "INFLUXDB_ORG", "MLFLOW_TRACKING_URI",
    "LOG_FORMAT",
}  # fmt: skip
every_service = pytest.mark.parametrize("name", NAMES)


def environment(name: str) -> dict[str, str]:
    return {key: value or "" for key, value in services()[name].get("environment", {}).items()}


def as_made_of(folder: Path, env: str) -> dict[str, Any]:
    """The whole, from the repository's root, with that ``.env``."""
    for file in FILES:
        there = folder / file.relative_to(REPOSITORY)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_text(file.read_text())
    (folder / ".env").write_text(env)
    return dict(json.loads(compose("config", "--format", "json", folder=folder)))


def test_the_files_are_of_the_specifications_form():
    check = [str(COMPOSE.with_name("check-jsonschema")), "--builtin-schema", "vendor.compose-spec", *map(str, FILES)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_services_are_these():
    assert {name: service["container_name"] for name, service in services().items()} == NAMES


@every_service
def test_a_service_is_guarded(name):
    service = services()[name]
    assert "privileged" not in service
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_ADMIN"] if name == DOOR else [])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["user"] == ("0:0" if name == DOOR else "1000:1000")
    assert not {"network_mode", "pid", "ipc", "userns_mode", "uts", "cgroup_parent", "volumes_from"} & set(service)
    assert [device["source"] for device in service.get("devices", [])] == (["/dev/net/tun"] if name == DOOR else [])


@every_service
def test_a_service_comes_back_and_ends_in_peace(name):
    service = services()[name]
    assert service["restart"] == "unless-stopped"
    assert service["init"] is True
    assert 10 <= int(service["stop_grace_period"].rstrip("s")) <= 60


@every_service
def test_a_service_is_bounded(name):
    limits = services()[name]["deploy"]["resources"]["limits"]
    assert 0 < float(limits["cpus"]) <= 2
    assert 2**28 <= int(limits["memory"]) <= 3 * 2**30
    assert 64 <= limits["pids"] <= 256
    assert services()[name]["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}
    assert all("size=" in place for place in services()[name]["tmpfs"])


@every_service
def test_a_service_says_how_it_is(name):
    check = services()[name]["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period", "start_interval"} <= set(check)
    assert (check["interval"] == "1m0s") is (name == DOOR)


@every_service
def test_a_service_is_pinned(name):
    service = services()[name]
    image, _, tag = service["image"].partition(":")
    assert re.fullmatch(r"\d+(\.\d+)+(-\w+)?", tag), service["image"]
    assert image.startswith("chocolate-factory/") is (name not in FOREIGN)
    assert ("build" in service) is (name not in FOREIGN)


@every_service
def test_a_service_is_found_by_the_containers_name(name):
    assert NAMES[name] in services()[name]["networks"]["plant"]["aliases"]


def test_who_starts_after_whom():
    waits = {
        name: {other: how["condition"] for other, how in service.get("depends_on", {}).items()}
        for name, service in services().items()
    }
    healthy = dict.fromkeys(("influxdb", "postgres", "mlops"), "service_healthy")
    assert waits == {
        "influxdb": {},
        "postgres": {},
        "mlops": {"postgres": "service_healthy"},
        "fastapi-app": healthy,
        DOOR: {"fastapi-app": "service_started"},
    }


def test_nobody_waits_for_the_door():
    """Without a key it has nothing to do, and the rest must run."""
    assert not any(DOOR in service.get("depends_on", {}) for service in services().values())


def test_ports_are_this_servers_alone():
    published = {
        (name, port["host_ip"], int(port["published"]), port["target"])
        for name, service in services().items()
        for port in service.get("ports", [])
    }
    assert published == {(name, "127.0.0.1", port, port) for name, port in PORTS.items()}


def test_the_network_and_who_of_it_is_local():
    assert set(whole()["networks"]) == {"plant"}
    [plan] = whole()["networks"]["plant"]["ipam"]["config"]
    assert plan == {"subnet": "192.168.100.0/24", "gateway": "192.168.100.1"}
    local = [ip_network(n) for n in environment("fastapi-app")["API_LOCAL_NETWORKS"].split(",")]
    at_home = [address for address in ip_network(plan["subnet"]).hosts() if any(address in n for n in local)]
    assert at_home == [ip_address(plan["gateway"])]


def test_packets_of_the_door_fit_into_the_tailnet():
    assert environment(DOOR)["MTU"] == "1280"


def test_what_is_kept_lies_where_it_should():
    kept = {
        (name, str(Path(v["source"]).relative_to(REPOSITORY)) if v["type"] == "bind" else v["source"], v["target"])
        for name, service in services().items()
        for v in service["volumes"]
        if not v.get("read_only")
    }
    assert kept == {
        ("fastapi-app", "docker/services/fastapi", "/data"),
        ("influxdb", "docker/services/influxdb/data", "/var/lib/influxdb2"),
        ("postgres", "docker/services/postgres/data", "/var/lib/postgresql/data"),
        ("mlops", "docker/services/mlflow/artifacts", "/artifacts"),
        (DOOR, "tailscale_state", "/var/lib/tailscale"),
        (DOOR, "logs/sidecar/nginx", "/var/log/nginx"),
        (DOOR, "ssl", "/ssl"),
    }


def test_the_brain_finds_the_others_by_their_names():
    brain = environment("fastapi-app")
    assert brain["TIMESERIES_URL"] == "influxdb://chocolate_factory_storage:8086/factory"
    assert brain["MLFLOW_TRACKING_URI"] == "http://chocolate_factory_mlops:5000"
    assert environment(DOOR)["BRAIN"] == "chocolate_factory_brain:8000"
    assert brain["INFLUXDB_ORG"] == environment("influxdb")["DOCKER_INFLUXDB_INIT_ORG"]


def test_every_setting_reaches_the_brain():
    wanted = {name.upper() for name in Settings.model_fields}
    given = {
        name.removesuffix("_FILE") if name.removesuffix("_FILE") in IN_FILES else name
        for name in environment("fastapi-app")
    }
    assert given == wanted


def test_what_env_does_not_say_is_the_default():
    said = {name: value for name, value in environment("fastapi-app").items() if not name.endswith("_FILE")}
    found = read_settings(said, Path("/nonexistent"))
    differing = {n.upper() for n in Settings.model_fields if getattr(found, n) != getattr(Settings(), n)}
    assert differing == THEIR_OWN - {"API_PORT"}


def test_what_env_says_reaches_the_brain(tmp_path):
    """From the repository's root, through compose.yaml."""
    names = sorted({n.upper() for n in Settings.model_fields} - THEIR_OWN - set(IN_FILES))
    found = as_made_of(tmp_path, "".join(f"{name}=told-{name}\n" for name in names))
    brain = found["services"]["fastapi-app"]["environment"]
    assert {name: brain[name] for name in names} == {name: f"told-{name}" for name in names}
    assert found["name"] == "chocolate-factory"


def test_secrets_are_files_and_in_no_environment():
    names = "TOKEN|KEY|PASSWORD|SECRET|NOTIFY|LEDGER|STORE_URI"
    for name in NAMES:
        secret = {key: value for key, value in environment(name).items() if re.search(names, key)}
        assert all(key.endswith("_FILE") and value.startswith("/run/secrets/") for key, value in secret.items()), name
        lying = {value.removeprefix("/run/secrets/") for value in secret.values()}
        assert lying <= {s["source"] for s in services()[name].get("secrets", [])}
    assert all(set(s) == {"name", "file"} for s in whole()["secrets"].values())
    assert all("/docker/secrets/" in s["file"] for s in whole()["secrets"].values())


def test_what_env_says_of_a_secret_is_nowhere_in_what_compose_makes_of_it(tmp_path):
    """Compose reads ``.env`` too: whatever secret stands in it, no container's environment gets to hold it."""
    names = [*IN_FILES, "TAILSCALE_AUTHKEY", "INFLUXDB_PASSWORD", "POSTGRES_PASSWORD"]
    found = as_made_of(tmp_path, "".join(f"{name}=marked-{name}\n" for name in names))
    assert "marked-" not in json.dumps(found)


def test_each_sees_its_own_secrets_alone():
    seen = {name: {s["source"] for s in service.get("secrets", [])} for name, service in services().items()}
    assert seen["mlops"] == {"mlflow_url"}
    assert seen["influxdb"] == {"influxdb_password", "influxdb_token"}
    assert seen["postgres"] == {"postgres_password", "ledger_password", "mlflow_password"}
    assert seen[DOOR] == {"tailscale_authkey"}
    assert not seen["fastapi-app"] & {"postgres_password", "influxdb_password", "mlflow_password", "tailscale_authkey"}
    assert set().union(*seen.values()) == set(whole()["secrets"])


def test_the_root_file_includes_both():
    assert yaml.safe_load((REPOSITORY / "compose.yaml").read_text())["include"][0]["path"] == [
        "docker/docker-compose.yml",
        "docker/docker-compose.override.yml",
    ]
