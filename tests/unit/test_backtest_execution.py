"""A day carried out: energy billed quarter by quarter, mass kept, orders counted, and the state that it leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from backtest_world import MONDAY, ONE, WORLD, given

from chocolate_factory.domain.plan import Plan
from chocolate_factory.domain.plant import Order
from chocolate_factory.domain.time import DAY, HOUR, Resolution
from chocolate_factory.planning.baselines import compact_block
from chocolate_factory.simulation.run import run
from chocolate_factory.usecases.backtest import execution
from chocolate_factory.usecases.backtest.chain import Stretch, beginning, walk
from chocolate_factory.usecases.backtest.execution import execute, seed_of
from chocolate_factory.usecases.backtest.given import History, working_day
from chocolate_factory.usecases.backtest.sight import BLIND, problem_at, truth_of
from chocolate_factory.usecases.backtest.strategies import BASELINE

GIVEN = given()


def planned(there=None, of=GIVEN, day=MONDAY) -> Plan:
    return compact_block(problem_at(of, day, 48, BLIND, {}, there or beginning(of).there))


@pytest.fixture(scope="module")
def went():
    return execute(GIVEN, MONDAY, planned())


@pytest.fixture(scope="module")
def outcome():
    """The same day in the simulator, by hand."""
    plan, truth = planned(), truth_of(GIVEN, MONDAY, Resolution.HOUR)
    return run(execution._committed(plan, truth), seed_of(1, MONDAY))


def test_the_bill_is_the_meters_quarters_at_the_prices_that_came(went, outcome):
    prices = [slot.energy_eur_kwh for slot in truth_of(GIVEN, MONDAY, Resolution.QUARTER).slots]
    by_hand = sum(kwh * price for kwh, price in zip(outcome.meter.quarters_kwh, prices, strict=True))
    assert sum(m.eur for m in went.metered.values()) == pytest.approx(by_hand, abs=1e-9)
    assert sum(m.kwh for m in went.metered.values()) == pytest.approx(outcome.energy_kwh, abs=1e-9)
    assert max(m.peak_kw for m in went.metered.values()) == max(outcome.meter.peak_kw.values())


def test_quarter_hourly_prices_are_billed_as_such(went):
    """The four quarters of an hour differ and their mean is the hour's: the bill of the same load is another."""
    offsets = (-30.0, -10.0, 10.0, 30.0)
    spot = {t + n * HOUR / 4: v + offsets[n] for t, v in WORLD.spot.items() for n in range(4)}
    of = replace(GIVEN, history=History(spot, WORLD.air))
    quarterly = execute(of, MONDAY, planned(of=of))
    assert sum(m.kwh for m in quarterly.metered.values()) == pytest.approx(sum(m.kwh for m in went.metered.values()))
    assert sum(m.eur for m in quarterly.metered.values()) != pytest.approx(
        sum(m.eur for m in went.metered.values()), abs=0.01
    )


def test_mass_is_carried_over_to_the_gram(went, outcome):
    assert went.left.stocks_kg["dark"] == pytest.approx(3150.0 + outcome.stock_change_kg)
    assert went.left.finished_kg["dark"] == pytest.approx(outcome.good_kg - 2000.0)
    assert went.good_kg == outcome.good_kg


def test_a_batch_in_its_conche_goes_on_the_next_day():
    plan = planned()
    evening = next(b for b in plan.batches if b.stage == "conche")
    moved = replace(evening, start=working_day(MONDAY).end - 3 * HOUR, end=working_day(MONDAY).end + 9 * HOUR)
    late = replace(plan, batches=(*(b for b in plan.batches if b.stage == "line"), moved))
    there = execute(GIVEN, MONDAY, late).left
    assert [(b.product, b.start, b.kg) for b in there.running] == [("dark", moved.start, 1000.0)]
    assert there.running[0].end == pytest.approx(moved.end, abs=2 * HOUR)
    nothing = replace(planned(there, day=MONDAY + DAY), batches=())
    nothing = replace(nothing, slots=tuple(replace(s, output_kg=0.0, line_product=None) for s in nothing.slots))
    after = execute(GIVEN, MONDAY + DAY, nothing).left
    assert after.running == ()
    assert after.stocks_kg["dark"] == pytest.approx(there.stocks_kg["dark"] + 1000.0)


def test_what_is_not_there_when_due_is_late_once_and_owed_until_it_is_made(went):
    assert went.late_kg == 0
    idle = replace(planned(), batches=())
    idle = replace(idle, slots=tuple(replace(s, output_kg=0.0, line_product=None) for s in idle.slots))
    missed = execute(GIVEN, MONDAY, idle)
    assert (missed.late_kg, missed.due_kg, missed.starts) == (2000.0, 2000.0, 0)
    assert missed.left.finished_kg == {"dark": -2000.0}
    again = execute(GIVEN, MONDAY + DAY, planned(missed.left, day=MONDAY + DAY))
    assert 0 < again.late_kg <= 2000.0


def test_an_order_of_the_morning_counts_what_was_made_by_then():
    morning = working_day(MONDAY).end - 12 * HOUR  # ten o'clock
    orders = (Order("early", "dark", 1500.0, morning),)
    of = replace(GIVEN, plant=replace(ONE, demand=replace(ONE.demand, weekly={}, orders=orders)))
    went = execute(of, MONDAY, planned(of=of))
    # from six on: an hour of set-up, and 450 kg/h at most
    assert 1500.0 - 3 * 450.0 <= went.late_kg < 1500.0
    assert went.good_kg == pytest.approx(1500.0, rel=0.02)


def test_everyone_has_the_same_luck_on_a_day_and_another_the_next():
    assert seed_of(1, MONDAY) == seed_of(1, MONDAY)
    assert len({seed_of(s, MONDAY + n * DAY) for s in range(3) for n in range(30)}) == 90


def test_a_run_that_would_go_on_into_the_next_day_ends_with_this_one():
    plan, truth = planned(), truth_of(GIVEN, MONDAY, Resolution.HOUR)
    line = next(b for b in plan.batches if b.stage == "line")
    long = replace(line, end=truth.horizon.end + 3 * HOUR)
    cut = execution._committed(replace(plan, batches=(long,)), truth).batches[0]
    assert cut.end == truth.horizon.end
    assert cut.kg == pytest.approx(sum(s.output_kg for s in plan.slots[:24] if s.input.slot.start >= line.start))


def test_a_chain_ends_where_its_days_lead():
    days = GIVEN.days
    whole = walk(Stretch(GIVEN, {}, BASELINE, beginning(GIVEN), days))
    first = walk(Stretch(GIVEN, {}, BASELINE, beginning(GIVEN), days[:1]))
    rest = walk(Stretch(GIVEN, {}, BASELINE, first.state, days[1:]))
    assert (*first.days, *rest.days) == whole.days
    assert rest.state == whole.state
    assert whole.days[-1].went.left == whole.state.there
