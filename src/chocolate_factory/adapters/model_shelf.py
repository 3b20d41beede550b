"""This machine's copy of what serves: a file for each model that has an alias, and what the registry said of them.

``state`` names the files by their sha256 and is swapped by one rename, after the files are on the disk; so a reader
finds the models before a ``put`` or those after it. It begins with the sha256 of the rest of itself.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from chocolate_factory.adapters.model_codec import state_of, state_to_json
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.models import Alias, ModelName, ModelVersion, RegistryState

_STATE: Final = "state"
_SUFFIX: Final = ".npz"
#: Ends in this: being written; left over where that was cut short.
_BESIDE: Final = ".part"
_DIGEST: Final = 64


class FileShelf:
    """Models under a folder, e.g. ``DATA_DIR/models``; several processes may read while one puts.

    Args:
        folder: made by the first ``put``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, state: RegistryState, files: Mapping[str, bytes]) -> None:
        """See ``ModelShelf``; a file that is on the shelf already, and whole, need not be given again.

        Raises:
            StoreError: as there; or the registry did not answer, so that nothing is known of what should serve.
        """
        if not state.connected:
            raise StoreError("The model registry did not answer; what is on the shelf stays.")
        wanted = {version.sha256: version.source for version in state.versions if version.aliases}
        with self._alone():
            bodies = {sha: self._given(sha, source, files) for sha, source in wanted.items()}
            for sha, body in bodies.items():
                if self._body(sha) != body:
                    self._write(sha + _SUFFIX, body)
            told = state_to_json(state)
            self._write(_STATE, sha256(told).hexdigest().encode() + told)
            self._sweep({sha + _SUFFIX for sha in wanted})

    def state(self) -> RegistryState | None:
        """See ``ModelShelf``.

        Raises:
            StoreError: the copy is damaged; the next refresh mends it.
        """
        told = self._told()
        return None if told is None else self._read(told)

    def take(self, name: ModelName, alias: Alias) -> tuple[ModelVersion, bytes] | None:
        """See ``ModelShelf``."""
        told = self._told()
        while told is not None:
            version = _aliased(self._read(told), name, alias)
            if version is None:
                return None
            body = self._body(version.sha256)
            if body is not None and sha256(body).hexdigest() == version.sha256:
                return version, body
            before, told = told, self._told()
            if told == before:  # no newer state has taken the file away: it is lost, or damaged
                raise StoreError(f"The copy of {version.source} is damaged; the next refresh of the models mends it.")
        return None

    def stamp(self) -> str:
        """See ``ModelShelf``."""
        try:
            seen = (self._folder / _STATE).stat()
        except FileNotFoundError:
            return ""
        return f"{seen.st_ino}-{seen.st_mtime_ns}-{seen.st_size}"

    def _told(self) -> bytes | None:
        try:
            return (self._folder / _STATE).read_bytes()
        except FileNotFoundError:
            return None

    def _read(self, told: bytes) -> RegistryState:
        digest, body = told[:_DIGEST], told[_DIGEST:]
        if sha256(body).hexdigest().encode() != digest:
            raise StoreError("The list of models on the shelf is damaged; the next refresh of the models mends it.")
        return state_of(body)

    def _given(self, sha: str, source: str, files: Mapping[str, bytes]) -> bytes:
        body = files.get(sha) or self._body(sha)
        if body is None:
            raise StoreError(f"The file of {source} is missing; the shelf stays as it was.")
        if sha256(body).hexdigest() != sha:
            raise StoreError(f"The file of {source} is not what its sha256 says; the shelf stays as it was.")
        return body

    def _body(self, sha: str) -> bytes | None:
        try:
            return (self._folder / (sha + _SUFFIX)).read_bytes()
        except FileNotFoundError:
            return None

    def _write(self, name: str, body: bytes) -> None:
        """Whole or not at all: written beside, on the disk, and then given its name."""
        beside = self._folder / (name + _BESIDE)
        with beside.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._folder / name)
        self._sync()

    def _sync(self) -> None:
        """A rename is on the disk when its folder is."""
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _sweep(self, wanted: set[str]) -> None:
        """Files that nothing points to, and what a cut-short ``put`` left."""
        for path in self._folder.iterdir():
            if path.suffix in (_SUFFIX, _BESIDE) and path.name not in wanted:
                path.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One ``put`` at a time, also among processes; the lock goes with the process that held it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with (self._folder / ".lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as e:
            raise StoreError(f"The models' folder {self._folder} cannot be written: {e.strerror}.") from e


def _aliased(state: RegistryState, name: ModelName, alias: Alias) -> ModelVersion | None:
    return next((v for v in state.versions if v.card.name == name and alias in v.aliases), None)
