"""Long work over HTTP: taken on with 202, followed, told part by part; and the files that people hand in."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import httpx
import pytest
from web_house import NOON, STRANGER, client_of, demo_house, ended, plant, problem_of, raw, real_house

from chocolate_factory.domain.series import Kind, Query
from chocolate_factory.domain.time import DAY, EARLIEST, HOUR, LATEST, Interval, madrid_midnight
from chocolate_factory.usecases import workshop
from chocolate_factory.usecases.initialise import PARTS
from chocolate_factory.web import app as web_app
from chocolate_factory.web import uploads

SIAR_HEADER = "IdProvincia;IdEstacion;Fecha;Temp Media (ºC);Temp Max (ºC);Temp Mínima (ºC);Precipitación (mm)"


def siar(days: int, first: int = 1) -> bytes:
    """A SIAR export of so many days of May 2025."""
    rows = [f"23;17;{first + i:02}/05/2025;17,2;2{i % 10},1;9,{i % 10};0,4" for i in range(days)]
    return "\r\n".join([SIAR_HEADER, *rows, ""]).encode("utf-16-le")


@pytest.fixture
def client(tmp_path, monkeypatch):
    """Of a real house whose upstreams are all down."""
    with client_of(real_house(tmp_path, monkeypatch)) as found:
        yield found


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with client_of(demo_house(tmp_path_factory.mktemp("demo"))) as found:
        yield found


def upload(client, *files: tuple[str, bytes], field: str = "files", **params):
    parts = [(field, (name, content)) for name, content in files]
    return client.post("/init/datosclima/etl", files=parts, params=params)


def days_held(client) -> int:
    days = Query("temperature_max", Interval(EARLIEST, LATEST))
    return len({start for start, _ in client.app.state.house.store.starts(days)})


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


# ---------------------------------------------------------------------- files that are handed in
@pytest.mark.parametrize("field", ["files", "file", "upload[]"])
def test_an_uploaded_file_is_taken_in_and_again_changes_nothing(client, field):
    for written in (93, 0):  # four series, of which one is not in this export, and mean, maximum, minimum, rain
        job = ended(client, upload(client, ("siar.csv", siar(31)), field=field))
        assert job["state"] == "done"
        assert job["counts"]["files"] == 1
        assert job["counts"]["written"] == (written and job["counts"]["found"])
        assert days_held(client) == 31


def test_a_reduced_csv_carries_its_day_in_its_name(client):
    line = "Linares;Jaén;27,4;15:10;9,8;06:20;0,0\n".encode("latin-1")
    assert ended(client, upload(client, ("Aemet20250503.csv", line)))["counts"]["written"] == 3
    read = client.app.state.house.store.read(Query("temperature_max", Interval(EARLIEST, LATEST)))
    assert [(o.value, o.source, o.kind) for o in read] == [(27.4, "datosclima", Kind.OBSERVED)]
    job = ended(client, upload(client, ("may.csv", line)))
    assert job["state"] == "failed"
    assert "must carry the day" in job["errors"][0]


BROKEN = {
    "empty.csv": b"",
    "text.txt": b"just words",
    "page.html": b"<html></html>",
    "cut.rar": b"Rar!\x1a\x07\x00" + b"\xcf\x90\x73\x00\x00\x0d\x00",
    "new.rar": b"Rar!\x1a\x07\x01\x00" + b"\x00" * 50,
    "Aemet2025-05-03.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600,
    "nul.csv": b"\x00" * 3000,
    "\u202eexe.vsc": b"\xff" * 100,
    "../../etc/passwd": b"root:x:0:0",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_read_fails_its_job_and_is_named(client, name):
    job = ended(client, upload(client, (name, BROKEN[name])))
    assert job["state"] == "failed"
    assert repr(name)[1:-1] in " ".join(job["errors"])
    assert "internal" not in " ".join(job["errors"])
    assert client.app.state.house.store.inventory() == []


def test_one_broken_file_costs_itself_alone(client):
    files = list(BROKEN.items())
    job = ended(client, upload(client, *files[:4], ("siar.csv", siar(10)), *files[4:]))
    assert job["state"] == "done"
    assert job["counts"]["files"] == 1
    assert days_held(client) == 10
    for name in BROKEN:
        assert repr(name)[1:-1] in " ".join(job["errors"])


def test_a_damaged_line_costs_itself_alone(client):
    text = siar(10).decode("utf-16-le").replace("03/05/2025", "33/05/2025").replace("24,1", "999,1")
    job = ended(client, upload(client, ("siar.csv", text.encode("utf-16-le"))))
    assert job["state"] == "done"
    assert days_held(client) == 8
    lines = [error.partition(": line ")[2] for error in job["errors"] if ": line " in error]
    assert [line.partition(":")[0] for line in lines] == ["4", "6"]


def test_files_of_another_station_or_of_tomorrow_give_nothing(client):
    other = siar(5).decode("utf-16-le").replace("23;17;", "23;02;").encode("utf-16-le")
    assert ended(client, upload(client, ("siar.csv", other)))["state"] == "failed"
    ahead = siar(5).decode("utf-16-le").replace("/2025", "/2027").encode("utf-16-le")
    assert ended(client, upload(client, ("siar.csv", ahead)))["state"] == "failed"
    assert days_held(client) == 0
    problem_of(upload(client, ("siar.csv", siar(1)), station_id="8175"), 422, "station_id")


def multipart(boundary: str, *parts: str) -> bytes:
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts).encode() + f"--{boundary}--\r\n".encode()


WORDS = 'Content-Disposition: form-data; name="files"\r\n\r\nwords'


@pytest.mark.parametrize(
    ("more", "body"),
    [
        ("", b"x"),
        ("; boundary=", b"x"),
        ("; boundary=x", b""),
        ("; boundary=x", b"nonsense"),
        ("; boundary=x", b"--x--\r\n"),
        ("; boundary=x", multipart("x", WORDS)),
        ("; boundary=x", multipart("x", "Content-Disposition: form-data\r\n\r\nwords")),
        ("; boundary=x", multipart("x", "\r\n\r\n")),
        ("; boundary=x; charset=hex", multipart("x", WORDS)),
        ("; boundary=x; charset=idna", multipart("x", WORDS).replace(b"files", b"\xff")),
        ("; boundary=" + "x" * 300, b"--" + b"x" * 300),
        ("; boundary=é", b"--\xe9--"),
    ],
)
def test_multipart_without_files_is_named(client, more, body):
    headers = {"content-type": f"multipart/form-data{more}".encode()}
    problem_of(client.post("/init/datosclima/etl", content=body, headers=headers), 422, "files")
    assert client.get("/jobs").json() == []


def test_too_many_files_are_refused(client, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_FILES", 3)
    said = problem_of(upload(client, *[(f"{i}.csv", b"x") for i in range(4)]), 422, "files")
    assert "3" in said["detail"]
    assert upload(client, *[(f"{i}.csv", b"x") for i in range(3)]).status_code == 202


UPLOAD = {"method": "POST", "path": "/init/datosclima/etl", "raw_path": b"/init/datosclima/etl"}
MULTIPART = (b"content-type", b"multipart/form-data; boundary=x")
HEAD = b'--x\r\nContent-Disposition: form-data; name="files"; filename="big.rar"\r\n\r\n'


def without_end():
    yield HEAD
    while True:
        yield b"\x00" * 2**16


def test_too_large_a_body_is_refused_before_it_is_whole(client, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_BYTES", 2**20)
    monkeypatch.setattr(uploads, "MOST_FILES", 1)
    answer = raw(client.app, {**UPLOAD, "headers": [MULTIPART]}, without_end())
    assert (answer.status, answer.headers["content-type"]) == (422, "application/problem+json")
    assert b"1 MiB in all" in answer.body
    assert answer.taken < 2 * 2**20
    assert client.get("/jobs").json() == []


def test_a_stranger_is_refused_before_a_byte_is_read(client):
    answer = raw(client.app, {**UPLOAD, "headers": [MULTIPART], "client": STRANGER}, without_end())
    assert (answer.status, answer.taken) == (403, 0)
    answer = raw(client.app, {**UPLOAD, "path": "/ingest-now", "client": STRANGER}, without_end())
    assert (answer.status, answer.taken) == (403, 0)


def test_without_files_the_history_is_loaded(client):
    for body, kind in [(b"", "text/plain"), (b"{}", "application/json")]:
        answer = client.post("/init/datosclima/etl?years=0.05", content=body, headers={"content-type": kind})
        job = ended(client, answer)
        assert (job["deed"], job["state"]) == ("init daily weather", "failed")
        assert any("datosclima.daily" in error for error in job["errors"])


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
