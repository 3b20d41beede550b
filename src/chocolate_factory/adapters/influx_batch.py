"""One write to InfluxDB: what comes, by stream, against what is held; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chocolate_factory.adapters.influx_lines import first_lines, head, lines_of
from chocolate_factory.adapters.influx_query import EARLIEST, LATEST
from chocolate_factory.adapters.stream_keys import StreamKey, when
from chocolate_factory.adapters.stream_rows import Point, Slots, StreamRows
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.series import Slot, WriteCount, revise, tally


class Changes:
    """What must be written, and in the end what it did.

    Args:
        batch: what comes.
        held: of the slots that come, those that are held.

    Attributes:
        count: of the slots that ``lines`` has gone through.
    """

    def __init__(self, batch: Mapping[StreamKey, StreamRows], held: Mapping[StreamKey, Slots]) -> None:
        self.count = WriteCount()
        self._batch = batch
        self._held = held

    def lines(self) -> Iterator[str]:
        """A text of one or more lines for each slot that changes."""
        for key, rows in self._batch.items():
            if not self._held[key] and rows.is_one_each:
                yield from first_lines(key, rows.points())
                self.count += WriteCount(new=len(rows))
            else:
                yield from self._changed(key, rows.slots(), self._held[key])

    def _changed(self, key: StreamKey, slots: Slots, held: Slots) -> Iterator[str]:
        """Those of which nothing is held and one value comes first: they need no comparing."""
        alone = {start: coming for start, coming in slots.items() if len(coming) == 1 and start not in held}
        yield from first_lines(key, _points(alone))
        self.count += WriteCount(new=len(alone))
        for start in slots.keys() - alone.keys():
            if changed := self._revised(key, start, held.get(start, {}), slots[start]):
                yield "\n".join(changed)

    def _revised(self, key: StreamKey, start: int, held: Slot[int], coming: Slot[int]) -> list[str]:
        slot = revise(held, coming)
        self.count += tally([(held, coming, slot)])
        return lines_of(key, start, held, slot)


def must_be_writable(key: StreamKey, starts: list[int]) -> None:
    """What InfluxDB cannot hold stops a batch before its first line.

    Raises:
        InputError: a name, or a moment.
    """
    head(key, 0)
    for start in (min(starts), max(starts)):
        if not EARLIEST <= when(start) < LATEST:
            raise InputError("start", when(start).isoformat(), f"InfluxDB holds {EARLIEST.year} to {LATEST.year - 1}")


def _points(slots: Slots) -> Iterator[Point]:
    return ((start, received, *row) for start, slot in slots.items() for received, row in slot.items())
