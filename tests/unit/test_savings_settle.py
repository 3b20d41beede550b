"""Days settled: once, against the declared baseline, and again only where something is news."""

from __future__ import annotations

from dataclasses import replace

import pytest
from savings_world import MONDAY, SavingsWorld, sunny

from chocolate_factory.domain.errors import InputError, StoppedError
from chocolate_factory.domain.plan import Status
from chocolate_factory.domain.plan_record import Planned, StockCount
from chocolate_factory.domain.savings import Chapter, DayStatus, Production
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_day
from chocolate_factory.planning import declared
from chocolate_factory.planning.baselines import compact_block, fixed_block
from chocolate_factory.planning.search import rules
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.usecases.savings import settle as settling

TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + n * DAY for n in (1, 2, 3))


@pytest.fixture
def world():
    made = SavingsWorld()
    made.rest_until(THURSDAY)
    yield made
    made.close()


# ------------------------------------------------------------------------------------------------------------ the day
def test_the_day_before_yesterday_is_settled_and_no_day_after_it(world):
    assert world.settled() == {"days_settled": 2, "days_revised": 0}
    assert [d.day for d in world.savings.days(MONDAY, THURSDAY)] == [MONDAY, TUESDAY]


def test_settling_twice_writes_once(world):
    world.settled()
    kept = world.savings.revisions(MONDAY)
    assert world.settled() == {"days_settled": 0, "days_revised": 0}
    assert world.savings.revisions(MONDAY) == kept


def test_a_day_without_a_meter_is_not_measured_and_claims_nothing(world):
    world.settled()
    day = world.day(TUESDAY)
    assert (day.status, day.saving_eur, day.uncertainty, day.figures.coverage) == (
        DayStatus.NOT_MEASURED,
        None,
        None,
        0,
    )
    assert day.figures.planned_eur > 0
    assert day.figures.baseline_eur > 0
    assert day.planned_saving_eur == pytest.approx(day.figures.baseline_eur - day.figures.planned_eur)


def test_a_day_says_what_it_rests_on(world):
    world.settled()
    day = world.day(TUESDAY)
    record = world.plans.plan(day.plan_id)
    assert record.made_at < madrid_day(TUESDAY).end
    assert day.chapter.sha256 == declared.DECLARED.sha256
    assert set(day.inputs) == {"method", "plan", "course", "prices", "prices_final", "readings", "carbon"}
    assert day.carbon_g_kwh == pytest.approx(0.3 * 398 + 0.1 * 971)
    assert not day.prices_final


def test_what_was_planned_is_billed_at_the_prices_that_came(world):
    world.settled()
    course, price = world.day(TUESDAY).course, world.known.prices_of(TUESDAY)
    by_hand = sum(kwh * price[start] for start, kwh in course.quarters(course.planned_kwh).items())
    assert world.day(TUESDAY).figures.planned_eur == pytest.approx(by_hand)
    assert len(course.planned_kwh) == 24


def test_the_last_plan_before_the_day_was_over_counts():
    world = SavingsWorld(days=2)
    before = world.known.plan_of(TUESDAY)
    world.clock.set(madrid_day(TUESDAY).start + 15 * HOUR)
    again = world.optimise("request")
    assert world.known.plan_of(TUESDAY).id == again.id != before.id
    assert world.known.plan_of(MONDAY - DAY) is None
    world.close()


def test_a_day_is_not_settled_before_its_prices_are_there(world):
    world.store.forget("spot", world.filling, madrid_day(WEDNESDAY).start)
    assert world.settled() == {"days_settled": 0, "days_revised": 0}
    world.fill("spot", Interval(madrid_day(MONDAY).start, madrid_day(WEDNESDAY).start), value=sunny)
    assert world.settled()["days_settled"] == 2


def test_a_stop_leaves_what_was_written(world):
    stopped = iter([False] * 61 + [True] * 9)
    with pytest.raises(StoppedError):
        world.settle(Progress(stopping=lambda: next(stopped)))
    assert [d.day for d in world.savings.days(MONDAY, THURSDAY)] == [MONDAY]
    assert world.settled()["days_settled"] == 1


