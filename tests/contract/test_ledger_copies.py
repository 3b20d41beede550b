"""A ledger's copy comes back into whichever ledger there is, row by row, all or nothing."""

from __future__ import annotations

import sqlite3
import sys
import threading
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from test_gap_ledger import gap, recovery

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))

from plan_records import record

from chocolate_factory.adapters.ledger import (
    SqlAlertLedger,
    SqlGapLedger,
    SqlJobLedger,
    SqlModelLedger,
    SqlPlanLedger,
    open_ledger,
)
from chocolate_factory.adapters.ledger.copies import dump, load
from chocolate_factory.adapters.ledger.schema import metadata, runs
from chocolate_factory.domain.errors import StoreError, UnreadableError
from chocolate_factory.domain.models import Deed, ModelEvent, ModelName
from chocolate_factory.domain.plan_record import StockCount
from chocolate_factory.domain.work import Outcome, Run, Severity

T = datetime(2026, 10, 25, 0, 30, 0, 1, tzinfo=UTC)


def done(n: int) -> Run:
    at = T + timedelta(minutes=5 * n)
    return Run("ree_ingestion", at, at, Outcome.DONE, at, {"found": float(n), "written": 0.1 + 0.2})


def filled(engine: sa.Engine, clock) -> None:
    """Something in every table, with what people and upstreams put into texts."""
    jobs, alerts, gaps = SqlJobLedger(engine, clock), SqlAlertLedger(engine, clock), SqlGapLedger(engine)
    jobs.add_job("backfill · 'año' %s \"x\"\nline")
    jobs.claim_run("ree_ingestion", T)
    with engine.begin() as c:
        c.execute(sa.insert(runs), [asdict(done(n)) for n in range(1, 1200)])
    alerts.raise_alert("closed", Severity.INFO, "m", "a")
    alerts.close_alert("closed")
    alerts.raise_alert("down:store", Severity.CRITICAL, "REE está caída — 5°C", "Espera.")
    gaps.save_gap(gap(opened_at=T))
    gaps.save_gap(gap(at=5, source="omie", why=""))
    gaps.add_recovery(recovery(at=T))
    plans = SqlPlanLedger(engine)
    plans.keep_plan(record(made_at=T))
    plans.lock_batch("c1", locked=True, at=T)
    plans.add_count(StockCount(T, {"tank": 1.5}, {"dark": 0.0}))
    SqlModelLedger(engine).add_event(ModelEvent(T, ModelName.SPOT_PRICE, Deed.TRAINED, 3, "first", {"mae": 1.25}))


def everything(engine: sa.Engine) -> dict[str, list[tuple]]:
    with engine.connect() as c:
        return {
            table.name: sorted(map(repr, map(tuple, c.execute(sa.select(table))))) for table in metadata.sorted_tables
        }


@pytest.fixture
def other(tmp_path):
    """An embedded ledger with a life of its own."""
    engine = open_ledger(f"sqlite:///{tmp_path / 'other' / 'ledger.db'}")
    yield engine
    engine.dispose()


def test_a_ledger_comes_back_as_it_was(engine, clock, tmp_path):
    filled(engine, clock)
    before = everything(engine)
    rows = dump(engine, tmp_path / "copy.db")
    assert rows == {name: len(found) for name, found in before.items()}
    assert rows["run"] == 1200
    SqlAlertLedger(engine, clock).close_alert("down:store")
    SqlJobLedger(engine, clock).add_job("since")
    assert load(tmp_path / "copy.db", engine) == rows
    assert everything(engine) == before
    assert [f.name for f in tmp_path.glob("copy*")] == ["copy.db"], "one file, without a log beside it"


def test_every_ledger_takes_an_embedded_ones_and_gives_it_back(engine, other, clock, tmp_path):
    filled(other, clock)
    SqlAlertLedger(engine, clock).raise_alert("of another life", Severity.INFO, "m", "a")
    dump(other, tmp_path / "there.db")
    load(tmp_path / "there.db", engine)
    assert everything(engine) == everything(other)
    before = everything(other)
    dump(engine, tmp_path / "back.db")
    SqlJobLedger(other, clock).add_job("since")
    load(tmp_path / "back.db", other)
    assert everything(other) == before


