"""Forecasts as the brain makes, keeps and serves them."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import numpy as np
import pytest
from forecasting_world import made, market, naive_file, noon, put_on, quarters_of, store_of, version_of, written

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.memo import MemoryMemo
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.model_shelf import FileShelf
from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.models import Alias
from chocolate_factory.domain.series import TRUE_KINDS, Kind, Query
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Interval, Resolution, madrid_midnight
from chocolate_factory.usecases.forecasts import Forecasts
from chocolate_factory.usecases.outlook import outlook_document
from chocolate_factory.usecases.price_history import PriceHistory

#: Before the quarter-hour market, and over October's change of the clock.
FIRST = date(2024, 8, 1)
PRICES, DEMANDS = market(120, first=FIRST)
TODAY = date(2024, 10, 23)
NOW = noon(TODAY)


class World:
    """A store of prices, a shelf with the naive as champion, and a clock."""

    def __init__(self, folder, now=NOW, *, world="real", **series):
        self.folder, self.clock = folder, FixedClock(now)
        self.store = store_of(world, **series)
        self.filling = frozenset({Kind.SIMULATED}) if world == "simulated" else TRUE_KINDS
        self.shelf = FileShelf(folder)
        self.forecasts = self.started()

    def started(self) -> Forecasts:
        return Forecasts(self.store, self.shelf, self.clock, self.filling, MemoryMemo())

    def promoted(self, number: int = 1, alias=Alias.CHAMPION, body: bytes | None = None) -> None:
        body = body or naive_file(self.store, self.clock.now(), self.filling)
        put_on(self.shelf, (version_of(made(body), number, alias), body))

    def refresh(self, now=None):
        if now is not None:
            self.clock.set(now)
        return self.forecasts.refresh(self.clock.now())

    def kept(self, series="spot_p50", **more):
        return self.store.read(Query(series, Interval(NOW - 9 * DAY, NOW + 30 * DAY), **more))


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path, spot=PRICES, demand_forecast=DEMANDS)
    world.promoted()
    return world


# --------------------------------------------------------------------------------------------------------------- making
def test_a_forecast_is_kept_under_its_models_name_and_version(world):
    done = world.refresh()
    assert (done.made, done.count.new) == (1, 3 * (7 * 24 + 1))  # a Sunday of 25 hours lies ahead
    for quantile in ("p10", "p50", "p90"):
        rows = world.kept(f"spot_{quantile}")
        assert {(o.source, o.kind, o.received_at, o.published_at) for o in rows} == {
            ("spot_price/1", Kind.FORECAST, NOW, NOW)
        }
        assert rows[0].start == madrid_midnight(TODAY + DAY)
    assert "pvpc" in done.problems
    assert "No model of pvpc prices" in done.problems["pvpc"]


def test_it_is_made_again_only_when_something_has_changed(world):
    assert world.refresh().made == 1
    assert world.refresh(NOW + HOUR).made == 0
    assert world.refresh(NOW + 3 * HOUR).made == 1, "tomorrow's prices are out"
    assert world.refresh(NOW + 4 * HOUR).made == 0
    assert world.refresh(NOW + 13 * HOUR).made == 1, "another day"
    world.promoted(2)
    assert world.refresh(NOW + 13 * HOUR).made == 1, "another model"
    assert world.forecasts.prices("spot").slots[-1].source == "spot_price/2"


def test_the_challenger_forecasts_in_the_shadow(world):
    body = naive_file(world.store, NOW)
    challenger = version_of(made(body), 2, Alias.CHALLENGER)
    put_on(world.shelf, (version_of(made(body), 1, Alias.CHAMPION), body), (challenger, body))
    assert world.refresh().made == 2
    assert {o.source for o in world.kept()} == {"spot_price/1", "spot_price/2"}
    assert {s.source for s in world.forecasts.prices("spot").slots} == {"ree", "spot_price/1"}


def test_in_the_demo_what_is_kept_is_simulated(tmp_path):
    world = World(tmp_path, world="simulated", spot=PRICES)
    world.promoted()
    assert world.refresh().made == 1
    assert {o.kind for o in world.kept()} == {Kind.SIMULATED}
    assert [s.kind for s in world.forecasts.prices("spot").slots][::167] == [Kind.SIMULATED, Kind.FORECAST]


# -------------------------------------------------------------------------------------------------------------- serving
def test_published_prices_then_expected_ones_without_a_hole(world):
    world.refresh()
    outlook = world.forecasts.prices("spot")
    slots = outlook.slots
    assert outlook.problem == ""
    assert [s.slot.start for s in slots] == [NOW + n * HOUR for n in range(168)]
    assert slots[-1].slot.end == NOW + timedelta(hours=168)
    midnight = madrid_midnight(TODAY + DAY)
    assert all((s.kind is Kind.FORECAST) == (s.slot.start >= midnight) for s in slots)
    first = slots[0]
    assert first.p10 == first.p50 == first.p90 == PRICES[NOW]
    assert (first.source, first.made_at) == ("ree", spec_of("spot").published(NOW))
    assert all(s.p10 <= s.p50 <= s.p90 for s in slots)
    assert all(s.made_at == NOW for s in slots if s.kind is Kind.FORECAST)
    assert world.forecasts.prices("spot", 24).slots == slots[:24]


def test_what_is_published_since_takes_the_forecasts_place_at_once(world):
    world.refresh()
    world.clock.set(NOW + 3 * HOUR)
    slots = world.forecasts.prices("spot").slots
    published = [s for s in slots if s.kind is Kind.OBSERVED]
    assert published[-1].slot.end == madrid_midnight(TODAY + 2 * DAY)
    assert [s.p50 for s in published] == [PRICES[s.slot.start] for s in published]
    assert len(slots) == 168


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 10, 27), 25), (date(2024, 3, 31), 23)])
def test_days_of_25_and_23_hours_have_as_many(tmp_path, day, hours):
    prices, _ = market(80, first=day - 70 * DAY)
    now = noon(day - 3 * DAY)
    world = World(tmp_path, now, spot=prices)
    world.promoted()
    world.refresh()
    slots = world.forecasts.prices("spot").slots
    assert sum(s.slot.start.astimezone(MADRID).date() == day for s in slots) == hours
    assert len(slots) == 168


def test_quarter_hours_where_the_market_trades_them(tmp_path):
    hourly, _ = market(90, first=date(2026, 1, 1))
    now = noon(date(2026, 3, 20))
    world = World(tmp_path, now, spot=quarters_of(hourly))
    world.promoted()
    world.refresh()
    fine, coarse = (world.forecasts.prices("spot", 168, r).slots for r in (Resolution.QUARTER, Resolution.HOUR))
    assert [s.slot.duration for s in fine] == [HOUR / 4] * 672
    assert len(coarse) == 168
    by_hour = np.reshape([s.p50 for s in fine], (168, 4))
    assert by_hour.mean(axis=1) == pytest.approx([s.p50 for s in coarse])
    assert by_hour[-1] - by_hour[-1].mean() == pytest.approx([-6, -2, 2, 6])
    assert outlook_document(world.forecasts.prices("spot", 1, Resolution.QUARTER))["prices"][0] == {
        "start": "2026-03-20T12:00:00+01:00",
        "resolution_minutes": 15,
        **{f"{q}_eur_mwh": pytest.approx(hourly[now] - 6, abs=0.01) for q in ("p10", "p50", "p90")},
        "kind": "observed",
        "made_at": "2026-03-19T14:00:00+01:00",
        "source": "ree",
    }


def test_where_there_are_no_quarter_hours_hours_are_told_and_why(world):
    world.refresh()
    outlook = world.forecasts.prices("spot", 48, Resolution.QUARTER)
    assert {s.slot.duration for s in outlook.slots} == {HOUR}
    assert "quarter-hours of spot" in outlook.problem


@pytest.mark.parametrize(
    ("asked", "field"), [(("gas",), "series"), (("spot", 0), "hours"), (("spot", 169), "hours"),
                         (("spot", 24, Resolution.DAY), "resolution")],
)  # fmt: skip
def test_what_cannot_be_asked_is_named(world, asked, field):
    with pytest.raises(InputError) as told:
        world.forecasts.prices(*asked)
    assert told.value.field == field


# ------------------------------------------------------------------------------------------------- nothing is invented
def test_without_a_model_there_is_what_is_published_and_a_sentence(tmp_path):
    world = World(tmp_path, spot=PRICES)
    for _ in range(2):
        outlook = world.forecasts.prices("spot")
        assert len(outlook.slots) == 12
        assert "No model of spot prices" in outlook.problem
        assert "chocolate-factory train" in outlook.problem
        assert world.refresh().made == 0


def test_on_an_empty_store_nothing_is_told(tmp_path):
    world = World(tmp_path, spot=PRICES)
    world.promoted()
    empty = Forecasts(MemoryStore(), world.shelf, world.clock, TRUE_KINDS, MemoryMemo())
    assert "No forecast of spot prices has been made yet" in empty.prices("spot").problem
    refreshed = empty.refresh(NOW)
    assert refreshed.made == 0
    assert "weeks before" in refreshed.problems["spot"]
    assert empty.prices("spot").slots == ()


def test_with_two_days_of_history_it_says_what_is_missing(tmp_path):
    whole = World(tmp_path, spot=PRICES)
    whole.promoted()
    two_days = {t: p for t, p in PRICES.items() if madrid_midnight(TODAY - DAY) <= t < madrid_midnight(TODAY + DAY)}
    world = World(tmp_path, spot=two_days)
    assert world.refresh().made == 0
    outlook = world.forecasts.prices("spot")
    assert len(outlook.slots) == 12
    assert "five weeks before" in outlook.problem


def test_when_prices_stop_coming_the_forecast_ends_and_says_where(world):
    world.refresh()
    late = World(world.folder, NOW + 4 * DAY, spot={t: p for t, p in PRICES.items() if t < madrid_midnight(TODAY)})
    late.refresh()
    outlook = late.forecasts.prices("spot")
    assert outlook.slots[-1].slot.end == madrid_midnight(TODAY + 7 * DAY)
    assert outlook.problem == "Nothing is known after 2024-10-30T00:00:00+01:00."


def test_a_missing_guide_stops_nothing_and_a_missing_series_has_its_sentence(tmp_path):
    world = World(tmp_path, spot=PRICES)
    world.promoted()
    world.refresh()
    assert world.forecasts.prices("spot").problem == ""
    assert world.forecasts.prices("pvpc").slots == ()
    assert "No model of pvpc" in world.forecasts.prices("pvpc").problem


def test_when_prices_come_back_as_they_were_all_is_well_again(world):
    world.refresh()
    whole, world.forecasts._history = world.forecasts._history, PriceHistory(MemoryStore(), TRUE_KINDS)
    assert "spot" in world.refresh().problems
    assert world.forecasts._in_force("spot", world.clock.now()).source == "spot_price/1"
    world.forecasts._history = whole
    assert "spot" not in world.refresh().problems


def test_a_damaged_copy_leaves_who_spoke_before(world):
    world.refresh()
    world.promoted(2)
    for file in world.folder.glob("*.npz"):
        file.write_bytes(b"damaged")
    assert world.refresh(NOW + 3 * HOUR).made == 1
    assert world.forecasts.prices("spot").slots[-1].source == "spot_price/1"


# -------------------------------------------------------------------------------------------------------------- restart
def test_after_a_start_the_forecast_comes_back_from_the_store(world):
    world.refresh()
    before = world.forecasts.prices("spot")
    after = world.started().prices("spot")
    assert [s.slot for s in after.slots] == [s.slot for s in before.slots]
    assert [s.p90 for s in after.slots] == pytest.approx([s.p90 for s in before.slots], abs=0.006)
    assert [(s.kind, s.made_at, s.source) for s in after.slots] == [(s.kind, s.made_at, s.source) for s in before.slots]


def test_a_plan_reads_the_median(world):
    assert world.forecasts.expected("spot", Resolution.HOUR).prices == {}
    world.refresh()
    expected = world.forecasts.expected("spot", Resolution.HOUR)
    assert expected.source == "spot_price/1"
    assert expected.prices == {s.slot.start: s.p50 for s in world.forecasts.prices("spot").slots[12:]} | {
        t: p for t, p in expected.prices.items() if t >= NOW + timedelta(hours=168)
    }


# ----------------------------------------------------------------------------------------------------------------- leak
def test_whatever_is_published_after_the_moment_changes_no_forecast(tmp_path):
    """Prices, guides and revisions that come later; of a store that holds them all."""
    published = spec_of("spot").published
    chance = np.random.default_rng(1)
    redrawn = {t: p if published(t) <= NOW else chance.normal(50, 40) for t, p in PRICES.items()}
    known = {t: p for t, p in PRICES.items() if published(t) <= NOW}
    outlooks = []
    for number, prices in enumerate((PRICES, redrawn, known)):
        world = World(tmp_path / str(number), spot=prices)
        world.promoted(body=naive_file(world.store, NOW))
        if number:  # yesterday's price, corrected tomorrow
            written(world.store, "spot", corrected({t: p for t, p in known.items() if t >= NOW - DAY}))
        world.refresh()
        outlooks.append(world.forecasts.prices("spot"))
    assert outlooks[0] == outlooks[1] == outlooks[2]
    assert redrawn != PRICES


def corrected(prices: dict) -> dict:
    """Other values, received an hour after everything else."""
    return {t: p + 100 for t, p in prices.items()} | {max(PRICES) + HOUR: 1.0}


def test_the_brain_forecasts_without_what_training_needs():
    code = "import sys, chocolate_factory.usecases.forecasts; print([m for m in sys.argv[1:] if m in sys.modules])"
    heavy = ["sklearn", "scipy", "matplotlib", "joblib", "pandas", "mlflow"]
    ended = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"
