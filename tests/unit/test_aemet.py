"""AEMET: two steps, three statuses, texts for numbers. Values are invented, shapes are AEMET's."""

from __future__ import annotations

import base64
import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters.aemet import (
    AemetDaily,
    AemetForecast,
    AemetKey,
    AemetObservations,
    checked_link,
    local_hour,
    parse_daily,
    parse_forecast,
    parse_observations,
    read_claims,
)
from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.http import Limits, PoliteClient
from chocolate_factory.adapters.raw_archive import RawArchive
from chocolate_factory.domain.errors import (
    UpstreamDownError,
    UpstreamEmptyError,
    UpstreamLiedError,
    UpstreamRefusedError,
)
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Interval, Resolution, madrid_midnight, slots
from chocolate_factory.domain.work import KeyState

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "payloads"
NOW = datetime(2026, 5, 12, 10, 20, tzinfo=UTC)
BASE = "https://opendata.aemet.es"
LINK = f"{BASE}/opendata/sh/0a1b2c3d"
ENVELOPE = {"descripcion": "exito", "estado": 200, "datos": LINK, "metadatos": f"{BASE}/opendata/sh/ffff0000"}
NO_DATA = {"descripcion": "No hay datos que satisfagan esos criterios", "estado": 404}
EXPIRED = {"descripcion": "datos expirados", "estado": 404}

HOURS = [
    {"idema": "5279X", "fint": "2026-05-12T09:00:00+0000", "ubi": "LINARES (VOR)", "ta": 17.4, "hr": 58.0, "vv": 2.1},
    {"idema": "5279X", "fint": "2026-05-12T10:00:00", "vv": 0.0, "ta": 18},
]  # fmt: skip
DAYS = [
    {"fecha": "2026-05-01", "indicativo": "5279X", "tmed": "16,2", "prec": "Ip", "tmin": "-0,4", "tmax": "22,8",
     "horatmax": "Varias", "velmedia": "1,9", "racha": "9,2", "hrMedia": "61"},
    {"fecha": "2026-05-02", "indicativo": "5279X", "prec": "Acum", "tmax": "Varias"},
    {"fecha": "2026-05-03", "indicativo": "5279X", "prec": "4,6", "tmin": ""},
]  # fmt: skip


def town(fecha: str, **columns) -> list[dict]:
    day = {
        "fecha": f"{fecha}T00:00:00",
        "orto": "07:01",
        "estadoCielo": [{"value": "11n", "periodo": "0107"}],
        **columns,
    }
    return [{"elaborado": f"{fecha}T08:02:11", "nombre": "Linares", "id": "23055", "prediccion": {"dia": [day]}}]


def hourly(**values: str) -> list[dict]:
    return [{"value": v, "periodo": p[1:]} for p, v in values.items()]


FORECAST = town(
    "2026-05-12",
    temperatura=hourly(h11="18", h12="19", h13="-0", h14=""),
    humedadRelativa=hourly(h12="40", h13="Ip"),
    precipitacion=hourly(h12="Ip"),
    vientoAndRachaMax=[
        {"direccion": ["S"], "velocidad": ["18"], "periodo": "12"},
        {"value": "31", "periodo": "12"},
        {"direccion": ["C"], "velocidad": [""], "periodo": "13"},
    ],
)


