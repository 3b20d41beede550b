"""The best weather reading for an hour, with its source and the reason.

The official station first, where it is fresh and plausible; OpenWeatherMap through the hours that the station leaves
empty (08 to 23 has been its habit) and where the two disagree in a heat wave (the station has been seen ten degrees
low); Open-Meteo where no key is set or both fail; an interpolation only as ``estimated``.
Source of the habits: facts/upstreams.md, AEMET 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import HOUR, Resolution, floor, isoformat_madrid

OFFICIAL = "aemet"
SECOND = "openweathermap"
GRIDS = ("demo", "siar", "open_meteo", "open_meteo_analysis", "demo_forecast")


@dataclass(frozen=True, slots=True)
class HybridRules:
    """When a source is believed.

    Attributes:
        official_age, second_age: a reading for now must have begun at most this long ago.
        heat_c: a disagreement counts when either reads at least this, °C.
        disagreement_c: allowed difference of two readings of the same hour, °C.
        drift_c_per_h: what the air may change in each hour that lies between two readings, °C/h.
        jump_c: a station that moves more than this from one hour to the next is not believed, °C.
        flat_hours: so many equal readings in a row, and the sensor is stuck.
        bridge: the longest hole that is interpolated.
    """

    official_age: timedelta = timedelta(hours=3)
    second_age: timedelta = timedelta(hours=2)
    heat_c: float = 32.0
    disagreement_c: float = 5.0
    drift_c_per_h: float = 1.5
    jump_c: float = 12.0
    flat_hours: int = 8
    bridge: timedelta = timedelta(hours=3)


class Why(StrEnum):
    """The reason for a choice."""

    OFFICIAL = "official"
    OFFICIAL_MISSING = "official_missing"
    OFFICIAL_STALE = "official_stale"
    OFFICIAL_JUMP = "official_jump"
    OFFICIAL_FLAT = "official_flat"
    DISAGREEMENT = "disagreement"
    NO_STATION = "no_station"
    INTERPOLATED = "interpolated"
    FOLLOWS = "follows"
    FORECAST = "forecast"


SENTENCES: dict[str, dict[Why, str]] = {
    "es": {
        Why.OFFICIAL: "Observación oficial, reciente y verosímil.",
        Why.OFFICIAL_MISSING: "La estación oficial no da esta hora; OpenWeatherMap la cubre.",
        Why.OFFICIAL_STALE: "La última observación oficial es de las {at}; OpenWeatherMap es más reciente.",
        Why.OFFICIAL_JUMP: "La estación oficial salta a {official:.1f} °C de una hora a otra; no es creíble.",
        Why.OFFICIAL_FLAT: "La estación oficial repite {official:.1f} °C desde hace horas: sensor atascado.",
        Why.DISAGREEMENT: "Con calor fuerte la estación oficial da {official:.1f} °C y OpenWeatherMap {second:.1f} °C: "
        "la diferencia supera lo admitido.",
        Why.NO_STATION: "Sin estación oficial ni OpenWeatherMap a esta hora (falta clave o dato): Open-Meteo.",
        Why.INTERPOLATED: "Nadie da esta hora: interpolada entre las vecinas, es una estimación.",
        Why.FOLLOWS: "La misma fuente que la temperatura.",
        Why.FORECAST: "Nadie ha medido esta hora: es una previsión hecha antes.",
    },
    "en": {
        Why.OFFICIAL: "Official observation, fresh and plausible.",
        Why.OFFICIAL_MISSING: "The official station is silent for this hour; OpenWeatherMap covers it.",
        Why.OFFICIAL_STALE: "The last official observation is of {at}; OpenWeatherMap is fresher.",
        Why.OFFICIAL_JUMP: "The official station jumps to {official:.1f} °C from one hour to the next; not credible.",
        Why.OFFICIAL_FLAT: "The official station has repeated {official:.1f} °C for hours: a stuck sensor.",
        Why.DISAGREEMENT: "In strong heat the official station says {official:.1f} °C and OpenWeatherMap "
        "{second:.1f} °C: more apart than allowed.",
        Why.NO_STATION: "No official station nor OpenWeatherMap for this hour (no key or no data): Open-Meteo.",
        Why.INTERPOLATED: "Nobody has this hour: interpolated between its neighbours, an estimate.",
        Why.FOLLOWS: "The same source as the temperature.",
        Why.FORECAST: "Nobody has read this hour: it is a forecast made earlier.",
    },
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One reading and why it was chosen.

    Attributes:
        reading: as stored, or interpolated with kind ``estimated``.
        why: the reason.
        official_c, second_c: what the two stations said, °C, where they spoke.
        official_at: beginning of the official reading's hour.
    """

    reading: Observation
    why: Why
    official_c: float | None = None
    second_c: float | None = None
    official_at: datetime | None = None

    def sentence(self, language: str) -> str:
        """The reason for a person, ``es`` or ``en``."""
        at = isoformat_madrid(self.official_at)[11:16] if self.official_at else "?"
        return SENTENCES[language][self.why].format(official=self.official_c, second=self.second_c, at=at)


Hours = Mapping[datetime, Observation]  # by the start of the hour
Readings = Mapping[str, Hours]  # by source


