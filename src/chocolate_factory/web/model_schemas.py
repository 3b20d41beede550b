"""What the models' routes answer; as ``schemas``: Madrid's offset, units in the keys."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from chocolate_factory.web.schemas import Moment

OF_THE_NAME = "by name; the name ends with the unit where there is one"


class SpanOut(BaseModel):
    """From, to."""

    start: Moment
    end: Moment


class VersionOut(BaseModel):
    """A version of a model, with what was measured when it was made."""

    version: int
    aliases: list[str] = Field(description="champion, challenger, previous")
    sort: str = Field(description="how it was learnt, or the baseline's name")
    is_baseline: bool = Field(description="nothing was learnt: it is what the others must beat")
    made_at: Moment
    age_days: float
    reason: str = Field(description="why it was trained")
    learnt_from: SpanOut
    rows: int
    inputs: list[str]
    judged_on: SpanOut | None = Field(description="the hours of the scores, none of which it had seen")
    scores: dict[str, float] = Field(description=OF_THE_NAME)
    baselines: dict[str, dict[str, float]] = Field(description="the baselines' on the same hours")
    parameters: dict[str, str]
    fingerprint: str = Field(description="sha256 of the data it learnt from")
    code_version: str
    run_id: str = Field(description="the tracking server's run")
    sha256: str = Field(description="of its file")


class ModelEventOut(BaseModel):
    """One line of a model's life."""

    at: Moment
    deed: str = Field(description="trained, refused, promoted or rolled back")
    version: int | None
    why: str
    figures: dict[str, float] = Field(description="what it rests on")


class DriftOut(BaseModel):
    """Something is not as it was."""

    kind: str = Field(description="sensor: data are broken; world: the world changed; model: it got worse")
    what: str
    since: date = Field(description="the first Madrid day of it")
    why: str
    measure: str = Field(description="what the statistic is, with its unit")
    statistic: float
    threshold: float
    action: str


class ModelOut(BaseModel):
    """One model: who serves, who challenges, what happened, what drifts."""

    name: str
    champion: VersionOut | None = Field(description="who serves; null before the first training")
    challenger: VersionOut | None = Field(description="who predicts in the shadow")
    previous: VersionOut | None = Field(description="the champion before: a rollback brings it back")
    next_training: str = Field(description="why it is due to be trained; empty where there is no reason")
    waiting_for: str = Field(description="what is missing before it can be learnt at all; empty where nothing is")
    events: list[ModelEventOut] = Field(description="the newest first")
    drift: list[DriftOut]


class ModelsOut(BaseModel):
    """Every model, as the registry said when it was last asked."""

    models: list[ModelOut]
    registry_asked_at: Moment | None = Field(description="null before the first time")


class RegisteredOut(BaseModel):
    """A registered model in short."""

    name: str
    versions: int
    champion: int | None
    challenger: int | None


class MlflowOut(BaseModel):
    """The tracking server."""

    connected: bool = Field(description="whether it answered when it was last asked")
    tracking_uri: str = Field(description="without any password")
    asked_at: Moment | None = Field(description="null where it was never asked")
    detail: str
    experiments: list[str]
    models: list[RegisteredOut]


class PromoteIn(BaseModel):
    """A champion chosen by hand."""

    version: int = Field(ge=1, le=1_000_000)
