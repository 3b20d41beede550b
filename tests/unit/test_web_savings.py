"""Meter readings and savings over HTTP."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from plan_records import by_rule
from web_house import NOON, client_of, ended, from_elsewhere, plant, problem_of, raw, real_house

from chocolate_factory.domain.metering import METER_ENERGY
from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import DAY, HOUR, Interval, Resolution, madrid_date, madrid_day, slots
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.web.api import savings as room

TODAY = madrid_date(NOON)
PAST = TODAY - 2 * DAY  # a Monday
CUPS = "ES0031405123456789JN0F"


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A real house with a week of prices and weather, whose planner is the rule."""
    made = real_house(tmp_path, monkeypatch)
    first, last = (TODAY - 10 * DAY).isoformat(), (TODAY + DAY).isoformat()
    plant(made, "spot", first, last, source="ree", value=60.0)
    for series, value in (("temperature", 22.0), ("humidity", 45.0)):
        hours = slots(Interval(madrid_day(TODAY - 10 * DAY).start, NOON - HOUR), Resolution.HOUR)
        # a thermometer that stands still is not believed
        made.store.write(_hour(series, start, value + 0.1 * start.hour + 0.01 * start.day) for start in hours)
    monkeypatch.setattr(made.optimise, "_planner", by_rule)
    return made


def _hour(series, start, value):
    from chocolate_factory.domain.catalogue import observation

    return observation(series, "aemet", Kind.OBSERVED, start, value, start + 2 * HOUR)


@pytest.fixture
def client(house):
    with client_of(house) as found:
        yield found


def plan_at(house, moment) -> None:
    house.clock.moment = moment
    house.optimise("request")
    house.clock.moment = NOON


def hourly(day=PAST, kwh: float = 40.0) -> str:
    rows = (f"{start.isoformat()},{kwh}" for start in slots(madrid_day(day), Resolution.HOUR))
    return "\n".join(["start_utc,kwh", *rows])


def post(client, content, **headers) -> httpx.Response:
    return client.post("/meter/readings", content=content, headers={"Content-Type": "text/csv", **headers})


# ------------------------------------------------------------------------------------------------------------ readings
def test_a_body_of_csv_is_taken_in_whatever_its_type_says(client, house):
    for kind in ("text/csv", "application/x-www-form-urlencoded", "application/octet-stream"):
        answer = post(client, hourly(), **{"Content-Type": kind})
        assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["read"], body["taken"], body["written"], body["rejected"]) == (24, 24, 0, [])
    assert body["job_id"] is None, "nothing was news the third time"
    assert body["files"][0]["coverage"] == 1.0
    assert len(house.store.read(Query(METER_ENERGY, madrid_day(PAST)))) == 24


def test_files_of_a_form_are_taken_in_each_on_its_own(client):
    datadis = f"CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion\n{CUPS};{PAST:%d/%m/%Y};01:00;20,5;Real\n"
    files = [("files", ("a.csv", hourly(PAST - DAY))), ("files", ("b.csv", datadis)), ("files", ("c.txt", "what?"))]
    body = client.post("/meter/readings", files=files).json()
    assert (body["read"], body["written"]) == (25, 25)
    assert [(f["file"], f["source"], f["read"]) for f in body["files"]] == [
        ("a.csv", "meter", 24),
        ("b.csv", "datadis", 1),
    ]
    assert [(r["file"], r["line"]) for r in body["rejected"]] == [("c.txt", 0)]
    assert any(CUPS in note for note in body["notes"])


