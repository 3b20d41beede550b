"""A plan: what is asked, what runs when, what it costs.

The optimiser makes plans and the simulator runs them; they share this vocabulary and the physics, and no other code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chocolate_factory.domain.plant import Order, Plant
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.tariff import Period
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import Interval

#: How much later than the horizon's end what is still owed then is taken to come, h: so long that a batch is worth it.
OWED_H = 168.0


class Level(StrEnum):
    """The decision for a slot, in the words of the contract."""

    OPTIMAL = "Optimal"
    MODERATE = "Moderate"
    REDUCED = "Reduced"
    HALT = "Halt Production"


class Status(StrEnum):
    """What the solver proved: optimal within the gap asked for, feasible, or that nothing fits."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"


#: Kinds of prices that are not published: a forecast, or a known profile that stands in.
GUESSED = frozenset({Kind.FORECAST, Kind.ESTIMATED})


@dataclass(frozen=True, slots=True)
class SlotInput:
    """What is known or expected of one slot.

    Attributes:
        energy_eur_kwh: all-in marginal price of the plant's tariff, EUR/kWh.
        price_kind: observed, forecast, or estimated where a last known profile stands in.
        air: outdoors.
        crew: whether the crew is there.
    """

    slot: Interval
    energy_eur_kwh: float
    price_kind: Kind
    period: Period
    air: Air
    crew: bool


@dataclass(frozen=True, slots=True)
class Options:
    """How to plan.

    Attributes:
        carbon_eur_t: price put on carbon, EUR/t.
        carbon_kg_kwh: of the system's energy, kg/kWh.
        night_work: whether conches may go on outside crew hours; a fill never may.
        time_limit_s: of one solve, seconds.
        gap: relative optimality gap that is good enough.
        fixed: batches that must stay where they are: inside the frozen window, or locked by hand.
        whole_h: hours that are solved in one piece; of a longer horizon what lies after is first relaxed.
        steady: batches of the plan in force that stay unless moving one saves more than ``move_eur``.
        caution_eur_mwh: what energy at a price that is not published counts dearer than expected, when deciding. Who
            has made chocolate at a known price may sit a dear day out; a plan of expected prices is blind to that.
        peak_kw: no slot above this power, whatever the contract allows; None for the contract alone.
        quiet: wall-clock hours of Madrid, ``(22, 6)`` over midnight, in which neither line nor refining group works.
    """

    carbon_eur_t: float = 0.0
    carbon_kg_kwh: float = 0.0
    night_work: bool = True
    time_limit_s: float = 60.0
    gap: float = 0.005
    fixed: tuple[Batch, ...] = ()
    whole_h: float = 48.0
    steady: tuple[Batch, ...] = ()
    move_eur: float = 0.0
    caution_eur_mwh: float = 0.0
    peak_kw: float | None = None
    quiet: tuple[tuple[float, float], ...] = ()

    @property
    def carbon_eur_kwh(self) -> float:
        """What is put on each kWh for its carbon, EUR/kWh."""
        return self.carbon_eur_t * self.carbon_kg_kwh / 1000

    def caution_eur_kwh(self, slot: SlotInput) -> float:
        """What is put on a slot's kWh because its price is not published, EUR/kWh."""
        return self.caution_eur_mwh / 1000 if slot.price_kind in GUESSED else 0.0


@dataclass(frozen=True, slots=True)
class Batch:
    """One piece of work: a conche's batch from its fill on, or a run of the line.

    Attributes:
        stage: ``conche`` or ``line``.
        kg: made by it; of the line, good and bad together.
        reason: one sentence why it stands where it does, by language.
        held: ``begun``, ``frozen`` or ``locked`` where nobody may move it, ``steady`` where moving it saves too little.
        kept_eur: its share of what the ``steady`` batches cost more than the plan without them held, EUR; else None.
    """

    id: str
    product: str
    stage: str
    machine: str
    start: datetime
    end: datetime
    kg: float
    reason: Mapping[str, str] = field(default_factory=dict)
    held: str = ""
    kept_eur: float | None = None


@dataclass(frozen=True, slots=True)
class PlanSlot:
    """One slot of a plan.

    Attributes:
        line_product: what the line runs, or None; its output in ``output_kg``.
        stocks_kg: liquid chocolate by product at the slot's end.
        cost_eur: its energy.
    """

    input: SlotInput
    power_kw: float
    cost_eur: float
    line_product: str | None
    output_kg: float
    stocks_kg: Mapping[str, float]
    level: Level
    reasons: tuple[str, ...] = ()

    @property
    def energy_kwh(self) -> float:
        """Energy of the slot."""
        return self.power_kw * self.input.slot.duration.total_seconds() / 3600.0


