"""A backup, restored for a trial, held against the store that it was made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import HOUR
from chocolate_factory.ports import TimeSeriesStore
from chocolate_factory.usecases.tallies import Tally, tallies

Stream = tuple[str, str, str, Kind, int]
#: What was received so shortly before the backup may still have been on its way into the store.
SETTLED = HOUR


@dataclass(frozen=True, slots=True)
class BackupProof:
    """What a trial showed.

    Attributes:
        revisions: that were restored and are the same in the store, in so many streams.
        ledger_rows: that were restored.
        problems: what is not as it should be, a sentence each.
    """

    revisions: int
    streams: int
    ledger_rows: int
    problems: tuple[str, ...]


def prove(
    live: TimeSeriesStore,
    tried: TimeSeriesStore,
    made_at: datetime,
    ledger_rows: Mapping[str, int],
    restored_rows: Mapping[str, int],
) -> BackupProof:
    """Compare stream by stream, by count and checksum, what the store knew when the backup was made.

    Args:
        ledger_rows: by table, when the backup was made.
        restored_rows: by table, in the ledger that was restored.
    """
    known_by = made_at - SETTLED
    here, there = (_of_streams(store.everything(), known_by) for store in (live, tried))
    differ = [stream for stream in sorted({*here, *there}) if here.get(stream) != there.get(stream)]
    problems = [*tried.verify(), *(_told(stream, here.get(stream), there.get(stream)) for stream in differ)]
    if ledger_rows != restored_rows:
        problems.append(f"The ledger had {dict(ledger_rows)} rows, and {dict(restored_rows)} came back.")
    same = [tally.count for stream, tally in there.items() if stream not in differ]
    return BackupProof(sum(same), len(same), sum(restored_rows.values()), tuple(problems))


def _of_streams(everything: Iterable[Observation], known_by: datetime) -> dict[Stream, Tally]:
    return tallies((o for o in everything if o.received_at <= known_by), _stream_of)


def _stream_of(o: Observation) -> Stream:
    return o.series, o.site, o.source, o.kind, o.resolution_minutes


def _told(stream: Stream, here: Tally | None, there: Tally | None) -> str:
    counts = [tally.count if tally else 0 for tally in (here, there)]
    name = " ".join(map(str, stream))
    return f"{name}: {counts[0]} revisions in the store, {counts[1]} restored, or not the same ones."
