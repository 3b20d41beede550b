"""What is read over HTTP: prices, grid, tariff, weather, the store, the dashboard."""

from __future__ import annotations

import json
import threading
from datetime import timedelta

import httpx
import pytest
from web_house import NOON, StillClock, client_of, demo_house, fine_so_far, plant, problem_of, readable, real_house

from chocolate_factory.domain.catalogue import observation
from chocolate_factory.domain.errors import StoreError, UpstreamDownError
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import DAY, EARLIEST, HOUR, LATEST, Interval, parse_moment
from chocolate_factory.web.api.weather import SHARED_FOR, Shared

KEY = {"OPENWEATHERMAP_API_KEY": "0123456789abcdef0123456789abcdef"}
AIR = {"temp": 31.4, "pressure": 1016, "humidity": 23, "grnd_level": 966}


class Asked:
    """An upstream that counts; it answers with what ``body`` says, or fails where that is None."""

    def __init__(self, body: object = None) -> None:
        self.body = body
        self.count = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        if self.body is None:
            return httpx.Response(500)
        return httpx.Response(200, content=json.dumps(self.body), headers={"content-type": "application/json"})


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with client_of(demo_house(tmp_path_factory.mktemp("demo"), days=10)) as found:
        yield found


@pytest.fixture
def upstream():
    return Asked()


@pytest.fixture
def house(tmp_path, monkeypatch, upstream):
    return real_house(tmp_path, monkeypatch, upstream, **KEY)


@pytest.fixture
def client(house):
    with client_of(house) as found:
        yield found


# ---------------------------------------------------------------------- prices
def test_prices_of_a_day(demo):
    body = demo.get("/ree/prices", params={"start": "2026-06-16", "end": "2026-06-16"}).json()
    assert {len([p for p in body["prices"] if p["series"] == s]) for s in ("pvpc",)} == {24}
    assert len([p for p in body["prices"] if p["series"] == "spot"]) == 96
    assert body["missing"] == []
    for price in body["prices"]:
        assert price.keys() >= {
            "series", "start", "resolution_minutes", "price_eur_mwh", "price_eur_kwh", "tariff_period", "source", "kind"
        }  # fmt: skip
        assert price["price_eur_kwh"] == pytest.approx(price["price_eur_mwh"] / 1000, abs=1e-6)
        assert (price["source"], price["kind"]) == ("demo", "simulated")
        assert price["start"].endswith("+02:00")
        assert price["tariff_period"] in ("P1", "P2", "P3", "P4", "P5", "P6")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-17", 24)])
def test_a_day_of_the_clocks_has_its_own_length(client, house, day, hours):
    house.clock.moment = parse_moment("2026-12-01", "now")
    plant(house, "pvpc", day, day, source="ree")
    plant(house, "spot", day, day, source="ree")
    body = client.get("/ree/prices", params={"start": day, "end": day}).json()
    assert len([p for p in body["prices"] if p["series"] == "pvpc"]) == hours
    assert len([p for p in body["prices"] if p["series"] == "spot"]) == 4 * hours
    assert len({(p["series"], p["start"]) for p in body["prices"]}) == 5 * hours
    assert body["missing"] == []


def test_prices_before_the_tariffs_first_table_have_no_period(client, house):
    plant(house, "pvpc", "2021-05-31", "2021-06-01", source="ree")
    body = client.get("/ree/prices?start=2021-05-31&end=2021-06-01&series=pvpc").json()
    assert [p["tariff_period"] is None for p in body["prices"]] == [True] * 24 + [False] * 24


def test_an_upstream_that_is_down_costs_a_sentence_not_the_answer(client, house, upstream):
    plant(house, "pvpc", "2026-06-16", "2026-06-16", source="ree")
    body = client.get("/ree/prices?start=2026-06-16&end=2026-06-17&series=pvpc").json()
    assert len(body["prices"]) == 24
    assert ["ree.prices" in trouble for trouble in body["missing"]] == [True]
    asked = upstream.count
    assert asked > 0
    client.get("/ree/prices?start=2026-06-16&end=2026-06-17&series=pvpc")
    assert upstream.count == asked  # somebody else has just asked in vain


def test_of_two_sources_the_better_one_is_shown_once(client, house):
    plant(house, "pvpc", "2026-06-16", "2026-06-16", source="esios", value=90)
    plant(house, "pvpc", "2026-06-16", "2026-06-16", source="ree", value=91)
    prices = client.get("/ree/prices?start=2026-06-16&end=2026-06-16&series=pvpc").json()["prices"]
    assert [(p["source"], p["price_eur_mwh"]) for p in prices] == [("ree", 91.0)] * 24


