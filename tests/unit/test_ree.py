"""apidatos: one body with two lengths, two shapes of it, steps that change, and "no data" behind 400."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.http import Limits, PoliteClient
from chocolate_factory.adapters.ree import (
    ReeDemand,
    ReeGeneration,
    ReePrices,
    parse_demand,
    parse_generation,
    parse_prices,
    renewable_share,
)
from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.errors import UpstreamDownError, UpstreamEmptyError, UpstreamLiedError
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import HOUR, MADRID, Interval, Resolution, madrid_day, madrid_midnight, slots

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "payloads"
recorded = pytest.mark.skipif(not PAYLOADS.is_dir(), reason=f"no recorded payloads at {PAYLOADS}")

DAY, SPRING, AUTUMN = date(2026, 5, 4), date(2026, 3, 29), date(2026, 10, 25)
OLD = date(2025, 9, 29)
RECEIVED = datetime(2026, 11, 1, 6, tzinfo=UTC)
MINUTES = timedelta(minutes=1)
NO_DATA = {"errors": [{"status": "400", "title": "Error Interno", "detail": "Los datos no están disponibles."}]}


# ---------------------------------------------------------------------- bodies of our own
def stamp(moment: datetime) -> str:
    return moment.astimezone(MADRID).isoformat(timespec="milliseconds")


def entry(id_: str, values: list[tuple[datetime, object]], title: str = "anything") -> dict:
    rows = [{"value": value, "percentage": 0.5, "datetime": stamp(start)} for start, value in values]
    attributes = {"title": title, "type": None, "magnitude": None, "composite": False, "values": rows}
    return {"type": title, "id": id_, "groupId": None, "attributes": attributes}


def flat(*entries: dict) -> dict:
    return {"data": {"type": "t", "id": "mer13", "attributes": {"title": "t"}}, "included": list(entries)}


def nested(**groups: list[dict]) -> dict:
    return flat(
        *(
            {"type": name, "id": name, "attributes": {"title": name, "content": content}}
            for name, content in groups.items()
        )
    )


def ramp(day: date, step: Resolution, first: float = 0.0) -> list[tuple[datetime, object]]:
    """A day's points, rising by one; whole numbers and fractions take turns, as in the real bodies."""
    return [(start, first + i if i % 2 else int(first) + i) for i, start in enumerate(slots(madrid_day(day), step))]


def of(found: list[Observation], series: str) -> list[Observation]:
    return [o for o in found if o.series == series]


def values(found: list[Observation], series: str) -> list[float]:
    return [o.value for o in of(found, series)]


def starts(found: list[Observation], series: str) -> list[datetime]:
    return [o.start for o in of(found, series)]


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


# ---------------------------------------------------------------------- demand
def demand(actual=(), forecast=(), scheduled=()) -> dict:
    return flat(entry("1293", list(actual)), entry("545", list(scheduled)), entry("544", list(forecast)))


def test_hours_of_the_past_are_the_hours_demand():
    body = demand(*(ramp(DAY, Resolution.HOUR, first) for first in (30000, 31000, 32000)))
    found = parse_demand(body, RECEIVED)
    assert values(found, "demand")[:2] == [30000.0, 30001.0]
    assert values(found, "demand_forecast")[:2] == [31000.0, 31001.0]
    assert values(found, "demand_scheduled")[:2] == [32000.0, 32001.0]
    assert of(found, "demand_5min") == []
    assert {len(of(found, series)) for series in ("demand", "demand_forecast", "demand_scheduled")} == {24}


def test_forecast_and_schedule_are_facts_known_the_day_before():
    body = demand(*(ramp(DAY, Resolution.HOUR, first) for first in (30000, 31000, 32000)))
    found = parse_demand(body, RECEIVED)
    assert {o.kind for o in found} == {Kind.OBSERVED}
    assert of(found, "demand_forecast")[0].published_at == datetime(2026, 5, 3, 8, tzinfo=UTC)
    assert of(found, "demand_scheduled")[0].published_at == datetime(2026, 5, 3, 12, tzinfo=UTC)


def test_today_comes_by_five_minutes_though_hours_were_asked():
    now = madrid_midnight(DAY) + 150 * MINUTES
    day = ramp(DAY, Resolution.FIVE_MINUTES, 30000)
    found = parse_demand(demand([p for p in day if p[0] <= now], day, day), now)
    assert values(found, "demand") == [30005.5, 30017.5], "the third hour is not over"
    assert len(of(found, "demand_5min")) == 31
    assert (of(found, "demand_5min")[0].resolution_minutes, of(found, "demand_5min")[0].value) == (5, 30000.0)
    assert values(found, "demand_forecast") == [30005.5 + 12 * i for i in range(24)]
    assert len(of(found, "demand_scheduled")) == 24


def test_an_hour_is_written_when_it_is_over_and_not_a_second_before():
    hour = [(madrid_midnight(DAY) + 5 * i * MINUTES, 30000) for i in range(12)]
    over = madrid_midnight(DAY) + HOUR
    assert values(parse_demand(demand(hour), over), "demand") == [30000.0]
    assert values(parse_demand(demand(hour), over - timedelta(seconds=1)), "demand") == []


@pytest.mark.parametrize(("there", "written"), [(12, 1), (9, 1), (8, 0), (2, 0)])
def test_nine_of_twelve_points_make_an_hour(there, written):
    hour = [(madrid_midnight(DAY) + 5 * i * MINUTES, 30000) for i in range(12)][-there:]
    found = parse_demand(demand(hour, hour, hour), RECEIVED)
    for series in ("demand", "demand_forecast", "demand_scheduled"):
        assert values(found, series) == [30000.0] * written
    assert len(of(found, "demand_5min")) == there


