"""REE: what is asked for, and bodies on record."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from ree_bodies import DAY, NO_DATA, RECEIVED, demand, entry, flat, mix, of, ramp, starts, values

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.http import Limits, PoliteClient
from chocolate_factory.adapters.ree import (
    ReeDemand,
    ReeGeneration,
    ReePrices,
    parse_demand,
    parse_generation,
    parse_prices,
)
from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.errors import UpstreamDownError, UpstreamEmptyError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import HOUR, Interval, Resolution, madrid_day, madrid_midnight, slots

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "payloads"
recorded = pytest.mark.skipif(not PAYLOADS.is_dir(), reason=f"no recorded payloads at {PAYLOADS}")


# ---------------------------------------------------------------------- asking
class World:
    """NOW is Monday 2026-05-04, 14:00 in Madrid."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.clock = FixedClock(datetime(2026, 5, 4, 12, tzinfo=UTC))
        self.asked: list[httpx.URL] = []
        self._answers = list(answers)
        transport = httpx.MockTransport(self._answer)
        self.client = PoliteClient("ree", "https://ree.example", Limits(30), self.clock, transport=transport)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def said(body: dict, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body)


def page(status: int) -> httpx.Response:
    return httpx.Response(status, text="<html>Oops</html>", headers={"content-type": "text/html; charset=UTF-8"})


def test_the_request_is_widened_to_whole_days_and_the_answer_cut_to_the_window():
    world = World(said(flat(entry("1001", ramp(DAY, Resolution.HOUR)), entry("600", ramp(DAY, Resolution.QUARTER)))))
    window = Interval(madrid_midnight(DAY) + 10 * HOUR, madrid_midnight(DAY) + 11 * HOUR)
    found = ReePrices(world.client, world.clock).fetch(window, patience=10.0)
    assert values(found, "pvpc") == [10.0]
    assert values(found, "spot") == [40.0, 41.0, 42.0, 43.0]
    url = world.asked[0]
    assert url.path == "/es/datos/mercados/precios-mercados-tiempo-real"
    assert dict(url.params) == {
        "start_date": "2026-05-04T00:00",
        "end_date": "2026-05-04T23:59",
        "time_trunc": "hour",
    }, "no geo parameter: it would drop spot"


def test_28_days_are_one_request():
    world = World(said(flat(entry("1001", ramp(DAY, Resolution.HOUR)))))
    feed = ReePrices(world.client, world.clock)
    end = madrid_midnight(DAY) + 20 * HOUR
    feed.fetch(Interval(end - feed.longest, end), patience=10.0)
    assert dict(world.asked[0].params)["start_date"] == "2026-04-06T00:00"
    assert len(world.asked) == 1


def test_demand_and_generation_ask_their_widgets():
    world = World(said(demand(ramp(DAY, Resolution.HOUR))), said(mix((DAY, {"10291": 1, "1446": 1}))))
    ReeDemand(world.client, world.clock).fetch(madrid_day(DAY), patience=10.0)
    today = ReeGeneration(world.client, world.clock).fetch(madrid_day(DAY), patience=10.0)
    assert [url.path for url in world.asked] == [
        "/es/datos/demanda/demanda-tiempo-real",
        "/es/datos/generacion/estructura-generacion",
    ]
    assert [url.params["time_trunc"] for url in world.asked] == ["hour", "day"]
    assert {o.kind for o in today} == {Kind.ESTIMATED}


@pytest.mark.parametrize(
    ("feed", "days_ahead", "longest"), [(ReePrices, 1, 28), (ReeDemand, 1, 28), (ReeGeneration, 0, 365)]
)
def test_reach_and_longest(feed, days_ahead, longest):
    world = World(page(500))
    made = feed(world.client, world.clock)
    end = madrid_midnight(date(2026, 5, 5) + timedelta(days=days_ahead))
    assert made.reach(world.clock.now()) == Interval(madrid_midnight(date(2014, 4, 1)), end)
    assert made.longest == timedelta(days=longest)
    assert made.upstream == "ree"
    assert made.series <= set(CATALOGUE)


def test_reach_goes_by_madrids_day():
    world = World(page(500))
    just_after = datetime(2026, 5, 4, 22, 30, tzinfo=UTC)  # 00:30 of the 5th in Madrid
    assert ReePrices(world.client, world.clock).reach(just_after).end == madrid_midnight(date(2026, 5, 7))


