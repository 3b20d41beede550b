"""The simulator by law: what holds for every plan, good or bad, every weather and every luck."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from hand_plans import DEFAULT, Fill, Run, air_of_day, good_plan, order, plan_of, problem_of

from chocolate_factory.simulation.run import run

law = settings(max_examples=25, deadline=None)
SEEDS = st.integers(0, 2**63)
PRODUCTS = st.sampled_from(["dark", "milk", "white"])
TINY = 1e-6
# Trouble often enough that a day or two meets it.
ROUGH = replace(
    DEFAULT,
    failures=replace(
        DEFAULT.failures, mtbf_h=4, mttr_h=1, micro_stop_every_h=0.7, fill_cv=0.2, conche_cv=0.2, off_spec_share=0.2
    ),
)


@st.composite
def lines(draw, hours):
    """Runs one after the other, anywhere in the horizon: also where no crew is."""
    runs, at = [], draw(st.integers(0, 40)) / 4
    while at < hours - 5:
        run_h = draw(st.integers(8, 24)) / 4
        if at + 1 + run_h > hours:
            break
        runs.append(Run(at, run_h, draw(st.floats(250, 450)), draw(PRODUCTS)))
        at += 1 + run_h + draw(st.integers(4, 60)) / 4
    return runs


@st.composite
def plans(draw):
    hours, step_h = draw(st.sampled_from([24, 36, 48])), draw(st.sampled_from([0.25, 1.0]))
    stocks = {p: draw(st.floats(100, 2000)) for p in ("dark", "milk", "white")}
    air = air_of_day(draw(st.floats(-5, 38)), draw(st.floats(0, 10)))
    price = draw(st.floats(-0.05, 0.4))
    orders = [order(draw(st.floats(1, 50)), draw(st.floats(1, 3000)), draw(PRODUCTS), f"o{i}") for i in range(3)]
    problem = problem_of(
        plant=draw(st.sampled_from([DEFAULT, ROUGH])),
        hours=hours,
        step_h=step_h,
        air=air,
        price=lambda h: price + 0.01 * (h % 24),
        stocks=stocks,
        orders=orders,
    )
    problem = replace(problem, line_before=draw(st.none() | PRODUCTS))
    fills = draw(st.lists(st.builds(Fill, st.integers(0, hours - 1), PRODUCTS), max_size=5))
    return plan_of(problem, fills, draw(lines(hours)))


@law
@given(plans(), SEEDS, st.booleans())
def test_no_mass_appears_or_vanishes(plan, seed, random):
    outcome = run(plan, seed, random=random)
    drawn = sum(s.rate_kg_h * (s.end_h - s.start_h) for s in outcome.trace.line)
    left_line = outcome.good_kg + outcome.reject_kg + outcome.rework_kg
    assert left_line == pytest.approx(drawn, abs=1e-3)
    assert outcome.conched_kg == pytest.approx(left_line + outcome.stock_change_kg, abs=1e-3)
    assert min(outcome.good_kg, outcome.reject_kg, outcome.rework_kg) >= -TINY
    assert outcome.rework_kg <= outcome.starts * plan.problem.plant.line.rework_kg + TINY


@law
@given(plans(), SEEDS)
def test_tanks_keep_their_heel_and_never_overflow(plan, seed):
    for level in run(plan, seed).trace.levels:
        tanks = plan.problem.plant.tanks_of(level.product)
        assert sum(t.heel_kg for t in tanks) - TINY <= level.tank_kg <= sum(t.capacity_kg for t in tanks) + TINY
        assert level.waiting_kg == 0 or level.tank_kg == pytest.approx(sum(t.capacity_kg for t in tanks))


@law
@given(plans(), SEEDS)
def test_what_waits_for_room_waits_in_conches_that_are_not_free_yet(plan, seed):
    outcome = run(plan, seed)
    for level in outcome.trace.levels:
        held = [s for s in outcome.trace.stays if s.product == level.product and s.ready_h <= level.hour + TINY]
        kept = [s for s in held if s.released_h is None or s.released_h >= level.hour - TINY]
        assert level.waiting_kg <= sum(s.kg for s in kept) + 1e-3


@law
@given(plans(), SEEDS, st.booleans())
def test_a_conche_follows_its_profile_without_a_break_and_holds_one_batch(plan, seed, random):
    outcome = run(plan, seed, random=random)
    for stay in outcome.trace.stays:
        profile = plan.problem.plant.product(stay.product).conche_kw
        assert all(a.end_h == b.start_h for a, b in pairwise(stay.steps))
        assert [s.kw for s in stay.steps[: len(profile)]] == list(profile)
        assert (stay.steps[0].start_h, stay.steps[-1].end_h) == (stay.start_h, stay.ready_h)
        if not random:
            assert sum((b - a) * kw for a, b, kw in stay.steps) == pytest.approx(sum(profile))
    alone = [b for b in outcome.gantt() if b.machine != "line"]
    assert all(a.machine != b.machine or a.end <= b.start or a.batch == b.batch for a, b in pairwise(alone))


@law
@given(plans(), SEEDS)
def test_energy_is_power_times_time_and_power_is_that_of_the_machines_and_cold(plan, seed):
    outcome = run(plan, seed)
    plant, ledger, hours = plan.problem.plant, outcome.ledger, outcome.hours
    assert np.all(np.diff(ledger.edge_h) > 0)
    assert (ledger.edge_h[0], ledger.edge_h[-1]) == (0, hours)
    kwh = float(np.sum(np.diff(ledger.edge_h) * ledger.power_kw))
    assert outcome.energy_kwh == pytest.approx(kwh)
    machines = hours * (plant.base_kw + plant.tanks_kw)
    for stay in outcome.trace.stays:
        machines += plant.refining.power_kw * (min(hours, stay.fill_end_h) - stay.start_h)
        machines += sum(max(0.0, min(hours, b) - a) * kw for a, b, kw in stay.steps)
        released_h = hours if stay.released_h is None else stay.released_h
        machines += max(0.0, min(hours, released_h) - stay.ready_h) * stay.steps[-1].kw
    on = sum(s.end_h - s.start_h for s in outcome.trace.line)
    kg = outcome.good_kg + outcome.reject_kg + outcome.rework_kg
    machines += plant.line.power_kw * on + plant.line.energy_kwh_kg * kg
    most_cold_kw = plant.chiller.capacity_kw * plant.chiller.share_max / plant.chiller.cop_min
    assert -TINY <= kwh - machines <= hours * most_cold_kw


@law
@given(plans(), SEEDS)
def test_cost_is_each_pieces_energy_at_its_slots_price(plan, seed):
    outcome = run(plan, seed)
    ledger, step_h = outcome.ledger, plan.problem.step_h
    edges = np.union1d(ledger.edge_h, np.arange(0, outcome.hours, step_h))
    middles = (edges[:-1] + edges[1:]) / 2
    power = ledger.power_kw[np.searchsorted(ledger.edge_h, middles) - 1]
    prices = np.array([s.energy_eur_kwh for s in plan.problem.slots])[(middles / step_h).astype(int)]
    cost = float(np.sum(np.diff(edges) * power * prices))
    assert outcome.cost_eur == pytest.approx(cost, abs=1e-6)


@law
@given(plans(), SEEDS)
def test_nothing_is_made_without_a_crew_and_no_fill_begins_without_one(plan, seed):
    outcome = run(plan, seed)
    crew = [s.crew for s in plan.problem.slots]
    step_h = plan.problem.step_h
    for segment in outcome.trace.line:
        slots = range(int(segment.start_h / step_h + TINY), int(np.ceil(segment.end_h / step_h - TINY)))
        assert all(crew[i] for i in slots)
    assert all(crew[int(s.start_h / step_h + TINY)] for s in outcome.trace.stays if s.start_h < outcome.hours)


@law
@given(plans(), SEEDS)
def test_losses_and_good_output_make_up_the_loading_time(plan, seed):
    outcome = run(plan, seed)
    best_h = outcome.good_kg / plan.problem.plant.line.rate_max_kg_h
    assert sum(outcome.oee.losses_min.values()) / 60 + best_h == pytest.approx(outcome.oee.loading_h, abs=1e-3)
    assert all(minutes >= -1e-3 for minutes in outcome.oee.losses_min.values())
    assert all(-TINY <= v <= 1 + TINY for v in (outcome.oee.availability, outcome.oee.performance, outcome.oee.quality))
    if outcome.oee.loading_h > 0.1:
        assert outcome.oee.oee == pytest.approx(best_h / outcome.oee.loading_h, abs=1e-3)


@law
@given(plans(), SEEDS)
def test_the_line_pauses_between_runs_as_the_changeover_asks(plan, seed):
    plant, before = plan.problem.plant, plan.problem.line_before
    segments = run(plan, seed).trace.line
    if segments and before is not None:
        assert segments[0].start_h >= plant.pause_h(before, segments[0].product) - TINY
    for a, b in pairwise(segments):
        if b.start != a.start:
            assert b.start_h - a.end_h >= plant.pause_h(a.product, b.product) - TINY
        assert b.start_h >= a.end_h - TINY


@law
@given(plans(), SEEDS)
def test_a_late_order_is_late_by_something_and_a_punctual_one_by_nothing(plan, seed):
    for delivery in run(plan, seed).deliveries:
        assert (delivery.late_kg_h <= 1e-3) == delivery.on_time


@law
@given(plans(), SEEDS, st.floats(0, 48))
def test_until_now_a_replication_is_the_run_without_chance(plan, seed, now_h):
    now = plan.problem.horizon.start + timedelta(hours=now_h)
    begun = replace(plan, problem=replace(plan.problem, now=now))
    calm, lucky = run(plan, seed, random=False), run(begun, seed)
    quarters = min(len(calm.meter.quarters_kwh), int(now_h * 4))
    assert lucky.meter.quarters_kwh[:quarters] == pytest.approx(calm.meter.quarters_kwh[:quarters], abs=1e-6)


@law
@given(SEEDS)
def test_the_same_seed_gives_the_same_and_another_seed_another(seed):
    first, again, other = (run(good_plan(), s) for s in (seed, seed, seed + 1))
    assert (first.kpis(), first.trace) == (again.kpis(), again.trace)
    assert first.kpis() != other.kpis()


@law
@given(plans(), SEEDS, SEEDS)
def test_without_chance_the_seed_is_idle(plan, one, other):
    assert run(plan, one, random=False).trace == run(plan, other, random=False).trace
