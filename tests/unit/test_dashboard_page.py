from __future__ import annotations

import copy
import json
import math
import re
import shutil
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import HOUR, MADRID, isoformat_madrid, madrid_day
from chocolate_factory.web.dashboard import figures, health, now, page, prices
from chocolate_factory.web.dashboard.texts import LANGUAGES, texts

ROOT = Path(__file__).resolve().parents[2]
STATIC = page.STATIC
HOSTILE = "<script>boom()</script><img src=x onerror=boom()>\"'{{7*7}}</script>"
TUESDAY = datetime(2026, 11, 24, 10, 42, 13, tzinfo=MADRID)
NODE = shutil.which("node")
CHROMIUM = shutil.which("chromium")


# What /dashboard/complete answers, invented.


def day_of_prices(day: date, minutes: int, source: str, level: float) -> list[dict[str, Any]]:
    whole, step = madrid_day(day), timedelta(minutes=minutes)
    starts = [whole.start + i * step for i in range(int(whole.duration / step))]
    return [slot(start, minutes, source, level + 10 * math.sin(i / 3)) for i, start in enumerate(starts)]


def slot(start: datetime, minutes: int, source: str, eur_mwh: float) -> dict[str, Any]:
    local = start.astimezone(MADRID)
    return {
        "start": isoformat_madrid(start),
        "resolution_minutes": minutes,
        "price_eur_mwh": round(eur_mwh, 2),
        "price_eur_kwh": round(eur_mwh / 1000, 5),
        "tariff_period": "P6" if local.hour < 8 or local.weekday() > 4 else "P2" if 9 <= local.hour < 14 else "P3",
        "source": source,
        "kind": "observed",
    }


def reading(key: str, value: float, source: str, at: datetime, present: datetime, **more: str) -> dict[str, Any]:
    facts = {"source": source, "kind": "observed", "at": isoformat_madrid(at), **more}
    facts["age_seconds"] = (present - at).total_seconds()
    return {key: value} | {f"{key}_{name}": fact for name, fact in facts.items()}


def absent(key: str, why: str | None) -> dict[str, Any]:
    return {key: None, f"{key}_missing": why} | {f"{key}_{n}": None for n in ("source", "kind", "at", "age_seconds")}


def complete(present: datetime = TUESDAY, tomorrow: bool = True) -> dict[str, Any]:
    hour, today = present.replace(minute=0, second=0), present.date()
    days = [today, today + timedelta(days=1)] if tomorrow else [today]
    return {
        "generated_at": isoformat_madrid(present),
        "world": "real",
        "site": "linares",
        "version": "7.7.7",
        "current_info": {
            "price_series": "pvpc",
            "price_trend": "rising",
            "tariff": "3.0TD",
            "tariff_period": "P2",
            **reading("price_eur_kwh", 0.1234, "ree", hour, present),
            **reading("spot_eur_kwh", -0.0051, "omie", hour + timedelta(minutes=30), present),
            **reading("temperature_c", 21.44, "aemet", hour - HOUR, present, reason="AEMET es la más reciente."),
            **reading("humidity_pct", 45, "openweathermap", hour, present, kind="forecast", reason="AEMET calla."),
            **reading("demand_mw", 27384.4, "ree", hour - HOUR, present),
            **reading("renewable_pct", 54.2, "ree", madrid_day(today - timedelta(days=1)).start, present),
        },
        "system_status": {
            "status": "degraded",
            "checks": [
                {"name": "store", "status": "ok", "detail": "sqlite in /srv/secret-path", "since": None},
                {"name": "upstream:ree", "status": "ok", "detail": "", "since": isoformat_madrid(hour - 30 * HOUR)},
                {"name": "upstream:aemet", "status": "down", "detail": "503", "since": isoformat_madrid(hour)},
            ],
        },
        "prices": {
            "pvpc": [row for day in days for row in day_of_prices(day, 60, "ree", 120)],
            "spot": [row for day in days for row in day_of_prices(day, 15, "omie", 60)],
            "notes": ["El spot llegó a las 13:47."],
        },
        "weather": {"observed": [], "forecast": []},
        "alerts": [
            alert(1, "info", "open", "Se llenó un hueco.", present),
            alert(2, "critical", "acknowledged", "Faltan 12 h de demanda.", present),
            alert(3, "critical", "closed", "Ya pasó.", present),
        ],
        "data_health": {
            "series": [
                {"series": "pvpc", "last": isoformat_madrid(hour), "behind_hours": 0.0, "status": "fresh"},
                {
                    "series": "demand",
                    "last": isoformat_madrid(hour),
                    "behind_hours": 11.7,
                    "status": "late",
                    "source": "ree",
                },
                {"series": "humidity", "last": None, "behind_hours": None, "status": "missing"},
            ],
            "total_gaps": 1,
            "missing_records": 12345,
            "last_recovery": {
                "at": isoformat_madrid(hour),
                "filled": 168,
                "failed": 0,
                "success_rate": 0.5,
                "summary": "7 días apagado.",
            },
        },
        "predictions": None,
        "plan": None,
        "models": None,
        "savings": None,
    }


