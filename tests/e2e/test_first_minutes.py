"""Acceptance 1 to 3: an empty plant shows the present, a hole is named and filled, odd days are whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from stage import Plant, Replay, Service, until
from truth import hour

from chocolate_factory.domain.tariff import Tariff, period
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_day, parse_moment

SHOWN_WITHIN_SECONDS = 15.0


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, upstreams: Replay) -> Iterator[Service]:
    """One service for the three, begun with an empty store."""
    plant = Plant(tmp_path_factory.mktemp("first"), upstreams.environment())
    with plant.serving(ready=False) as service:
        yield service


def current(service: Service) -> dict[str, Any] | None:
    """What the dashboard shows, once it has the four figures."""
    page = service.ask("/dashboard/complete") or {"current_info": {}}
    info = page["current_info"]
    wanted = ("price_eur_kwh", "temperature_c", "humidity_pct")
    return info if all(info.get(name) is not None for name in wanted) else None


def test_an_empty_plant_shows_price_period_and_weather_within_fifteen_seconds(service, upstreams):
    info = until(lambda: current(service), 60.0, "the dashboard has price, temperature and humidity")
    seconds = time.monotonic() - service.began
    print(f"from start to dashboard: {seconds:.1f} s")

    now = upstreams.now()
    at = datetime.fromisoformat(info["price_eur_kwh_at"])
    assert at <= now < at + HOUR
    assert info["price_eur_kwh"] == pytest.approx(hour("pvpc", at) / 1000)
    assert info["tariff_period"] == period(now, Tariff(info["tariff"])).value == "P2"
    at = datetime.fromisoformat(info["temperature_c_at"])
    assert abs(info["temperature_c"] - hour("temperature", at)) <= 1.0
    for name in ("price_eur_kwh", "temperature_c", "humidity_pct"):
        assert info[f"{name}_source"]
        assert info[f"{name}_kind"] in ("observed", "reanalysis")
        assert 0 <= info[f"{name}_age_seconds"] < 3 * 3600
    assert seconds < SHOWN_WITHIN_SECONDS


def days_since(moment: str, upstreams: Replay) -> float:
    return (upstreams.now() - parse_moment(moment, "moment")) / DAY


def test_a_hole_between_two_backfilled_windows_is_named_filled_and_gone(service, upstreams):
    """The hole lies three weeks back: the start's catch-up of ten days does not reach it, the next comes at 13:00."""
    service.settled()
    plant = service.plant
    for start, end in (("2026-10-20", "2026-10-22"), ("2026-10-24", "2026-10-31")):
        done = plant.run("backfill", "--start", start, "--end", end)
        assert done["filled"] == done["expected"] > 0
    inside_the_first = days_since("2026-10-21T12:00", upstreams)

    seen = service.get("/gaps/detect", days_back=inside_the_first)
    holes = {gap["series"]: (gap["start"], gap["end"], gap["missing"]) for gap in seen["gaps"]}
    edges = ("2026-10-23T00:00:00+02:00", "2026-10-24T00:00:00+02:00")
    slots = {
        "pvpc": 24, "spot": 96, "demand": 24, "demand_forecast": 24, "renewable_share": 1, "temperature": 24,
        "humidity": 24, "temperature_max": 1, "temperature_min": 1,
    }  # fmt: skip
    assert holes == {series: (*edges, count) for series, count in slots.items()}
    assert seen["summary"]["total_gaps"] == len(seen["gaps"]) == 9
    assert seen["summary"]["missing_records"] == sum(slots.values())

    job = service.do("/gaps/backfill", params={"days_back": inside_the_first})
    assert (job["state"], job["errors"]) == ("done", [])
    again = service.get("/gaps/detect", days_back=inside_the_first)
    assert (again["gaps"], again["summary"]["missing_records"]) == ([], 0)


@pytest.mark.parametrize(("day", "hours", "quarters"), [("2026-10-25", 25, 100), ("2026-03-29", 23, 92)])
def test_a_day_on_which_the_clocks_change_is_whole(service, upstreams, day, hours, quarters):
    service.settled()
    service.plant.run("backfill", "--start", day, "--end", day)

    prices = service.get("/ree/prices", start=day, end=day)["prices"]
    for series, count, step in (("pvpc", hours, 60), ("spot", quarters, 15)):
        starts = [datetime.fromisoformat(p["start"]) for p in prices if p["series"] == series]
        assert len(starts) == count
        assert starts[0] == parse_moment(day, "day")
        assert {b - a for a, b in pairwise(starts)} == {timedelta(minutes=step)}
    assert all(p["price_eur_mwh"] == hour(p["series"], datetime.fromisoformat(p["start"])) for p in prices)

    gaps = service.get("/gaps/detect", days_back=days_since(day, upstreams) + 12)["gaps"]
    assert gaps, "the days before were not asked for"
    whole = madrid_day(date.fromisoformat(day))
    assert [g for g in gaps if whole.overlap(Interval(*(datetime.fromisoformat(g[e]) for e in ("start", "end"))))] == []
