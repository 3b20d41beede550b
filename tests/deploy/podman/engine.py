"""podman in Docker's place, with a store of its own: its service, the images, Docker Compose, and looks at health.

It is rootful, for the containers' guards are to be those of a server. Nothing of the machine's other containers is
touched; what it keeps (some 9 GB, build layers included) lies under ``~/.cache/chocolate-factory/podman``.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
HOME = Path.home() / ".cache" / "chocolate-factory" / "podman"
RUN = Path("/run/chocolate-factory-podman")
SOCKET = RUN / "socket"
DEBIAN = "localhost/factory-debian:12"
#: What CPython's own modules are linked with, and what its images have beside.
LIBRARIES = (
    "ca-certificates", "libbz2-1.0", "libexpat1", "libffi8", "liblzma5", "libreadline8", "libsqlite3-0", "libssl3",
    "libuuid1", "netbase", "tzdata",
)  # fmt: skip
#: Of an interpreter's folder: what its image does not have.
NOT_TAKEN = shutil.ignore_patterns("__pycache__", "test", "idlelib", "tkinter", "config-*", "*.a")
#: Seconds between two looks at the health of a part that is starting; Compose's files ask for the same.
LOOK_S = 2.0


def until(true: Callable[[], Any], seconds: float, what: str, pause: float = 0.2) -> Any:
    """The first answer that is true."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(pause)
    return found


class Engine:
    """podman, and its service for Docker Compose while it is entered."""

    def __init__(self) -> None:
        for folder in (HOME, RUN):
            folder.mkdir(parents=True, exist_ok=True)
        self.env = os.environ | {
            "CONTAINERS_CONF": str(self._settings()),
            "DISABLE_HC_SYSTEMD": "true",
            "DOCKER_HOST": f"unix://{SOCKET}",
        }
        self._service: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Engine:
        with (HOME / "service.log").open("wb") as log:
            command = [*self.words(), "system", "service", "--time=0", f"unix://{SOCKET}"]
            self._service = subprocess.Popen(command, stdout=log, stderr=log, env=self.env)
        until(lambda: SOCKET.is_socket() or self._service.poll() is not None, 20, "podman's service")
        assert self._service.poll() is None, (HOME / "service.log").read_text()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._service is not None
        self._service.terminate()
        self._service.wait(20)

    def podman(self, *words: object, check: bool = True, **options: Any) -> str:
        """A command of it; what it prints, trouble included."""
        command = [*self.words(), *map(str, words)]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False, **options)
        assert done.returncode == 0 or not check, f"{words}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return (done.stdout + done.stderr).strip()

    def about(self, container: str) -> dict[str, Any]:
        return dict(json.loads(self.podman("inspect", container))[0])

    def state(self, container: str) -> dict[str, Any]:
        return dict(self.about(container)["State"])

    def health(self, container: str) -> str:
        state = self.state(container)
        return str((state.get("Healthcheck") or state.get("Health") or {}).get("Status", ""))

    def inside(self, container: str, *words: str, check: bool = True) -> str:
        return self.podman("exec", container, *words, check=check)

    def kill(self, container: str) -> None:
        """With -9 and from outside, as the kernel does when memory is short; podman's own kill is no accident to it."""
        os.kill(self.state(container)["Pid"], signal.SIGKILL)

    def has(self, image: str) -> bool:
        return subprocess.run([*self.words(), "image", "exists", image], env=self.env, check=False).returncode == 0

    @staticmethod
    def words() -> list[str]:
        """podman, and where it keeps what."""
        places = {"--root": HOME / "storage", "--runroot": RUN / "storage", "--tmpdir": RUN / "tmp"}
        return ["podman", *(str(word) for place in places.items() for word in place)]

    @staticmethod
    def _settings() -> Path:
        """podman would raise these two limits beyond what this process may."""
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        file = HOME / "containers.conf"
        file.write_text(
            f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc=4096:4096"]\n'
            f'[engine]\ncgroup_manager = "cgroupfs"\nruntime = "runc"\nevents_logger = "file"\n'
            f'conmon_env_vars = ["PATH={os.environ["PATH"]}", "CONTAINERS_CONF={file}", "DISABLE_HC_SYSTEMD=true"]\n'
            f'[network]\nnetwork_config_dir = "{HOME / "networks"}"\n'
        )
        return file


