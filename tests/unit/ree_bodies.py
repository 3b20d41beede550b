"""Bodies of apidatos made by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from chocolate_factory.domain.series import Observation
from chocolate_factory.domain.time import MADRID, Resolution, madrid_day, madrid_midnight, slots

DAY, SPRING, AUTUMN = date(2026, 5, 4), date(2026, 3, 29), date(2026, 10, 25)
RECEIVED = datetime(2026, 11, 1, 6, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
NO_DATA = {"errors": [{"status": "400", "title": "Error Interno", "detail": "Los datos no están disponibles."}]}


def stamp(moment: datetime) -> str:
    return moment.astimezone(MADRID).isoformat(timespec="milliseconds")


def entry(id_: str, values: list[tuple[datetime, object]], title: str = "anything") -> dict:
    rows = [{"value": value, "percentage": 0.5, "datetime": stamp(start)} for start, value in values]
    attributes = {"title": title, "type": None, "magnitude": None, "composite": False, "values": rows}
    return {"type": title, "id": id_, "groupId": None, "attributes": attributes}


def flat(*entries: dict) -> dict:
    return {"data": {"type": "t", "id": "mer13", "attributes": {"title": "t"}}, "included": list(entries)}


def ramp(day: date, step: Resolution, first: float = 0.0) -> list[tuple[datetime, object]]:
    """A day's points, rising by one; whole numbers and fractions take turns, as in the real bodies."""
    return [(start, first + i if i % 2 else int(first) + i) for i, start in enumerate(slots(madrid_day(day), step))]


def of(found: list[Observation], series: str) -> list[Observation]:
    return [o for o in found if o.series == series]


def values(found: list[Observation], series: str) -> list[float]:
    return [o.value for o in of(found, series)]


def starts(found: list[Observation], series: str) -> list[datetime]:
    return [o.start for o in of(found, series)]


def demand(actual=(), forecast=(), scheduled=()) -> dict:
    return flat(entry("1293", list(actual)), entry("545", list(scheduled)), entry("544", list(forecast)))


def mix(*days: tuple[date, dict[str, float]]) -> dict:
    ids = sorted({id_ for _, energies in days for id_ in energies})
    held = {id_: [(madrid_midnight(day), e[id_]) for day, e in days if id_ in e] for id_ in ids}
    return flat(*(entry(id_, points, "No-Renovable") for id_, points in held.items()))
