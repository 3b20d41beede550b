"""All that the page shows, kept as prebuilt bytes.

Readers get the bytes at once; a build that is older than a few seconds is renewed behind them, one that is older than
a minute before them. Whoever listens is told of each new build.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from chocolate_factory.domain.errors import StoreError
from chocolate_factory.ports import Timetable
from chocolate_factory.web.dashboard.complete import complete
from chocolate_factory.web.dashboard.facts.kept import Kept
from chocolate_factory.web.dashboard.outward import outward
from chocolate_factory.web.dashboard.page import Look, sections
from chocolate_factory.wiring import House

log = structlog.get_logger(__name__)

RENEW_AFTER = timedelta(seconds=4)
TOO_OLD = timedelta(minutes=1)
#: A view that nobody asked for in this time is not renewed any more.
FORGET_AFTER = timedelta(minutes=2)
#: The parts of the document that the charts draw.
DRAWN = ("plan", "plan_context", "prices", "outlook", "market", "meter", "money", "savings", "weather")


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes, plain and compressed, with their digest."""

    body: bytes
    packed: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class View:
    """One look at one moment: the document, its JSON, and every section of the page as HTML.

    Attributes:
        news: what tells a page which of its parts are not the newest any more.
    """

    at: datetime
    document: Mapping[str, Any]
    json: Piece
    sections: Mapping[str, Piece]
    news: bytes


class Snapshot:
    """The prebuilt views, one for each look that was asked for."""

    def __init__(self, house: House, timetable: Timetable) -> None:
        self._house = house
        self._timetable = timetable
        self._lock = threading.Lock()
        self._renewing = threading.Lock()
        self._outdated = threading.Event()
        self._built: dict[Look, View] = {}
        self._kept = Kept()
        self._asked: dict[Look, datetime] = {}
        self.listeners: list[Callable[[], None]] = []
        house.listeners.append(lambda _job, _outcome, _counts: self.renew_soon())

    def get(self, look: Look) -> View:
        """The view in force."""
        now = self._house.clock.now()
        self._asked[look] = now
        view = self._held(look)
        if view is None:
            with self._lock:  # of many readers at once the first builds, the others find it
                return self._held(look) or self._build([look])[0]
        if now - view.at > RENEW_AFTER:
            self._renew_if_idle()
        return view

    def renew_soon(self) -> None:
        """Something has changed. Where it is being renewed already, once more after that: it may have read before."""
        self._outdated.set()
        self._renew_if_idle()

    def _renew_if_idle(self) -> None:
        """In the background, unless it is being done."""
        if self._built and self._renewing.acquire(blocking=False):
            self._outdated.set()
            threading.Thread(target=self._renew, name="snapshot", daemon=True).start()

    def _held(self, look: Look) -> View | None:
        """The view in force, unless it is too old to show."""
        view = self._built.get(look)
        return view if view and abs(self._house.clock.now() - view.at) <= TOO_OLD else None

    def _renew(self) -> None:
        try:
            while self._outdated.is_set():
                self._outdated.clear()
                with self._lock:
                    self._build(self._wanted())
                self._tell()
        except StoreError as e:  # as at the stop: readers keep the last build until it is too old, then they are told
            log.warning("dashboard not renewed", why=str(e))
        finally:
            self._renewing.release()
        if self._outdated.is_set():  # between the last look and the release
            self.renew_soon()

    def _tell(self) -> None:
        for listener in self.listeners:
            listener()

    def _wanted(self) -> list[Look]:
        """The looks that somebody still asks for; the others are dropped."""
        since = self._house.clock.now() - FORGET_AFTER
        for look in [look for look, at in list(self._asked.items()) if at < since]:
            self._asked.pop(look, None)
            self._built.pop(look, None)
        return list(self._built)

    def _build(self, looks: list[Look]) -> list[View]:
        """Under the lock. What a language's looks share is made once."""
        now = self._house.clock.now()
        documents = {
            language: complete(self._house, self._timetable, now, language, self._kept)
            for language in dict.fromkeys(look.language for look in looks)
        }
        for look in looks:
            document = documents[look.language]
            self._built[look] = view_of(outward(document) if look.external else document, look, now)
        return [self._built[look] for look in looks]


def view_of(document: Mapping[str, Any], look: Look, at: datetime) -> View:
    """A document as everything that is served of it."""
    html = {name: _piece(text.encode()) for name, text in sections(document, look).items()}
    drawn = json.dumps({name: document.get(name) for name in DRAWN}, sort_keys=True)
    news = {
        "at": document["generated_at"],
        "sections": {name: piece.digest for name, piece in html.items()},
        "charts": _digest(drawn.encode()),
    }
    body = json.dumps(document, ensure_ascii=False).encode()
    return View(at, document, _piece(body), html, json.dumps(news).encode())


def _piece(body: bytes) -> Piece:
    return Piece(body, gzip.compress(body, 5, mtime=0), _digest(body))


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]
