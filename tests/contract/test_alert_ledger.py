"""What every ledger promises about alerts."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from chocolate_factory.adapters.ledger import SqlAlertLedger
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.work import AlertState, Severity

CAUSE = "down:upstream:ree"
OPEN = frozenset({AlertState.OPEN})


def raised(alerts, cause: str = CAUSE, severity: Severity = Severity.WARNING, message: str = "m", action: str = "a"):
    return alerts.raise_alert(cause, severity, message, action)


def test_a_new_alert_is_open(alerts, clock):
    alert, is_new = raised(alerts, message="REE está caída", action="Espera.")
    assert is_new
    assert (alert.cause, alert.severity, alert.state, alert.times) == (CAUSE, Severity.WARNING, AlertState.OPEN, 1)
    assert (alert.message, alert.action) == ("REE está caída", "Espera.")
    assert (alert.opened_at, alert.last_seen_at) == (clock.now(), clock.now())
    assert (alert.closed_at, alert.acknowledged_at) == (None, None)
    assert alerts.alerts() == [alert]


def test_the_same_cause_again_is_counted_and_tells_the_newest(alerts, clock):
    first, _ = raised(alerts)
    clock.sleep(900.0)
    again, is_new = raised(alerts, severity=Severity.CRITICAL, message="still down", action="Look at the router.")
    assert not is_new
    assert again == replace(
        first, times=2, last_seen_at=clock.now(), severity=Severity.CRITICAL, message="still down",
        action="Look at the router.",
    )  # fmt: skip
    assert alerts.alerts() == [again]


def test_causes_have_alerts_of_their_own(alerts):
    ree, _ = raised(alerts, "down:upstream:ree")
    omie, is_new = raised(alerts, "down:upstream:omie")
    assert is_new
    assert ree.id != omie.id
    assert alerts.close_alert("down:upstream:omie").id == omie.id
    assert alerts.alerts(OPEN) == [ree]


def test_when_the_cause_is_gone_it_is_closed(alerts, clock):
    raised(alerts)
    clock.sleep(60.0)
    closed = alerts.close_alert(CAUSE)
    assert (closed.state, closed.closed_at) == (AlertState.CLOSED, clock.now())
    assert alerts.alerts() == [closed]
    assert alerts.close_alert(CAUSE) is None


def test_a_cause_that_was_never_there_closes_nothing(alerts):
    assert alerts.close_alert("nothing") is None
    assert alerts.alerts() == []


def test_a_cause_that_comes_back_is_a_new_alert(alerts):
    first, _ = raised(alerts)
    closed = alerts.close_alert(CAUSE)
    second, is_new = raised(alerts)
    assert is_new
    assert second.id != first.id
    assert second.times == 1
    assert alerts.alerts() == [second, closed]
    assert alerts.close_alert(CAUSE).id == second.id


def test_somebody_has_seen_it(alerts, clock):
    alert, _ = raised(alerts)
    clock.sleep(5.0)
    seen = alerts.acknowledge(alert.id)
    assert seen == replace(alert, state=AlertState.ACKNOWLEDGED, acknowledged_at=clock.now())
    clock.sleep(5.0)
    assert alerts.acknowledge(alert.id) == seen, "the first who saw it counts"
    again, is_new = raised(alerts)
    assert not is_new
    assert (again.state, again.times) == (AlertState.ACKNOWLEDGED, 2)
    assert alerts.close_alert(CAUSE).state is AlertState.CLOSED


def test_a_closed_one_stays_closed(alerts):
    alert, _ = raised(alerts)
    closed = alerts.close_alert(CAUSE)
    assert alerts.acknowledge(alert.id) == closed


@pytest.mark.parametrize("unknown", [0, -1, 999, 2**31, 2**64])
def test_one_that_is_not_there_cannot_be_acknowledged(alerts, unknown):
    raised(alerts)
    assert alerts.acknowledge(unknown) is None


def test_alerts_come_newest_first_by_state_and_no_more_than_asked(alerts, clock):
    made = []
    for i in range(5):
        made.append(raised(alerts, f"cause {i}")[0])
        clock.sleep(1.0)
    alerts.close_alert("cause 1")
    alerts.acknowledge(made[3].id)
    assert [a.cause for a in alerts.alerts()] == [f"cause {i}" for i in (4, 3, 2, 1, 0)]
    assert [a.cause for a in alerts.alerts(OPEN)] == ["cause 4", "cause 2", "cause 0"]
    assert [a.cause for a in alerts.alerts(OPEN | {AlertState.CLOSED}, limit=3)] == ["cause 4", "cause 2", "cause 1"]
    assert alerts.alerts(frozenset()) == []


def test_alerts_of_one_moment_come_newest_first_too(alerts):
    made = [raised(alerts, f"cause {i}")[0] for i in range(3)]
    assert alerts.alerts() == made[::-1]


def test_alerts_may_be_asked_for_since_a_moment(alerts, clock):
    raised(alerts, "opened and closed before")
    raised(alerts, "closed after")
    raised(alerts, "open since before")
    clock.sleep(10.0)
    alerts.close_alert("opened and closed before")
    clock.sleep(10.0)
    since = clock.now()
    alerts.close_alert("closed after")
    raised(alerts, "opened after")
    assert [a.cause for a in alerts.alerts(since=since)] == ["opened after", "closed after"]
    assert [a.cause for a in alerts.alerts(OPEN, since=since)] == ["opened after"]
    assert [a.cause for a in alerts.alerts(since=since, limit=1)] == ["opened after"]


def test_moments_are_kept_to_the_microsecond(alerts, clock):
    clock.set(clock.now() + timedelta(microseconds=7))
    alert, _ = raised(alerts)
    assert alerts.alerts()[0].opened_at == clock.now() == alert.opened_at


def test_many_who_raise_one_cause_open_one_alert(alerts, another_brain, clock):
    ledgers = [alerts, SqlAlertLedger(another_brain, clock)]
    news: list[bool] = []
    start = threading.Barrier(6)

    def shout(number: int) -> None:
        start.wait(10.0)
        for i in range(5):
            _, is_new = raised(ledgers[number % 2], f"cause {i}")
            news.append(is_new)

    crew = [threading.Thread(target=shout, args=(n,)) for n in range(6)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join(60.0)
    assert (len(news), sum(news)) == (30, 5)
    assert sorted((a.cause, a.times) for a in alerts.alerts()) == [(f"cause {i}", 6) for i in range(5)]


@pytest.mark.parametrize(
    "deed",
    [raised, lambda a: a.close_alert(CAUSE), lambda a: a.acknowledge(1), lambda a: a.alerts()],
    ids=["raise", "close", "acknowledge", "alerts"],
)
def test_a_ledger_that_cannot_serve_says_so_in_our_own_words(alerts, ruined, deed):
    with pytest.raises(StoreError, match="doctor"):
        deed(alerts)
