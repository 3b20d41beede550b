"""What every ledger promises about plans, locks and counts."""

from __future__ import annotations

import json
import sys
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from hand_plans import good_plan
from plan_records import T, record

from chocolate_factory.adapters.ledger import SqlPlanLedger, schema
from chocolate_factory.adapters.plan_codec import encoded
from chocolate_factory.domain.errors import StoreError, UnreadableError
from chocolate_factory.domain.plan import Options
from chocolate_factory.domain.plan_record import PlanTask, StockCount
from chocolate_factory.domain.time import DAY, HOUR, Interval

LATER = T + timedelta(days=400)


@pytest.fixture
def plans(engine):
    return SqlPlanLedger(engine)


def made(hours: float, name: str = "") -> object:
    return record(name or f"{round(10 * hours):012x}", T + hours * HOUR)


def test_a_new_ledger_has_no_plan(plans):
    assert plans.plan_in_force() is None
    assert plans.plan("0123456789ab") is None
    assert plans.plans(LATER) == []
    assert plans.last_count() is None
    assert plans.locked_batches() == frozenset()


def test_a_plan_comes_back_as_it_was_with_every_input(plans, engine):
    kept = record(notes=("Los precios de mañana son estimados.",))
    kept = replace(
        kept, task=replace(kept.task, options=Options(fixed=kept.planned.plan.batches[:1], quiet=((22, 6),)))
    )
    plans.keep_plan(kept)
    for ledger in (plans, SqlPlanLedger(engine)):  # the one that kept it may remember; another must read
        assert ledger.plan(kept.id) == kept
        assert ledger.plan_in_force() == kept


def test_the_newest_is_in_force_whatever_the_order_of_keeping(plans):
    for hours in (1, 3, 2):
        plans.keep_plan(made(hours))
        plans.plan_in_force()
    assert plans.plan_in_force().made_at == T + 3 * HOUR


def test_what_another_process_keeps_is_in_force_at_once(plans, another_brain):
    plans.keep_plan(made(1))
    assert plans.plan_in_force().made_at == T + HOUR
    SqlPlanLedger(another_brain).keep_plan(made(2))
    assert plans.plan_in_force().made_at == T + 2 * HOUR


def test_keeping_a_plan_twice_changes_nothing(plans):
    plans.keep_plan(made(1, "aaaaaaaaaaaa"))
    plans.keep_plan(made(2, "aaaaaaaaaaaa"))
    assert [r.made_at for r in plans.plans(LATER)] == [T + HOUR]


def test_history_is_the_newest_first_before_a_moment(plans):
    for hours in range(5):
        plans.keep_plan(made(hours))
    assert [(r.made_at - T) / HOUR for r in plans.plans(T + 4 * HOUR, limit=3)] == [3, 2, 1]


def test_old_plans_are_forgotten_but_the_last_of_each_day(plans):
    midnight = T.replace(hour=0, minute=0, second=0, microsecond=0)
    moments = [midnight + timedelta(hours=h) for h in (1, 23, 25, 47, 49, 71)]
    for i, moment in enumerate(moments):
        plans.keep_plan(record(f"{i:012x}", moment))
    assert plans.forget_plans(midnight + 2 * DAY) == 2
    assert [r.made_at for r in plans.plans(LATER)] == [moments[i] for i in (5, 4, 3, 1)]
    assert plans.forget_plans(midnight + 2 * DAY) == 0


def test_a_batch_is_locked_once_and_let_go(plans):
    plans.lock_batch("a", locked=True, at=T)
    plans.lock_batch("a", locked=True, at=T)
    plans.lock_batch("b", locked=True, at=T)
    assert plans.locked_batches() == {"a", "b"}
    plans.lock_batch("a", locked=False, at=T)
    plans.lock_batch("never locked", locked=False, at=T)
    assert plans.locked_batches() == {"b"}


def test_what_was_locked_at_a_moment_is_known_for_ever(plans, engine):
    for batch, locked, hours in (("a", True, 1), ("b", True, 2), ("a", False, 3), ("a", True, 4), ("b", False, 4)):
        plans.lock_batch(batch, locked=locked, at=T + hours * HOUR)
    held = [plans.locked_batches(T + hours * HOUR) for hours in range(6)]
    assert held == [frozenset(), {"a"}, {"a", "b"}, {"b"}, {"a"}, {"a"}]
    assert plans.locked_batches(T + 2 * HOUR - timedelta(microseconds=1)) == {"a"}
    assert SqlPlanLedger(engine).locked_batches() == {"a"}


def test_the_last_count_is_the_newest_in_time(plans):
    first, second = (StockCount(T + h * HOUR, {"tank-dark": 100.0 + h}, {"dark": 5.5}) for h in (0, 1))
    plans.add_count(second)
    plans.add_count(first)
    assert plans.last_count() == second
    assert plans.last_count(T + HOUR) == second
    assert plans.last_count(T + HOUR - timedelta(microseconds=1)) == first
    assert plans.last_count(T - HOUR) is None


def test_a_plan_of_a_version_before_that_noted_less_is_read(plans, engine):
    """No grounds, no calls of the solver: as plans were kept before decisions were replayed."""
    old = json.loads(zlib.decompress(encoded(record())))
    del old["grounds"], old["planned"]["solves"]
    with engine.begin() as c:
        body = zlib.compress(json.dumps(old).encode())
        c.execute(sa.insert(schema.plans).values(id="0123456789ab", made_at=T, record=body))
    assert plans.plan("0123456789ab") == record()


def test_the_counts_of_a_window_come_in_order(plans):
    made = [StockCount(T + h * HOUR, {"tank-dark": 1.0 * h}, {"dark": 5.5}) for h in range(4)]
    for count in reversed(made):
        plans.add_count(count)
    assert plans.counts(Interval(T + HOUR, T + 3 * HOUR)) == made[1:3]


def test_a_plan_that_cannot_be_read_is_as_none_and_hides_no_other(plans, engine):
    """As one that another version wrote: the next plan is made without it."""
    plans.keep_plan(made(1, "aaaaaaaaaaaa"))
    plans.keep_plan(made(2, "bbbbbbbbbbbb"))
    with engine.begin() as c:
        c.execute(sa.text("UPDATE plan SET record = :bytes WHERE id = 'bbbbbbbbbbbb'"), {"bytes": b"ruins"})
    assert SqlPlanLedger(engine).plan_in_force() is None
    assert [r.id for r in plans.plans(LATER)] == ["aaaaaaaaaaaa"]
    with pytest.raises(UnreadableError, match="another version"):
        plans.plan("bbbbbbbbbbbb")
    plans.keep_plan(made(3, "cccccccccccc"))
    assert plans.plan_in_force().id == "cccccccccccc"


@pytest.mark.parametrize(
    "deed",
    [
        lambda ledger: ledger.plan_in_force(),
        lambda ledger: ledger.keep_plan(record()),
        lambda ledger: ledger.plans(LATER),
        lambda ledger: ledger.locked_batches(),
        lambda ledger: ledger.last_count(),
    ],
)
def test_a_ruined_ledger_is_a_store_error(ruined, deed):
    with pytest.raises(StoreError):
        deed(SqlPlanLedger(ruined))


def test_moments_keep_their_microseconds(plans):
    moment = datetime(2026, 10, 25, 0, 30, 0, 1, tzinfo=UTC)  # half past two in Madrid, which comes twice that day
    plans.keep_plan(replace(record(made_at=moment), task=PlanTask(good_plan().problem)))
    assert plans.plan_in_force().made_at == moment
