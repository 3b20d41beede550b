"""A house whose registry is in memory: what its children do, this process does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from model_makers import evidence, maker

from chocolate_factory.adapters.memory_registry import MemoryRegistry
from chocolate_factory.domain.models import Evidence, ModelName
from chocolate_factory.usecases.model_life import Make, ModelLife
from chocolate_factory.usecases.models import Children
from chocolate_factory.wiring import House

Answer = TypeVar("Answer")
WORSE, BETTER = evidence(10.0, 12.0), evidence(10.0, 8.0)


class School:
    """The children of a house, faked as far as MLflow and learning go; the life of the models is the true one.

    Attributes:
        makes: what a training of each model makes; a name that is not among them cannot be trained here.
        proof: what the shadow has seen.
    """

    def __init__(self, house: House, registry: MemoryRegistry | None = None) -> None:
        self.registry = registry or MemoryRegistry(house.clock)
        self.life = ModelLife(self.registry, house.shelf)
        self.makes: dict[ModelName, Make] = {}
        self.proof: Evidence | None = None
        house.models._children = Children(
            self._train,
            self.life.refresh,
            lambda name, number: self._then_fresh(lambda: self.life.promote(name, number)),
            lambda name: self._then_fresh(lambda: self.life.roll_back(name)),
            lambda name: self._then_fresh(lambda: self.life.settle(name, lambda _champion, _challenger: self.proof)),
        )

    def teaches(self, name: ModelName, says: bytes, proof: Evidence | None = BETTER, problem: str = "") -> None:
        """From now on a training of that model makes this."""
        self.makes[name] = maker(says, proof, problem, name)

    def _train(self, reasons, tell):
        if tell is not None:
            tell(0.5, "half way")
        return self._then_fresh(lambda: [self.life.train(name, self.makes[name]) for name in reasons])

    def _then_fresh(self, deed: Callable[[], Answer]) -> Answer:
        done = deed()
        self.life.refresh()
        return done
