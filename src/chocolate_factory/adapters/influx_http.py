"""HTTP to one InfluxDB, by the calls that 1.8, 2.x and 3 Core share: ``/ping``, ``/write``, ``/query``.

One log line when it goes and one when it comes back. Nothing is asked again but once over a connection that the server
had closed: whoever writes keeps what could not be written (``spool_store``).
"""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import httpx
import structlog

from chocolate_factory.domain.errors import InputError, StoreAwayError, StoreError

log = structlog.get_logger(__name__)

ALLOWED = "influxdb://host:8086/database, or influxdb+https:// for TLS"
SCHEMES: Final = {"influxdb": "http", "influxdb+https": "https"}
PORT = 8086
#: A batch of lines or a page of rows may take a busy server a while; a dead one is noticed by the connection.
TIMEOUT = httpx.Timeout(30.0, connect=3.0)
#: Statuses that may pass by themselves, or with a new token: what was to be written is worth keeping.
PASSING = frozenset({401, 403, 404, 408, 413, 429, 500, 502, 503, 504})
#: Rows up to which 1.x says ``partial`` of a series only where it was cut off; of a longer one it always says it.
SURELY_CUT = 10_000
#: What the server says of a statement when it may go well another time.
FOR_NOW = ("not found", "timeout", "max-concurrent-queries")
#: What a connection says that the server closed while it was idle.
STALE = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


@dataclass(frozen=True)
class InfluxAddress:
    """Where the store is.

    Attributes:
        url: ``http://host:port``.
        database: of 1.x and 3; in 2.x the bucket's name.
        user, password: of 1.x, where it asks for them.
        token: of 2.x and 3.
        org: of 2.x; with it a bucket that is missing is made.
    """

    url: str
    database: str
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    org: str = ""

    @property
    def place(self) -> str:
        """Where, for people: without any secret."""
        return f"{self.url}/{self.database}"


def address_of(url: str, token: str = "", org: str = "") -> InfluxAddress:
    """The address in a ``TIMESERIES_URL``.

    Raises:
        InputError: it names no host or no database.
    """
    parts = urlsplit(url)
    database = unquote(parts.path.strip("/"))
    if parts.scheme not in SCHEMES or not parts.hostname or not database or "/" in database:
        raise InputError("TIMESERIES_URL", f"{parts.scheme}://…", ALLOWED)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    base = f"{SCHEMES[parts.scheme]}://{host}:{parts.port or PORT}"
    return InfluxAddress(base, database, unquote(parts.username or ""), unquote(parts.password or ""), token, org)


