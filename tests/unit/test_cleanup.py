"""The weekly cleanup: each step once, a step that fails holds up none, stopped it goes on next time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
import structlog
from fakes import ALIVE
from plan_records import record

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.ledger import (
    SqlAlertLedger,
    SqlJobLedger,
    SqlLedgerRetention,
    SqlOutbox,
    SqlPlanLedger,
    open_ledger,
)
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.domain.alarms.parts import BACKUP_FAILED
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.errors import StoppedError, StoreAwayError, StoreError
from chocolate_factory.domain.notice import Notice
from chocolate_factory.domain.series import TRUE_KINDS, Kind, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval, parse_moment
from chocolate_factory.domain.work import Outcome, Severity
from chocolate_factory.usecases.backup_proof import BackupProof, prove
from chocolate_factory.usecases.cleanup import Cleanup
from chocolate_factory.usecases.forget_forecasts import ForgetForecasts
from chocolate_factory.usecases.hourly_means import HourlyMeans
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.weekly_backup import WeeklyBackup

NOW = parse_moment("2026-03-29T03:00", "now")
OLD = NOW - 2000 * DAY
EVER = Interval(OLD - 10 * DAY, NOW + 10 * DAY)
GOOD = BackupProof(100, 3, 20, ())
STEPS = {
    "hourly_means": 1, "five_minute_rows_dropped": 24, "plans_dropped": 3, "notices_dropped": 1,
    "ledger_rows_dropped": 4, "forecast_rows_dropped": 4, "bytes_given_back": 0,
    "backup_revisions": 100, "backup_ledger_rows": 20, "backup_bytes": 5,
}  # fmt: skip


class FakeBackups:
    """Backups that are a word on the disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trouble: Exception | None = None

    def weekly(self, prove) -> Path:
        if self.trouble is not None:
            raise self.trouble
        draft = self.folder / "draft"
        draft.write_text("whole")
        prove(draft)
        return draft.rename(self.folder / "weekly.zip")


class World:
    """A store and a ledger in which something of everything is old enough to go."""

    def __init__(self, folder: Path) -> None:
        self.clock = FixedClock(NOW)
        self.store = MemoryStore()
        self.engine = open_ledger("sqlite://")
        self.alerts = SqlAlertLedger(self.engine, self.clock)
        self.jobs = SqlJobLedger(self.engine, self.clock)
        self.plans = SqlPlanLedger(self.engine)
        self.outbox = SqlOutbox(self.engine)
        self.backups = FakeBackups(folder)
        self.proof = GOOD
        self.cleanup = Cleanup(
            self.store,
            SqlLedgerRetention(self.engine),
            self.plans,
            self.outbox.forget,
            self.clock,
            HourlyMeans(self.store, self.clock, TRUE_KINDS),
            ForgetForecasts(self.store),
            WeeklyBackup(self.backups, lambda _archive: self.proof, self.alerts),
        )

    def fill(self) -> None:
        self.store.write(self._rows())
        for n in range(5):
            self.plans.keep_plan(record(f"{n:012x}", NOW.replace(hour=0) - (70 if n < 4 else 1) * DAY + n * HOUR))
        for n in range(5):
            self.clock.set(OLD + n * DAY)
            self.jobs.end_run(self.jobs.claim_run("ree_ingestion", self.clock.now()), Outcome.DONE, {})
        self.clock.set(NOW)
        self.outbox.add(
            Notice(f"{at}", "target", at, Severity.INFO, "title", "body", next_try_at=at) for at in (OLD, NOW)
        )

    def _rows(self):
        old = NOW.replace(hour=0, minute=0) - 100 * DAY
        for n in range(24):
            start = old + n * timedelta(minutes=5)
            yield observation("demand_5min", "ree", Kind.OBSERVED, start, 20000.0 + n, start + HOUR)
        yield observation("demand", "ree", Kind.OBSERVED, old, 20000.0, old + 2 * HOUR)
        for start in (OLD, NOW - DAY):
            for received in (start - 2 * HOUR, start - HOUR):
                for series in ("temperature", "spot_p50"):
                    value = float(received.hour)
                    yield observation(series, "model/1", Kind.FORECAST, start, value, received)
            yield observation("temperature", "aemet", Kind.OBSERVED, start, 20.0, start + 2 * HOUR)

    def close(self) -> None:
        self.engine.dispose()


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.fill()
    yield made
    made.close()


def test_it_does_what_it_says_once(world):
    counts = world.cleanup(Progress())
    assert counts == STEPS
    again = world.cleanup(Progress())
    assert again == dict.fromkeys(STEPS, 0) | {name: n for name, n in STEPS.items() if name.startswith("backup")}


def test_what_is_young_or_true_stays(world):
    world.cleanup(Progress())
    held = list(world.store.everything())
    assert {(o.series, o.start) for o in held if o.kind is Kind.FORECAST} == {
        ("temperature", NOW - DAY),
        ("spot_p50", NOW - DAY),
    }
    assert len([o for o in held if o.series == "temperature" and o.kind is Kind.OBSERVED]) == 2
    [mean] = [o for o in held if o.kind is Kind.ESTIMATED]
    assert (mean.series, mean.source, mean.value, mean.published_at) == ("demand", "demand_5min", 20017.5, NOW)
    assert world.plans.plan_in_force().id == f"{4:012x}"
    assert world.jobs.last_run("ree_ingestion").due_at == OLD + 4 * DAY


def test_a_mean_fills_no_gap_and_an_observed_hour_goes_before_it(world):
    world.cleanup(Progress())
    [mean] = world.store.read(Query("demand", EVER, kinds=frozenset({Kind.ESTIMATED})))
    assert mean.start not in {start for start, _ in world.store.starts(Query("demand", EVER, kinds=TRUE_KINDS))}


