"""AEMET: the town's forecast and the station's days."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from aemet_world import ENVELOPE, NOW, Aemet, client_of, read, values
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters.aemet import AemetDaily, AemetForecast, local_hour, parse_daily, parse_forecast
from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.domain.errors import UpstreamLiedError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Interval, Resolution, madrid_midnight, slots

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


# ---------------------------------------------------------------------- the town's forecast
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


# ---------------------------------------------------------------------- the station's days
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
