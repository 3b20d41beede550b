"""Two values compared part by part: what differs is named, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hand_plans import good_plan
from plan_records import CERTIFICATE, record
from planning_problems import PLANT, problem

from chocolate_factory.domain.plan import Batch
from chocolate_factory.domain.plan_record import PlanTask
from chocolate_factory.domain.replay import Difference
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import HOUR, isoformat_madrid
from chocolate_factory.usecases.differences import Compare, scalar
from chocolate_factory.usecases.replay import PLANS

EXACTLY = Compare()
TASK = PlanTask(problem(hours=24))


def found(then, now, compare=EXACTLY):
    return list(compare(then, now))


def with_slot(task: PlanTask, number: int, **changes) -> PlanTask:
    slots = list(task.problem.slots)
    slots[number] = replace(slots[number], **changes)
    return replace(task, problem=replace(task.problem, slots=tuple(slots)))


def test_a_value_does_not_differ_from_itself_nor_from_what_is_read_back():
    assert found(TASK, TASK) == []
    assert found(TASK, replace(TASK)) == []


def test_a_slots_figure_is_named_by_its_slot_and_its_field():
    slot = TASK.problem.slots[7]
    changed = with_slot(TASK, 7, energy_eur_kwh=slot.energy_eur_kwh + 0.01, price_kind=Kind.ESTIMATED)
    where = ("problem", "slots", isoformat_madrid(slot.slot.start))
    assert found(TASK, changed) == [
        Difference((*where, "energy_eur_kwh"), slot.energy_eur_kwh, slot.energy_eur_kwh + 0.01),
        Difference((*where, "price_kind"), "observed", "estimated"),
    ]


def test_what_is_on_one_side_alone_is_told_by_what_matters_of_it():
    batch = Batch("b1", "dark", "line", "line", TASK.problem.horizon.start, TASK.problem.horizon.start + HOUR, 250.0)
    held = replace(TASK, options=replace(TASK.options, fixed=(batch,)))
    (gone,) = found(held, TASK)
    assert gone.path == ("options", "fixed", "b1")
    assert gone.then.endswith("250 kg")
    assert gone.now is None
    (order, *_) = found(TASK, replace(TASK, problem=replace(TASK.problem, orders=())))
    assert order.path == ("problem", "orders", TASK.problem.orders[0].id)
    assert order.now is None


def test_parts_are_told_by_their_names_whatever_their_order():
    turned = replace(TASK.problem, orders=TASK.problem.orders[::-1])
    assert found(TASK.problem, turned) == []


def test_a_mapping_by_moments_is_told_by_them():
    start = TASK.problem.horizon.start
    ran = replace(TASK.problem, done_kg={start: 12.0})
    assert found(TASK.problem, ran) == [Difference(("done_kg", isoformat_madrid(start)), None, 12.0)]


def test_a_plants_part_is_told_by_its_name():
    tanks = (replace(PLANT.tanks[0], capacity_kg=1.0), *PLANT.tanks[1:])
    (capacity,) = found(PLANT, replace(PLANT, tanks=tanks))
    assert capacity.path == ("tanks", PLANT.tanks[0].name, "capacity_kg")


def test_a_field_that_is_new_is_compared_without_a_word_here():
    @dataclass(frozen=True)
    class Tomorrow:
        known: float = 1.0
        added: dict = field(default_factory=dict)

    assert found(Tomorrow(), Tomorrow(added={"x": 2.0})) == [Difference(("added", "x"), None, 2.0)]


@pytest.mark.parametrize(
    ("then", "now", "same"),
    [
        (0.1 + 0.2, 0.3, True),
        (1.0, 1.0 + 1e-9, False),
        (1, 1.0, True),
        (True, False, False),
        (None, 0.0, False),
        ("a", "a", True),
        (float("inf"), float("inf"), True),
    ],
)
def test_numbers_are_the_same_but_for_what_a_sum_loses(then, now, same):
    assert (found(then, now) == []) is same


def test_names_that_come_twice_are_numbered():
    one = Batch("b", "dark", "line", "line", TASK.problem.horizon.start, TASK.problem.horizon.end, 1.0)
    (kg,) = found((one, one), (one, replace(one, kg=2.0)))
    assert kg.path == ("2", "kg")


# ---------------------------------------------------------------------------------------------------------------- plans
def test_a_plan_that_took_longer_and_is_worded_otherwise_is_the_same():
    planned = record().planned
    slower = replace(planned.plan, solver=replace(planned.plan.solver, seconds=99.0, build_seconds=3.0), conflicts=())
    reworded = replace(slower, batches=tuple(replace(b, reason={"en": "Otherwise."}) for b in slower.batches))
    assert found(planned, replace(planned, plan=reworded, notes=("other",)), PLANS) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda p: replace(p, starts_eur=p.starts_eur + 0.01),
        lambda p: replace(p, batches=p.batches[:-1]),
        lambda p: replace(
            p, batches=(replace(p.batches[0], end=p.batches[0].end + timedelta(hours=1)), *p.batches[1:])
        ),
        lambda p: replace(p, slots=(replace(p.slots[0], cost_eur=p.slots[0].cost_eur + 0.01), *p.slots[1:])),
        lambda p: replace(p, solver=replace(p.solver, bound_eur=-1.0)),
        lambda p: replace(p, note="B3"),
    ],
)
def test_a_plan_that_differs_by_a_cent_a_batch_or_a_proof_is_another(change):
    planned = record(plan=good_plan()).planned
    assert found(planned, replace(planned, plan=change(planned.plan)), PLANS)


def test_a_certificate_that_differs_is_told():
    planned = record().planned
    worse = replace(planned, certificate=replace(CERTIFICATE, on_time_probability=0.5))
    assert found(planned, worse, PLANS) == [Difference(("certificate", "on_time_probability"), 0.93, 0.5)]


def test_what_nobody_can_tell_in_a_word_is_a_mark():
    assert scalar(PLANT) == "…"
    assert scalar(None) is None
