"""Why something is late or nothing fits: the smallest set that cannot hold together, and the ways out of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from functools import cache
from time import perf_counter

import pytest
from plan_checker import violations
from planning_problems import MONDAY, PLANT, order, problem, with_contract

from chocolate_factory.domain.plan import Batch, Options, Status
from chocolate_factory.domain.plan_record import PlanTask
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import HOUR, MADRID
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.conflicts.core import conflicts_of
from chocolate_factory.planning.conflicts.late_orders import late_orders
from chocolate_factory.planning.conflicts.loosened import Limit, holds, loosened
from chocolate_factory.planning.conflicts.ways_out import crew_hour_eur
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.usecases.planned import planned

QUICK = Options(gap=0.01, time_limit_s=20)


def batch_at(hour, stage="line", hours=4):
    start = MONDAY + timedelta(hours=hour)
    machine = "line" if stage == "line" else "conche-1"
    return Batch(f"{stage}-{hour}", "dark", stage, machine, start, start + hours * HOUR, 1000.0, held="locked")


MILD, HOT = Air(20.0, 40.0), Air(45.0, 30.0)
NIGHT_LOCK = {"fixed": (batch_at(2),)}
QUIET_LOCK = {"fixed": (batch_at(12),), "quiet": ((12, 16),)}
TWO_LOCKS = {"fixed": (batch_at(8, "conche", 12), batch_at(9, "conche", 12))}
ALL_DAY = {"quiet": ((0, 20),)}
CASES = {
    "beyond": ({"orders": (order(20_000, 22),)}, {}, {"mass", "order"}),
    "too soon": ({"orders": (order(2000, 12),), "stocks": {"dark": 300.0}}, {}, {"mass", "order"}),
    "too early": ({"orders": (order(1000, 9),), "stocks": {"dark": 1800.0}}, {}, {"line", "crew", "order"}),
    "weak contract": ({"plant": with_contract(PLANT, 75)}, {}, {"contract", "order"}),
    "weaker still": ({"plant": with_contract(PLANT, 15)}, {}, {"contract"}),
    "low peak": ({}, {"peak_kw": 75.0}, {"peak", "order"}),
    "heat wave": ({"air": lambda hour: HOT}, {}, {"hall", "order"}),
    "locked at night": ({}, NIGHT_LOCK, {"crew", "held"}),
    "locked in quiet hours": ({}, QUIET_LOCK, {"quiet", "held"}),
    "locked together": ({}, TWO_LOCKS, {"refining", "held"}),
    "quiet all day": ({}, ALL_DAY, {"line", "quiet", "order"}),
}


@cache
def case(name):
    """A problem, its options and its plan."""
    given, wished, _ = CASES[name]
    p = problem(**{"hours": 24, "orders": (order(900, 22),), **given})
    options = replace(QUICK, **wished)
    return p, options, make_plan(p, options)


@cache
def conflict_of(name):
    (conflict,) = conflicts_of(*case(name))
    return conflict


def limits(conflict, p, options):
    """The clashes as what was loosened: order and batch by the name in their text."""
    names = [o.id for o in p.orders] + [b.id for b in options.fixed] + ["dark"]
    return [
        Limit(c.what, next((n for n in names if re.search(rf"\b{n}\b", c.text["en"])), "")) for c in conflict.clashes
    ]


@pytest.mark.parametrize("name", CASES)
def test_the_smallest_set_that_cannot_hold_together(name):
    conflict = conflict_of(name)
    assert {c.what for c in conflict.clashes} == CASES[name][2]
    assert all(c.text["es"] and c.text["en"] for c in (*conflict.clashes, *conflict.ways_out))


@pytest.mark.parametrize("name", ["weak contract", "heat wave", "locked at night", "locked together", "quiet all day"])
def test_without_any_one_of_them_the_others_hold_together(name):
    p, options, plan = case(name)
    given_up = frozenset(Limit("order", o.id) for o in p.orders) if plan.status is Status.INFEASIBLE else frozenset()
    clashes = [_named(limit) for limit in limits(conflict_of(name), p, options)]
    for freed in clashes:
        assert holds(_only(p, options, [c for c in clashes if c != freed], given_up), 10, whole=True)
    assert holds(_only(p, options, clashes, given_up), 10, whole=True) is False


def _named(limit):
    return limit if limit.what in {"order", "held", "mass", "tank", "end"} else Limit(limit.what)


def _only(p, options, kept, given_up):
    """The problem with these limits alone."""
    every = {Limit(w) for w in ("refining", "line", "contract", "peak", "hall", "conches", "crew", "quiet", "night")}
    every |= {Limit(w, "dark") for w in ("end", "tank", "mass")}
    every |= {Limit("order", o.id) for o in p.orders} | {Limit("held", b.id) for b in options.fixed}
    return loosened(p, options, (every - set(kept)) | given_up)


# ------------------------------------------------------------------------------------------------------------ ways out
def test_the_cheapest_way_out_comes_first_and_what_nobody_priced_last():
    (p, options, plan), conflict = case("too early"), conflict_of("too early")
    prices = [way.eur for way in conflict.ways_out]
    assert prices == sorted(prices, key=lambda eur: (eur is None, eur))
    later, crew = conflict.ways_out
    (late,) = late_orders(plan, Frame(p, options))
    assert later.text["en"] == f"{late.kg:.0f} kg of dark-9 later by {late.hours:g} h"
    assert later.eur == pytest.approx(plan.late_eur)
    assert crew.text["en"].startswith("1 h more of crew: Monday 9 from 05:00 to 06:00")
    assert crew.text["es"].startswith("1 h más de personal: lunes 9 de 05:00 a 06:00")
    assert crew.eur == pytest.approx(crew_hour_eur(PLANT, MONDAY))


def test_an_hour_of_crew_costs_the_labour_of_what_is_made_in_one():
    """12 t a week in 96 h of crew at 0.80 EUR/kg."""
    assert crew_hour_eur(PLANT, MONDAY) == pytest.approx(12_000 / 96 * 0.8)
    unpriced = replace(PLANT, policy=replace(PLANT.policy, labour_eur_kg=0.0))
    assert crew_hour_eur(unpriced, MONDAY) is None


def test_the_hour_of_crew_that_is_proposed_is_enough():
    p, options, _ = case("too early")
    at = MONDAY + 5 * HOUR
    longer = replace(p, slots=tuple(replace(s, crew=s.crew or s.slot.start == at) for s in p.slots))
    plan = make_plan(longer, options)
    assert violations(plan) == []
    assert plan.late_kg_h == 0


@pytest.mark.parametrize("name", ["weak contract", "weaker still"])
def test_the_kilowatts_that_are_proposed_are_enough_and_hardly_more_than_that(name):
    (p, options, plan), conflict = case(name), conflict_of(name)
    way = next(w for w in conflict.ways_out if "contracted power" in w.text["en"])
    kw = min(p.plant.contract.contracted_kw.values()) + int(way.text["en"].split()[0])
    enough, fewer = (make_plan(replace(p, plant=with_contract(PLANT, limit)), options) for limit in (kw, kw - 2))
    assert way.eur is None
    assert enough.status is not Status.INFEASIBLE
    assert fewer.status is Status.INFEASIBLE or fewer.late_kg_h > 0
    if plan.status is not Status.INFEASIBLE:
        assert enough.late_kg_h == 0


@pytest.mark.parametrize("name", ["locked at night", "locked together"])
def test_a_lock_that_is_released_lets_the_rest_be_planned(name):
    (p, options, _), conflict = case(name), conflict_of(name)
    released = {
        w.text["en"].removeprefix("release the lock on batch "): w for w in conflict.ways_out if "lock" in w.text["en"]
    }
    assert set(released) == {b.id for b in options.fixed}
    assert {w.eur for w in released.values()} == {0.0}
    for batch_id in released:
        freed = replace(options, fixed=tuple(b for b in options.fixed if b.id != batch_id))
        again = make_plan(p, freed)
        assert violations(again) == []
        assert again.status is not Status.INFEASIBLE


def test_the_cold_that_is_proposed_is_enough():
    (p, options, _), conflict = case("heat wave"), conflict_of("heat wave")
    way = next(w for w in conflict.ways_out if "cold" in w.text["en"])
    share = PLANT.chiller.share_max if HOT.temperature_c < 0 else max(PLANT.chiller.share_min, 1 - 0.008 * 10)
    colder = replace(PLANT.chiller, capacity_kw=PLANT.chiller.capacity_kw + int(way.text["en"].split()[0]) / share)
    again = make_plan(replace(p, plant=replace(PLANT, chiller=colder)), options)
    assert violations(again) == []
    assert again.late_kg_h == 0


def test_without_night_work_the_night_a_conche_and_crew_hours_are_ways_out():
    p = problem(orders=(order(3000, 40),), stocks={"dark": 300.0})
    options = replace(QUICK, night_work=False)
    (conflict,) = conflicts_of(p, options, make_plan(p, options))
    assert {"night", "order"} <= {c.what for c in conflict.clashes}
    told = [way.text["en"] for way in conflict.ways_out]
    assert "let batches go on at night" in told
    assert "1 more conche" in told
    hours = next(text for text in told if "more of crew" in text)
    assert make_plan(p, replace(options, night_work=True)).late_kg_h == 0
    assert make_plan(_with_crew(p, hours), options).late_kg_h == 0


def _with_crew(p, text):
    """The problem with a crew in the hours that a way out names."""
    day, first, end = re.search(r"(\d+) from (\d+):00 to (\d+):00", text).groups()
    return replace(p, slots=tuple(replace(s, crew=s.crew or _inside(s, day, first, end)) for s in p.slots))


def _inside(slot, day, first, end):
    local = slot.slot.start.astimezone(MADRID)
    return local.day == int(day) and int(first) <= local.hour < int(end)


# -------------------------------------------------------------------------------------------------------------- orders
@pytest.mark.slow
def test_two_products_that_are_late_for_their_own_reasons_are_two_conflicts():
    orders = (order(2000, 12), order(2500, 22, "milk"))
    p = problem(orders=orders, stocks={"dark": 300.0, "milk": 200.0})
    plan = make_plan(p, replace(QUICK, time_limit_s=2))
    found = conflicts_of(p, QUICK, plan)
    told = [{c.text["en"].split(":")[0] for c in conflict.clashes if c.what == "order"} for conflict in found]
    assert {"Order dark-12"} in told
    assert {"Order milk-22"} in told


def test_an_order_that_is_late_for_the_one_before_it_is_told_with_it():
    """What Monday's order lacks is made before Tuesday's is begun: together they are too much, neither alone."""
    p = problem(orders=(order(3200, 22), order(3200, 46)), stocks={"dark": 1500.0})
    plan = make_plan(p, replace(QUICK, time_limit_s=2))
    first, second = conflicts_of(p, QUICK, plan)
    demands = [{c.text["en"] for c in conflict.clashes if c.what == "order"} for conflict in (first, second)]
    assert demands[0] == {"Order dark-22: 3200 kg of dark due Monday 9 at 22:00"}
    assert demands[1] == demands[0] | {"Order dark-46: 3200 kg of dark due Tuesday 10 at 22:00"}


def test_an_order_that_is_late_because_that_is_cheaper_says_so():
    """Thirty kilograms are not worth a start: a day late costs less."""
    cheap = replace(PLANT, policy=replace(PLANT.policy, lateness_eur_kg_h=0.0001))
    p = problem(cheap, orders=(order(500, 22),))
    plan = make_plan(p, QUICK)
    assert plan.late_eur > 0
    (conflict,) = conflicts_of(p, QUICK, plan)
    assert [c.what for c in conflict.clashes] == ["order", "cost"]
    later, on_time = conflict.ways_out
    forced = make_plan(replace(p, plant=PLANT), QUICK)
    assert forced.late_kg_h == 0
    assert later.eur == pytest.approx(plan.late_eur)
    assert on_time.eur == pytest.approx(forced.objective_eur - plan.objective_eur + plan.late_eur, rel=0.1)


def test_what_was_due_before_the_horizon_is_told_as_owed():
    p = problem(orders=(order(500, 46),), finished_kg={"dark": -300.0})
    plan = make_plan(p, QUICK)
    first, *_ = conflicts_of(p, QUICK, plan)
    assert first.clashes[0].what == "arrears"
    assert "300 kg of dark" in first.clashes[0].text["en"]


def test_tanks_that_cannot_end_as_full_as_they_must_are_a_conflict_of_limits():
    late_shift = problem(hours=24, orders=(order(500, 22),), stocks={"dark": 600.0}, crew=lambda hour: 14 <= hour < 22)
    p = replace(late_shift, end_kg={"dark": 900.0})
    plan = make_plan(p, QUICK)
    assert plan.status is Status.INFEASIBLE
    (conflict,) = conflicts_of(p, QUICK, plan)
    assert {"end", "mass"} <= {c.what for c in conflict.clashes}
    assert "order" not in {c.what for c in conflict.clashes}
    less = next(w for w in conflict.ways_out if "less at the end" in w.text["en"])
    kg = int(less.text["en"].split(" with ")[1].split()[0])
    lower = replace(p, end_kg={"dark": 900.0 - kg})
    assert make_plan(lower, QUICK).status is not Status.INFEASIBLE


def test_a_plan_on_time_has_no_conflict():
    p = problem(orders=(order(500, 46),))
    assert conflicts_of(p, QUICK, make_plan(p, QUICK)) == ()


@pytest.mark.parametrize("stocks", [{"dark": 1500.0}, {"dark": 300.0}])
def test_what_is_late_is_counted_as_the_plan_counts_it(stocks):
    p = problem(orders=(order(2500, 22), order(2500, 46)), stocks=stocks)
    plan = make_plan(p, QUICK)
    assert sum(late.eur for late in late_orders(plan, Frame(p, QUICK))) == pytest.approx(
        plan.late_eur, rel=0.01, abs=0.1
    )


def test_a_plan_that_is_late_carries_its_conflicts():
    p, options, _ = case("too early")
    found = planned(PlanTask(p, options, replications=0)).plan
    assert [c.what for c in found.conflicts[0].clashes] == [c.what for c in conflict_of("too early").clashes]
    assert planned(PlanTask(problem(hours=24, orders=()), options, replications=0)).plan.conflicts == ()


# ---------------------------------------------------------------------------------------------------------------- time
@pytest.mark.slow
def test_three_products_in_quarter_hours_are_answered_in_time():
    orders = (order(3000, 22), order(2500, 22, "milk"), order(900, 46, "white"))
    p = problem(step=0.25, orders=orders)
    plan = make_plan(p, replace(QUICK, time_limit_s=5))
    begun = perf_counter()
    found = conflicts_of(p, QUICK, plan)
    assert found
    assert perf_counter() - begun < 15


def test_without_time_nobody_is_wronged():
    (conflict,) = conflicts_of(*case("weak contract"), time_limit_s=1e-6)
    assert [c.what for c in conflict.clashes] == ["order", "time"]
    assert len(conflict.ways_out) == 1
