"""Every missing slot, as gaps; what is urgent about each; how the ledger's rows follow what is found.

Invariants:
    Only the kinds handed in as filling fill a slot: never a forecast, never an estimate.
    A slot is missing only once it is due.
    A ledger row ends as filled only when the store shows it filled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chocolate_factory.domain.catalogue import Family, SeriesSpec, spec_of
from chocolate_factory.domain.time import (
    DAY,
    HOUR,
    Interval,
    madrid_date,
    madrid_midnight,
    madrid_month_starts,
)
from chocolate_factory.domain.work import Gap, GapState

#: No series is due later than this after its slot began, so older slots need no look at the rule.
SURELY_DUE = timedelta(days=9)
RECENT_DAYS = 7
#: After so many vain tries a gap that is also this old is given up until somebody asks for it by hand.
GIVE_UP_ATTEMPTS = 8
GIVE_UP_AGE = timedelta(days=30)


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
    gaps: list[Gap] = []
    begin = end = None
    count = 0
    for start in missing_slots(spec, window, present, now):
        if begin is not None and start != end:
            gaps.append(_gap(spec, Interval(begin, end or start), count, source))
            begin, count = None, 0
        begin, end, count = begin or start, spec.end(start), count + 1
    if begin is not None and end is not None:
        gaps.append(_gap(spec, Interval(begin, end), count, source))
    return gaps


def _gap(spec: SeriesSpec, window: Interval, count: int, source: str | None) -> Gap:
    return Gap(spec.name, window, count, source)


# ---------------------------------------------------------------------- urgency
def prioritise(gap: Gap, now: datetime) -> Gap:
    """The gap with its priority and the reason for it.

    1: today's and tomorrow's decisions need it; 2: models and plan read the last week; 3: demand and generation;
    4: history.
    """
    urgent = spec_of(gap.series).family in (Family.PRICES, Family.WEATHER)
    today = madrid_midnight(madrid_date(now))
    if gap.source is not None:
        return replace(gap, priority=4, priority_reason="one source's own series; others fill the slot")
    if urgent and gap.window.end > today:
        return replace(gap, priority=1, priority_reason="today's and tomorrow's decisions need it")
    recent = gap.window.end > today - RECENT_DAYS * DAY
    if urgent and recent:
        return replace(gap, priority=2, priority_reason=f"models and plan read the last {RECENT_DAYS} days")
    if recent and spec_of(gap.series).family is not Family.DAILY_WEATHER:
        return replace(gap, priority=3, priority_reason="demand and generation of the last days")
    return replace(gap, priority=4, priority_reason="history")


def split(gap: Gap, now: datetime) -> list[Gap]:
    """The gap cut where its urgency or its route changes: today, a week ago, the beginnings of months."""
    today = madrid_midnight(madrid_date(now))
    cuts = [today, today - RECENT_DAYS * DAY, *madrid_month_starts(gap.window)]
    spec = spec_of(gap.series)
    pieces = []
    for part in gap.window.partition(cuts):
        count = sum(1 for _ in spec.slots(part))
        if count:
            pieces.append(prioritise(replace(gap, window=part, missing=count), now))
    return pieces


def in_order(gaps: Iterable[Gap], now: datetime) -> list[Gap]:
    """The order of work: by priority, an older wait counting as one step for each day, then the newest slots."""

    def key(gap: Gap) -> tuple[float, float]:
        waited = (now - gap.opened_at) / DAY if gap.opened_at else 0.0
        return max(1.0, gap.priority - int(waited)), -gap.window.end.timestamp()

    return sorted(gaps, key=key)


# ---------------------------------------------------------------------- the ledger
def reconcile(found: Sequence[Gap], held: Sequence[Gap], seen: Interval, now: datetime) -> list[Gap]:
    """The ledger's rows after a look at the store.

    Args:
        found: pieces that are missing now, by ``split``.
        held: the ledger's rows that are not filled.
        seen: the window that was looked at; rows that reach outside are left alone.

    Returns:
        Every row that is new or changed, those that turned out filled among them.
    """
    changed: list[Gap] = []
    heirs: dict[int, Gap] = {}
    for piece in found:
        parent = next((h for h in held if _same_hole(h, piece)), None)
        if parent is None:
            changed.append(replace(piece, opened_at=now))
        elif parent.id in heirs:
            changed.append(replace(_inherit(piece, parent), id=0))
        else:
            heirs[parent.id] = _inherit(piece, parent)
    for row in held:
        heir = heirs.get(row.id)
        if heir is not None and heir != row:
            changed.append(heir)
        elif heir is None and row.window.overlap(seen) == row.window:
            done = replace(row, state=GapState.FILLED, filled=row.missing, closed_at=now, next_try_at=None, why="")
            changed.append(done)
    return changed


def _same_hole(row: Gap, piece: Gap) -> bool:
    return row.series == piece.series and row.source == piece.source and row.window.overlap(piece.window) is not None


def _inherit(piece: Gap, parent: Gap) -> Gap:
    """The piece with its parent's past; a row that a dead process left filling is open again."""
    state = GapState.OPEN if parent.state is GapState.FILLING else parent.state
    return replace(
        piece,
        id=parent.id,
        state=state,
        attempts=parent.attempts,
        next_try_at=parent.next_try_at,
        filled=parent.filled,
        route=parent.route,
        why=parent.why,
        opened_at=parent.opened_at,
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
