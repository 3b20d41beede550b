"""``/alerts``: what is open first, however old; by state, since when; and whether somebody was told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from web_house import NOON, client_of, real_house

from chocolate_factory.domain.notice import NoticeState
from chocolate_factory.domain.work import Severity

HOUR = timedelta(hours=1)


@pytest.fixture
def house(tmp_path, monkeypatch):
    """An old alert that is open, one that is seen, and thirty that are over."""
    house = real_house(tmp_path, monkeypatch, NOTIFY_URLS="json://127.0.0.1:9/hunter2")
    house.alerts.raise_alert("down:disk", Severity.CRITICAL, "disk: 0.1 GiB left", "Free space.")
    seen, _ = house.alerts.raise_alert("down:store", Severity.CRITICAL, "store: locked", "Run doctor.")
    house.alerts.acknowledge(seen.id)
    for i in range(30):
        house.clock.moment = NOON + (i + 1) * HOUR
        house.alerts.raise_alert(f"recovery-done:{i}", Severity.INFO, "Recovery done.", "Nothing to do.")
        house.alerts.close_alert(f"recovery-done:{i}")
    return house


@pytest.fixture
def client(house):
    with client_of(house) as client:
        yield client


def causes(client, **asked) -> list[str]:
    return [alert["cause"] for alert in client.get("/alerts", params=asked).json()["alerts"]]


def test_what_is_open_comes_first_however_old_and_however_little_is_asked_for(client):
    assert len(causes(client)) == 32
    assert causes(client, limit=3) == ["down:store", "down:disk", "recovery-done:29"]
    assert causes(client, limit=1) == ["down:store"]


def test_by_state(client):
    assert causes(client, state="open") == ["down:disk"]
    assert causes(client, state=["open", "acknowledged"]) == ["down:store", "down:disk"]
    assert causes(client, state="closed", limit=2) == ["recovery-done:29", "recovery-done:28"]


def test_since_a_moment(client):
    assert causes(client, since=(NOON + 29 * HOUR).isoformat()) == ["recovery-done:29", "recovery-done:28"]
    assert causes(client, since="2026-06-18T19:00") == []
    assert causes(client, since="2026-06-18", state="open") == []


@pytest.mark.parametrize("asked", [{"state": "loud"}, {"limit": 0}, {"limit": 1001}, {"since": "often"}])
def test_what_cannot_be_asked_for_is_named(client, asked):
    answer = client.get("/alerts", params=asked)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(next(iter(asked)))


def test_when_somebody_was_told_stands_with_the_alert(client, house):
    assert notified(client) == [None]
    house.notify.gather()
    outbox, sent_at = house.notify._outbox, NOON + 31 * HOUR
    claimed = outbox.claim(house.notify.targets[0], sent_at, 60.0)
    assert [n.key for n in claimed if "critical" in n.severity] == ["alert:1:opened"], "the other one was seen before"
    outbox.settle(replace(n, state=NoticeState.SENT, sent_at=sent_at) for n in claimed)
    assert notified(client) == ["2026-06-18T19:10:00+02:00"]
    assert client.post("/alerts/1/acknowledge").json()["notified_at"] == "2026-06-18T19:10:00+02:00"
    assert client.get("/dashboard/complete").json()["alerts"][-1]["notified_at"] is not None


def notified(client) -> list[str | None]:
    return [alert["notified_at"] for alert in client.get("/alerts", params={"state": "open"}).json()["alerts"]]
