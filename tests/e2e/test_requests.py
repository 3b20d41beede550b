"""An hour of ``accelerated`` (simulated): each upstream within its limit, nothing asked that is stored and final."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from simulated import MINUTE, OwnReplay, SimulatedClock, living
from stage import NOTHING, PREFIX

from chocolate_factory.adapters.plant_file import document_of, read_plant
from chocolate_factory.domain.time import HOUR
from chocolate_factory.wiring import LIMITS

pytestmark = pytest.mark.slow

#: A Tuesday: today's prices are known, tomorrow's come at 20:20.
MORNING = datetime.fromisoformat("2026-11-10T10:57:00+01:00")
EVENING = datetime.fromisoformat("2026-11-10T20:07:00+01:00")
#: Second routes and archives: nobody needs them while the first ones answer and nothing is missing.
STAND_INS = ("esios", "omie", "open_meteo_archive", "datosclima")
PRICES = ("precios-mercados", "/esios/", "/omie/")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rest.yaml").write_text(json.dumps(document_of(read_plant()) | {"demand": NOTHING}, default=str))
    return tmp_path


@pytest.fixture
def world(request) -> Iterator[tuple[SimulatedClock, OwnReplay]]:
    clock = SimulatedClock(request.param)
    with OwnReplay(clock).serving() as replay:
        yield clock, replay


def in_a_minute(moments: list[datetime]) -> int:
    """The most that came within any sixty seconds."""
    return max((sum(begin <= m < begin + MINUTE for m in moments) for begin in moments), default=0)


def assert_within_limits(replay: OwnReplay) -> None:
    most = {name: in_a_minute(replay.asked_of(name)) for name in PREFIX}
    assert [name for name, count in most.items() if count > LIMITS[name].per_minute] == [], most


def prices_asked(replay: OwnReplay) -> list[str]:
    return [f"{moment:%H:%M} {path}" for moment, path in replay.asked if any(word in path for word in PRICES)]


@pytest.mark.parametrize("world", [MORNING], indirect=True)
def test_an_hour_with_everything_there(folder, world, monkeypatch):
    clock, replay = world
    with living(folder / "data", replay, clock, monkeypatch, PLANT_FILE=str(folder / "rest.yaml")) as life:
        life.until(MORNING + 3 * MINUTE)  # the catch-up, and what was due before the start
        assert replay.asked_of("ree")
        assert_within_limits(replay)
        replay.asked.clear()
        life.until(MORNING + 3 * MINUTE + HOUR)
        asked = {name: len(replay.asked_of(name)) for name in PREFIX}
        print(asked)
        assert_within_limits(replay)
        assert prices_asked(replay) == []
        assert {name: asked[name] for name in STAND_INS} == dict.fromkeys(STAND_INS, 0)
        assert asked["ree"] <= 12 + 1, "demand every five minutes, generation once"
        assert asked["openweathermap"] <= 12 + 1, "the reading every five minutes, the forecast once"
        assert 2 <= asked["aemet"] <= 6 * 2, "the hour's observation as often as it may be late, each in two requests"
        assert asked["open_meteo"] <= 2
        replay.asked.clear()
    # switched off and on: what is stored is not asked for again
    with living(folder / "data", replay, clock, monkeypatch, PLANT_FILE=str(folder / "rest.yaml")) as life:
        life.until(clock.now() + 5 * MINUTE)
        assert prices_asked(replay) == []
        assert {name: len(replay.asked_of(name)) for name in STAND_INS} == dict.fromkeys(STAND_INS, 0)
        assert len(replay.asked) <= 10, replay.asked


@pytest.mark.parametrize("world", [EVENING], indirect=True)
def test_tomorrows_prices_are_asked_for_until_they_are_there_and_no_longer(folder, world, monkeypatch):
    clock, replay = world
    with living(folder / "data", replay, clock, monkeypatch, PLANT_FILE=str(folder / "rest.yaml")) as life:
        life.until(EVENING.replace(minute=10))
        replay.asked.clear()
        life.until(EVENING.replace(minute=15))
        assert prices_asked(replay), "asked for, and not there yet"
        life.until(EVENING.replace(minute=25))
        replay.asked.clear()
        life.until(EVENING.replace(minute=25) + HOUR)
        assert prices_asked(replay) == []
        assert_within_limits(replay)
