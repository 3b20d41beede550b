"""Everything from one store to another, and the proof that it is there.

A stream is copied piece by piece; one that the target's inventory describes in the same words is left out, so that a
copy that was killed goes on where it was. The proof then reads both stores whole: equal are they when each series has
as many revisions here as there, and the same checksum.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from chocolate_factory.domain.series import Kind, Observation, Query, StreamSummary
from chocolate_factory.domain.time import DAY, Interval
from chocolate_factory.ports import TimeSeriesStore
from chocolate_factory.usecases.batches import BATCH, batches
from chocolate_factory.usecases.progress import Progress

#: What is read at a time: of forecasts, a slot has dozens of revisions.
PIECE = 60 * DAY
#: How much of the bar is for the copy; the rest is for the proof.
COPY_SHARE = 0.6

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MODULUS = 2**128
_BODY = struct.Struct("<qqqd").pack


@dataclass(slots=True)
class Tally:
    """Revisions counted, and the sum of their hashes: the order in which they come does not matter."""

    count: int = 0
    checksum: int = 0

    def add(self, o: Observation) -> None:
        """One more."""
        self.count += 1
        self.checksum = (self.checksum + _hash(o)) % MODULUS


@dataclass(frozen=True, slots=True)
class Proof:
    """One series in both stores."""

    series: str
    source: Tally
    target: Tally

    @property
    def is_equal(self) -> bool:
        """As many revisions, and the same ones."""
        return self.source == self.target


@dataclass(frozen=True, slots=True)
class Migration:
    """What was done and what it proved.

    Attributes:
        copied: rows that the target gained.
        there: rows of streams that it had already.
    """

    copied: int
    there: int
    proofs: tuple[Proof, ...]

    @property
    def is_equal(self) -> bool:
        """Whether every series is the same in both."""
        return all(proof.is_equal for proof in self.proofs)


def migrate(source: TimeSeriesStore, target: TimeSeriesStore, progress: Progress) -> Migration:
    """Copy everything, then prove it.

    Raises:
        StoreError: one of them cannot serve; run again, and it goes on.
        StoppedError: the deed was stopped; the same.
    """
    streams, held = source.inventory(), set(target.inventory())
    wanted = [stream for stream in streams if stream not in held]
    there = sum(stream.revisions for stream in streams) - sum(stream.revisions for stream in wanted)
    copied = _copy(wanted, source, target, progress.part(0.0, COPY_SHARE))
    proofs = prove(source, target, progress.part(COPY_SHARE, 1.0))
    progress.finish("copied and compared", copied=copied, there=there)
    return Migration(copied, there, tuple(proofs))


def _copy(wanted: list[StreamSummary], source: TimeSeriesStore, target: TimeSeriesStore, progress: Progress) -> int:
    total, done, copied = sum(stream.revisions for stream in wanted), 0, 0
    for stream in wanted:
        for batch in batches(_rows(source, stream)):
            copied += target.write(batch).written
            done += len(batch)
            progress.step(done / total, f"copying {stream.series} from {stream.source}", copied=copied)
    return copied


def _rows(source: TimeSeriesStore, stream: StreamSummary) -> Iterator[Observation]:
    """Every revision of one stream."""
    for piece in Interval(stream.first, stream.last + MICROSECOND).chunks(PIECE):
        query = Query(stream.series, piece, frozenset({stream.source}), frozenset({stream.kind}), site=stream.site)
        yield from (o for o in source.revisions(query) if o.resolution_minutes == stream.resolution_minutes)


def prove(source: TimeSeriesStore, target: TimeSeriesStore, progress: Progress) -> list[Proof]:
    """Each series of either store, by name."""
    total = sum(stream.revisions for store in (source, target) for stream in store.inventory()) or 1
    here = _tallies(source.everything(), 0, total, progress)
    there = _tallies(target.everything(), sum(t.count for t in here.values()), total, progress)
    return [Proof(name, here.get(name, Tally()), there.get(name, Tally())) for name in sorted({*here, *there})]


def _tallies(everything: Iterable[Observation], done: int, total: int, progress: Progress) -> dict[str, Tally]:
    tallies: dict[str, Tally] = {}
    for i, o in enumerate(everything, done):
        tallies.setdefault(o.series, Tally()).add(o)
        if i % BATCH == 0:
            progress.step(i / total, f"comparing {o.series}")
    return tallies


def _hash(o: Observation) -> int:
    """Of everything that it says; zero has no sign here, for stores keep none."""
    start, received, published = o.start - EPOCH, o.received_at - EPOCH, o.published_at - EPOCH
    body = _BODY(start // MICROSECOND, received // MICROSECOND, published // MICROSECOND, o.value + 0.0)
    stream = _stream(o.series, o.site, o.source, o.kind, o.resolution_minutes)
    return int.from_bytes(hashlib.blake2b(stream + body, digest_size=16).digest(), "little")


@lru_cache(maxsize=256)
def _stream(series: str, site: str, source: str, kind: Kind, resolution: int) -> bytes:
    return "\x1f".join((series, site, source, kind.value, str(resolution))).encode()
