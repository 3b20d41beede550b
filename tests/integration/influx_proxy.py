"""Stands between a store and a real influxd, and does what networks, proxies and servers do on their bad days."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from chocolate_factory.adapters.influx_http import InfluxAddress

#: What is done with a request: nothing is wrong where it answers True.
Fault = Callable[["Passing"], bool]


class Proxy:
    """On a free port of its own.

    Attributes:
        fault: what happens to requests from now on; None for nothing.
        asked: every request as method and path.
    """

    def __init__(self, port: int) -> None:
        self.fault: Fault | None = None
        self.asked: list[str] = []
        self.far = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        self.hung = threading.Event()
        handler = type("Handler", (Passing,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def address(self, database: str = "factory") -> InfluxAddress:
        return InfluxAddress(f"http://127.0.0.1:{self._server.server_address[1]}", database)

    def close(self) -> None:
        self.hung.set()
        self._server.shutdown()
        self._server.server_close()
        self.far.close()


class Passing(BaseHTTPRequestHandler):
    """One connection."""

    proxy: Proxy
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):  # the store gave up: that is its right
            self.close_connection = True

    def do_GET(self) -> None:
        self._pass_on()

    do_POST = do_GET  # noqa: N815  the library's names

    def log_message(self, *_: object) -> None:
        """Said by the trial."""

    @property
    def is_write(self) -> bool:
        return self.path.startswith("/write")

    def _pass_on(self) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.proxy.asked.append(f"{self.command} {self.path.partition('?')[0]}")
        fault = self.proxy.fault
        if fault is None or fault(self):
            self.answer(self.forward())

    def forward(self) -> httpx.Response:
        """The server does what was asked."""
        kept = {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length", "connection")}
        return self.proxy.far.request(self.command, self.path, content=self.body, headers=kept)

    def answer(self, response: httpx.Response) -> None:
        self.say(response.status_code, response.content, response.headers.get("X-Influxdb-Version", ""))

    def say(self, status: int, body: bytes = b"", version: str = "") -> None:
        self.send_response(status)
        self.send_header("X-Influxdb-Version", version)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def hang_up(self) -> None:
        """The connection ends without an answer."""
        self.close_connection = True
        self.connection.close()


# ---------------------------------------------------------------------- faults, of writes alone where it says so
def error(status: int) -> Fault:
    """The server, or a proxy before it, is in trouble."""

    def fault(request: Passing) -> bool:
        request.say(status, b"<html>in trouble</html>")
        return False

    return fault


def after(number: int, fault: Fault) -> Fault:
    """So many writes go well first."""
    left = iter(range(number))

    def later(request: Passing) -> bool:
        if not request.is_write or next(left, None) is not None:
            return True
        return fault(request)

    return later


def cut_before(request: Passing) -> bool:
    """A write is lost on its way there."""
    if request.is_write:
        request.hang_up()
    return not request.is_write


def cut_after(request: Passing) -> bool:
    """A write is done, and its acknowledgement lost."""
    if request.is_write:
        request.forward()
        request.hang_up()
    return not request.is_write


def swallow(request: Passing) -> bool:
    """A write is acknowledged, and nobody does it."""
    if request.is_write:
        request.say(204)
    return not request.is_write


def half_an_answer(request: Passing) -> bool:
    """A reading breaks off."""
    if request.is_write:
        return True
    body = request.forward().content
    request.send_response(200)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body[: len(body) // 2])
    request.hang_up()
    return False


def hang(request: Passing) -> bool:
    """Nothing comes, and the connection stays."""
    request.proxy.hung.wait(60)
    request.hang_up()
    return False
