"""Who may change something: holders of the token, clients of a local network; never a page of another origin."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from web_house import LOCAL, STRANGER, client_of, demo_house, from_elsewhere, problem_of

from chocolate_factory.web.auth import is_local, may_change, same_origin

TOKEN = "contraseña de la fábrica ✓"
BEARER = {"Authorization": f"Bearer {TOKEN}".encode()}
DEED = "/scheduler/jobs/health_check/pause"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with client_of(demo_house(tmp_path_factory.mktemp("demo"), days=1)) as found:
        yield found


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    names = {"API_TOKEN": TOKEN, "API_LOCAL_NETWORKS": "127.0.0.0/8,::1,192.168.7.0/24"}
    with client_of(demo_house(tmp_path_factory.mktemp("guarded"), days=1, **names)) as found:
        yield found


def passes(client, *, peer=LOCAL, host="127.0.0.1:8000", **headers) -> bool:
    """Whether a request with these headers may change something; a refusal is a problem that says who may."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = from_elsewhere(client, peer).post(DEED, headers={"Host": host, **sent})
    if answer.status_code == 200:
        return True
    problem_of(answer, 403)
    return False


def test_everything_but_get_asks_who_it_is(client):
    for route in client.app.state.api_routes:
        if isinstance(route, APIRoute) and route.methods != {"GET"}:
            asked = [dependency.call for dependency in route.dependant.dependencies]
            assert may_change in asked, route.path


def test_every_change_is_refused_to_a_stranger(client):
    stranger = from_elsewhere(client)
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        for method in operations.keys() - {"get"}:
            problem_of(stranger.request(method, path.replace("{id}", "1")), 403)
            assert "403" in operations[method]["responses"], path


def test_a_local_program_passes_and_a_stranger_does_not(client):
    assert passes(client)
    assert passes(client, peer=("127.8.9.1", 1))
    assert passes(client, peer=("::1", 1))
    assert passes(client, peer=("::ffff:127.0.0.1", 1))
    assert passes(client, host="brain.factory.lan")
    for peer in [STRANGER, ("10.0.0.1", 1), ("2001:db8::1", 1), ("::ffff:203.0.113.7", 1), ("testclient", 1), ("", 1)]:
        assert not passes(client, peer=peer)


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "X-Forwarded-Host", "X-Real-IP", "Via"])
@pytest.mark.parametrize("value", ["127.0.0.1", "", "for=127.0.0.1"])
def test_what_came_through_a_proxy_is_never_local(client, name, value):
    assert not passes(client, **{name: value})


def test_the_sidecars_peer_is_local_neither_by_its_network(guarded):
    assert passes(guarded, peer=("192.168.7.20", 1))
    assert not passes(guarded, peer=("192.168.7.20", 1), X_Forwarded_For="100.64.0.3")
    assert not passes(guarded, peer=("192.168.8.20", 1))


@pytest.mark.parametrize("site", ["cross-site", "same-site", "CROSS-SITE", "nonsense", ""])
def test_a_page_of_another_site_may_not(client, guarded, site):
    assert not passes(client, Sec_Fetch_Site=site)
    assert not passes(guarded, Sec_Fetch_Site=site, **BEARER)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example", "https://evil.example", "null", "", "http://127.0.0.1", "http://127.0.0.1:8001",
        "http://127.0.0.1:8000@evil.example", "http://127.0.0.1:8000.evil.example", "http://[", "http://[::1", "file://",
        "127.0.0.1:8000", "http://localhost:8000", "javascript:alert(1)", "http://127.0.0.1:8000 http://evil.example",
        "//127.0.0.1:80000", "http://ｅ.example", "http://127.0.0.1:8000\\@evil.example",
    ],
)  # fmt: skip
def test_another_origin_may_not(client, guarded, origin):
    assert not passes(client, Origin=origin.encode())
    assert not passes(guarded, Origin=origin.encode(), **BEARER)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "factory", "192.168.7.5"])
def test_our_own_page_may(client, host):
    assert passes(client, host=host, Origin=f"http://{host}")
    assert passes(client, host=host, Origin=f"http://{host}", Sec_Fetch_Site="same-origin")
    assert passes(client, host=host, Sec_Fetch_Site="same-origin")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.nip.io:8000", "localhost.", ""])
def test_a_foreign_name_that_resolves_to_us_may_not_without_the_token(client, guarded, host):
    """DNS rebinding: for the browser the page and we are one origin."""
    assert not passes(client, host=host, Origin=f"http://{host}", Sec_Fetch_Site="same-origin")
    assert not passes(client, host=host, Sec_Fetch_Site="same-origin")
    assert host == "" or passes(guarded, host=host, Origin=f"http://{host}", Sec_Fetch_Site="same-origin", **BEARER)


def test_the_token_opens_from_anywhere(guarded):
    assert passes(guarded, peer=STRANGER, **BEARER)
    assert passes(guarded, peer=STRANGER, X_Forwarded_For="198.51.100.2", **BEARER)
    assert passes(guarded, peer=STRANGER, Authorization=f"bearer   {TOKEN} ".encode())


@pytest.mark.parametrize(
    "offered",
    ["Bearer", "Bearer ", "Bearer contraseña", f"Basic {TOKEN}", TOKEN, f"Bearer {TOKEN}x", "Bearer \xff", "Bearer ñ"],
)
def test_a_wrong_token_opens_nothing_and_breaks_nothing(client, guarded, offered):
    assert not passes(guarded, peer=STRANGER, Authorization=offered.encode())
    assert not passes(client, peer=STRANGER, Authorization=offered.encode())
    assert passes(guarded, Authorization=offered.encode())  # who is local needs none


def test_without_a_token_in_the_settings_none_is_right(client):
    for offered in (b"Bearer ", b"Bearer None", b"Bearer **********", BEARER["Authorization"]):
        assert not passes(client, peer=STRANGER, Authorization=offered)


def test_reading_is_open_but_spending_a_quota_is_not(client):
    stranger = from_elsewhere(client)
    for path in ("/aemet/token/status", "/weather/openweather/status"):
        assert stranger.get(path).status_code == 200
        problem_of(stranger.get(path, params={"check": "true"}), 403)
        problem_of(client.get(path, params={"check": "true"}, headers={"Sec-Fetch-Site": "cross-site"}), 403)
        assert client.get(path, params={"check": "true"}).status_code == 200


def test_a_browser_is_not_told_that_it_may(client):
    """No page of another origin gets past the question that browsers ask before an unusual request."""
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = client.options("/ingest-now", headers=asked)
    problem_of(answer, 405)
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert not [name for name in client.get("/health", headers=asked).headers if name.startswith("access-control")]


HEADER = st.binary(max_size=40)


@given(HEADER, HEADER, HEADER, HEADER)
def test_no_header_breaks_the_question(host, origin, site, peer):
    headers = [(b"host", host), (b"origin", origin), (b"sec-fetch-site", site)]
    request = Request({"type": "http", "headers": headers, "client": (peer.decode("latin-1"), 1)})
    assert same_origin(request) in (True, False)
    assert is_local(request, ()) is False
