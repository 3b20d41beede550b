"""What a server may answer, and what becomes of it; a stand-in for the network."""

from __future__ import annotations

import gzip

import httpx
import pytest
import structlog

from chocolate_factory.adapters.influx_database import InfluxDatabase
from chocolate_factory.adapters.influx_http import InfluxAddress, InfluxHttp
from chocolate_factory.domain.errors import StoreAwayError, StoreError, WrongWorldError

ADDRESS = InfluxAddress("http://far:8086", "factory", token="very-secret", org="plants")


def http_of(answer, address: InfluxAddress = ADDRESS) -> InfluxHttp:
    return InfluxHttp(address, httpx.MockTransport(answer))


def results(*series: dict, **more) -> httpx.Response:
    return httpx.Response(200, json={"results": [{"series": list(series), **more}]})


def test_lines_travel_packed_with_the_token():
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    http_of(answer).write(["a v=1 0", "b v=2 0"])
    assert gzip.decompress(seen[0].content) == b"a v=1 0\nb v=2 0"
    assert seen[0].headers["Authorization"] == "Token very-secret"
    assert dict(seen[0].url.params) == {"db": "factory"}, "nanoseconds, which all versions call alike"


@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
def test_what_may_pass_is_away_and_says_why_without_the_token(status):
    http = http_of(lambda _: httpx.Response(status, json={"error": "in trouble"}))
    with pytest.raises(StoreAwayError, match=f"{status}: in trouble") as told:
        http.query("SHOW DATABASES")
    assert "very-secret" not in str(told.value)


def test_what_will_not_pass_is_refused():
    with pytest.raises(StoreError, match="field type conflict") as told:
        http_of(lambda _: httpx.Response(400, json={"error": "field type conflict"})).write(["a v=1"])
    assert not isinstance(told.value, StoreAwayError)
    with pytest.raises(StoreError, match="error parsing"):
        http_of(lambda _: results(error="error parsing query")).query("NONSENSE")


@pytest.mark.parametrize("answer", [(200, "<html>please sign in"), (302, "/login"), (301, "https://far"), (202, "")])
def test_a_write_is_done_where_the_server_says_204_and_nowhere_else(answer):
    status, body = answer
    headers = {"Location": body} if status in (301, 302) else {}
    with pytest.raises(StoreAwayError, match=f"HTTP {status}"):
        http_of(lambda _: httpx.Response(status, text=body, headers=headers)).write(["a v=1"])


@pytest.mark.parametrize(
    "error", ["database not found: factory", "timeout", "max-concurrent-queries limit exceeded(4, 4)"]
)
def test_what_may_go_well_another_time_is_away(error):
    with pytest.raises(StoreAwayError):
        http_of(lambda _: results(error=error)).query("SELECT 1")


def test_an_answer_that_is_cut_off_is_no_answer():
    """By the server's own max-row-limit: what is missing would be taken for what is not held."""
    with pytest.raises(StoreError, match="max-row-limit to 0"):
        http_of(lambda _: results({"name": "spot", "values": [[0, 1.0]], "partial": True})).query("SELECT 1")
    long = {"name": "spot", "values": [[i, 1.0] for i in range(10_001)], "partial": True}
    assert len(http_of(lambda _: results(long)).query("SELECT 1")[0]["values"]) == 10_001, (
        "so 1.6 says of every long one"
    )


def test_another_program_at_that_address_is_named():
    with pytest.raises(StoreError, match="no InfluxDB"):
        http_of(lambda _: httpx.Response(200, text="<html>")).query("SHOW DATABASES")


def test_one_log_line_going_and_one_coming_back():
    up = iter([True, False, False, False, True, True])

    def answer(_request: httpx.Request) -> httpx.Response:
        if next(up):
            return results()
        raise httpx.ConnectError("refused")

    http = http_of(answer)
    with structlog.testing.capture_logs() as lines:
        for _ in range(6):
            try:
                http.query("SHOW DATABASES")
            except StoreAwayError:
                continue
    assert [line["event"] for line in lines] == ["time-series store is down", "time-series store is back"]


def test_a_connection_that_was_closed_while_idle_is_tried_once_more():
    tries = iter([httpx.RemoteProtocolError("closed"), results(), httpx.ReadError("1"), httpx.ReadError("2")])

    def answer(_request: httpx.Request) -> httpx.Response:
        found = next(tries)
        if isinstance(found, Exception):
            raise found
        return found

    http = http_of(answer)
    assert http.query("SHOW DATABASES") == []
    with pytest.raises(StoreAwayError):
        http.query("SHOW DATABASES")


# ---------------------------------------------------------------------- the database
class Server:
    """Says what a database holds, and remembers what it was told to do."""

    def __init__(self, version: str, names: list[str], said: list | None = None) -> None:
        self.version, self.names, self.said = version, names, said
        self.deeds: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/ping":
            return httpx.Response(204, headers={"X-Influxdb-Version": self.version})
        if request.url.path == "/api/v2/orgs":
            return httpx.Response(200, json={"orgs": [{"id": "17"}]})
        if request.url.path == "/query" and request.method == "GET":
            return self._read(request.url.params["q"])
        body = request.content
        self.deeds.append(
            request.url.path + " " + (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode()
        )
        return httpx.Response(204) if request.url.path == "/write" else results()

    def _read(self, question: str) -> httpx.Response:
        if question == "SHOW DATABASES":
            return results({"name": "databases", "values": [[name] for name in self.names]})
        return results({"values": [[0, *self.said]]}) if self.said else results()


def test_a_database_of_1_is_made_and_says_its_world():
    server = Server("1.8.10", [])
    InfluxDatabase(http_of(server), "real").opened()
    made, marked = server.deeds
    assert "CREATE+DATABASE" in made
    assert marked == '/write chocolate_factory world="real",whole=true 0'


def test_a_bucket_of_2_is_made_in_its_organisation():
    server = Server("v2.7.12", [])
    InfluxDatabase(http_of(server), "real").opened()
    assert server.deeds[0].startswith("/api/v2/buckets")
    assert '"orgID":"17"' in server.deeds[0].replace(" ", "")


def test_a_bucket_that_is_missing_without_an_organisation_is_told():
    with pytest.raises(StoreAwayError, match="INFLUXDB_ORG"):
        InfluxDatabase(http_of(Server("v2.7.12", []), InfluxAddress("http://far:8086", "factory")), "real").opened()


def test_a_database_that_is_there_is_only_read():
    server = Server("1.8.10", ["factory"], ["real", True])
    InfluxDatabase(http_of(server), "real").opened()
    assert server.deeds == []


def test_the_other_worlds_database_and_somebody_elses_are_refused():
    with pytest.raises(WrongWorldError, match="simulated"):
        InfluxDatabase(http_of(Server("1.8.10", ["factory"], ["simulated", True])), "real").opened()
    with pytest.raises(StoreError, match="not ours"):
        InfluxDatabase(http_of(Server("1.8.10", ["factory"], [3.5, None])), "real").opened()
