"""The documents against the code: what can be run is run, what is named must exist, what can be rendered is rendered.

``python tests/architecture/test_docs.py`` renews the tables under ``<!-- code: … -->``.
"""

from __future__ import annotations

import atexit
import json
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import typer.main

from chocolate_factory import __version__
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
from chocolate_factory.settings import IN_FILES, Settings, read_settings
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


# ---------------------------------------------------------------------- what the code says
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


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.name)
def test_rendered_tables_are_what_the_code_says(path):
    for _, name, block in RENDERED.findall(path.read_text()):
        assert block.splitlines() == TABLES[name](), f"{path.name}: renew `{name}` with python {Path(__file__).name}"


def test_every_table_is_shown_somewhere():
    shown = {name for path in DOCS for _, name, _ in RENDERED.findall(path.read_text())}
    assert shown == set(TABLES)


# ---------------------------------------------------------------------- what is run
def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", path.read_text(), re.MULTILINE | re.DOTALL)


def run(command: str) -> str:
    words = shlex.split(command)
    program = {"python": [sys.executable], "chocolate-factory": [sys.executable, "-m", "chocolate_factory"]}[words[0]]
    return subprocess.run([*program, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.name)
def test_console_blocks_print_what_they_say(path):
    for block in blocks(path, "console"):
        for command, expected in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            assert run(command) == expected


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.name)
def test_examples_print_what_stands_beside_them(example):
    assert run(f"python {example}") == example.with_suffix(".out").read_text()


# ---------------------------------------------------------------------- what is named
def commands(program: str) -> list[tuple[str, list[str]]]:
    """Each command line of a bash block that begins with a program: its document and words."""
    lines = [(p.name, line.strip()) for p in DOCS for block in blocks(p, "bash") for line in block.splitlines()]
    return [(name, shlex.split(line, comments=True)) for name, line in lines if line.startswith(program)]


def leaves(found: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Every command by its words; those of a group after the group's name, and a group that does something itself."""
    flat: dict[str, Any] = {}
    for name, command in found.items():
        own = getattr(command, "commands", {})
        if not own or command.invoke_without_command:
            flat[f"{before}{name}"] = command
        flat |= leaves(own, f"{before}{name} ")
    return flat


LEAVES = leaves(COMMANDS)


def test_commands_and_their_options_exist():
    assert len(commands("chocolate-factory")) > 10
    for where, (_, name, *words) in commands("chocolate-factory"):
        full = f"{name} {words[0]}" if words and f"{name} {words[0]}" in LEAVES else name
        options = {option for p in LEAVES[full].params for option in (*p.opts, *p.secondary_opts)}
        assert {word for word in words if word.startswith("--")} <= options, (where, full)


def spoken() -> list[tuple[str, list[str]]]:
    """Each command line between backticks, in sentences of the documents and of the program itself."""
    program = [p for kind in ("*.py", "*.po", "*.html") for p in (ROOT / "src").rglob(kind)]
    found = [
        (p.name, line)
        for p in (*DOCS, *program)
        for line in re.findall("`(chocolate-factory [a-z][^`\n]*)`", p.read_text())
    ]
    return [(name, shlex.split(line)) for name, line in found]


def test_commands_that_sentences_name_exist():
    assert len(spoken()) > 30
    for where, (_, name, *words) in spoken():
        full = f"{name} {words[0]}" if words and f"{name} {words[0]}" in LEAVES else name
        assert full in LEAVES or any(leaf.startswith(f"{full} ") for leaf in LEAVES), (where, full)
        known = LEAVES[full].params if full in LEAVES else []
        options = {option for p in known for option in (*p.opts, *p.secondary_opts)}
        assert {word for word in words if word.startswith("--")} <= options, (where, full)


def test_every_command_has_an_example_and_json():
    for name, command in LEAVES.items():
        assert f"Example: chocolate-factory {name}" in command.epilog, name
        assert "--json" in {option for parameter in command.params for option in parameter.opts}, name


def test_scripts_exist_and_tell_of_their_options():
    for where, (script, *words) in commands("scripts/"):
        usage = (ROOT / script).read_text()
        assert all(word in usage for word in words if word.startswith("--")), (where, script)


def parameters(method: str, path: str) -> set[str] | None:
    """The query parameters of an operation that a path fits, None where there is none."""
    for known, operations in openapi()["paths"].items():
        if method.lower() in operations and re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", known), path):
            return {p["name"] for p in operations[method.lower()].get("parameters", []) if p["in"] == "query"}
    return None


def test_addresses_that_curl_asks_exist():
    assert len(commands("curl")) > 10
    for where, words in commands("curl"):
        url = urlsplit(next(word for word in words if word.startswith("http")))
        method = "POST" if {"POST", "-d", "--data-binary", "-F"} & set(words) else "GET"
        known = parameters(method, url.path)
        assert known is not None, (where, words)
        assert {name for name, _ in parse_qsl(url.query)} <= known, (where, words)


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.name)
def test_operations_named_in_the_text_exist(path):
    for method, address in re.findall(r"`(GET|POST) (/[^`?… ]*)`", path.read_text()):
        assert parameters(method, address) is not None, (method, address)


