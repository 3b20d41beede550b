"""The shadow: both predict the same hours, and only what was said in time counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import at, span
from model_makers import made

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.models import Evidence, ModelName, ModelVersion
from chocolate_factory.domain.series import TRUE_KINDS, Kind
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Resolution, madrid_date, madrid_day, madrid_midnight, slots
from chocolate_factory.learning.verdict import judge
from chocolate_factory.usecases.outcomes import OUTPUTS, Outcomes, common_days, said_in_time
from chocolate_factory.usecases.price_history import PriceHistory
from chocolate_factory.usecases.shadow import Shadow

NOW = at("2026-03-31T22:30")
BORN = at("2026-02-25T09:00")
SCORE, SPOT, PVPC = ModelName.ENERGY_OPTIMIZATION, ModelName.SPOT_PRICE, ModelName.PVPC_PRICE


def version(number: int, name: ModelName = SPOT, born=BORN) -> ModelVersion:
    return ModelVersion(replace(made(b"x", name=name).card, made_at=born), number, "0" * 64, "run")


class Stage:
    """A store with prices that came, and what two versions said of them."""

    def __init__(self) -> None:
        self.store, self.clock = MemoryStore(), FixedClock(NOW)
        self.targets: dict = {}
        history = PriceHistory(self.store, TRUE_KINDS)
        self.outcomes = Outcomes(history, self.clock, lambda _n, _w: self.targets, lambda _n, _w: {})
        self.asked: list = []
        self.shadow = Shadow(self.store, self.clock, self.outcomes, self.regret)

    def regret(self, name, told, came):
        self.asked.append((name, told, came))
        return {source: float(len(said)) + k for k, (source, said) in enumerate(told.items())}

    def prices(self, series: str, first, days: int, value=lambda start: 50.0 + start.hour) -> None:
        for day in (first + n * DAY for n in range(days)):
            for start in slots(madrid_day(day), Resolution.QUARTER if series == "spot" else Resolution.HOUR):
                self.store.write([observation(series, "ree", Kind.OBSERVED, start, value(start), start - 10 * HOUR)])

    def says(self, number: int, day, when, error: float, name: ModelName = SPOT) -> None:
        """What a version says of a day's hours at a moment: the truth, and an error."""
        hours = slots(madrid_day(day), Resolution.HOUR)
        series, source = OUTPUTS[name], f"{name}/{number}"
        self.store.write(observation(series, source, Kind.FORECAST, h, 50.0 + h.hour + error, when) for h in hours)

    def daily(self, errors: dict[int, float], first, days: int, name: ModelName = SPOT) -> None:
        for day in (first + n * DAY for n in range(days)):
            for number, error in errors.items():
                self.says(number, day, madrid_midnight(day) - 14 * HOUR, error, name)


@pytest.fixture
def stage():
    return Stage()


MARCH = madrid_date(at("2026-03-01"))


def test_the_better_of_two_has_the_smaller_losses_and_both_their_regret(stage):
    stage.prices("spot", MARCH, 30)
    stage.daily({3: 6.0, 4: 2.0}, MARCH, 30)
    found = stage.shadow(version(3), version(4))
    assert isinstance(found, Evidence)
    assert (found.champion, found.challenger, found.lags) == ("spot_price/3", "spot_price/4", 0)
    assert found.champion_losses == pytest.approx([6.0] * 30)
    assert found.challenger_losses == pytest.approx([2.0] * 30)
    assert found.hours == span("2026-03-01", "2026-03-31")
    assert found.hours.duration == 30 * DAY - HOUR  # the night of summer time is an hour short
    assert (found.champion_eur, found.challenger_eur) == (719.0, 720.0)
    assert "following it costs 1.00 EUR more" in judge(found).reason


def test_what_was_said_after_noon_does_not_count(stage):
    stage.prices("spot", MARCH, 2)
    stage.daily({3: 6.0, 4: 2.0}, MARCH, 2)
    stage.says(4, MARCH + DAY, at("2026-03-01T12:00:01"), 0.0)
    stage.says(4, MARCH, at("2026-02-28T11:59"), 3.0)
    found = stage.shadow(version(3), version(4))
    assert found is not None
    assert found.challenger_losses == pytest.approx([3.0, 2.0])


