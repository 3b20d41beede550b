"""Gaps: seen, and filled."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from chocolate_factory.domain.catalogue import expected_series
from chocolate_factory.domain.time import Interval
from chocolate_factory.domain.work import Gap, GapState, Recovery
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.web.api.jobs import accepted
from chocolate_factory.web.auth import Changes
from chocolate_factory.web.data_schemas import (
    FreshnessOut,
    GapLedgerOut,
    GapOut,
    GapsOut,
    GapSummaryOut,
    GapTotals,
    RecoveryOut,
)
from chocolate_factory.web.schemas import Accepted
from chocolate_factory.web.state import HouseOf
from chocolate_factory.wiring import House

router = APIRouter(prefix="/gaps", tags=["gaps"])

DaysBack = Annotated[float, Query(gt=0, le=1200, description="how far back to look")]


@router.get("/summary", summary="Freshness of each series")
def gap_summary(house: HouseOf) -> GapSummaryOut:
    """How far behind each expected series is, and what the last recovery proved."""
    series = [
        FreshnessOut(series=f.series, last=f.last, behind_hours=f.behind_hours, status=f.status, source=f.source)
        for f in house.watch.freshness()
    ]
    return GapSummaryOut(series=series, last_recovery=recovery_out(house.gaps.last_recovery()))


@router.get("/detect", summary="Every gap, interior ones too")
def detect_gaps(house: HouseOf, days_back: DaysBack = 10) -> GapsOut:
    """Every due slot without an observed or reanalysed value, joined into runs; the most urgent first."""
    window = house.detect.window(days_back)
    return gaps_out(house, window, house.detect(window))


def gaps_out(house: House, window: Interval, gaps: list[Gap]) -> GapsOut:
    """Gaps with their totals, for the wire."""
    lost = [g for g in gaps if g.state is GapState.UNFILLABLE]
    live = [g for g in gaps if g.state is not GapState.UNFILLABLE]
    return GapsOut(
        window_start=window.start,
        window_end=window.end,
        summary=GapTotals(
            total_gaps=len(live),
            missing_records=sum(g.missing for g in live),
            unfillable_gaps=len(lost),
            unfillable_records=sum(g.missing for g in lost),
            estimated_recovery_seconds=house.repair.estimate_seconds(live),
        ),
        gaps=[gap_out(g) for g in gaps],
    )


@router.get("/ledger", summary="What became of each gap: state, route, attempts")
def gap_ledger(house: HouseOf, limit: Annotated[int, Query(ge=1, le=1000)] = 200) -> GapLedgerOut:
    """The newest rows of the ledger."""
    return GapLedgerOut(gaps=[gap_out(g) for g in house.gaps.gaps(limit=limit)])


@router.post("/backfill", status_code=202, summary="Fill what is missing")
def backfill(house: HouseOf, _allowed: Changes, days_back: DaysBack = 7) -> Accepted:
    """Every gap of the last days, the most urgent first; also those that wait for their next try."""
    window = house.detect.window(days_back)

    def deed(progress: Progress) -> str:
        windows = {s.name: window for s in expected_series()}
        return house.repair(windows, trigger="request", insist=True, progress=progress).summary

    return accepted(house.workshop.start("backfill", deed))


@router.post("/backfill/auto", status_code=202, summary="Fill only gaps longer than so many hours")
def backfill_auto(
    house: HouseOf,
    _allowed: Changes,
    max_gap_hours: Annotated[float, Query(ge=0, le=24000, description="shorter gaps are left")] = 6.0,
) -> Accepted:
    """Gaps longer than that, in every series since its first stored slot."""
    longest = timedelta(hours=max_gap_hours)

    def deed(progress: Progress) -> str:
        windows = house.detect.own_windows()
        recovery = house.repair(
            windows, trigger="request", worth=lambda g: g.window.duration > longest, insist=True, progress=progress
        )
        return recovery.summary

    return accepted(house.workshop.start("backfill auto", deed))


def gap_out(gap: Gap) -> GapOut:
    """A gap for the wire."""
    return GapOut(
        series=gap.series,
        source=gap.source,
        start=gap.window.start,
        end=gap.window.end,
        missing=gap.missing,
        state=gap.state,
        priority=gap.priority,
        priority_reason=gap.priority_reason,
        attempts=gap.attempts,
        next_try_at=gap.next_try_at,
        filled=gap.filled,
        route=gap.route,
        why=gap.why,
        opened_at=gap.opened_at,
        closed_at=gap.closed_at,
    )


def recovery_out(recovery: Recovery | None) -> RecoveryOut | None:
    """What a recovery proved, for the wire."""
    if recovery is None:
        return None
    return RecoveryOut(
        at=recovery.at,
        trigger=recovery.trigger,
        expected=recovery.expected,
        filled=recovery.filled,
        failed=recovery.failed,
        requests=recovery.requests,
        seconds=recovery.seconds,
        success_rate=recovery.success_rate,
        summary=recovery.summary,
        by_route=recovery.by_route,
    )
