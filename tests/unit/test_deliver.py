"""How notices reach people: one policy of trying again, alarms at least once, briefings at most once."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from notify_world import AWAY, BROKE, NOW, Desk

from chocolate_factory.domain.notice import GIVE_UP_AFTER, LONGEST_PAUSE, NoticeState, pause_after
from chocolate_factory.domain.time import HOUR
from chocolate_factory.domain.work import Alert, AlertState, Severity
from chocolate_factory.usecases import deliver
from chocolate_factory.usecases.notify import SETTLE

OPENED = "alert:1:opened"


@pytest.fixture
def desk():
    desk = Desk("tgram-1", "ntfy-2")
    yield desk
    desk.close()


def alone(desk: Desk) -> Desk:
    desk.people.targets = ("tgram-1",)
    return desk


def open_alerts(desk: Desk) -> dict[str, Alert]:
    return {a.cause: a for a in desk.alerts.alerts(frozenset({AlertState.OPEN}))}


def tries(desk: Desk) -> list[timedelta]:
    """When each try of the first alarm was, until it is given up; a second before, none is due."""
    found: list[timedelta] = []
    while (notice := desk.outbox.notices([OPENED])[0]).state is NoticeState.WAITING:
        desk.clock.set(notice.next_try_at - timedelta(seconds=1))
        assert not desk.notify.pending()
        desk.clock.sleep(1.0)
        desk.notify.deliver()
        found.append(desk.clock.now() - NOW)
    return found


# ---------------------------------------------------------------------- the policy
def test_pauses_double_up_to_an_hour():
    minutes = [pause_after(n) / timedelta(minutes=1) for n in range(1, 10)]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert pause_after(10_000) == LONGEST_PAUSE


def test_it_is_tried_for_a_day_and_then_given_up(desk):
    alone(desk).people.answers["tgram-1"] = AWAY
    desk.alarm()
    desk.notify.gather()
    moments = tries(desk)
    assert moments[0] == SETTLE
    assert [b - a for a, b in pairwise(moments)][:8] == [timedelta(minutes=m) for m in (1, 2, 4, 8, 16, 32, 60, 60)]
    assert GIVE_UP_AFTER - HOUR < moments[-1] <= GIVE_UP_AFTER
    [notice] = desk.outbox.notices([OPENED])
    assert (notice.state, notice.error) == (NoticeState.GIVEN_UP, AWAY.why)


def test_what_waited_for_days_is_tried_once_more(desk):
    alone(desk).alarm()
    desk.notify.gather()
    desk.clock.sleep(1e6)
    assert desk.told() == ["Crítico: down:store"]


def test_a_target_that_comes_back_gets_it_once(desk):
    alone(desk).people.answers["tgram-1"] = AWAY
    desk.alarm()
    assert desk.told(minutes=20) == []
    desk.people.answers.clear()
    assert desk.told(minutes=40) == ["Crítico: down:store"]
    assert desk.told(minutes=200) == []


def test_a_target_that_comes_back_gets_all_that_waited_in_one_message(desk):
    alone(desk).people.answers["tgram-1"] = AWAY
    for i in range(4):
        desk.alarm(f"cause {i}")
        desk.told(minutes=10)
    desk.people.answers.clear()
    assert desk.told(minutes=40) == ["Crítico: 4 avisos"]


def test_one_target_that_is_away_keeps_nothing_from_another(desk):
    desk.people.answers["tgram-1"] = AWAY
    desk.alarm()
    desk.told()
    desk.alerts.close_alert("down:store")
    desk.told()
    assert [(target, message.title) for target, message in desk.people.arrived] == [
        ("ntfy-2", "Crítico: down:store"),
        ("ntfy-2", "Resuelto: down:store"),
    ]


def test_what_was_done_is_counted(desk):
    desk.people.answers["tgram-1"] = AWAY
    desk.alarm("one")
    desk.alarm("two")
    desk.notify.gather()
    desk.clock.sleep(10.0)
    assert desk.notify.deliver() == {"messages": 1, "sent": 2, "failed": 2, "given_up": 0, "unsure": 0}
    assert desk.notify.deliver() == {"messages": 0, "sent": 0, "failed": 0, "given_up": 0, "unsure": 0}


def test_no_try_begins_that_could_outlive_the_process(desk, monkeypatch):
    alone(desk)
    for i in range(3):
        desk.notify.tell_once(f"brief:{i}", f"{i}", "")
    monkeypatch.setattr(desk.people, "send", slow(desk, deliver.BEGIN_S / 2 + 1))
    desk.notify.deliver()
    assert [message.title for _, message in desk.people.arrived] == ["0", "1"]
    desk.notify.deliver()
    assert [message.title for _, message in desk.people.arrived] == ["0", "1", "2"]


def slow(desk, seconds):
    send = desk.people.send

    def sends(target, message):
        desk.clock.sleep(seconds)
        return send(target, message)

    return sends


# ---------------------------------------------------------------------- kills
def killed_while_sending(desk: Desk) -> None:
    """A child claimed what is due, sent it perhaps, and did not live to say so."""
    assert desk.outbox.claim("tgram-1", desk.clock.now(), 0.0)


def test_an_alarm_whose_sending_was_cut_off_is_sent_again(desk):
    alone(desk).alarm()
    desk.notify.gather()
    desk.clock.sleep(10.0)
    killed_while_sending(desk)
    assert desk.told() == ["Crítico: down:store"]


def test_a_briefing_whose_sending_was_cut_off_is_not_repeated_and_told_as_unsure(desk):
    alone(desk).notify.tell_once("brief:1", "Mañana", "8 tandas")
    killed_while_sending(desk)
    assert desk.notify.pending()
    assert desk.notify.deliver()["unsure"] == 1
    assert desk.people.arrived == []
    [record] = desk.alerts.alerts()
    assert (record.cause, record.severity, record.state) == (
        "notify-unsure:brief:1:tgram-1", Severity.INFO, AlertState.CLOSED,
    )  # fmt: skip
    assert "“Mañana” may not have arrived at tgram-1: sending was cut off." in record.message
    assert desk.told() == ["Información: notify-unsure:brief:1:tgram-1"]
    assert desk.told(minutes=120) == []


# ---------------------------------------------------------------------- at most once
def test_a_briefing_that_may_have_arrived_is_not_repeated(desk):
    alone(desk).people.answers["tgram-1"] = BROKE
    desk.notify.tell_once("brief:1", "Mañana", "8 tandas")
    assert desk.notify.deliver()["unsure"] == 1
    desk.people.answers.clear()
    assert desk.told(minutes=120) == ["Información: notify-unsure:brief:1:tgram-1"]
    [notice] = desk.outbox.notices(["brief:1"])
    assert (notice.state, notice.error) == (NoticeState.UNSURE, BROKE.why)


def test_a_briefing_that_surely_did_not_arrive_is_tried_again(desk):
    alone(desk).people.answers["tgram-1"] = AWAY
    desk.notify.tell_once("brief:1", "Mañana", "8 tandas")
    assert desk.notify.deliver()["failed"] == 1
    desk.people.answers.clear()
    assert desk.told() == ["Mañana"]


def test_an_alarm_that_may_have_arrived_is_sent_again(desk):
    alone(desk).people.answers["tgram-1"] = BROKE
    desk.alarm()
    assert desk.told(minutes=1) == []
    desk.people.answers.clear()
    assert desk.told() == ["Crítico: down:store"]


def test_a_briefing_is_no_part_of_a_storm(desk):
    alone(desk).alarm("one")
    desk.alarm("two")
    desk.notify.gather()
    desk.notify.tell_once("brief:1", "Mañana", "8 tandas")
    desk.clock.sleep(10.0)
    assert sorted(message.title for _, message in desk.round()) == ["Crítico: 2 avisos", "Mañana"]


# ---------------------------------------------------------------------- what nothing reaches
def test_a_target_that_nothing_reaches_is_told_to_the_others_and_closed_when_something_does(desk):
    desk.people.answers["tgram-1"] = AWAY
    desk.alarm()
    desk.told(minutes=45)
    assert "notify-failed:tgram-1" not in open_alerts(desk)
    assert "Atención: notify-failed:tgram-1" in desk.told(minutes=60)
    alert = open_alerts(desk)["notify-failed:tgram-1"]
    assert alert.severity is Severity.WARNING
    assert "Nothing reaches tgram-1 since 2026-11-30T21:00:00+01:00: it cannot be reached." in alert.message
    desk.people.answers.clear()
    desk.told(minutes=65)
    assert open_alerts(desk).keys() == {"down:store"}
    assert [m.title for target, m in desk.people.arrived if target == "tgram-1"] == ["Crítico: down:store"]
    assert [m.title for target, m in desk.people.arrived if target == "ntfy-2"] == [
        "Crítico: down:store", "Atención: notify-failed:tgram-1", "Resuelto: notify-failed:tgram-1",
    ]  # fmt: skip


def test_what_is_given_up_makes_it_grave(desk):
    desk.people.answers["tgram-1"] = AWAY
    desk.alarm()
    desk.notify.gather()
    tries(desk)
    alert = open_alerts(desk)["notify-failed:tgram-1"]
    assert alert.severity is Severity.CRITICAL
    assert alert.message.endswith("1 notices were given up.")
    assert "alerts test" in alert.action


def test_where_an_opening_is_given_up_its_end_is_no_news(desk):
    alone(desk).people.answers["tgram-1"] = AWAY
    desk.alarm()
    desk.alarm("down:disk")
    desk.told(minutes=23 * 60)
    desk.alerts.close_alert("down:store")
    desk.told(minutes=70)
    states = {n.key: n.state for n in desk.outbox.notices([OPENED, "alert:1:closed", "alert:2:opened"])}
    assert set(states.values()) == {NoticeState.GIVEN_UP}
    desk.people.answers.clear()
    desk.alerts.close_alert("down:disk")
    assert desk.told(minutes=120) == []
