"""Charts of plans: drawn in a child process one after another, and held while they say the present."""

from __future__ import annotations

import threading
from datetime import datetime

from chocolate_factory.adapters.pictures import Drawing
from chocolate_factory.domain.plan_record import PlanRecord
from chocolate_factory.domain.time import Resolution, floor
from chocolate_factory.wiring import House

WORK = "chocolate_factory.adapters.pictures:drawn"
LIMIT_S = 60.0
#: Both kinds in both languages.
MOST_HELD = 4


class Pictures:
    """The newest charts of one house."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._held: dict[tuple[str, str, str, datetime], bytes] = {}
        self._drawing = threading.Lock()

    def gantt(self, record: PlanRecord, kind: str, language: str) -> bytes:
        """The chart of a plan; its line of the present is at most five minutes old.

        Args:
            kind: ``png`` or ``svg``.

        Raises:
            ChocolateFactoryError: it was not drawn in time.
        """
        now = self._house.clock.now()
        key = (record.id, kind, language, floor(now, Resolution.FIVE_MINUTES))
        with self._drawing:
            if key not in self._held:
                asked = Drawing(record.planned.plan, kind, now, language)
                picture: bytes = self._house.child.call(WORK, asked, LIMIT_S)
                for oldest in list(self._held)[: len(self._held) - MOST_HELD + 1]:
                    del self._held[oldest]
                self._held[key] = picture
            return self._held[key]
