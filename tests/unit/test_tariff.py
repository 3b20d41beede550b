from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.tariff import (
    EnergyTerms,
    Period,
    Tariff,
    energy_eur_kwh,
    is_working_day,
    period,
    prices_at,
    pvpc_eur_kwh,
    slots,
)
from chocolate_factory.domain.time import MADRID, Interval, Resolution, madrid_day, madrid_midnight

FACTS = Path(__file__).resolve().parents[3] / "shared" / "facts"
SUB_DAILY = [Resolution.FIVE_MINUTES, Resolution.QUARTER, Resolution.HOUR]

# The table of the Circular as electricity.md prints it, hour by hour.
TABLE = {
    (1, 2, 7, 12): "66666666 2 11111 2222 1111 22",
    (3, 11): "66666666 3 22222 3333 2222 33",
    (6, 8, 9): "66666666 4 33333 4444 3333 44",
    (4, 5, 10): "66666666 5 44444 5555 4444 55",
}
TABLE_20 = "33333333 22 1111 2222 1111 22"


def local(year: int, month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=MADRID)


def hours_of(day: date, tariff: Tariff) -> str:
    return "".join(p[1] for _, p in slots(madrid_day(day), tariff, Resolution.HOUR))


def working_day_of(month: int) -> date:
    return next(d for n in range(9, 28) if is_working_day(d := date(2026, month, n)) and d.weekday() == 2)


# ------------------------------------------------------------------------------------------------------------ periods
@pytest.mark.parametrize("tariff", [Tariff.TD30, Tariff.TD61])
@pytest.mark.parametrize(("month", "row"), [(m, row) for months, row in TABLE.items() for m in months])
def test_six_periods_hour_by_hour_in_every_month(month, row, tariff):
    assert hours_of(working_day_of(month), tariff) == row.replace(" ", "")


@pytest.mark.parametrize("month", range(1, 13))
def test_three_periods_are_the_same_in_every_month(month):
    assert hours_of(working_day_of(month), Tariff.TD20) == TABLE_20.replace(" ", "")


def test_every_month_stands_in_the_table_once():
    assert sorted(m for months in TABLE for m in months) == list(range(1, 13))


def test_hours_of_2026():
    year = Interval(madrid_midnight(date(2026, 1, 1)), madrid_midnight(date(2027, 1, 1)))
    count = Counter(p for _, p in slots(year, Tariff.TD30, Resolution.HOUR))
    assert [count[p] for p in Period] == [756, 975, 886, 1022, 441, 4680]


def test_hour_nine_is_flat_in_20td_and_peak_in_the_others():
    for month, tops in ((1, "P1"), (3, "P2"), (6, "P3"), (4, "P4")):
        moment = local(2026, month, working_day_of(month).day, 9)
        assert period(moment, Tariff.TD20) == "P2"
        assert period(moment, Tariff.TD30) == period(moment, Tariff.TD61) == tops


FIXED = [(1, 1), (1, 6), (5, 1), (8, 15), (10, 12), (11, 1), (12, 6), (12, 8), (12, 25)]


@pytest.mark.parametrize(("month", "day"), FIXED)
def test_the_nine_fixed_holidays_are_off_peak_all_day(month, day):
    assert not is_working_day(date(2027, month, day))
    assert hours_of(date(2027, month, day), Tariff.TD30) == "6" * 24
    assert hours_of(date(2027, month, day), Tariff.TD20) == "3" * 24


def test_there_are_nine_and_no_more():
    days = [date(2026, 1, 1) + timedelta(days=i) for i in range(365)]
    off = [(d.month, d.day) for d in days if d.weekday() < 5 and not is_working_day(d)]
    assert off == [f for f in FIXED if date(2026, *f).weekday() < 5]


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 4, 3),  # Good Friday
        date(2026, 4, 2),  # Maundy Thursday
        date(2026, 12, 7),  # the Monday that replaces Sunday the 6th
        date(2026, 11, 2),  # the Monday that replaces Sunday the 1st
        date(2025, 2, 28),  # Day of Andalusia
    ],
)
def test_movable_substitute_and_regional_days_are_working_days(day):
    assert is_working_day(day)
    assert "6" not in hours_of(day, Tariff.TD30)[8:]


