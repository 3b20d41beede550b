"""What of the alerts is news: each opening once, each worsening once, each end once, a storm in one message."""

from __future__ import annotations

from datetime import timedelta

import pytest
from notify_world import AWAY, NOW, Desk

from chocolate_factory.domain.notice import NoticeState
from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.domain.work import AlertState, Severity
from chocolate_factory.usecases.notify import LASTING, RESTLESS, SETTLE, STILL_NEWS

INFO, WARNING, CRITICAL = Severity


@pytest.fixture
def desk():
    desk = Desk("tgram-1")
    yield desk
    desk.close()


def test_an_alert_is_told_once_however_often_it_is_seen(desk):
    desk.alarm()
    assert desk.told() == ["Crítico: down:store"]
    for _ in range(20):
        desk.alarm()
    assert desk.told() == []


def test_nothing_is_told_before_companions_had_time_to_come(desk):
    desk.alarm()
    assert desk.later(seconds=0) == []
    assert desk.later(seconds=SETTLE.total_seconds() - 1) == []
    assert len(desk.later(seconds=1)) == 1


def test_its_end_is_told_once_and_then_it_is_news_again(desk):
    for _ in range(2):
        desk.alarm()
        assert desk.told() == ["Crítico: down:store"]
        desk.alerts.close_alert("down:store")
        assert desk.told() == ["Resuelto: down:store"]
        assert desk.told() == []


def test_what_comes_and_goes_is_told_once_and_again_when_it_stays(desk):
    """As an upstream that answers every other minute; an hour of it is enough to be told once more."""
    desk.alarm("down:upstream:ree", WARNING)
    told = desk.told()
    for _ in range(20):
        desk.alerts.close_alert("down:upstream:ree")
        told += desk.told()
        desk.alarm("down:upstream:ree", WARNING)
        told += desk.told()
    assert told == ["Atención: down:upstream:ree", "Resuelto: down:upstream:ree"]
    desk.clock.sleep(LASTING.total_seconds())
    assert desk.told() == ["Atención: down:upstream:ree"]
    desk.alerts.close_alert("down:upstream:ree")
    assert desk.told() == ["Resuelto: down:upstream:ree"]


def test_after_a_calm_it_is_news_at_once(desk):
    for _ in range(2):
        desk.alarm("down:upstream:ree", WARNING)
        assert desk.told() == ["Atención: down:upstream:ree"]
        desk.alerts.close_alert("down:upstream:ree")
        assert desk.told() == ["Resuelto: down:upstream:ree"]
        desk.clock.sleep(RESTLESS.total_seconds())


def test_one_that_comes_and_goes_is_told_when_it_turns_critical(desk):
    for severity in (WARNING, WARNING, CRITICAL):
        desk.alarm("down:disk", severity)
        told = desk.told()
        desk.alerts.close_alert("down:disk")
        desk.told()
    assert told == ["Crítico: down:disk"]


def test_the_end_of_what_was_never_told_is_no_news(desk):
    desk.alarm()
    desk.alerts.close_alert("down:store")
    assert desk.told() == []


def test_what_opened_and_closed_within_a_message_is_one_message(desk):
    desk.alarm()
    desk.notify.gather()
    desk.alerts.close_alert("down:store")
    assert desk.told() == ["Crítico: 2 avisos"]


def test_a_severity_above_is_told_once_and_one_below_is_not(desk):
    told = []
    for severity in (INFO, WARNING, INFO, WARNING, CRITICAL, WARNING, CRITICAL):
        desk.alarm(severity=severity)
        told += desk.told()
    assert told == [f"{word}: down:store" for word in ("Información", "Atención", "Crítico")]


def test_an_information_is_told_once_though_it_is_closed_at_once_and_its_end_never(desk):
    desk.alarm("recovery-done:x", INFO)
    desk.alerts.close_alert("recovery-done:x")
    assert desk.told() == ["Información: recovery-done:x"]
    desk.alarm("production.advice", INFO)
    assert desk.told() == ["Información: production.advice"]
    desk.alerts.close_alert("production.advice")
    assert desk.told() == []


def test_an_information_of_yesterday_is_no_news(desk):
    desk.alarm("recovery-done:x", INFO)
    desk.alerts.close_alert("recovery-done:x")
    desk.clock.sleep((STILL_NEWS + timedelta(seconds=1)).total_seconds())
    assert desk.told() == []


def test_what_somebody_has_seen_is_not_told_but_that_it_got_worse_is(desk):
    desk.alerts.acknowledge(desk.alarm(severity=WARNING).id)
    desk.alerts.acknowledge(desk.alarm("recovery-done:x", INFO).id)
    desk.alerts.close_alert("recovery-done:x")
    assert desk.told() == []
    desk.alarm("down:disk", WARNING)
    assert desk.told() == ["Atención: down:disk"]
    desk.alerts.acknowledge(desk.alarm("down:disk", WARNING).id)
    assert desk.told() == []
    desk.alarm("down:disk", CRITICAL)
    assert desk.told() == ["Crítico: down:disk"]
    desk.alerts.close_alert("down:disk")
    assert desk.told() == ["Resuelto: down:disk"]


