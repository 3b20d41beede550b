"""What a training of score or recommendation is told, reads, must have, and says of what it made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

import numpy as np

from chocolate_factory.domain.errors import NotYetError
from chocolate_factory.domain.models import Evidence, MadeModel, ModelCard, ModelName, ModelVersion
from chocolate_factory.domain.plant import Plant
from chocolate_factory.domain.series import Kind
from chocolate_factory.domain.time import DAY, Interval
from chocolate_factory.learning.examples import Examples
from chocolate_factory.learning.history import History
from chocolate_factory.learning.judging import FEWEST_DAYS, Split
from chocolate_factory.learning.rows import INPUTS, REACH_H, columns_of
from chocolate_factory.learning.targets import PURGE_DAYS
from chocolate_factory.modelling.numbers import Floats
from chocolate_factory.ports import TimeSeriesStore
from chocolate_factory.usecases.hours import HourReader

#: What is learnt from at most.
LONGEST: Final = timedelta(days=3 * 365 + 120)
#: Days by which targets overlap, less one: a label looks at a whole week.
OVERLAP_LAGS: Final = 6

Tell: TypeAlias = Callable[[float, str], None]
Champion: TypeAlias = tuple[ModelVersion, bytes] | None


@dataclass(frozen=True)
class Lesson:
    """What a training is told.

    Attributes:
        at: nothing published later is read.
        filling: the kinds of truth that may be learnt from.
        champion: as registered, with its file; None for the baseline itself.
    """

    store: TimeSeriesStore
    filling: frozenset[Kind]
    plant: Plant
    at: datetime
    code_version: str
    reason: str
    champion: Champion = None
    tell: Tell = lambda _share, _message: None
    seed: int = 1


def history_of(lesson: Lesson) -> History:
    """The hours that may be learnt from, with the plant they are judged for."""
    window = Interval(lesson.at - LONGEST, lesson.at)
    hours, _ = HourReader(lesson.store, lesson.filling).read(lesson.plant, window, lesson.at)
    return History(hours, lesson.plant)


def features_of(history: History) -> Floats:
    """All features of every hour; NaN before there is a week behind it."""
    return columns_of(history, np.arange(len(history.hours)))


def enough(examples: Examples, name: ModelName) -> str:
    """What is missing for a training; empty where there is enough."""
    have = days_of(examples)
    if have >= FEWEST_DAYS:
        return ""
    return (
        f"{name} needs {FEWEST_DAYS} days with prices, weather and all of their week; {FEWEST_DAYS - have} more are "
        f"missing ({have} are there, {len(examples)} hours)."
    )


def days_of(examples: Examples) -> int:
    """How many days they span, counted in weeks: on some days nobody works, and those are not missing."""
    return 7 * len(np.unique(examples.day // 7))


def must_have_some(examples: Examples, name: ModelName) -> None:
    """Raises ``NotYetError`` where there is not even enough to say how good the baseline is."""
    if days_of(examples) < 2 * PURGE_DAYS:
        raise NotYetError(f"No model yet: {enough(examples, name)} GET /gaps/summary tells which series are short.")


def judged_from(examples: Examples) -> int:
    """The first day of the hours that figures are measured on."""
    if days_of(examples) >= FEWEST_DAYS:
        return Split.of(examples).judged_from
    return int(examples.day[0])


def card(
    lesson: Lesson,
    name: ModelName,
    sort: str,
    learnt: Examples,
    judged: Examples,
    scores: Mapping[str, float],
    baselines: Mapping[str, Mapping[str, float]],
    *,
    is_baseline: bool,
) -> ModelCard:
    """What is said of a version."""
    reader = Interval(learnt.window.start - timedelta(hours=REACH_H), learnt.window.end)
    parameters = {"seed": str(lesson.seed), "hours_read": str(reader), "kinds": ", ".join(sorted(lesson.filling))}
    if not is_baseline:
        end = f"{judged.window.start - PURGE_DAYS * DAY:%Y-%m-%d}"
        parameters["judged_as"] = f"a twin of the same recipe, learnt from the hours before {end}"
    return ModelCard(
        name=name,
        sort=sort,
        is_baseline=is_baseline,
        made_at=lesson.at,
        learnt_from=learnt.window,
        rows=len(learnt),
        inputs=INPUTS,
        fingerprint=fingerprint(learnt),
        code_version=lesson.code_version,
        judged_on=judged.window,
        scores=scores,
        baselines=baselines,
        parameters=parameters,
        reason=lesson.reason,
    )


def fingerprint(examples: Examples) -> str:
    """Sha256 of all that was learnt from."""
    arrays: list[Any] = [examples.numbers, examples.features, examples.target]
    return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)).hexdigest()


@dataclass(frozen=True)
class Side:
    """One of two that told the same hours: who, its mean loss of each day, its regret in EUR."""

    who: str
    losses: tuple[float, ...]
    regret_eur: float


def unseen(lesson: Lesson, rows: Examples) -> Examples | None:
    """The judged hours that the champion has not seen either; None where there are none."""
    if lesson.champion is None or lesson.champion[0].card.is_baseline:
        return rows
    first = lesson.champion[0].card.learnt_from.end + PURGE_DAYS * DAY
    starts = rows.history.hours.starts
    kept = rows.where(np.array([starts[i] >= first for i in rows.numbers.tolist()], dtype=bool))
    return kept if len(kept) else None


def evidence(rows: Examples, champion: Side, challenger: Side) -> Evidence:
    """Both on the same hours."""
    return Evidence(
        champion.who, challenger.who, rows.window, champion.losses, challenger.losses, champion.regret_eur,
        challenger.regret_eur, OVERLAP_LAGS,
    )  # fmt: skip


def champion_name(lesson: Lesson, baseline: MadeModel) -> str:
    """How the evidence names who is challenged."""
    return baseline.card.sort if lesson.champion is None else lesson.champion[0].source
