"""The plant as data: what it has, what it may do, what it must deliver.

A ``Plant`` is the vocabulary that planning, simulation, billing and learning share. No figure has a default here: every
number is a setting of the plant's file (``plants/default.yaml`` is the packaged one), with its unit and its range
(``domain/plant_units.py``).

Invariants:
    Times of day are hours on Madrid's wall clock, 0 to 24; holidays are the plant's own, not the tariff's nine.
    The line's stock is warm mass in tanks, one product to a tank; finished bars have no limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated

from chocolate_factory.domain.crew import Crew, Weekday, wall_time
from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.plant_parts import (
    Changeover,
    Chiller,
    Conches,
    Hall,
    Line,
    Machine,
    Product,
    Refining,
    Stage,
    Tank,
)
from chocolate_factory.domain.plant_units import (
    Celsius,
    Eur,
    EurPerKg,
    EurPerMwh,
    HourOfDay,
    Hours,
    Kg,
    Kw,
    Minutes,
    Percent,
    Range,
    Share,
    SomeHours,
    SomeKg,
)
from chocolate_factory.domain.tariff import Period, Tariff, power_period
from chocolate_factory.domain.time import DAY, MADRID, Interval, madrid_days


# ----------------------------------------------------------------------------------------- limits, contract, quality
@dataclass(frozen=True, slots=True)
class Limits:
    """What good chocolate asks of the room, and of the mass that waits."""

    room_min_c: Celsius
    room_max_c: Celsius
    humidity_max_pct: Percent
    dew_point_max_c: Celsius
    mass_age_max_days: Annotated[float, Range(0, 60, "days", above=True)]


@dataclass(frozen=True, slots=True)
class Contract:
    """The electricity contract.

    Attributes:
        contracted_kw: by power period, never less in a later one (CNMC Circular 3/2020).
        meter_type: 1 to 5; 4 and 5 pay the maximum demand over the contract, 1 to 3 each quarter-hour's.
        cups: the supply's code; readings of another are refused. Empty: readings of any one supply are taken.
    """

    tariff: Tariff
    contracted_kw: Mapping[Period, Annotated[float, Range(0, 10_000, "kW", above=True)]]
    meter_type: Annotated[int, Range(1, 5)]
    supplier_fee_eur_mwh: Annotated[float, Range(0, 200, "EUR/MWh")]
    cups: str = ""

    def power_kw(self, period: Period) -> float:
        """What is contracted in an energy period, kW; 2.0TD has three of these and two power periods."""
        return self.contracted_kw[power_period(period, self.tariff)]


@dataclass(frozen=True, slots=True)
class Quality:
    """Rejects: ``reject_base`` at the best room temperature, more by the square of the distance."""

    reject_base: Share
    reject_per_k2: Share
    best_room_c: Celsius

    def reject_share(self, room_c: float) -> float:
        """Share of the output that is rejected at a room temperature in °C, at most all of it (plant.md, [E])."""
        return min(1.0, self.reject_base + self.reject_per_k2 * (room_c - self.best_room_c) ** 2)


@dataclass(frozen=True, slots=True)
class Failures:
    """What goes wrong by chance; for the simulator.

    Attributes:
        mtbf_h, mttr_h: of the line, running hours between failures and mean repair.
        repair_sigma: spread of a repair's logarithm (lognormal).
        micro_stop_every_h, micro_stop_min: short stops of the line.
        fill_cv, conche_cv: spread over mean of a fill's and a conching's duration.
        off_spec_share: batches that leave the conche outside their specification.
    """

    mtbf_h: SomeHours
    mttr_h: SomeHours
    repair_sigma: Annotated[float, Range(0, 3)]
    micro_stop_every_h: SomeHours
    micro_stop_min: Minutes
    fill_cv: Share
    conche_cv: Share
    off_spec_share: Share


@dataclass(frozen=True, slots=True)
class Policy:
    """What a plan weighs and how steady it is.

    Attributes:
        lateness_eur_kg_h: for each kg and hour after its due time.
        frozen_h: batches that start within are not moved.
        move_threshold_eur: other batches move only for more than this.
        on_time_probability: what the simulator must find, or the plan is repaired.
        material_eur_kg, labour_eur_kg: what a kg is worth beside its energy.
        caution_eur_mwh: as ``Options``.
    """

    lateness_eur_kg_h: EurPerKg
    frozen_h: Hours
    move_threshold_eur: Eur
    on_time_probability: Share
    material_eur_kg: EurPerKg
    labour_eur_kg: EurPerKg
    caution_eur_mwh: EurPerMwh = 0.0


# ------------------------------------------------------------------------------------------------------------ demand
@dataclass(frozen=True, slots=True)
class Order:
    """Finished kg of a product, due at a moment; without an offset ``due`` is read as Madrid's local time."""

    id: str
    product: str
    kg: SomeKg
    due: datetime

    def __post_init__(self) -> None:
        local = self.due if self.due.tzinfo else self.due.replace(tzinfo=MADRID)
        object.__setattr__(self, "due", local.astimezone(UTC))


