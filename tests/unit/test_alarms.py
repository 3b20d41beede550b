"""An alarm makes its causes and its troubles, and a mistake of ours is found at once."""

from __future__ import annotations

import pytest

from chocolate_factory.domain.alarms import CATALOGUE, Alarm, Ends, Words, alarm_of, ends, jobs, parts
from chocolate_factory.domain.alarms.alarm import GROWS, LONGEST_CAUSE
from chocolate_factory.domain.alarms.data import RECOVERY_DONE
from chocolate_factory.domain.work import Severity

ALARM = Alarm("pump-hot:<pump>", GROWS, Words("It is hot.", "Cool it."), Words("Está caliente.", "Enfríela."))


def test_a_trouble_says_what_happened_and_takes_the_rest_from_its_alarm():
    trouble = ALARM.trouble("P1 has 90 °C.", "P1")
    assert (trouble.cause, trouble.severity) == ("pump-hot:P1", Severity.WARNING)
    assert (trouble.message, trouble.action) == ("P1 has 90 °C.", "Cool it.")


def test_what_is_known_of_the_case_takes_the_place_of_what_holds_in_general():
    trouble = ALARM.trouble("P1 has 130 °C.", "P1", action="Run.", severity=Severity.CRITICAL)
    assert (trouble.severity, trouble.action) == (Severity.CRITICAL, "Run.")


@pytest.mark.parametrize("mistake", [
    ALARM.about,
    lambda: ALARM.about(""),
    lambda: parts.STORE_DOWN.about("which"),
    lambda: ALARM.trouble("P1 is warm.", "P1", severity=Severity.INFO),
])  # fmt: skip
def test_a_mistake_of_ours_is_found_at_once(mistake):
    with pytest.raises(ValueError, match=r"pump-hot|down:store"):
        mistake()


def test_a_cause_fits_the_ledger_and_keeps_the_telling_end():
    long = "/srv/" + 300 * "x" + "/fullchain.pem"
    cause = ends.CERTIFICATE_ENDS.about(long)
    assert len(cause) == LONGEST_CAUSE
    assert cause.startswith("certificate-ends:…")
    assert cause.endswith("x/fullchain.pem")
    assert ends.CERTIFICATE_ENDS.about(long[-100:]) == f"certificate-ends:{long[-100:]}"


@pytest.mark.parametrize(
    ("cause", "alarm"),
    [
        ("down:store", parts.STORE_DOWN),
        ("down:store spool", parts.SPOOL_WAITS),
        ("down:upstream:ree", parts.UPSTREAM_DOWN),
        ("job-failed:ree_ingestion", jobs.JOB_FAILED),
        ("key-expires:aemet:30", ends.KEY_EXPIRES),
        ("key-expires:aemet:6", ends.KEY_EXPIRES_NOW),
        ("recovery-done:2026-11-20T10:20:00+00:00", RECOVERY_DONE),
        ("job-failed:", None),
        ("of an older version", None),
    ],
)
def test_an_alert_is_known_by_its_cause(cause, alarm):
    assert alarm_of(cause) is alarm


def test_all_are_closed_by_themselves_but_for_records():
    records = {alarm.pattern for alarm in CATALOGUE.values() if alarm.ends is Ends.AT_ONCE}
    assert records == {"recovery-done:<when>", "brain-lost:<brain>", "notify-unsure:<what>"}
