"""What somebody sends who wants in, and the status that must come back; as bytes, for no client would send most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: Statuses of the answers to a request that is not one.
MALFORMED, REFUSED, MISSING, NO_METHOD, TOO_LONG, TOO_LARGE, NO_VERSION, SHOWN = 400, 403, 404, 405, 414, 413, 505, 200
DASHBOARD = "/dashboard"


@dataclass(frozen=True)
class Attempt:
    """One connection: what is sent, and the status of the first answer.

    Attributes:
        reaches: the one path that the brain may have been asked for; None where it must hear nothing.
    """

    name: str
    sent: bytes
    status: int
    reaches: str | None = None


def request(path: str, method: str = "GET", host: str | None = "localhost", body: str = "", **headers: str) -> bytes:
    named = {"Host": host} if host is not None else {}
    named |= {name.replace("_", "-"): value for name, value in headers.items()} | {"Connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n{body}".encode("latin-1")


def _words(text: str) -> list[str]:
    return text.split()


INSIDE = _words("""
/ /docs /redoc /openapi.json /docs-static/swagger-ui.css /health /ready /metrics /plan /plan/history /plan/1
/plan/gantt.svg /predict /forecast/prices /tariff /savings /alerts /jobs /jobs/1 /scheduler/status /gaps/summary
/gaps/detect?days_back=10 /influxdb/verify /mlflow /mlflow/status /mlflow/features /models/status /ree/prices
/ree/demand /ree/generation /aemet/weather /aemet/token/status /weather/hybrid /weather/openweather /init/status
/favicon.ico /robots.txt /.env /.git/config /.well-known/security.txt /nginx_status /server-status /api /admin /login
/.pages/403.html /.pages/ /pages/403.html /403.html /index.html /api/2.0/mlflow/experiments/search /ajax-api/2.0
""")

ENCODED = _words("""
/%64ashboard/%2e%2e/predict /dashboard/%2e%2e/predict /dashboard/..%2fpredict /dashboard%2f..%2fpredict
/dashboard/%2e%2e%2fpredict /dashboard/%252e%252e/predict /dashboard/%252e%252e%252fpredict /dashboard/..%5cpredict
/dashboard/%c0%ae%c0%ae/predict /dashboard/..%c0%afpredict /dashboard/%e0%80%ae%e0%80%ae/predict /%2fdashboard
/dashboard%00 /dashboard%00/../predict /dashboard/%00 /dashboard%20 /dashboard%0a /dashboard%0d%0aX:%201 /%70redict
/dashboard%3f/../predict /dashboard%23/../predict /dashboard%3b/../predict /dashboard/%u002e%u002e/predict
/dashboard/%2E%2E/%70redict /dashboard/.%2e/predict /dashboard/%2e./predict /dashboard%2e%2e/predict /dashboard/%
/dashboard/%2 /dashboard/%zz /predict%2f..%2fdashboard /predict/%2e%2e/dashboard /plan/%2e%2e%2fdashboard
/dashboard/%2f%2fpredict /%e2%80%a5/dashboard /dashboard/%ef%bc%8e%ef%bc%8e/predict /d%61shboard /dashboard/compl%65te
""")

CLIMBING = _words(r"""
/dashboard/.. /dashboard/../ /dashboard/../predict /dashboard/../../predict /dashboard/./../predict /dashboard/.
/dashboard/x/../../predict /dashboard/static/../../metrics /dashboard/.../predict /dashboard/....//predict
/dashboard/..;/predict /dashboard/.;/predict /dashboard;/../predict /dashboard/;/../predict /dashboard;a=b
/dashboard/..\predict /dashboard\..\predict \dashboard /dashboard/static/..\..\..\etc\passwd /../dashboard
/predict/../dashboard /./dashboard /x/../dashboard /dashboard/static/.hidden /dashboard/.env /dashboard/x..
//dashboard /dashboard// /dashboard//complete //dashboard//complete /dashboard///../predict //localhost/predict
///predict //predict /dashboard//../predict /dashboard/static//../..//predict /~/dashboard /dashboard/~root
/Dashboard /DASHBOARD /dashBoard/complete /dASHBOARD/../predict /dashboards /dashboard.json /dashboard-old
/dashboardx /dashboard_ /dashboard.. /dashboard~ /dashboard:8000 /dashboard@localhost/predict /dashboard|id
/dashboard?a=/../predict /dashboard?x=<script> /dashboard?a=b#c /dashboard#/../predict /dashboard??x=1 /dashboard?a[]=1
/dashboard/{id} /dashboard/$x /dashboard/(x) /dashboard/'x' /dashboard/"x" /dashboard/*.js /dashboard/a,b ?/dashboard
""")

METHODS = _words("POST PUT PATCH DELETE OPTIONS PROPFIND MKCOL COPY MOVE LOCK UNLOCK PURGE QUERY BREW GETT HEADX")

FOREIGN_HOSTS = _words("""
evil.example localhost.evil.example evil-localhost localhost@evil.example chocolate_factory_brain:8000
chocolate_factory_brain 169.254.169.254 192.168.100.1 [::1] [::1 0.0.0.0 127.0.0.2 127.1 2130706433 0x7f000001 _
""")

SHOWN_HOSTS = ["localhost", "LOCALHOST", "127.0.0.1", "localhost:8000", "127.0.0.1:80", "localhost."]

#: Names that a visitor may send and the brain must never hear from it.
SPOOFED = {
    "X-Chocolate-Factory-External": "0",
    "x-chocolate-factory-external": "",
    "X_Chocolate_Factory_External": "0",
    "X-Forwarded-For": "127.0.0.1",
    "Forwarded": "for=127.0.0.1",
    "X-Real-IP": "127.0.0.1",
    "X-Forwarded-Host": "localhost",
    "Via": "1.1 inside",
    "Authorization": "Bearer a-token",
    "Cookie": "a=b",
    "X-Original-URL": "/predict",
    "X-Rewrite-URL": "/predict",
    "X-HTTP-Method-Override": "POST",
    "X-Method-Override": "DELETE",
    "Origin": "http://localhost",
    "Sec-Fetch-Site": "same-origin",
    "Range": "bytes=0-",
    "Expect": "x",
    "TE": "trailers",
    "X-Accel-Redirect": "/predict",
}

PREDICT = "GET /predict HTTP/1.1\r\nHost: localhost\r\n\r\n"


def attempts() -> list[Attempt]:
    """All of them."""
    return [*_places(), *_deeds(), *_hosts(), *_smuggled(), *_long(), *_tongues(), *_headers()]


def _places() -> Iterator[Attempt]:
    for path in [*INSIDE, *ENCODED, *CLIMBING]:
        # Where no slash begins it, it is no address at all; and % without two digits is none either.
        bare = not path.startswith("/") or path.endswith(("/%", "/%2", "%zz")) or "%u" in path or "%00" in path
        yield Attempt(path, request(path), MALFORMED if bare or climbs_out(path) else REFUSED)
    for raw in (b"\x00", b"\x01", b"\x7f", b" /predict", b"\xc0\xae", b"\t/predict"):
        sent = request("/dashboard/HERE").replace(b"HERE", raw)
        yield Attempt(f"/dashboard/ and {raw!r}", sent, REFUSED if raw == b"\xc0\xae" else MALFORMED)


def climbs_out(path: str) -> bool:
    """Whether it climbs above the root, which is no address."""
    return path in ("/dashboard/../../predict", "/../dashboard")


def _deeds() -> Iterator[Attempt]:
    for method in METHODS:
        yield Attempt(f"{method} /dashboard", request("/dashboard", method), REFUSED)
    for path in ("/predict", "/plan", "/ingest-now", "/mlflow/train", "/scheduler/jobs/ml_training/run", "/"):
        yield Attempt(f"POST {path}", request(path, "POST", body="{}", Content_Length="2"), REFUSED)
    for path in ("/dashboard/complete", "/dashboard/events", "/dashboard/../predict"):
        yield Attempt(f"POST {path}", request(path, "POST", Content_Length="0"), REFUSED)
    yield Attempt("TRACE", request("/dashboard", "TRACE"), NO_METHOD)
    yield Attempt("CONNECT", request("localhost:8000", "CONNECT"), MALFORMED)
    yield Attempt("get", request("/dashboard", "get"), MALFORMED)
    yield Attempt("G3T", request("/dashboard", "G=T"), MALFORMED)


def _hosts() -> Iterator[Attempt]:
    for host in FOREIGN_HOSTS:
        yield Attempt(f"Host: {host}", request("/dashboard", host=host), REFUSED)
    for host in SHOWN_HOSTS:
        yield Attempt(f"Host: {host}", request("/dashboard", host=host), SHOWN, DASHBOARD)
    for host in ("", "a/../b", "a b", "localhost\x00", "localhost:8000/predict"):
        yield Attempt(f"Host: {host!r}", request("/dashboard", host=host), MALFORMED)
    yield Attempt("no Host", request("/dashboard", host=None), MALFORMED)
    yield Attempt("two Hosts", request("/dashboard", host="localhost\r\nHost: evil.example"), MALFORMED)
    yield Attempt("absolute, foreign", request("http://evil.example/dashboard"), REFUSED)
    yield Attempt(
        "absolute, foreign Host", request("http://localhost/dashboard", host="evil.example"), SHOWN, DASHBOARD
    )
    yield Attempt("absolute, inside", request("http://localhost/predict"), REFUSED)
    yield Attempt("absolute, https", request("https://localhost/metrics"), REFUSED)


def _smuggled() -> Iterator[Attempt]:
    """A second request hidden in the first: it must not be answered as one, nor reach the brain."""
    hidden = "0\r\n\r\n" + PREDICT
    refused = {
        "a body on GET": {"Content-Length": str(len(PREDICT))},
        "chunked on GET": {"Transfer-Encoding": "chunked"},
        "chunked, written otherwise": {"Transfer-Encoding": "CHUNKED"},
    }
    malformed = {
        "both lengths": {"Content-Length": "4", "Transfer-Encoding": "chunked"},
        "both lengths, the other way": {"Transfer-Encoding": "chunked", "Content-Length": "4"},
        "two lengths": {"Content-Length": "0\r\nContent-Length: 44"},
        "equal lengths": {"Content-Length": "0\r\nContent-Length: 0"},
        "lengths in a list": {"Content-Length": "0, 44"},
        "a negative length": {"Content-Length": "-1"},
        "a signed length": {"Content-Length": "+0"},
        "a length in hex": {"Content-Length": "0x0"},
        "an endless length": {"Content-Length": "9" * 30},
        "two codings": {"Transfer-Encoding": "chunked\r\nTransfer-Encoding: identity"},
        "a space before the colon": {"Transfer-Encoding ": "chunked"},
    }
    foreign = {"gzip, chunked": "gzip, chunked", "identity": "identity", "xchunked": "xchunked", "a tab": "\x0bchunked"}
    for name, headers in refused.items():
        yield Attempt(name, request("/dashboard", body=hidden, **headers), REFUSED)
    for name, headers in malformed.items():
        yield Attempt(name, request("/dashboard", body=hidden, **headers), MALFORMED)
    for name, coding in foreign.items():
        yield Attempt(f"coding: {name}", request("/dashboard", body=hidden, **{"Transfer-Encoding": coding}), 501)
    head = "GET /dashboard HTTP/1.1\r\nHost: localhost\r\n"
    yield Attempt("a folded header", f"{head}X: a\r\n b\r\n\r\n{PREDICT}".encode(), MALFORMED)
    yield Attempt("a return within a header", f"{head}X: a\rY: b\r\n\r\n".encode(), MALFORMED)
    yield Attempt("a zero within a header", f"{head}X: a\0b\r\n\r\n".encode(), MALFORMED)
    yield Attempt("one behind another", f"{head}\r\n{PREDICT}".encode(), SHOWN, DASHBOARD)
    bare = head.replace("\r", "")
    yield Attempt("lines without a return", f"{bare}\n{PREDICT}".encode(), SHOWN, DASHBOARD)
    yield Attempt("a body of its own", request("/dashboard", "POST", body=PREDICT, Content_Length="44"), REFUSED)
    yield Attempt(
        "a name with underscores",
        request("/dashboard", Content_Length="0", Transfer_Encoding_="x"),
        SHOWN,
        "/dashboard",
    )


def _long() -> Iterator[Attempt]:
    for length in (5_000, 20_000, 100_000):
        yield Attempt(f"{length} letters", request("/dashboard/" + "a" * length), TOO_LONG)
        yield Attempt(f"{length} letters asked", request("/dashboard?a=" + "a" * length), TOO_LONG)
    yield Attempt("a header of 5 kB", request("/dashboard", X="a" * 5_000), MALFORMED)
    yield Attempt("headers of 30 kB", request("/dashboard", **{f"X{n}": "a" * 1_000 for n in range(30)}), MALFORMED)
    yield Attempt("a body of 2 kB", request("/predict", "POST", Content_Length="2000"), TOO_LARGE)
    yield Attempt("a body of 9 GB", request("/dashboard", "POST", Content_Length="9000000000"), TOO_LARGE)


def _tongues() -> Iterator[Attempt]:
    socket = {"Upgrade": "websocket", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
    for path in ("/dashboard", "/dashboard/events"):
        yield Attempt(f"websocket {path}", request(path, **socket), REFUSED)
    yield Attempt("websocket /predict", request("/predict", **socket), REFUSED)
    yield Attempt("h2c", request("/dashboard", Upgrade="h2c", HTTP2_Settings="AAMAAABkAAQAAP__"), REFUSED)
    yield Attempt("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", MALFORMED)
    yield Attempt("HTTP/2.0", request("/dashboard").replace(b"1.1", b"2.0", 1), NO_VERSION)
    yield Attempt("HTTP/3.1", request("/dashboard").replace(b"1.1", b"3.1", 1), NO_VERSION)
    yield Attempt("HTTP/1.2", request("/dashboard").replace(b"1.1", b"1.2", 1), REFUSED)
    yield Attempt("HTTP/1.0", request("/dashboard").replace(b"1.1", b"1.0", 1), SHOWN, DASHBOARD)
    yield Attempt("HTTP/1.0, no Host", b"GET /dashboard HTTP/1.0\r\n\r\n", REFUSED)
    yield Attempt("HTTP/1.0, inside", request("/predict").replace(b"1.1", b"1.0", 1), REFUSED)
    yield Attempt("HTTP/0.9", b"GET /dashboard\r\n", 0)
    yield Attempt("HTTP/0.9, inside", b"GET /predict\r\n", 0)
    yield Attempt("XTTP/1.1", request("/dashboard").replace(b"HTTP/1.1", b"XTTP/1.1", 1), MALFORMED)
    yield Attempt("TLS to a plain port", bytes.fromhex("16030100a5010000a10303"), MALFORMED)
    yield Attempt("SSH", b"SSH-2.0-OpenSSH_9.2\r\n", MALFORMED)
    yield Attempt("nothing", b"\r\n\r\n", 0)


def _headers() -> Iterator[Attempt]:
    for name, value in SPOOFED.items():
        yield Attempt(f"{name}: {value}", request("/dashboard", **{name: value}), SHOWN, DASHBOARD)
    for name, value in SPOOFED.items():
        yield Attempt(f"/predict, {name}: {value}", request("/predict", **{name: value}), REFUSED)