class Aemet:
    """Answers in the order given; each a status and a body."""

    def __init__(self, *answers, headers=None):
        self.answers = list(answers)
        self.requests = []
        self.headers = headers or {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode("iso-8859-15")
        # The Content-Type is AEMET's own lie.
        return httpx.Response(
            status, content=raw, headers={"content-type": "text/plain; charset=utf-8", **self.headers}
        )


def client_of(aemet, clock, raw=None) -> PoliteClient:
    return PoliteClient("aemet", BASE, Limits(20), clock, raw, httpx.MockTransport(aemet), jitter=lambda: 0.5)


def observations(aemet, key="a-key", clock=None) -> AemetObservations:
    clock = clock or FixedClock(NOW)
    return AemetObservations(client=client_of(aemet, clock), clock=clock, key=lambda: key, station="5279X")


def read(feed, patience=5.0):
    return feed.fetch(feed.reach(NOW), patience)


def values(found) -> dict:
    return {(o.series, o.start): o.value for o in found}


# ------------------------------------------------------------------ the two steps
def test_hours_come_in_two_steps_and_the_key_goes_with_the_first_only():
    aemet = Aemet((200, ENVELOPE), (200, HOURS))
    found = read(observations(aemet))
    assert len(found) == 5
    first, second = aemet.requests
    assert first.url.path == "/opendata/api/observacion/convencional/datos/estacion/5279X"
    assert first.headers["api_key"] == "a-key"
    assert str(second.url) == LINK
    assert "api_key" not in second.headers


def test_bodies_are_latin_whatever_their_content_type_says():
    odd = [HOURS[0] | {"ubi": "JAÉN, 5 €"}]
    found = read(observations(Aemet((200, ENVELOPE | {"descripcion": "éxito"}), (200, odd))))
    assert {o.series for o in found} == {"temperature", "humidity", "wind_speed"}


@pytest.mark.parametrize(
    ("answer", "error", "word"),
    [
        ((200, NO_DATA), UpstreamEmptyError, "No hay datos"),
        ((404, NO_DATA), UpstreamEmptyError, "No hay datos"),
        ((200, NO_DATA | {"estado": "404"}), UpstreamEmptyError, "404"),
        ((200, b""), UpstreamLiedError, "empty"),
        ((401, {"descripcion": "API key invalido", "estado": 401}), UpstreamRefusedError, "401"),
        ((200, {"descripcion": "API key inválido", "estado": 401}), UpstreamRefusedError, "inválido"),
        ((200, {"descripcion": "El rango de fechas es largo", "estado": 404}), UpstreamLiedError, "rango"),
        ((429, {"descripcion": "Límite de peticiones", "estado": 429}), UpstreamDownError, "429"),
        ((429, b"<html>Too Many Requests</html>"), UpstreamDownError, "429"),
        ((200, {"descripcion": "Límite de peticiones", "estado": 429}), UpstreamDownError, "Límite"),
        ((200, {"descripcion": "Error interno", "estado": 500}), UpstreamDownError, "500"),
        ((200, {"descripcion": "?", "estado": "exito"}), UpstreamLiedError, "exito"),
        ((200, ["no", "envelope"]), UpstreamLiedError, "envelope"),
        ((200, b'{"estado": 200, "datos": "htt'), UpstreamLiedError, "JSON"),
        ((503, b"<html>Oops</html>"), UpstreamDownError, "503"),
    ],
)  # fmt: skip
def test_each_refusal_of_an_envelope_has_its_error(answer, error, word):
    with pytest.raises(error, match=word) as caught:
        read(observations(Aemet(answer)))
    assert "a-key" not in str(caught.value)


def test_the_status_may_stand_in_a_header_alone():
    aemet = Aemet((200, {"descripcion": "API key caducada"}), headers={"aemet_estado": "401"})
    with pytest.raises(UpstreamRefusedError, match="caducada"):
        read(observations(aemet))


def test_429_says_when_to_come_back():
    for status in (200, 429):
        with pytest.raises(UpstreamDownError) as caught:
            read(observations(Aemet((status, {"descripcion": "Límite", "estado": 429}))))
        assert caught.value.retry_at == NOW + timedelta(minutes=1)


@pytest.mark.parametrize("expired", [(404, EXPIRED), (200, EXPIRED), (404, b"<html>gone</html>")])
def test_an_expired_link_is_asked_for_once_more(expired):
    aemet = Aemet((200, ENVELOPE), expired, (200, ENVELOPE), (200, HOURS))
    assert len(read(observations(aemet))) == 5
    assert len(aemet.requests) == 4


def test_a_link_that_expires_twice_is_trouble_and_not_the_absence_of_data():
    aemet = Aemet((200, ENVELOPE), (404, EXPIRED), (200, ENVELOPE), (404, EXPIRED))
    with pytest.raises(UpstreamDownError, match="expired"):
        read(observations(aemet))
    assert len(aemet.requests) == 4


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ((200, b""), UpstreamLiedError),
        ((200, b'[{"idema": "5279X", "fi'), UpstreamLiedError),
        ((200, "null"), UpstreamLiedError),
        ((200, {"data": None, "hourly": None}), UpstreamLiedError),
        ((200, {"descripcion": "Error", "estado": 500}), UpstreamDownError),
    ],
)
def test_data_that_is_none(data, error):
    clock = FixedClock(NOW)
    with pytest.raises(error):
        read(observations(Aemet((200, ENVELOPE), data), clock=clock))


