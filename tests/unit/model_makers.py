"""Trainings made up by hand: what a model says is its file."""

from __future__ import annotations

from datetime import UTC, datetime

from chocolate_factory.domain.models import Evidence, MadeModel, ModelCard, ModelName, ModelVersion, Training
from chocolate_factory.domain.time import DAY, Interval

T = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
SPAN = Interval(T - 400 * DAY, T - DAY)


def made(says: bytes, *, baseline: bool = False, name: ModelName = ModelName.SPOT_PRICE, at: datetime = T) -> MadeModel:
    sort = "naive" if baseline else "blend"
    card = ModelCard(
        name, sort, baseline, at, SPAN, 9600, ("prices",), "f" * 64, "1", SPAN, {"mae_eur_mwh": 14.5},
        {"naive": {"mae_eur_mwh": 20.0}}, {"seed": "1"}, "first",
    )  # fmt: skip
    return MadeModel(card, says)


def evidence(champion_loss: float, challenger_loss: float, *, days: int = 40, dearer_eur: float = 0.0) -> Evidence:
    wobble = [0.05 * (day % 5) for day in range(days)]
    return Evidence(
        "champion", "challenger", SPAN,
        tuple(champion_loss + w for w in wobble), tuple(challenger_loss + 0.9 * w for w in wobble),
        100.0, 100.0 + dearer_eur,
    )  # fmt: skip


def maker(says: bytes, proof: Evidence | None = None, problem: str = "", name: ModelName = ModelName.SPOT_PRICE):
    """A training, and the champions that it was shown."""
    shown: list[tuple[ModelVersion, bytes] | None] = []

    def make(champion: tuple[ModelVersion, bytes] | None) -> Training:
        shown.append(champion)
        return Training(
            made(b"naive", baseline=True, name=name), None if problem else made(says, name=name), proof, problem
        )

    make.shown = shown
    return make
