"""Points that another process is just writing: InfluxDB takes them in field by field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chocolate_factory.adapters.influx_held import TRIES, InfluxHeld
from chocolate_factory.adapters.stream_keys import us
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.series import Query
from chocolate_factory.domain.time import Interval

START = datetime(2026, 6, 17, 10, tzinfo=UTC)
KEY = ("spot", "linares", "ree", "observed", 60)
WHOLE = [us(START), us(START) + 5, us(START) + 5, 41.5]
HALVES = ([us(START), None, None, 41.5], [us(START), us(START) + 5, us(START) + 5, None])


class Database:
    """Answers every question with one point, half there at first."""

    def __init__(self, torn: int, half: list[Any]) -> None:
        self.torn, self.half, self.asked = torn, half, 0

    def opened(self) -> Database:
        return self

    def query(self, _influxql: str) -> list[dict[str, Any]]:
        self.asked += 1
        tags = dict(zip(("site", "source", "kind", "resolution"), ("linares", "ree", "observed", "60"), strict=True))
        return [{"name": "spot", "tags": tags, "values": [self.half if self.asked <= self.torn else WHOLE]}]


@pytest.mark.parametrize("half", HALVES)
def test_a_point_that_is_half_there_is_asked_for_again(half):
    database = Database(3, half)
    held = InfluxHeld(database)
    assert held.known(Query("spot", Interval(START, START + timedelta(hours=1)))) == [(KEY, [WHOLE])]
    assert database.asked == 4
    database.asked = 0
    assert held.slots(KEY, [us(START)]) == {us(START): {us(START) + 5: (us(START) + 5, 41.5)}}
    assert database.asked == 4


@pytest.mark.parametrize("half", HALVES)
def test_one_that_stays_so_is_told_with_its_stream_and_the_way_to_all_of_them(half):
    database = Database(10_000, half)
    with pytest.raises(StoreError, match=r"points of spot linares ree observed 60 without all.*doctor"):
        InfluxHeld(database).known(Query("spot", Interval(START, START + timedelta(hours=1))))
    assert database.asked == TRIES