def test_patience_is_for_both_steps_together():
    clock = FixedClock(NOW)
    aemet = Aemet((503, b"x"), (503, b"x"), (200, ENVELOPE), (503, b"x"))
    with pytest.raises(UpstreamDownError):
        read(observations(aemet, clock=clock), patience=1.3)
    assert clock.monotonic() <= 1.3
    assert len(aemet.requests) == 4  # the first step's back-off of 1.2 s leaves the second one try


@pytest.mark.parametrize("key", [None, "", "  ", "contraseña", "two\nlines"])
def test_without_a_usable_key_nobody_is_asked(key):
    aemet = Aemet((200, ENVELOPE))
    with pytest.raises(UpstreamRefusedError, match="AEMET_API_KEY"):
        read(observations(aemet, key=key))
    assert aemet.requests == []


def test_a_replaced_key_is_taken_up():
    keys, clock = iter(["old", "new"]), FixedClock(NOW)
    aemet = Aemet((200, ENVELOPE), (200, HOURS), (200, ENVELOPE), (200, HOURS))
    feed = AemetObservations(client=client_of(aemet, clock), clock=clock, key=lambda: next(keys), station="5279X")
    read(feed), read(feed)
    assert [r.headers.get("api_key") for r in aemet.requests] == ["old", None, "new", None]


def test_bodies_are_kept_without_the_key(tmp_path):
    clock = FixedClock(NOW)
    client = client_of(Aemet((200, ENVELOPE), (200, HOURS)), clock, RawArchive(tmp_path))
    read(AemetObservations(client=client, clock=clock, key=lambda: "a-key", station="5279X"))
    kept = [str(f) for f in tmp_path.rglob("*.gz")]
    assert len(kept) == 2
    assert not any("a-key" in name for name in kept)


@pytest.mark.parametrize(
    "link", [LINK, "https://www.aemet.es/x", "https://opendata.aemet.es:443/x", "https://sh.opendata.aemet.es/x"]
)
def test_links_that_may_be_followed(link):
    assert checked_link(link, BASE).startswith("https://")


def test_a_link_to_the_base_is_followed_where_the_base_is_a_replay():
    assert (
        checked_link("http://127.0.0.1:8900/aemet/sh/1", "http://127.0.0.1:8900/aemet")
        == "http://127.0.0.1:8900/aemet/sh/1"
    )


@pytest.mark.parametrize(
    "link",
    [
        "http://169.254.169.254/latest/meta-data", "http://127.0.0.1:8086/query", "http://opendata.aemet.es/x",
        "https://aemet.es.evil.example/x", "https://notaemet.es/x", "https://aemet.es@evil.example/x",
        "https://opendata.aemet.es:8443/x", "file:///etc/passwd", "/opendata/sh/1", "http://[", "", None, 7,
    ],
)  # fmt: skip
def test_links_that_may_not(link):
    with pytest.raises(UpstreamLiedError):
        checked_link(link, BASE)
    aemet = Aemet((200, ENVELOPE | {"datos": link}))
    with pytest.raises(UpstreamLiedError):
        read(observations(aemet))
    assert len(aemet.requests) == 1


