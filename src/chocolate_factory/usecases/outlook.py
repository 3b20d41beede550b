"""What prices are published and what is expected after them, slot by slot, as people and plans read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from chocolate_factory.domain.forecast import ExpectedPrice, PriceForecast
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import Interval, Resolution, isoformat_madrid, slots
from chocolate_factory.forecasting.forecast import forecast_quarters
from chocolate_factory.forecasting.quarters import Shape


@dataclass(frozen=True, slots=True)
class PriceSlot:
    """One slot, EUR/MWh; of a published price all three are that price.

    Attributes:
        kind: what sort of truth it is; ``forecast`` where it is expected.
        made_at: when it was published, or forecast.
        source: the upstream, or the model and its version.
    """

    slot: Interval
    p10: float
    p50: float
    p90: float
    kind: Kind
    made_at: datetime
    source: str


@dataclass(frozen=True)
class Forecast:
    """A forecast that was made, with how quarter-hours lie in its hours.

    Attributes:
        source: model and version, e.g. ``spot_price/3``.
        shape: None where the market has no quarter-hours.
    """

    source: str
    hourly: PriceForecast
    shape: Shape | None

    def slots(self, resolution: Resolution) -> tuple[PriceSlot, ...]:
        """In quarter-hours where they are asked for and the market has them, else in hours."""
        return self._quarters if resolution is Resolution.QUARTER and self.shape is not None else self._hours

    @cached_property
    def _hours(self) -> tuple[PriceSlot, ...]:
        return tuple(map(self._slot, self.hourly.prices))

    @cached_property
    def _quarters(self) -> tuple[PriceSlot, ...]:
        assert self.shape is not None  # noqa: S101  looked at by who asks
        return tuple(map(self._slot, forecast_quarters(self.hourly, self.shape).prices))

    def _slot(self, p: ExpectedPrice) -> PriceSlot:
        return PriceSlot(p.slot, p.p10, p.p50, p.p90, Kind.FORECAST, self.hourly.made_at, self.source)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The answer.

    Attributes:
        slots: in order; a slot of which nothing is known is left out.
        problem: why some are missing or coarser than asked for, in a sentence; empty where all is there.
    """

    series: str
    window: Interval
    slots: tuple[PriceSlot, ...]
    problem: str


def published(found: Iterable[Observation]) -> Iterator[PriceSlot]:
    """Prices as they came."""
    for o in found:
        slot = Interval(o.start, o.start + Resolution(o.resolution_minutes).span)
        yield PriceSlot(slot, o.value, o.value, o.value, o.kind, o.published_at, o.source)


def ahead(known: list[PriceSlot], forecast: Forecast, window: Interval, resolution: Resolution) -> Iterator[PriceSlot]:
    """What is expected of the window's slots that no published price touches."""
    taken = {quarter for s in known for quarter in slots(s.slot, Resolution.QUARTER)}
    until = max(taken, default=window.start)
    for s in forecast.slots(resolution):
        is_free = s.slot.start > until or taken.isdisjoint(slots(s.slot, Resolution.QUARTER))
        if is_free and s.slot.start < window.end and s.slot.end > window.start:
            yield s


def ends_early(found: list[PriceSlot], window: Interval) -> str:
    """What is missing of a window, in a sentence; empty where nothing is."""
    reached = found[-1].slot.end if found else window.start
    if reached >= window.end:
        return ""
    return f"Nothing is known after {isoformat_madrid(reached)}."


def outlook_document(outlook: Outlook) -> dict[str, Any]:
    """As JSON, for HTTP and the command line."""
    return {
        "series": outlook.series,
        "start": isoformat_madrid(outlook.window.start),
        "end": isoformat_madrid(outlook.window.end),
        "problem": outlook.problem or None,
        "prices": [_slot_document(s) for s in outlook.slots],
    }


def _slot_document(s: PriceSlot) -> dict[str, Any]:
    return {
        "start": isoformat_madrid(s.slot.start),
        "resolution_minutes": int(s.slot.duration.total_seconds() // 60),
        "p10_eur_mwh": round(s.p10, 2),
        "p50_eur_mwh": round(s.p50, 2),
        "p90_eur_mwh": round(s.p90, 2),
        "kind": s.kind.value,
        "made_at": isoformat_madrid(s.made_at),
        "source": s.source,
    }