# ---------------------------------------------------------------------- grid
def test_demand_and_generation(demo):
    demand = demo.get("/ree/demand?start=2026-06-16&end=2026-06-16").json()["demand"]
    assert {row["series"]: 0 for row in demand} == {"demand": 0, "demand_forecast": 0}
    assert len(demand) == 48
    assert all(row.keys() >= {"start", "demand_mw", "kind"} and row["demand_mw"] > 5000 for row in demand)
    body = demo.get("/ree/generation?start=2026-06-14&end=2026-06-16").json()
    assert {row["day"] for row in body["generation"]} == {"2026-06-14", "2026-06-15", "2026-06-16"}
    assert all(row.keys() >= {"day", "technology", "energy_mwh"} for row in body["generation"])
    assert 0 < body["renewable_pct"] < 100


def test_of_nothing_no_share_is_made_up(client):
    assert client.get("/ree/generation").json() == {"generation": [], "renewable_pct": None}
    assert client.get("/ree/demand").json() == {"demand": []}


# ---------------------------------------------------------------------- tariff
def test_every_slot_of_a_tariff(demo):
    body = demo.get("/tariff?start=2026-06-16&end=2026-06-16&tariff=6.1TD&resolution=15").json()
    assert (body["tariff"], body["resolution_minutes"], body["notes"]) == ("6.1TD", 15, [])
    assert len(body["slots"]) == 96
    for slot in body["slots"]:
        assert slot["energy_eur_kwh"] > 0
        assert (slot["price_series"], slot["price_kind"]) == ("spot", "simulated")
    assert all(a["end"] == b["start"] for a, b in zip(body["slots"], body["slots"][1:], strict=False))


def test_a_slot_without_a_price_says_so(client):
    body = client.get("/tariff?start=2026-06-20&end=2026-06-20").json()
    assert {(slot["energy_eur_kwh"], slot["price_kind"]) for slot in body["slots"]} == {(None, None)}
    assert "null" in body["notes"][0]


# ---------------------------------------------------------------------- weather
def observed(house, source: str, start, **values: float) -> None:
    now = house.clock.now()
    house.store.write([observation(s, source, Kind.OBSERVED, start, v, now) for s, v in values.items()])


def test_the_official_station_with_what_it_has(client, house):
    observed(house, "aemet", NOON.replace(minute=0) - 2 * HOUR, temperature=24.0, humidity=40.0, wind_speed=2.0)
    observed(house, "aemet", NOON.replace(minute=0) - HOUR, temperature=25.6, wind_speed=3.1)
    observed(house, "open_meteo", NOON.replace(minute=0), temperature=30.0)
    body = client.get("/aemet/weather").json()
    assert (body["station_id"], body["source"], body["kind"]) == ("5279X", "aemet", "observed")
    assert body["observed_at"] == "2026-06-17T12:00:00+02:00"  # the end of its hour
    assert body["age_seconds"] == 600
    assert (body["temperature_c"], body["humidity_pct"], body["wind_speed_ms"]) == (25.6, None, 3.1)


def test_no_official_reading_is_no_reading(client, house):
    observed(house, "aemet", NOON.replace(minute=0) - 4 * DAY, temperature=24.0)
    assert "/aemet/token/status" in problem_of(client.get("/aemet/weather"), 424)["detail"]


def test_openweather_now_and_ahead(client, upstream):
    now = int(NOON.timestamp())
    upstream.body = {"dt": now - 300, "main": AIR, "weather": [{"description": "sol"}], "name": "Linares", "cod": 200}
    body = client.get("/weather/openweather").json()
    assert (body["temperature_c"], body["humidity_pct"], body["pressure_hpa"]) == (31.4, 23.0, 1016.0)
    assert (body["description"], body["place"], body["wind_speed_ms"]) == ("sol", "Linares", None)
    first = now // 10800 * 10800 + 10800
    upstream.body = {"cod": "200", "list": [{"dt": first + i * 10800, "main": AIR, "pop": 0.5} for i in range(40)]}
    steps = {n: len(client.get(f"/weather/openweather/forecast?hours={n}").json()["forecast"]) for n in (1, 24, 120)}
    assert steps[24] == 8
    assert steps[1] <= 1
    assert steps[120] == 40
    assert upstream.count == 2  # readers within half a minute share an answer


def test_words_that_no_answer_can_hold_break_nothing(client, upstream):
    body = {"dt": int(NOON.timestamp()), "main": AIR, "weather": [{"description": "\ud800!"}], "name": "\udfff"}
    upstream.body = {**body, "cod": 200}
    assert client.get("/weather/openweather").json()["description"] == "?!"


