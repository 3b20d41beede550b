"""The life of a model in the registry: trained, promoted, rolled back. Runs where the registry can be spoken to.

Invariants:
    Only ``judge`` and a person promote. A champion that is replaced stays at hand as ``previous``.
    Whatever happens, the shelf holds what the registry said last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chocolate_factory.domain.errors import NotFoundError, NotYetError
from chocolate_factory.domain.models import (
    Alias,
    Evidence,
    ModelName,
    ModelVersion,
    RegistryState,
    Trained,
    Training,
    Verdict,
)
from chocolate_factory.learning.verdict import judge
from chocolate_factory.ports import ModelRegistry, ModelShelf

#: The shadow's evidence reaches back 13 weeks, and is judged once a week.
LOOKS: Final = 13

#: The champion and its file, or None where there is none yet; to what was learnt.
Make = Callable[[tuple[ModelVersion, bytes] | None], Training]


class ModelLife:
    """The deeds, with their ports."""

    def __init__(self, registry: ModelRegistry, shelf: ModelShelf) -> None:
        self._registry = registry
        self._shelf = shelf

    def train(self, name: ModelName, make: Make) -> Trained:
        """Learn a challenger, register it, and let it take the champion's place where it is better.

        Raises:
            RegistryAwayError: nothing was learnt or changed, or what was learnt could not be registered.
        """
        champion = self._registry.aliased(name, Alias.CHAMPION)
        try:
            training = make((champion, self._registry.file(champion)) if champion is not None else None)
        except NotYetError as e:
            return Trained(name, champion, None, None, str(e))
        if champion is None:
            champion = self._registry.add(training.baseline)
            self._registry.point(name, Alias.CHAMPION, champion.number)
        if training.challenger is None:
            return Trained(name, champion, None, None, training.problem)
        version = self._registry.add(training.challenger)
        self._registry.point(name, Alias.CHALLENGER, version.number)
        verdict = judge(training.evidence)
        if verdict.promote:
            self.promote(name, version.number)
        champion = self._registry.aliased(name, Alias.CHAMPION)
        return Trained(name, champion, self._version(name, version.number), verdict, training.problem)

    def settle(self, name: ModelName, evidence_of: Callable[[ModelVersion, ModelVersion], Evidence | None]) -> Verdict:
        """Judge the challenger by what it and the champion said in the shadow, and promote it where it is better.

        Args:
            evidence_of: champion and challenger to how both did.

        Raises:
            NotFoundError: there is no challenger, or no champion.
        """
        champion, challenger = (self._aliased(name, alias) for alias in (Alias.CHAMPION, Alias.CHALLENGER))
        verdict = judge(evidence_of(champion, challenger), LOOKS)
        if verdict.promote:
            self.promote(name, challenger.number)
        return verdict

    def promote(self, name: ModelName, number: int) -> ModelVersion:
        """Make a version champion.

        Raises:
            NotFoundError: no such version.
        """
        chosen, was = self._version(name, number), self._registry.aliased(name, Alias.CHAMPION)
        if was is not None and was.number != number:
            self._registry.point(name, Alias.PREVIOUS, was.number)
        self._registry.point(name, Alias.CHAMPION, number)
        if Alias.CHALLENGER in chosen.aliases:
            self._registry.point(name, Alias.CHALLENGER, None)
        return self._version(name, number)

    def roll_back(self, name: ModelName) -> ModelVersion:
        """Make the champion before champion again.

        Raises:
            NotFoundError: there was none.
        """
        before = self._registry.aliased(name, Alias.PREVIOUS)
        if before is None:
            raise NotFoundError("model", name, "a model whose champion has been replaced; this one's never was")
        return self.promote(name, before.number)

    def refresh(self) -> RegistryState:
        """Bring the shelf to what the registry says; where it is away, the shelf stays as it is."""
        state = self._registry.state()
        if state.connected:
            named = [version for version in state.versions if version.aliases]
            self._shelf.put(state, {version.sha256: self._registry.file(version) for version in named})
        return state

    def _aliased(self, name: ModelName, alias: Alias) -> ModelVersion:
        found = self._registry.aliased(name, alias)
        if found is None:
            raise NotFoundError("model", name, f"a model with a {alias}")
        return found

    def _version(self, name: ModelName, number: int) -> ModelVersion:
        versions = self._registry.versions(name)
        found = next((version for version in versions if version.number == number), None)
        if found is None:
            there = ", ".join(str(version.number) for version in versions) or "none yet"
            raise NotFoundError("version", number, f"a version of {name}: {there}")
        return found
