"""A backup: one ZIP with the store, the ledger and a manifest, made, restored and tried while the service runs.

Store and ledger lie in it as files of the embedded ones, whatever they live in, so that each back end restores the
other's. Weekly ones lie in a folder of ours, and the old ones go only when a new one has been proved.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from chocolate_factory import __version__
from chocolate_factory.adapters.archive import LEDGER, STORE, Manifest, as_sqlite, pack, unpack
from chocolate_factory.adapters.ledger import open_ledger
from chocolate_factory.adapters.ledger.copies import dump, load
from chocolate_factory.adapters.memory_store import MemoryStore
from chocolate_factory.adapters.sqlite_store import SqliteStore
from chocolate_factory.adapters.under_way import sweep, under_way
from chocolate_factory.domain.errors import StoreError
from chocolate_factory.domain.retention import spared
from chocolate_factory.ports import Clock, TimeSeriesStore

#: What it is called until it is whole.
ARCHIVE: Final = "archive.zip"
#: Weekly backups are called so, with the moment in UTC between.
WEEKLY, STAMP, SUFFIX = "weekly-", "%Y-%m-%dT%H%M%SZ", ".zip"
#: Room that a revision takes at the worst moment, in a copy, in the archive, unpacked and restored; and what must be
#: left of the disk for the service.
ROW_BYTES: Final = 200
DISK_LEFT_BYTES: Final = 500 * 2**20


class FileBackups:
    """``Backups`` as files.

    Args:
        folder: where those lie that nobody named, and where all are tried.
    """

    def __init__(self, store: TimeSeriesStore, ledger: sa.Engine, world: str, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self._store = store
        self._ledger = ledger
        self._world = world
        self._clock = clock

    def make(self, target: Path) -> Manifest:
        """Write one and read it again; in place only when it is whole.

        Raises:
            StoreError: it cannot be written there, or there is no room for it.
        """
        with _room_in(target.parent, f"The backup cannot be written to {target}") as folder:
            self._must_have_room(folder)
            manifest = self._made(folder / ARCHIVE, folder)
            (folder / ARCHIVE).replace(target)
        return manifest

    def restore(self, source: Path) -> Manifest:
        """Check the archive whole and rehearse the ledger, then put store and ledger back.

        Raises:
            StoreError: it is no backup, damaged, or of another world or back end; nothing was changed.
        """
        with _room_in(self.folder, f"{source} cannot be unpacked in {self.folder}") as folder:
            manifest = unpack(source, folder, self._world)
            if as_sqlite(manifest["backend"]) != as_sqlite(self._store.backend):
                raise StoreError(
                    f"{source} is of a {manifest['backend']} store; this one is {self._store.backend}: `migrate`."
                )
            ledger = folder / LEDGER
            if ledger.is_file():
                load(ledger, self._ledger, rehearse=True)
            self._store.restore(folder / STORE)
            if ledger.is_file():
                self._load(ledger)
        return manifest

    def weekly(self, prove: Callable[[Path], None]) -> Path:
        """One more in the folder, under its name once ``prove`` has let it pass; those that it makes needless go then.

        Raises:
            StoreError: it could not be made.
            Whatever ``prove`` raises: this one is dropped, and the old ones stay.
        """
        sweep(self.folder)
        name = f"{WEEKLY}{self._clock.now():{STAMP}}{SUFFIX}"
        with _room_in(self.folder, f"Nothing can be kept in {self.folder}") as here:
            self.make(here / name)
            prove(here / name)
            kept = (here / name).replace(self.folder / name)
            self._rotate()
        return kept

    # ------------------------------------------------------------------ inside
    def _made(self, archive: Path, folder: Path) -> Manifest:
        manifest: Manifest = {
            "made_at": self._clock.now().isoformat(),
            "version": __version__,
            "world": self._world,
            "backend": self._store.backend,
        }
        self._store.backup(folder / STORE)
        rows = dump(self._ledger, folder / LEDGER)
        return pack(archive, manifest | {"ledger_rows": rows}, folder)

    def _must_have_room(self, folder: Path) -> None:
        needed = sum(stream.revisions for stream in self._store.inventory()) * ROW_BYTES + DISK_LEFT_BYTES
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise StoreError(
                f"A backup needs {needed / 2**30:.1f} GiB in {folder}, and {free / 2**30:.1f} GiB are free. Make room."
            )

    def _load(self, ledger: Path) -> None:
        try:
            load(ledger, self._ledger)
        except StoreError as e:
            raise StoreError(f"The store is restored, the ledger is not ({e}). Restore once more.") from e

    def _rotate(self) -> None:
        weekly = {made: path for path in self.folder.glob(f"{WEEKLY}*{SUFFIX}") if (made := _made_at(path))}
        for made in weekly.keys() - spared(weekly):
            weekly[made].unlink(missing_ok=True)


@dataclass(frozen=True)
class Trial:
    """A backup restored into a folder of its own.

    Attributes:
        ledger_rows: by table, in the ledger that it became.
    """

    manifest: Manifest
    store: TimeSeriesStore
    ledger_rows: dict[str, int]


@contextmanager
def tried(source: Path, world: str, folder: Path) -> Iterator[Trial]:
    """Restore an archive into a store and a ledger that are nobody's, as ``restore`` would, and hand them out.

    Args:
        folder: where there is room.

    Raises:
        StoreError: it cannot be restored.
    """
    with _room_in(folder, f"{source} cannot be tried in {folder}") as here:
        manifest = unpack(source, here, world)
        embedded = as_sqlite(manifest["backend"]) == "sqlite"
        store: TimeSeriesStore = SqliteStore(here / "tried.db", world) if embedded else MemoryStore(world)
        with closing(store):
            store.restore(here / STORE)
            (here / STORE).unlink()
            yield Trial(manifest, store, _tried_ledger(here))


@contextmanager
def _room_in(parent: Path, trouble: str) -> Iterator[Path]:
    """A folder for what is being made, in one that is made where it is missing.

    Raises:
        StoreError: the trouble, and what the system says of it.
    """
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with under_way(parent) as made:
            yield made
    except (OSError, sqlite3.Error) as e:
        raise StoreError(f"{trouble} ({e}). Name a file in a folder of yours; is there room?") from e


def _tried_ledger(folder: Path) -> dict[str, int]:
    if not (folder / LEDGER).is_file():
        return {}
    engine = open_ledger(f"sqlite:///{folder / 'tried-ledger.db'}")
    try:
        return load(folder / LEDGER, engine)
    finally:
        engine.dispose()


def _made_at(path: Path) -> datetime | None:
    """By its name; None where it is none of ours."""
    try:
        return datetime.strptime(f"{path.name}+0000", f"{WEEKLY}{STAMP}{SUFFIX}%z")
    except ValueError:
        return None
