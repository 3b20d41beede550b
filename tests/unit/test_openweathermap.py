"""OpenWeatherMap 2.5: now, five days ahead, the key. Values are invented, shapes are OpenWeatherMap's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.http import Limits, PoliteClient
from chocolate_factory.adapters.openweathermap import (
    OpenWeatherCurrent,
    OpenWeatherForecast,
    OpenWeatherKey,
    parse_current,
    parse_forecast,
    read_current,
    read_steps,
)
from chocolate_factory.adapters.raw_archive import RawArchive
from chocolate_factory.domain.errors import (
    UpstreamDownError,
    UpstreamEmptyError,
    UpstreamLiedError,
    UpstreamRefusedError,
)
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, Interval
from chocolate_factory.domain.work import KeyState

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "payloads"
NOW = datetime(2026, 5, 12, 10, 20, tzinfo=UTC)
TEN = NOW.replace(minute=0)
SECRET = "0123456789abcdef"

MAIN = {"temp": 21.4, "feels_like": 21.0, "pressure": 1016, "humidity": 43, "sea_level": 1016, "grnd_level": 966}
SKY = [{"id": 801, "main": "Clouds", "description": "algo de nubes", "icon": "02d"}]


def at(moment: datetime) -> int:
    return int(moment.timestamp())


def current(moment: datetime = NOW - timedelta(minutes=6), **changes) -> dict:
    body = {"dt": at(moment), "main": MAIN, "weather": SKY, "wind": {"speed": 3.2, "deg": 210}, "name": "Linares"}
    return {**body, "timezone": 7200, "cod": 200, **changes}


def step(moment: datetime, **changes) -> dict:
    return {
        "dt": at(moment),
        "main": {**MAIN, "temp_kf": 0},
        "weather": SKY,
        "wind": {"speed": 2.5},
        "pop": 0.1,
        **changes,
    }


def forecast(*steps: dict) -> dict:
    return {"cod": "200", "message": 0, "cnt": len(steps), "list": list(steps), "city": {"name": "Linares"}}


FIRST = datetime(2026, 5, 12, 9, tzinfo=UTC)  # in the past already, as the first step may be
FORTY = forecast(*(step(FIRST + i * 3 * HOUR) for i in range(40)))


class Upstream:
    """Answers in the order given, the last one for ever."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return httpx.Response(status, content=body if isinstance(body, bytes) else json.dumps(body).encode())


def made(what, upstream, key=lambda: SECRET, clock=None, raw=None):
    clock = clock or FixedClock(NOW)
    transport = httpx.MockTransport(upstream)
    client = PoliteClient("openweathermap", "https://owm.example", Limits(50), clock, raw, transport, lambda: 0.5)
    return what(client=client, clock=clock, key=key, latitude=38.095, longitude=-3.636)


def read(feed, patience=5.0):
    return feed.fetch(feed.reach(NOW), patience)


# ------------------------------------------------------------------ now
def test_it_is_asked_for_in_metric_units_and_spanish():
    upstream = Upstream((200, current()))
    read(made(OpenWeatherCurrent, upstream))
    (request,) = upstream.requests
    assert request.url.path == "/data/2.5/weather"
    assert dict(request.url.params) == {
        "lat": "38.095",
        "lon": "-3.636",
        "units": "metric",
        "lang": "es",
        "appid": SECRET,
    }


def test_a_reading_stands_for_the_hour_that_holds_it():
    found = read(made(OpenWeatherCurrent, Upstream((200, current()))))
    assert {o.series: o.value for o in found} == {
        "temperature": 21.4,
        "humidity": 43.0,
        "pressure": 966.0,
        "wind_speed": 3.2,
    }
    assert {(o.start, o.kind, o.source, o.published_at) for o in found} == {(TEN, Kind.OBSERVED, "openweathermap", NOW)}


def test_pressure_is_the_spots_or_none():
    sea_only = {k: v for k, v in MAIN.items() if k not in {"grnd_level", "sea_level"}}
    assert "pressure" not in {o.series for o in parse_current(current(main=sea_only), NOW)}
    now = read_current(current(main=sea_only), NOW)
    assert (now.pressure_hpa, now.ground_pressure_hpa) == (1016.0, None)


