"""Observations in memory: for tests and dry runs. The same contract as every store."""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from chocolate_factory.domain.errors import StoreError, WrongWorldError
from chocolate_factory.domain.series import (
    DEFAULT_SITE,
    Kind,
    Observation,
    Query,
    Slot,
    StreamSummary,
    WriteCount,
    admit,
    by_age,
    by_receipt,
    by_slot,
    revise,
    tally,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIGEST_BYTES = hashlib.sha256().digest_size

StreamKey = tuple[str, str, str, Kind, int]
Stream = dict[datetime, Slot[datetime]]


class MemoryStore:
    """A ``TimeSeriesStore`` that lives as long as its process."""

    backend = "memory"

    def __init__(self, world: str = "real") -> None:
        self.world = world
        self._lock = threading.Lock()
        self._streams: dict[StreamKey, Stream] = {}

    # ------------------------------------------------------------------ writing
    def write(self, observations: Iterable[Observation]) -> WriteCount:
        """Upsert, all or nothing."""
        batch: dict[StreamKey, Stream] = {}
        for o in observations:
            admit(o, self.world)
            slot = batch.setdefault(_key(o), {}).setdefault(_utc(o.start), {})
            slot[_utc(o.received_at)] = (_utc(o.published_at), float(o.value))
        count = WriteCount()
        with self._lock:
            for key, slots in batch.items():
                stream = self._streams.setdefault(key, {})
                changes = [
                    (held := stream.get(start, {}), coming, revise(held, coming)) for start, coming in slots.items()
                ]
                stream.update(zip(slots, (slot for _, _, slot in changes), strict=True))
                count += tally(changes)
        return count

    def forget(self, series: str, kinds: frozenset[Kind], before: datetime) -> int:
        """Drop slots that begin before."""
        dropped = 0
        with self._lock:
            for key, stream in self._streams.items():
                if key[0] == series and key[3] in kinds:
                    for start in [s for s in stream if s < before]:
                        dropped += len(stream.pop(start))
        return dropped

    # ------------------------------------------------------------------ reading
    def read(self, query: Query) -> list[Observation]:
        """The newest known value of each slot and stream."""
        return sorted((known[-1] for known in self._known(query)), key=by_slot)

    def revisions(self, query: Query) -> list[Observation]:
        """Every value held."""
        return sorted((o for known in self._known(query) for o in known), key=by_receipt)

    def starts(self, query: Query) -> Sequence[tuple[datetime, str]]:
        """Start and source of each slot that has a value."""
        return sorted({(known[0].start, known[0].source) for known in self._known(query)})

    def last(
        self, series: str, kinds: frozenset[Kind], before: datetime | None = None, site: str = DEFAULT_SITE
    ) -> Observation | None:
        """The value of the latest slot; of several streams', the one known last."""
        with self._lock:
            found = [
                _observations(key, start, stream[start])[-1]
                for key, stream in self._streams.items()
                if key[:2] == (series, site) and key[3] in kinds
                if (start := max((s for s in stream if before is None or s < before), default=None)) is not None
            ]
        return max(found, key=by_age, default=None)

    def inventory(self) -> list[StreamSummary]:
        """What is held."""
        with self._lock:
            return [_summary(key, stream) for key, stream in sorted(self._streams.items(), key=_name) if stream]

    def everything(self) -> Iterator[Observation]:
        """Every revision, as it is when the first is asked for."""
        with self._lock:
            rows = [
                o
                for key, stream in sorted(self._streams.items(), key=_name)
                for start in sorted(stream)
                for o in _observations(key, start, stream[start])
            ]
        yield from rows

    # ------------------------------------------------------------------ the whole
    def verify(self) -> list[str]:
        """Memory is whole while it lasts."""
        return []

    def backup(self, target: Path) -> None:
        """A copy as a pickle behind its checksum: good for a dry run, not an exchange format."""
        with self._lock:
            body = pickle.dumps((self.world, self._streams))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(hashlib.sha256(body).digest() + body)
        except OSError as e:
            raise StoreError(f"The backup cannot be written to {target} ({e.strerror}).") from e

    def restore(self, source: Path) -> None:
        """Become that copy."""
        if not source.is_file():
            raise StoreError(f"There is no backup at {source}.")
        content = source.read_bytes()
        digest, body = content[:DIGEST_BYTES], content[DIGEST_BYTES:]
        if hashlib.sha256(body).digest() != digest:
            raise StoreError(f"{source} is damaged or no backup of this store.")
        world, streams = pickle.loads(body)  # noqa: S301  a file this very class wrote, by its checksum
        if world != self.world:
            raise WrongWorldError(f"{source} holds {world} data and this store is {self.world}.")
        with self._lock:
            self._streams = streams

    def compact(self) -> int:
        """Nothing: what was dropped is free."""
        return 0

    def close(self) -> None:
        """Nothing to release."""

    # ------------------------------------------------------------------ inside
    def _known(self, query: Query) -> list[list[Observation]]:
        """What was known of each slot, in order of receipt; slots of which nothing was known are left out."""
        with self._lock:
            slots = [
                _observations(key, start, stream[start])
                for key, stream in self._streams.items()
                if _is_asked(key, query)
                for start in stream
                if start in query.window
            ]
        known = ([o for o in slot if _was_known(o, query)] for slot in slots)
        return [slot for slot in known if slot]


def _is_asked(key: StreamKey, query: Query) -> bool:
    series, site, source, kind, _ = key
    return (
        (series, site) == (query.series, query.site)
        and (query.sources is None or source in query.sources)
        and (query.kinds is None or kind in query.kinds)
    )


def _was_known(o: Observation, query: Query) -> bool:
    return (query.published_by is None or o.published_at <= query.published_by) and (
        query.received_by is None or o.received_at <= query.received_by
    )


def _utc(moment: datetime) -> datetime:
    """The same instant in UTC: in October's repeated hour a local time equals no other zone's."""
    return EPOCH + (moment - EPOCH) if moment.tzinfo is not UTC else moment


def _key(o: Observation) -> StreamKey:
    return o.series, o.site, o.source, o.kind, o.resolution_minutes


def _name(item: tuple[StreamKey, Stream]) -> StreamKey:
    return item[0]


def _observations(key: StreamKey, start: datetime, slot: Slot[datetime]) -> list[Observation]:
    series, site, source, kind, resolution = key
    return [
        Observation(series, source, kind, start, value, published, received, resolution, site)
        for received, (published, value) in slot.items()
    ]


def _summary(key: StreamKey, stream: Stream) -> StreamSummary:
    series, site, source, kind, resolution = key
    received = [moment for slot in stream.values() for moment in slot]
    return StreamSummary(
        site, series, source, kind, resolution, min(stream), max(stream), len(stream), len(received), max(received)
    )
