"""What runs when: the timetable as data."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

from chocolate_factory.domain.catalogue import expected_series
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import DAY, Interval, madrid_date, madrid_day
from chocolate_factory.domain.work import Gap, Outcome
from chocolate_factory.scheduler.brief_deeds import brief_where_due, daily_briefing
from chocolate_factory.scheduler.cleanup_deeds import weekly_cleanup
from chocolate_factory.scheduler.model_deeds import ml_predictions, ml_training
from chocolate_factory.scheduler.plan_deeds import plan_where_due, production_optimization
from chocolate_factory.scheduler.schedules import Daily, Every
from chocolate_factory.scheduler.spec import AFTER_START, Context, JobSpec, Result
from chocolate_factory.usecases.ingest import IngestReport
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.watch import HEALTH_CHECK, Duty
from chocolate_factory.wiring import House

#: A gap heals by itself once a slot of it is older than this.
HEAL_AFTER = timedelta(hours=3)


# ---------------------------------------------------------------------- deeds
def ree_ingestion(house: House, _context: Context) -> Result:
    """Prices, demand, generation; and a new plan where they are news for it."""
    return replace(_of_report(house.ingest("ree")), then=plan_where_due(house) | brief_where_due(house))


def weather_ingestion(house: House, _context: Context) -> Result:
    """The official station, OpenWeatherMap, Open-Meteo."""
    return _of_report(house.ingest("hybrid"))


def auto_backfill_check(house: House, context: Context) -> Result:
    """Fill every gap of which a slot is older than three hours; right after start, read the present first."""
    counts: dict[str, float] = {}
    if context.note == AFTER_START:
        report = house.ingest("all")
        counts = {"found": report.found, "written": report.written}
    now = house.clock.now()

    def heals(gap: Gap) -> bool:
        return gap.window.start < now - HEAL_AFTER

    progress = Progress(stopping=context.stopping)
    trigger = "start" if context.note == AFTER_START else "schedule"
    off_since = context.off_since if trigger == "start" else None
    recovery = house.repair(
        house.detect.own_windows(), trigger=trigger, worth=heals, progress=progress, off_since=off_since
    )
    house.repair.record_own_holes([g for g in house.detect(house.detect.window(10)) if g.source])
    counts |= {"expected": recovery.expected, "filled": recovery.filled, "failed": recovery.failed}
    then = plan_where_due(house) if context.note == AFTER_START else {}
    if recovery.failed:
        return Result(Outcome.FAILED, counts, recovery.summary, then)
    nothing = recovery.expected > 0 and recovery.filled == 0
    return Result(Outcome.NOTHING if nothing else Outcome.DONE, counts, then=then)


def daily_backfill(house: House, context: Context) -> Result:
    """Yesterday is complete; prices are read again a day and eight days after; the day before yesterday is settled.

    Nights on which the machine was off are made up: every day that turned one or eight days old since the last run.
    """
    today = madrid_date(house.clock.now())
    counts: dict[str, float] = {"found": 0, "revised": 0}
    errors = []
    feed = house.feeds.get("ree.prices")
    for window in _to_read_again(today, _nights(house, today)):
        if feed is None:
            break
        brought = house.bring(feed, window, patience=60.0)
        counts["found"] += brought.found
        counts["revised"] += brought.count.revised
        errors += [f"{feed.name} {window}: {brought.error}"] if brought.failed else []
    yesterday = madrid_day(today - DAY)
    windows = {s.name: Interval(yesterday.start - 7 * DAY, yesterday.end) for s in expected_series()}
    recovery = house.repair(windows, trigger="daily", progress=Progress(stopping=context.stopping))
    counts |= {"expected": recovery.expected, "filled": recovery.filled, "failed": recovery.failed}
    if recovery.failed:
        errors.append(recovery.summary)
    try:
        counts |= house.savings.settle(Progress(stopping=context.stopping))
    except InputError as e:
        errors.append(f"no day of the savings is settled: {e}")
    if errors:
        return Result(Outcome.FAILED, counts, "; ".join(errors))
    nothing = (feed is not None or recovery.expected > 0) and counts["found"] + recovery.filled == 0
    return Result(Outcome.NOTHING if nothing else Outcome.DONE, counts)


def _nights(house: House, today: date) -> int:
    """How many nights this run stands for: since the last one that was done, a fortnight at most."""
    done = (r for r in house.jobs.runs("daily_backfill", 10) if r.outcome is Outcome.DONE)
    last = next(done, None)
    return min(max((today - madrid_date(last.due_at)).days, 1), 14) if last else 1


def _to_read_again(today: date, nights: int) -> list[Interval]:
    """The days that are one and eight days old, for each night, as windows of at most a fortnight."""
    return [
        Interval(madrid_day(today - (age + nights - 1) * DAY).start, madrid_day(today - age * DAY).end)
        for age in (1, 8)
    ]


def token_management(house: House, _context: Context) -> Result:
    """Read the keys again, check every one."""
    house.reload_keys()
    checked = house.keys.check_all()
    return Result(Outcome.DONE, {"keys": len(checked), "valid": sum(k.status.value == "valid" for k in checked)})


def health_check(house: House, _context: Context) -> Result:
    """Every part, the data, what ends soon, and the jobs that should have run."""
    profile = house.settings.schedule_profile
    paused = house.jobs.paused()
    checks = house.watch.alarm([Duty(j.id, j.schedule_in(profile), paused.get(j.id)) for j in TIMETABLE])
    bad = [c for c in checks if c.status in ("down", "degraded")]
    return Result(Outcome.DONE, {"checks": len(checks), "not_ok": len(bad)})


def _of_report(report: IngestReport) -> Result:
    counts: dict[str, float] = {
        "asked": len(report.parts), "found": report.found, "written": report.written,
        "rejected": sum(len(p.rejected) for p in report.parts),
    }  # fmt: skip
    if report.parts and all(p.failed for p in report.parts):
        return Result(Outcome.FAILED, counts, "; ".join(report.errors))
    nothing = bool(report.parts) and report.found == 0
    return Result(Outcome.NOTHING if nothing else Outcome.DONE, counts, "; ".join(report.errors))


TIMETABLE: tuple[JobSpec, ...] = (
    JobSpec(
        "ree_ingestion", Every(5), ree_ingestion,
        "prices (tomorrow's spot from 13:00, PVPC from 20:15, until they are there), demand, generation",
        normal=Every(60, 5),
        limit_s=240,
    ),
    JobSpec(
        "weather_ingestion", Every(5), weather_ingestion,
        "hybrid weather, within every upstream's limit; official observations at least every 6 h",
        normal=Every(60, 15),
        limit_s=240,
    ),
    JobSpec(
        "production_optimization", Every(30), production_optimization,
        "the plan made again: frozen and locked batches stay, others move only for enough",
        limit_s=300,
    ),
    JobSpec(
        "ml_predictions", Every(30), ml_predictions,
        "prices forecast, both predictions stored with the model's version; alert on Reduced or Halt Production",
        limit_s=300,
    ),
    JobSpec(
        "ml_training", Every(30), ml_training,
        "trains only for a reason (new data, drift, age); the champion stays unless a challenger is better",
        limit_s=5400,
    ),
    JobSpec(
        "auto_backfill_check", Every(120), auto_backfill_check,
        "gaps of more than 3 h are filled; also once right after start",
        limit_s=3600, at_start=True,
    ),
    JobSpec(
        HEALTH_CHECK, Every(15), health_check,
        "every part; jobs that did not run or brought nothing; prices not there by 22:00, series that are late or "
        "stand still; certificates, tables and calendars about to end",
        limit_s=120,
    ),
    JobSpec(
        "token_management", Daily(time(3, 0)), token_management,
        "every key is read and checked again; warns 30 and 6 days before one ends",
        limit_s=180,
    ),
    JobSpec(
        "daily_backfill", Daily(time(1, 0)), daily_backfill,
        "yesterday is complete; prices of yesterday and of eight days ago are read again; savings of the day before "
        "yesterday are settled",
        limit_s=3600,
    ),
    JobSpec(
        "weekly_cleanup", Daily(time(2, 0), weekday=6), weekly_cleanup,
        "retention, compaction, a backup that is proved by restoring it",
        limit_s=3600,
    ),
    JobSpec(
        "daily_briefing", Daily(time(20, 50)), daily_briefing,
        "tomorrow's plan and its saving, sent to the notifiers; prices that are late are told, the rest follows",
        limit_s=600,
    ),
)  # fmt: skip
