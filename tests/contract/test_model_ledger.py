"""What every ledger promises about the lives of the models."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chocolate_factory.adapters.ledger import SqlModelLedger
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.models import Deed, ModelEvent, ModelName

T = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture
def models(engine):
    return SqlModelLedger(engine)


def event(name: ModelName = ModelName.SPOT_PRICE, deed: Deed = Deed.TRAINED, at: int = 0, **other) -> ModelEvent:
    fields = {"number": 3, "why": "new data", "figures": {"mae_eur_mwh": 14.25}}
    return ModelEvent(T + timedelta(hours=at), name, deed, **{**fields, **other})


def test_all_of_it_is_kept(models):
    told = event(deed=Deed.REFUSED, number=None, why="37 more days of prices are needed", figures={})
    models.add_event(told)
    assert models.events() == [told]


def test_the_newest_comes_first(models):
    told = [event(at=i) for i in range(4)]
    for one in told:
        models.add_event(one)
    assert models.events(limit=3) == told[:0:-1]


def test_one_models_life(models):
    models.add_event(event())
    models.add_event(event(ModelName.PVPC_PRICE))
    assert [e.name for e in models.events(ModelName.PVPC_PRICE)] == [ModelName.PVPC_PRICE]


def test_only_some_deeds(models):
    for deed in Deed:
        models.add_event(event(deed=deed))
    asked = frozenset({Deed.TRAINED, Deed.REFUSED})
    assert {e.deed for e in models.events(deeds=asked)} == asked


def test_another_brain_reads_it(models, another_brain):
    models.add_event(event())
    assert SqlModelLedger(another_brain).events() == [event()]


def test_a_ledger_that_is_ruined_says_so(models, ruined):
    with pytest.raises(StoreError, match="doctor"):
        SqlModelLedger(ruined).events()
