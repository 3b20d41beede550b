"""How long what grows is kept, and which backups stay."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chocolate_factory.adapters.ledger.retention import PAST as IN_THE_LEDGER
from chocolate_factory.domain.retention import RULES, Kept, kept_since, spared
from chocolate_factory.domain.series import TRUE_KINDS, Kind
from chocolate_factory.domain.time import DAY, MADRID
from chocolate_factory.usecases.cleanup import PAST
from chocolate_factory.usecases.drift import BACK
from chocolate_factory.usecases.forget_forecasts import passing_kinds
from chocolate_factory.usecases.shadow import LONGEST

NOW = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)  # Sunday 01:00 in Madrid: 02:00 is missing on that day


def test_everything_that_grows_has_a_rule_that_says_why():
    assert set(RULES) == set(Kept)
    assert all(rule.then and rule.why for rule in RULES.values())


def test_what_the_ledger_forgets_and_what_the_cleanup_asks_it_to_are_the_same():
    assert set(PAST) == set(IN_THE_LEDGER)


def test_what_others_look_back_on_is_kept_for_as_long():
    assert RULES[Kept.PREDICTIONS].keep > BACK
    assert RULES[Kept.PREDICTIONS].keep > RULES[Kept.FORECASTS].keep > LONGEST
    assert RULES[Kept.FORECASTS].keep > 2 * 365 * DAY, "a backtest of two years finds the weather as it was forecast"


def test_the_truth_is_kept_for_ever():
    with pytest.raises(KeyError):
        kept_since(Kept.TRUTH, NOW)
    for series in ("spot", "demand", "temperature", "generation_wind", "a series that nobody knows"):
        assert not passing_kinds(series) & TRUE_KINDS
        assert Kind.SIMULATED not in passing_kinds(series), "the demo's truth"


def test_a_mean_of_five_minutes_is_the_one_estimate_that_stays():
    assert Kind.ESTIMATED not in passing_kinds("demand")
    assert Kind.ESTIMATED in passing_kinds("generation_wind")


def test_five_minutes_are_kept_for_ninety_days_to_madrids_midnight():
    assert kept_since(Kept.FIVE_MINUTES, NOW) == datetime(2025, 12, 29, 0, 0, tzinfo=MADRID)


def moments(*days: str) -> list[datetime]:
    return [datetime.fromisoformat(f"{day}T00:00+00:00") for day in days]


def test_of_a_year_of_sundays_eight_weeks_and_twelve_months_stay():
    sundays = [NOW - 7 * n * DAY for n in range(60)]
    kept = sorted(spared(sundays), reverse=True)
    assert kept[:8] == sundays[:8]
    assert [moment.month for moment in kept[8:]] == [1, 12, 11, 10, 9, 8, 7, 6, 5, 4]
    assert all(moment == max(m for m in sundays if m.month == moment.month and m.year == moment.year)
               for moment in kept[8:])  # fmt: skip


def test_two_of_one_week_leave_the_newer_one():
    older, newer, before = moments("2026-03-23", "2026-03-29", "2026-03-20")
    assert spared([older, newer, before]) == {newer, before}


def test_none_leave_none():
    assert spared([]) == set()
