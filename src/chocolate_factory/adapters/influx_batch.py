"""One write to InfluxDB: what comes, gathered by slot, against what is held; pure.

Most of what is ever written is history, of which nothing is held: that path is short, for Python is the slower half of
a bulk load.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from chocolate_factory.adapters.influx_lines import Slots, head, lines_of
from chocolate_factory.adapters.stream_keys import StreamKey, key_of, us
from chocolate_factory.domain.series import Observation, Slot, WriteCount, admit, revise, tally


def gathered(given: Iterable[Observation], world: str) -> dict[StreamKey, Slots]:
    """By stream, by slot, by receipt; the later of two with one receipt counts.

    Raises:
        WrongWorldError, InputError: one of them can be taken by no store, or by none of InfluxDB's.
    """
    batch: dict[StreamKey, Slots] = {}
    stream: Slots = {}
    same: tuple[str, str, str, int] | None = None
    same_kind = None
    for o in given:
        admit(o, world)
        series, source, kind, start, value, published, received, resolution, site = o
        if kind is not same_kind or (series, source, site, resolution) != same:
            same_kind, same = kind, (series, source, site, resolution)
            stream = batch.setdefault(key_of(o), {})
        known = us(received)
        row = (known if published is received else us(published), float(value))
        at = us(start)
        if at in stream:
            stream[at][known] = row
        else:
            stream[at] = {known: row}
    for key in batch:
        head(key, 0)  # a name that cannot be written stops the batch before its first line
    return batch


class Changes:
    """What must be written, and in the end what it did.

    Attributes:
        count: of the slots that ``lines`` has gone through.
    """

    def __init__(self, batch: Mapping[StreamKey, Slots], held: Mapping[StreamKey, Slots]) -> None:
        self.count = WriteCount()
        self._batch = batch
        self._held = held

    def lines(self) -> Iterator[str]:
        """A text of one or more lines for each slot that changes."""
        for key, slots in self._batch.items():
            fresh = 0
            opening, held = head(key, 0), self._held[key]
            for start, coming in slots.items():
                if start not in held and len(coming) == 1:
                    ((received, (published, value)),) = coming.items()
                    fresh += 1
                    yield f"{opening}value={value!r},known_at={received}i,published_at={published}i {start * 1000}"
                elif changed := self._revised(key, start, held.get(start, {}), coming):
                    yield "\n".join(changed)
            self.count += WriteCount(new=fresh)

    def _revised(self, key: StreamKey, start: int, held: Slot[int], coming: Slot[int]) -> list[str]:
        slot = revise(held, coming)
        self.count += tally([(held, coming, slot)])
        return lines_of(key, start, held, slot)
