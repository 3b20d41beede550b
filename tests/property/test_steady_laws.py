"""Whatever the prices do: what is held stays, nothing moves for less than the threshold, every limit is kept."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from plan_checker import violations
from planning_problems import order, problem, small_plant

from chocolate_factory.domain.plan import Options, Status
from chocolate_factory.planning.arrays.breaches import breaches
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.conflicts.core import conflicts_of
from chocolate_factory.planning.plans import schedule_of
from chocolate_factory.planning.search.rules import B2, schedule_by
from chocolate_factory.planning.solve import make_plan

HOURS = 16
EXACT = Options(gap=0.0, time_limit_s=10)
PRICES = st.lists(st.floats(-0.1, 0.5), min_size=HOURS, max_size=HOURS)


@st.composite
def problems(draw):
    there = draw(st.lists(st.booleans(), min_size=4, max_size=4))
    asked = draw(st.lists(st.tuples(st.floats(50, 900), st.integers(4, HOURS)), min_size=1, max_size=2))
    return problem(
        small_plant(min_on_h=draw(st.sampled_from([1.0, 2.0, 3.0]))),
        hours=HOURS,
        prices=draw(PRICES).__getitem__,
        crew=lambda hour: there[hour // 4],
        orders=tuple(order(kg, due) for kg, due in asked),
        stocks={"dark": draw(st.floats(0, 1400))},
    )


def place(batch):
    return batch.stage, batch.product, batch.start, batch.end


def moved(plan, steady):
    return {place(b) for b in steady} - {place(b) for b in plan.batches}


@settings(max_examples=12, deadline=None)
@given(p=problems(), prices=PRICES, move_eur=st.floats(0.01, 20), frozen_h=st.integers(0, HOURS))
def test_a_plan_moves_only_what_pays(p, prices, move_eur, frozen_h):
    plan = make_plan(p, EXACT)
    if plan.status is Status.INFEASIBLE:
        return
    now = replace(p, slots=tuple(replace(s, energy_eur_kwh=e) for s, e in zip(p.slots, prices, strict=True)))
    until = p.horizon.start + timedelta(hours=frozen_h)
    fixed = tuple(replace(b, held="frozen") for b in plan.batches if b.start < until)
    steady = tuple(b for b in plan.batches if b.start >= until)
    options = replace(EXACT, fixed=fixed, steady=steady, move_eur=move_eur)
    again = make_plan(now, options)
    free = make_plan(now, replace(options, steady=()))
    kept = make_plan(now, replace(options, fixed=plan.batches, steady=()))
    gone = moved(again, steady)
    assert violations(again) == []
    assert not moved(again, fixed)
    assert free.objective_eur <= again.objective_eur + 1e-4
    assert again.objective_eur + move_eur * len(gone) <= kept.objective_eur + 1e-4
    assert again.objective_eur + move_eur * len(gone) <= free.objective_eur + move_eur * len(moved(free, steady)) + 1e-4
    stayed = tuple(b for b in steady if place(b) not in gone)
    for batch in (b for b in steady if place(b) in gone):
        back = make_plan(now, replace(options, fixed=(*fixed, *stayed, batch), steady=()))
        if back.status is not Status.INFEASIBLE:
            put_back = back.objective_eur + move_eur * len(moved(back, steady))
            assert again.objective_eur + move_eur * len(gone) <= put_back + 1e-4
    held = [b for b in again.batches if b.held == "steady"]
    assert all(place(b) in {place(s) for s in steady} for b in held)
    assert all(b.kept_eur >= 0 for b in held)


@settings(max_examples=25, deadline=None)
@given(p=problems(), count=st.integers(1, 4))
def test_a_rule_keeps_what_is_fixed_and_every_limit(p, count):
    plan = make_plan(p, EXACT)
    options = replace(EXACT, fixed=plan.batches[:count])
    frame = Frame(p, options)
    ruled = schedule_by(B2, frame)
    if plan.status is Status.INFEASIBLE or ruled is None:
        return
    assert not breaches(frame, ruled)
    assert {(0, frame.slot_of(b)) for b in options.fixed if b.stage == "conche"} <= set(ruled.begins)
    runs = {(run.first, run.end) for run in ruled.runs()}
    held = [b for b in options.fixed if b.stage == "line"]
    assert {
        (frame.slot_of(b), frame.slot_of(b) + round((b.end - b.start).total_seconds() / 3600)) for b in held
    } <= runs


@settings(max_examples=15, deadline=None)
@given(p=problems())
def test_a_sound_plan_breaks_no_limit_and_what_is_late_has_a_conflict(p):
    plan = make_plan(p, EXACT)
    frame = Frame(p, EXACT)
    if plan.status is not Status.INFEASIBLE:
        assert not breaches(frame, schedule_of(plan, frame))
    found = conflicts_of(p, EXACT, plan)
    assert bool(found) == (plan.status is Status.INFEASIBLE or plan.late_eur >= 0.005)
    for conflict in found:
        assert conflict.clashes
        prices = [way.eur for way in conflict.ways_out]
        assert prices == sorted(prices, key=lambda eur: (eur is None, eur or 0.0))