# ---------------------------------------------------------------------------------------------------------- revisions
def test_readings_that_come_later_make_a_new_revision_and_the_old_one_stays(world):
    world.settled()
    before = world.day(TUESDAY)
    world.meter_as_planned(TUESDAY)
    assert world.settled() == {"days_settled": 0, "days_revised": 1}
    day = world.day(TUESDAY)
    assert (day.revision, day.status, day.figures.coverage) == (2, DayStatus.MEASURED, 1.0)
    assert day.figures.measured_eur == pytest.approx(day.figures.planned_eur, abs=1e-3)
    assert day.saving_eur == pytest.approx(day.planned_saving_eur, abs=1e-3)
    assert world.savings.revisions(TUESDAY) == [before, day]
    assert day.course == before.course, "what was modelled stays as it was"


def test_a_price_that_is_revised_makes_a_new_revision(world):
    world.settled()
    world.clock.sleep(3600)
    start = madrid_day(TUESDAY).start + 12 * HOUR
    world.fill("spot", Interval(start, start + HOUR), value=lambda _s, _t: 500.0)
    assert world.settled() == {"days_settled": 0, "days_revised": 1}
    first, second = world.savings.revisions(TUESDAY)
    assert second.figures.planned_eur > first.figures.planned_eur
    assert second.figures.planned_kwh == first.figures.planned_kwh


def test_prices_become_final_once_and_then_a_day_is_at_rest(world):
    world.settled()
    world.rest_until(TUESDAY + 9 * DAY)
    assert world.settled()["days_revised"] == 2
    assert [d.prices_final for d in world.savings.revisions(TUESDAY)] == [False, True]
    world.store.forget("spot", world.filling, madrid_day(THURSDAY).start)  # nobody reads them any more
    assert world.settled()["days_revised"] == 0


def test_a_reading_after_weeks_is_still_taken_up(world):
    world.settled()
    world.rest_until(TUESDAY + 40 * DAY)
    world.meter_as_planned(TUESDAY, 1.1)
    world.settle(Progress(), TUESDAY, TUESDAY)
    assert world.day(TUESDAY).status is DayStatus.MEASURED
    assert world.day(TUESDAY).saving_eur < world.day(TUESDAY).planned_saving_eur


# ----------------------------------------------------------------------------------------------------------- the meter
def test_a_day_of_which_a_tenth_is_missing_is_filled_by_the_plan_and_says_so(world):
    world.settled()
    world.meter_as_planned(TUESDAY, but=lambda s: s < madrid_day(TUESDAY).start + 2 * HOUR)
    world.settled()
    day = world.day(TUESDAY)
    assert day.status is DayStatus.MEASURED
    assert day.figures.coverage == pytest.approx(88 / 96)
    assert day.figures.filled_kwh == pytest.approx(sum(day.course.planned_kwh[:2]))
    assert day.uncertainty.missing_eur == pytest.approx(day.figures.filled_eur)
    assert day.saving_eur == pytest.approx(day.planned_saving_eur, abs=1e-3)


def test_a_day_of_which_more_is_missing_is_not_measured(world):
    world.settled()
    world.meter_as_planned(TUESDAY, but=lambda s: s < madrid_day(TUESDAY).start + 3 * HOUR)
    world.settled()
    assert (world.day(TUESDAY).status, world.day(TUESDAY).saving_eur) == (DayStatus.NOT_MEASURED, None)
    assert world.day(TUESDAY).figures.coverage == pytest.approx(84 / 96)


def test_a_day_with_a_meter_and_no_plan_has_its_cost_and_no_saving(world):
    sunday = MONDAY - DAY
    world.meter(sunday)
    world.settled()
    day = world.day(sunday)
    assert (day.status, day.chapter, day.course, day.saving_eur) == (DayStatus.MEASURED, None, None, None)
    assert day.figures.metered_kwh == pytest.approx(96 * 15)
    assert "No plan covers this day" in day.notes[0]


def test_a_model_that_is_off_makes_a_saving_as_uncertain(world):
    world.settled()
    world.meter_as_planned(TUESDAY, 0.8)
    world.settled()
    day = world.day(TUESDAY)
    assert day.uncertainty.model_eur == pytest.approx(0.2 * day.figures.baseline_eur, rel=1e-3)
    assert day.uncertainty.eur > day.uncertainty.model_eur


# --------------------------------------------------------------------------------------------------- what was produced
def test_production_that_was_counted_goes_before_the_planned(world):
    made = {"dark": 900.0, "milk": 0.0, "white": 0.0}
    delivered = {o.product: o.kg for o in world.plant.orders(madrid_day(TUESDAY))}
    evening, night = madrid_day(TUESDAY).start + 5 * HOUR, madrid_day(TUESDAY).start + 23 * HOUR
    left = {name: 5000.0 + kg - delivered.get(name, 0.0) for name, kg in made.items()}
    world.plans.add_count(StockCount(evening, {}, dict.fromkeys(made, 5000.0)))
    world.plans.add_count(StockCount(night, {}, left))
    world.settled()
    assert world.day(TUESDAY).course.production is Production.COUNTED
    assert world.day(TUESDAY).figures.kg == pytest.approx(900.0)
    assert world.day(MONDAY).course.production is Production.PLANNED


