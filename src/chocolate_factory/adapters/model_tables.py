"""Our models as tables see them: which columns each takes and gives, for tools outside the brain.

What a price model takes is history: a row for each hour, ``start`` (ISO 8601 with offset) beside the price and what
guides it, empty where nothing is published yet. It answers with the hours of the week after the last whole day.

The two predictions take a row of features for each hour, the recommendation the month too; whether production is
possible at all, which no model decides, is not asked here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from math import isfinite
from typing import Any, Final, Literal, NamedTuple

import numpy as np

from chocolate_factory.domain.catalogue import CATALOGUE
from chocolate_factory.domain.errors import InputError
from chocolate_factory.domain.forecast import HORIZON_H, LEADS, PriceForecast
from chocolate_factory.domain.models import PRICE_MODELS, ModelCard, ModelName
from chocolate_factory.domain.time import (
    DAY,
    HOUR,
    Interval,
    Resolution,
    madrid_day,
    madrid_midnight,
    parse_moment,
    slots,
)
from chocolate_factory.forecasting.days import Days, days_known_at
from chocolate_factory.forecasting.files import from_bytes
from chocolate_factory.forecasting.forecast import forecast_hours
from chocolate_factory.forecasting.panel import REACH, panel_of
from chocolate_factory.learning.files import advice_from_bytes, score_from_bytes
from chocolate_factory.learning.rows import INPUTS, NAMES
from chocolate_factory.learning.targets import CLASSES
from chocolate_factory.modelling.numbers import Floats

Columns = Mapping[str, Sequence[Any]]

_SERIES: Final = {model: series for series, model in PRICE_MODELS.items()}
_START: Final = "start"
_SCORE: Final = "energy_optimization_score"
_ADVICE: Final = "recommendation"
_MONTH: Final = "month"
_QUANTILES: Final = ("p10_eur_mwh", "p50_eur_mwh", "p90_eur_mwh")
#: An example's days and price show the form of a question; nobody was charged them.
_EXAMPLE: Final = (date(2026, 1, 12), REACH + LEADS[-1], 50.0)


class Column(NamedTuple):
    """One of a table.

    Attributes:
        sort: as MLflow calls it.
    """

    name: str
    sort: Literal["string", "double"]
    required: bool = True


def inputs_of(card: ModelCard) -> list[Column]:
    """What a model takes."""
    if (series := _SERIES.get(card.name)) is None:
        return [Column(name, "double") for name in _asked(card.name)]
    guides = [Column(name, "double", required=False) for name in card.inputs if name in CATALOGUE and name != series]
    return [Column(_START, "string"), Column(series, "double"), *guides]


def outputs_of(name: ModelName) -> list[Column]:
    """What it gives."""
    if name is ModelName.ENERGY_OPTIMIZATION:
        return [Column(_SCORE, "double")]
    if name is ModelName.PRODUCTION_RECOMMENDATION:
        return [Column(_ADVICE, "string"), *(Column(level.value, "double") for level in CLASSES)]
    return [Column(_START, "string"), *(Column(quantile, "double") for quantile in _QUANTILES)]


def example_of(card: ModelCard) -> dict[str, list[Any]]:
    """A question that a model can answer; it shows the form, the values mean nothing."""
    if (series := _SERIES.get(card.name)) is None:
        return {name: [1.0] for name in _asked(card.name)}
    first, days, price = _EXAMPLE
    starts = slots(Interval(madrid_midnight(first), madrid_midnight(first + days * DAY)), Resolution.HOUR)
    told = [start.isoformat() for start in starts]
    return {_START: told, series: [price] * len(told)}


def answer(name: ModelName, file: bytes, columns: Columns) -> dict[str, list[Any]]:
    """What a model says of a table.

    Raises:
        InputError: a column is missing, or its rows are too few or no times.
        StoreError: the file cannot be read.
    """
    if name is ModelName.ENERGY_OPTIMIZATION:
        return {_SCORE: score_from_bytes(file).predict(_features(columns, name)).tolist()}
    return _advice(file, columns) if name is ModelName.PRODUCTION_RECOMMENDATION else _prices(file, columns)


# ------------------------------------------------------------------------------------------------- the two predictions
def _asked(name: ModelName) -> tuple[str, ...]:
    return (*INPUTS, _MONTH) if name is ModelName.PRODUCTION_RECOMMENDATION else INPUTS


def _features(columns: Columns, name: ModelName) -> Floats:
    """All 13 features, those that no model reads unknown."""
    _refuse_without(columns, *_asked(name))
    rows = np.full((len(columns[INPUTS[0]]), len(NAMES)), np.nan)
    for feature in INPUTS:
        values = np.asarray(columns[feature], dtype=float)
        if not np.isfinite(values).all():
            raise InputError(feature, "not known", "a number in every row")
        rows[:, NAMES.index(feature)] = values
    return rows


def _advice(file: bytes, columns: Columns) -> dict[str, list[Any]]:
    model, features = advice_from_bytes(file), _features(columns, ModelName.PRODUCTION_RECOMMENDATION)
    shares = model.probabilities(features, np.asarray(columns[_MONTH]).astype(int))
    told = [CLASSES[of].value for of in model.told(shares)]
    return {_ADVICE: told, **{level.value: shares[:, of].tolist() for of, level in enumerate(CLASSES)}}


# ---------------------------------------------------------------------------------------------------------- the prices
def _prices(file: bytes, columns: Columns) -> dict[str, list[Any]]:
    told = _forecast(file, columns).prices
    found = {_START: [price.slot.start.isoformat() for price in told]}
    quantiles = zip(*((price.p10, price.p50, price.p90) for price in told), strict=True)
    return found | {name: list(values) for name, values in zip(_QUANTILES, quantiles, strict=True)}


def _forecast(file: bytes, columns: Columns) -> PriceForecast:
    fitted = from_bytes(file)
    guides = {name: _days(columns, name) for name in fitted.model.guides if name in columns}
    panel = panel_of(_days(columns, fitted.series), {name: days for name, days in guides.items() if len(days)})
    begin, last = madrid_day(panel.day(panel.origin)).end, madrid_day(panel.day(panel.origin + LEADS[-1]))
    return forecast_hours(fitted, panel, begin, min(HORIZON_H, int((last.end - begin) / HOUR)))


def _days(columns: Columns, name: str) -> Days:
    """A column's days; what is in the table is published."""
    hours = dict(_hours(columns, name))
    if not hours:
        return Days(_EXAMPLE[0], np.empty((0, 24)))
    return days_known_at(max(hours), hours, published=lambda start: start)


def _hours(columns: Columns, name: str) -> Iterator[tuple[datetime, float]]:
    _refuse_without(columns, _START, name)
    for text, value in zip(columns[_START], columns[name], strict=True):
        if value is not None and isfinite(value):
            yield parse_moment(str(text), _START), float(value)


def _refuse_without(columns: Columns, *needed: str) -> None:
    for name in needed:
        if name not in columns:
            raise InputError("columns", ", ".join(columns), f"{name} must be among them")
