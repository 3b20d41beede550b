"""The index, the documents, and what every answer has."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from prometheus_client.parser import text_string_to_metric_families
from web_house import client_of, demo_house, fine_so_far, from_elsewhere, readable

from chocolate_factory import __version__
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.web.errors import MEDIA_TYPE


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with client_of(demo_house(tmp_path_factory.mktemp("demo"), days=1)) as found:
        yield found


@pytest.fixture(scope="module")
def document(client):
    return client.get("/openapi.json").json()


# ---------------------------------------------------------------------- the index
def test_the_index_is_the_document(client, document):
    index = client.get("/").json()
    assert (index["name"], index["version"], index["world"]) == ("Chocolate Factory", __version__, "simulated")
    told = {(o["method"], o["path"], o["summary"]) for o in index["endpoints"].values()}
    known = {
        (method.upper(), path, operation["summary"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert told == known
    assert len(told) == len(index["endpoints"]) > 25


def test_every_name_of_the_index_is_the_operations_id(client, document):
    ids = {operation["operationId"] for operations in document["paths"].values() for operation in operations.values()}
    assert ids == set(client.get("/").json()["endpoints"])


# ---------------------------------------------------------------------- OpenAPI
def test_every_operation_and_parameter_is_described(document):
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
            for parameter in operation.get("parameters", []):
                described = parameter.get("description") or parameter["schema"].get("description")
                assert described or parameter["in"] == "path" or parameter["name"] in TELLING, (path, parameter)


#: Parameters whose name says it all.
TELLING = {"limit", "station_id"}


def test_every_documented_error_is_a_problem(document):
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    assert document["components"]["schemas"]["Problem"]["properties"].keys() >= {"title", "status", "detail", "errors"}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            errors = {status: r for status, r in operation["responses"].items() if int(status) >= 400}
            assert {"422", "503"} <= errors.keys(), path
            assert all(answer["content"] == {MEDIA_TYPE: reference} for answer in errors.values()), path


def test_long_work_says_that_it_may_be_told_to_wait(document):
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if "202" in operation["responses"]:
                assert "409" in operation["responses"], path


def test_no_reference_leads_nowhere(document):
    schemas = document["components"]["schemas"]
    named = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert named <= schemas.keys()
    assert schemas.keys() <= named


def test_bodies_are_documented(document):
    bodies = {
        path: operation["requestBody"]["content"]
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if "requestBody" in operation
    }
    batch = {"/plan/batches/{id}/lock", "/plan/batches/{id}/move"}
    plan = {"/plan", "/plan/what-if", "/plan/stocks", "/simulate"} | batch
    models = {
        "/models/{name}/promote",
        "/predict",
        "/predict/energy-optimization",
        "/predict/production-recommendation",
    }
    assert set(bodies) == {"/ingest-now", "/init/datosclima/etl", "/meter/readings"} | plan | models
    assert all("$ref" not in str(bodies[path]) for path in plan | models), "a reference would lead nowhere"
    assert bodies["/ingest-now"]["application/json"]["schema"]["properties"]["source"]["enum"]
    assert bodies["/init/datosclima/etl"].keys() == {"multipart/form-data"}
    assert bodies["/meter/readings"].keys() == {"multipart/form-data", "text/csv"}


def test_asking_for_the_document_twice_gives_the_same(client, document):
    assert client.get("/openapi.json").json() == document


# ---------------------------------------------------------------------- pages without internet
class Loads(HTMLParser):
    """What a page makes a browser fetch."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {"script": "src", "link": "href", "img": "src", "iframe": "src", "redoc": "spec-url"}
        self.found += [value for name, value in attrs if name == names.get(tag) and value]


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/dashboard"])
def test_a_page_loads_nothing_from_outside_and_its_policy_lets_it_load_nothing(client, path):
    answer = client.get(path)
    assert answer.headers["content-type"].startswith("text/html")
    loads = [*Loads(answer.text).found, *re.findall(r"url\(([^)]+)\)|@import ([^;]+)", answer.text)]
    assert loads
    for target in loads:
        assert target.startswith("/"), target
        assert not target.startswith("//"), target
        assert client.get(target).status_code == 200, target
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] in ("'self'", "'none'")
    assert policy["frame-ancestors"] == "'none'"
    for sources in policy.values():
        assert set(sources.split()) <= {"'self'", "'none'", "'unsafe-inline'", "data:", "blob:"}, policy