# ------------------------------------------------------------------ observations
def test_fint_is_the_end_of_its_hour_with_or_without_offset():
    found = values(parse_observations(HOURS, NOW, "5279X"))
    assert found["temperature", datetime(2026, 5, 12, 8, tzinfo=UTC)] == 17.4
    assert found["temperature", datetime(2026, 5, 12, 9, tzinfo=UTC)] == 18.0


def test_an_hour_is_observed_and_was_public_an_hour_after_its_end_or_when_we_had_it():
    late = parse_observations(HOURS[:1], NOW + DAY, "5279X")[0]
    assert (late.kind, late.source, late.resolution_minutes) == (Kind.OBSERVED, "aemet", 60)
    assert late.published_at == datetime(2026, 5, 12, 10, tzinfo=UTC)
    assert parse_observations(HOURS[1:], NOW, "5279X")[0].published_at == NOW


def test_an_absent_sensor_is_an_absent_value():
    found = parse_observations([{"idema": "5279X", "fint": "2026-05-12T09:00:00", "vv": 3.5}], NOW, "5279X")
    assert [(o.series, o.value) for o in found] == [("wind_speed", 3.5)]


def test_pressure_comes_where_the_station_has_it():
    row = {"idema": "3195", "fint": "2026-05-12T09:00:00", "pres": 935.5, "pres_nmar": 1014.0}
    assert [(o.series, o.value) for o in parse_observations([row], NOW, "3195")] == [("pressure", 935.5)]


def test_a_row_between_two_hours_is_nobodys_slot():
    rows = [HOURS[0], HOURS[1] | {"fint": "2026-05-12T09:10:00+0000"}]
    assert {o.start.hour for o in parse_observations(rows, NOW, "5279X")} == {8}


def test_only_the_window_is_handed_back():
    feed = observations(Aemet((200, ENVELOPE), (200, HOURS)))
    found = feed.fetch(Interval(datetime(2026, 5, 12, 9, tzinfo=UTC), NOW), 5.0)
    assert {o.start.hour for o in found} == {9}


def test_a_station_silent_in_the_window_is_empty():
    feed = observations(Aemet((200, ENVELOPE), (200, HOURS)))
    with pytest.raises(UpstreamEmptyError, match="nothing for"):
        feed.fetch(Interval(NOW - 12 * HOUR, NOW - 6 * HOUR), 5.0)


@pytest.mark.parametrize(
    "row",
    [
        HOURS[0] | {"idema": "3195"}, HOURS[0] | {"fint": None}, HOURS[0] | {"fint": "yesterday"},
        HOURS[0] | {"fint": "0001-01-01T00:00:00"}, HOURS[0] | {"ta": "warm"}, HOURS[0] | {"ta": True},
        HOURS[0] | {"ta": 1e300}, HOURS[0] | {"ta": [17]}, {}, None, "5279X",
    ],
)  # fmt: skip
def test_rows_that_are_lies(row):
    with pytest.raises(UpstreamLiedError):
        parse_observations([row], NOW, "5279X")


def test_thirteen_hours_are_in_reach():
    feed = observations(Aemet((200, ENVELOPE)))
    assert feed.reach(NOW) == Interval(NOW - 13 * HOUR, NOW)
    assert feed.longest == 13 * HOUR


# ------------------------------------------------------------------ the town's forecast
def test_texts_are_joined_on_the_local_hour():
    found = values(parse_forecast(FORECAST, NOW, "23055"))
    noon = datetime(2026, 5, 12, 10, tzinfo=UTC)  # 12 h in Linares, the hour that is running
    assert found == {
        ("temperature", noon): 19.0,
        ("temperature", noon + HOUR): 0.0,
        ("humidity", noon): 40.0,
        ("wind_speed", noon): 5.0,  # 18 km/h
    }
    assert str(found["temperature", noon + HOUR]) == "0.0"  # and not "-0.0"


