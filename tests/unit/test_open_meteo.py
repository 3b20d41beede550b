"""Open-Meteo: analysis, forecast and ERA5, in UTC alone. Values are invented, shapes are Open-Meteo's."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.http import Limits, PoliteClient
from chocolate_factory.adapters.open_meteo import (
    VARIABLES,
    OpenMeteoArchive,
    OpenMeteoForecast,
    forecast_days,
    parse_archive,
    parse_forecast,
)
from chocolate_factory.domain.errors import UpstreamDownError, UpstreamEmptyError, UpstreamLiedError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, Interval

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "payloads"
NOW = datetime(2026, 5, 12, 10, 20, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 12, tzinfo=UTC)
SERIES = {"temperature", "humidity", "dew_point", "pressure", "wind_speed"}


def body(start: datetime, hours: int, value: float | None = 12.5, **changes) -> dict:
    times = [f"{start + i * HOUR:%Y-%m-%dT%H:%M}" for i in range(hours)]
    hourly = {"time": times, **{v: [value] * hours for v in VARIABLES}, **changes.pop("hourly", {})}
    return {"latitude": 38.125, "utc_offset_seconds": 0, "timezone": "GMT", "hourly": hourly, **changes}


class Upstream:
    """Answers in the order given, the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status, answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return httpx.Response(status, content=answer if isinstance(answer, bytes) else json.dumps(answer).encode())


def made(what, upstream):
    clock = FixedClock(NOW)
    transport = httpx.MockTransport(upstream)
    client = PoliteClient("open_meteo", "https://meteo.example", Limits(60), clock, None, transport, lambda: 0.5)
    return what(client=client, clock=clock, latitude=38.095, longitude=-3.636)


# ------------------------------------------------------------------ what is asked
def test_the_forecast_is_asked_for_in_utc_and_metres_a_second():
    upstream = Upstream((200, body(MIDNIGHT - 2 * DAY, 96)))
    made(OpenMeteoForecast, upstream).fetch(Interval(NOW - 36 * HOUR, NOW + 20 * HOUR), 5.0)
    (request,) = upstream.requests
    assert request.url.path == "/v1/forecast"
    assert dict(request.url.params) == {
        "latitude": "38.095",
        "longitude": "-3.636",
        "hourly": "temperature_2m,relative_humidity_2m,dew_point_2m,surface_pressure,wind_speed_10m",
        "wind_speed_unit": "ms",
        "timezone": "UTC",
        "past_days": "2",
        "forecast_days": "2",
    }


def test_the_archive_is_asked_for_by_dates_that_it_may_hold():
    upstream = Upstream((200, body(MIDNIGHT - 7 * DAY, 72)))
    found = made(OpenMeteoArchive, upstream).fetch(Interval(MIDNIGHT - 7 * DAY, MIDNIGHT), 5.0)
    params = upstream.requests[0].url.params
    assert upstream.requests[0].url.path == "/v1/archive"
    assert (params["start_date"], params["end_date"], params["timezone"]) == ("2026-05-05", "2026-05-07", "UTC")
    assert {o.start.day for o in found} == {5, 6, 7}  # the day five days ago among them


def test_a_window_that_ends_at_midnight_does_not_ask_for_the_day_after():
    upstream = Upstream((200, body(datetime(2024, 3, 1, tzinfo=UTC), 24)))
    window = Interval(datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 2, tzinfo=UTC))
    made(OpenMeteoArchive, upstream).fetch(window, 5.0)
    assert upstream.requests[0].url.params["end_date"] == "2024-03-01"


def test_days_that_are_always_null_are_not_asked_for():
    upstream = Upstream((200, body(MIDNIGHT, 24, None)))
    with pytest.raises(UpstreamEmptyError, match="reach"):
        made(OpenMeteoArchive, upstream).fetch(Interval(MIDNIGHT - 4 * DAY, MIDNIGHT), 5.0)
    assert upstream.requests == []


