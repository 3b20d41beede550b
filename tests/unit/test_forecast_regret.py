"""What a forecast's errors cost the plant."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from forecasting_world import market

from chocolate_factory.adapters.plant_file import read_plant
from chocolate_factory.domain.time import DAY, Interval, Resolution, madrid_midnight, slots
from chocolate_factory.usecases.price_regret import Decision, Sample, regrets
from chocolate_factory.usecases.single import of_one_product

PRICES, _ = market(14, first=date(2026, 6, 1))
TUESDAY = date(2026, 6, 9)
PLANT = read_plant()


def decision(**told) -> Decision:
    of = Decision(PLANT, TUESDAY, PRICES, {})
    ahead = [t for t in slots(of.window, Resolution.HOUR) if t >= madrid_midnight(TUESDAY + DAY)]
    true = {t: PRICES[t] for t in slots(of.window, Resolution.HOUR)}
    return Decision(
        PLANT, TUESDAY, true, {name: {t: of_price(true[t]) for t in ahead} for name, of_price in told.items()}
    )


def test_who_knows_the_prices_regrets_nothing_and_who_takes_night_for_day_pays():
    found = regrets(decision(truth=lambda p: p, upside_down=lambda p: 140 - p))
    assert found["truth"] == pytest.approx(0, abs=0.01)
    assert found["upside_down"] > 5


def test_a_plan_is_made_at_noon_for_two_days():
    window = decision().window
    assert window == Interval(madrid_midnight(TUESDAY) + DAY / 2, madrid_midnight(TUESDAY) + 5 * DAY / 2)


def test_a_plant_without_room_for_its_orders_has_no_plan_and_no_regret():
    contract = dict.fromkeys(PLANT.contract.contracted_kw, 10.0)
    cramped = replace(PLANT, contract=replace(PLANT.contract, contracted_kw=contract))
    assert regrets(replace(decision(truth=lambda p: p), plant=cramped)) == {}


def test_one_product_makes_as_much_as_all_did():
    alone = of_one_product(PLANT)
    assert [p.name for p in alone.products] == ["dark"]
    assert {tank.product for tank in alone.tanks} == {"dark"}
    asked = {day: sum(kg.values()) for day, kg in PLANT.demand.weekly.items()}
    assert {day: kg["dark"] for day, kg in alone.demand.weekly.items()} == asked


def test_the_same_seed_samples_the_same_days_in_order():
    days = [date(2024, 1, 1) + n * DAY for n in range(60)]
    chosen = Sample(14, 1).of(days)
    assert chosen == Sample(14, 1).of(days) == sorted(set(chosen))
    assert len(chosen) == 14
    assert Sample(14, 2).of(days) != chosen
    assert Sample(60, 1).of(days) == days
