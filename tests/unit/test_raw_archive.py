"""Bodies as received: where they lie, what is kept twice, what goes first."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chocolate_factory.adapters import raw_archive
from chocolate_factory.adapters.raw_archive import RawArchive

NOON = datetime(2026, 5, 4, 12, 0, 5, tzinfo=UTC)


def noise(size: int, seed: int) -> bytes:
    """What gzip cannot make smaller."""
    return (os.urandom(size - 1) if size > 1 else b"") + bytes([seed % 256])


def kept(root: Path) -> list[Path]:
    return sorted(root.rglob("*.gz"))


def total(root: Path) -> int:
    return sum(path.stat().st_size for path in kept(root))


def test_a_body_lies_under_its_upstream_and_day_and_reads_back(tmp_path):
    path = RawArchive(tmp_path).keep("ree", "/es/datos/mercados", NOON, b'{"a": 1}')
    assert path is not None
    assert path.parent == tmp_path / "ree" / "2026-05-04"
    assert path.name.startswith("120005-es-datos-mercados-")
    assert gzip.decompress(path.read_bytes()) == b'{"a": 1}'


def test_a_body_that_repeats_the_last_of_its_place_is_not_kept_twice(tmp_path):
    archive = RawArchive(tmp_path)
    for minute, body in enumerate([b"one", b"one", b"two", b"one"]):
        archive.keep("ree", "/prices", NOON + timedelta(minutes=minute), body)
    assert [gzip.decompress(path.read_bytes()) for path in kept(tmp_path)] == [b"one", b"two", b"one"]


def test_places_and_upstreams_are_told_apart(tmp_path):
    archive = RawArchive(tmp_path)
    for upstream, what in (("ree", "/a"), ("ree", "/b"), ("omie", "/a")):
        assert archive.keep(upstream, what, NOON, b"same") is not None
    assert len(kept(tmp_path)) == 3


@given(st.text(max_size=200))
def test_no_request_leads_out_of_the_folder(tmp_path_factory, what):
    root = tmp_path_factory.mktemp("raw")
    path = RawArchive(root).keep("ree", what, NOON, b"body")
    assert path is not None
    assert path.resolve().is_relative_to(root / "ree" / "2026-05-04")
    assert len(path.name) < 120


def test_the_oldest_days_go_first_whatever_the_upstream(tmp_path):
    archive = RawArchive(tmp_path, limit_bytes=5000)
    for day in range(6):
        upstream = "omie" if day % 2 else "ree"
        archive.keep(upstream, "/x", NOON + timedelta(days=day), noise(1000, day))
    days = [path.parent.name for path in kept(tmp_path)]
    assert sorted(days) == ["2026-05-06", "2026-05-07", "2026-05-08", "2026-05-09"]
    assert not (tmp_path / "ree" / "2026-05-04").exists(), "an empty day leaves no folder"


def test_what_an_earlier_process_left_counts(tmp_path):
    RawArchive(tmp_path, limit_bytes=5000).keep("ree", "/x", NOON, noise(4000, 1))
    RawArchive(tmp_path, limit_bytes=5000).keep("ree", "/x", NOON + timedelta(days=1), noise(2000, 2))
    assert [path.parent.name for path in kept(tmp_path)] == ["2026-05-05"]


def test_the_newest_stays_even_where_it_alone_is_too_large(tmp_path):
    archive = RawArchive(tmp_path, limit_bytes=100)
    archive.keep("ree", "/x", NOON, noise(500, 1))
    archive.keep("ree", "/x", NOON + timedelta(seconds=1), noise(500, 2))
    assert [path.name[:6] for path in kept(tmp_path)] == ["120006"]


@given(st.lists(st.integers(1, 900), min_size=1, max_size=25))
def test_it_never_holds_more_than_its_limit_for_long(tmp_path_factory, sizes):
    root = tmp_path_factory.mktemp("raw")
    archive = RawArchive(root, limit_bytes=3000)
    for minute, size in enumerate(sizes):
        archive.keep("ree", "/x", NOON + timedelta(minutes=minute), noise(size, minute))
        assert total(root) <= 3000


def test_a_file_that_somebody_else_dropped_is_no_error(tmp_path, monkeypatch):
    archive = RawArchive(tmp_path, limit_bytes=2500)
    first = archive.keep("ree", "/x", NOON, noise(1000, 1))
    archive.keep("ree", "/x", NOON + timedelta(days=1), noise(1000, 2))
    listed = kept(tmp_path)
    first.unlink()
    monkeypatch.setattr(Path, "rglob", lambda self, pattern: [*listed, *sorted(self.glob("ree/2026-05-06/*.gz"))])
    assert archive.keep("ree", "/x", NOON + timedelta(days=2), noise(1000, 3)) is not None


def test_a_body_that_could_not_be_written_is_tried_again(tmp_path):
    archive = RawArchive(tmp_path)
    (tmp_path / "ree").write_text("in the way")
    with pytest.raises(OSError):
        archive.keep("ree", "/x", NOON, b"body")
    (tmp_path / "ree").unlink()
    assert archive.keep("ree", "/x", NOON, b"body") is not None


def test_it_does_not_remember_every_ticket_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_archive, "REMEMBERED", 3)
    archive = RawArchive(tmp_path)
    for ticket in range(10):
        archive.keep("aemet", f"/sh/{ticket}", NOON, b"body")
    assert list(archive._last) == [("aemet", f"sh-{ticket}") for ticket in (7, 8, 9)]
    assert archive.keep("aemet", "/sh/9", NOON, b"body") is None