def test_reaches():
    forecast, archive = made(OpenMeteoForecast, Upstream()), made(OpenMeteoArchive, Upstream())
    assert forecast.reach(NOW) == Interval(MIDNIGHT - 92 * DAY, MIDNIGHT + 16 * DAY)
    assert forecast.reach(NOW).duration == forecast.longest == 108 * DAY
    assert archive.reach(NOW) == Interval(datetime(1940, 1, 1, tzinfo=UTC), MIDNIGHT - 4 * DAY)
    assert archive.longest == 366 * DAY


def test_the_archive_shares_the_health_of_its_own_host():
    clock = FixedClock(NOW)
    client = PoliteClient("open_meteo_archive", "https://archive.example", Limits(60), clock)
    archive = OpenMeteoArchive(client=client, clock=clock, latitude=38.095, longitude=-3.636)
    assert archive.upstream == "open_meteo_archive"
    client.close()


def test_the_whole_reach_is_one_request_within_its_limits():
    upstream = Upstream((200, body(MIDNIGHT - 92 * DAY, 108 * 24)))
    feed = made(OpenMeteoForecast, upstream)
    assert len(feed.fetch(feed.reach(NOW), 5.0)) == 5 * 108 * 24
    params = upstream.requests[0].url.params
    assert (params["past_days"], params["forecast_days"]) == ("92", "16")


@given(st.integers(-92 * 24, 16 * 24 - 1), st.integers(1, 108 * 24))
def test_the_days_asked_for_cover_the_window_and_no_day_more(first, hours):
    start = MIDNIGHT + first * HOUR
    window = Interval(start, min(start + hours * HOUR, MIDNIGHT + 16 * DAY))
    asked = forecast_days(window, NOW)
    past, ahead = int(asked["past_days"]), int(asked["forecast_days"])
    assert 0 <= past <= 92
    assert 1 <= ahead <= 16
    assert MIDNIGHT - past * DAY <= window.start
    assert window.end <= MIDNIGHT + ahead * DAY
    assert past == 0 or window.start < MIDNIGHT - (past - 1) * DAY
    assert ahead == 1 or window.end > MIDNIGHT + (ahead - 1) * DAY


def test_a_window_out_of_reach_asks_for_what_is_allowed():
    far = Interval(NOW - 400 * DAY, NOW + 400 * DAY)
    assert forecast_days(far, NOW) == {"past_days": "92", "forecast_days": "16"}
    gone = Interval(NOW - 400 * DAY, NOW - 300 * DAY)
    assert forecast_days(gone, NOW) == {"past_days": "92", "forecast_days": "1"}


def test_one_at_a_time():
    asked, answer = threading.Event(), threading.Event()

    def slow(request):
        asked.set()
        answer.wait(5)
        return httpx.Response(200, json=body(MIDNIGHT, 24))

    feed = made(OpenMeteoForecast, slow)
    window = Interval(MIDNIGHT, MIDNIGHT + DAY)
    first = threading.Thread(target=feed.fetch, args=(window, 5.0))
    first.start()
    assert asked.wait(5)
    with pytest.raises(UpstreamDownError, match="one at a time"):
        feed.fetch(window, 0.0)
    answer.set()
    first.join(5)
    assert len(feed.fetch(window, 5.0)) == 5 * 24  # and its turn was given back


# ------------------------------------------------------------------ what is read
def test_begun_hours_are_analysis_and_later_ones_forecast():
    found = parse_forecast(body(MIDNIGHT, 24), NOW)
    assert {o.series for o in found} == SERIES == OpenMeteoForecast.series == OpenMeteoArchive.series
    for o in found:
        if o.start.hour <= 10:
            assert (o.source, o.kind) == ("open_meteo_analysis", Kind.REANALYSIS)
        else:
            assert (o.source, o.kind, o.published_at) == ("open_meteo", Kind.FORECAST, NOW)
    assert min(o.published_at for o in found) == MIDNIGHT + 2 * HOUR  # its end and an hour


def test_an_hour_that_begins_as_it_comes_is_analysis():
    hour = NOW.replace(minute=0)
    assert {o.kind for o in parse_forecast(body(hour, 2), hour) if o.start == hour} == {Kind.REANALYSIS}


