"""Acceptance 9: whose temperature is believed, and why, with readings of our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from own_upstreams import HOUR, Sky, serving
from stage import KEYS, Plant, Service, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]

#: Half past two on a hot afternoon in Linares.
NOW = datetime.fromisoformat("2026-08-14T14:30:00+02:00")
LAST_FULL_HOUR = datetime.fromisoformat("2026-08-14T12:00:00+00:00")


@contextmanager
def watching(sky: Sky, folder: Path, keys: dict[str, str], source: str) -> Iterator[Service]:
    """A service that has heard everybody; its hybrid then comes from ``source``."""
    with serving(sky), Plant(folder / "plant", {**sky.environment(), **keys}).serving() as service:
        until(lambda: hybrid(service)["source"] == source, 60.0, f"the temperature of {source} is taken", pause=0.2)
        yield service


def at(service: Service) -> datetime:
    return datetime.fromisoformat(service.get("/health")["checked_at"])


def hybrid(service: Service) -> dict[str, Any]:
    return service.get("/weather/hybrid")


def test_after_seven_oclock_the_second_source_stands_in_for_the_silent_station(tmp_path):
    midnight = datetime.fromisoformat("2026-08-14T00:00:00+00:00")
    night = {midnight + n * HOUR: (24.0 - 0.3 * n, 50.0) for n in range(8)}  # 00 to 07 alone
    with watching(Sky(NOW, night, second=(33.4, 28.0)), tmp_path, KEYS, "openweathermap") as service:
        service.settled()
        found = hybrid(service)
        assert (found["temperature_c"], found["humidity_pct"]) == (33.4, 28.0)
        assert (found["source"], found["kind"]) == ("openweathermap", "observed")
        assert "08:00" in found["reason"], "the local beginning of the station's last hour"
        assert "OpenWeatherMap" in found["reason"]
        assert service.get("/weather/hybrid", lang="en")["reason"].startswith(
            "The last official observation is of 08:00"
        )
        hours = {h["start"][11:16]: h["source"] for h in service.get("/dashboard/complete")["weather"]["observed"]}
        assert {hours[f"{h:02}:00"] for h in range(3, 9)} == {"aemet"}
        assert hours["14:00"] == "openweathermap"


def test_ten_degrees_apart_in_a_heat_wave_the_station_is_not_believed(tmp_path):
    noon = {LAST_FULL_HOUR: (25.6, 30.0)}
    with watching(Sky(NOW, noon, second=(35.6, 22.0)), tmp_path, KEYS, "openweathermap") as service:
        found = hybrid(service)
        assert (found["temperature_c"], found["source"], found["humidity_pct"]) == (35.6, "openweathermap", 22.0)
        assert (found["official_c"], found["second_c"]) == (25.6, 35.6)
        assert "25.6" in found["reason"]
        assert "35.6" in found["reason"]


def test_the_station_is_believed_where_the_two_agree(tmp_path):
    with watching(Sky(NOW, {LAST_FULL_HOUR: (34.1, 24.0)}, second=(35.6, 22.0)), tmp_path, KEYS, "aemet") as service:
        service.settled()
        found = hybrid(service)
        assert (found["temperature_c"], found["source"], found["kind"]) == (34.1, "aemet", "observed")


def test_the_second_source_and_then_the_grid_stand_in_while_the_station_is_down(tmp_path):
    sky = Sky(NOW, official=None, second=(33.4, 28.0))
    with watching(sky, tmp_path, KEYS, "openweathermap") as service:
        found = hybrid(service)
        assert (found["temperature_c"], found["source"]) == (33.4, "openweathermap")
        until(
            lambda: service.checks()["upstream:aemet"]["status"] == "down", 30.0, "three tries without AEMET are made"
        )
        sky.now, sky.second = sky.now + timedelta(hours=4), None
        until(lambda: at(service) >= sky.now, 20.0, "the service's clock follows")
        service.post("/ingest-now", json={"source": "hybrid"})
        found = hybrid(service)
        assert (found["temperature_c"], found["source"]) == (30.5, "open_meteo_analysis")
        assert service.checks()["upstream:openweathermap"]["status"] == "down"


def test_without_keys_the_grid_gives_the_weather(tmp_path):
    sky = Sky(NOW, {LAST_FULL_HOUR: (25.6, 30.0)}, second=(35.6, 22.0))
    with watching(sky, tmp_path, {}, "open_meteo_analysis") as service:
        service.settled()
        found = hybrid(service)
        assert (found["temperature_c"], found["humidity_pct"]) == (30.5, 41.0)
        assert (found["source"], found["kind"]) == ("open_meteo_analysis", "reanalysis")
        assert "Open-Meteo" in found["reason"]
        assert service.get("/aemet/token/status")["status"] == "not set"
