"""Missing slots, their urgency, and the ledger's rows that follow them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from fakes import at, expected_specs, span

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.series_spec import QUARTER_HOUR_MARKET
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_day, madrid_midnight
from chocolate_factory.domain.work import Gap, GapState
from chocolate_factory.quality.gaps import (
    after_vain_try,
    filled_up,
    find_gaps,
    in_order,
    is_due,
    missing_slots,
    prioritise,
    reconcile,
    split,
)

NOW = at("2026-11-20T10:20")
TODAY = at("2026-11-20")
PVPC, SPOT, DEMAND, AIR = (spec_of(name) for name in ("pvpc", "spot", "demand", "temperature"))


def gaps_of(series: str, window: Interval, present=(), now=NOW) -> list[Gap]:
    return find_gaps(spec_of(series), window, set(present), now)


# ---------------------------------------------------------------------- what is missing
def test_an_interior_hole_is_a_gap_and_what_surrounds_it_is_not():
    day = madrid_day(date(2026, 11, 18))
    present = [s for s in PVPC.slots(day) if s not in span("2026-11-18T05:00", "2026-11-18T09:00")]
    (gap,) = gaps_of("pvpc", day, present)
    assert gap == Gap("pvpc", span("2026-11-18T05:00", "2026-11-18T09:00"), 4)


def test_holes_that_do_not_touch_are_gaps_of_their_own():
    day = madrid_day(date(2026, 11, 18))
    slots = list(SPOT.slots(day))
    found = gaps_of("spot", day, slots[:8] + slots[10:20] + slots[21:])
    assert [(g.window.start, g.missing) for g in found] == [(slots[8], 2), (slots[20], 1)]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 2), 24)])
def test_a_day_of_23_or_25_hours_is_whole_with_as_many(day, hours):
    window = madrid_day(day)
    for spec, count in ((PVPC, hours), (SPOT, 4 * hours), (AIR, hours)):
        slots = list(spec.slots(window))
        assert len(slots) == count
        assert gaps_of(spec.name, window, slots) == []
        (gap,) = gaps_of(spec.name, window)
        assert (gap.window, gap.missing) == (window, count)


def test_daily_series_across_a_change_of_the_clocks_have_a_slot_a_day():
    window = Interval(at("2026-10-24"), at("2026-10-28"))
    (gap,) = gaps_of("renewable_share", window)
    assert (gap.window, gap.missing) == (window, 4)
    found = gaps_of("renewable_share", window, [at("2026-10-25")])
    assert [g.missing for g in found] == [1, 2]


def test_spot_across_the_change_to_quarter_hours_is_one_gap():
    (gap,) = gaps_of("spot", span("2025-09-30T20:00", "2025-10-01T02:00"))
    assert gap.missing == 4 + 8
    whole = list(SPOT.slots(span("2025-09-30T20:00", "2025-10-01T02:00")))
    assert QUARTER_HOUR_MARKET in whole
    assert gaps_of("spot", span("2025-09-30T20:00", "2025-10-01T02:00"), whole) == []


def test_tomorrows_prices_are_missing_only_once_they_are_published():
    tomorrow = madrid_day(date(2026, 11, 21))
    assert gaps_of("spot", tomorrow, now=at("2026-11-20T13:59")) == []
    assert gaps_of("spot", tomorrow, now=at("2026-11-20T14:00"))[0].missing == 96
    assert gaps_of("pvpc", tomorrow, now=at("2026-11-20T20:19")) == []
    assert gaps_of("pvpc", tomorrow, now=at("2026-11-20T20:20"))[0].missing == 24


def test_an_hour_of_weather_is_missing_an_hour_after_its_end():
    window = span("2026-11-20T08:00", "2026-11-20T12:00")
    assert missing_slots(AIR, window, [], NOW) == [at("2026-11-20T08:00")]


def test_nothing_is_missing_before_it_is_due_and_everything_once_it_surely_is():
    for spec in expected_specs():
        for slot in spec.slots(span("2026-10-23", "2026-10-28")):
            one, due = Interval(slot, spec.end(slot)), spec.due(slot)
            assert missing_slots(spec, one, [], due - timedelta(seconds=1)) == []
            assert missing_slots(spec, one, [], due) == [slot]
            assert due - slot <= timedelta(days=9), "the short cut for old slots would be wrong"


# ---------------------------------------------------------------------- urgency
@pytest.mark.parametrize(
    ("series", "window", "priority"),
    [
        ("pvpc", span("2026-11-20T08:00", "2026-11-20T09:00"), 1),
        ("temperature", span("2026-11-19T22:00", "2026-11-20T01:00"), 1),
        ("spot", span("2026-11-21T00:00", "2026-11-22T00:00"), 1),
        ("spot", span("2026-11-19T08:00", "2026-11-20T00:00"), 2),
        ("humidity", span("2026-11-10T00:00", "2026-11-13T01:00"), 2),
        ("demand", span("2026-11-20T05:00", "2026-11-20T06:00"), 3),
        ("renewable_share", span("2026-11-18", "2026-11-19"), 3),
        ("pvpc", span("2026-11-10", "2026-11-13"), 4),
        ("demand_forecast", span("2026-10-10", "2026-10-13"), 4),
        ("temperature_max", span("2026-11-10", "2026-11-13"), 4),
    ],
)
def test_the_priority_is_what_waits_for_the_newest_slot(series, window, priority):
    found = prioritise(Gap(series, window, 1), NOW)
    assert found.priority == priority
    assert found.priority_reason


def test_a_sources_own_hole_is_never_urgent():
    gap = prioritise(Gap("temperature", span("2026-11-20T05:00", "2026-11-20T06:00"), 1, "openweathermap"), NOW)
    assert (gap.priority, "others fill" in gap.priority_reason) == (4, True)


def test_a_gap_is_cut_where_its_urgency_or_its_route_changes():
    window = span("2026-10-20", "2026-11-20T09:00")
    parts = split(Gap("pvpc", window, 0), NOW)
    edges = [at("2026-11-01"), at("2026-11-13"), TODAY]
    assert [p.window for p in parts] == window.partition(edges)
    assert [p.priority for p in parts] == [4, 4, 2, 1]
    assert [p.missing for p in parts] == [12 * 24 + 1, 12 * 24, 7 * 24, 9], "October has an hour more"


def test_a_gap_is_not_cut_where_nothing_changes_for_its_series():
    window = span("2026-11-02", "2026-11-20T09:00")
    assert [p.window.start for p in split(Gap("demand", window, 0), NOW)] == [window.start, at("2026-11-13")]
    assert len(split(Gap("temperature_max", window, 0), NOW)) == 1
    assert len(split(Gap("temperature", window, 0, "openweathermap"), NOW)) == 1


def test_a_week_ago_is_a_midnight_also_where_the_clocks_changed_since():
    now = at("2026-10-28T12:00")
    parts = split(Gap("pvpc", span("2026-10-19", "2026-10-28T12:00"), 0), now)
    assert [p.window.start for p in parts] == [at("2026-10-19"), at("2026-10-21"), at("2026-10-28")]
    assert sum(p.missing for p in parts) == 9 * 24 + 1 + 12


def test_the_order_is_by_priority_then_the_newest_first():
    old, new = span("2026-11-14", "2026-11-15"), span("2026-11-17", "2026-11-18")
    gaps = [
        replace(Gap("pvpc", window, 24), priority=priority, opened_at=NOW)
        for window in (old, new)
        for priority in (4, 2, 3, 1)
    ]
    ordered = in_order(gaps, NOW)
    assert [g.priority for g in ordered] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert all(ordered[i].window == new for i in range(0, 8, 2))


def test_each_day_of_waiting_is_a_step_of_priority_and_none_overtakes_today():
    def gap(priority: int, days: float, day: str) -> Gap:
        window = madrid_day(date.fromisoformat(day))
        return replace(Gap("pvpc", window, 24), priority=priority, opened_at=NOW - days * DAY)

    today, fresh, old = gap(1, 0, "2026-11-20"), gap(3, 0, "2026-11-18"), gap(4, 1.9, "2025-01-01")
    older = gap(4, 30, "2025-01-02")
    assert in_order([old, fresh, older, today], NOW) == [today, older, fresh, old]


# ---------------------------------------------------------------------- tries in vain
def test_a_vain_try_waits_an_hour_then_twice_as_long_up_to_a_day():
    gap = Gap("pvpc", span("2026-11-18", "2026-11-19"), 24)
    waits = []
    for _ in range(8):
        gap = after_vain_try(gap, NOW, "nothing")
        assert gap.next_try_at is not None
        waits.append((gap.next_try_at - NOW) / HOUR)
    assert waits == [1, 2, 4, 8, 16, 24, 24, 24]
    assert (gap.state, gap.attempts, gap.why) == (GapState.UPSTREAM_EMPTY, 8, "nothing")


def test_an_old_gap_is_given_up_after_eight_tries_and_a_young_one_never():
    old = replace(Gap("pvpc", span("2026-10-01", "2026-10-02"), 24), attempts=7)
    gone = after_vain_try(old, NOW, "nothing")
    assert (gone.state, gone.next_try_at) == (GapState.UNFILLABLE, None)
    assert "asked 8 times" in gone.why
    young = replace(old, window=span("2026-11-01", "2026-11-02"))
    assert after_vain_try(young, NOW, "nothing").state is GapState.UPSTREAM_EMPTY


def test_a_gap_is_due_until_it_waits_or_is_given_up():
    gap = Gap("pvpc", span("2026-11-18", "2026-11-19"), 24)
    waiting = after_vain_try(gap, NOW, "nothing")
    assert is_due(gap, NOW)
    assert not is_due(waiting, NOW + HOUR - timedelta(seconds=1))
    assert is_due(waiting, NOW + HOUR)
    assert not is_due(replace(gap, state=GapState.UNFILLABLE), NOW + 99 * DAY)


# ---------------------------------------------------------------------- the ledger's rows
WEEK = span("2026-11-14", "2026-11-21")


def row(window: Interval, number: int = 7, series: str = "pvpc", **past) -> Gap:
    count = sum(1 for _ in spec_of(series).slots(window))
    plain = replace(Gap(series, window, count, id=number, opened_at=NOW - 2 * DAY), **past)
    return prioritise(plain, NOW)


def found(*windows: Interval, series: str = "pvpc") -> list[Gap]:
    return [Gap(series, w, sum(1 for _ in spec_of(series).slots(w))) for w in windows]


def test_a_new_hole_is_opened_now_in_its_parts():
    opened = reconcile(found(span("2026-11-19T20:00", "2026-11-20T04:00")), [], WEEK, NOW)
    assert [(g.priority, g.missing, g.opened_at, g.id) for g in opened] == [(2, 4, NOW, 0), (1, 4, NOW, 0)]


def test_what_is_as_it_was_is_not_written_again():
    held = row(span("2026-11-18T05:00", "2026-11-18T09:00"))
    assert reconcile(found(held.window), [held], WEEK, NOW) == []


def test_a_row_without_missing_slots_ends_as_filled():
    held = row(span("2026-11-18T05:00", "2026-11-18T09:00"), attempts=3, next_try_at=NOW + HOUR, why="nothing")
    (done,) = reconcile([], [held], WEEK, NOW)
    assert (done.state, done.filled, done.missing, done.closed_at) == (GapState.FILLED, 4, 4, NOW)
    assert (done.next_try_at, done.why, done.route) == (None, "", "already there")


def test_a_row_filled_in_its_middle_falls_in_two_and_both_keep_its_age():
    held = row(span("2026-11-18T00:00", "2026-11-18T10:00"), attempts=2)
    left, right = span("2026-11-18T00:00", "2026-11-18T03:00"), span("2026-11-18T07:00", "2026-11-18T10:00")
    first, second = reconcile(found(left, right), [held], WEEK, NOW)
    assert (first.id, first.window, first.missing, first.filled) == (7, left, 3, 4)
    assert (second.id, second.window, second.missing, second.filled) == (0, right, 3, 0)
    assert first.opened_at == second.opened_at == held.opened_at
    assert first.attempts == second.attempts == 2


def test_two_rows_that_come_to_touch_stay_two_and_neither_is_called_filled():
    """As each midnight, when yesterday's "today" joins the days before."""
    earlier = row(span("2026-11-16", "2026-11-18"), 7)
    later = row(span("2026-11-18", "2026-11-19"), 8)
    assert reconcile(found(span("2026-11-16", "2026-11-19")), [earlier, later], WEEK, NOW) == []


