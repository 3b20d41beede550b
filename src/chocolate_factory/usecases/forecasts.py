"""Price forecasts: made when something has changed, kept in the store; what is served is read from there once.

The champion answers; the challenger forecasts beside it, into the store alone. Each stored price names its model and
version as its source, e.g. ``spot_price/3``.

Invariants:
    Nothing is invented: a slot without a published price or a forecast is left out, and a sentence says why.
    Readers see one whole forecast or the one before it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from chocolate_factory.domain.catalogue import observations
from chocolate_factory.domain.errors import InputError, StoreError
from chocolate_factory.domain.forecast import HORIZON_H, PriceForecast
from chocolate_factory.domain.models import PRICE_MODELS, Alias
from chocolate_factory.domain.series import Kind, Observation, WriteCount
from chocolate_factory.domain.time import HOUR, Interval, Resolution, floor, madrid_date
from chocolate_factory.forecasting.files import from_bytes
from chocolate_factory.forecasting.forecast import Fitted, forecast_days
from chocolate_factory.ports import Clock, Memo, ModelShelf, TimeSeriesStore
from chocolate_factory.usecases.outlook import Forecast, Outlook, ahead, ends_early, published
from chocolate_factory.usecases.price_history import PriceHistory, fingerprint
from chocolate_factory.usecases.problem import Expected
from chocolate_factory.usecases.stored_forecasts import QUANTILES, StoredForecasts

#: Who forecasts; the first is served.
SPEAKERS: Final = (Alias.CHAMPION, Alias.CHALLENGER)
NO_MODEL: Final = "No model of {} prices has been trained yet: `chocolate-factory train` or POST /mlflow/train does it."
NOT_YET: Final = (
    "No forecast of {} prices has been made yet: the job ml_predictions makes one every half hour, "
    "`chocolate-factory forecast` makes one now."
)
NO_QUARTERS: Final = "Too few quarter-hours of {} were traded lately, so what is expected is told in hours."


class Speaker(NamedTuple):
    """A version that forecasts."""

    source: str
    fitted: Fitted


class Basis(NamedTuple):
    """What a forecast is made from: while it is the same, so is the forecast."""

    source: str
    data: str
    day: date

    def as_json(self) -> list[str]:
        """For the memo."""
        return [self.source, self.data, self.day.isoformat()]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did.

    Attributes:
        made: forecasts that were made anew.
        count: of the prices stored.
        problems: by series, why there is no forecast.
    """

    made: int
    count: WriteCount
    problems: Mapping[str, str]


