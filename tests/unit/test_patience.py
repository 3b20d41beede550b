"""A start that waits for its ledger."""

from __future__ import annotations

import threading
import time

import pytest

from chocolate_factory.domain.errors import StoreError
from chocolate_factory.settings import Settings
from chocolate_factory.wiring import patience

AWAY = "postgresql://ledger:hunter2@127.0.0.1:9/ledger"


@pytest.fixture(autouse=True)
def _hasty(monkeypatch):
    monkeypatch.setattr(patience, "PAUSE_S", 0.02)


def test_a_ledger_that_is_there_is_not_waited_for(tmp_path):
    begun = time.monotonic()
    patience.wait_for_ledger(Settings(data_dir=tmp_path), 60)
    assert time.monotonic() - begun < 2
    assert (tmp_path / "ledger.db").exists()


def test_who_does_not_wait_hears_at_once():
    with pytest.raises(StoreError, match="cannot be opened"):
        patience.wait_for_ledger(Settings(ledger_url=AWAY), 0)


def test_it_is_waited_for_until_it_is_there(tmp_path):
    """A folder where the file should be stands for a server that is not there yet."""
    place = tmp_path / "ledger.db"
    place.mkdir()
    threading.Timer(0.3, place.rmdir).start()
    patience.wait_for_ledger(Settings(data_dir=tmp_path), 20)
    assert place.is_file()


def test_the_wait_ends_and_is_told_without_the_password(capfd):
    with pytest.raises(StoreError) as told:
        patience.wait_for_ledger(Settings(ledger_url=AWAY), 0.2)
    said = capfd.readouterr()
    assert "waiting for the ledger" in said.out + said.err
    assert "hunter2" not in said.out + said.err + str(told.value)
