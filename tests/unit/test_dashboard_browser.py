"""The dashboard where JavaScript runs: Node says what Python says, and Chromium shows it."""

import copy
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dashboard_documents import CASES, STATIC, TUESDAY, complete, hostile

from chocolate_factory.domain.time import isoformat_madrid
from chocolate_factory.web.dashboard import figures, health, now, page, prices
from chocolate_factory.web.dashboard.texts import LANGUAGES, texts

NODE = shutil.which("node")
CHROMIUM = shutil.which("chromium")


# The same in the browser: what JavaScript writes must be what Python wrote.

MIRROR = """
import { readFileSync } from "node:fs";
const [folder] = process.argv.slice(1);
const load = (name) => import(`file://${folder}/${name}.js`);
const { Texts } = await load("texts");
const [figures, now, prices, health] = await Promise.all(["figures", "now", "prices", "health"].map(load));
const { cases, catalogues, specs, numbers } = JSON.parse(readFileSync(0, "utf8"));
const answer = (data, t) => {
  const present = figures.moment(data.generated_at);
  const info = data.current_info ?? {};
  const slots = prices.readAll(data.prices);
  const status = data.system_status ?? {};
  return {
    tiles: specs.map((spec) => now.tile(spec, info, present, 0, t)),
    period: now.periodTile(info, prices.periods(slots), present, t),
    days: prices.days(slots, info.tariff, present, t),
    alerts: health.alertRows(health.openAlerts(data.alerts), present, t),
    series: health.seriesRows(data.data_health ?? {}, present, t),
    repair: health.repair(data.data_health ?? {}, present, t),
    upstreams: health.upstreams(status, present, t),
    parts: health.parts(status, present, t),
  };
};
const spoken = Object.entries(catalogues).map(([language, messages]) => new Texts(language, messages));
process.stdout.write(JSON.stringify({
  answers: spoken.map((t) => cases.map((data) => answer(data, t))),
  numbers: spoken.map((t) => numbers.map(([value, digits]) => figures.number(value, digits, t))),
}));
"""
SPECS = (now.PRICE, now.SPOT, now.TEMPERATURE, now.HUMIDITY, now.DEMAND, now.RENEWABLE)
NUMBERS = [(sign * value / 16, digits) for sign in (1, -1) for value in range(0, 400_000, 1237) for digits in (0, 1, 3)]


def mirrored(data: dict[str, Any], language: str) -> dict[str, Any]:
    t, present = texts(language), figures.moment(data["generated_at"])
    info, series, status = (data[key] or {} for key in ("current_info", "data_health", "system_status"))
    slots = prices.read_all(data["prices"])
    tiles = [asdict(now.tile(spec, info, present, t)) for spec in SPECS]
    return {
        "tiles": [{key: value for key, value in tile.items() if key != "spec"} for tile in tiles],
        "period": asdict(now.period_tile(info, prices.periods(slots), present, t)),
        "days": [asdict(day) for day in prices.days(slots, info.get("tariff"), present, t)],
        "alerts": [asdict(row) for row in health.alert_rows(health.open_alerts(data["alerts"]), present, t)],
        "series": [asdict(row) for row in health.series_rows(series, present, t)],
        "repair": health.repair(series, present, t),
        "upstreams": [asdict(check) for check in health.upstreams(status, present, t)],
        "parts": [asdict(check) for check in health.parts(status, present, t)],
    }


@pytest.mark.skipif(NODE is None, reason="node is not installed: the page's JavaScript is not compared with Python")
def test_javascript_writes_what_python_writes() -> None:
    cases = [make() for make in CASES.values()]
    question = {
        "cases": cases,
        "catalogues": {language: texts(language).messages for language in LANGUAGES},
        "specs": [asdict(spec) for spec in SPECS],
        "numbers": NUMBERS,
    }
    command = [str(NODE), "--input-type=module", "--eval", MIRROR, str(STATIC)]
    done = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    ours = {
        "answers": [[mirrored(data, language) for data in cases] for language in LANGUAGES],
        "numbers": [[figures.number(*n, texts(language)) for n in NUMBERS] for language in LANGUAGES],
    }
    assert answers == json.loads(json.dumps(ours))


# In a real browser, with every request answered from here.

ORIGIN = "http://planta.test"


