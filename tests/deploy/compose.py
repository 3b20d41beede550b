"""The Compose files as Docker Compose itself reads them: merged, its variables filled in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE = Path(sys.executable).parent / "docker-compose"
#: Services whose image is another's; the rest are built here.
FOREIGN = {"influxdb", "postgres"}
DOOR = "chocolate-factory"


def compose(*words: str, folder: Path = REPOSITORY, env_file: Path | None = None) -> str:
    """What a command of it prints."""
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    named = ["--env-file", str(env_file)] if env_file else []
    command = [str(COMPOSE), "--project-directory", str(folder), *named, *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=True).stdout


@cache
def whole() -> dict[str, Any]:
    """Both files, as ``docker compose up`` in docker/ takes them."""
    folder = REPOSITORY / "docker"
    files = ["-f", str(folder / "docker-compose.yml"), "-f", str(folder / "docker-compose.override.yml")]
    return dict(json.loads(compose(*files, "config", "--format", "json", folder=folder)))


def services() -> dict[str, dict[str, Any]]:
    return dict(whole()["services"])
