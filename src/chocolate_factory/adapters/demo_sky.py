"""The demo's sky: the invented weather of Linares, and the noise that all of the demo is made of.

What demo_world.py says of its numbers holds here: shapes from public knowledge, values from nowhere.
"""

from __future__ import annotations

import math
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from chocolate_factory.domain.time import HOUR

YEAR_H = 365.2425 * 24
LATITUDE = math.radians(39.0)  # the middle of the country: its panels, not the plant's
SOLAR_NOON_UTC_H = 12.25

# Means of each month, January first; a moment lies between the middles of two of them.
TEMPERATURE_C = (8.0, 9.6, 12.7, 15.3, 19.8, 25.4, 29.2, 28.7, 24.0, 18.3, 12.2, 8.9)
SWING_C = (4.8, 5.4, 6.2, 6.6, 7.4, 8.4, 9.0, 8.8, 7.6, 6.0, 5.2, 4.6)  # half of a clear day's range
DEW_POINT_C = (3.2, 3.4, 4.6, 6.3, 8.4, 10.4, 11.0, 11.6, 11.6, 10.2, 6.8, 4.4)
CLOUD = (0.50, 0.48, 0.46, 0.46, 0.38, 0.20, 0.07, 0.10, 0.28, 0.42, 0.50, 0.52)


def hours_since_1970(moment: datetime) -> float:
    """The axis of every curve here: UTC hours since the epoch."""
    return moment.timestamp() / 3600.0


def relative_humidity(temperature_c: float, dew_point_c: float) -> float:
    """Percent, by Magnus' formula (17.62, 243.12 °C over water)."""
    t, d = (17.62 * x / (243.12 + x) for x in (temperature_c, dew_point_c))
    return 100.0 * math.exp(d - t)


class Noise:
    """Smooth randomness without state: a hash of (seed, name, knot), eased between knots."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._knot = lru_cache(maxsize=4096)(self._hashed)

    def _hashed(self, name: str, knot: int) -> float:
        digest = blake2b(f"{self._seed}|{name}|{knot}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**63 - 1.0

    def __call__(self, name: str, hour: float, spacing_h: float) -> float:
        """-1..1, wandering from one knot to the next in ``spacing_h`` hours."""
        place = hour / spacing_h
        knot = math.floor(place)
        part = place - knot
        before, after = self._knot(name, knot), self._knot(name, knot + 1)
        return before + (after - before) * part * part * (3.0 - 2.0 * part)


class Air(NamedTuple):
    """The weather of one moment in Linares: °C, °C, hPa, m/s, share of the sky 0..1."""

    temperature: float
    dew_point: float
    pressure: float
    wind_speed: float
    cloud: float

    @property
    def humidity(self) -> float:
        """Relative, percent."""
        return relative_humidity(self.temperature, self.dew_point)


class Sky:
    """Weather of one seed. All methods are pure."""

    def __init__(self, noise: Noise) -> None:
        self._noise = noise

    def air(self, moment: datetime) -> Air:
        """The weather that happens."""
        hour = hours_since_1970(moment)
        high, cloud = self._high(hour), self.cloud(hour)
        temperature = self.mean_temperature(hour) + by_month(SWING_C, hour) * (1.0 - 0.5 * cloud) * _daily(hour)
        return Air(
            temperature=temperature,
            dew_point=min(by_month(DEW_POINT_C, hour) + 4.5 * self._noise("moisture", hour, 54.0), temperature - 0.3),
            pressure=956.0 + (5.0 + 4.0 * winter(hour)) * high - 0.8 * _daily(hour),
            wind_speed=(1.9 + 0.9 * _daily(hour)) * (1.0 + 0.7 * self._noise("breeze", hour, 11.0)) * _storm(high),
            cloud=cloud,
        )

    def forecast_air(self, moment: datetime, made_at: datetime) -> Air:
        """What a forecaster of this world said of it: the truth and an error that grows with the lead."""
        hour, truth = hours_since_1970(moment), self.air(moment)
        doubt = min(5.0, 0.45 * math.sqrt(max(0.0, hour - hours_since_1970(made_at))))
        temperature = truth.temperature + doubt * self._noise("forecast temperature", hour, 10.0)
        return Air(
            temperature=temperature,
            dew_point=min(truth.dew_point + 0.8 * doubt * self._noise("forecast dew", hour, 13.0), temperature - 0.3),
            pressure=truth.pressure + 0.8 * doubt * self._noise("forecast pressure", hour, 31.0),
            wind_speed=truth.wind_speed * (1.0 + 0.1 * doubt * self._noise("forecast breeze", hour, 7.0)),
            cloud=truth.cloud,
        )

    def rain_mm(self, hour_start: datetime) -> float:
        """What falls in the hour: only from a covered sky."""
        hour = hours_since_1970(hour_start + HOUR / 2)
        return max(0.0, self.cloud(hour) - 0.68) * max(0.0, self._noise("shower", hour, 3.0)) * 30.0

    def radiation_mj_m2(self, hour_start: datetime) -> float:
        """What the hour's sun brings to a square metre of ground."""
        hour = hours_since_1970(hour_start + HOUR / 2)
        return 3.9 * sun_height(hour) * (1.0 - 0.65 * self.cloud(hour))

    def _high(self, hour: float) -> float:
        return 0.7 * self._noise("high", hour, 84.0) + 0.3 * self._noise("ripple", hour, 29.0)

    def cloud(self, hour: float) -> float:
        """Share of the sky, 0..1: the season's, less under high pressure."""
        swing = 1.0 - 0.9 * self._high(hour) + 0.6 * self._noise("cloud", hour, 17.0)
        return min(1.0, max(0.0, by_month(CLOUD, hour) * swing))

    def mean_temperature(self, hour: float) -> float:
        """Season and air mass, without the day's swing."""
        mass = 0.7 * self._noise("air mass", hour, 110.0) + 0.3 * self._noise("front", hour, 37.0)
        return by_month(TEMPERATURE_C, hour) + 5.0 * mass


def by_month(means: tuple[float, ...], hour: float) -> float:
    """The season's value, from the means of its months."""
    return around(means, hour / YEAR_H % 1.0 * 12.0 - 0.5)


def around(ring: tuple[float, ...], place: float) -> float:
    """Linear between the entries of a list whose end is its beginning."""
    before = math.floor(place)
    a, b = ring[before % len(ring)], ring[(before + 1) % len(ring)]
    return a + (b - a) * (place - before)


def winter(hour: float) -> float:
    """1 at the turn of the year, 0 at midsummer."""
    return 0.5 + 0.5 * math.cos(2.0 * math.pi * hour / YEAR_H)


def _daily(hour: float) -> float:
    """-1 at 06:00 UTC, 1 at 15:00: nine hours up, fifteen down."""
    since_dawn = (hour - 6.0) % 24.0
    if since_dawn < 9.0:
        return -math.cos(math.pi * since_dawn / 9.0)
    return math.cos(math.pi * (since_dawn - 9.0) / 15.0)


def _storm(high: float) -> float:
    """What low pressure makes of a breeze."""
    return 1.0 + 1.6 * max(0.0, -high)


def sun_height(hour: float) -> float:
    """Sine of the sun's elevation, 0 at night."""
    tilt = -math.radians(23.44) * math.cos(2.0 * math.pi * (hour / YEAR_H + 10.0 / 365.0))
    turn = math.radians(15.0) * (hour % 24.0 - SOLAR_NOON_UTC_H)
    return max(0.0, math.sin(LATITUDE) * math.sin(tilt) + math.cos(LATITUDE) * math.cos(tilt) * math.cos(turn))