class Watch:
    """Looks at the health of containers, as podman has systemd do it: each in a thread of its own."""

    def __init__(self, engine: Engine, containers: list[str]) -> None:
        self._engine = engine
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._look_at, args=(name,)) for name in containers]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _look_at(self, container: str) -> None:
        while not self._over.wait(LOOK_S):
            self._engine.podman("healthcheck", "run", container, check=False)  # it may not be there yet


def images(engine: Engine, sources: Path, foreign: dict[str, str], programs: Path) -> None:
    """Every image that the Compose files name, built where it is not there yet.

    Args:
        sources: a copy of the repository.
        foreign: the names that the Compose files have for ``influxdb`` and ``postgres``.
        programs: the folder with ``tailscaled``.
    """
    if not engine.has(DEBIAN):
        _debian(engine)
    python = re.search(r"^ARG PYTHON=(\S+)", (sources / "docker" / "fastapi.Dockerfile").read_text(), re.MULTILINE)
    assert python is not None
    if not engine.has(f"docker.io/library/python:{python[1]}"):
        _stand_in(engine, "python", f"docker.io/library/python:{python[1]}", interpreter=_interpreter())
    for name, image in foreign.items():
        _stand_in(engine, name, f"docker.io/library/{image}")
    scripts = {"programs": programs, "scripts": sources / "docker" / "services" / "sidecar"}
    _stand_in(engine, "sidecar", "docker.io/chocolate-factory/sidecar:0.1.0", **scripts)
    for name, file in (("brain", "fastapi"), ("mlops", "mlflow")):
        tag = f"docker.io/chocolate-factory/{name}:0.1.0"
        built = ["build", "--network=host", "--format=docker", "--layers", "--file", f"docker/{file}.Dockerfile"]
        engine.podman(*built, "--tag", tag, ".", cwd=sources)


def _stand_in(engine: Engine, stage: str, tag: str, **contexts: Path) -> None:
    """One stage of the Containerfile beside, under that name."""
    more = [f"--build-context={name}={folder}" for name, folder in contexts.items()]
    built = ["build", "--network=host", "--format=docker", "--layers", "--target", stage, *more]
    engine.podman(*built, "--tag", tag, "--file", HERE / "Containerfile", HERE)


def _debian(engine: Engine) -> None:
    """A small Debian, with the certificates that this machine believes: its way out may be through others' hands."""
    folder = HOME / "debian"
    shutil.rmtree(folder, ignore_errors=True)
    made = ["debootstrap", "--variant=minbase", f"--include={','.join(LIBRARIES)}", "bookworm", str(folder)]
    subprocess.run(made, check=True, capture_output=True)
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", folder / "etc/ssl/certs/ca-certificates.crt")
    packed = subprocess.Popen(["tar", "--create", "--directory", str(folder), "."], stdout=subprocess.PIPE)
    engine.podman("import", "-", DEBIAN, stdin=packed.stdout)
    assert packed.wait() == 0
    shutil.rmtree(folder)


def _interpreter() -> Path:
    """This trial's own Python, without what was installed into it but pip."""
    folder = HOME / "interpreter"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(sys.base_prefix, folder, symlinks=True, ignore=_not_taken)
    return folder


def _not_taken(folder: str, names: list[str]) -> set[str]:
    others = {name for name in names if not re.match(r"(pip|setuptools|wheel)\b", name)}
    return set(NOT_TAKEN(folder, names)) | (others if Path(folder).name == "site-packages" else set())


def copied(folder: Path) -> Path:
    """The repository as it lies there, without what Git is told to leave out."""
    shutil.rmtree(folder, ignore_errors=True)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        with suppress(FileNotFoundError):  # deleted, and not yet in the index
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, folder / name)
    return folder
