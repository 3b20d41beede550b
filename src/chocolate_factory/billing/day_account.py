"""What a day cost: as planned, as the baseline would have, and as measured; and how far that may be off.

Each kWh costs the all-in price of its quarter-hour. Uncertainty is a half-width, EUR, meant to hold in 19 cases of 20:

    missing   what the plan has in slots without a reading: they may have taken nothing, or twice as much
    meter     1 % of what was measured: class B of EN 50470, which types 4 and 5 must keep
    prices    1.4 cents for each kWh that the two differ by: adjustments are a mean of a year, months went from 16.7 to
              39.0 EUR/MWh; and 5 % of the saving while prices may still be revised
    model     the baseline's cost by the share that the plan's energy was off in the measured slots

The last one is the largest as a rule: where the model of the plant is wrong, so is the baseline, and nothing of what is
claimed is better than the model was on that very day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import hypot
from typing import Final

from chocolate_factory.domain.savings import Course, DayStatus, Figures, SavedDay, Uncertainty

#: A day of which less was measured is not measured.
ENOUGH: Final = 0.9
METER_SHARE: Final = 0.01
#: Half the range of a month's adjustments, 11.15 EUR/MWh, with losses, municipal levy and electricity tax.
TERMS_EUR_KWH: Final = 0.0139
PROVISIONAL_SHARE: Final = 0.05

ByQuarter = Mapping[datetime, float]


def figures_of(today: Iterable[datetime], course: Course | None, price: ByQuarter, metered: ByQuarter) -> Figures:
    """A day's sums.

    Args:
        today: the start of each quarter-hour of the day.
        price: EUR/kWh of each of these, and of those that the course has after them.
        metered: kWh; a quarter-hour that is not there was not measured.

    Raises:
        KeyError: a price is missing.
    """
    quarters = list(today)
    planned = course.quarters(course.planned_kwh) if course else {}
    rule = course.quarters(course.baseline_kwh) if course and course.baseline_kwh is not None else {}
    there = [q for q in quarters if q in metered]
    missing = [q for q in quarters if q not in metered and q in planned]
    return Figures(
        slots=len(quarters),
        metered_slots=len(there),
        metered_kwh=sum(metered[q] for q in there),
        metered_eur=sum(metered[q] * price[q] for q in there),
        planned_there_kwh=sum(planned.get(q, 0.0) for q in there),
        filled_kwh=sum(planned[q] for q in missing),
        filled_eur=sum(planned[q] * price[q] for q in missing),
        planned_kwh=sum(planned.values()),
        planned_eur=sum(kwh * price[q] for q, kwh in planned.items()),
        baseline_kwh=sum(rule.values()),
        baseline_eur=sum(kwh * price[q] for q, kwh in rule.items()),
        kg=sum(course.good_kg.values()) if course else 0.0,
        has_plan=course is not None,
        has_baseline=bool(rule),
    )


def status_of(figures: Figures) -> DayStatus:
    """Of a day that is over."""
    return DayStatus.MEASURED if figures.coverage >= ENOUGH else DayStatus.NOT_MEASURED


def uncertainty_of(figures: Figures, *, prices_final: bool) -> Uncertainty:
    """Of the saving of a measured day."""
    off = figures.metered_kwh / figures.planned_there_kwh - 1 if figures.planned_there_kwh else 0.0
    saving = figures.baseline_eur - figures.measured_eur
    apart_kwh = abs(figures.baseline_kwh - figures.measured_kwh)
    return Uncertainty(
        missing_eur=abs(figures.filled_eur),
        meter_eur=METER_SHARE * abs(figures.metered_eur),
        prices_eur=TERMS_EUR_KWH * apart_kwh + (0.0 if prices_final else PROVISIONAL_SHARE * abs(saving)),
        model_eur=abs(off * figures.baseline_eur),
    )


# --------------------------------------------------------------------------------------------------------- several days
def compared(days: Iterable[SavedDay]) -> list[SavedDay]:
    """Those that a saving can be claimed for."""
    return [day for day in days if day.saving_eur is not None]


def summed(days: Iterable[SavedDay]) -> Figures:
    """Their figures added up."""
    return sum((day.figures for day in days), Figures(0))


def uncertainty_of_all(days: Iterable[SavedDay]) -> Uncertainty:
    """Of the sum of measured days.

    A meter, a price's terms and a model are off in one direction on all of them; slots that were missed are not.
    """
    measured = [(day, day.uncertainty) for day in compared(days) if day.uncertainty is not None]
    whole = uncertainty_of(summed(day for day, _ in measured), prices_final=True)
    missing = hypot(*(of.missing_eur for _, of in measured))
    return Uncertainty(missing, whole.meter_eur, sum(of.prices_eur for _, of in measured), whole.model_eur)
