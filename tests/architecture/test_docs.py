"""The documents against the code: what is run prints what it says, what is named exists, what is rendered is true."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from docs_tables import COMMANDS, DOCS, PACKAGE, RENDERED, ROOT, TABLES, openapi

from chocolate_factory import __version__
from chocolate_factory.scheduler.jobs import TIMETABLE
from chocolate_factory.settings import IN_FILES, Settings, read_settings

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


# ---------------------------------------------------------------------- what the code says
#: What brings the tables up to the code again.
RENEW = "python tests/architecture/docs_tables.py"


@pytest.mark.parametrize("path", DOCS, ids=lambda p: p.name)
def test_rendered_tables_are_what_the_code_says(path):
    for _, name, block in RENDERED.findall(path.read_text()):
        assert block.splitlines() == TABLES[name](), f"{path.name}: {name}: {RENEW}"


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
