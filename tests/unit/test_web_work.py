"""Long work over HTTP: taken on with 202, followed, told part by part."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import httpx
import pytest
from web_house import NOON, client_of, demo_house, ended, plant, problem_of, real_house

from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, HOUR, Interval, madrid_midnight
from chocolate_factory.usecases import workshop
from chocolate_factory.usecases.initialise import PARTS
from chocolate_factory.web import app as web_app


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Of a real house whose upstreams are all down."""
    with client_of(real_house(tmp_path, monkeypatch)) as found:
        yield found


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with client_of(demo_house(tmp_path_factory.mktemp("demo"))) as found:
        yield found


# ---------------------------------------------------------------------- jobs
def test_long_work_is_taken_on_and_followed_to_its_end(demo):
    answer = demo.post("/gaps/backfill", params={"days_back": 5})
    assert answer.json().keys() == {"job_id", "state", "follow"}
    job = ended(demo, answer)
    assert (job["state"], job["progress"], job["errors"]) == ("done", 1.0, [])
    assert job["deed"] == "backfill"
    assert job["counts"]["filled"] == job["counts"]["expected"] > 0
    assert job["created_at"] <= job["started_at"] <= job["ended_at"]
    assert demo.get("/jobs").json()[0] == job
    assert ended(demo, demo.post("/gaps/backfill", params={"days_back": 5}))["counts"] == {"expected": 0, "filled": 0}


def test_work_of_which_nothing_came_has_failed_and_says_who_was_down(client):
    job = ended(client, client.post("/gaps/backfill", params={"days_back": 0.5}))
    assert job["state"] == "failed"
    assert job["counts"]["filled"] == 0 < job["counts"]["expected"]
    assert any("ree.prices" in error and "HTTP 500" in error for error in job["errors"])


def test_progress_is_between_none_and_all_while_work_runs(demo):
    house, seen, go_on = demo.app.state.house, threading.Event(), threading.Event()

    def deed(progress):
        for i in range(4):
            progress.step(i / 4, f"step {i}", found=i)
        seen.set()
        go_on.wait(10)
        return "done with it"

    job = house.workshop.start("patience", deed)
    assert seen.wait(10)
    running = demo.get(f"/jobs/{job.id}").json()
    assert running["state"] == "running"
    assert 0 <= running["progress"] < 1
    assert running["ended_at"] is None
    waiting = demo.post("/gaps/backfill/auto").json()
    assert demo.get(waiting["follow"]).json()["state"] == "queued"
    go_on.set()
    assert ended(demo, httpx.Response(202, json={"follow": f"/jobs/{job.id}"}))["message"] == "done with it"
    assert ended(demo, httpx.Response(202, json=waiting))["state"] == "done"


def test_too_much_waiting_work_is_refused(demo, monkeypatch):
    monkeypatch.setattr(workshop, "MOST_WAITING", 3)
    house, go_on = demo.app.state.house, threading.Event()
    house.workshop.start("long", lambda _progress: str(go_on.wait(10)))
    taken = [demo.post("/gaps/backfill/auto") for _ in range(3)]
    try:
        assert [answer.status_code for answer in taken] == [202] * 3
        refused = demo.post("/init/all", params={"years": 0.01})
        assert "3 pieces of work" in problem_of(refused, 409)["detail"]
    finally:
        go_on.set()
    assert [ended(demo, answer)["state"] for answer in taken] == ["done"] * 3
    assert demo.post("/gaps/backfill/auto").status_code == 202


def test_a_fault_of_ours_ends_a_job_and_the_next_one_runs(demo):
    house = demo.app.state.house

    def breaks(_progress):
        raise ZeroDivisionError

    hook, threading.excepthook = threading.excepthook, lambda _args: None
    try:
        job = house.workshop.start("broken", breaks)
        told = ended(demo, httpx.Response(202, json={"follow": f"/jobs/{job.id}"}))
    finally:
        threading.excepthook = hook
    assert (told["state"], told["errors"]) == ("failed", ["internal error: ZeroDivisionError"])
    assert ended(demo, demo.post("/gaps/backfill/auto"))["state"] == "done"


def test_a_stopped_workshop_takes_nothing_on(tmp_path):
    house = demo_house(tmp_path, days=1)
    with client_of(house) as client:
        house.workshop.close()
        assert "stopping" in problem_of(client.post("/init/all"), 503)["detail"]


def test_a_stop_does_not_wait_for_work_that_hangs(tmp_path, monkeypatch):
    monkeypatch.setattr(web_app, "LEAVE_SECONDS", 0.2)
    house, hangs, go_on = demo_house(tmp_path, days=1), threading.Event(), threading.Event()
    with client_of(house):
        house.workshop.start("hangs", lambda _progress: str(hangs.set() or go_on.wait(20)))
        assert hangs.wait(10)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    go_on.set()