def test_a_forecast_is_known_when_it_comes():
    made = parse_forecast(FORECAST, NOW, "23055")[0]
    assert (made.kind, made.source, made.published_at, made.received_at) == (Kind.FORECAST, "aemet", NOW, NOW)


def test_hours_already_past_are_no_forecast():
    assert min(o.start for o in parse_forecast(FORECAST, NOW, "23055")) == NOW.replace(minute=0)


def test_the_hour_that_spring_skips_is_skipped():
    document = town("2026-03-29", temperatura=hourly(h01="9", h02="8", h03="7"))
    found = values(parse_forecast(document, datetime(2026, 3, 28, 20, tzinfo=UTC), "23055"))
    assert found == {
        ("temperature", datetime(2026, 3, 29, 0, tzinfo=UTC)): 9.0,
        ("temperature", datetime(2026, 3, 29, 1, tzinfo=UTC)): 7.0,
    }


def test_the_hour_that_autumn_repeats_means_the_first_and_its_first_value():
    document = town("2026-10-25", temperatura=[*hourly(h01="9", h02="8"), *hourly(h02="6", h03="5")])
    found = values(parse_forecast(document, datetime(2026, 10, 24, 20, tzinfo=UTC), "23055"))
    assert [start.hour for _, start in sorted(found)] == [23, 0, 2]
    assert found["temperature", datetime(2026, 10, 25, 0, tzinfo=UTC)] == 8.0


@given(st.dates(date(2000, 1, 1), date(2080, 12, 31)), st.integers(0, 23))
def test_a_local_hour_reads_back_as_itself_or_does_not_exist(day, hour):
    start = local_hour(day, hour)
    if start is None:
        assert hour == 2
        assert day.month == 3
    else:
        assert (start.astimezone(MADRID).date(), start.astimezone(MADRID).hour) == (day, hour)


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        [{"id": "23055"}],
        [FORECAST[0] | {"id": "28079"}],
        [FORECAST[0] | {"prediccion": None}],
        [FORECAST[0] | {"prediccion": {"dia": None}}],
        town("2026-05-12", temperatura=None),
        town("2026-05-12", temperatura=["18"]),
        town("2026-05-12", temperatura=hourly(h24="18")),
        town("2026-05-12", temperatura=hourly(h0713="18")),
        town("2026-05-12", temperatura=hourly(h13="mild")),
        town("soon", temperatura=[]),
    ],
)
def test_forecasts_that_are_lies(document):
    with pytest.raises(UpstreamLiedError):
        parse_forecast(document, NOW, "23055")


def test_a_towns_number_may_come_as_an_integer():
    document = [town("2026-05-12", temperatura=hourly(h13="21"))[0] | {"id": 8019}]
    assert len(parse_forecast(document, NOW, "08019")) == 1


def test_the_forecast_is_asked_for_by_municipality():
    clock, aemet = FixedClock(NOW), Aemet((200, ENVELOPE), (200, FORECAST))
    feed = AemetForecast(client=client_of(aemet, clock), clock=clock, key=lambda: "k", municipality="23055")
    assert len(read(feed)) == 4
    assert aemet.requests[0].url.path == "/opendata/api/prediccion/especifica/municipio/horaria/23055"
    assert feed.reach(NOW) == Interval(NOW.replace(minute=0), NOW + 3 * DAY)
    assert feed.reach(NOW).duration <= feed.longest


# ------------------------------------------------------------------ the station's days
def test_days_are_texts_with_a_comma():
    found = values(parse_daily(DAYS, NOW, "5279X"))
    first = madrid_midnight(date(2026, 5, 1))
    assert {series: v for (series, start), v in found.items() if start == first} == {
        "temperature_max": 22.8,
        "temperature_min": -0.4,
        "temperature_mean": 16.2,
        "humidity_mean": 61.0,
        "wind_speed_mean": 1.9,
        "wind_gust": 9.2,
        "precipitation": 0.0,  # Ip, a trace
    }


