"""A plan takes the forecast where nothing is published, says so, and is made again when the prices are out."""

from __future__ import annotations

import pytest
from fakes import at
from forecasting_world import made, naive_file, put_on, version_of
from plan_world import NOW, PlanWorld, spot

from chocolate_factory.adapters.memo import MemoryMemo
from chocolate_factory.adapters.model_shelf import FileShelf
from chocolate_factory.domain.models import Alias
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Interval, Resolution, slots
from chocolate_factory.usecases.forecasts import Forecasts
from chocolate_factory.usecases.problem import Expected
from chocolate_factory.usecases.situation import Pace, Situation

MIDNIGHT = at("2026-11-11T00:00")
AHEAD = Interval(MIDNIGHT, at("2026-11-12T12:00"))


@pytest.fixture
def world():
    """Tomorrow and the morning after are forecast at 33 EUR/MWh."""
    made = PlanWorld()
    made.asked = []

    def expected(series, resolution):
        made.asked.append((series, resolution))
        return Expected(dict.fromkeys(slots(AHEAD, resolution), 33.0), "spot_price/3")

    old = made.situation
    made.situation = made.optimise._situation = Situation(old._prices, old._weather, made.plans, made.filling, expected)
    yield made
    made.close()


def kinds_of(problem) -> dict[int, set[Kind]]:
    found: dict[int, set[Kind]] = {}
    for s in problem.slots:
        found.setdefault(s.slot.start.astimezone(MADRID).day, set()).add(s.price_kind)
    return found


def test_published_first_then_forecast_then_the_last_known_profile(world):
    task, notes = world.task()
    assert kinds_of(task.problem) == {10: {Kind.OBSERVED}, 11: {Kind.FORECAST}, 12: {Kind.FORECAST, Kind.ESTIMATED}}
    assert world.asked == [("spot", Resolution.HOUR)]
    forecast = [note for note in notes if "median forecast of spot_price/3" in note]
    assert forecast[0].startswith("Prices from 2026-11-11T00:00:00+01:00 on are not published yet")
    assert any("from 2026-11-12T12:00:00+01:00 on are not known" in note and "estimated" in note for note in notes)


def test_a_plan_made_with_a_forecast_is_paid_at_it(world):
    without = PlanWorld()
    cheap, dear = ({s.slot.start: s.energy_eur_kwh for s in w.task()[0].problem.slots} for w in (world, without))
    changed = {start for start in cheap if cheap[start] != dear[start]}
    assert changed == {start for start in slots(AHEAD, Resolution.HOUR) if spot("spot", start) != 33.0}
    without.close()


def test_in_quarter_hours_an_hourly_forecast_serves_its_four_quarters(world):
    problem = world.task(pace=Pace(Resolution.QUARTER))[0].problem
    tomorrow = [s for s in problem.slots if MIDNIGHT <= s.slot.start < MIDNIGHT + 6 * HOUR]
    assert {s.price_kind for s in tomorrow} == {Kind.FORECAST}
    assert len({s.energy_eur_kwh for s in tomorrow}) == 1, "one price, and one period of the night"


def test_the_plan_is_outdated_once_forecast_prices_are_published(world):
    world.optimise("first")
    assert kinds_of(world.tasks[0].problem)[11] == {Kind.FORECAST}
    assert world.optimise.outdated() == ""
    world.know(NOW, tomorrow=True)
    assert world.optimise.outdated() == "new prices"
    world.clock.sleep(1)
    world.optimise("new prices")
    assert kinds_of(world.tasks[-1].problem)[11] == {Kind.OBSERVED}
    assert world.optimise.outdated() == ""


def test_with_a_champion_on_the_shelf_a_plan_needs_no_guess(tmp_path):
    """The whole way: store, shelf, forecast, plan."""
    world = PlanWorld()
    world.fill("spot", Interval(MIDNIGHT - 60 * DAY, MIDNIGHT), value=spot)
    shelf = FileShelf(tmp_path)
    body = naive_file(world.store, NOW)
    put_on(shelf, (version_of(made(body), 4, Alias.CHAMPION), body))
    forecasts = Forecasts(world.store, shelf, world.clock, world.filling, MemoryMemo())
    forecasts.refresh(NOW)
    situation = Situation(
        world.situation._prices, world.situation._weather, world.plans, world.filling, forecasts.expected
    )
    for pace in (Pace(), Pace(Resolution.QUARTER)):
        task, notes, _ = situation.task(world.plant, NOW, pace)
        assert kinds_of(task.problem) == {10: {Kind.OBSERVED}, 11: {Kind.FORECAST}, 12: {Kind.FORECAST}}
        assert any("median forecast of spot_price/4" in note for note in notes)
        assert not any("estimated" in note and "Prices" in note for note in notes)
    world.close()
