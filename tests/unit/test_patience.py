"""A start that waits for its ledger, on a clock that moves only while somebody sleeps."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.settings import Settings
from chocolate_factory.wiring.patience import PAUSE_S, wait_for_ledger

AWAY = Settings(ledger_url="postgresql://ledger:hunter2@127.0.0.1:9/ledger")
NOW = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


class Watched(FixedClock):
    """Keeps how long it was slept; something may happen at the third sleep."""

    def __init__(self, third=lambda: None) -> None:
        super().__init__(NOW)
        self.slept: list[float] = []
        self._third = third

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.slept.append(seconds)
        if len(self.slept) == 3:
            self._third()


def test_a_ledger_that_is_there_is_not_waited_for(tmp_path):
    clock = Watched()
    wait_for_ledger(Settings(data_dir=tmp_path), 60, clock)
    assert clock.slept == []
    assert (tmp_path / "ledger.db").exists()


def test_who_does_not_wait_hears_at_once():
    clock = Watched()
    with pytest.raises(StoreError, match="cannot be opened"):
        wait_for_ledger(AWAY, 0, clock)
    assert clock.slept == []


def test_it_is_waited_for_until_it_is_there(tmp_path):
    """A folder where the file should be stands for a server that is not there yet."""
    place = tmp_path / "ledger.db"
    place.mkdir()
    clock = Watched(place.rmdir)
    wait_for_ledger(Settings(data_dir=tmp_path), 20, clock)
    assert clock.slept == [PAUSE_S] * 3
    assert place.is_file()


def test_the_wait_ends_when_it_was_to_end_and_is_told_without_the_password(capfd):
    clock = Watched()
    with pytest.raises(StoreError) as told:
        wait_for_ledger(AWAY, 2.5 * PAUSE_S, clock)
    assert clock.slept == [PAUSE_S, PAUSE_S, 0.5 * PAUSE_S]
    said = capfd.readouterr()
    assert "waiting for the ledger" in said.out + said.err
    assert "hunter2" not in said.out + said.err + str(told.value)