def test_words_are_no_values():
    found = values(parse_daily(DAYS[1:], NOW, "5279X"))
    assert found == {("precipitation", madrid_midnight(date(2026, 5, 3))): 4.6}


def test_a_day_is_a_madrid_day_and_six_days_late_by_rule():
    made = parse_daily(DAYS, NOW + 30 * DAY, "5279X")[0]
    assert (made.kind, made.source, made.resolution_minutes) == (Kind.OBSERVED, "aemet", 1440)
    assert made.start == datetime(2026, 4, 30, 22, tzinfo=UTC)
    assert made.published_at == datetime(2026, 5, 7, 22, tzinfo=UTC)


def daily(aemet) -> AemetDaily:
    clock = FixedClock(NOW)
    return AemetDaily(client=client_of(aemet, clock), clock=clock, key=lambda: "k", station="5279X")


def test_days_are_asked_for_by_their_dates_in_madrid():
    aemet = Aemet((200, ENVELOPE), (200, DAYS))
    window = Interval(madrid_midnight(date(2026, 5, 1)), madrid_midnight(date(2026, 5, 3)))
    found = daily(aemet).fetch(window, 5.0)
    assert {o.start for o in found} == {madrid_midnight(date(2026, 5, 1))}  # of 3 May it was not asked
    assert aemet.requests[0].url.path == (
        "/opendata/api/valores/climatologicos/diarios/datos"
        "/fechaini/2026-05-01T00:00:00UTC/fechafin/2026-05-02T23:59:59UTC/estacion/5279X"
    )


def test_a_window_in_which_no_day_begins_asks_for_nothing():
    aemet = Aemet((200, ENVELOPE))
    assert daily(aemet).fetch(Interval(NOW - 5 * DAY, NOW - 5 * DAY + HOUR), 5.0) == []
    assert aemet.requests == []


@given(st.integers(0, 80 * 365 * 24).map(lambda h: datetime(2000, 1, 1, tzinfo=UTC) + h * HOUR))
def test_the_longest_window_never_holds_more_than_fifteen_days(start):
    assert len(list(slots(Interval(start, start + AemetDaily.longest), Resolution.DAY))) <= 15


def test_march_is_why_it_is_an_hour_less():
    start = madrid_midnight(date(2026, 3, 20))
    assert len(list(slots(Interval(start, start + 15 * DAY), Resolution.DAY))) == 16


def test_days_are_in_reach_up_to_four_days_ago():
    reach = daily(Aemet((200, ENVELOPE))).reach(NOW)
    assert (reach.start.year, reach.end) == (1940, NOW - 4 * DAY)


@pytest.mark.parametrize(
    "row", [DAYS[0] | {"indicativo": "3195"}, DAYS[0] | {"fecha": "1/5/2026"}, DAYS[0] | {"tmax": "22.8 (15:50)"}]
)
def test_days_that_are_lies(row):
    with pytest.raises(UpstreamLiedError):
        parse_daily([row], NOW, "5279X")


# ------------------------------------------------------------------ the key
def jwt(**claims) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJhbGciOiJIUzI1NiJ9.{body}.signature"


def key_of(aemet, key, clock=None) -> AemetKey:
    clock = clock or FixedClock(NOW)
    return AemetKey(client=client_of(aemet, clock), clock=clock, key=lambda: key, station="5279X")


ISSUED, ENDS = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)


def test_claims_are_read_without_asking():
    aemet = Aemet((200, ENVELOPE))
    status = key_of(aemet, jwt(iss="AEMET", iat=ISSUED.timestamp(), exp=ENDS.timestamp())).key_status(check=False)
    assert (status.status, status.issued_at, status.expires_at) == (KeyState.UNCHECKED, ISSUED, ENDS)
    assert status.link == "https://opendata.aemet.es/centrodedescargas/altaUsuario"
    assert aemet.requests == []


