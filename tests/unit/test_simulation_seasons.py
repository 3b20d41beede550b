"""A plan that goes as planned costs what the planner says: three products, four seasons of real prices and weather."""

from __future__ import annotations

import csv
import gzip
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hand_plans import DEFAULT

from chocolate_factory.domain.plan import Options
from chocolate_factory.domain.plant import Order
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import DAY, Interval, Resolution, madrid_midnight
from chocolate_factory.planning.solve import make_plan
from chocolate_factory.simulation.run import run
from chocolate_factory.usecases.problem import problem_of

DATA = Path(__file__).resolve().parents[3] / "shared" / "upstreams" / "data"
SEASONS = {"winter": "2024-01-16", "spring": "2024-04-16", "summer": "2024-07-09", "autumn": "2024-10-15"}
#: By product: kg, and when it is due, hours from the horizon's start. Two days' work within what the hall allows.
ASKED = {"dark": (1200, 22), "milk": (1000, 46), "white": (700, 46)}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"there is no {DATA}: real prices and weather come with the brief"),
]


@cache
def rows(name, *columns):
    """Numbers of 2024 by moment."""
    with gzip.open(DATA / f"{name}.csv.gz", "rt") as file:
        return {
            datetime.fromisoformat(row["start_utc"]): tuple(float(row[c]) for c in columns)
            for row in csv.DictReader(file)
            if row["start_utc"].startswith("2024")
        }


def plan_for(day, resolution):
    start = madrid_midnight(datetime.fromisoformat(day).date())
    spot = {t: price for t, (price,) in rows("spot_hourly", "eur_mwh").items()}
    air = {t: Air(*both) for t, both in rows("linares_weather_hourly", "temperature_c", "humidity_pct").items()}
    orders = tuple(Order(p, p, kg, start + timedelta(hours=h)) for p, (kg, h) in ASKED.items())
    problem, _ = problem_of(DEFAULT, Interval(start, start + 2 * DAY), resolution, spot, air, orders)
    return make_plan(problem, Options(gap=0.02, time_limit_s=20))


@pytest.mark.parametrize("resolution", [Resolution.HOUR, Resolution.QUARTER], ids=["hours", "quarters"])
@pytest.mark.parametrize("season", SEASONS)
def test_a_run_without_chance_costs_what_the_plan_says_and_delivers_it(season, resolution, record_property):
    plan = plan_for(SEASONS[season], resolution)
    outcome = run(plan, 1, random=False)
    for name, ran, said in (("cost", outcome.cost_eur, plan.cost_eur), ("energy", outcome.energy_kwh, plan.kwh)):
        record_property(f"{name}_deviation", ran / said - 1)
        print(f"{season} {name}: {100 * (ran / said - 1):+.2f} %")
        assert ran == pytest.approx(said, rel=0.02)
    assert outcome.good_kg + outcome.reject_kg + outcome.rework_kg == pytest.approx(plan.kg, abs=1)
    assert {b.product for b in plan.batches if b.stage == "line"} == {"dark", "milk", "white"}
    assert plan.late_kg_h > 0 or outcome.on_time
