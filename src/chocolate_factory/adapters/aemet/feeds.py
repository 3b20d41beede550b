"""What AEMET offers: the station's hours and days, the town's forecast, and what it knows of the key."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from chocolate_factory.adapters.aemet.parse import (
    DAILY,
    SENSORS,
    SHAPE,
    TOWN,
    UPSTREAM,
    parse_daily,
    parse_forecast,
    parse_observations,
)
from chocolate_factory.adapters.aemet.steps import KEY_LINK, TwoSteps, observations_path
from chocolate_factory.adapters.http import PoliteClient
from chocolate_factory.adapters.key_memory import Key, KeyMemory
from chocolate_factory.domain.series import Observation
from chocolate_factory.domain.time import HOUR, Interval, Resolution, floor, madrid_date, slots
from chocolate_factory.domain.work import KeyState, KeyStatus
from chocolate_factory.ports import Clock


class AemetObservations:
    """The station's last twelve hours.

    Args:
        key: asked at every call, so that a replaced key needs no restart.
        station: its climatological id, e.g. 5279X.
    """

    name = "aemet.observations"
    upstream = UPSTREAM
    series = frozenset(SENSORS.values())
    longest = timedelta(hours=13)

    def __init__(self, client: PoliteClient, clock: Clock, key: Key, station: str) -> None:
        self._steps = TwoSteps(client, clock, key)
        self._station = station

    def reach(self, now: datetime) -> Interval:
        """Thirteen hours: the hour that is just over may not be out yet."""
        return Interval(now - self.longest, now)

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """Observed hours inside the window."""

        def parse(document: Any, received_at: datetime) -> list[Observation]:
            return parse_observations(document, received_at, self._station)

        return SHAPE.inside(window, self._steps.read(observations_path(self._station), parse, patience))


class AemetForecast:
    """The town's hourly forecast, for today and the two days after.

    Args:
        key: asked at every call.
        municipality: its INE number, e.g. 23055.
    """

    name = "aemet.forecast"
    upstream = UPSTREAM
    series = frozenset(TOWN.values())
    longest = timedelta(days=3, hours=1)

    def __init__(self, client: PoliteClient, clock: Clock, key: Key, municipality: str) -> None:
        self._steps = TwoSteps(client, clock, key)
        self._municipality = municipality

    def reach(self, now: datetime) -> Interval:
        """From the present hour to three days on; the third day is cut short, by how much depends on the run."""
        return Interval(floor(now, Resolution.HOUR), now + timedelta(days=3))

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """Forecast hours inside the window."""
        product = f"prediccion/especifica/municipio/horaria/{self._municipality}"

        def parse(document: Any, received_at: datetime) -> list[Observation]:
            return parse_forecast(document, received_at, self._municipality)

        return SHAPE.inside(window, self._steps.read(product, parse, patience))


class AemetDaily:
    """The station's climatological days, four to five days late.

    Args:
        key: asked at every call.
        station: its climatological id.
    """

    name = "aemet.daily"
    upstream = UPSTREAM
    series = frozenset(DAILY.values())
    # Fifteen days a request are safe. An hour less, because fifteen times 24 h across March hold sixteen midnights.
    longest = timedelta(days=15) - HOUR

    def __init__(self, client: PoliteClient, clock: Clock, key: Key, station: str) -> None:
        self._steps = TwoSteps(client, clock, key)
        self._station = station

    def reach(self, now: datetime) -> Interval:
        """To four days ago; years before the station stood are answered with "no data"."""
        return Interval(datetime(1940, 1, 1, tzinfo=UTC), now - timedelta(days=4))

    def fetch(self, window: Interval, patience: float) -> list[Observation]:
        """Days that begin inside the window; none begins, none is asked for."""
        days = [madrid_date(start) for start in slots(window, Resolution.DAY)]
        if not days:
            return []
        span = f"fechaini/{days[0]}T00:00:00UTC/fechafin/{days[-1]}T23:59:59UTC"
        product = f"valores/climatologicos/diarios/datos/{span}/estacion/{self._station}"

        def parse(document: Any, received_at: datetime) -> list[Observation]:
            return parse_daily(document, received_at, self._station)

        return SHAPE.inside(window, self._steps.read(product, parse, patience))


class AemetKey:
    """What is known of the key: its own claims, and what AEMET said when it was last asked."""

    def __init__(self, client: PoliteClient, clock: Clock, key: Key, station: str) -> None:
        self._steps = TwoSteps(client, clock, key)
        self._clock = clock
        self._key = key
        self._station = station
        self._memory = KeyMemory(UPSTREAM, clock, client.memo)

    def key_status(self, *, check: bool, patience: float = 10.0) -> KeyStatus:
        """The key's state; ``check`` asks for one envelope, the cheapest call that needs a key."""
        key = (self._key() or "").strip()
        if not key:
            return KeyStatus(UPSTREAM, KeyState.NOT_SET, detail="AEMET_API_KEY is not set", link=KEY_LINK)
        trouble = self._memory.ask(key, lambda: self._ask(patience)) if check else ""
        issued_at, expires_at = read_claims(key)
        state, checked_at = self._memory.recall(key)
        if expires_at is not None and expires_at <= self._clock.now():
            state = KeyState.EXPIRED
        detail = trouble or ("" if expires_at else "the key itself names no end")
        return KeyStatus(UPSTREAM, state, issued_at, expires_at, checked_at, detail, KEY_LINK)

    def _ask(self, patience: float) -> None:
        self._steps.envelope(observations_path(self._station), patience)


def read_claims(key: str) -> tuple[datetime | None, datetime | None]:
    """When a key was issued and when it ends, by its own claims (a JWT's ``iat`` and ``exp``), unverified.

    Sources differ on whether AEMET's keys end at all; one that does not say so has no end here.
    """
    try:
        part = key.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return None, None
    if not isinstance(claims, dict):
        return None, None
    return _claimed(claims.get("iat")), _claimed(claims.get("exp"))


def _claimed(value: Any) -> datetime | None:
    is_time = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e10
    return datetime.fromtimestamp(value, UTC) if is_time else None
