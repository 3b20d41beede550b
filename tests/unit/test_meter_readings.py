"""Readings taken in and read back: what is kept, what it is, and that a quarter-hour has one energy."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from fakes import at

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.meter_files import parse_meter_file
from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.metering import METER_ENERGY, Reading
from chocolate_factory.domain.series import TRUE_KINDS, Kind, Query
from chocolate_factory.domain.time import HOUR, Interval, Resolution, madrid_day
from chocolate_factory.usecases import transfer
from chocolate_factory.usecases.savings import readings as room
from chocolate_factory.usecases.savings.meter import Meter, quarters_of_readings
from chocolate_factory.usecases.savings.readings import TakeIn

DAY = date(2026, 10, 1)
WINDOW = madrid_day(DAY)
CUPS = "ES0031405123456789JN0F"


class World:
    def __init__(self, filling=TRUE_KINDS) -> None:
        self.store = MemoryStore("simulated" if Kind.SIMULATED in filling else "real")
        self.clock = FixedClock(at("2026-10-05T09:00"))
        self.take_in = TakeIn(self.store, self.clock, read_plant, filling, parse_meter_file)
        self.meter = Meter(self.store, filling)

    def own(self, *kwh: float, minutes: int = 60, start=WINDOW.start):
        rows = (f"{(start + i * timedelta(minutes=minutes)).isoformat()},{energy}" for i, energy in enumerate(kwh))
        return self.take_in("own.csv", "\n".join(["start_utc,kwh", *rows]).encode())

    def datadis(self, *kwh: float, how: str = "Real"):
        rows = (f"{CUPS};2026/10/01;{n:02d}:00;{str(e).replace('.', ',')};{how}" for n, e in enumerate(kwh, 1))
        head = "CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion"
        return self.take_in("datadis.csv", "\n".join([head, *rows]).encode())

    def held(self):
        return self.store.read(Query(METER_ENERGY, WINDOW))


@pytest.fixture
def world():
    return World()


def test_good_lines_are_kept_with_what_they_are(world):
    taken = world.own(20.5, 30.0)
    assert (taken.read, taken.taken, taken.written, taken.refused) == (2, 2, 2, 0)
    first = world.held()[0]
    assert (first.source, first.kind, first.value, first.resolution_minutes) == ("meter", Kind.OBSERVED, 20.5, 60)
    assert first.published_at == WINDOW.start + HOUR
    assert first.received_at == world.clock.now()


def test_good_lines_are_kept_though_others_are_not(world):
    taken = world.own(20.0, -1.0, 9_999.0, *[30.0] * 40)
    assert (taken.read, taken.taken, taken.written, taken.refused) == (43, 41, 41, 2)
    assert [(r.line, r.field) for r in taken.refusals] == [(3, "kwh"), (4, "kwh")]
    assert (taken.slots, taken.window.start) == (43, WINDOW.start)


def test_the_same_file_twice_is_written_once_and_another_value_is_a_revision(world):
    world.own(20.0, 30.0)
    assert (world.own(20.0, 30.0).written, world.own(20.0, 30.0).taken) == (0, 2)
    world.clock.sleep(60)
    assert world.own(20.0, 31.0).written == 1
    assert [o.value for o in world.held()] == [20.0, 31.0]
    assert len(world.store.revisions(Query(METER_ENERGY, WINDOW))) == 3


def test_an_estimate_is_kept_and_measures_nothing_until_it_is_read(world):
    taken = world.datadis(20.0, 30.0, how="Estimada")
    assert (taken.estimated, taken.written) == (2, 2)
    assert any("estimated by the distributor" in note for note in taken.notes)
    assert {o.kind for o in world.held()} == {Kind.ESTIMATED}
    assert world.meter(WINDOW) == {}
    world.datadis(22.0)
    assert sum(world.meter(WINDOW).values()) == pytest.approx(22.0)


def test_a_supply_that_the_plant_s_file_does_not_name_is_told(world):
    assert any(CUPS in note for note in world.datadis(20.0).notes)


def test_many_refusals_are_counted_and_the_first_told(world, monkeypatch):
    monkeypatch.setattr(room, "TOLD", 3)
    taken = world.own(*[-1.0] * 9, 20.0)
    assert (taken.refused, len(taken.refusals), taken.written) == (9, 3, 1)


def test_a_file_of_which_nothing_is_good_writes_nothing(world):
    taken = world.own(-1.0)
    assert (taken.written, taken.window, taken.slots) == (0, None, 0)


def test_in_the_demo_every_reading_is_simulated():
    world = World(frozenset({Kind.SIMULATED}))
    world.own(20.0)
    assert [o.kind for o in world.held()] == [Kind.SIMULATED]
    assert len(world.meter(WINDOW)) == 4


# ----------------------------------------------------------------------------------------------------- one energy each
def test_an_hour_is_its_four_quarters_in_equal_parts(world):
    world.own(20.0)
    assert list(world.meter(WINDOW).values()) == [5.0] * 4
    assert world.meter.is_hourly(WINDOW)
    assert list(world.meter(Interval(WINDOW.start + HOUR / 2, WINDOW.end)).values()) == [5.0, 5.0]


def test_an_hour_and_its_four_quarters_are_no_double(world):
    world.own(20.0)
    world.own(1.0, 2.0, 3.0, 4.0, minutes=15)
    assert list(world.meter(WINDOW).values()) == [1.0, 2.0, 3.0, 4.0]
    assert not world.meter.is_hourly(WINDOW)


def test_an_hour_goes_before_some_of_its_quarters(world):
    world.own(20.0)
    world.own(1.0, 2.0, 3.0, minutes=15)
    assert list(world.meter(WINDOW).values()) == [5.0] * 4


def test_the_distributor_goes_before_the_plant_s_own_meter(world):
    world.own(20.0, 24.0)
    world.datadis(22.0)
    assert sum(world.meter(WINDOW).values()) == pytest.approx(22.0 + 24.0)


def test_readings_that_are_in_no_store():
    quarter = Reading(2, WINDOW.start + HOUR, Resolution.QUARTER, 7.0)
    found = quarters_of_readings([Reading(1, WINDOW.start, Resolution.HOUR, 20.0), quarter])
    assert list(found.values()) == [5.0] * 4 + [7.0]


# ---------------------------------------------------------------------------------------------------- out and in again
def test_readings_of_both_lengths_survive_export_and_import(world):
    world.own(20.0)
    world.own(1.0, minutes=15, start=WINDOW.start + 5 * HOUR + HOUR / 4)
    kept = list(world.store.everything())
    assert sorted(o.resolution_minutes for o in kept) == [15, 60]
    text = io.StringIO()
    transfer.write_csv(kept, text)
    rows = transfer.read_csv(io.StringIO(text.getvalue()))
    assert [transfer.observation_of(row, line) for line, row in rows] == kept
