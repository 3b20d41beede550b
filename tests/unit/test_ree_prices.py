"""REE: prices out of its bodies, flat and nested, and lies."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ree_bodies import AUTUMN, DAY, MINUTES, NO_DATA, RECEIVED, SPRING, entry, flat, of, ramp, starts, values

from chocolate_factory.adapters.ree import parse_demand, parse_generation, parse_prices
from chocolate_factory.domain.errors import UpstreamEmptyError, UpstreamLiedError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import HOUR, Resolution, madrid_midnight

OLD = date(2025, 9, 29)


def nested(**groups: list[dict]) -> dict:
    return flat(
        *(
            {"type": name, "id": name, "attributes": {"title": name, "content": content}}
            for name, content in groups.items()
        )
    )


# ---------------------------------------------------------------------- prices
def test_one_body_with_hours_of_pvpc_and_quarters_of_spot():
    body = flat(entry("1001", ramp(DAY, Resolution.HOUR, 100)), entry("600", ramp(DAY, Resolution.QUARTER, -4)))
    found = parse_prices(body, RECEIVED)
    assert values(found, "pvpc") == [100.0 + i for i in range(24)]
    assert values(found, "spot") == [-4.0 + i for i in range(96)]
    pvpc, spot = of(found, "pvpc")[0], of(found, "spot")[1]
    assert (pvpc.resolution_minutes, spot.resolution_minutes) == (60, 15)
    assert (pvpc.source, pvpc.kind, pvpc.received_at) == ("ree", Kind.OBSERVED, RECEIVED)
    assert pvpc.published_at == datetime(2026, 5, 3, 18, 20, tzinfo=UTC)
    assert spot.published_at == datetime(2026, 5, 3, 12, tzinfo=UTC)
    assert spot.start == madrid_midnight(DAY) + 15 * MINUTES
    assert all(isinstance(o.value, float) for o in found)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (DAY, 24), (AUTUMN, 25)])
def test_days_of_23_24_and_25_hours(day, hours):
    body = flat(entry("1001", ramp(day, Resolution.HOUR)), entry("600", ramp(day, Resolution.QUARTER)))
    found = parse_prices(body, RECEIVED)
    assert starts(found, "pvpc") == [madrid_midnight(day) + i * HOUR for i in range(hours)]
    assert starts(found, "spot") == [madrid_midnight(day) + i * 15 * MINUTES for i in range(4 * hours)]


def test_the_repeated_hour_without_its_offset_is_a_lie():
    body = flat(entry("1001", ramp(AUTUMN, Resolution.HOUR)))
    for row in body["included"][0]["attributes"]["values"]:
        row["datetime"] = row["datetime"].replace("+01:00", "+02:00")
    with pytest.raises(UpstreamLiedError, match="two values"):
        parse_prices(body, RECEIVED)


def test_a_moment_twice_with_one_value_is_one():
    body = flat(entry("1001", [*ramp(DAY, Resolution.HOUR), (madrid_midnight(DAY), 0)]))
    assert len(parse_prices(body, RECEIVED)) == 24


def test_series_go_by_id_never_by_title_or_place():
    pvpc, spot = ramp(DAY, Resolution.HOUR, 100), ramp(DAY, Resolution.QUARTER)
    body = flat(entry("600", spot, "PVPC (€/MWh)"), entry("1", spot, "PVPC"), entry("1001", pvpc, "Spot market price"))
    found = parse_prices(body, RECEIVED)
    assert values(found, "pvpc")[0] == 100.0
    assert len(of(found, "spot")) == 96


def test_a_body_without_spot_still_has_pvpc():
    found = parse_prices(flat(entry("1001", ramp(DAY, Resolution.HOUR))), RECEIVED)
    assert {o.series for o in found} == {"pvpc"}


def test_quarters_of_spot_before_the_market_had_them_are_hours():
    body = flat(entry("600", ramp(OLD, Resolution.QUARTER)))
    found = parse_prices(body, RECEIVED)
    assert values(found, "spot") == [1.5 + 4 * i for i in range(24)]
    assert {o.resolution_minutes for o in found} == {60}
    del body["included"][0]["attributes"]["values"][5]
    assert len(parse_prices(body, RECEIVED)) == 23, "three quarters are no hour"


def test_hours_of_spot_before_the_change_and_quarters_since_in_one_body():
    last, first = date(2025, 9, 30), date(2025, 10, 1)
    body = flat(entry("600", [*ramp(last, Resolution.HOUR), *ramp(first, Resolution.QUARTER)]))
    found = parse_prices(body, RECEIVED)
    assert [o.resolution_minutes for o in found] == [60] * 24 + [15] * 96


def test_hours_of_spot_since_the_change_are_left_out():
    body = flat(entry("1001", ramp(DAY, Resolution.HOUR)), entry("600", ramp(DAY, Resolution.HOUR)))
    assert {o.series for o in parse_prices(body, RECEIVED)} == {"pvpc"}


# ---------------------------------------------------------------------- flat and nested, and lies
def test_the_nested_shape_reads_like_the_flat_one():
    pvpc, spot = entry("1001", ramp(DAY, Resolution.HOUR)), entry("600", ramp(DAY, Resolution.QUARTER))
    assert parse_prices(nested(A=[pvpc], B=[spot]), RECEIVED) == parse_prices(flat(pvpc, spot), RECEIVED)


@pytest.mark.parametrize("body", [NO_DATA, {"errors": []}, flat(), flat(entry("1001", [])), flat(entry("8", []))])
def test_no_data_is_empty(body):
    with pytest.raises(UpstreamEmptyError):
        parse_prices(body, RECEIVED)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        {"data": None, "included": None},
        {"included": {}},
        {"included": [None]},
        {"included": [{"id": "1001", "attributes": None}]},
        {"included": [{"id": "1001", "attributes": {"values": None}}]},
        {"included": [{"id": "1001", "attributes": {"values": [None]}}]},
        {"included": [{"id": "1001", "attributes": {"values": [{"value": 1.0}]}}]},
        {"included": [{"id": "x", "attributes": {"content": None}}]},
    ],
)
def test_a_body_of_another_shape_is_a_lie(body):
    with pytest.raises(UpstreamLiedError):
        parse_prices(body, RECEIVED)


@pytest.mark.parametrize("value", [None, True, False, "116.33", "", [], float("nan"), float("inf"), 10**400])
def test_a_value_that_is_no_number_is_a_lie(value):
    points = ramp(DAY, Resolution.HOUR)
    points[7] = (points[7][0], value)
    with pytest.raises(UpstreamLiedError, match="no number"):
        parse_prices(flat(entry("1001", points)), RECEIVED)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-05-04T07:00:00.000",
        "2026-05-04T07:03:00.000+02:00",
        "2026-05-04T07:00:30.000+02:00",
        "2026-13-04T00:00:00+02:00",
        "0001-01-01T00:00:00+02:00",
        "soon",
        "",
        None,
        5,
    ],
)
def test_a_moment_that_is_none_is_a_lie(moment):
    body = flat(entry("1001", ramp(DAY, Resolution.HOUR)))
    body["included"][0]["attributes"]["values"][7]["datetime"] = moment
    with pytest.raises(UpstreamLiedError):
        parse_prices(body, RECEIVED)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["included", "id", "attributes", "values", "content", "value", "datetime", "errors"]), inner
        )
    ),
    max_leaves=12,
)


@given(json_values, st.sampled_from([parse_prices, parse_demand, parse_generation]))
def test_whatever_json_comes_nothing_but_our_own_errors_leave(body, parse):
    with pytest.raises((UpstreamEmptyError, UpstreamLiedError)):
        parse(body, RECEIVED)
