"""Price forecasts walked forward: learnt again every few weeks from what came before, asked once for each decision.

When a day is decided its own prices are out, so it is the origin: the first day ahead is the one after it. Where too
little history is given to learn from, the EPF naive forecasts, and where it is too little for that, nobody.

Invariants:
    A step's model is learnt from prices up to its first origin alone (``forecasting.walk.step``).
    No decision is made with the demand forecast: at the decision's hour that of the first day ahead is not out. It
    only serves a score of its own, of forecasts made at noon of the day before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import fmean
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from chocolate_factory.domain.catalogue import spec_of
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.time import DAY, Resolution, floor, madrid_midnight
from chocolate_factory.forecasting.days import Days, days_known_at, hours_of
from chocolate_factory.forecasting.learn import Recipe, train
from chocolate_factory.forecasting.model import SERVED, Model, Variant
from chocolate_factory.forecasting.naive_model import NAIVE, NaiveModel
from chocolate_factory.forecasting.panel import Panel, panel_of
from chocolate_factory.forecasting.walk import Told, steps, told_by
from chocolate_factory.modelling.numbers import Ints
from chocolate_factory.usecases.backtest.given import Given, History
from chocolate_factory.usecases.backtest.sight import Outlook

Mapper = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]
Forecast = Mapping[Variant, Told]


@dataclass(frozen=True)
class Origins:
    """A step to be walked: one training, asked at each of these rows."""

    panel: Panel
    rows: Ints
    recipe: Recipe


@dataclass(frozen=True)
class Asked:
    """A step that was walked.

    Attributes:
        by: who forecast: the learnt blend, the EPF naive, or empty for nobody.
    """

    rows: Ints
    by: str
    told: Forecast


def panel_for(given: Given) -> Panel:
    """Every day's prices until the period's end; what lies after an origin is hidden in each step."""
    last = madrid_midnight(given.last + DAY)
    guides = {"demand_forecast": given.history.demand_mw} if given.history.demand_mw else {}
    beside = {name: _days("demand_forecast", hours, last) for name, hours in guides.items()}
    return panel_of(_days("spot", hourly(given.history), last), beside)


def hourly(history: History) -> dict[datetime, float]:
    """Spot by the hour; of four quarters their mean."""
    by_hour: dict[datetime, list[float]] = {}
    for start, price in history.spot.items():
        by_hour.setdefault(floor(start, Resolution.HOUR), []).append(price)
    return {hour: fmean(prices) for hour, prices in by_hour.items()}


def _days(series: str, hours: Mapping[datetime, float], until: datetime) -> Days:
    """Those of whole days: they are out long before their end."""
    published = spec_of(series).published
    seen = {t: value for t, value in hours.items() if t < until}
    return days_known_at(max(until, *(published(t) for t in seen)), seen, published)


def origins_of(panel: Panel, given: Given, refit_days: int, recipe: Recipe) -> list[Origins]:
    """The steps of a period: each day's row is an origin."""
    first, last = ((day - panel.first).days for day in (given.first, given.last))
    return [Origins(panel, rows, recipe) for rows in steps(first, last, refit_days)]


def asked(origins: Origins) -> Asked:
    """One step, on one thread: several share the machine, and sums come out the same on any of them."""
    known = origins.panel.real
    rows = np.array([row for row in origins.rows if 0 <= row < len(known) and known[row]], dtype=np.int64)
    if not len(rows):
        return Asked(rows, "", {})
    with threadpool_limits(1):
        by, model = _learnt(origins, rows)
        return Asked(rows, by, told_by(model, origins.panel, rows, _answerable(model, origins.panel, rows)))


def _learnt(origins: Origins, rows: Ints) -> tuple[str, Model]:
    """Learnt from what was known at the first of the rows; the naive one where that is too little."""
    try:
        return SERVED, train(origins.panel.until(int(rows[0])), origins.recipe)
    except InputError:
        return NAIVE, NaiveModel()


def _answerable(model: Model, panel: Panel, rows: Ints) -> list[Variant]:
    """Those that have anything to say: a day that comes within the period, and its inputs."""
    return [v for v in model.variants if _comes(panel if v.guided else panel.without_guides(), rows + v.lead, v.lead)]


def _comes(panel: Panel, targets: Ints, lead: int) -> bool:
    come = targets[targets < len(panel.real)]
    come = come[panel.real[come]]
    return bool(len(come) and panel.has_inputs(come, lead).any())


def outlook_of(panel: Panel, steps_asked: Iterable[Asked]) -> Outlook:
    """What was expected at each decision, by the day that was decided."""
    found: dict[date, dict[datetime, float]] = {}
    for one in steps_asked:
        for variant, told in one.told.items():
            if not variant.guided:
                for row, prices in zip(told.targets.tolist(), told.members[SERVED], strict=True):
                    day = panel.day(row)
                    expected = found.setdefault(panel.day(row - variant.lead), {})
                    expected.update(hours_of(day, prices))
    return found
