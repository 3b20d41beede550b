"""What a plan saves against another: the same chocolate, whoever makes more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planning_problems import MONDAY, PLANT, problem

from chocolate_factory.domain.plan import Options
from chocolate_factory.domain.plant import Order
from chocolate_factory.domain.time import HOUR
from chocolate_factory.planning.baselines import compact_block
from chocolate_factory.planning.compare import cost_of, saving_eur
from chocolate_factory.planning.solve import make_plan


def dark(kg: float) -> tuple[Order, ...]:
    return (Order("o", "dark", kg, MONDAY + 46 * HOUR),)


@pytest.fixture(scope="module")
def valley():
    return problem(orders=dark(2000.0), stocks={"dark": 1000.0})


def test_a_plan_saves_nothing_against_itself(valley):
    plan = compact_block(valley)
    assert saving_eur(plan, plan) == pytest.approx(0.0, abs=1e-9)


def test_parts_by_cause_make_up_the_whole(valley):
    plan = make_plan(valley, Options(time_limit_s=10.0))
    cost = cost_of(plan)
    assert cost.rest_eur + cost.conche_eur + cost.line_eur == pytest.approx(plan.cost_eur)
    assert min(cost.rest_eur, cost.conche_eur, cost.line_eur) > 0
    assert (cost.line_kg, cost.conche_kg) == (
        pytest.approx(plan.kg),
        1000.0 * sum(b.stage == "conche" for b in plan.batches),
    )


def test_against_the_same_kilograms_it_is_the_difference_of_the_bills(valley):
    plan, reference = make_plan(valley, Options(time_limit_s=10.0)), compact_block(valley)
    same = replace(plan, slots=reference.slots, batches=reference.batches)
    assert saving_eur(same, reference) == pytest.approx(0.0, abs=1e-9)
    assert saving_eur(plan, reference) > 1.0, "the sun's valley is worth something"


def test_making_more_or_less_is_no_saving_by_itself():
    flat = {"prices": lambda _hour: 0.1, "stocks": {"dark": 1000.0}}
    much = compact_block(problem(orders=dark(1800.0), **flat))
    little = compact_block(problem(orders=dark(1500.0), **flat))
    assert much.cost_eur - little.cost_eur > 1.0
    # What is left is of the set-ups and stays of the hall, not of the kilograms.
    assert abs(saving_eur(much, little)) < 0.15 * (much.cost_eur - little.cost_eur)
    assert abs(saving_eur(little, much)) < 0.15 * (much.cost_eur - little.cost_eur)


def test_plans_that_are_too_different_are_not_compared():
    flat = {"prices": lambda _hour: 0.1, "stocks": {"dark": 1000.0}}
    much = compact_block(problem(orders=dark(3500.0), **flat))
    little = compact_block(problem(orders=dark(1500.0), **flat))
    nothing = compact_block(problem(orders=(), **flat))
    assert PLANT.conches.batch_kg == 1000.0
    assert saving_eur(much, little) is None
    assert saving_eur(little, nothing) is None
