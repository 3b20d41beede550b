"""The sidecar's nginx, as configured in production, before a stand-in that would let everything in."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from door import REPOSITORY, Door, Recorder, Reply, door_before, recorder, visitor
from hostile import Attempt, attempts

NGINX = REPOSITORY / "docker" / "services" / "nginx"
#: What every answer carries.
PROMISED = {
    "content-security-policy",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
    "x-robots-tag",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
}
LOOK = b"GET /dashboard HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def book() -> Iterator[Recorder]:
    with recorder() as brain:
        yield brain


@pytest.fixture(scope="module")
def door(book, tmp_path_factory) -> Iterator[Door]:
    with door_before(book.url, tmp_path_factory.mktemp("door")) as opened:
        yield opened


@pytest.fixture(scope="module")
def tls(book, tmp_path_factory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    made = ["openssl", "req", "-x509", *curve, "-subj", "/CN=plant.example.ts.net", "-keyout", key, "-out", certificate]
    subprocess.run(made, check=True, capture_output=True)
    names = ["--name", "plant.example.ts.net", "--name", "plant"]
    with door_before(book.url, folder, "--certificate", str(certificate), "--key", str(key), *names) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _forgotten(book) -> Iterator[None]:
    book.seen.clear()
    yield
    book.status, book.headers = 200, {}


def test_there_are_two_hundred_attempts_and_more():
    assert len({attempt.sent for attempt in attempts()}) >= 200


@pytest.mark.parametrize("attempt", attempts(), ids=lambda a: a.name)
def test_what_a_stranger_tries(door: Door, book: Recorder, attempt: Attempt):
    raw = door.say(attempt.sent, seconds=1.0)
    assert Reply.read(raw).status == attempt.status
    assert [path for _, path, _ in book.seen] == ([attempt.reaches] if attempt.reaches else [])
    assert b"nginx" not in raw.lower()


@pytest.mark.parametrize(("path", "status"), [("/predict", 403), ("/dashboard", 404), ("/dashboard/complete", 502)])
def test_what_is_not_shown_has_a_page_of_its_own(door: Door, book: Recorder, path: str, status: int):
    book.status = status
    reply = door.ask(path)
    assert reply.status == status
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    page = {403: 403, 404: 404, 502: 503}[status]
    assert reply.body == (NGINX / "pages" / f"{page}.html").read_bytes()


def test_the_page_when_no_brain_is_there(tmp_path):
    with door_before("http://127.0.0.1:9", tmp_path) as alone:
        reply = alone.ask("/dashboard")
    assert (reply.status, reply.body) == (502, (NGINX / "pages" / "503.html").read_bytes())


def test_the_policy_allows_the_style_of_every_page_and_nothing_else():
    allowed = re.findall(r"style-src '(sha256-\S+)'", (NGINX / "headers.conf").read_text())
    for page in (NGINX / "pages").glob("*.html"):
        [style] = re.findall(r"<style>(.*?)</style>", page.read_text(), re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert allowed == [f"sha256-{digest}"]
        assert "<script" not in page.read_text()


@pytest.mark.parametrize(("path", "status"), [("/dashboard", 200), ("/x", 403), ("/dashboard/x", 404), ("/\x7f", 400)])
def test_every_answer_says_how_it_may_be_shown_and_not_by_whom(door: Door, book: Recorder, path: str, status: int):
    book.status = status if path.startswith("/dashboard") else 200
    book.headers = {"Server": "uvicorn", "X-Powered-By": "Python", "Set-Cookie": "a=b"}
    reply = door.ask(path)
    assert reply.status == status
    assert set(reply.headers) >= PROMISED
    assert not set(reply.headers) & {"server", "x-powered-by", "set-cookie", "via", "strict-transport-security"}
    assert reply.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]


def test_a_policy_of_the_pages_own_is_handed_on(door: Door, book: Recorder):
    book.headers = {"Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'"}
    assert door.ask("/dashboard").headers["content-security-policy"] == book.headers["Content-Security-Policy"]


def test_the_brain_hears_that_it_speaks_to_the_outside_and_nothing_else(door: Door, book: Recorder):
    sent = {
        "X_Chocolate_Factory_External": "0",
        "X-Forwarded-For": "127.0.0.1",
        "Cookie": "a=b",
        "If-None-Match": "x",
    }
    source = visitor()
    lines = "".join(f"{k}: {v}\r\n" for k, v in {**sent, "X-Chocolate-Factory-External": "0"}.items())
    door.say(LOOK.replace(b"\r\n\r\n", f"\r\n{lines}\r\n".encode()), source=source)
    [(_, _, heard)] = book.seen
    assert heard.pop("host").startswith("127.0.0.1:")
    assert heard == {"x-chocolate-factory-external": "1", "x-forwarded-for": source, "if-none-match": "x"}


def test_head_is_answered_without_a_body(door: Door, book: Recorder):
    reply = door.ask("/dashboard", "HEAD")
    assert (reply.status, reply.body) == (200, b"")
    assert book.seen[0][0] == "HEAD"


def test_where_the_brain_leads_on_it_leads_within_the_door(door: Door, book: Recorder):
    book.status, book.headers = 307, {"Location": "http://127.0.0.1:8000/dashboard?lang=en"}
    assert door.ask("/dashboard/").headers["location"] == "/dashboard?lang=en"


def test_events_come_as_they_happen(door: Door, book: Recorder):
    book.go_on.clear()
    with closing(socket.create_connection(("127.0.0.1", door.port), 5, source_address=(visitor(), 0))) as line:
        line.sendall(LOOK.replace(b"/dashboard", b"/dashboard/events"))
        heard, begun = b"", time.monotonic()
        while b"first" not in heard:
            heard += line.recv(4096)
        assert time.monotonic() - begun < 2
        assert b"second" not in heard
        book.go_on.set()
        while b"second" not in heard:
            heard += line.recv(4096)


# ---------------------------------------------------------------------- limits
def test_who_looks_too_often_waits_and_others_do_not(door: Door):
    greedy = visitor()
    answers = [Reply.read(door.say(LOOK, source=greedy)) for _ in range(120)]
    assert {reply.status for reply in answers} == {200, 429}
    assert [reply.status for reply in answers[:60]] == [200] * 60
    refused = next(reply for reply in answers if reply.status == 429)
    assert refused.body == (NGINX / "pages" / "429.html").read_bytes()
    assert door.ask("/dashboard").status == 200


def test_who_tries_doors_is_no_longer_answered(door: Door):
    burglar = visitor()
    answers = [door.ask("/predict", source=burglar).status for _ in range(150)]
    assert set(answers) == {403, 0}
    assert answers[:100] == [403] * 100


def test_nobody_holds_more_than_thirty_streams(door: Door, book: Recorder):
    book.go_on.clear()
    holder = visitor()
    ask = LOOK.replace(b"/dashboard", b"/dashboard/events")
    with ExitStack() as lines:
        firsts = []
        for _ in range(31):
            line = socket.create_connection(("127.0.0.1", door.port), 5, source_address=(holder, 0))
            lines.enter_context(closing(line))
            line.sendall(ask)
            firsts.append(Reply.read(line.recv(4096)).status)
    book.go_on.set()
    assert firsts == [200] * 30 + [429]


def test_who_says_nothing_is_sent_away(door: Door):
    begun = time.monotonic()
    assert door.say(b"GET /dashboard HTTP/1.1\r\nHost: loc", seconds=20) == b""
    assert 5 < time.monotonic() - begun < 15


# ---------------------------------------------------------------------- TLS
def test_http_leads_to_https(tls: Door, book: Recorder):
    by_name = tls.ask("/dashboard?lang=es", Host="plant.example.ts.net")
    assert (by_name.status, by_name.headers["location"]) == (
        301,
        f"https://plant.example.ts.net:{tls.tls_port}/dashboard?lang=es",
    )
    by_short_name = tls.ask("/dashboard", Host="plant")
    assert by_short_name.headers["location"] == f"https://plant.example.ts.net:{tls.tls_port}/dashboard"
    by_address = tls.ask("/dashboard", Host="127.0.0.1")
    assert by_address.headers["location"] == f"https://127.0.0.1:{tls.tls_port}/dashboard"
    assert tls.ask("/dashboard", Host="evil.example").status == 403
    assert tls.ask("/dashboard", "POST").status == 403
    assert book.seen == []


@pytest.mark.parametrize("host", ["plant.example.ts.net", "plant", "127.0.0.1", "localhost"])
def test_https_shows_the_dashboard_under_every_name(tls: Door, host: str):
    reply = tls.ask("/dashboard", tls=True, Host=host)
    assert reply.status == 200
    assert reply.headers["strict-transport-security"] == "max-age=63072000"
    assert tls.ask("/predict", tls=True, Host=host).status == 403


def test_https_knows_no_foreign_name(tls: Door, book: Recorder):
    assert tls.ask("/dashboard", tls=True, Host="evil.example").status == 403
    assert tls.ask("/dashboard", "POST", tls=True).status == 403
    assert Reply.read(tls.say(b"GET /dashboard HTTP/1.1\r\n\r\n", tls=True)).status == 400
    assert book.seen == []


def test_clear_text_to_the_tls_port_is_refused(tls: Door):
    with closing(socket.create_connection(("127.0.0.1", tls.tls_port), 5, source_address=(visitor(), 0))) as line:
        line.sendall(LOOK)
        assert Reply.read(line.recv(65536)).status == 400


@pytest.mark.parametrize(("version", "spoken"), [("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)])
def test_only_tls_1_2_and_1_3_are_spoken(tls: Door, version: str, spoken: bool):
    ask = ["openssl", "s_client", "-connect", f"127.0.0.1:{tls.tls_port}", version, "-cipher", "DEFAULT@SECLEVEL=0"]
    done = subprocess.run(ask, input=b"", capture_output=True, check=False)
    assert (b"New, TLSv1" in done.stdout) is spoken
