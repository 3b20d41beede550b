"""What every ledger promises about long work and runs of the timetable."""

from __future__ import annotations

import math
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chocolate_factory.adapters.ledger import SqlJobLedger
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.work import Job, JobState, Outcome

DUE = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WHY = "the process ended first"


# ---------------------------------------------------------------------- jobs
def test_a_new_job_is_queued_and_found_by_its_id(jobs, clock):
    job = jobs.add_job("backfill")
    assert (job.deed, job.state, job.created_at, job.progress) == ("backfill", JobState.QUEUED, clock.now(), 0.0)
    assert re.fullmatch(r"[0-9a-f]{16}", job.id)
    assert jobs.job(job.id) == job


def test_no_two_jobs_have_one_id(jobs):
    assert len({jobs.add_job("init").id for _ in range(50)}) == 50


@pytest.mark.parametrize("unknown", ["", "ffffffffffffffff", "' OR 1=1 --"])
def test_a_job_that_nobody_asked_for_is_not_there(jobs, unknown):
    jobs.add_job("init")
    assert jobs.job(unknown) is None


def test_its_newest_state_is_kept_to_the_last_word(jobs, clock):
    job = jobs.add_job("init")
    clock.sleep(1.000001)
    told = replace(
        job, state=JobState.RUNNING, started_at=clock.now(), progress=0.3333, message="enero de 2026 · 12 °C",
        counts={"found": 17520.0, "written": 0.0}, errors=["omie: no está", 'a "quoted" one\nof two lines'],
    )  # fmt: skip
    jobs.save_job(told)
    assert jobs.job(job.id) == told
    ended = replace(told, state=JobState.DONE, ended_at=clock.now() + MINUTE, progress=1.0, errors=[])
    jobs.save_job(ended)
    assert jobs.job(job.id) == ended


def test_one_jobs_state_is_no_others(jobs):
    first, second = jobs.add_job("init"), jobs.add_job("init")
    jobs.save_job(replace(first, state=JobState.RUNNING))
    assert jobs.job(second.id) == second


def test_jobs_come_newest_first_and_no_more_than_asked(jobs, clock):
    made: list[Job] = []
    for i in range(5):
        made.append(jobs.add_job(f"deed {i}"))
        clock.sleep(1.0)
    assert jobs.jobs() == made[::-1]
    assert jobs.jobs(limit=2) == made[:2:-1]


def test_what_a_dead_process_left_ends_as_failed(jobs, clock):
    queued, running, done, failed = (jobs.add_job(f"deed {i}") for i in range(4))
    jobs.save_job(replace(running, state=JobState.RUNNING, progress=0.5, errors=["omie: down"], counts={"found": 3.0}))
    jobs.save_job(replace(done, state=JobState.DONE, message="all there"))
    jobs.save_job(replace(failed, state=JobState.FAILED, errors=["no key"]))
    clock.sleep(60.0)
    assert jobs.abandon_jobs(WHY) == 2
    assert (jobs.job(queued.id).state, jobs.job(queued.id).errors) == (JobState.FAILED, [WHY])
    left = jobs.job(running.id)
    assert (left.state, left.ended_at, left.progress) == (JobState.FAILED, clock.now(), 0.5)
    assert left.errors == ["omie: down", WHY], "what had gone wrong before is not forgotten"
    assert left.counts == {"found": 3.0}
    assert (jobs.job(done.id).state, jobs.job(done.id).message) == (JobState.DONE, "all there")
    assert jobs.job(failed.id).errors == ["no key"]
    assert jobs.abandon_jobs(WHY) == 0


# ---------------------------------------------------------------------- runs
def test_an_occurrence_is_given_once(jobs, clock):
    run = jobs.claim_run("ree_ingestion", DUE, "made up")
    assert (run.job_id, run.due_at, run.started_at, run.note) == ("ree_ingestion", DUE, clock.now(), "made up")
    assert (run.outcome, run.ended_at) == (Outcome.RUNNING, None)
    assert jobs.claim_run("ree_ingestion", DUE) is None
    assert jobs.runs() == [run]