def test_for_people_it_has_words_and_a_place():
    now = made(OpenWeatherCurrent, Upstream((200, current()))).current(5.0)
    assert (now.temperature_c, now.humidity_pct, now.pressure_hpa, now.wind_speed_ms) == (21.4, 43.0, 1016.0, 3.2)
    assert (now.description, now.place) == ("algo de nubes", "Linares")
    assert now.observed_at == NOW - timedelta(minutes=6)


def test_no_wind_and_no_words_are_no_lie():
    body = {k: v for k, v in current().items() if k not in {"wind", "weather", "name"}}
    now = read_current(body, NOW)
    assert (now.wind_speed_ms, now.description, now.place) == (None, "", "")
    assert "wind_speed" not in {o.series for o in parse_current(body, NOW)}


def test_just_after_the_hour_the_newest_reading_is_still_the_last_hours():
    clock = FixedClock(TEN + timedelta(minutes=3))
    feed = made(OpenWeatherCurrent, Upstream((200, current(TEN - timedelta(minutes=4)))), clock=clock)
    assert feed.reach(clock.now()) == Interval(TEN - HOUR, TEN + HOUR)
    assert {o.start for o in feed.fetch(feed.reach(clock.now()), 5.0)} == {TEN - HOUR}
    assert feed.reach(NOW) == Interval(TEN, TEN + HOUR)
    assert feed.reach(clock.now()).duration <= feed.longest


@pytest.mark.parametrize(
    ("age", "lies"),
    [
        (3 * HOUR, False),
        (3 * HOUR + timedelta(seconds=1), True),
        (-timedelta(minutes=10), False),
        (-timedelta(minutes=10, seconds=1), True),
    ],
)
def test_a_reading_of_another_time_is_a_lie(age, lies):
    body = current(NOW - age)
    if lies:
        with pytest.raises(UpstreamLiedError, match="of now"):
            parse_current(body, NOW)
    else:
        assert parse_current(body, NOW)


def test_an_old_reading_is_not_the_present_hours():
    with pytest.raises(UpstreamEmptyError):
        read(made(OpenWeatherCurrent, Upstream((200, current(NOW - HOUR)))))


def test_it_has_no_history_and_is_not_asked_for_any():
    upstream = Upstream((200, current()))
    with pytest.raises(UpstreamEmptyError, match="reach"):
        made(OpenWeatherCurrent, upstream).fetch(Interval(NOW - 2 * DAY, NOW - DAY), 5.0)
    with pytest.raises(UpstreamEmptyError, match="reach"):
        made(OpenWeatherForecast, upstream).fetch(Interval(NOW + 7 * DAY, NOW + 8 * DAY), 5.0)
    assert upstream.requests == []


# ------------------------------------------------------------------ what is no answer
@pytest.mark.parametrize("cod", [200, "200"])
def test_cod_is_an_integer_or_a_text(cod):
    assert read(made(OpenWeatherCurrent, Upstream((200, current(cod=cod)))))


@pytest.mark.parametrize(
    ("status", "body", "error", "word"),
    [
        (401, {"cod": 401, "message": "Invalid API key."}, UpstreamRefusedError, "two hours"),
        (200, {"cod": "401", "message": "Invalid API key."}, UpstreamRefusedError, "two hours"),
        (429, {"cod": 429, "message": "blocked"}, UpstreamDownError, "429"),
        (200, {"cod": 429, "message": "blocked"}, UpstreamDownError, "429"),
        (200, {"cod": "500", "message": "Internal error"}, UpstreamDownError, "500"),
        (404, {"cod": "404", "message": "Internal error"}, UpstreamEmptyError, "404"),
        (200, {"cod": "404", "message": "city not found"}, UpstreamEmptyError, "404"),
        (200, {"data": None, "list": None, "hourly": None}, UpstreamLiedError, "cod"),
        (200, b"", UpstreamLiedError, "empty"),
        (200, b'{"cod":200,"main":{"te', UpstreamLiedError, "JSON"),
        (200, b'{"cod":200,"dt":NaN}', UpstreamLiedError, "JSON"),
        (200, [], UpstreamLiedError, "object"),
        (502, b"<html>", UpstreamDownError, "502"),
    ],
)
def test_each_refusal_has_its_error_and_none_shows_the_key(status, body, error, word):
    with pytest.raises(error, match=word) as caught:
        read(made(OpenWeatherCurrent, Upstream((status, body))))
    assert SECRET not in str(caught.value)


