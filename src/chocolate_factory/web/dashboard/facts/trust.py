"""What the figures rest on: parts and sources, gaps and repair, jobs, alerts."""

from __future__ import annotations

from typing import Any

from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.domain.work import AlertState, GapState, ScheduledJob
from chocolate_factory.ports import Timetable
from chocolate_factory.web.api.alerts import alerts_out
from chocolate_factory.web.api.gaps import recovery_out
from chocolate_factory.wiring import House


def system_status(house: House, timetable: Timetable) -> dict[str, Any]:
    """Every part and every upstream."""
    checks = [*house.watch.checks(), *timetable.checks()]
    rows = [
        {
            "name": c.name,
            "status": c.status,
            "detail": c.detail,
            "since": isoformat_madrid(c.since) if c.since else None,
        }
        for c in checks
    ]
    return {"status": house.watch.status(checks), "checks": rows}


def alerts(house: House) -> list[dict[str, Any]]:
    """Those that are not closed."""
    alive = house.alerts.alerts(frozenset({AlertState.OPEN, AlertState.ACKNOWLEDGED}), limit=50)
    return [alert.model_dump(mode="json") for alert in alerts_out(house, alive).alerts]


def data_health(house: House) -> dict[str, Any]:
    """How fresh each series is, what is missing, and what the last recovery did."""
    gaps = [g for g in house.detect(house.detect.window(10)) if g.state is not GapState.UNFILLABLE]
    recovery = recovery_out(house.gaps.last_recovery())
    return {
        "series": [
            {
                "series": f.series,
                "last": isoformat_madrid(f.last) if f.last else None,
                "behind_hours": f.behind_hours,
                "status": f.status,
                "source": f.source,
            }
            for f in house.watch.freshness()
        ],
        "total_gaps": len(gaps),
        "missing_records": sum(g.missing for g in gaps),
        "last_recovery": recovery.model_dump(mode="json") if recovery else None,
    }


def jobs(timetable: Timetable) -> list[dict[str, Any]]:
    """The timetable: when each job runs next, and how it ended last."""
    return [_job(job) for job in timetable.view()]


def _job(job: ScheduledJob) -> dict[str, Any]:
    last = job.last
    return {
        "id": job.id,
        "summary": job.summary,
        "schedule": job.schedule,
        "next_run": isoformat_madrid(job.next_run),
        "last_run": isoformat_madrid(last.started_at) if last else None,
        "last_outcome": last.outcome.value if last else None,
        "hung": bool(last and last.hung),
        "error": last.error if last else "",
        "running": job.running,
        "paused": job.paused,
    }
