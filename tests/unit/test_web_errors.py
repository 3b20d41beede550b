"""Whatever is wrong with a request, the answer is a problem that names it; whatever breaks, it tells no secret."""

from __future__ import annotations

import json
import logging

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from web_house import client_of, demo_house, problem_of, raw

from chocolate_factory import logs
from chocolate_factory.domain import errors as tree
from chocolate_factory.web.errors import STATUS

LONG = "9" * 5000
NOT_A_TIME = ["", "yesterday", "2026-02-30", "\x00", "9999-12-31"]
ODD_TIMES = [
    " ",
    "2026-13-01",
    "2026-06-17T25:00",
    "NaN",
    "٢٠٢٦",
    "1e9",
    LONG,
    "0001-01-01",
    "1997-06-01",
    "2101-01-01T00:00Z",
]


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with client_of(demo_house(tmp_path_factory.mktemp("demo"))) as found:
        yield found


WINDOWED = ["/ree/prices", "/ree/demand", "/ree/generation", "/tariff"]


@pytest.mark.parametrize("field", ["start", "end"])
@pytest.mark.parametrize(
    ("path", "text"),
    [*((path, text) for path in WINDOWED for text in NOT_A_TIME), *(("/tariff", t) for t in ODD_TIMES)],
)
def test_a_wrong_time_is_named(client, path, field, text):
    problem_of(client.get(path, params={field: text}), 422, field)
    other = {"start": "end", "end": "start"}[field]
    problem_of(client.get(path, params={field: text, other: "2026-06-17"}), 422, field)


@pytest.mark.parametrize("path", WINDOWED)
def test_start_after_end_and_windows_too_long_are_named(client, path):
    problem_of(client.get(path, params={"start": "2026-06-18", "end": "2026-06-17"}), 422, "start")
    problem_of(client.get(path, params={"start": "2026-06-17T10:00", "end": "2026-06-17T10:00"}), 422, "start")
    problem_of(client.get(path, params={"start": "2026-01-01", "end": "2036-01-01"}), 422, "end")


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("GET", "/gaps/detect", "days_back"),
        ("POST", "/gaps/backfill", "days_back"),
        ("POST", "/gaps/backfill/auto", "max_gap_hours"),
        ("POST", "/init/datosclima/etl", "years"),
        ("POST", "/init/all", "years"),
        ("GET", "/weather/openweather/forecast", "hours"),
        ("GET", "/gaps/ledger", "limit"),
        ("GET", "/alerts", "limit"),
        ("GET", "/tariff", "resolution"),
    ],
)
def test_a_wrong_number_is_named(client, method, path, field):
    for text in ["-1", "nan", "inf", "ten", "", "1e400", "\x00", LONG, "1,5"]:
        problem_of(client.request(method, path, params={field: text}), 422, field)


@pytest.mark.parametrize(
    ("method", "path", "field", "text"),
    [
        ("GET", "/gaps/detect", "days_back", "1200.1"),
        ("POST", "/init/all", "years", "15.1"),
        ("POST", "/init/all", "years", "0"),
        ("GET", "/weather/openweather/forecast", "hours", "0"),
        ("GET", "/weather/openweather/forecast", "hours", "121"),
        ("GET", "/ree/prices", "series", "demand"),
        ("GET", "/ree/prices", "series", ""),
        ("GET", "/tariff", "tariff", "3.0"),
        ("GET", "/tariff", "resolution", "30"),
        ("GET", "/weather/hybrid", "lang", "de"),
        ("GET", "/dashboard", "lang", "es\n"),
        ("GET", "/dashboard/complete", "lang", "EN"),
        ("GET", "/aemet/token/status", "check", "perhaps"),
        ("POST", "/init/datosclima/etl", "station_id", "9999X"),
        ("POST", "/init/datosclima/etl", "station_id", "x" * 5000),
        ("POST", "/init/historical-data", "start", "last year"),
        ("POST", "/init/historical-data", "end", ""),
    ],
)
def test_a_value_that_is_not_allowed_is_named(client, method, path, field, text):
    problem_of(client.request(method, path, params={field: text}), 422, field)


@pytest.mark.parametrize("id_", ["0", "-1", "x", "1.5", "2147483648", LONG])
def test_a_wrong_alert_is_named(client, id_):
    problem_of(client.post(f"/alerts/{id_}/acknowledge"), 422, "id")


def test_what_does_not_exist_is_404_and_named(client):
    problem_of(client.post("/alerts/2147483647/acknowledge"), 404, "id")
    problem_of(client.get("/jobs/0123456789abcdef"), 404, "job_id")
    problem_of(client.get("/jobs/%00"), 422, "job_id")
    for deed in ("run", "pause", "resume"):
        said = problem_of(client.post(f"/scheduler/jobs/tea_break/{deed}"), 404, "id")
        assert "ree_ingestion" in said["detail"]
    assert "GET / lists" in problem_of(client.get("/nope"), 404)["detail"]
    problem_of(client.get("/dashboard/static/../page.py"), 404)
    problem_of(client.get("/dashboard/static/%2e%2e/page.py"), 404)
    problem_of(client.get("/docs-static/..%2f..%2fcore.py"), 404)


def test_a_method_that_is_not_there_says_which_is(client):
    for method, path, allowed in [("DELETE", "/health", "GET"), ("GET", "/ingest-now", "POST"), ("PUT", "/", "GET")]:
        answer = client.request(method, path)
        problem_of(answer, 405)
        assert answer.headers["allow"] == allowed


