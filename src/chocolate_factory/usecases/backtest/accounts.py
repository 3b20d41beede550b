"""What a strategy cost over the whole period, so that strategies compare: for the chocolate that was due, no less.

Energy is billed as metered. What tanks, conches and the store hold at the end beyond what they held at the beginning is
worth what it costs the baseline to make: so neither emptying the tanks nor making more than was due looks like a saving
or a loss.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.tariff import Period
from chocolate_factory.domain.thermal import conche_energy_kwh, load
from chocolate_factory.domain.time import Resolution
from chocolate_factory.planning.carry import Standing
from chocolate_factory.usecases.backtest.chain import DayRecord, beginning
from chocolate_factory.usecases.backtest.execution import Metered
from chocolate_factory.usecases.backtest.given import Given
from chocolate_factory.usecases.backtest.power_terms import PowerTerms, power_terms
from chocolate_factory.usecases.backtest.sight import truth_of

#: Good kilograms of two strategies are the same within this share.
SAME_KG = 0.005


@dataclass(frozen=True)
class Worth:
    """What stock costs to make, by the baseline's own bill, EUR/kg.

    Attributes:
        mass_eur_kg: of warm mass: the energy of fill and conching at the baseline's mean price.
        finished_eur_kg: of good bars: all energy that the plant does not take at rest.
    """

    mass_eur_kg: float
    finished_eur_kg: float


@dataclass(frozen=True)
class Account:
    """A strategy's period.

    Attributes:
        energy_eur: all-in, as metered, without power terms and VAT.
        kg: good kilograms made; ``due_kg`` were asked for, of which ``late_kg`` were not there when due.
        stock_eur: worth of what is there at the end less what was there at the beginning.
    """

    energy_eur: float
    kwh: float
    kg: float
    due_kg: float
    late_kg: float
    starts: int
    stock_eur: float
    by_period: Mapping[Period, Metered]
    power: PowerTerms

    @property
    def cost_eur(self) -> float:
        """Energy for what was due: as billed, less what the stock is worth more."""
        return self.energy_eur - self.stock_eur

    @property
    def eur_per_kg(self) -> float | None:
        """Of the kilograms that were due."""
        return self.cost_eur / self.due_kg if self.due_kg else None

    def saving_eur(self, baseline: Account) -> float:
        """Against the baseline; below zero where it is dearer."""
        return baseline.cost_eur - self.cost_eur

    def saving_pct(self, baseline: Account) -> float | None:
        """The same as a share, %."""
        return 100 * self.saving_eur(baseline) / baseline.cost_eur if baseline.cost_eur > 0 else None


def captured_pct(planner: Account, clairvoyant: Account, baseline: Account) -> float | None:
    """The planner's saving as a share of the clairvoyant's, %; None where that saves nothing."""
    bound_eur = clairvoyant.saving_eur(baseline)
    return 100 * planner.saving_eur(baseline) / bound_eur if bound_eur > 0 else None


def account_of(given: Given, days: Sequence[DayRecord], worth: Worth) -> Account:
    """The account of a chain."""
    by_period = _by_period(days)
    return Account(
        energy_eur=sum(m.eur for m in by_period.values()),
        kwh=sum(m.kwh for m in by_period.values()),
        kg=sum(d.went.good_kg for d in days),
        due_kg=sum(d.went.due_kg for d in days),
        late_kg=sum(d.went.late_kg for d in days),
        starts=sum(d.went.starts for d in days),
        stock_eur=_worth_of(given, days[-1].went.left, worth) - _worth_of(given, beginning(given).there, worth),
        by_period=by_period,
        power=power_terms(given.plant.contract, days),
    )


def _by_period(days: Iterable[DayRecord]) -> dict[Period, Metered]:
    found: dict[Period, list[Metered]] = {}
    for record in days:
        for period, metered in record.went.metered.items():
            found.setdefault(period, []).append(metered)
    return {
        period: Metered(sum(m.kwh for m in all_of), sum(m.eur for m in all_of), max(m.peak_kw for m in all_of))
        for period, all_of in sorted(found.items())
    }


# --------------------------------------------------------------------------------------------------------------- worth
def worth_by(given: Given, baseline: Sequence[DayRecord]) -> Worth:
    """By the baseline's bill."""
    metered = [m for record in baseline for m in record.went.metered.values()]
    eur, kwh, kg = sum(m.eur for m in metered), sum(m.kwh for m in metered), sum(d.went.good_kg for d in baseline)
    mean_eur_kwh = eur / kwh if kwh else 0.0
    return Worth(_mass_kwh_kg(given.plant) * mean_eur_kwh, max(0.0, eur - rest_eur(given)) / kg if kg else 0.0)


def rest_eur(given: Given) -> float:
    """What the plant takes at rest over the period, EUR: the same whoever runs it."""
    slots = (slot for day in given.days for slot in truth_of(given, day, Resolution.HOUR).slots)
    return sum(load(given.plant, s.air, line_on=False).total_kw * s.energy_eur_kwh for s in slots)


def _mass_kwh_kg(plant: Plant) -> float:
    """Energy of a kilogram of mass, the mean of the products."""
    fill_kwh = plant.refining.power_kw * plant.fill_h
    conches_kwh = fmean(sum(product.conche_kw) for product in plant.products)
    return (fill_kwh + conches_kwh) / plant.conches.batch_kg


def _worth_of(given: Given, there: Standing, worth: Worth) -> float:
    """Of mass in tanks and of what conches have put into theirs so far, and of bars beyond what was due."""
    mass_kg = sum(there.stocks_kg.values()) + _begun_kg(given, there)
    return mass_kg * worth.mass_eur_kg + sum(there.finished_kg.values()) * worth.finished_eur_kg


def _begun_kg(given: Given, there: Standing) -> float:
    """Batches in their conche at the end, by the share of their energy that they have had."""
    end, plant = given.period.end, given.plant
    total_kg = 0.0
    for batch in there.running:
        profile, age_h = plant.product(batch.product).conche_kw, (end - batch.start).total_seconds() / 3600
        had_kwh = conche_energy_kwh(profile, 0.0, age_h) + plant.refining.power_kw * min(age_h, plant.fill_h)
        total_kg += batch.kg * had_kwh / (sum(profile) + plant.refining.power_kw * plant.fill_h)
    return total_kg
