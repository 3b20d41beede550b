"""What every ledger promises about gaps and recoveries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chocolate_factory.adapters.ledger import SqlGapLedger
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.time import HOUR, Interval
from chocolate_factory.domain.work import Gap, GapState, Recovery

T = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def gap(series: str = "pvpc", at: int = 0, **other) -> Gap:
    return Gap(**{"series": series, "window": Interval(T + at * HOUR, T + (at + 3) * HOUR), "missing": 3, **other})


def recovery(at: datetime = T, **other) -> Recovery:
    fields = {
        "trigger": "start", "expected": 336, "filled": 329, "failed": 1, "requests": 12, "seconds": 7.25,
        "summary": "7 days off: 168 of 168 prices, 161 of 168 temperatures, 7 missing upstream.",
        "by_route": {"ree.prices": 168, "open_meteo.archive": 161},
    }  # fmt: skip
    return Recovery(at=at, **{**fields, **other})


def test_a_gap_gets_an_id_of_its_own(gaps):
    saved = [gaps.save_gap(gap(at=i)) for i in range(3)]
    assert len({g.id for g in saved}) == 3
    assert 0 not in {g.id for g in saved}
    assert saved[0] == replace(gap(), id=saved[0].id)
    assert gaps.open_gaps() == saved


@pytest.mark.parametrize("state", GapState)
def test_all_of_it_is_kept(gaps, state):
    told = gap(
        source="openweathermap", state=state, priority=2, priority_reason="the plan reads it", attempts=3,
        next_try_at=T + timedelta(hours=6, microseconds=1), filled=1, route="ree.prices", why="aún no publicado",
        opened_at=T, closed_at=T + HOUR,
    )  # fmt: skip
    saved = gaps.save_gap(told)
    assert gaps.gaps() == [saved]
    assert saved == replace(told, id=saved.id)


def test_its_newest_state_takes_the_olds_place(gaps):
    first, second = gaps.save_gap(gap()), gaps.save_gap(gap(at=10))
    smaller = replace(
        first, state=GapState.FILLING, window=Interval(T + HOUR, T + 2 * HOUR), missing=1, filled=2, attempts=1
    )
    assert gaps.save_gap(smaller) == smaller
    assert gaps.open_gaps() == [smaller, second]


def test_open_are_all_that_are_not_filled_in_order_of_time(gaps):
    states = [GapState.UNFILLABLE, GapState.FILLED, GapState.UPSTREAM_EMPTY, GapState.OPEN, GapState.FILLING]
    for i, state in enumerate(states):
        gaps.save_gap(gap(at=-i, state=state))
    gaps.save_gap(gap("demand", at=5))
    found = gaps.open_gaps()
    assert [(g.series, g.window.start) for g in found] == [("demand", T + 5 * HOUR)] + [
        ("pvpc", T - i * HOUR) for i in (4, 3, 2, 0)
    ]


def test_gaps_come_newest_first_by_state_and_no_more_than_asked(gaps):
    saved = [gaps.save_gap(gap(at=i, state=GapState.FILLED if i % 2 else GapState.OPEN)) for i in range(6)]
    assert gaps.gaps() == saved[::-1]
    assert gaps.gaps(frozenset({GapState.FILLED})) == [saved[5], saved[3], saved[1]]
    assert gaps.gaps(frozenset(GapState), limit=2) == [saved[5], saved[4]]
    assert gaps.gaps(frozenset()) == []


def test_a_window_comes_back_in_utc(gaps):
    gaps.save_gap(gap())
    (read,) = gaps.open_gaps()
    assert read.window.start.utcoffset() == timedelta(0)
    assert read.window == gap().window


def test_what_a_recovery_proved_is_kept(gaps):
    assert gaps.last_recovery() is None
    told = recovery()
    gaps.add_recovery(told)
    assert gaps.last_recovery() == told
    assert gaps.last_recovery().success_rate == pytest.approx(329 / 336)


def test_the_last_recovery_is_the_newest(gaps):
    for i in range(3):
        gaps.add_recovery(recovery(T + i * HOUR, filled=i, by_route={}))
    assert gaps.last_recovery() == recovery(T + 2 * HOUR, filled=2, by_route={})


def test_where_nothing_was_missing_there_is_no_rate(gaps):
    gaps.add_recovery(recovery(expected=0, filled=0))
    assert gaps.last_recovery().success_rate is None


def test_what_one_brain_writes_the_other_reads(gaps, another_brain):
    other = SqlGapLedger(another_brain)
    saved = gaps.save_gap(gap())
    assert other.open_gaps() == [saved]
    other.save_gap(replace(saved, state=GapState.FILLED))
    assert gaps.open_gaps() == []


@pytest.mark.parametrize(
    "deed",
    [
        lambda g: g.open_gaps(),
        lambda g: g.save_gap(gap()),
        lambda g: g.save_gap(gap(id=1)),
        lambda g: g.gaps(),
        lambda g: g.add_recovery(recovery()),
        lambda g: g.last_recovery(),
    ],
    ids=["open", "save", "save again", "gaps", "add", "last"],
)
def test_a_ledger_that_cannot_serve_says_so_in_our_own_words(gaps, ruined, deed):
    with pytest.raises(StoreError, match="doctor"):
        deed(gaps)