def test_another_job_or_another_moment_is_another_occurrence(jobs):
    moments = (DUE, DUE + timedelta(microseconds=1), DUE - timedelta(microseconds=1))
    for moment in moments:
        jobs.end_run(jobs.claim_run("a", moment), Outcome.DONE, {})
    assert jobs.claim_run("b", DUE) is not None
    assert len(jobs.runs("a")) == 3


def test_a_job_that_runs_is_not_given_again_for_another_moment(jobs):
    run = jobs.claim_run("a", DUE)
    assert jobs.claim_run("a", DUE + MINUTE) is None
    assert jobs.claim_run("b", DUE + MINUTE) is not None
    jobs.end_run(run, Outcome.DONE, {})
    assert jobs.claim_run("a", DUE + MINUTE) is not None


def test_a_moment_told_in_another_zone_is_the_same_occurrence(jobs):
    assert jobs.claim_run("a", DUE) is not None
    assert jobs.claim_run("a", DUE.astimezone(ZoneInfo("Europe/Madrid"))) is None


def test_an_occurrence_that_has_ended_is_not_given_again(jobs):
    jobs.end_run(jobs.claim_run("a", DUE), Outcome.FAILED, {})
    assert jobs.claim_run("a", DUE) is None


def test_how_it_went_is_kept(jobs, clock):
    run = jobs.claim_run("a", DUE, "after start")
    clock.sleep(12.5)
    ended = jobs.end_run(run, Outcome.NOTHING, {"found": 0.0, "asked": 3.0}, "aemet: silencio")
    assert ended == replace(
        run, outcome=Outcome.NOTHING, counts={"found": 0.0, "asked": 3.0}, error="aemet: silencio", ended_at=clock.now()
    )
    assert jobs.runs("a") == [ended]


def over(jobs, job_id: str, due: datetime):
    return jobs.end_run(jobs.claim_run(job_id, due), Outcome.DONE, {})


def test_the_end_of_one_run_is_no_others(jobs):
    first = over(jobs, "a", DUE)
    second, other = jobs.claim_run("a", DUE + MINUTE), jobs.claim_run("b", DUE)
    jobs.end_run(second, Outcome.FAILED, {})
    assert jobs.run("a", DUE) == first
    assert jobs.runs("b") == [other]


def test_the_last_run_is_the_newest_occurrence(jobs):
    assert jobs.last_run("a") is None
    over(jobs, "a", DUE)
    newest = over(jobs, "a", DUE + MINUTE)
    over(jobs, "a", DUE - MINUTE)
    over(jobs, "b", DUE + 5 * MINUTE)
    assert jobs.last_run("a") == newest


def test_runs_come_newest_first_and_no_more_than_asked(jobs):
    for i in (3, 1, 4, 0, 2):
        over(jobs, "a", DUE + i * MINUTE)
        over(jobs, "b", DUE + i * MINUTE)
    assert [r.due_at for r in jobs.runs("a")] == [DUE + i * MINUTE for i in (4, 3, 2, 1, 0)]
    assert [r.due_at for r in jobs.runs(limit=3)] == [DUE + i * MINUTE for i in (4, 4, 3)]
    assert jobs.runs("nobody's") == []


def test_one_occurrences_run_is_found_by_its_moment(jobs):
    run = jobs.claim_run("a", DUE)
    assert jobs.run("a", DUE.astimezone(ZoneInfo("Europe/Madrid"))) == run
    assert jobs.run("a", DUE + MINUTE) is None


def test_that_it_hung_is_kept(jobs):
    jobs.end_run(jobs.claim_run("a", DUE), Outcome.FAILED, {}, "stopped at its limit", hung=True)
    over(jobs, "a", DUE + MINUTE)
    assert [run.hung for run in jobs.runs("a")] == [False, True]


