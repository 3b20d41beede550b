"""The days after a plan: what they cost by what is left for them, and what a plan makes of that."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_checker import violations
from planning_problems import MONDAY, PLANT, problem, small_plant, two_peaks

from chocolate_factory.domain.plan import Options, Plan, Problem, Status
from chocolate_factory.domain.plant import Order
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.arrays.schedule import after_eur, objective_eur
from chocolate_factory.planning.carry import standing
from chocolate_factory.planning.compare import saving_eur
from chocolate_factory.planning.plans import schedule_of
from chocolate_factory.planning.search.ahead import after
from chocolate_factory.planning.search.tail import Left, plane_at
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.planning.what_if import moved

EXACT, NEAR = Options(gap=1e-6, time_limit_s=60), Options(gap=0.005, time_limit_s=60)
HEAD_H, WEEK_H = 48, 120


def plant_with(weekly_kg: float = 900.0):
    """A small plant that is asked for the same every day but Sunday."""
    plant = small_plant()
    weekly = {day: {"dark": weekly_kg} for day in PLANT.demand.weekly}
    stocks = replace(plant.stocks, tanks_kg={"tank-dark": 600.0}, finished_kg={"dark": 0.0})
    return replace(plant, demand=replace(plant.demand, weekly=weekly), stocks=stocks)


def week_of(prices=two_peaks, plant=None) -> Problem:
    return problem(plant or plant_with(), hours=WEEK_H, prices=prices)


def dear_after(hour: int) -> float:
    """Two days as ever, and dear ones after."""
    return two_peaks(hour) + 0.3 * (hour >= HEAD_H)


def head_of(week: Problem, hours: int = HEAD_H) -> Problem:
    slots = week.slots[:hours]
    return replace(week, slots=slots, orders=tuple(o for o in week.orders if o.due <= slots[-1].slot.end))


def looking(week: Problem, options: Options = EXACT, hours: int = HEAD_H) -> Problem:
    head = head_of(week, hours)
    return replace(head, after=after(head, days_after(week, hours), options))


def days_after(week: Problem, hours: int = HEAD_H) -> Problem:
    orders = tuple(o for o in week.orders if o.due > week.slots[hours - 1].slot.end)
    return replace(week, slots=week.slots[hours:], orders=orders, stocks_kg={}, end_kg={"dark": 600.0})


def end_of(plan: Plan) -> Left:
    there = standing(plan, plan.problem.horizon.end)
    return Left(dict(there.stocks_kg), dict(there.finished_kg))


# ---------------------------------------------------------------------------------------------------------- the planes
lefts = st.builds(
    lambda warm, done: Left({"dark": warm}, {"dark": done}),
    st.floats(100, 1500, allow_nan=False),
    st.floats(-900, 3000, allow_nan=False),
)


@settings(max_examples=25, deadline=None)
@given(lefts, lefts)
def test_a_plane_touches_the_cost_where_it_was_found_and_lies_below_it_elsewhere(here, there):
    days = days_after(week_of())
    one, other = plane_at(days, EXACT, here), plane_at(days, EXACT, there)
    assert one is not None
    assert other is not None
    cost_there = other.at(there.warm_kg, there.finished_kg)
    assert one.at(there.warm_kg, there.finished_kg) <= cost_there + 1e-6 * max(1.0, abs(cost_there))


def test_what_is_left_saves_what_the_days_would_pay_for_it():
    """By differences over a whole kilogram either way: the slope lies between them, for the cost is convex."""
    days = days_after(week_of())
    for here in (Left({"dark": 600.0}, {"dark": 0.0}), Left({"dark": 1000.0}, {"dark": 700.0})):
        plane = plane_at(days, EXACT, here)
        assert plane is not None
        cost = plane.at(here.warm_kg, here.finished_kg)
        for kind, slope in (("warm_kg", plane.warm_eur_kg), ("finished_kg", plane.finished_eur_kg)):
            costs = []
            for kg in (-1.0, 1.0):
                beside = replace(here, **{kind: {"dark": getattr(here, kind)["dark"] + kg}})
                found = plane_at(days, EXACT, beside)
                assert found is not None
                costs.append(found.at(beside.warm_kg, beside.finished_kg))
            assert cost - costs[0] - 1e-6 <= slope["dark"] <= costs[1] - cost + 1e-6
            assert slope["dark"] < 0


def test_days_that_cannot_fill_the_tanks_again_fill_them_as_far_as_they_can():
    """A plan before days off looks at them all the same."""
    week = problem(plant_with(), hours=WEEK_H, crew=lambda hour: hour < HEAD_H and 6 <= hour % 24 < 22)
    head = head_of(week)
    looked = after(replace(head, stocks_kg={"dark": 150.0}), days_after(week), EXACT)
    assert looked is not None
    assert looked.until == week.horizon.end


def test_days_in_which_nothing_is_made_cost_the_plant_at_rest():
    idle = replace(plant_with(), demand=replace(PLANT.demand, weekly={}))
    week = problem(idle, hours=WEEK_H)
    days = replace(days_after(week), end_kg={})
    looked = after(head_of(week), days, EXACT)
    assert looked is not None
    frame = Frame(days, EXACT)
    assert {round(p.eur, 6) for p in looked.planes} == {round(float(frame.fixed_kw @ frame.price), 6)}
    assert make_plan(replace(head_of(week), after=looked), EXACT).batches == ()


# ------------------------------------------------------------------------------------------------------------ the plan
def test_the_program_counts_the_days_after_as_the_schedule_does():
    looks = looking(week_of())
    plan = make_plan(looks, EXACT)
    assert violations(plan) == []
    frame = Frame(looks, EXACT)
    assert plan.after_eur == pytest.approx(after_eur(frame, schedule_of(plan, frame)), abs=1e-6)
    assert plan.solver.bound_eur == pytest.approx(objective_eur(frame, schedule_of(plan, frame)), rel=1e-4)
    left, planes = end_of(plan), looks.after.planes
    assert plan.after_eur == pytest.approx(max(p.at(left.warm_kg, left.finished_kg) for p in planes), abs=0.01)


def test_the_planes_are_true_where_the_plan_ends():
    week = week_of()
    plan = make_plan(looking(week), EXACT)
    left = end_of(plan)
    plane = plane_at(days_after(week), EXACT, left)
    assert plane is not None
    cost = plane.at(left.warm_kg, left.finished_kg)
    assert plan.after_eur == pytest.approx(cost, rel=0.02)
    assert plan.after_eur <= cost + 0.01, "what they say is never too much"


def test_before_dear_days_more_is_made_than_before_cheap_ones():
    dear, cheap = (
        make_plan(looking(week_of(prices)), NEAR)
        for prices in (dear_after, lambda h: two_peaks(h) * (h < HEAD_H) + 0.01)
    )
    assert dear.kg > cheap.kg + 500
    assert end_of(dear).finished_kg["dark"] > end_of(cheap).finished_kg["dark"] + 500
    assert dear.owed_kg == cheap.owed_kg == 0
    plain = make_plan(head_of(week_of()), NEAR)
    assert plain.after_eur == 0
    assert end_of(plain).warm_kg["dark"] >= 600 - 0.01, "who looks nowhere puts back what he takes"


@pytest.mark.slow
@pytest.mark.parametrize("price", [0.05, 0.12, 0.30])
def test_two_days_that_look_ahead_and_the_days_after_cost_what_the_whole_week_planned_at_once_does(price):
    week = week_of(lambda hour: two_peaks(hour) if hour < HEAD_H else price + 0.02 * (hour % 24 > 12))
    week = replace(week, end_kg={"dark": 600.0})
    options = Options(gap=0.002, time_limit_s=60, whole_h=WEEK_H)
    at_once = make_plan(week, options)
    costs = {}
    for name, head in (("looks", looking(week, options)), ("does not", replace(head_of(week), end_kg=None))):
        first = make_plan(replace(head, end_kg=None), options)
        left = end_of(first)
        rest = replace(days_after(week), stocks_kg=left.warm_kg, finished_kg=left.finished_kg)
        then = make_plan(rest, options)
        assert first.owed_kg == then.owed_kg == 0
        costs[name] = first.objective_eur - first.after_eur + then.objective_eur
    assert costs["looks"] <= 1.05 * at_once.objective_eur
    assert costs["looks"] <= costs["does not"] + 0.005 * at_once.objective_eur


@pytest.mark.slow
def test_a_product_that_only_the_days_after_ask_for_can_be_made_before():
    """Milk is due on Wednesday; the plan is of Monday and Tuesday, and Wednesday is dear."""
    week = problem(PLANT, hours=72, prices=lambda hour: two_peaks(hour) if hour < HEAD_H else 0.9)
    plan = make_plan(looking(week, Options(gap=0.02, time_limit_s=30)), Options(gap=0.02, time_limit_s=30))
    assert violations(plan) == []
    assert any(b.product == "milk" for b in plan.batches)
    assert end_of(plan).finished_kg["milk"] > 1000


def test_in_quarter_hours_the_days_after_count_by_the_hour():
    week = week_of()
    quarters = problem(plant_with(), hours=HEAD_H, step=0.25)
    quarters = replace(quarters, after=after(quarters, days_after(week), NEAR))
    plan = make_plan(quarters, Options(gap=0.02, time_limit_s=30))
    assert violations(plan) == []
    assert plan.after_eur > 0
    assert plan.status is not Status.INFEASIBLE


# ------------------------------------------------------------------------------------------------- what is said of it
@pytest.mark.slow
def test_moving_a_batch_counts_what_it_takes_from_the_days_after():
    week = week_of(dear_after)
    looks = looking(week)
    plan = make_plan(looks, NEAR)
    run = max((b for b in plan.batches if b.stage == "line"), key=lambda b: b.start)
    move = moved(looks, NEAR, plan, run.id, run.start - timedelta(hours=1))
    assert move.feasible
    assert move.delta_eur is not None
    assert move.delta_eur >= -0.005 * plan.objective_eur
    assert "the days after" in move.reason["en"]
    assert "días siguientes" in move.reason["es"]
    plain = make_plan(head_of(week), NEAR)
    batch = max((b for b in plain.batches if b.stage == "line"), key=lambda b: b.start)
    assert "the days after" not in moved(head_of(week), NEAR, plain, batch.id, batch.start).reason["en"]


@pytest.mark.slow
def test_a_plan_that_does_the_work_of_days_at_once_is_compared_by_the_kilogram():
    week = week_of(dear_after)
    ahead, plain = make_plan(looking(week), NEAR), make_plan(head_of(week), NEAR)
    assert ahead.kg > 1.25 * plain.kg
    assert saving_eur(ahead, plain) is not None
    assert saving_eur(replace(ahead, problem=head_of(week)), plain) is None, (
        "who does not look ahead has no such reason"
    )


def test_a_late_delivery_of_the_days_after_is_made_before():
    """More is due on Wednesday than Wednesday can make."""
    plant = replace(plant_with(), demand=replace(PLANT.demand, weekly={}, orders=()))
    big = Order("big", "dark", 4000.0, MONDAY + timedelta(hours=72))
    plant = replace(plant, demand=replace(plant.demand, orders=(big,)))
    week = problem(plant, hours=96)
    plan = make_plan(looking(week), NEAR)
    assert end_of(plan).finished_kg["dark"] + end_of(plan).warm_kg["dark"] > 1500