def test_kelvin_is_noticed():
    with pytest.raises(UpstreamLiedError, match="kelvin"):
        parse_current(current(main=MAIN | {"temp": 294.55}), NOW)
    with pytest.raises(UpstreamLiedError, match="kelvin"):
        parse_forecast(forecast(step(TEN, main=MAIN | {"temp": 294.55})), NOW)


@pytest.mark.parametrize(
    "body",
    [
        current(dt=None),
        current(dt="now"),
        current(dt=True),
        current(dt=1e300),
        current(main=None),
        current(wind=None),
        current(main={}),
        current(main=MAIN | {"temp": "21"}),
        current(main=MAIN | {"humidity": None}),
        current(main=MAIN | {"grnd_level": None}),
    ],
)
def test_readings_that_are_lies(body):
    with pytest.raises(UpstreamLiedError):
        parse_current(body, NOW)


def test_without_a_key_nobody_is_asked():
    upstream = Upstream((200, current()))
    with pytest.raises(UpstreamRefusedError, match="OPENWEATHERMAP_API_KEY"):
        read(made(OpenWeatherCurrent, upstream, key=lambda: None))
    assert upstream.requests == []


def test_a_replaced_key_is_taken_up_and_bodies_are_kept_without_it(tmp_path):
    keys = iter([SECRET, "another"])
    upstream = Upstream((200, current()))
    feed = made(OpenWeatherCurrent, upstream, key=lambda: next(keys), raw=RawArchive(tmp_path))
    read(feed), read(feed)
    assert [r.url.params["appid"] for r in upstream.requests] == [SECRET, "another"]
    assert [SECRET in str(f) for f in tmp_path.rglob("*.gz")] == [False]


# ------------------------------------------------------------------ five days ahead
def test_steps_begin_with_the_present_hour_at_the_earliest():
    found = read(made(OpenWeatherForecast, Upstream((200, FORTY))))
    starts = sorted({o.start for o in found})
    assert (starts[0], len(starts)) == (FIRST + 3 * HOUR, 39)
    assert {(o.kind, o.published_at) for o in found} == {(Kind.FORECAST, NOW)}
    assert {o.series for o in found} == {"temperature", "humidity", "pressure", "wind_speed"}


def test_only_the_window_is_handed_back():
    feed = made(OpenWeatherForecast, Upstream((200, FORTY)))
    found = feed.fetch(Interval(FIRST + 3 * HOUR, FIRST + 9 * HOUR), 5.0)
    assert {o.start for o in found} == {FIRST + 3 * HOUR, FIRST + 6 * HOUR}
    assert feed.reach(NOW) == Interval(TEN, TEN + 5 * DAY)


def test_rain_and_snow_are_absent_when_dry():
    wet = step(FIRST + 3 * HOUR, rain={"3h": 0.6}, snow={"3h": 0.2}, pop=0.85)
    bare = {k: v for k, v in step(FIRST + 6 * HOUR).items() if k != "pop"}
    first, second = made(OpenWeatherForecast, Upstream((200, forecast(wet, bare)))).steps(5.0)
    assert (first.precipitation_mm, first.probability_of_precipitation) == (pytest.approx(0.8), 0.85)
    assert (second.precipitation_mm, second.probability_of_precipitation) == (0.0, None)
    assert (first.start, first.temperature_c, first.pressure_hpa) == (FIRST + 3 * HOUR, 21.4, 1016.0)
    assert first.description == "algo de nubes"


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {"list": None},
        forecast(None),
        forecast(step(TEN, dt=at(TEN) + 60)),
        forecast(step(TEN, rain={})),
        forecast(step(TEN, rain=0.4)),
        forecast(step(TEN, pop="10%")),
    ],
)
def test_forecasts_that_are_lies(document):
    with pytest.raises(UpstreamLiedError):
        parse_forecast(document, NOW)


