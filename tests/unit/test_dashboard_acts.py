"""What there is to do on the page: by whom, how, and never by a page of another origin or from outside."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from dashboard_stage import Visit, serving
from plan_records import SENTENCE, by_rule, in_process
from web_house import demo_house, real_house

from chocolate_factory.adapters.child import Child
from chocolate_factory.domain.alarms.plans import PLAN_CONFLICT
from chocolate_factory.scheduler.runner import Runner
from chocolate_factory.scheduler.work import in_this_thread
from chocolate_factory.usecases.tell import tell
from chocolate_factory.web.app import create_app
from chocolate_factory.web.door import HEADER
from chocolate_factory.wiring import House

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TOKEN = "una-clave-larga-0123456789"


def obedient(_child: object, work: str, given: Any, limit_s: float, tell: Any = None) -> Any:
    """As ``in_process``; its planner puts batches where they are held, and nothing else in their way."""
    if not work.endswith(":planned_by"):
        return in_process(_child, work, given, limit_s, tell)
    found, held = by_rule(given[0]), [b for b in given[0].options.fixed if b.held == "locked"]
    places = {(b.stage, b.start) for b in held}
    others = [b for b in found.plan.batches if (b.stage, b.start) not in places]
    return replace(
        found,
        plan=replace(found.plan, batches=(*others, *(replace(b, id=f"{b.id}-held", reason=SENTENCE) for b in held))),
    )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Child, "call", obedient)
        found = demo_house(tmp_path_factory.mktemp("demo"), days=9)
        found.optimise("first")
        tell(found.alerts, PLAN_CONFLICT.trouble("It is late because of <b>/srv/secret</b>.", action="Wait."))
        yield found


@pytest.fixture(scope="module")
def origin(house: House) -> Iterator[str]:
    with serving(create_app(house, Runner(house, hands=in_this_thread), awake=False)) as found:
        yield found


@pytest.fixture
def visit(browser: Any, origin: str, house: Any) -> Iterator[Visit]:
    house.clock.moment += timedelta(minutes=1)  # of two plans made at one moment neither is the newer
    opened = Visit(browser, origin, within="/", width=1280)
    opened.open()
    yield opened
    opened.close()


# -------------------------------------------------------------------------------------------------------- by whom may
def test_plan_again(visit: Visit, house: House) -> None:
    before = house.optimise.in_force().id
    visit.page.click("[data-act=plan]")
    visit.says("Nuevo plan en vigor", "#said")
    visit.says("(a petición)", "#decision")
    assert house.optimise.in_force().id != before
    assert visit.noises == []


def test_a_batch_is_moved_once_its_cost_is_known(visit: Visit, house: House) -> None:
    row = visit.page.locator(".batches tr.ahead").last
    row.locator("[data-act=move]").focus()
    visit.page.keyboard.press("Enter")
    begin = visit.page.locator("#begin")
    assert visit.page.locator("#confirm").is_disabled()
    hour = int(begin.input_value()[11:13])
    begin.fill(f"{begin.input_value()[:11]}{hour + 1:02}:00")
    visit.page.click("#move [type=submit]")
    visit.says("Ahorra 3,46 €. Cabe.", "#cost")
    assert house.plans.locked_batches() == frozenset(), "asking changes nothing"
    visit.picture("moving", whole=False)
    visit.page.click("#confirm")
    visit.says("Movida y fijada", "#said")
    visit.says("fijada", ".batches")
    (locked,) = house.plans.locked_batches()
    assert house.optimise.batch(locked).held == "locked"
    assert visit.faults() == []
    house.plans.lock_batch(locked, locked=False, at=house.clock.now())


def test_a_batch_is_locked_and_let_go(visit: Visit, house: House) -> None:
    for said in ("Fijada", "Suelta"):
        visit.page.locator(".batches tr.ahead").first.locator("[data-act=lock]").click()
        visit.says(said, "#said")
        word = "Soltar" if said == "Fijada" else "Fijar"
        visit.page.locator(".batches tr.ahead").first.get_by_text(word, exact=True).wait_for()
        assert bool(house.plans.locked_batches()) == (said == "Fijada")


def test_an_alarm_is_seen_by_somebody(visit: Visit) -> None:
    visit.page.click("[data-act=acknowledge]")
    visit.says("visto por alguien", "#alerts")
    assert visit.page.locator("[data-act=acknowledge]").count() == 0


def test_a_job_is_run_and_followed_to_its_end(visit: Visit, house: House) -> None:
    visit.page.click("[data-act=run][data-job=token_management]")
    visit.says("Tarea terminada.", "#said")


def test_what_cannot_be_done_is_said(visit: Visit) -> None:
    visit.page.route("**/plan", lambda route: route.fulfill(status=409, json={"detail": "A plan is being made."}))
    visit.page.click("[data-act=plan]")
    visit.says("A plan is being made.", "#said.bad")


# ----------------------------------------------------------------------------------------------------- by whom may not
class Foreign(BaseHTTPRequestHandler):
    """A page of another origin that tries to act as whoever opens it."""

    target = ""

    def do_GET(self) -> None:
        body = f"""<form method=post action="{self.target}/plan" enctype="text/plain"><button>win</button></form>
            <script>fetch("{self.target}/plan", {{method: "POST", mode: "no-cors", credentials: "include"}})
            .finally(() => document.title = "tried")</script>"""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        pass


def test_a_page_of_another_origin_changes_nothing(browser: Any, origin: str, house: House) -> None:
    before = house.optimise.in_force().id
    Foreign.target = origin
    with HTTPServer(("127.0.0.1", 0), Foreign) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.wait_for_function("document.title === 'tried'")
        page.click("button")
        assert "another origin" in page.inner_text("body")
        page.close()
        server.shutdown()
    assert house.optimise.in_force().id == before


def test_the_page_cannot_be_framed(origin: str) -> None:
    headers = httpx.get(f"{origin}/dashboard").headers
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("through", [{HEADER: "1"}, {"X-Forwarded-For": "203.0.113.7"}])
def test_from_outside_there_is_nothing_to_do_and_nothing_of_the_inside(
    browser: Any,
    origin: str,
    through: dict[str, str],
) -> None:
    visit = Visit(browser, origin, extra_http_headers=through)
    visit.open()
    visit.drawn()
    buttons = visit.page.locator("button").evaluate_all("all => all.map(button => button.id)")
    assert buttons == ["theme", "print"], "they change what this reader sees, and nothing else"
    assert visit.page.locator("input, form, dialog").count() == 0
    told = visit.page.content() + httpx.get(f"{origin}/dashboard/complete", headers=through).text
    assert "/srv/secret" not in told
    assert "0.1.0" not in told
    assert "/tmp" not in told
    assert visit.noises == []
    visit.close()


def test_with_a_token_whoever_has_it_may_act(browser: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"API_TOKEN": TOKEN, "API_LOCAL_NETWORKS": "10.99.0.0/16"}
    house = real_house(tmp_path, monkeypatch, **names)
    with serving(create_app(house, Runner(house, hands=in_this_thread), awake=False)) as origin:
        visit = Visit(browser, origin, within="/")
        visit.open()
        assert visit.page.locator("[data-act=run]").first.is_hidden()
        for key, said in (("wrong", "Only a client of a local network"), (TOKEN, "Tarea terminada.")):
            visit.page.reload()
            visit.page.fill("#token", key)
            visit.page.click("#key button")
            visit.page.click("[data-act=run][data-job=token_management]")
            visit.says(said, "#said")
        assert TOKEN not in visit.page.content()
        visit.close()
