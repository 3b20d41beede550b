"""A process that is no service and runs a job: it says that it lives for as long as it takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from chocolate_factory.domain.errors import StoreError
from chocolate_factory.ports import Pulse

#: How often a brain says that it lives; a quarter of ``brains.LEASE_S``.
PULSE_SECONDS = 15.0


@contextmanager
def living(pulse: Pulse, every_s: float = PULSE_SECONDS) -> Iterator[None]:
    """Beat in the background during the block, or its run would be taken for a dead brain's after a minute."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(every_s):
            with suppress(StoreError):  # while the ledger is away nobody else can take the run either
                pulse.beat()

    beating = threading.Thread(target=beat, name="pulse", daemon=True)
    beating.start()
    try:
        yield
    finally:
        done.set()
        beating.join()
