"""The columns that the models learn from.

Invariants:
    No lag is shorter than the horizon: of a target with lead L, prices come from ``target - L`` and earlier.
    Calendar columns are of the target's own day; a guide's latest row is the target's own.
"""

from __future__ import annotations

import numpy as np

from chocolate_factory.forecasting.calendar import calendar_of
from chocolate_factory.forecasting.panel import GUIDE_LAGS, REACH, Panel
from chocolate_factory.modelling.numbers import Floats, Ints

_HOURS = np.arange(24)[None, :]


def price_lags(lead: int) -> tuple[int, ...]:
    """Whole days of prices that LEAR sees: the three last known, one and two weeks before where they are known.

    Of lead 1 the days of Lago et al. (2021): D-1, D-2, D-3, D-7.
    """
    weeks = (7,) if lead == 1 else (7, 14)
    return tuple(sorted({lead, lead + 1, lead + 2, *weeks}))


def daily_columns(panel: Panel, targets: Ints, lead: int) -> tuple[Floats, Floats]:
    """For LEAR, a row for each target day: (24 prices of each lag, then 24 hours of each guide's lags; calendar)."""
    blocks = [panel.prices[targets - lag] for lag in price_lags(lead)]
    blocks += [guide[targets - lag] for guide in panel.guides.values() for lag in GUIDE_LAGS]
    calendar = calendar_of(panel.first, targets)
    weekdays = (calendar[:, :1] == np.arange(6)).astype(float)  # none of them: Sunday or holiday
    return np.hstack(blocks), np.hstack([weekdays, calendar[:, 2:]])


def hourly_columns(panel: Panel, targets: Ints, lead: int) -> Floats:
    """For boosting, a row for each target hour, day by day; prices are relative to ``level``.

    Trees know no price that they have not seen: what they learnt of one level must serve at another.
    """
    base = level(panel, targets, lead)
    relative = [*_same_hour(panel, targets, lead), *_last_day(panel, targets, lead)]
    columns = [*_calendar(panel, targets, lead), *(prices - base for prices in relative)]
    columns += [base, _last_week(panel, targets, lead).std(axis=0)]
    columns += [column for guide in panel.guides.values() for column in _guide(guide, targets)]
    shape = (len(targets), 24)
    return np.column_stack([np.broadcast_to(column, shape).ravel() for column in columns])


def level(panel: Panel, targets: Ints, lead: int) -> Floats:
    """The mean price of the last known week, EUR/MWh, targets x 1."""
    mean: Floats = _last_week(panel, targets, lead).mean(axis=(0, 2))[:, None]
    return mean


def _last_week(panel: Panel, targets: Ints, lead: int) -> Floats:
    return np.stack([panel.prices[targets - lag] for lag in range(lead, lead + 7)])


def _calendar(panel: Panel, targets: Ints, lead: int) -> list[Floats]:
    own = calendar_of(panel.first, targets)
    last, week = calendar_of(panel.first, targets - lead), calendar_of(panel.first, targets - 7)
    columns = [own[:, 0], own[:, 1], last[:, 0], last[:, 1], week[:, 1], own[:, 2], own[:, 3]]
    return [_HOURS.astype(float), *(column[:, None] for column in columns), np.array([[float(lead)]])]


def _same_hour(panel: Panel, targets: Ints, lead: int) -> list[Floats]:
    """The same hour of days before, and its mean over the last known week and four weeks."""
    prices = panel.prices
    days = [prices[targets - lag] for lag in (lead, lead + 1, lead + 2, 7, 14, 21)]
    month = np.stack([prices[targets - lag] for lag in range(lead, lead + REACH)])
    return [*days, _last_week(panel, targets, lead).mean(axis=0), month.mean(axis=0)]


def _last_day(panel: Panel, targets: Ints, lead: int) -> list[Floats]:
    """The last known day: level, extremes, night, noon, evening, and the hours beside the target's."""
    day = panel.prices[targets - lead]
    levels = [day.mean(axis=1), day.min(axis=1), day.max(axis=1), *day[:, (3, 13, 20, 23)].T]
    before, week = panel.prices[targets - lead - 1].mean(axis=1), panel.prices[targets - 7].mean(axis=1)
    beside = [np.roll(day, 1, axis=1), np.roll(day, -1, axis=1)]
    return [*(column[:, None] for column in (*levels, before, week)), *beside]


def _guide(guide: Floats, targets: Ints) -> list[Floats]:
    """A guide's hour, and how hour and day differ from yesterday and last week."""
    own, yesterday, week = (guide[targets - lag] for lag in GUIDE_LAGS)
    changes = [own - yesterday, own - week]
    return [own, *changes, *(c.mean(axis=1)[:, None] for c in (own, *changes))]
