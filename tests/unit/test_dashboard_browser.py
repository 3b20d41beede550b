"""The dashboard in Chromium: one server for all, documents made by hand behind it."""

import copy
import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from dashboard_documents import CASES, HOSTILE, TUESDAY, complete, hostile
from dashboard_stage import PICTURES, Stage, Visit, stage

from chocolate_factory.domain.time import isoformat_madrid

WIDTHS = (390, 1280, 1920)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch, stage(tmp_path_factory.mktemp("stage"), patch) as found:
        yield found


@pytest.fixture
def visits(browser: Any, served: Stage) -> Iterator[Any]:
    opened: list[Visit] = []

    def visit(**more: Any) -> Visit:
        opened.append(Visit(browser, served.origin, **more))
        return opened[-1]

    served.shown.show()
    yield visit
    for each in opened:
        each.close()


def later(minutes: int, data: dict[str, Any] | None = None) -> dict[str, Any]:
    return copy.deepcopy(data or complete()) | {"generated_at": isoformat_madrid(TUESDAY + timedelta(minutes=minutes))}


SEEN = {
    "es": (
        ("#decision", "Óptimo"),
        ("#decision", "Hasta las 22:00, después Parar producción."),
        ("#runs", "Concha 1"),
        ("#runs", "desde las 18:00"),
        ("#advice", "Moderado"),
        ("#period", "0,086"),
        ("[data-tile=price_eur_kwh]", "0,123"),
        ("[data-tile=spot_eur_kwh]", "baja"),
        ("[data-tile=demand_mw]", "27.384"),
        ("[data-tile=temperature_c]", "AEMET"),
        ("#power", "150 kW"),
        ("#score", "71"),
        ("#plan .batches", "Porque sí: line-dark-1."),
        ("#plan", "de 10:00 a 18:00"),
        ("#plan .tanks", "1400"),
        ("#prices .ahead", "previsión"),
        ("#record-errors", "16,00 €/MWh"),
        ("#prices .heat", "●"),
        ("#money .saving", "12,34 €"),
        ("#money .peaks", "150"),
        ("#money .enpi", "0,1257"),
        ("#models", "ingenuo EPF"),
        ("#jobs", "colgada y parada"),
        ("#alerts", "Esperar."),
    ),
    "en": (
        ("#decision", "Optimal"),
        ("#runs", "Conche 1"),
        ("#advice", "Moderate"),
        ("[data-tile=demand_mw]", "27,384"),
        ("#plan .batches", "Because: line-dark-1."),
        ("#record-errors", "The forecast is better."),
        ("#money .saving", "12.34 €"),
        ("#jobs", "hung and stopped"),
    ),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_item_is_there(visits: Any, width: int, language: str, scheme: str) -> None:
    visit = visits(width=width, scheme=scheme)
    visit.open(language)
    visit.drawn()
    for where, text in SEEN[language]:
        assert text in visit.page.inner_text(f"{where} >> nth=0"), (where, text)
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.picture(f"{width}-{language}-{scheme}")
    assert visit.noises == []


@pytest.mark.parametrize("width", [360, *WIDTHS, 2560])
def test_no_word_of_the_level_is_cut_in_two(visits: Any, width: int) -> None:
    visit = visits(width=width)
    visit.open()
    for level in ("Halt Production", "Parar producción", "Moderate", "Moderado"):
        lines = visit.page.evaluate(LINES_OF_WORDS, level)
        assert lines == [1] * len(level.split()), (level, lines)
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


#: Sets the level and counts the lines that each of its words takes.
LINES_OF_WORDS = """level => {
  const paragraph = document.querySelector(".decision .level");
  paragraph.textContent = level;
  const text = paragraph.firstChild;
  let at = 0;
  return level.split(" ").map(word => {
    const range = document.createRange();
    range.setStart(text, at);
    range.setEnd(text, at + word.length);
    at += word.length + 1;
    return new Set([...range.getClientRects()].map(box => Math.round(box.top))).size;
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_serious(visits: Any, width: int, scheme: str) -> None:
    visit = visits(width=width, scheme=scheme)
    visit.open()
    visit.drawn()
    visit.page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true })")
    assert visit.faults() == []


def test_the_page_renews_itself_and_leaves_the_reader_where_he_is(visits: Any, served: Stage) -> None:
    visit = visits()
    visit.open()
    visit.page.click("#hours-1 summary")
    renewed = later(1)
    renewed["current_info"]["price_eur_kwh"] = 0.4567
    served.shown.show(renewed)
    visit.says("0,457", "[data-tile=price_eur_kwh]")
    assert visit.page.inner_text("#live") == "En directo · 10:43"
    assert visit.page.locator("#hours-1").get_attribute("open") is not None
    assert visit.page.evaluate("document.activeElement.localName") == "summary"
    assert visit.noises == []


@pytest.mark.parametrize("case", CASES)
def test_whatever_is_missing_the_page_works(visits: Any, served: Stage, case: str, tmp_path: Path) -> None:
    served.shown.show(CASES[case]())
    visit = visits()
    visit.open()
    visit.page.wait_for_timeout(300)
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.picture(f"case-{case.replace(' ', '-')}")
    assert visit.noises == []


@pytest.mark.parametrize("case", CASES)
def test_the_html_is_valid(visits: Any, served: Stage, case: str) -> None:
    """The browser's parser, which follows the standard, mends nothing: what it has read is what was written."""
    served.shown.show(CASES[case]())
    visit = visits()
    visit.open()
    for look in ("?lang=es", "?lang=en"):
        written, read = visit.page.evaluate(AS_WRITTEN_AND_AS_READ, look)
        source = Marks(written)
        assert source.marks == Marks(read).marks
        assert source.twice == [], "an attribute stands twice in a tag"
        ids = [value for name, value in source.attributes if name == "id" and HOSTILE not in value]
        assert sorted(ids) == sorted(set(ids))
        named = {value for name, values in source.attributes if name in REFERENCES for value in values.split()}
        assert named <= set(ids)


#: Attributes that name elements of the page.
REFERENCES = {"aria-labelledby", "aria-describedby", "aria-controls", "for"}
AS_WRITTEN_AND_AS_READ = """async look => {
  const written = await (await fetch("dashboard" + look)).text();
  const read = new DOMParser().parseFromString(written, "text/html");
  return [written, read.documentElement.outerHTML];
}"""


class Marks(HTMLParser):
    """Every tag that begins and ends, in order, as it is written."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.marks: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.twice: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.marks.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        names = [name for name, _ in attrs]
        self.twice += [f"{name} of {tag}" for name in set(names) if names.count(name) > 1]

    def handle_endtag(self, tag: str) -> None:
        self.marks.append(f"/{tag}")


def test_hostile_texts_stay_texts_after_a_renewal(visits: Any, served: Stage) -> None:
    visit = visits(width=1280)
    visit.open()
    visit.drawn()
    served.shown.show(hostile() | {"generated_at": isoformat_madrid(TUESDAY + timedelta(minutes=1))})
    visit.says("boom()", "#alerts")
    for chart in ("#gantt", "#chart"):
        visit.page.hover(chart)
        visit.page.wait_for_timeout(200)
    assert visit.page.locator("main img").count() == 0
    assert visit.page.locator("main script").count() == 0
    assert visit.noises == []


def test_silence_is_said_with_its_age(visits: Any, served: Stage) -> None:
    visit = visits()
    visit.page.clock.install()
    visit.open()
    visit.page.route("**/events*", lambda route: route.abort())
    visit.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # opens the stream anew
    visit.page.clock.run_for(23 * 60_000)
    visit.says("Sin conexión desde las 10:42 (hace 23 min). Los números son de entonces.", "#silence")
    assert visit.page.get_attribute("html", "data-silent") == ""


def test_without_javascript_all_is_there_but_the_charts(visits: Any) -> None:
    visit = visits(java_script_enabled=False)
    visit.page.goto(f"{visit.origin}/dashboard?lang=es")
    for where, text in SEEN["es"]:
        assert text in visit.page.inner_text(f"{where} >> nth=0"), (where, text)
    visit.picture("without-javascript")


@pytest.mark.parametrize("language", ["es", "en"])
def test_it_prints_as_a_shift_sheet_of_a_page_for_each_day(visits: Any, language: str) -> None:
    visit = visits(width=1280)
    visit.open(language)
    visit.drawn()
    PICTURES.mkdir(parents=True, exist_ok=True)
    paper = visit.page.pdf(path=PICTURES / f"shift-sheet-{language}.pdf", format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 2
    visit.page.emulate_media(media="print")
    assert visit.page.locator("#sheet .sheet").count() == 2
    assert [visit.page.locator(f"#{name}").is_visible() for name in ("top", "now", "plan", "trust")] == [False] * 4
    assert "Because: " not in visit.page.inner_text("#sheet")
    assert visit.page.locator("#sheet .work tbody tr").count() == 4


def test_the_page_is_used_by_keyboard_alone(visits: Any) -> None:
    visit = visits(width=1280)
    visit.open()
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.className") == "skip"
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("location.hash") == "#now"
    seen = set()
    for _ in range(60):
        visit.page.keyboard.press("Tab")
        seen.add(visit.page.evaluate("document.activeElement.outerHTML.slice(0, 60)"))
    assert any("plan.csv" in html for html in seen)
    assert any("<summary" in html for html in seen)
    assert any("data-act=" in html for html in seen)


def test_the_theme_is_chosen_and_kept(visits: Any) -> None:
    visit = visits()
    visit.open()
    visit.page.click("#theme")
    assert visit.page.get_attribute("html", "data-theme") == "dark"
    visit.page.reload()
    assert visit.page.get_attribute("html", "data-theme") == "dark"
    assert visit.page.get_attribute("#theme", "aria-label") == "Tema claro"
