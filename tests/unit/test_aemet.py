"""AEMET: the two steps of every answer, and the hourly observations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from aemet_world import BASE, ENVELOPE, LINK, NO_DATA, NOW, Aemet, client_of, observations, read, values

from chocolate_factory.adapters.aemet import AemetObservations, checked_link, parse_observations
from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.raw_archive import RawArchive
from chocolate_factory.domain.errors import (
    UpstreamDownError,
    UpstreamEmptyError,
    UpstreamLiedError,
    UpstreamRefusedError,
)
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, Interval

EXPIRED = {"descripcion": "datos expirados", "estado": 404}

HOURS = [
    {"idema": "5279X", "fint": "2026-05-12T09:00:00+0000", "ubi": "LINARES (VOR)", "ta": 17.4, "hr": 58.0, "vv": 2.1},
    {"idema": "5279X", "fint": "2026-05-12T10:00:00", "vv": 0.0, "ta": 18},
]  # fmt: skip


# ---------------------------------------------------------------------- the two steps
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


# ---------------------------------------------------------------------- observations
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