@pytest.mark.parametrize(
    "key", ["replay", "a.b.c", "..", jwt(iat="soon", exp=True), jwt(iat=-5, exp=1e40), "x.bnVsbA.y", "ñ.ñ.ñ", "x.W10.y"]
)
def test_a_key_that_is_no_jwt_has_no_dates(key):
    assert read_claims(key) == (None, None)


@given(st.text())
def test_reading_claims_never_fails(key):
    assert len(read_claims(key)) == 2


def test_a_check_is_one_envelope_and_is_remembered():
    clock, aemet = FixedClock(NOW), Aemet((200, ENVELOPE))
    key = key_of(aemet, jwt(iat=ISSUED.timestamp()), clock)
    assert key.key_status(check=True).status is KeyState.VALID
    assert len(aemet.requests) == 1
    clock.set(NOW + HOUR)
    later = key.key_status(check=False)
    assert (later.status, later.checked_at, later.expires_at) == (KeyState.VALID, NOW, None)
    assert len(aemet.requests) == 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ((401, {"descripcion": "API key invalido", "estado": 401}), KeyState.REFUSED),
        ((200, b""), KeyState.UNCHECKED),  # it is what a call without a key hears, and this one had a key
        ((200, NO_DATA), KeyState.VALID),  # it took the key
        ((503, b"x"), KeyState.UNCHECKED),  # silence says nothing about the key
    ],
)
def test_what_a_check_may_show(answer, state):
    status = key_of(Aemet(answer), "a-key").key_status(check=True, patience=0.0)
    assert status.status is state
    assert (status.checked_at is None) == (state is KeyState.UNCHECKED)
    assert "a-key" not in repr(status)


def test_an_outage_does_not_undo_what_was_known():
    key = key_of(Aemet((200, ENVELOPE), (503, b"x")), "a-key")
    key.key_status(check=True)
    status = key.key_status(check=True, patience=0.0)
    assert (status.status, status.checked_at) == (KeyState.VALID, NOW)
    assert "could not be checked" in status.detail


def test_a_past_end_is_expired_whatever_the_last_check_said():
    old = jwt(exp=(NOW - DAY).timestamp())
    assert key_of(Aemet((200, ENVELOPE)), old).key_status(check=False).status is KeyState.EXPIRED
    assert key_of(Aemet((401, {"estado": 401})), old).key_status(check=True).status is KeyState.EXPIRED


def test_a_replaced_key_is_unchecked_again_and_none_is_not_set():
    keys, clock = ["bad-one"], FixedClock(NOW)
    aemet = Aemet((401, {"estado": 401}))
    key = AemetKey(client=client_of(aemet, clock), clock=clock, key=lambda: keys[0], station="5279X")
    assert key.key_status(check=True).status is KeyState.REFUSED
    keys[0] = "good-one"
    assert key.key_status(check=False).status is KeyState.UNCHECKED
    keys[0] = None
    assert key.key_status(check=True).status is KeyState.NOT_SET
    assert len(aemet.requests) == 1


# ------------------------------------------------------------------ anything at all
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["5279X", "Ip", "12", "2026-05-12"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["id", "idema", "indicativo", "fint", "fecha", "ta", "prec", "prediccion", "dia", "temperatura",
                         "vientoAndRachaMax", "velocidad", "periodo", "value"]), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(JSON, st.sampled_from([parse_observations, parse_forecast, parse_daily]))
def test_a_parser_gives_observations_or_says_that_it_was_lied_to(document, parse):
    try:
        found = parse(document, NOW, "5279X")
    except UpstreamLiedError:
        return
    assert all(o.source == "aemet" and -1e7 < o.value < 1e7 for o in found)


# ------------------------------------------------------------------ recorded bodies
def recorded(name: str):
    path = PAYLOADS / "aemet" / name
    if not path.exists():
        pytest.skip(f"no recorded payloads at {PAYLOADS}")
    return json.loads(path.read_bytes().decode("iso-8859-15"))


