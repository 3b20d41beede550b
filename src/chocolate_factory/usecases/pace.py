"""How long a repair will take, from what requests have taken here."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from chocolate_factory.domain.work import Gap, GapState
from chocolate_factory.ports import Feed, Memo
from chocolate_factory.quality.gaps import split
from chocolate_factory.usecases.routes import route

#: What a request takes before one of its feed has been timed, seconds.
UNTIMED = 0.5
#: What an upstream's pacing lets through (wiring.LIMITS: the commonest).
PER_MINUTE = 30
#: Weight of the newest request in a feed's mean.
NEWEST = 0.2


class Pace:
    """Seconds of a request by feed, as a mean that forgets."""

    def __init__(self, memo: Memo) -> None:
        self._memo = memo

    def learn(self, feed: str, seconds: float) -> None:
        """One request's time."""
        self._memo.change(
            f"pace:{feed}", lambda mean: (1 - NEWEST) * (seconds if mean is None else mean) + NEWEST * seconds
        )

    def _mean(self, feed: str) -> float:
        mean = self._memo.recall(f"pace:{feed}")
        return UNTIMED if mean is None else float(mean)

    def estimate(self, gaps: Iterable[Gap], feeds: Mapping[str, Feed], now: datetime) -> float:
        """Seconds for filling gaps by their first routes, one request after another, no faster than pacing allows."""
        calls: Counter[str] = Counter()
        total = 0.0
        for name, count in _requests(gaps, feeds, now).items():
            calls[feeds[name].upstream] += count
            total += count * self._mean(name)
        paced = sum(60.0 * ((count - 1) // PER_MINUTE) for count in calls.values())
        return round(max(total, paced), 1)


def _requests(gaps: Iterable[Gap], feeds: Mapping[str, Feed], now: datetime) -> dict[str, int]:
    """By feed; two series that miss the same days of one feed share its requests."""
    marks: defaultdict[str, set[tuple[datetime, int]]] = defaultdict(set)
    for piece in (piece for gap in gaps if gap.state is not GapState.UNFILLABLE for piece in split(gap, now)):
        able = route(piece.series, piece.window, feeds, now)
        if able:
            pieces = math.ceil(piece.window.duration / able[0].longest)
            day = piece.window.start.replace(hour=0, minute=0)
            marks[able[0].name] |= {(day, i) for i in range(pieces)}
    return {name: len(found) for name, found in marks.items()}