def test_what_no_database_takes_is_left_out_of_an_end_and_the_rest_is_kept(jobs):
    counts = {"found": 3.0, "late_kg_h": math.nan, "gap": math.inf}
    jobs.end_run(jobs.claim_run("a", DUE), Outcome.FAILED, counts, "cut \0off, half a \ud83c character: señal")
    (run,) = jobs.runs("a")
    assert (run.outcome, run.counts) == (Outcome.FAILED, {"found": 3.0})
    assert run.error == "cut off, half a ? character: señal"


# ---------------------------------------------------------------------- pauses
def test_a_pause_lasts_until_it_is_resumed(jobs, clock):
    assert jobs.paused() == {}
    jobs.pause("a")
    since = clock.now()
    clock.sleep(60.0)
    jobs.pause("a")
    assert jobs.paused() == {"a": since}, "the first pause counts"
    jobs.resume("a")
    jobs.resume("never paused")
    assert jobs.paused() == {}


# ---------------------------------------------------------------------- more than one
def test_of_many_claimants_one_gets_it(jobs, another_brain, clock):
    ledgers = [jobs, SqlJobLedger(another_brain, clock)]
    for i in range(10):
        given: list[object] = []
        start = threading.Barrier(6)

        def claim(number: int, due=DUE + i * MINUTE, given=given, start=start) -> None:
            start.wait(10.0)
            given.append(ledgers[number % 2].claim_run("a", due, f"claimant {number}"))

        crew = [threading.Thread(target=claim, args=(n,)) for n in range(6)]
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join(30.0)
        winners = [run for run in given if run is not None]
        assert len(given) == 6
        assert len(winners) == 1
        assert jobs.last_run("a") == winners[0], "the ledger names the one that got it"
        jobs.end_run(winners[0], Outcome.DONE, {})


def test_what_one_brain_writes_the_other_reads(jobs, another_brain, clock):
    other = SqlJobLedger(another_brain, clock)
    job, run = jobs.add_job("init"), jobs.claim_run("a", DUE)
    assert other.job(job.id) == job
    assert other.last_run("a") == run
    other.save_job(replace(job, state=JobState.DONE))
    assert jobs.job(job.id).state is JobState.DONE


# ---------------------------------------------------------------------- a ledger that cannot serve
@pytest.mark.parametrize(
    "deed",
    [
        lambda ledger, _job, _run: ledger.add_job("init"),
        lambda ledger, job, _run: ledger.save_job(job),
        lambda ledger, job, _run: ledger.job(job.id),
        lambda ledger, _job, _run: ledger.jobs(),
        lambda ledger, _job, _run: ledger.abandon_jobs(WHY),
        lambda ledger, _job, _run: ledger.claim_run("b", DUE),
        lambda ledger, _job, run: ledger.end_run(run, Outcome.DONE, {}),
        lambda ledger, _job, _run: ledger.last_run("a"),
        lambda ledger, _job, _run: ledger.runs(),
        lambda ledger, _job, run: ledger.abandon_run(run, WHY),
        lambda ledger, _job, _run: ledger.left_runs(),
        lambda ledger, _job, _run: ledger.own_runs(),
        lambda ledger, _job, _run: ledger.pause("a"),
        lambda ledger, _job, _run: ledger.resume("a"),
        lambda ledger, _job, _run: ledger.paused(),
        lambda ledger, _job, _run: ledger.pulse.beat(),
    ],
    ids=[
        "add",
        "save",
        "job",
        "jobs",
        "abandon jobs",
        "claim",
        "end",
        "last",
        "runs",
        "abandon run",
        "left",
        "own",
        "pause",
        "resume",
        "paused",
        "beat",
    ],
)
def test_a_ledger_that_cannot_serve_says_so_in_our_own_words(jobs, request, deed):
    job, run = jobs.add_job("init"), jobs.claim_run("a", DUE)
    request.getfixturevalue("ruined")
    with pytest.raises(StoreError, match="doctor") as caught:
        deed(jobs, job, run)
    assert "SELECT" not in str(caught.value)
    assert "INSERT" not in str(caught.value)
