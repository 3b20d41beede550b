"""The dead-man's switch: what did not run, hung, failed, brought nothing or is held back; and who watches the watch."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from watch_world import NOW, Watched

from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.domain.work import Outcome, Run, Severity
from chocolate_factory.scheduler.jobs import TIMETABLE, health_check
from chocolate_factory.scheduler.schedules import Daily, Every
from chocolate_factory.scheduler.spec import Context
from chocolate_factory.usecases.watch import HEALTH_CHECK, Duty, Watchdog, overdue
from chocolate_factory.usecases.watch.jobs import GRACE, HEALTH_CHECK_EVERY

MINUTE = timedelta(minutes=1)
JOB = "ree_ingestion"
OFTEN = Every(5)


@pytest.fixture
def plant(tmp_path):
    plant = Watched(tmp_path)
    plant.duties = [Duty(JOB, OFTEN)]
    yield plant
    plant.close()


def run(at: datetime, outcome: Outcome = Outcome.DONE) -> Run:
    return Run(JOB, at, at, outcome, at if outcome is not Outcome.RUNNING else None)


# ---------------------------------------------------------------------- overdue
@pytest.mark.parametrize(
    ("runs", "minutes", "missed"),
    [
        ([], 0, True),
        ([run(NOW)], 34, False),
        ([run(NOW)], 35, True),
        ([run(NOW, Outcome.FAILED)], 34, False),
        ([run(NOW, Outcome.RUNNING)], 40, False),  # twice its interval and half an hour
        ([run(NOW, Outcome.RUNNING)], 41, True),
        ([run(NOW + 10 * MINUTE, Outcome.SKIPPED), run(NOW)], 40, False),
        ([run(NOW + 39 * MINUTE, Outcome.SKIPPED), run(NOW)], 41, True),
        ([run(NOW + 4000 * DAY), run(NOW)], 34, False),  # a clock that was wrong
        ([run(NOW + 4000 * DAY), run(NOW)], 35, True),
        ([run(NOW + 4000 * DAY)], 0, True),
    ],
)
def test_a_job_is_overdue_half_an_hour_after_it_was_due(runs, minutes, missed):
    assert (overdue(runs, OFTEN, NOW + minutes * MINUTE) is not None) is missed


def test_it_says_which_occurrence_was_missed():
    at_one = Daily(time(1, 0))
    last = run(datetime(2026, 3, 28, 0, 0, tzinfo=UTC))
    due = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert overdue([last], at_one, due + GRACE - MINUTE) is None
    assert overdue([last], at_one, due + GRACE) == due


def test_a_run_under_way_is_not_waited_for_longer_than_six_hours():
    daily = Daily(time(1, 0))
    assert overdue([run(NOW, Outcome.RUNNING)], daily, NOW + 6 * HOUR) is None
    assert overdue([run(NOW, Outcome.RUNNING)], daily, NOW + 6 * HOUR + MINUTE) is not None


@pytest.mark.parametrize("profile", ["accelerated", "normal"])
@pytest.mark.parametrize("spec", TIMETABLE, ids=lambda s: s.id)
@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24", "2026-12-30"])
def test_every_job_in_both_profiles_is_told_when_it_stops_and_not_before(spec, profile, day):
    schedule = spec.schedule_in(profile)
    now = datetime.fromisoformat(f"{day}T23:59:00+00:00")
    due = schedule.previous(now)
    runs = [run(due)]
    for _ in range(60):  # it runs, a little late, over a change of the clocks
        due = schedule.next(due)
        assert overdue(runs, schedule, due + GRACE - MINUTE) is None
        runs = [run(due + 20 * MINUTE)]
    stopped = schedule.next(due + 20 * MINUTE)
    assert overdue(runs, schedule, stopped + GRACE) is not None


# ---------------------------------------------------------------------- its alert
def test_a_job_that_did_not_run_in_time_is_an_alert_until_it_does(plant):
    plant.ran(JOB, Outcome.DONE)
    assert plant.look("job-") == set()
    plant.clock.sleep(1800)
    assert plant.look("job-") == {f"job-did-not-run:{JOB}"}
    alert = plant.told(f"job-did-not-run:{JOB}")
    assert alert.message == (
        "The job ree_ingestion was due at 2026-11-20T09:25Z and has not run; it last began at 2026-11-20T09:20Z."
    )
    assert "/scheduler/status" in alert.action
    plant.look("job-")
    assert plant.told(f"job-did-not-run:{JOB}").times == 2
    plant.ran(JOB, Outcome.DONE)
    assert plant.look("job-") == set()


def test_a_job_that_never_ran_is_told_too(plant):
    plant.duties = [Duty("token_management", Daily(time(3, 0)))]
    plant.wake()
    assert plant.look("job-") == {"job-did-not-run:token_management"}
    assert "it never ran" in plant.told("job-did-not-run:token_management").message


def test_the_first_look_after_the_machine_was_off_judges_nothing_that_the_catch_up_may_mend(plant):
    plant.ran(JOB, Outcome.DONE)
    plant.clock.sleep(9 * DAY.total_seconds())
    assert plant.look("job-") == set()
    plant.wake()
    plant.clock.sleep(900)
    assert plant.look("job-") == {f"job-did-not-run:{JOB}"}


def test_what_was_told_before_the_machine_was_off_stands_until_it_is_judged_again(plant):
    plant.ran(JOB, Outcome.DONE)
    plant.clock.sleep(1800)
    told = plant.look("job-")
    plant.clock.sleep(9 * DAY.total_seconds())
    assert plant.look("job-") == told
    plant.ran(JOB, Outcome.DONE)
    assert plant.look("job-") == set()


def test_a_job_that_is_no_more_has_no_alert(plant):
    plant.ran(JOB, Outcome.FAILED, "no answer")
    assert plant.look("job-") == {f"job-failed:{JOB}"}
    plant.duties = []
    assert plant.look("job-") == set()


# ---------------------------------------------------------------------- what came of the runs
def test_a_failed_job_is_an_alert_until_it_has_succeeded_not_until_it_has_begun(plant):
    plant.ran(JOB, Outcome.FAILED, "no answer in time")
    assert plant.look("job-") == {f"job-failed:{JOB}"}
    assert "no answer in time" in plant.told(f"job-failed:{JOB}").message
    plant.ran(JOB, Outcome.RUNNING)
    assert plant.look("job-") == {f"job-failed:{JOB}"}
    plant.ran(JOB, Outcome.DONE)
    assert plant.look("job-") == set()


def test_a_job_stopped_at_its_limit_is_another_alert_than_one_that_failed(plant):
    plant.ran(JOB, Outcome.FAILED, "It was stopped at its limit of 300 s.", hung=True)
    assert plant.look("job-") == {f"job-hung:{JOB}"}
    message = plant.told(f"job-hung:{JOB}").message
    assert message == "The job ree_ingestion hung. It was stopped at its limit of 300 s."
    plant.ran(JOB, Outcome.FAILED, "no answer in time")
    assert plant.look("job-") == {f"job-failed:{JOB}"}
    plant.ran(JOB, Outcome.DONE)
    assert plant.look("job-") == set()


def test_three_runs_in_a_row_that_brought_nothing_are_an_alert(plant):
    for outcome, causes in (
        (Outcome.DONE, set()),
        (Outcome.NOTHING, set()),
        (Outcome.NOTHING, set()),
        (Outcome.NOTHING, {f"job-brought-nothing:{JOB}"}),
        (Outcome.RUNNING, {f"job-brought-nothing:{JOB}"}),
        (Outcome.SKIPPED, {f"job-brought-nothing:{JOB}"}),
        (Outcome.DONE, set()),
    ):
        plant.ran(JOB, outcome)
        assert plant.look("job-") == causes, outcome


def test_three_jobs_in_three_troubles_are_three_alerts_each_with_its_way_out(plant):
    plant.duties = [Duty(job, OFTEN) for job in ("hangs", "fails", "brings nothing")]
    for _ in range(3):
        plant.ran("hangs", Outcome.FAILED, minutes=0, hung=True)
        plant.ran("fails", Outcome.FAILED, "no answer", minutes=0)
        plant.ran("brings nothing", Outcome.NOTHING)
        plant.look("job-")
    told = {alert.cause: alert for alert in plant.alive() if alert.cause.startswith("job-")}
    assert set(told) == {"job-hung:hangs", "job-failed:fails", "job-brought-nothing:brings nothing"}
    assert len({alert.action for alert in told.values()}) == 3
    for job in ("hangs", "fails", "brings nothing"):
        plant.ran(job, Outcome.DONE, minutes=0)
    assert plant.look("job-") == set()
    assert sum(a.cause.startswith("job-") for a in plant.alerts.alerts()) == 3, "each was opened once"


def test_where_the_newest_runs_say_nothing_of_how_the_job_is_what_was_said_stands(plant):
    plant.ran(JOB, Outcome.FAILED, "no answer")
    told = plant.look("job-")
    for _ in range(15):
        plant.ran(JOB, Outcome.SKIPPED, minutes=1)
    assert plant.look("job-") == told


# ---------------------------------------------------------------------- held back
def test_a_paused_job_is_not_overdue_and_after_a_day_its_pause_is_told(plant):
    plant.ran(JOB, Outcome.DONE)
    plant.duties = [Duty(JOB, OFTEN, paused_since=NOW)]
    for hours, causes in ((1, set()), (23, set()), (24, {f"job-paused:{JOB}"}), (200, {f"job-paused:{JOB}"})):
        plant.clock.set(NOW + hours * HOUR + MINUTE)
        plant.wake()
        assert plant.look("job-") == causes, hours
    alert = plant.told(f"job-paused:{JOB}")
    assert (alert.severity, alert.times) == (Severity.INFO, 2)
    plant.duties = [Duty(JOB, OFTEN)]
    plant.ran(JOB, Outcome.DONE)
    assert plant.look("job-") == set()


def test_the_deed_knows_every_job_of_the_timetable_and_which_are_paused():
    asked: list[list[Duty]] = []

    class House:
        class settings:  # noqa: N801
            schedule_profile = "normal"

        class watch:  # noqa: N801
            alarm = staticmethod(lambda duties: asked.append(duties) or [])

        class jobs:  # noqa: N801
            paused = staticmethod(lambda: {"ml_training": NOW})

    context = Context("", None, lambda: False)
    assert health_check(House, context).outcome is Outcome.DONE
    [duties] = asked
    assert [d.job_id for d in duties] == [spec.id for spec in TIMETABLE]
    assert {d.job_id: d.paused_since for d in duties if d.paused_since} == {"ml_training": NOW}
    assert next(d.rhythm for d in duties if d.job_id == JOB) == Every(60, 5)


# ---------------------------------------------------------------------- who watches the watch
def test_the_health_check_of_the_watch_is_that_of_the_timetable():
    spec = next(spec for spec in TIMETABLE if spec.id == HEALTH_CHECK)
    assert {spec.schedule_in(p).longest for p in ("accelerated", "normal")} == {HEALTH_CHECK_EVERY}


def test_the_watchdog_tells_once_that_the_health_check_does_not_run_and_closes_it_when_it_does(plant):
    dog = Watchdog(plant.jobs, plant.alerts, Every(15))
    plant.clock.set(NOW - 5 * MINUTE)
    plant.ran(HEALTH_CHECK, Outcome.DONE, minutes=0)
    for seconds in range(0, 5400, 10):
        barks = dog.look(plant.clock.now())
        assert barks is (seconds >= 45 * 60), seconds
        plant.clock.sleep(10)
    alert = plant.told(f"job-did-not-run:{HEALTH_CHECK}")
    assert (alert.times, alert.severity) == (1, Severity.WARNING)
    plant.ran(HEALTH_CHECK, Outcome.DONE, minutes=1)
    assert not dog.look(plant.clock.now())
    assert f"job-did-not-run:{HEALTH_CHECK}" not in plant.causes()


def test_the_watchdog_reads_the_ledger_once_a_minute_and_again_when_the_clock_is_set_back(plant, monkeypatch):
    reads: list[str] = []
    runs = plant.jobs.runs
    monkeypatch.setattr(plant.jobs, "runs", lambda *a: reads.append(a[0]) or runs(*a))
    dog = Watchdog(plant.jobs, plant.alerts, Every(15))
    for _ in range(120):
        dog.look(plant.clock.now())
        plant.clock.sleep(1)
    assert len(reads) == 2
    dog.look(NOW - 9 * DAY)
    assert len(reads) == 3
