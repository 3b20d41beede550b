"""One value for each slot where several sources speak of it."""

from __future__ import annotations

from collections.abc import Iterable

from chocolate_factory.domain.series import Kind, Observation

#: Whom to believe first. The market's own page before the second route; a station before a grid; what the distributor
#: bills before the plant's own meter.
SOURCE_RANK = {
    name: rank
    for rank, name in enumerate(
        [
            "ree", "esios", "omie", "aemet", "siar", "datosclima", "openweathermap", "open_meteo",
            "open_meteo_analysis", "demo", "demo_forecast", "datadis", "meter",
        ]
    )
}  # fmt: skip
KIND_RANK = {
    Kind.OBSERVED: 0,
    Kind.SIMULATED: 0,
    Kind.REANALYSIS: 1,
    Kind.ESTIMATED: 2,
    Kind.FORECAST: 3,
}


def rank(o: Observation) -> tuple[int, int]:
    """Lower is believed first: kind, then source."""
    return KIND_RANK[o.kind], SOURCE_RANK.get(o.source, len(SOURCE_RANK))


def best_per_slot(observations: Iterable[Observation]) -> list[Observation]:
    """The most credible value of each slot, ordered by start."""
    best: dict[object, Observation] = {}
    for o in observations:
        held = best.get(o.start)
        if held is None or rank(o) < rank(held):
            best[o.start] = o
    return sorted(best.values(), key=lambda o: o.start)
