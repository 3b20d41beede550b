"""A plan as JSON and what somebody wishes of one: tanks, wishes, what adds up."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_records import CERTIFICATE, record

from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.errors import InputError
from chocolate_factory.usecases.plan_document import by_tank, certificate_document, history_line, record_document
from chocolate_factory.usecases.plan_options import CARBON_KG_KWH, options_of, quiet_of

PLANT = read_plant()


@given(st.floats(0, 3900))
def test_a_products_mass_fills_its_tanks_in_turn(kg):
    second = replace(PLANT.tanks[0], name="tank-dark-2", capacity_kg=1900.0)
    plant = replace(PLANT, tanks=(*PLANT.tanks, second))
    first = next(t for t in plant.tanks if t.product == second.product)
    tanks = by_tank(plant, {second.product: kg})
    assert sum(tanks.values()) == pytest.approx(kg)
    assert all(0 <= mass <= t.capacity_kg for t in plant.tanks_of(second.product) for mass in [tanks[t.name]])
    assert tanks["tank-dark-2"] == 0 or tanks[first.name] == first.capacity_kg


def test_everything_of_a_record_is_plain_json_with_the_locks_of_now():
    kept = record()
    body = json.loads(json.dumps(record_document(kept, frozenset({kept.planned.plan.batches[1].id}))))
    assert [b["locked"] for b in body["batches"]].index(True) == 1
    assert body["conflicts"][0]["ways_out"][1]["eur"] is None
    assert body["notes"] == ["Planned earlier as a buffer: dark 1.5 h.", "B2 compact block"]
    assert history_line(kept)["on_time_probability"] == CERTIFICATE.on_time_probability


def test_a_certificates_figures_have_six_digits():
    cost = certificate_document(CERTIFICATE)["kpis"]["cost_eur"]
    assert cost["mean"] == 412.123
    assert certificate_document(CERTIFICATE)["kpis"]["starts"]["half_width"] is None


@pytest.mark.parametrize(
    ("text", "hours"), [("22-6", (22, 6)), (" 22:30 - 6:15 ", (22.5, 6.25)), ("0-24", (0, 24)), ("9-17", (9, 17))]
)
def test_quiet_hours_are_read(text, hours):
    assert quiet_of(text) == hours


@pytest.mark.parametrize("text", ["", "22", "22-", "25-6", "22:75-6", "6-6", "-1-5", "at night", "24:30-6"])
def test_quiet_hours_that_are_none_are_refused(text):
    with pytest.raises(InputError) as told:
        quiet_of(text)
    assert told.value.field == "quiet_hours"


def test_an_assumed_carbon_is_told_and_one_that_is_given_is_not():
    options, notes = options_of(carbon_eur_t=80, time_limit_s=20)
    assert (options.carbon_kg_kwh, len(notes)) == (CARBON_KG_KWH, 1)
    options, notes = options_of(carbon_eur_t=80, carbon_kg_kwh=0.0, time_limit_s=20)
    assert (options.carbon_kg_kwh, notes) == (0.0, [])
    assert options_of(time_limit_s=20)[1] == []
