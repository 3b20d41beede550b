"""ESIOS archive 70: commas, counters, days of 23 and 25 hours, and the two ways of saying "not yet"."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.esios import EsiosPvpc, parse_archive
from chocolate_factory.adapters.http import Limits, PoliteClient
from chocolate_factory.domain.errors import (
    UpstreamDownError,
    UpstreamEmptyError,
    UpstreamLiedError,
    UpstreamRefusedError,
)
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import HOUR, Interval, Resolution, madrid_day, madrid_midnight, slots

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "payloads" / "esios"
recorded = pytest.mark.skipif(not PAYLOADS.is_dir(), reason=f"no recorded payloads at {PAYLOADS}")

DAY, SPRING, AUTUMN = date(2026, 5, 4), date(2026, 3, 29), date(2026, 10, 25)
RECEIVED = datetime(2026, 11, 1, 6, tzinfo=UTC)
NOT_YET = {"message": "No values for specified archive"}


def labels(day: date) -> list[str]:
    """``Hora`` as the archive counts: spring skips 02-03, autumn runs to 24-25."""
    count = int(madrid_day(day).duration / HOUR)
    numbers = [n for n in range(24) if n != 2] if count == 23 else list(range(count))
    return [f"{n:02d}-{n + 1:02d}" for n in numbers]


def archive(day: date, prices: list[str] | None = None) -> dict:
    hours = labels(day)
    prices = prices or [f"{100 + i},{i:02d}" for i in range(len(hours))]
    return {
        "PVPC": [
            {"Dia": f"{day:%d/%m/%Y}", "Hora": hour, "PCB": price, "CYM": "1,00", "COF2TD": "0,000081"}
            for hour, price in zip(hours, prices, strict=False)
        ]
    }


def changed(day: date, row: int, **keys) -> dict:
    body = archive(day)
    body["PVPC"][row] |= keys
    return body


# ---------------------------------------------------------------------- reading
def test_a_day_of_prices():
    found = parse_archive(archive(DAY), DAY, RECEIVED)
    assert [o.value for o in found[:3]] == [100.0, 101.01, 102.02]
    assert found[0].start == madrid_midnight(DAY)
    first = found[0]
    assert (first.series, first.source, first.kind, first.resolution_minutes) == ("pvpc", "esios", Kind.OBSERVED, 60)
    assert first.published_at == datetime(2026, 5, 3, 18, 20, tzinfo=UTC)
    assert first.received_at == RECEIVED


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (DAY, 24), (AUTUMN, 25)])
def test_times_are_midnight_and_the_place_in_the_body(day, hours):
    found = parse_archive(archive(day), day, RECEIVED)
    assert [o.start for o in found] == [madrid_midnight(day) + i * HOUR for i in range(hours)]
    assert found[-1].start + HOUR == madrid_midnight(day + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "value"),
    [("116,33", 116.33), ("80", 80.0), ("-0,01", -0.01), ("1.116,33", 1116.33), ("0,00", 0.0), ("2.000.000", 2e6)],
)
def test_decimal_commas_and_dots_of_thousands(text, value):
    assert parse_archive(changed(DAY, 5, PCB=text), DAY, RECEIVED)[5].value == value


@given(st.integers(-100_000, 600_000))
def test_a_price_written_the_spanish_way_reads_back(cents):
    sign, whole, part = "-" if cents < 0 else "", *divmod(abs(cents), 100)
    text = f"{sign}{whole:,}".replace(",", ".") + f",{part:02d}"
    assert parse_archive(changed(DAY, 0, PCB=text), DAY, RECEIVED)[0].value == pytest.approx(cents / 100, abs=1e-9)


@pytest.mark.parametrize("text", ["116.33", "", "n/d", None, 116.33, True, "NaN", "1,2,3", "1.16,33", ["1,00"]])
def test_what_is_no_spanish_price_is_a_lie(text):
    with pytest.raises(UpstreamLiedError, match="PCB"):
        parse_archive(changed(DAY, 5, PCB=text), DAY, RECEIVED)


def test_a_body_without_the_peninsula_is_a_lie():
    body = archive(DAY)
    del body["PVPC"][0]["PCB"]
    with pytest.raises(UpstreamLiedError, match="PCB"):
        parse_archive(body, DAY, RECEIVED)


def test_keys_may_come_and_go():
    body = archive(DAY)
    for row in body["PVPC"]:
        del row["COF2TD"]
        row["NEW"] = {"what": "ever"}
    assert len(parse_archive(body, DAY, RECEIVED)) == 24


# ---------------------------------------------------------------------- not yet
def test_not_published_said_in_words():
    with pytest.raises(UpstreamEmptyError, match="2026-05-04"):
        parse_archive(NOT_YET, DAY, RECEIVED)


@pytest.mark.parametrize("zero", ["0,00", "0", "-0,00"])
def test_not_published_said_in_zeros(zero):
    with pytest.raises(UpstreamEmptyError, match="zero"):
        parse_archive(archive(DAY, [zero] * 24), DAY, RECEIVED)


def test_one_hour_may_cost_nothing():
    assert parse_archive(changed(DAY, 14, PCB="0,00"), DAY, RECEIVED)[14].value == 0.0


# ---------------------------------------------------------------------- lies
@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"PVPC": None},
        {"PVPC": []},
        {"PVPC": [None] * 24},
        {"message": "Something else"},
        {"PVPC": archive(DAY)["PVPC"][:23]},
        {"PVPC": archive(DAY)["PVPC"] + archive(DAY)["PVPC"][-1:]},
        {"PVPC": archive(DAY)["PVPC"][::-1]},
        changed(DAY, 3, Dia="05/05/2026"),
        changed(DAY, 3, Dia=None),
    ],
)
def test_a_body_that_is_not_the_days_is_a_lie(body):
    with pytest.raises(UpstreamLiedError):
        parse_archive(body, DAY, RECEIVED)


@pytest.mark.parametrize(("asked", "given_"), [(SPRING, DAY), (AUTUMN, DAY), (DAY, AUTUMN)])
def test_the_rows_must_be_the_days_hours(asked, given_):
    body = archive(given_)
    for row in body["PVPC"]:
        row["Dia"] = f"{asked:%d/%m/%Y}"
    with pytest.raises(UpstreamLiedError, match="hours"):
        parse_archive(body, asked, RECEIVED)


# ---------------------------------------------------------------------- asking
class World:
    def __init__(self, answers: dict[str, dict | httpx.Response]) -> None:
        self.clock = FixedClock(datetime(2026, 5, 4, 20, tzinfo=UTC))
        self.asked: list[httpx.URL] = []
        self._answers = answers
        transport = httpx.MockTransport(self._answer)
        client = PoliteClient("esios", "https://esios.example", Limits(30), self.clock, transport=transport)
        self.feed = EsiosPvpc(client, self.clock)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        answer = self._answers[request.url.params["date"]]
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return httpx.Response(200, json=answer)


def test_one_day_is_one_request_and_only_the_window_comes_back():
    world = World({"2026-05-04": archive(DAY)})
    window = Interval(madrid_midnight(DAY) + 10 * HOUR, madrid_midnight(DAY) + 12 * HOUR)
    found = world.feed.fetch(window, patience=10.0)
    assert [o.value for o in found] == [110.1, 111.11]
    assert [str(url) for url in world.asked] == [
        "https://esios.example/archives/70/download_json?locale=es&date=2026-05-04"
    ]


def test_a_window_across_midnight_asks_for_both_days():
    world = World({"2026-05-03": archive(date(2026, 5, 3)), "2026-05-04": archive(DAY)})
    midnight = madrid_midnight(DAY)
    found = world.feed.fetch(Interval(midnight - HOUR, midnight + HOUR), patience=10.0)
    assert [o.start for o in found] == [midnight - HOUR, midnight]
    assert len(world.asked) == 2


def test_tomorrow_not_being_out_does_not_take_today_away():
    world = World({"2026-05-04": archive(DAY), "2026-05-05": NOT_YET})
    midnight = madrid_midnight(date(2026, 5, 5))
    found = world.feed.fetch(Interval(midnight - HOUR, midnight + HOUR), patience=10.0)
    assert [o.start for o in found] == [midnight - HOUR]


def test_neither_day_being_out_is_empty():
    world = World({"2026-05-04": NOT_YET, "2026-05-05": NOT_YET})
    midnight = madrid_midnight(date(2026, 5, 5))
    with pytest.raises(UpstreamEmptyError, match="not published yet"):
        world.feed.fetch(Interval(midnight - HOUR, midnight + HOUR), patience=10.0)


@pytest.mark.parametrize("day", [date(2021, 5, 31), date(2026, 5, 6)])
def test_what_it_cannot_have_is_not_asked_for(day):
    world = World({})
    with pytest.raises(UpstreamEmptyError, match="outside"):
        world.feed.fetch(madrid_day(day), patience=10.0)
    assert world.asked == []


def test_reach_ends_with_tomorrow():
    world = World({})
    reach = world.feed.reach(world.clock.now())
    assert reach == Interval(madrid_midnight(date(2021, 6, 1)), madrid_midnight(date(2026, 5, 6)))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401, text="HTTP Token: Access denied."), UpstreamRefusedError),
        (httpx.Response(403, text="<html>", headers={"content-type": "text/html"}), UpstreamDownError),
        (httpx.Response(500, text="<html>", headers={"content-type": "text/html"}), UpstreamDownError),
        (httpx.Response(200, text='{"PVPC": [{"Di'), UpstreamLiedError),
    ],
)
def test_bad_token_firewall_and_cut_off_bodies(answer, error):
    with pytest.raises(error):
        World({"2026-05-04": answer}).feed.fetch(madrid_day(DAY), patience=10.0)


# ---------------------------------------------------------------------- recorded bodies
@recorded
@pytest.mark.parametrize(("day", "hours", "last"), [("2021_10_30", 24, 168.70), ("2021_10_31", 25, 146.12)])
def test_recorded_archives(day, hours, last):
    body = json.loads((PAYLOADS / f"aiopvpc_PVPC_CURV_DD_{day}.json").read_text(encoding="utf-8"))
    asked = date.fromisoformat(day.replace("_", "-"))
    found = parse_archive(body, asked, RECEIVED)
    assert [o.start for o in found] == list(slots(madrid_day(asked), Resolution.HOUR))
    assert (len(found), found[-1].value) == (hours, last)


@recorded
def test_the_recorded_archive_of_a_23_hour_day():
    """It is older than 2.0TD and has three tariffs instead of PCB; one of them stands in to show the hours."""
    body = json.loads((PAYLOADS / "aiopvpc_PVPC_CURV_DD_2019_03_31.json").read_text(encoding="utf-8"))
    with pytest.raises(UpstreamLiedError, match="PCB"):
        parse_archive(body, date(2019, 3, 31), RECEIVED)
    for row in body["PVPC"]:
        row["PCB"] = row["GEN"]
    found = parse_archive(body, date(2019, 3, 31), RECEIVED)
    assert [o.start for o in found] == list(slots(madrid_day(date(2019, 3, 31)), Resolution.HOUR))
    assert len(found) == 23


@recorded
def test_recorded_indicators_are_not_archives():
    for path in sorted(PAYLOADS.glob("*ESIOS*.json")):
        with pytest.raises(UpstreamLiedError):
            parse_archive(json.loads(path.read_text(encoding="utf-8")), date(2021, 10, 30), RECEIVED)


@recorded
def test_the_quoted_refusal():
    path = PAYLOADS.parent / "errors_quoted" / "esios_archive70_200_not_published.json"
    with pytest.raises(UpstreamEmptyError):
        parse_archive(json.loads(path.read_text(encoding="utf-8")), DAY, RECEIVED)
