"""billing/excess.py: both kinds of meter, and what has no table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from chocolate_factory.billing import tables
from chocolate_factory.billing.contract import Contract, contracted_powers
from chocolate_factory.billing.excess import excess_lines, maximum_demand_excess, root_of_squares_kw
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import Period, Tariff, power_period, prices_at

D = Decimal
DAY = date(2026, 7, 1)
P1, P2, P3, P6 = Period.P1, Period.P2, Period.P3, Period.P6


def lines_of(demands, tariff=Tariff.TD30, kw="100,100,100,100,100,120", meter_type=4, days=31):
    powers = contracted_powers(tariff, [D(p) for p in kw.split(",")])
    demands = {period: [D(x) for x in found] for period, found in demands.items()}
    return excess_lines(Contract(tariff, powers, meter_type=meter_type), demands, prices_at(DAY, tariff), DAY, days)


def test_types_4_and_5_pay_the_maximum_above_each_periods_own_contract():
    for meter_type in (4, 5):
        found = lines_of({P1: ["101", "112.5", "90"], P2: ["100"], P6: ["130"]}, meter_type=meter_type)
        # 12.5 x 0.171373 x 31 = 66.40704; P2 not above; P6 10 x 0.006142 x 31 = 1.90402
        assert [(x.period, x.quantity, x.eur) for x in found] == [(P1, D("12.5"), D("66.41")), (P6, D(10), D("1.90"))]


def test_the_days_billed_count():
    # 10 x 0.171373 x 28 = 47.98444
    assert maximum_demand_excess(D(110), D(100), D("0.171373"), 28) == D("47.98444")
    assert maximum_demand_excess(D(100), D(100), D("0.171373"), 28) == 0


def test_the_root_of_squares_counts_every_quarter_hour_above():
    # sqrt(3^2 + 4^2 + 12^2) = 13; what lies below does not count against it
    assert root_of_squares_kw([D(103), D(104), D(112), D(50), D(100)], D(100)) == 13
    assert root_of_squares_kw([], D(100)) == 0


@pytest.mark.parametrize("meter_type", [1, 2, 3])
def test_types_1_to_3_stop_because_no_table_is_there(meter_type):
    with pytest.raises(InputError, match=r"no table of excess prices for 3\.0TD and meters of types 1 to 3") as stopped:
        lines_of({P1: ["10"]}, meter_type=meter_type)
    assert "excess_types_1_3" in str(stopped.value)


def test_types_1_to_3_are_billed_as_soon_as_a_table_is_there(monkeypatch):
    prices = {p: D("2.5") for p in Period}
    table = {"valid_from": "2026-01-01", "valid_to": None, "tariffs": {"3.0TD": prices}}
    monkeypatch.setattr(tables, "_files", lambda kind: [table] if kind == "excess_types_1_3" else [])
    found = lines_of({P1: ["103", "104"], P2: ["99"]}, meter_type=3)
    # 2.5 EUR/kW x sqrt(3^2 + 4^2) kW; the days do not count
    assert [(x.period, x.eur) for x in found] == [(P1, D("12.50"))]
    with pytest.raises(InputError, match="no table"):
        lines_of({}, tariff=Tariff.TD61, meter_type=3)


@pytest.mark.parametrize(("tariff", "kw"), [(Tariff.TD61, "100,100,100,100,100,100"), (Tariff.TD20, "10,10")])
def test_a_tariff_without_excess_prices_stops_only_when_power_was_exceeded(tariff, kw):
    assert lines_of({P1: ["10"]}, tariff, kw) == []
    with pytest.raises(InputError, match=rf"no table of excess prices for {tariff}.*P1 reached 100\.5 kW"):
        lines_of({P1: ["100.5"]}, tariff, kw)


def test_power_periods_of_2_0td_join_p1_and_p2():
    assert [power_period(p, Tariff.TD20) for p in (P1, P2, P3)] == [P1, P1, P2]
    assert [power_period(p, Tariff.TD30) for p in Period] == list(Period)
