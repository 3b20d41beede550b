"""The models' deeds that need a child process, as the service calls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chocolate_factory.adapters.child import Child
from chocolate_factory.domain.models import ModelName, ModelVersion, RegistryState, Trained, Verdict
from chocolate_factory.usecases.models import Children, Tell
from chocolate_factory.wiring.orders import Place, TrainOrder

#: All four models with a week of labels: two minutes; with three years of labels the first time, most of an hour.
TRAIN_LIMIT_S = 3600.0
#: MLflow takes up to ten seconds to load, and a registry that is away some more to be given up.
ASK_LIMIT_S = 90.0
#: Three months of predictions read day by day, and plans made with them.
SETTLE_LIMIT_S = 600.0
_HERE = "chocolate_factory.wiring.children"


def children_of(child: Child, place: Callable[[], Place]) -> Children:
    """The deeds, each in a process of its own.

    Args:
        place: where a child finds its things, at this moment.
    """

    def train(reasons: Mapping[ModelName, str], tell: Tell | None) -> list[Trained]:
        order = TrainOrder(place(), dict(reasons))
        trained: list[Trained] = child.call(f"{_HERE}:train", order, TRAIN_LIMIT_S, tell or _deaf)
        return trained

    def refresh() -> RegistryState:
        state: RegistryState = child.call(f"{_HERE}:refresh", place(), ASK_LIMIT_S)
        return state

    def promote(name: ModelName, number: int) -> ModelVersion:
        version: ModelVersion = child.call(f"{_HERE}:promote", (place(), name, number), ASK_LIMIT_S)
        return version

    def roll_back(name: ModelName) -> ModelVersion:
        version: ModelVersion = child.call(f"{_HERE}:roll_back", (place(), name), ASK_LIMIT_S)
        return version

    def settle(name: ModelName) -> Verdict:
        verdict: Verdict = child.call(f"{_HERE}:settle", (place(), name), SETTLE_LIMIT_S)
        return verdict

    return Children(train, refresh, promote, roll_back, settle)


def _deaf(_share: float, _message: str) -> None:
    """Nobody wants to know."""
