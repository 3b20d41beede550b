"""One replication: what a plan gives when all goes well, and what each kind of trouble does to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from statistics import fmean

import pytest
from hand_plans import DEFAULT, MONDAY, STEADY, Fill, Run, air_of_day, good_plan, order, plan_of, problem_of

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.plan import OWED_H, Batch
from chocolate_factory.domain.tariff import Period, Tariff
from chocolate_factory.domain.thermal import Air, room_after_c
from chocolate_factory.domain.time import madrid_midnight
from chocolate_factory.simulation.chance import Chance, Luck
from chocolate_factory.simulation.conches import crew_from
from chocolate_factory.simulation.hall import Room
from chocolate_factory.simulation.run import run
from chocolate_factory.simulation.trace import Doing
from chocolate_factory.simulation.world import world_of

WEATHERS = {"mild": air_of_day(), "winter": air_of_day(6, 5), "damp": lambda _: Air(20, 80), "warm": air_of_day(29, 4)}
CALM = replace(DEFAULT, failures=STEADY)


def failing(**changes):
    return replace(DEFAULT, failures=replace(STEADY, **changes))


def doing(outcome, what):
    return sum(s.end_h - s.start_h for s in outcome.trace.line if s.doing is what)


# ------------------------------------------------------------------------------------------------- all goes as planned
@pytest.mark.parametrize("weather", WEATHERS)
@pytest.mark.parametrize("step_h", [1.0, 0.25])
def test_without_chance_the_plan_comes_true_in_kg_and_within_two_percent_in_cost(weather, step_h):
    plan = good_plan(air=WEATHERS[weather], step_h=step_h)
    outcome = run(plan, 1, random=False)
    assert outcome.good_kg + outcome.reject_kg + outcome.rework_kg == pytest.approx(plan.kg, abs=0.5)
    assert outcome.rework_kg == pytest.approx(3 * DEFAULT.line.rework_kg)
    assert outcome.cost_eur == pytest.approx(plan.cost_eur, rel=0.02)
    assert outcome.energy_kwh == pytest.approx(plan.kwh, rel=0.02)


def test_rejects_follow_the_room():
    outcome = run(good_plan(), 1, random=False)
    output = outcome.ledger.output
    shares = output.reject_kg / (output.gross_kg - output.rework_kg).clip(1e-9)
    expected = [DEFAULT.quality.reject_share(c) for c in output.room_c]
    made = output.gross_kg > output.rework_kg + 1e-6
    assert shares[made] == pytest.approx([e for e, m in zip(expected, made, strict=True) if m])
    assert outcome.reject_kg > 0


def test_losses_of_a_perfect_run_are_the_planned_ones_alone():
    losses = run(good_plan(), 1, random=False).oee.losses_min
    assert losses["setup"] == pytest.approx(180)
    assert losses["changeover"] == pytest.approx(60)  # dark to milk: two hours, of which one is the set-up
    assert losses["slow"] == pytest.approx(60 * (10.75 - 4300 / 450))
    assert [losses[c] for c in ("breakdown", "micro_stop", "starved")] == [0, 0, 0]


def test_negative_prices_earn():
    outcome = run(good_plan(price=lambda _: -0.01), 1, random=False)
    assert outcome.cost_eur == pytest.approx(-0.01 * outcome.energy_kwh)


def test_peaks_are_those_of_the_quarter_hours_of_their_period():
    plan = good_plan(step_h=0.25)
    meter = run(plan, 3).meter
    for period in (Period.P3, Period.P4, Period.P6):
        there = [kwh for kwh, s in zip(meter.quarters_kwh, plan.slots, strict=True) if s.input.period is period]
        assert meter.peak_kw[period] == pytest.approx(max(there) * 4)
    assert set(meter.peak_kw) == {Period.P3, Period.P4, Period.P6}


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 47), (date(2026, 10, 25), 49)])
def test_days_of_23_and_25_hours(day, hours):
    start = madrid_midnight(day)
    outcome = run(good_plan(start=start, hours=hours), 1, random=False)
    assert len(outcome.meter.quarters_kwh) == hours * 4
    assert {s.start_h >= hours - 24 for s in outcome.trace.line} == {True}  # Sunday has no crew


def test_a_batch_that_runs_already_is_finished_and_delivered():
    begun = Batch("old", "dark", "conche", "conche-2", MONDAY - timedelta(hours=5), MONDAY + timedelta(hours=7), 1000.0)
    outcome = run(plan_of(problem_of(running=[begun], stocks={"dark": 100.0}), [Fill(6)], [Run(7, 3, 300)]), 1)
    stay = next(s for s in outcome.trace.stays if s.batch == "old")
    assert (stay.machine, stay.start_h, stay.fill_end_h) == ("conche-2", 0.0, 0.0)
    assert sum((b - a) * kw for a, b, kw in stay.steps) == pytest.approx(
        sum(DEFAULT.products[0].conche_kw[5:]), rel=0.2
    )
    assert outcome.conched_kg == 2000


@pytest.mark.parametrize(("end_h", "ready_h"), [(7, 7), (9, 9), (3, 3), (-1, 0)])
def test_the_end_of_a_batch_that_runs_already_is_believed(end_h, ready_h):
    start = MONDAY - timedelta(hours=5)
    begun = Batch("old", "dark", "conche", "conche-1", start, MONDAY + timedelta(hours=end_h), 1000.0)
    outcome = run(plan_of(problem_of(running=[begun])), 1, random=False)
    assert outcome.trace.stays[0].ready_h == pytest.approx(ready_h)
    assert outcome.conched_kg == 1000


def test_the_two_power_periods_of_the_small_tariff_limit_the_cold():
    contract = replace(DEFAULT.contract, tariff=Tariff.TD20, contracted_kw={Period.P1: 10.0, Period.P2: 15.0})
    plan = good_plan(plant=replace(DEFAULT, contract=contract))
    limits = {s.input.period: w.contracted_kw for s, w in zip(plan.slots, world_of(plan).weather, strict=True)}
    assert (limits[Period.P3], limits[Period.P4]) == (15, 10)


def test_a_plan_that_contradicts_itself_is_refused():
    plan = good_plan()
    wrong = replace(plan, batches=(*plan.batches[:-1], replace(plan.batches[-1], kg=5000.0)))
    with pytest.raises(InputError, match="kg"):
        run(wrong, 1)


def test_nothing_planned_costs_what_the_empty_plant_takes():
    plan = plan_of(problem_of(air=lambda _: Air(24, 40)))
    outcome = run(plan, 1)
    assert outcome.cost_eur == pytest.approx(plan.cost_eur, rel=0.02)
    assert (outcome.good_kg, outcome.oee.oee, outcome.on_time) == (0, 1, True)
    assert "eur_kg" not in outcome.kpis()


@pytest.mark.parametrize("now_h", [10.25, 12.5])
def test_chance_begins_now_and_what_lies_before_is_history(now_h):
    plan = good_plan(plant=failing(mtbf_h=1, micro_stop_every_h=0.4, fill_cv=0.1, conche_cv=0.02, off_spec_share=1.0))
    begun = replace(plan, problem=replace(plan.problem, now=MONDAY + timedelta(hours=now_h)))
    calm, lucky = run(plan, 4, random=False), run(begun, 4)
    before = [bar for bar in calm.gantt() if bar.end <= begun.problem.now]
    assert len(before) >= 3  # two fills and the first hours of the line
    made = [s for s in lucky.trace.line if s.end_h <= now_h]
    assert {s.doing for s in made} == {Doing.SETUP, Doing.RUN}
    quarters = int(now_h * 4)
    assert lucky.meter.quarters_kwh[:quarters] == pytest.approx(calm.meter.quarters_kwh[:quarters])
    assert {s.start_h for s in lucky.trace.stays} >= {6, 8}
    assert all(s.ready_h > s.start_h + 14 for s in lucky.trace.stays[:2])  # their fault is still to come
    assert doing(lucky, Doing.BREAKDOWN) > 0


# ------------------------------------------------------------------------------------------------------------- trouble
def test_a_repair_stops_the_line_and_the_line_then_goes_faster():
    plan = good_plan(plant=failing(mtbf_h=2, mttr_h=0.2))
    outcome = run(plan, 4)
    assert doing(outcome, Doing.BREAKDOWN) > 0
    assert max(s.rate_kg_h for s in outcome.trace.line) == DEFAULT.line.rate_max_kg_h
    assert outcome.ledger.output.gross_kg.sum() == pytest.approx(plan.kg, abs=1)


def test_micro_stops_are_short_and_count_as_lost_performance():
    outcome = run(good_plan(plant=failing(micro_stop_every_h=0.5, micro_stop_min=3)), 4)
    stops = [s.end_h - s.start_h for s in outcome.trace.line if s.doing is Doing.MICRO_STOP]
    assert stops == pytest.approx([0.05] * len(stops))
    assert outcome.oee.losses_min["micro_stop"] == pytest.approx(3 * len(stops))
    assert len(stops) > 5


def test_a_batch_out_of_its_specification_stays_longer_and_starves_the_line():
    plant = failing(off_spec_share=1.0)
    problem = problem_of(plant=plant, stocks={"dark": 100.0}, orders=[order(22, 900)])
    outcome = run(plan_of(problem, [Fill(6)], [Run(17, 3, 320)]), 1)
    stay = outcome.trace.stays[0]
    assert stay.lost_h == pytest.approx(3.0)
    assert not outcome.on_time
    # the crew waits for mass, then goes: what is owed is made the next morning
    assert min(s.start_h for s in outcome.trace.line if s.doing is Doing.RUN) > 24


def test_a_line_kept_waiting_a_little_stays_on():
    plant = failing()
    problem = problem_of(plant=plant, stocks={"dark": 100.0})
    outcome = run(plan_of(problem, [Fill(6.5)], [Run(17, 3, 320)]), 1)
    assert doing(outcome, Doing.STARVED) == pytest.approx(0.5)
    assert outcome.oee.losses_min["starved"] == pytest.approx(30)


def test_a_full_tank_keeps_the_mass_in_its_conche_until_the_line_has_drawn():
    problem = problem_of(plant=CALM, stocks={"dark": 1800.0})
    outcome = run(plan_of(problem, [Fill(6)], [Run(17, 3, 400)]), 1)
    stay = outcome.trace.stays[0]
    assert stay.ready_h == pytest.approx(18)
    assert stay.released_h == pytest.approx(18 + 800 / 400)
    waits = [b for b in outcome.gantt() if b.doing == "wait"]
    assert [(b.machine, b.end - b.start) for b in waits] == [("conche-1", timedelta(hours=2))]


def test_a_hall_that_cannot_be_held_stands():
    outcome = run(good_plan(air=lambda _: Air(45, 30)), 1)
    assert (outcome.good_kg, outcome.starts) == (0, 0)


def test_the_crew_goes_and_what_is_owed_is_made_the_next_day_with_a_new_start():
    problem = problem_of(plant=CALM, stocks={"dark": 2000.0}, orders=[order(22, 1300)])
    outcome = run(plan_of(problem, [], [Run(17.5, 3.5, 400)]), 1)
    assert (outcome.starts, outcome.on_time) == (1, True)
    broken = replace(problem, plant=failing(mtbf_h=0.5, mttr_h=2.0, repair_sigma=0))
    late = run(plan_of(broken, [], [Run(17.5, 3.5, 400)]), 1)
    assert late.starts > 1
    assert late.late_orders == 1
    assert late.late_kg_h > 0
    assert late.rework_kg > outcome.rework_kg


def test_what_a_run_still_owes_goes_to_the_next_run_of_its_product():
    problem = problem_of(plant=failing(mtbf_h=4, mttr_h=3, repair_sigma=0), stocks={"dark": 2000.0})
    outcome = run(plan_of(problem, [], [Run(18, 3, 400), Run(30, 3, 200)]), 6)
    made = {r: sum(s.rate_kg_h * (s.end_h - s.start_h) for s in outcome.trace.line if s.run == r) for r in ("l0", "l1")}
    assert made["l0"] < 1199
    assert sum(made.values()) == pytest.approx(1800, abs=0.2)


def test_orders_are_served_by_what_was_finished_before_and_then_in_the_order_of_their_due_times():
    orders = [order(30, 860, name="second"), order(20, 1000, name="first"), order(60, 1e6, name="after the horizon")]
    problem = replace(problem_of(plant=CALM, orders=orders, stocks={"dark": 2000.0}), finished_kg={"dark": 500.0})
    outcome = run(plan_of(problem, [], [Run(9, 3.5)]), 1)
    first, second = outcome.deliveries
    assert (first.order, first.on_time) == ("first", True)
    assert (second.order, second.on_time, second.done_h) == ("second", True, pytest.approx(13.4, abs=0.1))
    short = replace(problem, finished_kg={})
    missing = run(plan_of(short, [], [Run(9, 3.5)]), 1).deliveries[1]
    assert missing.done_h is None
    # 1,860 kg less the 1 % of tolerance, against 1,400 less rework and rejects: 18 h to the end, then what a plan adds
    assert missing.late_kg_h == pytest.approx((1851.4 - (1400 - 18) * 0.98) * (18 + OWED_H), rel=0.03)


# ---------------------------------------------------------------------------------------------------- room and chance
def test_a_warm_room_is_pulled_down_with_what_the_contract_leaves_and_stays_at_its_set_point():
    weather = world_of(good_plan(air=lambda _: Air(30, 40))).weather[0]
    free, tight = Room(DEFAULT, weather), Room(DEFAULT, weather)
    free.step(weather, 1.0, on=True, product_heat_kw=0, other_kw=70)
    steps = tight.step(weather, 1.0, on=True, product_heat_kw=0, other_kw=145)
    assert free.room_c < tight.room_c < 25
    assert free.room_c >= DEFAULT.hall.set_point_c
    hold_kw = (weather.hold_kw[True] + weather.latent_kw[True]) / weather.cop
    assert sum(h for h, _ in steps) == pytest.approx(1.0)
    assert all(kw >= hold_kw - 1e-9 for _, kw in steps)
    free.step(weather, 12.0, on=True, product_heat_kw=0, other_kw=70)
    assert free.room_c == pytest.approx(DEFAULT.hall.set_point_c)


def test_the_room_drifts_as_the_physics_has_it_when_there_is_no_cold():
    weather = world_of(good_plan(air=lambda _: Air(30, 40))).weather[0]
    room = Room(DEFAULT, weather)
    room.room_c = 20.0
    assert room.step(weather, 2.0, on=False, product_heat_kw=0, other_kw=40) == [(2.0, 0.0)]
    alone = room_after_c(20.0, weather.air, DEFAULT.hall, producing=False, cold_kw=0, hours=2.0)
    assert room.room_c == pytest.approx(alone)


def test_luck_has_the_means_and_spreads_of_the_plant():
    luck = Luck(replace(DEFAULT.failures, fill_cv=0.05), 1)
    draws = range(20_000)
    assert fmean(luck.repair_h() for _ in draws) == pytest.approx(DEFAULT.failures.mttr_h, rel=0.02)
    assert fmean(luck.running_to_failure_h() for _ in draws) == pytest.approx(DEFAULT.failures.mtbf_h, rel=0.03)
    fills = [luck.fill_factor() for _ in draws]
    assert fmean(fills) == pytest.approx(1, abs=0.002)
    assert fmean((f - 1) ** 2 for f in fills) ** 0.5 == pytest.approx(0.05, rel=0.05)
    assert fmean(luck.off_spec() for _ in draws) == pytest.approx(DEFAULT.failures.off_spec_share, abs=0.003)
    assert not Chance().off_spec()


def test_a_fill_waits_for_a_crew_that_can_finish_it():
    world = world_of(good_plan())
    assert crew_from(world, 5.0, 2.0) == 6.0
    assert crew_from(world, 20.4, 2.0) == 20.4  # a little overtime
    assert crew_from(world, 21.0, 2.0) == 30.0
    assert crew_from(world, 47.0, 2.0) > world.hours
