"""What the documents' tables say, as the code says it; ``python tests/architecture/docs_tables.py`` renews them.

A table stands in a document under ``<!-- code: its name -->``.
"""

from __future__ import annotations

import atexit
import json
import re
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import typer.main

from chocolate_factory.adapters.http import TRIES
from chocolate_factory.cli.app import app
from chocolate_factory.domain.alarms import CATALOGUE as ALARMS
from chocolate_factory.domain.catalogue import CATALOGUE, TECHNOLOGIES, expected_series
from chocolate_factory.domain.notice import GIVE_UP_AFTER, pause_after
from chocolate_factory.domain.retention import RULES
from chocolate_factory.domain.time import DAY, HOUR, MADRID, Interval, Resolution, madrid_midnight
from chocolate_factory.domain.work import Gap
from chocolate_factory.quality.gaps import GIVE_UP_AGE, GIVE_UP_ATTEMPTS, after_vain_try, prioritise
from chocolate_factory.quality.hybrid import HybridRules
from chocolate_factory.quality.select import SOURCE_RANK
from chocolate_factory.scheduler.jobs import HEAL_AFTER, TIMETABLE
from chocolate_factory.scheduler.runner import Runner
from chocolate_factory.settings import Settings
from chocolate_factory.usecases.campaign import STRIKES
from chocolate_factory.usecases.detect import DEFAULT_DAYS_BACK
from chocolate_factory.usecases.ingest import PACE
from chocolate_factory.usecases.routes import HISTORY, LIVE
from chocolate_factory.web.app import create_app
from chocolate_factory.wiring import LIMITS, House, build

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "chocolate_factory"
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
#: The moment that the rendered tables speak of.
NOON = datetime(2026, 6, 17, 12, tzinfo=MADRID).astimezone(UTC)
COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def table(header: str, rows: Iterator[tuple[object, ...]]) -> list[str]:
    titles = header.split(" | ")
    return [f"| {header} |", "|" + "---|" * len(titles), *(f"| {' | '.join(map(str, row))} |" for row in rows)]


def code(names: object) -> str:
    return ", ".join(f"`{name}`" for name in names if not str(name).startswith("demo"))  # type: ignore[attr-defined]


def madrid(moment: datetime) -> str:
    return f"{moment.astimezone(MADRID):%Y-%m-%d %H:%M}"


def span(length: timedelta) -> str:
    if length < HOUR:
        return f"{length.total_seconds() / 60:g} min"
    return f"{length / DAY:g} days" if length % DAY == timedelta(0) and length > DAY else f"{length / HOUR:g} h"


@cache
def house() -> House:
    folder = tempfile.TemporaryDirectory()
    built = build(Settings(data_dir=Path(folder.name), aemet_api_key="k", openweathermap_api_key="k"))  # type: ignore[arg-type]
    atexit.register(folder.cleanup)
    atexit.register(built.close)  # the later registered comes first
    return built


@cache
def openapi() -> dict[str, Any]:
    return create_app(house(), Runner(house()), awake=False).openapi()


def catalogue() -> list[str]:
    shown = [s for s in CATALOGUE.values() if not s.name.startswith(("generation_", "feature_"))]
    shown.insert(6, replace(CATALOGUE["generation_hydro"], name="generation_<technology>"))
    shown.append(replace(CATALOGUE["feature_hour"], name="feature_<name>", unit="its own"))
    return table(
        "series | unit | slot | range | gap",
        (
            (
                f"`{s.name}`",
                s.unit,
                slot_of(s.finest, s.also),
                f"{s.low:.0f} to {s.high:.0f}",
                "yes" if s.expected else "",
            )
            for s in shown
        ),
    )


def slot_of(resolution: Resolution, also: Resolution | None = None) -> str:
    if resolution is Resolution.DAY:
        return "day"
    return f"{int(resolution)} min" if also is None else f"{int(resolution)} or {int(also)} min"


def due() -> list[str]:
    starts = {
        s.name: NOON - 2 * HOUR if s.finest < Resolution.DAY else madrid_midnight(date(2026, 6, 17))
        for s in expected_series()
    }
    return table("series | a gap from", ((f"`{s.name}`", madrid(s.due(starts[s.name]))) for s in expected_series()))


def priorities() -> list[str]:
    def of(series: str, days_ago: int, source: str | None = None) -> tuple[object, ...]:
        start = NOON - days_ago * DAY
        gap = prioritise(Gap(series, Interval(start, start + HOUR), 1, source), NOON)
        return gap.priority, gap.priority_reason

    cases = {
        "a price or an hour of weather, of today or tomorrow": of("pvpc", 0),
        "the same, of the seven days before": of("temperature", 3),
        "demand, its forecast, renewable share, of today and the seven days before": of("demand", 3),
        "daily weather, and whatever is older": of("temperature_max", 8),
        "a hole in one source's own series": of("temperature", 0, "openweathermap"),
    }
    assert of("pvpc", 9) == of("demand", 9) == of("temperature_max", 8)
    return table("the newest slot is | priority | reason", ((name, *told) for name, told in cases.items()))


def routes() -> list[str]:
    rows = ((family.value.replace("_", " "), code(LIVE[family]), code(HISTORY[family])) for family in LIVE)
    return table("what | the month at hand | earlier months", rows)


