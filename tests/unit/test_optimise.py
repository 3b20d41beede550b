"""The plan in force: kept with its inputs, made again for a reason, asked about, locked; one at a time."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import at
from plan_records import CERTIFICATE, CONFLICT, by_rule
from plan_world import NOW, PlanWorld

from chocolate_factory.adapters.plan_codec import decoded, encoded
from chocolate_factory.domain.crew import Weekday
from chocolate_factory.domain.errors import (
    BusyError,
    ChocolateFactoryError,
    InputError,
    NotFoundError,
    NotYetError,
)
from chocolate_factory.domain.plan import Status
from chocolate_factory.domain.time import DAY
from chocolate_factory.usecases.planned import planned
from chocolate_factory.usecases.situation import Pace


@pytest.fixture
def world():
    made = PlanWorld()
    yield made
    made.close()


def late(task):
    found = by_rule(task)
    return replace(found, plan=replace(found.plan, late_kg_h=50.0, conflicts=(CONFLICT,)))


def impossible(task):
    found = by_rule(task)
    return replace(found, plan=replace(found.plan, status=Status.INFEASIBLE, batches=(), note="nothing fits"))


# ------------------------------------------------------------------------------------------------------------- in force
def test_before_the_first_plan_it_is_said_what_to_do(world):
    for ask in (world.optimise.in_force, lambda: world.optimise.batch("x")):
        with pytest.raises(NotYetError, match="`chocolate-factory plan again`"):
            ask()


def test_a_plan_is_in_force_with_its_inputs_and_its_reason(world):
    made = world.optimise("request")
    assert world.optimise.in_force() == made
    assert (made.trigger, made.made_at) == ("request", NOW)
    assert made.task == world.tasks[0]
    assert made.notes


def test_each_plan_has_an_id_of_its_own(world):
    ids = [world.optimise("first").id, *(world.later(minutes=30).id for _ in range(3))]
    assert len(set(ids)) == 4
    assert all(len(i) == 12 for i in ids)


def test_a_plan_that_cannot_be_does_not_displace_one_that_holds(world):
    held = world.optimise("first")
    world.planner = impossible
    answer = world.later(minutes=30)
    assert answer.planned.plan.status is Status.INFEASIBLE
    assert world.optimise.in_force() == held
    assert "plan.conflict" in world.causes()


def test_where_none_holds_any_more_it_is_better_than_nothing(world):
    world.planner = impossible
    made = world.optimise("first")
    assert world.optimise.in_force() == made


def test_a_failed_planner_leaves_the_plan_and_the_way_free(world):
    held = world.optimise("first")

    def killed(task):
        raise ChocolateFactoryError("planned was stopped at its limit of 180 s.")

    world.planner = killed
    with pytest.raises(ChocolateFactoryError, match="limit"):
        world.later(minutes=30)
    assert world.optimise.in_force() == held
    world.planner = by_rule
    assert world.later(minutes=1).id != held.id


def test_without_prices_nothing_is_kept():
    world = PlanWorld(filled=False)
    with pytest.raises(NotYetError):
        world.optimise("first")
    assert world.plans.plan_in_force() is None
    assert world.tasks == []
    world.close()


# ------------------------------------------------------------------------------------------------------------ when due
def test_a_plan_is_due_where_there_is_none_where_it_ended_and_where_prices_came(world):
    assert world.optimise.outdated() == "first"
    world.optimise("first")
    assert world.optimise.outdated() == ""
    world.know(at("2026-11-10T13:05"), tomorrow=True)
    assert world.optimise.outdated() == "new prices"
    world.optimise("new prices")
    assert world.optimise.outdated() == ""
    world.clock.set(NOW + 9 * DAY)
    assert world.optimise.outdated() == "expired"


# -------------------------------------------------------------------------------------------------------- one at a time
def test_who_comes_while_a_plan_is_made_is_told_and_the_next_one_is_not(world):
    begun, go_on = threading.Event(), threading.Event()

    def slow(task):
        begun.set()
        go_on.wait(10)
        return by_rule(task)

    world.optimise("first")
    batch = world.optimise.in_force().planned.plan.batches[-1]
    world.planner = slow
    first = threading.Thread(target=world.optimise, args=("schedule",))
    first.start()
    assert begun.wait(10)
    for ask in (
        lambda: world.optimise("request"),
        lambda: world.optimise.stand_alone(world.tasks[0]),
        lambda: world.optimise.what_if(batch.id, batch.start + timedelta(hours=1)),
    ):
        with pytest.raises(BusyError, match="is being made"):
            ask()
    assert world.optimise.in_force().trigger == "first", "reading waits for nobody"
    go_on.set()
    first.join(10)
    world.planner = by_rule
    assert world.later(minutes=30).trigger == "schedule"


# -------------------------------------------------------------------------------------------------------------- alerts
def test_a_late_plan_is_an_alert_with_its_cheapest_way_out_until_it_is_not(world):
    world.planner = late
    world.optimise("first")
    alert = next(a for a in world.alive() if a.cause == "plan.conflict")
    assert "The order of 2000 kg does not fit." in alert.message
    assert alert.action.startswith("Cheapest way out")
    world.planner = by_rule_in_time
    world.later(minutes=30)
    assert "plan.conflict" not in world.causes()


def by_rule_in_time(task):
    found = by_rule(task)
    return replace(found, plan=replace(found.plan, late_kg_h=0.0))


def test_a_plan_that_chance_makes_late_too_often_is_an_alert(world):
    def unlucky(task):
        return replace(by_rule_in_time(task), certificate=replace(CERTIFICATE, on_time_probability=0.5))

    world.planner = unlucky
    world.optimise("first")
    assert "plan.certificate" in world.causes()
    world.planner = lambda task: replace(by_rule_in_time(task), certificate=CERTIFICATE)
    world.later(minutes=30)
    assert "plan.certificate" not in world.causes()


def test_a_plan_that_is_late_by_itself_is_one_alert_and_not_two(world):
    world.planner = lambda task: replace(late(task), certificate=replace(CERTIFICATE, on_time_probability=0.0))
    world.optimise("first")
    assert world.causes() == {"plan.conflict"}


# ------------------------------------------------------------------------------------------------- locks, moves, counts
def test_a_batch_is_held_and_the_next_plan_heeds_it(world):
    batch = world.optimise("first").planned.plan.batches[-1]
    assert world.optimise.lock(batch.id, locked=True).held == "locked"
    world.later(minutes=30)
    assert batch.id in {b.id for b in world.tasks[-1].options.fixed}
    world.optimise.lock(batch.id, locked=False)
    assert world.plans.locked_batches() == frozenset()


def test_only_batches_of_the_plan_in_force_can_be_held_or_moved(world):
    world.optimise("first")
    for ask in (
        lambda: world.optimise.lock("conche-dark-20200101T0000Z", locked=True),
        lambda: world.optimise.what_if("conche-dark-20200101T0000Z", NOW),
    ):
        with pytest.raises(NotFoundError, match="GET /plan lists them"):
            ask()
    assert world.plans.locked_batches() == frozenset()


def test_a_move_is_asked_of_the_plan_in_force_with_its_own_task(world):
    made = world.optimise("first")
    batch = made.planned.plan.batches[-1]
    move = world.optimise.what_if(batch.id, batch.start + timedelta(hours=2))
    assert move.delta_eur == 1.25
    moving = world.tasks[-1]
    assert (moving.task, moving.plan, moving.batch_id) == (made.task, made.planned.plan, batch.id)
    assert world.optimise.in_force() == made


def test_what_has_begun_and_what_has_passed_cannot_be_moved(world):
    first, *_, last = world.optimise("first").planned.plan.batches
    world.know(at("2026-11-10T12:07"))
    for ask in (world.optimise.what_if, world.optimise.move):
        for batch, start, field in ((first, last.start, "batch_id"), (last, NOW, "start")):
            with pytest.raises(InputError) as told:
                ask(batch.id, start)
            assert told.value.field == field


def test_a_batch_is_moved_and_held_where_it_was_put(world):
    def obedient(task):
        found = by_rule(task)
        there = [b for b in task.options.fixed if b.held == "locked"]
        others = [b for b in found.plan.batches if b.start != batch.start]
        return replace(found, plan=replace(found.plan, batches=(*others, *(replace(b, id="there") for b in there))))

    batch = world.optimise("first").planned.plan.batches[-1]
    start = batch.start + timedelta(hours=2)
    world.planner = obedient
    world.clock.sleep(1)  # of two plans made at one moment neither is the newer
    made = world.optimise.move(batch.id, start)
    assert made.trigger == "moved"
    assert world.optimise.in_force() == made
    assert [(b.start, b.end - b.start) for b in made.planned.plan.batches if b.id == "there"] == [
        (start, batch.end - batch.start)
    ]
    assert world.plans.locked_batches() == {"there"}
    assert batch.id not in {b.id for b in made.task.options.steady}


def test_where_no_plan_fits_a_moved_batch_the_plan_stays(world):
    made = world.optimise("first")
    batch = made.planned.plan.batches[-1]
    world.planner = impossible
    with pytest.raises(InputError, match="a start at which a plan fits"):
        world.optimise.move(batch.id, batch.start + timedelta(hours=2))
    assert world.optimise.in_force() == made
    assert world.plans.locked_batches() == frozenset()


def test_a_count_is_kept_with_its_moment(world):
    kept = world.optimise.count({"tank-dark": 500.0, "tank-milk": 600.0, "tank-white": 0.0}, {"dark": 12.0})
    assert world.plans.last_count() == kept
    assert kept.at == NOW


@pytest.mark.parametrize(
    ("tanks", "finished", "field"),
    [
        ({"tank-dark": 1.0}, {}, "tanks_kg"),
        ({"tank-dark": 1.0, "tank-milk": 1.0, "tank-white": 99999.0}, {}, "tanks_kg.tank-white"),
        ({"tank-dark": 1.0, "tank-milk": 1.0, "tank-white": -1.0}, {}, "tanks_kg.tank-white"),
        ({"tank-dark": 1.0, "tank-milk": 1.0, "tank-white": float("nan")}, {}, "tanks_kg.tank-white"),
        ({"a": 1.0}, {}, "tanks_kg"),
        ({"tank-dark": 1.0, "tank-milk": 1.0, "tank-white": 1.0}, {"vanilla": 1.0}, "product"),
        ({"tank-dark": 1.0, "tank-milk": 1.0, "tank-white": 1.0}, {"dark": float("inf")}, "finished_kg.dark"),
    ],
)
def test_a_count_of_what_is_not_there_is_refused(world, tanks, finished, field):
    with pytest.raises(InputError) as told:
        world.optimise.count(tanks, finished)
    assert told.value.field == field
    assert world.plans.last_count() is None


# -------------------------------------------------------------------------------------------------------------- replay
@pytest.mark.slow
def test_a_stored_plan_is_made_again_to_the_cent_from_what_is_stored_with_it(world):
    """Acceptance: a replay gives the same plan. The history has a frozen past, so that it is replayed too."""
    world.planner = planned
    world.pace = Pace(time_limit_s=60.0, gap=0.02)
    weekly = {Weekday.of(NOW.date() + i * DAY): {"dark": 1200.0} for i in range(2)}
    world.plant = replace(world.plant, demand=replace(world.plant.demand, weekly=weekly))
    for trigger, now in (("first", NOW), ("schedule", NOW + timedelta(hours=3))):
        world.know(now)
        kept = decoded(encoded(world.optimise(trigger, world.pace)))
        assert kept.planned.plan.batches
        assert kept.planned.plan.solver.seconds < world.pace.time_limit_s, "a limit that ends it would decide"
        again = planned(kept.task)
        assert again.plan.cost_eur == pytest.approx(kept.planned.plan.cost_eur, abs=0.005)
        assert [(b.id, b.end, b.kg) for b in again.plan.batches] == [
            (b.id, b.end, b.kg) for b in kept.planned.plan.batches
        ]
        assert again.certificate == kept.planned.certificate
