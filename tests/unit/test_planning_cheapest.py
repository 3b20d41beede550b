"""The sensible person's hours: cheapest where prices are out, as many as the work takes, none that cannot be held."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from plan_checker import violations
from planning_problems import MONDAY, order, problem

from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.plan import Options, Problem
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import MADRID
from chocolate_factory.planning.arrays.frame import Frame
from chocolate_factory.planning.baselines import cheapest_hours, fixed_block
from chocolate_factory.planning.search.cheapest import cheapest_windows
from chocolate_factory.usecases.single import of_one_product

ONE = of_one_product(read_plant())


def hours_of(p: Problem) -> list[tuple[int, int]]:
    windows = cheapest_windows(Frame(p, Options()))
    return [(w.start.astimezone(MADRID).hour, w.end.astimezone(MADRID).hour) for w in windows]


def cheap_at(*hours: int):
    return lambda hour: 0.05 if hour % 24 in hours else 0.15


def test_the_six_cheapest_attended_hours_in_a_row():
    assert hours_of(problem(ONE, prices=cheap_at(9, 10, 11, 12, 13, 14)))[0] == (9, 15)
    # the night is cheaper, and nobody is there
    assert hours_of(problem(ONE, prices=cheap_at(0, 1, 2, 3, 4, 5)))[0] == (6, 12)


def test_twelve_to_eighteen_where_no_prices_are_out():
    p = problem(ONE, prices=cheap_at(6, 7, 8, 9, 10, 11))
    slots = (replace(s, price_kind=Kind.FORECAST if i >= 24 else Kind.OBSERVED) for i, s in enumerate(p.slots))
    assert hours_of(replace(p, slots=tuple(slots))) == [(6, 12), (12, 18)]


def test_who_owes_more_takes_more_hours():
    owing = problem(ONE, prices=cheap_at(12, 13, 14, 15, 16, 17), finished_kg={"dark": -900.0})
    first, second = hours_of(owing)
    assert first[1] - first[0] == 8
    assert second == (12, 18)


def test_hours_in_which_the_hall_cannot_be_held_are_left_where_there_are_others():
    hot = problem(ONE, prices=cheap_at(12, 13, 14, 15, 16, 17), air=lambda h: Air(45.0 if h % 24 >= 12 else 20.0, 60.0))
    assert hours_of(hot)[0] == (6, 12)


@pytest.mark.parametrize("prices", [cheap_at(9, 10, 11), cheap_at(15, 16, 17, 18, 19, 20)])
def test_its_plan_keeps_every_limit_and_costs_less_than_the_fixed_hours(prices):
    p = problem(ONE, hours=72, prices=prices)
    plan = cheapest_hours(p)
    assert violations(plan) == []
    runs = [b for b in plan.batches if b.stage == "line"]
    assert len(runs) == 3
    assert plan.cost_eur < fixed_block(p).cost_eur


def test_a_day_without_a_crew_has_no_window():
    sunday = MONDAY + timedelta(days=6)
    assert hours_of(problem(ONE, start=sunday, hours=24, orders=(order(100, 20, start=sunday),))) == []