def test_the_archive_is_reanalysis_and_never_an_observation():
    found = parse_archive(body(datetime(2025, 7, 1, tzinfo=UTC), 24), NOW)
    assert {(o.source, o.kind, o.resolution_minutes) for o in found} == {("open_meteo", Kind.REANALYSIS, 60)}


def test_nulls_are_left_out():
    document = body(MIDNIGHT, 2, hourly={"temperature_2m": [None, 17], "wind_speed_10m": [0.0, None]})
    found = {(o.series, o.start): o.value for o in parse_archive(document, NOW)}
    assert ("temperature", MIDNIGHT) not in found
    assert found["temperature", MIDNIGHT + HOUR] == 17.0
    assert found["wind_speed", MIDNIGHT] == 0.0  # calm is a value


@pytest.mark.parametrize("what", [OpenMeteoForecast, OpenMeteoArchive])
def test_all_null_is_empty(what):
    start = MIDNIGHT - 10 * DAY
    with pytest.raises(UpstreamEmptyError, match="nothing for"):
        made(what, Upstream((200, body(start, 24, None)))).fetch(Interval(start, start + DAY), 5.0)


def test_only_the_window_is_handed_back():
    start = MIDNIGHT - 10 * DAY
    window = Interval(start + 5 * HOUR, start + 7 * HOUR)
    found = made(OpenMeteoArchive, Upstream((200, body(start, 24)))).fetch(window, 5.0)
    assert {o.start for o in found} == {start + 5 * HOUR, start + 6 * HOUR}


# ------------------------------------------------------------------ what is no answer
@pytest.mark.parametrize("status", [200, 400])
def test_its_reason_is_handed_on(status):
    answer = {"error": True, "reason": "Past days is invalid. Allowed range 0 to 92. Given 93."}
    upstream = Upstream((status, answer))
    with pytest.raises(UpstreamLiedError, match="Given 93"):
        made(OpenMeteoForecast, upstream).fetch(Interval(MIDNIGHT, NOW), 5.0)
    assert len(upstream.requests) == 1  # asking again would not help


@pytest.mark.parametrize(
    ("answers", "error", "word", "calls"),
    [
        ([(429, {"error": True, "reason": "Minutely API request limit exceeded."})], UpstreamDownError, "429", 1),
        ([(503, b"<html>")], UpstreamDownError, "503", 3),
        ([(200, b'{"hourly":{"time":["2026-0')], UpstreamLiedError, "JSON", 3),
        ([(200, b"")], UpstreamLiedError, "empty", 3),
        ([(200, {"data": None, "list": None, "hourly": None})], UpstreamLiedError, "UTC", 1),
    ],
)
def test_each_failure_has_its_error(answers, error, word, calls):
    upstream = Upstream(*answers)
    with pytest.raises(error, match=word):
        made(OpenMeteoForecast, upstream).fetch(Interval(MIDNIGHT, NOW), 5.0)
    assert len(upstream.requests) == calls


def test_a_body_cut_off_is_asked_for_again():
    whole = json.dumps(body(MIDNIGHT, 24)).encode()
    upstream = Upstream((200, whole[:300]), (200, whole))
    assert made(OpenMeteoForecast, upstream).fetch(Interval(MIDNIGHT, MIDNIGHT + DAY), 5.0)
    assert len(upstream.requests) == 2


GOOD = body(MIDNIGHT, 3)


