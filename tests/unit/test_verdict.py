"""Who serves: only what errs less on the same hours, and costs no euro more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.models import Evidence
from chocolate_factory.domain.time import DAY, Interval
from chocolate_factory.learning.verdict import LEVEL, judge

FIRST = datetime(2026, 3, 1, tzinfo=UTC)


def planted(advantage: float, seed: int = 1, days: int = 60, dearer_eur: float = 0.0) -> Evidence:
    """Two models that share hard days; the challenger's mean loss is that much smaller, of about 15."""
    chance = np.random.default_rng(seed)
    hard = chance.gamma(20.0, 0.75, days)
    champion, challenger = (np.maximum(hard + chance.normal(0.0, 2.0, days), 0.0) for _ in range(2))
    return Evidence(
        "spot_price/3", "spot_price/4", Interval(FIRST, FIRST + days * DAY), tuple(champion.tolist()),
        tuple(np.maximum(challenger - advantage, 0.0).tolist()), 100.0, 100.0 + dearer_eur,
    )  # fmt: skip


def test_a_better_challenger_takes_the_place_and_is_told_why():
    verdict = judge(planted(3.0, dearer_eur=-12.5))
    assert verdict.promote
    assert verdict.test is not None
    assert verdict.test.days == 60
    assert "spot_price/4 errs less than spot_price/3 on the same 60 days" in verdict.reason
    assert "costs 12.50 EUR less: it takes its place." in verdict.reason


def test_a_worse_challenger_stays_behind():
    verdict = judge(planted(-3.0))
    assert not verdict.promote
    assert "is not proved to err less" in verdict.reason
    assert verdict.reason.endswith("spot_price/3 stays.")


def test_one_that_errs_less_and_costs_a_euro_more_stays_behind():
    verdict = judge(planted(3.0, dearer_eur=1.0))
    assert not verdict.promote
    assert "errs less" in verdict.reason
    assert "costs 1.00 EUR more: spot_price/3 stays." in verdict.reason


def test_half_a_cent_is_no_euro():
    assert judge(planted(3.0, dearer_eur=0.005)).promote


def test_the_very_same_forecasts_change_nothing():
    same = planted(0.0)
    verdict = judge(replace(same, challenger_losses=same.champion_losses))
    assert not verdict.promote
    assert verdict.test is not None
    assert verdict.test.statistic == 0.0


@pytest.mark.parametrize(("days", "more"), [(1, "19 more are"), (19, "1 more is")])
def test_too_few_days_are_told_with_how_many_more(days, more):
    verdict = judge(planted(9.0, days=days))
    assert (verdict.promote, verdict.test) == (False, None)
    assert f"{more} needed" in verdict.reason


def test_no_evidence_at_all():
    verdict = judge(None)
    assert not verdict.promote
    assert "no hours yet" in verdict.reason


def test_of_equals_about_one_in_twenty_passes_by_luck_and_no_more():
    passed = sum(judge(planted(0.0, seed)).promote for seed in range(600))
    assert 0.02 < passed / 600 < LEVEL + 3 * (LEVEL * (1 - LEVEL) / 600) ** 0.5


def test_who_looks_often_looks_more_sternly():
    """Sixty days judged every other day from the twentieth on: unpaid, luck finds its day; paid, it does not."""
    seeds = range(60)

    def lucky(looks: int) -> float:
        return sum(any(judge(cut(seed, d), looks).promote for d in range(20, 61, 2)) for seed in seeds) / len(seeds)

    assert lucky(1) > 2 * LEVEL
    assert lucky(21) <= LEVEL


def cut(seed: int, days: int) -> Evidence:
    whole = planted(0.0, seed)
    return replace(
        whole, champion_losses=whole.champion_losses[:days], challenger_losses=whole.challenger_losses[:days]
    )


@pytest.mark.parametrize(
    "broken",
    [
        {"champion_losses": (1.0,) * 59},
        {"challenger_losses": (float("nan"),) * 60},
        {"challenger_losses": (-1.0,) * 60},
        {"challenger_eur": float("nan")},
    ],
)
def test_what_is_no_pair_of_losses_is_refused(broken):
    with pytest.raises(InputError):
        judge(replace(planted(0.0), **broken))


def test_zero_looks_are_none():
    with pytest.raises(InputError):
        judge(planted(0.0), looks=0)