def test_counts_that_contradict_the_day_are_no_production(world):
    for hour, kg in ((5, 5000.0), (23, 10.0)):
        world.plans.add_count(
            StockCount(madrid_day(TUESDAY).start + hour * HOUR, {}, dict.fromkeys(("dark", "milk", "white"), kg))
        )
    world.settled()
    assert world.day(TUESDAY).course.production is Production.PLANNED


# ----------------------------------------------------------------------------------------------------------- baselines
def test_a_planner_made_worse_on_purpose_shows_a_smaller_saving():
    def saved(planner) -> float:
        world = SavingsWorld(days=0)
        world.planner = planner
        for n in range(3):
            world.plan_on(MONDAY + n * DAY)
        world.rest_until(THURSDAY)
        world.settled()
        days = world.savings.days(MONDAY, TUESDAY)
        world.close()
        return sum(day.planned_saving_eur for day in days)

    def sensible(task):
        plan = fixed_block(task.problem)  # 12 to 18: where prices are low
        return Planned(plan, plan, None)

    def worse(task):
        rule = replace(rules.B2, from_h=16, until_h=22)
        from chocolate_factory.planning import baselines

        plan = baselines._by_rule(rule, task.problem)
        assert plan.status is not Status.INFEASIBLE
        return Planned(plan, plan, None)

    assert saved(sensible) > saved(worse) + 5


def test_a_baseline_made_worse_on_purpose_is_refused_and_nothing_is_written(world, monkeypatch):
    monkeypatch.setattr(rules, "B2", replace(rules.B2, from_h=17))
    with pytest.raises(InputError, match="undo the change, or declare a new version"):
        world.settled()
    assert world.savings.days(MONDAY, THURSDAY) == []
    assert world.savings.chapters() == []


def test_a_baseline_whose_declared_hash_was_changed_with_it_is_refused_by_the_ledger(world, monkeypatch):
    world.settled()
    kept = world.savings.days(MONDAY, THURSDAY)
    worse = replace(rules.B2, from_h=17)
    monkeypatch.setattr(rules, "B2", worse)
    forged = replace(declared.DECLARED, sha256=declared.fingerprint(worse))
    monkeypatch.setattr(settling, "require_declared", lambda: declared.require_declared(forged))
    world.rest_until(THURSDAY + DAY)
    with pytest.raises(InputError, match=f"version 1 is {declared.DECLARED.sha256} in this ledger"):
        world.settled()
    assert world.savings.days(MONDAY, THURSDAY) == kept


def test_a_new_baseline_begins_a_new_chapter_and_leaves_the_days_before_alone(world, monkeypatch):
    world.settled()
    kept = world.day(TUESDAY)
    late = replace(rules.B2, from_h=12)
    monkeypatch.setattr(rules, "B2", late)
    second = declared.Declared("B2 late", 2, "later", declared.fingerprint(late))
    monkeypatch.setattr(settling, "require_declared", lambda: declared.require_declared(second))
    world.plan_on(THURSDAY)
    world.rest_until(THURSDAY + DAY)
    assert world.settled() == {"days_settled": 1, "days_revised": 0}
    assert [(c.version, c.since) for c in world.savings.chapters()] == [(1, MONDAY), (2, WEDNESDAY)]
    assert world.day(WEDNESDAY).chapter.sha256 == second.sha256
    assert world.day(TUESDAY) == kept
    world.meter_as_planned(TUESDAY)
    world.settled()
    assert world.day(TUESDAY).chapter == kept.chapter, "its baseline stays that of its chapter"


def test_a_program_older_than_the_ledger_s_chapter_settles_nothing(world):
    world.savings.open_chapter(Chapter(7, "B9", "f" * 64, "from another world", MONDAY))
    with pytest.raises(InputError, match="chapter of version 7"):
        world.settled()


def test_the_baseline_as_a_plan_saves_nothing_on_a_day_of_its_own_making(world):
    assert world.planner.__name__ == "by_rule"
    assert compact_block(world.task()[0].problem).batches
    world.settled()
    for day in world.savings.days(MONDAY, TUESDAY):
        assert abs(day.planned_saving_eur) < 0.08 * day.figures.baseline_eur
