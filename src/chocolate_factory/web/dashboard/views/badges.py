"""What must be seen at once: whether a number is an observation, and in which tariff period it lies."""

from __future__ import annotations

from chocolate_factory.domain.series import Kind

PERIODS = frozenset({"P1", "P2", "P3", "P4", "P5", "P6"})

# The three periods of households take the ends and the middle of the six colours.
_HOUSEHOLD_COLOURS = {"P1": "p1", "P2": "p3", "P3": "p6"}


def badge(kind: str | None) -> str:
    """The kind when it must be seen: any that is not an observation."""
    return "" if kind in (None, Kind.OBSERVED.value) else str(kind)


def colour(tariff: str | None, period: str | None) -> str:
    """The class that colours a period; an unknown one has no colour."""
    if period not in PERIODS:
        return "p0"
    return _HOUSEHOLD_COLOURS.get(period, "p0") if tariff == "2.0TD" else period.lower()
