"""Acceptance: fifty past decisions made again, identical, whatever the world has learnt since."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from plan_world import NOW
from replay_world import ReplayWorld

from chocolate_factory.adapters.bundle_file import packed, unpacked
from chocolate_factory.domain.plan_record import PlanRecord
from chocolate_factory.domain.replay import Why
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import DAY, Interval, isoformat_madrid, madrid_date, madrid_midnight
from chocolate_factory.forecasting import naive_model
from chocolate_factory.forecasting.naive import week_profile

pytestmark = pytest.mark.timeout(1200)  # on a machine that others work on too

DECISIONS = 50
#: No two decisions at the same minute of an hour, and a clock that goes on over three midnights.
STEP = timedelta(minutes=97)


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Fifty decisions, with all that happens between them, and what is learnt and done afterwards."""
    world, patch = ReplayWorld(tmp_path_factory.mktemp("shelf")), pytest.MonkeyPatch()
    began = time.process_time()
    made = [decided(world, patch, n) for n in range(DECISIONS)]
    print(f"{DECISIONS} decisions: {time.process_time() - began:.0f} s of processor")
    afterwards(world)
    yield world, made
    patch.undo()
    world.close()


def decided(world: ReplayWorld, patch: pytest.MonkeyPatch, n: int) -> PlanRecord:
    """A decision, after what happened before it."""
    world.go_to(NOW + n * STEP)
    if n % 7 == 3:
        yesterday = madrid_midnight(madrid_date(world.clock.now()) - DAY)
        world.revise("spot", Interval(yesterday, yesterday + DAY), by=1.37 + n / 10)
    if n in (5, 20):
        world.optimise.lock(world.optimise.in_force().planned.plan.batches[-1].id, locked=True)
    if n == 9:
        for batch in world.plans.locked_batches():
            world.plans.lock_batch(batch, locked=False, at=world.clock.now())
    if n in (12, 31):
        world.count(less=20.0 + n)
    if n == 25:
        patch.setattr(naive_model, "epf_naive", week_profile)  # a version that says something else
        world.promote(2)
        world.forecasts.refresh(world.clock.now())
    if n == 40:
        contract = replace(world.plant.contract, supplier_fee_eur_mwh=11.0)
        world.plant = replace(world.plant, contract=contract)
    record = world.optimise("schedule")
    world.clock.sleep(11)
    return record


def afterwards(world: ReplayWorld) -> None:
    """Everything is known better, held otherwise and counted again; the file of the plant says something else."""
    world.go_to(NOW + DECISIONS * STEP)
    all_of_it = Interval(NOW - 12 * DAY, NOW + 6 * DAY)
    world.revise("spot", all_of_it, by=7.77)
    world.revise("temperature", all_of_it, by=4.0, source="aemet")
    world.promote(3)
    world.forecasts.refresh(world.clock.now())
    world.optimise.lock(world.optimise.in_force().planned.plan.batches[-1].id, locked=True)
    world.count(less=60.0)
    world.plant = replace(world.plant, policy=replace(world.plant.policy, frozen_h=1.0))


def test_fifty_decisions_are_made_again_and_are_identical(story):
    world, made = story
    began = time.process_time()
    for record in made:
        kept = world.bundles.record_at(record.made_at + timedelta(minutes=1))
        assert kept.id == record.id, "the ledger has what was decided"
        replayed = world.replay(unpacked(packed(world.bundle(kept)), "a bundle"))
        assert replayed.inputs == replayed.plan == replayed.bundle.evidence.lacks == ()
        assert replayed.is_identical
        assert replayed.searches.parted_at is None
        assert replayed.again.plan.cost_eur == pytest.approx(record.planned.plan.cost_eur, abs=1e-9)
    print(f"made again: {time.process_time() - began:.0f} s of processor")


def test_the_fifty_are_worth_being_made_again(story):
    """They differ from one another, rest on all that may be decided on, and some are held, counted, forecast."""
    _, made = story
    tasks = [record.task for record in made]
    assert len({record.id for record in made}) == DECISIONS
    assert len({madrid_date(task.problem.horizon.start) for task in tasks}) >= 4
    assert {s.price_kind for task in tasks for s in task.problem.slots} >= {Kind.OBSERVED, Kind.FORECAST}
    assert {record.grounds.forecast for record in made} == {"spot_price/1", "spot_price/2"}
    assert {len(record.grounds.locked) for record in made} >= {0, 1}
    assert len({record.grounds.counted_at for record in made}) == 3
    assert {b.held for task in tasks for b in task.options.fixed} == {"begun", "frozen", "locked"}
    assert any(task.options.steady for task in tasks)
    assert len({record.planned.plan.cost_eur for record in made}) > DECISIONS / 2


def test_what_is_known_better_since_is_told_and_changes_nothing(story):
    world, made = story
    found = world.bundle(made[10]).found
    assert found.differences == ()
    revised = {(r.series, r.start): r for r in found.revised}
    horizon = made[10].task.problem.horizon
    first = revised["spot", horizon.start]
    assert first.now != first.then
    assert first.at > made[10].made_at
    assert ("temperature", horizon.start) in revised
    assert {d.path for d in found.plant} >= {("policy", "frozen_h")}


def test_a_revision_that_is_gone_is_told_as_what_it_is(story):
    """The price that was known is dropped; the one that was received later is still there."""
    world, made = story
    record = made[15]
    slot = next(s.slot for s in record.task.problem.slots if s.price_kind is Kind.OBSERVED and s.slot.start > NOW + DAY)
    later = min(o.received_at for o in held(world, slot) if o.received_at > record.made_at)
    world.drop_revisions("spot", {o.start for o in held(world, slot)}, until=record.made_at)
    found = {d.path[2:]: d for d in world.bundle(record).found.differences}
    name = isoformat_madrid(slot.start)
    assert {path[0] for path in found} == {name}
    price, kind = found[name, "energy_eur_kwh"], found[name, "price_kind"]
    assert (price.why, price.at) == (kind.why, kind.at) == (Why.GONE, later)
    assert price.then == next(s.energy_eur_kwh for s in record.task.problem.slots if s.slot == slot)
    assert price.now != price.then
    assert (kind.then, kind.now) == ("observed", "forecast")


def held(world: ReplayWorld, slot: Interval):
    return world.store.revisions(Query("spot", slot))
