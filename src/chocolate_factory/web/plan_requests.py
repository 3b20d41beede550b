"""What the plan's routes take: a problem of one's own, a move, a lock, a count, a simulation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Kg = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Text = Annotated[str, Field(min_length=1, max_length=120)]
When = Annotated[str, Field(max_length=40, description="ISO 8601; without an offset it is Europe/Madrid")]


class Asked(BaseModel):
    """A request: an unknown key is a mistake, and said so."""

    model_config = ConfigDict(extra="forbid")


class PriceIn(Asked):
    """Spot of an hour or a quarter-hour."""

    start: When
    price_eur_mwh: float = Field(ge=-600, le=6000, allow_inf_nan=False)


class AirIn(Asked):
    """Weather of an hour."""

    start: When
    temperature_c: float = Field(ge=-25, le=52, allow_inf_nan=False)
    humidity_pct: float = Field(ge=1, le=100, allow_inf_nan=False)


class OrderIn(Asked):
    """An order."""

    product: Text
    kg: float = Field(gt=0, le=1e6, allow_inf_nan=False, description="good kilograms")
    due: When


class OptionsIn(Asked):
    """How to plan."""

    carbon_eur_t: float = Field(0, ge=0, le=1000, allow_inf_nan=False, description="price put on carbon, EUR/t")
    carbon_kg_kwh: float | None = Field(
        None, ge=0, le=2, allow_inf_nan=False, description="of the system's energy; null: an estimate, told in notes"
    )
    peak_kw: float | None = Field(None, gt=0, le=10000, allow_inf_nan=False, description="no slot above this power")
    night_work: bool = Field(True, description="whether conches may go on outside crew hours")
    quiet_hours: str | None = Field(
        None, max_length=11, description="neither line nor refining, as 22-6", examples=["22-6"]
    )


class PlanIn(Asked):
    """A stand-alone problem for this plant: planned, answered, and not kept."""

    start: When
    hours: int = Field(48, ge=24, le=168, description="length of the horizon")
    resolution_minutes: Literal[15, 60] = Field(60, description="length of a slot")
    prices: list[PriceIn] = Field(
        max_length=2000, description="spot; those before start stand in for hours that have none, a week back at most"
    )
    weather: list[AirIn] = Field(max_length=500, description="by the hour; the same holds")
    demand: list[OrderIn] | None = Field(None, max_length=500, description="null: the plant's own")
    stocks_kg: dict[Text, Kg] | None = Field(None, description="warm mass by tank at start; null: the plant file's")
    options: OptionsIn = Field(default_factory=OptionsIn)


class MoveIn(Asked):
    """A batch of the plan in force, and where else it might begin."""

    batch_id: Text
    start: When


class PlaceIn(Asked):
    """Where a batch shall begin."""

    start: When


class LockIn(Asked):
    """Hold it, or let it go."""

    locked: bool = True


class StocksIn(Asked):
    """What somebody counted just now."""

    tanks_kg: dict[Text, Kg] = Field(description="warm mass of every tank")
    finished_kg: dict[Text, Kg] = Field(
        default_factory=dict, description="finished goods by product that are there for orders not delivered yet"
    )


class SimulateIn(Asked):
    """How often to run which plan."""

    replications: int = Field(200, ge=1, le=1000)
    seed: int = Field(1, ge=0, le=2**32 - 1)
    plan_id: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")] | None = Field(
        None, description="null: the plan in force"
    )
