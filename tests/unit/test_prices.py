"""Prices as people read them: from the store, what is missing asked for once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import PRICES, Plant, at, span

from chocolate_factory.domain.errors import UpstreamDownError, UpstreamEmptyError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.tariff import Period, Tariff
from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.usecases.prices import Prices

NOW = at("2026-11-20T10:20")
DAYS = span("2026-11-18", "2026-11-20")


@pytest.fixture
def plant():
    plant = Plant(NOW)
    plant.prices = Prices(plant.store, plant.clock, plant.feeds, plant.bring, plant.filling)
    yield plant
    plant.close()


def test_a_price_comes_with_its_period_and_in_both_units(plant):
    plant.fill("pvpc", DAYS, value=lambda *_: 123.456)
    prices = plant.prices("pvpc", span("2026-11-18T08:00", "2026-11-18T11:00"), Tariff.TD20)
    assert [p.period for p in prices] == [Period.P2, Period.P2, Period.P1]
    assert {(p.observation.value, p.eur_kwh) for p in prices} == {(123.456, 0.123456)}


def test_the_markets_page_is_believed_before_the_second_route_and_a_forecast_never(plant):
    window = span("2026-11-18T08:00", "2026-11-18T11:00")
    plant.fill("spot", window, source="omie", value=lambda *_: 1.0)
    plant.fill("spot", span("2026-11-18T08:00", "2026-11-18T09:00"), source="ree", value=lambda *_: 2.0)
    plant.fill("spot", DAYS, kind=Kind.FORECAST, value=lambda *_: 3.0)
    assert [p.observation.value for p in plant.prices("spot", window, Tariff.TD30)] == [2.0] * 4 + [1.0] * 8


def test_what_is_missing_is_asked_for_once_for_both_series(plant):
    feed = plant.feed("ree.prices", PRICES)
    assert plant.prices.ensure(DAYS) == []
    assert feed.calls == [DAYS]
    assert plant.missing("spot", DAYS) == plant.missing("pvpc", DAYS) == []
    plant.clock.sleep(3600)
    assert plant.prices.ensure(DAYS) == []
    assert len(feed.calls) == 1


def test_what_nobody_has_published_yet_is_not_asked_for(plant):
    feed = plant.feed("ree.prices", PRICES)
    assert plant.prices.ensure(span("2026-11-21", "2026-11-22")) == []
    assert feed.calls == []


def test_only_chunks_with_a_hole_are_asked_for(plant):
    feed = plant.feed("ree.prices", PRICES, longest=DAY)
    window = span("2026-11-01", "2026-11-20")
    holes = [at("2026-11-01T05:00"), at("2026-11-19T05:00")]
    plant.fill("pvpc", window, but=holes)
    assert plant.prices.ensure(window, ("pvpc",)) == []
    assert len(feed.calls) == 2
    assert plant.missing("pvpc", window) == []


def test_a_trouble_is_told_also_to_those_who_ask_a_moment_later_and_then_tried_again(plant):
    feed = plant.feed("ree.prices", PRICES)
    feed.fault = UpstreamDownError("ree", "no answer in time")
    for _ in range(3):
        assert plant.prices.ensure(DAYS) == ["ree.prices: no answer in time"]
        plant.clock.sleep(30)
    asked = len(feed.calls)
    assert asked == 1, "one hole of two series, one request"
    plant.clock.sleep(60)
    feed.fault = None
    assert plant.prices.ensure(DAYS) == []
    assert plant.missing("spot", DAYS) == []


def test_no_data_is_no_trouble_and_is_not_asked_for_at_every_reload(plant):
    feed = plant.feed("ree.prices", {"pvpc"})
    feed.fault = UpstreamEmptyError("ree", "nothing yet")
    for _ in range(5):
        assert plant.prices.ensure(DAYS, ("pvpc",)) == []
    assert len(feed.calls) == 1


def test_one_failing_chunk_ends_the_waiting(plant):
    feed = plant.feed("ree.prices", PRICES, longest=DAY)
    feed.faults = [(span("2026-11-16", "2026-11-17"), UpstreamDownError("ree", "silence"))]
    assert plant.prices.ensure(span("2026-11-15", "2026-11-20"), ("pvpc",)) == ["ree.prices: silence"]
    assert len(feed.calls) == 2


def test_the_spot_of_the_change_to_quarter_hours_is_read_whole(plant):
    plant.feed("ree.prices", PRICES)
    window = span("2025-09-30", "2025-10-02")
    plant.prices.ensure(window)
    prices = plant.prices("spot", window, Tariff.TD30)
    assert [p.observation.resolution_minutes for p in prices] == [60] * 24 + [15] * 96
    assert prices[24].observation.start - prices[23].observation.start == HOUR
    assert prices[25].observation.start - prices[24].observation.start == timedelta(minutes=15)
