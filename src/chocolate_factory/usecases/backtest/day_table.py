"""Every day of every strategy as rows of a CSV: what an auditor adds up, and what shows that nothing peeked."""

from __future__ import annotations

from collections.abc import Iterator

from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.usecases.backtest.chain import DayRecord
from chocolate_factory.usecases.backtest.deed import Result

HEAD = (
    "strategy", "day", "decided_at", "prices_known_until", "decision", "kwh", "energy_eur", "good_kg", "due_kg",
    "late_kg", "line_starts", "peak_kw", "note",
)  # fmt: skip


def day_rows(result: Result) -> Iterator[tuple[object, ...]]:
    """In the order of strategies, then days."""
    for name, days in result.chains.items():
        yield from ((name, *_row(record)) for record in days)


def _row(record: DayRecord) -> tuple[object, ...]:
    went, metered = record.went, record.went.metered.values()
    return (
        record.day, isoformat_madrid(record.decided_at), isoformat_madrid(record.known_until), record.decision,
        sum(m.kwh for m in metered), sum(m.eur for m in metered), went.good_kg, went.due_kg, went.late_kg, went.starts,
        max(m.peak_kw for m in metered), record.note,
    )  # fmt: skip
