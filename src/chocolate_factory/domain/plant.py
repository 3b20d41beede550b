"""The plant as data: what it has, what it may do, what it must deliver.

A ``Plant`` is the vocabulary that planning, simulation, billing and learning share. No figure has a default here: every
number is a setting of the plant's file (``plants/default.yaml`` is the packaged one). Each number carries its unit and
its range as a ``Range``, so that one walk checks, shows and documents them all (``domain/plant_checks.py``).

Invariants:
    Times of day are hours on Madrid's wall clock, 0 to 24; holidays are the plant's own, not the tariff's nine.
    The line's stock is warm mass in tanks, one product to a tank; finished bars have no limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import cached_property
from typing import Annotated

from chocolate_factory.domain.errors import NotFoundError
from chocolate_factory.domain.tariff import Period, Tariff, power_period
from chocolate_factory.domain.time import DAY, MADRID, Interval, madrid_date, madrid_days, madrid_midnight


@dataclass(frozen=True, slots=True)
class Range:
    """The unit of a number and what it may be; ``above`` leaves the lower bound itself out."""

    low: float
    high: float
    unit: str = ""
    above: bool = False

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high and not (self.above and value == self.low)

    def __str__(self) -> str:
        if self.low == self.high:
            return f"only {self.low:g}"
        start = f"above {self.low:g} and at most" if self.above else f"from {self.low:g} to"
        return f"a number {start} {self.high:g} {self.unit}".rstrip()


Kw = Annotated[float, Range(0, 10_000, "kW")]
Kg = Annotated[float, Range(0, 1_000_000, "kg")]
SomeKg = Annotated[float, Range(0, 1_000_000, "kg", above=True)]
KgPerHour = Annotated[float, Range(0, 100_000, "kg/h", above=True)]
KwhPerKg = Annotated[float, Range(0, 10, "kWh/kg")]
Hours = Annotated[float, Range(0, 168, "h")]
SomeHours = Annotated[float, Range(0, 100_000, "h", above=True)]
Minutes = Annotated[float, Range(0, 10_080, "min")]
HourOfDay = Annotated[float, Range(0, 24, "h")]
Celsius = Annotated[float, Range(-30, 60, "°C")]
Kelvin = Annotated[float, Range(0, 60, "K")]
Percent = Annotated[float, Range(0, 100, "%")]
Share = Annotated[float, Range(0, 1, "per unit")]
SomeShare = Annotated[float, Range(0, 1, "per unit", above=True)]
Eur = Annotated[float, Range(0, 1_000_000, "EUR")]
EurPerKg = Annotated[float, Range(0, 1_000, "EUR/kg")]


class Stage(StrEnum):
    """What a machine does, in the order of the process; ``line`` is tempering to wrapping."""

    REFINING = "refining"
    CONCHING = "conching"
    STORAGE = "storage"
    LINE = "line"


class Weekday(StrEnum):
    """A day of the week, in ISO's order."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @classmethod
    def of(cls, day: date) -> Weekday:
        """The weekday of a date."""
        return tuple(cls)[day.weekday()]


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine by name, as plans and traces speak of it."""

    name: str
    stage: Stage


# ---------------------------------------------------------------------------------------------------------- products
@dataclass(frozen=True, slots=True)
class Tempering:
    """Temperatures of the mass: molten, seeded, and warmed again to work with."""

    melt_c: Celsius
    cool_c: Celsius
    work_c: Celsius


@dataclass(frozen=True, slots=True)
class Product:
    """What is made.

    Attributes:
        allergens: what a product without them must be protected from by a cleaning.
        recipe: share of the mass by ingredient; they add up to 1.
        conche_hours: whole hours from the start of the fill until the mass is in its tank.
        conche_kw: power of one conche in each of those hours.
    """

    name: str
    allergens: tuple[str, ...]
    recipe: Mapping[str, SomeShare]
    tempering: Tempering
    conche_hours: Annotated[int, Range(1, 96, "h")]
    conche_kw: tuple[Kw, ...]


# ---------------------------------------------------------------------------------------------------------- machines
@dataclass(frozen=True, slots=True)
class Refining:
    """The refining group (mixer, 2-roll, 5-roll): it fills one conche at a time."""

    rate_kg_h: KgPerHour
    power_kw: Kw


@dataclass(frozen=True, slots=True)
class Conches:
    """Identical conches, taken together.

    Attributes:
        unattended: whether a batch may go on without crew; a fill never may.
    """

    count: Annotated[int, Range(1, 100)]
    batch_kg: SomeKg
    unattended: bool


@dataclass(frozen=True, slots=True)
class Tank:
    """A warm, stirred tank of one product; ``heel_kg`` never leaves it."""

    name: str
    product: str
    capacity_kg: SomeKg
    heel_kg: Kg
    power_kw: Kw


@dataclass(frozen=True, slots=True)
class Line:
    """Tempering, moulding, cooling tunnel and wrapping.

    Attributes:
        energy_kwh_kg: electricity for each kg beside ``power_kw``.
        heat_kwh_kg: heat that the chiller must take away for each kg.
        setup_h: at the start of a run, without output.
        rework_kg: mass that each start sends back.
        start_eur: what each start costs beside energy.
    """

    rate_min_kg_h: KgPerHour
    rate_max_kg_h: KgPerHour
    power_kw: Kw
    energy_kwh_kg: KwhPerKg
    heat_kwh_kg: KwhPerKg
    setup_h: Hours
    rework_kg: Kg
    start_eur: Eur
    min_on_h: Hours
    min_off_h: Hours


@dataclass(frozen=True, slots=True)
class Changeover:
    """From one product to another.

    Attributes:
        allergen_cleaning_min: the least where the first has an allergen that the second has not.
        minutes: from the last output of the first product to the first output of the second; the line's set-up is
            part of it. 0 for the same product.
    """

    allergen_cleaning_min: Minutes
    minutes: Mapping[str, Mapping[str, Minutes]]


@dataclass(frozen=True, slots=True)
class Hall:
    """The room of moulding and packing.

    Attributes:
        ua_kw_k: heat that comes through the walls for each K.
        fresh_air_kg_s: dry air, while producing.
        gains_line_kw, gains_other_kw, gains_sun_kw: heat inside; the line's only while producing.
        set_point_c, humidity_ratio_g_kg: what is held while producing; ``setback_c`` otherwise.
        heat_capacity_kwh_k: of air, machines and walls.
        pressure_kpa: of the air, at the site's height.
    """

    ua_kw_k: Annotated[float, Range(0, 1000, "kW/K", above=True)]
    fresh_air_kg_s: Annotated[float, Range(0, 1000, "kg/s")]
    gains_line_kw: Kw
    gains_other_kw: Kw
    gains_sun_kw: Kw
    set_point_c: Celsius
    setback_c: Celsius
    humidity_ratio_g_kg: Annotated[float, Range(0, 30, "g/kg", above=True)]
    heat_capacity_kwh_k: Annotated[float, Range(0, 10_000, "kWh/K", above=True)]
    pressure_kpa: Annotated[float, Range(60, 110, "kPa")]


@dataclass(frozen=True, slots=True)
class Chiller:
    """The cold for hall and tunnel; ``domain/thermal.py`` has the formulas.

    Attributes:
        capacity_kw: cold at ``rated_at_c`` outdoors; it loses ``derating_per_k`` of it for each K more, within
            ``share_min`` and ``share_max``.
        carnot_share: its quality, between ``evaporating_c`` and the outdoor temperature plus ``approach_k``.
    """

    capacity_kw: Annotated[float, Range(0, 10_000, "kW", above=True)]
    rated_at_c: Celsius
    derating_per_k: Annotated[float, Range(0, 0.1, "1/K")]
    share_min: SomeShare
    share_max: Annotated[float, Range(0, 2, "per unit", above=True)]
    carnot_share: SomeShare
    evaporating_c: Celsius
    approach_k: Kelvin
    cop_min: Annotated[float, Range(0, 20, above=True)]
    cop_max: Annotated[float, Range(0, 20, above=True)]


# -------------------------------------------------------------------------------------------------------------- crew
@dataclass(frozen=True, slots=True)
class Shift:
    """People at the machines on some weekdays, within one calendar day; 24 is the day's end."""

    name: str
    days: tuple[Weekday, ...]
    start_h: HourOfDay
    end_h: HourOfDay

    def on(self, day: date) -> Interval:
        """The shift of that day, in UTC; on the two odd nights of the year it is an hour shorter or longer."""
        return Interval(wall_time(day, self.start_h), wall_time(day, self.end_h))


