"""The model registry in memory, for tests and dry runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from typing import Any

from chocolate_factory.adapters.model_codec import card_to_json
from chocolate_factory.domain.errors import NotFoundError, RegistryAwayError, StoreError
from chocolate_factory.domain.models import Alias, MadeModel, ModelName, ModelVersion, RegistryState
from chocolate_factory.ports import Clock


class MemoryRegistry:
    """Versions and aliases of one process.

    Attributes:
        away: set it, and the registry does not answer.
        files: by sha256; a test may damage one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._versions: dict[ModelName, list[ModelVersion]] = {}
        self._aliases: dict[tuple[ModelName, Alias], int] = {}
        self.files: dict[str, bytes] = {}
        self.away = False

    def add(self, made: MadeModel) -> ModelVersion:
        """See ``ModelRegistry``."""
        self._must_answer()
        card_to_json(made.card)  # what could not be kept elsewhere is refused here too
        held = self._versions.setdefault(made.card.name, [])
        number, sha = len(held) + 1, sha256(made.file).hexdigest()
        version = ModelVersion(made.card, number, sha, f"{made.card.name}-run-{number}")
        self.files[sha] = made.file
        held.append(version)
        return version

    def versions(self, name: ModelName) -> list[ModelVersion]:
        """See ``ModelRegistry``."""
        self._must_answer()
        return [self._now(version) for version in reversed(self._versions.get(name, []))]

    def aliased(self, name: ModelName, alias: Alias) -> ModelVersion | None:
        """See ``ModelRegistry``."""
        return next((version for version in self.versions(name) if alias in version.aliases), None)

    def point(self, name: ModelName, alias: Alias, number: int | None) -> None:
        """See ``ModelRegistry``."""
        self._must_answer()
        if number is None:
            self._aliases.pop((name, alias), None)
        elif number in range(1, len(self._versions.get(name, [])) + 1):
            self._aliases[name, alias] = number
        else:
            raise NotFoundError("version", f"{name}/{number}", "a version that the registry holds")

    def file(self, version: ModelVersion) -> bytes:
        """See ``ModelRegistry``."""
        self._must_answer()
        body = self.files.get(version.sha256, b"")
        if sha256(body).hexdigest() != version.sha256:
            raise StoreError(f"The registry's file of {version.source} is not what was registered.")
        return body

    def state(self) -> RegistryState:
        """See ``ModelRegistry``."""
        if self.away:
            return self._told(connected=False, error="The model registry in memory is away.")
        held = (version for name in ModelName for version in self.versions(name))
        newest = tuple(sorted(held, key=lambda version: version.card.made_at, reverse=True))
        return self._told(connected=True, experiments=tuple(self._versions), versions=newest)

    @contextmanager
    def while_away(self) -> Iterator[None]:
        """It does not answer meanwhile."""
        self.away = True
        try:
            yield
        finally:
            self.away = False

    def _told(self, **said: Any) -> RegistryState:
        return RegistryState(**{"experiments": (), "versions": ()} | said, address="memory", asked_at=self._clock.now())

    def _now(self, version: ModelVersion) -> ModelVersion:
        pointing = (alias for (name, alias), number in self._aliases.items()
                    if (name, number) == (version.card.name, version.number))  # fmt: skip
        return replace(version, aliases=frozenset(pointing))

    def _must_answer(self) -> None:
        if self.away:
            raise RegistryAwayError("The model registry in memory is away.")
