"""A load under each tariff: what can be billed, at which powers, and what cannot and why."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from chocolate_factory.billing.contract import Contract, Indexed, contracted_powers
from chocolate_factory.billing.invoice import month_window
from chocolate_factory.billing.readings import Readings
from chocolate_factory.domain.tariff import Period, Tariff
from chocolate_factory.domain.time import MADRID, Resolution, slots
from chocolate_factory.usecases.savings.loads import Load, months_of, whole_months_before
from chocolate_factory.usecases.savings.tariffs import Question, answers
from chocolate_factory.usecases.savings.tariffs_document import tariffs_document

#: October 2025 has no table of its own: all months go by the newest.
MONTHS = [date(2025, 10, 1), date(2026, 7, 1)]
NOW = Contract(Tariff.TD30, contracted_powers(Tariff.TD30, [Decimal(150)] * 6), Indexed(), 4)


def quarters(kwh) -> dict:
    return {start: kwh(start) for month in MONTHS for start in slots(month_window(month), Resolution.QUARTER)}


def question(kw: int = 120, **other) -> Question:
    """So many kW from 8 to 16, a tenth of it else."""
    day = Decimal(kw) / 4
    load = quarters(lambda s: day if 8 <= s.astimezone(MADRID).hour < 16 else day / 10)
    known = Load(Readings(load, Resolution.QUARTER), len(load), 0)
    prices = Readings(quarters(lambda _: Decimal(60)), Resolution.QUARTER)
    return Question(known, MONTHS, NOW, **({"spot": prices, "pvpc": prices} | other))


def by_name(asked: Question) -> dict:
    return {answer.name: answer for answer in answers(asked)}


@pytest.fixture(scope="module")
def large():
    return by_name(question())


def test_every_way_is_answered(large):
    assert list(large) == ["now", "2.0TD indexed", "3.0TD indexed", "6.1TD indexed", "PVPC"]
    assert "fixed 0.2 EUR/kWh" in by_name(question(fixed=Decimal("0.2")))


def test_a_large_load_is_too_much_for_the_small_tariffs_and_that_is_said(large):
    assert large["2.0TD indexed"].powers is None
    assert large["2.0TD indexed"].why == "2.0TD ends at 15 kW, and the load reaches 120.0 kW"
    assert large["PVPC"].why == "PVPC ends at 10 kW, and the load reaches 120.0 kW"


def test_its_own_cheapest_powers_are_never_dearer_than_those_that_are_contracted(large):
    now, best = large["now"], large["3.0TD indexed"]
    assert best.powers.eur < now.powers.eur
    assert best.without_vat_eur < now.without_vat_eur
    assert set(best.powers.contracted_kw) == set(Period)
    assert now.powers.contracted_kw == NOW.contracted_kw


def test_a_tariff_without_a_table_of_excess_covers_every_peak(large):
    answer = large["6.1TD indexed"]
    assert answer.powers.excess_eur is None
    assert max(answer.powers.contracted_kw.values()) == 120
    assert "no table" in answer.note
    assert len(answer.invoices) == 2


def test_a_small_load_can_have_them_all():
    found = by_name(question(kw=8))
    assert found["PVPC"].without_vat_eur > 0
    assert found["2.0TD indexed"].powers.contracted_kw == {Period.P1: 8, Period.P2: 8}
    assert found["3.0TD indexed"].powers.contracted_kw[Period.P6] == 16


def test_a_fixed_price_needs_no_market():
    found = by_name(question(fixed=Decimal("0.2"), spot=None, pvpc=None))
    fixed = found["fixed 0.2 EUR/kWh"]
    assert float(fixed.without_vat_eur) > 0
    assert found["3.0TD indexed"].invoices == []
    assert "give its prices" in found["3.0TD indexed"].why
    assert found["3.0TD indexed"].powers is not None


def test_the_document_names_the_cheapest_and_what_it_rests_on():
    asked = question()
    document = tariffs_document(asked, answers(asked))
    billed = {a["name"]: a["without_vat_eur"] for a in document["answers"] if a["without_vat_eur"] is not None}
    assert document["cheapest"] == min(billed, key=billed.get)
    assert document["saving_eur"] == pytest.approx(billed["now"] - min(billed.values()))
    assert document["tables_of"] == "2026-01-01"
    assert document["months"] == ["2025-10", "2026-07"]
    assert document["load"]["coverage"] == 1.0
    notes = " ".join(document["notes"])
    assert "2 months" in notes
    assert "P2" not in notes.split("Nothing is known of")[0]
    assert "Nothing is known of P3" in notes  # neither October nor July has one
    small = document["answers"][1]
    assert (small["available"], small["contracted_kw"], small["total_eur"]) == (False, None, None)
    assert document["answers"][0]["total_eur"] > document["answers"][0]["without_vat_eur"]


def test_months_of_a_load_are_madrid_s():
    assert months_of(quarters(lambda _: Decimal(1))) == MONTHS
    assert whole_months_before(date(2026, 3, 31), 3) == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
