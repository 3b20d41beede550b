"""A price forecast: what is expected of the hours that nobody has published yet, and how well such forecasts did.

Days count as the market's: the *origin* is the last day whose prices are known, and the *lead* of a day is how many
days it lies after the origin. Decided at noon, tomorrow has lead 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chocolate_factory.domain.time import Interval

#: How far ahead prices are forecast, h.
HORIZON_H = 168
#: The leads that a model knows: with an origin of today they reach to the horizon's end.
LEADS = range(1, 8)


@dataclass(frozen=True, slots=True)
class ExpectedPrice:
    """One slot that is not published yet, EUR/MWh.

    Invariants:
        ``p10 <= p50 <= p90``; of the prices, eight in ten should come to lie between the outer two.
    """

    slot: Interval
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class PriceForecast:
    """What a model expected at a moment.

    Attributes:
        series: ``spot`` or ``pvpc``.
        made_at: the moment; nothing published later went into it.
        model: its name, e.g. ``blend``.
        prices: consecutive slots of one length, from the end of what was known then.
    """

    series: str
    made_at: datetime
    model: str
    prices: tuple[ExpectedPrice, ...]


@dataclass(frozen=True, slots=True)
class LeadScore:
    """How forecasts of one lead did over the hours that came.

    Attributes:
        hours: how many they were.
        mae: mean absolute error of P50, EUR/MWh.
        rmae: the same as a share of the EPF naive's on the same hours (Lago et al. 2021).
        weekly_rmae: as a share of last week's price's.
        pinball: mean pinball loss of P10, P50 and P90, EUR/MWh.
        coverage: share of the hours between P10 and P90; 0.8 is meant.
    """

    lead: int
    hours: int
    mae: float
    rmae: float
    weekly_rmae: float
    pinball: float
    coverage: float
