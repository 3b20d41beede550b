"""Both predictions for now, or for conditions that somebody names: served from memory, by the champions.

The challengers tell beside them, unseen, into the store alone. Each stored value names its model and version.

Invariants:
    Halt Production is told by physics and calendar before any model is asked, and where there is no model too.
    Nothing is invented: what is not in the store and was not given is an answer that says so.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np

from chocolate_factory.domain.catalogue import FEATURES, observations
from chocolate_factory.domain.errors import NotYetError
from chocolate_factory.domain.models import Alias, ModelName
from chocolate_factory.domain.plan import Level
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.series import Kind, Observation, WriteCount
from chocolate_factory.domain.thermal import Air
from chocolate_factory.domain.time import HOUR, Resolution, floor
from chocolate_factory.learning.features import Rows
from chocolate_factory.learning.files import advice_from_bytes, score_from_bytes
from chocolate_factory.learning.halt import halts
from chocolate_factory.learning.rows import INPUTS, columns
from chocolate_factory.learning.targets import CLASSES
from chocolate_factory.ports import Clock, ModelShelf, PlantFile, TimeSeriesStore
from chocolate_factory.usecases.present import Conditions, Present, PresentReader, Value, named, unknown

#: A present hour of which something is missing is read again after this.
LOOK_AGAIN: Final = timedelta(minutes=1)
#: The levels as numbers in the store.
NUMBERS: Final = {Level.HALT: 0, Level.REDUCED: 1, Level.MODERATE: 2, Level.OPTIMAL: 3}
NO_MODEL: Final = "There is no model of {} yet: `chocolate-factory train` or POST /mlflow/train makes one."
Sentences = Mapping[str, str]


class Speaker(NamedTuple):
    """A version that predicts."""

    name: ModelName
    number: int
    alias: Alias
    model: Any

    @property
    def source(self) -> str:
        """As its stored values name it."""
        return f"{self.name}/{self.number}"


@dataclass(frozen=True, slots=True)
class Score:
    """The energy optimisation score, 0 to 100: 100 is the cheapest hour of its week."""

    value: float
    speaker: Speaker


@dataclass(frozen=True, slots=True)
class Advice:
    """The recommendation.

    Attributes:
        probabilities: of the four levels.
        speaker: None where production is halted, which no model decides.
        reasons: by language.
    """

    level: Level
    probabilities: Mapping[Level, float]
    speaker: Speaker | None
    reasons: tuple[Sentences, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """An hour that is asked about.

    Attributes:
        values: what was given and filled.
        features: all 13.
    """

    hour: datetime
    made_at: datetime
    rows: Rows
    values: tuple[Value, ...]
    features: Mapping[str, float]


class Predict:
    """The deed, with its ports."""

    def __init__(
        self, store: TimeSeriesStore, shelf: ModelShelf, clock: Clock, plant: PlantFile, filling: frozenset[Kind]
    ) -> None:
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._plant = plant
        self._kind = Kind.SIMULATED if Kind.SIMULATED in filling else Kind.ESTIMATED
        self._read = PresentReader(store, filling)
        self._lock = threading.Lock()
        self._held: tuple[Plant, datetime, Present] | None = None
        self._stamp: str | None = None
        self._speakers: dict[tuple[ModelName, Alias], Speaker] = {}

    # ------------------------------------------------------------------ asking
    def question(self, conditions: Conditions | None = None) -> Question:
        """The present hour, under conditions that may be named.

        Raises:
            NotYetError: something that was not given is not in the store.
        """
        now, present = self._clock.now(), self.present()
        rows, values = present.asked(conditions or Conditions())
        return _question(present.hour, now, rows, values)

    def score(self, question: Question, alias: Alias = Alias.CHAMPION) -> Score:
        """How cheap the hour is in its week. Raises ``NotYetError`` without a model or an input."""
        speaker = self._speaker(ModelName.ENERGY_OPTIMIZATION, alias)
        _must_be_whole(question)
        told = speaker.model.predict(np.array([list(question.features.values())]))
        return Score(round(float(told[0]), 1), speaker)

    def advice(self, question: Question, alias: Alias = Alias.CHAMPION) -> Advice:
        """What to do in the hour. Raises ``NotYetError`` without a model or an input, unless production is halted."""
        rows = question.rows
        air = Air(float(rows.expected_c[0]), float(rows.expected_pct[0]))
        if np.isnan([air.temperature_c, air.humidity_pct]).any():
            raise NotYetError(unknown(["the weather of the last hours"]))
        if stops := halts(rows.history.plant, question.hour, air):
            certain = {level: float(level is Level.HALT) for level in Level}
            return Advice(Level.HALT, certain, None, tuple(sentences for _, sentences in stops))
        speaker = self._speaker(ModelName.PRODUCTION_RECOMMENDATION, alias)
        _must_be_whole(question)
        features = np.array([list(question.features.values())])
        told = speaker.model.probabilities(features, rows.history.hours.month[rows.numbers])
        level = CLASSES[int(speaker.model.told(told)[0])]
        shares = {c: round(float(p), 4) for c, p in zip(CLASSES, told[0], strict=True)} | {Level.HALT: 0.0}
        return Advice(level, shares, speaker, tuple(_reasons(question.features)))

    def present(self) -> Present:
        """The hours around now; read anew each hour, and each minute while something is missing."""
        now, plant = self._clock.now(), self._plant()
        with self._lock:
            if self._held is None or not _holds(self._held, plant, now):
                self._held = (plant, now, self._read(plant, now))
            return self._held[2]

    # ------------------------------------------------------------------ keeping
    def refresh(self) -> tuple[WriteCount, Advice | None]:
        """Store features and predictions of this hour and the next; what the champion advises now, where it can.

        Raises:
            StoreError: the store cannot serve.
        """
        now = self._clock.now()
        with self._lock:
            self._held = None
        present = self.present()
        rows, advised = [], None
        for hour in (present.hour, present.hour + HOUR):
            question = _question(hour, now, present.rows(hour), present.values)
            rows += list(self._feature_rows(question))
            for alias in (Alias.CHAMPION, Alias.CHALLENGER):
                advice, told = self._told(question, alias)
                rows += told
                if hour == present.hour and alias is Alias.CHAMPION:
                    advised = advice
        return self._store.write(rows), advised

    def _told(self, question: Question, alias: Alias) -> tuple[Advice | None, list[Observation]]:
        """What a model's champion or challenger tells of an hour, as far as it can."""
        rows, advice = [], None
        try:
            score = self.score(question, alias)
            rows += self._rows("energy_optimization_score", score.speaker.source, question, score.value)
        except NotYetError:
            pass  # no model yet, or an input is missing: nothing is stored, and /predict says which
        try:
            advice = self.advice(question, alias)
            speaker = advice.speaker or self._speaker(ModelName.PRODUCTION_RECOMMENDATION, alias)
            rows += self._rows("production_recommendation", speaker.source, question, float(NUMBERS[advice.level]))
        except NotYetError:
            pass  # as above
        return advice, rows

    def _feature_rows(self, question: Question) -> Iterator[Observation]:
        for name in FEATURES:
            if not np.isnan(value := question.features[name]):
                yield from self._rows(f"feature_{name}", "features", question, value)

    def _rows(self, series: str, source: str, question: Question, value: float) -> list[Observation]:
        return observations(series, source, self._kind, [(question.hour, value)], question.made_at)

    # ------------------------------------------------------------------ models
    def _speaker(self, name: ModelName, alias: Alias) -> Speaker:
        """Who speaks, taken from the shelf anew where it has changed.

        Raises:
            NotYetError: nobody.
            StoreError: the copy on the shelf is damaged.
        """
        with self._lock:
            stamp = self._shelf.stamp()
            if stamp != self._stamp:
                self._speakers = dict(self._taken())
                self._stamp = stamp
        found = self._speakers.get((name, alias))
        if found is None:
            raise NotYetError(NO_MODEL.format(name))
        return found

    def _taken(self) -> Iterator[tuple[tuple[ModelName, Alias], Speaker]]:
        for name, read in _READERS.items():
            for alias in (Alias.CHAMPION, Alias.CHALLENGER):
                taken = self._shelf.take(name, alias)
                if taken is not None:
                    version, body = taken
                    yield (name, alias), Speaker(name, version.number, alias, read(body))


