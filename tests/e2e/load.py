"""What goes on while parts are killed: somebody looks at the dashboard, and a meter hands in its readings."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx

from chocolate_factory.domain.metering import METER_ENERGY
from chocolate_factory.domain.series import Observation

QUARTER = timedelta(minutes=15)
#: Between one look and the next, and between one reading and the next, s. A reading has its day settled again.
LOOK_S, READING_S = 0.25, 1.0


class Load:
    """Both under way, each in a thread of its own.

    Args:
        brain: where readings are handed in, as ``http://host:port``.
        look: one look at the dashboard from outside; the HTTP status, 0 where nobody answered.
        first: in the hour of the first reading's slot; it must lie in the past, with room for the trial's after it.

    Attributes:
        acknowledged: kWh by the begin of each slot whose reading the brain has taken.
        looks: how often each status was seen.
    """

    def __init__(self, brain: str, look: Callable[[], int], first: datetime) -> None:
        self.acknowledged: dict[datetime, float] = {}
        self.looks: Counter[int] = Counter()
        self._look, self._slot = look, first.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        self._http = httpx.Client(base_url=brain, timeout=20.0)
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._again, args=(deed, pause))
            for deed, pause in ((self._one_look, LOOK_S), (self._one_reading, READING_S))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._http.close()

    def goes_on(self, seconds: float = 60.0) -> None:
        """Waits until one more look has shown the page and one more reading was taken."""
        looks, readings, end = self.looks[200], len(self.acknowledged), time.monotonic() + seconds
        while self.looks[200] == looks or len(self.acknowledged) == readings:
            assert time.monotonic() < end, f"not within {seconds:g} s: {self.looks}, {len(self.acknowledged)} readings"
            time.sleep(0.05)

    def _again(self, deed: Callable[[], None], pause: float) -> None:
        while not self._over.wait(pause):
            deed()

    def _one_look(self) -> None:
        self.looks[self._look()] += 1

    def _one_reading(self) -> None:
        """As a careful meter does: what was not acknowledged is sent again, the same."""
        kwh = 1 + len(self.acknowledged) / 1000
        headers = {"Content-Type": "text/csv"}
        try:
            body = f"start_utc,kwh\n{self._slot:%Y-%m-%dT%H:%M:%SZ},{kwh}\n"
            reply = self._http.post("/meter/readings", content=body, headers=headers)
        except httpx.TransportError:
            return
        if reply.status_code == 200 and reply.json()["taken"] == 1:
            self.acknowledged[self._slot] = kwh
            self._slot += QUARTER


def readings_of(observations: list[Observation]) -> list[tuple[datetime, float]]:
    """Every revision of every reading that a store holds, in order of its slot."""
    return sorted((o.start, o.value) for o in observations if o.series == METER_ENERGY)
