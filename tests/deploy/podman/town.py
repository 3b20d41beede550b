"""The whole topology, by Docker Compose on podman, from a copy of the repository; replay and tailnet beside it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import httpx
from compose import COMPOSE, FOREIGN, services
from engine import HOME, RUN, Engine, Watch, copied, images, until

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "e2e"))

from stage import UPSTREAMS, end, free_port, spawn

from chocolate_factory.adapters.influx_http import address_of
from chocolate_factory.adapters.influx_store import InfluxStore
from chocolate_factory.domain.series import Observation

#: Of the containers' network: this server, as they see it, and ports that the trial listens on there.
GATEWAY, UPSTREAM_PORT, CONTROL_PORT, PROXY_PORT = "192.168.100.1", 8900, 8899, 1056
BRAIN, STORAGE, MLOPS = "chocolate_factory_brain", "chocolate_factory_storage", "chocolate_factory_mlops"
POSTGRES, DOOR = "chocolate_factory_postgres", "chocolate-factory"
CONTAINERS = [BRAIN, STORAGE, MLOPS, POSTGRES, DOOR]
HTTP = "http://127.0.0.1:8000"
KEY = "tskey-of-the-trial"
TRIES = 3
IP_FREEBIND = 15  # of linux/in.h: the address may come later

PORTS = (8000, 8086, 5000)
NEEDED = ("podman", "runc", "debootstrap", "ip")
PARTS_OF_PODMAN = ("/usr/libexec/podman/catatonit", "/usr/lib/podman/aardvark-dns")

ROOMS = {
    "REE": "ree", "ESIOS": "esios", "OMIE": "omie", "AEMET": "aemet", "OPENWEATHERMAP": "owm",
    "OPEN_METEO": "open-meteo", "OPEN_METEO_ARCHIVE": "open-meteo-archive", "DATOSCLIMA": "datosclima",
}  # fmt: skip


def what_is_missing() -> list[str]:
    """In words; nothing where the trial can be made here."""
    programs = [name for name in NEEDED if shutil.which(name) is None]
    files = [place for place in PARTS_OF_PODMAN if not Path(place).exists()]
    taken = [port for port in PORTS if answers("127.0.0.1", port)]
    reasons = {
        "it wants one process: pytest -n 0": "PYTEST_XDIST_WORKER" in os.environ,
        "it wants root": os.getuid() != 0,
        f"not installed: {programs} (apt-get install podman runc debootstrap iproute2)": programs,
        f"not there: {files} (apt-get install catatonit aardvark-dns)": files,
        f"the replay of the upstreams is not here ({UPSTREAMS})": not UPSTREAMS.is_dir(),
        f"ports of this machine are taken: {taken}": taken,
    }
    return [words for words, holds in reasons.items() if holds]


def answers(address: str, port: int) -> bool:
    with socket.socket() as line:
        line.settimeout(2)
        return line.connect_ex((address, port)) == 0


class Town:
    """Everything, between ``enter`` and ``leave``.

    Attributes:
        cold_s, warm_s: from ``docker compose up`` to the first 200 of ``/ready``, with nothing kept and with a store;
            the latter several times, for a machine that does other things too may starve one.
    """

    def __init__(self, engine: Engine, programs: Path) -> None:
        self.engine, self.programs = engine, programs
        self.folder = HOME / "plant"
        self.http = httpx.Client(base_url=HTTP, timeout=30.0)
        self.cold_s, self.warm_s = 0.0, list[float]()
        self._last = ExitStack()

    def enter(self) -> None:
        """Up with nothing kept, what the upstreams have brought in, down, and up again."""
        self._last.callback(self.http.close)
        self._set_up()
        self._last.callback(self._compose_down)
        self._last.enter_context(Watch(self.engine, CONTAINERS))
        self._upstreams()
        self.cold_s = self._seconds_to_ready()
        self.ingest()
        for _ in range(TRIES):
            self.compose("down")
            self.warm_s.append(self._seconds_to_ready())

    def leave(self) -> None:
        self._last.close()

    def compose(self, *words: str) -> str:
        """Docker Compose in the repository's folder, as docs/deploy.md has it."""
        return self._done([str(COMPOSE), *words])

    def follow(self, lines: tuple[str, ...]) -> str:
        """A block of docs/deploy.md, word by word, in the repository's folder."""
        return self._done(["bash", "-euo", "pipefail", "-c", "\n".join(lines)])

    def _done(self, command: list[str]) -> str:
        """What it printed; trouble is told with all that it said."""
        more = {
            "COMPOSE_FILE": "compose.yaml:tests/deploy/podman/compose.yaml",
            "TRIAL_COMPOSE": str(COMPOSE),
            "TRIAL_PODMAN": " ".join(self.engine.words()),
            "PATH": f"{Path(__file__).parent}:{self.engine.env['PATH']}",
        }
        env = self.engine.env | more
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def ingest(self) -> None:
        """Until it brings nothing that is new."""
        until(lambda: self._written() == 0, 300, "everything is brought in", pause=1.0)

    def ready(self) -> bool:
        try:
            return self.http.get("/ready").status_code == 200
        except httpx.TransportError:
            return False

    def checks(self) -> dict[str, str]:
        """What the brain says of each part; nothing while it does not answer."""
        try:
            return {check["name"]: check["status"] for check in self.http.get("/health").json()["checks"]}
        except (httpx.TransportError, KeyError):
            return {}

    def is_well(self) -> bool:
        """It is ready, every part serves, and nothing waits to be brought."""
        checks = self.checks()
        return self.ready() and {checks.get(name) for name in ("store", "store spool", "ledger")} == {"ok"}

    def held(self) -> list[Observation]:
        """Everything that the store holds."""
        address = address_of("influxdb://127.0.0.1:8086/factory", self.secrets()["influxdb_token"], "plant")
        store = InfluxStore(address)
        try:
            return list(store.everything())
        finally:
            store.close()

    def secrets(self) -> dict[str, str]:
        """Those that are set."""
        files = sorted((self.folder / "docker" / "secrets").iterdir())
        return {file.name: file.read_text().strip() for file in files if file.read_text().strip()}

    def join_the_tailnet(self) -> str:
        """The key as docs/deploy.md has it put in, a control server, and a second machine; the door's address."""
        words = [str(self.programs / "tailnet"), f"--host={GATEWAY}", f"--port={CONTROL_PORT}"]
        control = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._last.callback(_ended, control)
        assert control.stdout is not None
        login = control.stdout.readline().strip()
        with (self.folder / ".env").open("a") as env:
            env.write(f"\nTAILSCALE_AUTHKEY={KEY}\n")
        self._secrets()
        until(lambda: "the dashboard is at http://" in self.said(), 120, "the door opens")
        self._visitor(login)
        return self.engine.inside(DOOR, "tailscale", "ip", "-4")

    def said(self) -> str:
        return self.engine.podman("logs", DOOR)

    def _set_up(self) -> None:
        copied(self.folder)
        for kept in ("docker/services/influxdb/data", "docker/services/postgres/data"):
            assert not (self.folder / kept).exists()
        text = (self.folder / ".env.example").read_text()
        bases = "".join(f"{n}_BASE_URL=http://{GATEWAY}:{UPSTREAM_PORT}/{room}\n" for n, room in ROOMS.items())
        keys = f"AEMET_API_KEY=replay\nOPENWEATHERMAP_API_KEY=replay\nAPI_TOKEN=marked-{'0123456789' * 3}\n"
        login = f"TAILSCALE_LOGIN_SERVER=http://{GATEWAY}:{CONTROL_PORT}\n"
        (self.folder / ".env").write_text(f"{text}\n{bases}{keys}{login}")
        self._secrets()
        foreign = {name: services()[name]["image"] for name in FOREIGN}
        images(self.engine, self.folder, foreign, self.programs)

    def _secrets(self) -> None:
        subprocess.run([self.folder / "scripts" / "secrets"], check=True, capture_output=True)

    def _seconds_to_ready(self) -> float:
        began = time.monotonic()
        self.compose("up", "--detach")
        until(self.ready, 120, "/ready", pause=0.1)
        return time.monotonic() - began

    def _compose_down(self) -> None:
        """With the door's identity; what is kept stays to be looked at, until the next trial begins."""
        self.compose("down", "--volumes")

    def _written(self) -> int:
        return int(self.http.post("/ingest-now", json={"source": "all"}, timeout=120.0).json()["written"])

    def _upstreams(self) -> None:
        """The replay answers on loopback alone: the containers reach it by their gateway."""
        port = free_port()
        command = [sys.executable, str(UPSTREAMS / "replay.py"), "--port", str(port), "--no-limits"]
        self._last.callback(end, spawn(command, HOME / "replay.log"))
        server = Relay(port)
        Thread(target=server.serve_forever, daemon=True).start()
        self._last.callback(server.server_close)
        self._last.callback(server.shutdown)

    def _visitor(self, login: str) -> None:
        """A telephone, so to say: what goes through its proxy goes through the tailnet."""
        state, at = HOME / "visitor", f"--socket={RUN}/visitor"
        shutil.rmtree(state, ignore_errors=True)
        proxy = f"--outbound-http-proxy-listen=127.0.0.1:{PROXY_PORT}"
        daemon = [str(self.programs / "tailscaled"), at, f"--statedir={state}", "--tun=userspace-networking", proxy]
        self._last.callback(end, spawn(daemon, HOME / "visitor.log"))
        client = [str(self.programs / "tailscale"), at]
        asked = [*client, "status", "--json"]
        until(lambda: subprocess.run(asked, capture_output=True, check=False).returncode == 0, 20, "it lives")
        up = [*client, "up", f"--auth-key={KEY}", f"--login-server={login}", "--hostname=phone", "--timeout=60s"]
        subprocess.run(up, check=True, capture_output=True)


def _ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()  # closes its pipes


class Relay(ThreadingTCPServer):
    """Hands on what comes to the gateway's port, to a port of loopback."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int) -> None:
        self.aim = ("127.0.0.1", port)
        super().__init__((GATEWAY, UPSTREAM_PORT), _Handed)

    def server_bind(self) -> None:
        """The address comes with the first container."""
        self.socket.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        super().server_bind()


class _Handed(BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        with socket.create_connection(self.server.aim) as there:
            back = Thread(target=_pump, args=(there, self.request), daemon=True)
            back.start()
            _pump(self.request, there)
            back.join()


def _pump(source: socket.socket, aim: socket.socket) -> None:
    try:
        while some := source.recv(65536):
            aim.sendall(some)
        aim.shutdown(socket.SHUT_WR)
    except OSError:
        return  # either side has gone, which ends both ways
