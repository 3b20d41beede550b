"""What every model registry promises."""

from __future__ import annotations

import os
import pickle
import shutil
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from made_models import MADE_AT, card, empty_tables, file_of, made

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.memory_registry import MemoryRegistry
from chocolate_factory.adapters.mlflow_registry import MlflowRegistry
from chocolate_factory.domain.errors import InputError, NotFoundError, StoreError
from chocolate_factory.domain.models import Alias, ModelName

SPOT, PVPC = ModelName.SPOT_PRICE, ModelName.PVPC_PRICE
NOW = MADE_AT + timedelta(hours=1)


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory):
    return empty_tables(tmp_path_factory.mktemp("mlflow"))


@pytest.fixture(params=["memory", "mlflow on sqlite"])
def registry(request, tmp_path, monkeypatch):
    if request.param == "memory":
        return MemoryRegistry(FixedClock(NOW))
    monkeypatch.setattr(os, "environ", os.environ.copy())  # MLflow writes its names there
    shutil.copy(request.getfixturevalue("empty_database"), tmp_path / "mlflow.db")
    return MlflowRegistry(f"sqlite:///{tmp_path}/mlflow.db", FixedClock(NOW))


def test_an_empty_registry_answers(registry):
    state = registry.state()
    assert (state.connected, state.error, state.versions, state.asked_at) == (True, "", (), NOW)
    assert state.address
    for name in ModelName:
        assert registry.versions(name) == []
        assert registry.aliased(name, Alias.CHAMPION) is None


def test_what_is_added_is_there_with_all_that_was_said_of_it(registry):
    fresh = made()
    version = registry.add(fresh)
    assert (version.card, version.number, version.aliases) == (fresh.card, 1, frozenset())
    assert version.sha256 == sha256(fresh.file).hexdigest()
    assert version.run_id
    assert registry.versions(SPOT) == [version]
    assert registry.versions(PVPC) == []
    assert registry.file(version) == fresh.file


def test_a_card_with_gaps_is_kept_as_it_is(registry):
    plain = card(judged_on=None, scores={}, baselines={}, parameters={}, inputs=(), reason="", is_baseline=True)
    version = registry.add(replace(made(), card=plain, plots={}, curves={}))
    assert version.card == plain
    assert registry.versions(SPOT)[0].card == plain


def test_numbers_rise_from_one_for_each_name_and_the_newest_comes_first(registry):
    for name in (SPOT, PVPC, SPOT, SPOT):
        registry.add(made(name))
    assert [version.number for version in registry.versions(SPOT)] == [3, 2, 1]
    assert [version.number for version in registry.versions(PVPC)] == [1]
    assert [version.source for version in registry.versions(PVPC)] == ["pvpc_price/1"]


def test_an_alias_names_one_version_and_moves(registry):
    first, second = registry.add(made()), registry.add(made(seed=2))
    registry.point(SPOT, Alias.CHAMPION, first.number)
    registry.point(SPOT, Alias.CHALLENGER, second.number)
    assert registry.aliased(SPOT, Alias.CHAMPION) == replace(first, aliases=frozenset({Alias.CHAMPION}))
    registry.point(SPOT, Alias.CHAMPION, second.number)
    champion = registry.aliased(SPOT, Alias.CHAMPION)
    assert champion == replace(second, aliases=frozenset({Alias.CHAMPION, Alias.CHALLENGER}))
    assert [version.aliases for version in registry.versions(SPOT)] == [champion.aliases, frozenset()]
    assert registry.aliased(PVPC, Alias.CHAMPION) is None


def test_an_alias_is_taken_away_also_where_there_is_none(registry):
    registry.point(SPOT, Alias.CHAMPION, None)
    version = registry.add(made())
    registry.point(SPOT, Alias.CHALLENGER, version.number)
    for _ in range(2):
        registry.point(SPOT, Alias.CHALLENGER, None)
        assert registry.aliased(SPOT, Alias.CHALLENGER) is None
    assert registry.versions(SPOT) == [version]


@pytest.mark.parametrize("number", [0, 2, 77])
def test_an_alias_cannot_name_what_is_not_there(registry, number):
    with pytest.raises(NotFoundError):
        registry.point(PVPC, Alias.CHAMPION, number)
    registry.add(made())
    registry.point(SPOT, Alias.CHAMPION, 1)
    with pytest.raises(NotFoundError):
        registry.point(SPOT, Alias.CHAMPION, number)
    assert registry.aliased(SPOT, Alias.CHAMPION).number == 1


def test_a_score_that_is_no_number_is_refused_and_leaves_nothing(registry):
    for wrong in ({"mae_eur_mwh": float("nan")}, {"mae_eur_mwh": float("inf")}):
        with pytest.raises(InputError, match="mae_eur_mwh"):
            registry.add(replace(made(), card=card(scores=wrong)))
        with pytest.raises(InputError, match="mae_eur_mwh"):
            registry.add(replace(made(), card=card(baselines={"EPF naive": wrong})))
    assert registry.versions(SPOT) == []


def test_the_state_tells_everything_the_newest_first(registry):
    older = registry.add(made(PVPC, made_at=MADE_AT - timedelta(days=1)))
    newer = registry.add(made(SPOT))
    registry.point(SPOT, Alias.CHAMPION, 1)
    state = registry.state()
    assert state.versions == (replace(newer, aliases=frozenset({Alias.CHAMPION})), older)
    assert {SPOT, PVPC} <= set(state.experiments)


def test_models_of_the_same_bytes_are_two_versions(registry):
    one, other = registry.add(made()), registry.add(made())
    assert (one.sha256, one.number) != (other.sha256, other.number)
    assert one.sha256 == other.sha256
    assert registry.file(other) == file_of()


def test_a_version_crosses_to_another_process(registry):
    version = registry.add(made())
    assert pickle.loads(pickle.dumps(version)) == version


def test_a_file_that_is_not_what_was_registered_is_refused(registry):
    version = registry.add(made())
    with pytest.raises(StoreError, match="spot_price/1"):
        registry.file(replace(version, sha256="0" * 64))