def alert(number: int, severity: str, state: str, message: str, present: datetime) -> dict[str, Any]:
    at = isoformat_madrid(present - 2 * HOUR)
    facts = {"id": number, "cause": f"cause-{number}", "severity": severity, "state": state, "message": message}
    return facts | {"action": "Nada urgente.", "opened_at": at, "last_seen_at": at, "times": number}


def first_day() -> dict[str, Any]:
    """Nothing stored, nothing known."""
    names = ("price_eur_kwh", "spot_eur_kwh", "temperature_c", "humidity_pct", "demand_mw", "renewable_pct")
    info = {key: value for name in names for key, value in absent(name, f"why no {name}").items()}
    info |= {"price_trend": None, "price_series": None, "tariff": "3.0TD", "tariff_period": None}
    series = {"series": [], "total_gaps": 0, "missing_records": 0, "last_recovery": None}
    empty = {"prices": {"pvpc": [], "spot": [], "notes": []}, "alerts": [], "data_health": series}
    return complete() | {"current_info": info} | empty


def hostile() -> dict[str, Any]:
    """Every text from outside is an attack, but for times and the two words that choose a branch."""
    kept = {"start", "generated_at", "since", "last", "at", "opened_at", "last_seen_at", "world", "price_series"}

    def spoil(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: spoil(name, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [spoil(key, inner) for inner in value]
        spared = key in kept or key.endswith("_at")
        return HOSTILE if isinstance(value, str) and not spared else value

    spoilt = spoil("", complete())
    spoilt["system_status"]["checks"][1]["name"] = f"upstream:{HOSTILE}"
    return spoilt


CASES: dict[str, Callable[[], dict[str, Any]]] = {
    "an ordinary Tuesday": complete,
    "before tomorrow's prices": lambda: complete(tomorrow=False),
    "the day of 25 hours": lambda: complete(datetime(2026, 10, 25, 2, 42, tzinfo=MADRID, fold=1)),
    "before the day of 23 hours": lambda: complete(datetime(2027, 3, 27, 21, 5, tzinfo=MADRID)),
    "the last minute of a year": lambda: complete(datetime(2026, 12, 31, 23, 59, 59, tzinfo=MADRID)),
    "the first day": first_day,
    "hostile": hostile,
    "parts that are null": lambda: complete() | dict.fromkeys(("prices", "alerts", "data_health", "system_status")),
}


class Outline(HTMLParser):
    """What a browser would make of the page: its tags with their attributes, and the text that is shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self._silent = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._silent = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.pieces).split())


def shown(data: dict[str, Any], language: str = "es", external: bool = False) -> str:
    return Outline(page.render(data, language, external)).text


# The words.


def gaps_of(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name}


def test_both_languages_say_the_same_things() -> None:
    spanish, english = (texts(language).messages for language in ("es", "en"))
    assert spanish.keys() == english.keys()
    assert [
        key for key in spanish if key.split(".")[0] != "date" and gaps_of(spanish[key]) != gaps_of(english[key])
    ] == []


def test_every_text_that_the_code_names_exists() -> None:
    sources = [*STATIC.glob("*.js"), *STATIC.parent.glob("*.py"), *STATIC.parent.glob("templates/*.html")]
    named = {key for path in sources for key in re.findall(r'\bsay\(\s*"([\w.]+)"[,)]', path.read_text("utf-8"))}
    assert len(named) > 40
    assert named <= texts("es").messages.keys()


def test_an_unknown_language_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="lang: 'fr' is not allowed; one of es, en"):
        page.render(complete(), "fr", external=False)


# The figures.


@pytest.mark.parametrize(
    ("value", "digits", "spanish", "english"),
    [
        (0.1234, 3, "0,123", "0.123"),
        (0.0615, 3, "0,062", "0.062"),
        (-0.0051, 3, "−0,005", "−0.005"),
        (-0.0004, 3, "0,000", "0.000"),
        (4321, 0, "4321", "4,321"),
        (27384.4, 0, "27.384", "27,384"),
        (1234567.25, 1, "1.234.567,3", "1,234,567.3"),
        (-5, 1, "−5,0", "−5.0"),
    ],
)
def test_numbers_as_each_language_writes_them(value: float, digits: int, spanish: str, english: str) -> None:
    assert figures.number(value, digits, texts("es")) == spanish
    assert figures.number(value, digits, texts("en")) == english


@given(st.floats(-1e6, 1e6), st.integers(0, 4))
def test_a_number_can_be_read_back(value: float, digits: int) -> None:
    written = figures.number(value, digits, texts("es")).replace(".", "").replace(",", ".").replace("−", "-")
    assert float(written) == pytest.approx(value, abs=0.5 * 10**-digits + 1e-9)


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [
        (0, "hace menos de 1 min"),
        (59.9, "hace menos de 1 min"),
        (900, "hace 15 min"),
        (3600, "hace 1 h"),
        (6120, "hace 1 h 42 min"),
        (2 * 86400 - 1, "hace 47 h 59 min"),
        (3 * 86400, "hace 3 d"),
        (-600, "dentro de 10 min"),
    ],
)
def test_ages(seconds: float, spoken: str) -> None:
    assert figures.age(seconds, texts("es")) == spoken


def test_times_are_madrids_and_carry_a_date_unless_it_is_today() -> None:
    present = figures.moment("2026-11-24T09:42:00+00:00")
    assert figures.clock(present) == "10:42"
    words = texts("es"), texts("en")
    assert [figures.date_and_clock(present - 11 * HOUR, present, t) for t in words] == ["23/11 23:42", "23 Nov, 23:42"]
    assert figures.date(present.replace(year=2024), present, words[0]) == "24/11/2024"


def test_the_two_hours_of_october_are_an_hour_apart() -> None:
    first, second = (figures.moment(f"2026-10-25T02:00:00+0{offset}:00") for offset in (2, 1))
    assert second - first == HOUR
    assert first < second


# The section Now.


@given(
    value=st.none() | st.floats(-50, 5e4),
    kind=st.sampled_from([None, "observed", "reanalysis", "forecast", "estimated", "simulated"]),
    why=st.none() | st.text(max_size=20),
    seconds=st.none() | st.floats(-9e3, 9e5),
)
def test_a_tile_has_a_value_or_a_reason_and_never_hides_its_kind(
    value: float | None, kind: str | None, why: str | None, seconds: float | None
) -> None:
    info = {"demand_mw": value, "demand_mw_kind": kind, "demand_mw_missing": why, "demand_mw_age_seconds": seconds}
    tile = now.tile(now.DEMAND, info, figures.moment("2026-11-24T10:00:00+01:00"), texts("es"))
    assert bool(tile.value) != bool(tile.missing)
    assert bool(tile.value) == (value is not None)
    assert tile.badge == (kind if value is not None and kind not in (None, "observed") else "")
    assert tile.stale == (value is not None and seconds is not None and seconds > 4 * 3600)


def test_the_period_says_when_it_ends_and_what_the_day_holds() -> None:
    data = complete()
    known = prices.periods(prices.read_all(data["prices"]))
    tile = now.period_tile(data["current_info"], known, figures.moment(data["generated_at"]), texts("es"))
    assert (tile.until, tile.meaning, tile.colour) == ("hasta las 14:00, después P3", "peaje alto", "p2")
    assert [period for _, period, _ in tile.band] == ["P6"] * 8 + ["P3"] + ["P2"] * 5 + ["P3"] * 10
    assert [i for i, (_, _, current) in enumerate(tile.band) if current] == [10]


def test_the_three_periods_of_households_have_their_own_words_and_colours() -> None:
    info = {"tariff": "2.0TD", "tariff_period": "P3"}
    tile = now.period_tile(info, [], figures.moment("2026-11-24T10:00:00+01:00"), texts("es"))
    assert (tile.meaning, tile.colour, tile.until) == ("valle", "p6", "")


# The section Prices.


def days_of(data: dict[str, Any], language: str = "es") -> list[prices.Day]:
    present = figures.moment(data["generated_at"])
    return prices.days(prices.read_all(data["prices"]), "3.0TD", present, texts(language))


def test_a_day_of_25_hours_shows_both_hours() -> None:
    today, tomorrow = days_of(CASES["the day of 25 hours"]())
    assert [row.hour for row in today.rows[1:5]] == ["01:00", "02:00 (+0200)", "02:00 (+0100)", "03:00"]
    assert [row.hour for row in today.rows if row.current] == ["02:00 (+0100)"]
    assert (len(today.rows), len(tomorrow.rows), today.missing) == (25, 24, [])


def test_a_day_of_23_hours_has_no_two_o_clock() -> None:
    _, tomorrow = days_of(CASES["before the day of 23 hours"]())
    assert [row.hour for row in tomorrow.rows[:3]] == ["00:00", "01:00", "03:00"]
    assert (len(tomorrow.rows), tomorrow.missing) == (23, [])


def test_what_is_not_published_is_said() -> None:
    data = complete(tomorrow=False)
    assert days_of(data)[1].missing == [
        "Sin precio de mañana todavía: el spot se publica hacia las 14:00 y el PVPC hacia las 20:20."
    ]
    data["prices"]["spot"] += day_of_prices(date(2026, 11, 25), 15, "omie", 50)
    assert days_of(data)[1].missing == ["Sin PVPC de mañana todavía: se publica hacia las 20:20."]


def test_holes_in_a_day_are_said_and_left_open() -> None:
    data = complete()
    data["prices"]["spot"] = [row for row in data["prices"]["spot"] if row["start"][11:16] != "05:15"]
    today = days_of(data)[0]
    assert today.missing == ["Spot: faltan 15 min de este día."]
    assert [cell is None for cell in today.rows[5].spot] == [False, True, False, False]


def test_an_hourly_spot_spans_its_four_quarters() -> None:
    data = complete()
    data["prices"]["spot"] = day_of_prices(TUESDAY.date(), 60, "omie", 60)
    rows = days_of(data)[0].rows
    assert {(len(row.spot), row.spot[0] and row.spot[0].span) for row in rows} == {(1, 4)}
    assert "colspan=4" in page.render(data, "es", external=False)


@given(st.lists(st.floats(-500, 4000), min_size=1, max_size=24))
def test_a_days_range_holds_its_mean(levels: list[float]) -> None:
    start = madrid_day(TUESDAY.date()).start
    rows = [slot(start + i * HOUR, 60, "ree", level) for i, level in enumerate(levels)]
    sentence = days_of(complete() | {"prices": {"pvpc": rows, "spot": []}}, "en")[0].ranges[0]
    low, high, mean = (float(x.replace("−", "-")) for x in re.findall(r"−?\d+\.\d{3}", sentence))
    assert low <= mean <= high


# The section Data.


def test_open_alerts_come_gravest_first_and_closed_ones_not_at_all() -> None:
    assert [one["id"] for one in health.open_alerts(complete()["alerts"])] == [2, 1]


def test_health_in_words() -> None:
    text = shown(complete())
    assert "1 hueco abierto. Faltan 12.345 registros." in text
    assert "Última recuperación, 10:00: 168 registros rellenados (50 %), 0 tareas fallidas. 7 días apagado." in text
    assert "Demanda REE 10:00 11 h 42 min con retraso" in text
    assert "REE responde desde 23/11 04:00" in text
    assert "AEMET no responde desde 10:00" in text


# The page.


def test_the_page_reads_without_javascript() -> None:
    text = shown(complete())
    for piece in (
        "Precio PVPC 0,123 €/kWh",
        "REE · observado · 10:00 · hace 42 min",
        "Mercado diario (spot) −0,005 €/kWh",
        "Temperatura 21,4 °C",
        "AEMET es la más reciente.",
        "Humedad 45 %",
        "Demanda eléctrica 27.384 MW",
        "REE · observado · día 23/11 · hace 34 h 42 min",
        "P2 peaje alto",
        "Degradado , 2 avisos abiertos",
        "Hoy, martes 24/11",
        "Mañana, miércoles 25/11",
        "El spot llegó a las 13:47.",
        "Faltan 12 h de demanda. Qué hacer: Nada urgente.",
        "Versión 7.7.7.",
    ):
        assert piece in text


def test_the_page_in_english() -> None:
    text = shown(complete(), "en")
    assert "PVPC price 0.123 €/kWh" in text
    assert "Electricity demand 27,384 MW" in text
    assert "Today, Tuesday 24 Nov" in text


def test_on_the_first_day_every_missing_number_has_its_reason() -> None:
    text = shown(first_day())
    assert text.count("why no ") == 6
    assert "Sin periodo. No se conoce el motivo." in text
    assert "No hay precios de hoy en el almacén." in text
    assert "Todavía no ha habido ninguna recuperación." in text


def test_what_is_no_observation_wears_a_badge() -> None:
    tags = Outline(page.render(complete(), "es", external=False)).tags
    badges = [a["class"] for tag, a in tags if tag == "b" and "badge" in (a.get("class") or "") and "hidden" not in a]
    assert badges == ["badge forecast"]


def test_the_demo_carries_its_banner_and_reality_does_not() -> None:
    def banner(world: str) -> bool:
        tags = Outline(page.render(complete() | {"world": world}, "es", external=False)).tags
        return any(a.get("id") == "demo" and "hidden" not in a for _, a in tags)

    assert (banner("simulated"), banner("real")) == (True, False)


def test_the_external_view_leaks_no_version_and_no_detail() -> None:
    html = page.render(complete(), "es", external=True)
    assert "7.7.7" not in html
    assert "secret-path" not in html
    assert "secret-path" in page.render(complete(), "es", external=False)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES)
def test_nothing_is_inline_and_nothing_leaves_the_dashboard(case: str, language: str) -> None:
    for tag, attributes in Outline(page.render(CASES[case](), language, external=False)).tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        assert tag != "style"
        if tag == "script" and "src" not in attributes:
            assert attributes["type"] == "application/json"
        for name in ("src", "href"):
            assert (attributes.get(name) or "#").startswith(("/dashboard/static/", "?lang=", "#"))


def test_every_asset_that_the_page_names_exists_under_any_base() -> None:
    tags = Outline(page.render(complete(), "es", external=False, base="/planta/dashboard/")).tags
    named = [a.get("src") or a.get("href") or "" for tag, a in tags if tag in ("script", "link")]
    assets = [name.removeprefix("/planta/dashboard/static/") for name in named if name]
    assert len(assets) == 7
    assert [name for name in assets if not (STATIC / name).is_file()] == []


def test_a_hostile_text_stays_a_text() -> None:
    outline = Outline(page.render(hostile(), "es", external=False))
    assert outline.text.count(HOSTILE) > 30
    assert [tag for tag, _ in outline.tags if tag == "img"] == []
    assert len([tag for tag, _ in outline.tags if tag == "script"]) == 3
    assert not [a for _, a in outline.tags if "<" in (a.get("class") or "")]


def test_the_vendored_library_is_what_its_manifest_says(tmp_path: Path) -> None:
    script = ROOT / "scripts" / "vendor-assets"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    manifest = json.loads((STATIC / "vendor" / "manifest.json").read_text())
    assert {"echarts.LICENSE.txt", "echarts.NOTICE.txt", "zrender.LICENSE.txt"} <= manifest["files"].keys()


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
