"""Points as text and back, questions as text: without a server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters import influx_query as ql
from chocolate_factory.adapters.influx_http import address_of
from chocolate_factory.adapters.influx_lines import GONE, head, in_order, lines_of, slots_of
from chocolate_factory.adapters.stream_keys import us, when
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.series import Kind, Query, revise
from chocolate_factory.domain.time import HOUR, Interval

KEY = ("spot", "linares", "ree", "observed", 60)
T = datetime(2026, 3, 9, 23, tzinfo=UTC)


def test_a_line_says_all_of_an_observation():
    (line,) = lines_of(KEY, us(T), {}, {5: (3, 0.1)})
    tags, fields, at = line.split(" ")
    assert tags == "spot,kind=observed,resolution=60,rev=0,site=linares,source=ree"
    assert fields == "value=0.1,known_at=5i,published_at=3i"
    assert int(at) == 1000 * us(T), "nanoseconds"


def test_names_are_escaped_and_those_that_cannot_be_are_refused():
    assert head(("a b", "x,y", "k=v", "observed", 60), 2) == (
        "a\\ b,kind=observed,resolution=60,rev=2,site=x\\,y,source=k\\=v "
    )
    for name in ("", "two\nlines", "back\\slash"):
        with pytest.raises(InputError):
            head(("spot", name, "ree", "observed", 60), 0)


def replayed(points: dict[str, list], lines: list[str]) -> dict[str, list]:
    """What a server makes of lines: of one rev the last written."""
    for line in lines:
        _, _, rest = line.partition("rev=")
        rev, fields = rest.split(",", 1)[0], rest.split(" ")[1]
        value, known, published = (part.split("=")[1].rstrip("i") for part in fields.split(","))
        points[rev] = [int(line.rsplit(" ", 1)[1]) // 1000, int(known), int(published), float(value)]
    return points


RECEIPTS = st.dictionaries(
    st.integers(0, 6), st.tuples(st.integers(0, 6), st.sampled_from([1.0, 2.0, 3.0])), min_size=1, max_size=4
)


@given(st.lists(RECEIPTS, min_size=1, max_size=6))
def test_after_any_history_the_points_say_what_the_slot_is(batches):
    slot: dict = {}
    points: dict[str, list] = {}
    for coming in batches:
        held, slot = slot, revise(slot, coming)
        points = replayed(points, lines_of(KEY, 0, held, dict(sorted(slot.items()))))
        slot = dict(sorted(slot.items()))
        assert slots_of(in_order(points.values())) == {0: slot}
        assert points["0"][1] != GONE, "a slot that is held has its first revision"
        assert lines_of(KEY, 0, slot, slot) == []


@given(st.integers(-800_000, 1_500_000).map(lambda n: T + n * HOUR / 7))
def test_a_moment_comes_back_to_the_microsecond(moment):
    assert when(us(moment)) == moment


def test_a_question_quotes_what_it_is_given():
    query = Query('s"x', Interval(T, T + HOUR), frozenset({"o'ree"}), frozenset({Kind.OBSERVED}), received_by=T)
    assert ql.rows_of_query(query, 7) == (
        'SELECT known_at, published_at, value FROM "s\\"x" WHERE site = \'linares\' '
        "AND time >= '2026-03-09T23:00:00.000000Z' AND time < '2026-03-10T00:00:00.000000Z' "
        f"AND (source = 'o\\'ree') AND (kind = 'observed') AND known_at <= {us(T)} "
        "GROUP BY site, source, kind, resolution LIMIT 7"
    )


def test_an_address_in_a_setting():
    plain = address_of("influxdb://far/factory")
    assert (plain.url, plain.database, plain.user) == ("http://far:8086", "factory", "")
    full = address_of("influxdb+https://me:p%40ss@far:9/bucket", token="secret", org="us")
    assert (full.url, full.user, full.password) == ("https://far:9", "me", "p@ss")
    assert "secret" not in repr(full) + full.place
    assert "p@ss" not in repr(full) + full.place


@pytest.mark.parametrize("url", ["influxdb://far", "influxdb:///db", "influxdb://far/a/b", "http://far/db"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(InputError, match="TIMESERIES_URL"):
        address_of(url)
