"""Changes of the rules, by date."""

from __future__ import annotations

from datetime import date

from chocolate_factory.learning.drift import DriftKind, Remedy
from chocolate_factory.learning.regimes import REGIMES, regimes_after, regimes_met

ALL = frozenset({"spot", "pvpc", "tariff"})


def names(learnt_until: date, today: date, series=ALL) -> list[str]:
    return [f.what for f in regimes_met(learnt_until, today, series)]


def test_a_model_that_learnt_before_the_quarter_hours_meets_them():
    found = regimes_met(date(2025, 9, 20), date(2025, 10, 8), frozenset({"spot"}))
    assert [(f.kind, f.what, f.since) for f in found] == [(DriftKind.WORLD, "quarter-hour market", date(2025, 10, 1))]
    assert found[0].remedy is Remedy.RETRAIN_SHORT
    assert found[0].statistic == 8


def test_new_years_bring_tolls_and_futures_to_those_that_read_them():
    assert names(date(2025, 12, 1), date(2026, 1, 9)) == ["PVPC futures 55 %", "tolls 2026"]
    assert names(date(2025, 12, 1), date(2026, 1, 9), frozenset({"spot"})) == []
    assert names(date(2026, 12, 31), date(2027, 1, 1)) == ["tolls 2027"]


def test_an_ordinary_august_meets_nothing():
    assert all(names(date(year, 7, 31), date(year, 8, 31)) == [] for year in range(2022, 2027))


def test_what_was_learnt_from_is_met_no_more():
    assert names(date(2025, 10, 1), date(2025, 12, 1), frozenset({"spot"})) == []


def test_they_come_in_order_and_each_names_its_source():
    found = regimes_after(date(2021, 1, 1), date(2026, 12, 31))
    assert [r.since for r in found] == sorted(r.since for r in found)
    assert len({r.name for r in found}) == len(found)
    assert all(r.source and r.what for r in REGIMES)
