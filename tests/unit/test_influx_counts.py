"""What of an InfluxDB is counted again, and what is not; the questions are answered by hand."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from chocolate_factory.adapters.influx_counts import LIVELY, PIECE, STANDS_S, Count, InfluxCounts, pieces
from chocolate_factory.adapters.influx_lines import GONE
from chocolate_factory.adapters.stream_keys import us

FIRST = us(datetime(2016, 1, 1, tzinfo=UTC))
LAST = FIRST + 10 * PIECE
KEY = ("spot", "linares", "ree", "observed", 60)
WITHIN = re.compile(r"time >= '(.+?)' AND time < '(.+?)'")


class Server:
    """Points by rev and moment, each with its receipt; remembers the stretches that it was asked to count."""

    def __init__(self) -> None:
        self.points: list[tuple[int, int, int]] = []
        self.counted: list[tuple[int, int]] = []

    def __call__(self, statement: str) -> list[dict]:
        start, end = (us(datetime.fromisoformat(moment)) for moment in WITHIN.search(statement).groups())
        found = [point for point in self.points if start <= point[0] < end]
        if f"known_at = {GONE}" in statement:
            gone = [point for point in found if point[2] == GONE]
            return [self._series(None, [0, len(gone)])] if gone else []
        self.counted.append((start, end))
        revs = sorted({rev for _, rev, _ in found})
        return [self._series(rev, self._row([k for _, r, k in found if r == rev])) for rev in revs]

    @staticmethod
    def _row(known: list[int]) -> list[int]:
        return [0, len(known), max(known), min(known)]

    @staticmethod
    def _series(rev: int | None, row: list[int]) -> dict:
        tags = {"site": "linares", "source": "ree", "kind": "observed", "resolution": "60"}
        return {"name": "spot", "tags": tags if rev is None else {**tags, "rev": str(rev)}, "values": [row]}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def counts(server, clock):
    return InfluxCounts(server, clock)


def held(server: Server) -> Count:
    known = [k for *_, k in server.points if k != GONE]
    return Count(sum(rev == 0 for _, rev, _ in server.points), len(known), max(known))


def fill(server: Server) -> None:
    server.points = [(FIRST + i * PIECE // 3, rev, 1000 + i + rev) for i in range(31) for rev in range(1 + i % 2)]


def test_all_of_it_is_counted_whatever_is_remembered(server, counts):
    fill(server)
    for _ in range(3):
        assert counts.of(FIRST, LAST) == {KEY: held(server)}


def test_what_fell_away_is_not_counted(server, counts):
    fill(server)
    server.points[1:3] = [(server.points[1][0], 0, 5), (server.points[1][0], 1, GONE)]
    assert counts.of(FIRST, LAST) == {KEY: held(server)}


def test_old_pieces_are_counted_once_a_day_and_the_newest_every_time(server, counts, clock):
    fill(server)
    counts.settle(FIRST, LAST)
    assert len(server.counted) >= 9
    server.counted.clear()
    counts.of(FIRST, LAST)
    ((start, end),) = server.counted
    assert start <= LAST - LIVELY < LAST < end, "one question, for what is lively"
    clock.now += STANDS_S + 1
    server.counted.clear()
    counts.of(FIRST, LAST)
    assert len(server.counted) >= 10


def test_what_changed_is_counted_again_and_nothing_else(server, counts):
    fill(server)
    counts.of(FIRST, LAST)
    server.counted.clear()
    at = FIRST + 2 * PIECE
    server.points.append((at, 0, 7))
    with pytest.raises(ConnectionError), counts.changing((at, at)):
        raise ConnectionError("half-way")
    assert counts.of(FIRST, LAST) == {KEY: held(server)}
    assert [a for a, _ in server.counted][:-1] == [at // PIECE * PIECE]


def test_what_changes_while_it_is_counted_is_not_remembered(server, clock):
    def and_somebody_writes(statement: str) -> list[dict]:
        answer = server(statement)
        if len(server.points) < 70:
            with counts.changing((FIRST, LAST)):
                server.points.append((FIRST, 0, 7))
        return answer

    fill(server)
    counts = InfluxCounts(and_somebody_writes, clock)
    counts.settle(FIRST, LAST)
    while len(server.points) < 70:
        counts.settle(FIRST, LAST)
    assert counts.of(FIRST, LAST) == {KEY: held(server)}


def test_pieces_hold_every_slot_once():
    found = list(pieces(FIRST, LAST))
    assert found[0][0] <= FIRST
    assert found[-1][1] > LAST
    assert all(a[1] == b[0] for a, b in pairwise(found))
