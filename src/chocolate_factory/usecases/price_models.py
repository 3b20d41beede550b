"""A price model learnt from the store, its baseline, and how it did against the champion; slow, for a child process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np

from chocolate_factory.domain.errors import InputError, NotYetError
from chocolate_factory.domain.models import PRICE_MODELS, MadeModel, ModelCard, ModelVersion, Scores, Training
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, Interval, madrid_midnight
from chocolate_factory.forecasting.enough import FEWEST_FOR_NAIVE
from chocolate_factory.forecasting.files import to_bytes
from chocolate_factory.forecasting.fit import done, fit_naive, pieces, whole
from chocolate_factory.forecasting.forecast import Fitted
from chocolate_factory.forecasting.lags import daily_columns, hourly_columns
from chocolate_factory.forecasting.leaks import leaking_columns
from chocolate_factory.forecasting.learn import Recipe
from chocolate_factory.forecasting.measures import Walked, curves_of, judged_rows, naive_scores, scores_of
from chocolate_factory.forecasting.naive_model import NAIVE
from chocolate_factory.forecasting.panel import Panel
from chocolate_factory.forecasting.plots import plots_of
from chocolate_factory.forecasting.scores import TOO_GOOD
from chocolate_factory.modelling.numbers import Floats, Ints
from chocolate_factory.ports import TimeSeriesStore
from chocolate_factory.usecases.price_evidence import Duel, Mapper, evidence_of
from chocolate_factory.usecases.price_history import THREE_YEARS, PriceHistory, fingerprint
from chocolate_factory.usecases.price_regret import SAMPLE, Sample

Tell = Callable[[float, str], None]
CALENDAR: Final = "calendar"


@dataclass(frozen=True)
class Lesson:
    """What a training is given.

    Attributes:
        panel: what was published by ``at``.
        reason: why it is trained.
    """

    series: str
    panel: Panel
    at: datetime
    code_version: str
    reason: str
    recipe: Recipe


def make_price_model(
    series: str,
    store: TimeSeriesStore,
    filling: frozenset[Kind],
    plant: Plant,
    *,
    at: datetime,
    code_version: str,
    reason: str,
    champion: tuple[ModelVersion, bytes] | None,
    mapper: Mapper = map,
    tell: Tell = lambda _share, _message: None,
    recipe: Recipe | None = None,
    planned_days: int = SAMPLE,
) -> Training:
    """Baseline, challenger, and the evidence of days that neither challenger nor champion had seen.

    Three years at most are read, as published by ``at``; a price that was published again later counts as it is now.

    Args:
        filling: the kinds of truth that may be learnt from.
        plant: whose plans tell what a forecast's errors cost.
        champion: as registered; None for the baseline itself.
        mapper: who does the pieces.
        planned_days: on so many of the judged days the plans of both forecasts are compared.

    Raises:
        NotYetError: too little history even for the baseline's intervals; it says how much is missing.
    """
    tell(0.0, "reading prices")
    panel = _panel(series, store, filling, at)
    try:
        naive, naive_walked = fit_naive(series, panel)
    except InputError as e:
        raise NotYetError(f"No model of {series} prices yet: {e.value} known; {e.allowed}.") from e
    lesson = Lesson(series, panel, at, code_version, reason, recipe or Recipe())
    baseline = _baseline(lesson, naive, naive_walked)
    try:
        fitted, walked = _learnt(lesson, mapper, tell)
    except InputError as e:
        return Training(baseline, None, None, f"Too little to learn {series} prices from, {e.value}: {e.allowed}.")
    if refusal := refused(panel, scores_of(panel, walked)):
        return Training(baseline, None, None, refusal)
    tell(0.8, "planning with both forecasts")
    duel = Duel(series, panel, walked, naive.model, champion, fitted.model.sort)
    evidence, problem = evidence_of(duel, plant, Sample(planned_days, lesson.recipe.seed), mapper)
    tell(0.95, "drawing")
    return Training(baseline, _challenger(lesson, fitted, walked, naive_walked), evidence, problem)


def _panel(series: str, store: TimeSeriesStore, filling: frozenset[Kind], at: datetime) -> Panel:
    """Three years of prices. Raises ``NotYetError`` where there is not one day of them."""
    try:
        return PriceHistory(store, filling).panel(series, at, THREE_YEARS)
    except InputError as e:
        told = f"no whole day is known; {FEWEST_FOR_NAIVE} days are needed"
        raise NotYetError(f"No model of {series} prices yet: {told}.") from e


def _learnt(lesson: Lesson, mapper: Mapper, tell: Tell) -> tuple[Fitted, Walked]:
    """The model of all days with its margins; and what models of fewer days told of those that they had not seen."""
    asked = pieces(lesson.panel, lesson.recipe)
    parts = []
    for number, part in enumerate(mapper(done, asked), start=1):
        parts.append(part)
        tell(0.05 + 0.75 * number / len(asked), f"learning, part {number} of {len(asked)}")
    return whole(lesson.series, lesson.panel, parts)


# ------------------------------------------------------------------------------------------------------------ refusals
def refused(panel: Panel, scores: Scores) -> str:
    """Why what was learnt cannot be believed; empty where it can."""
    for lead in range(1, 8):
        seen = panel if lead == 1 else panel.without_guides()
        for columns in (hourly_columns, _daily_columns):
            if found := leaking_columns(columns, seen, panel.origin, lead):
                return f"Refused: columns {found} of day {lead} change with prices published later."
    # The spot price of a day is most of its PVPC, and is out before: no score with it is too good.
    guided = np.inf if "spot" in panel.guides else scores.get("guided_rmae", np.inf)
    best = min(guided, scores["rmae"])
    if best < TOO_GOOD:
        return (
            f"Refused as too good to be true: tomorrow's error is {best:.2f} of the EPF naive's, and honest forecasts "
            f"do not come below {TOO_GOOD:g}. One of its inputs knows the future: {', '.join(_inputs(panel))}."
        )
    return ""


def _daily_columns(panel: Panel, targets: Ints, lead: int) -> Floats:
    return np.hstack(daily_columns(panel, targets, lead))


def _inputs(panel: Panel) -> tuple[str, ...]:
    return ("prices", CALENDAR, *panel.guides)


# --------------------------------------------------------------------------------------------------------------- cards
def _baseline(lesson: Lesson, fitted: Fitted, walked: Walked) -> MadeModel:
    panel, judged = lesson.panel, _judged(lesson.panel, walked)
    card = _card(lesson, fitted, walked, judged or _days(panel, 0, panel.origin), ("prices",), {})
    curves = curves_of(panel, walked) if judged else {}
    return MadeModel(card, to_bytes(fitted), {}, curves)


def _challenger(lesson: Lesson, fitted: Fitted, walked: Walked, naive: Walked) -> MadeModel:
    panel, recipe = lesson.panel, lesson.recipe
    parameters = {
        "seed": str(recipe.seed),
        "lear_windows_days": " ".join(map(str, recipe.windows)),
        "boosting_rounds": str(recipe.rounds),
        "decided_at": "12:00 the day before",
    }
    card = _card(lesson, fitted, walked, _days(panel, 0, panel.origin), _inputs(panel), parameters)
    curves = curves_of(panel, walked)
    return MadeModel(card, to_bytes(fitted), plots_of(panel, walked, curves, curves_of(panel, naive)), curves)


def _card(
    lesson: Lesson,
    fitted: Fitted,
    walked: Walked,
    learnt_from: Interval,
    inputs: tuple[str, ...],
    parameters: Mapping[str, str],
) -> ModelCard:
    panel, judged = lesson.panel, _judged(lesson.panel, walked)
    rows = judged_rows(panel, walked)
    return ModelCard(
        name=PRICE_MODELS[lesson.series],
        sort=fitted.model.sort,
        is_baseline=fitted.model.sort == NAIVE,
        made_at=lesson.at,
        learnt_from=learnt_from,
        rows=24 * int(panel.real.sum()),
        inputs=inputs,
        fingerprint=fingerprint(panel),
        code_version=lesson.code_version,
        judged_on=judged,
        scores=scores_of(panel, walked) if judged else {},
        baselines=naive_scores(panel, rows) if judged else {},
        parameters=parameters,
        reason=lesson.reason,
    )


def _judged(panel: Panel, walked: Walked) -> Interval | None:
    """From the first to the last day that has an interval; None where none has."""
    rows = judged_rows(panel, walked)
    return _days(panel, int(rows[0]), int(rows[-1])) if len(rows) else None


def _days(panel: Panel, first: int, last: int) -> Interval:
    return Interval(madrid_midnight(panel.day(first)), madrid_midnight(panel.day(last) + DAY))
