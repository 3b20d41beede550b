"""The weekly cleanup on real stores: while others write, killed anywhere, and what it backed up restored elsewhere."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cleanup_victim
import pytest
import sqlalchemy as sa
from cleanup_victim import HOLE, HOURS_OLD, HOURS_YOUNG, NOW, house, rows, settings_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "contract"))

from influx_server import influxd
from postgres_server import postgres

from chocolate_factory.adapters.backups import tried
from chocolate_factory.adapters.ledger.schema import metadata
from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import HOUR
from chocolate_factory.domain.work import Outcome, Severity
from chocolate_factory.usecases.progress import Progress
from chocolate_factory.wiring import House

pytestmark = pytest.mark.slow
MEANS = -(-HOURS_OLD // HOLE)
WENT = {"hourly_means": MEANS, "five_minute_rows_dropped": 12 * HOURS_OLD, "forecast_rows_dropped": 10 * 24 * 8}


@pytest.fixture
def ledger_url():
    """Of a PostgreSQL that is empty, and is so again afterwards."""
    url = postgres().address()
    yield url
    engine = sa.create_engine(url)
    metadata.drop_all(engine)
    engine.dispose()


@contextmanager
def opened(folder: Path, url: str = "", ledger: str = "") -> Iterator[House]:
    made = house(settings_of(folder, url, ledger))
    try:
        yield made
    finally:
        made.close()


@contextmanager
def writing(folder: Path, url: str = "") -> Iterator[list[int]]:
    """Another process ingests meanwhile; in the end, the last batch that it was told is stored."""
    command = [sys.executable, cleanup_victim.__file__, "writes", str(folder), url]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    said = [int(writer.stdout.readline())]
    try:
        yield said
    finally:
        writer.kill()
        rest, _ = writer.communicate(timeout=30)
        said += [int(line) for line in rest.split("\n")[:-1]]


def fill(h: House) -> None:
    h.store.write(rows())
    h.alerts.raise_alert("down:upstream:ree", Severity.WARNING, "m", "a")
    h.jobs.end_run(h.jobs.claim_run("ree_ingestion", NOW), Outcome.DONE, {})


def cleaned(h: House) -> dict[str, float]:
    progress = Progress()
    counts = h.cleanup(progress)
    assert progress.problems == []
    return counts


def settled(h: House) -> list[Observation]:
    """What was there an hour before the backup."""
    return [o for o in h.store.everything() if o.received_at <= NOW - HOUR]


# ---------------------------------------------------------------------- restored elsewhere
def test_sqlite_cleaned_and_backed_up_while_another_process_writes(tmp_path):
    with opened(tmp_path / "a") as h:
        fill(h)
        with writing(tmp_path / "a") as said:
            counts = cleaned(h)
        assert {name: counts[name] for name in WENT} == WENT
        assert said[-1] > 0, "somebody wrote meanwhile"
        kept, alive = settled(h), list(h.store.everything())
        assert counts["backup_revisions"] == len(kept) == MEANS + expected_rows()
    [archive] = (tmp_path / "a/backups").iterdir()
    with opened(tmp_path / "b") as other:
        manifest = other.backups.restore(archive)
        assert settled(other) == kept
        restored = set(other.store.everything())
        assert restored <= set(alive)
        whole = [number for number in range(said[-1] + 2) if is_in(restored, number)]
        assert whole == list(range(len(whole))), "of what came meanwhile each batch is there whole, or not at all"
        assert [alert.cause for alert in other.alerts.alerts()] == ["down:upstream:ree"]
        assert manifest["ledger_rows"]["run"] == len(other.jobs.runs()) == 1


def expected_rows() -> int:
    """Young points, REE's hours, young forecasts, the station's hours."""
    hours = sum(h % HOLE > 0 for h in range(HOURS_OLD + HOURS_YOUNG))
    return 12 * HOURS_YOUNG + hours + 10 * 24 * 8 + 2 * 10 * 24 - MEANS


def is_in(restored: set[Observation], number: int) -> bool:
    """Whether a batch is there; never a part of it."""
    asked = set(cleanup_victim.batch(number))
    assert asked & restored in (set(), asked)
    return asked <= restored


def test_influx_and_postgres_cleaned_while_another_process_writes_and_restored_into_sqlite_and_back(
    tmp_path, ledger_url
):
    url = influxd().url()
    with opened(tmp_path / "a", url, ledger_url) as far:
        fill(far)
        with writing(tmp_path / "w", url) as said:
            counts = cleaned(far)
        assert {name: counts[name] for name in WENT} == WENT
        assert said[-1] > 0, "somebody wrote meanwhile"
        kept = settled(far)
        [archive] = (tmp_path / "a/backups").iterdir()
        with opened(tmp_path / "b") as near:
            near.backups.restore(archive)
            assert settled(near) == kept
            assert near.store.verify() == []
            [alert] = near.alerts.alerts()
            assert near.jobs.last_run("ree_ingestion").outcome is Outcome.DONE
            near.alerts.close_alert(alert.cause)
            near.backups.make(tmp_path / "near.zip")
            there = list(near.store.everything())
        far.backups.restore(tmp_path / "near.zip")
        assert list(far.store.everything()) == there
        assert far.alerts.close_alert("down:upstream:ree") is None, "it was closed there"
        new, _ = far.alerts.raise_alert("new", Severity.INFO, "m", "a")
        assert new.id > alert.id


# ---------------------------------------------------------------------- killed
def killed(folder: Path, after_s: float) -> str:
    """Clean up in another process, kill it; what it had said."""
    command = [sys.executable, cleanup_victim.__file__, "cleans", str(folder)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    said = child.stdout.readline()
    time.sleep(after_s)
    child.kill()
    return said + child.communicate(timeout=30)[0]


def test_killed_anywhere_it_leaves_everything_whole_and_the_next_run_ends_it(tmp_path):
    with opened(tmp_path / "whole") as h:
        fill(h)
    shutil.copytree(tmp_path / "whole", tmp_path / "once")
    with opened(tmp_path / "once") as h:
        begun = time.monotonic()
        cleaned(h)
        took = time.monotonic() - begun
        at_end = list(h.store.everything())
    luck = random.Random(3)
    points = {o for o in rows() if o.series == "demand_5min"}
    for n in range(5):
        folder = tmp_path / f"killed{n}"
        shutil.copytree(tmp_path / "whole", folder)
        said = killed(folder, luck.uniform(0.0, took))
        store = SqliteStore(folder / "timeseries.db")
        held = list(store.everything())
        assert store.verify() == []
        store.close()
        shown = {o.start for o in held if o.series == "demand"}
        lost = {o.start.replace(minute=0) for o in points - set(held)} - shown
        assert not lost, said
        for archive in (folder / "backups").glob("weekly-*"):
            with tried(archive, "real", tmp_path / "room") as trial:
                assert trial.store.verify() == []
        with opened(folder) as h:
            cleaned(h)
            assert list(h.store.everything()) == at_end
        assert [path.name for path in (folder / "backups").iterdir()] == ["weekly-2026-03-29T010000Z.zip"]
        shutil.rmtree(folder)


# ---------------------------------------------------------------------- away
def test_a_store_that_is_away_fails_its_steps_and_the_ledgers_are_done(tmp_path):
    with opened(tmp_path / "a", "influxdb://127.0.0.1:9/factory") as h:
        progress = Progress()
        counts = h.cleanup(progress)
        assert [problem.partition(":")[0] for problem in progress.problems] == [
            "five-minute demand",
            "forecasts",
            "backup",
        ]
        assert {"plans_dropped", "notices_dropped", "ledger_rows_dropped", "bytes_given_back"} == set(counts)
        assert {alert.cause for alert in h.alerts.alerts()} == {"backup-failed"}
        assert list((tmp_path / "a/backups").iterdir()) == []
        assert not any(o.kind is Kind.ESTIMATED for o in rows())