def test_a_day_that_one_of_them_missed_counts_for_neither(stage):
    stage.prices("spot", MARCH, 3)
    stage.daily({3: 6.0}, MARCH, 3)
    stage.daily({4: 2.0}, MARCH + DAY, 1)
    found = stage.shadow(version(3), version(4))
    assert found is not None
    assert len(found.champion_losses) == len(found.challenger_losses) == 1
    assert stage.asked[0][2].keys() == set(slots(madrid_day(MARCH + DAY), Resolution.HOUR))


def test_only_days_after_both_were_made_count(stage):
    stage.prices("spot", MARCH, 20)
    stage.daily({3: 6.0, 4: 2.0}, MARCH, 20)
    found = stage.shadow(version(3), version(4, born=at("2026-03-16T09:00")))
    assert found is not None
    assert found.hours == span("2026-03-17", "2026-03-21")


def test_without_a_shared_day_there_is_no_evidence(stage):
    assert stage.shadow(version(3), version(4)) is None
    assert stage.asked == []
    assert not judge(None).promote


def test_a_version_made_after_now_has_no_window(stage):
    assert stage.shadow(version(3), version(4, born=NOW + DAY)) is None


def test_a_score_counts_as_it_stood_when_its_hour_began(stage):
    start = at("2026-03-10T08:00")
    for when, value in ((-3 * HOUR, 40.0), (timedelta(0), 50.0), (timedelta(minutes=20), 90.0)):
        stage.store.write(
            [observation(OUTPUTS[SCORE], "energy_optimization/1", Kind.FORECAST, start, value, start + when)]
        )
    assert said_in_time(stage.store, SCORE, "energy_optimization/1", span("2026-03-10", "2026-03-11")) == {start: 50.0}


def test_scores_are_held_against_their_targets_over_overlapping_weeks(stage):
    stage.targets = {h: 50.0 + h.hour for n in range(30) for h in slots(madrid_day(MARCH + n * DAY), Resolution.HOUR)}
    stage.daily({1: 9.0, 2: 4.0}, MARCH, 30, SCORE)
    found = stage.shadow(version(1, SCORE), version(2, SCORE))
    assert found is not None
    assert found.lags == 6
    assert found.challenger_losses == pytest.approx([4.0] * 30)


def test_half_a_day_of_scores_is_a_day_and_of_prices_none():
    day = list(slots(madrid_day(MARCH), Resolution.HOUR))
    half = dict.fromkeys(day[:12], 1.0)
    window = span("2026-03-01", "2026-03-02")
    assert common_days(SCORE, window, half) == {MARCH: day[:12]}
    assert common_days(SCORE, window, dict.fromkeys(day[:11], 1.0)) == {}
    assert common_days(SPOT, window, half) == {}


def test_the_naive_forecast_takes_monday_from_last_week_and_else_yesterday(stage):
    first = madrid_date(at("2026-03-02"))  # a Monday
    stage.prices("pvpc", first, 24, value=lambda s: 100.0 + (s.astimezone(MADRID).date() - first).days)
    monday, tuesday = first + 14 * DAY, first + 15 * DAY
    naive = stage.outcomes.naive(PVPC, span("2026-03-16", "2026-03-18"))
    assert {naive[h] for h in slots(madrid_day(monday), Resolution.HOUR)} == {107.0}
    assert {naive[h] for h in slots(madrid_day(tuesday), Resolution.HOUR)} == {114.0}
    assert len(naive) == 48


def test_there_is_no_naive_forecast_without_prices(stage):
    assert stage.outcomes.naive(PVPC, span("2026-03-16", "2026-03-18")) == {}
    assert stage.outcomes.came(PVPC, span("2026-03-16", "2026-03-18")) == {}


def test_of_simulated_worlds_predictions_are_read_as_well():
    store, start = MemoryStore("simulated"), at("2026-03-10T08:00")
    store.write([observation("spot_p50", "spot_price/1", Kind.SIMULATED, start, 44.0, start - 30 * HOUR)])
    assert said_in_time(store, SPOT, "spot_price/1", span("2026-03-10", "2026-03-11")) == {start: 44.0}