@pytest.mark.parametrize("day", [date(2014, 3, 31), date(2026, 5, 6)])
def test_what_it_cannot_have_is_not_asked_for(day):
    world = World(page(500))
    with pytest.raises(UpstreamEmptyError, match="outside"):
        ReePrices(world.client, world.clock).fetch(madrid_day(day), patience=10.0)
    assert world.asked == []


@pytest.mark.parametrize("answer", [said(NO_DATA, 400), said(NO_DATA, 502), said(NO_DATA)])
def test_no_data_is_not_asked_again(answer):
    world = World(answer)
    with pytest.raises(UpstreamEmptyError):
        ReePrices(world.client, world.clock).fetch(madrid_day(DAY), patience=30.0)
    assert len(world.asked) == 1
    assert world.client.health().up is True


@pytest.mark.parametrize("answer", [page(500), page(502), page(403), page(200)])
def test_pages_are_transient(answer):
    body = said(flat(entry("1001", ramp(DAY, Resolution.HOUR))))
    healed = World(answer, body)
    assert len(ReePrices(healed.client, healed.clock).fetch(madrid_day(DAY), patience=30.0)) == 24
    with pytest.raises(UpstreamDownError):
        ReePrices((world := World(answer)).client, world.clock).fetch(madrid_day(DAY), patience=30.0)


def test_nothing_inside_the_window_is_empty():
    tomorrow = madrid_day(DAY + timedelta(days=1))
    world = World(said(flat(entry("1001", ramp(DAY, Resolution.HOUR)))))
    with pytest.raises(UpstreamEmptyError, match="yet"):
        ReePrices(world.client, world.clock).fetch(tomorrow, patience=30.0)


# ---------------------------------------------------------------------- recorded bodies
def read(name: str) -> dict:
    return json.loads((PAYLOADS / name).read_text(encoding="utf-8"))


@recorded
@pytest.mark.parametrize(
    ("name", "day", "hours", "series"),
    [
        ("aiopvpc_PRICES_APIDATOS_2021_06_01", date(2021, 6, 1), 24, {"pvpc", "spot"}),
        ("aiopvpc_PRICES_APIDATOS_2021_06_01_CYM", date(2021, 6, 1), 24, {"pvpc"}),
        ("aiopvpc_PRICES_APIDATOS_2021_10_30", date(2021, 10, 30), 24, {"pvpc", "spot"}),
        ("aiopvpc_PRICES_APIDATOS_2021_10_31", date(2021, 10, 31), 25, {"pvpc", "spot"}),
        ("pvpc-backend_mercados_2023-09-08_geo8741", date(2023, 9, 8), 24, {"pvpc"}),
    ],
)
def test_recorded_prices(name, day, hours, series):
    found = parse_prices(read(f"apidatos/{name}.json"), RECEIVED)
    assert {o.series for o in found} == series
    for one in series:
        assert starts(found, one) == list(slots(madrid_day(day), Resolution.HOUR))
        assert len(of(found, one)) == hours


@recorded
def test_recorded_generation():
    body = read("apidatos/precioluz-web_estructura-generacion_day_2026-09-21.json")
    found = parse_generation(body, RECEIVED)
    energies = [o.value for o in found if o.series.startswith("generation_")]
    assert len(energies) == 14
    assert sum(energies) == pytest.approx(789031.88), "REE's own total"
    renewable = [e["attributes"] for e in body["included"] if e["attributes"]["type"] == "Renovable"]
    share = 100 * sum(attributes["values"][0]["percentage"] for attributes in renewable)
    assert values(found, "renewable_share") == [pytest.approx(share)], "REE's own shares"


@recorded
def test_the_recorded_nested_balance():
    found = parse_generation(read("apidatos/energia-real_balance-electrico_day_2020-01.json"), RECEIVED)
    days = list(slots(Interval(madrid_midnight(date(2020, 1, 1)), madrid_midnight(date(2020, 2, 1))), Resolution.DAY))
    assert starts(found, "generation_wind") == days
    assert len(of(found, "renewable_share")) == 31
    assert of(found, "generation_other_non_renewable") == []


@recorded
def test_the_quoted_refusal():
    with pytest.raises(UpstreamEmptyError):
        parse_prices(read("errors_quoted/apidatos_400_not_available.json"), RECEIVED)


@recorded
def test_recorded_bodies_of_others_are_not_taken_for_ours():
    for path in sorted((PAYLOADS / "apidatos").glob("*PRICES*.json")):
        for parse in (parse_demand, parse_generation):
            with pytest.raises(UpstreamEmptyError):
                parse(json.loads(path.read_text(encoding="utf-8")), RECEIVED)
