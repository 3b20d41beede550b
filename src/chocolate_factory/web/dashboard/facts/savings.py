"""What the ledger of savings and the meter say, as far as the page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plant import Contract
from chocolate_factory.domain.tariff import period
from chocolate_factory.domain.time import (
    DAY,
    HOUR,
    Interval,
    Resolution,
    floor,
    isoformat_madrid,
    madrid_date,
    madrid_day,
)
from chocolate_factory.usecases.savings.document import statement_document
from chocolate_factory.usecases.savings.meter import Meter
from chocolate_factory.web.dashboard.facts.kept import Kept
from chocolate_factory.wiring import House

#: Days that are shown one by one.
SHOWN = 14
#: A reading that is older is not the power of now.
FRESH = 2 * HOUR
QUARTERS_IN_HOUR = 4


def savings(house: House, kept: Kept, now: datetime) -> dict[str, Any]:
    """Today, this month and this year as GET /savings has them, and the last days one by one."""
    today, moment = madrid_date(now), floor(now, Resolution.FIVE_MINUTES)
    firsts = {"today": today, "month": today.replace(day=1), "year": today.replace(month=1, day=1)}

    def since(name: str, first: date, key: datetime = moment) -> dict[str, Any]:
        return kept(f"savings of {name}", key, lambda: statement_document(house.savings.statements(first, today)))

    year = since("year", firsts["year"], floor(now, Resolution.HOUR))
    return {
        "status": year["status"],
        "problem": year["baseline"]["problem"],
        "spans": [_span("today", since("today", firsts["today"])), _span("month", since("month", firsts["month"])),
                  _span("year", year)],
        "days": since("days", today - SHOWN * DAY)["days"],
    }  # fmt: skip


def _span(name: str, statement: Mapping[str, Any]) -> dict[str, Any]:
    totals = statement["totals"]
    keys = ("saving_eur", "saving_pct", "uncertainty_eur", "planned_saving_eur", "days_measured",
            "days_not_measured", "days_planned", "days_compared", "carbon_kg")  # fmt: skip
    return {"span": name, "status": statement["status"]} | {key: totals[key] for key in keys}


# ------------------------------------------------------------------------------------------------------------- meter
def metered(house: House, kept: Kept, now: datetime) -> dict[str, Any]:
    """The meter: power now where a reading is fresh, peaks of the month by period, the load since yesterday."""
    return kept("meter", floor(now, Resolution.FIVE_MINUTES), lambda: _metered(house, now))


def _metered(house: House, now: datetime) -> dict[str, Any]:
    first = min(madrid_date(now).replace(day=1), madrid_date(now) - DAY)
    read = Meter(house.store, house.filling)(Interval(madrid_day(first).start, now))
    power = {start: QUARTERS_IN_HOUR * kwh for start, kwh in read.items()}
    last = max(power, default=None)
    fresh = last is not None and now - last <= FRESH
    since, month = madrid_day(madrid_date(now) - DAY).start, madrid_day(madrid_date(now).replace(day=1)).start
    return {
        "power_kw": round(power[last], 1) if last is not None and fresh else None,
        "last_at": isoformat_madrid(last + timedelta(minutes=15)) if last is not None else None,
        "peaks_kw": peaks({s: kw for s, kw in power.items() if s >= month}, house.plant().contract),
        "load": [{"start": isoformat_madrid(s), "power_kw": round(kw, 1)} for s, kw in power.items() if s >= since],
    }


def peaks(power: Mapping[datetime, float], contract: Contract) -> dict[str, float]:
    """The highest quarter-hour of each period; none of a day that no table of periods holds for."""
    found: dict[str, float] = {}
    for start, kw in power.items():
        try:
            name = period(start, contract.tariff).value
        except InputError:
            continue
        found[name] = max(found.get(name, 0.0), round(kw, 1))
    return found
