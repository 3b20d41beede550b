"""One database of an InfluxDB, made where it is missing, and what it says of itself.

1.8 makes it by InfluxQL, 2.x as a bucket of the organisation (the mapping from database to bucket is its own, by name),
3 Core with its first point. A point at 1970 says which world it holds, and whether a restore was cut off in it.
"""

from __future__ import annotations

import threading

import structlog

from chocolate_factory.adapters import influx_query as ql
from chocolate_factory.adapters.influx_http import InfluxHttp
from chocolate_factory.domain.errors import StoreAwayError, StoreError, WrongWorldError

YEAR_S = 364 * 86400
FOR_EVER = "0s"

log = structlog.get_logger(__name__)


class InfluxDatabase:
    """The database behind the calls. Nothing is asked before the first use: the server may be away at our start.

    Args:
        world: ``real`` or ``simulated``. A database remembers which it is and refuses the other.
    """

    def __init__(self, http: InfluxHttp, world: str) -> None:
        self._http = http
        self._world = world
        self._lock = threading.Lock()
        self._open_since = -1

    def opened(self) -> InfluxHttp:
        """The calls, once the database is there and of our world.

        After every absence it is looked at again: somebody may have dropped it, or another server came back.

        Raises:
            WrongWorldError: it holds the other world's data.
            StoreError: it cannot be made, or does not answer.
        """
        with self._lock:
            if self._open_since != self._http.absences:
                absences = self._http.absences
                self._prepare()
                self._open_since = absences
        return self._http

    def is_whole(self) -> bool:
        """Whether the last restore, if there was one, came to its end."""
        said = self._said()
        return said is None or said[1]

    def misconfigured(self) -> list[str]:
        """What of 1.x's own settings would lose or hide points."""
        if not self._http.version().startswith("1."):
            return []
        kept = self._setting(ql.retention(self._http.address.database), "duration")
        limit = "0" if self._http.address.user else self._setting(ql.limits(), "max-row-limit")  # told to admins alone
        lost = f"InfluxDB drops what is older than {kept}: ALTER RETENTION POLICY … DURATION INF"
        hidden = f"InfluxDB cuts its answers off at {limit} rows: set its max-row-limit to 0"
        return [*([lost] if kept != FOR_EVER else []), *([hidden] if limit != "0" else [])]

    def _setting(self, statement: str, name: str) -> str:
        """Of the default where there are several."""
        found = [dict(zip(s["columns"], row, strict=True)) for s in self._http.query(statement) for row in s["values"]]
        return next(str(one[name]) for one in found if one.get("default", True))

    def mark(self, *, whole: bool) -> None:
        """Say which world it holds, and whether it is whole."""
        self._http.write([f'{ql.MARKER} world="{self._world}",whole={str(whole).lower()} 0'])

    # ------------------------------------------------------------------ inside
    def _prepare(self) -> None:
        name = self._http.address.database
        if name not in self._names():
            self._create(name, self._http.version())
            log.info("made a database in InfluxDB", store=self._http.address.place)
        said = self._said()
        if said is None:
            self.mark(whole=True)
        elif said[0] != self._world:
            raise WrongWorldError(
                f"InfluxDB's {name} holds {said[0]} data and this service is {self._world}. Give it a database of its "
                "own: TIMESERIES_URL."
            )

    def _names(self) -> set[str]:
        found = self._http.query("SHOW DATABASES")
        return {str(row[-1]) for series in found for row in series.get("values", [])}

    def _create(self, name: str, version: str) -> None:
        if version.startswith("1."):
            self._http.query(ql.creation(name), change=True)
        elif not version.startswith("3."):  # 2.x, also one that was built without its number
            self._make_bucket(name)

    def _make_bucket(self, name: str) -> None:
        """A bucket that keeps its points for ever, in shards of a year."""
        org = self._http.address.org
        if not org:
            raise StoreAwayError(
                f"InfluxDB has no bucket {name}. Make it there, or set INFLUXDB_ORG and a token that may: it is made."
            )
        found = self._http.get_json("/api/v2/orgs", org=org).get("orgs", [])
        if not found:
            raise StoreAwayError(f"InfluxDB knows no organisation {org}: look at INFLUXDB_ORG.")
        keep = {"type": "expire", "everySeconds": 0, "shardGroupDurationSeconds": YEAR_S}
        self._http.post_json("/api/v2/buckets", {"name": name, "orgID": found[0]["id"], "retentionRules": [keep]})

    def _said(self) -> tuple[str, bool] | None:
        """World, and whether it is whole; None for a database that is new.

        Raises:
            StoreError: somebody else's points stand in our marker's place.
        """
        found = self._http.query(ql.marker())
        if not found:
            return None
        _, world, whole = found[0]["values"][0]
        if world not in ("real", "simulated"):
            raise StoreError(f"InfluxDB's measurement {ql.MARKER} is not ours. Name another database: TIMESERIES_URL.")
        return world, bool(whole)
