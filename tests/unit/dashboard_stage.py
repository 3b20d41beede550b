"""The dashboard on a stage: the real application and its real server, with documents made by hand behind it."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import uvicorn
from dashboard_documents import complete
from web_house import real_house

from chocolate_factory.domain.errors import StoreError
from chocolate_factory.scheduler.runner import Runner
from chocolate_factory.web.app import create_app
from chocolate_factory.web.dashboard.events import Events
from chocolate_factory.web.dashboard.outward import outward
from chocolate_factory.web.dashboard.page import Look
from chocolate_factory.web.dashboard.snapshot import View, view_of

ROOT = Path(__file__).resolve().parents[2]
#: Where pictures of the page are left for people to look at; not in git.
PICTURES = ROOT / "artifacts" / "dashboard"
AXE = Path(__file__).parent / "vendor" / "axe.min.js"


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser; the test skips, and says so, where it is not installed."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed: the page was not tried in a browser")
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=path, args=[*quiet, "--disable-component-update", "--disable-sync"]
        )
        yield opened
        opened.close()


class Shown:
    """A snapshot of whatever document the test wants shown."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[], None]] = []
        self.show()

    def show(self, data: dict[str, Any] | None = None) -> None:
        """From now on this is what there is."""
        self.scene: tuple[dict[str, Any], dict[Look, View]] = (data or complete(), {})
        self.broken = False
        self.renew_soon()

    def get(self, look: Look) -> View:
        if self.broken:
            raise StoreError("The ledger cannot serve.")
        data, views = self.scene
        if look not in views:
            # made now, by the machine's clock: the browser holds its own against it
            views[look] = view_of(outward(data) if look.external else data, look, datetime.now(UTC))
        return views[look]

    def renew_soon(self) -> None:
        for listener in self.listeners:
            listener()


class Stage(NamedTuple):
    """A server that runs, and what it shows."""

    origin: str
    shown: Shown


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The application on a port of its own; its origin."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Without its own logging, which would stay for the tests that follow.
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        app.state.events.close()
        server.should_exit = True
        thread.join(15)


@contextmanager
def stage(folder: Path, patch: Any) -> Iterator[Stage]:
    """The application of an empty house, with its snapshot replaced."""
    house = real_house(folder, patch)
    app = create_app(house, Runner(house), awake=False)
    shown = Shown()
    app.state.snapshot, app.state.events = shown, Events(shown)  # type: ignore[arg-type]
    with serving(app) as origin:
        yield Stage(origin, shown)


class Visit:
    """An open page, with whatever it complained about and whomever else it asked.

    Args:
        within: the path under which everything must lie that the page asks for.
    """

    def __init__(
        self,
        browser: Any,
        origin: str,
        *,
        within: str = "/dashboard",
        width: int = 390,
        scheme: str = "light",
        **more: Any,
    ) -> None:
        self.origin = origin
        self.within = within
        self.noises: list[str] = []
        size = {"width": width, "height": 844 if width < 700 else 1000}
        self.context = browser.new_context(
            viewport=size, color_scheme=scheme, timezone_id="Pacific/Auckland", locale="fr-FR", **more
        )
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.noises.append(message.text))
        self.page.on("pageerror", lambda error: self.noises.append(str(error)))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)

    def _dialog(self, dialog: Any) -> None:
        self.noises.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        if not request.url.startswith((f"{self.origin}{self.within}", "data:", "blob:")):
            self.noises.append(f"asked for {request.url}")

    def open(self, language: str = "es") -> None:
        self.page.goto(f"{self.origin}/dashboard?lang={language}")
        self.says("En directo" if language == "es" else "Live", "#live")

    def drawn(self) -> None:
        """Wait for the charts."""
        self.page.wait_for_selector("#gantt[data-drawn]")

    def says(self, text: str, where: str = "body") -> None:
        self.page.locator(where).filter(has_text=text).first.wait_for()

    def faults(self) -> list[str]:
        """What axe finds that is serious."""
        self.page.evaluate(AXE.read_text("utf-8") + "; 0")  # evaluated by the debugger, so the page's policy holds
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        grave = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
        return [f"{v['id']}: {node['html'][:160]} {node['failureSummary']}" for v in grave for node in v["nodes"][:3]]

    def picture(self, name: str, *, whole: bool = True) -> None:
        """Left for people to look at."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)

    def close(self) -> None:
        self.context.close()
