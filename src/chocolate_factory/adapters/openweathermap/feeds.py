"""OpenWeatherMap 2.5 as feeds, and its key.

The key is the query's ``appid``: it stands in no message of ours and in no name of a kept body.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from chocolate_factory.adapters.http import PoliteClient, Reply
from chocolate_factory.adapters.key_memory import Key, KeyMemory
from chocolate_factory.adapters.openweathermap.parse import (
    RENEWED,
    SHAPE,
    UPSTREAM,
    CurrentWeather,
    ForecastStep,
    parse_current,
    parse_forecast,
    read_current,
    read_steps,
)
from chocolate_factory.domain.errors import (
    UpstreamDownError,
    UpstreamEmptyError,
    UpstreamLiedError,
    UpstreamRefusedError,
)
from chocolate_factory.domain.series import Observation
from chocolate_factory.domain.time import HOUR, Interval, Resolution, floor
from chocolate_factory.domain.work import KeyState, KeyStatus
from chocolate_factory.ports import Clock

KEY_LINK = "https://home.openweathermap.org/api_keys"
NEW_KEY = "a new key is refused for up to two hours"
SERIES = frozenset({"temperature", "humidity", "pressure", "wind_speed"})

T = TypeVar("T")


class OpenWeatherCurrent:
    """The weather now; an hour's last reading stands for the hour.

    Args:
        key: asked at every call, so that a replaced key needs no restart.
        latitude, longitude: degrees.
    """

    name = "openweathermap.current"
    upstream = UPSTREAM
    series = SERIES
    longest = 2 * HOUR

    def __init__(self, client: PoliteClient, clock: Clock, key: Key, latitude: float, longitude: float) -> None:
        self._clock = clock
        self._door = Door(client, key, latitude, longitude)

    def reach(self, now: datetime) -> Interval:
        """The present hour; in its first ten minutes the one before too, where the newest reading still stands."""
        return Interval(floor(now - RENEWED, Resolution.HOUR), floor(now, Resolution.HOUR) + HOUR)

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """The newest reading, if its hour begins inside the window."""
        _worth_asking(window, self.reach(self._clock.now()))
        return SHAPE.inside(window, self._door.ask("weather", parse_current, patience))

    def current(self, patience: float) -> CurrentWeather:
        """The newest reading, for people."""
        return self._door.ask("weather", read_current, patience)


class OpenWeatherForecast:
    """Five days in steps of three hours; a step stands for the hour that it begins.

    Args:
        key: asked at every call.
        latitude, longitude: degrees.
    """

    name = "openweathermap.forecast"
    upstream = UPSTREAM
    series = SERIES
    longest = timedelta(days=5)

    def __init__(self, client: PoliteClient, clock: Clock, key: Key, latitude: float, longitude: float) -> None:
        self._clock = clock
        self._door = Door(client, key, latitude, longitude)

    def reach(self, now: datetime) -> Interval:
        """From the present hour to five days on, every third hour."""
        start = floor(now, Resolution.HOUR)
        return Interval(start, start + self.longest)

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """The steps that begin inside the window."""
        _worth_asking(window, self.reach(self._clock.now()))
        return SHAPE.inside(window, self._door.ask("forecast", parse_forecast, patience))

    def steps(self, patience: float) -> list[ForecastStep]:
        """Every step from the present hour on, for people."""
        return self._door.ask("forecast", read_steps, patience)


class OpenWeatherKey:
    """What OpenWeatherMap said of the key when it was last asked; the key itself says nothing."""

    def __init__(self, client: PoliteClient, clock: Clock, key: Key, latitude: float, longitude: float) -> None:
        self._door = Door(client, key, latitude, longitude)
        self._clock = clock
        self._key = key
        self._memory = KeyMemory(UPSTREAM, clock, client.memo)

    def key_status(self, *, check: bool, patience: float = 10.0) -> KeyStatus:
        """The key's state; ``check`` asks for the weather now."""
        key = (self._key() or "").strip()
        if not key:
            return KeyStatus(UPSTREAM, KeyState.NOT_SET, detail="OPENWEATHERMAP_API_KEY is not set", link=KEY_LINK)
        detail = self._memory.ask(key, lambda: self._door.ask("weather", lambda *_: None, patience)) if check else ""
        state, checked_at = self._memory.recall(key)
        if state is KeyState.REFUSED:
            detail = detail or NEW_KEY
        return KeyStatus(UPSTREAM, state, checked_at=checked_at, detail=detail, link=KEY_LINK)


class Door:
    """One place's weather, asked for in metric units and Spanish words."""

    def __init__(self, client: PoliteClient, key: Key, latitude: float, longitude: float) -> None:
        self._client = client
        self._key = key
        self._place = {"lat": str(latitude), "lon": str(longitude), "units": "metric", "lang": "es"}

    def ask(self, what: str, parse: Callable[[Any, datetime], T], patience: float) -> T:
        """What is read from the document."""
        key = (self._key() or "").strip()
        if not key:
            raise UpstreamRefusedError(UPSTREAM, f"OPENWEATHERMAP_API_KEY is not set; a key is free at {KEY_LINK}")
        params = {**self._place, "appid": key}
        try:
            return self._client.read(
                f"data/2.5/{what}",
                params,
                parse=lambda reply: parse(reply.json(), reply.received_at),
                patience=patience,
                check=_judge,
            )
        except UpstreamRefusedError as e:
            raise UpstreamRefusedError(UPSTREAM, f"{e.why}; {NEW_KEY}") from e


def _judge(reply: Reply) -> None:
    """The body's own status, ``cod``, an integer or a text."""
    code = str(SHAPE.an_object(reply.json(), "its body").get("cod"))
    if code == "200":
        return
    if code == "401":
        raise UpstreamRefusedError(UPSTREAM, "it refuses the key (401)")
    if code == "404":
        raise UpstreamEmptyError(UPSTREAM, "it knows nothing of that place (404)")
    if code == "429":
        retry_at = reply.received_at + timedelta(minutes=1)
        raise UpstreamDownError(UPSTREAM, "too many requests (429), a minute to wait", retry_at)
    if code.startswith("5"):
        raise UpstreamDownError(UPSTREAM, f"a server error ({code[:10]})")
    raise UpstreamLiedError(UPSTREAM, f"its cod is {code[:20]!r}")


def _worth_asking(window: Interval, reach: Interval) -> None:
    """Spare the key's quota a question that cannot be answered: it has no history."""
    if window.overlap(reach) is None:
        raise UpstreamEmptyError(UPSTREAM, f"{window} is out of its reach, {reach}")
