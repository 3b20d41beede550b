"""What peers are given is our own problem: the plain SimPy loop makes the same, the block costs what its hours cost."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hand_plans import Fill, Run, air_of_day, plan_of, problem_of
from planning_problems import one_product_plant, problem, two_peaks, with_contract

from chocolate_factory.domain.plan import Options
from chocolate_factory.domain.thermal import Air
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.simulation.run import run

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

from peers_block import block_of, block_problem, cost_eur, deferred_kw, rest_kw, windows
from peers_simpy import PlainPlant

PLANT = one_product_plant()
BLOCK = block_of(PLANT)


@pytest.mark.parametrize("step_h", [1.0, 0.25])
def test_the_plain_loop_makes_a_day_as_the_simulator_does(step_h):
    plan = plan_of(problem_of(hours=24, step_h=step_h, air=air_of_day()), [Fill(6), Fill(8, "milk")], [Run(14, 4, 450)])
    ours, plain = run(plan, 0, random=False), PlainPlant(plan, 1).run()
    assert plain.kwh == pytest.approx(ours.energy_kwh, rel=1e-3)
    assert plain.eur == pytest.approx(ours.cost_eur, rel=1e-3)
    assert plain.good_kg == pytest.approx(ours.good_kg, rel=1e-3)
    assert plain.rework_kg == ours.rework_kg


@pytest.mark.parametrize("later_h", [0, 5, 9, 14])
@pytest.mark.parametrize("step_h", [1.0, 0.25])
def test_the_block_stands_in_the_cheapest_place_that_there_is(later_h, step_h):
    day = block_problem(problem(PLANT, hours=24, step=step_h, prices=lambda h: two_peaks((h + later_h) % 24)), BLOCK)
    plan = make_plan(day, Options(gap=1e-4))
    places = windows(day, BLOCK)
    assert len(places) == 1 + (16 - BLOCK.hours) / step_h
    assert plan.late_kg_h == 0
    assert cost_eur(day, deferred_kw(plan)) == pytest.approx(min(cost_eur(day, kw) for kw in places), rel=1e-4)
    assert max(deferred_kw(plan)) == pytest.approx(BLOCK.kw)


def test_the_contract_keeps_the_block_out_of_hours_in_which_the_rest_takes_more():
    air = {"air": lambda h: Air(40.0 if h >= 16 else 15.0, 40.0)}
    hot_from_16 = {"hours": 24, "prices": lambda h: 0.2 - h / 1000, **air}
    just_enough_kw = BLOCK.kw + min(rest_kw(problem(PLANT, **hot_from_16))) + 1
    day = block_problem(problem(with_contract(PLANT, just_enough_kw), **hot_from_16), BLOCK)
    assert len(windows(day, BLOCK)) == 3
    assert [i for i, kw in enumerate(deferred_kw(make_plan(day))) if kw > 1] == list(range(8, 16))
