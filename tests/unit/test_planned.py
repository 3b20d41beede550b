"""A task planned: certificate, and the buffer that a plan gets when chance makes it late too often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hand_plans import STEADY
from planning_problems import MONDAY, PLANT, order, problem

from chocolate_factory.domain.plan import Options
from chocolate_factory.domain.plan_record import Moving, PlanTask
from chocolate_factory.domain.tariff import Period
from chocolate_factory.domain.time import HOUR
from chocolate_factory.planning.carry import standing
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.simulation.certificate import CHUNK, Replication
from chocolate_factory.simulation.run import run
from chocolate_factory.usecases import planned as room
from chocolate_factory.usecases.buffers import LEAST_H, Trial, buffers_h, with_buffers
from chocolate_factory.usecases.plan_document import plan_document
from chocolate_factory.usecases.planned import moved, planned

OPTIONS = Options(time_limit_s=10, gap=0.001)


def asking(probability, **failures):
    """The packaged plant with a line that fails, and nothing else that does."""
    calm = replace(STEADY, mtbf_h=6.0, mttr_h=0.5, repair_sigma=0.3)
    policy = replace(PLANT.policy, on_time_probability=probability)
    return replace(PLANT, failures=replace(calm, **failures), policy=policy)


def just_in_time(plant, orders=None):
    """A day that grows cheaper, so that the cheapest plan works as late as it may."""
    return problem(
        plant,
        hours=24,
        prices=lambda hour: 0.30 - 0.01 * hour,
        stocks={"dark": 1500.0, "milk": 1000.0, "white": 600.0},
        orders=orders or (order(1200, 21),),
    )


def task(probability=0.9, orders=None, **changes):
    return PlanTask(just_in_time(asking(probability), orders), OPTIONS, **{"replications": 100} | changes)


@pytest.fixture(scope="module")
def repaired():
    return planned(task())


@pytest.fixture(scope="module")
def bare():
    return planned(task(repair_rounds=0))


# ------------------------------------------------------------------------------------------------------------- repair
def test_a_plan_that_chance_makes_late_gets_a_buffer(repaired, bare):
    assert bare.certificate.on_time_probability < 0.9 <= repaired.certificate.on_time_probability
    assert repaired.plan.objective_eur > bare.plan.objective_eur
    line = [next(b for b in p.plan.batches if b.stage == "line") for p in (repaired, bare)]
    assert line[0].end < line[1].end


def test_what_was_done_is_told_with_its_price(repaired, bare):
    (note,) = repaired.notes
    dearer = repaired.plan.objective_eur - bare.plan.objective_eur
    before, after = bare.certificate.on_time_probability, repaired.certificate.on_time_probability
    assert f"{100 * after:.1f} % instead of {100 * before:.1f} % of 100 simulated runs, {dearer:.2f} EUR dearer" in note
    assert "planned as if due earlier: dark-21 by" in note


def test_a_repaired_plan_is_of_the_task_and_judged_by_the_due_times_as_they_are(repaired, bare):
    assert repaired.plan.problem == task().problem
    assert repaired.plan.late_kg_h == repaired.plan.late_eur == repaired.plan.owed_kg == 0
    assert repaired.plan.solver.bound_eur == bare.plan.solver.bound_eur
    gap = 1 - bare.plan.solver.bound_eur / repaired.plan.objective_eur
    assert repaired.plan.solver.gap == pytest.approx(gap)


def test_without_rounds_the_shortfall_is_told(bare):
    (note,) = bare.notes
    assert "where 90.0 % are asked" in note
    assert bare.plan.batches == make_plan(task().problem, OPTIONS).batches


def test_a_plan_that_is_punctual_enough_stays_as_it_is(bare):
    easy = planned(task(0.1))
    assert easy.plan.batches == bare.plan.batches
    assert easy.notes == ()


def test_the_same_task_gives_the_same(repaired):
    again = planned(task())
    assert (again.plan.batches, again.certificate, again.notes) == (
        repaired.plan.batches,
        repaired.certificate,
        repaired.notes,
    )


def test_more_than_can_be_made_is_late_by_the_plan_and_not_by_chance():
    drowned = planned(task(orders=(order(1000, 18), order(9000, 21))))
    assert drowned.plan.late_kg_h > 0
    assert drowned.certificate.on_time_probability == 0
    assert any(note.startswith("Late by the plan itself: dark-21.") for note in drowned.notes)
    assert not any("dark-18" in note for note in drowned.notes if "by the plan itself" in note)


def test_a_repair_costs_no_more_than_its_rounds(monkeypatch):
    solved = []

    def counting(asked, options, solver):
        solved.append(asked.orders[0].due)
        return make_plan(asked, options, solver)

    monkeypatch.setattr(room, "make_plan", counting)
    planned(task(1.0, repair_rounds=2))
    assert 2 <= len(solved) <= 3
    assert solved == sorted(solved, reverse=True)


def test_the_mapper_does_the_certificates_work(repaired):
    chunks_seen = []

    def mapper(work, chunks):
        chunks_seen.append([len(c) for c in chunks])
        return map(work, chunks)

    assert planned(task(), mapper).certificate == repaired.certificate
    assert set(map(tuple, chunks_seen)) == {(CHUNK,) * 4}


def test_no_replications_no_certificate():
    bare = planned(task(replications=0))
    assert (bare.certificate, bare.notes) == (None, ())


# ------------------------------------------------------------------------------------------------------------ what if
def test_a_batch_of_the_plan_is_moved_within_its_task(bare):
    line = next(b for b in bare.plan.batches if b.stage == "line")
    earlier = moved(Moving(task(), bare.plan, line.id, line.start - timedelta(hours=3)))
    assert earlier.feasible
    assert earlier.delta_eur > 0  # the day grows cheaper
    late = moved(Moving(task(), bare.plan, line.id, MONDAY + timedelta(hours=23)))
    assert (late.feasible, late.delta_eur) == (False, None)


# ------------------------------------------------------------------------------------------------------------ buffers
def trial_of(behind):
    """A trial with these late orders by run; its plan completes the order of 21 h in its last hour."""
    plan = make_plan(just_in_time(asking(0.9), (order(600, 20), order(600, 21))), OPTIONS)
    return Trial(plan.problem, plan, run(plan, 1, random=False), [Replication({}, b, None) for b in behind])


def test_a_buffer_is_what_nearly_all_late_runs_lacked():
    lacked = [{"dark-21": h / 10} for h in range(1, 21)] + [{}] * 80  # a fifth is late, by up to two hours
    assert buffers_h(trial_of(lacked), 0.9, frozenset()) == {"dark-21": pytest.approx(1.1, abs=0.11)}
    assert buffers_h(trial_of(lacked), 0.7, frozenset()) == {}
    assert buffers_h(trial_of(lacked), 0.9, frozenset({"dark-21"})) == {}


def test_several_orders_share_what_may_be_missed():
    lacked = [{"dark-21": 1.0}] * 8 + [{"dark-20": 1.0}] * 8 + [{}] * 84  # each is on time in 92 %, both in 84 %
    assert set(buffers_h(trial_of(lacked), 0.9, frozenset())) == {"dark-20", "dark-21"}


def test_an_order_that_is_late_without_any_loss_is_still_pulled():
    assert buffers_h(trial_of([{"dark-21": 0.0}] * 50 + [{}] * 50), 0.9, frozenset()) == {"dark-21": LEAST_H}


def test_a_pulled_order_pulls_what_is_served_before_it():
    trial = trial_of([{}])
    pulled = with_buffers(trial, {"dark-21": 3.0})
    due = {o.id: o.due for o in pulled.orders}
    done_h = trial.done_h()["dark-21"]
    assert due["dark-21"] == MONDAY + timedelta(hours=done_h - 3.0)
    assert due["dark-20"] == due["dark-21"]
    assert [o.id for o in pulled.orders] == ["dark-20", "dark-21"]
    assert {o.id: o.due for o in with_buffers(trial, {"dark-20": 1.0}).orders}["dark-21"] == MONDAY + timedelta(
        hours=21
    )


# ------------------------------------------------------------------------------------------------------ the days after
@pytest.fixture(scope="module")
def looking():
    """A day before a dear one."""
    whole = problem(PLANT, hours=72, prices=lambda hour: 0.10 if hour < 24 else 0.40)
    head = replace(whole, slots=whole.slots[:24], orders=tuple(o for o in whole.orders if o.due <= MONDAY + 24 * HOUR))
    return PlanTask(head, OPTIONS, replications=10, beyond=whole.slots[24:])


@pytest.fixture(scope="module")
def made(looking):
    return planned(looking)


@pytest.fixture(scope="module")
def short(looking):
    return planned(replace(looking, beyond=()))


def test_what_a_plan_leaves_is_worth_what_it_saves_the_days_after(looking, made, short):
    assert made.plan.kg > short.plan.kg + 500
    assert made.plan.problem.after.until == looking.looked_at.end
    assert made.plan.after_eur > 0 == short.plan.after_eur
    assert any("worth what it saves the days until 2026-02-12T00:00:00+01:00" in note for note in made.notes)
    ahead = standing(made.plan, made.plan.problem.horizon.end).finished_kg
    assert f"Made ahead for them: dark {ahead['dark']:.0f} kg." in made.notes
    assert not any("the days until" in note for note in short.notes)


def test_the_baseline_looks_nowhere(made, short):
    assert made.baseline == short.baseline
    assert made.saving_eur is not None


def test_the_same_task_looks_ahead_to_the_same_plan(looking, made):
    again = planned(looking, before=made.solves)
    assert [(b.id, b.kg) for b in again.plan.batches] == [(b.id, b.kg) for b in made.plan.batches]
    assert again.plan.problem == made.plan.problem


def test_a_document_says_how_far_was_looked_and_takes_the_days_after_off_the_bound(made, short):
    told = plan_document(made)
    assert told["looked_until"] == "2026-02-12T00:00:00+01:00"
    assert told["solver"]["bound_eur"] <= made.plan.cost_eur + made.plan.starts_eur + made.plan.late_eur + 1e-6
    assert plan_document(short)["looked_until"] is None


def test_moving_a_batch_is_asked_with_the_days_after_as_the_plan_saw_them(looking, made):
    batch = next(b for b in made.plan.batches if b.stage == "conche")
    move = moved(Moving(looking, made.plan, batch.id, batch.start + HOUR))
    assert "the days after" in move.reason["en"]


def test_days_after_in_which_nothing_can_be_kept_are_told(looking):
    """The plant at rest takes more than it may."""
    weak = replace(PLANT, contract=replace(PLANT.contract, contracted_kw=dict.fromkeys(Period, 10.0)))
    none = planned(replace(looking, problem=replace(looking.problem, plant=weak)))
    assert none.plan.problem.after is None
    assert any("looks no further than its end: nothing keeps the limits" in note for note in none.notes)
