"""Answers that do not fit into one: whatever the page's size, what is read is what was written."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from influx_server import influxd
from influx_world import EVER, T

from chocolate_factory.adapters import influx_held, influx_store
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import HOUR, Interval


def history() -> list[Observation]:
    """Two sources; of a slot up to seven values."""
    luck = random.Random(7)
    return [
        Observation("spot", source, Kind.OBSERVED, T + i * HOUR, float(n), T, T + n * HOUR, 60)
        for source in ("ree", "omie")
        for i in range(40)
        for n in range(luck.randint(1, 7))
    ]


@pytest.mark.parametrize("page", [1, 2, 3, 8, 50, 1000])
def test_whatever_the_pages_size(page, monkeypatch, tmp_path):
    monkeypatch.setattr(influx_held, "PAGE", page)
    monkeypatch.setattr(influx_store, "CHUNK", page)
    far, model, copy = influxd().store(), MemoryStore(), influxd().store()
    for part in (history()[::2], history()):
        assert far.write(part) == model.write(part)
    for query in (
        EVER,
        replace(EVER, window=Interval(T + 3 * HOUR, T + 31 * HOUR)),
        replace(EVER, received_by=T + 2 * HOUR),
    ):
        assert far.read(query) == model.read(query)
        assert far.revisions(query) == model.revisions(query)
    assert list(far.everything()) == list(model.everything())
    far.backup(tmp_path / "a.backup")
    copy.restore(tmp_path / "a.backup")
    assert list(copy.everything()) == list(model.everything())
    far.close()
    copy.close()