class Forecasts:
    """The deed, with its ports; the memo says which forecast is in force and why there is none."""

    def __init__(
        self, store: TimeSeriesStore, shelf: ModelShelf, clock: Clock, filling: frozenset[Kind], memo: Memo
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._kind = Kind.SIMULATED if Kind.SIMULATED in filling else Kind.FORECAST
        self._history = PriceHistory(store, filling)
        self._stored = StoredForecasts(store, self._kind)
        self._alone = threading.Lock()
        self._stamp = ""
        self._speakers: dict[tuple[str, Alias], Speaker] = {}
        self._memo = memo
        self._held: dict[str, tuple[Any, Forecast | None]] = {}

    # ------------------------------------------------------------------ making
    def refresh(self, now: datetime) -> Refreshed:
        """Forecast each series again whose prices, guides or model have changed, or where another day has begun.

        Raises:
            StoreError: the store cannot serve.
        """
        with self._alone:
            self._load()
            told = [self._forecast(series, alias, now) for series in PRICE_MODELS for alias in SPEAKERS]
        written = [count for count in told if count is not None]
        problems = {series: why for series in PRICE_MODELS if (why := self._problem(series))}
        return Refreshed(len(written), sum(written, WriteCount()), problems)

    def _forecast(self, series: str, alias: Alias, now: datetime) -> WriteCount | None:
        """What storing a new forecast did; None where the one there is still holds, or none can be made."""
        speaker, serves = self._speakers.get((series, alias)), alias is SPEAKERS[0]
        if speaker is None:
            if serves and not self._problem(series):
                self._tell(series, NO_MODEL.format(series))
            return None
        try:
            panel = self._history.panel(series, now)
            basis = Basis(speaker.source, fingerprint(panel), madrid_date(now))
            held = self._memo.recall(_basis(series, alias)) == basis.as_json()
            hourly = None if held else forecast_days(speaker.fitted, panel, now)
        except InputError as e:
            if serves:
                self._tell(series, f"No forecast of {series} prices can be made: {e.value}; {e.allowed}.")
            return None
        if serves:
            self._tell(series, "")
        return None if hourly is None else self._keep(series, alias, basis, hourly)

    def _keep(self, series: str, alias: Alias, basis: Basis, hourly: PriceForecast) -> WriteCount:
        """Into the store; then it is in force, if it serves."""
        count = self._store.write(self._rows(series, basis.source, hourly))
        self._memo.note(_basis(series, alias), basis.as_json())
        if alias is SPEAKERS[0]:
            self._memo.note(_force(series), [basis.source, hourly.made_at.isoformat()])
        return count

    def _problem(self, series: str) -> str:
        return str(self._memo.recall(_why_not(series)) or "")

    def _tell(self, series: str, why: str) -> None:
        """Why there is no forecast; nothing where there is one."""
        if why != self._problem(series):
            self._memo.note(_why_not(series), why)

    def _rows(self, series: str, source: str, hourly: PriceForecast) -> Iterator[Observation]:
        for quantile in QUANTILES:
            points = [(p.slot.start, round(getattr(p, quantile), 2)) for p in hourly.prices]
            yield from observations(f"{series}_{quantile}", source, self._kind, points, hourly.made_at)

    def _load(self) -> None:
        """Take from the shelf what has changed there."""
        stamp = self._shelf.stamp()
        if stamp != self._stamp:
            for series in PRICE_MODELS:
                self._tell(series, "")
                for alias in SPEAKERS:
                    self._take(series, alias)
            self._stamp = stamp

    def _take(self, series: str, alias: Alias) -> None:
        """A version from the shelf; who spoke before goes on where its copy is damaged."""
        try:
            taken = self._shelf.take(PRICE_MODELS[series], alias)
            speaker = Speaker(taken[0].source, from_bytes(taken[1])) if taken is not None else None
        except StoreError as e:
            self._tell(series, f"The {alias} of {series} prices cannot be read: {e}")
            return
        self._speakers.pop((series, alias), None)
        if speaker is not None:
            self._speakers[series, alias] = speaker

    # ------------------------------------------------------------------ reading
    def prices(self, series: str, hours: int = HORIZON_H, resolution: Resolution = Resolution.HOUR) -> Outlook:
        """From the present slot on: what is published, then what is expected.

        Args:
            resolution: quarter-hours where the market has them; what has none is told in hours.

        Raises:
            InputError: ``series``, ``hours`` or ``resolution``.
        """
        _check(series, hours, resolution)
        now = self._clock.now()
        window = Interval(floor(now, resolution), now + hours * HOUR)
        known = list(published(self._history.slots(series, window, now, resolution)))
        forecast = self._in_force(series, now)
        if forecast is None:
            return Outlook(series, window, tuple(known), self._why_none(series))
        found = sorted([*known, *ahead(known, forecast, window, resolution)], key=lambda s: s.slot)
        coarse = resolution is Resolution.QUARTER and forecast.shape is None
        problem = self._problem(series) or ends_early(found, window)
        return Outlook(series, window, tuple(found), problem or (NO_QUARTERS.format(series) if coarse else ""))

    def expected(self, series: str, resolution: Resolution) -> Expected:
        """What a plan takes for the prices that are not published; nothing where there is no forecast."""
        forecast = self._in_force(series, self._clock.now())
        return Expected() if forecast is None else expected_of(forecast, resolution)

    def _in_force(self, series: str, now: datetime) -> Forecast | None:
        """The champion's last one, read again when another was made, in whichever process."""
        stamp = [self._memo.recall(_force(series)), self._shelf.stamp(), madrid_date(now)]
        held = self._held.get(series)
        if held is None or held[0] != stamp:
            held = self._held[series] = (stamp, self._recall(series, now, stamp[0]))
        return held[1]

    def _recall(self, series: str, now: datetime, told: Any) -> Forecast | None:
        """The forecast that was told to be in force; where the memo was lost, what the champion left in the store."""
        source, made_at = (told[0], datetime.fromisoformat(told[1])) if told else (self._champion(series), None)
        hourly = self._stored.hourly(series, source, now, made_at) if source else None
        return None if hourly is None else Forecast(source, hourly, self._history.shape(series, now))

    def _champion(self, series: str) -> str:
        try:
            taken = self._shelf.take(PRICE_MODELS[series], SPEAKERS[0])
        except StoreError:  # the next refresh tells of it
            return ""
        return taken[0].source if taken is not None else ""

    def _why_none(self, series: str) -> str:
        return self._problem(series) or (NOT_YET if self._champion(series) else NO_MODEL).format(series)


def expected_of(forecast: Forecast, resolution: Resolution) -> Expected:
    """What a plan takes of a forecast."""
    prices = {p.slot.start: p.p50 for p in forecast.slots(resolution)}
    return Expected(prices, forecast.source, forecast.hourly.made_at)


def _basis(series: str, alias: Alias) -> str:
    return f"forecast-basis:{series}:{alias}"


def _force(series: str) -> str:
    return f"forecast-in-force:{series}"


def _why_not(series: str) -> str:
    return f"forecast-problem:{series}"


def _check(series: str, hours: int, resolution: Resolution) -> None:
    if series not in PRICE_MODELS:
        raise InputError("series", series, f"one of {', '.join(PRICE_MODELS)}")
    if not 1 <= hours <= HORIZON_H:
        raise InputError("hours", hours, f"a whole number from 1 to {HORIZON_H}")
    if resolution not in (Resolution.HOUR, Resolution.QUARTER):
        raise InputError("resolution", int(resolution), "15 or 60 minutes")