def test_a_step_that_fails_holds_up_none_of_the_others(world, monkeypatch):
    def away(*_what):
        raise StoreAwayError("InfluxDB does not serve.")

    monkeypatch.setattr(world.store, "forget", away)
    progress = Progress()
    with structlog.testing.capture_logs() as logs:
        counts = world.cleanup(progress)
    assert progress.problems == [f"{step}: InfluxDB does not serve." for step in ("five-minute demand", "forecasts")]
    assert counts == {n: v for n, v in STEPS.items() if n in counts}
    assert set(STEPS) - set(counts) == {"hourly_means", "five_minute_rows_dropped", "forecast_rows_dropped"}
    assert [line["step"] for line in logs if line["event"] == "a step of the cleanup failed"] == [
        "five-minute demand",
        "forecasts",
    ]


def test_points_whose_mean_the_store_does_not_show_stay(world, monkeypatch):
    monkeypatch.setattr(world.store, "write", lambda _rows: None)
    before = list(world.store.everything())
    with pytest.raises(StoreError, match="1 hourly means"):
        HourlyMeans(world.store, world.clock, TRUE_KINDS)(NOW.replace(hour=0, minute=0), Progress())
    assert list(world.store.everything()) == before


def test_stopped_between_any_two_steps_it_goes_on_next_time(world, tmp_path):
    """Each time it comes one question farther; in the end all is as after one run that nobody stopped."""
    unstopped = World(tmp_path)
    unstopped.fill()
    unstopped.cleanup(Progress())
    runs, counts = 0, {}
    while not counts:
        asked = iter(range(1000))
        try:
            counts = world.cleanup(Progress(stopping=lambda asked=asked, runs=runs: next(asked) >= runs))
        except StoppedError:
            runs += 1
    assert 10 < runs < 60
    assert list(world.store.everything()) == list(unstopped.store.everything())
    assert [p.id for p in world.plans.plans(NOW)] == [p.id for p in unstopped.plans.plans(NOW)]
    assert world.jobs.runs() == unstopped.jobs.runs()
    unstopped.close()


# ---------------------------------------------------------------------- the backup's alarm
def causes(world: World) -> list[str]:
    return [alert.cause for alert in world.alerts.alerts(ALIVE)]


def test_a_backup_that_is_not_what_it_should_be_is_an_alarm_until_one_is(world):
    world.proof = BackupProof(99, 2, 20, ("spot: 10 in the store, 9 restored.", "b", "c", "not told"))
    progress = Progress()
    counts = world.cleanup(progress)
    [problem] = progress.problems
    assert "9 restored. b c" in problem
    assert "not told" not in problem
    assert "backup_revisions" not in counts
    [alert] = world.alerts.alerts(ALIVE)
    assert (alert.cause, alert.severity.value) == (BACKUP_FAILED.about(), "critical")
    assert "are still there" in alert.action
    world.cleanup(Progress())
    assert world.alerts.alerts(ALIVE)[0].times == 2
    world.proof = GOOD
    world.cleanup(Progress())
    assert causes(world) == []


def test_a_backup_that_cannot_be_made_is_the_same_alarm(world):
    world.backups.trouble = StoreError("A backup needs 2.0 GiB, and 1.0 GiB are free. Make room.")
    world.cleanup(Progress())
    assert causes(world) == [BACKUP_FAILED.about()]
    assert "Make room" in world.alerts.alerts(ALIVE)[0].message


def test_a_service_that_stops_is_no_alarm(world):
    world.backups.trouble = StoppedError("The service is stopping.")
    with pytest.raises(StoppedError):
        world.cleanup(Progress())
    assert causes(world) == []


# ---------------------------------------------------------------------- what is proved
def day_of(value: float, at: datetime) -> list:
    return [observation("pvpc", "ree", Kind.OBSERVED, at + n * HOUR, value + n, at) for n in range(24)]


def two_stores():
    live, tried = MemoryStore(), MemoryStore()
    for store in (live, tried):
        store.write(day_of(1.0, NOW - 3 * DAY))
    return live, tried


def test_equal_stores_are_proved_stream_by_stream():
    live, tried = two_stores()
    live.write(day_of(2.0, NOW - HOUR / 2))  # received too lately to be told of
    assert prove(live, tried, NOW, {"run": 3}, {"run": 3}) == BackupProof(24, 1, 3, ())


@pytest.mark.parametrize("lost", ["live", "tried"])
def test_a_value_too_many_or_too_few_is_told(lost):
    live, tried = two_stores()
    {"live": tried, "tried": live}[lost].write(day_of(9.0, NOW - 2 * DAY)[:1])
    [problem] = prove(live, tried, NOW, {}, {}).problems
    assert problem.startswith("pvpc linares ree observed 60: 2")


def test_another_value_is_told():
    live, tried = MemoryStore(), MemoryStore()
    live.write(day_of(1.0, NOW - 3 * DAY))
    tried.write(day_of(1.0 + 1e-9, NOW - 3 * DAY))
    found = prove(live, tried, NOW, {}, {})
    assert (found.revisions, found.streams, len(found.problems)) == (0, 0, 1)


def test_a_ledger_that_comes_back_otherwise_is_told():
    live, tried = two_stores()
    [problem] = prove(live, tried, NOW, {"run": 3, "alert": 1}, {"run": 2, "alert": 1}).problems
    assert "'run': 3" in problem
    assert "'run': 2" in problem


def test_a_store_that_is_not_whole_is_told(monkeypatch):
    live, tried = two_stores()
    monkeypatch.setattr(tried, "verify", lambda: ["3 rows belong to no stream"])
    assert prove(live, tried, NOW, {}, {}).problems == ("3 rows belong to no stream",)
