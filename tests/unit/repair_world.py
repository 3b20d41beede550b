"""A plant at rest, and a repair of it."""

from __future__ import annotations

from fakes import Plant, at, expected_specs

from chocolate_factory.domain.errors import UpstreamDownError
from chocolate_factory.domain.time import Interval

NOW = at("2026-11-20T10:20")
DOWN = UpstreamDownError("ree", "no answer in time")


def resting_plant():
    plant = Plant(NOW)
    yield plant
    plant.close()


def run(plant, *series: str, window: Interval | None = None, **how):
    """A repair of these series, or of all."""
    names = series or [s.name for s in expected_specs()]
    windows = dict.fromkeys(names, window) if window else {n: plant.detect.own_windows()[n] for n in names}
    return plant.repair(windows, trigger="test", **how)
