"""The cheapest contracted powers: against brute force, by hand, and where no table prices excess."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from decimal import Decimal
from itertools import combinations_with_replacement, product
from random import Random

import pytest

from chocolate_factory.billing import power as room
from chocolate_factory.billing.contract import Contract, Indexed, contracted_powers
from chocolate_factory.billing.invoice import demands_kw, make_invoice, month_window
from chocolate_factory.billing.lines import POWER, Concept
from chocolate_factory.billing.power import MonthDemand, cheapest_powers, cost_of
from chocolate_factory.billing.readings import energy_readings, price_readings
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import Period, Tariff
from chocolate_factory.domain.time import Resolution, slots

TABLES = date(2026, 1, 1)
TD20, TD30, TD61 = Tariff


def month(number: int, peaks, tariff: Tariff = TD30) -> MonthDemand:
    periods = list(Period)[: 2 if tariff is TD20 else 6]
    kw = {p: [Decimal(0), Decimal(str(peak))] for p, peak in zip(periods, peaks, strict=True)}
    return MonthDemand(date(2026, number, 1), monthrange(2026, number)[1], 365, TABLES, kw)


def brute_force(tariff: Tariff, months, meter_type: int, step: Decimal) -> Decimal:
    """The least cost of every allowed choice of powers."""
    top = max([kw for m in months for kw in m.peak_kw.values()] + [Decimal(18 if tariff is TD30 else 3)])
    grid = [step * n for n in range(1, int(-(-top // step)) + 1)]
    if tariff is TD20:
        choices = product(grid, repeat=2)
    else:
        choices = (c for c in combinations_with_replacement(grid, 6) if tariff is not TD30 or c[-1] > 15)
    powers = (dict(zip(list(Period)[:6], choice, strict=False)) for choice in choices)
    priced = (cost_of(tariff, months, meter_type, p) for p in powers if _covers(tariff, months, p))
    return min(cost.eur for cost in priced)


def _covers(tariff: Tariff, months, powers) -> bool:
    """Where excess has no price there may be none."""
    return tariff is TD30 or all(kw <= powers[p] for m in months for p, kw in m.peak_kw.items())


@pytest.mark.parametrize("seed", range(25))
def test_the_cheapest_is_the_cheapest_of_all(seed):
    random, step = Random(seed), Decimal(3)
    tariff = random.choice([TD30, TD30, TD61, TD20])
    most = 5 if tariff is TD20 else 8
    months = [
        month(n, [random.randint(0, most) * 3 for _ in range(2 if tariff is TD20 else 6)], tariff)
        for n in random.sample(range(1, 13), 3)
    ]
    found = cheapest_powers(tariff, months, 4, step)
    assert found.eur == brute_force(tariff, months, 4, step)
    in_order = list(found.contracted_kw.values())
    assert tariff is TD20 or in_order == sorted(in_order)


def test_excess_is_bought_where_it_costs_less_than_the_power():
    """P1 of 3.0TD: 20.38 EUR/kW and year against 0.17 EUR/kW and day; one month's peak is cheaper paid for."""
    months = [month(n, [100 if n > 1 else 130] * 6) for n in range(1, 13)]
    found = cheapest_powers(TD30, months, 4)
    assert found.contracted_kw[Period.P1] == 100
    by_hand = (
        Decimal(30)
        * 31
        * sum(Decimal(p) for p in ("0.171373", "0.090584", "0.028721", "0.021891", "0.006142", "0.006142"))
    )
    covered = cost_of(TD30, months, 4, dict.fromkeys(Period, Decimal(130)))
    assert 0 < found.excess_eur <= by_hand
    assert found.eur < covered.eur


def test_a_month_s_cost_is_its_invoice_s():
    """The search and the bill count alike, to the rounding of the bill's lines."""
    july, random = date(2026, 7, 1), Random(3)
    starts = list(slots(month_window(july), Resolution.QUARTER))
    load = energy_readings([(s, Decimal(random.randint(0, 45))) for s in starts], month_window(july))
    market = price_readings([(s, Decimal(50)) for s in starts], month_window(july))
    demand = MonthDemand(july, 31, 365, TABLES, demands_kw(july, TD30, load))
    powers = contracted_powers(TD30, [Decimal(n) for n in (100, 110, 120, 130, 140, 150)])
    invoice = make_invoice(july, Contract(TD30, powers, Indexed()), load, market)
    cost = cost_of(TD30, [demand], 4, powers)
    assert float(cost.power_eur) == pytest.approx(float(invoice.eur(*POWER)), abs=0.07)
    assert float(cost.excess_eur) == pytest.approx(float(invoice.eur(Concept.EXCESS_POWER)), abs=0.04)
    assert cost.excess_eur > 0


@pytest.mark.parametrize(("tariff", "meter_type"), [(TD61, 4), (TD30, 2), (TD61, 1)])
def test_without_a_table_the_powers_cover_every_peak_and_that_is_said(tariff, meter_type):
    months = [month(1, [100, 90, 80, 120, 60, 50]), month(2, [20, 95, 80, 20, 60, 130])]
    found = cheapest_powers(tariff, months, meter_type)
    assert list(found.contracted_kw.values()) == [100, 100, 100, 120, 120, 130]
    assert found.excess_eur is None


def test_types_1_to_3_by_a_table_where_there_is_one(monkeypatch):
    monkeypatch.setattr(room, "quarter_hour_excess_at", lambda _day, _tariff: dict.fromkeys(Period, Decimal("0.5")))
    months = [month(1, [3, 6, 9, 6, 3, 18]), month(2, [9, 3, 6, 9, 12, 15])]
    found = cheapest_powers(TD30, months, 2, Decimal(3))
    assert found.excess_eur is not None
    assert found.eur == brute_force(TD30, months, 2, Decimal(3))


def test_3_0_td_is_for_more_than_15_kw():
    assert cheapest_powers(TD30, [month(1, [2] * 6)], 4).contracted_kw[Period.P6] == 16
    assert cheapest_powers(TD30, [month(1, [2] * 6)], 4).contracted_kw[Period.P1] <= 2


def test_2_0_td_ends_at_15_kw_and_its_two_powers_are_free_of_each_other():
    found = cheapest_powers(TD20, [month(1, [9, 4], TD20)], 4)
    assert list(found.contracted_kw.values()) == [9, 4]
    with pytest.raises(InputError, match="ends at 15 kW"):
        cheapest_powers(TD20, [month(1, [16, 4], TD20)], 4)


def test_of_equal_costs_the_lower_powers():
    assert set(cheapest_powers(TD61, [month(1, [0] * 6)], 4).contracted_kw.values()) == {1}