def test_a_line_that_is_not_taken_is_told_and_the_others_are_kept(client):
    body = post(client, hourly() + "\nyesterday,4\n2026-06-14T05:00:00Z,-3\n").json()
    assert (body["read"], body["written"], body["rejected_lines"]) == (26, 24, 2)
    for told, (line, field) in zip(body["rejected"], [(26, "start_utc"), (27, "kwh")], strict=True):
        assert (told["line"], told["field"]) == (line, field)
        assert told["value"]
        assert told["reason"]
        assert told["allowed"]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("", "file"),
        ("  \n", "file"),
        ("hello", "file"),
        ("start_utc,energy_mwh\n2026-06-14T05:00:00Z,1\n", "energy_mwh"),
        ("CUPS;Fecha;Hora;Consumo_Wh\n", "consumo_wh"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem(client, content, field):
    problem_of(post(client, content), 422, field)


def test_a_body_beyond_all_measure_is_not_read_to_its_end(client, house):
    parts = [b"x" * 2**20] * 40
    sent = raw(client.app, {"method": "POST", "path": "/meter/readings", "raw_path": b"/meter/readings"}, parts)
    assert sent.status == 422
    assert sent.taken <= 18 * 2**20


def test_only_those_who_may_change_something_hand_in_readings(client, house):
    stranger = from_elsewhere(client)
    assert post(stranger, hourly()).status_code == 403
    page = post(client, hourly(), Origin="https://elsewhere.example")
    assert page.status_code == 403
    assert house.store.read(Query(METER_ENERGY, madrid_day(PAST))) == []
    assert stranger.get("/savings").status_code == 200


def test_the_days_that_were_read_are_settled_behind_the_answer(client, house):
    plan_at(house, madrid_day(PAST).start + HOUR / 6)
    job = post(client, hourly()).json()["job_id"]
    done = ended(client, httpx.Response(202, json={"follow": f"/jobs/{job}"}))
    assert done["state"] == "done", done
    assert done["message"] == "1 days settled, 0 revised."
    [day] = client.get("/savings", params={"start": PAST.isoformat(), "end": PAST.isoformat()}).json()["days"]
    assert (day["status"], day["coverage"], day["revision"]) == ("measured", 1.0, 1)


# ------------------------------------------------------------------------------------------------------------- savings
def test_an_empty_ledger_is_not_measured(client):
    body = client.get("/savings").json()
    assert (body["status"], body["days"], body["chapters"]) == ("not measured", [], [])
    assert body["totals"]["saving_eur"] is None
    assert body["start"] == (TODAY - 29 * DAY).isoformat()
    assert body["end"] == TODAY.isoformat()
    assert len(body["baseline"]["sha256"]) == 64
    assert body["baseline"]["problem"] == ""


def test_a_day_without_a_meter_is_not_measured_and_one_that_is_not_over_is_planned(client, house):
    plan_at(house, madrid_day(PAST).start + HOUR / 6)
    plan_at(house, NOON)
    house.savings.settle(Progress())
    body = client.get("/savings").json()
    assert body["status"] == "not measured"
    days = {day["day"]: day for day in body["days"]}
    past, today = days[PAST.isoformat()], days[TODAY.isoformat()]
    assert (past["status"], past["measured_eur"], past["saving_eur"], past["revision"]) == (
        "not measured",
        None,
        None,
        1,
    )
    assert past["planned_eur"] > 0
    assert past["baseline_sha256"] == body["chapters"][0]["sha256"] == body["baseline"]["sha256"]
    assert (today["status"], today["revision"], today["settled_at"]) == ("planned", 0, None)
    assert today["baseline_eur"] > 0
    assert body["totals"]["days_not_measured"] >= 1
    assert body["totals"]["planned_saving_eur"] is not None


def test_a_measured_day_has_its_saving_with_how_far_to_trust_it(client, house):
    plan_at(house, madrid_day(PAST).start + HOUR / 6)
    post(client, hourly(kwh=60.0))
    house.savings.settle(Progress())
    body = client.get("/savings", params={"start": PAST.isoformat(), "end": PAST.isoformat()}).json()
    [day], totals = body["days"], body["totals"]
    assert body["status"] == day["status"] == "measured"
    assert day["saving_eur"] == pytest.approx(day["baseline_eur"] - day["measured_eur"], abs=0.011)
    assert day["saving_pct"] == pytest.approx(100 * day["saving_eur"] / day["baseline_eur"], abs=0.01)
    assert day["kwh"] == pytest.approx(24 * 60)
    assert day["uncertainty_eur"] > 0
    assert day["eur_per_kg"] == pytest.approx(day["measured_eur"] / day["kg"], abs=1e-4)
    assert (totals["saving_eur"], totals["days_compared"]) == (day["saving_eur"], 1)


def test_a_baseline_that_was_changed_is_told_and_what_is_written_is_still_read(client, house, monkeypatch):
    from dataclasses import replace

    from chocolate_factory.planning.search import rules

    plan_at(house, madrid_day(PAST).start + HOUR / 6)
    house.savings.settle(Progress())
    monkeypatch.setattr(rules, "B2", replace(rules.B2, from_h=15))
    plan_at(house, NOON)
    body = client.get("/savings").json()
    assert "was declared in version 1" in body["baseline"]["problem"]
    planned = [day for day in body["days"] if day["status"] == "planned"]
    assert planned
    assert all(day["baseline_eur"] is None for day in planned)
    assert next(day["baseline_eur"] for day in body["days"] if day["status"] == "not measured") > 0


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"start": "soon"}, "start"),
        ({"start": "2026-06-17", "end": "2026-06-01"}, "start"),
        ({"start": "2010-01-01", "end": "2026-06-01"}, "end"),
        ({"end": "1066-10-14"}, "end"),
    ],
)
def test_a_span_that_is_none(client, asked, field):
    problem_of(client.get("/savings", params=asked), 422, field)


def test_one_edge_is_enough(client):
    since = client.get("/savings", params={"start": (TODAY - 5 * DAY).isoformat()}).json()
    assert (since["start"], since["end"]) == ((TODAY - 5 * DAY).isoformat(), TODAY.isoformat())
    until = client.get("/savings", params={"end": "2026-03-29"}).json()
    assert (until["start"], until["end"]) == ("2026-02-28", "2026-03-29")
    assert timedelta(days=1) * room.DEFAULT_DAYS == timedelta(days=30)
