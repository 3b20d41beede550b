"""The README's quick start and docs/deploy.md, followed by ``scripts/follow``: all that needs no container engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import follow
from stage import NOW, UPSTREAMS, Replay

REPOSITORY = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "docs/deploy.md")
#: Of each page, lines that are run on any machine: were they left out, the rest would prove little.
RUN = {
    "README.md": {"scripts/start", "scripts/start --demo", "chocolate-factory doctor", "scripts/secrets"},
    "docs/deploy.md": {
        "git clone https://github.com/OWNER/chocolate-factory.git /srv/chocolate-factory",
        "scripts/secrets",
        "scripts/secrets renew ledger_password",
        "scripts/nginx-test --brain http://127.0.0.1:8000 --port 8080",
        "git pull --ff-only",
    },
}


@pytest.fixture
def without_an_engine(monkeypatch) -> None:
    monkeypatch.setattr(follow, "engine", lambda: False)
    needs = [(known, (lambda: False) if "container" in why else here, why) for known, here, why in follow.NEEDS]
    monkeypatch.setattr(follow, "NEEDS", needs)
    monkeypatch.setattr(follow, "free", lambda port: True)


@pytest.mark.parametrize("page", PAGES)
def test_every_line_is_run_or_has_a_reason(page: str, without_an_engine):
    found = follow.blocks(REPOSITORY / page)
    lines = [line for block in found for line in (*block.run, *block.left)]
    assert len(found) >= 6
    assert all(block.why for block in found if block.left)
    assert {line for block in found for line in block.run} >= RUN[page]
    assert all(line in (REPOSITORY / page).read_text() for line in lines)


def test_of_the_readme_the_quick_start_alone_is_followed():
    text = (REPOSITORY / "README.md").read_text().splitlines()
    followed = follow.blocks(REPOSITORY / "README.md")
    chapters = [next(line for line in text[block.line :: -1] if line.startswith("## ")) for block in followed]
    assert set(chapters) == {"## Quick start"}


def test_a_block_ends_at_its_first_line_that_lacks_something(tmp_path, without_an_engine):
    page = tmp_path / "page.md"
    page.write_text("```bash\nscripts/secrets\ndocker compose ps \\\n  --all\nscripts/secrets list\n```\n")
    [block] = follow.blocks(page)
    assert block.run == ("scripts/secrets",)
    assert block.left == ("docker compose ps   --all", "scripts/secrets list")
    assert "container engine" in block.why


def test_what_fails_ends_it(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```bash\ntrue\nls /nonexistent\n```\n\n```bash\ntouch /tmp/never\n```\n")
    done = subprocess.run([REPOSITORY / "scripts/follow", page], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "/nonexistent" in done.stderr
    assert "never" not in done.stdout


@pytest.fixture(scope="module")
def upstreams(tmp_path_factory) -> Iterator[dict[str, str]]:
    if not UPSTREAMS.is_dir():
        pytest.skip(f"the replay of the upstreams is not here ({UPSTREAMS})")
    replay = Replay(tmp_path_factory.mktemp("replay"), limits=False)
    try:
        replay.start(NOW)
        yield replay.environment()
    finally:
        replay.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", PAGES)
def test_the_page_followed_word_by_word_works(page: str, upstreams: dict[str, str]):
    command = [REPOSITORY / "scripts/follow", page]
    done = subprocess.run(command, env=os.environ | upstreams, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    run = [line.split(": ", 1)[1] for line in done.stdout.splitlines() if ": not run: " not in line]
    assert set(run) >= RUN[page] - {line for line in RUN[page] if "--port 8080" in line and not follow.free(8080)}