def choose_now(readings: Readings, now: datetime, rules: HybridRules | None = None) -> Choice | None:
    """The best temperature for now.

    Args:
        readings: temperatures of the last day by source.
        now: aware UTC.
        rules: when a source is believed; None for the declared ones.

    Returns:
        None when nobody has a fresh reading.
    """
    rules = rules or HybridRules()
    official = _newest(readings.get(OFFICIAL, {}), now, rules.official_age)
    second = _newest(readings.get(SECOND, {}), now, rules.second_age)
    doubt = _doubt(official, second, readings.get(OFFICIAL, {}), rules)
    if official is None and second is not None:
        late = _newest(readings.get(OFFICIAL, {}), now, timedelta(days=2))
        doubt = Why.OFFICIAL_STALE if late else Why.OFFICIAL_MISSING
        return Choice(second, doubt, late.value if late else None, second.value, late.start if late else None)
    grid = next((r for r in (_newest(readings.get(g, {}), now, timedelta(hours=2)) for g in GRIDS) if r), None)
    return _decide(official, second, grid, doubt)


def choose_hour(readings: Readings, start: datetime, rules: HybridRules | None = None) -> Choice | None:
    """The best temperature for a past hour, interpolated where nobody has it and both neighbours are near."""
    rules = rules or HybridRules()
    official = readings.get(OFFICIAL, {}).get(start)
    second = readings.get(SECOND, {}).get(start)
    doubt = _doubt(official, second, readings.get(OFFICIAL, {}), rules)
    grid = next((readings[g][start] for g in GRIDS if start in readings.get(g, {})), None)
    return _decide(official, second, grid, doubt)


def follow(choice: Choice, readings: Readings) -> Choice | None:
    """The humidity (or another quantity) that belongs to a chosen temperature: same source and hour where it has it."""
    source, start = choice.reading.source, choice.reading.start
    same = readings.get(source, {}).get(start)
    if same is not None:
        return Choice(same, choice.why if choice.why is Why.OFFICIAL else Why.FOLLOWS)
    for other in (OFFICIAL, SECOND, *GRIDS):
        found = readings.get(other, {}).get(start)
        if found is not None:
            return Choice(found, {OFFICIAL: Why.OFFICIAL, SECOND: Why.OFFICIAL_MISSING}.get(other, Why.NO_STATION))
    return None


def interpolate(before: Observation, after: Observation, start: datetime, made_at: datetime) -> Choice:
    """A straight line between two readings, marked as what it is."""
    share = (start - before.start) / (after.start - before.start)
    value = round(before.value + share * (after.value - before.value), 2)
    guess = before._replace(
        source="hybrid", kind=Kind.ESTIMATED, start=start, value=value, published_at=made_at,
        received_at=made_at,
    )  # fmt: skip
    return Choice(guess, Why.INTERPOLATED)


def bridge_holes(
    chosen: Mapping[datetime, Choice], hours: Sequence[datetime], made_at: datetime, rules: HybridRules | None = None
) -> dict[datetime, Choice]:
    """The choices with short holes between them interpolated."""
    rules = rules or HybridRules()
    full = dict(chosen)
    for hour in hours:
        if hour in chosen:
            continue
        before, after = _neighbours(chosen, hour, rules.bridge)
        if before is not None and after is not None and after - before <= rules.bridge + HOUR:
            full[hour] = interpolate(chosen[before].reading, chosen[after].reading, hour, made_at)
    return full


def _neighbours(
    chosen: Mapping[datetime, Choice], hour: datetime, reach: timedelta
) -> tuple[datetime | None, datetime | None]:
    """The nearest chosen hours on either side, no farther than ``reach``."""
    steps = range(1, int(reach / HOUR) + 1)
    before = next((hour - n * HOUR for n in steps if hour - n * HOUR in chosen), None)
    return before, next((hour + n * HOUR for n in steps if hour + n * HOUR in chosen), None)


# ---------------------------------------------------------------------- inside
def _decide(
    official: Observation | None, second: Observation | None, grid: Observation | None, doubt: Why | None
) -> Choice | None:
    second_c = second.value if second else None
    substitute = second or grid
    if official is not None and doubt is None:
        return Choice(official, Why.OFFICIAL, official.value, second_c, official.start)
    if substitute is None:
        return None
    if official is not None and doubt is not None:
        return Choice(substitute, doubt, official.value, second_c, official.start)
    return Choice(substitute, Why.OFFICIAL_MISSING if second else Why.NO_STATION, None, second_c)


def _doubt(official: Observation | None, second: Observation | None, history: Hours, rules: HybridRules) -> Why | None:
    """Why the official reading is not believed, or None."""
    if official is None:
        return None
    if second is not None:
        apart = abs((official.start - second.start) / HOUR)
        allowed = rules.disagreement_c + rules.drift_c_per_h * apart
        hot = max(official.value, second.value) >= rules.heat_c
        if hot and abs(official.value - second.value) > allowed:
            return Why.DISAGREEMENT
    if _jumped(official, history, rules.jump_c):
        return Why.OFFICIAL_JUMP
    tail = [history.get(official.start - n * HOUR) for n in range(rules.flat_hours)]
    if all(o is not None and o.value == official.value for o in tail):
        return Why.OFFICIAL_FLAT
    return None


def _jumped(official: Observation, history: Hours, limit_c: float) -> bool:
    """Whether it is far from the hour before; the way back from a lone spike is no jump."""
    before, earlier = (history.get(official.start - n * HOUR) for n in (1, 2))
    if before is None or abs(before.value - official.value) <= limit_c:
        return False
    spike = earlier is not None and abs(earlier.value - official.value) <= limit_c < abs(earlier.value - before.value)
    return not spike


def _newest(hours: Hours, now: datetime, age: timedelta) -> Observation | None:
    """The latest reading that began no longer ago than ``age``."""
    latest = floor(now, Resolution.HOUR)
    candidates = (latest - n * HOUR for n in range(int(age / HOUR) + 1))
    return next((hours[start] for start in candidates if start in hours and now - start <= age), None)