@dataclass(frozen=True, slots=True)
class Crew:
    """When people work.

    Attributes:
        yearly_holidays: ``MM-DD``, off every year.
        holidays: single days off.
    """

    shifts: tuple[Shift, ...]
    yearly_holidays: tuple[str, ...]
    holidays: tuple[date, ...]

    def works_on(self, day: date) -> bool:
        """Whether anybody comes on that day of Madrid's calendar."""
        off = day in self.holidays or f"{day:%m-%d}" in self.yearly_holidays
        return not off and any(Weekday.of(day) in shift.days for shift in self.shifts)

    def hours(self, window: Interval) -> Iterator[Interval]:
        """What of the window has a crew, shift by shift, in order."""
        for day in madrid_days(window):
            todays = [s for s in self.shifts if Weekday.of(day) in s.days] if self.works_on(day) else []
            pieces = (window.overlap(shift.on(day)) for shift in sorted(todays, key=lambda s: s.start_h))
            yield from (piece for piece in pieces if piece)

    def present(self, moment: datetime) -> bool:
        """Whether the crew is there at an aware moment."""
        day = madrid_date(moment)
        return self.works_on(day) and any(Weekday.of(day) in s.days and moment in s.on(day) for s in self.shifts)


def wall_time(day: date, hour: float) -> datetime:
    """The UTC instant of an hour, 0 to 24, on Madrid's wall clock; one that comes twice means the first."""
    if hour >= 24:
        return madrid_midnight(day + DAY)
    minutes = round(hour * 60)
    return datetime.combine(day, time(minutes // 60, minutes % 60), MADRID).astimezone(UTC)


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
    """

    tariff: Tariff
    contracted_kw: Mapping[Period, Annotated[float, Range(0, 10_000, "kW", above=True)]]
    meter_type: Annotated[int, Range(1, 5)]
    supplier_fee_eur_mwh: Annotated[float, Range(0, 200, "EUR/MWh")]

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
    """

    lateness_eur_kg_h: EurPerKg
    frozen_h: Hours
    move_threshold_eur: Eur
    on_time_probability: Share
    material_eur_kg: EurPerKg
    labour_eur_kg: EurPerKg


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