def test_what_comes_after_gets_numbers_of_its_own(engine, other, clock, tmp_path):
    filled(other, clock)
    dump(other, tmp_path / "copy.db")
    load(tmp_path / "copy.db", engine)
    held = {alert.id for alert in SqlAlertLedger(engine, clock).alerts()}
    new, _ = SqlAlertLedger(engine, clock).raise_alert("new", Severity.INFO, "m", "a")
    assert new.id > max(held)
    assert SqlGapLedger(engine).save_gap(gap(at=9)).id > 2
    assert SqlJobLedger(engine, clock).claim_run("ree_ingestion", T) is None, "what was claimed then is claimed now"


def test_a_rehearsal_changes_nothing(engine, other, clock, tmp_path):
    filled(engine, clock)
    before = everything(engine)
    dump(other, tmp_path / "empty.db")
    assert set(load(tmp_path / "empty.db", engine, rehearse=True).values()) == {0}
    assert everything(engine) == before


def test_what_cannot_be_taken_in_changes_nothing(engine, clock, tmp_path):
    filled(engine, clock)
    dump(engine, tmp_path / "copy.db")
    altered(tmp_path / "copy.db", "CREATE TABLE loose AS SELECT * FROM recovery", "UPDATE loose SET summary = NULL",
            "DROP TABLE recovery", "ALTER TABLE loose RENAME TO recovery")  # fmt: skip
    before = everything(engine)
    for rehearse in (True, False):
        with pytest.raises(UnreadableError, match="cannot be taken in"):
            load(tmp_path / "copy.db", engine, rehearse=rehearse)
        assert everything(engine) == before


def test_a_damaged_copy_is_refused(engine, clock, tmp_path):
    filled(engine, clock)
    dump(engine, tmp_path / "copy.db")
    body = bytearray((tmp_path / "copy.db").read_bytes())
    body[8192:40960] = bytes(32768)
    (tmp_path / "copy.db").write_bytes(bytes(body))
    before = everything(engine)
    with pytest.raises(StoreError, match="backup's ledger"):
        load(tmp_path / "copy.db", engine)
    assert everything(engine) == before


def test_one_of_an_older_version_lacks_tables_and_columns(engine, clock, tmp_path):
    filled(engine, clock)
    dump(engine, tmp_path / "copy.db")
    altered(tmp_path / "copy.db", "DROP TABLE model_event", "ALTER TABLE run DROP COLUMN hung")
    rows = load(tmp_path / "copy.db", engine)
    assert (rows["run"], rows["model_event"]) == (1200, 0)
    assert not any(run.hung for run in SqlJobLedger(engine, clock).runs(limit=2000))


def altered(copy: Path, *statements: str) -> None:
    with closing(sqlite3.connect(copy)) as c:
        for statement in statements:
            c.execute(statement)
        c.commit()


def test_a_copy_is_of_one_moment_while_others_write(engine, another_brain, clock, tmp_path):
    """A plan and its count come together; a copy has as many of one as of the other."""
    done = threading.Event()

    def write() -> None:
        plans, n = SqlPlanLedger(another_brain), 0
        while not done.is_set():
            n += 1
            with another_brain.begin() as c:
                c.execute(sa.insert(metadata.tables["plan_lock"]).values(batch_id=str(n)))
                c.execute(sa.insert(metadata.tables["stock_count"]).values(at=T, tanks_kg={}, finished_kg={}))
        assert plans.last_count() is not None

    if another_brain is engine:
        pytest.skip("what lives in memory has one connection, which a copy has alone")
    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [dump(engine, tmp_path / f"{i}.db") for i in range(5)]
    finally:
        done.set()
        writer.join(30)
    assert all(rows["plan_lock"] == rows["stock_count"] for rows in copies)
    assert copies[-1]["plan_lock"] > 0


def test_a_ruined_ledger_is_a_store_error(ruined, tmp_path):
    with pytest.raises(StoreError):
        dump(ruined, tmp_path / "copy.db")