@pytest.mark.parametrize("path", ["/weather/openweather", "/weather/openweather/forecast"])
def test_openweather_down(client, upstream, path):
    answer = client.get(path)
    problem_of(answer, 424)
    assert answer.headers["retry-after"] == "60"
    asked = upstream.count
    problem_of(client.get(path), 424)
    assert upstream.count == asked  # a failure is shared as well


@pytest.mark.parametrize("path", ["/weather/openweather", "/weather/openweather/forecast"])
def test_without_a_key_or_in_the_demo_nobody_is_asked(tmp_path, monkeypatch, upstream, path):
    with client_of(real_house(tmp_path / "real", monkeypatch, upstream)) as client:
        assert "OPENWEATHERMAP_API_KEY" in problem_of(client.get(path), 424)["detail"]
    with client_of(demo_house(tmp_path / "demo", days=1, **KEY)) as client:
        assert "demo asks nobody" in problem_of(client.get(path), 424)["detail"]
    assert upstream.count == 0


def test_readers_of_a_silent_upstream_do_not_wait_one_after_the_other():
    clock, asked, go_on = StillClock(), [], threading.Event()

    def silent() -> str:
        asked.append(1)
        go_on.wait(10)
        raise UpstreamDownError("openweathermap", "no answer in time")

    shared, failed = Shared(clock, silent), []

    def read() -> None:
        try:
            shared.get()
        except UpstreamDownError as e:
            failed.append(e.why)

    readers = [threading.Thread(target=read) for _ in range(8)]
    for reader in readers:
        reader.start()
    go_on.set()
    for reader in readers:
        reader.join(10)
    assert (len(asked), failed) == (1, ["no answer in time"] * 8)
    clock.moment += SHARED_FOR + timedelta(seconds=1)
    read()
    assert len(asked) == 2


def test_the_state_of_a_key_without_the_key(client, upstream):
    body = client.get("/weather/openweather/status").json()
    assert (body["status"], body["quota_per_minute"], body["used_last_minute"]) == ("unchecked", 60, 0)
    upstream.body = {"cod": 401}
    checked = client.get("/weather/openweather/status?check=true").json()
    assert (checked["status"], checked["used_last_minute"]) == ("refused", 1)
    assert checked["checked_at"] == "2026-06-17T12:10:00+02:00"
    assert client.get("/aemet/token/status").json()["status"] == "not set"


def test_the_hybrid_says_why_in_either_language(client, house):
    hour = NOON.replace(minute=0)
    nothing = client.get("/weather/hybrid").json()
    assert (nothing["temperature_c"], nothing["source"]) == (None, None)
    assert nothing["reason"]
    observed(house, "openweathermap", hour, temperature=31.4, humidity=23.0)
    spanish, english = (client.get("/weather/hybrid", params={"lang": lang}).json() for lang in ("es", "en"))
    assert (spanish["temperature_c"], spanish["humidity_pct"], spanish["source"]) == (31.4, 23.0, "openweathermap")
    assert spanish["reason"] != english["reason"]
    assert spanish | {"reason": ""} == english | {"reason": ""}


# ---------------------------------------------------------------------- the store and its state
def test_what_the_store_holds(client, house):
    assert client.get("/influxdb/verify").json()["data"] == {}
    plant(house, "pvpc", "2026-06-15", "2026-06-16", source="ree")
    plant(house, "pvpc", "2026-06-16", "2026-06-16", source="esios")
    body = client.get("/influxdb/verify").json()
    assert (body["backend"], body["world"], body["problems"]) == ("sqlite", "real", [])
    assert body["data"]["pvpc"].keys() >= {"first", "last", "count", "streams"}
    assert (body["data"]["pvpc"]["count"], body["data"]["pvpc"]["unit"]) == (72, "EUR/MWh")
    assert {(s["source"], s["kind"], s["count"]) for s in body["data"]["pvpc"]["streams"]} == {
        ("ree", "observed", 48), ("esios", "observed", 24)
    }  # fmt: skip


def test_a_large_store_is_read_to_the_last_row_only_where_somebody_asks(client, house, monkeypatch):
    plant(house, "pvpc", "2026-06-15", "2026-06-16", source="ree")
    monkeypatch.setattr("chocolate_factory.web.api.store.AT_ONCE", 47)
    monkeypatch.setattr(type(house.store), "verify", lambda _: ["page 7 is damaged"])
    said = {how: client.get(f"/influxdb/verify{how}").json() for how in ("", "?thorough=true", "?thorough=false")}
    assert {how: (body["thorough"], body["problems"]) for how, body in said.items()} == {
        "": (False, []), "?thorough=true": (True, ["page 7 is damaged"]), "?thorough=false": (False, [])
    }  # fmt: skip
    assert all(body["data"]["pvpc"]["count"] == 48 for body in said.values())


