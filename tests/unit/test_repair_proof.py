"""Fill what is missing: what is worth it, what it proved, how long it takes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from fakes import AIR, PRICES, Plant, span
from hypothesis import given, settings
from hypothesis import strategies as st
from repair_world import DOWN, NOW, resting_plant, run

from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.domain.work import AlertState, GapState
from chocolate_factory.usecases.campaign import summary
from chocolate_factory.usecases.progress import Progress

plant = pytest.fixture(resting_plant)


def open_slots(plant) -> Counter:
    """Slots that the ledger's open rows hold."""
    rows = [r for r in plant.gaps.open_gaps() if r.source is None]
    return Counter((r.series, s) for r in rows for s in CATALOGUE[r.series].slots(r.window))


# ---------------------------------------------------------------------- which gaps are worth it
def test_gaps_that_are_not_worth_it_are_on_record_and_stay(plant):
    feed = plant.feed("ree.demand", {"demand"})
    short, long = span("2026-11-15T05:00", "2026-11-15T07:00"), span("2026-11-17T05:00", "2026-11-17T20:00")
    window = span("2026-11-14", "2026-11-19")
    plant.fill("demand", window, but=[s for s in CATALOGUE["demand"].slots(window) if s in short or s in long])
    recovery = run(plant, "demand", window=window, worth=lambda g: g.window.duration > 6 * HOUR)
    assert (recovery.expected, feed.calls) == (15, [long])
    assert [(r.window, r.state) for r in plant.rows()] == [(short, GapState.OPEN), (long, GapState.FILLED)]


def test_a_long_gap_is_worth_it_in_all_its_pieces(plant):
    plant.feed("ree.prices", {"pvpc"})
    window = span("2026-10-20", "2026-11-20T09:00")
    recovery = run(plant, "pvpc", window=window, worth=lambda g: g.window.duration > 20 * DAY)
    assert recovery.filled == recovery.expected == window.duration // HOUR
    assert len(plant.rows(GapState.FILLED)) == 4


# ---------------------------------------------------------------------- what it proved
def test_the_sentence_says_how_long_off_what_came_and_what_did_not(plant):
    plant.feed("ree.prices", {"pvpc"})
    window = span("2026-11-13T08:00", "2026-11-20T08:00")
    plant.feed("open_meteo.forecast", AIR, holes=lambda _s, start: start.hour == 3)
    recovery = run(plant, "pvpc", "temperature", window=window, off_since=NOW - 7 * DAY)
    assert recovery.summary == "7 days off: 168 of 168 pvpc, 161 of 168 temperature, 7 missing upstream."
    assert (recovery.expected, recovery.filled, recovery.failed) == (336, 329, 0)
    assert recovery.success_rate == pytest.approx(329 / 336)
    assert recovery.by_route == {"ree.prices": 168, "open_meteo.forecast": 161}
    assert plant.gaps.last_recovery() == recovery
    (alert,) = plant.alerts.alerts()
    assert (alert.state, alert.message) == (AlertState.CLOSED, f"Recovery done. {recovery.summary}")


@pytest.mark.parametrize(
    ("expected", "filled", "failures", "off", "text"),
    [
        ({}, {}, {}, 7 * DAY, "Nothing was missing."),
        ({"pvpc": 24}, {"pvpc": 24}, {}, None, "24 of 24 pvpc."),
        ({"pvpc": 24}, {"pvpc": 30}, {}, timedelta(minutes=59), "24 of 24 pvpc."),
        ({"pvpc": 24}, {"pvpc": 24}, {}, 30 * HOUR, "30 h off: 24 of 24 pvpc."),
        (
            {"pvpc": 24},
            {},
            {"ree": "silence"},
            40 * DAY,
            "40 days off: 0 of 24 pvpc, 24 missing upstream; ree (silence).",
        ),
        ({"pvpc": 24}, {"pvpc": 24}, {"ree": "silence"}, None, "24 of 24 pvpc."),
    ],
)
def test_sentences(expected, filled, failures, off, text):
    assert summary(expected, filled, failures, off) == text


def test_seconds_and_requests_are_measured(plant):
    plant.feed("ree.demand", {"demand"}, longest=DAY).seconds = 2.0
    recovery = run(plant, "demand", window=span("2026-11-14", "2026-11-19"))
    assert (recovery.requests, recovery.seconds, recovery.at) == (5, 10.0, NOW)