def test_swagger_ui_asks_nobody_whether_the_document_is_valid(client):
    assert '"validatorUrl": null' in client.get("/docs").text
    assert "openapi.json" in client.get("/docs").text


def test_files_of_the_pages_are_kept_and_asked_for_again(client):
    answer = client.get("/dashboard/static/js/main.js")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = client.get("/dashboard/static/js/main.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_dashboards_headers(client):
    headers = client.get("/dashboard").headers
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-cache"
    assert "unsafe" not in headers["content-security-policy"]
    assert client.get("/dashboard/complete").headers["cache-control"] == "no-store"


# ---------------------------------------------------------------------- every answer
@pytest.mark.parametrize("path", ["/", "/health", "/nope", "/dashboard", "/docs", "/dashboard/static/js/main.js"])
def test_every_answer_has_an_id_that_no_other_has(client, path):
    ids = {client.get(path).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch(r"[0-9a-f]{8}", one) for one in ids)


def test_no_answer_says_what_serves_it(client):
    for path in ("/", "/nope", "/docs"):
        assert not {"server", "x-powered-by", "set-cookie"} & client.get(path).headers.keys()


def test_head_says_what_get_says_without_its_body(client):
    for path in ("/", "/health", "/ready", "/metrics", "/dashboard", "/docs", "/dashboard/static/js/main.js", "/nope"):
        head, get = client.head(path), client.get(path)
        assert head.status_code == get.status_code, path
        assert head.headers["content-type"] == get.headers["content-type"], path


def test_head_of_what_changes_something_changes_nothing(client):
    for path in ("/ingest-now", "/init/all", "/gaps/backfill"):
        assert client.head(path).status_code == 405


def test_metrics_follow_prometheus_conventions(client):
    client.get("/jobs/ffffffffffffffff?token=hunter2")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    for name, family in families.items():
        assert name.startswith(("chocolate_factory_", "process_", "python_")), name
        assert family.documentation, name
        assert not re.search(r"_(ms|minutes|hours|days|mb|kb|pct)(_|$)", name), f"{name} is in no base unit"
        if family.type == "counter":
            assert all(s.name.endswith(("_total", "_created")) for s in family.samples), name
    labels = [s.labels for s in families["chocolate_factory_http_request_duration_seconds"].samples]
    assert {"/jobs/{job_id}"} == {found["route"] for found in labels if "jobs" in found["route"]}
    assert "hunter2" not in answer.text


def test_metrics_tell_how_each_job_is(client):
    client.app.state.house.jobs.pause("ml_training")
    families = {f.name: f for f in text_string_to_metric_families(client.get("/metrics").text)}
    paused = {s.labels["job"]: s.value for s in families["chocolate_factory_job_paused"].samples}
    assert paused == {spec.id: float(spec.id == "ml_training") for spec in TIMETABLE}
    severities = {s.labels["severity"] for s in families["chocolate_factory_alerts_open"].samples}
    assert severities == {"info", "warning", "critical"}
    assert {s.labels["series"] for s in families["chocolate_factory_series_last_timestamp_seconds"].samples} >= {"pvpc"}


def test_a_slash_too_many_leads_to_the_page(client):
    answer = client.get("/dashboard/")
    assert answer.status_code == 307
    assert answer.headers["location"].endswith("/dashboard")


def test_everything_that_reads_is_open_to_all(client, document):
    stranger = from_elsewhere(client)
    for path in readable(document):
        if path != "/init/status":  # that one takes its time
            assert stranger.get(path).status_code in fine_so_far(path), path
