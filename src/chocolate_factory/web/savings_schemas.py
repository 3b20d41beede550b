"""What the API answers of meter readings and savings; as ``schemas``: units in the keys."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from chocolate_factory.web.schemas import Moment, Words


# ------------------------------------------------------------------------------------------------------------ readings
class RejectedOut(BaseModel):
    """A line that was not taken."""

    file: Words
    line: int = Field(description="the header's is 1; 0 where the whole file was not read")
    field: Words = Field(description="the column, or what of the line is wrong")
    value: Words
    reason: Words
    allowed: Words


class ReadingsFileOut(BaseModel):
    """One file of readings."""

    file: Words
    source: str = Field(description="datadis or meter")
    read: int
    written: int
    rejected: int
    start: Moment | None
    end: Moment | None
    coverage: float = Field(description="share of the slots between start and end that were taken, 0 to 1")


class ReadingsOut(BaseModel):
    """What became of meter readings."""

    read: int = Field(description="lines")
    written: int = Field(description="slots that are new or another value; the same again is none")
    taken: int = Field(description="good lines, whether or not they were there before")
    estimated: int = Field(description="of these, estimates of the distributor: kept, and counted as not measured")
    rejected_lines: int = Field(description="how many; the first 1000 of each file are told")
    rejected: list[RejectedOut]
    files: list[ReadingsFileOut]
    notes: list[Words]
    job_id: str | None = Field(description="settles the days that were read; null where nothing was written")


# ------------------------------------------------------------------------------------------------------------- savings
class UncertaintyOut(BaseModel):
    """Parts of the uncertainty, EUR to either side."""

    missing_eur: float = Field(description="slots that were not measured")
    meter_eur: float = Field(description="the meter itself")
    prices_eur: float = Field(description="prices that may be revised, terms that are means of a year")
    model_eur: float = Field(description="the plant's model, by what it was off")


class DayOut(BaseModel):
    """A day; null is what nobody knows."""

    day: date
    status: str = Field(
        description="measured; planned: not settled yet; not measured: over, and no meter or too little"
    )
    baseline_eur: float | None = Field(description="what the baseline would have cost, same production and weather")
    planned_eur: float | None = Field(description="what the plan should have cost")
    measured_eur: float | None = Field(description="metered kWh at each slot's price, the plan's where none was read")
    saving_eur: float | None = Field(description="baseline less measured; null where nothing was measured")
    saving_pct: float | None
    planned_saving_eur: float | None = Field(description="baseline less planned: a promise, no saving")
    coverage: float = Field(description="share of the quarter-hours that were measured, 0 to 1")
    filled_kwh: float | None = Field(description="of the measured: the plan's energy in slots without a reading")
    filled_eur: float | None
    uncertainty_eur: float | None = Field(description="of the saving, to either side, 19 times of 20")
    uncertainty: UncertaintyOut | None
    kg: float | None = Field(description="good output")
    kg_by_product: dict[str, float]
    production: str | None = Field(description="planned or counted")
    kwh: float | None = Field(description="measured, else planned")
    eur_per_kg: float | None
    kwh_per_kg: float | None
    carbon_kg: float | None = Field(description="of that energy, CO2; estimated from generation by technology")
    carbon_g_kwh: float | None
    carbon_kind: str | None
    prices: str = Field(description="provisional until they were read again for the last time, then final")
    plan_id: str | None = Field(description="the last plan made before the day was over")
    baseline_version: int | None
    baseline_sha256: str | None
    revision: int = Field(description="1 when it was first written; 0: it is not written yet")
    settled_at: Moment | None
    inputs: dict[str, str] = Field(description="sha256 of each thing that it rests on")
    notes: list[str]


class SavingTotalsOut(BaseModel):
    """The days that a saving can be claimed for, added up."""

    days_measured: int
    days_not_measured: int
    days_planned: int
    days_compared: int = Field(description="measured, and with a baseline: those that are added up here")
    baseline_eur: float | None
    planned_eur: float | None
    measured_eur: float | None
    saving_eur: float | None
    saving_pct: float | None
    uncertainty_eur: float | None
    uncertainty: UncertaintyOut | None
    planned_saving_eur: float | None = Field(description="of every settled day, measured or not: a promise")
    coverage: float = Field(description="of every settled day")
    kg: float | None
    kwh: float | None
    eur_per_kg: float | None
    kwh_per_kg: float | None
    carbon_kg: float | None = Field(description="null where one of the days lacks it")


class ChapterOut(BaseModel):
    """The days that one baseline is the yardstick of."""

    version: int
    name: str
    sha256: str = Field(description="of the baseline's rule and code on the day that it was declared")
    words: str
    since: date


class DeclaredOut(BaseModel):
    """The baseline of this program."""

    version: int
    name: str
    sha256: str
    words: str
    problem: str = Field(description="why it is refused; empty where it is what was declared")


class SavingsOut(BaseModel):
    """A span of the ledger."""

    status: str = Field(description="measured as soon as one day is; planned where none is settled; or not measured")
    start: date
    end: date = Field(description="included")
    totals: SavingTotalsOut
    days: list[DayOut]
    chapters: list[ChapterOut]
    baseline: DeclaredOut
