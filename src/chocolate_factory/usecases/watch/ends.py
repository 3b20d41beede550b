"""What ends on a day, told in time: tables and calendars of the tariff, the crew's days off, certificates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from chocolate_factory.domain.alarms import Trouble
from chocolate_factory.domain.alarms.ends import CALENDAR_ENDS, CERTIFICATE_ENDS, CERTIFICATE_UNREADABLE
from chocolate_factory.domain.crew import Crew
from chocolate_factory.domain.tariff import Tariff, covered_until, prices_at
from chocolate_factory.domain.time import DAY, isoformat_madrid
from chocolate_factory.domain.work import Certificate, Check, Severity
from chocolate_factory.usecases.tell import Look
from chocolate_factory.usecases.watch.parts import DEGRADED, OK

#: What ends within this is told.
WARN_BEFORE: Final = timedelta(days=30)
#: And loudly within this.
NEAR: Final = timedelta(days=6)
#: Without these there is no all-in price; without those no period.
TABLES: Final = ("prices", "taxes")
CALENDARS: Final = ("calendar", "periods")


def tables_check(tariff: Tariff, today: date) -> Check:
    """Tolls, charges and taxes change by decree: the tables in force must reach a month ahead."""
    until = _first_end(TABLES, today)
    prices = prices_at(today, tariff)
    if prices is not None and (until is None or until >= today + WARN_BEFORE):
        return Check("tariff tables", OK, f"{tariff}: in force since {prices.valid_from}")
    if until is None or until < today:
        detail = f"{tariff}: none holds today; the new decree's file is needed"
        return Check("tariff tables", DEGRADED, detail, severity=Severity.CRITICAL)
    return Check("tariff tables", DEGRADED, f"{tariff}: the last one ends on {until}; the new decree's file is needed")


def look_at_ends(crew: Crew, certificates: Sequence[Certificate], now: datetime, today: date) -> Look:
    """Calendars and certificates that end soon, and certificates of which nobody can say when."""
    found = (*_calendars(crew, today), *(t for c in certificates for t in _of_certificate(c, now)))
    return Look((CALENDAR_ENDS, CERTIFICATE_ENDS, CERTIFICATE_UNREADABLE), found)


def _calendars(crew: Crew, today: date) -> Iterator[Trouble]:
    tariff = _first_end(CALENDARS, today)
    if tariff is not None and tariff < today + WARN_BEFORE:
        yield CALENDAR_ENDS.trouble(f"The tariff's calendar of periods and holidays ends on {tariff}.", "tariff")
    listed = crew.listed_until
    if listed is not None and listed < today + WARN_BEFORE:
        yield CALENDAR_ENDS.trouble(f"The single days off in the plant's file end with {listed.year}.", "crew")


def _of_certificate(certificate: Certificate, now: datetime) -> Iterator[Trouble]:
    if certificate.ends_at is None:
        message = f"No end of a certificate is known of {certificate.path}: {certificate.problem}."
        yield CERTIFICATE_UNREADABLE.trouble(message, certificate.path)
    elif (left := certificate.ends_at - now) <= WARN_BEFORE:
        ends = "ended" if left <= timedelta(0) else "ends"
        when = f"{isoformat_madrid(certificate.ends_at)} ({left / DAY:.0f} days)"
        severity = Severity.CRITICAL if left <= NEAR else Severity.WARNING
        message = f"The certificate {certificate.path} of {certificate.subject} {ends} on {when}."
        yield CERTIFICATE_ENDS.trouble(message, certificate.path, severity=severity)


def _first_end(kinds: Sequence[str], today: date) -> date | None:
    """The last day that all of them hold; None where none of them ends."""
    ends = (covered_until(kind, today) for kind in kinds)
    return min((end for end in ends if end is not None), default=None)
