"""billing/ by law: what holds for every load, price, tariff and month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from chocolate_factory.billing.contract import Contract, Fixed, Indexed, contracted_powers
from chocolate_factory.billing.excess import maximum_demand_excess, root_of_squares_kw
from chocolate_factory.billing.invoice import make_invoice, month_window
from chocolate_factory.billing.lines import ENERGY, POWER, Concept, cents
from chocolate_factory.billing.marginal import quarter_prices
from chocolate_factory.billing.readings import energy_readings, price_readings
from chocolate_factory.domain.tariff import Period, Tariff, power_periods
from chocolate_factory.domain.time import Resolution, slots

law = settings(deadline=None, max_examples=12)  # a busy machine is no counter-example; a month is 3000 quarter-hours
quick = settings(deadline=None, max_examples=200)

TARIFFS = st.sampled_from(list(Tariff))
MONTHS = st.sampled_from([date(2026, month, 1) for month in (2, 3, 7, 10)])
SEEDS = st.integers(0, 10_000)
KW = st.decimals(0, 500, places=2)


def contract_of(tariff: Tariff, supply=None) -> Contract:
    most = Decimal(15 if tariff is Tariff.TD20 else 400)
    return Contract(tariff, contracted_powers(tariff, [most] * len(power_periods(tariff))), supply or Indexed())


def readings_of(tariff: Tariff, month: date, seed: int, least_price: int = -1000):
    """A random load within the contract, and random prices, some of them negative; to the Wh and the cent."""
    random, most = Random(seed), 3_750 if tariff is Tariff.TD20 else 100_000
    starts = list(slots(month_window(month), Resolution.QUARTER))
    load = [(start, Decimal(random.randint(0, most)) / 1000) for start in starts]
    prices = [(start, Decimal(random.randint(least_price, 25_000)) / 100) for start in starts]
    return energy_readings(load, month_window(month)), price_readings(prices, month_window(month))


@law
@given(TARIFFS, MONTHS, SEEDS)
def test_the_total_is_the_sum_of_whole_cents_and_every_part_is_counted_once(tariff, month, seed):
    invoice = make_invoice(month, contract_of(tariff), *readings_of(tariff, month, seed))
    assert all(line.eur == cents(line.eur) for line in invoice.lines)
    parts = [invoice.energy_eur, invoice.power_eur] + [
        invoice.eur(c) for c in (Concept.EXCESS_POWER, Concept.ELECTRICITY_TAX, Concept.VAT)
    ]
    assert sum(parts) == invoice.total_eur == sum(line.eur for line in invoice.lines)
    assert sum(invoice.eur(*ENERGY, *POWER, period=p) for p in Period) == invoice.energy_eur + invoice.power_eur


@law
@given(TARIFFS, MONTHS, SEEDS)
def test_energy_and_its_tax_are_the_marginal_prices_times_the_load(tariff, month, seed):
    load, market = readings_of(tariff, month, seed, least_price=0)
    supply = Indexed()
    invoice = make_invoice(month, contract_of(tariff), load, market)
    priced = quarter_prices(month_window(month), tariff, supply, market.by_quarter)
    marginal = sum(float(load.by_quarter[q.start]) * q.energy_eur_kwh for q in priced)
    without_tax = float(invoice.energy_eur)
    assert abs(marginal / 1.0511269632 - without_tax) <= 0.006 * len(invoice.lines)  # half a cent a line


@law
@given(MONTHS, SEEDS, st.decimals("0.05", "0.4", places=4))
def test_a_fixed_price_bills_the_energy_whatever_the_hours(month, seed, price):
    load, _ = readings_of(Tariff.TD30, month, seed)
    invoice = make_invoice(month, contract_of(Tariff.TD30, Fixed(price)), load)
    assert abs(invoice.energy_eur - invoice.energy_kwh * price) <= Decimal("0.005") * 6
    assert invoice.energy_kwh == sum(load.by_quarter.values())


@law
@given(TARIFFS, MONTHS, SEEDS)
def test_the_electricity_tax_is_never_under_its_floor(tariff, month, seed):
    load, market = readings_of(tariff, month, seed, least_price=-20_000)
    invoice = make_invoice(month, contract_of(tariff), load, market)
    assert invoice.eur(Concept.ELECTRICITY_TAX) >= cents(invoice.energy_kwh / 2000)


@quick
@given(st.lists(KW, min_size=1, max_size=30), KW, st.integers(1, 31))
def test_excess_is_none_within_the_contract_and_grows_with_demand_only(demands, contracted, days):
    peak, price = max(demands), Decimal("0.171373")
    excess = maximum_demand_excess(peak, contracted, price, days)
    assert (excess > 0) == (peak > contracted)
    assert maximum_demand_excess(peak + 1, contracted, price, days) >= excess
    assert maximum_demand_excess(peak, contracted + 1, price, days) <= excess
    root = root_of_squares_kw(demands, contracted)
    assert root >= max(peak - contracted, 0)  # never less than the worst quarter-hour alone
    assert root_of_squares_kw([*demands, contracted + 1], contracted) > root