# ------------------------------------------------------------------ the key
def test_a_check_is_one_call_and_is_remembered():
    clock, upstream = FixedClock(NOW), Upstream((200, current()))
    key = made(OpenWeatherKey, upstream, clock=clock)
    assert key.key_status(check=False).status is KeyState.UNCHECKED
    assert key.key_status(check=True).status is KeyState.VALID
    clock.set(NOW + HOUR)
    status = key.key_status(check=False)
    assert (status.status, status.checked_at, len(upstream.requests)) == (KeyState.VALID, NOW, 1)
    assert SECRET not in repr(status)


def test_a_refused_key_may_just_be_new():
    key = made(OpenWeatherKey, Upstream((401, {"cod": 401})))
    for check in (True, False):
        status = key.key_status(check=check)
        assert status.status is KeyState.REFUSED
        assert "two hours" in status.detail


def test_an_outage_does_not_undo_what_was_known():
    key = made(OpenWeatherKey, Upstream((200, current()), (503, b"x")))
    key.key_status(check=True)
    status = key.key_status(check=True, patience=0.0)
    assert (status.status, status.checked_at) == (KeyState.VALID, NOW)
    assert "could not be checked" in status.detail


def test_a_replaced_key_is_unchecked_again_and_none_is_not_set():
    keys, upstream = ["bad"], Upstream((401, {"cod": 401}))
    key = made(OpenWeatherKey, upstream, key=lambda: keys[0])
    assert key.key_status(check=True).status is KeyState.REFUSED
    keys[0] = "good"
    assert key.key_status(check=False).status is KeyState.UNCHECKED
    keys[0] = None
    assert key.key_status(check=True).status is KeyState.NOT_SET
    assert len(upstream.requests) == 1


# ------------------------------------------------------------------ anything at all
WORDS = ["dt", "main", "list", "temp", "humidity", "pressure", "grnd_level", "wind", "speed", "rain", "3h", "weather"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.just(at(NOW)) | st.just(at(TEN)) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=25,
)


@given(JSON, st.sampled_from([parse_current, parse_forecast]))
def test_a_parser_gives_observations_or_says_that_it_was_lied_to(document, parse):
    try:
        found = parse(document, NOW)
    except UpstreamLiedError:
        return
    assert all(o.start >= TEN - 3 * HOUR for o in found)


# ------------------------------------------------------------------ recorded bodies
def recorded(name: str) -> dict:
    path = PAYLOADS / name
    if not path.exists():
        pytest.skip(f"no recorded payloads at {PAYLOADS}")
    return json.loads(path.read_text("utf-8"))


def test_a_recorded_forecast_of_five_days():
    document = recorded("owm/arrases_forecast5d3h_ES_2022-07-27.json")
    made_at = datetime(2022, 7, 27, 11, 30, tzinfo=UTC)
    steps = read_steps(document, made_at)
    assert (len(steps), steps[0].start) == (39, datetime(2022, 7, 27, 12, tzinfo=UTC))
    assert len(parse_forecast(document, made_at)) == 4 * 39
    assert all(s.description for s in steps)


def test_a_recorded_reading_without_ground_pressure():
    now = read_current(recorded("owm/prominence_current-weather-minsk.json"), datetime.fromtimestamp(1617747000, UTC))
    assert (now.temperature_c, now.pressure_hpa, now.ground_pressure_hpa) == (1.84, 1001.0, None)


def test_a_recorded_reading_in_kelvin():
    with pytest.raises(UpstreamLiedError, match="kelvin"):
        read_current(recorded("owm/pyopenweathermap_free_current.json"), datetime.fromtimestamp(1661870600, UTC))


@pytest.mark.parametrize(("name", "error"), [("owm_401", UpstreamRefusedError), ("owm_429", UpstreamDownError)])
def test_quoted_errors(name, error):
    document = recorded(f"errors_quoted/{name}.json")
    for status in (200, document["cod"]):
        with pytest.raises(error):
            read(made(OpenWeatherCurrent, Upstream((status, document))))
