"""What the next plan is made from: where its horizon lies, what the last one leaves, what stays, what is assumed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import at, span
from plan_records import record
from plan_world import NOW, PlanWorld, spot

from chocolate_factory.domain.errors import NotYetError
from chocolate_factory.domain.plan_record import StockCount
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Interval, Resolution, slots
from chocolate_factory.planning.carry import output_between, standing
from chocolate_factory.usecases.problem import Expected
from chocolate_factory.usecases.situation import Pace


@pytest.fixture
def world():
    made = PlanWorld()
    yield made
    made.close()


def in_force(world, now=NOW):
    """A plan that was made at seven, and the task at a later moment."""
    world.know(at("2026-11-10T07:02"))
    made = world.optimise("first")
    world.know(now)
    return made.planned.plan, *world.task()


# --------------------------------------------------------------------------------------------------------- the horizon
def test_the_first_plan_begins_with_the_present_hour_and_ends_with_a_day(world):
    task, notes = world.task()
    assert task.problem.horizon == span("2026-11-10T11:00", "2026-11-13T00:00")
    assert task.problem.now == NOW
    assert any("No plan was in force" in note for note in notes)
    assert task.problem.stocks_kg == {"dark": 1500.0, "milk": 1000.0, "white": 600.0}
    assert task.options.fixed == task.options.steady == ()


def test_the_next_plan_begins_at_midnight_as_far_as_the_one_in_force_reaches(world):
    before, task, _ = in_force(world)
    assert task.problem.horizon.start == before.problem.horizon.start == at("2026-11-10T07:00")
    world.optimise("schedule")
    world.know(NOW + DAY)
    task, _ = world.task()
    assert task.problem.horizon == span("2026-11-11T00:00", "2026-11-14T00:00")


def test_at_midnight_itself_two_whole_days_are_planned(world):
    world.know(at("2026-11-10T23:30"))
    world.optimise("first")
    world.know(at("2026-11-11T00:00"))
    assert world.task()[0].problem.horizon == span("2026-11-11T00:00", "2026-11-13T00:00")


def test_a_run_of_the_line_over_midnight_stays_whole(world):
    made = world.optimise("first")
    plan = made.planned.plan
    line = next(b for b in plan.batches if b.stage == "line")
    over = replace(line, start=at("2026-11-10T22:00"), end=at("2026-11-11T01:00"))
    plan = replace(plan, batches=(over,))
    world.clock.sleep(1)
    world.plans.keep_plan(record("b" * 12, world.clock.now(), plan))
    world.know(NOW + DAY)
    task, _ = world.task()
    assert task.problem.horizon.start == over.start
    assert [b.id for b in task.options.fixed] == [over.id]


# ------------------------------------------------------------------------------------------------------ the days after
def test_the_days_after_are_looked_at_by_the_hour_for_a_week_from_now(world):
    for fine in (Resolution.HOUR, Resolution.QUARTER):
        task, _ = world.task(pace=Pace(fine))
        assert task.looked_at == span("2026-11-10T11:00", "2026-11-18T00:00")
        assert task.beyond[0].slot.start == task.problem.horizon.end == at("2026-11-13T00:00")
        assert {s.slot.duration for s in task.beyond} == {HOUR}
        assert {s.price_kind for s in task.beyond} == {Kind.ESTIMATED}
        assert all(o.due <= task.problem.horizon.end for o in task.problem.orders)


def test_what_is_forecast_of_the_days_after_is_taken_from_the_forecast(world):
    start, end = at("2026-11-13T00:00"), at("2026-11-18T00:00")
    told = dict.fromkeys(slots(Interval(start, end), Resolution.HOUR), 77.0)
    world.situation._expected = lambda _series, _fine: Expected(told, "spot_price/3", NOW - HOUR)
    task, notes = world.task()
    assert {s.price_kind for s in task.beyond} == {Kind.FORECAST}
    assert not any("spot_price/3" in note for note in notes), "the notes are of the hours that are planned"


def test_the_look_ends_with_the_last_day_that_can_be_told_and_that_is_said(world):
    """Today's prices are lacking: the same day of next week has none to be like."""
    world.store.forget("spot", frozenset(Kind), at("2026-11-30T00:00"))
    midnight = at("2026-11-10T00:00")
    world.fill("spot", Interval(midnight - 9 * DAY, midnight), value=spot)
    task, notes = world.task()
    assert task.looked_at.end == at("2026-11-17T00:00")
    assert [n for n in notes if "looked at" in n] == [
        "The days after are looked at until 2026-11-17T00:00:00+01:00: too little is known of more."
    ]


