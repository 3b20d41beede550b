"""Meter readings that somebody hands in: good lines are kept, every other one is told with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chocolate_factory.domain.metering import METER_ENERGY, MeterFile, Reading, Refusal, by_line
from chocolate_factory.domain.series import DEFAULT_SITE, Kind, Observation
from chocolate_factory.domain.time import Interval, Resolution
from chocolate_factory.ports import Clock, PlantFile, TimeSeriesStore
from chocolate_factory.quality.metering import judged, plausible

#: So many refusals of a file are told one by one.
TOLD: Final = 1000


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a file.

    Attributes:
        read: its lines; ``taken`` of them were good, of which ``written`` were news to the store.
        estimated: of these, how many the distributor did not read: they are kept, and measure nothing.
        refused: lines that were not taken, of which the first ``TOLD`` are in ``refusals``.
        window: from the first slot to the end of the last; None where nothing was taken.
        slots: of that length in the window, so that ``taken`` is a share of it.
        notes: what a reader should know.
    """

    name: str
    source: str
    read: int
    taken: int
    written: int
    estimated: int
    refused: int
    refusals: Sequence[Refusal]
    window: Interval | None
    slots: int
    notes: Sequence[str]


@dataclass(frozen=True)
class TakeIn:
    """The deed, with its ports.

    Attributes:
        parse: reads a file's name and content.
        filling: the kinds that fill a slot; in the demo everything is simulated.
    """

    store: TimeSeriesStore
    clock: Clock
    plant: PlantFile
    filling: frozenset[Kind]
    parse: Callable[[str, bytes], MeterFile]

    def __call__(self, name: str, content: bytes) -> TakenIn:
        """Keep what can be believed of a file.

        Raises:
            InputError: the file as a whole cannot be read.
            StoreError: the store cannot take it; nothing was kept.
        """
        file, now = self.parse(name, content), self.clock.now()
        good, wrong = judged(file.readings, plausible(self.plant()), now)
        count = self.store.write(self._observations(file.source, good, now))
        refusals = by_line([*file.refusals, *wrong])
        window = _window(good)
        return TakenIn(
            name=name,
            source=file.source,
            read=file.lines,
            taken=len(good),
            written=count.written,
            estimated=sum(r.is_estimate for r in good),
            refused=len(refusals),
            refusals=refusals[:TOLD],
            window=window,
            slots=_slots(window, good),
            notes=self._notes(good),
        )

    def _observations(self, source: str, readings: Iterable[Reading], now: datetime) -> list[Observation]:
        return [
            Observation(
                METER_ENERGY, source, self._kind(r), r.start, r.kwh, now if r.is_estimate else r.slot.end, now,
                int(r.resolution), DEFAULT_SITE,
            )
            for r in readings
        ]  # fmt: skip

    def _kind(self, reading: Reading) -> Kind:
        if Kind.SIMULATED in self.filling:
            return Kind.SIMULATED
        return Kind.ESTIMATED if reading.is_estimate else Kind.OBSERVED

    def _notes(self, good: Sequence[Reading]) -> list[str]:
        notes = []
        supplies = {r.supply for r in good if r.supply}
        if supplies and not self.plant().contract.cups:
            notes.append(f"Taken as this plant's: {', '.join(sorted(supplies))}. Its file names no contract.cups.")
        if estimated := sum(r.is_estimate for r in good):
            notes.append(f"{estimated} slots were estimated by the distributor: they count as not measured.")
        return notes


def _window(readings: Sequence[Reading]) -> Interval | None:
    if not readings:
        return None
    return Interval(min(r.start for r in readings), max(r.slot.end for r in readings))


def _slots(window: Interval | None, readings: Sequence[Reading]) -> int:
    """Slots from the first to the last, of the shortest length that was read."""
    length = min((r.resolution for r in readings), default=Resolution.HOUR)
    return round(window.duration / length.span) if window else 0
