"""``serve`` and ``demo``."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, Annotated, Any, NoReturn

import typer
import uvicorn

from chocolate_factory.adapters.clock import SystemClock
from chocolate_factory.cli.terminal import AsJson, err, print_json, settings
from chocolate_factory.domain.catalogue import expected_series
from chocolate_factory.domain.errors import ChocolateFactoryError, InputError
from chocolate_factory.scheduler.runner import Runner
from chocolate_factory.settings import Settings
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.web.app import create_app
from chocolate_factory.wiring import DEMO_DAYS, House, build, usable
from chocolate_factory.wiring.notices import must_be_readable
from chocolate_factory.wiring.patience import wait_for_ledger

Host = Annotated[str | None, typer.Option(help="Address to listen on; API_HOST by default.")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; API_PORT by default.")]
Wait = Annotated[float, typer.Option(min=0, max=86400, help="Wait so many seconds for the ledger's database.")]

#: So much of the demo's history is there before the page opens; the rest follows while it is open.
FIRST_DAYS = 60


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: chocolate-factory serve --port 8000")(serve)
    app.command(epilog="Example: chocolate-factory demo --port 8001")(demo)


def serve(host: Host = None, port: Port = None, wait: Wait = 0, as_json: AsJson = False) -> None:
    """Run the service: API, dashboard and timetable, until it is stopped."""
    _end_on_term()
    found = _with(settings(quiet=False), host, port)
    _must_be_free(found)
    must_be_readable(found)
    with _alone(found) as lock:
        wait_for_ledger(found, wait, SystemClock())
        _run(_alive(build(found), lock), found, as_json=as_json)


def demo(
    host: Host = None,
    port: Port = None,
    data_dir: Annotated[Path, typer.Option(help="A folder of its own; never the one of real data.")] = Path(
        "data-demo"
    ),
    as_json: AsJson = False,
) -> None:
    """Run the service in a simulated world: no network, no key, everything marked as simulated."""
    _end_on_term()
    found = _with(settings(quiet=False), host, port).model_copy(update={"data_dir": data_dir, "ledger_url": None})
    _must_be_free(found)
    with _alone(found) as lock:
        house = _alive(build(found, demo=True), lock)
        house.repair({s.name: house.detect.window(FIRST_DAYS) for s in expected_series()}, trigger="demo")
        house.optimise("first")
        house.workshop.start("demo history", lambda progress: _whole_history(house, progress))
        _run(house, found, as_json=as_json)


@contextmanager
def _alone(found: Settings) -> Iterator[IO[str]]:
    """One service for each data folder: a second would call the first one's running work abandoned.

    Raises:
        ChocolateFactoryError: another service holds the folder.
    """
    with (usable(found.data_dir) / "serve.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as e:
            held = f"Another service runs on {found.data_dir}"
            raise ChocolateFactoryError(f"{held}; stop it, or give this one a DATA_DIR of its own.") from e
        yield lock


def _alive(house: House, lock: IO[str]) -> House:
    """The house, whose brain lives from now on; the one that held the folder before is known to be dead."""
    lock.seek(0)
    if before := lock.read().strip():
        house.jobs.pulse.bury(before)
    house.jobs.pulse.beat()
    lock.truncate(0)
    lock.write(house.jobs.pulse.brain)
    lock.flush()
    return house


def _whole_history(house: House, progress: Progress) -> str:
    windows = {s.name: house.detect.window(DEMO_DAYS - 1) for s in expected_series()}
    return house.repair(windows, trigger="demo", progress=progress).summary


def _with(found: Settings, host: str | None, port: int | None) -> Settings:
    if host is not None and not host.strip():
        raise InputError("host", host, "an address or name of this machine, e.g. 127.0.0.1; 0.0.0.0 is all of them")
    changes = {"api_host": host, "api_port": port}
    return found.model_copy(update={k: v for k, v in changes.items() if v is not None})


def _must_be_free(found: Settings) -> None:
    """Say that the port is taken before anything is opened.

    Raises:
        ChocolateFactoryError: it is.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(found.api_host, found.api_port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as e:
        where, why = f"{found.api_host}:{found.api_port}", getattr(e, "strerror", None) or "no name of a machine"
        raise ChocolateFactoryError(f"Cannot listen on {where} ({why}); choose another --host or --port.") from e


class _Server(uvicorn.Server):
    """Tells open pages at once that the service stops: it would wait for their streams, and then cut them off."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal says stop."""
        self._end_streams()
        super().handle_exit(sig, frame)


def _run(house: House, found: Settings, *, as_json: bool) -> None:
    """Serve until a signal says stop.

    Raises:
        ChocolateFactoryError: the service could not start.
    """
    _say_where(found, as_json=as_json)
    app = create_app(house, Runner(house))
    server = _Server(
        uvicorn.Config(
            app,
            host=found.api_host,
            port=found.api_port,
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=3,
        ),
        app.state.events.close,
    )
    gc.freeze()  # what is imported stays: a collection that walks it takes 30 ms, in the middle of somebody's page
    try:
        server.run()
    except (KeyboardInterrupt, SystemExit) as end:  # uvicorn stops, and then raises the signal that stopped it again
        _leave(end.code if isinstance(end, SystemExit) else 0)
    if not server.started:
        raise ChocolateFactoryError("The service could not start; the lines above say why.")


def _say_where(found: Settings, *, as_json: bool) -> None:
    shown = "localhost" if found.api_host in ("0.0.0.0", "::", "127.0.0.1") else found.api_host  # noqa: S104  compared
    base = f"http://[{shown}]:{found.api_port}" if ":" in shown else f"http://{shown}:{found.api_port}"
    if as_json:
        print_json({"dashboard": f"{base}/dashboard", "api": f"{base}/docs"})
        sys.stdout.flush()
        return
    err.print(f"[bold]Dashboard[/bold]  {base}/dashboard", highlight=False)
    err.print(f"[bold]API[/bold]        {base}/docs", highlight=False)


def _end_on_term() -> None:
    """SIGTERM is how a service is stopped, not a failure: it ends with 0."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))


def _leave(code: Any) -> NoReturn:
    """End the process, without waiting for threads that hang on a silent upstream: what they stored is safe."""
    if any(thread is not threading.main_thread() and not thread.daemon for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 0)
    sys.exit(code)
