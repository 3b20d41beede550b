"""Plans as bytes: what comes back is equal, small, and of this version."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace

import pytest
from plan_records import record

from chocolate_factory.adapters.plan_codec import decoded, encoded
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.plan import Options
from chocolate_factory.domain.plan_record import PlanTask
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.tariff import Period


def test_what_comes_back_is_equal_to_the_last_digit():
    kept = record()
    options = Options(fixed=kept.planned.plan.batches, peak_kw=120.0, quiet=((22.5, 6.0),), carbon_eur_t=80.0)
    kept = replace(kept, task=PlanTask(kept.task.problem, options, replications=50, seed=3, repair_rounds=1))
    back = decoded(encoded(kept))
    assert back == kept
    assert back.planned.plan.objective_eur == kept.planned.plan.objective_eur
    assert back.task.problem.horizon == kept.task.problem.horizon


def test_words_of_fixed_meaning_are_themselves_again_not_text():
    slot = decoded(encoded(record())).task.problem.slots[0]
    assert slot.price_kind is Kind.OBSERVED
    assert type(slot.period) is Period


def test_history_survives_whose_keys_are_moments():
    kept = record()
    slots = kept.task.problem.slots
    problem = replace(kept.task.problem, now=slots[3].slot.start, done_kg={slots[1].slot.start: 250.25})
    back = decoded(encoded(replace(kept, task=PlanTask(problem))))
    assert back.task.problem.done_kg == {slots[1].slot.start: 250.25}
    assert back.task.problem.now == slots[3].slot.start


def test_two_days_of_hours_fit_in_a_few_kilobytes():
    assert len(encoded(record())) < 30_000


@pytest.mark.parametrize(
    "damage",
    [
        lambda body: b"",
        lambda body: body[:-20],
        lambda body: b"not zlib at all",
        lambda body: zlib.compress(b"{}"),
        lambda body: zlib.compress(json.dumps({**json.loads(zlib.decompress(body)), "made_at": "yesterday"}).encode()),
    ],
)
def test_damaged_bytes_are_a_store_error(damage):
    with pytest.raises(StoreError, match="cannot be read"):
        decoded(damage(encoded(record())))
