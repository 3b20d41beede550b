"""Drift watched: what is found becomes findings of the models it concerns, alerts, and reasons to train."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from drift_world import prices, temperature
from fakes import Plant, at
from model_makers import T, made

from chocolate_factory.adapters.memo import MemoryMemo
from chocolate_factory.domain.catalogue import observations
from chocolate_factory.domain.models import Alias, ModelName, ModelVersion, RegistryState
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_date
from chocolate_factory.forecasting.days import hours_of
from chocolate_factory.learning.drift import DriftKind, Remedy
from chocolate_factory.learning.skill import DailyLosses
from chocolate_factory.usecases.drift import AGAIN_AFTER, Drift
from chocolate_factory.usecases.drift_causes import promise
from chocolate_factory.usecases.outcomes import OUTPUTS

NOW = at("2024-08-21T09:10")
FIRST = date(2022, 5, 1)  # two earlier summers
LAST = date(2024, 8, 20)
JULY = at("2024-08-01")
SPOT, SCORE = ModelName.SPOT_PRICE, ModelName.ENERGY_OPTIMIZATION


class FakeShelf:
    """The registry's last word, as the test sets it."""

    def __init__(self) -> None:
        self.versions: tuple[ModelVersion, ...] = ()

    def state(self) -> RegistryState | None:
        return RegistryState(True, "here", (), self.versions, T) if self.versions else None

    def serve(self, name: ModelName, *, learnt_until=JULY, number: int = 2, baseline: bool = False) -> None:
        card = replace(
            made(b"x", name=name, baseline=baseline).card,
            made_at=learnt_until + HOUR,
            learnt_from=Interval(at("2022-01-01"), learnt_until),
        )
        self.versions += (ModelVersion(card, number, "0" * 64, "run", frozenset({Alias.CHAMPION})),)


class World:
    """A store with three and a half years, a shelf, and losses that the test sets."""

    def __init__(self) -> None:
        self.plant = Plant(NOW)
        self.shelf = FakeShelf()
        self.asked: list[str] = []
        self.factor = 1.0
        self.drift = Drift(
            self.plant.store,
            self.shelf,
            self.plant.alerts,
            self.plant.clock,
            self.plant.filling,
            self.losses,
            MemoryMemo(),
        )

    def losses(self, version: ModelVersion) -> DailyLosses:
        self.asked.append(version.source)
        naive = 20.0 + np.random.default_rng(1).normal(0.0, 3.0, 50)
        days = [LAST - n * DAY for n in range(50)][::-1]
        return DailyLosses(days, (0.7 * self.factor * naive).tolist(), naive.tolist())

    def fill(self, series: str, table, source: str = "ree", since: date = FIRST) -> None:
        rows = [(since + n * DAY, row) for n, row in enumerate(table.values[(since - table.first).days :])]
        points = [hour for day, row in rows for hour in hours_of(day, row)]
        self.plant.store.write(observations(series, source, Kind.OBSERVED, points, NOW))

    def broken_thermometer(self) -> None:
        hours = [(NOW.replace(minute=0) - n * HOUR, 33.3) for n in range(1, 30)]
        self.plant.store.write(observations("temperature", "aemet", Kind.OBSERVED, hours, NOW - timedelta(minutes=5)))

    def kinds(self, name: ModelName) -> list[tuple[DriftKind, str]]:
        assert self.drift.report is not None
        return [(f.kind, f.what) for f in self.drift.report.findings[name]]


@pytest.fixture
def world():
    world = World()
    yield world
    world.plant.close()


def raised_prices(world: World, day: date) -> None:
    """Both price series at 1.7 times from a day on."""
    for series, scale in (("spot", 90.0), ("pvpc", 120.0)):
        table = prices(2, scale)
        table.values[(day - table.first).days :] *= 1.7
        world.fill(series, table)


def test_an_empty_store_and_no_model_say_nothing(world):
    report = world.drift()
    assert report.all_findings == ()
    assert report.broken == frozenset()
    assert [world.drift.reason(name) for name in ModelName] == ["", "", "", ""]
    assert world.plant.causes() == set()


def test_before_the_first_look_there_is_no_reason(world):
    assert world.drift.report is None
    assert world.drift.reason(SPOT) == ""


def test_a_frozen_sensor_is_an_alarm_and_no_reason_to_train(world):
    world.shelf.serve(SCORE)
    world.factor = 1.4
    world.broken_thermometer()
    report = world.drift()
    assert world.kinds(SCORE) == [(DriftKind.SENSOR, "temperature/aemet")]
    assert world.kinds(SPOT) == []
    assert report.broken == {"temperature/aemet"}
    assert world.plant.causes() == {"drift.sensor.temperature/aemet"}
    assert world.drift.reason(SCORE) == ""


def test_the_alert_closes_when_the_sensor_is_mended(world):
    world.broken_thermometer()
    world.drift()
    world.plant.clock.set(NOW + 2 * HOUR)
    mended = [(NOW.replace(minute=0), 28.0), (NOW.replace(minute=0) + HOUR, 29.5)]
    world.plant.store.write(observations("temperature", "aemet", Kind.OBSERVED, mended, NOW + 2 * HOUR))
    assert world.drift().all_findings == ()
    assert world.plant.causes() == set()


def test_a_price_level_that_changed_is_the_world_for_all_that_read_prices(world):
    raised_prices(world, LAST - 15 * DAY)
    world.drift()
    for name in ModelName:
        assert world.kinds(name) == [(DriftKind.WORLD, "price level")]
    assert "drift.world.price level" in world.plant.causes()
    assert world.drift.reason(SPOT).startswith("Prices changed their level together")