@pytest.mark.parametrize(
    ("document", "word"),
    [
        (GOOD | {"utc_offset_seconds": 7200}, "UTC"),
        ({k: v for k, v in GOOD.items() if k != "utc_offset_seconds"}, "UTC"),
        (GOOD | {"hourly": None}, "hourly"),
        (GOOD | {"hourly": {}}, "time"),
        (None, "body"),
        ([], "body"),
        (body(MIDNIGHT, 3, hourly={"temperature_2m": [1.0, 2.0]}), "2 values for 3 hours"),
        (body(MIDNIGHT, 3, hourly={"dew_point_2m": [1.0] * 4}), "4 values for 3 hours"),
        (body(MIDNIGHT, 3, hourly={"surface_pressure": None}), "surface_pressure"),
        (body(MIDNIGHT, 1, hourly={"temperature_2m": ["17"]}), "no number"),
        (body(MIDNIGHT, 1, hourly={"temperature_2m": [1e300]}), "no number"),
        (body(MIDNIGHT, 1, hourly={"time": ["2026-05-12T00:15"]}), "full hour"),
        (body(MIDNIGHT, 1, hourly={"time": ["2026-05-12T00:00+02:00"]}), "hour"),
        (body(MIDNIGHT, 1, hourly={"time": ["9999-12-31T23:00"]}), "hour"),
        (body(MIDNIGHT, 1, hourly={"time": [1778544000]}), "hour"),
        (body(MIDNIGHT, 1, hourly={"time": [None]}), "hour"),
    ],
)
@pytest.mark.parametrize("parse", [parse_forecast, parse_archive])
def test_bodies_that_are_lies(parse, document, word):
    with pytest.raises(UpstreamLiedError, match=word):
        parse(document, NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just("2026-05-12T00:00") | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=12,
)


@given(
    st.fixed_dictionaries({"time": JSON, **dict.fromkeys(VARIABLES, JSON)}),
    st.sampled_from([parse_forecast, parse_archive]),
)
def test_a_parser_gives_observations_or_says_that_it_was_lied_to(hourly, parse):
    try:
        found = parse(GOOD | {"hourly": hourly}, NOW)
    except UpstreamLiedError:
        return
    assert all(o.start == MIDNIGHT and -1e7 < o.value < 1e7 for o in found)


@given(st.lists(st.none() | st.floats(-20, 45), min_size=1, max_size=48), st.integers(-48, 48))
def test_every_number_comes_back_in_its_hour_and_nothing_else(numbers, first):
    start = MIDNIGHT + first * HOUR
    document = body(start, len(numbers), None, hourly={"temperature_2m": numbers})
    found = {o.start: o.value for o in parse_forecast(document, NOW)}
    assert found == {start + i * HOUR: v for i, v in enumerate(numbers) if v is not None}


# ------------------------------------------------------------------ recorded bodies
def recorded(name: str):
    path = PAYLOADS / name
    if not path.exists():
        pytest.skip(f"no recorded payloads at {PAYLOADS}")
    return json.loads(path.read_text("utf-8"))


def test_a_recorded_forecast_in_local_time_is_refused():
    document = recorded("openmeteo/aytohuescar_forecast_huescar_2026-06.json")
    with pytest.raises(UpstreamLiedError, match="7200"):
        parse_forecast(document, NOW)


def test_a_recorded_forecast_has_our_shape_but_for_its_zone_and_two_variables():
    document = recorded("openmeteo/aytohuescar_forecast_huescar_2026-06.json") | {"utc_offset_seconds": 0}
    hours = len(document["hourly"]["time"])
    missing = {v: [None] * hours for v in VARIABLES if v not in document["hourly"]}
    assert set(missing) == {"dew_point_2m", "surface_pressure"}
    found = parse_forecast(document | {"hourly": document["hourly"] | missing}, datetime(2026, 6, 9, 20, tzinfo=UTC))
    assert (len(found), {o.series for o in found}) == (3 * hours, {"temperature", "humidity", "wind_speed"})


def test_a_recorded_daily_archive_is_no_hourly_one():
    document = recorded("openmeteo/aytohuescar_archive_daily_puebla_2026-05.json") | {"utc_offset_seconds": 0}
    with pytest.raises(UpstreamLiedError, match="hourly"):
        parse_archive(document, NOW)


@pytest.mark.parametrize("name", ["openmeteo_400_past_days", "openmeteo_error_generic"])
def test_quoted_errors(name):
    answer = recorded(f"errors_quoted/{name}.json")
    with pytest.raises(UpstreamLiedError, match=answer["reason"][:20]):
        made(OpenMeteoForecast, Upstream((400, answer))).fetch(Interval(MIDNIGHT, NOW + timedelta(hours=1)), 5.0)
