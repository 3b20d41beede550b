"""Commands run as their process would, in a folder of their own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from web_house import NOON, StillClock, behind_every_house, plant, silence

from chocolate_factory import logs
from chocolate_factory.cli import terminal
from chocolate_factory.cli.app import run
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import HOUR
from chocolate_factory.settings import IN_FILES, SECRETS, Settings, read_settings
from chocolate_factory.wiring import House, build

UPSTREAMS = [name.upper() for name in Settings.model_fields if name.endswith("_base_url")]


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Ended]


def command_line(tmp_path, monkeypatch, capsys) -> Cli:
    """Runs a command as its process would, in a folder of its own, at noon, with every upstream down."""
    behind_every_house(monkeypatch, silence)
    for name in [
        *UPSTREAMS,
        *SECRETS,
        *(f"{n}_FILE" for n in IN_FILES),
        "LEDGER_URL",
        "MLFLOW_TRACKING_URI",
        "CLOCK_URL",
        "API_HOST",
        "API_PORT",
    ]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(terminal, "build", lambda found: build(found, clock=StillClock()))
    monkeypatch.setattr(logs, "configure", lambda *_: None)

    def call(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["chocolate-factory", *map(str, words)])
        capsys.readouterr()
        with structlog.testing.capture_logs(), pytest.raises(SystemExit) as ended:
            run()
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return call


def opened(tmp_path: Path) -> House:
    """The house of the command line, to look into."""
    return build(read_settings({"DATA_DIR": str(tmp_path / "data")}, Path("no.env")), clock=StillClock())


def held(tmp_path: Path) -> list[Observation]:
    house = opened(tmp_path)
    try:
        return list(house.store.everything())
    finally:
        house.close()


def filled_store(cli, tmp_path) -> list[Observation]:
    """What the store holds: prices with a revision, weather of two sources, a forecast, an estimate, odd values."""
    house = opened(tmp_path)
    plant(house, "pvpc", "2026-06-15", "2026-06-16", source="ree", value=-12.345678901234567)
    plant(house, "spot", "2025-09-30", "2025-10-01", source="omie")
    plant(house, "temperature_max", "2026-05-01", "2026-05-31", source="siar", value=31.4)
    made = [
        observation("pvpc", "ree", Kind.OBSERVED, NOON.replace(minute=0) - 30 * HOUR, 0.1 + 0.2, NOON),
        observation("temperature", "open_meteo", Kind.FORECAST, NOON.replace(minute=0) + HOUR, 40.0, NOON),
        observation("generation_wind", "ree", Kind.ESTIMATED, NOON.replace(hour=22, minute=0) - 24 * HOUR, 1e5, NOON),
    ]
    house.store.write([o._replace(received_at=NOON - timedelta(microseconds=1)) for o in made])
    house.close()
    return held(tmp_path)
