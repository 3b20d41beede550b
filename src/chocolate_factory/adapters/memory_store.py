"""Observations in memory: for tests and dry runs. The same contract as every store."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from chocolate_factory.domain.errors import StoreError, WrongWorldError
from chocolate_factory.domain.series import (
    DEFAULT_SITE,
    Kind,
    Observation,
    Query,
    StreamSummary,
    WriteCount,
    revise,
)

Stream = dict[datetime, list[Observation]]


class MemoryStore:
    """A ``TimeSeriesStore`` that lives as long as its process."""

    backend = "memory"

    def __init__(self, world: str = "real") -> None:
        self.world = world
        self._lock = threading.RLock()
        self._streams: dict[tuple[str, str, str, Kind, int], Stream] = {}

    def write(self, observations: Iterable[Observation]) -> WriteCount:
        """Upsert, all or nothing."""
        batch = list(observations)
        if any((o.kind is Kind.SIMULATED) != (self.world == "simulated") for o in batch):
            raise WrongWorldError(f"Another world's value was offered to a {self.world} store; nothing was written.")
        count = WriteCount()
        with self._lock:
            for o in batch:
                count += self._write_one(o)
        return count

    def _write_one(self, o: Observation) -> WriteCount:
        stream = self._streams.setdefault((o.series, o.site, o.source, o.kind, o.resolution_minutes), {})
        slot = stream.setdefault(o.start, [])
        held = [(h.published_at, h.received_at, h.value) for h in slot]
        since = revise(held, o.published_at, o.received_at, o.value)
        if since is None:
            return WriteCount(unchanged=1)
        revised = bool(slot)
        slot[:] = [h for h in slot if h.received_at != o.received_at]
        slot.append(_published(o, since))
        return WriteCount(revised=1) if revised else WriteCount(new=1)

    def read(self, query: Query) -> list[Observation]:
        """The newest known value of each slot and stream."""
        found = [max(known, key=_rank) for known in self._slots(query)]
        return sorted(found, key=lambda o: (o.start, o.source, o.kind))

    def revisions(self, query: Query) -> list[Observation]:
        """Every value held."""
        found = [o for known in self._slots(query) for o in known]
        return sorted(found, key=lambda o: (o.start, o.received_at, o.source, o.kind))

    def starts(self, query: Query) -> Sequence[tuple[datetime, str]]:
        """Start and source of each slot that has a value."""
        return sorted({(known[0].start, known[0].source) for known in self._slots(query)})

    def last(
        self, series: str, kinds: frozenset[Kind], before: datetime | None = None, site: str = DEFAULT_SITE
    ) -> Observation | None:
        """The value of the latest slot."""
        best: Observation | None = None
        with self._lock:
            for (name, at, _, kind, _), stream in self._streams.items():
                if name != series or at != site or kind not in kinds:
                    continue
                for start, slot in stream.items():
                    if (before is None or start < before) and (best is None or start > best.start):
                        best = max(slot, key=_rank)
        return best

    def inventory(self) -> list[StreamSummary]:
        """What is held."""
        with self._lock:
            return sorted(
                (
                    StreamSummary(
                        site, series, source, kind, res, min(stream), max(stream), len(stream),
                        sum(map(len, stream.values())), max(o.received_at for s in stream.values() for o in s),
                    )
                    for (series, site, source, kind, res), stream in self._streams.items()
                    if stream
                ),
                key=lambda s: (s.series, s.source, s.kind),
            )  # fmt: skip

    def everything(self) -> Iterator[Observation]:
        """Every revision."""
        with self._lock:
            rows = [o for stream in self._streams.values() for slot in stream.values() for o in slot]
        yield from rows

    def verify(self) -> list[str]:
        """Memory is whole while it lasts."""
        return []

    def forget(self, series: str, kinds: frozenset[Kind], before: datetime) -> int:
        """Drop slots that begin before."""
        dropped = 0
        with self._lock:
            for (name, _, _, kind, _), stream in self._streams.items():
                if name == series and kind in kinds:
                    for start in [s for s in stream if s < before]:
                        dropped += len(stream.pop(start))
        return dropped

    def backup(self, target: Path) -> None:
        """A copy as a pickle: good for a dry run, not an exchange format."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._lock:
            target.write_bytes(pickle.dumps((self.world, self._streams)))

    def restore(self, source: Path) -> None:
        """Become that copy."""
        if not source.is_file():
            raise StoreError(f"There is no backup at {source}.")
        try:
            world, streams = pickle.loads(source.read_bytes())  # noqa: S301  a file this very class wrote
        except (pickle.UnpicklingError, EOFError, ValueError, TypeError) as e:
            raise StoreError(f"{source} is no backup of this store.") from e
        if world != self.world:
            raise WrongWorldError(f"{source} holds {world} data and this store is {self.world}.")
        with self._lock:
            self._streams = streams

    def close(self) -> None:
        """Nothing to release."""

    def _slots(self, query: Query) -> Iterator[list[Observation]]:
        with self._lock:
            for (series, site, source, kind, _), stream in list(self._streams.items()):
                if series != query.series or site != query.site:
                    continue
                if (query.sources and source not in query.sources) or (query.kinds and kind not in query.kinds):
                    continue
                for start, slot in list(stream.items()):
                    known = [o for o in slot if _was_known(o, query)] if start in query.window else []
                    if known:
                        yield known


def _was_known(o: Observation, query: Query) -> bool:
    return (query.published_by is None or o.published_at <= query.published_by) and (
        query.received_by is None or o.received_at <= query.received_by
    )


def _rank(o: Observation) -> tuple[datetime, datetime]:
    return o.published_at, o.received_at


def _published(o: Observation, since: datetime) -> Observation:
    if since == o.published_at:
        return o
    return Observation(o.series, o.source, o.kind, o.start, o.value, since, o.received_at, o.resolution_minutes, o.site)
