"""Whether there is enough to learn from, and how new it is; cheap enough to be asked every few minutes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chocolate_factory.domain.models import ModelName
from chocolate_factory.domain.series import Kind, StreamSummary
from chocolate_factory.domain.time import DAY
from chocolate_factory.forecasting.enough import FEWEST_IN_ALL
from chocolate_factory.learning.judging import FEWEST_DAYS
from chocolate_factory.ports import Clock, TimeSeriesStore

#: What each model cannot do without, and how many days of it.
NEEDED: Final[Mapping[ModelName, tuple[tuple[str, ...], int]]] = {
    ModelName.SPOT_PRICE: (("spot",), FEWEST_IN_ALL),
    ModelName.PVPC_PRICE: (("pvpc",), FEWEST_IN_ALL),
    ModelName.ENERGY_OPTIMIZATION: (("pvpc", "spot", "temperature", "humidity"), FEWEST_DAYS),
    ModelName.PRODUCTION_RECOMMENDATION: (("pvpc", "spot", "temperature", "humidity"), FEWEST_DAYS),
}
#: A count of the store stands for so long, s.
COUNT_AGAIN_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class History:
    """What there is to learn a model from.

    Attributes:
        newest: the end of what is known of every series that it needs; None where one of them is missing.
        missing: how much more is needed, in a sentence; empty where there is enough.
    """

    newest: datetime | None
    missing: str


class Readiness:
    """The deed, with its ports."""

    def __init__(self, store: TimeSeriesStore, filling: frozenset[Kind], clock: Clock) -> None:
        self._store = store
        self._filling = filling
        self._clock = clock
        self._counted: tuple[float, list[StreamSummary]] | None = None

    def __call__(self, name: ModelName) -> History:
        """What there is to learn that model from."""
        names, fewest = NEEDED[name]
        held = [s for s in self._inventory() if s.kind in self._filling and s.series in names]
        spans = [_span([s for s in held if s.series == series]) for series in names]
        for series, span in zip(names, spans, strict=True):
            days = (span[1] - span[0]) / DAY if span else 0.0
            if days < fewest:
                more = math.ceil(fewest - days)
                told = "1 more day of {} is" if more == 1 else f"{more} more days of {{}} are"
                return History(None, f"{told.format(series)} needed, {fewest} in all.")
        return History(min(span[1] for span in spans if span), "")

    def _inventory(self) -> list[StreamSummary]:
        """What the store holds, counted a few minutes ago at most: counting years takes a tenth of a second."""
        now = self._clock.monotonic()
        if self._counted is None or now - self._counted[0] > COUNT_AGAIN_S:
            self._counted = now, self._store.inventory()
        return self._counted[1]


def _span(streams: list[StreamSummary]) -> tuple[datetime, datetime] | None:
    """From the first to the last slot, whichever source it came from."""
    return (min(s.first for s in streams), max(s.last for s in streams)) if streams else None
