from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from learning_world import PLANT, hours

from chocolate_factory.adapters.label_files import LabelFiles
from chocolate_factory.domain.time import madrid_midnight
from chocolate_factory.learning.hours import Hours
from chocolate_factory.usecases.labels import PLANS, on_hours, voted, votes_of, weeks_of
from chocolate_factory.usecases.single import of_one_product

MADE = hours(days=85)


def flat(_vote, weeks):
    """A mapper that plans nothing."""
    return [(0.6,) * len(week.problem.slots) for week in weeks]


def refuses(_vote, weeks):
    assert not weeks
    return []


def test_a_week_needs_the_prices_of_those_before():
    weeks = weeks_of(MADE, PLANT)
    assert list(weeks) == [date(2023, 3, 6), date(2023, 3, 13), date(2023, 3, 20)]
    week = weeks[date(2023, 3, 6)]
    assert len(week.problem.slots) == 168
    assert week.prices.shape == (PLANS, 168)
    assert week.problem.horizon.start == madrid_midnight(date(2023, 3, 6))


def test_the_plans_prices_differ_from_the_true_ones_by_errors_of_their_size():
    week = weeks_of(MADE, PLANT)[date(2023, 3, 6)]
    true = np.array([slot.energy_eur_kwh for slot in week.problem.slots])
    changes = np.abs(MADE.energy_eur_kwh[168:] - MADE.energy_eur_kwh[:-168]).mean()
    assert np.abs(week.prices - true).mean() == pytest.approx(changes / 2, rel=0.35)


def test_the_same_week_has_the_same_fingerprint_and_another_seed_another():
    first, again, other = (weeks_of(MADE, PLANT, seed)[date(2023, 3, 13)] for seed in (1, 1, 2))
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_an_hour_of_price_changes_the_fingerprint_of_its_week_alone():
    before = {monday: week.fingerprint for monday, week in weeks_of(MADE, PLANT).items()}
    energy = MADE.energy_eur_kwh.copy()
    energy[-100] += 0.01
    changed = Hours(MADE.first, MADE.tariff, MADE.pvpc_eur_kwh, energy, MADE.demand_mw, MADE.temperature_c,
                    MADE.humidity_pct)  # fmt: skip
    after = {monday: week.fingerprint for monday, week in weeks_of(changed, PLANT).items()}
    assert [monday for monday in before if before[monday] != after[monday]] == [date(2023, 3, 20)]


def test_only_new_weeks_are_planned(tmp_path):
    weeks, kept = weeks_of(MADE, PLANT), LabelFiles(tmp_path / "labels")
    first = voted(weeks, kept, flat)
    assert len(kept) == 3
    assert voted(weeks, LabelFiles(tmp_path / "labels"), refuses) == first


def test_a_damaged_label_is_planned_again(tmp_path):
    weeks, kept = weeks_of(MADE, PLANT), LabelFiles(tmp_path)
    voted(weeks, kept, flat)
    next(tmp_path.glob("*.json")).write_text("[0.5, 0.")
    asked = []
    voted(weeks, kept, lambda vote, some: [asked.append(week) or (0.6,) * 168 for week in some])
    assert len(asked) == 1


def test_votes_stand_on_their_hours():
    found = on_hours({date(2023, 3, 13): (0.2,) * 168}, MADE)
    assert np.flatnonzero(~np.isnan(found)).tolist() == list(range(70 * 24, 77 * 24))


def test_one_product_stands_for_all():
    single = of_one_product(PLANT)
    assert [product.name for product in single.products] == ["dark"]
    assert {tank.product for tank in single.tanks} == {"dark"}
    assert sum(sum(day.values()) for day in single.demand.weekly.values()) == 12_000


@pytest.mark.slow
def test_clairvoyant_plans_work_in_cheap_hours_with_crew():
    week = weeks_of(MADE, PLANT)[date(2023, 3, 6)]
    two = votes_of(type(week)(week.problem, week.prices[:2], limit_s=10.0))
    works, price = np.array(two), np.array([slot.energy_eur_kwh for slot in week.problem.slots])
    crew = np.array([slot.crew for slot in week.problem.slots])
    assert works[~crew].max() == 0
    assert price[works > 0.5].mean() < price[crew].mean()
    assert timedelta(hours=len(two)) == week.problem.horizon.duration