class InfluxHttp:
    """The calls. Thread-safe.

    Args:
        transport: a stand-in for the network, for tests.

    Attributes:
        absences: how often it did not answer, or said that it cannot; what was known of it may be so no more.

    Raises:
        StoreAwayError: by every call, where the server does not answer, or does not let us in.
        StoreError: by every call, where it refuses what was asked.
    """

    def __init__(self, address: InfluxAddress, transport: httpx.BaseTransport | None = None) -> None:
        self.address = address
        self.absences = 0
        self._lock = threading.Lock()
        self._away = False
        # the store stands nearby: packing an answer takes the server three times as long as sending it
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if address.token:
            headers["Authorization"] = f"Token {address.token}"
        self._http = httpx.Client(
            base_url=address.url,
            headers=headers,
            auth=(address.user, address.password) if address.user else None,
            timeout=TIMEOUT,
            transport=transport,
            verify=address.url.startswith("https"),  # without TLS no certificates need be read
        )

    def version(self) -> str:
        """What the server calls itself, e.g. ``1.6.7``; without the ``v`` of 2.x."""
        return str(self._call("GET", "/ping").headers.get("X-Influxdb-Version", "")).removeprefix("v")

    def write(self, lines: Sequence[str]) -> None:
        """Post lines, times in nanoseconds; the server has them on disk when this returns.

        No other unit: 1.x calls microseconds ``u``, 2.x ``us``, and takes ``u`` for nanoseconds without a word.
        """
        body = gzip.compress("\n".join(lines).encode(), compresslevel=1)
        response = self._call(
            "POST",
            "/write",
            params={"db": self.address.database},
            content=body,
            headers={"Content-Encoding": "gzip", "Content-Type": "text/plain; charset=utf-8"},
        )
        if response.status_code != httpx.codes.NO_CONTENT:  # so all versions say that it is done
            raise self._went(f"HTTP {response.status_code} to a write: what answers is no InfluxDB")

    def query(self, influxql: str, *, change: bool = False) -> list[dict[str, Any]]:
        """The series that a statement finds, times in microseconds since 1970.

        Args:
            change: it alters the database (1.x wants these posted).
        """
        asked = {"db": self.address.database, "epoch": "u", "q": influxql}
        how = {"data": asked} if change else {"params": asked}
        return self._series(self._call("POST" if change else "GET", "/query", **how))

    def post_json(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """2.x's and 3's own interface, for what the compatible one cannot do."""
        response = self._call("POST", path, json=document)
        return dict(response.json()) if response.content else {}

    def get_json(self, path: str, **params: str) -> dict[str, Any]:
        """The same, for reading."""
        return dict(self._call("GET", path, params=params).json())

    def close(self) -> None:
        """Release connections."""
        self._http.close()

    # ------------------------------------------------------------------ inside
    def _call(self, method: str, path: str, **how: Any) -> httpx.Response:
        try:
            response = self._once_more(lambda: self._http.request(method, path, **how))
        except (httpx.HTTPError, RuntimeError) as e:  # RuntimeError: the client was closed, as the service stops
            raise self._went(type(e).__name__) from e
        if not response.is_success:
            raise self._refused(response)
        self._came()
        return response

    @staticmethod
    def _once_more(call: Callable[[], httpx.Response]) -> httpx.Response:
        """Every call may be repeated: a point that is written twice is one point."""
        try:
            return call()
        except STALE:
            return call()

    def _refused(self, response: httpx.Response) -> StoreError:
        why = f"HTTP {response.status_code}: {_said(response)}"
        if response.status_code in PASSING or response.has_redirect_location:
            return self._went(why)
        self._came()
        return StoreError(f"InfluxDB at {self.address.place} refuses what was asked ({why}).")

    def _series(self, response: httpx.Response) -> list[dict[str, Any]]:
        try:
            document = response.json()
            result = document["results"][0] if document != {} else {}  # so 2.x answers a deletion
        except (ValueError, LookupError, TypeError) as e:
            raise StoreError(f"What answers at {self.address.url} is no InfluxDB; look at TIMESERIES_URL.") from e
        if error := result.get("error", ""):
            if any(word in error for word in FOR_NOW):
                raise self._went(error)
            raise StoreError(f"InfluxDB at {self.address.place} refuses what was asked ({error}).")
        found = list(result.get("series", []))
        if any(series.get("partial") and len(series["values"]) <= SURELY_CUT for series in found):
            raise StoreError(f"InfluxDB at {self.address.place} cuts its answers off. Set its max-row-limit to 0.")
        return found

    def _went(self, why: str) -> StoreAwayError:
        with self._lock:
            first, self._away = not self._away, True
            self.absences += 1
        if first:
            log.warning("time-series store is down", store=self.address.place, why=why)
        return StoreAwayError(
            f"InfluxDB at {self.address.place} does not serve ({why}). Start it, or check TIMESERIES_URL and its token."
        )

    def _came(self) -> None:
        with self._lock:
            back, self._away = self._away, False
        if back:
            log.info("time-series store is back", store=self.address.place)


def _said(response: httpx.Response) -> str:
    """What the server gave as its reason, in a clause."""
    try:
        document = json.loads(response.content)
        reason = str(document.get("error") or document.get("message") or "")
    except (ValueError, AttributeError):
        reason = response.text
    return reason.strip().partition("\n")[0][:200] or "no reason given"
