"""Files of daily weather that a person hands in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.series import Observation
from chocolate_factory.ports import Clock, TimeSeriesStore
from chocolate_factory.quality.checks import screen
from chocolate_factory.usecases.progress import Progress

#: So many troubles of one file are told one by one.
TOLD = 50


class Read(Protocol):
    """What reading one file gave."""

    @property
    def observations(self) -> list[Observation]:
        """Values."""
        ...

    @property
    def problems(self) -> list[str]:
        """One sentence for each part that could not be read."""
        ...

    @property
    def rows_read(self) -> int:
        """Rows of the file."""
        ...


class HandIn:
    """The deed, with its ports.

    Args:
        parse: name, content, time of receipt and station to values; raises ``InputError`` for a file of no known kind.
    """

    def __init__(
        self, store: TimeSeriesStore, clock: Clock, parse: Callable[[str, bytes, datetime, str], Read]
    ) -> None:
        self._store = store
        self._clock = clock
        self._parse = parse

    def __call__(self, contents: Sequence[tuple[str, bytes]], station_id: str, progress: Progress) -> str:
        """Each file on its own: one that cannot be read is named, and the others go in.

        Raises:
            InputError: none of them gave a value.
        """
        totals = {"files": 0.0, "rows": 0.0, "found": 0.0, "written": 0.0}
        for i, (name, content) in enumerate(contents):
            progress.step(i / len(contents), name, **totals)
            try:
                read = self._parse(name, content, self._clock.now(), station_id)
            except InputError as e:
                progress.problem(str(e))
                continue
            self._take_in(name, read, totals, progress)
        progress.step(1.0, "done", **totals)
        if contents and not totals["files"]:
            raise InputError("files", contents[0][0], "; ".join(p.rstrip(".") for p in progress.problems[:3]))
        return f"{totals['files']:.0f} of {len(contents)} files, {totals['written']:.0f} values new."

    def _take_in(self, name: str, read: Read, totals: dict[str, float], progress: Progress) -> None:
        good, rejected = screen(read.observations)
        troubles = [*read.problems, *(f"{r.observation.start:%Y-%m-%d}: {r.reason}" for r in rejected)]
        for trouble in troubles[:TOLD]:
            progress.problem(f"{name}: {trouble}")
        if len(troubles) > TOLD:
            progress.problem(f"{name}: {len(troubles) - TOLD} more")
        totals["files"] += bool(read.observations)
        totals["rows"] += read.rows_read
        totals["found"] += len(read.observations)
        totals["written"] += self._store.write(good).written
