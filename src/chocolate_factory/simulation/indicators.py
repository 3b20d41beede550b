"""What the meter and the line's clock say of a replication: energy, cost, peaks, OEE with its losses.

OEE as in Nakajima's six losses: availability (changeover, set-up, breakdown, waiting for mass), performance (short
stops, lower rate), quality (rejects, rework). Loss minutes and good kg at the highest rate add up to the loading time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chocolate_factory.domain.tariff import Period
from chocolate_factory.simulation.ledger import Ledger, Output
from chocolate_factory.simulation.trace import Doing, Trace
from chocolate_factory.simulation.world import QUARTER_H, TINY_H, Floats, World

AVAILABILITY = ("changeover", "setup", "breakdown", "starved")
PERFORMANCE = ("micro_stop", "slow")
QUALITY = ("rejects", "rework")


@dataclass(frozen=True, slots=True)
class Oee:
    """Overall equipment effectiveness of the line.

    Attributes:
        loading_h: the line on, and changeovers.
        losses_min: by cause; the keys are those of the module's three groups.
    """

    loading_h: float
    losses_min: Mapping[str, float]

    @property
    def availability(self) -> float:
        """Share of the loading time in which it could run; 1 where it was never on."""
        return self._share(0.0, AVAILABILITY)

    @property
    def performance(self) -> float:
        """Share of that at the highest rate."""
        return self._share(self._lost_h(AVAILABILITY), PERFORMANCE)

    @property
    def quality(self) -> float:
        """Share of the output that is good."""
        return self._share(self._lost_h(AVAILABILITY + PERFORMANCE), QUALITY)

    @property
    def oee(self) -> float:
        """Availability x performance x quality."""
        return self.availability * self.performance * self.quality

    def _lost_h(self, causes: tuple[str, ...]) -> float:
        return sum(self.losses_min[c] for c in causes) / 60.0

    def _share(self, before_h: float, causes: tuple[str, ...]) -> float:
        there_h = self.loading_h - before_h
        return 1.0 - self._lost_h(causes) / there_h if there_h > TINY_H else 1.0


@dataclass(frozen=True, slots=True)
class Meter:
    """Energy by quarter-hour and what it costs; a quarter-hour's mean power is what a maximeter sees."""

    quarters_kwh: tuple[float, ...]
    cost_eur: float
    peak_kw: Mapping[Period, float]


def oee(trace: Trace, world: World, output: Output) -> Oee:
    """The line's OEE."""
    on_h = dict.fromkeys(Doing, 0.0)
    for segment in trace.line:
        on_h[segment.doing] += segment.end_h - segment.start_h
    best = world.plant.line.rate_max_kg_h
    lost_h = {
        "changeover": trace.changeover_h,
        "slow": on_h[Doing.RUN] - float(output.gross_kg.sum()) / best,
        "rejects": float(output.reject_kg.sum()) / best,
        "rework": float(output.rework_kg.sum()) / best,
    }
    lost_h |= {doing.value: hours for doing, hours in on_h.items() if doing is not Doing.RUN}
    return Oee(sum(on_h.values()) + trace.changeover_h, {cause: 60.0 * hours for cause, hours in lost_h.items()})


def metered(ledger: Ledger, world: World) -> Meter:
    """The meter's readings."""
    quarters = ledger.energy_between(world.quarter_edges_h)
    cost = float(ledger.energy_between(world.slot_edges_h) @ world.prices)
    return Meter(tuple(quarters.tolist()), cost, _peaks(quarters / QUARTER_H, world))


def _peaks(quarters_kw: Floats, world: World) -> dict[Period, float]:
    return {period: float(quarters_kw[there].max()) for period, there in world.quarters.items()}
