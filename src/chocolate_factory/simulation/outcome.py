"""The outcome of one replication, as others read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from chocolate_factory.simulation.gantt import Bar
from chocolate_factory.simulation.indicators import Meter, Oee
from chocolate_factory.simulation.ledger import Ledger
from chocolate_factory.simulation.orders import Delivery
from chocolate_factory.simulation.trace import Trace


@dataclass(frozen=True, slots=True)
class Outcome:
    """One replication.

    Attributes:
        epoch: the horizon's start; ``trace`` and ``ledger`` count hours from it.
        good_kg, reject_kg, rework_kg: of the line's output.
        conched_kg: what conches gave; ``stock_change_kg`` is of tanks and of conches that wait for room.
        starts: of the line.
    """

    seed: int
    epoch: datetime
    hours: float
    good_kg: float
    reject_kg: float
    rework_kg: float
    conched_kg: float
    stock_change_kg: float
    starts: int
    oee: Oee
    meter: Meter
    deliveries: tuple[Delivery, ...]
    trace: Trace
    ledger: Ledger

    @property
    def energy_kwh(self) -> float:
        """Of the whole plant."""
        return sum(self.meter.quarters_kwh)

    @property
    def cost_eur(self) -> float:
        """Energy."""
        return self.meter.cost_eur

    @property
    def on_time(self) -> bool:
        """Whether every order due inside the horizon was complete in time."""
        return all(d.on_time for d in self.deliveries)

    @property
    def late_orders(self) -> int:
        """Orders that were not."""
        return sum(not d.on_time for d in self.deliveries)

    @property
    def late_kg_h(self) -> float:
        """Kilograms times hours after their due time."""
        return sum(d.late_kg_h for d in self.deliveries)

    def kpis(self) -> dict[str, float]:
        """Every figure by name, its unit in it; those by kg are absent where nothing good was made."""
        figures = {
            "good_kg": self.good_kg,
            "reject_kg": self.reject_kg,
            "rework_kg": self.rework_kg,
            "starts": float(self.starts),
            "energy_kwh": self.energy_kwh,
            "cost_eur": self.cost_eur,
            "oee": self.oee.oee,
            "availability": self.oee.availability,
            "performance": self.oee.performance,
            "quality": self.oee.quality,
            "peak_kw": max(self.meter.peak_kw.values()),
            "late_orders": float(self.late_orders),
            "late_kg_h": self.late_kg_h,
        }
        figures |= {f"peak_{period.lower()}_kw": kw for period, kw in self.meter.peak_kw.items()}
        figures |= {f"loss_{cause}_min": minutes for cause, minutes in self.oee.losses_min.items()}
        if self.good_kg > 0:
            figures |= {"kwh_kg": self.energy_kwh / self.good_kg, "eur_kg": self.cost_eur / self.good_kg}
        return figures

    def gantt(self) -> tuple[Bar, ...]:
        """What each machine did, clipped to the horizon, by machine and time."""
        bars = (self._bar(*bar) for bar in (*self._refined(), *self._conched(), *self._lined()) if bar[4] < self.hours)
        return tuple(sorted(bars, key=lambda b: (b.machine, b.start)))

    def _bar(self, machine: str, doing: str, batch: str, product: str, start_h: float, end_h: float) -> Bar:
        end = self.epoch + timedelta(hours=min(end_h, self.hours))
        return Bar(machine, doing, batch, product, self.epoch + timedelta(hours=start_h), end)

    def _refined(self) -> Iterator[tuple[str, str, str, str, float, float]]:
        for s in self.trace.stays:
            if s.fill_end_h > s.start_h:
                yield "refining", "fill", s.batch, s.product, s.start_h, s.fill_end_h

    def _conched(self) -> Iterator[tuple[str, str, str, str, float, float]]:
        for s in self.trace.stays:
            released_h = self.hours if s.released_h is None else s.released_h
            yield s.machine, "conche", s.batch, s.product, s.start_h, s.ready_h
            if released_h > s.ready_h:
                yield s.machine, "wait", s.batch, s.product, s.ready_h, released_h

    def _lined(self) -> Iterator[tuple[str, str, str, str, float, float]]:
        """The line's segments; those that differ in their rate alone are one bar."""
        for _, group in groupby(self.trace.line, key=lambda s: (s.start, s.run, s.doing)):
            alike = list(group)
            first, last = alike[0], alike[-1]
            yield "line", first.doing.value, first.run, first.product, first.start_h, last.end_h
