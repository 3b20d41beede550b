"""A ledger on PostgreSQL that goes, comes back, hangs, or is locked: it says so within seconds, and serves again."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest
from postgres_server import Postgres

from chocolate_factory.adapters.clock import SystemClock
from chocolate_factory.adapters.ledger import SqlJobLedger, open_ledger, postgres
from chocolate_factory.domain.errors import StoreError

pytestmark = pytest.mark.slow

#: In place of the seconds that production allows.
SHORT_S = 1


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """One that the trials may ill-treat."""
    cluster = Postgres()
    yield cluster
    cluster.close()


@pytest.fixture
def ledger(server: Postgres, monkeypatch) -> Iterator[SqlJobLedger]:
    monkeypatch.setattr(postgres, "SILENCE_S", 2.0 * SHORT_S)
    monkeypatch.setattr(postgres, "CONNECT_S", 2)  # psycopg takes no less
    monkeypatch.setattr(
        postgres,
        "SERVER",
        f"-c statement_timeout={SHORT_S}s -c idle_in_transaction_session_timeout={postgres.IDLE_S}s",
    )
    engine = open_ledger(server.address())
    yield SqlJobLedger(engine, SystemClock(), "a brain")
    engine.dispose()


def test_one_that_was_away_and_came_back_costs_no_error_afterwards(server, ledger):
    ledger.pulse.beat()
    server.kill()
    with pytest.raises(StoreError, match="cannot serve"):
        ledger.pulse.beat()
    server.start()
    assert ledger.pulse.beat()
    server.kill()
    server.start()  # nobody asked meanwhile: the connections of before are in the pool
    assert ledger.pulse.beat()


def test_one_that_hangs_is_given_up_and_serves_again(server, ledger):
    ledger.pulse.beat()
    server.hang(hung=True)
    began = time.monotonic()
    try:
        for _ in range(2):  # on a connection that stands, and on a new one
            with pytest.raises(StoreError, match=r"silent|timeout"):
                ledger.paused()
    finally:
        server.hang(hung=False)
    assert time.monotonic() - began < 30.0
    assert ledger.paused() == {}


def test_what_another_holds_for_ever_is_given_up(server, ledger):
    ledger.pulse.beat()
    with psycopg.connect(server.address()) as other:
        other.execute("UPDATE brain SET alive_until = alive_until")
        with pytest.raises(StoreError, match="statement timeout"):
            ledger.pulse.beat()
    assert ledger.pulse.beat()


def test_what_a_stopped_brain_holds_others_get(server, ledger):
    ledger.pulse.beat()
    stopped = psycopg.connect(server.address(), options=f"-c idle_in_transaction_session_timeout={SHORT_S}s")
    stopped.execute("UPDATE brain SET alive_until = alive_until")
    time.sleep(2.0 * SHORT_S)
    assert ledger.pulse.beat()
    stopped.close()


def test_what_the_address_says_of_its_patience_holds(server):
    engine = open_ledger(f"{server.address()}?options=-c%20statement_timeout%3D7s&connect_timeout=9")
    with engine.connect() as c:
        assert c.exec_driver_sql("SHOW statement_timeout").scalar() == "7s"
    engine.dispose()
    engine = open_ledger(server.address())
    with engine.connect() as c:
        assert c.exec_driver_sql("SHOW statement_timeout").scalar() == f"{postgres.STATEMENT_S}s"
    engine.dispose()


def test_one_whose_tables_are_known_to_be_there_is_opened_without_a_look(server):
    open_ledger(server.address()).dispose()
    with psycopg.connect(server.address()) as other:
        other.execute("LOCK TABLE run IN ACCESS EXCLUSIVE MODE")
        open_ledger(server.address(), is_made=True).dispose()
