"""What proves that two stores hold the same: revisions counted and their hashes summed, group by group."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, TypeVar

from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.usecases.batches import BATCH

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
MODULUS: Final = 2**128
_BODY: Final = struct.Struct("<qqqd").pack

Group = TypeVar("Group", bound=Hashable)


@dataclass(slots=True)
class Tally:
    """Revisions counted, and the sum of their hashes: the order in which they come does not matter."""

    count: int = 0
    checksum: int = 0

    def add(self, o: Observation) -> None:
        """One more."""
        self.count += 1
        self.checksum = (self.checksum + _hash(o)) % MODULUS


def tallies(
    everything: Iterable[Observation],
    group_of: Callable[[Observation], Group],
    tell: Callable[[int, Observation], None] = lambda _n, _o: None,
) -> dict[Group, Tally]:
    """Of each group.

    Args:
        tell: hears now and then how many were counted, and the one it is at.
    """
    found: dict[Group, Tally] = {}
    for n, o in enumerate(everything):
        found.setdefault(group_of(o), Tally()).add(o)
        if n % BATCH == 0:
            tell(n, o)
    return found


def _hash(o: Observation) -> int:
    """Of everything that it says; zero has no sign here, for stores keep none."""
    start, received, published = o.start - EPOCH, o.received_at - EPOCH, o.published_at - EPOCH
    body = _BODY(start // MICROSECOND, received // MICROSECOND, published // MICROSECOND, o.value + 0.0)
    stream = _stream(o.series, o.site, o.source, o.kind, o.resolution_minutes)
    return int.from_bytes(hashlib.blake2b(stream + body, digest_size=16).digest(), "little")


@lru_cache(maxsize=256)
def _stream(series: str, site: str, source: str, kind: Kind, resolution: int) -> bytes:
    return "\x1f".join((series, site, source, kind.value, str(resolution))).encode()
