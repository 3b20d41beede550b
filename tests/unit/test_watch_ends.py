"""What ends on a day is told in time: tables, calendars, certificates."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from watch_world import NOW, Watched, at

from chocolate_factory.adapters.plant_file import default_text
from chocolate_factory.domain import tariff
from chocolate_factory.domain.tariff import covered_until
from chocolate_factory.domain.time import DAY
from chocolate_factory.domain.work import Certificate, Check, Severity
from chocolate_factory.usecases.watch import DEGRADED, OK

FILE = "/etc/tls/fullchain.pem"


@pytest.fixture
def plant(tmp_path):
    plant = Watched(tmp_path)
    yield plant
    plant.close()


# ---------------------------------------------------------------------- tables
def tables(plant) -> Check:
    return next(c for c in plant.watch.checks() if c.name == "tariff tables")


def test_a_table_of_tolls_that_ends_within_a_month_is_told(plant):
    plant.clock.set(at("2026-12-01T12:00"))
    assert tables(plant).status == OK
    assert plant.look() == set()
    plant.clock.set(at("2026-12-02T12:00"))
    assert tables(plant).status == DEGRADED
    assert "ends on 2026-12-31" in tables(plant).detail
    assert plant.look() == {"down:tariff tables"}
    assert plant.told("down:tariff tables").severity is Severity.WARNING


def test_once_none_holds_it_is_louder_and_still_one_alert(plant):
    plant.clock.set(at("2026-12-31T12:00"))
    plant.look()
    plant.clock.set(at("2027-01-01T12:00"))
    assert "none holds today" in tables(plant).detail
    plant.look()
    alert = plant.told("down:tariff tables")
    assert (alert.severity, alert.times) == (Severity.CRITICAL, 2)


@pytest.fixture
def decrees(monkeypatch):
    """The dated files of ``domain/data``, by kind, as the test wants them."""
    files = {kind: list(tariff._files(kind)) for kind in ("prices", "taxes", "calendar", "periods")}
    monkeypatch.setattr(tariff, "_files", lambda kind: files[kind])
    return files


def decree(first: str, last: str | None) -> dict:
    return {"valid_from": first, "valid_to": last}


def test_the_new_years_files_close_it_when_both_are_there(plant, decrees):
    plant.clock.set(at("2026-12-20T12:00"))
    assert plant.look() == {"down:tariff tables"}
    decrees["prices"].insert(0, decree("2027-01-01", "2027-12-31"))
    assert plant.look() == {"down:tariff tables"}, "taxes end too"
    decrees["taxes"].insert(0, decree("2027-01-01", None))
    assert plant.look() == set()


@pytest.mark.parametrize(
    ("files", "until"),
    [
        ([decree("2026-01-01", "2026-12-31")], date(2026, 12, 31)),
        ([decree("2027-01-01", "2027-03-31"), decree("2026-01-01", "2026-12-31")], date(2027, 3, 31)),
        ([decree("2027-01-02", None), decree("2026-01-01", "2026-12-31")], date(2026, 12, 31)),  # a day without
        ([decree("2027-01-01", None), decree("2026-01-01", "2026-12-31")], None),
        ([decree("2021-06-01", None)], None),
        ([decree("2021-06-01", "2025-12-31")], date(2026, 11, 19)),
        ([], date(2026, 11, 19)),
    ],
)
def test_how_long_the_tables_of_a_kind_hold_without_a_break(decrees, files, until):
    decrees["periods"] = files
    assert covered_until("periods", date(2026, 11, 20)) == until


# ---------------------------------------------------------------------- calendars
@pytest.mark.parametrize("kind", ["calendar", "periods"])
def test_a_calendar_of_the_tariff_that_ends_is_told(plant, decrees, kind):
    assert plant.look() == set()
    decrees[kind] = [decree("2021-06-01", "2026-12-19")]
    assert plant.look() == {"calendar-ends:tariff"}
    decrees[kind] = [decree("2021-06-01", "2026-12-20")]
    assert plant.look() == set()


def list_days_off(file: Path, *days: str) -> None:
    """The packaged plant with single days off, changed as by a person."""
    file.write_text(default_text().replace("  holidays: []", f"  holidays: [{', '.join(days)}]"))
    stamp = file.stat().st_mtime_ns + len(days)  # a person takes longer than a file system's clock
    os.utime(file, ns=(stamp, stamp))


@pytest.mark.parametrize(
    ("days", "clock", "told"),
    [
        ((), "2026-12-31", False),  # yearly ones alone never end
        (("2026-04-03", "2026-08-25"), "2026-12-01", False),
        (("2026-04-03", "2026-08-25"), "2026-12-02", True),
        (("2026-04-03", "2027-03-26"), "2026-12-02", False),
        (("2024-03-29",), "2026-12-02", True),
    ],
)
def test_the_crews_calendar_ends_with_the_last_year_that_is_listed(tmp_path, days, clock, told):
    file = tmp_path / "plant.yaml"
    list_days_off(file, *days)
    plant = Watched(tmp_path, at(f"{clock}T12:00"), file)
    assert plant.look("calendar-ends") == ({"calendar-ends:crew"} if told else set())
    if told:
        assert f"end with {days[-1][:4]}" in plant.told("calendar-ends:crew").message
        list_days_off(file, *days, "2027-04-09")
        assert plant.look("calendar-ends") == set()
    plant.close()


# ---------------------------------------------------------------------- certificates
@pytest.mark.parametrize(
    ("left", "severity"),
    [
        (30 * DAY + timedelta(seconds=1), None),
        (30 * DAY, Severity.WARNING),
        (6 * DAY + timedelta(seconds=1), Severity.WARNING),
        (6 * DAY, Severity.CRITICAL),
        (-DAY, Severity.CRITICAL),
    ],
)
def test_a_certificate_is_told_thirty_days_before_its_end_and_louder_six(plant, left, severity):
    plant.certificates = [Certificate(FILE, "CN=plant", NOW + left)]
    plant.look()
    assert [alert.severity for alert in plant.alive()] == ([severity] if severity else [])
    if severity:
        alert = plant.told(f"certificate-ends:{FILE}")
        assert ("ended on" if left < timedelta(0) else "ends on") in alert.message
        assert "CN=plant" in alert.message
    plant.certificates = [Certificate(FILE, "CN=plant", NOW + 90 * DAY)]
    assert plant.look() == set()


def test_a_certificate_that_cannot_be_read_is_told_until_it_can_or_is_asked_for_no_more(plant):
    for after in ([Certificate(FILE, "CN=plant", NOW + 90 * DAY)], []):
        plant.certificates = [Certificate(FILE, problem="it cannot be read (No such file or directory)")]
        assert plant.look() == {f"certificate-unreadable:{FILE}"}
        assert "No such file or directory" in plant.told(f"certificate-unreadable:{FILE}").message
        plant.certificates = after
        assert plant.look() == set()
