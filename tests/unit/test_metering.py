"""Which readings of a meter are taken: this plant's, of the past, in kWh, each slot once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import at

from chocolate_factory.adapters.plant_file import document_of, plant_of, read_plant
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.metering import Reading, require_kwh
from chocolate_factory.domain.time import Resolution
from chocolate_factory.quality.metering import judged, plausible

NOW = at("2026-10-10T12:00")
DAY = at("2026-10-01")
OURS, THEIRS = "ES0031405123456789JN0F", "ES0031405999999999AB0F"
KNOWN = plausible(read_plant())


def readings(*kwh: float, minutes: int = 60, start=DAY, supply: str = "", estimated: bool = False) -> list[Reading]:
    length = Resolution(minutes)
    return [
        Reading(line, start + i * length.span, length, energy, estimated, supply)
        for i, (line, energy) in enumerate(enumerate(kwh, 2))
    ]


def why(given, known=KNOWN) -> dict[int, str]:
    good, wrong = judged(given, known, NOW)
    assert {r.line for r in good} | {r.line for r in wrong} == {r.line for r in given}
    assert all(r.reason and r.allowed for r in wrong)
    return {r.line: r.reason for r in wrong}


def test_what_the_plant_can_take():
    assert 250 < KNOWN.most_kw < 500
    assert KNOWN.rest_kw == 17
    assert KNOWN.supply == ""


def test_good_lines_are_taken():
    assert why(readings(17.0, 60.5, 149.0, 0.0)) == {}
    assert why([]) == {}


# ------------------------------------------------------------------------------------------------------- whose and when
def test_another_supply_s_lines_are_refused_line_by_line():
    known = replace(KNOWN, supply=OURS)
    given = [
        *readings(20, 30, supply=OURS),
        replace(readings(40, supply=THEIRS, start=DAY + timedelta(hours=5))[0], line=9),
    ]
    assert list(why(given, known)) == [9]
    assert "another supply" in why(given, known)[9]
    assert why(readings(20, supply=OURS[:20]), known) == {}, "the measuring point may be left out"
    assert why(readings(20), known) == {}, "our own format names none"


def test_without_a_code_in_the_plant_s_file_a_file_of_one_supply_is_taken_and_one_of_several_is_not():
    assert why(readings(20, 30, supply=THEIRS)) == {}
    mixed = [*readings(20, supply=OURS), replace(readings(40, supply=THEIRS)[0], line=3)]
    assert list(why(mixed)) == [2, 3]


def test_a_slot_that_is_not_over_cannot_have_been_read():
    late = readings(20, 20, start=NOW - timedelta(hours=1))
    assert list(why(late)) == [3]


# -------------------------------------------------------------------------------------------------------- wrong units
def test_a_file_in_watt_hours_is_refused_whole():
    told = why(readings(17_000, 60_500, 0, 149_000))
    assert len(told) == 4
    assert "in Wh" in told[2]


def test_a_file_in_megawatt_hours_is_refused_whole():
    told = why(readings(0.017, 0.0605, 0.149, 0.0))
    assert len(told) == 4
    assert "in MWh" in told[2]


def test_a_file_of_quarter_hours_in_kilowatts_is_refused_whole_though_half_of_it_looks_plausible():
    told = why(readings(*[17.0] * 14, *[140.0] * 10, minutes=15))
    assert len(told) == 24
    assert "or in kW" in told[2]


def test_one_line_beyond_all_measure_is_a_fault_of_its_own():
    told = why(readings(*[60.0] * 30, 6_000.0))
    assert list(told) == [32]
    assert "6000 kW" in told[32]


def test_less_than_nothing_cannot_have_been_drawn():
    assert list(why(readings(60.0, -1.0, 60.0))) == [3]


def test_a_day_without_power_is_no_other_unit():
    assert why(readings(0.0, 0.0, 0.0)) == {}


@pytest.mark.parametrize("column", ["Consumo_Wh", "energy_MWH", "kw"])
def test_a_column_that_says_another_unit(column):
    with pytest.raises(InputError, match="kWh"):
        require_kwh(column)
    require_kwh("Consumo_kWh")


# ------------------------------------------------------------------------------------------------------------- doubles
def test_the_same_line_twice_counts_once():
    one, two = readings(20.0, 30.0)
    told = why([one, two, replace(one, line=7)])
    assert list(told) == [7]
    assert "line 2" in told[7]


def test_lines_that_contradict_each_other_are_not_believed():
    one, two = readings(20.0, 30.0)
    told = why([one, two, replace(one, line=7, kwh=21.0)])
    assert list(told) == [2, 7]
    assert "line 7 says otherwise" in told[2]


def test_what_was_read_goes_before_an_estimate():
    one, two = readings(20.0, 30.0)
    assert list(why([replace(one, line=1, kwh=99.0, is_estimate=True), one, two])) == [1]


# --------------------------------------------------------------------------------------------------- the plant's file
@pytest.mark.parametrize("cups", ["", OURS, OURS[:20]])
def test_the_plant_s_file_may_name_its_supply(cups):
    document = document_of(read_plant())
    document["contract"]["cups"] = cups
    assert plant_of(document).contract.cups == cups
    del document["contract"]["cups"]
    assert plant_of(document).contract.cups == ""


@pytest.mark.parametrize("cups", ["ES123", OURS.lower(), f" {OURS}", "FR0031405123456789JN"])
def test_a_code_that_is_none(cups):
    document = document_of(read_plant())
    document["contract"]["cups"] = cups
    with pytest.raises(InputError, match=r"contract\.cups"):
        plant_of(document)
