"""What a day cost by hand: prices, readings, holes, uncertainty, sums."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from chocolate_factory.billing.day_account import (
    figures_of,
    status_of,
    summed,
    uncertainty_of,
    uncertainty_of_all,
)
from chocolate_factory.domain.carbon import system_g_kwh
from chocolate_factory.domain.savings import Course, DayStatus, Figures, SavedDay
from chocolate_factory.domain.time import Resolution, madrid_day, slots

DAY = date(2026, 10, 26)
QUARTERS = list(slots(madrid_day(DAY), Resolution.QUARTER))
HOURS = tuple(QUARTERS[::4])
PRICE = dict.fromkeys(QUARTERS, 0.10) | dict.fromkeys(QUARTERS[48:], 0.20)  # twice as dear from noon on
AFTER = QUARTERS[-1] + timedelta(minutes=15)
#: 20 kWh an hour all day; the baseline has 40 after noon and 30 the hour after midnight less.
COURSE = Course(HOURS, 60, (20.0,) * 24, (20.0,) * 12 + (40.0,) * 12, {"dark": 800.0, "milk": 200.0})
METERED = dict.fromkeys(QUARTERS, 5.0)


def day(figures: Figures, **other) -> SavedDay:
    status = status_of(figures)
    uncertainty = uncertainty_of(figures, prices_final=True) if status is DayStatus.MEASURED else None
    return SavedDay(DAY, 1, status, figures, uncertainty=uncertainty, prices_final=True, **other)


def test_a_whole_day_by_hand():
    f = figures_of(QUARTERS, COURSE, PRICE, METERED)
    assert (f.slots, f.metered_slots, f.coverage, f.kg) == (96, 96, 1.0, 1000.0)
    assert f.planned_kwh == f.measured_kwh == pytest.approx(480)
    assert f.planned_eur == f.measured_eur == pytest.approx(12 * 20 * 0.10 + 12 * 20 * 0.20)
    assert f.baseline_eur == pytest.approx(12 * 20 * 0.10 + 12 * 40 * 0.20)
    assert day(f).saving_eur == pytest.approx(48.0)


def test_what_the_baseline_takes_after_midnight_counts_at_its_own_price():
    tail = replace(COURSE, starts=(*HOURS, AFTER), baseline_kwh=(*COURSE.baseline_kwh, -30.0))
    price = PRICE | {AFTER + timedelta(minutes=15 * i): 0.5 for i in range(4)}
    whole, cut = (figures_of(QUARTERS, course, price, METERED) for course in (tail, COURSE))
    assert whole.baseline_eur == pytest.approx(cut.baseline_eur - 30 * 0.5)
    assert whole.planned_kwh == cut.planned_kwh
    with pytest.raises(KeyError):
        figures_of(QUARTERS, tail, PRICE, METERED)


def test_holes_are_filled_by_the_plan_and_counted_whole_as_uncertain():
    f = figures_of(QUARTERS, COURSE, PRICE, dict.fromkeys(QUARTERS[4:], 6.0))
    assert (f.metered_slots, f.filled_kwh, f.filled_eur) == (92, pytest.approx(20.0), pytest.approx(2.0))
    assert f.measured_kwh == pytest.approx(92 * 6 + 20)
    assert status_of(f) is DayStatus.MEASURED
    parts = uncertainty_of(f, prices_final=True)
    assert parts.missing_eur == pytest.approx(2.0)
    assert parts.meter_eur == pytest.approx(0.01 * f.metered_eur)
    assert parts.model_eur == pytest.approx((6 / 5 - 1) * f.baseline_eur)
    assert parts.eur == pytest.approx(
        (parts.missing_eur**2 + parts.meter_eur**2 + parts.prices_eur**2 + parts.model_eur**2) ** 0.5
    )


def test_prices_that_may_be_revised_are_less_sure():
    f = figures_of(QUARTERS, COURSE, PRICE, METERED)
    final, provisional = (uncertainty_of(f, prices_final=is_final) for is_final in (True, False))
    assert final.prices_eur == pytest.approx(0.0139 * 240)
    assert provisional.prices_eur == pytest.approx(final.prices_eur + 0.05 * 48)


@pytest.mark.parametrize(
    ("there", "status"), [(87, DayStatus.MEASURED), (86, DayStatus.NOT_MEASURED), (0, DayStatus.NOT_MEASURED)]
)
def test_a_tenth_may_be_missing(there, status):
    assert status_of(figures_of(QUARTERS, COURSE, PRICE, dict.fromkeys(QUARTERS[:there], 5.0))) is status


def test_without_a_plan_only_what_was_metered_is_known():
    f = figures_of(QUARTERS, None, PRICE, METERED)
    assert (f.has_plan, f.has_baseline, f.planned_eur, f.filled_kwh) == (False, False, 0.0, 0.0)
    assert (day(f).saving_eur, day(f).planned_saving_eur) == (None, None)
    assert f.metered_eur == pytest.approx(72.0)


def test_without_a_baseline_there_is_nothing_to_compare():
    f = figures_of(QUARTERS, replace(COURSE, baseline_kwh=None), PRICE, METERED)
    assert f.has_plan
    assert (day(f).saving_eur, day(f).planned_saving_eur) == (None, None)


def test_days_add_up_and_days_that_compare_nothing_stay_out_of_the_uncertainty():
    f = figures_of(QUARTERS, COURSE, PRICE, dict.fromkeys(QUARTERS[4:], 6.0))
    days = [day(f), day(f), day(figures_of(QUARTERS, COURSE, PRICE, {}))]
    assert summed(days[:2]).baseline_eur == pytest.approx(2 * f.baseline_eur)
    assert summed(days).slots == 3 * 96
    one, two = uncertainty_of(f, prices_final=True), uncertainty_of_all(days)
    assert two.model_eur == pytest.approx(2 * one.model_eur), "a model is off in one direction"
    assert two.missing_eur == pytest.approx(2**0.5 * one.missing_eur), "slots are missed by chance"
    assert uncertainty_of_all([]).eur == 0


def test_carbon_of_a_day_by_hand():
    assert system_g_kwh({"wind": 500.0, "coal": 100.0, "combined_cycle": 300.0, "diesel": 100.0}) == pytest.approx(
        0.1 * 971 + 0.3 * 398 + 0.1 * 881
    )
    assert system_g_kwh({"wind": 1.0, "pumped_hydro": -5.0}) == 0.0
    assert system_g_kwh({}) is None
    assert system_g_kwh({"coal": 0.0}) is None