class Visit:
    """An open dashboard whose server is this test."""

    def __init__(self, browser: Any) -> None:
        self.data = complete()
        self.status = 200
        self.noises: list[str] = []
        context = browser.new_context(viewport={"width": 390, "height": 844}, timezone_id="Pacific/Auckland")
        self.page = context.new_page()
        self.page.on("console", lambda message: self.noises.append(message.text))
        self.page.on("pageerror", lambda error: self.noises.append(str(error)))
        self.page.on("dialog", lambda dialog: self.noises.append(f"dialog: {dialog.message}"))
        self.page.route("**/*", self._answer)
        self.page.clock.install(time=datetime(2031, 1, 1, tzinfo=UTC))

    def _answer(self, route: Any) -> None:
        path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
        policy = {"Content-Security-Policy": page.CONTENT_SECURITY_POLICY}
        if path == "/dashboard":
            html = page.render(self.data, "es", external=False)
            route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=policy)
        elif path == "/dashboard/complete":
            route.fulfill(body=json.dumps(self.data), content_type="application/json", status=self.status)
        elif path.startswith("/dashboard/static/"):
            route.fulfill(path=STATIC / path.removeprefix("/dashboard/static/"))
        else:
            self.noises.append(f"asked for {route.request.url}")
            route.abort()

    def open(self) -> None:
        self.page.goto(f"{ORIGIN}/dashboard")
        self.says("En directo", "#live")

    def half_a_minute(self) -> None:
        with self.page.expect_response(lambda answer: "/dashboard/complete" in answer.url):
            self.page.clock.run_for(31_000)

    def seen(self) -> list[str]:
        """What is visible of each section, the table opened."""
        self.page.eval_on_selector("#price-tables", "details => { details.open = true }")
        sections = ("lamp", "now", "days", "notes", "tables", "data")
        return ["".join(self.page.inner_text(f"#{section}").split()) for section in sections]

    def says(self, text: str, where: str = "main") -> None:
        self.page.locator(where).filter(has_text=text).wait_for()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: the page was not tried in a browser")
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*quiet, "--disable-component-update", "--disable-sync"]
        )
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Visit]:
    visiting = Visit(browser)
    yield visiting
    visiting.page.context.close()


@pytest.mark.browser
@pytest.mark.slow
class TestInChromium:
    def test_the_page_renews_itself_within_its_policy(self, visit: Visit) -> None:
        visit.open()
        visit.page.wait_for_selector("#chart canvas")
        renewed = copy.deepcopy(visit.data) | {"generated_at": isoformat_madrid(TUESDAY + timedelta(minutes=1))}
        renewed["current_info"]["price_eur_kwh"] = 0.4567
        visit.data = renewed
        visit.half_a_minute()
        visit.says("0,457", "[data-tile=price_eur_kwh]")
        assert visit.page.inner_text("#live") == "En directo · 10:43"
        assert [one.is_visible() for one in visit.page.locator("#band i").all()] == [True] * 24
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert visit.noises == []

    @pytest.mark.parametrize("case", ["an ordinary Tuesday", "the first day", "parts that are null"])
    def test_the_browser_rewrites_what_the_server_wrote(self, visit: Visit, case: str) -> None:
        visit.data = CASES[case]()
        visit.page.route("**/main.js", lambda route: route.abort())
        visit.page.goto(f"{ORIGIN}/dashboard")
        served = visit.seen()
        visit.page.unroute("**/main.js")
        visit.open()
        assert visit.seen() == served

    def test_hostile_texts_stay_texts_after_a_renewal(self, visit: Visit) -> None:
        visit.open()
        visit.page.wait_for_selector("#chart canvas")
        visit.data = hostile() | {"generated_at": isoformat_madrid(TUESDAY + timedelta(minutes=1))}
        visit.half_a_minute()
        visit.says("boom()", "#alerts")
        visit.page.hover("#chart")
        visit.says("boom()", ".tip")
        assert visit.page.locator("main img").count() == 0
        assert visit.page.locator("main script").count() == 0
        assert visit.noises == []

    def test_silence_is_said_with_its_hour_and_numbers_grow_old(self, visit: Visit) -> None:
        visit.open()
        visit.status = 503
        visit.half_a_minute()
        visit.says("El servidor responde con el error 503. Los números son de las 10:42.", "#silence")
        visit.page.unroute("**/*")
        visit.page.route("**/*", lambda route: route.abort())
        visit.page.clock.run_for(31_000)
        visit.says("Sin conexión desde las 10:42. Los números son de entonces.", "#silence")
        visit.page.clock.run_for(20 * 60_000)
        visit.says("Antiguo", "[data-tile=price_eur_kwh]")
        visit.says("hace 1 h 3 min", "[data-tile=price_eur_kwh]")

    def test_the_theme_is_chosen_and_kept(self, visit: Visit) -> None:
        visit.open()
        visit.page.click("#theme")
        assert visit.page.get_attribute("html", "data-theme") == "dark"
        visit.page.reload()
        assert visit.page.get_attribute("html", "data-theme") == "dark"
        assert visit.page.get_attribute("#theme", "aria-label") == "Tema claro"