def test_a_row_grows_at_its_end_and_need_not_wait_then():
    held = row(span("2026-11-20T00:00", "2026-11-20T05:00"), state=GapState.UPSTREAM_EMPTY, next_try_at=NOW + 8 * HOUR)
    grown = span("2026-11-20T00:00", "2026-11-20T09:00")
    (after,) = reconcile(found(grown), [held], WEEK, NOW)
    assert (after.id, after.window, after.missing, after.filled) == (7, grown, 9, 0)
    assert is_due(after, NOW)


def test_a_row_does_not_grow_into_another_day_or_month():
    held = row(span("2026-11-19T20:00", "2026-11-20T00:00"))
    (fresh,) = reconcile(found(span("2026-11-19T20:00", "2026-11-20T04:00")), [held], WEEK, NOW)
    assert (fresh.id, fresh.window.start, fresh.priority) == (0, TODAY, 1)
    held = row(span("2026-10-30", "2026-11-01"), series="demand")
    (fresh,) = reconcile(
        found(span("2026-10-30", "2026-11-03"), series="demand"), [held], span("2026-10-01", "2026-11-20"), NOW
    )
    assert fresh.window == span("2026-11-01", "2026-11-03")


def test_slots_before_a_row_are_a_row_of_their_own():
    held = row(span("2026-11-18", "2026-11-19"))
    (fresh,) = reconcile(found(span("2026-11-17", "2026-11-19")), [held], WEEK, NOW)
    assert (fresh.id, fresh.window) == (0, span("2026-11-17", "2026-11-18"))