def test_every_operation_is_in_readme_and_described_with_all_its_parameters_and_keys():
    readme = (ROOT / "README.md").read_text()
    chapters = dict(
        re.findall(r"^### `([^`]+)`\n(.*?)(?=^##|\Z)", (ROOT / "docs/api.md").read_text(), re.MULTILINE | re.DOTALL)
    )
    operations = {f"{m.upper()} {path}": op for path, ops in openapi()["paths"].items() for m, op in ops.items()}
    assert set(chapters) == set(operations)
    for name, operation in operations.items():
        assert f"`{name}`" in readme
        asked = {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}
        missing = {word for word in asked | answered(operation) if not re.search(rf"`{word}(\[\])?`", chapters[name])}
        assert not missing, f"docs/api.md, {name}: {missing}"


def answered(operation: dict[str, Any]) -> set[str]:
    """The keys at the top of an operation's answer."""
    good = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    reference = good.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
    return set(openapi()["components"]["schemas"][reference.rsplit("/", 1)[1]]["properties"]) if reference else set()


def test_every_key_of_the_api_is_named_beside_its_sisters():
    sections = re.split(r"^##", (ROOT / "docs/api.md").read_text(), flags=re.MULTILINE)
    for name, schema in openapi()["components"]["schemas"].items():
        keys = schema.get("properties", {})  # an enumeration has none
        lacking = [{key for key in keys if not re.search(rf"`{key}(\[\])?`", section)} for section in sections]
        assert not min(lacking, key=len), (name, min(lacking, key=len))


def test_every_job_and_command_is_in_the_documents_of_their_users():
    operate = (ROOT / "docs/operate.md").read_text()
    assert not [job.id for job in TIMETABLE if f"`{job.id}`" not in operate]
    assert not [name for name in COMMANDS if f"`{name}`" not in (ROOT / "README.md").read_text()]


def slugs(path: Path) -> set[str]:
    """GitHub's anchors of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        aim = (path.parent / name).resolve() if name else path
        assert aim.exists(), target
        assert not anchor or anchor in slugs(aim), target


def test_paths_in_architecture_exist():
    rows = re.findall(r"^\|(?!--).*\|([^|]+)\|$", (ROOT / "ARCHITECTURE.md").read_text(), re.MULTILINE)
    named = [word for cell in rows for word in re.findall(r"`([\w./-]+(?:/|\.(?:py|toml|lock)))`", cell)]
    assert len(named) > 40
    assert not [word for word in named if not (PACKAGE / word).exists() and not (ROOT / word).exists()]


def of_the_containers() -> set[str]:
    """What the Compose files and scripts/secrets read from .env beside the service's own settings."""
    files = "".join(file.read_text() for file in (ROOT / "docker").glob("docker-compose*.yml"))
    taken = set(re.findall(r"\$\{([A-Z_]+)", files)) | {"TAILSCALE_AUTHKEY"}
    return taken - {name.upper() for name in Settings.model_fields} - {"REVISION", "SOURCE_DATE_EPOCH"}


def test_every_setting_stands_in_the_example_with_its_meaning_and_default():
    text = (ROOT / ".env.example").read_text()
    given = dict(re.findall(r"^#([A-Z][A-Z_]+)=(.*)$", text, re.MULTILINE))
    names = {name.upper() for name in Settings.model_fields} | of_the_containers()
    assert set(given) == names | {f"{name}_FILE" for name in IN_FILES}
    assert read_settings(given, Path("/nonexistent")) == Settings()
    told = re.findall(r"^# ([A-Z][A-Z_, ]+): ", text, re.MULTILINE)
    assert {name for names in told for name in names.split(", ")} == names


def test_changelog_begins_with_this_version():
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert versions[0] == __version__ == project["version"]


def test_decisions_have_their_parts_and_are_linked():
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        assert re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE) == [
            "Context",
            "Alternatives",
            "Decision",
            "Consequences",
        ]
        assert f"(docs/decisions/{page.name})" in (ROOT / "ARCHITECTURE.md").read_text()


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
