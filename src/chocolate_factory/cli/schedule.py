"""``schedule``: the timetable seen, run, held back; with a service running or without."""

from __future__ import annotations

from typing import Annotated

import typer

from chocolate_factory.cli.terminal import AsJson, house, print_json, print_table, say
from chocolate_factory.domain.errors import BusyError, ChocolateFactoryError, NotFoundError
from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.domain.work import Outcome, Run, ScheduledJob
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.scheduler.living import living
from chocolate_factory.scheduler.runner import view
from chocolate_factory.scheduler.spec import ASKED_FOR, JobSpec
from chocolate_factory.scheduler.work import Errand, in_this_thread
from chocolate_factory.web.api.scheduler import run_out, scheduled_out
from chocolate_factory.wiring import House

Job = Annotated[str, typer.Argument(help="A job's id, as `schedule list` shows it.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    room = typer.Typer(name="schedule", help="The timetable: what runs when, and how it went.", no_args_is_help=True)
    room.command("list", epilog="Example: chocolate-factory schedule list")(list_jobs)
    room.command("runs", epilog="Example: chocolate-factory schedule runs daily_backfill --last 5")(runs)
    room.command("run", epilog="Example: chocolate-factory schedule run ree_ingestion")(run)
    room.command("pause", epilog="Example: chocolate-factory schedule pause ml_training")(pause)
    room.command("resume", epilog="Example: chocolate-factory schedule resume ml_training")(resume)
    app.add_typer(room)


def list_jobs(as_json: AsJson = False) -> None:
    """Every job: when it runs, when it ran last, how that ended."""
    with house() as opened:
        jobs = view(opened, TIMETABLE)
    if as_json:
        print_json({"jobs": [scheduled_out(job).model_dump(mode="json") for job in jobs]})
        return
    columns = ("job", "schedule", "next run", "last run", "how it went", "counts or error")
    print_table("Timetable, Europe/Madrid", columns, [_row(job) for job in jobs])


def runs(
    job: Annotated[str | None, typer.Argument(help="A job's id; every job's by default.")] = None,
    last: Annotated[int, typer.Option(min=1, max=1000, help="How many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The newest runs: what they stood for, how long they took, what they brought."""
    if job is not None:
        _known(job)
    with house() as opened:
        found = opened.jobs.runs(job, last)
    if as_json:
        print_json({"runs": [{"job": r.job_id} | run_out(r).model_dump(mode="json") for r in found]})
        return
    columns = ("job", "due", "seconds", "how it went", "what it brought, why it ran")
    print_table("Runs, the newest first", columns, [_run_row(r) for r in found])


def run(job: Job, as_json: AsJson = False) -> None:
    """Run a job now, in this process, and wait for its end; exit 1 where it fails."""
    spec = _known(job)
    with house() as opened:
        done = _run(opened, spec)
        if as_json:
            print_json({"job": job} | run_out(done).model_dump(mode="json"))
        else:
            say(f"{job}: {done.outcome.value}. {_what(done)}".rstrip())
    if done.outcome in (Outcome.FAILED, Outcome.STOPPED):
        raise ChocolateFactoryError(done.error or f"{job} failed.")


def pause(job: Job, as_json: AsJson = False) -> None:
    """Hold a job back on every brain until it is resumed, also over a restart."""
    _hold(job, paused=True, as_json=as_json)


def resume(job: Job, as_json: AsJson = False) -> None:
    """Let a job run again; an occurrence that is due runs within seconds."""
    _hold(job, paused=False, as_json=as_json)


# ------------------------------------------------------------------------------------------------------------- inside
def _known(job: str) -> JobSpec:
    found = next((spec for spec in TIMETABLE if spec.id == job), None)
    if found is None:
        raise NotFoundError("job", job, f"one of {', '.join(spec.id for spec in TIMETABLE)}")
    return found


def _run(opened: House, spec: JobSpec) -> Run:
    """Claimed like any other run, so that it overlaps none of a service's."""
    claimed = opened.jobs.claim_run(spec.id, opened.clock.now(), ASKED_FOR)
    if claimed is None:
        raise BusyError(f"The job {spec.id} is running; `chocolate-factory schedule list` shows its end.")
    errand = Errand(spec, ASKED_FOR, opened.last_alive(), opened.clock.stopping.is_set)
    with living(opened.jobs.pulse):
        result = in_this_thread(opened, errand)
    ended = opened.jobs.end_run(claimed, result.outcome, result.counts, result.error)
    return ended or claimed


def _hold(job: str, *, paused: bool, as_json: bool) -> None:
    _known(job)
    with house() as opened:
        (opened.jobs.pause if paused else opened.jobs.resume)(job)
    if as_json:
        print_json({"job": job, "paused": paused})
    else:
        say(f"{job} is held back until it is resumed." if paused else f"{job} runs again.")


def _row(job: ScheduledJob) -> tuple[object, ...]:
    last = job.last
    state = "paused" if job.paused else _how(last) if last else "never ran"
    when = isoformat_madrid(last.started_at)[:16] if last else ""
    return job.id, job.schedule, isoformat_madrid(job.next_run)[:16], when, state, _what(last) if last else ""


def _run_row(found: Run) -> tuple[object, ...]:
    took = f"{(found.ended_at - found.started_at).total_seconds():.1f}" if found.ended_at else ""
    told = "; ".join(part for part in (_what(found), found.note) if part)
    return found.job_id, isoformat_madrid(found.due_at)[:16], took, _how(found), told


def _how(found: Run) -> str:
    return "hung" if found.hung else found.outcome.value


def _what(found: Run) -> str:
    """What it brought, or why not."""
    return found.error or ", ".join(f"{name} {count:g}" for name, count in found.counts.items())
