"""The life of a model: only the better takes the place, and a rollback brings back the very same file."""

from __future__ import annotations

import pytest
from model_makers import T, evidence, maker

from chocolate_factory.adapters.clock import FixedClock
from chocolate_factory.adapters.memory_registry import MemoryRegistry
from chocolate_factory.adapters.model_shelf import FileShelf
from chocolate_factory.domain.errors import NotFoundError, NotYetError, RegistryAwayError
from chocolate_factory.domain.models import Alias, ModelName
from chocolate_factory.usecases.model_life import ModelLife

NAME = ModelName.SPOT_PRICE
WORSE, BETTER = evidence(10.0, 12.0), evidence(10.0, 8.0)


class Town:
    def __init__(self, folder):
        self.registry, self.shelf = MemoryRegistry(FixedClock(T)), FileShelf(folder)
        self.life = ModelLife(self.registry, self.shelf)

    def called(self, alias: Alias) -> int | None:
        version = self.registry.aliased(NAME, alias)
        return version.number if version else None

    def serves(self) -> bytes:
        self.life.refresh()
        taken = self.shelf.take(NAME, Alias.CHAMPION)
        assert taken is not None
        return taken[1]


@pytest.fixture
def town(tmp_path):
    return Town(tmp_path)


def test_the_baseline_comes_first_and_stays_until_it_is_beaten(town):
    trained = town.life.train(NAME, maker(b"worse", WORSE))
    assert (town.called(Alias.CHAMPION), town.called(Alias.CHALLENGER)) == (1, 2)
    assert trained.champion.card.is_baseline
    assert not trained.verdict.promote
    assert town.serves() == b"naive"


def test_a_better_one_takes_the_place_at_once(town):
    trained = town.life.train(NAME, maker(b"better", BETTER))
    assert trained.champion == trained.challenger
    assert [town.called(alias) for alias in (Alias.CHAMPION, Alias.CHALLENGER, Alias.PREVIOUS)] == [2, None, 1]
    assert town.serves() == b"better"


def test_one_that_errs_less_but_costs_more_does_not(town):
    town.life.train(NAME, maker(b"dear", evidence(10.0, 8.0, dearer_eur=5.0)))
    assert town.called(Alias.CHAMPION) == 1


def test_without_hours_that_both_have_not_seen_nothing_changes(town):
    trained = town.life.train(NAME, maker(b"unproved"))
    assert not trained.verdict.promote
    assert (town.called(Alias.CHAMPION), town.called(Alias.CHALLENGER)) == (1, 2)


def test_the_champion_is_shown_to_whoever_trains(town):
    town.life.train(NAME, maker(b"better", BETTER))
    second = maker(b"second", WORSE)
    town.life.train(NAME, second)
    [(version, file)] = second.shown
    assert (version.number, file) == (2, b"better")


def test_a_refused_one_leaves_the_champion(town):
    town.life.train(NAME, maker(b"better", BETTER))
    trained = town.life.train(NAME, maker(b"", problem="too good to be true"))
    assert (trained.challenger, trained.problem, trained.champion.number) == (None, "too good to be true", 2)
    assert len(town.registry.versions(NAME)) == 2


def test_too_little_even_for_a_baseline_registers_nothing(town):
    def too_little(_champion):
        raise NotYetError("12 more days are needed")

    trained = town.life.train(NAME, too_little)
    assert (trained.champion, trained.challenger, trained.problem) == (None, None, "12 more days are needed")
    assert town.registry.versions(NAME) == []


def test_a_rollback_brings_back_the_same_bytes(town):
    town.life.train(NAME, maker(b"first", BETTER))
    town.life.train(NAME, maker(b"second", BETTER))
    assert town.serves() == b"second"
    assert town.life.roll_back(NAME).number == 2
    assert town.serves() == b"first"
    town.life.roll_back(NAME)  # and forward again
    assert town.serves() == b"second"


def test_there_is_nothing_to_go_back_to_before_a_promotion(town):
    town.life.train(NAME, maker(b"worse", WORSE))
    with pytest.raises(NotFoundError, match="never was"):
        town.life.roll_back(NAME)


def test_a_version_that_is_not_there_cannot_be_champion(town):
    town.life.train(NAME, maker(b"worse", WORSE))
    with pytest.raises(NotFoundError, match="'7' is not allowed; a version of spot_price: 2, 1"):
        town.life.promote(NAME, 7)
    assert town.called(Alias.CHAMPION) == 1


def test_what_the_shadow_proves_is_carried_out(town):
    town.life.train(NAME, maker(b"first", WORSE))
    asked = []

    def shadow(champion, challenger):
        asked.append((champion.number, challenger.number))
        return evidence(10.0, 6.0)

    assert town.life.settle(NAME, shadow).promote
    assert asked == [(1, 2)]
    assert [town.called(alias) for alias in (Alias.CHAMPION, Alias.CHALLENGER, Alias.PREVIOUS)] == [2, None, 1]


def test_a_shadow_that_proves_nothing_changes_nothing(town):
    town.life.train(NAME, maker(b"first", WORSE))
    assert not town.life.settle(NAME, lambda _champion, _challenger: None).promote
    assert (town.called(Alias.CHAMPION), town.called(Alias.CHALLENGER)) == (1, 2)


def test_without_a_challenger_there_is_nothing_to_settle(town):
    town.life.train(NAME, maker(b"first", BETTER))
    with pytest.raises(NotFoundError, match="challenger"):
        town.life.settle(NAME, lambda _champion, _challenger: None)


def test_a_registry_that_is_away_changes_nothing_and_the_shelf_serves_on(town):
    town.life.train(NAME, maker(b"better", BETTER))
    assert town.serves() == b"better"
    with town.registry.while_away():
        with pytest.raises(RegistryAwayError):
            town.life.train(NAME, maker(b"other", BETTER))
        assert not town.life.refresh().connected
        assert town.shelf.take(NAME, Alias.CHAMPION)[1] == b"better"
    town.life.train(NAME, maker(b"other", BETTER))
    assert town.serves() == b"other"
