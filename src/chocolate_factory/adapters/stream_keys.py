"""What a kept observation is found by: its stream, and moments as microseconds since 1970.

So what is read back is what was written, to the microsecond.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from chocolate_factory.domain.series import Observation

StreamKey = tuple[str, str, str, str, int]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def key_of(o: Observation) -> StreamKey:
    """The stream of an observation, in the order in which stores list streams."""
    return o.series, o.site, o.source, o.kind.value, o.resolution_minutes


def us(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def when(microseconds: int) -> datetime:
    """The moment."""
    return EPOCH + timedelta(0, 0, microseconds)
