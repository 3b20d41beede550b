"""What every ledger promises about its past: what is over and old goes, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from test_gap_ledger import gap, recovery

from chocolate_factory.adapters.ledger import SqlGapLedger, SqlJobLedger, SqlLedgerRetention
from chocolate_factory.adapters.ledger import retention as adapter
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.retention import Kept
from chocolate_factory.domain.time import DAY
from chocolate_factory.domain.work import GapState, JobState, Outcome, Severity

NOW = datetime(2026, 3, 10, 12, 0, 0, 123456, tzinfo=UTC)
LONG_AGO = NOW - 1000 * DAY
BEFORE = NOW - 400 * DAY


@pytest.fixture
def past(engine):
    return SqlLedgerRetention(engine)


def ran(jobs, clock, job_id: str, at: datetime, outcome: Outcome | None) -> None:
    clock.set(at)
    run = jobs.claim_run(job_id, at)
    if outcome is not None:
        jobs.end_run(run, outcome, {})


@pytest.mark.parametrize(
    ("what", "outcomes"),
    [(Kept.RUNS, {Outcome.DONE, Outcome.NOTHING, Outcome.SKIPPED}), (Kept.FAILED_RUNS, {Outcome.FAILED})],
)
def test_old_runs_go_by_how_they_ended_but_the_newest_of_each_job(past, jobs, clock, what, outcomes):
    ran(jobs, clock, "ml_training", LONG_AGO - DAY, None)
    for n, outcome in enumerate([*Outcome, Outcome.DONE]):
        if outcome is not Outcome.RUNNING:
            ran(jobs, clock, "ree_ingestion", LONG_AGO + n * timedelta(minutes=5), outcome)
    ran(jobs, clock, "weekly_cleanup", LONG_AGO + DAY, Outcome.FAILED)
    ran(jobs, clock, "token_management", LONG_AGO + 2 * DAY, Outcome.DONE)
    clock.set(NOW)
    newest = [jobs.last_run(job_id) for job_id in ("ree_ingestion", "weekly_cleanup", "token_management")]
    gone = [r for r in jobs.runs() if r.outcome in outcomes and r not in newest]
    left = [r for r in jobs.runs() if r not in gone]
    assert past.forget(what, BEFORE) == len(gone) == len(outcomes)
    assert jobs.runs() == left
    assert [jobs.last_run(run.job_id) for run in newest] == newest
    assert past.forget(what, BEFORE) == 0


def test_a_run_goes_by_when_it_ended(past, jobs, clock):
    for n, ended in enumerate((BEFORE - timedelta(microseconds=1), BEFORE, NOW)):
        clock.set(LONG_AGO + n * DAY)
        run = jobs.claim_run("ml_training", clock.now())
        clock.set(ended)
        jobs.end_run(run, Outcome.DONE, {})
    assert past.forget(Kept.RUNS, BEFORE) == 1
    assert len(jobs.runs()) == 2


def test_work_that_is_over_goes_and_work_under_way_stays(past, jobs, clock):
    clock.set(LONG_AGO)
    under_way = [jobs.add_job("init"), replace(jobs.add_job("init"), state=JobState.RUNNING, started_at=LONG_AGO)]
    jobs.save_job(under_way[1])
    for state in (JobState.DONE, JobState.FAILED):
        for ended in (LONG_AGO, NOW):
            jobs.save_job(replace(jobs.add_job("backfill"), state=state, ended_at=ended))
    assert past.forget(Kept.JOBS, BEFORE) == 2
    assert len(jobs.jobs()) == 4
    assert [jobs.job(job.id) for job in under_way] == under_way


def test_closed_alerts_go_and_open_ones_stay(past, alerts, clock):
    clock.set(LONG_AGO)
    for cause in ("open", "seen", "closed", "closed lately"):
        alerts.raise_alert(cause, Severity.WARNING, "m", "a")
    seen = next(alert for alert in alerts.alerts() if alert.cause == "seen")
    alerts.acknowledge(seen.id)
    alerts.close_alert("closed")
    clock.set(NOW)
    alerts.close_alert("closed lately")
    assert past.forget(Kept.ALERTS, BEFORE) == 1
    assert {alert.cause for alert in alerts.alerts()} == {"open", "seen", "closed lately"}


def test_filled_gaps_go_and_all_others_stay(past, engine):
    gaps = SqlGapLedger(engine)
    for n, state in enumerate(GapState):
        for closed in (LONG_AGO, NOW, None):
            gaps.save_gap(gap(at=10 * n, state=state, opened_at=LONG_AGO, closed_at=closed))
    still_open = gaps.open_gaps()
    assert past.forget(Kept.GAPS, BEFORE) == 1
    assert gaps.open_gaps() == still_open
    assert len(gaps.gaps()) == 3 * len(GapState) - 1


def test_the_newest_recovery_stays_however_old(past, engine):
    gaps = SqlGapLedger(engine)
    for n in range(3):
        gaps.add_recovery(recovery(at=LONG_AGO + n * DAY))
    newest = gaps.last_recovery()
    assert past.forget(Kept.RECOVERIES, BEFORE) == 2
    assert gaps.last_recovery() == newest
    gaps.add_recovery(recovery(at=NOW))
    assert past.forget(Kept.RECOVERIES, BEFORE) == 1


def test_more_than_one_transaction_takes(past, jobs, clock, monkeypatch):
    monkeypatch.setattr(adapter, "AT_ONCE", 7)
    for n in range(30):
        ran(jobs, clock, "ree_ingestion", LONG_AGO + n * DAY, Outcome.DONE)
    assert past.forget(Kept.RUNS, BEFORE) == 29


def test_compaction_changes_nothing_that_can_be_read(past, jobs, clock):
    ran(jobs, clock, "ree_ingestion", NOW, Outcome.DONE)
    before = jobs.runs()
    assert past.compact() >= 0
    assert jobs.runs() == before
    assert jobs.claim_run("ree_ingestion", NOW + DAY) is not None


def test_a_ruined_ledger_is_a_store_error(ruined):
    for what in adapter.PAST:
        with pytest.raises(StoreError):
            SqlLedgerRetention(ruined).forget(what, BEFORE)


def test_every_rule_of_the_ledger_has_a_table(past, engine, clock):
    assert SqlJobLedger(engine, clock).runs() == []
    assert {past.forget(what, NOW) for what in adapter.PAST} == {0}