_READERS: Final[Mapping[ModelName, Any]] = {
    ModelName.ENERGY_OPTIMIZATION: score_from_bytes,
    ModelName.PRODUCTION_RECOMMENDATION: advice_from_bytes,
}


def _holds(held: tuple[Plant, datetime, Present], plant: Plant, now: datetime) -> bool:
    of, read_at, present = held
    fresh = present.is_whole or timedelta(0) <= now - read_at < LOOK_AGAIN
    return of is plant and present.hour == floor(now, Resolution.HOUR) and fresh


def _question(hour: datetime, now: datetime, rows: Rows, values: tuple[Value, ...]) -> Question:
    return Question(hour, now, rows, values, named(columns(rows)[0]))


def _must_be_whole(question: Question) -> None:
    if missing := [name for name in INPUTS if np.isnan(question.features[name])]:
        raise NotYetError(unknown(missing))


def _reasons(features: Mapping[str, float]) -> Iterator[Sentences]:
    """What the hour's price is like, in words; the model read these numbers."""
    dearer = 100 * (1 - features["energy_optimization_index"])
    yield {
        "es": f"La energía de un kilo cuesta ahora menos que en el {dearer:.0f} % de los siete días publicados.",
        "en": f"A kilogram's energy costs less now than in {dearer:.0f} % of the seven public days.",
    }
    rank = 100 * features["price_rank_in_day"]
    yield {
        "es": f"El {rank:.0f} % de las demás horas del día son más baratas.",
        "en": f"{rank:.0f} % of the day's other hours are cheaper.",
    }
    cold = 100 * features["heat_stress_factor"]
    yield {
        "es": f"Mantener la sala pide el {cold:.0f} % del frío que hay.",
        "en": f"Holding the hall asks for {cold:.0f} % of the cold there is.",
    }
