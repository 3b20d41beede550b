"""What people read, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import at

from chocolate_factory.domain.notice import Message, Notice
from chocolate_factory.domain.work import Alert, AlertState, Severity
from chocolate_factory.usecases.notice_words import BRIEF, SHOWN, closed, one_message, opened, trial_message

OPENED_AT, CLOSED_AT = at("2026-10-25T01:59"), at("2026-10-25T03:30")
ALERT = Alert(
    7, "down:disk", Severity.CRITICAL, AlertState.OPEN, "disk: 0.3 GiB left", "Free space.", OPENED_AT, OPENED_AT
)


def notice(number: int, severity: Severity = Severity.WARNING, body: str = "wrong\nrest") -> Notice:
    return Notice(f"alert:{number}:opened", "t", OPENED_AT, severity, f"cause {number}", body, OPENED_AT)


def test_an_open_alert_tells_what_to_do_and_since_when():
    assert opened(ALERT, "es") == (
        "Crítico: down:disk",
        "disk: 0.3 GiB left\nQué hacer: Free space.\nDesde el 25/10/2026 01:59 (hora de Madrid)",
    )
    assert opened(replace(ALERT, severity=Severity.INFO), "en") == (
        "Information: down:disk",
        "disk: 0.3 GiB left\nWhat to do: Free space.\nSince 2026-10-25 01:59 (Madrid time)",
    )


def test_a_closed_one_tells_how_long_it_was():
    ended = replace(ALERT, state=AlertState.CLOSED, closed_at=CLOSED_AT)
    assert closed(ended, "es") == (
        "Resuelto: down:disk",
        "disk: 0.3 GiB left\nDel 25/10/2026 01:59 al 25/10/2026 03:30 (hora de Madrid)",
    )
    assert closed(ended, "en")[0] == "Closed: down:disk"


def test_a_title_is_one_line():
    assert opened(replace(ALERT, cause="a\nb\r\n c"), "en")[0] == "Critical: a b c"


def test_one_notice_is_its_own_message():
    assert one_message([notice(1)], "es") == Message("cause 1", "wrong\nrest", Severity.WARNING)


def test_several_are_one_message_the_gravest_first():
    several = [notice(1, Severity.INFO), notice(2), notice(3, Severity.CRITICAL)]
    assert one_message(several, "en") == Message(
        "Critical: 3 alerts", "cause 3\nwrong\nrest\n\ncause 2\nwrong\nrest\n\ncause 1\nwrong\nrest", Severity.CRITICAL
    )


@pytest.mark.parametrize("count", [SHOWN, SHOWN + 1, 500])
def test_a_message_stays_short_however_many_there_are(count):
    body = one_message([notice(i, body="x" * 5000) for i in range(count)], "en").body
    assert body.count("cause ") == min(count, SHOWN)
    assert (f"{count - SHOWN} more" in body) == (count > SHOWN)
    assert max(map(len, body.splitlines())) == BRIEF
    assert len(body) < SHOWN * (2 * BRIEF + 30) + 100


def test_the_trial_says_that_it_is_one():
    assert trial_message(OPENED_AT, "en").title == "Test: Chocolate Factory"
    assert "25/10/2026 01:59" in trial_message(OPENED_AT, "es").body