@dataclass(frozen=True, slots=True)
class Plane:
    """What the days after a plan cost at least, as a plane over what the plan leaves.

    Attributes:
        eur: where it leaves nothing.
        warm_eur_kg: for each kilogram of liquid chocolate in the tanks, by product; less than nothing where it saves.
        finished_eur_kg: for each good kilogram that is made and not due yet, by product; owed ones are less than none.
    """

    eur: float
    warm_eur_kg: Mapping[str, float]
    finished_eur_kg: Mapping[str, float]

    def at(self, warm_kg: Mapping[str, float], finished_kg: Mapping[str, float]) -> float:
        """EUR where so much is left."""
        warm = sum(eur * warm_kg.get(name, 0.0) for name, eur in self.warm_eur_kg.items())
        return self.eur + warm + sum(eur * finished_kg.get(name, 0.0) for name, eur in self.finished_eur_kg.items())


@dataclass(frozen=True, slots=True)
class After:
    """The days after a plan: they cost the highest of the planes.

    Attributes:
        until: the end of what was looked at.
    """

    until: datetime
    planes: tuple[Plane, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A stand-alone planning problem.

    Attributes:
        slots: consecutive and of one length.
        orders: with due dates; those due after the horizon do not count.
        stocks_kg: liquid chocolate by product at the start.
        running: batches that began before the horizon and are still in their conche.
        finished_kg: good output by product that is there at the start and goes towards the orders; less than nothing
            where orders due before are still owed.
        now: slots that begin before are history, in which only ``Options.fixed`` batches ran; None: all lies ahead.
        done_kg: the line's output in each slot of history, by its start.
        end_kg: liquid chocolate by product that the tanks must hold at the end; None: what they held at the start, or
            only what never leaves them where ``after`` says what the rest is worth.
        after: what the days behind the horizon cost by what is left for them; None where the plan looks no further.
        line_before: what the line ran last, taken to have ended as the horizon begins; None where nobody knows.
    """

    plant: Plant
    slots: tuple[SlotInput, ...]
    orders: tuple[Order, ...]
    stocks_kg: Mapping[str, float]
    running: tuple[Batch, ...] = ()
    finished_kg: Mapping[str, float] = field(default_factory=dict)
    now: datetime | None = None
    done_kg: Mapping[datetime, float] = field(default_factory=dict)
    end_kg: Mapping[str, float] | None = None
    line_before: str | None = None
    after: After | None = None

    @property
    def horizon(self) -> Interval:
        """From the first slot's start to the last one's end."""
        return Interval(self.slots[0].slot.start, self.slots[-1].slot.end)

    @property
    def step_h(self) -> float:
        """Length of a slot, h."""
        return self.slots[0].slot.duration.total_seconds() / 3600.0


@dataclass(frozen=True, slots=True)
class Solved:
    """What the solver says of its answer; gap and bound are of the whole objective, EUR."""

    name: str
    gap: float | None
    seconds: float
    bound_eur: float | None
    build_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Clash:
    """One demand or limit of a conflict: which, and in the plant's words by language."""

    what: str
    text: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WayOut:
    """What would resolve a conflict: its cost, EUR (None where nobody has priced it), and its words by language."""

    eur: float | None
    text: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Demands and limits that cannot hold together.

    Attributes:
        clashes: irreducible: without any one of them the others hold together.
        ways_out: the cheapest first, each found by relaxing a limit and solving again.
    """

    clashes: tuple[Clash, ...]
    ways_out: tuple[WayOut, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What runs when.

    Attributes:
        cost_eur: energy of the slots.
        starts_eur: line starts.
        late_kg_h: kilograms of output times hours after their due time, as at the end of each slot; what is still
            owed at the horizon's end counts as ``OWED_H`` more.
        note: how it was made, where that is not by the solver alone.
        owed_kg: output that is due and still not made at the horizon's end.
        after_eur: what the days after cost at least by what is left for them, as decisions weigh it; 0 where the plan
            looks no further.
        conflicts: why something is late or nothing fits; empty where all is in time.
    """

    problem: Problem
    status: Status
    solver: Solved
    batches: tuple[Batch, ...]
    slots: tuple[PlanSlot, ...]
    starts_eur: float
    late_kg_h: float
    late_eur: float
    note: str = ""
    owed_kg: float = 0.0
    conflicts: tuple[Conflict, ...] = ()
    after_eur: float = 0.0

    @property
    def cost_eur(self) -> float:
        """Energy, EUR."""
        return sum(s.cost_eur for s in self.slots)

    @property
    def kwh(self) -> float:
        """Energy, kWh."""
        return sum(s.energy_kwh for s in self.slots)

    @property
    def kg(self) -> float:
        """Output of the line, kg."""
        return sum(s.output_kg for s in self.slots)

    @property
    def objective_eur(self) -> float:
        """What was minimised, without carbon and caution of its own hours: energy, starts, lateness, the days after."""
        return self.cost_eur + self.starts_eur + self.late_eur + self.after_eur

    def weighed_eur(self, options: Options) -> float:
        """What was minimised, as the options weigh it."""
        beside = (s.energy_kwh * (options.carbon_eur_kwh + options.caution_eur_kwh(s.input)) for s in self.slots)
        return self.objective_eur + sum(beside)

    def peak_kw(self) -> dict[Period, float]:
        """The highest power by period."""
        peaks: dict[Period, float] = {}
        for s in self.slots:
            peaks[s.input.period] = max(s.power_kw, peaks.get(s.input.period, 0.0))
        return peaks