def test_an_hour_of_the_past_that_is_not_over_is_not_written():
    now = madrid_midnight(DAY) + 10 * HOUR + 20 * MINUTES
    found = parse_demand(demand(ramp(DAY, Resolution.HOUR, 30000)), now)
    assert len(of(found, "demand")) == 10


def test_the_first_point_of_a_day_is_nobodys_hour():
    """At 00:04 today's body has one point; hours later it may still be the only one, when REE is stuck."""
    stuck = [*ramp(SPRING, Resolution.FIVE_MINUTES, 30000), (madrid_midnight(SPRING + timedelta(days=1)), 1.0)]
    found = parse_demand(demand(stuck), RECEIVED)
    assert len(of(found, "demand")) == 23
    assert 1.0 not in values(found, "demand")


def test_yesterday_by_hours_beside_today_by_five_minutes():
    today = DAY + timedelta(days=1)
    body = demand([*ramp(DAY, Resolution.HOUR, 30000), *ramp(today, Resolution.FIVE_MINUTES, 40000)[:24]])
    found = parse_demand(body, madrid_midnight(today) + 2 * HOUR)
    assert values(found, "demand")[-3:] == [30023.0, 40005.5, 40017.5]
    assert len(of(found, "demand_5min")) == 24


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
@pytest.mark.parametrize("step", [Resolution.HOUR, Resolution.FIVE_MINUTES])
def test_demand_through_the_clock_change(day, hours, step):
    found = parse_demand(demand(ramp(day, step, 30000)), RECEIVED)
    assert starts(found, "demand") == [madrid_midnight(day) + i * HOUR for i in range(hours)]


# ---------------------------------------------------------------------- generation
def mix(*days: tuple[date, dict[str, float]]) -> dict:
    ids = sorted({id_ for _, energies in days for id_ in energies})
    held = {id_: [(madrid_midnight(day), e[id_]) for day, e in days if id_ in e] for id_ in ids}
    return flat(*(entry(id_, points, "No-Renovable") for id_, points in held.items()))


def test_a_day_of_generation_by_technology():
    found = parse_generation(mix((DAY, {"10291": 300, "1446": 600.5, "1458": 99.5, "10296": 1000})), RECEIVED)
    by_name = {o.series: o for o in found}
    assert {name: o.value for name, o in by_name.items()} == {
        "generation_wind": 300.0,
        "generation_nuclear": 600.5,
        "generation_solar_pv": 99.5,
        "renewable_share": pytest.approx(39.95),
    }
    wind = by_name["generation_wind"]
    assert (wind.start, wind.resolution_minutes, wind.kind) == (madrid_midnight(DAY), 1440, Kind.OBSERVED)
    assert all(name in CATALOGUE for name in by_name)


@pytest.mark.parametrize("day", [SPRING, DAY, AUTUMN])
def test_a_day_that_is_not_over_is_an_estimate(day):
    body, end = mix((day, {"10291": 300, "1446": 600})), madrid_day(day).end
    over, partial = parse_generation(body, end), parse_generation(body, end - timedelta(seconds=1))
    assert {o.kind for o in over} == {Kind.OBSERVED}
    assert {o.kind for o in partial} == {Kind.ESTIMATED}
    assert {o.published_at for o in partial} == {end - timedelta(seconds=1)}


def test_a_technology_that_is_absent_on_a_day_is_not_zero():
    after = DAY + timedelta(days=1)
    found = parse_generation(mix((DAY, {"10289": 50, "10291": 50}), (after, {"1446": 10, "10291": 30})), RECEIVED)
    assert starts(found, "generation_coal") == [madrid_midnight(DAY)]
    assert values(found, "generation_wind") == [50.0, 30.0]
    assert values(found, "renewable_share") == [50.0, 75.0]


def test_totals_and_strangers_are_skipped():
    found = parse_generation(mix((DAY, {"10296": 900, "99999": 5, "10291": 30, "1446": 70})), RECEIVED)
    assert {o.series for o in found} == {"generation_wind", "generation_nuclear", "renewable_share"}
    with pytest.raises(UpstreamEmptyError):
        parse_generation(mix((DAY, {"10296": 900})), RECEIVED)


def test_negative_energy_is_kept_and_counts_for_no_share():
    found = parse_generation(mix((DAY, {"1459": -4, "10291": 30, "1446": 90, "1454": -1})), RECEIVED)
    assert values(found, "generation_solar_thermal") == [-4.0]
    assert values(found, "generation_combined_cycle") == [-1.0]
    assert values(found, "renewable_share") == [25.0]


@pytest.mark.parametrize("energies", [{"10291": 30}, {"1446": 30}, {"10291": 0, "1446": 0}, {"10291": -1, "1446": 5}])
def test_where_one_side_is_absent_there_is_no_share(energies):
    assert of(parse_generation(mix((DAY, energies)), RECEIVED), "renewable_share") == []


def test_a_day_must_begin_at_midnight():
    body = flat(entry("10291", [(madrid_midnight(DAY) + HOUR, 30.0)]))
    with pytest.raises(UpstreamLiedError, match="midnight"):
        parse_generation(body, RECEIVED)


@given(st.dictionaries(st.sampled_from(["wind", "hydro", "nuclear", "coal"]), st.floats(-1e5, 1e6, allow_nan=False)))
@example({"wind": 721484.69, "nuclear": 5e-324})  # 100 * r / (r + o) is more than 100 here
def test_a_share_is_a_share(energies):
    share = renewable_share(energies)
    assert share is None or 0.0 <= share <= 100.0


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
