"""From one store to another: everything, again without doing it twice, and a proof that notices a difference."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.domain.errors import StoppedError
from chocolate_factory.domain.series import Kind, Observation
from chocolate_factory.domain.time import HOUR
from chocolate_factory.usecases.migrate import Tally, migrate
from chocolate_factory.usecases.progress import Progress

T = datetime(2026, 3, 9, 23, tzinfo=UTC)


def rows(count: int = 300) -> list[Observation]:
    luck = random.Random(3)
    return [
        Observation(
            luck.choice(["spot", "pvpc"]), luck.choice(["ree", "omie"]), luck.choice([Kind.OBSERVED, Kind.FORECAST]),
            T + luck.randrange(90 * 24) * HOUR, luck.choice([-1.0, 0.0, 2.5]), T, T + timedelta(minutes=i), 60,
            luck.choice(["linares", "jaen"]),
        )
        for i in range(count)
    ]  # fmt: skip


@pytest.fixture
def source():
    store = MemoryStore()
    store.write(rows())
    return store


@pytest.fixture
def target(tmp_path):
    store = SqliteStore(tmp_path / "target.db")
    yield store
    store.close()


def test_everything_comes_over_and_is_proved(source, target):
    done = migrate(source, target, Progress())
    assert done.is_equal
    assert [p.series for p in done.proofs] == ["pvpc", "spot"]
    assert done.copied == sum(p.source.count for p in done.proofs) == sum(1 for _ in source.everything())
    assert list(target.everything()) == list(source.everything())


def test_again_there_is_nothing_to_do(source, target):
    first = migrate(source, target, Progress())
    again = migrate(source, target, Progress())
    assert (again.copied, again.there, again.is_equal) == (0, first.copied, True)


def test_one_that_was_cut_off_goes_on(source, target, monkeypatch):
    steps = iter(range(100))
    with pytest.raises(StoppedError):
        migrate(source, target, Progress(stopping=lambda: next(steps) >= 5))
    half = sum(1 for _ in target.everything())
    assert 0 < half < sum(1 for _ in source.everything())
    done = migrate(source, target, Progress())
    assert done.is_equal
    assert done.there > 0
    assert list(target.everything()) == list(source.everything())


def test_a_difference_is_noticed(source, target):
    migrate(source, target, Progress())
    one = next(source.everything())
    target.write([one._replace(value=one.value + 1e-9)])
    done = migrate(source, target, Progress())
    assert [p.series for p in done.proofs if not p.is_equal] == [one.series]


def test_what_only_the_target_holds_is_a_difference_too(source, target):
    target.write([rows(1)[0]._replace(series="humidity")])
    done = migrate(source, target, Progress())
    assert [p.series for p in done.proofs if not p.is_equal] == ["humidity"]


def test_the_sum_does_not_depend_on_the_order():
    def tally(found: list[Observation]) -> Tally:
        made = Tally()
        for o in found:
            made.add(o)
        return made

    some = rows()
    assert tally(some) == tally(some[::-1])
    assert tally([some[0], some[0]]) != tally([some[0]])
    for change in (
        {"value": 7.0},
        {"site": "x"},
        {"source": "x"},
        {"received_at": T - HOUR},
        {"published_at": T + HOUR},
    ):
        assert tally([some[0]._replace(**change)]) != tally([some[0]])
    assert tally([some[0]._replace(value=-0.0)]) == tally([some[0]._replace(value=0.0)]), "stores keep no sign of zero"


def test_progress_ends_at_all_of_it(source, target):
    heard = []
    migrate(source, target, Progress(lambda share, _message, _counts: heard.append(share)))
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