def reach() -> list[str]:
    names = dict.fromkeys(n for t in (LIVE, HISTORY) for feeds in t.values() for n in feeds if not n.startswith("demo"))
    feeds = [house().feeds[name] for name in names]
    spans = ((f, f.reach(NOON)) for f in feeds)
    return table(
        "feed | from | to | one request takes",
        ((f"`{f.name}`", madrid(r.start), madrid(r.end), span(f.longest)) for f, r in spans),
    )


def backoff() -> list[str]:
    gap, pauses = Gap("pvpc", Interval(NOON, NOON + HOUR), 1), []
    for _ in range(GIVE_UP_ATTEMPTS):
        gap = after_vain_try(gap, NOON, "")
        pauses.append(span(gap.next_try_at - NOON) if gap.next_try_at else "given up")
    assert pauses[5:] == ["24 h"] * (GIVE_UP_ATTEMPTS - 5), pauses
    return [f"{', '.join(pauses[:6])}, and then 24 h each time."]


def notify_pauses() -> list[str]:
    pauses = [pause_after(n) for n in range(1, 100)]
    doubling = [pause for pause in pauses if pause < pauses[-1]]
    shown = ", ".join(f"{pause.total_seconds() / 60:g}" for pause in [*doubling, pauses[-1]])
    last = f"{pauses[-1].total_seconds() / 60:g} min"
    return [f"{shown} min, and then every {last}, for {GIVE_UP_AFTER / HOUR:g} h."]


def numbers() -> list[str]:
    rows = {
        "a gap is filled unasked once a slot of it is older than": span(HEAL_AFTER),
        "the unattended check looks back at least": f"{DEFAULT_DAYS_BACK} days",
        "tries of one request": TRIES,
        "failures in a row after which a source is left alone for the run": STRIKES,
        "vain tries in a row after which a gap may be given up": GIVE_UP_ATTEMPTS,
        "and its end must be past by more than": span(GIVE_UP_AGE),
    }
    return table("rule | number", iter(rows.items()))


def hybrid() -> list[str]:
    words = {
        "official_age": ("a reading of the station is fresh while its hour began at most so long ago", ""),
        "second_age": ("the same of OpenWeatherMap", ""),
        "heat_c": ("strong heat: either reads at least", " °C"),
        "disagreement_c": ("then they may differ by", " °C"),
        "drift_c_per_h": ("and by this more for each hour between the two readings", " °C"),
        "jump_c": ("the station jumps when it moves from one hour to the next by more than", " °C"),
        "flat_hours": ("it is stuck after so many equal readings in a row", ""),
        "bridge": ("holes are interpolated up to", ""),
    }
    values = {name: getattr(HybridRules(), name) for name in HybridRules.__slots__}
    shown = {n: span(v) if isinstance(v, timedelta) else f"{v:g}" for n, v in values.items()}
    return table("rule | number", ((words[n][0], shown[n] + words[n][1]) for n in shown))


def floors() -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return ["```", *next(c for c in contracts if c["type"] == "layers")["layers"], "```"]


def last_prices() -> list[str]:
    newest = max((PACKAGE / "domain" / "data").glob("prices-*.json"))
    return [f"{json.loads(newest.read_text())['valid_to']}."]


def alarms() -> list[str]:
    return table(
        "cause | severity | what it means | what to do | closed",
        ((f"`{a.pattern}`", ", ".join(a.severities), a.en.meaning, a.en.action, a.ends.value) for a in ALARMS.values()),
    )


def retention() -> list[str]:
    rows = ((what, span(rule.keep) if rule.keep else "", rule.then, rule.why) for what, rule in RULES.items())
    return table("what | whole for | then | why", rows)


TABLES: dict[str, Callable[[], list[str]]] = {
    "alarms": alarms,
    "backoff": backoff,
    "catalogue": catalogue,
    "commands": lambda: table(
        "command | what it does", ((f"`{n}`", c.help.split("\n")[0]) for n, c in COMMANDS.items())
    ),
    "due": due,
    "floors": floors,
    "hybrid": hybrid,
    "last-prices": last_prices,
    "limits": lambda: table(
        "upstream | requests a minute | seconds to connect | seconds to read | MiB a body",
        (
            (f"`{n}`", x.per_minute, f"{x.connect_s:g}", f"{x.read_s:g}", x.max_bytes // 2**20)
            for n, x in LIMITS.items()
        ),
    ),
    "notify-pauses": notify_pauses,
    "numbers": numbers,
    "pace": lambda: table("feed | at most every", ((f"`{name}`", span(pause)) for name, pause in PACE.items())),
    "priorities": priorities,
    "ranks": lambda: [f"{code(SOURCE_RANK)}."],
    "reach": reach,
    "retention": retention,
    "routes": routes,
    "technologies": lambda: [f"{code(sorted(TECHNOLOGIES.values()))}."],
    "timetable": lambda: table(
        "job | accelerated | normal | what it does",
        ((f"`{j.id}`", j.schedule, j.schedule_in("normal"), j.summary) for j in TIMETABLE),
    ),
}
RENDERED = re.compile(r"(<!-- code: ([a-z-]+) -->\n\n)((?:.+\n)*)")


def renew() -> None:
    """Write every rendered table anew."""
    for path in DOCS:
        old = path.read_text()
        new = RENDERED.sub(lambda m: m[1] + "\n".join(TABLES[m[2]]()) + "\n", old)
        if new != old:
            path.write_text(new)
            print(f"renewed {path.relative_to(ROOT)}")


if __name__ == "__main__":
    renew()
