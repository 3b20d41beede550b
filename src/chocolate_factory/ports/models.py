"""Where models are kept and served from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from chocolate_factory.domain.models import Alias, Deed, MadeModel, ModelEvent, ModelName, ModelVersion, RegistryState


class ModelRegistry(Protocol):
    """Every version of every model, with its scores and its aliases; the tracking server behind it may be away.

    Invariants:
        A version is registered whole or not at all: its run ends failed where anything of it could not be kept.
        An alias names one version at most, and moves in one step.

    Raises:
        RegistryAwayError: by every method but ``state``, where the registry does not answer.
    """

    def add(self, made: MadeModel) -> ModelVersion:
        """Track and register it; it has no alias yet."""
        ...

    def versions(self, name: ModelName) -> list[ModelVersion]:
        """The newest first."""
        ...

    def aliased(self, name: ModelName, alias: Alias) -> ModelVersion | None:
        """The version of that alias."""
        ...

    def point(self, name: ModelName, alias: Alias, number: int | None) -> None:
        """Move an alias to a version, or take it away. Raises ``NotFoundError``."""
        ...

    def file(self, version: ModelVersion) -> bytes:
        """Its file, proved by its sha256. Raises ``StoreError`` where it is not what was registered."""
        ...

    def state(self) -> RegistryState:
        """Whether it answers, and what it holds."""
        ...


class ModelShelf(Protocol):
    """This machine's own copy of what serves, so that predictions go on while the registry is away.

    Invariants:
        Readers in other threads and processes see the versions before a ``put`` or those after it, never a mixture.
    """

    def put(self, state: RegistryState, files: Mapping[str, bytes]) -> None:
        """What the registry said, and the file of every version that has an alias (by sha256).

        Raises:
            StoreError: a file is missing or is not what its sha256 says; nothing changed.
        """
        ...

    def state(self) -> RegistryState | None:
        """What the registry said when last asked; None where it never was."""
        ...

    def take(self, name: ModelName, alias: Alias) -> tuple[ModelVersion, bytes] | None:
        """A version and its file, proved by its sha256; None where there is none.

        Raises:
            StoreError: the copy is damaged; the next refresh mends it.
        """
        ...

    def stamp(self) -> str:
        """Changes whenever what is on the shelf does; cheap enough to ask before each prediction."""
        ...


class ModelLedger(Protocol):
    """The lives of the models: what was trained, refused, promoted, rolled back, and why."""

    def add_event(self, event: ModelEvent) -> None:
        """One more line."""
        ...

    def events(
        self, name: ModelName | None = None, deeds: frozenset[Deed] | None = None, limit: int = 50
    ) -> list[ModelEvent]:
        """The newest first."""
        ...