def test_days_after_of_which_nothing_can_be_told_are_not_looked_at_and_that_is_said(world):
    """Of a few hours' prices the plan itself can just be made."""
    world.store.forget("spot", frozenset(Kind), at("2026-11-30T00:00"))
    midnight = at("2026-11-06T00:00")
    world.fill("spot", Interval(midnight - 3 * DAY, midnight), value=spot)
    task, notes = world.task()
    assert task.beyond == ()
    assert task.looked_at == task.problem.horizon
    assert [n for n in notes if "looks no further" in n] == [
        "The plan looks no further than its end: too little is known of the days until 2026-11-18T00:00:00+01:00."
    ]


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25 + 48), ("2026-03-29", 23 + 48)])
def test_days_of_25_and_23_hours_are_whole(day, hours):
    world = PlanWorld(at(f"{day}T00:30"))
    world.optimise("first")
    world.know(at(f"{day}T10:00"))
    task, _ = world.task()
    assert len(task.problem.slots) == hours
    assert {s.slot.duration for s in task.problem.slots} == {HOUR}
    assert task.problem.horizon.end.astimezone(MADRID).hour == 0
    world.close()


def test_an_expired_plan_still_says_how_the_plant_stands(world):
    made = world.optimise("first").planned.plan
    world.know(NOW + 10 * DAY)
    task, notes = world.task()
    assert task.problem.horizon.start == at("2026-11-20T11:00")
    left = standing(made, made.problem.horizon.end)
    assert task.problem.stocks_kg == left.stocks_kg
    assert task.problem.done_kg == {}
    assert task.options.fixed == task.options.steady == ()
    assert any("does not go on" in note for note in notes), "who reads it must know what the stocks rest on"


def test_another_resolution_begins_anew_but_not_with_other_stocks(world):
    made = world.optimise("first").planned.plan
    world.know(NOW + 5 * HOUR)
    task, _ = world.task(pace=Pace(Resolution.QUARTER))
    assert task.problem.step_h == 0.25
    assert task.problem.horizon.start == at("2026-11-10T16:00")
    assert task.problem.stocks_kg == standing(made, at("2026-11-10T16:00")).stocks_kg
    assert task.options.fixed == task.options.steady == ()


# ------------------------------------------------------------------------------------------------------------- history
def test_history_is_what_was_planned_and_is_frozen_with_its_output(world):
    before, task, _ = in_force(world, at("2026-11-10T16:07"))
    begun = [b for b in before.batches if b.start < at("2026-11-10T16:07")]
    assert begun
    assert {b.id for b in task.options.fixed if b.held == "begun"} == {b.id for b in begun}
    past = [s.slot for s in task.problem.slots if s.slot.start < task.problem.now]
    assert sum(task.problem.done_kg.values()) == pytest.approx(
        output_between(before, past[0].start, past[-1].end), abs=1e-9
    )
    assert sum(task.problem.done_kg.values()) > 0
    assert set(task.problem.done_kg) <= {s.start for s in past}


def test_what_begins_within_the_frozen_window_is_frozen_and_the_rest_is_steady(world):
    before, task, _ = in_force(world)
    frozen_until = NOW + timedelta(hours=world.plant.policy.frozen_h)
    held = {b.id: b.held for b in task.options.fixed}
    for batch in before.batches:
        expected = "begun" if batch.start < NOW else "frozen" if batch.start < frozen_until else None
        assert held.get(batch.id) == expected, batch
    assert {b.id for b in task.options.steady} == {b.id for b in before.batches} - held.keys()
    assert task.options.move_eur == world.plant.policy.move_threshold_eur


def test_the_plants_caution_is_asked_for_and_told_where_a_price_is_guessed(world):
    task, notes = world.task()
    assert task.options.caution_eur_mwh == world.plant.policy.caution_eur_mwh > 0
    assert any("20 EUR/MWh dearer than expected" in note for note in notes)
    world.plant = replace(world.plant, policy=replace(world.plant.policy, caution_eur_mwh=0.0))
    assert not any("dearer than expected" in note for note in world.task()[1])


def test_a_locked_batch_is_fixed_wherever_it_stands(world):
    made = world.optimise("first").planned.plan
    last = made.batches[-1]
    world.plans.lock_batch(last.id, locked=True, at=NOW)
    task, _ = world.task()
    assert {b.id: b.held for b in task.options.fixed}[last.id] == "locked"
    world.plans.lock_batch(last.id, locked=False, at=NOW)
    task, _ = world.task()
    assert last.id in {b.id for b in task.options.steady}


