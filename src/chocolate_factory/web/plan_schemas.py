"""What the plan's routes answer; as ``schemas``: Madrid's offset, units in the keys."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from chocolate_factory.web.schemas import Moment, Sentence

BY_PERIOD = "the highest power of a slot by tariff period, kW"


class SolverOut(BaseModel):
    """What the solver says; its gap is of all that is weighed: energy, starts, lateness, the days after."""

    name: str = Field(description="HiGHS, or the rule that stood in for it")
    gap: float | None = Field(
        description="how far above the bound the plan may be, 0.005 is 0.5 %; null without a bound"
    )
    seconds: float
    bound_eur: float | None = Field(description="no plan can cost less, what it leaves being worth as much, EUR")


class HorizonOut(BaseModel):
    """The time a plan is of."""

    start: Moment
    end: Moment
    resolution_minutes: int = Field(description="length of a slot: 15 or 60")


class BatchOut(BaseModel):
    """One conche's batch from its fill on, or one run of the line."""

    id: str = Field(description="stage, product and start in UTC")
    product: str
    stage: str = Field(description="conche or line")
    machine: str
    start: Moment
    end: Moment
    kg: float = Field(description="made by it; of the line, good and bad together")
    reason: Sentence = Field(description="why it stands where it does")
    held: str | None = Field(description="begun, frozen or locked: nobody moves it; steady: moving it saves too little")
    kept_eur: float | None = Field(description="what its staying costs more, EUR; null where nothing holds it")
    locked: bool = Field(False, description="held by hand at this moment; the next plan heeds it")


class PlanSlotOut(BaseModel):
    """One slot of a plan."""

    start: Moment
    energy_eur_kwh: float = Field(description="all-in marginal price of the plant's tariff")
    price_kind: str = Field(
        description="observed, forecast, simulated, or estimated where the last known day stands in"
    )
    tariff_period: str = Field(description="P1 to P6")
    temperature_c: float = Field(description="outdoors")
    power_kw: float = Field(description="of the whole plant, mean of the slot")
    energy_kwh: float
    cost_eur: float = Field(description="of its energy")
    line_product: str | None = Field(description="what the line is on for; in its set-up hour without output")
    output_kg: float = Field(description="of the line")
    stocks_kg: dict[str, float] = Field(description="warm mass by tank at the slot's end")
    level: str = Field(description="Optimal, Moderate, Reduced or Halt Production")
    reasons: list[str] = Field(description="codes; level_reasons has the words")


class TotalsOut(BaseModel):
    """Totals over the horizon."""

    cost_eur: float = Field(description="energy")
    kg: float = Field(description="output of the line")
    kwh: float
    eur_per_kg: float | None = Field(description="energy; null where nothing is made")
    peak_kw: dict[str, float] = Field(description=BY_PERIOD)
    starts_eur: float = Field(description="starts of the line, beside their energy")
    late_kg_h: float = Field(
        description="kilograms times the hours they are late; what is owed at the end counts 168 h"
    )
    owed_kg: float = Field(description="due and still not made at the horizon's end")


class BaselineOut(TotalsOut):
    """The same plant run without looking at the price."""

    name: str = Field(description="compact_block: each day's work in one block from 06:00")


class SpreadOut(BaseModel):
    """A figure over the simulated runs."""

    mean: float
    p10: float = Field(description="one run in ten gives less")
    p50: float
    p90: float = Field(description="one run in ten gives more")
    half_width: float | None = Field(description="of the mean's 95 % confidence interval; null for one run")


class CertificateOut(BaseModel):
    """What chance makes of a plan: breakdowns, slow conches, rejects."""

    replications: int = Field(description="simulated runs")
    seed: int = Field(description="the same seed gives the same runs")
    kpis: dict[str, SpreadOut] = Field(description="by name, with the unit in it: good_kg, cost_eur, kwh_kg, oee, …")
    on_time_probability: float = Field(description="share of the runs in which no order was late, 0 to 1")
    order_on_time: dict[str, float] = Field(description="the same of each order that was ever late")
    weakest_batch: str | None = Field(description="the batch whose delay cost the orders most often")
    weakest_share: float = Field(description="in which share of the late runs, 0 to 1")


class ClashOut(BaseModel):
    """One demand or limit of a conflict."""

    what: str = Field(description="which kind of demand or limit")
    text: Sentence


class WayOutOut(BaseModel):
    """What would resolve a conflict."""

    eur: float | None = Field(description="its cost; null where nobody has priced it")
    text: Sentence


class ConflictOut(BaseModel):
    """Demands and limits that cannot hold together; without any one of them the others can."""

    clashes: list[ClashOut]
    ways_out: list[WayOutOut] = Field(description="the cheapest first")


class _Head(BaseModel):
    """Which plan it is, and what runs when."""

    id: str = Field(description="of a posted problem too, whose plan is kept nowhere")
    made_at: Moment
    trigger: str = Field(description="why it was made: first, schedule, new prices, expired, request; or posted")
    status: Literal["optimal", "feasible", "infeasible"] = Field(description="optimal: within the gap asked for")
    solver: SolverOut
    horizon: HorizonOut
    looked_until: Moment | None = Field(
        description="the end of the days after, looked at and not planned; null where the plan looks no further"
    )
    batches: list[BatchOut]
    slots: list[PlanSlotOut]
    level_reasons: dict[str, Sentence] = Field(description="the words of the slots' reasons")


class _Tail(BaseModel):
    """What it is worth."""

    baseline: BaselineOut
    saving_eur: float | None = Field(description="energy against the baseline, for the same kg; null: not comparable")
    saving_pct: float | None = Field(description="of the baseline's energy cost")
    certificate: CertificateOut | None
    conflicts: list[ConflictOut] = Field(description="why something is late or nothing fits; else empty")
    notes: list[str] = Field(description="what was assumed and done, in English")


class PlanOut(_Tail, TotalsOut, _Head):
    """The plan in force, one that was, or that of a posted problem."""


class PlanLineOut(BaseModel):
    """A plan in a list."""

    id: str
    made_at: Moment
    trigger: str
    status: str
    cost_eur: float
    kg: float
    late_kg_h: float
    saving_eur: float | None
    on_time_probability: float | None


class PlansOut(BaseModel):
    """Plans, the newest first."""

    plans: list[PlanLineOut]


class MoveOut(BaseModel):
    """What moving one batch would do, all else planned around it."""

    batch_id: str
    start: Moment
    delta_eur: float | None = Field(
        description="energy, starts and lateness against the plan as it is; null: no plan fits"
    )
    feasible: bool
    reason: Sentence


class LockOut(BaseModel):
    """A batch that is held by hand, or free again."""

    locked: bool
    batch: BatchOut


class CountOut(BaseModel):
    """What was counted."""

    at: Moment
    tanks_kg: dict[str, float]
    finished_kg: dict[str, float]


class SimulationOut(CertificateOut):
    """A plan run through the simulator."""

    plan_id: str
    losses_min: dict[str, SpreadOut] = Field(description="minutes that the line lost, by cause")
