"""Alerts raised by what is wrong, and closed by who looked and found nothing."""

from __future__ import annotations

import pytest
from fakes import Plant, at

from chocolate_factory.domain.alarms.data import RECOVERY_DONE
from chocolate_factory.domain.alarms.jobs import JOB_FAILED, JOB_HUNG
from chocolate_factory.domain.work import AlertState
from chocolate_factory.usecases.tell import Look, keep_to, tell

A, B = JOB_FAILED.trouble("a failed", "a"), JOB_FAILED.trouble("b failed", "b")


@pytest.fixture
def alerts():
    plant = Plant(at("2026-11-20T10:20"))
    yield plant.alerts
    plant.close()


def alive(alerts) -> dict[str, int]:
    return {a.cause: a.times for a in alerts.alerts() if a.state is not AlertState.CLOSED}


def test_a_trouble_is_an_alert_opened_once_and_counted(alerts):
    assert [tell(alerts, A)[1] for _ in range(3)] == [True, False, False]
    assert alive(alerts) == {"job-failed:a": 3}


def test_a_record_is_closed_at_once_and_stays_to_be_read(alerts):
    tell(alerts, RECOVERY_DONE.trouble("Recovery done.", "today"))
    [alert] = alerts.alerts()
    assert (alert.state, alert.message) == (AlertState.CLOSED, "Recovery done.")


def test_what_was_looked_for_and_not_found_is_over(alerts):
    keep_to(alerts, [Look((JOB_FAILED,), (A, B))])
    keep_to(alerts, [Look((JOB_FAILED,), (B,))])
    assert alive(alerts) == {"job-failed:b": 2}


def test_what_was_acknowledged_is_closed_too(alerts):
    alert, _ = tell(alerts, A)
    alerts.acknowledge(alert.id)
    keep_to(alerts, [Look((JOB_FAILED,))])
    assert alive(alerts) == {}


def test_what_nobody_looked_for_or_could_say_anything_of_stands(alerts):
    tell(alerts, A)
    keep_to(alerts, [Look((JOB_HUNG,))])
    keep_to(alerts, [Look()])
    keep_to(alerts, [Look((JOB_FAILED,), (), (A.cause,))])
    assert alive(alerts) == {"job-failed:a": 1}


def test_what_one_look_finds_another_that_looks_for_the_same_does_not_close(alerts):
    keep_to(alerts, [Look((JOB_FAILED,)), Look((JOB_FAILED,), (A,))])
    assert alive(alerts) == {"job-failed:a": 1}


def test_more_alerts_than_a_page_holds_are_closed_all(alerts):
    many = tuple(JOB_FAILED.trouble("failed", f"job {n}") for n in range(150))
    keep_to(alerts, [Look((JOB_FAILED,), many)])
    assert len(alive(alerts)) > 90
    keep_to(alerts, [Look((JOB_FAILED,))])
    assert alerts.alerts(frozenset({AlertState.OPEN}), limit=1000) == []
