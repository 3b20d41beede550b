"""The contract of the time-series store: all or nothing, and whole copies."""

from __future__ import annotations

import pytest
from store_rows import RECEIPTS, T, ask, obs, values

from chocolate_factory.domain.errors import StoreError, WrongWorldError
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import HOUR


# ---------------------------------------------------------------------- all or nothing
class UpstreamBrokeError(Exception):
    """Raised in the middle of a batch."""


def breaking(count: int):
    for i in range(count):
        yield obs(float(i), at=i, source="ree" if i % 2 else "omie")
    raise UpstreamBrokeError


def test_a_batch_that_breaks_half_way_is_not_written(store):
    store.write([obs(77.0)])
    with pytest.raises(UpstreamBrokeError):
        store.write(breaking(500))
    assert list(store.everything()) == [obs(77.0)]
    assert store.write([obs(1.0, at=1)]).new == 1


@pytest.mark.parametrize("bad", [{"value": None}, {"value": "12"}, {"start": None}, {"received_at": "today"}], ids=str)
def test_a_batch_with_what_is_no_observation_is_not_written(store, bad):
    with pytest.raises((TypeError, AttributeError, ValueError)):
        store.write([obs(1.0), obs(2.0, source="omie")._replace(**bad)])
    assert list(store.everything()) == []
    assert store.write([obs(1.0)]).new == 1


def test_a_moment_without_a_zone_is_refused(store):
    naive = obs(start=T.replace(tzinfo=None))
    with pytest.raises(TypeError):
        store.write([obs(1.0, at=1), naive])
    assert list(store.everything()) == []


# ---------------------------------------------------------------------- compaction
def test_compaction_changes_nothing_that_can_be_read(store):
    store.write([obs(float(i), at=i) for i in range(500)])
    store.forget("spot", frozenset(Kind), T + 400 * HOUR)
    before = list(store.everything())
    assert store.compact() >= 0
    assert list(store.everything()) == before
    assert len(before) == 100
    assert store.verify() == []
    assert store.write([obs(1.0, at=1)]).new == 1


# ---------------------------------------------------------------------- two worlds
@pytest.mark.parametrize(("world", "kind"), [("real", Kind.SIMULATED), ("simulated", Kind.OBSERVED)])
def test_the_other_worlds_values_are_refused_and_nothing_is_written(new_store, world, kind):
    store = new_store(world)
    own = Kind.SIMULATED if world == "simulated" else Kind.OBSERVED
    with pytest.raises(WrongWorldError, match=world):
        store.write([obs(1.0, kind=own), obs(2.0, at=1, kind=kind)])
    assert list(store.everything()) == []
    assert store.write([obs(1.0, kind=own)]).new == 1


def test_the_other_worlds_backup_is_refused(new_store, tmp_path):
    demo, real = new_store("simulated"), new_store()
    demo.write([obs(1.0, kind=Kind.SIMULATED)])
    real.write([obs(2.0)])
    demo.backup(tmp_path / "demo.backup")
    with pytest.raises(WrongWorldError):
        real.restore(tmp_path / "demo.backup")
    assert values(real.read(ask())) == [2.0]


# ---------------------------------------------------------------------- backup and restore
def test_a_backup_brings_back_what_was_there(store, tmp_path):
    store.write(RECEIPTS)
    before = list(store.everything())
    store.backup(tmp_path / "deep" / "down" / "a.backup")
    store.write([obs(1.0, at=i) for i in range(50)])
    store.restore(tmp_path / "deep" / "down" / "a.backup")
    assert list(store.everything()) == before
    assert store.verify() == []
    assert store.write([obs(1.0, at=3)]).new == 1


def test_a_backup_is_for_another_store_too(store, new_store, tmp_path):
    store.write([obs(1.0), obs(2.0, series="pvpc")])
    store.backup(tmp_path / "a.backup")
    other = new_store()
    other.write([obs(9.0, series="humidity"), obs(8.0, series="pvpc", at=1)])
    other.restore(tmp_path / "a.backup")
    assert list(other.everything()) == list(store.everything())
    other.write([obs(3.0, series="pvpc", at=2), obs(4.0, series="humidity")])
    assert values(other.read(ask(series="pvpc"))) == [2.0, 3.0]
    assert values(other.read(ask(series="humidity"))) == [4.0]
    assert len(list(store.everything())) == 2, "the one that was copied is not touched"


def test_a_backup_replaces_an_older_one_and_leaves_nothing_beside_it(store, tmp_path):
    folder = tmp_path / "backups"
    store.backup(folder / "a.backup")
    store.write([obs()])
    store.backup(folder / "a.backup")
    store.restore(folder / "a.backup")
    assert len(store.read(ask())) == 1
    assert [f.name for f in folder.iterdir()] == ["a.backup"]


def test_a_backups_name_may_be_anything(store, tmp_path):
    store.write([obs()])
    for name in ("no suffix", "50% of?it#now.db", "año ñandú.db", ".hidden"):
        store.backup(tmp_path / name)
        store.restore(tmp_path / name)
    assert len(store.read(ask())) == 1


def _cut(body: bytes) -> bytes:
    return body[: len(body) // 2]


def _emptied(_body: bytes) -> bytes:
    return b""


def _overwritten(body: bytes) -> bytes:
    return b"this is no backup, " * (len(body) // 19)


def _holed(body: bytes) -> bytes:
    third = len(body) // 3
    return body[:third] + bytes(third) + body[2 * third :]


@pytest.mark.parametrize("damage", [_cut, _emptied, _overwritten, _holed])
def test_a_damaged_backup_is_refused_and_the_store_stays(store, tmp_path, damage):
    store.write([obs(float(i), at=i) for i in range(2000)])
    target = tmp_path / "a.backup"
    store.backup(target)
    target.write_bytes(damage(target.read_bytes()))
    before = list(store.everything())
    with pytest.raises(StoreError, match=r"a\.backup"):
        store.restore(target)
    assert list(store.everything()) == before
    assert store.write([obs(1.0, at=5000)]).new == 1


def test_a_backup_that_is_not_there_is_named(store, tmp_path):
    for missing in (tmp_path / "none.backup", tmp_path):
        with pytest.raises(StoreError, match=str(missing)):
            store.restore(missing)


def test_a_backup_that_cannot_be_written_is_named(store, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="file"):
        store.backup(tmp_path / "file" / "a.backup")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match="folder"):
        store.backup(tmp_path / "folder")
    assert store.verify() == []