def test_saturday_and_sunday_are_off_peak():
    assert hours_of(date(2026, 6, 6), Tariff.TD30) == "6" * 24
    assert hours_of(date(2026, 6, 7), Tariff.TD20) == "3" * 24


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_clock_change_days_have_23_and_25_hours(day, hours):
    assert len(hours_of(day, Tariff.TD30)) == hours
    assert len(list(slots(madrid_day(day), Tariff.TD20, Resolution.QUARTER))) == 4 * hours


def test_periods_go_by_the_wall_clock_on_both_sides_of_a_change():
    assert period(datetime(2026, 3, 27, 7, tzinfo=UTC), Tariff.TD30) == "P3"  # 08:00, before the change
    assert period(datetime(2026, 3, 30, 6, tzinfo=UTC), Tariff.TD30) == "P3"  # 08:00, after it
    assert period(datetime(2026, 3, 30, 5, 59, 59, tzinfo=UTC), Tariff.TD30) == "P6"


def test_a_day_before_the_first_table_is_refused_and_its_next_is_not():
    with pytest.raises(InputError, match=r"no table.*2021-06-01") as caught:
        period(local(2021, 5, 31), Tariff.TD30)
    assert caught.value.field == "day"
    with pytest.raises(InputError, match="no table"):
        is_working_day(date(2021, 5, 31))
    assert period(local(2021, 6, 1, 0), Tariff.TD30) == "P6"


def test_a_naive_moment_is_refused():
    with pytest.raises(InputError, match="offset"):
        period(local(2026, 1, 1).replace(tzinfo=None), Tariff.TD20)


def test_a_slot_of_a_day_has_no_period():
    with pytest.raises(InputError, match="resolution"):
        slots(madrid_day(date(2026, 1, 1)), Tariff.TD20, Resolution.DAY)


@given(
    start=st.integers(0, 24 * 365 * 13).map(lambda h: datetime(2021, 6, 2, tzinfo=UTC) + timedelta(hours=h)),
    hours=st.integers(0, 80),
    tariff=st.sampled_from(Tariff),
    resolution=st.sampled_from(SUB_DAILY),
)
def test_slots_partition_the_window_and_each_has_one_period(start, hours, tariff, resolution):
    window = Interval(start, start + timedelta(hours=hours))
    found = list(slots(window, tariff, resolution))
    assert sum((slot.duration for slot, _ in found), timedelta()) == window.duration
    assert all(a.end == b.start for (a, _), (b, _) in pairwise(found))
    assert all(slot.start in window and slot.end <= window.end for slot, _ in found)
    assert all(p is period(slot.start, tariff) is period(slot.end - timedelta(seconds=1), tariff) for slot, p in found)
    assert {p for _, p in found} <= set(list(Period)[: 3 if tariff is Tariff.TD20 else 6])


# ------------------------------------------------------------------------------------------------------------- prices
def test_prices_hold_for_their_year_alone():
    assert prices_at(date(2025, 12, 31), Tariff.TD30) is None
    assert prices_at(date(2027, 1, 1), Tariff.TD30) is None
    first, last = prices_at(date(2026, 1, 1), Tariff.TD30), prices_at(date(2026, 12, 31), Tariff.TD30)
    assert first is last
    assert first is not None
    assert (first.valid_from, first.valid_to) == (date(2026, 1, 1), date(2026, 12, 31))
    assert "BOE-A-2025-26348" in first.sources["tolls"]


def prices(tariff: Tariff = Tariff.TD30):
    found = prices_at(date(2026, 6, 1), tariff)
    assert found is not None
    return found


def test_toll_and_charge_are_added_for_energy_and_power():
    assert prices().energy_eur_kwh(Period.P1) == pytest.approx(0.063352, abs=1e-12)
    assert prices().power_eur_kw_year(Period.P6) == pytest.approx(1.442287, abs=1e-12)
    assert prices(Tariff.TD20).power_eur_kw_year(Period.P2) == pytest.approx(0.725423, abs=1e-12)


