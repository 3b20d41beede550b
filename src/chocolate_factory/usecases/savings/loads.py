"""The plant's load and the prices it met, as billing reads them: measured where it was, else as planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from chocolate_factory.billing import contract as billed
from chocolate_factory.billing.invoice import month_window
from chocolate_factory.billing.lines import exact
from chocolate_factory.billing.readings import Readings
from chocolate_factory.domain import plant
from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.tariff import DEFAULT_TERMS
from chocolate_factory.domain.time import DAY, Interval, Resolution, madrid_date
from chocolate_factory.ports import SavingsLedger, TimeSeriesStore
from chocolate_factory.quality.select import best_per_slot
from chocolate_factory.usecases.savings.meter import Meter


@dataclass(frozen=True)
class Load:
    """Energy by quarter-hour.

    Attributes:
        metered, planned: how many of them were measured, and how many are a plan's; the others are unknown.
    """

    readings: Readings
    metered: int
    planned: int

    @property
    def origin(self) -> str:
        """``metered``, ``planned``, ``metered and planned`` or ``nothing``."""
        words = [word for word, count in (("metered", self.metered), ("planned", self.planned)) if count]
        return " and ".join(words) or "nothing"


@dataclass(frozen=True)
class Loads:
    """The deed, with its ports."""

    store: TimeSeriesStore
    ledger: SavingsLedger
    filling: frozenset[Kind]

    def __call__(self, window: Interval) -> Load:
        """What is known of a window."""
        meter = Meter(self.store, self.filling)
        metered, planned = meter(window), self._planned(window)
        kwh = {**planned, **metered}
        finest = Resolution.HOUR if not metered or meter.is_hourly(window) else Resolution.QUARTER
        readings = Readings({start: exact(round(e, 6)) for start, e in sorted(kwh.items())}, finest)
        return Load(readings, len(metered), len(planned.keys() - metered.keys()))

    def market(self, series: str, window: Interval) -> Readings:
        """Prices of a series, EUR/MWh; an hour's stands for its four quarters."""
        found: dict[datetime, Decimal] = {}
        for o in best_per_slot(self.store.read(Query(series, window, kinds=self.filling))):
            end = spec_of(series).end(o.start)
            count = max(1, (end - o.start) // Resolution.QUARTER.span)
            found |= {o.start + i * Resolution.QUARTER.span: exact(o.value) for i in range(count)}
        return Readings(found, Resolution.QUARTER)

    def _planned(self, window: Interval) -> dict[datetime, float]:
        """What the plans of the ledger's days have, slot by slot."""
        last = madrid_date(window.end - timedelta(microseconds=1))
        courses = (day.course for day in self.ledger.days(madrid_date(window.start), last) if day.course is not None)
        quarters: dict[datetime, float] = {}
        for course in courses:
            quarters |= course.quarters(course.planned_kwh)
        return {start: kwh for start, kwh in quarters.items() if start in window}


def contract_of(contract: plant.Contract) -> billed.Contract:
    """The plant's contract as billing has it: indexed to spot, on the plant's own fee."""
    terms = replace(DEFAULT_TERMS, supplier_fee_eur_mwh=contract.supplier_fee_eur_mwh)
    powers = {period: exact(kw) for period, kw in contract.contracted_kw.items()}
    return billed.Contract(contract.tariff, powers, billed.Indexed(terms), contract.meter_type)


def months_of(quarters: Mapping[datetime, object]) -> list[date]:
    """The Madrid months that a load touches, by their first days, in order."""
    return sorted({madrid_date(start).replace(day=1) for start in quarters})


def whole_months_before(day: date, count: int) -> list[date]:
    """So many months that are over on a day, in order."""
    months: list[date] = []
    month = day.replace(day=1)
    for _ in range(count):
        month = (month - DAY).replace(day=1)
        months.append(month)
    return months[::-1]


def span_of(months: list[date]) -> Interval:
    """From the first of these months to the end of the last."""
    return Interval(month_window(months[0]).start, month_window(months[-1]).end)