def test_a_storm_is_one_message(desk):
    for i in range(50):
        desk.alarm(f"down:upstream:{i}", WARNING)
    desk.alarm("down:store")
    [message] = desk.later(seconds=0) + desk.later(seconds=30)
    assert message.title == "Crítico: 51 avisos"
    assert message.severity is CRITICAL
    assert message.body.startswith("Crítico: down:store\ndown:store is wrong.\nQué hacer: Mend it.\n\nAtención: ")
    assert "y 39 más" in message.body
    assert len(message.body) < 2000
    assert desk.told() == []


def test_a_storm_that_goes_on_keeps_its_distance(desk):
    got = []
    for i in range(80):
        desk.alarm(f"cause {i}", WARNING)
        got += desk.later(seconds=3)
    assert len(got) == 1 + (240 - 10) // 60
    assert len(desk.told()) == 1


def test_every_target_is_told(desk):
    desk.people.targets = ("tgram-1", "ntfy-2")
    desk.alarm()
    desk.notify.gather()
    desk.clock.sleep(10.0)
    assert [target for target, _ in desk.round()] == ["tgram-1", "ntfy-2"]


def test_a_new_target_is_told_what_is_open_and_no_old_story(desk):
    desk.alarm("down:disk")
    desk.alarm("recovery-done:x", INFO)
    desk.alerts.close_alert("recovery-done:x")
    desk.alarm("over")
    desk.told()
    desk.alerts.close_alert("over")
    desk.told()
    desk.clock.sleep(DAY.total_seconds())
    desk.people.targets = ("tgram-1", "ntfy-2")
    desk.notify.gather()
    desk.clock.sleep(10.0)
    assert [(target, message.title) for target, message in desk.round()] == [("ntfy-2", "Crítico: down:disk")]


def test_with_nobody_to_tell_nothing_is_kept():
    desk = Desk()
    alert = desk.alarm()
    assert (desk.notify.gather(), desk.notify.pending()) == (0, False)
    assert desk.outbox.notices([f"alert:{alert.id}:opened"]) == []
    assert sum(desk.notify.deliver().values()) == 0
    desk.close()


def test_two_brains_that_look_at_once_tell_it_once(desk):
    desk.alarm()
    assert (desk.notify.gather(), desk.notify.gather()) == (1, 0)
    other = Desk("tgram-1")
    other.outbox.add(desk.outbox.notices(["alert:1:opened"]))
    other.alarm()
    assert other.notify.gather() == 0
    other.close()


def test_the_target_that_nothing_reaches_is_not_told_of_itself(desk):
    desk.people.targets = ("tgram-1", "ntfy-2")
    desk.alarm("notify-failed:tgram-1", WARNING)
    desk.notify.gather()
    desk.clock.sleep(10.0)
    assert [target for target, _ in desk.round()] == ["ntfy-2"]
    desk.alerts.close_alert("notify-failed:tgram-1")
    desk.notify.gather()
    desk.clock.sleep(60.0)
    assert [target for target, _ in desk.round()] == ["ntfy-2"]


def test_a_target_that_was_taken_away_is_no_trouble_any_more(desk):
    desk.alarm("notify-failed:tgram-1", WARNING)
    desk.alarm("notify-failed:gone-9", WARNING)
    desk.notify.gather()
    assert [a.cause for a in desk.alerts.alerts(frozenset({AlertState.OPEN}))] == ["notify-failed:tgram-1"]


def test_when_somebody_was_told_is_known(desk):
    desk.people.targets = ("tgram-1", "ntfy-2")
    desk.people.answers["tgram-1"] = AWAY
    told, untold = desk.alarm(), desk.alarm("down:disk")
    assert desk.notify.notified_at([told, untold]) == {}
    desk.notify.gather()
    desk.clock.sleep(10.0)
    desk.round()
    first = desk.clock.now()
    desk.people.answers.clear()
    desk.later(minutes=5)
    assert desk.notify.notified_at([told]) == {told.id: first}


def test_what_must_not_come_twice_is_told_once_to_each(desk):
    desk.people.targets = ("tgram-1", "ntfy-2")
    assert desk.notify.tell_once("brief:2026-12-01", "Mañana", "8 tandas") == 2
    assert desk.notify.tell_once("brief:2026-12-01", "Mañana", "9 tandas") == 0
    assert [(target, m.title, m.body) for target, m in desk.round()] == [
        ("tgram-1", "Mañana", "8 tandas"),
        ("ntfy-2", "Mañana", "8 tandas"),
    ]
    assert desk.told() == []


def test_old_notices_are_forgotten_but_of_what_is_still_open(desk):
    desk.alarm("down:disk")
    desk.alarm("over")
    desk.told()
    desk.alerts.close_alert("over")
    desk.told()
    desk.clock.sleep((30 * DAY).total_seconds())
    assert desk.notify.forget(desk.clock.now() - 20 * DAY) == 2
    assert desk.told() == []
    assert {n.state for n in desk.outbox.notices(["alert:1:opened"])} == {NoticeState.SENT}


def test_an_alert_that_is_open_for_a_year_is_told_when_it_ends(desk):
    desk.alarm("down:disk")
    desk.told()
    for i in range(5):
        desk.alarm(f"recovery-done:{i}", INFO)
        desk.alerts.close_alert(f"recovery-done:{i}")
    desk.clock.set(NOW + 365 * DAY)
    desk.alerts.close_alert("down:disk")
    assert desk.told() == ["Resuelto: down:disk"]
    desk.clock.sleep((25 * HOUR).total_seconds())
    assert desk.told() == []