def test_excess_power_has_a_table_for_30td_alone():
    assert prices().excess is not None
    assert prices().excess[Period.P1] == 0.171373
    assert prices(Tariff.TD20).excess is prices(Tariff.TD61).excess is None


@pytest.mark.parametrize("tariff", Tariff)
def test_every_number_is_the_published_one(tariff):
    file = FACTS / "tariff_2026.json"
    if not file.exists():
        pytest.skip(f"{file} is not here")
    facts, ours = json.loads(file.read_text())[tariff], prices(tariff)
    for name in ("toll_energy", "charge_energy", "losses", "toll_power", "charge_power"):
        assert list(getattr(ours, name).values()) == facts[name]
    assert list((ours.excess or {}).values()) == facts.get("excess_type45", [])


# ------------------------------------------------------------------------------------------------- price of a kWh
def by_hand(spot: str, loss: str, toll_and_charge: str, tax: str = "0.0511269632") -> Decimal:
    """The invoice's arithmetic in decimals, written out from electricity.md."""
    market = (Decimal(spot) + Decimal("26.3") + Decimal("0.26")) * (1 + Decimal(loss))
    energy = Decimal("1.015") * (market + Decimal("2.66") + 8) / 1000 + Decimal(toll_and_charge)
    return energy + max(Decimal(tax) * energy, Decimal("0.0005"))


def test_peak_kwh_worked_out_by_hand():
    # (50 + 26.56) x 1.166 = 89.26896; + 10.66 = 99.92896; x 1.015 = 101.4278944 EUR/MWh
    # + 63.352 EUR/MWh of toll and charge = 164.7798944; x 1.0511269632 = 173.2045900 EUR/MWh
    assert energy_eur_kwh(50.0, Period.P1, prices()) == pytest.approx(0.1732045900, abs=1e-10)


@pytest.mark.parametrize(
    ("spot", "p", "loss", "terms"),
    [
        ("50", Period.P1, "0.166", "0.063352"),
        ("120.5", Period.P2, "0.175", "0.038914"),
        ("0", Period.P4, "0.165", "0.009795"),
        ("-10", Period.P6, "0.180", "0.002898"),
    ],
)
def test_kwh_against_decimal_arithmetic(spot, p, loss, terms):
    expected = float(by_hand(spot, loss, terms))
    assert energy_eur_kwh(float(spot), p, prices()) == pytest.approx(expected, abs=1e-12)


def test_the_tax_has_a_floor_for_industry():
    # (-30 + 26.56) x 1.18 + 10.66 = 6.6008; x 1.015 = 6.699812; + 2.898 = 9.597812; 5.11 % of it is less than 0.5
    assert energy_eur_kwh(-30.0, Period.P6, prices()) == pytest.approx(0.010097812, abs=1e-12)


def test_terms_of_another_contract():
    bare = EnergyTerms(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    assert energy_eur_kwh(100.0, Period.P5, prices(), bare) == pytest.approx(0.1138 + 0.004706, abs=1e-12)


def test_a_period_that_the_tariff_lacks_is_refused():
    with pytest.raises(InputError, match="P1, P2, P3"):
        energy_eur_kwh(50.0, Period.P6, prices(Tariff.TD20))


@given(
    spot=st.floats(-600, 6000),
    more=st.floats(0.01, 100),
    tariff=st.sampled_from(Tariff),
    p=st.sampled_from([Period.P1, Period.P2, Period.P3]),
)
def test_a_dearer_market_makes_a_dearer_kwh(spot, more, tariff, p):
    assert energy_eur_kwh(spot + more, p, prices(tariff)) > energy_eur_kwh(spot, p, prices(tariff))


def test_pvpc_holds_everything_but_the_tax():
    assert pvpc_eur_kwh(150.0) == pytest.approx(0.15766904448, abs=1e-12)
    assert pvpc_eur_kwh(0.0) == pytest.approx(0.0005)