def test_a_failure_stays_an_alert_until_what_failed_is_there(plant):
    plant.feed("ree.prices", {"pvpc"}).fault = DOWN
    demand = plant.feed("ree.demand", {"demand"})
    window = span("2026-11-18", "2026-11-19")
    run(plant, "pvpc", window=window)
    demand.upstream = "other"
    run(plant, "demand", window=window)
    assert "recovery-failed" in plant.causes(), "another series' success says nothing of it"
    plant.fill("pvpc", window)
    run(plant, "pvpc", window=window)
    assert plant.causes() == set(), "ingestion brought it: nothing is left to recover"


def test_progress_never_falls_counts_and_ends_at_one(plant):
    plant.feed("ree.prices", PRICES, longest=DAY, holes=lambda _s, start: start.hour == 3)
    plant.feed("esios.pvpc", {"pvpc"}, longest=DAY)
    heard: list[tuple[float, dict[str, float]]] = []
    run(
        plant,
        "pvpc",
        "spot",
        window=span("2026-11-14", "2026-11-19"),
        progress=Progress(lambda share, _m, counts: heard.append((share, counts))).part(0.5, 0.75),
    )
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.5, 0.75)
    assert heard[-1][1] == {"expected": 5 * 120, "filled": 5 * (24 + 92)}


# ---------------------------------------------------------------------- how long it will take
def test_an_estimate_grows_with_the_requests_and_shares_them_between_series(plant):
    plant.feed("ree.prices", PRICES)
    one = plant.detect(span("2026-11-18", "2026-11-19"), ["pvpc"])
    both = plant.detect(span("2026-11-18", "2026-11-19"), ["pvpc", "spot"])
    many = plant.detect(span("2026-06-01", "2026-11-19"), ["pvpc"])
    assert plant.repair.estimate_seconds(one) == plant.repair.estimate_seconds(both) == 0.5
    assert 3 < plant.repair.estimate_seconds(many) < 10
    assert plant.repair.estimate_seconds([]) == 0.0


def test_an_estimate_knows_what_requests_took_here_and_what_pacing_allows(plant):
    plant.feed("esios.pvpc", {"pvpc"}, longest=DAY).seconds = 0.1
    quick = plant.detect(span("2026-11-15", "2026-11-19"), ["pvpc"])
    run(plant, "pvpc", window=span("2026-11-14", "2026-11-15"))
    assert plant.repair.estimate_seconds(quick) == pytest.approx(0.4)
    long = plant.detect(span("2026-06-01", "2026-10-01"), ["pvpc"])
    assert plant.repair.estimate_seconds(long) == 240.0, "122 requests at 30 a minute"


def test_what_cannot_be_filled_takes_no_time(plant):
    gaps = plant.detect(span("2026-11-18", "2026-11-19"), ["pvpc"])
    assert plant.repair.estimate_seconds(gaps) == 0.0


# ---------------------------------------------------------------------- by law
@settings(max_examples=12, deadline=None)
@given(st.data())
def test_after_any_runs_the_open_rows_are_exactly_what_is_missing(data):
    plant = Plant(NOW)
    window = span("2026-11-12", "2026-11-14")  # a week ago, where the urgency changes, in the middle
    demand = list(CATALOGUE["demand"].slots(window))
    lacking: set = set()
    feed = plant.feed("ree.demand", {"demand"}, longest=12 * HOUR, holes=lambda _s, start: start in lacking)
    slots = st.integers(0, len(demand) - 1)
    for _ in range(data.draw(st.integers(1, 4))):
        lacking.clear()
        lacking.update(demand[i] for i in data.draw(st.sets(slots, max_size=12)))
        a, b = sorted(data.draw(st.tuples(slots, slots)))
        feed.faults = data.draw(st.sampled_from([[], [(Interval(demand[a], demand[b] + HOUR), DOWN)]]))
        run(plant, "demand", window=window, insist=True)
        held = open_slots(plant)
        assert set(held) == {("demand", s) for s in plant.missing("demand", window)}
        assert max(held.values(), default=1) == 1, "no slot is on two rows"
        plant.clock.sleep(600)
    lacking.clear()
    feed.faults = []
    run(plant, "demand", window=window, insist=True)
    assert plant.gaps.open_gaps() == []
    assert sum(r.filled for r in plant.rows(GapState.FILLED)) == len(demand)
    plant.close()