def test_health_names_who_is_down_and_since_when(client, house):
    fresh = {c["name"]: c["status"] for c in client.get("/health").json()["checks"]}
    assert fresh["upstream:ree"] == "unknown"
    client.post("/ingest-now", content=b'{"source":"ree"}')
    body = client.get("/health").json()
    down = {c["name"]: c["since"] for c in body["checks"] if c["status"] == "down"}
    assert down["upstream:ree"] == "2026-06-17T12:10:00+02:00"
    assert body["status"] in ("degraded", "down")  # the timetable of this test sleeps


def test_ready_is_200_without_data_and_503_without_a_store(client, house, monkeypatch):
    assert client.get("/ready").json()["status"] == "ready"

    def breaks(*_args, **_options):
        raise StoreError("The store cannot serve: disk I/O error.")

    monkeypatch.setattr(house.store, "last", breaks)
    assert "disk I/O" in problem_of(client.get("/ready"), 503)["detail"]
    assert client.get("/health").json()["status"] == "down"


# ---------------------------------------------------------------------- the dashboard
def test_everything_at_once(demo):
    body = demo.get("/dashboard/complete").json()
    assert body.keys() >= {
        "current_info", "system_status", "predictions", "plan", "prices", "weather", "alerts", "data_health", "models",
        "savings",
    }  # fmt: skip
    info = body["current_info"]
    for name in ("price_eur_kwh", "temperature_c", "humidity_pct", "demand_mw", "renewable_pct"):
        assert info[name] is not None, name
        assert info[f"{name}_source"], name
        assert info[f"{name}_kind"] == "simulated", name
        assert info[f"{name}_age_seconds"] >= 0, name
    assert info["price_trend"] in ("rising", "falling", "steady")
    assert info["tariff_period"] == "P3"  # a working day of June at noon
    assert body["world"] == "simulated"


def test_nothing_stored_is_told_as_missing_not_as_zero(client):
    info = client.get("/dashboard/complete").json()["current_info"]
    for name in ("price_eur_kwh", "temperature_c", "humidity_pct", "demand_mw", "renewable_pct"):
        assert info[name] is None
        assert info[f"{name}_missing"], name
    assert client.get("/dashboard").status_code == 200


def test_the_page_and_its_json_in_either_language(demo):
    assert 'lang="es"' in demo.get("/dashboard").text
    assert 'lang="en"' in demo.get("/dashboard?lang=en").text
    assert demo.get("/dashboard/complete?lang=en").json()["generated_at"]
    packed = demo.get("/dashboard/complete", headers={"accept-encoding": "gzip"})
    plain = demo.get("/dashboard/complete", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()


def test_a_build_is_renewed_behind_its_readers_and_never_too_old(client, house):
    first = client.get("/dashboard/complete").json()["generated_at"]
    plant(house, "pvpc", "2026-06-17", "2026-06-17", source="ree")
    assert client.get("/dashboard/complete").json()["generated_at"] == first
    house.clock.moment += timedelta(seconds=61)
    renewed = client.get("/dashboard/complete").json()
    assert renewed["generated_at"] > first
    assert renewed["current_info"]["price_eur_kwh"] == 0.05


def test_a_renewal_that_fails_is_told_in_the_log_and_readers_keep_the_last_build(client, house, monkeypatch):
    first = client.get("/dashboard/complete").content
    gone = threading.Event()

    def breaks(*_args, **_options):
        gone.set()
        raise StoreError("the store is closed")

    monkeypatch.setattr(house.store, "last", breaks)
    monkeypatch.setattr(house.store, "read", breaks)
    house.clock.moment += timedelta(seconds=10)
    assert client.get("/dashboard/complete").content == first
    assert gone.wait(10)
    assert client.get("/dashboard/complete").content == first


# ---------------------------------------------------------------------- reading changes nothing
def test_no_get_writes_but_prices_that_were_missing(demo):
    house = demo.app.state.house

    def everything() -> object:
        held = house.store.revisions(Query("pvpc", Interval(EARLIEST, LATEST)))
        ledgers = house.jobs.jobs(), house.alerts.alerts(), house.gaps.gaps(), house.jobs.runs()
        return house.store.inventory(), held, ledgers

    before = everything()
    for path in readable(demo.get("/openapi.json").json()):
        assert demo.get(path).status_code in fine_so_far(path), path
    assert everything() == before
