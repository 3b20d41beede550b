"""Champion against challenger on the same days: whose prices of tomorrow were nearer, and whose plans cost less.

The challenger speaks through its earlier selves: the same recipe learnt from what came before the day. So neither it
nor the champion, of which only days after its own training count, had seen any price that it is judged by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np

from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.models import Evidence, ModelVersion
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.time import DAY, Interval, madrid_midnight
from chocolate_factory.forecasting.days import hours_of
from chocolate_factory.forecasting.files import from_bytes
from chocolate_factory.forecasting.measures import TOMORROW, Walked
from chocolate_factory.forecasting.model import SERVED, Model, Variant
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.forecasting.walk import Told, told_by
from chocolate_factory.modelling.numbers import Floats, Ints
from chocolate_factory.usecases.price_regret import Decision, Sample, regrets

#: What a plan of 48 h made at noon lacks: tomorrow, and half of the day after.
AFTER: Final = Variant(2, guided=False)
#: The price that plans are made with; what another's forecast says costs no plan anything.
PLANNED_WITH: Final = "spot"
UNPLANNED: Final = "No plan was found for any of the judged days, so what the forecasts cost could not be compared."

#: Does work on each item, on this core or others: results in the items' order.
Mapper = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]


@dataclass(frozen=True)
class Duel:
    """Who is to be compared.

    Attributes:
        walked: what the challenger's earlier selves told.
        naive: the baseline, which stands in for a champion that is none yet, or that cannot be read any more.
        challenger: what it is called.
    """

    series: str
    panel: Panel
    walked: Walked
    naive: Model
    champion: tuple[ModelVersion, bytes] | None
    challenger: str


def evidence_of(duel: Duel, plant: Plant, sample: Sample, mapper: Mapper) -> tuple[Evidence | None, str]:
    """The evidence; None where there is no day that both had not seen or, with a sentence, no plan of any of them."""
    panel, mine = duel.panel, duel.walked
    name, model, since = _opponent(duel)
    theirs = told_by(model, panel, mine[TOMORROW].targets - TOMORROW.lead, (TOMORROW, AFTER))
    rows = _unseen(panel, mine[TOMORROW], theirs[TOMORROW], since)
    if not len(rows):
        return None, ""
    euros = _euros(duel, plant, {name: theirs, duel.challenger: mine}, rows, sample, mapper)
    if not euros:
        return None, UNPLANNED if euros is None else ""
    evidence = Evidence(
        champion=name,
        challenger=duel.challenger,
        hours=Interval(madrid_midnight(panel.day(int(rows[0]))), madrid_midnight(panel.day(int(rows[-1])) + DAY)),
        champion_losses=_losses(panel, theirs[TOMORROW], rows),
        challenger_losses=_losses(panel, mine[TOMORROW], rows),
        champion_eur=euros[name],
        challenger_eur=euros[duel.challenger],
    )
    return evidence, ""


def _unseen(panel: Panel, mine: Told, theirs: Told, since: datetime) -> Ints:
    """The days that both forecast, from a moment on."""
    rows = np.intersect1d(mine.targets, theirs.targets)
    unseen: Ints = rows[np.array([madrid_midnight(panel.day(int(row))) >= since for row in rows], dtype=bool)]
    return unseen


def _opponent(duel: Duel) -> tuple[str, Model, datetime]:
    """Name, model, and the moment after which it had seen nothing."""
    always = madrid_midnight(duel.panel.first)
    if duel.champion is None:
        return duel.naive.sort, duel.naive, always
    version, body = duel.champion
    try:
        model = from_bytes(body).model
    except StoreError:  # of another version of this program: it serves no more, and the naive does what it can
        return duel.naive.sort, duel.naive, always
    return version.source, model, always if version.card.is_baseline else version.card.learnt_from.end


def _losses(panel: Panel, told: Told, rows: Ints) -> tuple[float, ...]:
    """Mean absolute error of each day, EUR/MWh."""
    return tuple(np.abs(panel.prices[rows] - _said(told, rows)).mean(axis=1).tolist())


def _said(told: Told, rows: Ints) -> Floats:
    return told.members[SERVED][np.searchsorted(told.targets, rows)]


# -------------------------------------------------------------------------------------------------------------- plans
def _euros(
    duel: Duel, plant: Plant, by_name: Mapping[str, Walked], rows: Ints, sample: Sample, mapper: Mapper
) -> dict[str, float] | None:
    """Each one's regret over a sample of the days, nought of a series that no plan is made with.

    Empty where no two days have come yet that a plan could be judged by; None where there is no plan of any.
    """
    if duel.series != PLANNED_WITH:
        return dict.fromkeys(by_name, 0.0)
    decisions = _decisions(duel, plant, by_name, rows, sample)
    if not decisions:
        return {}
    paid = [found for found in mapper(regrets, decisions) if found]
    return {name: sum(day[name] for day in paid) for name in by_name} if paid else None


def _decisions(duel: Duel, plant: Plant, by_name: Mapping[str, Walked], rows: Ints, sample: Sample) -> list[Decision]:
    """A sample of the days whose next one has come too, and was forecast by both."""
    panel = duel.panel
    both = [row for row in rows if all(row + 1 in told[AFTER].targets for told in by_name.values())]
    days = sample.of([panel.day(int(row) - 1) for row in both if panel.real[row - 1]])
    return [_decision(duel, plant, by_name, (day - panel.first).days) for day in days]


def _decision(duel: Duel, plant: Plant, by_name: Mapping[str, Walked], origin: int) -> Decision:
    panel = duel.panel
    true = _hours(panel, {row: panel.prices[row] for row in (origin, origin + 1, origin + 2)})
    told = {
        name: _hours(
            panel, {origin + v.lead: _said(walked[v], np.array([origin + v.lead]))[0] for v in (TOMORROW, AFTER)}
        )
        for name, walked in by_name.items()
    }
    return Decision(plant, panel.day(origin), true, told)


def _hours(panel: Panel, rows: Mapping[int, Floats]) -> dict[datetime, float]:
    return {start: price for row, prices in rows.items() for start, price in hours_of(panel.day(row), prices)}
