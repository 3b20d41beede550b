"""A whole tailnet in a network namespace: a control server, the sidecar's door before a real brain, and a visitor.

Run by ``unshare`` as root of its own namespaces; prints what it saw as JSON. Arguments: a folder, the programs' folder.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

REPOSITORY = Path(__file__).resolve().parents[3]
SIDECAR = REPOSITORY / "docker" / "services" / "sidecar"
FOLDER, PROGRAMS = Path(sys.argv[1]), Path(sys.argv[2])
KEY = "tskey-of-the-trial"
ENV = {**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}:/usr/sbin:/sbin"}


def run(*words: object) -> str:
    return subprocess.run([str(w) for w in words], env=ENV, capture_output=True, text=True, check=False).stdout.strip()


def spawn(name: str, *words: object, **options: Any) -> subprocess.Popen[str]:
    with (FOLDER / f"{name}.log").open("a") as log:
        command = [str(w) for w in words]
        return subprocess.Popen(command, stdout=options.pop("stdout", log), stderr=log, text=True, **options)


def until(true: Callable[[], Any], what: str, seconds: float = 90.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, what
        time.sleep(0.2)
    return found


def network() -> None:
    """A namespace with an address of its own, so that Tailscale finds a network; it leads nowhere."""
    for words in (
        "link set lo up", "link add v0 type veth peer name v1", "link set v1 up", "addr add 10.77.0.2/24 dev v0",
        "link set v0 up", "route add default via 10.77.0.1",
    ):  # fmt: skip
        run("ip", *words.split())
    run("mount", "-t", "tmpfs", "none", "/run")
    run("sysctl", "--write", "net.ipv4.ip_unprivileged_port_start=0")  # as its Compose file has it


def brain() -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "chocolate_factory", "demo", "--port", "8000", "--data-dir", FOLDER / "data"]
    started = spawn("brain", *words, cwd=FOLDER, env=ENV)
    until(lambda: run("curl", "-sf", "http://127.0.0.1:8000/health"), "the brain answers", 180)
    return started


def said() -> list[str]:
    return re.findall(r"^door: (.*)$", (FOLDER / "door.log").read_text(), re.MULTILINE)


def door(control: str, key: str) -> subprocess.Popen[str]:
    (FOLDER / "key").write_text(key)
    told = {
        "TAILSCALE_AUTHKEY_FILE": FOLDER / "key", "TAILSCALE_HOSTNAME": "chocolate-factory", "MTU": "1280",
        "TAILSCALE_LOGIN_SERVER": control, "BRAIN": "127.0.0.1:8000", "DOOR_SSL": FOLDER / "ssl", "DOOR_TICK": 1,
        "DOOR_LOGS": FOLDER / "logs", "DOOR_STATE": FOLDER / "state", "DOOR_NGINX": SIDECAR.parent / "nginx",
    }  # fmt: skip
    # without new privileges, as its Compose file has it: root's programs would get every power back
    command = ["setpriv", "--no-new-privs", SIDECAR / "door"]
    return spawn("door", *command, env=ENV | {name: str(value) for name, value in told.items()})


def visitor(control: str) -> httpx.Client:
    """A second machine of the tailnet; its programs reach the others through a proxy."""
    socket = f"--socket={FOLDER}/visitor.sock"
    proxy = "--outbound-http-proxy-listen=127.0.0.1:1056"
    spawn(
        "visitor", PROGRAMS / "tailscaled", socket, f"--statedir={FOLDER}/visitor", "--tun=userspace-networking", proxy
    )
    until(lambda: run("tailscale", socket, "status", "--json"), "the visitor's daemon answers")
    run(
        "tailscale", socket, "up", f"--auth-key={KEY}", f"--login-server={control}", "--hostname=phone", "--timeout=60s"
    )
    return httpx.Client(proxy="http://127.0.0.1:1056", verify=False, timeout=20)


def certificate() -> None:
    made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=chocolate-factory"]
    places = ["-keyout", FOLDER / "ssl/dashboard.key", "-out", FOLDER / "ssl/dashboard.crt"]
    run("openssl", "req", "-x509", *made, *places)


def powers_of_nginx() -> set[str]:
    """The effective capabilities of its processes."""
    numbers = run("pgrep", "-x", "nginx").split()
    states = [Path(f"/proc/{number}/status").read_text() for number in numbers]
    return {power for state in states for power in re.findall(r"CapEff:\s+(\w+)", state)}


def status(client: httpx.Client, url: str) -> int:
    """What is answered; 0 while nobody does."""
    try:
        return client.get(url).status_code
    except httpx.TransportError:
        return 0


def asked(client: httpx.Client, address: str) -> dict[str, int]:
    """What the visitor gets."""
    wanted = [
        ("GET", "/dashboard"),
        ("GET", "/dashboard/complete"),
        ("GET", "/predict"),
        ("GET", "/metrics"),
        ("POST", "/plan"),
    ]
    return {f"{method} {path}": client.request(method, f"{address}{path}").status_code for method, path in wanted}


def play() -> dict[str, Any]:
    network()
    for place in ("ssl", "logs", "state"):
        (FOLDER / place).mkdir()
    brain()
    control_server = spawn("control", PROGRAMS / "tailnet", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert control_server.stdout is not None
    control = control_server.stdout.readline().strip()
    first = door(control, "")
    until(lambda: "TAILSCALE_AUTHKEY" in " ".join(said()), "the door says that it has no key")
    (FOLDER / "key").write_text(KEY)
    until(lambda: "the dashboard is at http://" in " ".join(said()), "the door opens")
    client = visitor(control)
    address = run("tailscale", "ip", "-4")
    saw: dict[str, Any] = {"address": address, "http": asked(client, f"http://{address}")}
    saw["page"] = client.get(f"http://{address}/dashboard").text
    saw["brain itself"] = status(client, f"http://{address}:8000/health")
    saw["powers"] = sorted(powers_of_nginx())
    saw["mtu"] = "".join(re.findall(r" mtu (\d+)", run("ip", "link", "show", "v0")))
    saw["healthy"] = subprocess.run([SIDECAR / "healthy"], env=ENV, capture_output=True, check=False).returncode
    certificate()
    until(lambda: "the dashboard is at https://" in " ".join(said()), "the door takes the certificate")
    until(lambda: status(client, f"http://{address}/dashboard") == 301, "HTTP leads on")
    saw["leads to"] = client.get(f"http://{address}/dashboard").headers["location"]
    saw["https"] = asked(client, f"https://{address}")
    run("pkill", "-KILL", "-x", "nginx")
    saw["ends without nginx"] = first.wait(30)
    second = door(control, "")
    until(lambda: said().count(said()[-1]) > 1 and "https://" in said()[-1], "the door opens again, by its state alone")
    until(lambda: status(client, f"https://{address}/dashboard") == 200, "the dashboard is back")
    second.send_signal(signal.SIGTERM)
    saw["ends when asked"] = second.wait(30)
    saw["said"] = said()
    return saw


print(json.dumps(play()))
