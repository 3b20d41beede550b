"""billing/: invoices computed by hand, line by line, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from chocolate_factory.billing import tables
from chocolate_factory.billing.contract import Contract, Fixed, Indexed, Pvpc, contracted_powers
from chocolate_factory.billing.invoice import HOURLY_LOAD, SPREAD_LOAD, make_invoice, month_window
from chocolate_factory.billing.lines import Concept, cents
from chocolate_factory.billing.marginal import marginal_eur_kwh, quarter_prices, taxed_terms
from chocolate_factory.billing.readings import Readings, energy_readings, price_readings
from chocolate_factory.billing.tables import taxes_at, tolls_at
from chocolate_factory.domain import tariff as domain_tariff
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import DEFAULT_TERMS, Period, Tariff, energy_eur_kwh, prices_at
from chocolate_factory.domain.time import MADRID, Interval, Resolution, madrid_day, slots

FACTS = Path(__file__).resolve().parents[3] / "shared" / "facts"
D = Decimal
JULY = date(2026, 7, 1)
P1, P2, P3, P6 = Period.P1, Period.P2, Period.P3, Period.P6


def signed(tariff=Tariff.TD30, kw="150,150,150,150,150,150", supply=None, meter_type=4) -> Contract:
    powers = contracted_powers(tariff, [D(p) for p in kw.split(",")])
    return Contract(tariff, powers, supply or Indexed(), meter_type)


def flat(month: date, value: str, resolution: Resolution = Resolution.QUARTER) -> list[tuple[datetime, Decimal]]:
    return [(start, D(value)) for start in slots(month_window(month), resolution)]


def load_of(month: date, kwh: str, resolution: Resolution = Resolution.QUARTER) -> Readings:
    return energy_readings(flat(month, kwh, resolution), month_window(month))


def price_of(month: date, eur_mwh: str, resolution: Resolution = Resolution.QUARTER) -> Readings:
    return price_readings(flat(month, eur_mwh, resolution), month_window(month))


# --------------------------------------------------------------------------------------- a month of 3.0TD by hand
# July 2026 begins on a Wednesday: 23 working days, 8 days of weekends, no holiday.
#   P1 23 x 9 h = 207 h, P2 23 x 7 h = 161 h, P6 23 x 8 h + 8 x 24 h = 376 h; together 744 h.
# 10 kWh a quarter-hour is 40 kW: P1 8280 kWh, P2 6440 kWh, P6 15040 kWh. Spot 50 EUR/MWh throughout.
BY_HAND_3_0TD = {
    # spot x kWh
    (Concept.MARKET, P1): "414.00",
    (Concept.MARKET, P2): "322.00",
    (Concept.MARKET, P6): "752.00",
    # 0.0263 x kWh = 217.764, 169.372, 395.552
    (Concept.ADJUSTMENTS, P1): "217.76",
    (Concept.ADJUSTMENTS, P2): "169.37",
    (Concept.ADJUSTMENTS, P6): "395.55",
    # 0.00026 x kWh = 2.1528, 1.6744, 3.9104
    (Concept.CAPACITY, P1): "2.15",
    (Concept.CAPACITY, P2): "1.67",
    (Concept.CAPACITY, P6): "3.91",
    # 0.07656 x kWh = 633.9168, 493.0464, 1151.4624; x 0.166, 0.175, 0.180 = 105.2302, 86.2831, 207.2632
    (Concept.LOSSES, P1): "105.23",
    (Concept.LOSSES, P2): "86.28",
    (Concept.LOSSES, P6): "207.26",
    # 0.00266 x kWh = 22.0248, 17.1304, 40.0064
    (Concept.EFFICIENCY_FUND, P1): "22.02",
    (Concept.EFFICIENCY_FUND, P2): "17.13",
    (Concept.EFFICIENCY_FUND, P6): "40.01",
    # 0.008 x kWh
    (Concept.SUPPLIER_FEE, P1): "66.24",
    (Concept.SUPPLIER_FEE, P2): "51.52",
    (Concept.SUPPLIER_FEE, P6): "120.32",
    # sums of the six above 827.40, 647.97, 1519.05; x 0.015 = 12.411, 9.71955, 22.78575
    (Concept.MUNICIPAL_LEVY, P1): "12.41",
    (Concept.MUNICIPAL_LEVY, P2): "9.72",
    (Concept.MUNICIPAL_LEVY, P6): "22.79",
    # 8280 x 0.027511 = 227.79108; 6440 x 0.012376 = 79.70144; 15040 x 0.000031 = 0.46624
    (Concept.TOLL_ENERGY, P1): "227.79",
    (Concept.TOLL_ENERGY, P2): "79.70",
    (Concept.TOLL_ENERGY, P6): "0.47",
    # 8280 x 0.035841 = 296.76348; 6440 x 0.026538 = 170.90472; 15040 x 0.002867 = 43.11968
    (Concept.CHARGE_ENERGY, P1): "296.76",
    (Concept.CHARGE_ENERGY, P2): "170.90",
    (Concept.CHARGE_ENERGY, P6): "43.12",
    # 150 kW x 31 days / 365 = 12.739726; x 14.935084, 7.894323, 2.502996, 1.907795, 0.535313 (twice)
    #   = 190.26888, 100.57151, 31.88748, 24.30478, 6.81974
    (Concept.TOLL_POWER, P1): "190.27",
    (Concept.TOLL_POWER, P2): "100.57",
    (Concept.TOLL_POWER, P3): "31.89",
    (Concept.TOLL_POWER, Period.P4): "24.30",
    (Concept.TOLL_POWER, Period.P5): "6.82",
    (Concept.TOLL_POWER, P6): "6.82",
    # the same x 5.441843, 2.723298, 1.978538 (three times), 0.906974 = 69.32759, 34.69407, 25.20603, 11.55460
    (Concept.CHARGE_POWER, P1): "69.33",
    (Concept.CHARGE_POWER, P2): "34.69",
    (Concept.CHARGE_POWER, P3): "25.21",
    (Concept.CHARGE_POWER, Period.P4): "25.21",
    (Concept.CHARGE_POWER, Period.P5): "25.21",
    (Concept.CHARGE_POWER, P6): "11.55",
    # energy 3858.08 + power 551.87 = 4409.95; x 0.0511269632 = 225.46735 (the floor is 29.76 MWh x 0.5 = 14.88)
    (Concept.ELECTRICITY_TAX, None): "225.47",
    # 4409.95 + 225.47 = 4635.42; x 0.21 = 973.4382
    (Concept.VAT, None): "973.44",
}


def test_an_indexed_month_of_3_0td_equals_the_one_by_hand_line_by_line():
    invoice = make_invoice(JULY, signed(), load_of(JULY, "10"), price_of(JULY, "50"))
    assert {(line.concept, line.period): line.eur for line in invoice.lines} == {
        key: D(eur) for key, eur in BY_HAND_3_0TD.items()
    }
    assert len(invoice.lines) == len(BY_HAND_3_0TD)
    # P1 827.40 + 12.41 + 227.79 + 296.76 = 1364.36; P2 647.97 + 9.72 + 79.70 + 170.90 = 908.29;
    # P6 1519.05 + 22.79 + 0.47 + 43.12 = 1585.43
    assert invoice.energy_eur == D("3858.08")
    assert invoice.power_eur == D("551.87")
    assert invoice.without_vat_eur == D("4635.42")
    assert invoice.total_eur == D("5608.86")
    assert invoice.energy_kwh == 29760
    assert invoice.coverage.share == 1
    assert invoice.notes == ()


def test_power_above_the_contract_adds_its_days_and_its_taxes():
    load = load_of(JULY, "10")
    noon = datetime(2026, 7, 8, 12, 15, tzinfo=MADRID).astimezone(UTC)  # Wednesday, P1
    load.by_quarter[noon] = D(40)  # 160 kW
    invoice = make_invoice(JULY, signed(), load, price_of(JULY, "50"))
    # (160 - 150) kW x 0.171373 EUR/kW and day x 31 days = 53.12563
    assert invoice.eur(Concept.EXCESS_POWER) == D("53.13")
    assert invoice.peak_kw == {P1: 160, P2: 40, P3: None, Period.P4: None, Period.P5: None, P6: 40}
    # P1 has 30 kWh more, 8310: market 415.50, adjustments 218.553, capacity 2.1606, losses 636.2136 x 0.166 =
    # 105.61146, fund 22.1046, fee 66.48: 830.40 rounded by line; levy 12.456; toll 228.61641; charge 297.83871:
    # 415.50 + 218.55 + 2.16 + 105.61 + 22.10 + 66.48 + 12.46 + 228.62 + 297.84 = 1369.32, 4.96 more
    assert invoice.energy_eur == D("3863.04")
    # 3863.04 + 551.87 + 53.13 = 4468.04; x 0.0511269632 = 228.43732
    assert invoice.eur(Concept.ELECTRICITY_TAX) == D("228.44")
    # 4696.48 x 1.21: VAT 986.2608
    assert invoice.total_eur == D("5682.74")


# ----------------------------------------------------------------------------------- the other tariffs and ways to buy
def test_a_month_of_6_1td_at_a_negative_price_by_hand():
    # February 2026: 20 working days, 8 of weekends; 28 days of 365. P1 180 h, P2 140 h, P6 352 h; 4 kWh a quarter
    # = 16 kW. P1 2880 kWh: market -28.80; adjustments 75.744; capacity 0.7488; losses (-28.80 + 75.744 + 0.7488) x
    # 0.067 = 3.19542; fund 7.6608; fee 23.04: 81.59 rounded by line; levy 1.22385; toll 2880 x 0.026785 = 77.1408;
    # charge 2880 x 0.019489 = 56.12832
    month = date(2026, 2, 1)
    invoice = make_invoice(month, signed(Tariff.TD61), load_of(month, "4"), price_of(month, "-10"))
    in_p1 = {line.concept: line.eur for line in invoice.lines if line.period is P1}
    assert in_p1 == {
        Concept.MARKET: D("-28.80"),
        Concept.ADJUSTMENTS: D("75.74"),
        Concept.CAPACITY: D("0.75"),
        Concept.LOSSES: D("3.20"),
        Concept.EFFICIENCY_FUND: D("7.66"),
        Concept.SUPPLIER_FEE: D("23.04"),
        Concept.MUNICIPAL_LEVY: D("1.22"),
        Concept.TOLL_ENERGY: D("77.14"),
        Concept.CHARGE_ENERGY: D("56.13"),
        Concept.TOLL_POWER: D("275.55"),  # 150 x 28 / 365 x 23.946498 = 275.54874
        Concept.CHARGE_POWER: D("65.00"),  # x 5.648870 = 65.00070
    }


def test_pvpc_with_two_powers_by_hand():
    # March 2026 has 743 h: 22 working days, 9 of weekends (the 29th has 23 h). 2.0TD: P1 22 x 8 = 176 h, P2 the
    # same, P3 22 x 8 + 9 x 24 - 1 = 391 h. 1 kWh a quarter-hour: 704, 704, 1564 kWh at 100 EUR/MWh.
    month = date(2026, 3, 1)
    invoice = make_invoice(
        month, signed(Tariff.TD20, "9.2,9.2", Pvpc()), load_of(month, "1"), price_of(month, "100", Resolution.HOUR)
    )
    assert invoice.coverage.expected == 2972
    assert [(x.period, x.quantity, x.eur) for x in invoice.lines if x.concept is Concept.PVPC_ENERGY] == [
        (P1, 704, D("70.40")),
        (P2, 704, D("70.40")),
        (P3, 1564, D("156.40")),
    ]
    # 9.2 kW x 31 / 365 = 0.78136986; x 23.324952 = 18.22541, x 4.379461 = 3.42198; x 0.443770 = 0.34675,
    # x 0.281653 = 0.22007
    assert invoice.power_eur == D("18.23") + D("3.42") + D("0.35") + D("0.22")
    # 297.20 + 22.22 = 319.42; x 0.0511269632 = 16.33097
    assert invoice.eur(Concept.ELECTRICITY_TAX) == D("16.33")
    # 335.75 x 0.21 = 70.5075
    assert invoice.total_eur == D("406.26")
    assert invoice.peak_kw == {P1: 4, P2: 4}


def test_a_fixed_price_and_the_floor_of_the_electricity_tax_by_hand():
    # October 2026 has 745 h: 21 working days (the 12th is a holiday); its periods are P4, P5, P6.
    # 60 kWh a quarter-hour = 240 kW; at 0.001 EUR/kWh the tax by value is small beside 0.5 EUR/MWh.
    month = date(2026, 10, 1)
    contract = signed(kw="240,240,240,240,240,240", supply=Fixed(D("0.001")))
    invoice = make_invoice(month, contract, load_of(month, "60"))
    assert invoice.energy_kwh == 745 * 240  # 178800 kWh
    # P4 21 x 9 h = 189 h, P5 21 x 7 h = 147 h, P6 409 h: 45360, 35280, 98160 kWh
    assert invoice.energy_eur == D("45.36") + D("35.28") + D("98.16")
    # power: 240 x 31 / 365 = 20.3835616; tolls 304.43021, 160.91442, 51.01998, 38.88766, 10.91159 twice;
    # charges 110.92414, 55.51051, 40.32965 three times, 18.48736
    tolls = D("304.43") + D("160.91") + D("51.02") + D("38.89") + D("10.91") + D("10.91")
    charges = D("110.92") + D("55.51") + D("40.33") * 3 + D("18.49")
    assert invoice.power_eur == tolls + charges
    # (178.80 + 882.98) x 0.0511269632 = 54.28559; the floor is 178.8 MWh x 0.5 = 89.40
    assert invoice.eur(Concept.ELECTRICITY_TAX) == D("89.40")
    assert [x.unit for x in invoice.lines if x.concept is Concept.ELECTRICITY_TAX] == ["kWh"]
    # (1061.78 + 89.40) x 1.21 = 1392.9278
    assert invoice.total_eur == D("1392.93")


def test_hourly_load_counts_in_four_equal_parts_and_says_so():
    hourly = make_invoice(JULY, signed(), load_of(JULY, "40", Resolution.HOUR), price_of(JULY, "50"))
    quarters = make_invoice(JULY, signed(), load_of(JULY, "10"), price_of(JULY, "50", Resolution.HOUR))
    assert hourly.lines == quarters.lines
    assert hourly.notes == (HOURLY_LOAD, SPREAD_LOAD)
    assert quarters.notes == ()


# ------------------------------------------------------------------------------------------------ what is not there
@pytest.mark.parametrize("month", [date(2025, 12, 1), date(2027, 1, 1)])
def test_a_month_without_a_table_is_refused(month):
    with pytest.raises(InputError, match="there is no table of tolls and charges") as refused:
        make_invoice(month, signed(), load_of(month, "1"), price_of(month, "1"))
    assert refused.value.value == f"{month:%Y-%m}"


def test_a_day_without_a_table_of_taxes_is_refused():
    with pytest.raises(InputError, match="no table of taxes"):
        taxes_at(date(2025, 12, 31))


def test_a_month_whose_table_changes_within_it_is_refused(monkeypatch):
    (table,) = tables._files("taxes")
    before = table | {"valid_to": "2026-07-15"}
    after = table | {"valid_from": "2026-07-16", "vat": D("0.10")}
    monkeypatch.setattr(tables, "_files", lambda kind: [after, before])
    with pytest.raises(InputError, match="its tables change within it"):
        make_invoice(JULY, signed(), load_of(JULY, "1"), price_of(JULY, "1"))
    assert make_invoice(date(2026, 8, 1), signed(), *_flat_month(date(2026, 8, 1))).lines[-1].rate == D("0.10")
    assert make_invoice(date(2026, 6, 1), signed(), *_flat_month(date(2026, 6, 1))).lines[-1].rate == D("0.21")


def _flat_month(month: date) -> tuple[Readings, Readings]:
    return load_of(month, "1"), price_of(month, "1")


def test_a_missing_quarter_hour_refuses_the_month_unless_partial_is_asked_for():
    load, market = _flat_month(JULY)
    first, second = list(load.by_quarter)[:2]
    del load.by_quarter[first], market.by_quarter[first], market.by_quarter[second]
    with pytest.raises(
        InputError,
        match=r"2974 of 2976 quarter-hours.*1 lack a load, 2 a price, the first at 2026-07-01T00:00:00\+02:00",
    ):
        make_invoice(JULY, signed(), load, market)
    invoice = make_invoice(JULY, signed(), load, market, partial=True)
    assert invoice.energy_kwh == 2974
    assert invoice.coverage.share == 2974 / 2976
    assert "2974 of 2976" in invoice.notes[0]
    assert invoice.power_eur == D("551.87")  # the whole month's


def test_a_peak_counts_though_its_price_is_missing():
    load, market = _flat_month(JULY)
    noon = datetime(2026, 7, 8, 12, 15, tzinfo=MADRID).astimezone(UTC)
    load.by_quarter[noon] = D(40)
    del market.by_quarter[noon]
    invoice = make_invoice(JULY, signed(), load, market, partial=True)
    assert invoice.peak_kw[P1] == 160
    assert invoice.eur(Concept.EXCESS_POWER) == D("53.13")  # as above: 10 kW over


def test_nothing_at_all_is_refused_even_as_partial():
    empty = energy_readings([], month_window(JULY))
    with pytest.raises(InputError, match="0 of 2976"):
        make_invoice(JULY, signed(), empty, price_of(JULY, "1"), partial=True)


def test_a_contract_that_follows_the_market_needs_its_prices():
    with pytest.raises(InputError, match="give its prices"):
        make_invoice(JULY, signed(), load_of(JULY, "1"))


# -------------------------------------------------------------------------------------------------------- contracts
@pytest.mark.parametrize(
    ("tariff", "kw", "supply", "meter_type", "sentence"),
    [
        (Tariff.TD30, "150,150", None, 4, "6 powers"),
        (Tariff.TD20, "9,9,9", None, 4, "2 powers"),
        (Tariff.TD30, "150,140,150,150,150,150", None, 4, "must not decrease"),
        (Tariff.TD30, "0,150,150,150,150,150", None, 4, "more than 0"),
        (Tariff.TD30, "NaN,150,150,150,150,150", None, 4, "more than 0"),
        (Tariff.TD20, "9,15.1", None, 4, "ends at 15 kW"),
        (Tariff.TD20, "9,10.1", Pvpc(), 4, "ends at 10 kW"),
        (Tariff.TD30, "9,9,9,9,9,9", Pvpc(), 4, "2.0TD alone"),
        (Tariff.TD30, "150,150,150,150,150,150", None, 6, "1 to 5"),
    ],
)
def test_a_contract_that_cannot_exist_is_refused(tariff, kw, supply, meter_type, sentence):
    with pytest.raises(InputError, match=sentence):
        signed(tariff, kw, supply, meter_type)


@pytest.mark.parametrize("price", ["NaN", "-0.01", "150"])
def test_a_fixed_price_is_in_eur_per_kwh(price):
    with pytest.raises(InputError, match="EUR/kWh"):
        Fixed(D(price))


def test_2_0td_may_have_less_at_night():
    assert signed(Tariff.TD20, "9.2,3.3").contracted_kw == {P1: D("9.2"), P2: D("3.3")}


# --------------------------------------------------------------------------------------------------------- readings
def test_rows_of_other_months_are_left_out_and_days_of_23_and_25_hours_are_whole():
    for month, expected in ((date(2026, 3, 1), 2972), (date(2026, 10, 1), 2980)):
        wide = Interval(month_window(month).start - timedelta(days=3), month_window(month).end + timedelta(days=3))
        rows = [(start, D(4)) for start in slots(wide, Resolution.HOUR)]
        readings = energy_readings(rows, month_window(month))
        assert len(readings.by_quarter) == expected
        assert set(readings.by_quarter.values()) == {D(1)}


def test_quarter_hours_with_gaps_are_never_taken_for_hours():
    rows = [row for row in flat(JULY, "1") if row[0].minute == 0 or row[0].day != 3]
    readings = energy_readings(rows, month_window(JULY))
    assert readings.resolution is Resolution.QUARTER
    assert len(readings.by_quarter) == 2976 - 72


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([(datetime(2026, 7, 3, 1, 7, tzinfo=UTC), D(1))], "begins once"),
        ([(datetime(2026, 7, 3, 1, tzinfo=UTC), D(1))] * 2, "begins once"),
        ([(datetime(2026, 7, 3, 1, tzinfo=UTC), D(-1))], "a number from 0"),
        ([(datetime(2026, 7, 3, 1, tzinfo=UTC), D("NaN"))], "a number from 0"),
        ([(datetime(2026, 7, 3, 1, tzinfo=UTC), D("1e7"))], "a number from 0"),
    ],
)
def test_readings_that_cannot_be_are_refused(rows, sentence):
    with pytest.raises(InputError, match=sentence):
        energy_readings(rows, month_window(JULY))


# --------------------------------------------------------------------------------------------------------- marginal
def test_the_marginal_price_of_each_way_to_buy():
    day = date(2026, 7, 14)
    indexed = marginal_eur_kwh(day, P1, 50.0, Tariff.TD30, Indexed())
    # 1.015 x (76.56 x 1.166 + 10.66) / 1000 + 0.063352 = 0.164778...; x 1.0511269632
    assert indexed == pytest.approx((1.015 * (76.56 * 1.166 + 10.66) / 1000 + 0.063352) * 1.0511269632, rel=1e-12)
    assert indexed == energy_eur_kwh(50.0, P1, tolls_at(day, Tariff.TD30))
    assert marginal_eur_kwh(day, P1, 100.0, Tariff.TD20, Pvpc()) == pytest.approx(0.10511269632)
    assert marginal_eur_kwh(day, P1, None, Tariff.TD30, Fixed(D("0.2"))) == pytest.approx(0.21022539264)
    # the floor, half a euro a MWh, is more than 5.1 % of a euro
    assert marginal_eur_kwh(day, P1, None, Tariff.TD30, Fixed(D("0.001"))) == pytest.approx(0.0015)
    assert marginal_eur_kwh(day, P1, None, Tariff.TD30, Indexed()) is None


def test_the_marginal_price_is_that_of_the_days_own_tables():
    with pytest.raises(InputError, match="no table"):
        marginal_eur_kwh(date(2025, 7, 14), P1, 50.0, Tariff.TD30, Indexed())


def test_every_quarter_hour_has_its_price_or_none():
    window = madrid_day(date(2026, 10, 25))  # 25 hours, a Sunday
    starts = list(slots(window, Resolution.QUARTER))
    market = dict.fromkeys(starts[1:], D("-5"))
    found = list(quarter_prices(window, Tariff.TD61, Indexed(), market))
    assert [q.start for q in found] == starts
    assert len(found) == 100
    assert {q.period for q in found} == {P6}
    assert found[0].energy_eur_kwh is None
    assert all(q.energy_eur_kwh is not None for q in found[1:])


# ----------------------------------------------------------------------------------------------------------- tables
def test_the_table_of_2026_agrees_with_the_defaults_of_the_tariff():
    assert taxed_terms(JULY) == DEFAULT_TERMS
    assert taxed_terms(JULY, replace(DEFAULT_TERMS, supplier_fee_eur_mwh=9)).supplier_fee_eur_mwh == 9


def test_taxes_cover_every_day_that_tolls_cover():
    for file in domain_tariff._files("prices"):
        assert prices_at(date.fromisoformat(file["valid_from"]), Tariff.TD30)
        assert taxes_at(date.fromisoformat(file["valid_from"])).vat > 0
        assert taxes_at(date.fromisoformat(file["valid_to"])).vat > 0


@pytest.mark.skipif(not FACTS.is_dir(), reason="the project's facts are not on this machine")
def test_an_invoice_by_the_facts_own_figures():
    """One kWh a quarter-hour on the facts' file, with arithmetic that shares nothing with billing but the rounding."""
    facts = json.loads((FACTS / "tariff_2026.json").read_text("utf-8"), parse_float=D)["3.0TD"]
    invoice = make_invoice(JULY, signed(), load_of(JULY, "1"), price_of(JULY, "80"))
    for i, hours in ((0, 207), (1, 161), (5, 376)):
        period, kwh = list(Period)[i], D(hours * 4)
        lines = {line.concept: line.eur for line in invoice.lines if line.period is period}
        assert lines[Concept.TOLL_ENERGY] == cents(kwh * facts["toll_energy"][i])
        assert lines[Concept.CHARGE_ENERGY] == cents(kwh * facts["charge_energy"][i])
        assert lines[Concept.LOSSES] == cents(kwh * facts["losses"][i] * D("106.56") / 1000)
        assert lines[Concept.TOLL_POWER] == cents(150 * facts["toll_power"][i] * 31 / 365)


def test_half_a_cent_is_rounded_away_from_zero():
    assert [cents(D(x)) for x in ("0.005", "0.0149", "-0.005", "2.675")] == [
        D("0.01"),
        D("0.01"),
        D("-0.01"),
        D("2.68"),
    ]
