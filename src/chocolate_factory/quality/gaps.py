"""Every missing slot, as gaps; what is urgent about each; how the ledger's rows follow what is found.

Invariants:
    Only the kinds handed in as filling fill a slot: never a forecast, never an estimate.
    A slot is missing only once it is due.
    A missing slot belongs to one ledger row, from when it is found missing until it is filled.
    A ledger row ends as filled only when the store shows every slot of it filled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.series_spec import Family, SeriesSpec
from chocolate_factory.domain.time import (
    DAY,
    HOUR,
    Interval,
    madrid_date,
    madrid_midnight,
    madrid_month_start,
)
from chocolate_factory.domain.work import Gap, GapState

#: No series is due later than this after its slot began, so older slots need no look at the rule.
SURELY_DUE = timedelta(days=9)
RECENT_DAYS = 7
#: After so many vain tries a gap that is also this old is given up until somebody asks for it by hand.
GIVE_UP_ATTEMPTS = 8
GIVE_UP_AGE = timedelta(days=30)
#: The route of what a repair found filled already: by ingestion, an import, another process.
ALREADY_THERE = "already there"


def missing_slots(spec: SeriesSpec, window: Interval, present: Collection[datetime], now: datetime) -> list[datetime]:
    """Starts of the due slots of the window that have no value."""
    sure = now - SURELY_DUE
    return [s for s in spec.slots(window) if s not in present and (s < sure or spec.due(s) <= now)]


def find_gaps(
    spec: SeriesSpec,
    window: Interval,
    present: Collection[datetime],
    now: datetime,
    source: str | None = None,
) -> list[Gap]:
    """The missing slots joined into the longest possible runs, in order."""
    return joined(spec, missing_slots(spec, window, present, now), source)


def joined(spec: SeriesSpec, starts: Iterable[datetime], source: str | None = None) -> list[Gap]:
    """Slots, in order, as gaps without a hole."""
    gaps: list[Gap] = []
    begin = end = None
    count = 0
    for start in starts:
        if begin is not None and end is not None and start != end:
            gaps.append(Gap(spec.name, Interval(begin, end), count, source))
            begin, count = None, 0
        begin, end, count = begin or start, spec.end(start), count + 1
    if begin is not None and end is not None:
        gaps.append(Gap(spec.name, Interval(begin, end), count, source))
    return gaps


# ---------------------------------------------------------------------- urgency
def prioritise(gap: Gap, now: datetime) -> Gap:
    """The gap with its priority and the reason for it; its newest slot counts.

    1: today's and tomorrow's decisions need it; 2: models and plan read the last week; 3: demand and generation;
    4: history.
    """
    urgent = spec_of(gap.series).family in (Family.PRICES, Family.WEATHER)
    today, week = _today_and_week(now)
    if gap.source is not None:
        return replace(gap, priority=4, priority_reason="one source's own series; others fill the slot")
    if urgent and gap.window.end > today:
        return replace(gap, priority=1, priority_reason="today's and tomorrow's decisions need it")
    recent = gap.window.end > week
    if urgent and recent:
        return replace(gap, priority=2, priority_reason=f"models and plan read the last {RECENT_DAYS} days")
    if recent and spec_of(gap.series).family is not Family.DAILY_WEATHER:
        return replace(gap, priority=3, priority_reason="demand and generation of the last days")
    return replace(gap, priority=4, priority_reason="history")


def _today_and_week(now: datetime) -> tuple[datetime, datetime]:
    """Madrid's midnights that begin today and the seven days before; also where the clocks change between them."""
    today = madrid_date(now)
    return madrid_midnight(today), madrid_midnight(today - RECENT_DAYS * DAY)


def split(gap: Gap, now: datetime) -> list[Gap]:
    """The gap cut where its urgency or its route changes."""
    parts = [_part(gap, window) for window in gap.window.partition(_borders(gap, now))]
    return [prioritise(part, now) for part in parts if part.missing]


def _borders(gap: Gap, now: datetime) -> list[datetime]:
    """The beginning of the month at hand, where the route changes; today and a week ago where they matter."""
    if gap.source is not None:
        return []
    today, week = _today_and_week(now)
    moving: dict[Family, list[datetime]] = {
        Family.PRICES: [today, week],
        Family.WEATHER: [today, week],
        Family.DAILY_WEATHER: [],
    }
    return [*moving.get(spec_of(gap.series).family, [week]), madrid_month_start(now)]


def _part(gap: Gap, window: Interval) -> Gap:
    """What of a gap lies in a window; every slot of a gap is missing, so its slots are counted."""
    return replace(gap, window=window, missing=sum(1 for _ in spec_of(gap.series).slots(window)))


def in_order(gaps: Iterable[Gap], now: datetime) -> list[Gap]:
    """The order of work: by priority, an older wait counting as one step for each day, then the newest slots."""

    def key(gap: Gap) -> tuple[float, float]:
        waited = (now - gap.opened_at) / DAY if gap.opened_at else 0.0
        return max(1.0, gap.priority - int(waited)), -gap.window.end.timestamp()

    return sorted(gaps, key=key)


