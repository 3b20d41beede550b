"""A person's end of the line: an HTTP server on loopback that Apprise's ``json://`` URLs reach."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Letter:
    """What arrived, and where."""

    path: str
    title: str
    message: str
    type: str


class Inbox:
    """Takes letters, answers with a status, may be closed and opened again on the same port.

    Attributes:
        letters: what was taken, in order.
        asked: how often anybody came, whatever the answer was.
        status: what is answered from now on.
        before: runs before each answer.
    """

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.asked = 0
        self.status = 200
        self.before: Callable[[], None] = lambda: None
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.open()

    def url(self, path: str = "alerts") -> str:
        return f"json://127.0.0.1:{self.port}/{path}"

    def open(self) -> None:
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                inbox._take(self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(inbox.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def wait_for(self, count: int, seconds: float = 30.0) -> list[Letter]:
        """The letters once so many are there."""
        deadline = time.monotonic() + seconds
        while len(self.letters) < count:
            assert time.monotonic() < deadline, self.letters
            time.sleep(0.01)
        return self.letters

    def _take(self, path: str, body: dict[str, Any]) -> None:
        self.asked += 1
        self.before()
        if self.status < 300:
            self.letters.append(Letter(path, body["title"], body["message"], body["type"]))
