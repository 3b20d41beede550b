"""The door as in production: the sidecar's nginx by ``scripts/nginx-test``, and what a visitor may send to it, raw."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
MODULE = Path("/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so")
PATIENCE_S = 30.0
#: Each visitor comes from an address of its own, so that one's limits are not another's.
_visitors = count(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def visitor() -> str:
    """A loopback address that nobody came from before."""
    n = next(_visitors)
    return f"127.1.{n // 250}.{n % 250 + 1}"


@dataclass
class Reply:
    """What came back; status 0 where nothing did."""

    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes

    @classmethod
    def read(cls, raw: bytes) -> Reply:
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        words = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        return cls(int(words[1]) if words[0].startswith("HTTP/") else 0, headers, body, raw)


@dataclass
class Door:
    """nginx on loopback, by ``scripts/nginx-test``; may be killed and started again on the same port."""

    port: int
    tls_port: int
    run: Path
    command: list[str | Path]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.run / "said").open("ab") as said:
            self.process = subprocess.Popen(self.command, stdout=said, stderr=said, start_new_session=True)
        _wait_for(self)

    def kill(self) -> None:
        """All of it at once, with -9."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        self.process.wait(PATIENCE_S)

    def say(self, *pieces: bytes, source: str | None = None, seconds: float = 5.0, tls: bool = False) -> bytes:
        """Everything that comes back for these bytes until the other side closes, or is silent."""
        port = self.tls_port if tls else self.port
        plain = socket.create_connection(("127.0.0.1", port), seconds, source_address=(source or visitor(), 0))
        with closing(_wrapped(plain) if tls else plain) as line:
            for piece in pieces:
                line.sendall(piece)
            return b"".join(_heard(line))

    def ask(
        self, path: str, method: str = "GET", *, tls: bool = False, source: str | None = None, **headers: str
    ) -> Reply:
        """One request that is well made, but for what is in it."""
        named = {"Host": "localhost", "Connection": "close"} | {k.replace("_", "-"): v for k, v in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        return Reply.read(self.say(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode(), tls=tls, source=source))


def _wrapped(plain: socket.socket) -> ssl.SSLSocket:
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    return anybody.wrap_socket(plain, server_hostname="localhost")


def _heard(line: socket.socket) -> Iterator[bytes]:
    try:
        while some := line.recv(65536):
            yield some
    except (TimeoutError, ConnectionResetError, ssl.SSLError):
        return


@contextmanager
def door_before(brain: str, folder: Path, *more: str) -> Iterator[Door]:
    """``scripts/nginx-test`` before a brain, stopped at the end."""
    if not MODULE.exists() or not shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip("nginx is not installed (apt-get install nginx-light libnginx-mod-http-headers-more-filter)")
    port, tls_port = free_port(), free_port()
    tls = ["--tls-port", str(tls_port), *more] if more else []
    command = [REPOSITORY / "scripts" / "nginx-test", "--brain", brain, "--port", str(port), "--run", folder, *tls]
    door = Door(port, tls_port, folder, command)
    try:
        door.start()
        yield door
    finally:
        door.close()


def _wait_for(door: Door) -> None:
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", door.port), 1).close()
        except OSError:
            assert door.process is not None
            assert door.process.poll() is None, (door.run / "said").read_text()
            assert time.monotonic() < end, (door.run / "said").read_text()
            time.sleep(0.05)
        else:
            return


@dataclass
class Recorder:
    """Stands for the brain, and lets in more than it: whatever reaches it is answered, and remembered."""

    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def recorder() -> Iterator[Recorder]:
    """A stand-in for the brain on a free port."""
    book = Recorder()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            book.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
            if self.path == "/dashboard/events":
                self._stream()
                return
            self.send_response(book.status)
            for name, value in book.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "6")
            self.end_headers()
            self.wfile.write(b"inside" if self.command != "HEAD" else b"")

        def _stream(self) -> None:
            """One event at once, the next when the trial says so."""
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"data: first\n\n")
            self.wfile.flush()
            book.go_on.wait(PATIENCE_S)
            self.wfile.write(b"data: second\n\n")
            self.close_connection = True

        do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    book.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield book
    finally:
        book.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
