"""Laws of readings, of savings and of powers: for every file, every day, every load."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.datadis import elapsed_minutes
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.meter_files import parse_meter_file
from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.billing.day_account import figures_of
from chocolate_factory.billing.power import MonthDemand, cheapest_powers, cost_of
from chocolate_factory.domain.savings import Course
from chocolate_factory.domain.series import TRUE_KINDS
from chocolate_factory.domain.tariff import Period, Tariff
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Resolution, madrid_day, slots
from chocolate_factory.usecases.savings.meter import Meter
from chocolate_factory.usecases.savings.readings import TakeIn

law = settings(deadline=None, max_examples=40)
SPRING, PLAIN, AUTUMN = date(2026, 3, 29), date(2026, 6, 17), date(2026, 10, 25)
DAYS = st.sampled_from([SPRING, PLAIN, AUTUMN])
LENGTHS = st.sampled_from([Resolution.QUARTER, Resolution.HOUR])
SEEDS = st.integers(0, 10_000)
PLANT = read_plant()


def taken(day: date, lines: list[str]) -> tuple[dict, object]:
    """What the meter shows of a day after its lines were handed in, and what was said of them."""
    store = MemoryStore("real")
    take_in = TakeIn(store, FixedClock(madrid_day(day).end + DAY), lambda: PLANT, TRUE_KINDS, parse_meter_file)
    said = take_in("file.csv", "\n".join(["start_utc,kwh", *lines]).encode())
    return Meter(store, TRUE_KINDS)(madrid_day(day)), said


def lines_of(day: date, length: Resolution, chance: Random) -> dict[str, float]:
    most = 20.0 if length is Resolution.QUARTER else 80.0
    starts = slots(madrid_day(day), length)
    return {start.isoformat(): round(chance.uniform(most / 2, most), 3) for start in starts}


@law
@given(DAYS, LENGTHS, SEEDS)
def test_doubles_never_double_the_energy_and_every_line_is_either_taken_or_told(day, length, seed):
    chance = Random(seed)
    energy = lines_of(day, length, chance)
    rows = [f"{start},{kwh}" for start, kwh in energy.items()]
    doubled = rows + chance.sample(rows, chance.randint(1, len(rows)))
    chance.shuffle(doubled)
    quarters, said = taken(day, doubled)
    assert abs(sum(quarters.values()) - sum(energy.values())) < 1e-6
    assert len(quarters) == madrid_day(day).duration / timedelta(minutes=15)
    assert said.taken + said.refused == said.read == len(doubled)


@law
@given(DAYS, LENGTHS, SEEDS)
def test_lines_that_contradict_each_other_only_ever_lower_the_coverage(day, length, seed):
    chance = Random(seed)
    energy = lines_of(day, length, chance)
    wrong = chance.sample(list(energy), chance.randint(0, len(energy) // 4))
    rows = [f"{start},{kwh}" for start, kwh in energy.items()] + [f"{start},{energy[start] + 1}" for start in wrong]
    quarters, said = taken(day, rows)
    left = sum(kwh for start, kwh in energy.items() if start not in wrong)
    assert abs(sum(quarters.values()) - left) < 1e-6
    assert said.refused == 2 * len(wrong)


@law
@given(DAYS, LENGTHS)
def test_the_clock_s_own_labels_of_any_day_lead_back_to_its_slots(day, length):
    """The label of a slot's end, less its length, as a file of the distributor has it."""
    starts = list(slots(madrid_day(day), length))
    ends = [start + length.span for start in starts]
    clock = [end.astimezone(MADRID) for end in ends]
    minutes = [
        24 * 60 if end == madrid_day(day).end else c.hour * 60 + c.minute for end, c in zip(ends, clock, strict=True)
    ]
    found = elapsed_minutes(day, [end - int(length) for end in minutes])
    assert found == [round((start - starts[0]) / timedelta(minutes=1)) for start in starts]


@law
@given(DAYS, SEEDS, st.floats(0, 1))
def test_the_figures_of_a_day_are_those_of_its_parts(day, seed, share):
    chance, window = Random(seed), madrid_day(day)
    quarters, hours = list(slots(window, Resolution.QUARTER)), tuple(slots(window, Resolution.HOUR))
    kwh = tuple(chance.uniform(10, 100) for _ in hours)
    course = Course(hours, 60, kwh, tuple(chance.uniform(10, 100) for _ in hours), {"dark": 1.0})
    price = {q: chance.uniform(-0.01, 0.3) for q in quarters}
    metered = {q: chance.uniform(0, 30) for q in quarters if chance.random() < share}
    f = figures_of(quarters, course, price, metered)
    assert 0 <= f.coverage <= 1
    assert f.metered_slots == len(metered)
    assert abs(f.planned_kwh - sum(kwh)) < 1e-6
    assert abs(f.planned_there_kwh + f.filled_kwh - f.planned_kwh) < 1e-6
    assert f.filled_kwh == 0 or f.coverage < 1
    both = f + f
    assert (both.slots, both.coverage) == (2 * len(quarters), f.coverage)


@law
@given(st.lists(st.lists(st.integers(0, 60), min_size=6, max_size=6), min_size=1, max_size=6), st.sampled_from([1, 4]))
def test_powers_never_decrease_and_no_neighbour_is_cheaper(peaks, meter_type):
    months = [
        MonthDemand(
            date(2026, 1, 1), 31, 365, date(2026, 1, 1), {p: [Decimal(kw)] for p, kw in zip(Period, row, strict=True)}
        )
        for row in peaks
    ]
    found = cheapest_powers(Tariff.TD30, months, meter_type)
    powers = list(found.contracted_kw.values())
    assert powers == sorted(powers)
    assert powers[-1] > 15
    covers = all(max(row[i] for row in peaks) <= kw for i, kw in enumerate(powers))
    assert (found.excess_eur is None) == (meter_type == 1)
    assert covers or found.excess_eur
    for i, step in ((i, step) for i in range(6) for step in (-1, 1)):
        other = [*powers[:i], powers[i] + step, *powers[i + 1 :]]
        allowed = other == sorted(other) and other[0] > 0 and other[-1] > 15
        if allowed and meter_type == 4:
            cost = cost_of(Tariff.TD30, months, 4, dict(zip(Period, other, strict=True)))
            assert cost.eur >= found.eur


@law
@given(DAYS, st.integers(0, 23))
def test_an_hour_of_any_day_is_four_quarters_of_it(day, hour):
    start = madrid_day(day).start + (hour % 23) * HOUR
    quarters, _ = taken(day, [f"{start.isoformat()},40"])
    assert [*quarters] == [start + i * HOUR / 4 for i in range(4)]
    assert sum(quarters.values()) == 40