def test_what_lies_outside_the_look_is_left_alone():
    held = row(span("2026-11-01", "2026-11-05"), attempts=4)
    assert reconcile([], [held], WEEK, NOW) == []


def test_a_narrow_look_cuts_nothing_off_a_long_row():
    held = row(span("2026-11-14", "2026-11-19"))
    inside = span("2026-11-16T00:30", "2026-11-16T12:30")
    missing = span("2026-11-16T01:00", "2026-11-16T13:00")
    assert reconcile(found(missing), [held], inside, NOW) == []
    first, second = reconcile(found(span("2026-11-16T01:00", "2026-11-16T05:00")), [held], inside, NOW)
    assert (first.id, first.window, first.filled) == (7, span("2026-11-14", "2026-11-16T05:00"), 8)
    assert (second.id, second.window) == (0, span("2026-11-16T13:00", "2026-11-19"))


def test_a_row_half_outside_the_look_is_not_called_filled_for_its_other_half():
    held = row(span("2026-11-12", "2026-11-16"))
    (rest,) = reconcile([], [held], WEEK, NOW)
    assert (rest.state, rest.window, rest.missing, rest.filled) == (
        GapState.OPEN,
        span("2026-11-12", "2026-11-14"),
        48,
        48,
    )


def test_what_a_dead_process_left_filling_is_open_again():
    held = row(span("2026-11-18", "2026-11-19"), state=GapState.FILLING, route="ree.prices")
    (after,) = reconcile(found(held.window), [held], WEEK, NOW)
    assert (after.state, after.id, after.route) == (GapState.OPEN, 7, "ree.prices")


