"""Keys: checked, warned of in time, and no alert that is not true any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import Plant, at

from chocolate_factory.domain.time import DAY
from chocolate_factory.domain.work import KeyState, KeyStatus, Severity
from chocolate_factory.usecases.keys import Keys

NOW = at("2026-11-20T03:00")


class Upstream:
    """Knows one key."""

    def __init__(self, status: KeyStatus) -> None:
        self.status = status
        self.asked: list[bool] = []

    def key_status(self, *, check: bool, patience: float = 10.0) -> KeyStatus:
        self.asked.append(check)
        return self.status


@pytest.fixture
def plant():
    plant = Plant(NOW)
    plant.aemet = Upstream(
        KeyStatus("aemet", KeyState.VALID, expires_at=NOW + 90 * DAY, link="https://example.org/key")
    )
    plant.owm = Upstream(KeyStatus("openweathermap", KeyState.NOT_SET))
    plant.keys = Keys({"aemet": plant.aemet, "openweathermap": plant.owm}, plant.alerts, plant.clock)
    yield plant
    plant.close()


def test_status_asks_nobody_unless_told_to(plant):
    plant.keys.status("aemet")
    plant.keys.status("aemet", check=True)
    assert plant.aemet.asked == [False, True]


def test_a_valid_key_and_none_at_all_are_no_alert(plant):
    assert [k.upstream for k in plant.keys.check_all()] == ["aemet", "openweathermap"]
    assert plant.aemet.asked == plant.owm.asked == [True]
    assert plant.alive() == []


@pytest.mark.parametrize(
    ("left", "cause"),
    [
        (30 * DAY + timedelta(hours=1), None),
        (30 * DAY, "key-expires:aemet:30"),
        (6 * DAY + timedelta(hours=1), "key-expires:aemet:30"),
        (6 * DAY, "key-expires:aemet:6"),
        (timedelta(hours=3), "key-expires:aemet:6"),
    ],
)
def test_it_warns_thirty_and_six_days_before_the_end(plant, left, cause):
    plant.aemet.status = replace(plant.aemet.status, expires_at=NOW + left)
    plant.keys.check_all()
    assert plant.causes() == ({cause} if cause else set())


def test_the_nearer_warning_is_louder_takes_the_place_and_links_to_the_page(plant):
    plant.aemet.status = replace(plant.aemet.status, expires_at=NOW + 31 * DAY)
    told = []
    for _ in range(32):
        plant.keys.check_all()
        told.append([(a.cause, a.severity) for a in plant.alive()])
        plant.clock.sleep(DAY.total_seconds())
    assert told[0] == []
    assert told[1:25] == [[("key-expires:aemet:30", Severity.WARNING)]] * 24
    assert told[25:] == [[("key-expires:aemet:6", Severity.CRITICAL)]] * 7
    assert "https://example.org/key" in plant.alive()[0].action


def test_a_replaced_key_closes_every_alert(plant):
    for state, left in ((KeyState.VALID, 5 * DAY), (KeyState.EXPIRED, -DAY)):
        plant.aemet.status = replace(plant.aemet.status, status=state, expires_at=NOW + left)
        plant.keys.check_all()
        assert len(plant.alive()) == 1
    plant.aemet.status = replace(plant.aemet.status, status=KeyState.VALID, expires_at=NOW + 90 * DAY)
    plant.keys.check_all()
    assert plant.alive() == []


@pytest.mark.parametrize("state", [KeyState.REFUSED, KeyState.EXPIRED])
def test_a_key_that_does_not_work_is_critical_and_says_what_to_do(plant, state):
    plant.aemet.status = replace(plant.aemet.status, status=state, detail="it refuses the key (401)")
    plant.keys.check_all()
    (alert,) = plant.alive()
    assert (alert.cause, alert.severity) == ("key-refused:aemet", Severity.CRITICAL)
    assert state.value in alert.message
    assert "401" in alert.message
    assert ".env" in alert.action
    assert "https://example.org/key" in alert.action


def test_the_warning_gives_way_when_the_key_has_ended(plant):
    plant.aemet.status = replace(plant.aemet.status, expires_at=NOW + 2 * DAY)
    plant.keys.check_all()
    plant.aemet.status = replace(plant.aemet.status, status=KeyState.EXPIRED, expires_at=NOW - DAY)
    plant.keys.check_all()
    assert plant.causes() == {"key-refused:aemet"}


def test_what_could_not_be_checked_closes_nothing(plant):
    plant.aemet.status = replace(plant.aemet.status, status=KeyState.REFUSED)
    plant.keys.check_all()
    plant.aemet.status = replace(plant.aemet.status, status=KeyState.UNCHECKED, detail="it could not be checked")
    plant.keys.check_all()
    assert plant.causes() == {"key-refused:aemet"}
    plant.aemet.status = replace(plant.aemet.status, status=KeyState.VALID)
    plant.keys.check_all()
    assert plant.causes() == set()


def test_a_key_without_an_end_is_never_warned_of(plant):
    plant.aemet.status = replace(plant.aemet.status, expires_at=None)
    plant.keys.check_all()
    assert plant.alive() == []