def test_lost_skill_is_the_models_fault_where_its_inputs_are_as_before(world):
    world.shelf.serve(SPOT)
    world.factor = 1.4
    world.drift()
    assert world.kinds(SPOT) == [(DriftKind.MODEL, "spot_price")]
    assert world.plant.causes() == {"drift.model.spot_price"}
    assert "promised" in world.drift.reason(SPOT)
    assert not world.drift.report.baseline_serves(SPOT)


def test_where_the_world_changed_skill_is_not_the_models_fault(world):
    world.shelf.serve(SPOT)
    world.factor = 1.2  # not beaten
    raised_prices(world, LAST - 15 * DAY)
    world.factor = 1.3
    world.drift()
    assert world.kinds(SPOT) == [(DriftKind.WORLD, "price level")]


def test_beaten_the_model_makes_way_whatever_the_cause(world):
    world.shelf.serve(SPOT)
    world.factor = 2.0
    raised_prices(world, LAST - 15 * DAY)
    report = world.drift()
    assert world.kinds(SPOT) == [(DriftKind.WORLD, "price level"), (DriftKind.WORLD, "spot_price")]
    assert report.baseline_serves(SPOT)
    assert not report.baseline_serves(SCORE)


def test_a_baseline_has_promised_nothing(world):
    world.shelf.serve(SPOT, baseline=True)
    world.factor = 9.0
    assert world.drift().all_findings == ()
    assert world.asked == []


def test_a_change_of_the_rules_is_met_until_it_has_been_learnt(world):
    world.plant.clock.set(at("2025-10-09T09:00"))
    world.shelf.serve(SPOT, learnt_until=at("2025-09-20"))
    world.drift()
    assert world.kinds(SPOT) == [(DriftKind.WORLD, "quarter-hour market")]
    assert world.drift.reason(SPOT).startswith("Since 2025-10-01 the market trades quarter-hours")
    world.shelf.versions = ()
    world.shelf.serve(SPOT, learnt_until=at("2025-10-09"))
    assert world.drift().all_findings == ()


def test_training_again_waits_until_the_new_world_has_something_to_teach(world):
    world.shelf.serve(SPOT, learnt_until=at("2025-09-20"))
    for days, worth in ((1, False), (6, False), (7, True), (20, True)):
        world.plant.clock.set(at("2025-10-01T09:00") + days * DAY)
        world.drift()
        assert bool(world.drift.reason(SPOT)) is worth, days
    trained = at("2025-10-09")
    world.shelf.versions += (
        ModelVersion(replace(made(b"y").card, made_at=trained), 3, "1" * 64, "run", frozenset({Alias.CHALLENGER})),
    )
    for days, worth in ((9, False), (13, False), (14, True)):
        world.plant.clock.set(at("2025-10-01T09:00") + days * DAY)
        world.drift()
        assert bool(world.drift.reason(SPOT)) is worth, days
    assert AGAIN_AFTER == (7, 14, 28)


def test_the_slow_part_is_done_once_a_day_and_for_a_new_champion(world):
    world.shelf.serve(SPOT)
    for minutes in (0, 30, 60):
        world.plant.clock.set(NOW + timedelta(minutes=minutes))
        world.drift()
    assert world.asked == ["spot_price/2"]
    world.shelf.versions = ()
    world.shelf.serve(SPOT, number=3)
    world.drift()
    world.plant.clock.set(NOW + DAY)
    world.drift()
    assert world.asked == ["spot_price/2", "spot_price/3", "spot_price/3"]


def test_an_ordinary_summer_with_every_series_there_raises_nothing(world):
    for name in ModelName:
        world.shelf.serve(name)
    raised_prices(world, LAST + DAY)
    world.fill("temperature", temperature(), "aemet")
    report = world.drift()
    assert report.day == madrid_date(NOW) - DAY
    assert report.all_findings == ()


def test_what_is_learnt_of_later_changes_no_look_of_now(world):
    """Values published after now are not read."""
    raised_prices(world, LAST + DAY)
    world.plant.clock.set(NOW - 20 * DAY)
    assert world.drift().all_findings == ()


def test_the_promise_is_measured_against_the_best_baseline():
    card = made(b"x").card
    assert promise(card) == pytest.approx(14.5 / 20.0)
    two = replace(card, baselines={"naive": {"mae_eur_mwh": 20.0}, "weekly": {"mae_eur_mwh": 16.0}})
    assert promise(two) == pytest.approx(14.5 / 16.0)
    assert promise(replace(card, scores={"balanced_accuracy": 0.7})) == 1.0
    assert promise(replace(card, baselines={})) == 1.0


def test_each_remedy_has_its_sentence(world):
    world.shelf.serve(SPOT)
    world.factor = 2.0
    world.drift()
    alert = next(a for a in world.plant.alive() if a.cause == "drift.model.spot_price")
    assert "the baseline serves until a model beats it" in alert.action
    assert {Remedy.BASELINE} == {f.remedy for f in world.drift.report.all_findings}


@pytest.mark.slow
def test_predictions_that_no_earlier_year_ever_made_are_the_models_where_nothing_else_changed(world):
    world.shelf.serve(SCORE)
    points = [h for n, row in enumerate(temperature().values) for h in hours_of(date(2021, 1, 1) + n * DAY, row)]
    scores = [(start, 50.0 + value - (30.0 if start > NOW - 18 * DAY else 0.0)) for start, value in points]
    for year in range(2, 5):  # written when they were made
        of_year = [(s, v) for s, v in scores if s > NOW - 1300 * DAY and (s.year - 2020) == year]
        made_at = min(s for s, _ in of_year) - HOUR
        world.plant.store.write(observations(OUTPUTS[SCORE], f"{SCORE}/{year}", Kind.FORECAST, of_year, made_at))
    world.drift()
    assert world.kinds(SCORE) == [(DriftKind.MODEL, "energy_optimization predictions")]