# ---------------------------------------------------------------------- the ledger
def reconcile(found: Sequence[Gap], held: Sequence[Gap], seen: Interval, now: datetime) -> list[Gap]:
    """The rows of one series (of one source) after a look at the store.

    Rows never join, so that none seems filled because another has swallowed it. A row grows at its end, and falls
    apart where its middle is filled: the first part keeps its number and what it has gone through.

    Args:
        found: what is missing now.
        held: the ledger's rows that are not filled.
        seen: the window that was looked at; what a row holds outside it stays as it was.

    Returns:
        Every row that is new or changed, those that turned out filled among them.
    """
    edges = [edge for row in held for edge in (row.window.start, row.window.end)]
    pieces = [_part(gap, window) for gap in found for window in gap.window.partition(edges)]
    fresh = [p for p in pieces if not any(p.window.start in row.window for row in held)]
    new = {part.window.start: part for gap in _joined(fresh) for part in split(gap, now)}
    changed: list[Gap] = []
    for row in held:
        if row.window.overlap(seen) is not None or row.window.end in new:
            still = _joined([*_unseen(row, seen), *(p for p in pieces if p.window.start in row.window)])
            changed += [gap for gap in _successors(row, still, new, now) if gap != row]
    return changed + [replace(part, opened_at=now) for part in new.values()]


def _successors(row: Gap, still: list[Gap], new: dict[datetime, Gap], now: datetime) -> list[Gap]:
    """What becomes of a row of which those parts are still missing; it takes from ``new`` what follows at its end."""
    if not still:
        return [filled_up(row, now)]
    row = replace(row, filled=row.filled + max(0, row.missing - sum(part.missing for part in still)))
    end = still[-1].window.end
    if end in new and end not in _borders(new[end], now):
        still[-1] = _with(still[-1], new.pop(end))
        row = replace(row, next_try_at=None)  # the new slots need not wait for the old ones' next try
    first, *others = (prioritise(_inherit(part, row), now) for part in still)
    return [first, *(replace(part, id=0, filled=0) for part in others)]


def fallen_apart(row: Gap, missing: Sequence[datetime], now: datetime) -> list[Gap]:
    """What becomes of a row of which only those slots are still missing: its parts, or the row at its end."""
    return _successors(row, joined(spec_of(row.series), missing, row.source), {}, now)


def _joined(pieces: Iterable[Gap]) -> list[Gap]:
    """The pieces in order, those that touch as one."""
    joined: list[Gap] = []
    for piece in sorted(pieces, key=lambda p: p.window):
        if joined and joined[-1].window.end == piece.window.start:
            joined[-1] = _with(joined[-1], piece)
        else:
            joined.append(piece)
    return joined


def _with(gap: Gap, after: Gap) -> Gap:
    return replace(gap, window=Interval(gap.window.start, after.window.end), missing=gap.missing + after.missing)


def _unseen(row: Gap, seen: Interval) -> list[Gap]:
    """What a row holds outside the window that was looked at."""
    if row.window.overlap(seen) == row.window:
        return []
    spec = spec_of(row.series)
    return joined(spec, (s for s in spec.slots(row.window) if s not in seen), row.source)


def _inherit(piece: Gap, parent: Gap) -> Gap:
    """The piece with its parent's past; a row that a dead process left filling is open again."""
    state = GapState.OPEN if parent.state is GapState.FILLING else parent.state
    return replace(parent, state=state, window=piece.window, missing=piece.missing)


def filled_up(row: Gap, now: datetime) -> Gap:
    """The row at its end, with all the slots that it ever stood for."""
    count = row.filled + row.missing
    return replace(
        row,
        state=GapState.FILLED,
        missing=count,
        filled=count,
        route=row.route or ALREADY_THERE,
        why="",
        next_try_at=None,
        closed_at=now,
    )


def after_vain_try(gap: Gap, now: datetime, why: str) -> Gap:
    """Upstream had nothing: when to try again (1 h, 2 h, 4 h … at most a day), or given up."""
    attempts = gap.attempts + 1
    if attempts >= GIVE_UP_ATTEMPTS and now - gap.window.end > GIVE_UP_AGE:
        reason = f"asked {attempts} times, the last: {why}"
        return replace(gap, state=GapState.UNFILLABLE, attempts=attempts, next_try_at=None, why=reason)
    pause = min(HOUR * 2 ** min(attempts - 1, 5), DAY)
    return replace(gap, state=GapState.UPSTREAM_EMPTY, attempts=attempts, next_try_at=now + pause, why=why)


def is_due(gap: Gap, now: datetime) -> bool:
    """Whether an unattended run should try it now."""
    if gap.state is GapState.UNFILLABLE:
        return False
    return gap.next_try_at is None or gap.next_try_at <= now