def test_what_was_given_up_stays_so_in_all_its_parts():
    held = row(span("2026-11-18T00:00", "2026-11-18T10:00"), state=GapState.UNFILLABLE, why="asked 8 times")
    left, right = span("2026-11-18T00:00", "2026-11-18T03:00"), span("2026-11-18T07:00", "2026-11-18T10:00")
    after = reconcile(found(left, right), [held], WEEK, NOW)
    assert [(g.state, g.why) for g in after] == [(GapState.UNFILLABLE, "asked 8 times")] * 2


def test_a_row_ages_into_another_priority():
    held = row(span("2026-11-12T20:00", "2026-11-13T00:00"), priority=2, priority_reason="then")
    (after,) = reconcile(found(held.window), [replace(held, priority=2)], Interval(at("2026-11-10"), NOW), NOW)
    assert (after.id, after.priority, after.priority_reason) == (7, 4, "history")


def test_the_end_counts_every_slot_that_the_row_stood_for():
    held = replace(row(span("2026-11-18T00:00", "2026-11-18T03:00")), filled=5, route="ree.prices")
    done = filled_up(held, NOW)
    assert (done.filled, done.missing, done.route, done.window) == (8, 8, "ree.prices", held.window)
    assert madrid_midnight(date(2026, 11, 18)) == done.window.start