def test_recorded_hours_of_madrid():
    found = parse_observations(recorded("ha_station-3195-data.json"), NOW, "3195")
    assert {o.series for o in found} == {"temperature", "humidity", "pressure"}
    assert values(found)["temperature", datetime(2021, 1, 8, 13, tzinfo=UTC)] == 0.1


def test_recorded_hours_of_linares_have_no_pressure():
    path = PAYLOADS / "aemet" / "casadoj_obs_hourly_5279X.csv"
    if not path.exists():
        pytest.skip(f"no recorded payloads at {PAYLOADS}")
    texts = {"idema", "fint", "ubi"}
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{k: v if k in texts else float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]
    found = parse_observations(rows, NOW, "5279X")
    assert {o.series for o in found} == {"temperature", "humidity", "wind_speed"}
    assert values(found)["temperature", datetime(2020, 10, 14, 18, tzinfo=UTC)] == 16.9


def test_a_recorded_daily_forecast_is_no_hourly_one():
    with pytest.raises(UpstreamLiedError, match="temperatura"):
        parse_forecast(recorded("ha_town-28065-forecast-daily-data.json"), NOW, "28065")


def test_recorded_hours_of_one_station_are_a_lie_for_another():
    with pytest.raises(UpstreamLiedError, match="5279X"):
        parse_observations(recorded("ha_station-3195-data.json"), NOW, "5279X")


@pytest.mark.parametrize(
    ("name", "town_id", "made_at", "count"),
    [
        ("ha_town-28065-forecast-hourly-data.json", "28065", datetime(2021, 1, 9, 5, tzinfo=UTC), 48),
        ("meteoaemet_horaria_28079_2026-01-27.json", "28079", datetime(2026, 1, 27, 5, tzinfo=UTC), 47),
    ],
)
def test_recorded_forecasts(name, town_id, made_at, count):
    document = recorded(name)
    rows = document["data"] if isinstance(document, dict) else document
    found = parse_forecast(rows, made_at, town_id)
    per_series = {s: [o for o in found if o.series == s] for s in ("temperature", "humidity", "wind_speed")}
    assert {s: len(v) for s, v in per_series.items()} == dict.fromkeys(per_series, count)
    assert all(0 <= o.value <= 30 for o in per_series["wind_speed"])


@pytest.mark.parametrize("name", ["ha_station-3195.json", "ha_station-list.json"])
def test_recorded_envelopes_lead_to_aemet(name):
    assert checked_link(recorded(name)["datos"], BASE).startswith("https://opendata.aemet.es/opendata/sh/")


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [
        ("aemet_404_no_data.json", 200, UpstreamEmptyError),
        ("aemet_404_range_6_months.json", 200, UpstreamLiedError),
        ("aemet_429_latin1.json", 429, UpstreamDownError),
        ("aemet_404_datos_url_expired.json", 404, UpstreamEmptyError),
    ],
)
def test_quoted_errors(name, status, error):
    path = PAYLOADS / "errors_quoted" / name
    if not path.exists():
        pytest.skip(f"no recorded payloads at {PAYLOADS}")
    with pytest.raises(error):
        read(observations(Aemet((status, path.read_bytes()))))


def test_a_recorded_day():
    path = PAYLOADS / "aemet" / "jsrl_aemet-elt_Notas_diarios_2755X_2024-01-01.txt"
    if not path.exists():
        pytest.skip(f"no recorded payloads at {PAYLOADS}")
    text = path.read_text("utf-8")
    row = json.loads(text[text.index('{\n  "fecha"') : text.index('"horaHrMin" : "13:20"\n}') + 24])
    found = {o.series: o.value for o in parse_daily([row], NOW, "2755X")}
    assert (found["temperature_max"], found["precipitation"], found["humidity_mean"]) == (10.2, 0.0, 72.0)
