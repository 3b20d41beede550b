"""The job that plans: what it asks for afterwards, and why it skips or fails."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from plan_records import by_rule
from plan_world import PlanWorld

from chocolate_factory.domain.errors import NotYetError
from chocolate_factory.domain.time import HOUR, parse_moment
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.plan_deeds import plan_where_due, production_optimization
from chocolate_factory.scheduler.spec import MADE_UP, Context

EVENING = parse_moment("2026-06-16T20:15", "now")


@pytest.fixture
def world():
    made = PlanWorld(EVENING)
    made.house = SimpleNamespace(optimise=made.optimise, alerts=made.alerts)
    yield made
    made.engine.dispose()


def run(world, note=""):
    return production_optimization(world.house, Context(note, None, lambda: False))


def test_prices_that_come_while_a_plan_is_made_ask_for_another_one_once(world):
    def slow(task):
        world.know(EVENING + HOUR, tomorrow=True)
        return by_rule(task)

    world.planner = slow
    assert run(world).then == {"production_optimization": "new prices"}
    world.planner = by_rule
    assert run(world, "new prices").then == {}
    assert plan_where_due(world.house) == {}, "the second one has them"


def test_one_that_was_asked_for_by_prices_asks_for_none(world):
    """Else an hour that stays guessed though later ones are known would be planned for without end."""
    world.planner = lambda task: [world.know(EVENING + HOUR, tomorrow=True), by_rule(task)][1]
    assert run(world, "new prices").then == {}
    assert plan_where_due(world.house) == {"production_optimization": "new prices"}


@pytest.mark.parametrize(("note", "outcome"), [(MADE_UP, Outcome.SKIPPED), ("", Outcome.FAILED)])
def test_without_prices_it_waits_right_after_a_start_and_fails_later(world, note, outcome):
    def unable(_task):
        raise NotYetError("The prices of these days are not known.")

    world.planner = unable
    assert (run(world, note).outcome, run(world, note).then) == (outcome, {})
    assert bool(world.alerts.alerts()) == (outcome is Outcome.FAILED)
