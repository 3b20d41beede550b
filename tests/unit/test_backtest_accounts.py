"""Accounts by hand: what was billed, what the stock is worth, what is saved, what the power costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from backtest_world import MONDAY, ONE, given

from chocolate_factory.domain.plan import Batch
from chocolate_factory.domain.tariff import Period, Tariff, prices_at
from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.planning.carry import Standing
from chocolate_factory.usecases.backtest.accounts import Account, Worth, account_of, captured_pct, rest_eur, worth_by
from chocolate_factory.usecases.backtest.chain import DayRecord
from chocolate_factory.usecases.backtest.execution import Executed, Metered
from chocolate_factory.usecases.backtest.power_terms import PowerTerms, power_terms

TAXED = 1.0511269632
START = datetime(2024, 1, 1, tzinfo=UTC)


def day(
    number: int, *, eur=100.0, kwh=1000.0, peak_kw=140.0, good_kg=2000.0, tank_kg=3150.0, finished_kg=0.0, running=()
):
    left = Standing({"dark": tank_kg}, {"dark": finished_kg}, running)
    went = Executed({Period.P2: Metered(kwh, eur, peak_kw)}, good_kg, 2000.0, 0.0, 1, left)
    return DayRecord(MONDAY + number * DAY, START, START, "", went)


def account(eur: float, stock_eur: float = 0.0) -> Account:
    return Account(eur, 1000.0, 2000.0, 2000.0, 0.0, 1, stock_eur, {}, PowerTerms(0.0, 0.0))


def test_a_saving_is_against_the_baseline_and_captured_against_perfect_foresight():
    baseline, planner, clairvoyant = account(1000.0), account(920.0), account(900.0)
    assert planner.saving_eur(baseline) == 80.0
    assert planner.saving_pct(baseline) == pytest.approx(8.0)
    assert planner.eur_per_kg == pytest.approx(0.46)
    assert captured_pct(planner, clairvoyant, baseline) == pytest.approx(80.0)
    assert captured_pct(planner, account(1001.0), baseline) is None


def test_emptying_the_tanks_is_no_saving():
    worth = Worth(mass_eur_kg=0.02, finished_eur_kg=0.05)
    full, empty = (account_of(given(), [day(0, tank_kg=kg)], worth) for kg in (3150.0, 1150.0))
    assert (full.energy_eur, full.stock_eur) == (100.0, pytest.approx(0.0))
    assert empty.stock_eur == pytest.approx(-40.0)
    assert empty.cost_eur == pytest.approx(140.0)


def test_making_more_than_was_due_is_no_loss():
    more = account_of(given(), [day(0, good_kg=2500.0, finished_kg=500.0)], Worth(0.02, 0.05))
    assert more.stock_eur == pytest.approx(25.0)
    assert more.eur_per_kg == pytest.approx(75.0 / 2000.0)


def test_a_batch_in_its_conche_is_worth_the_energy_that_it_has_had():
    end = given(days=1).period.end
    done = Batch("b", "dark", "conche", "conche-1", end - 12 * HOUR, end + HOUR, 1000.0)
    filled = replace(done, start=end - 2 * HOUR, end=end + 10 * HOUR)
    whole, part = (
        account_of(given(days=1), [day(0, running=(b,))], Worth(0.02, 0.05)).stock_eur for b in (done, filled)
    )
    assert whole == pytest.approx(20.0)
    # two hours of filling at 55 kW with 8 and 10 kW of stirring, of 110 kWh and 131 kWh
    assert part == pytest.approx(20.0 * (110 + 18) / (110 + 131))


def test_stock_is_worth_what_it_costs_the_baseline_to_make():
    whole = given(days=1)
    worth = worth_by(whole, [day(0, eur=300.0, kwh=1500.0)])
    assert worth.mass_eur_kg == pytest.approx(0.2 * 0.241)
    assert worth.finished_eur_kg == pytest.approx((300.0 - rest_eur(whole)) / 2000.0)
    assert 0 < rest_eur(whole) < 300.0


def test_contracted_power_is_paid_by_the_day():
    prices = prices_at(date(2026, 1, 1), Tariff.TD30)
    yearly = sum(150.0 * (prices.toll_power[p] + prices.charge_power[p]) for p in Period)
    paid = power_terms(ONE.contract, [day(n) for n in range(10)])
    assert paid.contracted_eur == pytest.approx(yearly * 10 / 365 * TAXED)
    assert paid.excess_eur == 0.0


def test_excess_is_each_months_highest_demand_above_the_contract_by_period():
    # seven days in November and three in December
    days = [
        replace(day(n, peak_kw=peak), day=date(2023, 11, 24) + timedelta(days=n))
        for n, peak in enumerate((160, 155, *[150] * 5, 152, 140, 140))
    ]
    price = prices_at(date(2026, 1, 1), Tariff.TD30).excess[Period.P2]
    paid = power_terms(ONE.contract, days)
    assert paid.excess_eur == pytest.approx((10 * price * 7 + 2 * price * 3) * TAXED)


def test_a_meter_without_a_table_has_no_excess_but_no_guess_either():
    quarterly = replace(ONE.contract, meter_type=2)
    assert power_terms(quarterly, [day(0, peak_kw=140.0)]).excess_eur == 0.0
    assert power_terms(quarterly, [day(0, peak_kw=160.0)]).excess_eur is None
    medium = replace(ONE.contract, tariff=Tariff.TD61)
    assert power_terms(medium, [day(0, peak_kw=160.0)]).excess_eur is None