def test_the_last_of_repeated_parameters_counts(client):
    body = client.get("/tariff?resolution=7&resolution=15&start=2026-06-17&end=2026-06-17").json()
    assert body["resolution_minutes"] == 15
    assert len(body["slots"]) == 96
    problem_of(client.get("/tariff?resolution=15&resolution=7"), 422, "resolution")


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[", b"]", b"[" * 9000, b'{"source":' * 1500, b"null", b"[]", b'["ree"]', b"1", b"NaN", b"1" * 5000,
        b'"ree"', b"source=ree", b"\xff\xfe", b"\xc3\x28", b"\x00", b"{}{}", b"<xml/>", b" " * 20000,
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_named(client, body):
    problem_of(client.post("/ingest-now", content=body), 422, "body")


@pytest.mark.parametrize("value", [b"null", b"1", b"[]", b"{}", b'""', b'"REE"', b'"\\ud800"', b'"\\u0000"', b"1e999"])
def test_a_source_that_is_none_is_named(client, value):
    said = problem_of(client.post("/ingest-now", content=b'{"source":' + value + b"}"), 422, "source")
    assert "hybrid" in said["detail"]


@pytest.mark.parametrize(("key", "shown"), [("sauce", "sauce"), ("", "body"), ("\ud800", "?"), ("k" * 300, "k" * 80)])
def test_an_unknown_key_of_the_body_is_named(client, key, shown):
    problem_of(client.post("/ingest-now", content=json.dumps({"source": "ree", key: 1}).encode()), 422, shown)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: json.dumps({"source": text}).encode()))
def test_no_body_breaks_it(client, body):
    answer = client.post("/ingest-now", content=body)
    if answer.status_code != 200:
        assert problem_of(answer, 422, answer.json()["errors"][0]["field"])


@pytest.mark.parametrize("kind", [None, "application/x-www-form-urlencoded", "text/plain", "application/json"])
def test_plain_curl_works(client, kind):
    bom, utf16 = b'\xef\xbb\xbf{"source":"ree"}', '{"source":"ree"}'.encode("utf-16")
    for body, source in [(b"", "all"), (b" \n", "all"), (b"{}", "all"), (bom, "ree"), (utf16, "ree")]:
        answer = client.post("/ingest-now", content=body, headers={"content-type": kind} if kind else {})
        assert answer.status_code == 200, answer.text
        assert {"source", "found", "written", "parts"} == set(answer.json())
        assert answer.json()["source"] == source


@pytest.mark.parametrize(
    "scope",
    [
        {"headers": [(b"host", b"[")]},
        {"headers": [(b"host", b"\xff\xfe")]},
        {"headers": [(b"host", b"a"), (b"host", b"b")]},
        {"query_string": b"start=\xff\xfe%ff"},
        {"path": "//evil/..", "raw_path": b"//evil/.."},
        {"path": "/jobs/\ufffd\x00", "raw_path": b"/jobs/%ff%00"},
        {"method": "POST", "path": "/ingest-now", "headers": [(b"origin", b"http://[")]},
        {"method": "POST", "path": "/ingest-now", "headers": [(b"authorization", b"Bearer \xc3\xb1\xff")]},
        {"client": None, "method": "POST", "path": "/ingest-now"},
    ],
)
def test_raw_bytes_of_a_rude_client_are_answered(client, scope):
    assert 200 <= raw(client.app, scope).status < 500


@pytest.mark.parametrize("path", ["/dashboard", "/health", "/tariff"])
@pytest.mark.parametrize("query", [b"x=%ff", b"\xff\xfe", b"&&&=&", b"lang=es&" + b"a=1&" * 2000])
def test_odd_query_strings_are_answered(client, path, query):
    answer = raw(client.app, {"path": path, "raw_path": path.encode(), "query_string": query})
    assert answer.status in (200, 422)


def test_a_fault_of_ours_is_a_problem_without_its_inside(client, monkeypatch):
    fault = RuntimeError("the vault's code is 1234")

    def breaks(*_args):
        raise fault

    monkeypatch.setattr(client.app.state.house.jobs, "jobs", breaks)
    with structlog.testing.capture_logs() as told:
        body = problem_of(client.get("/jobs"), 500)
    assert "1234" not in json.dumps(body)
    assert "Traceback" not in json.dumps(body)
    assert [(line["event"], line["path"], line["exc_info"]) for line in told] == [("request broke", "/jobs", fault)]


@pytest.mark.parametrize("format_", ["text", "json"])
def test_a_traceback_in_the_log_holds_no_variable_of_its_frames(format_, capsys):
    """They are where keys and tokens stand."""

    def breaks(key: str) -> None:
        raise RuntimeError(f"{len(key)} letters")

    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = list(root.handlers), root.level
    try:
        logs.configure("info", format_)
        for logger in (structlog.get_logger("ours"), logging.getLogger("uvicorn.error")):
            try:
                breaks("-".join(("key", "of", "the", "house")))
            except RuntimeError:
                logger.exception("request broke")
    finally:
        structlog.configure(**before)
        root.handlers[:], root.level = handlers, level
    said = capsys.readouterr().err
    assert said.count("RuntimeError: 16 letters") == 2
    assert said.count("in breaks") == 2
    assert "key-of-the-house" not in said


def test_a_store_that_cannot_serve_is_503(client, monkeypatch):
    def breaks(*_args, **_options):
        raise tree.StoreError("The time-series store cannot serve: disk I/O error.")

    monkeypatch.setattr(client.app.state.house.store, "inventory", breaks)
    assert "disk I/O" in problem_of(client.get("/influxdb/verify"), 503)["detail"]


def test_every_leaf_of_the_tree_has_a_status():
    leaves = [kind for kind in vars(tree).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert len(leaves) > 10
    for kind in leaves:
        nearest = next(STATUS[parent] for parent in kind.__mro__ if parent in STATUS)
        assert nearest < 500 or not issubclass(kind, tree.InputError | tree.UpstreamError | tree.ForbiddenError)