@dataclass(frozen=True, slots=True)
class Demand:
    """Orders by hand and a weekly pattern; they add up.

    Attributes:
        weekly: kg by weekday and product, due at ``weekly_due_h`` of that day; on a holiday nothing is due.
    """

    weekly: Mapping[Weekday, Mapping[str, SomeKg]]
    weekly_due_h: HourOfDay
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Stocks:
    """What is there at the start, in kg: warm mass by tank, finished bars by product."""

    tanks_kg: Mapping[str, Kg]
    finished_kg: Mapping[str, Kg]


# ------------------------------------------------------------------------------------------------------------- plant
@dataclass(frozen=True)
class Plant:
    """All of it.

    Attributes:
        base_kw: what is always on beside tanks, machines and cold.
        estimated: paths of the figures that are engineering estimates; a path stands for all that is below it.
    """

    version: Annotated[int, Range(1, 1)]
    name: str
    products: tuple[Product, ...]
    changeover: Changeover
    refining: Refining
    conches: Conches
    tanks: tuple[Tank, ...]
    line: Line
    hall: Hall
    chiller: Chiller
    base_kw: Kw
    crew: Crew
    limits: Limits
    contract: Contract
    quality: Quality
    failures: Failures
    policy: Policy
    demand: Demand
    stocks: Stocks
    estimated: tuple[str, ...]

    @property
    def fill_h(self) -> float:
        """Hours that the refining group needs to fill a conche; the first of the conching."""
        return self.conches.batch_kg / self.refining.rate_kg_h

    @cached_property
    def tanks_kw(self) -> float:
        """Power of all tanks, kW."""
        return sum(tank.power_kw for tank in self.tanks)

    @property
    def machines(self) -> tuple[Machine, ...]:
        """Every machine, in the order of the process."""
        conches = (Machine(f"conche-{i}", Stage.CONCHING) for i in range(1, self.conches.count + 1))
        tanks = (Machine(tank.name, Stage.STORAGE) for tank in self.tanks)
        return (Machine("refining", Stage.REFINING), *conches, *tanks, Machine("line", Stage.LINE))

    def product(self, name: str) -> Product:
        """The product of that name.

        Raises:
            NotFoundError: there is none.
        """
        found = next((p for p in self.products if p.name == name), None)
        if found is None:
            raise NotFoundError("product", name, f"one of {', '.join(p.name for p in self.products)}")
        return found

    def tanks_of(self, product: str) -> tuple[Tank, ...]:
        """The tanks that hold a product."""
        return tuple(tank for tank in self.tanks if tank.product == product)

    def stocked_kg(self) -> dict[str, float]:
        """Liquid chocolate that its file says, by product."""
        kg = self.stocks.tanks_kg
        return {p.name: sum(kg[tank.name] for tank in self.tanks_of(p.name)) for p in self.products}

    def pause_h(self, before: str, after: str) -> float:
        """Hours that the line stands between a run of one product and a run of another (or the same) at least.

        A changeover lasts from output to output, so the set-up that begins the next run counts towards it.
        """
        return max(self.line.min_off_h, self.changeover.minutes[before][after] / 60 - self.line.setup_h)

    def orders(self, window: Interval) -> tuple[Order, ...]:
        """What is due after the window's start and not after its end, by due time."""
        entered = [*self.demand.orders, *self._weekly_orders(window)]
        return tuple(sorted((o for o in entered if window.start < o.due <= window.end), key=lambda o: (o.due, o.id)))

    def _weekly_orders(self, window: Interval) -> Iterator[Order]:
        # a day's orders may be due at its very end, which is where the window of the next day begins
        for day in madrid_days(Interval(window.start - DAY, window.end)):
            if not self.crew.works_on(day):
                continue
            for product, kg in self.demand.weekly.get(Weekday.of(day), {}).items():
                yield Order(f"{day}-{product}", product, kg, wall_time(day, self.demand.weekly_due_h))