def test_jobs_of_a_dead_process_are_told_as_failed(tmp_path):
    house = demo_house(tmp_path, days=1)
    left = house.jobs.add_job("init all")
    with client_of(house) as client:
        job = client.get(f"/jobs/{left.id}").json()
        assert job["state"] == "failed"
        assert "ask again" in job["errors"][0]


# ---------------------------------------------------------------------- init
def test_init_all_reports_each_part(demo):
    job = ended(demo, demo.post("/init/all", params={"years": 0.02}))
    assert job["state"] == "done"
    for part in PARTS:
        assert f"{part}: " in job["message"]
        assert job["counts"][f"{part}.expected"] == job["counts"][f"{part}.filled"]
    reached = {name for name in job["counts"] if name.startswith("reached.")}
    assert reached == {f"reached.{feed}" for feed in demo.app.state.house.feeds} - {"reached.demo.daily_weather"}


def test_init_all_without_any_upstream_fails_and_names_each(client):
    job = ended(client, client.post("/init/all", params={"years": 0.02}))
    assert job["state"] == "failed"
    assert {job["counts"][f"{part}.filled"] for part in PARTS} == {0}
    for upstream in ("ree.", "esios.", "omie.", "open_meteo.", "datosclima."):
        assert any(upstream in error for error in job["errors"]), upstream
    assert set(job["counts"].values()) >= {0.0}


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ({}, NOON - 3 * 365.25 * DAY, None),
        ({"start": "2026-05-01"}, "2026-05-01", None),
        ({"start": "2026-05-01", "end": "2026-05-02"}, "2026-05-01", "2026-05-02"),
        ({"start": "2016-01-01", "end": "2026-01-01"}, "2016-01-01", "2026-01-01"),
        ({"end": "2024-01-31"}, None, "2024-01-31"),
    ],
)
def test_the_window_of_a_load(demo, monkeypatch, asked, start, end):
    house, seen = demo.app.state.house, []
    deed = house.initialise
    monkeypatch.setattr(type(deed), "__call__", lambda _self, _part, window, _p: seen.append(window) or Told())
    ended(demo, demo.post("/init/historical-data", params=asked))
    tomorrow_ends = house.detect.window(1).end
    whole = Interval(madrid_midnight((NOON - 3 * 365.25 * DAY).date()), tomorrow_ends)
    [window] = seen
    if start is None:
        assert window.duration == whole.duration
    elif isinstance(start, str):
        assert window.start == madrid_midnight(NOON.date().fromisoformat(start))
    else:
        assert window.start == whole.start
    assert window.end == (madrid_midnight(NOON.date().fromisoformat(end) + DAY) if end else tomorrow_ends)


class Told:
    summary = "told"


def test_a_load_that_cannot_be_is_named(client):
    too_long = {"start": "1999-01-01", "end": "2026-01-01"}
    problem_of(client.post("/init/historical-data", params=too_long), 422, "end")
    problem_of(client.post("/init/historical-data", params={"start": "2027-01-01"}), 422, "start")
    problem_of(client.post("/init/historical-data", params={"end": "1998-01-01"}), 422, "end")
    assert client.get("/jobs").json() == []


def test_what_is_there_and_what_to_do(client):
    empty = client.get("/init/status").json()
    assert empty["status"].keys() == {
        "historical_weather_records", "historical_ree_records", "missing_records", "is_initialized"
    }  # fmt: skip
    assert (empty["status"]["historical_weather_records"], empty["status"]["is_initialized"]) == (0, False)
    assert len(empty["recommendations"]) == len(PARTS)
    written = plant(client.app.state.house, "pvpc", "2026-06-01", "2026-06-10", source="ree")
    plant(client.app.state.house, "temperature_max", "2026-05-01", "2026-05-03", source="siar", value=25)
    plant(client.app.state.house, "temperature_max", "2026-05-02", "2026-05-04", source="datosclima", value=25)
    told = client.get("/init/status").json()["status"]
    assert told["historical_ree_records"] == written == 240
    assert told["historical_weather_records"] == 4
    assert told["missing_records"] == empty["status"]["missing_records"] - 244


