"""A fitted model and its margins, and the forecast they make of the hours that nobody has published yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.forecast import HORIZON_H, LEADS, ExpectedPrice, PriceForecast
from chocolate_factory.domain.time import HOUR, Interval, madrid_date
from chocolate_factory.forecasting.conformal import Margins
from chocolate_factory.forecasting.days import hours_of
from chocolate_factory.forecasting.model import SERVED, Model, Variant
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.forecasting.quarters import Shape

_INSTANT: Final = timedelta.resolution


@dataclass(frozen=True)
class Fitted:
    """A price model with the intervals that go with it.

    Attributes:
        series: ``spot`` or ``pvpc``.
        margins: by variant, from out-of-sample errors of models trained earlier.
    """

    series: str
    model: Model
    margins: dict[Variant, Margins]


def forecast_hours(fitted: Fitted, panel: Panel, at: datetime, hours: int = HORIZON_H) -> PriceForecast:
    """Every hour from the end of what is known, or from ``at`` where that is later, until ``hours`` after ``at``.

    Args:
        panel: prices known at ``at``; they may be later than those that the model was learnt from.

    Raises:
        InputError: the known prices end too early for the horizon; or as ``PriceModel.best_variant``.
    """
    if not 1 <= hours <= HORIZON_H:
        raise InputError("hours", hours, f"1 to {HORIZON_H}")
    window, known = Interval(at, at + hours * HOUR), panel.day(panel.origin)
    leads = (madrid_date(window.end - _INSTANT) - known).days
    if leads > LEADS[-1]:
        allowed = f"forecasts reach {LEADS[-1]} days beyond them; read the prices published since"
        raise InputError("prices", f"known until {known}", allowed)
    expected = (price for lead in range(1, leads + 1) for price in _day(fitted, panel, lead))
    return PriceForecast(fitted.series, at, fitted.model.sort, tuple(p for p in expected if window.overlap(p.slot)))


def forecast_days(fitted: Fitted, panel: Panel, at: datetime) -> PriceForecast:
    """Every hour that is not over at ``at`` of the seven days after the last known one.

    Nothing in it depends on ``at`` but where it begins: whoever keeps it has the horizon of any moment of that day.

    Raises:
        InputError: as ``PriceModel.best_variant``.
    """
    expected = (price for lead in LEADS for price in _day(fitted, panel, lead))
    return PriceForecast(fitted.series, at, fitted.model.sort, tuple(p for p in expected if p.slot.end > at))


def forecast_quarters(hourly: PriceForecast, shape: Shape) -> PriceForecast:
    """The same forecast in quarter-hours."""
    quarters = (quarter for hour in hourly.prices for quarter in shape.quarters_of(hour))
    return replace(hourly, prices=tuple(q for q in quarters if q.slot.end > hourly.made_at))


def _day(fitted: Fitted, panel: Panel, lead: int) -> list[ExpectedPrice]:
    target = panel.origin + lead
    variant = fitted.model.best_variant(panel, target, lead)
    row = fitted.model.predict(variant, panel, np.array([target]))[SERVED]
    p10, p50, p90 = fitted.margins[variant].around(row)[:, 0]
    day = panel.day(target)
    hours = zip(hours_of(day, p10), hours_of(day, p50), hours_of(day, p90), strict=True)
    return [ExpectedPrice(Interval(t, t + HOUR), low, mid, high) for (t, low), (_, mid), (_, high) in hours]
