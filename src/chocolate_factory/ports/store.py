"""Observations and the copies made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from chocolate_factory.domain.series import DEFAULT_SITE, Kind, Observation, Query, StreamSummary, WriteCount


class TimeSeriesStore(Protocol):
    """Observations, kept with every revision.

    Invariants:
        Writing the same observation twice changes nothing. A different value for a slot is a revision: the old one
        stays, and the new one counts as published no earlier than it was received. What ``write`` returned for is
        durable.
    """

    @property
    def backend(self) -> str:
        """Which one, in a word: ``sqlite``, ``memory``, ``influxdb``."""
        ...

    def write(self, observations: Iterable[Observation]) -> WriteCount:
        """Upsert, all or nothing for each call."""
        ...

    def read(self, query: Query) -> list[Observation]:
        """For each slot and stream (source and kind) the newest value known, ordered by start."""
        ...

    def revisions(self, query: Query) -> list[Observation]:
        """Every value ever held, ordered by start, then by when it was received."""
        ...

    def starts(self, query: Query) -> Sequence[tuple[datetime, str]]:
        """Start and source of each slot that has a value; cheaper than ``read``."""
        ...

    def last(
        self, series: str, kinds: frozenset[Kind], before: datetime | None = None, site: str = DEFAULT_SITE
    ) -> Observation | None:
        """The value of the latest slot (that begins before a moment)."""
        ...

    def inventory(self) -> list[StreamSummary]:
        """What is held, stream by stream."""
        ...

    def verify(self) -> list[str]:
        """What is wrong with the store itself; empty when it is whole."""
        ...

    def forget(self, series: str, kinds: frozenset[Kind], before: datetime) -> int:
        """Retention: drop slots that begin before; returns rows dropped."""
        ...

    def compact(self) -> int:
        """Give room that is free inside the store back to the disk, where it is worth it; how many bytes.

        Others read meanwhile; writers may wait.
        """
        ...

    def everything(self) -> Iterator[Observation]:
        """Every revision of every stream, in bounded memory, for export and migration."""
        ...

    def backup(self, target: Path) -> None:
        """A whole copy, taken while others read and write."""
        ...

    def restore(self, source: Path) -> None:
        """Become that copy, while others read; refuses one that is damaged or of the other world."""
        ...

    def close(self) -> None:
        """Release files and connections."""
        ...


class Backups(Protocol):
    """Whole copies of store and ledger, made while others read and write.

    Invariants:
        An archive is there whole or not at all; what is damaged, or of the other world, is refused before anything is
        changed.
    """

    @property
    def folder(self) -> Path:
        """Where those lie that nobody named."""
        ...

    def make(self, target: Path) -> Mapping[str, Any]:
        """Write one, read it again, and hand out its manifest. Raises ``StoreError``."""
        ...

    def restore(self, source: Path) -> Mapping[str, Any]:
        """Put store and ledger back, while others read; the manifest. Raises ``StoreError``."""
        ...

    def weekly(self, prove: Callable[[Path], None]) -> Path:
        """One more in the folder, under its name once ``prove`` has let it pass; those it makes needless go then."""
        ...
