"""Laws of the watch: no punctual job is overdue, no silent one is not; causes name their alarm; alerts follow looks."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.ledger import SqlAlertLedger, open_ledger
from chocolate_factory.domain.alarms import CATALOGUE, alarm_of
from chocolate_factory.domain.alarms.jobs import JOB_FAILED, JOB_HUNG
from chocolate_factory.domain.work import Outcome, Run
from chocolate_factory.scheduler.schedules import Daily, Every
from chocolate_factory.usecases.tell import ALIVE, Look, keep_to
from chocolate_factory.usecases.watch import overdue
from chocolate_factory.usecases.watch.jobs import GRACE

moments = st.integers(0, 3 * 365 * 86400).map(lambda s: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=s))
schedules = st.one_of(
    st.builds(Every, st.sampled_from([5, 15, 30, 60, 120]), st.just(0)),
    st.builds(Every, st.just(60), st.integers(0, 59)),
    st.builds(Daily, st.times(time(0, 0), time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0))),
    st.builds(Daily, st.sampled_from([time(2, 0), time(2, 30)]), st.integers(0, 6)),
)
late = st.integers(0, int(GRACE.total_seconds()) - 1).map(lambda s: timedelta(seconds=s))
over = st.sampled_from([Outcome.DONE, Outcome.NOTHING, Outcome.FAILED])


def began(due: datetime, after: timedelta, outcome: Outcome) -> Run:
    return Run("job", due, due + after, outcome, due + after)


@given(schedules, moments, st.lists(st.tuples(late, over), min_size=1, max_size=20), st.data())
def test_a_job_that_begins_each_occurrence_in_time_is_never_overdue(schedule, begin, lateness, data):
    due, runs = schedule.previous(begin), []
    for after, outcome in lateness:
        runs = [began(due, after, outcome), *runs]
        due = schedule.next(due)
    newest = runs[0].started_at
    until = int((due + GRACE - newest).total_seconds()) - 1
    now = newest + timedelta(seconds=data.draw(st.integers(0, until)))
    assert overdue(runs, schedule, now) is None


@given(schedules, moments, late, over, st.integers(0, 10**7))
def test_one_that_stops_is_overdue_no_later_than_its_longest_interval_and_grace(schedule, begin, after, outcome, more):
    run = began(schedule.previous(begin), after, outcome)
    now = run.started_at + schedule.longest + GRACE + timedelta(seconds=more + 1)
    missed = overdue([run], schedule, now)
    assert missed is not None
    assert run.started_at < missed <= now - GRACE


words = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=400)


@given(st.sampled_from(sorted(CATALOGUE)), words)
def test_a_cause_is_known_by_its_own_alarm_and_by_no_other(pattern, word):
    alarm = CATALOGUE[pattern]
    cause = alarm.about(word) if "<" in pattern else alarm.about()
    assert len(cause) <= 200
    assert alarm_of(cause) is alarm
    if len(word) < 100:
        assert sum(other.knows(cause) for other in CATALOGUE.values()) == 1


sets = st.lists(st.tuples(st.frozensets(st.sampled_from("abcd")), st.frozensets(st.sampled_from("abcd"))), max_size=6)


@settings(max_examples=30, deadline=None)
@given(sets)
def test_what_is_alive_is_what_the_last_look_has_found_or_could_say_nothing_of(looks):
    engine = open_ledger("sqlite://")
    alerts = SqlAlertLedger(engine, FixedClock(datetime(2026, 11, 20, tzinfo=UTC)))
    alive: set[str] = set()
    for found, unknown in looks:
        troubles = tuple(JOB_FAILED.trouble("failed", name) for name in sorted(found))
        keep_to(alerts, [Look((JOB_FAILED, JOB_HUNG), troubles, tuple(JOB_FAILED.about(n) for n in unknown))])
        alive = set(found) | (alive & unknown)
        assert {a.cause.partition(":")[2] for a in alerts.alerts(ALIVE)} == alive
    engine.dispose()
