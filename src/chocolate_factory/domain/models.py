"""What is kept of a learnt model, and of its life: who is champion, who challenges, and why.

A *model* is a task with a name, e.g. ``spot_price``; its *versions* are what was learnt for it, one after another, and
the baseline that each must beat is a version like any other. The *champion* serves; the *challenger* predicts beside
it, unseen, until it has proved better on the same hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chocolate_factory.domain.time import Interval


class ModelName(StrEnum):
    """The models there are."""

    SPOT_PRICE = "spot_price"
    PVPC_PRICE = "pvpc_price"
    ENERGY_OPTIMIZATION = "energy_optimization"
    PRODUCTION_RECOMMENDATION = "production_recommendation"


#: The price models, by the series that they forecast.
PRICE_MODELS: Mapping[str, ModelName] = {"spot": ModelName.SPOT_PRICE, "pvpc": ModelName.PVPC_PRICE}


class Alias(StrEnum):
    """What a version may be called in the registry."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    PREVIOUS = "previous"  # the champion before, for a rollback


#: Scores by name, e.g. ``mae_eur_mwh``; the name ends with the unit where there is one.
Scores = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What is said of a version, all of it measured when it was made.

    Attributes:
        sort: how it was learnt: ``forest``, ``boosting``, ``blend``, or the baseline's name.
        is_baseline: nothing was learnt: it is what the others must beat.
        made_at: when, UTC.
        learnt_from: the hours whose values it has seen, labels included; of a baseline, those its figures rest on.
        rows: how many it learnt from.
        inputs: names of its inputs, in their order.
        fingerprint: sha256 of the data it learnt from.
        code_version: of the program that learnt it.
        judged_on: the hours on which ``scores`` and ``baselines`` were measured, none of which it had seen.
        scores: its own.
        baselines: by the baseline's name, on the same hours.
        parameters: how it was learnt, seed included.
        reason: why it was trained: ``first``, ``new data``, ``age``, ``drift: …``, ``asked for``.
    """

    name: ModelName
    sort: str
    is_baseline: bool
    made_at: datetime
    learnt_from: Interval
    rows: int
    inputs: tuple[str, ...]
    fingerprint: str
    code_version: str
    judged_on: Interval | None
    scores: Scores
    baselines: Mapping[str, Scores]
    parameters: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MadeModel:
    """A model fresh from training, before any registry knows it.

    Attributes:
        file: the model itself; what reads it never runs it (see ``modelling.files``).
        plots: PNG by file name.
        curves: a score by step, e.g. MAE by lead day, to be tracked: name to (step, value) pairs.
    """

    card: ModelCard
    file: bytes
    plots: Mapping[str, bytes] = field(default_factory=dict)
    curves: Mapping[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """A version as a registry holds it.

    Attributes:
        number: rising from 1 for each name.
        sha256: of its file.
        run_id: the run of the tracking server that made it.
        aliases: what it is called now.
    """

    card: ModelCard
    number: int
    sha256: str
    run_id: str
    aliases: frozenset[Alias] = frozenset()

    @property
    def source(self) -> str:
        """How a stored prediction names it, e.g. ``spot_price/3``."""
        return f"{self.card.name}/{self.number}"


@dataclass(frozen=True, slots=True)
class RegistryState:
    """What a registry said of itself.

    Attributes:
        connected: whether it answered.
        address: where it is, without any password.
        experiments: their names.
        versions: all that it holds, the newest first.
        asked_at: when.
        error: why it did not answer.
    """

    connected: bool
    address: str
    experiments: tuple[str, ...]
    versions: tuple[ModelVersion, ...]
    asked_at: datetime
    error: str = ""


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Diebold and Mariano's test of two forecasts of the same hours.

    Attributes:
        statistic: standard normal where both are equally good; below zero where the first errs less.
        p_first_better: how likely so good a result for the first would be if it were no better (one-sided).
        days: how many pairs.
    """

    statistic: float
    p_first_better: float
    days: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """How champion and challenger did on the same hours, which neither had seen.

    Attributes:
        champion, challenger: what they are, e.g. ``spot_price/3``, or a sort where the registry has none yet.
        hours: from the first day to the last.
        champion_losses, challenger_losses: the mean loss of each day, in one unit, paired.
        champion_eur, challenger_eur: what following each would have cost beyond perfect foresight (regret), EUR.
        lags: days by which the forecasts overlap.
    """

    champion: str
    challenger: str
    hours: Interval
    champion_losses: tuple[float, ...]
    challenger_losses: tuple[float, ...]
    champion_eur: float
    challenger_eur: float
    lags: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a challenger takes the champion's place, and why, in a sentence.

    Attributes:
        test: None where the days were too few for one.
    """

    promote: bool
    reason: str
    test: PairedTest | None
    evidence: Evidence | None


@dataclass(frozen=True, slots=True)
class Training:
    """What one training of one model brought.

    Attributes:
        baseline: for a registry that has none yet.
        challenger: None where nothing could be learnt, or what was learnt was refused.
        evidence: of the challenger against the champion; None where there are no hours that both had not seen.
        problem: why there is no challenger: rows missing (how many), or a score too good to be true.
    """

    baseline: MadeModel
    challenger: MadeModel | None
    evidence: Evidence | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Trained:
    """A training as it ended in the registry.

    Attributes:
        champion: who serves from now on; None where there is too little even for the baseline.
        challenger: what was made, whether it was promoted or not; None where there is none.
        verdict: None where there was nothing to judge.
        problem: why there is no challenger.
    """

    name: ModelName
    champion: ModelVersion | None
    challenger: ModelVersion | None
    verdict: Verdict | None
    problem: str = ""


class Deed(StrEnum):
    """What happened to a model."""

    TRAINED = "trained"
    REFUSED = "refused"
    JUDGED = "judged"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"


@dataclass(frozen=True, slots=True)
class ModelEvent:
    """One line of a model's life.

    Attributes:
        number: the version it is about; None where none was made.
        why: a sentence: the verdict, the refusal, who asked.
        figures: measured, by name: the test's p, the regrets, the days.
    """

    at: datetime
    name: ModelName
    deed: Deed
    number: int | None
    why: str
    figures: Scores = field(default_factory=dict)
