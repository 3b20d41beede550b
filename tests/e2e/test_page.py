"""The page in Chromium before the running service: on the replay's real data, in the demo, on a first day.

At every width, in both languages, light and dark; the pictures are kept for people to look at.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import httpx
import pytest
from stage import REPOSITORY, Plant, end, free_port, until

sys.path.insert(0, str(REPOSITORY / "tests" / "unit"))

from dashboard_stage import Visit, chromium

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]

LOOKS = list(product((390, 1280, 1920), ("es", "en"), ("light", "dark")))
#: A first plan, on a machine that others work on too, s.
PATIENCE = 240.0


class Served(NamedTuple):
    """A world with a page."""

    world: str
    origin: str

    def complete(self, language: str) -> dict[str, Any]:
        return httpx.get(f"{self.origin}/dashboard/complete", params={"lang": language}, timeout=60.0).json()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module", params=["replay", "demo"])
def served(request, tmp_path_factory, upstreams) -> Iterator[Served]:
    """With a plan in force."""
    upstreams.faults()
    port = free_port()
    plant = Plant(tmp_path_factory.mktemp(request.param) / "plant", upstreams.environment(), at_rest=False)
    words = ("serve",) if request.param == "replay" else ("demo", "--data-dir", str(plant.data))
    process = plant.command(*words, "--port", str(port))
    world = Served(request.param, f"http://127.0.0.1:{port}")
    try:
        until(lambda: has(world, "plan"), PATIENCE, f"a plan; the log: {plant.log}", pause=0.5)
        yield world
    finally:
        end(process)


def has(world: Served, part: str) -> bool:
    try:
        return world.complete("es").get(part) is not None
    except (httpx.TransportError, ValueError):
        return False


@pytest.fixture
def visits(browser) -> Iterator[Any]:
    opened: list[Visit] = []

    def visit(origin: str, **look: Any) -> Visit:
        opened.append(Visit(browser, origin, **look))
        return opened[-1]

    yield visit
    for one in opened:
        one.close()


@pytest.mark.parametrize(("width", "language", "scheme"), LOOKS)
def test_what_is_known_is_shown_and_nothing_breaks(visits, served, width, language, scheme):
    visit = visits(served.origin, width=width, scheme=scheme)
    visit.open(language)
    visit.drawn()
    now = until(lambda: agreed(visit, served, language), 60.0, "the page and its JSON say the same", pause=1.0)
    assert {kind for name, kind in now.items() if name.endswith("_kind") and kind} <= KINDS[served.world]
    assert visit.page.locator("#demo").count() == (served.world == "demo")
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visit.faults() == []
    visit.picture(f"{served.world}-{width}-{language}-{scheme}")
    assert visit.noises == []


#: What may be shown as of now; the renewable share of a day that is not over is computed.
KINDS = {"replay": {"observed", "reanalysis", "estimated"}, "demo": {"simulated"}}


def agreed(visit: Visit, served: Served, language: str) -> dict[str, Any] | None:
    """What there is to know, once page and JSON are of one build: every number of now, every batch, the level."""
    document = served.complete(language)
    now, plan = document["current_info"], document["plan"]
    mark = "," if language == "es" else "."
    shown = {name: visit.page.locator(f"[data-tile={name}]").inner_text() for name in TILES}
    for name, decimals in TILES.items():
        if now[name] is None:
            assert now[f"{name}_missing"] in shown[name], "what is missing is said"
        elif f"{now[name]:.{decimals}f}".replace(".", mark) not in shown[name]:
            return None
    lanes = visit.page.locator("#plan .batches tbody tr").count()
    held = [b for b in plan["batches"] if b["end"][:10] >= document["generated_at"][:10]]
    return now if 0 < lanes <= len(held) else None


TILES = {"price_eur_kwh": 3, "spot_eur_kwh": 3, "temperature_c": 1, "renewable_pct": 1}


def test_from_outside_the_same_page_has_nothing_to_do(visits, served):
    visit = visits(served.origin, width=1280, extra_http_headers={"X-Forwarded-For": "203.0.113.7"})
    visit.open()
    visit.drawn()
    assert visit.page.locator("[data-act], form, input").count() == 0
    assert visit.noises == []


def test_a_first_day_without_any_upstream(visits, tmp_path, replay):
    """Nothing is known: the page says of each thing that it is missing, and stays whole."""
    replay.faults({"match": "^/(?!__control)", "kind": "500"})
    plant = Plant(tmp_path / "plant", replay.environment(), at_rest=False)
    with plant.serving() as service:
        visit = visits(str(service.http.base_url).rstrip("/"), width=390)
        visit.open("es")
        now = service.get("/dashboard/complete", lang="es")["current_info"]
        for name in TILES:
            assert now[name] is None
            assert now[f"{name}_missing"] in visit.page.locator(f"[data-tile={name}]").inner_text()
        assert visit.page.locator("#plan .missing").inner_text()
        assert visit.faults() == []
        visit.picture("first-day-390-es-light")
        assert visit.noises == []


def test_the_first_load_is_small(served, browser):
    """All that the page asks for until its charts are drawn, as it comes over the wire."""
    visit, sizes = Visit(browser, served.origin, width=1280), []
    visit.page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
    visit.open()
    visit.drawn()
    visit.close()
    print(f"{served.world}: {sum(sizes) / 1000:.0f} kB in {len(sizes)} answers")
    assert 50_000 < sum(sizes) < 400_000
