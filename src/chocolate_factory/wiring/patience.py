"""A start that waits for the ledger's database, as where both begin with the machine."""

from __future__ import annotations

import structlog

from chocolate_factory.adapters.ledger import open_ledger
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.ports import Clock
from chocolate_factory.settings import Settings

log = structlog.get_logger(__name__)

#: Between two tries, s.
PAUSE_S = 2.0


def wait_for_ledger(settings: Settings, seconds: float, clock: Clock) -> None:
    """Return once the ledger has been opened; its tables are there then. The store is not waited for: it has a spool.

    Raises:
        StoreError: it cannot be opened within ``seconds``.
    """
    end = clock.monotonic() + seconds
    while (trouble := _trouble(settings)) is not None:
        left = end - clock.monotonic()
        if left <= 0:
            raise trouble
        log.warning("waiting for the ledger", seconds_left=round(left), why=str(trouble))
        clock.sleep(min(PAUSE_S, left))


def _trouble(settings: Settings) -> StoreError | None:
    try:
        open_ledger(settings.ledger).dispose()
    except StoreError as e:
        return e
    return None
