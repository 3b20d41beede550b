"""What the images are built from: pinned, in stages, with nothing in the last one that only builds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
DOCKER = REPOSITORY / "docker"
FILES = sorted(DOCKER.glob("*.Dockerfile"))
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def instructions(path: Path) -> list[tuple[str, str]]:
    """Each with its words; lines that go on are one."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", path.read_text(), flags=re.MULTILINE))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def stages(path: Path) -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions(path):
        if word == "FROM":
            found.append([])
        if found:
            found[-1].append((word, rest))
    return found


def test_there_are_three():
    assert [path.name for path in FILES] == ["fastapi.Dockerfile", "mlflow.Dockerfile", "tailscale-sidecar.Dockerfile"]


@every_file
def test_what_it_stands_on_is_pinned(path):
    arguments = dict(rest.split("=", 1) for word, rest in instructions(path) if word == "ARG")
    for stage in stages(path):
        image = re.sub(r"\$\{(\w+)\}", lambda m: arguments[m[1]], stage[0][1].split()[0])
        assert re.fullmatch(r"[a-z]+:\d+\.\d+\.\d+(-\w[\w.-]*)?", image), image
    assert "latest" not in path.read_text()


@every_file
def test_the_last_stage_builds_nothing(path):
    first, last = stages(path)
    assert any(word == "COPY" and "--from=build" in rest for word, rest in last)
    words = " ".join(rest for word, rest in last if word == "RUN")
    assert not re.search(r"\b(gcc|g\+\+|make|build-essential|cargo|rustc|go install|uv|pip install)\b", words)
    assert "tests" not in " ".join(rest for word, rest in [*first, *last] if word == "COPY")


@every_file
def test_a_build_can_be_made_again(path):
    assert "ARG SOURCE_DATE_EPOCH" in path.read_text()
    assert "org.opencontainers.image.revision" in path.read_text()
    assert not [rest for word, rest in instructions(path) if word == "ADD"]


@every_file
def test_no_secret_is_built_in(path):
    named = re.findall(r"(?:ARG|ENV)[^\n]*(?:TOKEN|KEY|PASSWORD|SECRET)", path.read_text())
    assert not named


@pytest.mark.parametrize("name", ["fastapi", "mlflow"])
def test_it_does_not_run_as_root(name):
    assert [rest for word, rest in stages(DOCKER / f"{name}.Dockerfile")[-1] if word == "USER"] == ["1000:1000"]


def test_uv_and_python_are_those_of_the_repository():
    [uv] = re.findall(r"^UV_VERSION=(\S+)", (REPOSITORY / "scripts" / "bootstrap").read_text(), re.MULTILINE)
    for name in ("fastapi", "mlflow"):
        text = (DOCKER / f"{name}.Dockerfile").read_text()
        assert f"ARG UV={uv}\n" in text
        assert re.search(r"^ARG PYTHON=3\.11\.", text, re.MULTILINE)
        assert "--frozen" in text


def test_only_what_is_needed_is_sent_to_the_builder():
    lines = [line for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert all((REPOSITORY / place).exists() for place in allowed)
    copied = {
        place.rstrip("/").removeprefix("./")
        for path in FILES
        for word, rest in instructions(path)
        if word == "COPY" and "--from" not in rest
        for place in rest.split()[:-1]
    }
    assert copied == allowed
