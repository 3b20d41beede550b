"""Weeks of a year: made-up prices and weather here, and the four seasons of 2024 where the shared data is."""

from __future__ import annotations

import csv
import gzip
import math
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from plan_checker import violations
from planning_problems import problem

from chocolate_factory.domain.plan import Options, Status
from chocolate_factory.domain.tariff import Tariff, energy_eur_kwh, period, prices_at
from chocolate_factory.domain.thermal import Air
from chocolate_factory.planning.baselines import compact_block, fixed_block
from chocolate_factory.planning.solve import make_plan

DATA = Path(__file__).resolve().parents[3] / "shared" / "upstreams" / "data"
TABLE = prices_at(date(2026, 3, 2), Tariff.TD30)

pytestmark = pytest.mark.slow


def made_up(week):
    """A week's first two days: season in the heat, sun in the prices, and chance."""
    chance = random.Random(week)
    start = datetime(2026, 1, 4, 23, tzinfo=UTC) + timedelta(days=7 * week + chance.randrange(5))
    start -= timedelta(hours=1 if 12 <= week < 43 else 0)
    warm = 16 - 11 * math.cos(2 * math.pi * week / 52)
    spot = [max(-5.0, 70 - 60 * math.exp(-((h % 24 - 14) ** 2) / 14) + chance.gauss(0, 12)) for h in range(48)]
    air = [Air(warm + 8 * math.sin((h % 24 - 9) / 24 * 2 * math.pi), chance.uniform(25, 80)) for h in range(48)]
    prices = [energy_eur_kwh(s, period(start + timedelta(hours=h), Tariff.TD30), TABLE) for h, s in enumerate(spot)]
    return problem(start=start, prices=prices.__getitem__, air=air.__getitem__)


@pytest.mark.parametrize("week", range(0, 52, 5))
def test_weeks_of_a_year_with_three_products(week):
    p = made_up(week)
    plan = make_plan(p, Options(gap=0.02, time_limit_s=15))
    assert violations(plan) == []
    for rule in (compact_block, fixed_block):
        ruled = rule(p)
        assert violations(ruled) == []
        assert plan.objective_eur <= ruled.objective_eur + 1e-6


# ------------------------------------------------------------------------------------------------------ real weeks
SEASONS = {
    "winter": datetime(2024, 1, 14, 23, tzinfo=UTC),
    "spring": datetime(2024, 4, 14, 22, tzinfo=UTC),
    "summer": datetime(2024, 7, 21, 22, tzinfo=UTC),
    "autumn": datetime(2024, 10, 13, 22, tzinfo=UTC),
}


def rows(name, *columns):
    if not DATA.is_dir():
        pytest.skip(f"there is no {DATA}")
    with gzip.open(DATA / f"{name}.csv.gz", "rt") as file:
        return {
            datetime.fromisoformat(row["start_utc"]): tuple(float(row[c]) for c in columns)
            for row in csv.DictReader(file)
            if row["start_utc"].startswith("2024")
        }


def real(start, hours, step=1.0):
    spot, weather = rows("spot_hourly", "eur_mwh"), rows("linares_weather_hourly", "temperature_c", "humidity_pct")

    def price(hour):
        at = start + timedelta(hours=hour)
        return energy_eur_kwh(spot[at][0], period(at, Tariff.TD30), TABLE)

    return problem(
        start=start, hours=hours, step=step, prices=price, air=lambda hour: Air(*weather[start + timedelta(hours=hour)])
    )


def recorded(plan, record_property):
    """Solve and build times go into the report and, with -s or -rP, onto the terminal."""
    record_property("solve_s", plan.solver.seconds)
    record_property("build_s", plan.solver.build_seconds)
    print(plan.solver)
    return plan


@pytest.mark.parametrize("season", SEASONS)
def test_two_days_of_each_season_of_2024(season, record_property):
    plan = recorded(make_plan(real(SEASONS[season], 48), Options(gap=0.01, time_limit_s=30)), record_property)
    assert violations(plan) == []
    assert plan.status is Status.OPTIMAL


@pytest.mark.parametrize("season", ["spring", "summer"])
def test_weeks_of_2024_with_a_relaxed_tail(season, record_property):
    p = real(SEASONS[season], 168)
    plan = recorded(make_plan(p, Options(gap=0.01, time_limit_s=20)), record_property)
    assert violations(plan) == []
    # The bound is the first piece's, whose tail is relaxed: it is loose, and the plan better than it can prove.
    assert plan.solver.bound_eur <= plan.objective_eur
    assert plan.objective_eur <= compact_block(p).objective_eur
