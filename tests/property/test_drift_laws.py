"""learning/ by law: distances, verdicts and skill, whatever the numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.domain.models import Evidence
from chocolate_factory.domain.time import DAY, Interval
from chocolate_factory.learning.distances import reference_of
from chocolate_factory.learning.skill import DailyLosses, skill_lost
from chocolate_factory.learning.verdict import judge

law = settings(deadline=None, max_examples=150)
SEEDS = st.integers(0, 100_000)
T = datetime(2026, 3, 1, tzinfo=UTC)


def evidence(seed: int, worse_by: float, days: int, dearer_eur: float = 0.0) -> Evidence:
    """Models whose days are hard together; the challenger's loss is a share larger."""
    chance = np.random.default_rng(seed)
    hard = chance.gamma(20.0, 0.75, days)
    champion, challenger = hard * chance.lognormal(0.0, 0.1, (2, days))
    span = Interval(T, T + days * DAY)
    worse = challenger * (1 + worse_by)
    return Evidence("a", "b", span, tuple(champion.tolist()), tuple(worse.tolist()), 50.0, 50.0 + dearer_eur)


@law
@given(SEEDS, st.integers(30, 120))
def test_a_challenger_worse_by_a_fifth_is_never_promoted(seed, days):
    assert not judge(evidence(seed, 0.2, days)).promote


@law
@given(SEEDS, st.integers(30, 120))
def test_one_better_by_a_fifth_always_is(seed, days):
    assert judge(evidence(seed, -0.2, days)).promote


@law
@given(SEEDS, st.floats(-0.5, 0.5), st.floats(0.02, 1e6))
def test_nobody_is_promoted_who_costs_more(seed, worse_by, dearer):
    assert not judge(evidence(seed, worse_by, 60, dearer)).promote


@law
@given(SEEDS, st.floats(-0.5, 0.5))
def test_two_do_not_both_take_the_others_place(seed, worse_by):
    one = evidence(seed, worse_by, 40)
    other = Evidence("b", "a", one.hours, one.challenger_losses, one.champion_losses, 50.0, 50.0)
    assert not (judge(one).promote and judge(other).promote)


@law
@given(SEEDS, st.integers(0, 19), st.floats(-0.9, 0.9))
def test_too_few_days_never_promote(seed, days, worse_by):
    verdict = judge(evidence(seed, worse_by, days))
    assert (verdict.promote, verdict.test) == (False, None)


def window(seed: int, days: int = 14):
    return np.random.default_rng(seed).normal(20.0, 5.0, (days, 24))


@law
@given(SEEDS, st.floats(0.01, 100.0), st.floats(-500.0, 500.0))
def test_distances_do_not_depend_on_the_unit(seed, factor, offset):
    reference, now = window(seed, 60), window(seed + 1)
    plain, converted = reference_of(reference), reference_of(reference * factor + offset)
    assert np.isclose(plain.wasserstein(now), converted.wasserstein(now * factor + offset), rtol=1e-4, atol=1e-6)
    assert abs(plain.psi(now) - converted.psi(now * factor + offset)) < 0.05  # a value on an edge may change its class


@law
@given(SEEDS, st.floats(0.0, 60.0), st.floats(0.1, 60.0))
def test_farther_is_farther(seed, shift, more):
    reference, now = reference_of(window(seed, 60)), window(seed + 1)
    away = 10.0 + shift  # beyond where the two overlap by chance
    assert reference.wasserstein(now + away) < reference.wasserstein(now + away + more)
    assert reference.psi(now) >= 0.0


@law
@given(SEEDS)
def test_the_reference_lies_at_no_distance_of_itself(seed):
    days = window(seed, 40)
    assert reference_of(days).wasserstein(days) == 0.0
    assert reference_of(days).psi(days) < 0.01


@law
@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), max_size=60), st.floats(0.05, 2.0))
def test_lost_skill_is_always_above_its_limit_and_has_lasted(pairs, promise):
    days = [date(2026, 1, 1) + n * DAY for n in range(len(pairs))]
    found = skill_lost("m", DailyLosses(days, [a for a, _ in pairs], [b for _, b in pairs]), promise)
    if found is not None:
        assert found.statistic > found.threshold
        assert (days[-1] - found.since).days >= 6
