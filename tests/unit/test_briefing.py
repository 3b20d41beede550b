"""The evening briefing: what it says, and that it is said once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from plan_records import by_rule
from plan_world import PlanWorld

from chocolate_factory.domain.errors import NotYetError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, madrid_day, parse_moment
from chocolate_factory.domain.work import Outcome
from chocolate_factory.scheduler.brief_deeds import PLAN_CAME, PRICES_CAME, brief_where_due, daily_briefing
from chocolate_factory.usecases.briefing import Brief, day_facts

EVENING = parse_moment("2026-06-16T20:50", "now")
TOMORROW = date(2026, 6, 17)


class Notices:
    """A stand-in for ``Notify``: what was told, to one target."""

    targets = ("tgram-1",)

    def __init__(self) -> None:
        self.told: dict[str, tuple[str, str]] = {}

    def tell_once(self, key: str, title: str, body: str) -> int:
        new = key not in self.told
        self.told.setdefault(key, (title, body))
        return int(new)

    def was_told(self, key: str) -> bool:
        return key in self.told


class World(PlanWorld):
    """An evening; the plan is made by the rule."""

    def __init__(self) -> None:
        super().__init__(EVENING)
        self.notices = Notices()
        self.brief = Brief(self.plans, self.notices, self.clock, "es")
        self.last = None
        jobs = SimpleNamespace(last_run=lambda _id: self.last)
        self.house = SimpleNamespace(optimise=self.optimise, brief=self.brief, notify=self.notices, jobs=jobs)

    def deed(self):
        self.last = daily_briefing(self.house, None)
        return self.last


@pytest.fixture
def world():
    world = World()
    yield world
    world.engine.dispose()


@pytest.fixture
def published(world):
    world.know(EVENING, tomorrow=True)
    world.optimise("schedule")
    return world


# ---------------------------------------------------------------------- what it says
def test_the_figures_of_the_day_are_those_of_its_slots(published):
    record = published.plans.plan_in_force()
    facts, window = published.brief.compose().facts, madrid_day(TOMORROW)
    slots = [s for s in record.planned.plan.slots if s.input.slot.start in window]
    assert facts.day == TOMORROW
    assert facts.cost_eur == pytest.approx(sum(s.cost_eur for s in slots))
    assert facts.kwh == pytest.approx(sum(s.energy_kwh for s in slots))
    assert facts.kg == pytest.approx(sum(s.output_kg for s in slots))
    assert {b.id for b in facts.batches} == {
        b.id for b in record.planned.plan.batches if b.start < window.end and b.end > window.start
    }


def test_dear_hours_are_dearer_than_all_others_and_cheap_ones_cheaper(published):
    slots = [
        s.input
        for s in published.plans.plan_in_force().planned.plan.slots
        if s.input.slot.start in madrid_day(TOMORROW)
    ]
    facts = published.brief.compose().facts
    dear, cheap = (
        {s.slot.start for s in slots if any(s.slot.start in stretch.window for stretch in stretches)}
        for stretches in (facts.dear, facts.cheap)
    )
    prices = {s.slot.start: s.energy_eur_kwh for s in slots}
    others = prices.keys() - dear - cheap
    assert dear
    assert cheap
    assert min(prices[t] for t in dear) > max(prices[t] for t in others)
    assert max(prices[t] for t in cheap) < min(prices[t] for t in others)


def test_it_is_told_in_both_languages_and_says_what_is_unsure(published):
    spanish, english = published.brief.compose(), published.brief.compose(language="en")
    assert spanish.title == "Plan del miércoles 17/6/2026"
    assert english.title == "Plan of Wednesday 17/6/2026"
    for words in ("Qué se hace:", "línea:", "€ de energía", "Horas caras:", "Máxima prevista:", "Qué es incierto:"):
        assert words in spanish.body
    assert "The weather is a forecast." in english.body
    assert "nan" not in spanish.body
    assert not spanish.late


def test_prices_that_are_forecast_are_told_as_late(world):
    world.optimise("schedule")
    briefing = world.brief.compose()
    assert briefing.late
    assert "faltan precios" in briefing.title
    assert "A las 20:50 aún no están publicados los precios" in briefing.body
    assert "de los precios de ese día aún es previsión" in briefing.body


def test_what_cannot_be_in_time_is_told_first(published):
    record = published.plans.plan_in_force()
    text = {"es": "El pedido no cabe.", "en": "The order does not fit."}
    clash = SimpleNamespace(text=text)
    late = replace(record.planned.plan, conflicts=(SimpleNamespace(clashes=(clash,)),))
    facts = day_facts(replace(record, planned=replace(record.planned, plan=late)), TOMORROW)
    assert facts.late == (text,)


def test_a_day_that_no_plan_holds_whole_is_not_told(published):
    with pytest.raises(NotYetError, match="2026-06-25"):
        published.brief.compose(date(2026, 6, 25))
    assert day_facts(published.plans.plan_in_force(), TOMORROW + 40 * DAY) is None


@pytest.mark.parametrize(("at", "day"), [("2026-06-16T20:50", 17), ("2026-06-16T12:00", 17), ("2026-06-17T07:10", 17)])
def test_in_the_morning_it_is_of_the_same_day(world, at, day):
    world.clock.set(parse_moment(at, "now"))
    assert world.brief.day == date(2026, 6, day)


# ---------------------------------------------------------------------- once
def test_it_is_told_once(published):
    first = published.deed()
    assert (first.outcome, first.counts) == (Outcome.DONE, {"targets": 1, "told": 1, "prices_late": False})
    assert published.deed().counts["told"] == 0
    assert list(published.notices.told) == ["brief:2026-06-17"]
    assert brief_where_due(published.house) == {}


def test_late_prices_are_told_and_the_rest_once_they_are_in_the_plan(world):
    world.optimise("schedule")
    assert world.deed().counts == {"targets": 1, "told": 1, "prices_late": True}
    assert brief_where_due(world.house) == {}, "nothing came yet"
    world.know(EVENING + HOUR, tomorrow=True)
    assert brief_where_due(world.house) == {}, "the plan does not have them yet"
    world.optimise("new prices")
    assert brief_where_due(world.house) == {"daily_briefing": PRICES_CAME}
    assert world.deed().counts["told"] == 1
    assert list(world.notices.told) == ["brief-late:2026-06-17", "brief:2026-06-17"]
    assert brief_where_due(world.house) == {}


def test_the_plan_is_made_again_first_where_prices_have_come(world):
    world.optimise("schedule")
    world.know(EVENING + timedelta(minutes=1), tomorrow=True)
    assert world.deed().counts["prices_late"] is False
    assert world.plans.plan_in_force().trigger == "new prices"


def test_without_a_plan_there_is_nothing_to_tell_until_there_is_one(world):
    """As on a machine that was off all evening: the run is made up before there can be a plan."""
    world.planner = unable
    with pytest.raises(NotYetError):
        world.brief.tell()
    said = world.deed()
    assert (said.outcome, said.counts) == (Outcome.NOTHING, {"targets": 1, "told": 0})
    assert "No plan holds 2026-06-17" in said.error
    assert world.notices.told == {}
    assert brief_where_due(world.house) == {}, "there is none yet"
    world.planner = by_rule
    world.know(EVENING, tomorrow=True)
    world.optimise("first")
    assert brief_where_due(world.house) == {"daily_briefing": PLAN_CAME}
    assert world.deed().counts["told"] == 1
    assert brief_where_due(world.house) == {}


def unable(_task):
    raise NotYetError("The prices of these days are not known.")


def test_simulated_prices_of_the_demo_are_not_late(published):
    record = published.plans.plan_in_force()
    slots = tuple(replace(s, input=replace(s.input, price_kind=Kind.SIMULATED)) for s in record.planned.plan.slots)
    plan = replace(record.planned.plan, slots=slots)
    facts = day_facts(replace(record, planned=replace(record.planned, plan=plan)), TOMORROW)
    assert facts.guessed == 0.0
