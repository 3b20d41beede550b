"""All that the page shows, kept as prebuilt bytes.

Readers get the bytes at once; a build that is older than a few seconds is renewed behind them, one that is older than
a minute before them.
"""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from chocolate_factory.domain.errors import StoreError
from chocolate_factory.ports import Timetable
from chocolate_factory.web.dashboard.complete import complete
from chocolate_factory.wiring import House

log = structlog.get_logger(__name__)

RENEW_AFTER = timedelta(seconds=4)
TOO_OLD = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Built:
    """One language's build: the document for the page, and its bytes, plain and compressed."""

    at: datetime
    document: dict[str, Any]
    body: bytes
    packed: bytes


class Snapshot:
    """The prebuilt documents, one for each language that was asked for."""

    def __init__(self, house: House, timetable: Timetable) -> None:
        self._house = house
        self._timetable = timetable
        self._lock = threading.Lock()
        self._renewing = threading.Lock()
        self._built: dict[str, Built] = {}
        house.listeners.append(lambda _job, _outcome, _counts: self._renew_soon())

    def get(self, language: str) -> Built:
        """The build in force."""
        built = self._held(language)
        if built is None:
            with self._lock:  # of many readers at once the first builds, the others find it
                return self._held(language) or self._build(language)
        if self._house.clock.now() - built.at > RENEW_AFTER:
            self._renew_soon()
        return built

    def _held(self, language: str) -> Built | None:
        """The build in force, unless it is too old to show."""
        built = self._built.get(language)
        return built if built and abs(self._house.clock.now() - built.at) <= TOO_OLD else None

    def _renew_soon(self) -> None:
        """In the background, unless it is being done."""
        if self._built and self._renewing.acquire(blocking=False):
            threading.Thread(target=self._renew, name="snapshot", daemon=True).start()

    def _renew(self) -> None:
        try:
            for language in list(self._built):
                with self._lock:
                    self._build(language)
        except StoreError as e:  # as at the stop: readers keep the last build until it is too old, then they are told
            log.warning("dashboard not renewed", why=str(e))
        finally:
            self._renewing.release()

    def _build(self, language: str) -> Built:
        """Under the lock."""
        now = self._house.clock.now()
        document = complete(self._house, self._timetable, now, language)
        body = json.dumps(document, ensure_ascii=False).encode()
        self._built[language] = Built(now, document, body, gzip.compress(body, 5, mtime=0))
        return self._built[language]
