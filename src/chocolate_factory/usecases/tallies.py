"""What proves that two stores hold the same: revisions counted and their hashes summed, group by group."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from chocolate_factory.domain.series import Observation
from chocolate_factory.usecases.batches import BATCH

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
MODULUS: Final = 2**128

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
    stream = "\x1f".join((o.series, o.site, o.source, o.kind.value, str(o.resolution_minutes))).encode()
    moments = ((moment - EPOCH) // MICROSECOND for moment in (o.start, o.received_at, o.published_at))
    body = struct.pack("<qqqd", *moments, o.value + 0.0)
    return int.from_bytes(hashlib.blake2b(stream + body, digest_size=16).digest(), "little")