def test_stocks_finished_goods_and_running_conches_are_carried_over(world):
    made = world.optimise("first").planned.plan
    midnight = at("2026-11-11T00:00")
    running = [b for b in made.batches if b.stage == "conche" and b.start < midnight < b.end]
    assert running, "the rule fills a conche in the evening"
    world.know(NOW + DAY)
    problem = world.task()[0].problem
    there = standing(made, midnight)
    assert problem.stocks_kg == there.stocks_kg
    assert problem.finished_kg == there.finished_kg
    assert [b.id for b in problem.running] == [b.id for b in running]
    due = [o for o in made.problem.orders if o.due <= midnight]
    assert due
    assert due[0].id not in {o.id for o in problem.orders}, "what was due is in finished_kg already"


# -------------------------------------------------------------------------------------------------------------- counts
def count(world, at_, tanks, **finished) -> None:
    world.plans.add_count(StockCount(at_, tanks, finished))


def test_a_count_before_any_plan_is_the_stock(world):
    count(world, NOW - HOUR, {"tank-dark": 700.0, "tank-milk": 800.0, "tank-white": 900.0}, dark=50.0)
    task, notes = world.task()
    assert task.problem.stocks_kg == {"dark": 700.0, "milk": 800.0, "white": 900.0}
    assert task.problem.finished_kg["dark"] == 50.0
    assert any("counted at 2026-11-10T10:07" in note for note in notes)


def test_a_count_corrects_the_plan_by_what_was_missing_then(world):
    made = world.optimise("first").planned.plan
    moment = at("2026-11-10T15:00")
    planned = standing(made, moment).stocks_kg
    tanks = {f"tank-{name}": kg - 100.0 for name, kg in planned.items()}
    count(world, moment, tanks)
    world.know(at("2026-11-10T15:10"))
    problem = world.task()[0].problem
    before = made.problem.stocks_kg
    assert problem.stocks_kg == pytest.approx({name: kg - 100.0 for name, kg in before.items()})


def test_a_count_counts_once(world):
    world.optimise("first")
    count(world, NOW, {"tank-dark": 900.0, "tank-milk": 800.0, "tank-white": 500.0})
    world.clock.sleep(60)
    corrected = world.optimise("schedule").task.problem.stocks_kg
    world.clock.sleep(1800)
    assert world.task()[0].problem.stocks_kg == pytest.approx(corrected)


def test_a_count_just_before_midnight_is_not_lost(world):
    made = world.optimise("first").planned.plan
    world.know(at("2026-11-10T23:40"))
    world.optimise("schedule")
    counted = {f"tank-{name}": kg + 50.0 for name, kg in standing(made, at("2026-11-10T23:00")).stocks_kg.items()}
    count(world, at("2026-11-10T23:50"), counted)
    world.know(at("2026-11-11T00:10"))
    stocks = world.task()[0].problem.stocks_kg
    assert stocks == pytest.approx({n: kg + 50.0 for n, kg in standing(made, at("2026-11-11T00:00")).stocks_kg.items()})
    world.optimise("schedule")
    world.know(at("2026-11-11T00:40"))
    assert world.task()[0].problem.stocks_kg == pytest.approx(stocks)


def test_a_count_after_the_plan_had_ended_is_believed(world):
    world.optimise("first")
    monday = NOW + 6 * DAY
    count(world, monday - 3 * HOUR, {"tank-dark": 410.0, "tank-milk": 420.0, "tank-white": 430.0})
    world.know(monday)
    assert world.task()[0].problem.stocks_kg == {"dark": 410.0, "milk": 420.0, "white": 430.0}


# --------------------------------------------------------------------------------------------------- prices and weather
def test_tomorrows_prices_are_a_marked_guess_until_they_are_published(world):
    task, notes = world.task()
    kinds = {s.slot.start.astimezone(MADRID).day: s.price_kind for s in task.problem.slots}
    assert kinds == {10: Kind.OBSERVED, 11: Kind.ESTIMATED, 12: Kind.ESTIMATED}
    assert any("estimated" in note for note in notes)
    world.know(NOW, tomorrow=True)
    kinds = {s.slot.start.astimezone(MADRID).day: s.price_kind for s in world.task()[0].problem.slots}
    assert kinds == {10: Kind.OBSERVED, 11: Kind.OBSERVED, 12: Kind.ESTIMATED}


def test_an_hours_weather_is_what_was_read_and_later_what_is_forecast(world):
    in_plan = {s.slot.start: s.air.temperature_c for s in in_force(world)[1].problem.slots}
    assert in_plan[at("2026-11-10T08:00")] == 15.8
    assert in_plan[at("2026-11-10T12:00")] == pytest.approx(18.2)


def test_without_prices_there_is_no_plan_and_it_is_said_what_to_do():
    world = PlanWorld(filled=False)
    with pytest.raises(NotYetError, match="needs a price") as told:
        world.task()
    assert "POST /ingest-now" in str(told.value)
    world.fill("spot", span("2026-11-01", "2026-11-14"), value=spot)
    with pytest.raises(NotYetError, match="needs weather"):
        world.task()
    world.close()
