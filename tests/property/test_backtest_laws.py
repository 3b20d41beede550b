"""No peeking, on any day: whatever is changed of what comes later, the question that a strategy is asked stays."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from hypothesis import given as examples
from hypothesis import settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from backtest_world import MONDAY, QUICK, WORLD, given

from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import DAY, HOUR
from chocolate_factory.usecases.backtest.chain import beginning
from chocolate_factory.usecases.backtest.given import History, working_day
from chocolate_factory.usecases.backtest.price_walk import asked, origins_of, outlook_of, panel_for
from chocolate_factory.usecases.backtest.sight import BLIND, Eyes, problem_at
from chocolate_factory.usecases.backtest.strategies import BASELINE, CHEAPEST_HOURS, CONSTANT_RATE

DAYS = 28
FORTNIGHT = given(days=DAYS)


def changed(day, noise, what: History = WORLD) -> History:
    """Every price that was not out when a day was decided, changed."""
    at = working_day(day).start
    known = what.published_spot(FORTNIGHT.period, at)
    return replace(what, spot={t: v if t in known or t < at else v + noise(t) for t, v in what.spot.items()})


def question(of, day, eyes=BLIND, outlook=None):
    return problem_at(of, day, 168, eyes, outlook or {}, beginning(of).there)


@settings(max_examples=40)
@examples(number=st.integers(0, DAYS - 1), size=st.floats(1, 400), every=st.integers(1, 5))
def test_prices_published_later_change_no_question(number, size, every):
    day = MONDAY + number * DAY
    later = replace(FORTNIGHT, history=changed(day, lambda t: size if t.hour % every == 0 else -size))
    assert question(later, day) == question(FORTNIGHT, day)
    if number < DAYS - 3:
        seeing = Eyes(prices=True)
        assert question(later, day, seeing) != question(FORTNIGHT, day, seeing)


@settings(max_examples=10)
@examples(number=st.integers(0, DAYS - 1), size=st.floats(50, 400))
def test_no_rule_decides_otherwise(number, size):
    day = MONDAY + number * DAY
    later = replace(FORTNIGHT, history=changed(day, lambda _t: size))
    for strategy in (CONSTANT_RATE, BASELINE, CHEAPEST_HOURS):
        plans = [strategy.plan(question(of, day), (), working_day(day).end) for of in (FORTNIGHT, later)]
        assert plans[0].batches == plans[1].batches


@settings(max_examples=6)
@examples(number=st.integers(0, 13), size=st.floats(50, 400))
def test_no_forecast_knows_what_was_published_later(number, size):
    """Models are learnt and asked again on the changed history: what was expected until that day is to the digit."""
    day = MONDAY + number * DAY
    later = replace(FORTNIGHT, history=changed(day, lambda _t: size))
    expected, told = (_outlook(of) for of in (FORTNIGHT, later))
    assert expected[day]
    assert all(told[d] == expected[d] for d in expected if d <= day)
    assert any(told[d] != expected[d] for d in expected if d > day)


def _outlook(of):
    panel = panel_for(of)
    return outlook_of(panel, [asked(step) for step in origins_of(panel, of, 7, QUICK)])


@settings(max_examples=20)
@examples(number=st.integers(0, DAYS - 8), warmer=st.floats(1, 20))
def test_weather_that_was_not_read_yet_enters_through_its_forecast_alone(number, warmer):
    """Where no forecast was kept, the forecast is what came with an error: so it moves with it, hour by hour."""
    day = MONDAY + number * DAY
    at = working_day(day).start
    air = {
        t: Air(a.temperature_c + warmer if t >= at - HOUR else a.temperature_c, a.humidity_pct)
        for t, a in WORLD.air.items()
    }
    later = replace(FORTNIGHT, history=replace(WORLD, air=air))
    pairs = zip(question(later, day).slots, question(FORTNIGHT, day).slots, strict=True)
    assert all(abs(a.air.temperature_c - b.air.temperature_c - warmer) < 1e-6 for a, b in pairs)