# ---------------------------------------------------------------------- gaps
def test_a_hole_is_seen_filled_and_gone(demo):
    house, asked = demo.app.state.house, {"days_back": 3}
    ended(demo, demo.post("/gaps/backfill", params=asked))
    assert demo.get("/gaps/detect", params=asked).json()["gaps"] == []
    house.store.forget("pvpc", frozenset({Kind.SIMULATED}), NOON - 30 * HOUR)
    seen = demo.get("/gaps/detect", params=asked).json()
    [gap] = seen["gaps"]
    assert (gap["series"], gap["state"], gap["missing"]) == ("pvpc", "open", 72 - 30)
    assert gap["start"] < gap["end"]
    assert gap["priority_reason"]
    assert seen["summary"]["total_gaps"] == 1
    assert seen["summary"]["missing_records"] == 42
    assert 0 <= seen["summary"]["estimated_recovery_seconds"] < 5
    assert ended(demo, demo.post("/gaps/backfill", params=asked))["counts"] == {"expected": 42, "filled": 42}
    assert demo.get("/gaps/detect", params=asked).json()["gaps"] == []
    summary = demo.get("/gaps/summary").json()
    assert summary["last_recovery"].keys() >= {"at", "filled", "failed", "success_rate"}
    assert (summary["last_recovery"]["filled"], summary["last_recovery"]["success_rate"]) == (42, 1.0)
    assert all(row.keys() >= {"series", "last", "behind_hours", "status"} for row in summary["series"])
    [newest] = demo.get("/gaps/ledger", params={"limit": 1}).json()["gaps"]
    assert (newest["series"], newest["state"], newest["filled"]) == ("pvpc", "filled", 42)


def test_only_the_longer_gaps_are_filled(client):
    job = ended(client, client.post("/gaps/backfill/auto", params={"max_gap_hours": 24000}))
    assert (job["state"], job["counts"]) == ("done", {"expected": 0, "filled": 0})
    assert ended(client, client.post("/gaps/backfill/auto", params={"max_gap_hours": 0}))["counts"]["expected"] > 0


# ---------------------------------------------------------------------- the timetable
def test_the_timetable(demo):
    told = demo.get("/scheduler/status").json()["scheduler"]
    assert told["total_jobs"] == len(told["jobs"]) >= 6
    for job in told["jobs"]:
        assert job.keys() >= {"id", "next_run", "last_run", "last_outcome", "schedule"}
        assert job["next_run"] > "2026-06-17T12:10"


def test_a_job_is_held_and_let_go(demo):
    held = demo.post("/scheduler/jobs/token_management/pause").json()
    assert (held["id"], held["paused"]) == ("token_management", True)
    shown = {j["id"]: j["paused"] for j in demo.get("/scheduler/status").json()["scheduler"]["jobs"]}
    assert [name for name, paused in shown.items() if paused] == ["token_management"]
    assert demo.post("/scheduler/jobs/token_management/resume").json()["paused"] is False


def test_a_job_is_run_because_somebody_asks(tmp_path):
    house = demo_house(tmp_path, days=1)
    with client_of(house, awake=True) as client:
        job = ended(client, client.post("/scheduler/jobs/token_management/run"))
        assert (job["state"], job["message"]) == ("done", "token_management: done.")
        told = {j["id"]: j for j in client.get("/scheduler/status").json()["scheduler"]["jobs"]}
        assert told["token_management"]["last_outcome"] == "done"


def test_a_run_that_failed_is_a_job_that_failed(tmp_path, monkeypatch):
    house = real_house(tmp_path, monkeypatch)
    with client_of(house, awake=True) as client:
        job = ended(client, client.post("/scheduler/jobs/ree_ingestion/run"))
        if "is running" in job["errors"][0]:  # the timetable was quicker
            house.clock.moment += timedelta(seconds=1)
            job = ended(client, client.post("/scheduler/jobs/ree_ingestion/run"))
        assert job["state"] == "failed"
        assert "ree" in job["errors"][0]


# ---------------------------------------------------------------------- alerts
def test_an_alert_is_seen_and_stays(client):
    ended(client, client.post("/gaps/backfill", params={"days_back": 0.5}))
    [alert, *_] = client.get("/alerts").json()["alerts"]
    assert alert["state"] == "open"
    assert alert["message"]
    assert alert["action"]
    seen = client.post(f"/alerts/{alert['id']}/acknowledge").json()
    assert (seen["state"], seen["id"]) == ("acknowledged", alert["id"])
    assert client.post(f"/alerts/{alert['id']}/acknowledge").json() == seen
    assert client.get("/alerts", params={"limit": 1}).json()["alerts"] == [seen]


# ---------------------------------------------------------------------- ingest now
def test_ingest_now_tells_part_by_part_who_failed(client):
    told = client.post("/ingest-now", content=b'{"source":"ree"}').json()
    assert (told["source"], told["found"], told["written"]) == ("ree", 0, 0)
    assert {part["feed"] for part in told["parts"]} >= {"ree.prices", "ree.demand", "ree.generation"}
    assert all("500" in part["error"] for part in told["parts"])


def test_ingest_now_of_what_has_no_key_asks_nobody(client):
    told = client.post("/ingest-now", content=b'{"source":"openweather"}').json()
    assert told["found"] == 0
    assert not [part for part in told["parts"] if not part["error"]]
